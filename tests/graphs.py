"""Large graphs that several tests look at."""

from __future__ import annotations

from micrograd_like import Value, nn


def model() -> nn.MLP:
    """A network of 337 parameters."""
    return nn.MLP(2, [16, 16, 1], activation="tanh", seed=0)


def network(points: int, of: nn.MLP | None = None) -> Value:
    """The loss of that network, or of one like it: some 650 values a point."""
    answer = of or model()
    xs = [[Value(i / points, f"x{i}"), 1 - i / points] for i in range(points)]
    return nn.hinge([answer(x) for x in xs], [1 if i % 2 else -1 for i in range(points)])  # type: ignore[no-any-return]
