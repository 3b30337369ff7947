"""The facts of folded pictures: arrows run forward only, and no number is shown before those it comes of."""

from __future__ import annotations

import graphlib
import itertools
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from graphs import residual
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import Value, sin, tanh
from micrograd_like.drawing import draw
from micrograd_like.explorer import parts
from micrograd_like.pictures import compact, fold
from micrograd_like.pictures.cycles import cycles, sorted_by_arrows
from micrograd_like.pictures.fold import view_of
from micrograd_like.pictures.scene import Scene
from micrograd_like.pictures.scope import scope
from micrograd_like.pictures.view import Spot, View


def view(v: Value, depth: int | None = None) -> View:
    return view_of(Scene(v, {}, derivatives=True), depth)


def runs_forward(picture: View) -> bool:
    """Whether the arrows make no cycle, by Python's own sorter, and each mark stands behind its inputs."""
    graph: dict[Spot, set[Spot]] = {spot: set() for spot in picture.spots}
    for start, end in picture.arrows:
        graph[end].add(start)
    list(graphlib.TopologicalSorter(graph).static_order())  # raises where there is a cycle
    return all(start.index < end.index for start, end in picture.arrows)


def scopes_of(picture: View) -> list[list[str]]:
    return [compact.lines_of(spot) for spot in picture.spots if spot.kind == "scope"]


# cycles of scopes


def test_runs_that_lead_to_each_other_are_a_mark_each_where_these_fit() -> None:
    picture = view(residual(3, width=8))
    assert runs_forward(picture)
    assert [f"{name} {run}" for name, _, run in scopes_of(picture)] == [
        f"{name} run {k}" for k in (1, 2, 3) for name in ("norm", "mlp")
    ]


def test_and_one_mark_for_all_of_them_where_not() -> None:
    picture = view(residual(30))
    assert runs_forward(picture)
    assert scopes_of(picture) == [["norm, mlp ×30", f"{30 * 33 - 3 + 9} values"]]  # a turn, the last sums, weights
    assert sum(len(spot.marks) for spot in picture.spots) == len(Scene(residual(30), {}, derivatives=False).marks)


@pytest.mark.parametrize("turns", [1, 2, 5, 12, 100])
@pytest.mark.parametrize("depth", [None, 0, 1, 2])
def test_no_number_of_turns_makes_a_cycle(turns: int, depth: int | None) -> None:
    assert runs_forward(view(residual(turns), depth))


def test_the_legend_says_what_the_sign_of_a_cycle_means() -> None:
    assert "×: so many runs of scopes that lead to each other" in draw(residual(30)).source
    assert "×: so many" not in draw(residual(3, width=8)).source


def test_one_scope_that_feeds_itself_directly_is_one_mark() -> None:
    y: Any = Value(0.5, "y")
    step = scope("step")(lambda y: sin(y) * 2)
    for _ in range(400):
        y = step(y)
    assert scopes_of(view(y)) == [["step", "800 values", "400 runs"]]


def test_one_scope_with_a_value_between_its_runs_is_a_cycle() -> None:
    y: Any = Value(0.5, "y")
    step = scope("step")(lambda y: sin(y) * 2)
    for _ in range(400):
        y = step(y) + 1
    assert scopes_of(view(y)) == [["step ×400", "1\u202f199 values"]]


def test_a_cycle_within_a_scope_stays_in_it() -> None:
    y: Any = Value(0.5, "y")
    a, b = scope("a")(lambda y: sin(y) * 2), scope("b")(lambda y: tanh(y) + y)
    with scope("all"):
        for _ in range(400):
            y = b(a(y))
    picture = view(y + 1, 1)
    (cycle,) = (spot for spot in picture.spots if spot.cycle)
    assert cycle.path == ("all", "a, b ×400")
    assert picture.box(cycle) == "all"


def test_of_a_cycle_one_turn_is_opened() -> None:
    whole, turn = parts.pictures_of(Scene(residual(30), {}, derivatives=True), "y", 2400)
    assert turn.title == "norm, mlp, 1 turn of 30"
    operations = [mark.operation for mark in turn.scene.marks if mark.op]
    assert (operations.count("tanh"), operations.count("−"), len(operations)) == (3, 3, 33)
    assert whole.opens == {next(spot for spot in whole.spots if spot.cycle): 1}


def test_what_is_left_out_comes_of_nothing_that_is_shown() -> None:
    z: list[Any] = [Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")]
    for _ in range(300):
        z = [z[0] * sin(z[1]), z[1] * sin(z[2]), z[2] * sin(z[0])]
    picture = view(sum(z))
    assert picture.left_out > 1000
    assert runs_forward(picture)


# any graph

Blocks = list[Any]  # an operation as (kind, i, j), and a scope as (name, what is in it)


def blocks() -> st.SearchStrategy[Blocks]:
    operation = st.tuples(st.sampled_from(["mul", "add", "sin", "hide"]), st.integers(0, 40), st.integers(0, 40))
    return st.recursive(
        st.lists(operation, min_size=1, max_size=6),
        lambda inner: st.lists(st.one_of(operation, st.tuples(st.sampled_from("abc"), inner)), max_size=6),
        max_leaves=12,
    )


def computed(program: Blocks, pool: list[Any], hidden: Callable[[], list[Any]]) -> None:
    """Runs a program on a pool of values; what is hidden in a function no scope sees go in or come out."""
    for name, *rest in program:
        if len(rest) == 1:
            with scope(name):
                computed(rest[0], pool, hidden)
            continue
        seen = [*pool, *hidden()]
        x, y = (seen[-1 - k % len(seen)] for k in rest)
        if name == "hide":
            hidden().append(x * y)
        else:
            pool.append(sin(x) if name == "sin" else x * y if name == "mul" else x + y)


def graph(program: Blocks, turns: int) -> Value:
    pool: list[Any] = [Value(0.1 * k, f"x{k}") for k in range(3)]
    hidden: list[Any] = [Value(0.7, "hidden")]
    for _ in range(turns):
        computed(program, pool, lambda: hidden)
    return sum(pool[-6:]) * hidden[-1]  # type: ignore[no-any-return]


GRAPHS = st.builds(graph, blocks(), st.integers(1, 5))


@settings(deadline=None)
@given(GRAPHS, st.sampled_from([None, 0, 1, 2, 3]), st.integers(1, 30))
def test_no_folding_of_any_graph_with_any_scopes_makes_a_cycle(y: Value, depth: int | None, most: int) -> None:
    with mock.patch.multiple(fold, FITS=most, CUT=max(1, most // 2), CROWDED=2, FURTHEST_COLUMN=most):
        picture = view(y, depth)
    assert runs_forward(picture)
    shown = sorted(mark.index for spot in picture.spots for mark in spot.marks)
    assert shown == [*range(len(Scene(y, {}, derivatives=False).marks))]


@settings(deadline=None)
@given(GRAPHS, st.integers(1, 30))
def test_in_no_picture_of_a_page_a_number_comes_before_its_inputs(y: Value, most: int) -> None:
    small = mock.patch.multiple(fold, FITS=most, CUT=max(1, most // 2), CROWDED=2)
    with small, mock.patch.object(parts, "LARGEST_OF_BOOK", most):
        for picture in parts.pictures_of(Scene(y, {}, derivatives=True), "y", 2400):
            if picture.view:
                assert runs_forward(picture.view)
            for mark in picture.scene.marks:
                starts = [x for x in mark.inputs if not isinstance(x, float)]
                assert all(picture.row(x) <= picture.row(mark) for x in starts)
                assert picture.view or all(x.index < mark.index for x in starts)


# cycles


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_cycles_are_what_leads_to_each_other(pairs: list[tuple[int, int]]) -> None:
    arrows = {k: {end: None for start, end in pairs if start == k} for k in range(13)}
    reach = {(a, b) for a, b in pairs}
    for via, a, b in itertools.product(range(13), repeat=3):  # Warshall
        if (a, via) in reach and (via, b) in reach:
            reach.add((a, b))
    found = {frozenset(cycle) for cycle in cycles(arrows)}
    expected = {frozenset({a, *(b for b in range(13) if {(a, b), (b, a)} <= reach)}) for a in range(13)}
    assert found == {cycle for cycle in expected if len(cycle) > 1}


def test_cycles_deeper_than_python_s_stack_are_found() -> None:
    assert [len(cycle) for cycle in cycles({k: [(k + 1) % 100_000] for k in range(100_000)})] == [100_000]


def test_marks_keep_their_order_where_arrows_allow_it() -> None:
    assert sorted_by_arrows([3, 1, 2], [(1, 3)]) == [1, 3, 2]
    assert sorted_by_arrows([3, 1, 2], []) == [3, 1, 2]
