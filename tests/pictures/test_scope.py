"""The facts of scopes: what comes out of one, what went in, and what lies between."""

from __future__ import annotations

import collections
import copy
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value, grad, jit, nn
from micrograd_like.pictures.scene import Scene
from micrograd_like.pictures.scope import Scope, exits_of, scope, scopes_of
from micrograd_like.pictures.scopes import scope_paths


def paths(output: Value) -> dict[str, list[str]]:
    """For each named value in the graph, the scopes around it."""
    scene = Scene(output, {}, derivatives=False)
    return {
        mark.name: [str(part) for part in path]
        for mark, path in zip(scene.marks, scope_paths(scene)[0], strict=True)
        if mark.name
    }


def named(v: Value, name: str) -> Value:
    v.name = name
    return v


# what is known of a Value that came out


def test_what_a_function_answers_has_come_out_of_its_scope() -> None:
    @scope
    def area(w: Any, h: Any) -> Any:
        return w * h

    @scope("room")
    def volume(w: Any, h: Any) -> Any:
        return area(w, h) * h

    x, y = Value(2), Value(3)
    v = volume(x, y)
    assert (v.data, scopes_of(v), exits_of(v)[1]) == (18.0, ["room"], (y, x))
    assert (scopes_of(v.parents[0]), exits_of(v.parents[0])[1]) == (["area"], (x, y))


def test_scopes_that_are_left_one_after_the_other_stand_outermost_first() -> None:
    @scope
    def inner(x: Any) -> Any:
        return x * 2

    @scope
    def outer(x: Any) -> Any:
        return inner(x)

    assert scopes_of(outer(Value(1))) == ["outer", "inner"]


def test_new_values_in_local_variables_come_out_of_a_with_block() -> None:
    x = before = Value(2)
    before = before * 3
    with scope("block"):
        y = before + x
        many = [y * 2, {"deep": (y * 3,)}]
    after = y * 5
    inside = (y, many[0], many[1]["deep"][0])  # type: ignore[index]
    assert [scopes_of(v) for v in inside] == [["block"]] * 3  # type: ignore[arg-type]
    assert [scopes_of(v) for v in (x, before, after)] == [[]] * 3
    assert exits_of(y)[1] == (before, x)


def test_inputs_that_nothing_came_of_are_not_kept_alive() -> None:
    x, history = Value(2), [Value(i) * 2 for i in range(5)]
    with scope("block"):
        y = x * 3
    assert exits_of(y)[1] == (x,)
    assert len(history) == 5


def test_what_goes_in_does_not_come_out() -> None:
    @scope
    def same(x: Any) -> Any:
        return [x, x * 1]

    x = Value(2) * 3
    old, new = same(x)
    assert old is x
    assert (scopes_of(old), scopes_of(new)) == ([], ["same"])


def test_a_scope_left_by_an_error_marks_nothing() -> None:
    made = []

    def fails(x: Value) -> None:
        with scope("block"):
            y = x * 2
            made.append(y)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fails(Value(2))
    assert scopes_of(made[0]) == []


def test_a_scope_may_be_entered_again_within_itself() -> None:
    again, x = Scope("s"), Value(2)
    with again:
        y = x * 2
        with again:
            z = y * 3
    assert (scopes_of(y), scopes_of(z)) == (["s"], ["s", "s"])


def test_values_in_arrays_dataclasses_and_models_are_found() -> None:
    @dataclass
    class State:
        h: Any

    class Cell(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.5, "w")

        @scope("cell")
        def __call__(self, state: State, xs: Any) -> Any:
            self.last = self.w * state.h
            return State(self.last + xs[0])

    h, x = Value(1) * 2, Value(3) * 4
    cell = Cell()
    out = cell(State(h), np.array([x]))
    assert (scopes_of(out.h), set(map(id, exits_of(out.h)[1]))) == (["cell"], {id(h), id(x)})
    assert scopes_of(cell.last) == ["cell"]


class Held:
    """An object that holds something."""

    def __init__(self, x: Any) -> None:
        self.x = x


def test_other_variables_may_hold_what_no_derivative_goes_through() -> None:
    chain = Held(None)
    for _ in range(3000):  # deeper than Python recurses
        chain = Held(chain)
    beside = [Held({1.0, 2.0}), Held(1j), chain]
    with scope("tripled"):
        tripled = Value(2.0) * 3
    assert len(beside) == 3
    assert scopes_of(tripled) == ["tripled"]


def test_what_objects_in_deques_and_slots_have_computed_is_found() -> None:
    class Slotted:
        __slots__ = ("total",)

    slotted = Slotted()
    queue: collections.deque[Value] = collections.deque()
    with scope("doubled"):
        slotted.total = Value(2.0) * 2
        queue.append(Value(3.0) * 2)
    assert scopes_of(slotted.total) == scopes_of(queue[0]) == ["doubled"]


def test_a_scoped_function_keeps_its_name_and_takes_plain_numbers() -> None:
    @scope("a name")
    def f(x: float, *, y: float = 1) -> float:
        """What it does."""
        return x + y

    assert (f.__name__, f.__doc__, f(2, y=3)) == ("f", "What it does.", 5)


def test_scopes_change_neither_numbers_nor_derivatives() -> None:
    @scope
    def f(x: Any) -> Any:
        with scope("square"):
            y = x * x
        return y * x

    assert grad(f)(3.0) == 27.0
    assert jit(grad(f))(3.0) == 27.0


def test_a_name_or_a_function_is_asked_for() -> None:
    with pytest.raises(TypeError, match=r"a scope is given a name, as in scope\('layer 1'\), .*: not 3"):
        scope(3)  # type: ignore[call-overload]


def test_a_generator_has_no_answer_to_mark_and_is_refused() -> None:
    with pytest.raises(TypeError, match=r"steps gives its values one after the other, later: .* use `with scope"):

        @scope
        def steps(x: Value) -> Iterator[Value]:
            yield x * 2


# copies


def test_copies_come_out_of_the_same_scopes_and_their_inputs_are_copies() -> None:
    x = Value(2, "x")
    with scope("s"):
        y = x * 3
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert scopes_of(twin) == ["s"]
        assert exits_of(twin)[1] == twin.parents[:1]
        assert exits_of(twin)[1][0] is twin.parents[0]
    assert exits_of(copy.copy(y)) == exits_of(y)


def test_a_long_chain_of_scopes_is_copied_and_freed_without_recursion() -> None:
    y = Value(1.0)
    for i in range(2 * sys.getrecursionlimit()):
        with scope(f"step {i}"):
            y = y * 1.001
    twin = pickle.loads(pickle.dumps(copy.deepcopy(y)))
    assert scopes_of(twin.parents[0]) == [f"step {2 * sys.getrecursionlimit() - 2}"]
    del y, twin


def test_what_a_deep_recursion_answers_knows_the_outermost_scopes() -> None:
    @scope
    def down(x: Any, n: int) -> Any:
        return down(x, n - 1) if n else x * 2

    y = down(Value(1), 100)
    assert scopes_of(y) == ["down"] * 16


# what lies in a scope


def test_what_lies_between_inputs_and_outputs_is_in_the_scope() -> None:
    a, b = Value(2, "a"), Value(3, "b")
    c = named(a * b, "c")
    with scope("s"):
        d = named(c + 1, "d")
        e = named(d * a, "e")
    f = named(e * c, "f")
    assert paths(f) == {"a": [], "b": [], "c": [], "d": ["s"], "e": ["s"], "f": []}


def test_an_output_that_other_outputs_come_of_is_in_the_scope_once() -> None:
    x = Value(2, "x")
    with scope("s"):
        t = named(x * 2, "t")
        u = named(t + 1, "u")
    assert paths(named(u * t, "out")) == {"x": [], "t": ["s"], "u": ["s"], "out": []}


def test_scopes_nest() -> None:
    x, w = Value(2, "x"), Value(3, "w")
    with scope("outer"):
        a = named(x * 2, "a")
        with scope("inner"):
            b = named(a * w, "b")
        c = named(b + x, "c")
    with scope("outer"):
        d = named(c * w, "d")
    outer, inner = ["outer"], ["outer", "inner"]
    assert paths(d) == {"x": [], "w": [], "a": outer, "b": inner, "c": outer, "d": outer}


def test_what_two_scopes_use_without_being_given_it_lies_around_both() -> None:
    hidden = Value(2, "x") * 3
    hidden.name = "hidden"

    @scope
    def f(x: Any) -> Any:
        return x * hidden

    @scope
    def g(x: Any) -> Any:
        return x + hidden

    assert paths(f(Value(1)) * g(Value(2)))["hidden"] == []


def test_weights_lie_in_their_neuron_and_inputs_outside() -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    loss = nn.hinge([model([Value(0.1, "x"), 0.2]), model([Value(0.3, "y"), 0.4])], [1, -1])
    where = paths(loss)
    assert where["w[0][1][0]"] == ["layer 1", "neuron 2"]
    assert where["b[1][0]"] == ["layer 2", "neuron 1"]
    assert (where["x"], where["y"]) == ([], [])
    assert scopes_of(loss) == ["hinge"]


def test_layers_of_two_networks_are_not_the_same() -> None:
    one, two = nn.MLP(1, [1], seed=0), nn.MLP(1, [1], seed=1)
    scene = Scene(one([1.0]) * two([1.0]), {}, derivatives=False)
    found, _, runs = scope_paths(scene)
    assert len({path[0] for path in found if path}) == 2
    assert set(runs.values()) == {1}


def test_a_neuron_and_a_layer_alone_have_names_too() -> None:
    assert scopes_of(nn.Neuron(1)([2.0])) == ["neuron"]
    assert scopes_of(nn.Layer(1, 2)([2.0])[1]) == ["layer", "neuron 2"]


@pytest.mark.parametrize("loss", [nn.mean_squared_error, nn.hinge, nn.binary_cross_entropy])
def test_losses_are_scopes(loss: Any) -> None:
    assert scopes_of(loss([Value(0.5)], [1])) == [loss.__name__.removeprefix("binary_").replace("_", " ")]
