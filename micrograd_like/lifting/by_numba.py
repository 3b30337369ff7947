"""Functions that Numba has compiled: of Values their Python source computes, which Numba keeps beside them."""

from __future__ import annotations

from types import FunctionType

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any


class OfNumba:
    """A function, or a ufunc, of Numba's; of Values, and of lists and arrays of them, its source."""

    def __init__(self, theirs: Any, python: FunctionType, inputs: int) -> None:
        self.theirs = theirs
        self.python = python
        self.inputs = inputs  # of a ufunc; 0 of a function
        self.__name__ = python.__name__
        self.__doc__ = python.__doc__

    def __call__(self, *args: Any, **options: Any) -> Any:
        import numpy as np

        from ..trees.elementwise import holds_nodes
        from ..trees.lookalike import of_numbers

        if not any(map(holds_nodes, [*args, *options.values()])):
            return self.theirs(*args, **options)
        if not self.inputs or not any(isinstance(x, list | tuple | np.ndarray) for x in args):
            return self.python(*args, **options)
        arrays = [np.array(x, object) if isinstance(x, list | tuple) else x for x in args]
        return of_numbers(np.frompyfunc(self.python, self.inputs, 1)(*arrays), None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.theirs, name)

    def __repr__(self) -> str:
        return repr(self.theirs)


def of_numba(x: Any) -> OfNumba | None:
    """The twin of what Numba has compiled; None of anything else."""
    if not str(getattr(type(x), "__module__", "")).startswith("numba."):
        return None
    python = getattr(getattr(x, "_dispatcher", x), "py_func", None)
    if not isinstance(python, FunctionType):
        return None
    return OfNumba(x, python, getattr(x, "nin", 0) if hasattr(x, "_dispatcher") else 0)
