"""Facts about arithmetic that goes on where Python raises, and about derivatives at the points where it must."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from depth import cases
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from micrograd_like import Value, ieee, ops
from micrograd_like.ieee import Ieee
from micrograd_like.operation import OPS, Op
from micrograd_like.transforms.higher import backward_on_nodes

inf, nan = math.inf, math.nan
SPECIAL = [0.0, -0.0, 5e-324, -5e-324, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 1e308, -1e308, 709.9, inf, -inf, nan]
FLOATS = st.sampled_from(SPECIAL) | st.floats()
ROWS = [op for op in OPS.values() if op.rule is not None]
UFUNCS = [op for op in ROWS if op.arity == 1 and isinstance(getattr(np, op.numpy, None), np.ufunc)]
thorough = settings(max_examples=cases(150))
brief = settings(max_examples=cases(30), suppress_health_check=[HealthCheck.filter_too_much])


def same(ours: float, theirs: float) -> bool:
    """The same number, zeros of either sign included; functions of C libraries differ in the last places."""
    if ours != ours or theirs != theirs:
        return ours != ours and theirs != theirs
    return ours == theirs or (math.isfinite(theirs) and math.isclose(ours, theirs, rel_tol=1e-13, abs_tol=1e-320))


def slopes(f: Callable[..., Any], *at: float) -> list[float]:
    xs = [Value(x) for x in at]
    f(*xs).backward()
    return [x.grad for x in xs]


# the arithmetic


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "mod"])
@thorough
@given(x=FLOATS, y=FLOATS)
def test_arithmetic_is_that_of_numpy_to_the_last_bit(name: str, x: float, y: float) -> None:
    compute = getattr(operator, name)
    with np.errstate(all="ignore"):
        expected = float(compute(np.float64(x), np.float64(y)))
    for ours in (compute(Ieee(x), Ieee(y)), compute(Ieee(x), y), compute(x, Ieee(y))):
        assert type(ours) is Ieee
        assert repr(float(ours)) == repr(expected)


@thorough
@given(x=FLOATS, y=FLOATS)
def test_powers_are_those_of_numpy(x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        expected = float(np.float64(x) ** np.float64(y))
    assert same(Ieee(x) ** y, expected)
    assert same(x ** Ieee(y), expected)


@pytest.mark.parametrize("op", UFUNCS, ids=lambda op: op.name)
@brief
@given(x=FLOATS)
def test_functions_of_one_number_are_those_of_numpy(op: Op, x: float) -> None:
    with np.errstate(all="ignore"):
        expected = float(getattr(np, op.numpy)(np.float64(x)))
    assert same(Ieee.record(op, Ieee(x)), expected)


@pytest.mark.parametrize("name", ["atan2", "copysign", "fmod", "hypot", "maximum", "minimum", "nextafter"])
@brief
@given(x=FLOATS, y=FLOATS)
def test_functions_of_two_numbers_are_those_of_numpy(name: str, x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        expected = float(getattr(np, OPS[name].numpy)(np.float64(x), np.float64(y)))
    assert same(Ieee.record(OPS[name], Ieee(x), y), expected)


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
@brief
@given(x=FLOATS, y=FLOATS)
def test_comparisons_answer_the_bools_of_floats(name: str, x: float, y: float) -> None:
    compare = getattr(operator, name)
    assert compare(Ieee(x), y) is compare(x, Ieee(y)) is compare(x, y)


@pytest.mark.parametrize(
    ("expression", "out"),
    [
        ("1 / X(0.0)", inf),
        ("1 / X(-0.0)", -inf),
        ("-1 / X(0.0)", -inf),
        ("X(0.0) / 0.0", nan),
        ("X(inf) / -0.0", -inf),
        ("X(nan) / 0.0", nan),
        ("X(inf) - inf", nan),
        ("X(0.0) * inf", nan),
        ("X(1e308) * 10.0", inf),
        ("X(1.0) % 0.0", nan),
        ("X(inf) % 2.0", nan),
        ("X(1.0) // 0.0", inf),
        ("X(-1.0) // 0.0", -inf),
        ("X(0.0) // 0.0", nan),
        ("X(0.0) ** -1.0", inf),
        ("X(-0.0) ** -1.0", -inf),
        ("X(-0.0) ** -2.0", inf),
        ("X(-0.0) ** -0.5", inf),
        ("X(-8.0) ** (1 / 3)", nan),
        ("X(10.0) ** 309.0", inf),
        ("X(-10.0) ** 309.0", -inf),
        ("X(-10.0) ** 310.0", inf),
        ("X(nan) ** 0.0", 1.0),
        ("ops.log(X(0.0))", -inf),
        ("ops.log2(X(-0.0))", -inf),
        ("ops.log10(X(0.0))", -inf),
        ("ops.log1p(X(-1.0))", -inf),
        ("ops.log(X(-1.0))", nan),
        ("ops.sqrt(X(-1.0))", nan),
        ("ops.exp(X(710.0))", inf),
        ("ops.sinh(X(-711.0))", -inf),
        ("ops.cosh(X(-711.0))", inf),
        ("ops.atanh(X(1.0))", inf),
        ("ops.atanh(X(-1.0))", -inf),
        ("ops.sin(X(inf))", nan),
        ("ops.ldexp(X(-1.0), 2000.0)", -inf),
        ("ops.gamma(X(172.0))", inf),
        ("ops.gamma(X(0.0))", inf),
        ("ops.gamma(X(-0.0))", -inf),
        ("ops.gamma(X(-1.0))", nan),
        ("ops.lgamma(X(-1.0))", inf),
        ("ops.fsum(X(inf), -inf)", nan),
        ("ops.fma(X(inf), 0.0, 1.0)", nan),
    ],
)
def test_where_python_raises_the_answer_is_that_of_ieee_754(expression: str, out: float) -> None:
    answer = eval(expression, {"X": Ieee, "ops": ops, "inf": inf, "nan": nan})
    assert repr(float(answer)) == repr(out)


def test_an_ieee_number_is_a_float() -> None:
    assert isinstance(Ieee(2.5), float)
    assert Ieee(2.5) == 2.5
    assert math.sqrt(Ieee(6.25)) == 2.5
    assert {2.5: "here"}[Ieee(2.5)] == "here"


# derivatives at singular points


@pytest.mark.parametrize(
    ("expression", "x", "slope"),
    [
        ("sqrt(x)", 0.0, inf),
        ("sqrt(x)", -0.0, inf),
        ("-sqrt(x)", 0.0, -inf),
        ("cbrt(x)", 0.0, inf),
        ("cbrt(x)", -0.0, inf),
        ("x ** 0.5", 0.0, inf),
        ("x ** 0.5", -0.0, inf),
        ("x ** 0.25", 0.0, inf),
        ("x ** 0.75", 0.0, inf),
        ("x ** 1.5", 0.0, 0.0),
        ("asin(x)", 1.0, inf),
        ("asin(x)", -1.0, inf),
        ("acos(x)", 1.0, -inf),
        ("acos(x)", -1.0, -inf),
        ("acosh(x)", 1.0, inf),
        ("log(x)", 5e-324, inf),
        ("log2(x)", 5e-324, inf),
        ("log10(x)", 5e-324, inf),
        ("1 / x", 1e-200, -inf),
        ("atan(x)", inf, 0.0),
        ("tanh(x)", -inf, 0.0),
        ("exp(x)", -inf, 0.0),
        ("-ldexp(x, 2000)", 0.0, -inf),
        ("abs(x)", 0.0, 0.0),
        ("abs(x)", -0.0, 0.0),
        ("fabs(x)", 0.0, 0.0),
        ("relu(x)", 0.0, 0.0),
        ("hypot(x, 0.0)", 0.0, 0.0),
        ("sqrt(x * x)", 0.0, nan),
    ],
)
def test_the_derivative_at_a_singular_point_is_its_limit_or_nan(expression: str, x: float, slope: float) -> None:
    assert slopes(eval(f"lambda x: {expression}", {**vars(ops)}), x) == pytest.approx([slope], nan_ok=True, abs=0)


def test_the_derivatives_of_hypot_at_the_origin_are_zero() -> None:
    assert slopes(ops.hypot, 0.0, 0.0) == [0.0, 0.0]
    assert slopes(ops.hypot, 0.0, -0.0, 0.0) == [0.0, 0.0, 0.0]


def test_the_derivatives_of_atan2_at_the_origin_are_nan() -> None:
    assert slopes(ops.atan2, 0.0, 0.0) == pytest.approx([nan, nan], nan_ok=True)


def test_an_infinite_derivative_at_one_input_leaves_the_others_alone() -> None:
    assert slopes(lambda x, y: ops.sqrt(x) + 3 * y, 0.0, 2.0) == [inf, 3.0]


def test_both_inputs_share_in_a_tie() -> None:
    assert slopes(ops.maximum, 2.0, 2.0) == [0.5, 0.5]
    assert slopes(ops.minimum, 2.0, 2.0) == [0.5, 0.5]


@pytest.mark.parametrize("x", [0.0, -0.0, 2.0, -2.0, 5e-324, 1e308, inf, -inf, nan])
def test_the_derivative_of_x_to_a_plain_0_is_0_everywhere_and_to_a_plain_1_is_1(x: float) -> None:
    assert slopes(lambda x: x**0, x) == [0.0]
    assert slopes(lambda x: x**1, x) == [1.0]


@pytest.mark.parametrize("x", [0.0, 3.0, -3.0, 0.1, -0.1, 5e-324, 1e154])
def test_the_derivative_of_x_to_a_plain_2_is_exactly_2_x(x: float) -> None:
    assert slopes(lambda x: x**2, x) == [2 * x]


@pytest.mark.parametrize(
    ("x", "y", "by_x", "by_y"),
    [
        (0.0, 2.0, 0.0, 0.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 0.5, inf, 0.0),
        (0.0, 0.0, 0.0, nan),
        (-0.0, 3.0, 0.0, 0.0),
        (-0.0, 0.0, 0.0, nan),
        (-2.0, 3.0, 12.0, nan),
        (-2.0, 2.0, -4.0, nan),
        (-2.0, 1.0, 1.0, nan),
        (-2.0, 0.0, 0.0, nan),
        (-2.0, -1.0, -0.25, nan),
        (2.0, 0.0, 0.0, math.log(2.0)),
        (1.0, 5.0, 5.0, 0.0),
        (2.0, 3.0, 12.0, 8 * math.log(2.0)),
    ],
)
def test_the_derivatives_of_x_to_the_y_where_y_is_a_value(x: float, y: float, by_x: float, by_y: float) -> None:
    assert slopes(operator.pow, x, y) == pytest.approx([by_x, by_y], nan_ok=True, rel=1e-15, abs=0)


# the backward pass goes on


def inputs_of(op: Op) -> st.SearchStrategy[tuple[float, ...]]:
    if op.name == "polygamma":
        return st.tuples(st.sampled_from([0.0, 1.0, 2.0, 3.0]), FLOATS)
    return st.tuples(*[FLOATS] * len(op.at))


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
@brief
@given(data=st.data())
def test_backward_never_raises_where_forward_succeeded(op: Op, data: st.DataObject) -> None:
    inputs, g = data.draw(inputs_of(op)), data.draw(FLOATS)
    try:
        out = op.value(*inputs)
    except (ArithmeticError, ValueError):
        assume(False)
    shares = ieee.backward(op, inputs, out, g)
    assert len(shares) == len(inputs)
    assert {type(share) for share in shares} <= {float, type(None)}


def test_where_a_rule_does_not_raise_its_own_answer_stands() -> None:
    assert ieee.backward(OPS["truediv"], (1.0, 4.0), 0.25, 2.0) == (0.5, -0.125)


def test_a_constant_exponent_gets_nothing_on_the_slow_path_either() -> None:
    assert ieee.backward(OPS["pow_const"], (0.0, 0.5), 0.0, 1.0) == (inf, 0.0)


def test_a_branch_not_taken_gets_none_on_the_slow_path_too() -> None:
    rule = Op("own", "own", "x if c else y", lambda c, x, y, out, g: (None, g / 0, None) if c else (None, None, g))
    assert ieee.backward(rule, (1.0, 2.0, 3.0), 2.0, 1.0) == (None, inf, None)


@pytest.mark.parametrize("slope", [lambda x: 1 / math.sqrt(abs(x)), lambda x: math.log(abs(x))])
def test_a_rule_that_raises_under_ieee_too_gives_nan(slope: object) -> None:
    rule = Op("own", "own", "x * x", lambda x, out, g: slope(x) * g)  # type: ignore[operator]
    (share,) = ieee.backward(rule, (0.0,), 0.0, 1.0)
    assert math.isnan(share)


def test_values_raise_again_when_a_rule_at_a_singular_point_is_done() -> None:
    def answers(x: Any, out: Any, g: Any) -> Any:
        return 1 / x * g

    def fails(x: Any, out: Any, g: Any) -> Any:
        if (1 / x).data == inf:
            raise LookupError("no derivative known")

    zero = Value(0.0, "price")
    (share,) = backward_on_nodes(Op("own", "own", "x * x", answers), (zero,), zero, 1.0)
    assert share.data == inf
    with pytest.raises(LookupError):
        backward_on_nodes(Op("own", "own", "x * x", fails), (zero,), zero, 1.0)
    with pytest.raises(ZeroDivisionError, match=r"1\.0 / price: .* at price = 0\.0"):
        1 / zero
