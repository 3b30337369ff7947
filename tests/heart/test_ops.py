"""Facts about every row of the table, found by walking it: a new row is tested as soon as it stands there."""

from __future__ import annotations

import itertools
import math
import operator
import pickle
import random
from typing import Any

import mpmath
import oracles
import pytest
from depth import cases
from mpmath import mpf

from micrograd_like import Value, ops
from micrograd_like.graph import chain_rule
from micrograd_like.ieee import backward
from micrograd_like.operation import BUILT_IN, OPS, Op

ROWS = [op for op in OPS.values() if op.rule is not None and op.name in BUILT_IN]
DIFFERENTIABLE = [(op, k) for op in ROWS for k in range(len(op.at)) if op.backward(op.at, op.value(*op.at), 1.0)[k]]
SPECIAL = [0.0, -0.0, 5e-324, -5e-324, 1.0, -1.0, 0.5, 2.0, -3.0, 710.0, -745.0, 1.7e308, math.inf, -math.inf, math.nan]


def each(pairs: list[Any]) -> Any:
    """One test a row, or one an input of a row, under the row's name."""
    names = [pair.name if isinstance(pair, Op) else f"{pair[0].name}-{pair[1]}" for pair in pairs]
    return pytest.mark.parametrize("op" if pairs is ROWS else "op, k", pairs, ids=names)


def recorded(op: Op, at: tuple[float, ...], constant: int | None = None) -> Value:
    """The operation on Values, with one plain number among them where asked."""
    inputs = [x if k == constant or letter == "c" else Value(x) for k, (x, letter) in enumerate(lettered(op, at))]
    return Value.record(op, *inputs)


def lettered(op: Op, at: tuple[float, ...]) -> list[tuple[float, str]]:
    return list(itertools.zip_longest(at, op.letters if op.arity else (), fillvalue=""))


def points(op: Op, count: int) -> list[tuple[float, ...]]:
    """The row's own point, then points of all magnitudes and some near 1, where the operation has a finite value."""
    chance = random.Random(op.name)
    found = [op.at]
    for _ in range(20 * count):
        at = tuple(chance.choice((-1, 1)) * 10 ** chance.uniform(*chance.choice(((-300, 300), (-3, 3)))) for _ in op.at)
        if len(found) < count and in_reach(op, at):
            found.append(at)
    return found


def in_reach(op: Op, at: tuple[float, ...]) -> bool:
    """Whether both we and mpmath can say what the value is there."""
    if op.name in ("ldexp", "polygamma") or (op.name in ("gamma", "lgamma") and abs(at[0]) > 1e4):
        return False
    if op.name in ("mod", "fmod", "remainder", "floordiv") and abs(at[0] / at[1]) > 1e15:
        return False  # the quotient has no units any more
    try:
        return 1e-300 < abs(op.value(*at)) < math.inf or op.value(*at) == 0  # not a subnormal, with few digits
    except (ArithmeticError, ValueError):
        return False


def slope_by_finite_differences(op: Op, at: tuple[float, ...], k: int) -> float:
    """The slope of the row's value on floats, measured with two step widths (Richardson)."""

    def slope(step: float) -> float:
        below, above = ((*at[:k], at[k] + h, *at[k + 1 :]) for h in (-step, step))
        return float(op.value(*above) - op.value(*below)) / (2 * step)

    step = 1e-3 * abs(at[k])
    return (4 * slope(step) - slope(2 * step)) / 3


def error_of_the_rule(op: Op, at: tuple[float, ...], k: int) -> float:
    """How far the rule and the slope measured by finite differences are apart, relative to the slope."""
    measured = slope_by_finite_differences(op, at, k)
    return abs(op.backward(at, op.value(*at), 1.0)[k] - measured) / abs(measured)


def tolerance(op: Op, at: tuple[float, ...], k: int, true: Any) -> float:
    """4 units in the last place, and as many as the derivative itself moves when an input moves by one."""
    moved = 0.0
    for j, x in enumerate(at):
        neighbour = (*at[:j], math.nextafter(x, math.inf), *at[j + 1 :])
        moved += oracles.ulps(float(true), oracles.derivative(op, neighbour, k)) if in_reach(op, neighbour) else 0.0
    return 4 * (1 + moved)


@each(ROWS)
def test_the_value_is_what_the_spelling_says(op: Op) -> None:
    if op.name == "polygamma":
        true = mpmath.polygamma(*op.at)
    else:
        with mpmath.workdps(50):
            true = oracles.value(op)(*map(mpf, op.at))
    assert oracles.ulps(op.value(*op.at), mpf(true)) <= 8  # the 6 of lgamma are CPython's


@each(DIFFERENTIABLE)
def test_the_derivative_is_the_slope_of_the_value(op: Op, k: int) -> None:
    assert error_of_the_rule(op, op.at, k) < 1e-8


@each(DIFFERENTIABLE)
def test_a_rule_that_is_wrong_by_a_twentieth_of_a_percent_is_found_out(
    op: Op, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = op.backward
    monkeypatch.setattr(Op, "backward", lambda _, inputs, out, g: [x and x * 1.0005 for x in right(inputs, out, g)])
    assert error_of_the_rule(op, op.at, k) > 1e-4


@pytest.mark.once
@pytest.mark.slow
@each(ROWS)
def test_first_derivatives_agree_with_mpmath_from_1e_minus_300_to_1e300(op: Op) -> None:
    for at in points(op, cases(200)):
        for k, share in enumerate(backward(op, at, op.value(*at), 1.0)):
            if share is not None and op.letters[k : k + 1] != ("c",):
                true = oracles.derivative(op, at, k)
                assert oracles.ulps(share, true) <= 4 or oracles.ulps(share, true) <= tolerance(op, at, k, true), at


@each(DIFFERENTIABLE)
def test_the_rule_can_be_differentiated_again(op: Op, k: int) -> None:
    y = recorded(op, op.at)
    slope = op.backward(y.parents, y, 1.0)[k]
    by_parent = chain_rule(slope, operator.attrgetter("_backward")) if isinstance(slope, Value) else {}
    for j, x in enumerate(y.parents):
        if isinstance(x, Value):
            assert by_parent.get(x, 0.0) == pytest.approx(second_slope(op, k, j), rel=1e-9, abs=1e-9)


def second_slope(op: Op, k: int, j: int) -> float:
    """The derivative by input j of the derivative by input k, measured on the rule."""
    step = 1e-4 * abs(op.at[j])

    def slope(h: float) -> float:
        at = (*op.at[:j], op.at[j] + h, *op.at[j + 1 :])
        return float(op.backward(at, op.value(*at), 1.0)[k])

    coarse, fine = ((slope(h) - slope(-h)) / (2 * h) for h in (2 * step, step))
    return (4 * fine - coarse) / 3


@each(ROWS)
def test_backward_never_raises_where_forward_did_not(op: Op) -> None:
    most = SPECIAL if len(op.at) < 3 else SPECIAL[::5]
    for at in itertools.product(most, repeat=len(op.at)):
        try:
            y = recorded(op, at)
        except (ArithmeticError, ValueError):
            continue
        y.backward()
        assert all(isinstance(x.grad, float) for x in y.parents if isinstance(x, Value))


@each(ROWS)
def test_a_plain_number_among_the_inputs_changes_nothing(op: Op) -> None:
    y = recorded(op, op.at)
    y.backward()
    for constant in range(len(op.at)):
        if len(op.at) > 1 and "c" not in op.letters:
            z = recorded(op, op.at, constant)
            z.backward()
            assert z.data == y.data
            assert z.parents[constant] == op.at[constant]
            assert type(z.parents[constant]) is float
            others = [(a.grad, b.grad) for a, b in zip(y.parents, z.parents, strict=True) if isinstance(b, Value)]
            assert others == [pytest.approx((a, a), rel=1e-15) for a, _ in others]


@each(ROWS)
def test_the_row_is_a_method_under_its_own_name_and_numpys(op: Op) -> None:
    x, *others = op.at
    for name in (op.name, op.numpy):
        assert getattr(Value(x), name)(*others).data == op.value(*op.at)


@each(ROWS)
def test_a_node_of_the_row_pickles(op: Op) -> None:
    y = recorded(op, op.at)
    copy = pickle.loads(pickle.dumps(y))
    y.backward()
    copy.backward()
    assert copy.op is op or copy.op is y.op
    assert [x.grad for x in copy.parents if isinstance(x, Value)] == [x.grad for x in y.parents if isinstance(x, Value)]


@pytest.mark.parametrize("name", ops.PUBLIC)
def test_a_public_row_is_a_function_of_plain_numbers_and_of_values(name: str) -> None:
    function, op = getattr(ops, name), OPS[name]
    assert type(function(*op.at)) is float
    assert function(*op.at) == function(*map(Value, op.at)).data == op.value(*op.at)
    assert op.spelling in function.__doc__
    assert function.__name__ == name


@pytest.mark.parametrize("name", ["log", "relu", "sigmoid"])
def test_a_list_or_an_array_in_place_of_a_number_is_answered_with_what_to_write(name: str) -> None:
    np = pytest.importorskip("numpy")
    by_one = f"[{name}(x) for x in …]"
    by_numpy = "np.log(…)" if name == "log" else f"np.array({by_one})"
    lists = ([1.0], "a list", by_one), ((1.0, Value(2.0)), "a tuple", by_one)
    for several, kind, hint in (*lists, (np.array([0.5, 2.0]), "an array", by_numpy)):
        with pytest.raises((TypeError, ValueError)) as told:
            vars(ops)[name](several)
        assert told.value.__notes__ == [f"{name} takes one number: for {kind} write {hint}"]
    with pytest.raises(TypeError) as told:
        vars(ops)[name]("text")
    assert not hasattr(told.value, "__notes__")


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
@pytest.mark.parametrize("y", [1.0, 2.0, math.nan])
def test_comparisons_answer_plain_bools(name: str, y: float) -> None:
    compare = getattr(operator, name)
    answers = [compare(Value(2.0), Value(y)), compare(Value(2.0), y), compare(2.0, Value(y))]
    assert answers == [compare(2.0, y)] * 3
    assert all(type(answer) is bool for answer in answers)
