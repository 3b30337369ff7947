"""The standard library's `math`, differentiable: change the import, and the program still runs.

>>> from micrograd_like import Value, math
>>> x = Value(0.5)
>>> y = math.exp(math.sin(x)) + math.hypot(x, 1.0)
>>> y.backward()
>>> x.grad
1.8646378201593492

On plain numbers each function answers, and raises, exactly what `math` does. On Values it records an operation of the
table; a function that is constant almost everywhere (`floor`, `isnan`, `gcd`) answers with a plain number.
"""

from __future__ import annotations

import math as standard
import sys
from functools import reduce, wraps
from operator import index, mul

from . import ops, special
from .active import Active
from .core import made
from .failure import explained
from .graph import Node
from .operation import OPS
from .runs.running import DROPPING_CODE, THREAD, note_drop
from .trace.recording import floated
from .trace.symbol import Symbol
from .value import Value as Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


def pow(x: Any, y: Any, /) -> Any:
    """x to the power y, with the errors of `math.pow`.

    >>> pow(Value(2.0), 3)
    Value(data=8.0, grad=0.0)
    """
    if any(isinstance(z, Symbol) for z in (x, y)):
        return power_in_trace(x, y)
    try:
        answer = standard.pow(plain(x), plain(y))
    except (ArithmeticError, ValueError) as error:
        raise explained(error, OPS["pow"], rounded(x), rounded(y)) if has_nodes([x, y]) else error from None
    return x**y if has_nodes([x, y]) else answer


def power_in_trace(x: Any, y: Any) -> Any:
    """The same of numbers inside a trace, of which it knows when they raise."""
    trace = next(z._trace for z in (x, y) if isinstance(z, Symbol))
    base, exponent = floated(x), floated(y)
    trace.by_math = True
    try:
        return base**exponent
    finally:
        trace.by_math = False


def fsum(seq: Iterable[Any], /) -> Any:
    """The sum of the numbers, rounded once.

    >>> fsum([Value(0.1)] * 10)
    Value(data=1.0, grad=0.0)
    """
    xs = list(seq)
    return ops.fsum(*xs) if has_nodes(xs) else standard.fsum(xs)


def prod(iterable: Iterable[Any], /, *, start: Any = 1) -> Any:
    """The product of the numbers, times `start`.

    >>> prod([Value(2.0), 3, 4])
    Value(data=24.0, grad=0.0)
    """
    xs = list(iterable)
    if not has_nodes([start, *xs]):
        return standard.prod(xs, start=start)
    return reduce(mul, xs if type(start) is int and start == 1 else [start, *xs])


def sumprod(p: Iterable[Any], q: Iterable[Any], /) -> Any:
    """The sum of the products of p and q, rounded once.

    >>> sumprod([Value(2.0), 3], [10, 100])
    Value(data=320.0, grad=0.0)
    """
    p, q = list(p), list(q)
    if not has_nodes(p + q):
        return getattr(standard, "sumprod", special.sumprod)(p, q)
    if len(p) != len(q):
        raise ValueError("Inputs are not the same length")
    return ops.sumprod(*p, *q)


def dist(p: Iterable[Any], q: Iterable[Any], /) -> Any:
    """The Euclidean distance of two points.

    >>> dist([Value(0.0), 0], [3, 4])
    Value(data=5.0, grad=0.0)
    """
    p, q = list(p), list(q)
    if not has_nodes(p + q):
        return standard.dist(p, q)
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return ops.hypot(*[rounded(x) - rounded(y) for x, y in zip(p, q, strict=True)])


def fma(x: Any, y: Any, z: Any, /) -> Any:
    """x * y + z, rounded once.

    >>> fma(Value(0.1), 10, -1)
    Value(data=5.551115123125783e-17, grad=0.0)
    """
    return ops.fma(x, y, z)


def ldexp(x: Any, i: int, /) -> Any:
    """x * 2**i.

    >>> ldexp(Value(0.75), 3)
    Value(data=6.0, grad=0.0)
    """
    return ops.ldexp(x, max(-9999, min(index(i), 9999))) if isinstance(x, Node) else standard.ldexp(x, i)


def frexp(x: Any, /) -> tuple[Any, int]:
    """The mantissa and exponent of x: x = m * 2**e, and 0.5 <= abs(m) < 1.

    >>> frexp(Value(6.0))
    (Value(data=0.75, grad=0.0), 3)
    """
    mantissa, exponent = standard.frexp(exactly(x))
    return (ops.ldexp(x, -exponent) if isinstance(x, Node) else mantissa), exponent


def modf(x: Any, /) -> tuple[Any, float]:
    """The fractional and the whole part of x.

    >>> modf(Value(2.5))
    (Value(data=0.5, grad=0.0), 2.0)
    """
    fraction, number_or_int = standard.modf(exactly(x))
    return (ops.fraction(x) if isinstance(x, Node) else fraction), number_or_int


def nextafter(x: Any, y: Any, /, **steps: int) -> Any:
    """The float after x towards y.

    >>> nextafter(Value(1.0), 2.0)
    Value(data=1.0000000000000002, grad=0.0)
    """
    if not isinstance(x, Node):
        return standard.nextafter(x, exactly(y), **steps)
    if not steps:
        return ops.nextafter(x, y)
    target = standard.nextafter(exactly(x), exactly(y), **steps)
    if isinstance(x, Symbol):
        return ops.nextafter(x, target)
    kind, y = Active if type(x) is Active else Value, rounded(y)
    return made(target, OPS["nextafter"], x, plain(x), y, plain(y), kind)


def rounded(x: Any) -> Any:
    """A plain number as the float that `math` would take it for."""
    return x if isinstance(x, Node) else standard.ldexp(x, 0)


def plain(x: Any) -> Any:
    """A Value's or Symbol's number."""
    return x._data if isinstance(x, Node) else x


def exactly(x: Any) -> Any:
    """The same, where the answer goes on as a plain number: a trace notes that it is good for this number only."""
    return x._exactly() if isinstance(x, Symbol) else plain(x)


def number_or_int(x: Any) -> Any:
    """A Value's number, as an int if it is one."""
    number = exactly(x)
    return int(number) if isinstance(x, Node) and float(number).is_integer() else number


def has_nodes(xs: list[Any]) -> bool:
    return any(isinstance(x, Node) for x in xs)


def constant(function: Callable[..., Any], number: Callable[[Any], Any] = exactly) -> Callable[..., Any]:
    """A function that is constant almost everywhere, of the plain numbers of Values."""

    drops = function is not standard.isclose  # which is a condition, as x < y is

    @wraps(function)
    def answer(*xs: Any, **options: Any) -> Any:
        if drops and THREAD.run and has_nodes([*xs]):
            note_drop(THREAD.run, f"{function.__name__}() answered a plain number", sys._getframe(1))
        return function(*map(number, xs), **options)

    return answer


def asked(x: Any) -> Any:
    """A Value's number; a Symbol or a column of rows as it is, which `floor` and its like ask themselves."""
    return plain(x) if isinstance(x, Value) else x


def condition(function: Callable[..., bool], of_symbol: Callable[[Any], Any]) -> Callable[..., bool]:
    """A condition on a number, which a trace knows how to ask."""

    @wraps(function)
    def answer(x: Any, /) -> bool:
        return function(plain(x)) if isinstance(x, Value) or not isinstance(x, Node) else bool(of_symbol(x))

    return answer


globals().update({name: vars(ops)[name] for name in ops.PUBLIC if hasattr(standard, name)})

ceil, floor, trunc = (constant(f, asked) for f in (standard.ceil, standard.floor, standard.trunc))
DROPPING_CODE[floor.__code__] = "{}() answered a plain number"  # of all that `constant` makes
isclose, ulp = constant(standard.isclose), constant(standard.ulp)
isfinite = condition(standard.isfinite, lambda x: abs(x) < standard.inf)
isinf = condition(standard.isinf, lambda x: abs(x) == standard.inf)
isnan = condition(standard.isnan, lambda x: x != x)
comb, factorial, perm = (constant(f, number_or_int) for f in (standard.comb, standard.factorial, standard.perm))
gcd, isqrt, lcm = (constant(f, number_or_int) for f in (standard.gcd, standard.isqrt, standard.lcm))

__all__ = [name for name in dir(standard) if not name.startswith("_")]


def __getattr__(name: str) -> Any:
    """The constants, and what a newer Python has beside: functions of plain numbers only."""
    return getattr(standard, name)
