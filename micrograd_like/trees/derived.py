"""Attributes that an object computes of others: by `__post_init__`, its own `__setattr__`, or a `cached_property`.

They follow the others, if to compute them again gives exactly what is there, and can be done without anybody noticing.
Else they are attributes like others: numbers of their own, with derivatives of their own.
"""

from __future__ import annotations

from functools import cached_property, partial
from math import nan
from types import FunctionType

from ..graph import Node
from ..runs.bytecode import codes_in, instructions
from ..runs.users import is_users_class
from ..value import Value
from .objects import FUNCTIONS, Mark, WholeMark, attributes, in_class, is_leaf, put, take
from .purity import INIT, is_pure
from .reading import Reading
from .twins import Containers, Twins, leading, number_of, same

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


class Derived:
    """What one object computes of its other attributes: caches, filled when one asks, and what is made anew."""

    def __init__(self, x: Any) -> None:
        self.it = x
        self.caches = set(valid_caches(x))
        computes = may_remake(x)
        names = remade_names(x, self.caches) if computes else set()
        lost = lost_names(x, names, self.caches) if names else set()
        self.remade = (names or set()) - lost
        self.unsure = unsure_names(x, names is None, self.names) if computes else set()
        self.unsure |= lost if names is None or names else alone_as_made(x, self.caches)
        self.unsure |= {name for name in caches_of(x) if not computes_alone(type(x), name)}

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


def computes_alone(kind: type, name: str) -> bool:
    """Whether a cached property can be computed once more without anybody noticing."""
    rule = in_class(kind, name).func
    return isinstance(rule, FunctionType) and is_pure(rule, kind, set())


def valid_caches(x: Any) -> Iterator[str]:
    """Those that hold numbers, and the very ones that the property gives."""
    names = [*caches_of(x)]
    for name in names:
        held = attributes(x)[name]
        if holds_numbers(held) and computes_alone(type(x), name):
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
        found = found - of_init_only(x, found, caches)
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
    functions = [y for cls in kind.__mro__ if is_users_class(cls) for y in vars(cls).values()]
    mentioned = {name for function in functions for name in names_in(function)}
    others = {name: y for name, y in attributes(x).items() if name in mentioned - kept - known}
    return {name for name, y in others.items() if holds_numbers(y)}


def alone_as_made(x: Any, caches: set[str]) -> set[str]:
    """The attributes that still are what the object computed of its numbers, while others were changed since."""
    try:
        written = written_when_made(x, caches) - (init_fields(type(x)) or set())
        now, held = made_anew(x, written, caches, 0.0), attributes(x)
        return {name for name in varying(x, written, caches) & held.keys() if same(held[name], now[name])}
    except Exception:
        return set()


def lost_names(x: Any, names: set[str], caches: set[str]) -> set[str]:
    """The attributes that would come out of variables as plain numbers, or may: those of a clamp, a rounding, text."""
    twin = twin_with(x, variable, caches)
    before = attributes(twin)
    try:
        remake(twin, names)
    except Exception:  # of which the user is told
        return set()
    now = attributes(twin)
    clamped = {
        name for name, y in before.items() if name not in names and variables_in(y) > variables_in(now.get(name))
    }
    plain = {name for name in names if type(now.get(name)) is float}
    return (varying(x, names, caches, clamped) if clamped else set()) | (varying(x, plain, caches) if plain else set())


def varying(x: Any, names: set[str], caches: set[str], fields: set[str] | None = None) -> set[str]:
    """The attributes of these names that come out as something else if numbers are larger, or those in these fields.

    All of them, if none come out.
    """
    try:
        now, *others = (made_anew(x, names, caches, by, fields) for by in (0.0, LITTLE, MORE))
    except Exception:
        return names
    return names & (varies(now, others[0]) | varies(now, others[1]))


def varies(now: dict[str, Any], elsewhere: dict[str, Any]) -> set[str]:
    """The attributes that two objects do not have alike."""
    return {name for name in now.keys() | elsewhere.keys() if not same(now.get(name), elsewhere.get(name))}


def made_anew(
    x: Any, names: set[str], caches: set[str], by: float, fields: set[str] | None = None, init_by: float = 0.0
) -> dict[str, Any]:
    """What the attributes of x come out as, if its numbers, or those in these fields, are larger by so much."""
    twin = twin_with(x, partial(larger, by=by), caches)
    if fields is not None:
        for name, y in attributes(plain_twin(x, caches)).items():
            if name not in fields:
                put(twin, name, y)
    remake(twin, names, init_by=init_by)
    return attributes(twin)


def larger(x: Any, by: float) -> Any:
    """A float, or a Value, that is a little larger, 0 too; anything else as it is."""
    number: Any = number_of(x)
    return number * (1.0 + by) + by if type(number) is float or isinstance(x, Node) else x


def of_init_only(x: Any, names: set[str], caches: set[str]) -> set[str]:
    """The attributes of these names that depend on what a dataclass takes and does not keep, and do not show it here.

    So does k = x * scale where x is 0.
    """
    if not init_only(type(x)):
        return set()
    shown, depending = (
        varies(*(made_anew(x, names, caches, by, init_by=init_by) for init_by in (0.0, LITTLE))) for by in (0.0, LITTLE)
    )
    return names & depending - shown


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


LITTLE, MORE = 2.0**-7, 0.37  # by how much numbers are larger on trial: no rounding hides both
OTHERS = nan, 1.2345e9, -1.2345e9  # no clamp answers the same to all of them


def remake(x: Any, names: Iterable[str], other: float = nan, init_by: float = 0.0) -> None:
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
        rule(x, *(larger(y, init_by) for y in init_only(kind)))


def init_only(kind: type) -> list[Any]:
    """The defaults of what a dataclass takes as arguments and does not keep."""
    fields = getattr(kind, "__dataclass_fields__", {}).values()
    return [field.default for field in fields if field._field_type.name == "_FIELD_INITVAR"]


def plain_twin(x: Any, without: Iterable[str]) -> Any:
    """A twin with the same numbers."""
    return twin_with(x, lambda y: y, without)


def twin_with(x: Any, number: Callable[[Any], Any], without: Iterable[str]) -> Any:
    """A twin with these in the places of its numbers."""
    twin = Twins(lambda y, place: number(y), {**leading(x, Containers()), id(x): x}).of(x, (0, None))
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


def classes_of(kind: type) -> list[tuple[type, dict[str, Any]]]:
    """The attributes of the user's classes behind a class."""
    return [(cls, dict(vars(cls))) for cls in kind.__mro__ if is_users_class(cls)]


def restore(before: list[tuple[type, dict[str, Any]]]) -> bool:
    """Put back what has been written into classes; whether anything was."""
    changed = [(cls, name, x) for cls, held in before for name, x in held.items() if vars(cls).get(name) is not x]
    for cls, name, x in changed:
        setattr(cls, name, x)
    return bool(changed)


def variable(x: Any) -> Any:
    """A Value on trial, in the place of a number."""
    return Value(getattr(x, "_data", x))


def undone(steps: list[Callable[[], None]]) -> None:
    """Put back what was written into models."""
    for step in steps:
        step()


def variables_in(x: Any) -> int:
    """How many Values there are in x."""
    return sum(isinstance(y, Node) for y in Reading(x).leaves) if holds_numbers(x) else 0


def computed_on_variables(
    derived: Derived, twin: Any, check: Callable[[Any, Any], bool], undo: list[Callable[[], None]]
) -> None:
    """Let a twin compute what the original has computed; refuse, if it comes out as something else or not at all.

    A cache that cannot be filled with variables is left empty: the function will hear of it if it asks. What is written
    into models on the way is undone.
    """
    if derived.remade:
        remade_on_variables(derived, twin, check)
        made = attributes(twin)
        undone(undo)
        for name in derived.remade:
            put(twin, name, made[name])
    for name in derived.caches:
        try:
            held = in_class(type(twin), name).func(twin)
        except Exception:
            take(twin, name)
            continue
        finally:
            undone(undo)
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
