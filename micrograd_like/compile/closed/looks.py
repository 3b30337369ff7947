"""How to look at a thing again, and what was there: names, attributes, entries by identity; contents where need be."""

from __future__ import annotations

import sys
from abc import get_cache_token
from operator import attrgetter, methodcaller

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import CellType
    from typing import Any

LONG_LIST = 256  # entries of a list, from which on their addresses are compared
ABSENT: Any = type("Missing", (), {"__slots__": (), "__repr__": lambda _: "nothing"})()
NOTHING_MORE = (ABSENT,)  # behind what a container holds, so that a longer one differs
NAME_OF = "a name"  # how to look: as code does
EMPTY: Any = type("Empty", (), {"__slots__": (), "__repr__": lambda _: "something else in every call"})()


class Look:
    """A way to look at several things at once, and what was there."""

    __slots__ = ("before", "how", "is_read", "label", "namespace", "now", "wheres")

    def __init__(
        self,
        now: Callable[[], Iterable[Any]],
        before: tuple[Any, ...],
        label: Callable[[int], str],
        namespace: Any = None,
        how: Any = None,
        wheres: Sequence[Any] = (),
    ) -> None:
        self.now = now
        self.how = how  # if it is at one part of several things,
        self.wheres = wheres  # which are these
        self.before = before
        self.label = label  # what the user calls the thing at a place
        self.namespace = namespace  # the dict that all of it is in, or None
        self.is_read = True  # whether the function does more with it than to add to it


class Copy:
    """What is compared by its contents: how to look, at what, what was there, and what the user calls it."""

    __slots__ = ("before", "held", "is_read", "label", "look", "x")

    def __init__(self, look: Callable[[Any], Any], x: Any, label: str, held: tuple[Any, ...] = ()) -> None:
        self.look = look
        self.x = x
        self.before = look(x)
        self.label = label
        self.held = held  # whose addresses were compared: while it is held, they are not used again
        self.is_read = True


def always_another(_: Any) -> Any:
    """A look that never finds what was there before: it has the function run as it is."""
    return object()


def content_of(cell: CellType) -> Any:
    """What a cell holds, or that it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT


def own_names(x: Any) -> Any:
    """The attributes that an object has of its own, whatever its `__getattr__` makes up; None if it can have none."""
    try:
        return object.__getattribute__(x, "__dict__")
    except AttributeError:
        return None


def in_slot(slot: Any, x: Any) -> Any:
    """What an object holds in a slot, past its `__getattribute__`; ABSENT if nothing."""
    try:
        return slot.__get__(x)
    except AttributeError:
        return ABSENT


def bits(x: Any) -> Any:
    """An array's shape, type and bytes."""
    return x.shape, x.dtype.str, sys.modules["numpy"].ndarray.tobytes(x)


def state_of_numpy(x: Any) -> Any:
    """Where a random generator of NumPy is; its calls show there alone, since no profiler is told of them."""
    has_legacy = hasattr(x, "get_state")  # also the normal number that it has in store
    return comparable(x.get_state(legacy=False) if has_legacy else getattr(x, "bit_generator", x).state)


def comparable(state: Any) -> Any:
    """A state with the bytes of arrays in the places of these, so that == answers a bool."""
    if isinstance(state, dict):
        return {key: comparable(x) for key, x in state.items()}
    return state.tobytes() if hasattr(state, "tobytes") else state


def state_of_context(context: Any) -> Any:
    """How a context of decimal rounds, and which of its conditions are errors."""
    numbers = context.prec, context.rounding, context.Emin, context.Emax, context.capitals, context.clamp
    return *numbers, *context.traps.values()


def context_in_force(_: Any) -> Any:
    """The state of the context of decimal in which this thread computes."""
    return state_of_context(sys.modules["decimal"].getcontext())


def signals(context: Any) -> Any:
    """Which conditions a context of decimal has met."""
    return (*context.flags.values(),)


def signals_in_force(_: Any) -> Any:
    """The conditions that decimal has met in this thread."""
    return signals(sys.modules["decimal"].getcontext())


def registrations(_: Any) -> Any:
    """A number that is another one when a class has been registered with any abstract class."""
    return get_cache_token()


STATE = methodcaller("getstate")
ARGS = attrgetter("args")
LEVEL = methodcaller("getEffectiveLevel")
CONTEXT = methodcaller("get", ABSENT)
CONTENT = attrgetter("cell_contents")
BASES = attrgetter("__mro__")
OWN_NAMES = attrgetter("__dict__")
CODE, DEFAULTS, KWDEFAULTS = attrgetter("__code__"), attrgetter("__defaults__"), attrgetter("__kwdefaults__")
GETATTRIBUTE: Any = object.__getattribute__
