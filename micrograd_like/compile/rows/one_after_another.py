"""A few rows of a new program, one after the other through the loop over its steps, for which nothing is planned."""

from __future__ import annotations

from itertools import repeat

from ..loop import Looping

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..program import Program
    from .table import Table

WORTH_A_PLAN = 2000  # rows, in whose time on the loop their arrays are planned


class OneAfterAnother:
    """The program on one row after the other, with Python's bits, and with inf and nan in place of errors."""

    def __init__(self, loop: Any) -> None:
        self.loop = loop

    def answers(self, table: Table, rows: Any, closed: list[float]) -> tuple[list[int], list[list[float]], list[int]]:
        """The rows that take a known way, the numbers of their answers, and the other rows."""
        known: list[int] = []
        answers: list[list[float]] = []
        unknown: list[int] = []
        given = table.rows_of(rows) if table.varying else repeat((), len(rows))  # rows of length 0
        for row, numbers in zip(rows.tolist(), given, strict=True):
            answer = self.answer(numbers, closed)
            if answer is NotImplemented:
                unknown.append(row)
            else:
                known.append(row)
                answers.append(answer[1])
        return known, answers, unknown

    def answer(self, numbers: Iterable[Any], closed: list[float]) -> Any:
        """The place of the answer's tree, and its numbers; NotImplemented where an unknown way is taken."""
        try:
            return self.loop.run([*map(float, numbers)], closed)
        except (LookupError, ArithmeticError, ValueError):  # of a question that has no answer, as int(nan)
            return NotImplemented


def loop_on_rows(program: Program, inputs: int) -> OneAfterAnother | None:
    """What computes a few rows of a program; None where no loop can."""
    loop = Looping(program, [float] * inputs, ieee=True, in_trees=False).loop
    return loop and OneAfterAnother(loop)
