"""Rows that go together: the user's function runs on columns, for all rows, which part where they answer differently.

Python cannot go both ways at a question. So the most rows go on, the others wait; then the function starts again for
those, finds each step that it took before as it is, computed, and computes on from where the rows have parted. The
runs make one graph, through which slopes come back once, for all rows of all ways.
"""

from __future__ import annotations

import numpy as np

from ...backward import NOTHING
from ...errors import TracingError
from ...operation import Op
from ...runs.running import THREAD
from .column import Apart, Column, Taken, Truth, asks_sign
from .operations import column_shares, ufunc_of, values_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Array = np.ndarray[Any, Any]

MOST_BYTES = 400_000_000  # that the columns of one block may take,
BYTES_OF_A_COLUMN = 500  # beside its numbers
FEWEST_ROWS = 2  # that are worth a run of their own


class TooLarge(Exception):
    """The columns of so many rows would not fit into memory; these, those that parted first in front."""

    def __init__(self, rows: Array) -> None:
        self.rows = rows


class Unsure(BaseException):
    """All rows of this way have come to inf or nan, where Python may raise."""


class Agreed:
    """A question to which all rows of a stage have given one answer."""

    __slots__ = ("_asked", "_guarded", "answer", "column")

    def __init__(self, column: Column, answer: Any) -> None:
        self._asked = self._guarded = None  # it is no operation
        self.column = column
        self.answer = answer


class Stage:
    """The steps that rows take until they part, and what each of the parts goes on with."""

    __slots__ = ("answer", "asked", "branches", "chosen", "numbers", "parent", "rows", "steps", "taken")

    def __init__(self, parent: Stage | None, answer: Any, rows: Array) -> None:
        self.parent = parent
        self.answer = answer  # to the question of the parent
        self.rows = rows
        self.steps: list[Column | Agreed] = []
        self.asked: Column | None = None  # the column whose numbers part the rows
        self.branches: dict[Any, Stage] = {}
        self.taken: dict[int, Taken] = {}  # columns of stages before, in these rows
        self.chosen: dict[int, Array] = {}  # where in a stage before these rows are
        self.numbers: list[Any] | None = None  # of the answer

    def path(self) -> list[Stage]:
        """The stages that lead here, from the first on."""
        path = [self]
        while path[-1].parent is not None:
            path.append(path[-1].parent)
        return path[::-1]

    def local(self, column: Column) -> Column:
        """The column in these rows."""
        before = column._stage
        if before is self:
            return column
        found = self.taken.get(id(column))
        if found is None:
            source, before = column, self.parent  # type: ignore[assignment]
            while before is not column._stage:  # the nearest stage that has it: so slopes are added in Python's order
                if id(column) in before.taken:
                    source = before.taken[id(column)]
                    break
                before = before.parent  # type: ignore[assignment]
            chosen = self.chosen.get(id(before))
            if chosen is None:
                chosen = self.chosen[id(before)] = np.searchsorted(before.rows, self.rows)
            found = Taken(column._together, self, source._data[chosen], column._moves, None, (source,))
            found._chosen = chosen
            column._together.bytes += found._data.nbytes + BYTES_OF_A_COLUMN
            self.taken[id(column)] = found
        return found


class Together:
    """A block of rows on which the user's function runs, once for each of their ways."""

    by = "vmap"

    def __init__(self, name: str, rows: Array, is_strict: bool = False) -> None:
        self.name = name
        self.is_strict = is_strict  # whether rows that come to inf or nan, or raise, are left to themselves
        self.most_bytes = MOST_BYTES // 4 if is_strict else MOST_BYTES  # a table may be larger than memory
        self.root = Stage(None, None, rows)
        self.path = [self.root]
        self.depth = 0  # of the stage in which the run is, on the path
        self.place = 0  # among its steps
        self.steps = self.root.steps
        self.waiting = [self.root]
        self.ways: list[Stage] = []  # that have an answer
        self.left: list[Array] = []  # rows that are too few for a run of their own
        self.bytes = 0
        self.ufuncs: dict[Op, Any] = {}  # of operations that are one
        self.count = 0  # of columns
        self.selects_int = False  # whether an operand of a choice is an int
        self.signed = False  # whether the sign of zero was asked for
        self.refused = False

    def input(self, data: Array, moves: bool) -> Column:
        """A number that rows bring along."""
        return Column(self, self.root, data, moves)

    def run(self, call: Callable[[], list[Any]]) -> None:
        """Call the function, which answers the numbers of its answer, until all rows have one."""
        before, THREAD.trace = THREAD.trace, self
        try:
            while self.waiting:
                stage = self.waiting.pop()
                if stage.parent is not None and len(stage.rows) < FEWEST_ROWS:
                    self.left.append(stage.rows)
                    continue
                self.path, self.depth, self.place, self.steps = stage.path(), 0, 0, self.root.steps
                numbers = self.called(call)
                way = self.path[-1]
                if self.refused or self.depth < len(self.path) - 1 or self.place < len(way.steps):
                    self.refuse()
                if numbers is None:
                    self.left.append(way.rows)
                    continue
                if any(isinstance(x, Column) and x._together is not self for x in numbers):
                    self.refuse()
                way.numbers = [way.local(x) if isinstance(x, Column) else x for x in numbers]
                self.ways.append(way)
            if self.selects_int and self.signed:
                self.refuse()
        finally:
            THREAD.trace = before

    def called(self, call: Callable[[], list[Any]]) -> list[Any] | None:
        """What the function answers; None if the rows that are on this way are left to themselves."""
        try:
            return call()
        except Unsure:
            return None
        except TooLarge:
            raise
        except Exception:
            if self.is_strict:
                return None
            raise

    def in_order(self) -> Array:
        """The rows, first those that have parted from the others: so each half of them takes half of the ways."""
        stages = [*self.ways, *self.waiting, self.path[-1]]
        return np.concatenate([*self.left, *[stage.rows for stage in stages]])

    def refuse(self) -> Any:
        """Leave the rows to runs by themselves."""
        if THREAD.trace is not self:
            raise TracingError(
                f"a number was kept from a run of {self.name} for many rows, in a list, a global or an attribute: let "
                "the function answer it instead"
            )
        self.refused = True
        raise Apart

    # what columns ask for

    def step(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """The column that the operation makes: the one that was made in a run before, or a new one."""
        place, steps = self.place, self.steps
        if place < len(steps):
            known: Any = steps[place]
            if op not in (known._asked, known._guarded) or not are_equal(known._operands, operands):
                self.refuse()  # it does something else in every run
            self.place = place + 1
            return self.guarded(known) if known._guarded else known
        if self.depth < len(self.path) - 1 or THREAD.trace is not self or self.refused:
            self.refuse()
        column = self.computed(op, operands)
        column._asked, column._operands = op, operands
        steps.append(column)
        self.place = place + 1
        if self.is_strict and not np.isfinite(column._data).all():
            column._asked, column._guarded = None, op  # so each run comes by here
            column._finite = Truth(self, column._stage, np.isfinite(column._data), False)
            return self.guarded(column)
        return column

    def guarded(self, column: Column) -> Column:
        """The column, in rows where it is finite; the others part from them, and go no further."""
        if not self.ask(column._finite):
            raise Unsure
        return column

    def computed(self, op: Op, operands: tuple[Any, ...]) -> Column:
        """A new column of the rows that are left on this way."""
        stage = self.path[-1]
        if len(operands) != op.arity:
            op = op.widened(operands)
            operands = op.completed(operands)
        moves, numbers, parents = False, [], []
        for x in operands:
            if type(x) is not float:
                x = x if type(x) is Column and x._stage is stage else self.operand(stage, op, x)
            parents.append(x)
            if type(x) is float:
                numbers.append(x)
            else:
                numbers.append(x._data)
                moves = moves or x._moves
        if op.by_constant and type(parents[1]) is float:
            op = op.by_constant
        ufunc = self.ufuncs[op] if op in self.ufuncs else self.ufuncs.setdefault(op, ufunc_of(op))
        data = ufunc(*numbers) if ufunc else values_of(op, numbers)
        if op.rule is None:
            kind, moves = (Truth if data.dtype == bool else Column), False
        else:
            kind = Column
        column = kind(self, stage, data, moves, op, tuple(parents))
        self.count += 1
        self.bytes += data.nbytes + BYTES_OF_A_COLUMN
        self.signed = self.signed or asks_sign(op)
        self.selects_int = self.selects_int or (op.is_choice and int in map(type, operands))
        if self.bytes > self.most_bytes and len(self.root.rows) > 1:
            raise TooLarge(self.in_order())
        return column

    def operand(self, stage: Stage, op: Op, x: Any) -> Any:
        """The column in the rows that are left, or the plain number, as a float."""
        if isinstance(x, Column) and x._together is self:
            return stage.local(x)
        if type(x) not in (float, int, bool) or (op.rule is None and x == x != float(x)):
            return self.refuse()  # Python compares with an int itself, also where that is no float
        return float(x)

    def ask(self, column: Column) -> Any:
        """The number or truth that all rows on this way have there; rows that have another one are parted from them."""
        place, steps = self.place, self.steps
        if place < len(steps):
            known: Any = steps[place]
            if known._asked is not None or known.column is not column:
                self.refuse()
            self.place = place + 1
            return known.answer
        if self.depth < len(self.path) - 1:
            if self.path[self.depth].asked is not column:
                self.refuse()
        else:
            groups = self.groups(column)
            if len(groups) == 1:
                steps.append(Agreed(column, groups[0][0]))
                self.place = place + 1
                return groups[0][0]
            self.part(column, groups)
        self.depth += 1
        stage = self.path[self.depth]
        self.place, self.steps = 0, stage.steps
        return stage.answer

    def groups(self, column: Column) -> list[tuple[Any, Array]]:
        """The answers of the rows, and which of them have each."""
        if self.refused or THREAD.trace is not self:
            self.refuse()
        data = self.path[-1].local(column)._data
        if data.dtype == bool:
            true = np.count_nonzero(data)
            if true in (0, len(data)):
                return [(bool(true), data)]
            return [(True, np.flatnonzero(data)), (False, np.flatnonzero(~data))]
        answers = np.unique(data)
        if not np.isfinite(answers).all():
            self.refuse()
        return [(answer, np.flatnonzero(data == answer)) for answer in answers.tolist()]

    def part(self, column: Column, groups: list[tuple[Any, Array]]) -> None:
        """Go on with most of the rows, and let the others wait."""
        stage = self.path[-1]
        stage.asked = column
        for answer, chosen in groups:
            branch = stage.branches[answer] = Stage(stage, answer, stage.rows[chosen])
            branch.chosen[id(stage)] = chosen
        most, *others = sorted(stage.branches.values(), key=lambda branch: -len(branch.rows))
        self.waiting += others
        self.path.append(most)


def are_equal(known: tuple[Any, ...], operands: tuple[Any, ...]) -> bool:
    """Whether these are the same columns, and equal numbers."""
    if len(known) != len(operands):
        return False
    for x, y in zip(known, operands, strict=True):
        if x is not y and not (type(x) is type(y) in (float, int, bool) and (x == y or (x != x and y != y))):
            return False
    return True


def sweep_columns(ends: list[Column]) -> None:
    """Fill in the slopes of the sum of these columns by all that they were computed from.

    A column hands them to its parents when all its children have handed theirs: in the order of `backward.py`, so that
    sums are the same.
    """
    ends = [*{id(x): x for x in ends if x._moves}.values()]
    stack, met = [*ends], {*map(id, ends)}
    while stack:
        for x in stack.pop()._parents:
            if type(x) is not float and x._moves:
                x._waiting += 1
                if id(x) not in met:
                    met.add(id(x))
                    stack.append(x)
    for x in ends:
        x._slope = np.ones(len(x._data))
    ready = [x for x in ends if not x._waiting]
    while ready:
        node = ready.pop()
        for x, (share, reached) in zip(node._parents, shares_to_parents(node), strict=True):
            if type(x) is not float and x._moves:
                if share is not None:
                    receive(x, share, reached)
                x._waiting -= 1
                if not x._waiting:
                    ready.append(x)
        if node._parents:
            node._slope = None


def receive(x: Column, share: Any, reached: Array | None) -> None:
    """Add a share, which has reached these rows, to the slope of a column."""
    share = np.full(len(x._data), share) if type(share) is float else share
    if x._slope is None:
        x._slope, x._reached = share, reached
        return
    x._slope = x._slope + share
    if x._reached is not None:
        both = None if reached is None else x._reached | reached
        x._reached = None if both is None or both.all() else both


def shares_to_parents(node: Any) -> list[tuple[Any, Array | None]]:
    """What each parent receives, and the rows that it has reached: all, if that is None.

    Where nothing has arrived, nothing goes on, as in `backward.py`: 0 * inf would be nan.
    """
    g, reached, parents = node._slope, node._reached, node._parents
    if g is None or (node._row is None and type(node) is not Taken):
        return [(None, None)] * len(parents)
    if type(node) is Taken:
        before = len(parents[0]._data)
        share, rows = np.full(before, NOTHING), np.zeros(before, bool)
        share[node._chosen], rows[node._chosen] = g, True if reached is None else reached
        return [(share, rows)]
    inputs = [x if type(x) is float else x._data for x in parents]
    if node._row.is_choice:
        chosen = np.broadcast_to(np.not_equal(inputs[0], 0), g.shape)
        sides = [side if reached is None else side & reached for side in (chosen, ~chosen)]
        return [(None, None), *[(np.where(side, g, NOTHING), side) for side in sides]]
    shares = column_shares(node._row, inputs, node._data, g)
    if reached is None:
        return [(share, None) for share in shares]
    return [(None if share is None else np.where(reached, share, NOTHING), reached) for share in shares]
