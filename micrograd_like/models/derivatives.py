"""The derivatives of a model at its best estimates: first and second ones, exact, and on kinks those of both sides."""

from __future__ import annotations

from math import fsum, isfinite, nan
from operator import attrgetter
from random import Random
from sys import float_info

from ..backward import leaves_of, slopes_by
from ..graph import Node, Paused, reverse_sweep, topological_order
from ..transforms.call import LARGEST_WHOLE, check_kinds
from ..transforms.higher import closure_on_nodes
from ..transforms.variables import on_values
from ..trees.planting import planted
from ..trees.tree import Argument, leaves

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .inputs import Inputs
    from .joint import Joint

MOST_SECOND = 200  # uncertain inputs: of more, second derivatives are probed in random directions
MOST_VISITS = 20_000_000  # nodes to visit for all second derivatives
PROBES = 32
ASIDE = 1e-9  # of a number's size: so far aside the slopes are compared, to see kinks,
NEARER = 1000  # and so many times nearer: those of a smooth function come together
TURN = 1e-4  # of the largest slope: by so much they differ on a kink
MOST_ASIDE = 60  # inputs that are looked at one by one


class ModelRun:
    """One run of the model on Values: its answers, and what is a variable among its numbers and what is held."""

    def __init__(self, inputs: Inputs, numbers: list[Any] | None = None) -> None:
        self.inputs = inputs
        given = inputs.numbers if numbers is None else numbers
        if {*map(type, given)} - {float}:
            check_numbers(given, inputs)

        def model(numbers: list[Any]) -> Any:
            return inputs.call(numbers)

        model.__wrapped__ = inputs.f  # type: ignore[attr-defined]  # which remembers what it has met in other runs
        self.variables, answer, self.held = on_values(model, (given,), inputs.names)
        self.outputs: list[Any] = leaves(answer)
        nameless = planted(answer, [0.0] * len(self.outputs)) if self.outputs else answer
        self.labels = [label(name) for name in Argument(nameless, "").names]
        self.is_single = len(self.outputs) == 1 and not isinstance(answer, dict | list | tuple)
        if not self.outputs:
            hint = ": does it lack a `return`?" if answer is None else ""
            raise TypeError(f"{inputs.called} answered {answer!r:.60}, which is no number{hint}")

    def value(self, k: int) -> float:
        """The number of an answer."""
        y = self.outputs[k]
        return float(y._data if isinstance(y, Node) else y)

    def nodes(self) -> int:
        """How many numbers the answers were computed from, by way of which the run came to them."""
        return len(topological_order(*(y for y in self.outputs if isinstance(y, Node))))

    def slopes(self, k: int) -> list[float]:
        """The derivatives of an answer by the numbers; 0 by those that are held."""
        y, own = self.outputs[k], [v for v in self.variables if isinstance(v, Node)]
        if isinstance(y, Node) and {*map(id, leaves_of([y]))} <= {*map(id, own)}:  # so that nobody's grad is written
            found = iter(slopes_by(y, own))
            return [next(found) if isinstance(v, Node) else 0.0 for v in self.variables]
        return [float(x) for x in self.swept(y, attrgetter("_backward"))]

    def swept(self, y: Any, closure_of: Any) -> list[Any]:
        if not isinstance(y, Node):
            return [0.0] * len(self.variables)
        found = reverse_sweep(topological_order(y), [(y, 1.0)], closure_of)
        return [found.get(v, 0.0) if isinstance(v, Node) else 0.0 for v in self.variables]

    def curvature(self, k: int, joint: Joint, seed: int) -> Curvature:
        """The second derivatives of an answer by the uncertain numbers."""
        with Paused():
            rows = self.swept(self.outputs[k], closure_on_nodes)
            rows = [rows[place] for place in joint.places]
            steps = sum(len(topological_order(row)) for row in rows[:1] if isinstance(row, Node)) * len(rows)
            if not any(isinstance(row, Node) for row in rows):
                return Curvature(joint, [], 0.0, [0.0] * len(rows))
            if len(rows) <= MOST_SECOND and steps <= MOST_VISITS:
                second = [self.slopes_of(row, joint.places) for row in rows]
                return curvature_of(joint, second)
            return self.probed(rows, joint, seed)

    def slopes_of(self, y: Any, places: list[int]) -> list[float]:
        found = self.swept(y, attrgetter("_backward"))
        return [float(found[place]) for place in places]

    def probed(self, rows: list[Any], joint: Joint, seed: int) -> Curvature:
        """The same as it shows in random directions (Hutchinson 1989), each of which costs one sweep."""
        random = Random(seed)
        shifts, sizes = [], []
        for _ in range(PROBES):
            signs = [random.choice((-1.0, 1.0)) for _ in rows]
            moves = [s * u for s, u in zip(signs, joint.u, strict=True)]
            nodes: list[Any] = [row * move for row, move in zip(rows, moves, strict=True) if type(row) is not float]
            along = sum(nodes)
            turned = [x * u for x, u in zip(self.slopes_of(along, joint.places), joint.u, strict=True)]
            shifts.append(fsum(s * x for s, x in zip(signs, joint.mixed(turned), strict=True)))
            sizes.append([a * b for a, b in zip(turned, joint.mixed(turned), strict=True)])
        parts = [0.5 * fsum(column) / PROBES for column in zip(*sizes, strict=True)]
        return Curvature(joint, [], 0.5 * fsum(shifts) / PROBES, parts)


def check_numbers(numbers: list[Any], inputs: Any) -> None:
    """Refuse whole numbers that no float is, and numbers of the user's own classes."""
    for x, name in zip(numbers, inputs.names, strict=True):
        check_kinds({type(x)} - {float, int}, name, inputs.name)
        if type(x) is int and abs(x) > float_info.max:
            raise ValueError(f"{name} is a whole number beyond all floats")
        if type(x) is int and abs(x) > LARGEST_WHOLE and float(x) != x:
            raise ValueError(f"{name} is {x}, which no float is: write {float(x)!r}, if that will do")


def label(name: str) -> str:
    """What an answer is called: `peak` of a dict, `[0]` of a list."""
    key = name[2:].partition("']")
    return f"{key[0]}{key[2]}" if name.startswith("['") and key[1] else name


class Curvature:
    """What second derivatives do: the shift of the mean, their part of the variance, and whose it is."""

    __slots__ = ("joint", "pairs", "parts", "shift")

    def __init__(self, joint: Joint, pairs: list[tuple[float, int, int]], shift: float, parts: list[float]) -> None:
        self.joint = joint
        self.pairs = pairs  # of inputs, with what they do together, the largest first
        self.shift = shift
        self.parts = parts  # of the variance, by inputs

    @property
    def variance(self) -> float:
        return fsum(self.parts)


def curvature_of(joint: Joint, second: list[list[float]]) -> Curvature:
    """½ tr(HΣ) and ½ tr(HΣHΣ), of the matrix of second derivatives H and the covariance Σ."""
    u, n = joint.u, len(joint.u)
    scaled = [[second[i][j] * u[i] * u[j] for j in range(n)] for i in range(n)]
    if joint.matrix is not None:
        whole = as_matrix(scaled) @ joint.matrix
        shift, parts = 0.5 * float(whole.trace()), (0.5 * (whole @ whole).diagonal()).tolist()
    else:
        shift = 0.5 * fsum(scaled[i][i] for i in range(n))
        parts = [0.5 * fsum(x * x for x in row) for row in scaled]
    pairs = ((0.5 * (1 + (i != j)) * scaled[i][j] ** 2, i, j) for i in range(n) for j in range(i, n))
    return Curvature(joint, sorted((pair for pair in pairs if pair[0]), reverse=True), shift, parts)


def as_matrix(rows: list[list[float]]) -> Any:
    import numpy as np

    return np.array(rows)


def both_sides(inputs: Inputs, joint: Joint, slopes: list[float], k: int) -> dict[int, tuple[float, float]]:
    """The slopes below and above, by those numbers in which answer k turns right at the best estimates.

    A step into a random direction and one back tell whether it turns at all; then each number is moved by itself.
    """
    places = [i for i, u in zip(joint.places, joint.u, strict=True) if u]
    if not places or not all(map(isfinite, slopes)):
        return {}
    size = {i: ASIDE * (abs(inputs.numbers[i]) or u or 1.0) for i, u in zip(joint.places, joint.u, strict=True)}
    random = Random(0)
    aside = {i: random.choice((-1.0, 1.0)) * size[i] for i in places}
    if not turns(slopes_aside(inputs, aside, -1, k), slopes_aside(inputs, aside, 1, k), slopes):
        return {}
    found = {}
    for i in places[:MOST_ASIDE]:
        pairs = [sides_of(inputs, i, step, k) for step in (size[i], size[i] / NEARER)]
        (below, above), (nearer_below, nearer_above) = pairs
        if turns([below], [above], [slopes[i]]) and abs(nearer_above - nearer_below) > abs(above - below) / 2:
            found[i] = nearer_below, nearer_above
    return found


def sides_of(inputs: Inputs, i: int, step: float, k: int) -> tuple[float, float]:
    """The slopes by one number a step below and above; nan where there are none."""
    pair = (slopes_aside(inputs, {i: step}, sign, k) for sign in (-1, 1))
    below, above = (nan if slopes is None else slopes[i] for slopes in pair)
    return below, above


def slopes_aside(inputs: Inputs, aside: dict[int, float], sign: int, k: int) -> list[float] | None:
    """The derivatives a little aside; None where there are none."""
    numbers = [x + sign * aside.get(i, 0.0) if i in aside else x for i, x in enumerate(inputs.numbers)]
    try:
        run = ModelRun(inputs, numbers)
        return run.slopes(k) if k < len(run.outputs) else None
    except (ArithmeticError, ValueError):
        return None


def turns(below: list[float] | None, above: list[float] | None, here: list[float]) -> bool:
    """Whether slopes differ by more than a smooth function's do."""
    if below is None or above is None:
        return False
    least = TURN * max(map(abs, [*below, *above, *here]))
    return any(abs(a - b) > least for a, b in zip(below, above, strict=True))
