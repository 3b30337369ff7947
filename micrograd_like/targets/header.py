"""The rows of the table in C: values and derivatives as functions of doubles, written from `ops.py` itself.

    python -m micrograd_like.targets.header [ops.py]      prints the header that the compiled core includes

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

from .c import PRELUDE, C, InC
from .terms import HEADS, Reader, Untranslatable

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .terms import Term

INEXACT = (ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)  # where Python may raise
FORMS_OF_CORE = {
    head: form for head, form in InC(C | {"hypot(x, y)": "hypot({x}, {y})"}).forms.items() if head != ("log", 2)
}


class InCore(InC):
    """C in which rows call one another; `rows` are those that are written, by their arity."""

    def __init__(self, rows: dict[str, int]) -> None:
        self.forms = FORMS_OF_CORE | {
            (name, arity): f"v_{name}({', '.join(f'{{{k}}}' for k in range(arity))})"
            for name, arity in rows.items()
            if name not in HEADS.values()  # the operator -, whose head is "neg"
        }
        self.before: list[str] = []  # statements that come first

    def named(self, name: str, value: Term, known: dict[str, Any]) -> str:
        self.before.append(f"double {name} = {self.write(value, known)};")
        known[name] = name
        return name


class Plain(ast.NodeTransformer):
    """An expression of `ops.py` with numbers in place of its constants; what it asks of nodes alone is False."""

    def __init__(self, constants: dict[str, float]) -> None:
        self.constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.constants:
            return node
        return ast.copy_location(ast.Constant(self.constants[node.id]), node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        is_of_nodes = isinstance(node.ops[0], ast.IsNot) and ast.unparse(node.comparators[0]) == "float"
        return ast.copy_location(ast.Constant(value=False), node) if is_of_nodes else self.generic_visit(node)


class Translator:
    """Translates expressions in these letters, one after the other."""

    def __init__(self, letters: Iterable[str], rows: dict[str, int], constants: dict[str, float]) -> None:
        self.reader = Reader({*letters}, set())
        self.known = {letter: letter for letter in letters}
        self.language = InCore(rows)
        self.plain = Plain(constants)

    def number(self, node: ast.expr) -> str:
        return str(self.language.write(self.reader.number(self.plain.visit(node)), self.known))

    def truth(self, node: ast.expr) -> str:
        return str(self.language.write(self.reader.truth(self.plain.visit(node)), self.known))

    def returned(self, text: str) -> str:
        """The statements that come first, and the return of this."""
        before, self.language.before = self.language.before, []
        return " ".join([*before, f"return {text};"])


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


def function_in_c(name: str, letters: tuple[str, ...], node: ast.expr, translator: Translator, k: int = 0) -> str:
    """A C function that computes the expression; part k of it if it is a tuple."""
    texts = [translator.number(x) for x in (node.elts if isinstance(node, ast.Tuple) else [node])]
    return defined_in_c(name, letters, translator.returned(texts[k]))


def defined_in_c(name: str, letters: tuple[str, ...], body: str) -> str:
    return f"static inline double {name}({', '.join(f'double {x}' for x in letters)}) {{ {body} }}"


def statements_in_c(body: list[ast.stmt], translator: Translator) -> str:
    """The body of a function of `ops.py`: returns, and what is returned under a condition."""
    lines = []
    for s in body:
        if isinstance(s, ast.Return) and s.value:
            lines.append(translator.returned(translator.number(s.value)))
        elif isinstance(s, ast.If):
            lines.append(f"if ({translator.truth(s.test)}) {{ {statements_in_c(s.body, translator)} }}")
        elif not isinstance(s, ast.Expr):  # a docstring
            raise Untranslatable(ast.unparse(s))
    return " ".join(lines)


class Header:
    """The C text of a table."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(source)
        self.rows = {row.name: row for row in rows_in(tree)}
        self.known: dict[str, int] = {}  # rows whose values are in C, as far as they are written
        self.rules: dict[str, tuple[bool, ...]] = {}  # whether the value, and each share, may be where Python raises
        self.left: dict[str, str] = {}  # to Python: names of rows, and why
        self.lines = [
            f"/* written by `python -m micrograd_like.targets.header` from ops.py */\n#define OPS_CRC {crc(source)}u"
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
                body = statements_in_c(s.body, Translator(letters, self.known, self.constants))
            except Untranslatable:  # the rules that call it will be, too
                continue
            self.lines.append(defined_in_c(f"v_{s.name}", letters, body))
            self.known[s.name] = len(letters)
        self.write_rules()
        self.write_tables()

    def write_values(self) -> None:
        for row in self.rows.values():
            try:
                if not row.spelling or row.arity == 0:
                    raise Untranslatable("any number of inputs" if row.arity == 0 else "no spelling")
                tree = ast.parse(row.spelling, mode="eval").body
                translator = Translator(row.letters, {}, {})  # a spelling knows `math`, and no rows
                self.lines.append(function_in_c(f"v_{row.name}", row.letters, tree, translator))
                self.known[row.name] = row.arity
            except Untranslatable as reason:
                self.left[row.name] = f"value: {reason}"

    def write_rules(self) -> None:
        for row in self.rows.values():
            if row.name not in self.known or row.rule is None or row.arity not in (1, 2):
                continue
            names = (*row.letters, "out", "g")
            try:
                for k in range(row.arity):
                    translator = Translator(names, self.known, self.constants)
                    self.lines.append(function_in_c(f"d{k}_{row.name}", names, row.rule.body, translator, k))
                self.rules[row.name] = (raises(ast.parse(str(row.spelling))), *shares_that_raise(row.rule.body))
            except Untranslatable as reason:
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
    print(Header(path.read_text(encoding="utf-8")).text, end="")
