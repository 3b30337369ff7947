"""Kinks and jumps: the slopes on both sides of them, and the one that is taken as the derivative by convention."""

from __future__ import annotations

from math import isclose, isfinite, isnan

from ..diagnose.kinks import kind_of_kink
from ..diagnose.local import beyond, value
from ..value import Value, met
from ..words.numbers import number
from .formulas import EXACT

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from ..words.notation import Text
    from .chain import Route

    Side = tuple[float, float]  # by how much the value jumps there, and its slope


class Sides:
    """A kink or a jump of an operation, or of a whole computation: how far it jumps on each side, and its slopes."""

    def __init__(self, below: Side, above: Side, taken: float, kind: str = "kink") -> None:
        self.drop, self.below = below
        self.rise, self.above = above
        self.taken = taken  # the derivative that the rules answer
        self.kind = kind

    @property
    def turns(self) -> bool:
        return not isclose(self.below, self.above, rel_tol=1e-6)

    @property
    def jumps(self) -> bool:
        return bool(self.drop or self.rise)

    @property
    def differs(self) -> bool:
        """Whether the derivative differs from the slopes on both sides, as it may where two kinks cancel."""
        return not isclose(self.below, self.taken, rel_tol=1e-6)

    def admit(self, answer: float) -> bool:
        """Whether an answer is the slope of a side, or between both, or not finite: a kink has no derivative."""
        low, high = sorted([self.below, self.above])
        slack = EXACT * max(abs(low), abs(high))
        return not isfinite(answer) or (self.turns and low - slack <= answer <= high + slack)

    def remark(self, style: Text) -> str:
        """What is said beside the derivative: ` (a kink: the slope is -1 below and 1 above; 0 is taken)`."""
        taken = style.number(self.taken) + style.words(" is taken)")
        if self.jumps:
            size = self.rise - self.drop
            by = style.words(" by ") + style.number(size) if size else style.words(" at this point alone")
            return style.words(" (a jump") + by + style.words(": there is no derivative; ") + taken
        below, above = style.number(self.below), style.number(self.above)
        slopes = below + style.words(" below and ") + above + style.words(" above; ")
        return style.words(f" (a {self.kind}: the slope is ") + slopes + taken

    def convention(self) -> str:
        """What the derivative is by convention, in words that do not give the number away."""
        return f"at a {'jump' if self.jumps else self.kind}, {self.asked()}"

    def asked(self) -> str:
        """The same without the word for what is there."""
        low, high = sorted([self.below, self.above])
        if self.jumps:
            return "what the convention takes" if self.turns else "the slope beside it"
        if self.taken == min(max(0.0, low), high):
            return "the slope nearest 0 between those of its sides"
        if isclose(self.taken, (low + high) / 2, rel_tol=1e-6):
            return "the slope midway between those of its sides"
        return "what the convention takes"

    def explained(self) -> str:
        """The remark on an answer that is the slope of a side, but not the one taken; it does not give that away."""
        here = f"at this {self.kind} the slope is {self.words()}"
        if self.jumps:
            here = "at this point there is a jump, and no derivative"
        return f"{here}; what is asked for is {self.asked()}"

    def words(self) -> str:
        """The slopes of the sides."""
        if not self.turns:
            return f"{number(self.below)} on both sides"
        return f"{number(self.below)} on the left and {number(self.above)} on the right"


def sides_of_step(child: Value, v: Value, taken: float) -> Sides | None:
    """The kink or jump of one operation as v alone moves; None where there is none."""
    inputs, op = met(child), child.op
    assert op
    here = value(op, inputs)
    (low, below), (high, above) = (
        beyond(op, inputs, tuple(way if x is v else 0.0 for x in child.parents)) for way in (-1.0, 1.0)
    )
    sides = Sides((low - here, -below), (high - here, above), taken, kind_of_kink(child))
    return sides if sides.turns or sides.jumps else None


def sides_of_whole(route: Route, taken: float) -> Sides | None:
    """The kink or jump of y as x moves; None where no operation on the way has one."""
    if not route.kinked:
        return None
    (drop, below), (rise, above) = (side_of_whole(route, way) for way in (-1.0, 1.0))
    return Sides((drop, -below), (rise, above), taken)


def side_of_whole(route: Route, way: float) -> Side:
    """By how much y jumps, and how fast it moves, as soon as x moves that way."""
    jumps, rates = {route.x: 0.0}, {route.x: way}
    for v in route.values[1:]:
        assert v.op
        numbers = met(v)
        inputs = tuple(n + jumps.get(x, 0.0) for n, x in zip(numbers, v.parents, strict=True))
        there, rates[v] = beyond(v.op, inputs, tuple(rates.get(x, 0.0) for x in v.parents))
        here = value(v.op, numbers)
        jumps[v] = there - here if there != here and not isnan(here) else 0.0
    return jumps[route.values[-1]], rates[route.values[-1]]
