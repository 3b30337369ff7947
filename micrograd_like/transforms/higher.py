"""Local backward closures on nodes instead of numbers: what they answer is a graph, to be differentiated again."""

from __future__ import annotations

from functools import partial
from math import nan

from ..core import made
from ..errors import Singular
from ..ieee import Ieee
from ..operation import OPS, Op, every_row_a_method
from ..trace.symbol import Symbol
from ..value import Value, is_value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def closure_on_nodes(node: Any) -> Callable[[Any], tuple[Any, ...]]:
    """The node's rule, closed over its parents and itself.

    >>> x = Value(3.0, "x")
    >>> slope, _ = closure_on_nodes(x**2)(1.0)
    >>> slope.backward()
    >>> slope.data, x.grad
    (6.0, 2.0)
    """
    return partial(backward, node._row, node._parents, node)


def backward(op: Op, parents: tuple[Any, ...], node: Any, g: Any) -> tuple[Any, ...]:
    """What each parent receives: the rule on nodes, and where that raises, the rule under IEEE 754."""
    try:
        return op.backward(parents, node, g)
    except (ArithmeticError, ValueError):
        if isinstance(node, Symbol) and not node._trace.ieee:
            raise Singular from None
        try:
            return op.backward(tuple(map(limiting, parents)), limiting(node), limiting(g))
        except (ArithmeticError, ValueError):  # the rule leaves this arithmetic, as by calling `math.log`
            return (nan,) * len(parents)


class Limiting(Value):
    """A Value whose operations answer inf or nan where a Value's raise: a derivative at a singular point.

    >>> pole = 1 / limiting(Value(0.0))
    >>> pole.data
    inf
    """

    __slots__ = ()

    @staticmethod
    def record(op: Op, *inputs: Any) -> Any:
        op = op.widened(inputs)
        parents: tuple[Any, ...] = tuple(x if is_value(x) else float(x) for x in op.completed(inputs))
        if op.by_constant and not is_value(parents[1]):
            op = op.by_constant
        numbers = tuple(x._data if is_value(x) else x for x in parents)
        out = float(Ieee.record(op, *numbers))
        pairs = [*zip(parents, numbers, strict=True)] if op.arity in (1, 2) else [(parents, numbers)]
        a, x, b, y = [*(part for pair in pairs for part in pair), None, None][:4]
        return made(out, op, a, x, b, y, Limiting)


def limiting(x: Any) -> Any:
    """The Value, where arithmetic with it follows IEEE 754; a plain number as it is."""
    return Limiting.record(OPS["pos"], x) if is_value(x) else x


def take(op: Op) -> None:
    """Make the row a method of Limiting."""

    def method(*inputs: Any) -> Any:
        return Limiting.record(op, *inputs)

    if op.rule is None:  # a Value compares well enough
        return
    for name in {op.name, op.numpy, op.dunder} - {""}:
        setattr(Limiting, name, method)
    if op.dunder and op.arity == 2:
        setattr(Limiting, op.dunder.replace("__", "__r", 1), lambda x, y: method(y, x))


every_row_a_method(Limiting, take)
