"""Data frames of Dask's, whose parts lie on many machines: each part is swept where it lies."""

from __future__ import annotations

from .frames import frame_of, library
from .passes import Pass
from .roles import listed
from .tally import Tally
from .totals import Totals

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .sweeper import Sweeper


OF_A_PART = " of a part"  # no part knows how many rows those before it have


def swept_by_dask(table: Any, sweeper: Sweeper, to: Any, reduce: str | None) -> Any:
    """A lazy data frame with the new columns; totals are computed at once."""
    if to is not None:
        raise ValueError('Dask writes by itself, a file for each part: sweep(f, frame).to_parquet("folder")')
    if not hasattr(table, "map_partitions") or not hasattr(table, "columns"):  # an array, a group, …
        raise TypeError(f"{type(table).__name__} of Dask is no table: give sweep a Dask DataFrame")
    if not hasattr(table._meta, "columns"):
        raise TypeError("a Series of Dask is one column, and no table: give sweep series.to_frame()")
    sweeper.threads = sweeper.options.threads or 1  # Dask has as many tasks as there are processors
    if reduce is not None:
        tasks = [library("dask").delayed(total_of_part)(part, sweeper, reduce) for part in table.to_delayed()]
        return added_up(library("dask").compute(*tasks), sweeper, reduce)
    meta, program = swept_part(table._meta, sweeper)
    if not program.shown:  # text of which nothing is known yet
        sweeper.programs.clear()
        meta, program = swept_part(table.head(1, npartitions=-1), sweeper)
    names = program.columns(sweeper.options.prefix)
    return table.map_partitions(part_of_dask, sweeper, names, meta=meta.head(0))


def part_of_dask(frame: Any, sweeper: Sweeper, names: list[str]) -> Any:
    """A part with the new columns, which have these names in all parts."""
    return swept_part(frame, sweeper, names)[0]


def swept_part(part: Any, sweeper: Sweeper, names: list[str] | None = None) -> tuple[Any, Any]:
    """A part with the new columns, and what is known of the function."""
    frame: Any = frame_of(part)
    going = Pass(sweeper, frame.names)
    going.tally.whole = OF_A_PART
    going.new = names or []
    columns, null = going.whole(frame.column, frame.rows)
    going.end()
    return frame.with_new(going.new, columns, null), going.program


def total_of_part(part: Any, sweeper: Sweeper, reduce: str) -> tuple[list[str], Totals, Tally]:
    """What the new columns of a part add up to, and what there is to be told."""
    frame: Any = frame_of(part)
    going = Pass(sweeper, frame.names, reduce)
    going.tally.whole = OF_A_PART
    for _ in going.parts(frame.column, frame.rows):
        pass
    going.tally.present = None
    return going.new, going.totals, going.tally  # type: ignore[return-value]


def added_up(parts: Any, sweeper: Sweeper, reduce: str) -> dict[str, float]:
    """The totals of all parts."""
    known = next((part[0] for part in parts if part[1].count), parts[0][0])
    totals, tally = Totals(reduce), Tally(sweeper.options.errors)
    for names, part, told in parts:
        tally.merge(told)
        if part.count:
            if names != known:
                raise TypeError(
                    f"{sweeper.name} answers in one part with {listed(known)}, in another with {listed(names)}"
                )
            totals.merge(part)
    tally.tell(sweeper.name, tally.start, reduce)
    return totals.total(known)
