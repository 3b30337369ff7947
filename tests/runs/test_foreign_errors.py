"""Errors of other libraries that a function catches: on plain numbers they would not come, so they are refused."""

from __future__ import annotations

import cmath
import contextlib
import datetime
import decimal
import fractions
import json
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value, grad, hessian, jacobian, jit, jvp, lift, value_and_grad, vmap

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="the interpreter tells of handled errors since 3.12")

Function = Callable[[Any], Any]
FOREIGN: dict[str, Function] = {  # what works with a float, and fails with a number that is followed
    "json": lambda x: float(json.dumps(x)),
    "Decimal": lambda x: float(decimal.Decimal(x)),
    "Fraction": lambda x: float(fractions.Fraction(x)),
    "complex": lambda x: (x * 1j).imag,
    "cmath": lambda x: cmath.exp(x).real,
    "timedelta": lambda x: datetime.timedelta(days=x).total_seconds(),
    "method of float": lambda x: float.__add__(x, 1.0),
    "hex by the class": lambda x: float.fromhex(float.hex(x)),
    "inverse": lambda x: np.linalg.inv([[x, 1.0], [0.0, 1.0]])[0, 0],
    "determinant": lambda x: np.linalg.det([[x, 1.0], [0.0, 1.0]]),
    "Fourier transform": lambda x: np.fft.fft([x, 1.0]).real.sum(),
    "covariance": lambda x: np.cov([x, 1.0, 3.0]).item(),
}
ENGINES: dict[str, Function] = {
    "grad": grad,
    "jacobian": jacobian,
    "hessian": hessian,
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,)),
    "jit": jit,
    "native": lambda f: jit(f, engine="native"),
    "jit of grad": lambda f: jit(grad(f)),
    "vmap": lambda f: lambda x: vmap(f)([x, x]),
    "grad of grad": lambda f: grad(grad(f)),
}


def with_default(f: Function, *errors: type[BaseException]) -> Function:
    def guarded(x: Any) -> Any:
        try:
            return x * f(x)
        except errors:
            return x * 101.0

    return guarded


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", FOREIGN)
def test_an_error_that_a_float_would_not_have_had_is_raised_when_the_function_returns(name: str, engine: str) -> None:
    guarded = with_default(FOREIGN[name], Exception)
    assert guarded(2.5) != 2.5 * 101
    with lift.off(), pytest.raises(TypeError):
        ENGINES[engine](guarded)(2.5)


@pytest.mark.parametrize("name", FOREIGN)
def test_where_the_code_is_lifted_it_is_raised_too_or_the_answer_is_right(name: str) -> None:
    guarded = with_default(FOREIGN[name], Exception)
    expected = {"jit": guarded(2.5), "grad": (guarded(2.5 + 1e-6) - guarded(2.5 - 1e-6)) / 2e-6}
    answers = {}
    for engine in expected:
        with contextlib.suppress(TypeError):
            answers[engine] = ENGINES[engine](guarded)(2.5)
    assert answers == pytest.approx({engine: expected[engine] for engine in answers}, rel=1e-6, abs=1e-9)
    if name in ("cmath", "inverse", "determinant"):
        assert answers


@pytest.mark.parametrize("errors", [(TypeError,), (ValueError, TypeError), (BaseException,)])
def test_it_is_told_where_it_was_caught(errors: Any) -> None:
    with pytest.raises(TypeError, match=r"not JSON serializable\nguarded caught this error and went on, at test_for"):
        grad(with_default(FOREIGN["json"], *errors))(2.5)


def test_also_where_it_is_suppressed_deep_in_other_functions() -> None:

    def rate(x: Any) -> Any:
        with contextlib.suppress(TypeError):
            return datetime.timedelta(days=x).days
        return 7.0

    with pytest.raises(TypeError, match="timedelta days component"):
        grad(lambda x: x * rate(x))(2.5)


OF_FLOATS_TOO: dict[str, Function] = {  # what fails with a float as well
    "iteration": lambda x: sum(x),
    "length": lambda x: len(x),
    "index": lambda x: x[0],
    "call": lambda x: x(),
    "unpacking": lambda x: (lambda a, b: a + b)(*x),
    "text": lambda x: len("a" + x),
    "joined text": lambda x: len(",".join([x])),
    "shape": lambda x: x.shape[0],
    "bits": lambda x: ~x,
    "set of bits": lambda x: x & 1,
    "list": lambda x: x + [1.0],  # noqa: RUF005
    "membership": lambda x: 1.0 in x,
    "comparison": lambda x: x < "a",
    "method of lists": lambda x: x.append(1.0),
    "an error of its own": lambda x: types.SimpleNamespace().rate * x,
    "error of other numbers": lambda x: json.dumps({1.0}) and x,
}


@pytest.mark.parametrize("name", OF_FLOATS_TOO)
def test_an_error_that_a_float_has_too_is_the_functions_own_affair(name: str) -> None:
    guarded = with_default(OF_FLOATS_TOO[name], TypeError, AttributeError)
    assert guarded(2.5) == 2.5 * 101
    assert value_and_grad(guarded)(2.5) == (2.5 * 101, 101.0)
    assert jit(guarded)(2.5) == 2.5 * 101


def test_outside_of_a_run_nobody_listens() -> None:
    grad(lambda x: x * x)(1.0)
    x = Value(2.0)
    for _ in range(3):
        with pytest.raises(TypeError):
            json.dumps(x)
    monitoring = sys.monitoring
    named = [tool for tool in range(6) if monitoring.get_tool(tool) == "micrograd_like"]
    assert named
    assert not any(map(monitoring.get_events, named))


def test_another_thread_is_not_meant() -> None:
    """A thread that catches such an error while a run goes on in another one."""
    begun, caught = threading.Event(), threading.Event()
    v = Value(1.0)

    def work() -> None:
        begun.wait(60)
        try:
            json.dumps(v)
        except TypeError:
            caught.set()

    thread = threading.Thread(target=work)
    thread.start()

    def f(x: Any) -> Any:
        begun.set()
        while not caught.is_set():
            pass
        return x * x

    assert grad(f)(3.0) == 6.0
    thread.join()
