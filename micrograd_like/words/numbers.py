"""Numbers and names as pictures and sentences show them: few digits, one line, no two names alike."""

from __future__ import annotations

from itertools import count, filterfalse

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST_NAME = 40
ISOLATE, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
RIGHT_TO_LEFT = "R", "AL", "AN"


def number(x: float) -> str:
    """A number in five significant digits; whole numbers stay whole.

    >>> [number(x) for x in (220.00000000000003, 12345.678, 1234567.5, 1e-05, -0.0)]
    ['220', '12346', '1.235e6', '1e-5', '0']
    """
    size = abs(x)
    if size != size:
        return "nan"
    if size == float("inf"):
        return "∞" if x > 0 else "-∞"
    if size == 0:
        return "0"
    if 1e-4 <= size < 1e6 or (size < 1e9 and x == int(x)):
        digits = f"{x:.5g}"
        return f"{x:.0f}" if "e" in digits else digits
    mantissa, exponent = f"{x:.3e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def numbers_apart(x: float, y: float) -> tuple[str, str]:
    """Two numbers as text: in five digits, or in all of them where five would look alike.

    >>> numbers_apart(3.0, 5.0), numbers_apart(0.1, 0.1000000001)
    (('3', '5'), ('0.1', '0.1000000001'))
    """
    shown = number(x), number(y)
    return shown if shown[0] != shown[1] else (repr(x), repr(y))


def visible(name: str) -> str:
    r"""The name with an escape for each character that does not print: no name breaks a layout or steers a terminal.

    >>> visible("two\nlines")
    'two\\nlines'
    """
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def short(name: str, most: int = LONGEST_NAME) -> str:
    """The name as one line shows it: printable, cut where it is long, and in a reading order of its own."""
    text = visible(name[: most + 1])
    return isolated(text if len(text) <= most else text[: most - 1] + "…")


def isolated(text: str) -> str:
    """The text; Arabic and Hebrew between two signs of Unicode that keep them from reordering the line."""
    if text.isascii():
        return text
    from unicodedata import bidirectional

    return f"{ISOLATE}{text}{END}" if any(bidirectional(c) in RIGHT_TO_LEFT for c in text) else text


def fresh_names(taken: Iterable[str]) -> Iterator[str]:
    """Names for what has none: v1, v2, …, without those that are taken."""
    return filterfalse({*taken}.__contains__, map("v{}".format, count(1)))


def told_apart(names: Sequence[str]) -> list[str]:
    """The names, with a number behind each one that came before; an empty name stays empty.

    >>> told_apart(["w", "x", "w", "", "", "w"])
    ['w', 'x', 'w_2', '', '', 'w_3']
    """
    taken = set(names)
    again: dict[str, Iterator[str]] = {}  # of a name that is used, others for those who come next
    found = []
    for name in names:
        if not name:
            pass
        elif name in again:
            name = next(other for other in again[name] if other not in taken)
            taken.add(name)
        else:
            again[name] = map(f"{name}_{{}}".format, count(2))
        found.append(name)
    return found


def counted(n: int, what: str) -> str:
    """So many of them: the plural with an s.

    >>> counted(1, "value"), counted(1234, "value")
    ('1 value', '1234 values')
    """
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def has_no_point(x: object) -> bool:
    """Whether this is a float that is written without a decimal point."""
    return isinstance(x, float) and x.is_integer() and abs(x) < 1e9
