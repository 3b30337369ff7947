"""Symbol: a number inside a trace. It knows its number in this call, and how every other call is to compute it."""

from __future__ import annotations

import sys
from math import copysign, inf, nan

from .graph import Node
from .ieee import Ieee
from .operation import BUILT_IN, OPS, QUESTIONS, Op, compiled, every_row_a_method, is_real, once_a_row
from .running import THREAD, note_drop
from .value import Value, explained, no_whole_number, of_operator

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    Step = tuple[int, Op, tuple[int, ...], str]  # an expression's number, operation, operands' numbers, and letter
    Question = tuple[Op, tuple[int, ...], Any]  # what was asked of which operands, and the answer that was given


class TracingError(TypeError):
    """What a function does that cannot be recorded: it would stay for ever as it was in the first call."""


class Unrecorded(TracingError, AttributeError):
    """An attribute that a Value has, and that a recording does not follow."""


class Singular(BaseException):
    """A run met a singular point, or an error that it caught: this call is left to eager evaluation."""


class Trace:
    """One run of a function on Symbols: a list of steps, in the order in which the program took them.

    Equal expressions have one number, whichever Symbols hold them. A step computes an expression; or it is a question,
    what the program asked of numbers to choose its way (`x > 0`, `int(x)`), with the answer that it got.
    """

    def __init__(self, name: str, ieee: bool = False, by: str = "jit") -> None:
        self.name = name
        self.by = by  # the function of this package that people have called
        self.ieee = ieee  # whether inf and nan come in place of errors
        self.count = 0  # of expressions: inputs, constants and steps
        self.inputs: dict[int, str] = {}
        self.constants: dict[int, Any] = {}
        self.numbers: dict[Any, int] = {}  # of constants and steps
        self.asked: set[Any] = set()
        self.steps: list[Step | Question] = []
        self.finished = False
        self.letter = "v"  # of the names that expressions get: v for values, g for derivatives
        self.printed = False  # whether a Symbol was turned into text
        self.raised = False  # whether an operation or a question had no answer
        self.lifted: dict[Any, Symbol] = {}  # what stands for Values
        self.lift: Callable[[Value], Symbol] | None = None  # what stands for a Value that the function closes over

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
            if x.trace is not self:
                x.trace.refuse(x)
                raise TracingError(f"{self.name} mixes numbers of two traces, its own and that of {x.trace.name}")
            return x
        if isinstance(x, Value) and self.lift is not None:
            return self.lift(x)
        return float(x) if is_real(x) else NotImplemented

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
            number = self.numbers[key] = self.count
            self.count += 1
            self.steps.append((number, op, operands, self.letter))
        return number

    def ask(self, op: Op, operands: tuple[int, ...], answer: Any) -> Any:
        """Note that the program goes on with this answer: another one may lead it another way."""
        if (op, operands) not in self.asked and not all(k in self.constants for k in operands):
            self.asked.add((op, operands))
            self.steps.append((op, operands, answer))
        return answer

    def refuse(self, x: Symbol) -> None:
        """Say that x was kept beyond its trace, if it was."""
        if self.finished:
            raise TracingError(
                f"{x.name or 'a number'} was kept from the run of {self.name} that {self.by} recorded, in a list, a "
                "global or an attribute. It has no number any more: let the function answer it instead"
            )


def changes_nothing(op: Op, k: int, others: tuple[Any, ...]) -> bool:
    """Whether, beside these constants, the operation answers operand k, bit for bit: 1 * x, x / 1, x - 0."""
    return op.name in BUILT_IN and all(x in (0, 1) for x in others) and is_neutral(op, k, repr(others))


@once_a_row
def is_neutral(op: Op, k: int, others: str) -> bool:
    numbers = eval(others)
    try:
        return all(same(op.value(*numbers[:k], x, *numbers[k:]), x) for x in (0.7, -3.1, 0.0, -0.0, 5e-324, inf, nan))
    except (ArithmeticError, ValueError):
        return False


def same(x: float, y: float) -> bool:
    return (x == y and copysign(1.0, x) == copysign(1.0, y)) or (x != x and y != y)


class Symbol(Node):
    """A number inside a trace: whatever is done to it is recorded, and done."""

    __slots__ = ("_data", "_scope", "is_value", "name", "number", "op", "parents", "trace")

    if TYPE_CHECKING:
        _scope: Any  # the scopes that it came out of, as of a Value

    def __init__(
        self,
        trace: Trace,
        op: Op | None,
        parents: tuple[Any, ...],
        data: Any,
        number: int,
        name: str | None = None,
        is_value: bool = False,
    ) -> None:
        self.trace = trace
        self.op = op
        self.parents = parents
        self._data = data  # the number in this call: an int where the program's own numbers are ints
        self.number = number  # of its expression in the trace
        self.name = name
        self.is_value = is_value  # whether the function, when nothing is traced, has a Value here, or a plain number

    @staticmethod
    def record(op: Op, *inputs: Any) -> Any:
        """The operation applied to inputs of which one at least is a Symbol."""
        op = op.widened(inputs)
        inputs = op.completed(inputs)
        trace = next(x.trace for x in inputs if isinstance(x, Symbol))
        if trace.finished:
            trace.refuse(next(x for x in inputs if isinstance(x, Symbol)))
        parents = tuple(map(trace.operand, inputs))
        if NotImplemented in map(id_or_number, parents):
            wrong = next(x for x, parent in zip(inputs, parents, strict=True) if parent is NotImplemented)
            raise TypeError(f"{op.called} takes numbers and Values, not {wrong!r}")
        return recorded(trace, op, parents)

    @property
    def called(self) -> str:
        """What messages call it."""
        return self.name or f"a number of {self.trace.name}"

    @property
    def data(self) -> Any:
        self.trace.refuse(self)
        raise TracingError(
            f"the .data of {self.called} would stay for ever as it is in this call, in which {self.trace.name} is "
            "recorded: compute with the number itself"
        )

    def __getattr__(self, name: str) -> Any:
        """What else a plain number knows, as `n.bit_length()`: the very number answers."""
        kind = Value if self.is_value else type(self._data)
        if name[0] == "_" or not hasattr(kind, name):
            raise AttributeError(f"'{kind.__name__}' object has no attribute {name!r}")
        self.trace.refuse(self)
        if self.is_value:
            raise Unrecorded(
                f"the .{name} of {self.called} would stay as it is in this call, in which {self.trace.name} is "
                "recorded: compute with the number itself, and take its derivatives with grad"
            )
        return getattr(self.exactly(), name)

    def plain_int(self, op: Op) -> int:
        """The answer to int() and its like, on which the program's way may depend."""
        self.trace.refuse(self)
        if self.is_value:
            said = "int() or trunc()" if op is QUESTIONS["trunc"] else f"{op.name}()"
            note_drop(THREAD.run, f"{said} answered a plain number", sys._getframe(2))
        try:
            answer: int = op.value(self._data)
        except (ArithmeticError, ValueError):
            self.trace.raised = True
            raise
        return self.trace.ask(op, (self.number,), answer)  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return self.plain_int(QUESTIONS["trunc"])

    __trunc__ = __int__

    def __floor__(self) -> int:
        return self.plain_int(QUESTIONS["floor"])

    def __ceil__(self) -> int:
        return self.plain_int(QUESTIONS["ceil"])

    def __round__(self, ndigits: int | None = None) -> float:
        return self.plain_int(QUESTIONS["round"]) if ndigits is None else round(self.exactly(), ndigits)

    def __index__(self) -> int:
        self.trace.refuse(self)
        if type(self._data) is int:
            return self.trace.ask(QUESTIONS["index"], (self.number,), self._data)  # type: ignore[no-any-return]
        if self.is_value:
            raise TypeError(no_whole_number(self))
        raise TypeError(f"'float' object cannot be interpreted as an integer: {self.called} is {self._data!r}")

    def is_integer(self) -> bool:
        return not self % 1  # type: ignore[operator]

    @property
    def real(self) -> Any:
        return self

    @property
    def imag(self) -> float:
        return 0 if type(self._data) is int and not self.is_value else 0.0

    def exactly(self) -> Any:
        """The very number: another one leads another way."""
        if type(self._data) is float and self != self:
            return self._data
        self.trace.ask(QUESTIONS["exactly"], (self.number,), self._data)
        if self._data == 0 and type(self._data) is float:
            sign: Any = recorded(self.trace, OPS["copysign"], (1.0, self))
            bool(sign > 0)  # is asked, too: -0.0 is equal to 0.0
        return self._data

    def __bool__(self) -> bool:
        return bool(self.record(OPS["ne"], self, 0))

    def __float__(self) -> float:
        self.trace.refuse(self)
        lost = "lose its derivative" if self.is_value else "stay for ever as it is in this call,"
        raise TypeError(
            f"{self.called} would {lost} as a plain float: take functions from micrograd_like (micrograd_like.exp, not "
            "math.exp)"
        )

    __complex__ = __float__

    def __repr__(self) -> str:
        if by_the_user(sys._getframe(1)):
            return repr(self.printed())
        return f"Symbol({self._data!r}{'' if self.name is None else f', name={self.name!r}'})"

    def __format__(self, spec: str) -> str:
        return format(self.printed(), spec)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` asks for: where the function itself has floats and ints, they are these."""
        return type(self) if self.is_value or not by_the_user(sys._getframe(1)) else type(self._data)

    def printed(self) -> Any:
        """The very number, to be made text of: another text may lead another way."""
        self.trace.printed = True
        return self._data if self.trace.finished else self.exactly()

    def __hash__(self) -> int:
        if self.trace.letter == "v" and not self.is_value and by_the_user(sys._getframe(1)):
            self.trace.refuse(self)
            raise TracingError(
                f"{self.called}, which {self.trace.by} records, cannot be looked up in a set or a dict: that goes by "
                "the number as it is in this call. Compare it with ==, or with the numbers in a list"
            )
        return object.__hash__(self)  # by identity, though == compares the numbers

    def __radd__(self, other: Any) -> Any:
        if type(other) is int and other == 0 and self.is_value:  # sum() leaves no 0 + in the graph
            return self
        return reflected(OPS["add"])(self, other)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def conjugate(self) -> Symbol:
        return self

    def __copy__(self) -> Symbol:
        return self

    def __deepcopy__(self, memo: object) -> Symbol:
        return self

    def __reduce__(self) -> Any:
        self.trace.refuse(self)
        raise TracingError(f"{self.called} cannot be pickled in the run that {self.trace.by} records")


def by_the_user(frame: FrameType | None) -> bool:
    """Whether this is not code of this package, nor that of a Counter that it uses."""
    while frame and (name := frame.f_globals.get("__name__", "")) == "collections":
        frame = frame.f_back
    return frame is not None and name.partition(".")[0] != __package__


def id_or_number(x: Any) -> Any:
    return x if x is NotImplemented else None


def recorded(trace: Trace, op: Op, parents: tuple[Any, ...]) -> Symbol:
    """The Symbol that an operation makes of Symbols and plain numbers, known to be such."""
    if op.by_constant and not isinstance(parents[1], Symbol):
        op = op.by_constant
    if int in [type(x._data if isinstance(x, Symbol) else x) for x in parents]:
        op, parents = settled(trace, op, parents)
    nodes: list[Any] = []
    numbers: list[Any] = []
    operands: list[int] = []
    fixed = 0
    is_value = False
    for x in parents:
        if isinstance(x, Symbol):
            is_value = is_value or x.is_value
            nodes.append(x)
            numbers.append(x._data)
            number = x.number
        else:
            nodes.append(float(x))
            numbers.append(x)
            number = trace.number_of(x)
        operands.append(number)
        fixed += number in trace.constants
    out = computed(trace, op, parents, numbers)
    number = trace.compute(op, tuple(operands), numbers, fixed, out)
    if op.rule is not None:
        return Symbol(trace, op, tuple(nodes), out, number, None, is_value)
    condition = Condition(trace, op, tuple(nodes), out, number)
    condition.operands = tuple(operands)
    return condition


def settled(trace: Trace, op: Op, parents: tuple[Any, ...]) -> tuple[Op, tuple[Any, ...]]:
    """The operation where ints are among its operands, so that its answer is an int, or is none, in every call."""
    is_value = any(isinstance(x, Symbol) and x.is_value for x in parents)
    if op.by_constant and not is_value and all(type(x._data if isinstance(x, Symbol) else x) is int for x in parents):
        exponent = parents[1].exactly()  # 2 ** -1 is a float
        return op.by_constant, (parents[0], exponent)
    if op.rule is not None and " if " in op.spelling and "(" not in op.spelling:  # it answers one of its operands
        if is_value:
            return op, tuple([as_float(x) for x in parents])
        operator_of(op)(*parents)
    return op, parents


def as_float(x: Any) -> Any:
    """The number as a float; a condition as it is."""
    if isinstance(x, Symbol):
        return recorded(x.trace, OPS["as_float"], (x,)) if type(x._data) is int else x
    return float(x) if type(x) is int else x


def computed(trace: Trace, op: Op, parents: tuple[Any, ...], numbers: list[Any]) -> Any:
    """The operation's value: Python's own on ints, under IEEE 754 if the trace is, an error that explains itself."""
    try:
        if op.infix and type(numbers[0]) is int and type(numbers[-1]) is int:
            return operator_of(op)(*numbers)
        return op.value(*numbers)
    except (ArithmeticError, ValueError) as error:
        if trace.ieee and op.rule is not None:
            return float(Ieee.record(op, *numbers))
        trace.raised = True
        raise explained(of_operator(error, op, *numbers) if op.infix else error, op, *parents) from None


@once_a_row
def operator_of(op: Op) -> Callable[..., Any]:
    """What the spelling says in Python's own arithmetic, which keeps ints."""
    return compiled(op.spelling, op.letters)


class Condition(Symbol):
    """What a comparison answers: as a condition of `where` it is recorded; in any other use it is a plain bool."""

    __slots__ = ("operands",)

    if TYPE_CHECKING:
        operands: tuple[int, ...]

    def __bool__(self) -> bool:
        self.trace.refuse(self)
        op: Any = self.op
        return self.trace.ask(op, self.operands, self._data)  # type: ignore[no-any-return]

    @property
    def real(self) -> Any:
        return bool(self).real

    def exactly(self) -> Any:
        return bool(self)

    def __repr__(self) -> str:
        return repr(bool(self))

    def __hash__(self) -> int:
        return hash(bool(self)) if by_the_user(sys._getframe(1)) else object.__hash__(self)


def as_bool(name: str) -> Any:
    """A method of Condition: that of the plain bool."""

    def method(self: Condition, *others: Any) -> Any:
        return getattr(bool(self), name)(*(bool(x) if isinstance(x, Condition) else x for x in others))

    return method


@once_a_row
def reflected(op: Op) -> Callable[..., Any]:
    """The method of a Symbol and what stands before it."""

    def method(b: Symbol, a: Any) -> Any:
        first = b.trace.operand(a)
        b.trace.refuse(b)
        return first if first is NotImplemented else recorded(b.trace, op, (first, b))

    return method


def take(op: Op) -> None:
    """Make the row a method of Symbol: as the operator behind it, under its own name and under NumPy's."""

    def method(a: Symbol, *others: Any) -> Any:
        trace = a.trace
        if trace.finished:
            trace.refuse(a)
        operands: list[Any] = [a]
        for x in others:
            operand = x if type(x) is float or (type(x) is Symbol and x.trace is trace) else trace.operand(x)
            if operand is NotImplemented:
                return NotImplemented
            operands.append(operand)
        return recorded(trace, op, tuple(operands))

    def named(*inputs: Any) -> Any:
        return Symbol.record(op, *inputs)

    methods = {op.dunder: method} if op.dunder else {}
    if op.dunder and op.rule is not None and op.arity == 2 and op.name != "add":
        methods[op.dunder.replace("__", "__r", 1)] = reflected(op)
    for name, function in {op.name: named, op.numpy: named, **methods}.items():
        setattr(Symbol, name, function)


every_row_a_method(Symbol, take)
KEPT = {"__bool__", "__repr__", "__hash__", "__new__", "__init__", "__getattribute__", "__class__", "__doc__"}
for name in set(dir(bool)) - set(dir(object)) - KEPT | {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}:
    if callable(getattr(bool, name)):
        setattr(Condition, name, as_bool(name))
