"""Twins of what the standard library computes beside `math`: `statistics`, and `cmath` where it is real.

`statistics` sums fractions, exactly; of Values the same is summed by `fsum`, which rounds once.
"""

from __future__ import annotations

import statistics
from functools import wraps
from types import ModuleType

from .. import math as ours
from ..graph import Node
from ..runs.running import THREAD, refused
from .twins import add_twins

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


def has_values(x: Any) -> bool:
    """Whether a Value is among what a function of statistics is given, or in its lists."""
    return isinstance(x, Node) or (type(x) in (list, tuple) and any(isinstance(y, Node) for y in x))


def of_values(theirs: Callable[..., Any], own: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes lists of Values too, where it is our own."""

    @wraps(theirs)
    def answer(*args: Any, **options: Any) -> Any:
        args = tuple(
            [x if isinstance(x, Node | str | list | tuple) or not hasattr(x, "__next__") else [*x] for x in args]
        )
        if any(map(has_values, args)) or any(map(has_values, options.values())):
            return own(*args, **options)
        return theirs(*args, **options)

    return answer


# statistics


def several(data: Iterable[Any], least: int, name: str) -> list[Any]:
    """The data as a list, if there are at least so many of them."""
    xs = [*data]
    if len(xs) < least:
        raise statistics.StatisticsError(f"{name} requires at least {least} data point{'s' * (least > 1)}")
    return xs


def mean_of(data: Any, weights: Any = None) -> Any:
    """The mean, weighted if there are weights."""
    xs = several(data, 1, "mean")
    if weights is None:
        return ours.fsum(xs) / len(xs)
    return ours.fsum([x * w for x, w in zip(xs, weights, strict=True)]) / ours.fsum(weights)


def geometric_mean(data: Any) -> Any:
    """The exponential of the mean of the logarithms."""
    return ours.exp(mean_of([ours.log(x) for x in several(data, 1, "geometric_mean")]))


def harmonic_mean(data: Any, weights: Any = None) -> Any:
    """The reciprocal of the weighted mean of the reciprocals."""
    xs = several(data, 1, "harmonic_mean")
    ws = [1.0] * len(xs) if weights is None else weights
    return ours.fsum(ws) / ours.fsum([w / x for x, w in zip(xs, ws, strict=True)])


def squares(xs: list[Any], center: Any = None) -> Any:
    """The sum of the squared distances from the mean, or from xbar."""
    c = mean_of(xs) if center is None else center
    return ours.fsum([(x - c) ** 2 for x in xs])


def pvariance(data: Any, mu: Any = None) -> Any:
    """The variance of data that are all there is: their squares over their number."""
    xs = several(data, 1, "pvariance")
    return squares(xs, mu) / len(xs)


def variance(data: Any, xbar: Any = None) -> Any:
    """The variance that a sample lets expect: the squares over their number less one."""
    xs = several(data, 2, "variance")
    return squares(xs, xbar) / (len(xs) - 1)


def covariance(x: Any, y: Any) -> Any:
    """The covariance of two samples, over their number less one."""
    xs, ys = several(x, 2, "covariance"), several(y, 2, "covariance")
    a, b = mean_of(xs), mean_of(ys)
    return ours.fsum([(u - a) * (v - b) for u, v in zip(xs, ys, strict=True)]) / (len(xs) - 1)


def correlation(x: Any, y: Any) -> Any:
    """Pearson's coefficient of correlation."""
    return covariance(x, y) / ours.sqrt(variance(x) * variance(y))


def linear_regression(x: Any, y: Any) -> Any:
    """The slope and intercept of the line of least squares."""
    slope = covariance(x, y) / variance(x)
    return statistics.LinearRegression(slope=slope, intercept=mean_of(y) - slope * mean_of(x))


OF_STATISTICS: dict[str, Callable[..., Any]] = {
    "correlation": correlation,
    "covariance": covariance,
    "fmean": mean_of,
    "geometric_mean": geometric_mean,
    "harmonic_mean": harmonic_mean,
    "linear_regression": linear_regression,
    "mean": mean_of,
    "pstdev": lambda data, mu=None: ours.sqrt(pvariance(data, mu)),
    "pvariance": pvariance,
    "stdev": lambda data, xbar=None: ours.sqrt(variance(data, xbar)),
    "variance": variance,
}


# complex functions of real numbers


def within(low: float, high: float) -> Callable[[Any], bool]:
    return lambda x: bool(low <= x <= high)


WHERE_REAL: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys("exp sin cos tan sinh cosh tanh atan asinh".split(), within(-ours.inf, ours.inf)),
    **dict.fromkeys(["sqrt"], within(0.0, ours.inf)),
    **dict.fromkeys(["log", "log10"], lambda x: bool(x > 0)),
    **dict.fromkeys(["asin", "acos"], within(-1.0, 1.0)),
    "acosh": within(1.0, ours.inf),
    "atanh": lambda x: bool(-1 < x < 1),
}


def of_real(name: str) -> Callable[..., Any]:
    """A function of cmath's of a Value, where its answer is real."""

    def answer(x: Any, *base: Any) -> Any:
        if WHERE_REAL[name](x):
            return getattr(ours, name)(x, *base)
        raise refused(
            THREAD.run,
            TypeError(f"cmath.{name}({getattr(x, '_data', x)}) is no real number, and derivatives are of real ones"),
        )

    return answer


OF_CMATH: dict[str, Callable[..., Any]] = {
    **{name: of_real(name) for name in WHERE_REAL},
    "isclose": ours.isclose,
    "isfinite": ours.isfinite,
    "isinf": ours.isinf,
    "isnan": ours.isnan,
    "phase": lambda x: ours.atan2(0.0, x),
    "polar": lambda x: (abs(x), ours.atan2(0.0, x)),
}


def add_standard(module: ModuleType) -> None:
    """Enter the twins into the table."""
    own = {"statistics": OF_STATISTICS, "cmath": OF_CMATH}.get(module.__name__, {})
    add_twins({module: {name: of_values(getattr(module, name), f) for name, f in own.items()}})
