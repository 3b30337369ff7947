"""Facts about arrays in a run: they look like the arrays of plain numbers that they stand for."""

from __future__ import annotations

import contextlib
import copy
import math
import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value, grad, hessian, jacobian, jit, jvp, lift, value_and_grad, vmap
from micrograd_like.errors import TracingError

A = np.array([1.5, 2.0, 3.25])
B = np.array([[0.5, -2.0], [4.0, 0.25]])

ASKED = """
    a.dtype==np.float64  np.float64==a.dtype  np.dtype(float)==a.dtype  a.dtype.kind=='f'  a.dtype.char=='d'
    str(a.dtype)=='float64'  np.issubdtype(a.dtype,np.floating)  a.dtype!=object  a.itemsize==8  a.nbytes==8*a.size
    a[1:].dtype==float  a.T.dtype==float  a.copy().dtype==float  a.reshape(-1,1).dtype==float
    a.ravel().dtype==float  (a*2).dtype==float  (2-a).dtype==float  np.exp(a).dtype==float  (a>1).dtype==bool
    np.tensordot(a,a,0).dtype==float  np.asarray(a).dtype==float  np.array(a).dtype==float
    np.array([a.sum(),1.0]).dtype==float  np.asarray(a.sum()).dtype==float  np.ascontiguousarray(a).dtype==float
    np.stack([a,a]).dtype==float  np.concatenate([a,a]).dtype==float  np.where(a>1,a,0).dtype==float
    np.zeros_like(a).dtype==float  np.full_like(a,2).dtype==float  np.outer(a,a).dtype==float
    np.result_type(a,1)==float  np.can_cast(a.dtype,float)  np.asarray([a.sum()]).dtype.kind=='f'
    a[a>1].dtype==float  copy.copy(a).dtype==float  a.astype(float).dtype==float  a.astype(a.dtype).dtype==float
    a.astype(object).dtype==object  np.asarray(a,dtype=object).dtype==object  isinstance(a,np.ndarray)
    a.__class__==np.ndarray  a.strides[-1]==8  np.sum(a,axis=0,keepdims=True).dtype==float
    np.cumsum(a).dtype==float  np.sort(a).dtype==float  np.diag(a).dtype==float
    np.einsum('...,...->...',a,a).dtype==float  np.finfo(a.dtype).eps<1e-15  np.isnan(a).dtype==bool
    (a//2).dtype==float  a.tobytes()==written.tobytes()  np.allclose(a,written)  np.isclose(a,a).all()
    not(np.isinf(a).any())  np.isfinite(a).all()  not(np.isnan(a).any())  np.nan_to_num(a).dtype==float
    (np.nan_to_num(a)==a).all()
"""


def answers(ask: Callable[[Any], Any], a: Any) -> None:
    """In every engine and at every depth f goes the way of the plain numbers."""
    assert ask(a)

    def f(a: Any) -> Any:
        return (a * a).sum() if ask(a) else 7 * a.sum()

    assert value_and_grad(f)(a)[0] == f(a)
    for g in (grad(f), jit(grad(f)), lambda a: grad(lambda b: jvp(f, (b,), (np.ones_like(a),))[1])(a) * a):
        assert g(a).tolist() == (2 * a).tolist()
    assert np.array(hessian(f)(a)).reshape(a.size, a.size).tolist() == (2 * np.eye(a.size)).tolist()
    assert jit(f)(a) == jit(f, engine="native")(a) == f(a)
    assert vmap(f)(np.stack([a, a])).tolist() == [f(a)] * 2


@pytest.mark.filterwarnings("ignore:.*found two numbers equal")
@pytest.mark.parametrize("question", ASKED.split())
def test_an_array_answers_as_the_array_of_plain_numbers(question: str) -> None:
    for a in (A, B):
        names = {"np": np, "copy": copy, "written": a}
        answers(eval(f"lambda a: {question}", names), a)


TEXTS: list[Callable[[Any], str]] = [repr, str, format, lambda a: np.array2string(a, precision=2), lambda a: f"{[a]}"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_text_of_an_array_is_that_of_the_numbers(text: Callable[[Any], str]) -> None:
    for a in (A, B, np.array([3, 1])):
        expected = text(a)
        f: Any = lambda a, expected=expected: a.sum() if text(a) == expected else 7 * a.sum()  # noqa: E731
        assert grad(f)(a).tolist() == np.ones_like(a).tolist()
        assert grad(lambda a, f=f: grad(lambda b: (b * f(a)).sum())(a).sum())(a).sum() == a.size**2
        with contextlib.suppress(TracingError):  # np.printoptions may be set otherwise in another call
            assert [jit(f)(a), jit(grad(f))(a).sum()] == [a.sum(), a.size]


def test_an_array_of_ints_answers_as_one() -> None:
    def f(n: Any) -> Any:
        kinds = [n.dtype, (n + 1).dtype, (n / 2).dtype, (n // 2).dtype, (n * 0.5).dtype, np.asarray(n).dtype]
        return n.sum() * 1.0 if [kind.kind for kind in kinds] == [*"iifi", "f", "i"] else n.sum() * 7.0

    n = np.array([1, 2, 4])
    assert f(n) == value_and_grad(f)(n)[0] == jit(f)(n) == jit(f, engine="native")(n) == 7.0
    assert vmap(f)(np.stack([n, n])).tolist() == [7.0, 7.0]


@pytest.mark.parametrize("kind", ["f4", "f2"])
def test_an_array_of_shorter_floats_says_what_it_holds(kind: str) -> None:
    def f(a: Any) -> Any:
        kinds = [a.dtype, (a * 2).dtype, np.asarray(a).dtype, (a * np.ones(3)).dtype]
        return a.sum() if kinds == [kind, kind, kind, "f8"] else 7 * a.sum()

    a = A.astype(kind)
    assert f(a) == value_and_grad(f)(a)[0] == jit(f)(a) == jit(grad(f))(a).sum() * 2.25 == 6.75


def test_a_recorded_function_knows_arrays_by_their_dtype() -> None:
    def f(a: Any) -> Any:
        return a.sum() if a.dtype == np.float64 else 7 * a.sum()

    kinds = ["f8", "f4", "f2", "i8", "i4", "u1", "f8", "f4", "i8"]
    for fast in (jit(f), jit(f, engine="native")):
        assert [fast(np.ones(3, kind)) for kind in kinds] == [3, 21, 21, 21, 21, 21, 3, 21, 21]
    fast = jit(f, engine="native")
    assert [fast(np.ones(3, kind)) for kind in kinds * 3] == [f(np.ones(3, kind)) for kind in kinds * 3]
    two = jit(lambda a, b: f(a) + f(b) * 10, engine="native")
    assert [two(np.ones(3, kind), np.ones(3)) for kind in kinds * 2] == [f(np.ones(3, kind)) + 30 for kind in kinds * 2]
    rows = vmap(f)
    assert [rows(np.ones((2, 3), kind))[1] for kind in kinds] == [3, 21, 21, 21, 21, 21, 3, 21, 21]
    slope = jit(grad(f))
    assert [slope(np.ones(3, kind))[0] for kind in kinds] == [1, 7, 7, 7, 7, 7, 1, 7, 7]


WRAPPING = [lambda a: a * a, lambda a: -a, lambda a: a + 100, lambda a: a - a[::-1], lambda a: a**2]


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i4"])
@pytest.mark.parametrize("f", WRAPPING)
def test_arithmetic_that_would_wrap_around_is_refused(f: Callable[[Any], Any], kind: str) -> None:
    a = np.array([100, 7, 3], kind)
    for g in (grad(lambda a: f(a).sum()), jit(lambda a: f(a).sum()), jit(lambda a: f(a).sum(), engine="native")):
        with pytest.raises(TypeError, match=r"which would wrap around .* take \.astype\(float\) first"):
            g(a)
    with pytest.raises(TypeError, match="which would wrap around"):
        vmap(lambda a: f(a).sum())(np.stack([a, a]))
    wide = [lambda a: f(a.astype(float)).sum(), lambda a: a.sum() / 2 + (a / 2).sum() + (a > 5).sum()]
    for g in wide:
        assert value_and_grad(g)(a)[0] == jit(g)(a) == g(a)


MEMORY = "a.data a.ctypes a.__array_interface__ a.tofile('x') memoryview(a) np.frombuffer(a)".split()


@pytest.mark.skipif(not hasattr(np.ndarray, "__buffer__"), reason="Python asks no array for its buffer")
@pytest.mark.parametrize("use", MEMORY)
def test_the_memory_of_an_array_is_refused_by_name(use: str) -> None:
    f: Any = eval(f"lambda a: 2 * a.sum() if {use} is None else a.sum()", {"np": np})
    for g in (grad(f), jit(f), jit(grad(f))):
        with pytest.raises(TypeError, match="leads to its memory, where a run has no plain numbers"):
            g(A)


TYPES = [
    lambda a: type(a) is np.ndarray,
    lambda a: type(a) in (np.ndarray, list),
    lambda a: type(a[0]) is np.float64,
    lambda a: type(a[1:]) is np.ndarray,
    lambda a: type(a.sum()) is np.float64,
    lambda a: {np.ndarray: 1}.get(type(a)),
]


@pytest.mark.parametrize("ask", TYPES)
def test_to_ask_an_array_for_its_type_is_refused(ask: Callable[[Any], Any]) -> None:
    def f(a: Any) -> Any:
        return a.sum() if ask(a) else 7 * a.sum()

    for g in (grad(f), grad(lambda a: f(a) * 2), jit(f), jit(grad(f)), jit(f, engine="native"), jacobian(f)):
        with pytest.raises(TypeError, match=r"is not (ndarray|float64), at test_seen_arrays.py:\d+"):
            g(A)
    with pytest.raises(TypeError, match=r"is not (ndarray|float64), at"):
        vmap(f)(np.stack([A, A]))


def test_types_that_no_array_has_can_be_asked_for() -> None:
    def f(a: Any) -> Any:
        return 7 * a.sum() if type(a) is list or type(a) in (tuple, dict) or type(a) is str else a.sum()

    assert grad(f)(A).tolist() == jit(grad(f))(A).tolist() == [1.0, 1.0, 1.0]


def test_a_type_is_refused_where_it_is_asked_and_not_where_the_line_does_not_run() -> None:
    def typed(x: Any) -> Any:
        if x > 100:
            return x if type(x) is float else 7 * x
        return x * x

    def helped(x: Any) -> Any:
        return typed(x) + 1

    assert [grad(helped)(3.0), grad(grad(helped))(3.0), jvp(helped, (3.0,), (1.0,))[1]] == [6.0, 2.0, 6.0]
    for g in (grad(helped), grad(grad(helped)), hessian(helped), lambda x: vmap(grad(helped))([x])):
        with lift.off(), pytest.raises(TypeError, match=r"the type of \S+ is not float, at test_seen_arrays.py:\d+"):
            g(300.0)
    assert [grad(helped)(300.0), grad(grad(helped))(300.0), vmap(grad(helped))([300.0])[0]] == [1.0, 0.0, 1.0]
    assert helped(300.0) == 301.0


def test_types_are_asked_by_threads_one_beside_the_other() -> None:
    def f(x: Any) -> Any:
        return x if type(x) is float else 7 * x

    def refusals() -> None:
        for _ in range(50):
            with lift.off(), pytest.raises(TypeError, match="is not float"):
                grad(f)(3.0)
            assert f(3.0) == 3.0
            assert grad(lambda a: a.sum() if np.asarray(a).dtype == float else 7 * a.sum())(A).tolist() == [1.0] * 3
            done.append(1)

    done: list[int] = []
    threads = [threading.Thread(target=refusals) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 200


def test_numpy_is_as_it_was_after_a_run_and_after_one_that_fails() -> None:
    before = np.array, np.asarray, np.ascontiguousarray

    def f(a: Any) -> Any:
        raise ValueError(np.asarray(a).dtype)

    for g in (grad(f), jit(f)):
        with pytest.raises(ValueError, match="float64"):
            g(A)
    assert (np.array, np.asarray, np.ascontiguousarray) == before


def test_what_a_run_leaves_is_a_plain_array() -> None:
    kept: list[Any] = []

    def f(a: Any) -> Any:
        kept.append(a)
        return a * np.asarray(a)

    for answer in (jacobian(f)(A), value_and_grad(lambda a: f(a).sum())(A)[1], jit(f)(A), jvp(f, (A,), (A,))[0]):
        assert (type(answer), answer.dtype) == (np.ndarray, np.float64)
    w = np.array([Value(2.0), Value(3.0)])
    answer = grad(lambda a: (a * w).sum())(np.ones(2))
    assert type(answer) is np.ndarray
    assert type(w * 2) is np.ndarray


def test_an_array_is_pickled_and_copied_as_itself_within_a_run() -> None:
    def f(a: Any) -> Any:
        b, c = pickle.loads(pickle.dumps(a)), copy.deepcopy(a)
        return (b * c).sum() if b.dtype == c.dtype == float else 7 * a.sum()

    assert grad(f)(A).tolist() == (2 * A).tolist()


def test_arrays_of_values_that_the_user_made_are_arrays_of_objects() -> None:
    w = np.array([Value(2.0), Value(3.0)])
    assert grad(lambda x: x * (1.0 if w.dtype == object and (w * 2).dtype == object else 7.0))(1.0) == 1.0


INDEX = np.array([10.0, 20.0, 30.0])


def test_an_array_of_whole_numbers_as_an_index_is_refused_with_what_to_write() -> None:
    f: Callable[..., Any] = lambda x, i: x * INDEX[i].sum()  # noqa: E731
    assert grad(f)(2.0, np.array([0, 2])) == 40.0
    with pytest.raises(TypeError, match=r"is no index: take rows\[\[int\(k\) for k in index\]\]"):
        jit(f)(2.0, np.array([0, 2]))
    as_said = jit(lambda x, i: x * INDEX[[int(k) for k in i]].sum())
    assert [as_said(2.0, np.array([0, 2])), as_said(2.0, np.array([1, 1]))] == [80.0, 80.0]


ANSWERED = """
    np.isnan(a).sum()+a.sum()  a[np.isfinite(a)].sum()  np.signbit(a).sum()*a.sum()  np.logaddexp(a,1.0).sum()
    np.heaviside(a,0.5).sum()*a.sum()  np.copysign(a,-1.0).sum()  np.divmod(a,1.7)[1].sum()
    np.float_power(a,3).sum()  np.hypot(1.0,a).sum()  np.arctan2(1.0,a).sum()  np.ldexp(a,2).sum()
    np.angle(a).sum()+a.sum()  np.nan_to_num(a).sum()  np.isclose(a,2.0).sum()*a.sum()
    np.exp(np.append(a,1.0)).sum()  np.tanh(np.maximum(a-9,-a)).sum()  np.median(a)  np.prod(a)  np.var(a)
    np.linalg.norm(a)  np.clip(a,0,3).sum()  np.sort(a)[0]  np.sign(a).sum()*a.sum()  np.nansum(a)
    np.broadcast_to(a,(2,3)).sum()  np.roll(a,1)[0]  np.interp(1.2,[1,2],[5.0,9.0])*a.sum()
"""


@pytest.mark.filterwarnings("ignore:.*found two numbers equal")
@pytest.mark.parametrize("expression", ANSWERED.split())
def test_what_numpy_computes_with_floats_alone_is_computed(expression: str) -> None:
    f: Any = eval(f"lambda a: {expression}", {"np": np})
    for a in (A, np.array([0.3, -2.5, 0.7])):
        value, slope = value_and_grad(f)(a)
        steps = 1e-6 * np.eye(3)
        assert value == pytest.approx(float(f(a)), rel=1e-14)
        assert slope == pytest.approx([float(f(a + h) - f(a - h)) / 2e-6 for h in steps], rel=1e-6, abs=1e-8)
        assert jit(f)(a) == pytest.approx(float(f(a)), rel=1e-14)
        assert jit(grad(f))(a).tolist() == slope.tolist()
        assert vmap(f)(np.stack([a, a])) == pytest.approx([float(f(a))] * 2, rel=1e-14)


def test_nan_and_infinities_are_told_as_numpy_tells_them() -> None:
    a = np.array([1.0, np.nan, np.inf, -np.inf, -0.0])
    for name in ("isnan", "isinf", "isfinite", "signbit"):
        told: list[Any] = []
        ufunc = getattr(np, name)
        value_and_grad(lambda a, ufunc=ufunc, told=told: told.append(ufunc(a)) or a[0])(a)  # type: ignore[misc]
        assert told[0].tolist() == ufunc(a).tolist()
        assert told[0].dtype == bool
    cleaned = jacobian(lambda a: np.nan_to_num(a, nan=5.0))(a)
    assert cleaned.tolist() == np.diag([1.0, 0.0, 0.0, 0.0, 1.0]).tolist()
    assert value_and_grad(lambda a: np.logaddexp(a[3:4], a[3:4])[0])(a)[0] == -np.inf


@pytest.mark.parametrize("other", [-3.0, 1.5, 2.0, 300.0])
def test_logaddexp_has_second_derivatives_also_of_equal_numbers(other: float) -> None:
    first = grad(lambda a: np.logaddexp(a, other).sum())
    a = np.array([1.5, 2.0])
    share = 1 / (1 + np.exp(other - a))
    assert first(a) == pytest.approx(share, rel=1e-14)
    assert grad(lambda a: first(a).sum())(a) == pytest.approx(share * (1 - share), rel=1e-14)


# nan among the numbers

WITH_NAN = [[3.0, math.nan, 1.0, 2.0], [math.nan, 0.5, 4.0, 2.0], [1.0, 2.0, math.nan, math.nan], [3.0, 1.0, 2.0, 5.0]]
PROPAGATED: dict[str, Any] = {
    "max": lambda a: a.max(),
    "np.min": lambda a: np.min(a),
    "ptp": lambda a: np.ptp(a),
    "maximum": lambda a: np.maximum(a, 1.5).sum(),
    "fmax": lambda a: np.fmax(a, 1.5).sum(),
    "reduce": lambda a: np.minimum.reduce(a),
    "accumulate": lambda a: np.maximum.accumulate(a)[2],
    "fmin of all": lambda a: np.fmin.reduce(a),
    "clip": lambda a: np.clip(a, 0, 2).sum(),
    "nan_to_num": lambda a: np.nan_to_num(a).sum(),
    "python": lambda a: max(a),
}
ORDERED: dict[str, Any] = {
    "sort": lambda a: np.sort(a)[0],
    "argmax": lambda a: a[a.argmax()],
    "argmin": lambda a: a[np.argmin(a)],
    "argsort": lambda a: a[np.argsort(a)[0]],
    "partition": lambda a: np.partition(a, 1)[0],
    "median": lambda a: np.median(a),
    "unique": lambda a: np.unique(a)[0],
}
TRANSFORMS: dict[str, Any] = {
    "grad": lambda f: lambda a: value_and_grad(f)(a)[0],
    "jit": jit,
    "native": lambda f: jit(f, engine="native"),
    "jit of grad": lambda f: (lambda slope: lambda a: slope(a)[0])(jit(value_and_grad(f))),
    "vmap": lambda f: lambda a: vmap(f)(np.array([a, a]))[1],
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:.*does not depend on", "ignore:.*two numbers equal")
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", PROPAGATED)
def test_a_nan_is_handed_on_as_numpy_hands_it_on(name: str, transform: str) -> None:
    f = PROPAGATED[name]
    fast = TRANSFORMS[transform](f)
    for a in [*map(np.array, WITH_NAN)] * 2:
        np.testing.assert_equal(float(fast(a)), float(f(a)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:.*does not depend on", "ignore:.*two numbers equal")
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", ORDERED)
def test_an_order_of_numbers_with_a_nan_among_them_is_refused(name: str, transform: str) -> None:
    f = ORDERED[name]
    fast = TRANSFORMS[transform](f)
    for a in [*map(np.array, WITH_NAN)] * 2:
        if np.isnan(a).any():
            with pytest.raises(TypeError, match="of an array that holds nan"):
                fast(a)
        else:
            assert float(fast(a)) == f(a)
