"""Facts about sweep on other machines: here, two processes of Dask's, one of which is killed in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from option_book import black_scholes, options

from micrograd_like import sweep

pytest.importorskip("pyarrow", reason="PyArrow is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")
dd = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask's cluster is not installed")

dask = pytest.importorskip("dask", reason="Dask is not installed")
TESTS = Path(__file__).parents[1]
PROGRAM = '''
import os, signal, sys, time
import dask.dataframe as dd, pandas as pd
from distributed import Client, LocalCluster
from micrograd_like import sweep
from option_book import black_scholes, options


def price(spot, strike, rate, vol, years):  # one of __main__'s
    return black_scholes(spot, strike, rate, vol, years)


def late(frame, folder):
    """What keeps the first worker that comes here until it is killed."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        return frame
    with open(folder + "/pid", "w") as file:
        file.write(str(os.getpid()))
    os.rename(folder + "/pid", folder + "/killed")
    time.sleep(600)


if __name__ == "__main__":
    frame = pd.DataFrame(options(200_000))
    here = sweep(price, frame)
    parts = dd.from_pandas(frame, npartitions=16)
    how = dict(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None, silence_logs=50)
    with LocalCluster(**how) as cluster, Client(cluster) as client:
        pids = client.run(os.getpid)
        swept = sweep(price, parts.map_partitions(late, sys.argv[1], meta=frame.head(0)))
        future = client.compute(swept)
        while not os.path.exists(sys.argv[1] + "/killed"):
            time.sleep(0.05)
        victim = int(open(sys.argv[1] + "/killed").read())
        os.kill(victim, signal.SIGKILL)
        there = future.result(timeout=120)
        print("killed one of the two:", victim in pids.values(), len(pids))
        print("another one in its place:", victim not in client.run(os.getpid).values())
        pd.testing.assert_frame_equal(there, here, check_exact=True)
        print("complete and equal to the last bit:", len(there))
        totals, own = (sweep(price, table, reduce="sum") for table in (parts, frame))
        print("totals agree:", all(abs(totals[name] / own[name] - 1) < 1e-12 for name in own))
        squares = sweep(lambda spot: spot**2, parts[["spot"]])["d_spot"].sum().compute()
        print("a lambda travels:", abs(squares / (2 * frame.spot.sum()) - 1) < 1e-12)
'''


@pytest.mark.once
@pytest.mark.slow
def test_when_a_worker_is_killed_nothing_is_lost_and_each_bit_is_the_same(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    words = [sys.executable, str(program), str(tmp_path / "late")]
    run = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "killed one of the two: True 2",
        "another one in its place: True",
        "complete and equal to the last bit: 200000",
        "totals agree: True",
        "a lambda travels: True",
    ]


@pytest.fixture(params=["synchronous", "threads"])
def _anywhere(request: pytest.FixtureRequest) -> Any:
    with dask.config.set(scheduler=request.param):
        yield


@pytest.mark.usefixtures("_anywhere")
def test_a_frame_of_dask_becomes_a_lazy_one_with_the_same_bits() -> None:
    frame = pd.DataFrame(options(10_000), index=np.arange(10_000) * 3)
    swept = sweep(black_scholes, dd.from_pandas(frame, npartitions=7))
    assert isinstance(swept, dd.DataFrame)
    assert swept.npartitions == 7
    pd.testing.assert_frame_equal(swept.compute(), sweep(black_scholes, frame), check_exact=True)


@pytest.mark.usefixtures("_anywhere")
def test_totals_of_all_parts_are_answered_at_once() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, np.nan, -4.0]})
    parts = dd.from_pandas(frame, npartitions=4)

    def f(x: Any) -> Any:
        if x < 0:
            raise ValueError("negative")
        return x * x

    with pytest.warns(UserWarning, match="rows") as told:
        assert sweep(f, parts, reduce="mean", errors="null") == {"value": 2.5, "d_x": 3.0}
    assert sorted(str(each.message)[:16] for each in told) == ["1 of 4 rows have", "f raised in 1 of"]
    with pytest.raises(ValueError, match="negative"):
        sweep(f, parts, reduce="sum")


@pytest.mark.usefixtures("_anywhere")
def test_text_and_answers_of_several_numbers_are_foreseen() -> None:
    def f(kind: str, x: Any) -> Any:
        return {"price": x if {"call": True, "put": False}[kind] else -x, "risk": x}

    frame = pd.DataFrame({"kind": ["call", "put", "put", "call"], "x": [1.0, 2.0, 3.0, 4.0]})
    swept = sweep(f, dd.from_pandas(frame, npartitions=2))
    assert [*swept.columns] == ["kind", "x", "price", "risk", "d_price_x", "d_risk_x"]
    assert swept.compute()["price"].tolist() == [1.0, -2.0, -3.0, 4.0]


def test_dask_writes_by_itself() -> None:
    with pytest.raises(ValueError, match=r"Dask writes by itself, .* sweep\(f, frame\).to_parquet"):
        sweep(lambda x: x, dd.from_pandas(pd.DataFrame({"x": [1.0]}), npartitions=1), to="o.parquet")


def test_what_is_no_table_of_dask_is_refused() -> None:
    frame = dd.from_pandas(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]}), npartitions=1)
    arrays = pytest.importorskip("dask.array", reason="Dask's arrays are not installed")
    for table, message in (
        (frame.a, r"a Series of Dask is one column, and no table: give sweep series\.to_frame\(\)"),
        (frame.groupby("a"), "GroupBy of Dask is no table: give sweep a Dask DataFrame"),
        (arrays.ones(3), "Array of Dask is no table: give sweep a Dask DataFrame"),
    ):
        with pytest.raises(TypeError, match=message):
            sweep(lambda a, b: a * b, table)


def inverse(a: Any) -> Any:
    if a == 0:
        raise ValueError("none")
    return 1 / a


@pytest.mark.usefixtures("_anywhere")
def test_the_row_of_an_error_is_told_as_one_of_its_part() -> None:
    frame = dd.from_pandas(pd.DataFrame({"a": [1.0, 2.0, 3.0, 0.0]}), npartitions=2)
    with pytest.raises(ValueError, match="none") as raised:
        sweep(inverse, frame).compute()
    assert raised.value.__notes__ == ["in row 1 of a part (a = 0)"]
    with pytest.warns(UserWarning, match=r"raised in 1 of 4 rows, which are null; first in row 1 of a part \(a = 0\)"):
        assert sweep(inverse, frame, errors="null", reduce="sum")["value"] == 1 + 1 / 2 + 1 / 3
