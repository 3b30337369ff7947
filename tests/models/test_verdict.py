"""Facts about the verdict: how far line and draws may be apart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from micrograd_like import pm, sensitivities
from micrograd_like.models.estimates import Estimate
from micrograd_like.models.verdict import line_holds

pytest.importorskip("numpy")
CASES = [
    (1.0, 0.0, (0.0, 0.0), True),
    (1.04, 0.0, (0.0, 0.0), True),
    (1.06, 0.0, (0.0, 0.0), False),
    (0.94, 0.0, (0.0, 0.0), False),
    (1.0, 0.09, (0.0, 0.0), True),
    (1.0, -0.11, (0.0, 0.0), False),
    (1.0, 0.0, (0.14, 0.14), True),
    (1.0, 0.0, (0.16, 0.0), False),
    (1.0, 0.0, (0.0, -0.16), False),
]


@pytest.mark.parametrize(("u", "mean", "ends", "holds"), CASES)
@pytest.mark.parametrize("error", [0.0, 0.1])
def test_the_line_holds_as_far_as_draws_agree(
    u: float, mean: float, ends: tuple[float, float], holds: bool, error: float
) -> None:
    low, high = Estimate(0.0, 1.0, float("inf"), 0.95).interval()
    draws: Any = SimpleNamespace(
        u=u,
        value=mean,
        count=1000,
        is_sure=True,
        error=error,
        error_of_value=error,
        interval=None,
        error_of_quantile=lambda p: error,
    )
    draws.interval = lambda: (low + ends[0], high + ends[1])
    report: Any = SimpleNamespace(value=0.0, line=Estimate(0.0, 1.0, 9.0, 0.95), draws=draws, coverage=0.95)
    assert line_holds(report) is (holds or error > 0)


def test_a_skew_answer_is_said_to_reach_farther_to_one_side() -> None:
    r = sensitivities(lambda x: x**3, x=pm(1, 0.09), draws=200_000)
    assert abs(r.draws.u - r.line.u) < 0.05 * r.draws.u
    assert abs(r.draws.value - r.line.value) < 0.1 * r.draws.u
    assert r.holds is False
    assert r.reasons[0].endswith("the draws reach farther above their mean than to the other side")


def test_what_floats_round_away_is_not_judged() -> None:
    """1e15 + x² varies by √2, and floats there are 0.125 apart; by x² alone the draws tell."""
    for large, u in ((lambda x: 1e15 + x * x, 1), (lambda x: 1e15 + x, 1e-5)):
        r = sensitivities(large, x=pm(0, u), draws=1000)
        assert r.holds is None
        assert "rounding hides what draws tell" in r.reasons[0]
    assert sensitivities(lambda x: x * x, x=pm(0, 1), draws=1000).holds is False
    certain = sensitivities(lambda a, b: a - b, a=pm(5, 0.1), b=pm(3, 0.1), corr={("a", "b"): 1}, draws=1000)
    assert certain.holds is True
