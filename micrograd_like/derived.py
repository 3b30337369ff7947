"""Attributes that an object computes of others: by `__post_init__`, its own `__setattr__`, or a `cached_property`.

They follow the others, if to compute them again gives exactly what is there, and can be done without anybody noticing.
Else they are attributes like others: numbers of their own, with derivatives of their own.
"""

from __future__ import annotations

import sys
from functools import cached_property
from math import nan
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

from .bytecode import codes_in, instructions
from .objects import FUNCTIONS, Mark, WholeMark, attributes, in_class, is_leaf, is_users, put, take, vars_of_class
from .reading import Reading
from .twins import Twins, Wanted, leading, same

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

INIT = "__post_init__", "__attrs_post_init__"


class Derived:
    """What one object computes of its other attributes: caches, filled when one asks, and what is made anew."""

    def __init__(self, x: Any) -> None:
        self.it = x
        self.caches = set(valid_caches(x))
        computes = may_remake(x)
        names = remade_names(x, self.caches) if computes else set()
        self.remade = names or set()
        self.unsure = unsure_names(x, names is None, self.names) if computes else set()

    @property
    def names(self) -> set[str]:
        return self.caches | self.remade


def derived_in(objects: Iterable[Any]) -> list[Derived]:
    """Those of the objects that compute attributes of others, in the given order."""
    candidates = (x for x in objects if may_remake(x) or any(caches_of(x)))
    return [derived for derived in map(Derived, candidates) if derived.names or derived.unsure]


# cached_property


def caches_of(x: Any) -> Iterator[str]:
    """The cached properties that hold something now."""
    kind = type(x)
    yield from (name for name in attributes(x) if isinstance(in_class(kind, name), cached_property))


def valid_caches(x: Any) -> Iterator[str]:
    """Those that hold numbers, and the very ones that the property gives."""
    names = [*caches_of(x)]
    for name in names:
        held = attributes(x)[name]
        if holds_numbers(held):
            twin = plain_twin(x, without=names)
            try:
                computed = in_class(type(x), name).func(twin)
            except Exception:
                continue
            if same(computed, held):
                yield name


# __post_init__


def may_remake(x: Any) -> bool:
    """Whether the object may have computed attributes when it was made, and can do so again."""
    kind = type(x)
    fields = init_fields(kind)
    if fields is None or not (initializer(kind) or has_own_setattr(kind)):
        return False
    mentioned = names_in(initializer(kind))
    others = {name: y for name, y in attributes(x).items() if name not in fields or name in mentioned}
    return any(type(y) in FUNCTIONS or holds_numbers(y) for y in others.values())


def init_fields(kind: type) -> set[str] | None:
    """The fields that a dataclass, or a class of attrs, takes as arguments."""
    if hasattr(kind, "__dataclass_fields__"):
        return {name for name, field in kind.__dataclass_fields__.items() if field.init}
    if hasattr(kind, "__attrs_attrs__"):
        return {field.name for field in kind.__attrs_attrs__ if field.init}
    return None


def initializer(kind: type) -> Any:
    """What the class runs when an object is made, if anything."""
    return next((getattr(kind, name) for name in INIT if hasattr(kind, name)), None)


def rules_of(kind: type) -> list[Any]:
    """What runs when an object is made or an attribute is set, in the class and in those that it inherits from."""
    rules = [vars(cls)[name] for cls in kind.__mro__ for name in INIT if name in vars(cls)]
    return [*rules, kind.__setattr__] if has_own_setattr(kind) else rules


def names_in(rule: Any) -> set[str]:
    """The names of attributes and the texts in a function, in which it may say what it writes."""
    if not isinstance(rule, FunctionType):
        return set()
    texts = {y for code in codes_in(rule.__code__) for y in code.co_consts if isinstance(y, str)}
    return texts.union(*(code.co_names for code in codes_in(rule.__code__)))


def has_own_setattr(kind: type) -> bool:
    """Whether setting an attribute runs code of the user's."""
    own = next(cls for cls in kind.__mro__ if "__setattr__" in vars(cls))
    function = vars(own)["__setattr__"]
    frozen = getattr(getattr(kind, "__dataclass_params__", None), "frozen", False) or hasattr(kind, "__attrs_attrs__")
    return isinstance(function, FunctionType) and not frozen


def remade_names(x: Any, caches: set[str]) -> set[str] | None:
    """The attributes that come out exactly as they are, if the object computes them of its fields once more.

    None if that cannot be tried unnoticed.
    """
    kind = type(x)
    fields = init_fields(kind) or set()
    if not all(isinstance(rule, FunctionType) and is_pure(rule, kind, set()) for rule in rules_of(kind)):
        return None
    before = classes_of(kind)
    try:
        written = written_when_made(x, caches)
        tries = written, written - (fields - only_written(kind)), written - fields
        found = next((names for names in tries if is_exact(x, names, caches)), set())
    except Exception:
        return set()
    finally:
        changed = restore(before)
    if changed or (not found and written - fields and has_own_setattr(kind)):
        return None
    return found


def written_when_made(x: Any, caches: set[str]) -> set[str]:
    """The attributes that are written, or changed within, when the object computes them once more."""
    twin = plain_twin(x, without=caches)
    for name, y in attributes(twin).items():
        if type(y) in (float, int):
            put(twin, name, WholeMark(y) if type(y) is int else Mark(y))
    before = attributes(twin)
    remake(twin, ())
    return {name for name, y in attributes(twin).items() if y is not before.get(name) or not held_still(y, x, name)}


def held_still(y: Any, x: Any, name: str) -> bool:
    """Whether an attribute is still what it was in x."""
    return isinstance(y, Mark | WholeMark) or same(y, attributes(x).get(name))


def unsure_names(x: Any, untried: bool, known: set[str]) -> set[str]:
    """The attributes that the object may have computed of others in a way that cannot be repeated unnoticed."""
    kind = type(x)
    if not (untried or init_only(kind)):
        return set()
    kept = (init_fields(kind) or set()) - only_written(kind)
    functions = [y for cls in kind.__mro__ if is_users(cls) for y in vars(cls).values()]
    mentioned = {name for function in functions for name in names_in(function)}
    others = {name: y for name, y in attributes(x).items() if name in mentioned - kept - known}
    return {name for name, y in others.items() if holds_numbers(y)}


def only_written(kind: type) -> set[str]:
    """The attributes that are written when an object is made, and not read: so they come from elsewhere."""
    codes = [code for rule in rules_of(kind) if isinstance(rule, FunctionType) for code in codes_in(rule.__code__)]
    steps = [(step.opname, step.argval) for code in codes for step in instructions(code)]
    texts = {x for code in codes for x in code.co_consts if isinstance(x, str)}  # of object.__setattr__
    written = texts | {name for op, name in steps if op == "STORE_ATTR"}
    return written - {name for op, name in steps if op in ("LOAD_ATTR", "LOAD_METHOD")}


def is_exact(x: Any, names: set[str], caches: set[str]) -> bool:
    """Whether these attributes come out as they are, whatever was in those that are fields."""
    original = {name: y for name, y in attributes(x).items() if name not in caches}
    fields = init_fields(type(x)) or set()
    for other in OTHERS if names & fields else OTHERS[:1]:
        twin = plain_twin(x, without=caches)
        try:
            remake(twin, names, other)
        except Exception:
            return False
        now = attributes(twin)
        if now.keys() != original.keys() or not all(same(y, now[name]) for name, y in original.items()):
            return False
    return True


OTHERS = nan, 1.2345e9, -1.2345e9  # no clamp answers the same to all of them


def remake(x: Any, names: Iterable[str], other: float = nan) -> None:
    """Let the object compute the attributes of these names anew; fields among them start as another number."""
    kind = type(x)
    fields = init_fields(kind) or ()
    for name in names:
        if name in fields:
            put(x, name, other)
            continue
        take(x, name)
        field = getattr(kind, "__dataclass_fields__", {}).get(name)
        if field is not None and callable(field.default_factory):
            put(x, name, field.default_factory())
    if has_own_setattr(kind):
        for name in fields:
            if name in (held := attributes(x)):
                setattr(x, name, held[name])
    if rule := initializer(kind):
        rule(x, *init_only(kind))


def init_only(kind: type) -> list[Any]:
    """The defaults of what a dataclass takes as arguments and does not keep."""
    fields = getattr(kind, "__dataclass_fields__", {}).values()
    return [field.default for field in fields if field._field_type.name == "_FIELD_INITVAR"]


def plain_twin(x: Any, without: Iterable[str]) -> Any:
    """A twin with the same numbers."""
    twin = Twins(lambda y, place: y, {**leading(x, Wanted()), id(x): x}).of(x, (0, None))
    for name in without:
        take(twin, name)
    return twin


def holds_numbers(x: Any) -> bool:
    """Whether x is a number, or holds some that are followed."""
    if is_leaf(x):
        return True
    try:
        return bool(Reading(x).leaves)
    except (TypeError, ValueError):
        return False


# what can run once more without anybody noticing

PURE_MODULES = {
    "math", "cmath", "statistics", "operator", "functools", "itertools", "numpy", "fractions", "decimal", "numbers",
    "dataclasses", "typing", "copy", "collections", "micrograd_like", "builtins", "types", "abc", "string", "re",
}  # fmt: skip
GLOBAL, ELEMENT = "a global", "an element"
CHANGING = {
    "append", "appendleft", "extend", "insert", "pop", "popitem", "popleft", "remove", "clear", "add", "discard",
    "update", "setdefault", "sort", "reverse", "write", "put", "send",
}  # fmt: skip
IMPURE = {"print", "input", "open", "next", "exec", "eval", "compile", "globals", "breakpoint", "random", "__import__"}


def is_pure(rule: FunctionType, kind: type, seen: set[Any]) -> bool:
    """Whether a function reads nothing and calls nothing but itself, constants, classes and functions of that kind."""
    if rule in seen:
        return True
    seen.add(rule)
    names = {name for code in codes_in(rule.__code__) for name in code.co_names}
    written = {name for code in codes_in(rule.__code__) for name in written_in(code)}
    if names & IMPURE or GLOBAL in written:
        return False
    if names & CHANGING or ELEMENT in written:
        names |= {ELEMENT}
    scope = {**vars(sys.modules["builtins"]), **rule.__globals__}
    found = [scope[name] for name in names if name in scope]
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
            return True
        return all(is_pure_value(vars(x)[name], kind, names, seen) for name in names if name in vars(x))
    if isinstance(x, type):
        made = vars_of_class(x) if is_users(x) and x is not kind else {}
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
    return not is_users(type(x)) or not any(callable(in_class(type(x), name)) for name in names)


def written_in(code: CodeType) -> set[str]:
    """What a code writes into: the names of attributes, elements, globals."""
    kinds = {"STORE_GLOBAL": GLOBAL, "DELETE_GLOBAL": GLOBAL, "STORE_SUBSCR": ELEMENT, "DELETE_SUBSCR": ELEMENT}
    done = [(step.opname, step.argval) for step in instructions(code)]
    return {name if op == "STORE_ATTR" else kinds[op] for op, name in done if op == "STORE_ATTR" or op in kinds}


def classes_of(kind: type) -> list[tuple[type, dict[str, Any]]]:
    """The attributes of the user's classes behind a class."""
    return [(cls, dict(vars(cls))) for cls in kind.__mro__ if is_users(cls)]


def restore(before: list[tuple[type, dict[str, Any]]]) -> bool:
    """Put back what has been written into classes; whether anything was."""
    changed = [(cls, name, x) for cls, held in before for name, x in held.items() if vars(cls).get(name) is not x]
    for cls, name, x in changed:
        setattr(cls, name, x)
    return bool(changed)


def computed_on_variables(derived: Derived, twin: Any, check: Callable[[Any, Any], bool]) -> None:
    """Let a twin compute what the original has computed; refuse, if it comes out as something else or not at all.

    A cache that cannot be filled with variables is left empty: the function will hear of it if it asks.
    """
    if derived.remade:
        remade_on_variables(derived, twin, check)
    for name in derived.caches:
        try:
            held = in_class(type(twin), name).func(twin)
        except Exception:
            take(twin, name)
            continue
        if not check(held, attributes(derived.it)[name]):
            raise TypeError(otherwise(derived.it, name))
        put(twin, name, held)


def otherwise(x: Any, listed: str) -> str:
    """What to say of attributes that come out as something else of variables."""
    return (
        f"{type(x).__name__} computes {listed} of its numbers, and something else of variables: let it compute with "
        "them as with any number, without asking for their type"
    )


def remade_on_variables(derived: Derived, twin: Any, check: Callable[[Any, Any], bool]) -> None:
    """Let a twin run what its class runs when an object is made."""
    x, names = derived.it, derived.remade
    listed = ", ".join(sorted(names))
    before = attributes(twin)
    try:
        remake(twin, names)
    except Exception as error:
        raise TypeError(
            f"{type(x).__name__} computes {listed} of its numbers when it is made, and cannot do so of variables: "
            f"{error}"
        ) from error
    now = attributes(twin)
    held = {name: y for name, y in attributes(x).items() if name not in derived.caches}
    if not all(name in now and check(y, now[name]) for name, y in held.items()):
        raise TypeError(otherwise(x, listed))
    for name, y in before.items():  # a clamp may have put a plain number in the place of a variable
        if name not in names and now[name] is not y:
            put(twin, name, y)
