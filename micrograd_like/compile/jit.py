"""jit: a function that is recorded once, and the engines that compute what is recorded."""

from __future__ import annotations

from .compiled import PythonCompiled
from .jitted import Jitted

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .compiled import Compiled
    from .program import Program


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

    `engine="native"` compiles it to machine code, which reads NumPy arrays where they are, without a copy: a small
    program soon, a larger one after more calls, until when a loop over its steps answers. It computes in floats alone
    (whole numbers become floats; one that no float holds is refused), under IEEE 754 (inf and nan in place of errors),
    and needs llvmlite and NumPy: pip install 'micrograd_like[native]'.

    In calls 2, 4, 8, 16, … the function itself runs too, once, and its answer is the one that you get. If the compiled
    one is another, there is a warning, and what was recorded is forgotten. A check that would bring all checks beyond
    50 ms and beyond 5 % of the time spent in this function waits. `check=False` leaves the checks out.

    Numbers in, numbers out. Values among the arguments, by which the answer may be differentiated, are a call of the
    function itself, with Values as its answer; parameters of models, and Values that are closed over, are read.
    """
    known = [name for name, row in ENGINES.items() if row.calls]
    if engine not in known:
        raise ValueError(f"the engines of jit are {' and '.join(map(repr, known))}, not {engine!r}")
    return Jitted(f, ENGINES[engine].calls(), max_paths, check)  # type: ignore[misc]


class Engine:
    """What computes a recorded program: `calls` answers the class for one call, `rows` makes what computes blocks."""

    def __init__(self, calls: Callable[[], type[Any]] | None = None, rows: Callable[..., Any] | None = None) -> None:
        self.calls = calls
        self.rows = rows


def native_calls() -> type[Compiled]:
    """What computes a call in machine code; LLVM is imported when it is asked for."""
    from .native.call import NativeCompiled

    return NativeCompiled


def native_rows(program: Program, varying: list[bool]) -> Any:
    """What computes rows in machine code."""
    from .native.rows import Rows

    return Rows(program)


def numpy_rows(program: Program, varying: list[bool]) -> Any:
    """What computes rows by NumPy."""
    from .rows.space import NumpyEngine

    return NumpyEngine(program, varying)


ENGINES = {
    "python": Engine(calls=lambda: PythonCompiled),
    "numpy": Engine(rows=numpy_rows),
    "native": Engine(calls=native_calls, rows=native_rows),
}
