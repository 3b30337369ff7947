"""Pages in a browser: what comes before what, and what fits on a phone, on paper and in a notebook."""

from __future__ import annotations

from typing import Any

import pytest
from browser import Opened, playwright
from graphs import residual

from micrograd_like import Value, scope, sin
from micrograd_like.draw import explore
from micrograd_like.draw.labels import number

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
    y: Any = Value(0.5, "y")
    step = scope("step")(lambda y: sin(y) * 2)
    for _ in range(400):
        y = step(y) + 1
    tab = opened(explore(y))
    tab.evaluate("location.hash = '#2'")
    y_before = number(y.parents[0].data)
    expect(tab.locator("#say")).to_contain_text("y = [step ×400] + 1")
    expect(tab.locator("#say")).to_contain_text(f"= {y_before} + 1 = {number(y.data)}")
