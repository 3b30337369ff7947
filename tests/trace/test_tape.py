"""Recording in the compiled core: its steps are those that Python records, and its walks over graphs are Python's."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import Writer, itself, outcome, with_gradient

import micrograd_like.core
from micrograd_like import Value, exp, grad, jit, log, sin
from micrograd_like import graph as graph_of_core
from micrograd_like.core import core
from micrograd_like.errors import TracingError
from micrograd_like.operation import OPS
from micrograd_like.trace.symbol import Symbol
from micrograd_like.trace.trace import Trace
from micrograd_like.transforms.higher import closure_on_nodes

pytestmark = pytest.mark.skipif(core is None, reason="this process runs in pure Python")
NUMBERS = [0, 1, 2, -1, 0.0, -0.0, 1.0, 0.5, -2.5, 2.0**60, 3]


@contextmanager
def in_python() -> Any:
    """While it is entered, the core leaves all of the recording to Python, as where somebody looks on."""
    core.watch(True)
    try:
        yield
    finally:
        core.watch(False)


def recorded(random: Random, ieee: bool) -> tuple[Any, ...]:
    """What a trace holds after random operations."""
    trace = Trace("f", ieee)
    xs: list[Any] = [trace.input("x", 1.25, True), trace.input("y", -0.75), trace.input("z", 3.0, True)]
    xs.append(trace.constant(2.5))
    for k in range(60):
        trace.letter = "vg"[k > 40]
        op = random.choice(["+", "-", "*", "/", "//", "%", "**", "neg", "pos", "abs", *ROWS])
        a, b = random.choice(xs), random.choice([*xs, *NUMBERS])
        try:
            y = getattr(Symbol, op)(a) if op in OPS else eval(f"a {op} b", {"a": a, "b": b})
            z = y if op in OPS else eval(f"b {op} a", {"a": a, "b": b})
        except (ArithmeticError, ValueError, TypeError, AttributeError):
            continue
        xs += [x for x in (y, z) if isinstance(x, Symbol)]
    seen = [(x._number, x._data, x._is_value, x._row, [getattr(p, "_number", p) for p in x._parents]) for x in xs]
    return trace.steps, repr(trace.constants), trace.count, trace.raised, repr(seen)


ROWS = ["exp", "log", "sin", "sqrt", "tanh", "relu", "sigmoid", "erf", "as_float", "sign"]


@settings(max_examples=cases(150))
@given(seed=st.integers(0, 2**32), ieee=st.booleans())
def test_the_core_records_what_python_records(seed: int, ieee: bool) -> None:
    found = recorded(Random(seed), ieee)
    with in_python():
        assert recorded(Random(seed), ieee) == found


@pytest.mark.parametrize("transform", [itself, with_gradient])
@settings(max_examples=cases(60))
@given(seed=st.integers(0, 2**32))
def test_programs_are_recorded_alike(transform: Any, seed: int) -> None:
    def source() -> list[str]:
        random = Random(seed)
        program = Writer(random, answers_number=transform is with_gradient).program()
        fast = jit(transform(program.function(), program), check=False)
        calls = [program.arguments(random) for _ in range(4)]
        for call in calls:
            outcome(fast, call)
        return [form.text for form in fast.forms.values() if form.program.paths]

    found = source()
    with in_python():
        assert source() == found


def test_a_row_that_was_defined_anew_is_recorded_as_such() -> None:
    trace = Trace("f")
    x = trace.input("x", 2.0, True)
    y = Symbol.record(OPS["exp"], x)
    assert y._row is OPS["exp"]
    assert trace.steps[0].op is OPS["exp"]
    assert y._data == exp(2.0)


def test_a_number_that_was_kept_from_its_trace_is_refused() -> None:
    trace = Trace("f")
    x = trace.input("x", 2.0)
    trace.finished = True
    for use in (lambda: x * 2.0, lambda: 2.0 * x, lambda: -x, lambda: sin(x), lambda: x**2):
        with pytest.raises(TracingError, match="was kept from the run"):
            use()


# the walks


@pytest.fixture(scope="module")
def graph_of_python() -> Any:
    """The module graph.py, without the core."""
    spec = importlib.util.spec_from_file_location("micrograd_like.graph_of_python", graph_of_core.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(micrograd_like.core, "core", None)
        spec.loader.exec_module(module)
    return module


def made(random: Random, xs: list[Any]) -> list[Any]:
    xs = [*xs]
    for _ in range(40):
        a, b = random.choice(xs), random.choice([*xs, 2.0])
        xs.append(
            random.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: sin(a), lambda a, b: a - b])(a, b)
        )
    return xs


@settings(max_examples=cases(60))
@given(seed=st.integers(0, 2**32), traced=st.booleans())
def test_walks_are_those_of_python(graph_of_python: Any, seed: int, traced: bool) -> None:
    random = Random(seed)
    trace = Trace("f")
    leaves = [trace.input(name, x, True) if traced else Value(x) for name, x in (("x", 1.5), ("y", 0.5), ("z", 2.0))]
    nodes = made(random, leaves)
    beyond = random.sample(nodes, random.randint(0, 3))
    roots = nodes[-3:]
    order = graph_of_core.topological_order(*roots, beyond=beyond)
    assert [*map(id, order)] == [*map(id, graph_of_python.topological_order(*roots, beyond=beyond))]
    order = graph_of_core.topological_order(nodes[-1], nodes[-2])
    arriving = [(nodes[-1], 1.0), (nodes[-2], 0.5)]
    found = graph_of_core.reverse_sweep(order, arriving, closure_on_nodes)
    expected = graph_of_python.reverse_sweep(order, arriving, closure_on_nodes)
    for node in nodes:
        x, y = found.get(node), expected.get(node)
        assert repr(getattr(x, "_data", x)) == repr(getattr(y, "_data", y))
        assert getattr(x, "_number", None) == getattr(y, "_number", None)


def test_a_closure_of_another_kind_is_asked_as_it_is() -> None:
    x = Value(3.0)
    y = x * x
    order = graph_of_core.topological_order(y)
    assert graph_of_core.reverse_sweep(order, [(y, 1.0)], lambda node: lambda g: (g * 10, g * 100))[x] == 110.0
    with pytest.raises(ValueError, match="a share for each of its 2 inputs"):
        graph_of_core.reverse_sweep(order, [(y, 1.0)], lambda node: lambda g: (g,))


def test_a_rule_that_differentiates_on_its_own_way_is_right() -> None:
    def f(x: Any) -> Any:
        return log(x) * grad(lambda y: y * y * x)(x)

    assert jit(grad(f))(2.0) == pytest.approx(grad(f)(2.0), rel=1e-15)
