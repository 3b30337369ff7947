"""The numbers in a tree, in the order in which one reads it, and what the user calls them."""

from __future__ import annotations

from itertools import product
from numbers import Complex
from types import GenericAlias

from ..core import kinds_of
from .containers import BUILTIN, CONTAINERS, SETS, is_array, keyed_elements
from .objects import NUMBERS, PLAIN, attributes, defines, is_enum, is_followed, is_leaf, is_module, parameters_of_model

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from typing import Any

    Places = range | list[int] | tuple[int, ...]  # the last: the sides of an array
    Omitted = dict[int, set[str]]  # attributes that are computed of others, by the ids of the objects


class LeafNames:
    """What the user calls numbers, in their order: written when somebody asks, which is seldom.

    >>> names = LeafNames()
    >>> names.parts += [("tax", None), ("prices", range(2)), ("m", (1, 2))]
    >>> [*names]
    ['tax', 'prices[0]', 'prices[1]', 'm[0, 0]', 'm[0, 1]']
    """

    __slots__ = ("parts", "written")

    def __init__(self) -> None:
        self.parts: list[tuple[str, Places | None]] = []  # a name; of a sequence or array, also the places in it
        self.written: list[str] | None = None

    def __iter__(self) -> Iterator[str]:
        if self.written is None:
            self.written = [name for part in self.parts for name in written_behind(*part)]
        return iter(self.written)

    def __getitem__(self, k: int) -> str:
        return self.written[k] if self.written else [*self][k]


def written_behind(name: str, places: Places | None) -> list[str]:
    """The names of a part."""
    return [name] if places is None else [name + suffix for suffix in suffixes_at(places)]


def suffixes_at(places: Places) -> list[str]:
    """How the elements at these places are written behind the name of a sequence: `[0]`; of an array: `[0, 1]`."""
    if isinstance(places, tuple):
        return [f"[{', '.join(map(str, place))}]" for place in product(*map(range, places))]
    return [f"[{i}]" for i in places]


class Reading:
    """The leaves of a tree, and their names if a name is given for the tree.

    Every place of a list, tuple, dict or array counts, as in JAX. An object is one object wherever it stands, and so
    are the lists, dicts and arrays in its attributes.
    """

    def __init__(
        self, tree: Any, name: str | None = None, omitted: Omitted | None = None, unsure: Omitted | None = None
    ) -> None:
        self.leaves: list[Any] = []
        self.names = LeafNames()
        self.named = name is not None
        self.omitted = omitted or {}
        self.unsure = unsure or {}
        self.doubts: list[tuple[int, int, str]] = []  # from which leaf to which, and the attribute that holds them
        self.seen: dict[int, Any] = {}
        self.objects: list[Any] = []  # with those that they hold before them
        self.arrays: list[tuple[Any, str]] = []  # and their names
        try:
            self.read(tree, name or "", False)
        except RecursionError:
            raise ValueError("an argument is nested too deeply, or contains itself") from None
        if len(self.arrays) > 1:
            check_views(self.arrays)

    def read(self, x: Any, name: str, inside: bool) -> None:
        """Read a part; `inside` an object, what was read before is not read again."""
        kind = type(x)
        if kind is float or kind is int:
            self.leaves.append(x)
            if self.named:
                self.names.parts.append((name, None))
        elif kind is list or kind is tuple:
            if (kind is tuple or not inside or self.is_new(x)) and x:
                self.read_sequence(x, name, inside)
        elif kind is dict:
            if not inside or self.is_new(x):
                for key, y in x.items():
                    if type(key) is not str:
                        check_key(key, name)
                    self.read(y, f"{name}[{key!r}]" if self.named else "", inside)
        elif kind not in PLAIN:
            self.read_other(x, name, inside)

    def read_sequence(self, x: Any, name: str, inside: bool) -> None:
        kinds = kinds_of(x)
        if kinds <= PLAIN:
            places = range(len(x)) if kinds <= NUMBERS else [i for i, y in enumerate(x) if type(y) in NUMBERS]
            self.leaves += x if kinds <= NUMBERS else [x[i] for i in places]
            if self.named:
                self.names.parts.append((name, places))
        elif not self.named:
            for y in x:
                self.read(y, "", inside)
        else:
            for i, y in enumerate(x):
                self.read(y, f"{name}[{i}]", inside)

    def read_other(self, x: Any, name: str, inside: bool) -> None:
        if is_leaf(x):
            self.leaves.append(x)
            if self.named:
                self.names.parts.append((getattr(x, "name", None) or name, None))
        elif is_array(x):
            if not inside or self.is_new(x):
                self.read_array(x, name, inside)
        elif issubclass(type(x), CONTAINERS) and not isinstance(x, SETS):
            if type(x) in BUILTIN and not inside:
                self.read_parts(x, name, inside)
            elif isinstance(x, tuple) or self.is_new(x):
                self.read_parts(x, name, inside or not isinstance(x, tuple))
                self.objects.append(x)
        elif is_module(x) and not hasattr(type(x), "__dataclass_fields__"):
            if self.is_new(x):
                self.read(parameters_of_model(x), f"{name}.parameters()" if self.named else "", True)
        elif is_followed(x):
            if self.is_new(x):
                self.read_parts(x, name, True)
                self.objects.append(x)
        elif may_hold_numbers(x):
            raise TypeError(misplaced(x, name))

    def read_parts(self, x: Any, name: str, inside: bool) -> None:
        """The elements, then the attributes."""
        elements = keyed_elements(x)
        suffixes = suffixes_of(x) if self.named else [""] * len(elements)
        for (key, y), suffix in zip(elements.items(), suffixes, strict=True):
            check_key(key, name)
            self.read(y, name + suffix, inside)
        if type(x) not in BUILTIN:
            omitted = self.omitted.get(id(x), ())
            for attribute, y in attributes(x).items():
                if attribute not in omitted:
                    start = len(self.leaves)
                    self.read(y, f"{name}.{attribute}" if self.named else "", True)
                    if attribute in self.unsure.get(id(x), ()):
                        self.doubts.append((start, len(self.leaves), f"{type(x).__name__}.{attribute}"))

    def read_array(self, x: Any, name: str, inside: bool) -> None:
        self.arrays.append((x, name))
        found = x.ravel().tolist()
        if x.dtype.kind != "O":
            self.leaves += found
            if self.named:
                self.names.parts.append((name, x.shape))
            return
        for suffix, y in zip(suffixes_of(x) if self.named else [""] * len(found), found, strict=True):
            self.read(y, name + suffix, inside)

    def is_new(self, x: Any) -> bool:
        if id(x) in self.seen:
            return False
        self.seen[id(x)] = x
        return True


def check_key(key: Any, name: str) -> None:
    """Refuse an object that holds numbers and is the key of a dict, in which its twin would not be found."""
    by_identity: Any = object.__hash__
    if type(key) not in PLAIN and is_followed(key) and type(key).__hash__ is by_identity and Reading(key).leaves:
        raise TypeError(
            f"{name}{': ' if name else ''}an object that holds numbers is a key of a dict, in which it would not be "
            f"found with others in their places: {key!r:.60}. Keep these objects in a list, and in them what is theirs"
        )


def check_views(arrays: list[tuple[Any, str]], replaced: Container[int] | None = None) -> None:
    """Refuse two arrays that share memory, such as a view and its base: their twins would not share it.

    Arrays come with their names. With `replaced`, the ids of the arrays that get twins, only pairs with one of these
    among them are refused.
    """
    near: list[tuple[int, Any, str]] = []  # arrays that may reach beyond where the next one begins
    different = {id(x): (*extent(x), x, name) for x, name in arrays if x.size}
    for start, end, x, name in sorted(different.values(), key=lambda each: each[:2]):
        near = [each for each in near if each[0] > start]
        for _, y, other in near:
            counts = replaced is None or id(x) in replaced or id(y) in replaced
            if counts and share_memory(x, y):
                raise TypeError(
                    f"{other or 'an array'} and {name or 'another'} share their numbers, as one is a view of the "
                    "other, and would not with others in their places: take a copy, or a view in the function"
                )
        near.append((end, x, name))


def extent(x: Any) -> tuple[int, int]:
    """The addresses between which the numbers of an array lie."""
    steps = [(n - 1) * stride for n, stride in zip(x.shape, x.strides, strict=True)]
    start = x.__array_interface__["data"][0]
    return start + sum(min(0, step) for step in steps), start + sum(max(0, step) for step in steps) + x.itemsize


def share_memory(x: Any, y: Any) -> bool:
    """Whether two arrays have a number in common; if that takes long to find out, they may."""
    import numpy as np

    effort: Any = 10_000  # the exact answer may take longer than anybody waits
    try:
        return bool(np.shares_memory(x, y, max_work=effort))
    except np.exceptions.TooHardError:
        return True


def suffixes_of(x: Any) -> list[str]:
    """How elements are written behind the name of what holds them: `[0]`, `['price']`, `.x` of a named tuple."""
    if is_array(x):
        return suffixes_at(x.shape)
    if isinstance(x, tuple) and hasattr(type(x), "_fields"):
        return [f".{name}" for name in getattr(x, "_fields")]  # noqa: B009 - mypy knows no named tuples in general
    return [f"[{key!r}]" for key in keyed_elements(x)]


def misplaced(x: Any, name: str = "") -> str:
    """What to say of numbers that stand where they cannot be followed."""
    return (
        f"{name}{': ' if name else ''}numbers are real and stand in lists, tuples, dicts, dataclasses, objects and "
        f"NumPy arrays, not in {x!r:.60}, a {type(x).__name__}"
    )


def may_hold_numbers(x: Any) -> bool:
    """Whether x is, or holds, numbers that cannot be replaced: a complex one, those of a set, those to come."""
    kind = type(x)
    if isinstance(x, Complex):
        return not (isinstance(x, bool) or is_enum(kind))
    if (
        kind.__module__ in HOLDING_NONE
        or isinstance(x, str | bytes | range | type | GenericAlias)
        or not defines(kind, "__iter__")
        or defines(kind, "readline")
    ):
        return False
    if defines(kind, "dtype"):  # an array of truths or texts holds none; a masked one, or a matrix, does
        return getattr(x.dtype, "kind", "O") in "iufcO"
    return bool(Reading([*x]).leaves) if isinstance(x, set | frozenset | DICT_VIEWS) else True


HOLDING_NONE = {"typing", "ipaddress"}  # modules whose objects can be iterated over, and hold no numbers
DICT_VIEWS: Any = type({}.keys()) | type({}.values()) | type({}.items())
