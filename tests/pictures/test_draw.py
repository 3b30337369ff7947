"""The facts of a picture: what it shows, that any name is safe in it, and what happens where there is no Graphviz."""

from __future__ import annotations

import copy
import math
import os
import pickle
import re
import shutil
import subprocess
import sys
import warnings
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import Value, function, hypot, maximum, relu, tanh, where
from micrograd_like.drawing import Drawing, draw
from micrograd_like.errors import DrawingError
from micrograd_like.operation import OPS
from micrograd_like.pictures import fonts, layout
from micrograd_like.pictures.palette import PALETTE
from micrograd_like.words.numbers import number

SVG = "{http://www.w3.org/2000/svg}"
NASTY = [
    '"><script>alert(1)</script>',
    "<b>",
    r"a\N",
    r"a\\N\l",
    "&amp;",
    "&#65;",
    "]]>",
    "it's",
    "--",
    "日本",
    "é\u0301",
]
INVISIBLE = ["two\nlines", "\x00", "\x1b[31mred", "\ud800", "\u202eabc", "tab\t"]


@pytest.fixture(params=["dot", "pygraphviz"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to a picture, one at a time; a test that does not ask for this takes whichever there is."""
    if request.param == "dot":
        if not shutil.which("dot"):
            pytest.skip("Graphviz's dot is not installed")
        monkeypatch.setattr(layout, "by_library", None)
    else:
        pytest.importorskip("pygraphviz", reason="pygraphviz is not installed")
        monkeypatch.setattr(layout, "by_program", lambda source, kind: None)
    return str(request.param)


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def fruit() -> Value:
    apple, n_apples = Value(100, "apple"), Value(2, "n_apples")
    orange, n_oranges, tax = Value(150, "orange"), Value(3, "n_oranges"), Value(1.1, "tax")
    total = (apple * n_apples + orange * n_oranges) * tax
    total.name = "total"
    return total


def colah() -> Value:
    a, b = Value(2, "a"), Value(1, "b")
    e = (a + b) * (b + 1)
    e.name = "e"
    return e


def parsed(drawing: Drawing) -> ET.Element:
    return ET.fromstring(drawing.svg())


def texts(root: ET.Element) -> list[str]:
    return ["".join(x.itertext()).strip() for x in root.iter(f"{SVG}text") if "".join(x.itertext()).strip()]


def part(root: ET.Element, name: str) -> ET.Element:
    return next(g for g in root.iter(f"{SVG}g") if g.get("id", "").endswith(f"-{name}"))


def tip(root: ET.Element, name: str) -> str:
    return part(root, name).findtext(f"{SVG}title", "")


def path_of(line: ET.Element | None) -> list[list[float]]:
    assert line is not None
    return [[float(x) for x in pair.split(",")] for pair in line.get("d", "")[1:].replace("C", " ").split()]


def operation_labels(y: Value) -> list[str]:
    return [mark.operation for mark in draw(y)._scene.marks if mark.op]


# what it shows


def test_chinese_names_stand_in_a_drawing_of_every_form(tmp_path: Path) -> None:
    apple, n, tax = Value(100, "苹果"), Value(2, "个数"), Value(1.1, "消费税")
    price = apple * n
    price.name = "苹果的价格"
    total = price * tax
    total.name = "总价"
    for suffix in (".svg", ".dot", ".txt", ".mmd", ".html"):
        content = draw(total).save(tmp_path / f"总价{suffix}").read_text(encoding="utf-8")
        assert all(name in content for name in ("苹果", "个数", "消费税", "苹果的价格", "总价")), suffix
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no font here has")  # where there is none for Chinese
        for suffix, head in {".png": b"\x89PNG", ".pdf": b"%PDF"}.items():
            assert draw(total).save(tmp_path / f"总价{suffix}").read_bytes().startswith(head)


@pytest.mark.parametrize("style", ["book", "compact"])
def test_a_mark_with_two_chinese_signs_is_no_circle_which_they_would_leave(style: str) -> None:
    square = function("平方", lambda x: x * x, lambda x, out, g: 2 * g * x)
    source = draw(square(Value(3, "x")) * Value(2, "y"), style=style).source
    marks = re.findall(r'label="(平方|×)".* shape=(\w+)', source)
    assert dict(marks) == {"平方": "box", "×": "circle"}


def test_the_book_s_picture_shows_names_values_and_derivatives(engine: str) -> None:
    shown = texts(parsed(draw(fruit())))
    values = ["100", "2", "200", "150", "3", "450", "650", "1.1", "715"]
    derivatives = ["← 2.2", "← 110", "← 1.1", "← 3.3", "← 165", "← 1.1", "← 1.1", "← 650", "← 1"]
    names = ["apple", "n_apples", "orange", "n_oranges", "tax", "total", "×", "×", "+", "×"]
    assert sorted(shown) == sorted(values + derivatives + names)


def test_a_value_used_twice_shows_its_total_and_each_arrow_its_share(engine: str) -> None:
    root = parsed(draw(colah()))
    assert texts(part(root, "w1")) == ["1", "← 5"]
    assert texts(part(root, "g1_2_1")) == ["← 2"]
    assert texts(part(root, "g1_3_0")) == ["← 3"]
    assert '"g0_2_0"' not in draw(colah()).source


def test_the_shares_of_a_value_used_twice_in_one_operation_are_each_its_own() -> None:
    x, y = Value(3, "x"), Value(4, "y")
    root = parsed(draw(x / x + y))
    assert [texts(part(root, name)) for name in ("w0", "g0_1_0", "g0_1_1")] == [
        ["3", "← 0"],
        ["← 0.33333"],
        ["← -0.33333"],
    ]


def test_derivatives_in_a_picture_are_of_the_drawn_output_and_not_grad() -> None:
    x = Value(3, "x")
    y = x * x
    (y * 10).backward()
    assert texts(part(parsed(draw(y)), "w0")) == ["3", "← 6"]
    assert (x.grad, y.grad) == (60, 10)


def test_derivatives_can_be_left_out() -> None:
    root = parsed(draw(colah(), derivatives=False))
    assert not [text for text in texts(root) if "←" in text]
    assert tip(root, "w1") == "b\nvalue: 1.0"


def test_where_no_derivative_arrives_the_share_is_0() -> None:
    x = Value(3, "x")
    y = where(x, Value(1), Value(2))
    root = parsed(draw(y + x))
    assert [texts(part(root, name)) for name in ("w0", "g0_3_0")] == [["3", "← 1"], ["← 0"]]


def test_where_no_derivative_arrives_no_rule_is_asked() -> None:
    x, big = Value(3, "x"), Value(math.inf, "big")
    y = where(x * big, x, big)  # the rule of × would say 0 × inf, nan
    assert texts(part(parsed(draw(y)), "g0_2_0")) == ["← 0"]


def test_each_rule_is_asked_once_in_all_forms_of_a_drawing() -> None:
    asked = []

    def rule(x: float, out: float, g: float) -> float:
        asked.append(x)
        return 3 * g

    probe = function("probe", lambda x: 3 * x, rule)
    x = Value(2, "x")
    drawing = draw(probe(x) * probe(probe(x)))
    forms = drawing.tree(), drawing.table(), drawing.mermaid(), drawing.source, drawing.source
    assert all("108" in form for form in forms)  # the value, 27 x², and its derivative by x
    assert sorted(asked) == [2, 2, 6]


def test_an_output_of_0_still_hands_back_its_shares() -> None:
    x = Value(0, "x")
    assert texts(part(parsed(draw(x * 5 + x)), "g0_1_0")) == ["← 5"]


def test_an_infinite_derivative_is_shown_as_such() -> None:
    assert texts(part(parsed(draw(Value(0, "x").sqrt())), "w0")) == ["0", "← ∞"]


def test_a_drawing_shows_what_was_when_draw_was_called() -> None:
    x = Value(3, "x")
    y = x * x
    drawing = draw(y)
    x.data, x.name, y.data, y.grad = 7.0, "renamed", 1.0, 5.0
    assert str(drawing).split() == "value ∂y/∂ y = x × x 9 ← 1 ├─ x 3 ← 3 Σ 6 └─ x ↑ 3 ← 3 Σ 6".split()


# numbers that were written since


def stale(drawing: Drawing) -> list[str]:
    return drawing._scene.stale


def test_a_picture_says_which_numbers_were_written_since(engine: str) -> None:
    x = Value(3, "x")
    y = x * 2
    x.data = 5
    root = parsed(draw(y))
    assert texts(root)[:2] == ["x held 3 when y was computed; it holds 5 now.", "Compute y again."]
    assert texts(part(root, "w0")) == ["5", "← 2"]
    assert tip(root, "w0").splitlines() == [
        "x",
        "value: 5.0",
        "x held 3 when y was computed; it holds 5 now",
        "derivative ∂y/∂x: 2.0",
    ]


def test_where_nothing_was_written_a_picture_says_nothing_below() -> None:
    x, gone = Value(3, "x"), Value(math.nan, "gone")
    y = x * gone * 2
    x.data = 3
    assert stale(draw(y)) == []
    assert "label=<" not in draw(y).source.partition("node [")[0]


def test_what_was_written_before_it_was_used_is_not_stale() -> None:
    x = Value(3, "x")
    x.data = 5
    y = x * x
    y.data = 7
    y.data = 25
    assert stale(draw(y)) == []


def test_nan_that_is_still_nan_was_not_written() -> None:
    x, gone = Value(3, "x"), Value(math.nan, "gone")
    y = x * gone
    x.data = 5
    gone.data = -math.nan
    assert stale(draw(y)) == ["x held 3 when y was computed; it holds 5 now.", "Compute y again."]


def test_of_several_uses_the_first_before_the_writing_is_named() -> None:
    x = Value(3, "x")
    y = x * 2
    x.data = 4
    u = y * x
    x.data = 5
    z = u + x
    assert stale(draw(z)) == ["x held 3 when y was computed; it holds 5 now.", "Compute z again."]


def test_a_computed_number_that_was_written_is_stale_too() -> None:
    x = Value(3, "x")
    y = x * 2
    y.data = 1
    z = y + x
    assert stale(draw(z)) == ["y was computed as 6; it holds 1 now.", "Compute z again."]
    assert stale(draw(y)) == ["y was computed as 6; it holds 1 now.", "Compute y again."]


def test_where_the_user_has_no_name_its_formula_is_named() -> None:
    x = Value(3, "x")
    y = (x * 2).exp()
    x.data = 5
    assert stale(draw(y))[0] == "x held 3 when x × 2 was computed; it holds 5 now."


def test_numbers_that_look_alike_have_all_their_digits() -> None:
    x = Value(0.1, "x")
    y = x * 2
    x.data = 0.1000001
    assert stale(draw(y))[0] == "x held 0.1 when y was computed; it holds 0.1000001 now."


def test_after_a_step_of_training_three_of_the_parameters_are_named_and_the_others_counted() -> None:
    w = [Value(i, f"w{i}") for i in range(6)]
    y = sum(w) * 1
    for p in w:
        p.data += 1
    assert stale(draw(y))[3:] == ["3 more values have been written since.", "Compute y again."]
    w[5].data = w[4].data = 5
    w[4].data = 4
    assert stale(draw(y))[3:] == ["1 more value has been written since.", "Compute y again."]


def test_an_operation_of_three_inputs_is_looked_at_too() -> None:
    x, y, z = Value(1, "x"), Value(2, "y"), Value(2, "z")
    d = hypot(x, y, z)
    z.data = math.nan
    assert stale(draw(d))[0] == "z held 2 when d was computed; it holds nan now."


def test_a_copy_knows_what_was_written() -> None:
    x = Value(3, "x")
    y = x * 2
    twin = pickle.loads(pickle.dumps(y))
    assert stale(draw(twin)) == []
    x.data = 5
    assert stale(draw(copy.deepcopy(y)))[0] == "x held 3 when x × 2 was computed; it holds 5 now."


# ids and tooltips


def test_every_node_and_arrow_has_an_id_and_a_class(engine: str) -> None:
    groups = [g for g in parsed(draw(colah())).iter(f"{SVG}g") if g.get("class") != "graph"]
    kinds = {g.get("id", "").partition("-")[2]: g.get("class", "").split()[1] for g in groups}
    leaves, operations = {"l0": "leaf", "l1": "leaf"}, {"o2": "op", "o3": "op", "o4": "op"}
    wires = ["w0", "w1", "w2", "w3", "w4", "s0", "s1", "s2", "s3", "s4"]
    wires += ["f1_2_1", "f1_3_0", "g1_2_1", "g1_3_0", "e0_2_0", "e1_2_1", "e1_3_0", "e2_4_0", "e3_4_1", "eout"]
    assert kinds == {**leaves, **operations, **dict.fromkeys(wires, "wire"), "out": "out"}


def test_two_pictures_on_one_page_share_no_id() -> None:
    one, two = ({x.get("id") for x in parsed(draw(y)).iter() if "id" in x.attrib} for y in (fruit(), colah()))
    assert one
    assert not one & two


def test_a_tooltip_has_all_digits_of_value_and_derivative(engine: str) -> None:
    apple, n, tax = Value(100, "apple"), Value(2, "n"), Value(1.1, "tax")
    root = parsed(draw(apple * n * tax))
    assert tip(root, "out") == "output = v1 × tax\nvalue: 220.00000000000003\nderivative ∂output/∂output: 1.0"
    assert tip(root, "w1") == "n\nvalue: 2.0\nderivative ∂output/∂n: 110.00000000000001"


def test_a_share_has_a_tooltip_too(engine: str) -> None:
    root = parsed(draw(colah()))
    assert {tip(root, part).splitlines()[-1] for part in ("f1_3_0", "g1_3_0", "e1_3_0")} == {
        "share along this arrow: 3.0"
    }


def test_an_arrow_runs_through_its_number_label_without_a_kink_or_a_gap(engine: str) -> None:
    root = parsed(draw(fruit()))
    ends = {g.get("id", "").partition("-")[2].split("_")[0]: g.find(f"{SVG}path") for g in root.iter(f"{SVG}g")}
    for i in range(8):
        points = [p.split(",") for x in part(root, f"w{i}").iter(f"{SVG}polygon") for p in x.get("points", "").split()]
        before, after = path_of(ends[f"s{i}"])[-1], path_of(ends[f"e{i}"])[0]
        assert {float(y) for _, y in points} == {before[1]} == {after[1]}
        assert min(float(x) for x, _ in points) <= before[0] < after[0] <= max(float(x) for x, _ in points)


def test_downward_too_an_arrow_runs_through_its_number_label_without_a_kink_or_a_gap(engine: str) -> None:
    root = parsed(draw(fruit(), direction="down"))
    ends = {g.get("id", "").partition("-")[2].split("_")[0]: g.find(f"{SVG}path") for g in root.iter(f"{SVG}g")}
    for i in range(8):
        rules = [x.get("points", "").split() for x in part(root, f"w{i}").iter(f"{SVG}polygon")]
        points = [tuple(map(float, p.split(","))) for rule in rules for p in rule]
        before, after = path_of(ends[f"s{i}"])[-1], path_of(ends[f"e{i}"])[0]
        assert [x for x, _ in points] == pytest.approx([before[0]] * len(points), abs=1)
        assert before[0] == after[0]
        assert min(y for _, y in points) <= before[1] < after[1] <= max(y for _, y in points)


def test_downward_the_derivative_stands_to_the_right_of_the_arrow_and_points_up(engine: str) -> None:
    root = parsed(draw(fruit(), direction="down"))
    words = {
        text: float(x.get("x", "")) for x in part(root, "w0").iter(f"{SVG}text") if (text := (x.text or "").strip())
    }
    assert [*words] == ["100", "↑ 2.2"]
    assert words["100"] < words["↑ 2.2"]


def test_a_leaf_alone_can_be_drawn(engine: str) -> None:
    assert texts(parsed(draw(Value(3)))) == ["3", "← 1", "output"]


# names


def test_values_go_by_the_variables_that_hold_them() -> None:
    apple, n_apples = Value(100), Value(2)
    price = apple * n_apples
    total = price * 1.1
    assert {"apple", "n_apples", "price", "total"} <= set(texts(parsed(draw(total))))


def test_a_name_comes_before_a_variable_and_a_local_before_a_global(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = Value(1, "own name"), Value(2)
    monkeypatch.setitem(globals(), "a_global", y)
    monkeypatch.setitem(globals(), "another", Value(3))
    names = set(texts(parsed(draw(x * y * globals()["another"]))))
    assert {"own name", "y", "another"} <= names
    assert not {"x", "a_global"} & names


def test_elements_of_lists_and_tuples_go_by_their_place() -> None:
    w: list[Value] = [Value(1), Value(2)]
    deep: list[Any] = [(Value(3), "text"), [Value(4)]]
    y = w[0] * w[1] + deep[0][0] * deep[1][0]
    assert {"w[0]", "w[1]", "deep[0][0]", "deep[1][0]"} <= set(texts(parsed(draw(y))))


def test_elements_among_others_that_are_no_values_go_by_their_place_too() -> None:
    row: list[Any] = [1.0, "a", Value(2), {3: 4, "b": Value(5)}, [6, (7, Value(8))]]
    text = draw(row[2] * row[3]["b"] + row[4][1][1]).tree()
    assert all(name in text for name in ("row[2]", "row[3]['b']", "row[4][1][1]"))


def test_entries_of_dicts_go_by_their_names() -> None:
    price, counts = {"apple": Value(1), 3: Value(4)}, {"apple": [Value(2)], "橘子": {"n": Value(3)}}
    y = price["apple"] * counts["apple"][0] + price[3] * counts["橘子"]["n"]  # type: ignore[index, call-overload]
    names = {"price['apple']", "counts['apple'][0]", "counts['橘子']['n']", "4"}
    assert names <= set(texts(parsed(draw(y))))


def test_a_list_that_holds_itself_is_no_trouble() -> None:
    w: list[Any] = [Value(1)]
    w.append(w)
    assert "w[0]" in texts(parsed(draw(w[0] * 2)))


def test_variables_with_an_underscore_in_front_give_no_name() -> None:
    _hidden = Value(5)
    y = _hidden * 2
    assert texts(parsed(draw(y))) == ["5", "← 2", "× 2", "10", "← 1", "y"]


def test_unnamed_operations_are_numbered_around_the_names_that_are_taken() -> None:
    v1 = Value(2)
    y = v1 * v1 + v1
    assert [mark.label for mark in draw(y)._scene.marks] == ["v1", "v2", "y"]


@pytest.mark.parametrize("name", NASTY)
def test_any_name_is_shown_as_it_is(engine: str, name: str) -> None:
    x, inner = Value(2, name), Value(3) * 2
    inner.name = name
    y = x * inner
    y.name = name
    root = parsed(draw(y))
    assert [texts(part(root, mark)) for mark in ("l0", "w2", "out")] == [
        [name],
        [f"{name}_2", "6", "← 2"],
        [f"{name}_3"],
    ]
    assert tip(root, "l0").splitlines()[0] == name


@pytest.mark.parametrize("name", INVISIBLE)
def test_what_does_not_print_in_a_name_is_shown_as_its_escape(engine: str, name: str) -> None:
    escaped = "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)
    root = parsed(draw(Value(2, name) * 2))
    assert texts(part(root, "l0")) == [escaped]
    assert tip(root, "l0").splitlines()[0] == escaped


def test_a_very_long_name_is_cut_on_its_mark_and_whole_in_its_tooltip(engine: str) -> None:
    root = parsed(draw(Value(2, "x" * 5000) * 2))
    assert texts(part(root, "l0")) == ["x" * 39 + "…"]
    assert tip(root, "l0").splitlines()[0] == "x" * 5000


def test_an_empty_name_is_no_name(engine: str) -> None:
    assert texts(parsed(draw(Value(2, "") * 3))) == ["2", "← 3", "× 3", "6", "← 1", "output"]


def test_an_operation_of_one_s_own_may_have_any_label(engine: str) -> None:
    odd = function("odd", lambda x: x, lambda x, out, g: g, label='<"&\\N\n')
    assert texts(part(parsed(draw(odd(Value(2)))), "o1")) == ['<"&\\N\\n']


# numbers and labels


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (220.00000000000003, "220"),
        (12345.678, "12346"),
        (1234567.5, "1.235e6"),
        (1e-05, "1e-5"),
        (-0.0, "0"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (math.nan, "nan"),
        (1 / 3, "0.33333"),
        (-2.5, "-2.5"),
        (0.0001, "0.0001"),
        (99999.7, "100000"),
        (999999.7, "1000000"),
        (1234567.0, "1234567"),
        (1e9, "1e9"),
        (-1.2345e-7, "-1.235e-7"),
        (9.99999e-9, "1e-8"),
        (5e-324, "4.941e-324"),
        (1.7976931348623157e308, "1.798e308"),
    ],
)
def test_numbers_have_five_significant_digits(x: float, text: str) -> None:
    assert number(x) == text


def test_constants_are_folded_into_the_operation() -> None:
    x = Value(3.0)
    y = 1 - (2 * (x + 1)) / 7
    assert operation_labels(y) == ["+ 1", "2 ×", "÷ 7", "1 −"]


@pytest.mark.parametrize(
    ("power", "label"),
    [(2, "x²"), (10, "x¹⁰"), (-1, "x⁻¹"), (0.5, "x^0.5"), (1e300, "x^1e300"), (2.0000001, "x^2")],
)
def test_a_whole_exponent_is_raised(power: float, label: str) -> None:
    assert operation_labels(Value(1.0) ** power) == [label]


def test_a_constant_base_stands_below_its_exponent() -> None:
    x = Value(3.0)
    assert operation_labels(2**x) == ["2ˣ"]
    assert operation_labels((-2) ** x) == ["(-2)ˣ"]
    assert operation_labels(x**x) == ["^"]


def test_constants_of_functions_stand_in_brackets() -> None:
    x = Value(3.0)
    labels = [operation_labels(y) for y in (maximum(x, 0), hypot(1, x, x), relu(x), tanh(x), -x)]
    assert labels == [["maximum(·, 0)"], ["hypot(1, ·, ·)"], ["ReLU"], ["tanh"], ["−"]]


def test_a_label_lists_at_most_eight_inputs() -> None:
    (label,) = operation_labels(hypot(1, *map(Value, range(11))))
    assert label == "hypot(1, ·, ·, ·, ·, ·, ·, ·, … 4 more)"


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.rule], ids=lambda op: op.name)
def test_every_row_of_the_table_can_be_drawn(op: Any) -> None:
    xs = [Value(x, f"x{i}") for i, x in enumerate(op.at)]
    drawing = draw(Value.record(op, *xs))
    assert texts(part(parsed(drawing), f"o{len(xs)}")) == [op.label]
    assert all(f"x{i}" in drawing.tree() for i in range(len(xs)))


# for a page


def test_the_svg_scales_and_names_itself(engine: str) -> None:
    drawing = draw(fruit())
    root = parsed(drawing)
    assert root.attrib.keys() == {"class", "viewBox", "role", "aria-label", "style"}
    assert root.get("role") == "img"
    assert drawing.svg().startswith("<svg ")
    assert "xlink" not in drawing.svg()


def test_every_colour_of_a_picture_has_a_dark_one(engine: str) -> None:
    y = colah()
    y.parents[0].name = "c"
    root = parsed(draw(y))
    style = root.findtext(f"{SVG}style", "")
    used = {x.get(k) for x in root.iter() for k in ("fill", "stroke")} - {None, "none", "transparent"}
    assert used == {light for light, _ in PALETTE.values()}
    assert all(f'.mgl [fill="{x}"]{{fill:light-dark({x},{dark})}}' in style for x, dark in PALETTE.values())
    assert style.startswith(".mgl:root{color-scheme:light dark}")


def contrast(one: str, two: str) -> float:
    """WCAG's ratio of luminances."""
    light, dark = sorted(map(luminance, (one, two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(mode: int) -> None:
    pairs = [
        *product(["value", "derivative", "ink", "inner name"], ["card"]),
        *product(["ink"], ["input", "output", "operation"]),
    ]
    ratios = {pair: contrast(PALETTE[pair[0]][mode], PALETTE[pair[1]][mode]) for pair in pairs}
    assert min(ratios.values()) >= 4.5, ratios


def test_each_role_has_a_colour_of_its_own() -> None:
    assert len({light for light, _ in PALETTE.values()}) == len(PALETTE)


def test_who_does_not_see_a_picture_is_told_what_it_shows() -> None:
    double = Value(3, "x") * 2
    double.name = "double"
    alternatives = [parsed(draw(v)).get("aria-label") for v in (fruit(), double, Value(2, "z"))]
    assert alternatives == [
        "Computational graph of total, 715, computed from apple, n_apples, orange, n_oranges and tax",
        "Computational graph of double, 6, computed from x",
        "Computational graph of z, 2",
    ]
    many = parsed(draw(sum(Value(k, f"x{k}") for k in range(20)))).get("aria-label", "")
    assert many.endswith("computed from x0, x1, x2, x3, x4, x5, x6, x7 and 12 more")


def test_a_notebook_gets_the_picture_as_html_and_the_tree() -> None:
    drawing = draw(fruit())
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    assert bundle == {"text/html": drawing.svg(), "text/plain": str(drawing)}
    assert drawing._repr_html_() == drawing.svg()


@pytest.mark.usefixtures("nothing_installed")
def test_where_there_is_no_picture_html_has_the_tree_as_text() -> None:
    y = Value(3, "<b>") * 2
    html = draw(y)._repr_html_()
    assert html.startswith("<pre>")
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "a picture needs Graphviz" in html


# files


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        (".svg", b"<svg"),
        (".png", b"\x89PNG"),
        (".pdf", b"%PDF"),
        (".dot", b"digraph"),
        (".txt", b"  "),
        (".mmd", b"flowchart LR"),
    ],
)
def test_a_file_has_the_form_that_its_suffix_names(engine: str, suffix: str, start: bytes, tmp_path: Path) -> None:
    path = draw(fruit()).save(tmp_path / f"total{suffix}")
    assert path == tmp_path / f"total{suffix}"
    assert path.read_bytes().startswith(start)


def test_a_pdf_is_as_large_as_its_picture(engine: str, tmp_path: Path) -> None:
    drawing = draw(fruit())
    pdf = drawing.save(tmp_path / "total.pdf").read_bytes()
    (box,) = {tuple(map(int, found.split())) for found in re.findall(rb"/MediaBox \[ ([\d ]+)\]", pdf)}
    _, _, wide, high = map(float, parsed(drawing).get("viewBox", "").split())
    assert box == (0, 0, pytest.approx(wide, abs=1), pytest.approx(high, abs=1))


@pytest.fixture
def fonts_without_chinese(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine whose fonts have all signs but \u4ef7 and \u683c."""
    program = tmp_path / "fc-list"
    program.write_text("#!/bin/sh\ncase $1 in *4ef7*|*683c*) ;; *) echo Sans ;; esac\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


@pytest.mark.skipif(sys.platform == "win32", reason="the fonts are listed by a shell script")
@pytest.mark.usefixtures("fonts_without_chinese")
@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_letters_without_a_font_are_told_in_one_sentence(tmp_path: Path, suffix: str) -> None:
    price = Value(2, "\u4ef7\u683c") * Value(3, "\u6570") * Value(4, "größe")
    start = f"^no font here has \u4ef7 \u683c, which the {suffix[1:]} shows as boxes: install"
    with pytest.warns(UserWarning, match=start) as told:
        draw(price).save(tmp_path / f"price{suffix}")
    (warning,) = told
    assert warning.filename == __file__


@pytest.mark.skipif(sys.platform == "win32", reason="the fonts are listed by a shell script")
@pytest.mark.usefixtures("fonts_without_chinese")
def test_nothing_is_told_where_no_letter_is_drawn_here_or_all_have_a_font(tmp_path: Path) -> None:
    draw(Value(2, "\u4ef7") * 3).save(tmp_path / "price.svg")
    draw(Value(2, "\u6570") * Value(3, "größe")).save(tmp_path / "price.png")


def test_where_fonts_are_not_listed_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert fonts.without_a_font("\u4ef7") == []


def test_of_many_letters_without_a_font_a_few_are_named() -> None:
    assert "no font here has a b c d e and 3 more, which" in fonts.sentence([*"abcdefgh"], "png")


def test_a_path_may_be_a_str_and_its_suffix_in_capitals(tmp_path: Path) -> None:
    assert draw(fruit()).save(f"{tmp_path}/total.SVG").read_text(encoding="utf-8").startswith("<svg")


def test_an_unknown_suffix_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot, \.txt, \.mmd, .*'.*total\.gif'"):
        draw(fruit()).save(tmp_path / "total.gif")
    assert not list(tmp_path.iterdir())


def test_source_is_the_dot_text_of_the_picture(tmp_path: Path) -> None:
    drawing = draw(colah())
    assert drawing.save(tmp_path / "e.dot").read_text(encoding="utf-8") == drawing.source
    assert drawing.source.startswith("digraph G {")


def test_inputs_keep_their_order_unless_a_value_is_used_twice() -> None:
    assert "ordering=in" in draw(fruit()).source
    assert "ordering=in" not in draw(colah()).source


def test_show_opens_the_saved_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: str(tmp_path))
    path = draw(fruit()).show()
    assert opened == [path.as_uri()]
    assert path.read_text(encoding="utf-8").startswith("<svg")


# without Graphviz


def test_without_dot_pygraphviz_makes_the_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz", reason="pygraphviz is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "total" in texts(parsed(draw(fruit())))


@pytest.mark.usefixtures("nothing_installed")
def test_without_both_one_error_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(
        DrawingError, match=r"no `dot` program and no pygraphviz.*apt install graphviz.*micrograd_like\[draw\]"
    ):
        draw(fruit()).save(tmp_path / "total.png")
    assert issubclass(DrawingError, RuntimeError)


@pytest.mark.usefixtures("nothing_installed")
def test_without_both_a_notebook_shows_the_tree_and_what_to_install() -> None:
    bundle = draw(fruit())._repr_mimebundle_()
    assert bundle.keys() == {"text/plain"}
    assert bundle["text/plain"].startswith(f"{draw(fruit())}\n\na picture needs Graphviz")


@pytest.mark.usefixtures("nothing_installed")
def test_without_both_text_forms_can_be_saved(tmp_path: Path) -> None:
    sizes = [draw(fruit()).save(tmp_path / f"total{suffix}").stat().st_size for suffix in (".dot", ".txt", ".mmd")]
    assert min(sizes) > 300


@pytest.mark.usefixtures("nothing_installed")
def test_a_failure_of_dot_says_what_dot_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> bytes:
        raise subprocess.CalledProcessError(1, "dot", stderr=b"out of ink")

    monkeypatch.setattr("graphviz.pipe", failing)
    with pytest.raises(DrawingError, match="dot failed on this picture: out of ink"):
        draw(fruit()).svg()


BROKEN = {  # what may be called `dot`, and whether it may be executed
    "not a program": ("no program", 0o755),
    "not executable": ("#!/bin/sh", 0o644),
    "of a missing interpreter": ("#!/there/is/none", 0o755),
    "killed": ("#!/bin/sh\nkill -9 $$", 0o755),
    "failing": ("#!/bin/sh\nexit 3", 0o755),
    "silent": ("#!/bin/sh", 0o755),
    "another program": ("#!/bin/sh\necho dot, the dog", 0o755),
    "cut short": ("#!/bin/sh\necho '<svg><g>'", 0o755),
}


@pytest.fixture(params=BROKEN)
def broken_dot(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    text, mode = BROKEN[request.param]
    dot = tmp_path / "dot"
    dot.write_text(f"{text}\n")
    dot.chmod(mode)
    monkeypatch.setenv("PATH", str(tmp_path))
    return str(request.param)


@pytest.mark.skipif(sys.platform == "win32", reason="the broken programs are shell scripts")
def test_where_dot_is_broken_pygraphviz_makes_the_picture(broken_dot: str) -> None:
    pytest.importorskip("pygraphviz", reason="pygraphviz is not installed")
    assert "total" in texts(parsed(draw(fruit())))


@pytest.mark.skipif(sys.platform == "win32", reason="the broken programs are shell scripts")
def test_where_dot_is_broken_and_pygraphviz_missing_a_notebook_shows_the_tree(
    broken_dot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    tree, reason = draw(fruit())._repr_mimebundle_()["text/plain"].split("\n\n")
    assert tree == str(draw(fruit()))
    assert re.search("dot (cannot be run|failed)|what is called dot|needs Graphviz", reason)


def test_where_no_program_can_be_run_a_notebook_shows_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: Any, **__: Any) -> bytes:
        raise OSError(138, "emscripten does not support processes.")  # as in a browser

    monkeypatch.setattr("graphviz.pipe", refusing)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    text = draw(fruit())._repr_mimebundle_()["text/plain"]
    assert text.endswith("Graphviz's dot cannot be run: emscripten does not support processes.")


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_what_pygraphviz_writes_to_standard_error_is_not_seen(tmp_path: Path, closed: bool) -> None:
    pytest.importorskip("pygraphviz", reason="pygraphviz is not installed")
    program = (
        "import os; from micrograd_like import Value, draw\n"
        f"if {closed}: os.close(2)\n"
        "print(len(draw(Value(3, 'x') * 2).svg()) > 1000)\n"
        f"if not {closed}: os.write(2, b'heard again')"
    )
    # with no configuration, fontconfig complains on each picture
    surroundings = os.environ | {"PATH": str(tmp_path), "FONTCONFIG_FILE": str(tmp_path / "none")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=surroundings, check=True)
    assert (done.stdout, done.stderr) == ("True\n", "" if closed else "heard again")


def test_a_failure_inside_pygraphviz_says_so_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pygraphviz = pytest.importorskip("pygraphviz", reason="pygraphviz is not installed")

    def failing(*_: Any, **__: Any) -> bytes:
        raise ValueError("Graphviz raised a layout error.")

    monkeypatch.setattr(pygraphviz.AGraph, "draw", failing)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "inside pygraphviz, failed on this picture" in draw(fruit())._repr_mimebundle_()["text/plain"]


# what cannot be drawn


@pytest.mark.parametrize("wrong", [3.0, "x", None, [Value(1)], (Value(1),)], ids=repr)
def test_only_a_value_can_be_drawn(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"draw shows one Value .*, not "):
        draw(wrong)


def test_a_picture_of_more_than_60_values_is_still_a_picture(engine: str) -> None:
    y = x = Value(1.0)
    for _ in range(50):
        y = y * 1.5 + x
    root = parsed(draw(y))
    assert len([g for g in root.iter(f"{SVG}g") if g.get("class") == "node op"]) == 100


def test_more_than_1500_marks_are_refused_as_the_book_s_picture_and_shown_as_a_tree() -> None:
    y = Value(1.0)
    for _ in range(749):
        y = y * 1.5
    with pytest.raises(
        DrawingError, match="a picture of y would have 1501 marks, more than the 1500 that fit: draw it"
    ):
        draw(y, style="book").svg()
    assert "… 690 more values" in draw(y, style="book")._repr_mimebundle_()["text/plain"]


def test_import_brings_in_nothing_but_this_package() -> None:
    heavy = {"graphviz", "pygraphviz", "xml", "html", "json", "typing", "dataclasses", "inspect", "re", "tempfile"}
    script = "import sys; before = set(sys.modules); import micrograd_like.drawing; print(*set(sys.modules) - before)"
    shell = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert not heavy & set(shell.stdout.split())


# any graph


@st.composite
def graphs(build: st.DrawFn) -> Value:
    values = [Value(build(st.floats()), build(st.none() | st.text(max_size=8)))]
    for _ in range(build(st.integers(0, 6))):
        x, y = build(st.sampled_from(values)), build(st.sampled_from(values) | st.floats(-9, 9))
        values.append(build(st.sampled_from([x + y, y - x, x * y, maximum(x, y), -x, tanh(x)])))
    return values[-1]


@settings(max_examples=cases(25))
@given(graphs())
def test_any_graph_gives_a_well_formed_picture_and_text(y: Value) -> None:
    drawing = draw(y)
    assert len(texts(parsed(drawing))) >= 2
    assert len(drawing.table().splitlines()) == len(drawing._scene.marks) + 1
    assert len(drawing.tree().splitlines()) >= 2
    assert drawing.mermaid().startswith("flowchart LR\n")
