"""The facts of notebooks: the tour runs and is stored as it runs, and each frontend finds what it can show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from micrograd_like import Value, derive, draw, exercise, explore

TOUR = Path(__file__).parent.parent / "demos" / "tour.ipynb"


def fruit() -> Value:
    apple, n_apples, tax = Value(100, "apple"), Value(2, "n_apples"), Value(1.1, "tax")
    return apple * n_apples * tax


def stored() -> Any:
    return json.loads(TOUR.read_text(encoding="utf-8"))


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def texts(cell: Any) -> list[str]:
    """What the outputs of a cell say as plain text: pictures differ with the fonts of a machine."""
    shown = [x.get("text") or x.get("data", {}).get("text/plain") or x for x in cell["outputs"]]
    return ["".join(text) for text in shown]


# the tour


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Any:
    nbformat = pytest.importorskip("nbformat", reason="nbformat, which reads notebooks, is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient, which runs notebooks, is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel, in which notebooks run, is not installed")
    notebook = nbformat.read(TOUR, as_version=4)
    place = {"metadata": {"path": str(tmp_path_factory.mktemp("tour"))}}
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=place).execute()
    return notebook


@pytest.mark.parametrize("k", range(len(code_cells(stored()))))
def test_a_cell_of_the_tour_says_what_is_stored(fresh: Any, k: int) -> None:
    assert texts(code_cells(fresh)[k]) == texts(code_cells(stored())[k])


def test_every_cell_of_the_tour_shows_one_thing_and_was_run_in_order() -> None:
    cells = code_cells(stored())
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    assert all(cell["outputs"] for cell in cells)
    assert all(x["output_type"] in ("execute_result", "stream") for cell in cells for x in cell["outputs"])


def test_the_tour_is_small_and_knows_no_machine() -> None:
    text = TOUR.read_text(encoding="utf-8")
    assert len(text) < 180_000
    assert not re.search(r"(/home/|/root/|/tmp/|/work/|[A-Z]:\\\\)", text)


def test_the_tour_keeps_pictures_formulas_and_a_page() -> None:
    kinds = {kind for cell in code_cells(stored()) for x in cell["outputs"] for kind in x.get("data", {})}
    assert {"text/markdown", "text/html", "text/plain"} == kinds


# frontends


def total_of(kind: str) -> Any:
    total = fruit()
    apple = total.parents[0].parents[0]
    shown = {"draw": draw, "explore": explore, "exercise": exercise, "derive": lambda v: derive(v, apple)}
    return shown[kind](total)


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("draw", "text/html"),
        ("explore", "text/html"),
        ("derive", "text/markdown"),
        ("exercise", "text/markdown"),
    ],
)
def test_jupyter_colab_and_vs_code_find_one_form_to_show_and_plain_text(kind: str, mime: str) -> None:
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
    data, _ = formatters.DisplayFormatter().format(total_of(kind))
    assert {mime, "text/plain"} == set(data)


@pytest.mark.parametrize(
    ("kind", "mark"), [("draw", "<svg"), ("explore", "<iframe"), ("derive", "<marimo-tex"), ("exercise", "<table")]
)
def test_marimo_shows_pictures_pages_and_set_formulas(kind: str, mark: str) -> None:
    formatting = pytest.importorskip("marimo._output.formatting", reason="marimo is not installed")
    shown = formatting.try_format(total_of(kind))
    assert shown.exception is None
    forms = {shown.mimetype: shown.data} if isinstance(shown.data, str) else shown.data
    assert mark in forms["text/html"]


# a notebook puts what it shows into a page that is there already


@pytest.fixture(scope="module")
def notebook() -> Iterator[Any]:
    from browser import Window, chromium

    with chromium() as browser:
        window = Window(browser)
        window.tab.set_content("<!DOCTYPE html><title>notebook</title><div id=output></div>")
        yield window.tab
        assert window.complaints == []


def shown_in(notebook: Any, html: str) -> None:
    notebook.locator("#output").evaluate("(output, html) => output.innerHTML = html", html)


def test_the_page_steps_and_follows_its_inputs(notebook: Any) -> None:
    shown_in(notebook, explore(fruit())._repr_html_())
    page = notebook.frame_locator("iframe")
    page.get_by_role("button", name="Step", exact=True).click()
    page.get_by_label("apple", exact=True).first.fill("50")
    assert page.locator("#count").inner_text() == "forward · 1 of 8"
    assert page.locator("#rows tr").first.inner_text().split() == ["apple", "50"]


def test_a_page_of_ten_thousand_values_is_inflated_in_its_frame(notebook: Any) -> None:
    y = Value(1.0, "x")
    for _ in range(9_999):
        y = y + 1.0
    shown_in(notebook, explore(y)._repr_html_())
    page = notebook.frame_locator("iframe")
    assert page.locator("#data").text_content().startswith('"eN')
    page.get_by_label("x", exact=True).first.fill("2")
    assert "10001" in page.locator("#graph .out").text_content()


@pytest.mark.parametrize("width", [320, 700, 2000])
def test_a_picture_takes_its_own_size_or_the_room_that_there_is(notebook: Any, width: int) -> None:
    html = draw(fruit())._repr_html_()
    shown_in(notebook, f"<div style='width:{width}px'>{html}</div>")
    box = notebook.locator("#output svg").bounding_box()
    _, _, wide, high = map(float, re.findall(r'viewBox="([^"]*)"', html)[0].split())
    assert box["width"] == pytest.approx(min(width, wide * 4 / 3), abs=1)
    assert box["width"] / box["height"] == pytest.approx(wide / high, rel=0.01)


def test_a_picture_in_a_notebook_has_tooltips_and_words_for_a_screen_reader(notebook: Any) -> None:
    shown_in(notebook, draw(fruit())._repr_html_())
    tips = notebook.locator("#output svg .node title").all_text_contents()
    assert "apple\nvalue: 100.0\nderivative ∂output/∂apple: 2.2" in tips
    assert notebook.get_by_role("img", name="Computational graph of output, 220, computed from apple").count() == 1


def test_where_no_frame_may_be_a_sentence_says_what_is_missing() -> None:
    (text,) = re.findall(r">([^<>]*)</iframe>", explore(fruit())._repr_html_())
    assert text == "Explorer of output: trust this notebook, or run its cells, to see the page."


@pytest.mark.parametrize(("ink", "theme"), [("black", "light"), ("#ddd", "dark"), ("oklch(0.9 0 0)", "dark")])
def test_the_page_is_as_dark_as_the_notebook_around_it(notebook: Any, ink: str, theme: str) -> None:
    notebook.locator("#output").evaluate("(output, ink) => output.style.color = ink", ink)
    shown_in(notebook, explore(fruit())._repr_html_())
    notebook.frame_locator("iframe").locator(f"html[data-theme={theme}]").wait_for()


@pytest.mark.parametrize(("scheme", "card"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(15, 23, 42)")])
def test_a_picture_is_as_dark_as_the_notebook_around_it(notebook: Any, scheme: str, card: str) -> None:
    notebook.locator("#output").evaluate("(output, scheme) => output.style.colorScheme = scheme", scheme)
    shown_in(notebook, draw(fruit()).svg())
    background = notebook.locator("#output svg polygon").first
    assert background.evaluate("e => getComputedStyle(e).fill") == card


@pytest.mark.parametrize("sign", ["class=vscode-dark", "theme=dark", "data-jp-theme-light=false"])
def test_a_picture_knows_the_signs_of_a_dark_notebook(notebook: Any, sign: str) -> None:
    shown_in(notebook, f"<div {sign}>{draw(fruit())._repr_html_()}</div>")
    assert notebook.locator("#output svg polygon").first.evaluate("e => getComputedStyle(e).fill") == "rgb(15, 23, 42)"
