"""How functions are pickled, even where another one has taken their name, as the derivative does in `f = grad(f)`."""

from __future__ import annotations

import sys
from operator import attrgetter
from types import FunctionType

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Behind:
    """A function that is found by the name of what decorates it; pickled, it becomes that function again."""

    def __init__(self, module: str, name: str, depth: int) -> None:
        self.place = module, name, depth  # and how often to ask for `__wrapped__`

    def __reduce__(self) -> Any:
        return found, self.place


def portable(f: Any) -> Any:
    """What to pickle in place of a function whose name may be taken by its derivative, or by what jit made of it."""
    if not travels_by_value(f):
        for depth, x in enumerate(having_name_of(f)):
            if x is f:
                return Behind(f.__module__, f.__qualname__, depth) if depth else f
        return under_another_name(f) or f
    return f


def under_another_name(f: Any) -> Behind | None:
    """The place of a function that its module knows by another name than its own, as a lambda; None without one.

    What has only been run, `__main__`, is another module in another process.
    """
    module = sys.modules.get(f.__module__ or "") if isinstance(f, FunctionType) and f.__module__ != "__main__" else None
    for name, x in [*vars(module).items()] if module else []:
        wraps = x is f or "__wrapped__" in (getattr(x, "__dict__", None) or ())
        for depth, y in enumerate(wrapped_in(x) if wraps else ()):
            if y is f:
                return Behind(f.__module__, name, depth)
    return None


def is_named(f: Any) -> bool:
    """Whether another process finds it by its own name."""
    return not travels_by_value(f) and next(having_name_of(f), None) is f


def having_name_of(f: Any) -> Iterator[Any]:
    """What has the name of a function in its module, and what that wraps, one behind the other."""
    try:
        x = attrgetter(f.__qualname__)(sys.modules[f.__module__])
    except (AttributeError, KeyError, TypeError):  # a function within a function, an object without a name
        return
    yield from wrapped_in(x)


def wrapped_in(x: Any) -> Iterator[Any]:
    """It, and what it wraps, one behind the other."""
    seen: set[int] = set()
    while x is not None and id(x) not in seen:
        seen.add(id(x))
        yield x
        x = getattr(x, "__wrapped__", None)


def found(module: str, name: str, depth: int) -> Any:
    """The function in that place."""
    from importlib import import_module

    f = attrgetter(name)(import_module(module))
    for _ in range(depth):
        f = f.__wrapped__
    return f


def travels_by_value(f: Any = None) -> bool:
    """Whether cloudpickle or dill is at work, which take what `__main__` defines along with them; f from there only."""
    frame = sys._getframe(1) if f is None or getattr(f, "__module__", None) == "__main__" else None
    while frame and not {"cloudpickle", "dill"} & {*frame.f_globals.get("__name__", "").split(".")}:
        frame = frame.f_back
    return frame is not None
