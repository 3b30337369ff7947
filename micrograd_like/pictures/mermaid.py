"""A flowchart in Mermaid, which GitHub, GitLab, VS Code and Jupyter draw by themselves."""

from __future__ import annotations

from ..words.numbers import number, short

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from .dot import Direction
    from .scene import Mark, Scene

MOST_EDGES = 500  # Mermaid's own limit
SPECIAL = {ord(c): f"#{ord(c)};" for c in '"#&<>`*+-\\'}


def flowchart(scene: Scene, way: Direction) -> str:
    """The scene as a Mermaid flowchart."""
    edges = sum(mark.uses for mark in scene.marks) + 1
    if edges > MOST_EDGES:
        raise ValueError(f"a Mermaid flowchart has at most {MOST_EDGES} arrows, and {scene.output.label} needs {edges}")
    lines = [f"flowchart {way.rankdir}", *map(node, scene.marks)]
    for mark in scene.marks:
        lines += [edge(scene, x, share, f"n{mark.index}", way) for _, x, share in mark.arrows]
    lines += [
        f'  out(["{escaped_for_mermaid(scene.output.label)}"])',
        edge(scene, scene.output, scene.output.derivative, "out", way),
    ]
    if scene.stale:
        lines.append(f'  stale["{"<br>".join(map(escaped_for_mermaid, scene.stale))}"]')
    return "\n".join(lines) + "\n"


def node(mark: Mark) -> str:
    """The line of a value without an operation, or of an operation."""
    if mark.op:
        return f'  n{mark.index}(("{escaped_for_mermaid(mark.operation)}"))'
    return f'  n{mark.index}(["{escaped_for_mermaid(mark.label)}"])'


def edge(scene: Scene, x: Mark, share: float, end: str, way: Direction) -> str:
    """The line of an arrow, with the value's number and what comes back along it."""
    name = short(x.name) if x.op and x is not scene.output else ""
    back = f"{way.back} {number(share)}" if scene.derivatives else ""
    total = f"Σ {number(x.derivative)}" if scene.derivatives and x.uses > 1 else ""
    words = "<br>".join(filter(None, (escaped_for_mermaid(name), number(x.data), back, total)))
    return f'  n{x.index} -- "{words}" --> {end}'


def escaped_for_mermaid(label: str) -> str:
    """The label with escapes for what Mermaid takes for Markdown or HTML: `+ 1` would be a list."""
    return label.translate(SPECIAL)
