"""Facts about neurons, layers, networks and losses; what was written for micrograd runs, and learns the two moons."""

from __future__ import annotations

import copy
import math
import pickle
import random
from typing import Any

import mpmath
import numpy as np
import pytest

from micrograd_like import Value, function
from micrograd_like.nn import MLP, Layer, Module, Neuron, binary_cross_entropy, hinge, mean_squared_error
from micrograd_like.operation import OPS


def data_of(values: list[Value]) -> list[float]:
    return [v.data for v in values]


def weighted_sum(neuron: Neuron, x: list[float]) -> float:
    return sum((w.data * xi for w, xi in zip(neuron.w, x, strict=True)), neuron.b.data)


# neurons, layers, networks


def test_a_neuron_is_a_weighted_sum_and_a_bias() -> None:
    neuron = Neuron(2, nonlin=False)
    neuron.w[0].data, neuron.w[1].data, neuron.b.data = 2.0, -3.0, 0.5
    assert neuron([10, 1]).data == 2 * 10 - 3 * 1 + 0.5


def test_the_derivatives_of_a_neuron_are_its_inputs_its_weights_and_1() -> None:
    neuron, x = Neuron(2, nonlin=False, seed=0), [Value(10.0), Value(-1.0)]
    neuron(x).backward()
    assert [p.grad for p in neuron.parameters()] == [10.0, -1.0, 1.0]
    assert [v.grad for v in x] == data_of(neuron.w)


def test_a_neuron_has_the_operations_of_micrograd_in_its_order() -> None:
    neuron = Neuron(2, seed=0)
    relu = neuron([5.0, 7.0])
    (second,) = relu.parents
    first, product = second.parents
    assert [v.op.name for v in (relu, second, first, product)] == ["relu", "add", "add", "mul"]
    assert first.parents[0] is neuron.b
    assert product.parents == (neuron.w[1], 7.0)


def test_a_network_is_the_matrix_products_of_numpy() -> None:
    model, x = MLP(3, [5, 4, 2], activation="tanh", seed=0), np.array([0.3, -1.2, 2.0])
    for layer in model.layers[:-1]:
        w, b = np.array([data_of(n.w) for n in layer.neurons]), np.array([n.b.data for n in layer.neurons])
        x = np.tanh(w @ x + b)
    w = np.array([data_of(n.w) for n in model.layers[-1].neurons])
    assert data_of(model([0.3, -1.2, 2.0])) == pytest.approx(w @ x, rel=1e-13)


def test_the_gradient_of_a_network_is_its_measured_slope() -> None:
    model, x = MLP(2, [4, 4, 1], activation="silu", seed=0), [0.5, -1.0]
    model(x).backward()
    for p in model.parameters():
        data, h = p.data, 1e-5
        p.data = data + h
        above = model(x).data
        p.data = data - h
        assert (above - model(x).data) / (2 * h) == pytest.approx(p.grad, rel=1e-7, abs=1e-9)
        p.data = data


def test_only_the_last_layer_has_no_activation() -> None:
    assert [layer.neurons[0].nonlin for layer in MLP(2, [3, 3, 1]).layers] == [True, True, False]
    assert repr(MLP(2, (2, 1))) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"


def test_a_layer_of_one_neuron_answers_with_its_output_alone() -> None:
    assert type(Layer(2, 1)([1.0, 2.0])) is Value
    assert len(Layer(2, 2)([1.0, 2.0])) == 2


def test_a_layer_of_one_neuron_can_have_layers_after_it() -> None:
    assert len(MLP(2, [1, 3], seed=0)([1.0, 2.0])) == 3
    assert Neuron(1, seed=0)(2.0).data == Neuron(1, seed=0)([2.0]).data


@pytest.mark.parametrize(
    "inputs", [(1.0, 2.0), np.array([1.0, 2.0]), range(1, 3), iter([1.0, 2.0])], ids=lambda x: type(x).__name__
)
def test_inputs_come_in_any_sequence(inputs: Any) -> None:
    layer = Layer(2, 2, nonlin=False, seed=0)
    assert data_of(layer(inputs)) == data_of(layer([1.0, 2.0]))


@pytest.mark.parametrize(("inputs", "count"), [([1.0], 1), ([1.0, 2.0, 3.0], 3), ([], 0), (1.0, 1)])
def test_the_wrong_number_of_inputs_is_refused(inputs: Any, count: int) -> None:
    with pytest.raises(ValueError, match=rf"ReLUNeuron\(2\) takes 2 inputs, not {count}"):
        MLP(2, [3, 1])(inputs)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Neuron(0), "the number of inputs is at least 1, not 0"),
        (lambda: Layer(2, -1), "the number of neurons is at least 1, not -1"),
        (lambda: MLP(2, []), "an MLP has at least one layer"),
        (lambda: MLP(2, [3, 0]), "the number of neurons is at least 1, not 0"),
    ],
)
def test_nothing_is_empty(build: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


# activations


@pytest.mark.parametrize("name", ["tanh", "sin", "erf", "expm1", "abs"])
def test_an_activation_is_an_operation_by_its_name(name: str) -> None:
    neuron = Neuron(2, activation=name, seed=0)
    expected = getattr(math, name, abs)(weighted_sum(neuron, [0.3, 0.5]))
    assert neuron([0.3, 0.5]).data == expected


def test_leaky_relu_takes_its_default() -> None:
    neuron = Neuron(1, activation="leaky_relu")
    neuron.w[0].data = 1.0
    assert (neuron([-2.0]).data, neuron([3.0]).data) == (-0.02, 3.0)


def test_your_own_operation_is_an_activation() -> None:
    function("half_of_it", lambda x: x / 2, lambda x, out, g: g / 2)
    assert Neuron(1, activation="half_of_it", seed=0)([3.0]).data == Neuron(1, False, seed=0)([3.0]).data / 2


@pytest.mark.parametrize("options", [{"nonlin": False}, {"activation": None}, {"activation": "linear"}])
def test_a_neuron_without_activation_is_linear(options: dict[str, Any]) -> None:
    neuron = Neuron(2, seed=0, **options)
    assert repr(neuron) == "LinearNeuron(2)"
    assert neuron([-5.0, 0.0]).data == weighted_sum(neuron, [-5.0, 0.0])


def test_nonlin_is_a_switch() -> None:
    neuron = Neuron(1, activation="exp", seed=0)
    neuron.nonlin = False
    assert neuron([0.5]).data == weighted_sum(neuron, [0.5])


@pytest.mark.parametrize(
    ("activation", "error", "message"),
    [
        ("rleu", ValueError, "there is no activation named 'rleu': did you mean 'relu'"),
        ("", ValueError, "there is no activation named '': take one such as 'relu'"),
        ("maximum", ValueError, "'maximum' is no activation: an activation has one input, and .* has not"),
        ("lt", ValueError, "'lt' is no activation"),
        (math.tanh, TypeError, "an activation is given by its name, such as 'tanh', not as <built-in function tanh>"),
    ],
)
def test_what_is_no_activation_is_refused(activation: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        MLP(2, [2, 1], activation=activation)


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if op.arity == 1])
def test_every_operation_of_one_input_is_an_activation_and_prints_in_ascii(name: str) -> None:
    neuron = Neuron(1, activation=name)
    neuron.w[0].data, neuron.b.data = 0.0, OPS[name].at[0]
    assert neuron([1.0]).data == OPS[name].value(*OPS[name].at)
    assert repr(neuron).isascii()


# weights


def test_a_seed_gives_these_numbers_on_every_machine() -> None:
    assert data_of(Neuron(2, seed=0).parameters()) == [0.6888437030500962, 0.515908805880605, 0.0]
    assert MLP(2, [16, 16, 1], seed=1337).parameters()[-2].data == -0.2532524374373504


def test_a_seed_leaves_the_other_random_numbers_alone() -> None:
    state = random.getstate()
    assert data_of(MLP(2, [3, 1], seed=5).parameters()) == data_of(MLP(2, [3, 1], seed=np.int64(5)).parameters())
    assert random.getstate() == state


@pytest.mark.parametrize(
    ("part", "count"), [(MLP(2, [3, 3, 1], seed=0), 6 + 9 + 3), (Layer(2, 3, seed=0), 6)], ids=repr
)
def test_the_neurons_of_a_seeded_network_differ(part: Module, count: int) -> None:
    weights = [p.data for p in part.parameters() if p.data]
    assert len(set(weights)) == len(weights) == count


def test_without_a_seed_weights_come_from_the_module_random_neuron_by_neuron() -> None:
    random.seed(1337)
    model = MLP(2, [2, 1])
    random.seed(1337)
    neurons = [n for layer in model.layers for n in layer.neurons]
    assert [data_of(n.parameters()) for n in neurons] == [
        [*(random.uniform(-1, 1) for _ in range(2)), 0] for _ in range(3)
    ]


def test_a_generator_is_a_seed_that_goes_on() -> None:
    rng = random.Random(0)
    first, second = Neuron(1, seed=rng), Neuron(1, seed=rng)
    assert [first.w[0].data, second.w[0].data] == data_of(Neuron(2, seed=0).w)


@pytest.mark.parametrize("seed", ["0", 0.5])
def test_a_seed_is_an_int(seed: Any) -> None:
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        MLP(2, [1], seed=seed)


def test_parameters_are_named_by_layer_neuron_and_input() -> None:
    model = MLP(2, [3, 1])
    assert model.layers[0].neurons[2].w[1].name == "w[0][2][1]"
    assert model.layers[1].neurons[0].b.name == "b[1][0]"
    assert [p.name for p in Layer(1, 2).parameters()] == ["w[0][0]", "b[0]", "w[1][0]", "b[1]"]
    assert [p.name for p in Neuron(2).parameters()] == ["w[0]", "w[1]", "b"]


# modules


class Everything(Module):
    """A module with parameters in every kind of place."""

    def __init__(self) -> None:
        self.scale = Value(1.0, "scale")
        self.neuron = Neuron(1)
        self.pair = (Value(2.0, "left"), [Value(3.0, "right")])
        self.table = {"first": Value(4.0, "in a dict"), "again": self.scale}
        self.array = np.array([[Value(5.0, "in an array")]])
        self.product = self.scale * 2
        self.others = "text", 1.5, None, np.ones(3), np.float64(2), {1.0}


def test_parameters_are_found_wherever_they_are_in_the_order_of_the_attributes() -> None:
    names = [p.name for p in Everything().parameters()]
    assert names == ["scale", "w[0]", "b", "left", "right", "in a dict", "in an array"]


def test_what_stands_in_for_a_parameter_is_one() -> None:
    layer = Layer(2, 2)
    stand_ins = [p.as_float().as_float() for p in layer.parameters()]
    twin = copy.deepcopy(layer, {id(p): x for p, x in zip(layer.parameters(), stand_ins, strict=True)})
    assert list(map(id, twin.parameters())) == list(map(id, stand_ins))


def test_equal_parameters_are_all_found() -> None:
    module = Module()
    module.__dict__["ones"] = [Value(1.0), Value(1.0)]
    assert len(module.parameters()) == 2


def test_a_module_that_is_used_twice_counts_once() -> None:
    module = Module()
    module.__dict__["both"] = [Neuron(2)] * 2
    assert len(module.parameters()) == 3


def test_modules_that_know_each_other_are_entered_once() -> None:
    parent, left, right = Module(), Neuron(1), Neuron(1)
    parent.__dict__["parts"] = left, right
    left.__dict__["family"], right.__dict__["family"] = (parent, right), (parent, left)
    assert parent.parameters() == left.parameters() == [*left.w, left.b, *right.w, right.b]


def test_a_method_parameters_of_its_own_decides() -> None:
    class Frozen(Neuron):
        def parameters(self) -> list[Value]:
            return [self.b]

    module = Module()
    module.__dict__["part"] = part = Frozen(3)
    assert module.parameters() == [part.b]


def test_a_method_parameters_can_add_to_those_found() -> None:
    extra = Value(7.0)

    class More(Neuron):
        def parameters(self) -> list[Value]:
            return [*super().parameters(), extra]

    more, part = More(1, seed=0), Neuron(1)
    more.__dict__["part"], part.__dict__["whole"] = part, more
    assert more.parameters() == [*more.w, more.b, *part.w, part.b, extra]


def test_a_module_without_attributes_has_no_parameters() -> None:
    assert Module().parameters() == []


def test_zero_grad_clears_the_parameters() -> None:
    model = MLP(2, [3, 1], seed=0)
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 13


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"])
def test_a_copy_answers_alike_and_has_parameters_of_its_own(copied: Any) -> None:
    model, x = MLP(2, [3, 1], activation="gelu", seed=0), [1.0, -2.0]
    twin = copied(model)
    assert twin(x).data == model(x).data
    assert [p.name for p in twin.parameters()] == [p.name for p in model.parameters()]
    twin(x).backward()
    assert not any(p.grad for p in model.parameters())


# losses


def test_the_mean_squared_error_is_numpys() -> None:
    predictions, targets = np.random.RandomState(0).normal(size=(2, 20))
    loss = mean_squared_error(list(map(Value, predictions)), targets)
    assert loss.data == pytest.approx(np.mean((predictions - targets) ** 2), rel=1e-15)


def test_the_derivative_of_the_mean_squared_error_is_twice_the_mean_difference() -> None:
    x, y = Value(3.0), Value(10.0)
    mean_squared_error([x, y], [1, 11]).backward()
    assert (x.grad, y.grad) == (2.0, -1.0)


def test_targets_may_be_values_too() -> None:
    target = Value(1.0)
    mean_squared_error([3.0], [target]).backward()
    assert target.grad == -4.0


@pytest.mark.parametrize(("score", "loss", "slope"), [(-1, 2, -1), (0, 1, -1), (0.5, 0.5, -1), (1, 0, 0), (2, 0, 0)])
@pytest.mark.parametrize("label", [1, -1, 1.0, np.int64(-1), np.int8(1)], ids=repr)
def test_hinge_falls_to_0_at_a_score_of_1_on_the_side_of_the_label(
    score: float, loss: float, slope: float, label: Any
) -> None:
    x = Value(score * float(label))
    y = hinge([x], [label])
    y.backward()
    assert (y.data, x.grad) == (loss, slope * float(label))


def test_hinge_is_a_mean() -> None:
    assert hinge([Value(0.0), Value(0.5), Value(4.0), Value(-1.0)], [1, 1, 1, 1]).data == (1 + 0.5 + 0 + 2) / 4


@pytest.mark.parametrize("label", [0, 1, 0.25, 1e-10])
@pytest.mark.parametrize("logit", [0.0, 1.5, -1.5, 40.0, -40.0, 700.0, -700.0, 1000.0, -1000.0])
def test_binary_cross_entropy_keeps_all_digits(logit: float, label: float) -> None:
    x = Value(logit)
    loss = binary_cross_entropy([x], [label])
    loss.backward()
    with mpmath.workdps(1000):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(logit)))
        true = -label * mpmath.log(p) - (1 - mpmath.mpf(label)) * mpmath.log(1 - p)
        slope = p - label
    assert loss.data == pytest.approx(float(true), rel=1e-15, abs=1e-320)
    assert x.grad == pytest.approx(float(slope), rel=1e-15, abs=1e-320 if label in (0, 1) else 1e-16)


def test_binary_cross_entropy_is_a_mean_and_of_hard_labels_one_softplus_each() -> None:
    loss = binary_cross_entropy([Value(0.0), Value(0.0)], [np.int64(1), False])
    assert loss.data == math.log(2)
    assert [v.op.name for v in loss.parents[0].parents] == ["softplus", "softplus"]


def test_a_label_that_is_a_value_gets_its_derivative() -> None:
    label = Value(1.0)
    binary_cross_entropy([2.0], [label]).backward()
    assert label.grad == pytest.approx(-2.0, rel=1e-15)


def test_losses_of_plain_numbers_are_plain_numbers() -> None:
    losses = [
        mean_squared_error([3, np.uint8(5)], np.array([2, 7], dtype=np.uint8)),
        hinge(np.array([0.5, 3.0]), [1, -1]),
        binary_cross_entropy([0, 0], [0, 1]),
    ]
    assert losses == [2.5, 2.25, math.log(2)]
    assert [type(loss) for loss in losses] == [float] * 3


LOSSES = {mean_squared_error: "predictions", hinge: "scores", binary_cross_entropy: "logits"}


@pytest.mark.parametrize(("loss", "name"), LOSSES.items())
def test_losses_refuse_what_does_not_pair_up(loss: Any, name: str) -> None:
    other = "targets" if name == "predictions" else "labels"
    with pytest.raises(ValueError, match=f"there are 1 {name} and 2 {other}: give as many of the one as of the other"):
        loss([Value(1.0)], [1, 1])
    with pytest.raises(ValueError, match=f"there are no {name}: the mean of no losses is not a number"):
        loss([], [])
    with pytest.raises(TypeError, match=rf"^{name} are a list with one for each sample, not Value.*: .* write \[x\]"):
        loss(Value(1.0), [1])
    with pytest.raises(TypeError, match=rf"^{other} are a list with one for each sample, not 1: "):
        loss([Value(1.0)], 1)
    with pytest.raises(TypeError, match=f"{name} are numbers or Values, not '1'"):
        loss(["1"], [1])
    with pytest.raises(TypeError, match=rf"{other} are numbers or Values, not \[1\]"):
        loss([Value(1.0)], [[1]])


@pytest.mark.parametrize("label", [0, 2, -0.5, math.nan])
def test_hinge_refuses_other_labels(label: float) -> None:
    with pytest.raises(ValueError, match=f"the labels of hinge are -1 and 1, not {float(label)}: of labels 0 and 1"):
        hinge([Value(1.0)], [label])


@pytest.mark.parametrize("label", [-1, 1.5, math.nan])
def test_binary_cross_entropy_refuses_labels_that_are_no_probabilities(label: float) -> None:
    with pytest.raises(ValueError, match=f"the labels of binary_cross_entropy are from 0 to 1, not {float(label)}"):
        binary_cross_entropy([Value(1.0)], [label])


# programs for micrograd


def test_the_first_expression_that_micrograd_tests() -> None:
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    y = (z * z).relu() + q + q * x
    y.backward()
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_the_expression_in_the_readme_of_micrograd_and_its_numbers() -> None:
    a, b = Value(-4.0), Value(2.0)
    c, d = a + b, a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = (c - d) ** 2
    g = e / 2.0 + 10.0 / e
    g.backward()
    assert [round(x, 4) for x in (g.data, a.grad, b.grad)] == [24.7041, 138.8338, 645.5773]


def test_a_network_is_micrograds_own_number_for_number() -> None:
    theirs = pytest.importorskip("micrograd.nn")
    random.seed(1337)
    ours_model = MLP(3, [4, 4, 1])
    random.seed(1337)
    their_model = theirs.MLP(3, [4, 4, 1])
    ours, other = ours_model([1, -2.0, 0.5]), their_model([1, -2.0, 0.5])
    ours.backward()
    other.backward()
    assert (repr(ours_model), ours.data) == (repr(their_model), other.data)
    for p, q in zip(ours_model.parameters(), their_model.parameters(), strict=True):
        assert (p.data, p.grad) == (q.data, pytest.approx(q.grad, rel=1e-12))


def two_moons(count: int) -> tuple[Any, Any]:
    """Points on two half circles, with noise of 0.1, and their labels, -1 and 1: scikit-learn's `make_moons`."""
    rng = np.random.RandomState(1337)
    angles = np.linspace(0, np.pi, count // 2)
    upper, lower = np.c_[np.cos(angles), np.sin(angles)], np.c_[1 - np.cos(angles), 0.5 - np.sin(angles)]
    order = rng.permutation(count)
    points = np.r_[upper, lower] + rng.normal(scale=0.1, size=(count, 2))
    return points[order], np.repeat([-1, 1], count // 2)[order]


def test_a_training_program_for_micrograd_learns_the_two_moons() -> None:
    random.seed(1337)
    model, (points, labels) = MLP(2, [16, 16, 1]), two_moons(60)
    accuracy = 0.0
    for k in range(100):
        scores = list(map(model, [list(map(Value, x)) for x in points]))
        margins = [(1 + -yi * score).relu() for yi, score in zip(labels, scores, strict=True)]
        loss = sum(margins) * (1.0 / len(margins)) + 1e-4 * sum(p * p for p in model.parameters())
        accuracy = sum((yi > 0) == (score.data > 0) for yi, score in zip(labels, scores, strict=True)) / len(labels)
        if accuracy == 1.0:
            break
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
    assert accuracy == 1.0
