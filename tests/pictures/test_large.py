"""The facts of large pictures: what becomes one mark, what is left out, and that all of it is said."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from depth import cases
from graphs import network
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import Value, function, nn, sin
from micrograd_like.drawing import Drawing, draw
from micrograd_like.errors import DrawingError
from micrograd_like.pictures import dot, layout
from micrograd_like.pictures.compact import lines_of
from micrograd_like.pictures.fold import CROWDED, FITS, LONGEST_OPEN, PASSED, view_of
from micrograd_like.pictures.palette import HEAT, LIGHT, OF_LARGE, PALETTE
from micrograd_like.pictures.scene import Scene
from micrograd_like.pictures.scope import scope
from micrograd_like.pictures.view import DENSE, Spot, View

SVG = "{http://www.w3.org/2000/svg}"


def view(v: Value, depth: int | None = None) -> View:
    return view_of(Scene(v, {}, derivatives=True), depth)


def shown(picture: View) -> Counter[str]:
    return Counter(spot.kind for spot in picture.spots)


def only(picture: View, kind: str) -> Spot:
    (spot,) = (spot for spot in picture.spots if spot.kind == kind)
    return spot


def layers(*sizes: int) -> Value:
    """What a network of so many inputs and neurons makes of one point."""
    out = nn.MLP(sizes[0], sizes[1:], seed=0)([Value(i + 1, f"x{i}") for i in range(sizes[0])])
    return sum(out) if sizes[-1] > 1 else out  # type: ignore[no-any-return]


def springs(n: int) -> Value:
    """Three masses between springs, moved on n times: four scopes, two of them one in the other."""

    @scope
    def force(a: Any, b: Any) -> Any:
        with scope("stretch"):
            far = b - a - 1
        return 2 * far

    xs: list[Any] = [Value(1.3 * i, f"x{i}") for i in range(4)]
    for _ in range(n):
        with scope("step"):
            fs = [force(a, b) for a, b in pairwise(xs)]
            with scope("move"):
                xs = [xs[0], xs[1] + (fs[1] - fs[0]) * 0.1, xs[2] + (fs[2] - fs[1]) * 0.1, xs[3]]
    return xs[1] * xs[2]  # type: ignore[no-any-return]


def recurrent(n: int, units: int = 4) -> Value:
    """A state that passes n steps, each of them two gates of several units, which use the same weights at each step."""
    w = {f"{gate} gate": [[Value(i - j, f"{gate}{i}{j}") for j in range(4)] for i in range(units)] for gate in "ab"}
    state: list[Any] = [Value(0.1 * i, f"h{i}") for i in range(4)]
    for k in range(n):
        with scope(f"step {k + 1}"):
            for gate, rows in w.items():
                with scope(gate):
                    new = []
                    for i, row in enumerate(rows):
                        with scope(f"unit {i + 1}"):
                            new.append(sin(sum(a * b for a, b in zip(row, state, strict=True))))
                state = new[:4]
    return state[0] * state[1]  # type: ignore[no-any-return]


def steps(n: int) -> Value:
    y = x = Value(0.5, "x")
    for _ in range(n):
        y = sin(y * x)
    return y


def shared(n: int, named: bool = False) -> Value:
    """A state that passes n steps of the same two weights and bias; of each step a scope, if they are named."""
    w, u, b, h = Value(0.5, "w"), Value(0.3, "u"), Value(0.1, "b"), Value(0.0, "h")
    for k in range(n):
        with scope(f"step {k}") if named else nullcontext():
            h = (w * h + u * (k / 100) + b).tanh()
    return h


def chain(n: int) -> Value:
    """As many values, each computed from the one before it."""
    y = Value(0.5, "x")
    for k in range(n - 1):
        y = y * 1.1 if k % 2 else sin(y)
    return y


def terms(n: int) -> Value:
    """A sum of so many products, 4 n - 1 values, no more than six of them in a row."""
    level: list[Any] = [Value(k, f"a{k}") * Value(k, f"b{k}") for k in range(n)]
    while len(level) > 1:
        level = [sum(level[k : k + 2][1:], level[k]) for k in range(0, len(level), 2)]
    return level[0]  # type: ignore[no-any-return]


def extent(drawing: Drawing) -> tuple[float, float]:
    """How wide and how high a picture is, in points."""
    _, _, wide, high = map(float, parsed(drawing).get("viewBox", "").split())
    return wide, high


def parsed(drawing: Drawing) -> ET.Element:
    return ET.fromstring(drawing.svg())


def texts(root: ET.Element) -> list[str]:
    return ["".join(x.itertext()).strip() for x in root.iter(f"{SVG}text")]


def part(root: ET.Element, name: str) -> ET.Element:
    return next(g for g in root.iter(f"{SVG}g") if g.get("id", "").endswith(f"-{name}"))


def pictures(drawing: Drawing) -> Iterator[dict[str, list[tuple[float, float]]]]:
    """By each way to a picture that there is: where the marks stand, by the first line that is written on them."""
    for lay_out in (layout.by_program, layout.by_library):
        svg = lay_out(drawing.source, "svg")
        found: dict[str, list[tuple[float, float]]] = {}
        for mark in ET.fromstring(svg).iter(f"{SVG}g") if svg else ():
            text = mark.find(f".//{SVG}text") if mark.get("class", "").startswith("node") else None
            if text is not None:
                place = float(text.get("x", "")), float(text.get("y", ""))
                found.setdefault("".join(text.itertext()).strip(), []).append(place)
        if found:
            yield found


def downward(places: dict[str, list[tuple[float, float]]], what: str, column: int = 0) -> list[str]:
    """The marks of that name and a number, in one of the columns in which there are some, from top to bottom."""
    at = [(x, y, name) for name, all_of_it in places.items() if name.startswith(what) for x, y in all_of_it]
    columns = sorted({round(x / 40) for x, _, _ in at})
    return [
        name.removeprefix(what)
        for x, y, name in sorted(at, key=lambda place: place[1])
        if round(x / 40) == columns[column]
    ]


def classes(drawing: Drawing) -> Counter[str]:
    marks = (g.get("class", "") for g in parsed(drawing).iter(f"{SVG}g"))
    return Counter(kind.removeprefix("node ") for kind in marks if kind.startswith("node "))


def fill_of(root: ET.Element, name: str) -> str | None:
    return next(x.get("fill") for x in part(root, name) if x.tag in (f"{SVG}ellipse", f"{SVG}path", f"{SVG}polygon"))


# the compact picture


def test_up_to_60_values_the_picture_is_the_book_s_and_then_it_is_compact() -> None:
    assert classes(draw(terms(15)))["wire"] > 0
    assert classes(draw(terms(16)))["wire"] == 0


def test_where_the_book_s_picture_would_be_very_wide_it_is_compact_too() -> None:
    assert classes(draw(chain(51))) == {"op": 50, "leaf": 1, "out": 1}
    assert 2 * extent(draw(chain(51)))[0] < extent(draw(chain(51), style="book"))[0]
    assert classes(draw(chain(14)))["wire"] == 14


@pytest.mark.parametrize("make", [lambda: terms(10), lambda: chain(5), lambda: chain(51), lambda: shared(3)])
def test_how_wide_the_book_s_picture_will_be_is_known_before(make: Callable[[], Value]) -> None:
    drawing = draw(make(), style="book")
    assert dot.laid_out_width(drawing._scene) == pytest.approx(extent(drawing)[0], rel=0.2)


def test_downward_a_chain_is_the_book_s_and_as_narrow_as_a_page() -> None:
    drawing = draw(chain(51), direction="down")
    assert classes(drawing)["wire"] == 51
    wide, high = extent(drawing)
    assert wide < 400 < 4000 < high


def test_there_are_two_directions() -> None:
    with pytest.raises(ValueError, match="direction is 'right' or 'down', not 'up'"):
        draw(steps(2), direction="up")


def test_style_asks_for_either_whatever_the_size() -> None:
    assert classes(draw(steps(2), style="compact")) == {"op": 4, "leaf": 1, "out": 1}
    assert classes(draw(steps(40), style="book"))["wire"] > 80


def test_a_chain_of_sums_is_one_mark() -> None:
    xs = [Value(i, f"x{i}") for i in range(5)]
    picture = view(sum(xs, Value(7, "b")))
    assert shown(picture) == {"value": 6, "sum": 1}
    assert len(only(picture, "sum").marks) == 5
    root = parsed(draw(sum(xs), style="compact"))
    assert part(root, "o8").findtext(f"{SVG}title", "").splitlines()[0] == "output = Σ of 5 terms"


def test_a_sum_that_is_used_twice_or_has_a_name_is_a_mark_of_its_own() -> None:
    a, b = Value(1, "a"), Value(2, "b")
    twice = a + b
    assert shown(view((twice + a) * twice)) == {"value": 5}
    subtotal = a + b
    subtotal.name = "subtotal"
    assert shown(view(subtotal + a + b)) == {"value": 3, "sum": 1}


def test_inputs_that_go_to_the_same_marks_are_one_beyond_twelve() -> None:
    assert shown(view(sum(Value(i) for i in range(12)))) == {"value": 12, "sum": 1}
    picture = view(sum(Value(i, f"x[{i}]") for i in range(1000)))
    assert shown(picture) == {"inputs": 1, "sum": 1}
    assert len(picture.arrows) == 1


def test_the_fill_is_the_size_of_the_derivative() -> None:
    x, weights = Value(1.0, "x"), [1000, 300, 100, 30, 10, 3, 1, 0]
    y = sum((x_i * w for w, x_i in ((w, Value(1.0, f"x{w}")) for w in weights)), x * -1000)
    picture = view(y)
    heats = {spot.mark.name: picture.heat(spot.mark.derivative) for spot in picture.spots if spot.mark.name}
    assert heats == {
        "x": 5,
        "x1000": 5,
        "x300": 4,
        "x100": 3,
        "x30": 2,
        "x10": 2,
        "x3": 1,
        "x1": 0,
        "x0": 0,
    }


def test_what_is_infinite_or_undefined_stands_out_and_does_not_set_the_scale() -> None:
    picture = view(Value(0.0, "x") ** 0.5 + Value(2.0, "y") * 3)
    assert [picture.heat(d) for d in (float("inf"), float("nan"), 3.0, 0.0)] == [5, 5, 5, 0]
    assert picture.largest == 3.0


def test_without_derivatives_nothing_has_a_temperature() -> None:
    root = parsed(draw(steps(3), derivatives=False, style="compact"))
    assert (fill_of(root, "o1"), fill_of(root, "l0")) == (LIGHT["operation"], LIGHT["input"])
    assert "small" not in " ".join(texts(root))


def test_numbers_are_in_the_tooltips() -> None:
    y = Value(3.0, "x") * 2
    y.name = "y"
    root = parsed(draw(y, style="compact"))
    assert part(root, "o1").findtext(f"{SVG}title") == "y = x × 2\nvalue: 6.0\nderivative ∂y/∂y: 1.0"
    assert "6" not in texts(root)
    assert "y = 6" in texts(root)


# scopes


def test_depth_says_how_many_levels_of_scopes_are_open() -> None:
    loss = network(3)
    assert shown(view(loss, 0)) == {"scope": 4, "value": 3}
    assert shown(view(loss, 1))["scope"] == 33
    assert shown(view(loss, 2))["scope"] == 0


def test_a_folded_scope_says_how_much_is_in_it_and_what_is_most_sensitive() -> None:
    @scope
    def area(w: Any, h: Any) -> Any:
        return w * h + 1

    total = area(Value(3, "w"), Value(4, "h")) + area(Value(5, "w2"), Value(6, "h2"))
    root = parsed(draw(total, depth=0))
    (name,) = (g.get("id", "") for g in root.iter(f"{SVG}g") if g.get("class") == "node scope")
    assert texts(part(root, name.partition("-")[2])) == ["area", "4 values", "2 runs"]
    tip = part(root, name.partition("-")[2]).findtext(f"{SVG}title", "").splitlines()
    assert tip == ["area", "4 values", "ran 2 times", "largest derivative ∂total/∂v1: 1.0"]


def test_a_scope_within_another_says_how_often_it_ran_and_a_neuron_in_its_layer_does_not() -> None:
    @scope
    def inner(x: Any) -> Any:
        return sin(x * 1.1)

    x = Value(1, "x")
    with scope("outer"):
        y = sum(inner(x) * k for k in range(12))
    assert lines_of(only(view(y * 2, 1), "scope")) == ["inner", "24 values", "12 runs"]
    marks = {depth: [lines_of(spot) for spot in view(network(3), depth).spots if spot.path] for depth in (0, 1)}
    assert ["layer 3", "113 values", "3 runs"] in marks[0]
    assert max(len(lines) for lines in marks[1] if lines[0].startswith("neuron")) == 2


def test_ten_thousand_values_of_a_network_are_its_neurons() -> None:
    picture = view(network(16))
    assert sum(len(spot.marks) for spot in picture.spots) > 10_000
    assert shown(picture) == {"scope": 34, "inputs": 1}  # 33 neurons and the loss
    assert {str(picture.box(spot)) for spot in picture.spots} == {"None", "layer 1", "layer 2", "layer 3"}
    assert picture.left_out == 0


def test_a_hundred_thousand_values_are_drawn() -> None:
    drawing = draw(network(155))
    assert len(drawing._scene.marks) > 100_000
    assert classes(drawing) == {"scope": 34, "inputs": 1, "out": 1}


def test_scopes_of_one_name_in_a_box_show_what_is_around_them() -> None:
    model = nn.MLP(2, [2, 1], seed=0)
    with scope("model"):
        y = model([Value(1, "x"), Value(2, "z")])
    names = [lines_of(spot)[0] for spot in view(y * 2, 2).spots if spot.kind == "scope"]
    assert sorted(names) == ["layer 1 · neuron 1", "layer 1 · neuron 2", "layer 2 · neuron 1"]
    assert {lines_of(spot)[0] for spot in view(y * 2, 1).spots if spot.kind == "scope"} == {"layer 1", "layer 2"}


def test_where_the_box_says_it_the_mark_does_not() -> None:
    names = {lines_of(spot)[0] for spot in view(network(3), 1).spots if spot.kind == "scope"}
    assert names == {f"neuron {i}" for i in range(1, 17)}


def test_two_networks_in_scopes_of_their_own_are_told_apart() -> None:
    one, two = nn.MLP(1, [2, 1], seed=0), nn.MLP(1, [2, 1], seed=1)
    with scope("generator"):
        x = one([Value(1, "x")])
    with scope("critic"):
        y = two([x])
    picture = view(y, 1)
    marks = [(picture.box(spot), lines_of(spot)[0]) for spot in picture.spots if spot.kind == "scope"]
    assert sorted(marks) == [(box, f"layer {k}") for box in ("critic", "generator") for k in (1, 2)]


def test_what_is_around_is_shown_as_far_out_as_tells_apart_and_on_all_beside() -> None:
    y: Any = Value(1, "x")
    for outer, inner, innermost in ("aab", "aac", "aba", "bab"):
        with scope("run"), scope(outer), scope(inner), scope(innermost):
            y = y * 2
    names = [lines_of(spot)[0] for spot in view(y * 2, 3).spots if spot.kind == "scope"]
    assert names == ["a · a · b", "a · a · c", "a", "b · a · b"]


@pytest.mark.parametrize("sizes", [(2, 4, 4, 1), (2, 16, 16, 1), (3, 8, 8, 8, 2), (20, 12, 11, 10)], ids=str)
def test_a_layer_stands_in_the_order_of_the_program(sizes: tuple[int, ...]) -> None:
    for places in pictures(draw(layers(*sizes), depth=1)):
        for k, size in enumerate(sizes[1:]):
            assert downward(places, "neuron ", k) == [str(i + 1) for i in range(size)]
        assert downward(places, "x") == [str(i) for i in range(sizes[0])] or sizes[0] > 12


def test_downward_too_a_layer_stands_in_the_order_of_the_program() -> None:
    for places in pictures(draw(network(3), direction="down")):
        neurons = {name: sorted(all_of_it, key=lambda place: place[1]) for name, all_of_it in places.items()}
        first = [neurons[f"neuron {k + 1}"][0][0] for k in range(16)]
        assert first == sorted(first)


def test_within_one_box_too_layers_stand_in_the_order_of_the_program() -> None:
    with scope("model"):
        y = layers(3, 8, 8, 2)
    for places in pictures(draw(y * 2, depth=2)):
        for k, size in enumerate((8, 8, 2), start=1):
            assert downward(places, f"layer {k} · neuron ") == [str(i + 1) for i in range(size)]


def test_what_runs_later_stands_further_to_the_right() -> None:
    for places in pictures(draw(recurrent(6))):
        assert len({x for x, _ in places["a gate"]}) == len({x for x, _ in places["b gate"]}) == 6


def test_a_layer_of_one_stands_in_the_middle() -> None:
    for places in pictures(draw(network(15))):
        (hinge,) = places["hinge"]
        heights = sorted(y for name, all_of_it in places.items() if name.startswith("neuron") for _, y in all_of_it)
        assert heights[10] < hinge[1] < heights[-10]


def test_what_is_folded_is_folded_with_all_beside_it() -> None:
    picture = view(springs(20))
    assert [lines_of(spot)[0] for spot in picture.spots if spot.kind == "scope"] == ["force, move ×20"]
    beside = Counter(spot.path for spot in picture.spots if spot.path and spot.kind == "value")
    assert all(n <= CROWDED for n in beside.values())


def test_scopes_are_open_as_far_as_few_arrows_pass_others_and_the_outermost_in_any_case() -> None:
    opened = [view(recurrent(n)) for n in (5, 6, 12, 30)]
    assert [max(len(spot.path) for spot in picture.spots) for picture in opened] == [3, 2, 1, 1]
    passed = [picture.length - len(picture.arrows) for picture in opened]
    assert [n <= PASSED for n in passed] == [True, True, True, False]
    assert opened[-1].left_out == 0


def test_scopes_whose_arrows_are_very_long_are_cut() -> None:
    assert view(recurrent(54)).left_out == 0
    assert view(recurrent(55)).left_out > 1000


def test_without_scopes_too_what_has_very_long_arrows_is_cut() -> None:
    assert [(view(y).length, view(y).left_out) for y in (shared(30), steps(60))] == [(4155, 0), (3719, 0)]
    picture = view(shared(60))
    assert (len(picture.spots), picture.length, picture.left_out) == (30, 244, 268)
    written = texts(parsed(draw(shared(60))))
    assert "268 of 304 values are left out; shown are 36 near output." in written


def test_scopes_are_folded_where_open_ones_have_very_long_arrows() -> None:
    y = x = Value(0.5, "x")
    for i in range(8):
        with scope(f"part {i}"):
            for _ in range(14):
                y = (y + 1) * x
    picture = view(y)
    assert (len(view(y, 1).spots), view(y, 1).length > LONGEST_OPEN) == (225, True)
    assert (shown(picture), picture.left_out) == ({"value": 1, "scope": 8}, 0)


def test_the_time_of_a_layout_is_limited_where_arrows_are_long() -> None:
    limited = ["nslimit=1" in draw(y).source for y in (recurrent(30), recurrent(40), network(3), steps(60))]
    assert limited == [False, True, False, True]


def test_between_layers_arrows_are_lines_and_elsewhere_curves() -> None:
    straight = ["splines=line" in draw(y, depth=1).source for y in (layers(2, 4, 4, 1), network(3), springs(3))]
    assert straight == [True, True, False]


def test_arrows_that_pass_other_columns_are_curves_and_run_around_marks() -> None:
    picture = view(shared(80, named=True))
    assert picture.density > DENSE
    assert picture.length > 8 * len(picture.arrows)
    assert "splines=line" not in draw(shared(80, named=True)).source


def test_behind_layers_marks_stand_no_further_apart_than_elsewhere() -> None:
    loss = (layers(2, 16, 16, 1) - 1) ** 2
    for places in pictures(draw(loss)):
        one, two, three = sorted(x for x, _ in places["neuron 1"])
        ((minus, _),), ((square, _),) = places["− 1"], places["x²"]
        assert two - one > 2 * 72
        assert three - two > 1.5 * 72
        assert max(minus - three, square - minus) < 1.5 * 72


def test_the_more_arrows_the_further_apart_are_layers() -> None:
    between = []
    for size in (4, 16, 40):
        for places in pictures(draw(layers(2, size, size, 1), depth=1)):
            near, far, _ = sorted(x for x, _ in places["neuron 1"])
            between.append(round((far - near) / 10))
    assert sorted(between) == between
    assert between[-1] > 2 * between[0]


def test_a_picture_of_layers_is_no_higher_than_their_marks() -> None:
    root = parsed(draw(layers(2, 40, 40, 1), depth=1))
    assert float(root.get("viewBox", "").split()[3]) < 40 * 54 + 100


def test_inputs_of_one_use_are_one_beyond_three_where_there_are_many_arrows() -> None:
    few, many = view(layers(5, 4, 2), 1), view(layers(5, 9, 9, 2), 1)
    assert (len(few.arrows), shown(few)["value"]) == (5 * 4 + 4 * 2 + 2, 5 + 1)
    assert (len(many.arrows), shown(many)["value"], only(many, "inputs").marks[0].name) == (9 + 81 + 18 + 2, 1, "x0")


def test_arrows_carry_the_largest_share() -> None:
    x = Value(3.0, "x")
    with scope("s"):
        y = x * 4 + x * 7
    picture = view(y * 2, 0)
    ends = {(a.kind, b.kind): share for (a, b), share in picture.arrows.items()}
    assert ends == {("value", "scope"): 14.0, ("scope", "value"): 2.0}


def test_scopes_deeper_than_python_s_stack_are_drawn() -> None:
    y = Value(1.0, "x")
    for i in range(2 * sys.getrecursionlimit()):
        with scope(f"step {i}"):
            y = y * 1.001
    assert view(y).left_out == len(Scene(y, {}, derivatives=True).marks) - 20


# what does not fit


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    y = steps(5000)
    picture = view(y)
    rest = only(picture, "rest")
    assert (len(rest.marks), picture.left_out, len(picture.spots)) == (10_001 - 21, 9980, 22)
    written = texts(parsed(draw(y)))
    assert "…\u00a09\u202f980 more values".replace("\u00a0", " ") in written
    assert "9\u202f980 of 10\u202f001 values are left out; shown are 21 near y." in written
    assert 'Name parts of the program, with scope("…"): then each is one mark, however often it ran.' in written


def test_scopes_that_are_too_many_are_to_repeat_a_name() -> None:
    y = Value(1.0, "x")
    for i in range(300):
        with scope(f"step {i}"):
            y = y * 1.001
    assert "Give scopes that repeat one name: then they are one mark." in texts(parsed(draw(y)))


def test_what_is_left_of_a_chain_is_as_long_as_a_page_is_wide() -> None:
    picture = view(steps(5000))
    assert Counter(spot.mark.operation for spot in picture.spots if spot.kind == "value") == {"×": 10, "sin": 10, "": 1}


def test_what_is_left_of_a_wide_sum_shows_where_its_terms_come_from() -> None:
    terms = [sin(Value(i, f"x{i}") * 2 + 1) for i in range(1000)]
    picture = view(sum(terms))
    whole = only(picture, "sum")
    assert shown(picture) == {"sum": 1, "value": 8 * 4, "rest": 1}
    assert len([start for start, end in picture.arrows if end is whole]) == 8 + 1
    assert len(whole.marks) == 999


@pytest.mark.parametrize("n", [61, 250, 251, 1000])
def test_no_picture_has_more_marks_than_can_be_read(n: int) -> None:
    xs = [sin(Value(i, f"x{i}")) for i in range(n)]
    y = xs[0]
    for a, b in pairwise(xs):
        y = y * (a + b)
    picture = view(y)
    assert len(picture.spots) <= FITS
    assert sum(len(spot.marks) for spot in picture.spots) == 4 * n - 2


def test_every_term_of_a_sum_is_followed() -> None:
    picture = view(steps(1000) + steps(1000) + steps(1000))
    whole = only(picture, "sum")
    assert [start.kind for start, end in picture.arrows if end is whole] == ["value"] * 3


def test_a_depth_of_0_that_is_too_much_is_to_be_left_out() -> None:
    y = Value(1.0, "x")
    for i in range(1500):
        with scope(f"step {i}"):
            y = y * 1.001
    with pytest.raises(
        DrawingError, match=r"would have 1501 marks, more than the 1500 that fit: draw it with no depth"
    ):
        draw(y, depth=0).svg()


def test_a_depth_that_opens_too_much_is_refused_with_what_to_do() -> None:
    with pytest.raises(DrawingError, match=r"would have \d+ marks, more than the 1500 that fit: .*smaller depth"):
        draw(network(8), depth=2).svg()


@pytest.mark.parametrize("wrong", [-1, 1.0, True, "1"], ids=repr)
def test_a_depth_is_a_whole_number(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"depth is how many levels of scopes are open, 0, 1, 2, …, not "):
        draw(Value(1), depth=wrong)


def test_there_are_two_styles_and_the_book_s_has_no_depth() -> None:
    with pytest.raises(ValueError, match="style is 'book' or 'compact', not 'boook'"):
        draw(Value(1), style="boook")
    with pytest.raises(ValueError, match="give depth or style='book', not both"):
        draw(Value(1), style="book", depth=1)


# for a page


def test_the_legend_says_what_the_picture_has() -> None:
    words = " ".join(texts(parsed(draw(network(16)))))
    assert "small" in words
    assert "a scope, folded" in words
    assert "inputs of one use" in words
    assert "Σ" not in words


def test_where_all_derivatives_are_0_the_legend_says_so() -> None:
    x = Value(3.0, "x")
    still, steep = x.tanh() * 0, x * float("inf")
    words = [" ".join(texts(parsed(draw(y, style="compact")))) for y in (x * 2, still, steep)]
    assert ["large (2)" in words[0], "large (all are 0)" in words[1], "large (not finite)" in words[2]] == [True] * 3
    heats = [[view(y).heat(spot.mark.derivative) for spot in view(y).spots] for y in (still, steep)]
    assert heats == [[0, 0, 5], [5, 5]]


def test_numbers_that_were_written_since_are_in_the_legend() -> None:
    x = Value(3.0, "x")
    y = x * 2
    assert "Compute y again." not in texts(parsed(draw(y, style="compact")))
    x.data = 5
    root = parsed(draw(y, style="compact"))
    assert {"x held 3 when y was computed; it holds 5 now.", "Compute y again."} < set(texts(root))
    assert "x held 3 when y was computed; it holds 5 now" in part(root, "l0").findtext(f"{SVG}title", "")


def test_the_steps_of_the_fill_stand_side_by_side_in_the_legend() -> None:
    fills = [light for light, _ in HEAT]
    swatches = [
        [float(place.split(",")[0]) for place in x.get("points", "").split()]
        for x in parsed(draw(steps(5000))).iter(f"{SVG}polygon")
        if x.get("fill") in fills
    ]
    assert [min(xs) - min(swatches[0]) for xs in swatches] == [0, 16, 32, 48, 64, 80]


def test_every_colour_has_a_dark_one() -> None:
    root = parsed(draw(network(16)))
    style = root.findtext(f"{SVG}style", "")
    used = {x.get(k) for x in root.iter() for k in ("fill", "stroke")} - {None, "none", "transparent"}
    dark = dict([*PALETTE.values(), *OF_LARGE.values(), *HEAT])
    assert set(OF_LARGE["group"][:1]) < used <= set(dark)
    assert all(f'.mgl [fill="{light}"]{{fill:light-dark({light},{dark[light]})}}' in style for light in used)


def test_each_step_of_heat_has_a_colour_of_its_own() -> None:
    roles = [*PALETTE.values(), *OF_LARGE.values(), *HEAT]
    assert len({light for light, _ in roles}) == len(roles)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_words_on_every_heat_are_legible(mode: int) -> None:
    ink = luminance(PALETTE["ink"][mode])
    for pair in HEAT:
        dark, light = sorted((ink, luminance(pair[mode])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, pair[mode]


NASTY = '"><script>alert(1)</script>\\N\n<b>&amp;日'


def test_any_name_of_a_scope_is_shown_as_it_is() -> None:
    x = Value(2, NASTY)
    with scope(NASTY):
        y = x * 3
        with scope(NASTY + "2"):
            z = y + x
    odd = function("odd_one", lambda x: x, lambda x, out, g: g, label=NASTY)
    for depth in (0, 1, 2):
        root = parsed(draw(odd(z * 1), depth=depth))
        assert any('"><script>alert(1)</script>' in text for text in texts(root))
        assert root.find(f".//{SVG}script") is None


# any graph


@st.composite
def scoped_graphs(build: st.DrawFn) -> Value:
    values = [Value(build(st.floats(-3, 3)), build(st.none() | st.text(max_size=4)))]
    for _ in range(build(st.integers(0, 8))):
        x, y = build(st.sampled_from(values)), build(st.sampled_from(values) | st.floats(-9, 9))
        with scope(build(st.sampled_from("ab"))):
            z = x + y
            with scope(build(st.sampled_from("ab"))):
                u = z * x
        values += [z, u, u + z]
    return values[-1]


@settings(max_examples=cases(40), deadline=None)
@given(scoped_graphs(), st.none() | st.integers(0, 3))
def test_every_value_of_any_graph_is_in_one_mark_of_the_view(y: Value, depth: int | None) -> None:
    drawing = draw(y, depth=depth, style="compact")
    picture = drawing._seen
    assert sorted(mark.index for spot in picture.spots for mark in spot.marks) == list(range(len(drawing._scene.marks)))
    assert sum(classes(drawing).values()) == len(picture.spots) + 1
    assert all(start is not end for start, end in picture.arrows)
