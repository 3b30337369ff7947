"""What a large picture shows: chains of sums as one mark, scopes as one mark, and no more than fits.

Scopes of one name in the same place are one, however often they ran. Which values lie in which scope is found from
the output backwards: an arrow leads into a scope at a Value that came out of it, and out of it again at what went in.
"""

from __future__ import annotations

from collections import Counter, deque
from math import floor, isfinite, log10
from operator import attrgetter

from ..scope import DEEPEST, exits_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from ..value import Value
    from .scene import Mark, Scene

    Path = tuple[Any, ...]  # the scopes around a value, outermost first

FITS = 250  # marks: more is not read
ARROWS = 700
CROWDED = 12  # inputs that go to the same marks, or marks in a scope beside folded ones, beyond which they are one
CUT = 60  # marks left where no folding makes it fit


class Spot:
    """One mark of a large picture: a value, a sum, inputs of one use, a scope, or all that was left out."""

    __slots__ = ("index", "kind", "marks", "path", "runs")

    def __init__(self, kind: str, path: Path) -> None:
        self.kind = kind  # "value", "sum", "inputs", "scope", "rest"
        self.path = path  # the scopes around it; the last of them is itself, if it is a scope
        self.marks: list[Mark] = []  # in the order of computation
        self.runs = 1  # how often the scope ran
        self.index = 0  # its place in the view

    @property
    def mark(self) -> Mark:
        return self.marks[-1]

    @property
    def hottest(self) -> Mark:
        """The value in it that the output answers to most."""
        return max(self.marks, key=lambda mark: size_of(mark.derivative))


class View:
    """The marks of a large picture and the arrows between them, each with the largest share that goes back along it."""

    __slots__ = ("arrows", "has_folds", "largest", "spots")

    def __init__(self, spots: list[Spot], arrows: dict[tuple[Spot, Spot], float], largest: float) -> None:
        self.spots = spots
        self.arrows = arrows
        self.largest = largest  # the largest derivative; of the output by itself it is always 1, and does not count
        self.has_folds = any(spot.kind == "scope" for spot in spots)
        for i, spot in enumerate(spots):
            spot.index = i

    def box(self, spot: Spot) -> Any:
        """The outermost scope, if a mark is shown inside it; where all scopes are open, nothing is boxed."""
        around = spot.path[:-1] if spot.kind == "scope" else spot.path
        return around[0] if around and self.has_folds else None

    @property
    def left_out(self) -> int:
        """How many values have no place in the picture."""
        return sum(len(spot.marks) for spot in self.spots if spot.kind == "rest")

    def heat(self, derivative: float) -> int:
        """How large a derivative is, in steps from 0 to 5: three to two decades, and 5 is near the largest."""
        size = size_of(derivative)
        if not isfinite(size):
            return 5
        if size == 0 or size <= self.largest * 1e-9:
            return 0
        return max(0, min(5, 5 + floor(1.5 * (log10(size) - log10(self.largest)))))


def view_of(scene: Scene, depth: int | None = None) -> View:
    """The scene with scopes open to a depth; None for the deepest that fits, and if none does, the rest left out."""
    around = Surroundings(scene)
    if depth is not None:
        return around.view(around.folds(depth))
    for depth in reversed(range(around.deepest + 1)):
        folds = around.folds(depth, CROWDED if depth < around.deepest else FITS)
        if around.count(folds) <= FITS or depth == 0:
            view = around.view(folds)
            if fits(view):
                return view
    return nearest(scene, view)


def fits(view: View) -> bool:
    return len(view.spots) <= FITS and len(view.arrows) <= ARROWS


class Surroundings:
    """The scopes around each value of a scene, and which sums are part of a larger one."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.paths, self.runs = paths_of(scene)
        self.wholes = larger_sums(scene.marks, self.paths)
        alone = zip(scene.marks, self.paths, self.wholes, strict=True)
        self.sizes = Counter(path for mark, path, whole in alone if whole is None and mark.op)
        self.distinct = set(self.paths)
        self.deepest = max(map(len, self.distinct))

    def folds(self, depth: int, crowded: float = float("inf")) -> dict[Path, Path]:
        """For each path on which something lies in a folded scope, the path of that."""
        full = {path for path, size in self.sizes.items() if path and size > crowded}
        folds = {}
        for path in self.distinct:
            outward = (path[:n] for n in range(1, len(path) + 1))
            fold = next((part for part in outward if len(part) > depth or part in full), None)
            if fold:
                folds[path] = fold
        return folds

    def count(self, folds: dict[Path, Path]) -> int:
        """How many marks there are, inputs aside."""
        return sum(n for path, n in self.sizes.items() if path not in folds) + len(set(folds.values()))

    def view(self, folds: dict[Path, Path]) -> View:
        spots: dict[Any, Spot] = {}
        spot_of: list[Spot] = []
        for mark, path, whole in zip(self.scene.marks, self.paths, self.wholes, strict=True):
            fold = folds.get(path)
            key = fold or whole or mark
            spot = spots.get(key)
            if spot is None:
                spot = spots[key] = Spot("scope" if fold else "value", fold or path)
                spot.runs = self.runs[fold] if fold else 1
            elif not fold:
                spot.kind = "sum"
            spot.marks.append(mark)
            spot_of.append(spot)
        view = View(list(spots.values()), arrows_between(self.scene, spot_of), largest_of(self.scene))
        return gathered(view)


def arrows_between(scene: Scene, spot_of: list[Spot]) -> dict[tuple[Spot, Spot], float]:
    arrows: dict[tuple[Spot, Spot], float] = {}
    for mark, end in zip(scene.marks, spot_of, strict=True):
        for x in mark.inputs:
            if not isinstance(x, float) and spot_of[x.index] is not end:
                add_arrows(arrows, mark, end, spot_of)
                break
    return arrows


def add_arrows(arrows: dict[tuple[Spot, Spot], float], mark: Mark, end: Spot, spot_of: list[Spot]) -> None:
    for _, x, share in mark.arrows:
        start = spot_of[x.index]
        if start is not end:
            arrows[start, end] = max(arrows.get((start, end), 0.0), size_of(share))


def size_of(derivative: float) -> float:
    """The larger, the more conspicuous: what is not a number is most of all; what was not worked out is not."""
    return abs(derivative) if derivative == derivative else float("inf")


def largest_of(scene: Scene) -> float:
    sizes = (abs(mark.derivative) for mark in scene.marks[:-1])
    return max((size for size in sizes if 0 < size < float("inf")), default=1.0)


# scopes


class Call:
    """One run of a scope, within the run of another."""

    __slots__ = ("above", "depth", "inputs", "part", "path")

    def __init__(self, above: Call | None, part: Any, inputs: frozenset[Value]) -> None:
        self.above = above
        self.part = part
        self.inputs = inputs
        self.path: Path = (*above.path, part) if above else ()
        self.depth = len(self.path)

    def around(self, x: Value) -> Call:
        """The run in which x was computed, or from outside handed down to, if x goes into this one."""
        call = outside = self
        while call.above:
            if x in call.inputs:
                outside = call.above
            call = call.above
        return outside


class Calls:
    """All the runs of scopes that have been found."""

    def __init__(self) -> None:
        self.top = Call(None, "", frozenset())
        self.known: dict[tuple[Call, Any, int], Call] = {}
        self.inputs: dict[int, frozenset[Value]] = {}

    def entered(self, call: Call, exits: tuple[Any, ...]) -> Call:
        """Where one is behind the exits of a Value: within runs that one was not in before."""
        for path, given in zip(exits[::2], exits[1::2], strict=True):
            inputs = self.inputs.get(id(given))
            if inputs is None:
                inputs = self.inputs[id(given)] = frozenset(x for x in given if type(x) is not float)
            for part in path:
                if not is_within(call, part, inputs) and call.depth < DEEPEST:
                    key = call, part, id(given)
                    call = self.known.get(key) or self.known.setdefault(key, Call(call, part, inputs))
        return call


def is_within(call: Call | None, part: Any, inputs: frozenset[Value]) -> bool:
    while call:
        if call.inputs is inputs and call.part == part:
            return True
        call = call.above
    return False


def common(a: Call, b: Call) -> Call:
    """The innermost run around both."""
    while a is not b:
        if a.depth >= b.depth and a.above:
            a = a.above
        elif b.above:
            b = b.above
    return a


def paths_of(scene: Scene) -> tuple[list[Path], Counter[Path]]:
    """The scopes around each value, outermost first, and how often each scope ran."""
    values = scene.values
    calls = Calls()
    found: list[Call | None] = [None] * len(values)
    homes: list[Path | None] = [None] * len(values)  # of an input: the scope of all that use it, in whichever run
    found[-1] = calls.top
    for mark, v in zip(reversed(scene.marks), reversed(values), strict=True):
        call = found[mark.index] or calls.top
        exits = exits_of(v)
        if exits:
            call = found[mark.index] = calls.entered(call, exits)
        for x in mark.inputs:
            if not isinstance(x, float):
                i = x.index
                place = call.around(values[i]) if call.above else call
                if x.op is None:
                    homes[i] = place.path if homes[i] is None else prefix(homes[i] or (), place.path)
                else:
                    before = found[i]
                    found[i] = place if before is None or before is place else common(before, place)
    paths = [home if home is not None else call.path if call else () for call, home in zip(found, homes, strict=True)]
    return paths, Counter(call.path for call in calls.known.values())


def prefix(one: Path, other: Path) -> Path:
    if one == other:
        return one
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return one[:same]


# sums


def larger_sums(marks: list[Mark], paths: list[Path]) -> list[Mark | None]:
    """For a sum that is only there to be added to more, the sum of all; for every other value None."""
    wholes: list[Mark | None] = [None] * len(marks)
    for mark in reversed(marks):
        for x in mark.inputs if is_sum(mark) else ():
            if not isinstance(x, float) and is_part(x, paths[mark.index], paths):
                wholes[x.index] = wholes[mark.index] or mark
    return wholes


def is_part(x: Mark, path: Path, paths: list[Path]) -> bool:
    """Whether x is a nameless sum, used once, by something in the scope of that path, and in that scope too."""
    return x.uses == 1 and not x.name and is_sum(x) and paths[x.index] == path


def is_sum(mark: Mark) -> bool:
    return mark.op is not None and mark.op.label == "+" and len(mark.inputs) == 2


# what does not fit


def gathered(view: View) -> View:
    """Many inputs that go to the same marks as one mark."""
    ends: dict[Spot, list[Spot]] = {}
    for start, end in view.arrows:
        if start.kind == "value" and not start.mark.op:
            ends.setdefault(start, []).append(end)
    alike: dict[tuple[frozenset[Spot], Path], list[Spot]] = {}
    for start, where in ends.items():
        alike.setdefault((frozenset(where), start.path), []).append(start)
    into: dict[Spot, Spot] = {}
    for (_, path), starts in alike.items():
        if len(starts) > CROWDED:
            into |= dict.fromkeys(starts, Spot("inputs", path))
    return regrouped(view, into) if into else view


def nearest(scene: Scene, view: View) -> View:
    """The marks nearest to the output, and all others as one."""
    starts: dict[Spot, list[Spot]] = {}
    for start, end in view.arrows:
        starts.setdefault(end, []).append(start)
    kept: dict[Spot, None] = {}
    waiting = deque([next(spot for spot in view.spots if scene.output in spot.marks[-1:])])
    while waiting and len(kept) < CUT:
        spot = waiting.popleft()
        if spot not in kept:
            kept[spot] = None
            waiting += starts.get(spot, ())
    rest = Spot("rest", ())
    return regrouped(view, {spot: rest for spot in view.spots if spot not in kept})


def regrouped(view: View, into: dict[Spot, Spot]) -> View:
    """The view with some of its marks put into others, each at the place of the first of them."""
    members: dict[Spot, list[Mark]] = {}
    for spot in view.spots:
        members.setdefault(into.get(spot, spot), []).extend(spot.marks)
    for whole, marks in members.items():
        whole.marks = sorted(marks, key=attrgetter("index"))
    arrows: dict[tuple[Spot, Spot], float] = {}
    for (start, end), share in view.arrows.items():
        pair = into.get(start, start), into.get(end, end)
        if pair[0] is not pair[1]:
            arrows[pair] = max(arrows.get(pair, 0.0), share)
    return View(list(members), arrows, view.largest)
