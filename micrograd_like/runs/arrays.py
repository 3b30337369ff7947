"""What NumPy says of arrays of Values that it cannot compute with, and what to write instead.

NumPy's arithmetic works on any object that has methods; some of its functions are compiled for floats alone. Their
errors speak of types and casting rules. In their place stands a sentence that says what to do.
"""

from __future__ import annotations

import sys

from ..operation import OPS
from ..ops import PUBLIC

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

OBJECTS = "make the array that takes the results with dtype=object, as in np.zeros(3, dtype=object)"
INSTEAD = {
    "allclose": "compare abs(a - b) <= 1e-8 + 1e-5 * abs(b), and take .all() of that",
    "corrcoef": "with d = x - x.mean() and e = y - y.mean(), write d @ e / np.sqrt((d @ d) * (e @ e))",
    "cov": "with d = x - x.mean() and e = y - y.mean(), write d @ e / (len(x) - 1)",
    "divmod": "write a // b and a % b",
    "float_power": "write a ** b",
    "heaviside": "take np.where(x > 0, 1.0, np.where(x < 0, 0.0, h))",
    "histogram": "counts do not move with the numbers: give it plain ones, [v.data for v in x]",
    "interp": "find the piece with np.searchsorted, and write the line between its two ends",
    "isclose": "compare abs(a - b) <= 1e-8 + 1e-5 * abs(b)",
    "isfinite": "compare abs(x) < np.inf",
    "isinf": "compare abs(x) == np.inf",
    "isnan": "compare x != x",
    "ldexp": "write x * 2.0 ** n",
    "logaddexp": "write np.maximum(a, b) + np.log1p(np.exp(-abs(a - b)))",
    "norm": "write (abs(x) ** p).sum() ** (1 / p)",
    "vector_norm": "write (abs(x) ** p).sum() ** (1 / p)",
}
OWN_WAY = (
    "write it in arithmetic and sums of the array, or as an operation of your own whose rule you know: "
    "{0} = function({0!r}, value, rule)"
)
ERRORS = (  # what NumPy says, and the name in it of what it could not do
    r"ufunc '(\w+)' not supported for the input types",
    r"loop of ufunc does not support argument \d+ of type \w+ which has no callable (\w+) method",
    r"'(?:float|int|bool)' object has no attribute '(\w+)'",
    r"Cannot cast ufunc '(\w+)' input",
)


def advice(error: BaseException) -> str:
    """What to do about an error of NumPy's or json's, which met Values; nothing about any other."""
    import re

    if not isinstance(error, TypeError | ValueError | AttributeError | IndexError):
        return ""
    said = str(error)
    if re.search(r"Object of type (Value|float) is not JSON serializable", said):
        return (
            "json makes text of plain numbers alone, not of those that a run follows: make it outside of the function"
        )
    if "arrays used as indices must be" in said:
        return "an array of numbers that a run follows is no index: take rows[[int(k) for k in index]]"
    if isinstance(error, IndexError) or "would lose its derivative" in said:
        return ""
    if re.search(r"Cannot cast ufunc '\w+' output from dtype\('O'\)", said):
        return f"Values do not fit into an array of floats: {OBJECTS}"
    if "does not have an identity" in said:
        return "NumPy cannot leave out some of an array of Values: select the others first, as in x[mask].sum()"
    named = next((match[1] for match in (re.search(pattern, said) for pattern in ERRORS) if match), "")
    if named and not is_of_numpy(named) and not function_of_numpy(error):  # a ufunc of somebody else's
        return ""
    if row := next((OPS[name] for name in PUBLIC if named in (name, OPS[name].numpy)), None):
        inputs = ", ".join("abc"[: row.arity or 2])
        if "not supported for the input types" in said:
            reason = f"NumPy's {named} computes with floats alone; with Values,"
        else:
            reason = f"NumPy looks for {named} among the methods of numbers, and plain ones have none:"
        return f"{reason} take np.frompyfunc(micrograd_like.{row.name}, {row.arity or 2}, 1)({inputs})"
    name = function_of_numpy(error)
    asked_of_a_number = name and isinstance(error, AttributeError) and "object has no attribute" in said
    if "ufunc" not in said and not asked_of_a_number and "Cannot cast array data from dtype('O')" not in said:
        return ""
    if "ufunc" in said and not named:  # as of shapes that do not fit
        return ""
    name = name or named
    if "Cannot cast ufunc" in said:
        way = "write the elimination in arithmetic on the array"
    else:
        way = INSTEAD.get(name or named) or OWN_WAY.format(name or named or "mine")
    return f"NumPy's {name or 'function'} computes with floats alone; with Values, {way}"


def is_of_numpy(name: str) -> bool:
    """Whether this is NumPy's name of a function, or of a method that it asks numbers for."""
    numpy: Any = sys.modules["numpy"]
    return any(hasattr(part, name) for part in (numpy, numpy.linalg, numpy.ndarray, 0.0))


def function_of_numpy(error: BaseException) -> str:
    """The function of NumPy's that was called, if that is where the error comes from."""
    name, trace = "", error.__traceback__
    while trace:
        frame: Any = trace.tb_frame
        root = str(frame.f_globals.get("__name__")).partition(".")[0]
        if root == "numpy":
            name = name or frame.f_code.co_name
        elif root != __name__.partition(".")[0]:
            name = ""
        trace = trace.tb_next
    return name
