"""What engines are asked about each row of the table: awkward numbers, and how far apart two answers are."""

from __future__ import annotations

import math

from micrograd_like.operation import BUILT_IN, OPS

inf, nan = math.inf, math.nan
AWKWARD = [0.0, -0.0, 5e-324, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 0.7]
AWKWARD += [1e-300, 1e308, -1e308, 709.9, -745.2, inf, -inf, nan]
OPERATIONS = [op for op in OPS.values() if op.rule is not None and op.name in BUILT_IN]  # no test's own


def ulps(ours: float, theirs: float) -> float:
    """Units in the last place between the two; zeros of different signs are half a unit apart."""
    if ours != ours or theirs != theirs:
        return 0 if ours != ours and theirs != theirs else inf
    if ours == theirs:
        return 0 if math.copysign(1.0, ours) == math.copysign(1.0, theirs) else 0.5
    return abs(ours - theirs) / math.ulp(theirs) if math.isfinite(ours) and math.isfinite(theirs) else inf
