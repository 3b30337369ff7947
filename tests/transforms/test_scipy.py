"""SciPy's solvers take our derivatives as they stand; known minima, roots and integrals are the oracles."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import optimize
from scipy.integrate import solve_ivp
from scipy.optimize import Bounds, LinearConstraint, NonlinearConstraint, least_squares, minimize, root, root_scalar

from micrograd_like import cos, exp, grad, hessian, hvp, jacobian, log, sin, value_and_grad

START = [1.3, 0.7, 0.8, 1.9, 1.2]  # closer to the minimum at 1 than to the other one, at (-0.96, 0.94, …)
STARTS = pytest.mark.parametrize("start", [START, tuple(START), np.array(START)], ids=["list", "tuple", "array"])


def rosenbrock(x: Any, steepness: float = 100.0, slope: float = 1.0) -> Any:
    """Its minimum is 0, where all x are 1."""
    return sum(steepness * (b - a * a) ** 2 + slope * (1 - a) ** 2 for a, b in pairwise(x))


def quadratic(x: Any) -> Any:
    """Its minimum is at 1, 2, 3."""
    return (x[0] - 1) ** 2 + 2 * (x[1] - 2) ** 2 + 3 * (x[2] - 3) ** 2 + (x[0] - 1) * (x[1] - 2)


# minimize


@STARTS
@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "CG", "SLSQP", "TNC", "Newton-CG", "trust-constr"])
def test_minimize_takes_value_and_grad(method: str, start: Any) -> None:
    options = {"hessp": hvp(rosenbrock)} if method == "Newton-CG" else {}
    fit = minimize(value_and_grad(rosenbrock), start, jac=True, method=method, tol=1e-9, **options)
    assert fit.success
    assert fit.x == pytest.approx([1.0] * 5, abs=1e-3)


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-krylov", "trust-constr"])
def test_minimize_takes_products_with_the_hessian(method: str) -> None:
    fit = minimize(value_and_grad(rosenbrock), START, jac=True, hessp=hvp(rosenbrock), method=method, tol=1e-9)
    assert fit.x == pytest.approx([1.0] * 5, abs=1e-6)


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-krylov", "trust-exact", "trust-constr"])
def test_minimize_takes_the_hessian(method: str) -> None:
    fit = minimize(rosenbrock, START, jac=grad(rosenbrock), hess=hessian(rosenbrock), method=method, tol=1e-9)
    assert fit.x == pytest.approx([1.0] * 5, abs=1e-6)


def test_dogleg_takes_the_hessian_of_a_convex_function() -> None:
    fit = minimize(quadratic, [0.0] * 3, jac=grad(quadratic), hess=hessian(quadratic), method="dogleg")
    assert fit.x == pytest.approx([1.0, 2.0, 3.0], abs=1e-9)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "Newton-CG", "trust-ncg"])
def test_more_arguments_are_passed_on(method: str) -> None:
    hessp = {"hessp": hvp(rosenbrock)} if method in ("Newton-CG", "trust-ncg") else {}
    both = value_and_grad(rosenbrock)
    fit = minimize(both, [0.5, 0.5], args=(10.0, 2.0), jac=True, method=method, tol=1e-9, **hessp)
    assert fit.x == pytest.approx([1.0, 1.0], abs=1e-6)
    assert both(np.array([0.5, 0.5]), 10.0, 2.0)[0] == 10 * 0.25**2 + 2 * 0.25


def test_one_unknown_may_be_a_plain_number() -> None:
    fit = minimize(value_and_grad(lambda x: (x[0] - 3) ** 2), 1.0, jac=True)
    assert fit.x == pytest.approx([3.0])


@pytest.mark.parametrize("method", ["L-BFGS-B", "TNC", "SLSQP", "trust-constr"])
def test_bounds_hold(method: str) -> None:
    """With x[0] at most 0.5 the bottom of the valley is at (0.5, 0.25)."""
    fit = minimize(
        value_and_grad(rosenbrock), [0.0, 0.0], jac=True, method=method, bounds=Bounds([-2, -2], [0.5, 2]), tol=1e-10
    )
    assert fit.x == pytest.approx([0.5, 0.25], abs=1e-4)


# constraints: the point of a circle that is closest to (2, 1) is on the line to it


def distance(x: Any) -> Any:
    return (x[0] - 2) ** 2 + (x[1] - 1) ** 2


def circle(x: Any) -> Any:
    return x[0] ** 2 + x[1] ** 2


CLOSEST = [2 / math.sqrt(5), 1 / math.sqrt(5)]


@pytest.mark.parametrize("kind", ["eq", "ineq"])
def test_slsqp_takes_constraints_with_their_gradient(kind: str) -> None:
    inside = lambda x: 1 - circle(x)  # noqa: E731
    constraint = {"type": kind, "fun": inside, "jac": grad(inside)}
    fit = minimize(value_and_grad(distance), [1.0, 0.0], jac=True, method="SLSQP", constraints=constraint, tol=1e-12)
    assert fit.x == pytest.approx(CLOSEST, abs=1e-8)


def test_slsqp_takes_several_constraints_with_their_jacobian() -> None:
    above = lambda x: [1 - circle(x), x[1] - 0.6]  # noqa: E731
    constraint = {"type": "ineq", "fun": above, "jac": jacobian(above)}
    fit = minimize(value_and_grad(distance), [0.0, 0.7], jac=True, method="SLSQP", constraints=constraint, tol=1e-12)
    assert fit.x == pytest.approx([0.8, 0.6], abs=1e-8)


def test_trust_constr_takes_constraints_with_jacobian_and_hessian() -> None:
    """The Hessian of a constraint is that of its weighted sum."""
    both = lambda x: [circle(x), x[1]]  # noqa: E731
    weighted = hessian(lambda x, v: sum(a * b for a, b in zip(both(x), v, strict=True)))
    constraint = NonlinearConstraint(both, [-np.inf, 0.6], [1.0, np.inf], jac=jacobian(both), hess=weighted)
    fit = minimize(
        distance, [0.0, 0.7], jac=grad(distance), hess=hessian(distance), method="trust-constr",
        constraints=constraint, options={"gtol": 1e-10, "xtol": 1e-12},
    )  # fmt: skip
    assert fit.x == pytest.approx([0.8, 0.6], abs=1e-5)


def test_trust_constr_takes_products_with_the_hessian_beside_linear_constraints() -> None:
    """On the line x + y = 1 the point closest to (2, 1) is (1, 0)."""
    line = LinearConstraint([[1.0, 1.0]], 1.0, 1.0)
    both = value_and_grad(distance)
    fit = minimize(both, [0.0, 0.0], jac=True, hessp=hvp(distance), method="trust-constr", constraints=line)
    assert fit.x == pytest.approx([1.0, 0.0], abs=1e-6)


# the older interfaces


@pytest.mark.parametrize("fmin", [optimize.fmin_bfgs, optimize.fmin_cg, optimize.fmin_ncg])
def test_the_old_interfaces_take_grad(fmin: Any) -> None:
    x = fmin(rosenbrock, START, fprime=grad(rosenbrock), disp=False)
    assert x == pytest.approx([1.0] * 5, abs=1e-3)


def test_fmin_l_bfgs_b_and_fmin_tnc_take_value_and_grad() -> None:
    assert optimize.fmin_l_bfgs_b(value_and_grad(rosenbrock), [0.0, 0.0])[0] == pytest.approx([1, 1], abs=1e-4)
    assert optimize.fmin_tnc(value_and_grad(rosenbrock), [0.0, 0.0], disp=0)[0] == pytest.approx([1, 1], abs=1e-2)


def test_fmin_ncg_takes_products_with_the_hessian_and_fmin_slsqp_the_gradient() -> None:
    x = optimize.fmin_ncg(rosenbrock, START, grad(rosenbrock), fhess_p=hvp(rosenbrock), avextol=1e-10, disp=False)
    assert x == pytest.approx([1.0] * 5, abs=1e-6)
    x = optimize.fmin_slsqp(distance, [1.0, 0.0], fprime=grad(distance), f_eqcons=lambda x: [x[0] + x[1] - 1], iprint=0)
    assert x == pytest.approx([1.0, 0.0], abs=1e-6)


# systems of equations, and least squares


def cosines(x: Any) -> Any:
    """Zero at the point that the two equations share: x = cos y, y = cos x."""
    return [x[0] - cos(x[1]), x[1] - cos(x[0])]


FIXED_POINT_OF_COS = 0.7390851332151607


@pytest.mark.parametrize("start", [[0.0, 1.0], np.array([0.0, 1.0])], ids=["list", "array"])
@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_root_takes_the_jacobian(method: str, start: Any) -> None:
    solution = root(cosines, start, jac=jacobian(cosines), method=method)
    assert solution.success
    assert solution.x == pytest.approx([FIXED_POINT_OF_COS] * 2, rel=1e-12)


def test_root_takes_value_and_jacobian_from_one_function() -> None:
    both = lambda x: (cosines(x), jacobian(cosines)(x))  # noqa: E731
    assert root(both, [0.0, 1.0], jac=True).x == pytest.approx([FIXED_POINT_OF_COS] * 2, rel=1e-12)


def test_fsolve_takes_the_jacobian() -> None:
    assert optimize.fsolve(cosines, [0.0, 1.0], fprime=jacobian(cosines)) == pytest.approx([FIXED_POINT_OF_COS] * 2)


TIMES = np.linspace(0.0, 4.0, 15)


def decay(t: Any, amplitude: Any, rate: Any, rest: Any) -> Any:
    return amplitude * exp(-rate * t) + rest


def residuals(p: Any, times: Any = TIMES) -> Any:
    return [decay(t, *p) - decay(t, 2.5, 1.3, 0.5) for t in times]


@pytest.mark.parametrize("start", [[1.0, 1.0, 0.0], np.array([1.0, 1.0, 0.0])], ids=["list", "array"])
@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_least_squares_takes_the_jacobian(method: str, start: Any) -> None:
    fit = least_squares(residuals, start, jac=jacobian(residuals), method=method)
    assert fit.x == pytest.approx([2.5, 1.3, 0.5], rel=1e-8)
    assert fit.jac.shape == (15, 3)


@pytest.mark.parametrize("loss", ["soft_l1", "huber", "cauchy", "arctan"])
def test_least_squares_takes_the_jacobian_beside_a_robust_loss_and_bounds(loss: str) -> None:
    bounds = ([0.0, 0.0, 0.0], [9.0, 9.0, 9.0])
    fit = least_squares(residuals, [1.0, 1.0, 0.1], jac=jacobian(residuals), loss=loss, bounds=bounds)
    assert fit.x == pytest.approx([2.5, 1.3, 0.5], rel=1e-4)


def test_least_squares_passes_more_arguments_on() -> None:
    fit = least_squares(residuals, [1.0, 1.0, 0.0], jac=jacobian(residuals), args=(TIMES[:4],))
    assert fit.jac.shape == (4, 3)


def test_leastsq_takes_the_jacobian() -> None:
    p, _ = optimize.leastsq(residuals, [1.0, 1.0, 0.0], Dfun=jacobian(residuals))
    assert p == pytest.approx([2.5, 1.3, 0.5], rel=1e-8)


def test_curve_fit_takes_the_jacobian() -> None:
    """`curve_fit` hands the parameters over one by one; they are gathered, to be differentiated by."""
    curve = lambda t, *p: [decay(t_i, *p) for t_i in t]  # noqa: E731
    slopes = jacobian(lambda p, t: curve(t, *p))
    p, _ = optimize.curve_fit(
        curve, TIMES, curve(TIMES, 2.5, 1.3, 0.5), p0=[1.0, 1.0, 0.0], jac=lambda t, *p: slopes(np.array(p), t)
    )
    assert p == pytest.approx([2.5, 1.3, 0.5], rel=1e-8)


# roots in one unknown


def test_root_scalar_takes_one_and_two_derivatives() -> None:
    f = lambda x: x - cos(x)  # noqa: E731
    newton = root_scalar(f, x0=1.0, fprime=grad(f), method="newton")
    halley = root_scalar(f, x0=1.0, fprime=grad(f), fprime2=grad(grad(f)), method="halley")
    assert newton.root == halley.root == pytest.approx(FIXED_POINT_OF_COS, rel=1e-15)
    assert halley.iterations < newton.iterations


def test_root_scalar_takes_value_and_grad() -> None:
    f = lambda x, a: log(x) - a  # noqa: E731
    solution = root_scalar(value_and_grad(f), args=(2.0,), x0=5.0, fprime=True, method="newton")
    assert solution.root == pytest.approx(math.exp(2), rel=1e-14)


def test_newton_takes_derivatives() -> None:
    f = lambda x: exp(x) - 2  # noqa: E731
    assert optimize.newton(f, 1.0, fprime=grad(f), fprime2=grad(grad(f))) == pytest.approx(math.log(2), rel=1e-14)


# SciPy's own measurements agree


def wavy(x: Any) -> Any:
    return sin(x[0]) * exp(x[1]) + x[2] ** 3 / x[0]


def test_check_grad_finds_no_difference() -> None:
    assert optimize.check_grad(wavy, grad(wavy), np.array([0.7, 0.3, 1.1])) < 1e-6
    assert optimize.check_grad(rosenbrock, grad(rosenbrock), START) < 1e-4


def test_approx_fprime_agrees() -> None:
    x = np.array([0.7, 0.3, 1.1])
    assert grad(wavy)(x) == pytest.approx(optimize.approx_fprime(x, wavy), rel=1e-6)
    assert jacobian(cosines)(x[:2]) == pytest.approx(optimize.approx_fprime(x[:2], cosines), rel=1e-6)
    assert hessian(wavy)(x) == pytest.approx(optimize.approx_fprime(x, grad(wavy)), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("n", [2, 5, 8])
def test_scipys_own_rosenbrock_has_our_derivatives(n: int) -> None:
    rng = np.random.default_rng(n)
    x, v = rng.normal(size=n), rng.normal(size=n)
    assert value_and_grad(rosenbrock)(x)[0] == pytest.approx(optimize.rosen(x), rel=1e-14)
    assert grad(rosenbrock)(x) == pytest.approx(optimize.rosen_der(x), rel=1e-12)
    assert hessian(rosenbrock)(x) == pytest.approx(optimize.rosen_hess(x), rel=1e-12)
    assert hvp(rosenbrock)(x, v) == pytest.approx(optimize.rosen_hess_prod(x, v), rel=1e-11, abs=1e-11)


# what they get


def test_a_value_is_a_float_and_a_gradient_an_array_where_the_argument_is_one() -> None:
    value, gradient = value_and_grad(rosenbrock)(np.array(START))
    assert type(value) is float
    assert type(gradient) is np.ndarray
    assert (gradient.dtype, gradient.shape) == (np.dtype(float), (5,))


def test_the_derivatives_by_an_array_are_arrays_of_floats() -> None:
    x = np.array([0.7, 0.3])
    for array, shape in (
        (grad(rosenbrock)(x), (2,)),
        (hvp(rosenbrock)(x, x), (2,)),
        (hvp(rosenbrock)(x, [1.0, 0.0]), (2,)),
        (hessian(rosenbrock)(x), (2, 2)),
        (jacobian(cosines)(x), (2, 2)),
        (jacobian(rosenbrock)(x), (2,)),
        (jacobian(lambda x: [x[0], x[1], x[0] * x[1]])(x), (3, 2)),
        (jacobian(lambda x: np.array([x[0], x[1], x[0] * x[1]]))(x), (3, 2)),
        (jacobian(lambda x: [x[0] * x[1]])(x), (1, 2)),
    ):
        assert type(array) is np.ndarray
        assert (array.dtype, array.shape) == (np.dtype(float), shape)


def test_the_derivatives_by_a_list_are_lists_of_floats() -> None:
    x = [2.0, 3.0]
    assert value_and_grad(lambda x: x[0] * x[1])(x) == (6.0, [3.0, 2.0])
    assert hvp(lambda x: x[0] * x[1])(x, [1.0, 0.0]) == [0.0, 1.0]
    assert hessian(lambda x: x[0] * x[1])(x) == [[0.0, 1.0], [1.0, 0.0]]
    assert jacobian(lambda x: [x[0] * x[1], x[0]])(x) == [[3.0, 2.0], [1.0, 0.0]]
    assert {type(number) for row in jacobian(cosines)(x) for number in row} == {float}


def test_an_array_of_ints_has_derivatives_that_are_floats() -> None:
    assert grad(quadratic)(np.array([1, 2, 4])).dtype == float
    assert grad(quadratic)(np.array([1, 2, 4])).tolist() == [0.0, 0.0, 6.0]


def test_the_argument_of_a_solver_is_left_as_it_was() -> None:
    x = np.array(START)
    value_and_grad(rosenbrock)(x)
    hessian(rosenbrock)(x)
    assert x.tolist() == START
    assert x.dtype == float


def test_functions_written_for_arrays_work_too() -> None:
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    f = lambda x: x @ a @ x / 2 - x.sum()  # noqa: E731
    fit = minimize(value_and_grad(f), [0.0, 0.0], jac=True)
    assert fit.x == pytest.approx(np.linalg.solve(a, [1.0, 1.0]), abs=1e-6)
    assert hessian(f)(fit.x).tolist() == a.tolist()


# differential equations


def van_der_pol(t: float, y: Any, stiffness: float = 50.0) -> Any:
    return [y[1], stiffness * (1 - y[0] ** 2) * y[1] - y[0]]


def robertson(t: float, y: Any) -> Any:
    """Three reactions, one slow, one fast, one very fast; the amounts always sum to 1."""
    slow, fast, very_fast = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
    return [fast - slow, slow - fast - very_fast, very_fast]


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_stiff_equations_are_solved_with_the_jacobian_by_the_second_argument(method: str) -> None:
    """The amounts at t = 40 are what Radau finds to 12 digits, with differences for a Jacobian."""
    slopes = jacobian(robertson, argnums=1)
    jac = (lambda t, y: slopes(t, y)) if method == "LSODA" else slopes  # LSODA of SciPy 1.16 counts parameters
    solution = solve_ivp(robertson, (0.0, 40.0), [1.0, 0.0, 0.0], method, jac=jac, rtol=1e-8, atol=1e-12)
    assert solution.y[:, -1] == pytest.approx([0.7158270688, 9.185534765e-06, 0.2841637457], rel=1e-5)


@pytest.mark.parametrize("method", ["Radau", "BDF"])
def test_with_the_jacobian_a_solver_takes_the_steps_that_it_takes_with_a_formula(method: str) -> None:
    formula = lambda t, y: [[0.0, 1.0], [-100 * y[0] * y[1] - 1, 50 * (1 - y[0] ** 2)]]  # noqa: E731
    ours, theirs = (
        solve_ivp(van_der_pol, (0.0, 60.0), [2.0, 0.0], method, jac=jac, rtol=1e-6)
        for jac in (jacobian(van_der_pol, argnums="y"), formula)
    )
    assert ours.t.shape == theirs.t.shape
    assert ours.y == pytest.approx(theirs.y, rel=1e-5, abs=1e-5)
