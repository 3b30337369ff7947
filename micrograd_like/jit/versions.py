"""The version that CPython keeps of every dict: whether a large one has changed, without a look at what it holds."""

from __future__ import annotations

import sys
from functools import cache

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@cache
def version_of() -> Callable[[dict[Any, Any]], Any] | None:
    """A function that answers, of a dict, what has its version as `.value`, as long as the dict lives.

    None where there is none: CPython had such versions up to 3.13, in a field of the dict that is not public, so it is
    tried out first. There a dict is compared entry by entry instead.
    """
    if sys.implementation.name != "cpython" or sys.version_info >= (3, 14):
        return None
    try:
        from ctypes import c_uint64
    except ImportError:
        return None
    place = object.__basicsize__ + tuple.__itemsize__  # behind the head of an object, and the number of entries

    def version(x: dict[Any, Any]) -> Any:
        return c_uint64.from_address(id(x) + place)

    return version if is_right(version) else None


def is_right(version: Callable[[dict[Any, Any]], Any]) -> bool:
    """Whether each way to change a dict gives it another version, and reading gives it none."""
    x: dict[Any, Any] = {k: float(k) for k in range(20)}
    tag, seen = version(x), set()
    writes: list[Callable[[], Any]] = [
        lambda: x.__setitem__(3, 7.5),
        lambda: x.update({3: 8.5}),
        lambda: x.pop(3),
        lambda: x.__setitem__(3, 3.0),
        lambda: x.__ior__({4: 5.5}),
        lambda: x.setdefault(99, 1.0),
        lambda: x.popitem(),
        lambda: x.clear(),
    ]
    for write in writes:
        before = tag.value
        _ = [*x], [*x.items()], x.get(3), x.copy(), len(x)
        if tag.value != before or before in seen:
            return False
        seen.add(before)
        write()
        if tag.value == before:
            return False
    return True
