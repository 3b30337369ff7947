"""Facts about a bare environment: this package and `graphviz`, and neither NumPy nor pygraphviz nor a `dot` program."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

import graphviz
import pytest

import micrograd_like

ROOT = Path(__file__).parent.parent
DEMOS = sorted((ROOT / "demos").glob("[0-9]*.py"))
EXAMPLES = """
import doctest, pathlib, sys
for k, block in enumerate(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split("```python\\n")[1:]):
    text = block.partition("```")[0]
    doctest.DebugRunner().run(doctest.DocTestParser().get_doctest(text, {}, f"block {k}", None, 0))
print(k + 1, "blocks")
"""


class Bare:
    """A virtual environment without pip, in which programs run in an empty folder."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder / "venv", symlinks=os.name != "nt")
        self.bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        (site,) = (folder / "venv").rglob("site-packages")
        for package in (micrograd_like, graphviz):
            source = Path(package.__path__[0])
            shutil.copytree(source, site / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        self.folder = folder / "empty"
        self.folder.mkdir()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        kept = {name: x for name, x in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(
            [str(self.bin / "python"), *words],
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            env={**kept, "PATH": str(self.bin), "PYTHONUTF8": "1", "PYTHONWARNINGS": "error"},
        )

    def said(self, *words: str) -> str:
        """What a program prints that neither fails nor complains."""
        run = self.run(*words)
        assert (run.returncode, run.stderr) == (0, "")
        return run.stdout


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Bare:
    return Bare(tmp_path_factory.mktemp("bare"))


def test_the_environment_is_bare(bare: Bare) -> None:
    for name in ("numpy", "scipy", "matplotlib", "pygraphviz", "llvmlite", "tqdm", "pytest"):
        assert f"No module named '{name}'" in bare.run("-c", f"import {name}").stderr
    assert bare.said("-c", "import shutil; print(shutil.which('dot'))") == "None\n"


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_each_block_of_a_readme_runs(bare: Bare, page: str) -> None:
    blocks = (ROOT / page).read_text(encoding="utf-8").count("```python")
    assert bare.said("-c", EXAMPLES, str(ROOT / page)) == f"{blocks} blocks\n"


def docstring(demo: Path) -> str:
    return ast.get_docstring(ast.parse(demo.read_text(encoding="utf-8"))) or ""


@pytest.mark.parametrize("demo", DEMOS, ids=lambda path: path.stem)
def test_a_demo_runs_or_names_what_it_needs(bare: Bare, demo: Path) -> None:
    needs = re.search(r"It needs .*?\(pip install '?([\w\[\]]+)'?\)", docstring(demo))
    run = bare.run(str(demo))
    if needs is None:
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.rstrip().splitlines() == [
            line.removeprefix("    ") for line in docstring(demo).partition("It prints:\n\n")[2].splitlines()
        ]
    else:
        assert re.search("No module named '(numpy|matplotlib|scipy|fluids)'|pip install 'micrograd_like", run.stderr)


def test_the_table_of_demos_names_what_they_need() -> None:
    table = (ROOT / "demos" / "README.md").read_text(encoding="utf-8")
    for demo in DEMOS:
        needs = re.search(rf"\({demo.name}\) \|.*\| (.*?)\|\n", table)
        assert needs
        assert bool(needs[1]) == ("It needs" in docstring(demo)), demo.name


def test_a_function_is_explored(bare: Bare) -> None:
    program = """
from micrograd_like import Value, explore, jit, grad, nn, optim, scope

def bill(apple, n):
    return apple * n * 1.1 if n < 10 else apple * n

@scope("net")
def loss(w, points):
    model = nn.MLP(2, [3, 1], seed=0)
    return sum((model([w, x]) - 1) ** 2 for x in points)

print(explore(bill, 100, 2), explore(jit(bill), 100, 2), explore(grad(lambda x: x**3), 2.0))
page = explore(loss, 0.5, [1.0, 2.0])
print(page.save("page.html").name, "there is no `dot` program and no pygraphviz here" in page.html())
print(explore(bill, Value(100), Value(2)), page._repr_mimebundle_().keys() >= {"text/html"})
"""
    assert bare.said("-c", program).splitlines() == [
        "<explorer of bill(100, 2): 4 values, 2 inputs> <explorer of bill(100, 2): 4 values, 2 inputs> "
        "<explorer of derivative of <lambda>(2): 5 values, 1 input>",
        "page.html True",
        "<explorer of bill(100, 2): 4 values, 2 inputs> True",
    ]


COMMAND = ["-m", "micrograd_like", "apple * n * tax", "apple=100", "n=2", "tax=1.1"]
TREE = """\
                   value  ∂output/∂
output = v1 × tax    220  ← 1
├─ v1 = apple × n    200  ← 1.1
│  ├─ apple          100  ← 2.2
│  └─ n                2  ← 110
└─ tax               1.1  ← 200
"""


def test_the_command_line_prints_the_tree_and_the_table(bare: Bare) -> None:
    assert bare.said(*COMMAND) == TREE
    assert bare.said(*COMMAND, "--table").splitlines()[-1].split() == ["output", "=", "v1", "×", "tax", "220", "1"]


@pytest.mark.parametrize("suffix", [".txt", ".mmd", ".dot", ".html"])
def test_the_command_line_writes_what_needs_no_graphviz(bare: Bare, suffix: str) -> None:
    run = bare.run(*COMMAND, "-o", f"apples{suffix}")
    assert (run.returncode, run.stdout, run.stderr) == (0, TREE, f"micrograd-like: wrote apples{suffix}\n")
    assert "tax" in (bare.folder / f"apples{suffix}").read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_command_line_says_what_a_picture_needs(bare: Bare, suffix: str) -> None:
    run = bare.run(*COMMAND, "-o", f"apples{suffix}")
    assert (run.returncode, run.stdout) == (1, TREE)
    assert 'pip install "micrograd_like[draw]"' in run.stderr
    assert "Traceback" not in run.stderr
    assert not (bare.folder / f"apples{suffix}").exists()


def test_a_file_s_variable_is_shown(bare: Bare) -> None:
    (bare.folder / "shop.py").write_text(
        "from micrograd_like import Value\nx = Value(3)\ny = x * x\n", encoding="utf-8"
    )
    assert bare.said("-m", "micrograd_like", "shop.py:y").splitlines()[1].split()[:5] == ["y", "=", "x", "×", "x"]
    assert "total" in bare.said("-m", "micrograd_like", "--demo", "fruit")
