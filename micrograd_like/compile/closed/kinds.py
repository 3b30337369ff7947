"""The kinds of things that a walk comes to, and what can be taken from their kind: who changes them, what they hold."""

from __future__ import annotations

import sys
import types
from array import array
from collections import deque
from functools import singledispatch
from types import FunctionType, MappingProxyType, ModuleType, NoneType

from ...runs.users import is_installed, is_librarys, is_users_file
from ...trees.reading import DICT_VIEWS

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

PLAIN_DATA: Any = {float, int, bool, complex, NoneType, bytes}
LEAVES: Any = {
    *(*PLAIN_DATA, range, slice, object, types.CodeType, types.EllipsisType, types.NotImplementedType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType, types.MethodDescriptorType, types.WrapperDescriptorType),
}
LEAF_MODULES = {  # whose objects nobody changes, but for those in `special`
    *("datetime", "decimal", "fractions", "re", "uuid", "pathlib", "ipaddress", "zoneinfo", "_abc", "operator"),
    *("typing", "numbers", "_struct", "numpy.dtypes"),
}
SEEN_THROUGH = {  # modules of the standard library whose objects written in C show all that they hold
    *("builtins", "types", "functools", "_functools", "collections", "_collections", "_io", "_json", "_ctypes"),
    *("array", "itertools", "random", "_random", "_weakref", "weakref", "_thread", "_weakrefset", *LEAF_MODULES),
}
MUTABLE = {"zlib", "select"}  # modules written in C whose classes can be changed, as those of Python can
IMMUTABLE = 1 << 8  # the flag of a class that cannot be changed
HEAP_TYPE = 1 << 9  # the flag of a class that is made while the program runs
HARMLESS = {"builtins", "math", "cmath", "operator", "_operator", "itertools", "_functools", "numpy", "_collections"}
HARMLESS_CLASSES = {"builtins", "itertools", "collections", "functools", "operator"}  # whose classes are
CHANCY = {"eval", "exec", "open", "input", "globals", "__import__", "fromfile"}  # builtins, for which a run is watched
DEFINITIONS: Any = FunctionType | ModuleType | type
SEQUENCES: Any = list | set | deque | DICT_VIEWS
DICTS: Any = dict | MappingProxyType
BUFFERS: Any = array | bytearray | memoryview
HOLDING: Any = list | tuple | set | frozenset | deque | DICT_VIEWS | DICTS | BUFFERS
SINGLE = singledispatch.__code__.co_filename  # the file of singledispatch


def module_of(kind: type) -> str:
    """The name of the module that a class says it is from."""
    module = kind.__module__
    return module if isinstance(module, str) else ""


def is_ndarray(x: Any) -> bool:
    """Whether it is an array of NumPy, which may not be loaded."""
    numpy = sys.modules.get("numpy")
    kind = getattr(numpy, "ndarray", None)  # which another thread may be importing
    return kind is not None and issubclass(type(x), kind)


def is_local(x: Any) -> bool:
    """Whether it is a `threading.local`, which holds something else in each thread."""
    return any(kind.__name__ == "_local" and kind.__module__ == "_thread" for kind in type(x).__mro__)


def is_c_iterator(x: Any) -> bool:
    """Whether this hands out one thing after the other, and does not show where it is."""
    following = next((vars(kind)["__next__"] for kind in type(x).__mro__ if "__next__" in vars(kind)), None)
    if following is None or isinstance(following, FunctionType):
        return False
    return not (type(x).__module__ == "_io" and (x.closed or not x.readable()))


def is_logger(kind: type) -> bool:
    """Whether this is a class of loggers, or of handlers that are not the user's own."""
    logging = sys.modules.get("logging")
    if logging is None or not issubclass(kind, logging.Logger | logging.Handler):
        return False
    file = getattr(sys.modules.get(module_of(kind)), "__file__", "") or ""
    return issubclass(kind, logging.Logger) or not is_users_file(file) or is_installed(file)


def is_opaque(kind: type) -> bool:
    """Whether objects of this class are written in C, in the standard library, and hide what they hold."""
    first = module_of(kind).partition(".")[0]
    written_in_python = kind.__flags__ & HEAP_TYPE and not kind.__flags__ & IMMUTABLE and first not in MUTABLE
    if written_in_python:
        return any(map(is_opaque, kind.__bases__))
    return first in sys.stdlib_module_names and first not in SEEN_THROUGH


def is_open_class(kind: type) -> bool:
    """Whether somebody may change the class: one of the user's, or of an installed package."""
    if kind.__flags__ & IMMUTABLE:
        return False
    module = vars(kind).get("__module__") or kind.__module__
    if not is_librarys(module):
        return True
    found: Any = sys.modules.get(module)
    for name in kind.__qualname__.partition(".<locals>")[0].split("."):
        found = vars(found).get(name) if isinstance(found, ModuleType | type) else found
    return found is None or (found is not kind and "<locals>" not in kind.__qualname__)


def has_buffer(x: Any) -> bool:
    """Whether an object shows its bytes, as those of ctypes and shared memory do."""
    try:
        memoryview(x).release()
    except TypeError:
        return False
    return True
