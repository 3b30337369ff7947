"""The explorer in a browser: what happens on keys, clicks and drags, compared with what Python computes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import AXE, Window, chromium, playwright

from micrograd_like import Value, exp, grad, nn, sin, sqrt, tanh
from micrograd_like.draw import explore, layout
from micrograd_like.draw.labels import number

expect = playwright.expect
needs_axe = pytest.mark.skipif(not AXE.exists(), reason=f"axe-core, which finds what keeps people out, is not at {AXE}")
Opened = Callable[..., Any]


def bill(apple: Any, n: Any, tax: Any) -> Any:
    price = apple * n
    if price > 1000:
        price = 0.9 * price
    return price * tax


def wave(x: Any, y: Any) -> Any:
    a = sin(x * y)
    b = a * x + exp(-y)
    return tanh(b) / (y * y + 1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Opened]:
    """Opens an explorer's page; in the end, no page has complained or asked for anything but itself."""
    windows: list[Window] = []

    def open_page(explorer: Any, **options: Any) -> Any:
        path = explorer.save(tmp_path / f"{len(windows)}.html")
        window = Window(browser, **options)
        windows.append(window)
        window.tab.goto(path.as_uri())
        return window.tab

    yield open_page
    for window in windows:
        window.tab.context.close()
        assert window.complaints == []
        assert [url for url in window.requests if not url.startswith(("file:", "data:", "about:srcdoc"))] == []


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


def test_a_slope_without_end_draws_no_line(opened: Opened) -> None:
    tab = opened(explore(sqrt(Value(4, "a"))))
    type_number(tab, "a", 0)
    assert full_numbers(tab)["a"] == (0.0, math.inf)
    tab.click("#mode-what-if")
    expect(tab.locator("#plot .curve")).to_have_count(1)
    expect(tab.locator("#plot .tangent, #plot .gap")).to_have_count(0)


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
    expect(tab.locator("#left")).to_contain_text("60 values nearest to y; 9940 more lie behind them")
    assert tab.locator("#graph .node[id*='-w']").count() == 60
    type_number(tab, "x", 2)
    assert full_numbers(tab)["y"][0] == pytest.approx(2 * y.data, rel=1e-12)
    tab.click("#last")
    at(tab, 120)


def test_a_network_of_ten_thousand_values_opens(opened: Opened) -> None:
    explorer = explore(nn.MLP(20, [48, 48, 1])([0.1] * 20))
    assert re.search(r"1\d{4} values", repr(explorer))
    tab = opened(explorer)
    tab.keyboard.press("ArrowRight")
    at(tab, 1)
    expect(tab.locator("#inputs")).to_contain_text("more inputs")


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
