"""What a run writes into its arguments: into twins, of which others may not hear."""

from __future__ import annotations

from functools import cached_property

from .objects import (
    CONTAINERS,
    FUNCTIONS,
    PLAIN,
    attributes,
    cleared,
    dict_of,
    in_class,
    is_array,
    is_module,
    pairs_in,
    put,
    put_elements,
)
from .twins import is_taken_apart

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def in_several(arguments: dict[Any, Any], followed: list[Any]) -> dict[int, Any]:
    """What can be written into and stands in several arguments, one of which is followed, by its id."""
    places: dict[int, Any] = {}
    found: dict[int, Any] = {}
    for key, argument in arguments.items():
        for x in branches_in(argument):
            if places.setdefault(id(x), key) != key and (key in followed or places[id(x)] in followed):
                found[id(x)] = x
    return found


def branches_in(tree: Any) -> Iterable[Any]:
    """The lists, dicts, arrays and objects in an argument, each once."""
    seen: set[int] = set()
    stack = [tree]
    while stack:
        x = stack.pop()
        kind = type(x)
        if kind in PLAIN or kind in FUNCTIONS or id(x) in seen or is_module(x) or not is_taken_apart(x):
            continue
        seen.add(id(x))
        yield x
        if not (kind in (list, tuple) and {*map(type, x)} <= PLAIN) and not (is_array(x) and x.dtype.kind != "O"):
            stack += [y for _, y in pairs_in(x)]


class Held:
    """What containers, arrays and objects in arguments hold before a run."""

    def __init__(self, arguments: Any, models: Iterable[Any]) -> None:
        self.before: dict[int, tuple[Any, Any]] = {id(model): (model, None) for model in models}  # these are written to
        stack = [arguments]
        while stack:
            x = stack.pop()
            if id(x) not in self.before and type(x) not in FUNCTIONS and is_taken_apart(x):
                held = contents(x)
                self.before[id(x)] = x, held
                if isinstance(held, dict):
                    stack += held.values()

    def written(self) -> str:
        """The type of something that holds something else now, "" if nothing does."""
        return next((type(x).__name__ for x, held in self.before.values() if is_written(x, held)), "")

    def undo(self, twins: set[int]) -> None:
        """Put back what was written into what is no twin, but the user's own."""
        for number, (x, held) in self.before.items():
            if number in twins or not is_written(x, held):
                continue
            if is_array(x):
                put_back_in_array(x, held)
            else:
                elements_put_back(x, held)


def put_back_in_array(x: Any, held: Any) -> None:
    if not isinstance(held, dict):
        x[...] = held
        return
    for k, y in held.items():
        x.flat[k] = y


def elements_put_back(x: Any, held: dict[Any, Any]) -> None:
    names = attributes(x)
    if isinstance(x, CONTAINERS):
        elements = {key: y for key, y in held.items() if key not in names}
        cleared(x)
        put_elements(x, elements, [*elements.values()])
    for name in names.keys() - held.keys():
        (dict_of(x) or {}).pop(name, None)
    for name, y in held.items():
        if name in names:
            put(x, name, y)


def contents(x: Any) -> Any:
    """What stands in a container or object, by its place or name; a copy of an array of plain numbers."""
    return x.copy() if is_array(x) and x.dtype.kind != "O" else dict(pairs_in(x))


def is_written(x: Any, held: Any) -> bool:
    """Whether x holds anything else than it did, beside what a cached property keeps."""
    if held is None:
        return False
    if not isinstance(held, dict):
        return bool(x.shape != held.shape or x.tobytes() != held.tobytes())
    now = dict(pairs_in(x))
    if len(now) < len(held) or any(now.get(key, now) is not y for key, y in held.items()):
        return True
    return not all(type(in_class(type(x), key)) is cached_property for key in now.keys() - held.keys())
