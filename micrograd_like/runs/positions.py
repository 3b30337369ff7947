"""Positions in the user's program: where something was computed, dropped or refused."""

from __future__ import annotations

import os
import sys
from functools import lru_cache

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import CodeType, FrameType

PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep
STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep


def by_the_user(frame: FrameType | None) -> bool:
    """Whether a frame runs other code than this package's."""
    return frame is not None and not frame.f_code.co_filename.startswith(PACKAGE)


STEPS: list[CodeType] = []  # of methods through which a number is asked by the program: of instances below float


def asking_frame(frame: FrameType) -> FrameType:
    """The frame that asks a number, where this one only hands on what another asks."""
    while any(frame.f_code is step for step in STEPS) and frame.f_back:
        frame = frame.f_back
    return frame


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


def frames_of_the_package() -> int:
    """How many calls within this package lead to the caller."""
    depth, frame = 0, sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGE):
        depth, frame = depth + 1, frame.f_back
    return depth
