"""What a container, an array or an object holds at a moment: to see whether it was written into, and to put it back."""

from __future__ import annotations

from functools import cached_property

from .containers import can_be_filled, is_array, is_numeric, keyed_elements, replace_elements
from .objects import attributes, in_class, put, remove

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class State:
    """The elements of x by index or key, and its attributes.

    >>> prices = [100, 2]
    >>> before = State(prices)
    >>> prices.append(1.1)
    >>> before.is_written
    True
    >>> before.put_back()
    >>> prices
    [100, 2]
    """

    __slots__ = ("attributes", "elements", "it")

    def __init__(self, x: Any) -> None:
        self.it = x
        self.elements: Any = x.copy() if is_numeric(x) else keyed_elements(x)
        self.attributes = attributes(x)

    @property
    def is_written(self) -> bool:
        """Whether x holds anything else now, beside what a cached property keeps."""
        now = State(self.it)
        if is_numeric(self.it):
            return bool(self.elements.shape != now.elements.shape or self.elements.tobytes() != now.elements.tobytes())
        if not are_the_same(self.elements, now.elements):
            return True
        if any(now.attributes.get(name, now) is not y for name, y in self.attributes.items()):
            return True
        added = now.attributes.keys() - self.attributes.keys()
        return not all(type(in_class(type(self.it), name)) is cached_property for name in added)

    def put_back(self) -> None:
        """Give x the elements and attributes that it had."""
        now = State(self.it)
        if is_numeric(self.it):
            self.it[...] = self.elements
        elif is_array(self.it):
            for k, y in self.elements.items():
                self.it.flat[k] = y
        elif can_be_filled(self.it) and not are_the_same(self.elements, now.elements):
            replace_elements(self.it, self.elements.keys(), self.elements.values())
        for name in now.attributes.keys() - self.attributes.keys():
            remove(self.it, name)
        for name in differing(now.attributes, self.attributes):
            put(self.it, name, self.attributes[name])


def put_all_back(states: Iterable[State]) -> None:
    for state in states:
        state.put_back()


def are_the_same(before: dict[Any, Any], now: dict[Any, Any]) -> bool:
    """Whether the very same elements stand under the same keys, in the same order."""
    return [*before] == [*now] and all(x is now[key] for key, x in before.items())


def differing(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The names under which there is something else now, or something that was not there."""
    return [name for name, y in now.items() if name not in before or before[name] is not y]
