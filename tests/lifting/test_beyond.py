"""Where a number of a run comes to code that cannot be lifted: what was given, where, why, and what to do."""

from __future__ import annotations

import array
import struct
from decimal import Decimal
from typing import Any

import pytest

from micrograd_like import function, grad, jit, value_and_grad


def packed(x: Any) -> Any:
    return struct.unpack("d", struct.pack("d", x))[0] * x


def in_array(x: Any) -> Any:
    return array.array("d", [x])[0] * x


def in_decimals(x: Any) -> Any:
    return x * float(Decimal(x).quantize(Decimal("0.01")))


def turned(x: Any) -> Any:
    return abs(1j * x)


CASES = {
    in_array: r"^x came to array\.array in \S*test_beyond\.in_array, at test_beyond\.py:\d+  return array\.array",
    packed: r"^a number computed of the inputs came to struct\.pack in \S*test_beyond\.packed, at test_beyond\.py:",
    in_decimals: r"^a number computed of the inputs came to Decimal in \S*test_beyond\.in_decimals, at test_beyond",
}


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("transform", [grad, value_and_grad, lambda f: jit(grad(f))], ids=["grad", "value", "jit"])
def test_the_place_and_the_call_are_told_and_no_advice_to_lift(transform: Any, f: Any) -> None:
    with pytest.raises(TypeError, match=CASES[f]) as told:
        transform(f)(2.5)
    said = str(told.value)
    assert "That is compiled, or takes plain floats alone: no derivative goes through it." in said
    assert "micrograd_like.function(" in said
    assert "lift(" not in said


def test_the_line_that_is_told_to_write_works() -> None:
    with pytest.raises(TypeError) as told:
        grad(packed)(2.5)
    line = str(told.value).partition("make an operation, ")[2].partition(", with the slope")[0]
    assert line == "pack = micrograd_like.function('pack', lambda x: struct.pack('d', x), lambda x, out, g: g * slope)"
    through = function("through", lambda x: struct.unpack("d", struct.pack("d", x))[0], lambda x, out, g: g * 1.0)
    assert grad(lambda x: through(x) * x)(2.5) == 5.0


def of_two(t: Any, k: int) -> Any:
    return struct.unpack("d", struct.pack("d", t * k))[0]


# fmt: off
def on_one_line(t: Any) -> Any: return array.array("d", [t])[0]
# fmt: on


@pytest.mark.parametrize(
    ("f", "line"),
    [
        (in_decimals, "my_Decimal = micrograd_like.function('my_Decimal', lambda x: Decimal(x), lambda x, out, g"),
        (lambda x: of_two(x, 2), "pack = micrograd_like.function('pack', lambda x: struct.pack(x), lambda x, out, g"),
        (on_one_line, "function('array', lambda t: array.array('d', [t]), lambda t, out, g: g * slope)"),
    ],
)
def test_the_line_has_the_call_of_one_variable_and_never_calls_itself(f: Any, line: str) -> None:
    with pytest.raises(TypeError) as told:
        grad(lambda x: f(x) * 1.0)(2.5)
    assert line in str(told.value)


class Length(float):
    def __new__(cls, x: Any) -> Any:
        return super(Length, cls).__new__(cls, x)  # noqa: UP008


def test_super_with_arguments_is_told_of() -> None:
    with pytest.raises(
        TypeError, match=r"came to super.* in \S*Length\.__new__, at test_beyond\.py:\d+ .*\n.*write super\("
    ):
        grad(lambda x: Length(x) * 2.0)(2.5)


def test_complex_numbers_are_refused_by_their_name() -> None:
    with pytest.raises(
        TypeError, match=r"came to 1j \* x in \S*turned, at .*\nDerivatives are of real numbers, and no co"
    ):
        grad(lambda x: turned(x) * 2)(2.5)
    with pytest.raises(TypeError, match="'complex' and 'Value'"):
        grad(turned)(2.5)


def test_what_numpys_scalars_have_is_told() -> None:
    np = pytest.importorskip("numpy")

    def first(x: Any) -> Any:
        return (x**0.5)[()] * x * np.ones(1)[0]

    def some(x: Any) -> Any:
        return x if (x * 1.0 < 3.0).any() else -x

    for f in (first, some):
        with pytest.raises(
            TypeError, match=r"(?s)what NumPy's scalars have.*np\.array\(\[x\]\), and take the answer's \[0\]"
        ):
            grad(lambda x, f=f: f(x) + 1.0)(2.0)
        assert grad(lambda x, f=f: f(np.array([x]))[0])(2.0) == pytest.approx(1.5 * 2**0.5 if f is first else 1.0)


def test_an_error_of_the_functions_own_stays_what_it_is() -> None:
    def f(x: Any) -> Any:
        return x + "a"

    with pytest.raises(TypeError, match="unsupported operand"):
        grad(f)(2.0)
    with pytest.raises(TypeError, match="'NoneType' object is not subscriptable"):
        grad(lambda x: x * {}.get("a")[0])(2.0)  # type: ignore[index]
