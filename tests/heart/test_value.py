"""The facts of a Value: what it holds, how it behaves among numbers, and what backward() leaves behind."""

from __future__ import annotations

import copy
import decimal
import fractions
import gc
import math
import pathlib
import pickle
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_like
from micrograd_like import Value, exp, function, log, maximum, minimum, relu, sigmoid, softplus, sqrt, tanh, where

INFINITE, NAN = math.inf, math.nan


def gradients(y: Value, *xs: Value) -> tuple[float, ...]:
    y.backward()
    return tuple(x.grad for x in xs)


def chain(length: int) -> tuple[Value, Value]:
    x = y = Value(1.0)
    for _ in range(length):
        y = y * 1.0
    return x, y


# the book


def test_two_apples_at_100_with_ten_percent_tax_cost_220() -> None:
    apple, n, tax = Value(100), Value(2), Value(1.1)
    total = apple * n * tax
    assert total.data == pytest.approx(220, rel=1e-15)
    assert gradients(total, apple, n, tax) == pytest.approx((2.2, 110, 200), rel=1e-15)


# what a Value holds


@pytest.mark.parametrize(
    "number",
    [2, True, 2.5, fractions.Fraction(5, 2), decimal.Decimal("2.5"), np.float64(2.5), np.float32(2.5), np.int64(2)],
    ids=repr,
)
def test_any_real_number_becomes_a_float(number: Any) -> None:
    assert type(Value(number).data) is float
    assert Value(number).data == float(number)
    assert type((Value(1.0) + number).parents[1]) is float
    assert (number + Value(1.0)).data == float(number) + 1


def test_numpys_bool_and_an_array_without_dimensions_are_numbers() -> None:
    assert Value(np.bool_(True)).data == 1.0
    assert Value(np.array(2.5)).data == 2.5


@pytest.mark.parametrize(
    "wrong",
    ["2", None, 2j, np.complex128(1), Value(1.0), [1.0], np.array([1.0]), b"2", np.str_("3"), np.array("3")],
    ids=repr,
)
def test_anything_else_is_refused_and_shown(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a Value holds a real number, not ") as error:
        Value(wrong)
    assert repr(wrong) in str(error.value)


def test_a_name_is_a_str() -> None:
    assert Value(1.0, name="apple").name == "apple"
    assert Value(1.0).name is None
    with pytest.raises(TypeError, match="the name of a Value is a str, not 3"):
        Value(1.0, name=3)  # type: ignore[arg-type]


def test_a_leaf_has_no_operation_no_parents_and_no_closure() -> None:
    x = Value(2.0)
    assert (x.op, x.parents, x._backward, x.grad) == (None, (), None, 0.0)


def test_parents_stand_in_the_order_of_the_expression_and_numbers_stay_plain() -> None:
    x = Value(3.0)
    assert (x * 2).parents == (x, 2.0)
    assert (2 - x).parents[0] == 2.0
    assert (2 - x).parents[1] is x
    assert [type(p) for p in (x * 2).parents] == [Value, float]


def test_the_local_closure_takes_the_derivative_that_arrives_and_answers_what_each_parent_receives() -> None:
    x, y = Value(3.0), Value(4.0)
    assert (x * y)._backward(10.0) == (40.0, 30.0)
    assert exp(Value(0.0))._backward(5.0) == (5.0,)


def test_sum_leaves_no_zero_in_the_graph() -> None:
    x, y = Value(1.0), Value(2.0)
    total = sum([x, y])
    assert total.parents[0] is x
    assert total.parents[1] is y
    assert sum([zero := Value(-0.0)]) is zero


def test_an_augmented_assignment_rebinds_the_name_and_leaves_the_old_value_alone() -> None:
    x = y = Value(1.0)
    x += 1
    assert (y.data, x.data) == (1.0, 2.0)
    assert y.op is None


def test_the_repr_shows_data_grad_and_the_name_if_there_is_one() -> None:
    assert repr(Value(220)) == "Value(data=220.0, grad=0.0)"
    assert repr(Value(220, name="total")) == "Value(data=220.0, grad=0.0, name='total')"


def test_formatting_formats_the_data() -> None:
    assert f"{Value(2.2):.2f}" == "2.20"
    assert f"{Value(2.2)}" == "Value(data=2.2, grad=0.0)"


# among numbers


@pytest.mark.parametrize("drop", [float, math.exp, complex, math.hypot, np.float64, lambda x: np.array([x], float)])
def test_what_would_drop_the_derivative_raises_and_names_the_way_out(drop: Any) -> None:
    with pytest.raises(TypeError, match=r"lose its derivative.*micrograd_like\.exp.*\.data"):
        drop(Value(1.0))


def test_conversions_that_are_constant_almost_everywhere_answer_plain_numbers() -> None:
    x = Value(2.7)
    answers = [int(x), round(x), math.floor(x), math.ceil(x), math.trunc(x)]
    assert answers == [2, 3, 2, 3, 2]
    assert {type(answer) for answer in answers} == {int}
    assert type(round(x, 1)) is float
    assert round(Value(2.74), 1) == 2.7


def test_a_value_has_the_parts_of_a_plain_number() -> None:
    x = Value(2.5)
    assert x.real is x.conjugate() is x
    assert (x.imag, type(x.imag)) == (0.0, float)
    numbers = [2.0, 2.5, -3.0, -0.0, 1e300, 5e-324, math.inf, NAN]
    assert [Value(number).is_integer() for number in numbers] == [number.is_integer() for number in numbers]
    with pytest.raises(
        TypeError, match=r"^price would lose its derivative as a ratio of whole numbers: take its \.data"
    ):
        Value(2.5, "price").as_integer_ratio()


@pytest.mark.parametrize("use", [range, lambda n: [1, 2][n], lambda n: [0] * n, lambda n: "text"[:n], math.factorial])
def test_a_value_is_no_whole_number_to_count_or_index_with(use: Any) -> None:
    with pytest.raises(TypeError, match=r"^n is there to differentiate by, .*: write int\(n\), or leave n a plain int"):
        use(Value(1, "n"))
    with pytest.raises(TypeError, match=r"^a Value is there to differentiate by, .*; a list times a Value is \[a \*"):
        use(Value(1))


def test_a_value_of_a_value_says_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"name='x'\): compute with x as it is, or take its \.data for a new Value"):
        Value(Value(1.0, "x"))


def test_a_value_is_true_unless_it_is_zero() -> None:
    assert [bool(Value(x)) for x in (0.0, -0.0, 1e-300, NAN)] == [False, False, True, True]


def test_ordering_and_equality_compare_the_numbers() -> None:
    assert Value(1.0) < Value(2.0) <= 2 < Value(3.0) != 4
    assert Value(2.0) == 2 == Value(2.0)
    assert Value(2.0) == fractions.Fraction(2)
    assert Value(2.0) != "2"
    assert Value(2.0) is not None
    assert Value(NAN) != Value(NAN)
    assert Value(1e308) < 10**400


def test_the_hash_is_by_identity() -> None:
    x, y = Value(1.0), Value(1.0)
    assert len({x, y}) == 2
    assert {x: "x", y: "y"}[x] == "x"


def test_ordering_with_what_is_no_number_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        Value(1.0) < "2"  # noqa: B015


@pytest.mark.parametrize("wrong", ["2", None, 2j, [1], object()], ids=lambda x: type(x).__name__)
def test_arithmetic_with_what_is_no_number_is_a_type_error(wrong: Any) -> None:
    for attempt in (lambda: Value(1.0) + wrong, lambda: wrong * Value(1.0), lambda: Value(1.0) ** wrong):
        with pytest.raises(TypeError):
            attempt()


def test_a_function_says_which_argument_is_no_number() -> None:
    with pytest.raises(TypeError, match="atan2 takes numbers and Values, not 'north'"):
        micrograd_like.atan2(Value(1.0), "north")
    with pytest.raises(TypeError, match="hypot takes numbers and Values, not None"):
        Value(1.0).hypot(None)


def test_divmod_is_floor_division_and_remainder() -> None:
    x, y = Value(-7.0), Value(2.0)
    assert [part.data for part in divmod(x, y)] == [-4.0, 1.0]
    assert [part.data for part in divmod(x, 2)] == [-4.0, 1.0]
    assert [part.data for part in divmod(-7, y)] == [-4.0, 1.0]


@given(x=st.floats(), y=st.floats())
def test_arithmetic_is_that_of_floats_bit_for_bit(x: float, y: float) -> None:
    for text in ("x + y", "x - y", "x * y", "x / y", "x // y", "x % y", "-x", "+x", "abs(x)", "x ** 2", "x ** y"):
        try:
            expected = eval(text, {"x": x, "y": y})
        except (ArithmeticError, ValueError) as error:
            with pytest.raises(type(error)):
                eval(text, {"x": Value(x), "y": Value(y)})
            continue
        if isinstance(expected, complex):
            with pytest.raises(ValueError, match="math domain error"):
                eval(text, {"x": Value(x), "y": Value(y)})
        else:
            for names in ({"x": Value(x), "y": Value(y)}, {"x": Value(x), "y": y}, {"x": x, "y": Value(y)}):
                answer = eval(text, names)
                assert repr(getattr(answer, "data", answer)) == repr(expected), text


def test_a_subclass_is_a_value_too() -> None:
    class Price(Value):
        pass

    x, y = Price(3.0), Value(2.0)
    assert gradients(x * y + y * x + exp(x) * 0 + 2 * x, x, y) == (6.0, 6.0)


def test_a_plain_exponent_has_a_row_of_its_own_which_computes_no_logarithm() -> None:
    class Exponent(Value):
        pass

    x = Value(3.0)
    rows = [y.op.name for y in (x**2, x**2.5, x ** Value(2.0), x ** Exponent(2.0), 2**x)]
    assert rows == ["pow_const", "pow_const", "pow", "pow", "pow"]


# numpy


def test_arrays_of_values_keep_their_derivatives() -> None:
    x = Value(2.0)
    for y in (x * np.array([1.0, 3.0]), np.array([1.0, 3.0]) * x):
        assert y.dtype == object
        assert [v.data for v in y] == [2.0, 6.0]
    assert gradients(np.sum(np.exp(np.array([x, x]) * 0.5)), x) == pytest.approx((math.e,))


def test_a_numpy_scalar_times_a_value_is_a_value() -> None:
    x = Value(2.0)
    assert type(np.float64(3) * x) is Value
    assert gradients(np.float64(3) * x + x * np.float32(2), x) == (5.0,)


def test_numpys_functions_find_the_methods_of_their_names() -> None:
    x = np.array([Value(0.5)])
    for name in ("arcsin", "arctan", "exp2", "log1p", "cbrt", "tanh", "absolute", "negative", "degrees", "fabs"):
        assert getattr(np, name)(x)[0].data == pytest.approx(getattr(np, name)(0.5), rel=1e-15)


# backward


def test_gradients_add_up_where_paths_meet() -> None:
    a, b = Value(2.0), Value(1.0)
    c, d = a + b, b + 1
    assert gradients(c * d, a, b, c, d) == (2.0, 5.0, 2.0, 3.0)


def test_leaves_accumulate_over_calls_and_inner_values_do_not() -> None:
    x = Value(3.0)
    square = x * x
    y = square * x
    assert gradients(y, x, square) == (27.0, 3.0)
    assert gradients(y, x, square) == (54.0, 3.0)


def test_backward_of_a_leaf_adds_one() -> None:
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_zero_grad_clears_everything_the_value_came_from() -> None:
    x = Value(3.0)
    square = x * x
    y = square * 2
    y.backward()
    y.zero_grad()
    assert (x.grad, square.grad, y.grad) == (0.0, 0.0, 0.0)


def test_a_pending_backward_is_not_disturbed_by_writing_data() -> None:
    x, y = Value(3.0), Value(5.0)
    product = x * y
    x.data, y.data, product.data = 100.0, 100.0, 100.0
    assert gradients(product, x, y) == (5.0, 3.0)


def test_writing_the_data_of_an_inner_value_does_not_recompute_what_was_built_on_it() -> None:
    x = Value(3.0)
    square = x * x
    y = square + 1
    square.data = 0.0
    assert y.data == 10.0


def test_a_doubling_sixty_times_over_gives_exactly_2_to_the_60() -> None:
    x = y = Value(1.0)
    for _ in range(60):
        y = y + y
    assert gradients(y, x) == (2.0**60,)


def test_two_threads_with_their_own_graphs_do_not_disturb_each_other() -> None:
    answers: list[float] = []

    def work() -> None:
        for _ in range(100):
            x, y = chain(100)
            (y * x).backward()
            answers.append(x.grad)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [2.0] * 400


# awkward points


@pytest.mark.parametrize(
    ("f", "at", "slopes"),
    [
        (abs, [0.0], [0.0]),
        (relu, [0.0], [0.0]),
        (maximum, [2.0, 2.0], [0.5, 0.5]),
        (minimum, [2.0, 2.0], [0.5, 0.5]),
        (maximum, [2.0, 1.0], [1.0, 0.0]),
        (max, [2.0, 2.0], [1.0, 0.0]),
        (min, [2.0, 2.0], [1.0, 0.0]),
        (lambda x: x**0, [0.0], [0.0]),
        (lambda x: x**1, [0.0], [1.0]),
        (lambda x: x**2, [0.1], [0.2]),
        (lambda x: x**2, [-3.0], [-6.0]),
        (lambda x: x**-1, [-2.0], [-0.25]),
        (lambda x, y: x**y, [0.0, 2.0], [0.0, 0.0]),
        (lambda x, y: x**y, [0.0, 1.0], [1.0, 0.0]),
        (lambda x, y: x**y, [0.0, 0.0], [0.0, NAN]),
        (lambda x, y: x**y, [-2.0, 3.0], [12.0, NAN]),
        (lambda x: 2**x, [0.0], [math.log(2)]),
        (sqrt, [0.0], [INFINITE]),
        (lambda x: x**0.5, [0.0], [INFINITE]),
        (lambda x: x**1e-17, [0.0], [INFINITE]),
        (lambda x: x**1e-17, [-0.0], [INFINITE]),
        (micrograd_like.cbrt, [0.0], [INFINITE]),
        (micrograd_like.asin, [1.0], [INFINITE]),
        (micrograd_like.acos, [-1.0], [-INFINITE]),
        (micrograd_like.acosh, [1.0], [INFINITE]),
        (micrograd_like.hypot, [0.0, 0.0], [0.0, 0.0]),
        (micrograd_like.atan2, [0.0, 0.0], [NAN, NAN]),
        (lambda x, y: x % y, [7.5, 2.0], [1.0, -3.0]),
        (lambda x, y: x % y, [-7.5, 2.0], [1.0, 4.0]),
        (lambda x, y: x // y, [7.5, 2.0], [0.0, 0.0]),
        (micrograd_like.fmod, [-7.5, 2.0], [1.0, 3.0]),
        (micrograd_like.remainder, [7.5, 2.0], [1.0, -4.0]),
        (micrograd_like.copysign, [3.0, -1.0], [-1.0, 0.0]),
        (micrograd_like.copysign, [-3.0, -1.0], [1.0, 0.0]),
        (lambda x, y: where(x > 0, x, y), [-1.0, 2.0], [0.0, 1.0]),
    ],
)
def test_derivatives_at_the_awkward_points(f: Any, at: list[float], slopes: list[float]) -> None:
    xs = [Value(x) for x in at]
    assert gradients(f(*xs), *xs) == pytest.approx(slopes, rel=1e-15, abs=0, nan_ok=True)


def test_where_passes_the_derivative_to_the_chosen_branch_though_the_other_is_infinite_or_nan() -> None:
    x = Value(0.0)
    assert gradients(where(x > 0, sqrt(x) * x, x * 3), x) == (3.0,)


@pytest.mark.parametrize("f", [sigmoid, tanh, softplus, micrograd_like.log1p, micrograd_like.expm1])
@pytest.mark.parametrize("x", [-1e308, -745.0, -40.0, 0.0, 40.0, 700.0, 1e308])
def test_saturating_functions_do_not_overflow(f: Any, x: float) -> None:
    if (f is micrograd_like.log1p and x <= -1) or (f is micrograd_like.expm1 and x > 709):
        return
    v = Value(x)
    y = f(v)
    assert math.isfinite(y.data)
    assert math.isfinite(gradients(y, v)[0])


def test_gamma_without_scipy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    y = micrograd_like.gamma(Value(3.0))
    with pytest.raises(ImportError, match="need SciPy: pip install scipy"):
        y.backward()


# forward errors


@pytest.mark.parametrize(
    ("attempt", "kind", "message"),
    [
        (lambda x: log(x), ValueError, "log(x): math domain error at x = -1.0"),
        (lambda x: x / 0, ZeroDivisionError, "x / 0.0: float division by zero at x = -1.0"),
        (lambda x: 1 / (x + 1), ZeroDivisionError, "1.0 / y: float division by zero at y = 0.0"),
        (lambda x: (x + 1) ** -1, ZeroDivisionError, "at x = 0.0"),
        (lambda x: x**0.5, ValueError, "x ** 0.5: math domain error at x = -1.0"),
        (lambda x: exp(x * -1000), OverflowError, "exp(x): math range error at x = 1000.0"),
        (lambda x: (x * 1e200) ** 2, OverflowError, "at x = -1e+200"),
        (lambda x: x % 0, ZeroDivisionError, "x % 0.0: "),
        (lambda x: log(x, 10), ValueError, "log(x, 10.0): math domain error at x = -1.0"),
    ],
)
def test_errors_have_the_type_that_floats_have_and_name_the_operation_and_its_operands(
    attempt: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as error:
        attempt(Value(-1.0))
    assert type(error.value) is kind
    if sys.version_info < (3, 14) or "division" not in message:
        assert message in str(error.value)


def test_errors_use_the_names_of_values() -> None:
    price, rate = Value(2.0, name="price"), Value(0.0, name="rate")
    with pytest.raises(ZeroDivisionError, match=r"price / rate: .* at price = 2\.0, rate = 0\.0"):
        price / rate


# copies


def test_a_copy_has_the_same_parents_and_differentiates_like_the_original() -> None:
    x = Value(3.0, name="x")
    y = copy.copy(x * x)
    assert gradients(y, x) == (6.0,)
    assert copy.copy(x).name == "x"


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))], ids=["deepcopy", "pickle"])
def test_a_deep_copy_has_a_graph_of_its_own_with_shared_values_shared_once(twin: Any) -> None:
    x = Value(3.0, name="x")
    square = x * x
    y = square + square * x
    y.backward()
    new_y, new_square, new_x = twin((y, square, x))
    assert (repr(new_y), repr(new_square), repr(new_x)) == (repr(y), repr(square), repr(x))
    assert new_y.parents[0] is new_square
    assert new_square.parents == (new_x, new_x)
    assert new_square.parents[0] is new_x
    new_y.backward()
    assert (x.grad, new_x.grad) == (33.0, 66.0)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_works(protocol: int) -> None:
    y = Value(3.0) * 2
    assert repr(pickle.loads(pickle.dumps(y, protocol))) == repr(y)


def test_the_pickler_written_in_python_works_too() -> None:
    _, y = chain(5000)
    copy = pickle.loads(pickle._dumps([y, y * 2]))  # type: ignore[attr-defined]
    assert copy[1].parents[0] is copy[0]


@pytest.mark.slow
def test_a_million_operations_build_differentiate_copy_pickle_and_are_freed() -> None:
    x, y = chain(1_000_000)
    y.backward()
    assert x.grad == 1.0
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        twin.backward()
    y.zero_grad()
    del x, y, twin


def test_an_inner_value_pickles_after_the_whole_graph_has_been_pickled() -> None:
    _, y = chain(5000)
    pickle.dumps(y * 2)
    assert pickle.loads(pickle.dumps(y)).data == 1.0


def test_a_graph_has_no_reference_cycles() -> None:
    gc.collect()
    gc.disable()
    try:
        x = Value(1.0)
        y = where(x > 0, exp(x) * x, x) + maximum(x, 2) ** x
        y.backward()
        pickle.dumps(y)
        del x, y
        assert gc.collect() == 0
    finally:
        gc.enable()


# the package


def test_importing_the_package_needs_the_standard_library_only() -> None:
    folder = str(pathlib.Path(micrograd_like.__file__).parent.parent)
    program = f"""
import sys
sys.path.append({folder!r})
import micrograd_like
print({{name.partition(".")[0] for name in sys.modules}} - sys.stdlib_module_names - {{"__main__"}})"""
    run = subprocess.run([sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "{'micrograd_like'}"


def test_plain_numbers_build_nothing() -> None:
    assert type(exp(1.0) * 2 + maximum(1.0, 2.0)) is float


def test_an_operation_of_ones_own_works_like_a_built_in() -> None:
    cube = function("cube_of_a_test", lambda x: x**3, lambda x, out, g: g * 3 * x**2)
    x = Value(2.0)
    assert gradients(cube(x) + x.cube_of_a_test(), x) == (24.0,)


def test_the_label_is_the_name_if_none_is_given() -> None:
    assert [Value(1.0, None, label="x").name, Value(1.0, name=None, label="x").name] == ["x", "x"]
    assert [Value(1.0, "a", label="b").name, Value(1.0, label=None).name] == ["a", None]
