"""The explorer in a browser: steps downhill, the reasons of derivatives, and both on any screen."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from browser import AXE, Opened, playwright
from test_explorer_browser import at, full_numbers, last_step, loss_and_parameters, needs_axe, type_number, violations
from test_explorer_questions import answer, asked_for, asking, bill, seed

from micrograd_like import Value, exp, grad, log, relu, sqrt, tanh, why
from micrograd_like.explorer.explore import explore

expect = playwright.expect


# steps downhill


def loss(w: Any, b: Any) -> Any:
    return (tanh(w * 1.5 + b) - 0.2) ** 2 + 0.01 * w * w


def descended(f: Callable[..., Any], numbers: list[float], size: float, steps: int) -> list[float]:
    """Gradient descent in Python."""
    for _ in range(steps):
        slopes = grad(f, argnums=tuple(range(len(numbers))))(*numbers)
        numbers = [x - size * slope for x, slope in zip(numbers, slopes, strict=True)]
    return numbers


def test_steps_downhill_are_those_of_gradient_descent(opened: Opened) -> None:
    tab = opened(explore(loss, 1.2, 0.5))
    tab.fill("#size", "0.3")
    tab.click("#down-10")
    tab.click("#down")
    w, b = descended(loss, [1.2, 0.5], 0.3, 11)
    found = full_numbers(tab)
    assert (found["w"][0], found["b"][0]) == pytest.approx((w, b), rel=1e-12)
    assert found["loss"][0] == pytest.approx(loss(w, b), rel=1e-12)
    expect(tab.locator("#trail")).to_contain_text("Step 11: loss is ")
    expect(tab.locator("#descent circle")).to_have_count(12)
    assert float(tab.locator("#n0").input_value()) == pytest.approx(w, rel=1e-5)


def test_steps_of_a_network_are_those_of_its_gradient(opened: Opened) -> None:
    tab = opened(explore(loss_and_parameters()[0]))
    at(tab, 0)
    tab.fill("#filter", "x")  # the data, which stay
    tab.uncheck("#every")
    tab.fill("#filter", "")
    assert tab.locator("#every").is_checked()
    tab.fill("#size", "0.01")
    tab.click("#down")
    _, parameters = loss_and_parameters()
    moved = {name: p.data - 0.01 * p.grad for name, p in parameters.items()}
    expected, _ = loss_and_parameters(**moved)
    said = tab.locator("#descent").get_attribute("aria-label")
    assert float(said.split()[-1]) == pytest.approx(expected.data, rel=1e-4)
    tab.locator("#rows").get_by_role("button", name="layer 1 › neuron 3", exact=True).click()
    name = "w[0][2][0]"
    assert full_numbers(tab)[name][0] == pytest.approx(moved[name], rel=1e-12)


@pytest.mark.parametrize(
    ("f", "numbers"),
    [(loss, [1.2, 0.5]), (lambda x, y: 1e6 * x * y, [3e-4, 2e5]), (lambda x, y: x + 1e-9 * y, [0.0, 7.0])],
)
def test_the_step_size_moves_no_input_by_more_than_a_twentieth(
    opened: Opened, f: Callable[..., Any], numbers: list[float]
) -> None:
    tab = opened(explore(lambda x, y: f(x, y), *numbers))
    size = float(tab.locator("#size").input_value())
    slopes = grad(f, argnums=(0, 1))(*numbers)
    assert 0.0199 < max(size * abs(s) / (abs(x) or 1) for x, s in zip(numbers, slopes, strict=True)) <= 0.0501


def test_undo_goes_back_step_by_step_and_start_over_to_the_first(opened: Opened) -> None:
    tab = opened(explore(loss, 1.2, 0.5))
    before = full_numbers(tab)
    for button in "#undo", "#back":
        expect(tab.locator(button)).to_be_disabled()
    tab.click("#down")
    after = full_numbers(tab)
    tab.click("#down")
    tab.click("#undo")
    assert full_numbers(tab) == after
    tab.click("#undo")
    assert full_numbers(tab) == before
    expect(tab.locator("#descent")).to_be_hidden()
    tab.click("#down-10")
    tab.click("#back")
    assert full_numbers(tab) == before
    expect(tab.locator("#trail")).to_be_empty()


def test_an_input_without_its_tick_stays(opened: Opened) -> None:
    tab = opened(explore(loss, 1.2, 0.5))
    tab.get_by_label("Move b downhill").uncheck()
    tab.fill("#size", "0.3")
    tab.click("#down")
    w = 1.2 - 0.3 * grad(loss)(1.2, 0.5)
    assert (full_numbers(tab)["w"][0], full_numbers(tab)["b"][0]) == (pytest.approx(w, rel=1e-12), 0.5)
    tab.get_by_label("Move w downhill").uncheck()
    tab.click("#down")
    expect(tab.locator("#trail")).to_contain_text("No input can move: tick one above")


def test_whole_numbers_stay_unless_they_are_ticked(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    expect(tab.get_by_label("Move n downhill")).not_to_be_checked()
    expect(tab.locator("#moves")).to_contain_text("Whole numbers stay as they are")
    tab.click("#down")
    found = full_numbers(tab)
    assert (found["apple"][0], found["n"][0]) == (100, 2)
    assert found["tax"][0] < 1.1
    tab.get_by_label("Move n downhill").check()
    tab.click("#down")
    assert full_numbers(tab)["n"][0] < 2
    alone = opened(explore(lambda x, y: x * y, 3, 4))
    expect(alone.locator("#inputs input[type=checkbox]:checked")).to_have_count(2)


@pytest.mark.parametrize(
    ("f", "start", "size", "said"),
    [
        (lambda x: log(x) + x, 0.1, 1.0, "leads out of the function's domain, where v1 is nan"),
        (lambda x: 1 / x + 2 * x, 0.5, -0.25, "The step size has to be a number above 0."),
        (lambda x: exp(-x), -700.0, 1e300, "Stopped: the step would make x ∞. Take a smaller step."),
        (
            lambda x: x * 2 if x > 1 else x,
            1.5,
            1.0,
            "another way of the program begins there, since x > 1 answered",
        ),
        (lambda x: sqrt(x), 0.0, 1.0, "The derivative by x is ∞ here, which points nowhere"),
        (lambda x: relu(x) + 1, -1.0, 1.0, "Every derivative is 0 here: output is flat, and no step leads down."),
        (lambda x: x * 2, 1e9, 1e-9, "The step is too small to change any number."),
    ],
)
def test_where_no_step_can_be_made_it_is_said_and_nothing_moves(
    opened: Opened, f: Callable[[Any], Any], start: float, size: float, said: str
) -> None:
    tab = opened(explore(lambda x: f(x), start))
    tab.fill("#size", repr(size))
    before = full_numbers(tab)
    tab.click("#down-10")
    expect(tab.locator("#trail")).to_contain_text(said)
    expect(tab.locator("#alert")).to_be_empty()
    assert full_numbers(tab) == before


def test_steps_stop_at_the_last_numbers_that_hold(opened: Opened) -> None:
    tab = opened(explore(lambda x: log(x) + x * 0, 1.0))
    tab.fill("#size", "0.4")
    tab.click("#down-10")
    x = 1.0
    while x - 0.4 / x > 0:
        x -= 0.4 / x
    assert full_numbers(tab)["x"][0] == pytest.approx(x, rel=1e-12)
    expect(tab.locator("#trail")).to_contain_text(re.compile("Step 1: .*Stopped: the step leads out"))


def test_a_step_that_climbs_is_told_so(opened: Opened) -> None:
    tab = opened(explore(lambda x: x * x, 1.0))
    tab.fill("#size", "1.5")
    tab.click("#down")
    expect(tab.locator("#trail")).to_contain_text("Step 1: output is 4, a change of + 3; the derivatives foretold − 6")
    expect(tab.locator("#trail")).to_contain_text("It has grown: the step was too long, a smaller one leads down.")
    tab.click("#undo")
    tab.click("#halve")
    tab.click("#halve")
    tab.click("#down")
    assert full_numbers(tab)["x"][0] == 1 - 0.375 * 2


def test_an_input_that_is_dragged_begins_a_new_trail(opened: Opened) -> None:
    tab = opened(explore(loss, 1.2, 0.5))
    tab.click("#down")
    type_number(tab, "w", 2)
    expect(tab.locator("#descent")).to_be_hidden()
    expect(tab.locator("#undo")).to_be_disabled()
    tab.click("#down")
    expect(tab.locator("#trail")).to_contain_text("Step 1:")


def test_numbers_that_cannot_be_dragged_cannot_step_downhill(opened: Opened) -> None:
    tab = opened(explore(lambda x: x * x.data, 3.0))
    expect(tab.locator("#downhill")).to_be_hidden()


# why


def dead(w: Any, b: Any) -> Any:
    h = relu(w * 3 + b)
    return (h - 1) ** 2 + 0.1 * b


def test_a_derivative_of_0_has_its_reason_beside_it(opened: Opened) -> None:
    tab = opened(explore(dead, 0.2, -1.0))
    tab.locator("#last").click()
    tab.locator("#rows").get_by_role("button", name="w", exact=True).click()
    shown = tab.locator("#say .reason p").all_inner_texts()
    assert shown[:2] == ["∂dead/∂w = 0: killed by relu", "h = relu(v2) has the derivative 0 at v2 = -0.4"]
    tab.locator("#rows").get_by_role("button", name="h", exact=True).click()
    expect(tab.locator("#say .reason")).to_have_count(0)


def test_derivatives_that_have_one_reason_share_it(opened: Opened) -> None:
    tab = opened(explore(lambda w, u: relu(w * u) - 1, -0.5, 3.0))
    tab.locator("#last").click()
    heads = tab.locator("#say .reason b").all_inner_texts()
    assert heads == ["∂output/∂w, ∂output/∂u = 0: killed by relu"]


def test_a_verdict_goes_with_its_question(opened: Opened) -> None:
    tab = opened(explore(bill, 100.0, 2.0, 1.1))
    asked_for(tab, "What is ∂bill/∂tax?")
    answer(tab, "7")
    tab.click("#last")
    expect(tab.locator("#verdict")).to_be_empty()


def test_the_reason_is_of_the_first_numbers_and_says_so_when_they_change(opened: Opened) -> None:
    tab = opened(explore(dead, 0.2, -1.0))
    tab.locator("#last").click()
    expect(tab.locator("#say .reason")).not_to_contain_text("the start")
    type_number(tab, "w", 5)
    expect(tab.locator("#say .reason")).to_contain_text("With the numbers of the start, before an input was changed:")
    tab.click("#reset")
    expect(tab.locator("#say .reason")).not_to_contain_text("the start")


STRANGE = [lambda x: abs(x) * 3 + x, lambda x: sqrt(x), lambda x: x * math.inf * 0.0, lambda x: x * 0]


@pytest.mark.parametrize("make", STRANGE)
def test_the_page_says_what_why_says(opened: Opened, make: Callable[[Any], Any]) -> None:
    x = Value(0.0, "x")
    y = make(x)
    y.name = "y"
    tab = opened(explore(y))
    tab.locator("#last").click()
    said = "\n".join(tab.locator("#say .reason p").all_inner_texts())
    first, *lines = [line.strip() for line in str(why(x, y)).splitlines()]
    assert said.splitlines()[0] == first
    assert re.sub(r"\bv\d+ = ", "", said.splitlines()[1]) == lines[0]


def test_an_ordinary_derivative_has_no_reason(opened: Opened) -> None:
    tab = opened(explore(loss, 1.2, 0.5))
    for step in range(seed(tab), last_step(tab) + 1):
        tab.locator("#slide").fill(str(step))
        expect(tab.locator(".reason")).to_have_count(0)


# places and people


@pytest.mark.parametrize("width", [1280, 760, 390])
def test_questions_and_steps_are_no_wider_than_the_window(opened: Opened, width: int) -> None:
    tab = opened(explore(loss, 1.2, 0.5), width=width)
    asked_for(tab, "What is ∂loss/∂w?")
    answer(tab, "12345")
    tab.click("#down-10")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    over = "all => all.filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.id || e.className)"
    assert tab.locator(".card, button, input, #descent").evaluate_all(over) == []


def test_questions_and_steps_work_in_the_frame_of_a_notebook(opened: Opened) -> None:
    explorer = explore(bill, 100.0, 2.0, 1.1)
    tab = opened(explorer)
    tab.set_content(f"<!DOCTYPE html><title>notebook</title>{explorer._repr_html_()}")
    frame = tab.frame_locator("iframe")
    frame.locator("#quiz").click()
    frame.locator("#slide").fill("3")
    frame.locator("#next").click()
    frame.locator("#answer").fill("1.1")
    frame.locator("#answer").press("Enter")
    expect(frame.locator("#verdict")).to_have_text("Right: ∂bill/∂v1 = 1.1.")
    frame.locator("#down").click()
    expect(frame.locator("#trail")).to_contain_text("Step 1:")


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_no_violation_in_questions_steps_and_reasons(opened: Opened, scheme: str, width: int) -> None:
    tab = opened(explore(dead, 0.2, -1.0), width=width)
    tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    asking(tab)
    tab.click("#next")
    answer(tab, "12345")
    found = violations(tab)
    answer(tab, "1")
    found |= violations(tab)
    tab.click("#down-10")
    tab.click("#last")
    expect(tab.locator("#say .reason")).to_have_count(1)
    assert found | violations(tab) == set()
