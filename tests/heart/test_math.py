"""Facts about our `math`: on plain numbers the standard one, on Values the same numbers with their derivatives."""

from __future__ import annotations

import math as standard
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import mpmath
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from micrograd_like import Value, math
from micrograd_like.operation import OPS

inf, nan = standard.inf, standard.nan
NAMES = [name for name in dir(standard) if not name.startswith("_")]
OF_ITERABLES = ["dist", "fsum", "prod", "sumprod"]
FUNCTIONS = [name for name in NAMES if callable(getattr(standard, name)) and name not in OF_ITERABLES]
CONSTANT = "ceil comb factorial floor gcd isclose isfinite isinf isnan isqrt lcm perm trunc ulp".split()
PAIRS = {"frexp", "modf"}
COUNTING = {"comb", "factorial", "perm"}  # of numbers so large they never end

SPECIAL = [0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 0.5, 1.0, -1.0, 2.0, -3.0, 171.5, 710.0, 1e308, -1e308, inf, -inf, nan]
FLOATS = st.sampled_from(SPECIAL) | st.floats() | st.floats(-5, 5)
SMALL_INTS = st.integers(-3, 40)
INTS = SMALL_INTS | st.sampled_from([-(2**63), 2**63, 2**64 + 1, 10**400, -(10**400)])
OTHERS = st.sampled_from([None, "2", "x", 2j, [1.0], Fraction(7, 2)])
COUNTS = SMALL_INTS | st.booleans() | st.sampled_from([2.0, 2.5, nan, None, "2"])
NUMBERS = FLOATS | INTS | st.booleans()
quick = settings(max_examples=30)


def accepts(function: Callable[..., Any], count: int) -> bool:
    try:
        function(*[1] * count)
    except TypeError:
        return False
    except (ArithmeticError, ValueError):  # atanh(1) accepts its input, and raises all the same
        return True
    return True


ARITIES = {name: [n for n in range(4) if accepts(getattr(standard, name), n)] for name in FUNCTIONS}


def outcome(function: Callable[..., Any], *inputs: Any, **options: Any) -> str:
    """The answer to the last bit, nan and the sign of zero too; or the exception, its type and text."""
    try:
        return repr(function(*inputs, **options))
    except Exception as error:
        return repr(error)


def type_of_error(outcome: str) -> str:
    """`ValueError` for a ValueError; the answer itself where there is one."""
    error = re.match(r"(\w+Error)\(", outcome)
    return error[1] if error else outcome


def plain(x: Any) -> Any:
    """Values as their numbers, also inside tuples."""
    return tuple(map(plain, x)) if isinstance(x, tuple) else x.data if isinstance(x, Value) else x


def inputs_of(name: str, numbers: st.SearchStrategy[Any] = NUMBERS | OTHERS) -> st.SearchStrategy[tuple[Any, ...]]:
    """Inputs for a function, in a number that it accepts."""
    each = COUNTS if name in COUNTING else numbers
    return st.sampled_from(ARITIES[name]).flatmap(lambda count: st.tuples(*[each] * count))


# the names


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_standard_math_is_there(name: str) -> None:
    assert callable(getattr(math, name)) is callable(getattr(standard, name))
    if not callable(getattr(standard, name)):
        assert repr(getattr(math, name)) == repr(getattr(standard, name))


def test_a_star_import_brings_the_names_of_the_standard_math() -> None:
    namespace: dict[str, Any] = {}
    exec("from micrograd_like.math import *", namespace)
    assert sorted(namespace.keys() - {"__builtins__"}) == NAMES


def test_a_name_that_math_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="sine"):
        math.sine  # noqa: B018


def test_fma_and_sumprod_are_there_in_every_python() -> None:
    assert math.fma(2.0, 3.0, 4.0) == 10.0
    assert math.sumprod([1, 2], [3.0, 4.0]) == 11.0


# plain numbers


@pytest.mark.parametrize("name", FUNCTIONS)
@quick
@given(data=st.data())
def test_on_plain_numbers_answers_and_errors_are_those_of_math(name: str, data: st.DataObject) -> None:
    inputs = data.draw(inputs_of(name))
    assert outcome(getattr(math, name), *inputs) == outcome(getattr(standard, name), *inputs)


@pytest.mark.parametrize("name", [*FUNCTIONS, *(name for name in OF_ITERABLES if name in NAMES)])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_a_wrong_number_of_inputs_is_a_type_error_as_in_math(name: str, count: int) -> None:
    ours, its = (outcome(getattr(module, name), *[1] * count) for module in (math, standard))
    assert type_of_error(ours) == type_of_error(its)


SEQUENCES = st.lists(NUMBERS | st.none(), max_size=4) | st.lists(FLOATS, min_size=2, max_size=2)


@quick
@given(SEQUENCES)
def test_fsum_of_plain_numbers_is_that_of_math(xs: list[Any]) -> None:
    assert outcome(math.fsum, xs) == outcome(standard.fsum, xs)
    assert outcome(math.fsum, iter(xs)) == outcome(standard.fsum, iter(xs))


@quick
@given(SEQUENCES, NUMBERS | st.none())
def test_prod_of_plain_numbers_is_that_of_math(xs: list[Any], start: Any) -> None:
    assert outcome(math.prod, xs) == outcome(standard.prod, xs)
    assert outcome(math.prod, iter(xs), start=start) == outcome(standard.prod, iter(xs), start=start)


@quick
@given(SEQUENCES, SEQUENCES)
def test_dist_of_plain_numbers_is_that_of_math(p: list[Any], q: list[Any]) -> None:
    assert outcome(math.dist, p, q) == outcome(standard.dist, p, q)


@pytest.mark.skipif("sumprod" not in NAMES, reason="math.sumprod is new in Python 3.12")
@quick
@given(SEQUENCES, SEQUENCES)
def test_sumprod_of_plain_numbers_is_that_of_math(p: list[Any], q: list[Any]) -> None:
    assert outcome(math.sumprod, p, q) == outcome(standard.sumprod, p, q)  # type: ignore[attr-defined,unused-ignore]


@pytest.mark.parametrize("name", OF_ITERABLES)
@pytest.mark.parametrize("inputs", [(1, 2), ("12", [1, 2]), (None, [1.0])], ids=repr)
def test_what_cannot_be_iterated_over_is_the_same_type_error(name: str, inputs: tuple[Any, Any]) -> None:
    if name in NAMES:
        inputs = inputs[:1] if name in ("fsum", "prod") else inputs
        assert outcome(getattr(math, name), *inputs) == outcome(getattr(standard, name), *inputs)


@quick
@given(FLOATS, FLOATS, st.floats(-1, 2), st.floats(-1, 2))
def test_isclose_takes_the_tolerances_of_math(x: float, y: float, relative: float, absolute: float) -> None:
    tolerances = {"rel_tol": relative, "abs_tol": absolute}
    its = outcome(standard.isclose, x, y, **tolerances)
    assert outcome(math.isclose, x, y, **tolerances) == its
    assert outcome(math.isclose, Value(x), Value(y), **tolerances) == its


@quick
@given(FLOATS, FLOATS, st.integers(-2, 5) | st.sampled_from([2**60, 10**30, None, 1.5]))
def test_nextafter_takes_steps_where_that_of_math_does(x: float, y: float, steps: Any) -> None:
    its = outcome(standard.nextafter, x, y, steps=steps)
    assert type_of_error(outcome(math.nextafter, x, y, steps=steps)) == type_of_error(its)
    if "Error" not in its:
        assert repr(plain(math.nextafter(Value(x), y, steps=steps))) == its


# Values


@pytest.mark.parametrize("name", FUNCTIONS)
@quick
@given(data=st.data())
def test_on_values_the_numbers_are_those_of_math_and_so_are_the_types_of_errors(name: str, data: st.DataObject) -> None:
    inputs = data.draw(inputs_of(name, FLOATS | SMALL_INTS))
    wrapped = tuple(Value(x) if type(x) is float and data.draw(st.booleans()) else x for x in inputs)
    read = whole if name in COUNTING | {"gcd", "isqrt", "lcm"} else plain
    numbers = [read(x.data) if isinstance(x, Value) else x for x in wrapped]
    assert on_values(name, wrapped) == type_of_error(outcome(getattr(standard, name), *numbers))


def whole(x: Any) -> Any:
    """What integer functions read in a Value: an int where it is one."""
    return int(x) if isinstance(x, float) and x.is_integer() else x


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in CONSTANT])
def test_a_function_with_a_derivative_answers_a_value(name: str) -> None:
    at = 1.5 if name in ("acosh", "frexp", "modf") else 0.5
    answer = getattr(math, name)(Value(at), *[2] * (max(ARITIES[name][0], 1) - 1))
    assert isinstance(answer[0] if name in PAIRS else answer, Value)


@pytest.mark.parametrize("name", CONSTANT)
def test_a_function_that_is_constant_almost_everywhere_answers_a_plain_number(name: str) -> None:
    inputs = [4.0] * max(ARITIES[name][0], 1)
    numbers = inputs if name in ("isclose", "isfinite", "isinf", "isnan", "ulp") else [4] * len(inputs)
    assert repr(getattr(math, name)(*map(Value, inputs))) == repr(getattr(standard, name)(*numbers))


@pytest.mark.parametrize(
    ("expression", "out"),
    [
        ("floor(Value(-2.5))", -3),
        ("ceil(Value(-2.5))", -2),
        ("trunc(Value(-2.5))", -2),
        ("gcd(Value(12), Value(18), 8)", 2),
        ("lcm(Value(4), 6)", 12),
        ("factorial(Value(5))", 120),
        ("comb(Value(5), 2)", 10),
        ("perm(Value(5), Value(2))", 20),
        ("perm(Value(5))", 120),
        ("isqrt(Value(17))", 4),
        ("isnan(Value(nan))", True),
        ("isclose(Value(1), Value(1 + 1e-12))", True),
        ("isclose(Value(1), 1.1, rel_tol=0.2)", True),
        ("isclose(1.0, Value(1.1), abs_tol=0.01)", False),
        ("ulp(Value(1))", 2.0**-52),
        ("frexp(Value(6))[1]", 3),
        ("modf(Value(-2.5))[1]", -2.0),
    ],
)
def test_constant_functions_of_values_by_example(expression: str, out: Any) -> None:
    answer = eval(expression, {**vars(math), "nan": nan})
    assert (type(answer), answer) == (type(out), out)


@pytest.mark.parametrize("name", ["factorial", "gcd", "isqrt"])
def test_integer_functions_refuse_a_value_that_is_not_whole_as_they_refuse_its_number(name: str) -> None:
    ours, its = outcome(getattr(math, name), Value(2.5)), outcome(getattr(standard, name), 2.5)
    assert ours == its
    assert type_of_error(its) == "TypeError"


VALUES = st.lists(FLOATS, min_size=1, max_size=4)


@quick
@given(VALUES, VALUES, st.integers(0, 15))
def test_functions_of_iterables_of_values_give_the_numbers_of_math(p: list[float], q: list[float], which: int) -> None:
    q = (q * 4)[: len(p)]
    mixed = [Value(x) if which >> k & 1 else x for k, x in enumerate(p)]
    for name, ours, its in [("fsum", [mixed], [p]), ("prod", [mixed], [p]), ("dist", [mixed, q], [p, q])]:
        assert on_values(name, ours) == type_of_error(outcome(getattr(standard, name), *its)), name


def on_values(name: str, inputs: Iterable[Any]) -> str:
    """The numbers of what our function answers, or the type of its error."""
    return type_of_error(outcome(lambda: plain(getattr(math, name)(*inputs))))


@pytest.mark.skipif("sumprod" not in NAMES, reason="math.sumprod is new in Python 3.12")
@quick
@given(VALUES, VALUES)
def test_sumprod_of_values_is_that_of_math(p: list[float], q: list[float]) -> None:
    q = (q * 4)[: len(p)]
    its = repr(standard.sumprod(p, q))  # type: ignore[attr-defined,unused-ignore]
    assert repr(math.sumprod(map(Value, p), q).data) == repr(math.sumprod(p, [Value(x) for x in q]).data) == its


def test_plain_ints_beside_a_value_are_rounded_to_floats_first_as_in_math() -> None:
    assert standard.dist([10**17 + 1, 0.0], [10**17, 0.0]) == 0.0
    assert math.dist([10**17 + 1, Value(0)], [10**17, 0.0]).data == 0.0


@pytest.mark.parametrize("x", [0.0, nan, inf, 5e-324, -1e308])
@pytest.mark.parametrize("exponent", [10**400, -(10**400), 2000, -2100], ids=["huge", "-huge", "2000", "-2100"])
def test_ldexp_of_a_value_takes_any_exponent_that_math_takes(x: float, exponent: int) -> None:
    its = type_of_error(outcome(standard.ldexp, x, exponent))
    assert on_values("ldexp", [Value(x), exponent]) == its


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in CONSTANT and 2 in ARITIES[name]])
@pytest.mark.parametrize("wrong", [None, "2", 2j, [1.0]], ids=repr)
def test_what_is_no_number_beside_a_value_is_a_type_error(name: str, wrong: Any) -> None:
    for inputs in ((Value(2), wrong), (wrong, Value(2))):
        assert on_values(name, inputs) == "TypeError"


# derivatives


def mp_dist(p: Any, q: Any) -> Any:
    return mpmath.sqrt(sum((x - y) ** 2 for x, y in zip(p, q, strict=True)))


def mp_prod(xs: Any, start: Any = 1) -> Any:
    return mpmath.fprod([start, *xs])


def mp_modf(x: Any) -> Any:
    whole = mpmath.sign(x) * mpmath.floor(abs(x))
    return x - whole, whole


ORACLE = {
    **oracles.MPMATH,
    "pow": mpmath.power,
    "dist": mp_dist,
    "prod": mp_prod,
    "frexp": mpmath.frexp,
    "modf": mp_modf,
}
ONE_INPUT = [name for name in FUNCTIONS if name in OPS and OPS[name].arity == 1]


@pytest.mark.parametrize(
    ("expression", "x", "y"),
    [
        *((f"{name}(x)", OPS[name].at[0], 1.0) for name in ONE_INPUT),
        ("log(x, y)", 0.7, 3.0),
        ("log(x, 10)", 0.7, 3.0),
        ("log(10, y)", 0.7, 3.0),
        ("log(y, x)", 0.7, 3.0),
        ("pow(x, y)", 0.7, 1.3),
        ("pow(x, 3)", -0.7, 1.3),
        ("pow(2, y)", 0.7, -1.3),
        ("atan2(x, y)", 0.7, -1.3),
        ("copysign(x, y)", 0.7, -1.3),
        ("copysign(-2, y) * x", 0.7, -1.3),
        ("fmod(x, y)", -7.5, 2.0),
        ("remainder(x, y)", -7.5, 2.0),
        ("hypot(x)", -0.7, 1.3),
        ("hypot(x, y)", -0.7, 1.3),
        ("hypot(3, x, y, 4)", -0.7, 1.3),
        ("fsum([x, y, x, 5])", 0.7, 1.3),
        ("prod([x, y, x, 5])", 0.7, 1.3),
        ("prod([x, y], start=x)", 0.7, 1.3),
        ("prod([2, 3], start=x)", 0.7, 1.3),
        ("prod([x, 0, y])", 0.7, 1.3),
        ("prod([x, y, 2])", 0.0, 1.3),
        ("prod([x, y, 2])", 0.0, 0.0),
        ("sumprod([x, 2, y], [y, x, 3])", 0.7, 1.3),
        ("sumprod([1, 2], [x, y])", 0.7, 1.3),
        ("sumprod([x, x], [x, x])", 0.7, 1.3),
        ("dist([x, y], [1, -1])", 0.7, 1.3),
        ("dist([x, y, 5], [y, x, 2])", 0.7, 1.3),
        ("dist((0, 0), (x, y))", 0.7, 1.3),
        ("fma(x, y, x)", 0.7, 1.3),
        ("fma(2, x, y)", 0.7, 1.3),
        ("fma(2, 3, y) * x", 0.7, 1.3),
        ("ldexp(x, 5)", 0.7, 1.3),
        ("ldexp(y, -3)", 0.7, 1.3),
        ("frexp(x)[0]", 6.5, 1.3),
        ("frexp(x)[0]", -0.1, 1.3),
        ("modf(x)[0]", -2.5, 1.3),
        ("x * modf(x)[1]", -2.5, 1.3),
        ("nextafter(x, y)", 0.7, 1.3),
        ("nextafter(x, 0)", 0.7, 1.3),
    ],
)
def test_the_derivatives_are_the_slopes_in_fifty_digits(expression: str, x: float, y: float) -> None:
    inputs = {"x": Value(x), "y": Value(y)}
    eval(expression, {**vars(math)}, inputs).backward()
    for name, v in inputs.items():
        true = mp_slope(expression, {"x": x, "y": y}, name)
        assert v.grad == pytest.approx(float(true), rel=1e-14, abs=0), name


def mp_slope(expression: str, at: dict[str, float], name: str) -> Any:
    """The slope between two neighbours of a point, so close that fifty digits remain."""
    with mpmath.workdps(110):
        step = mpf(10) ** -30
        below, above = ({**{k: mpf(x) for k, x in at.items()}, name: at[name] + h} for h in (-step, step))
        slope = (eval(expression, {**ORACLE}, above) - eval(expression, {**ORACLE}, below)) / (2 * step)
        return mpf(0) if abs(slope) < mpf(10) ** -25 else slope


def slopes(f: Callable[..., Any], *at: float) -> list[float]:
    xs = [Value(x) for x in at]
    f(*xs).backward()
    return [x.grad for x in xs]


def test_points_that_coincide_have_distance_0_and_derivative_0() -> None:
    assert slopes(lambda x, y: math.dist([x, y], [2, 3]), 2.0, 3.0) == [0.0, 0.0]


def test_the_product_with_two_zeros_among_its_factors_has_derivative_0_and_with_one_the_product_of_the_others() -> None:
    assert slopes(lambda *xs: math.prod(xs), 0.0, 2.0, 3.0) == [6.0, 0.0, 0.0]
    assert slopes(lambda *xs: math.prod(xs), 0.0, 0.0, 3.0) == [0.0, 0.0, 0.0]


def test_a_value_that_comes_twice_receives_both_shares() -> None:
    assert slopes(lambda x: math.fsum([x, x, x]), 5.0) == [3.0]
    assert slopes(lambda x: math.sumprod([x, 1], [x, x]), 5.0) == [11.0]
    assert slopes(lambda x: math.dist([x, x], [0, 0]), 5.0) == pytest.approx([standard.sqrt(2)], rel=1e-15)


def test_frexp_and_ldexp_are_inverse_and_their_derivatives_too() -> None:
    assert slopes(lambda x: math.ldexp(*math.frexp(x)), 1e300) == [1.0]
    assert slopes(lambda x: math.frexp(x)[0], 6.0) == [0.125]
    assert slopes(lambda x: math.ldexp(x, 5), 6.0) == [32.0]


def test_the_whole_part_is_constant_and_the_fraction_has_slope_1() -> None:
    fraction, whole = math.modf(Value(-2.75))
    assert (fraction.data, whole, type(whole)) == (-0.75, -2.0, float)
    assert slopes(lambda x: math.modf(x)[0], -2.75) == [1.0]


def test_nextafter_follows_its_first_input_and_not_the_second() -> None:
    assert slopes(math.nextafter, 1.0, 2.0) == [1.0, 0.0]
    assert math.nextafter(1.0, Value(2.0)) == 1.0000000000000002


STEPS = accepts(lambda _: standard.nextafter(1, 2, steps=3), 1)


@pytest.mark.skipif(not STEPS, reason="steps are new in Python 3.12")
@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (-0.0, 0.0), (inf, 0.0), (-1.0, inf), (-1e308, 1e308), (1.0, nan)])
@pytest.mark.parametrize("steps", [0, 1, 3, 2**60, 2**70, None])
def test_nextafter_by_many_steps_is_that_of_math_and_has_slope_1_too(x: float, y: float, steps: int | None) -> None:
    its = standard.nextafter(x, y, steps=steps)  # type: ignore[call-arg,unused-ignore]
    assert repr(math.nextafter(Value(x), y, steps=steps).data) == repr(its)
    assert slopes(lambda x: math.nextafter(x, y, steps=steps), x) == [1.0]


# iterables and errors


def test_an_iterable_may_be_one_that_is_read_only_once() -> None:
    assert math.fsum(Value(x) for x in (1, 2)).data == 3.0
    assert math.prod(Value(x) for x in (2, 3)).data == 6.0
    assert math.sumprod(iter([Value(2)]), iter([3])).data == 6.0


@pytest.mark.parametrize("name", ["dist", "sumprod"])
def test_points_of_different_dimensions_are_a_value_error_with_the_words_of_math(name: str) -> None:
    words = {"dist": "both points must have the same number of dimensions", "sumprod": "Inputs are not the same length"}
    for p, q in (([Value(1)], [1, 2]), ([1.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match=f"^{words[name]}$"):
            getattr(math, name)(p, q)


a, b = Value(1e308, name="a"), Value(1e308, name="b")


@pytest.mark.parametrize(
    ("name", "inputs", "call", "where"),
    [
        ("log", [Value(0, "price")], "log(price)", "price = 0.0"),
        ("log", [Value(-1, "price"), 10], "log(price, 10.0)", "price = -1.0"),
        ("log", [2, Value(1, "base")], "log(2.0, base)", "base = 1.0"),
        ("log", [2, Value(-1, "base")], "log(2.0, base)", "base = -1.0"),
        ("sqrt", [Value(-4, "area")], "sqrt(area)", "area = -4.0"),
        ("exp", [Value(1000, "rate")], "exp(rate)", "rate = 1000.0"),
        ("acosh", [Value(0.5)], "acosh(x)", "x = 0.5"),
        ("gamma", [Value(-1, "k")], "gamma(k)", "k = -1.0"),
        ("pow", [Value(-8, "base"), 0.5], "base ** 0.5", "base = -8.0"),
        ("pow", [0, Value(-1, "y")], "0.0 ** y", "y = -1.0"),
        ("pow", [Value(10, "x"), Value(400, "y")], "x ** y", "x = 10.0, y = 400.0"),
        ("fmod", [Value(1, "x"), Value(0, "y")], "fmod(x, y)", "x = 1.0, y = 0.0"),
        ("ldexp", [Value(1, "x"), 5000], "ldexp(x, 5000.0)", "x = 1.0"),
        ("fma", [Value(1e308, "x"), 10, 0], "fma(x, 10.0, 0.0)", "x = 1e+308"),
        ("fma", [Value(inf, "x"), 0, 1], "fma(x, 0.0, 1.0)", "x = inf"),
    ],
)
def test_an_error_on_values_is_that_of_math_and_names_the_operation_and_its_operands(
    name: str, inputs: list[Any], call: str, where: str
) -> None:
    with pytest.raises((ArithmeticError, ValueError)) as its:
        getattr(standard, name, getattr(math, name))(*map(plain, inputs))
    with pytest.raises(its.type, match=f"^{re.escape(f'{call}: {its.value} at {where}')}$"):
        getattr(math, name)(*inputs)


def test_an_error_in_a_sum_of_values_names_them() -> None:
    with pytest.raises(
        OverflowError, match=r"^fsum\(a, b\): intermediate overflow in fsum at a = 1e\+308, b = 1e\+308$"
    ):
        math.fsum([Value(1e308, name="a"), Value(1e308, name="b")])


@pytest.mark.parametrize(("name", "others"), [("exp", ()), ("hypot", (1,)), ("ldexp", (1,))])
def test_the_standard_math_refuses_a_value_and_says_where_to_find_ours(name: str, others: tuple[int, ...]) -> None:
    with pytest.raises(TypeError, match=r"micrograd_like\.exp, not math\.exp"):
        getattr(standard, name)(Value(1), *others)
