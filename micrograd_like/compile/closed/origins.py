"""Whose code it is: the user's own, which is all but this package and the standard library."""

from __future__ import annotations

import sys
from functools import cache, lru_cache
from types import CodeType, ModuleType

from ...runs.bytecode import codes_in
from ...runs.positions import is_installed, is_users_file

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["codes_in", "is_installed", "is_users_file"]
NAME = __name__.partition(".")[0]
IMMUTABLE = 1 << 8  # the flag of a class that cannot be changed


def is_users_code(code: CodeType | None) -> bool:
    """Whether the code is the user's: not this package's, nor the standard library's."""
    return code is not None and is_users_file(code.co_filename)


def code_key(code: CodeType) -> tuple[str, str, int]:
    """What tells a function's code from that of others, in another process too."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


def is_librarys(module: str) -> bool:
    """Whether the module, by its name, is of the standard library or of this package."""
    first = module.partition(".")[0]
    return first in sys.stdlib_module_names or first == NAME


def is_users_module(module: ModuleType) -> bool:
    """Whether the module is one of the user's."""
    file = vars(module).get("__file__")
    if isinstance(file, str):
        return is_users_file(file)
    return not is_librarys(module.__name__)


def is_users_class(kind: type) -> bool:
    """Whether the class is of the user's program, or of an installed package; not one that nobody can change."""
    if kind.__flags__ & IMMUTABLE:
        return False
    module = vars(kind).get("__module__") or kind.__module__
    if not isinstance(module, str) or not is_librarys(module):
        return True
    found: Any = sys.modules.get(module)
    for name in kind.__qualname__.partition(".<locals>")[0].split("."):
        found = vars(found).get(name) if isinstance(found, ModuleType | type) else found
    return found is None or (found is not kind and "<locals>" not in kind.__qualname__)


# what code refers to


@lru_cache(1024)
def references(code: CodeType) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The global names in the code and in the functions that it makes; the modules that it imports; and all its names.

    Text that could be a name counts among all names, since `getattr` may look it up. An attribute that is only counted
    up, as in `f.calls += 1`, does not count, since it tells nothing.
    """
    outside: dict[str, None] = {}
    imported: dict[str, None] = {}
    words: dict[str, None] = {}
    for each in codes_in(code):
        for operation, name, is_counted in named_instructions(each):
            if operation == "IMPORT_NAME":
                imported[name] = None
            elif operation in GLOBAL_OPERATIONS:
                outside[name] = None
            if not is_counted and operation != "STORE_ATTR":
                words |= dict.fromkeys(name.split("."))
        words |= dict.fromkeys(text for text in texts_in(each.co_consts) if text.isidentifier())
    if not IMPORTING.isdisjoint(words):
        texts = [text for each in codes_in(code) for text in texts_in(each.co_consts)]
        imported |= dict.fromkeys(text for text in texts if text.replace(".", "_").isidentifier())
    return (*outside,), (*imported,), (*words,)


@lru_cache(1024)
def read_names(code: CodeType) -> frozenset[str]:
    """The names that the code does more with than to add to them, as in `history.append(x)`."""
    operations, others = named_operations()
    found = set()
    for each in codes_in(code):
        waiting, argument = "", 0
        for number, low in zip(each.co_code[::2], each.co_code[1::2], strict=True):
            argument = argument << 8 | low
            if number in (others["EXTENDED_ARG"], others["CACHE"]):
                continue
            operation, shift = operations.get(number, ("", 0))
            name = each.co_names[argument >> shift] if operation else ""
            if waiting and not (operation in ("LOAD_METHOD", "LOAD_ATTR") and name in ADDING):
                found.add(waiting)
            waiting = name if operation.startswith("LOAD_") and operation not in ("LOAD_METHOD", "LOAD_ATTR") else ""
            if number == others["LOAD_DEREF"]:
                waiting = deref_name(each, argument)
            elif number in (others.get("LOAD_CLASSDEREF"), others.get("LOAD_FROM_DICT_OR_DEREF")):
                found.add(deref_name(each, argument))
            argument = 0
    return frozenset(found)


def deref_name(code: CodeType, argument: int) -> str:
    """The variable of an instruction that reaches into a cell: cells of arguments are numbered as these."""
    own = [*code.co_varnames, *(name for name in code.co_cellvars if name not in code.co_varnames)]
    return [*own, *code.co_freevars][argument]


def texts_in(constants: Any) -> Iterator[str]:
    for x in constants:
        if isinstance(x, str):
            yield x
        elif isinstance(x, tuple | frozenset):
            yield from texts_in(x)


IMPORTING = {"import_module", "__import__", "modules"}  # words beside which text may name a module
ADDING = {"append", "appendleft", "extend", "add"}  # to a list, deque or set, and answer nothing
GLOBAL_OPERATIONS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "STORE_GLOBAL", "DELETE_GLOBAL")


def named_instructions(code: CodeType) -> Iterator[tuple[str, str, bool]]:
    """The instructions with names, these, and whether an attribute is only taken to be stored again, as += does."""
    operations, others = named_operations()
    argument, copied = 0, False
    bytecode = code.co_code
    for number, low in zip(bytecode[::2], bytecode[1::2], strict=True):
        argument = argument << 8 | low
        if number == others["EXTENDED_ARG"]:
            continue
        if number in operations:
            operation, shift = operations[number]
            yield operation, code.co_names[argument >> shift], copied and operation == "LOAD_ATTR"
        copied = number == others["COPY"] and argument == 1
        argument = 0


@cache
def named_operations() -> tuple[dict[int, tuple[str, int]], dict[str, int]]:
    """The numbers of instructions that have names, with what else their argument has in its last bits; some others."""
    from opcode import hasname, opmap, opname

    shifts = {"LOAD_GLOBAL": 1, "LOAD_ATTR": 1 if sys.version_info >= (3, 12) else 0, "LOAD_SUPER_ATTR": 2}
    return {number: (opname[number], shifts.get(opname[number], 0)) for number in hasname}, opmap
