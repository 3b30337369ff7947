"""Facts about what NumPy cannot do with Values: there is a sentence that says what to write, and that works."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from numbers import Complex, Number, Real
from typing import Any

import numpy as np
import pytest

import micrograd_like
from micrograd_like import Value, grad, hessian, jacobian, jvp, lift, value_and_grad
from micrograd_like.checked import is_real
from micrograd_like.runs import arrays

A = np.array([0.4, 1.1, 2.3])
M = np.array([[2.1, 0.3], [0.7, 1.9]])


def slopes(f: Callable[[Any], Any], at: Any) -> Any:
    """Measured with two step widths (Richardson)."""

    def slope(step: float) -> Any:
        moves = step * np.eye(at.size).reshape(-1, *at.shape)
        return np.array([f(at + h) - f(at - h) for h in moves]) / (2 * step)

    return ((4 * slope(1e-3) - slope(2e-3)) / 3).reshape(at.shape)


# a float array that is to hold a Value

INTO_FLOATS = """
    np.zeros(3).__setitem__(0,x[0])  np.ones((2,2)).__setitem__((0,1),x[0])  np.empty(3).__setitem__(slice(None),x)
    np.zeros(3).fill(x[0])  np.full(3,x[0],dtype=float)  np.array(list(x),dtype=float)  np.array(x,dtype=float)
    np.put(np.zeros(3),[0],x[0])  np.zeros(3,dtype='f4').__setitem__(1,x[1])
"""


@pytest.mark.parametrize("expression", INTO_FLOATS.split())
def test_an_array_of_floats_that_is_to_hold_a_value_says_dtype_object(expression: str) -> None:
    def f(x: Any) -> Any:
        return eval(expression, {"np": np, "x": x})

    for attempt in (lambda: f(np.array([Value(number) for number in A])), lambda: grad(f)(A), lambda: jacobian(f)(A)):
        with lift.off(), pytest.raises(TypeError, match=r"arrays of dtype=object \(np\.zeros\(3, dtype=object\)\)"):
            attempt()


FILLED = [
    lambda x: (a := np.zeros(3), a.__setitem__(0, x[0]), a.sum() * a[0])[2],
    lambda x: (a := np.empty(3), a.__setitem__(slice(None), x**2), a.sum())[2],
    lambda x: (a := np.zeros(3), a.fill(x[0]), (a * x).sum())[2],
    lambda x: (np.full(3, x[0], dtype=float) * x).sum(),
    lambda x: np.array(list(x), dtype=float).prod() * np.array(x, dtype=float)[1],
    lambda x: (a := np.zeros(3), np.put(a, [0], x[0] * x[1]), a.sum())[2],
    lambda x: (a := np.zeros(3), np.add(np.zeros(3), x * x, out=a), a.prod())[2],
    lambda x: (a := np.zeros((2, 2)), a.__setitem__((0, 1), x[1]), (a @ a + a).sum() * a.max())[2],
]


@pytest.mark.parametrize("f", FILLED)
def test_where_it_is_lifted_an_array_of_floats_holds_values(f: Callable[[Any], Any]) -> None:
    assert value_and_grad(f)(A)[0] == pytest.approx(f(A), rel=1e-15)
    assert grad(f)(A) == pytest.approx(slopes(f, A), rel=1e-8, abs=1e-10)


def test_what_the_sentence_says_to_write_works() -> None:
    def f(x: Any) -> Any:
        c = np.zeros(2, dtype=object)
        c[0] = x[0] * x[0]
        c[1] = x[1] * x[0] + x[2]
        return c

    assert jacobian(f)(np.array([1.0, 2.0, 2.0])).tolist() == [[2.0, 0.0, 0.0], [2.0, 1.0, 1.0]]


def test_the_sentence_still_names_the_functions_and_the_data() -> None:
    with pytest.raises(
        TypeError, match=r"^a Value would lose .*micrograd_like.exp, not math.exp.* or its \.data if the"
    ):
        float(Value(1.0))
    with pytest.raises(TypeError, match=r"^rate would lose its derivative as a plain float"):
        "%.4f" % Value(1.0, "rate")  # noqa: UP031


# notes on NumPy's own errors

NOTES = {
    "np.cov(x)": "NumPy's cov computes with floats alone; with Values, with d = x",
    "np.corrcoef(x, x**2)": "NumPy's corrcoef .* np.sqrt",
    "np.linalg.norm(x, 3)": r"NumPy's norm .* write \(abs\(x\) \*\* p\)\.sum\(\) \*\* \(1 / p\)",
    "np.isclose(v, v)": r"NumPy's isclose .* compare abs\(a - b\)",
    "np.allclose(v, v)": r"NumPy's allclose .* \.all\(\)",
    "np.histogram(x)": r"NumPy's histogram .* \[v\.data for v in x\]",
    "np.logaddexp(v, v)": "NumPy's logaddexp .* np.log1p",
    "np.copysign(v, -1.0)": r"NumPy's copysign .* np\.frompyfunc\(micrograd_like\.copysign, 2, 1\)",
    "np.heaviside(v, 0.5)": "NumPy's heaviside .* np.where",
    "np.divmod(v, v)": "NumPy's divmod .* a // b and a % b",
    "divmod(v, v)": "NumPy's divmod .* a // b and a % b",
    "np.float_power(v, 2)": r"NumPy's float_power .* a \*\* b",
    "np.isnan(v)": "NumPy's isnan .* x != x",
    "np.isfinite(v)": "NumPy's isfinite .* abs",
    "np.modf(x)": "NumPy's modf computes with floats alone; with Values, write it in arithmetic",
    "np.bincount([0, 1, 1], weights=x)": "NumPy's function computes with floats alone",
    "np.exp(np.append(v, 1.0))": r"NumPy looks for exp .* np\.frompyfunc\(micrograd_like\.exp, 1, 1\)",
    "np.tanh(np.maximum(v - 1, 0))": r"NumPy looks for tanh .* np\.frompyfunc\(micrograd_like\.tanh, 1, 1\)",
    "np.hypot(1.0, v)": r"NumPy looks for hypot .* np\.frompyfunc\(micrograd_like\.hypot, 2, 1\)\(a, b\)",
    "np.arctan2(1.0, v)": r"NumPy looks for arctan2 .* np\.frompyfunc\(micrograd_like\.atan2, 2, 1\)",
    "np.sum(x, where=x > 1)": r"select the others first, as in x\[mask\]\.sum\(\)",
    "np.prod(x, where=x > 1)": r"select the others first",
    "np.mean(x, where=x > 1)": r"select the others first",
    "np.add(np.zeros(3), x, out=np.zeros(3))": "dtype=object, as in np.zeros",
    "np.exp(x, out=np.zeros(3))": "dtype=object, as in np.zeros",
    "np.polydiv(x, x)": "NumPy's polydiv computes with floats alone",
    "np.polyfit([0.0, 1.0, 2.0], x, 1)": "NumPy's polyfit .* elimination",
    **{
        f"np.linalg.{name}(m)": f"NumPy's {name} computes with floats alone; with Values, write the elimination"
        for name in ("slogdet", "cholesky", "eigvalsh", "svd", "pinv", "matrix_rank", "cond")
    },
    "np.linalg.norm(m, 'nuc')": "NumPy's norm .* elimination",
}


@pytest.mark.parametrize("expression", NOTES)
def test_under_a_transform_a_sentence_stands_in_place_of_an_error_of_numpys(expression: str) -> None:
    def f(x: Any) -> Any:
        return eval(expression, {"np": np, "x": x, "m": x, "v": np.stack([*x]) if x.ndim == 1 else x})

    at = M if "m" in expression.replace("np.m", "").split("(", 1)[1] and "linalg" in expression else A
    for transform in (grad, value_and_grad, jacobian, hessian):
        with lift.off(), pytest.raises(TypeError, match=NOTES[expression]):
            transform(f)(at)
    with lift.off(), pytest.raises(TypeError, match=NOTES[expression]):
        jvp(f, (at,), (at,))


def test_numpys_own_error_is_the_cause() -> None:
    with pytest.raises(TypeError, match=r"^NumPy's modf computes") as raised:
        grad(lambda x: grad(lambda y: np.modf(y)[0].sum())(x).sum())(A)
    assert "ufunc 'modf' not supported" in str(raised.value.__cause__)


WAYS_OUT = [
    (lambda x: np.cov(x), lambda x: (d := x - x.mean()) @ d / (len(x) - 1)),
    (
        lambda x: np.corrcoef(x, x**2)[0, 1],
        lambda x: (d := x - x.mean()) @ (e := x**2 - (x**2).mean()) / np.sqrt((d @ d) * (e @ e)),
    ),
    (lambda x: np.linalg.norm(x, 3), lambda x: (abs(x) ** 3).sum() ** (1 / 3)),
    (
        lambda x: np.logaddexp(x, 1 - x).sum(),
        lambda x: (np.maximum(x, 1 - x) + np.log1p(np.exp(-abs(x - (1 - x))))).sum(),
    ),
    (lambda x: np.divmod(x, 0.3)[1].sum(), lambda x: (x % 0.3).sum()),
    (lambda x: np.sum(x, where=x > 1), lambda x: x[x > 1].sum()),
    (lambda x: np.copysign(x, -1.0).sum(), lambda x: np.frompyfunc(micrograd_like.copysign, 2, 1)(x, -1.0).sum()),
    (
        lambda x: np.exp(np.append(x, 1.0)).sum(),
        lambda x: np.frompyfunc(micrograd_like.exp, 1, 1)(np.append(x, 1.0)).sum(),
    ),
    (lambda x: np.hypot(1.0, x).sum(), lambda x: np.frompyfunc(micrograd_like.hypot, 2, 1)(1.0, x).sum()),
    (lambda x: np.float_power(x, 2).sum(), lambda x: (x**2).sum()),
]


@pytest.mark.parametrize(("theirs", "ours"), WAYS_OUT)
def test_the_ways_out_are_the_same_function(theirs: Any, ours: Any) -> None:
    value, slope = value_and_grad(ours)(A)
    assert value == pytest.approx(float(theirs(A)), rel=1e-12)
    assert slope == pytest.approx(slopes(theirs, A), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: {}["a"],
        lambda x: int("a"),
        lambda x: x.nothing,
        lambda x: (1.0).nothing,  # type: ignore[attr-defined]
        lambda x: len(3),  # type: ignore[arg-type]
        lambda x: np.zeros(2)[5],
        lambda x: np.reshape(x, "a"),
        lambda x: np.cross(x, np.ones(7)),
        lambda x: np.concatenate([x, np.ones((2, 2))]),
        lambda x: np.linalg.inv(x),
        lambda x: np.sum(x, axis=4),
        lambda x: x @ np.ones(7),
        lambda x: np.sqrt(-x).sum(),
    ],
)
def test_other_errors_are_left_as_they_are(f: Any) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        grad(f)(A)
    assert not any("floats alone" in note for note in getattr(raised.value, "__notes__", ()))


def test_advice_knows_no_more_than_numpys_errors() -> None:
    assert arrays.advice(TypeError("no")) == ""
    assert all(hasattr(np, name) or hasattr(np.linalg, name) for name in arrays.INSTEAD)


# a Value is a real number


def test_a_value_is_a_real_number_to_python_and_numpy() -> None:
    for x in (Value(2.0), Value(2.0) * 3):
        assert isinstance(x, Real)
        assert isinstance(x, Complex)
        assert isinstance(x, Number)
        assert np.isscalar(x)
    assert value_and_grad(lambda x: 10 * x if np.isscalar(x) else x)(2.0) == (20.0, 10.0)
    assert value_and_grad(lambda x: 10 * x if isinstance(x, Real) else x)(2.0) == (20.0, 10.0)


def test_the_package_itself_tells_values_from_plain_numbers() -> None:
    assert not is_real(Value(2.0))
    assert all(map(is_real, (2, 2.0, True, Fraction(1, 2), Decimal("0.5"), np.float32(2), np.int64(2), np.array(2.0))))
    with pytest.raises(TypeError, match="a Value holds a real number, not Value"):
        Value(Value(2.0))  # type: ignore[arg-type]
    assert not isinstance(Value(2.0), int | float)


NEAR, FAR = Value(2.0) * 1.0000000001, Value(5.0)
APPROX = {
    "approx": lambda v: v == pytest.approx(2.0),
    "reversed": lambda v: pytest.approx(2.0) == v,
    "unequal": lambda v: (v != pytest.approx(2.0)) is False,
    "list": lambda v: [v] == pytest.approx([2.0]),
    "tuple": lambda v: (v, 1.0) == pytest.approx((2.0, 1.0)),
    "dict": lambda v: {"a": v} == pytest.approx({"a": 2.0}),
    "array": lambda v: np.array([v]) == pytest.approx(np.array([2.0])),
    "array-of-list": lambda v: np.array([v, v]) == pytest.approx([2.0, 2.0]),
    "int": lambda v: v == pytest.approx(2),
    "abs": lambda v: v == pytest.approx(2.001, abs=0.01),
    "rel": lambda v: v == pytest.approx(2.001, rel=0.01),
}


@pytest.mark.parametrize("compare", APPROX.values(), ids=APPROX)
def test_pytests_approx_passes_what_is_near_and_fails_what_is_not(compare: Callable[[Any], bool]) -> None:
    assert compare(NEAR)
    assert compare(Value(2.0))
    assert not compare(FAR)
    assert not compare(Value(-2.0))
    assert not compare(Value(float("nan")))


def test_approx_of_a_value_is_refused_and_of_its_data_works() -> None:
    for number in (2.0, 3.0):
        with pytest.raises(TypeError, match=r"or its \.data if the number alone is wanted"):
            assert number == pytest.approx(NEAR)
    assert pytest.approx(NEAR.data) == 2.0


T, U = np.testing, unittest.TestCase()
ASSERTIONS = {
    "assert_almost_equal": lambda v: T.assert_almost_equal(v, 2.0),
    "assert_almost_equal-array": lambda v: T.assert_almost_equal(np.array([v]), [2.0]),
    "assert_array_almost_equal": lambda v: T.assert_array_almost_equal([v], [2.0]),
    "assert_allclose": lambda v: T.assert_allclose([v], [2.0]),
    "assert_approx_equal": lambda v: T.assert_approx_equal(v, 2.0),
    "assert_array_less": lambda v: T.assert_array_less([v], [3.0]),
    "assertAlmostEqual": lambda v: U.assertAlmostEqual(v, 2.0),  # noqa: PT009
    "assert_equal": lambda v: T.assert_equal(v if v is FAR else Value(2.0), 2.0),
    "assertEqual": lambda v: U.assertEqual(v if v is FAR else Value(2.0), 2.0),  # noqa: PT009
}
REFUSED = {"assert_almost_equal-array", "assert_array_almost_equal", "assert_allclose", "assert_approx_equal"}


@pytest.mark.parametrize("name", ASSERTIONS)
def test_assertions_of_numpy_and_unittest_pass_and_fail_as_they_should_or_are_refused(name: str) -> None:
    if name in REFUSED:
        for v in (NEAR, FAR):
            with pytest.raises(TypeError, match=r"would lose its derivative|not supported for the input types"):
                ASSERTIONS[name](v)
    else:
        ASSERTIONS[name](NEAR)
        with pytest.raises(AssertionError):
            ASSERTIONS[name](FAR)
