"""Column: a number of each of some rows, with which the user's function computes for all of them at once."""

from __future__ import annotations

import sys
from operator import is_

from ...graph import Node
from ...operation import BUILT_IN, QUESTIONS, Op, every_row_a_method, once_a_row
from ...runs.positions import by_the_user
from ...trace.recording import operator_of
from ...trees.objects import NUMBERS

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .together import Stage, Together


class Apart(BaseException):
    """Something that rows cannot do together; no `except Exception` of the user's is to catch it."""


class Column(Node):
    """A number of each row of a stage: an array, and what it was computed from.

    What code other than arithmetic and comparisons may see of a number is left to a run of each row by itself.
    """

    __slots__ = (
        "_asked",
        "_data",
        "_finite",
        "_guarded",
        "_moves",
        "_operands",
        "_parents",
        "_reached",
        "_row",
        "_slope",
        "_stage",
        "_together",
        "_waiting",
    )

    def __init__(
        self,
        together: Together,
        stage: Stage,
        data: Any,
        moves: bool,
        row: Op | None = None,
        parents: tuple[Any, ...] = (),
    ) -> None:
        self._together = together
        self._stage = stage  # the rows that it has numbers of
        self._data = data
        self._moves = moves  # whether a variable takes part in it
        self._asked: Op | None = None  # the operation that the program asked for,
        self._operands: tuple[Any, ...] = ()  # and what it gave it
        self._guarded: Op | None = None  # or which one, if some of its numbers are not finite,
        self._finite: Any = None  # and the truth of which are
        self._row = row  # the operation that was computed,
        self._parents = parents  # and columns of this stage, or numbers, that it was computed from
        self._slope: Any = None  # of the answers, by it; -0.0, which adds nothing, where it has not arrived
        self._reached: Any = None  # the rows in which it has arrived; None: all
        self._waiting = 0  # how many of its children have not handed down theirs

    @staticmethod
    def record(op: Op, *inputs: Any) -> Any:
        first = inputs[0]
        together = first._together if type(first) is Column else next(x._together for x in inputs if is_column(x))
        place: int = together.place
        steps: list[Any] = together.steps
        if place < len(steps) and steps[place]._asked is op and all(map(is_, steps[place]._operands, inputs)):
            together.place = place + 1
            return steps[place]
        if Truth in map(type, inputs) and not op.is_choice:
            inputs = tuple([bool(x) if type(x) is Truth else x for x in inputs])
        return together.step(op, inputs)

    def __bool__(self) -> bool:
        return bool(self != 0)  # type: ignore[comparison-overlap]

    def _whole(self, op: Op) -> int:
        return int(self._together.ask(self._together.step(op, (self,))))

    def __int__(self) -> int:
        return self._whole(QUESTIONS["trunc"])

    __trunc__ = __int__

    def __floor__(self) -> int:
        return self._whole(QUESTIONS["floor"])

    def __ceil__(self) -> int:
        return self._whole(QUESTIONS["ceil"])

    def __round__(self, ndigits: int | None = None) -> int:
        return self._whole(QUESTIONS["round"]) if ndigits is None else self._refuse()

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def __copy__(self) -> Column:
        return self

    def __deepcopy__(self, memo: object) -> Column:
        return self

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        if by_the_user(sys._getframe(1)):
            self._together.refuse()
        return type(self)

    def _refuse(self, *_: object, **__: object) -> Any:
        self._together.refuse()

    __float__ = __complex__ = __index__ = __hash__ = __repr__ = __format__ = __reduce__ = __reduce_ex__ = _refuse
    __invert__ = __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = _refuse
    __rlshift__ = __rrshift__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        self._together.refuse()


TO_INTS = [QUESTIONS[name] for name in ("floor", "ceil", "trunc", "round", "index")]  # of 0.0 as of -0.0


@once_a_row
def asks_sign(op: Op) -> bool:
    """Whether the operation may tell 0.0 from -0.0, and so the 0.0 of a choice from an int."""
    if op.name not in BUILT_IN or not 0 < op.arity < 3:
        return op.name not in BUILT_IN and op not in TO_INTS
    others = (1.3, -1.3) if op.arity == 2 else (1.3,)
    pairs = [[(0.0, x), (-0.0, x)] for x in others] + [[(x, 0.0), (x, -0.0)] for x in others]
    return any(value_at(op, one) != value_at(op, other) for one, other in pairs)


def value_at(op: Op, inputs: tuple[float, float]) -> Any:
    """What it answers there; None where Python raises, since IEEE's inf is computed anew."""
    try:
        return op.value(*inputs[: op.arity])
    except (ArithmeticError, ValueError):
        return None


class Truth(Column):
    """What a comparison answers in each row: as the condition of `where`, an array; else rows part by it."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return bool(self._together.ask(self))


class Taken(Column):
    """The numbers of a column in those of its rows that have gone on."""

    __slots__ = ("_chosen",)

    if TYPE_CHECKING:
        _chosen: Any  # which of its rows these are


def is_column(x: Any) -> bool:
    return issubclass(type(x), Column)


def make_column_methods(op: Op) -> None:
    """Make the row a method of Column; of a Truth, the operation on the bool."""

    def method(a: Any, *others: Any) -> Any:
        if type(a) is Truth:
            return operator_of(op)(bool(a), *others) if op.dunder else op.value(bool(a), *others)
        return a._together.step(op, (a, *others))

    def binary(a: Any, b: Any) -> Any:
        together = a._together
        place, steps = together.place, together.steps
        if place < len(steps):  # a step that was taken before: here most of the time goes
            known = steps[place]
            if known._asked is op:
                x, y = known._operands
                if x is a and (y is b or (type(y) is type(b) in NUMBERS and y == b)):
                    together.place = place + 1
                    return known
        return method(a, b)

    def reflected(b: Any, a: Any) -> Any:
        if type(b) is Truth:
            return operator_of(op)(a, bool(b))
        if op.name == "add" and type(a) is int and a == 0 and b._moves:
            return b  # `sum` leaves no 0 + in a graph
        together = b._together
        place, steps = together.place, together.steps
        if place < len(steps):
            known = steps[place]
            if known._asked is op:
                x, y = known._operands
                if y is b and (x is a or (type(x) is type(a) in NUMBERS and x == a)):
                    together.place = place + 1
                    return known
        return together.step(op, (a, b))

    for name in {op.dunder or op.name, op.name, op.numpy} if op.rule else {op.dunder}:
        setattr(Column, name, binary if op.dunder and op.arity == 2 else method)
    if op.dunder and op.rule is not None and op.arity == 2:
        setattr(Column, op.dunder.replace("__", "__r", 1), reflected)


every_row_a_method(Column, make_column_methods)
