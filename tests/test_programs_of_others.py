"""Programs in the ways of others run when their imports are changed, and nothing else: of the lecture on micrograd, of
micrograd's demo, and of the three-class program of EurekaLabs. Each is text, which is run as a program of its own.

What they compute is compared with numbers that the libraries for which they are written have computed.
"""

from __future__ import annotations

from typing import Any

import pytest


def run(imports: str, program: str) -> dict[str, Any]:
    """The variables of a program after its last line."""
    variables: dict[str, Any] = {"__name__": "program"}
    exec(compile(imports + program, "program", "exec"), variables)
    return variables


# the lecture

OF_THE_LECTURE = "from micrograd_like import Value\n"
DRAWING = """
from graphviz import Digraph

def trace(root):
    nodes, edges = set(), set()
    def visit(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                visit(child)
    visit(root)
    return nodes, edges

def draw_dot(root):
    picture = Digraph(format="svg", graph_attr={"rankdir": "LR"})
    nodes, edges = trace(root)
    for v in nodes:
        name = str(id(v))
        picture.node(name=name, label="{ %s | data %.4f | grad %.4f }" % (v.label, v.data, v.grad), shape="record")
        if v._op:
            picture.node(name=name + v._op, label=v._op)
            picture.edge(name + v._op, name)
    for v, w in edges:
        picture.edge(str(id(v)), str(id(w)) + w._op)
    return picture
"""
EXPRESSION = """
a = Value(2.0, label="a")
b = Value(-3.0, label="b")
c = Value(10.0, label="c")
e = a * b; e.label = "e"
d = e + c; d.label = "d"
f = Value(-2.0, label="f")
L = d * f; L.label = "L"
picture = draw_dot(L)

L.grad = 1.0
L._backward()
d._backward()
e._backward()
by_hand = [v.grad for v in (a, b, c, d, e, f)]

for v in (a, b, c, f):
    v.data += 0.01 * v.grad
e = a * b
d = e + c
L = d * f
"""
NEURON = """
def neuron(tanh):
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1 = x1 * w1; x1w1.label = "x1*w1"
    x2w2 = x2 * w2; x2w2.label = "x2*w2"
    x1w1x2w2 = x1w1 + x2w2; x1w1x2w2.label = "x1*w1 + x2*w2"
    n = x1w1x2w2 + b; n.label = "n"
    o = tanh(n); o.label = "o"
    return o, n, x1w1x2w2, x1w1, x2w2, b, x1, w1, x2, w2

def in_parts(n):
    e = (2 * n).exp()
    return (e - 1) / (e + 1)

o, n, x1w1x2w2, x1w1, x2w2, b, *inputs = neuron(lambda n: n.tanh())
o.grad = 1.0
for v in (o, n, b, x1w1x2w2, x2w2, x1w1):
    v._backward()
by_hand = [v.grad for v in inputs]

o, *_, x1, w1, x2, w2 = neuron(lambda n: n.tanh())
topo, visited = [], set()
def build_topo(v):
    if v not in visited:
        visited.add(v)
        for child in v._prev:
            build_topo(child)
        topo.append(v)
build_topo(o)
o.grad = 1.0
for v in reversed(topo):
    v._backward()
in_order = [v.grad for v in (x1, w1, x2, w2)]

o, *_, x1, w1, x2, w2 = neuron(in_parts)
o.backward()
at_once = [v.grad for v in (x1, w1, x2, w2)]
picture = draw_dot(o)

a = Value(3.0, label="a")
b = a + a
b.backward()
twice = a.grad
"""
NETWORK = """
import random

class Neuron:
    def __init__(self, count):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(count)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x):
        return sum((w * xi for w, xi in zip(self.w, x)), self.b).tanh()

class Network:
    def __init__(self, *sizes):
        self.layers = [[Neuron(m) for _ in range(n)] for m, n in zip(sizes, sizes[1:])]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0] if len(x) == 1 else x

    def parameters(self):
        return [p for layer in self.layers for neuron in layer for p in neuron.w + [neuron.b]]

random.seed(1337)
net = Network(3, 4, 4, 1)
examples = {(2.0, 3.0, -1.0): 1.0, (3.0, -1.0, 0.5): -1.0, (0.5, 1.0, 1.0): -1.0, (1.0, 1.0, -1.0): 1.0}
losses = []
for k in range(20):
    loss = sum((net(x) - wanted) ** 2 for x, wanted in examples.items())
    for p in net.parameters():
        p.grad = 0.0
    loss.backward()
    for p in net.parameters():
        p.data += -0.05 * p.grad
    losses.append(loss.data)
"""


def test_the_expression_of_the_lecture_is_drawn_by_its_own_program_and_derived_by_hand() -> None:
    found = run(OF_THE_LECTURE, DRAWING + EXPRESSION)
    assert found["by_hand"] == [6.0, -4.0, -2.0, -2.0, -2.0, 4.0]
    assert found["L"].data == pytest.approx(-7.286496, abs=1e-12)
    source = found["picture"].source
    for name, data in {"a": 2, "b": -3, "c": 10, "d": 4, "e": -6, "f": -2, "L": -8}.items():
        assert f'label="{{ {name} | data {data:.4f} | grad 0.0000 }}" shape=record' in source
    assert source.count('label="*"') == 2
    assert source.count('label="+"') == 1
    assert source.count("->") == 3 + 6


def test_a_value_without_a_name_has_an_empty_label_as_in_the_lecture() -> None:
    found = run(OF_THE_LECTURE, DRAWING + 'v = Value(1.0)\npicture = draw_dot(v + v)\nv.label += "v"\n')
    assert "{  | data 2.0000 | grad 0.0000 }" in found["picture"].source
    assert found["v"].name == "v"


def test_the_neuron_of_the_lecture_is_derived_in_all_its_ways() -> None:
    found = run(OF_THE_LECTURE, DRAWING + NEURON)
    for way in ("by_hand", "in_order", "at_once"):
        assert found[way] == pytest.approx([-1.5, 1.0, 0.5, 0.0], abs=1e-12), way
    assert found["twice"] == 2.0
    assert "{ x1*w1 + x2*w2 | data -6.0000 | grad 0.5000 }" in found["picture"].source


def test_the_network_of_the_lecture_learns_its_four_examples() -> None:
    losses = run(OF_THE_LECTURE, NETWORK)["losses"]
    assert (losses[0], losses[-1]) == pytest.approx((6.005402783252284, 0.0596420176420171), rel=1e-9)


# micrograd's demo

MICROGRAD = "from micrograd.engine import Value\nfrom micrograd.nn import Neuron, Layer, MLP\n"
OF_MICROGRAD = MICROGRAD.replace("micrograd.engine", "micrograd_like").replace("micrograd.nn", "micrograd_like.nn")
DEMO = """
import random
import numpy as np

np.random.seed(1337)
random.seed(1337)
angle = np.linspace(0, np.pi, 20)
X = np.r_[np.c_[np.cos(angle), np.sin(angle)], np.c_[1 - np.cos(angle), 0.5 - np.sin(angle)]]
X = X + np.random.normal(scale=0.1, size=X.shape)
y = np.repeat([-1, 1], 20)

model = MLP(2, [8, 8, 1])
text = str(model)
count = len(model.parameters())

def loss(batch_size=None):
    if batch_size is None:
        Xb, yb = X, y
    else:
        ri = np.random.permutation(X.shape[0])[:batch_size]
        Xb, yb = X[ri], y[ri]
    inputs = [list(map(Value, xrow)) for xrow in Xb]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum((p * p for p in model.parameters()))
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
    return total_loss, sum(accuracy) / len(accuracy)

losses = []
for k in range(15):
    total_loss, acc = loss(None if k % 3 else 30)
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9 * k / 100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    losses.append(total_loss.data)

h = 0.5
xx, yy = np.meshgrid(np.arange(-1, 2, h), np.arange(-1, 1.5, h))
inputs = [list(map(Value, xrow)) for xrow in np.c_[xx.ravel(), yy.ravel()]]
Z = np.array([s.data > 0 for s in map(model, inputs)]).reshape(xx.shape)
"""


def test_micrograds_demo_goes_the_same_way_number_for_number() -> None:
    found = run(OF_MICROGRAD, DEMO)
    losses = found["losses"]
    assert (found["count"], found["acc"]) == (105, 0.85)
    assert (losses[0], losses[-1]) == pytest.approx((0.7083479191815863, 0.31022337802584077), rel=1e-9)
    assert found["Z"].any()
    assert not found["Z"].all()


def test_micrograds_demo_on_micrograd_itself_says_the_same() -> None:
    pytest.importorskip("micrograd", reason="micrograd, which the demo is of, is not installed")
    ours, theirs = run(OF_MICROGRAD, DEMO), run(MICROGRAD, DEMO)
    assert ours["text"] == theirs["text"]
    assert ours["losses"] == pytest.approx(theirs["losses"], rel=1e-9)
    assert (ours["Z"] == theirs["Z"]).all()
    assert ours["acc"] == theirs["acc"]


# the program of EurekaLabs

OF_EUREKA = """
import micrograd_like

class Value(micrograd_like.Value):
    pass  # with room for what the optimizer keeps on a parameter
"""
THREE_CLASSES = """
import random

class Net:
    def __init__(self, inputs, hidden, classes):
        def layer(m, n):
            return [([Value(random.uniform(-1, 1) * m**-0.5) for _ in range(m)], Value(0)) for _ in range(n)]

        self.hidden, self.out = layer(inputs, hidden), layer(hidden, classes)
        for p in self.parameters():
            p.color = "lightgreen"

    def __call__(self, x):
        x = [sum((wi * xi for wi, xi in zip(w, x)), b).tanh() for w, b in self.hidden]
        return [sum((wi * xi for wi, xi in zip(w, x)), b) for w, b in self.out]

    def parameters(self):
        return [p for w, b in self.hidden + self.out for p in (*w, b)]

def cross_entropy(logits, target):
    most = max(x.data for x in logits)
    powers = [(x - most).exp() for x in logits]
    total = sum(powers)
    return -(powers[target] / total).log()

class AdamW:
    def __init__(self, parameters, lr, betas=(0.9, 0.95), weight_decay=0.0):
        self.parameters, self.lr, self.betas, self.weight_decay = parameters, lr, betas, weight_decay
        self.t = 0
        for p in parameters:
            p.m = p.v = 0

    def step(self):
        self.t += 1
        first, second = self.betas
        for p in self.parameters:
            p.m = first * p.m + (1 - first) * p.grad
            p.v = second * p.v + (1 - second) * p.grad**2
            mean, square = p.m / (1 - first**self.t), p.v / (1 - second**self.t)
            p.data -= self.lr * (mean / (square**0.5 + 1e-8) + self.weight_decay * p.data)
            p.grad = 0

random.seed(42)
points = [(random.uniform(-2, 2), random.uniform(-2, 2)) for _ in range(50)]
examples = [((x, y), 0 if x < 0 else 1 if y < 0 else 2) for x, y in points]
model = Net(2, 8, 3)
optimizer = AdamW(model.parameters(), lr=1e-1, weight_decay=1e-4)

def mean_loss(examples):
    total = Value(0.0)
    for x, wanted in examples:
        total = total + cross_entropy(model(x), wanted)
    return total * (1.0 / len(examples))

losses = []
for step in range(10):
    loss = mean_loss(examples)
    loss.backward()
    optimizer.step()
    losses.append(loss.data)

origin = (Value(0.0), Value(0.0))
mean_loss([(origin, 0)]).backward()
slopes = [v.grad for v in origin]
"""


def test_the_three_classes_are_learnt_with_what_adamw_keeps_on_its_parameters() -> None:
    found = run(OF_EUREKA, THREE_CLASSES)
    losses = found["losses"]
    assert (losses[0], losses[-1]) == pytest.approx((1.3076004062876965, 0.09945247604318622), rel=1e-9)
    assert found["slopes"] == pytest.approx([4.182330235671001, 0.5732957695491475], rel=1e-9)
    assert all(p.color == "lightgreen" for p in found["model"].parameters())
