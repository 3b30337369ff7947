"""The native engine begins on a loop over the steps, and LLVM takes over: the answers stay the same to the last bit."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import warnings
from random import Random
from typing import Any

import numpy as np
import pytest
from awkward import AWKWARD
from depth import cases
from programs import LOST, Writer, alike, disturb, in_floats, itself, outcome, with_gradient

import micrograd_like as ml
from micrograd_like import Value, function, grad, jit, value_and_grad
from micrograd_like.core import core
from micrograd_like.operation import OPS

pytest.importorskip("llvmlite")
from micrograd_like.compile.native import call as native

pytestmark = pytest.mark.skipif(core is None, reason="the loop is the core's")


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each program is compiled after three calls; what was compiled."""
    programs: list[Any] = []

    class Noted(native.Caller):
        def __init__(self, program: Any, arguments: Any) -> None:
            programs.append(program)
            super().__init__(program, arguments)

    monkeypatch.setattr(native, "Caller", Noted)
    monkeypatch.setattr(native, "calls_on_loop", lambda steps: 3)
    return programs


def natively(f: Any) -> Any:
    return jit(f, engine="native", check=False)


def poly(x: Any) -> Any:
    return ml.exp(x) * x + x * x * 3.0 - ml.sin(x) / (x + 2.0)


def test_a_program_is_compiled_after_its_calls_on_the_loop(compiled: list[Any]) -> None:
    f = natively(value_and_grad(poly))
    answers = [f(0.7) for _ in range(3)]
    assert compiled == []
    answers += [f(0.7) for _ in range(3)]
    assert len(compiled) == 1
    assert answers == [value_and_grad(poly)(0.7)] * 6


def test_after_that_calls_go_straight_to_the_machine_code() -> None:
    f = natively(poly)
    for _ in range(3):
        f(0.7)
        assert not f.fast
    f(0.7)
    assert f.fast == {(float,): next(iter(f.forms.values())).caller.fastest}


def test_the_larger_a_program_the_more_calls_the_loop_answers() -> None:
    code = """
from micrograd_like import jit
for steps in (2, 80, 800):
    f = jit(lambda x: sum([x * float(k) for k in range(2, steps // 2 + 2)]), engine="native")
    calls = 1
    f(1.0)
    while not f.fast:
        f(1.0)
        calls += 1
    print(calls - next(iter(f.forms.values())).program.count // 8)
"""
    output = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split() == ["1"] * 3


def test_a_new_way_begins_on_the_loop(compiled: list[Any]) -> None:
    def f(x: Any, limit: Any) -> Any:
        while x < limit:
            x = x * 1.5 + ml.cos(x)
        return x

    fast = natively(grad(f))
    for limit in (2.0, 4.0, 8.0, 16.0, 32.0):
        assert fast(1.0, limit) == grad(f)(1.0, limit)
    assert compiled == []
    for _ in range(4):
        assert fast(1.0, 4.0) == grad(f)(1.0, 4.0)
    assert len(compiled) == 1
    assert fast(1.0, 64.0) == grad(f)(1.0, 64.0)
    assert len(compiled) == 1
    assert fast(1.0, 4.0) == grad(f)(1.0, 4.0)


@pytest.mark.parametrize("name", sorted(name for name, op in OPS.items() if op.rule))
def test_every_row_has_the_same_bits_in_both(name: str) -> None:
    op = OPS[name]
    points = [op.at] if op.name == "polygamma" else [op.at, *((x,) * len(op.at) for x in AWKWARD)]
    f = natively(lambda *xs: xs[0].record(op, *xs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f(*op.at)
        program = next(iter(f.forms.values()))
        for at in points:
            numbers = [*map(float, at)]
            loop = program.by_loop(numbers)
            assert loop is NotImplemented or alike(loop, program.compiled().general(numbers)), at


@pytest.mark.parametrize("transform", [itself, with_gradient])
@pytest.mark.parametrize("seed", range(cases(40)))
def test_random_programs_answer_as_pythons_own_while_they_change_tiers(transform: Any, seed: int) -> None:
    program = Writer(Random(seed), exact=True, answers_number=True).program()
    f = program.function()
    eager = transform(f, program)
    fast = natively(eager)
    random = Random(seed + 1)
    disturb(f.__globals__, random)
    for _ in range(2):
        for row in [program.arguments(random) for _ in range(3)]:
            answer = in_floats(outcome(eager, row))
            if not isinstance(answer, type) and answer != LOST:
                assert alike(answer, in_floats(outcome(fast, row)))


def test_answers_are_floats_lists_and_arrays_as_machine_code_gives_them() -> None:
    f = natively(lambda x, n: {"all": [x * n, (x > 0) * 1.0, 2], "own": (n, np.array([x, n]) * 2)})
    first, *others = [f(1.5, 2) for _ in range(6)]
    assert repr(first) == repr(others[-1])
    assert len({*map(repr, others)}) == 1
    assert type(first["own"][0]) is float


def test_where_python_raises_both_go_on_under_ieee_754(compiled: list[Any]) -> None:
    f = natively(lambda x: (1 / x, ml.log(x), ml.sqrt(x), ml.exp(x * 1e4)))
    f(1.0)
    f(0.0)
    assert compiled == []
    for _ in range(5):
        assert repr(f(0.0)) == repr((math.inf, -math.inf, 0.0, 1.0))
        assert repr(f(-1.0)) == repr((-1.0, math.nan, math.nan, 0.0))


def test_ints_that_are_no_floats_are_refused_in_both() -> None:
    f = natively(lambda x, n: poly(x) + n)
    f(1.0, 2)
    for _ in range(5):
        with pytest.raises(OverflowError, match="too large to convert"):
            f(1.0, 10**400)
        with pytest.raises(OverflowError, match="no float is 9007199254740993, which n holds"):
            f(1.0, 2**53 + 1)
        assert f(1.0, 2**53 + 2) == poly(1.0) + float(2**53 + 2)


def test_a_closed_value_counts_with_its_number_of_now() -> None:
    weight = Value(2.0)
    f = natively(lambda x: poly(x) * weight)
    for number in (2.0, 3.0, 5, 7.0, 11.0, 13.0):
        weight.data = number
        assert f(1.5) == poly(1.5) * number


def test_an_operation_of_ones_own_that_fails_is_nan_in_both(table_as_it_was: None) -> None:
    def value(x: float) -> float:
        if x > 10:
            raise RuntimeError("too much")
        return x * x

    square = function("square_up_to_ten", value, lambda x, out, g: g * 2 * x)
    f = natively(lambda x: square(x) + poly(x))
    f(2.0)
    for _ in range(5):
        assert math.isnan(f(11.0))
        assert f(3.0) == 9.0 + poly(3.0)


def test_what_is_pickled_on_the_loop_goes_on_there() -> None:
    f = natively(poly)
    f(0.5)
    sent = pickle.loads(pickle.dumps(f))
    assert [sent(0.5) for _ in range(5)] == [poly(0.5)] * 5


def test_arguments_of_another_form_have_a_tier_of_their_own(compiled: list[Any]) -> None:
    f = natively(lambda xs: sum(x * x for x in xs))
    for n in (2, 3, 4):
        xs = np.arange(n) * 1.0
        assert [f(xs) for _ in range(5)] == [float(xs @ xs)] * 5
        assert [f([*xs]) for _ in range(5)] == [float(xs @ xs)] * 5
    assert len(compiled) == 6
