"""`max` and `min` of numbers that are recorded: choices between their operands, in place of questions.

While a run goes on they stand as names in the modules of the user's functions that call them, where these have no such
names of their own. They compute what Python's own do, ties and nan too: `max(a, b)` is b where `b > a`, and else a.
"""

from __future__ import annotations

import builtins
import operator
from contextlib import contextmanager
from inspect import unwrap

from ..graph import Node
from .binding import BINDING_LOCK, NO_NAME, Bindings, Entry

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def choice(name: str, is_better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The twin of `max` or `min`."""
    original = getattr(builtins, name)

    def twin(*args: Any, **options: Any) -> Any:
        if len(args) == 2 and not options and (issubclass(type(args[0]), Node) or issubclass(type(args[1]), Node)):
            return either(is_better(args[1], args[0]), args[1], args[0])
        several = args if len(args) != 1 else args[0] if type(args[0]) in (list, tuple) else ()
        if options or len(several) < 2 or not any(issubclass(type(x), Node) for x in several):
            return original(*args, **options)
        best = several[0]
        for x in several[1:]:
            best = either(is_better(x, best), x, best)
        return best

    twin.__name__ = twin.__qualname__ = name
    twin.__doc__ = original.__doc__
    return twin


def either(truth: Any, x: Any, y: Any) -> Any:
    """x where it is true, else y: chosen in each call anew, where the truth is one that can be recorded."""
    select = getattr(type(truth), "_select", None)
    chosen = select(truth, x, y) if select else NotImplemented
    return (x if truth else y) if chosen is NotImplemented else chosen


CHOICES = {"max": choice("max", operator.gt), "min": choice("min", operator.lt)}
CHOOSING: dict[int, Bindings] = {}  # by the ids of the namespaces, which they keep alive


def choices_of(namespace: dict[str, Any]) -> Bindings:
    """The places of the names in a module that has no such names of its own."""
    known = CHOOSING.get(id(namespace))
    if known is None:
        known = CHOOSING[id(namespace)] = Bindings(namespace)
        for name, twin in CHOICES.items():
            known.bind(Entry(namespace, name), NO_NAME, twin)
    return known


@contextmanager
def choosing(*functions: Any) -> Iterator[None]:
    """While it is entered, `max` and `min` in the modules of these functions are their twins."""
    found = [getattr(unwrap(f), "__globals__", None) for f in functions]
    with BINDING_LOCK:
        wanted = [choices_of(namespace) for namespace in {id(x): x for x in found if x is not None}.values()]
        for bindings in wanted:
            bindings.count += 1
            bindings.put()
    try:
        yield
    finally:
        with BINDING_LOCK:
            for bindings in wanted:
                bindings.count -= 1
                if not bindings.count:
                    bindings.put_back()
