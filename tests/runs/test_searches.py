"""Searches by halves: their answer has not the derivative of the root, and nothing but the source tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from searches import SEARCHES, SOUND

from micrograd_like import Value, function, grad, jit, jvp, value_and_grad, vmap
from micrograd_like.core import core
from micrograd_like.runs.searches import searches_in

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
