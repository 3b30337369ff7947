"""Trees of one form beside each other: the numbers of one in the order of the other."""

from __future__ import annotations

from .containers import BUILTIN, CONTAINERS, elements_of, is_array, keyed_elements
from .objects import attributes, is_followed, is_leaf, is_module, parameters_of_model
from .planting import Tree
from .reading import Reading
from .twins import is_taken_apart, same

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any, NoReturn


class Matching:
    """The leaves of a tree in the order of another: those of dicts by their keys, those of objects by attributes."""

    def __init__(self, known: Tree, what: str) -> None:
        self.omitted = known.omitted
        self.known = known
        self.what = what
        self.seen: dict[int, tuple[Any, Any]] = {}  # what was met, and what went with it

    def leaves_of(self, tree: Any, like: Any) -> list[Any]:
        self.whole = tree, like
        self.found: list[Any] = []
        self.match(tree, like, False)
        return self.found

    def match(self, tree: Any, like: Any, inside: bool) -> None:
        if is_leaf(like):
            if not is_leaf(tree):
                self.refuse()
            self.found.append(tree)
        elif self.again(tree, like, inside):
            return
        elif isinstance(like, dict):
            if not isinstance(tree, dict) or tree.keys() != like.keys():
                self.refuse()
            for key, y in keyed_elements(like).items():
                self.match(tree[key], y, inside)
            self.match_attributes(tree, like)
        elif is_array(like) or isinstance(like, CONTAINERS):
            self.match_elements(tree, like, inside)
        elif is_module(like) and not hasattr(type(like), "__dataclass_fields__"):
            self.match(parameters_of_model(tree) if is_module(tree) else tree, parameters_of_model(like), False)
        elif is_followed(like) and self.had_numbers(like):
            self.match_attributes(tree, like)
        elif Reading(tree).leaves:
            self.refuse()

    def match_elements(self, tree: Any, like: Any, inside: bool) -> None:
        if not (is_array(tree) or isinstance(tree, list | tuple) or type(tree) is type(like)):
            self.refuse()
        elements = elements_of(like)
        others = flattened(tree, like.shape) if is_array(like) else tree.tolist() if is_array(tree) else [*tree]
        if others is None or len(others) != len(elements):
            self.refuse()
        for x, y in zip(others, elements, strict=True):
            self.match(x, y, inside)
        self.match_attributes(tree, like)

    def match_attributes(self, tree: Any, like: Any) -> None:
        """The numbers of an object, from one that has attributes of the same names."""
        if type(like) in BUILTIN or is_array(like):
            return
        omitted = self.omitted.get(id(like), ())
        held = {name: y for name, y in attributes(like).items() if name not in omitted}
        numbered = {name: y for name, y in held.items() if self.holds_numbers(y)}
        given = attributes(tree)
        fields = getattr(type(like), "__dataclass_fields__", numbered)
        if (numbered and is_leaf(tree)) or any(name not in given for name in numbered if name in fields):
            self.refuse()
        if type(tree) is not type(like) and {name for name, y in given.items() if self.holds_numbers(y)} != {*numbered}:
            self.refuse()
        for name, y in numbered.items():
            if name in given:
                self.match(given[name], y, True)
            else:  # an attribute that the constructor does not know
                self.found += [0.0] * len([y] if is_leaf(y) else Reading(y, None, self.omitted).leaves)

    def had_numbers(self, x: Any) -> bool:
        return id(x) in self.known.leads or not self.known.searched

    def holds_numbers(self, x: Any) -> bool:
        return is_leaf(x) or bool(Reading(x, None, self.omitted).leaves)

    def again(self, tree: Any, x: Any, inside: bool) -> bool:
        """Whether x is one object that has been met in another place: what goes with it must be the same there."""
        in_each_place = not inside and (type(x) in BUILTIN or is_array(x))
        if isinstance(x, tuple) or in_each_place or not is_taken_apart(x):
            return False
        if id(x) not in self.seen:
            self.seen[id(x)] = x, tree
            return False
        before = self.seen[id(x)][1]
        if before is not tree and not same(before, tree):
            raise ValueError(
                f"{self.what}: a {type(x).__name__} stands in two places of {self.whole[1]!r:.60}, and what goes with "
                "it is not the same in both"
            )
        return True

    def refuse(self) -> NoReturn:
        tree, like = self.whole
        raise ValueError(f"{self.what}: {tree!r:.60} has not the form of {like!r:.60}")


def leaves_in_order_of(tree: Any, like: Any, what: str) -> list[Any]:
    """The leaves of a tree in the order of another one, which has the same form.

    >>> leaves_in_order_of({"b": 1, "a": [2, 3]}, {"a": [0, 0], "b": 0}, "v")
    [2, 3, 1]
    """
    return Matching(Tree(), what).leaves_of(tree, like)


def flattened(tree: Any, shape: tuple[int, ...]) -> list[Any] | None:
    """The elements of an array, or of lists in lists, of that shape; None if it has another one."""
    if is_array(tree):
        return tree.ravel().tolist() if tree.shape == shape else None
    if not shape:
        return [tree]
    if not isinstance(tree, list | tuple) or len(tree) != shape[0]:
        return None
    rows = [flattened(row, shape[1:]) for row in tree]
    return None if None in rows else [x for row in rows if row is not None for x in row]
