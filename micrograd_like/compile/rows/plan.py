"""A plan: which arrays of a block of rows stand where in memory, and the calls of ufuncs that fill them.

Memory is a table: a line for each array that is still needed, a column for each row. Two plans are made of the same
kernels. In the narrow one each call computes one line, and a line is used again as soon as its array is not needed
any more: so few lines that thousands of rows stay in the processor's cache. In the wide one each call computes all
lines that come of the same operation at the same depth, as the products of all neurons of a layer: few calls for few
rows.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from .kernels import Kernels, Segment

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    Array = np.ndarray[Any, Any]
    UfuncCall = tuple[Callable[..., Any], list["LinesView"]]  # a function, and what it reads, and writes in the end
    Place = tuple[bool, bool]  # which table: whether it varies from row to row, and whether it holds True and False

CACHE = 2_000_000  # bytes of the caches that a block of rows may fill
MOST_ROWS, SMALLEST_BLOCK = 16384, 64
WORTH_A_CALL, MEMORY = 1024, 64_000_000  # rows of a block, if they fit into so many bytes: beyond the caches, few calls
IN_PLACE = {np.add, np.subtract, np.multiply, np.divide}  # NumPy's exp and log would be four times as slow
CALL = 2000  # how many numbers are computed in the time that a call of a ufunc takes by itself


class LinesView:
    """Lines of a table that an operand reads: at an even distance, or several such series at an even distance."""

    __slots__ = ("place", "shape", "start", "steps")

    def __init__(self, place: Place, start: int, shape: tuple[int, ...] = (), steps: tuple[int, ...] = ()) -> None:
        self.place = place
        self.start = start
        self.shape = shape
        self.steps = steps

    def of(self, table: Array) -> Array:
        """The array itself, with a table's columns as its last axis."""
        line = table.strides[0]
        strides = (*(step * line for step in self.steps), table.itemsize)
        shape = (*self.shape, table.shape[1])
        buffer = table if table.base is None else table.base
        return np.ndarray(shape, table.dtype, buffer, self.start * line, strides)


class Lines:
    """Which lines of a table are free."""

    def __init__(self) -> None:
        self.free = bytearray(b"\1" * 64)
        self.count = 0  # of lines that were ever used

    def take(self, count: int) -> int:
        """The first of so many free lines side by side."""
        wanted = b"\1" * count
        start = self.free.find(wanted)
        while start < 0:
            self.free.extend(b"\1" * max(64, len(self.free)))
            start = self.free.find(wanted)
        self.free[start : start + count] = bytes(count)
        self.count = max(self.count, start + count)
        return start

    def give_back(self, line: int) -> None:
        self.free[line] = 1

    def keep_only(self, lines: Iterable[int]) -> None:
        self.free = bytearray(b"\1" * len(self.free))
        for line in lines:
            self.free[line] = 0


class Stretch:
    """What is done in a segment: calls, then a question, or outputs. `kept` are the arrays that come in from before."""

    __slots__ = ("asked", "branches", "calls", "gathered", "kept", "runs")

    def __init__(self) -> None:
        self.calls: list[UfuncCall] = []
        self.kept: dict[Place, list[int]] = {}  # the lines of each table
        self.asked: tuple[Place, int] | None = None
        self.runs: list[tuple[slice, Place, slice]] = []  # answers side by side, and the lines where they are
        self.gathered: list[tuple[Any, Place, Any]] = []  # the same in few pieces
        self.branches: dict[Any, Stretch] = {}


class Plan:
    """A program's kernels with their lines in the tables; `wide` if one call computes many of them."""

    def __init__(self, kernels: Kernels, wide: bool) -> None:
        self.kernels = kernels
        self.wide = wide
        self.line: dict[int, int] = {}  # of each kernel
        self.tables = {(varies, truth): Lines() for varies in (False, True) for truth in (False, True)}
        for k in [*kernels.inputs, *kernels.closed, *kernels.constants]:
            self.place_on([k])
        self.shared = self.calls_of(groups_of_calls(kernels, kernels.uniform), {})
        self.alive = arrays_needed(kernels)
        self.stretches: dict[Segment, Stretch] = {}
        for segment in kernels.segments.values():
            self.stretches[segment] = self.stretch(segment)
        for segment, stretch in self.stretches.items():
            stretch.branches = {answer: self.stretches[branch] for answer, branch in segment.branches.items()}
        self.root = self.stretches[kernels.root]
        self.call_count = sum(len(stretch.calls) for stretch in self.stretches.values())

    def rows(self, wanted: int) -> int:
        """How many rows at a time: those that are wanted, if they fit into the cache."""
        lines = max(1, self.tables[True, False].count)
        many = max(SMALLEST_BLOCK, min(WORTH_A_CALL, MEMORY // (8 * lines)), CACHE // (8 * lines))
        blocks = -(-wanted // min(MOST_ROWS, many))
        return -(-wanted // blocks)

    def cost(self, wanted: int) -> float:
        """The time that calls take by themselves, in numbers computed, for each row."""
        return CALL * self.call_count / self.rows(wanted)

    def place_of(self, k: int) -> Place:
        kernel = self.kernels.all[k]
        return kernel.varies, kernel.truth

    def place_on(self, members: list[int]) -> int:
        start = self.tables[self.place_of(members[0])].take(len(members))
        self.line.update(zip(members, range(start, start + len(members)), strict=True))
        return start

    def stretch(self, segment: Segment) -> Stretch:
        kernels, made, before = self.kernels, Stretch(), self.alive[segment][0]
        for truth in (False, True):
            kept = sorted(self.line[k] for k in before if kernels.all[k].truth is truth)
            made.kept[True, truth] = kept
            self.tables[True, truth].keep_only(kept)
        groups = groups_of_calls(kernels, segment.kernels) if self.wide else [[k] for k in segment.kernels]
        last: dict[int, int] = {}
        for i, group in enumerate(groups):
            for member in group:
                last[member] = i
                last.update(dict.fromkeys(kernels.all[member].operands, i))
        last.update({k: i for i in [len(groups)] for k in self.alive[segment][1]})
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for k in {*last, *before}:
            if kernels.all[k].varies and last.get(k, -1) < len(groups):
                ends[last.get(k, 0)].append(k)
        made.calls = self.calls_of(groups, ends)
        if segment.asked >= 0:
            made.asked = self.place_of(segment.asked), self.line[segment.asked]
        made.runs = [*runs([(self.place_of(k), self.line[k]) for k in segment.outputs])]
        made.gathered = [*made.runs] if len(made.runs) < 8 else self.gathered(segment.outputs)
        return made

    def gathered(self, outputs: list[int]) -> list[tuple[Any, Place, Any]]:
        places: dict[Place, list[int]] = {}
        for i, k in enumerate(outputs):
            places.setdefault(self.place_of(k), []).append(i)
        return [(chosen, place, [self.line[outputs[i]] for i in chosen]) for place, chosen in places.items()]

    def calls_of(self, groups: list[list[int]], ends: dict[int, list[int]]) -> list[UfuncCall]:
        """The calls that compute the groups; `ends` says which arrays are not needed after each of them."""
        calls: list[UfuncCall] = []
        for i, group in enumerate(groups):
            function = self.kernels.all[group[0]].function
            in_place = len(group) == 1 and function in IN_PLACE
            if in_place:
                self.end(k for k in ends.get(i, ()) if k != group[0])
            calls += self.call(group)
            self.end(k for k in ends.get(i, ()) if not in_place or k == group[0])
        return calls

    def end(self, kernels: Iterable[int]) -> None:
        for k in kernels:
            self.tables[self.place_of(k)].give_back(self.line[k])

    def call(self, group: list[int]) -> list[UfuncCall]:
        """The call that computes a group, after those that gather operands which are not at even distances."""
        kernels = self.kernels
        function: Any = kernels.all[group[0]].function
        operands = [
            [self.line[k] for k in column] for column in zip(*(kernels.all[k].operands for k in group), strict=True)
        ]
        places = [self.place_of(k) for k in kernels.all[group[0]].operands]
        if len(group) == 1:
            views = [LinesView(place, lines[0]) for place, lines in zip(places, operands, strict=True)]
            return [(function, [*views, LinesView(self.place_of(group[0]), self.place_on(group))])]
        patterns = [pattern(lines) for lines in operands]
        width = next((p[0] for p in patterns if p and p[0] < len(group)), len(group))
        shape = (len(group) // width, width) if width < len(group) else (width,)
        gathers, views, scratch = [], [], []
        for place, lines, found in zip(places, operands, patterns, strict=True):
            steps = spread(found, width, len(group))
            start = lines[0]
            if steps is None:
                start = self.tables[place].take(len(group))
                scratch += [(place, start + i) for i in range(len(group))]
                gathers.append((Gather(lines), [LinesView(place, 0), LinesView(place, start, (len(group),), (1,))]))
                steps = width, 1
            views.append(LinesView(place, start, shape, steps[2 - len(shape) :]))
        views.append(LinesView(self.place_of(group[0]), self.place_on(group), shape, (width, 1)[2 - len(shape) :]))
        for place, line in scratch:
            self.tables[place].give_back(line)
        return [*gathers, (function, views)]


def runs(outputs: list[tuple[Place, int]]) -> Iterator[tuple[slice, Place, slice]]:
    """The answers in runs of neighbours whose lines in a table are neighbours too."""
    i = 0
    while i < len(outputs):
        place, line = outputs[i]
        count = 1
        while i + count < len(outputs) and outputs[i + count] == (place, line + count):
            count += 1
        yield slice(i, i + count), place, slice(line, line + count)
        i += count


class Gather:
    """Copies lines of a table side by side."""

    def __init__(self, lines: list[int]) -> None:
        self.lines = np.array(lines)

    def __call__(self, table: Array, out: Array) -> None:
        np.take(table, self.lines, axis=0, out=out, mode="clip")


def groups_of_calls(kernels: Kernels, members: list[int]) -> list[list[int]]:
    """The kernels that one call computes: of one function, at one depth, on operands of the same tables."""
    depth: dict[int, int] = {}
    groups: dict[Any, list[int]] = {}
    for k in members:
        kernel = kernels.all[k]
        depth[k] = 1 + max((depth.get(x, 0) for x in kernel.operands), default=0)
        tables = tuple([(kernels.all[x].varies, kernels.all[x].truth) for x in kernel.operands])
        groups.setdefault((depth[k], kernel.function, tables), []).append(k)
    return [groups[key] for key in sorted(groups, key=lambda key: key[0])]


def arrays_needed(kernels: Kernels) -> dict[Segment, tuple[set[int], set[int]]]:
    """Of arrays that vary from row to row: those that a segment needs from before, and those needed at its end."""
    needed: dict[Segment, tuple[set[int], set[int]]] = {}
    for segment in reversed(kernels.segments.values()):
        at_end = {k for k in (segment.asked, *segment.outputs) if k >= 0 and kernels.all[k].varies}
        at_end = at_end.union(*(needed[branch][0] for branch in segment.branches.values()))
        before = set(at_end)
        for k in reversed(segment.kernels):
            before.discard(k)
            before.update(x for x in kernels.all[k].operands if kernels.all[x].varies)
        needed[segment] = before, at_end
    return needed


def pattern(lines: list[int]) -> tuple[int, int, int] | None:
    """How lines follow each other: after `width` steps of one size a step of another, and so on; None if otherwise.

    >>> pattern([4, 5, 6]), pattern([0, 1, 0, 1]), pattern([3, 3, 5, 5]), pattern([0, 1, 3, 7])
    ((3, 3, 1), (2, 0, 1), (2, 2, 0), None)
    """
    step = lines[1] - lines[0]
    width = next((i for i in range(1, len(lines)) if lines[i] - lines[i - 1] != step), len(lines))
    if width == len(lines):
        return width, width * step, step
    leap = lines[width] - lines[0]
    even = len(lines) % width == 0 and all(
        line == lines[0] + leap * (i // width) + step * (i % width) for i, line in enumerate(lines)
    )
    return (width, leap, step) if even else None


def spread(found: tuple[int, int, int] | None, width: int, count: int) -> tuple[int, int] | None:
    """The steps from line to line of a pattern over rows of that width; None if it does not fit."""
    if found is None:
        return None
    if found[0] == width:
        return found[1:]
    return (width * found[2], found[2]) if found[0] == count else None
