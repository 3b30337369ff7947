"""What a run writes into its arguments. It has twins in their places, so what it writes may be lost."""

from __future__ import annotations

from .containers import is_numeric
from .objects import FUNCTIONS, PLAIN, is_module, pairs_in
from .state import State
from .twins import is_taken_apart

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def in_several(arguments: dict[Any, Any], followed: list[Any]) -> dict[int, Any]:
    """The containers and objects, by their ids, that stand in several arguments and get a twin in one that is followed.

    `followed` are the keys of the arguments that a function is differentiated by.
    """
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
        if not (kind in (list, tuple) and {*map(type, x)} <= PLAIN) and not is_numeric(x):
            stack += [y for _, y in pairs_in(x)]


class Held:
    """What containers, arrays and objects in arguments hold before a run, but for models, which are written to."""

    def __init__(self, arguments: Any, models: Iterable[Any]) -> None:
        self.before: dict[int, State] = {}
        kept = {id(model): model for model in models}
        stack = [arguments]
        while stack:
            x = stack.pop()
            if id(x) not in self.before and id(x) not in kept and type(x) not in FUNCTIONS and is_taken_apart(x):
                state = self.before[id(x)] = State(x)
                if not is_numeric(x):
                    stack += [*state.elements.values(), *state.attributes.values()]

    def written(self) -> str:
        """The type of something that holds something else now, "" if nothing does."""
        return next((type(state.it).__name__ for state in self.before.values() if state.is_written), "")

    def undo(self, twins: set[int]) -> None:
        """Put back what was written into what is no twin, but the user's own."""
        for number, state in self.before.items():
            if number not in twins and state.is_written:
                state.put_back()
