"""The rows of the table in C: values and derivatives as functions of doubles, written from `ops.py` itself.

    python -m micrograd_like.core.rows [ops.py]      prints the header that the compiled core includes

A row's spelling is Python, and so is its rule; both are translated from the text of `ops.py`, expression by
expression, in the order in which Python computes them: the answers are the same bits. What has no counterpart in C
(`fsum`, SciPy's `polygamma`, rows of any number of inputs) is left to Python, row by row.

Arithmetic is that of IEEE 754, which never raises. Whoever calls these functions asks Python again when what came out
is not finite: then Python raises its error, or answers the same inf or nan.
"""

from __future__ import annotations

import ast
import zlib
from pathlib import Path

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

BINARY = {
    ast.Add: "({} + {})", ast.Sub: "({} - {})", ast.Mult: "({} * {})", ast.Div: "({} / {})",
    ast.Pow: "pow_({}, {})", ast.Mod: "py_mod({}, {})", ast.FloorDiv: "py_floordiv({}, {})",
}  # fmt: skip
COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
NO_LITERALS = {"inf": "INFINITY", "nan": "NAN"}
IN_C = {  # what Python's `math` hands on to the C library, or the core or PRELUDE has, with the number of inputs
    **dict.fromkeys("exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan".split(), 1),
    **dict.fromkeys("sinh cosh tanh asinh acosh atanh erf erfc fabs degrees radians abs round".split(), 1),
    **dict.fromkeys("atan2 copysign nextafter fmod hypot".split(), 2),  # not remainder, whose zeros have other signs
}
C_NAMES = {"abs": "fabs", "round": "py_round"}
INEXACT = (ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)  # where Python may raise

PRELUDE = """
/* Python's own arithmetic where it is not C's */
static double (*volatile library_pow)(double, double) = pow; /* a compiler would make pow(x, 2) x * x */
static inline double pow_(double x, double y) { return y == 1 ? x : library_pow(x, y); } /* the slope of x ** 2 */
static inline double py_mod(double x, double y) {
    double r = fmod(x, y);
    return y == 0 ? NAN : r != 0 ? ((y < 0) != (r < 0) ? r + y : r) : copysign(0.0, y);
}
static inline double py_floordiv(double x, double y) {
    double r = fmod(x, y), d = (x - r) / y;
    if (y == 0) return NAN;
    if (r != 0 && (y < 0) != (r < 0)) d -= 1.0;
    if (d == 0) return copysign(0.0, x / y);
    double f = floor(d);
    return d - f > 0.5 ? f + 1.0 : f;
}
static inline double py_round(double x) { return rint(x) + 0.0; }
static inline double degrees(double x) { return x * (180.0 / 3.141592653589793238462643383279502884197); }
static inline double radians(double x) { return x * (3.141592653589793238462643383279502884197 / 180.0); }
"""


class LeftToPython(Exception):
    """An expression that is left to Python."""


class Translator(ast.NodeVisitor):
    """Translates an expression; `letters` are its variables, `rows` the functions of the table, by their arity."""

    def __init__(self, letters: set[str], rows: dict[str, int], constants: dict[str, float]) -> None:
        self.letters = letters
        self.rows = rows
        self.constants = constants
        self.before: list[str] = []  # statements that come first

    def generic_visit(self, node: ast.AST) -> Any:
        raise LeftToPython(ast.unparse(node))

    def truth(self, node: ast.AST) -> str:
        text: str = self.visit(node)
        return text if isinstance(node, ast.Compare | ast.BoolOp) else f"({text} != 0)"

    def visit_Constant(self, node: ast.Constant) -> str:
        if type(node.value) not in (int, float):
            raise LeftToPython(repr(node.value))
        return repr(float(node.value))  # type: ignore[arg-type]

    def visit_Name(self, node: ast.Name) -> str:
        if node.id in self.letters:
            return node.id
        if node.id in self.constants:
            return repr(self.constants[node.id])
        if node.id in NO_LITERALS:
            return NO_LITERALS[node.id]
        raise LeftToPython(node.id)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> str:
        self.before.append(f"double {node.target.id} = {self.visit(node.value)};")
        self.letters = self.letters | {node.target.id}
        return node.target.id

    def visit_UnaryOp(self, node: ast.UnaryOp) -> str:
        if isinstance(node.op, ast.USub):
            return f"(-{self.visit(node.operand)})"
        if isinstance(node.op, ast.UAdd):
            return str(self.visit(node.operand))
        raise LeftToPython(ast.unparse(node))

    def visit_BinOp(self, node: ast.BinOp) -> str:
        return BINARY[type(node.op)].format(self.visit(node.left), self.visit(node.right))

    def visit_Compare(self, node: ast.Compare) -> str:
        if isinstance(node.ops[0], ast.IsNot) and ast.unparse(node.comparators[0]) == "float":
            return "0"  # `type(y) is not float`: here it is one
        operands = [self.visit(x) for x in (node.left, *node.comparators)]
        pairs = zip(operands, node.ops, operands[1:], strict=False)
        return f"({' && '.join(f'{x} {COMPARED[type(op)]} {y}' for x, op, y in pairs)})"

    def visit_BoolOp(self, node: ast.BoolOp) -> str:
        word = " && " if isinstance(node.op, ast.And) else " || "
        return f"({word.join(map(self.truth, node.values))})"

    def visit_IfExp(self, node: ast.IfExp) -> str:
        return f"({self.truth(node.test)} ? {self.visit(node.body)} : {self.visit(node.orelse)})"

    def visit_Call(self, node: ast.Call) -> str:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        xs = [self.truth(x) if isinstance(x, ast.Compare) else self.visit(x) for x in node.args]
        if name == "float" and len(xs) == 1:
            return xs[0]
        if {**IN_C, **self.rows}.get(name) != len(xs):
            raise LeftToPython(ast.unparse(node))
        return f"{f'v_{name}' if name in self.rows else C_NAMES.get(name, name)}({', '.join(xs)})"


class Row:
    """A row of the table, as its text says."""

    def __init__(self, name: str, spelling: str | None, rule: ast.Lambda | None, letters: tuple[str, ...]) -> None:
        self.name = name
        self.spelling = spelling
        self.rule = rule
        self.letters = letters

    @property
    def arity(self) -> int:
        return 0 if self.letters == ("xs",) else len(self.letters)


def rows_in(tree: ast.Module) -> Iterator[Row]:
    """The rows in the order of the file."""
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            kind, arguments = call.func.id, call.args
            if kind in ("infix", "function", "comparison"):
                name = ast.literal_eval(arguments[0])
                spelling = arguments[1 if kind == "function" else 2]
                rule = next((x for x in arguments if isinstance(x, ast.Lambda)), None)
                letters = tuple(a.arg for a in rule.args.args[:-2]) if rule else ("x", "y")
                yield Row(name, str(spelling.value) if isinstance(spelling, ast.Constant) else None, rule, letters)


def function_in_c(name: str, letters: tuple[str, ...], node: ast.AST, translator: Translator, k: int = -1) -> str:
    """A C function that computes the expression; part k of it if it is a tuple."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    texts = [translator.visit(x) for x in parts]
    body = " ".join([*translator.before, f"return {texts[max(k, 0)]};"])
    return f"static inline double {name}({', '.join(f'double {x}' for x in letters)}) {{ {body} }}"


def statements_in_c(body: list[ast.stmt], translator: Translator) -> str:
    """The body of a function of `ops.py`: returns, and what is returned under a condition."""
    lines = []
    for s in body:
        if isinstance(s, ast.Return) and s.value:
            answer = translator.visit(s.value)
            lines += [*translator.before, f"return {answer};"]
            translator.before = []
        elif isinstance(s, ast.If):
            lines.append(f"if ({translator.truth(s.test)}) {{ {statements_in_c(s.body, translator)} }}")
        elif not isinstance(s, ast.Expr):  # a docstring
            raise LeftToPython(ast.unparse(s))
    return " ".join(lines)


class Header:
    """The C text of a table."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(source)
        self.rows = {row.name: row for row in rows_in(tree)}
        self.known: dict[str, int] = {}  # rows whose values are in C, as far as they are written
        self.rules: dict[str, tuple[bool, ...]] = {}  # whether the value, and each share, may be where Python raises
        self.left: dict[str, str] = {}  # to Python, and why
        self.lines = [
            f"/* written by `python -m micrograd_like.core.rows` from ops.py */\n#define OPS_CRC {crc(source)}u"
        ]
        self.constants: dict[str, float] = {}
        for s in tree.body:
            if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Tuple) and isinstance(s.value, ast.Tuple):
                for target, value in zip(s.targets[0].elts, s.value.elts, strict=True):
                    self.constants[ast.unparse(target)] = ast.literal_eval(value)
        self.lines.append(PRELUDE)
        self.write_values()
        self.functions = [s for s in tree.body if isinstance(s, ast.FunctionDef)]
        for s in self.functions:
            letters = tuple(a.arg for a in s.args.args)
            try:
                body = statements_in_c(s.body, Translator({*letters}, self.known, self.constants))
            except LeftToPython:  # the rules that call it will be, too
                continue
            self.lines.append(
                f"static inline double v_{s.name}({', '.join(f'double {x}' for x in letters)}) {{ {body} }}"
            )
            self.known[s.name] = len(letters)
        self.write_rules()
        self.write_tables()

    def write_values(self) -> None:
        for row in self.rows.values():
            try:
                if not row.spelling or row.arity == 0:
                    raise LeftToPython("any number of inputs" if row.arity == 0 else "no spelling")
                tree = ast.parse(row.spelling, mode="eval").body
                translator = Translator({*row.letters}, {}, {})  # a spelling knows `math`, and no rows
                self.lines.append(function_in_c(f"v_{row.name}", row.letters, tree, translator))
                self.known[row.name] = row.arity
            except LeftToPython as reason:
                self.left[row.name] = f"value: {reason}"

    def write_rules(self) -> None:
        for row in self.rows.values():
            if row.name not in self.known or row.rule is None or row.arity not in (1, 2):
                continue
            names = (*row.letters, "out", "g")
            try:
                for k in range(row.arity):
                    translator = Translator({*names}, self.known, self.constants)
                    self.lines.append(function_in_c(f"d{k}_{row.name}", names, row.rule.body, translator, k))
                self.rules[row.name] = (raises(ast.parse(str(row.spelling))), *shares_that_raise(row.rule.body))
            except LeftToPython as reason:
                del self.lines[len(self.lines) - k :]
                self.left[row.name] = f"rule: {reason}"

    def write_tables(self) -> None:
        """For the core: an enumeration, values, rules, names; as macros, so that it decides what to make of them."""
        both = [row for row in self.rows.values() if row.name in self.rules]
        for arity in (1, 2):
            rows = [row for row in both if row.arity == arity]
            lines = [f"    X({row.name}{''.join(f', {int(x)}' for x in self.rules[row.name])})" for row in rows]
            self.lines.append(f"#define ROWS_{arity}(X) \\\n" + " \\\n".join(lines))

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def raises(node: ast.AST) -> bool:
    """Whether it divides, or calls something: elsewhere float arithmetic does not raise.

    >>> [raises(ast.parse(text)) for text in ("x * y", "0.0 if x <= 0 else x", "x / y", "exp(x)")]
    [False, False, True, True]
    """
    return any(isinstance(x, ast.Call) or isinstance(getattr(x, "op", None), INEXACT) for x in ast.walk(node))


def shares_that_raise(body: ast.AST) -> list[bool]:
    """The same of what a rule answers for each of its inputs."""
    return [*map(raises, body.elts if isinstance(body, ast.Tuple) else [body])]


def crc(source: str) -> int:
    """What tells a table from others: the core carries that of the table it was made of."""
    return zlib.crc32(source.encode())


if __name__ == "__main__":
    import sys

    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.with_name("ops.py")
    header = Header(path.read_text(encoding="utf-8"))
    print(header.text, end="")
    for name, reason in header.left.items():
        print(f"/* {name} is Python's: {reason} */")
