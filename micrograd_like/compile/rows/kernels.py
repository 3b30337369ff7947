"""The rows of the table as NumPy ufuncs: a program as kernels, each of which computes one array from others.

The Python expression that spells a row is translated once for each step. Every kernel writes into the array that comes
last among its arguments, and follows IEEE 754: inf and nan in place of errors.
"""

from __future__ import annotations

import ast
import math
from functools import cache, partial

from ...ieee import Ieee
from ...operation import BUILT_IN, NAMESPACE, OPS, Op, is_truth, once_a_row
from ...targets.python import POWERS
from ..program import Literal, Program, needed

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..program import Block, Operand

try:
    import numpy as np
except ImportError:
    raise ImportError("vmap needs NumPy: pip install 'micrograd_like[batch]'") from None


class Kernel:
    """An array that a function computes from others, known by their numbers; without a function it is an input."""

    __slots__ = ("function", "operands", "truth", "varies")

    def __init__(
        self,
        function: Callable[..., Any] | None,
        operands: tuple[int, ...] = (),
        truth: bool = False,
        varies: bool = False,
    ) -> None:
        self.function = function
        self.operands = operands
        self.truth = truth  # whether it holds True and False
        self.varies = varies  # from row to row


class Segment:
    """A program's block in kernels: those whose rows differ, then an answer or a question."""

    __slots__ = ("asked", "branches", "kernels", "outputs")

    def __init__(self) -> None:
        self.kernels: list[int] = []
        self.asked = -1  # the kernel that answers the question
        self.outputs: list[int] = []
        self.branches: dict[Any, Segment] = {}


class Kernels:
    """A program in kernels. What is the same in all rows is computed once, whichever way it stands on."""

    def __init__(self, program: Program, varying: Sequence[bool]) -> None:
        self.all: list[Kernel] = []
        self.constants: dict[int, float] = {}
        self.uniform: list[int] = []  # those that are the same in all rows, in the order of computation
        self.known: dict[Any, int] = {}
        self.here: dict[Any, int] = {}  # those of this block
        self.numbers: dict[Operand, int] = {}  # the kernel of each of the program's expressions
        self.inputs = [self.new(Kernel(None, varies=v)) for v in varying]
        self.closed = [self.new(Kernel(None)) for _ in program.closed]
        self.numbers.update(
            zip([*range(len(varying)), *(-1 - i for i in range(len(self.closed)))], range(len(self.all)), strict=True)
        )
        self.segments: dict[Block, Segment] = {}
        self.kept = needed(program, raising=False)
        for block in program.blocks():
            self.segments[block] = self.segment(block)
        for block, segment in self.segments.items():
            segment.branches = {answer: self.segments[branch] for answer, branch in block.branches.items()}
        self.root = self.segments[program.root]

    def new(self, kernel: Kernel) -> int:
        self.all.append(kernel)
        return len(self.all) - 1

    def segment(self, block: Block) -> Segment:
        self.here = {}
        self.into = Segment()
        for step in self.kept[block]:
            self.numbers[step.number] = self.translated(step.op, step.operands)
        if block.question:
            self.into.asked = self.translated(block.question, block.operands)
        for x in block.answer.outputs if block.answer else ():
            self.into.outputs.append(self.operand(x))
        return self.into

    def operand(self, x: Operand) -> int:
        return self.constant(x.data) if isinstance(x, Literal) else self.numbers[x]

    def constant(self, x: float) -> int:
        key = None, repr(float(x))
        if key not in self.known:
            self.known[key] = self.new(Kernel(None))
            self.constants[self.known[key]] = float(x)
        return self.known[key]

    def kernel(self, function: Callable[..., Any], *operands: int, truth: bool = False) -> int:
        """The number of a kernel, of an equal one if there is one. What computes reads truths as 1.0 and 0.0."""
        if function not in LOGICAL:
            operands = tuple([self.as_number(k) for k in operands])
        elif function is choose:
            operands = (operands[0], *map(self.as_number, operands[1:]))
        key = function, operands
        varies = any(self.all[k].varies for k in operands)
        place = self.here if varies else self.known
        if key not in place:
            place[key] = self.new(Kernel(function, operands, truth, varies))
            (self.into.kernels if varies else self.uniform).append(place[key])
        return place[key]

    def as_number(self, k: int) -> int:
        return self.kernel(numbered, k) if self.all[k].truth else k

    def translated(self, op: Op, operands: tuple[Operand, ...]) -> int:
        """The kernel of an operation: its spelling on ufuncs, or its value, called once a row."""
        numbers = [self.operand(x) for x in operands]
        letters: dict[str, Any] = {"xs": numbers} if op.arity == 0 else dict(zip(op.letters, numbers, strict=True))
        spelling = op.spelling
        if op is OPS["pow_const"]:
            spelling = POWERS.get(self.constants.get(numbers[1], math.nan), spelling)
        if op.is_text:
            try:
                return Translation(self, letters).visit(parsed(spelling))  # type: ignore[no-any-return]
            except Untranslatable:
                pass
        return self.kernel(one_by_one(op, len(numbers)), *numbers)


class Untranslatable(Exception):
    """A spelling says something that no ufunc computes."""


@cache
def parsed(spelling: str) -> ast.expr:
    return ast.parse(spelling, mode="eval").body


class Translation(ast.NodeVisitor):
    """Turns a Python expression in the letters of a row into kernels; each visit answers the number of one."""

    def __init__(self, kernels: Kernels, letters: dict[str, Any]) -> None:
        self.kernels = kernels
        self.letters = letters

    def generic_visit(self, node: ast.AST) -> int:
        raise Untranslatable

    def visit_Constant(self, node: ast.Constant) -> int:
        return self.kernels.constant(node.value)  # type: ignore[arg-type]

    def visit_Name(self, node: ast.Name) -> int:
        x = self.letters.get(node.id)
        if x is None and node.id in ("inf", "nan"):
            return self.kernels.constant(float(node.id))
        return x if type(x) is int else self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> int:
        if type(node.op) not in ARITHMETIC:
            raise Untranslatable
        return self.kernels.kernel(ARITHMETIC[type(node.op)], self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> int:
        if isinstance(node.op, ast.UAdd):
            return self.visit(node.operand)  # type: ignore[no-any-return]
        if isinstance(node.op, ast.USub):
            return self.kernels.kernel(np.negative, self.visit(node.operand))
        return self.kernels.kernel(np.logical_not, self.condition(node.operand), truth=True)

    def visit_Compare(self, node: ast.Compare) -> int:
        if any(type(op) not in COMPARED for op in node.ops):
            raise Untranslatable
        terms = [self.visit(x) for x in (node.left, *node.comparators)]
        pairs = zip(node.ops, terms, terms[1:], strict=False)
        return self.joined(
            np.logical_and, [self.kernels.kernel(COMPARED[type(op)], x, y, truth=True) for op, x, y in pairs]
        )

    def visit_BoolOp(self, node: ast.BoolOp) -> int:
        if not all(map(is_truth, node.values)):  # `x or 1.0` answers one of the two
            raise Untranslatable
        return self.truths(node)

    def truths(self, node: ast.BoolOp) -> int:
        function = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return self.joined(function, [self.condition(x) for x in node.values])

    def joined(self, function: Callable[..., Any], truths: list[int]) -> int:
        first, *rest = truths
        for x in rest:
            first = self.kernels.kernel(function, first, x, truth=True)
        return first

    def condition(self, node: ast.expr) -> int:
        """The expression as True and False: a number is True unless it is 0."""
        k: int = self.truths(node) if isinstance(node, ast.BoolOp) else self.visit(node)
        kernels = self.kernels
        return k if kernels.all[k].truth else kernels.kernel(np.not_equal, k, kernels.constant(0.0), truth=True)

    def visit_IfExp(self, node: ast.IfExp) -> int:
        return self.kernels.kernel(choose, self.condition(node.test), self.visit(node.body), self.visit(node.orelse))

    def visit_Call(self, node: ast.Call) -> int:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise Untranslatable
        xs = [x for argument in node.args for x in self.arguments(argument)]
        name = node.func.id
        if name in SAME and len(xs) == 1:
            return xs[0]
        if name in WHOLE:  # Python answers an int, which is no -0.0
            return self.kernels.kernel(np.add, self.kernels.kernel(WHOLE[name], *xs), self.kernels.constant(0.0))
        if name == "hypot":
            return self.hypot(xs)
        if name == "log" and len(xs) == 2:
            return self.kernels.kernel(np.divide, *(self.kernels.kernel(np.log, x) for x in xs))
        function = functions().get((name, len(xs)))
        if function is None:
            raise Untranslatable
        return self.kernels.kernel(function, *xs)

    def arguments(self, node: ast.expr) -> list[int]:
        if isinstance(node, ast.Starred) and isinstance(node.value, ast.Name):
            return self.letters[node.value.id]  # type: ignore[no-any-return]
        return [self.visit(node)]

    def hypot(self, xs: list[int]) -> int:
        first, *rest = xs or [self.kernels.constant(0.0)]
        if not rest:
            return self.kernels.kernel(np.absolute, first)
        for x in rest:
            first = self.kernels.kernel(np.hypot, first, x)
        return first


ARITHMETIC = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide, ast.Mod: np.remainder, ast.Pow: np.power,
}  # fmt: skip
COMPARED = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
    ast.Eq: np.equal, ast.NotEq: np.not_equal,
}  # fmt: skip
SAME = {"float"}
WHOLE = {"floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "int": np.trunc, "round": np.rint}


@cache
def functions() -> dict[tuple[str, int], Callable[..., Any]]:
    """The function that computes whole arrays, by the name in a spelling and the number of its inputs."""
    found: dict[tuple[str, int], Callable[..., Any]] = {("abs", 1): np.absolute}
    for name in BUILT_IN - {"remainder"}:  # as NumPy calls Python's %
        ufunc = getattr(np, OPS[name].numpy, None)
        if OPS[name].value is NAMESPACE.get(name) and isinstance(ufunc, np.ufunc):
            found[name, ufunc.nin] = ufunc
    try:
        from scipy import special
    except ImportError:
        return found
    return {**found, ("erf", 1): special.erf, ("erfc", 1): erfc, ("polygamma", 2): polygamma}


def choose(condition: Any, x: Any, y: Any, out: Any) -> None:
    out[...] = np.where(condition, x, y)


def numbered(truth: Any, out: Any) -> None:
    out[...] = truth


LOGICAL = {np.logical_and, np.logical_or, np.logical_not, choose, numbered}


def erfc(x: Any, out: Any) -> None:
    """SciPy's function, which loses digits as x grows; so Python's own in the tail."""
    from scipy import special

    tail = x > 4
    special.erfc(x, out)
    if tail.any():
        out[tail] = np.frompyfunc(math.erfc, 1, 1)(x[tail])


def polygamma(n: Any, x: Any, out: Any) -> None:
    from scipy import special

    out[...] = np.where(n == 0, special.digamma(x), special.polygamma(np.trunc(n), x))


@once_a_row
def one_by_one(op: Op, count: int) -> Callable[..., Any]:
    """A function of arrays that calls the operation's value with each of their numbers."""
    function = np.frompyfunc(partial(ieee_value, op), count, 1)

    def kernel(*arrays: Any) -> None:
        arrays[-1][...] = function(*arrays[:-1])

    return kernel


def ieee_value(op: Op, *inputs: float) -> float:
    return float(Ieee.record(op, *inputs))
