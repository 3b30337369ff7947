"""Which operation makes a derivative wrong: each on the way is looked at by itself, on the numbers that it met."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from math import isfinite

from ..diagnose.local import kink_distance
from ..errors import GradientError, UnmeasuredWarning
from ..graph import Node, topological_order
from ..trace.places import PACKAGE, Watch
from ..transforms.higher import closure_on_nodes
from ..value import Value, met
from .findings import Finding, said, verdict
from .slopes import ROUNDING, measured_slope, widest_and_count
from .subject import Subject, exact, plain_float, silent

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..operation import Op
    from ..trace.places import Place

    Look = Callable[[Any], Iterator[Finding]]  # at an operation of the graph

OFF_KINK = 1e-6  # so far off, a kink can be in the way of measuring
PLACES = 3  # of each operation, that are looked at by themselves


def blamed(root: Subject, finding: Finding, into_rules: Look | None) -> Finding:
    """The finding traced to an operation and a line; if to none, with what else could be the reason.

    Each operation is looked at by itself; where a derivative of a derivative is wrong, `into_rules` checks each rule.
    """
    with Watch() as watch:
        answers = root.values()
    places = watch.places if root.is_users else {}
    nodes = [node for node in topological_order(*(y for y in answers if isinstance(y, Node))) if node.op]
    looks: list[Look] = [local_findings, *([into_rules] if into_rules else [])]
    causes: list[Finding] = []
    for node, look in ((node, look) for look in looks for node in nodes):
        for cause in look(node):
            causes.append(located(cause, places.get(node)))
            if cause.kind in (GradientError, finding.kind):
                return led_to(finding, causes[-1])
    return (
        led_to(finding, causes[0]) if causes else Finding(finding.kind, finding.message + hint(finding, watch, nodes))
    )


def hidden(root: Subject, into_rules: Look | None) -> Iterator[Finding]:
    """Wrong rules whose part in the derivatives of the answers is too small to show there."""
    with Watch() as watch:
        answers = root.values()
    for node in some_of_each_operation(answers):
        rules = into_rules(node) if into_rules and has_users_rule(node.op) else ()
        for cause in chain(local_findings(node), rules):
            if cause.kind is GradientError:
                part = f"\nIn {root.name} at {root.point} it is too small a part to show."
                yield replace(cause := located(cause, watch.places.get(node)), message=cause.message + part)


def some_of_each_operation(answers: list[Any]) -> list[Any]:
    """Of each operation, the first few nodes."""
    nodes: dict[Op, list[Any]] = {}
    for node in topological_order(*(y for y in answers if isinstance(y, Node))):
        if node.op and len(alike := nodes.setdefault(node.op, [])) < PLACES:
            alike.append(node)
    return [*chain.from_iterable(nodes.values())]


def led_to(finding: Finding, cause: Finding) -> Finding:
    """The cause first, then what it led to. Where no rule is wrong, neither is the function."""
    kind = cause.kind if GradientError in (finding.kind, cause.kind) else finding.kind
    return Finding(kind, f"{cause.message}\nSo {finding.message}")


def located(finding: Finding, place: Place | None) -> Finding:
    """The finding, with the line of the program in which the operation stands."""
    return Finding(finding.kind, f"{finding.message}\n    {place}") if place else finding


def hint(finding: Finding, watch: Watch, nodes: list[Value]) -> str:
    """What to look at when no operation on the way is found to be wrong."""
    if finding.kind is not GradientError:
        for node in nodes:
            far = kink_distance(node.op, met(node)) if node.op else None
            if node.op and far and abs(far) < OFF_KINK:
                names, point = operands(node)
                return (
                    f"\n{node.op.spelled(names)} at {point} is only {abs(far):.3g} off its kink: choose another point."
                )
        return "\nNo operation on the way is the reason: does the program take another branch there?"
    drops = "".join(f"\n    {what}: {place}" for what, place in watch.drops[:3])
    if drops:
        return f"\nEvery rule on the way is right, but a Value was turned into a plain number:{drops}"
    return "\nEvery rule on the way is right: does the answer depend on the inputs in a way that Values do not see?"


def local_findings(node: Value) -> Iterator[Finding]:
    """What is the matter with the operation's rule on the numbers it met there."""
    op: Any = node.op
    xs = [plain_float(x) for x in node.parents]
    shares = node._backward(1.0)
    for k, (parent, share) in enumerate(zip(node.parents, shares, strict=True)):
        if isinstance(parent, Node) and not is_constant(op, k):
            derivative = share or 0.0
            noise = ROUNDING * abs(xs[k] * derivative) if isfinite(derivative) else 0.0
            sample = partial(value_near, op, xs, k)
            widest, count = widest_and_count(abs(xs[k]))
            (slopes,) = measured_slope(sample, widest, [noise], count)
            kind = verdict(slopes, derivative)
            if kind and kind is not UnmeasuredWarning:
                names, point = operands(node)
                yield Finding(kind, said(kind, op.spelled(names), point, names[k], derivative, slopes, "its rule"))


def is_constant(op: Op, k: int) -> bool:
    """Whether the table calls this input a condition or a constant."""
    return bool(op.arity) and op.letters[k] == "c"


def value_near(op: Op, xs: list[float], k: int, h: float) -> list[float]:
    """The operation's value where its input k is off by h, as the one answer of a function."""
    return [op.value(*xs[:k], xs[k] + h, *xs[k + 1 :])]


def operands(node: Any) -> tuple[list[str], str]:
    """What to call the operation's inputs, and what they are: `x = 2, y = 3`."""
    letters = node.op.letters if node.op.arity else [f"x{k + 1}" for k, _ in enumerate(node.parents)]
    names = [
        (x.name or letter) if isinstance(x, Value) else f"{x:g}"
        for x, letter in zip(node.parents, letters, strict=True)
    ]
    known = {name: x for x, name in zip(node.parents, names, strict=True) if isinstance(x, Node)}
    return names, ", ".join(f"{name} = {exact(plain_float(x))}" for name, x in known.items())


def rule_subject(node: Value) -> Subject:
    """The operation's rule as a function of those inputs that are Values."""
    op: Any = node.op
    parents = node.parents
    free = [k for k, x in enumerate(parents) if isinstance(x, Node) and not is_constant(op, k)]
    names, _ = operands(node)

    def shares(xs: list[Any]) -> list[Any]:
        inputs = [*map(plain_float, parents)]
        for k, x in zip(free, xs, strict=True):
            inputs[k] = x
        received = closure_on_nodes(Value.record(op, *inputs))(1.0)
        return [0.0 if received[k] is None else received[k] for k in free]

    title = f"the rule of {op.spelled(names)}"
    answers = [f"{title} for {names[k]}" for k in free] if len(free) > 1 else [title]
    return Subject(
        title,
        silent(shares),
        [plain_float(parents[k]) for k in free],
        [names[k] for k in free],
        answers,
        is_users=has_users_rule(op),
    )


def has_users_rule(op: Op) -> bool:
    """Whether the rule is written in a file of the user's."""
    from inspect import unwrap

    rule: Any = op.rule
    return not unwrap(rule).__code__.co_filename.startswith(PACKAGE)
