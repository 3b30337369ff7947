"""The rows of the table as NumPy's ufuncs, and what does their work where NumPy has none: functions of arrays.

Each writes into the array that comes last among its arguments.
"""

from __future__ import annotations

import math
from functools import cache, partial

from ..ieee import Ieee
from ..operation import BUILT_IN, NAMESPACE, OPS, Op, once_a_row
from .terms import Python, forms

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

try:
    import numpy as np
except ImportError:
    raise ImportError("vmap needs NumPy: pip install 'micrograd_like[batch]'") from None


@cache
def ufuncs() -> dict[tuple[str, int], Any]:
    """What computes whole arrays, by heads of terms: rows of the table know what NumPy calls them."""
    # fmt: off
    return forms({
        **{row.spelling: getattr(np, row.numpy) for row in map(OPS.get, BUILT_IN) if row and is_ufunc(row)},
        "-x": np.negative, "abs(x)": np.absolute, "hypot(x)": Python("abs(x)"), "log(x, y)": Python("log(x) / log(y)"),
        "x < y": np.less, "x <= y": np.less_equal, "x > y": np.greater, "x >= y": np.greater_equal,
        "x == y": np.equal, "x != y": np.not_equal,
        "not c": np.logical_not, "c and d": np.logical_and, "c or d": np.logical_or,
        "float(c)": ones_and_zeros, "x if c else y": choose,
        "floor(x)": np.floor, "ceil(x)": np.ceil, "trunc(x)": np.trunc, "round(x)": np.rint,
        **of_scipy(),
    })
    # fmt: on


def is_ufunc(row: Op) -> bool:
    """Whether all that its spelling does is what NumPy's function of its name does."""
    if row.name == "remainder":  # as NumPy calls Python's %
        return False
    is_one = row.value is NAMESPACE.get(row.name) or (row.is_sign and row.arity == 2)
    return is_one and isinstance(getattr(np, row.numpy, None), np.ufunc)


def of_scipy() -> dict[str, Any]:
    try:
        from scipy import special
    except ImportError:
        return {}
    return {"erf(x)": special.erf, "erfc(x)": complement}


def choose(condition: Any, x: Any, y: Any, out: Any) -> None:
    out[...] = np.where(condition, x, y)


def ones_and_zeros(truth: Any, out: Any) -> None:
    out[...] = truth


def complement(x: Any, out: Any) -> None:
    """SciPy's function, which loses digits as x grows; so Python's own in the tail."""
    from scipy import special

    tail = x > 4
    special.erfc(x, out)
    if tail.any():
        out[tail] = np.frompyfunc(math.erfc, 1, 1)(x[tail])


@once_a_row
def one_by_one(op: Op, count: int) -> Callable[..., Any]:
    """A function of arrays that calls the operation's value with each of their numbers."""
    function = np.frompyfunc(partial(ieee_value, op), count, 1)

    def kernel(*arrays: Any) -> None:
        arrays[-1][...] = function(*arrays[:-1])

    return kernel


def ieee_value(op: Op, *inputs: float) -> float:
    return float(Ieee.record(op, *inputs))
