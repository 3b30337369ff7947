"""What Numba has compiled is computed by its Python source where Values come to it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from micrograd_like import Value, grad, jit, lift, value_and_grad, vmap
from micrograd_like.lifting.by_numba import of_numba


class Compiled:
    """As a function of Numba's: it takes plain floats alone, and keeps its source."""

    __module__ = "numba.core.registry"

    def __init__(self, f: Any) -> None:
        self.py_func = f
        self.signatures = ["float64(float64)"]

    def __call__(self, *args: Any) -> Any:
        if any(isinstance(x, Value) for x in args):
            raise RuntimeError("Cannot determine Numba type of <class 'micrograd_like.value.Value'>")
        return self.py_func(*map(float, args))


class CompiledUfunc:
    __module__ = "numba.np.ufunc.dufunc"
    nin = 2

    def __init__(self, f: Any) -> None:
        self._dispatcher = Compiled(f)

    def __call__(self, *args: Any) -> Any:
        np = pytest.importorskip("numpy")
        if any(np.asarray(x).dtype == object for x in args):
            raise TypeError("ufunc 'hypotenuse' not supported for the input types")
        return np.hypot(*args) ** 2


def made(kernel: Any) -> Any:
    sine = math.sin

    @Compiled
    def inner(x: Any) -> Any:
        return sine(x) * kernel(x)

    return inner


square = Compiled(lambda x: math.exp(x) * x)
wave = made(square)
squares = CompiledUfunc(lambda x, y: math.pow(x, 2) + y * y)


def f(x: Any) -> Any:
    return wave(x) + square(2.0) + len(square.signatures)


def g(x: Any) -> Any:
    return squares(x, 2.0) * x


def test_their_source_computes_of_values_and_they_of_floats() -> None:
    slope = math.exp(0.7) * (math.cos(0.7) * 0.7 + math.sin(0.7) * 0.7 + math.sin(0.7))
    assert value_and_grad(f)(0.7) == (f(0.7), pytest.approx(slope))
    assert [jit(grad(f))(x) for x in (0.7, 0.9)] == [grad(f)(x) for x in (0.7, 0.9)]
    assert type(square) is type(wave) is Compiled
    with lift.off(), pytest.raises(RuntimeError, match="Cannot determine"):
        grad(f)(0.7)


def test_a_ufunc_of_theirs_computes_of_arrays_and_numbers() -> None:
    np = pytest.importorskip("numpy")
    assert value_and_grad(g)(3.0) == (39.0, 31.0)
    assert [*vmap(grad(g))(np.array([3.0, 1.0]))] == [31.0, 7.0]
    assert [*grad(lambda x: squares(x, x[::-1]).sum())(np.array([1.0, 3.0]))] == [4.0, 12.0]


def test_other_things_have_no_such_twin() -> None:
    assert of_numba(math.exp) is None
    assert of_numba(f) is None
    assert of_numba(Compiled(math.exp)) is None
