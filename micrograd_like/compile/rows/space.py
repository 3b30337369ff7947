"""The numpy engine over rows: a program as calls of ufuncs on blocks of rows, in tables that are used again."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from .kernels import Kernels
from .plan import Gather, LinesView, Plan, Stretch

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..program import Program
    from .plan import Place, UfuncCall
    from .table import Table

    Array = np.ndarray[Any, Any]
    Part = tuple[Stretch, dict[Any, Array], Array | None]  # of a block: what comes, with which arrays, for which rows

SIZES_KEPT = 8  # of blocks, for which spaces are kept


class NumpyEngine:
    """A program as calls of ufuncs on blocks of rows that stay in the processor's cache."""

    def __init__(self, program: Program, varying: list[bool]) -> None:
        self.kernels = Kernels(program, varying)
        self.plans = [Plan(self.kernels, wide) for wide in (False, True)]
        self.spaces: dict[tuple[Plan, int], list[NumpySpace]] = {}

    def rows_at_a_time(self, rows: int) -> int:
        return self.plan(rows).rows(rows)

    def plan(self, rows: int) -> Plan:
        """The plan, narrow or wide, whose calls take less time for so many rows."""
        return min(self.plans, key=lambda plan: plan.cost(rows))

    @contextmanager
    def space(self, table: Table, closed: list[float], block: int) -> Iterator[NumpySpace]:
        """A space to compute in, for one thread; it is used again in later calls."""
        plan = self.plan(block)
        free = self.spaces.setdefault((plan, block), [])
        try:
            space = free.pop()
        except IndexError:
            space = NumpySpace(plan, block)
        space.open(table, closed)
        yield space
        space.inputs = []
        free.append(space)
        while len(self.spaces) > SIZES_KEPT:
            self.spaces.pop(next(iter(self.spaces)), None)


class NumpySpace:
    """The tables of one block of rows, with the calls bound to them, which answer rows: for one thread at a time."""

    def __init__(self, plan: Plan, rows: int) -> None:
        self.plan = plan
        self.rows = rows
        self.tables: dict[Place, Array] = {}
        self.padded: dict[Place, Array] = {}
        for (varies, truth), lines in plan.tables.items():
            columns = rows if varies else 1
            padded = columns + (64 if truth else 8) * (columns > 8)  # lines 2**n apart share a place in the cache
            self.padded[varies, truth] = np.zeros((max(1, lines.count), padded), bool if truth else float)
            self.tables[varies, truth] = self.padded[varies, truth][:, :columns]
        for k, x in plan.kernels.constants.items():
            self.tables[False, False][plan.line[k], 0] = x
        self.shared = self.bound(plan.shared)
        self.calls: dict[Stretch, list[tuple[Callable[..., Any], list[Array]]]] = {}

    def bound(self, calls: list[UfuncCall]) -> list[tuple[Callable[..., Any], list[Array]]]:
        return [(function, [self.array(function, view) for view in views]) for function, views in calls]

    def array(self, function: Any, view: LinesView) -> Array:
        if isinstance(function, Gather):  # NumPy takes whole lines without copying them first
            table = self.padded[view.place]
            return view.of(table) if view.shape else table
        return view.of(self.tables[view.place])

    def share(self, numbers: list[float]) -> None:
        """Compute what is the same in all rows from its inputs."""
        plan = self.plan
        inputs = [k for k in (*plan.kernels.inputs, *plan.kernels.closed) if not plan.kernels.all[k].varies]
        if inputs:
            self.tables[False, False][[plan.line[k] for k in inputs], 0] = numbers[: len(inputs)]
        for function, arrays in self.shared:
            function(*arrays)

    def compute(self, stretch: Stretch, count: int) -> None:
        """Fill the lines of a stretch for the first `count` rows of the block."""
        calls = self.calls.get(stretch)
        if calls is None:
            calls = self.calls[stretch] = self.bound(stretch.calls)
        if count == self.rows:
            for function, arrays in calls:
                function(*arrays)
        else:
            for function, arrays in calls:
                function(*[array[..., :count] for array in arrays])

    def open(self, table: Table, closed: list[float]) -> None:
        """Make ready for the rows of a table."""
        self.share(table.shared() + closed)
        self.inputs: list[tuple[int, Array]] = []
        k = 0
        for part in table.parts:
            if isinstance(part, np.ndarray) and len(part):
                self.inputs.append((self.plan.line[k], part))
            k += len(part)

    def fill(self, start: int, stop: int, out: Array, others: Any) -> int:
        """Write the answers to the rows; the first row that takes an unknown way, or -1."""

        def write(stretch: Stretch, count: int, rows: Array | None) -> None:
            where = slice(start, stop) if rows is None else start + rows
            for answers, place, lines in stretch.runs:
                out[answers, where] = self.tables[place][lines, :count]

        return self.answer(start, stop, write, others)

    def total(self, start: int, stop: int, out: Array, others: Any) -> int:
        """Add the answers to the rows; the first row that takes an unknown way, or -1."""

        def write(stretch: Stretch, count: int, rows: Array | None) -> None:
            for answers, place, lines in stretch.gathered:
                varies, _ = place
                x = self.tables[place][lines, :count]
                out[answers] += np.add.reduce(x, axis=1) if varies else x[:, 0] * count

        return self.answer(start, stop, write, others)

    def answer(self, start: int, stop: int, write: Any, others: Any) -> int:
        """Compute the rows of a block, parted where they take different ways."""
        for line, columns in self.inputs:
            self.tables[True, False][line : line + len(columns), : stop - start] = columns[:, start:stop]
        waiting: list[Part] = [(self.plan.root, {}, None)]
        while waiting:
            stretch, kept, rows = waiting.pop()
            count = stop - start if rows is None else len(rows)
            for place, arrays in kept.items():
                self.tables[place][stretch.kept[place], :count] = arrays
            stretch, ways = self.gone_together(stretch, count)
            if not ways:
                write(stretch, count, rows)
                continue
            for branch, chosen in self.parted(stretch, ways, count):
                those = chosen if rows is None else rows[chosen]
                if branch:
                    waiting.append((branch, self.compressed(branch, chosen), those))
                elif len(left := others(start + those)):
                    return int(left[0])
        return -1

    def gone_together(self, stretch: Stretch, count: int) -> tuple[Stretch, list[Any]]:
        """Compute on while all rows take the same way: where that ends, and the ways from there; none at an answer."""
        self.compute(stretch, count)
        while stretch.asked:
            ways = self.ways(stretch, count)
            if len(ways) > 1 or ways[0] not in stretch.branches:
                return stretch, ways
            stretch = stretch.branches[ways[0]]
            self.compute(stretch, count)
        return stretch, []

    def parted(self, stretch: Stretch, ways: list[Any], count: int) -> Iterator[tuple[Stretch | None, Array]]:
        """Where each known way leads, and the rows that take it; then None, and all rows that take an unknown way."""
        asked = np.broadcast_to(self.asked(stretch, count), count)
        known = [way for way in ways if way in stretch.branches]
        unknown = np.ones(count, bool)
        for way in known:
            chosen = asked == way
            unknown &= ~chosen
            yield stretch.branches[way], np.flatnonzero(chosen)
        if len(known) < len(ways):
            yield None, np.flatnonzero(unknown)

    def compressed(self, branch: Stretch, chosen: Array) -> dict[Any, Array]:
        """The arrays that the chosen rows go on with."""
        return {place: self.tables[place][lines][:, chosen] for place, lines in branch.kept.items() if lines}

    def asked(self, stretch: Stretch, count: int) -> Array:
        place, line = stretch.asked  # type: ignore[misc]
        return self.tables[place][line, :count]

    def ways(self, stretch: Stretch, count: int) -> list[Any]:
        """The answers that the rows give to a question."""
        asked = self.asked(stretch, count)
        if asked.dtype == bool:
            true = np.count_nonzero(asked)
            return [True] if true == len(asked) else [True, False] if true else [False]
        return [asked[0].item()] if (asked == asked[0]).all() else np.unique(asked).tolist()
