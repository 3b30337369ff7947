"""Doubts: where a recording compared inf or nan, and Python itself may never have come to that."""

from __future__ import annotations

from contextlib import contextmanager
from math import isfinite, nan

from ..trace.symbol import Symbol
from ..trace.trace import Asked, Trace

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


MOST_IN_DOUBT = 1000  # comparisons of one recording


class Doubtful(BaseException):
    """A recording compares inf or nan again and again; no `except Exception` of the user's is to catch it."""


@contextmanager
def ending_in_doubt(run: Any) -> Iterator[None]:
    """While it is entered, a recording ends when it has compared inf or nan too often.

    It might go on for ever: in a loop that an error ends, in whose place it has inf.
    """
    count = 0

    def compared(condition: Symbol) -> None:
        nonlocal count
        count += not all(isfinite(x._data if isinstance(x, Symbol) else x) for x in condition._parents)
        if count > MOST_IN_DOUBT:
            raise Doubtful

    if isinstance(run, Trace):
        run.at_comparison = compared
    try:
        yield
    finally:
        if isinstance(run, Trace):
            run.at_comparison = None


def doubt(run: Any) -> Any:
    """Whether a row has compared what is not finite: as `if sqrt(a) > 0` does where a is -1.

    `run` is what a row is recorded by, or rows go together by. There inf and nan stand in the place of errors, so such
    rows are to be asked of the function itself. What compares inputs alone raises no doubt.
    """
    found: Any = 0.0
    for x in compared_in_trace(run) if isinstance(run, Trace) else compared_together(run):
        found = found + (x - x)
    return found != found


def compared_in_trace(trace: Trace) -> Iterator[Any]:
    """The numbers that a recording compared or asked of, if they were computed from its inputs."""
    steps = [step for step in trace.steps if type(step) is Asked or step.op.rule is None]
    for k in dict.fromkeys(k for step in steps for k in step.operands):
        if k not in trace.inputs and k not in trace.constants:
            yield Symbol(trace, None, (), nan, k)  # a row that is answered by its recording has raised by itself


def compared_together(run: Any) -> Iterator[Any]:
    """The same of rows that go together, on the way on which they are."""
    steps = [step for stage in run.path for step in stage.steps if step._asked is not None and step._asked.rule is None]
    operands = {id(x): x for step in steps for x in step._operands if hasattr(x, "_asked")}
    yield from (x for x in operands.values() if x._asked is not None)
