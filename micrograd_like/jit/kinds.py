"""The kinds of things that a walk comes to, and what can be taken from their kind: who changes them, what they hold."""

from __future__ import annotations

import sys
from array import array
from collections import deque
from functools import singledispatch
from types import (
    CodeType,
    EllipsisType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    NoneType,
    NotImplementedType,
    WrapperDescriptorType,
)

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

NUMBERS: Any = {float, int, bool, complex, NoneType, bytes}
LEAVES: Any = {
    *NUMBERS,
    range,
    slice,
    object,
    CodeType,
    EllipsisType,
    NotImplementedType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    WrapperDescriptorType,
}
LEAF_MODULES = {  # whose objects nobody changes, but for those in `special`
    *("datetime", "decimal", "fractions", "re", "uuid", "pathlib", "ipaddress", "zoneinfo", "_thread", "_abc"),
    *("threading", "typing", "numbers", "_struct", "_random", "warnings", "string", "numpy.dtypes", "logging"),
    "operator",
}
HARMLESS = {"builtins", "math", "cmath", "operator", "_operator", "itertools", "_functools", "numpy", "_collections"}
CHANCY = {"eval", "exec", "open", "input", "globals", "__import__"}  # builtins for which a run is watched
DEFINITIONS: Any = FunctionType | ModuleType | type
VIEWS: Any = type({}.keys()) | type({}.values()) | type({}.items())
SEQUENCES: Any = list | set | deque | VIEWS
DICTS: Any = dict | MappingProxyType
BUFFERS: Any = array | bytearray | memoryview
CONTAINERS: Any = list | tuple | set | frozenset | deque | VIEWS | DICTS | BUFFERS
SINGLE = singledispatch.__code__.co_filename  # the file of singledispatch


def module_of(kind: type) -> str:
    module = kind.__module__
    return module if isinstance(module, str) else ""


def is_ndarray(x: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(type(x), numpy.ndarray)


def is_local(x: Any) -> bool:
    return any(kind.__name__ == "_local" and kind.__module__ == "_thread" for kind in type(x).__mro__)


def is_c_iterator(x: Any) -> bool:
    """Whether this hands out one thing after the other, and does not show where it is."""
    following = next((vars(kind)["__next__"] for kind in type(x).__mro__ if "__next__" in vars(kind)), None)
    if following is None or isinstance(following, FunctionType):
        return False
    return not (type(x).__module__ == "_io" and (x.closed or not x.readable()))


def has_buffer(x: Any) -> bool:
    """Whether an object shows its bytes, as those of ctypes and shared memory do."""
    try:
        memoryview(x).release()
    except TypeError:
        return False
    return True
