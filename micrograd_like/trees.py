"""Arguments and answers as trees: numbers in nested lists, tuples, dicts, dataclasses, NumPy arrays and modules.

A tree's leaves are its numbers and Values, in the order in which one reads it. Text, `None`, `True` and `False`,
functions and other objects that hold no numbers stay as they are.
"""

from __future__ import annotations

import copy
import sys
from functools import cached_property
from numbers import Complex
from types import MemberDescriptorType

from .graph import Node
from .operation import is_real

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    Parts = tuple[list[Any], Callable[[list[Any]], Any]]  # the branches, and how to put others in their places


def leaves(tree: Any) -> list[Any]:
    """The numbers and Values in the tree.

    >>> leaves({"price": 100, "name": "apple", "weights": [0.2, (0.3, 0.4)]})
    [100, 0.2, 0.3, 0.4]
    """
    found: list[Any] = []
    try:
        gather(tree, found)
    except RecursionError:
        raise ValueError("an argument is nested too deeply, or contains itself") from None
    return found


def gather(tree: Any, found: list[Any]) -> None:
    if is_leaf(tree):
        found.append(tree)
    elif parts := parts_of(tree):
        for branch in parts[0]:
            gather(branch, found)


def planted(tree: Any, new: list[Any]) -> Any:
    """A tree of the same form with new leaves.

    >>> planted({"price": 100, "name": "apple", "weights": [0.2, (0.3, 0.4)]}, [1, 2, 3, 4])
    {'price': 1, 'name': 'apple', 'weights': [2, (3, 4)]}
    """
    return replaced(tree, iter(new))


def replaced(tree: Any, new: Iterator[Any]) -> Any:
    if is_leaf(tree):
        return next(new)
    parts = parts_of(tree)
    return parts[1]([replaced(branch, new) for branch in parts[0]]) if parts else tree


def aligned(tree: Any, like: Any, what: str) -> list[Any]:
    """The leaves of a tree in the order of another one, which has the same form.

    >>> aligned({"b": 1, "a": [2, 3]}, {"a": [0, 0], "b": 0}, "v")
    [2, 3, 1]
    """
    if isinstance(like, dict) and isinstance(tree, dict) and tree.keys() == like.keys():
        return [x for key in like for x in aligned(tree[key], like[key], what)]
    if isinstance(like, list | tuple) and isinstance(tree, list | tuple) and len(tree) == len(like):
        return [x for branch, other in zip(tree, like, strict=True) for x in aligned(branch, other, what)]
    if is_dataclass(like) and is_dataclass(tree) and {*field_names(tree)} == {*field_names(like)}:
        return [x for name in field_names(like) for x in aligned(getattr(tree, name), getattr(like, name), what)]
    if is_array(like) and is_array(tree) and tree.shape != like.shape:
        raise ValueError(f"{what}: an array of the shape {tree.shape} has not the form of one of {like.shape}")
    if is_array(like) and is_array(tree) and like.dtype.kind == "O":
        pairs = zip(tree.ravel().tolist(), like.ravel().tolist(), strict=True)
        return [x for branch, other in pairs for x in aligned(branch, other, what)]
    found, count = leaves(tree), len(leaves(like))
    if isinstance(like, dict) or is_leaf(tree) != is_leaf(like) or len(found) != count:
        raise ValueError(f"{what}: {tree!r:.60} has not the form of {like!r:.60}")
    return found


def labels(tree: Any, name: str) -> list[str]:
    """What the user would call each leaf.

    >>> labels({"price": 100, "weights": [0.2, (0.3, 0.4)]}, "p")
    ["p['price']", "p['weights'][0]", "p['weights'][1][0]", "p['weights'][1][1]"]
    """
    if is_leaf(tree):
        return [getattr(tree, "name", None) or name]
    parts = parts_of(tree)
    pairs = zip(suffixes(tree), parts[0], strict=True) if parts else ()
    return [label for suffix, branch in pairs for label in labels(branch, name + suffix)]


def is_leaf(x: Any) -> bool:
    """Whether x is a number or a Value; `True` and `False` are no numbers to differentiate by."""
    kind = type(x)
    if kind is float or kind is int or isinstance(x, Node):
        return True
    return kind is not bool and is_real(x) and getattr(getattr(x, "dtype", None), "kind", "f") != "b"


def is_whole(x: Any) -> bool:
    """Whether a number is an int, Python's or NumPy's."""
    return isinstance(x, int) or getattr(getattr(x, "dtype", None), "kind", "f") in "iu"


def parts_of(tree: Any) -> Parts | None:
    """What the tree branches into, and how it is put together again; None if it holds no numbers."""
    if isinstance(tree, list | tuple):
        return list(tree), lambda new: with_elements(tree, new)
    if isinstance(tree, dict):
        return list(tree.values()), lambda new: updated(tree, new)
    if is_array(tree):
        flat = tree.ravel().tolist()
        holds_anything = tree.dtype.kind == "O" and not all(map(is_leaf, flat))
        return flat, lambda new: array_of(new, tree.shape, holds_anything)
    if is_dataclass(tree):
        names = field_names(tree)
        return [getattr(tree, name) for name in names], lambda new: with_attributes(tree, names, new)
    if is_module(tree):
        return parameters_of(tree), lambda new: with_parameters(tree, new)
    if may_hold_numbers(tree):
        raise TypeError(misplaced(tree))
    return None


def misplaced(x: Any) -> str:
    """What to say of numbers that stand where they cannot be followed."""
    return (
        f"numbers are real and stand in lists, tuples, dicts, dataclasses and NumPy arrays, not in {x!r:.60}, a "
        f"{type(x).__name__}"
    )


def refuse_hidden_numbers(tree: Any, label: str) -> None:
    """Refuse an object in a container whose attributes hold numbers, which would not be differentiated by."""
    if is_leaf(tree) or is_array(tree) or is_module(tree):
        return
    parts = parts_of(tree)
    if parts:
        for suffix, branch in zip(suffixes(tree), parts[0], strict=True):
            refuse_hidden_numbers(branch, label + suffix)
    elif holds_numbers(tree):
        raise TypeError(
            f"{label} is a {type(tree).__name__} whose attributes hold numbers, and by these nothing is "
            "differentiated: make it a dataclass, or give it a method parameters() that answers them"
        )


def holds_numbers(x: Any) -> bool:
    """Whether this is an object, of a class written in Python or a namespace, with numbers among its attributes."""
    kind = type(x)
    if not (kind.__flags__ & HEAP or kind.__name__ == "SimpleNamespace") or isinstance(x, type | BaseException):
        return False
    if kind.__module__ in sys.stdlib_module_names and kind.__module__ != "__main__" and kind.__module__ != "types":
        return False
    names = [*getattr(x, "__dict__", ()), *(name for name in slots_of(kind) if hasattr(x, name))]
    if "_value_" in names:  # an enum's member
        return False
    try:
        return any(leaves(getattr(x, name)) for name in names)
    except (TypeError, ValueError):
        return True


def no_number(x: Any, name: str) -> str:
    """What to say of an argument without a number.

    >>> no_number("a", "price")
    "price, which is no number but 'a'"
    """
    return f"{name}, which is no number but {x!r:.60}"


def may_hold_numbers(x: Any) -> bool:
    """Whether x is, or holds, numbers that cannot be replaced: a complex one, those of a set, those to come."""
    if isinstance(x, Complex):
        return not isinstance(x, bool)
    if isinstance(x, str | bytes | range | type) or not hasattr(x, "__iter__"):
        return False
    if hasattr(x, "dtype"):  # an array of truths or texts holds none; a masked one, or a matrix, does
        return getattr(x.dtype, "kind", "O") in "iufcO"
    return any(map(is_leaf, x)) if isinstance(x, set | frozenset) else True


def suffixes(tree: Any) -> list[str]:
    """How the branches are written behind the tree's name: `[0]`, `['price']`, `.price`."""
    if isinstance(tree, dict):
        return [f"[{key!r}]" for key in tree]
    if is_array(tree):
        from numpy import ndindex

        return [f"[{', '.join(map(str, place))}]" for place in ndindex(tree.shape)]
    if is_dataclass(tree):
        return [f".{name}" for name in field_names(tree)]
    if hasattr(tree, "_fields"):
        return [f".{name}" for name in tree._fields]
    if is_module(tree):
        return [f".parameters()[{i}]" for i, _ in enumerate(parameters_of(tree))]
    return [f"[{i}]" for i, _ in enumerate(tree)]


def is_array(tree: Any) -> bool:
    """Whether this is a NumPy array of numbers or of objects."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(tree) in (numpy.ndarray, numpy.memmap) and tree.dtype.kind in "iufO"


def is_dataclass(tree: Any) -> bool:
    return hasattr(type(tree), "__dataclass_fields__")


def field_names(tree: Any) -> list[str]:
    from dataclasses import fields

    return [field.name for field in fields(tree)]


def is_module(tree: Any) -> bool:
    """Whether this is a model that tells its parameters."""
    if isinstance(tree, type):
        return False
    try:
        return callable(getattr(tree, "parameters", None))
    except Exception:  # an object that makes up its attributes, and not this one
        return False


def parameters_of(model: Any) -> list[Any]:
    """The parameters that a model tells; of a dict its values."""
    parameters = model.parameters()
    return [*parameters.values()] if isinstance(parameters, dict) else [*parameters]


def slots_of(kind: type) -> list[str]:
    """The slots of a class, under the names that they have in the end."""
    return [name for base in kind.__mro__ for name, x in vars(base).items() if type(x) is MemberDescriptorType]


def bare(tree: Any) -> Any:
    """A list or dict without elements, of the tree's class and with its attributes, made without the user's code."""
    if not type(tree).__flags__ & HEAP or type(tree).__module__ == "collections":
        twin = copy.copy(tree)
        twin.clear()
        return twin
    base: Any = next(base for base in type(tree).__mro__ if not base.__flags__ & HEAP)
    twin = base.__new__(type(tree))
    if hasattr(base, "default_factory"):
        twin.default_factory = tree.default_factory
    own = getattr(tree, "__dict__", {})
    if own is tree:  # a dict whose items are its attributes
        object.__setattr__(twin, "__dict__", twin)
    kept = (
        [] if own is tree else [name for name in own if type(class_attribute(type(tree), name)) is not cached_property]
    )
    for name in [*kept, *(name for name in slots_of(type(tree)) if hasattr(tree, name))]:
        object.__setattr__(twin, name, getattr(tree, name))
    return twin


def class_attribute(kind: type, name: str) -> Any:
    """What a class, or one that it inherits from, has under this name."""
    return next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)


HEAP = 1 << 9  # the flag of classes that were written in Python


def updated(tree: dict[Any, Any], new: list[Any]) -> dict[Any, Any]:
    if type(tree) is dict:
        return dict(zip(tree, new, strict=True))
    twin = bare(tree)
    base: Any = next(base for base in type(tree).__mro__ if base.__module__ in ("builtins", "collections"))
    for key, x in zip(tree, new, strict=True):
        base.__setitem__(twin, key, x)
    return twin  # type: ignore[no-any-return]


def with_elements(tree: Any, new: list[Any]) -> Any:
    if type(tree) in (list, tuple):
        return type(tree)(new)
    if isinstance(tree, tuple):
        return tuple.__new__(type(tree), new)
    twin = bare(tree)
    list.extend(twin, new)
    return twin


def with_attributes(tree: Any, names: list[str], new: list[Any]) -> Any:
    """A dataclass with other numbers in its fields, and its other attributes; none of the user's code runs."""
    twin = object.__new__(type(tree))
    for name in [*getattr(tree, "__dict__", ()), *(name for name in slots_of(type(tree)) if hasattr(tree, name))]:
        object.__setattr__(twin, name, object.__getattribute__(tree, name))
    for name, x in zip(names, new, strict=True):
        object.__setattr__(twin, name, x)
    return twin


def with_parameters(module: Any, new: list[Any]) -> Any:
    """A copy of the model with other parameters in the places of its own."""
    return copy.deepcopy(module, {id(p): x for p, x in zip(parameters_of(module), new, strict=True)})


def without_modules(tree: Any) -> Any:
    """The tree with the list of its parameters in place of each model: the form of a derivative by it."""
    if is_leaf(tree) or is_array(tree):
        return tree
    if is_module(tree) and not isinstance(tree, list | tuple | dict):
        return parameters_of(tree)
    parts = parts_of(tree)
    return parts[1](list(map(without_modules, parts[0]))) if parts else tree


def nodes_in(tree: Any) -> list[Any]:
    """The Values in containers, whatever stands beside them; arrays and lists of plain numbers cost nothing."""
    if isinstance(tree, Node):
        return [tree]
    return [x for part in inner_parts(tree) if type(part) is not float for x in nodes_in(part)]


def inner_parts(tree: Any) -> Iterable[Any]:
    if isinstance(tree, dict):
        return tree.values()
    if isinstance(tree, list | tuple | set | frozenset):
        return tree
    if is_array(tree) and tree.dtype.kind == "O":
        return tree.ravel().tolist()  # type: ignore[no-any-return]
    if is_dataclass(tree):
        return [getattr(tree, name) for name in field_names(tree)]
    return tree.parameters() if is_module(tree) else ()


def exchanged(tree: Any, new_of: Callable[[Any], Any]) -> Any:
    """The tree with what `new_of` answers in the place of each part for which it is something else; itself if none."""
    if (new := new_of(tree)) is not tree:
        return new
    if isinstance(tree, Node) or is_module(tree):
        return tree
    parts = [*inner_parts(tree)]
    others = [x if type(x) is float else exchanged(x, new_of) for x in parts]
    if all(x is y for x, y in zip(parts, others, strict=True)):
        return tree
    if isinstance(tree, set | frozenset):
        return type(tree)(others)
    if is_array(tree):
        return array_of(others, tree.shape)
    if isinstance(tree, dict):
        return updated(tree, others)
    return with_attributes(tree, field_names(tree), others) if is_dataclass(tree) else with_elements(tree, others)


def array_of(new: list[Any], shape: tuple[int, ...], holds_anything: bool = False) -> Any:
    """A NumPy array of that shape, of floats if it can be; of arrays of one shape, with that behind.

    One that `holds_anything` has lists and other objects for elements.
    """
    import numpy as np

    if holds_anything:
        filled = np.empty(len(new), dtype=object)
        for i, x in enumerate(new):
            filled[i] = x
        return filled.reshape(shape)
    objects = any(isinstance(x, Node) or (is_array(x) and x.dtype.kind == "O") for x in new)
    flat = np.array(new, dtype=object if objects else None)
    return flat.reshape(shape + flat.shape[1:])
