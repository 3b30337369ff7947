"""Facts about sweep: what it answers of a function and a table in memory, row by row."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from option_book import black_scholes, greeks, options

import micrograd_like as ml
from micrograd_like import Sweeper, TracingError, col, lift, sweep, value_and_grad


def bill(apple: Any, n: Any, tax: Any) -> Any:
    return apple * n * tax


def tariff(kwh: Any, price: Any) -> Any:
    return kwh * price if kwh <= 100 else 100 * price + (kwh - 100) * price * 0.8


def payoff(kind: str, spot: Any, strike: Any) -> Any:
    if kind == "call":
        return max(spot - strike, 0.0)
    if kind == "put":
        return max(strike - spot, 0.0)
    raise ValueError(f"{kind} is no option")


# values and derivatives


def test_the_greeks_of_an_option_book_are_those_of_the_closed_form() -> None:
    book = options(10_000)
    swept = sweep(black_scholes, book)
    for name, column in greeks(book).items():
        np.testing.assert_allclose(swept[name], column, rtol=2e-12, atol=1e-12 * np.abs(column).max(), err_msg=name)


finite = st.floats(-1e3, 1e3)


@settings(max_examples=cases(25))
@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20), st.integers(1, 7))
def test_each_row_is_what_value_and_grad_answers_whatever_the_batches(rows: list[Any], size: int) -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y + ml.exp(x / 1e3) if x > y else abs(x) - y * y

    x, y = (np.array(column) for column in zip(*rows, strict=True))
    swept = sweep(f, {"x": x, "y": y}, by=["x", "y"])
    for k, row in enumerate(rows):
        value, slopes = value_and_grad(f, argnums=[0, 1])(*row)
        np.testing.assert_allclose([swept["value"][k], swept["d_x"][k], swept["d_y"][k]], [value, *slopes], rtol=1e-14)
    parts = [sweep(f, {"x": x[k : k + size], "y": y[k : k + size]}) for k in range(0, len(x), size)]
    for name in ("value", "d_x", "d_y"):
        assert np.concatenate([part[name] for part in parts]).tobytes() == swept[name].tobytes()


@pytest.mark.parametrize("size", [1, 100, 2500])
def test_a_row_has_the_same_bits_however_many_there_are(size: int) -> None:
    book = options(3_000)
    whole = sweep(black_scholes, book)
    parts = [sweep(black_scholes, {name: x[k : k + size] for name, x in book.items()}) for k in range(0, 3000, 1000)]
    for k, part in enumerate(parts):
        for name, column in part.items():
            assert column.tobytes() == whole[name][1000 * k : 1000 * k + size][: len(column)].tobytes()


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_a_bit(threads: int, engine: str) -> None:
    book = options(300_000)
    one, other = (sweep(black_scholes, book, engine=engine, threads=n) for n in (1, threads))
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_it_is_differentiated_by_all_numbers_or_by_those_that_are_named() -> None:
    table = {"apple": [100.0, 200.0], "n": [2.0, 3.0]}
    assert [*sweep(bill, table, tax=1.5)] == ["apple", "n", "value", "d_apple", "d_n", "d_tax"]
    assert [*sweep(bill, table, tax=2)][2:] == ["value", "d_apple", "d_n"]  # whole numbers are constants,
    assert [*sweep(bill, table, tax=2, by=["tax"])][2:] == ["value", "d_tax"]  # unless they are named
    assert [*sweep(bill, table, tax=2, by="n")][2:] == ["value", "d_n"]
    assert [*sweep(bill, table, tax=2, by=[])][2:] == ["value"]
    assert sweep(bill, table, tax=1.5)["d_tax"].tolist() == [200.0, 600.0]


def test_what_is_not_given_has_the_default_of_the_function() -> None:
    def f(x: Any, /, y: Any = 3.0, *, z: Any = 2.0) -> Any:
        return x * y * z

    assert [*sweep(f, {"x": [1.0], "z": [5.0]})] == ["x", "z", "value", "d_x", "d_z"]
    assert sweep(f, {"x": [1.0], "z": [5.0]}, by=["y"])["d_y"].tolist() == [5.0]
    assert sweep(f, {"x": [1.0], "z": [5.0]}, y=10.0)["value"].tolist() == [50.0]


def test_a_parameter_that_is_called_like_an_option_is_given_by_constants() -> None:
    assert sweep(lambda x, by, batch: x * by + batch, {"x": [2.0]}, constants={"by": 3.0, "batch": 1})["d_by"] == [2.0]


def test_a_column_of_another_name_is_named_by_col() -> None:
    swept = sweep(lambda n, m: n * m, {"count": [2.0, 3.0], "m": [5.0, 7.0]}, n=col("count"))
    assert swept["d_n"].tolist() == [5.0, 7.0]
    assert swept["d_m"].tolist() == [2.0, 3.0]


def test_a_keyword_that_is_a_column_too_is_taken_and_told_once() -> None:
    with pytest.warns(UserWarning, match=r"the table has a column tax, and tax=1.5 is taken instead") as told:
        assert sweep(bill, {"apple": [1.0], "n": [1.0], "tax": [9.0]}, tax=1.5)["value"] == [1.5]
    assert len(told) == 1


def test_a_function_may_take_keywords_that_it_does_not_name() -> None:
    def f(a: Any, **more: Any) -> Any:
        return a * more.get("rate", 1.0) * more.get("n", 1)

    table = {"a": [1.0, 2.0], "rate": [3.0, 4.0]}
    assert sweep(f, table)["value"].tolist() == [1.0, 2.0]  # no column stands for what is not named
    swept = sweep(f, table, rate=col("rate"), n=2)
    assert [*swept][2:] == ["value", "d_a", "d_rate"]
    assert (swept["value"].tolist(), swept["d_rate"].tolist()) == ([6.0, 16.0], [2.0, 4.0])
    assert sweep(f, {"a": [1.0, 2.0]}, rate=0.5)["d_rate"].tolist() == [1.0, 2.0]
    assert sweep(f, {"a": [1.0, 2.0]}, n=3, by=["n"])["d_n"].tolist() == [1.0, 2.0]


def test_constants_of_any_kind_are_handed_on() -> None:
    @dataclass
    class Shop:
        taxes: dict[str, float]

    swept = sweep(
        lambda x, shop, kind: x * shop.taxes[kind], {"x": [1.0, 2.0]}, shop=Shop({"fruit": 1.5}), kind="fruit"
    )
    assert swept["d_x"].tolist() == [1.5, 1.5]


# answers of several numbers


def test_each_number_of_an_answer_has_its_columns() -> None:
    swept = sweep(lambda x, y: {"price": x * y, "risk": x + 2 * y}, {"x": [2.0], "y": [3.0]})
    assert {name: column.item() for name, column in swept.items() if name not in "xy"} == {
        "price": 6.0, "risk": 8.0, "d_price_x": 3.0, "d_price_y": 2.0, "d_risk_x": 1.0, "d_risk_y": 2.0
    }  # fmt: skip


def test_a_truth_is_a_column_of_one_and_zero() -> None:
    swept = sweep(lambda x: {"price": x * x, "dear": x > 2}, {"x": [1.0, 3.0]})
    assert swept["dear"].tolist() == [0.0, 1.0]
    assert swept["d_dear_x"].tolist() == [0.0, 0.0]
    assert swept["d_price_x"].tolist() == [2.0, 6.0]


@dataclass
class Quote:
    bid: Any
    ask: Any


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (lambda x: [x, 2 * x], ["value_0", "value_1", "d_value_0_x", "d_value_1_x"]),
        (lambda x: {"leg": [x, x], "sum": 2 * x}, ["leg_0", "leg_1", "sum", "d_leg_0_x", "d_leg_1_x", "d_sum_x"]),
        (lambda x: Quote(x, x), ["bid", "ask", "d_bid_x", "d_ask_x"]),
    ],
)
def test_names_of_columns_follow_the_answer(answer: Any, names: list[str]) -> None:
    assert [*sweep(answer, {"x": [1.0, 2.0]})] == ["x", *names]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: None, "answered None; does it lack a `return`"),
        (lambda x: {"price": x, "note": "dear"}, "answered 'dear' as its note"),
        (lambda x: {"a": {"b": x}, "a_b": x}, "two numbers that would both stand in a column a_b"),
    ],
)
def test_an_answer_that_is_no_number_is_refused(answer: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        sweep(answer, {"x": [1.0]})


@pytest.mark.parametrize("errors", ["raise", "null"])
def test_an_answer_of_another_form_is_refused_with_both_rows(errors: str) -> None:
    with pytest.raises(
        TracingError, match=r"with price in row 0, and with price, risk in row 2: columns need one form"
    ):
        sweep(lambda x: {"price": x} if x < 3 else {"price": x, "risk": x}, {"x": [1.0, 2.0, 3.0]}, errors=errors)


# rows without a number


def test_a_row_with_nan_has_nan_in_each_new_column_whichever_branch_it_would_take() -> None:
    swept = sweep(tariff, {"kwh": [50, math.nan, 5000, 200], "price": [1, 1, math.nan, 2]})
    for name, expected in {"value": [50, 360], "d_kwh": [1, 1.6], "d_price": [50, 180]}.items():
        np.testing.assert_array_equal(swept[name], [expected[0], math.nan, math.nan, expected[1]])


def test_what_is_masked_is_no_number() -> None:
    swept = sweep(lambda x: x * x, {"x": np.ma.array([1.0, 2.0], mask=[False, True])})
    np.testing.assert_array_equal(swept["value"], [1.0, math.nan])


def test_the_function_is_not_asked_what_it_makes_of_nan() -> None:
    def f(x: Any) -> Any:
        if x != x:
            raise RuntimeError("nan")
        return x

    np.testing.assert_array_equal(sweep(f, {"x": [math.nan, 1.0]})["value"], [math.nan, 1.0])


@pytest.mark.parametrize("rows", [[], [math.nan, math.nan]])
def test_where_there_is_no_row_there_are_columns(rows: list[float]) -> None:
    swept = sweep(lambda x, n: {"a": x**2, "b": sum(x for _ in range(n))}, {"x": rows, "n": np.ones(len(rows), int)})
    assert [*swept] == ["x", "n", "a", "b", "d_a_x", "d_b_x"]
    assert all(column.dtype == float and len(column) == len(rows) for column in [*swept.values()][2:])


def test_inf_and_nan_of_a_function_are_answers_and_are_counted() -> None:
    with pytest.warns(UserWarning, match="2 of 3 rows have inf or nan in a new column, first row 1"):
        swept = sweep(lambda x: ml.log(x), {"x": [1.0, 0.0, -1.0]})
    np.testing.assert_array_equal(swept["value"], [0.0, -math.inf, math.nan])


# whole numbers, truths and text


def test_a_derivative_by_whole_numbers_is_one_of_floats() -> None:
    swept = sweep(lambda a, b: a * b, {"a": np.array([2, 3]), "b": np.array([5, 7], np.uint8)})
    assert swept["d_a"].tolist() == [5.0, 7.0]
    assert swept["d_a"].dtype == float


def compound(rate: Any, years: int) -> Any:
    capital = 1000.0
    for _ in range(years):
        capital = capital * (1 + rate)
    return capital


def test_a_whole_number_that_is_counted_with_has_no_derivative() -> None:
    table = {"rate": [0.05, 0.05, 0.1], "years": np.array([1, 3, 2])}
    swept = sweep(compound, table)
    assert [*swept] == ["rate", "years", "value", "d_rate"]
    np.testing.assert_allclose(swept["d_rate"], [1000, 3000 * 1.05**2, 2200], rtol=1e-14)
    with pytest.raises(TypeError, match="years is there to differentiate by, and no whole number to count"):
        sweep(compound, table, by=["years"])


def test_a_mistake_in_the_types_is_not_taken_for_counting() -> None:
    with pytest.raises(TypeError, match="unsupported operand") as raised:
        sweep(lambda x, n, tax: x * n + tax, {"x": [1.0], "n": np.array([2])}, tax=None)
    assert raised.value.__notes__ == ["in row 0 (x = 1, n = 2)"]


def test_whole_numbers_beyond_all_floats_are_told_once() -> None:
    big = np.array([1, 2**53 + 1, -(2**60)])
    with pytest.warns(UserWarning, match=rf"^n is {-(2**60)} in row 2: beyond 2\*\*53") as told:
        seen = sweep(lambda n: n * 1.0, {"n": big})
    assert len(told) == 1
    assert seen["value"].tolist() == [1.0, 2.0**53, -(2.0**60)]


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_the_largest_whole_numbers_of_a_column_are_rounded_to_floats_of_their_kind(kind: type) -> None:
    limits = np.iinfo(kind)
    with pytest.warns(UserWarning, match="beyond 2"):
        seen = sweep(lambda n: n * 2.0, {"n": np.array([limits.max, 2**53 + 3, 3, limits.min], dtype=kind)})
    assert seen["value"][0] == pytest.approx(2.0 * limits.max, rel=1e-15)
    assert seen["value"][1:].tolist() == [2.0 * (2**53 + 4), 6.0, 2.0 * limits.min]


def test_truths_are_truths() -> None:
    seen = sweep(lambda up, s: s if up is True else -s, {"up": np.array([True, False]), "s": [3.0, 5.0]})
    assert [*seen] == ["up", "s", "value", "d_s"]
    assert seen["value"].tolist() == [3.0, -5.0]
    assert seen["d_s"].tolist() == [1.0, -1.0]
    with pytest.raises(TypeError, match="by='up': the column chooses among values"):
        sweep(lambda up, s: s if up else -s, {"up": np.array([True]), "s": [1.0]}, by="up")


def test_each_text_has_a_program_of_its_own_and_rows_keep_their_order() -> None:
    pytest.importorskip("pyarrow", reason="PyArrow, which reads columns of text, is not installed")
    swept = sweep(payoff, {"kind": ["call", "put", "put", "call"], "spot": [120.0, 90, 130, 80]}, strike=100.0)
    assert swept["value"].tolist() == [20.0, 10.0, 0.0, 0.0]
    assert swept["d_spot"].tolist() == [1.0, -1.0, 0.0, 0.0]


def test_too_many_texts_are_refused() -> None:
    pytest.importorskip("pyarrow", reason="PyArrow, which reads columns of text, is not installed")
    names = [f"shop {k}" for k in range(100)]
    with pytest.raises(ValueError, match="recorded for each value of shop, and there are more than 64, 'shop 0'"):
        sweep(lambda x, shop: x * len(shop), {"x": np.ones(100), "shop": names})


# rows that raise


def root(x: Any) -> Any:
    if x < 0:
        raise LookupError(f"no root of {x:g}")
    return x**0.5


def test_a_row_that_raises_is_told_with_what_it_holds() -> None:
    with pytest.raises(LookupError) as raised:
        sweep(root, {"x": np.array([4.0, math.nan, -1.0, 9.0, -2.0])})
    assert raised.value.__notes__ == ["in row 2 (x = -1)"]


def test_the_number_of_a_row_is_that_in_the_table() -> None:
    x = np.full(3_000_000, 4.0)
    x[2_500_017] = -1
    with pytest.raises(LookupError) as raised:
        sweep(root, {"x": x})
    assert raised.value.__notes__ == ["in row 2,500,017 (x = -1)"]


def test_rows_that_raise_are_left_out_where_that_is_wanted() -> None:
    x = np.linspace(1, 2, 1_000_000)
    x[:500:10] = -x[:500:10]
    x[7] = math.nan
    with pytest.warns(
        UserWarning, match=r"raised in 50 of 1,000,000 rows, which are null; first in row 0 \(x = -1\)"
    ) as told:
        swept = sweep(root, {"x": x}, errors="null")
    assert len(told) == 1
    assert "LookupError: no root" in str(told[0].message)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(swept["value"], np.sqrt(x), rtol=1e-15)
        np.testing.assert_allclose(swept["d_x"], 0.5 / np.sqrt(x), rtol=1e-15)


@pytest.mark.parametrize("first", [0, 2], ids=["a good row first", "one that raises first"])
def test_the_text_of_an_error_may_be_that_of_any_number_and_a_choice_by_text_is_kept(first: int) -> None:
    def f(x: Any) -> Any:
        if x < 0 and f"{x}" in ("-1.0", "-7.5"):
            raise KeyError(f"{x} at {round(x, 1)}")
        return x * x

    x = np.roll(-np.arange(500) / 2, -first)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        swept = sweep(f, {"x": x}, errors="null")
    assert str(told[-1].message).startswith(
        f"f raised in 2 of 500 rows, which are null; first in row {2 - first} (x = -1)"
    )
    expected = np.where(np.isin(x, [-1.0, -7.5]), math.nan, x * x)
    np.testing.assert_array_equal(swept["value"], expected)
    np.testing.assert_array_equal(swept["d_x"], np.where(np.isnan(expected), math.nan, 2 * x))


def test_many_rows_may_raise_each_with_its_own_number() -> None:
    x = np.where(np.arange(20_000) % 2, 4.0, -np.arange(20_000) - 1.0)
    with pytest.warns(UserWarning, match="root raised in 10,000 of 20,000 rows") as told:
        assert np.nansum(sweep(root, {"x": x}, errors="null")["value"]) == 20_000
    assert len(told) == 1


def test_a_function_that_raises_everywhere_leaves_nothing() -> None:
    with pytest.warns(UserWarning, match="raised in 3 of 3 rows"):
        assert np.isnan(sweep(root, {"x": [-1.0, -2.0, -3.0]}, errors="null")["value"]).all()


def test_what_cannot_be_recorded_is_no_matter_of_rows() -> None:
    with lift.off(), pytest.raises(TracingError, match="x would lose its derivative"):
        sweep(lambda x: math.exp(x), {"x": [1.0]}, errors="null")
    assert sweep(lambda x: math.exp(x), {"x": [1.0]})["value"] == [math.e]


def test_python_s_own_errors_of_numbers_follow_ieee() -> None:
    with pytest.warns(UserWarning, match="1 of 2 rows have inf or nan"):
        np.testing.assert_array_equal(sweep(lambda x: 1 / x, {"x": [0.0, 2.0]})["value"], [math.inf, 0.5])


# totals


@pytest.mark.parametrize("threads", [1, 2])
def test_totals_are_those_of_the_columns(threads: int) -> None:
    book = options(50_000)
    swept = sweep(black_scholes, book)
    for reduce, combine in (("sum", np.sum), ("mean", np.mean)):
        totals = sweep(black_scholes, book, reduce=reduce, threads=threads)
        assert [*totals] == [name for name in swept if name not in book]
        for name, total in totals.items():
            assert total == pytest.approx(combine(swept[name]), rel=1e-12)


def test_rows_without_a_number_are_left_out_of_totals_and_told() -> None:
    with pytest.warns(UserWarning, match="rows") as told:
        totals = sweep(root, {"x": [4.0, math.nan, -1.0, 16.0]}, reduce="mean", errors="null")
    assert totals == {"value": 3.0, "d_x": (0.25 + 0.125) / 2}
    assert sorted(str(each.message).partition(":")[0] for each in told) == [
        "1 of 4 rows have nan or null and are left out of the mean",
        "root raised in 1 of 4 rows, which are null; first in row 2 (x = -1)",
    ]


def test_totals_of_no_rows_are_zero_and_their_mean_is_none() -> None:
    assert sweep(bill, {"apple": [], "n": []}, tax=1.5, reduce="sum") == {
        "value": 0.0, "d_apple": 0.0, "d_n": 0.0, "d_tax": 0.0
    }  # fmt: skip
    assert all(math.isnan(x) for x in sweep(bill, {"apple": [], "n": []}, tax=1.5, reduce="mean").values())


# what is told


def test_what_a_function_does_not_use_is_told_unless_it_does_so_in_other_rows() -> None:
    with pytest.warns(UserWarning, match="first does not depend on y: the derivative is 0 in all rows") as told:
        sweep(first, {"x": [1.0], "y": [2.0]})
    assert len(told) == 1
    for f in (lambda x, y: x if x > 1 else x * y, lambda x, y: x * y * 0.0, lambda x, y: {"a": x, "b": y}):
        sweep(f, {"x": [2.0, 1.0], "y": [2.0, 3.0]})  # warnings are errors here


def first(x: Any, y: Any) -> Any:
    return x


# what is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tx": 1.0}, "bill has no parameter 'tx': did you mean 'tax'?"),
        ({}, "bill takes tax, and the table has no such column: its columns are apple, n, when. Name one, tax=col"),
        ({"tax": col("appel")}, "the table has no column 'appel': did you mean 'apple'?"),
        ({"tax": 1.0, "by": ["when"]}, "by='when' is no number that bill is given: choose of apple, n, tax"),
        ({"tax": 1.0, "by": 0}, "by is a name or a list of names, not [0]"),
        ({"tax": 1.0, "errors": "ignore"}, "errors is 'raise' or 'null', not 'ignore'"),
        ({"tax": 1.0, "engine": "cuda"}, "engine is 'numpy' or 'native', not 'cuda'"),
        ({"tax": 1.0, "reduce": "max"}, "reduce is 'sum' or 'mean', not 'max'"),
        ({"tax": 1.0, "reduce": "sum", "to": "a.parquet"}, "give reduce= or to=, not both"),
        ({"tax": 1.0, "batch": 0}, "batch is a number of rows, 1 or more, not 0"),
        ({"tax": 1.0, "threads": 0}, "threads is how many compute, 1 or more, not 0"),
        ({"tax": 1.0, "threads": "two"}, "threads is how many compute, 1 or more, not 'two'"),
        ({"tax": 1.0, "prefix": 3}, "prefix is what the new columns' names begin with, as 'new_', not 3"),
        ({"tax": 1.0, "to": 3}, "to is the path of a file, such as 'priced.parquet', not 3"),
    ],
)
def test_a_wrong_call_is_refused_by_name(given: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as raised:
        sweep(bill, {"apple": [1.0], "n": [2.0], "when": ["now"]}, **given)
    assert message in str(raised.value)


def test_a_misspelt_column_is_suggested() -> None:
    with pytest.raises(TypeError, match=r"the table has no such column: did you mean 'taxx'\? That is tax=col"):
        sweep(bill, {"apple": [1.0], "n": [2.0], "taxx": [1.0]})


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (3, "sweep takes a function of the numbers in a row, not 3"),
        (ml.vmap(bill), "bill takes many rows already"),
        (lambda *row: row[0], "names no parameters"),
        (lambda: 1.0, "names no parameters"),
    ],
)
def test_what_is_no_function_of_columns_is_refused(f: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        sweep(f, {"x": [1.0]})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"x": [1.0, 2.0], "y": [1.0]}, "y has 1 rows and the table has 2"),
        ({"x": [1.0, 2.0], "y": 1.5}, "a column has one number in each row, and y is 1.5: give a constant as y=…"),
        ({"x": np.ones((2, 2)), "y": [1.0, 2.0]}, r"x has the shape \(2, 2\)"),
        ({"x": [1.0], "y": [1.0], "value": [0.0]}, "has a column 'value' already: give the new ones other names"),
        ({"a": [1.0]}, "f takes x, and the table has no such column"),
        ([{"x": 1.0, "y": 2.0}], "a list of rows has no columns"),
        (np.ones((2, 2)), "ndarray is no table that is known"),
        (5, "int is no table that is known"),
        (None, "NoneType is no table that is known"),
    ],
)
def test_a_wrong_table_is_refused(table: Any, message: str) -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y

    with pytest.raises((TypeError, ValueError), match=message):
        sweep(f, table)


def test_text_where_a_number_is_meant_is_said() -> None:
    pytest.importorskip("pyarrow", reason="PyArrow is not installed")
    with pytest.raises(TypeError) as raised:
        sweep(bill, {"apple": ["100", "200"], "n": [1.0, 2.0]}, tax=1.1)
    assert raised.value.__notes__[-1] == "apple is text here: is a number meant?"


def test_a_prefix_makes_room_for_the_new_columns() -> None:
    assert [*sweep(lambda x: x * x, {"x": [1.0], "value": [0.0]}, prefix="new_")] == [
        "x",
        "value",
        "new_value",
        "new_d_x",
    ]


def test_a_sweeper_is_shown_by_its_name() -> None:
    assert repr(Sweeper(bill)) == "<sweeper of bill>"


def test_a_table_may_hold_text_alone() -> None:
    pytest.importorskip("pyarrow", reason="PyArrow, which reads columns of text, is not installed")
    table = {"kind": ["a", "b", "a"]}
    swept = sweep(lambda kind, rate: rate * {"a": 2.0, "b": 3.0}[kind], table, rate=10.0)
    assert swept["value"].tolist() == [20.0, 30.0, 20.0]
    assert swept["d_rate"].tolist() == [2.0, 3.0, 2.0]
    assert sweep(lambda kind: {"a": 2.0, "b": 3.0}[kind], table)["value"].tolist() == [2.0, 3.0, 2.0]
    assert sweep(lambda up: 1 if up else 0, {"up": np.array([True, False])})["value"].tolist() == [1.0, 0.0]


def test_where_each_row_goes_another_way_they_are_computed_one_by_one() -> None:
    def long(x: Any) -> Any:
        peak, y = x, x
        for k in range(600):
            y = y * 0.999 + 0.01 * x * (k % 7)
            peak = max(peak, y - k * 0.01 * x)
        return peak

    x = np.linspace(1.0, 2.0, 40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        swept = sweep(long, {"x": x})
    expected = [value_and_grad(long)(each) for each in x.tolist()]
    np.testing.assert_allclose([*zip(swept["value"], swept["d_x"], strict=True)], expected, rtol=1e-12)
