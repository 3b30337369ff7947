"""The straight line between two points of a model: the integral of its gradient, and the jumps on the way."""

from __future__ import annotations

from contextlib import contextmanager
from math import fsum, isfinite
from time import thread_time

from .derivatives import ModelRun
from .draws import numbers_answered
from .ways import parting, question, way_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .change import Change
    from .ways import Way

GRID = 32  # parts of the line, whose ends are looked at for other ways
CLOSEST = 2.0**-50  # of the line, to which a jump is narrowed down
MOST_PARTINGS = GRID // 2  # between its parts: with more, a loop ends elsewhere all along the line
SECONDS_FOR_PARTINGS, SECONDS_FOR_INTEGRAL = 2.0, 3.0  # of the processor's, so that others change nothing
MOST_FRONTS = 12  # that the integral may miss, one after the other
POINTS = 21  # of a piece, at which it is integrated
FEWEST_PIECES, MOST_PIECES = 16, 300  # with fewer it is left to the rule of Gauss


class Jump:
    """A place on the line at which the answer jumps: by how much, at which part of the way, at which question."""

    __slots__ = ("at", "place", "size")

    def __init__(self, size: float, at: float, place: str) -> None:
        self.size = size
        self.at = at
        self.place = place

    def __repr__(self) -> str:
        return f"<jump of {self.size:g} at {self.at:.0%} of the way, {self.place}>"


class Line:
    """The line on which the floats of a change move, with some other inputs switched."""

    def __init__(self, change: Change, switched: frozenset[str]) -> None:
        self.change, self.switched = change, switched
        self.start, self.end = change.ends(0), change.ends(1)
        self.f, self.name, self.names = change.model.f, change.model.called, change.floats
        self.called = self.name
        self.numbers = self.start

    def call(self, numbers: list[Any]) -> Any:
        return self.change.call(self.switched, numbers)

    def at(self, t: float) -> list[float]:
        if t in (0.0, 1.0):
            return self.end if t else self.start
        return [x + t * (y - x) for x, y in zip(self.start, self.end, strict=True)]

    def value(self, t: float) -> float:
        """The answer at a part of the way."""
        with on_the_way(t):
            return number_of(self.call(self.at(t)), self.name)

    def slopes(self, t: float) -> list[float]:
        """The derivatives by the floats there, times the whole of their moves."""
        with on_the_way(t):
            found = ModelRun(self, self.at(t)).slopes(0)  # type: ignore[arg-type]
        return [slope * (y - x) for slope, x, y in zip(found, self.start, self.end, strict=True)]

    def way(self, t: float) -> Way:
        return way_of(lambda: self.call(self.at(t)))[1]

    def partings(self) -> list[tuple[float, float, str]]:
        """Where the model begins to take another way: just before, just after, and the question.

        None are told if it takes others all the time, or if to find them would take long.
        """
        start = thread_time()
        found: list[tuple[float, float, str]] = []
        ends = [k / GRID for k in range(GRID + 1)]
        ways = [self.way(t) for t in ends]
        open_parts = [part for part in zip(ends, ends[1:], ways, ways[1:], strict=False) if part[2] != part[3]]
        if len(open_parts) > MOST_PARTINGS:
            return []
        while open_parts:
            low, high, one, other = open_parts.pop()
            if one == other:
                continue
            middle = (low + high) / 2
            if high - low <= CLOSEST * max(low, 1e-3) or not low < middle < high:
                place = parting(one, other)
                found.append((low, high, question(place) if place else ""))
                continue
            if thread_time() - start > SECONDS_FOR_PARTINGS:
                return []
            way = self.way(middle)
            open_parts += [(low, middle, one, way), (middle, high, way, other)]
        return sorted(found)

    def jumps(self, partings: list[tuple[float, float, str]], scale: float) -> list[Jump]:
        """The jumps of the answer, where it takes another way."""
        found = []
        for low, high, place in partings:
            below, above = self.value(low), self.value(high)
            steep = 4 * (high - low) * sum(map(abs, self.slopes(low)))
            if abs(above - below) > steep + 1e-12 * scale:
                found.append(Jump(above - below, high, place))
        return found

    def integral(self, tolerance: float) -> tuple[list[float], float, list[Jump]]:
        """The parts of the floats in the change, the error of their sum, and the jumps."""
        quad_vec = scipys_quad_vec()
        import numpy as np

        scale = max(abs(self.value(k / 4)) for k in range(5))
        partings = self.partings()
        jumps = self.jumps(partings, scale)
        most = min(MOST_PIECES, int(SECONDS_FOR_INTEGRAL / self.seconds() / POINTS))
        if most < FEWEST_PIECES:
            parts = self.gauss()
            return parts, abs(self.value(1.0) - self.value(0.0) - fsum(parts)), jumps
        points = [high for _, high, _ in partings] if len(partings) < most // 2 else [jump.at for jump in jumps]
        for _ in range(MOST_FRONTS):
            whole, error = quad_vec(
                lambda t: np.array(self.slopes(t)),
                0.0,
                1.0,
                epsabs=tolerance * max(scale, 1e-300),
                epsrel=tolerance,
                norm="max",
                limit=most,
                points=sorted({t for t in points if 0.0 < t < 1.0}) or None,
            )
            missed = self.value(1.0) - self.value(0.0) - float(whole.sum()) - sum(jump.size for jump in jumps)
            if abs(missed) <= 10 * error + 1e-6 * scale:
                break
            low, high = self.front(missed, jumps)
            points += [low, (low + high) / 2, high]
            points += [t for k in range(6) for t in (low - 8**k * (high - low), high + 8**k * (high - low))]
            if high - low <= 2 * CLOSEST * max(low, 1e-3):
                jumps.append(Jump(self.value(high) - self.value(low), high, ""))
        return whole.tolist(), float(error), jumps

    def front(self, missed: float, jumps: list[Jump]) -> tuple[float, float]:
        """Where the answer moves by what the integral has missed: at a jump, or where it is very steep.

        The half in which the answer moves more than its slopes say is halved again, until these see the move.
        """
        low, high = 0.0, 1.0
        while high - low > CLOSEST * max(low, 1e-3):
            middle = (low + high) / 2
            one, other = self.unseen(low, middle, jumps), self.unseen(middle, high, jumps)
            if max(abs(one), abs(other)) < abs(missed) / 4 or not low < middle < high:
                break
            low, high = (low, middle) if abs(one) >= abs(other) else (middle, high)
        return low, high

    def unseen(self, low: float, high: float, jumps: list[Jump]) -> float:
        """The move of the answer between two points, less known jumps and what slopes say by the rule of Simpson."""
        known = fsum(jump.size for jump in jumps if low < jump.at <= high)
        ends = fsum(self.slopes(low)) + fsum(self.slopes(high)) + 4 * fsum(self.slopes((low + high) / 2))
        return self.value(high) - self.value(low) - known - ends * (high - low) / 6

    def seconds(self) -> float:
        """How long one gradient takes, of the processor's time."""
        found = []
        for t in (0.4, 0.5, 0.6):
            start = thread_time()
            self.slopes(t)
            found.append(thread_time() - start)
        return max(min(found), 1e-6)

    def gauss(self) -> list[float]:
        """The same by the rule of Gauss and Legendre, for a model that takes long."""
        from numpy.polynomial.legendre import leggauss

        found = [0.0] * len(self.start)
        for at, weight in zip(*leggauss(POINTS), strict=True):
            slopes = self.slopes(float(at + 1) / 2)
            found = [x + float(weight) / 2 * slope for x, slope in zip(found, slopes, strict=True)]
        return found


@contextmanager
def on_the_way(t: float) -> Iterator[None]:
    """While it is entered, errors tell at which part of the way the model has no answer."""
    try:
        yield
    except (ArithmeticError, ValueError) as error:
        error.add_note(f"at {100 * t:.1f} % of the way from before to after")
        raise


def scipys_quad_vec() -> Callable[..., Any]:
    try:
        from scipy.integrate import quad_vec
    except ImportError:
        raise ImportError("explain needs SciPy: pip install 'micrograd_like[fit]'") from None
    return quad_vec  # type: ignore[no-any-return]


def number_of(answer: Any, name: str) -> float:
    """The model's answer, which must be one finite number."""
    found = numbers_answered(answer) if answer is not None else []
    if len(found) != 1 or isinstance(answer, dict | list | tuple):
        raise TypeError(
            f"explain splits one number, and {name} answered {answer!r:.60}: take one of them, as in "
            f"explain(lambda **x: f(**x)['peak'], before, after)"
        )
    if not isfinite(found[0]):
        raise ValueError(f"{name} answers {found[0]} on the way, and a change is one between finite numbers")
    return found[0]
