"""What is said of a function that cannot be differentiated, or whose derivative was dropped on the way."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import micrograd_like as ml
from micrograd_like import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp


@pytest.mark.parametrize(
    ("drop", "said"),
    [
        (lambda price: price.data * 2, "its .data was read"),
        (lambda price: (price * price).data, "its .data was read"),
        (lambda price: round(price * 1.1, 2), "round() answered a plain number"),
        (lambda price: 2 * int(price), "int() or trunc() answered a plain number"),
        (lambda price: math.floor(price), "floor() answered a plain number"),
        (lambda price: ml.math.ceil(price), "ceil() answered a plain number"),
        (lambda price: [price.data], "its .data was read"),
    ],
)
def test_a_dropped_derivative_is_an_error_that_says_where(drop: Any, said: str) -> None:
    with pytest.raises(TypeError) as error:
        jacobian(drop)(3.5)
    assert said in str(error.value)
    assert f"test_recording.py:{drop.__code__.co_firstlineno}  " in str(error.value)


def test_a_constant_answer_has_the_derivative_0_and_warns() -> None:
    def payoff(spot: Any, strike: float) -> Any:
        return max(spot - strike, 0.0)

    assert grad(payoff)(110.0, 100.0) == 1.0
    with pytest.warns(UserWarning, match="payoff does not depend on spot: the derivative is 0"):
        assert grad(payoff)(90.0, 100.0) == 0.0


def compound(rate: Any, years: Any) -> Any:
    capital = 1000
    for _ in range(years):
        capital = capital * (1 + rate)
    return capital


def test_a_whole_number_that_is_not_differentiated_stays_one() -> None:
    true = 1000 * 10 * 1.05**9
    assert grad(compound)(0.05, 10) == pytest.approx(true, rel=1e-14)
    assert value_and_grad(compound)(0.05, 10)[1] == jacobian(compound)(0.05, 10) == grad(compound)(0.05, 10)
    assert hessian(compound)(0.05, 10) == pytest.approx(1000 * 90 * 1.05**8, rel=1e-13)
    assert hvp(compound)(0.05, 1.0, 10) == hessian(compound)(0.05, 10)


@pytest.mark.parametrize(
    "differentiate",
    [
        lambda: grad(compound, 1)(0.05, 10),
        lambda: grad(compound, "years")(0.05, 10),
        lambda: hessian(compound, (0, 1))(0.05, 10),
        lambda: jvp(compound, (0.05, 10), (1.0, 0.0)),
        lambda: vjp(compound, 0.05, 10),
        lambda: ml.jit(grad(compound, (0, 1)))(0.05, 10),
    ],
)
def test_by_a_whole_number_that_counts_there_is_no_derivative(differentiate: Any) -> None:
    said = (
        r"^years is there to differentiate by, and no whole number to count or index with: write int\(years\), or leave"
    )
    with pytest.raises(TypeError, match=said):
        differentiate()


def test_of_what_was_computed_the_input_is_named() -> None:
    with pytest.raises(TypeError, match=r"^a Value computed from p\[1\] is there .* leave p\[1\] a plain int"):
        grad(lambda p: p[0][p[1] + 1])([[1.0, 2.0], 0])


def test_a_condition_drops_nothing() -> None:
    with pytest.warns(UserWarning, match="does not depend on x"):
        assert grad(lambda x: 0.0 if ml.math.isnan(x) or x < 5 else x)(3.0) == 0.0


def test_the_warning_comes_once_for_a_transformed_function_at_the_callers_line() -> None:
    slope = grad(lambda x, rate: x * 2, (0, 1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            assert slope(3.0, 0.1) == (2.0, 0.0)
    (warning,) = caught
    assert str(warning.message) == "<lambda> does not depend on rate: the derivative is 0"
    assert warning.filename == __file__


@pytest.mark.parametrize("transform", [value_and_grad, jacobian, hessian, lambda f: lambda *x: hvp(f)(x[0], 1.0)])
def test_every_transform_warns(transform: Any) -> None:
    with pytest.warns(UserWarning, match="does not depend on x"):
        transform(lambda x: Value(2.0) * 3)(1.0)


def test_the_warning_names_parts_of_dicts_and_whole_lists_and_what_the_user_named() -> None:
    with pytest.warns(UserWarning, match=r"does not depend on p\['tax'\], p\['weights'\]: "):
        grad(lambda p: p["price"] * 2)({"price": 3.0, "tax": 1.1, "weights": [1.0, 2.0]})
    with pytest.warns(UserWarning, match="does not depend on discount: "):
        grad(lambda x, y: x, 1)(2.0, Value(3.0, "discount"))


def test_the_warning_says_where_the_input_became_a_plain_number() -> None:
    with pytest.warns(
        UserWarning, match=r"on n: the derivative is 0; of a Value its \.data was read at test_recording"
    ):
        assert grad(lambda x, n: x * n.data, (0, 1))(2.0, 3.0) == (3.0, 0.0)


def test_one_element_of_a_list_may_be_unused() -> None:
    assert grad(max)([1.0, 3.0, 2.0]) == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "f answered None, which is no number to differentiate: does it lack a `return`?"),
        ("text", "f answered 'text', which is no number to differentiate"),
        (len, "f answered <built-in function len>, which is no number"),
        ({1.0}, "not in {1.0}, a set"),
        (2j, "not in 2j, a complex"),
        ((x for x in ()), "a generator"),
    ],
)
def test_an_answer_that_is_no_number(answer: Any, said: str) -> None:
    def f(x: Any) -> Any:
        return answer

    with pytest.raises(TypeError) as error:
        grad(f)(1.0)
    assert said in str(error.value)


@pytest.mark.parametrize("transform", [grad, value_and_grad, hessian, lambda f: lambda x: hvp(f)(x, [1.0])])
def test_several_answers_are_sent_to_the_jacobian(transform: Any) -> None:
    with pytest.raises(TypeError, match="one number; <lambda> answered a list of 2: take its jacobian"):
        transform(lambda x: [x, x])(1.0)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("3", "price, which is no number but '3'"),
        (None, "price, which is no number but None"),
        (True, "price, which is no number but True"),
        (2j, "not in 2j, a complex"),
        ([2.0, {1.0}], "not in {1.0}, a set"),
        (np.array(["a"]), "price, which is no number but array(['a']"),
        (np.ma.masked_array([1.0, 2.0], mask=[True, False]), "a MaskedArray"),
        (np.array([True]), "price, which is no number but array([ True])"),
        (iter([1.0]), "a list_iterator"),
        (object, "price, which is no number but <class 'object'>"),
    ],
)
def test_an_argument_that_is_no_number(argument: Any, said: str) -> None:
    with pytest.raises(TypeError) as error:
        grad(lambda price: price)(argument)
    assert said in str(error.value)


def test_a_list_that_contains_itself() -> None:
    x: list[Any] = [1.0]
    x.append(x)
    with pytest.raises(ValueError, match="nested too deeply, or contains itself"):
        grad(lambda x: x[0])(x)


def test_an_empty_list_has_an_empty_derivative() -> None:
    assert grad(sum)([]) == []


@pytest.mark.parametrize("wrong", [3.0, Value(2.0), None, [len]])
def test_not_a_function(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"write grad\(f\)\(x\)"):
        grad(wrong)


def test_argnums_that_the_call_does_not_give() -> None:
    with pytest.raises(TypeError, match="differentiated by tax, which this call does not give"):
        grad(lambda price, tax=1.1: price * tax, 1)(100.0)
    with pytest.raises(TypeError, match="differentiated by rate, which this call does not give"):
        grad(lambda price, **options: price, "rate")(100.0)
    with pytest.raises(TypeError, match=r"differentiated by args\[1\]"):
        grad(lambda *args: args[0], 1)(100.0)
    with pytest.raises(TypeError, match=r"has no argument 'm' to differentiate by: its arguments are price, n$"):
        grad(lambda price, n: price * n, "m")(100.0, 2.0)
    for k in (5, -3):
        with pytest.raises(TypeError, match=rf"no argument {k} .*: its arguments, counted from 0, are price, n$"):
            grad(lambda price, n: price * n, k)(100.0, 2.0)
    with pytest.raises(TypeError, match="argnums are positions or names"):
        grad(lambda x: x, 1.5)  # type: ignore[arg-type]


def test_an_argument_named_twice() -> None:
    for argnums in ((0, 0), (0, -2), (0, "price")):
        with pytest.raises(ValueError, match="name the argument price twice"):
            grad(lambda price, tax: price * tax, argnums)(2.0, 3.0)


def test_a_function_that_cannot_run_twice_is_run_once() -> None:
    numbers = iter([2.0])
    with pytest.warns(UserWarning, match="does not depend on a"):
        assert grad(lambda a, b: next(numbers) * b, (0, 1))(1.0, 3.0) == (0.0, 2.0)


def test_it_works_under_a_profiler() -> None:
    import cProfile

    profile = cProfile.Profile()
    profile.enable()
    try:
        with pytest.warns(UserWarning, match="does not depend on b"):
            assert grad(lambda a, b: a * 2.0, (0, 1))(1.0, 3.0) == (2.0, 0.0)
    finally:
        profile.disable()


def test_what_holds_no_numbers_stays_as_it_is_in_a_container() -> None:
    p = {"w": np.array([1.0]), "mask": np.array([True, False]), "names": {"a"}, "places": range(3)}
    assert grad(lambda p: p["w"][0] * len(p["places"]))(p)["w"].tolist() == [3.0]


def test_a_wrong_call_of_the_function_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        grad(lambda x: x)(1.0, z=2)


def test_tangents_weights_and_vectors_of_a_wrong_length() -> None:
    with pytest.raises(ValueError, match=r"tangents holds 1 elements, and <lambda> has 2 arguments here"):
        jvp(lambda x, y: x * y, (1.0, 2.0), (1.0,))
    with pytest.raises(ValueError, match=r"the weights of the answers: \[1\.0, 2\.0\] has not the form of 1\.0"):
        vjp(lambda x: x, 1.0)[1]([1.0, 2.0])
    with pytest.raises(ValueError, match=r"v: \[1\.0, 2\.0, 3\.0\] has not the form of \[1\.0, 2\.0\]"):
        hvp(sum)([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="primals is a tuple"):
        jvp(lambda x: x, 1.0, (1.0,))  # type: ignore[arg-type]


def test_has_aux_wants_a_pair() -> None:
    with pytest.raises(TypeError, match="with has_aux <lambda> answers two things"):
        grad(lambda x: x, has_aux=True)(1.0)


def test_numbers_that_come_beside_are_plain_numbers() -> None:
    _, beside = grad(lambda x: (x * x, [x / 2, 1]), has_aux=True)(3.0)
    assert [type(x) for x in beside] == [float, int]


def test_what_comes_beside_may_be_anything() -> None:
    beside = {1, 2}
    assert grad(lambda x: (x * x, beside), has_aux=True)(3.0) == (6.0, beside)


def test_the_derivative_keeps_the_functions_name_and_words() -> None:
    def price(x: Any) -> Any:
        """The price."""
        return x * x

    assert (grad(price).__name__, grad(price).__doc__) == ("price", "The price.")
