"""Facts about the optimizers: the formulas of their papers, closed forms, and what they refuse."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value
from micrograd_like.optim import SGD, Adam

CURVATURE = 3.0


def minimized(optimizer: Any, x: Value, steps: int) -> list[float]:
    """Where x is after each of the steps down the parabola 3/2 x²."""
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        (CURVATURE / 2 * x * x).backward()
        optimizer.step()
        path.append(x.data)
    return path


def test_gradient_descent_on_a_parabola_shrinks_by_the_same_factor_every_step() -> None:
    x = Value(5.0)
    path = minimized(SGD([x], learning_rate=0.1), x, 20)
    assert path == pytest.approx([5 * (1 - 0.1 * CURVATURE) ** k for k in range(1, 21)], rel=1e-14)


def test_momentum_on_a_parabola_is_a_power_of_a_matrix() -> None:
    x = Value(5.0)
    path = minimized(SGD([x], learning_rate=0.1, momentum=0.9), x, 20)
    step = np.array([[0.9, CURVATURE], [-0.1 * 0.9, 1 - 0.1 * CURVATURE]])  # of (velocity, x)
    powers = [np.linalg.matrix_power(step, k) @ [0.0, 5.0] for k in range(1, 21)]
    assert path == pytest.approx([x for _, x in powers], rel=1e-12)


def test_two_steps_with_momentum_by_hand() -> None:
    p = SimpleNamespace(data=1.0, grad=0.5)
    optimizer = SGD([p], learning_rate=0.25, momentum=0.5)
    optimizer.step()
    assert p.data == 1 - 0.25 * 0.5
    p.grad = -2.0
    optimizer.step()
    assert p.data == 0.875 - 0.25 * (0.5 * 0.5 - 2)


def adam(gradients: np.ndarray, alpha: float, beta1: float, beta2: float, epsilon: float) -> np.ndarray:
    """Where algorithm 1 of the paper goes from 0, with its running means written out as sums over all gradients."""
    theta, path = np.zeros(gradients.shape[1]), []
    for t in range(1, len(gradients) + 1):
        ages = np.arange(t - 1, -1, -1)
        m = (1 - beta1) * beta1**ages @ gradients[:t] / (1 - beta1**t)
        v = (1 - beta2) * beta2**ages @ gradients[:t] ** 2 / (1 - beta2**t)
        theta = theta - alpha * m / (np.sqrt(v) + epsilon)
        path.append(theta)
    return np.array(path)


@pytest.mark.parametrize(("betas", "epsilon"), [((0.9, 0.999), 1e-8), ((0.5, 0.75), 1e-3), ((0.0, 0.0), 1.0)])
def test_adam_is_algorithm_1_of_its_paper(betas: tuple[float, float], epsilon: float) -> None:
    gradients = np.random.RandomState(0).normal(size=(30, 3)) * [1e-6, 1.0, 1e6]
    parameters = [Value(0.0) for _ in range(3)]
    optimizer = Adam(parameters, 0.1, betas, epsilon)
    for row, expected in zip(gradients, adam(gradients, 0.1, *betas, epsilon), strict=True):
        for p, g in zip(parameters, row, strict=True):
            p.grad = float(g)
        optimizer.step()
        assert [p.data for p in parameters] == pytest.approx(expected, rel=1e-12)


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient() -> None:
    parameters = [SimpleNamespace(data=1.0, grad=g) for g in (1e-3, -1.0, 1e6)]
    Adam(parameters).step()
    assert [p.data for p in parameters] == pytest.approx([0.999, 1.001, 0.999], abs=1e-7)


def test_adam_leaves_alone_what_nothing_arrived_at() -> None:
    p = SimpleNamespace(data=1.0, grad=0.0)
    Adam([p]).step()
    assert p.data == 1.0


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_the_minimum_is_found(kind: Any) -> None:
    x, y = Value(4.0), Value(-3.0)
    optimizer = kind([x, y], learning_rate=0.1)
    for _ in range(400):
        optimizer.zero_grad()
        ((x - 1) ** 2 + (x - y) ** 2).backward()
        optimizer.step()
    assert (x.data, y.data) == pytest.approx((1, 1), abs=1e-4)


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_the_learning_rate_may_change_between_steps(kind: Any) -> None:
    p = SimpleNamespace(data=0.0, grad=1.0)
    optimizer = kind([p], learning_rate=0.5)
    optimizer.step()
    optimizer.learning_rate = 0.125
    optimizer.step()
    assert p.data == pytest.approx(-0.625, abs=1e-7)


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_a_step_changes_no_grad_and_zero_grad_no_data(kind: Any) -> None:
    p = SimpleNamespace(data=1.0, grad=2.0)
    optimizer = kind([p], learning_rate=0.5)
    optimizer.step()
    assert p.grad == 2.0
    data = p.data
    optimizer.zero_grad()
    assert (p.data, p.grad) == (data, 0.0)


def test_a_parameter_given_twice_is_stepped_once() -> None:
    p = SimpleNamespace(data=1.0, grad=1.0)
    SGD([p, p], learning_rate=0.25).step()
    assert p.data == 0.75


def test_equal_parameters_are_not_the_same() -> None:
    parameters = [Value(1.0), Value(1.0)]
    assert SGD(iter(parameters), learning_rate=0.1).parameters[1] is parameters[1]


@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"])
def test_a_copy_with_its_parameter_goes_on_where_the_original_was(kind: Any, copied: Any) -> None:
    x = Value(5.0)
    optimizer = kind([x], learning_rate=0.1)
    optimizer.momentum = 0.9
    minimized(optimizer, x, 3)
    twin, y = copied((optimizer, x))
    assert twin.parameters == [y]
    assert minimized(twin, y, 3) == minimized(optimizer, x, 3)


@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ([], ValueError, "there is nothing to optimize: the list of parameters is empty"),
        ([1.5], TypeError, r"a parameter has \.data and \.grad, as a Value has; 1\.5 does not"),
        ([Value(1.0), np.ones(2)], TypeError, r"array\(\[1\., 1\.\]\) does not"),
    ],
)
def test_what_cannot_be_optimized_is_refused(kind: Any, parameters: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        kind(parameters, learning_rate=0.1)


@pytest.mark.parametrize("rate", [0, -0.1, float("nan")])
def test_a_learning_rate_is_above_0(rate: float) -> None:
    for kind in (SGD, Adam):
        with pytest.raises(ValueError, match=f"a learning rate is above 0, not {rate}"):
            kind([Value(1.0)], learning_rate=rate)


def test_shares_of_the_past_are_from_0_to_below_1() -> None:
    with pytest.raises(ValueError, match=r"momentum is from 0 to below 1, not 1\.0"):
        SGD([Value(1.0)], learning_rate=0.1, momentum=1.0)
    with pytest.raises(ValueError, match=r"the first of betas is from 0 to below 1, not -0\.1"):
        Adam([Value(1.0)], betas=(-0.1, 0.999))
    with pytest.raises(ValueError, match="the second of betas is from 0 to below 1, not 1"):
        Adam([Value(1.0)], betas=(0.9, 1))


def test_epsilon_is_above_0() -> None:
    with pytest.raises(ValueError, match="epsilon is above 0, not 0"):
        Adam([Value(1.0)], epsilon=0)


def test_gradient_descent_takes_any_numbers() -> None:
    p = SimpleNamespace(data=Fraction(1), grad=Fraction(1, 3))
    SGD([p], learning_rate=Fraction(1, 2), momentum=Fraction(0)).step()  # type: ignore[arg-type]
    assert p.data == pytest.approx(5 / 6)
