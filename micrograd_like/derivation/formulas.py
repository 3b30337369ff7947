"""Formulas as terms: how a value was computed, and its operation's own derivative, obtained from the rule itself."""

from __future__ import annotations

from functools import cache

from .. import higher, ops
from ..graph import Node, topological_order
from ..operation import OPS
from ..symbol import changes_nothing
from ..value import Value
from ..why.branches import met

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..operation import Op

MOST_TERMS = 24


class Term:
    """An operation on other terms, on Values, which go by their names, and on plain numbers."""

    __slots__ = ("inputs", "op", "size")

    def __init__(self, op: Op, inputs: tuple[Any, ...]) -> None:
        self.op = op
        self.inputs = inputs
        self.size: int = 1 + sum(x.size for x in inputs if isinstance(x, Term))  # how many operations it writes


def definition(v: Value) -> Any:
    """How v was computed; v itself if it is an input."""
    return Term(v.op, v.parents) if v.op else v


def slope_formula(v: Value, k: int) -> Any:
    """The derivative of v's operation by its input k, in terms of v and its parents; None if there is no short formula.

    The rule is applied to stand-ins for the parents and for v, and what it does to them is the formula.
    """
    if v.op is None:
        return None
    stands_for: dict[Value, Value] = {}
    inputs = tuple(
        x if type(x) is float else stand_in(x, n, stands_for) for x, n in zip(v.parents, met(v), strict=True)
    )
    g = Value(1.0)
    try:
        answer = higher.backward(v.op, inputs, stand_in(v, v._out, stands_for), g)[k]
        formula = simplified(answer, {g: 1.0, **stands_for})
    except Exception:  # a rule of the user's own may do what only numbers can
        return None
    return None if isinstance(formula, Term) and formula.size > MOST_TERMS else formula


def stand_in(v: Value, number: float, stands_for: dict[Value, Value]) -> Value:
    """A leaf that holds the number which v had when it was used."""
    leaf = Value(number)
    stands_for[leaf] = v
    return leaf


def simplified(answer: Any, known: dict[Any, Any]) -> Any:
    """A graph as a term: constants are computed, `1 × x` is x, and of a choice there stays what was chosen."""
    if not isinstance(answer, Node):
        return None if answer is None else float(answer)
    for v in topological_order(answer, beyond=known):
        if len(known) > MOST_TERMS:
            return None
        chosen = choice(v)
        for u in topological_order(chosen, beyond=known) if isinstance(chosen, Value) else ():
            known[u] = term(u, tuple(known.get(x, x) for x in u.parents))
        known[v] = known.get(chosen, chosen)
    return known[answer]


def choice(v: Value) -> Any:
    """What v comes to, if its operation only chooses one of its inputs, or is not known to users; else v itself."""
    if v.op is None or " if " not in v.op.spelling:
        return v
    try:
        chosen = in_rows(v.op)(*v.parents)
    except (ArithmeticError, TypeError, ValueError, NameError):
        return v
    return chosen if v.op.name not in ops.PUBLIC or any(chosen is x for x in v.parents) else v


@cache
def in_rows(op: Op) -> Callable[..., Any]:
    """The spelling as a function of Values."""
    return eval(f"lambda {', '.join(op.letters)}: {op.spelling}", vars(ops))  # type: ignore[no-any-return]


def term(v: Value, inputs: tuple[Any, ...]) -> Any:
    op = v.op
    if op is None or all(type(x) is float for x in inputs):
        return v._out
    unknown = [k for k, x in enumerate(inputs) if type(x) is not float]
    if len(unknown) == 1:
        k = unknown[0]
        if changes_nothing(op, k, inputs[:k] + inputs[k + 1 :]):
            return inputs[k]
        if op.label == "×" and inputs[1 - k] == -1.0:
            return Term(OPS["neg"], (inputs[k],))
    return Term(op, inputs)
