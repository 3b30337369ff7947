"""Facts about operations that a program defines again and again: the old row is freed, and its graphs still work."""

from __future__ import annotations

import gc
import math
import pickle
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from micrograd_like import (
    Value,
    check_grads,
    derive,
    digits,
    draw,
    explore,
    function,
    grad,
    hessian,
    jacobian,
    jit,
    jvp,
    vmap,
    why,
)
from micrograd_like.operation import OPS, once_a_row


class Data:
    """What a rule closes over."""

    factor = 2.0


def derived(f: Any) -> None:
    x = Value(3.0, "x")
    str(derive(f(x) * x, x))


USES: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda f: None,
    "eager": lambda f: f(Value(3.0)).backward(),
    "plain": lambda f: f(3.0),
    "method": lambda f: (2 * Value(3.0).again(), f(Value(3.0)) ** 2),
    "help": lambda f: f.__doc__,
    "pickle": lambda f: pickle.loads(pickle.dumps(f(Value(3.0)))),
    "grad": lambda f: grad(f)(3.0),
    "hessian": lambda f: hessian(lambda x: f(x) ** 2)(3.0),
    "jacobian": lambda f: jacobian(lambda x: [f(x), x])(3.0),
    "jvp": lambda f: jvp(f, (3.0,), (1.0,)),
    "jit": lambda f: jit(f)(3.0),
    "jit-grad": lambda f: jit(grad(lambda x: f(x) * x))(3.0),
    "native": lambda f: jit(f, engine="native")(3.0),
    "native-grad": lambda f: jit(grad(lambda x: f(x) * x), engine="native")(3.0),
    "vmap": lambda f: vmap(f)([3.0, 4.0]),
    "vmap-grad": lambda f: vmap(grad(lambda x: f(x) * x))([3.0, 4.0]),
    "vmap-native": lambda f: vmap(f, engine="native")([3.0, 4.0]),
    "derive": derived,
    "why": lambda f: str(why(f, 3.0)),
    "digits": lambda f: str(digits(f(Value(3.0)))),
    "draw": lambda f: draw(f(Value(3.0, "x"))).svg(),
    "explore": lambda f: str(explore(lambda x: f(x) * x, 3.0)),
    "check_grads": lambda f: check_grads(f, 3.0),
}
KINDS: dict[str, Callable[[Data], Any]] = {
    "function": lambda d: function("again", lambda x: x * d.factor, lambda x, out, g: g * d.factor),
    "text": lambda d: function("again", "2 * x", lambda x, out, g: g * d.factor),
    "numpy": lambda d: function("again", "2 * x", lambda x, out, g: g * d.factor, numpy="once_more", kink="x - 100"),
}


@pytest.mark.parametrize("define", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_function_that_is_defined_anew_is_freed_whatever_was_done_with_it(use: Any, define: Any) -> None:
    gone = []
    for _ in range(3):
        data = Data()
        gone.append(weakref.ref(data))
        f = define(data)
        use(f)
        del data, f
    function("again", "x", lambda x, out, g: g)
    gc.collect()
    assert [ref() for ref in gone] == [None] * 3


def with_inputs(arity: int, d: Data) -> Any:
    """An operation of so many inputs, 0 for any number."""
    if arity == 1:
        return function("again", "x", lambda x, out, g: g * d.factor)
    if arity == 2:
        return function("again", "x + y", lambda x, y, out, g: (g * d.factor, g))
    if arity == 3:
        return function("again", "x + y + z", lambda x, y, z, out, g: (g * d.factor, g, g))
    return function("again", "fsum(xs)", lambda xs, out, g: [g * d.factor for _ in xs])


@pytest.mark.parametrize("arity", [1, 2, 3, 0])
def test_rows_of_any_number_of_inputs_are_freed(arity: int) -> None:
    gone = []
    numbers = [float(k) for k in range(arity or 4)]
    for _ in range(3):
        data = Data()
        gone.append(weakref.ref(data))
        f = with_inputs(arity, data)
        f(*map(Value, numbers)).backward()
        f(*numbers[:-1], Value(1.0)).backward()
        jit(f)(*numbers)
        hessian(lambda xs, f=f: f(*xs) ** 2)(numbers)
        del data, f
    function("again", "x", lambda x, out, g: g)
    gc.collect()
    assert [ref() for ref in gone] == [None] * 3


def test_a_graph_recorded_with_the_old_row_still_works() -> None:
    old = function("again", "2 * x", lambda x, out, g: 2 * g)
    x = Value(3.0)
    y = old(x) * x
    compiled = jit(lambda x: old(x) * x)
    assert compiled(3.0) == 18.0
    new = function("again", "5 * x", lambda x, out, g: 5 * g)
    gc.collect()
    y.backward()
    assert (y.data, x.grad) == (18.0, 12.0)
    assert (old(Value(3.0)).data, new(Value(3.0)).data, Value(3.0).again().data) == (6.0, 15.0, 15.0)
    assert (compiled(3.0), grad(old)(3.0), grad(new)(3.0)) == (18.0, 2.0, 5.0)
    assert (hessian(lambda x: old(x) ** 2)(1.0), vmap(old)([1.0]).tolist()) == (8.0, [2.0])
    assert (2 * old(x) ** x).op.name == "mul"


def test_a_row_taken_before_it_is_defined_anew_keeps_what_was_found_out_about_it() -> None:
    old = function("again", "x + y", lambda x, y, out, g: (g, g))
    row = OPS["again"]
    y = old(1.0, Value(2.0))
    function("again", "x - y", lambda x, y, out, g: (g, -g))
    assert (y.op, y.data, old(1.0, Value(2.0)).data, Value(5.0).again(2.0).data) == (row, 3.0, 3.0, 3.0)


def test_the_name_for_numpy_goes_with_the_old_row() -> None:
    function("again", "2 * x", lambda x, out, g: 2 * g, numpy="once_more")
    assert Value(3.0).once_more().data == 6.0
    function("again", "5 * x", lambda x, out, g: 5 * g)
    assert not hasattr(Value(3.0), "once_more")
    assert Value(3.0).again().data == 15.0
    function("once_more", "7 * x", lambda x, out, g: 7 * g)  # the name is free again
    assert Value(3.0).once_more().data == 21.0
    function("once_more", "7 * x", lambda x, out, g: 7 * g, numpy="yet_another")
    assert Value(3.0).yet_another().data == 21.0
    function("once_more", "7 * x", lambda x, out, g: 7 * g, numpy="yet_another")
    assert Value(3.0).yet_another().data == 21.0
    function("once_more", "7 * x", lambda x, out, g: 7 * g)


def test_what_is_found_out_about_a_row_is_found_out_once() -> None:
    calls: list[Any] = []

    @once_a_row
    def spelled(op: Any, *others: Any) -> tuple[Any, ...]:
        """Words."""
        calls.append((op, *others))
        return (op.spelling, *others)

    for _ in range(2):
        assert spelled(OPS["mul"]) == ("x * y",)
        assert spelled(OPS["mul"], 1.0) == ("x * y", 1.0)
        assert spelled(OPS["add"], "a", "b") == ("x + y", "a", "b")
    assert len(calls) == 3
    assert (spelled.__name__, spelled.__doc__) == ("spelled", "Words.")


def scaled(name: str, total: float) -> Any:
    return function(name, lambda x: x * total, lambda x, out, g: g * total)


def test_threads_may_define_use_and_forget_rows_at_the_same_time() -> None:
    wrong: list[Any] = []

    def work(name: str, factor: float) -> None:
        for k in range(60):
            total = factor + k
            f = scaled(name, factor + k)
            x = Value(2.0)
            y = f(x)
            y.backward()
            if (y.data, x.grad) != (2.0 * total, total):
                wrong.append((y, x))

    threads = [threading.Thread(target=work, args=(f"again_{i}", math.e * i)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
