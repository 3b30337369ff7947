"""The new columns of some rows: spread over all of them, or added up."""

from __future__ import annotations

from math import fsum, nan

import numpy as np

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    Array = np.ndarray[Any, Any]


class NewColumns:
    """The numbers of those rows that lack nothing, and where they belong."""

    def __init__(
        self, numbers: list[Array], rows: int, present: Array | None, null: Array | None, failed: Array | None
    ) -> None:
        self.numbers = numbers
        self.rows = rows
        self.present = present  # the rows that lack nothing, unless all
        self.null = null  # where something was null
        self.failed = failed  # which of those that lack nothing have raised

    def spread(self) -> tuple[list[Array], Array | None]:
        """A column of all rows each, with nan where there is no number, and where that is null."""
        if self.failed is not None:
            for column in self.numbers:
                column[self.failed] = np.nan
        if self.present is None:
            return self.numbers, self.failed
        columns = [np.full(self.rows, np.nan) for _ in self.numbers]
        for column, numbers in zip(columns, self.numbers, strict=True):
            column[self.present] = numbers
        null = self.null
        if self.failed is not None:
            null = np.zeros(self.rows, bool) if null is None else null.copy()
            null[self.present[self.failed]] = True
        return columns, null

    def sums(self) -> list[float]:
        """What the columns add up to; rows without a number are left out."""
        good = slice(None) if self.failed is None else ~self.failed
        return [float(np.add.reduce(column[good])) for column in self.numbers]

    @property
    def count(self) -> int:
        """How many rows have numbers."""
        present = self.rows if self.present is None else len(self.present)
        return present - (0 if self.failed is None else int(self.failed.sum()))


class Totals:
    """Sums or means of the new columns, whatever the parts they come in."""

    def __init__(self, reduce: str) -> None:
        self.reduce = reduce
        self.parts: list[list[float]] = []
        self.count = 0

    def add(self, answer: NewColumns) -> None:
        self.parts.append(answer.sums())
        self.count += answer.count

    def merge(self, other: Totals) -> None:
        """Add those of other rows."""
        self.parts += other.parts
        self.count += other.count

    def total(self, names: list[str]) -> dict[str, float]:
        """The sum or the mean of each column, by its name."""
        sums = [added(column) for column in zip(*self.parts, strict=True)] or [0.0] * len(names)
        if self.reduce == "mean":
            sums = [x / self.count if self.count else nan for x in sums]
        return dict(zip(names, sums, strict=True))


def added(numbers: Any) -> float:
    """The sum, rounded once; as IEEE 754 has it where it is beyond all floats."""
    try:
        return fsum(numbers)
    except (OverflowError, ValueError):  # intermediate overflow; -inf + inf
        return sum(numbers, 0.0)
