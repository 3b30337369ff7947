"""The book's picture as DOT text: names at the ends, values above each arrow, derivatives below it.

class   id        what it is
leaf    l3        an input: a rounded box, or a point if it has no name
op      o5        an operation
wire    w5        the number label of a value, in the middle of its arrow; s5 is the arrow's first half
wire    e3_5_0    the arrow's second half: from value 3 to operation 5, whose input 0 it is
out     out       the output's pill; eout is the arrow that leads to it
"""

from __future__ import annotations

from .labels import number, short
from .palette import LIGHT

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from graphviz import Digraph

    from .scene import Arrow, Mark, Scene

LARGE = 60
FONT = "Helvetica,Arial,sans-serif"
PILL = {"shape": "box", "style": "rounded,filled", "height": "0.32", "width": "0.3", "margin": "0.12,0.045"}
POINT = {"shape": "point", "width": "0.07", "color": LIGHT["arrow"]}
CIRCLE = {"shape": "circle", "style": "filled", "fixedsize": "true", "fontsize": "18"}
TABLE = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" COLOR="{LIGHT["arrow"]}">'
BLANK = "&#160;"
SIDE = f'<TD>{TABLE}<TR><TD WIDTH="3"></TD></TR><HR/><TR><TD WIDTH="3"></TD></TR></TABLE></TD>'
BOX = {"shape": "box", "style": "rounded,filled", "margin": "0.09,0.03"}


def source(scene: Scene, **attributes: str) -> str:
    """The DOT text of a scene; `attributes` are Graphviz's, of the whole graph."""
    picture = blank(scene, **attributes)
    for mark in scene.marks:
        add_start(picture, scene, mark)
        add_number(picture, scene, mark)
        for arrow in mark.arrows:
            add_arrow(picture, scene, mark, arrow)
    add_output(picture, scene)
    return str(picture.source)


def blank(scene: Scene, **attributes: str) -> Digraph:
    from graphviz import Digraph

    picture = Digraph("G")
    picture.attr(rankdir="LR", nodesep="0.22", ranksep="0.28", pad="0.22", **({"splines": "true"} | attributes))
    picture.attr(bgcolor=LIGHT["card"], fontname=FONT)
    if len(scene.marks) > LARGE:
        picture.attr(nslimit="1")  # half the time
    if all(mark.uses <= 1 for mark in scene.marks):
        picture.attr(ordering="in")  # first input on top; with a value used twice it would force arrows to cross
    ink = {"color": LIGHT["input line"], "fontcolor": LIGHT["ink"]}
    picture.attr("node", fontname=FONT, fontsize="13", penwidth="1.1", **ink)
    line = {"color": LIGHT["arrow"], "fontcolor": LIGHT["derivative"]}
    picture.attr("edge", fontname=FONT, fontsize="11", penwidth="1", arrowsize="0.62", **line)
    return picture


def add_start(picture: Digraph, scene: Scene, mark: Mark) -> None:
    """Where the arrow of a value begins: its operation, or the input."""
    tip = scene.tooltip(mark)
    if mark.op:
        label = mark.operation
        shape = CIRCLE if len(label) <= 2 else BOX
        colours = {"fillcolor": LIGHT["operation"], "color": LIGHT["operation line"]}
        known = identity(f"o{mark.index}", "op", tip)
        picture.node(start_of(mark), text(label), width="0.36", height="0.36", **shape, **colours, **known)
    else:
        shape = {**PILL, "fillcolor": LIGHT["input"]} if mark.name else POINT
        picture.node(start_of(mark), text(short(mark.name)), **shape, **identity(f"l{mark.index}", "leaf", tip))


def add_number(picture: Digraph, scene: Scene, mark: Mark) -> None:
    """The value and its derivative, in the middle of the arrow, and the arrow's first half."""
    tip = scene.tooltip(mark)
    label = number_label(scene, mark)
    picture.node(f"w{mark.index}", label, shape="plain", penwidth="1", **identity(f"w{mark.index}", "wire", tip))
    ends = start_of(mark), f"w{mark.index}:p:w"
    picture.edge(*ends, arrowhead="none", **identity(f"s{mark.index}", "wire", tip))


def add_arrow(picture: Digraph, scene: Scene, mark: Mark, arrow: Arrow) -> None:
    """The arrow's second half, to an operation; where the value has several, each carries its share."""
    k, x, share = arrow
    tip = scene.tooltip(x)
    start, name = f"w{x.index}:p:e", f"{x.index}_{mark.index}_{k}"
    if scene.derivatives and x.uses > 1:
        tip += f"\nshare along this arrow: {share!r}"
        label = f'<{TABLE}<TR>{SIDE}<TD PORT="p">{TABLE}{row(BLANK, "derivative", 11, 14)}<HR/>{row(f"← {number(share)}", "derivative", 11, 14)}</TABLE></TD>{SIDE}</TR></TABLE>>'
        picture.node(f"g{name}", label, shape="plain", penwidth="1", **identity(f"g{name}", "wire", tip))
        picture.edge(start, f"g{name}:p:w", arrowhead="none", **identity(f"f{name}", "wire", tip))
        start = f"g{name}:p:e"
    picture.edge(start, start_of(mark), **identity(f"e{name}", "wire", tip))


def add_output(picture: Digraph, scene: Scene) -> None:
    mark, tip = scene.output, scene.tooltip(scene.output)
    name = text(mark.label)
    picture.node("out", name, **PILL, fillcolor=LIGHT["output"], **identity("out", "out", tip))
    picture.edge(f"w{mark.index}:p:e", "out", **identity("eout", "wire", tip))


def start_of(mark: Mark) -> str:
    return f"o{mark.index}" if mark.op else f"l{mark.index}"


def number_label(scene: Scene, mark: Mark) -> str:
    """Name, value, rule, derivative: a table whose rule is a piece of the arrow, which so runs through the label.

    The arrow's halves end in the middle of the sides, so a name above is balanced by a blank row below; and up to 2 pt
    short of them, which the sides' own rule covers.
    """
    is_inner = mark.op is not None and mark is not scene.output
    name = text(short(mark.name)) if is_inner else ""
    back = f"← {number(mark.derivative)}" if scene.derivatives else ""
    rows = [
        row(name, "inner name", 10.5, 13) if name else "",
        row(number(mark.data), "value", 13, 17),
        "<HR/>",
        row(back or BLANK, "derivative", 13, 17),
        row(BLANK, "inner name", 10.5, 13) if name else "",
    ]
    return f'<{TABLE}<TR>{SIDE}<TD PORT="p">{TABLE}{"".join(rows)}</TABLE></TD>{SIDE}</TR></TABLE>>'


def row(content: str, role: str, size: float, height: int) -> str:
    font = f'<FONT COLOR="{LIGHT[role]}" POINT-SIZE="{size}"> {content} </FONT>'
    return f'<TR><TD HEIGHT="{height}">{font}</TD></TR>'


def identity(name: str, kind: str, tip: str) -> dict[str, str]:
    return {"id": name, "class": kind, "tooltip": tooltip(tip)}


def text(label: str) -> str:
    """The label as Graphviz has to read it to show it: in plain labels too it resolves `&amp;`, in tables too `\\N`."""
    from html import escape

    return escape(label).replace("\\", "\\\\")


def tooltip(tip: str) -> str:
    """In a tooltip Graphviz resolves backslashes twice."""
    return text(tip).replace("\\", "\\\\")
