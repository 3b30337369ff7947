"""sweep: a function's values and derivatives in every row of a table."""

from __future__ import annotations

from .files import checked_target
from .frames import frame_of
from .passes import Pass
from .progress import bar_of_rows
from .roles import Options
from .streams import stream_of, swept_stream, total_of_stream
from .sweeper import Sweeper

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from .frames import Frame

ROWS = 131_072  # of a batch


def sweep(
    f: Callable[..., Any],
    table: Any,
    /,
    *,
    to: str | Path | None = None,
    by: str | Sequence[str] | None = None,
    reduce: str | None = None,
    errors: str = "raise",
    prefix: str = "",
    batch: int = ROWS,
    progress: bool | None = None,
    engine: str = "numpy",
    threads: int | None = None,
    constants: Mapping[str, Any] | None = None,
    **more: Any,
) -> Any:
    """The table with f's value in each row, `value`, and the value's derivatives, `d_…`.

    >>> table = sweep(lambda apple, n, tax: apple * n * tax, {"apple": [100.0, 200.0], "n": [2.0, 3.0]}, tax=1.5)
    >>> table["value"], table["d_apple"]
    (array([300., 900.]), array([3. , 4.5]))

    f takes its parameters from the columns of these names, or from `col("…")`; keywords and `constants` are the same in
    all rows. Data frames (pandas, Polars) and Arrow tables come back as such; Parquet, CSV and Arrow files, LazyFrames
    and what has `__arrow_c_stream__` become a RecordBatchReader, or the file `to`. Dask's come back lazily: its workers
    need this package, with the extra `tables`, and the module of f. For Spark and Ray, see `Sweeper`. `by` says by what
    it is differentiated, else by all that are numbers. `reduce="sum"` or `"mean"` answers totals.
    Nan or null makes all new columns of a row so. Where arithmetic raises, as log(-1), they have inf or nan, and a
    warning counts; what else f raises stops it, or with `errors="null"` leaves the row null.
    """
    options = Options(by, errors, prefix, engine, threads, {**(constants or {}), **more})
    sweeper = Sweeper(f, **options._asdict())
    check(to, reduce, batch)
    if type(table).__module__.partition(".")[0] in ("dask", "dask_expr"):
        from .cluster import swept_by_dask

        return swept_by_dask(table, sweeper, to, reduce)
    frame = frame_of(table)
    if frame is not None and to is None:
        return swept_frame(frame, sweeper, reduce, progress)
    stream = stream_of(table, sweeper, batch, reduce is not None)
    if reduce is not None:
        return total_of_stream(stream, sweeper, reduce, progress)
    return swept_stream(stream, sweeper, to, progress)


def check(to: Any, reduce: Any, batch: Any) -> None:
    """Refuse options that do not go together."""
    if reduce not in (None, "sum", "mean"):
        raise ValueError(f"reduce is 'sum' or 'mean', not {reduce!r:.60}")
    if reduce is not None and to is not None:
        raise ValueError("totals are a few numbers, which sweep answers: give reduce= or to=, not both")
    if to is not None:
        checked_target(to)
    if not isinstance(batch, int) or isinstance(batch, bool) or batch < 1:
        raise ValueError(f"batch is a number of rows, 1 or more, not {batch!r:.60}")


def swept_frame(frame: Frame, sweeper: Sweeper, reduce: str | None, progress: bool | None) -> Any:
    """A table in memory with the new columns, or what these add up to."""
    going = Pass(sweeper, frame.names, reduce)
    with bar_of_rows(progress, sweeper.name, frame.rows) as show:
        if reduce is not None:
            for answer in going.parts(frame.column, frame.rows):
                show(answer.rows)
            return going.end()
        columns, null = going.whole(frame.column, frame.rows, show)
    going.end()
    return frame.with_new(going.new, columns, null)
