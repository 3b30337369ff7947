"""Facts about sweep from file to file: every batch is there, in its order, or no file is."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from option_book import black_scholes, options

from micrograd_like import sweep
from micrograd_like.models.tables import files, progress

pa = pytest.importorskip("pyarrow", reason="PyArrow is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")
pl = pytest.importorskip("polars", reason="Polars is not installed")
duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="PyArrow is not installed")
TESTS = Path(__file__).parents[1]


def product(a: Any, b: Any) -> Any:
    return a * b


def read(path: Path) -> Any:
    """The table in a file, read by another library than wrote it."""
    if path.suffix == ".parquet":
        return duckdb.sql(f"select * from '{path}'").to_arrow_table()
    if path.suffix == ".csv":
        return pl.read_csv(path).to_arrow()
    return pl.read_ipc(path).to_arrow()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# from file to file


@pytest.mark.parametrize("source", ["book.parquet", "book.csv", "book.arrow", "book.feather"])
@pytest.mark.parametrize("target", ["out.parquet", "out.csv", "out.arrow"])
def test_each_kind_of_file_becomes_each_kind_with_the_same_numbers(source: str, target: str, folder: Path) -> None:
    book = options(5_000)
    frame = pl.DataFrame(book).with_columns(pl.Series("id", range(5_000)), pl.lit("a, b").alias("note"))
    write = {".parquet": frame.write_parquet, ".csv": frame.write_csv}.get(Path(source).suffix, frame.write_ipc)
    write(folder / source)
    expected = sweep(black_scholes, book)
    assert sweep(black_scholes, source, to=folder / target, batch=700) == folder / target
    table = read(folder / target)
    assert table["note"].to_pylist() == ["a, b"] * 5_000
    for name, column in {**expected, "id": np.arange(5_000)}.items():
        assert table[name].to_numpy().tobytes() == column.tobytes(), name
    assert sorted(path.name for path in folder.iterdir()) == sorted([source, target])


def test_without_a_target_there_is_a_reader(folder: Path) -> None:
    parquet.write_table(pa.table({"a": [1.0, 2.0, 3.0], "b": [4, 5, 6]}), "t.parquet", row_group_size=1)
    reader = sweep(product, "t.parquet", batch=2)
    assert reader.schema.names == ["a", "b", "value", "d_a", "d_b"]
    assert reader.read_all()["value"].to_pylist() == [4.0, 10.0, 18.0]


def test_numbers_are_written_without_a_dictionary_and_text_with_one(folder: Path) -> None:
    sweep(product, pl.DataFrame({"a": [1.0, 2.0], "b": [3, 4], "note": ["x", "x"]}), to="o.parquet")
    columns = [parquet.read_metadata("o.parquet").row_group(0).column(k) for k in range(6)]
    of_text = [column.path_in_schema for column in columns if "RLE_DICTIONARY" in column.encodings]
    assert of_text == ["note"]  # dictionaries of numbers that differ take ten times the time


def test_several_files_are_one_table(folder: Path) -> None:
    for k in range(3):
        parquet.write_table(
            pa.table({"b": [k, k + 1], "a": [1.0, 2.0]} if k else {"a": [1.0, 2.0], "b": [0, 1]}), f"{k}.parquet"
        )
    expected = [0.0, 2.0, 1.0, 4.0, 2.0, 6.0]
    assert sweep(product, "[0-9].parquet").read_all()["value"].to_pylist() == expected
    assert sweep(product, [folder / "0.parquet", "1.parquet", "2.parquet"], reduce="sum")["value"] == sum(expected)
    parquet.write_table(pa.table({"a": [1.0]}), "3.parquet")
    with pytest.raises(ValueError, match=r"3\.parquet lacks b, which 0\.parquet has"):
        sweep(product, "[0-9].parquet").read_all()


def test_files_that_become_one_table_have_the_same_types(folder: Path) -> None:
    for k, numbers in enumerate(([1.0], [1])):
        parquet.write_table(pa.table({"a": [1.0], "b": numbers}), f"{k}.parquet")
    for reduce in (None, "sum"):
        with pytest.raises(ValueError, match=r"b is a column of type int64 in 1\.parquet, and of type double in 0\."):
            sweep(product, "[01].parquet", to=None if reduce else "o.parquet", reduce=reduce)
    assert sorted(path.name for path in folder.iterdir()) == ["0.parquet", "1.parquet"]


def test_a_file_may_become_itself(folder: Path) -> None:
    parquet.write_table(pa.table({"a": [1.0, 2.0], "b": [4.0, 5.0]}), "t.parquet")
    sweep(product, "t.parquet", to="t.parquet")
    assert read(folder / "t.parquet")["value"].to_pylist() == [4.0, 10.0]
    with pytest.raises(ValueError, match="has a column 'value' already"):
        sweep(product, "t.parquet", to="t.parquet")
    assert read(folder / "t.parquet")["value"].to_pylist() == [4.0, 10.0]


def test_the_metadata_by_which_pandas_knows_its_index_is_kept(folder: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]}, index=pd.Index([7, 9], name="row"))
    frame.to_parquet("t.parquet")
    sweep(product, "t.parquet", to="o.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet("o.parquet")[["a", "b"]], frame)
    sweep(product, frame, to="p.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet("p.parquet"), pd.read_parquet("o.parquet"))


@pytest.mark.parametrize("name", ["e.parquet", "e.csv", "e.arrow"])
def test_a_file_of_no_rows_becomes_one_of_no_rows(name: str, folder: Path) -> None:
    frame = pl.DataFrame({"a": pl.Series([], dtype=pl.Float64), "b": pl.Series([], dtype=pl.Float64)})
    {".parquet": frame.write_parquet, ".csv": frame.write_csv, ".arrow": frame.write_ipc}[Path(name).suffix](name)
    sweep(product, name, to="o.parquet")
    table = read(folder / "o.parquet")
    assert (table.num_rows, table.column_names) == (0, ["a", "b", "value", "d_a", "d_b"])
    assert sweep(product, name, reduce="sum") == {"value": 0.0, "d_a": 0.0, "d_b": 0.0}


# CSV


def test_numbers_of_csv_are_floats_from_the_first_row_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 1000)
    rows = [f"{k},2" for k in range(1000)] + ["0.5,2", ",2", "3,2.5"]
    Path("t.csv").write_text("\n".join(["a,b", *rows]), encoding="utf-8")
    values = sweep(product, "t.csv").read_all()["value"].to_pylist()
    assert values[-4:] == [1998.0, 1.0, None, 7.5]


def test_a_whole_number_of_csv_that_is_counted_with_stays_one(folder: Path) -> None:
    Path("t.csv").write_text("x,n\n1.5,2\n2.5,3\n", encoding="utf-8")
    assert sweep(lambda x, n: sum(x for _ in range(n)), "t.csv").read_all()["value"].to_pylist() == [3.0, 7.5]


def test_compressed_csv_is_read(folder: Path) -> None:
    with gzip.open("t.csv.gz", "wt", encoding="utf-8") as file:
        file.write("a,b\n2,3\n")
    assert sweep(product, "t.csv.gz").read_all()["value"].to_pylist() == [6.0]


def test_a_column_of_csv_that_becomes_another_one_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 1000)
    Path("t.csv").write_text("\n".join(["a,b,id", *["1,2,3"] * 1000, "1,2,x"]), encoding="utf-8")
    with pytest.raises(ValueError, match=r"t.csv: In CSV column #2: .* invalid value 'x'.* let DuckDB read it"):
        sweep(product, "t.csv", to="o.csv")
    assert [*folder.iterdir()] == [folder / "t.csv"]


# other streams


def test_a_lazy_frame_is_computed_in_batches(folder: Path) -> None:
    lazy = pl.LazyFrame({"a": [1.0, 2.0, 3.0], "b": [4, 5, 6]}).filter(pl.col("a") > 1)
    assert sweep(product, lazy).read_all()["value"].to_pylist() == [10.0, 18.0]
    assert sweep(product, lazy.filter(pl.col("a") > 9)).read_all().num_rows == 0
    assert sweep(product, lazy, to="o.parquet") == Path("o.parquet")


def test_what_duckdb_answers_is_a_table() -> None:
    relation = duckdb.sql("select range::double as a, 2 as b from range(10000)")
    assert sweep(product, relation, reduce="sum") == {"value": 99_990_000.0, "d_a": 20_000.0, "d_b": 49_995_000.0}
    reader = pa.table({"a": [1.0], "b": [2.0]}).to_reader()
    assert sweep(product, reader).read_all()["value"].to_pylist() == [2.0]


def test_totals_read_no_more_columns_than_are_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet.write_table(pa.table({"a": [1.0, 2.0], "other": ["x", "y"], "b": [4, 5]}), "t.parquet")
    asked = []
    read_batches = parquet.ParquetFile.iter_batches

    def watched(self: Any, *args: Any, columns: Any, **options: Any) -> Any:
        asked.append(columns)
        return read_batches(self, *args, columns=columns, **options)

    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", watched)
    assert sweep(product, "t.parquet", reduce="mean")["value"] == 7.0
    assert asked == [["a", "b"]]


def test_small_batches_are_put_together_and_large_ones_taken_apart() -> None:
    batches = [pa.record_batch({"a": np.arange(n, dtype=float)}) for n in (1, 0, 2, 30, 4, 9, 3)]
    for size in (1, 5, 8, 1000):
        put = [*files.rebatched(iter(batches), size)]
        assert [x for batch in put for x in batch["a"].to_pylist()] == [x for b in batches for x in b["a"].to_pylist()]
        assert all(batch.num_rows <= size for batch in put)
        assert len(put) <= 2 * 49 // size + 2


@pytest.mark.parametrize(
    ("table", "to", "message"),
    [
        ("nothing.parquet", None, "there is no file nothing.parquet"),
        ("*.parquet", None, r"there is no file \*.parquet"),
        (".", None, r"\. is a folder: name its files, as in \./\*.parquet"),
        ("t.xlsx", None, "'t.xlsx': tables are read and written as .parquet, .csv, .arrow, .feather"),
        ("t.csv", "o.xlsx", "'o.xlsx': tables are read and written as"),
        ("t.csv", "no/o.csv", "there is no folder no to write o.csv in"),
        ("t.csv", "folder.csv", "folder.csv is a folder"),
    ],
)
def test_a_wrong_path_is_refused(table: str, to: Any, message: str, folder: Path) -> None:
    Path("t.xlsx").touch()
    Path("folder.csv").mkdir()
    Path("t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises((OSError, ValueError), match=message):
        sweep(product, table, to=to)


# nothing half written


def test_an_error_leaves_no_file(folder: Path) -> None:
    def f(a: Any) -> Any:
        if a > 9_000:
            raise LookupError("too much")
        return a

    parquet.write_table(pa.table({"a": np.arange(10_000.0)}), "t.parquet")
    Path("o.parquet").write_text("before", encoding="utf-8")
    with pytest.raises(LookupError) as raised:
        sweep(f, "t.parquet", to="o.parquet", batch=1_000)
    assert raised.value.__notes__ == ["in row 9,001 (a = 9001)"]
    assert Path("o.parquet").read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in folder.iterdir()) == ["o.parquet", "t.parquet"]


WRITES = """
import sys, time
import numpy as np, pyarrow as pa
from option_book import black_scholes, options
from micrograd_like import sweep
batch = pa.record_batch(options(50_000))
def batches():
    for k in range(int(sys.argv[2])):
        if k == 3:
            print("going", flush=True)
        yield batch
sweep(black_scholes, pa.RecordBatchReader.from_batches(batch.schema, batches()), to=sys.argv[1])
"""


def writing(target: Path, batches: int, **how: Any) -> subprocess.Popen[str]:
    """A process that writes a file of so many batches, 4 MB each."""
    words = [sys.executable, "-c", WRITES, str(target), str(batches)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(words, cwd=TESTS, **pipes, **how)


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow"])
def test_a_ctrl_c_leaves_no_file(kind: str, tmp_path: Path) -> None:
    with writing(tmp_path / f"o.{kind}", 10**9) as process:
        assert process.stdout
        assert process.stdout.readline() == "going\n"
        assert (tmp_path / f"o.{kind}.part").exists()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow"])
def test_a_full_disk_leaves_no_file(kind: str, tmp_path: Path) -> None:
    """A small tmpfs where that can be mounted; else no file may become larger than 12 MB, which fails alike."""
    resource = pytest.importorskip("resource", reason="this system has no limits of resources")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(tmp_path)], capture_output=True)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (12 * 2**20, 12 * 2**20))

    try:
        with writing(tmp_path / f"o.{kind}", 20, preexec_fn=None if mounted.returncode == 0 else limited) as process:
            _, said = process.communicate(timeout=120)
        assert process.returncode == 1
        assert said.rstrip().splitlines()[-1].startswith("OSError")
        assert "No space left" in said if mounted.returncode == 0 else "File too large" in said
        assert [*tmp_path.iterdir()] == []
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(tmp_path)], check=True)


GROWS = """
import resource, sys
import numpy as np, pyarrow as pa, pyarrow.parquet
from option_book import black_scholes, options
from micrograd_like import sweep
sweep(black_scholes, "small.parquet", to="out.parquet")
sizes = dict(line.split(":") for line in open("/proc/self/status"))
now = int(sizes["VmSize"].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (now + int(sys.argv[1]), now + int(sys.argv[1])))
print(sweep(black_scholes, "large.parquet", to="out.parquet"))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the size of a process is read from /proc")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A million rows become 88 MB; they are computed in a process that may not grow by half of that."""
    book = pa.table(options(200_000))
    parquet.write_table(book, tmp_path / "small.parquet", use_dictionary=False, row_group_size=131_072)
    with parquet.ParquetWriter(tmp_path / "large.parquet", book.schema, use_dictionary=False) as writer:
        for _ in range(5):
            writer.write_table(book, row_group_size=131_072)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    words = [sys.executable, "-c", GROWS, str(40 * 2**20)]
    run = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "out.parquet\n"), run.stderr
    assert parquet.read_metadata(tmp_path / "out.parquet").num_rows == 1_000_000


# progress


def test_a_bar_is_shown_if_one_is_wanted(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    parquet.write_table(pa.table({"a": np.ones(1000), "b": np.ones(1000)}), "t.parquet")
    sweep(product, "t.parquet", to="o.parquet", progress=True)
    assert "product: 100%" in capsys.readouterr().err
    sweep(product, {"a": np.ones(1000), "b": np.ones(1000)}, progress=True)
    assert "product: 100%" in capsys.readouterr().err
    sweep(product, "t.parquet", to="o.parquet")
    sweep(product, "t.parquet", to="o.parquet", progress=False)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_a_bar_is_shown_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    sweep(product, {"a": np.ones(1000), "b": np.ones(1000)})
    assert terminal.getvalue() == ""  # it has not taken two seconds
    monkeypatch.setattr(progress, "AFTER", 0.0)
    sweep(product, {"a": np.ones(1000), "b": np.ones(1000)})
    assert "product: 100%" in terminal.getvalue()


def test_without_tqdm_a_bar_that_is_wanted_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"progress=True needs tqdm: pip install 'micrograd_like\[tables\]'"):
        sweep(product, {"a": [1.0], "b": [1.0]}, progress=True)
    assert sweep(product, {"a": [1.0], "b": [2.0]})["value"].tolist() == [2.0]


@pytest.mark.parametrize("name", ["pyarrow", "narwhals"])
def test_what_is_not_installed_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"pyarrow": "t.parquet", "narwhals": pl.DataFrame({"a": [1.0], "b": [1.0]})}
    monkeypatch.setattr(files, "files_called", lambda path: [path])
    for module in (name, f"{name}.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"need {name}.*: pip install 'micrograd_like\[tables\]'"):
        sweep(product, tables[name])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", "t.csv cannot be read: Empty CSV file. Write it as Parquet, or let DuckDB read it"),
        ("t.csv", "a;b\n1,5;2\n", "t.csv cannot be read: CSV parse error"),
        ("t.parquet", "a,b", "t.parquet cannot be read: Parquet file size is 3 bytes"),
        ("t.csv", "a,a,b\n1,2,3\n", "the table has 2 columns 'a': give each its own name"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, name: str, content: str, message: str) -> None:
    Path(name).write_text(content)
    with pytest.raises(ValueError, match=message):
        sweep(product, name)


def test_a_file_that_cannot_be_written_is_named(folder: Path) -> None:
    (folder / "o.csv.part").mkdir()
    with pytest.raises(OSError, match=r"cannot write .*o\.csv: "):
        sweep(product, {"a": [1.0], "b": [2.0]}, to=folder / "o.csv")


def test_numbers_that_nobody_holds_are_refused() -> None:
    with pytest.raises(TypeError, match="a is no column of numbers"):
        sweep(product, {"a": [2**70], "b": [1.0]})


@pytest.mark.parametrize("nested", [False, True])
def test_computed_columns_of_parquet_are_not_compressed_and_all_others_are(tmp_path: Path, nested: bool) -> None:
    columns: dict[str, Any] = {"a": [1.0, 2.0], "b.c": [3.0, 4.0], "kind": ["x", "y"]}
    columns |= {"parts": [[1.0], [2.0, 3.0]]} if nested else {}
    parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
    sweep(lambda a: a * a, tmp_path / "in.parquet", to=tmp_path / "out.parquet")
    group = parquet.ParquetFile(tmp_path / "out.parquet").metadata.row_group(0)
    found = {group.column(k).path_in_schema: group.column(k).compression for k in range(group.num_columns)}
    plain = {name for name, compression in found.items() if compression == "UNCOMPRESSED"}
    assert plain == (set() if nested else {"value", "d_a"})
    assert {*found.values()} - {"UNCOMPRESSED"} == {"SNAPPY"}
    assert parquet.read_table(tmp_path / "out.parquet")["d_a"].to_pylist() == [2.0, 4.0]
