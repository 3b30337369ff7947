"""pm: a value with its standard uncertainty, as an input of `sensitivities`."""

from __future__ import annotations

import re
from decimal import Decimal, DecimalException
from math import inf, isfinite
from numbers import Real

from ..words.pointing import quoted

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any, NoReturn

NUMERAL = r"[+-]?(?:\d+\.?\d*|\.\d+)"
EXPONENT = r"(?:[eE]([+-]?\d+))?"
IN_PARENTHESES = re.compile(rf"({NUMERAL})\((\d+\.?\d*)\){EXPONENT}")
WITH_SIGN = re.compile(rf"({NUMERAL}(?:[eE][+-]?\d+)?)\s*(?:±|\+/-|\+-)\s*({NUMERAL}(?:[eE][+-]?\d+)?)\s*(%?)")
THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])")
FORMS_OF_TEXT = "'100 ± 5', '100 +- 5', '100 ± 5 %' or '100(5)'"


class pm:
    """A value and its standard uncertainty, for an input of `sensitivities`.

    >>> pm(100, 5), pm("100 ± 5 %"), pm("1.2345(12)"), pm("9.81 +- 0.02", dof=9)
    (pm(100.0, 5.0), pm(100.0, 5.0), pm(1.2345, 0.0012), pm(9.81, 0.02, dof=9))

    The standard uncertainty u is one standard deviation, in the unit of the value: of a tolerance ±a within which all
    values are equally likely it is a / √3. In the short form `1.2345(12)` it counts in the last digits. `dof` are its
    degrees of freedom (JCGM 100, G.3): n - 1 for a mean of n observations, infinite where u is known for certain.
    """

    __slots__ = ("dof", "series", "u", "value")

    def __init__(self, value: Any, u: Any = None, dof: float = inf) -> None:
        if isinstance(value, str):
            if u is not None:
                raise TypeError(
                    f"pm takes a text or two numbers: write pm({value}, {u!r:.40}), or {FORMS_OF_TEXT} alone"
                )
            value, u = numbers_of_text(value)
        elif u is None:
            raise TypeError(
                f"pm takes a value and its standard uncertainty, as in pm({value!r:.40}, 5), or {FORMS_OF_TEXT}"
            )
        self.value = finite_number(value, "value of pm")
        self.u = finite_number(u, "standard uncertainty of pm")
        if self.u < 0:
            raise ValueError(f"a standard uncertainty is not negative: pm was given {u!r:.40}")
        if isinstance(dof, bool) or not isinstance(dof, Real) or not dof > 0:
            raise ValueError(f"dof are degrees of freedom, a number above 0 or infinite, not {dof!r:.40}")
        self.dof: float = dof if isinstance(dof, int | float) else float(dof)
        self.series: tuple[Any, int] | None = None  # the observations that it is the mean of, and which of them

    def __repr__(self) -> str:
        dof = "" if self.dof == inf else f", dof={self.dof:g}"
        return f"pm({self.value!r}, {self.u!r}{dof})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, pm) and (self.value, self.u, self.dof) == (other.value, other.u, other.dof)

    def __hash__(self) -> int:
        return hash((self.value, self.u, self.dof))

    def refused(self, *_: Any) -> NoReturn:
        raise TypeError(
            f"{self!r} is an input of sensitivities, and is not computed with: write a function of plain numbers, and "
            f"call sensitivities(function, name={self!r})"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = refused
    __pow__ = __rpow__ = __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __neg__ = __abs__ = refused
    __lt__ = __le__ = __gt__ = __ge__ = __float__ = __int__ = refused


def finite_number(x: Any, what: str) -> float:
    """The number as a float; what is none, or infinite, is refused."""
    if hasattr(x, "backward"):
        raise TypeError(f"the {what} is a plain number, not {x!r:.60}: give its .data")
    if isinstance(x, bool | str | bytes | complex) or not hasattr(x, "__float__"):
        raise TypeError(f"the {what} is a number, not {x!r:.60}")
    try:
        number = float(x)
    except TypeError:  # of an array
        raise TypeError(f"the {what} is a number, not {x!r:.60}") from None
    except OverflowError:
        raise ValueError(f"the {what} is beyond all floats") from None
    if not isfinite(number):
        raise ValueError(f"the {what} is a finite number, not {number}")
    return number


def numbers_of_text(text: str) -> tuple[float, float]:
    """Value and standard uncertainty of a text.

    >>> numbers_of_text("12.3(4)e-2"), numbers_of_text("-8 ± 10%")
    ((0.123, 0.004), (-8.0, 0.8))
    """
    written = THOUSANDS.sub(lambda match: match[0].replace(",", ""), text.strip().replace("−", "-").replace(" ", ""))
    if match := IN_PARENTHESES.fullmatch(written):
        value, last, exponent = match.groups()
        places = len(value.partition(".")[2]) if "." not in last else 0
        try:
            scale = Decimal(10) ** int(exponent or 0)
            return float(Decimal(value) * scale), float(Decimal(last).scaleb(-places) * scale)
        except (DecimalException, ValueError):  # of an exponent with many digits
            raise ValueError(f"the exponent of {quoted(text)} is beyond all floats") from None
    if match := WITH_SIGN.fullmatch(written):
        value, u, percent = match.groups()
        return float(value), abs(float(value)) * float(u) / 100 if percent else float(u)
    hint = ": decimals stand behind a point, and three digits behind each comma" if "," in text else ""
    raise ValueError(f"pm reads {FORMS_OF_TEXT}, not {quoted(text)}{hint}")
