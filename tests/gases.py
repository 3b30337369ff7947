"""A model of gases, as a modeler writes it."""

from __future__ import annotations

from typing import Any

from micrograd_like import math


def compressibility(T: Any, P: Any, Tc: float = 304.13, Pc: float = 7.3773e6, omega: float = 0.22394) -> Any:
    """Peng and Robinson's, by Newton's method with a break."""
    k = 0.37464 + 1.54226 * omega - 0.26992 * omega**2
    alpha = (1 + k * (1 - math.sqrt(T / Tc))) ** 2
    A, B = 0.45724 * Tc**2 / Pc * alpha * P / T**2, 0.07780 * Tc / Pc * P / T
    z = 1.0
    for _ in range(50):
        f = z**3 - (1 - B) * z**2 + (A - 3 * B * B - 2 * B) * z - (A * B - B * B - B**3)
        step = f / (3 * z**2 - 2 * (1 - B) * z + (A - 3 * B * B - 2 * B))
        z = z - step
        if abs(step) < 1e-14:
            break
    return z
