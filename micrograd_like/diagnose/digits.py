"""How many digits of a result can be trusted, and which operation loses them."""

from __future__ import annotations

from math import inf, isfinite, isnan, log10

from ..pictures.scene import callers_variables
from ..value import Value, met
from ..words.numbers import number
from ..words.terminal import for_terminal
from .flow import Flow

UNIT = 2.0**-53  # how far off a rounded number is at most, relative to it
ALL = -log10(UNIT)  # the digits of a float: 15.95


def digits(y: Value) -> Digits:
    """How many decimal digits of a Value can be trusted, and which operation loses the others.

    >>> from micrograd_like import Value
    >>> x = Value(1e-10)
    >>> y = (1 + x) - 1
    >>> print(digits(y))
    y = 1e-10 ± 1.1e-16: 6.0 of 16 digits can be trusted
      100 % of the error is that of 1 + x = 1, rounded by up to 1.1e-16; y moves by 1 times that
      if the inputs have been rounded too: 6.0 digits

    Every operation v rounds its value by at most |v| / 2**53, and what it rounds moves y by |dy/dv| times that; one
    reverse sweep knows all these derivatives. `error` is the sum over all operations, which bounds the error of y to
    first order; `digits` is -log10 of it relative to y, and at most 15.95. Operations that only pass a number on, as
    `maximum` and `-x` do, round nothing. Inputs count as exact; `with_inputs` is the number of digits if they have
    been rounded as well, as 0.1 has. `worst` is the operation with the largest part in the error. Values nearer to 0
    than 1e-308 are rounded more than is counted here.

    Linnainmaa, Taylor expansion of the accumulated rounding error, BIT 16 (1976); Higham, Accuracy and Stability of
    Numerical Algorithms, 2nd ed., chapter 3.
    """
    if not isinstance(y, Value):
        raise TypeError(f"digits are those of a Value, not of {y!r:.60}: make the inputs Values, as in Value(100)")
    return Digits(Flow(y, callers_variables()))


class Digits:
    """How many digits of a Value can be trusted. It prints as a few lines."""

    __slots__ = ("_factor", "_names", "digits", "error", "value", "with_inputs", "worst", "worst_error")

    def __init__(self, flow: Flow) -> None:
        errors = {v: rounding(v) * abs(flow.derivative(v)) if rounding(v) else 0.0 for v in flow.order}
        by_inputs = sum(UNIT * abs(v._out * flow.derivative(v)) for v in flow.order if v.op is None and v._out)
        self.value = flow.y._out
        self.error = sum(errors.values())
        self.digits = trusted(self.error, self.value)
        self.with_inputs = trusted(self.error + by_inputs, self.value)
        worst = max(errors, key=lambda v: errors[v] if not isnan(errors[v]) else inf)
        self.worst = worst if errors[worst] else None
        self.worst_error = errors[worst]
        self._factor = flow.derivative(worst)
        self._names = flow.names

    def __repr__(self) -> str:
        error = f" ± {self.error:.2g}" if isfinite(self.error) else ""
        shown = f"{self.value:.{max(1, round(self.digits) + 1)}g}"
        head = f"{self._names(self._names.y)} = {shown}{error}: {self.digits:.1f} of 16 digits can be trusted"
        inputs = f"if the inputs have been rounded too: {self.with_inputs:.1f} digits"
        return for_terminal("\n  ".join([head, self._blame(), inputs]))

    def _blame(self) -> str:
        """Which operation has the largest part in the error."""
        if self.worst is None:
            return "no operation has rounded anything"
        v, names = self.worst, self._names
        share = f"{100 * self.worst_error / self.error:.0f} %" if isfinite(self.error) else "the most"
        moves = f"; {names(names.y)} moves by {number(self._factor)} times that" if v is not names.y else ""
        what = f"{names.defined(v)} = {number(v._out)}, rounded by up to {rounding(v):.2g}"
        return f"{share} of the error is that of {what}{moves}"


def rounding(v: Value) -> float:
    """By how much the operation may have rounded its value: not at all if that is one of its inputs, or minus one."""
    if v.op is None or any(abs(v._out) == abs(x) for x in met(v)):
        return 0.0
    return UNIT * abs(v._out)


def trusted(error: float, value: float) -> float:
    """The decimal digits of a value with this error: between 0 and 15.95."""
    if not isfinite(value) or isnan(error):
        return 0.0
    if error == 0:
        return ALL
    relative = error / abs(value) if value else inf
    return min(max(0.0, -log10(relative)) if relative < inf else 0.0, ALL)
