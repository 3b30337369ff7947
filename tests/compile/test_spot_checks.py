"""Spot checks: in calls 2, 4, 8, … the function itself runs too, and what was recorded of it is compared with that."""

from __future__ import annotations

import math
import pickle
import queue
import random
import threading
import warnings
from typing import Any

import numpy as np
import pytest
from hidden import Hidden, hidden

import micrograd_like as ml
from micrograd_like import Value, grad, hessian, jit, value_and_grad, vmap
from micrograd_like.compile import checks

inf, nan = math.inf, math.nan


@pytest.fixture
def rate() -> Hidden:
    return hidden(2.0)


def run_in(f: Any, runs: Hidden, calls: int) -> list[int]:
    """In which calls the function itself runs."""
    found = []
    for k in range(1, calls + 1):
        before = runs()
        f(float(k))
        found += [k] * (runs() - before)
    return found


@pytest.mark.parametrize("engine", ["python", "native"])
def test_the_function_itself_runs_in_calls_1_2_4_8_16_once_each(engine: str) -> None:
    runs = hidden()
    put = runs.put
    assert run_in(jit(lambda x: (put(1), x * x)[1], engine=engine), runs, 40) == [1, 2, 4, 8, 16, 32]
    assert run_in(jit(lambda x: (put(1), x * x)[1], engine=engine, check=False), runs, 40) == [1]
    assert run_in(jit(grad(lambda x: (put(1), x * x)[1]), engine=engine), runs, 10) == [1, 2, 4, 8]
    by_name = jit(lambda x: (put(1), [x * x])[1], engine=engine)
    assert run_in(lambda x: by_name(x=x), runs, 10) == [1, 2, 4, 8]
    assert run_in(lambda x: by_name([x, x][0]), runs, 6) == [6]  # the sixteenth


def test_a_call_that_is_recorded_is_not_checked_beside() -> None:
    runs = hidden()
    put = runs.put
    fast = jit(lambda x: (put(1), x if x > 3.5 else -x)[1])
    assert run_in(fast, runs, 20) == [1, 2, 4, 8, 16]  # 4 is another way, and recorded
    fast = jit(lambda x: (put(1), x if x != 3 else -x)[1])
    assert run_in(fast, runs, 9) == [1, 2, 3, 4, 8]


@pytest.mark.parametrize(
    "wrapped",
    [
        jit,
        lambda f: jit(f, engine="native"),
        lambda f: lambda x: jit_of(f)([x])[0],
        lambda f: (g := vmap(f), lambda x: g([x, x])[1])[1],
        lambda f: (g := vmap(f, engine="native"), lambda x: g([x])[0])[1],
        lambda f: (g := vmap(f, reduce="mean"), lambda x: g([x, x]))[1],
        lambda f: (g := jit(grad(lambda x: f(x) * x / 2)), lambda x: g(x))[1],
    ],
)
def test_what_no_scan_sees_is_found_by_the_next_check(wrapped: Any, rate: Any) -> None:
    read = rate.read
    jit_of.cache = {}  # type: ignore[attr-defined]
    fast = wrapped(lambda x: x * read())
    assert [fast(float(k)) for k in range(1, 6)] == [2.0, 4.0, 6.0, 8.0, 10.0]
    rate.write(3.0)
    assert [fast(10.0), fast(10.0)] == [20.0, 20.0]  # calls 6 and 7
    with pytest.warns(UserWarning, match="depends on something that cannot be seen .* is forgotten") as told:
        assert fast(10.0) == 30.0
    assert len(told) == 1
    assert told[0].filename == __file__ or "lambda" in str(told[0].message)
    assert [fast(float(k)) for k in range(40)] == [3.0 * k for k in range(40)]


def jit_of(f: Any) -> Any:
    """One jitted function of lists."""
    cache: Any = jit_of.cache  # type: ignore[attr-defined]
    if f not in cache:
        cache[f] = jit(lambda xs: [f(x) for x in xs])
    return cache[f]


def test_three_differences_and_it_runs_as_it_is(rate: Any) -> None:
    read = rate.read
    fast = jit(lambda x: x * read())
    said = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for k in range(200):
            rate.write(float(k))
            answer = fast(1.0)
            said.append(answer == k)
    assert len(told) == checks.PATIENCE
    assert "From now on it runs as it is" in str(told[-1].message)
    assert all(said[20:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rate.write(7.0)
        assert fast(2.0) == 14.0


def test_vmap_goes_on_row_by_row_after_three_differences(rate: Any) -> None:
    read = rate.read
    fast = vmap(lambda x: (x * read(), x > 1))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for k in range(40):
            rate.write(float(k))
            fast([1.0, 2.0])
    assert len(told) == checks.PATIENCE
    rate.write(0.5)
    product, is_large = fast([1.0, 2.0, 3.0])
    assert (product.tolist(), is_large.tolist()) == ([0.5, 1.0, 1.5], [False, True, True])


def test_without_checks_nothing_is_found(rate: Any) -> None:
    read = rate.read
    for fast in (jit(lambda x: x * read(), check=False), vmap(lambda x: x * read(), reduce="sum", check=False)):
        argument: Any = [1.0] if isinstance(fast, type(vmap(abs))) else 1.0
        rate.write(2.0)
        assert fast(argument) == 2.0
        rate.write(3.0)
        assert [fast(argument) for _ in range(20)] == [2.0] * 20


def test_an_error_of_the_function_itself_is_raised_and_what_was_recorded_is_forgotten(rate: Any) -> None:
    read = rate.read

    def strict(x: Any) -> Any:
        if read() > 2.5:
            raise PermissionError("the rate is too high")
        return x * read()

    fast = jit(strict)
    assert [fast(1.0), fast(1.0), fast(1.0)] == [2.0] * 3
    rate.write(3.0)
    for _ in range(3):
        with pytest.raises(PermissionError, match="too high"):
            fast(1.0)
    rate.write(1.0)
    assert fast(1.0) == 1.0


def test_inf_and_nan_of_ieee_754_stay_where_python_raises() -> None:
    fast = jit(lambda x: 1 / x, engine="native")
    assert fast(1.0) == 1.0
    assert [fast(0.0) for _ in range(20)] == [inf] * 20
    rows = vmap(lambda x: ml.log(x) / x)
    for _ in range(20):
        assert [*map(repr, rows([1.0, 0.0, -1.0]).tolist())] == ["0.0", "-inf", "nan"]


def test_nan_is_equal_to_nan_and_0_to_minus_0() -> None:
    for engine in ("python", "native"):
        fast = jit(lambda x: (x * 0.0, x - x, [x]), engine=engine)
        for x in (1.0, nan, -1.0, inf, -inf, 0.0, -0.0, nan) * 5:
            assert repr(fast(x)) == repr((x * 0.0, x - x, [x]))


def test_last_bits_are_no_difference_also_where_a_sum_cancels() -> None:
    def cancelling(xs: Any) -> Any:
        product = 1.0
        for x in xs:
            product = product * ml.exp(x) / ml.tanh(x)
        return [product - sum(ml.exp(x) for x in xs), sum(xs) - sum(reversed([*xs])), ml.sin(1e5 * xs[0])]

    source = random.Random(0)
    fast = [jit(cancelling), jit(cancelling, engine="native"), vmap(cancelling), vmap(cancelling, engine="native")]
    for _ in range(130):
        xs = [source.uniform(0.1, 3) for _ in range(7)]
        for f in fast:
            f([xs] if "vmap" in repr(f) else xs)
    sums = jit(lambda a: (a.sum() - a[::-1].sum(), a @ a, (a - a.mean()).sum()))
    for _ in range(70):
        sums(np.array([source.gauss(0, 1) for _ in range(30)]))


def test_numbers_of_other_types_are_compared_as_the_program_computes_them() -> None:
    fast = jit(lambda x: (x**2).sum() / 3)
    x = np.arange(1, 4) / 7
    expected = fast(x.astype(np.float32))
    for _ in range(10):
        assert fast(x.astype(np.float32)) == expected
        assert type(fast(x)) is float
    from decimal import Decimal
    from fractions import Fraction

    third = jit(lambda x: x / 3)
    for x in (Decimal("0.1"), Fraction(1, 7), np.float32(0.1), np.int64(2), 5) * 6:
        assert third(x) == (int(x) if isinstance(x, int | np.integer) else float(x)) / 3


def test_a_function_that_asks_for_methods_of_values_is_not_broken_by_a_check() -> None:
    for fast in (jit(grad(lambda x: x.exp())), jit(lambda m: m.parameters()[0] * 2.0)):
        argument: Any = 0.0 if hasattr(fast, "is_derivative") else ml.nn.Neuron(1, seed=0)
        assert len({fast(argument) for _ in range(20)}) == 1


def test_the_function_gets_the_very_arguments_and_does_what_it_does() -> None:
    def remembering(x: Any, log: Any) -> Any:
        log.put(1)
        return x * 2

    log: Any = queue.SimpleQueue()
    fast = jit(remembering)
    with pytest.warns(UserWarning, match="runs as it is, not compiled"):
        assert [fast(1.0, log) for _ in range(10)] == [2.0] * 10
    assert log.qsize() == 10


def test_models_and_closed_over_values_are_compared_in_numbers() -> None:
    w, model = Value(2.0), ml.nn.MLP(2, [3, 1], activation="tanh", seed=0)
    fast = [jit(lambda x: w * x), jit(lambda x: model([x, w])), jit(grad(lambda x: model([x, x]) * w))]
    by_model = jit(value_and_grad(lambda m, x: m([x, x]) ** 2))
    for k in range(40):
        w.data = 1.0 + k
        answers = [f(1.5) for f in fast]
        assert answers == [1.5 * w.data, model([1.5, w]).data, grad(lambda x: model([x, x]) * w)(1.5).data]
        value, slopes = value_and_grad(lambda m, x: m([x, x]) ** 2)(model, 1.5)
        assert by_model(model, 1.5) == (value.data, [slope.data for slope in slopes])
        for p in model.parameters():
            p.data *= 0.99


def test_an_answer_that_was_checked_is_of_the_types_of_every_other() -> None:
    fast = jit(lambda a: (a > 3, a.max() > 3, np.exp(a).sum(), a.argmax() * 1.0, a * 2, [a[0]]))
    for _ in range(9):
        many, one, total, place, array, (first,) = fast(np.array([3.0, 4.0]))
        assert (one, many.tolist(), array.tolist()) == (True, [False, True], [6.0, 8.0])
        assert [*map(type, (one, total, place, first))] == [bool, float, type(place), float]


def test_int_and_float_are_different_answers_of_the_python_engine(rate: Any) -> None:
    read = rate.read
    fast = jit(lambda n: n * 2 if read() == 2.0 else n * 2.0)
    assert [repr(fast(1)) for _ in range(3)] == ["2", "2", "2"]
    rate.write(3.0)
    with pytest.warns(UserWarning, match="cannot be seen"):
        assert repr(fast(1)) == "2.0"


@pytest.mark.parametrize("other", ["text", None, (1.0,), {"b": 1.0}, [1.0, 2.0], True])
def test_another_form_of_the_answer_is_a_difference(rate: Any, other: Any) -> None:
    read = rate.read
    fast = jit(lambda x: {"a": x} if read() == 2.0 else [x, other][1])
    assert [fast(1.0) for _ in range(3)] == [{"a": 1.0}] * 3
    rate.write(3.0)
    if isinstance(other, str):
        assert fast.checks.calls == 4
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert fast(1.0) == other
    assert len(told) == 1


def test_a_change_that_is_seen_is_no_difference() -> None:
    table = [1.0]
    fast = jit(lambda x: x * table[0])
    for k in range(40):
        table[0] = float(k)
        assert fast(2.0) == 2.0 * k


def test_the_users_random_numbers_stay_as_they_are(rate: Any) -> None:
    read = rate.read
    fast = jit(lambda x: x * read())
    fast(1.0)
    rate.write(3.0)
    random.seed(1)
    state = random.getstate()
    with pytest.warns(UserWarning, match="cannot be seen"):
        fast(1.0)
    assert random.getstate() == state


def test_threads_count_together() -> None:
    runs = hidden()
    put = runs.put
    fast = jit(lambda x: (put(1), x * x + 1)[1])
    fast(1.0)
    wrong: list[float] = []

    def work(seed: int) -> None:
        for k in range(500):
            x = float(seed * 1000 + k)
            if fast(x) != x * x + 1:
                wrong.append(x)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, runs()) == ([], 12)  # in calls 1, 2, 4, … 2048 of 4001


def half_of(x: Any) -> Any:
    return x / 2


def test_a_pickle_counts_anew_and_is_checked_only_if_the_function_has_travelled() -> None:
    copy = pickle.loads(pickle.dumps(jit(half_of)))
    assert (copy.checks.calls, copy.checks.wanted) == (2, True)
    assert not pickle.loads(pickle.dumps(jit(half_of, check=False))).checks.wanted
    assert not pickle.loads(pickle.dumps(vmap(half_of, check=False))).checks.wanted
    fast = jit(lambda x: x * 2)
    fast(1.0)
    lost = pickle.loads(pickle.dumps(fast))
    assert [lost(3.0) for _ in range(20)] == [6.0] * 20


# the time that checks may take


class Clock:
    """A clock that goes on as far as it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_checks_beyond_50_ms_and_5_percent_of_the_time_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(checks, "BUDGET", 0.05)
    monkeypatch.setattr(checks, "perf_counter", clock)

    def slow() -> None:
        clock.now += 0.02

    plan = checks.Checks()
    plan.recorded(0.02)
    ran = []
    for k in range(2, 16):
        plan.others = iter(())  # all calls in between are done
        assert plan.due()
        if plan.affords(0.001):
            plan.run(slow)
            ran.append(2 ** (k - 1))
    # 2 and 4 make 40 ms; the third waits until 60 ms are 5 % of more than 1.2 s, of which each call takes 1 ms
    assert ran == [2, 4, 2048, 4096, 8192, 16384]
    assert plan.checking <= 0.05 * plan.spent + 0.05


def test_a_recording_that_took_long_is_taken_for_the_cost_of_the_first_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "BUDGET", 0.05)
    plan = checks.Checks()
    plan.recorded(1.0)
    assert not plan.affords(0.0)
    plan.recorded(0.01)
    assert plan.affords(0.0)


def test_no_check_where_there_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "BUDGET", -1.0)
    monkeypatch.setattr(checks, "SHARE", 0.0)
    runs = hidden()
    put = runs.put
    assert run_in(jit(lambda x: (put(1), x * x)[1]), runs, 40) == [1]
    rows = vmap(lambda x: (put(1), x * x)[1])
    assert run_in(lambda x: rows([x]), runs, 40) == [1]


def test_vmap_runs_the_function_on_one_row() -> None:
    runs = hidden()
    put = runs.put
    rows = vmap(hessian(lambda x: (put(1), x**3)[1]))
    assert run_in(lambda x: rows(np.arange(x, x + 50.0)), runs, 20) == [1, 2, 4, 8, 16]
