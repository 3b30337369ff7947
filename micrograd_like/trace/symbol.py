"""Symbol: a number inside a trace. It knows its number in this call, and how every other call is to compute it."""

from __future__ import annotations

import operator
import sys
from math import copysign, inf, nan

from ..errors import TracingError, Unrecorded
from ..graph import ByNode, Node
from ..ieee import Ieee
from ..operation import BUILT_IN, OPS, QUESTIONS, Op, compiled, every_row_a_method, is_real, once_a_row
from ..runs.bytecode import asks_for, asks_identity
from ..runs.positions import by_the_user
from ..runs.running import THREAD, drop_by_rounding, note_drop, refused
from ..value import Value, explained, no_whole_number, of_operator
from .raising import MATH_POW, catchers, errors_of, is_caught, is_kept, is_own, raising

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from ..runs.running import Running
    from .raising import Catcher, Raises

    Step = tuple[int, Op, tuple[int, ...], str]  # an expression's number, operation, operands' numbers, and letter
    Question = tuple[Op, tuple[int, ...], Any]  # what was asked of which operands, and the answer that was given


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
        self.raised = False  # whether an operation or a question had no answer,
        self.failed: BaseException | None = None  # and the error of the last such operation
        self.at_once = False  # whether comparisons are plain bools: the program may ask which object they are
        self.counts_truths = True  # whether a truth in arithmetic is recorded; else it is asked, and a plain int there
        self.root: FrameType | None = None  # the frame that has called the function
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
        return all(same(op.value(*numbers[:k], x, *numbers[k:]), x) for x in (0.7, -3.1, 0.0, -0.0, 5e-324, inf, nan))
    except (ArithmeticError, ValueError):
        return False


def same(x: float, y: float) -> bool:
    """Whether two floats are the same number, with the same sign if they are 0."""
    return (x == y and copysign(1.0, x) == copysign(1.0, y)) or (x != x and y != y)


def refusal(message: str) -> TracingError:
    """An error that is raised at the end of the run too, if the function catches it."""
    return refused(THREAD.run, TracingError(message))  # type: ignore[return-value]


def as_python(x: Any) -> Any:
    """A real number of any kind as the int or float that Python computes with."""
    whole = isinstance(x, int) or getattr(getattr(x, "dtype", None), "kind", "f") in "biu"
    return int(x) if whole else float(x)


class Symbol(Node):
    """A number inside a trace: whatever is done to it is recorded, and done.

    The function sees the number itself: an int or a float, or a Value where it has Values when nothing is traced. Only
    the methods of the table are there in any case, since NumPy asks for them.
    """

    __slots__ = ("_data", "_is_value", "_name", "_number", "_parents", "_row", "_scope", "_trace")

    if TYPE_CHECKING:
        _scope: Any  # the scopes that it came out of, as of a Value

    def __init__(
        self,
        trace: Trace,
        row: Op | None,
        parents: tuple[Any, ...],
        data: Any,
        number: int,
        name: str | None = None,
        is_value: bool = False,
    ) -> None:
        self._trace = trace
        self._row = row
        self._parents = parents
        self._data = data  # the number in this call: an int where the program's own numbers are ints
        self._number = number  # of its expression in the trace
        self._name = name
        self._is_value = is_value  # whether the function, when nothing is traced, has a Value here, or a plain number

    @staticmethod
    def record(op: Op, *inputs: Any) -> Any:
        """The operation applied to inputs of which one at least is a Symbol."""
        op = op.widened(inputs)
        inputs = op.completed(inputs)
        trace = next(x._trace for x in inputs if isinstance(x, Symbol))
        if trace.finished:
            trace.refuse(next(x for x in inputs if isinstance(x, Symbol)))
        parents = tuple(map(trace.operand, inputs))
        if NotImplemented in map(id_or_number, parents):
            wrong = next(x for x, parent in zip(inputs, parents, strict=True) if parent is NotImplemented)
            raise TypeError(f"{op.called} takes numbers and Values, not {wrong!r}")
        return recorded(trace, op, parents)

    # what the function sees

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` asks for: where the function itself has floats and ints, they are these.

        A variable of a derivative is a Value and a float at once: it is a Value to those who ask for one by name.
        """
        if self._is_value and by_the_user(frame := sys._getframe(1)) and self._is_variable:
            return Value if asks_for(frame, Value) else float
        return self._kind

    @property
    def _kind(self) -> type:
        return Value if self._is_value else type(self._data)

    @property
    def _is_variable(self) -> bool:
        """Whether it is a Value since a run within the trace takes derivatives, in place of a plain number."""
        return self._is_value and THREAD.run is not self._trace.running

    def __dir__(self) -> list[str]:
        return dir(self._kind)

    def __getattr__(self, name: str) -> Any:
        """What else a plain number knows, as `n.bit_length()`: the very number answers."""
        kind = self._kind
        if name == "data" and not self._is_value:
            self._trace.refuse(self)
            raise Unrecorded(
                f"'{kind.__name__}' object has no attribute 'data': {self._called} is a plain number; compute with the "
                "number itself"
            )
        if self._is_variable and name[0] != "_" and hasattr(0.0, name) and not hasattr(Value, name):
            self._trace.printed = True
            return getattr(self._exactly(), name)  # hex
        if name[0] == "_" or not hasattr(kind, name):
            if self._is_value and name[0] != "_" and hasattr(0.0, name):
                refused(THREAD.run, TypeError(f"{self._called} is no plain number, and has no {name}()"))
            raise AttributeError(f"'{kind.__name__}' object has no attribute {name!r}", name=name, obj=self._data)
        self._trace.refuse(self)
        if self._is_value:
            lost = "for ever as it is" if name == "data" else "as it is"
            hint = "" if name == "data" else ", and take its derivatives with grad"
            error = Unrecorded(
                f"the .{name} of {self._called} would stay {lost} in this call, in which {self._trace.name} is "
                f"recorded: compute with the number itself{hint}"
            )
            raise refused(THREAD.run, error)
        return getattr(self._exactly(), name)

    @property
    def op(self) -> Op | None:  # type: ignore[override]
        self._must_be_value()
        return self._row

    @property
    def parents(self) -> tuple[Any, ...]:  # type: ignore[override]
        self._must_be_value()
        return self._parents

    @property
    def name(self) -> str | None:
        self._must_be_value()
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._must_be_value()
        self._name = name

    def _must_be_value(self) -> None:
        """A plain number has no name, no operation and no parents: then Python asks __getattr__, which says so."""
        if not self._is_value:
            raise AttributeError(f"'{type(self._data).__name__}' object has no such attribute")

    @property
    def real(self) -> Any:
        return self

    @property
    def imag(self) -> float:
        return 0 if type(self._data) is int and not self._is_value else 0.0

    def conjugate(self) -> Symbol:
        return self

    def is_integer(self) -> bool:
        return not self % 1  # type: ignore[operator]

    # what it is asked, on which the program's way may depend

    @property
    def _called(self) -> str:
        """What messages call it."""
        return self._name or f"a number of {self._trace.name}"

    def _exactly(self) -> Any:
        """The very number: another one leads another way."""
        if type(self._data) is float and self != self:
            return self._data
        self._trace.ask(QUESTIONS["exactly"], (self._number,), self._data)
        if self._data == 0 and type(self._data) is float:
            sign: Any = recorded(self._trace, OPS["copysign"], (1.0, self))
            bool(sign > 0)  # is asked, too: -0.0 is equal to 0.0
        return self._data

    def _plain_int(self, op: Op) -> int:
        """The answer to int() and its like."""
        self._trace.refuse(self)
        if self._is_value:
            said = "int() or trunc()" if op is QUESTIONS["trunc"] else f"{op.name}()"
            note_drop(THREAD.run, f"{said} answered a plain number", sys._getframe(2))
        try:
            answer: int = op.value(self._data)
        except (ArithmeticError, ValueError) as error:
            self._trace.raised, self._trace.failed = True, error
            raise
        return self._trace.ask(op, (self._number,), answer)  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return self._plain_int(QUESTIONS["trunc"])

    __trunc__ = __int__

    def __floor__(self) -> int:
        return self._plain_int(QUESTIONS["floor"])

    def __ceil__(self) -> int:
        return self._plain_int(QUESTIONS["ceil"])

    def __round__(self, ndigits: int | None = None) -> float:
        return self._plain_int(QUESTIONS["round"]) if ndigits is None else round(self._exactly(), ndigits)

    def __index__(self) -> int:
        self._trace.refuse(self)
        if type(self._data) is int:
            return self._trace.ask(QUESTIONS["index"], (self._number,), self._data)  # type: ignore[no-any-return]
        if self._is_value:
            raise refused(THREAD.run, TypeError(no_whole_number(self)))
        raise TypeError(f"'float' object cannot be interpreted as an integer: {self._called} is {self._data!r}")

    def __bool__(self) -> bool:
        return bool(self.record(OPS["ne"], self, 0))

    def __float__(self) -> float:
        self._trace.refuse(self)
        if type(self._data) is int and not self._is_value:
            return float(self._exactly())
        lost = "lose its derivative" if self._is_value else "stay for ever as it is in this call,"
        raise refusal(
            f"{self._called} would {lost} as a plain float: take functions from micrograd_like (micrograd_like.exp, "
            "not math.exp)"
        )

    def __complex__(self) -> complex:
        return complex(self.__float__())

    def _printed(self) -> Any:
        """The very number, to be made text of: another text may lead another way."""
        self._trace.printed = True
        return self._data if self._trace.finished else self._exactly()

    def __repr__(self) -> str:
        number = self._printed()
        if not self._is_value or self._is_variable:
            return repr(number)
        name = "" if self._name is None else f", name={self._name!r}"
        return f"Value(data={number}, grad=0.0{name})"

    def __format__(self, spec: str) -> str:
        plain = spec or not self._is_value or self._is_variable
        return format(self._printed(), spec) if plain else repr(self)

    def __hash__(self) -> int:
        self._trace.refuse(self)
        raise refusal(
            f"{self._called}, which {self._trace.by} records, cannot be looked up in a set or a dict: that goes by "
            "the number as it is in this call. Compare it with ==, or with the numbers in a list"
        )

    def __radd__(self, other: Any) -> Any:
        if type(other) is int and other == 0 and self._is_value:  # sum() leaves no 0 + in the graph
            return self
        return reflected(OPS["add"])(self, other)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def __copy__(self) -> Symbol:
        return self

    def __deepcopy__(self, memo: object) -> Symbol:
        return self

    def __reduce__(self) -> Any:
        self._trace.refuse(self)
        raise refusal(f"{self._called} cannot be pickled in the run that {self._trace.by} records")


Symbol.__name__ = "number"  # as Python's own errors call it


def id_or_number(x: Any) -> Any:
    return x if x is NotImplemented else None


def recorded(trace: Trace, op: Op, parents: tuple[Any, ...]) -> Any:
    """The Symbol that an operation makes of Symbols and plain numbers, known to be such."""
    if op.by_constant and not isinstance(parents[1], Symbol):
        op = op.by_constant
    kinds = [type(x._data if isinstance(x, Symbol) else x) for x in parents[op.name == "where" :]]
    if int in kinds or bool in kinds:
        if op.name in CHOICES and bool in kinds and not has_value(parents):
            return operator_of(op)(*parents)  # a bool stays one
        op, parents = settled(op, parents)
        if not any(isinstance(x, Symbol) for x in parents):
            return operator_of(op)(*parents)  # of truths that are plain ints by now
    nodes: list[Any] = []
    numbers: list[Any] = []
    operands: list[int] = []
    fixed = 0
    is_value = False
    for x in parents:
        if isinstance(x, Symbol):
            is_value = is_value or x._is_value
            nodes.append(x)
            numbers.append(x._data)
            number = x._number
        else:
            nodes.append(nearest(x))
            numbers.append(x)
            number = trace.number_of(x)
        operands.append(number)
        fixed += number in trace.constants
    out = computed(trace, op, parents, numbers, operands)
    number = trace.compute(op, tuple(operands), numbers, fixed, out)
    if op.rule is not None:
        return Symbol(trace, op, tuple(nodes), out, number, None, is_value)
    condition = Condition(trace, op, tuple(nodes), out, number)
    condition._operands = tuple(operands)
    return condition


def nearest(x: Any) -> float:
    """The number as a float, as a graph keeps it."""
    try:
        return float(x)
    except OverflowError:  # of an int
        return copysign(inf, x > 0 or -1)


CHOICES = {"where", "maximum", "minimum", "relu", "leaky_relu", "sign", "share"}  # rows that may answer an operand


def has_value(parents: tuple[Any, ...]) -> bool:
    """Whether one of the operands stands for a Value."""
    return any(isinstance(x, Symbol) and x._is_value for x in parents)


def settled(op: Op, parents: tuple[Any, ...]) -> tuple[Op, tuple[Any, ...]]:
    """The operation where ints are among its operands, so that its answer is an int, or is none, in every call."""
    if op is not OPS["pos"] or not parents[0]._trace.counts_truths:
        parents = tuple([as_whole(x) if k or op.name != "where" else x for k, x in enumerate(parents)])
    is_value = has_value(parents)
    if op.by_constant and not is_value and all(type(x._data if isinstance(x, Symbol) else x) is int for x in parents):
        exponent = parents[1]._exactly()  # 2 ** -1 is a float
        return op.by_constant, (parents[0], exponent)
    if op.name in CHOICES:
        if is_value:
            return op, tuple([as_float(x) for x in parents])
        operator_of(op)(*parents)
    return op, parents


def as_whole(x: Any) -> Any:
    """A condition as the int 1 or 0, which a bool is in arithmetic; anything else as it is."""
    if type(x) is not Condition:
        return x
    return recorded(x._trace, OPS["pos"], (x,)) if x._trace.counts_truths else int(x)


def as_float(x: Any) -> Any:
    """The number as a float; a condition as it is."""
    if isinstance(x, Symbol):
        return recorded(x._trace, OPS["as_float"], (x,)) if type(x._data) is int else x
    return float(x) if type(x) is int else x


def computed(trace: Trace, op: Op, parents: tuple[Any, ...], numbers: list[Any], operands: list[int]) -> Any:
    """The operation's value: Python's own on ints, under IEEE 754 if the trace is, an error that explains itself.

    Where the program may catch errors of it, which one is raised is a question, under IEEE 754 too.
    """
    asked = trace.question(op, operands, sys._getframe(1)) if trace.ieee and op.rule is not None else None
    try:
        if op.infix and type(numbers[0]) is int and type(numbers[-1]) is int:
            out = operator_of(op)(*numbers)
        else:
            out = op.value(*numbers)
    except Exception as error:
        is_usual = isinstance(error, ArithmeticError | ValueError)
        if is_usual and op.infix and not trace.by_math:
            error = of_operator(error, op, *numbers)
        answer = asked.answer(type(error)) if asked else 0
        if asked:
            trace.ask(asked, tuple(operands), answer)
        if answer and (trace.throws(error) or not is_usual):
            trace.failed = error
            trace.raised = trace.raised or (is_own(op) and is_kept(error, trace.catchers))
            raise error from None
        if trace.ieee and op.rule is not None and is_usual:
            return float(Ieee.record(op, *numbers))
        trace.raised = True
        trace.failed = explained(error, op, *parents) if is_usual else error
        raise trace.failed from None
    except BaseException:  # such as a user's operation may raise
        trace.raised = True
        raise
    if asked:
        trace.ask(asked, tuple(operands), asked.answer(None))
    return out


@once_a_row
def operator_of(op: Op) -> Callable[..., Any]:
    """What the spelling says in Python's own arithmetic, which keeps ints."""
    return compiled(op.spelling, op.letters)


class Condition(Symbol):
    """What a comparison answers: recorded where it is the condition of `where` or takes part in arithmetic, as the int
    that a bool is there. In any other use it is a plain bool."""

    __slots__ = ("_operands",)

    if TYPE_CHECKING:
        _operands: tuple[int, ...]

    def __bool__(self) -> bool:
        self._trace.refuse(self)
        op: Any = self._row
        return self._trace.ask(op, self._operands, self._data)  # type: ignore[no-any-return]

    def __array__(self, *args: Any, **options: Any) -> Any:
        from numpy import array

        return array(bool(self), *args, **options)

    @property
    def real(self) -> Any:
        return bool(self).real

    def conjugate(self) -> Any:
        return bool(self).conjugate()

    def _exactly(self) -> Any:
        return bool(self)

    def __repr__(self) -> str:
        return repr(bool(self))

    def __format__(self, spec: str) -> str:
        return format(bool(self), spec)

    def __hash__(self) -> int:
        return hash(bool(self))

    def __int__(self) -> int:
        return int(bool(self))

    __trunc__ = __index__ = __floor__ = __ceil__ = __int__

    def __round__(self, ndigits: int | None = None) -> int:
        return round(bool(self), ndigits) if ndigits is not None else int(bool(self))

    def __float__(self) -> float:
        return float(bool(self))


Condition.__name__ = "bool"


@once_a_row
def reflected(op: Op) -> Callable[..., Any]:
    """The method of a Symbol and what stands before it."""

    def method(b: Symbol, a: Any) -> Any:
        first = b._trace.operand(a)
        b._trace.refuse(b)
        return first if first is NotImplemented else recorded(b._trace, op, (first, b))

    return method


def take(op: Op) -> None:
    """Make the row a method of Symbol: as the operator behind it, under its own name and under NumPy's."""

    def method(a: Symbol, *others: Any) -> Any:
        trace = a._trace
        if trace.finished:
            trace.refuse(a)
        operands: list[Any] = [a]
        for x in others:
            operand = x if type(x) is float or (type(x) is Symbol and x._trace is trace) else trace.operand(x)
            if operand is NotImplemented:
                return NotImplemented
            operands.append(operand)
        return recorded(trace, op, tuple(operands))

    def compared(a: Symbol, b: Any) -> Any:
        answer = method(a, b)
        if type(answer) is Condition:
            frame = sys._getframe(1)
            if by_the_user(frame) and (a._trace.at_once or asks_identity(frame.f_code)):
                return bool(answer)
        return answer

    def named(*inputs: Any) -> Any:
        return Symbol.record(op, *inputs)

    methods = {op.dunder: method if op.rule else compared} if op.dunder else {}
    if op.dunder and op.rule is not None and op.arity == 2 and op.name != "add":
        methods[op.dunder.replace("__", "__r", 1)] = reflected(op)
    for name, function in {op.name: named, op.numpy: named, **methods}.items():
        setattr(Symbol, name, function)


every_row_a_method(Symbol, take)


# what Python's ints and bools can do beside, and the table does not have


def of_ints(function: Callable[..., Any], sign: str) -> Callable[..., Any]:
    """An operator of ints, which answers for these very ints."""

    def method(*operands: Any) -> Any:
        if any(isinstance(x, Symbol) and x._is_value for x in operands):
            kinds = " and ".join(repr((x._kind if isinstance(x, Symbol) else type(x)).__name__) for x in operands)
            raise TypeError(f"unsupported operand type(s) for {sign}: {kinds}")
        plain = [x._exactly() if isinstance(x, Symbol) and type(x._data) is not float else x for x in operands]
        return function(*[x._data if isinstance(x, Symbol) else x for x in plain])

    return method


def of_bools(function: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison of a Condition: that of the plain bool."""

    def method(a: Condition, b: Any) -> Any:
        return function(bool(a), bool(b) if type(b) is Condition else b)

    return method


POWER = vars(Symbol)["__pow__"]


def power(a: Any, b: Any, modulus: Any = None) -> Any:
    return POWER(a, b) if modulus is None else of_ints(pow, "** or pow()")(a, b, modulus)


drop_by_rounding(Symbol)
for word, apply in {"pow": power, "invert": of_ints(operator.invert, "~")}.items():
    setattr(Symbol, f"__{word}__", apply)
for word, sign in {"and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}.items():
    apply = of_ints(getattr(operator, f"__{word}__"), sign)
    setattr(Symbol, f"__{word}__", apply)
    setattr(Symbol, f"__r{word}__", lambda b, a, apply=apply: apply(a, b))
for word in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Condition, f"__{word}__", of_bools(getattr(operator, word)))
