"""The compiled core: it answers what the Python functions answer, to the bits, and is left out where it cannot be."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

import micrograd_like as ml
from micrograd_like import Value, core
from micrograd_like.graph import topological_order
from micrograd_like.operation import BUILT_IN, OPS
from micrograd_like.targets import header as in_c

TESTS = Path(__file__).parents[1]
is_there = importlib.util.find_spec("micrograd_like.core._cell") is not None
needs_core = pytest.mark.skipif(not is_there, reason="the core is not compiled here")
runs_core = pytest.mark.skipif(core.core is None, reason="this process runs in pure Python")
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


@pytest.mark.slow
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
    text = (Path(in_c.__file__).parent.parent / "ops.py").read_text(encoding="utf-8")
    header = in_c.Header(text)
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


IN_DEL = """
from micrograd_like import Value
from micrograd_like.core import core

seen = []


class Name(str):
    def __del__(self):
        seen.extend(core.living())


kept = Value(7.0)
x = Value(1.0)
x.name = Name("x")
y = (kept + 1.0) * ((x + 2.0) * 3.0)
y.name = Name("y")
del x, y
print(sorted(v.data for v in seen))
others = [Value(k) for k in range(100)]
print(sorted(v.data for v in seen))
"""


@needs_core
def test_what_is_being_freed_does_not_live() -> None:
    assert (
        run("-c", IN_DEL, pure=False).splitlines() == ["[1.0, 3.0, 7.0]"] * 2
    )  # what only waits to be freed is not among them


CHAINS = """
from micrograd_like import Value, hypot, scope, where


class Parameter(Value):
    pass


def chain(step, n):
    y = Value(1.0)
    for _ in range(n):
        y = step(y)


def through_an_attribute(y):
    p = Parameter(1.0)
    p.child = y
    return p * 2.0


def through_a_name(y):
    name = Name("name")
    name.of = y
    return Value(1.0, name)


class Name(str):
    pass


def through_a_scope(y):
    with scope("step"):
        return y * 1.0


chain(lambda y: y * 1.0, 300_000)
for step in (lambda y: where(1, y, 2.0), lambda y: hypot(y, 0.0, 0.0), through_an_attribute, through_a_name):
    chain(step, 100_000)
chain(through_a_scope, 20_000)
print("freed")
"""


@pytest.mark.parametrize("pure", [pytest.param(False, marks=needs_core), True])
def test_long_chains_of_any_kind_are_freed_without_recursion(pure: bool) -> None:
    assert run("-c", CHAINS, pure=pure).strip() == "freed"


TWICE = """
import sys

import micrograd_like

for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd_like"]:
    del sys.modules[name]
import pickle

from micrograd_like import Value, operation

x = Value(3.0)
y = x * x
y.backward()
print(y.op is operation.OPS["mul"], x.grad, pickle.loads(pickle.dumps(y)).data)
"""


def test_a_second_import_in_one_process_has_its_own_rows() -> None:
    assert run("-c", TWICE, pure=False).split() == ["True", "6.0", "9.0"]


@runs_core
def test_what_the_core_is_given_is_checked() -> None:
    made, leaves_of = core.core.made, core.core.leaves_of
    hypot, number = OPS["hypot"], Value(1.0)
    for wrong in [(number, (1.0,)), ((number, 1), (1.0, 1.0)), ((number, 1.0), (1.0,)), ((number, "x"), (1.0, 1.0))]:
        with pytest.raises(TypeError, match="tuples"):
            made(1.0, hypot, *wrong, None, None, Value)
    with pytest.raises(TypeError, match="class of Values, not <class 'int'>"):
        made(1.0, None, None, None, None, None, int)
    with pytest.raises(TypeError, match="list of outputs"):
        leaves_of(())
    alone = made(2.0, OPS["gamma"], 3.0, 3.0, None, None, Value)  # of a number alone: there is nobody to hand down to
    alone.backward()
    assert alone.parents == (3.0,)


@runs_core
def test_a_grad_that_is_no_number_is_refused_and_changes_nothing() -> None:
    x = Value(1.0)
    for before in (None, 2.0):
        x.grad = before  # type: ignore[assignment]
        with pytest.raises(TypeError):
            x.grad = "a"  # type: ignore[assignment]
        assert x.grad == before


def test_functions_of_rows_can_be_referred_to_weakly() -> None:
    assert weakref.ref(ml.exp)() is ml.exp
    assert weakref.WeakKeyDictionary({ml.maximum: 1})[ml.maximum] == 1


needs_scarce_memory = pytest.mark.skipif(
    importlib.util.find_spec("_testcapi") is None, reason="this Python cannot pretend that memory is out"
)


@runs_core
@needs_scarce_memory
@pytest.mark.parametrize("what", ["sweep", "slopes", "leaves_of", "idle"])
def test_after_memory_was_out_the_next_pass_is_right(what: str) -> None:
    import _testcapi

    x, other = Value(2.0), Value(1.0)
    made = [Value(0.0)]
    for _ in range(600):
        made.append(x * 3.0 + made[-1])
    y, leaves, missed = made[-1], [made[0], x, other], 0
    given = {"sweep": (y,), "slopes": (y, leaves), "leaves_of": ([y],), "idle": ([y], leaves)}[what]
    for start in range(12):
        _testcapi.set_nomemory(start, start + 1)
        try:
            getattr(core.core, what)(*given)
        except MemoryError:
            missed += 1
        finally:
            _testcapi.remove_mem_hooks()
        x.grad = 0.0
        y.backward()
        assert x.grad == 1800.0
        assert {*core.core.leaves_of([y])} == {v for v in topological_order(y) if not v.op}
        assert core.core.idle([y], leaves) == [2]
    assert missed >= 2


@runs_core
def test_a_rule_may_take_the_variables_away() -> None:
    xs = [Value(2.0), Value(3.0)]
    takes = ml.function("takes_them_away", lambda x: 2 * x, lambda x, out, g: xs.clear() or 2 * g)
    with pytest.raises(TypeError, match="variables are leaves"):
        core.core.slopes(takes(xs[0] * 1.0), xs)


@runs_core
def test_a_computed_value_is_not_made_anew_while_a_pass_goes_on() -> None:
    x = Value(3.0)
    inner = x * x
    anew = ml.function("anew", lambda x: x, lambda x, out, g: inner.__init__(1.0))  # type: ignore[misc]
    with pytest.raises(RuntimeError, match="while backward"):
        anew(inner).backward()
    inner.__init__(1.0)  # type: ignore[misc]
    assert inner.parents == ()


@pytest.mark.slow
@pytest.mark.parametrize("pure", [pytest.param(False, marks=needs_core), True])
def test_nothing_is_left_after_rounds_of_varied_use(pure: bool) -> None:
    lines = run(str(TESTS / "core_rounds.py"), "800", "400", pure=pure).splitlines()
    (_, before, _), (values, after, _) = (map(int, line.split()) for line in lines)
    assert values == 0
    assert after - before < 400  # less than a block a round


PICKLES = """
import pickle
from micrograd_like import Value, hypot, scope, sin

x = Value(2.0, "x")
with scope("end"):
    y = hypot(x * 3.0, sin(x), 1.0) + 2**x
y.backward()
y.data = 1.0
print(pickle.dumps(y).hex())
"""


@needs_core
def test_both_twins_write_the_same_pickles() -> None:
    assert run("-c", PICKLES, pure=False) == run("-c", PICKLES, pure=True)


HOLES = """
from micrograd_like import Value
from micrograd_like.core import core

values = [Value(k) for k in range(200_000)]
held = core.memory()[0]
del values[100_000::2]
others = [Value(k) for k in range(45_000)]
print(core.memory()[0] - held)
"""


@needs_core
def test_new_values_fill_the_places_of_old_ones() -> None:
    assert run("-c", HOLES, pure=False).strip() == "0"
