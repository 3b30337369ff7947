"""Random programs: whatever way a call takes, what is compiled answers as the function itself.

RANDOM_PROGRAMS in the environment says how many; `python tests/programs.py` compares many more.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import Program, Writer, alike, differences, engine_differences, itself, with_gradient

COUNT = int(os.environ.get("RANDOM_PROGRAMS", cases(150)))
TRANSFORMS = [itself, with_gradient]


@pytest.mark.parametrize("transform", TRANSFORMS)
@settings(max_examples=COUNT)
@given(seed=st.integers(0, 2**32))
def test_compiled_to_python_a_program_answers_bit_for_bit_as_it_is(transform: Callable[..., Any], seed: int) -> None:
    program = Writer(Random(seed), answers_number=transform is with_gradient).program()
    assert [*differences(program, Random(seed + 1), transform)] == [], program.text


@pytest.mark.parametrize("transform", TRANSFORMS)
@settings(max_examples=COUNT // 10)
@given(seed=st.integers(0, 2**32))
def test_machine_code_and_rows_of_calls_take_the_same_ways(transform: Callable[..., Any], seed: int) -> None:
    program = Writer(Random(seed), exact=True, answers_number=True).program()
    assert [*engine_differences(program, Random(seed + 1), transform)] == [], program.text


def test_an_engine_that_answers_as_in_its_first_call_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def frozen(f: Callable[..., Any]) -> Callable[..., Any]:
        answers: list[Any] = []
        return lambda *call: answers[0] if answers else answers.append(f(*call)) or answers[0]

    monkeypatch.setattr("programs.jit", frozen)
    program = Program("def f(x):\n    return abs(x)\n", ["number"], whole_arguments=False)
    assert [*differences(program, Random(1), itself)]


def test_a_zero_with_another_sign_an_int_and_a_nan_would_be_seen() -> None:
    assert alike((1, [0.0, {"a": float("nan")}]), (1, [0.0, {"a": float("nan")}]))
    assert not alike(0.0, -0.0)
    assert not alike(1, 1.0)
    assert not alike([True], [1])
    assert not alike({"a": 1.0}, {"b": 1.0})
