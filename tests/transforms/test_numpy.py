"""Facts about NumPy arrays of Values: what NumPy computes keeps its derivatives, and what would lose them raises."""

from __future__ import annotations

import operator
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value, atan2, grad, jit, relu, sigmoid, vmap
from micrograd_like.operation import OPS

VECTORS = 0.4, 1.1, 2.3, 0.9, 0.35, 1.7  # a and b
MATRIX = 2.1, 0.3, -0.4, 0.7, 1.9, 0.2, -0.6, 0.5, 2.6  # m
NAMES = sorted({name for op in OPS.values() for name in (op.name, op.numpy)})
NUMPYS = [name for name in NAMES if isinstance(getattr(np, name, None), np.ufunc)]
ON_OBJECTS = [name for name in NUMPYS if any(kind.startswith("O") for kind in getattr(np, name).types)]
OF_LOGIC = {"logical_and", "logical_or"}  # of objects NumPy answers one of the two, as Python's `and` and `or` do
EVERY_UFUNC = sorted(name for name, ufunc in vars(np).items() if isinstance(ufunc, np.ufunc) and name not in OF_LOGIC)
OPERATORS = "add", "sub", "mul", "truediv", "floordiv", "mod", "pow"
SCALARS = (
    np.float64(2),
    np.float32(2),
    np.longdouble(2),
    np.int64(2),
    np.uint8(2),
    np.bool_(True),
    np.array(2.0),
    np.array(2),
)
ARRAYS = np.array([2.0, 3.3]), np.array([2, 5]), np.array([[2.0], [3.3]])


def operands(numbers: Any) -> dict[str, Any]:
    """What an expression may name: two vectors and a matrix out of fifteen numbers, floats or Values."""
    return {"np": np, "a": numbers[:3], "b": numbers[3:6], "m": numbers[6:].reshape(3, 3)}


def weighed(answers: Any) -> Any:
    """One number out of all answers, in which each has a weight of its own."""
    return sum(weight * answer for weight, answer in enumerate(np.ravel(answers).tolist(), 2))


def measured_slopes(f: Callable[[Any], Any], at: Any) -> list[float]:
    """The slopes of NumPy's answers on floats, measured with two step widths (Richardson)."""

    def slopes(step: float) -> Any:
        return np.array([weighed(f(at + h)) - weighed(f(at - h)) for h in step * np.eye(len(at))]) / (2 * step)

    return list((4 * slopes(1e-3) - slopes(2e-3)) / 3)


def check(f: Callable[[Any], Any], *at: float) -> None:
    """On Values f answers what it answers on floats, with the slopes that it has there."""
    x = np.array([Value(number) for number in at])
    out = weighed(f(x))
    numbers = np.array(at)
    if isinstance(out, Value):
        out.backward()
        out = out.data
    assert out == pytest.approx(float(weighed(f(numbers))), rel=1e-13)
    assert [v.grad for v in x] == pytest.approx(measured_slopes(f, numbers), rel=1e-7, abs=1e-8)


# universal functions


@pytest.mark.parametrize("name", ON_OBJECTS)
def test_a_ufunc_whose_name_stands_in_the_table_has_numpys_value_and_slopes(name: str) -> None:
    op = next(op for op in OPS.values() if name in (op.name, op.numpy))
    ufunc = getattr(np, name)
    check(lambda x: ufunc(*x[:, None]), *op.at[: ufunc.nin])


def test_the_ufuncs_whose_names_stand_in_the_table_are_many() -> None:
    assert len(ON_OBJECTS) >= 45
    assert {"arcsin", "arctan2", "deg2rad", "floor_divide", "hypot", "power", "rad2deg", "rint"} <= set(ON_OBJECTS)


@pytest.mark.parametrize("name", sorted(set(NUMPYS) - set(ON_OBJECTS)))
def test_a_ufunc_that_numpy_has_for_floats_alone_raises(name: str) -> None:
    ufunc = getattr(np, name)
    with pytest.raises(TypeError, match="not supported for the input types"):
        ufunc(*[np.array([Value(0.7)])] * ufunc.nin)


@pytest.mark.parametrize("name", EVERY_UFUNC)
def test_every_ufunc_of_numpy_has_the_value_and_slopes_that_it_has_on_floats_or_raises(name: str) -> None:
    ufunc = getattr(np, name)
    numbers = 0.4, 0.6, 0.7, 0.9, 0.35, 0.5
    try:
        for kind in (Value, float):
            ufunc(*np.array([kind(number) for number in numbers]).reshape(2, 3)[: ufunc.nin])
    except (TypeError, AttributeError, ValueError):
        return
    check(lambda x: ufunc(*x.reshape(2, 3)[: ufunc.nin]), *numbers)


def test_a_ufunc_of_a_value_alone_is_a_value() -> None:
    x = Value(0.0)
    y = np.exp(np.sin(x))
    assert type(y) is Value
    y.backward()
    assert x.grad == 1.0


def test_remainder_is_numpys_which_is_pythons_percent() -> None:
    assert [v.data for v in np.remainder(np.array([Value(5.0), Value(-1.0)]), 3)] == [2.0, 2.0]


def test_at_a_tie_maximum_and_minimum_pick_the_first() -> None:
    first, second = np.array([Value(1.0)]), np.array([Value(1.0)])
    for choose in (np.maximum, np.minimum, np.fmax, np.fmin):
        assert choose(first, second)[0] is first[0]
    assert np.max(np.concatenate([first, second])) is first[0]
    assert np.maximum(0.0, np.array([Value(0.0)])).tolist() == [0.0]


# operators


@pytest.mark.parametrize("name", OPERATORS)
def test_arrays_of_values_do_arithmetic(name: str) -> None:
    compute = getattr(operator, name)
    check(lambda x: compute(x[:3], x[3:]), *VECTORS)
    check(lambda x: compute(x[:, None], x), 1.1, 2.3, 3.7)
    check(lambda x: compute(x, 2), 0.4, 1.1)
    check(lambda x: compute(3.0, x), 0.4, 1.1)


@pytest.mark.parametrize("number", SCALARS + ARRAYS, ids=lambda number: f"{type(number).__name__}-{number.dtype}")
@pytest.mark.parametrize("name", OPERATORS)
def test_numbers_and_arrays_of_numpy_before_and_after_a_value(name: str, number: Any) -> None:
    compute = getattr(operator, name)
    check(lambda x: compute(number, x[0]), 0.7)
    check(lambda x: compute(x[0], number), 0.7)
    check(lambda x: compute(number, x), 0.7, 1.2)
    check(lambda x: compute(x, number), 0.7, 1.2)


@pytest.mark.parametrize("number", SCALARS, ids=repr)
def test_a_number_of_numpy_among_values_is_kept_as_a_float(number: Any) -> None:
    for product in (number * Value(3), Value(3) * number):
        assert type(product) is Value
        assert [type(x) for x in product.parents if not isinstance(x, Value)] == [float]


def test_an_array_without_dimensions_may_hold_a_value() -> None:
    x = Value(3.0)
    y = np.array(x) * x + x * np.array(x)
    y.backward()
    assert (y.data, x.grad) == (18.0, 12.0)


def test_an_array_of_values_changes_in_place_and_an_array_of_floats_does_not() -> None:
    x = Value(2.0)
    values, floats = np.array([x, x]), np.ones(2)
    values *= floats + 2
    assert [v.data for v in values] == [6.0, 6.0]
    with pytest.raises(TypeError, match="Cannot cast"):
        floats *= x


def test_comparisons_are_masks() -> None:
    a = np.array([Value(1.0), Value(-2.0)])
    assert (a > 0).dtype == bool
    assert [v.data for v in a[a > 0]] == [1.0]
    a[a < 0] = 0.0
    assert a.tolist() == [1.0, 0.0]


# functions of whole arrays

KEEP_DERIVATIVES = """
    np.sum(a)  a.sum()  np.sum(m,axis=0)  np.sum(a,initial=2.0)  np.prod(a)  np.cumsum(a)  np.cumprod(a)
    np.add.reduce(m)  np.mean(a)  m.mean(axis=1)  np.std(a)  np.std(m,axis=0)  np.std(a,ddof=1)  np.var(a)
    m.var(axis=1)  np.var(a,ddof=1)  np.average(a,weights=b)  np.median(a)  np.median(m,axis=0)  np.percentile(a,30)
    np.quantile(a,0.3)  np.nansum(a)  np.nanmean(a)  np.nanstd(a)  np.nanmax(a)  np.max(a)  m.min(axis=0)  np.ptp(a)
    a@b  m@m  m@a  a@m  a@np.ones(3)  np.ones((2,3))@a  np.dot(a,b)  np.dot(m,a)  np.dot(a,[1.0,2.0,3.0])
    np.matmul(m,m)  np.vdot(a,b)  np.inner(a,b)  np.outer(a,b)  np.cross(a,b)  np.kron(a,b)  np.tensordot(m,m)
    np.trace(m)  np.einsum('ij,j->i',m,a)  np.einsum('ij,jk->ik',m,m)  np.add.outer(a,b)  np.linalg.matrix_power(m,3)
    np.linalg.norm(a)  np.linalg.norm(a,1)  np.linalg.norm(a,np.inf)  np.linalg.norm(m)  np.linalg.norm(m,axis=0)
    np.clip(a,0.5,1.5)  a.clip(0.5,None)  np.where(a>b,a,b)  np.where(b>0.7,a,0.0)  np.select([a>0.7,a<=0.7],[a,b])
    np.sort(a)  np.take(a,[2,0])  a[a>0.7]  np.concatenate([a,[1.0],b])  np.stack([a,b])  np.roll(a,1)  np.pad(a,1)
    np.diff(a)  np.diff(a,2)  np.convolve(a,b)  np.correlate(a,b)  np.polyval(a,b)  np.polyval([1.0,2.0],a)
    np.polynomial.chebyshev.chebval(a,[1.0,2.0,3.0])  np.sinc(a)  np.vander(a)  np.square(a)  np.reciprocal(a)
    np.conj(a)  np.real(a)  np.abs(m)  np.nan_to_num(a)  np.frompyfunc(np.tanh,1,1)(a)  np.round(a)  np.around(a,1)
    a.round(1)  np.rint(a)  a+np.ones((2,3))  np.ones((2,3))/a  a[:,None]*b  2**a  a**-1  a**0.5
"""


@pytest.mark.parametrize("expression", KEEP_DERIVATIVES.split())
def test_numpy_computes_with_values_as_it_does_with_floats(expression: str) -> None:
    check(lambda x: eval(expression, operands(x)), *VECTORS, *MATRIX)


STEPS = """
    np.floor(a)  np.ceil(a)  np.trunc(a)  np.sign(m)  np.argsort(a)  np.argmax(a)  np.argmin(m,axis=0)  a>b  a==b
    a!=1  np.greater(a,b)  np.any(a>1)  np.count_nonzero(a)  np.nonzero(a)  np.isreal(a)  np.isin(a,b)
    np.searchsorted([0.0,1.0],a)  np.digitize(a,[0.0,1.0])  np.array_equal(a,b)  np.linalg.norm(a,0)  a.astype(int)
    a.astype(bool)  np.array(list(a),dtype=int)  np.imag(a)  np.zeros_like(a)  np.ones_like(a)
"""


@pytest.mark.parametrize("expression", STEPS.split())
def test_what_is_constant_almost_everywhere_is_a_plain_number(expression: str) -> None:
    values, floats = (
        np.ravel(eval(expression, operands(numbers))).tolist()
        for numbers in (np.array([Value(x) for x in VECTORS + MATRIX]), np.array(VECTORS + MATRIX))
    )
    assert values == floats
    assert not any(isinstance(x, Value) for x in values)


def test_a_standard_deviation_of_values_and_plain_numbers() -> None:
    x = Value(3.0)
    y = np.std(np.array([x, 1.0]))
    y.backward()
    assert (y.data, x.grad) == (1.0, 0.5)


def test_our_functions_reach_into_arrays_with_frompyfunc() -> None:
    check(lambda x: np.frompyfunc(atan2, 2, 1)(1.0, x), 0.4, 1.1)
    assert [v.data for v in np.frompyfunc(relu, 1, 1)(np.array([Value(2.0), Value(-1.0)]))] == [2.0, 0.0]
    assert np.frompyfunc(sigmoid, 1, 1)(np.array([Value(0.0), 0.0])).tolist() == [0.5, 0.5]


def test_a_nan_is_found_by_its_being_unequal_to_itself() -> None:
    a = np.array([Value(float("nan")), Value(2.0), Value(4.0)])
    with np.errstate(invalid="ignore"):  # NumPy warns of it, on some machines
        assert (a != a).tolist() == [True, False, False]
        assert np.nansum(a).data == 6.0


# what would lose a derivative

CASTS = """
    a.astype(float)  a.astype('f4')  a.astype(complex)  np.asarray(a,dtype=float)  np.array(list(a),dtype=float)
    np.float64(a[0])  np.float32(a[0])  np.longdouble(a[0])  np.complex128(a[0])  float(np.array(a[0]))
    complex(np.array(a[0]))  np.full(3,a[0],dtype=float)  np.full_like(np.zeros(3),a[0])  np.fromiter(a,dtype=float)
    np.insert(np.zeros(3),1,a[0])  np.zeros(3).__setitem__(0,a[0])  np.zeros(3).__setitem__(slice(3),a)
    np.zeros(3).__setitem__(np.arange(3)>1,a[0])  np.zeros(3).fill(a[0])  np.put(np.zeros(3),[0],a[0])
    np.copyto(np.zeros(3),a,casting='unsafe')  np.add.at(np.zeros(3),[0],a[0])  np.sum(a,dtype=float)
    np.mean(a,dtype=float)  np.exp(a,out=np.zeros(3),casting='unsafe')  np.multiply(a,2,dtype=float,casting='unsafe')
    np.vectorize(abs,otypes=[float])(a)  np.arange(a[0],b[0],0.1)  np.gradient(a)  np.roots(a)  np.i0(a)
    np.emath.sqrt(-a)  np.random.default_rng(0).normal(a[0])
"""


@pytest.mark.parametrize("expression", CASTS.split())
def test_a_value_never_becomes_a_float_of_numpys(expression: str) -> None:
    values = np.array([Value(x) for x in VECTORS + MATRIX])
    with pytest.raises(TypeError, match="would lose its derivative as a plain float"):
        eval(expression, operands(values))


NOT_FOR_OBJECTS = """
    np.copysign(a,b)  np.nextafter(a,b)  np.heaviside(a,0.5)  np.logaddexp(a,b)  np.logaddexp2(a,b)
    np.float_power(a,2)  np.ldexp(a,2)  np.frexp(a)  np.modf(a)  np.divmod(a,b)  divmod(a,2)  np.spacing(a)
    np.signbit(a)  np.isnan(a)  np.isfinite(a)  np.isinf(a)  np.isclose(a,b)  np.allclose(a,b)
    np.testing.assert_allclose(a,b)  np.interp(a,[0.0,1.0],[0.0,1.0])  np.interp(0.5,[0.0,1.0,2.0],a)
    np.bincount([0,1,1],weights=a)  np.linalg.solve(m,a)  np.linalg.inv(m)  np.linalg.det(m)  np.linalg.eigvalsh(m)
    np.linalg.cholesky(m)  np.linalg.norm(m,2)  np.linalg.svd(m)  np.linalg.pinv(m)  np.polyfit([0.0,1.0,2.0],a,1)
    np.random.default_rng(0).normal(a)  np.add(np.zeros(3),a,out=np.zeros(3))  np.exp(a,out=np.zeros(3))
    np.multiply(a,2,dtype=float)  a*1j  a*np.array([1j]*3)  np.exp(np.clip(a,0.5,1.5))
"""


@pytest.mark.parametrize("expression", NOT_FOR_OBJECTS.split())
def test_what_numpy_can_do_with_floats_alone_raises(expression: str) -> None:
    values = np.array([Value(x) for x in VECTORS + MATRIX])
    with pytest.raises(TypeError, match=r"not supported|[Cc]annot cast|unsupported operand|has no callable"):
        eval(expression, operands(values))


@pytest.mark.parametrize("name", ["arctan2", "hypot", "fmod"])
def test_a_method_is_looked_for_on_the_first_number_so_a_plain_one_there_raises(name: str) -> None:
    with pytest.raises(AttributeError, match=f"'float' object has no attribute '{name}'"):
        getattr(np, name)(1.0, np.array([Value(0.7)]))


def test_a_recorded_array_brings_no_warning_of_numbers_that_the_program_does_not_have() -> None:
    program = """
import numpy as np
from micrograd_like import jit
print(jit(lambda x: x * np.arange(3.0))(2.0).tolist())
"""
    command = [sys.executable, "-W", "error", "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[0.0, 2.0, 4.0]\n"


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "cumsum", "squeeze", "ravel", "abs", "square"])
@pytest.mark.parametrize(
    "transform", [grad, lambda f: jit(grad(f)), lambda f: lambda x: vmap(grad(f))(np.array([x]))[0]]
)
def test_numpy_s_functions_take_one_number(name: str, transform: Any) -> None:
    def f(x: Any) -> Any:
        answer = getattr(np, name)(x * 2.0)
        return answer[0] if np.ndim(answer) else answer

    expected = 8.0 * 1.5 if name == "square" else 2.0
    assert transform(f)(1.5) == pytest.approx(expected)
