"""Inside a run a function sees what it sees on plain numbers; what loses a derivative says so when it happens."""

from __future__ import annotations

import collections
import copy
import dataclasses
import math
import pickle
import statistics
import threading
import warnings
from typing import Any

import pytest
from side_by_side import side_by_side

import micrograd_like as ml
from micrograd_like import Value, check_grads, function, grad, hessian, jacobian, jvp, lift, sin, value_and_grad, why


def quietly(f: Any, *args: Any) -> Any:
    """f's answer, without what it warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return f(*args)


@dataclasses.dataclass
class Point:
    x: float
    y: float


@pytest.mark.parametrize(
    "twin",
    [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x)), lambda x: copy.deepcopy([x, {"x": x}])[1]["x"]],
)
def test_inside_a_run_a_copy_of_a_number_is_the_number_itself(twin: Any) -> None:
    assert grad(lambda x: twin(x) * x)(3.0) == 6.0
    assert grad(lambda x: twin(x * x) * x)(3.0) == 27.0
    assert jvp(lambda x: twin(x) * x, (3.0,), (1.0,)) == (9.0, 6.0)
    assert hessian(lambda x: twin(x) ** 3)(2.0) == 12.0
    assert grad(lambda x: twin(x) * x)(Value(3.0)).data == 6.0
    assert check_grads(lambda x: twin(x) * x, 3.0).checked


def test_asdict_astuple_and_replace_keep_the_derivative() -> None:
    assert grad(lambda p: dataclasses.asdict(p)["x"] ** 2 * p.y)(Point(2.0, 1.0)) == Point(4.0, 4.0)
    assert grad(lambda p: sum(v**2 for v in dataclasses.astuple(p)))(Point(2.0, 1.0)) == Point(4.0, 2.0)
    assert grad(lambda p: dataclasses.replace(p, y=3.0).x ** 2 * p.y)(Point(2.0, 1.0)) == Point(4.0, 4.0)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: {2.0: 0.3}.get(x, 0.05) * x, 2.0, (0.6, 0.3)),
        (lambda x: x * 100 if x in {1.0, 2.0} else x, 2.0, (200.0, 100.0)),
        (lambda xs: sum(set(xs)), [1.0, 1.0, 2.0], (3.0, [1.0, 0.0, 1.0])),
        (lambda xs: statistics.mode(xs), [3.0, 1.0, 1.0], (1.0, [0.0, 1.0, 0.0])),
        (lambda xs: collections.Counter(xs).most_common(1)[0][0], [3.0, 1.0, 1.0], (1.0, [0.0, 1.0, 0.0])),
        (lambda xs: sum(dict.fromkeys(xs)), [1.0, 1.0, 2.0], (3.0, [1.0, 0.0, 1.0])),
        (lambda xs: {(1.0, 2.0): 10.0}.get(tuple(xs), 1.0) * xs[0], [1.0, 2.0], (10.0, [10.0, 0.0])),
        (lambda xs: xs[0] * (2 if frozenset(xs) == frozenset([1.0, 2.0]) else 3), [1.0, 2.0], (2.0, [2.0, 0.0])),
    ],
)
def test_a_look_up_answers_what_it_answers_on_plain_numbers(f: Any, x: Any, expected: Any) -> None:
    assert f(x) == expected[0]
    assert quietly(value_and_grad(f), x) == expected
    assert quietly(jacobian(f), x) == expected[1]


def test_values_of_the_users_keep_their_identity_inside_a_run() -> None:
    weights = [Value(1.0), Value(1.0)]
    assert grad(lambda x: x * sum({*weights}))(3.0).data == 2.0


def test_an_equality_that_came_out_true_is_told_once_with_its_line() -> None:
    def special(x: Any) -> Any:
        if x == 0:
            return x
        return sin(x) / x

    slope = grad(special)
    with pytest.warns(UserWarning, match=r"special found two numbers equal at test_runs\.py:\d+  if x == 0:: .*alone"):
        assert slope(0.0) == 1.0
    assert slope(0.0) == 1.0
    assert grad(special)(1.0) == pytest.approx(math.cos(1) - math.sin(1), rel=1e-14)


@pytest.mark.parametrize("ask", [lambda x: x == 2.0, lambda x: 1 - (x != 2.0), lambda x: x in [1.0, 2.0]])
def test_every_way_to_ask_for_equality_is_told(ask: Any) -> None:
    with pytest.warns(UserWarning, match="two numbers equal"):
        assert grad(lambda x: x * (3 if ask(x) else 1))(2.0) == 3.0


def test_a_number_is_equal_to_itself_without_a_word() -> None:
    assert grad(lambda x: x * (3 if x == x else 1))(2.0) == 3.0
    assert grad(lambda xs: xs.index(max(xs)) * xs[0])([1.0, 2.0]) == [1.0, 0.0]


MEMO: dict[float, Any] = {}


def cube(x: Any) -> Any:
    key = round(x, 9)
    if key not in MEMO:
        MEMO[key] = x**3
    return MEMO[key]


def test_a_number_of_a_finished_run_is_refused_saying_where_it_was_kept() -> None:
    MEMO.clear()
    with pytest.warns(UserWarning, match="cube rounds a number to many digits"):
        assert grad(cube)(2.0) == 12.0
    for transform in (grad, value_and_grad, jacobian, lambda f: lambda x: jvp(f, (x,), (1.0,))):
        with pytest.raises(TypeError, match=r"an earlier run of cube has computed .* kept in MEMO, a dict"):
            transform(cube)(2.0)
    with pytest.raises(TypeError, match="an earlier run of cube"):
        grad(lambda x: x * cube(x))(2.0)
    with pytest.raises(TypeError, match="an earlier run of cube"):
        grad(lambda y: grad(cube)(2.0) * y)(1.0)


def test_a_default_that_collects_and_a_filter_that_remembers_are_refused() -> None:
    def collected(x: Any, seen: list[Any] = []) -> Any:  # noqa: B006
        seen.append(x * x)
        return sum(seen[-2:])

    assert grad(collected)(2.0) == 4.0
    with pytest.raises(TypeError, match="an earlier run of collected"):
        grad(collected)(3.0)


def test_a_function_runs_once_and_tells_what_dropped_its_derivative() -> None:
    runs = []

    def f(w: Any, b: Any) -> Any:
        runs.append(1)
        return w * w + int(b)

    with pytest.warns(UserWarning, match=r"does not depend on b: .* int\(\) or trunc\(\) answered .* at test_runs"):
        assert grad(f, (0, 1))(2.0, 1.0) == (4.0, 0.0)
    assert len(runs) == 1
    numbers = iter([1.0, 2.0, 3.0])
    with pytest.warns(UserWarning, match="does not depend on b"):
        assert grad(lambda w, b: next(numbers) * w, (0, 1))(5.0, 1.0) == (1.0, 0.0)
    assert next(numbers) == 2.0


square = grad(lambda y: y * y)


def test_a_drop_within_an_inner_run_is_known_to_the_outer_one() -> None:
    with pytest.warns(UserWarning, match=r"on x: the derivative is 0; of a Value floor\(\) answered") as caught:
        assert grad(lambda x, z: z * square(2.0 + math.floor(x)), (0, 1))(1.5, 1.0) == (0.0, 6.0)
    assert len(caught) == 1


@pytest.mark.parametrize("transform", [grad, value_and_grad, hessian, jacobian])
def test_a_refusal_that_the_function_catches_is_raised_when_it_returns(transform: Any) -> None:
    def swallowed(x: Any) -> Any:
        try:
            return math.exp(x) * x
        except TypeError:
            return -1.0 * x

    with lift.off():
        with pytest.raises(
            TypeError, match=r"lose its derivative(.|\n)*swallowed caught this error .* at test_runs\.py:\d+"
        ):
            transform(swallowed)(1.0)
        with pytest.raises(TypeError, match="lose its derivative"):
            check_grads(swallowed, 1.0)
        with pytest.raises(TypeError, match="lose its derivative"):
            why(swallowed, 1.0)
    check_grads(swallowed, 1.0)
    assert transform(swallowed)(1.0) == transform(lambda x: ml.exp(x) * x)(1.0)


def test_a_refusal_in_an_inner_run_reaches_the_outer_one() -> None:
    def inner(y: Any) -> Any:
        try:
            return math.sin(y)
        except TypeError:
            return y

    def outer(x: Any) -> Any:
        try:
            return x * grad(inner)(x)
        except TypeError:
            return x

    with lift.off(), pytest.raises(TypeError, match="lose its derivative"):
        grad(outer)(1.0)
    assert grad(outer)(1.0) == math.cos(1.0) - math.sin(1.0)


@pytest.mark.parametrize("operation", [sin, lambda w: w * 2.0, lambda w: w**2, lambda w: ml.hypot(w, 1.0, 2.0)])
def test_threads_that_share_a_parameter_lose_no_share(operation: Any) -> None:
    w, n = Value(0.5), 500

    def work() -> None:
        for _ in range(n):
            operation(w).backward()

    side_by_side(*[work] * 4)
    once = Value(0.5)
    operation(once).backward()
    assert w.grad == pytest.approx(4 * n * once.grad, rel=1e-9)


def test_a_grad_of_none_counts_as_0() -> None:
    x, y = Value(3.0), Value(2.0)
    x.grad = y.grad = None  # type: ignore[assignment]
    (x * x + y).backward()
    assert (x.grad, y.grad) == (6.0, 1.0)
    x.grad = None  # type: ignore[assignment]
    x.backward()
    assert x.grad == 1.0
    x.grad = None  # type: ignore[assignment]
    ml.hypot(x, 4.0, 0.0).backward()
    assert x.grad == 0.6


def test_the_neuron_of_the_lecture_runs_as_it_stands() -> None:
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1 = x1 * w1
    x1w1.label = "x1*w1"
    x2w2 = x2 * w2
    n = x1w1 + x2w2 + b
    o = n.tanh()
    o.label = "o"
    topo: list[Any] = []
    visited = set()

    def build_topo(v: Any) -> None:
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    build_topo(o)
    o.grad = 1.0
    for node in reversed(topo):
        node._backward()
    assert [x.grad for x in (x1, w1, x2, w2)] == pytest.approx([-1.5, 1.0, 0.5, 0.0], abs=1e-12)
    assert (o._op, n._op, x1w1._op, b._op, o.label, x1.name) == ("tanh", "+", "*", "", "o", "x1")
    assert x1w1._prev == {x1, w1}


def test_a_number_that_is_rounded_as_a_key_is_told_since_a_plain_call_may_have_filled_the_cache() -> None:
    memo: dict[float, Any] = {}

    def cube(x: Any) -> Any:
        key = round(x, 9)
        if key not in memo:
            memo[key] = x**3
        return memo[key]

    def times(x: Any) -> Any:
        return x * cube(x)

    assert times(2.0) == 16.0
    for how in (grad, value_and_grad, hessian, lambda f: lambda x: jvp(f, (x,), (1.0,))):
        with pytest.warns(UserWarning, match=r"times rounds a number to many digits at .*round\(x, 9\)"):
            how(times)(2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grad(lambda x: x * (1.0 if round(x, 2) > 1.0 else 2.0))(2.0) == 1.0


def test_backward_within_a_run_is_refused_also_where_the_answer_has_a_derivative() -> None:
    def f(x: Any) -> Any:
        w = Value(2.0)
        (w * w * x).backward()
        return w.grad * x

    for how in (grad, value_and_grad, hessian, lambda f: lambda x: jvp(f, (x,), (1.0,))):
        with pytest.raises(TypeError, match="backward\\(\\) within a function that is differentiated"):
            how(f)(3.0)


def test_text_of_a_number_of_a_run_is_that_of_the_number() -> None:
    names = {"2.0": 7.0}
    for text in (str, lambda x: f"{x}", lambda x: "%s" % x, lambda x: format(x), lambda x: "{}".format(x)):  # noqa: UP031, UP032
        assert value_and_grad(lambda x, text=text: names.get(text(x), 1.0) * x)(2.0) == (14.0, 7.0)
    assert grad(lambda x: len(str(x * 2)) * x)(2.0) == 3.0


def test_what_loses_a_derivative_in_a_thread_that_the_function_starts_is_told() -> None:
    def in_a_thread(use: Any, x: Any) -> Any:
        found = []

        def run() -> None:
            try:
                found.append(use(x))
            except TypeError:
                found.append(1.0)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return found[0]

    for use in (math.exp, float, lambda x: [0.0, 1.0][x]):
        with pytest.raises(TypeError, match=r"caught this error and went on|lose its derivative|no whole number"):
            grad(lambda x, use=use: in_a_thread(use, x * x) * x)(1.0)
    with pytest.raises(TypeError, match=r"has lost its derivative: its \.data was read"):
        grad(lambda x: in_a_thread(lambda x: x.data, x))(1.0)


# backward passes that meet


def twice_with(within: Any) -> Any:
    """An operation whose rule calls something on its way."""

    def rule(x: Any, out: Any, g: Any) -> Any:
        within()
        return 2 * g

    return function("twice_with", lambda x: 2 * x, rule)


def test_a_pass_within_a_pass_is_refused_where_the_first_has_not_finished() -> None:
    inside: list[Any] = []
    twice = twice_with(lambda: [y.backward() for y in inside])
    x = Value(3.0)
    shared = x * x
    shared.name = "shared"
    y = twice(shared) + shared * 3.0
    inside.append(shared * 10.0)
    with pytest.raises(RuntimeError, match=r"a Value.backward\(\) comes to shared, with which another backward\(\)"):
        y.backward()
    inside.clear()
    x.grad = 0.0
    y.backward()
    assert x.grad == 5.0 * 6.0


def test_a_pass_within_a_pass_may_have_a_graph_of_its_own_and_leaves_of_the_other() -> None:
    x = Value(3.0)
    twice = twice_with(lambda: (x * x).backward())
    y = twice(x * 5.0)
    y.backward()
    assert x.grad == 6.0 + 10.0
    within = twice_with(lambda: answers.append(grad(lambda z: z * z * x)(2.0)))
    answers: list[Any] = []
    within(x * 5.0).backward()
    assert [float(str(a.data)) if isinstance(a, Value) else a for a in answers] == [12.0]


def test_a_pass_in_another_thread_is_refused_only_where_the_first_has_not_finished() -> None:
    begun, go_on = threading.Event(), threading.Event()
    told: list[str] = []

    def wait() -> None:
        begun.set()
        go_on.wait(10)

    x = Value(3.0)
    shared = x * x
    y = twice_with(wait)(shared)
    thread = threading.Thread(target=y.backward)
    thread.start()
    begun.wait(10)
    try:
        (shared * 10.0).backward()
    except RuntimeError as error:
        told.append(str(error))
    (x * 7.0).backward()
    go_on.set()
    thread.join()
    assert len(told) == 1
    assert x.grad == 7.0 + 12.0
    (shared * 10.0).backward()
    assert x.grad == 7.0 + 12.0 + 60.0


def test_leaves_are_found_while_a_pass_goes_on_and_it_stays_right() -> None:
    x = Value(3.0)
    shared = x * x
    twice = twice_with(lambda: jvp(lambda z: z * shared, (1.0,), (1.0,)))
    (twice(shared) + shared).backward()
    assert x.grad == 18.0


def test_after_an_error_in_a_rule_the_next_pass_is_right() -> None:
    fails = [True]

    def fail() -> None:
        if fails.pop():
            raise KeyError("apple")

    x, z = Value(3.0), Value(2.0)
    early = x * z
    y = twice_with(fail)(ml.hypot(early, early, 1.0) + early) * early + early
    with pytest.raises(KeyError):
        y.backward()
    got = []
    for _ in range(2):
        x.grad = 0.0
        fails.append(False)
        y.backward()
        got.append(x.grad)
    slope = 2 * 2 * 6 / math.sqrt(73) + 2
    assert got[0] == got[1] == pytest.approx(2 * (slope * 6 + 2 * (math.sqrt(73) + 6) + 1))


def test_a_nan_in_a_run_hashes_as_itself() -> None:
    def f(x: Any) -> Any:
        hashes, others = set(), []
        for _ in range(5):
            hashes.add(hash(x))
            others.append(float("nan"))
        assert len(hashes) == 1
        return x * 1.0

    quietly(grad(f), math.nan)


def test_a_drop_is_told_where_the_user_s_program_led_to_it() -> None:
    import string

    def through_the_standard_library(x: Any) -> Any:
        return float(string.Formatter().format("{}", x))

    with pytest.raises(TypeError, match=r"lost its derivative: .* at test_runs\.py:\d+"):
        grad(through_the_standard_library)(2.0)
