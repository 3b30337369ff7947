"""Attributes that an object computes of others: by `__post_init__`, its own `__setattr__`, or a `cached_property`.

They follow the others, if to compute them again gives exactly what is there, and can be done without anybody noticing.
Else they are attributes like others: numbers of their own, with derivatives of their own.
"""

from __future__ import annotations

from functools import cached_property
from types import FunctionType

from ..graph import Node
from ..runs.users import is_users_class
from ..value import Value
from .objects import FUNCTIONS, attributes, in_class, is_leaf, put, remove
from .purity import is_pure
from .reading import Reading
from .remaking import (
    LITTLE,
    MORE,
    classes_of,
    has_own_setattr,
    init_fields,
    init_only,
    initializer,
    is_exact,
    made_anew,
    names_and_texts_in,
    only_written,
    plain_twin,
    remake,
    restore,
    rules_of,
    twin_with,
    varies,
    written_when_made,
)
from .state import put_all_back
from .twins import same

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from .state import State


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
    mentioned = names_and_texts_in(initializer(kind))
    others = {name: y for name, y in attributes(x).items() if name not in fields or name in mentioned}
    return any(type(y) in FUNCTIONS or holds_numbers(y) for y in others.values())


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


def unsure_names(x: Any, untried: bool, known: set[str]) -> set[str]:
    """The attributes that the object may have computed from others, where that cannot be repeated without effects."""
    kind = type(x)
    if not (untried or init_only(kind)):
        return set()
    kept = (init_fields(kind) or set()) - only_written(kind)
    functions = [y for cls in kind.__mro__ if is_users_class(cls) for y in [*vars(cls).values()]]
    mentioned = {name for function in functions for name in names_and_texts_in(function)}
    others = {name: y for name, y in attributes(x).items() if name in mentioned - kept - known}
    return {name for name, y in others.items() if holds_numbers(y)}


def alone_as_made(x: Any, caches: set[str]) -> set[str]:
    """The computed attributes that still hold what the object would compute now, although others do not.

    Somebody has changed the others since it was made; whether these are to follow the numbers cannot be known.
    """
    try:
        written = written_when_made(x, caches) - (init_fields(type(x)) or set())
        now, held = made_anew(x, written, caches, 0.0), attributes(x)
        return {name for name in varying(x, written, caches) & held.keys() if same(held[name], now[name])}
    except Exception:
        return set()


def lost_names(x: Any, names: set[str], caches: set[str]) -> set[str]:
    """The attributes that would lose their derivative if they were computed from variables, or may lose it.

    A clamp such as `max(x, 0.0)` answers a plain number on one side; rounding, and a number read from text, always do.
    """
    twin = twin_with(x, value_on_trial, caches)
    before = attributes(twin)
    try:
        remake(twin, names)
    except Exception:  # of which the user is told
        return set()
    now = attributes(twin)
    clamped = {
        name for name, y in before.items() if name not in names and count_values(y) > count_values(now.get(name))
    }
    plain = {name for name in names if type(now.get(name)) is float}
    return (varying(x, names, caches, clamped) if clamped else set()) | (varying(x, plain, caches) if plain else set())


def varying(x: Any, names: set[str], caches: set[str], fields: set[str] | None = None) -> set[str]:
    """The attributes of these names that change when the object's numbers, or only those in these fields, are larger.

    All of them, if the object cannot be made with larger numbers.
    """
    try:
        now, *others = (made_anew(x, names, caches, by, fields) for by in (0.0, LITTLE, MORE))
    except Exception:
        return names
    return names & (varies(now, others[0]) | varies(now, others[1]))


def of_init_only(x: Any, names: set[str], caches: set[str]) -> set[str]:
    """The attributes of these names that depend on an `InitVar`, which the dataclass takes and does not keep.

    Only those count that hide it: k = x * scale does where x is 0, since k is 0 for any scale.
    """
    if not init_only(type(x)):
        return set()
    shown, depending = (
        varies(*(made_anew(x, names, caches, by, init_by=init_by) for init_by in (0.0, LITTLE))) for by in (0.0, LITTLE)
    )
    return names & depending - shown


def holds_numbers(x: Any) -> bool:
    """Whether x is a number, or holds some that are followed."""
    if is_leaf(x):
        return True
    try:
        return bool(Reading(x).leaves)
    except (TypeError, ValueError):
        return False


def value_on_trial(x: Any) -> Any:
    """A Value on trial, in the place of a number."""
    return Value(getattr(x, "_data", x))


def count_values(x: Any) -> int:
    """How many Values there are in x."""
    return sum(isinstance(y, Node) for y in Reading(x).leaves) if holds_numbers(x) else 0


def computed_on_variables(derived: Derived, twin: Any, check: Callable[[Any, Any], bool], states: list[State]) -> None:
    """Let a twin compute its derived attributes from variables; refuse, if `check` finds another number than before.

    A `cached_property` that cannot be computed from variables is left empty: the function meets the error if it asks
    for it. What is written on the way into models, whose `states` are known, is put back.
    """
    if derived.remade:
        remade_on_variables(derived, twin, check)
        made = attributes(twin)
        put_all_back(states)
        for name in derived.remade:
            put(twin, name, made[name])
    for name in derived.caches:
        try:
            held = in_class(type(twin), name).func(twin)
        except Exception:
            remove(twin, name)
            continue
        finally:
            put_all_back(states)
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
