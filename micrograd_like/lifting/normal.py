"""The twin of SciPy's normal distribution: `scipy.stats.norm` of Values."""

from __future__ import annotations

from math import tau

from scipy import stats

from .. import ops
from ..trees.elementwise import elementwise, holds_nodes
from .of_numpy import arrayed
from .of_scipy import SCIPY_ROWS
from .twins import add_twins

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

THEIRS = stats.norm
STANDARD: dict[str, Callable[..., Any]] = {  # of the distance from the mean, in standard deviations
    "cdf": lambda z, scale: SCIPY_ROWS["ndtr"](z),
    "logcdf": lambda z, scale: SCIPY_ROWS["log_ndtr"](z),
    "logpdf": lambda z, scale: -0.5 * z * z - ops.log(scale) - ops.log(tau) / 2,
    "logsf": lambda z, scale: SCIPY_ROWS["log_ndtr"](-z),
    "pdf": lambda z, scale: ops.exp(-0.5 * z * z) / tau**0.5 / scale,
    "sf": lambda z, scale: SCIPY_ROWS["ndtr"](-z),
}
QUANTILES: dict[str, Callable[..., Any]] = {"ppf": SCIPY_ROWS["ndtri"], "isf": lambda q: -SCIPY_ROWS["ndtri"](q)}


class Normal(type(THEIRS)):  # type: ignore[misc]
    """`scipy.stats.norm`, whose functions take Values too."""

    def __init__(self) -> None:
        self.__dict__.update(vars(THEIRS))

    def __call__(self, *args: Any, **options: Any) -> Any:
        """The frozen distribution with this mean and deviation."""
        if any(holds_nodes(x) for x in [*args, *options.values()]):
            raise TypeError(
                "scipy.stats.norm(mean, deviation) keeps no Values: give them with the number, as in "
                "norm.cdf(x, mean, deviation)"
            )
        return THEIRS(*args, **options)


def of_normal(name: str) -> Callable[..., Any]:
    """A function of the distribution, of Values too."""
    theirs = getattr(THEIRS, name)

    def at(x: Any, loc: Any, scale: Any) -> Any:
        return QUANTILES[name](x) * scale + loc if name in QUANTILES else STANDARD[name]((x - loc) / scale, scale)

    def answer(self: Any, x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
        if not any(holds_nodes(y) for y in (x, loc, scale)):
            return theirs(x, loc, scale)
        return elementwise(at, 1)(arrayed(x), arrayed(loc), arrayed(scale))

    answer.__name__ = name
    return answer


for name in (*STANDARD, *QUANTILES):
    setattr(Normal, name, of_normal(name))


def add_normal(stats: Any) -> None:
    """Enter the twin into the table."""
    add_twins({stats: {"norm": Normal()}})
