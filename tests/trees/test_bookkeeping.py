"""Facts about what `grad` keeps beside the arithmetic: names, the variables behind an answer, and their slopes."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value, function, grad, hypot, log, ops, value_and_grad
from micrograd_like.backward import idle, leaves_of, slopes_by
from micrograd_like.core import core, kinds_of
from micrograd_like.runs.running import Running
from micrograd_like.transforms.variables import active
from micrograd_like.trees import reading
from micrograd_like.trees.objects import array_of
from micrograd_like.trees.reading import LeafNames

needs_core = pytest.mark.skipif(core is None, reason="without the core each variable has its name from the beginning")


@needs_core
def test_names_are_written_only_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    written = reading.written_behind
    monkeypatch.setattr(reading, "written_behind", lambda *part: asked.append(part) or written(*part))
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert grad(lambda x: x[0] * x[1])([2.0, 3.0]) == [3.0, 2.0]
    assert grad(lambda x: (x * x).sum())(matrix).tolist() == (2 * matrix).tolist()
    assert asked == []
    with pytest.raises(ValueError, match=r"log\(x\[1\]\)"):
        grad(lambda x: log(x[1]))([2.0, -3.0])
    assert asked == [("x", range(2))]


@pytest.mark.parametrize(
    ("argument", "names"),
    [
        ([1.0, 2], ["x[0]", "x[1]"]),
        (("text", 1.0, None, 2), ["x[1]", "x[3]"]),
        ({"a": (1.0,), "b": 2}, ["x['a'][0]", "x['b']"]),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), ["x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]"]),
        (np.array(1.0), ["x"]),
        (np.array([1, 2], object), ["x[0]", "x[1]"]),
        (3.0, ["x"]),
    ],
)
def test_each_variable_has_the_name_of_its_place(argument: Any, names: list[str]) -> None:
    met = []

    def f(x: Any) -> Any:
        held = x.ravel().tolist() if isinstance(x, np.ndarray) else x.values() if isinstance(x, dict) else x
        held = held if hasattr(held, "__iter__") else [held]
        flat = [z for y in held for z in (y if isinstance(y, tuple) else [y]) if isinstance(z, Value)]
        met.extend(v.name for v in flat)
        return sum(flat)

    grad(f)(argument)
    assert met == names


def test_names_are_those_of_the_call_whatever_becomes_of_the_argument() -> None:
    numbers = [2.0, -3.0]

    def f(x: list[Any]) -> Any:
        last = x[1]
        x.clear()
        numbers.insert(0, 1.0)
        return log(last)

    with pytest.raises(ValueError, match=r"log\(x\[1\]\): .* at x\[1\] = -3.0"):
        grad(f)(numbers)


def test_a_variable_may_be_called_otherwise_or_nothing() -> None:
    met: list[str | None] = []

    def f(x: list[Any]) -> Any:
        x[0].name, x[1].name = "rate", None
        met.extend(v.name for v in x)
        return x[0] * x[1] * x[2]

    assert grad(f)([2.0, 3.0, 4.0]) == [12.0, 8.0, 6.0]
    assert met == ["rate", None, "x[2]"]


def test_a_variable_that_outlives_its_run_keeps_its_name() -> None:
    kept: list[Any] = []
    grad(lambda x: kept.append(x[1]) or x[0] * x[1])([2.0, 3.0])
    assert (kept[0].name, copy.copy(kept[0]).name, kept[0]._x.name) == ("x[1]", "x[1]", "<lambda>")


def test_names_ask_no_more_than_once() -> None:
    names = LeafNames()
    names.parts += [("a", None), ("b", [1, 3])]
    assert ([*names], names[2]) == (["a", "b[1]", "b[3]"], "b[3]")
    names.parts.clear()
    assert [*names] == ["a", "b[1]", "b[3]"]


def test_inputs_that_the_answer_does_not_depend_on_are_told_by_name() -> None:
    def f(price: Any, rates: Any, tax: Any) -> Any:
        return price * rates[1]

    with pytest.warns(UserWarning, match="f does not depend on tax: the derivative is 0"):
        assert grad(f, argnums=(0, 1, 2))(2.0, [3.0, 4.0], 5.0) == (4.0, [0.0, 2.0], 0.0)


def test_what_an_output_was_not_computed_from() -> None:
    a, b, c = Value(2.0), Value(3.0), Value(5.0)
    both = a * a
    for _ in range(2):  # no mark stays behind
        assert idle([both + both * a], [a, b]) == [1]
        assert idle([hypot(a, 1.0, both), b], [a, b, c]) == [2]
        assert idle([a], [a, b]) == [1]
        assert idle([], [a, b]) == [0, 1]
        assert idle([a * b], [a]) is idle([b], [a]) is None
        assert [*map(id, leaves_of([both * both]))] == [id(a)]
        assert idle([both], [a, a]) == []
    y = hypot(a, both, 1.0)
    assert idle([y, copy.copy(y) * both], [a]) == []


def test_what_is_reached_on_many_ways_is_walked_through_once() -> None:
    a = y = Value(0.0)
    z = hypot(a, 0.0)
    for _ in range(64):
        y = y + y
        z = hypot(z, copy.copy(z))  # both have the same parents
    assert idle([y, z], [a]) == []


def test_a_variable_in_the_place_of_a_value_is_a_leaf_of_its_own() -> None:
    x, found = Value(2.0), []
    grad(lambda v: found.append(idle([v * 2.0], [x])) or v * v)(x)
    assert found == [None]


def test_slopes_start_afresh_and_are_0_where_nothing_arrives() -> None:
    a, b, c = Value(2.0), Value(3.0), Value(5.0)
    a.grad = c.grad = 7.0
    y = a * b * c
    assert slopes_by(y, [a, b]) == slopes_by(y, [a, b]) == [15.0, 10.0]
    assert slopes_by(a, [a, b]) == [1.0, 0.0]
    assert slopes_by(4.0, [a, b]) == [0.0, 0.0]
    assert str(slopes_by(a * -0.0, [a, b])) == "[-0.0, 0.0]"
    assert c.grad == 7.0 + 6.0 + 6.0  # which is no variable, and adds up


def test_variables_and_slopes_while_a_pass_goes_on() -> None:
    a, b = Value(3.0), Value(2.0)
    shared = a * a
    found: list[Any] = []

    def rule(x: Any, out: Any, g: Any) -> Any:
        found.append((idle([shared * 1.0], [a, b]), slopes_by(b * b, [b])))
        with pytest.raises(RuntimeError, match="with which another backward"):
            slopes_by(shared * 1.0, [b])
        return 2 * g

    y = function("asks_within", lambda x: 2 * x, rule)(shared) + shared
    y.backward()
    assert found == [([1], [4.0])]
    assert a.grad == 3 * 6.0


def test_numbers_that_are_no_plain_ones_are_variables_too() -> None:
    numbers = [np.float64(2.0), np.int64(3), 4]
    assert value_and_grad(lambda x: x[0] * x[1] * x[2])(numbers) == (24.0, [12.0, 8.0, 6.0])
    with pytest.raises(OverflowError, match="int too large to convert to float"):
        grad(lambda x: x[0] * 2)([10**400])
    with Running("f") as running:
        assert active(2, "a", running).name == "a"


def test_kinds_of_any_sequence() -> None:
    assert kinds_of([1, 2.0, 3, "a"]) == kinds_of((1, 2.0, "a")) == kinds_of(iter([1, 2.0, "a"])) == {int, float, str}
    assert kinds_of([]) == set()


class Sequence(Value):
    """A Value that NumPy would take for a list."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, k: int) -> float:
        return [1.0, 2.0][k]


def test_an_array_of_values_holds_each_in_its_place() -> None:
    x, y = Value(2.0), Value(3.0)
    assert [v is w for v, w in zip(array_of([x, 1.0, 2, y], (2, 2)).ravel(), [x, 1.0, 2, y], strict=True)][::3] == [
        True,
        True,
    ]
    assert (array_of([1.0, 2.0], (2, 1)).dtype, array_of([1, 2], (2,)).dtype.kind) == (float, "i")
    assert array_of([], (0,)).shape == (0,)
    assert array_of([Sequence(1.0), Sequence(2.0)], (2,)).shape == (2, 2)


def test_an_argument_that_an_array_lies_in_is_changed_behind_its_back() -> None:
    numbers = {"a": np.array([1.0, 2.0])}

    def f(x: Any) -> Any:
        numbers["a"] = np.array([1.0, 2.0, 3.0])
        return x["a"].sum()

    with pytest.raises(ValueError, match="x holds other numbers than before the function ran"):
        grad(f)(numbers)


@pytest.mark.parametrize("name", ["float64", "float32", "float16", "longdouble", "int8", "int64", "uint64", "bool_"])
@pytest.mark.parametrize("n", [0, 1, 2**53 + 1])
def test_a_scalar_of_numpy_is_the_float_that_it_holds(name: str, n: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scalar = getattr(np, name)(n % 128 if name == "int8" else n)
    x, number = Value(1.0), float(scalar)
    for y, same in ((x * scalar, x * number), (ops.maximum(x, scalar), ops.maximum(x, number)), (x**scalar, x**number)):
        assert (y.data, y.op, y.parents[1]) == (same.data, same.op, number)
        assert type(y.parents[1]) is float
    assert Value(scalar).data == number
    assert hypot(x, scalar, 1.0).parents == (x, number, 1.0)


def test_what_only_looks_like_a_scalar_of_numpy_is_asked_for_its_number() -> None:
    class Seven(np.float64):
        def __float__(self) -> float:
            return 7.0

    x = Value(2.0)
    assert (x * Seven(3.0)).data == 14.0
    assert hypot(x, Seven(3.0), 0.0).parents[1] == 7.0
    named_so = type("numpy.float64", (Seven,), {})
    assert (x * named_so(3.0)).data == 14.0
    for wrong in (np.complex128(2), np.str_("2"), np.datetime64("2020-01-01")):
        with pytest.raises(TypeError):
            x * wrong


def test_a_truth_among_inputs_is_a_number() -> None:
    x = Value(2.0)
    assert (x + True).parents == (x, 1.0)
    assert ops.where(x > 1, x, 0.0).parents == (1.0, x, 0.0)
    assert ops.where(x > 3, x, 0.0).parents == (0.0, x, 0.0)
