"""Optimizers: each step moves every parameter's `data` against its `grad`. A parameter is anything that has the two."""

from __future__ import annotations

from functools import wraps
from math import sqrt

from .operation import OPS

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])


def called_learning_rate(init: F) -> F:
    """Refuse the argument `lr`, which is torch's name for it, with a sentence that gives ours."""

    @wraps(init)
    def checked(self: Any, *given: Any, **named: Any) -> None:
        if "lr" in named:
            kind = type(self).__name__
            raise TypeError(f"{kind} has no lr: it is called learning_rate here, as in {kind}(…, learning_rate=0.1)")
        init(self, *given, **named)

    return checked  # type: ignore[return-value]


class Optimizer:
    """What optimizers share: their parameters, each of them once, and a learning rate that may change between steps.

    A `grad` of None counts as 0.
    """

    def __init__(self, parameters: Iterable[Any], learning_rate: float) -> None:
        if not hasattr(parameters, "__iter__") and not hasattr(parameters, "__getitem__"):
            hint = "its parameters()" if hasattr(parameters, "parameters") else "a list, of one parameter too"
            raise TypeError(f"an optimizer is given a list of parameters, not {parameters!r}: give {hint}")
        self.parameters = list({id(p): p for p in parameters}.values())
        self.learning_rate = learning_rate
        if not self.parameters:
            raise ValueError("there is nothing to optimize: the list of parameters is empty")
        for p in self.parameters:
            check_parameter(p)
        if not learning_rate > 0:
            raise ValueError(f"a learning rate is above 0, not {learning_rate!r}")

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0, before the next backward pass adds to it."""
        for p in self.parameters:
            p.grad = 0.0


class SGD(Optimizer):
    """Gradient descent, with momentum if you like.

    >>> from micrograd_like import Value
    >>> x = Value(3.0)
    >>> optimizer = SGD([x], learning_rate=0.1)
    >>> for _ in range(100):
    ...     loss = (x - 1) ** 2
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    >>> f"{x:.6f}"
    '1.000000'

    A step is `velocity = momentum * velocity + grad; data -= learning_rate * velocity`, where velocities start at 0.
    That is Polyak's heavy ball (1964) as torch writes it: the learning rate stands outside the velocity.
    """

    @called_learning_rate
    def __init__(self, parameters: Iterable[Any], learning_rate: float, momentum: float = 0.0) -> None:
        super().__init__(parameters, learning_rate)
        self.momentum = below_one("momentum", momentum)
        self.velocities = [0.0] * len(self.parameters)

    def step(self) -> None:
        """Move every parameter by its velocity, which its `grad` has changed."""
        for i, p in enumerate(self.parameters):
            self.velocities[i] = velocity = self.momentum * self.velocities[i] + grad_of(p)
            p.data -= self.learning_rate * velocity


class Adam(Optimizer):
    """Steps of about the learning rate, whatever the size of the gradient, smaller where its sign changes.

    >>> from micrograd_like import Value
    >>> x = Value(3.0)
    >>> optimizer = Adam([x], learning_rate=0.1)
    >>> (1e6 * (x - 1) ** 2).backward()
    >>> optimizer.step()
    >>> f"{x:.6f}"
    '2.900000'

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1, in its letters: `m` and `v`
    are the running means of the gradient and of its square, and `t` counts the steps.
    """

    @called_learning_rate
    def __init__(
        self,
        parameters: Iterable[Any],
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate)
        beta1, beta2 = betas
        self.betas = below_one("the first of betas", beta1), below_one("the second of betas", beta2)
        self.epsilon = epsilon
        if not epsilon > 0:
            raise ValueError(f"epsilon is above 0, not {epsilon!r}")
        self.t = 0
        self.m = [0.0] * len(self.parameters)
        self.v = [0.0] * len(self.parameters)

    def step(self) -> None:
        """Move every parameter by its mean gradient, over the root of its mean square."""
        self.t += 1
        beta1, beta2 = self.betas
        unbiased1, unbiased2 = 1 - beta1**self.t, 1 - beta2**self.t
        for i, p in enumerate(self.parameters):
            g = grad_of(p)
            self.m[i] = m = beta1 * self.m[i] + (1 - beta1) * g
            self.v[i] = v = beta2 * self.v[i] + (1 - beta2) * g * g
            p.data -= self.learning_rate * (m / unbiased1) / (sqrt(v / unbiased2) + self.epsilon)


def grad_of(p: Any) -> Any:
    """The `grad` of a parameter, where None is nothing."""
    return 0.0 if p.grad is None else p.grad


def check_parameter(p: Any) -> None:
    """Refuse what a step cannot move: what has no number or derivative, and what was computed from something else."""
    if not hasattr(p, "data") or not hasattr(p, "grad"):
        raise TypeError(f"a parameter has .data and .grad, as a Value has; {p!r} does not")
    op = getattr(p, "op", None)
    if op is not None and op is not OPS["as_float"]:  # which stands for a parameter while a derivative by it is taken
        name = getattr(p, "name", None)
        raise ValueError(
            f"{name or repr(p)} is no parameter: {op.name} computed it, so its grad starts afresh in every backward "
            f"pass, and what it was computed from would stay as it is. Write Value({name or 'w'}.data), which stands "
            "by itself, and compute with that"
        )


def below_one(name: str, number: float) -> float:
    """The number, if it is a share that a running mean can keep of its past."""
    if not 0 <= number < 1:
        raise ValueError(f"{name} is from 0 to below 1, not {number!r}")
    return number
