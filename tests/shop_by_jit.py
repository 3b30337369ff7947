"""Functions whose names are taken by their derivatives, and by what is made of them: to be pickled."""

from __future__ import annotations

from typing import Any

from micrograd_like import grad, jit, value_and_grad, vmap


def cube(x: Any) -> Any:
    return x**3


@grad
def slope(x: Any) -> Any:
    return x**3


@grad
@grad
def curvature(x: Any) -> Any:
    return x**3


@jit
@value_and_grad
def fast(x: Any) -> Any:
    return x**3


@vmap
@grad
def rows(x: Any) -> Any:
    return x**3


class Curve:
    scale = 1.0

    @grad
    def by_itself(x: Any) -> Any:
        return x**3

    def height(self, x: Any) -> Any:
        return self.scale * x**3
