"""Twins of objects and containers: copies with other numbers in them, made without running any code of the user's.

A twin is made only of what leads to a number that is replaced; everything else is the same object in both. What stands
in two places of the original is one object in two places of the twin.
"""

from __future__ import annotations

import sys
from functools import cached_property, lru_cache, partial
from types import BuiltinFunctionType, CellType, FunctionType, MethodType
from weakref import ref

from ..core import kinds_of
from ..graph import Node
from .containers import CONTAINERS, SETS, elements_of, is_array, is_numeric, keyed_elements, row_of
from .objects import (
    FUNCTIONS,
    NUMBERS,
    PLAIN,
    array_like,
    attributes,
    bare,
    closed_over,
    in_class,
    is_empty,
    is_followed,
    is_leaf,
    is_own_module,
    pairs_in,
    put,
    with_elements,
)

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Place = tuple[int, Any]  # the id of what holds a number, and its index, key or name there
    Holders = dict[int, Any]  # containers, objects and functions by their ids


class Wanted:
    """Which numbers are replaced, and where they are looked for: here all numbers in containers, arrays and objects."""

    met_functions = False
    containers = False  # whether all lists, dicts and sets are, those too that hold none

    def leaf(self, x: Any, place: Place) -> bool:
        """Whether this number or Value is."""
        return True

    def flat(self, x: Any, kinds: set[type]) -> bool:
        """Whether one is among the plain numbers and texts of a list, which are of these kinds."""
        return bool(kinds & NUMBERS)

    def array(self, x: Any) -> bool:
        """Whether one is in an array of plain numbers."""
        return bool(x.size)

    def pairs(self, x: Any) -> list[tuple[Any, Any]]:
        """What x holds."""
        if type(x) in FUNCTIONS:
            self.met_functions = True
            return []
        return pairs_in(x)


class Containers(Wanted):
    """The same; twins are also made of all containers, so that nothing written into a twin's reaches the original."""

    containers = True


class Beyond(Wanted):
    """The same; twins are also made of functions that close over `data`, objects that lead to such numbers."""

    def __init__(self, data: Holders) -> None:
        self.data = data

    def pairs(self, x: Any) -> list[tuple[Any, Any]]:
        if type(x) not in FUNCTIONS:
            return pairs_in(x)
        return [(k, y) for k, y in enumerate(closed_over(x)) if id(y) in self.data or type(y) in FUNCTIONS]


def leading(root: Any, wanted: Wanted) -> Holders:
    """The containers, objects and functions from which one of the wanted numbers can be reached."""
    holders: dict[int, list[int]] = {}  # who holds what
    direct: list[int] = []
    keeping: list[tuple[Any, Any]] = []  # functions that no twin can be made of, and what they keep
    seen: Holders = {id(root): root}
    stack = [root]
    while stack:
        x = stack.pop()
        if wanted.containers and issubclass(type(x), CONTAINERS):
            direct.append(id(x))
        if type(x) in (list, tuple) and (kinds := kinds_of(x)) <= PLAIN:
            if wanted.flat(x, kinds):
                direct.append(id(x))
            continue
        if is_numeric(x):
            if wanted.array(x):
                direct.append(id(x))
            continue
        for key, y in wanted.pairs(x):
            kind = type(y)
            keeping += [(y, owner) for owner in owners_of(y)] if kind in KEEPING else []
            if kind in PLAIN and kind not in NUMBERS:
                continue
            if is_leaf(y):
                if wanted.leaf(y, (id(x), key)):
                    direct.append(id(x))
            elif is_taken_apart(y):
                holders.setdefault(id(y), []).append(id(x))
                if id(y) not in seen:
                    seen[id(y)] = y
                    stack.append(y)
    found: Holders = {}
    while direct:
        known = direct.pop()
        if known not in found:
            found[known] = seen[known]
            direct += holders.get(known, ())
    for x, owner in keeping:
        if id(owner) in found:
            raise TypeError(
                f"{getattr(x, '__name__', 'a function')} of {owner!r:.40} is kept beside it, and would go on with the "
                "numbers that it has now: write a method, or a function, that asks for it when it is called"
            )
    return found


KEEPING = {BuiltinFunctionType, type(lru_cache(len))}


def owners_of(x: Any) -> list[Any]:
    """What a method written in C, or a function with a cache, was made with."""
    if type(x) is BuiltinFunctionType:
        return [x.__self__]
    inner = getattr(x, "__wrapped__", None)
    return closed_over(inner) if type(inner) in FUNCTIONS else []


def is_taken_apart(x: Any) -> bool:
    """Whether x is something that is taken apart."""
    kind = type(x)
    return kind in FUNCTIONS or issubclass(kind, CONTAINERS) or is_array(x) or is_followed(x) or is_own_module(kind)


class Twins:
    """Makes twins of what is in `leads`; `number` answers what stands in the place of each number.

    The twin of a function closes over the twins of what the original closes over.
    """

    def __init__(self, number: Callable[[Any, Place], Any], leads: Holders) -> None:
        self.number = number
        self.leads = leads
        self.memo: dict[int, tuple[Any, Any]] = {}  # originals and twins, by the ids of the originals
        self.begun: set[int] = set()

    def of(self, x: Any, place: Place) -> Any:
        """What stands in the place of x."""
        kind = type(x)
        if kind in PLAIN and kind not in NUMBERS:
            return x
        if is_leaf(x):
            return self.number(x, place)
        if id(x) in self.begun:
            return self.memo[id(x)][1]
        if id(x) not in self.leads:
            return x
        if kind in FUNCTIONS:
            return self.function(x)
        return self.whole(x)

    def whole(self, x: Any) -> Any:
        """The twin of a container or an object, with all that it holds."""
        self.begun.add(id(x))
        if is_array(x):
            return self.noted(x, self.array(x, self.elements(x)))
        row = row_of(x)
        if row and not row.fill:
            twin = self.noted(x, with_elements(x, self.elements(x)))
        else:
            twin = self.shell(x)
            if row and row.fill:
                row.fill(twin, row.keys(x), self.elements(x))
        if isinstance(x, SETS) and len(twin) != len(x):
            raise TypeError(f"numbers of a set are equal here, and one of them would be lost: {x!r:.60}: take a list")
        for name, y in self.attributes(x).items():
            put(twin, name, self.of(y, (id(x), name)))
        return twin

    def elements(self, x: Any) -> list[Any]:
        return [self.of(y, (id(x), key)) for key, y in keyed_elements(x).items()]

    def attributes(self, x: Any) -> dict[str, Any]:
        """The attributes that the twin is given."""
        return attributes(x)

    def array(self, x: Any, new: list[Any]) -> Any:
        return array_like(x, new)

    def shell(self, x: Any) -> Any:
        """The twin of something that can be filled later."""
        return self.memo[id(x)][1] if id(x) in self.memo else self.noted(x, bare(x))

    def noted(self, x: Any, twin: Any) -> Any:
        self.memo[id(x)] = x, twin
        return twin

    # functions

    def closed(self, x: Any, place: Place) -> Any:
        """What a function closes over in the place of x."""
        return self.of(x, place)

    def function(self, x: Any) -> Any:
        """The same function, closed over twins."""
        places = ((id(x), k) for k in range(sys.maxsize))
        if type(x) is not FunctionType:
            new = [self.closed(y, place) for y, place in zip(closed_over(x), places, strict=False)]
            if type(x) is MethodType:
                return MethodType(new[1], new[0])
            if type(x) is ref:
                return ref(new[0])
            assert isinstance(x, partial)
            count = 1 + len(x.args)
            return partial(new[0], *new[1:count], **dict(zip(x.keywords, new[count:], strict=True)))
        cells = tuple(CellType() for _ in x.__closure__ or ())
        twin = self.noted(x, FunctionType(x.__code__, x.__globals__, x.__name__, None, cells or None))
        self.begun.add(id(x))
        twin.__dict__.update(x.__dict__)
        twin.__qualname__ = x.__qualname__
        for cell, new_cell in zip(x.__closure__ or (), cells, strict=True):
            if not is_empty(cell):
                new_cell.cell_contents = self.closed(cell.cell_contents, next(places))
        if x.__defaults__:
            twin.__defaults__ = tuple(self.closed(y, next(places)) for y in x.__defaults__)
        if x.__kwdefaults__:
            twin.__kwdefaults__ = {name: self.closed(y, next(places)) for name, y in x.__kwdefaults__.items()}
        return twin


def same(
    a: Any, b: Any, seen: set[tuple[int, int]] | None = None, equal: Callable[[Any, Any], bool] | None = None
) -> bool:
    """Whether two trees are of the same classes and hold the same, with the numbers that Values have now."""
    equal = equal or same_number
    if a is b:
        return True
    seen = seen if seen is not None else set()
    if (id(a), id(b)) in seen:
        return True
    seen.add((id(a), id(b)))
    if is_leaf(a) and is_leaf(b):
        return equal(number_in(a), number_in(b)) and (
            isinstance(a, Node) or isinstance(b, Node) or (type(a) is type(b) and repr(a) == repr(b))
        )
    if type(a) is not type(b) and not (is_array(a) and is_array(b)):
        return False
    if type(a) in FUNCTIONS:
        alike = getattr(a, "__code__", None) is getattr(b, "__code__", None)
        return alike and same(closed_over(a), closed_over(b), seen, equal)
    if is_array(a):
        return bool(a.shape == b.shape) and same(elements_of(a), elements_of(b), seen, equal)
    if is_taken_apart(a):
        if isinstance(a, SETS):
            return bool(a == b)
        ones, others = dict(pairs_in(a)), dict(pairs_in(b))
        in_one = [key for key in {**ones, **others} if not (key in ones and key in others)]
        if not all(isinstance(in_class(type(a), key), cached_property) for key in in_one):
            return False
        return all(same(x, others[key], seen, equal) for key, x in ones.items() if key in others)
    return bool(a == b)


def number_in(x: Any) -> Any:
    """A Value's number; a number inside a trace as it is, so that comparing it is a question which the trace notes."""
    return x._data if hasattr(type(x), "_data") and not hasattr(x, "_trace") else x


def nearly(a: Any, b: Any) -> bool:
    """Whether two numbers differ in the last bits alone, as those of two ways to add do: `sum` of floats is one."""
    return same_number(a, b) or abs(a - b) <= 1e-12 * max(abs(a), abs(b))


def same_number(a: Any, b: Any) -> bool:
    """Whether two numbers are equal, or both nan."""
    return bool(a == b or (a != a and b != b))
