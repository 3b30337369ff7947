"""Facts about the operands in error messages: in the order of the expression, each under one name."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value, fmod, function, grad, hypot, jacobian, jit, log, math, value_and_grad
from micrograd_like.failure import explained
from micrograd_like.operation import OPS


class Mine(Value):
    """A class of the user's own: Python asks its reflected methods first."""

    def __rtruediv__(self, other: Any) -> Any:
        return super().__rtruediv__(other)

    def __rpow__(self, other: Any) -> Any:
        return super().__rpow__(other)


AT = {"truediv": (1.0, 0.0), "floordiv": (1.0, 0.0), "mod": (1.0, 0.0), "pow": (0.0, -1.0)}
SIGN = {"truediv": "/", "floordiv": "//", "mod": "%", "pow": "**"}
BEFORE: dict[str, Callable[[float], Any]] = {
    "Value": lambda x: Value(x, "a"),
    "Mine": lambda x: Mine(x, "a"),
    "float": float,
    "int": int,
    "float64": np.float64,
    "float32": np.float32,
    "int64": np.int64,
    "Fraction": Fraction,
}
AFTER: dict[str, Callable[[float], Any]] = {
    name: (lambda x, make=make: make(x, "b")) if name in ("Value", "Mine") else make  # type: ignore[misc]
    for name, make in {**BEFORE, "Value": Value, "Mine": Mine}.items()
    if name != "Fraction"
}


def message(attempt: Callable[[], Any]) -> str:
    with pytest.raises(ArithmeticError) as error, np.errstate(all="ignore"):
        attempt()
    return str(error.value)


@pytest.mark.parametrize("name", AT)
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("after", AFTER)
def test_operands_stand_in_the_order_of_the_expression_whatever_they_are(name: str, before: str, after: str) -> None:
    if not {before, after} & {"Value", "Mine"}:
        return
    x, y = AT[name]
    said = message(lambda: getattr(operator, name)(BEFORE[before](x), AFTER[after](y)))
    first, second = "a" if before in ("Value", "Mine") else f"{x}", "b" if after in ("Value", "Mine") else f"{y}"
    assert said.startswith(f"{first} {SIGN[name]} {second}: ")
    at = [f"{letter} = {number}" for letter, number in ((first, x), (second, y)) if letter in "ab"]
    assert said.endswith(" at " + ", ".join(at))


def test_names_that_are_the_rows_letters_are_not_taken_for_each_other() -> None:
    y, x = Value(1.0, "y"), Value(0.0, "x")
    assert message(lambda: y / x).startswith("y / x: ")
    assert message(lambda: y / x).endswith(" at y = 1.0, x = 0.0")
    with pytest.raises(ValueError, match=r"^fmod\(y, x\): .* at y = 1\.0, x = 0\.0$"):
        fmod(y, x)


def test_what_has_no_name_never_goes_by_the_name_of_the_other_operand() -> None:
    one, x = Value(1.0), Value(0.0, "x")
    for attempt in (
        lambda: one / x,
        lambda: (x + 1) / x,
        lambda: np.divide(one, x),
        lambda: np.array([one]) / x,
        lambda: one / np.array([x]),
        lambda: np.array(one) / x,
        lambda: one / np.array(x),
        lambda: Value.record(OPS["truediv"], one, x),
        lambda: one.truediv(x),
        lambda: grad(lambda x: (x + 1) / x)(0.0),
        lambda: grad(lambda x: one / x)(0.0),
        lambda: value_and_grad(lambda x: (2 * x + 1) / x)(0.0),
        lambda: jacobian(lambda x: [(x + 1) / x])(0.0),
        lambda: jit(lambda x: (x + 1) / x)(0.0),
    ):
        assert message(attempt) == "1.0 / x: float division by zero at x = 0.0".replace(
            "float division by zero", said_by_python()
        )
    y = Value(1.0, "y")
    assert message(lambda: y / Value(0.0)).startswith("y / 0.0: ")
    assert message(lambda: y / Value(0.0)).endswith(" at y = 1.0")


def said_by_python() -> str:
    return message(lambda: 1.0 / 0.0)


def test_what_has_no_name_goes_by_a_letter_that_nobody_has() -> None:
    assert message(lambda: Value(1.0) / Value(0.0)).endswith(" at x = 1.0, y = 0.0")
    assert message(lambda: Value(1.0) / Value(0.0, "rate")).endswith(" at x = 1.0, rate = 0.0")
    assert message(lambda: Value(1.0, "price") / Value(0.0)).endswith(" at price = 1.0, y = 0.0")


def test_one_value_on_both_sides_is_said_once() -> None:
    x = Value(0.0, "x")
    assert message(lambda: x / x).endswith(" at x = 0.0")
    nameless = Value(0.0)
    assert message(lambda: nameless % nameless).endswith(" at x = 0.0, y = 0.0")


def test_the_base_of_a_power_stands_in_brackets_if_it_is_negative() -> None:
    for attempt in (
        lambda: (-2.0) ** Value(0.5, "x"),
        lambda: (-2) ** Value(0.5, "x"),
        lambda: np.float64(-2) ** Value(0.5, "x"),
        lambda: math.pow(-2, Value(0.5, "x")),
        lambda: grad(lambda x: (-2.0) ** x)(0.5),
    ):
        with pytest.raises(ValueError, match=r"^\(-2\.0\) \*\* x: .* at x = 0\.5$"):
            attempt()
    with pytest.raises(ZeroDivisionError, match=r"^-1\.0 / x: "):
        -1.0 / Value(0.0, "x")
    with pytest.raises(ZeroDivisionError, match=r"^x \*\* -1\.0: .* at x = 0\.0$"):
        Value(0.0, "x") ** -1


def test_functions_of_several_inputs_name_them_in_their_order() -> None:
    with pytest.raises(ValueError, match=r"^log\(2\.0, x\): .* at x = 0\.0$"):
        log(2.0, Value(0.0, "x"))
    own = function("own_ratio", "x / y / z", lambda x, y, z, out, g: (g, g, g))
    with pytest.raises(ZeroDivisionError, match=r"^own_ratio\(z, 0\.0, 3\.0\): .* at z = 1\.0$"):
        own(Value(1.0, "z"), 0.0, 3.0)
    with pytest.raises(ZeroDivisionError, match=r"^own_ratio\(x, z, 3\.0\): .* at x = 1\.0, z = 0\.0$"):
        own(Value(1.0), Value(0.0, "z"), Value(3.0))
    error = explained(ValueError("no"), OPS["hypot"], Value(1.0, "x2"), Value(2.0))
    assert str(error) == "hypot(x2, 2.0): no at x2 = 1.0"
    assert hypot(Value(3.0), 4.0).data == 5.0
