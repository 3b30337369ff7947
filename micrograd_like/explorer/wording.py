"""Expressions of a trace in words: each by its name if it has one, or else by how it is computed."""

from __future__ import annotations

import ast

from ..operation import OPS, Op, once_a_row
from ..targets.python import tree_of
from ..trace.trace import Computed
from ..words.notation import formula
from ..words.numbers import number

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..trace.trace import Trace

DEEPEST_QUESTION = 5  # levels of a formula that is written out


@once_a_row
def letters_of_choice(op: Op) -> list[str]:
    """The letters of a row that only chooses, `x if c else y`, in this order; of any other none."""
    tree = tree_of(op) if op.is_text else None
    parts = [tree.body, tree.test, tree.orelse] if isinstance(tree, ast.IfExp) else []
    letters = [x.id for x in parts if isinstance(x, ast.Name)]
    return letters if len(letters) == 3 and {*letters} <= {*op.letters} else []


class Wording:
    """What to call the expressions of a trace, by their numbers.

    >>> from micrograd_like.trace.trace import Trace
    >>> trace = Trace("f")
    >>> y = (trace.input("x", 3.0) + 1) * 2
    >>> Wording(trace, trace.inputs).text(y._number)
    '(x + 1) × 2'
    """

    def __init__(self, trace: Trace, names: Mapping[int, str]) -> None:
        self.names = names
        self.constants = {k: float(x) for k, x in trace.constants.items()}
        self.steps = {entry.number: entry for entry in trace.steps if isinstance(entry, Computed)}

    def text(self, k: int, depth: int = DEEPEST_QUESTION, inside: Op | None = None) -> str:
        """The expression in terms of those that have names, in brackets where an operation stands inside another."""
        if k in self.names:
            return self.names[k]
        if k not in self.steps:
            return number(self.constants[k])
        if not depth:
            return "…"
        _, op, operands, _ = self.steps[k]
        if op is OPS["mul"] and self.constants.get(operands[0]) == -1:
            return "-" + self.text(operands[1], depth - 1, op)
        texts = [self.text(i, depth - 1, op) for i in operands]
        constants = [self.constants.get(i, "") for i in operands]
        if chosen := letters_of_choice(op):
            known = dict(zip(op.letters, texts, strict=True))
            return "({} if {} else {})".format(*map(known.get, chosen))
        text = op.asked(texts) if op.rule is None else formula(op, constants, texts)
        stronger = op.is_power and inside and not inside.is_power  # 3 × x² needs no brackets
        return f"({text})" if inside and inside.infix and op.infix and not stronger else text

    def question(self, op: Op, operands: tuple[int, ...]) -> str:
        """What a program asked: `price > 1000`."""
        return op.asked([self.text(k) for k in operands])
