"""vmap: each row is what the function answers to it alone, whichever way it takes, in whatever block it stands."""

from __future__ import annotations

import itertools
import math
import pickle
import random
import subprocess
import sys
import tracemalloc
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.special  # noqa: F401 - not while a function is recorded
from awkward import AWKWARD, OPERATIONS, ulps
from hypothesis import given
from hypothesis import strategies as st

import micrograd_like as ml
from micrograd_like import Value, function, grad, hessian, jacobian, jit, nn, value_and_grad, vmap
from micrograd_like.compile.rows import blocks, plan
from micrograd_like.ieee import Ieee, backward
from micrograd_like.operation import OPS, Op
from micrograd_like.trees.tree import leaves

inf, nan = math.inf, math.nan
LOOSER = {"erfc": 12, "gelu": 12, "sech": 4, "cbrt": 4}  # in units in the last place; SciPy's erfc, SIMD code in NumPy


def points_of(op: Op) -> list[tuple[float, ...]]:
    """The probe point of a row, and awkward ones."""
    count = op.arity or len(op.at)
    chosen = itertools.product(AWKWARD, repeat=count) if count < 3 else zip(*[AWKWARD] * count, strict=True)
    points = [tuple(map(float, op.at)), *chosen]
    return [(float(bool(p[0])) if op.letters[0] == "c" else p[0], *p[1:]) for p in points]


def applied(op: Op) -> Any:
    return lambda *inputs: inputs[0].record(op, *inputs)


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_every_row_of_the_table_answers_what_ieee_754_says_of_each_number(op: Op) -> None:
    points = points_of(op)
    for p, x in zip(points, vmap(applied(op))(*map(np.array, zip(*points, strict=True))), strict=True):
        out = float(Ieee.record(op, *p))
        raises = math.isnan(out) and op.name in ("log_base", "polygamma")  # log(0) / log(2) is -inf
        assert raises or ulps(float(x), out) <= LOOSER.get(op.name, 2), p


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_every_rule_of_the_table_answers_what_ieee_754_says_of_each_number(op: Op) -> None:
    points = [p for p in points_of(op) if not (op.label == "^" and p[0] < 0 and p[1] % 1)]
    by = range(op.arity or len(op.at)) if op.letters[-1] != "c" and op.letters[0] != "c" else [op.letters.index("x")]
    slopes = vmap(grad(applied(op), argnums=[*by]))(*map(np.array, zip(*points, strict=True)))
    for i, p in enumerate(points):
        shares = backward(op, p, float(Ieee.record(op, *p)), 1.0)
        known = {"hypot": max(map(abs, p)) > 1e-300, "log_base": p[0] > 0 and p[-1] != 1}.get(
            op.name, True
        )  # no subnormal numbers
        for k, slope in zip(by, slopes, strict=True):
            assert not known or ulps(float(slope[i]), shares[k] or 0.0) <= LOOSER.get(op.name, 2), p


def test_numbers_of_numpy_and_ours_agree_on_random_points() -> None:
    x = np.random.default_rng(0).normal(size=3000) * 20
    for name in "exp expm1 sin tanh atan asinh sigmoid softplus silu sech erf".split():
        wanted = [float(Ieee.record(OPS[name], float(each))) for each in x]
        assert max(map(ulps, vmap(applied(OPS[name]))(x), wanted)) <= 4, name


def test_the_tail_of_erfc_keeps_its_digits() -> None:
    x = np.linspace(0, 27, 500)
    assert max(map(ulps, vmap(ml.erfc)(x), map(math.erfc, x))) < 13


@pytest.mark.parametrize("c", [2, 3, -1, 0.5, -0.5, 2.0, 1.7])
def test_powers_are_those_of_math(c: float) -> None:
    x = np.array([0.0, -0.0, 1.5, 7e-200, 1e-160, 1e160, 3e200, -2.5, inf, -inf, nan])
    wanted = [float(Ieee.record(OPS["pow_const"], float(each), float(c))) for each in x]
    assert max(map(ulps, vmap(lambda x: x**c)(x), wanted)) <= 2
    assert math.copysign(1, vmap(lambda x: x**0.5)([-0.0])[0]) == 1


# the form of arguments and answers


def test_arrays_hold_a_row_along_their_leading_axis_and_numbers_are_the_same_in_all() -> None:
    assert vmap(lambda x, y: x * y)(np.array([1.0, 2.0]), 3.0).tolist() == [3.0, 6.0]
    assert vmap(lambda x, y: x * y)([1, 2], y=[3, 4]).tolist() == [3.0, 8.0]
    assert vmap(lambda x, *, k: x * k[1])([1, 2], k=[3, 4]).tolist() == [4.0, 8.0]


def test_what_is_left_of_the_shape_is_what_the_function_sees() -> None:
    x = np.arange(12.0).reshape(2, 3, 2)

    def f(row: Any) -> Any:
        assert row.shape == (3, 2)
        return row[2, 1] - row[0, 0], row * row

    number, squares = vmap(f)(x)
    assert number.tolist() == [5.0, 5.0]
    assert squares.tolist() == (x * x).tolist()


def test_in_axes_none_keeps_an_array_whole() -> None:
    dot = vmap(lambda w, x: sum(w * x), in_axes=(None, 0))
    assert dot(np.array([1.0, 2.0]), np.array([[1.0, 1.0], [3.0, 4.0]])).tolist() == [3.0, 11.0]


@dataclass
class Fruit:
    price: Any
    weight: Any


def test_dicts_and_dataclasses_hold_the_rows_of_their_parts() -> None:
    f = vmap(lambda fruit, n: {"cost": fruit["price"] * n, "name": "apple"})
    assert f({"price": np.array([2.0, 3.0])}, 2)["cost"].tolist() == [4.0, 6.0]
    assert f({"price": [2.0, 3.0]}, 2)["name"] == "apple"
    made = vmap(lambda fruit: Fruit(fruit.weight, fruit.price * 2))(Fruit([1.0, 2.0], 5.0))
    assert made.price.tolist() == [5.0, 5.0]
    assert made.weight.tolist() == [2.0, 4.0]


def test_truths_are_arrays_of_truths() -> None:
    answers = vmap(lambda x: (x > 1, True, [x]))(np.array([0.0, 2.0]))
    assert answers[0].tolist() == [False, True]
    assert answers[0].dtype == answers[1].dtype == bool
    assert answers[2][0].tolist() == [0.0, 2.0]


def test_a_truth_in_one_row_and_a_number_in_another_is_a_number() -> None:
    assert vmap(lambda x: x > 1 if x > 0 else 0.5)([-1.0, 1.0, 2.0]).tolist() == [0.5, 0.0, 1.0]


@pytest.mark.parametrize("kind", [int, np.float32, np.float16, np.uint8, bool])
def test_arrays_of_other_kinds_of_numbers_become_doubles(kind: Any) -> None:
    x = np.array([0, 1, 1]).astype(kind)
    out = vmap(lambda x: x * 0.1)(x)
    assert out.tolist() == [0.0, 0.1, 0.1]
    assert out.dtype == np.float64


def test_strides_order_and_writability_do_not_matter() -> None:
    x = np.arange(24.0).reshape(4, 6)
    wanted = [float(row[1] - row[2] ** 2) for row in x[::2, ::2]]
    fixed = x.copy()
    fixed.flags.writeable = False
    for given_rows in (x[::2, ::2], np.asfortranarray(x)[::2, ::2], fixed[::2, ::2], x[::2, ::2].tolist()):
        assert vmap(lambda row: row[1] - row[2] ** 2)(given_rows).tolist() == wanted
    assert vmap(lambda x: x + 1)(x[::-1, 0]).tolist() == [19.0, 13.0, 7.0, 1.0]


def test_an_object_array_of_numbers_is_an_array_of_numbers() -> None:
    from fractions import Fraction

    assert vmap(lambda x: x * 2)(np.array([Fraction(1, 2), 3], dtype=object)).tolist() == [1.0, 6.0]


# derivatives


def wave(x: Any, y: Any) -> Any:
    return ml.sin(x * y) / (1 + x * x)


def test_gradients_of_rows_are_those_of_each() -> None:
    x, y = np.linspace(-2, 2, 9), np.linspace(0, 1, 9)
    value, (by_x, by_y) = vmap(value_and_grad(wave, argnums=(0, 1)))(x, y)
    for i in range(9):
        v, slopes = value_and_grad(wave, argnums=(0, 1))(float(x[i]), float(y[i]))
        assert [value[i], by_x[i], by_y[i]] == pytest.approx([v, *slopes], rel=1e-15)


def test_hessians_and_jacobians_of_rows_have_the_rows_in_front() -> None:
    x = np.arange(6.0).reshape(3, 2)
    assert vmap(hessian(lambda x: x[0] ** 2 * x[1]))(x).tolist() == [[[2 * b, 2 * a], [2 * a, 0.0]] for a, b in x]
    assert vmap(jacobian(lambda x: [x[0] * x[1], x[0]]))(x).tolist() == [[[b, a], [1, 0]] for a, b in x]


def test_a_vmap_is_no_part_of_a_derivative_or_a_recording() -> None:
    with pytest.raises(TypeError, match=r"write vmap\(grad\(f\)\), not grad\(vmap\(f\)\)"):
        grad(vmap(lambda x: x * x))(np.array([1.0, 2.0]))


def test_singular_derivatives_are_infinite_and_nothing_raises() -> None:
    value, slope = vmap(value_and_grad(ml.sqrt))([0.0, 4.0, -1.0])
    assert value.tolist()[:2] == [0.0, 2.0]
    assert slope.tolist()[:2] == [inf, 0.25]
    assert math.isnan(value[2])
    assert vmap(lambda x: 1 / x)([0.0, -0.0]).tolist() == [inf, -inf]


# ways


def bent(x: Any, y: Any) -> Any:
    if x > y:
        return x * y
    return ml.log(y) + x if x < 0 else x - y


def test_rows_take_their_own_ways_in_one_call() -> None:
    x, y = np.array([2.0, -1.0, 0.5, 3.0, 0.0]), np.array([1.0, 1.0, 1.0, 2.0, 0.5])
    f = vmap(bent)
    assert f(x, y).tolist() == [2.0, -1.0, -0.5, 6.0, -0.5]
    assert f.paths == 3


def newton(a: Any) -> Any:
    x, steps = a, 0
    while abs(x * x - a) > 1e-12 * a:
        x, steps = (x + a / x) / 2, steps + 1
    return x, steps


def test_each_row_loops_as_often_as_it_needs() -> None:
    a = np.linspace(1, 90, 200)
    root, steps = vmap(newton)(a)
    assert root.tolist() == [newton(x)[0] for x in a.tolist()]
    assert steps.tolist() == [newton(x)[1] for x in a.tolist()]


def test_whole_numbers_lead_their_own_ways() -> None:
    table = [10.0, 20.0, 30.0]
    assert vmap(lambda x: table[int(x)] + x)([0.5, 2.5, 1.0, 2.25]).tolist() == [10.5, 32.5, 21.0, 32.25]
    assert vmap(lambda n: sum(range(n)))(np.array([3, 1, 4])).tolist() == [3.0, 0.0, 6.0]


def test_a_question_about_what_is_the_same_in_all_rows_is_asked_once() -> None:
    f = vmap(lambda x, k: x if k > 0 else -x)
    assert f([1.0, 2.0], 1.0).tolist() == [1.0, 2.0]
    assert f([1.0, 2.0], -1.0).tolist() == [-1.0, -2.0]


def sees_a_bool(x: Any) -> Any:
    """It asks which object a truth is: rows cannot run it together."""
    return x * int(x) if (x == x) is True else x


def test_beyond_max_paths_rows_are_computed_one_by_one_and_still_right() -> None:
    f = vmap(sees_a_bool, max_paths=2)
    x = np.array([1.5, 2.5, 3.5, 4.5, 1.25])
    with pytest.warns(UserWarning, match="takes more than 2 ways"):
        assert f(x).tolist() == [1.5, 5.0, 10.5, 18.0, 1.25]
    assert f(x).tolist() == [1.5, 5.0, 10.5, 18.0, 1.25]


def test_totals_are_right_beyond_max_paths_too() -> None:
    with pytest.warns(UserWarning, match="takes more than 2 ways"):
        assert vmap(sees_a_bool, max_paths=2, reduce="sum")([1.5, 2.5, 3.5, 4.5, 1.25]) == 36.25


def test_an_error_of_the_function_says_in_which_row() -> None:
    with pytest.raises(ValueError, match="NaN") as caught:
        vmap(lambda x: x * int(x))([1.0, 2.0, nan])
    assert "in row 2" in caught.value.__notes__


def test_rows_that_answer_in_different_forms_are_refused() -> None:
    with pytest.raises(TypeError, match=r"answers one row with \[0.0\] and another with \[0.0, 0.0\]"):
        vmap(lambda x: [x] * int(x))([1.0, 2.0])


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=40))
def test_any_rows_agree_with_the_function_itself(x: list[float]) -> None:
    y = [abs(a) + 0.5 for a in reversed(x)]
    assert BENT(x, y).tolist() == pytest.approx([float(bent(a, b)) for a, b in zip(x, y, strict=True)], rel=1e-15)


BENT = vmap(bent)


# what the function closes over


def test_a_value_that_is_closed_over_is_read_in_each_call() -> None:
    w = Value(2.0, "w")
    f = vmap(lambda x: w * x)
    assert f([1.0, 3.0]).tolist() == [2.0, 6.0]
    w.data = 5.0
    assert f([1.0, 3.0]).tolist() == [5.0, 15.0]


def test_a_plain_number_that_has_changed_is_seen() -> None:
    factor = 2.0

    def f(x: Any) -> Any:
        return factor * x

    g = vmap(f)
    assert g([1.0]).tolist() == [2.0]
    factor = 3.0
    assert g([1.0]).tolist() == [3.0]


def test_an_operation_of_your_own_is_called_once_a_row() -> None:
    hump = function("hump_of_batch", lambda x: math.sin(x) if x < 9 else 1 / 0, lambda x, out, g: g * ml.cos(x))
    value, slope = vmap(value_and_grad(hump))([0.5, 10.0])
    assert value[0] == math.sin(0.5)
    assert slope[0] == math.cos(0.5)
    assert math.isnan(value[1])


# totals


def test_reduce_keeps_the_sum_or_the_mean() -> None:
    x = np.arange(5.0)
    assert vmap(lambda x: (x, 2.0, [x * x]), reduce="sum")(x) == (10.0, 10.0, [30.0])
    assert vmap(lambda x: x * x, reduce="mean")(x) == 6.0
    assert vmap(lambda x: x > 1, reduce="sum")(x) == 3.0
    assert vmap(lambda x, a: a * a, reduce="sum", in_axes=(0, None))(x, np.array([1.0, 2.0])).tolist() == [5.0, 20.0]


def test_totals_lose_no_digits_over_many_rows() -> None:
    x = np.full(1_000_000, 0.1)
    assert vmap(lambda x: x + 0.0, reduce="sum")(x) == pytest.approx(math.fsum(x), rel=1e-15)


def test_totals_of_rows_on_different_ways() -> None:
    x = np.linspace(-1, 1, 30_001)
    assert vmap(ml.relu, reduce="sum")(x) == pytest.approx(7500.5, rel=1e-14)
    assert vmap(lambda x: x if x > 0 else 0.0, reduce="sum")(x) == pytest.approx(7500.5, rel=1e-14)


def test_the_gradient_of_a_mean_by_a_model_is_that_of_the_sum_of_losses() -> None:
    model, points, labels = (
        nn.MLP(2, [5, 4, 1], activation="tanh", seed=1),
        [[0.5, 1.0], [-1.0, 2.0], [0.0, 1.0]],
        [1, -1, 1],
    )

    def loss(model: Any, x: Any, y: Any) -> Any:
        return ml.softplus(-y * model(x)) + 0.01 * sum(p * p for p in model.parameters())

    step = vmap(value_and_grad(loss), in_axes=(None, 0, 0), reduce="mean")
    for _ in range(2):
        value, slopes = step(model, points, labels)
        total = sum(loss(model, x, y) for x, y in zip(points, labels, strict=True)) / 3
        model.zero_grad()
        total.backward()
        assert value == pytest.approx(total.data, rel=1e-14)
        assert slopes == pytest.approx([p.grad for p in model.parameters()], rel=1e-12)
        for p in model.parameters():
            p.data -= 0.1 * p.grad


# blocks and threads


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_ROWS", 64)
    monkeypatch.setattr(blocks, "WORTH_A_THREAD", 0)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("rows", [1, 2, 63, 64, 65, 127, 128, 129, 1000])
def test_no_row_is_lost_at_the_edge_of_a_block(rows: int) -> None:
    x, y = np.random.default_rng(rows).normal(size=(2, rows))
    y = abs(y) + 0.5
    wanted = [float(bent(a, b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    assert vmap(bent)(x, y) == pytest.approx(wanted, rel=1e-15)
    assert vmap(bent, reduce="sum")(x, y) == pytest.approx(math.fsum(wanted), rel=1e-13, abs=1e-13)


@pytest.mark.usefixtures("small_blocks")
def test_the_number_of_threads_does_not_change_a_bit() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 5000))
    for options in ({}, {"reduce": "sum"}):
        one, several = (vmap(value_and_grad(bent), threads=n, **options)(x, abs(y)) for n in (1, 4))
        assert np.asarray(one).tobytes() == np.asarray(several).tobytes()


@pytest.mark.usefixtures("small_blocks")
def test_an_error_in_a_thread_reaches_the_caller() -> None:
    def f(x: Any) -> Any:
        if x < 900:
            return x
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        vmap(f, threads=3)(np.arange(1000.0))


def test_several_threads_may_call_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    f = vmap(value_and_grad(bent))
    x = np.random.default_rng(0).normal(size=3000)
    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(lambda k: f(x, abs(x[::-1]) + k)[1].tolist(), range(12))]
    assert answers == [vmap(grad(bent))(x, abs(x[::-1]) + k).tolist() for k in range(12)]


def network(x: Any) -> Any:
    return ml.tanh(sum(ml.sin(x[i] * (j + 1.5)) * ml.cos(x[i - 1]) for i in range(3) for j in range(8)))


def test_many_lines_in_one_call_compute_the_same_bits_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("micrograd_like.compile.rows.batch.WORTH_A_PLAN", 0)
    x = np.random.default_rng(0).normal(size=(500, 3))
    wide, narrow = vmap(value_and_grad(network)), vmap(value_and_grad(network))
    answers = []
    for f, k in ((narrow, 0), (wide, 1)):
        f(x[:1])
        (compiled,) = f.forms.values()
        engine: Any = compiled.engines["numpy"]  # type: ignore[attr-defined]
        assert engine.plans[1].call_count < engine.plans[0].call_count / 3
        engine.plans = [engine.plans[k]]
        value, slopes = f(x)
        answers.append(value.tobytes() + slopes.tobytes())
    assert answers[0] == answers[1]


def test_working_memory_does_not_grow_with_the_rows() -> None:
    f = vmap(value_and_grad(network), reduce="sum", threads=1)

    def peak(rows: int) -> int:
        x = np.ones((rows, 3), dtype=np.float32)
        f(x)
        tracemalloc.start()
        f(x)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(200_000) < 1.5 * peak(40_000) + 100_000


# what is refused


def test_arrays_of_different_lengths_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"x has 2 rows and y has 3: give as many of the one as of the other, or say"):
        vmap(wave)([1.0, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("empty", [np.array([]), np.empty((0, 3)), []])
def test_no_rows_are_refused(empty: Any) -> None:
    with pytest.raises(ValueError, match=r"x has no rows: f is recorded on a row, so give at least one"):
        vmap(f_of_x)(empty)


def f_of_x(x: Any) -> Any:
    return x


f_of_x.__name__ = "f"


def test_rows_of_length_0_are_rows() -> None:
    assert vmap(lambda x: 1.0 + len(x))(np.empty((3, 0))).tolist() == [1.0, 1.0, 1.0]


def test_no_array_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no argument of f holds rows: give vmap\(f\) an array"):
        vmap(f_of_x)(1.0)


def test_text_is_no_row_and_its_argument_is_named() -> None:
    with pytest.raises(TypeError, match="takes functions of numbers, and f was called with x, which is no number"):
        vmap(f_of_x)("a")


def test_a_vmap_within_another_or_within_jit_is_refused() -> None:
    doubled = vmap(lambda x: x * 2)
    with pytest.raises(TypeError, match=r"no part of another vmap: .* vmap\(lambda row: \[f\(x\) for x in row\]\)"):
        vmap(doubled)([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(TypeError, match="no part of what jit records: call it outside"):
        jit(doubled)([1.0, 2.0])
    assert vmap(lambda row: [x * 2 for x in row])([[1.0, 2.0], [3.0, 4.0]])[1].tolist() == [4.0, 8.0]


def test_what_vmap_cannot_record_is_told_in_its_name() -> None:
    kept: list[Any] = []
    vmap(lambda x: kept.append(x) or x)([1.0])
    cases: list[Any] = [
        (lambda x: {x: 1} and x, "x, which vmap records, cannot be looked up"),
        (lambda x: "text", "vmap takes functions that answer numbers; <lambda> answered 'text'"),
        (lambda x: x + random.random(), "vmap cannot record <lambda>"),
        (lambda x: kept[0] * x, "was kept from the run of <lambda> that vmap recorded"),
    ]
    for f, said in cases:
        with pytest.raises(TypeError, match=said):
            vmap(f)(np.array([1.0]))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (["a", "b"], r"rows are real numbers; x is an array of <U1: \['a', 'b'\]"),
        ([1j, 2j], r"rows are real numbers; x is an array of complex128"),
        ([{}, {}], r"rows are real numbers; x is an array of object"),
        ([Value(1.0), Value(2.0)], r"x holds Values, and rows are plain numbers: say with in_axes=None"),
    ],
)
def test_rows_that_are_no_numbers_are_refused(x: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        vmap(f_of_x)(x)


def test_ragged_rows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"the rows of x do not have the same length: x is \[\[1\], \[1, 2\]\]"):
        vmap(f_of_x)([[1], [1, 2]])


def test_options_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match=r"in_axes is 0 for arguments .* not 1: move another axis to the front"):
        vmap(f_of_x, in_axes=(0, 1))
    with pytest.raises(ValueError, match=r"in_axes has 2 entries and f was called with 1 arguments"):
        vmap(f_of_x, in_axes=(0, None))([1.0])
    with pytest.raises(ValueError, match=r"engine is one of 'numpy', 'native', not 'jax'"):
        vmap(f_of_x, engine="jax")
    with pytest.raises(ValueError, match=r"reduce is one of None, 'sum', 'mean', not 'max'"):
        vmap(f_of_x, reduce="max")
    with pytest.raises(TypeError, match=r"vmap takes a function, not 3: write vmap\(f\)\(x\)"):
        vmap(3)  # type: ignore[arg-type]


def test_a_function_without_an_answer_is_refused() -> None:
    with pytest.raises(TypeError, match="does it lack a `return`"):
        vmap(lambda x: None)([1.0])


# long work


def test_progress_is_a_bar_over_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    vmap(bent, progress=True)(np.ones(5000), np.ones(5000))
    assert "bent: 100%" in capsys.readouterr().err


def test_progress_without_tqdm_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"progress=True needs tqdm: pip install 'micrograd_like\[batch\]'"):
        vmap(bent, progress=True)([1.0], [1.0])


INTERRUPTED = """
import itertools, os, signal, threading, time
import numpy as np
from micrograd_like import function, vmap
from micrograd_like.compile.rows import blocks

signal.signal(signal.SIGINT, signal.default_int_handler)  # which nohup and `&` have switched off
blocks.WORTH_A_THREAD = 0
ready = threading.Event()

calls = itertools.count()

def slow(x):
    if next(calls) == 1000:  # after the recording
        ready.set()
    return x

killer = threading.Thread(target=lambda: (ready.wait(), os.kill(os.getpid(), signal.SIGINT)))
killer.start()
step = function("slow_step", slow, lambda x, out, g: g)
try:
    vmap(step, threads=THREADS, reduce="sum")(np.broadcast_to(1.0, 10**9))
except KeyboardInterrupt:
    deadline = time.monotonic() + 30  # a thread that was just being started ends by itself, soon after
    while threading.active_count() > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    print("interrupted", threading.active_count())
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_stops_the_work_and_all_its_threads(threads: int) -> None:
    text = INTERRUPTED.replace("THREADS", str(threads))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "interrupted 1\n", done.stderr


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("c", [x**3 for x in (0.7510534463947998, 1.3, 2.7)])
def test_an_engine_that_differs_in_a_last_bit_does_not_look_for_a_way_for_ever(engine: str, c: float) -> None:
    x = c ** (1 / 3)
    for at in (x, math.nextafter(x, 0), math.nextafter(x, 9), 0.7510534463947998):
        answers = vmap(lambda x, c: 1.0 if x**3 > c else 2.0, engine=engine)([1.0, at, at], [5.0, c, at**3])
        assert answers.tolist()[0] == 2.0
        assert set(answers.tolist()) <= {1.0, 2.0}


def test_an_object_array_of_other_things_than_numbers() -> None:
    for rows in (np.array([1.0, None], dtype=object), np.array([1.0, "3"], dtype=object), [1.0, None]):
        with pytest.raises(TypeError, match="rows are real numbers"):
            vmap(lambda x: x * 2)(rows)


# travels to other processes


def test_it_pickles_with_its_options_and_what_is_recorded() -> None:
    f = vmap(wave, in_axes=(0, None), reduce="sum")
    total = f([1.0, 2.0], 0.5)
    twin = pickle.loads(pickle.dumps(f))
    assert twin([1.0, 2.0], 0.5) == total
    assert (twin.in_axes, twin.reduce, twin.paths) == ((0, None), "sum", 1)


def test_a_lambda_pickles_as_what_is_recorded_of_it() -> None:
    f = vmap(lambda x: x * x if x > 0 else -x)
    f([1.0, -2.0])
    assert pickle.loads(pickle.dumps(f))([3.0, -4.0]).tolist() == [9.0, 4.0]


# the native engine


@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
def test_the_native_engine_answers_the_same(reduce: str | None) -> None:
    pytest.importorskip("llvmlite")
    x, y = np.random.default_rng(0).normal(size=(2, 40_000))
    ours, native = (vmap(value_and_grad(bent), engine=e, reduce=reduce)(x, abs(y)) for e in ("numpy", "native"))
    np.testing.assert_allclose(ours, native, rtol=1e-12)


def test_the_native_engine_records_a_way_that_begins_in_a_late_block() -> None:
    pytest.importorskip("llvmlite")
    x = np.ones(40_000)
    x[39_000] = 3.5
    assert vmap(lambda x: x * int(x), engine="native", reduce="sum")(x) == 39_999 + 10.5


def test_the_native_engine_reads_other_kinds_of_arrays_and_leaves_rare_ways_to_python() -> None:
    pytest.importorskip("llvmlite")
    x = np.arange(6, dtype=np.float32)[::-1]
    with pytest.warns(UserWarning, match="takes more than 2 ways"):
        assert vmap(sees_a_bool, engine="native", max_paths=2)(x).tolist() == [25.0, 16.0, 9.0, 4.0, 1.0, 0.0]


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("rows", [1, 700])
@pytest.mark.filterwarnings("ignore:.* does not depend on ")
def test_the_0_of_max_is_an_int_which_is_never_negative(engine: str, rows: int) -> None:
    """Unlike 0.0, which -max(x, 0.0) turns into -0.0; so copysign tells the one from the other."""

    def f(x: Any, y: Any) -> Any:
        if y > 0:
            return max(x, 0) * y
        return ml.copysign(1.0, -max(x, 0)) * x + int(min(y, 0))

    x, y = np.array([-1.0, 2.0, -3.0, 2.0, -5.0]), np.array([1.0, 2.0, -0.5, -1.0, -2.0])
    derivative = value_and_grad(f, (0, 1))
    expected = [derivative(*row) for row in zip(x.tolist(), y.tolist(), strict=True)]
    value, (by_x, by_y) = vmap(derivative, engine=engine)(np.tile(x, rows), np.tile(y, rows))
    assert value.tolist() == [answer for answer, _ in expected] * rows
    assert [*zip(by_x.tolist(), by_y.tolist(), strict=True)] == [slopes for _, slopes in expected] * rows


def test_a_payoff_that_is_rounded_is_one_way() -> None:
    compiled = vmap(lambda x: int(max(x, 0) > 1) + max(0, x) + round(max(x, 0) * 0.0))
    assert compiled(np.array([-1.0, 0.25, 0.5])).tolist() == [0.0, 0.25, 0.5]
    assert compiled.paths == 1


@pytest.mark.parametrize(
    ("argument", "name"),
    [([2**53 + 1, 1], "n"), ([-(10**30) - 1, 1], "n"), ({"a": np.array([1, 2**60 + 1])}, r"n\['a'\]")],
)
def test_a_whole_number_that_no_float_holds(argument: Any, name: str) -> None:
    with pytest.raises(OverflowError, match=f"no float is -?[0-9]+, which {name} holds, and vmap computes with floats"):
        vmap(lambda n: leaves(n)[0] * 1.0)(argument)
    with pytest.raises(OverflowError, match="no float is 9007199254740993, which n holds"):
        vmap(lambda x, n: x * n, in_axes=(0, None))(np.ones(3), 2**53 + 1)
    assert vmap(lambda n: n * 2.0)([2**53 + 2, 2**60]).tolist() == [2.0**54 + 4, 2.0**61]
