"""NIST's problems of nonlinear regression, as the demo fits them: the oracles are what stands in NIST's own files."""

from __future__ import annotations

import importlib
import math
import re
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

from micrograd_like import jacobian, value_and_grad

problems: Any = importlib.import_module("nist_strd.problems")
NAMES = list(problems.MODELS)


def header(name: str) -> str:
    return (problems.FOLDER / f"{name}.dat").read_text(encoding="ascii")  # type: ignore[no-any-return]


def formula(name: str) -> Any:
    """The formula that is printed in NIST's file, as a function of x and b, on numbers of mpmath."""
    text = re.search(r"Model:.*?y\]?\s+=(.*?)\+ *e\s", header(name), re.DOTALL)
    assert text
    code = compile(" ".join(text[1].split()).replace("[", "(").replace("]", ")"), name, "eval")
    names = {"exp": mp.exp, "cos": mp.cos, "sin": mp.sin, "arctan": mp.atan, "pi": mpf(math.pi)}

    def f(x: list[Any], b: list[Any]) -> Any:
        predictors = {"x": x[0], "x1": x[0], "x2": x[-1]}
        return eval(code, {**names, **predictors, **{f"b{i}": b_i for i, b_i in enumerate(b, 1)}})

    return f


def sensitivities(name: str, xs: list[list[float]], b: list[float]) -> Any:
    """The derivatives of NIST's formula at each x by each b, to 25 digits."""
    f = formula(name)
    with mp.workdps(60):
        b = [mpf(b_k) for b_k in b]
        rows = [[slope(f, [mpf(x_i) for x_i in x], b, k) for k in range(len(b))] for x in xs]
    return np.array(rows, dtype=float)


def slope(f: Any, x: list[Any], b: list[Any], k: int) -> Any:
    h = b[k] * mpf("1e-30")
    return (f(x, [*b[:k], b[k] + h, *b[k + 1 :]]) - f(x, b)) / h


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_complete(name: str) -> None:
    p = problems.read(name)
    (observations,) = re.findall(r"(\d+) Observations", header(name))
    (parameters,) = re.findall(r"(\d+) Parameters", header(name))
    assert len(p.ys) == len(p.xs) == int(observations)
    assert [len(b) for b in (*p.starts, p.certified, p.deviations)] == [int(parameters)] * 4


def test_there_are_27_problems_and_each_file_is_one() -> None:
    assert len(NAMES) == 27
    assert {path.stem for path in problems.FOLDER.glob("*.dat")} == set(NAMES)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"Lanczos1"}))
def test_the_residual_sum_of_squares_is_the_certified_one(name: str) -> None:
    p = problems.read(name)
    assert sum(r * r for r in p.residuals(p.certified)) == pytest.approx(p.rss, rel=2e-10)


def test_the_residuals_of_lanczos1_are_no_larger_than_the_rounding_of_its_certified_parameters() -> None:
    p = problems.read("Lanczos1")
    assert sum(r * r for r in p.residuals(p.certified)) < 1e-20


@pytest.mark.parametrize("name", NAMES)
def test_the_sensitivity_of_each_residual_is_exact(name: str) -> None:
    """From the wild start to the certified parameters, by NIST's printed formula in 60 digits."""
    p = problems.read(name)
    for b in (*p.starts, p.certified):
        ours, exact = jacobian(p.residuals)(np.array(b)), sensitivities(name, p.xs, b)
        assert ours.shape == (len(p.ys), len(b))
        assert np.max(abs(ours - exact) / abs(exact).max(axis=0)) < 5e-14


@pytest.mark.parametrize("name", NAMES)
def test_standard_deviations_are_nists(name: str) -> None:
    """They are the roots of the diagonal of s² (JᵀJ)⁻¹."""
    p = problems.read(name)
    r = np.linalg.qr(jacobian(p.residuals)(np.array(p.certified)), mode="r")
    variance = p.rss / (len(p.ys) - len(p.certified))
    assert np.sqrt(variance * np.sum(np.linalg.inv(r) ** 2, axis=1)) == pytest.approx(p.deviations, rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_no_step_leads_away_from_the_certified_parameters(name: str) -> None:
    p = problems.read(name)
    q, r = np.linalg.qr(jacobian(p.residuals)(np.array(p.certified)))
    step = np.linalg.solve(r, q.T @ p.residuals(p.certified))
    assert np.max(abs(step / p.certified)) < 3e-10


@pytest.mark.parametrize("name", ["Misra1a", "MGH09", "Nelson"])
def test_the_gradient_of_the_sum_of_squares_is_that_of_its_residuals(name: str) -> None:
    p = problems.read(name)
    b = np.array(p.starts[0])
    value, gradient = value_and_grad(lambda b: sum(r * r for r in p.residuals(b)))(b)
    exact, residuals = sensitivities(name, p.xs, p.starts[0]), np.array(p.residuals(p.starts[0]))
    assert value == pytest.approx(residuals @ residuals, rel=1e-13)
    assert gradient == pytest.approx(2 * exact.T @ residuals, rel=1e-12)


def test_where_a_model_has_no_value_a_solver_meets_infinite_residuals() -> None:
    p = problems.read("MGH10")
    assert p.guarded([1.0, 1e6, -49.0]) == [math.inf] * 16
    with pytest.raises(OverflowError):
        p.residuals([1.0, 1e6, -49.0])


def test_digits_are_those_of_the_worst_parameter() -> None:
    p = problems.read("Misra1a")
    b1, b2 = p.certified
    assert p.digits([b1, b2]) == 10
    assert p.digits([b1 * 1.002, b2]) == 2
    assert p.digits([b1, -b2]) == 0
