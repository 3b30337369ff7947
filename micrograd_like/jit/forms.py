"""The form of a call's arguments: what is a number in them, and what is fixed for a recorded program."""

from __future__ import annotations

import builtins
from itertools import islice
from keyword import iskeyword

from ..operation import BUILT_IN, NAMESPACE
from ..trees import (
    field_names,
    is_array,
    is_dataclass,
    is_leaf,
    is_module,
    is_whole,
    misplaced,
    parts_of,
    with_attributes,
)
from ..value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Hashable = Any

FORBIDDEN = {*NAMESPACE, *BUILT_IN, *dir(builtins)}


def read(x: Any, numbers: list[Any]) -> Hashable:
    """The form of an argument, whose numbers are added to the list. There is a program for each form.

    >>> numbers = []
    >>> read((2.0, [1, 3.0]), numbers)
    (<class 'tuple'>, <class 'float'>, (<class 'list'>, <class 'int'>, <class 'float'>))
    >>> numbers
    [2.0, 1, 3.0]
    """
    kind = type(x)
    if kind is float or kind is int:
        numbers.append(x)
        return kind
    if kind is list or kind is tuple:
        if x and {*map(type, x)} == {float}:
            numbers += x
            return kind, float, len(x)
        return (kind, *[read(y, numbers) for y in x])
    return read_other(x, numbers)


def read_other(x: Any, numbers: list[Any]) -> Hashable:
    """The same of what is no float, int, list or tuple."""
    kind = type(x)
    if is_leaf(x):
        numbers.append(plain_number(x))
        return kind
    if isinstance(x, list | tuple):
        return (kind, *[read(y, numbers) for y in x])
    if isinstance(x, dict):
        return (kind, *[(key, read(y, numbers)) for key, y in x.items()])
    if is_array(x):
        return (kind, x.shape, *[read(y, numbers) for y in x.ravel().tolist()])
    if is_dataclass(x):
        return (kind, *[read(getattr(x, name), numbers) for name in field_names(x)])
    if is_module(x):
        return (kind, Same(x), *[read(p, numbers) for p in x.parameters()])
    return static(x)


def plain_number(x: Any) -> float:
    """A Value's number; a number of another kind as the int or float that Python computes with."""
    if isinstance(x, Value):
        return x.data
    return int(x) if is_whole(x) else float(x)


def static(x: Any) -> Hashable:
    """What is no number is fixed: another one is another form."""
    try:
        hash(x)
    except TypeError:
        fixed = False
    else:
        fixed = not isinstance(x, complex) and (isinstance(x, str | bytes | type) or not hasattr(x, "__iter__"))
    if not fixed:
        raise TypeError(misplaced(x))
    return type(x), x


def fixed_parts(x: Any) -> Iterator[Any]:
    """The functions and other objects in an argument, which may change by themselves; models among them."""
    if is_module(x):
        yield x
    elif not is_leaf(x) and (parts := parts_of(x)):
        for part in parts[0]:
            yield from fixed_parts(part)
    elif not is_leaf(x) and not isinstance(x, str | bytes | bool | None | type):
        yield x


class Same:
    """An object as a part of a form: nothing else is equal to it."""

    __slots__ = ("it",)

    def __init__(self, it: Any) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.it is other.it

    def __hash__(self) -> int:
        return id(self.it)


def is_plain(x: Any) -> bool:
    """Whether source can take the argument apart as it is."""
    kind = type(x)
    if kind is list or kind is tuple:
        return {*map(type, x)} <= {float, int} or all(map(is_plain, x))
    if kind is dict:
        return all(map(is_plain, x.values()))
    return kind is float or kind is int or not (is_leaf(x) or is_array(x) or is_dataclass(x) or is_module(x))


def plain(x: Any, numbers: Iterator[Any]) -> Any:
    """The argument in the form that source takes apart: ints and floats in lists, tuples, dicts and dataclasses."""
    if is_leaf(x):
        return next(numbers)
    if isinstance(x, list | tuple):
        return [plain(y, numbers) for y in x]
    if isinstance(x, dict):
        return {key: plain(y, numbers) for key, y in x.items()}
    if is_array(x):
        return list(islice(numbers, x.size))
    if is_dataclass(x):
        return with_attributes(x, field_names(x), [plain(getattr(x, name), numbers) for name in field_names(x)])
    return list(islice(numbers, len(x.parameters()))) if is_module(x) else x


def unpacked(x: Any, name: str, taken: set[str], lines: list[str]) -> list[str]:
    """The names of an argument's numbers; the lines that give them these are added.

    >>> lines = []
    >>> unpacked({"price": 100, "counts": [2, 3]}, "fruit", set(), lines)
    ['price', 'counts0', 'counts1']
    >>> print(*lines, sep="\\n")
    price, counts = fruit['price'], fruit['counts']
    counts0, counts1 = counts
    """
    if is_leaf(x):
        return [name]
    parts = accessed(x, name)
    if not parts:
        return []
    targets = [free_name(target, taken) for _, target, _ in parts]
    values = name if parts[0][2] is None else ", ".join(str(access) for _, _, access in parts)
    comma = "," if len(parts) == 1 else ""
    lines.append(f"{', '.join(targets)}{comma} = {values}{comma if parts[0][2] else ''}")
    return [
        leaf
        for (part, _, _), target in zip(parts, targets, strict=True)
        for leaf in unpacked(part, target, taken, lines)
    ]


def accessed(x: Any, name: str) -> list[tuple[Any, str, str | None]]:
    """The parts of an argument, what to call them, and how they are reached: None if by unpacking."""
    if isinstance(x, dict):
        return [(y, key if str(key).isidentifier() else f"{name}_{key}", f"{name}[{key!r}]") for key, y in x.items()]
    if is_dataclass(x):
        return [(getattr(x, field), field, f"{name}.{field}") for field in field_names(x)]
    if is_array(x):
        parts = x.ravel().tolist()
    elif is_module(x):
        parts = list(x.parameters())
    else:
        parts = list(x) if isinstance(x, list | tuple) else []
    stem = f"{name}_" if name[-1:].isdigit() else name
    return [(y, f"{stem}{i}", None) for i, y in enumerate(parts)]


def free_name(name: str, taken: set[str]) -> str:
    """The name as an identifier that is free; from now on it is taken."""
    import re

    name = re.sub(r"\W+", "_", str(name)).strip("_") or "x"
    name = f"x{name}" if name[0].isdigit() else name
    while name in taken or name in FORBIDDEN or iskeyword(name):
        name += "_"
    taken.add(name)
    return name
