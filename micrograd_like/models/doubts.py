"""Doubts: where a recording compared inf or nan, and Python itself may never have come to that."""

from __future__ import annotations

from contextlib import contextmanager
from math import isfinite, nan
from sys import maxsize

from ..trace.symbol import Symbol
from ..trace.trace import Asked, Trace

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ..trace.condition import Condition


MOST_IN_DOUBT = 1000  # comparisons of inf or nan in one recording, and all events where Python itself has raised
LONGEST_RECORDING, MOST_BEYOND = 300_000, 30_000  # of one recording; of these where Python itself has raised


class Doubtful(BaseException):
    """A recording may go on for ever; no `except Exception` of the user's is to catch it."""


@contextmanager
def doubts_in(run: Any, most: int = LONGEST_RECORDING) -> Iterator[Doubts]:
    """What is in doubt in a recording, which ends when it has gone on for long where Python may have ended.

    It might go on for ever: in a loop that an error ends, in whose place it has inf, or in one that does not end at
    all, and would fill the memory. Python itself does not.
    """
    doubts = Doubts(run)
    if not isinstance(run, Trace):
        yield doubts
        return
    run.at_condition, run.at_failure = doubts.compared, doubts.failed
    run.at_most, run.most = ended, run.count + most
    try:
        yield doubts
    finally:
        run.at_condition = run.at_failure = None
        run.most = maxsize


def ended() -> None:
    """End a recording that has become too long."""
    raise Doubtful


class Doubts:
    """Where a recording compares inf or nan, and how often it does."""

    def __init__(self, trace: Any) -> None:
        self.trace = trace
        self.found: Any = 0.0  # of which nothing but nan or not is of interest
        self.met: set[int] = set()  # the numbers that were compared
        self.count = 0
        self.is_beyond = False  # whether Python itself has raised

    def compared(self, condition: Condition) -> None:
        """Look at a comparison, at once: what was compared need not be kept to the end."""
        numbers = [x._data if isinstance(x, Symbol) else x for x in condition._parents]
        self.add(condition._operands)
        if self.is_beyond or not all(map(isfinite, numbers)):
            self.one_more()

    def failed(self) -> None:
        """Note that inf or nan stands in the place of an error."""
        if not self.is_beyond:
            self.is_beyond = True
            self.trace.most = min(self.trace.most, self.trace.count + MOST_BEYOND)
        self.one_more()

    def one_more(self) -> None:
        self.count += 1
        if self.count > MOST_IN_DOUBT:
            raise Doubtful

    def add(self, operands: Iterable[int]) -> None:
        """Add numbers that are compared, or asked of, if they were computed from inputs: these raise no doubt."""
        trace = self.trace
        for k in operands:
            if k not in self.met and k not in trace.inputs and k not in trace.constants:
                self.met.add(k)
                x: Any = Symbol(trace, None, (), nan, k)  # a row that is answered by its recording has raised by itself
                self.found = self.found + (x - x)

    def in_all(self) -> Any:
        """Whether the row has compared what is not finite: as `if sqrt(a) > 0` does where a is -1.

        There inf and nan stand in the place of errors, so such rows are to be asked of the function itself.
        """
        for step in [step for step in self.trace.steps if type(step) is Asked]:
            self.add(step.operands)
        return self.found != self.found
