"""Random functions that find things by name: when one of these changes, what jit compiled answers as the function does.

RANDOM_CLOSURES in the environment says how many; `python tests/random_closures.py` compares many more.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from random_closures import CHANCE, Writer, differences

COUNT = int(os.environ.get("RANDOM_CLOSURES", cases(400)))
REBOUND = """
act = tanh
def f(x):
    return act(x)
CHANGES = ['act = relu']
LABELS = ['global to function']
"""


@pytest.mark.slow
@pytest.mark.parametrize("checks", [False, True])
def test_after_a_change_of_what_it_finds_by_name_a_compiled_function_answers_as_it_is(checks: bool) -> None:
    wrong = []
    for seed in range(COUNT // 2):
        text, where = Writer(Random(seed)).program()
        found = [*differences(text, where, seed, checks=checks)]
        wrong += [f"{seed}: {kind}, {where}: {what}" for kind, what in found[:1]]
    assert wrong == []


@settings(max_examples=COUNT // 4)
@given(seed=st.integers(0, 2**32))
def test_the_two_worlds_of_a_program_are_alike(seed: int) -> None:
    text, where = Writer(Random(seed)).program()
    if any(chance in text for chance in CHANCE):  # it answers what it likes
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("random_closures.jit", lambda f, **options: f)
        assert [*differences(text, where, seed, how="python")] == [], text


@pytest.mark.parametrize("where", ["exec", "file", "site-packages", "through"])
def test_an_engine_that_keeps_its_first_answers_would_be_seen(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def frozen(f: Any, **options: Any) -> Any:
        answers: dict[Any, Any] = {}
        return lambda x: answers.setdefault(x, f(x))

    monkeypatch.setattr("random_closures.jit", frozen)
    kinds = {kind for seed in range(20) for kind, _ in differences(REBOUND, where, seed, how="python")}
    assert kinds == {"python: the old answer"}


def test_another_type_and_an_error_that_does_not_come_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random_closures.jit", lambda f, **options: lambda x: float(f(x)))
    whole = REBOUND.replace("act(x)", "len([x])")
    assert [kind for kind, _ in differences(whole, "exec", 1, how="python")] == ["python: another answer at once"]
    monkeypatch.setattr(
        "random_closures.jit", lambda f, **options: lambda x: 0.0 if f.__globals__["act"] is None else f(x)
    )
    gone = REBOUND.replace("act = relu", "act = None")
    assert [kind for kind, _ in differences(gone, "exec", 1, how="python")] == ["python: the old answer"]
