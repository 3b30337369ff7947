"""How many digits are left: compared with mpmath, which computes the same formula with fifty."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from mpmath import mpf

from micrograd_like import Value, exp, maximum, sin, sqrt
from micrograd_like.diagnose.digits import digits


def root(b: Any, c: Any, sqrt: Callable[[Any], Any]) -> Any:
    """The root of x² - 2bx + c that is nearer to 0, by the formula that everybody knows."""
    return b - sqrt(b * b - c)


def stable_root(b: Any, c: Any, sqrt: Callable[[Any], Any]) -> Any:
    return c / (b + sqrt(b * b - c))


def variance(b: Any, c: Any, sqrt: Callable[[Any], Any]) -> Any:
    """Of four numbers around b, as the mean of squares minus the square of the mean."""
    numbers = [b, b + c, b - c, b + 2 * c]
    return sum(x * x for x in numbers) / 4 - (sum(numbers) / 4) ** 2


def true_digits(f: Callable[..., Any], b: float, c: float) -> float:
    """How many digits of f in floats are right."""
    with mpmath.workdps(60):
        exact = f(mpf(b), mpf(c), mpmath.sqrt)
        return float(-mpmath.log10(abs(f(b, c, math.sqrt) - exact) / abs(exact) + mpf(2) ** -53))


POINTS = [(base * (1 + k / 7.3), 0.7 + k / 11) for base in (3.0, 300.0, 3e4, 3e6) for k in range(25)]


@pytest.mark.parametrize("f", [root, stable_root, variance])
def test_no_digit_that_is_trusted_is_wrong(f: Callable[..., Any]) -> None:
    for b, c in POINTS:
        assert digits(f(Value(b), Value(c), sqrt)).digits <= true_digits(f, b, c) + 0.01


@pytest.mark.parametrize("f", [root, stable_root, variance])
@pytest.mark.parametrize("base", [3.0, 300.0, 3e4, 3e6])
def test_digits_agree_with_mpmath_to_within_one(f: Callable[..., Any], base: float) -> None:
    """The worst of 25 points of a size: at a single one, roundings may cancel by luck."""
    points = [(b, c) for b, c in POINTS if base <= b < 100 * base]
    told = min(digits(f(Value(b), Value(c), sqrt)).digits for b, c in points)
    assert abs(told - min(true_digits(f, b, c) for b, c in points)) < 1


def test_the_operation_that_loses_most_is_found() -> None:
    x = Value(1e-10)
    z = 1 + x
    y = z - 1
    assert digits(y).worst is z
    assert digits(y).worst_error == 2.0**-53 * z.data


def test_it_prints_what_can_be_trusted_and_who_is_to_blame() -> None:
    b, c = Value(1e5), Value(1.0)
    small = b - sqrt(b * b - c)
    assert repr(digits(small)).splitlines() == [
        "small = 4.99999e-06 ± 2.2e-11: 5.4 of 16 digits can be trusted",
        "  50 % of the error is that of sqrt((b × b) − c) = 100000, rounded by up to 1.1e-11; "
        "small moves by -1 times that",
        "  if the inputs have been rounded too: 5.4 digits",
    ]


def test_an_operation_that_passes_a_number_on_rounds_nothing() -> None:
    x = Value(0.1)
    y = maximum(-x, x) * 1 + 0
    assert (digits(y).error, digits(y).worst) == (0.0, None)
    assert digits(y).digits == pytest.approx(15.95, abs=0.01)
    assert "no operation has rounded anything" in repr(digits(y))


def test_inputs_count_as_exact_unless_one_asks() -> None:
    x = Value(1e8)
    y = sin(x)
    assert digits(y).digits > 15.9
    assert digits(y).with_inputs == pytest.approx(-math.log10(2.0**-53 * (1 + 1e8 / abs(math.tan(1e8)))), abs=1e-6)


@pytest.mark.parametrize("number", [0.0, math.inf, math.nan])
def test_odd_numbers_are_not_trusted_more_than_they_deserve(number: float) -> None:
    x = Value(number)
    y = (exp(-x) - 1) * x
    assert repr(digits(y))
    assert digits(y).digits == (0.0 if number else digits(x).digits)


def test_a_result_of_zero_that_was_rounded_has_no_digits() -> None:
    x = Value(1e-20)
    assert digits((1 + x * 3) - 1).digits == 0.0


def test_digits_are_those_of_a_value() -> None:
    with pytest.raises(TypeError, match=r"not of 2.0: make the inputs Values"):
        digits(2.0)  # type: ignore[arg-type]
