"""jit: which engine computes what a function is recorded as."""

from __future__ import annotations

from .jitted import Jitted

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def jit(f: Callable[..., Any], *, engine: str = "python", max_paths: int = 64, check: bool = True) -> Jitted:
    """The same function, recorded when it is first called and run as compiled source from then on.

    >>> def price(apple, n, tax):
    ...     total = apple * n * tax
    ...     return total if total < 1000 else 0.9 * total
    >>> fast = jit(price)
    >>> fast(100.0, 2.0, 1.5), fast(100.0, 8.0, 1.5)
    (300.0, 1080.0)
    >>> print(fast.source, end="")
    def price(apple, n, tax):
        v1 = apple * n * tax
        if not (v1 < 1000):
            return 0.9 * v1
        return v1

    It adds as Values do: the `sum` of plain floats, which Python 3.12 and later round once, may differ in a last bit.

    `engine="native"` compiles it to machine code, which reads NumPy arrays where they are, without a copy. It computes
    in floats alone (whole numbers become floats), under IEEE 754 (inf and nan in place of errors), and needs llvmlite
    and NumPy: pip install 'micrograd_like[native]'.

    In calls 2, 4, 8, 16, … the function itself runs too, once, and its answer is the one that you get. If the compiled
    one is another, there is a warning, and what was recorded is forgotten. A check that would bring all checks beyond
    50 ms and beyond 5 % of the time spent in this function waits. `check=False` leaves the checks out.

    Numbers in, numbers out. Values among the arguments, by which the answer may be differentiated, are a call of the
    function itself, with Values as its answer; parameters of models, and Values that are closed over, are read.
    """
    return engine_of(engine)(f, max_paths, check)


def engine_of(name: str) -> type[Jitted]:
    """The kind of jitted function that an engine makes."""
    if name == "python":
        return Jitted
    if name == "native":
        from .native.call import NativeJitted

        return NativeJitted
    raise ValueError(f"the engines of jit are 'python' and 'native', not {name!r}")
