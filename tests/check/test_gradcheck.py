"""Facts about `check_grads`: what is right passes, what is wrong is named, and what has no derivative is told apart."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import (
    Value,
    asin,
    cbrt,
    cos,
    exp,
    function,
    hypot,
    lift,
    log,
    maximum,
    minimum,
    nn,
    relu,
    sin,
    sqrt,
    tanh,
)
from micrograd_like.check.gradcheck import check_grads
from micrograd_like.errors import (
    GradientError,
    JumpError,
    KinkError,
    NotDifferentiableError,
    SingularError,
    UnmeasuredWarning,
)
from micrograd_like.operation import OPS, Op

ROWS = [op for op in OPS.values() if op.rule is not None]
SMOOTH = "add sub mul sin cos tanh sigmoid softplus atan gelu exp hypot fma".split()


def inputs_of(op: Op) -> list[int]:
    """The inputs that one may differentiate by: not the conditions and constants."""
    letters = op.letters if op.arity else ()
    return [k for k, (_, letter) in enumerate(zip_longest(op.at, letters)) if letter != "c"]


def as_function(op: Op) -> tuple[Callable[..., Any], tuple[float, ...]]:
    """The row as a function of those inputs, and its probe point."""

    def f(*xs: Any) -> Any:
        given = dict(zip(inputs_of(op), xs, strict=True))
        return Value.record(op, *(given.get(k, x) for k, x in enumerate(op.at)))

    return f, tuple(op.at[k] for k in inputs_of(op))


def wronged(op: Op, k: int) -> Callable[..., Any]:
    """The row's rule, 0.05 % too large in input k."""
    rule: Any = op.rule

    def wrong(*given: Any) -> Any:
        shares = rule(*given)
        if op.arity == 1:
            return shares * 1.0005
        return [x and x * 1.0005 if j == k else x for j, x in enumerate(shares)]

    return wrong


def message(error: pytest.ExceptionInfo[BaseException]) -> str:
    return str(error.value)


# the table


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_every_row_passes_at_its_probe_point(op: Op) -> None:
    f, at = as_function(op)
    report = check_grads(f, at)
    assert report.largest < 1e-10
    assert report.unmeasured == ()
    assert report.checked == 2 * len(at) + 4 * len(at) ** 2


SLOPING = [(op, k) for op in ROWS for k in inputs_of(op) if op.backward(op.at, op.value(*op.at), 1.0)[k]]


@pytest.mark.parametrize(("op", "k"), SLOPING, ids=[f"{op.name}-{k}" for op, k in SLOPING])
@pytest.mark.parametrize("order", [1, 2])
def test_a_rule_that_is_wrong_by_a_twentieth_of_a_percent_is_named(
    op: Op, k: int, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(op, "rule", wronged(op, k))
    f, at = as_function(op)
    with pytest.raises(GradientError) as error:
        check_grads(f, at, order=order)
    letters = op.letters if op.arity else [f"x{j + 1}" for j, _ in enumerate(op.at)]
    names = [f"xs[{inputs_of(op).index(j)}]" if j in inputs_of(op) else f"{op.at[j]:g}" for j, _ in enumerate(letters)]
    assert message(error).startswith(f"{op.spelled(names)} at ")
    assert f" for {names[k]}; the measured slope is " in message(error)
    assert "test_gradcheck.py:" in message(error)


def test_a_wrong_operation_inside_a_rule_is_named_at_the_second_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OPS["sech"], "rule", wronged(OPS["sech"], 0))
    check_grads(tanh, 0.5, order=1)
    with pytest.raises(GradientError, match=r"^sech\(x\) at x = 0.5: its rule gives -0.4100\d* for x") as error:
        check_grads(lambda x: 2 * tanh(x), 0.5)
    assert message(error).count("test_gradcheck.py:") == 1  # the line of tanh: that of sech is not the user's


def test_a_power_has_a_mixed_derivative_at_the_exponent_0() -> None:
    assert check_grads(lambda x, y: x**y, (2.0, 0.0)).unmeasured == ()


# a user's own operation

cube = function("gradcheck_cube", lambda x: x**3, lambda x, out, g: g * 3 * x**2)
off = function("gradcheck_off", lambda x: x**3, lambda x, out, g: g * 3.0015 * x**2)
slip = function("gradcheck_slip", lambda x, y: x * y * y, lambda x, y, out, g: (g * y * y, g * x * y))
frozen = function(
    "gradcheck_frozen", lambda x: x**3, lambda x, out, g: g * 3 * x * (x.data if isinstance(x, Value) else x)
)


def test_the_message_says_operation_operands_rule_slope_and_line() -> None:
    def bill(price: Any) -> Any:
        total = off(price) * 3
        return total + 1

    with pytest.raises(GradientError) as error:
        check_grads(bill, 2)
    first, second, third = message(error).split("\n")
    assert first.startswith(
        "gradcheck_off(price) at price = 2: its rule gives 12.006 for price; the measured slope is 12 ±"
    )
    assert second.endswith("total = off(price) * 3")
    assert second.startswith("    test_gradcheck.py:")
    assert third.startswith(
        "So bill at price = 2: the forward sweep gives 36.018 for price; the measured slope is 36 ±"
    )


def test_a_right_operation_of_the_users_passes_to_the_third_order() -> None:
    assert check_grads(lambda x: cube(x) / x, 2, order=3).checked == 14


def test_a_wrong_rule_is_found_however_little_it_adds() -> None:
    with pytest.raises(GradientError) as error:
        check_grads(lambda x: 1000 * x + off(x), 0.5, order=1)
    first, place, last = message(error).split("\n")
    assert first.startswith("gradcheck_off(x) at x = 0.5: its rule gives 0.750375 for x; the measured slope is 0.75 ±")
    assert place.endswith("check_grads(lambda x: 1000 * x + off(x), 0.5, order=1)")
    assert last == "In f at x = 0.5 it is too small a part to show."


def test_a_wrong_rule_in_a_large_sum_is_found_in_the_second_of_its_places() -> None:
    def f(xs: Any) -> Any:
        return sum(1e6 * sin(x) for x in xs) + off(0 * xs[0]) + off(xs[3])

    with pytest.raises(GradientError, match=r"^gradcheck_off\(xs\[3\]\) at xs\[3\] = 0.4"):
        check_grads(f, ([k / 10 + 0.1 for k in range(10)],))


def test_a_rule_that_hides_a_constant_is_found_however_little_it_adds() -> None:
    check_grads(lambda x: 1e9 * x * x + frozen(x), 2, order=1)
    with pytest.raises(GradientError, match=r"^the rule of gradcheck_frozen\(x\) at x = 2: .* gives 6 for x"):
        check_grads(lambda x: 1e9 * x * x + frozen(x), 2)


def test_the_input_whose_rule_is_wrong_is_named() -> None:
    with pytest.raises(
        GradientError, match=r"^gradcheck_slip\(a, b\) at a = 2, b = 5: its rule gives 10 for b; .* 20 ±"
    ):
        check_grads(lambda a, b: slip(a, b), (2, 5))


def test_a_rule_that_hides_a_constant_has_a_wrong_second_derivative() -> None:
    check_grads(frozen, 2, order=1)
    with pytest.raises(GradientError) as error:
        check_grads(lambda x: frozen(x) + x, 2)
    assert "the rule of gradcheck_frozen(x) at x = 2: the forward sweep gives 6 for x; the measured" in message(error)
    assert "its .data was read: test_gradcheck.py:" in message(error)


def test_a_rule_of_plain_math_is_checked_at_the_first_order_only() -> None:
    sine = function("gradcheck_sine", math.sin, lambda x, out, g: g * math.cos(x))
    check_grads(sine, 1.0, order=1)
    with lift.off(), pytest.raises(TypeError, match="would lose its derivative") as error:
        check_grads(sine, 1.0)
    assert error.value.__notes__ == [
        "A rule is differentiated too: write it in functions of this package, or pass order=1."
    ]


def test_a_function_that_loses_a_derivative_is_told_where() -> None:
    with pytest.raises(GradientError, match=r"the forward sweep gives 3 for x; the measured slope is 6 ±") as error:
        check_grads(lambda x: x * x.data, 3)
    assert "its .data was read: test_gradcheck.py:" in message(error)


def test_a_solver_with_its_implicit_derivative_passes() -> None:
    from scipy.optimize import brentq

    root = function(
        "gradcheck_root",
        lambda a: brentq(lambda t: t**3 + t - a, -10, 10, xtol=1e-13),
        lambda a, out, g: g / (3 * out * out + 1),
    )
    assert check_grads(root, 2.0).largest < 1e-6


# where there is no derivative


def test_a_kink_is_told_with_both_slopes_and_what_the_rule_answers() -> None:
    with pytest.raises(KinkError) as error:
        check_grads(lambda v: 3 * abs(v), 0)
    expected = "abs(v) has a kink at v = 0: its slope for v is -1 on the left and 1 on the right; its rule gives 0\n"
    assert message(error).startswith(expected)


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (relu, 0.0),
        (maximum, (1.0, 1.0)),
        (minimum, (-2.0, -2.0)),
        (lambda x: hypot(x, 0.0), 0.0),
        (lambda x: relu(x) - relu(-x), 0.0),  # smooth on the whole, but made of kinks
        (lambda x: sqrt(x * x), 0.0),  # made of a singular point
        (lambda x: x if x > 1 else 2 * x - 1, 1.0),
    ],
)
def test_kinks_are_not_wrong_rules(f: Any, at: Any) -> None:
    with pytest.raises(KinkError):
        check_grads(f, at)


def test_a_kink_of_the_derivative_shows_at_the_second_order() -> None:
    check_grads(lambda x: x * abs(x), 0, order=1)
    with pytest.raises(KinkError, match="So ∂f/∂x has a kink at x = 0"):
        check_grads(lambda x: x * abs(x), 0)


@pytest.mark.parametrize(("f", "at"), [(sqrt, 0.0), (cbrt, 0.0), (asin, 1.0), (lambda x: sqrt(x**4), 0.0)])
def test_singular_points_are_not_wrong_rules(f: Any, at: float) -> None:
    with pytest.raises(SingularError, match="is singular at x = "):
        check_grads(f, at)


@pytest.mark.parametrize("f", [lambda x: x // 1, lambda x: x % 1, lambda x: 1 if x > 2 else x])
def test_jumps_are_not_wrong_rules(f: Any) -> None:
    with pytest.raises(JumpError):
        check_grads(f, 2.0)


def test_kinks_jumps_and_singular_points_are_of_one_kind() -> None:
    assert all(issubclass(kind, NotDifferentiableError) for kind in (KinkError, JumpError, SingularError))
    assert not issubclass(NotDifferentiableError, AssertionError)


def test_a_wrong_rule_beside_a_kink_is_a_wrong_rule() -> None:
    with pytest.raises(GradientError, match=r"^gradcheck_off\(x\) at x = 2"):
        check_grads(lambda x: off(x) + abs(x - 2), 2)


def test_where_f_has_no_value_its_own_error_comes() -> None:
    with pytest.raises(ValueError, match="math domain error at x = 0"):
        check_grads(lambda x: log(x), 0)


# near the edge, large, small


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (sqrt, 1e-300),
        (asin, 0.9999999),
        (log, 1e-100),
        (sin, 0),
        (cos, 1e5),
        (exp, 700),
        (lambda x: x**1.5, 1e80),
        (lambda x: x - 0.9, 1e-10),
    ],
)
def test_steps_stay_inside_the_domain_and_fit_the_input(f: Any, x: float) -> None:
    assert check_grads(f, x, order=1).unmeasured == ()


def test_a_slope_that_rounding_hides_is_not_passed_over() -> None:
    with pytest.warns(UnmeasuredWarning, match=r"^2 derivatives could not be measured: f at x = 1: the forward sweep"):
        report = check_grads(lambda x: x + 1e13, 1.0, order=1)
    assert (report.checked, len(report.unmeasured)) == (0, 2)


def test_rounding_on_the_way_does_not_make_a_right_rule_wrong() -> None:
    with pytest.warns(UnmeasuredWarning):
        check_grads(lambda x: (x + 1e12) - 1e12, 1.0, order=1)


@pytest.mark.parametrize(("f", "x"), [(sin, 1e22), (lambda x: x**1.04, 0.0)])
def test_what_no_step_resolves_is_not_called_wrong(f: Any, x: float) -> None:
    with pytest.warns(UnmeasuredWarning):
        check_grads(f, x, order=1)


def test_a_kink_nearby_does_no_harm() -> None:
    assert check_grads(lambda x: sin(x) + 1e-3 * relu(-x), 1e-5, order=1).largest < 1e-6


@pytest.mark.parametrize("f", [abs, relu, lambda x: x * abs(x), lambda x: maximum(x, 0) ** 2])
@pytest.mark.parametrize("near", [1e-3, 1e-6, 1e-9, -1e-9])
def test_beside_a_kink_steps_stay_on_their_side(f: Any, near: float) -> None:
    report = check_grads(lambda x: f(x - 1), 1 + near)
    assert report.checked == 6
    assert report.largest < 1e-6


def test_beside_another_branch_of_the_program_steps_stay_on_their_side() -> None:
    assert check_grads(lambda x: x if x > 1 else 2 * x - 1, 1 + 1e-9).checked == 6


def test_a_kink_too_near_to_measure_is_named_with_how_near_it_is() -> None:
    with pytest.raises(KinkError) as error:
        check_grads(lambda x: abs(x - 1), 1 + 1e-14)
    first, hint = message(error).split("\n")
    assert first.startswith("f has a kink at x = 1.00000000000001: ")
    assert hint.endswith("is only 9.99e-15 off its kink: choose another point.")


def test_a_branch_that_rounding_hides_at_fine_steps_is_a_kink() -> None:
    with pytest.raises(KinkError, match="does the program take another branch there"):
        check_grads(lambda x: x + 1 if x + 1 > 1 else 2 * x + 1, 0)


def test_a_function_may_be_constant_in_an_input() -> None:
    assert check_grads(lambda x, y: x * x, (2.0, 3.0)).checked == 20
    assert check_grads(lambda x: 3.0, 2.0).largest == 0


# arguments and answers


def test_arguments_are_trees_and_their_numbers_are_named() -> None:
    with pytest.raises(KinkError, match=r"^relu\(p\['rates'\]\[1\]\) has a kink at p\['rates'\]\[1\] = 0"):
        check_grads(lambda p: p["tax"] * relu(p["rates"][1]), {"rates": [1, 0.0], "tax": 2})


def test_arrays_come_as_arguments_and_answers() -> None:
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert check_grads(lambda x: matrix @ (x * x), (np.array([0.5, -1.5]),)).checked == 40


def test_all_of_many_inputs_count() -> None:
    weights = [random.Random(k).uniform(1, 2) for k in range(100)]

    def f(xs: Any, wrong: Any = cube) -> Any:
        return sum(w * sin(x) for w, x in zip(weights, xs, strict=True)) + wrong(xs[77])

    at = [0.1 + k / 100 for k in range(100)]
    assert check_grads(f, at, order=1).checked == 16
    with pytest.raises(GradientError, match=r"^gradcheck_off\(xs\[77\]\) at xs\[77\] = 0.87"):
        check_grads(lambda xs: f(xs, off), (at,), order=1)


def test_a_check_of_many_inputs_runs_the_function_a_few_hundred_times() -> None:
    calls = 0

    def f(xs: Any) -> Any:
        nonlocal calls
        calls += 1
        return sum(x * x * x for x in xs)

    assert check_grads(f, ([0.1 + k / 100 for k in range(60)],)).checked == 32
    assert calls < 400


def test_a_wrong_second_derivative_by_one_of_many_inputs_is_found() -> None:
    def f(xs: Any) -> Any:
        return sum(sin(x) for x in xs) + frozen(xs[77])

    at = [0.1 + k / 100 for k in range(100)]
    check_grads(f, (at,), order=1)
    with pytest.raises(GradientError, match=r"^the rule of gradcheck_frozen\(xs\[77\]\)"):
        check_grads(f, (at,))


def test_a_network_is_checked_by_its_parameters() -> None:
    model = nn.MLP(2, [3, 1], seed=1)
    assert check_grads(lambda model: tanh(model([0.3, -0.8])), model, order=1).checked == 16


def test_nobodys_grad_is_touched() -> None:
    rate = Value(2.0)
    check_grads(lambda x: x * rate, Value(3.0))
    assert rate.grad == 0


@pytest.mark.parametrize("order", [0, -1, 1.0, True])
def test_order_is_a_whole_number_from_1(order: Any) -> None:
    with pytest.raises(ValueError, match=r"order says how often to differentiate.*check_grads\(f, \(2.0, 3.0\)\)"):
        check_grads(sin, 1.0, order=order)


def test_whole_numbers_that_count_stay_as_they_are() -> None:
    def compound(rates: Any, k: Any, years: Any) -> Any:
        capital = 1000.0
        for _ in range(years + 1):
            capital = capital * (1 + rates[k])
        return capital

    at = ([0.05, 0.07], 1, 3)
    assert check_grads(compound, at).checked == check_grads(lambda rates: compound(rates, 1, 3), at[:1]).checked
    with pytest.raises(TypeError, match="f counts or indexes with all its numbers"):
        check_grads(lambda n: [1.0, 2.0][n], 1)


def test_what_is_no_function_of_numbers_is_refused() -> None:
    with pytest.raises(TypeError, match="f answers None"):
        check_grads(lambda x: None, 1.0)
    with pytest.raises(TypeError, match="called with x, which is no number but 'text'"):
        check_grads(lambda x: 1.0, "text")


def test_a_function_that_answers_differently_in_each_call_is_refused() -> None:
    with pytest.raises(ValueError, match="answers something else in each call"):
        check_grads(lambda x: x * random.random(), 1.0)


# programs


def program(seed: int) -> Callable[..., Any]:
    """A random expression of smooth operations of three inputs."""
    chance = random.Random(seed)

    def grown(depth: int) -> Any:
        if depth == 0:
            return chance.choice(["x", "y", "z", chance.uniform(-2, 2)])
        op = OPS[chance.choice(SMOOTH)]
        return op, [grown(depth - 1) for _ in op.at]

    tree = grown(3)

    def value(tree: Any, known: dict[str, Any]) -> Any:
        if not isinstance(tree, tuple):
            return known.get(tree, tree)
        op, branches = tree
        xs = [value(branch, known) for branch in branches]
        return Value.record(op, *xs) if any(isinstance(x, Value) for x in xs) else op.value(*xs)

    return lambda x, y, z: value(tree, {"x": x, "y": y, "z": z})


@pytest.mark.slow
@given(st.integers(0, 10**6), st.tuples(*[st.floats(-2, 2).filter(lambda x: abs(x) > 1e-3)] * 3))
def test_right_programs_pass(seed: int, at: tuple[float, float, float]) -> None:
    try:
        program(seed)(*map(Value, at))
    except OverflowError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnmeasuredWarning)
        check_grads(program(seed), at)


def test_a_program_of_many_operations_passes() -> None:
    def f(x: Any) -> Any:
        y = x
        for _ in range(200):
            y = y + 0.01 * sin(3 * y) / math.e
        return y

    assert check_grads(f, 0.5).largest < 1e-8
