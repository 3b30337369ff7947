"""The arguments of a call of many rows: which numbers there are in each row, and what is the same in all of them."""

from __future__ import annotations

from itertools import chain

import numpy as np

from ...trees.objects import is_leaf
from ...trees.parts import branches_of, is_dataclass, suffixes
from ..arguments import OfValues, check_floats, form_around, form_of, holds_large

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Array = np.ndarray[Any, Any]


class Table:
    """The numbers of a call: columns with a number for each row, and numbers that are the same in all rows."""

    def __init__(self) -> None:
        self.first: list[Any] = []  # the arguments as f sees them in the first row
        self.parts: list[Array | list[Any]] = []  # matrices with a line for each column, and lists of numbers
        self.counts: dict[str, int] = {}  # of rows, by the user's name

    def add(self, x: Any, axis: int | None, name: str) -> Any:
        """The form of an argument."""
        form, first = self.read(x, axis, name)
        self.first.append(first)
        return form

    def read(self, x: Any, axis: int | None, name: str) -> tuple[Any, Any]:
        """The form of an argument or a part of one, and what f sees of it in the first row."""
        if axis == 0 and (isinstance(x, dict) or is_dataclass(x)):
            branches, rebuilt = branches_of(x)  # type: ignore[misc]
            pairs = [self.read(y, axis, f"{name}{end}") for y, end in zip(branches, suffixes(x), strict=True)]
            return (*form_around(x), *[form for form, _ in pairs]), rebuilt([y for _, y in pairs])
        if axis == 0 and holds_rows(x):
            return self.read_rows(as_rows(x, name), name)
        numbers: list[Any] = []
        try:
            form = form_of(x, numbers, [])
        except OfValues:
            raise TypeError(
                f"{name} holds Values, and vmap answers plain numbers, by which nothing can be differentiated: give "
                "their .data, or the model whose parameters they are"
            ) from None
        check_floats(numbers, name, "vmap")
        self.parts.append(numbers)
        return form, x

    def read_rows(self, array: Array, name: str) -> tuple[Any, Any]:
        self.counts[name] = len(array)
        self.parts.append(array.reshape(len(array), -1).T if array.size else np.empty((0, len(array))))
        whole = array.dtype.kind in "iu"
        first = np.zeros(array.shape[1:], array.dtype if array.ndim > 1 else int if whole else float)
        return ("rows", array.shape[1:], first.dtype.str), first if first.shape else first.item()

    def check(self, name: str) -> None:
        """Refuse a call without rows, and one whose arguments do not have as many rows as each other."""
        if not self.counts:
            raise ValueError(
                f"no argument of {name} holds rows: give vmap({name}) an array or a list with one row each"
            )
        (one, count), *others = self.counts.items()
        for other, length in others:
            if length != count:
                raise ValueError(
                    f"{one} has {count} rows and {other} has {length}: give as many of the one as of the other, or say "
                    "with in_axes=None which argument is the same in all rows"
                )
        if count == 0:
            raise ValueError(f"{one} has no rows: {name} is recorded on a row, so give at least one")

    @property
    def rows(self) -> int:
        return next(iter(self.counts.values()))

    @property
    def varying(self) -> list[bool]:
        """Of each number that f takes, whether it is another one in each row."""
        return [isinstance(part, np.ndarray) for part in self.parts for _ in part]

    def row(self, r: int) -> list[Any]:
        """The numbers of one row."""
        return [x for part in self.parts for x in (part[:, r].tolist() if isinstance(part, np.ndarray) else part)]

    def rows_of(self, rows: Array) -> Iterator[tuple[Any, ...]]:
        """The numbers of each of some rows."""
        parts = (x[:, rows].tolist() if isinstance(x, np.ndarray) else ([y] * len(rows) for y in x) for x in self.parts)
        return zip(*chain.from_iterable(parts), strict=True)

    def shared(self) -> list[float]:
        return [float(x) for part in self.parts if isinstance(part, list) for x in part]

    def of_row(self, numbers: list[Any]) -> Table:
        """A table with these numbers as its only row."""
        table, place = Table(), 0
        table.first, table.counts = self.first, dict.fromkeys(self.counts, 1)
        for part in self.parts:
            own = numbers[place : place + len(part)]
            table.parts.append(np.array(own).reshape(-1, 1) if isinstance(part, np.ndarray) else own)
            place += len(part)
        return table

    def numbers(self) -> list[Any]:
        """An array for what is another number in each row, the number itself for what is not."""
        return [x for part in self.parts for x in part]

    def columns(self) -> list[Any]:
        """An array for what is another number in each row, a number for what is not."""
        return [y if isinstance(part, np.ndarray) else float(y) for part in self.parts for y in part]


def holds_rows(x: Any) -> bool:
    """Whether this is an array, or a sequence that can become one."""
    return not is_leaf(x) and (isinstance(x, list | tuple) or (hasattr(x, "__array__") and x.ndim > 0))


def as_rows(x: Any, name: str) -> Array:
    """The argument as an array of numbers."""
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"the rows of {name} do not have the same length: {name} is {x!r:.60}") from None
    if array.dtype.kind == "O":
        values = next((y for y in array.flat if hasattr(y, "backward")), None)
        if values is not None:
            raise TypeError(
                f"{name} holds Values, and rows are plain numbers: say with in_axes=None that a model is the same in "
                f"all rows, or give the .data of the Values"
            )
        if all(map(is_leaf, array.flat)):
            check_floats(array.flat, name, "vmap")
            return array.astype(float)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"rows are real numbers; {name} is an array of {array.dtype}: {x!r:.60}")
    if array.dtype.kind in "iu" and holds_large(array):
        check_floats(array.ravel().tolist(), name, "vmap")
    return array.astype(float) if array.dtype.kind == "b" else array
