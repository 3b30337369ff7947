"""Arithmetic as text, computed on Values: read with `ast`, checked against a short list; nothing else is evaluated.

names, numbers, `+ - * / // % **`, comparisons, `and or not`, `a if c else b`, the functions of the table, `abs min max
pow`, and `pi e tau inf nan`. Statements `name = expression` may come first, separated by `;` or by lines. The signs of
pictures, `× ÷ − x²`, and those of full-width keyboards are read as well.
"""

from __future__ import annotations

import ast
import operator
import re
import sys
import textwrap
import warnings
from collections import deque
from math import e, inf, nan, pi, tau

from .. import ops
from ..errors import ExpressionError
from ..operation import OPS
from ..value import Value
from .numbers import counted
from .pointing import beginning, pointed_out, quoted, suggestion
from .signs import in_python_signs

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from typing import Any

    Input = tuple[ast.expr, Any]  # a part of an expression, and its number

LONGEST_TEXT = 10_000  # characters: so much is parsed at once, or refused at once because it is nested too deeply


class Expression:
    """An expression that has been read and found harmless, ready to be computed.

    >>> price = Expression("subtotal = apple * n; subtotal * tax")
    >>> sorted(price.names)
    ['apple', 'n', 'tax']
    >>> price.value({"apple": 100, "n": 2, "tax": 1.5})
    Value(data=300.0, grad=0.0, name='output')

    The last statement is the answer; each of the others gives a Value its name, and no name is given twice. Every
    number is a float before anything is done with it, and a comparison answers 1 or 0.
    """

    def __init__(self, text: str) -> None:
        text = in_python_signs(text)
        check_characters(text)
        self.text = textwrap.dedent("\n".join(text.splitlines())).strip()
        body = self.parsed()
        self.statements = [self.statement(node, last=node is body[-1]) for node in body]

    @property
    def names(self) -> set[str]:
        """The names that it reads and does not assign: they must be given, except `pi` and its like."""
        read: set[str] = set()
        assigned: set[str] = set()
        for target, root in self.statements:
            read |= {name.id for name in name_nodes(root)} - assigned
            assigned |= {target.id} if target else set()
        return read

    def value(self, inputs: Mapping[str, float]) -> Value:
        """The answer, where the names stand for these numbers."""
        known: dict[str, Any] = {**NAMED_NUMBERS, **{name: Value(number, name) for name, number in inputs.items()}}
        for target, root in self.statements:
            self.check_names(root, known)
            if target and isinstance(known.get(target.id), Value):
                raise self.error(f"{quoted(target.id)} has a value already: choose another name for this one", target)
            number = self.computed(root, known)
            answer = number if isinstance(number, Value) else Value(number)
            answer.name = answer.name or (target.id if target else unused_name("output", known))
            if target:
                known[target.id] = answer
        return answer

    # reading

    def parsed(self) -> list[ast.stmt]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about `1if x else y` and the like: there is no program to improve
                body = ast.parse(self.text).body
        except (RecursionError, MemoryError):
            raise ExpressionError(
                "the expression is nested too deeply: name its parts, as in `a = x * y; a + 1`"
            ) from None
        except SyntaxError as error:
            raise self.misread(error) from None
        if not body:
            raise ExpressionError("there is no expression: write one, such as 'apple * n * tax'")
        return body

    def misread(self, error: SyntaxError) -> ExpressionError:
        """What the parser objects to, and where."""
        if error.msg.startswith("Exceeds the limit"):  # of int's digits: it does not say where
            start = len(re.split(r"\d[\d_]{600}", self.text)[0])
            return ExpressionError(pointed_out("this number has too many digits for a float", self.text, start, start))
        lines = self.text.split("\n")
        row = min(error.lineno or 1, len(lines))
        start = min(max(1, error.offset or 1) - 1, len(lines[row - 1]))
        end = (error.end_offset or 0) - 1 if error.end_lineno == row else start
        hint = "; a product has a *, as in 2 * x" if error.msg.startswith("invalid decimal") else ""  # of `2x`
        return ExpressionError(pointed_out(f"this is not an expression: {error.msg}{hint}", lines[row - 1], start, end))

    def statement(self, node: ast.stmt, *, last: bool) -> tuple[ast.Name | None, ast.expr]:
        """The name that the statement assigns to, if any, and its expression, checked."""
        target: ast.Name | None = None
        match node:
            case ast.Assign(targets=[ast.Name() as name], value=root):
                target = name
            case ast.Expr(value=root):
                if not last:
                    raise self.error("this result is lost: give it a name, as in `a = ...`, or let it come last", node)
            case _:
                raise self.error(f"this statement is not evaluated, only `name = expression`; {EVALUATED}", node)
        for part in parts(root):
            self.check(part)
        return target, root

    def check(self, node: ast.expr) -> None:
        """Refuse what `steps` does not know how to compute; the parts of the node are checked each on its own."""
        match node:
            case ast.Name() | ast.BoolOp() | ast.IfExp():
                pass
            case ast.Constant(value=bool() | int() | float() as number):
                if abs(number) > sys.float_info.max:
                    raise self.error("this number is beyond the largest float, 1.8e308: infinity is written inf", node)
            case ast.UnaryOp(op=symbol) | ast.BinOp(op=symbol):
                self.check_symbols([symbol], node)
            case ast.Compare(ops=symbols):
                self.check_symbols(symbols, node)
            case ast.Call(func=ast.Name(id=name)):
                self.check_call(node, name)
            case ast.Call():
                raise self.error("only functions such as log(x) are called; a product has a *, as in x * (y + 1)", node)
            case _:
                raise self.error(f"{REFUSED.get(type(node), 'this')} is not evaluated; {EVALUATED}", node)

    def check_symbols(self, symbols: Iterable[ast.AST], node: ast.expr) -> None:
        for symbol in symbols:
            if type(symbol) not in SYMBOLS:
                hint = "a power is written x ** 2" if isinstance(symbol, ast.BitXor) else EVALUATED
                raise self.error(f"the operator here is not evaluated; {hint}", node)

    def check_call(self, node: ast.Call, name: str) -> None:
        if name not in CALLABLE:
            hint = suggestion(name, CALLABLE) or "; a product has a *, as in x * (y + 1)"
            raise self.error(f"there is no function {quoted(name)}{hint}", node.func)
        _, least, most = CALLABLE[name]
        if node.keywords or not least <= len(node.args) <= most:
            given = "one by its name" if node.keywords else len(node.args)
            raise self.error(f"{name} takes {arguments_counted(least, most)} by place, not {given}", node)

    def check_names(self, root: ast.expr, known: Mapping[str, Any]) -> None:
        """Refuse a name without a value, whether or not its branch will be taken."""
        for node in sorted(name_nodes(root), key=position):
            if node.id in known:
                continue
            if node.id in CALLABLE:
                raise self.error(f"{node.id} is a function: call it, as in {node.id}(...)", node)
            given = (name for name, x in known.items() if isinstance(x, Value))
            hint = suggestion(node.id, given) or f": give it one, as in {beginning(node.id)}=2"
            raise self.error(f"{quoted(node.id)} has no value{hint}", node)

    # computing

    def computed(self, root: ast.expr, known: Mapping[str, Any]) -> Any:
        """The number of an expression: a Value, or a float where no Value takes part.

        It walks with a stack of its own, so that a sum of thousands of terms, nested as deeply, costs no recursion.
        """
        stack = [self.steps(root, known)]
        number = None
        while stack:
            try:
                part = stack[-1].send(number)
            except StopIteration as finished:
                number = finished.value
                stack.pop()
            else:
                number = None
                stack.append(self.steps(part, known))
        return number

    def steps(self, node: ast.expr, known: Mapping[str, Any]) -> Generator[ast.expr, Any, Any]:
        """How a node is computed: yields each part that it needs, receives the part's number, returns its own."""
        match node:
            case ast.Constant(value=number):
                return float(number)  # type: ignore[arg-type]
            case ast.Name(id=name):
                return known[name]
            case ast.UnaryOp(op=symbol, operand=x):
                return self.applied(SYMBOLS[type(symbol)], node, (x, (yield x)))
            case ast.BinOp(left=x, op=symbol, right=y):
                return self.applied(SYMBOLS[type(symbol)], node, (x, (yield x)), (y, (yield y)))
            case ast.Call(func=ast.Name(id=name), args=args):
                inputs = []
                for x in args:
                    inputs.append((x, (yield x)))
                return self.applied(CALLABLE[name][0], node, *inputs)
            case ast.Compare(left=x, ops=symbols, comparators=others):
                left = yield x
                for comparison, y in zip(symbols, others, strict=True):
                    right = yield y
                    if not SYMBOLS[type(comparison)](left, right):
                        return 0.0
                    left = right
                return 1.0
            case ast.BoolOp(op=word, values=choices):
                for choice in choices:
                    number = yield choice
                    if bool(number) is isinstance(word, ast.Or):
                        break
                return number
            case ast.IfExp(test=c, body=x, orelse=y):
                return (yield (x if (yield c) else y))

    def applied(self, function: Callable[..., Any], node: ast.expr, *inputs: Input) -> Any:
        """The function of the inputs; an error in it points at the node."""
        try:
            number = function(*(x for _, x in inputs))
        except (ArithmeticError, ValueError) as error:
            raise self.error(self.explained(error, function, node, inputs), node) from None
        return number if isinstance(number, Value) else float(number)

    def explained(self, error: Exception, function: Any, node: ast.expr, inputs: tuple[Input, ...]) -> str:
        """The message of the error, raised again with inputs that are named as the expression writes them."""
        for part, x in inputs:
            if isinstance(x, Value) and x.name is None:
                x.name = self.source(part)
                if not isinstance(node, ast.Call) and not isinstance(part, ast.Call):
                    x.name = f"({x.name})"
        try:
            function(*(x for _, x in inputs))
        except (ArithmeticError, ValueError) as named:
            error = named
        if any(isinstance(x, Value) for _, x in inputs):
            return str(error)
        return f"{self.source(node)}: {error.args[-1]}"

    # places

    def source(self, node: ast.expr) -> str:
        """What the expression says there, on one line and not too long."""
        return beginning(" ".join((ast.get_source_segment(self.text, node) or "").split()))

    def error(self, sentence: str, node: ast.expr | ast.stmt) -> ExpressionError:
        line = self.text.split("\n")[node.lineno - 1].encode()  # the parser counts in bytes
        last = node.end_col_offset if node.end_lineno == node.lineno else None
        start, end = (len(line[:place].decode()) for place in (node.col_offset, last))
        return ExpressionError(pointed_out(sentence, line.decode(), start, end))


def real_power(x: Any, y: Any) -> Any:
    """x to the power y, where that is a real number."""
    answer = x**y
    if isinstance(answer, complex):
        raise ValueError("math domain error")
    return answer


def signatures() -> Iterator[tuple[str, tuple[Callable[..., Any], int, float]]]:
    """Each function of the table that people call, with the least and the largest number of its arguments."""
    for name in ops.PUBLIC:
        op = OPS[name]
        most = op.arity + bool(op.wider) if op.arity else inf
        yield name, (vars(ops)[name], op.arity - len(op.defaults) or 1, most)


CALLABLE: dict[str, tuple[Callable[..., Any], int, float]] = {
    **dict(signatures()),
    "abs": (abs, 1, 1),
    "max": (max, 2, inf),
    "min": (min, 2, inf),
    "pow": (real_power, 2, 2),
}
NAMED_NUMBERS = {"pi": pi, "e": e, "tau": tau, "inf": inf, "nan": nan}
SYMBOLS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: real_power,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
EVALUATED = "names, numbers, arithmetic, comparisons, `a if c else b` and functions such as log(x) are"
REFUSED: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute",
    ast.Constant: "a constant that is not a real number",
    ast.Dict: "a dict",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "a lambda",
    ast.List: "a list",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: "an assignment inside an expression",
    ast.Set: "a set",
    ast.SetComp: "a comprehension",
    ast.Starred: "a starred argument",
    ast.Subscript: "a subscript",
    ast.Tuple: "a tuple",
}


def parts(root: ast.expr) -> Iterator[ast.expr]:
    """An expression and all its parts, outer ones first, without the names of functions that are called."""
    queue = deque([root])
    while queue:
        node = queue.popleft()
        yield node
        inner = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        queue.extend(part for part in inner if isinstance(part, ast.expr))


def name_nodes(root: ast.expr) -> Iterator[ast.Name]:
    return (part for part in parts(root) if isinstance(part, ast.Name))


def position(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def unused_name(name: str, known: Iterable[str]) -> str:
    while name in known:
        name += "_"
    return name


# words


def check_characters(text: str) -> None:
    """Refuse text that is too long, or has characters that nobody can see."""
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(f"the expression has {len(text)} characters; it may have at most {LONGEST_TEXT}")
    for place, character in enumerate(text):
        if not character.isprintable() and character not in "\t\n\r":
            sentence = f"the character {character!a} has no place in an expression"
            raise ExpressionError(pointed_out(sentence, text, place, place))


def arguments_counted(least: int, most: float) -> str:
    """A number of arguments, in words.

    >>> arguments_counted(1, 1), arguments_counted(1, 2), arguments_counted(2, inf)
    ('1 argument', '1 or 2 arguments', 'at least 2 arguments')
    """
    if most == inf:
        return f"at least {counted(least, 'argument')}"
    return counted(least, "argument") if least == most else f"{least} or {most} arguments"
