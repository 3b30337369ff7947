"""The pictures of a page: the whole computation, and, where that is folded, what lies inside each scope.

A part is a scene of its own, as the book draws it if it is small, and else folded again.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy

from ..pictures import compact, dot
from ..pictures.fold import view_of
from ..pictures.scene import Mark, Scene
from ..pictures.scope import exits_of
from ..pictures.view import size_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from ..pictures.view import Spot, View

    Run = tuple[tuple[Any, ...], list[Mark]]

LARGEST_OF_BOOK = 250  # marks of Graphviz's; a picture of more is folded
MOST_DRAWINGS = 40
MOST_DRAWN = 1500  # marks of Graphviz's in all drawings together


class InnerScene(Scene):
    """What lies inside a scope, with the values that go into it as inputs; the derivatives are those of the whole."""

    __slots__ = ("places", "whole")

    def __init__(self, whole: Scene, marks: Iterable[Mark]) -> None:
        inside = {mark.index: mark for mark in marks}
        around = {x.index: x for mark in inside.values() for x in mark.inputs if not isinstance(x, float)}
        self.places = places = sorted(around | inside)  # of its marks in the whole
        twins: dict[int, Mark] = {}
        for k in places:
            twin = twins[k] = copy(whole.marks[k])
            twin.index = len(twins) - 1
            if k in inside:
                twin.inputs = tuple([x if isinstance(x, float) else twins[x.index] for x in twin.inputs])
            else:
                twin.name, twin.op, twin.inputs, twin.closed = twin.label, None, (), None
        self.whole = whole
        self.derivatives = whole.derivatives
        self.asked = {}
        self.marks = list(twins.values())
        self.values = [whole.values[k] for k in places]

    @property
    def answer(self) -> Mark:
        return self.whole.answer


class Picture:
    """The whole or a part: what is drawn, where its values are in the whole, and which of its scopes are opened."""

    __slots__ = ("above", "opens", "places", "row_of", "scene", "spots", "title", "view")

    def __init__(self, scene: Scene, places: list[int], title: str) -> None:
        self.scene = scene
        self.places = places  # in the whole, of each mark
        self.title = title
        self.above: int | None = None  # the picture in which it is one mark
        self.view: View | None = None if dot.size(scene) <= LARGEST_OF_BOOK else view_of(scene)
        self.opens: dict[Spot, int] = {}  # the picture of what lies inside
        self.spots = self.view.spots if self.view else []
        self.row_of = {mark.index: spot.index for spot in self.spots for mark in spot.marks}

    def source(self) -> str:
        """Its DOT text."""
        return compact.view_in_dot(self.scene, self.view) if self.view else dot.book_in_dot(self.scene)

    @property
    def size(self) -> int:
        """How many marks Graphviz has to place."""
        return len(self.spots) or dot.size(self.scene)

    @property
    def count(self) -> int:
        """How many marks it has."""
        return len(self.spots) or len(self.scene.marks)

    def row(self, mark: Mark) -> int:
        """The place of a value among those that are shown."""
        return self.row_of.get(mark.index, mark.index)

    @property
    def shape(self) -> object:
        """The same for pictures that differ in names and numbers alone: one drawing does for all."""
        if self.view:
            kinds = tuple((compact.dot_name(spot), spot.kind) for spot in self.view.spots)
            return kinds, tuple((start.index, end.index) for start, end in self.view.arrows)
        return tuple(
            (
                mark.op,
                bool(mark.name),
                mark.uses > 1,
                tuple(-1 if isinstance(x, float) else x.index for x in mark.inputs),
            )
            for mark in self.scene.marks
        )

    def inside(self, spot: Spot) -> Picture | None:
        """What lies inside a scope; None if it would show no more than this."""
        if spot.kind != "scope":
            return None
        marks = turn_of(self.scene, spot) if spot.cycle else between_inputs_and_outputs(self.scene, spot)
        part = InnerScene(self.scene, marks)
        title = compact.title(spot).split(" › ")[-1]
        if spot.cycle:
            title = f"{title.removesuffix(f' ×{spot.runs}')}, 1 turn of {spot.runs}"
        elif len(marks) < sum(mark.op is not None for mark in spot.marks):
            title += f", 1 run of {spot.runs}"
        picture = Picture(part, [self.places[k] for k in part.places], title)
        is_the_same = any(inner.kind == "scope" and len(inner.marks) >= len(marks) for inner in picture.spots)
        return None if is_the_same else picture


def between_inputs_and_outputs(scene: Scene, spot: Spot) -> list[Mark]:
    """What one run of a scope computed: the run that the output answers to most."""
    runs = runs_of(scene, spot, spot.path[-1])
    if len(runs) < 2:
        return [mark for mark in spot.marks if mark.op]
    inputs, found = max(runs, key=heat_of)
    return between(scene, found, inputs, {mark.index for mark in spot.marks})


def turn_of(scene: Scene, spot: Spot) -> list[Mark]:
    """What one turn of a cycle computed: back from what a run gave to what other runs of that scope took and gave."""
    within = {mark.index for mark in spot.marks}
    turns = [[mark for mark in spot.marks if mark.op]]
    for path in spot.cycle:
        runs = runs_of(scene, spot, path[-1])
        if len(runs) > 1:
            last = max(runs[1:], key=heat_of)  # before the first, none gave anything
            others = [run for run in runs if run is not last]
            given = {x for inputs, _ in others for x in inputs}
            given |= {scene.values[mark.index] for _, outputs in others for mark in outputs}
            turns.append(between(scene, last[1], given - {scene.values[mark.index] for mark in last[1]}, within))
    return min(turns, key=len)


def runs_of(scene: Scene, spot: Spot, part: Any) -> list[Run]:
    """Of each run of a scope, what went in and the values that came out."""
    runs: dict[int, Run] = {}
    for mark in spot.marks:
        exits = exits_of(scene.values[mark.index])
        for path, inputs in zip(exits[::2], exits[1::2], strict=True):
            if part in path:
                runs.setdefault(id(inputs), (inputs, []))[1].append(mark)
    return list(runs.values())


def heat_of(run: Run) -> float:
    """How much the output answers to a run."""
    return max(size_of(mark.derivative) for mark in run[1])


def between(scene: Scene, outputs: list[Mark], inputs: Iterable[Any], within: set[int]) -> list[Mark]:
    """The values computed on the way from inputs to outputs."""
    seen = {x for x in inputs if type(x) is not float}
    found: dict[int, Mark] = {}
    waiting = [*outputs]
    while waiting:
        mark = waiting.pop()
        v = scene.values[mark.index]
        if mark.op and mark.index in within and v not in seen:
            seen.add(v)
            found[mark.index] = mark
            waiting += [x for x in mark.inputs if not isinstance(x, float)]
    return list(found.values())


def pictures_of(scene: Scene, title: str, most: int) -> list[Picture]:
    """The whole, and what lies inside the scopes of each picture, the hottest first, up to so many marks."""
    pictures = [Picture(scene, list(range(len(scene.marks))), title)]
    drawn = {pictures[0].shape: pictures[0].size}
    marks = pictures[0].count
    for k, picture in enumerate(pictures):  # to which more are added
        for spot in sorted(picture.spots, key=lambda spot: -size_of(spot.hottest.derivative)):
            part = picture.inside(spot)
            if part and has_drawing(part, drawn) and marks + part.count <= most:
                drawn[part.shape] = part.size
                marks += part.count
                part.above = k
                picture.opens[spot] = len(pictures)
                pictures.append(part)
    return pictures


def has_drawing(part: Picture, drawn: dict[object, int]) -> bool:
    """Whether there is a drawing for it, or room for one more."""
    return part.shape in drawn or (len(drawn) < MOST_DRAWINGS and sum(drawn.values()) + part.size <= MOST_DRAWN)
