"""What `why` says, for an explorer's page, of the values whose derivative is 0, nan, infinite or one-sided."""

from __future__ import annotations

from math import isfinite

from ..graph import topological_order
from ..words.numbers import number

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..diagnose.flow import Flow
    from ..pictures.scene import Mark, Scene
    from ..value import Value

MOST_REASONS = 24
MOST_VALUES_LOOKED_AT = 400_000  # values looked at: each reason may look at all of them


def reasons_of(scene: Scene, nameless: Mapping[int, str]) -> dict[int, list[str]]:
    """What `why(x, output)` says, by the place of x: the symbol, the number with its cause, and more lines."""
    from ..diagnose.flow import Flow
    from ..diagnose.why import explanation

    names = [nameless.get(mark.index) or mark.name or mark.label for mark in scene.marks]
    flow = Flow(scene.values[-1], dict(zip(scene.values, names, strict=True)))
    most = min(MOST_REASONS, MOST_VALUES_LOOKED_AT // len(names))
    reasons: dict[int, list[str]] = {}
    for mark in strange(scene, flow):
        if len(reasons) >= most:
            break
        e = explanation(flow, scene.values[mark.index])
        reasons[mark.index] = [e.symbol, f"= {number(e.derivative)}: {e.head}", *e.lines]
    return reasons


def strange(scene: Scene, flow: Flow) -> Iterator[Mark]:
    """The marks whose derivative is 0, nan, infinite or one-sided."""
    bent = behind_kinks(flow)
    for mark in sorted(scene.marks[:-1], key=lambda mark: (mark.op is not None, not mark.name)):
        slope = mark.derivative
        if not slope or not isfinite(slope) or scene.values[mark.index] in bent:
            yield mark


def behind_kinks(flow: Flow) -> set[Value]:
    """What the kinks were computed from."""
    return {*topological_order(*(child.parents[k] for child, k in flow.kinks))}
