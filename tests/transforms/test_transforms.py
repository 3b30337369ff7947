"""grad, value_and_grad, jacobian, hessian, hvp, jvp and vjp: facts about functions and their derivatives."""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
import math
import operator
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

import micrograd_like as ml
from micrograd_like import Value, grad, hessian, hvp, hypot, jacobian, jvp, value_and_grad, vjp
from micrograd_like.operation import BUILT_IN, OPS, Op

SMOOTH = [
    (op, k)
    for op in OPS.values()
    if op.rule is not None and op.name in BUILT_IN
    for k in range(len(op.at))
    if op.backward(op.at, op.value(*op.at), 1.0)[k] and op.letters[k : k + 1] != ("c",)
]


def rosenbrock(x: Any) -> Any:
    terms = [100.0 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x)]
    return functools.reduce(operator.add, terms)  # Python's sum of plain floats is rounded once, from 3.12 on


def rosenbrocks_gradient(x: list[float]) -> list[float]:
    slopes = [0.0] * len(x)
    for i, (a, b) in enumerate(itertools.pairwise(x)):
        slopes[i] += -400.0 * a * (b - a * a) - 2 * (1 - a)
        slopes[i + 1] += 200.0 * (b - a * a)
    return slopes


# nesting


def test_the_second_derivatives_of_hypot_at_the_origin_are_those_of_abs() -> None:
    assert hessian(lambda v: hypot(v[0], v[1]))([0.0, 0.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(abs)(0.0) == 0.0


def test_the_derivative_of_a_product_with_an_inner_derivative() -> None:
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_an_outer_variable_as_the_argument_of_an_inner_derivative_is_not_confused_with_the_inner_one() -> None:
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6.0  # x * x


def test_an_inner_argument_that_is_not_used_does_not_get_the_derivative_by_the_outer_one() -> None:
    assert jacobian(lambda x: grad(lambda y: y[0] * x[1] ** 2)(x))([2.0, 3.0]) == [[0.0, 6.0], [0.0, 0.0]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the inner function does not depend on y, and the outer one not on x
        assert grad(lambda x: grad(lambda y: x**3)(x))(2.0) == 0.0
        assert grad(lambda x: grad(lambda y: y * x if y < 1 else x**3)(x))(2.0) == 0.0


def test_three_levels_are_not_confused() -> None:
    def f(x: Any) -> Any:
        return grad(lambda y: y * grad(lambda z: x * y * z * z)(y))(x)

    assert f(3.0) == 2 * 3 * 3 * 9.0  # y * (2 x y y) = 2 x y³; by y: 6 x y², at y = x: 6 x³
    assert grad(f)(3.0) == 18 * 9.0


@pytest.mark.parametrize(("op", "k"), SMOOTH, ids=[f"{op.name}-{k}" for op, k in SMOOTH])
def test_fifth_derivatives_agree_with_mpmath(op: Op, k: int) -> None:
    def of_input(x: Any) -> Any:
        inputs = (*op.at[:k], x, *op.at[k + 1 :])
        return Value.record(op, *inputs) if isinstance(x, Value) else op.value(*inputs)

    derivative: Callable[[float], float] = of_input
    with mpmath.workdps(60):
        numbers = list(map(mpf, op.at))
        series = mpmath.taylor(lambda x: oracles.value(op)(*numbers[:k], x, *numbers[k + 1 :]), numbers[k], 5)
    for order in range(1, 6):
        derivative = grad(derivative)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of x + y the second derivative depends on nothing
            measured = derivative(op.at[k])
        true = series[order] * mpmath.factorial(order)
        assert measured == pytest.approx(float(true), rel=1e-11, abs=1e-11), order


def test_hessians_of_hessians() -> None:
    fourth = hessian(lambda y: hessian(lambda x: x[0] ** 4 * x[1] ** 2)(y)[0][0])([2.0, 3.0])
    assert fourth == [[24 * 9.0, 24 * 2 * 2 * 3.0], [24 * 2 * 2 * 3.0, 12 * 4 * 2.0]]


def test_an_inner_jacobian_and_an_inner_jvp_keep_the_outer_derivative() -> None:
    assert grad(lambda x: jacobian(lambda y: [x * y * y, y])(2.0)[0])(5.0) == 4.0
    assert grad(lambda x: jvp(lambda y: y * y, (x,), (1.0,))[1])(5.0) == 2.0
    assert grad(lambda t: jvp(lambda y: y * y, (3.0,), (t,))[1])(5.0) == 6.0
    assert grad(lambda w: vjp(lambda y: y * y, 3.0)[1](w)[0])(5.0) == 6.0


def test_forward_over_reverse_is_reverse_over_forward() -> None:
    def f(x: Any) -> Any:
        return ml.exp(ml.sin(x)) * x

    forward = jvp(grad(f), (0.7,), (1.0,))[1]
    assert forward == pytest.approx(grad(lambda x: jvp(f, (x,), (1.0,))[1])(0.7), rel=1e-15)
    assert forward == pytest.approx(grad(grad(f))(0.7), rel=1e-15)


# Values among the arguments, and Values that are closed over


def test_with_values_in_values_come_out_that_can_be_differentiated_again() -> None:
    x = Value(3.0, "x")
    slope = grad(lambda x: x**3)(x)
    slope.backward()
    assert (slope.data, x.grad) == (27.0, 18.0)


def test_a_derivative_depends_on_values_that_the_function_closes_over() -> None:
    w = Value(5.0, "w")
    slope = grad(lambda x: w * x * x)(3.0)
    slope.backward()
    assert (slope.data, w.grad) == (30.0, 6.0)


def test_a_value_that_the_function_uses_beside_its_argument_is_a_constant_of_the_partial_derivative() -> None:
    x = Value(2.0, "x")
    slope = grad(lambda y: x * y)(x)
    slope.backward()
    assert (slope.data, x.grad) == (2.0, 1.0)


def test_a_value_given_is_the_variable_even_if_the_function_reaches_it_by_itself() -> None:
    weights = [Value(2.0), Value(3.0)]
    slopes = grad(lambda _: weights[0] ** 2 * weights[1])(weights)
    assert [slope.data for slope in slopes] == [12.0, 4.0]


def test_values_made_inside_the_function_are_constants() -> None:
    assert value_and_grad(lambda x: Value(2.0) * x)(3.0) == (6.0, 2.0)


def test_an_older_value_is_old_after_pickling_and_copying_too() -> None:
    import copy
    import pickle

    for w in (pickle.loads(pickle.dumps(Value(5.0))), copy.deepcopy(Value(5.0)), copy.copy(Value(5.0))):
        assert isinstance(grad(lambda x, w=w: w * x)(3.0), Value)


def test_no_grad_is_touched() -> None:
    w = Value(5.0)
    inner = w * 2
    inner.backward()
    before = w.grad, inner.grad
    for transform in (grad, hessian, lambda f: lambda x: jvp(f, (x,), (1.0,)), lambda f: lambda x: vjp(f, x)[1](1.0)):
        transform(lambda x: x * x * inner + w * x)(3.0)
        transform(lambda x: x * x * x)(w)
    assert (w.grad, inner.grad) == before


@pytest.mark.slow
def test_newtons_method_on_values_costs_the_same_in_every_step() -> None:
    """The sweep of an inner derivative stops at its argument, however long that argument's own history is."""
    x = Value(3.0)
    for _ in range(2000):
        x = x - (x * x - 2) / grad(lambda y: y * y - 2)(x)
    assert x.data == pytest.approx(math.sqrt(2), rel=1e-15)


# ordinary programs


def test_a_loop_and_a_recursion() -> None:
    def power(x: Any, n: int) -> Any:
        return x * power(x, n - 1) if n else 1.0

    def compound(rate: Any) -> Any:
        capital = 1000
        for _ in range(10):
            capital = capital * (1 + rate)
        return capital

    assert grad(lambda x: power(x, 5))(2.0) == 80.0
    assert grad(compound)(0.05) == pytest.approx(1000 * 10 * 1.05**9, rel=1e-14)


def test_sorted_and_min_and_max() -> None:
    assert grad(lambda x: sorted(x)[1] ** 2)([5.0, 1.0, 3.0]) == [0.0, 0.0, 6.0]
    assert grad(lambda x: max(x) * min(x))([5.0, 1.0, 3.0]) == [1.0, 5.0, 0.0]


@dataclasses.dataclass(frozen=True)
class Fruit:
    price: float
    name: str
    counts: dict[str, float]


def test_the_derivative_by_a_dataclass_has_its_form() -> None:
    slope = grad(lambda fruit: fruit.price * fruit.counts["box"] * fruit.counts["day"])(
        Fruit(2.0, "apple", {"box": 10, "day": 3})
    )
    assert slope == Fruit(30.0, "apple", {"box": 6.0, "day": 20.0})


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("argument", "slope"),
    [
        (3, 6.0),
        ([3.0], [6.0]),
        ((3.0, [4.0]), (6.0, [8.0])),
        ({"a": 3.0, "kind": "x", "on": True, "none": None}, {"a": 6.0, "kind": "x", "on": True, "none": None}),
        (Point(3.0, 4.0), Point(6.0, 8.0)),
        (collections.OrderedDict(b=3.0, a=4.0), collections.OrderedDict(b=6.0, a=8.0)),
    ],
)
def test_the_derivative_has_the_form_of_the_argument(argument: Any, slope: Any) -> None:
    from micrograd_like.trees.tree import leaves

    answer = grad(lambda x: sum(leaf * leaf for leaf in leaves(x)))(argument)
    assert answer == slope
    assert type(answer) is type(slope)


@pytest.mark.parametrize("kind", [float, int, np.float32])
def test_the_derivative_by_an_array_is_an_array_of_floats_of_its_shape(kind: Any) -> None:
    x = np.arange(6, dtype=kind).reshape(2, 3)
    value, slope = value_and_grad(lambda x: (x**2).sum())(x)
    assert type(value) is float
    assert (value, slope.tolist(), slope.dtype) == (55.0, (2.0 * x).tolist(), np.float64)


def test_the_derivative_by_an_array_of_values_is_an_array_of_values() -> None:
    x = np.array([Value(2.0), Value(3.0)])
    slope = grad(lambda x: (x**3).sum())(x)
    assert [s.data for s in slope] == [12.0, 27.0]
    slope[0].backward()
    assert x[0].grad == 12.0


# arguments


def test_argnums_choose_the_arguments_by_place_and_by_name() -> None:
    def total(apple: Any, n: Any, tax: Any = 1.1) -> Any:
        return apple * n * tax

    assert grad(total)(100, 2, 2.0) == 4.0
    assert grad(total, 1)(100, 2, 2.0) == 200.0
    assert grad(total, -1)(100, 2, 2.0) == 200.0
    assert grad(total, (0, 2))(100, 2, 2.0) == (4.0, 200.0)
    assert grad(total, "tax")(100, 2, 2.0) == 200.0
    assert grad(total, ("tax", "apple"))(100, 2, tax=2.0) == (200.0, 4.0)
    assert grad(total)(apple=100, n=2) == 2.2


def test_an_argument_by_keyword_only() -> None:
    def f(x: float, *, rate: float) -> float:
        return x * rate

    assert grad(f, "rate")(2.0, rate=5.0) == 2.0
    assert grad(f)(2.0, rate=5.0) == 5.0


def test_what_is_not_differentiated_may_be_anything() -> None:
    assert grad(lambda x, how, values: x * len(values) if how == "count" else x)(2.0, "count", {1, 2, 3}) == 3.0


def test_has_aux_hands_through_what_comes_beside_the_number() -> None:
    def f(x: Any) -> Any:
        return x * x, {"half": x / 2, "name": "f"}

    aux = {"half": 1.5, "name": "f"}
    assert grad(f, has_aux=True)(3.0) == (6.0, aux)
    assert value_and_grad(f, has_aux=True)(3.0) == ((9.0, aux), 6.0)
    assert jacobian(f, has_aux=True)(3.0) == (6.0, aux)
    assert hessian(f, has_aux=True)(3.0) == (2.0, aux)
    assert jvp(f, (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, aux)
    value, pull, beside = vjp(f, 3.0, has_aux=True)
    assert (value, pull(2.0), beside) == (9.0, (12.0,), aux)


# jacobian, hessian, hvp, jvp, vjp


def spherical(x: Any) -> list[Any]:
    r, theta, phi = x
    return [r * ml.sin(theta) * ml.cos(phi), r * ml.sin(theta) * ml.sin(phi), r * ml.cos(theta)]


def test_the_jacobian_of_spherical_coordinates() -> None:
    r, theta, phi = at = [2.0, 0.7, 0.3]
    s, c, sp, cp = math.sin(theta), math.cos(theta), math.sin(phi), math.cos(phi)
    true = [[s * cp, r * c * cp, -r * s * sp], [s * sp, r * c * sp, r * s * cp], [c, -r * s, 0.0]]
    assert jacobian(spherical)(at) == [pytest.approx(row, rel=1e-15) for row in true]
    assert np.linalg.det(jacobian(spherical)(np.array(at))) == pytest.approx(r * r * s, rel=1e-14)


def test_forward_and_reverse_jacobians_agree() -> None:
    def f(x: Any) -> list[Any]:
        return [ml.exp(x[0] * x[1]), x[0] / x[1], ml.where(x[0] > 0, x[1], 1 / x[0]), x[0], 7.0]

    by_answers = jacobian(f)([0.7, 1.3])
    by_inputs = [grad(lambda x, i=i: f(x)[i])([0.7, 1.3]) for i in (0, 1)]
    assert by_answers[:2] == [pytest.approx(row, rel=1e-15) for row in by_inputs]
    assert by_answers[2:] == [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]


def test_the_jacobian_has_the_forms_of_answer_and_argument() -> None:
    assert jacobian(lambda x: {"square": x * x, "cube": x**3})(2.0) == {"square": 4.0, "cube": 12.0}
    assert jacobian(lambda p: [p["a"] * p["b"]])({"a": 2.0, "b": 3.0}) == [{"a": 3.0, "b": 2.0}]
    assert jacobian(lambda x, y: [x * y, x], (0, 1))(2.0, 3.0) == ([3.0, 1.0], [2.0, 0.0])
    assert jacobian(lambda x: x[0] * x[1])([2.0, 3.0]) == [3.0, 2.0]
    assert jacobian(lambda x: np.array([x[0], x[1]]))([2.0, 3.0]) == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("answer", [list, tuple, np.array])
def test_by_an_array_the_jacobian_is_an_array(answer: Any) -> None:
    rows = jacobian(lambda x: answer([x[0] * x[1], x[1]]))(np.array([2.0, 3.0]))
    assert (rows.tolist(), rows.dtype, rows.shape) == ([[3.0, 2.0], [0.0, 1.0]], np.float64, (2, 2))


def test_the_jacobian_of_a_matrix_by_a_matrix_has_four_axes() -> None:
    a = np.arange(6.0).reshape(2, 3)
    rows = jacobian(lambda x: x @ x.T)(a)
    assert rows.shape == (2, 2, 2, 3)
    step = 1e-6 * np.eye(6).reshape(6, 2, 3)
    slopes = np.array([((a + h) @ (a + h).T - (a - h) @ (a - h).T) / 2e-6 for h in step])
    assert np.allclose(np.moveaxis(slopes.reshape(2, 3, 2, 2), (0, 1), (2, 3)), rows, atol=1e-8)


def test_a_thousand_answers_of_one_number_cost_one_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    backward = Op.backward
    monkeypatch.setattr(Op, "backward", lambda op, *numbers: calls.append(op) or backward(op, *numbers))
    assert jacobian(lambda x: [x * i for i in range(1000)])(2.0) == list(range(1000))
    assert len(calls) == 1000


def test_hessians_are_symmetric_to_the_last_bit() -> None:
    def f(x: Any) -> Any:
        return ml.exp(x[0] * ml.sin(x[1])) / (1 + x[2] ** 2 * x[0]) + ml.log(x[1] + x[2])

    rows = hessian(f)(np.array([0.3, 0.7, 1.1]))
    assert (rows == rows.T).all()
    measured = np.array([(np.array(grad(f)([*(x + h)])) - grad(f)([*(x - h)])) / 2e-6
                         for x in [np.array([0.3, 0.7, 1.1])] for h in 1e-6 * np.eye(3)])  # fmt: skip
    assert np.allclose(rows, measured, rtol=1e-7)


def test_the_hessian_by_several_arguments_has_blocks() -> None:
    blocks = hessian(lambda x, y: x[0] * x[1] * y**2, (0, 1))([2.0, 3.0], 5.0)
    assert blocks == (([[0.0, 25.0], [25.0, 0.0]], [30.0, 20.0]), ([30.0, 20.0], 12.0))


def test_the_hessian_of_a_linear_function_is_zero_and_warns_of_nothing() -> None:
    assert hessian(lambda x: 2 * x[0] + x[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert grad(grad(lambda x: 3 * x))(1.0) == 0.0


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=6))
def test_rosenbrocks_derivatives_are_those_of_the_textbook(x: list[float]) -> None:
    value, slopes = value_and_grad(rosenbrock)(x)
    assert value == rosenbrock(x)
    assert slopes == pytest.approx(rosenbrocks_gradient(x), rel=1e-12, abs=1e-10)
    v = [math.sin(i) for i in range(len(x))]
    product = np.array(hessian(rosenbrock)(x)) @ v
    assert hvp(rosenbrock)(x, v) == pytest.approx(list(product), rel=1e-11, abs=1e-9)
    assert jvp(rosenbrock, (x,), (v,))[1] == pytest.approx(np.dot(slopes, v), rel=1e-11, abs=1e-9)


def test_hvp_passes_further_arguments_on_as_scipy_does() -> None:
    assert hvp(lambda x, a, b=1.0: a * b * x[0] ** 2 * x[1])([2.0, 3.0], [1.0, 0.0], 10.0, b=2.0) == [120.0, 80.0]


def test_the_derivative_of_hvp_by_its_vector_and_values_in_it() -> None:
    assert grad(lambda v: hvp(lambda x: x**3)(2.0, v))(1.0) == 12.0
    w = Value(1.0)
    product = hvp(lambda x: x**3)(2.0, w)
    assert (product.data, w.grad) == (12.0, 0.0)
    product.backward()
    assert w.grad == 12.0


def test_vectors_and_weights_go_by_key_and_have_the_arguments_form() -> None:
    assert vjp(lambda x: {"a": x, "b": 10 * x}, 1.0)[1]({"b": 1.0, "a": 0.0}) == (10.0,)
    assert hvp(lambda p: p["a"] ** 2 + 5 * p["b"] ** 2)({"a": 1.0, "b": 2.0}, {"b": 0.0, "a": 1.0}) == {
        "a": 2.0,
        "b": 0.0,
    }
    with pytest.raises(ValueError, match=r"tangents: 1\.0 has not the form of \[1\.0, 2\.0\]"):
        jvp(lambda x, y: x[0] * y, ([1.0, 2.0], 3.0), (1.0, [2.0, 3.0]))


def test_a_pull_refuses_when_data_were_written_after_vjp() -> None:
    w = Value(2.0, "w")
    _, pull = vjp(lambda x: x * x * w, 3.0)
    assert pull(1.0)[0].data == 12.0
    w.data = 100.0
    with pytest.raises(ValueError, match=r"was 2\.0 when vjp ran"):
        pull(1.0)


@dataclasses.dataclass
class Circle:
    radius: float

    def __post_init__(self) -> None:
        self.diameter = 2 * self.radius

    @functools.cached_property
    def area(self) -> Any:
        return 3 * self.radius**2


def test_what_a_dataclass_computes_of_its_fields_keeps_its_derivative() -> None:
    circle = Circle(2.0)
    slope = grad(lambda circle: circle.area * circle.diameter)
    assert slope(circle).radius == 72.0
    assert circle.area == 12.0
    assert slope(circle).radius == 72.0


def test_vjp_weighs_the_answers() -> None:
    value, pull = vjp(lambda x, y: {"product": x * y, "both": [x, x]}, 2.0, 3.0)
    assert value == {"product": 6.0, "both": [2.0, 2.0]}
    assert pull({"product": 1.0, "both": [10.0, 100.0]}) == (113.0, 2.0)
    assert pull({"product": 0.0, "both": [1.0, 0.0]}) == (1.0, 0.0)


def test_the_model_of_a_network_is_an_argument_like_others() -> None:
    class Line:
        def __init__(self) -> None:
            self.a, self.b = Value(2.0), Value(1.0)

        def parameters(self) -> list[Value]:
            return [self.a, self.b]

        def __call__(self, x: float) -> Value:
            return self.a * x + self.b

    line = Line()
    value, slopes = value_and_grad(lambda model, x: model(x) ** 2)(line, 3.0)
    assert (value.data, [slope.data for slope in slopes]) == (49.0, [42.0, 14.0])
    assert [p.grad for p in line.parameters()] == [0.0, 0.0]


# awkward points


def test_a_derivative_at_a_singular_point_is_infinite_as_backward_says() -> None:
    assert grad(ml.sqrt)(0.0) == math.inf
    assert jvp(ml.sqrt, (0.0,), (1.0,)) == (0.0, math.inf)
    assert grad(lambda x: x**0.5)(0.0) == math.inf


def test_higher_derivatives_at_a_singular_point_do_not_raise() -> None:
    assert grad(grad(lambda x: x**1.5))(0.0) == math.inf
    assert math.isnan(grad(grad(ml.sqrt))(0.0))
    assert grad(grad(lambda x: x**0.5))(0.0) == -math.inf


def test_a_singular_derivative_of_values_is_a_value_with_its_own_derivative() -> None:
    x = Value(0.0, "x")
    slope = grad(lambda x: x**1.5)(x)
    slope.backward()
    assert (slope.data, x.grad) == (0.0, math.inf)


def test_errors_of_the_function_itself_name_its_arguments() -> None:
    with pytest.raises(ValueError, match=r"log\(price\): .* at price = -1\.0"):
        grad(lambda price: ml.log(price))(-1.0)
    with pytest.raises(ZeroDivisionError, match=r"x\[1\] = 0\.0"):
        grad(lambda x: x[0] / x[1])([1.0, 0.0])


# big graphs


def test_long_chains_do_not_recurse() -> None:
    def chain(x: Any) -> Any:
        for _ in range(20_000):
            x = x * 1.0001
        return x * x

    slope = 2 * 1.0001**40_000
    assert grad(chain)(1.0) == pytest.approx(slope, rel=1e-9)
    assert hessian(chain)(1.0) == pytest.approx(slope, rel=1e-9)
    assert jvp(chain, (1.0,), (1.0,))[1] == pytest.approx(slope, rel=1e-9)


@pytest.fixture(autouse=True)
def _every_warning_counts() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
