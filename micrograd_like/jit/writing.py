"""What a run writes into its arguments: a compiled program would not write it, so the function runs as it is."""

from __future__ import annotations

from functools import cached_property

from ..objects import (
    CONTAINERS,
    FUNCTIONS,
    attributes,
    cleared,
    dict_of,
    filled,
    in_class,
    is_array,
    pairs_in,
    put,
)
from ..twins import branches

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Written(BaseException):
    """A run wrote into an argument of this type: this call is left to the function as it is."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


class Held:
    """What containers, arrays and objects in arguments hold before a run."""

    def __init__(self, arguments: Any, models: Iterable[Any]) -> None:
        self.before: dict[int, tuple[Any, Any]] = {id(model): (model, None) for model in models}  # these are written to
        stack = [arguments]
        while stack:
            x = stack.pop()
            if id(x) not in self.before and type(x) not in FUNCTIONS and branches(x):
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
                put_back(x, held)


def put_back_in_array(x: Any, held: Any) -> None:
    if not isinstance(held, dict):
        x[...] = held
        return
    for k, y in held.items():
        x.flat[k] = y


def put_back(x: Any, held: dict[Any, Any]) -> None:
    names = attributes(x)
    if isinstance(x, CONTAINERS):
        elements = {key: y for key, y in held.items() if key not in names}
        cleared(x)
        filled(x, elements, [*elements.values()])
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
