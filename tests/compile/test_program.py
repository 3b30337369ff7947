"""How a way becomes a part of a program: the core's functions do what Python's do, and other steps are noticed."""

from __future__ import annotations

import importlib.util
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_like.core
from micrograd_like import exp, jit, sin, value_and_grad
from micrograd_like.compile import program
from micrograd_like.compile.program import Literal, Program
from micrograd_like.core import core
from micrograd_like.operation import OPS
from micrograd_like.trace.trace import Asked, Computed


def of_python() -> Any:
    """The module as it is without the core."""
    spec = importlib.util.spec_from_file_location("micrograd_like.compile.program_of_python", program.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(micrograd_like.core, "core", None)
        spec.loader.exec_module(module)
    return module


def steps_of(random: Random) -> tuple[list[Any], dict[int, Any]]:
    """Random steps with questions among them, and other numbers of some of their operands."""
    steps: list[Any] = []
    for number in range(5, 5 + random.randrange(12)):
        operands = tuple(random.sample(range(number), random.choice([1, 2, 3])))
        if random.random() < 0.2:
            steps.append(Asked(OPS["gt"], operands, random.choice([True, False])))
        steps.append(Computed(number, OPS[random.choice(["add", "mul", "sin"])], operands, random.choice("vg")))
    return steps, {random.randrange(5): random.choice([-1, Literal(2.0), 7]) for _ in range(random.randrange(3))}


@pytest.mark.skipif(core is None, reason="this process runs in pure Python")
@given(st.randoms(use_true_random=False))
def test_the_core_takes_steps_into_a_program_as_python_does(random: Random) -> None:
    python = of_python()
    assert python.first_steps is not core.first_steps
    steps, rename = steps_of(random)
    other = [*steps]
    if steps and random.random() < 0.5:
        k = random.randrange(len(steps))
        other[k : k + 1] = [steps[k]._replace(op=OPS["sub"])] if random.random() < 0.5 else []
    at = random.randrange(len(steps) + 1)
    seen = []
    for functions in (python, core):
        first, further = [], []
        names, others = dict(rename), dict(rename)
        seen.append(
            [
                functions.first_steps(steps, at, dict(rename), first),
                first,
                functions.further_steps(steps, at, names, further, 100),
                further,
                names,
                functions.known_steps(other, min(at, len(other)), others, further),
                others,
            ]
        )
    assert seen[0] == seen[1]
    assert [type(step) for step in [*seen[1][1], *seen[1][3]]] == [Computed] * len([*seen[1][1], *seen[1][3]])


def test_a_program_has_one_literal_for_each_constant() -> None:
    f = jit(lambda x: x * 3.0 + 3.0 if x > 3.0 else sin(x * 3) * 3.0)
    for x in (4.0, 2.0, 5.0):
        f(x)
    known: Program = next(iter(f.forms.values())).program
    blocks = [*known.blocks()]
    operands = [x for block in blocks for step in block.steps for x in step.operands]
    met = [x for x in [*operands, *(x for block in blocks for x in block.operands)] if isinstance(x, Literal)]
    assert sorted({(type(x.data).__name__, x.data) for x in met}) == [("float", 3.0), ("int", 3)]
    assert len({*map(id, met)}) == 2


def test_ways_that_share_their_beginning_share_its_steps() -> None:
    def f(x: Any, n: Any) -> Any:
        y = exp(x)
        while y < n:
            y = y * 1.5 + sin(y)
        return y

    fast = jit(value_and_grad(f))
    for n in (1.0, 4.0, 16.0, 64.0, 4.0, 1000.0):
        assert fast(0.5, n) == value_and_grad(f)(0.5, n)
    known: Program = next(iter(fast.forms.values())).program
    numbers = [step.number for block in known.blocks() for step in block.steps]
    assert len({*numbers}) == len(numbers)
    assert known.paths == 5
    assert sum(step.op is OPS["exp"] for block in known.blocks() for step in block.steps) == 1
