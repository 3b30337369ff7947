"""What holds for the project as a whole: floors, the front door, documentation, demos, style."""

from __future__ import annotations

import ast
import doctest
import importlib
import os
import pathlib
import pkgutil
import re
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pictures
import pytest

import micrograd_like
from micrograd_like import draw

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = pathlib.Path(micrograd_like.__file__).parent
MODULES = [m.name for m in pkgutil.walk_packages([str(PACKAGE)], "micrograd_like.") if not m.name.endswith("__main__")]
README, CHINESE, DEMOS, BENCHMARKS = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "README.zh.md", "demos/README.md", "benchmarks/README.md")
)
KINDS = {"gif", "png", "svg"}
BOTH = pytest.mark.parametrize("text", [README, CHINESE], ids=["English", "Chinese"])


def test_all_is_what_is_importable() -> None:
    names: dict[str, Any] = {}
    exec("from micrograd_like import *", names)
    public = {name for name in vars(micrograd_like) if not name.startswith("_")} - {"TYPE_CHECKING", "annotations"}
    modules = {name for name in public if f"micrograd_like.{name}" in MODULES}
    assert set(names) - {"__builtins__"} == set(micrograd_like.__all__)
    assert public - modules <= set(micrograd_like.__all__)
    assert len(micrograd_like.__all__) == len(set(micrograd_like.__all__))


def test_all_is_importable_with_the_standard_library_alone() -> None:
    program = """
import sys
sys.modules.update(dict.fromkeys(["numpy", "scipy", "llvmlite", "tqdm", "graphviz", "pygraphviz"]))
from micrograd_like import *
assert grad(lambda x: x**3)(2.0) == jit(grad(lambda x: x**3))(2.0) == 12.0
for call in (lambda: vmap(sin)([1.0]), lambda: jit(sin, engine="native")(1.0), lambda: grad(gamma)(2.0)):
    try:
        call()
    except ImportError as missing:
        print(missing)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert [line.partition(": ")[2] for line in run.stdout.splitlines()] == [
        "pip install 'micrograd_like[batch]'",
        "pip install 'micrograd_like[native]'",
        "pip install scipy",
    ]


@pytest.mark.parametrize("name", micrograd_like.__all__)
def test_every_public_name_has_a_docstring(name: str) -> None:
    assert len(getattr(micrograd_like, name).__doc__) > 40


def run_examples(text: str, name: str, known: dict[str, Any]) -> int:
    """Run the examples of a docstring or of a page; how many there were."""
    test = doctest.DocTestParser().get_doctest(text, dict(known), name, None, 0)
    failures = doctest.DocTestRunner().run(test).failed
    assert failures == 0, f"{failures} examples of {name} fail; see above"
    return len(test.examples)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", micrograd_like.ops.PUBLIC)
def test_the_example_of_every_function_of_the_table_runs(name: str) -> None:
    assert run_examples(getattr(micrograd_like, name).__doc__, name, vars(micrograd_like)) == 1


@pytest.mark.parametrize("text", [README, CHINESE, DEMOS], ids=["README.md", "README.zh.md", "demos"])
def test_each_example_of_a_page_runs_by_itself(
    text: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert sum(run_examples(block, "example", {}) for block in blocks) > 10


def commands(text: str) -> list[str]:
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


@BOTH
def test_the_first_command_of_a_readme_prints_what_stands_below_it(text: str, tmp_path: pathlib.Path) -> None:
    command = commands(text)[0].partition("/bin/micrograd-like ")[2]
    answer = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert answer
    run = subprocess.run(
        f'"{sys.executable}" -m micrograd_like {command}',
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert (run.returncode, run.stdout) == (0, answer[1])
    assert (tmp_path / "apples.svg").read_text(encoding="utf-8").startswith("<svg")


def test_the_second_command_of_both_readmes_runs_the_tests() -> None:
    assert commands(README)[1] == commands(CHINESE)[1]
    assert commands(README)[1].endswith("pytest -n auto")


def test_each_readme_leads_to_the_other_in_its_first_line() -> None:
    assert "(README.zh.md)" in README.splitlines()[0]
    assert "(README.md)" in CHINESE.splitlines()[0]


def test_the_chinese_readme_is_whole() -> None:
    """It has the sections, the tables and the limits of the English one, and one more limit: fonts."""
    for line_begins in ("## ", "| ", "```sh", "| `"):
        counts = [sum(line.startswith(line_begins) for line in text.splitlines()) for text in (README, CHINESE)]
        assert counts[0] == counts[1], line_begins
    assert CHINESE.count("\n- ") == README.count("\n- ") + 1
    assert {*links(README)} - {*links(CHINESE)} == {"README.zh.md", "demos/apples_and_oranges.svg"}
    for term in "计算图 正向传播 反向传播 局部计算 导数 乘法层 加法层 链式法则".split():
        assert term in CHINESE


def links(text: str) -> list[str]:
    """Where the links and pictures of a page lead to."""
    return re.findall(r"\]\(([^)#\s]+)\)", text) + re.findall(r'src="(.*?)"', text)


@pytest.mark.parametrize("folder", [".", "demos", "benchmarks"])
def test_the_links_of_a_folder_s_pages_lead_somewhere(folder: str) -> None:
    pages = [*(ROOT / folder).glob("*.md")]
    assert pages
    for page in pages:
        for link in links(page.read_text(encoding="utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), (page.name, link)


def test_a_reader_of_two_minutes_finds_the_readme_short() -> None:
    assert README.count("\n") <= 145
    assert "| this package, ns an operation |" in BENCHMARKS


def drawn(svg: str) -> list[Any]:
    """What an SVG shows, without the places that a layout engine and its fonts have chosen."""
    marks = [e for e in ElementTree.fromstring(svg).iter() if e.text or "fill" in e.attrib or "class" in e.attrib]
    return sorted((e.tag.split("}")[-1], (e.text or "").strip(), e.get("class", ""), e.get("fill", "")) for e in marks)


@pytest.mark.parametrize(("text", "names"), [(README, pictures.ENGLISH), (CHINESE, pictures.CHINESE)])
def test_the_picture_in_a_readme_is_what_draw_draws(text: str, names: list[str]) -> None:
    (path,) = re.findall(r"\((\S+\.svg)\)", text)
    total = pictures.purchase(names)[-1]
    assert total.data == pytest.approx(715)
    assert drawn((ROOT / path).read_text(encoding="utf-8")) == drawn(draw(total).svg())


def test_the_film_in_the_readmes_shows_each_step_of_the_explorer_and_is_small() -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow, which reads pictures, is not installed")
    (path,) = re.findall(r"\((\S+\.gif)\)", README)
    with image.open(ROOT / path) as film:
        assert film.n_frames == 15  # the start, 4 operations, and backward: the start and 9 arrows
        assert film.info["loop"] == 0  # for ever
    assert (ROOT / path).stat().st_size < 1_000_000


@pytest.mark.once
@pytest.mark.slow
def test_the_script_makes_the_pictures_of_the_readmes(tmp_path: pathlib.Path) -> None:
    for package in ("PIL", "matplotlib", "playwright"):
        pytest.importorskip(package, reason=f"{package}, with which pictures are made, is not installed")
    if pictures.program() is None:
        pytest.skip("chromium is not here")
    pictures.main(tmp_path)
    made = {f"demos/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
    assert {*made} == {link for link in links(README + CHINESE) if link.startswith("demos/") and link[-3:] in KINDS}
    for name, content in made.items():
        assert content[:4] == (ROOT / name).read_bytes()[:4]
        assert 0.5 < len(content) / (ROOT / name).stat().st_size < 2


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "demos").glob("[0-9]*.py")), ids=lambda path: path.stem)
def test_a_demo_is_short_and_prints_what_its_docstring_says(path: pathlib.Path, tmp_path: pathlib.Path) -> None:
    source = path.read_text(encoding="utf-8")
    said = re.search(r"It prints:\n\n(.*)", ast.get_docstring(ast.parse(source)) or "", re.DOTALL)
    assert said
    if library := re.search(r"\(pip install (\w+)\)", source):  # of others, which is no extra
        pytest.importorskip(library[1])
    expected = [line.removeprefix("    ") for line in said[1].splitlines()]
    run = subprocess.run(
        [sys.executable, str(path)],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=True,
    )
    assert run.stdout.rstrip("\n").splitlines() == expected
    assert run.stderr == ""
    assert source.count("\n") < 60


def test_every_demo_is_in_the_table_of_demos() -> None:
    for path in (ROOT / "demos").glob("*.py"):
        assert f"]({path.name})" in DEMOS


NAMING = {  # the modules that need names of operations, beside the table
    "targets/header.py", "targets/llvm.py", "targets/numpy.py", "compile/rows/kernels.py",  # names of other languages
    "ieee.py", "trace/raising.py",  # where Python raises
    "trace/recording.py", "trace/symbol.py", "trees/lookalike.py",  # what asks no question, or is asked by NumPy
    "nn.py", "teach/textbook.py",
    "lifting/of_numpy.py", "lifting/of_scipy.py", "lifting/normal.py", "lifting/solvers.py",  # as other libraries, too
    "lifting/standard.py",
}  # fmt: skip


def test_an_operation_is_named_in_the_table_alone() -> None:
    """Everything else walks the rows."""
    functions = set(micrograd_like.ops.PUBLIC)
    paths = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.py")}
    assert paths.keys() >= NAMING
    for name in paths.keys() - NAMING - {"ops.py"}:
        tree = ast.parse(paths[name].read_text(encoding="utf-8"))
        assert not functions & {x.value for x in ast.walk(tree) if isinstance(x, ast.Constant) if type(x.value) is str}


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "--quiet", "."], ["ruff", "format", "--check", "--quiet", "."], ["mypy"]],
    ids=["lint", "format", "types"],
)
def test_the_style_is_kept(command: list[str]) -> None:
    run = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.once
@pytest.mark.slow
def test_a_type_checker_knows_the_functions_of_the_table(tmp_path: pathlib.Path) -> None:
    program = """
from micrograd_like import Value, exp, hypot, log
x = Value(2.0, name="x")
y: Value = exp(x) * 2 + hypot(x, 3.0) - log(x, 2)
z: float = exp(2.0)
wrong: str = exp(2.0)
"""
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", "program.py"]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(ROOT)}
    )
    assert re.findall(r"program.py:(\d+)", run.stdout) == ["6"]
