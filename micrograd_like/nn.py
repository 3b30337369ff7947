"""Neurons, layers and networks of Values, with the interface of micrograd, and the losses to train them with.

>>> from micrograd_like import nn, optim
>>> points, labels = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1]
>>> model = nn.MLP(2, [8, 1], seed=0)
>>> optimizer = optim.SGD(model.parameters(), learning_rate=0.3)
>>> for _ in range(40):
...     loss = nn.hinge([model(x) for x in points], labels)
...     model.zero_grad()
...     loss.backward()
...     optimizer.step()
>>> [model(x) > 0 for x in points]
[False, True, True, False]
"""

from __future__ import annotations

from operator import index, mul

from .checked import is_real
from .graph import Node
from .operation import OPS, Op
from .ops import relu, softplus
from .pictures.scope import OwnScope
from .trace.symbol import Symbol
from .trees.containers import is_numeric
from .trees.objects import FUNCTIONS, PLAIN, attributes, is_module, pairs_in, parameters_of_model
from .value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any


class Module:
    """A model with parameters: a class of your own needs no more than to keep them as attributes.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = Value(2, "slope"), Value(1, "intercept")
    ...
    ...     def __call__(self, x):
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(10).backward()
    >>> [(p.name, p.grad) for p in line.parameters()]
    [('slope', 10.0), ('intercept', 1.0)]
    """

    def parameters(self) -> list[Value]:
        """The Values among the attributes, and those in their lists, dicts, arrays, objects and modules, each once.

        They come in the order in which the attributes were made. What an operation has computed is no parameter: write
        `Value(0.5 * x)`, not `0.5 * Value(x)`. Where an object has a method `parameters` of its own, that decides.
        """
        return [*{id(p): p for p in parameters_in([*attributes(self).values()], {id(self): self})}.values()]

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0, before the next backward pass adds to it."""
        for p in self.parameters():
            p.grad = 0.0


def parameters_in(x: Any, seen: dict[int, Any]) -> Iterator[Any]:
    """The parameters in an attribute; what was `seen` is not entered again."""
    if isinstance(x, Node):
        if is_parameter(x):
            yield x
    elif type(x) not in PLAIN and id(x) not in seen:
        seen[id(x)] = x
        parts = parameters_of_model(x) if has_parameters_of_its_own(x) else parts_held(x)
        for part in parts.values() if isinstance(parts, dict) else parts:
            yield from parameters_in(part, seen)


def has_parameters_of_its_own(x: Any) -> bool:
    return is_module(x) and getattr(type(x), "parameters", None) is not Module.parameters


def is_parameter(x: Node) -> bool:
    """Whether no operation has made it, but for the copy that stands in for x while a derivative by it is taken."""
    while x.op is OPS["as_float"]:
        (x,) = x.parents
    return x.op is None


def parts_held(x: Any) -> Iterable[Any]:
    """What a container, an array of objects, a module or an object of the user's holds; of anything else nothing."""
    return [] if is_numeric(x) or type(x) in FUNCTIONS else [part for _, part in pairs_in(x)]


class Neuron(Module):
    """A weighted sum of its inputs plus a bias, then an activation.

    >>> neuron = Neuron(2, activation="tanh", seed=0)
    >>> neuron
    tanhNeuron(2)
    >>> f"{neuron([1.0, -2.0]):.4f}"
    '-0.3301'

    `activation` is the name of an operation of one input, yours too: "relu", "tanh", "sigmoid", "silu", … With None,
    "linear" or `nonlin=False` there is none. Weights are drawn from -1 to 1, the bias is 0. A `seed` gives the same
    numbers on every machine; without it they come from the module `random`, in micrograd's order.
    """

    def __init__(
        self, nin: int, nonlin: bool = True, *, activation: str | None = "relu", seed: int | random.Random | None = None
    ) -> None:
        rng = generator(seed)
        self.w = [Value(rng.uniform(-1, 1), f"w[{i}]") for i in range(at_least_one("inputs", nin))]
        self.b = Value(0, "b")
        self.scopes = (OwnScope("neuron"),)
        self.activation = activation
        self.nonlin = nonlin and activation not in (None, "linear")
        if self.nonlin:
            activation_row(activation)

    def __call__(self, x: Iterable[Any]) -> Any:
        """The neuron's output for its inputs, numbers or Values."""
        xs = x if type(x) is tuple else inputs_in(x)
        if len(xs) != len(self.w):
            raise ValueError(f"{self} takes {len(self.w)} inputs, not {len(xs)}")
        act = sum(map(mul, self.w, xs), self.b)
        out = getattr(act, self.activation)() if self.nonlin else act  # type: ignore[arg-type]
        if isinstance(out, Value | Symbol):
            out._scope = (self.scopes, xs)
        return out

    def __repr__(self) -> str:
        return f"{activation_label(self.activation) if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons side by side, on the same inputs. A single one answers with its output, several with a list of them.

    >>> layer = Layer(2, 3, nonlin=False, seed=0)
    >>> [f"{out:.4f}" for out in layer([1.0, -2.0])]
    ['-0.3430', '0.8055', '0.4028']
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        nonlin: bool = True,
        activation: str | None = "relu",
        seed: int | random.Random | None = None,
    ) -> None:
        seed = generator(seed)
        self.neurons = [
            named_as_part(i, Neuron(nin, nonlin, activation=activation, seed=seed))
            for i in range(at_least_one("neurons", nout))
        ]
        self.lie_in(OwnScope("layer"))

    def lie_in(self, part: OwnScope) -> None:
        """Pictures show the neurons as those of this layer."""
        for i, neuron in enumerate(self.neurons, start=1):
            neuron.scopes = (part, OwnScope(f"neuron {i}"))

    def __call__(self, x: Iterable[Any]) -> Any:
        """The outputs of all neurons; of a single neuron its output alone."""
        xs = x if type(x) is tuple else inputs_in(x)
        outs = [neuron(xs) for neuron in self.neurons]
        return outs[0] if len(outs) == 1 else outs

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multilayer perceptron: layers one after the other, the last of them without activation.

    >>> model = MLP(2, [16, 16, 1], activation="tanh", seed=0)
    >>> len(model.parameters())
    337
    >>> model.layers[0].neurons[1].w[0]
    Value(data=-0.15885683833831, grad=0.0, name='w[0][1][0]')

    `nouts` has the number of neurons of each layer. `activation` and `seed` are as for a `Neuron`. Pictures show the
    neurons of layer 1, layer 2, …; two networks are told apart there if each is called `with scope("its name"):`.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | None = "relu",
        seed: int | random.Random | None = None,
    ) -> None:
        if not nouts:
            raise ValueError("an MLP has at least one layer: give nouts the number of neurons of each, as in [16, 1]")
        seed = generator(seed)
        sizes = [nin, *nouts]
        self.layers = [
            named_as_part(i, Layer(sizes[i], sizes[i + 1], nonlin=i < len(nouts) - 1, activation=activation, seed=seed))
            for i in range(len(nouts))
        ]
        for i, layer in enumerate(self.layers, start=1):
            layer.lie_in(OwnScope(f"layer {i}"))

    def __call__(self, x: Iterable[Any]) -> Any:
        """The outputs of the last layer; of a single neuron its output alone."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"


def named_as_part(i: int, part: Any) -> Any:
    """The part, its parameters named as one of several: w[2] of neuron 1 becomes w[1][2], in layer 0 w[0][1][2]."""
    for p in part.parameters():
        p.name = f"{p.name[0]}[{i}]{p.name[1:]}"
    return part


def generator(seed: int | random.Random | None) -> Any:
    """What draws the weights: a generator of its own for a seed, handed on by a layer; `random` itself without one."""
    import random

    if seed is None:
        return random
    return seed if hasattr(seed, "uniform") else random.Random(index(seed))


def at_least_one(what: str, number: int) -> int:
    if number < 1:
        raise ValueError(f"the number of {what} is at least 1, not {number!r}")
    return number


def inputs_in(x: Any) -> tuple[Any, ...]:
    """The inputs as a tuple. A single number is the only one: so a layer of one neuron can have layers after it."""
    return tuple(x) if type(x) is list else (x,) if isinstance(x, Node) or is_real(x) else tuple(x)


# activations


def is_activation(op: Op | None) -> bool:
    """Whether the row can be used with one input."""
    return op is not None and op.arity - len(op.defaults) == 1


def activation_row(name: str | None) -> Op:
    """The row of the table that an activation names."""
    if isinstance(name, str) and is_activation(OPS.get(name)):
        return OPS[name]
    from difflib import get_close_matches

    if not isinstance(name, str):
        raise TypeError(f"an activation is given by its name, such as 'tanh', not as {name!r}")
    if name in OPS:
        raise ValueError(f"{name!r} is no activation: an activation has one input, and {OPS[name].spelling} has not")
    near = get_close_matches(name, [op.name for op in OPS.values() if is_activation(op)])
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "take one such as 'relu', 'tanh' or 'sigmoid'"
    raise ValueError(f"there is no activation named {name!r}: {hint}")


def activation_label(name: str | None) -> str:
    op = activation_row(name)
    return op.label if op.label.isascii() else op.name


# losses


def mean_squared_error(predictions: Iterable[Any], targets: Iterable[Any]) -> Any:
    """The mean of the squares of the differences between predictions and targets.

    >>> mean_squared_error([Value(3.0), Value(5.0)], [2, 7])
    Value(data=2.5, grad=0.0)
    >>> mean_squared_error([3.0, 5.0], [2, 7])
    2.5

    Both are sequences of as many numbers or Values, else it is a ValueError; the answer is one number. Its unit is the
    square of theirs.
    """
    pairs = pairs_of("predictions", predictions, "targets", targets)
    return mean("mean squared error", [(prediction - target) ** 2 for prediction, target in pairs], pairs)


def hinge(scores: Iterable[Any], labels: Iterable[Any]) -> Any:
    """The mean of `relu(1 - label * score)`: a score that lies beyond 1 on the side of its label costs nothing.

    >>> hinge([Value(3.0), Value(0.5), Value(0.5)], [1, 1, -1])
    Value(data=0.6666666666666666, grad=0.0)

    Scores and labels are sequences of as many numbers or Values; a label is -1 or 1, else it is a ValueError.
    Source: Cortes and Vapnik, "Support-Vector Networks", Machine Learning 20 (1995), pages 273-297, whose slack
    variables these are.
    """
    pairs = pairs_of("scores", scores, "labels", labels)
    for _, label in pairs:
        if label not in (-1, 1):
            raise ValueError(f"the labels of hinge are -1 and 1, not {label!r}: of labels 0 and 1, give 2 * label - 1")
    return mean("hinge", [relu(1 - label * score) for score, label in pairs], pairs)


def binary_cross_entropy(logits: Iterable[Any], labels: Iterable[Any]) -> Any:
    """The mean of `-label * log(p) - (1 - label) * log(1 - p)`, where p = sigmoid(logit).

    >>> loss = binary_cross_entropy([Value(0.0), Value(2.0)], [1, 0])
    >>> f"{loss:.4f}"
    '1.4100'

    Logits and labels are sequences of as many numbers or Values; a label is from 0 to 1, else it is a ValueError. The
    loss, in nats, is computed from the logits themselves, and keeps all digits where p would be rounded to 0 or 1.
    """
    pairs = pairs_of("logits", logits, "labels", labels)
    for _, label in pairs:
        if not 0 <= label <= 1:
            raise ValueError(f"the labels of binary_cross_entropy are from 0 to 1, not {label!r}")
    return mean("cross entropy", [cross_entropy(logit, label) for logit, label in pairs], pairs)


def cross_entropy(logit: Any, label: Any) -> Any:
    """-log(p) is softplus(-logit), -log(1 - p) is softplus(logit): the one that counts, or each as far as it does."""
    if type(label) is float and label in (0, 1):
        return softplus(-logit if label else logit)
    return label * softplus(-logit) + (1 - label) * softplus(logit)


def mean(name: str, losses: list[Any], pairs: list[tuple[Any, Any]]) -> Any:
    """The mean, which pictures show under that name."""
    loss = sum(losses) / len(losses)
    if isinstance(loss, Value | Symbol):
        loss._scope = ((name,), tuple(x for pair in pairs for x in pair))
    return loss


def pairs_of(name: str, given: Iterable[Any], other: str, others: Iterable[Any]) -> list[tuple[Any, Any]]:
    """What was given, pairwise, plain numbers as floats: as many of the one as of the other, and one at least."""
    xs, ys = floats_or_nodes(name, given), floats_or_nodes(other, others)
    if len(xs) != len(ys):
        raise ValueError(f"there are {len(xs)} {name} and {len(ys)} {other}: give as many of the one as of the other")
    if not xs:
        raise ValueError(f"there are no {name}: the mean of no losses is not a number")
    return list(zip(xs, ys, strict=True))


def floats_or_nodes(name: str, given: Iterable[Any]) -> list[Any]:
    """The Values that were given, and plain numbers as floats (an unsigned NumPy int would wrap around below 0)."""
    if isinstance(given, Node) or is_real(given):
        raise TypeError(f"{name} are a list with one for each sample, not {given!r}: of a single one, write [x]")
    xs = list(given)
    for x in xs:
        if not isinstance(x, Node) and not is_real(x):
            raise TypeError(f"{name} are numbers or Values, not {x!r}")
    return [x if isinstance(x, Node) else float(x) for x in xs]
