"""Whether a comparison stands in a search by halves, as bisection is: its answer has not the derivative of the root.

Of the comparisons of a run some are looked at, each as it is asked, with the calls that led to it: the first ones
after short intervals, later ones after longer, and few of many that one function asks. So programs with many
comparisons are as fast as they were.
"""

from __future__ import annotations

from itertools import chain, cycle

from ..core import core
from .bytecode import once_a_code
from .positions import PACKAGE, Place

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

MOST_CALLERS = 40
FIRST = ([False] * 7 + [True]) * 8  # of the comparisons of a run: every 8th is looked at, as in core/cell.c,
LATER = [False] * 31 + [True]  # and every 32nd of those that come after;
AGAIN = 8  # but every 8th of these where the same function asks as before


class Comparisons:
    """Which comparisons of Values are looked at since the run began, where the core does not count them."""

    turns: Iterator[bool] = cycle(LATER)
    passed_over = 0
    by: CodeType | None = None


def is_of_interest(code: CodeType) -> bool:
    """Whether a comparison whose turn it is, is looked at: not if this function has asked before, most of the times."""
    before, Comparisons.by = Comparisons.by, code
    Comparisons.passed_over += before is code
    return before is not code or Comparisons.passed_over % AGAIN == 0


def count_anew() -> None:
    Comparisons.turns, Comparisons.passed_over, Comparisons.by = chain(FIRST, cycle(LATER)), 0, None


if core:
    count_anew = core.count_anew


def search_around(frame: FrameType | None) -> Place | None:
    """Where a loop halves an interval, in which the program asks what it asks now, if there is one."""
    while frame and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    for _ in range(MOST_CALLERS):
        found = searches_in(frame.f_code) if frame else None
        if frame is None or found is None:
            return None
        for first, last in found:
            if first <= frame.f_lineno <= last:
                return PlaceOfLine(frame.f_code, first)
        frame = frame.f_back
    return None


class PlaceOfLine(Place):
    """A line of a function."""

    __slots__ = ()

    @property
    def span(self) -> tuple[int, int, int, int]:
        return self.offset, self.offset, 0, 0


@once_a_code
def searches_in(code: CodeType) -> tuple[tuple[int, int], ...] | None:
    """The first and last lines of what halves an interval in a function, the shortest first; None of our own code."""
    if code.co_filename.startswith(PACKAGE):
        return None
    from opcode import opmap

    jumps_back = {opmap[name] for name in opmap if "BACKWARD" in name}
    if jumps_back.isdisjoint(code.co_code[::2]) and code.co_name not in (*code.co_names, *code.co_freevars):
        return ()
    from .halving import halving_loops  # with the reader of Python's source

    return (*halving_loops(code),)
