"""Local backward closures on nodes instead of numbers: what they answer is a graph, to be differentiated again."""

from __future__ import annotations

from functools import partial
from math import nan

from ..core import core
from ..errors import Singular
from ..ieee import UNDER_IEEE
from ..operation import Op
from ..trace.symbol import Symbol

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def closure_on_nodes(node: Any) -> Callable[[Any], tuple[Any, ...]]:
    """The node's rule, closed over its parents and itself.

    >>> from micrograd_like import Value
    >>> x = Value(3.0, "x")
    >>> slope, _ = closure_on_nodes(x**2)(1.0)
    >>> slope.backward()
    >>> slope.data, x.grad
    (6.0, 2.0)
    """
    return partial(backward_on_nodes, node._row, node._parents, node)


def backward_on_nodes(op: Op, parents: tuple[Any, ...], node: Any, g: Any) -> tuple[Any, ...]:
    """What each parent receives: the rule on nodes, and where that raises, the rule under IEEE 754."""
    try:
        return op.backward(parents, node, g)
    except (ArithmeticError, ValueError):
        return shares_after_error(op, parents, node, g)


def shares_after_error(op: Op, parents: tuple[Any, ...], node: Any, g: Any) -> tuple[Any, ...]:
    """What each parent receives where the rule has raised: its answer under IEEE 754; an error in an exact trace."""
    if isinstance(node, Symbol) and not node._trace.ieee:
        raise Singular from None
    try:
        with UNDER_IEEE:
            return op.backward(parents, node, g)
    except (ArithmeticError, ValueError):  # the rule leaves this arithmetic, as by calling `math.log`
        return (nan,) * len(parents)


if core:
    core.set_closure(closure_on_nodes, shares_after_error)
