"""The explorer in a browser: what happens on keys, clicks and drags, compared with what Python computes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from browser import AXE, Opened, playwright
from graphs import model, network

from micrograd_like import Value, asin, exp, grad, nn, sin, sqrt, tanh
from micrograd_like.explorer.explore import explore
from micrograd_like.pictures import layout
from micrograd_like.pictures.palette import HEAT
from micrograd_like.words.numbers import number

expect = playwright.expect
needs_axe = pytest.mark.skipif(not AXE.exists(), reason=f"axe-core, which finds what keeps people out, is not at {AXE}")


def bill(apple: Any, n: Any, tax: Any) -> Any:
    price = apple * n
    if price > 1000:
        price = 0.9 * price
    return price * tax


def wave(x: Any, y: Any) -> Any:
    a = sin(x * y)
    b = a * x + exp(-y)
    return tanh(b) / (y * y + 1)


def at(tab: Any, step: int) -> None:
    """Waits until the page shows the step."""
    expect(tab.locator("#count")).to_have_text(re.compile(rf"· {step} of"))


def last_step(tab: Any) -> int:
    return int(tab.locator("#slide").get_attribute("max"))


def name_of(tab: Any, j: int) -> str:
    return str(tab.locator(f"label[for=n{j}]").inner_text())


def full_numbers(tab: Any) -> dict[str, tuple[float, float]]:
    """Value and derivative of each value with all digits, as the picture's titles give them."""
    titles = tab.locator("#graph title").evaluate_all("all => all.map(e => e.textContent)")
    found = (re.match(r"(.*?)(?: = .*)?\nvalue: (.*)\nderivative .*: (.*)", title) for title in titles)
    rows = [(m[1], float(m[2]), float(m[3])) for m in found if m]
    assert len(set(rows)) == len({name for name, _, _ in rows}), "two titles of one value differ"
    return {name: (x, slope) for name, x, slope in rows}


def row(tab: Any, name: str) -> list[str]:
    return next(texts for texts in rows(tab) if texts[0] == name)


def rows(tab: Any) -> list[list[str]]:
    cells = "all => all.map(r => [...r.cells].map(c => c.textContent))"
    return list(tab.locator("#rows tr").evaluate_all(cells))


def type_number(tab: Any, name: str, x: float) -> None:
    tab.get_by_label(name, exact=True).first.fill(str(x))


# stepping


def test_arrow_keys_home_and_end_step(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    end = last_step(tab)
    for key, step in ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", end), ("Home", 0):
        tab.keyboard.press(key)
        at(tab, step)


def test_keys_at_either_end_stay_there(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.keyboard.press("ArrowLeft")
    at(tab, 0)
    tab.keyboard.press("End")
    tab.keyboard.press("ArrowRight")
    at(tab, last_step(tab))


def test_buttons_step_and_are_disabled_at_the_ends(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    expect(tab.locator("#prev")).to_be_disabled()
    for button, step in ("next", 1), ("next", 2), ("prev", 1), ("last", last_step(tab)), ("first", 0):
        tab.click(f"#{button}")
        at(tab, step)
    tab.click("#last")
    expect(tab.locator("#next")).to_be_disabled()


def test_the_slider_goes_to_a_step(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.locator("#slide").fill("4")
    at(tab, 4)
    expect(tab.locator("#slide")).to_have_attribute("aria-valuetext", "backward · 4 of 8")


def test_space_plays_to_the_end_and_pauses(opened: Opened) -> None:
    tab = opened(explore(Value(2, "a") * Value(3, "b")))
    tab.clock.install(time=0)
    tab.clock.pause_at(60)
    tab.keyboard.press("Space")
    expect(tab.locator("#play")).to_have_attribute("aria-label", "Pause")
    tab.clock.run_for(1400)
    at(tab, 1)
    tab.keyboard.press("Space")
    tab.clock.run_for(14_000)
    at(tab, 1)
    tab.keyboard.press("Space")
    tab.clock.run_for(14_000)
    at(tab, last_step(tab))
    expect(tab.locator("#play")).to_have_attribute("aria-label", "Play")


def test_a_step_forward_shows_the_numbers_put_in(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    assert row(tab, "price") == ["price", "", ""]
    tab.keyboard.press("ArrowRight")
    expect(tab.locator("#say")).to_contain_text("= 100 × 2 = 200")
    assert row(tab, "price") == ["price", "200", ""]


def test_derivatives_add_up_arrow_by_arrow(opened: Opened) -> None:
    a = Value(2, "a")
    tab = opened(explore(a * 5 + a * 3 + a * 2))
    cells, sentences = [], ""
    for _ in range(last_step(tab)):
        tab.keyboard.press("ArrowRight")
        cells.append(row(tab, "a")[2])
        sentences += tab.locator("#say").inner_text() + "\n"
    assert [x for x, y in pairwise([*cells, ""]) if x != y] == ["", "2 …", "5 …", "10"]
    assert re.findall(r"is added: (.*)", sentences) == [
        "2 so far (more to come).",
        "2 + 3 = 5 (more to come).",
        "5 + 5 = 10.",
    ]


def test_the_address_keeps_the_step(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.keyboard.press("End")
    tab.reload()
    at(tab, 8)


def test_a_click_on_a_value_goes_to_the_step_that_makes_it(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.locator("#rows").get_by_role("button", name="price").click()
    at(tab, 1)


# hover


def test_hovering_the_source_lights_the_picture_and_the_row(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.locator("#code span[data-n]", has_text="apple * n").hover()
    expect(tab.locator("#rows tr.hov")).to_have_text(["price"])
    assert tab.locator("#graph .hov title").all_text_contents()[0].startswith("price = apple × n\n")


def test_hovering_the_picture_lights_the_source_and_the_row(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.locator("#graph .node[id$=-o2]").hover()
    expect(tab.locator("#code .hov")).to_have_text(["apple * n"])
    expect(tab.locator("#rows tr.hov")).to_have_text(["price"])


def test_hovering_a_row_lights_the_source_and_the_picture(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.locator("#rows tr", has_text="price").hover()
    expect(tab.locator("#code .hov")).to_have_text(["apple * n"])
    assert tab.locator("#graph .hov").count() > 0


def test_what_is_lit_goes_dark_when_the_pointer_leaves(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.locator("#graph .node[id$=-o2]").hover()
    tab.locator("h1").hover()
    expect(tab.locator(".hov")).to_have_count(0)


# other numbers


def test_every_number_follows_an_input_as_in_python(opened: Opened) -> None:
    tab = opened(explore(wave, 0.7, 1.3))
    type_number(tab, "x", -0.4)
    type_number(tab, "y", 2.25)
    found, x, y = full_numbers(tab), Value(-0.4, "x"), Value(2.25, "y")
    output = wave(x, y)
    output.backward()
    for name, v in ("x", x), ("y", y), ("wave", output):
        assert found[name] == pytest.approx((v.data, v.grad), rel=1e-12)
    a = math.sin(-0.4 * 2.25)
    assert found["b"][0] == pytest.approx(a * -0.4 + math.exp(-2.25), rel=1e-12)


def test_the_table_follows_an_input(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.keyboard.press("End")
    type_number(tab, "n", 3)
    slopes = grad(bill, argnums=(0, 1, 2))(100, 3, 1.1)
    expected = [[x, number(v), number(s)] for x, v, s in zip(("apple", "n", "tax"), (100, 3, 1.1), slopes, strict=True)]
    assert [row(tab, name) for name, _, _ in expected] == expected
    assert row(tab, "bill") == ["bill", "330", "1"]


def test_dragging_a_slider_of_an_input_moves_its_field(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    box = tab.locator("#r0").bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=4)
    tab.mouse.up()
    apple = float(tab.locator("#n0").input_value())
    assert 150 < apple < 250
    assert full_numbers(tab)["bill"][0] == pytest.approx(bill(apple, 2, 1.1), rel=1e-5)


def test_an_input_is_dragged_in_the_picture(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    box = tab.locator("#graph .node[id$=-l0]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 50, y, steps=5)
    tab.mouse.up()
    assert tab.locator("#n0").input_value() == "150"
    assert full_numbers(tab)["bill"] == (pytest.approx(330), 1.0)
    at(tab, 0)


def test_another_way_of_the_program_is_told_and_the_last_numbers_stay(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    type_number(tab, "n", 11)
    expect(tab.locator("#alert")).to_contain_text("Another way of the program begins here")
    expect(tab.locator("#n1")).to_have_attribute("aria-invalid", "true")
    expect(tab.locator("#way li.no")).to_have_count(1)
    assert full_numbers(tab)["bill"][0] == bill(100, 2, 1.1)
    type_number(tab, "n", 10)
    expect(tab.locator("#alert")).to_be_empty()
    assert full_numbers(tab)["bill"][0] == bill(100, 10, 1.1)


def test_reset_brings_the_first_numbers_back(opened: Opened) -> None:
    tab = opened(explore(wave, 0.7, 1.3))
    before = full_numbers(tab)
    type_number(tab, "x", 5)
    assert full_numbers(tab) != before
    tab.click("#reset")
    assert full_numbers(tab) == before
    assert tab.locator("#n0").input_value() == "0.7"


def test_what_if_shows_what_one_more_really_does(opened: Opened) -> None:
    tab = opened(explore(lambda x, y: x * x * y, 3.0, 2.0))
    tab.click("#mode-what-if")
    expect(tab.locator("#mode-what-if")).to_have_attribute("aria-pressed", "true")
    assert row(tab, "x")[2] == "+ 14"  # 4 · 4 · 2 - 18; the derivative says 12
    tab.locator("#n0").focus()
    expect(tab.locator("#line")).to_contain_text("the straight line says")
    expect(tab.locator("#line")).to_contain_text("+ 12, the program says + 14")
    expect(tab.locator("#plot .gap")).to_have_count(1)


def test_a_number_that_python_refuses_is_told(opened: Opened) -> None:
    tab = opened(explore(Value(1, "a") / Value(2, "b")))
    type_number(tab, "b", 0)
    expect(tab.locator("#alert")).to_contain_text("Python may raise an error")


def test_an_operation_without_a_number_is_told_though_the_answer_is_finite(opened: Opened) -> None:
    tab = opened(explore(lambda x: 1 / (1 + exp(-x)), 0.5))
    type_number(tab, "x", -800)
    expect(tab.locator("#alert")).to_contain_text("is ∞: an operation has no number here. Python may raise an error")
    type_number(tab, "x", -700)
    expect(tab.locator("#alert")).to_be_empty()


def test_an_error_that_the_function_would_catch_is_told(opened: Opened) -> None:
    def f(x: Any) -> Any:
        try:
            1 / x
        except ZeroDivisionError:
            return x + 7
        return x * 2

    tab = opened(explore(f, 2.0))
    type_number(tab, "x", 0)
    expect(tab.locator("#alert")).to_contain_text("the program may catch it and go another way")


def test_a_step_out_of_the_domain_is_not_called_another_way(opened: Opened) -> None:
    tab = opened(explore(lambda x: asin(x) + x, 0.5))
    tab.click("#mode-what-if")
    expect(tab.locator("#line")).to_have_text("At x + 1 some operation has no number.")
    assert row(tab, "x")[2] == "no number"
    type_number(tab, "x", 1.5)
    tab.keyboard.press("Escape")
    tab.locator("#last").click()
    expect(tab.locator("#say")).to_contain_text("x + 1  →  output + nan")


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x**2, "= (-2)² = 4"),
        (lambda x: x - (x + 1), "= (-2) − (-1) = -1"),
        (lambda x: -x, "= −(-2) = 2"),
        (lambda x: x * 3, "= (-2) × 3 = -6"),
    ],
)
def test_negative_numbers_stand_in_brackets(opened: Opened, f: Callable[[Any], Any], words: str) -> None:
    tab = opened(explore(lambda x: f(x), -2.0))
    tab.locator("#slide").fill(str(1 if "(-1)" not in words else 2))
    expect(tab.locator("#say")).to_contain_text(words)


def test_a_slope_that_rounding_swallows_is_not_called_straight(opened: Opened) -> None:
    tab = opened(explore(lambda x: 5 + 1e-16 * sin(x), 0.5))
    expect(tab.locator("#line")).to_contain_text("So small a slope is lost where output is rounded.")


def test_a_loop_that_makes_a_strip_is_followed(opened: Opened) -> None:
    def loop(x: Any) -> Any:
        for _ in range(50):
            x = x * x - 0.5 * x
        return x

    tab = opened(explore(loop, 0.6))
    tab.locator("#slide").fill("20")
    assert tab.locator("#graph .now").bounding_box()["height"] > 12


@pytest.mark.parametrize(
    ("f", "x", "words"),
    [
        (lambda x: 1e6 + 1e-4 * x**2, 1.0, "the straight line says output + 0.0002, the program says + 0.0003. "),
        (lambda x: x * 3, 1.0, "the straight line says output + 3, the program says + 3, the same. "),
        (lambda x: sqrt(x), 0.0, "The derivative by x is ∞ here: there is no straight line."),
    ],
)
def test_the_line_and_the_program_are_the_same_only_where_they_are(
    opened: Opened, f: Callable[[Any], Any], x: float, words: str
) -> None:
    tab = opened(explore(lambda x: f(x), x))
    tab.click("#mode-what-if")
    expect(tab.locator("#line")).to_contain_text(words)


def test_a_way_of_a_rule_that_two_inputs_lead_to_together_is_known(opened: Opened) -> None:
    tab = opened(explore(lambda x, y: x**y, 2.0, 3.0))
    tab.keyboard.press("End")
    type_number(tab, "y", 0)
    type_number(tab, "x", 0)
    assert row(tab, "output")[1] == "1"
    expect(tab.locator("#alert")).not_to_contain_text("way")


def test_the_keyboard_goes_on_where_a_picture_is_opened_and_left(folded: Any) -> None:
    folded.locator("#rows").get_by_role("button", name="layer 1 › neuron 3", exact=True).focus()
    folded.keyboard.press("Enter")
    expect(folded.locator("#crumbs button")).to_be_focused()
    folded.keyboard.press("Enter")
    expect(folded.locator("#rows").get_by_role("button", name="layer 1 › neuron 3", exact=True)).to_be_focused()


def test_a_message_that_is_not_the_frame_s_changes_no_theme(opened: Opened) -> None:
    explorer = explore(bill, 100, 2, 1.1)
    tab = opened(explorer)
    tab.set_content(f"<!DOCTYPE html><title>notebook</title>{explorer._repr_html_()}")
    frame = tab.frame_locator("iframe")
    expect(frame.locator("html")).to_have_attribute("data-theme", "light")
    for message in "'white'", "{colour:'white'}", "{micrograd_like:7}", "null":
        tab.evaluate(f"frames[0].postMessage({message}, '*')")
    frame.locator("#next").click()
    expect(frame.locator("html")).to_have_attribute("data-theme", "light")


def test_a_slope_without_end_draws_no_line(opened: Opened) -> None:
    tab = opened(explore(sqrt(Value(4, "a"))))
    type_number(tab, "a", 0)
    assert full_numbers(tab)["a"] == (0.0, math.inf)
    tab.click("#mode-what-if")
    expect(tab.locator("#plot .curve")).to_have_count(1)
    expect(tab.locator("#plot .tangent, #plot .gap")).to_have_count(0)


def test_an_input_that_is_infinite_waits_for_a_number(opened: Opened) -> None:
    tab = opened(explore(lambda x, y: x * y, math.inf, 2.0))
    field = tab.locator("#n0")
    assert (field.input_value(), field.get_attribute("placeholder")) == ("", "∞")
    expect(tab.locator("#r0")).to_be_disabled()
    expect(tab.locator("#plot")).to_be_hidden()
    expect(tab.locator("#line")).to_contain_text("x is ∞: type a number")
    type_number(tab, "x", 3)
    expect(tab.locator("#line")).to_contain_text("has the slope 2")
    assert full_numbers(tab)["x"] == (3.0, 2.0)


def test_the_plot_says_how_far_its_axes_reach(opened: Opened) -> None:
    tab = opened(explore(lambda x: x * x, 3.0))
    assert set(tab.locator("#plot text").all_text_contents()) == {"0", "6", "x = 3", "output", "36"}


def test_a_kink_is_told_with_the_slopes_on_both_sides(opened: Opened) -> None:
    tab = opened(explore(lambda x: abs(x) * 3 + x, 0.0))
    expect(tab.locator("#line")).to_contain_text(
        "Here is a kink: the slope is -2 to the left and 4 to the right; the derivative takes 1."
    )
    type_number(tab, "x", 1)
    expect(tab.locator("#line")).not_to_contain_text("kink")


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: x**3, sin, lambda x: exp(-x * x), lambda x: 1e-9 * x * x])
def test_a_smooth_bend_is_no_kink(opened: Opened, f: Callable[[Any], Any]) -> None:
    tab = opened(explore(lambda x: f(x), 0.0))
    for x in 0, 1e-3, 2, -40:
        type_number(tab, "x", x)
        expect(tab.locator("#line")).not_to_contain_text("kink")


def test_on_which_side_another_way_begins_is_told(opened: Opened) -> None:
    tab = opened(explore(lambda x: x * 2 if x < 5 else x, 4.0))
    expect(tab.locator("#line")).to_contain_text("Another way of the program begins above.")


def test_a_page_of_fixed_numbers_steps_and_says_why_they_are_fixed(opened: Opened) -> None:
    tab = opened(explore(lambda x: x * x.data, 3.0))
    expect(tab.locator("#locked")).to_contain_text("These numbers cannot be dragged")
    expect(tab.locator("#inputs input")).to_have_count(0)
    tab.keyboard.press("End")
    assert row(tab, "x") == ["x", "3", "3"]


def test_without_a_picture_the_rest_of_the_page_works(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "by_program", lambda *_: None)
    monkeypatch.setattr(layout, "by_library", lambda *_: None)
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.keyboard.press("End")
    type_number(tab, "n", 3)
    assert row(tab, "apple") == ["apple", "100", "3.3"]
    expect(tab.locator("#zoom")).to_be_hidden()


# the picture's size


def test_zoom_makes_the_picture_s_window_smaller_and_fit_shows_all(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    whole = shown_width(tab)
    tab.click("#zoom-in")
    assert shown_width(tab) == pytest.approx(whole / 1.5)
    tab.click("#zoom-out")
    assert shown_width(tab) == whole
    tab.click("#zoom-in")
    tab.click("#fit")
    assert shown_width(tab) == whole


def test_a_picture_too_wide_to_read_follows_the_step(opened: Opened) -> None:
    y = Value(1.0, "x")
    for _ in range(40):
        y = y * 1.5
    tab = opened(explore(y))
    for step in (1, 20, 40):
        tab.locator("#slide").fill(str(step))
        now, frame = (tab.locator(found).bounding_box() for found in ("#graph .now", "#graph"))
        assert now["width"] > 20  # pixels; 5 if all were shown
        assert frame["x"] <= now["x"] <= frame["x"] + frame["width"] - now["width"]


def shown_width(tab: Any) -> float:
    return float(tab.locator("#graph > svg").get_attribute("viewBox").split()[2])


# places and people


def luminance(colour: str) -> float:
    red, green, blue, *_ = map(float, re.findall(r"[\d.]+", colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def background(tab: Any) -> float:
    return luminance(tab.locator("body").evaluate("e => getComputedStyle(e).backgroundColor"))


def test_the_page_is_dark_where_the_system_is(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    assert background(tab) > 200
    tab.emulate_media(color_scheme="dark")
    assert background(tab) < 40
    ink = tab.locator("#graph text").first.evaluate("e => getComputedStyle(e).fill")
    assert luminance(ink) > 120


def test_the_theme_button_outdoes_the_system(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    for label, dark in ("Theme: light", False), ("Theme: dark", True), ("Theme: automatic", False):
        tab.click("#theme")
        expect(tab.locator("#theme")).to_have_attribute("aria-label", label)
        assert (background(tab) < 40) is dark


@pytest.mark.parametrize("width", [1280, 520, 360])
def test_nothing_is_wider_than_the_window(opened: Opened, width: int) -> None:
    tab = opened(explore(wave, 0.7, 1.3), width=width)
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    over = "all => all.filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.id || e.className)"
    assert tab.locator("main > *, .card, button, input").evaluate_all(over) == []


def test_the_page_steps_in_the_frame_of_a_notebook(opened: Opened) -> None:
    explorer = explore(bill, 100, 2, 1.1)
    tab = opened(explorer)
    tab.set_content(f"<!DOCTYPE html><title>notebook</title>{explorer._repr_html_()}")
    frame = tab.frame_locator("iframe")
    frame.locator("#next").click()
    expect(frame.locator("#count")).to_have_text("forward · 1 of 8")
    frame.locator("#n0").fill("50")
    expect(frame.locator("#rows tr").first).to_contain_text("50")


def test_ten_thousand_values_are_stepped_through_and_computed(opened: Opened) -> None:
    y = Value(1.0, "x")
    for _ in range(9_999):
        y = y * 1.0001
    tab = opened(explore(y))
    expect(tab.locator("#left")).to_contain_text("more values lie behind it")
    shown = tab.locator("#graph .op, #graph .leaf").count()
    assert f"{10_000 - shown:,} more values".replace(",", "\u202f") in tab.locator("#left").inner_text()
    type_number(tab, "x", 2)
    assert full_numbers(tab)["y"][0] == pytest.approx(2 * y.data, rel=1e-12)
    tab.click("#last")
    at(tab, last_step(tab))


def loss_and_parameters(**weights: float) -> tuple[Value, dict[str, Value]]:
    """The loss of a network on 15 points, some 10 000 values, and its parameters."""
    trained = model()
    parameters = {v.name: v for v in trained.parameters()}
    for name, x in weights.items():
        parameters[name].data = x
    loss = network(15, trained)
    loss.name = "loss"
    loss.backward()
    return loss, parameters


@pytest.fixture
def folded(opened: Opened) -> Any:
    tab = opened(explore(loss_and_parameters()[0]))
    at(tab, 0)
    return tab


def fills(tab: Any) -> list[str]:
    """The colours of the folded scopes."""
    marks = tab.locator("#graph .scope :is(path, polygon, ellipse)")
    found = marks.evaluate_all("all => all.map(e => e.getAttribute('fill'))")
    return [fill for fill in found if fill in {light for light, _ in HEAT}]


def test_a_network_of_ten_thousand_values_is_folded(folded: Any) -> None:
    expect(folded.locator("#crumbs")).to_contain_text("10\u202f012 values")
    assert folded.locator("#graph .scope").count() == 34
    folded.keyboard.press("End")
    assert row(folded, "layer 2 › neuron 16")[1] == "512 values"


def test_heat_flows_back_step_by_step(folded: Any) -> None:
    cold = HEAT[0][0]
    assert set(fills(folded)) == {cold}
    folded.locator("#slide").fill(str(last_step(folded) // 2 + 4))
    assert 0 < sum(fill != cold for fill in fills(folded)) < 34
    folded.keyboard.press("End")
    assert len(fills(folded)) == 34
    assert cold not in fills(folded)


def test_the_mark_that_is_lit_is_the_one_that_is_spoken_of(folded: Any) -> None:
    for step in 1, 20, 36, 45, 60:
        folded.locator("#slide").fill(str(step))
        name = folded.locator("#graph .now text").first.text_content()
        expect(folded.locator("#say")).to_contain_text(re.compile(rf"(layer \d › )?{name}\b"))
        lit = folded.locator("#graph .edge.lit-f, #graph .edge.lit-b").count()
        assert lit == 16 or "layer 1" in folded.locator("#say").inner_text() or name == "hinge"


def test_a_folded_scope_opens_as_the_book_draws_it(folded: Any) -> None:
    _, parameters = loss_and_parameters()
    folded.locator("#rows").get_by_role("button", name="layer 1 › neuron 3", exact=True).click()
    expect(folded.locator("#crumbs b")).to_have_text("neuron 3, 1 run of 15")
    found = full_numbers(folded)
    for name in "w[0][2][0]", "w[0][2][1]", "b[0][2]":
        assert found[name] == pytest.approx((parameters[name].data, parameters[name].grad), rel=1e-12)
    assert {"w[0][2][0]", "w[0][2][1]", "b[0][2]"} < set(folded.locator("#graph .leaf text").all_text_contents())


def test_a_click_in_the_picture_opens_and_escape_leads_back(folded: Any) -> None:
    folded.keyboard.press("End")
    folded.locator("#graph .opens").first.click()
    expect(folded.locator("#crumbs button")).to_have_text(["loss"])
    at(folded, 0)
    folded.keyboard.press("Escape")
    expect(folded.locator("#crumbs b")).to_have_text("loss")
    at(folded, last_step(folded))


def test_the_address_keeps_the_picture_too(folded: Any) -> None:
    folded.locator("#graph .opens").first.click()
    folded.keyboard.press("ArrowRight")
    title = folded.locator("#crumbs b").inner_text()
    folded.reload()
    expect(folded.locator("#crumbs b")).to_have_text(title)
    at(folded, 1)


def test_an_input_of_a_network_is_found_and_moves_all(folded: Any) -> None:
    folded.locator("#filter").fill("w[0][2]")
    assert set(folded.locator("#inputs label").all_inner_texts()) == {"w[0][2][0]", "w[0][2][1]"}
    type_number(folded, "w[0][2][0]", 1.5)
    loss, parameters = loss_and_parameters(**{"w[0][2][0]": 1.5})
    expect(folded.locator("#graph .out text")).to_have_text(f"loss = {number(loss.data)}")
    folded.locator("#rows").get_by_role("button", name="layer 1 › neuron 3", exact=True).click()
    for name in "w[0][2][0]", "w[0][2][1]", "b[0][2]":
        assert full_numbers(folded)[name] == pytest.approx((parameters[name].data, parameters[name].grad), rel=1e-12)


def test_inputs_in_the_picture_are_listed_first(folded: Any) -> None:
    folded.locator("#rows").get_by_role("button", name="layer 1 › neuron 3", exact=True).click()
    expect(folded.locator("#crumbs b")).to_have_text("neuron 3, 1 run of 15")
    assert {"w[0][2][0]", "w[0][2][1]", "b[0][2]"} < set(folded.locator("#inputs label").all_inner_texts()[:4])


def test_a_page_whose_program_would_be_too_large_has_fixed_numbers(opened: Opened) -> None:
    explorer = explore(nn.MLP(20, [48, 48, 1])([0.1] * 20))
    tab = opened(explorer)
    at(tab, 0)
    expect(tab.locator("#locked")).to_contain_text("a program of 10129 values does not fit")
    tab.keyboard.press("End")
    tab.locator("#rows").get_by_role("button", name="layer 3", exact=True).click()
    expect(tab.locator("#crumbs button")).to_have_count(1)


NASTY = ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", '"><svg onload=alert(1)>', "a'&amp;<b>"]


@pytest.mark.parametrize("name", NASTY)
def test_names_made_of_markup_are_shown_as_they_are(opened: Opened, name: str) -> None:
    tab = opened(explore(Value(2, name) * Value(3, "y") + 1))
    for _ in range(last_step(tab)):
        tab.keyboard.press("ArrowRight")
    type_number(tab, "y", 4)
    tab.click("#mode-what-if")
    assert rows(tab)[0][0] == name
    assert name_of(tab, 0) == name
    assert tab.locator("main img, main script, #say svg, #rows svg, #inputs svg, main b b").count() == 0


def test_the_keyboard_reaches_everything(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.keyboard.press("ArrowRight")  # so that stepping back is possible
    wanted = "all => all.filter(e => !e.disabled).map(e => e.id || e.textContent)"
    wanted = tab.locator("button:visible, input:visible").evaluate_all(wanted)
    reached = []
    for _ in range(len(wanted) + 8):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.id || document.activeElement.textContent"))
        style = tab.evaluate("(s => [s.outlineStyle, s.outlineWidth])(getComputedStyle(document.activeElement))")
        if reached[-1] in wanted:
            assert style == ["solid", "2px"], reached[-1]
    assert [name for name in reached if name in wanted][: len(wanted)] == wanted


def test_a_key_in_a_field_does_not_step(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.locator("#n0").focus()
    for key in "ArrowRight", "End", "ArrowUp":
        tab.keyboard.press(key)
    assert tab.locator("#n0").input_value() == "101"
    at(tab, 0)


def test_enter_and_space_press_the_button_that_has_the_focus(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.locator("#next").focus()
    tab.keyboard.press("Enter")
    at(tab, 1)
    tab.keyboard.press("Space")
    at(tab, 2)
    expect(tab.locator("#play")).to_have_attribute("aria-label", "Play")


def test_nothing_moves_where_motion_is_not_wanted(opened: Opened) -> None:
    tab = opened(explore(bill, 100, 2, 1.1))
    tab.emulate_media(reduced_motion="reduce")
    tab.keyboard.press("ArrowRight")
    assert tab.locator(".flow").count() > 0
    assert tab.evaluate("document.getAnimations().length") == 0


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 520)])
def test_axe_finds_no_violation(opened: Opened, scheme: str, width: int) -> None:
    tab = opened(explore(bill, 100, 2, 1.1), width=width)
    tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found = set()
    for step in range(last_step(tab) + 1):
        if step in (0, 1, 4, 6, last_step(tab)):
            found |= violations(tab)
        tab.keyboard.press("ArrowRight")
    type_number(tab, "n", 11)
    tab.click("#mode-what-if")
    assert found | violations(tab) == set()


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 520)])
def test_axe_finds_no_violation_where_the_picture_is_folded(opened: Opened, scheme: str, width: int) -> None:
    tab = opened(explore(loss_and_parameters()[0]), width=width)
    tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    at(tab, 0)
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found = set()
    for step in 0, 20, 50, last_step(tab):
        tab.locator("#slide").fill(str(step))
        found |= violations(tab)
    tab.locator("#rows").get_by_role("button", name="layer 1 › neuron 3", exact=True).click()
    expect(tab.locator("#crumbs button")).to_have_count(1)
    assert found | violations(tab) == set()


@needs_axe
def test_axe_finds_no_violation_where_numbers_are_fixed_or_no_picture_is(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = opened(explore(lambda x: x * x.data, 3.0))
    monkeypatch.setattr(layout, "by_program", lambda *_: None)
    monkeypatch.setattr(layout, "by_library", lambda *_: None)
    for tab in fixed, opened(explore(bill, 100, 2, 1.1)):
        tab.evaluate(AXE.read_text(encoding="utf-8"))
        assert violations(tab) == set()


@needs_axe
def test_axe_finds_no_violation_in_the_frame_of_a_notebook(opened: Opened) -> None:
    explorer = explore(bill, 100, 2, 1.1)
    tab = opened(explorer)
    tab.set_content(
        '<!DOCTYPE html><html lang="en"><title>notebook</title><main><h1>notebook</h1>'
        f"{explorer._repr_html_()}</main></html>"
    )
    frame = tab.frames[-1]
    frame.wait_for_selector("#rows tr")
    for place in tab, frame:
        place.evaluate(AXE.read_text(encoding="utf-8"))
    assert violations(tab) | violations(frame) == set()


def violations(tab: Any) -> set[tuple[str, str]]:
    answer = tab.evaluate("axe.run()")
    return {(v["id"], node["html"][:120]) for v in answer["violations"] for node in v["nodes"]}


# markup


def test_the_page_is_valid_html() -> None:
    html5lib = pytest.importorskip("html5lib", reason="html5lib, which reads strictly, is not here")
    for page in explore(bill, 100, 2, 1.1).html(), explore(Value(2, NASTY[1]) * 3).html():
        parser = html5lib.HTMLParser(strict=True)
        parser.parse(page)
        assert parser.errors == []


def test_no_two_elements_have_one_id(opened: Opened) -> None:
    tab = opened(explore(wave, 0.7, 1.3))
    ids = tab.locator("[id]").evaluate_all("all => all.map(e => e.id)")
    assert len(set(ids)) == len(ids)
