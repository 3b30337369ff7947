"""The backward pass: `graph.chain_rule` unrolled, and the one place where code is written out for speed.

A first walk counts how many children each Value has to hear from. In the second, a Value hands its parents their
shares of its derivative as soon as the last of its children has reported: that is a reverse topological order.
Operations of one and two inputs are written out, and their rules are called directly, without making the closures
that hold their numbers.
"""

from __future__ import annotations

from itertools import repeat

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .value import Value

# The `grad` of a Value that nothing has arrived at yet: a zero known by identity, which no sum can be, and which adds
# nothing, not even to -0. If a branch was not taken, nothing arrives at all, and nothing goes on: 0 * inf would be nan.
NOTHING = float("-0")


def count_children(output: Value) -> None:
    """Let every inner Value that `output` was made from know how many children will report to it."""
    this_pass = object()
    output._mark = this_pass
    stack: list[Any] = [output]
    while stack:
        node = stack.pop()
        arity = node.op.arity
        if arity == 2:
            a, b = node._a, node._b
            if type(a) is not float and a.op is not None:
                if a._mark is this_pass:
                    a._waiting += 1
                else:
                    a._mark = this_pass
                    a._waiting = 1
                    a.grad = NOTHING
                    stack.append(a)
            if type(b) is not float and b.op is not None:
                if b._mark is this_pass:
                    b._waiting += 1
                else:
                    b._mark = this_pass
                    b._waiting = 1
                    b.grad = NOTHING
                    stack.append(b)
        else:
            for a in (node._a,) if arity == 1 else node._a:
                if type(a) is not float and a.op is not None:
                    if a._mark is this_pass:
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
                a.grad += op.rule(node._x, node._out, g)
            except (ArithmeticError, ValueError):
                a.grad += node._backward(g)[0]
            if a._waiting == 1:
                ready.append(a)
            elif a._waiting:
                a._waiting -= 1
        else:
            shares = repeat(None) if g is NOTHING else node._backward(g)
            for a, ga in zip(node.parents, shares):  # noqa: B905 - `repeat` has no end
                if type(a) is not float:
                    if ga is not None:
                        a.grad += ga
                    if a._waiting == 1:
                        ready.append(a)
                    elif a._waiting:
                        a._waiting -= 1


def leaves_of(outputs: list[Any]) -> set[Value]:
    """The leaves that the outputs were computed from."""
    leaves: set[Any] = set()
    seen: set[Any] = set(outputs)
    stack = list(seen)
    while stack:
        node = stack.pop()
        op = node.op
        if op is None:
            leaves.add(node)
        elif op.arity == 2:
            a, b = node._a, node._b
            if type(a) is not float and a not in seen:
                seen.add(a)
                stack.append(a)
            if type(b) is not float and b not in seen:
                seen.add(b)
                stack.append(b)
        else:
            for a in (node._a,) if op.arity == 1 else node._a:
                if type(a) is not float and a not in seen:
                    seen.add(a)
                    stack.append(a)
    return leaves
