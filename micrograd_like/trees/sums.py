"""Sums of arrays of Values in the order in which NumPy sums arrays of floats, so that their last digits are the same.

NumPy adds what lies 8 apart, and halves what is longer than 128. One such sum is over the axes that are nearest in
memory; what it answers along the other axes is added one by one.
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
    >>> in_pairs(xs) == float(np.sum(xs))
    True
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
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    """What np.add.reduce answers of an array of objects, in that order; None where NumPy goes another way.

    That is where the numbers of one sum do not lie beside each other, and where some are left out.
    """
    count = array.ndim
    wanted = where is True and initial is not None
    if array.size < STRIDE or dtype is not None or out is not None or not wanted or count == 0:
        return None
    axes = {*range(count)} if axis is None else {k % count for k in (axis if isinstance(axis, tuple) else [axis])}
    long = sorted([k for k in range(count) if array.shape[k] > 1], key=lambda k: -abs(array.strides[k]))
    if long[-1] not in axes or (len(long) > 1 and 0 in [array.strides[k] for k in long]):
        return None
    rows = next((k for k, axis in enumerate(reversed(long)) if axis not in axes), len(long))
    order = [*[k for k in range(count) if k not in long], *long]
    sums = of_rows(array.transpose(order), rows)
    others = tuple([k for k in range(count - rows) if order[k] in axes and array.shape[order[k]] > 1])
    if others:
        sums = np.add.reduce(sums, others, initial=initial, keepdims=True)
    elif initial is not np._NoValue:
        np.add(initial, sums, out=sums)
    sums = sums.reshape(*sums.shape, *[1] * rows).transpose(np.argsort(order))
    return sums if keepdims else sums.squeeze(tuple(axes))[()]


def of_rows(array: Any, beside: int) -> Any:
    """The sums over so many of the last axes."""
    kept = array.shape[: array.ndim - beside]
    sums = np.empty(int(np.prod(kept)), object)
    for k, row in enumerate(array.reshape(len(sums), -1)):
        sums[k] = in_pairs(row.tolist())
    return sums.reshape(kept)
