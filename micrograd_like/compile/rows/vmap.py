"""vmap: a function that is recorded once and computed for many rows."""

from __future__ import annotations

import os
from functools import partial
from time import perf_counter

from ...errors import TracingError, Written
from ...runs.running import THREAD
from ...transforms.call import check_call
from ...trees.planting import planted
from ...trees.tree import leaves
from ..answers import LEAF
from ..checks import agree, in_plain_numbers, needs_values
from ..jit import ENGINES
from ..jitted import Jitted, checked_count, is_comparable
from ..record import record_run
from . import kernels  # noqa: F401 - first, since it says what is missing where NumPy is
from .batch import Batch, without_truths
from .blocks import RowsCall
from .choosing import one_expression
from .column import asks_sign
from .table import Table

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...trace.trace import Trace
    from ..record import Recording

    Axes = int | None | tuple[int | None, ...] | list[int | None]


def vmap(
    f: Callable[..., Any],
    in_axes: Axes = 0,
    *,
    engine: str = "numpy",
    reduce: str | None = None,
    progress: bool = False,
    max_paths: int = 64,
    threads: int | None = None,
    check: bool = True,
) -> Vmapped:
    """A function that computes f for each row of its arguments.

    >>> import numpy as np
    >>> from micrograd_like import value_and_grad
    >>> def total(apple, n, tax):
    ...     return apple * n * tax
    >>> vmap(value_and_grad(total))(np.array([100.0, 200.0]), np.array([2.0, 3.0]), 1.5)
    (array([300., 900.]), array([3. , 4.5]))

    Arrays and lists hold one row along their leading axis; what is left of the shape is what f sees, a number or an
    array of numbers. Plain numbers, models and arguments whose `in_axes` is None are the same for all rows, and so are
    arguments that f takes by name only. Dicts and dataclasses hold the rows of their parts.

    f is recorded on a row, and again for some other ways that it takes through its `if`s and loops; each row is
    computed by its own way. Rows of ways that are not recorded go together through Python itself, and part only where
    they answer a question of f's differently; one by one they go only where f catches errors, or looks at more of its
    numbers than arithmetic does. `max_paths` is how many ways are recorded at most.

    The answer has the form of f's, with arrays in the places of numbers: their leading axis is rows. All is computed
    in floats (whole numbers become floats; one that no float holds is refused), under IEEE 754: inf and nan in place
    of errors.

    `reduce` keeps the "sum" or the "mean" over the rows only. `progress` shows a bar on long work. Blocks of rows are
    spread over as many `threads` as there are processors; their number does not change the answer.

    `engine="native"` compiles to machine code. On x86 under Linux it computes 4 or 8 rows at a time, with the vector
    functions of the GNU C library: each exp, log, sin, … is within 4 units in the last place of what `math` answers,
    and the same for inf, nan and 0. So the last digits of a row may depend on its neighbours, and where such a
    function's answer lies right on the border of an `if`, so may the way that the row takes.

    In calls 2, 4, 8, 16, … f itself runs too, on one of the rows, as `jit` says; `check=False` leaves that out.
    """
    return Vmapped(f, in_axes, engine, reduce, progress, threads, max_paths, check)


TRIES = 2  # runs that change what the function finds outside: the first may, if it keeps something for later
MOST_RUNS = 5  # with those in which functions of installed packages ran for the first time


class Vmapped(Jitted):
    """A function of rows, recorded for each form of its arguments and for each way that rows take."""

    by = "vmap"
    is_batched = True

    def __init__(
        self,
        f: Callable[..., Any],
        in_axes: Axes,
        engine: str,
        reduce: str | None,
        progress: bool,
        threads: int | None,
        max_paths: int,
        check: bool,
    ) -> None:
        super().__init__(f, Batch, max_paths, check)
        self.in_axes = checked_axes(in_axes)
        self.engine = one_of("engine", engine, tuple(name for name, row in ENGINES.items() if row.rows))
        self.reduce = one_of("reduce", reduce, (None, "sum", "mean"))
        self.progress = progress
        self.threads = (os.cpu_count() or 1) if threads is None else checked_count("threads", threads, 1)

    def __call__(self, *args: Any, **options: Any) -> Any:
        if THREAD.trace is not None or THREAD.run:
            raise TypeError(f"vmap({self.__name__}) computes with plain arrays, {inside_of(THREAD.trace)}")
        if options:
            args, options = self.bound(args, options)
        start = perf_counter()
        with self.lock:
            self.up_to_date()
            table = Table()
            form = self.read(table, args, options)
            known = self.forms.get(form)
            if known is not None and known.fixed is not None and known.fixed.changed():
                del self.forms[form]
            due = next(self.checks.others, self) is self and self.checks.due()
            if due and form in self.forms and self.checks.affords(0.0):
                self.check_row(self.forms[form], table)
            batch: Any = self.forms.get(form) or self.of_rows(form, table, args, options)
        answer = RowsCall(self, batch, table).answer()
        self.checks.spent += perf_counter() - start
        return answer

    def of_rows(self, form: Any, table: Table, args: tuple[Any, ...], options: dict[str, Any]) -> Batch:
        """A program for arguments of a new form, which is kept unless there are too many."""
        call = tuple(table.first[: len(args)]), dict(zip(options, table.first[len(args) :], strict=True))
        batch = Batch(self.__name__, self.argument_names(args, options), call)
        if not self.eager and self.paths < self.max_paths:
            self.forms[form] = batch
            self.fix(form, batch)
        return batch

    def check_row(self, batch: Any, table: Table) -> None:
        """Compare what is computed of one row with what the function itself answers to it."""
        if not is_comparable(self.f, batch.call):
            return
        surroundings, paths = self.surroundings, self.paths
        row = self.checks.calls * 7919 % table.rows  # another one in every check
        numbers = table.row(row)
        compiled = self.row_of(batch, table, numbers)
        if self.paths > paths:  # the function has run just now
            return
        found: list[Any] = []
        try:
            own = in_plain_numbers(self.checks.run(lambda: batch.run(self.f, numbers)))
            count = len(leaves(own))
            tree = without_truths(planted(own, [LEAF] * count), iter(leaves(own)), found)
        except Exception as error:
            if needs_values(error):
                self.checks.stop()
            if needs_values(error) or isinstance(error, ArithmeticError | ValueError):  # inf or nan stand there
                return
            self.look_around()
            error.add_note(f"in row {row}")
            raise
        one = batch.is_answer(tree, len(found))
        if not (one and agree([*map(float, found)], compiled, numbers, partial(self.row_of, batch, table), False)):
            self.differed(surroundings, own, planted(batch.tree, compiled))

    def row_of(self, batch: Any, table: Table, numbers: list[Any]) -> list[Any]:
        """What is computed of one row."""
        progress, self.progress = self.progress, False
        try:
            run = RowsCall(self, batch, table.of_row(numbers))
            run.answer()
        finally:
            self.progress = progress
        return run.out[:, 0].tolist()  # type: ignore[no-any-return]

    def read(self, table: Table, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The form of the arguments, which go into the table."""
        axes = self.axes(args)
        if len(axes) != len(args):
            raise ValueError(
                f"in_axes has {len(axes)} entries and {self.__name__} was called with {len(args)} arguments: give one "
                "for each, 0 or None"
            )
        names = self.argument_names(args, options)
        forms = [table.add(*each) for each in zip(args, axes, names, strict=False)]
        forms += [(name, table.add(x, None, name)) for name, x in options.items()]
        if not table.counts:
            check_call("vmap", self.f, args, options)
        table.check(self.__name__)
        return tuple(forms)

    def way(self, batch: Batch, numbers: list[Any]) -> Recording:
        """A run of the function on the numbers of one row."""
        changes = 0
        for _ in range(MOST_RUNS):
            start = perf_counter()
            way = self.traced(batch, numbers, **self.precautions(batch))
            self.checks.recorded(perf_counter() - start)
            what = self.surroundings.difference("each time that it runs", is_read=True)  # type: ignore[union-attr]
            if not what:
                if self.sees_more(way.packages):
                    continue
                return way
            self.surroundings.settle()  # type: ignore[union-attr]
            self.look_around()
            changes += 1
            if changes == TRIES:
                raise TracingError(
                    f"{self.__name__} {what}, and vmap runs it on one row for all: make an argument and an answer of it"
                )
        return way

    def traced(self, batch: Batch, numbers: list[Any], **how: Any) -> Recording:
        """One such run, which must not write into arguments that are the same for all rows."""
        how["at_once"] = how["at_once"] or batch.asks_sign
        names = self.__name__, self.f, batch.call, batch.labels
        reach = [] if how["at_once"] else [surroundings.reach for surroundings in self.surroundings_of(batch)]
        try:
            with one_expression([namespace for x in reach for namespace in x.choosing.values()]):
                way = record_run(*names, numbers, **how, ieee=True, by="vmap", shared=self.shared)
        except Written as written:
            raise TracingError(
                f"{self.__name__} writes into an argument that is the same for all rows, of type {written.kind}, and "
                "vmap runs it on one row for all: let it write into a copy, and answer that"
            ) from None
        if way.trace.chose_int and any(asks_sign(step.op) for step in way.trace.steps):
            batch.part_by_choices()
            return self.traced(batch, numbers, **how)
        return way

    def shared(self, call: Any) -> Any:
        """The arguments that are the same for all rows."""
        args, options = call
        return [x for x, axis in zip(args, self.axes(args), strict=True) if axis is None], options

    def axes(self, args: tuple[Any, ...]) -> tuple[int | None, ...]:
        return self.in_axes if isinstance(self.in_axes, tuple) else (self.in_axes,) * len(args)

    @property
    def options(self) -> tuple[Any, ...]:
        """What it was made with, beside the function."""
        shown = self.in_axes, self.engine, self.reduce, self.progress
        return *shown, self.threads, self.max_paths, self.checks.wanted


def inside_of(trace: Trace | None) -> str:
    """Why there can be no vmap in what is going on, and what to write."""
    if trace is None:
        return "and is no part of a derivative: write vmap(grad(f)), not grad(vmap(f))"
    if trace.by == "vmap":
        return "and is no part of another vmap: let f take a whole row, as in vmap(lambda row: [f(x) for x in row])"
    return f"and is no part of what {trace.by} records: call it outside, where it is compiled by itself"


def checked_axes(in_axes: Any) -> int | tuple[int | None, ...] | None:
    """The axes as they were given, if they are ones that vmap knows."""
    several = isinstance(in_axes, tuple | list)
    for axis in in_axes if several else [in_axes]:
        if not (axis is None or (axis == 0 and isinstance(axis, int))):
            raise ValueError(
                f"in_axes is 0 for arguments with a row along their leading axis and None for those that are the same "
                f"in all rows, not {axis!r}: move another axis to the front with numpy.moveaxis"
            )
    return tuple(in_axes) if several else in_axes


def one_of(name: str, given: Any, known: tuple[Any, ...]) -> Any:
    """An option's value, if it is one of those that are known."""
    if given not in known:
        raise ValueError(f"{name} is one of {', '.join(map(repr, known))}, not {given!r}")
    return given
