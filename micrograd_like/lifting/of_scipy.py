"""Twins of SciPy's special functions and of its normal distribution: the value is SciPy's, the rule stands here.

Numbers as in "DLMF 10.6.2" are equations of the Digital Library of Mathematical Functions, https://dlmf.nist.gov.
"""

from __future__ import annotations

from functools import partial
from math import cos, floor, pi, sin, tau

import numpy as np
from scipy import special

from .. import ops
from ..graph import Node
from ..operation import Op, public
from ..trees.elementwise import ANSWERS, elementwise, holds_nodes
from .of_numpy import Ufunc, arrayed
from .twins import add_twins

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def row(name: str, rule: Callable[..., Any], compute: Any = None) -> Any:
    """An operation whose value SciPy computes. An input that receives None is a parameter, and has to be plain."""
    theirs = compute or getattr(special, name)

    def value(*xs: float) -> float:
        answer = float(theirs(*xs))
        if answer != answer and not any(x != x for x in xs):
            raise ValueError(f"{name}({', '.join(map(str, xs))}) has no real value")
        return answer

    op = Op(name, name, value, rule)
    apply = public(op)

    def checked_parameters(*xs: Any) -> Any:
        for letter, x in zip(op.letters, xs, strict=False):
            if letter in PARAMETERS and isinstance(x, Node):
                raise TypeError(
                    f"scipy.special.{name} has no derivative here by its parameter {letter}, which is a Value: give a "
                    f"plain number, or write the rule that you know, as {name} = function({name!r}, value, rule)"
                )
        return apply(*xs)

    return checked_parameters


PARAMETERS = {"n", "a", "b", "c"}  # the letters of those in the rules below
SLOPE_OF_ERFINV = pi**0.5 / 2


def bessel(name: str, below: float, above: float) -> Any:
    """J, Y, I or K: its derivative is half of those of the orders beside it, with their signs; DLMF 10.6.1, 10.29.1."""

    def rule(n: Any, x: Any, out: Any, g: Any) -> Any:
        return None, g * (below * SCIPY_ROWS[name](n - 1, x) + above * SCIPY_ROWS[name](n + 1, x)) / 2

    return rule


def by_modulus(phi: float, m: float, *, first_kind: bool) -> float:
    """The derivative of the elliptic integral F by m, or that of E with the other sign, as Carlson's R_D.

    They are half of the integrals of sin² / (1 - m sin²)**1.5 and of sin² / (1 - m sin²)**0.5; DLMF 19.25.
    """
    half_turns = floor(phi / pi + 0.5)
    rest = phi - half_turns * pi
    square, delta = cos(rest) ** 2, 1 - m * sin(rest) ** 2
    part = sin(rest) ** 3 / 6 * special.elliprd(square, *((1.0, delta) if first_kind else (delta, 1.0)))
    quarter = special.elliprd(0.0, *((1.0, 1 - m) if first_kind else (1 - m, 1.0))) / 6
    return float(part + 2 * half_turns * quarter)


def no_second_derivative(x: Any, m: Any, out: Any, g: Any) -> Any:
    """The rule of an integral whose value is a derivative already."""
    raise TypeError("elliptic integrals of scipy.special have no second derivatives by their parameter m here")


def incomplete_e(x: Any, m: Any, out: Any, g: Any) -> Any:
    """The rule of the elliptic integral E(x, m) of the second kind; DLMF 19.4."""
    return g * ops.sqrt(1 - m * ops.sin(x) ** 2), -g * SCIPY_ROWS["ellipeinc_by_m"](x, m)


def incomplete_f(x: Any, m: Any, out: Any, g: Any) -> Any:
    """The rule of the elliptic integral F(x, m) of the first kind; DLMF 19.4."""
    return g / ops.sqrt(1 - m * ops.sin(x) ** 2), g * SCIPY_ROWS["ellipkinc_by_m"](x, m)


def hypergeometric(a: Any, b: Any, c: Any, x: Any, out: Any, g: Any) -> Any:
    """The rule of the function 2F1(a, b; c; x), by x alone; DLMF 15.5.1."""
    return None, None, None, g * a * b / c * SCIPY_ROWS["hyp2f1"](a + 1, b + 1, c + 1, x)


def of_beta(x: Any, y: Any, out: Any, g: Any) -> Any:
    """The rule of the beta function; DLMF 5.12.1 and 5.2.2."""
    return g * out * (psi(x) - psi(x + y)), g * out * (psi(y) - psi(x + y))


def of_betaln(x: Any, y: Any, out: Any, g: Any) -> Any:
    """The rule of the logarithm of the beta function."""
    return g * (psi(x) - psi(x + y)), g * (psi(y) - psi(x + y))


def psi(x: Any) -> Any:
    """The digamma function, the derivative of the logarithm of gamma."""
    return ops.polygamma(0.0, x)


def density_of_normal(x: Any) -> Any:
    """The density of the standard normal distribution, the derivative of ndtr."""
    return ops.exp(-0.5 * x * x) / tau**0.5


def density_of_beta(a: Any, b: Any, x: Any) -> Any:
    """The density of the beta distribution, the derivative of betainc by x."""
    return ops.exp((a - 1) * ops.log(x) + (b - 1) * ops.log1p(-x) - special.betaln(a, b))


def density_of_gamma(a: Any, x: Any) -> Any:
    """The density of the gamma distribution of shape a, the derivative of gammainc by x."""
    return ops.exp((a - 1) * ops.log(x) - x - special.gammaln(a))


def real_lambertw(x: float, branch: float) -> float:
    """A branch of Lambert's W where it is real, and nan where it is not."""
    w = special.lambertw(x, int(branch))
    return float("nan") if w.imag else w.real


RULES: dict[str, Any] = {
    "beta": of_beta,
    "betainc": lambda a, b, x, out, g: (None, None, g * density_of_beta(a, b, x)),
    "betaln": of_betaln,
    "dawsn": lambda x, out, g: g * (1 - 2 * x * out),
    "ellipe": lambda x, out, g: g * (-pi / 8 * SCIPY_ROWS["hyp2f1"](0.5, 1.5, 2.0, x)),
    "ellipeinc": incomplete_e,
    "ellipk": lambda x, out, g: g * (pi / 8 * SCIPY_ROWS["hyp2f1"](1.5, 1.5, 2.0, x)),
    "ellipkinc": incomplete_f,
    "ellipkm1": lambda x, out, g: g * (-pi / 8 * SCIPY_ROWS["hyp2f1"](1.5, 1.5, 2.0, 1 - x)),
    "entr": lambda x, out, g: -g * (1 + ops.log(x)),
    "erfcinv": lambda x, out, g: -g * (SLOPE_OF_ERFINV * ops.exp(out * out)),
    "erfcx": lambda x, out, g: g * (2 * x * out - 1 / SLOPE_OF_ERFINV),
    "erfinv": lambda x, out, g: g * (SLOPE_OF_ERFINV * ops.exp(out * out)),
    "exp1": lambda x, out, g: -g * ops.exp(-x) / x,
    "expi": lambda x, out, g: g * ops.exp(x) / x,
    "expn": lambda n, x, out, g: (None, -g * SCIPY_ROWS["expn"](n - 1, x)),
    "gammainc": lambda a, x, out, g: (None, g * density_of_gamma(a, x)),
    "gammaincc": lambda a, x, out, g: (None, -g * density_of_gamma(a, x)),
    "gammaln": lambda x, out, g: g * psi(x),
    "hyp1f1": lambda a, b, x, out, g: (None, None, g * a / b * SCIPY_ROWS["hyp1f1"](a + 1, b + 1, x)),
    "hyp2f1": hypergeometric,
    "i0": lambda x, out, g: g * SCIPY_ROWS["iv"](1.0, x),
    "i1": lambda x, out, g: g * (SCIPY_ROWS["iv"](0.0, x) + SCIPY_ROWS["iv"](2.0, x)) / 2,
    "iv": bessel("iv", 1, 1),
    "j0": lambda x, out, g: -g * SCIPY_ROWS["jv"](1.0, x),
    "j1": lambda x, out, g: g * (SCIPY_ROWS["jv"](0.0, x) - SCIPY_ROWS["jv"](2.0, x)) / 2,
    "jv": bessel("jv", 1, -1),
    "k0": lambda x, out, g: -g * SCIPY_ROWS["kv"](1.0, x),
    "k1": lambda x, out, g: -g * (SCIPY_ROWS["kv"](0.0, x) + SCIPY_ROWS["kv"](2.0, x)) / 2,
    "kn": bessel("kv", -1, -1),
    "kv": bessel("kv", -1, -1),
    "log_ndtr": lambda x, out, g: g * ops.exp(-0.5 * x * x - out) / tau**0.5,
    "ndtr": lambda x, out, g: g * density_of_normal(x),
    "ndtri": lambda x, out, g: g / density_of_normal(out),
    "y0": lambda x, out, g: -g * SCIPY_ROWS["yv"](1.0, x),
    "y1": lambda x, out, g: g * (SCIPY_ROWS["yv"](0.0, x) - SCIPY_ROWS["yv"](2.0, x)) / 2,
    "yn": bessel("yv", 1, -1),
    "yv": bessel("yv", 1, -1),
}
SCIPY_ROWS: dict[str, Any] = {name: row(name, rule) for name, rule in RULES.items()}
for name, first_kind in {"ellipeinc_by_m": False, "ellipkinc_by_m": True}.items():
    SCIPY_ROWS[name] = row(name, no_second_derivative, partial(by_modulus, first_kind=first_kind))
lambert = row("lambertw", lambda x, c, out, g: (g / (x + ops.exp(out)), None), real_lambertw)
IN_OTHER_WORDS: dict[str, Callable[..., Any]] = {  # what is the same as rows of the table
    "exp10": lambda x: 10.0**x,
    "expit": ops.sigmoid,
    "log_expit": lambda x: -ops.softplus(-x),
    "logit": lambda x: ops.log(x) - ops.log1p(-x),
    "psi": psi,
    "rel_entr": lambda x, y: x * ops.log(x / y),
    "xlogy": lambda x, y: x * ops.log(y) if issubclass(type(x), Node) or x else 0.0,
    "xlog1py": lambda x, y: x * ops.log1p(y) if issubclass(type(x), Node) or x else 0.0,
}


def lambertw(z: Any, k: int = 0, tol: float = 1e-8) -> Any:
    """SciPy's, and of Values the real branches, 0 and -1."""
    return elementwise(lambda x: lambert(x, k), 1)(arrayed(z)) if holds_nodes(z) else special.lambertw(z, k, tol)


def polygamma(n: Any, x: Any) -> Any:
    """SciPy's, of Values too."""
    if not holds_nodes(x):
        return special.polygamma(n, x)
    return elementwise(lambda x: ops.polygamma(float(n), x), 1)(arrayed(x))


def logsumexp(a: Any, *args: Any, **options: Any) -> Any:
    """SciPy's, and of Values that of all of them."""
    if not holds_nodes(a):
        return special.logsumexp(a, *args, **options)
    if args or options:
        raise TypeError("scipy.special.logsumexp of Values takes no more than an array: write log(sum(exp(a))) by rows")
    numbers = np.ravel(arrayed(a)).tolist()
    largest = max([float(x._data if isinstance(x, Node) else x) for x in numbers])
    return largest + ops.log(sum([ops.exp(x - largest) for x in numbers]))


for name, apply in {**SCIPY_ROWS, **IN_OTHER_WORDS}.items():
    ANSWERS.setdefault(name, elementwise(apply, 1))


def add_special(special: Any) -> None:
    """Enter the twins into the table."""
    ufuncs = {name: Ufunc(f) for name, f in vars(special).items() if isinstance(f, np.ufunc)}
    add_twins({special: ufuncs | {"lambertw": lambertw, "polygamma": polygamma, "logsumexp": logsumexp}})
