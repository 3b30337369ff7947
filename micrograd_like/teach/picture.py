"""The picture of an exercise: the book's, with boxes to write in; on a page that it fits, or else a tree of text."""

from __future__ import annotations

import re
from html import escape

from ..errors import DrawingError
from ..explorer.parts import InnerScene
from ..pictures import dot, svg
from ..pictures.layout import laid_out
from ..pictures.palette import LIGHT
from ..pictures.scene import Scene
from ..pictures.tree import tree_of_scene
from ..words.numbers import short
from ..words.terminal import width as columns_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..pictures.scopes import Path
    from ..value import Value
    from .exercise import Exercise

SHEET_WIDTH, SHEET_HEIGHT = 504.0, 640.0  # points: the space on a sheet of A4
LEGIBLE = 0.6  # of its size, the least to which a picture may shrink
MOST_DRAWN_ON_PAPER = 60  # values
MOST_LINES_ON_PAPER = 40  # of a tree
LARGEST_LETTERS, LETTER_WIDTH = 8.5, 0.61  # points, and how wide one of a tree is beside its height


def scene_of(exercise: Exercise, answers: bool) -> Scene:
    """The values of an exercise, with their derivatives or with boxes for them; of a long computation the last ones."""
    chain = exercise.chain
    scene = whole = Scene(chain.y, exercise.names, answers)
    if len(exercise.values) < len(chain.order):
        last = set(exercise.values)
        scene = InnerScene(whole, [mark for mark in whole.marks if mark.op and whole.values[mark.index] in last])
    if not answers:
        scene.asked = boxes(scene, {blank.v: k for k, blank in enumerate(exercise.blanks, 1) if blank.child is None})
    return scene


def boxes(scene: Scene, numbers: Mapping[Value, int]) -> dict[str, str]:
    """For each wire with a box the number of its question; shares along one of several arrows have none."""
    asked = {f"w{scene.output.index}": "=1"}
    for mark in scene.marks:
        if scene.values[mark.index] in numbers:
            asked[f"w{mark.index}"] = str(numbers[scene.values[mark.index]])
        several = [(k, x) for k, x, _ in mark.arrows if x.uses > 1 and scene.values[x.index] in numbers]
        asked |= {f"g{x.index}_{mark.index}_{k}": "" for k, x in several}
    return asked


def picture(scene: Scene, parts: Sequence[Path]) -> str:
    """HTML of the picture, as large as fits a sheet; where there is no Graphviz, or no room, the tree.

    `parts` are the scopes around each of its values.
    """
    for direction in ("right", "down") if len(scene.marks) <= MOST_DRAWN_ON_PAPER else ():
        try:
            drawn = laid_out(framed(dot.book_in_dot(scene, direction), scene, parts), "svg")
        except (DrawingError, ImportError):  # ImportError: the package graphviz is not installed
            break
        width, height = map(float, re.findall(rb'(?:width|height)="([\d.]+)pt"', drawn)[:2])
        scale = min(1.0, SHEET_WIDTH / width, SHEET_HEIGHT / height)
        if scale >= LEGIBLE:
            size = f"width:{width * scale:.0f}pt"
            finished = svg.finished(drawn, svg.alternative(scene)).replace(f"width:{width:g}pt", size, 1)
            return f'<div class="picture">{re.sub("<style>.*?</style>", "", finished, count=1, flags=re.DOTALL)}</div>'
    text = tree_of_scene(scene, lines=MOST_LINES_ON_PAPER)
    points = min(LARGEST_LETTERS, SHEET_WIDTH / LETTER_WIDTH / max(map(columns_of, text.splitlines())))
    return f'<pre class="picture" style="font-size:{points:.1f}pt">{escape(text)}</pre>'


def framed(source: str, scene: Scene, around: Sequence[Path]) -> str:
    """The DOT text with a frame around the operations of each scope."""
    parts: dict[Path, list[str]] = {}
    for mark, path in zip(scene.marks, around, strict=True):
        if mark.op:
            for depth in range(len(path)):
                parts.setdefault(path[: depth + 1], [])
            parts.setdefault(path, []).extend([f"o{mark.index}", f"w{mark.index}"])
    parts.pop((), None)
    return f"{source.rstrip().removesuffix('}')}{clusters(parts, ())}bgcolor=transparent }}\n"


def clusters(parts: Mapping[Path, list[str]], outer: Path) -> str:
    """The scopes just within one as subgraphs in DOT, with those within them."""
    look = f'style="rounded,dashed" color="{LIGHT["group line"]}" fontcolor="{LIGHT["inner name"]}" fontsize="10"'
    text = ""
    for path, nodes in parts.items():
        if path[:-1] == outer:
            name = dot.text(short(str(path[-1])))
            head = f'subgraph "cluster_{list(parts).index(path)}" {{ label="{name}" labeljust="l" {look} margin="6" '
            text += f"{head}{' '.join(f'{node};' for node in nodes)} {clusters(parts, path)}}}\n"
    return text
