"""How the derivative of y comes down to each Value, and at which operation it becomes 0, infinite or nan."""

from __future__ import annotations

from functools import cached_property
from math import inf, isnan
from operator import attrgetter

from ..graph import reverse_sweep, topological_order
from ..value import Value, met
from ..words.names import Names
from .local import on_kink, slope

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from ..runs.positions import Place
    from ..words.names import Edge

slopes_of = attrgetter("_backward")


class Flow:
    """A Value y, all that it was computed from, and how its derivative comes down to each of these."""

    def __init__(self, y: Value, variables: Mapping[Value, str], places: Mapping[Any, Place] | None = None) -> None:
        self.y = y
        self.names = Names(y, variables, places)
        self.order: list[Value] = topological_order(y)
        self.position = {v: i for i, v in enumerate(self.order)}
        self.derivatives = reverse_sweep(self.order, [(y, 1.0)], slopes_of)
        self._shares: dict[Value, tuple[float | None, ...]] = {}

    def derivative(self, v: Value) -> float:
        return self.derivatives.get(v, 0.0)  # type: ignore[no-any-return]

    def share(self, edge: Edge) -> float | None:
        """What an operation hands down to one of its inputs; None if nothing."""
        child, k = edge
        if child not in self._shares:
            arrived = self.derivatives.get(child)
            closure = child._backward
            nothing = (None,) * len(child.parents)
            self._shares[child] = nothing if arrived is None or closure is None else closure(arrived)
        return self._shares[child][k]

    def shares(self, v: Value) -> dict[Edge, float]:
        """What arrives at v, and through which operations, where it is not 0."""
        return {edge: share for edge in self.uses[v] if (share := self.share(edge))}

    def slope(self, edge: Edge) -> float | None:
        """The operation's own derivative by one of its inputs."""
        child, k = edge
        assert child.op
        return slope(child.op, met(child), k)

    @cached_property
    def uses(self) -> dict[Value, list[Edge]]:
        """The operations that took each Value as an input. All of them lead to y."""
        uses: dict[Value, list[Edge]] = {v: [] for v in self.order}
        for v in self.order:
            for k, parent in enumerate(v.parents):
                if type(parent) is not float:
                    uses[parent].append((v, k))
        return uses

    @cached_property
    def kinks(self) -> list[Edge]:
        """The operations on a live path that met a number at which they turn or jump."""
        suspects = [v for v in self.order if v.op and v.op.kink and self.derivatives.get(v)]
        return [(v, k) for v in suspects for k in range(len(v.parents)) if sits_on_kink(v, k)]

    def from_here(self, x: Value) -> list[Value]:
        """x and all that was computed from it, parents before their children."""
        reached = reached_from(x, lambda v: [child for child, _ in self.uses[v]])
        return sorted(reached, key=self.position.__getitem__)

    def kinks_from(self, x: Value) -> list[Edge]:
        """The kinks on the paths from x to y."""
        reached = set(self.from_here(x)) if self.kinks else set()
        return [(child, k) for child, k in self.kinks if child.parents[k] in reached]

    def origins(self, x: Value, bad: Callable[[float | None], bool]) -> tuple[list[Edge], list[Value]]:
        """Where a derivative by x becomes 0, nan or infinite, which is what `bad` asks: at operations, and at sums.

        An operation makes a bad derivative of a good one, and a Value may get a bad sum of good ones. The origins
        nearest to y come first.
        """
        edges: list[Edge] = []
        meetings: list[Value] = []
        stack, seen = [x], {x}
        while stack:
            v = stack.pop()
            wrong = [edge for edge in self.uses[v] if bad(self.share(edge))]
            if not wrong or (bad is zero_arrives and len(wrong) < len(self.uses[v])):
                meetings.append(v)
                continue
            for edge in wrong:
                child = edge[0]
                if not bad(self.derivatives.get(child)):
                    edges.append(edge)
                elif child not in seen:
                    seen.add(child)
                    stack.append(child)
        place = self.position
        return sorted(edges, key=lambda edge: -place[edge[0]]), sorted(meetings, key=lambda v: -place[v])


def reached_from(x: Value, children: Callable[[Value], Iterable[Value]]) -> list[Value]:
    """x and all that was computed from it, where `children` has what was computed from a Value at once."""
    found, seen = [x], {x}
    for v in found:  # it grows on the way
        new = [child for child in dict.fromkeys(children(v)) if child not in seen]
        found += new
        seen |= {*new}
    return found


def sits_on_kink(v: Value, k: int) -> bool:
    """Whether the operation turns or jumps where its input k is; maximum(x, x) is x everywhere."""
    alike = len(v.parents) > 1 and len(set(map(id, v.parents))) == 1
    return v.op is not None and not alike and type(v.parents[k]) is not float and on_kink(v.op, met(v), k)


def zero_arrives(derivative: float | None) -> bool:
    """Whether 0 arrives, or nothing."""
    return not derivative


def nan_arrives(derivative: float | None) -> bool:
    """Whether nan arrives."""
    return derivative is not None and isnan(derivative)


def infinity_arrives(derivative: float | None) -> bool:
    """Whether an infinity arrives."""
    return derivative is not None and abs(derivative) == inf
