"""Facts about explanations: parts that add up, jumps with their lines, and switches in all orders."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import permutations
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import explain, math

pytest.importorskip("scipy")
numbers = st.floats(-3, 3)


def adds_up(e: Any) -> bool:
    return sum(e.parts.values()) + e.jump == pytest.approx(e.change, rel=1e-12, abs=1e-12)


def test_price_and_volume() -> None:
    e = explain(lambda price, volume: price * volume, {"price": 100, "volume": 10.0}, {"price": 110.0, "volume": 12.0})
    assert (e.before, e.after, e.change) == (1000.0, 1320.0, 320.0)
    assert e.parts == {"price": pytest.approx(110, rel=1e-10), "volume": pytest.approx(210, rel=1e-10)}
    assert e.first_order == {"price": pytest.approx(100), "volume": pytest.approx(200)}
    assert e.jump == pytest.approx(0, abs=1e-9)
    assert "jump" not in str(e)


@settings(max_examples=30, deadline=None)
@given(numbers, numbers, numbers, numbers)
def test_separable_parts_are_exact_whatever_else_moves(x: float, y: float, v: float, w: float) -> None:
    e = explain(lambda x, y: x + 3 * y * y, {"x": x, "y": y}, {"x": v, "y": w})
    assert e.parts.get("x", 0.0) == pytest.approx(v - x, abs=1e-9)
    assert e.parts.get("y", 0.0) == pytest.approx(3 * (w * w - y * y), abs=1e-8)
    assert adds_up(e)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0.5, 3), st.floats(0.5, 3)), min_size=3, max_size=3))
def test_the_parts_are_the_integral_of_the_gradient(pairs: list[tuple[float, float]]) -> None:
    """Beside an integral in closed form: of a b c along a line, by each factor."""
    before, after = ({name: pair[k] for name, pair in zip("abc", pairs, strict=True)} for k in (0, 1))
    e = explain(lambda a, b, c: a * b * c, before, after)
    for name in before:
        p, q = (other for other in "abc" if other != name)
        (p0, p1), (q0, q1) = ((before[k], after[k] - before[k]) for k in (p, q))
        exact = (after[name] - before[name]) * (p0 * q0 + (p0 * q1 + p1 * q0) / 2 + p1 * q1 / 3)
        assert e.parts.get(name, 0.0) == pytest.approx(exact, rel=1e-9, abs=1e-12)
    assert adds_up(e)


def bill(apple: float, n: float, member: bool = False) -> float:
    price = apple * n
    if price > 1000:
        price = price - 110
    return price * (0.9 if member else 1.0)


def test_a_jump_is_named_with_its_line_and_its_place() -> None:
    e = explain(bill, {"apple": 440.0, "n": 2.0}, {"apple": 540.0, "n": 2.4})
    assert e.jump == pytest.approx(-110, rel=1e-9)
    (jump,) = e.jumps
    assert jump.size == pytest.approx(-110)
    assert (440 + 100 * jump.at) * (2 + 0.4 * jump.at) == pytest.approx(1000, rel=1e-12)
    assert jump.place == f"`if price > 1000`, line {bill.__code__.co_firstlineno + 2}"
    assert e.error < 1e-6
    assert adds_up(e)


def test_a_branch_without_a_jump_is_none() -> None:
    def tariff(kwh: float) -> float:
        return 0.3 * kwh if kwh <= 100 else 30 + 0.2 * (kwh - 100)

    e = explain(tariff, {"kwh": 50.0}, {"kwh": 170.0})
    assert (e.jumps, e.jump) == ([], pytest.approx(0, abs=1e-9))
    assert e.parts["kwh"] == pytest.approx(15 + 14, rel=1e-9)


def test_several_jumps_at_one_question_are_one() -> None:
    e = explain(lambda x: float(x // 1) if x else 0.0, {"x": 0.5}, {"x": 3.5})
    assert e.parts["x"] == pytest.approx(0)
    assert e.jump == pytest.approx(3)
    assert "jump" in str(e)


def test_whole_numbers_are_switched_and_averaged_over_the_orders() -> None:
    def capital(rate: float, years: int) -> float:
        return 100 * math.exp(rate) * years**2

    e = explain(capital, {"rate": 0.1, "years": 35}, {"rate": 0.2, "years": 37})
    first = capital(0.2, 35) - capital(0.1, 35)
    last = capital(0.2, 37) - capital(0.1, 37)
    assert e.parts["rate"] == pytest.approx((first + last) / 2, rel=1e-9)
    assert e.parts["years"] == pytest.approx(e.change - (first + last) / 2, rel=1e-9)
    assert e.first_order["years"] == pytest.approx(capital(0.1, 37) - capital(0.1, 35))
    assert adds_up(e)


SWITCHED = {"a": 1, "b": "x", "c": False}, {"a": 3, "b": "yyy", "c": True}


def mixed(a: int, b: str, c: bool) -> float:
    return float(a * len(b) + (a if c else len(b)) ** 2)


def test_switches_get_the_mean_of_all_orders() -> None:
    before, after = SWITCHED
    e = explain(mixed, before, after)
    parts: dict[str, list[float]] = {name: [] for name in before}
    for order in permutations(before):
        state: dict[str, Any] = dict(before)
        for name in order:
            was = mixed(**state)
            state[name] = after[name]
            parts[name].append(mixed(**state) - was)
    assert e.parts == {name: pytest.approx(fmean(moves)) for name, moves in parts.items()}
    assert adds_up(e)


def test_of_many_switches_random_orders_are_drawn() -> None:
    def total(**xs: int) -> float:
        return float(sum(xs.values()) + xs["k0"] * xs["k1"])

    before = {f"k{k}": 0 for k in range(7)}
    e = explain(total, before, dict.fromkeys(before, 2))
    assert e.parts["k5"] == pytest.approx(2)
    assert e.parts["k0"] == pytest.approx(2 + 2, abs=4 * e.error)
    assert 0 < e.error < 0.5
    assert "7 switches" in str(e)
    assert adds_up(e)


@dataclass
class Plan:
    rate: float = 0.05
    kind: str = "fixed"


def test_numbers_and_texts_inside_structures() -> None:
    def value(plan: Plan, flows: list[float]) -> float:
        return sum(c / (1 + plan.rate) ** t for t, c in enumerate(flows)) * (2 if plan.kind == "double" else 1)

    e = explain(
        value,
        {"plan": Plan(), "flows": [1.0, 2.0]},
        {"plan": Plan(0.06, "double"), "flows": [1.0, 3.0]},
    )
    assert [*e.parts] == ["plan.rate", "plan.kind", "flows[1]"]
    assert adds_up(e)
    assert "'fixed'" in str(e)


def test_an_argument_of_another_form_is_switched_as_a_whole() -> None:
    e = explain(lambda flows: sum(flows), {"flows": [1.0, 2.0]}, {"flows": [1.0, 2.0, 4.0]})
    assert e.parts == {"flows": 4.0}


def test_what_has_not_changed_is_left_out() -> None:
    e = explain(bill, {"apple": 440.0, "n": 2.0}, {"apple": 440.0, "n": 2.0})
    assert (e.parts, e.change, e.jump) == ({}, 0.0, 0.0)
    assert str(e) == "bill 880 → 880: 0\nNo input has changed."


def test_defaults_fill_in_and_may_change() -> None:
    e = explain(bill, {"apple": 100.0, "n": 2.0}, {"apple": 100.0, "n": 2.0, "member": True})
    assert e.parts == {"member": pytest.approx(-20)}


def test_an_explanation_in_all_forms() -> None:
    e = explain(bill, {"apple": 440.0, "n": 2.0}, {"apple": 540.0, "n": 2.4})
    found = json.loads(json.dumps(e.to_dict()))
    assert found["parts"]["apple"] == pytest.approx(e.parts["apple"])
    assert found["jumps"][0]["place"].startswith("`if price > 1000`")
    assert "| jump |" in e.markdown()
    assert "<td" in e._repr_html_()
    pytest.importorskip("pandas")
    assert e.to_frame()["part"].sum() == pytest.approx(e.change)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: explain(lambda x: [x, x], {"x": 1.0}, {"x": 2.0}), TypeError, "explain splits one number"),
        (lambda: explain(lambda x: None, {"x": 1.0}, {"x": 2.0}), TypeError, "explain splits one number"),
        (lambda: explain(lambda x: math.inf * x, {"x": 1.0}, {"x": 2.0}), ValueError, "between finite numbers"),
        (lambda: explain(bill, {"apple": 1.0}, {"apple": 2.0}), TypeError, "bill needs n"),
        (lambda: explain(bill, {"apple": 1.0, "n": 1.0}, {"apple": 2.0, "m": 1.0}), TypeError, "no input 'm'"),
        (lambda: explain(lambda **k: sum(k.values()), {"a": 1.0}, {"b": 1.0}), TypeError, "only one gives a, b"),
        (lambda: explain(lambda x: x, {"x": 1.0}, {"x": 2.0}, 0), ValueError, "tolerance is a part"),
        (lambda: explain(bill, [1.0], [2.0]), TypeError, "given by name"),
    ],
)
def test_what_cannot_be_explained_is_refused(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_an_error_on_the_way_tells_where() -> None:
    with pytest.raises(ValueError, match="math domain error") as caught:
        explain(lambda x: math.log(x * x), {"x": -1.0}, {"x": 1.0})
    assert "of the way from before to after" in caught.value.__notes__[-1]


def test_a_model_that_takes_long_is_left_to_the_rule_of_gauss(monkeypatch: pytest.MonkeyPatch) -> None:
    from micrograd_like.models import path

    monkeypatch.setattr(path, "SECONDS_FOR_INTEGRAL", 1e-9)
    e = explain(lambda x, y: math.exp(x) * y, {"x": 0.0, "y": 1.0}, {"x": 1.0, "y": 2.0})
    assert e.parts["y"] == pytest.approx(math.e - 1, rel=1e-12)
    assert abs(e.jump) <= e.error < 1e-9
    assert "jump" not in str(e)


def test_loops_that_end_elsewhere_all_along_the_way_have_no_jumps() -> None:
    def fall(height: float, dt: float) -> float:
        t, v, y = 0.0, 0.0, height
        while y > 0:
            before, y = y, y - v * dt
            t, v = t + dt, v + 9.81 * dt
        return t - dt * (0 - y) / (before - y)

    e = explain(fall, {"height": 5.0, "dt": 0.01}, {"height": 9.0, "dt": 0.01})
    assert e.parts["height"] == pytest.approx(e.change, rel=1e-2)
    assert e.jumps == []


def test_of_many_inputs_the_largest_are_shown() -> None:
    before = {"xs": [float(k) for k in range(30)]}
    text = str(explain(lambda xs: sum(x * x for x in xs), before, {"xs": [x + 0.5 for x in before["xs"]]}))
    assert "xs[29]" in text
    assert "xs[3] " not in text
    assert text.splitlines()[-1] == "10 others, of 9.25 at most"


def test_a_change_to_the_same_number_is_split_too() -> None:
    e = explain(lambda x: x * math.log(x) if x > 0 else 0.0, {"x": 0.0}, {"x": 1.0})
    assert abs(e.parts["x"]) < 1e-6
    assert adds_up(e)


def test_a_model_that_answers_something_else_each_time_is_refused() -> None:
    from random import random

    with pytest.raises(ValueError, match="to the same inputs"):
        explain(lambda x: x * random(), {"x": 1.0}, {"x": 2.0})


def test_a_very_steep_front_is_no_jump() -> None:
    e = explain(lambda x, y: math.tanh(1e6 * (x - 0.3)) + y, {"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0})
    assert e.parts == {"x": pytest.approx(2, rel=1e-8), "y": pytest.approx(1, rel=1e-8)}
    assert e.jumps == []
    assert "jump" not in str(e)


def test_a_jump_of_an_operation_is_told_with_its_place() -> None:
    e = explain(lambda x: math.floor(x) * 2.0 + x, {"x": 0.5}, {"x": 3.5})
    assert e.parts["x"] == pytest.approx(3)
    assert e.jump == pytest.approx(6)
    assert sum(jump.size for jump in e.jumps) == pytest.approx(6)
    assert "at 17 % of the way; at 50 % of the way; at 83 % of the way" in str(e)


def test_where_a_model_has_no_answer_is_said() -> None:
    with pytest.raises(ValueError, match="math domain error") as raised:
        explain(lambda a, n: math.sqrt(a) * n, {"a": 1.0, "n": 2}, {"a": -1.0, "n": 3})
    assert raised.value.__notes__ == ["with a, n as after, and all else as before"]
    with pytest.raises(ValueError, match="math domain error") as raised:
        explain(lambda a: math.sqrt(a), {"a": -1.0}, {"a": 1.0})
    assert raised.value.__notes__ == ["with the inputs before"]


def test_parts_of_a_change_through_a_pole_are_not_to_be_believed() -> None:
    e = explain(lambda x: 1 / x, {"x": -1.0}, {"x": 2.0})
    assert e.error > abs(e.change)
    assert "the parts are not to be believed" in str(e)
    assert "not to be believed" not in str(explain(lambda x: math.sqrt(x), {"x": 0.0}, {"x": 2.0}))


def test_jumps_at_both_ends_of_the_way() -> None:
    first = explain(lambda x: 1.0 if x > 1 else 0.0, {"x": 1.0}, {"x": 2.0})
    last = explain(lambda x: 1.0 if x >= 2 else 0.0, {"x": 1.0}, {"x": 2.0})
    assert (first.jump, last.jump) == (1.0, 1.0)
    assert "at 0 % of the way" in str(first)
    assert "at 100 % of the way" in str(last)


def test_whole_numbers_beyond_all_floats_are_switched() -> None:
    e = explain(lambda n, x: x * (n % 7), {"n": 10**400, "x": 1.0}, {"n": 3, "x": 2.0})
    assert (e.before, e.after) == (10**400 % 7, 6)
    assert adds_up(e)
    assert "100000000000" in str(e)
