"""Facts about the command line for models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from micrograd_like.__main__ import main

pytest.importorskip("numpy")
Capture = pytest.CaptureFixture[str]
SHOP = """\
import math

def price(apple, n=2, tax=1.1, kind="plain"):
    total = apple * n * tax
    if total > 1000:
        total = total - 100
    return total if kind == "plain" else {"net": total, "gross": total * 1.2}

def root(x):
    return math.sqrt(x)

rate = 0.3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    (tmp_path / "before.json").write_text('{"apple": 400.0, "n": 2}', encoding="utf-8")
    (tmp_path / "after.json").write_text('{"apple": 500.0, "n": 2}', encoding="utf-8")
    return tmp_path


def printed(capsys: Capture, *words: str) -> str:
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def said(capsys: Capture, code: int, *words: str) -> str:
    assert main(words) == code
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_sensitivities_of_an_expression(capsys: Capture) -> None:
    text = printed(capsys, "sensitivities", "apple*n*tax", "apple=100±5", "n=2", "tax=1.1(1)", "--draws", "2000")
    lines = text.splitlines()
    assert lines[0] == "answer = 220 ± 23"
    assert lines[2].split()[:4] == ["tax", "1.10", "0.10", "200"]
    assert "2,000 draws" in text


@pytest.mark.parametrize("text", ["apple=100±5", "apple=100+-5", "apple=100+/-5", "apple=100(5)", "apple=100±5%"])
def test_uncertain_inputs_are_written_in_many_ways(capsys: Capture, text: str) -> None:
    assert printed(capsys, "sensitivities", "apple * 2", text, "--draws=0").startswith("answer = 200 ± 10\n")


def test_ranges_are_equally_likely(capsys: Capture) -> None:
    pytest.importorskip("scipy")
    found = json.loads(printed(capsys, "sensitivities", "tax * 2", "tax=1.05..1.15", "--draws=0", "--json"))
    assert found["u"] == pytest.approx(0.2 / 12**0.5)


def test_correlation_and_options(capsys: Capture) -> None:
    words = "a - b", "a=1±0.1", "b=1±0.1", "--corr", "a,b=1", "--draws=100", "--seed=3", "--coverage=0.9", "--json"
    found = json.loads(printed(capsys, "sensitivities", *words))
    assert (found["u"], found["coverage"], found["draws"]["count"]) == (0.0, 0.9, 100)


def test_expressions_are_plain_python(capsys: Capture) -> None:
    words = "exp = 2 * x; log(exp) if x > 1 else max(x, pi) ** 2", "x=3±0.1", "--draws=500"
    assert "answer = 1.792 ± 0.033" in printed(capsys, "sensitivities", *words)


def test_sensitivities_of_a_function_in_a_file(capsys: Capture) -> None:
    text = printed(capsys, "sensitivities", "shop.py:price", "apple=450±30", "--draws=20000")
    assert "`if total > 1000`, line 5" in " ".join(text.split())
    assert "shop.py" not in text.splitlines()[0]
    assert "net = " in printed(capsys, "sensitivities", "shop.py:price", "apple=450±30", "kind=both", "--draws=100")
    assert "root = 2.000 ± 0.025" in printed(capsys, "sensitivities", "shop.py:root", "x=4±0.1", "--draws=100")


@pytest.mark.parametrize(
    ("suffix", "begin"),
    [(".svg", "<svg"), (".html", "<!DOCTYPE html>"), (".md", "**price ="), (".json", "{"), (".txt", "price =")],
)
def test_reports_are_written_to_files(capsys: Capture, folder: Path, suffix: str, begin: str) -> None:
    out = printed(capsys, "sensitivities", "shop.py:price", "apple=100±5", "--draws=100", "-o", f"r{suffix}")
    assert out.endswith(f"wrote r{suffix}\n")
    assert (folder / f"r{suffix}").read_text(encoding="utf-8").startswith(begin)


def test_explain_two_files(capsys: Capture, folder: Path) -> None:
    pytest.importorskip("scipy")
    text = printed(capsys, "explain", "shop.py:price", "before.json", "after.json")
    assert text.splitlines()[0] == "price 880 → 1000: +120"
    assert "`if total > 1000`, line 5" in text
    found = json.loads(printed(capsys, "explain", "shop.py:price", "before.json", "after.json", "--json"))
    assert found["change"] == pytest.approx(120)
    printed(capsys, "explain", "shop.py:price", "before.json", "after.json", "-o", "why.html")
    assert "<table" in (folder / "why.html").read_text(encoding="utf-8")


def test_source_of_a_function_and_of_its_derivatives(capsys: Capture, folder: Path) -> None:
    text = printed(capsys, "source", "shop.py:price", "apple=100.0")
    assert text.startswith("def price(apple, n, tax, kind):\n")
    text = printed(capsys, "source", "x**2 * y", "x=3", "y=2", "--grad")
    assert text == "def answer(x, y):\n    v1 = x ** 2.0\n    return (v1 * y, (y * (2.0 * x), v1))\n"
    printed(capsys, "source", "shop.py:price", "apple=100.0", "-o", "price.py")
    assert (folder / "price.py").read_text(encoding="utf-8").startswith("def price")


def test_names_that_are_commands_are_still_expressions(capsys: Capture) -> None:
    assert "source" in printed(capsys, "source * 2", "source=3")
    assert "explain" in printed(capsys, "explain", "explain=3")


MISTAKES = [
    (1, ("sensitivities", "shop.py:pric", "apple=3"), "shop.py has no function 'pric': did you mean 'price'?"),
    (1, ("sensitivities", "shop.py:rate", "apple=3"), "'rate' in shop.py is of type float, and no function"),
    (1, ("sensitivities", "none.py:f", "apple=3"), "there is no file 'none.py'"),
    (1, ("sensitivities", "shop.py:price", "appel=3"), "price has no input 'appel': did you mean 'apple'?"),
    (1, ("sensitivities", "shop.py:price"), "price needs apple: give it by name"),
    (1, ("sensitivities", "a * b", "a=1"), "'b' has no value: give it one, as in b=2"),
    (1, ("sensitivities", "a * ", "a=1"), "this is not an expression"),
    (1, ("sensitivities", "log(a)", "a=0±1"), "log(a): math domain error at a = 0.0"),
    (1, ("sensitivities", "a", "a=1±1", "--draws=1"), "draws is how many there are"),
    (1, ("sensitivities", "a", "a=1±1", "--corr", "a,b=1"), "corr names 'b'"),
    (2, ("sensitivities", "shop.py", "apple=3"), "a function of a file is named as in shop.py:price"),
    (2, ("sensitivities", "a", "a"), "'a' is not NAME=INPUT, such as apple=100±5"),
    (2, ("sensitivities", "a", "a=1", "a=2"), "'a' is given twice"),
    (2, ("sensitivities", "a", "a=1±x"), "'a' needs a number, as 100 or 100±5, not '1±x'"),
    (2, ("sensitivities", "a", "a=2..1"), "a range goes from the smaller number to the larger one"),
    (2, ("sensitivities", "a", "a=x"), "'a' needs a number, as 100 or 100±5, not 'x'"),
    (2, ("sensitivities", "a", "a=1±1", "--corr", "a"), "--corr takes two names and a number"),
    (2, ("sensitivities", "a", "a=1±1", "--draws=0", "-o", "r.png"), "a report is written as .html, .svg"),
    (2, ("sensitivities",), "the following arguments are required: model"),
    (2, ("explain", "shop.py:price", "before.json"), "explain takes a function and two files"),
    (1, ("explain", "shop.py:price", "before.json", "x.json"), "cannot read x.json: No such file"),
    (1, ("explain", "shop.py:price", "before.json", "shop.py"), "shop.py is no JSON"),
    (2, ("source", "shop.py:price", "apple=1", "tax=1", "--grad"), "--grad asks for derivatives by floats"),
]


@pytest.mark.parametrize(("code", "words", "text"), MISTAKES, ids=[" ".join(words) for _, words, _ in MISTAKES])
def test_mistakes_are_answered_with_what_to_do(capsys: Capture, code: int, words: tuple[str, ...], text: str) -> None:
    told = said(capsys, code, *words)
    assert text in told
    assert "Traceback" not in told


def test_whatever_a_function_raises_is_said(capsys: Capture, folder: Path) -> None:
    (folder / "bad.py").write_text("def f(apple, n=1): raise RuntimeError('no apples')", encoding="utf-8")
    assert (
        said(capsys, 1, "sensitivities", "bad.py:f", "apple=3±1") == "micrograd-like: error: RuntimeError: no apples\n"
    )
    told = said(capsys, 1, "explain", "bad.py:f", "before.json", "after.json")
    assert told == "micrograd-like: error: RuntimeError: no apples (with the inputs before)\n"


def test_each_command_has_its_help(capsys: Capture) -> None:
    for command in ("sensitivities", "explain", "source"):
        assert main([command, "--help"]) == 0
        assert f"micrograd-like {command}" in capsys.readouterr().out


def test_a_terminal_that_lacks_signs_gets_others() -> None:
    words = [sys.executable, "-m", "micrograd_like", "sensitivities", "a * 2", "a=1+-0.1", "--draws=0"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    run = subprocess.run(words, capture_output=True, encoding="ascii", env=env, check=True)
    assert run.stdout.startswith("answer = 2.00 +/- 0.20")
    assert "\\u" not in run.stdout
