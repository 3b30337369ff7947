"""Derivatives as a textbook has them, where a row of the table has a longer formula that keeps more digits.

They are written as the rows are: the inputs and `out` in, the derivative by each input out. Where a formula loses the
digits, as 1 - tanh² does at 20, the row's own stands instead of it.
"""

from __future__ import annotations

from math import pi

from ..ops import erfc, exp, log, sqrt
from ..value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PI, TWO, TEN = Value(pi, "pi"), Value(2), Value(10)  # as Values, they stay in formulas and are not computed

# fmt: off

TEXTBOOK: dict[str, Callable[..., Any]] = {
    "truediv":   lambda x, y, out: (1 / y, -x / y**2),
    "exp2":      lambda x, out: out * log(TWO),
    "log2":      lambda x, out: 1 / (x * log(TWO)),
    "log10":     lambda x, out: 1 / (x * log(TEN)),
    "sqrt":      lambda x, out: 1 / (2 * out),
    "cbrt":      lambda x, out: 1 / (3 * out**2),
    "tan":       lambda x, out: 1 + out**2,
    "asin":      lambda x, out: 1 / sqrt(1 - x**2),
    "acos":      lambda x, out: -1 / sqrt(1 - x**2),
    "atan":      lambda x, out: 1 / (1 + x**2),
    "atan2":     lambda y, x, out: (x / (x**2 + y**2), -y / (x**2 + y**2)),
    "hypot":     lambda *xs: tuple(x / xs[-1] for x in xs[:-1]),
    "degrees":   lambda x, out: 180 / PI,
    "radians":   lambda x, out: PI / 180,
    "tanh":      lambda x, out: 1 - out**2,
    "asinh":     lambda x, out: 1 / sqrt(1 + x**2),
    "acosh":     lambda x, out: 1 / sqrt(x**2 - 1),
    "atanh":     lambda x, out: 1 / (1 - x**2),
    "erf":       lambda x, out: 2 / sqrt(PI) * exp(-(x**2)),
    "erfc":      lambda x, out: -2 / sqrt(PI) * exp(-(x**2)),
    "fmod":      lambda x, y, out: (1, -(x - out) / y),
    "remainder": lambda x, y, out: (1, -(x - out) / y),
    "sigmoid":   lambda x, out: out * (1 - out),
    "gelu":      lambda x, out: erfc(-x / sqrt(TWO)) / 2 + x * exp(-(x**2) / 2) / sqrt(2 * PI),
}
