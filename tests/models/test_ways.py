"""Facts about ways through a model's branches."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import pytest
from side_by_side import side_by_side

from micrograd_like.models import ways
from micrograd_like.models.ways import parting, question, way_of


def tariff(kwh: float) -> float:
    price = 0.3 if kwh <= 100 else 0.2
    total = 0.0
    while kwh > 0:
        total += price
        kwh -= 50
    return total


@pytest.fixture(params=["by monitoring", "by tracing"])
def how(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "by tracing":
        monkeypatch.setattr(ways, "MONITORING", None)
    elif not hasattr(sys, "monitoring"):
        pytest.skip("Python tells of turns from 3.12 on")
    return str(request.param)


def way(kwh: float) -> Any:
    return way_of(lambda: tariff(kwh))[1]


def test_equal_numbers_go_one_way(how: str) -> None:
    way(60.0)  # the first run of a function may be told in part, by tracing
    assert way(60.0) == way(60.0) == way(70.0) != way(40.0)


def test_two_ways_part_at_a_question(how: str) -> None:
    way(60.0)
    line = tariff.__code__.co_firstlineno
    first, second = parting(way(60.0), way(120.0)), parting(way(60.0), way(40.0))
    assert first
    assert second
    assert question(first) == f"`kwh <= 100`, line {line + 1}"
    assert question(second) == f"`while kwh > 0`, line {line + 3}"
    assert parting(way(60.0), way(70.0)) is None


def test_an_error_is_an_answer_and_nobody_watches_any_more(how: str) -> None:
    watched = sys.gettrace()
    found, _ = way_of(lambda: tariff(1 / 0))
    assert isinstance(found, ZeroDivisionError)
    assert sys.gettrace() is watched
    if hasattr(sys, "monitoring"):
        assert "micrograd_like.ways" not in [sys.monitoring.get_tool(k) for k in range(6)]


def test_what_the_garbage_collector_calls_takes_no_turns(how: str) -> None:
    import gc

    def collected(phase: str, info: Any) -> None:
        for _ in range(3 if phase == "start" else 5):
            pass

    def litter(kwh: float) -> float:
        return float(len([[k] for k in range(int(kwh))]))

    gc.callbacks.append(collected)
    try:
        ways_taken = [way_of(lambda: litter(5000.0))[1] for _ in range(6)]
    finally:
        gc.callbacks.remove(collected)
    assert all(found == ways_taken[-1] for found in ways_taken[1:])


def test_threads_have_ways_of_their_own() -> None:
    home, found = way(60.0), []

    def again(kwh: float) -> None:
        found.append(all(way(kwh) == way(kwh) and (way(kwh) == home) is (kwh == 60.0) for _ in range(100)))

    side_by_side(*[partial(again, kwh) for kwh in [60.0, 120.0] * 4])
    assert found == [True] * 8


@pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="Python tells of turns from 3.12 on")
def test_a_call_within_a_call_has_a_way_of_its_own() -> None:
    alone = way(60.0)
    (found, within), around = way_of(lambda: (way(60.0), way(120.0)))
    assert (found, within) == (alone, way(120.0))
    assert around == []
