"""Arguments and answers as trees: numbers in nested lists, tuples, dicts, dataclasses, NumPy arrays and modules.

A tree's leaves are its numbers and Values, in the order in which one reads it. Text, `None`, `True` and `False`,
functions and other objects that hold no numbers stay as they are.
"""

from __future__ import annotations

import copy
import sys
from numbers import Complex

from .graph import Node
from .operation import is_real

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
        return tree.ravel().tolist(), lambda new: array_of(new, tree.shape)
    if is_dataclass(tree):
        names = field_names(tree)
        return [getattr(tree, name) for name in names], lambda new: with_attributes(tree, names, new)
    if is_module(tree):
        return list(tree.parameters()), lambda new: with_parameters(tree, new)
    if may_hold_numbers(tree):
        raise TypeError(misplaced(tree))
    return None


def misplaced(x: Any) -> str:
    """What to say of numbers that stand where they cannot be followed."""
    return (
        f"numbers are real and stand in lists, tuples, dicts, dataclasses and NumPy arrays, not in {x!r:.60}, a "
        f"{type(x).__name__}"
    )


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
        return [f".parameters()[{i}]" for i, _ in enumerate(tree.parameters())]
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
    return callable(getattr(tree, "parameters", None)) and not isinstance(tree, type)


def updated(tree: dict[Any, Any], new: list[Any]) -> dict[Any, Any]:
    twin = copy.copy(tree)
    for key, x in zip(tree, new, strict=True):
        twin[key] = x
    return twin


def with_elements(tree: Any, new: list[Any]) -> Any:
    if type(tree) in (list, tuple):
        return type(tree)(new)
    if isinstance(tree, tuple):
        return tuple.__new__(type(tree), new)
    twin = copy.copy(tree)
    twin[:] = new
    return twin


def with_attributes(tree: Any, names: list[str], new: list[Any]) -> Any:
    """A dataclass with other numbers. What it has computed of them itself is computed anew, if these are Values."""
    anew = any(isinstance(x, Node) for x in new)
    twin = object.__new__(type(tree)) if anew else copy.copy(tree)
    for name, x in zip(names, new, strict=True):
        object.__setattr__(twin, name, x)
    if anew and hasattr(twin, "__post_init__"):
        twin.__post_init__()
    return twin


def with_parameters(module: Any, new: list[Any]) -> Any:
    """A copy of the model with other parameters in the places of its own."""
    return copy.deepcopy(module, {id(p): x for p, x in zip(module.parameters(), new, strict=True)})


def without_modules(tree: Any) -> Any:
    """The tree with the list of its parameters in place of each model: the form of a derivative by it."""
    if is_leaf(tree) or is_array(tree):
        return tree
    if is_module(tree) and not isinstance(tree, list | tuple | dict):
        return list(tree.parameters())
    parts = parts_of(tree)
    return parts[1](list(map(without_modules, parts[0]))) if parts else tree


def array_of(new: list[Any], shape: tuple[int, ...]) -> Any:
    """A NumPy array of that shape, of floats if it can be; of arrays of one shape, with that behind."""
    import numpy as np

    objects = any(isinstance(x, Node) or (is_array(x) and x.dtype.kind == "O") for x in new)
    flat = np.array(new, dtype=object if objects else None)
    return flat.reshape(shape + flat.shape[1:])
