"""max and min of two numbers: one expression in a recording for many rows, so that they do not part the rows."""

from __future__ import annotations

import operator
from contextlib import contextmanager
from threading import RLock

from ...ops import chosen
from ...trace.symbol import Symbol
from .column import Column

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

LARGEST_INT = 2**53  # up to which an int is a float too


def choosing(builtin: Callable[..., Any], is_better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """max or min: recorded for rows it asks of two numbers whether the second is better, and chooses by the answer."""

    def choose(*args: Any, **options: Any) -> Any:
        if len(args) == 2 and not options:
            first, second = args
            if type(first) is Column or type(second) is Column:
                return chosen(is_better(second, first), second, first)
            if is_for_rows(first, second):
                first, second = as_float(first, second), as_float(second, first)
                return chosen(is_better(second, first), second, first)
        return builtin(*args, **options)

    choose.__name__ = choose.__qualname__ = builtin.__name__
    return choose


def is_for_rows(a: Any, b: Any) -> bool:
    """Whether both are floats, or such ints as are, and one of them is recorded for rows."""
    symbols = [x for x in (a, b) if type(x) is Symbol]
    return (
        bool(symbols)
        and symbols[0]._trace.by == "vmap"
        and not symbols[0]._trace.at_once
        and all(type(x._data) is float and x._trace is symbols[0]._trace and not x._trace.finished for x in symbols)
        and all(type(x) is Symbol or type(x) is float or (type(x) is int and abs(x) <= LARGEST_INT) for x in (a, b))
    )


def as_float(x: Any, other: Any) -> Any:
    """An int as a float, of which the trace of the other one takes note."""
    if type(x) is not int:
        return x
    other._trace.chose_int = True
    return float(x)


CHOOSING = {"max": choosing(max, operator.gt), "min": choosing(min, operator.lt)}
COUNTS: dict[int, int] = {}  # how many recordings go on, by the id of the namespace that they need a twin in
LOCK = RLock()


@contextmanager
def one_expression(namespaces: list[dict[str, Any]]) -> Iterator[None]:
    """While it is entered, max and min are their twins in these modules, unless a module has its own."""
    with LOCK:
        for namespace in namespaces:
            COUNTS[id(namespace)] = COUNTS.get(id(namespace), 0) + 1
            for name, choose in CHOOSING.items():
                namespace.setdefault(name, choose)
    try:
        yield
    finally:
        with LOCK:
            for namespace in namespaces:
                COUNTS[id(namespace)] -= 1
                if not COUNTS[id(namespace)]:
                    del COUNTS[id(namespace)]
                    for name, choose in CHOOSING.items():
                        if namespace.get(name) is choose:
                            del namespace[name]
