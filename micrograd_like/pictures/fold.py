"""What a large picture shows: chains of sums as one mark, scopes as one mark, and no more than fits.

Scopes of one name in the same place are one mark, however often they ran, unless their runs form a cycle with others:
one run uses what another scope computed from an earlier run. Then each run is a mark; or, where these are too many, the
whole cycle is.
"""

from __future__ import annotations

from collections import Counter, deque
from operator import attrgetter

from ..graph import Paused
from ..operation import OPS
from .cycles import cycles
from .scopes import ScopeRun, prefix, scope_paths
from .view import Spot, View, size_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .scene import Mark, Scene
    from .scopes import Path

    Key = Any  # what a value is shown as: a folded scope's path, one run, a Cycle, a whole sum's mark, its own, or REST

FITS = 250  # marks: more is not read
ARROWS = 700  # the most, where no scope is folded
LONGEST_OPEN = 5000  # columns, the length of all arrows together, where no scope is folded
FOLDED_ARROWS = 400  # the most arrows where scopes are folded
LONGEST_FOLDED = 3000  # columns, the length of all arrows together, where scopes are folded
PASSED = 200  # columns in which arrows pass folded scopes by, beyond which more is folded if there is more to fold
CROWDED = 12  # of inputs with arrows to the same marks, or of marks in a scope beside folded ones: more become one mark
FEW_ALIKE = 3  # such inputs, where there are many arrows
MANY_ARROWS = 100  # arrows, beyond which there are many
CUT = 60  # marks left where no folding makes it fit
FURTHEST_COLUMN = 20  # the furthest that one of those is from the output
MOST_BRANCHES = 8  # the most that is left of what goes into one of them
MOST_SCOPES_NAMED = 3  # of the scopes of a cycle
REST = "rest"


def view_of(scene: Scene, depth: int | None = None) -> View:
    """The view with scopes open to a depth, by default the largest that fits; if none does, what is near the output."""
    with Paused():
        return found_view(ScopesOfScene(scene), depth)


def found_view(around: ScopesOfScene, depth: int | None) -> View:
    """The same, while the garbage collector is paused."""
    if depth is not None:
        views = [*map(around.view, around.partitions(around.folds(depth)))]
        return next(filter(fits_a_layout, views), views[-1])
    view = None
    for folds in around.foldings():
        for keys in around.partitions(folds) if around.count(folds) <= FITS else ():
            finer, view = view, around.view(keys)
            if not fits_a_layout(view):
                view = finer
            elif is_clear(view):
                return view
    return view or around.view(around.nearest([*around.partitions(folds)][-1]))


def fits_a_layout(view: View) -> bool:
    """Whether there is room, and a layout does not take seconds: folded scopes are large, and leave less for arrows."""
    longest, most = (LONGEST_FOLDED, FOLDED_ARROWS) if view.has_folds else (LONGEST_OPEN, ARROWS)
    return len(view.spots) <= FITS and len(view.arrows) <= most and view.length <= longest


def is_clear(view: View) -> bool:
    """Whether few arrows pass folded scopes by on their way to others."""
    return not view.has_folds or view.length - len(view.arrows) <= PASSED


class ScopesOfScene:
    """The scopes around each value of a scene, and which sums are part of a larger one."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.paths, self.calls, self.runs = scope_paths(scene)
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
        """For each path that lies in a folded scope, the path of that scope."""
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
        """The key of each value, what it is shown as: a folded scope, a whole sum, or itself."""
        triples = zip(self.scene.marks, self.paths, self.wholes, strict=True)
        return [folds.get(path) or whole or mark for mark, path, whole in triples]

    def partitions(self, folds: dict[Path, Path]) -> Iterator[list[Key]]:
        """The keys of the values without cycles among the marks: with a mark for each run, or one for each cycle."""
        keys = self.keys(folds)
        rounds = cycles(self.arrows(keys)) if folds else []
        if rounds:
            runs = self.run_by_run(keys, {key for keys in rounds for key in keys if isinstance(key, tuple)})
            yield self.joined(runs, cycles(self.arrows(runs)))
        yield self.joined(keys, rounds)

    def arrows(self, keys: list[Key]) -> dict[Key, dict[Key, None]]:
        """For each key, the keys to which arrows lead from it; inputs are left out, since no arrow leads to them."""
        arrows: dict[Key, dict[Key, None]] = {}
        for mark, end in zip(self.scene.marks, keys, strict=True):
            if mark.op:
                arrows.setdefault(end, {})
                for x in mark.inputs:
                    if not isinstance(x, float) and x.op and keys[x.index] is not end and keys[x.index] != end:
                        arrows[keys[x.index]][end] = None
        return arrows

    def run_by_run(self, keys: list[Key], scopes: set[Path]) -> list[Key]:
        """The keys, with one for each run of those scopes; an input that one run alone uses has the key of that run."""
        found = [*keys]
        users: dict[int, set[Key]] = {}
        for mark, key, call in zip(self.scene.marks, keys, self.calls, strict=True):
            if call and key in scopes and mark.op:
                found[mark.index] = call.up_to(len(key))
            for x in mark.inputs:
                if not isinstance(x, float) and x.op is None and keys[x.index] in scopes:
                    users.setdefault(x.index, set()).add(found[mark.index])
        for k, runs in users.items():
            found[k] = runs.pop() if len(runs) == 1 else self.scene.marks[k]
        return found

    def joined(self, keys: list[Key], rounds: list[list[Key]]) -> list[Key]:
        """The keys, with one for all members of each cycle."""
        into: dict[Key, Cycle] = {}
        for members in rounds:
            into |= dict.fromkeys(members, Cycle(self, members))
        return [into.get(key, key) for key in keys] if into else keys

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
        if isinstance(key, Cycle):
            spot = Spot("scope", key.path)
            spot.cycle, spot.runs = key.scopes, key.runs
            return spot
        if isinstance(key, ScopeRun):
            spot = Spot("scope", key.path)
            spot.run = 1
            return spot
        if isinstance(key, tuple):
            spot = Spot("scope", key)
            spot.runs = self.runs[key]
            return spot
        return Spot("value", self.paths[key.index])

    def path_of(self, key: Key) -> Path:
        """The scopes around what a key stands for, without that itself."""
        if isinstance(key, ScopeRun):
            return key.path[:-1]
        return key[:-1] if isinstance(key, tuple) else self.paths[key.index]

    def nearest(self, keys: list[Key]) -> list[Key]:
        """The keys of what is nearest to the output, and REST for all else, none of which was computed from that."""
        members = marks_by_key(keys, self.scene.marks)
        open_ends = Counter(start for start, ends in self.arrows(keys).items() for _ in ends)
        kept: dict[Key, None] = {}
        wanted = {keys[-1]: 1}  # and in which column from the output
        waiting = deque(wanted)
        while waiting and len(kept) < CUT:
            key = waiting.popleft()
            kept[key] = None
            inputs = (x for mark in members.get(key, (key,)) for x in mark.inputs if not isinstance(x, float))
            starts = [start for start in dict.fromkeys(keys[x.index] for x in inputs) if start is not key]
            open_ends.subtract(starts)
            if wanted[key] < FURTHEST_COLUMN:
                new = [start for start in starts if start not in wanted][:MOST_BRANCHES]
                wanted |= dict.fromkeys(new, wanted[key] + 1)
            waiting += [start for start in starts if start in wanted and start not in kept and open_ends[start] <= 0]
        return [key if key in kept else REST for key in keys]


class Cycle:
    """Scopes whose runs lead to each other, and what lies between them: `norm, mlp ×30`."""

    __slots__ = ("path", "runs", "scopes")

    def __init__(self, around: ScopesOfScene, keys: list[Key]) -> None:
        outside: Path | None = None
        for key in keys:
            outside = prefix(outside, around.path_of(key))
        assert outside is not None
        named = [
            (key, key if isinstance(key, tuple) else key.path) for key in keys if isinstance(key, tuple | ScopeRun)
        ]
        self.scopes: tuple[Path, ...] = tuple(dict.fromkeys(path for _, path in reversed(named)))
        self.runs = min(around.runs[key] if isinstance(key, tuple) else 1 for key, _ in named)
        names = [*dict.fromkeys(str(path[len(outside)]) for path in self.scopes)]
        title = ", ".join([*names[:MOST_SCOPES_NAMED], "…"] if len(names) > MOST_SCOPES_NAMED else names)
        self.path: Path = (*outside, f"{title} ×{self.runs}" if self.runs > 1 else title)


def marks_by_key(keys: list[Key], marks: list[Mark]) -> dict[Key, list[Mark]]:
    """The marks of each key, but for marks that are shown as themselves alone."""
    members: dict[Key, list[Mark]] = {}
    for key, mark in zip(keys, marks, strict=True):
        if key is not mark or key in members:  # parts of a sum come before the whole
            members.setdefault(key, []).append(mark)
    return members


def arrows_between(scene: Scene, spot_of: list[Spot]) -> dict[tuple[Spot, Spot], float]:
    """The arrows from mark to mark, each with the largest of the shares that go back along it."""
    arrows: dict[tuple[Spot, Spot], float] = {}
    for mark, end in zip(scene.marks, spot_of, strict=True):
        for x in mark.inputs:
            if not isinstance(x, float) and spot_of[x.index] is not end:
                add_arrows(arrows, mark, end, spot_of)
                break
    return arrows


def add_arrows(arrows: dict[tuple[Spot, Spot], float], mark: Mark, end: Spot, spot_of: list[Spot]) -> None:
    """Add the arrows that end at a value."""
    for x, share in zip(mark.inputs, mark.shares, strict=True):
        if not isinstance(x, float):
            start = spot_of[x.index]
            if start is not end:
                arrows[start, end] = max(arrows.get((start, end), 0.0), size_of(share))


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


# sums


def larger_sums(marks: list[Mark], paths: list[Path]) -> list[Mark | None]:
    """For each value that is a part of a larger sum, that sum; for every other value None."""
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
    """The view with many inputs that have arrows to the same marks as one mark."""
    ends: dict[Spot, list[Spot]] = {}
    for start, end in view.arrows:
        if start.kind == "value" and not start.mark.op:
            ends.setdefault(start, []).append(end)
    alike: dict[tuple[frozenset[Spot], Path], list[Spot]] = {}
    for start, where in ends.items():
        alike.setdefault((frozenset(where), start.path), []).append(start)
    into: dict[Spot, Spot] = {}
    for (_, path), starts in alike.items():
        if len(starts) > (FEW_ALIKE if view.has_folds and len(view.arrows) > MANY_ARROWS else CROWDED):
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
