"""Where in a program Values come from, and where they become plain numbers."""

from __future__ import annotations

import math
import sys
import threading
from typing import Any

import micrograd_like as ml
from micrograd_like import Value
from micrograd_like.trace.places import Watch


def test_a_value_comes_from_the_very_expression_that_made_it() -> None:
    x, tax = Value(100.0), Value(1.1)
    with Watch() as watch:
        total = x * 2 + ml.exp(tax) * ml.math.dist([x], [tax])
    place = watch.places[total]
    assert place.statement == "total = x * 2 + ml.exp(tax) * ml.math.dist([x], [tax])"
    assert place.expression == "x * 2 + ml.exp(tax) * ml.math.dist([x], [tax])"
    (left, right) = total.parents
    assert watch.places[left].expression == "x * 2"
    assert [watch.places[v].expression for v in right.parents] == ["ml.exp(tax)", "ml.math.dist([x], [tax])"]
    assert str(place) == f"test_places.py:{place.line}  {place.statement}"
    assert place.file == __file__


def test_an_expression_over_several_lines_is_found_at_its_first() -> None:
    x = Value(2.0)
    with Watch() as watch:
        y = ml.hypot(
            x,
            3.0,
        )
    assert watch.places[y].statement == "y = ml.hypot("


def test_comprehensions_and_sums_and_calls_from_c_have_places() -> None:
    x = Value(2.0)
    with Watch() as watch:
        y = sum(map(ml.sin, [x * i for i in range(2)]))
    assert watch.places[y].expression == "sum(map(ml.sin, [x * i for i in range(2)]))"
    assert watch.places[y.parents[0].parents[0]].expression == "x * i"


def test_leaves_and_earlier_values_have_no_place() -> None:
    x = Value(2.0)
    with Watch() as watch:
        leaf = Value(3.0)
        y = x * leaf
    assert set(watch.places) == {y}


def test_what_is_dropped_is_noted_with_its_place() -> None:
    x = Value(2.5)
    with Watch() as watch:
        numbers = [x.data, int(x), round(x), math.floor(x), ml.math.ceil(x), ml.math.isnan(x), x > 2, bool(x)]
    assert numbers == [2.5, 2, 2, 2, 3, False, True, True]
    said = [(what, place.expression) for what, place in watch.drops]
    assert said == [
        ("its .data was read", "x.data"),
        ("int() or trunc() answered a plain number", "int(x)"),
        ("round() answered a plain number", "round(x)"),
        ("floor() answered a plain number", "math.floor(x)"),
        ("ceil() answered a plain number", "ml.math.ceil(x)"),
    ]


def test_the_packages_own_reading_drops_nothing() -> None:
    x = Value(2.5, "x")
    with Watch() as watch:
        repr(x)
        ml.grad(lambda x: x * x)(x)
        ml.math.pow(x, 2)
    assert watch.drops == []


def test_an_earlier_profiler_is_there_again_afterwards() -> None:
    calls: list[str] = []

    def profiler(frame: Any, event: str, _: Any) -> None:
        calls.append(event)

    sys.setprofile(profiler)
    try:
        with Watch():
            pass
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


def test_other_threads_are_not_watched() -> None:
    made: list[Value] = []
    with Watch() as watch:
        thread = threading.Thread(target=lambda: made.append(Value(2.0) * 3))
        thread.start()
        thread.join()
    assert made[0] not in watch.places
