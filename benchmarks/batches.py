"""The programs over many rows: plain Python that is differentiated once a row.

A new one is one function that returns a `Batch`, and its row in `BATCHES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .objectives import gaussians_of, log_density, mixture, photographs, reprojection_error, without_points
from .programs import MOONS, Program, black_scholes, gaussian_mixture, hinge_loss, moons, two_moons, weights

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Batch:
    """A function of a row, and the arguments: arrays with a row along their leading axis, or the same for all rows."""

    value: Callable[..., Any]  # of a namespace of functions, and the arguments
    arguments: tuple[np.ndarray, ...]
    rows: int
    in_axes: tuple[int | None, ...]
    argnums: int | tuple[int, ...] = 0
    derivative: str = "value_and_grad"  # or "jacobian"
    reduce: str | None = None  # "sum" or "mean" over the rows
    needs: tuple[str, ...] = ()  # which functions it takes
    whole: Program | None = None  # the reduced answer as one program of plain numbers
    matrices: Callable[..., Any] | None = None  # the reduced value in matrix notation, for libraries of tensors

    @property
    def by(self) -> tuple[int, ...]:
        """The arguments to differentiate by."""
        return self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)

    @property
    def pairs(self) -> list[tuple[np.ndarray, int | None]]:
        """The arguments, each with its axis."""
        return [*zip(self.arguments, self.in_axes, strict=True)]


def prices(rows: int) -> Batch:
    """Call options, and the five Greeks of each."""
    import numpy as np

    program = black_scholes()
    price = program.value
    spread = np.random.default_rng(1).uniform(0.8, 1.2, (len(program.point), rows))
    columns = tuple(p * column for p, column in zip(program.point, spread, strict=True))

    def value(f: Any, *x: Any) -> Any:
        return price(x, f)

    return Batch(value, columns, rows, in_axes=(0,) * 5, argnums=(0, 1, 2, 3, 4), needs=program.needs)


def training_step(points: int) -> Batch:
    """The mean hinge loss of the network over two moons, by its parameters."""
    import numpy as np

    data = np.array(moons(points))

    def value(f: Any, x: Sequence[Any], point: Sequence[Any]) -> Any:
        return hinge_loss(x, point[:2], point[2], f)

    return Batch(
        value,
        (np.array(weights(*MOONS)), data),
        points,
        in_axes=(None, 0),
        reduce="mean",
        needs=("relu",),
        whole=two_moons(points),
        matrices=mean_hinge_loss,
    )


def mean_hinge_loss(f: Any, x: Any, data: Any) -> Any:
    """The same in matrix notation."""
    signal, sides, used = data[:, :2], data[:, 2], 0
    for depth, (inputs, outputs) in enumerate(pairwise(MOONS), start=2):
        layer = x[used : used + outputs * (inputs + 1)].reshape(outputs, inputs + 1)
        used += outputs * (inputs + 1)
        signal = signal @ layer[:, 1:].T + layer[:, 0]
        if depth < len(MOONS):
            signal = f.relu(signal)
    return f.relu(1 - sides * signal[:, 0]).mean()


def mixture_of(name: str) -> Batch:
    """ADBench's GMM, the points as rows: each adds its share of what does not depend on the points."""
    import numpy as np

    mixed = mixture(name)
    n, d, prior = len(mixed.points), mixed.dimensions, mixed.prior

    def value(f: Any, x: Sequence[Any], point: Sequence[Any]) -> Any:
        return log_density(gaussians_of(x, d, f), point, f) + without_points(x, n, d, prior, f) / n

    return Batch(
        value,
        (np.array(mixed.parameters), np.array(mixed.points)),
        n,
        in_axes=(None, 0),
        reduce="sum",
        needs=("log", "exp", "maximum"),
        whole=gaussian_mixture(name),
    )


def bundle(name: str) -> Batch:
    """ADBench's BA: the Jacobian of the two errors of each photograph, by camera, point and weight."""
    import numpy as np

    photos = photographs(name)
    rows = np.tile(photos.parameters, (photos.count, 1)), np.tile(photos.seen, (photos.count, 1))

    def value(f: Any, x: Sequence[Any], seen: Sequence[Any]) -> Any:
        return reprojection_error(x, seen, f)

    return Batch(value, rows, photos.count, (0, 0), derivative="jacobian", needs=("sqrt", "sin", "cos"))


BATCHES: dict[str, Callable[[], Batch]] = {
    "black-scholes-1e4": partial(prices, 10**4),
    "black-scholes-1e6": partial(prices, 10**6),
    "two-moons-100": partial(training_step, 100),
    "gmm-1k-d2-K5": partial(mixture_of, "gmm_1k_d2_K5"),
    "gmm-1k-d10-K5": partial(mixture_of, "gmm_1k_d10_K5"),
    "ba1-31843": partial(bundle, "ba1_n49_m7776_p31843"),
}
