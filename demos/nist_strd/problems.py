"""NIST's Statistical Reference Datasets for nonlinear regression: the models, and what stands in the files beside.

From https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, where the parameters are certified to 11 digits: they were
found in 128-bit precision with analytic derivatives, and confirmed by two algorithms.
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass
from math import inf, log10, pi

from micrograd_like import atan, cos, exp, log, sin

FOLDER = pathlib.Path(__file__).parent


def gauss(x, b1, b2, b3, b4, b5, b6, b7, b8):
    return b1 * exp(-b2 * x) + b3 * exp(-((x - b4) ** 2) / b5**2) + b6 * exp(-((x - b7) ** 2) / b8**2)


def lanczos(x, b1, b2, b3, b4, b5, b6):
    return b1 * exp(-b2 * x) + b3 * exp(-b4 * x) + b5 * exp(-b6 * x)


def chwirut(x, b1, b2, b3):
    return exp(-b1 * x) / (b2 + b3 * x)


def cubic_by_cubic(x, b1, b2, b3, b4, b5, b6, b7):
    return (b1 + b2 * x + b3 * x**2 + b4 * x**3) / (1 + b5 * x + b6 * x**2 + b7 * x**3)


def enso(x, b1, b2, b3, b4, b5, b6, b7, b8, b9):
    year = b2 * cos(2 * pi * x / 12) + b3 * sin(2 * pi * x / 12)
    el_nino = b5 * cos(2 * pi * x / b4) + b6 * sin(2 * pi * x / b4)
    southern_oscillation = b8 * cos(2 * pi * x / b7) + b9 * sin(2 * pi * x / b7)
    return b1 + year + el_nino + southern_oscillation


# fmt: off
MODELS = {
    "Misra1a":  lambda x, b1, b2: b1 * (1 - exp(-b2 * x)),
    "Chwirut2": chwirut,
    "Chwirut1": chwirut,
    "Lanczos3": lanczos,
    "Gauss1":   gauss,
    "Gauss2":   gauss,
    "DanWood":  lambda x, b1, b2: b1 * x**b2,
    "Misra1b":  lambda x, b1, b2: b1 * (1 - (1 + b2 * x / 2) ** -2),
    "Kirby2":   lambda x, b1, b2, b3, b4, b5: (b1 + b2 * x + b3 * x**2) / (1 + b4 * x + b5 * x**2),
    "Hahn1":    cubic_by_cubic,
    "Nelson":   lambda x1, x2, b1, b2, b3: b1 - b2 * x1 * exp(-b3 * x2),  # of log(y)
    "MGH17":    lambda x, b1, b2, b3, b4, b5: b1 + b2 * exp(-x * b4) + b3 * exp(-x * b5),
    "Lanczos1": lanczos,
    "Lanczos2": lanczos,
    "Gauss3":   gauss,
    "Misra1c":  lambda x, b1, b2: b1 * (1 - (1 + 2 * b2 * x) ** -0.5),
    "Misra1d":  lambda x, b1, b2: b1 * b2 * x * (1 + b2 * x) ** -1,
    "Roszman1": lambda x, b1, b2, b3, b4: b1 - b2 * x - atan(b3 / (x - b4)) / pi,
    "ENSO":     enso,
    "MGH09":    lambda x, b1, b2, b3, b4: b1 * (x**2 + x * b2) / (x**2 + x * b3 + b4),
    "Thurber":  cubic_by_cubic,
    "BoxBOD":   lambda x, b1, b2: b1 * (1 - exp(-b2 * x)),
    "Rat42":    lambda x, b1, b2, b3: b1 / (1 + exp(b2 - b3 * x)),
    "MGH10":    lambda x, b1, b2, b3: b1 * exp(b2 / (x + b3)),
    "Eckerle4": lambda x, b1, b2, b3: b1 / b2 * exp(-0.5 * ((x - b3) / b2) ** 2),
    "Rat43":    lambda x, b1, b2, b3, b4: b1 / (1 + exp(b2 - b3 * x)) ** (1 / b4),
    "Bennett5": lambda x, b1, b2, b3: b1 * (b2 + x) ** (-1 / b3),
}
# fmt: on


@dataclass(frozen=True, eq=False)
class Problem:
    """A model, observations to fit it to, and the parameters that NIST certifies."""

    name: str
    starts: list[list[float]]
    certified: list[float]
    deviations: list[float]  # the standard deviation of each parameter
    rss: float  # the residual sum of squares at the certified parameters
    xs: list[list[float]]  # the predictors of each observation
    ys: list[float]  # and the response

    def residuals(self, b):
        """By how much the model with the parameters b misses each observation."""
        model = MODELS[self.name]
        return [model(*x, *b) - y for x, y in zip(self.xs, self.ys, strict=True)]

    def guarded(self, b):
        """The residuals; infinite where the model has no value: there a solver turns back to take a smaller step."""
        try:
            return list(map(float, self.residuals(list(map(float, b)))))
        except (ArithmeticError, ValueError, TypeError):  # a root of a negative number is complex, and no float
            return [inf] * len(self.ys)

    def digits(self, b):
        """To how many digits the worst of the parameters b agrees with the certified one, which was rounded to 11."""
        errors = [abs(found / true - 1) for found, true in zip(b, self.certified, strict=True)]
        return int(-log10(min(max(*errors, 1e-10), 1.0)))


def read(name):
    """The problem of that name, from NIST's file."""
    lines = (FOLDER / f"{name}.dat").read_text(encoding="ascii").splitlines()
    rows = [line.split("=")[1].split() for line in lines[40:52] if line.startswith("  b") and "=" in line]
    start1, start2, certified, deviations = ([float(number) for number in column] for column in zip(*rows, strict=True))
    rss = next(float(line.split()[-1]) for line in lines if line.startswith("Residual Sum of Squares"))
    data = [[float(number) for number in line.split()] for line in lines[60:] if line.strip()]
    ys = [log(y) if name == "Nelson" else y for y, *_ in data]
    return Problem(name, [start1, start2], certified, deviations, rss, [x for _, *x in data], ys)
