"""Loops that halve an interval, as bisection does: the number that they end with has not the derivative of the root.

Which half is taken depends on the inputs; the middle depends on the two ends alone. So the derivative that arrives is
that of an end. A loop is found by its source, read once: two ends that in different branches are set to a middle, which
is computed of the two and of nothing else that the loop changes. What is corrected by the function's own numbers, as
by Newton, secants or regula falsi, moves with the inputs as the root does, and is left alone.
"""

from __future__ import annotations

import ast
import math
import operator
from itertools import count, permutations

from .positions import line_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

    Definition = tuple[int, ast.expr | None]  # the branch in which it stands, and the expression; None if unknown

OPERATORS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
CALLS = {name: f for name, f in vars(math).items() if callable(f)}
CALLS |= dict.fromkeys(("float", "float64", "Value"), float)
RATIOS = 0.618, 1.618, 2.0, 0.5  # what may stand for a number that the loop does not change, as the golden section
NESTED = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
LOOPS = ast.While | ast.For
NAMED = ast.Name | ast.Attribute | ast.Subscript
LARGEST_SEARCH = 12  # of which the end of a search is made,
STEPS_OF_NAME, STEPS_OF_LOOP = 300, 30_000  # in which that is found out, of one name and of all of a loop


def halving_loops(code: CodeType) -> list[tuple[int, int]]:
    """The first and last lines of the loops of a function that halve an interval, and of itself if it calls itself."""
    function = definition_of(code)
    if function is None:
        return []
    loops = [node for node in nodes_within(function.body) if isinstance(node, LOOPS)]
    found = [loop for loop in loops if not is_corrected(function, loop) and Turn(loop).halves()]
    halving: list[Any] = [*found, *([function] if own_calls(function) and Turn(function).halves() else [])]
    lines = [(node.lineno, node.end_lineno or node.lineno) for node in halving]
    return sorted(lines, key=lambda pair: pair[1] - pair[0])


def definition_of(code: CodeType) -> ast.FunctionDef | None:
    """The function in the source, with the lines that it has there; None without source."""
    first = code.co_firstlineno
    last = max((end or 0 for _, end, _, _ in code.co_positions()), default=0)
    text = "".join(line_of(code.co_filename, k) for k in range(first, last + 1))
    is_indented = text[:1] in " \t"
    try:
        tree = ast.parse(f"if 1:\n{text}" if is_indented else text)
    except (SyntaxError, ValueError):
        return None
    ast.increment_lineno(tree, first - (2 if is_indented else 1))
    names = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == code.co_name)
    return next(names, None)


def nodes_within(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of some statements, without functions that are defined there."""
    stack: list[ast.AST] = [*body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, NESTED):
            stack += ast.iter_child_nodes(node)


def own_calls(function: ast.FunctionDef) -> list[ast.Call]:
    """Where a function answers what it answers to other ends, or a method what the one of its name answers."""
    answers = [node.value for node in nodes_within(function.body) if isinstance(node, ast.Return)]
    answers = [y for x in answers for y in ((x.body, x.orelse) if isinstance(x, ast.IfExp) else (x,))]
    return [x for x in answers if isinstance(x, ast.Call) and last_name(x.func) == function.name]


def text_of_node(x: Any) -> str:
    """An expression as text, which it keeps."""
    text = getattr(x, "text", None)
    if text is None:
        text = x.text = ast.unparse(x)
    return str(text)


def last_name(node: ast.expr) -> str:
    """`sqrt` of `math.sqrt`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def is_corrected(function: ast.FunctionDef, loop: ast.stmt) -> bool:
    """Whether what a loop has found is corrected afterwards, as by a step of Newton's: x - f(x) / slope."""
    for node in nodes_within(function.body):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Sub):
            left, right = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
            names = {text_of_node(x) for x in ast.walk(right) if isinstance(x, ast.Name | ast.Attribute)}
            divides = any(isinstance(x, ast.Div) for x in ast.walk(right))
            if node.lineno > (loop.end_lineno or 0) and divides and text_of_node(left) in names:
                return True
    return False


class Unknown(Exception):
    """An expression is no arithmetic of numbers that are known."""


class Turn:
    """What one turn of a loop sets: by name, the expressions, and in which branches of the loop they stand.

    A function that calls itself is a loop that sets its parameters.
    """

    def __init__(self, loop: Any) -> None:
        self.set: dict[str, list[Definition]] = {}
        self.branches = count()
        self.left, self.left_in_all = STEPS_OF_NAME, STEPS_OF_LOOP
        branch = next(self.branches)
        if isinstance(loop, ast.While):
            self.read_expression(loop.test, branch)
        self.read(loop.body, branch)
        if isinstance(loop, ast.FunctionDef):
            self.read_own_calls(loop)

    def read(self, body: list[ast.stmt], branch: int) -> None:
        for node in body:
            self.read_expression(node.test if isinstance(node, ast.If | ast.While) else node, branch)
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self.define(target, node.value, branch)
            elif isinstance(node, ast.AnnAssign) and node.value:
                self.define(node.target, node.value, branch)
            elif isinstance(node, ast.AugAssign):
                before = ast.parse(ast.unparse(node.target), mode="eval").body
                self.define(node.target, ast.BinOp(before, node.op, node.value), branch)
            elif isinstance(node, ast.If):
                self.read(node.body, next(self.branches))
                self.read(node.orelse, next(self.branches))
            elif not isinstance(node, NESTED):
                self.read_other(node, branch)

    def read_other(self, node: ast.stmt, branch: int) -> None:
        """Loops within and other blocks; what they bind by themselves is not known."""
        if isinstance(node, ast.For):
            self.define(node.target, None, branch)
        for blocks in ("body", "orelse", "finalbody"):
            self.read(getattr(node, blocks, []), branch)

    def define(self, target: ast.expr, x: ast.expr | None, branch: int) -> None:
        if isinstance(x, ast.IfExp):
            self.define(target, x.body, next(self.branches))
            self.define(target, x.orelse, next(self.branches))
        elif isinstance(target, ast.Tuple | ast.List):
            given = x.elts if isinstance(x, ast.Tuple | ast.List) and len(x.elts) == len(target.elts) else None
            for k, each in enumerate(target.elts):
                self.define(each, given[k] if given else None, branch)
        elif not (x and text_of_node(x) == text_of_node(target)):
            self.set.setdefault(text_of_node(target), []).append((branch, x))

    def read_expression(self, x: ast.AST, branch: int) -> None:
        """What `:=` binds in a condition or in a statement that is no block."""
        for node in ast.walk(x) if not hasattr(x, "body") else ():
            if isinstance(node, ast.NamedExpr):
                self.define(node.target, node.value, branch)

    def read_own_calls(self, function: ast.FunctionDef) -> None:
        parameters = [x.arg for x in function.args.args]
        for call in own_calls(function):
            branch = next(self.branches)
            names = parameters[1:] if isinstance(call.func, ast.Attribute) else parameters
            words = [(word.arg, word.value) for word in call.keywords if word.arg]
            for name, x in [*zip(names, call.args, strict=False), *words]:
                self.define(ast.Name(name, ast.Load()), x, branch)

    def halves(self) -> bool:
        """Whether two ends are set to middles, each where the other stays; or a number goes by steps, each half as
        long as that before."""
        arithmetic = self.arithmetic()
        behind = {name: self.names_behind(name) for name in arithmetic}
        few = [name for name in arithmetic if len(behind[name]) <= LARGEST_SEARCH]
        return any(
            self.are_ends(a, b) if a in behind[b] else behind[b] == {b} and self.goes_by_halves(a, b)
            for a, b in permutations(few, 2)
            if b in behind[a]
        )

    def names_behind(self, name: str) -> set[str]:
        """The names that the loop sets and of which this one is made, in so many turns."""
        found: set[str] = set()
        missing = [name]
        while missing:
            parts = (part for _, x in self.set[missing.pop()] if x for part in ast.walk(x))
            names = {text_of_node(part) for part in parts if isinstance(part, NAMED)}
            missing += (names & self.set.keys()) - found
            found |= names & self.set.keys()
        return found

    def arithmetic(self) -> list[str]:
        """The names that are set to nothing but arithmetic of such names, and of what the loop does not change."""
        names = {name for name, found in self.set.items() if all(x is not None for _, x in found)}
        while True:
            others = self.set.keys() - names
            kept = {name for name in names if all(is_arithmetic(x, others) for _, x in self.set[name])}
            if kept == names:
                return sorted(names)
            names = kept

    def are_ends(self, a: str, b: str) -> bool:
        in_a, in_b = ({branch for branch, _ in self.set[name]} for name in (a, b))
        if in_a <= in_b or in_b <= in_a:
            return False
        return any(all(self.is_between(name, a, b, ratio) for name in (a, b)) for ratio in RATIOS)

    def is_between(self, name: str, a: str, b: str, ratio: float) -> bool:
        """Whether all that is set as this end lies between both ends and moves with both."""
        ends = (1.0, 2.0), (1.0, 3.0), (0.75, 2.0)
        at, moved_b, moved_a = (self.numbers(name, {a: x, b: y}, ratio) for x, y in ends)
        if not len(at) == len(moved_b) == len(moved_a) > 0:
            return False
        return all(1.0 < x < 2.0 and x not in (y, z) for x, y, z in zip(at, moved_b, moved_a, strict=True))

    def goes_by_halves(self, x: str, step: str) -> bool:
        if any(branch == 0 for branch, _ in self.set[x]) or any(branch != 0 for branch, _ in self.set[step]):
            return False
        reached = self.numbers(x, {x: 1.0, step: 0.25}, RATIOS[0])
        return {*self.numbers(step, {step: 1.0}, RATIOS[0])} == {0.5} and bool(reached) and {*reached} <= {0.75, 1.25}

    def numbers(self, name: str, known: dict[str, float], ratio: float) -> list[float]:
        """What the name may be set to, when others are these numbers; nothing if that cannot be told."""
        self.left = STEPS_OF_NAME
        try:
            return [number for _, x in self.set[name] for number in self.each(x, known, ratio, (name,))]
        except (Unknown, ArithmeticError, ValueError, TypeError):
            return []

    def each(self, x: ast.expr | None, known: dict[str, float], ratio: float, behind: tuple[str, ...]) -> list[float]:
        """What an expression may be: a name that the loop sets may be each of what it is set to."""
        self.left, self.left_in_all = self.left - 1, self.left_in_all - 1
        if min(self.left, self.left_in_all) < 0:
            raise Unknown
        if isinstance(x, NAMED):
            name = text_of_node(x)
            if name in known or name not in self.set:
                return [known.get(name, ratio)]
            if name in behind:
                return []
            return [y for _, each in self.set[name] for y in self.each(each, known, ratio, (*behind, name))]
        if isinstance(x, ast.Constant) and isinstance(x.value, int | float):
            return [float(x.value)]
        if isinstance(x, ast.BinOp) and type(x.op) in OPERATORS:
            pairs = [self.each(side, known, ratio, behind) for side in (x.left, x.right)]
            return [OPERATORS[type(x.op)](left, right) for left in pairs[0] for right in pairs[1]]
        if isinstance(x, ast.UnaryOp) and type(x.op) in OPERATORS:
            return [OPERATORS[type(x.op)](y) for y in self.each(x.operand, known, ratio, behind)]
        if isinstance(x, ast.Call) and len(x.args) == 1 and (called := function_called(x)):
            return [called(y) for y in self.each(x.args[0], known, ratio, behind)]
        raise Unknown


def function_called(x: ast.Call) -> Any:
    """The function of a number that is called; a class, by its name, is taken for one that keeps it: `Angle(x)`."""
    name = last_name(x.func)
    return CALLS.get(name) or (float if name[:1].isupper() else None)


def is_arithmetic(x: ast.expr | None, others: set[str]) -> bool:
    """Whether an expression is made by the operators of numbers, of names that are none of these others."""
    if isinstance(x, NAMED):
        return text_of_node(x) not in others
    if isinstance(x, ast.BinOp | ast.UnaryOp):
        parts = (x.left, x.right) if isinstance(x, ast.BinOp) else (x.operand,)
        return type(x.op) in OPERATORS and all(is_arithmetic(part, others) for part in parts)
    if isinstance(x, ast.Call):
        return function_called(x) is not None and len(x.args) == 1 and is_arithmetic(x.args[0], others)
    return isinstance(x, ast.Constant) and isinstance(x.value, int | float)
