"""Trees of the same form with other numbers: variables for a function to see, or derivatives by each number."""

from __future__ import annotations

from itertools import islice
from operator import length_hint

from ..core import kinds_of
from .containers import BUILTIN, CONTAINERS, SETS, elements_of, is_array
from .models import ModelTwin
from .objects import (
    FUNCTIONS,
    NUMBERS,
    PLAIN,
    array_like,
    attributes,
    is_followed,
    is_leaf,
    is_module,
    parameters_of_model,
    put,
    with_elements,
)
from .reading import Reading
from .twins import Beyond, Twins, Wanted, leading

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .twins import Holders, Place


class Tree:
    """What is known of a tree before other numbers are put into it: nothing, as long as nobody has read it."""

    __slots__ = ("leads", "omitted", "searched")

    def __init__(self) -> None:
        self.leads: Holders = {}  # what leads to numbers, where it was searched
        self.searched: set[int] = set()
        self.omitted: dict[int, set[str]] = {}  # attributes that are computed of others, by the ids of the objects


class Planting(Twins):
    """Twins of the objects in an argument; its lists, tuples, dicts and arrays are new ones in each of their places.

    Arrays that are `seen` by the user's function look to it like the originals.
    """

    def __init__(self, tree: Tree, new: list[Any], seen: bool = False) -> None:
        numbers = self.new = iter(new)
        super().__init__(lambda x, place: next(numbers), tree.leads)  # a method would refer back to this
        self.seen = seen
        self.omitted = tree.omitted
        self.inside = False
        self.searched = tree.searched
        self.places: dict[int, list[Any]] = {}  # of lists, dicts and arrays: what stands in each of their places
        self.models: list[ModelTwin] = []

    def twins(self) -> list[Any]:
        """The lists, dicts, arrays and objects that were made, but for models, whose originals are written into."""
        models = {id(twin) for model in self.models for _, twin in model.pairs}
        made = [*(twin for twins in self.places.values() for twin in twins), *(twin for _, twin in self.memo.values())]
        return [x for x in made if id(x) not in models and type(x) not in FUNCTIONS]

    def of(self, x: Any, place: Place) -> Any:
        kind = type(x)
        if kind is float or kind is int:
            return next(self.new)
        if kind in PLAIN:
            return x
        if not self.inside and (kind in BUILTIN or is_array(x)) and kind not in SETS:
            return self.builtin(x)
        if kind in FUNCTIONS:
            return self.function(x) if id(x) in self.leads and id(x) not in self.memo else self.closed(x, place)
        if is_leaf(x):
            return next(self.new)
        if isinstance(x, tuple):
            return x if self.inside and id(x) not in self.leads else self.tuple(x)
        if is_module(x) and not (hasattr(kind, "__dataclass_fields__") or issubclass(kind, CONTAINERS)):
            return self.memo[id(x)][1] if id(x) in self.memo else self.noted(x, self.model(x))
        if not self.inside and (is_followed(x) or issubclass(kind, CONTAINERS)):
            return self.entered(x, place)
        return super().of(x, place)

    def builtin(self, x: Any) -> Any:
        """A list, tuple, dict or array with others in the places of its numbers."""
        if isinstance(x, tuple):
            return tuple(self.sequence(x))
        twin = self.mutable(x)
        self.places.setdefault(id(x), []).append(twin)
        return twin

    def sequence(self, x: Any) -> list[Any]:
        kinds = kinds_of(x)
        if kinds <= NUMBERS:
            return self.next_numbers(len(x))
        if kinds <= PLAIN:
            return [next(self.new) if type(y) in NUMBERS else y for y in x]
        return [self.of(y, (0, None)) for y in x]

    def next_numbers(self, count: int) -> list[Any]:
        found = list(self.new if length_hint(self.new) == count else islice(self.new, count))
        if len(found) < count:
            raise StopIteration  # the argument has changed
        return found

    def mutable(self, x: Any) -> Any:
        if type(x) is list:
            return self.sequence(x)
        if is_array(x):
            known = x.dtype.kind != "O"
            return self.array(x, self.next_numbers(x.size) if known else self.elements_in_each_place(x))
        if type(x) is dict:
            return {key: next(self.new) if type(y) in NUMBERS else self.of(y, (0, None)) for key, y in x.items()}
        return with_elements(x, self.elements_in_each_place(x))

    def elements_in_each_place(self, x: Any) -> list[Any]:
        return [self.of(y, (0, None)) for y in elements_of(x)]

    def array(self, x: Any, new: list[Any]) -> Any:
        array = array_like(x, new)
        return looking_like(x, array) if self.seen and array.dtype.kind == "O" else array

    def tuple(self, x: Any) -> Any:
        """A tuple is another one in each of its places, that of a class of the user's too."""
        twin = with_elements(x, self.elements_in_each_place(x))
        inside, self.inside = self.inside, True
        try:
            for name, y in self.attributes(x).items():
                self.search(y)
                put(twin, name, self.of(y, (0, None)))
        finally:
            self.inside = inside
        return twin

    def entered(self, x: Any, place: Place) -> Any:
        """The twin of an object that is in no other object."""
        self.search(x)
        if isinstance(x, CONTAINERS):
            self.leads[id(x)] = x
        self.inside = True
        try:
            return super().of(x, place)
        finally:
            self.inside = False

    def search(self, x: Any) -> None:
        """Find out which objects in x lead to numbers."""
        if id(x) not in self.searched:
            wanted = Wanted()
            self.leads.update(leading(x, wanted))
            if wanted.met_functions:
                self.leads.update(leading(x, Beyond(self.leads)))
            self.searched |= self.leads.keys() | {id(x)}

    def attributes(self, x: Any) -> dict[str, Any]:
        omitted = self.omitted.get(id(x), ())
        return {name: y for name, y in attributes(x).items() if name not in omitted}

    def closed(self, x: Any, place: Place) -> Any:
        if id(x) in self.memo:
            return self.memo[id(x)][1]
        if type(x) in FUNCTIONS and id(x) in self.leads:
            return self.function(x)
        return self.shell(x) if id(x) in self.leads and not (isinstance(x, tuple) or is_array(x)) else x

    def model(self, x: Any) -> Any:
        count = len(Reading(x).leaves)
        self.models.append(ModelTwin(x, [next(self.new) for _ in range(count)]))
        return self.models[-1].twin


class Shaping(Planting):
    """Derivatives in the form of an argument: 0 where it holds what it computes, a list in the place of a model.

    Of models that a run has written into, `told` has what they told as their parameters before, by their ids.
    """

    def __init__(self, tree: Tree, new: list[Any], told: dict[int, Any] | None = None) -> None:
        super().__init__(tree, new)
        self.told = told or {}

    def of(self, x: Any, place: Place) -> Any:
        return x if type(x) in FUNCTIONS else super().of(x, place)

    def whole(self, x: Any) -> Any:
        twin = super().whole(x)
        for name in self.omitted.get(id(x), ()):
            held = attributes(x)[name]
            zeros = Planting(Tree(), [0.0] * len(Reading(held).leaves))
            put(twin, name, zeros.of(held, (0, None)))
        return twin

    def model(self, x: Any) -> Any:
        return self.builtin(self.told[id(x)] if id(x) in self.told else parameters_of_model(x))


def looking_like(x: Any, array: Any) -> Any:
    """An array of objects that looks to the user's program like x."""
    from .lookalike import seen, standing

    return standing(array, seen(x))


def planted(tree: Any, new: list[Any]) -> Any:
    """A tree of the same form with new leaves.

    >>> planted({"price": 100, "name": "apple", "weights": [0.2, (0.3, 0.4)]}, [1, 2, 3, 4])
    {'price': 1, 'name': 'apple', 'weights': [2, (3, 4)]}
    """
    kind = type(tree)
    return new[0] if kind is float or kind is int else Planting(Tree(), new).of(tree, (0, None))


def shaped(tree: Any, new: list[Any]) -> Any:
    """The same, with lists in the places of models, and functions as they are: the form of an answer."""
    return Shaping(Tree(), new).of(tree, (0, None))
