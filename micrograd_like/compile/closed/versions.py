"""Whether large dicts and lists have changed, in less time than a look at each thing that they hold.

CPython keeps a version of every dict. Of a list it keeps none, so the addresses of what it holds are compared, in one
go. Both are read from where CPython has them in memory, and tried out first; elsewhere things are compared one by one.
"""

from __future__ import annotations

import sys
from functools import cache

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def ctypes_of_cpython() -> Any:
    """What reads objects from where CPython has them in memory; None elsewhere."""
    try:
        import ctypes
    except ImportError:
        return None
    return ctypes if sys.implementation.name == "cpython" else None


@cache
def version_of() -> Callable[[dict[Any, Any]], Any] | None:
    """A function that answers, of a dict, what has its version as `.value`, as long as the dict lives.

    None where there is none: CPython had such versions up to 3.13, in a field of the dict that is not public, so it is
    tried out first. There a dict is compared entry by entry instead.
    """
    ctypes = ctypes_of_cpython()
    if ctypes is None or sys.version_info >= (3, 14):
        return None
    place = object.__basicsize__ + tuple.__itemsize__  # behind the head of an object, and the number of entries

    def version(x: dict[Any, Any]) -> Any:
        return ctypes.c_uint64.from_address(id(x) + place)

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


@cache
def addresses_of() -> Callable[[Any], bytes] | None:
    """A function that answers the addresses of what a list, deque or set holds; None where they cannot be read."""
    ctypes = ctypes_of_cpython()
    if ctypes is None:
        return None
    place, size, string_at = tuple.__basicsize__, ctypes.sizeof(ctypes.c_void_p), ctypes.string_at

    def addresses(x: Any) -> bytes:
        held = (*x,)  # a copy, since another thread may change the list meanwhile
        return string_at(id(held) + place, len(held) * size)  # type: ignore[no-any-return]

    things = [object() for _ in range(5)]
    return addresses if addresses(things) == b"".join(id(x).to_bytes(size, sys.byteorder) for x in things) else None
