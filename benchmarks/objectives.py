"""ADBench's objectives as plain scalar Python, a Gaussian mixture and bundle adjustment, and how to read its data.

The data and the expected values are https://github.com/microsoft/ADBench's, MIT licence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lgamma, log, pi
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "adbench"


@dataclass(frozen=True)
class Mixture:
    """Points, and the mixture of Gaussians that is to be fitted to them.

    `parameters` are, one after the other, a weight for each component, its mean, and its factor: the triangular factor
    of the inverse covariance, the logarithms of the diagonal first, then what is below it, column after column.
    """

    dimensions: int
    components: int
    parameters: list[float]
    points: list[list[float]]
    prior: tuple[float, float]  # gamma and m of the Wishart prior on the covariances


def log_likelihood(x: Sequence[Any], points: Sequence[Any], d: int, prior: tuple[float, float], f: Any) -> Any:
    """Of the parameters x of a mixture in d dimensions, with the prior."""
    gaussians = gaussians_of(x, d, f)
    return sum(log_density(gaussians, point, f) for point in points) + without_points(x, len(points), d, prior, f)


def split(x: Sequence[Any], d: int) -> tuple[list[Any], list[list[Any]], list[list[Any]]]:
    """Weights, means and factors among the parameters."""
    below = d * (d + 1) // 2
    k = len(x) // (1 + d + below)
    numbers = iter(x)
    weights = [next(numbers) for _ in range(k)]
    means = [[next(numbers) for _ in range(d)] for _ in range(k)]
    return weights, means, [[next(numbers) for _ in range(below)] for _ in range(k)]


def gaussians_of(x: Sequence[Any], d: int, f: Any) -> list[tuple[Any, ...]]:
    """Height, mean, diagonal and what is below it, of each component."""
    return [
        (weight + sum(factor[:d]), mean, [f.exp(a) for a in factor[:d]], factor[d:])
        for weight, mean, factor in zip(*split(x, d), strict=True)
    ]


def without_points(x: Sequence[Any], n: int, d: int, prior: tuple[float, float], f: Any) -> Any:
    """What is added to the log densities of n points: the norm of the weights, the prior, and a constant."""
    gamma, m = prior
    weights, _, factors = split(x, d)
    freedom = d + m + 1
    norm = freedom * d * (log(gamma) - 0.5 * log(2)) - log_gamma(0.5 * freedom, d)
    constant = len(weights) * norm + n * d * 0.5 * log(2 * pi)
    return sum(log_prior(factor, d, gamma, m, f) for factor in factors) - n * log_sum_exp(weights, f) - constant


def log_prior(factor: Sequence[Any], d: int, gamma: float, m: float, f: Any) -> Any:
    diagonal, below = factor[:d], factor[d:]
    squares = sum(f.exp(a) * f.exp(a) for a in diagonal) + sum(a * a for a in below)
    return 0.5 * gamma * gamma * squares - m * sum(diagonal)


def log_density(gaussians: Sequence[tuple[Any, ...]], point: Sequence[Any], f: Any) -> Any:
    """The logarithm of a mixture's density at a point, but for its constant factors."""
    return log_sum_exp([log_gaussian(point, *gaussian) for gaussian in gaussians], f)


def log_gaussian(point: Sequence[Any], height: Any, mean: Sequence[Any], diagonal: Sequence[Any], below: Any) -> Any:
    offset = [p - m for p, m in zip(point, mean, strict=True)]
    scaled = [d * o for d, o in zip(diagonal, offset, strict=True)]
    remaining = iter(below)
    for column, o in enumerate(offset):
        for row in range(column + 1, len(offset)):
            scaled[row] = scaled[row] + next(remaining) * o
    return height - 0.5 * sum(s * s for s in scaled)


def log_sum_exp(x: Sequence[Any], f: Any) -> Any:
    """log(exp(x[0]) + exp(x[1]) + …) without overflow."""
    top = x[0]
    for a in x[1:]:
        top = f.maximum(top, a)
    return top + f.log(sum(f.exp(a - top) for a in x))


def log_gamma(a: float, dimensions: int) -> float:
    """The logarithm of the gamma function of several dimensions."""
    sizes = range(dimensions)
    return 0.25 * dimensions * (dimensions - 1) * log(pi) + sum(lgamma(a - 0.5 * j) for j in sizes)


def mixture(name: str) -> Mixture:
    """One of ADBench's mixtures: gmm_test, gmm_1k_d2_K5, gmm_1k_d10_K5.

    >>> len(mixture("gmm_test").parameters)
    18
    """
    numbers = numbers_in(name)
    d, k, n = (int(next(numbers)) for _ in range(3))
    parameters = [next(numbers) for _ in range(k * (1 + d + d * (d + 1) // 2))]
    points = [[next(numbers) for _ in range(d)] for _ in range(n)]
    return Mixture(d, k, parameters, points, prior=(next(numbers), next(numbers)))


@dataclass(frozen=True)
class Photographs:
    """What bundle adjustment adjusts: cameras and points, and photographs, each of one point by one camera.

    `camera` is 11 numbers (rotation, position, focal length, centre, distortion), `point` 3, `weight` a photograph's,
    and `seen` where on it the point was seen. In ADBench's data all cameras, points and photographs begin alike.
    """

    cameras: int
    points: int
    count: int
    camera: list[float]
    point: list[float]
    weight: float
    seen: list[float]

    @property
    def parameters(self) -> list[float]:
        """What a photograph depends on."""
        return [*self.camera, *self.point, self.weight]

    @property
    def all_parameters(self) -> list[float]:
        return self.camera * self.cameras + self.point * self.points + [self.weight] * self.count


def sum_of_squares(x: Sequence[Any], cameras: int, points: int, seen: Sequence[float], f: Any) -> Any:
    """Of the errors of all photographs, the i-th by the i-th camera of the i-th point, over and over."""
    after_cameras, after_points = 11 * cameras, 11 * cameras + 3 * points
    total: Any = 0
    for i, weight in enumerate(x[after_points:]):
        camera, point = 11 * (i % cameras), after_cameras + 3 * (i % points)
        errors = reprojection_error([*x[camera : camera + 11], *x[point : point + 3], weight], seen, f)
        total += sum(e * e for e in [*errors, weight_error(weight)])
    return total


def reprojection_error(x: Sequence[Any], seen: Sequence[Any], f: Any) -> list[Any]:
    """How far from where it was seen the camera would picture the point, weighted."""
    weight = x[14]
    return [weight * (p - s) for p, s in zip(projected(x[:11], x[11:14], f), seen, strict=True)]


def weight_error(weight: Any) -> Any:
    return 1 - weight * weight


def projected(camera: Sequence[Any], point: Sequence[Any], f: Any) -> list[Any]:
    """The point on the camera's picture."""
    rotation, position, (focal, u, v, near, far) = camera[:3], camera[3:6], camera[6:]
    x, y, z = rotated(rotation, [p - c for p, c in zip(point, position, strict=True)], f)
    x, y = x / z, y / z
    square = x * x + y * y
    distortion = 1 + near * square + far * square * square
    return [x * distortion * focal + u, y * distortion * focal + v]


def rotated(rotation: Sequence[Any], point: Sequence[Any], f: Any) -> list[Any]:
    """The point turned about the axis `rotation`, by its length: Rodrigues' formula."""
    angle = f.sqrt(sum(a * a for a in rotation))
    cosine, sine = f.cos(angle), f.sin(angle)
    axis = [a / angle for a in rotation]
    along = sum(a * p for a, p in zip(axis, point, strict=True)) * (1 - cosine)
    across = cross(axis, point)
    return [p * cosine + c * sine + a * along for p, c, a in zip(point, across, axis, strict=True)]


def cross(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def photographs(name: str) -> Photographs:
    """One of ADBench's bundles: ba_test, ba1_n49_m7776_p31843.

    >>> photographs("ba1_n49_m7776_p31843").count
    31843
    """
    numbers = numbers_in(name)
    cameras, points, count = (int(next(numbers)) for _ in range(3))
    camera, point = [next(numbers) for _ in range(11)], [next(numbers) for _ in range(3)]
    return Photographs(cameras, points, count, camera, point, weight=next(numbers), seen=[*numbers])


def numbers_in(name: str) -> Iterator[float]:
    return iter([float(word) for word in (DATA / f"{name}.txt").read_text(encoding="utf-8").split()])
