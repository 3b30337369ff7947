"""Sums of arrays of Values have the digits of NumPy's sums of floats."""

from __future__ import annotations

from typing import Any

import pytest

from micrograd_like import grad, jit, value_and_grad

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


VIEWS = {
    "reversed": lambda x: x[::-1],
    "turned": lambda x: np.swapaxes(x, 0, -1),
    "cut": lambda x: x[..., 1:],
    "every second": lambda x: x[:, ::2],
    "of one column": lambda x: x[..., :1],
    "copied": lambda x: x[..., :1].copy(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("shape", [(3, 6, 5), (2, 17, 9), (1, 130, 4)])
@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 1), (0, 2), (1, 2)])
def test_of_views(view: str, shape: tuple[int, ...], axis: Any) -> None:
    def f(x: Any) -> Any:
        y = VIEWS[view](x)
        return [y.sum(axis=axis), y.mean(axis=axis, keepdims=True), np.add.reduce(y * 2.0, axis=axis)]

    x = numbers(*shape)
    found = grad(lambda x: (x.ravel()[0], f(x)), has_aux=True)(x)[1]
    for sums, expected in zip(found, f(x), strict=True):
        assert np.array_equal(np.array(sums, float), expected)


@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 2)])
def test_with_a_start(axis: Any) -> None:
    def f(x: Any) -> Any:
        return np.ravel(np.sum(x, axis=axis, initial=0.1))[0]

    x = numbers(3, 4, 17)
    assert value_and_grad(f)(x)[0] == jit(f)(x) == f(x)


OF_FLOATS = {
    "sum": lambda x: np.sum(x, dtype=float),
    "mean": lambda x: np.mean(x, dtype=np.float64),
    "var": lambda x: x.var(dtype="float64"),
    "cumsum": lambda x: np.cumsum(x, dtype=float)[-1],
    "add": lambda x: np.add(x, x, dtype=float)[3],
}


@pytest.mark.parametrize("name", OF_FLOATS)
def test_their_own_dtype_may_be_named(name: str) -> None:
    x, f = numbers(40), OF_FLOATS[name]
    value, slopes = value_and_grad(f)(x)
    assert value == jit(f)(x) == f(x)
    step = 1e-6 * np.arange(40)
    assert np.dot(slopes, step) == pytest.approx((f(x + step) - f(x - step)) / 2, rel=1e-5)
