"""Exercises on paper: the numbers of each pupil, the sheet, its picture with boxes, and the answers."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import html5lib
import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import Value, exp, function, log, maximum, relu, scope, sqrt, where
from micrograd_like.errors import DrawingError
from micrograd_like.operation import OPS, Op
from micrograd_like.pictures import dot, fonts
from micrograd_like.pictures.layout import laid_out
from micrograd_like.teach import picture, sheets
from micrograd_like.teach.exercise import Exercise, exercise
from micrograd_like.teach.variants import nice_numbers
from micrograd_like.words.numbers import number

CLASS = range(30)


def shop(apple: Any, n: Any, orange: Any, tax: Any) -> Any:
    with scope("fruit"):
        apples = apple * n
        fruit = apples + orange * (n + 1)
    return fruit * tax


def shop_exercise() -> Exercise:
    apple, n, orange, tax = Value(100), Value(2), Value(150), Value(1.1)
    total = shop(apple, n, orange, tax)
    return exercise(total)


def growth(x: Any, y: Any) -> Any:
    return log(x - 2) * sqrt(y - x) + exp(-x / y)


def inputs_of(sheet: Exercise) -> dict[str, float]:
    assert sheet.inputs == {sheet.chain.names[v]: v.data for v in sheet.chain.order if v.op is None}
    return sheet.inputs


def answers_of(sheet: Exercise) -> dict[str, float]:
    """What is right for each value of the whole, by its name."""
    return {blank.keys[0]: blank.right for blank in sheet.blanks if blank.child is None}


def page(sheet: Exercise, folder: Path, **options: Any) -> str:
    return sheet.save(folder / "sheet.html", **options).read_text(encoding="utf-8")


def text_of(html: str) -> str:
    """What can be read on a page, or be found out by pointing at it."""
    return unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL))


# the numbers of each pupil


@pytest.mark.parametrize("seed", CLASS)
def test_the_answers_of_a_variant_are_what_the_program_answers_to_its_numbers(seed: int) -> None:
    sheet = shop_exercise().variant(seed)
    known = inputs_of(sheet)
    again = {name: Value(x) for name, x in known.items()}
    y = shop(*(again[name] for name in ("apple", "n", "orange", "tax")))
    y.backward()
    assert sheet.chain.y.data == y.data
    assert {name: x.grad for name, x in again.items()} == {name: answers_of(sheet)[name] for name in again}


@pytest.mark.parametrize("seed", CLASS)
def test_a_variant_s_answers_are_the_derivatives_that_mpmath_finds(seed: int) -> None:
    x, y = Value(3, "x"), Value(7, "y")
    sheet = exercise(growth(x, y)).variant(seed)
    at = tuple(inputs_of(sheet).values())
    with mpmath.workdps(30):
        f = lambda x, y: mpmath.log(x - 2) * mpmath.sqrt(y - x) + mpmath.exp(-x / y)  # noqa: E731
        slopes = [float(mpmath.diff(f, at, places)) for places in ((1, 0), (0, 1))]
    assert [answers_of(sheet)[name] for name in ("x", "y")] == pytest.approx(slopes, rel=1e-12)


def test_the_numbers_of_a_seed_are_always_the_same() -> None:
    assert inputs_of(shop_exercise().variant(7)) == {"apple": 110.0, "n": 4.0, "orange": 200.0, "tax": 1.4}
    assert inputs_of(shop_exercise().variant(107)) != inputs_of(shop_exercise().variant(7))


def test_a_seed_s_numbers_do_not_depend_on_the_seeds_before_it() -> None:
    sheet = shop_exercise()
    assert [inputs_of(sheet.variant(k)) for k in (9, 3, -5, 3)] == [
        inputs_of(shop_exercise().variant(k)) for k in (9, 3, -5, 3)
    ]


def test_the_pupils_of_a_class_have_different_numbers() -> None:
    own, found = shop_exercise(), [tuple(inputs_of(shop_exercise().variant(k)).values()) for k in CLASS]
    assert len({*found, tuple(inputs_of(own).values())}) == len(CLASS) + 1


def test_pupils_have_different_numbers_as_long_as_there_are_some() -> None:
    sheet = exercise(Value(2, "x") * Value(3, "y"))  # for each of which there are 7 other numbers
    assert len({tuple(sheet.variant(k).inputs.values()) for k in range(49)}) == 49


@given(st.integers(1, 10**6) | st.decimals("0.001", 999, places=3).filter(bool).map(float), st.sampled_from([1, -1]))
def test_other_numbers_are_of_the_same_kind(size: float, sign: int) -> None:
    x = float(sign * size)
    for other in nice_numbers(x):
        assert other != x
        assert (other > 0) == (x > 0)
        assert other.is_integer() or not x.is_integer()
        assert (abs(other) < 1) == (abs(x) < 1)
        assert len(Decimal(repr(other)).normalize().as_tuple().digits) <= 3


@pytest.mark.parametrize(
    ("x", "found"),
    [
        (0.0, []),
        (-3.0, [-2.0, -4.0, -5.0, -6.0, -7.0, -8.0, -9.0]),
        (1.1, [1.2, 1.3, 1.4, 1.5]),
        (1.05, [1.02, 1.03, 1.04, 1.06, 1.07, 1.08, 1.09]),
        (20.0, [10.0, 15.0, 25.0, 30.0, 35.0, 40.0]),
        (0.9, [0.4, 0.5, 0.6, 0.7, 0.8]),
        (float("inf"), []),
    ],
)
def test_other_numbers_for_some(x: float, found: list[float]) -> None:
    assert nice_numbers(x) == found


def test_numbers_of_many_digits_become_numbers_of_two_or_three() -> None:
    found = nice_numbers(6.8813735870195432)
    assert found == [round(x, 1) for x in found]
    assert (found[0], found[-1]) == (3.4, 13.8)


BRANCHES: list[tuple[Callable[..., Any], tuple[float, ...], Callable[..., bool]]] = [
    (lambda x, y: maximum(x, y) * x, (3, 5), lambda x, y: x < y),
    (lambda x, y: relu(x - y) + x * y, (3, 5), lambda x, y: x < y),
    (lambda x, y: abs(x - y) * x, (5, 3), lambda x, y: x > y),
    (lambda x, y: sqrt(x - y) * y, (5, 3), lambda x, y: x > y),
    (lambda x, y: x % y * x, (7, 4), lambda x, y: x % y > 0),
    (lambda x, y: (x - y) * x, (5, 3), lambda x, y: x > y),
]


@pytest.mark.parametrize(("f", "at", "holds"), BRANCHES)
def test_a_variant_stays_on_its_branch_in_its_domain_and_off_ties(
    f: Callable[..., Any], at: tuple[float, ...], holds: Callable[..., bool]
) -> None:
    sheet = exercise(f(*map(Value, at)))
    variants = [sheet.variant(k) for k in CLASS]
    assert all(holds(*inputs_of(variant).values()) for variant in variants)
    assert not any(blank.sides for variant in variants for blank in variant.blanks)


def test_a_tie_that_only_rounding_hides_is_no_variant() -> None:
    a, b, c = Value(0.1, "a"), Value(0.5, "b"), Value(0.7, "c")
    sheet = exercise(maximum(a + b, c) * a)
    for k in CLASS:
        x = {name: round(10 * number) for name, number in inputs_of(sheet.variant(k)).items()}
        assert x["a"] + x["b"] < x["c"]


def test_a_condition_keeps_its_branch() -> None:
    c, x, y = Value(2, "c"), Value(3, "x"), Value(5, "y")
    for k in CLASS:
        assert answers_of(exercise(where(c - 1, x, y) * c).variant(k))["y"] == 0
        assert answers_of(exercise(where(c - 2, x, y) * c).variant(k))["x"] == 0
        unseen = relu(-where(c - 2, x, y))  # of which no derivative tells
        assert exercise(unseen + c * x).variant(k).inputs["c"] == 2


def test_what_was_written_since_is_no_part_of_a_variant() -> None:
    x = Value(3, "x")
    y = x * x
    x.data = -40.0
    sheet = exercise(y).variant(1)
    assert 2 <= inputs_of(sheet)["x"] <= 9
    assert "holds" not in str(sheet)


def test_an_operation_of_the_user_s_own_is_done_again() -> None:
    cube = function("cube_on_paper", lambda x: x**3, lambda x, out, g: g * 3 * x**2)
    sheet = exercise(cube(Value(2, "x"))).variant(4)
    assert answers_of(sheet)["x"] == 3 * inputs_of(sheet)["x"] ** 2


def test_a_variant_calls_everything_what_it_was_called_and_checks_answers() -> None:
    sheet = shop_exercise()
    variant = sheet.variant(3)
    assert list(variant.chain.names.values()) == list(sheet.chain.names.values())
    assert [blank.keys for blank in variant.blanks] == [blank.keys for blank in sheet.blanks]
    assert variant.check(answers_of(variant)).all_right
    assert not variant.check(answers_of(sheet)).all_right


def test_where_there_are_no_other_numbers_that_is_said() -> None:
    zero = Value(0, "zero")
    with pytest.raises(
        ValueError, match=r"no other nice numbers were found for zero .* compute output from the numbers"
    ):
        exercise(zero + 1).variant(0)


@pytest.mark.parametrize("seed", [1.0, "7", True])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(TypeError, match="a seed is a whole number"):
        shop_exercise().variant(seed)


# the sheet


def test_a_sheet_is_strict_html_and_asks_for_nothing_else(tmp_path: Path) -> None:
    sheet = shop_exercise()
    for options in ({}, {"seed": 7}, {"seeds": CLASS}, {"seed": 7, "answers": True}, {"seeds": CLASS, "answers": True}):
        html = page(sheet, tmp_path, **options)
        html5lib.HTMLParser(strict=True).parse(html)
        assert not re.search(r"(src|href)=|url\(|@import|<script", html)


def test_a_sheet_gives_no_answer_away(tmp_path: Path) -> None:
    x, y = Value(3, "x"), Value(7, "y")
    html = page(exercise(x * y * y), tmp_path)
    said = text_of(html)
    assert "derivative y" not in said
    assert "derivative ∂" not in said
    assert "share" not in said
    assert said.count("← 1 ") == 1  # that of the output by itself
    assert not re.search(r"\b(42|49)\b", said.replace("7 × 21", ""))


def test_the_picture_has_a_box_for_each_derivative_and_for_each_share_of_a_value_that_is_used_twice(
    tmp_path: Path,
) -> None:
    a, b = Value(2, "a"), Value(1, "b")
    html = page(exercise((a + b) * (b + 1)), tmp_path)
    boxes = re.findall(r'<polygon fill="none" stroke="#b83a00"', html)
    assert len(boxes) == 4 + 2
    labels = re.findall(r'font-size="9.00"[^>]*>([^<]*)</text>', html)
    assert sorted(label.split()[-1] for label in labels if label.strip() != "←") == ["6", "7", "8", "9"]


def test_numbers_in_the_boxes_are_those_of_the_questions() -> None:
    sheet = shop_exercise()
    scene = picture.scene_of(sheet, answers=False)
    for wire, label in scene.asked.items():
        if label.isdigit():
            assert sheet.blanks[int(label) - 1].v is scene.values[int(wire[1:])]


def test_an_arrow_that_runs_down_has_boxes_too() -> None:
    x = Value(0.5, "x")
    for _ in range(3):
        x = exp(-x) + x
    scene = picture.scene_of(exercise(x), answers=False)
    drawn = laid_out(dot.book_in_dot(scene, "down"), "svg").decode()
    assert len(re.findall(r'<polygon fill="none" stroke="#b83a00"', drawn)) == len(scene.asked) - 1 == 9 + 6
    assert text_of(drawn).count("↑") == len(scene.asked)


def test_of_a_long_computation_the_picture_has_what_is_asked_for() -> None:
    x: Any = Value(0.5, "x")
    y = x
    for _ in range(40):
        y = exp(-y) * x
    sheet = exercise(y)
    scene = picture.scene_of(sheet, answers=False)
    assert {scene.values[mark.index] for mark in scene.marks if mark.op} == set(sheet.values)
    asked = [label for label in scene.asked.values() if label.isdigit()]
    assert len(asked) == len(sheet.blanks) - sheet.slopes


def test_names_scopes_and_chinese_are_shown_and_nothing_of_the_user_s_is_markup(tmp_path: Path) -> None:
    with scope('水果 <s> "\\'):
        v = Value(100, "苹果<b>") * Value(2, "n & 'm'")
    sheet = exercise(v * Value(1.1, "税率"))
    for options in ({}, {"seed": 1}, {"seed": 1, "answers": True}, {"seeds": [1, 2], "answers": True}):
        html = page(sheet, tmp_path, title="第三课 <i>", **options)
        html5lib.HTMLParser(strict=True).parse(html)
        said = text_of(html)
        assert {"苹果<b>", "n & 'm'", "税率", "第三课 <i>"} <= {word for word in SEEN if word in said}
        assert ('水果 <s> "\\' in said) == ("seeds" not in options)
        assert html.count('class="cluster"') == ("seeds" not in options)


SEEN = "苹果<b>", "n & 'm'", "税率", "第三课 <i>"


def test_a_scope_has_a_frame_in_the_picture_and_a_word_beside_its_values(tmp_path: Path) -> None:
    html = page(shop_exercise(), tmp_path, seed=5)
    assert html.count('class="cluster"') == 1
    assert html.count('<span class="part">fruit</span>') == 4


def test_each_sheet_bears_its_number_a_title_and_lines_for_name_and_date(tmp_path: Path) -> None:
    html = page(shop_exercise(), tmp_path, seeds=[4, 12], title="Lesson 3")
    assert re.findall(r'class="number">([^<]*)<', html) == ["Sheet 4", "Sheet 12"]
    assert html.count("<h1>Lesson 3</h1>") == html.count("<span>Name</span>") == html.count("<span>Date</span>") == 2


def test_a_kink_has_its_hint(tmp_path: Path) -> None:
    assert "at a kink, the slope nearest 0" in text_of(page(exercise(relu(Value(0.0, "x")) * 2), tmp_path))


def test_too_few_nice_numbers_are_told_to_the_teacher(tmp_path: Path) -> None:
    html = page(exercise(Value(1.1, "x") * 2), tmp_path, seeds=CLASS)
    assert "30 sheets, of which 4 differ" in text_of(html)


def no_picture(*_: Any) -> bytes:
    raise DrawingError("there is no dot")


@pytest.mark.parametrize("missing", ["dot", "graphviz"])
def test_without_graphviz_a_sheet_has_a_tree_to_fill_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    if missing == "dot":
        monkeypatch.setattr(picture, "laid_out", no_picture)
    else:
        monkeypatch.setitem(sys.modules, "graphviz", None)
    a, b = Value(2, "a"), Value(1, "b")
    html = page(exercise((a + b) * (b + 1)), tmp_path)
    html5lib.HTMLParser(strict=True).parse(html)
    found = re.search(r"<pre[^>]*>(.*?)</pre>", html, re.DOTALL)
    assert found
    assert "box" not in text_of(html)
    assert found[1].splitlines() == [
        "                  value  ∂output/∂",
        "output = v1 × v2      6  ← 1",
        "├─ v1 = a + b         3  ← ________",
        "│  ├─ a               2  ← ________",
        "│  └─ b               1  ← ________  Σ ________",
        "└─ v2 = b + 1         2  ← ________",
        "   └─ b ↑             1  ← ________",
    ]


def test_names_are_no_markup_in_a_tree_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "laid_out", no_picture)
    html = page(exercise(Value(2, "<b>") * 2), tmp_path)
    assert "└─ &lt;b&gt; " in html


# the answers


def test_the_answers_of_one_sheet_show_the_way(tmp_path: Path) -> None:
    a, b = Value(2, "a"), Value(1, "b")
    said = " ".join(text_of(page(exercise((a + b) * (b + 1)), tmp_path, answers=True)).split())
    assert "∂(v1 × v2) / ∂v1 = v2 = 2" in said
    assert "= 2 × 1 + 3 × 1 = 5" in said
    assert "Name" not in said


def test_a_key_has_the_inputs_and_answers_of_every_sheet(tmp_path: Path) -> None:
    sheet = shop_exercise()
    tree = html5lib.parse(page(sheet, tmp_path, seeds=CLASS, answers=True), namespaceHTMLElements=False)
    found: dict[int, list[str]] = {k: [] for k in CLASS}
    for table in tree.iter("table"):
        columns = [int(cell.text or "") for cell in table.find("thead/tr") if (cell.text or "").isdigit()]
        for row in table.iterfind("tbody/tr"):
            for k, cell in zip(columns, row.findall("td"), strict=True):
                found[k].append(cell.text or "")
    for k in CLASS:
        variant = sheet.variant(k)
        right = [*inputs_of(variant).values(), *(blank.right for blank in variant.blanks)]
        assert found[k] == [number(x) for x in right]


# files


def test_a_sheet_is_html_or_pdf(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a sheet is saved as \.html or \.pdf, .*sheet\.docx.* has neither"):
        shop_exercise().save(tmp_path / "sheet.docx")


def test_one_seed_or_several(tmp_path: Path) -> None:
    sheet = shop_exercise()
    with pytest.raises(ValueError, match="not both"):
        sheet.save(tmp_path / "sheet.html", seed=1, seeds=[2])
    with pytest.raises(ValueError, match=r"seeds is empty: .* seeds=range\(30\)"):
        sheet.save(tmp_path / "sheet.html", seeds=[])
    with pytest.raises(TypeError, match=r"as range\(30\); one alone is seed=30"):
        sheet.save(tmp_path / "sheet.html", seeds=30)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_without_playwright_a_pdf_is_printed_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(RuntimeError, match=r"needs Playwright.*: save the sheet as \.html, open it in a browser, and"):
        shop_exercise().save(tmp_path / "sheet.pdf")


def test_a_pdf_says_which_letters_no_font_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "without_a_font", lambda text: [sign for sign in "苹果" if sign in text])
    monkeypatch.setattr(sheets, "printed", lambda html: html.encode())
    with pytest.warns(UserWarning, match=r"no font here has 苹 果, which the pdf .* or save the sheet as \.html"):
        exercise(Value(2, "苹果") * 3).save(tmp_path / "sheet.pdf")


def test_without_chromium_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright.sync_api")
    monkeypatch.setattr(sheets, "program", lambda: str(tmp_path / "no_chromium"))
    with pytest.raises(RuntimeError, match=r"(?s)no Chromium that prints.*save the sheet as \.html"):
        shop_exercise().save(tmp_path / "sheet.pdf")


# every operation


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.rule], ids=lambda op: op.name)
def test_every_operation_has_variants_that_are_computed_as_it_computes(op: Op) -> None:
    sheet = exercise(Value.record(op, *(Value(x, f"x{k}") for k, x in enumerate(op.at))) * 2)
    try:
        variant = sheet.variant(1)
    except ValueError:  # its point has no neighbours on the same branch
        assert op.letters[:1] == ("c",) or op.kink
        return
    y = Value.record(op, *(again := [Value(x) for x in variant.inputs.values()])) * 2
    y.backward()
    assert variant.chain.y.data == y.data
    assert [answers_of(variant)[name] for name in variant.inputs] == [x.grad for x in again]
