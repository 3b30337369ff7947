"""Facts about models as arguments: parameters are found wherever a user keeps them, and what a model notes stays."""

from __future__ import annotations

import collections
import copy
import dataclasses
import functools
import logging
import threading
import types
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import Value, check_grads, grad, hessian, jacobian, jit, jvp, nn, optim, value_and_grad, vjp


def made(parameters: Any, **attributes: Any) -> Any:
    """A model with these attributes; its parameters are what the function answers of it."""
    model = type("Model", (), {"__module__": __name__, "parameters": parameters})()
    vars(model).update(attributes)
    return model


def numbers(slopes: Any) -> Any:
    return [numbers(x) if isinstance(x, list) else x.tolist() if hasattr(x, "tolist") else float_of(x) for x in slopes]


def float_of(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


# parameters that are plain numbers


def test_float_parameters_are_known_by_their_places_and_not_by_their_numbers() -> None:
    m = made(lambda self: [self.w], w=0.5, rate=0.5)
    assert value_and_grad(lambda m: m.w * m.w * m.rate)(m) == (0.125, [0.5])
    zeros = made(lambda self: self.w, w=[0.0] * 3)
    assert grad(lambda m: m.w[0] + 2 * m.w[1] + 3 * m.w[2])(zeros) == [1.0, 2.0, 3.0]
    nested = made(lambda self: [self.a["w"], self.b.w], a={"w": 1.0}, b=SimpleNamespace(w=1.0), c=1.0)
    assert grad(lambda m: m.a["w"] * 2 + m.b.w * 3 + m.c)(nested) == [2.0, 3.0]


def test_arrays_and_parts_of_arrays_are_parameters() -> None:
    def f(m: Any) -> Any:
        return (m.w**2).sum()

    w = np.array([1.0, 2.0])
    assert grad(f)(made(lambda self: list(self.w), w=w)) == [2.0, 4.0]
    assert grad(f)(made(lambda self: self.w.ravel(), w=w.reshape(2, 1))) == [2.0, 4.0]
    (whole,) = grad(f)(made(lambda self: [self.w], w=w))
    assert whole.tolist() == [2.0, 4.0]
    assert w.tolist() == [1.0, 2.0]


def test_a_dict_of_parameters_gives_a_dict_of_derivatives() -> None:
    m = made(lambda self: {"w": self.w, "b": self.b}, w=np.array([1.0, 2.0]), b=0.5)
    slope = grad(lambda m: (m.w**2).sum() * m.b)(m)
    assert (slope["w"].tolist(), slope["b"]) == ([1.0, 2.0], 5.0)


def test_a_parameter_that_is_given_twice_gets_its_derivative_once() -> None:
    tied = made(lambda self: [self.a, self.b], a=Value(2.0))
    tied.b = tied.a
    assert numbers(grad(lambda m: m.a * m.b)(tied)) == [4.0, 0.0]
    assert grad(lambda m: m.w * m.v)(made(lambda self: [self.w, self.w], w=2.0, v=2.0)) == [2.0, 0.0]


def test_float_models_under_every_transform() -> None:
    def f(m: Any) -> Any:
        return m.w[0] * m.w[1] ** 2

    m = made(lambda self: self.w, w=[2.0, 2.0])
    assert jvp(f, (m,), ([1.0, 0.0],)) == (8.0, 4.0)
    assert vjp(f, m)[1](2.0) == ([8.0, 16.0],)
    assert jacobian(lambda m: [m.w[0], f(m)])(m) == [[1.0, 0.0], [4.0, 8.0]]
    assert hessian(f)(m) == [[0.0, 4.0], [4.0, 4.0]]
    assert jit(grad(f))(m) == [4.0, 8.0]
    check_grads(f, m)
    assert grad(lambda x: grad(f)(made(lambda self: self.w, w=[x, 1 * x]))[0])(3.0) == 6.0


def variables_hash_as_their_numbers() -> bool:
    found: list[int] = []
    grad(lambda x: found.append(hash(x)) or x)(3.5)
    return found == [hash(3.5)]


@pytest.mark.skipif(not variables_hash_as_their_numbers(), reason="a number of a run cannot be told from a Value")
def test_a_number_of_an_outer_run_that_stands_twice_is_two_parameters() -> None:
    def inner(x: Any) -> Any:
        return grad(lambda m: m.w[0] * m.w[1] ** 2)(made(lambda self: self.w, w=[x, x]))[0]

    assert (inner(3.0), grad(inner)(3.0)) == (9.0, 6.0)


def test_numbers_that_the_model_does_not_hold_are_refused() -> None:
    with pytest.raises(
        TypeError, match=r"parameters\(\) of Model answers numbers that are not found in its attributes"
    ):
        grad(lambda m: m.w)(made(lambda self: [self.w * 2], w=2.0))
    with pytest.raises(TypeError, match="are not found in its attributes"):
        grad(lambda m: m.w)(made(lambda self: [float(x) for x in self.w], w=[2.0]))


# where Values are


class Slots:
    __slots__ = ("b", "w")

    def __init__(self) -> None:
        self.w, self.b = Value(1.5), Value(2.0)

    def parameters(self) -> tuple[Value, ...]:
        return self.w, self.b


class Asked:
    def __init__(self) -> None:
        self._p = {"w": Value(1.5), "b": Value(2.0)}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._p[name]

    def parameters(self) -> Any:
        return self._p.values()


class Classwide:
    w = Value(1.5)

    def __init__(self) -> None:
        self.b = Value(2.0)

    def parameters(self) -> list[Value]:
        return [self.w, self.b]


@dataclasses.dataclass
class Held:
    w: Value


class Wrapping:
    def __init__(self) -> None:
        self.held, self.b = collections.deque([Held(Value(1.5))], maxlen=3), Value(2.0)

    @property
    def w(self) -> Value:
        return self.held[0].w

    def parameters(self) -> list[Value]:
        return [self.w, self.b]


@pytest.mark.parametrize("kind", [Slots, Asked, Classwide, Wrapping])
def test_values_are_found_wherever_they_are(kind: Any) -> None:
    m = kind()
    assert numbers(grad(lambda m: m.w**2 * m.b)(m)) == [6.0, 2.25]
    assert numbers(hessian(lambda m: m.w**2 * m.b)(m)) == [[4.0, 3.0], [3.0, 0.0]]
    assert [p.data for p in m.parameters()] == [1.5, 2.0]


def test_class_attributes_that_are_plain_numbers_are_parameters_too() -> None:
    class Classwide:
        w, v = 2.0, [1.0, 1.0]

        def parameters(self) -> list[float]:
            return [self.w, *self.v]

    assert grad(lambda m: m.w**2 + 2 * m.v[0])(Classwide()) == [4.0, 2.0, 0.0]
    assert (Classwide.w, Classwide.v) == (2.0, [1.0, 1.0])


GLOBAL = Value(2.0)


def test_a_global_that_the_model_names_as_its_parameter() -> None:
    assert numbers(grad(lambda m: GLOBAL**2)(made(lambda self: [GLOBAL]))) == [4.0]


class Acting(nn.Module):
    def __init__(self) -> None:
        self.w = Value(2.0)
        self.closure = lambda x: self.w * x
        self.method = self.times
        self.partial = functools.partial(Acting.times, self)
        self.of_value = functools.partial(lambda w, x: w * x, self.w)
        self.many = [lambda x: self.closure(x), {"a": self.times}]

    def times(self, x: Any) -> Any:
        return self.w * x


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.closure(3.0),
        lambda m: m.method(3.0),
        lambda m: m.partial(3.0),
        lambda m: m.of_value(3.0),
        lambda m: m.many[0](3.0),
        lambda m: m.many[1]["a"](3.0),
    ],
)
def test_functions_that_a_model_holds_lead_to_its_parameters(call: Any) -> None:
    m = Acting()
    assert numbers(grad(call)(m)) == [3.0]
    assert numbers(grad(lambda m: call(m) + m.w)(m)) == [4.0]


def test_values_that_were_computed_of_parameters_follow_them() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            self.w = Value(2.0)
            self.squared = [self.w * self.w]

        @functools.cached_property
        def cubed(self) -> Any:
            return self.w**3

    m = Twice()
    assert m.cubed.data == 8.0
    assert numbers(grad(lambda m: m.squared[0] + m.cubed)(m)) == [16.0]


def test_a_cached_property_of_a_float_model_is_computed_anew() -> None:
    class Cached:
        def __init__(self) -> None:
            self.w = 2.0

        def parameters(self) -> list[float]:
            return [self.w]

        @functools.cached_property
        def squared(self) -> Any:
            return self.w**2

    m = Cached()
    assert m.squared == 4.0
    assert grad(lambda m: m.squared)(m) == [4.0]


def test_sets_of_parameters_keep_all_of_them_or_are_refused() -> None:
    def parameters(self: Any) -> Any:
        return sorted(self.ws, key=lambda v: v.data)

    m = made(parameters, ws={Value(1.0), Value(2.0)})
    assert numbers(grad(lambda m: sum(w**2 for w in m.ws))(m)) == [2.0, 4.0]


# what a model holds beside


def test_locks_files_generators_and_loggers_stay_the_very_same() -> None:
    things: dict[str, Any] = {
        "lock": threading.Lock(),
        "batches": (i for i in range(3)),
        "logger": logging.getLogger("x"),
        "file": open(__file__, encoding="utf-8"),  # noqa: SIM115
    }

    def f(m: Any) -> Any:
        assert all(getattr(m, name) is x for name, x in things.items())
        return m.w**2

    assert numbers(grad(f)(made(lambda self: [self.w], w=Value(2.0), **things))) == [4.0]
    assert grad(f)(made(lambda self: [self.w], w=2.0, **things)) == [4.0]
    assert next(things["batches"]) == 0
    things["file"].close()


class Noting:
    """A layer that notes what it has seen."""

    def __init__(self, w: Any) -> None:
        self.w, self.mean, self.calls = w, 0.0, 0
        self.history: list[Any] = []
        self.statistics = SimpleNamespace(last=0.0, by_name={"y": 0.0})

    def parameters(self) -> list[Any]:
        return [self.w]

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        self.mean = 0.9 * self.mean + 0.1 * x
        y = self.w * (x - self.mean)
        self.history.append(y)
        self.statistics.last = y
        self.statistics.by_name["y"] = y
        return y


@pytest.mark.parametrize("w", [2.0, Value(2.0)], ids=["float", "Value"])
def test_what_a_model_notes_in_a_run_stays_with_it(w: Any) -> None:
    m = Noting(w)
    assert numbers(grad(lambda m: m(1.0))(m)) == [0.9]
    assert (m.mean, m.calls, m.w is w) == (0.1, 1, True)
    grad(lambda m: m(1.0))(m)
    assert m.calls == 2
    assert m.mean == pytest.approx(0.19)


@pytest.mark.parametrize("w", [2.0, Value(2.0)], ids=["float", "Value"])
def test_what_it_notes_of_variables_stays_as_a_plain_number(w: Any) -> None:
    m = Noting(w)
    grad(lambda m: m(1.0))(m)
    noted = [*m.history, m.statistics.last, m.statistics.by_name["y"]]
    assert [(type(x), x) for x in noted] == [(float, 1.8)] * 3


def test_what_a_model_notes_stays_when_the_function_raises() -> None:
    def fails(m: Any) -> Any:
        m(1.0)
        raise ArithmeticError

    m = Noting(2.0)
    with pytest.raises(ArithmeticError):
        grad(fails)(m)
    assert (m.calls, m.history, m.w) == (1, [1.8], 2.0)


def test_what_a_model_notes_in_an_inner_run_keeps_its_derivative_in_the_outer() -> None:
    def outer(x: float) -> Any:
        m = Noting(2.0)
        slope = grad(lambda m: m(x))(m)[0]  # 0.9 x
        return slope + m.mean  # 0.9 x + 0.1 x

    assert grad(outer)(3.0) == pytest.approx(1.0)


def test_a_value_that_the_model_remembers_does_not_turn_a_later_derivative_into_0() -> None:
    class Remembering:
        def __init__(self) -> None:
            self.w, self.known = 2.0, None

        def parameters(self) -> list[float]:
            return [self.w]

        def squared(self) -> Any:
            if self.known is None:
                self.known = self.w**2
            return self.known

    m = Remembering()
    assert grad(lambda m: m.squared())(m) == [4.0]
    assert not isinstance(m.known, float)  # which would be a constant of the next run


def test_threads_that_differentiate_one_model_get_the_right_answers() -> None:
    model, found = nn.MLP(2, [4, 1], seed=0), []
    expected = numbers(grad(lambda m: m([1.0, 2.0]) ** 2)(model))

    def work() -> None:
        found.extend(numbers(grad(lambda m: m([1.0, 2.0]) ** 2)(model)) == expected for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 20


def test_a_model_beside_the_answer_is_the_users_own() -> None:
    model = nn.MLP(2, [2, 1], seed=0)
    _, aux = grad(lambda m: (m([1.0, 2.0]) ** 2, {"m": m, "layers": m.layers}), has_aux=True)(model)
    assert aux["m"] is model
    assert aux["layers"] is model.layers
    _, aux = grad(lambda x: (model([x, 2.0]), [model]), has_aux=True)(1.0)
    assert aux[0] is model


def test_a_model_within_a_dict_or_an_object() -> None:
    m = made(lambda self: self.w, w=[2.0, 2.0])
    slope = grad(lambda p: p["m"].w[0] * p["k"])({"m": m, "k": 3.0})
    assert slope == {"m": [3.0, 0.0], "k": 2.0}
    held = grad(lambda p: p.m.w[0] * p.k)(SimpleNamespace(m=m, k=3.0))
    assert (held.m, held.k) == ([3.0, 0.0], 2.0)


def test_parents_and_children_are_one_model() -> None:
    class Tree(nn.Module):
        def __init__(self, depth: int, parent: Any = None) -> None:
            self.w, self.parent = Value(1.0 + depth), parent
            self.children = [Tree(depth - 1, self) for _ in range(2)] if depth else []

        def __call__(self, x: float) -> Any:
            own = self.w * x + (self.parent.w if self.parent else 0.0)
            return own + sum(child(x) for child in self.children)

    assert sorted(numbers(grad(lambda m: m(2.0))(Tree(1)))) == [2.0, 2.0, 4.0]


# nn.Module


class Linear:
    """Somebody's own layer: no Module, but it has parameters()."""

    def __init__(self, n: int) -> None:
        self.w, self.b = [Value(0.1 * i) for i in range(n)], Value(0.0)

    def __call__(self, x: Any) -> Any:
        return sum((a * b for a, b in zip(self.w, x, strict=True)), self.b)

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]


class Network(nn.Module):
    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)


class Slotted(nn.Module):
    __slots__ = ("w",)

    def __init__(self) -> None:
        self.w, self.b = Value(1.0), Value(1.0)


@pytest.mark.parametrize(
    ("module", "count"),
    [
        (Network(hidden=Linear(2), out=Value(1.0)), 4),
        (Network(hidden=Held(Value(1.0)), out=Value(1.0)), 2),
        (Network(layers=collections.deque([nn.Neuron(2), nn.Neuron(2)])), 6),
        (Network(layers={nn.Neuron(2)}, more={"a": [nn.Neuron(2)]}, tuple=(nn.Neuron(2),)), 9),
        (Network(held=SimpleNamespace(deep=[SimpleNamespace(w=Value(1.0))])), 1),
        (Network(values={Value(1.0), Value(1.0)}, frozen=frozenset({Value(1.0)})), 3),
        (Network(array=np.array([Value(1.0), Linear(1)], object)), 3),
        (Slotted(), 2),
    ],
)
def test_modules_find_parameters_in_objects_of_any_kind(module: Any, count: int) -> None:
    assert len(module.parameters()) == count
    for p in module.parameters():
        p.grad = 1.0
    module.zero_grad()
    assert [p.grad for p in module.parameters()] == [0.0] * count


def test_modules_find_each_parameter_once_however_it_is_reached() -> None:
    shared, part = Value(1.0), Linear(2)
    module = Network(a=shared, b=[shared], part=part, again=Held(part.b), parts=[part])
    module.me = module
    assert len(module.parameters()) == 4


def test_equal_parameters_are_all_found_in_a_twin() -> None:
    module = Network(ws=[Value(1.0), Value(1.0), Value(1.0)])
    assert numbers(grad(lambda m: sum(k * p for k, p in enumerate(m.parameters())))(module)) == [0.0, 1.0, 2.0]


def test_a_network_with_somebodys_own_layer_learns() -> None:
    net = Network(hidden=Linear(2), out=Value(1.0))

    def loss() -> Any:
        out = [net.out * net.hidden(x) for x in ([1.0, 2.0], [2.0, 1.0])]
        return (out[0] - 3.0) ** 2 + (out[1] - 1.0) ** 2

    optimizer = optim.SGD(net.parameters(), learning_rate=0.03)
    for _ in range(1000):
        net.zero_grad()
        loss().backward()
        optimizer.step()
    assert loss().data < 1e-6


def test_functions_partials_and_modules_of_python_hold_no_parameters() -> None:
    w = Value(1.0)
    module = Network(f=lambda: w, p=functools.partial(len, w), m=types, own=Value(2.0))
    assert module.parameters() == [module.own]


# random models


leaf_kinds = {
    "float": lambda x: x,
    "list": lambda x: [x, x],
    "array": lambda x: np.array([x, x]),
    "namespace": lambda x: SimpleNamespace(w=x, name="n"),
    "dict": lambda x: {"w": x, "k": [x]},
    "deque": lambda x: collections.deque([x]),
    "Value": Value,
}


def leaves_of(x: Any) -> list[Any]:
    if isinstance(x, dict):
        return [y for part in x.values() for y in leaves_of(part)]
    if isinstance(x, list | np.ndarray | collections.deque):
        return [y for part in x for y in leaves_of(part)]
    return leaves_of(x.w) if isinstance(x, SimpleNamespace) else [x]


@settings(deadline=None, max_examples=cases(100))
@given(st.lists(st.tuples(st.sampled_from([*leaf_kinds]), st.sampled_from([0.0, 1.0, 2.0])), min_size=1, max_size=5))
def test_a_function_of_a_model_has_the_derivatives_of_the_function_of_a_flat_list(parts: Any) -> None:
    def parameters(self: Any) -> Any:
        return [y for k in range(len(parts)) for y in leaves_of(getattr(self, f"p{k}"))]

    model = made(parameters, **{f"p{k}": leaf_kinds[kind](x) for k, (kind, x) in enumerate(parts)}, constant=1.0)

    def polynomial(xs: Any) -> Any:
        return sum((k + 2) * x * xs[k - 1] + x**2 for k, x in enumerate(xs))

    flat = [float_of(x) for x in parameters(model)]
    before = copy.copy(vars(model))
    assert numbers(grad(lambda m: polynomial(m.parameters()) * m.constant)(model)) == grad(polynomial)(flat)
    assert all(vars(model)[name] is x for name, x in before.items())
