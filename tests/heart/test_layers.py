"""Facts about the layers of the book; its numbers are rounded, ours agree with them to 1e-12 of their size."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import Value
from micrograd_like.layers import AddLayer, MulLayer

NUMBERS = st.floats(-1e6, 1e6)


def book(*numbers: float) -> object:
    """Numbers as the book prints them."""
    return pytest.approx(numbers, rel=1e-12, abs=0)


def test_two_apples_with_tax_cost_220() -> None:
    apples, taxed = MulLayer(), MulLayer()
    assert apples.forward(100, 2) == 200
    assert taxed.forward(200, 1.1) == pytest.approx(220, rel=1e-12)


def test_one_more_apple_costs_110_one_more_on_its_price_2_point_2_and_one_more_on_the_tax_200() -> None:
    apples, taxed = MulLayer(), MulLayer()
    taxed.forward(apples.forward(100, 2), 1.1)
    price_of_apples, tax = taxed.backward(1)
    apple, number_of_apples = apples.backward(price_of_apples)
    assert (apple, number_of_apples, tax) == book(2.2, 110, 200)


def test_two_apples_and_three_oranges_with_tax_cost_715() -> None:
    apples, oranges, fruit, taxed = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    assert fruit.forward(apples.forward(100, 2), oranges.forward(150, 3)) == 650
    assert taxed.forward(650, 1.1) == pytest.approx(715, rel=1e-12)


def test_the_derivatives_of_two_apples_and_three_oranges_are_those_of_the_book() -> None:
    apples, oranges, fruit, taxed = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    taxed.forward(fruit.forward(apples.forward(100, 2), oranges.forward(150, 3)), 1.1)
    price, tax = taxed.backward(1)
    price_of_apples, price_of_oranges = fruit.backward(price)
    assert apples.backward(price_of_apples) == book(2.2, 110)
    assert oranges.backward(price_of_oranges) == book(3.3, 165)
    assert tax == 650


@pytest.mark.parametrize("price", [0, 0.01, 300, 1e9])
def test_one_more_on_the_price_of_three_watermelons_costs_3_point_3_at_any_price(price: float) -> None:
    apples, watermelons, taxed_apples, taxed_watermelons, both = *(MulLayer() for _ in range(4)), AddLayer()
    total = both.forward(
        taxed_apples.forward(apples.forward(100, 2), 1.1),
        taxed_watermelons.forward(watermelons.forward(price, 3), 1.1),
    )
    assert total == pytest.approx(220 + 3.3 * price, rel=1e-12)
    of_apples, of_watermelons = both.backward(1)
    assert apples.backward(taxed_apples.backward(of_apples)[0]) == book(2.2, 110)
    assert watermelons.backward(taxed_watermelons.backward(of_watermelons)[0]) == book(3.3, 1.1 * price)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_layers_give_the_derivatives_of_the_same_expression_on_values(
    apple: float, n_apples: float, orange: float, n_oranges: float, tax: float
) -> None:
    apples, oranges, fruit, taxed = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    total = taxed.forward(fruit.forward(apples.forward(apple, n_apples), oranges.forward(orange, n_oranges)), tax)
    price, by_tax = taxed.backward(1.0)
    of_apples, of_oranges = fruit.backward(price)

    a, n, o, m, t = values = [Value(x) for x in (apple, n_apples, orange, n_oranges, tax)]
    answer = (a * n + o * m) * t
    answer.backward()
    assert answer.data == total
    assert [x.grad for x in values] == [*apples.backward(of_apples), *oranges.backward(of_oranges), by_tax]


def test_a_layer_needs_nothing_but_its_own_inputs() -> None:
    apples, taxed = MulLayer(), MulLayer()
    taxed.forward(apples.forward(100, 2), 1.1)
    price_of_apples, _ = taxed.backward(1)
    del taxed
    gc.collect()
    alone = MulLayer()
    alone.forward(100, 2)
    assert apples.backward(price_of_apples) == alone.backward(1.1) == (1.1 * 2, 1.1 * 100)


def test_backward_can_be_asked_again_with_another_derivative() -> None:
    apples = MulLayer()
    apples.forward(100, 2)
    assert [apples.backward(dout) for dout in (1, 10, 1)] == [(2, 100), (20, 1000), (2, 100)]


def test_backward_is_for_the_inputs_of_the_last_forward() -> None:
    apples = MulLayer()
    apples.forward(100, 2)
    apples.forward(7, 5)
    assert apples.backward(1) == (5, 7)


def test_two_layers_of_a_kind_do_not_share_their_inputs() -> None:
    apples, oranges = MulLayer(), MulLayer()
    apples.forward(100, 2)
    oranges.forward(150, 3)
    assert (apples.backward(1), oranges.backward(1)) == ((2, 100), (3, 150))


def test_zero_is_an_input_like_any_other() -> None:
    nothing = MulLayer()
    assert nothing.forward(0, 0.0) == 0
    assert nothing.backward(1) == (0, 0)


def test_backward_before_forward_says_to_call_forward_first() -> None:
    with pytest.raises(RuntimeError, match=r"MulLayer has no inputs yet: call forward\(x, y\) before backward"):
        MulLayer().backward(1)


def test_an_addition_hands_the_derivative_on_to_both_whatever_was_added() -> None:
    fruit = AddLayer()
    assert fruit.backward(1.1) == (1.1, 1.1)
    assert fruit.forward(200, 450) == 650
    assert fruit.backward(1.1) == (1.1, 1.1)


def test_layers_take_values_too() -> None:
    apple, n = Value(100), Value(2)
    apples = MulLayer()
    price = apples.forward(apple, n)
    price.backward()
    assert price.data == 200
    assert (apple.grad, n.grad) == apples.backward(1) == (2, 100)
