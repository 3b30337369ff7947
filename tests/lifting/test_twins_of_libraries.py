"""What NumPy, SciPy and the standard library have, of numbers of a run: values of plain floats, and their slopes."""

from __future__ import annotations

import cmath
import math
import statistics
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from micrograd_like import Value, check_grads, grad, hessian, jit, lift, value_and_grad, vmap

np = pytest.importorskip("numpy")
pytest.importorskip("scipy")
from scipy import integrate, interpolate, optimize, special, stats  # noqa: E402
from scipy.special import jv, lambertw, ndtr  # noqa: E402
from scipy.stats import norm  # noqa: E402

F = Callable[[Any, Any], Any]
CDF = norm.cdf
XS, YS = [0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 5.0, 3.0]
SPLINE = interpolate.CubicSpline(XS, YS)
LINE, CURVE = interpolate.interp1d(XS, YS), interpolate.interp1d(XS, YS, kind="cubic")
SMOOTH = interpolate.UnivariateSpline([*XS, 4.0], [*YS, 1.0])
GRID = np.arange(5.0)
SURFACE = interpolate.RectBivariateSpline(GRID, GRID, np.outer(GRID**2, np.sin(GRID)))
TCK = interpolate.splrep([*XS, 4.0], [*YS, 1.0])


def filled(x: Any, y: Any) -> Any:
    a = np.zeros(3)
    a[0], a[2] = x * y, math.exp(x)
    return a.sum() * a.dtype.itemsize


def imported(x: Any, y: Any) -> Any:
    import statistics as st
    from cmath import sqrt

    from scipy import special as sp
    from scipy.special import erf

    return st.mean([x, y]) * sqrt(x).real * erf(y) * sp.j0(x)


NUMPY: dict[str, F] = {
    "ufuncs": lambda x, y: np.float64(x) * np.hypot(1.0, y) + np.isnan(x) * y + np.exp(x),
    "arrays of floats": lambda x, y: np.array([x, y, 1.0], dtype=float).sum() * np.asarray([x, y], float)[1],
    "an array to fill": filled,
    "zeros": lambda x, y: np.exp(np.zeros(2) + x).sum() * math.sin(y),
    "rows": lambda x, y: np.atleast_2d([x, y]).astype(float).sum() * np.stack([[x, y], [y, 1.0]]).astype(float)[0, 1],
    "full": lambda x, y: np.full(3, x).sum() * math.exp(y),
    "linspace": lambda x, y: (np.linspace(x, y, 5) ** 2).sum() * math.exp(x),
    "solve": lambda x, y: np.linalg.solve([[x, 1.0], [2.0, y]], [x, y])[1] * math.exp(y),
    "inv": lambda x, y: np.linalg.inv(np.array([[x, 1.0], [2.0, y]]))[0, 1] + math.exp(x),
    "det": lambda x, y: np.linalg.det(np.array([[x, 1.0, 2.0], [2.0, y, x], [0.0, 1.0, x]])) + math.exp(x),
    "norm": lambda x, y: np.linalg.norm([x, y]) * math.exp(x),
    "interp": lambda x, y: np.interp(x, [0.0, y, 5.0], [1.0, y, 3.0]) * math.exp(x),
    "trapezoid": lambda x, y: getattr(np, "trapezoid", np.sum)([x, y, 1.0]) * math.exp(x),
    "polyval": lambda x, y: np.polyval([1.0, x, 2.0], y) * math.exp(x),
    "where": lambda x, y: float(np.where(x > 0, x * y, 0.0)) + math.exp(x),
    "clip": lambda x, y: np.clip(x, 0.0, 1.0) * math.exp(y) + x,
    "maximum": lambda x, y: np.maximum(x, y) * math.exp(y),
}
SCIPY: dict[str, F] = {
    "Bessel": lambda x, y: jv(2, x) * special.kv(1.5, y) * special.i0(x) * special.j1(y) * special.y1(x),
    "modified": lambda x, y: special.i1(x) * special.k0(y) * special.k1(x) * special.iv(0.5, y) * special.yv(2, x),
    "lambertw": lambda x, y: lambertw(x).real * special.gammaln(y) * special.psi(x),
    "beta": lambda x, y: special.beta(x, y) * special.betaln(x, y) * special.betainc(2.0, 1.5, y),
    "errors": lambda x, y: ndtr(x) * special.erf(y) * special.log_ndtr(x) * special.erfinv(y) * special.erfcx(x),
    "gamma": lambda x, y: special.gammaincc(2.5, y) * special.gammainc(1.5, x) * special.expit(x) * special.gamma(y),
    "quantiles": lambda x, y: special.ndtri(x / 2) * special.logit(y / 2) * special.erfcinv(x) * special.dawsn(y),
    "exponential": lambda x, y: special.exp1(x) * special.expi(y) * special.expn(2, x) * special.entr(y),
    "hypergeometric": lambda x, y: special.hyp2f1(1.0, 2.0, 3.5, x / 2) * special.hyp1f1(0.5, 1.5, y),
    "elliptic": lambda x, y: special.ellipe(x / 2) * special.ellipk(y / 2) * special.ellipkm1(x / 2),
    "logsumexp": lambda x, y: special.logsumexp([x, y, 1.0]) * special.xlogy(x, y),
    "normal": lambda x, y: CDF(x) * norm.pdf(x, y, 2.0) * norm.cdf(x, 1.0, y) * norm.logpdf(x, loc=y),
    "normal quantiles": lambda x, y: norm.ppf(x / 4) * stats.norm.sf(y) * norm.isf(y / 2, x),
    "cubic spline": lambda x, y: SPLINE(x) * SPLINE(y, 1),
    "interp1d": lambda x, y: LINE(x) * CURVE(y),
    "splines": lambda x, y: SMOOTH(x) * SURFACE(x, y)[0, 0] * SURFACE.ev(y, x) * interpolate.splev(x, TCK),
    "brentq": lambda x, y: optimize.brentq(lambda t: t**3 - x * t - y, 0.1, 5.0),
    "newton": lambda x, y: optimize.newton(lambda t, a: math.cos(t) - a * t, 1.0, args=(x,)) * y,
    "fsolve": lambda x, y: optimize.fsolve(lambda v: [v[0] * v[0] - x, v[0] * v[1] - math.exp(y)], [1.0, 1.0])[1],
    "root_scalar": lambda x, y: optimize.root_scalar(lambda t: t**3 - x * t - y, bracket=(0.1, 5.0)).root,
    "root": lambda x, y: optimize.root(lambda v: [v[0] * v[0] - x, v[0] * v[1] - y], [1.0, 1.0]).x[1],
    "fixed_point": lambda x, y: optimize.fixed_point(lambda t: math.cos(x * t) * y, 0.5).item() * 1.0,
    "quad": lambda x, y: integrate.quad(lambda t: math.exp(-x * t * t), 0, y)[0],
    "quad backwards": lambda x, y: integrate.quad(math.sin, x, y)[0],
    "quad to infinity": lambda x, y: (
        integrate.quad(lambda t: math.exp(-x * t * t), 0, np.inf)[0] * y
        + integrate.quad(lambda t, a: math.exp(-a * t * t), -np.inf, y, args=(x,))[0]
    ),
}
STANDARD: dict[str, F] = {
    "means": lambda x, y: statistics.mean([x, y, 3.0]) * statistics.fmean([x, y]) * statistics.geometric_mean([x, y]),
    "deviations": lambda x, y: statistics.stdev([x, y, 4.0]) * statistics.pvariance([x, y]) * statistics.pstdev([x, 2]),
    "iterators": lambda x, y: statistics.mean(iter([x, y])) * statistics.harmonic_mean([x, y]),
    "two series": lambda x, y: (
        statistics.correlation([x, y, 2.0], [1.0, 3.0, 2.0]) * statistics.linear_regression([x, y], [y, 2.0]).slope
    ),
    "median": lambda x, y: statistics.median([x, y, 1.0]) * statistics.NormalDist(x, 1.0).cdf(y) * y,
    "cmath": lambda x, y: cmath.sqrt(x).real * cmath.phase(x) + y * cmath.exp(x).real,
    "imports": imported,
}
ALL = NUMPY | SCIPY | STANDARD
AT, BEFORE = (1.3, 0.9), (1.1, 0.8)


def slopes(f: F, x: float, y: float) -> list[float]:
    """Extrapolated differences, of plain floats."""

    def along(h: float, k: int) -> float:
        u, v = h * (k == 0), h * (k == 1)
        return float(f(x + u, y + v) - f(x - u, y - v)) / (2 * h)

    return [(4 * along(1e-3, k) - along(2e-3, k)) / 3 for k in (0, 1)]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.filterwarnings("ignore:.*does not depend on")
def test_values_are_those_of_floats_and_derivatives_are_slopes(name: str) -> None:
    f = ALL[name]
    both = value_and_grad(f, argnums=(0, 1))
    value, slope = both(*AT)
    assert value == pytest.approx(f(*AT), rel=1e-14)
    assert slope == pytest.approx(slopes(f, *AT), rel=1e-6, abs=1e-7)
    fast = jit(both)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it runs as it is
        fast(*BEFORE)
        assert fast(*AT) == (value, slope)  # no number of the first call is left in it
        rows = vmap(both)(*np.array([BEFORE, AT]).T)
    assert [rows[0][1], rows[1][0][1], rows[1][1][1]] == pytest.approx([value, *slope], rel=1e-12)


@pytest.mark.parametrize("name", "brentq newton fsolve quad solve det normal Bessel modified interp1d means".split())
def test_second_derivatives(name: str) -> None:
    f = ALL[name]
    found = hessian(lambda z: f(z[0], z[1]))([*AT])
    for k in (0, 1):
        by = grad(f, argnums=k)
        assert found[k] == pytest.approx(slopes(by, *AT), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("at", [(1.3, 2.6), (0.2, 3.7), (-1.0, 2.6), (5.0, 7.0), (4.0, 0.5)])
def test_surfaces_have_slopes_up_to_their_degree_and_are_level_beyond_their_ends(
    degree: int, at: tuple[float, float]
) -> None:
    x, y = np.meshgrid(GRID, GRID, indexing="ij")
    tck = interpolate.bisplrep(x, y, np.sin(x) * np.cos(y), kx=degree, ky=degree, s=0)
    f = lambda x, y: interpolate.bisplev(x, y, tck) * 1.0  # noqa: E731
    inside = max(0.0, min(at)), [k for k in (0, 1) if at[k] != 4.0]
    found = grad(f, argnums=(0, 1))(*at)
    assert [found[k] for k in inside[1]] == pytest.approx([slopes(f, *at)[k] for k in inside[1]], rel=1e-6, abs=1e-9)
    assert math.isfinite(found[0])


@pytest.mark.parametrize("turns", [-2.0, -0.3, 0.4, 1.2, 7.0])
def test_incomplete_elliptic_integrals(turns: float) -> None:
    for m in (-1.5, 0.0, 1e-9, 0.6):
        check_grads(lambda x, m: special.ellipeinc(x, m) + 0 * math.exp(x), (turns, m), order=1)
        check_grads(lambda x, m: special.ellipkinc(x, m) + 0 * math.exp(x), (turns, m), order=1)


@pytest.mark.parametrize(
    "m", [[[0.0, 1.0], [0.0, 2.0]], [[1.0, 2.0], [2.0, 4.0]], [[0.0, 0, 1], [0, 0, 2], [3, 4, 5.0]]]
)
def test_a_singular_matrix_has_a_determinant_with_derivatives(m: list[list[float]]) -> None:
    count = len(m)
    minors = [
        [
            (-1) ** (i + k) * np.linalg.det(np.delete(np.delete(np.array(m), i, 0), k, 1)) if count > 1 else 1.0
            for k in range(count)
        ]
        for i in range(count)
    ]
    assert grad(np.linalg.det)(np.array(m)) == pytest.approx(np.array(minors), abs=1e-14)


def test_linear_algebra_of_arrays_of_values_needs_no_lift() -> None:
    m, b = np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([1.0, 2.0])
    inverse = np.linalg.inv(m)
    with lift.off():
        assert grad(lambda b: np.linalg.solve(m + b * 0, b)[0])(b) == pytest.approx(inverse[0])
        assert grad(np.linalg.det)(m) == pytest.approx(np.linalg.det(m) * inverse.T)
    stack = np.array([m, 2 * m])
    assert grad(lambda a: np.linalg.inv(a).sum())(stack).shape == (2, 2, 2)
    assert grad(lambda a: np.linalg.solve(a, a).sum())(stack) == pytest.approx(np.zeros((2, 2, 2)), abs=1e-15)
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        grad(lambda a: np.linalg.inv(a).sum())(np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"inv takes a square matrix, not an array of shape \(2, 3\)"):
        grad(lambda a: np.linalg.inv(a).sum())(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: optimize.minimize_scalar(lambda t: (t - x) ** 2).x, "scipy.optimize.minimize_scalar computes"),
        (lambda x: integrate.solve_ivp(lambda t, y: -x * y, (0, 1), [1.0]).y[0][-1], "scipy.integrate.solve_ivp comp"),
        (lambda x: special.jv(x, 1.0), "scipy.special.jv has no derivative here by its parameter n"),
        (
            lambda x: optimize.newton(lambda t: (t - 1) ** 3 * x, 1.0),
            "has no derivative: the function has slope 0",
        ),
        (lambda x: integrate.quad(lambda t: x * t, 0, 1, weight="cos", wvar=2.0)[0], "with weights or points, scipy"),
        (lambda x: cmath.sqrt(-x).imag, "cmath.sqrt.-1.0. is no real number"),
        (
            lambda x: np.linalg.eigvalsh(np.array([[x, 1.0], [1.0, x]]))[0],
            "NumPy's eigvalsh computes with floats alone",
        ),
    ],
)
def test_what_has_no_derivative_here_is_refused_by_its_name(f: Any, said: str) -> None:
    for derivative in (grad(f), jit(grad(f))):
        with pytest.raises((TypeError, ValueError), match=said):
            derivative(1.0)


def test_an_array_of_integers_filled_with_a_number_of_a_run_is_one_of_integers() -> None:
    def f(x: float) -> Any:
        return np.full(2, x, dtype=int).sum() + 3 * math.exp(x)

    assert value_and_grad(f)(2.7) == pytest.approx((f(2.7), 3 * math.exp(2.7)))


def test_a_root_under_jit_is_no_constant_of_the_first_call() -> None:
    @jit
    def root(x: float) -> Any:
        return optimize.brentq(lambda t: t**3 - x, 0.0, 5.0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [root(x) for x in (1.0, 8.0, 27.0)] == pytest.approx([1.0, 2.0, 3.0])


def test_explicitly_lifted_code_takes_values_outside_of_runs() -> None:
    with lift(filled):
        x, y = Value(1.3), Value(0.9)
        z = SCIPY["brentq"](x, y) * NUMPY["solve"](x, y) * SCIPY["quad"](x, y)
        z.backward()
    own = grad(lambda x: SCIPY["brentq"](x, 0.9) * NUMPY["solve"](x, 0.9) * SCIPY["quad"](x, 0.9))
    assert x.grad == pytest.approx(own(1.3))
    assert type(special.erf) is np.ufunc
    assert type(np.exp) is np.ufunc


def test_the_arguments_of_newton_may_stand_in_a_list() -> None:
    def root(a: Any) -> Any:
        return optimize.newton(lambda x, a, b: x * x - a * b, 1.0, args=[a, 2.0])

    assert root(2.0) == pytest.approx(2.0)
    assert grad(root)(2.0) == pytest.approx(0.5)
