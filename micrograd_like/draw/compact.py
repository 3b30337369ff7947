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

from . import dot
from .labels import number, short
from .palette import HEAT, LARGE, LIGHT

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from graphviz import Digraph

    from .fold import Spot, View
    from .scene import Scene

MANY = 100  # arrows
SMALL = {"width": "0.24", "height": "0.24"}
CIRCLE = {"shape": "circle", "style": "filled", "fixedsize": "true", "fontsize": "13", **SMALL}
PILL = {"shape": "box", "style": "rounded,filled", "margin": "0.05,0.02", **SMALL}
FOLD = {"shape": "box", "style": "rounded,filled", "margin": "0.1,0.05", "peripheries": "2"}
REST = {"shape": "box", "style": "rounded,dashed", "margin": "0.1,0.05"}
OUTPUT = {"shape": "box", "style": "rounded,filled", "margin": "0.1,0.03", "height": "0.26", "fontsize": "11"}


def source(scene: Scene, view: View, **attributes: str) -> str:
    """The DOT text of a view of a scene; `attributes` are Graphviz's, of the whole graph."""
    picture = dot.blank(scene, **attributes)
    picture.attr(nodesep="0.12", ranksep="0.42", label=legend(scene, view), labelloc="b")
    picture.attr("node", fontsize="10")
    picture.attr("edge", arrowsize="0.45", penwidth="0.8")
    if is_dense(view):
        picture.attr(splines="line", ranksep="1")
        picture.attr("edge", arrowsize="0.3", tailport="e", headport="w")
    boxes: dict[Any, Digraph] = {}
    for spot in view.spots:
        box = view.box(spot)
        if box is not None and box not in boxes:
            boxes[box] = frame(len(boxes), box)
        add_mark(boxes.get(box, picture), scene, view, spot)
    for box in boxes.values():
        picture.subgraph(box)
    for (start, end), share in view.arrows.items():
        add_arrow(picture, scene, view, start, end, share)
    add_output(picture, scene, view)
    return str(picture.source)


def is_dense(view: View) -> bool:
    """Whether there are layers between which Graphviz would lead a bundle of curves far around: lines are better."""
    return len(view.arrows) > MANY and view.has_folds


def frame(place: int, box: Any) -> Digraph:
    """The box around an open scope."""
    from graphviz import Digraph

    sub = Digraph(f"cluster_{place}")
    sub.attr(
        label=dot.text(short(str(box))), labeljust="l", labelloc="t", fontsize="10", margin="8", style="rounded,filled"
    )
    sub.attr(fontcolor=LIGHT["inner name"], fillcolor=LARGE["group"], color=LARGE["group line"], tooltip=" ")
    return sub


def add_mark(picture: Digraph, scene: Scene, view: View, spot: Spot) -> None:
    mark = spot.mark
    known = dot.identity(name_of(spot), class_of(spot), tooltip(scene, spot))
    line = LIGHT["operation line" if mark.op or spot.kind == "scope" else "input line"]
    shown = {"fillcolor": fill(scene, view, spot), "color": line, **known}
    label = label_of(spot)
    if spot.kind == "inputs":
        picture.node(name_of(spot), label, **PILL, peripheries="2", **shown)
    elif spot.kind == "rest":
        picture.node(name_of(spot), label, **REST, **(shown | {"color": LIGHT["arrow"]}))
    elif spot.kind == "scope":
        picture.node(name_of(spot), label, **FOLD, **shown)
    else:
        picture.node(name_of(spot), label, **(CIRCLE if mark.op and len(label) <= 2 else PILL), **shown)


def add_arrow(picture: Digraph, scene: Scene, view: View, start: Spot, end: Spot, share: float) -> None:
    tip = f"{title(start)} → {title(end)}"
    width = {}
    if scene.derivatives:
        tip += f"\nlargest share that goes back: {share!r}"
        thin = 0.5 if is_dense(view) else 1.0
        width = {"penwidth": f"{thin * (0.6 + 0.35 * view.heat(share)):.2f}"}
    between = view.box(start) != view.box(end) and (start.mark.op or start.kind == "scope")
    far = {"minlen": "2"} if between else {}  # boxes only sit side by side if no column holds two of them
    identity = dot.identity(f"e{start.index}_{end.index}", "wire", tip)
    picture.edge(name_of(start), name_of(end), **width, **far, **identity)


def add_output(picture: Digraph, scene: Scene, view: View) -> None:
    mark, tip = scene.output, scene.tooltip(scene.output)
    label = dot.text(f"{mark.label} = {number(mark.data)}" if mark.op or mark.name else mark.label)
    picture.node("out", label, **OUTPUT, fillcolor=LIGHT["output"], **dot.identity("out", "out", tip))
    (last,) = (spot for spot in view.spots if spot.mark is mark)
    picture.edge(name_of(last), "out", **dot.identity("eout", "wire", tip))


def name_of(spot: Spot) -> str:
    return dot.start_of(spot.mark) if spot.kind in ("value", "sum") else f"fold{spot.index}"


def class_of(spot: Spot) -> str:
    return spot.kind if spot.kind != "value" else "op" if spot.mark.op else "leaf"


def fill(scene: Scene, view: View, spot: Spot) -> str:
    if not scene.derivatives:
        return LIGHT["operation" if spot.mark.op else "input"]
    return HEAT[view.heat(spot.mark.derivative if spot.kind == "sum" else spot.hottest.derivative)][0]


# words


def label_of(spot: Spot) -> str:
    if spot.kind == "value" and not spot.mark.op:
        return dot.text(short(spot.mark.name) or spot.mark.label)
    if spot.kind == "value":
        return dot.text(spot.mark.operation)
    if spot.kind == "sum":
        return "Σ"
    if spot.kind == "rest":
        return f"… {counted(spot)} more"
    if spot.kind == "inputs":
        return f"{dot.text(title(spot))}\\n{grouped(len(spot.marks))} inputs"
    runs = f"\\n{spot.runs} runs" if spot.runs > 1 and len(spot.path) == 1 else ""
    return f"{dot.text(short(str(spot.path[-1])))}\\n{counted(spot)}{runs}"


def counted(spot: Spot) -> str:
    n = len(spot.marks)
    return f"{grouped(n)} value{'s' if n > 1 else ''}"


def grouped(n: int) -> str:
    return f"{n:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def title(spot: Spot) -> str:
    if spot.kind == "scope":
        return " › ".join(short(str(part)) for part in spot.path)
    if spot.kind == "inputs":
        return f"{spot.marks[0].label} … {spot.mark.label}"
    return f"{counted(spot)} left out" if spot.kind == "rest" else spot.mark.label


def tooltip(scene: Scene, spot: Spot) -> str:
    """All there is to say of a mark."""
    lies = ["in " + " › ".join(short(str(part)) for part in spot.path)] if spot.path else []
    if spot.kind == "value":
        return "\n".join([scene.tooltip(spot.mark), *lies])
    if spot.kind == "sum":
        _, *numbers = scene.tooltip(spot.mark).split("\n")
        terms = len({x for mark in spot.marks for x in mark.inputs if not isinstance(x, float)} - set(spot.marks))
        return "\n".join([f"{spot.mark.label} = Σ of {terms} terms", *numbers, *lies])
    inputs = sum(mark.op is None for mark in spot.marks)
    lines = [title(spot), f"{counted(spot)}, {grouped(inputs)} of them inputs" if inputs else counted(spot)]
    if spot.runs > 1:
        lines.append(f"ran {spot.runs} times")
    if scene.derivatives:
        hottest = spot.hottest
        lines.append(f"largest derivative {scene.derivative_by(hottest)}: {hottest.derivative!r}")
    return "\n".join(lines)


# the legend

SIGNS = {
    "sum": "Σ: a sum of several terms",
    "inputs": "double frame, grey: inputs of one use",
    "scope": "double frame, brown: a scope, folded",
}


def legend(scene: Scene, view: View) -> str:
    """What the colours and the marks mean, and how much was left out: a table below the picture."""
    kinds = {spot.kind for spot in view.spots}
    signs = [sign for kind, sign in SIGNS.items() if kind in kinds]
    cells = [*(heat_cells(scene, view) if scene.derivatives else []), *map(words, signs)]
    cells = cells or [words("the numbers are in the tooltips")]
    rows = f"<TR>{''.join(cells)}</TR>"
    if view.left_out:
        rows += f"<TR>{words(cut_sentence(scene, view), f' COLSPAN={chr(34)}{len(cells)}{chr(34)}')}</TR>"
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{rows}</TABLE>>'


def heat_cells(scene: Scene, view: View) -> list[str]:
    title = dot.text(f"∂{scene.output.label}/∂…")
    swatches = [f'<TD BGCOLOR="{light}" WIDTH="16" HEIGHT="10" FIXEDSIZE="TRUE"></TD>' for light, _ in HEAT]
    return [words(f"size of {title}: &#160; small"), *swatches, words(f"large ({number(view.largest)})")]


def words(content: str, span: str = "") -> str:
    return f'<TD{span}><FONT COLOR="{LIGHT["inner name"]}" POINT-SIZE="10">  {content}  </FONT></TD>'


def cut_sentence(scene: Scene, view: View) -> str:
    shown = len(scene.marks) - view.left_out
    return (
        f"{grouped(view.left_out)} of {grouped(len(scene.marks))} values are left out; shown are the {grouped(shown)} "
        f"nearest to {dot.text(scene.output.label)}. Name parts of the program with scope(…): they are folded instead."
    )
