"""What is checked: a function of a list of numbers that answers a list of numbers, and the point at which it is."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..transforms.call import Recorder, check_call
from ..transforms.variables import on_values
from ..trees.tree import Argument, labels, leaves
from ..value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Mixtures = list[tuple[str, list[float]]]

MOST_ALONE = 8  # inputs, or answers, that are looked at one by one; of more, as many random mixtures
FEW_MIXTURES = 2  # mixtures for the derivatives' own derivatives


@dataclass(slots=True)
class Subject:
    """A function from a list of numbers, or of Values, to a list of them, and the point at which it is checked."""

    name: str
    f: Callable[[list[Any]], list[Any]]
    at: list[float]
    inputs: list[str]
    answers: list[str]
    level: int = 0  # how often it is a derivative already
    is_users: bool = True  # whether its lines are in the user's files

    def values(self) -> list[Any]:
        """The answers, computed on Values that have the names of the inputs."""
        return on_values(self.f, (self.at,), self.inputs)[1]  # type: ignore[no-any-return]

    def numbers(self, inputs: list[float]) -> list[float]:
        """The answers as numbers. Of plain numbers, the sweeps of a derivative make no graph, which is faster."""
        return [*map(plain_float, self.f(inputs) if self.level else on_values(self.f, (inputs,), self.inputs)[1])]

    def directions(self) -> list[tuple[str, list[float], float]]:
        """The directions in which inputs move: name, rates, size. A mixture moves each in proportion to its size."""
        sizes, moves = [*map(abs, self.at)], mixtures(self.inputs, self.level)
        if len(sizes) <= MOST_ALONE:
            return [(name, unit, size) for (name, unit), size in zip(moves, sizes, strict=True)]
        return [(name, [rate * (x or 1.0) for rate, x in zip(rates, sizes, strict=True)], 1.0) for name, rates in moves]

    def weights(self) -> Mixtures:
        """The weighted sums of answers whose derivatives are compared."""
        return mixtures(self.answers, self.level)

    @property
    def point(self) -> str:
        if len(self.at) > MOST_ALONE:
            return "the given point"
        return ", ".join(f"{name} = {exact(x)}" for name, x in zip(self.inputs, self.at, strict=True))


def subject_of(f: Callable[..., Any], args: tuple[Any, ...]) -> Subject:
    """The user's function, on the leaves of its arguments."""
    recorder = Recorder(f, ())
    name = recorder.name if recorder.name.isidentifier() else "f"
    check_call("check_grads", f, args)
    tree = Argument(args)
    given = tree.leaves
    inputs = [label for k, arg in enumerate(args) for label in Argument(arg, recorder.label(k)).names]
    _, first, held = on_values(f, args, inputs)
    free = [k for k, _ in enumerate(given) if k not in held]
    if not free or not leaves(first):
        what = f"{name} counts or indexes with all its numbers" if not free else f"{name} answers {first!r:.60}"
        raise TypeError(f"check_grads takes a function from numbers to numbers; {what}")

    def answers(xs: list[Any]) -> list[Any]:
        numbers = [*given]
        for k, x in zip(free, xs, strict=True):
            numbers[k] = x
        return leaves(f(*tree.planted(numbers)))

    at = [plain_float(given[k]) for k in free]
    second = on_values(answers, (at,), [inputs[k] for k in free])[1]
    if repr([*map(plain_float, leaves(first))]) != repr([*map(plain_float, second)]):
        raise ValueError(f"{name} answers something else in each call: let it start from the same seed")
    return Subject(name, silent(answers), at, [inputs[k] for k in free], labels(first, name))


def silent(f: Callable[[list[Any]], list[Any]]) -> Callable[[list[Any]], list[Any]]:
    """The same function; a run of it does not tell that it does not depend on an input, which may be meant."""
    f.is_derivative = True  # type: ignore[attr-defined]
    return f


def plain_float(x: Any) -> float:
    """A number or a Value as a float."""
    return float(x.data if isinstance(x, Value) else x)


def exact(x: float) -> str:
    """The number, in as many digits as it takes to write it down again: `1`, but `1.00000000000001`."""
    text = f"{x:.10g}"
    return text if float(text) == x else repr(x)


def slope_name(answer: str, name: str) -> str:
    """What to call a derivative: `∂f/∂x`, `∂(the rule of cube(x))/∂x`."""
    answer, name = (f"({text})" if " " in text else text for text in (answer, name))
    return f"∂{answer}/∂{name}"


def mixtures(names: list[str], level: int) -> Mixtures:
    """A unit vector for each of a few names; of many, a few random vectors without a 0, so that each name counts."""
    if len(names) <= MOST_ALONE:
        return [(name, [1.0 if other == k else 0.0 for other in range(len(names))]) for k, name in enumerate(names)]
    chance = random.Random(len(names))
    return [
        (f"mixture {k + 1} of all {len(names)}", [chance.choice((-1, 1)) * chance.uniform(0.5, 1.5) for _ in names])
        for k in range(FEW_MIXTURES if level else MOST_ALONE)
    ]


def dot(weights: Sequence[float], numbers: Sequence[Any]) -> float:
    """The weighted sum of numbers and Values; a weight of 0 leaves out inf and nan."""
    return sum(w * plain_float(x) for w, x in zip(weights, numbers, strict=True) if w)
