"""Where in the user's program each Value was computed, and where one was turned into a plain number."""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from . import math
from .graph import Node
from .symbol import Symbol
from .value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

PACKAGE = os.path.dirname(__file__) + os.sep
DROPS: dict[CodeType, str] = {
    vars(Value)["data"].fget.__code__: "its .data was read",
    Value.__int__.__code__: "int() or trunc() answered a plain number",
    Value.__floor__.__code__: "floor() answered a plain number",
    Value.__ceil__.__code__: "ceil() answered a plain number",
    Value.__round__.__code__: "round() answered a plain number",
    Symbol.__int__.__code__: "int() or trunc() answered a plain number",
    Symbol.__floor__.__code__: "floor() answered a plain number",
    Symbol.__ceil__.__code__: "ceil() answered a plain number",
    Symbol.__round__.__code__: "round() answered a plain number",
    vars(math)["floor"].__code__: "{}() answered a plain number",
}
CONDITIONS = {"isclose", "isfinite", "isinf", "isnan"}


class Place:
    """A place in a program: an instruction, whose file, line and text are looked up when somebody asks."""

    __slots__ = ("code", "offset")

    def __init__(self, code: CodeType, offset: int) -> None:
        self.code = code
        self.offset = offset  # in bytes

    @property
    def span(self) -> tuple[int, int, int, int]:
        """First and last line, first and last column; lines count from 1, columns from 0 and in bytes; 0 if unknown."""
        position = positions(self.code)[self.offset // 2]
        first, last, start, end = (x or 0 for x in position)
        return first or self.code.co_firstlineno, last or first, start, end

    @property
    def line(self) -> int:
        return self.span[0]

    @property
    def file(self) -> str:
        return self.code.co_filename

    @property
    def statement(self) -> str:
        """The line of the program, "" if there is no source."""
        return line_of(self.file, self.line).strip()

    @property
    def expression(self) -> str:
        """The very part of the line that was computed; the whole line if that is not known."""
        first, last, start, end = self.span
        if first != last or end <= start:
            return self.statement
        return line_of(self.file, first).encode()[start:end].decode()

    def __str__(self) -> str:
        """`shop.py:12  total = price * tax`"""
        where = f"{os.path.basename(self.file)}:{self.line}"
        return f"{where}  {self.statement}" if self.statement else where


@lru_cache(64)
def positions(code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    """Where each instruction of a function stands: first and last line, first and last column."""
    return [*code.co_positions()]


def line_of(file: str, line: int) -> str:
    from linecache import getline

    return getline(file, line)


class Watch:
    """While it is entered, notes where in the program Values are made, and where derivatives are dropped.

    >>> x = Value(3.0)
    >>> with Watch() as watch:
    ...     y = x * 2
    ...     number = y.data
    >>> watch.places[y].expression
    'x * 2'
    >>> [(what, place.expression) for what, place in watch.drops]
    [('its .data was read', 'y.data')]

    It sees the calling thread only, and costs nothing when it is not entered. Values of others are not touched.
    """

    def __init__(self) -> None:
        self.places: dict[Node, Place] = {}
        self.drops: list[tuple[str, Place]] = []

    def __enter__(self) -> Watch:
        self._before: Any = sys.getprofile()
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is None or callable(self._before):
            sys.setprofile(self._before)
        else:  # cProfile, which no `setprofile` can bring back
            sys.setprofile(None)
            self._before.enable()

    def _see(self, frame: FrameType, event: str, answer: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            return
        if event == "return":
            if isinstance(answer, Node) and getattr(answer, "op", None) is not None and answer not in self.places:
                place = caller_of(frame)
                if place:
                    self.places[answer] = place
        elif (
            event == "call" and code in DROPS and frame.f_back and getattr(frame.f_locals.get("self"), "is_value", True)
        ):
            name = getattr(frame.f_locals.get("function"), "__name__", "")
            by = frame.f_back
            if not by.f_code.co_filename.startswith(PACKAGE) and name not in CONDITIONS:
                self.drops.append((DROPS[code].format(name), Place(by.f_code, by.f_lasti)))


def raised_at(error: BaseException) -> Place | None:
    """The place in the program at which an error came out of this package."""
    step, place = error.__traceback__, None
    while step:
        if not step.tb_frame.f_code.co_filename.startswith(PACKAGE):
            place = Place(step.tb_frame.f_code, step.tb_lasti)
        step = step.tb_next
    return place


def caller_of(frame: FrameType | None) -> Place | None:
    """The place in the program that led to a call within this package."""
    while frame and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return Place(frame.f_code, frame.f_lasti) if frame else None
