"""Twins of arguments: what a function sees in the place of an argument, with variables where its numbers stood.

A twin is what the original is, attribute by attribute. What a dataclass has computed from its fields follows the
variables, if computing it anew gives what the original has; `__post_init__` and `cached_property` run again only then.
A model's twin is a copy of the model with all that leads back to it; what the function writes to it in the run is
written to the model itself when the run is over.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property, partial
from math import nan
from types import CellType, FunctionType, MethodType

from .graph import Node
from .trees import (
    class_attribute,
    field_names,
    is_array,
    is_dataclass,
    is_leaf,
    is_module,
    leaves,
    parameters_of,
    parts_of,
    planted,
    slots_of,
    with_attributes,
)

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Twins:
    """The twins that stand for the arguments of one run, and the models among them."""

    def __init__(self) -> None:
        self.models: list[ModelTwin] = []
        self.computed: list[Any] = []  # variables in whose places a dataclass has what it computes itself

    def of(self, tree: Any, new: list[Any]) -> Any:
        """A twin of the tree with other leaves."""
        return self.replaced(tree, iter(new))

    def replaced(self, tree: Any, new: Iterator[Any]) -> Any:
        if is_leaf(tree):
            return next(new)
        parts = parts_of(tree)
        if not parts:
            return tree
        branches = [self.replaced(branch, new) for branch in parts[0]]
        if is_dataclass(tree):
            return self.following(tree, branches)
        if is_module(tree) and not isinstance(tree, list | tuple | dict):
            self.models.append(ModelTwin(tree, branches))
            return self.models[-1].twin
        return parts[1](branches)

    def following(self, original: Any, new: list[Any]) -> Any:
        """A dataclass with other fields, whose derived attributes follow them."""
        names = field_names(original)
        init = getattr(type(original), "__post_init__", None)
        beside = derived(original)
        written = {
            name
            for name in names
            if name not in beside and any(name in written_by(each) for each in inits_of(type(original)))
        }
        computed = [*beside, *written]
        if computed and (init or sets_itself(type(original))):
            if may_write(original, beside) and (takes_more(init) or not all(map(is_pure, inits_of(type(original))))):
                raise TypeError(
                    f"{type(original).__name__}.{beside[0]} was computed when the object was made, from what cannot be "
                    "asked again without side effects: make a property of it, or a field that __init__ takes"
                )
            if not takes_more(init) and all(map(is_pure, inits_of(type(original)))):
                pairs = zip(names, values_of(original, names), strict=True)
                fields = [nan if name in written else planted(x, leaves(x)) for name, x in pairs]
                plain = initialised(original, names, fields, init)
                if plain is not None and same_attributes(plain, original):
                    pairs = zip(names, new, strict=True)
                    self.computed += [x for name, y in pairs if name in computed for x in leaves(y)]
                    return initialised(original, names, new, init)
        twin = with_attributes(original, names, new)
        for name in caches(original):
            if is_as_computed(original, name):
                del twin.__dict__[name]
        return twin

    def originals(self) -> dict[int, Any]:
        """The models and their parts by the ids of what stood for them."""
        return {id(copy): original for model in self.models for original, copy in model.copies.values()}

    def keep_updates(self) -> None:
        """Write to the models what the function has written to their twins."""
        for model in self.models:
            model.keep_updates()


# dataclasses


def values_of(x: Any, names: list[str]) -> list[Any]:
    return [getattr(x, name) for name in names]


def takes_more(init: Any) -> bool:
    """Whether a `__post_init__` takes more than the object."""
    return getattr(getattr(init, "__code__", None), "co_argcount", 1) != 1


def written_by(init: Any) -> set[str]:
    """The attributes that a `__post_init__` writes."""
    from dis import get_instructions

    code = getattr(init, "__code__", None)
    return {step.argval for step in get_instructions(code) if step.opname == "STORE_ATTR"} if code else set()


def may_write(x: Any, names: list[str]) -> bool:
    """Whether a `__post_init__` may have written one of these attributes: by itself, or by what it calls."""
    inits = inits_of(type(x))
    called = {name for each in inits for name in each.__code__.co_names} - {"super", "__post_init__"}
    indirect = any(name in ("setattr", "__setattr__") or callable(getattr(type(x), name, None)) for name in called)
    written = {name for each in inits for name in written_by(each)}
    return bool(names and inits) and (indirect or not written.isdisjoint(names))


def inits_of(kind: type) -> list[Any]:
    """The `__post_init__` of a class and of those that it inherits from, as far as they are written in Python."""
    inits = [vars(base).get("__post_init__") for base in kind.__mro__]
    return [init for init in inits if hasattr(init, "__code__")]


PURE = {
    *("abs all any bool dict divmod enumerate float int isinstance len list map max min pow range reversed".split()),
    *("object round set sorted str sum super tuple type zip ValueError TypeError".split()),
}


def is_pure(init: Any) -> bool:
    """Whether a `__post_init__` does nothing but compute, as far as the names tell that it finds outside."""
    from dis import get_instructions

    code = getattr(init, "__code__", None)
    if code is None:
        return init is None
    for step in get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval not in PURE:
            x = init.__globals__.get(step.argval)
            if not isinstance(x, float | int | type) and getattr(x, "__name__", "") not in MODULES and not is_own(x):
                return False
        elif step.opname in ("STORE_GLOBAL", "STORE_DEREF") or step.argval in ("append", "add", "update", "write"):
            return False
    return True


MODULES = {"math", "cmath", "numpy", "micrograd_like", "micrograd_like.math", "operator", "statistics"}


def is_own(x: Any) -> bool:
    """Whether this is a function of this package, or of `math`."""
    return str(getattr(x, "__module__", None)).partition(".")[0] in MODULES


def derived(x: Any) -> list[str]:
    """The attributes with numbers that are not given to the constructor."""
    from dataclasses import fields

    given = {field.name for field in fields(x) if field.init}
    return [name for name in attributes_of(x) if name not in given and name not in caches(x) and leaves_in(x, name)]


def leaves_in(x: Any, name: str) -> list[Any]:
    try:
        return leaves(getattr(x, name))
    except (TypeError, ValueError):
        return []


def caches(x: Any) -> list[str]:
    """The names of the cached properties that a dataclass has computed."""
    kept = getattr(x, "__dict__", {})
    return [name for name in kept if isinstance(class_attribute(type(x), name), cached_property)]


def is_as_computed(x: Any, name: str) -> bool:
    """Whether a cached property is what it would be if it were computed now."""
    try:
        return same(class_attribute(type(x), name).func(x), vars(x)[name])
    except Exception:
        return False


def sets_itself(kind: Any) -> bool:
    """Whether a dataclass has a `__setattr__` of the user's."""
    return kind.__setattr__ is not object.__setattr__ and not kind.__dataclass_params__.frozen


def initialised(original: Any, names: list[str], new: list[Any], init: Any) -> Any:
    """A dataclass whose fields were set and whose `__post_init__` has run; None if that fails on plain numbers."""
    twin = object.__new__(type(original))
    put = setattr if sets_itself(type(original)) else object.__setattr__
    try:
        for name, x in zip(names, new, strict=True):
            put(twin, name, x)
        if init:
            init(twin)
    except Exception:
        if any(isinstance(x, Node) for branch in new for x in leaves(branch)):
            raise
        return None
    return twin


def same_attributes(x: Any, y: Any) -> bool:
    """Whether two objects have the same attributes, but for what cached properties have computed."""
    names = [name for name in attributes_of(x) if name not in caches(x)]
    others = [name for name in attributes_of(y) if name not in caches(y)]
    return {*names} == {*others} and all(same(getattr(x, name), getattr(y, name)) for name in names)


def attributes_of(x: Any) -> list[str]:
    return [*getattr(x, "__dict__", {}), *(name for name in slots_of(type(x)) if hasattr(x, name))]


def same(x: Any, y: Any) -> bool:
    """Whether two things hold the same numbers in the same places, and otherwise the same objects or equal ones."""
    if x is y:
        return True
    if type(x) is not type(y):
        return False
    if is_leaf(x):
        return repr(x) == repr(y)
    if is_array(x):
        return x.shape == y.shape and all(map(same, x.ravel().tolist(), y.ravel().tolist()))
    if isinstance(x, list | tuple):
        return len(x) == len(y) and all(map(same, x, y))
    if isinstance(x, dict):
        return list(x) == list(y) and all(map(same, x.values(), y.values()))
    if is_dataclass(x):
        return same_attributes(x, y)
    return bool(x == y)


# models


class ModelTwin:
    """A copy of a model with other parameters, and of all in it that leads back to the model."""

    def __init__(self, model: Any, new: list[Any]) -> None:
        self.copies: dict[int, tuple[Any, Any]] = {}  # by the id of the original: the original, its copy
        given = parameters_of(model)
        if any(type(p) in (float, int) for p in given):
            given = self.distinct(model, given)
        self.new = {id(p): (p, x) for p, x in zip(given, new, strict=True)}
        self.met: set[int] = set()
        self.twin = self.copy(model)
        for p, _ in self.new.values():
            if id(p) not in self.met and not isinstance(p, Node):
                raise TypeError(
                    f"parameters() of a {type(model).__name__} answers {p!r:.40}, which is not among its attributes as "
                    "it stands there: answer the attributes themselves, as an array whole"
                )
        self.were = [(copy, contents(copy)) for _, copy in self.copies.values()]

    def distinct(self, model: Any, given: list[Any]) -> list[Any]:
        """Let each number among the attributes be an object of its own, so that equal ones are told apart."""
        for owner in (model, *objects_in(model, set())):
            renew(owner)
        renewed: list[Any] = parameters_of(model)
        return renewed if len(renewed) == len(given) else given

    def copy(self, x: Any) -> Any:
        """What stands for x in the twin: itself, if nothing in it leads to the model or to a parameter."""
        if id(x) in self.new:
            self.met.add(id(x))
            return self.new[id(x)][1]
        if id(x) in self.copies:
            return self.copies[id(x)][1]
        kind = type(x)
        if kind is list or kind is deque or kind is set:
            twin: Any = kind() if kind is not deque else deque(maxlen=x.maxlen)
            self.copies[id(x)] = x, twin
            add = twin.add if kind is set else twin.append
            for y in x:
                add(self.copy(y))
            return twin
        if kind is dict:
            self.copies[id(x)] = x, (twin := {})
            twin.update((key, self.copy(y)) for key, y in x.items())
            return twin
        if kind is tuple:
            return tuple(map(self.copy, x))
        if is_array(x):
            return x if x.dtype.kind != "O" else self.copy_of_array(x)
        if kind is MethodType:
            return MethodType(x.__func__, self.copy(x.__self__))
        if kind is partial:
            return partial(
                self.copy(x.func), *map(self.copy, x.args), **{k: self.copy(y) for k, y in x.keywords.items()}
            )
        if kind is FunctionType:
            return self.copy_of_function(x)
        return self.copy_of_object(x) if is_copied(x) else x

    def copy_of_array(self, x: Any) -> Any:
        self.copies[id(x)] = x, (twin := x.copy())
        twin.ravel()[:] = [self.copy(y) for y in x.ravel().tolist()]
        return twin

    def copy_of_function(self, f: Any) -> Any:
        """The function, closed over the twin where it is closed over the model."""
        cells = f.__closure__ or ()
        contents = [cell.cell_contents if is_full(cell) else None for cell in cells]
        held = [self.copy(y) for y in contents]
        if all(x is y for x, y in zip(contents, held, strict=True)):
            return f
        new = tuple([cell if x is y else CellType(y) for cell, x, y in zip(cells, contents, held, strict=True)])
        twin = FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, new)
        twin.__kwdefaults__ = f.__kwdefaults__
        twin.__dict__.update(f.__dict__)
        return twin

    def copy_of_object(self, x: Any) -> Any:
        base: Any = base_of(type(x))
        twin = base.__new__(type(x))
        self.copies[id(x)] = x, twin
        if isinstance(x, list):
            list.extend(twin, map(self.copy, x))
        elif isinstance(x, dict):
            for key, y in x.items():
                dict.__setitem__(twin, key, self.copy(y))
        for name in attributes_of(x):
            object.__setattr__(twin, name, self.copy(object.__getattribute__(x, name)))
        for name, p in class_parameters(x, self.new):
            object.__setattr__(twin, name, p)
        return twin

    def keep_updates(self) -> None:
        """Write to the originals what was written to their copies, with numbers in the place of variables."""
        originals = {id(copy): original for original, copy in self.copies.values()}
        originals |= {id(x): p for p, x in self.new.values()}
        for copy, were in self.were:
            now = contents(copy)
            original = originals[id(copy)]
            if isinstance(copy, list | deque | set) and not same_items(now["items"], were["items"]):
                items = [settled(y, originals) for y in now["items"]]
                original.clear()
                original.update(items) if isinstance(copy, set) else original.extend(items)
            elif isinstance(copy, dict) and not same_items([*now["items"].values()], [*were["items"].values()]):
                dict.clear(original)
                dict.update(original, {key: settled(y, originals) for key, y in now["items"].items()})
            for name, x in now["attributes"].items():
                if name not in were["attributes"] or were["attributes"][name] is not x:
                    object.__setattr__(original, name, settled(x, originals))
            for name in were["attributes"].keys() - now["attributes"].keys():
                object.__delattr__(original, name)


def contents(x: Any) -> dict[str, Any]:
    """What a container holds, and the attributes of an object."""
    attributes = {name: object.__getattribute__(x, name) for name in attributes_of(x)} if not is_array(x) else {}
    items: Any = dict(x) if isinstance(x, dict) else [*x] if isinstance(x, list | deque | set) else ()
    return {"items": items, "attributes": attributes}


def same_items(xs: list[Any], ys: list[Any]) -> bool:
    return len(xs) == len(ys) and all(x is y for x, y in zip(xs, ys, strict=True))


def settled(x: Any, originals: dict[int, Any]) -> Any:
    """What is kept beyond the run: the original of a copy, the plain number of what the run has computed."""
    if id(x) in originals:
        return originals[id(x)]
    if isinstance(x, Node):
        return x._data
    if type(x) in (list, tuple):
        return type(x)(settled(y, originals) for y in x)
    return {key: settled(y, originals) for key, y in x.items()} if type(x) is dict else x


def is_copied(x: Any) -> bool:
    """Whether the twin of a model has its own copy of such an object: it is of a class written in Python."""
    kind = type(x)
    if isinstance(x, Node | type | BaseException) or not kind.__flags__ & (1 << 9):
        return False
    base: Any = base_of(kind)
    if base not in (object, list, dict) or kind.__module__.partition(".")[0] in UNCOPIED:
        return False
    try:
        base.__new__(kind)
    except TypeError:  # a class written in C all the same, as that of locks
        return False
    return True


UNCOPIED = {"threading", "logging", "random", "io", "enum", "abc", "typing", "numpy", "scipy", "re", "queue"}


def base_of(kind: type) -> type:
    """The class written in C that a class is built on."""
    return next(base for base in kind.__mro__ if not base.__flags__ & (1 << 9))


def class_parameters(x: Any, new: dict[int, tuple[Any, Any]]) -> list[tuple[str, Any]]:
    """The parameters that an object has from its class: the twin gets its own."""
    return [
        (name, new[id(p)][1])
        for kind in type(x).__mro__
        for name, p in vars(kind).items()
        if id(p) in new and name not in getattr(x, "__dict__", {})
    ]


def objects_in(x: Any, seen: set[int]) -> Iterator[Any]:
    """The containers and objects of a model that may hold numbers."""
    if id(x) in seen:
        return
    seen.add(id(x))
    if isinstance(x, list | dict):
        yield x
        for y in x.values() if isinstance(x, dict) else x:
            yield from objects_in(y, seen)
    if is_copied(x):
        yield x
        for name in attributes_of(x):
            yield from objects_in(object.__getattribute__(x, name), seen)


def renew(owner: Any) -> None:
    """Let each float and int in a container, or among an object's attributes, be an object that no other place has."""
    if isinstance(owner, list):
        owner[:] = [own_number(x) for x in owner]
    elif isinstance(owner, dict):
        for key, x in owner.items():
            dict.__setitem__(owner, key, own_number(x))
    if is_copied(owner):
        for name in attributes_of(owner):
            x = object.__getattribute__(owner, name)
            if type(x) is float or type(x) is tuple:
                object.__setattr__(owner, name, own_number(x))


def own_number(x: Any) -> Any:
    """The same float as another object."""
    if type(x) is tuple:
        return tuple(map(own_number, x))
    return float(repr(x)) if type(x) is float else x


def is_full(cell: Any) -> bool:
    """Whether something is in a cell."""
    return bool(cell != CellType())
