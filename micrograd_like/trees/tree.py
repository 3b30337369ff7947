"""Arguments and answers as trees: numbers in nested lists, tuples, dicts, objects, NumPy arrays and models.

A tree's leaves are its numbers and Values, in the order in which one reads it. Text, `None`, `True` and `False`,
functions and other objects that hold no numbers stay as they are. An object is followed attribute by attribute; those
that it computes of others (`derived.py`) are no leaves of an argument.
"""

from __future__ import annotations

from functools import partial

from ..graph import Node
from .derived import computed_on_variables, derived_in
from .matching import Matching
from .models import ModelTwin
from .objects import NUMBERS
from .planting import Planting, Shaping, Tree
from .reading import LeafNames, Reading
from .state import State
from .twins import nearly, number_in, same, same_number

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Argument(Tree):
    """An argument of a function: its numbers, their names, and twins of it with others in their places.

    >>> argument = Argument({"price": 100, "name": "apple", "weights": [0.2, (0.3, 0.4)]}, "p")
    >>> argument.leaves
    [100, 0.2, 0.3, 0.4]
    >>> argument.planted([1, 2, 3, 4])
    {'price': 1, 'name': 'apple', 'weights': [2, (3, 4)]}
    """

    __slots__ = (
        "derived",
        "doubts",
        "leaves",
        "models",
        "name",
        "names",
        "planting",
        "shared",
        "tree",
    )

    def __init__(self, tree: Any, name: str | None = None) -> None:
        self.tree = tree
        self.name = name or "the arguments"
        self.models: list[ModelTwin] = []
        self.planting: Planting | None = None
        self.shared: list[State] = []
        if type(tree) in NUMBERS:
            self.leaves = [tree]
            self.names: LeafNames | list[str] = [] if name is None else [name]
            self.derived, self.doubts, self.omitted = [], [], {}
            return
        super().__init__()
        reading = Reading(tree, name)
        self.derived = derived_in(reading.objects) if reading.objects else []
        self.omitted = {id(derived.it): derived.names for derived in self.derived}
        if self.derived:
            unsure = {id(derived.it): derived.unsure for derived in self.derived}
            reading = Reading(tree, name, self.omitted, unsure)
        self.doubts = reading.doubts
        self.leaves = reading.leaves
        self.names = reading.names

    def planted(self, new: list[Any]) -> Any:
        """The argument with others in the places of its numbers; what it computes of them is computed anew."""
        if type(self.tree) in NUMBERS:
            return new[0]
        planting = self.planting = Planting(self, new, seen=True)
        twin = planting.of(self.tree, (0, None))
        self.models = planting.models
        several = (twins for twins in planting.places.values() if len(twins) > 1)
        self.shared = [State(twin) for twins in several for twin in twins]
        if self.derived:
            unchanged = all(same_number(number_in(x), number_in(y)) for x, y in zip(self.leaves, new, strict=True))
            for derived in self.derived:
                if id(derived.it) in planting.memo:
                    alike = partial(same, equal=nearly) if unchanged else lambda x, y: True
                    before = [state for model in self.models for state in model.states()]
                    computed_on_variables(derived, planting.memo[id(derived.it)][1], alike, before)
            for model in self.models:
                model.begin()
        return twin

    def twins_of(self, originals: dict[int, Any]) -> list[Any]:
        """The twins of these containers and objects, which are given by their ids."""
        planting = self.planting
        if planting is None:
            return []
        places = [twin for number, twins in planting.places.items() if number in originals for twin in twins]
        return [*places, *(planting.memo[number][1] for number in originals if number in planting.memo)]

    def give_back(self, number: Callable[[Any], Any]) -> None:
        """Write into the models in the argument what the function has written into their twins.

        `number` makes of a number of the run what the model is to keep.
        """
        for model in self.models:
            model.give_back(number)

    def check_used(self, used: list[bool]) -> None:
        """Refuse an answer that uses an attribute which the object may have computed from its other numbers.

        `used` says of each number whether the answer depends on it. Such an attribute keeps its old number while the
        others are variables, so the derivative would lack what flows through it.
        """
        for start, end, name in self.doubts:
            if any(used[start:end]):
                raise TypeError(
                    f"{name} was computed when the object was made, and cannot follow the other numbers: to compute it "
                    "again would have side effects, or come out otherwise, or without a derivative. Make a property of "
                    "it, or a field that __init__ takes"
                )

    def check_shared(self) -> None:
        """Refuse a function that writes into a list or dict which stands in several places of the argument.

        The function has seen another copy of it in each place, so what it writes into one does not show in the others.
        """
        for state in self.shared:
            if state.is_written:
                raise ValueError(
                    f"one {type(state.it).__name__} stands in several places of {self.name}, and the function writes "
                    "into it, which is seen in one of the places alone while it is differentiated: give each its own "
                    "copy"
                )

    def shaped(self, numbers: list[Any]) -> Any:
        """The derivatives by its numbers in the form of the argument, a list in the place of each model."""
        if type(self.tree) in NUMBERS:
            return numbers[0]
        told = {id(x): model.told for model in self.models for x, twin in model.pairs if twin is model.twin}
        shaping = Shaping(self, numbers, told)
        try:
            answer = shaping.of(self.tree, (0, None))
        except StopIteration:
            raise ValueError(self.changed()) from None
        if next(shaping.new, None) is not None:
            raise ValueError(self.changed())
        return answer

    def changed(self) -> str:
        """What to say of an argument that is not any more what it was before the function ran."""
        return (
            f"{self.name} holds other numbers than before the function ran, which has changed it by another name, as a "
            "global or an attribute of something else: let it change its argument, or a copy"
        )

    def matched(self, tree: Any, what: str) -> list[Any]:
        """The leaves of another tree of its form, in the order of its own."""
        return Matching(self, what).leaves_of(tree, self.tree)


def leaves(tree: Any) -> list[Any]:
    """The numbers and Values in the tree.

    >>> leaves({"price": 100, "name": "apple", "weights": [0.2, (0.3, 0.4)]})
    [100, 0.2, 0.3, 0.4]
    """
    kind = type(tree)
    return [tree] if kind is float or kind is int or issubclass(kind, Node) else Reading(tree).leaves


def labels(tree: Any, name: str) -> list[str]:
    """What the user would call each leaf.

    >>> labels({"price": 100, "weights": [0.2, (0.3, 0.4)]}, "p")
    ["p['price']", "p['weights'][0]", "p['weights'][1][0]", "p['weights'][1][1]"]
    """
    kind = type(tree)
    return [name] if kind is float or kind is int else [*Reading(tree, name).names]


def is_whole_number(x: Any) -> bool:
    """Whether a number is an int, Python's or NumPy's."""
    return isinstance(x, int) or getattr(getattr(x, "dtype", None), "kind", "f") in "iu"


def said_of_no_number(x: Any, name: str) -> str:
    """What to say of an argument without a number.

    >>> said_of_no_number("a", "price")
    "price, which is no number but 'a'"
    """
    return f"{name}, which is no number but {x!r:.60}"
