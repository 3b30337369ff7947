"""What a row of the table in `ops.py` is, and how it becomes a function that people call."""

from __future__ import annotations

import math
import operator
from functools import wraps
from itertools import cycle, islice
from keyword import iskeyword

from . import special
from .checked import checked
from .core import fast
from .errors import note_several
from .graph import Node

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol, TypeVar, overload

    F = TypeVar("F", bound=Callable[..., Any])
    N = TypeVar("N", bound=Node)

    class Function(Protocol):
        """Numbers in, a number out; a node among the inputs, a node out."""

        __name__: str

        @overload
        def __call__(self, *inputs: float) -> float: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, *inputs: N | float) -> N: ...


OPS: dict[str, Op] = {}  # every row by its name
QUESTIONS: dict[str, Op] = {}  # rows whose answer a program uses as a plain number: int(), floor(), round(), range()
NODE_TYPES: dict[type[Node], Callable[[Op], None]] = {}  # each kind of node, and how it takes a row as its methods
PROBE = 0.7, 1.3, -0.4, 2.0
SPELLED_WITH = {"fma": special.fma, "sumprod": special.sumprod, **vars(math)}  # what spellings may use, beside builtins


class Op:
    """One row of the table."""

    __slots__ = (  # noqa: RUF023 - in the order in which a row is read
        "name",  # "mul"
        "label",  # in pictures: "×"; of what only a program asks, with gaps for the inputs: "int({x})"
        "called",  # what error messages and formulas call the function: of log_base "log"
        "spelling",  # as Python source: "x * y"
        "is_text",  # whether the spelling is all there is to the value; else it calls a function of Python
        "value",  # the function that the spelling stands for
        "rule",  # (*inputs, out, g) -> what each input receives; None: the answer is no number to differentiate
        "letters",  # the names of the inputs: ("x", "y")
        "arity",  # how many there are; 0: any number, ("xs",)
        "at",  # a point inside the domain, away from kinks
        "numpy",  # NumPy's name: "multiply"
        "infix",  # whether it is written with an operator
        "dunder",  # and the method behind that: "__mul__"
        "defaults",  # of the last inputs
        "by_constant",  # the row to take instead when the second input is a plain number
        "wider",  # the name of the row to take instead when there is one input more
        "kink",  # in the letters: 0 where another branch begins, and elsewhere how far off that is: "x - y"
        "known",  # what was found out about the row: see `once_a_row`
    )

    def __init__(
        self,
        name: str,
        label: str,
        value: str | Callable[..., Any],
        rule: Callable[..., Any] | None,
        *,
        letters: tuple[str, ...] = (),
        at: tuple[float, ...] = (),
        numpy: str = "",
        dunder: str = "",
        defaults: tuple[float, ...] = (),
        by_constant: Op | None = None,
        wider: str = "",
        kink: str = "",
    ) -> None:
        self.name = name
        self.label = label
        self.rule = rule
        self.letters = letters or inputs_of_rule(rule)
        self.arity = 0 if self.letters == ("xs",) else len(self.letters)
        self.is_text = isinstance(value, str)
        self.spelling = value if isinstance(value, str) else f"{name}({parameters(self.letters)})"
        self.value = compiled(value, self.letters) if isinstance(value, str) else value
        self.at = at or tuple(islice(cycle(PROBE), self.arity or 3))
        self.called: str = next((op.called for op in OPS.values() if op.wider == name), name)
        self.numpy = numpy or name
        self.infix = False
        self.dunder = dunder
        self.defaults = defaults
        self.by_constant = by_constant
        self.wider: str = wider
        self.kink = kink
        self.known: dict[Any, Any] = {}

    def backward(self, inputs: tuple[Any, ...], out: Any, g: Any) -> tuple[Any, ...]:
        """What each input receives: the rule's answer, always as a tuple.

        >>> from micrograd_like.ops import OPS
        >>> OPS["mul"].backward((2.0, 3.0), 6.0, 1.0)
        (3.0, 2.0)
        """
        if self.rule is None:
            return (None,) * len(inputs)
        if self.arity == 1:
            return (self.rule(*inputs, out, g),)
        return tuple(self.rule(*inputs, out, g) if self.arity else self.rule(inputs, out, g))

    def completed(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs, and the defaults of those that were left out."""
        missing = self.arity - len(inputs) if self.arity else 0
        if 0 <= missing <= len(self.defaults):
            return inputs + self.defaults[len(self.defaults) - missing :]
        raise TypeError(f"{self.called} takes {self.arity} inputs, ({parameters(self.letters)}), not {len(inputs)}")

    def spelled(self, names: Sequence[str]) -> str:
        """The operation on inputs of these names.

        >>> from micrograd_like.ops import OPS
        >>> [OPS[name].spelled(["apple", "2"]) for name in ("mul", "hypot")], OPS["neg"].spelled(["apple"])
        (['apple * 2', 'hypot(apple, 2)'], '-apple')
        """
        if not self.infix:
            return f"{self.called}({', '.join(names)})"
        import re

        known = dict(zip(self.letters, names, strict=True))
        return re.sub(r"\b[a-z]\b", lambda letter: known[letter[0]], self.spelling)

    def asked(self, names: Sequence[str]) -> str:
        """A comparison, or what else a program asks of inputs of these names, as people read it.

        >>> from micrograd_like.operation import OPS, QUESTIONS
        >>> OPS["le"].asked(["price", "1000"]), QUESTIONS["trunc"].asked(["price"])
        ('price ≤ 1000', 'int(price)')
        """
        if QUESTIONS.get(self.name) is not self:
            return f" {self.label} ".join(names)
        return self.label.format(**dict(zip(self.letters, names, strict=True)))

    @property
    def symbol(self) -> str:
        """What Python writes for it: `*`, `**`, `tanh`."""
        return self.spelling.strip("xyc ") if self.is_sign else self.called

    @property
    def is_sign(self) -> bool:
        """Whether it is written with a sign, as `x * y` and `-x`: `abs(x)`, though an operator's method, is not."""
        return self.infix and self.dunder != "__abs__"

    @property
    def is_power(self) -> bool:
        """Whether it is `x ** y`, or that with a constant."""
        return self is OPS.get("pow") or self is OPS.get("pow_const")

    @property
    def is_choice(self) -> bool:
        """Whether it is one of the table's own choices of two inputs by a condition."""
        return self.spelling == "x if c else y" and self.name in BUILT_IN

    def widened(self, inputs: tuple[Any, ...]) -> Op:
        """This row, or the wider one if there is one input more."""
        return OPS[self.wider] if self.wider and len(inputs) > self.arity else self

    def __repr__(self) -> str:
        return f"<operation {self.name}: {self.spelling}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (question_row if QUESTIONS.get(self.name) is self else row_named), (self.name,)


def once_a_row(function: F) -> F:
    """Remember what a function answers to a row, and to what else it is given, for as long as the row exists.

    A cache beside the table would keep for ever every row that a program defines anew, and all that its rule holds.
    """

    @wraps(function)
    def answer(op: Op, *others: Any) -> Any:
        key = (function, others) if others else function
        try:
            return op.known[key]
        except KeyError:
            op.known[key] = found = function(op, *others)
            return found

    return answer  # type: ignore[return-value]


def row_named(name: str) -> Op:
    """The row of that name: a pickled graph asks for its rows here."""
    if name not in OPS:
        raise LookupError(f"there is no operation named {name!r}: define it, as it was, with function({name!r}, …)")
    return OPS[name]


def question_row(name: str) -> Op:
    """The row of a question: a pickled program asks for it here."""
    return QUESTIONS[name]


def inputs_of_rule(rule: Any) -> tuple[str, ...]:
    """The names of a rule's inputs: its parameters but the last two, `out` and `g`."""
    code = getattr(rule, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else ()
    if len(names) < 3 or names[-2:] != ("out", "g"):
        raise TypeError(f"a rule takes its inputs, then out and g, as in `lambda x, out, g: …`, not {names}")
    return names[:-2]


def parameters(letters: tuple[str, ...]) -> str:
    return "*xs" if letters == ("xs",) else ", ".join(letters)


def compiled(spelling: str, letters: tuple[str, ...]) -> Callable[..., Any]:
    """The function that a spelling stands for: `math`'s own where all the spelling does is to call it."""
    name = spelling.partition("(")[0]
    if name in SPELLED_WITH and spelling == f"{name}({parameters(letters)})":
        return SPELLED_WITH[name]  # type: ignore[no-any-return]
    return eval(f"lambda {parameters(letters)}: {spelling}", SPELLED_WITH)  # type: ignore[no-any-return]


def infix(name: str, label: str, spelling: str, rule: Callable[..., Any], *, value: Any = None, **columns: Any) -> Op:
    """A row for one of Python's operators; its value is the C function of the same name in `operator`."""
    op = Op(name, label, spelling, rule, **{"dunder": f"__{name}__", **columns})
    op.value = value or getattr(operator, name)
    op.infix = True
    return register(op)


def comparison(name: str, label: str, spelling: str) -> Op:
    """A row for one of Python's comparisons: it answers a plain bool, and nothing flows back through it."""
    return register(Op(name, label, spelling, None, letters=("x", "y"), dunder=f"__{name}__"))


def question_to_number(name: str, label: str, spelling: str) -> None:
    """A row for what a number is asked, and a plain number answers: nothing flows back through it."""
    QUESTIONS[name] = Op(name, label, spelling, None, letters=("x",))


def function(
    name: str,
    value: str | Callable[..., Any],
    rule: Callable[..., Any],
    *,
    label: str = "",
    at: tuple[float, ...] = (),
    numpy: str = "",
    defaults: tuple[float, ...] = (),
    wider: str = "",
    kink: str = "",
) -> Function:
    """An operation of your own, in one row: its value, and its rule, which says what its inputs receive.

    >>> from micrograd_like import Value, function
    >>> square = function("square", lambda x: x * x, lambda x, out, g: g * 2 * x)
    >>> x = Value(3)
    >>> y = square(x) + x.square()
    >>> y.backward()
    >>> y.data, x.grad
    (18.0, 12.0)

    `value` takes plain floats, or is text: an expression in the rule's letters and the names of `math`. `rule` takes
    the inputs, the value they gave (`out`) and the derivative that arrives (`g`); it returns what the input receives,
    or a tuple when there are several inputs. Written in plain arithmetic and in functions of this package, it can be
    differentiated again. `at` is a point inside the domain, where tests can probe the rule; `defaults` are those of
    the last inputs; `wider` is the name of the operation that takes one input more. `kink` is text in the rule's
    letters: 0 where another branch begins, and elsewhere how far off that is, as "x - y" of a maximum.
    """
    own = {name, OPS[name].numpy} if name in OPS else set()  # names that a definition anew may keep
    for word in (name, numpy or name):
        if not isinstance(word, str) or not word.isidentifier() or iskeyword(word):
            raise ValueError(f"an operation's name is a Python name, such as 'square', not {word!r}")
        if word in BUILT_IN or (word not in own and any(hasattr(kind, word) for kind in NODE_TYPES)):
            raise ValueError(f"the name {word!r} is taken: choose another for your operation")
    op = Op(name, label or name, value, rule, at=at, numpy=numpy, defaults=defaults, wider=wider, kink=kink)
    return public(register(checked(op) if BUILT_IN else op))


BUILT_IN: set[str] = set()  # the names of the rows in `ops.py`, once they are all there


def register(op: Op) -> Op:
    """Enter the row into the table, and make it a method of every kind of node."""
    old = OPS.get(op.name, op)
    for kind in NODE_TYPES:
        if old.numpy not in (op.name, op.numpy) and old.numpy in vars(kind):
            delattr(kind, old.numpy)
    OPS[op.name] = op
    for take in NODE_TYPES.values():
        take(op)
    return op


def every_row_a_method(kind: type[Node], take: Callable[[Op], None]) -> None:
    """Give a kind of node the methods of the table: `take` is called with each row, those to come too."""
    NODE_TYPES[kind] = take
    for op in OPS.values():
        take(op)


def public(op: Any) -> Function:
    """The row as the function that people call: of plain numbers its value, of nodes a recorded operation."""
    value = op.value
    method = (lambda x: x.record(op, x)) if BUILT_IN else operator.methodcaller(op.name)  # the name may get a new row

    def unary(x, /):  # type: ignore[no-untyped-def]
        if isinstance(x, Node):  # one that is not of the table has methods of its own, by these names too
            return method(x) if type(x) in NODE_TYPES else x.record(OPS.get(op.name, op), x)  # type: ignore[no-untyped-call]
        try:
            return value(x)
        except (TypeError, ValueError):
            note_several(op, x, op.name in BUILT_IN)
            raise

    def binary(x, y, /):  # type: ignore[no-untyped-def]
        if isinstance(x, Node):
            return x.record(op, x, y)
        return y.record(op, x, y) if isinstance(y, Node) else value(x, y)

    def nary(*xs):  # type: ignore[no-untyped-def]
        for x in xs:
            if isinstance(x, Node):
                return x.record(op, *xs)
        if len(xs) == op.arity:
            try:
                return op.value(*xs)
            except (TypeError, ValueError):
                note_several(op, xs[0], op.name in BUILT_IN)
                raise
        row = op.widened(xs)
        return row.value(*row.completed(xs))

    apply: Any = nary if op.wider else {1: unary, 2: binary}.get(op.arity, nary)
    apply.__name__ = apply.__qualname__ = op.name
    apply.__module__ = op.rule.__module__
    apply.__doc__ = documentation(op)
    if apply is not nary:
        apply.__defaults__ = op.defaults or None
        apply.__code__ = apply.__code__.replace(co_name=op.name, co_varnames=op.letters)  # as help() shows it
    return apply if BUILT_IN else fast(op, apply)  # type: ignore[no-any-return]


def documentation(op: Op) -> str:
    """What help() says of a function: its author's words, or its spelling and an example that runs."""
    if BUILT_IN or not op.is_text or op.name in ("fma", "sumprod"):  # an example of sumprod would import fractions
        return op.value.__doc__ or f"`{op.spelling}`, an operation that can be differentiated."
    example = f">>> {op.name}({', '.join(map(str, op.at))})\n    {op.value(*op.at)!r}"
    return f"`{op.spelling}`: of numbers a number, of Values a Value.\n\n    {example}\n    "
