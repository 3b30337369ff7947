"""Pages in a browser: what comes before what, and what fits on a phone, on paper and in a notebook."""

from __future__ import annotations

from typing import Any

import pytest
from browser import Opened, playwright
from graphs import residual

from micrograd_like import Value, derive, scope, sin, tanh
from micrograd_like.explorer.explore import explore
from micrograd_like.words.numbers import number

expect = playwright.expect

# of each arrow that is lit, whether it starts at a mark that is still grey, and how many are lit
LIT = """all => [all.filter(e => {
  const start = e.id.match(/-e(\\d+)_/)[1];
  return document.querySelector(`#graph .node[data-v="${start}"]`).classList.contains("todo");
}).length, all.length]"""


@pytest.mark.parametrize(("turns", "width"), [(30, 3), (3, 8)])
def test_going_forward_nothing_is_computed_from_what_is_still_grey(opened: Opened, turns: int, width: int) -> None:
    tab = opened(explore(residual(turns, width)))
    expect(tab.locator("#count")).to_contain_text("forward")
    lit = 0
    while "forward" in tab.locator("#count").inner_text():
        grey, all_of_them = tab.locator("#graph .edge.lit-f:not([id$=eout])").evaluate_all(LIT)
        assert grey == 0
        lit += all_of_them
        tab.keyboard.press("ArrowRight")
    assert lit == tab.locator("#graph .edge:not([id$=eout])").count()


def test_a_value_that_comes_out_of_a_folded_scope_is_written_with_its_number(opened: Opened) -> None:
    y: Any = Value(0.5, "x")
    step = scope("step")(lambda y: sin(y) * 2)
    for _ in range(400):
        y = step(y) + 1
    tab = opened(explore(y))
    tab.evaluate("location.hash = '#2'")
    y_before = number(y.parents[0].data)
    expect(tab.locator("#say")).to_contain_text("y = [step ×400] + 1")
    expect(tab.locator("#say")).to_contain_text(f"= {y_before} + 1 = {number(y.data)}")


def test_an_operation_s_own_derivative_is_written_as_that_of_its_formula(opened: Opened) -> None:
    x = Value(3.0, "x")
    y = x * x + x
    y.name = "y"
    tab = opened(explore(y))
    tab.evaluate("location.hash = '#5'")
    expect(tab.locator("#say .big").first).to_have_text("∂y∂x += ∂y∂y × ∂(v1 + x)∂x")
    assert "∂(v1 + x)/∂x = 1" in str(derive(y, x))  # as a derivation writes it
    fractions = tab.locator("#say .big math").evaluate_all("all => all.map(e => e.firstElementChild.tagName)")
    assert fractions == ["mfrac"] * 3


def test_a_function_s_own_derivative_has_no_more_brackets(opened: Opened) -> None:
    tab = opened(explore(lambda x: tanh(x) * 2, 0.5))
    tab.evaluate("location.hash = '#5'")
    expect(tab.locator("#say .big").first).to_contain_text("∂tanh(x)∂x")


LONG = "a_name_that_is_longer_than_a_phone_is_wide", "another_name_that_is_as_long_as_the_first_one"


@pytest.mark.parametrize("width", [390, 760, 1280])
def test_long_names_stay_inside_their_cards(opened: Opened, width: int) -> None:
    x, w = (Value(k + 1.0, name) for k, name in enumerate(LONG))
    y = (x * w + x).tanh() * w
    y.name = "the_result_of_all_of_this_with_a_long_name"
    tab = opened(explore(y), width=width, height=800)
    for step in range(int(tab.locator("#slide").get_attribute("max")) + 1):
        tab.evaluate("k => location.hash = '#' + k", step)
        expect(tab.locator("#count")).to_contain_text(f" {step} of")
        wide = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 200))"
        assert tab.locator("#say, #say .big, main, body, table, .scroll:not(#code .scroll)").evaluate_all(wide) == []
        boxes = [e.bounding_box() for e in tab.locator("#say math").all()]
        assert all(box["x"] + box["width"] <= width - 10 for box in boxes)


@pytest.mark.parametrize("width", [390, 760, 1280])
def test_the_buttons_to_zoom_cover_nothing(opened: Opened, width: int) -> None:
    tab = opened(explore(residual(3, 2)), width=width, height=800)
    for step in ("Home", "End"):
        tab.keyboard.press(step)
        buttons, picture = tab.locator("#zoom").bounding_box(), tab.locator("#graph").bounding_box()
        assert buttons["y"] + buttons["height"] <= picture["y"]
        assert buttons["x"] + buttons["width"] <= width


def discount(price: Any, n: Any) -> Any:
    total_with_discount_of_everything = price * n * 0.9 + price * n * 0.05 + price * n * 0.025 + price * n * 0.0125
    return total_with_discount_of_everything * total_with_discount_of_everything


def test_on_paper_all_is_black_on_white_whole_and_no_line_is_cut(opened: Opened) -> None:
    tab = opened(explore(discount, 100.0, 2.0), width=700)
    tab.keyboard.press("ArrowRight")
    whole = tab.locator("#graph svg").get_attribute("viewBox")
    tab.emulate_media(media="print", color_scheme="dark")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("#graph svg").get_attribute("viewBox") != whole  # which followed the step
    assert tab.locator(".card").first.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    cut = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1).length"
    assert tab.locator("#code .scroll, #code .ln, .scroll").evaluate_all(cut) == 0
    numbers = tab.locator("#code .no").evaluate_all("all => all.map(e => e.getBoundingClientRect().left > 0)")
    assert numbers
    assert all(numbers)
