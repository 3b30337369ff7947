"""A row's spelling as a term, read once for all languages; a language is a table of what each head becomes.

A term is a number, a letter, or a tuple (head, *terms). Heads are Python's signs ("+", "<", "if", "neg", …) and the
names of functions. A truth is True or False. The term has all that Python does unasked: a truth becomes a number, a
number a truth, and an int, which is never -0.0, a float; so no language has to care for it. `not floor(x)` is
("not", ("!=", ("+", ("floor", "x"), 0.0), 0.0)).
"""

from __future__ import annotations

import ast
from functools import reduce
from math import copysign

from ..operation import BUILT_IN, OPS, SPELLED_WITH, Op, once_a_row

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set
    from typing import Any

    Term = float | str | tuple[Any, ...]

HEADS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"}
HEADS |= {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
HEADS |= {ast.Pow: "**", ast.And: "and", ast.Or: "or", ast.USub: "neg"}
TRUTHS = {"<", "<=", ">", ">=", "==", "!=", "and", "or", "not"}  # what is True or False
INTS = {"int", "trunc", "floor", "ceil", "round"}  # what is an int in Python
SAME = {"pow": "**", "int": "trunc"}  # of floats
BUILTINS = {f.__name__: f for f in (abs, float, int, max, min, round)}
# x ** c where that needs no logarithm; x + 0.0 is no -0.0
POWERS = {2.0: "x * x", -1.0: "1 / x", 0.5: "inf if x == -inf else sqrt(x + 0.0)"}


class Untranslatable(ValueError):
    """What a language cannot compute; the message is that part of the spelling."""


def is_python(op: Op) -> bool:
    """Whether its value is a Python function of the user's own."""
    return not op.is_text and op.name not in BUILT_IN


def power_of(op: Op, c: float | None) -> float | None:
    """The number c, if the row is `x ** c` and this power has a shorter spelling; else None."""
    return c if op is OPS["pow_const"] and c in POWERS else None


@once_a_row
def term_of(op: Op, truths: frozenset[str] = frozenset(), power: float | None = None) -> Term:
    """The term of a row; `truths` are letters that stand for True or False, `power` is what `power_of` found.

    >>> term_of(OPS["sech"])
    ('if', ('<', ('abs', 'x'), 710.0), ('/', 1.0, ('cosh', 'x')), ('*', 2.0, ('exp', ('neg', ('abs', 'x')))))
    """
    if is_python(op):
        raise Untranslatable(op.name)
    return term_in(op.spelling if power is None else POWERS[power], op.letters, truths)


def term_in(spelling: str, letters: Sequence[str], truths: frozenset[str] = frozenset()) -> Term:
    """The term of an expression in Python.

    >>> term_in("2 * 3 - x if c else floor(x)", ["c", "x"], frozenset("c"))
    ('if', 'c', ('-', 6.0, 'x'), ('+', ('floor', 'x'), 0.0))
    """
    return Reader({*letters}, {*truths}).read(ast.parse(spelling.strip(), mode="eval").body)


class Reader:
    """Reads an expression in these letters, of which `truths` are True or False."""

    def __init__(self, letters: set[str], truths: set[str]) -> None:
        self.letters = letters
        self.truths = truths

    def number(self, node: ast.expr) -> Term:
        read = self.read(node)
        return ("float", read) if is_truth(read, self.truths) else read

    def truth(self, node: ast.expr) -> Term:
        """Python's truth of a number: nan is true."""
        if isinstance(node, ast.BoolOp):
            return self.joined(HEADS[type(node.op)], [*map(self.truth, node.values)])
        read = self.read(node)
        return read if is_truth(read, self.truths) else ("!=", read, 0.0)

    def read(self, node: ast.expr) -> Term:
        match node:
            case ast.Name(id=name) if name in self.letters:
                return name
            case ast.Constant() | ast.Name() | ast.UnaryOp() | ast.BinOp() | ast.Call() if self.is_constant(node):
                return self.constant(node)
            case ast.NamedExpr(target=ast.Name(id=name), value=x):
                value = self.read(x)
                self.letters.add(name)
                if is_truth(value, self.truths):
                    self.truths.add(name)
                return ":=", name, value
            case ast.UnaryOp(op=ast.Not(), operand=x):
                return "not", self.truth(x)
            case ast.UnaryOp(op=ast.UAdd(), operand=x) | ast.Call(func=ast.Name(id="float"), args=[x], keywords=[]):
                return self.number(x)
            case ast.UnaryOp(op=ast.USub(), operand=x):
                return "neg", self.number(x)
            case ast.BinOp(left=x, op=sign, right=y) if type(sign) in HEADS:
                return HEADS[type(sign)], self.number(x), self.number(y)
            case ast.BoolOp(op=sign, values=values):
                sides = [*map(self.read, values)]
                if all(is_truth(x, self.truths) for x in sides):  # `x or 1.0` answers one of the two
                    return self.joined(HEADS[type(sign)], sides)
            case ast.Compare(left=x, ops=signs, comparators=others) if all(type(sign) in HEADS for sign in signs):
                sides = [self.number(x), *map(self.number, others)]
                pairs = zip(signs, sides, sides[1:], strict=False)
                return self.joined("and", [(HEADS[type(sign)], x, y) for sign, x, y in pairs])
            case ast.IfExp(test=c, body=x, orelse=y):
                return "if", self.truth(c), self.number(x), self.number(y)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                called = SAME.get(name, name), *map(self.argument, args)
                return ("+", called, 0.0) if name in INTS and len(args) == 1 else called
            case ast.Subscript(value=ast.Call(func=ast.Name(id=name), args=args), slice=ast.Constant(value=int() as k)):
                return f"{name}[{k}]", *map(self.argument, args)
            case ast.Subscript(value=ast.Name(id="xs"), slice=ast.Slice(lower=start, upper=end, step=None)):
                ends = [self.number(start) if start else 0.0, *([self.number(end)] if end else [])]
                return "[:]", self.read(node.value), *ends
            case ast.Subscript(value=ast.Name(id="xs"), slice=k):
                return "[]", self.read(node.value), self.number(k)
        raise Untranslatable(ast.unparse(node))

    def argument(self, node: ast.expr) -> Term:
        """A number; `*xs` for all that an operation of any number of inputs gets."""
        if isinstance(node, ast.Starred) and isinstance(node.value, ast.Name) and node.value.id in self.letters:
            return f"*{node.value.id}"
        return self.number(node)

    def joined(self, sign: str, truths: list[Term]) -> Term:
        """All of them, or any. Nothing is lost where Python stops at the first: it is only arithmetic."""
        return reduce(lambda x, y: (sign, x, y), truths)

    def is_constant(self, node: ast.expr) -> bool:
        """Whether no letter occurs in it."""
        return not any(
            isinstance(x, ast.NamedExpr | ast.Not) or (isinstance(x, ast.Name) and x.id in self.letters)
            for x in ast.walk(node)
        )

    def constant(self, node: ast.expr) -> float:
        """The number that Python computes from an expression without letters."""
        try:
            x = eval(compile(ast.Expression(node), "", "eval"), SPELLED_WITH | {"__builtins__": BUILTINS})
            if isinstance(x, int | float):
                return float(x)
        except Exception:  # an error of every call, which Python is to raise
            pass
        raise Untranslatable(ast.unparse(node))


def is_truth(read: Term, truths: Set[str]) -> bool:
    """Whether the term is True or False, where these letters are."""
    if type(read) is not tuple:
        return read in truths
    return is_truth(read[2], truths) if read[0] == ":=" else read[0] in TRUTHS


class Python(str):
    """A form that is Python again, in the letters x, y and z: other primitives that compute the same."""


def letters_of(op: Op, count: int) -> tuple[str, ...]:
    """The letters of the row; x0, x1, … where it takes any number of inputs."""
    return op.letters if op.arity else tuple(f"x{k}" for k in range(count))


def forms(table: Mapping[str, Any]) -> dict[tuple[str, int], Any]:
    """The table of a language, keyed by head and number of terms, -1 for any number; the gaps have numbers."""
    found: dict[tuple[str, int], Any] = {}
    for spelling, form in table.items():
        read: Any = term_in(spelling, ("x", "y", "z", "c", "d", "xs"), frozenset("cd"))
        head, *letters = read[1] if type(read[1]) is tuple else read  # floor(x), without + 0.0
        if type(form) is str:
            for k, letter in enumerate(letters):
                form = form.replace(f"{{{letter}}}", f"{{{k}}}")
        found[head, -1 if letters == ["*xs"] else len(letters)] = form
    return found


class Language:
    """Writes terms. Its table has Python on the left, in the letters x, y and z of numbers and c and d of truths.

    On the right is, in this class, a text with gaps for them; `*xs` and {xs} stand for any number of inputs.

    >>> Language({"x * y": "mul {x} {y}", "hypot(*xs)": "[{xs}]"}).write(term_in("hypot(x, x * -1)", "x"), {"x": "a"})
    '[a, mul a (-1.0)]'
    """

    comma = ", "

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.forms = forms(table)

    def write(self, written: Term, known: dict[str, Any]) -> Any:
        """The term in this language; `known` says what stands for each letter.

        For `*xs` it has the letters of all inputs, or one text where the language spreads them itself.
        """
        if type(written) is float:
            return self.constant(written)
        if type(written) is not tuple:
            if written not in known:
                raise Untranslatable(written)
            return known[written]
        head, *terms = written
        if head == ":=":
            return self.named(terms[0], terms[1], known)
        if type(known.get("*xs")) is tuple:
            terms = [part for x in terms for part in (known["*xs"] if x == "*xs" else [x])]
        form = None if "*xs" in terms else self.forms.get((head, len(terms)))
        form = form or (None if "xs" in terms else self.forms.get((head, -1)))
        if form is None:
            raise Untranslatable(f"{head}(…)")
        parts = [self.write(x, known) for x in terms]
        return self.defined(head, form, parts) if isinstance(form, Python) else self.apply(head, form, parts)

    def constant(self, x: float) -> Any:
        return repr(x) if copysign(1.0, x) > 0 else f"({x!r})"

    def named(self, name: str, value: Term, known: dict[str, Any]) -> Any:
        raise Untranslatable(f"({name} := …)")

    def defined(self, head: str, spelling: str, parts: list[Any]) -> Any:
        """What a form in Python says, on these parts."""
        letters = ("x", "y", "z")[: len(parts)]
        return self.write(term_in(spelling, letters), dict(zip(letters, parts, strict=True)))

    def apply(self, head: str, form: Any, parts: list[Any]) -> Any:
        return form.format(*parts, xs=self.comma.join(parts))
