"""Checks of what a user gives: whether it is a real number, and whether an operation of their own answers floats."""

from __future__ import annotations

from functools import wraps
from numbers import Complex, Number, Real

from .core import kinds_of
from .graph import Node

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .operation import Op

FLOATS_ALONE = {float}
OF_PLAIN_NUMBERS = {"builtins", "numpy", "fractions", "decimal"}  # modules whose numbers are nothing else
OUR_OWN = __name__.partition(".")[0] + "."
FROM_THE_OTHER_SIDE = {"__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__ge__", "__ge__": "__le__"}
FROM_THE_OTHER_SIDE |= {"__eq__": "__eq__", "__ne__": "__ne__"}


def checked(op: Op) -> Op:
    """A user's row, whose value and rule answer floats from now on, or raise an error that says what they answered."""
    value: Any = op.value
    rule: Any = op.rule

    def share(x: Any) -> Any:
        if x is None or isinstance(x, Node):
            return x
        if not is_real(x):
            raise TypeError(f"the rule of {op.name} answers numbers; it answered {x!r}")
        return float(x)

    @wraps(value)
    def checked_value(*inputs: float) -> float:
        out = value(*inputs)
        if type(out) is float:
            return out
        if not is_real(out):
            raise TypeError(f"the value of {op.name} is a real number; it answered {out!r}")
        return float(out)

    @wraps(rule)
    def checked_rule(*inputs: Any) -> Any:
        answer = rule(*inputs)
        if op.arity == 1:
            if type(answer) is float:
                return answer
        elif type(answer) is tuple and kinds_of(answer) == FLOATS_ALONE and len(answer) == (op.arity or len(inputs[0])):
            return answer
        shares = tuple(map(share, answer if isinstance(answer, tuple | list) else [answer]))
        expected = op.arity or len(inputs[0])
        if len(shares) != expected:
            raise TypeError(f"the rule of {op.name} answers for {len(shares)} inputs; there are {expected}")
        if op.arity in (1, 2):
            shares = tuple(0.0 if x is None else x for x in shares)
        return shares[0] if op.arity == 1 else shares

    op.value, op.rule = checked_value, checked_rule
    return op


def answers_itself(x: Any, dunder: str) -> bool:
    """Whether x, which stands after the operator of this method, has an answer of its own, as to a float before it.

    So has an array with units or a mask, and a class below float or int that has the method from the other side.
    """
    kind = type(x)
    if kind.__module__ in OF_PLAIN_NUMBERS or kind.__module__.startswith(OUR_OWN):
        return False
    if hasattr(kind, "__array_finalize__"):
        return True
    base: Any = next(each for each in kind.__mro__ if each.__module__ in OF_PLAIN_NUMBERS)  # as NumPy's float64
    name = FROM_THE_OTHER_SIDE.get(dunder, f"__r{dunder[2:]}")
    return issubclass(base, float | int) and getattr(kind, name, None) is not getattr(base, name, None)


def is_real(x: Any) -> bool:
    """Whether x is an int, bool, float, Fraction, Decimal or NumPy scalar."""
    if isinstance(x, Node):
        return False
    if isinstance(x, Number) and not hasattr(x, "dtype"):
        return isinstance(x, Real) or not isinstance(x, Complex)  # a Decimal is a bare Number
    return hasattr(type(x), "dtype") and (
        getattr(x, "shape", None) == () and getattr(getattr(x, "dtype", None), "kind", "-") in "biuf"
    )  # NumPy's bool; an array without dimensions
