"""The values of operations that `math` does not have, or not in every Python that we run on."""

from __future__ import annotations

from math import floor, inf, isfinite, isnan, pi, tan
from operator import mul

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from typing import Any

FAR_BELOW_0 = 100


def polygamma(n: float, x: float) -> float:
    """The derivative number n + 1 of log(gamma(x)); n = 0 is the digamma function.

    SciPy counts up from x to 0, one by one. Far below 0 that has no end; there the value at 1 - x tells, DLMF 5.15.6.
    """
    try:
        from numpy import errstate
        from scipy import special
    except ImportError:
        raise ImportError("the derivatives of gamma and lgamma need SciPy: pip install scipy") from None
    with errstate(all="ignore"):
        if n == 0:
            return float(special.digamma(x))
        if not FAR_BELOW_0 < -x < inf or x == floor(x):
            return float(special.polygamma(int(n), x))
        mirrored = float(special.polygamma(int(n), 1 - x))
        return (mirrored if n % 2 == 0 else -mirrored) - slope_of_cot(int(n), x)


def slope_of_cot(n: int, x: float) -> float:
    """The derivative number n of π cot(πx): a polynomial in c = cot(πx), for the slope of c is -π (1 + c²)."""
    powers = [0, 1]
    for _ in range(n):
        slopes = [k * a for k, a in enumerate(powers)][1:]
        powers = [-a - b for a, b in zip([*slopes, 0, 0], [0, 0, *slopes], strict=True)]
    c = 1 / tan(pi * (x - round(x)))
    return float(pi ** (n + 1) * sum(a * c**k for k, a in enumerate(powers)))


def fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once, as `math.fma` of Python 3.13.

    >>> fma(0.1, 10.0, -1.0)
    5.551115123125783e-17
    """
    if isfinite(x) and isfinite(y):
        return exact_fma(x, y, z) if isfinite(z) else z
    out = x * y + z
    if isnan(out) and not any(map(isnan, (x, y, z))):
        raise ValueError("invalid operation in fma")
    return out


def exact_fma(x: float, y: float, z: float) -> float:
    exact = sum_of_products((x, z), (y, 1.0))
    if exact == 0:
        return 0.0 if x and y else x * y + z  # which of the two zeros
    try:
        return float(exact)
    except OverflowError:
        raise OverflowError("overflow in fma") from None


def sumprod(p: Sequence[Any], q: Sequence[Any]) -> Any:
    """The sum of the products of p and q, of floats rounded once, as `math.sumprod` of Python 3.12.

    >>> sumprod((1e16, 1.0, -1e16), (1.0, 1.0, 1.0))
    1.0
    """
    if len(p) != len(q):
        raise ValueError("Inputs are not the same length")
    numbers = (*p, *q)
    if not all(isinstance(x, int | float) for x in numbers) or not any(isinstance(x, float) for x in numbers):
        return sum(map(mul, p, q))
    if not all(map(isfinite, numbers)):
        return sum(map(mul, map(float, p), map(float, q)))
    exact = sum_of_products(p, q)
    try:
        return float(exact)
    except OverflowError:
        return inf if exact > 0 else -inf


def sum_of_products(p: Sequence[float], q: Sequence[float]) -> Fraction:
    from fractions import Fraction

    return sum((Fraction(x) * Fraction(y) for x, y in zip(p, q, strict=True)), Fraction(0))
