"""Tables in memory, of whatever library: out comes one of the same kind with the new columns."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module

import numpy as np

from .sweeper import with_columns

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .columns import Array


class DictFrame:
    """A dict of arrays or lists, one for each column."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.names = [*table]
        self.rows = next((len(x) for x in table.values() if hasattr(x, "__len__")), 0)

    def column(self, name: str) -> Any:
        return self.table[name]

    def with_new(self, names: list[str], columns: list[Array], null: Array | None) -> Any:
        return {**self.table, **dict(zip(names, columns, strict=True))}

    def in_arrow(self) -> Any:
        return library("pyarrow").table({name: np.asarray(column) for name, column in self.table.items()})


class ArrowFrame:
    """A table or a record batch of Arrow's."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.names = table.schema.names
        self.rows = table.num_rows
        self.column = table.column

    def with_new(self, names: list[str], columns: list[Array], null: Array | None) -> Any:
        return with_columns(self.table, names, columns, null)

    def in_arrow(self) -> Any:
        pa = library("pyarrow")
        return self.table if isinstance(self.table, pa.Table) else pa.Table.from_batches([self.table])


class DataFrame:
    """A data frame that narwhals knows: of pandas, Polars, Modin or cuDF."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.names = table.columns
        self.rows = len(table)

    def column(self, name: str) -> Any:
        series, kind = self.table[name], self.table.implementation
        if kind.is_pandas():
            return series.to_native()
        if "Int128" in str(series.dtype):  # Arrow has none
            raise TypeError(f"{name} is a column of type {series.dtype}: write it as floats, or as Int64")
        return series.to_arrow() if kind.is_polars() else series.to_numpy()

    def with_new(self, names: list[str], columns: list[Array], null: Array | None) -> Any:
        native, kind = self.table.to_native(), self.table.implementation
        if kind.is_pandas():  # by narwhals each column would be copied
            pd = kind.to_native_namespace()
            new = pd.DataFrame(dict(zip(names, columns, strict=True)), index=native.index, copy=False)
            joined = pd.concat([native, new], axis=1)
            joined.attrs = {**native.attrs}
            return joined
        nw, data = library("narwhals"), columns
        if null is not None and kind.is_polars():
            data = [library("pyarrow").array(column, mask=null) for column in columns]
        series = [nw.new_series(n, x, nw.Float64, backend=kind) for n, x in zip(names, data, strict=True)]
        return self.table.with_columns(*series).to_native()

    def in_arrow(self) -> Any:
        kind = self.table.implementation  # by narwhals pandas would lose its index
        return (
            library("pyarrow").Table.from_pandas(self.table.to_native()) if kind.is_pandas() else self.table.to_arrow()
        )


Frame = DictFrame | ArrowFrame | DataFrame


def frame_of(table: Any) -> Frame | None:
    """The table, if it is one in memory."""
    if isinstance(table, Mapping):
        return DictFrame(table)
    pa = sys.modules.get("pyarrow")
    if pa and isinstance(table, pa.Table | pa.RecordBatch):
        return ArrowFrame(table)
    kind = type(table).__module__.partition(".")[0]
    if kind in ("builtins", "numpy", "pathlib", "duckdb") or hasattr(table, "read_next_batch"):
        return None
    nw = library("narwhals")
    if kind == "pandas" and hasattr(table, "columns") and not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"the table has 2 columns {twice!r} or more: give each its own name")
    found = nw.from_native(table, eager_only=True, pass_through=True)
    return DataFrame(found) if isinstance(found, nw.DataFrame) else None


def library(name: str) -> Any:
    """A library of the extra `tables`."""
    try:
        return import_module(name)
    except ImportError:
        raise ImportError(
            f"tables other than a dict of arrays need {name}: pip install 'micrograd_like[tables]'"
        ) from None
