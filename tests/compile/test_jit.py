"""jit: recorded once, fast, and in every call what the function itself answers."""

from __future__ import annotations

import dataclasses
import inspect
import math
import pathlib
import pickle
import queue
import subprocess
import sys
import threading
import traceback
import warnings
from typing import Any

import numpy as np
import pytest

import micrograd_like as ml
from micrograd_like import Value, exp, grad, hessian, jacobian, jit, log, sqrt, value_and_grad, where
from micrograd_like.errors import TracingError


def counted(f: Any) -> Any:
    """The function, which counts how often it is run itself."""

    def counting(*args: Any) -> Any:
        counting.calls += 1
        return f(*args)

    counting.calls = 0
    return counting


def black_scholes(S: Any, K: Any, T: Any, r: Any, sigma: Any) -> Any:
    d1 = (log(S / K) + (r + sigma**2 / 2) * T) / (sigma * sqrt(T))
    d2 = d1 - sigma * sqrt(T)
    return S * 0.5 * ml.erfc(-d1 / sqrt(2)) - K * exp(-r * T) * 0.5 * ml.erfc(-d2 / sqrt(2))


AT = (100.0, 105.0, 0.5, 0.02, 0.3)


# the answers


@pytest.mark.parametrize(
    "transform",
    [lambda f: f, grad, value_and_grad, lambda f: value_and_grad(f, (0, 1, 2, 3, 4)), lambda f: grad(grad(f))],
)
def test_the_answers_are_those_of_the_function_bit_for_bit(transform: Any) -> None:
    fast = jit(transform(black_scholes))
    for shift in range(5):
        at = tuple(x * (1 + 0.03 * shift) for x in AT)
        assert fast(*at) == transform(black_scholes)(*at)


def test_after_the_first_call_the_function_itself_is_not_run() -> None:
    f = counted(lambda x: x * x + 1)
    fast = jit(f, check=False)
    assert [fast(x) for x in (1.0, 2.0, 3.0)] == [2.0, 5.0, 10.0]
    assert f.calls == 1


def test_hessians_and_jacobians() -> None:
    def f(x: Any) -> Any:
        return x[0] ** 2 * x[1] + ml.sin(x[0])

    at = np.array([0.7, 1.3])
    assert (jit(hessian(f))(at) == hessian(f)(at)).all()
    assert (jit(jacobian(lambda x: [f(x), x[1]]))(at) == jacobian(lambda x: [f(x), x[1]])(at)).all()


@dataclasses.dataclass(frozen=True)
class Option:
    strike: float
    kind: str


@pytest.mark.parametrize(
    ("f", "argument"),
    [
        (lambda x: [x[0] * 2, (x[1], {"sum": x[0] + x[1]})], [1.5, 2.5]),
        (lambda p: {"double": p["price"] * 2, "name": p["name"]}, {"price": 3.0, "name": "apple"}),
        (lambda o: Option(o.strike * 2, o.kind), Option(3.0, "call")),
        (lambda o: o.strike * (2 if o.kind == "call" else 3), Option(3.0, "put")),
        (lambda x: (x > 2, x, True, None), 3.0),
        (lambda x: [[y * z for z in x] for y in x], (1.0, 2.0)),
        (lambda x: x[0][1] * x[1][0], [[1.0, 2.0], [3.0, 4.0]]),
        (lambda x: 5.0, 3.0),
        (lambda x: -0.0 * x, 0.0),
    ],
)
def test_arguments_and_answers_in_the_users_forms(f: Any, argument: Any) -> None:
    fast = jit(f)
    assert [repr(fast(argument)) for _ in range(3)] == [repr(f(argument))] * 3


def test_arrays_are_sequences_of_numbers() -> None:
    fast = jit(lambda x: (x * x[0]).sum())
    x = np.arange(1.0, 5.0)
    assert [fast(x), fast(2 * x)] == [10.0, 40.0]
    assert fast(x[::-1]) == 40.0
    assert fast(x.astype(np.float32)) == fast(x.astype(int)) == 10.0
    gradient = jit(grad(lambda x: (x**2).sum()))
    for _ in range(2):
        slope = gradient(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
        assert slope.tolist() == (2 * np.arange(6.0).reshape(2, 3)).tolist()


def test_keyword_arguments_and_defaults() -> None:
    def f(x: float, n: int = 2, *, rate: float = 0.5) -> float:
        return x * n + rate

    fast = jit(f)
    for _ in range(2):
        assert fast(1.0) == 2.5
        assert fast(x=1.0, n=3) == 3.5
        assert fast(1.0, rate=0.25) == 2.25
        assert fast(1.0, n=3, rate=0.25) == 3.25


# ways


def test_a_new_way_is_recorded_and_both_are_kept() -> None:
    f = counted(lambda x: log(x) if x > 0 else -x)
    fast = jit(f, check=False)
    assert [fast(x) for x in (1.0, -2.0, 4.0, -3.0, 0.0)] == [0.0, 2.0, math.log(4), 3.0, 0.0]
    assert (f.calls, fast.paths) == (2, 2)


def bisected(x: float) -> float:
    """The square root, by a loop whose length depends on the numbers."""
    low, high = 0.0, max(x, 1.0)
    while high - low > 1e-3 * x:
        middle = (low + high) / 2
        if middle * middle > x:
            high = middle
        else:
            low = middle
    return low


def test_loops_whose_length_depends_on_the_numbers() -> None:
    fast = jit(bisected)
    at = [2.0, 3.0, 50.0, 0.3, 2.001]
    assert [fast(x) for x in at] == [bisected(x) for x in at]
    assert [fast(x) for x in at] == [bisected(x) for x in at]


@pytest.mark.parametrize(
    "f",
    [
        lambda x, n: sum(x**i for i in range(n)),
        lambda x, n: [x, 2 * x, 3 * x, 4 * x][n],
        lambda x, n: x * int(x * n) + math.floor(x) + math.ceil(x) + round(x) + math.trunc(x),
        lambda x, n: divmod(x, n),
        lambda x, n: n in (2, 3) and x in (1.5, 2.5),
        lambda x, n: sorted([x, n, -x, 2.0])[1],
        lambda x, n: (min(x, n), max(x, n, 2.0)),
        lambda x, n: x if not n else -x,
        lambda x, n: (x > 1) + (x > 2) + n,
        lambda x, n: [x, -x][x > 2] * (n == 2),
        lambda x, n: round(x, n),
        lambda x, n: 1 < x < n,
        lambda x, n: ml.math.isnan(x) or ml.math.floor(x) + ml.math.gcd(n, 6),
        lambda x, n: ml.math.frexp(x)[1] * ml.math.modf(x)[0] + ml.math.ldexp(x, n),
        lambda x, n: x // n + x % n + n // 2 + n % 2 + n**2,
        lambda x, n: where(x > n, x, n * 1.0),
        lambda x, n: ml.relu(x - n) + ml.maximum(x, n * 1.0),
    ],
)
def test_all_of_pythons_questions_to_a_number(f: Any) -> None:
    fast = jit(f)
    for _ in range(2):
        for at in [(1.5, 2), (2.5, 3), (1.5, 3), (-0.5, 1), (2.0, 2), (3.75, 2)]:
            assert repr(fast(*at)) == repr(f(*at))


def test_where_records_one_way_and_if_records_two() -> None:
    chosen, branched = jit(lambda x: where(x > 0, x, -2 * x)), jit(lambda x: x if x > 0 else -2 * x)
    assert [f(x) for f in (chosen, branched) for x in (3.0, -3.0)] == [3.0, 6.0, 3.0, 6.0]
    assert (chosen.paths, branched.paths) == (1, 2)


def test_nan_takes_its_own_way() -> None:
    fast = jit(lambda x: 1.0 if x < 0 else 2.0 if x >= 0 else 3.0)
    assert [fast(x) for x in (1.0, -1.0, math.nan, math.nan, 1.0)] == [2.0, 1.0, 3.0, 3.0, 2.0]


def test_what_stands_behind_a_question_is_not_computed_before_it() -> None:
    fast = jit(lambda x: 1 / log(x) if x > 1 else 0.0)
    assert [fast(x) for x in (2.0, 1.0, -1.0, 0.0)] == [1 / math.log(2), 0.0, 0.0, 0.0]


def test_beyond_max_paths_it_warns_once_and_runs_the_function_itself() -> None:
    fast = jit(lambda n: n * len(range(n)), max_paths=3)
    assert [fast(n) for n in range(3)] == [0, 1, 4]
    with pytest.warns(UserWarning, match="takes more than 3 ways"):
        assert fast(3) == 9
    assert [fast(n) for n in (4, 1, 2)] == [16, 1, 4]


def test_another_static_argument_length_or_type_is_another_program() -> None:
    def f(x: Any, how: Any = None) -> Any:
        return how(x[0]) if callable(how) else sum(x) if how == "sum" else len(x) if how is True else x[-1]

    fast = jit(f)
    calls = [([1.0, 2.0],), ([1.0, 2.0], "sum"), ([1.0, 2.0, 3.0], "sum"), ([1, 2], "sum"), ([4.0], abs), ([4.0], True)]
    for _ in range(2):
        assert [repr(fast(*call)) for call in calls] == [repr(f(*call)) for call in calls]
    assert fast([1.0], True) == 1
    assert fast([1.0], 1) == 1.0


# what it closes over


def test_closed_over_values_are_read_at_each_call() -> None:
    w = Value(2.0, "w")
    penalty = jit(lambda x: w * x + sum(p * p for p in [w, w + 1]))
    for w.data in (2.0, 5.0, -1.0):
        assert penalty(3.0) == 3 * w.data + w.data**2 + (w.data + 1) ** 2
    assert "w=" in penalty.source


def test_what_a_program_asks_of_closed_over_values_is_asked_at_each_call() -> None:
    w = Value(2.0, "w")
    fast = jit(lambda x: x if w > 0 else -x if w else x * int(w) + 7)
    answers = []
    for w.data in (2.0, -1.0, 0.0, 3.0):
        answers.append(fast(10.0))
    assert answers == [10.0, -10.0, 7.0, 10.0]


def test_a_value_computed_outside_keeps_its_number_and_one_computed_inside_does_not() -> None:
    w = Value(2.0, "w")
    outside = w * 10
    fast = jit(lambda x: (outside, x * (w * 10)))
    assert fast(1.0) == (20.0, 20.0)
    w.data = 3.0
    assert fast(1.0) == (20.0, 30.0)


def test_a_model_as_argument_and_as_closure() -> None:
    model = ml.nn.MLP(2, [3, 1], activation="tanh", seed=0)
    by_argument = jit(value_and_grad(lambda m, x: m(x) ** 2))
    by_closure = jit(lambda x: model(x) ** 2)
    for _ in range(3):
        value, slopes = value_and_grad(lambda m, x: m(x) ** 2)(model, [1.0, 2.0])
        assert by_argument(model, [1.0, 2.0]) == (value.data, [slope.data for slope in slopes])
        assert by_closure([1.0, 2.0]) == value.data
        for p in model.parameters():
            p.data += 0.01


RATE = 0.05
TABLE = [1.0, 2.0]


def test_plain_numbers_outside_are_no_stale_constants() -> None:
    global RATE
    fast = jit(lambda x: x * RATE + TABLE[0])
    assert fast(100.0) == 6.0
    RATE = 0.1
    assert fast(100.0) == 11.0
    TABLE[0] = 5.0
    assert fast(100.0) == 15.0
    RATE, TABLE[0] = 0.05, 1.0


def test_attributes_of_the_object_whose_method_it_is_are_no_stale_constants() -> None:
    class Bank:
        def __init__(self) -> None:
            self.rate = 0.05

        def interest(self, x: Any) -> Any:
            return x * self.rate

    bank = Bank()
    fast = jit(bank.interest)
    assert fast(100.0) == 5.0
    bank.rate = 0.1
    assert fast(100.0) == 10.0


class Config:
    rate = 0.05


def test_attributes_of_classes_slots_and_defaults_are_no_stale_constants() -> None:
    @dataclasses.dataclass(slots=True)
    class Terms:
        fee: float

    terms = Terms(1.0)

    def cost(x: Any, factors: Any = [2.0]) -> Any:  # noqa: B006 - that it may change is the point
        return x * Config.rate + terms.fee + factors[0]

    fast = jit(cost)
    assert fast(100.0) == 8.0
    Config.rate = 0.1
    assert fast(100.0) == 13.0
    terms.fee = 2.0
    assert fast(100.0) == 14.0
    cost.__defaults__[0][0] = 5.0  # type: ignore[index]
    assert fast(100.0) == 17.0
    Config.rate = 0.05


def test_a_function_defined_anew_is_recorded_anew() -> None:
    scope: dict[str, Any] = {}
    exec("def helper(x):\n    return x\n\ndef f(x):\n    return helper(x) * 2\n", scope)
    fast = jit(scope["f"])
    assert fast(3.0) == 6.0
    exec("def helper(x):\n    return -x\n", scope)
    assert fast(3.0) == -6.0


def test_a_derivative_of_a_jitted_function_is_not_lost() -> None:
    cube = jit(lambda x: x**3)
    assert cube(2.0) == 8.0
    assert grad(cube)(2.0) == 12.0
    w = Value(3.0)
    scaled = jit(lambda x: w * x)
    assert scaled(2.0) == 6.0
    assert grad(lambda w: jit(lambda x: w * x)(2.0))(3.0) == 2.0


def test_a_jitted_function_within_a_jitted_function() -> None:
    inner = jit(lambda x: x * x if x > 1 else x)
    outer = jit(lambda x: inner(x) + grad(inner)(x))
    assert [outer(x) for x in (3.0, 0.5, 2.0)] == [15.0, 1.5, 8.0]


# errors


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (lambda x: 1 / x, 0.0),
        (lambda x: log(x) * 0, -1.0),
        (lambda x: (log(x), x)[1], -1.0),
        (lambda x: exp(x), 1e4),
        (lambda x: x**0.5, -1.0),
        (lambda x: x**-1, 0.0),
        (lambda x: int(x), math.nan),
        (lambda x: [1.0][int(x)] * x, 5.0),
        (grad(log), -1.0),
        (grad(lambda x: 1 / x), 0.0),
    ],
)
def test_errors_are_those_of_the_function_itself(f: Any, at: float) -> None:
    fast = jit(f)
    fast_ok = jit(f)
    fast_ok(0.5)
    for call in (fast, fast_ok, fast_ok):
        with pytest.raises(Exception) as eager:  # noqa: PT011 - whatever it is
            f(at if hasattr(f, "is_derivative") else Value(at))
        with pytest.raises(type(eager.value)):
            call(at)


def test_an_error_names_the_operation_and_the_argument() -> None:
    fast = jit(lambda price: log(price) * 2)
    assert fast(1.0) == 0.0
    with pytest.raises(ValueError, match=r"log\(price\): .* at price = -1\.0"):
        fast(-1.0)


def test_a_singular_derivative_is_inf_or_nan_as_it_is_without_jit() -> None:
    slope = jit(grad(sqrt))
    assert [slope(x) for x in (4.0, 0.0, 4.0, 0.0)] == [0.25, math.inf, 0.25, math.inf]


def test_a_number_that_was_kept_says_so_when_it_is_used() -> None:
    kept: list[Any] = []

    def leaky(x: Any) -> Any:
        kept.append(x * 2)
        return x

    jit(leaky)(3.0)
    uses: list[Any] = [lambda x: x + 1, lambda x: 1 - x, bool, int, ml.exp, lambda x: x > 1, lambda x: [1, 2][x]]
    uses += [
        float,
        math.sin,
        complex,
        hash,
        pickle.dumps,
        lambda x: Value(1.0) + x,
        lambda x: x.data,
        lambda x: x.hex(),
    ]
    for use in [*uses, lambda x: x.is_integer(), lambda x: round(x, 2), jit(lambda x: x * kept[0]), grad(lambda x: x)]:
        with pytest.raises(TypeError, match="was kept from the run of leaky that jit recorded"):
            use(kept[0])


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: "text", "answered 'text'"),
        (lambda x: None, "does it lack a `return`"),
        (lambda x: (y for y in [x]), "a generator"),
        (lambda x: {x}, "a set"),
        (lambda x: f"{x:.2f}", "answered '3.00'"),
        (lambda x: x.data, "compute with the number itself"),
    ],
)
def test_what_cannot_be_recorded_is_refused(f: Any, said: str) -> None:
    with pytest.raises(TypeError) as error:
        jit(f)(3.0)
    assert said in str(error.value)


@pytest.mark.parametrize("f", [lambda x: float(x), lambda x: math.exp(x)])
def test_what_wants_a_plain_float_is_lifted_or_refused(f: Any) -> None:
    with ml.lift.off(), pytest.raises(TypeError, match="would stay for ever as it is in this call, as a plain float"):
        jit(f)(3.0)
    fast = jit(f)
    assert [fast(x) for x in (3.0, 3.0, 4.0)] == [f(3.0), f(3.0), f(4.0)]


def test_text_made_of_a_number_is_no_part_of_an_answer() -> None:
    with pytest.raises(TracingError, match="text"):
        jit(lambda x: (x, f"it is {x}"))(3.0)
    assert jit(lambda x, name: (x * 2, name))(3.0, "apple") == (6.0, "apple")


def test_chance_and_time_are_refused() -> None:
    import random
    import time

    with pytest.raises(TracingError, match=r"random\(\) answers something else in every call: test_jit"):
        jit(lambda x: x * random.random())(3.0)
    with pytest.raises(TracingError, match=r"time\(\) answers something else"):
        jit(lambda x: x * time.time())(3.0)


def test_reading_a_closed_over_values_data_is_refused() -> None:
    w = Value(2.0, "w")
    with pytest.raises(TracingError, match=r"\.data was read: test_jit"):
        jit(lambda x: x * w.data)(3.0)


def test_a_function_that_does_something_else_in_every_call_runs_as_it_is() -> None:
    page = 1 << 16
    threading.stack_size(page)  # which nobody sees

    def growing(x: Any) -> Any:
        n = threading.stack_size() // page
        threading.stack_size((n + 1) * page)
        for _ in range(n):
            x = x + 1
        return x if x > 0 else -x

    try:
        fast = jit(growing)
        assert fast(1.0) == 2.0
        with pytest.warns(UserWarning, match="does something else in every call"):
            assert fast(-9.0) == 6.0  # it runs once to be recorded, and once to answer
        assert fast(-10.0) == 6.0
    finally:
        threading.stack_size(0)


def test_a_queue_is_emptied_by_one_for_each_call() -> None:
    numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for n in range(1, 7):
        numbers.put(n)

    def growing(x: Any) -> Any:
        for _ in range(numbers.get()):
            x = x + 1
        return x if x > 0 else -x

    fast = jit(growing)
    with pytest.warns(UserWarning, match="runs as it is, not compiled"):
        assert [fast(x) for x in (1.0, -9.0, -10.0, 3.0, 3.0)] == [2.0, 7.0, 7.0, 7.0, 8.0]
    assert numbers.qsize() == 1


@pytest.mark.parametrize("argument", [{1.0}, 2j, iter([1.0]), bytearray(b"x")])
def test_an_argument_that_cannot_be_recorded(argument: Any) -> None:
    with pytest.raises(TypeError, match=r"numbers are real and stand in lists, .*, not in "):
        jit(lambda x: x)(argument)


def test_not_a_function() -> None:
    with pytest.raises(TypeError, match=r"write jit\(f\)\(x\)"):
        jit(3.0)  # type: ignore[arg-type]


# the source


def price(apple: Any, n: Any, tax: Any) -> Any:
    total = apple * n * tax
    if total > 1000:
        total = total * 0.9
    return total


def test_the_source_reads_like_a_program() -> None:
    fast = jit(value_and_grad(price))
    fast(100.0, 2.0, 1.5)
    fast(100.0, 8.0, 1.5)
    assert (
        fast.source
        == """\
def price(apple, n, tax):
    v1 = float(apple) * n * tax
    if v1 > 1000:
        return (v1 * 0.9, 0.9 * tax * n)
    return (v1, tax * n)
""".replace("float(apple)", "apple")
    )


def test_the_source_runs_by_itself(tmp_path: pathlib.Path) -> None:
    fast = jit(value_and_grad(black_scholes, (0, 4)))
    expected = fast(*AT)
    path = fast.save(tmp_path / "gradient.py")
    program = f"from gradient import black_scholes\nprint(black_scholes(*{AT}))"
    run = subprocess.run([sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout == f"{expected}\n"
    assert "micrograd" not in path.read_text(encoding="utf-8")


def test_tracebacks_and_inspect_show_the_source() -> None:
    fast = jit(price)
    fast(1.0, 2.0, 3.0)
    (compiled,) = fast.forms.values()
    assert "v1 = apple * n * tax" in inspect.getsource(compiled.python_function)
    with pytest.raises(TypeError) as error:
        compiled.python_function("a", 2.0, None)
    assert "v1 = apple * n * tax" in "".join(traceback.format_exception(error.value))


def test_dead_code_is_gone_and_equal_expressions_are_computed_once() -> None:
    fast = jit(lambda x, y: ((x * y + 1) * (x * y + 1), x * 3)[0])
    fast(2.0, 3.0)
    assert fast.source == "def f(x, y):\n    v1 = x * y + 1\n    return v1 * v1\n"


def test_dead_code_that_may_raise_is_kept() -> None:
    fast = jit(lambda x: (log(x), x)[1])
    assert fast(2.0) == 2.0
    assert "log(x)" in fast.source
    with pytest.raises(ValueError, match="log"):
        fast(-1.0)


def test_names_that_are_taken_get_others() -> None:
    def f(exp: Any, v1: Any, lambda_: Any) -> Any:
        return ml.exp(exp) * v1 + lambda_

    fast = jit(f)
    assert fast(1.0, 2.0, 3.0) == fast(1.0, 2.0, 3.0) == math.exp(1.0) * 2.0 + 3.0


def test_before_the_first_call_there_is_no_source() -> None:
    with pytest.raises(ValueError, match="price is recorded when it is first called"):
        _ = jit(price).source


def test_an_operation_of_ones_own() -> None:
    cube = ml.function("jit_cube", lambda x: x**3, lambda x, out, g: g * 3 * x**2)
    fast = jit(value_and_grad(lambda x: cube(x) * 2))
    assert fast(2.0) == fast(2.0) == (16.0, 24.0)
    assert "# jit_cube is an operation of your own" in fast.source


# travels


def test_a_jitted_function_and_its_ways_travel_to_another_process(tmp_path: pathlib.Path) -> None:
    fast = jit(value_and_grad(lambda x: x**3 if x > 0 else -x))
    fast(2.0)
    fast(-1.0)
    (tmp_path / "fast.pickle").write_bytes(pickle.dumps(fast))
    program = "import pickle; f = pickle.load(open('fast.pickle', 'rb')); print(f(3.0), f(-5.0), f.paths)"
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "(27.0, 27.0) (5.0, -1.0) 2\n"


def test_a_way_that_did_not_travel_is_recorded_there_if_the_function_can_be_found() -> None:
    copy = pickle.loads(pickle.dumps(jit(price)))
    assert copy(100.0, 8.0, 1.5) == price(100.0, 8.0, 1.5)
    lost = pickle.loads(pickle.dumps(jit(lambda x: x)))
    with pytest.raises(LookupError, match="the function itself could not travel"):
        lost(1.0)


@jit
def decorated(x: Any) -> Any:
    return x * RATE


def test_what_is_stale_after_the_travel_is_recorded_anew() -> None:
    global RATE
    assert decorated(100.0) == 5.0
    data = pickle.dumps(decorated)
    RATE = 0.1
    assert pickle.loads(data)(100.0) == 10.0
    RATE = 0.05
    assert pickle.loads(data)(100.0) == 5.0


def test_the_source_shows_the_numbers_that_closed_over_values_have_now() -> None:
    w = Value(2.0, "w")
    fast = jit(lambda x: x * w)
    fast(1.0)
    w.data = 5.0
    assert fast.source.startswith("def f(x, w=5.0):")


def test_questions_of_whole_numbers_travel() -> None:
    def total(x: Any, n: Any) -> Any:
        return sum(x * int(x + k) + round(x) for k in range(n)) + float(f"{x:.1f}")

    fast = jit(total)
    assert fast(2.5, 3) == total(2.5, 3)
    copy = pickle.loads(pickle.dumps(fast))
    assert (copy(2.5, 3), copy.paths) == (total(2.5, 3), 1)


def test_long_programs_with_many_questions_travel() -> None:
    def walk(x: Any) -> Any:
        for _ in range(3000):
            x = x - 1 if x > 0 else x + 2
        return x

    fast = jit(walk)
    assert fast(5.5) == walk(5.5)
    assert pickle.loads(pickle.dumps(fast))(5.5) == walk(5.5)


def test_several_threads_record_and_run_at_once() -> None:
    fast = jit(lambda x, n: sum(x * i if x > i else -x for i in range(n)))
    wrong: list[Any] = []

    def work(seed: int) -> None:
        for k in range(60):
            x, n = float((seed * 7 + k) % 5), (seed + k) % 6
            if fast(x, n) != fast.f(x, n):
                wrong.append((x, n))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_jitted_function_keeps_its_name_and_words() -> None:
    def f(x: Any) -> Any:
        """The price."""
        return x

    assert (jit(f).__name__, jit(f).__doc__, inspect.signature(jit(f))) == ("f", "The price.", inspect.signature(f))


class Doubled:
    """A function whose attributes have the names of what jit keeps."""

    def __init__(self, f: Any) -> None:
        self.f = self.call = self.recorded = f
        self.paths = self.forms = None

    def __call__(self, x: Any) -> Any:
        return 2 * self.f(x)


def test_a_function_that_keeps_attributes_is_itself_not_they() -> None:
    f = Doubled(lambda x: x * x)
    assert jit(f)(3.0) == 18.0
    assert jit(grad(f))(3.0) == 12.0
    assert grad(jit(grad(lambda x: 3 * x)))(2.0) == 0.0  # and does not tell that it does not depend on x
    assert ml.vmap(f)([3.0]).tolist() == [18.0]


def test_arguments_without_names_of_their_own_are_called_by_their_place() -> None:
    fast = jit(lambda *taxes: taxes[0] * taxes[1])
    assert fast(2.0, 3.0) == 6.0
    assert fast.source.startswith("def f(taxes0, taxes1):")
    with ml.lift.off(), pytest.raises(TypeError, match=r"^taxes\[1\] would stay for ever"):
        jit(lambda *taxes: float(taxes[1]))(2.0, 3.0)


def test_long_programs_are_recorded_without_recursion() -> None:
    def chain(x: Any) -> Any:
        for _ in range(20_000):
            x = x * 1.0001 + 1e-9
        return x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast = jit(value_and_grad(chain))
        assert fast(1.0) == fast(1.0) == value_and_grad(chain)(1.0)


@pytest.mark.parametrize("inner", [ml.cbrt, lambda x: 2.0 / x, lambda x: ml.exp(ml.sin(x)) * x])
@pytest.mark.parametrize("x", [3.0, 2.0, 0.3, 5e-324])
def test_a_value_and_its_slope_are_differentiated_with_the_bits_of_python(inner: Any, x: float) -> None:
    """What arrives at the value, and through the slope, is added before it goes on."""

    def both(x: Any) -> Any:
        value, slope = value_and_grad(inner)(x)
        return 2.0 * value + 0.5 * slope

    f = value_and_grad(both)
    fast = jit(f)
    assert repr((fast(x), fast(x))) == repr((f(x), f(x)))
