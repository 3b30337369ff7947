"""Facts about measured slopes, on functions whose slopes are known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like.check.slopes import Slope, Slopes, measured_slope


def around(f: Callable[[float], float], x: float, steps: int = 24) -> Slopes:
    (slopes,) = measured_slope(lambda h: [f(x + h)], abs(x) or 1.0, steps=steps)
    return slopes


@pytest.mark.parametrize(
    ("f", "x", "true"),
    [
        (math.exp, 1.0, math.e),
        (math.sin, 1e-9, 1.0),
        (math.log, 1e-200, 1e200),
        (math.asin, 0.999, 1 / math.sqrt(1 - 0.999**2)),
        (lambda x: math.sin(1e6 * x), 1.0, 1e6 * math.cos(1e6)),
        (lambda x: 3.0, 2.0, 0.0),
    ],
)
def test_the_true_slope_lies_within_the_bound(f: Callable[[float], float], x: float, true: float) -> None:
    slope = around(f, x).central
    assert slope
    assert abs(slope.number - true) <= slope.bound <= 1e-6 * max(abs(true), 1)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=8), st.floats(0.1, 3))
def test_the_slope_of_a_polynomial_lies_within_the_bound(coefficients: list[float], x: float) -> None:
    slope = around(lambda t: math.fsum(c * t**n for n, c in enumerate(coefficients)), x).central
    assert slope
    true = math.fsum(n * c * x ** (n - 1) for n, c in enumerate(coefficients))
    size = math.fsum(abs(c) * x**n for n, c in enumerate(coefficients)) / x
    assert abs(slope.number - true) <= slope.bound + 1e-14 * size
    assert slope.bound <= 1e-7 * size + 1e-12


def test_a_kink_has_two_slopes() -> None:
    kink = around(abs, 0.0)
    assert kink.left
    assert kink.right
    assert (kink.left.number, kink.right.number, kink.kinked) == (-1.0, 1.0, True)


def test_a_bend_that_is_sharp_is_not_a_kink() -> None:
    assert not around(lambda x: math.sqrt(x * x + 1e-20), 0.0, steps=50).kinked


@pytest.mark.parametrize("f", [math.sqrt, math.cbrt, lambda x: abs(x) ** 0.9])
def test_a_slope_without_bound_is_steep_and_not_a_jump(f: Callable[[float], float]) -> None:
    assert (around(f, 0.0).is_steep, around(f, 0.0).jumps) == (True, False)


@pytest.mark.parametrize("x", [1.0, 1e9, -2.0])
def test_a_floor_jumps_at_whole_numbers_only(x: float) -> None:
    assert around(math.floor, x).jumps
    assert not around(math.floor, x + 0.5).jumps


def test_where_one_side_has_no_numbers_there_is_one_slope() -> None:
    slopes = around(math.sqrt, 0.0)
    assert slopes.left is slopes.central is None
    assert slopes.right is slopes.best


def test_a_sine_far_out_is_blurred() -> None:
    assert around(math.sin, 1e22).is_blurred
    assert not around(math.sin, 1.0).is_blurred


def test_known_noise_widens_the_bound() -> None:
    (quiet,), (noisy,) = (measured_slope(lambda h: [1 + h], 1.0, [noise]) for noise in (0.0, 1e-6))
    assert quiet.central
    assert noisy.central
    assert quiet.central.bound < 1e-12 < 1e-5 < noisy.central.bound


def test_a_slope_is_printed_with_its_bound() -> None:
    assert str(Slope(12.0, 2e-9)) == "12 ± 2e-09"
