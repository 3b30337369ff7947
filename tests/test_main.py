"""Facts about the command line: what it prints, what it writes, and what it answers to a mistake."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import webbrowser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_like
from micrograd_like import drawing
from micrograd_like.__main__ import DEMOS, main
from micrograd_like.errors import DrawingError
from micrograd_like.pictures import fonts

Capture = pytest.CaptureFixture[str]
APPLES = ["apple * n * tax", "apple=100", "n=2", "tax=1.1"]
TREE = """\
                   value  ∂output/∂
output = v1 × tax    220  ← 1
├─ v1 = apple × n    200  ← 1.1
│  ├─ apple          100  ← 2.2
│  └─ n                2  ← 110
└─ tax               1.1  ← 200
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def failure(capsys: Capture, *words: str, code: int) -> str:
    """The last message, when the command fails with this exit code and prints no result."""
    assert main(words) == code
    out, err = capsys.readouterr()
    assert (out, err.count("Traceback")) == ("", 0)
    return err.partition("micrograd-like: error: ")[2].rstrip("\n")


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command.replace("python", shlex.quote(sys.executable), 1),
        shell=True,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


# expressions


def test_the_value_and_the_derivatives_are_printed(capsys: Capture) -> None:
    assert main(APPLES) == 0
    assert capsys.readouterr() == (TREE, "")


def test_a_table_instead_of_the_tree(capsys: Capture) -> None:
    assert main([*APPLES, "--table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["apple", "n", "v1", "tax", "output"]
    assert lines[1].split() == ["apple", "100", "2.2"]


@pytest.mark.parametrize("suffix", [".svg", ".SVG", ".dot", ".txt", ".mmd", ".png", ".pdf"])
def test_the_suffix_says_what_is_written_and_the_tree_is_printed_too(suffix: str, capsys: Capture) -> None:
    path = Path(f"apples{suffix}")
    assert main([*APPLES, "-o", str(path)]) == 0
    assert capsys.readouterr() == (TREE, f"micrograd-like: wrote {path}\n")
    starts = {
        ".svg": b"<svg",
        ".dot": b"digraph",
        ".txt": b" ",
        ".mmd": b"flowchart",
        ".png": b"\x89PNG",
        ".pdf": b"%PDF",
    }
    assert path.read_bytes().startswith(starts[suffix.lower()])


@pytest.mark.parametrize("words", [[], ["--direction", "right"], ["--direction=down"]], ids=str)
def test_the_direction_says_which_way_the_arrows_run(words: list[str]) -> None:
    assert main([*APPLES, *words, "-o", "a.dot"]) == 0
    assert ("rankdir=LR" in Path("a.dot").read_text(encoding="utf-8")) == (words != ["--direction=down"])


def test_options_may_stand_anywhere(capsys: Capture) -> None:
    assert main(["-o", "a.txt", *APPLES[:2], "--table", *APPLES[2:]]) == 0
    assert "output" in capsys.readouterr().out
    assert Path("a.txt").read_text(encoding="utf-8") == TREE


@pytest.mark.parametrize(
    "words", [["-x * 2"], ["-x*2"], ["--", "-x*2"], ["-o * 2", "o=3"], ["-(x)*2"], ["---x*2"]], ids=str
)
def test_an_expression_may_start_with_a_minus(words: list[str], capsys: Capture) -> None:
    assert main([*words, "x=3"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[3:6] == ["×", "2", "-6"]


@pytest.mark.parametrize("text", ["-" * 9999 + "1", "-" * 10_000_000, "1" * 10_000_000, f"--{'a' * 99999}"], ids=len)
def test_a_line_of_any_length_gets_a_short_answer(text: str, capsys: Capture) -> None:
    main([text])
    assert sum(map(len, capsys.readouterr())) < 400


def test_blanks_around_the_equals_sign_do_not_matter(capsys: Capture) -> None:
    assert main(["x", "x = -1e3"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["x", "-1000", "←", "1"]


def test_numbers_may_be_written_as_they_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["x × y", "x＝−２．５", "y=4"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["output", "=", "x", "×", "y", "-10", "←", "1"]


def test_infinity_and_nan_are_numbers(capsys: Capture) -> None:
    assert main(["x * y", "x=-inf", "y=nan"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-3:] == ["nan", "←", "1"]


def test_a_name_is_the_same_in_all_forms_of_unicode(capsys: Capture) -> None:
    assert main(["ﬁ * 2", "ﬁ=3"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["└─", "fi", "3", "←", "2"]


def test_a_name_that_is_not_used_is_noted(capsys: Capture) -> None:
    assert main(["exp(x)", "x=0", "exp=2", "tax=1.1"]) == 0
    assert capsys.readouterr().err == "micrograd-like: note: the expression does not use 'exp, tax'\n"


def test_open_shows_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert main([*APPLES, "-o", "apples.txt", "--open"]) == 0
    assert opened == [Path("apples.txt").resolve().as_uri()]


def test_an_error_in_the_expression_is_pointed_at(capsys: Capture) -> None:
    message = failure(capsys, "appel * n", "apple=100", "n=2", code=1)
    assert message == "'appel' has no value: did you mean 'apple'?\n    appel * n\n    ^^^^^"


def test_an_error_of_arithmetic_is_pointed_at(capsys: Capture) -> None:
    message = failure(capsys, "1 + log(x)", "x=-1", code=1)
    assert message == "log(x): math domain error at x = -1.0\n    1 + log(x)\n        ^^^^^^"


def test_nothing_but_arithmetic_is_executed(capsys: Capture) -> None:
    message = failure(capsys, "__import__('os').mkdir('proof')", code=1)
    assert message.startswith("only functions such as log(x) are called")
    assert not Path("proof").exists()


def test_a_picture_of_a_wrong_expression_is_not_written(capsys: Capture) -> None:
    failure(capsys, "1 / x", "x=0", "-o", "picture.svg", code=1)
    assert not Path("picture.svg").exists()


# wrong command lines


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "there is no expression: write one, such as 'apple * n' apple=100 n=2, or see --help"),
        (["x", "100"], "'100' is not NAME=NUMBER, such as apple=100"),
        (["x", "x=abc"], "'x' needs a number, not 'abc'"),
        (["x", "x="], "'x' needs a number, not ''"),
        (["x", "x=1=2"], "'x' needs a number, not '1=2'"),
        (["x", "x=1", "x=2"], "'x' is given twice"),
        (["ﬁ", "ﬁ=1", "fi=2"], "'fi' is given twice"),
        (["x", "x=1e400"], "'1e400' is beyond the largest float, 1.8e308: infinity is written inf"),
        (["x", "if=1"], "'if' cannot be a name in an expression: take letters, digits and _"),
        (["x", "None=1"], "'None' cannot be a name in an expression: take letters, digits and _"),
        (["x", "2x=1"], "'2x' cannot be a name in an expression: take letters, digits and _"),
        (["x", "=1"], "'' cannot be a name in an expression: take letters, digits and _"),
        (["x", '"><script>=1'], "'\"><script>' cannot be a name in an expression: take letters, digits and _"),
        (["x", "<b>=1"], "'<b>' cannot be a name in an expression: take letters, digits and _"),
        (["x", "a" * 99], f"'{'a' * 57}...' is not NAME=NUMBER, such as apple=100"),
        (
            ["x", "x=1", "--open"],
            "--open opens the picture that -o FILE writes: say which, as in -o picture.svg --open",
        ),
        (["--demo", "fruit", "x=1"], "--demo fruit brings its own expression: leave out 'x=1'"),
        (["shop.py"], "one variable of a file is named as in shop.py:total, not as in 'shop.py'"),
        (["shop.py:"], "one variable of a file is named as in shop.py:total, not as in 'shop.py:'"),
        (["shop.py:a.b"], "one variable of a file is named as in shop.py:total, not as in 'shop.py:a.b'"),
        (["shop.py:a", "x=1"], "one variable of a file is named as in shop.py:total, not as in 'shop.py:a x=1'"),
        (["x", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["x", "-o"], "argument -o/--output: expected one argument"),
    ],
    ids=str,
)
def test_a_wrong_command_line_is_explained_in_one_sentence(words: list[str], message: str, capsys: Capture) -> None:
    assert failure(capsys, *words, code=2) == message


@pytest.mark.parametrize("name", ["picture.jpeg", "picture", "", ".svg", "a/"])
def test_an_unknown_suffix_is_a_wrong_command_line(name: str, capsys: Capture) -> None:
    message = failure(capsys, *APPLES, "-o", name, code=2)
    assert message.startswith("a picture is written as .svg, .png, .pdf")


def test_a_file_that_is_no_program_is_no_expression(capsys: Capture) -> None:
    Path("f.txt").write_text("x * 2", encoding="utf-8")
    assert failure(capsys, "f.txt", "x=3", code=2).startswith("'f.txt' is a file: write the expression itself")


def test_an_unknown_demo_is_answered_with_the_names_of_all(capsys: Capture) -> None:
    message = failure(capsys, "--demo", "pears", code=2)
    assert all(name in message for name in ["pears", *DEMOS])


def test_help_has_examples_and_the_names_of_the_functions(capsys: Capture) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert 'micrograd-like "apple * n * tax" apple=100 n=2 tax=1.1\n' in out
    assert "python" not in out
    assert "softplus, sqrt, tan, tanh" in out


def test_help_names_the_command_that_was_typed() -> None:
    help = shell("python -m micrograd_like --help").stdout
    assert help.startswith("usage: python -m micrograd_like EXPRESSION")
    assert "micrograd-like" not in help
    assert shell("python -m micrograd_like --demo apples").stdout.startswith("python -m micrograd_like ")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk"])
def test_help_is_printed_where_its_signs_are_not_known(encoding: str) -> None:
    done = shell("python -m micrograd_like --help > help.txt", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_that_of_the_package(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    version = getattr(micrograd_like, "__version__", "(not installed)")
    assert capsys.readouterr().out.startswith(f"micrograd-like {version}, ")


# pictures that cannot be written


def test_letters_without_a_font_are_noted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fonts, "without_a_font", lambda text: ["x"])
    assert main(["x * 2", "x=3", "-o", str(tmp_path / "x.png")]) == 0
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("micrograd-like: note: no font here has x, which the png shows as boxes")
    assert second.startswith("micrograd-like: wrote ")


def test_a_missing_folder_is_named(capsys: Capture) -> None:
    assert main([*APPLES, "-o", "nowhere/a.dot"]) == 1
    assert capsys.readouterr() == (
        TREE,
        "micrograd-like: error: cannot write nowhere/a.dot: No such file or directory\n",
    )


def test_a_folder_is_no_file(capsys: Capture) -> None:
    Path("a.dot").mkdir()
    assert main([*APPLES, "-o", "a.dot"]) == 1
    assert capsys.readouterr().err == "micrograd-like: error: cannot write a.dot: Is a directory\n"


@pytest.mark.parametrize("name", ["a" * 5000 + ".dot", "a\0.dot"], ids=["long", "null"])
def test_a_name_that_no_file_can_have_is_an_error(name: str, capsys: Capture) -> None:
    assert main([*APPLES, "-o", name]) == 1
    assert capsys.readouterr().err.startswith("micrograd-like: error: ")


def test_without_graphviz_the_tree_is_printed_and_the_message_says_what_to_install(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: str) -> bytes:
        raise DrawingError("a picture needs Graphviz")

    monkeypatch.setattr(drawing, "laid_out", missing)
    assert main([*APPLES, "-o", "a.png"]) == 1
    assert capsys.readouterr() == (TREE, "micrograd-like: error: a picture needs Graphviz\n")


# a variable of a file

SHOP = """
from micrograd_like import Value
apple, n, prices = Value(100), Value(2), [Value(3)]
subtotal = apple * n + prices[0]
total = subtotal * 1.1
rate = 1.1
if __name__ == "__main__":
    raise SystemExit(3)
"""


def test_a_variable_of_a_file_is_drawn_with_the_names_of_the_others(capsys: Capture) -> None:
    Path("shop.py").write_text(SHOP, encoding="utf-8")
    assert main(["shop.py:total", "-o", "shop.dot"]) == 0
    words = capsys.readouterr().out.split()
    assert words[2:7] == ["total", "=", "subtotal", "×", "1.1"]
    assert {"apple", "n", "prices[0]"} <= set(words)
    assert Path("shop.dot").exists()


def test_a_name_that_the_file_gave_is_kept(capsys: Capture) -> None:
    Path("shop.py").write_text(
        "from micrograd_like import Value\nn = Value(2, name='count')\ny = n * 3", encoding="utf-8"
    )
    assert main(["shop.py:y"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["└─", "count", "2", "←", "3"]


def test_a_file_finds_its_neighbours_and_leaves_the_path_as_it_was(folder: Path, capsys: Capture) -> None:
    Path("inner").mkdir()
    Path("inner/prices_of_the_shop.py").write_text("apple = 100", encoding="utf-8")
    Path("inner/shop.py").write_text(
        "from micrograd_like import Value\nimport prices_of_the_shop as p\ntotal = Value(p.apple)", encoding="utf-8"
    )
    before = sys.path.copy()
    assert main([f"{folder}/inner/shop.py:total"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["total", "100", "←", "1"]
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "word", "message"),
    [
        (None, "shop.py:total", "there is no file 'shop.py'"),
        (None, f"{'a' * 5000}.py:total", f"there is no file '{'a' * 57}...'"),
        (SHOP, "shop.py:totl", "shop.py has no variable 'totl': did you mean 'total'?"),
        (SHOP, "shop.py:q", "shop.py has no variable 'q': its Values are apple, n, subtotal, total"),
        ("", "shop.py:total", "shop.py has no variable 'total', and no Value at all"),
        (SHOP, "shop.py:rate", "'rate' in shop.py is of type float, and only a Value can be drawn"),
        (
            "def f(x): pass",
            "shop.py:f",
            "'f' in shop.py is of type function, and only a Value can be drawn: "
            "call it in the file, as in y = f(Value(3)), and show y",
        ),
        (
            "raise SystemExit('done')",
            "shop.py:total",
            "shop.py ended itself, by SystemExit('done'), before it could be drawn",
        ),
    ],
    ids=lambda part: str(part)[:12],
)
def test_what_a_file_lacks_is_said_in_one_sentence(text: str | None, word: str, message: str, capsys: Capture) -> None:
    if text is not None:
        Path("shop.py").write_text(text, encoding="utf-8")
    assert failure(capsys, word, code=1) == message


def test_an_error_in_a_file_shows_the_lines_of_the_file_only(capsys: Capture) -> None:
    Path("shop.py").write_text("def price(x):\n    return 1 / x\n\ntotal = price(0)\n", encoding="utf-8")
    message = failure(capsys, "shop.py:total", code=1)
    assert message.startswith("shop.py raises ZeroDivisionError:\n")
    assert [line.strip() for line in message.splitlines() if "File" in line] == [
        'File "shop.py", line 4, in <module>',
        'File "shop.py", line 2, in price',
    ]


def test_endless_recursion_in_a_file_is_shown_briefly(capsys: Capture) -> None:
    Path("shop.py").write_text("def f():\n    g()\ndef g():\n    f()\nf()", encoding="utf-8")
    assert len(failure(capsys, "shop.py:total", code=1).splitlines()) < 12


def test_a_syntax_error_in_a_file_is_shown_with_its_line(capsys: Capture) -> None:
    Path("shop.py").write_text("x = 1\ntotal = (2", encoding="utf-8")
    message = failure(capsys, "shop.py:total", code=1)
    assert message.startswith("shop.py raises SyntaxError:\n")
    assert "total = (2" in message


# demos


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("apples", "total = price × tax 220 ← 1"),
        ("fruit", "total = subtotal × tax 715 ← 1"),
        ("colah", "e = c × d 6 ← 1"),
        ("reuse", "y = v1 + v3 12.857 ← 1"),
        ("neuron", "out = tanh(n) 0.70711 ← 1"),
    ],
)
def test_a_demo_prints_what_one_would_type_and_what_that_prints(name: str, answer: str, capsys: Capture) -> None:
    assert main(["--demo", name]) == 0
    command, _, tree = capsys.readouterr().out.partition("\n\n")
    assert " ".join(tree.splitlines()[1].split()) == answer
    assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out == tree


def test_every_demo_is_tested() -> None:
    assert set(DEMOS) == {"apples", "fruit", "colah", "reuse", "neuron"}


# as a program


def test_the_command_of_the_readme_prints_the_tree_and_writes_the_picture() -> None:
    done = shell('python -m micrograd_like "apple * n * tax" apple=100 n=2 tax=1.1 -o apples.svg')
    assert (done.returncode, done.stdout) == (0, TREE)
    assert "<svg" in Path("apples.svg").read_text(encoding="utf-8")


def test_the_exit_codes_are_those_of_the_program() -> None:
    assert shell("python -m micrograd_like 'log(0)'").returncode == 1
    assert shell("python -m micrograd_like").returncode == 2


def test_a_terminal_without_unicode_gets_ascii_and_escapes() -> None:
    done = shell("python -m micrograd_like 'é * 日本' é=1 日本=2", PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert (done.returncode, done.stdout.isascii()) == (0, True)
    assert "\\xe9 * \\u65e5\\u672c" in done.stdout


def test_a_reader_that_has_seen_enough_causes_no_traceback() -> None:
    assert shell("python -m micrograd_like x x=1 | true").stderr == ""


def test_warnings_as_errors_change_nothing() -> None:
    assert shell("python -W error -m micrograd_like '1if 2else x' x=1").returncode == 0


@given(st.lists(st.text(max_size=12) | st.sampled_from([*APPLES, "x=1", "x / y", "--table", "-o", "--"]), max_size=4))
def test_random_words_are_answered_with_an_exit_code(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)  # in case they spell `-o` and the name of a file
        assert main(words) in (0, 1, 2)
        os.chdir("/")
