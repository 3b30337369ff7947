"""Optimizers: each step moves every parameter's `data` against its `grad`. A parameter is anything that has the two."""

from __future__ import annotations

from math import sqrt

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Optimizer:
    """What optimizers share: their parameters, each of them once, and a learning rate that may change between steps."""

    def __init__(self, parameters: Iterable[Any], learning_rate: float) -> None:
        self.parameters = list({id(p): p for p in parameters}.values())
        self.learning_rate = learning_rate
        if not self.parameters:
            raise ValueError("there is nothing to optimize: the list of parameters is empty")
        for p in self.parameters:
            if not hasattr(p, "data") or not hasattr(p, "grad"):
                raise TypeError(f"a parameter has .data and .grad, as a Value has; {p!r} does not")
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

    def __init__(self, parameters: Iterable[Any], learning_rate: float, momentum: float = 0.0) -> None:
        super().__init__(parameters, learning_rate)
        self.momentum = below_one("momentum", momentum)
        self.velocities = [0.0] * len(self.parameters)

    def step(self) -> None:
        """Move every parameter by its velocity, which its `grad` has changed."""
        for i, p in enumerate(self.parameters):
            self.velocities[i] = velocity = self.momentum * self.velocities[i] + p.grad
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
            g = p.grad
            self.m[i] = m = beta1 * self.m[i] + (1 - beta1) * g
            self.v[i] = v = beta2 * self.v[i] + (1 - beta2) * g * g
            p.data -= self.learning_rate * (m / unbiased1) / (sqrt(v / unbiased2) + self.epsilon)


def below_one(name: str, number: float) -> float:
    """The number, if it is a share that a running mean can keep of its past."""
    if not 0 <= number < 1:
        raise ValueError(f"{name} is from 0 to below 1, not {number!r}")
    return number
