"""The programs: plain Python over any kind of number `x` and a namespace of functions `f`.

A new program is one function that returns a `Program`, and its row in `PROGRAMS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any


@dataclass(frozen=True)
class Program:
    """A function of many numbers, the point to differentiate it at, and how many operations that takes."""

    value: Callable[[Sequence[Any], Any], Any]
    point: list[float]
    operations: int
    needs: tuple[str, ...] = ()  # which functions it takes from `f`


def rosenbrock(n: int) -> Program:
    """The banana valley in n dimensions: 7 operations a term. The additions that sum the terms are not counted.

    >>> rosenbrock(100).operations
    693
    """

    def value(x: Sequence[Any], f: Any) -> Any:
        return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))

    return Program(value, point=[1.2 + 0.3 * (-1) ** i + i / n for i in range(n)], operations=7 * (n - 1))


def black_scholes() -> Program:
    """The price of a call option, whose gradient is delta, vega, theta, rho and dual delta."""

    def value(x: Sequence[Any], f: Any) -> Any:
        spot, volatility, years, rate, strike = x
        deviation = volatility * f.sqrt(years)
        d1 = (f.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / deviation
        d2 = d1 - deviation
        below1, below2 = (0.5 * (1 + f.erf(d / 2**0.5)) for d in (d1, d2))
        return spot * below1 - strike * f.exp(-rate * years) * below2

    return Program(value, point=[100.0, 0.2, 1.5, 0.03, 105.0], operations=26, needs=("sqrt", "log", "exp", "erf"))


def network(*widths: int) -> Program:
    """The squared error of a relu network on one point, as a function of all its weights and biases."""

    def value(x: Sequence[Any], f: Any) -> Any:
        weights = iter(x)
        signal: list[Any] = [0.7, -0.3]
        for depth, width in enumerate(widths[1:], start=2):
            signal = [sum((next(weights) * s for s in signal), next(weights)) for _ in range(width)]
            if depth < len(widths):
                signal = [f.relu(s) for s in signal]
        return (signal[0] - 1) ** 2

    layers = list(pairwise(widths))
    uniform = random.Random(1).uniform
    point = [uniform(-1, 1) for inputs, outputs in layers for _ in range(outputs * (inputs + 1))]
    operations = sum(outputs * (2 * inputs + 1) for inputs, outputs in layers) - widths[-1] + 2
    return Program(value, point, operations, needs=("relu",))


def chain(operations: int) -> Program:
    """One number, multiplied and added to again and again: a graph as deep as it is large."""

    def value(x: Sequence[Any], f: Any) -> Any:
        y = x[0]
        for _ in range(operations // 2):
            y = y * 1.000001 + 0.000001
        return y

    return Program(value, point=[1.1], operations=operations)


def squares(operations: int) -> Program:
    """The sum of the squares of many numbers: a graph with as many inputs as it has additions."""

    def value(x: Sequence[Any], f: Any) -> Any:
        return sum((a * a for a in x), 1.0)

    n = operations // 2
    return Program(value, point=[1 + i / n for i in range(n)], operations=operations)


PROGRAMS: dict[str, Callable[[], Program]] = {
    "rosenbrock-100": partial(rosenbrock, 100),
    "rosenbrock-1000": partial(rosenbrock, 1000),
    "black-scholes": black_scholes,
    "network": partial(network, 2, 16, 16, 1),
    "chain-1e3": partial(chain, 10**3),
    "chain-1e4": partial(chain, 10**4),
    "chain-1e5": partial(chain, 10**5),
    "chain-1e6": partial(chain, 10**6),
    "squares-1e3": partial(squares, 10**3),
    "squares-1e4": partial(squares, 10**4),
    "squares-1e5": partial(squares, 10**5),
    "squares-1e6": partial(squares, 10**6),
}
WEIGHED = ("rosenbrock-1000", "chain-1e5", "squares-1e5")  # the ones whose memory is measured too
