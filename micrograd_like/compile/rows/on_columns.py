"""What rows can do together: a function, or its derivative, that sees no more of its numbers than arithmetic does."""

from __future__ import annotations

from types import FunctionType

import numpy as np

from ...graph import Node, Paused
from ...lifting.meeting import run_lifted
from ...runs.bytecode import asks_identity, clauses_in, codes_in, type_sites
from ...runs.users import is_users_code
from ...transforms.grad import Derivative, grad, value_and_grad
from ...trees.containers import is_array
from ...trees.objects import is_leaf
from ...trees.parts import branches_of
from ...trees.planting import planted
from ...trees.tree import leaves
from ..answers import LEAF
from ..arguments import refilled
from ..jitted import Jitted
from .choosing import one_expression
from .column import Apart, Column, Truth
from .together import FEWEST_ROWS, Together, TooLarge, sweep_columns

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..closed.reach import Reach
    from .batch import Batch

    Array = np.ndarray[Any, Any]
    Numbers = list[Any]  # an array of what each row has, or a plain number that all rows have

MOST_TOGETHER = 32768  # rows


class OnColumns:
    """A function that rows run together, and by which of its numbers it is differentiated, if by any.

    A function may say itself how: its `in_rows` is a pair, of a function that answers numbers alone in a list, and of
    the places of the numbers by which each of them is differentiated. Rows that come to inf or nan, or raise, are left
    to themselves; for the others it answers 0, these numbers, and the slopes of each.
    """

    def __init__(self, f: Any, batch: Batch, choosing: list[dict[str, Any]]) -> None:
        self.batch = batch
        self.choosing = choosing  # the modules in which it calls max or min
        self.rows_at_a_time = MOST_TOGETHER  # as far as is known by now
        self.ways = 1  # that rows took in the last call
        self.refused = False  # whether a run has seen that rows cannot go together
        self.gives_value = True
        self.variables: list[int] | None = None  # the places of those numbers
        self.f = self.known_as = f  # under which name what it meets is known
        self.is_strict = hasattr(f, "in_rows")
        if self.is_strict:
            self.f, self.variables = f.in_rows
        elif isinstance(f, Derivative):
            self.f = self.known_as = f.recorder.f
            self.gives_value = f.transform is value_and_grad
            self.variables = variables_of(f, *batch.call)

    def answers(self, numbers: Numbers, count: int) -> tuple[Array, list[int]] | None:
        """The numbers of the answers to so many rows, a column for each; rows that are left to themselves.

        None if the rows cannot go together.
        """
        out = np.empty((len(self.batch.truths), count))
        rows = np.arange(count)
        left: list[Array] = []
        if self.is_strict:
            finite = [np.isfinite(x) for x in numbers if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
            known = np.logical_and.reduce(finite) if finite else np.ones(count, bool)
            rows, left = rows[known], [rows[~known]]
        waiting = [*self.blocks(numbers, rows)]
        self.ways = 0
        try:
            while waiting:
                rows = waiting.pop()
                if len(rows) > MOST_TOGETHER:
                    waiting += np.array_split(rows, -(-len(rows) // MOST_TOGETHER))
                elif len(rows) < FEWEST_ROWS:
                    left.append(rows)
                else:
                    try:
                        together = self.block(numbers, rows, out)
                    except TooLarge as error:
                        waiting += np.array_split(error.rows, max(2, -(-len(rows) // self.rows_at_a_time)))
                        continue
                    left += together.left
                    self.ways += len(together.ways)
                    self.rows_at_a_time = max(1, len(rows) * together.most_bytes // (together.bytes + 1))
        except Apart:
            self.refused = True
            return None
        except Exception:  # which one of the rows will meet by itself
            return None
        self.ways += len(left)
        return out, [row for rows in left for row in rows.tolist()]

    def blocks(self, numbers: Numbers, rows: Array) -> Iterator[Array]:
        """The rows that have the same whole numbers, with which a program may count."""
        moving = {*(self.variables or ())}
        whole = [
            x for k, x in enumerate(numbers) if isinstance(x, np.ndarray) and x.dtype.kind in "iu" and k not in moving
        ]
        if not whole:
            yield rows
            return
        _, which = np.unique(np.stack(whole), axis=1, return_inverse=True)
        which = which.reshape(-1)
        order = np.argsort(which, kind="stable")
        yield from np.split(order, np.flatnonzero(np.diff(which[order])) + 1)

    def block(self, numbers: Numbers, rows: Array, out: Array) -> Together:
        """Run the rows together, and write their answers."""
        with Paused(), np.errstate(all="ignore"):
            together, inputs = self.called(numbers, rows)
            self.write(together, [inputs[k] for k in self.variables or ()], out)
        return together

    def planted(self, numbers: Numbers, rows: Array) -> tuple[Together, list[Any]]:
        """A block of rows, and what stands for its numbers."""
        together = Together(self.batch.name, rows, self.is_strict)
        moving, inputs = {*(self.variables or ())}, []
        for k, x in enumerate(numbers):
            column = isinstance(x, np.ndarray)
            if k in moving or (column and x.dtype.kind == "f"):
                data = x[rows].astype(float) if column else np.full(len(rows), float(x))
                inputs.append(together.input(data, k in moving))
            else:
                inputs.append(x[rows[0]].item() if column else x)
        return together, inputs

    def called(self, numbers: Numbers, rows: Array) -> tuple[Together, list[Any]]:
        """The block, when the function has run for all its rows, and what stood for its numbers."""

        def attempt() -> tuple[Together, list[Any]]:  # a new block: where more is lifted, all runs start again
            together, inputs = self.planted(numbers, rows)
            together.run(lambda: self.numbers_of(self.run(inputs)))
            return together, inputs

        with one_expression(self.choosing):
            return run_lifted(self.known_as, attempt)  # type: ignore[no-any-return]

    def run(self, inputs: list[Any]) -> Any:
        args, options = refilled(self.batch.call, iter(inputs))
        return self.f(*args, **options)

    def numbers_of(self, answer: Any) -> list[Any]:
        """The numbers of an answer of the function, which has the form of those before."""
        if self.is_strict:
            return [float(bool(x)) if type(x) is Truth else x for x in answer]
        if self.variables is not None:
            if not is_leaf(answer) and type(answer) is not bool:
                raise Apart
            return [bool(answer) if type(answer) is Truth else answer]
        found = [bool(x) if type(x) is Truth else x for x in leaves(answer)]
        return self.batch.accepted(planted(answer, [LEAF] * len(found)), found)[1]

    def write(self, together: Together, variables: list[Column], out: Array) -> None:
        """Write the answers of all ways, and the slopes of each answer by the variables."""
        ways = [(way, way.numbers or []) for way in together.ways]
        answers = max((len(numbers) for _, numbers in ways), default=0)
        start = int(self.is_strict)
        if self.variables is None:
            slopes = len(out)
        else:
            slopes = start + answers * self.gives_value
            if ways and len(out) != slopes + answers * len(variables):
                raise Apart
        out[:start, together.root.rows] = 0.0
        for way, numbers in ways:
            for k, x in enumerate(numbers if self.gives_value else ()):
                out[start + k, way.rows] = x._data if isinstance(x, Column) else float(x)
        for k in range(answers if self.variables is not None else 0):
            sweep_columns([x for _, numbers in ways if isinstance(x := numbers[k], Column)])
            for place, v in enumerate(variables, slopes + k * len(variables)):
                slope = 0.0 if v._slope is None else v._slope
                out[place, together.root.rows] = slope if v._reached is None else np.where(v._reached, slope, 0.0)
                v._slope = v._reached = None
        if self.is_strict:
            rows = together.root.rows
            unsure = rows[~np.isfinite(out[:, rows]).all(axis=0)]
            together.left.append(np.setdiff1d(unsure, np.concatenate([rows[:0], *together.left])))


def variables_of(f: Derivative, args: Any, options: Any) -> list[int]:
    """The places, among the numbers of a call, of those that a derivative is taken by."""
    places: dict[Any, range] = {}
    start = 0
    for key, x in [*enumerate(args), *options.items()]:
        places[key] = range(start, start + len(leaves(x)))
        start += len(places[key])
    return [k for n in f.recorder.argnums for k in places[f.recorder.key(n, args, options)]]


def on_columns(f: Any, batch: Batch, reach: Reach) -> OnColumns | None:
    """The function, if rows can run it together; None if it may see more of its numbers than arithmetic does."""
    if isinstance(f, Derivative) and (f.transform not in (grad, value_and_grad) or f.recorder.has_aux):
        return None
    own = (f, *getattr(f, "derivatives", ()))
    inner = f.recorder.f if isinstance(f, Derivative) else f
    if hasattr(inner, "is_derivative") or batch.program.closed:
        return None
    if not all(type(x) is float or type(x) is int for x in leaves(batch.call)) or holds_arrays(batch.call):
        return None
    others = (x for x in reach.met.values() if issubclass(type(x), Node | Jitted | Derivative))
    if any(all(x is not each for each in own) for x in others):
        return None
    functions = (x for x in reach.met.values() if type(x) is FunctionType and is_users_code(x.__code__))
    codes = (code for x in functions if not is_of_dataclass(x) for code in codes_in(x.__code__))
    if any(clauses_in(code) or type_sites(code) or asks_identity(code) for code in codes):
        return None
    return OnColumns(f, batch, [*reach.choosing.values()])


def is_of_dataclass(f: FunctionType) -> bool:
    """Whether a dataclass has made the function, as __eq__, which asks for classes only."""
    return f.__code__.co_filename == "<string>" and f.__code__.co_qualname.startswith("__create_fn__")


def holds_arrays(x: Any) -> bool:
    """Whether an array is among the parts of this."""
    if is_leaf(x):
        return False
    parts = branches_of(x)
    return is_array(x) or (parts is not None and any(map(holds_arrays, parts[0])))
