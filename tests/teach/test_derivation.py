"""The chain rule written out, and as an exercise: the facts of its text, its LaTeX, its numbers, its corrections."""

from __future__ import annotations

import itertools
import math
import re
import sys
from collections.abc import Iterator
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import (
    Value,
    copysign,
    exp,
    function,
    hypot,
    log,
    maximum,
    minimum,
    ops,
    relu,
    sin,
    sqrt,
    tanh,
    where,
)
from micrograd_like.diagnose.local import kink_distance, moved, value
from micrograd_like.nn import Neuron
from micrograd_like.operation import OPS, Op
from micrograd_like.teach.answers import number_meant
from micrograd_like.teach.chain import Chain
from micrograd_like.teach.derive import Derivation, derive
from micrograd_like.teach.exercise import Exercise, exercise
from micrograd_like.teach.formulas import EXACT, Term, slope_formula
from micrograd_like.teach.notation import Latex, term_in_style
from micrograd_like.teach.sides import sides_of_step
from micrograd_like.teach.textbook import TEXTBOOK
from micrograd_like.value import met
from micrograd_like.words.notation import TEXT


def colah() -> tuple[Value, Value, Value]:
    a, b = Value(2, "a"), Value(1, "b")
    c, d = a + b, b + 1
    e = c * d
    c.name, d.name, e.name = "c", "d", "e"
    return e, a, b


def doubled(times: int) -> tuple[Value, Value]:
    x = Value(1.0, "x")
    y = x
    for _ in range(times):
        y = y + 2 * y
    return y, x


def lines_of(derivation: Derivation, heading: str) -> list[str]:
    """The lines below a heading."""
    (block,) = [block for block in derivation.text.split("\n\n") if block.startswith(heading)]
    return [line.strip() for line in block.splitlines()[1:]]


def step(y: Value, x: Value) -> str:
    """The derivative of y's own operation by x, as the derivation writes it."""
    chain = Chain(y, {x: "x", y: "y"})
    return " = ".join(dict.fromkeys([chain.slope_by(y, x, TEXT), *chain.slope_steps(y, x, TEXT)]))


# the derivation


def test_one_path_is_a_product() -> None:
    apple, n_apples, tax = Value(100), Value(2), Value(1.1)
    total = apple * n_apples * tax
    assert str(derive(total, apple)).splitlines() == [
        "∂total/∂apple by the chain rule",
        "",
        "Forward, the values:",
        "  apple = 100",
        "  v1 = apple × n_apples = 100 × 2 = 200",
        "  total = v1 × tax = 200 × 1.1 = 220",
        "",
        "Each step's own derivative:",
        "  ∂(apple × n_apples)/∂apple = n_apples = 2",
        "  ∂(v1 × tax)/∂v1 = tax = 1.1",
        "",
        "Multiply along the path:",
        "  ∂total/∂apple = ∂total/∂v1 × ∂v1/∂apple = 1.1 × 2 = 2.2",
        "",
        "When apple rises a little, total rises 2.2 times as much.",
    ]


def test_where_a_value_is_used_more_than_once_it_goes_path_by_path() -> None:
    e, _, b = colah()
    derivation = derive(e, b)
    assert lines_of(derivation, "2 paths lead from e back to b") == ["e ← c ← b: 2 × 1 = 2", "e ← d ← b: 3 × 1 = 3"]
    assert lines_of(derivation, "Add up") == ["∂e/∂b = 2 + 3 = 5"]


def test_more_than_six_paths_go_value_by_value() -> None:
    y, x = doubled(3)
    assert lines_of(derive(y, x), "8 paths lead")[:3] == [
        "∂y/∂y = 1",
        "∂y/∂v5 = ∂y/∂y × ∂(v4 + v5)/∂v5 = 1 × 1 = 1",
        "∂y/∂v4 = ∂y/∂v5 × ∂(2 × v4)/∂v4 + ∂y/∂y × ∂(v4 + v5)/∂v4 = 1 × 2 + 1 × 1 = 3",
    ]
    assert derive(y, x).derivative == 27


def test_two_to_the_two_hundredth_paths_are_cut_with_a_sentence() -> None:
    y, x = doubled(200)
    text = str(derive(y, x))
    assert "more than a million paths lead from y back to x" in text
    assert "… 376 more values" in text
    assert text.count("\n") < 90
    assert derive(y, x).derivative == pytest.approx(3.0**200)


def test_a_chain_of_twenty_thousand_is_cut_and_nothing_recurses() -> None:
    y = x = Value(1.0, "x")
    for _ in range(20_000):
        y = y * 1.00005
    derivation = derive(y, x)
    assert lines_of(derivation, "Multiply along the path")[0].endswith("× … × ∂v1/∂x = 2.7182")
    assert "… 19977 more values" in derivation.text
    assert len(exercise(y).blanks) == 22


def test_the_paths_multiply_and_add_up_to_what_backward_finds() -> None:
    x = Value(0.7, "x")
    u, v = sin(x), exp(x * x)
    y = u * v + tanh(u)
    y.backward()
    derivation = derive(y, x)
    route = derivation.route
    assert route.count == 3 == len(list(route.paths()))
    assert sum(math.prod(route.slopes_along(path)) for path in route.paths()) == pytest.approx(x.grad, rel=1e-14)
    assert derivation.derivative == x.grad


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=9))
def test_of_any_graph_the_derivative_is_that_of_backward_and_the_paths_are_counted_right(steps: Any) -> None:
    values = [Value(1.5, "x")]
    for i, j, plus in steps:
        a, b = values[i % len(values)], values[j % len(values)]
        values.append(a + b if plus else a * b)
    x, y = values[0], values[-1]
    y.backward()
    derivation = derive(y, x)
    assert derivation.derivative == x.grad
    route = derivation.route
    assert route.count == len({tuple(map(id, path)) for path in route.paths()})
    assert sum(math.prod(route.slopes_along(path)) for path in route.paths()) == pytest.approx(x.grad)
    assert derivation.text.rstrip(".").count("nan") == 0


def test_the_numbers_are_those_of_the_forward_pass() -> None:
    x = Value(3.0, "x")
    y = x * x
    x.data = 100.0
    assert lines_of(derive(y, x), "Forward") == ["x = 3 (it holds 100 now)", "y = x × x = 3 × 3 = 9"]
    assert r"x &= 3\text{ (it holds }100\text{ now)}" in derive(y, x).latex
    assert "  x = 3 (it holds 100 now)" in str(exercise(y))
    assert derive(y, x).derivative == 6


def test_the_numbers_are_those_that_the_operations_met_after_a_step_of_training() -> None:
    w = Value(3.0, "w")
    w.data = 5.0
    y = w * w
    assert lines_of(derive(y, w), "Forward") == ["w = 5", "y = w × w = 5 × 5 = 25"]
    assert step(y, w) == "∂(w × w)/∂w = w + w = 5 + 5 = 10"


def test_data_that_was_written_on_the_way_is_told() -> None:
    x = Value(3.0, "x")
    u = x * 2
    x.data = 5.0
    y = u + x
    assert lines_of(derive(y, x), "Forward")[0] == "x = 3 (later set to 5)"


def test_data_that_was_written_without_a_change_to_be_seen_is_not_told() -> None:
    x = Value(3.0, "x")
    y = x * x
    x.data = 3.0000001
    assert lines_of(derive(y, x), "Forward")[0] == "x = 3"


def test_data_that_was_written_twice_is_told_twice_and_parses() -> None:
    x = Value(3.0, "x")
    u = x * 2
    x.data = 1e-7
    y = u + x
    x.data = inf
    assert lines_of(derive(y, x), "Forward")[0] == "x = 3 (later set to 1e-7) (it holds ∞ now)"
    assert latex_lines(derive(y, x).latex)[0].endswith(
        r"3\text{ (later set to }1 \times 10^{-7}\text{)}\text{ (it holds }\infty\text{ now)}"
    )


def test_no_grad_is_written() -> None:
    e, _, b = colah()
    str(derive(e, b)), str(exercise(e))
    assert (e.grad, b.grad) == (0.0, 0.0)


def test_a_value_that_is_not_in_the_graph_has_the_derivative_0_and_is_sent_to_why() -> None:
    x, stranger = Value(1.0, "x"), Value(2.0, "stranger")
    y = x * 2
    text = str(derive(y, stranger))
    assert "y was not computed from stranger; why(stranger, y) looks for the reason:\n  ∂y/∂stranger = 0" in text
    assert text.endswith("As far as was recorded, no change of stranger moves y.")


def test_arguments_the_wrong_way_round_are_asked_about() -> None:
    x = Value(1.0)
    y = x * 1
    assert "x was not computed from y, but y from x: did you mean derive(y, x)?" in str(derive(x, y))


def test_a_value_answers_to_itself_one_to_one() -> None:
    x = Value(1.0, "x")
    assert lines_of(derive(x, x), "A value answers to itself") == ["∂x/∂x = 1"]


def test_the_last_line_says_what_the_number_means() -> None:
    x = Value(0.5, "x")
    last = [derive(f, x).meaning() for f in (x * 2, -x, x * 0, sqrt(x - 0.5))]
    assert last == [
        "When x rises a little, f rises 2 times as much.",
        "When x rises a little, f falls just as much.",
        "To first order, a small change of x does not move f.",
        "why(x, f) says where the ∞ comes from.",
    ]


def test_the_branch_not_taken_brings_0_whatever_arrives() -> None:
    x, c = Value(0.0, "x"), Value(1.0, "c")
    y = where(c > 0, x, sqrt(x))
    assert derive(y, x).derivative == 1
    assert "∂where(1, x, v1)/∂v1 = 0 (the branch not taken)" in str(derive(y, x))
    assert "y ← v1 ← x: nothing goes through = 0" in str(derive(y, x))
    assert lines_of(derive(y, x), "Add up") == ["∂y/∂x = 0 + 1 = 1"]


def test_infinity_at_a_shut_branch_is_not_multiplied() -> None:
    x = Value(0.0, "x")
    y = sqrt(relu(x))
    assert lines_of(derive(y, x), "Multiply") == ["∂y/∂x = ∂y/∂v1 × ∂v1/∂x = nothing goes through = 0"]
    assert lines_of(derive(y + x, x), "Add up") == ["∂output/∂x = 0 + 1 = 1"]


def test_a_condition_only_chooses() -> None:
    c = Value(1.0, "c")
    assert step(where(c, 2.0, 3.0), c) == "∂where(c, 2, 3)/∂c = 0 (it only chooses the branch)"


def test_where_floats_round_the_sum_away_the_derivation_says_what_it_would_be() -> None:
    x = Value(1.0, "x")
    y = x * 1e17 + x * 3 + x * -1e17
    assert lines_of(derive(y, x), "Add up") == ["∂y/∂x = 1e17 + 3 + (-1e17) = 0", "without rounding = 3"]
    assert derive(y, x).meaning() == "Without rounding: When x rises a little, y rises 3 times as much."


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (nan, "x is nan, where nothing rises or falls; 2 is what the rules answer."),
        (inf, "x is ∞, where nothing rises or falls; 2 is what the rules answer."),
        (1e308, "f is ∞, where nothing rises or falls; 2 is what the rules answer."),
    ],
)
def test_of_nan_and_infinity_nobody_says_that_they_rise(number: float, said: str) -> None:
    x = Value(number, "x")
    f = x * 2
    assert derive(f, x).meaning() == said


def test_an_exercise_needs_something_computed() -> None:
    x = Value(3)
    with pytest.raises(ValueError, match="x is an input, and its derivative by itself is 1: compute something from it"):
        exercise(x)


def test_values_of_one_name_are_told_apart() -> None:
    w = [Value(k, "w") for k in (2, 3, 5)]
    chain = Chain(w[0] * w[1] * w[2], {})
    assert list(chain.names.values()) == ["w", "w_2", "v1", "w_3", "output"]


@pytest.mark.parametrize(
    ("y", "x", "said"),
    [
        (
            Value(1),
            3,
            r"two Values, the derivative of y by x, and x is 3: make it Value\(3\) before you compute y from it",
        ),
        (3.0, Value(1), r"and y is 3\.0: make the inputs Values, as in Value\(100\), before you compute"),
        (Value(1), [Value(2)], r"and x is \[Value.*: ask about one of its elements at a time"),
        (None, Value(1), "and y is None: give it what you compute from Values"),
    ],
)
def test_what_is_no_value_is_refused_in_a_sentence(y: Any, x: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        derive(y, x)


def test_an_exercise_of_no_value_is_refused_in_a_sentence() -> None:
    with pytest.raises(TypeError, match=r"not \[1\]: make the inputs Values"):
        exercise([1])  # type: ignore[arg-type]


def test_a_neuron_is_written_out_by_its_weights() -> None:
    neuron = Neuron(2)
    neuron.w[0].data, neuron.w[1].data, neuron.b.data = 2.0, -1.0, 0.5
    a, b = Value(3.0, "a"), Value(1.0, "c")
    y = neuron([a, b])
    assert lines_of(derive(y, a), "Multiply")[0].endswith(" = 1 × 1 × 1 × 2 = 2")
    assert exercise(y).check({"a": 2, "c": -1, "w[0]": 3, "w[1]": 1, "b": 1}).all_right


# the steps' own derivatives


@pytest.mark.parametrize(
    ("said", "f"),
    [
        ("∂(x × x)/∂x = x + x = 3 + 3 = 6", lambda x: x * x),
        ("∂(x − x)/∂x = 1 + (-1) = 0", lambda x: x - x),
        ("∂(x²)/∂x = 2 × x = 2 × 3 = 6", lambda x: x**2),
        ("∂(x³)/∂x = 3 × x² = 3 × 3² = 27", lambda x: x**3),
        ("∂(x⁰)/∂x = 0", lambda x: x**0),
        ("∂(x¹)/∂x = 1", lambda x: x**1),
        ("∂(x ^ x)/∂x = x × x ^ (x − 1) + y × log(x) = 3 × 3 ^ (3 − 1) + 27 × log(3) = 56.663", lambda x: x**x),
        ("∂(x ÷ 4)/∂x = 1 ÷ 4 = 0.25", lambda x: x / 4),
        ("∂(2 ÷ x)/∂x = -2 ÷ x² = -2 ÷ 3² = -0.22222", lambda x: 2 / x),
        ("∂(−x)/∂x = -1", lambda x: -x),
        ("∂abs(x)/∂x = 1", abs),
        ("∂abs(x_2)/∂x_2 = -1", lambda x: abs(-x)),
        ("∂(0.7 ^ x)/∂x = y × log(0.7) = 0.343 × log(0.7) = -0.12234", lambda x: 0.7**x),
        ("∂log(x, 10)/∂x = 1 ÷ (x × log(10)) = 1 ÷ (3 × log(10)) = 0.14476", lambda x: log(x, 10)),
        ("∂tanh(x)/∂x = 1 − y² = 1 − 0.99505² = 0.009866", tanh),
        ("∂sqrt(x)/∂x = 1 ÷ (2 × y) = 1 ÷ (2 × 1.7321) = 0.28868", sqrt),
        ("∂relu(x)/∂x = 1", relu),
        ("∂maximum(x, 7)/∂x = 0", lambda x: maximum(x, 7.0)),
        ("∂maximum(x, x)/∂x = 1 ÷ 2 + 1 ÷ 2 = 1", lambda x: maximum(x, x)),
    ],
)
def test_the_derivative_of_a_step_is_a_formula_then_numbers(said: str, f: Any) -> None:
    x = Value(3.0, "x")
    y = f(x)
    assert step(y, next(v for v in y.parents if isinstance(v, Value))) == said


@pytest.mark.parametrize(
    ("f", "x", "said"),
    [
        (tanh, 5.0, "(1 ÷ cosh(x))² = (1 ÷ cosh(5))² = 0.00018158"),  # 1 − 0.99991² would be 1.8e-4
        (tanh, 20.0, "(1 ÷ cosh(x))² = (1 ÷ cosh(20))² = 1.699e-17"),  # 1 − tanh² would be 0
        (OPS["atanh"], 1 - 1e-9, "1 ÷ (1 − x²) = 5e8"),  # in five digits, 1 − x² would be 0
        (OPS["pow"], 0.0, "nan"),
    ],
)
def test_a_formula_never_stands_beside_numbers_that_do_not_lead_there(f: Any, x: float, said: str) -> None:
    v = Value(x, "x")
    y = Value.record(f, *[v] * f.arity) if isinstance(f, Op) else f(v)
    assert step(y, v).partition(" = ")[2] == said


def as_python(text: str) -> str:
    """A formula as Python reads it."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda power: f"**({power[0].translate(PLAIN)})", text)
    return text.translate({ord("×"): "*", ord("÷"): "/", ord("−"): "-", ord("^"): "**"})


PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
ROWS = [name for name, op in OPS.items() if op.rule]


def steps_of(op: Op) -> Iterator[tuple[Value, Value]]:
    """The operation at some points, with constants among its inputs and without, and one of its inputs."""
    points = [op.at, tuple(-x for x in op.at), tuple(2.9 * x for x in op.at)]
    for at, plain in itertools.product(points, itertools.product((False, True), repeat=len(op.at))):
        if all(plain):
            continue
        inputs = [x if constant else Value(x, name) for x, constant, name in zip(at, plain, "xyzw", strict=False)]
        try:
            y = Value.record(op, *inputs)
        except ValueError:  # outside the domain
            continue
        y.name = "out"
        yield from ((y, x) for x in inputs if isinstance(x, Value))


@pytest.mark.parametrize("name", ROWS)
def test_what_is_written_of_every_row_comes_to_the_number_of_its_rule(name: str) -> None:
    for y, x in steps_of(OPS[name]):
        numbers = {v.name: v.data for v in (*y.parents, y) if isinstance(v, Value)}
        slope = dict(zip(map(id, y.parents), y._backward(1.0), strict=True))[id(x)] or 0.0
        for text in Chain(y, {}).slope_steps(y, x, TEXT)[:-1]:
            assert eval(as_python(text), {**vars(ops), "pi": math.pi}, numbers) == pytest.approx(slope, rel=EXACT), text


@pytest.mark.parametrize("name", [name for name in ops.PUBLIC if OPS[name].rule])
def test_every_row_has_a_short_formula(name: str) -> None:
    for y, _ in steps_of(OPS[name]):
        for k, slope in enumerate(y._backward(1.0)):
            formula = slope_formula(y, k)
            assert slope is None or (formula.size if isinstance(formula, Term) else 0) <= (14 if name == "gelu" else 7)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_a_textbook_formula_is_of_a_row_and_right_in_all_digits(name: str) -> None:
    op = OPS[name]
    answer = TEXTBOOK[name](*map(Value, op.at), Value(op.value(*op.at)))
    slopes = op.backward(op.at, op.value(*op.at), 1.0)
    for formula, slope in zip(answer if isinstance(answer, tuple) else (answer,), slopes, strict=True):
        assert getattr(formula, "data", formula) == pytest.approx(slope, rel=1e-13)


def test_a_rule_that_only_numbers_can_follow_shows_its_number_alone() -> None:
    f = function("only_numbers", lambda x: x * x, lambda x, out, g: g * float(2 * x))
    x = Value(3.0)
    assert step(f(x), x) == "∂only_numbers(x)/∂x = 6"


def test_a_negative_number_stands_in_brackets_but_in_front() -> None:
    a, b = Value(-2.0, "a"), Value(-3.0, "b")
    chain = Chain(a * b, {})
    assert chain.definition(chain.y, TEXT) == ["output", "a × b", "-2 × (-3)", "6"]


def test_brackets_stand_where_operators_would_be_misread() -> None:
    x, y, z = (Value(1.0, name) for name in "xyz")

    def formula(*parts: Any) -> str:
        op, a, b = parts
        return term_in_style(Term(OPS[op], (a, b)), TEXT, lambda v: str(v.name))

    total = Term(OPS["add"], (x, y))
    assert formula("mul", total, z) == "(x + y) × z"
    assert formula("sub", z, total) == "z − (x + y)"
    assert formula("add", z, total) == "z + x + y"
    assert formula("truediv", z, Term(OPS["mul"], (x, y))) == "z ÷ (x × y)"
    assert formula("pow_const", total, 2.0) == "(x + y)²"
    assert formula("add", z, Term(OPS["mul"], (-2.0, x))) == "z + (-2 × x)"


# kinks and jumps

KINKED = [name for name, op in OPS.items() if op.kink]


def at_kinks(op: Op) -> Iterator[Value]:
    """The operation at inputs at which another branch begins."""
    for at in itertools.product((0.0, 1.0, -2.0, 4.0, 0.5, 2.5), repeat=op.arity or 2):
        if kink_distance(op, at) == 0 and not math.isnan(value(op, at)):
            yield Value.record(op, *map(Value, at))


@pytest.mark.parametrize("name", KINKED)
def test_the_sides_of_every_kink_are_the_slopes_measured_there(name: str) -> None:
    found = [(y, k) for y in at_kinks(OPS[name]) for k in range(len(y.parents))]
    assert found
    for y, k in found:
        f = lambda step, y=y, k=k: value(y.op, moved(met(y), k, met(y)[k] + step))  # noqa: E731
        below, above = (f(-(2**-20)) - f(-(2**-19))) * 2**20, (f(2**-19) - f(2**-20)) * 2**20
        rise, drop = (f(step) - f(0) if abs(f(step) - f(0)) > 1e-3 else 0.0 for step in (2**-20, -(2**-20)))
        sides = sides_of_step(y, y.parents[k], 0.0)
        if sides is None:
            assert (rise, drop) == (0, 0)
            assert below == pytest.approx(above, abs=1e-4)
        else:
            assert (sides.below, sides.above) == pytest.approx((below, above), abs=1e-4)
            assert (sides.drop, sides.rise) == pytest.approx((drop, rise), abs=1e-4)


@pytest.mark.parametrize(
    ("f", "at", "remark", "closing"),
    [
        (abs, 0, "0 (a kink: the slope is -1 below and 1 above; 0 is taken)", "-1 below and 1 above; 0"),
        (relu, 0, "0 (a kink: the slope is 0 below and 1 above; 0 is taken)", "0 below and 1 above; 0"),
        (ops.leaky_relu, 0, "0.01 (a kink: the slope is 0.01 below and 1 above; 0.01 is taken)", "1 above; 0.01"),
        (lambda x: maximum(x, 2), 2, "0.5 (a tie: the slope is 0 below and 1 above; 0.5 is taken)", "1 above; 0.5"),
        (lambda x: hypot(x, 0), 0, "0 (a kink: the slope is -1 below and 1 above; 0 is taken)", "-1 below and 1 above"),
        (lambda x: hypot(x, x), 0, "0 (a kink: the slope is -1.4142 below and 1.4142 above; 0 is taken)", "-1.4142"),
        (lambda x: x // 2, 4, "0 (a jump by 1: there is no derivative; 0 is taken)", "f jumps"),
        (
            lambda x: x % 2,
            4,
            "1 (a jump by -2: there is no derivative; 1 is taken)",
            "f jumps and has no derivative; 1",
        ),
        (lambda x: copysign(3, x), 0, "0 (a jump by 6: there is no derivative; 0 is taken)", "f jumps"),
        (lambda x: where(x, 1, 2), 0, "0 (a jump at this point alone: there is no derivative; 0 is taken)", "f jumps"),
    ],
)
def test_a_kink_is_named_with_its_sides_and_what_is_taken(f: Any, at: float, remark: str, closing: str) -> None:
    x = Value(at, "x")
    y = f(x)
    y.name = "f"
    assert step(y, x).partition("/∂x = ")[2] == remark
    assert derive(y, x).meaning().startswith(f"At x = {at}, f ")
    assert closing in derive(y, x).meaning()


def test_the_last_line_is_about_the_kink_of_the_whole() -> None:
    x = Value(0.0, "x")
    y = 3 * abs(x) + 2 * x
    said = "At x = 0, y has a kink: its slope is -1 below and 5 above; 2 is taken here, by the rule of abs."
    assert derive(y, x).meaning() == said
    assert derive(y, x).markdown.endswith(said)


def test_where_kinks_cancel_the_slope_is_told_that_the_rules_miss() -> None:
    x = Value(0.0, "x")
    y = relu(x) - relu(-x)
    assert derive(y, x).meaning() == (
        "At x = 0, the slope of y is 1 on both sides, where kinks cancel; 0 is taken here, by the rule of relu."
    )


def test_several_rules_are_rules() -> None:
    x = Value(0.0, "x")
    y = abs(x) + relu(x)
    assert derive(y, x).meaning().endswith("; 0 is taken here, by the rules of abs and relu.")
    z = y + maximum(x, 0)
    assert derive(z, x).meaning().endswith("by the rules of abs, relu and maximum.")


def test_a_comparison_that_has_switched_already_is_a_proviso() -> None:
    x = Value(1.0, "x")
    y = where(x > 0, 2 * x, x)
    said = ", as long as the condition of where stays as it is."
    assert derive(y, x).meaning() == f"When x rises a little, y rises 2 times as much{said}"
    assert derive(y * 0, x).meaning().endswith(f"does not move output{said}")
    assert derive(abs(y - 2), x).meaning().endswith(f"by the rule of abs{said}")
    assert "as long as" not in derive(where(x, 2 * x, x), x).meaning()


@pytest.mark.parametrize("taken", [0, 1])
def test_an_operation_on_a_branch_not_taken_is_not_blamed_for_a_kink(taken: int) -> None:
    x = Value(0.0, "x")
    v = where(taken, x, (2 - x) % 2) if taken else where(taken, (2 - x) % 2, x)
    y = minimum(v, 2 * v)
    assert "1.5 is taken here, by the rule of minimum," in derive(y, x).meaning()
    a = Value(0.0, "a")
    z = abs(where(1.0, a, x)) + relu(x)  # x does not come to abs
    assert "by the rule of relu," in derive(z, x).meaning()


def test_an_operation_that_chooses_the_branch_is_blamed_for_a_jump() -> None:
    x = Value(1.0, "x")
    y = where(x // 1, x, 5 * x)
    assert derive(y, x).meaning() == "At x = 1, y jumps and has no derivative; 1 is taken here, by the rule of //."
    assert derive(y + relu(x - 1), x).meaning().endswith("by the rules of // and relu.")


def test_the_slope_of_a_root_at_0_is_the_textbooks() -> None:
    x = Value(0.0, "x")
    assert step(sqrt(x), x) == "∂sqrt(x)/∂x = 1 ÷ (2 × y) = 1 ÷ (2 × 0) = ∞"


def test_a_kink_that_does_not_reach_y_leaves_the_last_line_as_it_is() -> None:
    x = Value(0.0, "x")
    y = x * abs(x) + 2 * x
    assert derive(y, x).meaning() == "When x rises a little, y rises 2 times as much."


def test_a_jump_is_followed_to_where_the_derivative_that_arrives_is_0() -> None:
    x = Value(0.0, "x")
    y = (x // 1) ** 2
    assert derive(y, x).meaning() == "At x = 0, y jumps and has no derivative; 0 is taken here, by the rule of //."


def test_a_kink_stands_in_the_latex_too() -> None:
    x = Value(0.0, "x")
    y = abs(x) // 1
    first, second = latex_lines(derive(y, x).latex)[3:5]
    assert first.endswith(r"0\text{ (a kink: the slope is }-1\text{ below and }1\text{ above; }0\text{ is taken)}")
    parsed(first), parsed(second)


KINKY = [abs, relu, lambda a: maximum(a, 1.0), lambda a: 2 * a, lambda a: -a, lambda a: a - 1, lambda a: a * a]
PAIRED = [lambda a, b: a + b, lambda a, b: a - b, maximum, ops.minimum, lambda a, b: a + 0.5 * b]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([*KINKY, *PAIRED])), min_size=1, max_size=6
    ),
    st.sampled_from([-1.0, 0.0, 0.5, 1.0]),
)
def test_the_last_line_says_what_a_small_step_measures(program: Any, at: float) -> None:
    def computed(x: Any) -> Any:
        values = [x]
        for i, j, f in program:
            inputs = values[i % len(values)], values[j % len(values)]
            values.append(f(*inputs) if f in PAIRED else f(inputs[0]))
        return values[-1]

    x, h = Value(at, "x"), 2.0**-24
    y = computed(x)
    below, above = ((computed(at) - computed(at - h)) / h, (computed(at + h) - computed(at)) / h)
    derivation = derive(y, x)
    sides = derivation.sides
    if sides is not None:
        assert (sides.below, sides.above) == pytest.approx((below, above), rel=1e-3, abs=1e-3)
    if derivation.meaning().startswith("When x rises"):
        assert derivation.derivative == pytest.approx(above, rel=1e-3, abs=1e-3)


# LaTeX and Markdown


def test_a_quotient_is_a_fraction() -> None:
    x = Value(3.0, "x")
    y = (x + 1) / x
    assert r"\frac{\partial \left(\frac{v_{1}}{x}\right)}{\partial x} &= \frac{-v_{1}}{x^{2}}" in derive(y, x).latex


def parsed(line: str) -> None:
    from matplotlib.mathtext import MathTextParser

    MathTextParser("path").parse(f"${line.replace('&', '')}$")


def latex_lines(latex: str) -> list[str]:
    first, *lines, last = latex.splitlines()
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    return [line.removesuffix(r" \\[6pt]") for line in lines]


def test_the_latex_is_fractions_of_partials() -> None:
    e, _, b = colah()
    lines = latex_lines(derive(e, b).latex)
    assert r"\frac{\partial \left(c \times d\right)}{\partial c} &= d = 2" in lines
    assert r"e \leftarrow c \leftarrow b: 2 \times 1 &= 2" in lines
    assert lines[-1] == r"\frac{\partial e}{\partial b} &= 2 + 3 = 5"


NAMES = ["apple_price", "x^2", "50%", "{}", "<b>bold</b>", "a$b#c", "~\\n", "a|b`c*[0]", "v1"]


@pytest.mark.parametrize("name", [*NAMES, "x_1", "a b", "$", "\\", "%", "_", "pi"])
def test_the_latex_parses_whatever_the_names(name: str) -> None:
    x = Value(0.5, name)
    y = tanh(x * -1e-7) / (x**-2 - x) + x % 2
    for line in latex_lines(derive(y, x).latex):
        assert line.count("&") <= 1
        parsed(line)
    assert not re.search("<[a-z/]", derive(y, x).markdown)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("苹果", r"\text{苹果}"),
        ("苹果_price", r"\mathrm{\text{苹果}\_price}"),
        ("größe", r"\text{größe}"),
        ("w_größe2", r"\mathrm{w\_\text{größe}2}"),
        ("λ1", r"\mathrm{λ1}"),
    ],
)
def test_letters_that_fonts_of_formulas_lack_are_set_in_the_font_of_the_text(name: str, said: str) -> None:
    x = Value(3.0, name)
    y = x * Value(2.0, "个数")
    y.name = "y"
    lines = latex_lines(derive(y, x).latex)
    assert lines[1] == rf"y &= {said} \times \text{{个数}} = 3 \times 2 = 6"
    assert lines[-1] == rf"\frac{{\partial y}}{{\partial {said}}} &= 2"
    for line in lines:
        parsed(line)


def test_an_operation_with_a_chinese_name_is_set_in_latex() -> None:
    square = function("平方", lambda x: x * x, lambda x, out, g: 2 * g * x)
    x = Value(3.0, "x")
    assert r"\operatorname{\text{平方}}\left(x\right)" in derive(square(x), x).latex


@pytest.mark.parametrize(("x", "said"), [(1e-7, r"1 \times 10^{-7}"), (-inf, r"-\infty"), (nan, r"\mathrm{nan}")])
def test_a_number_in_latex_is_none_of_a_programming_language(x: float, said: str) -> None:
    assert Latex().number(x) == said


def test_the_markdown_has_its_formulas_between_dollars() -> None:
    e, _, b = colah()
    markdown = derive(e, b).markdown
    assert markdown.startswith(r"**$\displaystyle \frac{\partial e}{\partial b}$ by the chain rule**")
    assert markdown.count("$$\n\\begin{aligned}") == markdown.count("\\end{aligned}\n$$") == 4


def test_names_steer_no_markdown() -> None:
    x = Value(0.5, "*x* <b>")
    y = x * x
    y.name = "y"
    assert "When &#42;x&#42; &#60;b&#62; rises a little, y rises just as much." in derive(y, x).markdown


def test_a_notebook_shows_formulas_and_a_terminal_text() -> None:
    e, _, b = colah()
    assert derive(e, b)._repr_markdown_() == derive(e, b).markdown
    assert repr(derive(e, b)) == derive(e, b).text
    assert exercise(e)._repr_markdown_() == exercise(e).markdown


def test_a_terminal_without_the_signs_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    e, _, b = colah()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert "d(c * d)/dc = d = 2" in repr(derive(e, b))
    assert "e <- c <- b: 2 * 1 = 2" in repr(derive(e, b))
    assert "1 / sqrt(1 - a^2)" in repr(derive(ops.asin(a := Value(0.5, "a")), a))


# the exercise


def sheet() -> Exercise:
    return exercise(colah()[0])


def said(answers: Any, y: Value | None = None) -> list[str]:
    """What is said of each answer, after its symbol."""
    checked = (sheet() if y is None else exercise(y)).check(answers)
    return [line.partition(": ")[2] for line in checked.lines]


def test_every_derivative_of_a_step_and_of_the_whole_is_a_blank() -> None:
    assert [blank.symbol(TEXT) for blank in sheet().blanks] == [
        *("∂(c × d)/∂c", "∂(c × d)/∂d", "∂(b + 1)/∂b", "∂(a + b)/∂a", "∂(a + b)/∂b"),
        *("∂e/∂d", "∂e/∂c", "∂e/∂b", "∂e/∂a"),
    ]
    assert str(sheet()).count(" = ____") == 9


def test_the_solution_is_right() -> None:
    answers = [line.rpartition(" = ")[2] for line in sheet().solution.splitlines() if re.match(r" +\d", line)]
    assert answers == ["2", "3", "1", "1", "1", "3", "2", "5", "2"]
    assert sheet().check(answers).all_right


def test_answers_go_by_name_by_number_by_symbol_or_in_order() -> None:
    checked = sheet().check({"b": 5, 1: 2, "∂(c × d)/∂d": 3, "de/da": 2})
    assert (checked.right, checked.wrong, checked.all_right) == (4, 0, True)
    assert sheet().check([2, None, None, 1]).right == 2


def test_answers_may_be_rounded_to_three_digits_and_no_further() -> None:
    x = Value(3.0, "x")
    assert said({"x": 0.333}, 1 / Value(3.0, "u") * x) == ["right"]
    assert said({"x": "1/3"}, 1 / Value(3.0, "u") * x) == ["right"]
    assert said({"x": "1 ÷ u"}, 1 / Value(3.0, "u") * x) == ["right"]
    assert said({"x": 0.34}, 1 / Value(3.0, "u") * x) != ["right"]


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        *[("2.5", 2.5), ("1/4", 0.25), ("−3", -3), ("∞", inf), ("-inf", -inf), (Value(2), 2), (True, 1)],
        *[("3*4", 12), ("2/3", 2 / 3), ("-1/2", -0.5), ("1e-3", 0.001), ("3 × 4", 12), ("2**3", 8), ("2^3", 8)],
        *[("3²", 9), ("-2⁻²", -0.25), ("1 ÷ (2 × 4)", 0.125), ("exp(0)", 1), ("pi", math.pi), ("d × 2", 4), ("e", 6)],
    ],
)
def test_an_answer_is_a_number_or_arithmetic_as_text(answer: Any, number: float) -> None:
    assert number_meant(answer, {"d": 2.0, "e": 6.0}) == number


@pytest.mark.parametrize(
    "answer",
    [
        *("five", "1/0", "9**9**9**9", "10**400", "(-8)**0.5", "2 +", "2x", "x.data", "[1]", "__import__('os')"),
        *("(" * 5000 + "1" + ")" * 5000, "1+" * 20_000 + "1", "9" * 5000 + "+1", "1; 2", "lambda: 1", "'5'", "\x00"),
        *([], [5], {"x": 1}, 1j, b"5"),
    ],
    ids=lambda answer: f"{answer!r:.20}",
)
def test_what_is_no_number_is_told_so(answer: Any) -> None:
    (line,) = sheet().check({"b": answer}).lines
    assert line.startswith("∂e/∂b = ")
    forms = "2.5, '2/3', '3 * 4', 'inf' or 'nan', or arithmetic with the names on the sheet"
    assert line.endswith(f": this is no number; write it as {forms}")


@pytest.mark.parametrize("answer", ["1,5", " -0,25", "1,000,000"])
def test_a_decimal_comma_is_told_to_be_a_point(answer: str) -> None:
    assert said({"b": answer}) == ["a number is written with a point and without commas, as in 2.5"]


def test_an_answer_may_speak_of_an_entry_of_a_dict() -> None:
    price, n = {"apple": Value(100)}, Value(2)
    y = price["apple"] * n
    assert exercise(y).check({"n": "price['apple']", "price['apple']": "1 × n"}).all_right


def test_one_value_that_is_left_out_is_one_value() -> None:
    y = x = Value(1.0, "x")
    while "… 1 more value\n" not in derive(y, x).text:
        assert "… 1 more values" not in derive(y, x).text
        assert "… 2 more values" not in derive(y, x).text
        y = y * 1.1


def test_an_answer_may_speak_of_indexed_names_as_the_sheet_does() -> None:
    o, x, w = Value(0.5, "o"), Value(2.0, "xs[0]"), Value(3.0, "w[1][0]")
    y = (1 - o**2) * x * w
    assert said({"w[1][0]": "(1 - o**2) * xs[0]", "xs[0]": "(1 − o²) × w[1][0]"}, y) == ["right", "right"]
    assert "with the names on the sheet" in said({"xs[0]": "w[0][1]"}, y)[0]


def test_a_name_that_the_sheet_cuts_or_escapes_is_a_key_too() -> None:
    lines, long = Value(2.0, "a\nb"), Value(3.0, "n" * 50)
    assert said({"a\nb": 3, "n" * 50: 2}, lines * long) == ["right", "right"]
    with pytest.raises(ValueError, match="there is no blank 'nnn"):
        said({"n" * 50: 1}, long * Value(1.0, "n" * 50))  # which of the two?


def test_nan_is_right_only_where_the_derivative_is_nan() -> None:
    x = Value(0.0, "x")
    assert said({"x": nan}, sqrt(x * x)) == ["right"]
    assert said({"b": nan}) == ["no, it is ∂e/∂c × ∂(a + b)/∂b + ∂e/∂d × ∂(b + 1)/∂b"]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"b": -5}, "no, the sign is the other way round"),
        ({"b": 2}, "no, that is only what comes through c; what comes through d is to be added"),
        ({"b": 3}, "no, that is only what comes through d; what comes through c is to be added"),
        ({"b": 6}, "no, what comes along several paths is to be added, not multiplied"),
        ({4: 1, "a": 1}, "no, that is ∂(a + b)/∂a alone: multiply it by what arrives there, ∂e/∂c"),
        ({"a": 1}, "no, that is this step's own derivative alone: multiply it by what arrives"),
        ({"a": 3}, "no, ∂e/∂c and ∂(a + b)/∂a are to be multiplied, not added"),
        ({"c": 6}, "no, that is the value of e, not a derivative"),
        ({"a": 0.5}, "no, that is one divided by it: the fraction is upside down"),
        ({"a": 0}, "no, 0 would mean that e does not move when a does"),
        ({"a": 77}, "no, it is ∂e/∂c × ∂(a + b)/∂a"),
        ({1: -2}, "no, the sign is the other way round"),
        ({5: 0}, "no, 0 would mean that c does not move when b does"),
        ({4: 2}, "no, that is the value of a, not a derivative"),
        ({5: 77}, "no, hold the other inputs still, and ask how much c moves when b does"),
    ],
)
def test_a_wrong_answer_is_told_its_reason(answers: Any, reason: str) -> None:
    assert said(answers)[-1] == reason


def test_what_arrives_is_named_where_its_blank_is_answered() -> None:
    d, a = Value(2.0, "d"), Value(3.0, "a")
    y = (d * 2 + a) * a
    assert said({"d": 3}, y) == ["no, that is what arrives alone: multiply it by this step's own derivative"]
    assert said({"v1": 3, "d": 3}, y)[1] == (
        "no, that is what arrives, ∂y/∂v1: multiply it by the step's own derivative, ∂(d × 2)/∂d"
    )


def test_the_share_of_the_last_step_is_named_where_its_blank_is_answered() -> None:
    d, a = Value(2.0, "d"), Value(3.0, "a")
    y = (d + a) * a
    assert said({"a": 5}, y) == ["no, what comes through v1 is missing"]
    assert (
        said({2: 5, "a": 5}, y)[1]
        == "no, that is only what comes straight from y; what comes through v1 is to be added"
    )


def test_the_derivative_of_the_whole_by_itself_is_no_factor_worth_naming() -> None:
    d, a = Value(2.0, "d"), Value(3.0, "a")
    y = d * a
    assert said({"d": 77}, y) == ["no, it is ∂(d × a)/∂d"]
    z = d * a + d
    assert said({"d": 77}, z) == ["no, it is ∂y/∂v1 × ∂(d × a)/∂d + ∂(v1 + d)/∂d"]
    assert said({"d": 4}, d * a * 5 + d)[0].endswith("each is still to be multiplied by what arrives there, ∂y/∂v1")


def test_swapped_answers_are_told_so() -> None:
    assert said({"d": 2, "c": 3}) == [
        "no, that is ∂e/∂c: the inputs are swapped",
        "no, that is ∂e/∂d: the inputs are swapped",
    ]
    assert said({1: 3, 2: 2})[0] == "no, that is the derivative by d, the other input"
    assert said({5: 5, "b": 5})[0] == "no, that is ∂e/∂b, of the whole; here only this one step is asked for"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"a": 5}, "no, it is ∂e/∂c × ∂(a + b)/∂a"),
        ({"c": 3}, "no, that is the value of c, not a derivative"),
        ({1: 3}, "no, that is the value of c, not a derivative"),
        ({5: 5}, "no, hold the other inputs still, and ask how much c moves when b does"),
    ],
)
def test_the_right_number_of_another_blank_is_not_given_away_while_it_is_open(answers: Any, reason: str) -> None:
    assert said(answers) == [reason]


def test_a_step_to_the_value_0_is_asked_for_itself() -> None:
    a = Value(2.0, "a")
    z = (a - 2) * 3
    assert exercise(z).check([3, 1, 3, 3]).all_right
    assert said({2: 4}, z) == ["no, hold the other inputs still, and ask how much v1 moves when a does"]


def kinked() -> Value:
    x = Value(0.0, "x")
    return (3 * abs(x) + 2 * x) * 1.0


@pytest.mark.parametrize("answer", [-1, 1, 0.5, nan])
def test_at_a_kink_the_slopes_of_the_sides_are_no_mistake(answer: float) -> None:
    assert said({"∂abs(x)/∂x": answer}, kinked()) == [
        "no, at this kink the slope is -1 on the left and 1 on the right; "
        "what is asked for is the slope nearest 0 between those of its sides"
    ]


@pytest.mark.parametrize("answer", [-1, 5, nan])
def test_nor_are_those_of_the_whole(answer: float) -> None:
    assert said({"x": answer}, kinked()) == [
        "no, at this point the slope is -1 on the left and 5 on the right; take at each step what is taken at its kink"
    ]


def test_elsewhere_beside_a_kink_a_mistake_is_a_mistake() -> None:
    assert said({"∂abs(x)/∂x": 7}, kinked())[0].startswith("no, hold the other inputs still")
    assert said({"x": 77}, kinked())[0].startswith("no, it is ∂y/∂v1 × ∂abs(x)/∂x + ")


@pytest.mark.parametrize(
    ("f", "hint"),
    [
        (abs, "at a kink, the slope nearest 0 between those of its sides"),
        (lambda x: maximum(x, 0), "at a tie, the slope midway between those of its sides"),
        (lambda x: x // 1, "at a jump, the slope beside it"),
    ],
)
def test_the_sheet_says_that_there_is_a_kink_and_which_number_is_asked_for(f: Any, hint: str) -> None:
    sheet = exercise(f(Value(0.0, "x")))
    assert f"= ____ ({hint})" in str(sheet)
    assert f"| ({hint}) |" in sheet.markdown
    assert "is taken)" in sheet.solution


def test_at_a_jump_there_is_no_derivative() -> None:
    assert said({1: inf}, Value(4.0, "x") // 2) == [
        "no, at this point there is a jump, and no derivative; what is asked for is the slope beside it"
    ]


def test_the_same_input_twice_is_two_shares() -> None:
    assert said({1: 3}, (x := Value(3.0, "x")) * x) == ["no, x is an input more than once: each place adds its share"]
    a = Value(2.0, "a")
    assert said({"a": 0.5}, maximum(a, a)) == ["no, a is an input more than once: each place adds its share"]


def test_what_follows_from_an_earlier_mistake_is_told_apart() -> None:
    assert said({"c": 4, "a": 4})[1] == "no, but it follows from your ∂e/∂c: set that right first"
    assert said({1: 4, "c": 2, 4: 3, "a": 6})[3] == "no, but it follows from your ∂(a + b)/∂a: set that right first"
    assert said({"d": 2, "c": 4, "b": 6})[2] == "no, but it follows from your ∂e/∂c and ∂e/∂d: set these right first"


def test_a_right_answer_is_not_blamed_for_what_follows() -> None:
    x = Value(0.0, "x")
    y = abs(x) * 3 + relu(x)
    assert said([1] * 9, y)[7] == "no, but it follows from your ∂(v1 × 3)/∂v1: set that right first"


def test_a_wrong_answer_is_not_told_the_right_one() -> None:
    assert not any(re.search(r"\b5\b", line) for line in said({"b": 77}))


def test_a_blank_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no blank 'z': blanks go by their numbers, 1 to 9, or .* d, c, b, a"):
        sheet().check({"z": 1})
    with pytest.raises(ValueError, match="10 answers for 9 blanks"):
        sheet().check(range(10))
    with pytest.raises(TypeError, match=r"answers by name, as in \{'x': 2\.5\}"):
        sheet().check("5")


def test_a_blank_goes_by_its_value_too_and_is_answered_once() -> None:
    e, a, _ = colah()
    assert exercise(e).check({a: 2}).all_right
    with pytest.raises(ValueError, match="two answers for blank 9, ∂e/∂a"):
        exercise(e).check({a: 2, "a": 3})


@pytest.mark.parametrize("answers", [{}, [], [None], {"a": None, "b": " "}])
def test_nothing_answered_is_not_all_right(answers: Any) -> None:
    checked = sheet().check(answers)
    assert (str(checked), checked.all_right, checked.wrong) == ("nothing answered yet", False, 0)


def test_the_count_of_right_answers_comes_first() -> None:
    assert str(sheet().check({"a": 2, "b": 5})).splitlines()[0] == "2 blanks answered, all right"
    assert str(sheet().check({"a": 1})).splitlines() == [
        "1 blank answered, none of them right",
        "  ∂e/∂a = 1: no, that is this step's own derivative alone: multiply it by what arrives",
    ]


def test_the_markdown_of_an_exercise_is_tables_of_even_width() -> None:
    rows = [line for line in sheet().markdown.splitlines() if line.startswith("|")]
    tables = [[line.count("|") for line in rows[k : k + 2]] for k, line in enumerate(rows) if set(line) <= set("|:- ")]
    assert len(tables) == 3
    assert all(len(set(pair)) == 1 for pair in tables)
    assert r"| 1 | $\displaystyle \frac{\partial \left(c \times d\right)}{\partial c}$ |  |" in rows


def test_two_exercises_of_one_value_are_the_same() -> None:
    e = colah()[0]
    assert (exercise(e).text, exercise(e).markdown) == (exercise(e).text, exercise(e).markdown)
