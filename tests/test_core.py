"""The compiled core: it answers what the Python functions answer, to the bits, and is left out where it cannot be."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from micrograd_like import core
from micrograd_like.core import rows
from micrograd_like.operation import BUILT_IN, OPS

TESTS = Path(__file__).parent
is_there = importlib.util.find_spec("micrograd_like.core._cell") is not None
needs_core = pytest.mark.skipif(not is_there, reason="the core is not compiled here")
IN_PYTHON = {
    "gamma",
    "lgamma",
    "remainder",
    "log_base",
    "ldexp",
    "fraction",
    "polygamma",
    "hypot",
    "fsum",
    "fma",
    "sumprod",
}


def run(*command: str, pure: bool) -> str:
    env = {key: x for key, x in os.environ.items() if key != "MICROGRAD_LIKE_PURE"}
    env |= {"MICROGRAD_LIKE_PURE": "1"} if pure else {}
    # not where the sources lie, which would be imported without what is compiled
    shell = subprocess.run([sys.executable, *command], capture_output=True, text=True, env=env, check=True, cwd=TESTS)
    return shell.stdout


@needs_core
@pytest.mark.parametrize("seed", range(4))
def test_both_twins_answer_the_same_bits_errors_and_derivatives(seed: int) -> None:
    script = str(TESTS / "core_cases.py")
    compiled, pure = (run(script, str(seed), "5000", pure=pure).splitlines() for pure in (False, True))
    assert len(compiled) == len(pure) >= 5000
    assert [(x, y) for x, y in zip(compiled, pure, strict=True) if x != y][:5] == []


@needs_core
def test_the_environment_chooses_the_twin() -> None:
    script = "import micrograd_like.core as c; print(c.core is None)"
    assert [run("-c", script, pure=pure).strip() for pure in (False, True)] == ["False", "True"]


def test_a_core_that_was_made_of_another_table_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "crc_of_the_table", lambda: 0)
    assert core.loaded() is None


def test_all_rows_but_these_are_translated() -> None:
    text = (Path(rows.__file__).parent.parent / "ops.py").read_text(encoding="utf-8")
    header = rows.Header(text)
    built_in = {name for name in BUILT_IN if OPS[name].rule is not None and OPS[name].arity in (1, 2)}
    assert built_in - set(header.rules) == IN_PYTHON & built_in
    assert f"#define OPS_CRC {core.crc_of_the_table()}u" in header.text


MANY = """
from micrograd_like import Value
from micrograd_like.core import core

y = x = Value(1.0)
for _ in range(300_000):
    y = y + 1.0
print(core.memory()[0])
del y
print(*core.memory())
"""


@needs_core
def test_memory_of_many_values_goes_back() -> None:
    held, kept, empty = map(int, run("-c", MANY, pure=False).split())
    assert held >= 300_000 * 80
    assert kept - empty <= 2 * 2**21  # those in which something lies, or would next
    assert empty <= 4 * 2**21
