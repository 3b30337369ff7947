"""How functions are pickled: themselves, or by where they are found, behind what has taken their names."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from operator import attrgetter
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

from .places import PACKAGE

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
        for depth, x in enumerate(named(f)):
            if x is f and depth:
                return Behind(f.__module__, f.__qualname__, depth)
    return f


def is_named(f: Any) -> bool:
    """Whether another process finds it by its own name."""
    return not travels_by_value(f) and next(named(f), None) is f


def named(f: Any) -> Iterator[Any]:
    """What has the name of a function in its module, and what that wraps, one behind the other."""
    try:
        x = attrgetter(f.__qualname__)(sys.modules[f.__module__])
    except (AttributeError, KeyError, TypeError):  # a function within a function, an object without a name
        return
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


def code_of(f: Any) -> str:
    """A fingerprint of the code of a function, and of the functions and classes that it finds by name."""
    from hashlib import sha256

    return sha256(repr([fingerprint(code) for code in reached(f)]).encode()).hexdigest()


def reached(f: Any) -> Iterator[CodeType]:
    """The code that f leads to, but for that of this package and of the standard library."""
    stack, seen = [f], {}
    while stack:
        x = stack.pop()
        if id(x) in seen or isinstance(x, BuiltinFunctionType | ModuleType):
            continue
        seen[id(x)] = x
        if "__wrapped__" in own(x):
            stack.append(own(x)["__wrapped__"])
        if isinstance(x, MethodType):
            stack += [x.__self__, x.__func__]
        elif isinstance(x, FunctionType) and is_followed(x.__code__.co_filename):
            yield x.__code__
            stack += [y for y in found_by_name(x) if holds_code(y)]
        elif isinstance(x, type):
            module = sys.modules.get(x.__module__ or "")
            if x.__module__ == "__main__" or is_followed(getattr(module, "__file__", None) or PACKAGE):
                stack += [y for kind in reversed(x.__mro__) for y in functions_of(kind)]
        elif not isinstance(x, FunctionType):
            stack += [type(x), *(y for y in own(x).values() if holds_code(y))]


def holds_code(x: Any) -> bool:
    return not isinstance(x, int | float | str | bytes | list | tuple | dict | set | None)


def functions_of(kind: type) -> Iterator[Any]:
    for x in vars(kind).values():
        if isinstance(x, property):
            yield from (f for f in (x.fget, x.fset) if f)
        elif isinstance(x, staticmethod | classmethod):
            yield x.__func__
        elif isinstance(x, FunctionType | type):
            yield x


def found_by_name(f: FunctionType) -> Iterator[Any]:
    """What the function finds in its cells, its defaults, its module, and in the modules that it names."""
    for cell in f.__closure__ or ():
        with suppress(ValueError):  # it is still empty
            yield cell.cell_contents
    yield from f.__defaults__ or ()
    yield from (f.__kwdefaults__ or {}).values()
    names = [*dict.fromkeys(names_in(f.__code__))]
    for name in names:
        x = f.__globals__.get(name)
        yield x
        if isinstance(x, ModuleType) and is_followed(getattr(x, "__file__", None) or PACKAGE):
            yield from (vars(x)[attribute] for attribute in names if attribute in vars(x))


def names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def fingerprint(code: CodeType) -> tuple[Any, ...]:
    """What the code does, wherever it stands: bytes, names, and constants in an order that every process has."""
    constants = [
        fingerprint(x) if isinstance(x, CodeType) else sorted(map(repr, x)) if isinstance(x, frozenset) else repr(x)
        for x in code.co_consts
    ]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_code, names, constants, getattr(code, "co_exceptiontable", b"")


def own(x: Any) -> Any:
    """The attributes that an object has of its own, whatever its `__getattr__` makes up."""
    try:
        return object.__getattribute__(x, "__dict__")
    except AttributeError:
        return {}


LIBRARY = os.path.dirname(os.__file__) + os.sep


def is_followed(file: str) -> bool:
    """Whether this file is neither this package's nor the standard library's."""
    standard = file.startswith((LIBRARY, "<frozen")) and "site-packages" not in file
    return not (standard or file.startswith(PACKAGE))
