"""The order in which a graph is visited, and the chain rule: against derivatives that are found without either."""

from __future__ import annotations

import math
import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import Value
from micrograd_like.graph import chain_rule, topological_order
from micrograd_like.operation import OPS

closure = operator.attrgetter("_backward")


class Dual:
    """A number and its slope, carried forward together: (x, x') + (y, y') = (x + y, x' + y')."""

    def __init__(self, x: float, slope: float = 0.0) -> None:
        self.x, self.slope = x, slope


def plus(a: Dual, b: Dual) -> Dual:
    return Dual(a.x + b.x, a.slope + b.slope)


def minus(a: Dual, b: Dual) -> Dual:
    return Dual(a.x - b.x, a.slope - b.slope)


def times(a: Dual, b: Dual) -> Dual:
    return Dual(a.x * b.x, a.slope * b.x + a.x * b.slope)


def over(a: Dual, b: Dual) -> Dual:
    return Dual(a.x / b.x, (a.slope * b.x - a.x * b.slope) / (b.x * b.x))


def sine(a: Dual) -> Dual:
    return Dual(math.sin(a.x), math.cos(a.x) * a.slope)


def bell(a: Dual) -> Dual:
    return Dual(math.exp(-a.x * a.x), -2 * a.x * math.exp(-a.x * a.x) * a.slope)


STEPS: list[tuple[int, Any, Any]] = [
    (2, plus, operator.add),
    (2, minus, operator.sub),
    (2, times, operator.mul),
    (2, lambda a, b: over(a, plus(Dual(2.0), times(b, b))), lambda a, b: a / (2 + b * b)),
    (1, sine, Value.sin),
    (1, bell, lambda a: (-a * a).exp()),
    (1, lambda a: times(a, times(a, a)), lambda a: a**3),
    (3, lambda a, b, c: a if c.x > 0 else times(b, b), lambda a, b, c: Value.record(OPS["where"], c > 0, a, b * b)),
]
numbers = st.floats(-2, 2)
programs = st.tuples(
    st.lists(numbers, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, len(STEPS) - 1), st.tuples(*[st.integers(0, 50)] * 3)), min_size=1, max_size=25),
)


def run(program: list[Any], known: list[Any], column: int) -> Any:
    """Each step takes what was computed before it: values are used once, many times, or never."""
    for number, places in program:
        step = STEPS[number]
        known.append(step[column](*(known[place % len(known)] for place in places[: step[0]])))
        if not math.isfinite(known[-1].x if column == 1 else known[-1].data) or size(known[-1]) > 1e6:
            return known[-2]
    return known[-1]


def size(number: Any) -> float:
    return abs(number.x if isinstance(number, Dual) else number.data)


@given(programs)
def test_backward_agrees_with_forward_mode_on_graphs_with_shared_nodes(program: Any) -> None:
    inputs, steps = program
    xs = [Value(x) for x in inputs]
    y = run(steps, list(xs), 2)
    y.backward()
    for i, x in enumerate(xs):
        slope = run(steps, [Dual(value, float(i == j)) for j, value in enumerate(inputs)], 1).slope
        assert x.grad == pytest.approx(slope, rel=1e-9, abs=1e-9)


@given(programs)
def test_backward_agrees_with_the_chain_rule_that_it_unrolls(program: Any) -> None:
    inputs, steps = program
    y = run(steps, [Value(x) for x in inputs], 2)
    derivatives = chain_rule(y, closure)
    y.backward()
    for node in topological_order(y):
        assert node.grad == pytest.approx(derivatives.get(node, 0.0), rel=1e-12, abs=1e-12)


@given(programs)
def test_in_topological_order_every_parent_stands_before_its_children_and_nothing_stands_twice(program: Any) -> None:
    inputs, steps = program
    order = topological_order(run(steps, [Value(x) for x in inputs], 2))
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[x] < place[node] for node in order for x in node.parents if isinstance(x, Value))


def test_the_order_is_that_of_the_expression() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    left = a * b
    assert [id(v) for v in topological_order(left + c)][:4] == [id(a), id(b), id(left), id(c)]


def test_several_roots_share_one_order() -> None:
    a = Value(1.0)
    b, c = a * 2, a * 3
    assert list(map(id, topological_order(b, c, a))) == list(map(id, [a, b, c]))


def test_the_chain_rule_leaves_grad_alone() -> None:
    x = Value(3.0)
    assert chain_rule(x * x, closure)[x] == 6.0
    assert x.grad == 0.0


def test_the_chain_rule_on_nodes_gives_derivatives_that_are_graphs() -> None:
    x = Value(3.0)
    y = x * x * x
    slope = chain_rule(y, lambda node: lambda g: node.op.backward(node.parents, node, g))[x]
    assert slope.data == 27.0
    slope.backward()
    assert x.grad == 18.0
