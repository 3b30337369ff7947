"""The rows of the table as methods of Value and of Active: they compute, and remember."""

from __future__ import annotations

from . import ieee
from .active import NOTED, Active, look, seen_class
from .backward import NOTHING, refuse
from .checked import answers_itself, is_real
from .core import core, fast, kinds_of, made
from .failure import answered_or_raised
from .graph import Node
from .operation import OPS, Op, every_row_a_method, once_a_row
from .runs.foreign import LISTENER
from .runs.running import THREAD
from .value import Value, checked_float, compared, data_of, is_value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

new = object.__new__


def unary(op: Op, kind: type[Value]) -> Callable[..., Any]:
    value = op.value

    def method(a: Value) -> Any:
        x = a._data
        try:
            out = value(x)
        except (ArithmeticError, ValueError) as error:
            out = answered_or_raised(error, op, a)
        return made(out, op, a, x, None, None, kind)

    return method


def binary(op: Op, kind: type[Value]) -> Callable[..., Any]:
    """The method of a Value and what stands after it. It spells out `made`: this is where a program's time goes."""
    value = op.value
    constant = op.by_constant or op

    def method(a: Value, b: Any) -> Any:
        row = constant
        if type(b) is kind:
            row = op
            y = b._data
        elif type(b) is float:
            y = b
        elif type(b) is int:
            b = y = float(b)
        elif is_value(b):
            if type(b) is Active:
                return binary_of(op, Active)(a, b)
            row = op
            y = b._data
        elif is_real(b) and not (op.dunder and answers_itself(b, op.dunder)):
            b = y = float(b)
        else:
            return NotImplemented
        x = a._data
        try:
            out = value(x, y)
        except (ArithmeticError, ValueError) as error:
            out = answered_or_raised(error, op, a, b)
        if core:
            return made(out, row, a, x, b, y, kind)
        v = new(kind)
        v._data = v._out = out
        v.grad = 0.0
        v.name = None
        v.op = row
        v._a = a
        v._b = b
        v._x = x
        v._y = y
        v._mark = None
        return v

    return method


binary_of = once_a_row(binary)


@once_a_row
def reflected(op: Op, kind: type[Value]) -> Callable[..., Any]:
    """The method of a Value and the number, or the Value of another class, that stands before it."""
    value = op.value

    def method(b: Value, a: Any) -> Any:
        if type(a) is int:
            a = float(a)
        elif type(a) is not float:
            if is_value(a):
                return binary_of(op, kind)(a, b)
            if not is_real(a):
                return NotImplemented
            a = float(a)
        y = b._data
        try:
            out = value(a, y)
        except (ArithmeticError, ValueError) as error:
            out = answered_or_raised(error, op, a, b)
        return made(out, op, a, a, b, y, kind)

    return method


def float_of(x: Any) -> float | None:
    """A real number as a float; None for anything else."""
    return float(x) if is_real(x) else None


def as_operands(inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[float, ...]] | None:
    """The inputs, plain numbers as floats, and the numbers of all of them; None if anything else is among them."""
    parents: tuple[Any, ...] = tuple([x if type(x) is float or is_value(x) else float_of(x) for x in inputs])
    if type(None) in kinds_of(parents):
        return None
    return parents, tuple([x if type(x) is float else x._data for x in parents])


operands_in_python = as_operands
if core:
    as_operands = core.as_operands


def nary(op: Op, kind: type[Value]) -> Callable[..., Any]:
    value = op.value

    def method(*inputs: Any) -> Any:
        found = as_operands(inputs)
        if found is None:
            return NotImplemented
        parents, xs = found
        try:
            out = value(*xs)
        except (ArithmeticError, ValueError) as error:
            out = answered_or_raised(error, op, *parents)
        return made(out, op, parents, xs, None, None, kind)

    return method


@once_a_row
def method(op: Op, kind: type[Value]) -> Callable[..., Any]:
    """A Value's method for the row."""
    if op.rule is None:
        return compared(op)
    return unary(op, kind) if op.arity == 1 else binary_of(op, kind) if op.arity == 2 else nary(op, kind)


def taken_by(kind: type[Value]) -> Callable[[Op], None]:
    """A function that gives this class the methods of a row: its operator, its own name, and NumPy's name for it."""

    own = {*vars(kind)}  # the __eq__ of a run

    def take(op: Op) -> None:
        apply = asked = method(op, kind)
        if kind is Active:
            asked = NOTED.get(op.name, apply)
        behind = after_zero(kind) if op.name == "add" else reflected(op, kind) if op.rule and op.arity == 2 else None
        methods = {op.dunder: asked, op.dunder.replace("__", "__r", 1): behind} if op.dunder else {}
        if core and core.register(op, asked, behind, kind is Active):  # the core asks these where it does not know
            methods = {}
        named = apply if op.arity == 1 and not op.wider else lambda *inputs: Value.record(op, *inputs)
        for name, function in {op.name: fast(op, named), op.numpy: fast(op, named), **methods}.items():
            if name not in own and function:
                setattr(kind, name, function)

    return take


def after_zero(kind: type[Value]) -> Callable[[Any, Any], Any]:
    """The method of what stands after a plain number and +."""

    def method(self: Value, other: Any) -> Any:
        """`sum` starts from the int 0, and 0 + x is x (-0.0 too, which a float's 0 + x would make 0.0)."""
        return self if type(other) is int and other == 0 else add_reflected(self, other)

    add_reflected = reflected(OPS["add"], kind)
    return method


def record_values(op: Op, *inputs: Any) -> Any:
    """The operation applied to inputs of which one at least is a Value."""
    if len(inputs) != op.arity:
        op = op.widened(inputs)
        inputs = op.completed(inputs)
    kind = Active if Active in kinds_of(inputs) else Value
    if op.arity == 2 and not is_value(inputs[0]):
        answer = reflected(op, kind)(inputs[1], inputs[0])
    else:
        answer = method(op, kind)(*inputs)
    if answer is NotImplemented:
        wrong = next((x for x in inputs if not is_value(x) and not is_real(x)), inputs[-1])
        if isinstance(wrong, Node):  # a number inside a trace, which knows what to do with Values
            return wrong.record(op, *inputs)
        raise TypeError(f"{op.called} takes numbers and Values, not {wrong!r}")
    return answer


def shares_of(v: Value, g: float) -> tuple[float | None, ...]:
    """What the local backward closure answers: the core asks this where it does not know."""
    return v._backward(g)


Value.record = staticmethod(record_values)  # type: ignore[method-assign]
if core:
    core.setup(
        checked_float,
        data_of,
        shares_of,
        refuse,
        ieee.limits,
        operands_in_python,
        seen_class,
        NOTHING,
        THREAD,
        LISTENER.runs,
        look,
    )
every_row_a_method(Value, taken_by(Value))
every_row_a_method(Active, taken_by(Active))
