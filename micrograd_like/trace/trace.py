"""Trace: one run of a function on Symbols, as the list of the steps and questions that the program came to."""

from __future__ import annotations

import sys
from collections import namedtuple
from math import copysign, inf, nan

from ..checked import is_real
from ..core import core
from ..graph import ByNode
from ..operation import BUILT_IN, Op, once_a_row
from ..value import Value
from .raising import MATH_POW, catchers, errors_of, is_caught, is_own, raising
from .symbol import Symbol, refusal

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from ..runs.running import Running
    from .raising import Catcher, Raises

new_tuple = tuple.__new__  # in half of the time that a named tuple's own constructor takes


class Computed(namedtuple("Computed", "number op operands letter")):
    """A step of a trace that computes an expression of operands, by their numbers; its name begins with the letter."""

    __slots__ = ()


class Asked(namedtuple("Asked", "op operands answer")):
    """A question of a trace: what was asked of which operands, by their numbers, and the answer that it got."""

    __slots__ = ()


Tape = core.Tape if core else object  # which holds what recording reads and writes at each step


class Trace(Tape):  # type: ignore[misc,valid-type]
    """One run of a function on Symbols: a list of steps, in the order in which the program took them.

    Equal expressions have one number, whichever Symbols hold them. A step computes an expression; or it is a question,
    what the program asked of numbers to choose its way (`x > 0`, `int(x)`), with the answer that it got.
    """

    def __init__(self, name: str, ieee: bool = False, by: str = "jit") -> None:
        self.name = name
        self.by = by  # the function of this package that people have called
        self.ieee = ieee  # whether inf and nan come in place of errors
        self.count = 0  # of expressions: inputs, constants and steps
        self.most = sys.maxsize  # of them, before `at_most` is called
        self.inputs: dict[int, str] = {}
        self.constants: dict[int, Any] = {}
        self.numbers: dict[Any, int] = {}  # of constants and steps
        self.asked: set[Any] = set()
        self.steps: list[Computed | Asked] = []
        self.finished = False
        self.letter = "v"  # of the names that expressions get: v for values, g for derivatives
        self.printed = False  # whether a Symbol was turned into text
        self.raised = False  # whether an operation or a question had no answer,
        self.failed: BaseException | None = None  # and the error of the last such operation
        self.at_once = False  # whether comparisons are plain bools: the program may ask which object they are
        self.chose_int = False  # whether an int took part in a choice as if it were a float, as the 0 of max(x, 0)
        self.counts_truths = True  # whether a truth in arithmetic is recorded; else it is asked, and a plain int there
        self.root: FrameType | None = None  # the frame that has called the function
        self.at_condition: Callable[[Any], None] | None = None  # what looks at each comparison,
        self.at_failure: Callable[[], None] | None = None  # and is told where inf or nan comes in place of an error
        self.at_most: Callable[[], Any] = int  # which may raise
        self.by_math = False  # whether errors of a power are those of math.pow
        self.catchers: list[Catcher] = []  # what may catch an error of the operation that is recorded now
        self.thrown: list[BaseException] = []  # errors of operations that the program may have caught,
        self.passing: frozenset[int] = frozenset()  # and which of them it does not catch, so that they are inf or nan
        self.lifted = ByNode()  # what stands for Values
        self.lift: Callable[[Value], Symbol] | None = None  # what stands for a Value that the function closes over
        self.running: Running | None = None  # the run of the function itself

    def input(self, name: str, data: Any, is_value: bool = False) -> Symbol:
        """A number that each call brings along."""
        self.inputs[self.count] = name
        self.count += 1
        return Symbol(self, None, (), data, self.count - 1, name, is_value)

    def constant(self, data: Any, name: str | None = None, is_value: bool = False) -> Symbol:
        """A number that is the same in every call."""
        return Symbol(self, None, (), data, self.number_of(data), name, is_value)

    def number_of(self, data: Any) -> int:
        """The number of a constant: one for each float and each int, for 0.0 and -0.0 too."""
        key = data if type(data) is float and data else (type(data), repr(data))
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = self.count
            self.constants[number] = data
            self.count += 1
        return number

    def operand(self, x: Any) -> Any:
        """The Symbol or the plain number that stands for an operand; NotImplemented for what is no number."""
        kind = type(x)
        if kind is float or kind is int:
            return x
        if isinstance(x, Symbol):
            if x._trace is not self:
                x._trace.refuse(x)
                raise refusal(f"{self.name} mixes numbers of two traces, its own and that of {x._trace.name}")
            return x
        if isinstance(x, Value) and self.lift is not None:
            return self.lift(x)
        return as_python(x) if is_real(x) else NotImplemented

    def compute(self, op: Op, operands: tuple[int, ...], numbers: list[Any], fixed: int, out: Any) -> int:
        """The number of an expression: of a constant, of what it leaves unchanged, of an equal one, or a new one."""
        if fixed == len(operands) and op.name in BUILT_IN:  # a user's operation may answer something else next time
            return self.number_of(out)
        if fixed == len(operands) - 1:
            k = next(i for i, number in enumerate(operands) if number not in self.constants)
            if type(out) is type(numbers[k]) and changes_nothing(op, k, tuple(numbers[:k] + numbers[k + 1 :])):
                return operands[k]
        key = op, operands
        number = self.numbers.get(key)
        if number is None:
            if self.count >= self.most:
                self.at_most()
            number = self.numbers[key] = self.count
            self.count += 1
            self.steps.append(new_tuple(Computed, (number, op, operands, self.letter)))
        return number

    def ask(self, op: Op, operands: tuple[int, ...], answer: Any) -> Any:
        """Note that the program goes on with this answer: another one may lead it another way."""
        if (op, operands) not in self.asked and not all(k in self.constants for k in operands):
            self.asked.add((op, operands))
            self.steps.append(new_tuple(Asked, (op, operands, answer)))
        return answer

    def question(self, op: Op, operands: list[int], frame: FrameType) -> Raises | None:
        """Which errors of the operation the program, from the frame on up, may catch: then that is a question."""
        if self.root is None or self.letter != "v":
            return None
        self.catchers = catchers(frame, self.root)
        if not self.catchers or is_own(op):
            return raising(op, ()) if self.catchers else None
        op = MATH_POW if self.by_math else op
        constants = tuple([self.constants.get(k) for k in operands[:3]])
        kinds = tuple([kind for kind in errors_of(op, constants) if is_caught(kind, self.catchers)])
        return raising(op, kinds) if kinds else None

    def throws(self, error: BaseException) -> bool:
        """Note an error that the program may catch. Whether it is raised: not where, in a run before, nobody did."""
        self.thrown.append(error)
        return len(self.thrown) not in self.passing

    def place_of(self, error: BaseException) -> int:
        """The place of an error among those that were thrown, from 1 on; 0 if it is none of these."""
        places = [k for k, thrown in enumerate(self.thrown, 1) if thrown is error]
        return places[-1] if places else 0

    def refuse(self, x: Symbol) -> None:
        """Say that x was kept beyond its trace, if it was."""
        if self.finished:
            raise refusal(
                f"{x._name or 'a number'} was kept from the run of {self.name} that {self.by} recorded, in a list, a "
                "global or an attribute. It has no number any more: let the function answer it instead"
            )


def changes_nothing(op: Op, k: int, others: tuple[Any, ...]) -> bool:
    """Whether, beside these constants, the operation answers operand k, bit for bit: 1 * x, x / 1, x - 0."""
    return op.name in BUILT_IN and all(x in (0, 1) for x in others) and is_neutral(op, k, repr(others))


@once_a_row
def is_neutral(op: Op, k: int, others: str) -> bool:
    """The same of constants that are written out, tried at awkward points."""
    numbers = eval(others)
    try:
        return all(
            same_float(op.value(*numbers[:k], x, *numbers[k:]), x) for x in (0.7, -3.1, 0.0, -0.0, 5e-324, inf, nan)
        )
    except (ArithmeticError, ValueError):
        return False
    finally:
        if numpy := sys.modules.get("numpy"):
            numpy.add(0.0, 0.0)  # clears the processor's flags, which nan has set, or NumPy would warn of them


def same_float(x: float, y: float) -> bool:
    """Whether two floats are the same number, with the same sign if they are 0."""
    return (x == y and copysign(1.0, x) == copysign(1.0, y)) or (x != x and y != y)


def as_python(x: Any) -> Any:
    """A real number of any kind as the int or float that Python computes with."""
    whole = isinstance(x, int) or getattr(getattr(x, "dtype", None), "kind", "f") in "biu"
    return int(x) if whole else float(x)
