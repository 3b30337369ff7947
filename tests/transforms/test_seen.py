"""Facts about what a function sees while derivatives are taken: text, classes and arrays as of plain numbers."""

from __future__ import annotations

import collections
import copy
import dataclasses
import functools
import io
import json
import statistics
from collections.abc import Callable
from typing import Any

import pytest
from test_symbols_as_numbers import ASKING_TYPES, matched_by_class

from micrograd_like import Value, grad, hessian, jit, jvp, lift, vmap
from micrograd_like.errors import TracingError

TEXTS: list[Callable[[Any], str]] = [
    str,
    repr,
    ascii,
    format,
    lambda x: f"{x} {x!r} {x:.2f} {[x]} {(x, {'a': x})}",
    lambda x: "%s %r" % (x, [x]),  # noqa: UP031
    lambda x: str([x * 2, (x,)]),
    lambda x: x.hex(),
    lambda x: str(collections.Counter({"a": x})),
    lambda x: repr(Point(x)),
    lambda x: ",".join(map(str, [x, 2.0])),
    lambda x: print(x, [x], file=(out := io.StringIO())) or out.getvalue(),
]


@dataclasses.dataclass
class Point:
    x: Any


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("number", [-0.1, 12.25])
def test_the_text_of_a_variable_is_that_of_the_number(text: Callable[[Any], str], number: float) -> None:
    expected = text(number)
    slope = float(len(expected))

    def f(x: Any) -> Any:
        return len(text(x)) * x if text(x) == expected else 0 * x

    for g in (grad(f), jit(grad(f)), grad(grad(lambda x: f(x) * x / 2)), lambda x: jvp(f, (x,), (1.0,))[1]):
        assert g(number) == slope
    assert jit(hessian(lambda x: f(x) * x / 2))(number) == slope
    assert vmap(grad(f))([number, number]).tolist() == [slope, slope]
    assert jit(grad(f), engine="native")(number) == slope


def test_text_leads_a_recorded_derivative_its_own_way() -> None:
    slope = jit(grad(lambda x: x if str(x)[0] == "-" else 2 * x))
    assert [slope(x) for x in (1.0, -1.0, 3.0, -4.0)] == [2.0, 1.0, 2.0, 1.0]


def test_the_text_of_a_value_is_still_that_of_a_value() -> None:
    w = Value(2.0, "w")
    assert grad(lambda x: len(repr(w)) * x)(1.0) == len("Value(data=2.0, grad=0.0, name='w')")
    assert jit(lambda v: v if repr(v).startswith("Value(data=2.0") else 3 * v)(w).data == 2.0


@functools.singledispatch
def dispatched(x: Any) -> Any:
    return 7 * x


@dispatched.register
def _(x: float) -> Any:
    return 2 * x


CLASSES: list[Callable[[Any], Any]] = [
    lambda x: 2 * x if isinstance(x, float) else x,
    lambda x: 2 * x if isinstance(x * 3, (int, float)) else x,
    lambda x: 2 * x if x.__class__ is float and x.__class__.__name__ == "float" else x,
    lambda x: x.__class__(2) * x,
    lambda x: 2 * x if issubclass(x.__class__, float) else x,
    lambda x: 2 * x if isinstance(x, (complex, Value)) else x,
    lambda x: x if isinstance(x, (int, str, list)) else 2 * x,
    dispatched,
    lambda x: 2 * x if abs(matched_by_class(x) - matched_by_class(2.5)) < 1e-9 else x,
]


@pytest.mark.parametrize("f", CLASSES)
def test_classes_see_a_float_in_a_derivative(f: Callable[[Any], Any]) -> None:
    assert [grad(f)(2.5), jit(grad(f))(2.5), jit(grad(f), engine="native")(2.5)] == [2.0] * 3
    assert vmap(grad(f))([2.5]).tolist() == [2.0]
    assert grad(grad(lambda x: f(x) * x / 2))(2.5) == jit(hessian(lambda x: f(x) * x / 2))(2.5) == 2.0
    assert jvp(f, (2.5,), (1.0,))[1] == 2.0


def test_classes_see_a_value_where_one_takes_part() -> None:
    w = Value(3.0)
    f: Callable[[Any], Any] = lambda x: 7 * x if isinstance(x * w, float) else x  # noqa: E731
    assert grad(f)(2.0) == 1.0
    assert grad(lambda x: 7 * x if isinstance(x, float) else x)(Value(2.0)).data == 1.0


def test_to_ask_for_classes_costs_one_walk_over_the_numbers() -> None:
    def f(x: Any) -> Any:
        for _ in range(3000):
            x = x * 1.0 if isinstance(x, float) else 0.0
        return x

    assert grad(f)(2.0) == 1.0


@pytest.mark.parametrize("ask", ASKING_TYPES[:-1])
def test_to_ask_a_variable_for_its_type_is_refused_unless_the_code_is_lifted(ask: Callable[[Any], Any]) -> None:
    with lift.off(), pytest.raises(TypeError, match=r"is not float, at test_symbols_as_numbers.py:\d+"):
        jit(grad(lambda x: x * ask(x)))(2.5)
    slope = (2.75 * ask(2.75) - 2.25 * ask(2.25)) / 0.5  # of a parabola at most
    assert jit(grad(lambda x: x * ask(x)))(2.5) == grad(lambda x: x * ask(x))(2.5) == slope


def test_to_make_a_number_of_the_type_of_a_variable_is_refused_by_name_unless_lifted() -> None:
    for f, slope in ((lambda x: type(x)(3.0) * x, 3.0), (lambda x: x * type(x * 2)(2), 2.0)):
        with lift.off(), pytest.raises(TracingError, match="Ask isinstance"):
            jit(grad(f))(2.5)
        assert jit(grad(f))(2.5) == grad(f)(2.5) == slope


@pytest.mark.parametrize("dump", [json.dumps, lambda x: json.dumps([x]), lambda x: json.dumps({"a": x * 2})])
def test_json_says_that_it_takes_plain_numbers_alone(dump: Callable[[Any], str]) -> None:
    for g in (grad(lambda x: x * len(dump(x))), jit(lambda x: x * len(dump(x))), jit(grad(lambda x: x * len(dump(x))))):
        with pytest.raises(TypeError, match="json makes text of plain numbers alone"):
            g(2.5)


def test_types_that_are_asked_for_in_passing_do_no_harm() -> None:
    fast = jit(lambda x: copy.copy(x) * copy.deepcopy([x])[0])
    assert [fast(3.0), fast(-2.5)] == [9.0, 6.25]
    with lift.off(), pytest.raises(TracingError, match=r"the type of x is not float, at statistics.py"):
        jit(lambda x: statistics.mean([x, 1.0]))(3.0)
    assert jit(lambda x: statistics.mean([x, 1.0]))(3.0) == 2.0
