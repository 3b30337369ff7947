"""A large picture as DOT text: one small mark a value, its fill the size of its derivative, numbers in tooltips.

class   id        what it is
leaf    l3        an input
op      o5        an operation
sum     o5        a sum of many terms, Σ
scope   fold7     all that a scope computed, the mark at place 7 of the view
inputs  fold2     many inputs that go to the same marks
rest    fold0     all that was left out
out     out       the output's pill
wire    e3_5      the arrow from place 3 of the view to place 5; eout ends at the output
"""

from __future__ import annotations

from itertools import pairwise

from ..words.numbers import counted, number, short
from ..words.terminal import width
from . import dot
from .palette import HEAT, LIGHT

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from graphviz import Digraph

    from .scene import Scene
    from .view import Spot, View

LAYERS = 4  # arrows per mark; with more, those between boxes are no longer than others
LONG = 1000  # columns, the length of all arrows together, beyond which the layout is to take less time
STEEP = 8  # scopes in one column for which an inch is left free beside it
WIDEST = 4  # inches, the most that is left free
LEAST_SIZE = {"width": "0.24", "height": "0.24"}
FILLED_BOX = {"shape": "box", "style": "rounded,filled"}
LOOKS = {  # of marks, by their kind
    "sign": dot.ROUND | LEAST_SIZE | {"fontsize": "13"},
    "text": FILLED_BOX | LEAST_SIZE | {"margin": "0.05,0.02"},
    "inputs": FILLED_BOX | LEAST_SIZE | {"margin": "0.05,0.02", "peripheries": "2"},
    "scope": FILLED_BOX | {"margin": "0.1,0.05", "peripheries": "2"},
    "rest": FILLED_BOX | {"margin": "0.1,0.05", "style": "rounded,dashed", "color": LIGHT["arrow"]},
    "output": FILLED_BOX | {"margin": "0.1,0.03", "height": "0.26", "fontsize": "11", "fillcolor": LIGHT["output"]},
}


def view_in_dot(scene: Scene, view: View, direction: str = "right", **attributes: str) -> str:
    """The DOT text of a view of a scene; `attributes` are Graphviz's, of the whole graph."""
    way = dot.DIRECTIONS[direction]
    picture = empty_view(scene, view, way, **attributes)
    boxes: dict[Any, Digraph] = {}
    for spot in view.spots:
        box = view.box(spot)
        if box is not None and box not in boxes:
            boxes[box] = box_of_scope(len(boxes), box)
        add_mark(boxes.get(box, picture), scene, view, spot)
    for layer in view.layers if view.has_folds else ():
        box = view.box(layer[0])
        boxes.get(box, picture).subgraph(ordered(layer, box is not None and direction == "right"))
    for box in boxes.values():
        picture.subgraph(box)
    for column in view.scopes_by_column if view.is_dense else ():
        picture.subgraph(space(column, way))
    for (start, end), share in view.arrows.items():
        add_thick_arrow(picture, scene, view, start, end, share)
    add_output_with_number(picture, scene, view)
    return str(picture.source)


def empty_view(scene: Scene, view: View, way: dot.Direction, **attributes: str) -> Digraph:
    """The picture with nothing in it but the legend."""
    starts = [start for start, _ in view.arrows]
    picture = dot.empty_picture(view.length > LONG, len(starts) == len(set(starts)), way, **attributes)
    picture.attr(nodesep="0.12", ranksep="0.42", label=heat_legend(scene, view), labelloc="b")
    picture.attr("node", fontsize="10")
    picture.attr("edge", arrowsize="0.45", penwidth="0.8")
    if view.has_folds:
        picture.attr(newrank="true")  # columns for all marks together: box by box, some arrows went backward
        picture.attr(remincross="false")  # a second time around, layers in boxes would lose their order
    if view.is_dense:
        picture.attr(splines="line", ranksep="0.5")
        picture.attr("edge", arrowsize="0.3", tailport=way.end, headport=way.start)
    return picture


def ordered(layer: list[Spot], turned: bool) -> Digraph:
    """Invisible arrows, which make Graphviz keep a layer in the order of the program.

    In a box whose arrows run to the right they have to be turned round.
    """
    from graphviz import Digraph

    order = Digraph(graph_attr={"rank": "same"})
    for one, other in pairwise(map(dot_name, reversed(layer) if turned else layer)):
        order.edge(one, other, style="invis", headport="_", tailport="_")
    return order


def space(column: list[Spot], way: dot.Direction) -> Digraph:
    """A wide, invisible mark that keeps the next column away from a column of scopes, so that lines are not steep.

    `ranksep` would widen the space beside every column, also those of a single mark.
    """
    from graphviz import Digraph

    around = Digraph(graph_attr={"rank": "same"})
    width = 1 + max(0, min(len(column) / STEEP, WIDEST) - 0.5)
    size = {"width": f"{width:.2f}", "height": "0.01"} if way.rankdir == "LR" else {"height": f"{width:.2f}"}
    around.node(f"space{column[0].index}", "", style="invis", fixedsize="true", **{"width": "0.01"} | size)
    around.node(dot_name(column[0]))
    return around


def box_of_scope(place: int, box: Any) -> Digraph:
    """The box around an open scope."""
    from graphviz import Digraph

    sub = Digraph(f"cluster_{place}")
    sub.attr(
        label=dot.text(short(str(box))), labeljust="l", labelloc="t", fontsize="10", margin="8", style="rounded,filled"
    )
    sub.attr(fontcolor=LIGHT["inner name"], fillcolor=LIGHT["group"], color=LIGHT["group line"], tooltip=" ")
    return sub


def add_mark(picture: Digraph, scene: Scene, view: View, spot: Spot) -> None:
    """One mark, as its kind looks, filled by the size of its derivative."""
    mark = spot.mark
    known = dot.identity(dot_name(spot), svg_class(spot), spot_tooltip(scene, spot))
    line = LIGHT["operation line" if mark.op or spot.kind == "scope" else "input line"]
    label = label_of(spot)
    look = LOOKS.get(spot.kind) or LOOKS["sign" if mark.op and width(label) <= 2 else "text"]
    colours = {"fillcolor": fill(scene, view, spot), "color": line}
    picture.node(dot_name(spot), label, **known, **(colours | look))


def add_thick_arrow(picture: Digraph, scene: Scene, view: View, start: Spot, end: Spot, share: float) -> None:
    """One arrow, the thicker the larger the share that goes back along it."""
    tip = f"{title(start)} → {title(end)}"
    width = {}
    if scene.derivatives:
        tip += f"\nlargest share that goes back: {share!r}"
        thin = 0.5 if view.is_dense else 1.0
        width = {"penwidth": f"{thin * (0.6 + 0.35 * view.heat(share)):.2f}"}
    between = view.box(start) != view.box(end) and (start.mark.op or start.kind == "scope")
    far = {"minlen": "2"} if between and view.density <= LAYERS else {}  # else two boxes could share a column
    identity = dot.identity(f"e{start.index}_{end.index}", "wire", tip)
    picture.edge(dot_name(start), dot_name(end), **width, **far, **identity)


def add_output_with_number(picture: Digraph, scene: Scene, view: View) -> None:
    """The output's pill, with its number, behind the mark that computes it."""
    mark, tip = scene.output, scene.tooltip(scene.output)
    label = dot.text(f"{mark.label} = {number(mark.data)}" if mark.op or mark.name else mark.label)
    picture.node("out", label, **LOOKS["output"], **dot.identity("out", "out", tip))
    (last,) = (spot for spot in view.spots if spot.mark is mark)
    picture.edge(dot_name(last), "out", **dot.identity("eout", "wire", tip))


def dot_name(spot: Spot) -> str:
    """What Graphviz knows a mark by, and its id in the picture."""
    return dot.start_of(spot.mark) if spot.kind in ("value", "sum") else f"fold{spot.index}"


def svg_class(spot: Spot) -> str:
    """The class that a mark has in the picture."""
    return spot.kind if spot.kind != "value" else "op" if spot.mark.op else "leaf"


def fill(scene: Scene, view: View, spot: Spot) -> str:
    """The size of the derivative as a colour; of several values, the largest."""
    if not scene.derivatives:
        return LIGHT["operation" if spot.mark.op else "input"]
    return HEAT[view.heat(spot.mark.derivative if spot.kind == "sum" else spot.hottest.derivative)][0]


# words


def label_of(spot: Spot) -> str:
    """What is written on a mark, as Graphviz reads it."""
    return "\\n".join(map(dot.text, lines_of(spot)))


def lines_of(spot: Spot) -> list[str]:
    """What is written on a mark, line by line."""
    if spot.kind == "value":
        return [spot.mark.operation if spot.mark.op else short(spot.mark.name) or spot.mark.label]
    if spot.kind == "sum":
        return ["Σ"]
    if spot.kind == "rest":
        return [f"… {values_counted(spot, 'more value')}"]
    if spot.kind == "inputs":
        return [title(spot), f"{in_thousands(len(spot.marks))} inputs"]
    told = len(spot.path) == 1 or isinstance(spot.path[-1], str)  # but not of each neuron of a layer
    runs = [f"{spot.runs} runs"] if spot.runs > 1 and told and not spot.cycle else []
    runs += [f"run {spot.run}"] if spot.run else []
    return [" · ".join(short(str(part)) for part in spot.path[-spot.levels :]), values_counted(spot), *runs]


def values_counted(spot: Spot, what: str = "value") -> str:
    """How many values a mark stands for."""
    n = len(spot.marks)
    return counted(n, what).replace(str(n), in_thousands(n))


def in_thousands(n: int) -> str:
    """A large number with its thousands apart."""
    return f"{n:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def title(spot: Spot) -> str:
    """What tooltips call a mark: a scope with all the scopes around it."""
    if spot.kind == "scope":
        return " › ".join(short(str(part)) for part in spot.path) + (f", run {spot.run}" if spot.run else "")
    if spot.kind == "inputs":
        return f"{spot.marks[0].label} … {spot.mark.label}"
    return f"{values_counted(spot)} left out" if spot.kind == "rest" else spot.mark.label


def spot_tooltip(scene: Scene, spot: Spot) -> str:
    """All there is to say of a mark."""
    lies = ["in " + " › ".join(short(str(part)) for part in spot.path)] if spot.path else []
    if spot.kind == "value":
        return "\n".join([scene.tooltip(spot.mark), *lies])
    if spot.kind == "sum":
        _, *numbers = scene.tooltip(spot.mark).split("\n")
        terms = len({x for mark in spot.marks for x in mark.inputs if not isinstance(x, float)} - set(spot.marks))
        return "\n".join([f"{spot.mark.label} = Σ of {terms} terms", *numbers, *lies])
    inputs = sum(mark.op is None for mark in spot.marks)
    lines = [
        title(spot),
        f"{values_counted(spot)}, {in_thousands(inputs)} of them inputs" if inputs else values_counted(spot),
    ]
    if spot.runs > 1:
        lines.append(f"ran {spot.runs} times")
    if scene.derivatives:
        hottest = spot.hottest
        lines.append(f"largest derivative {scene.derivative_by(hottest)}: {hottest.derivative!r}")
    return "\n".join(lines)


# the legend

LEGEND_SIGNS = {
    "sum": "Σ: a sum of several terms",
    "inputs": "double frame, grey: inputs of one use",
    "scope": "double frame, brown: a scope, folded",
    "cycle": "×: so many runs of scopes that lead to each other",
}


def heat_legend(scene: Scene, view: View) -> str:
    """What the colours and the marks mean, how much was left out, and which numbers were written since."""
    kinds = {spot.kind for spot in view.spots} | {"cycle" for spot in view.spots if spot.cycle}
    signs = [sign for kind, sign in LEGEND_SIGNS.items() if kind in kinds]
    cells = [*(heat_cells(scene, view) if scene.derivatives else []), *map(dot.words, signs)]
    key = dot.table_below(["".join(cells or [dot.words("the numbers are in the tooltips")])])[1:-1]
    cut = map(dot.words, cut_sentences(scene, view) if view.left_out else ())
    return dot.table_below([f"<TD>{key}</TD>", *cut, *dot.stale_rows(scene)])


def heat_cells(scene: Scene, view: View) -> list[str]:
    """The colours from small derivatives to large ones; in a cell of fixed size they stay side by side."""
    title = dot.text(f"∂{scene.answer.label}/∂…")
    swatches = "".join(f'<TD BGCOLOR="{light}" WIDTH="16" HEIGHT="10" FIXEDSIZE="TRUE"></TD>' for light, _ in HEAT)
    scale = f"{dot.TABLE}<TR>{swatches}</TR></TABLE>"
    return [
        dot.words(f"size of {title}: &#160; small", align="RIGHT"),
        f'<TD WIDTH="100" HEIGHT="14" FIXEDSIZE="TRUE">{scale}</TD>',
        dot.words(f"large ({largest_words(scene, view)})", align="LEFT"),
    ]


def largest_words(scene: Scene, view: View) -> str:
    """The number by which the fill is measured, or why there is none."""
    if view.largest:
        return number(view.largest)
    return "not finite" if any(mark.derivative for mark in scene.marks[:-1]) else "all are 0"


def cut_sentences(scene: Scene, view: View) -> list[str]:
    """How much is not in the picture, and what the user can do about it."""
    advice = 'Name parts of the program, with scope("…"): then each is one mark, however often it ran.'
    if any(spot.path for spot in view.spots):
        advice = "Give scopes that repeat one name: then they are one mark."
    left_out, of, shown = map(in_thousands, (view.left_out, len(scene.marks), len(scene.marks) - view.left_out))
    where = f"near {dot.text(scene.output.label)}"
    return [f"{left_out} of {of} values are left out; shown are {shown} {where}.", dot.text(advice)]
