"""vmap: a function that is recorded once and computed for many rows, block after block."""

from __future__ import annotations

import os
from _thread import allocate_lock
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import chain

from ..recording import parameters_of
from ..symbol import THREAD, Singular
from ..trees import field_names, is_array, is_dataclass, is_leaf, is_module, leaves, parts_of, planted, with_attributes
from ..value import Value
from .forms import Same, fixed_parts, plain_number, read
from .jitted import Compiled, Jitted, plainly, portable, restored
from .kernels import Kernels
from .plan import Plan, Stretch, Workspace
from .program import Changed, Program
from .tracing import NUMBER, Paused, traced

import numpy as np  # isort: skip - after kernels, which says what is missing

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .tracing import Way

    Array = np.ndarray[Any, Any]
    Part = tuple[Stretch, dict[Any, Array], Array | None]  # of a block: what comes, with which arrays, for which rows
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
    """
    return Vmapped(f, in_axes, engine, reduce, progress, threads, max_paths)


class Vmapped(Jitted):
    """A function of rows, recorded for each form of its arguments and for each way that rows take."""

    def __init__(
        self,
        f: Callable[..., Any],
        in_axes: Axes = 0,
        engine: str = "numpy",
        reduce: str | None = None,
        progress: bool = False,
        threads: int | None = None,
        max_paths: int = 64,
    ) -> None:
        if not callable(f):
            raise TypeError(f"vmap takes a function, not {f!r:.60}: write vmap(f)(x), without calling f yourself")
        super().__init__(f, max_paths)
        self.in_axes = checked_axes(in_axes)
        self.engine = one_of("engine", engine, ("numpy", "native"))
        self.reduce = one_of("reduce", reduce, (None, "sum", "mean"))
        self.progress = progress
        self.threads = threads or os.cpu_count() or 1
        self.named, self.rest = parameters_of(f)

    def __call__(self, *args: Any, **options: Any) -> Any:
        if THREAD.trace is not None or THREAD.derivatives:
            raise TypeError(
                f"vmap({self.__name__}) computes with plain arrays, and is no part of a derivative or a recording: "
                "write vmap(grad(f)), not grad(vmap(f))"
            )
        args, options = self.bound(args, options)
        with self.lock:
            if self.surroundings is None or self.surroundings.changed():
                self.look_around()
            table = Table()
            form = self.read(table, args, options)
            batch: Any = self.forms.get(form)
            if batch is None:
                call = tuple(table.first[: len(args)]), dict(zip(options, table.first[len(args) :], strict=True))
                batch = self.forms[form] = Batch(self.__name__, self.parameters(args, options), call)
                self.surroundings.include(fixed_parts(call))  # type: ignore[union-attr]
        return Run(self, batch, table).answer()

    def read(self, table: Table, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The form of the arguments, which go into the table."""
        axes = self.in_axes if isinstance(self.in_axes, tuple) else (self.in_axes,) * len(args)
        if len(axes) != len(args):
            raise ValueError(
                f"in_axes has {len(axes)} entries and {self.__name__} was called with {len(args)} arguments: give one "
                "for each, 0 or None"
            )
        names = self.parameters(args, options)
        forms = [table.add(*each) for each in zip(args, axes, names, strict=False)]
        forms += [(name, table.add(x, None, name)) for name, x in options.items()]
        table.check(self.__name__)
        return tuple(forms)

    def parameters(self, args: tuple[Any, ...], options: dict[str, Any]) -> list[str]:
        """What the user calls the arguments of a call."""
        return [*self.named[: len(args)], *(f"{self.rest}{i}" for i in range(len(args) - len(self.named))), *options]

    def way(self, batch: Batch, numbers: list[Any]) -> Way:
        """A run of the function on the numbers of one row."""
        watching = self.surroundings.suspicious  # type: ignore[union-attr]
        return traced(self.__name__, self.f, batch.call, batch.labels, numbers, watching=watching, ieee=True)

    def __repr__(self) -> str:
        return f"<vmap of {self.__name__}: {self.paths} ways recorded>"

    def __reduce__(self) -> Any:
        options = self.in_axes, self.engine, self.reduce, self.progress, self.threads, self.max_paths
        surroundings = self.surroundings.values() if self.surroundings else None
        state = self.max_paths, self.eager, list(self.forms.items()), surroundings
        return restored, (partial(with_options, options), self.__name__, portable(self), state)


def with_options(options: tuple[Any, ...], f: Callable[..., Any]) -> Vmapped:
    return Vmapped(f, *options)


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
        if axis == 0 and isinstance(x, dict):
            parts = {key: self.read(y, axis, f"{name}[{key!r}]") for key, y in x.items()}
            return (dict, *[(key, form) for key, (form, _) in parts.items()]), {key: y for key, (_, y) in parts.items()}
        if axis == 0 and is_dataclass(x):
            fields = field_names(x)
            pairs = [self.read(getattr(x, field), axis, f"{name}.{field}") for field in fields]
            return (type(x), *[form for form, _ in pairs]), with_attributes(x, fields, [y for _, y in pairs])
        if axis == 0 and holds_rows(x):
            return self.read_rows(rows_of(x, name), name)
        numbers: list[Any] = []
        form = read_model(x, numbers) if is_module(x) else read(x, numbers)
        self.parts.append(numbers)
        return form, x

    def read_rows(self, array: Array, name: str) -> tuple[Any, Any]:
        self.counts[name] = len(array)
        self.parts.append(array.reshape(len(array), -1).T if array.size else np.empty((0, len(array))))
        whole = array.dtype.kind in "iu"
        first = np.zeros(array.shape[1:], int if whole else float)
        return ("rows", array.shape[1:], whole), first if first.shape else first.item()

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

    def shared(self) -> list[float]:
        return [float(x) for part in self.parts if isinstance(part, list) for x in part]

    def columns(self) -> list[Any]:
        """An array for what is another number in each row, a number for what is not."""
        return [y if isinstance(part, np.ndarray) else float(y) for part in self.parts for y in part]


def read_model(model: Any, numbers: list[Any]) -> Any:
    """The same as `read` in less time, which counts in a training step."""
    parameters = model.parameters()
    numbers += [p.data if type(p) is Value else plain_number(p) for p in parameters]
    return type(model), Same(model), len(parameters)


def holds_rows(x: Any) -> bool:
    """Whether this is an array, or a sequence that can become one."""
    return not is_leaf(x) and (isinstance(x, list | tuple) or (hasattr(x, "__array__") and x.ndim > 0))


def rows_of(x: Any, name: str) -> Array:
    """The argument as an array of numbers."""
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"the rows of {name} do not have the same length: {name} is {x!r:.60}") from None
    if array.dtype.kind == "O":
        values = next((y for y in array.flat if hasattr(y, "backward")), None)
        if values is not None:
            raise TypeError(
                f"{name} holds Values, and rows are plain numbers: say with in_axes=None that they are the same in all "
                f"rows, or give their .data"
            )
        if all(map(is_leaf, array.flat)):
            return array.astype(float)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"rows are real numbers; {name} is an array of {array.dtype}: {x!r:.60}")
    return array


# recorded programs


class Batch(Compiled):
    """The program for one form of the arguments, and what each engine has made of it."""

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        super().__init__(name, parameters, call)
        self.engines: dict[str, Any] = {}  # for the program as it is
        self.tree: Any = None  # the answer to a row, with NUMBER in the place of each number
        self.truths: list[bool] = []  # whether these are True or False in every way

    def accepted(self, tree: Any, numbers: list[Any]) -> tuple[Any, list[Any]]:
        """An answer, with numbers in the place of True and False, if it has the form of those before."""
        found: list[Any] = []
        tree = without_truths(tree, iter(numbers), found)
        if self.tree is None:
            self.tree, self.truths = tree, [type(x) is bool for x in found]
        if read(planted(tree, [0.0] * len(found)), []) != read(planted(self.tree, [0.0] * len(self.truths)), []):
            raise TypeError(
                f"{self.name} answers one row with {shown(self.tree)} and another with {shown(tree)}: arrays need one "
                "form for all rows"
            )
        self.truths = [before and type(x) is bool for before, x in zip(self.truths, found, strict=True)]
        return tree, [float(x) if type(x) is bool else x for x in found]

    def add(self, way: Way) -> list[float]:
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
        return {**super().__getstate__(), "engines": {}}


def without_truths(tree: Any, numbers: Iterator[Any], found: list[Any]) -> Any:
    """The tree with NUMBER in place of True and False too; the numbers and truths that belong there are added."""
    if tree is NUMBER or type(tree) is bool:
        found.append(next(numbers) if tree is NUMBER else tree)
        return NUMBER
    parts = parts_of(tree)
    return parts[1]([without_truths(part, numbers, found) for part in parts[0]]) if parts else tree


def shown(tree: Any) -> str:
    return repr(planted(tree, [0.0] * len(leaves(tree))))[:60]


# one call


class Run:
    """One call: the rows in blocks, and the answers to them."""

    def __init__(self, vmapped: Vmapped, batch: Batch, table: Table) -> None:
        self.vmapped = vmapped
        self.batch = batch
        self.table = table
        self.lock = allocate_lock()
        self.one_by_one = False  # whether rows that take an unknown way are left to the function itself
        self.stopped = False

    def answer(self) -> Any:
        rows, reduce = self.table.rows, self.vmapped.reduce
        if not self.batch.program.paths:
            self.record(0)
        self.block = self.engine().rows_at_a_time(rows)
        blocks = -(-rows // self.block)
        self.out = np.empty((len(self.batch.truths), blocks if reduce else rows))
        self.todo = iter(range(blocks))
        with Bar(rows, self.vmapped) as self.bar:
            while unknown := self.work_through(self.threads(blocks)):
                self.record(unknown[0])
                self.todo = chain([row // self.block for row in unknown], self.todo)
        if reduce:
            totals = np.add.reduce(self.out, axis=1)
            return self.totals(totals / rows if reduce == "mean" else totals)
        return self.columns(self.batch.tree, iter(self.out), iter(self.batch.truths))

    def threads(self, blocks: int) -> int:
        """How many threads are worth starting."""
        numbers = self.table.rows * self.batch.program.count
        return min(self.vmapped.threads, blocks) if numbers > WORTH_A_THREAD else 1

    def engine(self) -> Any:
        native = self.vmapped.engine == "native" and not self.one_by_one
        with self.vmapped.lock:
            return self.batch.engine("native" if native else "numpy", self.table.varying)

    # recording

    def record(self, row: int) -> None:
        """Record the way that a row takes, unless enough ways are recorded."""
        vmapped = self.vmapped
        with vmapped.lock:
            if not vmapped.eager and vmapped.paths < vmapped.max_paths:
                try:
                    known = self.batch.program.paths
                    self.batch.add(self.way(row))
                    if self.batch.program.paths > known:
                        return  # otherwise the engine's numbers differ in a last bit, and with them its answers
                except Singular:
                    pass
                except Changed:
                    self.warn(f"{vmapped.__name__} does something else in every call")
            else:
                self.warn(f"{vmapped.__name__} takes more than {vmapped.max_paths} ways; `max_paths` allows more")
            self.one_by_one = True

    def way(self, row: int) -> Way:
        try:
            return self.vmapped.way(self.batch, self.table.row(row))
        except Exception as error:
            error.add_note(f"in row {row}")
            raise

    def warn(self, message: str) -> None:
        if not self.vmapped.eager:
            self.vmapped.eager = True
            self.vmapped.warn(f"{message}: rows that take another way than those recorded are computed one by one")

    def by_itself(self, row: int) -> list[float]:
        """The numbers that the function answers to a row, not recorded."""
        with self.vmapped.lock:
            try:
                way = self.way(row)
                return self.batch.accepted(way.tree, way.numbers)[1]
            except Singular:
                answer = plainly(self.vmapped.f, *planted(self.batch.call, self.table.row(row)))
                found = leaves(answer)
                return self.batch.accepted(planted(answer, [NUMBER] * len(found)), found)[1]

    # blocks

    def work_through(self, threads: int) -> list[int]:
        """Compute the blocks that are left to do; the answer are rows of those that met an unknown way."""
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
        by_itself = self.by_itself if self.one_by_one else None
        with np.errstate(all="ignore"), engine.space(self.table, closed, self.block) as space:
            while (block := self.next_block()) is not None:
                start, stop = block * self.block, min((block + 1) * self.block, self.table.rows)
                if self.vmapped.reduce:
                    self.out[:, block] = 0.0
                    row = space.total(start, stop, self.out[:, block], by_itself)
                else:
                    row = space.fill(start, stop, self.out, by_itself)
                if row >= 0:
                    unknown.append(row)
                    self.stopped = True
                else:
                    self.bar.update(stop - start)

    def next_block(self) -> int | None:
        with self.lock:
            return None if self.stopped else next(self.todo, None)

    # answers

    def totals(self, totals: Array) -> Any:
        return planted(self.batch.tree, totals.tolist())

    def columns(self, tree: Any, columns: Iterator[Array], truths: Iterator[bool]) -> Any:
        """The tree with arrays over the rows in the places of its numbers; an array becomes one with more axes."""
        if tree is NUMBER:
            column = next(columns)
            return column != 0 if next(truths) else column
        if is_array(tree):
            parts = [self.columns(x, columns, truths) for x in tree.ravel().tolist()]
            stacked = np.stack(parts, axis=-1) if parts else np.empty((self.table.rows, 0))
            return stacked.reshape(self.table.rows, *tree.shape)
        parts_and_back = parts_of(tree)
        if parts_and_back is None:
            return tree
        return parts_and_back[1]([self.columns(x, columns, truths) for x in parts_and_back[0]])


WORTH_A_THREAD = 1_000_000  # numbers to compute, half a millisecond's work


class Bar:
    """The progress of the rows, shown if that is wanted."""

    def __init__(self, rows: int, vmapped: Vmapped) -> None:
        self.bar: Any = None
        if vmapped.progress:
            try:
                tqdm = import_module("tqdm")
            except ImportError:
                raise ImportError("progress=True needs tqdm: pip install 'micrograd_like[batch]'") from None
            self.bar = tqdm.tqdm(total=rows, desc=vmapped.__name__, unit=" rows", unit_scale=True)
        self.lock = allocate_lock()

    def update(self, rows: int) -> None:
        if self.bar is not None:
            with self.lock:
                self.bar.update(rows)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()


# engines


class NumpyEngine:
    """A program as calls of ufuncs on blocks of rows that stay in the processor's cache."""

    def __init__(self, program: Program, varying: list[bool]) -> None:
        self.kernels = Kernels(program, varying)
        self.plans = [Plan(self.kernels, wide) for wide in (False, True)]
        self.spaces: dict[tuple[Plan, int], list[NumpySpace]] = {}

    def rows_at_a_time(self, rows: int) -> int:
        return self.plan(rows).rows(rows)

    def plan(self, rows: int) -> Plan:
        """The one whose calls take less time for so many rows."""
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


SIZES_KEPT = 8  # of blocks, for which spaces are kept


class NumpySpace(Workspace):
    """A workspace that reads rows and answers them."""

    def open(self, table: Table, closed: list[float]) -> None:
        """Make ready for the rows of a table."""
        self.share(table.shared() + closed)
        self.inputs: list[tuple[int, Array]] = []
        k = 0
        for part in table.parts:
            if isinstance(part, np.ndarray) and len(part):
                self.inputs.append((self.plan.line[k], part))
            k += len(part)

    def fill(self, start: int, stop: int, out: Array, by_itself: Any) -> int:
        """Write the answers to the rows; the first row that takes an unknown way, or -1."""

        def write(stretch: Stretch, count: int, rows: Array | None) -> None:
            where = slice(start, stop) if rows is None else start + rows
            for answers, place, lines in stretch.runs:
                out[answers, where] = self.tables[place][lines, :count]

        def write_one(row: int) -> None:
            out[:, row] = by_itself(row)

        return self.answer(start, stop, write, write_one if by_itself else None)

    def total(self, start: int, stop: int, out: Array, by_itself: Any) -> int:
        """Add the answers to the rows; the first row that takes an unknown way, or -1."""

        def write(stretch: Stretch, count: int, rows: Array | None) -> None:
            for answers, place, lines in stretch.gathered:
                varies, _ = place
                x = self.tables[place][lines, :count]
                out[answers] += np.add.reduce(x, axis=1) if varies else x[:, 0] * count

        def write_one(row: int) -> None:
            out[:] += by_itself(row)

        return self.answer(start, stop, write, write_one if by_itself else None)

    def answer(self, start: int, stop: int, write: Any, write_one: Any) -> int:
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
            for branch, chosen in self.parted(stretch, ways, count):
                those = chosen if rows is None else rows[chosen]
                if branch:
                    waiting.append((branch, self.compressed(branch, chosen), those))
                elif write_one is None:
                    return start + int(those[0])
                else:
                    for row in those:
                        write_one(start + int(row))
        return -1

    def gone_together(self, stretch: Stretch, count: int) -> tuple[Stretch, list[Any]]:
        """Compute what comes as long as all rows take one way; how they differ then, if that is no answer yet."""
        self.compute(stretch, count)
        while stretch.asked:
            ways = self.ways(stretch, count)
            if len(ways) > 1 or ways[0] not in stretch.branches:
                return stretch, ways
            stretch = stretch.branches[ways[0]]
            self.compute(stretch, count)
        return stretch, []

    def parted(self, stretch: Stretch, ways: list[Any], count: int) -> Iterator[tuple[Stretch | None, Array]]:
        """Where each way leads, None if that is unknown, and the rows that take it."""
        for way in ways:
            asked = np.broadcast_to(self.asked(stretch, count), count)
            yield stretch.branches.get(way), np.flatnonzero(np.isnan(asked) if way != way else asked == way)

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


class NativeEngine:
    """A program as machine code that computes row after row."""

    def __init__(self, program: Program) -> None:
        from .rows import Rows

        self.rows = Rows(program)

    def rows_at_a_time(self, rows: int) -> int:
        return min(rows, NATIVE_ROWS)

    @contextmanager
    def space(self, table: Table, closed: list[float], block: int) -> Iterator[NativeSpace]:
        yield NativeSpace(self.rows, table.columns())


NATIVE_ROWS = 16384


class NativeSpace:
    """Columns as machine code reads them."""

    def __init__(self, rows: Any, columns: list[Any]) -> None:
        self.rows = rows
        self.given = columns

    def fill(self, start: int, stop: int, out: Array, by_itself: Any) -> int:
        row: int = self.rows.run(self.columns(start, stop), 0, stop - start, [*out[:, start:stop]])
        return row if row < 0 else start + row

    def total(self, start: int, stop: int, out: Array, by_itself: Any) -> int:
        totals = np.zeros(len(out))
        row: int = self.rows.run(self.columns(start, stop), 0, stop - start, totals, reduce="sum")
        out[:] = totals
        return row if row < 0 else start + row

    def columns(self, start: int, stop: int) -> list[Any]:
        return [x[start:stop] if isinstance(x, np.ndarray) else x for x in self.given]
