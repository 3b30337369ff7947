"""Facts about the values that not every `math` has: rounded once, and where `math` has them, as `math` has them."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from depth import cases
from hypothesis import example, given, settings
from hypothesis import strategies as st

from micrograd_like.special import fma, polygamma, sumprod

FINITE = st.floats(allow_nan=False, allow_infinity=False)
EDGES = st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1.0, -1.0, 1e-200, -1e-200, math.inf, -math.inf, math.nan])
ANY = st.floats() | EDGES | st.sampled_from([1e308, -1e308])
MODERATE = st.floats(-1e50, 1e50) | st.floats(-1e3, 1e3)
PAIRS = st.lists(st.tuples(FINITE, FINITE), max_size=6)

before_312 = sys.version_info < (3, 12)
before_313 = sys.version_info < (3, 13)
thorough = settings(max_examples=cases(150))


def outcome(function: Any, *inputs: Any) -> str:
    """The answer to the last bit, nan and the sign of zero too; or the type of the exception."""
    try:
        return repr(function(*inputs))
    except (ArithmeticError, ValueError, TypeError) as error:
        return type(error).__name__


def rounded(exact: Fraction) -> float:
    """The float next to it, inf beyond the largest."""
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def sum_of_products(p: list[float], q: list[float]) -> Fraction:
    return sum((Fraction(x) * Fraction(y) for x, y in zip(p, q, strict=True)), Fraction(0))


@thorough
@given(FINITE, FINITE, FINITE)
@example(x=1.5 * 2.0**-537, y=2.0**-537, z=-(2.0**-1074))  # x * y + z rounds twice, to the smallest float instead of 0
def test_fma_is_rounded_once(x: float, y: float, z: float) -> None:
    once = rounded(Fraction(x) * Fraction(y) + Fraction(z))
    if math.isinf(once):
        with pytest.raises(OverflowError):
            fma(x, y, z)
    else:
        assert fma(x, y, z) == once


@pytest.mark.parametrize(
    ("x", "y", "z", "out"),
    [
        (0.1, 10.0, -1.0, 5.551115123125783e-17),
        (1e308, 10.0, -math.inf, -math.inf),
        (-1e308, 10.0, math.inf, math.inf),
        (1e308, 2.0, -1e308, 1e308),
        (math.inf, 2.0, 3.0, math.inf),
        (math.inf, -2.0, 3.0, -math.inf),
        (0.0, 5.0, -0.0, 0.0),
        (-0.0, 5.0, -0.0, -0.0),
        (-1e-200, 1e-200, 0.0, -0.0),
        (math.nan, 1.0, 1.0, math.nan),
        (math.inf, 0.0, math.nan, math.nan),
    ],
)
def test_fma_follows_ieee_at_the_edges(x: float, y: float, z: float, out: float) -> None:
    assert repr(fma(x, y, z)) == repr(out)


@pytest.mark.parametrize(("x", "y", "z"), [(math.inf, 0.0, 1.0), (0.0, -math.inf, 1.0), (math.inf, 1.0, -math.inf)])
def test_fma_of_numbers_that_give_no_number_is_a_value_error(x: float, y: float, z: float) -> None:
    with pytest.raises(ValueError, match="invalid operation in fma"):
        fma(x, y, z)


def test_fma_that_overflows_says_so_as_math_does() -> None:
    with pytest.raises(OverflowError, match="overflow in fma"):
        fma(1e308, 10.0, 0.0)


@pytest.mark.skipif(before_313, reason="math.fma is new in Python 3.13")
@thorough
@given(ANY, ANY, ANY)
def test_fma_is_that_of_math_to_the_last_bit(x: float, y: float, z: float) -> None:
    assert outcome(fma, x, y, z) == outcome(math.fma, x, y, z)  # type: ignore[attr-defined,unused-ignore]


@thorough
@given(PAIRS)
def test_sumprod_is_rounded_once(pairs: list[tuple[float, float]]) -> None:
    p, q = [x for x, _ in pairs], [y for _, y in pairs]
    assert sumprod(p, q) == rounded(sum_of_products(p, q))


def test_sumprod_keeps_what_sums_and_products_one_after_the_other_lose() -> None:
    assert 1e16 * 1.0 + 1.0 * 1.0 + -1e16 * 1.0 == 0.0
    assert sumprod([1e16, 1.0, -1e16], [1.0, 1.0, 1.0]) == 1.0


def test_sumprod_of_nothing_is_the_int_0() -> None:
    assert repr(sumprod([], [])) == "0"


def test_sumprod_of_ints_is_an_exact_int() -> None:
    assert repr(sumprod([10**40, True], [10**40, 1])) == repr(10**80 + 1)


def test_sumprod_of_ints_and_floats_is_a_float() -> None:
    assert repr(sumprod([2, 3], [10.0, 100])) == "320.0"


def test_sumprod_of_fractions_is_a_fraction() -> None:
    assert sumprod([Fraction(1, 2), 1], [Fraction(1, 3), 1]) == Fraction(7, 6)


@pytest.mark.parametrize(
    ("p", "q", "out"),
    [
        ([math.inf, 1.0], [2.0, 3.0], math.inf),
        ([math.inf, 1.0], [-2.0, 3.0], -math.inf),
        ([math.inf, -math.inf], [1.0, 1.0], math.nan),
        ([math.inf], [0.0], math.nan),
        ([math.nan, 1.0], [1.0, 1.0], math.nan),
        ([1e308], [10.0], math.inf),
        ([-1e308], [10.0], -math.inf),
        ([-0.0], [1.0], 0.0),
    ],
)
def test_sumprod_never_raises_for_floats(p: list[float], q: list[float], out: float) -> None:
    assert repr(sumprod(p, q)) == repr(out)


def test_sumprod_of_different_lengths_is_a_value_error_with_the_words_of_math() -> None:
    with pytest.raises(ValueError, match=r"^Inputs are not the same length$"):
        sumprod([1.0], [1.0, 2.0])


@pytest.mark.skipif(before_312, reason="math.sumprod is new in Python 3.12")
@thorough
@given(st.lists(st.tuples(MODERATE | st.integers(), MODERATE | st.integers()), max_size=6))
def test_sumprod_is_that_of_math(pairs: list[tuple[float, float]]) -> None:
    p, q = [x for x, _ in pairs], [y for _, y in pairs]
    ours, its = sumprod(p, q), math.sumprod(p, q)  # type: ignore[attr-defined,unused-ignore]
    assert type(ours) is type(its)
    size = sum(abs(x * y) for x, y in pairs)
    assert ours == pytest.approx(its, rel=1e-15, abs=1e-30 * size)  # `math` keeps three times the digits, not all


@pytest.mark.skipif(before_312, reason="math.sumprod is new in Python 3.12")
@thorough
@given(st.lists(st.tuples(EDGES, EDGES), max_size=4))
def test_sumprod_is_that_of_math_at_the_edges(pairs: list[tuple[float, float]]) -> None:
    p, q = [x for x, _ in pairs], [y for _, y in pairs]
    its = math.sumprod(p, q)  # type: ignore[attr-defined,unused-ignore]
    assert repr(sumprod(p, q) + 0.0) == repr(its + 0.0)  # a product that underflows leaves a zero of either sign


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("x", [0.01, 0.7, 1.0, 4.5, 1e6, -0.5, -3.7])
def test_polygamma_is_that_of_mpmath(n: int, x: float) -> None:
    if n % 2 == 0 or x > 0:  # for odd n, SciPy knows no negative x
        assert polygamma(float(n), x) == pytest.approx(float(mpmath.polygamma(n, x)), rel=1e-12)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("x", [-99.3, -150.3, -12345.7])
def test_polygamma_far_below_0_is_that_of_mpmath(n: int, x: float) -> None:
    with mpmath.workdps(30):
        assert polygamma(float(n), x) == pytest.approx(float(mpmath.polygamma(n, x)), rel=1e-12)


@pytest.mark.parametrize("x", [-9533729383504.16, -4e15 - 0.5])
def test_polygamma_takes_no_longer_the_further_it_is_below_0(x: float) -> None:
    """Where to count up to 0 would never end. What the terms 1/(x - k)**2 of k > x leave of it is below its digits."""
    with mpmath.workdps(40):
        assert polygamma(1.0, x) == pytest.approx(
            float(mpmath.csc(mpmath.pi * mpmath.mpf(x)) ** 2 * mpmath.pi**2), rel=1e-12
        )
    assert polygamma(1.0, -1e300) == math.inf  # all floats beyond 2**53 are whole numbers, where its poles are


def test_polygamma_without_scipy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match="pip install scipy"):
        polygamma(0.0, 1.0)
