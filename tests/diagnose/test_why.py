"""A cause is planted, and `why` finds it: one fact a test, with the words that it says."""

from __future__ import annotations

import io
import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_like as ml
from micrograd_like import Value, atan2, cos, fmod, function, hypot, log, maximum, minimum, relu, sigmoid, sqrt, where
from micrograd_like.diagnose.local import kink_distance, moved, on_kink, way_out
from micrograd_like.diagnose.why import Explanation, why
from micrograd_like.graph import topological_order
from micrograd_like.nn import Neuron
from micrograd_like.operation import OPS, Op

inf, nan = math.inf, math.nan


def said(e: Explanation) -> list[str]:
    """The cause, then all lines below the first."""
    return [e.cause, *e.lines]


# zero


def test_it_prints_the_derivative_then_the_cause_then_the_lines() -> None:
    w = Value(-0.3)
    y = relu(w)
    assert str(why(w, y)).splitlines() == [
        "∂y/∂w = 0: killed by relu",
        "  y = relu(w) has the derivative 0 at w = -0.3",
        "  w would have to grow by 0.3 to reach the other branch",
    ]


def test_a_shut_relu_kills() -> None:
    w, b = Value(0.2), Value(-0.7)
    z = w * 2 + b
    h = relu(z)
    assert said(why(w, h * 3 + 1)) == [
        "killed",
        "h = relu(z) has the derivative 0 at z = -0.3",
        "z would have to grow by 0.3 to reach the other branch",
        "every path to output goes through h",
    ]


def test_the_smaller_input_of_maximum_is_killed() -> None:
    a, b = Value(3.0), Value(5.0)
    y = maximum(a, b)
    assert said(why(a, y)) == [
        "killed",
        "y = maximum(a, b) has the derivative 0 by a at a = 3, b = 5",
        "a would have to grow by 2 to reach the other branch",
    ]


def test_the_larger_input_of_minimum_would_have_to_fall() -> None:
    a, b = Value(3.0), Value(5.0)
    assert "b would have to fall by 2 to reach the other branch" in why(b, minimum(a, b)).lines


def test_a_factor_of_zero_kills_and_is_named() -> None:
    x, mask = Value(2.0), Value(0.0)
    y = x * mask
    assert said(why(x, y)) == [
        "killed",
        "y = x × mask has the derivative 0 by x, because of mask = 0",
    ]


def test_a_plain_zero_kills() -> None:
    x = Value(2.0)
    y = x * 0
    assert why(x, y).head == "killed by x × 0"
    assert said(why(x, y)) == [
        "killed",
        "y = x × 0 has the derivative 0 by x, because of the plain number 0",
    ]


def test_a_numerator_of_zero_kills_the_denominator() -> None:
    x, zero = Value(2.0), Value(0.0)
    y = zero / x
    assert said(why(x, y)) == [
        "killed",
        "y = zero ÷ x has the derivative 0 by x, because of zero = 0",
    ]


def test_the_power_zero_kills() -> None:
    x = Value(3.0)
    y = x**0
    assert said(why(x, y)) == [
        "killed",
        "y = x⁰ has the derivative 0 by x, because of the plain number 0",
    ]


def test_where_kills_the_branch_not_taken() -> None:
    a, b = Value(3.0), Value(5.0)
    y = where(a > 4, a, b)
    assert said(why(a, y)) == [
        "killed",
        "y = where(0, a, b) took b: nothing goes back to a, the branch not taken",
    ]


def test_a_condition_only_chooses() -> None:
    c, a, b = Value(1.0), Value(3.0), Value(5.0)
    y = where(c, a, b)
    assert said(why(c, y)) == [
        "killed",
        "y = where(c, a, b) only lets c = 1 choose: a condition has no derivative",
    ]


def test_a_floor_division_is_flat_between_its_steps() -> None:
    x = Value(7.25)
    y = x // 2
    assert said(why(x, y)) == [
        "killed",
        "y = x // 2 has the derivative 0 at x = 7.25",
        "x would have to grow by 0.75 to reach the next step",
    ]


def test_a_flat_point_kills() -> None:
    x = Value(0.0)
    y = cos(x)
    assert said(why(x, y)) == [
        "killed",
        "y = cos(x) is flat at x = 0, where its derivative is 0",
    ]


def test_a_power_is_flat_at_its_end_which_is_no_turning_point() -> None:
    x = Value(0.0)
    y = x**1.5
    assert said(why(x, y)) == ["killed", "y = x ^ 1.5 is flat at x = 0, where its derivative is 0"]


def test_hypot_is_flat_where_one_side_is_zero() -> None:
    a, b = Value(0.0), Value(2.0)
    y = hypot(a, b)
    assert said(why(a, y)) == [
        "killed",
        "y = hypot(a, b) is flat at a = 0, where its derivative is 0",
    ]


def test_a_sigmoid_far_out_is_saturated() -> None:
    x = Value(-800.0)
    y = sigmoid(x)
    assert said(why(x, y)) == [
        "underflow",
        "y = sigmoid(x) is saturated at x = -800: its derivative rounds to 0 (1.915e-174 at -400)",
    ]


def test_a_product_of_derivatives_underflows() -> None:
    a = Value(1.0)
    b = a * 1e-200
    y = b * 1e-200
    assert said(why(a, y)) == [
        "underflow",
        "b = a × 1e-200 hands down 1e-200 × 1e-200, which is below the smallest float, 5e-324",
        "every path to y goes through b",
    ]


@pytest.mark.usefixtures("table_as_it_was")
def test_a_rule_that_is_zero_everywhere_says_so() -> None:
    detached = function("detached", lambda x: x, lambda x, out, g: 0.0)
    x = Value(2.0)
    y = detached(x)
    assert said(why(x, y)) == ["killed", "y = detached(x) has the derivative 0 by x there, and all around"]


@pytest.mark.usefixtures("table_as_it_was")
def test_an_operation_of_the_user_says_where_its_kink_is() -> None:
    clipped = function("clipped", lambda x: min(x, 5.0), lambda x, out, g: g if x < 5 else 0.0, kink="x - 5")
    x = Value(7.0)
    y = clipped(x)
    assert "x would have to fall by 2 to reach the other branch" in why(x, y).lines


@pytest.mark.usefixtures("table_as_it_was")
@pytest.mark.parametrize(("x", "way"), [(2.0, "grow by 3"), (-1.0, "grow by 6")])
def test_a_branch_of_an_operation_of_the_users_is_found_and_is_no_underflow(x: float, way: str) -> None:
    step = function("step", lambda x: x if x > 5 else 0.0, lambda x, out, g: g if x > 5 else 0.0)
    v = Value(x)
    assert said(why(v, step(v))) == [
        "killed",
        f"output = step(v) has the derivative 0 at v = {x:g}",
        f"v would have to {way} to reach the branch where it is 1",
    ]


@pytest.mark.usefixtures("table_as_it_was")
def test_a_slope_that_fades_away_is_saturated_though_no_float_is_near_its_end() -> None:
    own = function("own_tanh", math.tanh, lambda x, out, g: g * (1 - out * out))
    x = Value(30.0)
    assert why(x, own(x)).cause == "underflow"


def test_two_factors_of_zero_are_both_named() -> None:
    x, z, u = Value(2.0), Value(0.0), Value(0.0)
    a = x * z
    y = a * u
    assert said(why(x, y)) == [
        "killed",
        "y = a × u has the derivative 0 by a, because of u = 0",
        "even without that: a = x × z has the derivative 0 by x, because of z = 0",
    ]


def test_a_factor_of_zero_on_the_only_way_is_all_there_is_to_say() -> None:
    x, u = Value(2.0), Value(0.0)
    a, b = x * 0, x * 3
    y = a * u + b * u
    assert not any("even without" in line for line in why(x, y).lines)


def test_what_cancels_before_a_factor_of_zero_is_told_too() -> None:
    x = Value(2.0)
    y = (x - x) * 0
    assert why(x, y).lines[1] == "even without that, what arrives at x cancels"


def test_of_many_factors_of_zero_some_are_named() -> None:
    x, z = Value(2.0), Value(0.0)
    y = x * z * z * z * z * z * z
    lines = why(x, y).lines
    assert sum("because of z = 0" in line for line in lines) == 4
    assert lines[-1] == "and there are more such places on the way"


def test_a_dead_layer_names_some_of_its_units_and_counts_the_others() -> None:
    x = Value(1.0)
    y = sum(relu(-k * x) for k in range(1, 8))
    e = why(x, y)
    assert e.head == "killed by relu"
    assert e.lines[-1] == "and so in 4 more places: no path to y is left"


def test_what_two_operations_kill_has_no_other_path() -> None:
    x = Value(1.0)
    y = relu(-x) + x * 0
    e = why(x, y)
    assert (e.head, e.lines[-1]) == ("killed by x × 0, relu", "no other path leads to y")


def test_what_is_subtracted_from_itself_cancels() -> None:
    x = Value(2.0)
    y = x - x
    assert said(why(x, y)) == [
        "cancelled",
        "       1 arrives at x through y = x − x, as input 1",
        "      -1 arrives at x through y = x − x, as input 2",
    ]


def test_paths_that_cancel_further_up_say_where() -> None:
    x = Value(2.0)
    z = x * 5
    y = z * 3 - 3 * z
    assert said(why(x, y)) == [
        "cancelled",
        "       3 arrives at z through z × 3",
        "      -3 arrives at z through 3 × z",
        "every path to y goes through z",
    ]


def test_a_kink_elsewhere_is_not_the_reason_for_what_cancels() -> None:
    x, z = Value(2.0), Value(0.0)
    y = (x - x) + relu(z)
    assert why(x, y).cause == "cancelled"


def test_an_input_with_a_long_formula_and_no_name_is_spoken_of_as_the_input() -> None:
    weight, factor, bias = Value(0.2), Value(3.0), Value(-1.0)
    y = relu(weight * factor * factor + bias - 5)
    assert said(why(weight, y)) == [
        "killed",
        "y = relu((… + bias) − 5) has the derivative 0 at its input -4.2",
        "that input would have to grow by 4.2 to reach the other branch",
    ]


# nan


def test_a_value_that_is_nan_is_found_with_the_numbers_that_made_it() -> None:
    x, big = Value(2.0), Value(1e200)
    a = big * 1e200
    d = a - a
    y = x * d
    assert said(why(x, y)) == [
        "nan",
        "a = big × 1e200 is ∞, the first on the way: 1e200 × 1e200",
        "d = a − a is nan, the first on the way: ∞ − ∞",
    ]


def test_an_input_that_is_nan_is_named() -> None:
    x, broken = Value(2.0), Value(nan)
    y = x * broken
    assert said(why(x, y)) == [
        "nan",
        "broken is an input, and nan from the start",
    ]


def test_zero_times_infinity() -> None:
    x = Value(0.0)
    r = sqrt(x)
    y = r * 0
    assert why(x, y).head == "0 × ∞"
    assert said(why(x, y)) == [
        "nan",
        "r = sqrt(x) has an infinite derivative at x = 0",
        "and what arrives there from y is 0:",
        "y = r × 0 has the derivative 0 by r, because of the plain number 0",
    ]


def test_infinity_times_zero() -> None:
    x = Value(0.0)
    square = x * x
    y = sqrt(square)
    assert why(x, y).head == "∞ × 0"
    assert said(why(x, y)) == [
        "nan",
        "square = x × x has the derivative 0 at x = 0",
        "and what arrives there from y is ∞:",
        "y = sqrt(square) has an infinite derivative at square = 0",
    ]


def test_infinity_minus_infinity_where_paths_meet() -> None:
    x = Value(0.0)
    y = sqrt(x) - sqrt(x * 2)
    e = why(x, y)
    assert (e.cause, e.head) == ("nan", "∞ − ∞ where paths meet")
    assert e.lines[:2] == ["       ∞ arrives at x through sqrt(x)", "      -∞ arrives at x through x × 2"]


def test_a_power_has_no_derivative_by_its_exponent_below_zero() -> None:
    x, n = Value(-2.0), Value(3.0)
    y = x**n
    assert said(why(n, y)) == [
        "nan",
        "y = x ^ n has no derivative by n at x = -2, n = 3",
    ]


# infinite


def test_a_root_at_zero_is_infinitely_steep() -> None:
    x = Value(0.0)
    y = sqrt(x)
    assert why(x, y).head == "sqrt is infinitely steep"
    assert said(why(x, y)) == [
        "infinite",
        "y = sqrt(x) has an infinite derivative at x = 0",
    ]


def test_a_product_of_derivatives_overflows() -> None:
    x = Value(1e-300)
    a = x * 1e200
    y = a * 1e200
    assert said(why(x, y)) == [
        "overflow",
        "a = x × 1e200 hands down 1e200 × 1e200, which is beyond the largest float, 1.8e308",
    ]


def test_a_derivative_beyond_all_floats_is_no_pole() -> None:
    x = Value(1e-310)
    y = log(x)
    assert said(why(x, y)) == [
        "overflow",
        "y = log(x) has a derivative beyond the largest float, 1.8e308, at x = 1e-310",
    ]


def test_a_sum_of_paths_overflows() -> None:
    x = Value(1.0)
    y = x * 1e308 + x * 1e308
    assert why(x, y).head == "the sum of its paths is beyond the largest float, 1.8e308"


def test_an_infinite_factor_is_named() -> None:
    x, w = Value(2.0), Value(inf)
    y = x * w
    assert said(why(x, y)) == [
        "infinite",
        "w is an input, and ∞ from the start",
        "so y = x × w has an infinite derivative by x",
    ]


# kinks


def test_abs_at_zero_says_both_sides_and_the_convention() -> None:
    x = Value(0.0)
    y = abs(x)
    assert said(why(x, y)) == [
        "kink",
        "y = abs(x) is on its kink at x = 0",
        "its derivative is -1 below and 1 above; 0 is used",
    ]


def test_a_relu_at_zero_on_one_of_two_paths_is_one_sided() -> None:
    x = Value(0.0)
    y = relu(x) + x
    assert why(x, y).head == "one-sided, relu sits on a kink"
    assert said(why(x, y)) == [
        "kink",
        "relu(x) is on its kink at x = 0",
        "its derivative is 0 below and 1 above; 0 is used",
    ]


def test_a_tie_gives_half_to_each() -> None:
    a, b = Value(3.0), Value(3.0)
    y = maximum(a, b)
    assert said(why(a, y)) == [
        "tie",
        "y = maximum(a, b) is a tie at 3",
        "its derivative by a is 0 below and 1 above; 0.5 is used",
    ]


def test_the_sides_of_a_tie_can_cancel() -> None:
    x = Value(0.0)
    y = maximum(x, -x)
    assert (why(x, y).cause, why(x, y).head) == ("tie", "the sides of a tie cancel")


def test_hypot_at_the_origin_is_a_kink_and_no_tie() -> None:
    a, b = Value(0.0), Value(0.0)
    y = hypot(a, b) + a
    assert said(why(a, y)) == [
        "kink",
        "hypot(a, b) is on its kink at a = 0",
        "its derivative by a is -1 below and 1 above; 0 is used",
    ]


def test_the_larger_of_x_and_x_is_no_tie() -> None:
    x = Value(3.0)
    assert why(x, maximum(x, x)).cause == "ordinary"


def test_a_remainder_jumps() -> None:
    x = Value(6.0)
    y = x % 2
    assert said(why(x, y)) == [
        "kink",
        "y = x % 2 jumps by -2 at x = 6",
        "a jump has no derivative, and 1 is used",
    ]


def test_an_angle_jumps_where_its_turn_is_full() -> None:
    x = Value(0.0)
    y = atan2(x, -2)
    assert said(why(x, y)) == [
        "kink",
        "y = atan2(x, -2) jumps by 6.2832 at x = 0",
        "a jump has no derivative, and -0.5 is used",
    ]


def test_the_remainder_that_has_the_sign_of_x_goes_straight_through_0() -> None:
    x = Value(1000.0)
    assert len(why(x, fmod(x - 999.75, 7)).lines) == 1
    assert "takes another branch" in why(x, fmod(x - 993.25, 7)).lines[-1]


def test_a_kink_that_is_close_is_mentioned() -> None:
    x = Value(1000.0)
    h = relu(x * 2 - 1999.75)
    y = h * 3
    assert said(why(x, y)) == [
        "ordinary",
        "all of it comes along x → h → y",
        "a kink is close: if x falls by 0.125, h = relu((x × 2) − 1999.8) takes another branch",
    ]


def test_a_kink_that_is_far_is_not() -> None:
    x = Value(1000.0)
    assert len(why(x, relu(x - 900)).lines) == 1


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.kink], ids=lambda op: op.name)
def test_the_row_of_an_operation_says_truly_where_it_turns_or_jumps(op: Op) -> None:
    places = [moved(op.at, k, x + step) for k, x in enumerate(op.at) if (step := way_out(op, op.at, k))]
    kinks = [*places, (0.0,) * len(op.at), (1.0,) * len(op.at)]
    assert kink_distance(op, op.at)
    assert any(on_kink(op, inputs, k) for inputs in kinks for k in range(len(inputs)))


# not in the graph


def test_data_cuts() -> None:
    x, w = Value(2.5), Value(3.0)
    y = w * x.data
    assert said(why(x, y)) == [
        "cut",
        "y = w × 2.5 holds the plain number 2.5, as x does",
        "if it was taken from x, as by x.data, that cut the derivative off",
    ]


def test_a_copy_cuts() -> None:
    x = Value(2.5)
    twin = Value(x.data)
    assert why(x, twin * 2).lines[0] == "twin is another Value, and holds 2.5 as x does"


def test_what_was_not_used_is_not_there() -> None:
    x, a, b = Value(2.5), Value(3.0), Value(4.0)
    y = a * b
    assert said(why(x, y)) == [
        "not in the graph",
        "it was computed from a, b",
    ]


def test_a_variable_that_was_bound_anew_is_another_value() -> None:
    w = start = Value(3.0)
    y = w * w
    w -= 0.5
    assert why(w, y).cause == "not in the graph"
    assert why(w, y).lines[0] == "both were computed from start, but y does not go through w = start − 0.5"
    assert start.data == 3.0


def test_a_value_of_the_same_name_is_another_value() -> None:
    y = Value(3.0, "w") * 2
    assert said(why(Value(4.0, "w"), y)) == [
        "not in the graph",
        "y was computed from another Value of the name w, 3, perhaps an older one",
    ]


def test_it_may_be_the_other_way_round() -> None:
    x = Value(2.0)
    y = x * 3
    assert said(why(y, x)) == [
        "not in the graph",
        "it is the other way round: y was computed from x",
    ]


def test_an_input_was_computed_from_nothing() -> None:
    x, y = Value(2.5), Value(7.5)
    assert said(why(x, y)) == [
        "not in the graph",
        "y is an input itself",
    ]


def test_two_values_never_have_the_same_name() -> None:
    x, y = Value(2.0), Value(3.0)
    assert repr(why(x * y, x)).splitlines() == [
        "∂x/∂(x × y) = 0: x was not computed from x × y",
        "  it is the other way round: x × y was computed from x",
    ]
    assert why(Value(7.0), x).symbol == why(Value(7.0, "x"), x).symbol == "∂x/∂(another x)"


def test_an_expression_that_was_not_used_is_not_said_to_be_written_anew() -> None:
    x = Value(2.0)
    y = x * 3
    assert said(why(x * 2, y)) == [
        "not in the graph",
        "both were computed from x, but y does not go through x × 2",
    ]


# ordinary


def test_the_largest_path_is_named() -> None:
    apple, n = Value(100.0), Value(2.0)
    price = apple * n
    total = price * 1.1 + apple * 0.1
    assert said(why(apple, total)) == [
        "ordinary",
        "2.2 of it, the largest part, comes along apple → price → total",
    ]


def test_of_a_long_path_the_ends_are_named() -> None:
    x = Value(1.0)
    a = x * 2
    b = a * 2
    c = b * 2
    d = c * 2
    e = d * 2
    f = e * 2
    y = f * 2
    assert why(x, y).lines == ["all of it comes along x → a → b → c → … → f → y"]


def test_paths_that_nearly_cancel_are_shown() -> None:
    x = Value(1.0)
    y = x * 1000.5 - x * 1000
    assert why(x, y).lines[1:] == [
        "paths nearly cancel at x:",
        "  1000.5 arrives at x through x × 1000.5",
        "   -1000 arrives at x through x × 1000",
    ]


def test_a_value_by_itself() -> None:
    x = Value(2.0)
    assert (why(x, x).derivative, why(x, x).head) == (1.0, "it is the same Value")


# after backward()


def test_the_output_is_found_among_the_living_values() -> None:
    x = Value(2.0)
    y = relu(-x)
    y.backward()
    other = x * 3
    assert repr(why(x)).startswith("∂y/∂x = 0: killed by relu")
    assert other.data == 6.0


def test_gradients_that_added_up_are_noticed() -> None:
    x = Value(3.0)
    y = x * 2
    y.backward()
    y.backward()
    assert why(x).lines[-1] == "x.grad is 4, 2 times this: it adds up over calls of backward(); zero_grad() clears it"


def test_a_gradient_with_something_else_in_it_is_noticed() -> None:
    x = Value(3.0)
    y, other = x * 2, x * 5
    other.backward()
    other.grad = 0.0
    y.backward()
    assert why(x).lines[-1].startswith("x.grad is 7, not this: other calls of backward() have added to it")


def test_a_gradient_that_was_cleared_is_noticed() -> None:
    x = Value(3.0)
    y = x * 2
    y.backward()
    x.grad = 0.0
    assert why(x).lines[-1] == "x.grad is 0, not this: it has been cleared since"


def test_a_derivative_of_numbers_that_have_changed_says_so() -> None:
    x = Value(3.0)
    y = x * x
    x.data = 5.0
    assert why(x, y).lines[-1] == "x is 5 now; y and this derivative are of x = 3"


def test_a_backward_that_was_forgotten_is_noticed() -> None:
    x = Value(3.0)
    y = x * 2
    assert why(x).lines[-1] == "x.grad is 0, since y.backward() has not been called"
    assert y.grad == 0.0


def test_of_several_outputs_one_must_be_named() -> None:
    x = Value(3.0)
    loss, metric = x * 2, x * 3
    with pytest.raises(ValueError, match=r"x went into 2 outputs \(loss, metric\): .* why\(x, loss\)"):
        why(x)
    assert loss.data + metric.data == 15.0


def test_a_value_that_nothing_was_made_from() -> None:
    x = Value(3.0)
    assert (why(x).cause, why(x).head) == ("not in the graph", "there is no y that knows x")


def test_no_grad_is_written() -> None:
    x = Value(3.0)
    y = sqrt(relu(x - 3)) * x
    before = [(u.grad, u.data) for u in topological_order(y)]
    why(x, y)
    assert [(u.grad, u.data) for u in topological_order(y)] == before


# functions


def test_a_function_is_run_and_the_line_is_known() -> None:
    def model(w: Any, b: Any) -> Any:
        z = w * 2 + b
        h = relu(z)
        return h * 3

    e = why(model, 0.25, -1.0)[0]
    assert e.lines[0] == "h = relu(z) has the derivative 0 at z = -0.5"
    assert e.lines[-1].endswith("  h = relu(z)")
    assert e.lines[-1].startswith("test_why.py:")


def test_a_value_is_called_as_the_variable_that_the_function_assigns_it_to() -> None:
    def model(w: Any, b: Any) -> Any:
        u, v = w * 2, b * 3
        u -= v
        return relu(u)

    assert why(model, 1.0, 2.0)[0].lines[0] == "output = relu(u) has the derivative 0 at u = -4"
    assert why(model, 1.0, 0.0)[0].lines[0] == "all of it comes along w → u → u → output"


def test_a_function_that_reads_data_is_shown_where() -> None:
    def model(w: Any, x: Any) -> Any:
        return w * x.data

    e = why(model, 3.0, 2.5)[1]
    assert e.cause == "cut"
    assert e.lines[0].startswith("its .data was read here: test_why.py:")
    assert e.lines[0].endswith("  return w * x.data")


def test_a_function_that_answers_a_plain_number_says_where_it_was_made() -> None:
    (e,) = why(lambda x: round(x), 2.5)
    assert (e.cause, e.head) == ("cut", "the function answered the plain number 2")
    assert e.lines[0].startswith("round() answered a plain number here: ")


def test_a_number_that_is_only_compared_has_no_derivative() -> None:
    e = why(lambda x, y: y * 2 if x > 0 else y, 1.5, 2.5)[0]
    assert e.lines[-1] == "if it was compared, as in `if … > 0`: a comparison has no derivative"


def test_inputs_in_lists_and_dicts_have_their_names() -> None:
    def f(p: Any) -> Any:
        return relu(p["w"][1]) + p["b"]

    answers = why(f, {"w": [1.0, -2.0], "b": 3.0})
    assert [e.symbol for e in answers] == ["∂output/∂p['w'][0]", "∂output/∂p['w'][1]", "∂output/∂p['b']"]
    assert [e.cause for e in answers] == ["not in the graph", "killed", "ordinary"]
    assert repr(answers).splitlines()[-1] == "ordinary: ∂output/∂p['b'] = 1"


def test_what_is_said_alike_of_several_inputs_is_said_once() -> None:
    def f(x: Any) -> Any:
        z = sum(x) - 100
        return relu(z)

    assert repr(why(f, [1.0] * 5)).splitlines()[:2] == [
        "∂output/∂x[0], ∂output/∂x[1], ∂output/∂x[2], … 2 more = 0: killed by relu",
        "  output = relu(z) has the derivative 0 at z = -95",
    ]


def test_many_reasons_are_counted() -> None:
    answers = why(lambda x: sum(relu(-u) for u in x), [1.0] * 20)
    assert len(answers) == 20
    assert repr(answers).splitlines()[-1] == "… and 12 more reasons for others"


def test_what_a_model_makes_on_its_way_is_not_called_as_its_answer() -> None:
    neuron = Neuron(1)
    for p in neuron.parameters():
        p.data = -1.0

    def f(x: Any) -> Any:
        h = neuron([x])
        return h * 3

    assert "h = relu(" in why(f, 1.0)[0].lines[0]
    assert repr(why(f, 1.0)).count("h = ") == 2  # once in the statement's line


def compound(rate: Any, years: Any) -> Any:
    capital = 1000
    for _ in range(years):
        capital = capital * (1 + rate)
    return capital


def test_a_whole_number_that_counts_is_held() -> None:
    by_rate, by_years = why(compound, 0.05, 10)
    assert (by_rate.cause, by_rate.derivative) == ("ordinary", pytest.approx(10000 * 1.05**9, rel=1e-14))
    assert (by_years.symbol, by_years.cause) == ("∂capital/∂years", "whole")
    assert math.isnan(by_years.derivative)
    (line,) = by_years.lines
    assert line.startswith("years was held at 10; the function counts or indexes with it here: test_why.py:")
    assert line.endswith("  for _ in range(years):")


def test_only_those_whole_numbers_are_held_that_count() -> None:
    def bill(prices: Any, k: Any, n: Any) -> Any:
        return sum(prices[i] * n for i in range(1, k + 2))

    answers = why(bill, [1.0, 2.0, 3.0], 1, 4)
    assert [e.derivative for e in answers[:3]] == [0.0, 4.0, 4.0]
    assert [e.cause for e in answers[3:]] == ["whole", "ordinary"]
    assert answers[4].derivative == 5.0


@pytest.mark.parametrize("table", [[10.0, 20.0], (10.0, 20.0), np.array([10.0, 20.0])])
def test_an_index_is_held(table: Any) -> None:
    by_rate, by_place = why(lambda rate, place: rate * table[place], 2.0, 1)
    assert (by_rate.derivative, by_place.cause) == (20.0, "whole")


def test_a_value_that_is_given_twice_is_one_input() -> None:
    w = Value(2.0, "w")
    assert repr(why(lambda a, b: a * b, w, w)) == "ordinary: ∂output/∂w = 4"


def test_a_variable_that_is_no_whole_number_is_not_held() -> None:
    with pytest.raises(TypeError, match="x is there to differentiate by, and no whole number to count or index with"):
        why(lambda x: sum([x for _ in range(x)]), 2.5)


def test_what_jit_has_compiled_is_explained_as_the_function_itself() -> None:
    assert repr(why(ml.jit(compound), 0.05, 10)) == repr(why(compound, 0.05, 10))
    assert why(lambda x: ml.jit(relu)(x) * 2, -1.0)[0].head == "killed by relu"


@pytest.mark.parametrize("wrong", ["a", None, True, [], {"price": "a"}])
def test_a_function_without_numbers_is_not_explained(wrong: Any) -> None:
    with pytest.raises(TypeError) as error:
        why(lambda price: price * 2, wrong)
    assert str(error.value).endswith(f"<lambda> was called with price, which is no number but {wrong!r}")


def test_a_function_answers_one_number() -> None:
    with pytest.raises(ValueError, match="answered 2 numbers: ask about one of them, or about their sum"):
        why(lambda x: [x, x], 1.0)


# in general


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (([Value(1)], Value(2)), "not of .*: ask about its elements one at a time"),
        ((Value(1), 2.0), r"not of 2.0: a plain number knows no derivative; .data, .*"),
        ((Value(1), "y"), "not of 'y': give it two Values"),
        ((Value(1), Value(2), Value(3)), "not 3 Values"),
    ],
)
def test_what_cannot_be_explained_is_said_in_a_sentence(args: Any, hint: str) -> None:
    with pytest.raises(TypeError, match=hint):
        why(*args)


def test_a_terminal_without_these_signs_gets_others(monkeypatch: pytest.MonkeyPatch) -> None:
    x = Value(0.0)
    y = sqrt(x) * 0
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert repr(why(x, y)).splitlines()[0] == "dy/dx = nan: 0 * inf"


def test_long_chains_are_explained_without_recursion() -> None:
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0 + 0.0
    y = relu(-y)
    assert why(x, y).head == "killed by relu"
    assert why(x, y + x).derivative == 1.0


def test_a_graph_of_very_many_paths_is_explained() -> None:
    x = Value(1.0)
    y = x
    for _ in range(200):
        y = (y + y) / 2
    assert why(x, y).derivative == 1.0
    assert why(x, relu(-y)).head == "killed by relu"


SPECIAL = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, 1e-310, 1e-200, 1e200, -1e308, inf, -inf, nan])
ROWS = [op for op in OPS.values() if op.rule is not None]


@st.composite
def graphs(draw: st.DrawFn) -> list[Value]:
    nodes = [Value(draw(SPECIAL)) for _ in range(3)]
    for _ in range(draw(st.integers(1, 8))):
        op = draw(st.sampled_from(ROWS))
        inputs = [draw(st.sampled_from(nodes)) for _ in range(op.arity or 2)]
        if op.arity > 1 and draw(st.booleans()):
            inputs[1] = draw(SPECIAL)
        try:
            nodes.append(Value.record(op, *inputs))
        except (ArithmeticError, ValueError):
            continue
    return nodes


@given(graphs())
def test_any_graph_is_explained_and_the_cause_fits_the_derivative(nodes: list[Value]) -> None:
    y = nodes[-1]
    for x in nodes[:3]:
        e = why(x, y)
        assert repr(e)
        assert (e.cause == "nan") == math.isnan(e.derivative)
        assert (e.cause in ("infinite", "overflow")) == math.isinf(e.derivative)
        if e.cause in ("killed", "cancelled", "underflow", "cut", "not in the graph"):
            assert e.derivative == 0
        if e.cause == "ordinary":
            assert e.derivative
