"""Text that suits a terminal: its encoding, the width of its signs, columns, colours."""

from __future__ import annotations

import sys
from functools import lru_cache

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import TextIO

IN_ASCII = {"×": "*", "÷": "/", "−": "-", "∂": "d", "←": "<-", "↑": "(above)", "Σ": "sum", "…": "...", "∞": "inf"}
IN_ASCII |= {"±": "+/-", "→": "->", "–": "-", "█": "#", "◇": "o"}

BRANCHES = dict(zip("├│└─", "||`-", strict=True))


def painted(cell: str, colour: str) -> str:
    """A cell with its text in a colour; the spaces behind the text have none."""
    text = cell.rstrip()
    return f"\x1b[{colour}m{text}\x1b[0m{cell[len(text) :]}" if text and colour else cell


def takes_colour(stream: TextIO | None) -> bool:
    """Whether a terminal shows colours, and its user wants them."""
    import os

    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def encodable(text: str, encoding: str) -> bool:
    """Whether an encoding has all the signs of a text."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def encoded(text: str, encoding: str) -> str:
    """The text with a substitute for each sign that the encoding lacks; of the lines of trees, for all or none."""
    from .signs import RAISED_PARTS, lowered  # which asks for `re`

    missing = {sign: instead for sign, instead in IN_ASCII.items() if not encodable(sign, encoding)}
    if not encodable("".join(BRANCHES), encoding):
        missing |= BRANCHES
    if not encodable(text, encoding):
        text = RAISED_PARTS.sub(lambda x: x[0] if encodable(x[0], encoding) else f"^{lowered(x[0])}", text)
    return (
        text.translate({ord(sign): instead for sign, instead in missing.items()})
        .encode(encoding, "backslashreplace")
        .decode(encoding)
    )


def left(column: list[str]) -> list[str]:
    """The cells of a column, padded on the right to the width of the widest."""
    return [cell + blanks for cell, blanks in zip(column, padding(column), strict=True)]


def right(column: list[str]) -> list[str]:
    """The cells of a column, padded on the left to the width of the widest."""
    return [blanks + cell for cell, blanks in zip(column, padding(column), strict=True)]


def padding(column: list[str]) -> list[str]:
    """The spaces that pad each cell of a column to the width of the widest."""
    widths = [*map(width, column)]
    widest = max(widths)
    return [" " * (widest - own) for own in widths]


def on_the_point(column: list[str]) -> list[str]:
    """A column with its heading on the left, and below it numbers with their decimal points below each other."""
    head, *numbers = column
    before = [len(x.partition("e")[0].partition(".")[0]) for x in numbers]
    return left([head, *(" " * (max(before) - n) + x for n, x in zip(before, numbers, strict=True))])


def width(text: str) -> int:
    """How many columns of a terminal the text takes: two for 日, none for a combining accent."""
    return len(text) if text.isascii() else sum(map(columns_of, text))


@lru_cache
def columns_of(c: str) -> int:
    """How many columns of a terminal one character takes."""
    from unicodedata import category, east_asian_width

    return 0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in ("W", "F") else 1


def for_terminal(text: str) -> str:
    """The text as the standard output can show it."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if encodable(text, encoding) else encoded(text, encoding)
