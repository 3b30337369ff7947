"""An object computes its attributes again, as when it was made: from its own numbers, or on trial from others."""

from __future__ import annotations

from functools import partial
from math import nan
from types import FunctionType

from ..graph import Node
from ..runs.bytecode import codes_in, instructions
from ..runs.users import is_users_class
from .objects import MarkedFloat, MarkedInt, attributes, in_class, put, remove
from .purity import INIT
from .twins import Containers, Twins, leading, number_in, same

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

LITTLE, MORE = 2.0**-7, 0.37  # by how much numbers are larger on trial: no rounding hides both
OTHERS = nan, 1.2345e9, -1.2345e9  # no clamp answers the same to all of them


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


def names_and_texts_in(rule: Any) -> set[str]:
    """The attributes that a function names, directly or as text, as `setattr(self, "area", …)` does."""
    if not isinstance(rule, FunctionType):
        return set()
    texts = {y for code in codes_in(rule.__code__) for y in code.co_consts if isinstance(y, str)}
    return texts.union(*(code.co_names for code in codes_in(rule.__code__)))


def has_own_setattr(kind: type) -> bool:
    """Whether setting an attribute runs code of the user's."""
    function = in_class(kind, "__setattr__")
    frozen = getattr(getattr(kind, "__dataclass_params__", None), "frozen", False) or hasattr(kind, "__attrs_attrs__")
    return isinstance(function, FunctionType) and not frozen


def written_when_made(x: Any, caches: set[str]) -> set[str]:
    """The attributes that the object sets, or whose contents it changes, when it computes them again."""
    twin = plain_twin(x, without=caches)
    for name, y in attributes(twin).items():
        if type(y) in (float, int):
            put(twin, name, MarkedInt(y) if type(y) is int else MarkedFloat(y))
    before = attributes(twin)
    remake(twin, ())
    return {name for name, y in attributes(twin).items() if y is not before.get(name) or not held_still(y, x, name)}


def held_still(y: Any, x: Any, name: str) -> bool:
    """Whether an attribute is still what it was in x."""
    return isinstance(y, MarkedFloat | MarkedInt) or same(y, attributes(x).get(name))


def varies(now: dict[str, Any], elsewhere: dict[str, Any]) -> set[str]:
    """The attributes that two objects do not have alike."""
    return {name for name in now.keys() | elsewhere.keys() if not same(now.get(name), elsewhere.get(name))}


def made_anew(
    x: Any, names: set[str], caches: set[str], by: float, fields: set[str] | None = None, init_by: float = 0.0
) -> dict[str, Any]:
    """The attributes that x would compute if its numbers, or only those in these fields, were larger by this share."""
    twin = twin_with(x, partial(larger, by=by), caches)
    if fields is not None:
        for name, y in attributes(plain_twin(x, caches)).items():
            if name not in fields:
                put(twin, name, y)
    remake(twin, names, init_by=init_by)
    return attributes(twin)


def larger(x: Any, by: float) -> Any:
    """A float, or a Value, that is a little larger, 0 too; anything else as it is."""
    number: Any = number_in(x)
    return number * (1.0 + by) + by if type(number) is float or isinstance(x, Node) else x


def only_written(kind: type) -> set[str]:
    """The attributes that are set when an object is made, and never read there: so they are computed from others."""
    codes = [code for rule in rules_of(kind) if isinstance(rule, FunctionType) for code in codes_in(rule.__code__)]
    steps = [(step.opname, step.argval) for code in codes for step in instructions(code)]
    texts = {x for code in codes for x in code.co_consts if isinstance(x, str)}  # of object.__setattr__
    written = texts | {name for op, name in steps if op == "STORE_ATTR"}
    return written - {name for op, name in steps if op in ("LOAD_ATTR", "LOAD_METHOD")}


def is_exact(x: Any, names: set[str], caches: set[str]) -> bool:
    """Whether the object computes again exactly what these attributes hold, and fields among them from any start."""
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


def remake(x: Any, names: Iterable[str], other: float = nan, init_by: float = 0.0) -> None:
    """Let the object compute the attributes of these names again; fields among them start as the number `other`."""
    kind = type(x)
    fields = init_fields(kind) or ()
    for name in names:
        if name in fields:
            put(x, name, other)
            continue
        remove(x, name)
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
        remove(twin, name)
    return twin


def classes_of(kind: type) -> list[tuple[type, dict[str, Any]]]:
    """The attributes of the user's classes behind a class."""
    return [(cls, dict(vars(cls))) for cls in kind.__mro__ if is_users_class(cls)]


def restore(before: list[tuple[type, dict[str, Any]]]) -> bool:
    """Put back what has been written into classes; whether anything was."""
    changed = [(cls, name, x) for cls, held in before for name, x in held.items() if vars(cls).get(name) is not x]
    for cls, name, x in changed:
        setattr(cls, name, x)
    return bool(changed)
