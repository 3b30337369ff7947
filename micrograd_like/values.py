"""The values of operations that `math` does not have, or not in every Python that we run on."""

from __future__ import annotations

from math import fsum, isfinite, isnan

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Sequence


def polygamma(n: float, x: float) -> float:
    """The derivative number n + 1 of log(gamma(x)); n = 0 is the digamma function."""
    try:
        from numpy import errstate
        from scipy import special
    except ImportError:
        raise ImportError("the derivatives of gamma and lgamma need SciPy: pip install scipy") from None
    with errstate(all="ignore"):
        return float(special.digamma(x) if n == 0 else special.polygamma(int(n), x))


def fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once, as `math.fma` of Python 3.13.

    >>> fma(0.1, 10.0, -1.0)
    5.551115123125783e-17
    """
    rounded = x * y + z
    if all(map(isfinite, (x, y, z))):
        return exact_sum_of_products((x, z), (y, 1.0)) or rounded
    if isnan(rounded) and not any(map(isnan, (x, y, z))):
        raise ValueError("invalid operation in fma")
    return rounded


def sumprod(p: Sequence[float], q: Sequence[float]) -> float:
    """The sum of the products of p and q, rounded once, as `math.sumprod` of Python 3.12.

    >>> sumprod((1e16, 1.0, -1e16), (1.0, 1.0, 1.0))
    1.0
    """
    if len(p) != len(q):
        raise ValueError("Inputs are not the same length")
    if all(isinstance(x, int) for x in (*p, *q)):
        return sum(x * y for x, y in zip(p, q, strict=True))
    if all(map(isfinite, (*p, *q))):
        return exact_sum_of_products(p, q)
    return fsum(x * y for x, y in zip(p, q, strict=True))


def exact_sum_of_products(p: Sequence[float], q: Sequence[float]) -> float:
    from fractions import Fraction

    return float(sum(Fraction(x) * Fraction(y) for x, y in zip(p, q, strict=True)))
