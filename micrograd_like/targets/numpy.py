"""The rows of the table as NumPy's ufuncs, and what does their work where NumPy has none: functions of arrays.

Each writes into the array that comes last among its arguments.
"""

from __future__ import annotations

import math
from functools import cache

from ..operation import BUILT_IN, OPS, SPELLED_WITH, Op
from .terms import Python, forms

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

try:
    import numpy as np
except ImportError:
    raise ImportError("vmap needs NumPy: pip install 'micrograd_like[batch]'") from None


@cache
def ufuncs() -> dict[tuple[str, int], Any]:
    """The functions of whole arrays, keyed by heads of terms; rows of the table know their names in NumPy."""
    # fmt: off
    return forms({
        **{row.spelling: getattr(np, row.numpy) for row in map(OPS.__getitem__, BUILT_IN) if is_ufunc(row)},
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
    """Whether NumPy's function of the row's name computes all that the row's spelling does."""
    if row.name == "remainder":  # as NumPy calls Python's %
        return False
    is_one = row.value is SPELLED_WITH.get(row.name) or (row.is_sign and row.arity == 2)
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
    """SciPy's erfc, and in the tail, where that loses digits, Python's."""
    from scipy import special

    tail = x > 4
    special.erfc(x, out)
    if tail.any():
        out[tail] = np.frompyfunc(math.erfc, 1, 1)(x[tail])
