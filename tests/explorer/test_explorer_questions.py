"""The explorer in a browser where it asks for each derivative before it shows it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from browser import Opened, playwright
from test_explorer_browser import (
    at,
    last_step,
    loss_and_parameters,
    row,
    type_number,
)

from micrograd_like import Value, sin, tanh
from micrograd_like.explorer.explore import explore
from micrograd_like.teach.exercise import exercise

expect = playwright.expect


def bill(apple: Any, n: Any, tax: Any) -> Any:
    return apple * n * tax


def product(x: Any, y: Any) -> Any:
    v1 = x * y
    return v1 * 3.0


def asking(tab: Any) -> None:
    """Goes to the step where backward begins, and has the page ask from there on."""
    tab.click("#quiz")
    tab.get_by_role("slider", name="Step", exact=True).fill(str(seed(tab)))


def seed(tab: Any) -> int:
    """The step at which the derivatives begin."""
    return int(tab.locator("#graph .op").count()) + 1


def asked_for(tab: Any, question: str) -> None:
    """Goes on to a question."""
    asking(tab)
    for _ in range(last_step(tab)):
        tab.click("#next")
        if tab.locator("#field").is_visible() and question == tab.locator("#asked").inner_text():
            return
        if tab.locator("#field").is_visible():
            tab.click("#reveal")
    raise AssertionError(f"{question} is not asked")


def answer(tab: Any, text: str) -> str:
    """What the page says to an answer."""
    tab.fill("#answer", text)
    tab.keyboard.press("Enter")
    return str(tab.locator("#verdict").inner_text())


# predict before reveal


def test_the_page_asks_before_it_shows_a_derivative(opened: Opened) -> None:
    tab = opened(explore(bill, 100.0, 2.0, 1.1))
    asking(tab)
    tab.click("#next")
    expect(tab.locator("#answer")).to_be_focused()
    expect(tab.locator("#asked")).to_have_text("What is ∂bill/∂v1?")
    expect(tab.locator("#say")).to_contain_text("The operation: bill = v1 × tax = 200 × 1.1 = 220")
    assert row(tab, "v1")[2] == "?"
    assert answer(tab, "1.1") == "Right: ∂bill/∂v1 = 1.1."
    assert row(tab, "v1")[2] == "1.1"
    expect(tab.locator("#score")).to_have_text("1 of 1 right")
    expect(tab.locator("#next")).to_be_focused()


def test_what_is_asked_stands_nowhere_on_the_page(opened: Opened) -> None:
    tab = opened(explore(lambda x, y: sin(x * 3.7) * y, 0.83, 1.91))
    tab.click("#quiz")
    slope = 3.7 * math.cos(0.83 * 3.7) * 1.91
    end = last_step(tab)
    for _ in range(end - 1):
        if tab.locator("#field").is_visible():
            tab.keyboard.press("Tab")
            tab.keyboard.press("Tab")
            assert str(slope)[:5] not in tab.locator("main").evaluate("e => e.outerHTML")
            tab.keyboard.press("Enter")
        else:
            tab.locator("#next").click()
    tab.locator("#last").click()
    assert str(slope)[:5] in tab.locator("main").evaluate("e => e.outerHTML")


def test_what_comes_along_an_arrow_stands_nowhere_either(opened: Opened) -> None:
    tab = opened(explore(lambda x: sin(x * 3.7) + tanh(x), 0.83))
    asked_for(tab, "What comes back to x along this arrow?")
    page = tab.locator("main").evaluate("e => e.outerHTML")
    for share in 1 - math.tanh(0.83) ** 2, 3.7 * math.cos(0.83 * 3.7):
        assert str(share)[:5] not in page
    tab.click("#last")
    assert str(1 - math.tanh(0.83) ** 2)[:5] in tab.locator("main").evaluate("e => e.outerHTML")


def test_an_answer_that_is_shown_is_not_counted_as_right(opened: Opened) -> None:
    tab = opened(explore(bill, 100.0, 2.0, 1.1))
    asking(tab)
    tab.click("#next")
    tab.click("#reveal")
    expect(tab.locator("#verdict")).to_have_text("Shown: ∂bill/∂v1 = 1.1.")
    expect(tab.locator("#score")).to_have_text("0 of 1 right")
    tab.click("#next")
    assert answer(tab, "200").startswith("Right")
    expect(tab.locator("#score")).to_have_text("1 of 2 right")


SPELLINGS = {
    "2.2": 2.2,
    "2 × 1.1": 2.2,
    "22/10": 2.2,
    "２．２": 2.2,
    "２×１.１": 2.2,
    "（１＋１）＊１．１": 2.2,
    "2.2e0": 2.2,
}
SPELLINGS |= {
    "-(-2)": 2,
    "3²": 9,
    "2^3^2": 512,
    "-2²": -4,
    "2⁻¹": 0.5,
    "1 − 3": -2,
    "2 ** 3": 8,
    "6÷4": 1.5,
    "1e-3": 1e-3,
}
SPELLINGS |= {".5": 0.5, "½": 0.5, "(1+2)*(3−1)": 6, "10/4/5": 0.5, "1 - 2 - 3": -4, "2·3": 6, "－７": -7, "1-2*3": -5}


@pytest.mark.once
@pytest.mark.slow
def test_answers_are_arithmetic_in_many_spellings(opened: Opened) -> None:
    tab = opened(explore(Value(1.0, "a") * Value(2.0, "b")))
    for text, x in SPELLINGS.items():
        tab.click("#quiz")
        type_number(tab, "b", x)
        tab.locator("#slide").fill("2")
        assert answer_to_next(tab, text).startswith("Right"), text
        tab.click("#quiz")


def answer_to_next(tab: Any, text: str) -> str:
    tab.click("#next")
    return answer(tab, text)


def test_answers_may_use_the_names_in_the_picture(opened: Opened) -> None:
    tab = opened(explore(bill, 100.0, 2.0, 1.1))
    asked_for(tab, "What is ∂bill/∂apple?")
    assert answer(tab, "n · taxes").startswith("Not yet: this is no number")
    assert answer(tab, "n · tax").startswith("Right")
    assert answer_to_next(tab, "tax * apple").startswith("Right")


@pytest.mark.parametrize(("x", "text"), [(math.inf, "inf"), (math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "NaN")])
def test_an_answer_may_be_no_finite_number(opened: Opened, x: float, text: str) -> None:
    tab = opened(explore(Value(1.0, "a") * x))
    asking(tab)
    assert answer_to_next(tab, "1").startswith("Not yet")
    assert answer(tab, text).startswith("Right")


NO_NUMBERS = [
    "five",
    "2,5",
    "1/0",
    "(2",
    "2)",
    "2 3",
    "1e999",
    "--",
    "alert(1)",
    "constructor",
    "√4",
    "2..5",
    "+",
    "()",
]


def test_what_is_no_number_is_told_so_and_can_be_mended(opened: Opened) -> None:
    tab = opened(explore(Value(1.0, "a") * 2.5))
    asking(tab)
    assert answer_to_next(tab, " ") == ""
    for text in NO_NUMBERS:
        expected = "a number is written with a point" if text == "2,5" else "this is no number"
        assert answer(tab, text).startswith(f"Not yet: {expected}")
    assert answer(tab, "2.5").startswith("Right")


MISTAKES = [
    (-15.0, "the sign is the other way round"),
    (5.0, "own derivative alone: multiply it by what arrives"),
    (3.0, "that is what arrives alone: multiply it by this step's own derivative"),
    (8.0, "are to be multiplied, not added"),
    (0.6, "is to be multiplied by"),
    (2.0, "that is the value of x, not a derivative"),
    (1 / 15, "that is one divided by it: the fraction is upside down"),
    (0.0, "0 would mean that output does not move when x does"),
]


@pytest.mark.parametrize(("wrong", "words"), MISTAKES)
def test_a_wrong_answer_is_told_the_mistake_that_exercise_knows(opened: Opened, wrong: float, words: str) -> None:
    x, y = Value(2.0, "x"), Value(5.0, "y")
    v1 = x * y
    v1.name = "v1"
    output = v1 * 3.0
    output.name = "output"
    assert words in str(exercise(output).check({"x": wrong}))
    tab = opened(explore(output))
    asked_for(tab, "What is ∂output/∂x?")
    said = answer(tab, repr(wrong))
    assert said.startswith("Not yet: ")
    assert words in said
    expect(tab.locator("#answer")).to_be_focused()
    assert row(tab, "x")[2] == "?"
    assert answer(tab, "15") == "Right: ∂output/∂x = 15."


def test_a_mistake_that_nobody_knows_gets_the_way_to_the_answer(opened: Opened) -> None:
    tab = opened(explore(product, 2.0, 5.0))
    asked_for(tab, "What is ∂product/∂x?")
    assert "the inputs are swapped" in answer(tab, "6")
    assert "that is the value of v1, not a derivative" in answer(tab, "10")
    assert "hold the other inputs still" in answer(tab, "77")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("5", "that is only what comes through v1; what has come before, 4, is to be added"),
        ("4", "what comes through v1 is missing"),
        ("20", "what comes along several paths is to be added, not multiplied"),
        ("-1", "the sign of what comes through v1 is the other way round"),
    ],
)
def test_where_paths_meet_the_sum_is_asked_for(opened: Opened, wrong: str, words: str) -> None:
    tab = opened(explore(lambda x, y: x * y + x * x, 2.0, 5.0))
    asked_for(tab, "What is ∂output/∂x?")
    expect(tab.locator("#say")).to_contain_text("4 has come back to it so far. This is the last arrow: give the sum")
    assert words in answer(tab, wrong)
    assert answer(tab, "9").startswith("Right")


def test_before_the_last_path_the_share_of_one_arrow_is_asked_for(opened: Opened) -> None:
    tab = opened(explore(lambda x, y: x * y + x * x, 2.0, 5.0))
    asked_for(tab, "What comes back to x along this arrow?")
    assert "both arrows" in answer(tab, "4")
    assert answer(tab, "2") == "Right: 2 along this arrow."
    assert row(tab, "x")[2] == "2 …"


def test_at_a_kink_the_question_says_what_is_used(opened: Opened) -> None:
    tab = opened(explore(lambda x: abs(x) * 3, 0.0))
    asked_for(tab, "What is ∂output/∂x?")
    expect(tab.locator("#say")).to_contain_text("a kink there: its slope is -1 below and 1 above; 0 is used.")
    assert "the slopes -1 and 1: take 0, which is used" in answer(tab, "3")
    assert answer(tab, "0").startswith("Right")


def test_a_question_follows_the_inputs(opened: Opened) -> None:
    tab = opened(explore(bill, 100.0, 2.0, 1.1))
    asked_for(tab, "What is ∂bill/∂tax?")
    type_number(tab, "n", 3)
    expect(tab.locator("#say")).to_contain_text("= 300 × 1.1 = 330")
    assert answer(tab, "300").startswith("Right")


def test_the_switch_turned_off_shows_all_again(opened: Opened) -> None:
    tab = opened(explore(bill, 100.0, 2.0, 1.1))
    asked_for(tab, "What is ∂bill/∂tax?")
    tab.click("#quiz")
    expect(tab.locator("#ask")).to_be_hidden()
    assert row(tab, "tax")[2] == "200"
    tab.click("#next")
    expect(tab.locator("#field")).to_be_hidden()


def test_playing_stops_at_a_question(opened: Opened) -> None:
    tab = opened(explore(Value(2, "a") * Value(3, "b")))
    tab.clock.install(time=0)
    tab.clock.pause_at(60)
    tab.click("#quiz")
    tab.locator("h1").click()
    tab.keyboard.press("Space")
    tab.clock.run_for(20_000)
    expect(tab.locator("#answer")).to_be_focused()
    expect(tab.locator("#play")).to_have_attribute("aria-label", "Play")


def test_a_folded_picture_asks_nothing(opened: Opened) -> None:
    tab = opened(explore(loss_and_parameters()[0]))
    at(tab, 0)
    expect(tab.locator("#quiz")).to_be_disabled()
    tab.locator("#rows").get_by_role("button", name="layer 1 › neuron 3", exact=True).click()
    asking(tab)
    tab.click("#next")
    expect(tab.locator("#answer")).to_be_focused()
