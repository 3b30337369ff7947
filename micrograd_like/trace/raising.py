"""Which operations raise which errors for some numbers, where IEEE 754 has inf or nan; and who would catch them."""

from __future__ import annotations

import builtins
from functools import partial
from itertools import product
from math import inf, nan
from types import ModuleType

from ..failure import of_operator
from ..operation import BUILT_IN, Op, once_a_row
from ..runs.bytecode import clauses_in
from ..runs.positions import PACKAGE

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    Kind = type[BaseException]
    Catcher = tuple[tuple[Any, ...], bool]  # the types that a clause catches, and whether it can look at the error

AWKWARD = [0.7, -0.7, 0.0, -0.0, 1.0, -1.0, -2.0, 1.5, 5e-324, 1e308, -1e308, inf, -inf, nan]
MOST_KNOWN = 256  # constants of a row of which is remembered what was found out

DIVISION = {ZeroDivisionError: "y == 0"}
LOGARITHM = {ValueError: "x <= 0"}
PERIODIC = {ValueError: "abs(x) == inf"}
ARC = {ValueError: "abs(x) > 1"}
REMAINDER = {ValueError: "(y == 0 and x == x) or (abs(x) == inf and y == y)"}
POWER_ERRORS = {  # whose negative base and broken exponent lead ** to a complex number, which may be too large
    ZeroDivisionError: "x == 0 and -inf < y < 0",
    OverflowError: "x != 0 and abs(x) < inf and abs(y) < inf and abs(x) ** y == inf",
    ValueError: "-inf < x < 0 and abs(y) < inf and y != trunc(y) and abs(x) ** y < inf",
}
RAISES_WHERE: dict[str, dict[Any, str]] = {  # where an operation raises which error, in the letters of its row
    **dict.fromkeys(("truediv", "floordiv", "mod"), DIVISION),
    **{name: {OverflowError: f"abs(x) < inf and abs({name}(x)) == inf"} for name in ("exp", "exp2", "expm1")},
    **{name: {OverflowError: f"abs(x) < inf and abs({name}(x)) == inf"} for name in ("sinh", "cosh")},
    **dict.fromkeys(("log", "log2", "log10"), LOGARITHM),
    **dict.fromkeys(("sin", "cos", "tan"), PERIODIC),
    **dict.fromkeys(("asin", "acos"), ARC),
    **dict.fromkeys(("fmod", "remainder"), REMAINDER),
    "log1p": {ValueError: "x <= -1"},
    "sqrt": {ValueError: "x < 0"},
    "acosh": {ValueError: "x < 1"},
    "atanh": {ValueError: "abs(x) >= 1"},
    "math_pow": {
        OverflowError: "x != 0 and abs(x) < inf and abs(y) < inf and abs(pow(x, y)) == inf",
        ValueError: "(x == 0 and -inf < y < 0) or (-inf < x < 0 and abs(y) < inf and y != trunc(y))",
    },
    "pow": POWER_ERRORS,
    "pow_const": {kind: text.replace("y", "c") for kind, text in POWER_ERRORS.items()},
}


class OfMath(Op):
    """A function of `math` which is a row's, but raises errors of other types than the row, an operator."""

    __slots__ = ()

    def __reduce__(self) -> str:  # type: ignore[override]
        return "MATH_POW"


MATH_POW = OfMath("math_pow", "^", "pow(x, y)", None, letters=("x", "y"))


def errors_of(op: Op, constants: tuple[Any, ...] = ()) -> tuple[Kind, ...]:
    """The types of the errors that a built-in operation raises at awkward points, beside these constants.

    A place among the constants is None where any number may stand.
    """
    known = by_constants(op)
    found = known.get(constants)
    if found is None:
        if len(known) >= MOST_KNOWN:
            known.clear()
        given = [AWKWARD if x is None else [x] for x in constants or (None,) * min(op.arity or 3, 3)]
        kinds = dict.fromkeys(error_of(op, numbers) for numbers in product(*given))
        found = known[constants] = tuple([kind for kind in kinds if kind])
    return found


@once_a_row
def by_constants(op: Op) -> dict[tuple[Any, ...], tuple[Kind, ...]]:
    """What `errors_of` has found out."""
    return {}


def error_of(op: Op, numbers: tuple[Any, ...]) -> Kind | None:
    """The type of the error that the operation raises for these numbers, if any: that of the operator itself."""
    try:
        op.value(*numbers)
    except (KeyboardInterrupt, SystemExit):
        raise
    except (ArithmeticError, ValueError) as error:
        return type(of_operator(error, op, *numbers) if op.infix else error)
    except BaseException as error:  # of a user's operation, anything
        return type(error)
    return None


def raises_somewhere(op: Op, constants: tuple[Any, ...]) -> bool:
    """Whether it raises at one of the awkward points; an operation of a user's own may raise anywhere."""
    return is_own(op) or bool(errors_of(op, constants))


def is_own(op: Op) -> bool:
    """Whether it is an operation of a user's own."""
    return op.name not in BUILT_IN and op is not MATH_POW


class Raises(Op):
    """The question which of these errors an operation raises; of a user's operation, which error of any type.

    It is spelled as an expression where there is one: engines translate that, and call the operation itself elsewhere.
    """

    __slots__ = ("kinds", "of")

    def __init__(self, of: Op, kinds: tuple[Kind, ...]) -> None:
        value = partial(answer_of, of, kinds)
        spelling = condition_of(of, kinds) if kinds else ""
        super().__init__(f"raises_{of.name}", "has no value", spelling or value, None, letters=of.letters, at=of.at)
        self.of = of
        self.kinds = kinds
        self.value = value

    def answer(self, kind: Kind | None) -> float:
        """The answer where an error of this type is raised, or none: 0, True if only one is asked for, or a number."""
        if len(self.kinds) == 1:
            return kind is self.kinds[0]
        if kind is None or not self.kinds:
            return number_of_kind(kind) if kind else 0
        return self.kinds.index(kind) + 1 if kind in self.kinds else 0

    def asked(self, names: Any) -> str:
        return f"whether {self.of.spelled(names)} has a value"

    def __reduce__(self) -> tuple[Any, ...]:
        return raising, (self.of, self.kinds)


@once_a_row
def raising(op: Op, kinds: tuple[Kind, ...]) -> Raises:
    """The question which of these errors the operation raises."""
    return Raises(op, kinds)


def answer_of(op: Op, kinds: tuple[Kind, ...], *numbers: Any) -> float:
    """The answer to that question."""
    return raising(op, kinds).answer(error_of(op, numbers))


PRIME = 2**53 - 111  # the largest below 2**53, so that a float holds the rest


def number_of_kind(kind: Kind) -> int:
    """A number for a type of errors, which is the same in every process."""
    return 1 + int.from_bytes(f"{kind.__module__}.{kind.__qualname__}".encode()) % PRIME


def condition_of(op: Op, kinds: tuple[Kind, ...]) -> str:
    """Which of these errors is raised, in the letters of the row; "" if only the operation itself knows."""
    known: dict[Any, str] = {} if is_own(op) else RAISES_WHERE.get(op.name, {})
    if not all(kind in known for kind in kinds):
        return ""
    if len(kinds) == 1:
        return known[kinds[0]]
    return " + ".join(f"{k} * ({known[kind]})" for k, kind in enumerate(kinds, 1))


# who would catch them


def catchers(frame: FrameType | None, root: FrameType | None) -> list[Catcher]:
    """What may catch an error that is raised now, in functions of the program from the frame on up to the root."""
    found: list[Catcher] = []
    while frame is not None and frame is not root:
        code = frame.f_code
        if may_catch(code):
            place = frame.f_lasti
            for start, end, clauses in clauses_in(code):
                if start <= place < end:
                    found += [(types_of(clause.paths, frame), clause.keeps) for clause in clauses]
        frame = frame.f_back
    return found


def may_catch(code: CodeType) -> bool:
    """Whether a function of the program has a clause that catches errors."""
    return bool(code.co_exceptiontable and not code.co_filename.startswith(PACKAGE) and clauses_in(code))


def types_of(paths: tuple[tuple[str, ...], ...] | None, frame: FrameType) -> tuple[Any, ...]:
    """The types that a clause names; all errors, if they cannot be looked up without running the program's code."""
    found: list[Any] = [] if paths is not None else [None]
    for first, *others in paths or ():
        x = frame.f_globals.get(first, getattr(builtins, first, None))
        for name in others:
            x = vars(x).get(name) if type(x) is ModuleType else None
        found += x if type(x) is tuple else [x]
    return tuple(found) if all(isinstance(x, type) for x in found) else (BaseException,)


def is_caught(kind: Kind, catchers: list[Catcher]) -> bool:
    """Whether one of them catches an error of this type."""
    return any(x in types for types, _ in catchers for x in kind.__mro__)


def is_kept(error: Exception, catchers: list[Catcher]) -> bool:
    """Whether one that catches this error may read a number from it: what it holds, or its text."""
    if vars(error) or not all(isinstance(x, str) for x in error.args):
        return True
    return any(keeps and x in types for types, keeps in catchers for x in type(error).__mro__)
