"""Which operations raise for some numbers, where IEEE 754 has inf or nan; and who would catch it."""

from __future__ import annotations

from functools import partial
from itertools import product
from math import inf, nan

from .bytecode import catching_ranges
from .operation import BUILT_IN, Op, once_a_row
from .positions import PACKAGE

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

AWKWARD = [0.7, -0.7, 0.0, -0.0, 1.0, -1.0, -2.0, 1.5, 5e-324, 1e308, -1e308, inf, -inf, nan]


@once_a_row
def raises_somewhere(op: Op, constants: str) -> bool:
    """Whether it raises at one of the awkward points; an operation of a user's own may raise anywhere."""
    if op.name not in BUILT_IN:
        return True
    known = eval(constants, {"inf": inf, "nan": nan})
    for numbers in product(*(AWKWARD if x is None else [x] for x in known)):
        try:
            op.value(*numbers)
        except (ArithmeticError, ValueError):
            return True
    return False


class Raises(Op):
    """The question whether an operation raises.

    It is spelled as an expression where there is one: engines translate that, and call the operation itself elsewhere.
    """

    __slots__ = ("of",)

    def __init__(self, of: Op) -> None:
        spelling: Any = condition_of(of) or (lambda *_: False)
        super().__init__(f"raises_{of.name}", "has no value", spelling, None, letters=of.letters, at=of.at)
        self.of = of
        self.value = partial(raises, of)

    def asked(self, names: Any) -> str:
        return f"whether {self.of.spelled(names)} has a value"

    def __reduce__(self) -> tuple[Any, ...]:
        return raising, (self.of,)


@once_a_row
def raising(op: Op) -> Raises:
    """The question whether this operation raises."""
    return Raises(op)


def raises(op: Op, *numbers: Any) -> bool:
    try:
        op.value(*numbers)
    except Exception:  # of a user's operation, anything
        return True
    return False


DIVISIONS = {"truediv", "floordiv", "mod"}
OF_MATH = {  # which raise where a finite number has an infinite answer, and any number but nan the answer nan
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos"),
    *("sinh", "cosh", "acosh", "atanh", "fmod", "remainder", "pow", "pow_const"),
}


def condition_of(op: Op) -> str:
    """Where the operation raises, in the letters of its row; "" if only the operation itself knows."""
    if op.name not in BUILT_IN:
        return ""
    if op.name in DIVISIONS:
        return "y == 0"
    if op.name not in OF_MATH:
        return ""
    out = op.spelling
    are_numbers = " and ".join(f"{x} == {x}" for x in op.letters)
    are_finite = " and ".join(f"abs({x}) < inf" for x in op.letters)
    return f"(({out}) != ({out}) and {are_numbers}) or (abs({out}) == inf and {are_finite})"


def is_caught(frame: FrameType | None, root: FrameType | None) -> bool:
    """Whether a function of the program, from the frame on up to the root, would catch an error that is raised now."""
    while frame is not None and frame is not root:
        code = frame.f_code
        if code.co_exceptiontable and not code.co_filename.startswith(PACKAGE):
            place = frame.f_lasti
            if any(start <= place < end for start, end in catching_ranges(code)):
                return True
        frame = frame.f_back
    return False
