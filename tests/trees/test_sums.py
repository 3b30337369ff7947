"""Sums of arrays of Values have the digits of NumPy's sums of floats."""

from __future__ import annotations

from typing import Any

import pytest

from micrograd_like import jit, value_and_grad

np = pytest.importorskip("numpy")
SUMS = {
    "sum": np.sum,
    "mean": lambda x: x.mean(),
    "var": np.var,
    "every second": lambda x: x[::2].sum(),
    "keepdims": lambda x: x.sum(keepdims=True).ravel()[0],
    "average": np.average,
}


def numbers(*shape: int) -> Any:
    draws = np.random.default_rng(len(shape) + shape[0])
    return draws.normal(size=shape) * 10.0 ** draws.integers(-3, 3, size=shape)


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("count", [1, 7, 8, 9, 16, 31, 128, 129, 136, 257, 1031])
def test_of_one_row(count: int, name: str) -> None:
    x, f = numbers(count), SUMS[name]
    assert value_and_grad(f)(x)[0] == f(x)
    if count < 200:
        assert jit(f)(x) == f(x)


@pytest.mark.parametrize("shape", [(3, 20), (20, 3), (4, 5, 30), (2, 200)])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_of_several_rows(shape: tuple[int, ...], axis: Any, keepdims: bool, turned: bool) -> None:
    def f(x: Any) -> Any:
        return np.atleast_1d(np.sum(x.T if turned else x, axis=axis, keepdims=keepdims)).ravel()[0]

    x = numbers(*shape)
    assert value_and_grad(f)(x)[0] == f(x)


def test_the_sum_of_nothing_and_with_a_start() -> None:
    assert value_and_grad(lambda x: x[:0].sum() + x.sum(initial=2.0))(np.ones(9))[0] == 11.0
