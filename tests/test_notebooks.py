"""The facts of notebooks: the tour runs and is stored as it runs, and each frontend finds what it can show."""

from __future__ import annotations

import json
import re
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
    assert {"image/svg+xml", "text/markdown", "text/latex", "text/html", "text/plain"} == kinds


# frontends


def total_of(kind: str) -> Any:
    total = fruit()
    apple = total.parents[0].parents[0]
    shown = {"draw": draw, "explore": explore, "exercise": exercise, "derive": lambda v: derive(v, apple)}
    return shown[kind](total)


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("draw", "image/svg+xml"),
        ("explore", "text/html"),
        ("derive", "text/markdown"),
        ("exercise", "text/markdown"),
    ],
)
def test_jupyter_colab_and_vs_code_find_a_form_to_show_and_plain_text(kind: str, mime: str) -> None:
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
    data, _ = formatters.DisplayFormatter().format(total_of(kind))
    assert {mime, "text/plain"} <= set(data)


@pytest.mark.parametrize(
    ("kind", "mark"), [("draw", "<svg"), ("explore", "<iframe"), ("derive", "frac"), ("exercise", "<table")]
)
def test_marimo_shows_the_same(kind: str, mark: str) -> None:
    formatting = pytest.importorskip("marimo._output.formatting", reason="marimo is not installed")
    shown = formatting.try_format(total_of(kind))
    assert shown.exception is None
    assert mark in shown.data if isinstance(shown.data, str) else any(mark in text for text in shown.data.values())
