"""Facts about six models as a modeler writes them: rows of a sweep are what Python answers, and slopes are exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from gases import compressibility
from option_book import black_scholes

from micrograd_like import math, pm, sensitivities, sweep, value_and_grad

np = pytest.importorskip("numpy")


def epidemic(beta: Any, gamma: Any, i0: Any, days: int = 30, dt: float = 0.5) -> dict[str, Any]:
    """SIR by Runge and Kutta, with the peak by Python's own max."""
    s, i, peak = 1 - i0, i0, i0

    def slopes(s: Any, i: Any) -> tuple[Any, Any]:
        new = beta * s * i
        return -new, new - gamma * i

    for _ in range(int(days / dt)):
        a1, b1 = slopes(s, i)
        a2, b2 = slopes(s + dt / 2 * a1, i + dt / 2 * b1)
        a3, b3 = slopes(s + dt / 2 * a2, i + dt / 2 * b2)
        a4, b4 = slopes(s + dt * a3, i + dt * b3)
        s = s + dt / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        i = i + dt / 6 * (b1 + 2 * b2 + 2 * b3 + b4)
        peak = max(peak, i)
    return {"peak": peak, "attack": 1 - s}


def throw(speed: Any, angle: Any, drag: float = 0.005, dt: float = 0.05) -> Any:
    """How far a ball flies, in a loop that ends where it meets the ground."""
    x, y = 0.0, 1.5
    vx, vy = speed * math.cos(math.radians(angle)), speed * math.sin(math.radians(angle))
    while True:
        v = math.hypot(vx, vy)
        ax, ay = -drag * v * vx, -9.81 - drag * v * vy
        nx, ny = x + dt * vx, y + dt * vy
        if ny < 0:
            return x + y / (y - ny) * (nx - x)
        x, y, vx, vy = nx, ny, vx + dt * ax, vy + dt * ay


@dataclass
class Plan:
    salary: Any
    rate: Any
    fee: Any


def pension(salary: Any, rate: Any, fee: Any, years: int = 35, cap: float = 7000.0) -> Any:
    """A pot with fees that fall and taxes in brackets."""
    plan, pot = Plan(salary, rate, fee), 0.0
    for _ in range(years):
        paid = min(0.08 * plan.salary, cap)
        fees = plan.fee * 0.5 if pot > 250_000 else plan.fee
        pot = pot * (1 + plan.rate - fees) + paid
        plan.salary = plan.salary * 1.02
    tax = 0.0
    for low, high, part in ((0, 100_000, 0.1), (100_000, 400_000, 0.2), (400_000, math.inf, 0.3)):
        if pot > low:
            tax = tax + part * (min(pot, high) - low)
    return pot - tax


def queue(arrivals: Any, service: Any, servers: int = 3) -> Any:
    """Erlang's C: the mean wait, without end where more come than can be served."""
    a = arrivals / service
    if a >= servers:
        return math.inf
    s = sum(a**k / math.factorial(k) for k in range(servers))
    last = a**servers / math.factorial(servers) * servers / (servers - a)
    return last / (s + last) / (servers * service - arrivals)


SIX: dict[str, tuple[Callable[..., Any], int, dict[str, tuple[float, float]]]] = {
    "option": (
        black_scholes,
        1000,
        {"spot": (80, 120), "strike": (90, 110), "rate": (0.01, 0.05), "vol": (0.1, 0.4), "years": (0.5, 2)},
    ),
    "epidemic": (epidemic, 100, {"beta": (0.2, 0.5), "gamma": (0.05, 0.15), "i0": (0.001, 0.01)}),
    "throw": (throw, 100, {"speed": (20, 50), "angle": (20, 60)}),
    "compressibility": (compressibility, 1000, {"T": (310, 400), "P": (1e6, 8e6)}),
    "pension": (pension, 1000, {"salary": (3e4, 9e4), "rate": (0.03, 0.07), "fee": (0.002, 0.008)}),
    "queue": (queue, 1000, {"arrivals": (1, 3.5), "service": (0.8, 1.2)}),
}


@pytest.mark.parametrize("name", SIX)
@pytest.mark.filterwarnings("ignore:.*rows have inf or nan in a new column")
def test_each_row_is_what_python_answers(name: str) -> None:
    f, rows, ranges = SIX[name]
    random = np.random.default_rng(1)
    table = {column: random.uniform(low, high, rows) for column, (low, high) in ranges.items()}
    swept = sweep(f, table)
    plain = [f(*row) for row in zip(*(column.tolist() for column in table.values()), strict=True)]
    answers = {"value": plain} if not isinstance(plain[0], dict) else {key: [x[key] for x in plain] for key in plain[0]}
    for answer, column in answers.items():
        np.testing.assert_allclose(swept[answer], column, rtol=1e-12)
    for k in range(0, rows, rows // 10):
        row = [column[k].item() for column in table.values()]
        for answer, column in answers.items():
            if math.isinf(column[k]):
                continue
            mine = f if answer == "value" else lambda *x, key=answer: f(*x)[key]
            _, slopes = value_and_grad(mine, argnums=[*range(len(row))])(*row)
            prefix = "d_" if answer == "value" else f"d_{answer}_"
            found = [swept[f"{prefix}{column}"][k] for column in table]
            np.testing.assert_allclose(found, slopes, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", SIX)
def test_a_report_has_the_slopes_of_the_model(name: str) -> None:
    """Slopes against central differences, and u against the root of the sum of squares."""
    f, _, ranges = SIX[name]
    middle = {column: (3 * low + high) / 4 for column, (low, high) in ranges.items()}
    r = sensitivities(f, {column: pm(x, 1e-3 * x) for column, x in middle.items()}, draws=300)
    for answer, report in r.outputs.items():
        squares = 0.0
        for column, x in middle.items():
            above, below = (f(**{**middle, column: x * (1 + h)}) for h in (1e-6, -1e-6))
            slope = (above[answer] - below[answer] if isinstance(above, dict) else above - below) / (2e-6 * x)
            assert report.inputs[column].derivative == pytest.approx(slope, rel=1e-5, abs=1e-6 * abs(report.value / x))
            squares += (slope * 1e-3 * x) ** 2
        assert report.line.u == pytest.approx(math.sqrt(squares), rel=1e-5)
        assert report.draws.u == pytest.approx(report.line.u, rel=0.2)
