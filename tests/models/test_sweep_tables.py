"""Facts about sweep over the tables of other libraries: the same kind comes back, with what was in it as it was."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from option_book import black_scholes, options

from micrograd_like import Sweeper, col, sweep

pa = pytest.importorskip("pyarrow", reason="PyArrow is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")
pl = pytest.importorskip("polars", reason="Polars is not installed")
nw = pytest.importorskip("narwhals", reason="narwhals is not installed")
NEW = ["value", "d_spot", "d_strike", "d_rate", "d_vol", "d_years"]


def product(a: Any, b: Any) -> Any:
    return a * b


def payoff(kind: str, spot: Any, strike: Any) -> Any:
    return max(spot - strike, 0.0) if kind == "call" else max(strike - spot, 0.0)


# the same kind comes back


@pytest.mark.parametrize("kind", [dict, pd.DataFrame, pl.DataFrame, pa.table, pa.RecordBatch.from_pydict])
def test_each_kind_of_table_gets_the_same_bits(kind: Any) -> None:
    book = options(10_000)
    expected = sweep(black_scholes, book)
    table = kind(book)
    swept = sweep(black_scholes, table)
    assert type(swept) is type(table)
    for name in NEW:
        assert np.asarray(swept[name]).tobytes() == expected[name].tobytes()


def test_a_frame_of_pandas_keeps_its_index_its_types_and_itself() -> None:
    frame = pd.DataFrame(
        {
            "a": [1.0, 2.0, np.nan],
            "b": [3, 4, 5],
            "kind": pd.Categorical(["u", "v", "u"], ["v", "u", "w"]),
            "when": pd.to_datetime(["2020-01-01"] * 3),
        },
        index=pd.Index([3, 6, 3], name="row"),
    )
    frame.attrs["source"] = "shop"
    before = frame.copy(deep=True)
    swept = sweep(product, frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(swept[["a", "b", "kind", "when"]], before)
    assert swept.attrs == {"source": "shop"}
    assert [*swept.columns[4:]] == ["value", "d_a", "d_b"]
    np.testing.assert_array_equal(swept[["value", "d_a", "d_b"]], [[3, 3, 1], [8, 4, 2], [np.nan] * 3])


def test_columns_of_pandas_s_other_kinds_are_numbers_too() -> None:
    frame = pd.DataFrame({"a": pd.array([2, None, 4], "Int64"), "b": pd.array([1.5, 2.5, None], "double[pyarrow]")})
    np.testing.assert_array_equal(sweep(product, frame)["value"], [3, np.nan, np.nan])
    objects = pd.DataFrame({"a": [Decimal("1.5"), Decimal("2.5")], "b": np.array([1, 2], np.float32)})
    assert sweep(product, objects)["value"].tolist() == [1.5, 5.0]


def test_a_null_of_polars_stays_null_and_nan_stays_nan() -> None:
    frame = pl.DataFrame({"a": [2, None, 4, 5], "b": [1.5, 2.5, float("nan"), None]})
    swept = sweep(product, frame)
    assert swept["value"].to_list() == pytest.approx([3.0, None, float("nan"), None], nan_ok=True)
    assert swept.schema["d_a"] == pl.Float64
    assert swept["d_a"].null_count() == 2
    assert swept["d_b"].to_list()[:2] == [2.0, None]


def test_a_whole_number_with_null_stays_one() -> None:
    def total(x: Any, n: int) -> Any:
        return sum(x for _ in range(n))

    swept = sweep(total, pl.DataFrame({"x": [1.0, 2.0, 3.0], "n": [2, None, 3]}))
    assert swept["value"].to_list() == [2.0, None, 9.0]


@pytest.mark.parametrize("kind", ["Int64", "int64[pyarrow]", "UInt8"])
def test_a_whole_number_with_null_stays_one_in_pandas(kind: str) -> None:
    def total(x: Any, n: int) -> Any:
        return sum(x for _ in range(n))

    swept = sweep(total, pd.DataFrame({"x": [1.0, 2.0, 3.0], "n": pd.array([2, None, 3], kind)}))
    np.testing.assert_array_equal(swept["value"], [2.0, np.nan, 9.0])
    assert swept["n"].dtype == kind


def test_a_large_whole_number_beside_a_null_is_told() -> None:
    frame = pd.DataFrame({"a": pd.array([None, 2**53 + 1], "Int64"), "b": [1.0, 1.0]})
    with pytest.warns(UserWarning, match="a is 9007199254740993 in row 1: beyond 2"):
        assert sweep(product, frame)["value"][1] == 2.0**53


def test_rows_that_raise_are_null() -> None:
    def f(a: Any) -> Any:
        if a < 0:
            raise ValueError("negative")
        return a * a

    frame = pl.DataFrame({"a": [2.0, -1.0, None, 3.0]})
    with pytest.warns(UserWarning, match=r"raised in 1 of 4 rows, which are null; first in row 1 \(a = -1\): ValueErr"):
        assert sweep(f, frame, errors="null")["value"].to_list() == [4.0, None, None, 9.0]
    with pytest.warns(UserWarning, match="raised"):
        assert sweep(f, pa.table(frame), errors="null")["d_a"].to_pylist() == [4.0, None, None, 6.0]


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["call", "put", "other"])])
def test_text_chooses_and_rows_keep_their_order(dtype: Any) -> None:
    frame = pl.DataFrame({"kind": pl.Series(["call", "put", "put", None, "call"], dtype=dtype), "spot": [120.0] * 5})
    swept = sweep(payoff, frame, strike=100.0)
    assert swept["value"].to_list() == [20.0, 0.0, 0.0, None, 20.0]
    assert swept["kind"].equals(frame["kind"])


def test_truths_with_null_choose_too() -> None:
    swept = sweep(lambda up, s: s if up else -s, pl.DataFrame({"up": [True, None, False], "s": [3.0, 4.0, 5.0]}))
    assert swept["value"].to_list() == [3.0, None, -5.0]


def test_numbers_in_a_dictionary_are_numbers() -> None:
    """More of them than a program for each could be recorded for, in pieces that have dictionaries of their own."""
    numbers = [float(k) for k in range(200)] * 2
    a = pa.chunked_array([pa.array([*numbers, None]).dictionary_encode(), pa.array([7.5]).dictionary_encode()])
    swept = sweep(product, pa.table({"a": a, "b": [2.0] * 402}))
    assert swept["value"].to_pylist() == [*(2 * x for x in numbers), None, 15.0]
    assert swept["d_a"].to_pylist() == [*[2.0] * 400, None, 2.0]
    assert swept["a"].type == a.type
    frame = pd.DataFrame({"a": pd.Categorical([1.0, 3.0, 1.0]), "b": [2.0, 2.0, 2.0]})
    assert sweep(product, frame)["d_b"].tolist() == [1.0, 3.0, 1.0]


def test_a_null_among_the_values_of_a_dictionary_is_null() -> None:
    kinds = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), pa.array(["call", None, "put"]))
    swept = sweep(payoff, pa.table({"kind": kinds, "spot": [120.0, 120.0, 80.0, 80.0]}), strike=100.0)
    assert swept["value"].to_pylist() == [20.0, None, 20.0, None]
    assert swept["d_spot"].to_pylist() == [1.0, None, -1.0, None]


def test_an_arrow_table_keeps_its_metadata_and_its_slices_are_read_where_they_begin() -> None:
    table = pa.table({"a": [9.0, 1.0, None, 3.0], "b": [9, 2, 3, 4]}).replace_schema_metadata({"by": "me"})
    swept = sweep(product, table.slice(1))
    assert swept.schema.metadata == {b"by": b"me"}
    assert swept["value"].to_pylist() == [2.0, None, 12.0]
    chunked = pa.chunked_array([[1.0, None], [], [3.0]])
    assert sweep(product, pa.table({"a": chunked, "b": [2.0, 2.0, 2.0]}))["value"].to_pylist() == [2.0, None, 6.0]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table])
def test_an_empty_table_gets_its_columns(kind: Any) -> None:
    swept = sweep(product, kind({"a": np.empty(0), "b": np.empty(0, int)}))
    assert len(swept) == 0
    assert [*(swept.column_names if kind is pa.table else swept.columns)] == ["a", "b", "value", "d_a", "d_b"]


def test_a_frame_of_narwhals_is_one_of_the_library_behind_it() -> None:
    assert isinstance(sweep(product, nw.from_native(pl.DataFrame({"a": [1.0], "b": [2.0]}))), pl.DataFrame)


# what is refused


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([date(2020, 1, 1)], r"a column of type date32\[day\].* make it a number first, as in \(df.a - start\)"),
        ([timedelta(1)], r"type duration.* as in df.a.dt.total_seconds\(\) / 86400"),
        ([[1.0, 2.0]], "type list<.*>, .* give each number a column of its own"),
        ([{"x": 1.0}], "type struct<.*>, .* give each number a column of its own"),
    ],
)
def test_a_column_that_is_no_number_is_refused_with_what_to_write(column: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        sweep(product, pa.table({"a": pa.array(column), "b": [1.0]}))
    with pytest.raises(TypeError, match=message.replace("date32.day.", ".*").split("list<")[0].split("struct<")[0]):
        sweep(product, pl.DataFrame({"a": column, "b": [1.0]}))


def test_dates_of_pandas_are_refused_with_what_to_write() -> None:
    dates = pd.DataFrame({"date": pd.to_datetime(["2020-01-01"]), "b": [1.0]})
    with pytest.raises(TypeError, match=r"make it a number first, as in \(df.date - start\).dt.days / 365"):
        sweep(lambda date, b: date * b, dates)
    categories = pd.DataFrame({"date": pd.Categorical(dates["date"]), "b": [1.0]})
    with pytest.raises(TypeError, match=r"\(df.date - start\).dt.days / 365"):
        sweep(lambda date, b: date * b, categories)


def test_columns_of_one_name_are_refused() -> None:
    for names in (["a", "a", "b"], ["a", "b", "b"]):
        with pytest.raises(ValueError, match=f"the table has 2 columns '{names[1]}'.*: give each its own name"):
            sweep(product, pd.DataFrame([[1.0, 2.0, 3.0]], columns=names))


def test_whole_numbers_that_arrow_lacks_are_refused() -> None:
    with pytest.raises(TypeError, match="a is a column of type Int128: write it as floats, or as Int64"):
        sweep(product, pl.DataFrame({"a": pl.Series([1], dtype=pl.Int128), "b": [1.0]}))


def test_a_column_of_python_objects_is_refused() -> None:
    with pytest.raises(TypeError, match="a is no column of numbers, of True and False, or of text"):
        sweep(product, pd.DataFrame({"a": [1.0, object()], "b": [1.0, 2.0]}))


@pytest.mark.parametrize("series", [pd.Series([1.0], name="a"), pl.Series("a", [1.0]), pa.array([1.0])])
def test_a_single_column_is_no_table(series: Any) -> None:
    with pytest.raises(TypeError, match="is no table that is known"):
        sweep(product, series)


def test_an_expression_is_no_constant() -> None:
    with pytest.raises(TypeError, match=r'b is given an expression: a column is named b=micrograd_like.col\("…"\)'):
        sweep(product, pl.DataFrame({"a": [1.0], "x": [2.0]}), b=pl.col("x"))


def test_tables_of_spark_and_ray_are_answered_with_two_lines() -> None:
    for module, said in (
        ("pyspark.sql", r"mapInArrow\(Sweeper\(f\).bat"),
        ("ray.data", r"map_batches\(Sweeper\(f\)"),
    ):
        table = type("DataFrame", (), {"__module__": module})()
        with pytest.raises(TypeError, match=said):
            sweep(product, table)


# sweepers, and how they travel


def test_a_sweeper_adds_columns_to_batches_and_says_which() -> None:
    s = Sweeper(payoff, kind="call", strike=col("k"))
    batches = pa.table({"spot": [120.0, 90.0, 130.0], "k": [100.0, 100.0, 100.0]}).to_batches(max_chunksize=2)
    swept = pa.Table.from_batches(s.batches(batches))
    assert swept["value"].to_pylist() == [20.0, 0.0, 30.0]
    assert s.schema(batches[0].schema) == swept.schema
    assert s.table(pa.Table.from_batches(batches)) == swept
    assert [*s.batches([])] == []


OPTION = {"spot": [90.0, 120.0], "strike": [100.0, 90.0], "rate": [0.01, 0.02], "vol": [0.2, 0.3], "years": [1.0, 2.0]}
PROGRAM = f"""
import pickle, sys
import pyarrow as pa
s = pickle.loads(bytes.fromhex(sys.argv[1]))
print(s.table(pa.table({OPTION}))["d_spot"].to_pylist(), s.threads, pickle.loads(bytes.fromhex(sys.argv[1])) is s)
"""


def elsewhere(s: Sweeper, dumps: Any) -> str:
    """What another process prints that has got the sweeper."""
    content = dumps(s)
    assert len(content) < 5000
    words = [sys.executable, "-c", PROGRAM, content.hex()]
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert run.stderr == ""
    return run.stdout


@pytest.mark.parametrize("of_lambda", [False, True], ids=["by name", "lambda"])
@pytest.mark.parametrize("by", ["pickle", "cloudpickle"])
def test_a_sweeper_travels_and_records_anew_in_one_thread(of_lambda: bool, by: str) -> None:
    dumps = pytest.importorskip(by, reason=f"{by} is not installed").dumps
    f = (lambda spot, strike, vol: black_scholes(spot, strike, 0.01, vol, 1.0)) if of_lambda else black_scholes
    here = sweep(f, OPTION)["d_spot"].tolist()
    assert elsewhere(Sweeper(f), dumps) == f"{here} 1 True\n"
    assert elsewhere(Sweeper(f, threads=3), dumps) == f"{here} 3 True\n"


def test_a_function_that_cannot_travel_says_what_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(Exception, match="define it in a module, or let it travel by cloudpickle: pip install"):
        pickle.dumps(Sweeper(lambda x: x))
