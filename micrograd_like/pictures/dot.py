"""The book's picture as DOT text: names at the ends, values above each arrow, derivatives below it.

class   id        what it is
leaf    l3        an input: a rounded box, or a point if it has no name
op      o5        an operation
out     out       the output's pill
wire    w5        the numbers of value 5, in the middle of its arrow
wire    g3_5_0    the share of its derivative that comes back from there, where value 3 has several arrows
wire    s5        the beginning of an arrow, up to the numbers
wire    f3_5_0    from the numbers to the share
wire    e3_5_0    the end of the arrow: value 3 becomes input 0 of operation 5; eout ends at the output
"""

from __future__ import annotations

from ..words.numbers import number, short
from ..words.terminal import width
from .palette import LIGHT

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable

    from graphviz import Digraph

    from .scene import Arrow, Mark, Scene

MOST_VALUES_OF_BOOK = 60
WIDEST_OF_BOOK = 2500  # points: a wider picture is too small to read where it fits a page
FONT = "Helvetica,Arial,sans-serif"
ROUNDED = {"shape": "box", "style": "rounded,filled", "height": "0.32", "width": "0.3", "margin": "0.12,0.045"}
POINT = {"shape": "point", "width": "0.07", "color": LIGHT["arrow"]}
LABEL_ALONE = {"shape": "plain", "penwidth": "1"}
ROUND = {"shape": "circle", "style": "filled", "fixedsize": "true", "fontsize": "18"}
BOX = {"shape": "box", "style": "rounded,filled", "margin": "0.09,0.03"}
TABLE = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" COLOR="{LIGHT["arrow"]}">'
BLANK = "&#160;"
SIDE = f'<TD>{TABLE}<TR><TD WIDTH="3"></TD></TR><HR/><TR><TD WIDTH="3"></TD></TR></TABLE></TD>'
BOX_WIDTH, BOX_HEIGHT, BOX_GAP = 62, 24, 4  # points: a box to write in, and its distance from the arrow
LETTER_POINTS = 7.2  # points: how wide one is in a label


class Direction:
    """Which way arrows run, and what that makes of a picture."""

    __slots__ = ("back", "end", "rankdir", "ruled", "start")

    def __init__(self, rankdir: str, start: str, end: str, back: str, ruled: Callable[..., str]) -> None:
        self.rankdir = rankdir
        self.start = start  # where on a mark arrows end,
        self.end = end  # and where they begin
        self.back = back  # the sign of a derivative
        self.ruled = ruled  # a label with a piece of the arrow in its middle


def book_in_dot(scene: Scene, direction: str = "right", **attributes: str) -> str:
    """The DOT text of a scene; `attributes` are Graphviz's, of the whole graph."""
    way = DIRECTIONS[direction]
    is_tree = all(mark.uses <= 1 for mark in scene.marks)
    picture = empty_picture(len(scene.marks) > MOST_VALUES_OF_BOOK, is_tree, way, **attributes)
    for mark in scene.marks:
        add_start(picture, scene, mark)
        add_numbers(picture, scene, mark, way)
        for arrow in mark.arrows:
            add_end_of_arrow(picture, scene, mark, arrow, way)
    add_output_pill(picture, scene, way)
    stale = stale_rows(scene)
    if stale:
        picture.attr(label=table_below(stale), labelloc="b")
    return str(picture.source)


def size(scene: Scene) -> int:
    """How many nodes Graphviz has to place: two for each value, one for each share, one for the output."""
    arrows = (x for mark in scene.marks for x in mark.inputs if not isinstance(x, float))
    shares = sum(has_shares(scene, x) for x in arrows)
    return 2 * len(scene.marks) + shares + 1


def laid_out_width(scene: Scene) -> float:
    """How many points wide the picture will be, about: its longest chain of marks and numbers."""
    reached: dict[Mark, float] = {}
    gap = 40.0  # before and after a number
    for mark in scene.marks:
        label = mark.operation if mark.op else short(mark.name)
        shown = [number(mark.data), short(mark.name) if mark.op else ""]
        shown += [f"← {number(mark.derivative)}"] if scene.derivatives else []
        own = max(26, len(label) * LETTER_POINTS + 13) + max(map(len, shown)) * LETTER_POINTS + 14 + gap
        before = (
            reached[x] + (len(number(share)) * LETTER_POINTS + 40 if has_shares(scene, x) else 0)
            for _, x, share in mark.arrows
        )
        reached[mark] = own + max(before, default=0.0)
    return reached[scene.output]


def has_shares(scene: Scene, mark: Mark) -> bool:
    """Whether a value has several arrows, each of which shows its share of the derivative."""
    return bool(scene.derivatives or scene.asked) and mark.uses > 1


def empty_picture(is_large: bool, is_tree: bool, way: Direction, **attributes: str) -> Digraph:
    """An empty picture, with the attributes that all its nodes and edges have."""
    from graphviz import Digraph

    picture = Digraph("G")
    picture.attr(rankdir=way.rankdir, nodesep="0.22", ranksep="0.28", pad="0.22", splines="true", **attributes)
    picture.attr(bgcolor=LIGHT["card"], fontname=FONT)
    if is_large:
        picture.attr(nslimit="1")  # seconds instead of minutes where arrows are long
    if is_tree:
        picture.attr(ordering="in")  # first input on top; with a value used twice it would force arrows to cross
    ink = {"color": LIGHT["input line"], "fontcolor": LIGHT["ink"]}
    picture.attr("node", fontname=FONT, fontsize="13", penwidth="1.1", **ink)
    line = {"color": LIGHT["arrow"], "fontcolor": LIGHT["derivative"]}
    picture.attr("edge", fontname=FONT, fontsize="11", penwidth="1", arrowsize="0.62", **line)
    return picture


def add_start(picture: Digraph, scene: Scene, mark: Mark) -> None:
    """Add the mark where the arrow of a value begins: its operation, or the input."""
    tip = scene.tooltip(mark)
    if mark.op:
        label = mark.operation
        shape = ROUND if width(label) <= 2 else BOX
        colours = {"fillcolor": LIGHT["operation"], "color": LIGHT["operation line"]}
        known = identity(f"o{mark.index}", "op", tip)
        picture.node(start_of(mark), text(label), width="0.36", height="0.36", **shape, **colours, **known)
    else:
        shape = {**ROUNDED, "fillcolor": LIGHT["input"]} if mark.name else POINT
        picture.node(start_of(mark), text(short(mark.name)), **shape, **identity(f"l{mark.index}", "leaf", tip))


def add_numbers(picture: Digraph, scene: Scene, mark: Mark, way: Direction) -> None:
    """Add the value and its derivative, in the middle of the arrow, and the arrow up to there."""
    i, tip = mark.index, scene.tooltip(mark)
    picture.node(f"w{i}", numbers_label(scene, mark, way), **LABEL_ALONE, **identity(f"w{i}", "wire", tip))
    picture.edge(start_of(mark), f"w{i}:p:{way.start}", arrowhead="none", **identity(f"s{i}", "wire", tip))


def add_end_of_arrow(picture: Digraph, scene: Scene, mark: Mark, arrow: Arrow, way: Direction) -> None:
    """Add the end of an arrow, at an operation; where the value has several arrows, each carries its share.

    The share is a node, since Graphviz doubles all columns for edge labels, and takes minutes where arrows are long.
    """
    k, x, share = arrow
    start, name, tip = f"w{x.index}:p:{way.end}", f"{x.index}_{mark.index}_{k}", scene.tooltip(x)
    if has_shares(scene, x):
        tip += f"\nshare along this arrow: {share!r}" if scene.derivatives else ""
        picture.node(
            f"g{name}", share_alone(scene, f"g{name}", share, way), **LABEL_ALONE, **identity(f"g{name}", "wire", tip)
        )
        picture.edge(start, f"g{name}:p:{way.start}", arrowhead="none", **identity(f"f{name}", "wire", tip))
        start = f"g{name}:p:{way.end}"
    picture.edge(start, start_of(mark), **identity(f"e{name}", "wire", tip))


def add_output_pill(picture: Digraph, scene: Scene, way: Direction) -> None:
    """Add the output's name at the end of the last arrow."""
    mark, tip = scene.output, scene.tooltip(scene.output)
    name = text(mark.label)
    picture.node("out", name, **ROUNDED, fillcolor=LIGHT["output"], **identity("out", "out", tip))
    picture.edge(f"w{mark.index}:p:{way.end}", "out", **identity("eout", "wire", tip))


def start_of(mark: Mark) -> str:
    """Graphviz's name for where a value's arrow begins."""
    return f"o{mark.index}" if mark.op else f"l{mark.index}"


def numbers_label(scene: Scene, mark: Mark, way: Direction) -> str:
    """The label with a value's name, the value, and on the other side of the arrow its derivative."""
    is_inner = mark.op is not None and mark is not scene.output
    name = text(short(mark.name)) if is_inner else ""
    above = [label_row(name, "inner name", 10.5, 13)] if name else []
    below = [label_row(BLANK, "inner name", 10.5, 13)] if name else []
    value = label_row(number(mark.data), "value", 13, 17)
    wire = f"w{mark.index}"
    if wire in scene.asked:
        return way.ruled([gap(BOX_HEIGHT + BOX_GAP - 17), *above, value], [box(scene.asked[wire], way), *below])
    back = f"{way.back} {number(mark.derivative)}" if scene.derivatives else BLANK
    return way.ruled([*above, value], [label_row(back, "derivative", 13, 17), *below])


def share_alone(scene: Scene, wire: str, share: float, way: Direction) -> str:
    """The label of a share, in the middle of its arrow."""
    if wire in scene.asked:
        return way.ruled([gap(BOX_HEIGHT + BOX_GAP)], [box(scene.asked[wire], way)])
    back = f"{way.back} {number(share)}" if scene.derivatives else BLANK
    return way.ruled([label_row(BLANK, "derivative", 11, 14)], [label_row(back, "derivative", 11, 14)])


def box(label: str, way: Direction) -> str:
    """An empty box for a derivative, with a small label in its corner, such as the number of a question."""
    if label.startswith("="):  # it is given
        return label_row(f"{way.back} {label[1:]}", "derivative", 13, BOX_HEIGHT + BOX_GAP)
    font = f'<FONT COLOR="{LIGHT["ink"]}" POINT-SIZE="9">{way.back} {text(label)}</FONT>'
    cell = f'WIDTH="{BOX_WIDTH}" HEIGHT="{BOX_HEIGHT}" BORDER="1" VALIGN="TOP" ALIGN="LEFT"'
    return f'{gap(BOX_GAP)}<TR><TD {cell} COLOR="{LIGHT["derivative"]}">{font}</TD></TR>'


def ruled(above: list[str], below: list[str]) -> str:
    """A label with a rule in the middle, equally high above and below: a piece of the arrow that runs through it.

    An arrow may end up to 2 pt short of its port: the sides have a rule too, which covers that.
    """
    rows = f"{''.join(above)}<HR/>{''.join(below)}"
    return f'<{TABLE}<TR>{SIDE}<TD PORT="p">{TABLE}{rows}</TABLE></TD>{SIDE}</TR></TABLE>>'


def ruled_down(before: list[str], behind: list[str]) -> str:
    """The same for an arrow that runs down: as wide on its left as on its right, by the lengths of the texts."""
    from html import unescape
    from re import findall, sub

    texts = [unescape(sub("<[^>]*>", "", line)).strip() for line in [*before, *behind]]
    least = [int(points) for line in (*before, *behind) for points in findall(r'WIDTH="(\d+)"', line)]
    wide = max([round(max(map(len, texts)) * LETTER_POINTS) + 8, *least])
    side = f'<TD WIDTH="{wide}" HEIGHT="3"></TD>'
    end = f"<TR><TD>{TABLE}<TR>{side}<VR/>{side}</TR></TABLE></TD></TR>"
    left, right = (
        f'<TD WIDTH="{wide}">{TABLE}{"".join(rows)}</TABLE></TD>'.replace("<TD HEIGHT", f'<TD ALIGN="{align}" HEIGHT')
        for align, rows in (("RIGHT", before), ("LEFT", behind))
    )
    middle = f'<TR><TD PORT="p">{TABLE}<TR>{left}<VR/>{right}</TR></TABLE></TD></TR>'
    return f"<{TABLE}{end}{middle}{end}</TABLE>>"


DIRECTIONS = {"right": Direction("LR", "w", "e", "←", ruled), "down": Direction("TB", "n", "s", "↑", ruled_down)}


def label_row(content: str, role: str, points: float, height: int) -> str:
    """One line of text in a label."""
    font = f'<FONT COLOR="{LIGHT[role]}" POINT-SIZE="{points}"> {content} </FONT>'
    return f'<TR><TD HEIGHT="{height}">{font}</TD></TR>'


def gap(height: int) -> str:
    """An empty row of that height, with which a label is as high above its arrow as below."""
    return f'<TR><TD HEIGHT="{height}"></TD></TR>'


def stale_rows(scene: Scene) -> list[str]:
    """The sentences on numbers that were written after they were used, as cells below the picture."""
    return [words(text(sentence), "ink") for sentence in scene.stale]


def table_below(rows: list[str]) -> str:
    """Cells as a table that stands below a picture, one a row."""
    lines = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{lines}</TABLE>>'


def words(content: str, role: str = "inner name", align: str = "CENTER") -> str:
    """A cell of a legend."""
    return f'<TD ALIGN="{align}"><FONT COLOR="{LIGHT[role]}" POINT-SIZE="10">  {content}  </FONT></TD>'


def identity(name: str, kind: str, tip: str) -> dict[str, str]:
    """The attributes by which a page finds a mark, and its tooltip."""
    return {"id": name, "class": kind, "tooltip": escaped_twice(tip)}


def text(label: str) -> str:
    """The label escaped, so that Graphviz shows it: in plain labels too it resolves `&amp;`, in tables too `\\N`."""
    from html import escape

    return escape(label).replace("\\", "\\\\")


def escaped_twice(tip: str) -> str:
    """The text of a tooltip, in which Graphviz resolves backslashes twice."""
    return text(tip).replace("\\", "\\\\")
