"""Containers as rows of a table: what each kind holds, by which keys, and how it is filled, emptied and made again.

A row has the functions of Python's own class. An instance of a class of the user's goes by the row of the first class
behind it that has one: so no method of the user's runs while its elements are read or put.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict, deque

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

LOOKALIKES: set[type] = set()  # the class of arrays in whose places a run has its numbers, once there is one


class Container:
    """One kind of container: its elements in their order, and the index or key of each.

    `fill(x, keys, elements)` puts elements into an empty one, and `empty(x)` takes all of them out; a kind without
    these gets its elements when it is made. `setting` is the attribute that an empty one is begun with.
    """

    __slots__ = ("begin", "elements", "empty", "fill", "keys", "setting")

    def __init__(
        self,
        elements: Callable[[Any], Iterable[Any]],
        keys: Callable[[Any], Iterable[Any]],
        fill: Callable[[Any, Iterable[Any], Iterable[Any]], None] | None = None,
        empty: Callable[[Any], None] | None = None,
        setting: tuple[str, Callable[[Any, Any], None]] | None = None,
    ) -> None:
        self.elements = elements
        self.keys = keys
        self.fill = fill
        self.empty = empty
        self.setting: str
        self.begin: Callable[[Any, Any], None] | None
        self.setting, self.begin = setting or ("", None)


def by_position(kind: Any, add: Any = None, setting: Any = None) -> Container:
    """A kind whose elements are counted 0, 1, 2, …; `add` puts in several, if that can be done later."""
    fill = (lambda x, keys, elements: add(x, elements)) if add else None
    return Container(kind.__iter__, lambda x: range(kind.__len__(x)), fill, add and kind.clear, setting)


def by_key(kind: Any, setting: Any = None) -> Container:
    """A kind of dict."""

    def fill(x: Any, keys: Iterable[Any], elements: Iterable[Any]) -> None:
        for key, y in zip(keys, elements, strict=True):
            kind.__setitem__(x, key, y)

    return Container(kind.values, kind.keys, fill, kind.clear, setting)


KINDS: dict[type, Container] = {
    list: by_position(list, list.extend),
    tuple: by_position(tuple),
    dict: by_key(dict),
    set: by_position(set, set.update),
    frozenset: by_position(frozenset),
    deque: by_position(deque, deque.extend, ("maxlen", lambda x, size: deque.__init__(x, (), size))),
    OrderedDict: by_key(OrderedDict),
    defaultdict: by_key(defaultdict, ("default_factory", defaultdict.__init__)),
}
ARRAY = Container(lambda x: x.ravel().tolist(), lambda x: range(x.size))
BUILTIN = KINDS.keys()
CONTAINERS = tuple([kind for kind in KINDS if kind.__base__ is object])  # the others are dicts
SETS = set, frozenset  # which hold no numbers that can be followed: equal ones would become one


def is_array(tree: Any) -> bool:
    """Whether this is a NumPy array of numbers or of objects."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "memmap"):  # or another thread is importing it
        return False
    return type(tree) in (numpy.ndarray, numpy.memmap, *LOOKALIKES) and tree.dtype.kind in "iufO"


def is_numeric(x: Any) -> bool:
    """Whether this is an array of plain numbers, which holds nothing to look into."""
    return is_array(x) and x.dtype.kind != "O"


def class_behind(kind: type) -> Any:
    """The first class behind a class that has a row in the table."""
    return kind if kind in KINDS else next((cls for cls in kind.__mro__ if cls in KINDS), None)


def row_of(x: Any) -> Container | None:
    """The row of a container or an array; None of anything else."""
    behind = class_behind(type(x))
    return KINDS[behind] if behind else ARRAY if is_array(x) else None


def elements_of(x: Any) -> list[Any]:
    """What a container or an array holds, in its order; nothing of anything else.

    >>> elements_of({"price": 100, "tax": 1.1})
    [100, 1.1]
    """
    row = row_of(x)
    return [*row.elements(x)] if row else []


def keyed_elements(x: Any) -> dict[Any, Any]:
    """The same, by index or key.

    >>> keyed_elements(["apple", "pear"])
    {0: 'apple', 1: 'pear'}
    """
    row = row_of(x)
    return dict(zip(row.keys(x), row.elements(x), strict=True)) if row else {}


def can_be_filled(x: Any) -> bool:
    """Whether this is a container that elements can be put into: a list, a dict, a set, a deque."""
    row = row_of(x)
    return row is not None and row.fill is not None


def replace_elements(x: Any, keys: Iterable[Any], elements: Iterable[Any]) -> None:
    """Take all elements out of a list, dict, set or deque, and put these into it."""
    row = row_of(x)
    assert row
    assert row.empty
    assert row.fill
    row.empty(x)
    row.fill(x, keys, elements)
