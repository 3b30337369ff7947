"""What the tests compare with: mpmath at high precision, told of an operation by its spelling alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mpf

from micrograd_like.operation import Op


def remainder(x: Any, y: Any) -> Any:
    return x - y * mpmath.nint(x / y)


def fmod(x: Any, y: Any) -> Any:
    return x - y * (mpmath.floor(x / y) if x / y >= 0 else mpmath.ceil(x / y))


MPMATH = {
    **{name: getattr(mpmath, name) for name in "exp expm1 log log1p log10 sqrt sin cos tan asin acos".split()},
    **{name: getattr(mpmath, name) for name in "atan atan2 sinh cosh tanh asinh acosh atanh erf gamma".split()},
    **{name: getattr(mpmath, name) for name in "degrees radians polygamma ldexp floor fsum inf nan".split()},
    "abs": abs,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "copysign": lambda x, y: abs(x) * (1 if y >= 0 else -1),
    "erfc": lambda x: mpmath.erfc(x) if abs(x) < 1e6 else 1 - mpmath.sign(x),
    "exp2": lambda x: mpmath.power(2, x),
    "fabs": abs,
    "float": mpf,
    "fma": lambda x, y, z: x * y + z,
    "fmod": fmod,
    "hypot": lambda *xs: mpmath.sqrt(mpmath.fsum(x * x for x in xs)),
    "int": int,
    "len": len,
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "log2": lambda x: mpmath.log(x, 2),
    "modf": lambda x: (x - mpmath.floor(x) if x >= 0 else x - mpmath.ceil(x),),
    "nextafter": lambda x, y: x,
    "remainder": remainder,
    "round": mpmath.nint,
    "sumprod": lambda p, q: mpmath.fsum(x * y for x, y in zip(p, q, strict=True)),
}
EXACT = {"x // y": lambda x, y: mpmath.floor(x / y), "x % y": lambda x, y: x - y * mpmath.floor(x / y)}


def value(op: Op) -> Callable[..., Any]:
    """The operation on numbers of mpmath."""
    parameters = ", ".join(op.letters) if op.arity else "*xs"
    return EXACT.get(op.spelling) or eval(f"lambda {parameters}: {op.spelling}", {**MPMATH, "__builtins__": {}})


def derivative(op: Op, at: tuple[float, ...], k: int) -> Any:
    """The derivative by input k: the slope between neighbours so close that a double could not tell."""
    magnitude = sum(abs(math.log10(abs(x))) for x in at if x)
    digits = 750 + int(2 * magnitude)  # 1e-324 is the smallest double, and half of the digits cancel
    if op.name in ("gamma", "lgamma"):  # many digits take seconds; near 0 these are powers and logarithms of x
        digits = 150
    with mpmath.workdps(digits):
        step = mpf(at[k] or 1e-300) * mpf(10) ** -(mpmath.mp.dps // 2)
        below, above = ([*map(mpf, at[:k]), mpf(at[k]) + h, *map(mpf, at[k + 1 :])] for h in (-step, step))
        slope = (value(op)(*above) - value(op)(*below)) / (2 * step)
    return mpmath.nan if isinstance(slope, mpmath.mpc) else slope


def ulps(measured: float, true: Any) -> float:
    """How many units in the last place of the true number, as a double, a measured one is off."""
    if math.isinf(measured) or math.isnan(measured) or not mpmath.isfinite(true):
        rounded = float(true)
        return 0.0 if measured == rounded or (measured != measured and rounded != rounded) else math.inf
    return float(abs(mpf(measured) - true) / mpf(math.ulp(float(true))))
