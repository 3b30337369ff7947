"""Answers to an exercise: what number was meant, whether it is the right one, and what is said of all of them."""

from __future__ import annotations

import re
from math import isfinite, isnan

from ..checked import is_real
from ..errors import ExpressionError
from ..value import Value
from ..words.expression import Expression
from ..words.numbers import counted
from ..words.terminal import for_terminal
from .formulas import EXACT

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

SIGNS_OF_PUPILS = str.maketrans({"·": "*", "^": "**"})
INDEXED = re.compile(r"""([^\W\d]\w*)((?:\[(?:\d+|'[^']*'|"[^"]*")\])+)""")
FORMS_OF_ANSWERS = "2.5, '2/3', '3 * 4', 'inf' or 'nan', or arithmetic with the names on the sheet"


def number_meant(answer: Any, known: Mapping[str, float]) -> float | None:
    """An answer as a float: a number, a Value, or arithmetic as text, also with names; None for anything else.

    >>> [number_meant(answer, {"d": 2.0}) for answer in (5, "2/3", "3 × 4", "d²", "five", "9**9**9**9")]
    [5.0, 0.6666666666666666, 12.0, 4.0, None, None]
    >>> number_meant("(1 - o²) × w[0]", {"o": 0.5, "w[0]": 4.0})
    3.0
    """
    if isinstance(answer, Value):
        return answer.data
    if is_real(answer):
        return float(answer)
    if not isinstance(answer, str):
        return None
    try:
        return float(answer)
    except ValueError:
        return calculated(answer, known)


def calculated(text: str, known: Mapping[str, float]) -> float | None:
    """The value of arithmetic in the notation of a sheet, or of Python; None if it cannot be read."""
    try:
        expression = Expression(spelled(text.translate(SIGNS_OF_PUPILS)))
        inputs = {spelled(name): number for name, number in known.items()}
        return expression.value({name: inputs[name] for name in expression.names if name in inputs}).data
    except ExpressionError:
        return None


def spelled(text: str) -> str:
    """The text with its indexed names turned into identifiers, the only names that an expression has.

    >>> spelled("w[1][0] * xs[2]")
    'w_1_0_ * xs_2_'
    >>> spelled("price['apple'] * n[0]")
    'price_apple_ * n_0_'
    """
    return INDEXED.sub(lambda found: found[1] + re.sub(r"\W+", "_", found[2]), text)


def not_understood(answer: Any) -> str:
    """The remark on an answer that is no number."""
    if isinstance(answer, str) and re.fullmatch(r"\s*[-−+]?\d+(,\d+)+\s*", answer):
        return "a number is written with a point and without commas, as in 2.5"
    return f"this is no number; write it as {FORMS_OF_ANSWERS}"


def agrees(answer: float, right: float) -> bool:
    """Whether an answer is the right number, in three digits at least."""
    if isnan(answer) or isnan(right):
        return isnan(answer) and isnan(right)
    return answer == right or (isfinite(right) and abs(answer - right) <= EXACT * abs(right))


def is_left_open(answer: Any) -> bool:
    """Whether a blank was left open."""
    return answer is None or (isinstance(answer, str) and not answer.strip())


class Checked:
    """What became of the answers: `right` and `wrong` count them, `lines` says it of each.

    `all_right` is True if there are answers and none of them is wrong.
    """

    def __init__(self, lines: Sequence[tuple[bool, str]]) -> None:
        self.lines = [line for _, line in lines]
        self.right = sum(right for right, _ in lines)
        self.wrong = len(lines) - self.right
        self.all_right = self.right > 0 and self.wrong == 0

    def __repr__(self) -> str:
        count = len(self.lines)
        if not count:
            return "nothing answered yet"
        how_many = "all right" if self.all_right else f"{self.right or 'none'} of them right"
        return for_terminal("\n  ".join([f"{counted(count, 'blank')} answered, {how_many}", *self.lines]))
