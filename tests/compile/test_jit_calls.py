"""Calls of jitted functions: their arguments, what they keep, other threads and other processes."""

from __future__ import annotations

import collections
import copy
import dataclasses
import datetime
import enum
import gc
import inspect
import linecache
import math
import multiprocessing
import pickle
import subprocess
import sys
import textwrap
import threading
import time
import types
import typing
import uuid
import warnings
import weakref
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import cloudpickle
import numpy as np
import pytest
import shop_by_jit as shop
from hidden import hidden

import micrograd_like as ml
from micrograd_like import Value, function, grad, hessian, hvp, jacobian, jit, value_and_grad, vmap, where
from micrograd_like.compile.source import DEEPEST_WAYS
from micrograd_like.core import core

ENGINES = pytest.mark.parametrize("engine", ["python", "native"])


# what is fixed in arguments


def test_an_argument_that_is_a_class_is_compared_in_every_call() -> None:
    class Base:
        rate = 2.0

    class Terms(Base):
        pass

    fast = jit(lambda x, kind: x * kind.rate)
    assert [fast(1.0, Terms), fast(1.0, Base), fast(1.0, Terms)] == [2.0] * 3
    Base.rate = 3.0
    assert [fast(1.0, Terms), fast(1.0, Base)] == [3.0, 3.0]
    Terms.rate = 5.0
    assert [fast(1.0, Terms), fast(1.0, Base)] == [5.0, 3.0]
    del Terms.rate
    assert [fast(1.0, Terms), fast(1.0, Base)] == [3.0, 3.0]


@ENGINES
def test_what_the_class_of_an_argument_keeps_is_compared_in_every_call(engine: str) -> None:
    @dataclasses.dataclass
    class Loan:
        amount: float
        rate: typing.ClassVar[float] = 2.0

    fast = jit(lambda loan: loan.amount * loan.rate, engine=engine)
    answers = []
    for Loan.rate in (2.0, 3.0, 3.0, 4.0):
        answers.append(fast(Loan(10.0)))
    assert answers == [20.0, 30.0, 30.0, 40.0]

    class Pair(typing.NamedTuple):
        a: float
        b: float

        def total(self) -> float:
            return self.a + self.b

    total = jit(lambda pair: pair.total(), engine=engine)
    assert [total(Pair(1.0, 2.0)) for _ in range(3)] == [3.0] * 3
    Pair.total = lambda self: self.a - self.b  # type: ignore[method-assign]
    assert [total(Pair(1.0, 2.0)) for _ in range(3)] == [-1.0] * 3


class Alike:
    """Equal to all of its kind."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike)

    def __hash__(self) -> int:
        return 0


@pytest.mark.parametrize("wrapped", [lambda x: x, lambda x: [x], lambda x: {"terms": x}, lambda x: (1, (x,))])
def test_objects_that_call_themselves_equal_are_told_apart(wrapped: Any) -> None:
    def unwrapped(x: Any) -> Any:
        while not hasattr(x, "rate"):
            x = next(iter(x.values())) if isinstance(x, dict) else x[-1]
        return x

    fast = jit(lambda x, terms: x * unwrapped(terms).rate)
    assert [fast(2.0, wrapped(Alike(rate))) for rate in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]
    one = Alike(5.0)
    assert [fast(2.0, wrapped(one)), fast(2.0, wrapped(one))] == [10.0, 10.0]
    one.rate = 7.0
    assert fast(2.0, wrapped(one)) == 14.0
    one.__dict__ = {"rate": 9.0}
    assert fast(2.0, wrapped(one)) == 18.0


def test_dates_and_times_that_are_equal_in_different_zones_are_told_apart() -> None:
    fast = jit(lambda x, at: x * at.hour)
    zones = [datetime.timezone(datetime.timedelta(hours=k)) for k in range(3)]
    at = datetime.datetime(2020, 1, 1, 12, tzinfo=zones[0])
    assert [fast(1.0, at.astimezone(zone)) for zone in zones] == [12.0, 13.0, 14.0]
    assert [fast(1.0, datetime.time(k, fold=1)) for k in (1, 2)] == [1.0, 2.0]
    folded = jit(lambda x, at: x + at.fold)
    assert [folded(1.0, datetime.datetime(2020, 1, 1, fold=k)) for k in (0, 1, 0)] == [1.0, 2.0, 1.0]  # type: ignore[arg-type]


def test_what_is_equal_and_the_same_in_all_that_can_be_asked_is_one_form() -> None:
    fast = jit(lambda x, how: x * 2, check=False)
    for _ in range(3):
        fast(1.0, datetime.date(2020, 1, 1))
        fast(1.0, datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        fast(1.0, uuid.UUID(int=7))
        fast(1.0, range(3))
        fast(1.0, "".join(["te", "xt"]))
        fast(1.0, [].append if False else abs)
    assert fast.paths == 6


def test_a_list_in_two_places_is_not_two_equal_lists() -> None:
    f = lambda a, b: 1.0 if a is b else a[0] + b[0]  # noqa: E731
    for engine in ("python", "native"):
        fast = jit(f, engine=engine)
        x, y = [1.0, 2.0], [1.0, 2.0]
        for _ in range(3):
            assert [fast(x, y), fast(x, x), fast(y, x), fast(y, y)] == [2.0, 1.0, 2.0, 1.0]
    nested = jit(lambda rows: sum(row is rows[0] for row in rows) * rows[0][0])
    for rows in ([[2.0], [2.0]], [[2.0]] * 2, [[2.0], [2.0]]):
        assert nested(rows) == sum(row is rows[0] for row in rows) * 2.0
    keyed = jit(lambda p: 1.0 if p["a"] is p["b"] else p["a"]["x"])
    part = {"x": 5.0}
    assert [keyed({"a": part, "b": dict(part)}), keyed({"a": part, "b": part})] == [5.0, 1.0]
    array = np.array([3.0, 4.0])
    arrays = jit(lambda a, b: 1.0 if a is b else a[0])
    assert [arrays(array, array.copy()), arrays(array, array)] == [3.0, 1.0]


def test_what_is_written_to_one_of_two_names_of_a_list_is_read_by_the_other() -> None:
    def f(a: Any, b: Any) -> Any:
        a[0] = 5.0
        return b[0] + b[1]

    fast = jit(f)
    with pytest.warns(UserWarning, match="f writes into one of its arguments, of type list, so it runs as it is"):
        assert fast([1.0, 2.0], [1.0, 2.0]) == 3.0
    for _ in range(3):
        assert fast([1.0, 2.0], [1.0, 2.0]) == 3.0
        x = [1.0, 2.0]
        assert fast(x, x) == 7.0
        assert x == [5.0, 2.0]


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Number(enum.IntEnum):
    ONE = 1


@ENGINES
@pytest.mark.parametrize(
    "keys",
    [
        (Color.RED, Color.BLUE),
        (Number.ONE, Color.RED),
        (datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)),
        (1, 2),
        (True, False),
        (1.5, -0.0),
        ((1, "a"), (2, ("b",))),
        (None, b"x"),
        (frozenset([1]), frozenset([2])),
        (float, len),
        (uuid.UUID(int=1), 1j),
        ("not an identifier", "class"),
    ],
)
def test_whatever_the_keys_of_a_dict_it_is_compiled(keys: tuple[Any, Any], engine: str) -> None:
    a, b = keys
    fast = jit(lambda p: p[a] * 2 + p[b], engine=engine, check=False)
    assert [fast({a: x, b: 1.0}) for x in (1.0, 2.0, 3.0)] == [3.0, 5.0, 7.0]
    (compiled,) = fast.forms.values()
    assert compiled(({a: 4.0, b: 1.0},), [4.0, 1.0]) == 9.0
    assert fast.source.count("return") == 1


def test_keys_that_are_equal_but_not_the_same_are_told_apart() -> None:
    f = lambda p: [(type(key).__name__, repr(key), x * 2) for key, x in p.items()]  # noqa: E731
    fast = jit(f)
    keys = [1, True, 1.0, 0.0, -0.0, math.nan, Number.ONE, (1, 2), (1.0, 2), (True, 2), np.float64(1.0), 0, False]
    for _ in range(3):
        for key in keys:
            assert fast({key: 3.0}) == f({key: 3.0})
    assert fast.paths == len(keys)


def test_the_order_of_a_dict_is_that_of_its_numbers() -> None:
    f = lambda p: [x * k for k, x in enumerate(p.values())]  # noqa: E731
    fast = jit(f)
    for p in ({"a": 1.0, "b": 2.0}, {"b": 1.0, "a": 2.0}, {"a": 3.0, "b": 4.0}, {"b": 5.0, "a": 6.0}) * 2:
        assert fast(p) == f(p)


def test_what_is_known_by_what_it_is_needs_no_look_in_every_call() -> None:
    fast = jit(lambda x, how: x * 2)
    for how in (
        datetime.date(2020, 1, 1),
        "a",
        uuid.UUID(int=1),
        range(3),
        np.array([True]),
        np.str_("a"),
        1 < 2,
        None,
    ):
        fast(1.0, how)
    assert [compiled.fixed for compiled in fast.forms.values()] == [None] * 8


class AttributesOfKeys(dict):  # type: ignore[type-arg]
    """A dict whose keys are attributes too, and which has no other ones."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]


def test_dicts_whose_keys_are_attributes() -> None:
    fast = jit(lambda p: p.a * 2 + p["b"])
    for k in (1.0, 2.0, 3.0):
        assert fast(AttributesOfKeys(a=k, b=1.0)) == 2 * k + 1


def test_dicts_of_other_kinds_keep_what_they_are() -> None:
    fast = jit(lambda p: p["b"] + p["a"])
    made = [collections.defaultdict(lambda k=k: k, {"a": 1.0}) for k in (1.0, 2.0, 3.0)]  # type: ignore[misc]
    with pytest.warns(UserWarning, match="writes into one of its arguments, of type defaultdict"):
        assert [fast(p) for p in made] == [2.0, 3.0, 4.0]
    assert made == [{"a": 1.0, "b": k} for k in (1.0, 2.0, 3.0)]
    assert fast(collections.OrderedDict(b=1.0, a=2.0)) == 3.0


def test_sets_truths_ranges_and_empty_containers_are_fixed() -> None:
    fast = jit(lambda x, how: x * len(how))
    for how in ([], (), {}, [1.0], set(), {"a"}, {"a", "b"}, frozenset("ab"), "", b"abc", range(5), {}, [1.0, 2.0]) * 2:
        assert fast(2.0, how) == 2.0 * len(how)
    masked = jit(lambda x, mask: x[mask].sum())
    x = np.array([1.0, 2.0, 4.0])
    for mask in ([True, False, True], [True, True, True], [False, False, True]) * 2:
        assert masked(x, np.array(mask)) == x[np.array(mask)].sum()


def test_bound_methods_are_known_by_their_objects() -> None:
    class Scale:
        def __init__(self, by: float) -> None:
            self.by = by

        def of(self, x: Any) -> Any:
            return self.by * x

    one, other = Scale(2.0), Scale(3.0)
    fast = jit(lambda x, f: f(x), check=False)
    assert [fast(1.0, one.of), fast(1.0, other.of), fast(2.0, one.of)] == [2.0, 3.0, 4.0]
    assert fast.paths == 2
    one.by = 5.0
    assert [fast(1.0, one.of), fast(1.0, other.of)] == [5.0, 3.0]


@pytest.mark.parametrize(
    "argument",
    [(x for x in [1.0]), iter([1.0]), [iter([1.0])], {"a": map(float, "12")}, {1.0, 2.0}, 2j, bytearray(b"x")],
)
def test_numbers_that_cannot_be_followed_are_refused_by_name(argument: Any) -> None:
    with pytest.raises(TypeError, match=r"numbers are real and stand in .*, not in .*, a "):
        jit(lambda x: sum(x))(argument)


@pytest.mark.parametrize("type_of", ["f2", "f4", "f8", "i1", "u2", "i4", "i8", "O"])
def test_numbers_of_every_type_of_numpy(type_of: str) -> None:
    fast = jit(lambda a: a[0] / a[1] + len(a))
    for _ in range(3):
        assert fast(np.array([1, 4]).astype(type_of)) == 2.25


def test_ints_of_any_size_stay_ints() -> None:
    fast = jit(lambda n: n * 2 + 1)
    for n in (1, 10**400, -(10**500), 3):
        assert fast(n) == 2 * n + 1
    with pytest.raises(OverflowError):
        jit(lambda n: n * 0.5, engine="native")(10**400)


def test_an_object_in_an_argument_is_compared_or_followed() -> None:
    fast = jit(lambda terms: terms.rate * 2)
    terms = types.SimpleNamespace(rate=1.0)
    assert [fast(terms), fast(types.SimpleNamespace(rate=2.0))] == [2.0, 4.0]
    for terms.rate in (3.0, 4.0, 4.0):
        assert fast(terms) == 2 * terms.rate

    class Slots:
        __slots__ = ("rate",)

    slots = Slots()
    for slots.rate in (1.0, 2.0, 2.0):  # type: ignore[attr-defined]
        assert fast(slots) == 2 * slots.rate  # type: ignore[attr-defined]


# Values


@ENGINES
@pytest.mark.parametrize(
    ("f", "wrapped"),
    [
        (lambda x: x * x, lambda w: w),
        (lambda xs: xs[0] * xs[1], lambda w: [w, w]),
        (lambda xs: xs[0] * xs[1], lambda w: (w, 3.0)),
        (lambda p: p["a"] * p["b"][0], lambda w: {"a": w, "b": [w]}),
        (lambda a: (a * a).sum(), lambda w: np.array([w])),
        (lambda p: p.a * p.a, lambda w: types.SimpleNamespace(a=w)),
        (lambda p: sum(key * x for key, x in p.items()), lambda w: {w: 3.0}),
        (grad(lambda x: x**3 / 3), lambda w: w),
        (lambda x: [x * x, 1.0][0], lambda w: w),
    ],
)
def test_values_in_values_out(f: Any, wrapped: Any, engine: str) -> None:
    fast = jit(f, engine=engine)
    for _ in range(2):
        expected, w = Value(3.0), Value(3.0)
        if "SimpleNamespace" in repr(wrapped(w)):
            assert fast(types.SimpleNamespace(a=3.0)) == 9.0
        (f(wrapped(expected)) + expected).backward()
        y = fast(wrapped(w)) + w
        y.backward()
        assert (y.data, w.grad) == (12.0, expected.grad)
        assert fast(wrapped(3.0)) == 9.0 if "{w" not in inspect.getsource(wrapped) else True


@ENGINES
def test_derivatives_of_a_compiled_function_are_right_to_any_order(engine: str) -> None:
    fast = jit(lambda x: x**3, engine=engine)
    for _ in range(2):
        assert fast(2.0) == 8.0
        assert grad(lambda x: fast(x) * x)(2.0) == 32.0
        assert grad(grad(lambda x: fast(x) * x))(2.0) == 48.0
        assert hessian(lambda x: fast(x[0]) * x[1])([2.0, 3.0]) == [[36.0, 12.0], [12.0, 0.0]]
        assert ml.jvp(lambda x: fast(x), (2.0,), (1.0,)) == (8.0, 12.0)
        assert jacobian(lambda x: [fast(y) for y in x])([1.0, 2.0]) == [[3.0, 0.0], [0.0, 12.0]]
        assert jit(grad(lambda x: fast(x) * x), engine=engine)(2.0) == 32.0
        assert grad(lambda x: jit(grad(fast), engine=engine)(x))(2.0) == 12.0


def test_vmap_refuses_values_which_its_arrays_cannot_answer() -> None:
    rows = vmap(lambda x, w: x * w, in_axes=(0, None))
    assert rows([1.0, 2.0], 3.0).tolist() == [3.0, 6.0]
    for w in (Value(3.0), [Value(3.0)], {"a": Value(3.0)}):
        with pytest.raises(TypeError, match=r"w.* holds Values, and vmap answers plain numbers"):
            rows([1.0, 2.0], w)
    for x in ([Value(1.0)], np.array([Value(1.0)])):
        with pytest.raises(TypeError, match="x holds Values, and rows are plain numbers"):
            rows(x, 3.0)


# threads


def test_a_recording_that_began_before_a_change_is_not_kept() -> None:
    rate = [2.0]
    is_first, begun, changed = hidden(1.0), hidden(), hidden()
    tell = begun.put

    def wait() -> None:
        while not changed():
            pass

    def slow(x: Any) -> Any:
        y = x * rate[0]
        if is_first():
            tell(1)
            wait()
        return y

    fast = jit(slow, check=False)
    answers: list[float] = []
    threads = [threading.Thread(target=lambda: answers.append(fast(1.0))) for _ in range(2)]
    threads[0].start()
    while not begun():
        time.sleep(0.001)
    is_first.write(0.0)
    rate[0] = 3.0
    threads[1].start()
    threads[1].join(0.3)  # it waits for the first, if it is right
    changed.put()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [2.0, 3.0]
    assert [fast(1.0), fast(1.0)] == [3.0, 3.0]


def test_while_threads_change_and_call_no_recording_outlives_its_numbers() -> None:
    rate = [0.0]
    fast = jit(lambda x, n: x * rate[0] * n)
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            for n in range(1, 4):
                fast(1.0, n)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for k in range(150):
            rate[0] = float(k)
            assert [fast(1.0, n) for n in (1, 2)] == [k, 2.0 * k]
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.skipif(core is not None, reason="the core takes both in one step")
def test_what_another_thread_has_forgotten_meanwhile_is_not_called() -> None:
    rate = [2.0]
    fast = jit(lambda x: x * rate[0], check=False)
    assert [fast(1.0) for _ in range(3)] == [2.0] * 3

    class Interrupted(dict[Any, Any]):
        def get(self, key: Any, default: Any = None) -> Any:
            found = super().get(key, default)
            if threading.current_thread() is threading.main_thread():
                other = threading.Thread(target=fast, args=(1.0,))
                other.start()
                other.join()
            return found

    fast.fast = Interrupted(fast.fast)
    rate[0] = 3.0
    assert fast(1.0) == 3.0


# errors that the function catches


@ENGINES
def test_an_error_that_the_function_catches_costs_no_recording_in_every_call(engine: str) -> None:
    runs = hidden()
    put = runs.put

    def guarded(y: Any, x: Any) -> Any:
        put(1)
        try:
            return y / x
        except ZeroDivisionError:
            return 100 * y

    fast = jit(guarded, engine=engine, check=False)
    assert fast(1.0, 2.0) == 0.5
    if engine == "python":
        for _ in range(20):
            assert fast(1.0, 0.0) == 100.0
        assert runs() == 1 + 2 + 19  # the first of these is recorded to no end; the others run once
        assert [fast(1.0, 4.0) for _ in range(5)] == [0.25] * 5
        assert runs() == 22


def test_ways_that_catch_errors_again_and_again_are_told_once() -> None:
    def guarded(x: Any) -> Any:
        try:
            return ml.log(x - 10) + int(x)
        except ValueError:
            return int(x) * 2.0

    fast = jit(guarded)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert [fast(float(k)) for k in range(10)] == [2.0 * k for k in range(10)]
    assert len(told) == 1
    assert "guarded catches errors that its numbers raise" in str(told[0].message)
    assert fast(20.0) == math.log(10.0) + 20


# what it keeps


def test_sources_that_are_not_used_any_more_are_freed() -> None:
    def entries() -> int:
        gc.collect()
        return sum(name.startswith("<jit ") for name in linecache.cache)

    before = entries()
    fast = jit(lambda n: n * len(range(n)), max_paths=100)
    for n in range(40):
        assert fast(n) == fast(n) == n * n
    assert entries() <= before + 1
    table = [0.0]
    other = jit(lambda x: x * table[0])
    for table[0] in range(40):
        assert other(2.0) == other(2.0) == 2.0 * table[0]
    assert entries() <= before + 2
    compiled = next(iter(fast.forms.values()))
    assert "def f(n):" in inspect.getsource(compiled.python_function)
    del fast, other, compiled
    assert entries() == before


def test_forms_beyond_max_paths_are_not_kept() -> None:
    fast = jit(lambda xs: sum(xs), max_paths=3)
    with pytest.warns(UserWarning, match="takes more than 3 ways"):
        assert [fast([1.0] * n) for n in range(30)] == [*range(30)]
    assert (len(fast.forms), fast.paths) == (3, 3)
    rows = vmap(lambda xs: sum(xs), max_paths=3)
    with pytest.warns(UserWarning, match="takes more than 3 ways"):
        assert [rows([[1.0] * n] * 2).tolist() for n in range(1, 30)] == [[n, n] for n in range(1, 30)]
    assert len(rows.forms) <= 3


def test_a_form_in_which_the_function_fails_is_not_kept() -> None:
    fast = jit(lambda x, how: x if how == "a" else [][0])
    for k in range(30):
        with pytest.raises(IndexError):
            fast(1.0, str(k))
    assert not fast.forms
    assert fast(1.0, "a") == 1.0


class Scaled:
    def __init__(self, by: float) -> None:
        self.by = by

    @jit
    def of(self, x: Any) -> Any:
        return self.by * x


def test_objects_of_jitted_methods_are_freed() -> None:
    for k in range(200):  # more than max_paths
        scaled = Scaled(float(k))
        assert [scaled.of(2.0), scaled.of(2.0)] == [2.0 * k, 2.0 * k]
        scaled.by = -1.0
        assert scaled.of(2.0) == -2.0
    gone = weakref.ref(scaled)
    del scaled
    gc.collect()
    assert gone() is None


def test_arguments_are_not_kept() -> None:
    class Big(list):  # type: ignore[type-arg]
        pass

    for fast in (jit(lambda xs, how: sum(xs)), jit(lambda xs, how: sum(xs), engine="native")):
        xs, how = Big([1.0, 2.0]), Alike(1.0)
        assert fast(xs, how) == 3.0
        gone = weakref.ref(xs), weakref.ref(how)
        del xs, how
        gc.collect()
        assert [look() for look in gone] == [None, None]


# ways within ways


@pytest.mark.parametrize("order", [range(60), range(59, -1, -1), [k * 37 % 60 for k in range(60)]])
def test_any_number_of_ways_within_ways_has_a_source(order: Any) -> None:
    def whole(x: Any) -> Any:
        n = 0
        while int(x) > n:
            n += 1
        return x * n

    def compared(x: Any) -> Any:
        n = 0
        while x > n:
            n += 1
        return x * n

    def asked_anew(x: Any) -> Any:
        total = 0.0
        for k in range(32):
            if int(x - k) == 0:
                return total + k
            total = total + x
        return total

    for f in (whole, compared, asked_anew):
        fast = jit(f, max_paths=200, check=False)
        for _ in range(2):
            for k in [k for k in order if f is not asked_anew or k < 30]:
                assert fast(k + 0.25) == f(k + 0.25)
        deepest = max(len(line) - len(line.lstrip()) for line in fast.source.splitlines()) // 4
        assert deepest < 2 * DEEPEST_WAYS + 20
        assert fast.paths >= 30


def test_more_ways_within_ways_than_python_takes_indentations() -> None:
    def counted(x: Any) -> Any:
        n = 0
        while x > n:
            n += 1
        return n

    fast = jit(counted, max_paths=200, check=False)
    for _ in range(2):
        assert [fast(k - 0.5) for k in range(105)] == [*range(105)]


# travels

FUNCTIONS = [
    (lambda: grad(shop.cube), 2.0, 12.0),
    (lambda: value_and_grad(shop.cube), 2.0, (8.0, 12.0)),
    (lambda: grad(grad(shop.cube)), 2.0, 12.0),
    (lambda: hessian(shop.cube), 2.0, 12.0),
    (lambda: jacobian(shop.cube), 2.0, 12.0),
    (lambda: jit(grad(shop.cube)), 2.0, 12.0),
    (lambda: jit(grad(shop.cube), engine="native"), 2.0, 12.0),
    (lambda: vmap(grad(shop.cube)), [2.0], [12.0]),
    (lambda: vmap(grad(shop.cube), engine="native"), [2.0], [12.0]),
    (lambda: grad(jit(shop.cube)), 2.0, 12.0),
    (lambda: shop.slope, 2.0, 12.0),
    (lambda: shop.curvature, 2.0, 12.0),
    (lambda: grad(shop.slope), 2.0, 12.0),
    (lambda: shop.fast, 2.0, (8.0, 12.0)),
    (lambda: shop.fast.f, 2.0, (8.0, 12.0)),
    (lambda: shop.rows, [2.0], [12.0]),
    (lambda: shop.Curve.by_itself, 2.0, 12.0),
    (lambda: grad(shop.Curve().height), 2.0, 12.0),
    (lambda: jit(grad(shop.Curve().height)), 2.0, 12.0),
]


def plainly(answer: Any) -> Any:
    return answer.tolist() if isinstance(answer, np.ndarray) else answer


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps, lambda f: pickle.dumps(f, 2)])
@pytest.mark.parametrize(("made", "x", "expected"), FUNCTIONS)
def test_derivatives_and_compiled_functions_travel(made: Any, x: Any, expected: Any, dumps: Any) -> None:
    f = made()
    assert plainly(f(x)) == expected
    for _ in range(2):
        assert plainly(pickle.loads(dumps(f))(x)) == expected


def test_a_product_with_the_hessian_travels_and_has_arguments_of_its_own() -> None:
    product = pickle.loads(pickle.dumps(hvp(shop.cube)))
    assert product(2.0, 3.0) == 36.0
    assert [*inspect.signature(product).parameters] == ["x", "v", "args", "options"]
    with pytest.raises(TypeError, match=r"hvp\(cube\) takes x, v"):
        product(2.0)
    assert jit(product)(2.0, 3.0) == 36.0


def test_pools_map_derivatives() -> None:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(grad(shop.cube), [1.0, 2.0]) == [3.0, 12.0]
        assert pool.map(shop.slope, [1.0, 2.0]) == [3.0, 12.0]
        assert pool.map(jit(grad(shop.cube)), [1.0, 2.0]) == [3.0, 12.0]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        assert [*executor.map(shop.curvature, [1.0, 2.0])] == [6.0, 12.0]


def test_what_main_defines_travels_by_value_with_cloudpickle(tmp_path: Any) -> None:
    program = """
        import sys, cloudpickle
        from micrograd_like import grad, jit, vmap
        RATE = 2.0
        @grad
        def slope(x): return RATE * x**3
        @jit
        def fast(x): return RATE * x if x > 0 else -x
        fast(1.0)
        functions = [slope, fast, jit(lambda x: x * RATE), grad(lambda x: RATE * x**2), vmap(lambda x: RATE * x)]
        functions += [jit(slope)]
        open("functions", "wb").write(cloudpickle.dumps(functions))
    """
    (tmp_path / "sender.py").write_text(textwrap.dedent(program), encoding="utf-8")
    subprocess.run([sys.executable, "sender.py"], cwd=tmp_path, check=True)
    receiver = """
        import pickle
        slope, fast, scaled, line, rows, compiled = pickle.load(open("functions", "rb"))
        print(slope(2.0), fast(3.0), fast(-3.0), scaled(3.0), line(3.0), rows([3.0]).tolist(), compiled(2.0))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(receiver)], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert run.stdout == "24.0 6.0 3.0 6.0 12.0 [6.0] 24.0\n"


MODULE = """
from micrograd_like import jit, grad
def helper(x): return {helper}
class Terms:
    def of(self, x): return {method}
terms = Terms()
def total(x):
    return helper(x) + terms.of(x) + (lambda y: {inner})(x)
def by_argument(x, f): return f(x)
slope = grad(total)
"""
CODE = {"helper": "x * 2", "method": "x * 3", "inner": "y * 4"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({}, 9.0), ({"helper": "x * 5"}, 12.0), ({"method": "x * 5"}, 11.0), ({"inner": "y * 5"}, 10.0)],
)
def test_a_pickle_whose_code_has_changed_since_is_recorded_anew(
    changed: dict[str, str], expected: float, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "travelling_terms.py"
    program.write_text(MODULE.format(**CODE), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import travelling_terms as module  # type: ignore[import-not-found]

    functions = [jit(module.total), jit(module.slope), jit(module.by_argument)]
    assert [functions[0](1.0), functions[1](1.0), functions[2](1.0, module.helper)] == [9.0, 9.0, 2.0]
    sent = pickle.dumps(functions)
    del sys.modules["travelling_terms"]
    program.write_text("# moved\n" * 3 + MODULE.format(**{**CODE, **changed}), encoding="utf-8")
    try:
        import importlib

        importlib.invalidate_caches()
        total, slope, by_argument = pickle.loads(sent)
        assert [total.paths, slope.paths] == ([1, 1] if not changed else [0, 0])
        assert by_argument.paths == (0 if "helper" in changed else 1)
        assert [total(1.0), slope(1.0)] == [expected, expected]
        assert by_argument(1.0, sys.modules["travelling_terms"].helper) == (5.0 if "helper" in changed else 2.0)
    finally:
        del sys.modules["travelling_terms"]


def test_derivatives_are_copied_and_bound_as_their_functions() -> None:
    slope = grad(shop.cube)
    assert copy.copy(slope) is copy.deepcopy(slope) is slope
    curve = shop.Curve()
    by_method = grad(curve.height)
    other = copy.deepcopy(by_method)
    curve.scale = 2.0
    assert (by_method(2.0), other(2.0)) == (24.0, 12.0)
    assert copy.deepcopy(jit(curve.height))(2.0) == 16.0
    assert copy.deepcopy(vmap(shop.cube, reduce="sum"))([1.0, 2.0]) == 9.0

    class Owner:
        slope = grad(lambda self, x: x**2, argnums=1)

    assert Owner().slope(3.0) == 6.0
    assert repr(slope) == "<grad of cube>"
    assert (slope.__name__, slope.__wrapped__) == ("cube", shop.cube)
    assert inspect.signature(slope) == inspect.signature(shop.cube)


def test_an_operation_of_your_own_that_answers_an_operand_answers_a_truth_as_it_does() -> None:
    rule = lambda x, out, g: where(abs(x) >= 1, 0.0, g)  # noqa: E731
    clamp = function("clamp_of_calls", "-1 if x <= -1 else 1 if x >= 1 else x", rule)

    def plain(x: Any) -> Any:
        return [clamp(x > 0), clamp(x), clamp(2)]

    fast = jit(plain)
    for x in (0.5, -0.5, 3.0, -0.5, 0.5):
        assert [(type(a), a) for a in fast(x)] == [(type(a), a) for a in plain(x)]


@pytest.mark.parametrize("given", [-1, 1.5, "many", None])
def test_a_count_that_is_none_is_refused_before_it_is_used(given: Any) -> None:
    with pytest.raises(ValueError, match=f"max_paths is a whole number from 0 on, not {given!r}"):
        jit(lambda x: x, max_paths=given)
    with pytest.raises(ValueError, match="threads is a whole number from 1 on, not 0"):
        vmap(lambda x: x, threads=0)
