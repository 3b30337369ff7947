"""Tables that come batch by batch: what they are read from, and what becomes of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from .files import Stream, empty_batch, read_files, rebatched, write_whole
from .frames import frame_of, library
from .passes import Pass
from .progress import bar_of_rows
from .sweeper import with_columns

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .sweeper import Sweeper

RECIPES = {  # what is written for tables of libraries that spread rows by themselves
    "pyspark": "frame.mapInArrow(Sweeper(f).batches, schema), where schema has the new columns of type double",
    "ray": 'dataset.map_batches(Sweeper(f).table, batch_format="pyarrow")',
}


def stream_of(table: Any, sweeper: Sweeper, size: int, only_used: bool) -> Stream:
    """The rows of a table, batch by batch."""
    if isinstance(table, str | os.PathLike) or (
        isinstance(table, list | tuple) and {*map(type, table)} <= {str, *PATHS}
    ):
        stream = read_files(table, sweeper, size, only_used)
    elif (frame := frame_of(table)) is not None:
        arrow = frame.in_arrow()
        stream = Stream(arrow.schema, iter(arrow.to_batches()), arrow.num_rows)
    elif hasattr(table, "collect_batches"):
        stream = of_lazy_frame(table)
    elif hasattr(table, "__arrow_c_stream__"):
        try:
            reader = library("pyarrow").RecordBatchReader.from_stream(table)
        except library("pyarrow").ArrowInvalid:  # a single column
            raise TypeError(said_of_no_table(table)) from None
        stream = Stream(reader.schema, iter(reader), None)
    else:
        raise TypeError(said_of_no_table(table))
    return stream._replace(batches=rebatched(stream.batches, size))


PATHS = {type(Path())}


def of_lazy_frame(table: Any) -> Stream:
    """A LazyFrame of Polars."""
    frames = table.collect_batches(maintain_order=True)
    first = next(frames, None)
    first = table.head(0).collect() if first is None else first
    parts = (frame.to_arrow() for frame in chain([first], frames))
    schema = first.to_arrow().schema
    return Stream(schema, (batch for part in parts for batch in part.cast(schema).to_batches()), None)


def said_of_no_table(table: Any) -> str:
    """What to give in the place of what is no table."""
    kind = type(table)
    recipe = RECIPES.get(kind.__module__.partition(".")[0])
    if recipe:
        return f"{kind.__module__}.{kind.__qualname__} sends rows to other machines by itself: write {recipe}"
    if isinstance(table, list | tuple):
        return "a list of rows has no columns: write pandas.DataFrame(rows), or a dict with a list for each column"
    name = kind.__qualname__
    return f"{name} is no table that is known: give a data frame, an Arrow table, a dict of arrays, or a file's path"


def new_batches(stream: Stream, going: Pass, progress: bool | None) -> Iterator[Any]:
    """The batches of a stream with the new columns; at least one, of no rows."""
    with bar_of_rows(progress, going.sweeper.name, stream.rows) as show:
        none = True
        for batch in stream.batches:
            none = False
            yield extended(batch, going)
            show(batch.num_rows)
        if none:
            yield extended(empty_batch(stream.schema), going)
    going.end()


def extended(batch: Any, going: Pass) -> Any:
    """A batch with the new columns."""
    answer = going.answer(batch.column, batch.num_rows)
    return with_columns(batch, going.new, *answer.spread())


def swept_stream(stream: Stream, sweeper: Sweeper, to: Any, progress: bool | None) -> Any:
    """The stream with the new columns, as a reader, or written to a file, whose path is the answer."""
    going = Pass(sweeper, stream.schema.names)
    batches = new_batches(stream, going, progress)
    if to is not None:
        first = next(batches)
        return write_whole(to, first.schema, chain([first], batches), going.new)
    first = next(batches)
    return library("pyarrow").RecordBatchReader.from_batches(first.schema, chain([first], batches))


def total_of_stream(stream: Stream, sweeper: Sweeper, reduce: str, progress: bool | None) -> dict[str, float]:
    """What the new columns of the stream add up to."""
    going = Pass(sweeper, stream.schema.names, reduce)
    with bar_of_rows(progress, sweeper.name, stream.rows) as show:
        for batch in chain(stream.batches, [empty_batch(stream.schema)]):
            going.answer(batch.column, batch.num_rows)
            show(batch.num_rows)
    return going.end()
