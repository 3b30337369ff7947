"""measured: means of observations, with their standard uncertainties and correlations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import fsum, isfinite, nan, sqrt

from ..words.pointing import quoted
from .pm import pm

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Measured(Mapping[str, pm]):
    """The means of columns of observations, by name: inputs for `sensitivities`, which knows how they are correlated.

    `inputs` is the same as a dict, and `corr` has the correlations of the means, by pairs of names.
    """

    def __init__(self, inputs: dict[str, pm], corr: dict[tuple[str, str], float]) -> None:
        self.inputs = inputs
        self.corr = corr

    def __getitem__(self, name: str) -> pm:
        return self.inputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.inputs)

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        return f"Measured({self.inputs!r})"


def measured(columns: Any) -> Measured:
    """The means of simultaneous observations, with their standard uncertainties and correlations.

    >>> volt, phase = [5.007, 4.994, 5.005, 4.990, 4.999], [1.0456, 1.0438, 1.0468, 1.0428, 1.0433]
    >>> mean = measured({"volt": volt, "phase": phase})
    >>> round(mean["volt"].value, 6), round(mean["volt"].u, 6), mean["volt"].dof, round(mean.corr["volt", "phase"], 3)
    (4.999, 0.003209, 4, 0.858)

    `columns` is a dict of sequences, or a DataFrame. All have as many observations as each other, since they are taken
    together: what is observed by itself is measured by itself, as in `{**measured({"a": a}), **measured({"b": b})}`.
    The standard uncertainty is that of the mean, s / √n, with n - 1 degrees of freedom: a type A evaluation, JCGM 100,
    4.2 and 5.2.3. `sensitivities` knows the correlations by the inputs themselves, so `corr=` need not be given.
    """
    names = list(columns.keys() if hasattr(columns, "keys") else getattr(columns, "columns", ()))
    if not hasattr(columns, "keys") and not (names and all(isinstance(name, str) for name in names)):
        raise TypeError(
            f"measured takes a dict of columns of observations, as {{'volt': [5.0, 4.9]}}, not {columns!r:.60}"
        )
    named = {str(name): name for name in names}
    if len(named) < len(names):
        raise ValueError("two columns have the same name: give each its own")
    found = {called: observations(columns[name], called) for called, name in named.items()}
    lengths = {name: len(column) for name, column in found.items()}
    if len({*lengths.values()}) > 1:
        told = ", ".join(f"{name} has {n}" for name, n in lengths.items())
        raise ValueError(
            f"simultaneous observations are as many in each column, and {told}: columns that were observed apart are "
            "measured one by one, as in {**measured({'a': a}), **measured({'b': b})}"
        )
    n = next(iter(lengths.values()), 0)
    if n < 2:
        raise ValueError(f"a mean has an uncertainty if there are two observations or more; here are {n}")
    apart = [deviations(column) for column in found.values()]
    inputs = {}
    for k, (name, (mean, away)) in enumerate(zip(found, apart, strict=True)):
        inputs[name] = pm(mean, sqrt(fsum(d * d for d in away) / (n - 1) / n), dof=n - 1)
        inputs[name].series = apart, k
    pairs = combinations(inputs, 2)
    return Measured(inputs, {(a, b): correlation_of_means(inputs[a], inputs[b]) for a, b in pairs})


def observations(column: Any, name: str) -> list[float]:
    """The numbers of a column; a missing one is refused."""
    if isinstance(column, str | bytes) or not hasattr(column, "__iter__"):
        raise TypeError(f"{name} is a column of numbers, not {column!r:.60}")
    found = []
    for k, x in enumerate(column):
        try:
            number = nan if x is None or type(x).__name__ == "NAType" else float(x)
        except (TypeError, ValueError):
            raise TypeError(f"{name} is a column of numbers, and observation {k} is {x!r:.60}") from None
        if not isfinite(number):
            raise ValueError(f"observation {k} of {quoted(name)} is {x}: leave that row out of all columns")
        found.append(number)
    return found


def deviations(column: list[float]) -> tuple[float, list[float]]:
    """The mean, and how far each observation is away from it; an exact sum, so that large means lose no digits."""
    mean = fsum(column) / len(column)
    return mean, [x - mean for x in column]


def correlation_of_means(x: pm, y: pm) -> float:
    """The correlation coefficient of two inputs: 0 unless they are means of observations that were taken together."""
    if x.series is None or y.series is None or x.series[0] is not y.series[0]:
        return 0.0
    one, other = (p.series[0][p.series[1]][1] for p in (x, y))  # type: ignore[index]
    size = sqrt(fsum(d * d for d in one) * fsum(d * d for d in other))
    return max(-1.0, min(1.0, fsum(a * b for a, b in zip(one, other, strict=True)) / size)) if size else 0.0
