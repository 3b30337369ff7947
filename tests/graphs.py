"""Large graphs that several tests look at."""

from __future__ import annotations

from typing import Any

from micrograd_like import Value, nn, scope, tanh


def model() -> nn.MLP:
    """A network of 337 parameters."""
    return nn.MLP(2, [16, 16, 1], activation="tanh", seed=0)


def network(points: int, of: nn.MLP | None = None) -> Value:
    """The loss of that network, or of one like it: some 650 values a point."""
    answer = of or model()
    xs = [[Value(i / points, f"x{i}"), 1 - i / points] for i in range(points)]
    return nn.hinge([answer(x) for x in xs], [1 if i % 2 else -1 for i in range(points)])  # type: ignore[no-any-return]


def residual(turns: int, width: int = 3) -> Value:
    """A state to which a network of what is left of it after its mean is added, again and again."""
    weights = [[Value(0.1 * (i + j), f"w{i}{j}") for j in range(width)] for i in range(width)]

    @scope
    def norm(z: list[Any]) -> list[Any]:
        return [x - sum(z) / width for x in z]

    @scope
    def mlp(z: list[Any]) -> list[Any]:
        return [tanh(sum(w * x for w, x in zip(row, z, strict=True))) for row in weights]

    z: list[Any] = [Value(1.0 + i, f"z{i}") for i in range(width)]
    for _ in range(turns):
        z = [x + y for x, y in zip(z, mlp(norm(z)), strict=True)]
    return sum(z)  # type: ignore[no-any-return]
