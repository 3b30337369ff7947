"""What errors about a text show of it: the place with carets below it, a name that is meant, its beginning."""

from __future__ import annotations

from difflib import get_close_matches

from .terminal import width

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_COLUMNS = 76  # columns of a line that is shown with an error


def pointed_out(sentence: str, line: str, start: int, end: int) -> str:
    """The sentence, the line, and carets under line[start:end]; a long line is shown around them only.

    >>> print(pointed_out("this is no number", "apple * two", 8, 11))
    this is no number
        apple * two
                ^^^
    """
    first = max(0, start - SHOWN_COLUMNS // 2) if len(line) > SHOWN_COLUMNS else 0
    last = first + SHOWN_COLUMNS
    before, after = "..." if first else "", "..." if line[last:] else ""
    margin = " " * width(before + line[first:start])
    carets = "^" * (width(line[start : min(end, last)]) or 1)
    visible = "".join(character if character.isprintable() else " " for character in line[first:last])
    return f"{sentence}\n    {before}{visible}{after}\n    {margin}{carets}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """A question about the known name that is most like it, if one is.

    >>> suggestion("appel", ["apple", "n", "tax"])
    ": did you mean 'apple'?"
    """
    close = get_close_matches(beginning(name), known, n=1)
    return f": did you mean {quoted(close[0])}?" if close else ""


def quoted(text: str) -> str:
    return repr(beginning(text))


def beginning(text: str) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= 60 else f"{text[:57]}..."
