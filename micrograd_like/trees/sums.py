"""Sums of arrays of Values in the order in which NumPy sums arrays of floats, so that their last digits are the same.

NumPy adds what lies 8 apart, and halves what is longer than 128.
"""

from __future__ import annotations

import numpy as np

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

STRIDE, UNHALVED = 8, 128


def in_pairs(xs: list[Any]) -> Any:
    """The sum of numbers, as NumPy computes that of floats.

    >>> xs = [0.1 * k for k in range(1000)]
    >>> in_pairs(xs) == float(np.sum(xs)), sum(xs) == float(np.sum(xs))
    (True, False)
    """
    count = len(xs)
    if count > UNHALVED:
        half = count // 2 - count // 2 % STRIDE
        return in_pairs(xs[:half]) + in_pairs(xs[half:])
    whole = count - count % STRIDE if count >= STRIDE else 0
    if whole:
        r = xs[:STRIDE]
        for start in range(STRIDE, whole, STRIDE):
            r = [x + y for x, y in zip(r, xs[start : start + STRIDE], strict=True)]
        total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
    else:
        total, whole = xs[0], 1
    for x in xs[whole:]:
        total = total + x
    return total


def sum_in_pairs(
    array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any
) -> Any:
    """What np.add.reduce answers of an array of objects, in that order; None where NumPy goes another way.

    That is where the numbers of one sum do not lie beside each other, and where it is told more than the axes.
    """
    wanted = options.get("where", True) is True and options.get("initial", np._NoValue) is np._NoValue
    if array.size < STRIDE or dtype is not None or out is not None or not wanted or array.ndim == 0:
        return None
    count = array.ndim
    axes = {*range(count)} if axis is None else {k % count for k in (axis if isinstance(axis, tuple) else [axis])}
    shape = tuple([1 if k in axes else n for k, n in enumerate(array.shape)])
    turned = array.flags.f_contiguous and not array.flags.c_contiguous
    if turned:
        array, axes = array.T, {count - 1 - k for k in axes}
    if axes != {*range(count - len(axes), count)} or not (array.flags.c_contiguous or count == 1):
        return None
    kept = array.shape[: count - len(axes)]
    rows = array.reshape(int(np.prod(kept)), -1)
    sums = np.empty(len(rows), object)
    for k, row in enumerate(rows):
        sums[k] = in_pairs(row.tolist())
    if not kept and not keepdims:
        return sums[0]
    sums = sums.reshape(kept).T if turned else sums.reshape(kept)
    return sums.reshape(shape) if keepdims else sums
