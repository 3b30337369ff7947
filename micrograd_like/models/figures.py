"""Numbers as reports write them: a value to the last digit that its uncertainty leaves."""

from __future__ import annotations

from math import floor, isfinite, log10


def figure(x: float, digits: int) -> str:
    """A number in so many significant digits.

    >>> figure(2.2, 4), figure(1e-19, 3), figure(123456.0, 8), figure(float("nan"), 3)
    ('2.2', '1e-19', '123456', '–')
    """
    if x != x:
        return "–"
    if not isfinite(x):
        return "∞" if x > 0 else "-∞"
    text = f"{x:.{digits}g}"
    if "e" in text and 1 <= abs(x) < 1e9:
        text = f"{float(text):.0f}" if abs(x) < 1e6 or digits > 3 else text
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else "0" if float(text) == 0 else text


def with_sign(x: float, digits: int) -> str:
    """The same with a + before what is positive.

    >>> with_sign(80000.0, 2), with_sign(-0.5, 2), with_sign(0.0, 2)
    ('+80000', '-0.5', '0')
    """
    return f"+{figure(x, digits)}" if x > 0 else figure(x, digits)


def with_u(value: float, u: float, digits: int = 2) -> tuple[str, str]:
    """A value and its uncertainty, in so many digits of that, two by rule (JCGM 100, 7.2.6).

    >>> with_u(1.2341, 0.0754), with_u(50000838.2, 31.7), with_u(6.62e-34, 1.2e-36), with_u(5.0, 0.0)
    (('1.234', '0.075'), ('50000838', '32'), ('6.620e-34', '0.012e-34'), ('5', '0'))
    """
    if not u or not isfinite(u) or not isfinite(value):
        return figure(value, 8), figure(u, digits)
    largest = max(abs(value), u)
    power = floor(log10(largest)) if not 1e-4 <= largest < 1e9 else 0
    value, u = value / 10.0**power, u / 10.0**power
    places = digits - 1 - floor(log10(u))
    if round(u, places) >= 10.0 ** (digits - places):
        places -= 1
    if places > 15:
        return figure(value * 10.0**power, 17), figure(u * 10.0**power, digits)
    places = max(0, places)
    end = f"e{power}" if power else ""
    return f"{value:.{places}f}{end}", f"{u:.{places}f}{end}"
