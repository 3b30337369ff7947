"""vmap: a function that is recorded once and computed for many rows; how these come as arguments."""

from __future__ import annotations

import os
from functools import partial
from itertools import chain
from time import perf_counter

from ...errors import TracingError
from ...graph import Paused
from ...runs.running import THREAD
from ...transforms.run import argument_names, check_call, parameters_of
from ...trees.tree import is_dataclass, is_leaf, leaves, parts_of, planted, suffixes
from ..arguments import OfValues, attributes_beside, form_of, key_of, static, with_numbers
from ..checks import agree, in_plain_numbers, needs_values
from ..jitted import Compiled, Jitted, is_comparable, reference, unpickled
from ..record import LEAF, record_run
from .blocks import NativeEngine, NumpyEngine, RowsCall

import numpy as np  # isort: skip - after blocks, which says what is missing
from ...errors import Written

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from ...trace.symbol import Trace
    from ..record import Recording

    Array = np.ndarray[Any, Any]
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

    f is recorded on a row, and again for each other way that it takes through its `if`s and loops; each row is computed
    by its own way. The answer has the form of f's, with arrays in the places of numbers: their leading axis is rows.
    It follows IEEE 754: inf and nan in place of errors.

    `reduce` keeps the "sum" or the "mean" over the rows only. `progress` shows a bar on long work. Blocks of rows are
    spread over as many `threads` as there are processors; their number does not change the answer. `engine="native"`
    compiles to machine code.

    In calls 2, 4, 8, 16, … f itself runs too, on one of the rows, as `jit` says; `check=False` leaves that out.
    """
    return Vmapped(f, in_axes, engine, reduce, progress, threads, max_paths, check)


TRIES = 2  # runs that change what the function finds outside: the first may, if it keeps something for later
MOST_RUNS = 5  # with those in which functions of installed packages ran for the first time


class Vmapped(Jitted):
    """A function of rows, recorded for each form of its arguments and for each way that rows take."""

    is_batched = True

    def __init__(
        self,
        f: Callable[..., Any],
        in_axes: Axes = 0,
        engine: str = "numpy",
        reduce: str | None = None,
        progress: bool = False,
        threads: int | None = None,
        max_paths: int = 64,
        check: bool = True,
    ) -> None:
        if not callable(f):
            raise TypeError(f"vmap takes a function, not {f!r:.60}: write vmap(f)(x), without calling f yourself")
        super().__init__(f, max_paths, check)
        self.in_axes = checked_axes(in_axes)
        self.engine = one_of("engine", engine, ("numpy", "native"))
        self.reduce = one_of("reduce", reduce, (None, "sum", "mean"))
        self.progress = progress
        self.threads = threads or os.cpu_count() or 1
        self.named = parameters_of(f)

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
        axes = self.in_axes if isinstance(self.in_axes, tuple) else (self.in_axes,) * len(args)
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

    def argument_names(self, args: tuple[Any, ...], options: dict[str, Any]) -> list[str]:
        """What the user calls the arguments of a call."""
        return argument_names(self.named, args, options)

    def way(self, batch: Batch, numbers: list[Any]) -> Recording:
        """A run of the function on the numbers of one row."""
        changes = 0
        for _ in range(MOST_RUNS):
            start = perf_counter()
            way = self.traced(batch, numbers, watching=self.watching(batch), at_once=self.at_once(batch))
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
        names = self.__name__, self.f, batch.call, batch.labels
        try:
            return record_run(*names, numbers, **how, ieee=True, by="vmap", shared=self.shared)
        except Written as written:
            raise TracingError(
                f"{self.__name__} writes into an argument that is the same for all rows, of type {written.kind}, and "
                "vmap runs it on one row for all: let it write into a copy, and answer that"
            ) from None

    def shared(self, call: Any) -> Any:
        """The arguments that are the same for all rows."""
        args, options = call
        axes = self.in_axes if isinstance(self.in_axes, tuple) else (self.in_axes,) * len(args)
        return [x for x, axis in zip(args, axes, strict=True) if axis is None], options

    def __repr__(self) -> str:
        return f"<vmap of {self.__name__}: {self.paths} ways recorded>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from copy import deepcopy

        return with_options(self.options, deepcopy(self.f, memo))

    def __reduce__(self) -> Any:
        return unpickled, (partial(with_options, self.options), self.__name__, reference(self.f), self.state())

    @property
    def options(self) -> tuple[Any, ...]:
        """What it was made with, beside the function."""
        return (
            self.in_axes,
            self.engine,
            self.reduce,
            self.progress,
            self.threads,
            self.max_paths,
            self.checks.wanted,
        )


def with_options(options: tuple[Any, ...], f: Callable[..., Any]) -> Vmapped:
    return Vmapped(f, *options)


def inside_of(trace: Trace | None) -> str:
    """Why there can be no vmap in what is going on, and what to write."""
    if trace is None:
        return "and is no part of a derivative: write vmap(grad(f)), not grad(vmap(f))"
    if trace.by == "vmap":
        return "and is no part of another vmap: let f take a whole row, as in vmap(lambda row: [f(x) for x in row])"
    return f"and is no part of what {trace.by} records: call it outside, where it is compiled by itself"


def checked_axes(in_axes: Any) -> int | tuple[int | None, ...] | None:
    several = isinstance(in_axes, tuple | list)
    for axis in in_axes if several else [in_axes]:
        if not (axis is None or (axis == 0 and isinstance(axis, int))):
            raise ValueError(
                f"in_axes is 0 for arguments with a row along their leading axis and None for those that are the same "
                f"in all rows, not {axis!r}: move another axis to the front with numpy.moveaxis"
            )
    return tuple(in_axes) if several else in_axes


def one_of(name: str, given: Any, known: tuple[Any, ...]) -> Any:
    if given not in known:
        raise ValueError(f"{name} is one of {', '.join(map(repr, known))}, not {given!r}")
    return given


# arguments


class Table:
    """The numbers of a call: columns with a number for each row, and numbers that are the same in all rows."""

    def __init__(self) -> None:
        self.first: list[Any] = []  # the arguments as f sees them in the first row
        self.parts: list[Array | list[Any]] = []  # matrices with a line for each column, and lists of numbers
        self.counts: dict[str, int] = {}  # of rows, by the user's name

    def add(self, x: Any, axis: int | None, name: str) -> Any:
        """The form of an argument."""
        form, first = self.read(x, axis, name)
        self.first.append(first)
        return form

    def read(self, x: Any, axis: int | None, name: str) -> tuple[Any, Any]:
        """The form of an argument or a part of one, and what f sees of it in the first row."""
        if axis == 0 and (isinstance(x, dict) or is_dataclass(x)):
            branches, rebuilt = parts_of(x)  # type: ignore[misc]
            ends = suffixes(x)
            pairs = [self.read(y, axis, f"{name}{end}") for y, end in zip(branches, ends, strict=True)]
            known = [key_of(key) for key in x] if isinstance(x, dict) else ends
            beside = [(key, static(y)) for key, y in attributes_beside(x)]
            return (type(x), *known, *beside, *[form for form, _ in pairs]), rebuilt([y for _, y in pairs])
        if axis == 0 and holds_rows(x):
            return self.read_rows(as_rows(x, name), name)
        numbers: list[Any] = []
        try:
            form = form_of(x, numbers, [])
        except OfValues:
            raise TypeError(
                f"{name} holds Values, and vmap answers plain numbers, by which nothing can be differentiated: give "
                "their .data, or the model whose parameters they are"
            ) from None
        self.parts.append(numbers)
        return form, x

    def read_rows(self, array: Array, name: str) -> tuple[Any, Any]:
        self.counts[name] = len(array)
        self.parts.append(array.reshape(len(array), -1).T if array.size else np.empty((0, len(array))))
        whole = array.dtype.kind in "iu"
        first = np.zeros(array.shape[1:], array.dtype if array.ndim > 1 else int if whole else float)
        return ("rows", array.shape[1:], first.dtype.str), first if first.shape else first.item()

    def check(self, name: str) -> None:
        """Refuse a call without rows, and one whose arguments do not have as many rows as each other."""
        if not self.counts:
            raise ValueError(
                f"no argument of {name} holds rows: give vmap({name}) an array or a list with one row each"
            )
        (one, count), *others = self.counts.items()
        for other, length in others:
            if length != count:
                raise ValueError(
                    f"{one} has {count} rows and {other} has {length}: give as many of the one as of the other, or say "
                    "with in_axes=None which argument is the same in all rows"
                )
        if count == 0:
            raise ValueError(f"{one} has no rows: {name} is recorded on a row, so give at least one")

    @property
    def rows(self) -> int:
        return next(iter(self.counts.values()))

    @property
    def varying(self) -> list[bool]:
        """Of each number that f takes, whether it is another one in each row."""
        return [isinstance(part, np.ndarray) for part in self.parts for _ in part]

    def row(self, r: int) -> list[Any]:
        """The numbers of one row."""
        return [x for part in self.parts for x in (part[:, r].tolist() if isinstance(part, np.ndarray) else part)]

    def rows_of(self, rows: Array) -> Iterator[tuple[Any, ...]]:
        """The numbers of each of some rows."""
        parts = (x[:, rows].tolist() if isinstance(x, np.ndarray) else ([y] * len(rows) for y in x) for x in self.parts)
        return zip(*chain.from_iterable(parts), strict=True)

    def shared(self) -> list[float]:
        return [float(x) for part in self.parts if isinstance(part, list) for x in part]

    def of_row(self, numbers: list[Any]) -> Table:
        """A table with these numbers as its only row."""
        table, place = Table(), 0
        table.first, table.counts = self.first, dict.fromkeys(self.counts, 1)
        for part in self.parts:
            own = numbers[place : place + len(part)]
            table.parts.append(np.array(own).reshape(-1, 1) if isinstance(part, np.ndarray) else own)
            place += len(part)
        return table

    def columns(self) -> list[Any]:
        """An array for what is another number in each row, a number for what is not."""
        return [y if isinstance(part, np.ndarray) else float(y) for part in self.parts for y in part]


def holds_rows(x: Any) -> bool:
    """Whether this is an array, or a sequence that can become one."""
    return not is_leaf(x) and (isinstance(x, list | tuple) or (hasattr(x, "__array__") and x.ndim > 0))


def as_rows(x: Any, name: str) -> Array:
    """The argument as an array of numbers."""
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"the rows of {name} do not have the same length: {name} is {x!r:.60}") from None
    if array.dtype.kind == "O":
        values = next((y for y in array.flat if hasattr(y, "backward")), None)
        if values is not None:
            raise TypeError(
                f"{name} holds Values, and rows are plain numbers: say with in_axes=None that a model is the same in "
                f"all rows, or give the .data of the Values"
            )
        if all(map(is_leaf, array.flat)):
            return array.astype(float)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"rows are real numbers; {name} is an array of {array.dtype}: {x!r:.60}")
    return array.astype(float) if array.dtype.kind == "b" else array


# recorded programs


class Batch(Compiled):
    """The program for one form of the arguments, and what each engine has made of it."""

    is_exact = False

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        super().__init__(name, parameters, call)
        self.is_flat = self.of_numbers and not call[1]  # whether a row's numbers are the arguments
        self.engines: dict[str, Any] = {}  # for the program as it is
        self.tree: Any = None  # the answer to a row, with LEAF in the place of each number
        self.truths: list[bool] = []  # whether these are True or False in every way

    def accepted(self, tree: Any, numbers: list[Any]) -> tuple[Any, list[Any]]:
        """An answer, with numbers in the place of True and False, if it has the form of those before."""
        found: list[Any] = []
        tree = without_truths(tree, iter(numbers), found)
        if self.tree is None:
            self.tree, self.truths = tree, [type(x) is bool for x in found]
        if not self.is_answer(tree, len(found)):
            raise TypeError(
                f"{self.name} answers one row with {form_in_text(self.tree)} and another with {form_in_text(tree)}: arrays need one "
                "form for all rows"
            )
        self.truths = [before and type(x) is bool for before, x in zip(self.truths, found, strict=True)]
        return tree, [float(x) if type(x) is bool else x for x in found]

    def run(self, f: Callable[..., Any], numbers: Iterable[Any]) -> Any:
        """The function's own answer to the numbers of a row."""
        if self.is_flat:
            return f(*numbers)
        args, options = with_numbers(self.call, iter(numbers))
        return f(*args, **options)

    def numbers_of(self, answer: Any) -> list[Any]:
        """The numbers of an answer of the function itself, if it has the form of those before."""
        if type(answer) is float and self.tree is LEAF and not self.truths[0]:
            return [answer]
        answer = in_plain_numbers(answer)
        if type(answer) in (list, tuple) and {*map(type, answer)} == {float} and self.has_form_of(answer):
            return [*answer]
        found = leaves(answer)
        return self.accepted(planted(answer, [LEAF] * len(found)), found)[1]

    def has_form_of(self, answer: Any) -> bool:
        """Whether all answers before were such a list or tuple of numbers."""
        tree = self.tree
        is_one = type(tree) is type(answer) and len(tree) == len(answer)
        return is_one and all(x is LEAF for x in tree) and not any(self.truths)

    def is_answer(self, tree: Any, count: int) -> bool:
        """Whether a tree with so many numbers has the form of the answers before."""
        trees = (tree, count), (self.tree, len(self.truths))
        one, other = (form_of(planted(tree, [0.0] * count), [], []) for tree, count in trees)
        return bool(one == other)

    def add(self, way: Recording) -> list[float]:
        """Make the way a part of the program; the numbers that it answered."""
        tree = way.tree
        way.tree, way.outputs = self.accepted(tree, way.outputs)
        self.program.add(way)
        self._source = self._function = None
        self.engines = {}
        return self.accepted(tree, way.numbers)[1]

    def engine(self, kind: str, varying: list[bool]) -> Any:
        if kind not in self.engines:
            with Paused():
                self.engines[kind] = (
                    NumpyEngine(self.program, varying) if kind == "numpy" else NativeEngine(self.program)
                )
        return self.engines[kind]

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "call": self.call, "engines": {}}


def without_truths(tree: Any, numbers: Iterator[Any], found: list[Any]) -> Any:
    """The tree with LEAF in place of True and False too; the numbers and truths that belong there are added."""
    if tree is LEAF or isinstance(tree, bool | np.bool_):
        found.append(next(numbers) if tree is LEAF else bool(tree))
        return LEAF
    parts = parts_of(tree)
    return parts[1]([without_truths(part, numbers, found) for part in parts[0]]) if parts else tree


def form_in_text(tree: Any) -> str:
    return repr(planted(tree, [0.0] * len(leaves(tree))))[:60]
