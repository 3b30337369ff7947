"""Exercises on paper, as Chromium prints them: what fits a page, what stands on it."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browser import CHROMIUM, Opened
from test_sheets import shop_exercise

from micrograd_like import Value, exp
from micrograd_like.teach.exercise import Exercise, exercise

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here")
A4 = {"width": 673, "height": 1026}  # what is left of it between the margins, in the browser's pixels

WIDER = """all => all.filter(e => e.getBoundingClientRect().right > innerWidth + 1 ||
  e instanceof HTMLElement && e.scrollWidth > innerWidth).map(e => e.outerHTML.slice(0, 80))"""


def long_exercise() -> Exercise:
    x = y = Value(0.5, "a_rather_long_name_for_an_input")
    for _ in range(20):
        y = exp(-y) + x
    return exercise(y)


def on_paper(opened: Opened, sheet: Exercise, **options: Any) -> Any:
    tab = opened(SimpleNamespace(save=partial(sheet.save, **options)), **A4)
    tab.emulate_media(media="print")
    return tab


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_class_of_pupils_has_a_page_each(tmp_path: Path) -> None:
    a, b, tax = Value(100, "a"), Value(2, "b"), Value(1.1, "tax")
    path = exercise(a * b * tax).save(tmp_path / "class.pdf", seeds=range(5))
    assert pages_of(path.read_bytes()) == 5
    assert set(re.findall(rb"/MediaBox \[([^\]]*)\]", path.read_bytes())) == {b"0 0 594.95996 841.91998"}


@pytest.mark.parametrize("options", [{}, {"answers": True}, {"seeds": range(9)}, {"seeds": range(9), "answers": True}])
@pytest.mark.parametrize("sheet", [shop_exercise, long_exercise])
def test_nothing_is_wider_than_the_page(opened: Opened, sheet: Any, options: dict[str, Any]) -> None:
    tab = on_paper(opened, sheet(), **options)
    assert tab.locator("body *").evaluate_all(WIDER) == []


def test_every_question_has_room_to_write(opened: Opened) -> None:
    for sheet in (shop_exercise(), long_exercise()):
        tab = on_paper(opened, sheet)
        lines = tab.locator("li i").evaluate_all("all => all.map(e => e.getBoundingClientRect().width)")
        assert len(lines) == len(sheet.blanks)
        assert min(lines) > 90  # pixels: 24 mm


def test_the_bar_for_the_teacher_is_not_printed(opened: Opened) -> None:
    tab = on_paper(opened, shop_exercise())
    assert not tab.locator(".bar").is_visible()
    tab.emulate_media(media="screen")
    assert tab.locator(".bar").is_visible()


def test_the_picture_is_legible_and_light_on_a_dark_screen(opened: Opened) -> None:
    tab = on_paper(opened, shop_exercise())
    tab.emulate_media(media="screen", color_scheme="dark")
    assert tab.locator(".sheet").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    names = tab.locator("svg text", has_text=re.compile(r"^\s*(apple|orange)\s*$"))
    assert min(names.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")) > 9
    assert set(names.evaluate_all("all => all.map(e => getComputedStyle(e).fill)")) == {"rgb(15, 23, 42)"}


def test_a_pdf_is_printed_from_a_notebook_too(tmp_path: Path) -> None:
    async def cell() -> Path:
        return shop_exercise().save(tmp_path / "sheet.pdf", seed=3)

    with ThreadPoolExecutor(1) as thread:  # in this one runs the loop of the other tests' browser
        path = thread.submit(lambda: asyncio.run(cell())).result()
    assert pages_of(path.read_bytes()) == 2
