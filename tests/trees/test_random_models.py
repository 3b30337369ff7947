"""Random arguments: what a function sees of a dataclass, a model, an object is what it sees on plain numbers.

RANDOM_MODELS in the environment says how many; `python tests/random_models.py` compares many more.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

import duals
import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import Oracle, Writer, differences, world

from micrograd_like.check.slopes import measured_slope

COUNT = int(os.environ.get("RANDOM_MODELS", cases(400)))
LOAN = """
@dataclass
class Loan:
    amount: float
    rate: float
    def __post_init__(self):
        self.rate = self.rate / 100

p = Loan(1000.0, 5.0)
DERIVED, PARAMETERS = {}, {}

def f(p):
    return p.amount * p.rate
"""
AREA = """
@dataclass
class Rectangle:
    sides: list
    area: float = field(init=False)
    def __post_init__(self):
        self.area = self.sides[0] * self.sides[1]

p = Rectangle([2.0, 3.0])
DERIVED, PARAMETERS = {"Rectangle": [("area", "self.sides[0] * self.sides[1]")]}, {}

def f(p):
    return p.area + p.sides[0]
"""
CHANGED = AREA.replace("\nDERIVED", "\np.sides[0] = 7.0\nDERIVED")


@pytest.mark.slow
def test_of_random_arguments_value_and_derivatives_are_those_of_a_flat_list() -> None:
    wrong = []
    for seed in range(COUNT):
        text = Writer(Random(seed)).program()
        wrong += [f"{seed}: {kind}: {what}" for kind, what in [*differences(text, Random(seed))][:1]]
    assert wrong == []


@settings(max_examples=COUNT // 10)
@given(seed=st.integers(0, 2**32))
def test_dual_numbers_measure_the_slopes_that_the_program_has(seed: int) -> None:
    space = world(Writer(Random(seed)).program(), dual=True)
    try:
        oracle = Oracle(space)
        expected = duals.derivatives(oracle.g, oracle.numbers)
    except Exception:  # no program that works on plain numbers
        return
    for k, slope in enumerate(expected):

        def moved(step: float, k: int = k) -> list[float]:
            return [float(oracle.g([x + step * (i == k) for i, x in enumerate(oracle.numbers)]))]

        (there,) = measured_slope(moved)
        if not there.jumps and not there.kinked and there.is_sure_beside(slope):
            assert not there.best.differs(slope)


@pytest.mark.parametrize(
    ("text", "numbers", "slopes"),
    [
        (LOAN, [1000.0, 0.05], [0.05, 1000.0]),
        (AREA, [2.0, 3.0], [4.0, 2.0]),
        (CHANGED, [7.0, 3.0, 6.0], [1.0, 0.0, 1.0]),
    ],
)
def test_the_oracle_takes_attributes_as_they_are_and_lets_those_follow_that_can(
    text: str, numbers: list[float], slopes: list[float]
) -> None:
    oracle = Oracle(world(text, dual=True))
    assert oracle.numbers == numbers
    assert duals.derivatives(oracle.g, oracle.numbers) == slopes


def test_a_wrong_value_derivative_and_side_effect_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(f: Any) -> Any:
        def gradient(p: Any) -> Any:
            f(p)
            return f(p), p

        return gradient

    monkeypatch.setattr("random_models.value_and_grad", wrong)
    counted = LOAN.replace("    return p.amount", '    STATE["runs"] += 1\n    return p.amount')
    kinds = {kind for kind, _ in differences(counted, Random(1))}
    assert {"flat: derivative", "grad: derivative", "grad: f ran 2 times"} <= kinds


def test_a_refusal_of_what_must_work_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(f: Any) -> Any:
        raise TypeError("p is not followed")

    monkeypatch.setattr("random_models.value_and_grad", refused)
    refusals: Counter[str] = Counter()
    assert "grad: refused" in {kind for kind, _ in differences(LOAN, Random(1), refusals)}
    plain = LOAN.replace("@dataclass\n", "").replace("p = Loan(1000.0, 5.0)", "p = Loan(); p.amount, p.rate = 2.0, 3.0")
    assert "grad: refused" not in {kind for kind, _ in differences(plain, Random(1), refusals)}
    assert refusals["an object that is no dataclass"] >= 1
