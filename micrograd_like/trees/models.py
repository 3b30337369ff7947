"""Models, objects with a method `parameters`: twins with other parameters, and what a run has written into these."""

from __future__ import annotations

from collections import deque

from ..graph import Node, topological_order
from ..operation import OPS
from .containers import CONTAINERS, can_be_filled, elements_of, keyed_elements, replace_elements
from .derived import caches_of, valid_caches
from .objects import (
    FUNCTIONS,
    MarkedFloat,
    MarkedInt,
    attributes,
    is_flat,
    is_followed,
    is_leaf,
    is_own_module,
    pairs_in,
    parameters_of_model,
    put,
    remove,
    vars_of_class,
    with_elements,
)
from .reading import Reading, check_views
from .state import State, are_the_same, differing
from .twins import Twins, Wanted, leading

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .twins import Holders, Place


def is_itself(x: Any) -> bool:
    """Whether x is a Value of the user's, known by its identity; a number of a run is known by its number instead."""
    return isinstance(x, Node) and type(x).__hash__ is object.__hash__


def marked(x: Any) -> Any:
    """A number equal to x that can be told from all others by its identity, as the floats in a list cannot."""
    if isinstance(x, Node):
        return x if is_itself(x) else x.record(OPS["as_float"], x)
    return MarkedInt(x) if type(x) is int else MarkedFloat(x)


def class_attributes(x: Any) -> dict[str, Any]:
    """The numbers and containers that an object finds in its class."""
    known = vars_of_class(type(x)).items()
    return {name: y for name, y in known if not name.startswith("__") and (is_leaf(y) or isinstance(y, CONTAINERS))}


def model_attributes(x: Any) -> dict[str, Any]:
    """The attributes in which a model may keep parameters, those of its class too."""
    own = attributes(x)
    return {**class_attributes(x), **own} if is_followed(x) or is_own_module(type(x)) else own


class Everything(Wanted):
    """All numbers, looked for in what functions close over and in classes too: a model may keep parameters there."""

    def pairs(self, x: Any) -> list[tuple[Any, Any]]:
        if type(x) in FUNCTIONS or isinstance(x, CONTAINERS) or not (is_followed(x) or is_own_module(type(x))):
            return pairs_in(x)
        return [*model_attributes(x).items()]


class ModelTwins(Twins):
    def attributes(self, x: Any) -> dict[str, Any]:
        caches = {*valid_caches(x)} if any(caches_of(x)) else ()
        return {name: y for name, y in model_attributes(x).items() if name not in caches}


class MarkedTwins(ModelTwins):
    """A twin with a mark in the place of each number."""

    def __init__(self, model: Any) -> None:
        super().__init__(self.mark, {**leading(model, Everything()), id(model): model})
        self.places: dict[int, tuple[Any, Place]] = {}  # of the marks, by their ids

    def mark(self, x: Any, place: Place) -> Any:
        mark = marked(x)
        if mark is not x:
            self.places[id(mark)] = mark, place
        return mark

    def array(self, x: Any, new: list[Any]) -> Any:
        import numpy as np

        flat = np.empty(len(new), object)
        flat[:] = new
        return flat.reshape(x.shape)


class Parameters(Everything):
    """Which numbers in a model are its parameters, and what stands for each.

    A parameter that is a Value is replaced wherever it stands; a plain number only in the place that `parameters()` has
    taken it from.
    """

    def __init__(self, model: Any, new: list[Any]) -> None:
        self.values: dict[int, tuple[Any, Any]] = {}  # and what stands for them, by id
        self.places: dict[Place, Any] = {}
        self.met: dict[int, Any] = {}  # what was searched
        self.arrays: list[tuple[Any, str]] = []  # and the arrays in it, with what to call them
        self.model = model
        self.computed: dict[int, Any] = {}  # the Values in it that an operation has made
        told = parameters_of_model(model)
        self.told = with_elements(told, elements_of(told))  # a copy: the model may put its own in another order
        found = Reading(told).leaves
        places: dict[int, tuple[Any, Place]] = {}
        if not all(map(is_itself, found)):
            found, places = self.marks(model, len(found))
        for x, y in zip(found, new, strict=True):
            if is_itself(x):
                self.values.setdefault(id(x), (x, y))
            else:
                self.places.setdefault(places[id(x)][1], y)
        self.holders = {holder for holder, _ in self.places}

    def marks(self, model: Any, count: int) -> tuple[list[Any], dict[int, tuple[Any, Place]]]:
        """The parameters of a twin in which every number is known by itself, and where these stand."""
        twins = MarkedTwins(model)
        twin = twins.of(model, (0, None))
        try:
            found = Reading(parameters_of_model(twin)).leaves
        except Exception as error:
            raise TypeError(f"{self.lost(model)} ({type(error).__name__}: {error})") from error
        if len(found) != count or not all(is_itself(x) or id(x) in twins.places for x in found):
            raise TypeError(self.lost(model))
        return found, twins.places

    def lost(self, model: Any) -> str:
        return (
            f"parameters() of {type(model).__name__} answers numbers that are not found in its attributes: let it "
            "answer the numbers, lists and arrays themselves that the model computes with, or make them Values"
        )

    def leaf(self, x: Any, place: Place) -> bool:
        if place in self.places or id(x) in self.values:
            return True
        if not isinstance(x, Node) or x.op is None:
            return False
        self.computed[id(x)] = x
        return any(id(y) in self.values for y in topological_order(x))

    def pairs(self, x: Any) -> list[tuple[Any, Any]]:
        self.met[id(x)] = x
        return super().pairs(x)

    def flat(self, x: Any, kinds: set[type]) -> bool:
        self.met[id(x)] = x
        return id(x) in self.holders

    def array(self, x: Any) -> bool:
        self.arrays.append((x, f"an array of {type(self.model).__name__}"))
        return id(x) in self.holders

    def number(self, x: Any, place: Place) -> Any:
        """What stands in the place of a number."""
        if place in self.places:
            return self.places[place]
        if id(x) in self.values:
            return self.values[id(x)][1]
        return recorded_again(x, self.values) if isinstance(x, Node) and self.leaf(x, place) else x


def recorded_again(x: Any, values: dict[int, tuple[Any, Any]]) -> Any:
    """What the same operations make of others in the places of these Values."""
    made = {key: new for key, (_, new) in values.items()}
    for node in topological_order(x):
        parents = [made.get(id(parent), parent) for parent in node.parents]
        if id(node) not in made and any(y is not z for y, z in zip(parents, node.parents, strict=True)):
            recorder = next((parent for parent in parents if isinstance(parent, Node)), None)
            made[id(node)] = recorder.record(node.op, *parents) if recorder else node.op.value(*parents)
    return made[id(x)]


class ModelTwin:
    """A model with others in the places of its parameters; `give_back` writes back what was written into it.

    What leads to no parameter is shared with the model, so that what is written there stays by itself.
    """

    def __init__(self, model: Any, new: list[Any]) -> None:
        parameters = Parameters(model, new)
        leads: Holders = {**leading(model, parameters), id(model): model}
        check_views(parameters.arrays, parameters.holders)
        twins = ModelTwins(parameters.number, leads)
        self.twin = twins.of(model, (0, None))
        self.pairs = [pair for pair in twins.memo.values() if may_be_written(pair[0])]
        self.begin()
        self.shared = [
            (x, by_key_or_name(x)) for key, x in parameters.met.items() if key not in twins.memo and may_be_written(x)
        ]
        self.wanted = OfRun({id(x): x for x in new}, parameters.computed)
        self.told = parameters.told
        self.originals = {id(y): x for x, y in parameters.values.values()}

    def begin(self) -> None:
        """What is written from now on has changed."""
        self.before = [State(twin) for _, twin in self.pairs]

    def states(self) -> list[State]:
        """What the twin, and all that the model shares with it, hold now."""
        return [State(x) for x in (*(twin for _, twin in self.pairs), *(x for x, _ in self.shared))]

    def give_back(self, number: Callable[[Any], Any]) -> None:
        """Write what has changed into the model; `number` is what stays there of a number that depends on variables."""
        self.number = number
        for (model, twin), before in zip(self.pairs, self.before, strict=True):
            now = State(twin)
            if not are_the_same(before.elements, now.elements):
                self.give_elements(model, before.elements, now.elements)
            for name in before.attributes.keys() - now.attributes.keys():
                remove(model, name)
            for name in differing(before.attributes, now.attributes):
                put(model, name, self.kept(now.attributes[name], before.attributes.get(name)))
        for x, held in self.shared:
            self.settle(x, held)

    def give_elements(self, model: Any, before: dict[Any, Any], now: dict[Any, Any]) -> None:
        """Put into a container of the model what was put into its twin."""
        by_key = isinstance(model, dict)
        new = [self.kept(x, before.get(key) if by_key else before) for key, x in now.items()]
        replace_elements(model, now, new)

    def settle(self, x: Any, held: dict[Any, Any]) -> None:
        """Put plain numbers in place of those of the run in x, which the model and its twin share."""
        if isinstance(x, list | deque):
            if not is_flat(x):
                for i, y in enumerate(elements_of(x)):
                    if (z := self.kept(y, x)) is not y:
                        x[i] = z
            return
        for key, y in by_key_or_name(x).items():
            if held.get(key) is not y and (z := self.kept(y, held.get(key))) is not y:
                if isinstance(x, dict):
                    dict.__setitem__(x, key, z)
                else:
                    put(x, key, z)

    def kept(self, x: Any, before: Any) -> Any:
        """What the model keeps of x: its own parameters, and numbers and models in place of the run's.

        Where the model held nothing `before`, a number of the run stays what it is. It may be a cache, which f looks up
        again within this run: a plain number from it would count as a constant.
        """

        def number(y: Any, place: Place) -> Any:
            if id(y) in self.originals:
                return self.originals[id(y)]
            return self.number(y) if self.wanted.leaf(y, place) and before is not None else y

        twins = Twins(number, {})
        for model, twin in [*self.pairs, *((y, y) for y, _ in self.shared)]:
            twins.memo[id(twin)] = twin, model
            twins.begun.add(id(twin))
        if not is_leaf(x) and id(x) not in twins.begun:
            twins.leads = leading(x, self.wanted)
        return twins.of(x, (0, None))


class OfRun(Wanted):
    """The numbers that a run has made: its variables and what is computed, but for what was `known` before."""

    def __init__(self, variables: dict[int, Any], known: dict[int, Any] | None = None) -> None:
        self.variables = variables
        self.known = known or {}

    def leaf(self, x: Any, place: Place) -> bool:
        if not isinstance(x, Node) or hasattr(x, "_trace"):
            return False
        return id(x) in self.variables or (x.op is not None and id(x) not in self.known)

    def flat(self, x: Any, kinds: set[type]) -> bool:
        return False

    def array(self, x: Any) -> bool:
        return False

    def pairs(self, x: Any) -> list[tuple[Any, Any]]:
        return pairs_in(x)


def may_be_written(x: Any) -> bool:
    """Whether x is something that can be written into."""
    return can_be_filled(x) or is_followed(x) or is_own_module(type(x))


def by_key_or_name(x: Any) -> dict[Any, Any]:
    """The elements of a dict, the attributes of an object; nothing of another container."""
    return keyed_elements(x) if isinstance(x, dict) else {} if isinstance(x, CONTAINERS) else attributes(x)
