"""What a function sees inside a recording is what it sees on plain numbers, in every engine: or it is refused."""

from __future__ import annotations

import contextlib
import enum
import functools
import math
import numbers
import operator
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import micrograd_like as ml
from micrograd_like import Value, explore, grad, hessian, jit, lift, value_and_grad, vmap, where
from micrograd_like.compile.rows.kernels import ieee_value
from micrograd_like.errors import TracingError
from micrograd_like.ieee import Ieee
from micrograd_like.operation import BUILT_IN, OPS, compiled
from micrograd_like.trace.raising import (
    AWKWARD,
    MATH_POW,
    RAISES_WHERE,
    condition_of,
    errors_of,
    raises_somewhere,
    raising,
)

inf, nan = math.inf, math.nan
POINTS = [0.5, 1.0, 1.5, 2.5, -1.0, 0.0]
COUNTS = [0, 1, 2, 3, 7, -7, -1]
THRESHOLDS = [0.2, 0.9, 1.2, 2.0]


def outcome(f: Callable[..., Any], *args: Any) -> Any:
    try:
        return f(*args)
    except Exception as error:
        return type(error)


def row(tree: Any, r: int) -> Any:
    """What an answer of vmap says of one row."""
    if isinstance(tree, list | tuple):
        return type(tree)(row(x, r) for x in tree)
    return {key: row(x, r) for key, x in tree.items()} if isinstance(tree, dict) else tree[r].item()


def equal(a: Any, b: Any, typed: bool = False) -> bool:
    """Whether two answers are one; `typed` tells True from 1 and 1 from 1.0."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(equal(x, y, typed) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key], typed) for key in a)
    if typed and type(a) is not type(b):
        return False
    return bool(a == b or (a != a and b != b))


def answers_as_it_is(f: Callable[..., Any], points: list[Any]) -> None:
    """f compiled to Python and to machine code, and over rows by both engines, answers what f itself does.

    Where f raises an error of arithmetic, IEEE 754 has an answer; where it raises another, the compiled one does too.
    """
    calls = [point if isinstance(point, tuple) else (point,) for point in points]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it catches errors is told once
        for order in (calls, calls[::-1]):
            compare_engines(f, order)


def compare_engines(f: Callable[..., Any], order: list[Any]) -> None:
    fast, native = jit(f, check=False), jit(f, engine="native", check=False)
    for call in [*order, *order]:
        wanted = outcome(f, *call)
        assert equal(outcome(fast, *call), wanted, typed=True), ("python", call)
        if wanted not in (ZeroDivisionError, OverflowError, ValueError):
            assert equal(outcome(native, *call), wanted), ("native", call)
    rows = [call for call in order if not isinstance(outcome(f, *call), type)]
    for engine in ("numpy", "native") if rows else ():
        answer = vmap(f, engine=engine, check=False)(*map(np.array, zip(*rows, strict=True)))
        for r, call in enumerate(rows):
            assert equal(row(answer, r), f(*call)), (engine, call)


# comparisons are bools, with a bool's arithmetic

AS_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "a factor": lambda x: 100.0 * (x > 1),
    "a mask": lambda x: x * (x > 1),
    "in max": lambda x: max(x > 1, 0.5),
    "in min": lambda x: min(x > 1, x > 2),
    "equal to a number": lambda x: (x > 1) == 1.0,
    "compared": lambda x: [(x > 1) < 0.5, (x > 1) < (x > 2), (x > 1) != (x > 2), x < (x > 1)],
    "counted": lambda x: sum(x > t for t in THRESHOLDS),
    "counted in floats": lambda x: sum([x > t for t in THRESHOLDS], 0.0),
    "negated": lambda x: -(x > 1),
    "added": lambda x: (x > 1) + (x > 2),
    "subtracted": lambda x: (x > 1) - (x > 2),
    "added to floats": lambda x: [(x > 1) + 0.5, 0.5 + (x > 1), 1 - (x > 1)],
    "divided": lambda x: [(x > 1) / 2, (x > 1) // 2, (x > 1) % 2, 1 / ((x > 1) + 1), divmod(x > 1, 2)],
    "a power": lambda x: [(x > 1) ** 2, 2.0 ** (x > 1), x ** (x > 1)],
    "bits": lambda x: [(x > 0) & (x > 1), (x > 0) | (x > 1), (x > 0) ^ (x > 1), (x > 0) & 3, 3 & (x > 0), (x > 1) << 3],
    "inverted": lambda x: ~(x > 1) + 0,
    "whole": lambda x: [int(x > 1), round(x > 1), math.floor(x > 1), math.trunc(x > 1), +(x > 1), abs(x > 1)],
    "a float": lambda x: float(x > 1),
    "an index": lambda x: [10.0, 20.0][x > 1] + [1.0, 2.0, 3.0][(x > 1) :][0],
    "a repetition": lambda x: sum([0.5] * (x > 1)) + sum(range((x > 1) + (x > 2) + 1)),
    "text": lambda x: {"True": 1.0, "False": 2.0}[f"{x > 1}"] + len(str(x > 1)),
    "a key": lambda x: {True: x, False: -x}[x > 1],
    "in a function": lambda x: [ml.exp(x > 1), ml.sin(x > 1), ml.sigmoid(x > 1), ml.hypot(x > 1, x), ml.relu(x > 1)],
    "in functions of math": lambda x: [ml.math.fsum([x > 1, x > 2]), ml.math.prod([x > 1, x > 0, 2])],
    "in a choice": lambda x: [ml.maximum(x > 1, 0.5), ml.minimum(x, x > 1), where(x > 1, x > 2, 5.0)],
    "beside where": lambda x: 2.0 * where(x > 1, x, x * x) + (x > 2),
    "answered": lambda x: [x > 1, (x > 2, x)],
    "answered by name": lambda x: {"above": x > 1},
    "all and any": lambda x: [all([x > 0, x > 1]), any([x > 0, x > 1]), not (x > 1), (x > 0) and (x > 1)],
    "sorted and counted": lambda x: [*sorted([x > 1, x > 0, x > 2]), [x > 1, x > 2].count(True), len({x > 1, x > 2})],
    "a mask of NumPy": lambda x: float((~np.array([x > t for t in THRESHOLDS])).sum()),
    "an int": lambda x: [1.0 if isinstance(x > 1, int) else 2.0, (x > 1).real, (x > 1).bit_length()],
}


@pytest.mark.parametrize("use", AS_NUMBERS.values(), ids=AS_NUMBERS.keys())
def test_a_comparison_is_a_bool_with_a_bools_arithmetic(use: Callable[[Any], Any]) -> None:
    answers_as_it_is(use, POINTS)


def test_a_mask_takes_one_way() -> None:
    fast = jit(lambda x: 100.0 * (x > 1) + sum(x > t for t in THRESHOLDS))
    assert [fast(x) for x in POINTS] == [1.0, 2.0, 103.0, 104.0, 0.0, 0.0]
    assert fast.paths == 1


def test_masks_under_derivatives_are_constants() -> None:
    f = jit(lambda x: grad(lambda t: t * t * (t > 1) + 100.0 * (t > 1))(x))
    assert [f(2.0), f(0.5)] == [4.0, 0.0]
    assert jit(hessian(lambda x: x**3 * (x > 1)))(2.0) == 12.0
    assert jit(value_and_grad(lambda x: x * sum(x > t for t in THRESHOLDS)))(1.5) == (4.5, 3.0)
    assert vmap(grad(lambda x: x * max(x > 1, 0.5)))(np.array([2.0, 0.5])).tolist() == [1.0, 0.5]
    assert jit(grad(lambda x: x * x * (x > 1)), engine="native")(3.0) == 6.0


# identity and types


class Flag:
    def __init__(self, flag: Any) -> None:
        self.flag = flag

    def factor(self) -> float:
        return 5.0 if self.flag is True else 6.0


def is_true(flag: Any) -> float:
    return 1.0 if flag is True else 2.0


def matched(x: Any) -> float:
    match x > 1:
        case True:
            return 1.0
        case _:
            return 2.0


def matched_twice(x: Any) -> float:
    match (x > 0, x > 1):
        case (True, False):
            return 1.0
        case (True, True):
            return 2.0
        case _:
            return 3.0


def matched_by_class(x: Any) -> Any:
    match x:
        case float(v):
            return v * 3
        case int(n):
            return n * 2


def kept_flag(x: Any) -> float:
    flag = x > 1
    return 1.0 if flag is not False else 2.0


IDENTITIES = [
    lambda x: 1.0 if (x > 0) is True else 2.0,
    lambda x: 1.0 if operator.is_(x > 0, True) else 2.0,
    lambda x: 1.0 if (x > 0) is (x < 2) else 2.0,
    lambda x: is_true(x > 1),
    lambda x: Flag(x > 1).factor(),
    lambda x: x * 2 if x is not None else x,
    matched,
    matched_twice,
    kept_flag,
]


@pytest.mark.parametrize("ask", IDENTITIES)
def test_which_object_a_comparison_is_can_be_asked(ask: Callable[[Any], Any]) -> None:
    answers_as_it_is(ask, POINTS)
    slope = grad(lambda x: x * ask(x))
    assert [jit(slope)(x) for x in (2.0, 0.5)] == [slope(2.0), slope(0.5)]


def test_to_ask_for_none_leaves_conditions_unasked() -> None:
    fast = jit(lambda x: where(x > 0, x, -2 * x) if x is not None else 0.0)
    assert [fast(3.0), fast(-3.0), fast.paths] == [3.0, 6.0, 1]


def test_class_patterns_and_isinstance_see_the_number() -> None:
    answers_as_it_is(matched_by_class, POINTS)
    answers_as_it_is(matched_by_class, COUNTS)
    answers_as_it_is(
        lambda x: [1.0 if x.__class__ is float else 2.0, 1.0 if isinstance(x, numbers.Real) else 2.0], POINTS
    )
    answers_as_it_is(lambda n: 1 if isinstance(n, numbers.Integral) else 2, COUNTS)


def typed(x: Any) -> float:
    return 1.0 if type(x) is float else 2.0


class Checker:
    def check(self, x: Any) -> float:
        return 1.0 if type(x) == float else 2.0  # noqa: E721


def refuses_ints(x: Any) -> Any:
    if type(x) is not float:
        raise TypeError("floats only")
    return x


def in_a_loop(x: Any) -> float:
    found = 0.0
    for y in [x, 2 * x]:
        if type(y) in (int, float):
            found += 1
    return found


ASKING_TYPES: list[Callable[[Any], Any]] = [
    typed,
    refuses_ints,
    in_a_loop,
    lambda x: typed(x * 2),
    lambda x: Checker().check(x),
    lambda x: 1.0 if float is type(x) else 2.0,
    lambda x: 1.0 if type(x * 2) is float else 2.0,
    lambda x: 1.0 if type(abs(x)) is float else 2.0,
    lambda x: 1.0 if type([x][0]) is float else 2.0,
    lambda x: 1.0 if type(x).__name__ == "float" else 2.0,
    lambda x: {float: 1.0, int: 2.0}[type(x)],
    lambda x: 1.0 if list(map(type, [x])) == [float] else 2.0,
    lambda x: 1.0 if type(x > 0) is bool else 2.0,
]


@pytest.mark.parametrize("record", [jit, lambda f: jit(f, engine="native"), lambda f: lambda x: vmap(f)([x])])
@pytest.mark.parametrize("ask", ASKING_TYPES)
def test_to_ask_a_number_for_its_type_is_refused_unless_the_code_is_lifted(
    ask: Callable[[Any], Any], record: Any
) -> None:
    with lift.off(), pytest.raises(TracingError, match=r"is not (float|bool), at test_symbols_as_numbers.py:\d+"):
        record(ask)(2.5)
    assert [*np.ravel(record(ask)(2.5))] == [ask(2.5)]


def test_types_that_no_number_has_can_be_asked_for() -> None:
    flag = Flag(2.0)
    answers_as_it_is(lambda x: x if type(x) is np.ndarray else 2 * x, POINTS)
    answers_as_it_is(lambda x: x if type(x) in (list, tuple) or type(x) is type(None) else 2 * x, POINTS)
    answers_as_it_is(lambda x: x * flag.flag if type(flag) is Flag and type(flag).__name__ == "Flag" else x, POINTS)


# attributes

NAMES = [*"name op parents trace number is_value data grad backward label _prev called exactly".split()]


def test_a_plain_number_has_the_attributes_of_a_plain_number() -> None:
    answers_as_it_is(lambda x: [1.0 if hasattr(x, name) else 2.0 for name in NAMES], POINTS)
    answers_as_it_is(lambda x: [getattr(x, "data", x), getattr(x, "op", 7.0), 1.0 if callable(x) else 2.0], POINTS)
    answers_as_it_is(lambda n: [1 if hasattr(n, name) else 2 for name in NAMES], COUNTS)
    answers_as_it_is(lambda x: 1.0 * len(dir(x)), POINTS)


@pytest.mark.parametrize("use", [vars, iter, len, lambda x: x(), lambda x: x[0], lambda x: x @ x, lambda x: x & 1])
def test_what_a_number_cannot_do_raises_as_it_would(use: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as error:
        jit(use)(2.5)
    assert "Symbol" not in str(error.value)
    answers_as_it_is(use, POINTS)


def test_a_variable_has_the_attributes_of_a_value() -> None:
    for f in (
        lambda x: 3 * x if x.name == "x" else x,
        lambda x: 3 * x if (2 * x).op.name == "mul" else x,
        lambda x: 3 * x if (2 * x).parents[0] is not None else x,
        lambda x: 3 * x if f"{x}" == str(x) and f"{x:.1f}" == "2.0" else x,
    ):
        assert jit(grad(f))(2.0) == grad(f)(2.0) == 3.0


def test_isinstance_sees_a_value_where_there_are_values() -> None:
    f = grad(lambda x: x if isinstance(x, Value) else 2 * x)
    assert [f(3.0), jit(f)(3.0), vmap(f)([3.0]).tolist()] == [1.0, 1.0, [1.0]]
    assert jit(lambda x: x if isinstance(x, Value) else 2 * x)(3.0) == 6.0
    assert jit(hessian(lambda x: x**2 if isinstance(x * 2, Value) else x))(3.0) == 2.0


class Color(enum.IntEnum):
    RED = 1
    BLUE = 2


class Price(float):
    currency = "EUR"

    def __add__(self, other: Any) -> Any:
        return Price(float(self) + float(other) + 100)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, c: x * 2 if c.name == "RED" else x * 3,
        lambda x, c: x * 2 if hasattr(c, "name") else x * 3,
        lambda x, c: x * 2 if c is Color.RED else x * 3,
        lambda x, c: x * c + Color.BLUE,
    ],
)
def test_a_member_of_an_enum_stays_one(f: Callable[..., Any]) -> None:
    for record in (jit, lambda f: jit(f, engine="native"), lambda f: jit(grad(f)), lambda f: vmap(f, (0, None))):
        compiled, plain = record(f), grad(f) if record(f).__name__ == "never" else f
        for color in (Color.RED, Color.BLUE, Color.RED):
            given: Any = np.array([3.0]) if isinstance(compiled, type(vmap(f))) else 3.0
            wanted = grad(f)(3.0, color) if getattr(compiled, "is_derivative", False) else plain(3.0, color)
            assert compiled(given, color) == wanted


def test_a_number_of_a_class_of_its_own_keeps_its_methods() -> None:
    fast = jit(lambda x, price: x * (price + 5.0) + len(price.currency))
    wanted = [(3.0, Price(2.0)), (3.0, Price(4.0)), (1.0, Price(2.0))]
    assert [fast(*call) for call in wanted] == [x * (price + 5.0) + len(price.currency) for x, price in wanted]


# what was refused is raised, though the function catches it


def by_math(x: Any) -> Any:
    try:
        y = math.exp(x)
    except Exception:
        y = -1.0
    return y * x


def by_key(x: Any) -> Any:
    try:
        return {2.5: 1.0}[x]
    except TypeError:
        return x


def by_pickle(x: Any) -> Any:
    with contextlib.suppress(Exception):
        pickle.dumps(x)
    return x


def by_float(x: Any) -> Any:
    with contextlib.suppress(TypeError):
        return np.float64(x)
    return x


@pytest.mark.parametrize("f", [by_math, by_key, by_pickle, by_float, lambda x: 2 * by_math(x + 1)])
@pytest.mark.parametrize(
    "record", [jit, lambda f: jit(f, engine="native"), lambda f: jit(grad(f)), lambda f: lambda x: vmap(f)([x])]
)
def test_a_refusal_that_the_function_catches_is_raised_when_the_run_returns(f: Any, record: Any) -> None:
    with (
        lift.off(),
        pytest.raises(TracingError, match=r"caught this error and went on, at test_symbols_as_numbers.py:\d+"),
    ):
        record(f)(2.5)


def test_a_refusal_that_an_inner_derivative_catches_is_raised_too() -> None:
    with lift.off(), pytest.raises(TypeError, match="lose its derivative as a plain float"):
        jit(lambda x: x * grad(by_math)(x))(2.5)
    assert jit(lambda x: x * grad(by_math)(x))(2.5) == pytest.approx(2.5 * 3.5 * math.exp(2.5))
    with pytest.raises(TypeError, match=r"the .grad of x would stay as it is"):
        jit(grad(lambda x: 2 * x if hasattr(x, "grad") else x))(2.5)


# an operation that may raise, where the program would catch it


def divided(x: Any) -> Any:
    try:
        return 5.0 / x
    except ZeroDivisionError:
        return 100 * (x + 5)


def of_a_helper(x: Any) -> Any:
    try:
        return reciprocal(x)
    except ArithmeticError:
        return 9.0


def reciprocal(x: Any) -> Any:
    return 1 / x


def suppressed(x: Any) -> Any:
    y = 3.0
    with contextlib.suppress(ZeroDivisionError):
        y = 1 / x
    return y


def in_a_stack(x: Any) -> Any:
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(ZeroDivisionError))
        return 1 / x
    return 12.0


def finally_returned(x: Any) -> Any:
    try:
        return 1 / x
    finally:
        return 4.0  # noqa: B012, SIM107


def shares(x: Any) -> Any:
    for t in (0.0, 1.0, 2.0):
        try:
            share = t / (x - t)
        except ZeroDivisionError:
            share = -1.0
        yield share


def skipped(x: Any) -> Any:
    total = 0.0
    for k in range(4):
        try:
            total = total + 1 / (x - k * 0.5)
        except ZeroDivisionError:
            continue
    return total


def logarithm(x: Any) -> Any:
    try:
        return ml.log(x)
    except ValueError:
        return -7.0


def exponential(x: Any) -> Any:
    try:
        return ml.exp(x * 800) + (x * 1e150) ** 3
    except OverflowError:
        return -1.0


def powers(x: Any) -> Any:
    try:
        return x**-1 + ml.math.pow(x, -2.0)
    except (ZeroDivisionError, ValueError):
        return 33.0


def whole(x: Any) -> Any:
    try:
        return int(x / (x - 1)) + x // (x - 2.5)
    except (ValueError, ZeroDivisionError):
        return 5.0


def element(x: Any) -> Any:
    try:
        return [1.0, 2.0, 3.0][int(x * 2)]
    except IndexError:
        return 7.0


def nested(x: Any) -> Any:
    try:
        try:
            return 1 / x
        except ValueError:
            return 1.0
    except ZeroDivisionError as error:
        return float(len(type(error).__name__))


def reduced(x: Any) -> Any:
    try:
        return functools.reduce(operator.truediv, [1.0, x, 2.0]) + ml.gamma(x)
    except (ValueError, ZeroDivisionError):
        return 77.0


def to_no_use(x: Any) -> Any:
    try:
        1 / x
    except ZeroDivisionError:
        return 66.0
    return x * 2


def refuses_one(x: float) -> float:
    if x == 1.0:
        raise KeyError("one")
    return x * 2


def own(x: Any) -> Any:
    operation = ml.function("may_refuse_one", refuses_one, lambda x, out, g: 2 * g)
    try:
        return operation(x)
    except KeyError:
        return 99.0


CATCHING = [divided, of_a_helper, suppressed, in_a_stack, finally_returned, skipped, logarithm, exponential, powers]
CATCHING += [whole, element, nested, reduced, to_no_use, lambda x: sum(shares(x))]


@pytest.mark.parametrize("f", CATCHING)
def test_an_error_that_the_program_catches_leads_its_own_way(f: Callable[[Any], Any]) -> None:
    points = [2.0, 0.0, 1.0, -1.0, 0.5, 2.5]
    answers_as_it_is(f, points)
    with contextlib.suppress(TypeError, UserWarning):  # some answers have no derivative
        slope = grad(lambda x: f(x) + x)
        answers_as_it_is(slope, [2.0, 0.0, 1.0])


def test_an_error_of_an_own_operation_that_the_program_catches_leads_its_own_way() -> None:
    operation = ml.function("may_refuse_one", refuses_one, lambda x, out, g: 2 * g)

    def f(x: Any) -> Any:
        try:
            return operation(x)
        except KeyError:
            return 99.0

    answers_as_it_is(f, [2.0, 1.0, 0.0])
    assert jit(hessian(lambda x: f(x) * x))(2.0) == 4.0


def test_the_row_of_the_table_that_was_wrong() -> None:
    rows = np.array([0.0, 1.0, 2.0, -1.0])
    assert vmap(divided)(rows).tolist() == [500.0, 5.0, 2.5, -5.0]
    native = jit(divided, engine="native")
    assert [native(1.0), native(0.0), native(0.0)] == [5.0, 500.0, 500.0]
    assert vmap(grad(divided), engine="native")(rows).tolist() == [100.0, -5.0, -1.25, -5.0]


def test_errors_that_nobody_catches_are_inf_and_nan_over_rows() -> None:
    def other(x: Any) -> Any:
        try:
            return 1 / x
        except KeyError:
            return 2.0

    def cleaned(x: Any) -> Any:
        with contextlib.nullcontext():
            return ml.log(x) + 1 / x

    rows = np.array([1.0, 0.0, 2.0])
    for engine in ("numpy", "native"):
        assert vmap(other, engine=engine)(rows).tolist() == [1.0, inf, 0.5]
        assert vmap(other, engine=engine)(rows[::-1]).tolist() == [0.5, inf, 1.0]
        assert np.isnan(vmap(cleaned, engine=engine)(rows)).tolist() == [False, True, False]
    assert jit(other, engine="native")(0.0) == inf


def test_where_nothing_is_caught_nothing_is_asked() -> None:
    over_rows = vmap(lambda x: 1 / x + ml.log(x))
    over_rows(np.array([1.0, 0.0, -1.0]))
    assert over_rows.paths == 1


@pytest.mark.parametrize("name", sorted(RAISES_WHERE))
def test_the_engines_know_where_an_operation_raises(name: str) -> None:
    from itertools import product

    from micrograd_like.operation import SPELLED_WITH

    op, ieee = OPS.get(name, MATH_POW), {"__builtins__": {"abs": abs}, **SPELLED_WITH}
    ieee |= {word: functools.partial(ieee_value, OPS[word]) for word in BUILT_IN & {*SPELLED_WITH} if OPS[word].rule}
    python = compiled(op.spelling, op.letters)
    for numbers_ in product([*AWKWARD, 3.0, 710.0, 745.0, 1e-320], repeat=op.arity):
        kinds = errors_of(op)
        letters = dict(zip(op.letters, map(Ieee, numbers_), strict=True))
        spelled = eval(condition_of(op, kinds), ieee, letters)
        assert float(spelled) == raising(op, kinds).value(*numbers_), numbers_
        for kind in kinds:
            assert bool(eval(condition_of(op, (kind,)), ieee, letters)) is raising(op, (kind,)).value(*numbers_)
        try:
            python(*numbers_)
            exact = None
        except Exception as error:
            exact = type(error)
        if exact or not op.is_power:  # of which a negative base makes Python's complex numbers
            assert raising(op, kinds).answer(exact) == float(spelled), numbers_


def test_questions_that_travel() -> None:
    question = raising(OPS["pow"], (OverflowError, ZeroDivisionError))
    assert pickle.loads(pickle.dumps(question)) is question
    assert not raises_somewhere(OPS["add"], (None, None))
    over_rows = pickle.loads(pickle.dumps(vmap(divided)))
    over_rows(np.array([1.0, 0.0]))
    again = pickle.loads(pickle.dumps(over_rows))
    assert again(np.array([0.0, 1.0])).tolist() == [500.0, 5.0]


# ints

AS_INTS: dict[str, Callable[[Any], Any]] = {
    "beside bools": lambda n: [n + True, True * n, n**True, (n > 1) + n, sum([n, n, True])],
    "bits": lambda n: [n & 1, n | 2, n ^ 1, n << 3, n >> 1, ~n, 5 & n, 5 | n, n & n],
    "a float": lambda n: [float(n), n / 3, n * 0.5, complex(n).real],
    "in math": lambda n: [math.pow(n, 2), math.gcd(n, 6), math.hypot(n, 3), math.dist([n], [2])],
    "roots": lambda n: [math.sqrt(n), math.isqrt(n), math.factorial(n), math.comb(7, n)],
    "in our math": lambda n: [ml.math.pow(n, 2), ml.math.gcd(n, 6), ml.math.fabs(n), ml.maximum(n, 2)],
    "parts": lambda n: [n.bit_length(), n.numerator, n.conjugate(), n.as_integer_ratio()],
    "divided": lambda n: [divmod(n, 3), divmod(n, -3), n // 2, n % 3, n % -3, divmod(7, 2 * n + 1)],
    "powers": lambda n: [n**2, 2**n, n**0, pow(n, 2, 5)],
    "a negative power": lambda n: n**-1,
    "rounded": lambda n: [round(n, -1), round(n), math.floor(n), abs(n), -n],
    "large": lambda n: [(n + 2**60) / 3, n * 2**70, n + 10**400, n == 2**53 + 1],
    "text": lambda n: [float(str(n)), float(f"{n:d}"), float(len(hex(n)))],
    "indices": lambda n: [[1.0, 2.0, 3.0, 4.0][n % 4], sum(range(n)), sum([0.5] * n)],
    "flags": lambda n: n and 5,
}


@pytest.mark.parametrize("use", AS_INTS.values(), ids=AS_INTS.keys())
def test_an_int_computes_as_an_int(use: Callable[[Any], Any]) -> None:
    for order in (COUNTS, COUNTS[::-1]):
        fast = jit(use, check=False)
        for n in [*order, *order]:
            assert equal(outcome(fast, n), outcome(use, n), typed=True), n


def test_ints_over_rows_and_in_machine_code_have_the_values_of_ints() -> None:
    for name in ("beside bools", "bits", "a float", "in math", "divided", "rounded"):
        answers_as_it_is(AS_INTS[name], COUNTS)


def test_numbers_of_numpy_beside_an_int_are_ints() -> None:
    fast = jit(lambda n: [n + np.int64(1), np.int64(2) * n, n + np.float64(0.5)])
    assert [type(x) for x in fast(3)] == [int, int, float]
    assert fast(3) == [4, 6, 3.5]


# the explorer


def test_the_explorer_runs_what_a_recording_runs() -> None:
    for f in (lambda x: x * (x > 1) + 100.0 * (x > 1), lambda x: x * is_true(x > 1)):
        assert explore(f, 2.5)
    with lift.off(), pytest.raises(TypeError, match="lose its derivative"):
        explore(by_math, 2.5)
    assert explore(by_math, 2.5)
