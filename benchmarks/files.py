"""Option prices and their five Greeks from one Parquet file to another: ours, and what others would write for it.

`python -m benchmarks.files WAY SOURCE TARGET` is one of them in a process of its own. It prints a line of JSON: CPU
seconds and the peak of memory, imports and compilation included, and what the new columns add up to, to be compared.
A new one is one function and its row in `WAYS`.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from .rounds import disagreement
from .table import aligned

COLUMNS = ("spot", "strike", "rate", "vol", "years")
NEW = ("value", *(f"d_{name}" for name in COLUMNS))
ROWS = 131_072  # of a batch


def make_book(path: Path, rows: int) -> None:
    """A file of as many random options."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(1)
    schema = pa.schema([(name, pa.float64()) for name in COLUMNS])
    with parquet.ParquetWriter(path, schema, use_dictionary=False) as writer:
        for start in range(0, rows, 10**6):
            ends = ((80, 120), (80, 120), (0, 0.05), (0.1, 0.4), (0.1, 2))
            numbers = [rng.uniform(*each, min(10**6, rows - start)) for each in ends]
            writer.write_table(pa.table(numbers, schema=schema))


# the ways


def price(f: Any, spot: Any, strike: Any, rate: Any, vol: Any, years: Any) -> Any:
    """The formula of Black and Scholes, of any namespace of functions."""
    d1 = (f.log(spot / strike) + (rate + vol * vol / 2) * years) / (vol * f.sqrt(years))
    d2 = d1 - vol * f.sqrt(years)
    first, second = (0.5 * f.erfc(-d / math.sqrt(2)) for d in (d1, d2))
    return spot * first - strike * f.exp(-rate * years) * second


def ours(source: str, target: str, engine: str = "numpy") -> None:
    from micrograd_like import math as functions
    from micrograd_like import sweep

    def option(spot: Any, strike: Any, rate: Any, vol: Any, years: Any) -> Any:
        return price(functions, spot, strike, rate, vol, years)

    sweep(option, source, to=target, engine=engine)


def ours_native(source: str, target: str) -> None:
    ours(source, target, "native")


def streamed(source: str, target: str, compute: Callable[..., Sequence[Any]]) -> None:
    """Batch by batch through PyArrow, as sweep does it."""
    import pyarrow as pa
    from pyarrow import parquet

    def batches() -> Iterator[Any]:
        with parquet.ParquetFile(source, memory_map=False, pre_buffer=False) as file:
            for batch in file.iter_batches(ROWS):
                new = compute(*[column.to_numpy() for column in batch.columns])
                yield pa.RecordBatch.from_arrays([*batch.columns, *map(pa.array, new)], names=[*COLUMNS, *NEW])

    schema = pa.schema([(name, pa.float64()) for name in (*COLUMNS, *NEW)])
    with parquet.ParquetWriter(target, schema, use_dictionary=False) as writer:
        for batch in batches():
            writer.write_batch(batch)


def copied(source: str, target: str) -> None:
    streamed(source, target, lambda *columns: [*columns, columns[0]])


def jax_streamed(source: str, target: str) -> None:
    import jax
    import numpy as np
    from jax.scipy.special import erfc

    jax.config.update("jax_enable_x64", True)
    functions = type(
        "Functions", (), {"log": jax.numpy.log, "sqrt": jax.numpy.sqrt, "exp": jax.numpy.exp, "erfc": erfc}
    )
    by_row = jax.value_and_grad(lambda *row: price(functions, *row), argnums=(0, 1, 2, 3, 4))
    of_batch = jax.jit(jax.vmap(by_row))

    def compute(*columns: Any) -> list[Any]:
        short = ROWS - len(columns[0])  # of one length, or it is compiled again
        value, slopes = of_batch(*[np.pad(x, (0, short), mode="edge") if short else x for x in columns])
        return [np.asarray(x)[: ROWS - short] for x in (value, *slopes)]

    streamed(source, target, compute)


def numba_by_hand(source: str, target: str) -> None:
    import numba
    import numpy as np

    @numba.njit
    def greeks(spot: Any, strike: Any, rate: Any, vol: Any, years: Any, out: Any) -> None:
        for k in range(len(spot)):
            s, x, r, v, t = spot[k], strike[k], rate[k], vol[k], years[k]
            root = math.sqrt(t)
            d1 = (math.log(s / x) + (r + v * v / 2) * t) / (v * root)
            d2 = d1 - v * root
            first, second = 0.5 * math.erfc(-d1 / math.sqrt(2)), 0.5 * math.erfc(-d2 / math.sqrt(2))
            discount, density = math.exp(-r * t), math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
            out[0, k] = s * first - x * discount * second
            out[1, k] = first
            out[2, k] = -discount * second
            out[3, k] = x * t * discount * second
            out[4, k] = s * density * root
            out[5, k] = s * density * v / (2 * root) + r * x * discount * second

    def compute(*columns: Any) -> Any:
        out = np.empty((6, len(columns[0])))
        greeks(*columns, out)
        return out

    streamed(source, target, compute)


def polars_by_hand(source: str, target: str) -> None:
    import polars as pl
    from scipy.special import ndtr

    s, x, r, v, t = map(pl.col, COLUMNS)

    def normal(d: pl.Expr) -> pl.Expr:
        return d.map_batches(lambda column: pl.Series(ndtr(column.to_numpy())), pl.Float64, is_elementwise=True)

    d1 = ((s / x).log() + (r + v * v / 2) * t) / (v * t.sqrt())
    book = pl.scan_parquet(source).with_columns(d1.alias("d1"))
    book = book.with_columns((pl.col("d1") - v * t.sqrt()).alias("d2"))
    book = book.with_columns(
        normal(pl.col("d1")).alias("n1"), normal(pl.col("d2")).alias("n2"), (-r * t).exp().alias("e")
    )
    n1, n2, e = pl.col("n1"), pl.col("n2"), pl.col("e")
    density = (-pl.col("d1") * pl.col("d1") / 2).exp() / math.sqrt(2 * math.pi)
    book = book.with_columns(
        (s * n1 - x * e * n2).alias("value"),
        n1.alias("d_spot"),
        (-e * n2).alias("d_strike"),
        (x * t * e * n2).alias("d_rate"),
        (s * density * t.sqrt()).alias("d_vol"),
        (s * density * v / (2 * t.sqrt()) + r * x * e * n2).alias("d_years"),
    )
    book.select(*COLUMNS, *NEW).sink_parquet(target, compression="snappy")


WAYS: dict[str, tuple[Callable[[str, str], None], tuple[str, ...]]] = {  # and the libraries that each needs
    "sweep": (ours, ("pyarrow", "scipy")),
    "sweep, native": (ours_native, ("pyarrow", "llvmlite")),
    "Polars, Greeks by hand": (polars_by_hand, ("polars", "scipy")),
    "jax, streamed": (jax_streamed, ("jax", "pyarrow")),
    "numba, Greeks by hand": (numba_by_hand, ("numba", "pyarrow")),
    "copying alone": (copied, ("pyarrow",)),
}


# measuring


def run_alone(way: str, source: str, target: str) -> dict[str, Any]:
    """What this process has taken for one way."""
    WAYS[way][0](source, target)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {"cpu": process_time(), "peak": int(status["VmHWM"].split()[0]) / 1024}


def sums_of(path: Path) -> list[float]:
    """What the new columns of a file add up to."""
    from pyarrow import parquet

    totals = dict.fromkeys(NEW, 0.0)
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(10**6, columns=[*NEW]):
            for name in NEW:
                totals[name] += float(batch[name].to_numpy().sum())
    return [*totals.values()]


def report_files(rows: int, rounds: int, progress: Callable[[str], None], markdown: bool) -> str:
    """The table: medians over the rounds, in each of which it is each way's turn."""
    present = {way: each for way, each in WAYS.items() if all(find_spec(library) for library in each[1])}
    found: dict[str, list[dict[str, float]]] = {way: [] for way in present}
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "book.parquet"), Path(folder, "greeks.parquet")
        make_book(source, rows)
        expected: list[float] = []
        for turn in range(1, rounds + 1):
            for way in present.keys() - failures.keys() if turn > 1 else present:
                progress(f"round {turn} of {rounds}: {rows:,} rows, {way}")
                start = perf_counter()
                words = [sys.executable, "-m", "benchmarks.files", way, str(source), str(target)]
                run = subprocess.run(words, capture_output=True, text=True, check=False)
                if run.returncode:
                    failures[way] = (run.stderr.strip().splitlines() or ["it was killed"])[-1]
                    continue
                found[way].append({**json.loads(run.stdout), "wall": perf_counter() - start})
                if turn == 1 and way != "copying alone":
                    numbers = sums_of(target)
                    expected = expected or numbers
                    failures.update({way: each} if (each := disagreement(numbers, expected)) else {})
    heads = ["Parquet to Parquet", "CPU s", "wall s", "peak MiB", "rows a CPU second"]
    lines = [
        [way, *cells(found[way], rows)] if way not in failures else [way, failures[way], "", "", ""] for way in present
    ]
    absent = [library for each in WAYS.values() for library in each[1] if not find_spec(library)]
    note = f"\nNot installed: {', '.join(dict.fromkeys(absent))}.\n" if absent else ""
    return f"Files, {rows:,} options with five Greeks: medians\n\n{aligned([heads, *lines], markdown)}\n{note}"


def cells(runs: list[dict[str, float]], rows: int) -> list[str]:
    cpu, wall, peak = (median(run[name] for run in runs) for name in ("cpu", "wall", "peak"))
    return [f"{cpu:.2f}", f"{wall:.2f}", f"{peak:.0f}", f"{rows / cpu / 1e6:.2f}e6"]


if __name__ == "__main__":
    print(json.dumps(run_alone(*sys.argv[1:])))
