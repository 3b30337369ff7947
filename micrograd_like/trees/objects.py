"""Objects and containers as they are held in memory: what they hold, and twins of them, made without the user's code.

A twin is of the same class and has the same attributes. It is made by `__new__` of the builtin class behind it, and
its attributes are put into it one by one: `__init__`, `__setattr__`, `__copy__` and `__reduce__` never run.
"""

from __future__ import annotations

import sys
from functools import partial
from numbers import Number
from types import (
    BuiltinFunctionType,
    CellType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from weakref import ref

from ..checked import is_real
from ..core import kinds_of
from ..graph import Node
from ..operation import NODE_TYPES
from ..runs.users import is_users_class
from .containers import BUILTIN, CONTAINERS, class_behind, is_array, keyed_elements, row_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Place = tuple[int, Any]  # the id of what holds it, and its index, key or name there
    Holders = dict[int, Any]  # containers and objects by their ids

PLAIN = {float, int, bool, str, bytes, type(None)}
NUMBERS = {float, int}
PACKAGE_NAME = __name__.partition(".")[0]
NEITHER = Node, ModuleType, type, BaseException, BuiltinFunctionType


def is_leaf(x: Any) -> bool:
    """Whether x is a number or a Value; truths, and members of enumerations, are no numbers to differentiate by."""
    kind = type(x)
    if kind is float or kind is int or issubclass(kind, Node):
        return True
    if kind in PLAIN or issubclass(kind, CONTAINERS) or not (isinstance(x, Number) or defines(kind, "dtype")):
        return False
    return is_real(x) and not is_enum(kind) and getattr(getattr(x, "dtype", None), "kind", "f") != "b"


def is_flat(x: Any) -> bool:
    """Whether a list or tuple holds nothing but plain numbers and text."""
    return {*map(type, x)} <= PLAIN


# what is followed


def is_followed(x: Any) -> bool:
    """Whether x is an object that is taken apart: a dataclass, or an instance of a class of the user's.

    All classes are the user's but those of this package and of the standard library; what stands for an array or
    keeps its contents where Python does not see them is no such object.
    """
    kind = type(x)
    if kind in PLAIN or kind in BUILTIN or issubclass(kind, CONTAINERS) or issubclass(kind, NEITHER):
        return False
    if hasattr(kind, "__dataclass_fields__") or kind is SimpleNamespace:
        return True
    if not is_users_class(kind) or defines(kind, "__array__") or isinstance(x, Number) or is_enum(kind):
        return False
    return not hides_something(kind)


def defines(kind: type, name: str) -> bool:
    """Whether the class, or one that it inherits from, defines this name; its metaclass does not count."""
    return any(name in vars(cls) for cls in kind.__mro__)


def is_enum(kind: type) -> bool:
    """Whether the class is an enumeration."""
    enum = sys.modules.get("enum")
    return enum is not None and issubclass(kind, enum.Enum)


def hides_something(kind: type) -> bool:
    """Whether instances keep more than attributes and slots: their class, or one behind it, is written in C."""
    slots = sum(1 for _ in slots_of(kind))
    return kind.__basicsize__ > object.__basicsize__ + SimpleNamespace.__itemsize__ + 8 * (2 + slots)


def slots_of(kind: type) -> Iterator[tuple[str, Any]]:
    """The slots of the instances of a class, and what reads and writes them."""
    for cls in kind.__mro__:
        if "__slots__" in vars(cls):
            yield from ((name, x) for name, x in [*vars(cls).items()] if type(x) is MemberDescriptorType)


def dict_of(x: Any) -> dict[str, Any] | None:
    """The attributes that x has outside of slots; None if it has no place for them, or is that dict itself."""
    try:
        held = object.__getattribute__(x, "__dict__")
    except AttributeError:
        return None
    return held if type(held) is dict else None


def attributes(x: Any) -> dict[str, Any]:
    """The attributes of an instance, the fields of a dataclass first; none for what Python itself provides."""
    kind = type(x)
    if kind in BUILTIN or not (issubclass(kind, CONTAINERS) or is_followed(x) or is_own_module(kind)):
        return {}
    held = dict(dict_of(x) or ())
    for name, member in slots_of(kind):
        try:
            held[name] = member.__get__(x)
        except AttributeError:
            continue
    fields = getattr(kind, "__dataclass_fields__", None)
    if not fields:
        return held
    first = {}
    for name, field in fields.items():
        if field._field_type.name == "_FIELD":
            if name in held:
                first[name] = held[name]
            elif not hasattr(type(default := in_class(kind, name, NOT_THERE)), "__get__") and default is not NOT_THERE:
                first[name] = default
    return {**first, **held}


NOT_THERE = object()


def in_class(kind: type, name: str, default: Any = None) -> Any:
    """What a class has under that name, as it stands there."""
    return next((vars(cls)[name] for cls in kind.__mro__ if name in vars(cls)), default)


def is_module(tree: Any) -> bool:
    """Whether this is a model that tells its parameters."""
    kind = type(tree)
    if kind in PLAIN or kind in BUILTIN or isinstance(tree, type):
        return False
    known = in_class(kind, "parameters") is not None or "parameters" in (dict_of(tree) or ())
    try:
        return known and callable(tree.parameters)
    except Exception:  # what a property of the user's says
        return False


def parameters_of_model(model: Any) -> Any:
    """What a model answers as its parameters: a dict as it is, anything else as a list."""
    parameters = model.parameters()
    return parameters if isinstance(parameters, dict) else list(parameters)


def is_own_module(kind: type) -> bool:
    """Whether instances are models of this package, as `nn.Neuron`."""
    return kind.__module__ == f"{PACKAGE_NAME}.nn"


def vars_of_class(kind: type) -> dict[str, Any]:
    """All that a class has, with what it inherits."""
    return {name: x for cls in reversed(kind.__mro__) for name, x in [*vars(cls).items()]}


def pairs_in(x: Any) -> list[tuple[Any, Any]]:
    """What x holds, each with its index, key or name: elements, attributes, and what a function closes over."""
    if type(x) in FUNCTIONS:
        return [*enumerate(closed_over(x))]
    return [*keyed_elements(x).items(), *attributes(x).items()]


# twins


def bare(x: Any) -> Any:
    """An instance of the same class, without elements and attributes."""
    kind = type(x)
    base: Any = class_behind(kind) or (SimpleNamespace if issubclass(kind, SimpleNamespace) else object)
    twin: Any = base.__new__(kind)
    if (row := row_of(x)) and row.begin:
        row.begin(twin, getattr(x, row.setting))
    if issubclass(kind, dict) and getattr(x, "__dict__", None) is x:  # as an "AttrDict" may have it
        object.__setattr__(twin, "__dict__", twin)
    return twin


def with_elements(x: Any, new: list[Any]) -> Any:
    """A container of the same class with others in the places of its elements; an array of the same shape."""
    row = row_of(x)
    if row is None or type(x) is list:
        return new
    if is_array(x):
        return array_like(x, new)
    if not row.fill:
        return class_behind(type(x)).__new__(type(x), new)
    twin = bare(x)
    row.fill(twin, row.keys(x), new)
    return twin


def put(x: Any, name: str, value: Any) -> None:
    """Set an attribute, without asking the class."""
    for slot, member in slots_of(type(x)):
        if slot == name:
            member.__set__(x, value)
            return
    held = dict_of(x)
    if held is None:
        raise TypeError(
            f"an instance of {type(x).__name__} has no place for its attribute {name!r}: add it to __slots__"
        )
    held[name] = value


def remove(x: Any, name: str) -> None:
    """Delete an attribute, if it is there, without asking the class."""
    for slot, member in slots_of(type(x)):
        if slot == name:
            if hasattr(x, slot):
                member.__delete__(x)
            return
    (dict_of(x) or {}).pop(name, None)


# functions


def closed_over(x: Any) -> list[Any]:
    """What a function, a method or a `partial` was made with."""
    if type(x) is MethodType:
        return [x.__self__, x.__func__]
    if type(x) is partial:
        return [x.func, *x.args, *x.keywords.values()]
    if type(x) is ref:
        return [x()]
    cells = [cell.cell_contents for cell in x.__closure__ or () if not is_empty(cell)]
    return [*cells, *(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]


def is_empty(cell: CellType) -> bool:
    """Whether there is nothing in a cell."""
    try:
        cell.cell_contents  # noqa: B018 - to see whether it has any
    except ValueError:
        return True
    return False


FUNCTIONS = {FunctionType, MethodType, partial, ref}


class MarkedFloat(float):
    """A number that is known by itself, even where another is equal."""


class MarkedInt(int):
    """The same of an int, with which one can count."""


# arrays


def array_of(new: list[Any], shape: tuple[int, ...]) -> Any:
    """A NumPy array of that shape, of floats if it can be; of arrays of one shape, with that behind."""
    import numpy as np

    kinds = kinds_of(new)
    if kinds == {float}:
        return np.fromiter(new, float, len(new)).reshape(shape)
    if NODE_TYPES.keys() >= kinds - NUMBERS != set():
        return np.fromiter(new, object, len(new)).reshape(shape)  # which does not ask each of them for its elements
    objects = any(isinstance(x, Node) or (is_array(x) and x.dtype.kind == "O") for x in new)
    try:
        flat = np.array(new, dtype=object if objects else None)
    except ValueError:  # lists of several lengths, or with arrays in them
        return each_in_its_place(new, shape)
    return flat.reshape(shape + flat.shape[1:])


def array_like(x: Any, new: list[Any]) -> Any:
    """An array with other elements; where they are no numbers but lists or objects, each in its place as it is."""
    if x.dtype.kind != "O" or all(map(is_leaf, x.ravel().tolist())):
        return array_of(new, x.shape)
    return each_in_its_place(new, x.shape)


def each_in_its_place(new: list[Any], shape: tuple[int, ...]) -> Any:
    """An array of objects, which may be lists."""
    import numpy as np

    flat = np.empty(len(new), object)
    for i, y in enumerate(new):
        flat[i] = y
    return flat.reshape(shape)
