"""Facts about expressions: what is computed, what is refused and where, and that nothing else is ever executed."""

from __future__ import annotations

import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_like
from micrograd_like import Value, draw
from micrograd_like.errors import ExpressionError
from micrograd_like.words.expression import CALLABLE, LONGEST_TEXT, Expression


def value(text: str, **inputs: float) -> Value:
    return Expression(text).value(inputs)


def refusal(text: str, **inputs: float) -> list[str]:
    """The sentence of the error, and the lines that point at the place."""
    with pytest.raises(ExpressionError) as caught:
        value(text, **inputs)
    return str(caught.value).split("\n")


def outcome(text: str, **inputs: float) -> str:
    """The answer, or the error; anything but an ExpressionError comes through."""
    try:
        return repr(value(text, **inputs))
    except ExpressionError as error:
        return str(error)


def pointed_at(text: str, **inputs: float) -> str:
    """What stands above the carets of the error."""
    _, line, carets = refusal(text, **inputs)
    return line[carets.index("^") : len(carets)]


# what is computed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 + 2 * 3 - 4 / 8", 6.5),
        ("-7 // 2 + -7 % 3 - +1", -3.0),
        ("2 ** 3 ** 2 - -2 ** 2", 516.0),
        ("1 < 2 < 3", 1.0),
        ("1 < 3 < 2", 0.0),
        ("(1 == 1) + (1 != 1) + (2 >= 2) + (2 <= 1)", 2.0),
        ("2 and 0 or 5", 5.0),
        ("not 2", 0.0),
        ("3 if 0 else 4", 4.0),
        ("True + True", 2.0),
        ("max(1, 3, 2) + min(4, 5) + abs(-6) + pow(2, 3)", 21.0),
        ("log(8, 2) + log(e)", 4.0),
        ("sin(pi / 2) + cos(tau)", 2.0),
        ("-inf", -math.inf),
        ("leaky_relu(-1) + leaky_relu(-1, 0.5)", -0.51),
        ("where(1 < 2, 10, 20) + hypot(3, 4)", 15.0),
        ("0x10 + 1_000 + 1e3", 2016.0),
        (" \t(1 +\n 2)  # a comment", 3.0),
    ],
)
def test_arithmetic_is_that_of_python_on_floats(text: str, number: float) -> None:
    assert value(text).data == number


def test_names_are_values_and_the_graph_is_the_one_that_was_written() -> None:
    output = value("apple * n * 1.1", apple=100, n=2)
    output.backward()
    inner, tax = output.parents
    assert (tax, inner.op.name, [x.name for x in inner.parents]) == (1.1, "mul", ["apple", "n"])
    assert [x.grad for x in inner.parents] == [2.2, 110.00000000000001]


def test_a_name_used_twice_is_one_value() -> None:
    a, b = value("x * x", x=3).parents
    assert a is b


def test_assigned_names_name_their_values_and_the_last_statement_is_the_answer() -> None:
    total = value("price = apple * n; total = price * tax", apple=100, n=2, tax=1.5)
    assert (total.name, total.data, total.parents[0].name) == ("total", 300.0, "price")


def test_statements_may_stand_on_indented_lines() -> None:
    assert value("\n    a = x * 2\n    a + 1\n", x=3).data == 7.0


def test_an_assigned_number_is_an_input() -> None:
    output = value("x = 3; x * x")
    output.backward()
    assert (output.parents[0].name, output.parents[0].grad) == ("x", 6.0)


def test_an_answer_without_a_name_is_the_output() -> None:
    assert value("x + 1", x=1).name == "output"
    assert value("output + 1", output=1).name == "output_"
    assert value("x", x=1).name == "x"


def test_a_second_name_for_a_value_does_not_replace_the_first() -> None:
    assert [x.name for x in value("m = max(a, b); m * c", a=1, b=2, c=3).parents] == ["b", "c"]


def test_the_users_name_wins_over_a_constant_and_over_a_function_that_is_not_called() -> None:
    assert value("e * 2", e=10).data == 20.0
    assert value("exp * exp(0)", exp=7).data == 7.0
    assert value("e = 2 * x; e + 1", x=1).data == 3.0


def test_names_are_those_that_must_be_given() -> None:
    assert Expression("a = x * x; a + exp(y) + pi").names == {"x", "y", "pi"}
    assert Expression("a = a + 1; a").names == {"a"}


def test_a_name_in_two_forms_of_unicode_is_one_name() -> None:
    assert Expression("ﬁ + fi").names == {"fi"}


def test_only_the_chosen_branch_is_computed() -> None:
    assert value("log(x) if x > 0 else -x", x=-2).data == 2.0
    assert value("x < 0 or 1 / 0", x=-2).data == 1.0
    assert value("x > 0 and 1 / 0", x=-2).data == 0.0
    assert value("2 < x < 1 / 0", x=1).data == 0.0


def test_the_functions_are_those_that_the_package_offers() -> None:
    offered = set(micrograd_like.__all__) | set(dir(micrograd_like.math)) | {"abs", "max", "min"}
    assert set(CALLABLE) <= offered
    assert {"exp", "log", "tanh", "relu", "sigmoid", "where", "maximum", "atan2"} <= set(CALLABLE)


# errors of arithmetic


def test_an_error_names_the_operation_and_its_operands_and_points_at_it() -> None:
    sentence, line, carets = refusal("1 + log(x) * 2", x=-1)
    assert sentence == "log(x): math domain error at x = -1.0"
    assert (line, carets) == ("    1 + log(x) * 2", "        ^^^^^^")


def test_operands_without_a_name_are_called_what_the_expression_calls_them() -> None:
    assert refusal("log(x - 3)", x=2)[0] == "log(x - 3): math domain error at x - 3 = -1.0"
    assert refusal("y / (x - x)", x=2, y=1)[0].startswith("y / (x - x): ")


def test_plain_numbers_fail_as_values_do() -> None:
    assert refusal("1 + log(0 - 1)")[0] == "log(0 - 1): math domain error"
    assert pointed_at("2 + 1 / 0") == "1 / 0"
    assert refusal("(-8) ** (1 / 3)")[0] == refusal("pow(x, 1 / 3)", x=-8)[0].partition(" at ")[0].replace(
        "x ** 0.3333333333333333", "(-8) ** (1 / 3)"
    )


def test_a_tower_of_powers_overflows_at_once() -> None:
    assert refusal("9**9**9")[0].startswith("9**9**9: ")
    assert refusal("x**9**9", x=9)[0].startswith("x ** 387420489.0: ")


def test_no_number_is_ever_an_int() -> None:
    two = "((not 0) + (not 0))"
    assert refusal("**".join([two] * 5))[0].startswith(f"{two}**")


# what is refused


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        ("1 + (lambda: 1)", "a lambda", "lambda: 1"),
        ("x.real", "an attribute", "x.real"),
        ("x[0]", "a subscript", "x[0]"),
        ("[1, 2]", "a list", "[1, 2]"),
        ("1, 2", "a tuple", "1, 2"),
        ("{1}", "a set", "{1}"),
        ("{1: 2}", "a dict", "{1: 2}"),
        ("[i for i in x]", "a comprehension", "[i for i in x]"),
        ("max(i for i in x)", "max takes at least 2 arguments by place, not 1", "max(i for i in x)"),
        ("(y := 3)", "an assignment inside an expression", "y := 3"),
        ("max(*x, 2)", "a starred argument", "*x"),
        ("f'{x}'", "an f-string", "f'{x}'"),
        ("'a' * 3", "a constant that is not a real number", "'a'"),
        ("2j + 1", "a constant that is not a real number", "2j"),
        ("None", "a constant that is not a real number", "None"),
        ("x if x in x else 2", "the operator here", "x in x"),
        ("x is 3", "the operator here", "x is 3"),
        ("1 + x @ x", "the operator here", "x @ x"),
        ("~x", "the operator here", "~x"),
        ("x ^ 2", "the operator here is not evaluated; a power is written x ** 2", "x ^ 2"),
        ("await x", "this", "await x"),
        ("2x", "this is not an expression: invalid decimal literal; a product has a *, as in 2 * x", "2"),
        ("eval(x)", "there is no function 'eval'", "eval"),
        ("__import__('os')", "there is no function '__import__'", "__import__"),
        ("tanhh(x)", "there is no function 'tanhh': did you mean 'tanh'?", "tanhh"),
        ("2 * 3(x)", "only functions such as log(x) are called; a product has a *", "3(x)"),
        ("exp()", "exp takes 1 argument by place, not 0", "exp()"),
        ("atan2(x)", "atan2 takes 2 arguments by place, not 1", "atan2(x)"),
        ("leaky_relu(1, 2, 3)", "leaky_relu takes 1 or 2 arguments by place, not 3", "leaky_relu(1, 2, 3)"),
        ("exp(x=1)", "exp takes 1 argument by place, not one by its name", "exp(x=1)"),
        ("exp(**x)", "exp takes 1 argument by place, not one by its name", "exp(**x)"),
        ("1e400", "this number is beyond the largest float", "1e400"),
        ("2 * 1" + "0" * 400, "this number is beyond the largest float", "1" + "0" * 71),
        ("import os", "this statement is not evaluated", "import os"),
        ("x += 1", "this statement is not evaluated", "x += 1"),
        ("a = b = 1", "this statement is not evaluated", "a = b = 1"),
        ("a, b = 1, 2", "this statement is not evaluated", "a, b = 1, 2"),
        ("x; y", "this result is lost", "x"),
        ("a = 1; x.real; a", "this result is lost", "x.real"),
    ],
)
def test_anything_else_is_refused_in_one_sentence_with_its_place(text: str, what: str, place: str) -> None:
    assert refusal(text, x=1, y=1)[0].startswith(what)
    assert pointed_at(text, x=1, y=1) == place


def test_nothing_is_executed_before_all_of_it_has_been_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CALLABLE, "exp", (lambda _: pytest.fail("exp was called"), 1, 1))
    refusal("a = exp(1); (lambda: 1)()")
    refusal("a = exp(1) + unknown")


def test_an_unknown_name_gets_a_suggestion() -> None:
    assert refusal("appel * n", apple=1, n=2)[0] == "'appel' has no value: did you mean 'apple'?"
    assert refusal("apple * tax", apple=1)[0] == "'tax' has no value: give it one, as in tax=2"
    assert refusal("2 * log", x=1)[0] == "log is a function: call it, as in log(...)"


def test_an_unknown_name_is_an_error_in_the_other_branch_too() -> None:
    assert pointed_at("x if x else y", x=1) == "y"


def test_the_first_unknown_name_is_reported() -> None:
    assert pointed_at("first * second * third") == "first"


def test_a_name_has_one_value() -> None:
    assert refusal("x = 2; x", x=1)[0] == "'x' has a value already: choose another name for this one"
    assert refusal("a = 1; a = 2") == [
        "'a' has a value already: choose another name for this one",
        "    a = 1; a = 2",
        "           ^",
    ]


# places


def test_carets_stand_under_the_place_also_after_wide_letters_and_accents() -> None:
    assert refusal("日本 + y", 日本=1)[1:] == ["    日本 + y", "           ^"]
    assert refusal("e\u0301 + y", é=1)[2] == "        ^"


def test_the_line_with_the_error_is_shown() -> None:
    assert refusal("a = 1\nb = a + c\nb")[1:] == ["    b = a + c", "            ^"]


def test_a_place_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    assert refusal("2 + [1,\n 2]")[1:] == ["    2 + [1,", "        ^^^"]


def test_a_long_line_is_shown_around_the_place_only() -> None:
    sentence, line, carets = refusal("1 + " * 500 + "y" + " + 1" * 500)
    assert (line[:7], line[-3:], len(line)) == ("    ...", "...", 86)
    assert (line[carets.index("^")], sentence) == ("y", "'y' has no value: give it one, as in y=2")


# text that is no expression


@pytest.mark.parametrize(
    ("text", "column"),
    [("(apple", 0), ("2 +", 3), ("x x", 0), ("2x", 0), ("'abc", 0), ("x\\", 1), ("if", 2), ("a\n  b", 0), ("x ? y", 2)],
)
def test_a_syntax_error_is_one_sentence_with_carets(text: str, column: int) -> None:
    sentence, _, carets = refusal(text)
    assert sentence.startswith("this is not an expression: ")
    assert carets.index("^") >= 4 + column


@pytest.mark.parametrize("text", ["", " \n\t", "# only a comment"])
def test_an_empty_expression_is_an_error(text: str) -> None:
    assert refusal(text) == ["there is no expression: write one, such as 'apple * n * tax'"]


@pytest.mark.parametrize("character", ["\0", "\udcff", "\u200b", "\x1b", "\ufeff", "\x0c", "\xa0"])
def test_a_character_that_nobody_sees_is_pointed_at(character: str) -> None:
    assert refusal(f"x +{character} 1") == [
        f"the character {character!a} has no place in an expression",
        "    x +  1",
        "       ^",
    ]


def test_a_sum_of_two_thousand_terms_is_added_up() -> None:
    assert value("+".join(["x"] * 2000), x=1.5).data == 3000.0


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4000 + "1" + ")" * 4000,
        "-" * 9999 + "1",
        "not " * 2400 + "1",
        "+".join(["1"] * 5000),
        "**".join(["1"] * 3000),
        "1 if 1 else " * 800 + "1",
        "lambda:" * 1400 + "1",
        "exp(" * 2000 + "1" + ")" * 2000,
        "x" + ".x" * 4990,
        "x" + "()" * 4990,
        "[" * 9999,
        "f'{" * 3000,
        "1" * 9999,
        "x" * 10_000,
        "a=1;" * 2500,
    ],
    ids=lambda text: text[:8],
)
def test_whatever_fits_is_computed_or_refused(text: str) -> None:
    assert len(outcome(text)) < 400


def test_what_is_nested_too_deeply_says_what_to_do() -> None:
    nested = ["the expression is nested too deeply: name its parts, as in `a = x * y; a + 1`"]
    assert refusal("**".join(["1"] * 3300)) == nested


@pytest.mark.parametrize("text", ["1" * (LONGEST_TEXT + 1), "-" * 10_000_000, "1+" * 5_000_000 + "1"], ids=len)
def test_a_longer_text_is_refused_unread(text: str) -> None:
    assert refusal(text) == [f"the expression has {len(text)} characters; it may have at most {LONGEST_TEXT}"]


def test_a_number_of_thousands_of_digits_is_refused_where_it_stands() -> None:
    sentence, line, carets = refusal("x + " + "1" * 5000)
    assert sentence == "this number has too many digits for a float"
    assert line[carets.index("^") - 2 :].startswith("+ 111")


def test_warnings_of_the_parser_do_not_leak() -> None:
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        assert value("1if 2else 3").data == 1.0
        refusal("'\\d'")
        refusal("3(4)")
    assert leaked == []


# any text


def expressions() -> st.SearchStrategy[str]:
    atoms = st.sampled_from(["x", "y", "2.0", "0.5", "3.0", "1e200", "0.0"])

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        symbols = st.sampled_from("+ - * / // % < <= == != and or".split())
        return st.one_of(
            st.builds("({} {} {})".format, inner, symbols, inner),
            st.builds("({} < {} <= {})".format, inner, inner, inner),
            st.builds("({} ** {})".format, inner, st.sampled_from(["2.0", "3.0", "0.0", "-1.0"])),
            st.builds("({} if {} else {})".format, inner, inner, inner),
            st.builds("({}{})".format, st.sampled_from(["-", "+", "not "]), inner),
            st.builds("{}({})".format, st.sampled_from(["sin", "exp", "log", "sqrt", "tanh", "abs"]), inner),
            st.builds("{}({}, {})".format, st.sampled_from(["max", "min", "atan2"]), inner, inner),
        )

    return st.recursive(atoms, larger, max_leaves=12)


@given(expressions(), st.floats(-10, 10), st.floats(-1e3, 1e3))
def test_random_expressions_agree_with_python(text: str, x: float, y: float) -> None:
    try:
        expected = float(eval(text, {**vars(math), "x": x, "y": y}))
    except (ArithmeticError, ValueError):
        refusal(text, x=x, y=y)
    else:
        assert repr(value(text, x=x, y=y).data + 0.0) == repr(expected + 0.0)


@given(st.text() | st.text(alphabet="xyz019.+-*/%()[]{}<>=!,:;'\"\\ \nifelsnotadr_", max_size=40))
def test_random_text_is_computed_or_refused(text: str) -> None:
    assert outcome(text, x=1, y=2)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("−x × y ÷ 2", -3.0),
        ("（x＋y）＊2", 10.0),
        ("max（x，y）", 3.0),
        ("x² + y³", 31.0),
        ("x⁻¹ ÷ y¹⁰", 0.5 / 3**10),
        ("a ＝ x × y；a － １．５", 4.5),
        ("x　＜　y", 1.0),
        ("−x²", -4.0),
        ("ｘ × ｙ", 6.0),
    ],
)
def test_the_signs_of_pictures_and_of_full_width_keyboards_are_read(text: str, answer: float) -> None:
    assert value(text, x=2, y=3).data == pytest.approx(answer, rel=1e-15)


def test_what_a_table_prints_can_be_typed() -> None:
    y = value("a = x ** 2 / y; b = a - 3 * x; -b", x=2, y=3)
    known = {"x": 2.0, "y": 3.0}
    for line in draw(y).table().splitlines()[1:]:
        name, equals, formula = line[:18].partition(" = ")
        if equals:
            known[name.strip()] = value(formula.split("  ")[0], **known).data
    assert list(known.values())[-1] == y.data


def test_an_error_points_at_the_place_in_full_width_too() -> None:
    assert pointed_at("（x＋z）＊2", x=1) == "z"
