"""What code refers to: the globals that it reads, the modules that it imports, and all its names."""

from __future__ import annotations

import sys
from functools import cache, lru_cache

from ...runs.bytecode import codes_in

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

IMPORTING = {"import_module", "__import__", "modules"}  # words beside which text may name a module
ADDING = {"append", "appendleft", "extend", "add"}  # to a list, deque or set, and answer nothing
OF_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
OF_GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "STORE_GLOBAL", "DELETE_GLOBAL")


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
        copied = False  # whether an attribute is only taken to be stored again, as += does
        for operation, name, argument in instructions_in(each):
            if operation == "IMPORT_NAME":
                imported[name] = None
            elif operation in OF_GLOBALS:
                outside[name] = None
            if name and operation != "STORE_ATTR" and not (copied and operation == "LOAD_ATTR"):
                words |= dict.fromkeys(name.split("."))
            copied = operation == "COPY" and argument == 1
        words |= dict.fromkeys(text for text in texts_in(each.co_consts) if text.isidentifier())
    if not IMPORTING.isdisjoint(words):
        texts = [text for each in codes_in(code) for text in texts_in(each.co_consts)]
        imported |= dict.fromkeys(text for text in texts if text.replace(".", "_").isidentifier())
    return (*outside,), (*imported,), (*words,)


@lru_cache(1024)
def read_names(code: CodeType) -> frozenset[str]:
    """The names that the code does more with than to add to them, as in `history.append(x)`."""
    found = set()
    for each in codes_in(code):
        waiting = ""
        for operation, name, argument in instructions_in(each):
            if waiting and not (operation in OF_ATTRIBUTES and name in ADDING):
                found.add(waiting)
            waiting = name if operation.startswith("LOAD_") and operation not in OF_ATTRIBUTES else ""
            if operation == "LOAD_DEREF":
                waiting = deref_name(each, argument)
            elif operation in ("LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"):
                found.add(deref_name(each, argument))
    return frozenset(found)


def deref_name(code: CodeType, argument: int) -> str:
    """The variable of an instruction that reaches into a cell: cells of arguments are numbered as these."""
    own = [*code.co_varnames, *(name for name in code.co_cellvars if name not in code.co_varnames)]
    return [*own, *code.co_freevars][argument]


def texts_in(constants: Any) -> Iterator[str]:
    """The texts among the constants of code, in tuples and sets too."""
    for x in constants:
        if isinstance(x, str):
            yield x
        elif isinstance(x, tuple | frozenset):
            yield from texts_in(x)


def instructions_in(code: CodeType) -> Iterator[tuple[str, str, int]]:
    """Each operation, the name in it ("" if none) and its argument; `dis` would take ten times as long."""
    operations = operations_by_number()
    argument = 0
    for number, low in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        argument = argument << 8 | low
        operation, shift = operations[number]
        if operation == "EXTENDED_ARG":
            continue
        if operation != "CACHE":
            yield operation, code.co_names[argument >> shift] if shift >= 0 else "", argument
        argument = 0


@cache
def operations_by_number() -> list[tuple[str, int]]:
    """What instructions are called, and how many bits their arguments have beside the place of a name; -1 if none."""
    from opcode import hasname, opname

    shifts = {"LOAD_GLOBAL": 1, "LOAD_ATTR": 1 if sys.version_info >= (3, 12) else 0, "LOAD_SUPER_ATTR": 2}
    return [(name, shifts.get(name, 0) if number in hasname else -1) for number, name in enumerate(opname)]
