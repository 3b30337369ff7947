"""The backward pass: `graph.chain_rule` unrolled, and the one place where code is written out for speed.

A first walk counts how many children each Value has to hear from. In the second, a Value hands its parents their
shares of its derivative as soon as the last of its children has reported: that is a reverse topological order.
Operations of one and two inputs are written out, and their rules are called directly, without making the closures
that hold their numbers.

A share is computed before it is added: so threads that share a parameter lose none, since the interpreter goes to
another thread at a call or at the end of a loop, not within a sum. Inner Values belong to one pass at a time: another
one, which a rule or another thread has begun, is refused where the first has not finished with them. Where somebody has
set a leaf's `grad` to None, as users of torch do, it counts as 0.
"""

from __future__ import annotations

from _thread import RLock
from itertools import repeat

from .core import core
from .graph import Node, topological_order

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .value import Value

# The `grad` of a Value that nothing has arrived at yet: a zero known by identity, which no sum can be, and which adds
# nothing, not even to -0. If a branch was not taken, nothing arrives at all, and nothing goes on: 0 * inf would be nan.
NOTHING = float("-0")

PASSES: set[object] = set()  # that are going on; a Value that one of them has not finished with is marked by it
COUNTING = RLock()  # held by who reads or writes marks of more than one Value


def count_children(output: Value, this_pass: object) -> None:
    """Let every inner Value that `output` was made from know how many children will report to it."""
    output._mark = this_pass
    stack: list[Any] = [output]
    while stack:
        node = stack.pop()
        arity = node.op.arity
        if arity == 2:
            a, b = node._a, node._b
            if type(a) is not float:
                if a.op is None:
                    if a.grad is None:
                        a.grad = 0.0
                elif a._mark is this_pass:
                    a._waiting += 1
                else:
                    a._mark = this_pass
                    a._waiting = 1
                    a.grad = NOTHING
                    stack.append(a)
            if type(b) is not float:
                if b.op is None:
                    if b.grad is None:
                        b.grad = 0.0
                elif b._mark is this_pass:
                    b._waiting += 1
                else:
                    b._mark = this_pass
                    b._waiting = 1
                    b.grad = NOTHING
                    stack.append(b)
        else:
            for a in (node._a,) if arity == 1 else node._a:
                if type(a) is not float:
                    if a.op is None:
                        if a.grad is None:
                            a.grad = 0.0
                    elif a._mark is this_pass:
                        a._waiting += 1
                    else:
                        a._mark = this_pass
                        a._waiting = 1
                        a.grad = NOTHING
                        stack.append(a)


def hand_down(output: Value) -> None:
    """Let every Value hand its parents their shares of its derivative, when the last of its children has reported."""
    ready: list[Any] = [output]
    while ready:
        node = ready.pop()
        node._mark = None
        op, g = node.op, node.grad
        arity = op.arity if g is not NOTHING else 0
        if arity == 2:
            a, b = node._a, node._b
            try:
                ga, gb = op.rule(node._x, node._y, node._out, g)
            except (ArithmeticError, ValueError):
                ga, gb = node._backward(g)
            if type(a) is not float:
                a.grad += ga
                if a._waiting == 1:
                    ready.append(a)
                elif a._waiting:
                    a._waiting -= 1
            if type(b) is not float:
                b.grad += gb
                if b._waiting == 1:
                    ready.append(b)
                elif b._waiting:
                    b._waiting -= 1
        elif arity == 1:
            a = node._a
            try:
                ga = op.rule(node._x, node._out, g)
            except (ArithmeticError, ValueError):
                ga = node._backward(g)[0]
            a.grad += ga
            if a._waiting == 1:
                ready.append(a)
            elif a._waiting:
                a._waiting -= 1
        else:
            hand_to_each(node, g, ready)


def hand_to_each(node: Any, g: float, ready: list[Any]) -> None:
    """The same of one Value whose operation has another number of inputs, or at which nothing has arrived."""
    shares = repeat(None) if g is NOTHING else node._backward(g)
    for a, ga in zip(node.parents, shares):  # noqa: B905 - `repeat` has no end
        if type(a) is not float:
            if ga is not None:
                a.grad += ga
            if a._waiting == 1:
                ready.append(a)
            elif a._waiting:
                a._waiting -= 1


def backward_pass(output: Value) -> None:
    """Fill in `grad` of everything that `output`, which an operation has made, was computed from."""
    this_pass = object()
    try:
        with COUNTING:
            if PASSES:
                for node in topological_order(output):
                    if node._mark in PASSES:
                        refuse(output, node)
            PASSES.add(this_pass)
            count_children(output, this_pass)
        output.grad = 1.0
        hand_down(output)
    finally:
        PASSES.discard(this_pass)


def refuse(output: Value, met: Value) -> None:
    """Say that `output` was made from a Value with which a pass that is going on has not finished."""
    name = met.name or "a Value that it was computed from"
    raise RuntimeError(
        f"{output.name or 'a Value'}.backward() comes to {name}, with which another backward() has not finished: "
        "call one after the other, or take grad(...) of a function"
    )


def leaves_of(outputs: list[Any]) -> list[Value]:
    """The leaves that the outputs were computed from, and the variables of runs that stand in the place of a Value."""
    with COUNTING:
        if not PASSES:
            return marked_leaves_of(outputs)
    nodes = topological_order(*outputs)
    return [node for node in nodes if node.op is None or (node.op.arity == 1 and node._y is not None)]


def marked_leaves_of(outputs: list[Any]) -> list[Value]:
    """The same by marks instead of a set, in half of the time."""
    this_walk = object()
    leaves: list[Any] = []
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if node._mark is this_walk:
            continue
        node._mark = this_walk
        op = node.op
        if op is None:
            leaves.append(node)
        elif op.arity == 2:
            a, b = node._a, node._b
            if type(a) is not float and a._mark is not this_walk:
                stack.append(a)
            if type(b) is not float and b._mark is not this_walk:
                stack.append(b)
        elif op.arity == 1:
            if node._y is not None:
                leaves.append(node)
            stack.append(node._a)
        else:
            stack += [a for a in node._a if type(a) is not float]
    return leaves


def idle(outputs: list[Any], variables: list[Any]) -> list[int] | None:
    """The places of the variables that no output was computed from; None if other leaves take part."""
    roots = {*map(id, leaves_of(outputs))}
    mine = [*map(id, variables)]
    return [k for k, v in enumerate(mine) if v not in roots] if roots.issubset(mine) else None


def slopes_by(y: Any, variables: list[Any]) -> list[float]:
    """The derivatives of y, a Value or a plain number, by variables; 0 where nothing arrives."""
    for v in variables:
        v.grad = NOTHING
    if issubclass(type(y), Node):
        if y.op is None:
            y.grad = (y.grad or 0.0) + 1.0
        else:
            backward_pass(y)
    return [0.0 if v.grad is NOTHING else v.grad for v in variables]


if core:
    backward_pass, leaves_of, idle, slopes_by = core.sweep, core.leaves_of, core.idle, core.slopes
