"""Files of Parquet, CSV and Arrow, read batch by batch, and written whole or not at all."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import NamedTuple

from .columns import CHOICE, column_of
from .frames import library
from .program import RowProgram
from .roles import listed, roles_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any

    from .sweeper import Sweeper

BLOCK = 2**23  # bytes of CSV at a time
OTHERS_OF_CSV = 'Write it as Parquet, or let DuckDB read it: sweep(f, duckdb.read_csv("…"))'


class Stream(NamedTuple):
    """Record batches, one after another, of a table that need not fit into memory."""

    schema: Any
    batches: Iterator[Any]
    rows: int | None  # if that is known


# reading


class ParquetSource:
    """A file of Parquet."""

    def __init__(self, path: str, columns: list[str] | None = None, types: dict[str, Any] | None = None) -> None:
        parquet = library("pyarrow.parquet")
        self.columns = columns
        self.file = parquet.ParquetFile(path, memory_map=False, pre_buffer=False)  # else memory grows with the file
        self.schema = self.file.schema_arrow
        self.rows: int | None = self.file.metadata.num_rows

    def batches(self, size: int) -> Iterator[Any]:
        with self.file:
            yield from self.file.iter_batches(size, columns=self.columns)


class CSVSource:
    """A file of comma-separated values, compressed or not."""

    rows: int | None = None

    def __init__(self, path: str, columns: list[str] | None = None, types: dict[str, Any] | None = None) -> None:
        csv = library("pyarrow.csv")
        self.path = path
        how = csv.ConvertOptions(column_types=types, include_columns=columns)
        self.reader = csv.open_csv(path, csv.ReadOptions(block_size=BLOCK), convert_options=how)
        self.schema = self.reader.schema

    def batches(self, size: int) -> Iterator[Any]:
        try:
            with self.reader:
                yield from self.reader
        except library("pyarrow").ArrowInvalid as error:
            raise ValueError(
                f"{self.path}: {error}. What a column holds is told by the first {BLOCK // 2**20} MiB. {OTHERS_OF_CSV}"
            ) from None


class ArrowSource:
    """A file of Arrow's, with or without a footer."""

    rows: int | None = None

    def __init__(self, path: str, columns: list[str] | None = None, types: dict[str, Any] | None = None) -> None:
        pa = library("pyarrow")
        self.columns = columns
        self.file = pa.OSFile(path)
        try:
            self.reader = pa.ipc.open_file(self.file)
        except pa.ArrowInvalid:
            self.file.seek(0)
            self.reader = pa.ipc.open_stream(self.file)
        self.schema = self.reader.schema

    def batches(self, size: int) -> Iterator[Any]:
        with self.file:
            many = getattr(self.reader, "num_record_batches", None)
            for batch in self.reader if many is None else map(self.reader.get_batch, range(many)):
                yield batch.select(self.columns) if self.columns else batch


SOURCES: dict[str, Any] = {".parquet": ParquetSource, ".csv": CSVSource, ".arrow": ArrowSource, ".feather": ArrowSource}


def suffix_of(path: Any) -> str:
    """The suffix by which a file's kind is known: that of prices.csv.gz is .csv."""
    suffixes = Path(path).suffixes[-2:]
    known = [suffix.lower() for suffix in suffixes if suffix.lower() in SOURCES]
    if not known:
        raise ValueError(
            f"{os.fspath(path)!r}: tables are read and written as {', '.join(SOURCES)}; write one of these"
        )
    return known[-1]


def files_called(path: Any) -> list[str]:
    """The files of a path, of a pattern such as prices/*.parquet, or of a list of these."""
    if isinstance(path, list | tuple):
        return [file for each in path for file in files_called(each)]
    text = os.path.expanduser(os.fspath(path))
    if os.path.isdir(text):
        raise IsADirectoryError(f"{text} is a folder: name its files, as in {os.path.join(text, '*.parquet')}")
    found = [text] if os.path.exists(text) else sorted(glob.glob(text, recursive=True))
    if not found:
        raise FileNotFoundError(f"there is no file {text}")
    return found


def read_files(path: Any, sweeper: Sweeper, size: int, only_used: bool) -> Stream:
    """The rows of the files of a path, all columns or only those that f takes."""
    files = files_called(path)
    kinds = [SOURCES[suffix_of(file)] for file in files]
    first = opened(files[0])
    names = first.schema.names
    types = types_of_csv(first, sweeper) if kinds[0] is CSVSource else None
    if only_used:
        names = [*dict.fromkeys(roles_of(sweeper.f, sweeper.options.constants, names).columns.values())]
    rows: list[Any] = [opened(file).rows for kind, file in zip(kinds, files, strict=True) if kind is ParquetSource]

    def batches() -> Iterator[Any]:
        known = None
        for file in files:
            source = opened(file, names if only_used else None, types)
            if not {*names} <= {*source.schema.names}:
                missing = {*names} - {*source.schema.names}
                raise ValueError(f"{file} lacks {listed(sorted(missing))}, which {files[0]} has")
            for batch in source.batches(size):
                same = batch if batch.schema.names == names else batch.select(names)
                known = known or same.schema
                check_types(same.schema, known, file, files[0])
                yield same

    schema = library("pyarrow").schema([first.schema.field(name) for name in names], first.schema.metadata)
    return Stream(schema, batches(), sum(rows) if len(rows) == len(files) else None)


def check_types(schema: Any, known: Any, file: str, first: str) -> None:
    """Refuse a file whose columns are of other types than those of the first one: they become one table."""
    for one, other in zip(schema, known, strict=True):
        if one.type != other.type:
            raise ValueError(
                f"{one.name} is a column of type {one.type} in {file}, and of type {other.type} in {first}: "
                "files that become one table have the same types"
            )


def opened(file: str, *how: Any) -> Any:
    """A file that is read; what is wrong with it is told with its name."""
    kind = SOURCES[suffix_of(file)]
    try:
        return kind(file, *how)
    except library("pyarrow").ArrowException as error:
        more = f". {OTHERS_OF_CSV}" if kind is CSVSource else ""
        raise ValueError(f"{file} cannot be read: {str(error).rstrip('. ')}{more}") from None


def types_of_csv(source: CSVSource, sweeper: Sweeper) -> dict[str, Any]:
    """The types of columns of numbers: float, unless f counts with one, since after the first rows others may come."""
    pa = library("pyarrow")
    types = {field.name: pa.string() for field in source.schema if pa.types.is_null(field.type)}
    roles = roles_of(sweeper.f, sweeper.options.constants, source.schema.names)
    with source.reader:
        batch = next(iter(source.reader), None) or empty_batch(source.schema)
    columns = {name: column_of(batch.column(column), column) for name, column in roles.columns.items()}
    program = RowProgram(sweeper.f, roles, {name: x.kind for name, x in columns.items()}, sweeper.options)
    counted = program.counted(columns, 0) if batch.num_rows else []
    used = [name for name, column in columns.items() if column.kind != CHOICE]
    return types | {roles.columns[name]: pa.int64() if name in counted else pa.float64() for name in used}


def empty_batch(schema: Any) -> Any:
    """A record batch of no rows."""
    pa = library("pyarrow")
    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def rebatched(batches: Iterable[Any], size: int) -> Iterator[Any]:
    """The same rows in batches of about this size: each is computed at once, and small ones would cost more."""
    pa = library("pyarrow")
    waiting: list[Any] = []
    count = 0
    for batch in batches:
        if not waiting and size // 2 <= batch.num_rows <= size:
            yield batch
            continue
        waiting.append(batch)
        count += batch.num_rows
        if count >= size:
            whole = pa.Table.from_batches(waiting).combine_chunks()
            yield from whole.to_batches(max_chunksize=size)
            waiting, count = [], 0
    if waiting:
        yield from pa.Table.from_batches(waiting).combine_chunks().to_batches(max_chunksize=size) or waiting[:1]


# writing


def write_whole(path: Any, schema: Any, batches: Iterable[Any], new: Collection[str]) -> Path:
    """Write record batches to a file, which is there when all of them are: until then it is called .part.

    `new` are the names of the columns that were computed.
    """
    target = checked_target(path)
    open_writer = WRITERS[suffix_of(target)]
    part = target.with_name(target.name + ".part")
    writer: Any = None
    try:
        try:
            writer = open_writer(str(part), schema, new)
        except OSError as error:
            raise type(error)(f"cannot write {target}: {os.strerror(error.errno) if error.errno else error}") from None
        for batch in batches:
            writer.write_batch(batch)
        writer.close()
        os.replace(part, target)
    except BaseException:
        discard(writer, part)
        raise
    return target


def checked_target(path: Any) -> Path:
    """The path of a file that can be written."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"to is the path of a file, such as 'priced.parquet', not {path!r:.60}")
    target = Path(os.path.expanduser(os.fspath(path)))
    suffix_of(target)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent} to write {target.name} in: make it first")
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder: name the file that is to be written")
    return target


def discard(writer: Any, part: Path) -> None:
    """Leave nothing of what was written until now."""
    try:
        if writer is not None:
            writer.close()
    except Exception:  # where the disk is full, the end cannot be written either
        pass
    if not part.is_dir():
        part.unlink(missing_ok=True)


def parquet_writer(path: str, schema: Any, new: Collection[str]) -> Any:
    """A file of Parquet. To look for equal numbers takes long, and computed ones are not to be compressed."""
    parquet, types = library("pyarrow.parquet"), library("pyarrow").types
    words = [field.name for field in schema if not (types.is_floating(field.type) or types.is_integer(field.type))]
    compression: Any = {field.name: "none" if field.name in new else "snappy" for field in schema}
    if any(types.is_nested(field.type) for field in schema):  # whose parts have names of their own
        compression = "snappy"
    return parquet.ParquetWriter(path, schema, compression=compression, use_dictionary=words)


class CSVTarget:
    """A file of comma-separated values that is written, text of all of Arrow's types as text."""

    def __init__(self, path: Any, schema: Any, new: Collection[str] = ()) -> None:
        pa = library("pyarrow")
        plain = {field: plain_type(field.type) for field in schema}
        self.schema = pa.schema([field.with_type(kind) for field, kind in plain.items()])
        self.writer = library("pyarrow.csv").CSVWriter(path, self.schema)
        self.close = self.writer.close

    def write_batch(self, batch: Any) -> None:
        columns = [x.cast(field.type) for x, field in zip(batch.columns, self.schema, strict=True)]
        self.writer.write_batch(type(batch).from_arrays(columns, schema=self.schema))


def plain_type(kind: Any) -> Any:
    """The type of the same values that CSV is written of."""
    pa = library("pyarrow")
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.string() if pa.types.is_string_view(kind) else kind


def arrow_writer(path: str, schema: Any, new: Collection[str]) -> Any:
    return library("pyarrow").ipc.new_file(path, schema)


WRITERS = {".parquet": parquet_writer, ".csv": CSVTarget, ".arrow": arrow_writer, ".feather": arrow_writer}
