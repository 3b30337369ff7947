"""The loop over the steps of a recorded program, in the compiled core: it answers as the source does, bit for bit."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import Writer, alike, disturb, itself, outcome, with_gradient

from micrograd_like import Value, function, grad, hypot, jit, lgamma, log, maximum, sqrt, value_and_grad, where
from micrograd_like.compile.arguments import form_of
from micrograd_like.core import core
from micrograd_like.operation import Op
from micrograd_like.trace.trace import Computed


@dataclass
class Pair:
    x: float
    y: float


@dataclass
class Single:
    x: float


pytestmark = pytest.mark.skipif(core is None, reason="this process runs in pure Python")
COUNT = cases(100)
USUAL = [ValueError, ZeroDivisionError, OverflowError]


def compiled(f: Any, *calls: tuple[Any, ...]) -> Any:
    """What is recorded of f in these calls, all of one form."""
    fast = jit(f, check=False)
    for call in calls:
        assert alike(fast(*call), f(*call))
    (form,) = fast.forms.values()
    return form


@pytest.mark.parametrize("transform", [itself, with_gradient])
@settings(max_examples=COUNT)
@given(seed=st.integers(0, 2**32))
def test_a_loop_answers_as_the_source(transform: Any, seed: int) -> None:
    random = Random(seed)
    program = Writer(random, answers_number=transform is with_gradient).program()
    f = program.function()
    fast = jit(transform(f, program), check=False)
    for _ in range(12):
        disturb(f.__globals__, random)
        call = program.arguments(random)
        outcome(fast, call)
        numbers: list[Any] = []
        form = fast.forms.get((form_of(call, numbers, []), None))
        if form is not None and form.program.paths:
            found, expected = outcome(form, (call, numbers)), outcome(form.answer_of_python, (call, numbers))
            both_raise = found in USUAL and expected in USUAL  # which error comes is the function's own to say
            assert both_raise or alike(found, expected), (found, expected, call, program.text)


def test_a_loop_runs_from_the_first_call_on_and_writes_no_source() -> None:
    form = compiled(value_and_grad(lambda x, y: sqrt(x * x + 3 * y) if x > y else x * log(y)), (2.0, 1.0), (1.0, 2.0))
    assert form.loop is not None
    assert form._source is None
    assert form._function is None
    assert form.loop(3.0, 1.5) == form.python_function(3.0, 1.5)
    assert form.loop(0.5, 1.5) == form.python_function(0.5, 1.5)


def steps_of(x: float) -> float:
    y = x
    while y < 100:
        y = y * 1.5 + 1
    return y if x > 3 else y * x


def test_a_loop_grows_with_each_way_and_is_the_same_loop() -> None:
    fast = jit(value_and_grad(steps_of), check=False)
    xs = [90.0, 60.0, 2.5, 40.0, 1.0, 20.0, 0.1, 5.0, 200.0]
    loops = []
    for x in xs:
        assert fast(x) == value_and_grad(steps_of)(x)
        (form,) = fast.forms.values()
        loops.append(form.loop)
    assert [loop is loops[0] for loop in loops] == [True] * len(xs)
    assert form.program.paths == len(xs)
    assert [form.loop(x) for x in xs] == [form.python_function(x) for x in xs]
    assert [form.loop(x + 0.01) for x in xs] == [value_and_grad(steps_of)(x + 0.01) for x in xs]


def test_a_loop_that_runs_is_left_as_it_is() -> None:
    called: list[Any] = []

    def answer(x: float) -> float:
        if called:
            called.pop()(-2.0)
        return x * x

    square = function("square_that_calls", answer, lambda x, out, g: (2 * x * g,))

    def f(x: float) -> float:
        return square(x) + 1 if x > 0 else 3 * x if x > -1 else 5 * x

    fast = jit(f, check=False)
    assert [fast(2.0), fast(-0.5)] == [5.0, -1.5]
    (form,) = fast.forms.values()
    loop = form.loop
    called.append(fast)  # so a way is recorded while the loop runs
    assert fast(3.0) == 10.0
    assert form.program.paths == 3
    assert form.loop is not loop
    assert [fast(x) for x in (2.0, -0.5, -2.0)] == [5.0, -1.5, -10.0]


def test_answers_of_several_classes_come_from_the_source_and_the_loop_alike() -> None:
    def f(x: float) -> Any:
        if x > 0:
            return Pair(x, 1.0)
        return Single(2 * x) if x > -5 else (Pair(x, x), Single(x))

    calls = [(1.0,), (-1.0,), (-7.0,)]
    form = compiled(f, *calls)
    for call in [(2.0,), (-2.0,), (-8.0,)]:
        assert form(call, [*call]) == f(*call)
        assert form.answer_of_python(call, [*call]) == f(*call)


def test_its_errors_are_the_sources_and_a_way_that_is_not_recorded_is_no_answer() -> None:
    form = compiled(lambda x: log(x) / (x - 2.0) if x < 5 else x, (3.0,))
    for x, error in ((-1.0, ValueError), (2.0, ZeroDivisionError), (7.0, LookupError)):
        with pytest.raises(error) as found:
            form.loop(x)
        with pytest.raises(error) as expected:
            form.python_function(x)
        if error is not LookupError:
            assert str(found.value) == str(expected.value)


def test_infinity_is_an_answer_where_python_has_it() -> None:
    form = compiled(lambda x: (x * 1e300, log(x), 1 / x, x**2.0), (2.0,))
    for x in (math.inf, math.nan, 1e200):
        assert alike(outcome(form.loop, (x,)), outcome(form.python_function, (x,)))


def test_ints_are_exact_or_left_to_python() -> None:
    form = compiled(lambda n, x: n * x + n / 3, (7, 0.5))
    assert form.loop(7, 0.5) == 7 * 0.5 + 7 / 3
    big = 2**53 + 1
    assert form((big, 0.5), [big, 0.5]) == big * 0.5 + big / 3
    with pytest.raises(LookupError):
        form.loop(big, 0.5)
    assert compiled(lambda n: n * n + 1, (3,)).loop is None  # an int, of any length
    assert jit(lambda n: n * n + 1)(3) == 10
    assert type(compiled(lambda n, x: (n, x * n), (3, 0.5)).loop(4, 0.5)[0]) is int


def test_rows_that_the_core_does_not_have_are_asked_in_python() -> None:
    def f(x: Any, y: Any, z: Any) -> Any:
        return hypot(x, y, z) + lgamma(x) * where(x > y, maximum(x, z), y)

    form = compiled(value_and_grad(f, (0, 1, 2)), (1.5, 0.5, 2.0))
    for call in ((1.5, 0.5, 2.0), (3.0, 0.5, 2.0), (3.25, 0.5, 0.125)):
        assert alike(form.loop(*call), value_and_grad(f, (0, 1, 2))(*call))


def test_closed_values_are_read_in_every_call() -> None:
    w = Value(3.0, "w")
    f = jit(lambda x: x * w + w, check=False)
    assert [f(2.0), f(2.0)] == [9.0, 9.0]
    w.data = 4.0
    assert f(2.0) == 12.0


def test_answers_have_their_form() -> None:
    form = compiled(lambda x: {"a": [x, (x + 1, None)], "b": "word", "c": (), "d": 0.0}, (1.0,))
    assert form.loop(2.0) == {"a": [2.0, (3.0, None)], "b": "word", "c": (), "d": 0.0}
    np = pytest.importorskip("numpy")
    fast = jit(lambda x: [np.array([x, 2 * x]), x])
    assert [fast(1.0)[0].tolist(), fast(3.0)[0].tolist()] == [[1.0, 2.0], [3.0, 6.0]]


def test_a_program_may_be_called_while_it_runs() -> None:
    inner: list[Any] = [None]
    again = function("again", lambda x: inner[0](x - 1.0) if x > 0 and inner[0] else 0.0, lambda x, out, g: g)
    form = compiled(lambda x: (x * 3.0 + again(x)) * x, (2.0,))
    inner[0] = form.loop
    assert form.loop(2.0) == (6.0 + form.loop(1.0)) * 2.0 == 18.0


def test_threads_do_not_share_numbers() -> None:
    ln = function("slow_log", lambda x: math.log(x), lambda x, out, g: g / x)
    form = compiled(lambda x: ln(x) * x + ln(x + 1.0), (2.0,))
    wrong: list[float] = []

    def work(k: int) -> None:
        expected = math.log(k) * k + math.log(k + 1.0)
        wrong.extend(k for _ in range(3000) if form.loop(float(k)) != expected)

    threads = [threading.Thread(target=work, args=[k]) for k in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_loop_that_leads_back_to_itself_is_freed() -> None:
    class Holder:
        pass

    def recorded_and_dropped() -> Any:
        holder = Holder()
        row = Op("led_back", "led_back", lambda x: x + 1.0, lambda x, out, g: g)
        steps = [Computed(1, row, (0,), "v")]
        loop = core.loop_of(b"\0", 0, [(steps, None, (), {}, 0)], [(None, [1])], {}, None, None, (None,))
        assert loop(1.0) == (0, [2.0])
        row.value.__dict__.update(loop=loop, holder=holder)
        return weakref.ref(holder)

    there = recorded_and_dropped()
    gc.collect()
    assert there() is None


def test_memory_stays_flat() -> None:
    tracemalloc = pytest.importorskip("tracemalloc")
    fast = jit(value_and_grad(lambda x: log(x) * x if x > 1 else x))
    [fast(x) for x in (0.5, 2.0, 0.5, 2.0)]
    tracemalloc.start()
    try:
        [fast(2.0) for _ in range(100)]
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(cases(20_000)):
            fast(2.0)
            fast(0.5)
        assert tracemalloc.get_traced_memory()[0] < before + 200_000  # Python keeps some tuples for later
        for _ in range(cases(300)):
            jit(value_and_grad(lambda x: log(x) * x if x > 1 else x))(2.0)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(cases(300)):
            jit(value_and_grad(lambda x: log(x) * x if x > 1 else x))(2.0)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < before + 50_000
    finally:
        tracemalloc.stop()


def test_a_gradient_of_a_gradient_is_recorded_as_it_is_computed() -> None:
    def f(x: Any) -> Any:
        return x**3 * log(x) / (1 + x)

    form = compiled(grad(grad(f)), (1.5,))
    for x in (0.3, 1.7, 12.0):
        assert alike(form.loop(x), grad(grad(f))(x))


# lists and tuples of numbers, which a loop takes as they are


def norm(xs: Any) -> Any:
    return sqrt(sum(x * x for x in xs)) + xs[0]


def straight(f: Any) -> Any:
    """Whether the next call goes straight to the loop."""
    return next(iter(f.fast.values()), None)


def test_lists_and_tuples_of_numbers_go_straight_to_the_loop() -> None:
    for xs in ([3.0, 4.0], (3.0, 4.0), [3, 4.0], [3.0] * 40):
        fast = jit(value_and_grad(norm), check=False)
        for scale in (1.0, 2.0, 5.0):
            given = type(xs)([x * scale if type(x) is float else x for x in xs])
            assert alike(fast(given), value_and_grad(norm)(given))
        assert straight(fast)
        assert straight(fast)(xs) == value_and_grad(norm)(xs)


def test_lists_of_another_length_or_kind_are_told_from_those_of_the_loop() -> None:
    def f(xs: Any) -> Any:
        return [x * 2 if isinstance(x, float) else x // 2 for x in xs], len(xs), type(xs).__name__

    fast = jit(f, check=False)
    calls = ([1.5, 2.5], [1.5, 2], [7, 2.5], [1.5, 2.5, 3.5], (1.5, 2.5), [1.5], [], [2**60, 1.0], [True, 1.5])
    for _ in range(3):
        for xs in calls:
            assert alike(fast(xs), f(xs))


def test_two_arguments_that_are_one_list_are_told_from_two_equal_ones() -> None:
    def f(xs: Any, ys: Any) -> Any:
        return (xs[0] * 2 if xs is ys else xs[0] * ys[0]) + xs[1]

    fast = jit(f, check=False)
    for _ in range(3):
        xs, ys = [5.0, 1.0], [5.0, 1.0]
        assert fast(xs, ys) == 26.0
        assert fast(xs, xs) == 11.0


def test_numbers_and_lists_side_by_side() -> None:
    def f(a: Any, xs: Any, b: Any, pair: Any) -> Any:
        return a * xs[0] + b * xs[1] * pair[0] - pair[1]

    fast = jit(grad(f, argnums=(0, 1, 2, 3)), check=False)
    for k in range(4):
        call = (1.5 + k, [2.0, 3.0 - k], 4, (5.0, 6.5))
        assert alike(fast(*call), grad(f, argnums=(0, 1, 2, 3))(*call))
    assert straight(fast)


def test_values_in_a_list_stay_values() -> None:
    fast = jit(norm, check=False)
    for _ in range(3):
        assert fast([3.0, 4.0]) == 8.0
    x = [Value(3.0), Value(4.0)]
    y = fast(x)
    assert isinstance(y, Value)
    y.backward()
    assert [v.grad for v in x] == [1.6, 0.8]


def test_a_list_that_is_written_into_is_written_into_in_every_call() -> None:
    def f(xs: Any) -> Any:
        xs.append(0.0)
        return sum(xs)

    fast = jit(f, check=False)
    xs = [1.0, 2.0]
    with pytest.warns(UserWarning, match="writes into one of its arguments"):
        fast(xs)
    fast(xs)
    assert xs == [1.0, 2.0, 0.0, 0.0]


def test_arrays_come_and_go_as_they_are() -> None:
    np = pytest.importorskip("numpy")

    def f(a: Any, n: Any) -> Any:
        return a * 2.0, [a[1:] / n], n

    fast = jit(f, check=False)
    for a in (np.array([1.0, -0.0, 3.5]), np.array([1, 2, 3]), np.array([[1.0], [2.0]])):
        for n in (2.0, 3):
            own = f(a, n)
            seen = [fast(a, n) for _ in range(3)]
            assert [*map(repr, seen)] == [repr(own)] * 3
            assert [(type(x[0]), x[0].dtype, x[0].shape, type(x[2])) for x in seen] == [
                (np.ndarray, own[0].dtype, own[0].shape, type(own[2]))
            ] * 3
            seen[0][0][0] = 7.0  # an answer is its caller's own
            assert repr(fast(a, n)) == repr(own)
    assert fast.paths == 6
