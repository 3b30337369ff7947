"""What is to be told of a table when it has been gone through: rows that were left out, and numbers that are none."""

from __future__ import annotations

import numpy as np

from ...compile.arguments import holds_large
from ...trees.objects import is_leaf
from ...words.numbers import number
from .columns import WHOLE
from .roles import warn

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .columns import TableColumn
    from .program import RowProgram

    Array = np.ndarray[Any, Any]

MOST_GIVEN = 8  # numbers of a row that a message shows


def rounded_to_floats(whole: Array) -> Array:
    """The whole numbers, each as the nearest that a float holds and that is of their type."""
    limits = np.iinfo(whole.dtype)
    highest = float(limits.max)
    highest = highest if highest <= limits.max else float(np.nextafter(highest, 0.0))
    rounded: Array = np.clip(whole.astype(float), float(limits.min), highest).astype(whole.dtype)
    return rounded


class Tally:
    """Counts of one sweep. Rows are counted from 0."""

    def __init__(self, errors: str) -> None:
        self.errors = errors
        self.start = 0  # the row of the table at which the present batch begins
        self.whole = ""  # what rows are counted in, if that is not the table: " of a part"
        self.present: Array | None = None  # the rows of it that lack nothing
        self.raised = 0
        self.error = ""  # the first, and its row
        self.infinite = 0  # rows with an answer or a derivative that is inf or nan
        self.first_infinite = ""
        self.missing = 0
        self.large = ""
        self.still: set[int] | None = None  # columns that have been 0 in all rows

    def row_in_text(self, row: int, given: dict[str, Any] | None = None) -> str:
        """What to call a row of the batch's that lack nothing: its number in the table, and what f is given."""
        own = row if self.present is None else int(self.present[row])
        some = [*(given or {}).items()][:MOST_GIVEN]
        shown = [f"{name} = {number(x) if is_leaf(x) else repr(x)}" for name, x in some]
        more = ", …" if given and len(given) > MOST_GIVEN else ""
        return f"row {self.start + own:,}{self.whole}" + (f" ({', '.join(shown)}{more})" if shown else "")

    def note(self, error: Exception, where: str) -> None:
        """Keep the first error that left a row null."""
        self.error = self.error or f"{where}: {type(error).__name__}: {error}"

    def look_for_large(self, columns: dict[str, TableColumn], program: RowProgram) -> None:
        """Warn, once, of whole numbers that no float holds, and round them to those that floats hold."""
        for name in program.kinds:
            column = columns[name]
            if column.kind != WHOLE or not holds_large(column.numbers):
                continue
            if not self.large:
                low, high = int(column.numbers.min()), int(column.numbers.max())
                row = int((column.numbers.argmin if -low > high else column.numbers.argmax)())
                self.large = f"{program.roles.columns[name]} is {column.numbers[row]} in {self.row_in_text(row)}"
                warn(f"{self.large}: beyond 2**53 floats do not hold all whole numbers, and it is rounded to one")
            column.numbers = rounded_to_floats(column.numbers)

    def count(self, numbers: list[Array], failed: Array | None, missing: int, program: RowProgram) -> None:
        """Look through the new columns of a batch."""
        self.missing += missing
        self.raised += 0 if failed is None else int(failed.sum())
        size = len(program.answers)
        if self.still is None:
            self.still = {*range(size, len(numbers))}
        for k in [*self.still]:
            if numbers[k].any():
                self.still.discard(k)
        with np.errstate(all="ignore"):
            suspects = [column for column in numbers if not np.isfinite(np.add.reduce(column))]
        if suspects:
            infinite = ~np.isfinite(suspects).all(axis=0)
            infinite &= True if failed is None else ~failed
            self.infinite += int(infinite.sum())
            if infinite.any() and not self.first_infinite:
                self.first_infinite = self.row_in_text(int(infinite.argmax()))

    def merge(self, other: Tally) -> None:
        """Add the counts of other rows."""
        self.start += other.start
        self.raised += other.raised
        self.infinite += other.infinite
        self.missing += other.missing
        self.error = self.error or other.error
        self.first_infinite = self.first_infinite or other.first_infinite

    def tell(self, f: str, rows: int, reduce: str | None = None) -> None:
        """Warn of what a reader of the new columns is to know."""
        if self.raised:
            warn(f"{f} raised in {self.raised:,} of {rows:,} rows, which are null; first in {self.error}")
        if self.infinite:
            warn(f"{self.infinite:,} of {rows:,} rows have inf or nan in a new column, first {self.first_infinite}")
        if reduce and self.missing:
            warn(f"{self.missing:,} of {rows:,} rows have nan or null and are left out of the {reduce}")
