"""Rows computed block after block: a call of what vmap has made."""

from __future__ import annotations

from _thread import allocate_lock
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import chain
from time import perf_counter

import numpy as np

from ...core import core
from ...errors import Singular
from ...trees.containers import is_array
from ...trees.parts import branches_of
from ...trees.planting import planted
from ..answers import LEAF
from ..checks import needs_values
from ..program import Changed
from .space import NumpySpace

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..record import Recording
    from .batch import Batch
    from .on_columns import OnColumns
    from .one_after_another import OneAfterAnother
    from .table import Table
    from .vmap import Vmapped

    Array = np.ndarray[Any, Any]


WORTH_A_THREAD = 1_000_000  # numbers to compute, half a millisecond's work
LONG_PROGRAM = 10_000  # steps of a program to which no ways are added in advance
FEW_ROWS, WITHOUT = 16, 7  # if the most of many rows take unknown ways, so many calls do not look for known ones
AT_ONCE = 16  # rows that take an unknown way, between two questions whether one is worth recording
ONE_BY_ONE = "rows that take another way than those recorded are computed one by one"


class RowsCall:
    """One call: the rows in blocks, and the answers to them."""

    def __init__(self, vmapped: Vmapped, batch: Batch, table: Table) -> None:
        self.vmapped = vmapped
        self.batch = batch
        self.table = table
        self.lock = allocate_lock()
        self.one_by_one = False  # whether rows that take an unknown way are left to the function itself
        self.put_off: dict[int, list[Array]] = {}  # rows of each block that take an unknown way, to go together
        self.stopped = False

    def answer(self) -> Any:
        rows = self.table.rows
        if not self.batch.program.paths:
            self.record(0)
        if not self.batch.program.paths:  # and none is to be recorded any more
            self.out = self.without_program(np.arange(rows))
            return self.finished()
        loop = self.batch.loop(rows)
        if self.on_columns and (self.batch.calls_without or (loop and self.has_few_of_the_ways(loop))):
            self.batch.calls_without = (self.batch.calls_without or WITHOUT) - 1
            self.out = self.without_program(np.arange(rows))
            return self.finished()
        if loop:
            self.one_after_another(loop)
        else:
            self.in_blocks()
        self.batch.looped += rows
        self.write_put_off()
        if self.batch.chooses:
            self.without_what_was_not_chosen()
        return self.finished()

    def has_few_of_the_ways(self, loop: OneAfterAnother) -> bool:
        """Whether the most of some rows take unknown ways, which they would find out at the end of a long program."""
        if self.batch.program.count < LONG_PROGRAM or self.table.rows < 4 * FEW_ROWS:
            return False
        some = np.arange(FEW_ROWS) * (self.table.rows // FEW_ROWS)
        unknown = loop.answers(self.table, some, [v.data for v in self.batch.program.closed])[2]
        return 2 * len(unknown) > FEW_ROWS

    def without_what_was_not_chosen(self) -> None:
        """Compute rows by themselves where nan is answered: max and min have both slopes, and 0 * inf is nan.

        Of sums the rows are not known any more, so these are the sums of all rows of the block.
        """
        for k in np.flatnonzero(np.isnan(self.out).any(axis=0)).tolist():
            if not self.vmapped.reduce:
                self.out[:, k] = self.by_themselves(np.array([k]))[:, 0]
            else:
                rows = np.arange(k * self.block, min((k + 1) * self.block, self.table.rows))
                self.out[:, k] = self.by_themselves(rows).sum(axis=1)

    def one_after_another(self, loop: OneAfterAnother) -> None:
        """Compute a few rows; those that take an unknown way by themselves, or once their way is recorded."""
        rows = np.arange(self.table.rows)
        self.out = np.zeros((len(self.batch.truths), 1 if self.vmapped.reduce else len(rows)))
        self.block = len(rows)
        with progress_bar(len(rows), self.vmapped) as self.show:
            while True:
                closed = [v.data for v in self.batch.program.closed]
                known, answers, unknown = loop.answers(self.table, rows, closed)
                if known:
                    self.write_answers(np.array(known), np.array(answers, dtype=float).T)
                rows = self.others(np.array(unknown, dtype=int))
                self.show(self.table.rows - len(rows))
                if not len(rows):
                    return None
                self.record(int(rows[0]))
                again = self.batch.loop(0)
                if not again:
                    return self.in_blocks()
                loop = again

    def in_blocks(self) -> None:
        """Compute all rows, block after block."""
        rows, reduce = self.table.rows, self.vmapped.reduce
        self.put_off.clear()
        self.block = self.engine().rows_at_a_time(rows)
        blocks = -(-rows // self.block)
        self.out = np.empty((len(self.batch.truths), blocks if reduce else rows))
        self.todo = iter(range(blocks))
        with progress_bar(rows, self.vmapped) as self.show:
            while unknown := self.work_through(self.threads(blocks)):
                self.record(unknown[0])
                self.todo = chain([row // self.block for row in unknown], self.todo)

    def finished(self) -> Any:
        """The answer, from the numbers of all rows, or from their sums over blocks."""
        if self.vmapped.reduce:
            totals = np.add.reduce(self.out, axis=1)
            totals = totals / self.table.rows if self.vmapped.reduce == "mean" else totals
            return planted(self.batch.tree, totals.tolist())
        pairs = zip(self.out, self.batch.truths, strict=True)
        columns = (column != 0 if is_truth else column for column, is_truth in pairs)
        return in_columns(self.batch.tree, columns, self.table.rows)

    def threads(self, blocks: int) -> int:
        """How many threads are worth starting."""
        numbers = self.table.rows * self.batch.program.count
        return min(self.vmapped.threads, blocks) if numbers > WORTH_A_THREAD else 1

    def engine(self) -> Any:
        with self.vmapped.lock:
            start = perf_counter()
            name = "numpy" if self.one_by_one else self.vmapped.engine
            engine = self.batch.engine(name, self.table.varying)
            self.batch.price += perf_counter() - start
            return engine

    # recording

    def record(self, row: int) -> None:
        """Record the way that a row takes, unless enough ways are recorded."""
        vmapped, start = self.vmapped, perf_counter()
        self.batch.price = 0.0
        with vmapped.lock:
            if not vmapped.eager and vmapped.paths < vmapped.max_paths:
                try:
                    way = self.way(row)
                    known = self.batch.program.paths  # which may be fewer by now
                    self.batch.add(way)
                    if self.batch.program.paths > known:
                        if not core or self.table.rows > self.batch.rows_worth_a_plan:  # else nothing is planned
                            self.record_ahead(row)
                        self.batch.paid(perf_counter() - start)
                        return
                    # otherwise the engine's numbers differ in a last bit, and with them its answers
                except Singular:
                    pass
                except Changed:
                    vmapped.give_up(f"does something else in every call: {ONE_BY_ONE}")
            else:
                vmapped.give_up(f"takes more than {vmapped.max_paths} ways; `max_paths` allows more: {ONE_BY_ONE}")
            self.one_by_one = True

    def record_ahead(self, row: int) -> None:
        """Record some of the rows to come too, since a program is compiled anew whenever a way is added to it."""
        rows, room = self.table.rows, self.vmapped.max_paths - self.vmapped.paths
        count = min(self.batch.program.paths // 4, room)
        step = max(1, (rows - row) // (count + 1))
        for other in [*range(row + step, rows, step)][:count]:
            with suppress(Exception, Singular):  # which the row itself will meet, if it takes an unknown way
                self.batch.add(self.way(other))

    def way(self, row: int) -> Recording:
        try:
            return self.vmapped.way(self.batch, self.table.row(row))
        except Exception as error:
            error.add_note(f"in row {row}")
            raise

    def others(self, rows: Array) -> Array:
        """Compute rows that take an unknown way by themselves, until a way is worth recording: those that are left."""
        batch = self.batch
        if len(rows) and self.go_together:
            self.put_off.setdefault(int(rows[0]) // self.block, []).append(rows)
            return rows[:0]
        for k in range(0, len(rows), AT_ONCE):
            if not self.one_by_one and batch.is_worth_recording:
                return rows[k:]
            start = perf_counter()
            some = rows[k : k + AT_ONCE]
            self.write_answers(some, self.by_themselves(some))
            batch.spent += perf_counter() - start
        return rows[:0]

    @property
    def go_together(self) -> bool:
        """Whether rows of unknown ways go together, and none of their ways is recorded."""
        vmapped, batch = self.vmapped, self.batch
        is_full = self.one_by_one or vmapped.eager or vmapped.paths >= vmapped.max_paths
        has_no_credit = batch.program.count > LONG_PROGRAM and batch.spent < batch.price
        return (is_full or has_no_credit or not batch.is_worth_recording) and self.on_columns is not None

    @property
    def on_columns(self) -> OnColumns | None:
        """What rows run together, if the function allows that."""
        with self.vmapped.lock:
            return self.batch.on_columns(self.vmapped.f, self.vmapped.surroundings.reach)  # type: ignore[union-attr]

    def write_put_off(self) -> None:
        """Add the answers to rows that have been put off."""
        found = [rows for parts in self.put_off.values() for rows in parts]
        if found:
            start, rows, on_columns = perf_counter(), np.sort(np.concatenate(found)), self.on_columns
            answers = self.without_program(rows)
            if FEW_ROWS < self.table.rows < 2 * len(rows):
                self.batch.calls_without = WITHOUT
            self.batch.spent += (perf_counter() - start) / max(on_columns.ways if on_columns else 1, 1)
            if self.vmapped.reduce:
                np.add.at(self.out.T, rows // self.block, answers.T)
            else:
                self.out[:, rows] = answers

    def without_program(self, rows: Array) -> Array:
        """The numbers of the answers to rows, a column for each: together if they can go so, else by themselves."""
        vmapped, on_columns = self.vmapped, self.on_columns
        with vmapped.lock:
            if on_columns and self.batch.tree is not None:
                numbers = [x[rows] if isinstance(x, np.ndarray) else x for x in self.table.numbers()]
                found = on_columns.answers(numbers, len(rows))
                if found and not vmapped.surroundings.changed():  # type: ignore[union-attr]
                    answers, left = found
                    if left:
                        answers[:, left] = self.by_themselves(rows[left])
                    return answers
                on_columns.refused = on_columns.refused or bool(found)
            return self.by_themselves(rows)

    def write_answers(self, rows: Array, answers: Array) -> None:
        """Add the answers to rows of one block, a column for each, to those of the others."""
        if self.vmapped.reduce:
            self.out[:, rows[0] // self.block] += answers.sum(axis=1)
        else:
            self.out[:, rows] = answers

    def by_themselves(self, rows: Array) -> Array:
        """The numbers that the function itself answers to rows, a column for each."""
        with self.vmapped.lock:
            given = zip(rows.tolist(), self.table.rows_of(rows), strict=True)
            return np.array([self.by_itself(row, numbers) for row, numbers in given]).T

    def by_itself(self, row: int, numbers: Any) -> list[float]:
        """What the function answers to plain numbers; where it needs Values, what a recording of it answers."""
        batch = self.batch
        try:
            return batch.numbers_of(batch.run(self.vmapped.f, numbers))
        except Exception as error:
            if needs_values(error) or isinstance(error, ArithmeticError | ValueError | TypeError):  # as of a complex
                with suppress(Singular):
                    way = self.way(row)
                    return batch.accepted(way.tree, way.numbers)[1]
            error.add_note(f"in row {row}")
            raise

    # blocks

    def work_through(self, threads: int) -> list[int]:
        """Compute the blocks that are left, and answer a row of each block in which a row takes an unknown way."""
        engine = self.engine()
        unknown: list[int] = []
        self.stopped = False
        if threads == 1:
            self.work(engine, unknown)
            return unknown
        from concurrent.futures import ThreadPoolExecutor, wait

        with ThreadPoolExecutor(threads) as pool:
            try:
                pending = {pool.submit(self.work, engine, unknown) for _ in range(threads)}
                while pending:  # awake now and then: a Ctrl-C that another thread was given is seen here only
                    done, pending = wait(pending, timeout=0.1)
                    for future in done:
                        future.result()
            finally:
                self.stopped = True
        return unknown

    def work(self, engine: Any, unknown: list[int]) -> None:
        """Compute one block after the other, until there is none, or one meets an unknown way."""
        closed = [v.data for v in self.batch.program.closed]
        with np.errstate(all="ignore"), engine.space(self.table, closed, self.block) as space:
            while (block := self.next_block()) is not None:
                start, stop = block * self.block, min((block + 1) * self.block, self.table.rows)
                self.put_off.pop(block, None)
                if self.vmapped.reduce:
                    self.out[:, block] = 0.0
                    row = space.total(start, stop, self.out[:, block], self.others)
                else:
                    row = space.fill(start, stop, self.out, self.others)
                if row >= 0 and not isinstance(space, NumpySpace) and self.go_together:
                    self.put_off[block] = [np.arange(row, stop)]
                    self.show(stop - start)
                elif row >= 0:
                    unknown.append(row)
                    self.stopped = True
                else:
                    self.show(stop - start)

    def next_block(self) -> int | None:
        with self.lock:
            return None if self.stopped else next(self.todo, None)


@contextmanager
def progress_bar(rows: int, vmapped: Vmapped) -> Iterator[Callable[[int], Any]]:
    """A bar that is told how many rows are computed, if one is wanted."""
    if not vmapped.progress:
        yield lambda count: None
        return
    try:
        tqdm = import_module("tqdm")
    except ImportError:
        raise ImportError("progress=True needs tqdm: pip install 'micrograd_like[batch]'") from None
    lock = allocate_lock()
    with tqdm.tqdm(total=rows, desc=vmapped.__name__, unit=" rows", unit_scale=True) as bar:

        def show(count: int) -> None:
            with lock:
                bar.update(count)

        yield show


def in_columns(tree: Any, columns: Iterator[Array], rows: int) -> Any:
    """The tree with arrays over the rows in the places of its numbers; an array of them becomes one with more axes."""
    if tree is LEAF:
        return next(columns)
    parts_and_back = branches_of(tree)
    if parts_and_back is None:
        return tree
    parts = [in_columns(x, columns, rows) for x in parts_and_back[0]]
    if is_array(tree) and all(x is LEAF for x in tree.ravel().tolist()):
        return (np.stack(parts, axis=-1) if parts else np.empty((rows, 0))).reshape(rows, *tree.shape)
    return parts_and_back[1](parts)
