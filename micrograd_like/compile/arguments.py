"""The form of a call's arguments: what is a number in them, and what is fixed for a recorded program."""

from __future__ import annotations

import builtins
import sys
from itertools import islice
from keyword import iskeyword
from types import BuiltinMethodType, MethodType, ModuleType, SimpleNamespace
from weakref import ref

from ..graph import Node
from ..operation import BUILT_IN, SPELLED_WITH
from ..transforms.call import LARGEST_WHOLE
from ..trees.containers import CONTAINERS, elements_of, is_array, is_numeric, keyed_elements, row_of
from ..trees.objects import attributes, is_leaf, is_module
from ..trees.parts import branches_of, is_dataclass, suffixes
from ..trees.tree import is_whole_number
from ..value import Value
from .closed.kinds import is_ndarray

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    Hashable = Any

FORBIDDEN = {*SPELLED_WITH, *BUILT_IN, *dir(builtins)}


class OfValues(Exception):
    """There are Values among the arguments: what becomes of these is to be differentiated, so it is not compiled."""


PLAIN_ARRAYS = "efdbBhHiIlLqQ"  # letters of NumPy's types whose elements are Python's ints and floats


def form_of(x: Any, numbers: list[Any], seen: list[int]) -> Hashable:
    """The form of an argument, whose numbers are added to the list. There is a program for each form.

    >>> numbers = []
    >>> form_of((2.0, [1, 3.0]), numbers, [])
    (<class 'tuple'>, <class 'float'>, (<class 'list'>, <class 'int'>, <class 'float'>))
    >>> numbers
    [2.0, 1, 3.0]

    The ids of what holds the numbers are added to `seen`: an id that is there twice is an object in two places.
    """
    kind = type(x)
    if kind is float or kind is int:
        numbers.append(x)
        return kind
    if kind is list or kind is tuple:
        if x:  # there is but one empty tuple
            seen.append(id(x))
            if {*map(type, x)} == {float}:
                numbers += x
                return kind, float, len(x)
        return (kind, *[form_of(y, numbers, seen) for y in x])
    return read_other(x, numbers, seen)


def read_other(x: Any, numbers: list[Any], seen: list[int]) -> Hashable:
    """The same of what is no float, int, list or tuple."""
    kind = type(x)
    if is_leaf(x):
        if isinstance(x, Node):
            raise OfValues
        numbers.append(as_int_or_float(x))
        return (kind, static(x)) if is_of_own_class(x) else kind
    seen.append(id(x))
    if is_array(x):
        elements = x.ravel().tolist()
        if kind.__name__ == "ndarray" and x.dtype.char in PLAIN_ARRAYS:
            numbers += elements
            return kind, x.shape, x.dtype.str
        return (kind, x.shape, x.dtype.str, *[form_of(y, numbers, seen) for y in elements])
    if kind is dict:
        return (kind, *[(key_of(key), form_of(y, numbers, seen)) for key, y in x.items()])
    parts = branches_of(x)
    if parts is None:
        seen.pop()
        return static(x)
    if is_model(x):
        numbers += map(as_int_or_float, parts[0])
        return (kind, Same(x), *map(type, parts[0]))
    return (*form_around(x), *[form_of(y, numbers, seen) for y in parts[0]])


def form_around(x: Any) -> tuple[Hashable, ...]:
    """What is fixed in a container or an object: its class, its keys, and the attributes that are not followed."""
    known = map(key_of, keyed_elements(x)) if isinstance(x, dict) else suffixes(x)
    return (type(x), *known, *[(name, static(y)) for name, y in attributes_beside(x)])


def is_model(x: Any) -> bool:
    """Whether it tells its parameters, which are its numbers; everything else of it is fixed."""
    return is_module(x) and not is_dataclass(x) and not isinstance(x, CONTAINERS)


def attributes_beside(x: Any) -> list[tuple[str, Any]]:
    """What an object keeps beside what is followed: a dataclass, or a list, tuple or dict of a kind of its own."""
    fields = attributes(x) if is_dataclass(x) else ()
    own = getattr(x, "__dict__", None) or {}
    found = [(name, y) for name, y in own.items() if name not in fields]
    row = row_of(x)
    return [(row.setting, getattr(x, row.setting)), *found] if row and row.setting else found


def is_of_own_class(x: Any) -> bool:
    """Whether this is a number of a class that is built upon int or float, as a member of an IntEnum: it may know more
    than a number does, so it is fixed."""
    kind = type(x)
    return kind is not float and kind is not int and isinstance(x, int | float) and not hasattr(kind, "dtype")


def as_int_or_float(x: Any) -> float:
    """A Value's number; a number of another kind as the int or float that Python computes with."""
    if isinstance(x, Value):
        return x.data
    if is_of_own_class(x):
        return x  # type: ignore[no-any-return]
    return int(x) if is_whole_number(x) else float(x)


def check_floats(numbers: Iterable[Any], label: str, by: str) -> None:
    """Refuse whole numbers that no float holds, in whose place another one would be computed with."""
    for x in numbers:
        if type(x) is int and abs(x) > LARGEST_WHOLE and abs(x) <= sys.float_info.max and int(float(x)) != x:
            raise OverflowError(
                f"no float is {x}, which {label} holds, and {by} computes with floats: write {float(x)!r}"
            )


def holds_large(array: Any) -> bool:
    """Whether an array of whole numbers holds one beyond those that are all floats."""
    return array.size > 0 and max(-int(array.min()), int(array.max())) > LARGEST_WHOLE


def key_of(key: Any) -> Hashable:
    """The key of a dict as a part of a form."""
    return key if type(key) is str else static(key)


def static(x: Any) -> Hashable:
    """What is no number is fixed: another one is another form.

    Texts, dates and their like are the same if they are equal in all that can be asked of them; 1, 1.0 and True are
    not, nor 0.0 and -0.0. Objects, which are free to call equal whatever they like, are the same if they are one.
    """
    kind = type(x)
    if isinstance(x, Node):
        raise OfValues
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name in BY_VALUE:
        return kind, x
    if name in BY_REPR:
        return kind, repr(x)
    if name in ("datetime.datetime", "datetime.time"):
        return kind, repr(x.replace(tzinfo=None)), static(x.tzinfo)
    if kind in (list, tuple, set, frozenset):  # a set in its own order, in which a function meets its elements
        return (kind, *map(static, x))
    if kind is dict:
        return (kind, *[(static(key), static(y)) for key, y in x.items()])
    if kind is MethodType:
        return Same(x.__self__), static(x.__func__)
    if kind is BuiltinMethodType and not isinstance(x.__self__, ModuleType | None):
        return Same(x.__self__), x.__name__
    if name.startswith("numpy.") and hasattr(x, "tobytes"):
        return kind, x.shape, x.dtype.str, x.tobytes()
    if any(isinstance(y, Node) for y in (getattr(x, "__dict__", None) or {}).values()):
        raise OfValues
    return Same(x)


BY_VALUE = {f"builtins.{name}" for name in ("str", "bytes", "bool", "NoneType")}
BY_VALUE |= {"datetime.date", "datetime.timedelta", "uuid.UUID"}
BY_REPR = {f"builtins.{name}" for name in ("int", "float", "complex", "range", "slice")}
BY_REPR |= {"decimal.Decimal", "fractions.Fraction", "datetime.timezone", "pathlib.PosixPath", "pathlib.WindowsPath"}


def fixed_parts(x: Any) -> Iterator[Any]:
    """What may change by itself in an argument: functions, classes and other objects; models among them."""
    kind = type(x)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if (
        (is_leaf(x) and not is_of_own_class(x))
        or name in BY_VALUE | BY_REPR
        or (name.startswith("numpy.") and not is_array(x))
    ):
        return
    if name in ("datetime.datetime", "datetime.time"):
        yield from fixed_parts(x.tzinfo)
        return
    if kind.__module__ not in ("builtins", "numpy") and not isinstance(x, type):
        yield kind
    if row_of(x) or is_dataclass(x):
        for part in kept_in(x):
            yield from fixed_parts(part)
    else:
        yield x


def kept_in(x: Any) -> Iterator[Any]:
    """What a container or a dataclass holds, its keys and its other attributes too."""
    if isinstance(x, dict):
        yield from keyed_elements(x)
    if is_dataclass(x):
        yield from attributes(x).values()
    elif not is_numeric(x):
        yield from elements_of(x)
    yield from (y for _, y in attributes_beside(x))


class Same:
    """An object as a part of a form: nothing else is equal to it. It is not kept alive for that, if it need not be."""

    __slots__ = ("key", "look")

    def __init__(self, it: Any) -> None:
        self.key = id(it)
        try:
            self.look: Callable[[], Any] = ref(it)
        except TypeError:
            self.look = lambda: it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.key == other.key and self.look() is other.look()

    def __hash__(self) -> int:
        return self.key

    def __reduce__(self) -> Any:
        return Same, (self.look(),)


def is_unpackable(x: Any) -> bool:
    """Whether source can take the argument apart as it is."""
    kind = type(x)
    if kind is list or kind is tuple:
        return {*map(type, x)} <= {float, int} or all(map(is_unpackable, x))
    if kind is dict:
        return all(map(is_unpackable, x.values()))
    return kind is float or kind is int or not (is_leaf(x) or branches_of(x))


def as_unpackable(x: Any, numbers: Iterator[Any]) -> Any:
    """The argument in the form that source takes apart: ints and floats in lists, dicts and attributes."""
    if is_leaf(x):
        return next(numbers)
    if isinstance(x, dict):
        return {key: as_unpackable(y, numbers) for key, y in keyed_elements(x).items()}
    if is_array(x):
        return list(islice(numbers, x.size))
    parts = branches_of(x)
    if parts is None:
        return x
    inner = [as_unpackable(y, numbers) for y in parts[0]]
    return SimpleNamespace(**dict(zip(attribute_names(x), inner, strict=True))) if attribute_names(x) else inner


def attribute_names(x: Any) -> list[str]:
    """The names of the parts of an argument, if they are attributes."""
    if row_of(x) or is_model(x):
        return []
    names = [suffix.removeprefix(".") for suffix in suffixes(x)]
    return names if all(map(str.isidentifier, names)) else []


def is_pythons(x: Any) -> bool:
    """Whether f computes with the argument as a recorded program does: no float32, no Decimal in it."""
    if is_leaf(x) and not is_ndarray(x):  # one without dimensions counts as a number
        return type(x) is float or type(x) is int
    if is_array(x) or is_leaf(x):
        return x.dtype.name in ("float64", "int64") or (x.dtype.kind == "O" and all(map(is_pythons, x.flat)))
    if is_model(x):
        return True
    parts = branches_of(x)
    return parts is None or all(map(is_pythons, parts[0]))


def refilled(x: Any, numbers: Iterator[Any]) -> Any:
    """The argument with these numbers in place of its own; models stay as they are."""
    if is_leaf(x):
        return next(numbers)
    parts = branches_of(x)
    if parts is None or is_model(x):
        [*islice(numbers, len(parts[0]) if parts else 0)]
        return x
    return parts[1]([refilled(y, numbers) for y in parts[0]])


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
    whole, parts = accessed(x, name)
    if not parts:
        return []
    targets = [free_identifier(target, taken) for _, target, _ in parts]
    values = whole if parts[0][2] is None else ", ".join(str(access) for _, _, access in parts)
    comma = "," if len(parts) == 1 else ""
    lines.append(f"{', '.join(targets)}{comma} = {values}{comma if parts[0][2] else ''}")
    return [
        leaf
        for (part, _, _), target in zip(parts, targets, strict=True)
        for leaf in unpacked(part, target, taken, lines)
    ]


def accessed(x: Any, name: str) -> tuple[str, list[tuple[Any, str, str | None]]]:
    """What is unpacked, and the parts of an argument, what to call them, how they are reached if not by unpacking."""
    if isinstance(x, dict):
        by_key = all(map(is_literal, x))
        return f"{name}.values()", [
            (y, key if str(key).isidentifier() else f"{name}_{key}", f"{name}[{key!r}]" if by_key else None)
            for key, y in keyed_elements(x).items()
        ]
    parts = branches_of(x)
    if parts is None:
        return name, []
    if names := attribute_names(x):
        return name, [(y, field, f"{name}.{field}") for y, field in zip(parts[0], names, strict=True)]
    stem = f"{name}_" if name[-1:].isdigit() else name
    return name, [(y, f"{stem}{i}", None) for i, y in enumerate(parts[0])]


def is_literal(key: Any) -> bool:
    """Whether source can say which key this is."""
    return all(map(is_literal, key)) if type(key) is tuple else type(key) in (str, int, bool, bytes)


def free_identifier(name: str, taken: set[str]) -> str:
    """The name as an identifier that is free; from now on it is taken."""
    import re

    name = re.sub(r"\W+", "_", str(name)).strip("_") or "x"
    name = f"x{name}" if name[0].isdigit() else name
    while name in taken or name in FORBIDDEN or iskeyword(name):
        name += "_"
    taken.add(name)
    return name
