"""Whether a comparison stands in a search by halves, as bisection is: its answer has not the derivative of the root.

Of the comparisons of a run some are looked at, each as it is asked, with the calls that led to it: the first ones
after short intervals, later ones after longer, so that programs with many comparisons are as fast as they were.
"""

from __future__ import annotations

from ..core import core
from .bytecode import once_a_code
from .positions import PACKAGE, Place

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import CodeType, FrameType

MOST_CALLERS = 40
OFTEN, UNTIL, SELDOM = 8, 64, 32  # every 8th comparison of a run is looked at, after 64 of them every 32nd: cell.c, too


class Asked:
    """How many comparisons of Values there were since the run began, where the core does not count them."""

    count = 0


def is_looked_at() -> bool:
    """Whether this comparison is one of those that are looked at; the core asks of no others."""
    if core:
        return True
    Asked.count += 1
    return Asked.count % (OFTEN if Asked.count <= UNTIL else SELDOM) == 0


def count_anew() -> None:
    Asked.count = 0


if core:
    count_anew = core.count_anew


def search_around(frame: FrameType | None) -> Place | None:
    """Where a loop halves an interval, in which the program asks what it asks now, if there is one."""
    while frame and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    for _ in range(MOST_CALLERS):
        if frame is None or frame.f_code.co_filename.startswith(PACKAGE):
            return None
        for first, last in searches_in(frame.f_code):
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
def searches_in(code: CodeType) -> list[tuple[int, int]]:
    """The first and last lines of what halves an interval in a function, the shortest first."""
    from opcode import opmap

    jumps_back = {opmap[name] for name in opmap if "BACKWARD" in name}
    if jumps_back.isdisjoint(code.co_code[::2]) and code.co_name not in (*code.co_names, *code.co_freevars):
        return []
    from .halving import halving_loops  # with the reader of Python's source

    return halving_loops(code)
