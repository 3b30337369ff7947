"""The rows of the table as LLVM instructions: Python expressions translated once, and written out for each step.

Arithmetic is that of IEEE 754 where Python raises: 1 / 0 is inf, log(-1) is nan. What LLVM does not know is called in
the C library that Python's own `math` calls, so that the answers are the same bits.
"""

from __future__ import annotations

import ast
import struct
from functools import cache

from ..operation import NAMESPACE, Op, is_truth, once_a_row
from .python import POWERS

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    Operand = tuple[str, bool]  # a name or a constant; whether it is a truth, not a number

ARITHMETIC = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
COMPARED = {ast.Lt: "olt", ast.LtE: "ole", ast.Gt: "ogt", ast.GtE: "oge", ast.Eq: "oeq", ast.NotEq: "une"}
WHOLE = {"int": "trunc", "trunc": "trunc", "floor": "floor", "ceil": "ceil", "round": "roundeven"}  # an int in Python
INTRINSIC = {"abs": "fabs", **{name: name for name in ("fabs", "sqrt", "copysign", "fma")}, **WHOLE}
IN_C = {
    **dict.fromkeys("exp exp2 expm1 log log2 log10 log1p cbrt sin cos tan asin acos atan".split(), 1),
    **dict.fromkeys("sinh cosh tanh asinh acosh atanh erf erfc".split(), 1),
    **dict.fromkeys("pow atan2 hypot fmod remainder nextafter".split(), 2),
}  # with the number of their inputs

# What neither of them has, in Python, by its name and the number of its inputs. Letters: x, y, z.
# fmt: off
DEFINED = {
    ("%", 2): "(r + y if (y < 0) != (r < 0) else r) if (r := fmod(x, y)) != 0 else copysign(0.0, y)",
    ("//", 2): "x / y if y == 0"
               " else copysign(0.0, x / y) if (d := (x - (r := fmod(x, y))) / y - (r != 0 and (y < 0) != (r < 0))) == 0"
               " else f + 1.0 if d - (f := floor(d)) > 0.5 else f",
    ("degrees", 1): "x * 57.29577951308232",
    ("radians", 1): "x * 0.017453292519943295",
    ("log", 2): "log(x) / log(y)",
    ("ldexp", 2): "nan if y != y else copysign(inf, x) if abs(y) == inf else scaled(x, y)",
    ("modf[0]", 1): "x if x != x else copysign(0.0 if abs(x) == inf else x - trunc(x), x)",
    ("max", 2): "y if y > x else x",
    ("min", 2): "y if y < x else x",
}
# fmt: on
SCALED = """define internal double @scaled(double %x, double %c) {
  %n = call i32 @llvm.fptosi.sat.i32.f64(double %c)
  %r = call double @ldexp(double %x, i32 %n)
  ret double %r
}"""


class Untranslatable(Exception):
    """An expression that is to be computed by Python."""


class Lanes:
    """How many rows one instruction computes, and what LLVM calls their numbers."""

    __slots__ = ("count", "number", "suffix", "truth")

    def __init__(self, count: int) -> None:
        self.count = count
        self.number = "double" if count == 1 else f"<{count} x double>"
        self.truth = "i1" if count == 1 else f"<{count} x i1>"
        self.suffix = "f64" if count == 1 else f"v{count}f64"  # of intrinsics

    def constant(self, x: float) -> str:
        """The number, bit for bit, in every lane."""
        bits = f"0x{struct.pack('>d', x).hex().upper()}"
        return bits if self.count == 1 else f"<{', '.join([f'double {bits}'] * self.count)}>"


ONE = Lanes(1)


class Template:
    """Instructions with gaps: {0}, {1}, … for the operands and {t} for the name of what is computed."""

    __slots__ = ("fill", "is_truth", "result", "uses")

    def __init__(self, lines: list[str], result: Operand, uses: Iterable[str]) -> None:
        self.fill = "".join(f"  {line}\n" for line in lines).format
        self.result, self.is_truth = result
        self.uses = list(uses)  # the functions that are called


class Translator(ast.NodeVisitor):
    """Translates one expression; `known` says what stands for its letters."""

    def __init__(self, lanes: Lanes, known: dict[str, Operand], branching: bool) -> None:
        self.lanes = lanes
        self.known = known
        self.branching = branching  # whether a conditional jumps; else it computes both sides and selects
        self.lines: list[str] = []
        self.block = "entry"
        self.count = 0
        self.uses: dict[str, None] = {}

    def new(self, text: str, is_truth: bool = False) -> Operand:
        self.count += 1
        name = f"%{{t}}.{self.count}"
        self.lines.append(f"{name} = {text}")
        return name, is_truth

    def number(self, node: ast.AST) -> str:
        return self.as_number(self.visit(node))

    def as_number(self, operand: Operand) -> str:
        text, is_truth = operand
        if not is_truth:
            return text
        kind, one, zero = self.lanes.number, self.lanes.constant(1.0), self.lanes.constant(0.0)
        return self.new(f"select {self.lanes.truth} {text}, {kind} {one}, {kind} {zero}")[0]

    def truth(self, node: ast.AST) -> str:
        text, is_truth = self.truths(node) if isinstance(node, ast.BoolOp) else self.visit(node)
        if is_truth:
            return text
        return self.new(f"fcmp une {self.lanes.number} {text}, {self.lanes.constant(0.0)}", True)[0]

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Call | ast.UnaryOp | ast.BinOp) and not any(self.letters_in(node)):
            try:
                return self.lanes.constant(float(eval(ast.unparse(node), NAMESPACE))), False
            except Exception:
                raise Untranslatable from None
        return super().visit(node)

    def letters_in(self, node: ast.AST) -> Iterator[bool]:
        return (
            isinstance(x, ast.NamedExpr) or (isinstance(x, ast.Name) and x.id in self.known) for x in ast.walk(node)
        )

    def generic_visit(self, node: ast.AST) -> Any:
        raise Untranslatable

    def visit_Constant(self, node: ast.Constant) -> Operand:
        if not isinstance(node.value, int | float):
            raise Untranslatable
        return self.lanes.constant(float(node.value)), False

    def visit_Name(self, node: ast.Name) -> Operand:
        if node.id in self.known:
            return self.known[node.id]
        if isinstance(NAMESPACE.get(node.id), float):
            return self.lanes.constant(NAMESPACE[node.id]), False
        raise Untranslatable

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        self.known[node.target.id] = self.visit(node.value)
        return self.known[node.target.id]

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            ones = "true" if self.lanes.count == 1 else f"<{', '.join(['i1 true'] * self.lanes.count)}>"
            return self.new(f"xor {self.lanes.truth} {self.truth(node.operand)}, {ones}", True)
        x = self.number(node.operand)
        return self.new(f"fneg {self.lanes.number} {x}") if isinstance(node.op, ast.USub) else (x, False)

    def visit_BinOp(self, node: ast.BinOp) -> Operand:
        x, y = self.number(node.left), self.number(node.right)
        if type(node.op) in ARITHMETIC:
            return self.new(f"{ARITHMETIC[type(node.op)]} {self.lanes.number} {x}, {y}")
        name = {ast.Mod: "%", ast.FloorDiv: "//", ast.Pow: "pow"}.get(type(node.op))
        if name is None:
            raise Untranslatable
        return self.called(name, [x, y])

    def visit_Compare(self, node: ast.Compare) -> Operand:
        operands = [self.visit(x) for x in (node.left, *node.comparators)]
        truths = []
        for op, (x, x_is_truth), (y, y_is_truth) in zip(node.ops, operands, operands[1:], strict=False):
            if x_is_truth and y_is_truth and isinstance(op, ast.NotEq):
                truths.append(self.new(f"xor {self.lanes.truth} {x}, {y}", True)[0])
            elif type(op) not in COMPARED:
                raise Untranslatable
            else:
                x, y = self.as_number((x, x_is_truth)), self.as_number((y, y_is_truth))
                truths.append(self.new(f"fcmp {COMPARED[type(op)]} {self.lanes.number} {x}, {y}", True)[0])
        return self.joined("and", truths)

    def visit_BoolOp(self, node: ast.BoolOp) -> Operand:
        if not all(map(is_truth, node.values)):  # `x or 1.0` answers one of the two
            raise Untranslatable
        return self.truths(node)

    def truths(self, node: ast.BoolOp) -> Operand:
        return self.joined("and" if isinstance(node.op, ast.And) else "or", list(map(self.truth, node.values)))

    def joined(self, word: str, truths: list[str]) -> Operand:
        """All of them, or any; nothing is lost where Python stops at the first: it is only arithmetic."""
        first, *others = truths
        for other in others:
            first = self.new(f"{word} {self.lanes.truth} {first}, {other}", True)[0]
        return first, True

    def visit_IfExp(self, node: ast.IfExp) -> Operand:
        test = self.truth(node.test)
        kind = self.lanes.number
        if not self.branching:
            x, y = self.number(node.body), self.number(node.orelse)
            return self.new(f"select {self.lanes.truth} {test}, {kind} {x}, {kind} {y}")
        self.count += 1
        yes, no, end = (f"{word}{self.count}" for word in ("yes", "no", "end"))
        self.lines.append(f"br i1 {test}, label %{yes}, label %{no}")
        x, after_x = self.side(yes, node.body, end)
        y, after_y = self.side(no, node.orelse, end)
        self.lines.append(f"{end}:")
        self.block = end
        return self.new(f"phi {kind} [{x}, %{after_x}], [{y}, %{after_y}]")

    def side(self, label: str, node: ast.AST, end: str) -> tuple[str, str]:
        """One side of a jump: its number, and the block where it is known."""
        self.lines.append(f"{label}:")
        self.block = label
        x = self.number(node)
        self.lines.append(f"br label %{end}")
        return x, self.block

    def visit_Subscript(self, node: ast.Subscript) -> Operand:
        if not (isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name)):
            raise Untranslatable
        name = f"{node.value.func.id}[{ast.unparse(node.slice)}]"
        return self.called(name, list(map(self.number, node.value.args)))

    def visit_Call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise Untranslatable
        return self.called(node.func.id, list(map(self.number, node.args)))

    def called(self, name: str, operands: list[str]) -> Operand:
        if name == "float" and len(operands) == 1:
            return operands[0], False
        if name in INTRINSIC:
            kind = self.lanes.number
            function = f"@llvm.{INTRINSIC[name]}.{self.lanes.suffix}"
            self.uses[f"declare {kind} {function}({', '.join([kind] * len(operands))})"] = None
            out = self.new(f"call {kind} {function}({', '.join(f'{kind} {x}' for x in operands)})")
            return self.new(f"fadd {kind} {out[0]}, {self.lanes.constant(0.0)}") if name in WHOLE else out  # no -0
        if (name, len(operands)) in DEFINED:
            letters = ("x", "y", "z")[: len(operands)]
            for use in definition(f"{name}.{len(operands)}", DEFINED[name, len(operands)], letters):
                self.uses[use] = None
            return self.in_each_lane(f'@"{name}.{len(operands)}"', operands)
        if name == "scaled":
            for use in (SCALED, "declare double @ldexp(double, i32)", "declare i32 @llvm.fptosi.sat.i32.f64(double)"):
                self.uses[use] = None
        elif IN_C.get(name) == len(operands):
            self.uses[f"declare double @{name}({', '.join(['double'] * len(operands))})"] = None
        else:
            raise Untranslatable
        return self.in_each_lane(f"@{name}", operands)

    def in_each_lane(self, function: str, operands: Sequence[str]) -> Operand:
        """A function of plain doubles, called once for each lane."""
        if self.lanes.count == 1:
            return self.new(f"call double {function}({', '.join(f'double {x}' for x in operands)})")
        out = "poison"
        for k in range(self.lanes.count):
            numbers = [self.new(f"extractelement {self.lanes.number} {x}, i32 {k}")[0] for x in operands]
            x = self.new(f"call double {function}({', '.join(f'double {x}' for x in numbers)})")[0]
            out = self.new(f"insertelement {self.lanes.number} {out}, double {x}, i32 {k}")[0]
        return out, False


def jumps(tree: ast.AST) -> bool:
    """Whether a conditional in it saves a call of a function."""
    arms = [arm for node in ast.walk(tree) if isinstance(node, ast.IfExp) for arm in (node.body, node.orelse)]
    calls = [node for arm in arms for node in ast.walk(arm) if isinstance(node, ast.Call)]
    return any(not isinstance(call.func, ast.Name) or call.func.id not in INTRINSIC for call in calls)


@cache
def definition(name: str, spelling: str, letters: tuple[str, ...]) -> list[str]:
    """The function of that name in LLVM, and all that it calls."""
    translator = Translator(ONE, {letter: (f"%{letter}", False) for letter in letters}, branching=True)
    out = translator.number(ast.parse(spelling, mode="eval").body)
    head = f'define internal double @"{name}"({", ".join(f"double %{letter}" for letter in letters)}) {{\nentry:'
    lines = [line.replace("{t}", "t") for line in translator.lines]
    return [*translator.uses, "\n".join([head, *lines, f"ret double {out.replace('{t}', 't')}", "}"])]


@once_a_row
def template(op: Op, power: float | None, truths: tuple[bool, ...], lanes: Lanes) -> Template:
    """The row's instructions; `power` is its exponent if that is a constant. What cannot be translated raises.

    `truths` says for each operand whether it is a truth, the answer of a comparison.
    """
    if not op.is_text:
        raise Untranslatable  # a function in Python
    letters = op.letters if op.arity else tuple(f"x{k}" for k in range(len(truths)))
    spelling = POWERS.get(power, op.spelling) if power is not None else op.spelling
    spelling = spelling.replace("*xs", ", ".join(letters))
    tree = ast.parse(spelling, mode="eval").body
    gaps = [f"{{{k}}}" for k in range(len(letters))]
    known = dict(zip(letters, zip(gaps, truths, strict=True), strict=True))
    translator = Translator(lanes, known, branching=False)
    if not jumps(tree):
        result = translator.visit(tree)
        return Template(translator.lines, result, translator.uses)
    name = f"{spelling} of {', '.join(letters)}".replace('"', "'")
    uses = definition(name, spelling, letters)
    result = translator.in_each_lane(f'@"{name}"', [*map(translator.as_number, known.values())])
    return Template(translator.lines, result, uses)
