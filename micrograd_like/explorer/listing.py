"""The lines of the user's program beside a picture, with marks where its values are computed."""

from __future__ import annotations

from ..runs.positions import Place, line_of
from ..words.numbers import visible

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType
    from typing import Any

    from .parts import Picture

    Spans = dict[tuple[int, int], list[int]]  # from where to where on a line, the values that are computed there

MOST_LISTED = 200


def listing(places: Sequence[Place | None], picture: Picture, function: CodeType | None) -> list[list[Any]]:
    """Lines as [number, text, marks], none if the program cannot be read; `places` are those of the whole's values.

    A mark is a first and a last column, and which of the picture's values are computed there. A function is shown from
    its first line to its last.
    """
    marked: dict[str, dict[int, Spans]] = {}
    known = rows_by_place(places, picture)
    for place, rows in known.items():
        lines = marked.setdefault(place.file, {})
        for line, span in spans_by_line(place):
            lines.setdefault(line, {}).setdefault(span, []).extend(rows)
    if function and any(place.code is function for place in known):
        numbers = {function.co_firstlineno, *(number for _, _, number in function.co_lines() if number)}
        marked[function.co_filename] = {number: {} for number in numbers} | marked.get(function.co_filename, {})
    listings = [[*numbered_lines(file, lines)] for file, lines in marked.items() if lines]
    return [line for lines in listings if any(text for _, text, _ in lines) for line in lines]


def rows_by_place(places: Sequence[Place | None], picture: Picture) -> dict[Place, list[int]]:
    """Which rows of the picture are computed at each place; in a loop, many are at one."""
    known: dict[tuple[CodeType, int], tuple[Place, dict[int, None]]] = {}
    for mark, k in zip(picture.scene.marks, picture.places, strict=True):
        place = places[k] if k < len(places) and mark.op else None
        if place:
            known.setdefault((place.code, place.offset), (place, {}))[1][picture.row(mark)] = None
    return {place: [*rows] for place, rows in known.values()}


def spans_by_line(place: Place) -> Iterator[tuple[int, tuple[int, int]]]:
    """The lines that an expression stands on, and from where to where on each, in characters."""
    first, last, start, end = place.span
    for line in range(first, last + 1):
        text = line_of(place.file, line).rstrip("\n").encode()
        left = start if line == first else len(text) - len(text.lstrip())
        right = end if line == last and end else len(text)
        if right > left:
            yield line, (len(text[:left].decode()), len(text[:right].decode()))


def numbered_lines(file: str, marked: dict[int, Spans]) -> Iterator[list[Any]]:
    """The lines of a file from the first that is marked to the last; only marked ones, where that would be many."""
    first, last = min(marked), max(marked)
    lines = range(first, last + 1) if last - first < MOST_LISTED else sorted(marked)
    texts = {line: visible(line_of(file, line).rstrip("\n").expandtabs(1)) for line in lines}
    margin = min((len(t) - len(t.lstrip()) for t in texts.values() if t.strip()), default=0)
    for line in lines:
        spans = [[a - margin, b - margin, rows] for (a, b), rows in marked.get(line, {}).items()]
        yield [line, texts[line][margin:], spans]
