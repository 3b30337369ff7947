"""Slopes measured with finite differences: how steep a function is on both sides of a point, and how sure that is.

A central difference with step h is off by h²: (f(t + h) - f(t - h)) / 2h. Two steps tell how much, and a third can be
computed that is off by h⁴ (Richardson's extrapolation). As h shrinks, that error shrinks too, but the rounding of f
grows as 1/h. So all steps from a quarter to nothing are taken, and the one with the smallest bound is the answer.

Richardson and Gaunt, The deferred approach to the limit, Philosophical Transactions A 226 (1927), 299-361.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, takewhile
from math import ceil, isfinite, log, nan
from operator import attrgetter

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Sample = Callable[[float], Sequence[float]]

ROUNDING = 2.0**-52
RATIO = 4.0  # of a step to the next
EXTRAPOLATIONS = 2
CAUTION = 10.0  # a bound is this many times what seems to be the error
QUICK, THOROUGH, AT_ZERO = 12, 24, 50  # steps, each a quarter of the one before: down to 6e-8, 4e-15, 8e-31
CLOSE_ENOUGH = 1e-4  # a bound this small, relative to the slope, is good enough to tell a slope from a wrong one


@dataclass(frozen=True, slots=True)
class Slope:
    """A measured slope: `number`, give or take `bound`."""

    number: float
    bound: float

    @property
    def is_sure(self) -> bool:
        return self.bound <= CLOSE_ENOUGH * abs(self.number)

    def differs(self, other: float, other_bound: float = 0.0) -> bool:
        """Whether it cannot be the other number, even if that is rounded."""
        apart = abs(self.number - other)
        return apart > self.bound + other_bound and apart > 1e-6 * max(abs(self.number), abs(other))

    def __str__(self) -> str:
        return f"{self.number:.10g} ± {self.bound:.0e}"


@dataclass(frozen=True, slots=True)
class Slopes:
    """What was measured around a point; None where there is no slope, since the function has no numbers there."""

    left: Slope | None
    right: Slope | None
    central: Slope | None
    jumps: bool  # the value leaps
    is_steep: bool  # the slopes grow without bound, as those of a square root at 0
    is_blurred: bool  # the finest steps do not resolve the ups and downs, as those of a sine at 1e20
    tiny: float  # a slope that rounding alone could produce over the widest step

    @property
    def kinked(self) -> bool:
        left, right = self.left, self.right
        if not left or not right or not left.differs(right.number, right.bound):
            return False
        return all(s.bound <= CLOSE_ENOUGH * max(abs(left.number), abs(right.number)) for s in (left, right))

    def is_sure_beside(self, other: float) -> bool:
        """Whether the slope is measured well enough to confirm the other number, or that both are as good as 0."""
        best = self.best
        if best is None:
            return False
        if best.bound <= CLOSE_ENOUGH * max(abs(best.number), abs(other)):
            return True
        return abs(other) <= 10 * self.tiny and abs(best.number) <= best.bound <= 1e6 * self.tiny

    @property
    def best(self) -> Slope | None:
        return self.central or self.left or self.right


def measured_slope(f: Sample, scale: float = 1.0, noises: Sequence[float] = (0.0,), steps: int = 24) -> list[Slopes]:
    """The slope at 0 of each number that f answers.

    >>> (slope,) = measured_slope(lambda h: [(3 + h) ** 2])
    >>> print(f"{slope.central.number:.9f}", slope.central.bound < 1e-10)
    6.000000000 True
    >>> (kink,) = measured_slope(lambda h: [abs(h)])
    >>> kink.left.number, kink.right.number, kink.kinked
    (-1.0, 1.0, True)

    Steps are a quarter of `scale`, a sixteenth, and so on. `noises` are what is known of the rounding error of each
    number; what the steps show comes on top.
    """
    center = sampled(f, 0.0) or []
    widths = [scale * RATIO**-k for k in range(1, steps + 1)]
    below = [sampled(f, -h) or [nan] * len(center) for h in widths]
    above = [sampled(f, h) or [nan] * len(center) for h in widths]
    rows = zip(center, zip(*below, strict=True), zip(*above, strict=True), noises, strict=True)
    return [slopes_of_samples(widths, y, left, right, noise) for y, left, right, noise in rows]


def sampled(f: Sample, step: float) -> list[float] | None:
    """The numbers that f answers there; None outside its domain."""
    try:
        return [float(y) for y in f(step)]
    except (ArithmeticError, ValueError):
        return None


def slopes_of_samples(
    widths: Sequence[float], center: float, below: Sequence[float], above: Sequence[float], noise: float
) -> Slopes:
    """What the values on both sides tell about the slope between them."""
    noise += ROUNDING * abs(center)
    lefts = [(center - y) / h for y, h in zip(below, widths, strict=True)]
    rights = [(y - center) / h for y, h in zip(above, widths, strict=True)]
    means = [left / 2 + right / 2 for left, right in zip(lefts, rights, strict=True)]
    growths = [growth(widths, side, noise) for side in (lefts, rights)]
    blur = max(wobble(widths, lefts), wobble(widths, rights))
    noise = max(noise, blur)
    values = [y for y in (center, *below, *above) if isfinite(y)]
    return Slopes(
        left=extrapolated(widths, lefts, noise, power=1),
        right=extrapolated(widths, rights, noise, power=1),
        central=extrapolated(widths, means, noise, power=2),
        jumps=max(growths) > 0.95 * RATIO,
        is_steep=max(growths) > 1.02,
        is_blurred=bool(values) and blur > 1e-5 * (max(values) - min(values)),
        tiny=max([noise, *(ROUNDING * abs(y) for y in values)]) / widths[0],
    )


def growth(widths: Sequence[float], quotients: Sequence[float], noise: float) -> float:
    """The factor by which each finer step makes the slope larger in the end; 1 if it settles or is irregular."""
    pairs = zip(widths, quotients, strict=True)
    clear = [abs(q) for h, q in pairs if isfinite(q) and abs(q) * h > 1000 * noise][-6:]
    ratios = [fine / coarse for coarse, fine in pairwise(clear)]
    return min(ratios) if len(ratios) == 5 and max(ratios) < 1.2 * min(ratios) else 1.0


def wobble(widths: Sequence[float], quotients: Sequence[float]) -> float:
    """How far the value is off a straight line over the finest steps, where nothing but rounding shows."""
    finest = [*zip(widths, quotients, strict=True)][-4:]
    return max(
        (abs(fine - coarse) * h for (_, coarse), (h, fine) in pairwise(finest) if isfinite(fine - coarse)), default=0.0
    )


def extrapolated(widths: Sequence[float], quotients: Sequence[float], noise: float, power: int) -> Slope | None:
    """The limit of the quotients as the steps shrink; None if there are not enough of them.

    Their error is a series in h to the power of 1, 2, 3, … or of 2, 4, 6, …: each extrapolation takes one term away.
    """
    count = len([*takewhile(isfinite, reversed(quotients))])
    steps, column = widths[-count:], list(quotients[-count:])
    found: list[Slope] = []
    for order in range(min(EXTRAPOLATIONS + 1, count - 1)):
        found += bounded_slopes(steps[order:], column, noise)
        factor = RATIO ** (power * (order + 1))
        column = [fine + (fine - coarse) / (factor - 1) for coarse, fine in pairwise(column)]
    return min(found, key=attrgetter("bound"), default=None)


def bounded_slopes(steps: Sequence[float], column: Sequence[float], noise: float) -> list[Slope]:
    """The entries of a column as slopes, bounded by what the coarser ones, the finer ones and rounding tell.

    Changes that shrink by a factor r from step to step add up to 1 / (1 - r) times the first.
    """
    found = []
    unsettled = 0.0  # the largest change at finer steps that is more than rounding
    changes = [0.0, *(abs(fine - coarse) for coarse, fine in pairwise(column))]
    for k in reversed(range(1, len(column))):
        rounding = noise / steps[k]
        shrinking = 1 - changes[k] / changes[k - 1] if changes[k - 1] else 1.0
        change = changes[k] / max(shrinking, 0.01)
        if changes[k] > CAUTION * rounding:
            unsettled = max(unsettled, change)
        found.append(Slope(column[k], CAUTION * (max(change, unsettled) + rounding)))
    return found


def widest_and_count(size: float) -> tuple[float, int]:
    """The widest step, and how many there are, for a thorough measurement at an input of that size."""
    if size == 0:
        return 1.0, AT_ZERO
    widest = max(size, 1.0) if size > 1e-15 else size
    return widest, THOROUGH + ceil(log(widest / size, RATIO))
