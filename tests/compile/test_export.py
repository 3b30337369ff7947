"""Recorded programs as files in C and JavaScript: they answer what Python answers, or say that they cannot."""

from __future__ import annotations

import ctypes
import json
import math
import shutil
import struct
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from micrograd_like import Value, erf, exp, function, gamma, grad, jit, log, maximum, sqrt, tanh, value_and_grad
from micrograd_like.trees.tree import leaves

CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
NODE = shutil.which("node")
needs_cc = pytest.mark.skipif(CC is None, reason="there is no C compiler here")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node here")
FLAGS = ["-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-shared", "-fPIC"]


def rosenbrock(x: Any) -> Any:
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


def black_scholes(spot: Any, volatility: Any, years: Any, rate: Any, strike: Any) -> Any:
    deviation = volatility * sqrt(years)
    d1 = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / deviation
    below1, below2 = (0.5 * (1 + erf(d / 2**0.5)) for d in (d1, d1 - deviation))
    return spot * below1 - strike * exp(-rate * years) * below2


def ways(x: Any, y: Any) -> Any:
    if x > y:
        return exp(x - y) * x % 3 - x // 2
    return sum(log(x + k) for k in range(int(y))) + maximum(x, y) / x


def halved(x: Any) -> Any:
    """A loop that ends elsewhere for each number."""
    while x > 1:
        x = x * 0.5 + tanh(x) / 9
    return x


def compiled(path: Path) -> Any:
    """The functions of a C file."""
    assert CC
    library = path.with_suffix(".so")
    subprocess.run([CC, *FLAGS, str(path), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))


def answer(code: Any, numbers: list[float], count: int) -> tuple[int, list[float]]:
    x, y = (ctypes.c_double * max(1, len(numbers)))(*numbers), (ctypes.c_double * count)()
    return code(x, y), [*y]


def bits(numbers: list[float]) -> bytes:
    return struct.pack(f"{len(numbers)}d", *numbers)


PROGRAMS: dict[str, tuple[Callable[..., Any], Callable[[Random], list[Any]]]] = {
    "rosenbrock": (rosenbrock, lambda chance: [[chance.uniform(-2, 2) for _ in range(5)]]),
    "black_scholes": (
        black_scholes,
        lambda chance: [chance.uniform(50, 150), chance.uniform(0.1, 0.5), chance.uniform(0.1, 3), 0.03, 100.0],
    ),
    "ways": (ways, lambda chance: [chance.uniform(0.1, 5), chance.uniform(0.1, 5)]),
    "halved": (halved, lambda chance: [chance.uniform(0.1, 50)]),
}


@needs_cc
@pytest.mark.parametrize(
    "transform", [lambda f: f, value_and_grad, lambda f: grad(grad(f)) if f is halved else grad(f)]
)
@pytest.mark.parametrize("name", PROGRAMS)
def test_in_c_the_bits_are_those_of_python(name: str, transform: Callable[..., Any], tmp_path: Path) -> None:
    f, draw_one = PROGRAMS[name]
    fast, chance = jit(transform(f)), Random(name)
    points = [draw_one(chance) for _ in range(60)]
    for point in points[:30]:
        fast(*point)
    library = compiled(fast.save(tmp_path / "program.c"))
    known = 0
    for point in points:
        expected = [float(x) for x in leaves(jit(transform(f))(*point))]
        code, found = answer(getattr(library, f.__name__), [float(x) for x in leaves(point)], len(expected))
        known += code == 0
        assert code in (0, 1)
        assert code or bits(found) == bits(expected)
    assert known >= 30


@needs_cc
def test_a_way_that_was_not_recorded_is_a_code_of_its_own(tmp_path: Path) -> None:
    fast = jit(lambda x: x * 2 if x > 0 else -x)
    fast(1.0)
    library = compiled(fast.save(tmp_path / "way.c"))
    header = (tmp_path / "way.h").read_text(encoding="utf-8")
    name = header.partition("int ")[2].partition("(")[0]
    assert answer(getattr(library, name), [3.0], 1) == (0, [6.0])
    assert answer(getattr(library, name), [-3.0], 1)[0] == 1
    assert answer(getattr(library, name), [math.nan], 1)[0] == 1
    fast(-1.0)
    assert answer(getattr(compiled(fast.save(tmp_path / "both.c")), name), [-3.0], 1) == (0, [3.0])


@needs_cc
def test_where_python_raises_there_is_a_code_of_its_own(tmp_path: Path) -> None:
    def ratio(x: Any, y: Any) -> Any:
        return log(x) / y

    fast = jit(ratio)
    fast(2.0, 3.0)
    library = compiled(fast.save(tmp_path / "ratio.c"))
    assert answer(library.ratio, [2.0, 4.0], 1) == (0, [math.log(2.0) / 4.0])
    assert [answer(library.ratio, [x, y], 1)[0] for x, y in [(0.0, 1.0), (-1.0, 1.0), (2.0, 0.0)]] == [2, 2, 2]


@pytest.mark.once
@needs_cc
def test_long_programs_are_written_in_chunks(tmp_path: Path) -> None:
    fast, x = jit(value_and_grad(rosenbrock)), [Random(1).uniform(-2, 2) for _ in range(400)]
    value, slopes = fast(x)
    path = fast.save(tmp_path / "long.c")
    assert path.read_text(encoding="utf-8").count("static int rosenbrock_") > 5
    library = compiled(path)
    code, found = answer(library.rosenbrock, x, 401)
    assert code == 0
    assert bits(found) == bits([value, *slopes])


@needs_cc
def test_each_form_of_the_arguments_is_a_function(tmp_path: Path) -> None:
    def total(xs: Any) -> Any:
        return sum(x * x for x in xs)

    fast = jit(grad(total))
    fast([1.0, 2.0]), fast([1.0, 2.0, 3.0])
    library = compiled(fast.save(tmp_path / "forms.c"))
    assert answer(library.total, [3.0, 4.0], 2) == (0, [6.0, 8.0])
    assert answer(library.total_form_2, [3.0, 4.0, 5.0], 3) == (0, [6.0, 8.0, 10.0])
    header = (tmp_path / "forms.h").read_text(encoding="utf-8")
    assert "x[2] xs2" in header


@needs_cc
def test_an_operation_of_your_own_is_written_from_its_spelling(tmp_path: Path) -> None:
    softsign = function("softsign_of_export", "x / (1 + abs(x))", lambda x, out, g: g / (1 + abs(x)) ** 2)
    fast = jit(value_and_grad(softsign))
    expected = [*fast(-2.5)]
    library = compiled(fast.save(tmp_path / "own.c"))
    code, found = answer(library.softsign_of_export, [-2.5], 2)
    assert (code, bits(found)) == (0, bits(expected))


@needs_cc
@pytest.mark.parametrize("word", ["double", "main", "y", "größe", "exp", "gamma", "delete", "v_add", "code", "exit"])
def test_a_name_that_c_has_taken_is_another_one_there(word: str, tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        return x * x

    f.__name__ = word
    fast = jit(f)
    fast(2.0)
    path = fast.save(tmp_path / "named.c")
    if NODE:
        subprocess.run([NODE, "--check", str(fast.save(tmp_path / "named.mjs"))], check=True)
    name = (tmp_path / "named.h").read_text(encoding="utf-8").partition("int ")[2].partition("(")[0]
    assert answer(getattr(compiled(path), name), [3.0], 1) == (0, [9.0])


@needs_node
@pytest.mark.parametrize("word", ["isFinite", "Math", "RangeError", "Infinity", "arguments", "await", "implements"])
def test_a_name_that_javascript_has_taken_is_another_one_there(word: str, tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        return log(x) + 1e308 * 10

    f.__name__ = word
    fast = jit(f)
    fast(2.0)
    path = fast.save(tmp_path / "named.mjs")
    program = f"import * as all from {json.dumps(path.as_uri())}; console.log(all.f_{word}([2]).join())"
    run = subprocess.run([str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["Infinity"]


def test_what_c_cannot_compute_is_refused_by_name(tmp_path: Path) -> None:
    f = jit(gamma)
    f(2.5)
    with pytest.raises(ValueError, match=r"gamma computes gamma, which C has no word for: save it as \.py"):
        f.save(tmp_path / "gamma.c")
    weight = Value(2.0, "weight")
    g = jit(lambda x: (x * weight).data if False else x * weight)
    g(3.0)
    huge = jit(lambda x: 2.0 if x < 10**400 else x)
    huge(1.0)
    with pytest.raises(ValueError, match=r"lambda computes with 10+…, beyond all floats: save it as \.py"):
        huge.save(tmp_path / "huge.c")
    with pytest.raises(ValueError, match="Values that it closes over"):
        g.save(tmp_path / "closed.c")
    h = jit(lambda x: [x, x] if x > 0 else [x])
    h(1.0), h(-1.0)
    with pytest.raises(ValueError, match="several forms"):
        h.save(tmp_path / "forms.c")


@needs_node
@pytest.mark.parametrize("name", PROGRAMS)
def test_in_javascript_the_numbers_are_those_of_python(name: str, tmp_path: Path) -> None:
    assert NODE
    f, draw_one = PROGRAMS[name]
    fast, chance = jit(value_and_grad(f)), Random(name)
    points = [draw_one(chance) for _ in range(40)]
    for point in points:
        fast(*point)
    fast.save(tmp_path / "program.mjs")
    rows = [[float(x) for x in leaves(point)] for point in points]
    script = f"""
import {{ {f.__name__} }} from "./program.mjs";
const all = [];
for (const x of {json.dumps(rows)}) all.push({f.__name__}(x));
console.log(JSON.stringify(all));
"""
    (tmp_path / "run.mjs").write_text(script, encoding="utf-8")
    run = subprocess.run([NODE, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for point, found in zip(points, json.loads(run.stdout), strict=True):
        expected = [float(x) for x in leaves(value_and_grad(f)(*point))]
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@needs_node
def test_in_javascript_an_unknown_way_is_an_error(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        return x * 2 if x > 0 else -x

    fast = jit(f)
    fast(1.0)
    fast.save(tmp_path / "f.mjs")
    script = 'import { f } from "./f.mjs"; try { f([-1]) } catch (e) { console.log(e.message) }'
    (tmp_path / "run.mjs").write_text(script, encoding="utf-8")
    run = subprocess.run([str(NODE), "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "this way was not recorded\n"


def test_as_python_it_is_the_source(tmp_path: Path) -> None:
    fast = jit(rosenbrock)
    fast([1.0, 2.0])
    assert fast.save(tmp_path / "f.py").read_text(encoding="utf-8") == fast.source


@pytest.mark.once
@needs_cc
def test_an_answer_that_is_an_array_has_as_many_numbers_in_all_ways(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    long, longer = np.arange(2000.0), np.arange(3000.0)

    def squares(x: Any) -> Any:
        return x * (long if len(long) < 2500 else longer)

    def either(x: Any) -> Any:
        return x * long if x > 0 else x * longer

    fast, both = jit(squares), jit(either)
    expected = fast(3.0)
    code, found = answer(compiled(fast.save(tmp_path / "array.c")).squares, [3.0], 2000)
    assert (code, found) == (0, expected.tolist())
    both(1.0), both(-1.0)
    with pytest.raises(ValueError, match="several forms"):
        both.save(tmp_path / "both.c")


@needs_cc
@pytest.mark.parametrize("key", ["*/ int x;", "a\nb", 'q"', "//", "größe"])
def test_text_of_an_answer_ends_no_comment(key: str, tmp_path: Path) -> None:
    fast = jit(lambda p: {key: p[key] * 2})
    fast({key: 1.0})
    library = compiled(fast.save(tmp_path / "text.c"))
    assert answer(getattr(library, "lambda"), [4.0], 1) == (0, [8.0])


@needs_cc
@pytest.mark.parametrize("f", [lambda: 3.0, lambda x: 2.5, lambda x: math.inf], ids=["no number", "constant", "inf"])
def test_an_answer_may_be_constant(f: Any, tmp_path: Path) -> None:
    fast = jit(f)
    arguments = [1.0] * f.__code__.co_argcount
    fast(*arguments)
    library = compiled(fast.save(tmp_path / "constant.c"))
    assert answer(getattr(library, "lambda"), arguments, 1) == (0, [f(*arguments)])


@pytest.mark.parametrize("suffix", [".cpp", ".txt", ".h", ""])
def test_other_suffixes_are_refused(suffix: str, tmp_path: Path) -> None:
    fast = jit(rosenbrock)
    fast([1.0, 2.0])
    with pytest.raises(ValueError, match=r"jit is saved as \.py, \.c or \.mjs"):
        fast.save(tmp_path / f"f{suffix}")
