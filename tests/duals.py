"""Dual numbers: floats that carry how fast they move. An oracle that shares nothing with the package.

A `Dual` is a float in all that a program can ask of it: its type, its hash, `==`, copies, keys of dicts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

KEPT: dict[int, Any] = {}  # so that one that is pickled comes back as itself


class Dual(float):
    __slots__ = ("d", "x")
    __array_ufunc__ = None  # NumPy's numbers on the left leave the operation to this one

    def __new__(cls, x: Any, d: Any) -> Dual:
        self = float.__new__(cls, x)
        self.x, self.d = x, d
        return self

    def __copy__(self) -> Dual:
        return self

    def __deepcopy__(self, memo: Any) -> Dual:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        KEPT[id(self)] = self
        return kept, (id(self),)

    # fmt: off
    def __add__(self, y: Any) -> Any: return two(self, y, lambda x, y, dx, dy: (x + y, dx + dy))
    def __radd__(self, y: Any) -> Any: return two(y, self, lambda x, y, dx, dy: (x + y, dx + dy))
    def __sub__(self, y: Any) -> Any: return two(self, y, lambda x, y, dx, dy: (x - y, dx - dy))
    def __rsub__(self, y: Any) -> Any: return two(y, self, lambda x, y, dx, dy: (x - y, dx - dy))
    def __mul__(self, y: Any) -> Any: return two(self, y, lambda x, y, dx, dy: (x * y, dx * y + x * dy))
    def __rmul__(self, y: Any) -> Any: return two(y, self, lambda x, y, dx, dy: (x * y, dx * y + x * dy))
    def __truediv__(self, y: Any) -> Any: return two(self, y, lambda x, y, dx, dy: (x / y, (dx - x / y * dy) / y))
    def __rtruediv__(self, y: Any) -> Any: return two(y, self, lambda x, y, dx, dy: (x / y, (dx - x / y * dy) / y))
    def __pow__(self, n: Any) -> Any: return Dual(self.x**n, n * self.x ** (n - 1) * self.d)
    def __mod__(self, y: Any) -> Any: return Dual(self.x % y, self.d)
    def __neg__(self) -> Any: return Dual(-self.x, -self.d)
    def __pos__(self) -> Any: return self
    def __abs__(self) -> Any: return Dual(abs(self.x), self.d * ((self > 0) - (self < 0)))
    # fmt: on


def kept(key: int) -> Any:
    return KEPT[key]


def two(x: Any, y: Any, rule: Callable[..., Any]) -> Any:
    if not isinstance(x, Real) or not isinstance(y, Real):
        return NotImplemented
    return Dual(*rule(*(z.x if isinstance(z, Dual) else z for z in (x, y)), *map(rate, (x, y))))


def rate(x: Any) -> Any:
    return x.d if isinstance(x, Dual) else 0.0


def one(value: Callable[[float], float], slope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        return Dual(function(x.x), slope(x.x) * x.d) if isinstance(x, Dual) else value(x)

    return function


sin = one(math.sin, lambda x: cos(x))
cos = one(math.cos, lambda x: -sin(x))
tanh = one(math.tanh, lambda x: 1 - tanh(x) * tanh(x))
exp = one(math.exp, lambda x: exp(x))


def derivatives(g: Callable[[list[Any]], Any], numbers: list[float]) -> list[float]:
    """The derivative of g by each number."""
    n = range(len(numbers))
    return [float(rate(g([Dual(float(x), float(i == k)) for i, x in enumerate(numbers)]))) for k in n]


def second(g: Callable[[list[Any]], Any], numbers: list[float], j: int, k: int) -> float:
    """The second derivative of g by the numbers j and k."""
    inner = [Dual(float(x), float(i == j)) for i, x in enumerate(numbers)]
    return float(rate(rate(g([Dual(x, Dual(float(i == k), 0.0)) for i, x in enumerate(inner)]))))
