"""A tree taken apart into its branches, one level at a time, and put together again."""

from __future__ import annotations

from functools import partial

from .containers import SETS, row_of
from .models import ModelTwin
from .objects import attributes, bare, is_followed, is_module, put, with_elements
from .reading import Reading, may_hold_numbers, misplaced, suffixes_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Parts = tuple[list[Any], Callable[[list[Any]], Any]]  # the branches, and how to put others in their places


def branches_of(tree: Any) -> Parts | None:
    """What the tree branches into, and how it is put together again; None if it holds no numbers."""
    if (row := row_of(tree)) and not isinstance(tree, SETS):
        return [*row.elements(tree)], partial(with_elements, tree)
    if is_dataclass(tree):
        return [*attributes(tree).values()], partial(with_attributes, tree)
    if is_module(tree):
        return Reading(tree).leaves, lambda new: ModelTwin(tree, new).twin
    if may_hold_numbers(tree):
        raise TypeError(misplaced(tree))
    return None


def suffixes(tree: Any) -> list[str]:
    """How the branches are written behind the tree's name: `[0]`, `['price']`, `.price`."""
    if row_of(tree):
        return suffixes_of(tree)
    if is_dataclass(tree):
        return [f".{name}" for name in attributes(tree)]
    return [f".parameters()[{i}]" for i, _ in enumerate(Reading(tree).leaves)]


def is_dataclass(tree: Any) -> bool:
    """Whether this is a dataclass, or another object that is followed attribute by attribute to its numbers."""
    if hasattr(type(tree), "__dataclass_fields__"):
        return True
    return is_followed(tree) and not is_module(tree) and bool(Reading(tree).leaves)


def with_attributes(x: Any, new: list[Any]) -> Any:
    """Another object of the same class with others as its attributes."""
    twin = bare(x)
    for name, y in zip(attributes(x), new, strict=True):
        put(twin, name, y)
    return twin
