"""The marks of a large picture and the arrows between them, and what a layout asks of these."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from math import floor, isfinite, log10

from .cycles import sorted_by_arrows

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .scene import Mark
    from .scopes import Path

DENSE = 2  # arrows per mark, beyond which they are drawn as straight lines
STRAIGHT = 1.5  # columns: where arrows are longer on average, straight lines would run through marks


class Spot:
    """One mark of a large picture: a value, a sum, inputs of one use, a scope, or all that was left out."""

    __slots__ = ("_hottest", "cycle", "index", "kind", "levels", "marks", "path", "run", "runs")

    def __init__(self, kind: str, path: Path) -> None:
        self.kind = kind  # "value", "sum", "inputs", "scope", "rest"
        self.cycle: tuple[Path, ...] = ()  # of a cycle shown as one scope, the scopes that lead to each other
        self.path = path  # the scopes around it; the last of them is itself, if it is a scope
        self.marks: list[Mark] = []  # in the order of computation
        self.runs = 1  # how often the scope ran
        self.run = 0  # which of its runs this is, counted from 1, if each is a mark; else 0
        self.index = 0  # its place in the view
        self.levels = 1  # how many of the last scopes of its path its label shows, to differ from others
        self._hottest: Mark | None = None

    @property
    def mark(self) -> Mark:
        """The last of them: a sum's whole, a scope's outcome."""
        return self.marks[-1]

    @property
    def hottest(self) -> Mark:
        """Its value with the largest derivative."""
        if self._hottest is None:
            self._hottest = max(self.marks, key=lambda mark: size_of(mark.derivative))
        return self._hottest


class View:
    """The marks of a large picture and the arrows between them, each with the largest share that goes back along it."""

    def __init__(self, spots: list[Spot], arrows: dict[tuple[Spot, Spot], float], largest: float) -> None:
        self.spots = sorted_by_arrows(spots, arrows)  # as they are computed
        self.arrows = arrows
        self.largest = largest  # the largest finite derivative, 0 if there is none; the output's own does not count
        self.has_folds = any(spot.kind == "scope" for spot in spots)
        self.boxes = {outermost(spot) for spot in spots if spot.mark.op and self.has_folds} - {None}
        runs: Counter[Path] = Counter()
        for i, spot in enumerate(self.spots):
            spot.index = i
            if spot.run:
                runs[spot.path] += 1
                spot.run = runs[spot.path]

    def box(self, spot: Spot) -> Any:
        """The outermost scope, if something is computed inside it; where all scopes are open, nothing is boxed."""
        around = outermost(spot)
        return around if around in self.boxes else None

    @property
    def layers(self) -> list[list[Spot]]:
        """Marks in one box with arrows from the same marks and to the same marks, which may stand in any order."""
        ends: dict[Spot, tuple[set[Spot], set[Spot]]] = {spot: (set(), set()) for spot in self.spots}
        for start, end in self.arrows:
            ends[end][0].add(start)
            ends[start][1].add(end)
        alike: dict[Any, list[Spot]] = {}
        for spot, (before, after) in ends.items():
            alike.setdefault((self.box(spot), frozenset(before), frozenset(after)), []).append(spot)
        return [layer for layer in alike.values() if len(layer) > 1]

    @property
    def is_dense(self) -> bool:
        """Whether there are so many arrows, as from layer to layer, that lines are clearer than Graphviz's curves."""
        return self.has_folds and self.density > DENSE and self.length <= STRAIGHT * len(self.arrows)

    @property
    def density(self) -> float:
        """Arrows per mark."""
        return len(self.arrows) / len(self.spots)

    @cached_property
    def columns(self) -> dict[Spot, int]:
        """The column of each mark: how many marks the longest chain before it has."""
        columns = dict.fromkeys(self.spots, 0)
        for start, end in sorted(self.arrows, key=lambda arrow: arrow[1].index):
            columns[end] = max(columns[end], columns[start] + 1)
        return columns

    @property
    def scopes_by_column(self) -> list[list[Spot]]:
        """The folded scopes that stand one above the other, column by column."""
        scopes: dict[int, list[Spot]] = {}
        for spot, column in self.columns.items():
            if spot.kind == "scope":
                scopes.setdefault(column, []).append(spot)
        return [column for column in scopes.values() if len(column) > 1]

    @cached_property
    def length(self) -> int:
        """The length of all arrows together, in columns: the larger, the longer Graphviz takes."""
        columns = self.columns
        return sum(max(1, columns[end] - columns[start]) for start, end in self.arrows)

    @property
    def left_out(self) -> int:
        """How many values have no place in the picture."""
        return sum(len(spot.marks) for spot in self.spots if spot.kind == "rest")

    def heat(self, derivative: float) -> int:
        """The size of a derivative in steps: 5 for the largest, one less for each factor of 4.6, at least 0."""
        size = size_of(derivative)
        if not (isfinite(size) and self.largest):
            return 5 if size else 0
        if size == 0 or size <= self.largest * 1e-9:
            return 0
        return max(0, min(5, 5 + floor(1.5 * (log10(size) - log10(self.largest)))))


def outermost(spot: Spot) -> Any:
    """The outermost scope around a mark, None if there is none."""
    around = spot.path[:-1] if spot.kind == "scope" else spot.path
    return around[0] if around else None


def size_of(derivative: float) -> float:
    """The size of a derivative, by which marks are coloured and ranked: nan counts as infinite."""
    return abs(derivative) if derivative == derivative else float("inf")
