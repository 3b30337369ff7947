"""Condition: what a comparison inside a trace answers, a plain bool in all but arithmetic and `where`."""

from __future__ import annotations

import operator
import sys

from ..runs.running import THREAD, note_search
from .symbol import Symbol

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Condition(Symbol):
    """What a comparison answers: recorded where it is the condition of `where` or takes part in arithmetic, as the int
    that a bool is there. In any other use it is a plain bool."""

    __slots__ = ("_operands",)

    if TYPE_CHECKING:
        _operands: tuple[int, ...]

    def __bool__(self) -> bool:
        self._trace.refuse(self)
        if THREAD.run:
            note_search(sys._getframe(1))
        op: Any = self._row
        return self._trace.ask(op, self._operands, self._data)  # type: ignore[no-any-return]

    def __array__(self, *args: Any, **options: Any) -> Any:
        from numpy import array

        return array(bool(self), *args, **options)

    @property
    def real(self) -> Any:
        return bool(self).real

    def conjugate(self) -> Any:
        return bool(self).conjugate()

    def _exactly(self) -> Any:
        return bool(self)

    def __repr__(self) -> str:
        return repr(bool(self))

    def __format__(self, spec: str) -> str:
        return format(bool(self), spec)

    def __hash__(self) -> int:
        return hash(bool(self))

    def __int__(self) -> int:
        return int(bool(self))

    __trunc__ = __index__ = __floor__ = __ceil__ = __int__

    def __round__(self, ndigits: int | None = None) -> int:
        return round(bool(self), ndigits) if ndigits is not None else int(bool(self))

    def __float__(self) -> float:
        return float(bool(self))


Condition.__name__ = "bool"


def of_bools(function: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison of a Condition: that of the plain bool."""

    def method(a: Condition, b: Any) -> Any:
        return function(bool(a), bool(b) if type(b) is Condition else b)

    return method


for word in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Condition, f"__{word}__", of_bools(getattr(operator, word)))
