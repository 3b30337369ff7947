"""The same operations under IEEE 754: where Python raises, the answer is inf or nan, and the pass goes on.

Backward takes this path only when a rule has raised, at a singular point: sqrt at 0, where the derivative is inf.
"""

from __future__ import annotations

from _thread import _local
from math import copysign, inf, log, nan

from .graph import Node
from .operation import Op, every_row_a_method

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any


class Ieee(float, Node):
    """A float whose operations answer inf or nan where a float's raise.

    >>> 1 / Ieee(0), Ieee(0) / Ieee(0), Ieee(-10) ** 309
    (inf, nan, -inf)
    """

    __slots__ = ()

    @staticmethod
    def record(op: Op, *inputs: float) -> Any:
        try:
            out = op.value(*map(float, inputs))
        except (ArithmeticError, ValueError) as error:
            out = answer_under_ieee(op, error, *map(float, inputs))
        return Ieee(out) if type(out) is float else out


def answer_under_ieee(op: Op, error: Exception, x: float, y: float = 1.0, z: float = 0.0, *_: float) -> float:
    """What IEEE 754 and C answer where Python raises this error."""
    match op.name:
        case "truediv" | "floordiv" if x == x and x != 0:
            return copysign(inf, x) * copysign(1.0, y)
        case "pow" | "pow_const" if x == 0 or isinstance(error, OverflowError):
            return copysign(inf, x) if y % 2 == 1 else inf
        case "log" | "log2" | "log10" if x == 0:
            return -inf
        case "log1p" if x == -1:
            return -inf
        case "atanh" | "gamma" if x in (-1, 0, 1):
            return copysign(inf, x) if op.name == "atanh" or x == 0 else nan
        case "lgamma" if x.is_integer():
            return inf
        case "cosh":
            return inf
        case "fma":
            return x * y + z
        case "log_base" if x >= 0 and y >= 0:
            top, bottom = (log(number) if number else -inf for number in (x, y))
            return top / bottom if bottom else copysign(inf, top) if top else nan
    return copysign(inf, x) if isinstance(error, OverflowError) else nan


def make_method(op: Op) -> None:
    """Make the row a method of Ieee."""

    def method(*inputs: float) -> Any:
        return Ieee.record(op, *inputs)

    if op.rule is None:  # float compares well enough
        return
    setattr(Ieee, op.dunder or op.name, method)
    if op.dunder and op.arity == 2:
        setattr(Ieee, op.dunder.replace("__", "__r", 1), lambda x, y: method(y, x))


every_row_a_method(Ieee, make_method)


class UnderIeee(_local):
    """While it is entered, the operations of Values in this thread answer inf or nan where they would raise."""

    depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


UNDER_IEEE = UnderIeee()


def backward(op: Op, inputs: tuple[float, ...], out: float, g: float) -> tuple[float | None, ...]:
    """What each input receives: the rule on numbers, and where that raises, the rule under IEEE 754."""
    try:
        return op.backward(inputs, out, g)
    except (ArithmeticError, ValueError):
        return limits(op, inputs, out, g)


def limits(op: Op, inputs: tuple[float, ...], out: float, g: float) -> tuple[float | None, ...]:
    """What each input receives where the rule on numbers raises: the rule under IEEE 754."""
    try:
        shares = op.backward(tuple(map(Ieee, inputs)), Ieee(out), Ieee(g))
    except (ArithmeticError, ValueError):  # the rule leaves this arithmetic, as by calling `math.log`
        return (nan,) * len(inputs)
    return tuple(None if share is None else float(share) for share in shares)
