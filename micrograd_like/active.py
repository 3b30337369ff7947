"""Active: the Value that a function sees in place of a number while it is differentiated."""

from __future__ import annotations

import os
import sys

from .core import completed, core
from .graph import topological_order
from .operation import OPS
from .runs.positions import by_the_user
from .runs.running import (
    DATA_WAS_READ,
    DROPPING_CODE,
    ROUNDINGS,
    TEXT_WAS_MADE,
    THREAD,
    Running,
    drop_by_rounding,
    note_drop,
    note_key,
    note_search,
    note_tie,
    refused,
)
from .runs.searches import Comparisons, is_of_interest
from .value import Value, compared, is_value, no_whole_number

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, SupportsFloat

    from .operation import Op

equals, differs = compared(OPS["eq"]), compared(OPS["ne"])


def seen_class(x: Active) -> type:
    """The class that `isinstance(x, …)` sees: float in the user's code, if x stands for a plain number there."""
    return float if by_the_user(sys._getframe(1)) and is_of_plain_numbers(x) else type(x)


def noted(x: Active, what: str) -> None:
    """Note in its run that a method of x, which calls this, answers something without a derivative."""
    note_drop(run_behind(x), what, sys._getframe(2))


class Active(Value):
    """A Value that stands for a number while a function is differentiated.

    To the function it looks like that number: it has the same hash, the same text, and `copy` answers it itself. It
    knows the run to which it belongs, and notes there what loses a derivative.
    """

    __slots__ = ()

    @property
    def _run(self) -> Running | None:
        """Of a variable the run that it belongs to: it stands for a plain number, or for a Value in its place."""
        return self._x if self.op is None else self._y if self.op.arity == 1 else None

    __class__ = property(seen_class)

    def __hash__(self) -> int:
        return hash(self._data)

    def __eq__(self, other: object) -> Any:
        answer = equals(self, other)
        if answer is True and self is not other:
            note_tie(run_behind(self), sys._getframe(1))
            note_search(sys._getframe(1))
        return answer

    def __ne__(self, other: object) -> Any:
        answer = differs(self, other)
        if answer is False and self is not other:
            note_tie(run_behind(self), sys._getframe(1))
        return answer

    @property
    def data(self) -> float:
        """The number, without its derivative."""
        noted(self, DATA_WAS_READ)
        return self._data

    @data.setter
    def data(self, number: SupportsFloat) -> None:
        vars(Value)["data"].__set__(self, number)

    def __int__(self) -> int:
        noted(self, ROUNDINGS["__int__"])
        return int(self._data)

    __trunc__ = __int__

    def __floor__(self) -> int:
        noted(self, ROUNDINGS["__floor__"])
        return self._data.__floor__()

    def __ceil__(self) -> int:
        noted(self, ROUNDINGS["__ceil__"])
        return self._data.__ceil__()

    def __round__(self, ndigits: int | None = None) -> float:
        noted(self, ROUNDINGS["__round__"])
        note_key(run_behind(self), ndigits, sys._getframe(1))
        return round(self._data, ndigits)

    def __format__(self, spec: str) -> str:
        noted(self, TEXT_WAS_MADE)
        return format(self._data, spec)

    def __repr__(self) -> str:
        noted(self, TEXT_WAS_MADE)
        return repr(self._data)

    __str__ = __repr__

    def hex(self) -> str:
        noted(self, TEXT_WAS_MADE)
        return self._data.hex()

    def backward(self) -> None:
        """Refused when the run returns: the derivatives would be plain numbers, which have none themselves."""
        noted(self, "backward() gave plain derivatives")
        refused(
            run_behind(self),
            TypeError(
                "backward() within a function that is differentiated gives plain derivatives, "
                "which have no derivative themselves: take grad(...) of a function in its place"
            ),
        )
        Value.backward(self)

    def __float__(self) -> float:
        try:
            return Value.__float__(self)
        except TypeError as error:
            raise refused(run_behind(self), error) from None

    def __index__(self) -> int:
        if run := run_behind(self):
            run.counted.update(map(id, topological_order(self)))
        raise refused(run_behind(self), TypeError(no_whole_number(self)))

    def as_integer_ratio(self) -> tuple[int, int]:
        try:
            return Value.as_integer_ratio(self)
        except TypeError as error:
            raise refused(run_behind(self), error) from None

    def __copy__(self) -> Active:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Active:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        run = run_behind(self)
        if run is None:
            raise TypeError(kept(self))
        if all(x is not self for x in run.pickled):
            run.pickled.append(self)
        place = next(k for k, x in enumerate(run.pickled) if x is self)
        return unpickled, (os.getpid(), id(run), place)

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return self.__reduce__()


def look() -> None:
    """See to where the comparison that calls this stands; the core calls it for those that are looked at."""
    note_search(sys._getframe(1))


def asking(op: Op) -> Callable[..., Any]:
    """A comparison of numbers of a run, which notes searches by halves, where the core does not."""
    answer = compared(op)

    def method(a: Active, b: Any) -> Any:
        if next(Comparisons.turns) and is_of_interest((frame := sys._getframe(1)).f_code):
            note_search(frame)
        return answer(a, b)

    return method


NOTED = {"eq": Active.__eq__, "ne": Active.__ne__}  # what the core asks, so that ties are noted
NOTED |= {} if core else {name: asking(OPS[name]) for name in ("lt", "le", "gt", "ge")}
if core:
    Active = completed(Active, core.Active)  # type: ignore[misc]
else:
    Active.__name__ = Active.__qualname__ = "Value"  # as Python's own errors call it
    Active.__module__ = Value.__module__


def run_behind(x: Active) -> Running | None:
    """The run that the thread is in; in a thread that a function has started, the run whose number x is."""
    if THREAD.run is not None:
        return THREAD.run
    runs = (v._run for v in topological_order(x) if type(v) is Active)
    return next((run for run in runs if run is not None and not run.finished), None)


def is_of_plain_numbers(x: Active) -> bool:
    """Whether it was computed of the variables of a run that stand for plain numbers, and of plain numbers alone."""
    run = run_behind(x)
    if run is None:  # it was kept beyond its run
        return False
    known, stack = run.plain, [x]
    while stack:
        v = stack[-1]
        parents = [y for y in v.parents if is_value(y)] if type(v) is Active else []
        if unknown := [y for y in parents if id(y) not in known]:
            stack += unknown
        else:
            known[id(v)] = v, type(v) is Active and all(known[id(y)][1] for y in parents)
            stack.pop()
    return known[id(x)][1]


def unpickled(process: int, run: int, place: int) -> Any:
    """The number that was pickled within the run that is going on."""
    running = THREAD.run
    if running is None or (process, run) != (os.getpid(), id(running)) or place >= len(running.pickled):
        raise TypeError(
            "a number of a run, by which a derivative is taken, was pickled and cannot be loaded in another process or "
            "after the run: take the derivative in the other process, as in pool.map(grad(f), xs)"
        )
    return running.pickled[place]


def kept(x: Value) -> str:
    """What to say of a number that belongs to a run that is finished."""
    return (
        f"{x.name or 'a number'} = {x._data} belongs to a run that is finished, and was kept: answer it, or keep its "
        ".data"
    )


drop_by_rounding(Active)
DROPPING_CODE[vars(Active)["data"].fget.__code__] = DATA_WAS_READ
