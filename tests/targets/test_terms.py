"""A spelling is read once, as a term; what languages make of it computes what Python computes."""

from __future__ import annotations

import itertools
import json
import math
import re
import shutil
import subprocess
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from awkward import AWKWARD, ulps

from micrograd_like import vmap
from micrograd_like.ieee import Ieee
from micrograd_like.operation import BUILT_IN, OPS, QUESTIONS, Op
from micrograd_like.targets.javascript import JAVASCRIPT, JavaScript, function_of, helpers_for
from micrograd_like.targets.terms import Language, Untranslatable, power_of, term_in, term_of

inf, nan = math.inf, math.nan
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node runs what a page runs")
TERMS = {
    "x * y + 1": ("+", ("*", "x", "y"), 1.0),
    "+x": "x",
    "x - 2 * 3 ** 0.5": ("-", "x", 2 * 3**0.5),
    "x + sqrt(2)": ("+", "x", math.sqrt(2)),
    "-x * -1": ("*", ("neg", "x"), -1.0),
    "pow(x, inf)": ("**", "x", inf),
    # a truth where a number is wanted, and a number where a truth is
    "x > 0": (">", "x", 0.0),
    "c + (x > 0)": ("+", ("float", "c"), ("float", (">", "x", 0.0))),
    "float(x <= y)": ("float", ("<=", "x", "y")),
    "+c": ("float", "c"),
    "x if c else y": ("if", "c", "x", "y"),
    "x if y else c": ("if", ("!=", "y", 0.0), "x", ("float", "c")),
    "not x": ("not", ("!=", "x", 0.0)),
    "0 < x < y": ("and", ("<", 0.0, "x"), ("<", "x", "y")),
    "x if x and c or not y else 1": (
        "if",
        ("or", ("and", ("!=", "x", 0.0), "c"), ("not", ("!=", "y", 0.0))),
        "x",
        1.0,
    ),
    "c and x > y": ("and", "c", (">", "x", "y")),
    # an int is no -0.0
    "floor(x)": ("+", ("floor", "x"), 0.0),
    "int(x) + round(y)": ("+", ("+", ("trunc", "x"), 0.0), ("+", ("round", "y"), 0.0)),
    "modf(x)[0]": ("modf[0]", "x"),
    "(r := x * x) + r": ("+", (":=", "r", ("*", "x", "x")), "r"),
    "y if (b := x > 0) else b": ("if", (":=", "b", (">", "x", 0.0)), "y", ("float", "b")),
    "hypot(*xs)": ("hypot", "*xs"),
    "sumprod(xs[1:], xs[: len(xs)])": ("sumprod", ("[:]", "xs", 1.0), ("[:]", "xs", 0.0, ("len", "xs"))),
}


@pytest.mark.parametrize("spelling", TERMS)
def test_a_term_says_all_that_a_language_has_to_write(spelling: str) -> None:
    assert term_in(spelling, ["x", "y", "c", "xs"], frozenset("c")) == TERMS[spelling]


def test_a_term_keeps_the_sign_of_zero() -> None:
    assert math.copysign(1.0, term_in("x * -0.0", ["x"])[2]) == -1.0  # type: ignore[index, arg-type]


@pytest.mark.parametrize(
    "spelling",
    ["x or 1.0", "x.real", "[x][0]", "x in (1, 2)", "x @ y", "x & y", "f(x, key=y)", "z", "x + '1'", "x + 1 / 0"],
)
def test_what_is_more_than_arithmetic_is_no_term(spelling: str) -> None:
    with pytest.raises(Untranslatable):
        term_in(spelling, ["x", "y"])


def test_constants_are_computed_without_effects(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Untranslatable):
        term_in("x + print(1)", ["x"])
    assert capsys.readouterr().out == ""


def test_a_power_has_a_spelling_of_its_own_where_it_is_short() -> None:
    pow_const = OPS["pow_const"]
    assert [power_of(pow_const, c) for c in (2.0, 3.0, nan, None)] == [2.0, None, None, None]
    assert power_of(OPS["mul"], 2.0) is None
    assert term_of(pow_const, frozenset(), 2.0) == ("*", "x", "x")


def test_a_function_is_known_with_its_number_of_inputs() -> None:
    language = Language({"log(x)": "ln({x})", "hypot(*xs)": "norm({xs})"})
    known = {"x": "a", "x0": "a", "x1": "b", "xs": "s", "*xs": ("x0", "x1")}
    written = [language.write(term_in(text, ["x", "xs"]), known) for text in ("log(x)", "hypot(*xs)", "hypot(x, *xs)")]
    assert written == ["ln(a)", "norm(a, b)", "norm(a, a, b)"]
    for text in ("log(x, 2)", "log(*xs)", "hypot(xs)", "exp(x)"):
        with pytest.raises(Untranslatable):
            language.write(term_in(text, ["x", "xs"]), known)


def test_where_a_language_spreads_the_inputs_itself_their_number_is_unknown() -> None:
    language, known = Language({"log(x)": "ln({x})", "hypot(*xs)": "norm({xs})"}), {"*xs": "...xs"}
    assert language.write(term_in("hypot(*xs)", ["xs"]), known) == "norm(...xs)"
    with pytest.raises(Untranslatable):
        language.write(term_in("log(*xs)", ["xs"]), known)


# what the languages compute

TABLE = [*(op for op in OPS.values() if op.name in BUILT_IN), *QUESTIONS.values()]

OWN = [
    "x ** 3 if x else 0 * x",
    "x if 0 < x < y and not (y > 3 or x == 1) else -x % 3",
    "(x > 0) + (y < 1) * 2 - (not x)",
    "((x > 0) != (y > 0)) * y - -1",
    "max(x, y) - min(x, 2.0) + pi",
    "y if x and y or x > 3 else e * x",
    "degrees(x) if x != x or x < 1e9 else radians(y)",
    "round(x + 0.5) % y if abs(x) < 1e300 else y // x",
    "remainder(x, y) if x else fmod(y, 3)",
    "log(abs(x) + 1, 2) + modf(y)[0]",
    "float(x <= y) / 2 if abs(x) < 1 else copysign(x // 3, y)",
]
PAIRS = [*itertools.product(AWKWARD, repeat=2)]


def given(op: Op, count: int) -> list[tuple[float, ...]]:
    """Awkward points; a polygamma's order is a whole number, and so is that of a power of two."""
    if op.rule is None and count == 1:
        return [(x,) for x in (*AWKWARD, -0.3, 1.5, 2.5, -1.5) if math.isfinite(x)]
    if op.name == "polygamma":
        return [(n, x) for n in (0.0, 1.0, 2.0) for x in AWKWARD]
    if count == 2:
        return PAIRS
    mixed = [tuple(AWKWARD[(k * (7 + i) + 3 * i) % len(AWKWARD)] for i in range(count)) for k in range(60)]
    return [*((x,) * count for x in AWKWARD), *(mixed if count > 1 else [])]


ROUNDED = re.compile(r"Math\.(?!abs|sqrt|floor|ceil|trunc)|\$(pow|exp2|erf|gamma|lgamma|polygamma|fsum|sumprod)")
LIMITS = {"erfc": 8, "gelu": 16, "polygamma": 64}  # units in the last place


def counts(op: Op) -> list[int]:
    """With how many inputs the row is asked."""
    return [op.arity] if op.arity else [2, 4] if op.name == "sumprod" else [1, 2, 3]


def in_python(op: Op, at: tuple[float, ...]) -> float:
    return float(op.value(*at)) if op.rule is None else float(Ieee.record(op, *at))


def in_node(functions: dict[str, str], points: dict[str, list[tuple[float, ...]]]) -> dict[str, list[float]]:
    """What the functions answer at their points, as eight bytes each."""
    script = [helpers_for(functions.values()), "const out={},view=new DataView(new ArrayBuffer(8));"]
    script += ["const bits=x=>{view.setFloat64(0,x);return view.getBigUint64(0).toString(16).padStart(16,'0')};"]
    for name, text in functions.items():
        numbers = json.dumps(points[name])
        script.append(f"{{const f={text};out[{json.dumps(name)}]={numbers}.map(p=>bits(+f(...p)))}}")
    script.append("console.log(JSON.stringify(out))")
    ran = subprocess.run(["node", "-"], input="\n".join(script), capture_output=True, text=True, check=True, timeout=60)
    return {
        name: np.array([int(x, 16) for x in xs], "u8").view("f8").tolist()
        for name, xs in json.loads(ran.stdout).items()
    }


@needs_node
def test_javascript_computes_every_row_and_question() -> None:
    rows = {f"{op.name} of {n}": (op, n) for op in TABLE for n in counts(op)}
    points = {name: given(op, n) for name, (op, n) in rows.items()}
    functions = {name: function_of(op) for name, (op, _) in rows.items()}
    found = in_node(functions, points)
    for name, (op, _) in rows.items():
        far = LIMITS.get(op.name, 2 if ROUNDED.search(functions[name]) else 0)
        for ours, at in zip(found[name], points[name], strict=True):
            assert ulps(ours, in_python(op, at)) <= far, (name, at)


@needs_node
def test_javascript_indexes_as_python_does() -> None:
    known = {"xs": "xs", "*xs": "...xs"}
    functions = {text: f"(...xs)=>{JavaScript(JAVASCRIPT).write(term_in(text, ['xs']), known)}" for text in LISTS}
    found = in_node(functions, {text: [(3.0, 1.0, 2.0)] for text in LISTS})
    assert found == {text: [eval(text, {"xs": [3.0, 1.0, 2.0], "fsum": math.fsum})] for text in LISTS}


def test_javascript_has_no_words_for_digits_of_a_round() -> None:
    with pytest.raises(Untranslatable, match=r"its_own computes round\(…\), which a page cannot run"):
        function_of(Op("its_own", "its own", "round(x, 2)", lambda x, out, g: g))


def test_in_javascript_a_truth_may_stand_where_python_has_a_number() -> None:
    assert [function_of(OPS[name]) for name in ("as_float", "eq")] == ["(a)=>(+a)", "(a,b)=>(a==b)"]


LISTS = ["xs[0]", "xs[-1]", "fsum(xs[1:])", "fsum(xs[: len(xs) - 1])", "fsum(xs[-2:-1])", "max(*xs) - min(*xs)"]


@pytest.mark.parametrize("engine", ["numpy", "native", "javascript"])
@pytest.mark.parametrize("spelling", OWN)
def test_an_operation_of_your_own_in_text_is_python_s(engine: str, spelling: str) -> None:
    op = Op("its_own", "its own", spelling, lambda x, y, out, g: (g, g))
    if engine == "javascript":
        if shutil.which("node") is None:
            pytest.skip("node runs what a page runs")
        found = in_node({"f": function_of(op)}, {"f": PAIRS})["f"]
    else:
        f = vmap(lambda x, y: x.record(op, x, y), engine=engine)
        found = f(*np.array(PAIRS).T).tolist()
    far = 2 if "**" in spelling or "log" in spelling else 0
    for ours, at in zip(found, PAIRS, strict=True):
        assert ulps(ours, float(Ieee.record(op, *at))) <= far, at


# a further language


def test_the_language_of_contributing_computes_what_python_computes() -> None:
    sqlite3 = pytest.importorskip("sqlite3")
    page = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [code] = re.findall(r"## Add a language\n.*?```python\n(.*?)```\n.*?```sql\n", page, flags=re.S)
    [shown] = re.findall(r"## Add a language\n.*?```sql\n(.*?)```", page, flags=re.S)
    with redirect_stdout(StringIO()) as printed:
        exec(code, {})
    assert printed.getvalue() == shown
    rows = re.findall(r'"(\w+)"', code.splitlines()[-2])
    with closing(sqlite3.connect(":memory:")) as database:
        for name, line in zip(rows, shown.splitlines(), strict=True):
            for at in itertools.product([-1.5, 0.0, 0.7, 3.0, 1e300], repeat=2):
                [[answer]] = database.execute(f"SELECT {line} FROM (SELECT ? price, ? cost)", at)
                assert answer == OPS[name].value(*at[: OPS[name].arity]), (line, at)
