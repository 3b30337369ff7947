"""Functions that can run once more without anybody noticing: they read and call what does nothing but compute."""

from __future__ import annotations

import sys
from functools import cached_property
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

from ..runs.bytecode import codes_in, instructions
from ..runs.users import is_users_class
from .objects import attributes, in_class, vars_of_class

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

INIT = "__post_init__", "__attrs_post_init__"  # what runs when an object is made
PURE_MODULES = {
    "math", "cmath", "statistics", "operator", "functools", "itertools", "numpy", "fractions", "decimal", "numbers",
    "dataclasses", "typing", "copy", "collections", "micrograd_like", "builtins", "types", "abc", "string", "re",
}  # fmt: skip
NAMES_OF_GLOBALS, ELEMENT = "a global", "an element"
CHANGING = {
    "append", "appendleft", "extend", "insert", "pop", "popitem", "popleft", "remove", "clear", "add", "discard",
    "update", "setdefault", "sort", "reverse", "write", "put", "send",
}  # fmt: skip
IMPURE = {"print", "input", "open", "next", "exec", "eval", "compile", "globals", "breakpoint", "random", "__import__"}


def is_pure(rule: FunctionType, kind: type, seen: set[Any]) -> bool:
    """Whether a function can run again unnoticed: it only computes, and so does all that it reads and calls.

    `kind` is the class whose method it is; what was `seen` is taken for pure.
    """
    if rule in seen:
        return True
    seen.add(rule)
    names = {name for code in codes_in(rule.__code__) for name in code.co_names}
    outside = {name for code in codes_in(rule.__code__) for name in globals_in(code)}
    written = {name for code in codes_in(rule.__code__) for name in written_in(code)}
    if outside & IMPURE or NAMES_OF_GLOBALS in written:
        return False
    if names & CHANGING or ELEMENT in written:
        names |= {ELEMENT}
    scope = {**vars(sys.modules["builtins"]), **rule.__globals__}
    found = [scope[name] for name in outside if name in scope]
    cells = [cell.cell_contents for cell in rule.__closure__ or ()]
    of_class = vars_of_class(kind)
    found += [of_class[name] for name in names if name in of_class and name not in INIT]
    return all(is_pure_value(x, kind, names, seen) and not (written & attributes(x).keys()) for x in [*found, *cells])


def is_pure_value(x: Any, kind: type, names: set[str], seen: set[Any]) -> bool:
    """Whether a function may use x, which it finds by name, and nobody notices."""
    if isinstance(x, FunctionType):
        root = (x.__module__ or "").partition(".")[0]
        return root in PURE_MODULES or (root not in sys.stdlib_module_names and is_pure(x, kind, seen))
    if isinstance(x, staticmethod | classmethod):
        return is_pure_value(x.__func__, kind, names, seen)
    if isinstance(x, property):
        return is_pure_value(x.fget, kind, names, seen)
    if isinstance(x, cached_property):
        return is_pure_value(x.func, kind, names, seen)
    if isinstance(x, ModuleType):
        if x.__name__.partition(".")[0] in PURE_MODULES:
            return "random" not in names or not hasattr(x, "random")
        return all(is_pure_value(vars(x)[name], kind, names, seen) for name in names if name in vars(x))
    if isinstance(x, type):
        made = vars_of_class(x) if is_users_class(x) and x is not kind else {}
        rules = (made.get(name) for name in ("__new__", "__init__", *INIT))
        return all(is_pure(rule, x, seen) for rule in rules if isinstance(rule, FunctionType))
    if isinstance(x, BuiltinFunctionType):  # of a module, or a method of a list of ours
        return x.__self__ is None or isinstance(x.__self__, ModuleType)
    if isinstance(x, MethodType):
        return False
    if type(x) in (list, dict, set):
        return ELEMENT not in names
    if hasattr(type(x), "__next__"):
        return False
    return not is_users_class(type(x)) or not any(callable(in_class(type(x), name)) for name in names)


def globals_in(code: CodeType) -> set[str]:
    """The names that a code looks up in its module."""
    return {step.argval for step in instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}


def written_in(code: CodeType) -> set[str]:
    """What a code writes into: the names of attributes, elements, globals."""
    kinds = {
        "STORE_GLOBAL": NAMES_OF_GLOBALS,
        "DELETE_GLOBAL": NAMES_OF_GLOBALS,
        "STORE_SUBSCR": ELEMENT,
        "DELETE_SUBSCR": ELEMENT,
    }
    done = [(step.opname, step.argval) for step in instructions(code)]
    return {name if op == "STORE_ATTR" else kinds[op] for op, name in done if op == "STORE_ATTR" or op in kinds}
