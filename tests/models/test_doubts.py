"""Facts about numbers that are compared where Python itself raises: they have no answer, and never a wrong one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import Value, explain, pm, sensitivities, sweep, value_and_grad
from micrograd_like.models.draws import AtOnce


def branch_on_a_root(a: Any, b: Any) -> Any:
    return b if math.sqrt(a) > 0.5 else 2 * b


def choice_of_a_logarithm(a: Any, b: Any) -> Any:
    return b * max(math.log(a), 0.5)


def branch_on_a_quotient(a: Any, b: Any) -> Any:
    return b if 1 / a > 0 else -b


def its_own_number(a: Any, b: Any) -> Any:
    x = a**0.5
    return x if x == x else 7 * b


def table_by_floor(a: Any, b: Any) -> Any:
    return [1.0, 2.0, 4.0][math.floor(abs(a) * 1e300 * 1e10) % 3] * b if a > 5 else b * a


def loop_on_a_root(a: Any, b: Any) -> Any:
    n = 0
    while b > 0.01 and n < 40:
        b, n = b * (0.5 + 0.3 * math.sin(n * a) ** 2), n + 1
    return n * b if math.sqrt(math.cos(a) + 0.5) > 0.2 else b


MODELS = branch_on_a_root, choice_of_a_logarithm, branch_on_a_quotient, its_own_number, table_by_floor, loop_on_a_root
awkward = st.sampled_from([0.0, -0.0, 1.0, -1.0, 6.0, math.inf, -math.inf]) | st.floats(-3, 3)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("f", MODELS)
@settings(max_examples=cases(5), deadline=None)
@given(rows=st.lists(st.tuples(awkward, awkward), min_size=1, max_size=40))
def test_a_row_is_what_python_answers_or_nothing(f: Any, engine: str, rows: list[tuple[float, float]]) -> None:
    if engine == "native":
        pytest.importorskip("llvmlite")
    a, b = (np.array(column) for column in zip(*rows, strict=True))
    swept = sweep(f, {"a": a, "b": b}, by="b", errors="null", engine=engine)
    for k, row in enumerate(rows):
        try:
            value, slope = value_and_grad(f, argnums="b")(*row)
        except (ArithmeticError, ValueError, TypeError):
            value = slope = math.nan
        np.testing.assert_allclose([swept["value"][k], swept["d_b"][k]], [value, slope], rtol=1e-12, atol=1e-15)


def test_rows_without_an_answer_are_told() -> None:
    with pytest.warns(UserWarning, match="2 of 3 rows have inf or nan in a new column, first row 1"):
        swept = sweep(branch_on_a_root, {"a": [4.0, -1.0, -2.0], "b": [1.0, 1.0, 1.0]})
    np.testing.assert_array_equal(swept["value"], [1.0, math.nan, math.nan])


def test_a_question_without_an_answer_stops_the_sweep_or_leaves_the_row_null() -> None:
    table = {"a": [1.0, 2.0, -math.inf], "b": [1.0, 2.0, 3.0]}

    def f(a: Any, b: Any) -> Any:
        return [1.0, 2.0, 4.0][int(abs(a)) % 3] * b * a

    with pytest.raises(OverflowError) as raised:
        sweep(f, table)
    assert raised.value.__notes__ == ["in row 2 (a = -∞, b = 3)"]
    with pytest.warns(UserWarning, match="f raised in 1 of 3 rows, which are null; first in row 2"):
        np.testing.assert_array_equal(sweep(f, table, errors="null")["value"], [2.0, 16.0, math.nan])


def test_draws_without_an_answer_have_none_though_a_recording_goes_on() -> None:
    def f(x: Any) -> Any:
        return 1.0 + x if math.sqrt(x) > 0.1 else 100.0

    r = sensitivities(f, x=pm(1.0, 0.25), draws=100_000)
    drawn = np.random.default_rng(0)
    x = np.concatenate([drawn.standard_normal((n, 1)) for n in (65_536, 34_464)])[:, 0] * 0.25 + 1.0
    assert isinstance(r.study.answers.at_once, AtOnce)  # type: ignore[union-attr]
    assert r.draws is not None
    assert r.draws.failed == (x < 0).sum() > 0
    assert (r.draws.numbers == 100.0).sum() == ((x >= 0) & (np.sqrt(abs(x)) <= 0.1)).sum()


# loops that an error ends


def left_by_a_root(x: Any) -> Any:
    y = x
    while not y < 1:
        y = math.sqrt(y - 1.5)
    return y


def left_by_a_logarithm(x: Any) -> Any:
    y, n = x, 0
    while y != 0.5:
        y, n = math.log(y) if y > 2 or n else 0.5, n + 1
    return x * y


def left_by_an_overflow(x: Any) -> Any:
    y = x
    while not y < 2.4:
        y = math.exp(y)
    return x


def left_without_a_comparison(x: Any) -> Any:
    y = x
    if x > 2.5:
        while True:
            y = math.sqrt(y - 1.0)
    return y


def left_with_the_same_step(x: Any) -> Any:
    if x > 2.5:
        while True:
            math.log(2.0 - x)
    return x


def left_where_other_numbers_go_on(x: Any) -> Any:
    y, n = x, x
    while y > 2.2:
        math.log(4.0 - n)
        n = n + 0.5
        y = y + 0.0 * n
    return y


def parted_before(x: Any) -> Any:
    n = 0
    while n < x * 6:
        n += 1
    return n * left_by_a_root(x)


LEFT_BY_AN_ERROR = (
    left_by_a_root,
    left_by_a_logarithm,
    left_by_an_overflow,
    left_without_a_comparison,
    left_with_the_same_step,
    left_where_other_numbers_go_on,
    parted_before,
)


def answer_or_nan(f: Any, x: float) -> float:
    try:
        return float(f(x))
    except (ArithmeticError, ValueError):
        return math.nan


@pytest.mark.parametrize("f", LEFT_BY_AN_ERROR)
def test_draws_end_where_only_an_error_ends_a_loop(f: Any) -> None:
    r = sensitivities(f, x=pm(1.9, 0.5), draws=2000)
    answers = r.study.answers
    assert answers is not None
    _, drawn = next(answers.sampler.chunks(2000))
    expected = [answer_or_nan(f, x) for (x,) in drawn.tolist()]
    np.testing.assert_allclose(answers.numbers[0], expected, rtol=1e-12)
    assert r.draws is not None
    assert r.draws.failed == np.isnan(expected).sum() > 100


@pytest.mark.parametrize("f", LEFT_BY_AN_ERROR)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_sweep_ends_there_too(f: Any) -> None:
    x = np.linspace(0.5, 4.0, 50)
    swept = sweep(f, {"x": x}, errors="null")
    np.testing.assert_allclose(swept["value"], [answer_or_nan(f, each) for each in x.tolist()], rtol=1e-12)


def test_explain_ends_there_too() -> None:
    with pytest.raises(ValueError, match="domain") as raised:
        explain(left_by_a_root, {"x": 1.6}, {"x": 4.0})
    assert raised.value.__notes__ == ["at 50.0 % of the way from before to after"]


def test_a_loop_that_does_not_end_is_not_recorded_for_ever_and_is_left_by_an_interruption() -> None:
    def endless(x: Any) -> Any:
        turns = 0
        while x > 2.5:
            x, turns = x * 0.5 + 2.0, turns + 1
            if turns == 200_000:  # for so long nobody waits
                raise KeyboardInterrupt
        return x

    for call in (
        lambda: sensitivities(endless, x=pm(1.0, 0.5), draws=2000),
        lambda: sweep(endless, {"x": [1.0, 3.0, 2.0]}),
        lambda: explain(endless, {"x": 1.0}, {"x": 3.0}),
    ):
        with pytest.raises(KeyboardInterrupt):
            call()
    r = sensitivities(lambda x: x * x if x > 0 else x, x=pm(1.0, 0.5), draws=2000)
    assert r.draws is not None
    assert "take another way" in str(r)


def halved(a: float) -> float:
    low, high = 0.0, 10.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if middle**3 > a else (middle, high)
    return low


@pytest.mark.parametrize("errors", ["raise", "null"])
def test_a_derivative_that_is_refused_is_no_row_without_an_answer(errors: str) -> None:
    with pytest.raises(TypeError, match="halved searches by halving an interval") as told:
        sweep(halved, {"a": [1.0, 8.0, 27.0]}, errors=errors)
    assert told.value.__notes__ == ["in row 0 (a = 1)"]


class Endless(BaseException):
    """Comes in place of a loop without an end."""


@pytest.mark.parametrize("report", [lambda f: sweep(f, {"a": [1.0, 2.0]}), lambda f: sensitivities(f, a=pm(1, 0.1))])
def test_a_model_that_does_not_end_does_so_in_plain_numbers(report: Any) -> None:
    given: list[Any] = []

    def model(a: float) -> float:
        given.append(a)
        raise Endless

    with pytest.raises(Endless):
        report(model)
    assert [isinstance(a, Value) for a in given] == [False]
