"""What a large picture shows: chains of sums as one mark, scopes as one mark, and no more than fits.

Scopes of one name in the same place are one, however often they ran. Which values lie in which scope is found from
the output backwards: an arrow leads into a scope at a Value that came out of it, and out of it again at what went in.
"""

from __future__ import annotations

from collections import Counter, deque
from math import floor, isfinite, log10
from operator import attrgetter

from ..graph import Paused
from ..operation import OPS
from ..scope import DEEPEST, exits_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..value import Value
    from .scene import Mark, Scene

    Path = tuple[Any, ...]  # the scopes around a value, outermost first
    Key = Any  # what a value is shown as: the path of a folded scope, the mark of a whole sum or its own, or REST

FITS = 250  # marks: more is not read
ARROWS = 700  # the most, where no scope is folded
LONGEST_OPEN = 5000  # columns, the length of all arrows together, where no scope is folded
FOLDED_ARROWS = 400  # the most arrows where scopes are folded
LONGEST = 3000  # columns, the length of all arrows together, where scopes are folded
PASSED = 200  # columns that arrows pass on their way past folded scopes, beyond which more is folded if it can be
CROWDED = 12  # inputs that go to the same marks, or marks in a scope beside folded ones, beyond which they are one
FEW = 3  # such inputs, where there are many arrows already
MANY = 100  # arrows, beyond which there are many
DENSE = 2  # arrows for each mark, beyond which they are lines
STRAIGHT = 2  # columns that the average arrow may be long, if lines are not to run through marks
CUT = 60  # marks left where no folding makes it fit
COLUMNS = 20  # the furthest that one of those is from the output
BRANCHES = 8  # the most that is left of what goes into one of them
REST = "rest"


class Spot:
    """One mark of a large picture: a value, a sum, inputs of one use, a scope, or all that was left out."""

    __slots__ = ("_hottest", "index", "kind", "levels", "marks", "path", "runs")

    def __init__(self, kind: str, path: Path) -> None:
        self.kind = kind  # "value", "sum", "inputs", "scope", "rest"
        self.path = path  # the scopes around it; the last of them is itself, if it is a scope
        self.marks: list[Mark] = []  # in the order of computation
        self.runs = 1  # how often the scope ran
        self.index = 0  # its place in the view
        self.levels = 1  # so many of the last scopes of its path tell it from others
        self._hottest: Mark | None = None

    @property
    def mark(self) -> Mark:
        """The last of them: a sum's whole, a scope's outcome."""
        return self.marks[-1]

    @property
    def hottest(self) -> Mark:
        """The value in it that the output answers to most."""
        if self._hottest is None:
            self._hottest = max(self.marks, key=lambda mark: size_of(mark.derivative))
        return self._hottest


class View:
    """The marks of a large picture and the arrows between them, each with the largest share that goes back along it."""

    __slots__ = ("arrows", "has_folds", "largest", "spots")

    def __init__(self, spots: list[Spot], arrows: dict[tuple[Spot, Spot], float], largest: float) -> None:
        self.spots = spots
        self.arrows = arrows
        self.largest = largest  # the largest finite derivative, 0 if there is none; the output's own does not count
        self.has_folds = any(spot.kind == "scope" for spot in spots)
        for i, spot in enumerate(spots):
            spot.index = i

    def box(self, spot: Spot) -> Any:
        """The outermost scope, if a mark is shown inside it; where all scopes are open, nothing is boxed."""
        around = spot.path[:-1] if spot.kind == "scope" else spot.path
        return around[0] if around and self.has_folds else None

    @property
    def layers(self) -> list[list[Spot]]:
        """Marks in one box that come of the same marks and go to the same: they stand side by side, in any order."""
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
        """Whether Graphviz would lead bundles of curves far around, as from layer to layer: lines are better."""
        return self.has_folds and self.density > DENSE and self.length <= STRAIGHT * len(self.arrows)

    @property
    def density(self) -> float:
        """Arrows for each mark."""
        return len(self.arrows) / len(self.spots)

    @property
    def columns(self) -> dict[Spot, int]:
        """How many marks lie one after the other before each; about, in a cycle."""
        columns = dict.fromkeys(self.spots, 0)
        for start, end in self.arrows:
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

    @property
    def length(self) -> int:
        """How many columns all arrows pass together, which is what a layout takes its time for; about, in a cycle."""
        columns = self.columns
        return sum(max(1, columns[end] - columns[start]) for start, end in self.arrows)

    @property
    def left_out(self) -> int:
        """How many values have no place in the picture."""
        return sum(len(spot.marks) for spot in self.spots if spot.kind == "rest")

    def heat(self, derivative: float) -> int:
        """How large a derivative is, in steps from 0 to 5: three to two decades, and 5 is near the largest."""
        size = size_of(derivative)
        if not (isfinite(size) and self.largest):
            return 5 if size else 0
        if size == 0 or size <= self.largest * 1e-9:
            return 0
        return max(0, min(5, 5 + floor(1.5 * (log10(size) - log10(self.largest)))))


def view_of(scene: Scene, depth: int | None = None) -> View:
    """The scene with scopes open to a depth; None for the deepest that fits, and if none does, the rest left out."""
    with Paused():
        return found_view(Surroundings(scene), depth)


def found_view(around: Surroundings, depth: int | None) -> View:
    """The view to that depth, or the best."""
    if depth is not None:
        return around.view(around.keys(around.folds(depth)))
    view = None
    for folds in around.foldings():
        if around.count(folds) <= FITS:
            finer, view = view, around.view(around.keys(folds))
            if not fits(view):
                view = finer
            elif is_clear(view):
                return view
    return view or around.view(around.nearest(around.keys(folds)))


def fits(view: View) -> bool:
    """Whether there is room, and a layout does not take seconds: folded scopes are large, and leave less for arrows."""
    longest, most = (LONGEST, FOLDED_ARROWS) if view.has_folds else (LONGEST_OPEN, ARROWS)
    return len(view.spots) <= FITS and len(view.arrows) <= most and view.length <= longest


def is_clear(view: View) -> bool:
    """Whether folded scopes are not crossed by many arrows on their way to others."""
    return not view.has_folds or view.length - len(view.arrows) <= PASSED


class Surroundings:
    """The scopes around each value of a scene, and which sums are part of a larger one."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.paths, self.runs = paths_of(scene)
        self.wholes = larger_sums(scene.marks, self.paths)
        alone = zip(scene.marks, self.paths, self.wholes, strict=True)
        self.sizes = Counter([path for mark, path, whole in alone if whole is None and mark.op])
        self.distinct = set(self.paths)
        self.deepest = max(map(len, self.distinct))

    def foldings(self) -> Iterator[dict[Path, Path]]:
        """What may be folded, the least first: nothing, then scopes at ever lower depths."""
        yield {}
        for depth in reversed(range(self.deepest)):
            yield self.folds(depth, CROWDED)

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

    def keys(self, folds: dict[Path, Path]) -> list[Key]:
        """What each value is shown as: a folded scope, a whole sum, or itself."""
        triples = zip(self.scene.marks, self.paths, self.wholes, strict=True)
        return [folds.get(path) or whole or mark for mark, path, whole in triples]

    def view(self, keys: list[Key]) -> View:
        """The marks and arrows; values of one key are one mark."""
        spots: dict[Key, Spot] = {}
        spot_of = []
        for key, mark in zip(keys, self.scene.marks, strict=True):
            spot = spots.get(key) or spots.setdefault(key, self.spot(key))
            spot.marks.append(mark)
            spot_of.append(spot)
        for spot in spots.values():
            if spot.kind == "value" and len(spot.marks) > 1:
                spot.kind = "sum"
        view = gathered(View(list(spots.values()), arrows_between(self.scene, spot_of), largest_of(self.scene)))
        tell_apart(view)
        return view

    def spot(self, key: Key) -> Spot:
        """The mark for the values of that key, empty as yet."""
        if key is REST:
            return Spot("rest", ())
        if isinstance(key, tuple):
            spot = Spot("scope", key)
            spot.runs = self.runs[key]
            return spot
        return Spot("value", self.paths[key.index])

    def nearest(self, keys: list[Key]) -> list[Key]:
        """The keys of those nearest to the output, and REST in place of all others."""
        members = members_of(keys, self.scene.marks)
        kept: dict[Key, None] = {}
        waiting = deque([(keys[-1], 1)])
        while waiting and len(kept) < CUT:
            key, column = waiting.popleft()
            if key not in kept:
                kept[key] = None
                inputs = (x for mark in members.get(key, (key,)) for x in mark.inputs if not isinstance(x, float))
                starts = [start for start in dict.fromkeys(keys[x.index] for x in inputs) if start not in kept]
                waiting += [(start, column + 1) for start in starts[:BRANCHES] if column < COLUMNS]
        return [key if key in kept else REST for key in keys]


def members_of(keys: list[Key], marks: list[Mark]) -> dict[Key, list[Mark]]:
    """The marks of each key, but for marks that are shown as themselves alone."""
    members: dict[Key, list[Mark]] = {}
    for key, mark in zip(keys, marks, strict=True):
        if key is not mark or key in members:  # parts of a sum come before the whole
            members.setdefault(key, []).append(mark)
    return members


def arrows_between(scene: Scene, spot_of: list[Spot]) -> dict[tuple[Spot, Spot], float]:
    """From mark to mark, with the largest of the shares that go back there."""
    arrows: dict[tuple[Spot, Spot], float] = {}
    for mark, end in zip(scene.marks, spot_of, strict=True):
        for x in mark.inputs:
            if not isinstance(x, float) and spot_of[x.index] is not end:
                add_arrows(arrows, mark, end, spot_of)
                break
    return arrows


def add_arrows(arrows: dict[tuple[Spot, Spot], float], mark: Mark, end: Spot, spot_of: list[Spot]) -> None:
    """Those that end at a value, with its shares."""
    for x, share in zip(mark.inputs, mark.shares, strict=True):
        if not isinstance(x, float):
            start = spot_of[x.index]
            if start is not end:
                arrows[start, end] = max(arrows.get((start, end), 0.0), size_of(share))


def size_of(derivative: float) -> float:
    """The larger, the more conspicuous: what is not a number is most of all; what was not worked out is not."""
    return abs(derivative) if derivative == derivative else float("inf")


def largest_of(scene: Scene) -> float:
    """The largest finite derivative, by which others are measured, or 0; the output's own is always 1."""
    sizes = (abs(mark.derivative) for mark in scene.marks[:-1])
    return max((size for size in sizes if 0 < size < float("inf")), default=0.0)


def tell_apart(view: View) -> None:
    """Let scopes of one name in one box show what is around them too: layer 1 · neuron 1, layer 2 · neuron 1."""
    folds = [spot for spot in view.spots if spot.kind == "scope"]
    while True:
        shown = [(view.box(spot), *map(str, spot.path[-spot.levels :])) for spot in folds]
        times = Counter(shown)
        alike = [spot for spot, words in zip(folds, shown, strict=True) if times[words] > 1]
        parents = {spot.path[:-1] for spot in alike if spot.levels < len(spot.path) - 1}  # the first is the box's
        if not parents:
            return
        for spot in folds:
            spot.levels += spot.path[:-1] in parents


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
    """Whether one is in that run of that scope already."""
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
    if not any(map(exits_of, values)):
        return [()] * len(values), Counter()
    calls = Calls()
    found: list[Call | None] = [None] * len(values)
    homes: list[Path | None] = [None] * len(values)  # of an input: the scope of all that use it, in whichever run
    for mark, v in zip(reversed(scene.marks), reversed(values), strict=True):
        call, exits = found[mark.index] or calls.top, exits_of(v)
        if exits:
            call = found[mark.index] = calls.entered(call, exits)
        for x in mark.inputs:
            if not isinstance(x, float):
                i = x.index
                place = call.around(values[i]) if call.above else call
                if x.op is None:
                    homes[i] = prefix(homes[i], place.path)
                else:
                    before = found[i]
                    found[i] = place if before is None else common(before, place)
    paths = [home if home is not None else call.path if call else () for call, home in zip(found, homes, strict=True)]
    return paths, Counter(call.path for call in calls.known.values())


def prefix(one: Path | None, other: Path) -> Path:
    """What both paths begin with; None is no path at all, yet."""
    if one is None or one == other:
        return other
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
    """Whether the mark is a sum of two."""
    return mark.op is OPS["add"]


# inputs of one use


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
        if len(starts) > (FEW if view.has_folds and len(view.arrows) > MANY else CROWDED):
            into |= dict.fromkeys(starts, Spot("inputs", path))
    return regrouped(view, into) if into else view


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
