"""The whole public face in two seconds: what to run first after a change."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

import micrograd_like as ml
from micrograd_like import Value, grad, jit, layers, nn, optim, vmap


def total(apple: float, n: float, tax: float) -> float:
    return apple * n * tax


def ways(x: float) -> float:
    return x**2 if x < 1 else 2 * x - 1


def test_the_purchase_of_the_book() -> None:
    apple, n, tax = Value(100, "apple"), Value(2, "n"), Value(1.1, "tax")
    y = total(apple, n, tax)
    y.backward()
    assert y.data == pytest.approx(220)
    assert [apple.grad, n.grad, tax.grad] == pytest.approx([2.2, 110, 200])


def test_the_layers_of_the_book_give_what_plain_arithmetic_gives() -> None:
    apples, taxed = layers.MulLayer(), layers.MulLayer()
    assert taxed.forward(apples.forward(100, 2), 1.1) == pytest.approx(220)
    by_price, by_tax = taxed.backward(1)
    assert [*apples.backward(by_price), by_tax] == pytest.approx([2.2, 110, 200])


def test_plain_numbers_in_plain_numbers_out() -> None:
    assert type(ml.exp(0.0)) is float
    assert (ml.exp(0.0), ml.maximum(1.0, 2.0), ml.math.hypot(3, 4), ml.math.pi) == (
        1.0,
        2.0,
        5.0,
        pytest.approx(3.1415926535897931),
    )


def test_functions_are_methods_too() -> None:
    x = Value(0.5)
    assert x.tanh().data == ml.tanh(0.5)
    assert (x.relu() + abs(-x) - x / 2 + x**2 - (1 - x) // 1 + x % 0.3).data == pytest.approx(1.2)


def test_derivatives_of_functions() -> None:
    assert grad(ways)(3.0) == 2.0
    assert grad(grad(ways))(0.5) == 2.0
    assert ml.value_and_grad(total, argnums=(0, 2))(100.0, 2.0, 1.5) == (300.0, (3.0, 200.0))
    assert ml.jacobian(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0]) == [[3.0, 2.0], [1.0, 0.0]]
    assert ml.hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0]) == [[6.0, 4.0], [4.0, 0.0]]
    assert ml.hvp(lambda x: x[0] ** 2 * x[1])([2.0, 3.0], [1.0, 0.0]) == [6.0, 4.0]
    assert ml.jvp(total, (100.0, 2.0, 1.5), (1.0, 0.0, 0.0)) == (300.0, 3.0)
    value, pull = ml.vjp(total, 100.0, 2.0, 1.5)
    assert (value, pull(1.0)) == (300.0, (3.0, 150.0, 200.0))
    assert grad(lambda p: p["price"] * p["n"][0])({"price": 3.0, "n": [2.0]}) == {"price": 2.0, "n": [3.0]}


def test_recorded_once_each_call_takes_its_own_way() -> None:
    fast = jit(ml.value_and_grad(ways))
    assert [fast(0.5), fast(3.0), fast(-0.5)] == [(0.25, 1.0), (5.0, 2.0), (0.25, -1.0)]
    assert "if" in fast.source


def test_each_row_takes_its_own_way() -> None:
    np = pytest.importorskip("numpy")
    values, slopes = vmap(ml.value_and_grad(ways))(np.array([0.5, 3.0]))
    assert (values.tolist(), slopes.tolist()) == ([0.25, 5.0], [1.0, 2.0])


def test_machine_code_answers_the_same() -> None:
    pytest.importorskip("llvmlite")
    assert jit(grad(ways), engine="native")(3.0) == 2.0


def test_an_operation_of_your_own() -> None:
    cube = ml.function("cube_of_tiny", "x * x * x", lambda x, out, g: 3 * x * x * g)
    assert (grad(cube)(2.0), grad(grad(cube))(2.0), cube(2.0)) == (12.0, 12.0, 8.0)


def test_a_network_learns() -> None:
    model = nn.MLP(1, [4, 1])
    step = optim.SGD(model.parameters(), learning_rate=0.05)
    losses = []
    for _ in range(5):
        loss = nn.mean_squared_error([model([x]) for x in (0.0, 1.0)], [0.0, 1.0])
        step.zero_grad()
        loss.backward()
        step.step()
        losses.append(loss.data)
    assert losses[-1] < losses[0]


def test_pictures(tmp_path: Path) -> None:
    with ml.scope("shop"):
        y = total(Value(100, "apple"), Value(2, "n"), Value(1.1, "tax"))
    tree = ml.draw(y).tree()
    assert "apple" in tree
    assert "220" in tree
    assert "flowchart" in ml.draw(y).mermaid()
    page = ml.explore(total, 100.0, 2.0, 1.1).save(tmp_path / "total.html")
    assert "apple" in page.read_text(encoding="utf-8")


def test_explanations() -> None:
    x = Value(-1.0, "x")
    assert "relu" in str(ml.why(ml.relu(x) * 2, x))
    apple = Value(100, "apple")
    assert "∂" in str(ml.derive(total(apple, 2, Value(1.1, "tax")), apple))
    assert "all right" in str(ml.exercise(x * 3).check({"x": 3}))
    assert ml.digits(Value(1.0) + 1e-20)


def test_rules_on_trial() -> None:
    ml.check_grads(total, (100.0, 2.0, 1.1), order=2)
    wrong = ml.function("wrong_of_tiny", "x * x", lambda x, out, g: 3 * x * g)
    with pytest.raises(ml.GradientError, match="wrong_of_tiny"):
        ml.check_grads(wrong, (2.0,))


def test_a_lost_derivative_is_an_error() -> None:
    with pytest.raises(TypeError, match="lost its derivative"):
        grad(lambda x: float(x.data))(2.0)
    with pytest.raises(ValueError, match=r"log\(price\): .* at price = 0.0"):
        Value(0.0, "price").log()


def test_copies_and_pickles_are_graphs_of_their_own() -> None:
    x = Value(3.0, "x")
    for y in (copy.deepcopy(x * x), pickle.loads(pickle.dumps(x * x))):
        y.backward()
        assert [v.grad for v in y.parents] == [6.0, 6.0]
    assert x.grad == 0.0
