"""The programs: plain Python over any kind of number `x` and a namespace of functions `f`.

A new program is one function that returns a `Program`, and its row in `PROGRAMS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import cos, pi, sin
from types import SimpleNamespace
from typing import Any

from .objectives import log_likelihood, mixture, photographs, sum_of_squares


def functions_of(library: Any, maximum: Callable[[Any, Any], Any], **others: Any) -> SimpleNamespace:
    """The functions that programs take, as far as a library has them: under their own names, or as they are given.

    >>> import math
    >>> f = functions_of(math, max, sin=abs)
    >>> f.log(1.0), f.sin(-2.0), f.relu(-3.0)
    (0.0, 2.0, 0.0)
    """
    names = [name for name in ("sqrt", "log", "exp", "erf", "sin", "cos") if hasattr(library, name)]
    found = {name: getattr(library, name) for name in names}
    return SimpleNamespace(**found | {"maximum": maximum, "relu": lambda x: maximum(x, 0.0)} | others)


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
        return (score(x, [0.7, -0.3], widths, f) - 1) ** 2

    return Program(value, weights(*widths), score_operations(*widths) + 2, needs=("relu",))


def score(x: Sequence[Any], signal: Sequence[Any], widths: Sequence[int], f: Any) -> Any:
    """What a relu network of these widths answers to a signal; x has each neuron's bias, then its weights."""
    numbers = iter(x)
    for depth, width in enumerate(widths[1:], start=2):
        signal = [sum((next(numbers) * s for s in signal), next(numbers)) for _ in range(width)]
        if depth < len(widths):
            signal = [f.relu(s) for s in signal]
    return signal[0]


def weights(*widths: int) -> list[float]:
    uniform = random.Random(1).uniform
    return [uniform(-1, 1) for inputs, outputs in pairwise(widths) for _ in range(outputs * (inputs + 1))]


def score_operations(*widths: int) -> int:
    return sum(outputs * (2 * inputs + 1) for inputs, outputs in pairwise(widths)) - widths[-1]


MOONS = (2, 16, 16, 1)  # the widths of the network that tells two moons apart


def two_moons(points: int) -> Program:
    """A training step: the mean hinge loss of a relu network over two moons, by its 337 weights and biases."""
    rows = moons(points)

    def value(x: Sequence[Any], f: Any) -> Any:
        return sum(hinge_loss(x, point, side, f) for *point, side in rows) / points

    return Program(value, weights(*MOONS), points * (score_operations(*MOONS) + 4), needs=("relu",))


def hinge_loss(x: Sequence[Any], point: Sequence[Any], side: Any, f: Any) -> Any:
    return f.relu(1 - side * score(x, point, MOONS, f))


def moons(points: int) -> list[tuple[float, float, float]]:
    """Two interleaving half circles, and on which of them a point is: -1 or 1.

    >>> [side for x1, x2, side in moons(4)]
    [-1, -1, 1, 1]
    """
    noise = random.Random(1).gauss
    angles = [pi * i / (points // 2 - 1) for i in range(points // 2)]
    circles = [(cos(a), sin(a), -1) for a in angles] + [(1 - cos(a), 0.5 - sin(a), 1) for a in angles]
    return [(x1 + noise(0, 0.1), x2 + noise(0, 0.1), side) for x1, x2, side in circles]


def gaussian_mixture(name: str) -> Program:
    """ADBench's GMM: the likelihood of a mixture of Gaussians, by all its parameters."""
    mixed = mixture(name)
    d, k, n = mixed.dimensions, mixed.components, len(mixed.points)
    points, wishart = mixed.points, mixed.prior

    def value(x: Sequence[Any], f: Any) -> Any:
        return log_likelihood(x, points, d, wishart, f)

    log_sum_exps = (n + 1) * 4 * k
    gaussians = n * k * (d * d + 3 * d + 1) + 2 * k * d
    prior = k * (d * d + 3 * d + 4) + 3
    operations = log_sum_exps + gaussians + prior + n - 1
    return Program(value, mixed.parameters, operations, needs=("log", "exp", "maximum"))


def bundle_adjustment(name: str) -> Program:
    """ADBench's BA: the sum of the squares of all errors, by all cameras, points and weights."""
    bundle = photographs(name)
    cameras, points, seen = bundle.cameras, bundle.points, bundle.seen

    def value(x: Sequence[Any], f: Any) -> Any:
        return sum_of_squares(x, cameras, points, seen, f)

    return Program(value, bundle.all_parameters, 73 * bundle.count - 1, needs=("sqrt", "sin", "cos"))


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
    "rosenbrock-10000": partial(rosenbrock, 10**4),
    "black-scholes": black_scholes,
    "network": partial(network, *MOONS),
    "two-moons": partial(two_moons, 100),
    "gmm-test": partial(gaussian_mixture, "gmm_test"),
    "gmm-1k-d2-K5": partial(gaussian_mixture, "gmm_1k_d2_K5"),
    "ba-test": partial(bundle_adjustment, "ba_test"),
    "chain-1e3": partial(chain, 10**3),
    "chain-1e4": partial(chain, 10**4),
    "chain-1e5": partial(chain, 10**5),
    "chain-1e6": partial(chain, 10**6),
    "squares-1e3": partial(squares, 10**3),
    "squares-1e4": partial(squares, 10**4),
    "squares-1e5": partial(squares, 10**5),
    "squares-1e6": partial(squares, 10**6),
}
GROWING = tuple(name for name in PROGRAMS if name.startswith(("chain", "squares")))  # what growth is shown by
WEIGHED = ("rosenbrock-1000", "chain-1e5", "squares-1e5")  # the ones whose memory is measured too
