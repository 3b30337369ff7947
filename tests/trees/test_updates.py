"""What a function writes into a model or into what it closes over stays, as plain numbers, in every engine."""

from __future__ import annotations

import pathlib
import warnings
from collections import deque
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value, grad, jit, nn, value_and_grad, vmap


class Normalized:
    """A weight behind a running mean."""

    def __init__(self) -> None:
        self.w = 2.0
        self.mean = 0.0
        self.seen: deque[Any] = deque(maxlen=3)

    def parameters(self) -> list[float]:
        return [self.w]

    def __call__(self, x: Any) -> Any:
        self.mean = 0.9 * self.mean + 0.1 * x
        self.seen.append(x)
        return self.w * (x - self.mean)


def calls(f: Callable[..., Any], n: int = 8) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it runs as it is, in the end
        return [f(1.0 + k) for k in range(n)]


RECORDS: list[Callable[[Any], Any]] = [
    lambda f: jit(f, check=False),
    lambda f: jit(f, engine="native", check=False),
    jit,
]


@pytest.mark.parametrize("record", RECORDS)
def test_a_running_mean_of_a_model_that_is_an_argument_runs_on(record: Any) -> None:
    model, other = Normalized(), Normalized()
    fast = record(lambda m, x: m(x))
    assert calls(lambda x: fast(model, x)) == calls(other)
    assert (model.mean, [*model.seen]) == (other.mean, [*other.seen])


@pytest.mark.parametrize("record", RECORDS)
def test_a_running_mean_of_a_model_that_is_closed_over_runs_on(record: Any) -> None:
    model, other = Normalized(), Normalized()
    fast = record(lambda x: model(x))
    assert calls(fast) == calls(other)
    assert (model.mean, type(model.mean)) == (other.mean, float)


def test_a_list_that_is_read_is_left_with_plain_numbers() -> None:
    def smoothed(x: Any, seen: list[Any]) -> Any:
        seen.append(x)
        return sum(seen[-3:])

    for container in (list, deque):
        seen, other = container([1.0]), container([1.0])
        fast = jit(lambda x, seen=seen: smoothed(x, [*seen]) + (seen.append(x) or len(seen)), check=False)
        slow = lambda x, seen=other: smoothed(x, [*seen]) + (seen.append(x) or len(seen))  # noqa: E731
        assert calls(fast) == calls(slow)
        assert [*seen] == [*other]
        assert {type(x) for x in seen} == {float}


@pytest.mark.parametrize("record", RECORDS)
def test_a_running_mean_runs_on_under_derivatives_too(record: Any) -> None:
    model, other = Normalized(), Normalized()
    slope = value_and_grad(lambda m, x: m(x))
    fast = record(slope)
    assert calls(lambda x: fast(model, x)) == calls(lambda x: slope(other, x))
    assert model.mean == other.mean > 0


TOTAL: Any = 0.0


def test_a_global_a_cell_and_a_dict_are_left_with_plain_numbers() -> None:
    state: dict[str, Any] = {"last": 0.0, "pair": (0.0, 0.0)}
    count = 0.0

    def f(x: Any) -> Any:
        global TOTAL
        nonlocal count
        TOTAL = TOTAL + x
        count = count + x * x
        state["last"], state["pair"] = x * 2, (x, x * 3)
        return TOTAL + count

    globals()["TOTAL"] = 0.0
    assert calls(jit(f, check=False), 3) == [2.0, 3.0 + 5.0, 6.0 + 14.0]
    assert (TOTAL, count, state) == (6.0, 14.0, {"last": 6.0, "pair": (3.0, 9.0)})
    assert {type(x) for x in (TOTAL, count, state["last"], *state["pair"])} == {float}


def test_vmap_refuses_and_leaves_no_number_of_its_trace() -> None:
    model = Normalized()
    with pytest.raises(TypeError, match=r"changes model\.mean, on which it may depend"):
        vmap(lambda x: model(x))(np.array([1.0, 2.0]))
    assert type(model.mean) is float


def test_that_it_runs_as_it_is_is_told_once() -> None:
    model = Normalized()
    fast = jit(lambda x: model(x), check=False)
    with pytest.warns(UserWarning, match=r"changes model\.mean, on which it may depend, in every call") as caught:
        list(map(fast, [1.0] * 9))
    assert len(caught) == 1


def test_a_model_made_of_numbers_of_a_recording_is_differentiated_in_it() -> None:
    def f(x: Any) -> Any:
        model = Normalized()
        model.w = x
        return grad(lambda m: m(3.0) * m.w)(model)[0]

    for engine in ("python", "native"):
        assert jit(f, engine=engine)(2.0) == f(2.0) == 2 * 2.0 * (3.0 - 0.1 * 3.0)
        assert jit(grad(f), engine=engine)(2.0) == grad(f)(2.0)


INSTALLED = """
import math
def swallowed(x):
    try:
        return math.exp(x)
    except TypeError:
        return x
def equal(x):
    return 3 * x if x == 2.0 else x
"""


def test_places_in_installed_packages_are_the_users_own(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "site-packages" / "of_somebody.py"
    file.parent.mkdir()
    file.write_text(INSTALLED, encoding="utf-8")
    spec: Any = spec_from_file_location("of_somebody", file)
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(TypeError, match=r"swallowed caught this error and went on, at of_somebody\.py:5"):
        grad(module.swallowed)(1.0)
    with pytest.warns(UserWarning, match=r"equal found two numbers equal at of_somebody\.py:9"):
        assert grad(module.equal)(2.0) == 3.0


def test_numpys_errors_say_what_to_do_in_recordings_too() -> None:
    def after(x: Any) -> Any:
        return np.nextafter(np.array([x], dtype=object), 1.0)[0]

    for f in (grad(after), jit(grad(after)), jit(after)):
        with pytest.raises(TypeError, match="NumPy's nextafter computes with floats alone"):
            f(2.0)


def test_pythons_own_errors_call_numbers_of_a_run_values() -> None:
    for use in (lambda x: 1j * x, lambda x: x @ x, lambda x: x[0], lambda x: x()):
        with pytest.raises(TypeError, match="'Value'"):
            grad(use)(2.0)


def test_sums_of_numbers_of_a_run_have_no_zero_in_them() -> None:
    met: list[Any] = []

    def total(xs: list[Any]) -> Any:
        met.append(sum(xs[:1]) is xs[0])
        return sum(xs)

    assert grad(total)([1.0, 2.0]) == [1.0, 1.0]
    x = Value(-0.0)
    assert met == [True]
    assert sum([x]) is x


class Turning(nn.Module):
    """A model that puts its parameters into another order whenever it is called."""

    def __init__(self, ps: Any) -> None:
        self.ps = ps
        self.last: Any = None

    def __call__(self, x: float) -> Any:
        if isinstance(self.ps, list):
            self.ps.reverse()
            self.last = self.ps[0]
            return self.ps[1] * x + self.ps[0] ** 2
        self.ps["w"] = self.ps.pop("w")
        self.last = self.ps["b"]
        return self.ps["w"] * x + self.ps["b"] ** 2


class Telling(Turning):
    """The same, which tells them as a dict."""

    def parameters(self) -> Any:
        return self.ps


@pytest.mark.parametrize(("kind", "form"), [(Turning, list), (Turning, dict), (Telling, dict)])
def test_parameters_in_another_order_are_still_the_models_own(kind: Any, form: type) -> None:
    w, b = Value(2.0), Value(3.0)
    model = kind([w, b] if form is list else {"w": w, "b": b})
    slopes = grad(lambda model, x: model(x))(model, 5.0)  # of w x + b²
    assert slopes == ({"w": 5.0, "b": 6.0} if kind is Telling else [5.0, 6.0])
    held = model.ps if form is list else [*model.ps.values()]
    assert held[0] is b
    assert held[1] is w
    assert model.last is b
