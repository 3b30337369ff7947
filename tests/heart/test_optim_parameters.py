"""Facts about what optimizers take for parameters, and what they say to the rest."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace
from typing import Any

import pytest

from micrograd_like import Value, exp, grad, nn, relu
from micrograd_like.optim import SGD, Adam

both = pytest.mark.parametrize("kind", [SGD, Adam])


# a grad of None


@both
def test_a_grad_of_none_counts_as_0(kind: Any) -> None:
    parameters = [Value(1.0), Value(2.0), SimpleNamespace(data=3.0, grad=None)]
    for p in parameters:
        p.grad = None  # type: ignore[assignment]
    kind(parameters, learning_rate=0.5).step()
    assert [p.data for p in parameters] == [1.0, 2.0, 3.0]


@both
def test_steps_with_none_are_steps_with_0(kind: Any) -> None:
    paths = []
    for nothing in (None, 0.0):
        p = SimpleNamespace(data=1.0, grad=nothing)
        optimizer = kind([p], learning_rate=0.5)
        optimizer.momentum = 0.9
        path = []
        for g in (nothing, 2.0, nothing, -1.0, nothing):
            p.grad = g
            optimizer.step()
            path.append(p.data)
        paths.append(path)
    assert paths[0] == paths[1]
    assert paths[0][0] == 1.0 != paths[0][1]
    assert paths[0][2] != paths[0][1]  # the velocity goes on


@both
def test_zero_grad_after_none_is_0(kind: Any) -> None:
    p = Value(1.0)
    p.grad = None  # type: ignore[assignment]
    optimizer = kind([p], learning_rate=0.5)
    optimizer.zero_grad()
    assert p.grad == 0.0
    (p * 3).backward()
    assert p.grad == 3.0


# computed ones


def total(w: Value) -> float:
    for x, y in [(1.0, 2.0), (2.0, 1.0), (3.0, 5.0)]:
        ((w * x - y) ** 2 / 3).backward()
    return w.grad


@both
def test_what_an_operation_has_computed_is_refused_as_a_parameter(kind: Any) -> None:
    w = Value(1.0) * 0.5
    with pytest.raises(
        ValueError, match=r"Value\(data=0\.5, .*\) is no parameter: mul computed it, .*Value\(w\.data\)"
    ):
        kind([w], learning_rate=0.1)
    w.name = "scale"
    with pytest.raises(ValueError, match=r"^scale is no parameter: mul computed it, .*Write Value\(scale\.data\)"):
        kind([Value(1.0), w], learning_rate=0.1)


@both
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda x: -x, "neg"),
        (lambda x: x - 0.1 * x, "sub"),
        (exp, "exp"),
        (relu, "relu"),
        (lambda x: x**2, "pow_const"),
        (lambda x: sum([x, x]), "add"),
    ],
)
def test_the_sentence_names_the_operation(kind: Any, make: Any, name: str) -> None:
    with pytest.raises(ValueError, match=f"is no parameter: {name} computed it"):
        kind(iter([make(Value(2.0))]), learning_rate=0.1)


def test_what_the_sentence_says_to_write_trains_as_it_should() -> None:
    w = Value(1.0) * 0.5
    w = Value(w.data)
    optimizer = SGD([w], learning_rate=0.1)
    optimizer.zero_grad()
    right = sum(2 * (0.5 * x - y) * x / 3 for x, y in [(1.0, 2.0), (2.0, 1.0), (3.0, 5.0)])
    assert total(w) == pytest.approx(right, rel=1e-15)
    optimizer.step()
    assert w.data == pytest.approx(0.5 - 0.1 * right, rel=1e-15)


@both
def test_a_model_whose_parameters_are_computed_is_refused(kind: Any) -> None:
    class Scaled:
        def __init__(self) -> None:
            self.w = [Value(float(i)) * 0.1 for i in range(3)]

        def parameters(self) -> list[Value]:
            return self.w

    class ScaledModule(nn.Module):
        def __init__(self) -> None:
            self.inner = Scaled()

        def parameters(self) -> list[Value]:
            return self.inner.parameters()

    for model in (Scaled(), ScaledModule()):
        with pytest.raises(ValueError, match="is no parameter: mul computed it"):
            kind(model.parameters(), learning_rate=0.1)


@both
def test_a_parameter_updated_by_arithmetic_is_refused_and_one_updated_in_data_is_not(kind: Any) -> None:
    w = Value(1.0, "w")
    w.data -= 0.1 * 2.0
    kind([w], learning_rate=0.1)
    w = w - 0.1 * w.grad
    with pytest.raises(ValueError, match="is no parameter: sub computed it"):
        kind([w], learning_rate=0.1)


@both
def test_the_parameters_of_networks_are_parameters(kind: Any) -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    assert len(kind(model.parameters(), learning_rate=0.1).parameters) == 13


def test_inside_a_transform_the_parameters_of_a_model_can_be_trained() -> None:
    def f(x: Any) -> Any:
        w = Value(1.0)
        optimizer = SGD([w], learning_rate=0.25)
        (w * w).backward()
        optimizer.step()
        return w.data * x

    assert grad(f)(3.0) == 0.5


# the learning rate by another name, and no list


@both
def test_lr_is_called_learning_rate(kind: Any) -> None:
    for positional in ((), (0.1,)):
        message = (
            rf"{kind.__name__} has no lr: it is called learning_rate here, as in {kind.__name__}\(…, learning_rate"
        )
        with pytest.raises(TypeError, match=message):
            kind([Value(1.0)], *positional, lr=0.1)


@both
def test_another_unknown_argument_is_pythons_error_and_the_signature_stays(kind: Any) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'weight_decay'"):
        kind([Value(1.0)], 0.1, weight_decay=0.1)
    assert [*inspect.signature(kind).parameters][:2] == ["parameters", "learning_rate"]


def test_a_class_of_ones_own_may_call_it_lr() -> None:
    class Halving(SGD):
        def __init__(self, parameters: Any, lr: float) -> None:
            super().__init__(parameters, lr)

        def step(self) -> None:
            super().step()
            self.learning_rate /= 2

    p = SimpleNamespace(data=0.0, grad=1.0)
    optimizer = Halving([p], lr=0.5)
    optimizer.step()
    optimizer.step()
    assert p.data == -0.75


@both
def test_no_list_is_refused_with_what_to_give(kind: Any) -> None:
    with pytest.raises(TypeError, match=re.escape("not Value(data=1.0, grad=0.0): give a list, of one parameter too")):
        kind(Value(1.0), learning_rate=0.1)
    with pytest.raises(
        TypeError, match=re.escape("not MLP of [Layer of [Linear" + "Neuron(1)]]: give its parameters()")
    ):
        kind(nn.MLP(1, [1]), learning_rate=0.1)
