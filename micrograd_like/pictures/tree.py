"""A drawing as text: a tree, output first, or a table with one line for each value."""

from __future__ import annotations

from itertools import islice

from ..words.numbers import counted, number
from ..words.terminal import IN_ASCII, encodable, encoded, left, on_the_point, painted, right, takes_colour

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from .scene import Mark, Scene

MOST_LINES_OF_TREE = 60
INDENTED = 12  # columns, beyond which a long chain is not indented further
LONG_CHAIN = 6  # values of a long chain
BLANK_LINE = "________"
DIM, BLUE, ORANGE = "2", "38;5;33", "38;5;208"
IN_ASCII |= {"\N{FIRST STRONG ISOLATE}": "", "\N{POP DIRECTIONAL ISOLATE}": ""}


def tree_of_scene(scene: Scene, stream: TextIO | None = None, lines: int | None = MOST_LINES_OF_TREE) -> str:
    """The scene as a tree, output first; a value met again is not unfolded again but marked with `↑`.

    The text suits the stream it is meant for: coloured on a terminal, with `d` where the encoding has no `∂`.
    """
    branches = tree_rows(scene)
    shown = list(islice(branches, lines))
    rest = list(islice(branches, 2))
    if len(rest) == 1:  # which takes no more room than the line that would tell of it
        shown += rest
    left_out = len(scene.marks) - len({mark for mark, _ in shown})
    more = [f"… {counted(left_out, 'more value')}" if left_out else "…"] if len(rest) > 1 else []
    head = ["", "value", f"∂{scene.output.label}/∂" if scene.derivatives or scene.asked else "", ""]
    rows = [head, *(row for _, row in shown)]
    return block(rows, more, scene.stale, (left, right, left, left), ("", BLUE, ORANGE, DIM), stream)


def table_of_scene(scene: Scene, stream: TextIO | None = None, lines: int | None = MOST_LINES_OF_TREE) -> str:
    """One line for each value, in the order in which they were computed; for the stream as `tree`."""
    rows = [table_row(scene, mark) for mark in scene.marks[:lines]]
    if len(scene.marks) - len(rows) == 1:  # as in the tree
        rows.append(table_row(scene, scene.marks[-1]))
    left_out = len(scene.marks) - len(rows)
    head = ["", "", "value", f"∂{scene.output.label}/∂" if scene.derivatives else ""]
    more = [f"… {counted(left_out, 'more value')}"] if left_out else []
    aligns = left, left, on_the_point, on_the_point
    return block([head, *rows], more, scene.stale, aligns, ("", "", BLUE, ORANGE), stream)


def tree_rows(scene: Scene) -> Iterator[tuple[Mark, list[str]]]:
    """Each line of the tree with the value it is about. A stack, no recursion: graphs are deeper than Python's.

    A long chain runs down, not to the right: an only input of an only input stands below it, from some depth on.
    """
    seen: set[Mark] = set()
    stack = [(scene.output, scene.output.derivative, "", "", False, False)]
    while stack:
        mark, share, branch, below, is_only, runs_down = stack.pop()
        again = mark in seen
        seen.add(mark)
        words = f" = {mark.formula}" if mark.op else ""
        back = asked_back(scene, mark, again) if scene.asked else shown_back(scene, mark, share)
        yield mark, [f"{branch}{mark.label}{' ↑' if again else words}", number(mark.data), *back]
        arrows = [] if again else mark.arrows
        if is_only and len(arrows) == 1 and len(below) >= INDENTED and (runs_down or is_long(mark)):
            ((_, x, share),) = arrows
            stack.append((x, share, branch, below, True, True))
            continue
        for follow, (_, x, share) in enumerate(reversed(arrows)):
            branches = ("├─ ", "│  ") if follow else ("└─ ", "   ")
            stack.append((x, share, below + branches[0], below + branches[1], len(arrows) == 1, False))


def is_long(mark: Mark) -> bool:
    """Whether a long chain begins here: a value of one input, which has one input, and so on."""
    for _ in range(LONG_CHAIN):
        if len(mark.arrows) != 1:
            return False
        ((_, mark, _),) = mark.arrows
    return True


def shown_back(scene: Scene, mark: Mark, share: float) -> list[str]:
    """The cells of the tree with what comes back along this branch, and with the sum over all."""
    if not scene.derivatives:
        return ["", ""]
    return [f"← {number(share)}", f"Σ {number(mark.derivative)}" if mark.uses > 1 else ""]


def asked_back(scene: Scene, mark: Mark, again: bool) -> list[str]:
    """The same with lines to write on, where derivatives are asked for."""
    own = scene.asked.get(f"w{mark.index}")
    back = "← 1" if own == "=1" else f"← {BLANK_LINE}" if own else ""
    return [back, f"Σ {BLANK_LINE}" if own and mark.uses > 1 and not again else ""]


def table_row(scene: Scene, mark: Mark) -> list[str]:
    """The cells of a value in the table: its name, its formula, its number and its derivative."""
    back = number(mark.derivative) if scene.derivatives else ""
    return [mark.label, f"= {mark.formula}" if mark.op else "", number(mark.data), back]


def block(
    rows: list[list[str]],
    more: list[str],
    notes: list[str],
    aligns: Sequence[Callable[[list[str]], list[str]]],
    colours: Sequence[str],
    stream: TextIO | None,
) -> str:
    """Rows of cells as lines, each column aligned and in its colour, a dim heading above; below, what more there is."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    if not all(encodable("".join(row), encoding) for row in [*rows, more, notes]):
        *rows, more, notes = [[encoded(cell, encoding) for cell in row] for row in [*rows, more, notes]]
    columns = [align(list(column)) for align, column in zip(aligns, zip(*rows, strict=True), strict=True)]
    head, *body = zip(*columns, strict=True)
    paint = painted if takes_colour(stream) else lambda cell, _: cell
    lines = ["  ".join(paint(cell, DIM) for cell in head)]
    lines += ["  ".join(map(paint, row, colours)) for row in body]
    lines += [paint(line, DIM) for line in more]
    return "\n".join(line.rstrip() for line in [*lines, *notes])
