"""A tree taken apart into its branches, one level at a time, and put together again."""

from __future__ import annotations

from .models import ModelTwin
from .objects import CONTAINERS, array_like, attributes, bare, is_array, is_followed, is_module, put, put_elements
from .reading import Reading, may_hold_numbers, misplaced, suffixes_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Parts = tuple[list[Any], Callable[[list[Any]], Any]]  # the branches, and how to put others in their places


def branches_of(tree: Any) -> Parts | None:
    """What the tree branches into, and how it is put together again; None if it holds no numbers."""
    if isinstance(tree, dict):
        return list(tree.values()), lambda new: with_elements(tree, new)
    if isinstance(tree, list | tuple):
        return list(tree), lambda new: with_elements(tree, new)
    if is_array(tree):
        return tree.ravel().tolist(), lambda new: array_like(tree, new)
    if is_dataclass(tree):
        names = field_names(tree)
        return [attributes(tree)[name] for name in names], lambda new: with_attributes_named(tree, names, new)
    if is_module(tree):
        return Reading(tree).leaves, lambda new: ModelTwin(tree, new).twin
    if may_hold_numbers(tree):
        raise TypeError(misplaced(tree))
    return None


def suffixes(tree: Any) -> list[str]:
    """How the branches are written behind the tree's name: `[0]`, `['price']`, `.price`."""
    if is_array(tree) or isinstance(tree, CONTAINERS):
        return suffixes_of(tree)
    if is_dataclass(tree):
        return [f".{name}" for name in field_names(tree)]
    return [f".parameters()[{i}]" for i, _ in enumerate(Reading(tree).leaves)]


def is_dataclass(tree: Any) -> bool:
    """Whether this is a dataclass, or another object that is followed attribute by attribute to its numbers."""
    if hasattr(type(tree), "__dataclass_fields__"):
        return True
    return is_followed(tree) and not is_module(tree) and bool(Reading(tree).leaves)


def field_names(tree: Any) -> list[str]:
    """The attributes of such an object, the fields of a dataclass first."""
    return [*attributes(tree)]


def with_attributes_named(tree: Any, names: list[str], new: list[Any]) -> Any:
    """Another of the same class with these attributes; those that are not named are the same."""
    twin = bare(tree)
    for name, x in {**attributes(tree), **dict(zip(names, new, strict=True))}.items():
        put(twin, name, x)
    return twin


def with_elements(tree: Any, new: list[Any]) -> Any:
    if type(tree) in (list, tuple):
        return type(tree)(new)
    if isinstance(tree, tuple):
        return tuple.__new__(type(tree), new)
    twin = bare(tree)
    put_elements(twin, tree, new)
    return twin
