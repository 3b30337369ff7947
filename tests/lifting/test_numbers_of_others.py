"""Numbers of other people's classes beside Values: an answer as to plain floats, or a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from micrograd_like import Value, grad, jit, value_and_grad

np = pytest.importorskip("numpy")


class InUnits(np.ndarray):  # type: ignore[misc,name-defined]
    """An array with a unit, as those of the packages `quantities` and `unyt` are."""

    def __new__(cls, x: Any, unit: float) -> Any:
        self = np.asarray(x).view(cls)
        self.unit = unit
        return self

    def __array_finalize__(self, other: Any) -> None:
        self.unit = getattr(other, "unit", 1.0)

    def __add__(self, other: Any) -> Any:
        return np.asarray(self) * self.unit + np.asarray(other) * other.unit

    def __mul__(self, x: Any) -> Any:
        return InUnits(np.asarray(self) * x, self.unit)

    __rmul__ = __mul__


class Double(float):
    """A number whose products are twice those of floats."""

    def __mul__(self, x: Any) -> Any:
        return float(self) * x * 2

    __rmul__ = __mul__


@pytest.mark.parametrize("unit", [InUnits(2.0, 1000.0), InUnits([2.0, 3.0], 1000.0)], ids=["one", "several"])
def test_a_number_times_an_array_with_a_unit_keeps_it(unit: Any) -> None:
    def f(x: Any) -> Any:
        return (x * unit + unit * x + x * InUnits(1.0, 1.0)).sum().item()

    slope = 4000.0 * np.sum(np.asarray(unit)) / 2.0 + np.size(unit)
    assert value_and_grad(f)(3.0) == (f(3.0), pytest.approx(slope))
    assert [jit(grad(f))(x) for x in (3.0, 4.0)] == [pytest.approx(slope)] * 2


def test_a_class_below_float_computes_its_own_products() -> None:
    def f(x: Any) -> Any:
        return x * Double(3.0) + Double(3.0) * x

    assert value_and_grad(f)(2.0) == (f(2.0), 12.0)
    assert [jit(grad(f))(x) for x in (2.0, 3.0)] == [12.0, 12.0]
    assert Value(2.0) * Double(3.0) == 12.0
    assert grad(lambda x: x * np.float64(3.0) + x * np.array(3.0) + x * True)(2.0) == 7.0


def masked() -> Any:
    return np.ma.masked_array([1.0, 2.0, 3.0], mask=[0, 1, 0])


def put_in(x: Any) -> Any:
    m = masked()
    m[0] = x
    return m


OF_MASKED = {
    "x * m": lambda x: x * masked(),
    "m * x": lambda x: masked() * x,
    "m - x": lambda x: masked() - x,
    "m ** x": lambda x: masked() ** x,
    "m / x": lambda x: masked() / x,
    "m with x, times x": lambda x: np.ma.masked_array([1.0, x, 3.0], mask=[1, 0, 0]) * x,
    "exp": lambda x: np.ma.exp(x) * np.ones(1),
    "where": lambda x: np.ma.where(masked() > 1, x, masked()),
    "m[0] = x": put_in,
}


@pytest.mark.parametrize("name", [*OF_MASKED])
def test_masked_arrays_which_drop_derivatives_are_refused(name: str) -> None:
    f = OF_MASKED[name]
    for derivative in (grad, lambda f: jit(grad(f))):
        with pytest.raises(TypeError, match=r"numpy\.ma computes with plain numbers alone"):
            derivative(lambda x: f(x).sum())(2.0)
    with pytest.raises(TypeError, match=r"as in m\.compressed\(\) \* x"):
        f(Value(2.0))


def test_the_numbers_of_a_masked_array_that_stand_are_followed() -> None:
    assert grad(lambda x: (masked().compressed() * x).sum())(2.0) == 4.0
    assert grad(lambda x: (np.ma.masked_array([1.0, x, 3.0], mask=[1, 0, 0]) * 2.0).sum())(2.0) == 2.0
