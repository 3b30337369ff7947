"""Lines about kinks and jumps: the slopes on both sides, and how far off the nearest other branch is."""

from __future__ import annotations

from math import isfinite

from ..graph import forward_sweep
from ..value import Value, met
from ..words.numbers import number
from .flow import Flow, slopes_of
from .local import kink_distance, moved, sides, way_out

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..words.names import Edge

NEAR_KINK = 1e-3  # the nearest kink is worth a line if so small a part of x leads there


def branch_line(flow: Flow, edge: Edge) -> str:
    """A line about how far off the nearest other branch is."""
    (child, k), names = edge, flow.names
    op, inputs = child.op, met(child)
    assert op
    step = way_out(op, inputs, k)
    if step is None:
        return f"the nearest other branch is {number(abs(kink_distance(op, inputs) or 0.0))} away"
    *_, jump = sides(op, moved(inputs, k, inputs[k] + step), k)
    goal = "next step" if jump else "other branch"
    me = names.brief(child.parents[k]) or "that input"
    return f"{me} would have to {rise(step)} by {number(abs(step))} to reach the {goal}"


def rise(step: float) -> str:
    """How a number is to move by a step: up or down."""
    return "grow" if step > 0 else "fall"


def kink_lines(flow: Flow, edge: Edge) -> list[str]:
    """Lines about an operation on its kink or jump: its slopes on both sides, and the one that is used."""
    (child, k), names = edge, flow.names
    op, inputs, used = child.op, met(child), number(flow.slope(edge) or 0.0)
    assert op
    what, this = names.defined(child), names.input(edge)
    below, above, jump = map(number, sides(op, inputs, k))
    if jump != "0":
        return [f"{what} jumps by {jump} at {this}", f"a jump has no derivative, and {used} is used"]
    where = f"is a tie at {number(child._out)}" if kind_of_kink(child) == "tie" else f"is on its kink at {this}"
    by = f" by {names.brief(child.parents[k]) or f'input {k + 1}'}" if len(inputs) > 1 else ""
    return [f"{what} {where}", f"its derivative{by} is {below} below and {above} above; {used} is used"]


def kind_of_kink(v: Value) -> str:
    """A tie, if the inputs are equal, and it stays a kink if all grow by the same, as that of maximum; else a kink."""
    assert v.op
    inputs = met(v)
    equal = len(inputs) > 1 and len({*inputs, v._out}) == 1
    return "tie" if equal and kink_distance(v.op, tuple(x + 1 for x in inputs)) == 0 else "kink"


def near_kink(flow: Flow, x: Value) -> str:
    """A line about the nearest other branch, if a small change of x leads there; else ""."""
    names, after = flow.names, flow.from_here(x)
    candidates = [v for v in after[1:] if v.op and v.op.kink]
    rates = forward_sweep(after, [(x, 1.0)], slopes_of) if candidates else {}
    steps = [(step, v) for v in candidates if (step := step_to_kink(v, rates))]
    step, v = min(steps, key=lambda pair: abs(pair[0]), default=(0.0, x))
    if not 0 < abs(step) <= NEAR_KINK * abs(x._out):
        return ""
    return (
        f"a kink is close: if {names(x)} {rise(step)}s by {number(abs(step))}, {names.defined(v)} takes another branch"
    )


def step_to_kink(v: Value, rates: Mapping[Value, float]) -> float | None:
    """By how much x would have to change for v to reach its nearest other branch, if all goes straight on."""
    assert v.op
    inputs = met(v)
    speeds = [rates.get(parent, 0.0) if isinstance(parent, Value) else 0.0 for parent in v.parents]
    far, fastest = kink_distance(v.op, inputs), max(map(abs, speeds))
    if not far or not fastest or not isfinite(fastest):
        return None
    move = far / fastest / 4
    there = kink_distance(v.op, tuple(x + move * speed for x, speed in zip(inputs, speeds, strict=True)))
    return None if there is None or there == far else -far * move / (there - far)
