"""One table that is gone through: its columns found, its rows computed part by part, and what there is to be told."""

from __future__ import annotations

from ...words.pointing import quoted
from .columns import Column, column_of
from .roles import listed, roles_of, tell_of_both, warn
from .tally import Tally
from .totals import Totals

import numpy as np  # isort: skip - after columns, which says what is missing

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .columns import Array
    from .program import RowProgram
    from .sweeper import Sweeper
    from .totals import NewColumns

ROWS_AT_ONCE = 2**20  # rows of a table in memory, between two looks at the progress


class Pass:
    """A table that is being gone through."""

    def __init__(self, sweeper: Sweeper, columns: Sequence[Any], reduce: str | None = None) -> None:
        self.sweeper = sweeper
        self.columns = columns
        self.roles = roles_of(sweeper.f, sweeper.options.constants, columns)
        tell_of_both(self.roles, columns)
        self.tally = Tally(sweeper.options.errors)
        self.totals = Totals(reduce) if reduce else None
        self.program: RowProgram | None = None
        self.new: list[str] = []  # what the new columns are called

    def answer(self, data: Callable[[str], Any], rows: int) -> NewColumns:
        """The new columns of the next rows; `data` answers a column by its name."""
        return self.computed(
            {name: column_of(data(column), column) for name, column in self.roles.columns.items()}, rows
        )

    def computed(self, columns: dict[str, Column], rows: int) -> NewColumns:
        """The new columns of the next rows, by the columns that f takes."""
        for name, column in columns.items():
            if len(column.numbers) != rows:
                found, asked = len(column.numbers), self.roles.columns[name]
                raise ValueError(f"{asked} has {found} rows and the table has {rows}: give as many of each")
        if self.program is None:
            kinds = {name: column.kind for name, column in columns.items()}
            self.program = self.sweeper.program(self.roles, kinds)
        answer = self.program.compute(columns, rows, self.tally)
        self.tally.start += rows
        self.check_names(self.program.columns(self.sweeper.options.prefix))
        if self.totals:
            self.totals.add(answer)
        return answer

    def check_names(self, new: list[str]) -> None:
        """Refuse new columns that are there already, and others than in the batches before."""
        if new == self.new:
            return
        there = [] if self.totals else [name for name in new if name in self.columns]
        if there:
            raise ValueError(
                f'the table has a column {quoted(there[0])} already: give the new ones other names, as by prefix="new_"'
            )
        if self.new:
            raise TypeError(
                f"{self.sweeper.name} answers with {listed(new)}, and in the first rows, where numbers are missing, "
                f"{listed(self.new)} was foreseen: put rows first that lack nothing"
            )
        self.new = new

    def parts(self, data: Callable[[str], Any], rows: int) -> Iterator[NewColumns]:
        """The new columns of a table in memory, part by part."""
        columns = {name: column_of(data(column), column) for name, column in self.roles.columns.items()}
        if rows <= ROWS_AT_ONCE:
            yield self.computed(columns, rows)
            return
        for start in range(0, rows, ROWS_AT_ONCE):
            part = {name: column.part(slice(start, start + ROWS_AT_ONCE)) for name, column in columns.items()}
            yield self.computed(part, min(ROWS_AT_ONCE, rows - start))

    def whole(
        self, data: Callable[[str], Any], rows: int, show: Callable[[int], Any] = lambda rows: None
    ) -> tuple[list[Array], Array | None]:
        """The new columns of a table in memory, and where they are null."""
        found = []
        for answer in self.parts(data, rows):
            found.append((answer.rows, *answer.spread()))
            show(answer.rows)
        if len(found) == 1:
            return found[0][1:]
        null = None
        if any(mask is not None for _, _, mask in found):
            null = np.concatenate([np.zeros(n, bool) if mask is None else mask for n, _, mask in found])
        return [np.concatenate(columns) for columns in zip(*[columns for _, columns, _ in found], strict=True)], null

    def tell_of_idle(self, program: RowProgram) -> None:
        """Warn of what f takes and does not use, as far as is seen: all its derivatives are 0."""
        still = self.tally.still or set()
        slopes = range(len(program.answers), len(self.new), len(program.by) or 1)
        names = [name for k, name in enumerate(program.by) if all(start + k in still for start in slopes)]
        idle = [name for name in names if not program.uses(name)] if still else []
        if idle:
            warn(f"{program.name} does not depend on {', '.join(idle)}: the derivative is 0 in all rows")

    def end(self) -> dict[str, float]:
        """Tell what there is to be told; the totals, if they were wanted."""
        reduce = self.totals.reduce if self.totals else None
        if self.program:
            self.tally.tell(self.sweeper.name, self.tally.start, reduce)
            self.tell_of_idle(self.program)
        return self.totals.total(self.new) if self.totals else {}
