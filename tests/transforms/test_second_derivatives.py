"""Facts about derivatives of derivatives: they keep their digits as the first ones do, near 0, near 1 and far out."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import mpmath
import oracles
import pytest
from mpmath import mpf

import micrograd_like
from micrograd_like import Value, acos, asin, atanh, dist, grad, hessian, hvp, hypot, jit, jvp, ops, sigmoid, sqrt, vmap
from micrograd_like.operation import OPS

LINEAR = {"neg", "pos", "abs", "fabs", "relu", "degrees", "radians"}
ROWS = [name for name in ops.PUBLIC if OPS[name].arity == 1 and OPS[name].rule and name not in LINEAR]
NEAR = [1e-300, 1e-200, 1e-160, 1e-100, 1e-30, 1e-16, 1e-12, 1e-9, 3e-8, 1e-6, 1e-5, 1e-3, 0.1, 0.3, 0.5, 0.9]
ONE = [0.999, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12, 1 - 2**-53, 1 + 2**-52, 1 + 1e-9, 1.001, 1.5]
FAR = [2.0, 3.0, 7.0, 18.0, 20.0, 37.0, 40.0, 100.0, 350.0, 700.0, 708.0, 720.0, 1e4, 1e8, 1e16, 1e77, 1e150]
POINTS = [sign * x for x in NEAR + ONE + FAR for sign in (1, -1)]


def function_of(name: str) -> Callable[[Any], Any]:
    return vars(micrograd_like)[name]  # type: ignore[no-any-return]


def exact(f: Callable[..., Any], at: tuple[float, ...], inputs: tuple[int, ...]) -> Any:
    """The derivative by these inputs, one after the other: slopes between close neighbours, to many digits."""
    magnitude = sum(abs(math.log10(abs(x))) for x in at if x)
    with mpmath.workdps(100 + int(len(inputs) * (40 + magnitude) + magnitude)):
        step = mpf(10) ** -40
        widths = [min(abs(mpf(x)), 1) * step for x in at]
        total = mpf(0)
        for signs in itertools.product((1, -1), repeat=len(inputs)):
            moved = [mpf(x) for x in at]
            for k, sign in zip(inputs, signs, strict=True):
                moved[k] += sign * widths[k]
            total += math.prod(signs) * f(*moved)
        return total / math.prod(2 * widths[k] for k in inputs)


def check(measured: float, f: Callable[..., Any], at: tuple[float, ...], inputs: tuple[int, ...]) -> None:
    """Within 1e-12 of the true one, or of what that moves by when an input moves by a unit in its last place."""
    true = exact(f, at, inputs)
    if isinstance(true, mpmath.mpc) or not 1e-290 < abs(true) < 1e290:
        return
    moved = max(
        abs(exact(f, (*at[:k], math.nextafter(x, math.inf), *at[k + 1 :]), inputs) - true) for k, x in enumerate(at)
    )
    assert abs(mpf(measured) - true) <= max(1e-12 * abs(true), 20 * moved), (at, measured, float(true))


def defined(f: Callable[[Any], Any], x: float) -> bool:
    try:
        return math.isfinite(f(x))
    except (ArithmeticError, ValueError):
        return False


def branch(name: str, x: float) -> bool:
    """Whether the spelling turns to another branch there, which no neighbour can be asked about."""
    return (name == "sigmoid" and x == -709) or (name in ("gamma", "lgamma") and not 1e-5 < x < 100)


@pytest.mark.parametrize("name", ROWS)
def test_second_derivatives_agree_with_mpmath_from_1e_minus_300_to_1e150(name: str) -> None:
    f = function_of(name)
    second = grad(grad(f))
    chance = random.Random(name)
    checked = 0
    for x in POINTS + [chance.choice((-1, 1)) * 10 ** chance.uniform(-3, 3) for _ in range(20)]:
        if defined(f, x) and not branch(name, x):
            check(second(x), oracles.value(OPS[name]), (x,), (0, 0))
            checked += 1
    assert checked >= 10


@pytest.mark.parametrize("name", ["asin", "acos", "atanh", "sigmoid", "softplus", "tanh", "atan", "asinh", "sqrt"])
def test_third_derivatives_agree_with_mpmath_too(name: str) -> None:
    f = function_of(name)
    third = grad(grad(grad(f)))
    for x in NEAR[4:] + ONE[:4] + FAR[:6]:
        if defined(f, x):
            check(third(x), oracles.value(OPS[name]), (x,), (0, 0, 0))


@pytest.mark.parametrize(
    ("f", "x", "second"),
    [
        (asin, 1e-9, 1e-9),
        (acos, 1e-9, -1e-9),
        (atanh, 1e-9, 2e-9),
        (sigmoid, 1e-9, -1.25e-10),
        (asin, -1e-200, -1e-200),
        (atanh, 1e-300, 2e-300),
        (sigmoid, -1e-100, 1.25e-101),
        (sigmoid, 0.0, 0.0),
        (asin, 0.0, 0.0),
    ],
)
def test_near_0_the_second_derivative_is_the_first_term_of_its_series_in_every_way(
    f: Any, x: float, second: float
) -> None:
    first = grad(f)
    ways = [
        grad(first)(x),
        hessian(f)(x),
        hvp(f)(x, 1.0),
        jvp(first, (x,), (1.0,))[1],
        jit(grad(first))(x),
        jit(grad(first), engine="native")(x),
        vmap(grad(first))([x])[0],
        grad(jit(first))(x),
    ]
    assert ways == [pytest.approx(second, rel=1e-14, abs=0.0)] * len(ways)


@pytest.mark.parametrize(("f", "derivative"), [(asin, math.inf), (acos, -math.inf)])
def test_at_the_ends_of_the_domain_the_derivative_is_still_infinite(f: Any, derivative: float) -> None:
    for x in (1.0, -1.0):
        assert grad(f)(x) == derivative
        v = Value(x)
        f(v).backward()
        assert v.grad == derivative
        assert vmap(grad(f))([x])[0] == derivative


SIDES = [1e-100, 1e-9, 1e-5, 0.7, 1.0, 3.0, 1e5, 1e100]


@pytest.mark.parametrize("signs", [(1, 1), (-1, 1)])
def test_second_derivatives_of_hypot_agree_with_mpmath_however_long_the_sides(signs: tuple[int, int]) -> None:
    for a, b in itertools.product(SIDES, repeat=2):
        at = (signs[0] * a, signs[1] * b)
        measured = hessian(lambda sides: hypot(*sides))(list(at))
        for i, j in itertools.product(range(2), repeat=2):
            check(measured[i][j], oracles.MPMATH["hypot"], at, (i, j))


@pytest.mark.parametrize("at", [(1.0, 2.0, -0.5), (0.3, -0.7, 0.2, 0.9), (3.0, 1e3, 1e3)])
def test_and_of_three_or_four_sides_of_which_none_is_much_longer_than_all_others(at: tuple[float, ...]) -> None:
    measured = hessian(lambda sides: hypot(*sides))(list(at))
    for i, j in itertools.product(range(len(at)), repeat=2):
        check(measured[i][j], oracles.MPMATH["hypot"], at, (i, j))


def test_second_derivatives_of_hypot_with_plain_numbers_one_side_and_at_the_origin() -> None:
    assert grad(grad(lambda x: hypot(x, 1e-6)))(1.0) == pytest.approx(1e-12, rel=1e-11)
    assert grad(grad(lambda x: hypot(1e-6, x)))(1.0) == pytest.approx(1e-12, rel=1e-11)
    assert grad(grad(hypot))(-3.0) == 0.0
    assert hessian(lambda v: hypot(*v))([0.0, 0.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert grad(lambda v: hypot(*v))([0.0, 0.0, 0.0]) == [0.0, 0.0, 0.0]
    assert jit(grad(lambda v: hypot(*v)))([0.0, 0.0]) == [0.0, 0.0]
    assert jit(grad(lambda v: hypot(*v)))([3.0, 4.0]) == grad(lambda v: hypot(*v))([3.0, 4.0]) == [0.6, 0.8]
    assert grad(grad(lambda x: dist([x, 0.0], [0.0, 1e-6])))(1.0) == pytest.approx(1e-12, rel=1e-11)
    assert vmap(grad(grad(lambda x: hypot(x, 1e-6))))([1.0])[0] == pytest.approx(1e-12, rel=1e-11)


def test_the_derivative_of_a_hypot_of_a_thousand_sides_is_a_graph_of_a_few_thousand_nodes() -> None:
    sides = [Value(1.0 + k / 1000) for k in range(1000)]
    shares = OPS["hypot"].backward(tuple(sides), hypot(*sides), 1.0)
    total = sum(shares)
    seen, stack = {id(total)}, [total]
    while stack:
        for x in stack.pop().parents:
            if isinstance(x, Value) and id(x) not in seen:
                seen.add(id(x))
                stack.append(x)
    assert len(seen) < 10_000
    length = math.hypot(*(x.data for x in sides))
    assert [share.data for share in shares] == pytest.approx([x.data / length for x in sides], rel=1e-14)
    total.backward()
    sums = math.fsum(x.data for x in sides)
    assert [x.grad for x in sides] == pytest.approx([1 / length - x.data * sums / length**3 for x in sides], rel=1e-9)


def test_a_formula_written_out_by_the_user_is_differentiated_as_written() -> None:
    f = lambda x: sqrt((1 - x) * (1 + x))  # noqa: E731
    assert grad(f)(0.6) == pytest.approx(-0.75, rel=1e-15)
