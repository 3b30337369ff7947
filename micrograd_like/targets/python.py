"""Python as a language for rows: how strongly their spellings bind, and where they need brackets."""

from __future__ import annotations

import ast
import re

from ..operation import BUILT_IN, Op, once_a_row

WEAKEST, ATOM = 0, 9  # how strongly an expression binds: a conditional, and a name, a number or a call
BINDING = {
    ast.Add: 2, ast.Sub: 2, ast.Mult: 3, ast.Div: 3, ast.FloorDiv: 3, ast.Mod: 3, ast.Pow: 5,
}  # fmt: skip


@once_a_row
def tree_of(op: Op) -> ast.expr:
    """The spelling of a row as Python reads it."""
    return ast.parse(op.spelling.strip(), mode="eval").body


def is_builtin(op: Op) -> bool:
    """Whether this is a row of `ops.py`, or a question."""
    return op.name in BUILT_IN or op.rule is None


@once_a_row
def strength_of(op: Op) -> int:
    """How strongly the spelling of an operation binds its operands; ATOM for a call, where they need no brackets."""
    if is_call(op):
        return ATOM
    tree = tree_of(op)
    letters = [x for x in ast.iter_child_nodes(tree) if isinstance(x, ast.Name)]
    if not is_builtin(op) or not op.arity or len(letters) < op.arity:
        return WEAKEST
    if isinstance(tree, ast.BinOp):
        return BINDING[type(tree.op)]
    return {ast.Compare: 1, ast.UnaryOp: 4}.get(type(tree), WEAKEST)


@once_a_row
def binding_of(op: Op) -> int:
    """How strongly the spelling of an operation binds where it is an operand."""
    return strength_of(op) if is_builtin(op) and op.is_text else ATOM


@once_a_row
def is_conditional(op: Op) -> bool:
    """Whether it may leave out a part of its spelling."""
    return any(isinstance(x, ast.IfExp | ast.BoolOp) for x in ast.walk(tree_of(op)))


@once_a_row
def stands_alone(op: Op, letter: str) -> bool:
    """Whether the letter is a whole part, or argument, wherever a conditional spelling has it: it needs no brackets."""
    everywhere = re.findall(rf"\b{letter}\b", op.spelling)
    alone = re.findall(rf"(?:^|\(|, | if | else ){letter}(?=$|[),]| if | else )", op.spelling)
    return len(everywhere) == len(alone)


@once_a_row
def is_call(op: Op) -> bool:
    """Whether the spelling is one call with the operands as they are, which needs no brackets around them."""
    tree = tree_of(op)
    return isinstance(tree, ast.Call) and all(isinstance(x, ast.Name | ast.Starred) for x in tree.args)


def chooses_an_int(op: Op) -> bool:
    """Whether the row chooses between branches, one of which answers an int where its operands are ints.

    >>> from micrograd_like.ops import OPS
    >>> [chooses_an_int(OPS[name]) for name in ("relu", "sign", "maximum", "sigmoid", "mul")]
    [True, False, True, False, False]
    """
    if not is_builtin(op) or not op.is_text or type(tree_of(op)) is not ast.IfExp:  # your own operations answer floats
        return False
    return any(keeps_ints(branch, op.letters) for branch in answers_of(tree_of(op)))


def answers_of(tree: ast.expr) -> list[ast.expr]:
    """What a conditional expression may answer."""
    return [*answers_of(tree.body), *answers_of(tree.orelse)] if isinstance(tree, ast.IfExp) else [tree]


def keeps_ints(branch: ast.expr, letters: tuple[str, ...]) -> bool:
    """Whether an expression of ints is an int: of sums and products alone."""
    parts = [x for x in ast.walk(branch) if not isinstance(x, ast.Load | ast.BinOp | ast.UnaryOp)]
    signs = (ast.Add, ast.Sub, ast.Mult, ast.USub, ast.UAdd)
    return all(
        x.id in letters if isinstance(x, ast.Name) else isinstance(x, signs) or type(getattr(x, "value", None)) is int
        for x in parts
    )
