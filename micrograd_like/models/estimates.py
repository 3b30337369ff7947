"""What is known of an answer: by the straight line, by second order, by draws; and intervals that cover it."""

from __future__ import annotations

from math import inf, isfinite, nan, sqrt
from statistics import NormalDist

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

UNSURE = 0.1  # of u: if its error is larger, neither mean nor standard deviation say much


class Estimate:
    """A value, its standard uncertainty and the degrees of freedom of that."""

    def __init__(self, value: float, u: float, dof: float, coverage: float) -> None:
        self.value = value
        self.u = u
        self.dof = dof
        self.coverage = coverage

    def interval(self, coverage: float | None = None) -> tuple[float, float]:
        """The interval that covers the answer with this probability: `coverage` of the report, if none is given."""
        k = coverage_factor(self.coverage if coverage is None else checked_coverage(coverage), self.dof)
        return self.value - k * self.u, self.value + k * self.u

    def __repr__(self) -> str:
        return f"{type(self).__name__}(value={self.value!r}, u={self.u!r})"


class Drawn(Estimate):
    """What draws say of an answer: mean and standard deviation of those with a finite answer.

    `count` draws were made, of which `failed` have no finite answer; `numbers` are all answers. `error` is the standard
    error of u, `error_of_value` that of the mean. Where u is unsure, `median` and `interval()` are to be taken instead.
    """

    def __init__(self, numbers: Any, coverage: float) -> None:
        import numpy as np

        self.numbers = numbers
        self.count = len(numbers)
        fine = numbers[np.isfinite(numbers)]
        self.failed = self.count - len(fine)
        self._sorted = np.sort(numbers[~np.isnan(numbers)])
        value = u = self.error = nan
        if len(fine) > 1:
            largest = float(np.abs(fine).max()) or 1.0
            scaled = fine / largest  # so that squares do not overflow
            mean = scaled.mean()
            away = scaled - mean
            mean, away = mean + away.mean(), away - away.mean()
            spread = float(sqrt((away @ away) / (len(fine) - 1)))
            fourth = float(((away / spread) ** 4).mean()) if spread else 1.0
            value, u = float(mean) * largest, spread * largest
            self.error = u * sqrt(max(fourth - 1, 0) / (4 * len(fine)))
        self.error_of_value = u / sqrt(len(fine)) if len(fine) else nan
        super().__init__(value, u, inf, coverage)

    @property
    def median(self) -> float:
        return self.quantile(0.5)

    @property
    def is_sure(self) -> bool:
        """Whether enough is known of u to name it."""
        return self.error <= UNSURE * self.u

    def quantile(self, p: float) -> float:
        """The number below which this part of the answers lies."""
        n = len(self._sorted)
        return float(self._sorted[min(n - 1, max(0, int(p * n)))]) if n else nan

    def interval(self, coverage: float | None = None) -> tuple[float, float]:
        """The interval with equally many answers below as above it (JCGM 101, 7.7)."""
        p = self.coverage if coverage is None else checked_coverage(coverage)
        return self.quantile((1 - p) / 2), self.quantile((1 + p) / 2)

    def error_of_quantile(self, p: float) -> float:
        """The standard error of a quantile, from its neighbours."""
        step = sqrt(p * (1 - p) / max(1, len(self._sorted)))
        return abs(self.quantile(p + step) - self.quantile(p - step)) / 2


def coverage_factor(coverage: float, dof: float) -> float:
    """By how many standard uncertainties an interval reaches to both sides (JCGM 100, G.3).

    >>> round(coverage_factor(0.95, inf), 4)
    1.96
    """
    if dof != dof or dof == inf:
        return NormalDist().inv_cdf((1 + coverage) / 2)
    try:
        from scipy.special import stdtrit
    except ImportError:
        raise ImportError(
            "an interval with degrees of freedom needs SciPy: pip install 'micrograd_like[fit]'"
        ) from None
    return float(stdtrit(dof, (1 + coverage) / 2))


def checked_coverage(coverage: Any) -> float:
    """The probability, if it is one."""
    if isinstance(coverage, bool) or not isinstance(coverage, int | float) or not 0 < coverage < 1:
        raise ValueError(f"coverage is a probability between 0 and 1, as 0.95, not {coverage!r:.40}")
    return float(coverage)


class Validation:
    """Whether draws confirm the straight line in so many digits of u (JCGM 101, 8.1); it is true if they do.

    `low` and `high` say how far the ends of both intervals are apart, `tolerance` how far they may be.
    """

    def __init__(self, line: Estimate, draws: Drawn, digits: int) -> None:
        place = int(f"{draws.u:.{digits - 1}e}".partition("e")[2]) if draws.u and isfinite(draws.u) else 0
        self.tolerance = 0.5 * 10.0 ** (place - digits + 1)
        (a, b), (c, d) = line.interval(), draws.interval()
        self.low, self.high = abs(a - c), abs(b - d)

    def __bool__(self) -> bool:
        return max(self.low, self.high) <= self.tolerance

    def __repr__(self) -> str:
        word = "validated" if self else "not validated"
        return f"<{word}: the ends differ by {self.low:.3g} and {self.high:.3g}, and may by {self.tolerance:.3g}>"
