"""Facts about sweep of functions that take another way in most rows: rows go together, and answer what each answers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import sweep, value_and_grad

np = pytest.importorskip("numpy")
from micrograd_like.compile.rows.batch import Batch  # noqa: E402 - NumPy may be missing
from micrograd_like.compile.rows.on_columns import OnColumns  # noqa: E402


@pytest.fixture(autouse=True)
def together(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """How many rows went together, and how many of them were left alone; nothing but the first way is recorded."""
    went: list[tuple[int, int]] = []
    original = OnColumns.answers

    def answers(self: OnColumns, numbers: Any, count: int) -> Any:
        found = original(self, numbers, count)
        if found:
            went.append((count, len(found[1])))
        return found

    monkeypatch.setattr(OnColumns, "answers", answers)
    monkeypatch.setattr(Batch, "is_worth_recording", False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield went


def collatz(x: Any, rate: Any) -> dict[str, Any]:
    """A sum whose length differs from row to row, and a second answer."""
    total, n = 0.0, 0
    while x > 1 and n < 40:
        x = x * 0.5 if math.floor(x) % 2 == 0 else x * 1.5 + 1
        total = total + x * rate
        n += 1
    return {"total": total, "last": x * rate**2, "steps": n}


def alone(f: Any, **row: float) -> dict[str, float] | None:
    """Answers and slopes in one row; None where f raises."""
    found: dict[str, float] = {}
    try:
        names = [*f(**row)]
        for name in names:
            value, slopes = value_and_grad(lambda *xs, name=name: f(*xs)[name] + 0.0 * xs[1], argnums=(0, 1))(
                *row.values()
            )
            found |= {name: value, **{f"d_{name}_{by}": slope for by, slope in zip(row, slopes, strict=True)}}
    except (ArithmeticError, ValueError):
        return None
    return found


def check(f: Any, table: dict[str, list[float]]) -> None:
    swept = sweep(f, table, errors="null")
    for k, numbers in enumerate(zip(*table.values(), strict=True)):
        own = alone(f, **dict(zip(table, numbers, strict=True)))
        found = {name: swept[name][k] for name in swept if name not in table}
        if own is None or any(map(math.isnan, numbers)):
            assert any(map(math.isnan, found.values())), (numbers, found)  # null, or what IEEE 754 has in such a row
        else:
            assert found == {name: pytest.approx(x, rel=1e-13, nan_ok=True) for name, x in own.items()}, numbers


numbers = st.one_of(
    st.floats(-50, 200), st.sampled_from([0.0, -0.0, 1.0, math.inf, -math.inf, math.nan, 1e308, 1e-308])
)


@settings(max_examples=cases(25))
@given(st.lists(st.tuples(numbers, st.floats(-2, 2)), min_size=4, max_size=40))
def test_rows_of_many_ways_answer_what_each_answers(rows: list[tuple[float, float]]) -> None:
    check(collatz, {"x": [x for x, _ in rows], "rate": [rate for _, rate in rows]})


def test_rows_of_many_ways_go_together(together: list[tuple[int, int]]) -> None:
    rng = np.random.default_rng(0)
    check(collatz, {"x": [*rng.uniform(1, 100, 300)], "rate": [*rng.uniform(-2, 2, 300)]})
    assert len(together) == 1
    count, left = together[0]
    assert count > 200
    assert left < 100


def overflowing(x: Any, rate: Any) -> dict[str, Any]:
    """It grows beyond all floats, or to 0, on a way of its own."""
    y, n = x * x, 0
    while y > 1e-3 and n < 40:
        y = math.exp(y) if y > 30 else y * y + 0.1 if y > 1 else y * 0.3
        n += 1
    return {"y": y * rate, "inverse": 1 / (x - 3)}


@settings(max_examples=cases(25))
@given(st.lists(st.tuples(st.one_of(st.floats(-5, 5), st.just(3.0)), st.floats(-2, 2)), min_size=4, max_size=30))
def test_rows_that_raise_are_null_and_the_others_are_not(rows: list[tuple[float, float]]) -> None:
    check(overflowing, {"x": [x for x, _ in rows], "rate": [rate for _, rate in rows]})


def endless(x: Any, rate: Any) -> Any:
    """Where exp has inf in place of an error, the loop goes on for ever."""
    y = x * x
    while y > 1e-3:
        y = math.exp(y) if y > 30 else y * y + 0.1 if y > 1 else y * 0.3
    return y * rate


@pytest.mark.parametrize("xs", [[4.0, 0.5, 0.2, 2.0, 5.0], [0.5, 4.0, 0.2, 2.0, 5.0]])
def test_a_loop_that_an_error_ends_ends_in_a_table(xs: list[float]) -> None:
    swept = sweep(endless, {"x": xs, "rate": [1.0] * 5}, errors="null")
    assert [*np.isnan(swept["value"])] == [x > 1 for x in xs]
    with pytest.raises(OverflowError, match="exp") as told:
        sweep(endless, {"x": xs, "rate": [1.0] * 5})
    assert f"row {xs.index(4.0)}" in told.value.__notes__[-1]


def test_a_table_in_which_all_rows_raise_is_null() -> None:
    swept = sweep(endless, {"x": [4.0, 5.0], "rate": [1.0, 2.0]}, errors="null")
    assert [*np.isnan(swept["value"])] == [True, True]


def says_no(x: Any, rate: Any) -> dict[str, Any]:
    n = 0
    while x > n:
        n += 1
    if n == 7:
        raise ValueError("seven")
    return {"y": x * rate, "z": rate} if n != 5 else {"y": x}


def test_an_error_of_the_function_and_an_answer_of_another_form_are_told_in_their_rows() -> None:
    xs = [float(k) - 0.5 for k in (1, 2, 3, 4, 1, 2, 3, 4, 6, 7, 8)]
    table = {"x": xs, "rate": [2.0] * len(xs)}
    check(says_no, table)
    with pytest.raises(ValueError, match="seven") as told:
        sweep(says_no, table)
    assert "row 9" in told.value.__notes__[-1]
    with pytest.raises(TypeError, match="columns need one form"):
        sweep(says_no, {"x": [*xs, 4.5], "rate": [2.0] * (len(xs) + 1)}, errors="null")


def test_a_truth_among_the_answers_is_1_or_0() -> None:
    def f(x: Any, rate: Any) -> Any:
        n = 0
        while x > n:
            n += 1
        return {"large": x * rate > 4, "n": n, "y": x * rate}

    xs = [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    swept = sweep(f, {"x": xs, "rate": [1.0] * 6})
    assert [*swept["large"]] == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert [*swept["n"]] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [*swept["d_y_rate"]] == xs
