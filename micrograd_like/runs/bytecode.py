"""What a function's bytecode tells about how it looks at its numbers: by identity, by type, in a `try`."""

from __future__ import annotations

import builtins
from bisect import bisect_left
from itertools import pairwise
from types import CodeType

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from dis import Instruction
    from types import FrameType
    from typing import Any, TypeVar

    T = TypeVar("T")

KEPT = 4096  # codes of which is remembered what was found out


def once_a_code(function: Callable[[CodeType], T]) -> Callable[[CodeType], T]:
    """Remember what a function answers to code, which is looked up faster by its id than by what it holds."""
    known: dict[int, tuple[CodeType, T]] = {}

    def answer(code: CodeType) -> T:
        pair = known.get(id(code))
        if pair is None or pair[0] is not code:
            if len(known) >= KEPT:
                known.clear()
            pair = known[id(code)] = code, function(code)
        return pair[1]

    return answer


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions and comprehensions within."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


def code_key(code: CodeType) -> tuple[str, str, int]:
    """What tells a function's code from that of others, in another process too."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


def fingerprint(code: CodeType) -> tuple[Any, ...]:
    """What the code does, wherever it stands: bytes, names, and constants in an order that every process has."""
    constants = [
        fingerprint(x) if isinstance(x, CodeType) else sorted(map(repr, x)) if isinstance(x, frozenset) else repr(x)
        for x in code.co_consts
    ]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_code, names, constants, code.co_exceptiontable


def instructions(code: CodeType) -> list[Instruction]:
    """The instructions that do something, in their order."""
    from dis import get_instructions

    return [x for x in get_instructions(code) if x.opname not in ("CACHE", "EXTENDED_ARG", "PRECALL", "NOP")]


def index_of(opname: str) -> int:
    """The opcode, a number, of an instruction of this name."""
    from opcode import opmap

    return opmap[opname]


# identity


@once_a_code
def asks_identity(code: CodeType) -> bool:
    """Whether the code may ask if the answer of a comparison `is True`: with `is`, in a `match`, with `operator.is_`.

    To be asked whether something is None, or one of the builtin types, does not count.
    """
    if not {"is_", "is_not"}.isdisjoint(code.co_names):
        return True
    if index_of("IS_OP") not in code.co_code[::2]:
        return False
    found = instructions(code)
    return any(x.opname == "IS_OP" and not is_harmless(found, k) for k, x in enumerate(found))


def is_harmless(found: list[Instruction], k: int) -> bool:
    """Whether one side of an `is` is None or a builtin type, which no number and no bool is."""
    sides = found[max(k - 2, 0) : k]
    return any(
        (x.opname == "LOAD_CONST" and x.argval is None)
        or (x.opname == "LOAD_GLOBAL" and isinstance(getattr(builtins, str(x.argval), None), type))
        for x in sides
    )


# types


MAKING = ("CALL", "BINARY_OP", "UNARY_", "COMPARE_OP")  # instructions that make numbers


class TypeSite:
    """A call of type(): where it is, what it is applied to, and the names of the types that it is compared with.

    What it is applied to is a path, as that of `self.x[0]`, if it can be looked up; else it is what the instruction at
    `made_at` has made, or, if that is -1, unknown. Without a comparison with names there are none.
    """

    __slots__ = ("made_at", "names", "offset", "path")

    def __init__(self, offset: int, path: tuple[Any, ...], made_at: int, names: tuple[str, ...] | None) -> None:
        self.offset = offset
        self.path = path
        self.made_at = made_at
        self.names = names


@once_a_code
def type_sites(code: CodeType) -> tuple[TypeSite, ...]:
    """The calls of type() with one argument in the code."""
    return (*sites_in(instructions(code)),) if "type" in code.co_names else ()


def sites_in(found: list[Instruction]) -> Iterator[TypeSite]:
    """The places in these instructions where the type of something is taken."""
    for k, x in enumerate(found):
        if x.opname in ("LOAD_GLOBAL", "LOAD_NAME") and x.argval == "type":
            end = call_of(found, k)
            if end is not None and found[end].arg == 1:
                start = k + 1 + (found[k + 1].opname == "PUSH_NULL")
                path = path_of(found[start:end])
                made = found[end - 1]
                made_at = made.offset if made.opname.startswith(MAKING) and made.argrepr != "[]" else -1
                yield TypeSite(found[end].offset, path, made_at, compared_with(found, k, end))
            elif "map" in [y.argval for y in found[max(k - 2, 0) : k]]:
                yield TypeSite(x.offset, (), -1, None)


@once_a_code
def spans_of_type_comparisons(code: CodeType) -> tuple[tuple[int, int], ...]:
    """Where the code compares types, as `type(x) is float`: from the first of both sides to the comparison."""
    found = instructions(code) if "type" in code.co_names else []
    comparisons = [k for k, x in enumerate(found) if x.opname in ("IS_OP", "COMPARE_OP", "CONTAINS_OP")]
    asked = [k for k, x in enumerate(found) if x.opname in ("LOAD_GLOBAL", "LOAD_NAME") and x.argval == "type"]
    ends = [next((end for end in comparisons if end > k), None) for k in asked]
    return tuple((found[max(k - 2, 0)].offset, found[end].offset) for k, end in zip(asked, ends, strict=True) if end)


def call_of(found: list[Instruction], k: int) -> int | None:
    """The place of the instruction that calls what the one at k has loaded."""
    from dis import stack_effect

    depth = 0
    for place in range(k, len(found)):
        x = found[place]
        if x.opname.startswith(("POP_JUMP", "JUMP", "RETURN", "FOR_ITER")):
            return None
        depth += -1 - (x.arg or 0) if x.opname == "CALL" else stack_effect(x.opcode, x.arg, jump=False)
        if place > k and x.opname == "CALL" and depth <= 1:
            return place
    return None


def path_of(found: list[Instruction]) -> tuple[Any, ...]:
    """How to look up what these instructions load: a variable, then attributes and elements; () if they do more."""
    path: list[Any] = []
    waiting: list[Any] = []
    for x in found:
        if x.opname.startswith("LOAD_FAST") and isinstance(x.argval, tuple):  # two at once
            names = [("name", name) for name in x.argval]
        elif x.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_NAME")):
            names = [("name", x.argval)]
        elif x.opname in ("LOAD_CONST", "LOAD_SMALL_INT"):
            names = [("constant", x.argval)]
        elif x.opname == "LOAD_ATTR" and path and not waiting:
            path.append(("attribute", x.argval))
            continue
        elif (x.opname == "BINARY_SUBSCR" or (x.opname == "BINARY_OP" and x.argrepr == "[]")) and len(waiting) == 1:
            path.append(("element", waiting.pop()))
            continue
        else:
            return ()
        for name in names:
            (waiting if path else path).append(name)
    return () if waiting else tuple(path)


def compared_with(found: list[Instruction], k: int, end: int) -> tuple[str, ...] | None:
    """The names of the types that the answer of type() is compared with; None if it is used in another way."""
    names: list[str] = []
    for x in found[end + 1 :]:
        if x.opname in ("IS_OP", "COMPARE_OP", "CONTAINS_OP"):
            before = found[k - 1 - (found[k - 1].opname == "PUSH_NULL")]
            if not names and before.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                names.append(before.argval)
            return tuple(names) or None
        if x.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            names.append(x.argval)
        elif x.opname == "LOAD_ATTR" and names:
            names[-1] += f".{x.argval}"
        elif x.opname == "LOAD_CONST" and x.argval is None and names and names[-1] == "type":
            names[-1] = "type(None)"
        elif x.opname == "CALL" and names and names[-1] == "type(None)":
            continue
        elif x.opname not in ("BUILD_TUPLE", "BUILD_LIST", "BUILD_SET", "PUSH_NULL"):
            return None
    return None


def looked_up(path: tuple[Any, ...], names: Callable[[str], Any]) -> Any:
    """What a path leads to, without running any of the user's code; None if it leads nowhere."""
    x: Any = None
    for what, part in path:
        if what == "name":
            x = names(part)
        elif what == "constant":
            x = part
        elif what == "attribute":
            x = (getattr(x, "__dict__", None) or {}).get(part) if type(x).__module__ != "builtins" else None
        else:
            key = part[1] if part[0] == "constant" else names(part[1])
            try:
                x = x[key] if type(x) in (list, tuple, dict) and type(key) in (int, str) else None
            except LookupError:
                return None
    return x


# classes


@once_a_code
def class_sites(code: CodeType) -> dict[int, list[str]]:
    """For each call and class pattern, by its offset, the names that are loaded right before it."""
    found = instructions(code)
    return {x.offset: names_before(found, k) for k, x in enumerate(found) if x.opname in ("CALL", "MATCH_CLASS")}


def names_before(found: list[Instruction], k: int) -> list[str]:
    """The names that are loaded right before an instruction, the last first."""
    names = []
    for x in reversed(found[:k]):
        if not x.opname.startswith(("LOAD_", "BUILD_TUPLE", "BINARY_OP")):
            break
        names += [x.argval] if isinstance(x.argval, str) else []
    return names


def asks_for(frame: FrameType, kind: type) -> bool:
    """Whether the frame asks at this moment, in a call or a pattern, for this class by a name."""
    names = class_sites(frame.f_code).get(frame.f_lasti, ())
    return any(name == kind.__name__ or variable_in(frame, name) is kind for name in names)


def variable_in(frame: FrameType, name: str) -> Any:
    """What a local or global name stands for in a frame; None if for nothing."""
    return frame.f_locals[name] if name in frame.f_locals else frame.f_globals.get(name)


# errors that are caught


class Clause:
    """What catches errors: an `except`, or whatever else may end without raising them again."""

    __slots__ = ("keeps", "paths")

    def __init__(self, paths: tuple[tuple[str, ...], ...] | None, keeps: bool) -> None:
        self.paths = paths  # of the types that it catches: ("math", "Error") of math.Error; None if that is not known
        self.keeps = keeps  # whether it can look at the error itself, as `except Error as error` can


@once_a_code
def clauses_in(code: CodeType) -> tuple[tuple[int, int, tuple[Clause, ...]], ...]:
    """From where to where, in bytes, which clauses an error meets, from the innermost to the outermost."""
    found = instructions(code)
    offsets = [x.offset for x in found]
    table = [*exception_table(code)]

    def outward(target: int | None) -> Iterator[Clause]:
        while target is not None:
            after = next((x for start, end, x in table if start <= target < end), None)  # where it raises errors again
            end = len(found) if after is None or after < target else bisect_left(offsets, after)
            yield from clauses_at(found, offsets, bisect_left(offsets, target), end)
            target = after

    clauses = {target: (*outward(target),) for _, _, target in table}
    return tuple((start, end, clauses[target]) for start, end, target in table if clauses[target])


def clauses_at(found: list[Instruction], offsets: list[int], k: int, end: int) -> Iterator[Clause]:
    """The clauses of the handler that begins at k and ends before `end`."""
    if found[k].opname != "PUSH_EXC_INFO":  # it puts something in order, and raises the error again
        return
    k += 1
    while (match := match_after(found, k)) is not None:
        jump, first = [x for x in found[match + 1 : match + 4] if x.opname != "NOT_TAKEN"][:2]
        yield Clause(paths_read(found[k:match]), first.opname != "POP_TOP")
        k = bisect_left(offsets, jump.argval)
    if found[k].opname == "RERAISE":  # none of them fits
        return
    names = [x.opname for x in found[k:]]
    last = next((i for i, name in enumerate(names) if name == "PUSH_EXC_INFO"), len(names))
    names = names[: max(last, end - k) + 1]  # Python 3.11 puts a part of the handler behind where it raises again
    if any(pair[0] == "POP_EXCEPT" and pair[1] != "RERAISE" for pair in pairwise(names)):
        yield Clause(None, not {"WITH_EXCEPT_START", "CHECK_EG_MATCH"}.isdisjoint(names))


def match_after(found: list[Instruction], k: int) -> int | None:
    """Where an error is compared with the types that the instructions from k on make, if that is what they do."""
    for place in range(k, len(found)):
        name = found[place].opname
        if name == "CHECK_EXC_MATCH":
            return place
        if name.startswith(("POP_", "PUSH_EXC", "STORE_", "RETURN_", "RERAISE", "JUMP", "WITH_", "CHECK_EG")):
            return None
    return None


def paths_read(found: list[Instruction]) -> tuple[tuple[str, ...], ...] | None:
    """The global names that these instructions load, each with its attributes; None if they do something else."""
    paths: list[tuple[str, ...]] = []
    for x in found:
        if x.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            paths.append((x.argval,))
        elif x.opname == "LOAD_ATTR" and paths:
            paths[-1] += (x.argval,)
        elif x.opname != "BUILD_TUPLE":
            return None
    return tuple(paths)


def exception_table(code: CodeType) -> Iterator[tuple[int, int, int]]:
    """The stretches of the code that have a handler, and where that is: Objects/exception_handling_notes.txt."""
    octets = iter(code.co_exceptiontable)

    def number() -> int | None:
        octet = next(octets, None)
        if octet is None:
            return None
        value = octet & 63
        while octet & 64:
            octet = next(octets)
            value = value << 6 | (octet & 63)
        return value

    while (start := number()) is not None:
        length, target, _ = number() or 0, number() or 0, number()
        yield 2 * start, 2 * (start + length), 2 * target
