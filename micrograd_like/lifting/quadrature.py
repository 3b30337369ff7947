"""The twin of SciPy's `quad`: the integral is QUADPACK's, its derivatives are by Leibniz's rule, on the same pieces.

QUADPACK halves the interval until the pieces are small enough. On these pieces the integrand is summed with Values by
the rule of Gauss and Legendre; that sum moves with the ends and with all that the integrand depends on.
"""

from __future__ import annotations

from functools import wraps
from math import inf

import numpy as np

from ..runs.running import THREAD, refused
from ..trees.elementwise import holds_nodes
from .plainly import Plainly, no_derivative_of, no_twin, plain_of
from .twins import add_twins

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any


def rule_of_gauss(count: int) -> tuple[list[float], list[float]]:
    """Nodes and weights between 0 and 1, in s where t is s² (3 - 2s): so that a root of t at an end is smooth."""
    x, w = np.polynomial.legendre.leggauss(count)
    s = (x + 1) / 2
    return (s * s * (3 - 2 * s)).tolist(), (w * 3 * s * (1 - s)).tolist()


NODES, WEIGHTS = rule_of_gauss(30)
CLOSE = 1e-9  # to what part the sum has to be the integral
UNKNOWN_INTEGRATORS = "odeint solve_ivp ode quad_vec nquad dblquad tplquad solve_bvp".split()


def twin_of_quad(quad: Callable[..., Any]) -> Callable[..., Any]:
    """SciPy's quad, of functions that answer Values and between Values, too."""

    @wraps(quad)
    def answer(func: Any, a: Any, b: Any, args: Any = (), full_output: int = 0, *more: Any, **options: Any) -> Any:
        args = args if isinstance(args, tuple) else (args,)
        low, high = plain_of(a), plain_of(b)
        probe = Plainly(func)
        found = quad(probe, low, high, args, full_output, *more, **options)
        if not probe.met and not holds_nodes([a, b]):
            return found
        said = no_derivative_of("scipy.integrate.quad")
        if more or options.keys() - {"epsabs", "epsrel", "limit"}:
            raise refused(THREAD.run, TypeError(f"with weights or points, {said}"))
        report = quad(Plainly(func), low, high, args, 1, **options)[2]
        ends, sign = ((b, a), -1.0) if high < low else ((a, b), 1.0)
        pieces = pieces_of(report, min(low, high), max(low, high))
        total = sign * sum(summed(lambda x: func(x, *args), *ends, piece) for piece in pieces)
        own = plain_of(total)
        if not abs(own - found[0]) <= CLOSE * abs(found[0]) + 10 * abs(found[1]):
            raise refused(THREAD.run, TypeError(f"of a function that is not smooth, {said}"))
        return found[0] + (total - own), *found[1:]

    return answer


def pieces_of(report: dict[str, Any], low: float, high: float) -> Iterator[tuple[float, float]]:
    """The pieces of the interval, as parts of it: from 0 to 1."""
    for left, right in zip(report["alist"][: report["last"]], report["blist"][: report["last"]], strict=True):
        if abs(low) == inf or abs(high) == inf:
            yield float(left), float(right)
        else:
            width = high - low or 1.0
            yield (left - low) / width, (right - low) / width if high != low else 1.0


def summed(f: Callable[[Any], Any], a: Any, b: Any, piece: tuple[float, float]) -> Any:
    """The integral over a piece, by Gauss and Legendre; QUADPACK maps an infinite interval by x = (1 - t) / t."""
    left, right = piece
    width = right - left
    total: Any = 0.0
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        t = left + width * node
        away, stretch = (1 - t) / t, width * weight / (t * t)
        if is_infinite(a) and is_infinite(b):
            part = stretch * (f(away) + f(-away))
        elif is_infinite(b):
            part = stretch * f(a + away)
        elif is_infinite(a):
            part = stretch * f(b - away)
        else:
            part = width * weight * f(a + (b - a) * t) * (b - a)
        total = total + part
    return total


def is_infinite(x: Any) -> bool:
    """Whether this end of an interval is infinite, of a Value by its number."""
    return type(x) in (float, np.float64) and abs(x) == inf


def add_quadrature(integrate: ModuleType) -> None:
    """Enter the twins into the table."""
    names = [name for name in UNKNOWN_INTEGRATORS if hasattr(integrate, name)]
    without = {name: no_twin(f"scipy.integrate.{name}", getattr(integrate, name)) for name in names if name != "ode"}
    add_twins({integrate: {"quad": twin_of_quad(integrate.quad), **without}})
