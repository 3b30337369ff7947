"""Arguments and answers as trees: numbers in nested lists, tuples, dicts, objects, NumPy arrays and models.

A tree's leaves are its numbers and Values, in the order in which one reads it. Text, `None`, `True` and `False`,
functions and other objects that hold no numbers stay as they are. An object is followed attribute by attribute; those
that it computes of others (`derived.py`) are no leaves of an argument.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from operator import length_hint
from types import GeneratorType

from ..core import kinds_of
from ..graph import Node
from .derived import computed_on_variables, derived_in
from .models import ModelTwin, OfRun
from .objects import (
    BUILTIN,
    CONTAINERS,
    FUNCTIONS,
    NUMBERS,
    PLAIN,
    array_like,
    array_of,
    attributes,
    bare,
    elements_of,
    filled,
    is_array,
    is_followed,
    is_leaf,
    is_module,
    parameters_of,
    put,
)
from .reading import Names, Reading, may_hold_numbers, misplaced, suffixes_of
from .twins import Beyond, Twins, Wanted, branches, leading, nearly, number_of, same, same_number

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from .twins import Holders, Place

    Parts = tuple[list[Any], Callable[[list[Any]], Any]]  # the branches, and how to put others in their places

__all__ = ["array_of", "is_array", "is_leaf", "is_module", "misplaced", "suffixes_of"]


class Argument:
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
        "leads",
        "leaves",
        "models",
        "name",
        "names",
        "omitted",
        "planting",
        "searched",
        "shared",
        "tree",
    )

    def __init__(self, tree: Any, name: str | None = None) -> None:
        self.tree = tree
        self.name = name or "the arguments"
        self.models: list[ModelTwin] = []
        self.planting: Planting | None = None
        self.shared: list[tuple[Any, list[Any]]] = []
        if type(tree) in NUMBERS:
            self.leaves = [tree]
            self.names: Names | list[str] = [] if name is None else [name]
            self.derived, self.doubts, self.omitted = [], [], {}
            return
        self.leads: Holders = {}  # as the argument is now: the function may write into what it shares with its twin
        self.searched: set[int] = set()
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
        self.shared = [(twin, held_in(twin)) for twins in several for twin in twins]
        if self.derived:
            unchanged = all(same_number(number_of(x), number_of(y)) for x, y in zip(self.leaves, new, strict=True))
            for derived in self.derived:
                if id(derived.it) in planting.memo:
                    alike = partial(same, equal=nearly) if unchanged else lambda x, y: True
                    before = [model.remembered() for model in self.models]
                    computed_on_variables(derived, planting.memo[id(derived.it)][1], alike, before)
            for model in self.models:
                model.begin()
        return twin

    def twins_of(self, originals: dict[int, Any]) -> list[Any]:
        """What stands in the places of these, which are given by their ids."""
        planting = self.planting
        if planting is None:
            return []
        places = [twin for number, twins in planting.places.items() if number in originals for twin in twins]
        return [*places, *(planting.memo[number][1] for number in originals if number in planting.memo)]

    def give_back(self, number: Callable[[Any], Any]) -> None:
        """Write into the models in the argument what was written into their twins."""
        for model in self.models:
            model.give_back(number)

    def check_used(self, used: list[bool]) -> None:
        """Refuse, if the answer was made of numbers that may have been computed of others, and cannot follow them."""
        for start, end, name in self.doubts:
            if any(used[start:end]):
                raise TypeError(
                    f"{name} was computed when the object was made, and cannot follow the other numbers: to compute it "
                    "again would have side effects, or come out otherwise, or without a derivative. Make a property of "
                    "it, or a field that __init__ takes"
                )

    def check_shared(self) -> None:
        """Refuse what was written into a list or dict that stands in several places, each of which has got its own."""
        for twin, held in self.shared:
            now = held_in(twin)
            if len(now) != len(held) or any(x is not y for x, y in zip(now, held, strict=True)):
                raise ValueError(
                    f"one {type(twin).__name__} stands in several places of {self.name}, and the function writes into "
                    "it, which is seen in one of the places alone while it is differentiated: give each its own copy"
                )

    def shaped(self, numbers: list[Any]) -> Any:
        """The derivatives by its numbers in the form of the argument, a list in the place of each model."""
        if type(self.tree) in NUMBERS:
            return numbers[0]
        shaping = Shaping(self, numbers)
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


class Unread(Argument):
    """An argument, or an answer, all of whose attributes are its own."""

    __slots__ = ()

    def __init__(self, tree: Any = None) -> None:
        self.tree = tree
        self.derived = []
        self.omitted = {}
        self.models = []
        self.leads = {}
        self.searched = set()


def held_in(x: Any) -> list[Any]:
    """The elements of a container or array."""
    return x.ravel().tolist() if is_array(x) else elements_of(x)


class Planting(Twins):
    """Twins of the objects in an argument; its lists, tuples, dicts and arrays are new ones in each of their places.

    Arrays that are `seen` by the user's function look to it like the originals.
    """

    def __init__(self, argument: Argument, new: list[Any], seen: bool = False) -> None:
        super().__init__(self.next_number, argument.leads)
        self.new = iter(new)
        self.seen = seen
        self.omitted = argument.omitted
        self.inside = False
        self.searched = argument.searched
        self.places: dict[int, list[Any]] = {}  # of lists, dicts and arrays: what stands in each of their places
        self.models: list[ModelTwin] = []

    def next_number(self, x: Any, place: Place) -> Any:
        return next(self.new)

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
        if not self.inside and (kind in BUILTIN or is_array(x)) and kind not in (set, frozenset):
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
            held = self.next_numbers(x.size) if known else [self.of(y, (0, None)) for y in x.ravel().tolist()]
            return self.array(x, held)
        if type(x) is dict:
            return {key: next(self.new) if type(y) in NUMBERS else self.of(y, (0, None)) for key, y in x.items()}
        twin = bare(x)
        filled(twin, x, [self.of(y, (0, None)) for y in elements_of(x)])
        return twin

    def array(self, x: Any, new: list[Any]) -> Any:
        array = array_like(x, new)
        return looking_like(x, array) if self.seen and array.dtype.kind == "O" else array

    def tuple(self, x: Any) -> Any:
        """A tuple is another one in each of its places, that of a class of the user's too."""
        twin = tuple.__new__(type(x), [self.of(y, (0, None)) for y in elements_of(x)])
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
    """Derivatives in the form of an argument: 0 where it holds what it computes, a list in the place of a model."""

    def of(self, x: Any, place: Place) -> Any:
        return x if type(x) in FUNCTIONS else super().of(x, place)

    def whole(self, x: Any) -> Any:
        twin = super().whole(x)
        for name in self.omitted.get(id(x), ()):
            held = attributes(x)[name]
            zeros = Planting(Unread(), [0.0] * len(Reading(held).leaves))
            put(twin, name, zeros.of(held, (0, None)))
        return twin

    def model(self, x: Any) -> Any:
        return self.builtin(parameters_of(x))


def looking_like(x: Any, array: Any) -> Any:
    """An array of objects that looks to the user's program like x."""
    from .lookalike import seen, standing

    return standing(array, seen(x))


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


def planted(tree: Any, new: list[Any]) -> Any:
    """A tree of the same form with new leaves.

    >>> planted({"price": 100, "name": "apple", "weights": [0.2, (0.3, 0.4)]}, [1, 2, 3, 4])
    {'price': 1, 'name': 'apple', 'weights': [2, (3, 4)]}
    """
    kind = type(tree)
    return new[0] if kind is float or kind is int else Planting(Unread(), new).of(tree, (0, None))


def shaped(tree: Any, new: list[Any]) -> Any:
    """The same, with lists in the places of models, and functions as they are: the form of an answer."""
    return Shaping(Unread(), new).of(tree, (0, None))


def without_modules(tree: Any) -> Any:
    """The tree with the list of its parameters in place of each model: the form of a derivative by it."""
    return shaped(tree, leaves(tree))


def aligned(tree: Any, like: Any, what: str) -> list[Any]:
    """The leaves of a tree in the order of another one, which has the same form.

    >>> aligned({"b": 1, "a": [2, 3]}, {"a": [0, 0], "b": 0}, "v")
    [2, 3, 1]
    """
    return Matching(Unread(), what).leaves_of(tree, like)


class Matching:
    """The leaves of a tree in the order of another: those of dicts by their keys, those of objects by attributes."""

    def __init__(self, argument: Argument, what: str) -> None:
        self.omitted = argument.omitted
        self.argument = argument
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
            for key, y in dict.items(like):
                self.match(tree[key], y, inside)
            self.match_attributes(tree, like)
        elif is_array(like) or isinstance(like, CONTAINERS):
            self.match_elements(tree, like, inside)
        elif is_module(like) and not hasattr(type(like), "__dataclass_fields__"):
            self.match(parameters_of(tree) if is_module(tree) else tree, parameters_of(like), False)
        elif is_followed(like) and self.had_numbers(like):
            self.match_attributes(tree, like)
        elif Reading(tree).leaves:
            self.refuse()

    def match_elements(self, tree: Any, like: Any, inside: bool) -> None:
        if not (is_array(tree) or isinstance(tree, list | tuple) or type(tree) is type(like)):
            self.refuse()
        if is_array(like):
            others = flattened(tree, like.shape)
            elements = like.ravel().tolist()
        else:
            others, elements = tree.tolist() if is_array(tree) else [*tree], elements_of(like)
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
        return id(x) in self.argument.leads or not self.argument.searched

    def holds_numbers(self, x: Any) -> bool:
        return is_leaf(x) or bool(Reading(x, None, self.omitted).leaves)

    def again(self, tree: Any, x: Any, inside: bool) -> bool:
        """Whether x is one object that has been met in another place: what goes with it must be the same there."""
        in_each_place = not inside and (type(x) in BUILTIN or is_array(x))
        if isinstance(x, tuple) or in_each_place or not branches(x):
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


# what a run has made


def nodes_in(tree: Any) -> list[Any]:
    """The Values in the tree and in all that can be followed, without a look at plain numbers."""
    if tree is None:
        return []
    found = Nodes({})
    leading([tree], found)
    return found.nodes


class Nodes(OfRun):
    def __init__(self, variables: dict[int, Any]) -> None:
        super().__init__(variables)
        self.nodes: list[Any] = []

    def leaf(self, x: Any, place: Place) -> bool:
        if isinstance(x, Node):
            self.nodes.append(x)
        return False


def without_nodes(tree: Any, number: Callable[[Any], Any], variables: list[Any], models: list[ModelTwin]) -> Any:
    """The tree with numbers in place of what a run has made; what holds nothing of that is the very same object."""
    wanted = OfRun({id(v): v for v in variables})
    twins = Twins(lambda x, place: number(x) if wanted.leaf(x, place) else x, leading([tree], wanted))
    for model, twin in (pair for each in models for pair in each.pairs):
        twins.memo[id(twin)] = twin, model
        twins.begun.add(id(twin))
    if isinstance(tree, GeneratorType):
        return (without_nodes(x, number, variables, models) for x in tree)
    return twins.of(tree, (0, None))


# parts, one floor at a time


def parts_of(tree: Any) -> Parts | None:
    """What the tree branches into, and how it is put together again; None if it holds no numbers."""
    if isinstance(tree, dict):
        return list(tree.values()), lambda new: updated(tree, new)
    if isinstance(tree, list | tuple):
        return list(tree), lambda new: with_elements(tree, new)
    if is_array(tree):
        return tree.ravel().tolist(), lambda new: array_like(tree, new)
    if is_dataclass(tree):
        names = field_names(tree)
        return [attributes(tree)[name] for name in names], lambda new: with_attributes(tree, names, new)
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


def with_attributes(tree: Any, names: list[str], new: list[Any]) -> Any:
    """Another of the same class with these attributes; those that are not named are the same."""
    twin = bare(tree)
    for name, x in {**attributes(tree), **dict(zip(names, new, strict=True))}.items():
        put(twin, name, x)
    return twin


def updated(tree: dict[Any, Any], new: list[Any]) -> dict[Any, Any]:
    twin: dict[Any, Any] = bare(tree)
    filled(twin, tree, new)
    return twin


def with_elements(tree: Any, new: list[Any]) -> Any:
    if type(tree) in (list, tuple):
        return type(tree)(new)
    if isinstance(tree, tuple):
        return tuple.__new__(type(tree), new)
    twin = bare(tree)
    filled(twin, tree, new)
    return twin


def is_whole(x: Any) -> bool:
    """Whether a number is an int, Python's or NumPy's."""
    return isinstance(x, int) or getattr(getattr(x, "dtype", None), "kind", "f") in "iu"


def no_number(x: Any, name: str) -> str:
    """What to say of an argument without a number.

    >>> no_number("a", "price")
    "price, which is no number but 'a'"
    """
    return f"{name}, which is no number but {x!r:.60}"
