"""Calls of jitted functions: what stands before compiled code, in C and in Python, and what machine code is given."""

from __future__ import annotations

import contextlib
import gc
import itertools
import math
import os
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import micrograd_like as ml
from micrograd_like import Value, jit, value_and_grad, vmap
from micrograd_like.compile.closed import guard as guards
from micrograd_like.compile.native import call as native
from micrograd_like.core import core
from micrograd_like.trees.tree import leaves


def total(x: Any) -> Any:
    return sum(a * a for a in x)


def compiled(f: Callable[..., Any], *args: Any, engine: str = "native") -> Any:
    """The function, called once, so that it is recorded; without spot checks."""
    fast = jit(f, engine=engine, check=False)
    fast(*args)
    return fast


# guards


class Helper:
    """A place to look at."""


def helper(x: float) -> float:
    return x


@pytest.fixture(params=["core", "python"])
def guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[], bool]]:
    if request.param == "python":
        monkeypatch.setattr(guards, "core", None)
    elif not core:
        pytest.skip("the core is not here")
    return guards.guard


def questions(thing: Any) -> list[tuple[str, list[tuple[Any, Any]]]]:
    """Each question of a guard, about what is as it was."""
    (cell,) = (lambda: thing).__closure__ or ()
    return [
        ("kind_of({}) is {}", [(thing, type(thing))]),
        ("{}.__code__ is {}", [(helper, helper.__code__)]),
        ("{}.cell_contents is {}", [(cell, thing)]),
        ("{}.__mro__ is {}", [(Helper, Helper.__mro__)]),
        ("{}.__dict__ is {}", [(thing, thing.__dict__)]),
        ("{}.value == {}", [(__import__("ctypes").c_uint64(7), 7)]),
    ]


def test_a_guard_asks_each_question(guard: Any) -> None:
    thing = Helper()
    known = questions(thing)
    assert not guard({}, [], known, None, lambda: True)()
    for form, [(where, _)] in known:
        assert guard({}, [], [(form, [(where, object() if "value" not in form else 8)])], None, lambda: True)(), form
    for form in ("{}.__code__ is {}", "{}.cell_contents is {}", "{}.__mro__ is {}", "{}.__dict__ is {}"):
        assert guard({}, [], [(form, [(1.5, 1.5)])], None, lambda: True)(), form  # it has no such thing


def test_a_guard_looks_names_up_as_code_does(guard: Any) -> None:
    apples, pears = 2.0, 3.0
    namespace: dict[str, Any] = {"n": apples}
    changed = guard(namespace, [("n", apples), ("len", len)], [], None, lambda: True)
    assert not changed()
    namespace["other"] = 1  # another version of the dict
    assert not changed()
    namespace["n"] = pears
    assert changed()
    assert changed()
    namespace["n"] = apples
    assert not changed()
    namespace["len"] = abs  # in front of the builtin
    assert changed()
    del namespace["len"]
    assert not changed()
    del namespace["n"]
    assert changed()


def test_a_builtin_that_is_replaced_is_a_change(guard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = guard(globals(), [("sum", sum)], [], None, lambda: True)
    assert not changed()
    monkeypatch.setattr("builtins.sum", max)
    assert changed()


def test_what_a_guard_asks_at_last(guard: Any) -> None:
    def fails() -> bool:
        raise ValueError

    def interrupts() -> bool:
        raise KeyboardInterrupt

    names = [("x", 1)]
    for then, otherwise in itertools.product([True, False], repeat=2):
        assert guard({"x": 1}, names, [], lambda then=then: then, lambda o=otherwise: o)() is then
        assert guard({"x": 2}, names, [], lambda then=then: then, lambda o=otherwise: o)() is otherwise
    assert guard({"x": 1}, names, [], fails, lambda: True)()
    with pytest.raises(ValueError, match=r"^$"):
        guard({"x": 2}, names, [], None, fails)()
    with pytest.raises(KeyboardInterrupt):
        guard({"x": 1}, names, [], interrupts, lambda: True)()


def test_guards_are_freed(guard: Any) -> None:
    class Holder:
        def asks(self) -> bool:
            return False

    holder: Any = Holder()
    holder.guard = guard({"x": 1}, [("x", 1)], questions(holder), holder.asks, holder.asks)
    assert not holder.guard()
    alive = weakref.ref(holder)
    del holder
    gc.collect()
    assert alive() is None


# what is called


@pytest.mark.parametrize("engine", ["python", "native"])
def test_a_call_by_name_and_with_wrong_arguments(engine: str) -> None:
    f = compiled(lambda x, y: x - y, 3.0, 1.0, engine=engine)
    assert f(3.0, 1.0) == f(3.0, y=1.0) == f(x=3.0, y=1.0) == f(y=1.0, x=3.0) == 2.0
    with pytest.raises(TypeError, match="argument"):
        f(1.0)
    with pytest.raises(TypeError, match="argument"):
        f(1.0, 2.0, 3.0)


@pytest.mark.parametrize("engine", ["python", "native"])
def test_a_change_outside_is_seen_by_the_next_call(engine: str) -> None:
    scope: dict[str, Any] = {"k": 2.0}
    exec("def f(x):\n    return k * x", scope)
    f = compiled(scope["f"], 3.0, engine=engine)
    assert [f(3.0), f(4.0)] == [6.0, 8.0]
    scope["k"] = 5.0
    assert f(3.0) == 15.0
    scope["abs"] = 1.0
    assert f(3.0) == 15.0


def test_an_interrupt_within_a_call_is_not_swallowed() -> None:
    interrupts: list[BaseException] = []

    def value(x: float) -> float:
        if interrupts:  # once
            raise interrupts.pop()
        return x

    broken = ml.function("broken_off", value, lambda x, out, g: g)
    for engine in ("python", "native"):
        f = compiled(lambda x: 2 * broken(x), 1.0, engine=engine)
        assert f(2.0) == 4.0
        interrupts.append(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            f(9.0)
        assert f(9.0) == 18.0


# what machine code is given


def test_an_argument_of_another_kind_is_another_form() -> None:
    f = compiled(lambda x: sum(2.0 if isinstance(a, int) else a for a in x), [1.5, 2.5])
    assert f([1.5, 2.5]) == 4.0
    assert f([1, 2.5]) == 4.5  # it asks whether it is an int
    assert f([1.5, 2.5]) == 4.0
    assert f((1.5, 2.5)) == 4.0
    assert f([1.5]) == 1.5
    assert f([True, 2.5]) == 4.5


def test_values_in_a_list_are_a_call_of_the_function_itself() -> None:
    f = compiled(total, [1.0, 2.0])
    x = [Value(1.0), Value(2.0)]
    y = f(x)
    assert isinstance(y, Value)
    y.backward()
    assert [v.grad for v in x] == [2.0, 4.0]
    assert f([1.0, 2.0]) == 5.0
    assert f([np.float64(1.0), 2.0]) == 5.0


@pytest.mark.parametrize("x", [(10**400,), ([10**400, 1],), (1.0, 10**400)])
def test_an_int_that_no_float_holds(x: Any) -> None:
    f = jit(lambda *xs: total(xs[0]) if isinstance(xs[0], list) else xs[0] + xs[-1], engine="native", check=False)
    f(*([[1, 1]] if isinstance(x[0], list) else [type(a)(1) for a in x]))
    with pytest.raises(OverflowError, match="too large to convert"):
        f(*x)


@pytest.mark.parametrize(
    ("one", "large"),
    [
        (1, 2**53 + 1),
        (np.int64(1), np.int64(-(2**53) - 1)),
        ([1, 2.0], [2**53 + 1, 2.0]),
        ({"a": 1, "b": 1.0}, {"a": 2**53 + 1, "b": 1.0}),
        (np.array([1, 2]), np.array([1, 2**60 + 1])),
        (np.array([1], np.uint64), np.array([2**64 - 1], np.uint64)),
        (np.array([1], object), np.array([2**53 + 1], object)),
    ],
)
def test_an_int_in_whose_place_another_float_would_stand(one: Any, large: Any) -> None:
    f = compiled(lambda x, y: sum(leaves(x)) - 2**53 + y, one, 1.0)
    for _ in range(3):
        with pytest.raises(OverflowError, match=r"^no float is -?[0-9]+, which x.* holds, and machine code"):
            f(large, 1.0)
    assert f(one, 1.0) == float(sum(leaves(one))) - 2**53 + 1.0


def test_arrays_are_read_where_they_are_in_any_layout() -> None:
    f = compiled(value_and_grad(lambda x: sum((k + 1) * a * a for k, a in enumerate(x.ravel()))), np.ones((2, 3)))
    x = np.arange(6.0).reshape(2, 3)
    value, slopes = f(x)
    weights = np.arange(1.0, 7.0).reshape(2, 3)
    assert value == (weights * x * x).sum()
    for same in (np.asfortranarray(x), x[::-1][::-1], x.astype(">f8"), np.repeat(x, 2, axis=1)[:, ::2]):
        assert f(same)[0] == value
        assert (f(same)[1] == slopes).all()
    assert (slopes == 2 * weights * x).all()
    assert slopes.flags.owndata or core is None  # without the core it is a view of an array of its own
    assert not np.shares_memory(slopes, f(2 * x)[1])
    slopes[:] = 0.0  # it is the caller's own
    assert (f(x)[1] == 2 * weights * x).all()
    assert f(x.astype(np.float32))[0] == value
    assert f(x.astype(int))[0] == value


def test_arrays_of_another_shape_are_another_form() -> None:
    f = compiled(lambda x: x[0][-1] * 1.0, np.ones((2, 3)))
    x = np.arange(6.0)
    for shape in ((3, 2), (1, 6), (2, 1, 3), (6, 1)):
        other = x.reshape(shape)
        np.testing.assert_equal(f(other), other[0][-1])
        np.testing.assert_equal(f(other), other[0][-1])


def test_what_is_given_twice_is_told_from_two_that_are_equal() -> None:
    f = compiled(lambda x, y: 1.0 * x[0] if x is y else 2.0 * x[0], np.ones(2), np.ones(2))
    x = np.ones(2)
    assert f(np.ones(2), np.ones(2)) == 2.0
    assert f(x, x) == 1.0
    assert f([1.0, 2.0], [1.0, 2.0]) == 2.0
    y = [1.0, 2.0]
    assert f(y, y) == 1.0


ANSWERS: dict[str, Callable[[Any, Any], Any]] = {
    "a number": lambda x, y: x * y,
    "a list": lambda x, y: [x, y, x * y],
    "a tuple": lambda x, y: (x, y, x * y),
    "nested": lambda x, y: (x, [y, (x * y, [x]), []], ()),
    "a dict": lambda x, y: {"a": x, "b": [y, x]},
    "an array": lambda x, y: np.array([[x, y], [y, x * y]]),
    "arrays in a tuple": lambda x, y: (x, np.array([x, y, y]), [np.array([y])]),
    "text and truths": lambda x, y: (x, "text", y > 0, None),
    "a constant": lambda x, y: (x, 2.5, y),
    "one thing twice": lambda x, y: (x * y, x * y),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_of_every_form(name: str) -> None:
    f = ANSWERS[name]
    fast = compiled(f, 2.0, 3.0)
    for x, y in [(2.0, 3.0), (0.5, 7.0), (-0.0, math.inf)]:
        expected, found = f(x, y), fast(x, y)
        assert type(found) is type(expected)
        np.testing.assert_equal(found, expected)
    assert fast(2.0, 3.0) is not fast(2.0, 3.0)


def test_many_numbers_and_arrays() -> None:
    """More than there is room for on the stack."""
    n = 3000
    f = compiled(value_and_grad(total), [1.0] * n)
    x = [float(k) for k in range(n)]
    assert f(x) == (float(sum(k * k for k in range(n))), [2.0 * a for a in x])
    arrays = [np.full(3, float(k)) for k in range(20)]
    g = compiled(lambda *xs: sum(total(x) * k for k, x in enumerate(xs)), *arrays)
    assert g(*arrays) == sum(3.0 * k * k * k for k in range(20))


# memory


def living() -> Counter[str]:
    gc.collect()
    return Counter(type(x).__qualname__ for x in gc.get_objects())


def grown(before: Counter[str]) -> dict[str, int]:
    """Of which types more objects were added than caches keep."""
    return {name: count - before[name] for name, count in living().items() if count - before[name] > 80}


def resident() -> int:
    """Bytes of memory that this process has in use."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "numbers": (value_and_grad(lambda x, y: x * ml.exp(y), argnums=(0, 1)), (1.5, 0.5)),
    "a list": (value_and_grad(total), ([1.0, 2.0, 3.0],)),
    "an array": (value_and_grad(total), (np.ones(30),)),
    "arrays that are converted": (value_and_grad(total), (np.ones(60)[::2],)),
    "a dict": (lambda x: {"x": x, "y": [x]}, (1.5,)),
    "errors": (lambda x: 1 / x, (0.0,)),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
@pytest.mark.parametrize("engine", ["python", "native"])
@pytest.mark.parametrize("name", CALLS)
def test_memory_is_flat_over_calls(name: str, engine: str) -> None:
    f, args = CALLS[name]
    fast = jit(f, engine=engine)

    def call(times: int) -> None:
        for _ in range(times):
            with contextlib.suppress(ZeroDivisionError):
                fast(*args)

    count = 2000 if engine == "python" and name != "numbers" else 100_000
    call(count // 10)
    before, size = living(), resident()
    call(count)
    assert grown(before) == {}
    assert resident() - size < 4 << 20


def ways() -> Iterator[Callable[[float], float]]:
    """Functions that are all different."""
    for k in itertools.count():
        scope: dict[str, Any] = {}
        exec(f"def f(x):\n    return x * {k}.5 if x > 0 else x - {k}", scope)
        yield scope["f"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
@pytest.mark.parametrize(("engine", "count"), [("python", 500), ("native", 100)])
def test_memory_is_flat_over_functions_that_are_dropped(engine: str, count: int) -> None:
    functions = ways()

    def record(times: int) -> None:
        for f in itertools.islice(functions, times):
            fast = jit(f, engine=engine)
            assert [fast(2.0), fast(-2.0)] == [f(2.0), f(-2.0)]

    record(1100 if engine == "python" else count)  # what is kept of the code of 1024 functions is full then
    before, size = living(), resident()
    record(count)
    kept = {name: more for name, more in grown(before).items() if engine == "python" or name != "frozenset"}
    assert kept == {}
    assert resident() - size < 6 << 20


@pytest.mark.parametrize("engine", ["python", "native"])
def test_memory_is_flat_over_recordings(engine: str) -> None:
    scope: dict[str, Any] = {"k": 0.0}
    exec("def f(x):\n    return k * x + 1", scope)
    fast = jit(scope["f"], engine=engine, check=False)

    def record(times: int) -> None:
        for _ in range(times):
            scope["k"] += 1.0
            assert fast(2.0) == scope["k"] * 2 + 1

    record(50)
    before = living()
    record(1000 if engine == "python" else 100)
    assert grown(before) == {}


def test_machine_code_of_dropped_functions_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[Any] = []

    class Noted(native.Code):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            codes.append(weakref.ref(self.engine))

    monkeypatch.setattr(native, "Code", Noted)
    f = compiled(lambda x: x if x > 0 else -x, 1.0)
    f(-1.0)  # another way: other code
    rows = vmap(lambda x: x * 2, engine="native")
    rows(np.ones(9))
    assert len(codes) == 2
    gc.collect()
    assert [code() is None for code in codes] == [True, False]
    del f, rows
    gc.collect()
    assert [code() for code in codes] == [None, None]
