"""The native engine: what it computes is what IEEE 754 says of each operation, along every way."""

from __future__ import annotations

import copy
import gc
import itertools
import math
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import scipy.special  # noqa: F401 - not while a function is recorded
from awkward import AWKWARD, OPERATIONS, ulps
from depth import cases
from hypothesis import example, given, settings
from hypothesis import strategies as st

import micrograd_like as ml
from micrograd_like import Value, function, grad, hessian, ieee, jit, value_and_grad
from micrograd_like.compile import record as tracing
from micrograd_like.compile.native import call as native
from micrograd_like.compile.native import machine, rows
from micrograd_like.compile.native import module as llvm
from micrograd_like.compile.native.call import Rows
from micrograd_like.compile.program import Program
from micrograd_like.ieee import Ieee
from micrograd_like.operation import OPS, Op
from micrograd_like.targets.llvm import Lanes

inf, nan = math.inf, math.nan


def natively(f: Callable[..., Any], **options: Any) -> Any:
    return jit(f, engine="native", **options)


def rosenbrock(x: Any) -> Any:
    return sum(100.0 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x))


def points(op: Op) -> list[tuple[float, ...]]:
    """The row's own point and awkward ones."""
    if op.name == "polygamma":
        return [op.at, *((n, x) for n in (0.0, 1.0) for x in AWKWARD)]
    count = len(op.at)
    mixed = [tuple(AWKWARD[(k * (7 + i) + 3 * i) % len(AWKWARD)] for i in range(count)) for k in range(60)]
    return [op.at, *((x,) * count for x in AWKWARD), *(mixed if count > 1 else [])]


def expected(op: Op, at: tuple[float, ...]) -> float:
    if op.name == "log_base":
        return math.nan if nan in at else float(Ieee(0) + of_logarithms(*at))
    if op.name == "fma":
        with np.errstate(all="ignore"):
            exact = float(Ieee.record(op, *at))
            return exact if math.isfinite(exact) else float(np.float64(at[0]) * at[1] + at[2])
    return float(Ieee.record(op, *at))


def of_logarithms(x: float, y: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.log(x) / np.log(y))


# every row of the table


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_every_operation_is_within_2_ulp_of_ieee_754(op: Op) -> None:
    f = natively(lambda *xs: xs[0].record(op, *xs))
    for at in points(op):
        assert ulps(f(*at), expected(op, at)) <= 2, at


@pytest.mark.parametrize(
    "op", [op for op in OPERATIONS if op.name not in ("gamma", "lgamma", "fma")], ids=lambda op: op.name
)
def test_every_operation_has_the_bits_of_python_where_python_has_an_answer(op: Op) -> None:
    f = natively(lambda *xs: xs[0].record(op, *xs))
    for at in points(op):
        try:
            answer = op.value(*at)
        except (ArithmeticError, ValueError):
            continue
        if op.name != "hypot" and not (op.label == "^" and at[-1] in (2.0, 3.0, 0.5, -0.5, -1.0)):
            assert ulps(f(*at), answer) == 0, at


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_every_rule_is_within_4_ulp_of_the_rule_on_plain_numbers(op: Op) -> None:
    def slopes(*xs: Any) -> list[Any]:
        return [0.0 if x is None else x for x in op.backward(xs, xs[0].record(op, *xs), 1.0)]

    f = natively(slopes, max_paths=1000)
    for at in points(op):
        if (op.label == "^" and at[0] < 0) or op.name in ("log_base",):
            continue  # a plain ** of floats may be complex
        true = ieee.backward(op, at, float(Ieee.record(op, *at)), 1.0)
        for ours, theirs in zip(f(*at), true, strict=True):
            assert ulps(ours, 0.0 if theirs is None else theirs) <= 4, at


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.rule is None], ids=lambda op: op.name)
def test_comparisons_choose_the_way_that_python_chooses(op: Op) -> None:
    f = natively(lambda x, y: 1.0 if op.value(x, y) else 2.0)
    g = natively(lambda x, y: ml.where(op.value(x, y), x + 1.0, y + 2.0))
    for x, y in itertools.product(AWKWARD, repeat=2):
        assert f(x, y) == (1.0 if op.value(x, y) else 2.0)
        assert ulps(g(x, y), x + 1.0 if op.value(x, y) else y + 2.0) == 0


@settings(max_examples=cases(300))
@given(st.floats(), st.floats())
@example(39719.2, 52.4)  # 757, though the quotient is rounded to 756.9999999999999
def test_remainders_and_quotients_are_those_of_python(x: float, y: float) -> None:
    quotient, rest = DIVIDED(x, y)
    assert ulps(quotient, float(Ieee(x) // y)) == 0
    assert ulps(rest, float(Ieee(x) % y)) == 0


DIVIDED = natively(lambda x, y: (x // y, x % y))


@pytest.mark.parametrize("power", [2, 3, 4, 0.5, -0.5, -1, -2, 1 / 3, 1.0, 0])
def test_constant_powers_are_within_2_ulp_of_pow(power: float) -> None:
    f = natively(lambda x: x**power)
    for x in [*AWKWARD, 1.1e-103, 3e-162, 1.7e102, 2.3e154]:
        assert ulps(f(x), float(Ieee.record(OPS["pow"], x, power))) <= 2, x


def test_sums_are_rounded_once() -> None:
    f = natively(lambda *xs: (ml.math.fsum(xs), ml.math.sumprod(xs, xs[::-1])))
    assert f(1e100, 1.0, -1e100, 1e-30) == (1.0, 2e70 - 2e100)
    assert f(1e16, 1.0, -1e16, 0.0) == (1.0, -2e16)


def test_hypot_of_many_numbers_does_not_overflow() -> None:
    f = natively(lambda *xs: ml.hypot(*xs))
    assert f(3e307, 4e307, 12e307) == math.hypot(3e307, 4e307, 12e307)
    assert f(inf, nan, 1.0) == inf


# ways and questions


def test_a_new_way_is_recorded_when_it_is_taken() -> None:
    f = natively(lambda x: ml.log(x) if x > 0 else -x)
    assert f(math.e) == 1.0
    assert f.paths == 1
    assert f(-2.0) == 2.0
    assert f(1.0) == 0.0
    assert f.paths == 2


def test_ways_answer_in_their_own_form() -> None:
    f = natively(lambda x: (x, [x * 2]) if x > 0 else {"x": -x})
    assert [f(1.0), f(-1.0), f(3.0)] == [(1.0, [2.0]), {"x": 1.0}, (3.0, [6.0])]


def test_a_way_that_answers_an_earlier_number_does_not_answer_the_later_one() -> None:
    def f(x: Any) -> Any:
        y = x + 1
        z = ml.sin(y)
        return z if z > 0 else y

    g = natively(f)
    for x in (0.5, -2.0, 0.5, -2.0):
        assert g(x) == f(x)


def test_whole_numbers_lead_the_way() -> None:
    f = natively(lambda x, n: [int(x), round(x), math.floor(x), math.ceil(x), sum(x for _ in range(n))])
    for x, n in [(2.5, 3), (-2.5, 2), (3.5, 3), (0.3, 0), (2.5, 3)]:
        assert f(x, n) == [int(x), round(x), math.floor(x), math.ceil(x), sum(x for _ in range(n))]


def test_a_loop_runs_as_often_as_it_should() -> None:
    def newton(a: Any) -> Any:
        x = a
        while abs(x * x - a) > 1e-12 * a:
            x = (x + a / x) / 2
        return x

    f = natively(newton)
    for a in (2.0, 9.0, 2.0, 1e6, 0.1):
        assert f(a) == newton(a)


def test_a_nan_takes_the_way_that_no_number_takes() -> None:
    f = natively(lambda x: 1.0 if x != x else 2.0 if x == inf else 3.0)
    assert [f(x) for x in (0.0, nan, inf, nan, -inf)] == [3.0, 1.0, 2.0, 1.0, 3.0]


def test_inf_and_nan_come_in_place_of_errors() -> None:
    f = natively(lambda x: [1 / x, ml.log(x), ml.sqrt(-x), ml.exp(1000.0 + x)])
    assert f(0.0) == [inf, -inf, 0.0, inf]
    assert str(f(-1.0)) == "[-1.0, nan, 1.0, inf]"


def test_too_many_ways_run_as_they_are() -> None:
    f = natively(lambda x: int(x) + 0.5, max_paths=3)
    assert [f(float(k)) for k in range(3)] == [0.5, 1.5, 2.5]
    with pytest.warns(UserWarning, match="takes more than 3 ways"):
        assert f(7.0) == 7.5
    assert f(2.0) == 2.5


def test_a_program_in_many_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any, y: Any) -> Any:
        flags = [x > k for k in range(-3, 4)]
        t = 0.0
        for k, flag in enumerate(flags):  # not by sum(), which rounds plain floats once
            t = t + ml.where(flag, ml.sin(x + k), x * y)
        return (t if x > y else t * t), [ml.where(flag, t, y) for flag in flags], x if t > 0 else y

    calls = [(0.5, 1.5), (2.5, -1.5), (-9.0, 0.1), (1.5, 7.0), (nan, 1.0)]
    once = natively(f)
    monkeypatch.setattr(llvm, "PART_STEPS", 3)
    monkeypatch.setattr(native, "ON_STACK", 2)
    parts = natively(f)
    for call in [*calls, *calls]:
        assert str(parts(*call)) == str(once(*call))


# arguments and answers


def test_derivatives_by_an_array_are_new_arrays_of_its_shape() -> None:
    f = natively(value_and_grad(lambda x: (x * x).sum()))
    x = np.arange(6.0).reshape(2, 3)
    value, slopes = f(x)
    assert value == 55.0
    assert type(value) is float
    assert slopes.dtype == np.float64
    assert slopes.tolist() == (2 * x).tolist()
    slopes[:] = 7.0
    assert f(x)[1].tolist() == (2 * x).tolist()


ARRAYS = {
    "strided": np.arange(12.0)[::2],
    "reversed": np.arange(6.0)[::-1],
    "read-only": np.arange(6.0),
    "float32": np.arange(6, dtype=np.float32),
    "ints": np.arange(6),
    "bytes swapped": np.arange(6.0).astype(">f8"),
    "objects": np.array([0, 1.5, 2, 3, 4.0, 5], dtype=object),
    "unaligned": np.frombuffer(b"x" + np.arange(6.0).tobytes(), dtype=np.uint8)[1:].view(np.float64),
}
ARRAYS["read-only"].flags.writeable = False


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_every_kind_are_read_right(name: str) -> None:
    f = natively(value_and_grad(rosenbrock))
    x = ARRAYS[name]
    plain = [float(number) for number in x]
    value, slopes = value_and_grad(rosenbrock)(plain)
    for first in (x, np.array(plain)):
        f(first)
        assert f(x)[0] == value
        assert f(x)[1].tolist() == slopes


def test_arrays_of_what_is_no_real_number_are_refused() -> None:
    f = natively(lambda x: x[0] * 2)
    assert f(np.array([1.0])) == 2.0
    for x in (np.array([1j]), np.array(["1"]), np.array(["1"], dtype=object)):
        with pytest.raises(TypeError):
            f(x)


def test_numbers_of_numpy_are_numbers() -> None:
    f = natively(lambda x, y: x * y)
    assert [f(np.float64(2), 3.0), f(np.float64(2), 4.0), f(np.int32(2), True * 5)] == [6.0, 8.0, 10.0]


def test_the_order_in_memory_is_not_the_order_of_the_numbers() -> None:
    f = natively(lambda x: x[0, 1] - 2 * x[1, 0])
    x = np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])
    assert [f(x), f(x), f(np.ascontiguousarray(x)), f(x.T)] == [-4.0, -4.0, -4.0, -1.0]


def test_arrays_of_other_shapes_have_programs_of_their_own() -> None:
    f = natively(lambda x: sum(x.ravel()))
    for shape in [(2,), (3,), (2, 2), (0,), (2,), (3,)]:
        assert f(np.ones(shape)) == math.prod(shape)


def test_numbers_lists_and_arrays_together() -> None:
    f = natively(lambda a, x, b, y: [a * x[0] + b * y[1], x[1] * y[0]])
    for _ in range(2):
        assert f(2.0, np.array([3.0, 4.0]), 5, [6.0, 7.0]) == [41.0, 24.0]
        assert f(2.0, np.array([3.0, 4.0]), 5, [6, 7]) == [41.0, 24.0]


def test_lists_and_arrays_of_other_lengths_have_programs_of_their_own() -> None:
    f = natively(lambda x, y: sum(x) + 10 * sum(y))
    for m, n in [(2, 3), (3, 2), (3, 3), (2, 1), (2, 4), (2, 3)]:
        assert f(np.ones(m), [1.0] * n) == m + 10 * n
        assert f([1.0] * m, [1.0] * n) == m + 10 * n


def test_nested_arguments_and_arguments_by_name() -> None:
    f = natively(lambda cart, *, tax: {"total": cart["apple"][0] * cart["apple"][1] * tax})
    for n in (2, 3.0):
        assert f({"apple": (100.0, n)}, tax=1.5) == {"total": 150.0 * n}


def test_whole_numbers_become_floats() -> None:
    answers = natively(lambda n: [n + 1, n * 10**20, 3])(2)
    assert answers == [3.0, 2e20, 3.0]
    assert {*map(type, answers)} == {float}


def test_a_model_and_values_that_are_closed_over_are_read_at_each_call() -> None:
    w = Value(3.0, "w")
    f = natively(lambda x: w * x)
    g = natively(lambda x: w * x[0])
    x = np.array([2.0])
    assert [f(2.0), f(2.0), g(x), g(x)] == [6.0] * 4
    w.data = 5.0
    assert [f(2.0), g(x)] == [10.0, 10.0]


def test_within_a_derivative_it_is_the_function_itself() -> None:
    w = Value(3.0)
    f = natively(lambda x: w * x * x)
    assert f(2.0) == 12.0
    assert grad(f)(2.0).data == 12.0
    assert grad(lambda x: f(x) * x)(2.0).data == 36.0
    slope = grad(lambda x: f(2.0) * x)(5.0)
    slope.backward()
    assert (slope.data, w.grad) == (12.0, 4.0)


def test_within_a_recording_it_is_the_function_itself() -> None:
    w = Value(3.0)
    f = natively(lambda x: w * x)
    assert f(2.0) == 6.0
    g = natively(lambda x: f(2.0) * x)
    assert g(5.0) == 30.0
    w.data = 4.0
    assert g(5.0) == 40.0


def test_second_derivatives() -> None:
    x = np.array([0.5, 1.5, -0.5])
    assert np.allclose(natively(hessian(rosenbrock))(x), hessian(rosenbrock)(x), rtol=1e-15)


def test_a_function_of_the_users_own_runs_in_python() -> None:
    calls = []

    def twice_by_python(x: float) -> float:
        calls.append(x)
        if x == 13.0:
            raise KeyError
        return 2 * x

    twice = function("twice_by_python", twice_by_python, lambda x, out, g: 2 * g)
    f = natively(lambda x: twice(x) + 1)
    assert f(3.0) == 7.0
    assert f(4.0) == 9.0
    assert calls[-1] == 4.0
    assert math.isnan(f(13.0))


def test_ctrl_c_in_a_function_of_the_users_own_ends_the_call() -> None:
    def interrupted(x: float) -> float:
        if x == 13.0:
            raise KeyboardInterrupt
        return x

    row = function("interrupted", interrupted, lambda x, out, g: g)
    f = natively(lambda x: row(x) + 1)
    assert f(3.0) == 4.0
    with pytest.raises(KeyboardInterrupt):
        f(13.0)
    assert f(3.0) == 4.0


def test_a_function_of_the_users_own_in_text_is_compiled() -> None:
    row = function("logit_in_text", "log(x / (1 - x)) if 0 < x < 1 else nan", lambda x, out, g: g / (x * (1 - x)))
    f = natively(lambda x: row(x))
    assert f(0.7) == math.log(0.7 / (1 - 0.7))
    assert math.isnan(f(2.0))


# life of the code


def test_the_code_is_freed_with_the_function() -> None:
    f = natively(lambda x: x * 2)
    f(1.0)
    code = next(iter(f.forms.values())).caller.native.code
    engine, alive = code.engine, weakref.ref(code)
    del f, code
    gc.collect()
    assert alive() is None
    del engine


def test_the_code_of_fewer_ways_is_freed() -> None:
    f = natively(lambda x: x if x > 0 else -x)
    f(1.0)
    alive = weakref.ref(next(iter(f.forms.values())).caller.native.code)
    f(-1.0)
    gc.collect()
    assert alive() is None


def test_several_threads_at_once() -> None:
    f = natively(lambda x: ml.sin(x) * (1.0 if x > 0 else 2.0) + int(x))

    def expected(x: float) -> float:
        return math.sin(x) * (1.0 if x > 0 else 2.0) + int(x)

    numbers = [k / 7 - 3 for k in range(42)] * 20
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(f, numbers)) == list(map(expected, numbers))


def test_scratch_is_not_shared_between_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "ON_STACK", 0)
    monkeypatch.setattr(llvm, "PART_STEPS", 1)
    both = threading.Barrier(2)

    def wait(x: float) -> float:
        if x > 0:
            both.wait(60)
        return x

    pause = function("pause", wait, lambda x, out, g: g)
    f = natively(lambda x: 3 * x + pause(ml.sin(x)), check=False)
    f(-1.0)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(f, (1.0, 2.0))) == [3 + math.sin(1), 6 + math.sin(2)]


def test_copies_and_pickles_compute_the_same() -> None:
    f = natively(rosenbrock)
    x = np.array([0.5, 1.5, -0.5])
    assert copy.copy(f)(x) == pickle.loads(pickle.dumps(f))(x) == f(x)
    assert pickle.loads(pickle.dumps(f))(x) == f(x)


def test_a_library_that_is_missing_is_named() -> None:
    text = "import sys; sys.modules['llvmlite'] = None; from micrograd_like import jit; jit(abs, engine='native')"
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, encoding="utf-8")
    sentence = "ImportError: the native engine needs llvmlite and NumPy: pip install 'micrograd_like[native]'"
    assert run.stderr.splitlines()[-1] == sentence


def test_an_engine_of_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="the engines of jit are 'python' and 'native', not 'fortran'"):
        jit(abs, engine="fortran")


# rows


def recorded(f: Callable[..., Any], *calls: tuple[float, ...]) -> Program:
    """The program of f's ways in these calls."""
    labels = [f"x{k}" for k in range(len(calls[0]))]
    program = Program(labels)
    for call in calls:
        args = (0.0,) * len(call), {}
        program.add(tracing.record_run("f", f, args, labels, list(call), watching=True, ieee=True))
    return program


def farthest(op: Op, at: list[tuple[float, ...]]) -> float:
    """By how many ulp rows at these points are off a single call at most; a zero of the other sign is far off too."""
    f = natively(lambda *xs: xs[0].record(op, *xs), check=False)
    columns = [np.array(column) for column in zip(*at, strict=True)]
    out = np.empty(len(at))
    assert Rows(recorded(f.f, op.at)).run(columns, 0, len(out), [out]) == -1
    pairs = [(ours, f(*x)) for ours, x in zip(out.tolist(), at, strict=True)]
    return max(ulps(a, b) if a != 0 or math.copysign(1, a) == math.copysign(1, b) else inf for a, b in pairs)


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_rows_have_the_bits_of_single_calls_without_vector_functions(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = Lanes(4)
    monkeypatch.setattr(rows, "row_lanes", lambda: lanes)
    assert farthest(op, points(op)) == 0


def spread_out(op: Op, count: int) -> list[tuple[float, ...]]:
    """Numbers of all sizes, half of them those that functions are made for, in twos with equal ones among them."""
    random = np.random.default_rng(7)
    parts = [
        random.integers(-(2**63), 2**63 - 1, (len(op.at), count)).view(float),
        random.uniform(-2, 2, (len(op.at), count)),
        random.normal(0, 30, (len(op.at), count)),
        np.exp(random.uniform(-50, 50, (len(op.at), count))) * random.choice([-1, 1], (len(op.at), count)),
    ]
    return [*zip(*np.hstack(parts).tolist(), strict=True)]


@pytest.mark.parametrize("op", [op for op in OPERATIONS if op.name != "polygamma"], ids=lambda op: op.name)
def test_rows_are_within_4_ulp_of_single_calls(op: Op) -> None:
    composed = {"sigmoid", "softplus", "silu", "sech", "over_hypot"}  # of functions that are within 4 ulp
    assert farthest(op, points(op) + spread_out(op, cases(300))) <= (8 if op.name in composed else 4)


def test_vector_functions_are_called_where_the_c_library_has_them() -> None:
    lanes = machine.row_lanes()
    if machine.vector_library() is None or not machine.binding.get_host_cpu_features().get("avx2"):
        assert lanes.count == 4
        assert not lanes.together
    else:
        assert {"exp", "log", "sin", "cos", "pow"} <= {*lanes.together}
        writer = llvm.Writer(recorded(ml.exp, (1.0,)), [(0, 0)], machine.Callbacks(), lanes)
        assert f"@{lanes.together['exp']}(" in writer.text


@pytest.mark.parametrize("missing", ["library", "processor"])
def test_without_vector_functions_there_are_four_lanes(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    features = {"avx2": missing == "library", "avx512f": missing == "library"}
    monkeypatch.setattr(machine.binding, "get_host_cpu_features", lambda: features)
    if missing == "library":
        monkeypatch.setattr(machine, "vector_library", lambda: None)
    lanes = machine.row_lanes.__wrapped__()
    assert (lanes.count, {*lanes.together}) == (4, set())


def test_with_avx2_four_lanes_are_computed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    class Every:
        """A library that has every function."""

        def __getattr__(self, name: str) -> str:
            return name

    monkeypatch.setattr(machine, "vector_library", Every)
    monkeypatch.setattr(machine.binding, "get_host_cpu_features", lambda: {"avx2": True})
    lanes = machine.row_lanes.__wrapped__()
    assert (lanes.count, lanes.together["exp"], lanes.together["atan2"]) == (4, "_ZGVdN4v_exp", "_ZGVdN4vv_atan2")


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 11])
def test_any_number_of_rows(count: int) -> None:
    x, out = np.arange(float(count)), np.full(count + 2, 99.0)
    assert Rows(recorded(lambda x, y: x * y, (1.0, 2.0))).run([x, 3.0], 0, count, [out]) == -1
    assert out.tolist() == [3.0 * k for k in range(count)] + [99.0, 99.0]


def test_rows_from_start_to_stop_alone_are_written() -> None:
    out = np.zeros(9)
    Rows(recorded(lambda x: x + 1, (1.0,))).run([np.arange(9.0)], 2, 8, [out])
    assert out.tolist() == [0, 0, 3, 4, 5, 6, 7, 8, 0]


def test_columns_of_any_stride() -> None:
    table = np.arange(40.0).reshape(10, 4)
    out = np.empty(10)
    backwards = table[::-1, 3]
    packed = np.ones(10, dtype=[("flag", "f4"), ("x", "f8")])["x"]  # 12 bytes apart
    assert Rows(recorded(lambda x: x * 7, (1.0,))).run([packed], 0, 10, [out]) == -1
    assert out.tolist() == [7.0] * 10
    assert Rows(recorded(lambda x: x * 7, (1.0,))).run([np.arange(10.0).view(np.recarray)], 0, 10, [out]) == -1
    assert out.tolist() == [7.0 * k for k in range(10)]
    assert Rows(recorded(lambda x, y: x - y, (1.0, 2.0))).run([table[:, 1], backwards], 0, 10, [out]) == -1
    assert out.tolist() == (table[:, 1] - backwards).tolist()


@pytest.mark.parametrize("calls", [*itertools.permutations([(1.0,), (-0.5,), (-1.5,)])])
def test_rows_that_go_different_ways(calls: tuple[tuple[float]]) -> None:
    def f(x: Any) -> Any:
        return (x, 1.0) if x > 0 else (-x * x, int(x))

    x = np.random.default_rng(0).normal(size=50).round(2) * 0.5
    x[:8], x[8:16] = 0.25, -0.75
    out = [np.empty(50), np.empty(50)]
    assert Rows(recorded(f, *calls)).run([x], 0, 50, out) == -1
    assert np.transpose(out).tolist() == [[*map(float, f(number))] for number in x.tolist()]


def test_the_first_row_of_an_unknown_way_is_named() -> None:
    x, out = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -1.0, 8.0, -1.0]), np.zeros(9)
    assert Rows(recorded(lambda x: x if x > 0 else -x, (1.0,))).run([x], 0, 9, [out]) == 6
    assert out.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("count", [1, 6, 103])
def test_sums_over_rows(count: int) -> None:
    x, totals = np.arange(float(count)), np.array([10.0, 0.0])
    assert Rows(recorded(lambda x, y: (x * y, x + y), (1.0, 2.0))).run([x, 3.0], 0, count, totals, "sum") == -1
    assert totals.tolist() == [10 + 3 * x.sum(), x.sum() + 3 * count]


def test_a_sum_stops_before_a_row_of_an_unknown_way() -> None:
    x, total = np.array([1.0, 2.0, 3.0, 4.0, 5.0, -1.0]), np.zeros(1)
    rows = Rows(recorded(lambda x: (x if x > 0 else -x,), (1.0,)))
    assert rows.run([x], 0, 6, total, "sum") == 5
    assert total[0] == 15.0


def test_rows_read_values_that_are_closed_over() -> None:
    w, out = Value(3.0), np.empty(5)
    rows = Rows(recorded(lambda x: w * x, (1.0,)))
    for w.data in (3.0, 4.0):
        rows.run([np.arange(5.0)], 0, 5, [out])
        assert out.tolist() == [w.data * k for k in range(5)]


def test_many_columns_are_read_and_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PIECE", 2)
    table = np.random.default_rng(1).normal(size=(13, 7))
    program = recorded(lambda *xs: [x * xs[0] for x in xs], (1.0,) * 7)
    totals = np.zeros(7)
    assert Rows(program).run([*table.T[:5], 2.0, 3.0], 0, 13, totals, "sum") == -1
    expected = [*(table[:, k] @ table[:, 0] for k in range(5)), 2 * table[:, 0].sum(), 3 * table[:, 0].sum()]
    assert np.allclose(totals, expected, rtol=1e-14)


def test_columns_and_outputs_that_do_not_fit_are_refused() -> None:
    rows, x = Rows(recorded(lambda x, y: x + y, (1.0, 2.0))), np.zeros(4)
    with pytest.raises(ValueError, match="the program has 2 inputs, not 1"):
        rows.run([x], 0, 4, [x])
    with pytest.raises(ValueError, match="the program has 1 outputs, not 2"):
        rows.run([x, x], 0, 4, [x, x])
    for out in (np.zeros(4, dtype=np.float32), np.zeros(8)[::2]):
        with pytest.raises(ValueError, match="rows are written to contiguous arrays of float64"):
            rows.run([x, x], 0, 4, [out])


def test_rows_beyond_the_columns_are_refused() -> None:
    with pytest.raises(IndexError, match="there are 3 rows, so none from 0 to 4"):
        Rows(recorded(lambda x: x, (1.0,))).run([np.zeros(3)], 0, 4, [np.zeros(4)])


def test_an_answer_at_a_tie_is_the_functions_own() -> None:
    equal = jit(lambda x, c: x**3 == c, engine="native")
    x = 0.7510534463947998
    assert [equal(x, x**3), equal(1.0, 2.0), equal(x, x**3)] == [True, False, True]


def test_an_int_too_large_for_a_float() -> None:
    with pytest.raises(OverflowError, match="too large"):
        jit(lambda x: x + 1, engine="native")(10**400)
