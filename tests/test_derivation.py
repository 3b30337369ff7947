"""The chain rule written out, and as an exercise: the facts of its text, its LaTeX, its numbers, its corrections."""

from __future__ import annotations

import math
import re
import sys
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import Value, exp, function, maximum, ops, relu, sin, sqrt, tanh, where
from micrograd_like.derivation import Derivation, Exercise, derive, exercise
from micrograd_like.derivation.chain import Chain
from micrograd_like.derivation.formulas import Term, slope_formula
from micrograd_like.derivation.notation import TEXT, Latex, written
from micrograd_like.derivation.questions import as_number
from micrograd_like.operation import OPS


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
    assert "x = 3" in str(derive(y, x))
    assert derive(y, x).derivative == 6


def test_no_grad_is_written() -> None:
    e, _, b = colah()
    str(derive(e, b)), str(exercise(e))
    assert (e.grad, b.grad) == (0.0, 0.0)


def test_a_value_that_is_not_in_the_graph_has_the_derivative_0_and_is_sent_to_why() -> None:
    x, stranger = Value(1.0, "x"), Value(2.0, "stranger")
    y = x * 2
    text = str(derive(y, stranger))
    assert "y was not computed from stranger; why(stranger, y) looks for the reason:\n  ∂y/∂stranger = 0" in text


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
    assert lines_of(derive(y, x), "Add up") == ["∂y/∂x = 0 + 1 = 1"]


def test_where_floats_round_the_sum_away_the_derivation_says_what_it_would_be() -> None:
    x = Value(1.0, "x")
    y = x * 1e17 + x * 3 + x * -1e17
    assert lines_of(derive(y, x), "Add up") == ["∂y/∂x = 1e17 + 3 + (-1e17) = 0", "without rounding = 3"]


def test_an_exercise_needs_something_computed() -> None:
    with pytest.raises(ValueError, match="x is an input, and its derivative by itself is 1: compute something from it"):
        exercise(Value(3, "x"))


def test_values_of_one_name_are_told_apart() -> None:
    w = [Value(k, "w") for k in (2, 3, 5)]
    chain = Chain(w[0] * w[1] * w[2], {})
    assert list(chain.names.values()) == ["w", "w_2", "v1", "w_3", "output"]


def test_what_is_no_value_is_refused_in_a_sentence() -> None:
    with pytest.raises(TypeError, match=r"not of 3\.0: make the inputs Values, as in Value\(100\)"):
        derive(3.0, Value(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"not \[1\]: make the inputs Values"):
        exercise([1])  # type: ignore[arg-type]


# the steps' own derivatives


@pytest.mark.parametrize(
    ("said", "y"),
    [
        ("∂(x × x)/∂x = x + x = 3 + 3 = 6", lambda x: x * x),
        ("∂(x − x)/∂x = 1 + (-1) = 0", lambda x: x - x),
        ("∂(x²)/∂x = 2 × x = 2 × 3 = 6", lambda x: x**2),
        ("∂(x³)/∂x = 3 × x² = 3 × 3² = 27", lambda x: x**3),
        ("∂(2 ÷ x)/∂x = −y ÷ x = −0.66667 ÷ 3 = -0.22222", lambda x: 2 / x),
        ("∂(−x)/∂x = -1", lambda x: -x),
        ("∂tanh(x)/∂x = (1 ÷ cosh(x))² = (1 ÷ cosh(3))² = 0.009866", tanh),
        ("∂sqrt(x)/∂x = 1 ÷ (2 × abs(y)) = 1 ÷ (2 × abs(1.7321)) = 0.28868", sqrt),
        ("∂relu(x)/∂x = 1", relu),
        ("∂maximum(x, 7)/∂x = 0", lambda x: maximum(x, 7.0)),
        ("∂maximum(x, x)/∂x = 0.5 + 0.5 = 1", lambda x: maximum(x, x)),
    ],
)
def test_the_derivative_of_a_step_is_its_rule_as_a_formula_then_numbers(said: str, y: Any) -> None:
    x = Value(3.0)
    assert step(y(x), x) == said


def value_of(term: Any) -> float:
    """What a formula comes to."""
    if isinstance(term, Term):
        return float(term.op.value(*map(value_of, term.inputs)))
    return term._out if isinstance(term, Value) else float(term)


@pytest.mark.parametrize("name", [name for name in ops.PUBLIC if OPS[name].rule and OPS[name].arity != 0])
def test_the_formula_of_every_row_comes_to_the_number_of_its_rule(name: str) -> None:
    op = OPS[name]
    inputs = [Value(x) for x in op.at]
    y = Value.record(op, *inputs)
    numbers = y._backward(1.0)
    formulas = [slope_formula(y, k) for k in range(len(inputs))]
    known = [(value_of(f), x) for f, x in zip(formulas, numbers, strict=True) if f is not None and x is not None]
    assert known
    assert [a for a, _ in known] == pytest.approx([b for _, b in known], rel=1e-13)


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
        return written(Term(OPS[op], (a, b)), TEXT, lambda v: str(v.name))

    total = Term(OPS["add"], (x, y))
    assert formula("mul", total, z) == "(x + y) × z"
    assert formula("sub", z, total) == "z − (x + y)"
    assert formula("add", z, total) == "z + x + y"
    assert formula("truediv", z, Term(OPS["mul"], (x, y))) == "z ÷ (x × y)"
    assert formula("pow_const", total, 2.0) == "(x + y)²"


# LaTeX and Markdown


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


@pytest.mark.parametrize("name", ["apple_price", "x^2", "50%", "{}", "<b>bold</b>", "a$b#c", "~\\n", "a|b`c*[0]", "v1"])
def test_the_latex_parses_whatever_the_names(name: str) -> None:
    x = Value(0.5, name)
    y = tanh(x * -1e-7) / (x**-2 - x) + x % 2
    for line in latex_lines(derive(y, x).latex):
        assert line.count("&") <= 1
        parsed(line)
    assert not re.search("<[a-z/]", derive(y, x).markdown)


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
    bundle = derive(e, b)._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == derive(e, b).text
    assert bundle["text/latex"] == f"$$\n{derive(e, b).latex}\n$$"
    assert set(exercise(e)._repr_mimebundle_()) == {"text/plain", "text/markdown"}


def test_a_terminal_without_the_signs_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    e, _, b = colah()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert "d(c * d)/dc = d = 2" in repr(derive(e, b))
    assert "e <- c <- b: 2 * 1 = 2" in repr(derive(e, b))


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
    assert said({"x": 0.34}, 1 / Value(3.0, "u") * x) != ["right"]


@pytest.mark.parametrize(
    ("answer", "number"),
    [("2.5", 2.5), ("1/4", 0.25), ("−3", -3), ("∞", inf), (Value(2), 2), ("1/0", None), ([], None)],
)
def test_an_answer_is_a_number_or_text_of_one(answer: Any, number: float | None) -> None:
    assert as_number(answer) == number


def test_what_is_no_number_is_told_so() -> None:
    assert said({"b": "five"}) == ["this is no number; write it as 2.5, '1/3', 'inf' or 'nan'"]


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
        ({"a": 1}, "no, that is ∂(a + b)/∂a alone: multiply it by what arrives there, ∂e/∂c"),
        ({"a": 3}, "no, ∂e/∂c and ∂(a + b)/∂a are to be multiplied, not added"),
        ({"a": 5}, "no, that is ∂e/∂b: the inputs are swapped"),
        ({"c": 3}, "no, that is ∂e/∂d: the inputs are swapped"),
        ({"c": 6}, "no, that is the value of e, not a derivative"),
        ({"a": 0.5}, "no, that is one divided by it: the fraction is upside down"),
        ({"a": 0}, "no, 0 would mean that e does not move when a does"),
        ({"a": 77}, "no, it is ∂e/∂c × ∂(a + b)/∂a"),
        ({1: 3}, "no, that is the derivative by d, the other input"),
        ({1: -2}, "no, the sign is the other way round"),
        ({5: 0}, "no, 0 would mean that c does not move when b does"),
        ({4: 2}, "no, that is the value of a, not a derivative"),
        ({5: 5}, "no, that is ∂e/∂b, of the whole; here only this one step is asked for"),
        ({5: 77}, "no, hold the other inputs still, and ask how much c moves when b does"),
    ],
)
def test_a_wrong_answer_is_told_its_reason(answers: Any, reason: str) -> None:
    assert said(answers) == [reason]


def test_the_same_input_twice_is_two_shares() -> None:
    assert said({1: 3}, (x := Value(3.0, "x")) * x) == ["no, x is an input more than once: each place adds its share"]


def test_what_follows_from_an_earlier_mistake_is_told_apart() -> None:
    assert said({"c": 4, "a": 4})[1] == "no, but it follows from your ∂e/∂c: set that right first"


def test_a_wrong_answer_is_not_told_the_right_one() -> None:
    assert not any(re.search(r"\b5\b", line) for line in said({"b": 77}))


def test_a_blank_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no blank 'z': blanks go by their numbers, 1 to 9, or .* d, c, b, a"):
        sheet().check({"z": 1})
    with pytest.raises(ValueError, match="10 answers for 9 blanks"):
        sheet().check(range(10))
    with pytest.raises(TypeError, match=r"answers by name, as in \{'x': 2\.5\}"):
        sheet().check("5")


def test_the_count_of_right_answers_comes_first() -> None:
    assert str(sheet().check({"a": 2, "b": 5})).splitlines()[0] == "2 blanks answered, all right"
    assert str(sheet().check({"a": 1})).splitlines() == [
        "1 blank answered, none of them right",
        "  ∂e/∂a = 1: no, that is ∂(a + b)/∂a alone: multiply it by what arrives there, ∂e/∂c",
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
