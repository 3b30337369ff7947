"""The columns of a table as a function takes them: numbers, or a few values that stand for a program each."""

from __future__ import annotations

from importlib import import_module

try:
    import numpy as np
except ImportError:
    raise ImportError("sweep needs NumPy: pip install 'micrograd_like[tables]'") from None

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    Array = np.ndarray[Any, Any]

NUMBER, WHOLE, CHOICE = "number", "whole number", "choice"


class TableColumn:
    """A column: its numbers, or the few values that it chooses from and which of them stands in each row."""

    __slots__ = ("kind", "missing", "null", "numbers", "values")

    def __init__(self, numbers: Array, null: Array | None = None, values: list[Any] | None = None) -> None:
        self.numbers = numbers  # of a choice, the places among its values
        self.values = values
        self.kind = CHOICE if values is not None else WHOLE if numbers.dtype.kind in "iu" else NUMBER
        self.null = null  # True where there is no value at all
        self.missing = null  # where there is none, or nan
        if self.kind is NUMBER and len(numbers) and np.isnan(numbers.min()):
            self.missing = np.isnan(numbers) if null is None else null | np.isnan(numbers)

    def part(self, rows: Any) -> TableColumn:
        """Some of the rows."""
        return TableColumn(self.numbers[rows], None if self.null is None else self.null[rows], self.values)

    def at(self, row: int) -> Any:
        """What stands in a row, as Python has it."""
        x = self.numbers[row].item()
        return x if self.values is None else self.values[x]


def column_of(data: Any, name: str) -> TableColumn:
    """A column of anything that NumPy or PyArrow reads."""
    if hasattr(data, "null_count") and hasattr(data, "type"):
        return arrow_column(data, name)
    array = data if isinstance(data, np.ndarray) else np.asarray(data)
    if array.ndim == 0:
        raise TypeError(f"a column has one number in each row, and {name} is {data!r:.60}: give a constant as {name}=…")
    if array.ndim != 1:
        raise TypeError(f"a column has one number in each row; {name} has the shape {array.shape}: give each its own")
    null = np.ma.getmaskarray(data) if isinstance(data, np.ma.MaskedArray) else None
    is_whole = getattr(getattr(data, "dtype", None), "kind", "") in ("i", "u")  # also where pandas has floats for NumPy
    if array.dtype.kind in "iuf" and array.dtype.itemsize <= 8 and (array.dtype.kind != "f" or not is_whole):
        return TableColumn(np.ascontiguousarray(array, None if array.dtype.kind in "iu" else float), null)
    if array.dtype.kind == "b":
        return TableColumn(np.ascontiguousarray(array, np.int8), null, [False, True])
    pa = import_module("pyarrow")
    try:
        found = pa.array(data, from_pandas=True)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise TypeError(f"{name} is no column of numbers, of True and False, or of text: {error}") from None
    return arrow_column(found, name)


def arrow_column(data: Any, name: str) -> TableColumn:
    """A column of an Arrow array."""
    pa = import_module("pyarrow")
    types, kind = pa.types, data.type
    if isinstance(data, pa.ChunkedArray):
        data = data.chunk(0) if data.num_chunks == 1 else pa.concat_arrays(data.chunks or [pa.array([], kind)])
    if types.is_dictionary(kind) and not is_chosen(kind.value_type, types):
        data = data.dictionary_decode()  # numbers that repeat themselves
        kind = data.type
    null = nulls_of(data) if data.null_count else None
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        data = (data.cast(pa.string()) if types.is_string_view(kind) else data).dictionary_encode()
    if types.is_dictionary(data.type):
        return choice_of(data, null)
    if types.is_boolean(kind):
        return TableColumn(arrow_numbers(data.cast(pa.int8()), null, 0), null, [False, True])
    if types.is_integer(kind):
        return TableColumn(arrow_numbers(data, null, 0), null)
    if not (types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind)):
        raise TypeError(said_of_kind(name, kind, types))
    data = data if types.is_float64(kind) else data.cast(pa.float64())
    return TableColumn(arrow_numbers(data, null, np.nan), null)


def is_chosen(kind: Any, types: Any) -> bool:
    """Whether values of this Arrow type stand for a program each when they are in a dictionary."""
    texts = types.is_string, types.is_large_string, types.is_string_view, types.is_boolean
    return any(is_kind(kind) for is_kind in texts)


def choice_of(data: Any, null: Array | None) -> TableColumn:
    """The column of an Arrow dictionary array, in whose dictionary may be a null too."""
    values = data.dictionary.to_pylist()
    places = arrow_numbers(data.indices, null, 0)
    if None in values:
        without = np.isin(places, [k for k, value in enumerate(values) if value is None])
        null = without if null is None else null | without
        places = np.where(null, 0, places)
    return TableColumn(places, null, values or [None])


def arrow_numbers(data: Any, null: Array | None, instead: float) -> Array:
    """The numbers of an Arrow array, and another one where they are null; its own to_numpy would import pandas."""
    return np.from_dlpack(data if null is None else data.fill_null(instead))


def nulls_of(data: Any) -> Array:
    """Where an Arrow array has no value."""
    bits = data.buffers()[0]
    if bits is None:  # of the type null
        return np.ones(len(data), bool)
    truths = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little", count=data.offset + len(data))
    return np.equal(truths[data.offset :], 0)


def said_of_kind(name: str, kind: Any, types: Any) -> str:
    """Why a column of this Arrow type is none of numbers, and what to write."""
    is_time = types.is_temporal(kind) and not types.is_duration(kind)
    if is_time:
        hint = f"make it a number first, as in (df.{name} - start).dt.days / 365"
    elif types.is_duration(kind):
        hint = f"make it a number first, as in df.{name}.dt.total_seconds() / 86400"
    else:
        hint = "give each number a column of its own"
    return f"{name} is a column of type {kind}, and a function of numbers cannot take it: {hint}"
