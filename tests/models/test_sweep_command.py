"""Facts about the command `micrograd-like sweep`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from micrograd_like.__main__ import main

pytest.importorskip("pyarrow", reason="PyArrow is not installed")

SHOP = """
def price(apple, n, tax):
    if n < 0:
        raise LookupError(f"no {n} apples")
    return apple * n * tax

def payoff(kind, spot):
    return max(spot - 150, 0.0) if kind == "call" else max(150 - spot, 0.0)

rate = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("shop.py").write_text(SHOP, encoding="utf-8")
    Path("sales.csv").write_text("apple,n,day\n100,2,mon\n200,3,tue\n", encoding="utf-8")
    return tmp_path


def said(capsys: Any, *words: str) -> tuple[int, str, str]:
    code = main(["sweep", *words])
    return (code, *capsys.readouterr())


def test_a_table_gets_its_columns_in_a_file(folder: Path, capsys: Any) -> None:
    assert said(capsys, "shop.py:price", "sales.csv", "tax=1.5", "-o", "o.csv") == (
        0,
        "",
        "micrograd-like: wrote o.csv\n",
    )
    assert Path("o.csv").read_text(encoding="utf-8") == (
        '"apple","n","day","value","d_apple","d_n","d_tax"\n'
        '100,2,"mon",300,3,150,200\n'
        '200,3,"tue",900,4.5,300,600\n'
    )  # fmt: skip


def test_without_a_file_the_table_is_printed(folder: Path) -> None:
    words = [sys.executable, "-m", "micrograd_like", "sweep", "shop.py:price", "sales.csv", "tax=1.5", "--by", "n"]
    run = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONUTF8": "1"}, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == '"apple","n","day","value","d_n"\n100,2,"mon",300,150\n200,3,"tue",900,300\n'


def test_totals_are_printed(folder: Path, capsys: Any) -> None:
    words = ["shop.py:price", "sales.csv", "tax=1.5", "--reduce", "sum"]
    assert said(capsys, *words) == (0, "value = 1200.0\nd_apple = 7.5\nd_n = 450.0\nd_tax = 800.0\n", "")


def test_constants_are_numbers_text_and_columns(folder: Path, capsys: Any) -> None:
    words = ["shop.py:payoff", "sales.csv", "kind=call", "spot=:apple", "--reduce", "mean"]
    assert said(capsys, *words) == (0, "value = 25.0\nd_spot = 0.5\n", "")


def test_rows_that_raise_are_null_where_that_is_wanted(folder: Path, capsys: Any) -> None:
    Path("sales.csv").write_text("apple,n\n100,2\n100,-1\n", encoding="utf-8")
    code, printed, error = said(capsys, "shop.py:price", "sales.csv", "tax=1.5", "--reduce", "sum")
    assert (code, printed) == (1, "")
    assert error == "micrograd-like: error: LookupError: no -1.0 apples, in row 1 (apple = 100, n = -1)\n"
    code, printed, error = said(capsys, "shop.py:price", "sales.csv", "tax=1.5", "--reduce", "sum", "--errors", "null")
    assert (code, printed.splitlines()[0]) == (0, "value = 300.0")
    assert error.startswith("micrograd-like: note: price raised in 1 of 2 rows, which are null; first in row 1 (apple")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shop.py:prize", "sales.csv"], "shop.py has no function 'prize': did you mean 'price'?"),
        (["shop.py:rate", "sales.csv"], "shop.py has no function 'rate': its functions are price, payoff"),
        (["shop.py", "sales.csv"], "a function of a file is named as in shop.py:price, not as in 'shop.py'"),
        (["shoe.py:price", "sales.csv"], "there is no file 'shoe.py'"),
        (["shop.py:price", "sale.csv"], "there is no file sale.csv"),
        (["shop.py:price", "sales.csv"], "price takes tax, and the table has no such column"),
        (["shop.py:price", "sales.csv", "tx=1"], "price has no parameter 'tx': did you mean 'tax'?"),
        (["shop.py:price", "sales.csv", "1.5"], "'1.5' is not NAME=NUMBER, such as tax=1.1"),
        (["shop.py:price", "sales.csv", "tax=1", "-o", "o.doc"], "'o.doc': tables are read and written as"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(words: list[str], message: str, folder: Path, capsys: Any) -> None:
    code, printed, error = said(capsys, *words)
    assert (code, printed) == (1, "")
    assert error.startswith(f"micrograd-like: error: {message}")
    assert error.count("\n") == 1


def test_a_wrong_command_line_is_one_of_the_user_s(folder: Path, capsys: Any) -> None:
    assert said(capsys)[0] == 2
    assert said(capsys, "shop.py:price", "sales.csv", "--reduce", "max")[0] == 2
    assert "micrograd-like sweep shop.py:price sales.parquet -o priced.parquet" in said(capsys, "--help")[1]
