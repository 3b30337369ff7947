"""What NumPy has no answer to where Values stand in arrays: each number by itself, and lines between points."""

from __future__ import annotations

from bisect import bisect_right
from math import inf

import numpy as np

from .. import ops
from ..graph import Node
from ..operation import OPS
from ..ops import PUBLIC

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DEEPEST_NEST = 4


def holds_nodes(x: Any, depth: int = 0) -> bool:
    """Whether this is a Value or a Symbol, or an array or list with some.

    >>> holds_nodes([1.0, [2.0]])
    False
    """
    if isinstance(x, Node):
        return True
    if isinstance(x, np.ndarray):
        held = vars(np.ndarray)["dtype"].__get__(x)
        return held.kind == "O" and any(isinstance(y, Node) for y in x.ravel().tolist())
    return type(x) in (list, tuple) and depth < DEEPEST_NEST and any(holds_nodes(y, depth + 1) for y in x)


def elementwise(function: Callable[..., Any], count: int, dtype: Any = None) -> Callable[..., Any]:
    """A function of numbers, of each number in arrays."""

    def of_arrays(*arrays: Any) -> Any:
        with np.errstate(all="ignore"):
            answer = np.frompyfunc(function, len(arrays), count)(*arrays)
        if dtype is None or not isinstance(answer, np.ndarray):
            return answer if dtype is None else np.dtype(dtype).type(answer)
        return answer.astype(dtype)

    return of_arrays


def heaviside(x: Any, h: Any) -> Any:
    return x if x != x else h if x == 0 else 1.0 if x > 0 else 0.0


def logaddexp(x: Any, y: Any) -> Any:
    if abs(x) == inf and x == y:
        return (x + y) / 2
    return x + ops.log1p(ops.exp(y - x)) if x >= y else y + ops.log1p(ops.exp(x - y))


ANSWERS: dict[str, Callable[..., Any]] = {
    **{name: elementwise(vars(ops)[row], 1) for row in PUBLIC for name in {row, OPS[row].numpy} if name},
    "divmod": elementwise(divmod, 2),
    "float_power": elementwise(lambda x, y: (x * 1.0) ** y, 1),
    "heaviside": elementwise(heaviside, 1),
    "isfinite": elementwise(lambda x: abs(x) < inf, 1, bool),
    "isinf": elementwise(lambda x: abs(x) == inf, 1, bool),
    "isnan": elementwise(lambda x: x != x, 1, bool),
    "ldexp": elementwise(lambda x, n: x * 2.0**n, 1),
    "logaddexp": elementwise(logaddexp, 1),
    "signbit": elementwise(lambda x: ops.copysign(1.0, x) < 0, 1, bool),
}


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """What np.interp answers: the line between the two points around x, and beyond the ends their heights.

    >>> interp(1.5, [1.0, 2.0], [10.0, 30.0])
    20.0
    """
    if period is not None:
        raise TypeError("np.interp of Values takes no period: take x % period, and a point more at the end of xp")
    places, heights = list(xp), list(fp)
    if not places or len(places) != len(heights):
        raise ValueError(f"interp: as many heights as points, at least one, not {len(heights)} for {len(places)}")

    def height(x: Any) -> Any:
        if x != x:
            return x
        if x < places[0]:
            return heights[0] if left is None else left
        if x > places[-1]:
            return heights[-1] if right is None else right
        k = bisect_right(places, x) - 1
        if k == len(places) - 1:
            k = max(0, k - 1)
            slope = (heights[-1] - heights[k]) / (places[-1] - places[k]) if k + 1 < len(places) else 0.0
            return slope * (x - places[-1]) + heights[-1]
        slope = (heights[k + 1] - heights[k]) / (places[k + 1] - places[k])
        return slope * (x - places[k]) + heights[k]

    return elementwise(height, 1)(x)
