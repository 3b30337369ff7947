"""The rows of the table as methods of Symbol: what is done to a number inside a trace is recorded, and done."""

from __future__ import annotations

import operator
import sys
from math import copysign, inf

from ..checked import answers_itself
from ..core import core
from ..failure import explained, of_operator
from ..ieee import Ieee
from ..operation import OPS, Op, compiled, every_row_a_method, once_a_row
from ..runs.bytecode import asks_identity
from ..runs.positions import asking_frame, by_the_user
from .condition import Condition
from .raising import is_kept, is_own, may_catch
from .symbol import Symbol
from .trace import Computed

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .trace import Trace


def record_symbols(op: Op, *inputs: Any) -> Any:
    """The operation applied to inputs of which one at least is a Symbol."""
    op = op.widened(inputs)
    inputs = op.completed(inputs)
    trace = next(x._trace for x in inputs if isinstance(x, Symbol))
    if trace.finished:
        trace.refuse(next(x for x in inputs if isinstance(x, Symbol)))
    parents = tuple(map(trace.operand, inputs))
    for x, parent in zip(inputs, parents, strict=True):
        if parent is NotImplemented:
            if not issubclass(type(x), Symbol) and hasattr(x, "_number"):  # it holds one, and knows what to do
                return x.record(op, *inputs)
            raise TypeError(f"{op.called} takes numbers and Values, not {x!r}")
    return recorded(trace, op, parents)


def recorded(trace: Trace, op: Op, parents: tuple[Any, ...]) -> Any:
    """The Symbol that an operation makes of Symbols and plain numbers, known to be such."""
    if op.by_constant and not isinstance(parents[1], Symbol):
        op = op.by_constant
    kinds = [type(x._data if isinstance(x, Symbol) else x) for x in parents[op.is_choice :]]
    if int in kinds or bool in kinds:
        if may_answer_int(op) and bool in kinds and not has_value(parents):
            return operator_of(op)(*parents)  # a bool stays one
        op, parents = with_whole_numbers(op, parents)
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
    out = outcome(trace, op, parents, numbers, operands)
    number = trace.compute(op, tuple(operands), numbers, fixed, out)
    if op.rule is not None:
        return Symbol(trace, op, tuple(nodes), out, number, None, is_value)
    condition = Condition(trace, op, tuple(nodes), out, number)
    condition._operands = tuple(operands)
    if trace.at_condition:
        trace.at_condition(condition)
    return condition


def nearest(x: Any) -> float:
    """The number as a float, as a graph keeps it."""
    try:
        return float(x)
    except OverflowError:  # of an int
        return copysign(inf, x > 0 or -1)


@once_a_row
def may_answer_int(op: Op) -> bool:
    """Whether the row chooses between branches, one of which answers an int where its operands are ints."""
    from ..targets.python import chooses_an_int  # which reads spellings: few programs need it

    return chooses_an_int(op)


def has_value(parents: tuple[Any, ...]) -> bool:
    """Whether one of the operands stands for a Value."""
    return any(isinstance(x, Symbol) and x._is_value for x in parents)


def with_whole_numbers(op: Op, parents: tuple[Any, ...]) -> tuple[Op, tuple[Any, ...]]:
    """The operation and its operands, some of which are ints, such that all calls answer an int if this one does."""
    if op is not OPS["pos"] or not parents[0]._trace.counts_truths:
        parents = tuple([as_whole(x) if k or not op.is_choice else x for k, x in enumerate(parents)])
    is_value = has_value(parents)
    if op.by_constant and not is_value and all(type(x._data if isinstance(x, Symbol) else x) is int for x in parents):
        exponent = parents[1]._exactly()  # 2 ** -1 is a float
        return op.by_constant, (parents[0], exponent)
    if may_answer_int(op):
        if is_value:
            return op, tuple([floated(x) for x in parents])
        operator_of(op)(*parents)
    return op, parents


def as_whole(x: Any) -> Any:
    """A condition as the int 1 or 0, which a bool is in arithmetic; anything else as it is."""
    if type(x) is not Condition:
        return x
    return recorded(x._trace, OPS["pos"], (x,)) if x._trace.counts_truths else int(x)


def floated(x: Any) -> Any:
    """The number as a float; a condition as it is."""
    if isinstance(x, Symbol):
        return recorded(x._trace, OPS["as_float"], (x,)) if type(x._data) is int else x
    return float(x) if type(x) is int else x


def outcome(trace: Trace, op: Op, parents: tuple[Any, ...], numbers: list[Any], operands: list[int]) -> Any:
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
            if trace.at_failure and trace.letter == "v":  # rules of derivatives raise nothing there
                trace.at_failure()
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


@once_a_row
def reflected_in_trace(op: Op) -> Callable[..., Any]:
    """The method of a Symbol and what stands before it."""

    def method(b: Symbol, a: Any) -> Any:
        first = b._trace.operand(a)
        b._trace.refuse(b)
        return first if first is NotImplemented else recorded(b._trace, op, (first, b))

    return method


def add_reflected(b: Symbol, a: Any) -> Any:
    """The method of a Symbol and what stands before it and +: `sum` leaves no 0 + in the graph."""
    return b if type(a) is int and a == 0 and b._is_value else reflected_in_trace(OPS["add"])(b, a)


def make_methods(op: Op) -> None:
    """Make the row a method of Symbol: as the operator behind it, under its own name and under NumPy's."""

    def method(a: Symbol, *others: Any) -> Any:
        trace = a._trace
        if trace.finished:
            trace.refuse(a)
        operands: list[Any] = [a]
        for x in others:
            operand = x if type(x) is float or (type(x) is Symbol and x._trace is trace) else trace.operand(x)
            if operand is NotImplemented or (operand is not x and op.dunder and answers_itself(x, op.dunder)):
                return NotImplemented
            operands.append(operand)
        return recorded(trace, op, tuple(operands))

    def compared(a: Symbol, b: Any) -> Any:
        answer = method(a, b)
        if type(answer) is Condition:
            frame = asking_frame(sys._getframe(1))
            if by_the_user(frame) and (a._trace.at_once or asks_identity(frame.f_code)):
                return bool(answer)
        return answer

    def named(*inputs: Any) -> Any:
        return Symbol.record(op, *inputs)

    for name in (op.name, op.numpy):
        setattr(Symbol, name, named)
    if op.dunder and op.rule is None:
        setattr(Symbol, op.dunder, compared)
    elif op.dunder:
        reflected = None if op.arity == 1 else add_reflected if op.name == "add" else reflected_in_trace(op)
        make_operator(op, modular(method) if op.name == "pow" else method, reflected)


def make_operator(op: Op, method: Callable[..., Any], reflected: Callable[..., Any] | None) -> None:
    """Make these the methods of an operator; where the core has it, the core calls them where it does not know."""
    if core and core.set_traced(op, method, reflected):
        return
    setattr(Symbol, op.dunder, method)
    if reflected:
        setattr(Symbol, op.dunder.replace("__", "__r", 1), reflected)


def modular(power: Callable[..., Any]) -> Callable[..., Any]:
    """The method of `**`, and of `pow` with a modulus, which is one of ints."""

    def method(a: Any, b: Any, modulus: Any = None) -> Any:
        return power(a, b) if modulus is None else of_ints(pow, "** or pow()")(a, b, modulus)

    return method


# what Python's ints can do beside, and the table does not have


def of_ints(function: Callable[..., Any], sign: str) -> Callable[..., Any]:
    """An operator of ints, which answers for these very ints."""

    def method(*operands: Any) -> Any:
        if any(isinstance(x, Symbol) and x._is_value for x in operands):
            kinds = " and ".join(repr((x._kind if isinstance(x, Symbol) else type(x)).__name__) for x in operands)
            raise TypeError(f"unsupported operand type(s) for {sign}: {kinds}")
        plain = [x._exactly() if isinstance(x, Symbol) and type(x._data) is not float else x for x in operands]
        return function(*[x._data if isinstance(x, Symbol) else x for x in plain])

    return method


Symbol.record = staticmethod(record_symbols)  # type: ignore[method-assign]
if core:
    core.set_tracing(Symbol, Computed, record_symbols, may_catch)
    Symbol.record = staticmethod(core.record_traced)  # type: ignore[method-assign]
every_row_a_method(Symbol, make_methods)
Symbol.__invert__ = of_ints(operator.invert, "~")  # type: ignore[operator]
for word, sign in {"and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}.items():
    apply = of_ints(getattr(operator, f"__{word}__"), sign)
    setattr(Symbol, f"__{word}__", apply)
    setattr(Symbol, f"__r{word}__", lambda b, a, apply=apply: apply(a, b))
