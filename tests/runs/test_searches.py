"""Searches by halves: their answer has not the derivative of the root, and nothing but the source tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from searches import SEARCHES, SOUND, bisection

from micrograd_like import function, grad, hessian, jit, jvp, value_and_grad, vmap

HALVING = "searches by halving an interval, at searches.py:"


def cube_minus(a: Any) -> Callable[[Any], Any]:
    return lambda t: t * t * t - a


@pytest.mark.parametrize("search", SEARCHES, ids=lambda f: f.__name__)
def test_searches_by_halves_are_refused(search: Any) -> None:
    assert search(cube_minus(8.0), 0.1, 10.0) == pytest.approx(2.0, abs=1e-3) or "minimum" in search.__name__
    for by_value in (0.0, 1.0):  # ends that are plain numbers, and ends that move with the input

        def root(a: Any, by_value: float = by_value) -> Any:
            return search(cube_minus(a), 0.1 + by_value * (a - 8.0), 10.0 + by_value * a)

        for by in (grad(root), jit(grad(root))):
            with pytest.raises(TypeError, match=HALVING):
                by(8.0)


@pytest.mark.parametrize("sound", SOUND, ids=lambda f: f.__name__)
def test_what_converges_with_its_derivative_is_not_refused(sound: Any) -> None:
    slope = grad(lambda a: sound(cube_minus(a), 0.1, 10.0))(8.0)
    h = 1e-4
    up, down = sound(cube_minus(8.0 + h), 0.1, 10.0), sound(cube_minus(8.0 - h), 0.1, 10.0)
    assert slope == pytest.approx((up - down) / (2 * h), rel=1e-3)


def root(a: Any) -> Any:
    return a * bisection(cube_minus(a), 0.0, 10.0)


def test_every_derivative_is_refused() -> None:
    slopes = (
        lambda: vmap(grad(root))([7.0, 8.0]),
        lambda: jvp(root, (8.0,), (1.0,)),
        lambda: hessian(root)(8.0),
        lambda: grad(grad(root))(8.0),
        lambda: jit(value_and_grad(root), engine="python")(8.0),
    )
    for slope in slopes:
        with pytest.raises(TypeError, match=HALVING):
            slope()


def test_values_without_derivatives_are_answered() -> None:
    assert jit(root)(8.0) == root(8.0)
    assert [*vmap(root)([7.0, 8.0])] == [root(7.0), root(8.0)]


def test_a_search_late_in_a_long_run_is_found() -> None:
    def late(a: Any) -> Any:
        n = sum(a > k for k in range(5_003))
        return bisection(cube_minus(a + 0 * n), 0.0, 10.0) * a

    with pytest.raises(TypeError, match=HALVING):
        grad(late)(8.0)


def test_a_search_that_takes_derivatives_or_has_nothing_of_the_input_is_none_of_its_run() -> None:
    def minimum(a: float) -> float:
        return bisection(lambda t: grad(lambda u: (u - a) ** 4 if u > -1 else u)(t), -10.0, 10.0)

    assert minimum(2.0) == pytest.approx(2.0, abs=1e-5)
    assert grad(lambda x: x * bisection(lambda t: t * t - 2.0, 0.0, 2.0))(3.0) == pytest.approx(2**0.5, abs=1e-5)


def test_a_search_that_is_an_operation_is_right() -> None:
    cube_root = function("cube_root", lambda a: bisection(cube_minus(a), 0.0, 10.0), lambda a, out, g: g / (3 * out**2))
    assert grad(lambda a: cube_root(a) * a)(8.0) == pytest.approx(8 / 12 + 2)


def test_a_function_without_source_is_left_alone() -> None:
    names: dict[str, Any] = {}
    exec("def f(a):\n    lo = 0.0\n    while a > lo: lo = lo + 1.0\n    return a * lo", names)
    assert grad(names["f"])(30.5) == 31.0
