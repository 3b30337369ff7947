"""Formulas as terms: how a value was computed, and its operation's own derivative, as a textbook or its rule has it."""

from __future__ import annotations

import ast
from math import inf, isclose, isnan, nan

from .. import ops
from ..diagnose.local import slope
from ..graph import Node, topological_order
from ..ieee import UNDER_IEEE, Ieee
from ..operation import OPS, once_a_row
from ..targets.python import tree_of
from ..trace.trace import changes_nothing
from ..transforms import higher
from ..value import Value, met
from ..words.numbers import number
from .textbook import TEXTBOOK

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..operation import Op

SUMS_AND_PRODUCTS = ("add", "sub", "mul", "neg", "pos")
MOST_TERMS = 24  # operations in a formula
EXACT = 0.005  # relative: by so much may a result of five digits be off, and an answer of three


class Term:
    """An operation on other terms, on Values, which go by their names, and on plain numbers."""

    __slots__ = ("inputs", "op", "size")

    def __init__(self, op: Op, inputs: tuple[Any, ...]) -> None:
        self.op = op
        self.inputs = inputs
        self.size: int = 1 + sum(x.size for x in inputs if isinstance(x, Term))  # how many operations it writes


def formula_of(v: Value) -> Any:
    """How v was computed; v itself if it is an input."""
    return Term(v.op, v.parents) if v.op else v


def numbers_in(v: Value) -> dict[Value, float]:
    """What an operation's formulas speak of: itself and the Values that it was applied to, with the numbers it met."""
    return {v: v._out, **{x: n for x, n in zip(v.parents, met(v), strict=True) if isinstance(x, Value)}}


def slope_formula(v: Value, k: int) -> Any:
    """The derivative of v's operation by its input k, in terms of v and its parents; None if there is no short formula.

    Of the textbook's formula and the rule's, the first in which five digits of each number lead to the derivative; or
    else the first that is right.
    """
    assert v.op
    right = slope(v.op, met(v), k)
    if right is None or isnan(right):
        return None
    known = numbers_in(v)
    formulas = [f for f in possible_formulas(v, k) if isclose(number_of_formula(f, known), right, rel_tol=1e-6)]
    return next((f for f in formulas if comes_by_hand(f, v, right)), formulas[0] if formulas else None)


def comes_by_hand(formula: Any, v: Value, right: float) -> bool:
    """Whether the formula comes to the derivative with the numbers as they are written, in five digits."""
    shown = {x: as_written(n) for x, n in numbers_in(v).items()}
    return isclose(number_of_formula(formula, shown), right, rel_tol=EXACT)


def as_written(x: float) -> float:
    """A number as a reader has it, in five digits."""
    return float(number(x).replace("∞", "inf"))


def number_of_formula(formula: Any, known: dict[Value, float]) -> float:
    """The value of a formula under IEEE 754; nan if it cannot be computed."""
    if isinstance(formula, Value):
        return known.get(formula, formula.data)
    if not isinstance(formula, Term):
        return float(formula)
    try:
        return float(Ieee.record(formula.op, *(number_of_formula(x, known) for x in formula.inputs)))
    except (TypeError, ArithmeticError, ValueError):  # TypeError: of a complex number
        return nan


def possible_formulas(v: Value, k: int) -> Iterator[Any]:
    """The formulas for the derivative by input k, the textbook's first.

    A rule is applied to stand-ins for the parents and for v, and what it does to them is the formula.
    """
    assert v.op
    for rule in (textbook, higher.backward_on_nodes):
        for plain in ((), (float,)):  # a user's rule may ask for the constants as the floats that they are
            stands_for: dict[Any, Any] = {}
            inputs = tuple(
                x if type(x) in plain else stand_in(x, n, stands_for) for x, n in zip(v.parents, met(v), strict=True)
            )
            g = stand_in(1.0, 1.0, stands_for)
            try:
                answer = rule(v.op, inputs, stand_in(v, v._out, stands_for), g)[k]
                formula = simplified(answer, stands_for)
            except Exception:  # a rule of the user's own may do what only numbers can
                continue
            if formula is not None and not (isinstance(formula, Term) and formula.size > MOST_TERMS):
                yield formula


def textbook(op: Any, inputs: tuple[Any, ...], out: Any, g: Any) -> tuple[Any, ...]:
    """The textbook's derivatives by all inputs; under IEEE 754 where they divide by 0."""
    try:
        answer = TEXTBOOK[op.name](*inputs, out)
    except ZeroDivisionError:
        with UNDER_IEEE:
            answer = TEXTBOOK[op.name](*inputs, out)
    return answer if isinstance(answer, tuple) else (answer,)


def stand_in(x: Any, number: float, stands_for: dict[Any, Any]) -> Value:
    """A leaf that stands for a constant, or for a Value with the number that it had when it was used."""
    leaf = Value(number)
    stands_for[leaf] = x
    return leaf


def simplified(answer: Any, known: dict[Any, Any]) -> Any:
    """A graph as a term: sums of constants are computed, `1 × x` is x, and a choice is what was chosen."""
    if not isinstance(answer, Node):
        return None if answer is None else float(answer)
    most = len(known) + MOST_TERMS
    for v in topological_order(answer, beyond=known):
        if len(known) > most:
            return None
        chosen = chosen_by(v)
        for u in topological_order(chosen, beyond=known) if isinstance(chosen, Value) else ():
            known[u] = term(u, tuple(known.get(x, x) for x in u.parents))
        known[v] = known.get(chosen, chosen)
    return known[answer]


def chosen_by(v: Value) -> Any:
    """If v is a choice, what was chosen: an input, or, of an operation that users do not know, a formula; else v."""
    if v.op is None or not is_choice(v.op):
        return v
    try:
        chosen = in_rows(v.op)(*v.parents)
    except (ArithmeticError, TypeError, ValueError, NameError):
        return v
    return chosen if v.op.name not in ops.PUBLIC or any(chosen is x for x in v.parents) else v


@once_a_row
def is_choice(op: Op) -> bool:
    """Whether the value is written as a choice of two."""
    return op.is_text and isinstance(tree_of(op), ast.IfExp)


@once_a_row
def in_rows(op: Op) -> Callable[..., Any]:
    """The spelling as a function of Values."""
    namespace = {"inf": inf, "nan": nan, **vars(ops)}
    return eval(f"lambda {', '.join(op.letters)}: {op.spelling}", namespace)  # type: ignore[no-any-return]


def term(v: Value, inputs: tuple[Any, ...]) -> Any:
    """An operation of a formula, or something shorter that is equal to it: x for `x + 0`, 0 for `0 × x`."""
    op = v.op
    if op is None:
        return v if v.name else v._out
    if is_seen_at_once(op, inputs, v._out):
        return v._out
    zeros = [type(x) is float and x == 0 for x in inputs]
    if (op is OPS["mul"] and any(zeros)) or (op is OPS["truediv"] and zeros[0]):
        return 0.0
    for k, x in enumerate(inputs):
        others = inputs[:k] + inputs[k + 1 :]
        if not all(type(other) is float for other in others):
            continue
        if changes_nothing(op, k, others) or (op is OPS["add"] and others == (0.0,)):
            return x
        if op is OPS["mul"] and others == (-1.0,):
            return Term(OPS["neg"], (x,))
    return Term(op, inputs)


def is_seen_at_once(op: Op, inputs: tuple[Any, ...], out: float) -> bool:
    """Whether it comes to a number that a reader sees at once: a sum or product of numbers, or a whole number."""
    if op.is_power and type(inputs[1]) is float and inputs[1] == 0:
        return True
    if any(type(x) is not float for x in inputs):
        return False
    return op in map(OPS.get, SUMS_AND_PRODUCTS) or (op is not OPS["truediv"] and out.is_integer())
