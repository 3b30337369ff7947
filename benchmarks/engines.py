"""What builds first and then runs fast: our engines, and the table of all.

A new engine is one class and its row in `ENGINES`. `build` answers a call without arguments, which answers the value
and gradient of a program at its point; `build_rows` the same for a function over rows. They may leave the work to the
first calls: the time until the second answer is there counts as build time. An engine imports its library when it is
made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any, Protocol

from .batches import Batch
from .compilers import Casadi, Jax, Sympy, TorchTensors
from .programs import Program, functions_of

Call = Callable[[], Any]


class Engine(Protocol):
    """What the worker needs of an engine; one may lack `build` or `build_rows`."""

    libraries: tuple[str, ...]  # the names to import and to install it by
    functions: Any

    def build(self, program: Program) -> Call: ...
    def build_rows(self, batch: Batch) -> Call: ...


class PerRow(list[Any]):
    """An answer that was computed row by row."""


def looped(batch: Batch, function: Callable[..., Any]) -> Call:
    """A call for each row, of Python numbers and lists of them."""
    columns = [[x.tolist()] * batch.rows if axis is None else x.tolist() for x, axis in batch.pairs]
    rows = [*zip(*columns, strict=True)]
    return lambda: PerRow([function(*row) for row in rows])


class Floats:
    """The function itself on plain floats, without derivatives: what there is to be compared with."""

    libraries = ("micrograd_like",)
    functions: Any = functions_of(math, max)

    def build(self, program: Program) -> Call:
        return lambda: program.value(program.point, self.functions)

    def build_rows(self, batch: Batch) -> Call:
        if batch.whole:
            return self.build(batch.whole)
        return looped(batch, lambda *x: batch.value(self.functions, *x))


class Eager:
    """Our transforms on plain Python, nothing compiled.

    What they are given closes over the function and the package alone: jit watches a run in which objects are in reach,
    and looks at them in every call.
    """

    libraries: tuple[str, ...] = ("micrograd_like",)

    def __init__(self) -> None:
        import micrograd_like as ml

        self.ml: Any = ml
        self.functions: Any = ml

    def build(self, program: Program) -> Call:
        value, f = program.value, self.functions
        function = self.compiled(self.ml.value_and_grad(lambda x: value(x, f)))
        point = self.argument(program.point)
        return lambda: function(point)

    def build_rows(self, batch: Batch) -> Call:
        """A call for each row; what is reduced over the rows is one program of them all."""
        return self.build(batch.whole) if batch.whole else looped(batch, self.compiled(self.of_row(batch)))

    def of_row(self, batch: Batch) -> Callable[..., Any]:
        value, f, derivative = batch.value, self.functions, getattr(self.ml, batch.derivative)
        return derivative(lambda *x: value(f, *x), argnums=batch.argnums)  # type: ignore[no-any-return]

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def argument(self, point: list[float]) -> Any:
        return point


class Jit(Eager):
    """Compiled to Python."""

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self.ml.jit(function)  # type: ignore[no-any-return]


class JitNative(Eager):
    """On a loop over its steps at first, then compiled to machine code, which reads and writes arrays."""

    libraries = ("micrograd_like", "llvmlite", "numpy")
    jitted: Any = None

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self.jitted = self.ml.jit(function, engine="native")
        return self.jitted  # type: ignore[no-any-return]

    def is_settled(self) -> bool:
        """Whether LLVM has taken over from the loop."""
        return all(compiled.caller for compiled in self.jitted.forms.values())

    def argument(self, point: list[float]) -> Any:
        import numpy as np

        return np.array(point)


class Vmap(Eager):
    """All rows in one call, in NumPy."""

    libraries: tuple[str, ...] = ("micrograd_like", "numpy")
    engine = "numpy"
    batched: Any = None

    def build_rows(self, batch: Batch) -> Call:
        vmap = self.ml.vmap
        function = vmap(self.of_row(batch), in_axes=batch.in_axes, engine=self.engine, reduce=batch.reduce)
        self.batched = function
        return lambda: function(*batch.arguments)

    def is_settled(self) -> bool:
        """Whether arrays are planned, or machine code is there: the first rows go through the loop."""
        return all({*form.engines} - {"loop"} for form in self.batched.forms.values())


class VmapNative(Vmap):
    """All rows in one call, in machine code."""

    libraries = ("micrograd_like", "llvmlite", "numpy")
    engine = "native"


ENGINES: dict[str, type[Any]] = {
    "floats": Floats,
    "eager": Eager,
    "jit": Jit,
    "jit-native": JitNative,
    "vmap": Vmap,
    "vmap-native": VmapNative,
    "casadi": Casadi,
    "jax": Jax,
    "sympy": Sympy,
    "torch-tensors": TorchTensors,
}
# Those that take a program, those that take rows, those that build nothing.
BUILT = ("floats", "eager", "jit", "jit-native", "casadi", "jax", "sympy")
ROWS = ("floats", "eager", "jit", "vmap", "vmap-native", "casadi", "jax", "sympy", "torch-tensors")
IMMEDIATE = ("floats", "eager", "torch-tensors")


def lines_of(answer: Any, lines: int) -> Any:
    """The numbers of an answer: a line for each row, or a single one where there are no rows.

    >>> lines_of((1.0, [2.0, 3.0]), 1).tolist()
    [[1.0, 2.0, 3.0]]
    >>> lines_of(PerRow([(1.0, [2.0, 3.0]), (4.0, [5.0, 6.0])]), 2).tolist()
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    """
    import numpy as np

    if isinstance(answer, PerRow):
        return np.vstack([lines_of(line, 1) for line in answer])
    return np.hstack([np.asarray(leaf).reshape(lines, -1) for leaf in leaves(answer)])


def leaves(answer: Any) -> Iterator[Any]:
    """Its numbers and arrays."""
    if isinstance(answer, list | tuple):
        for part in answer:
            yield from leaves(part)
    else:
        yield answer


def lacking(engines: Iterable[str]) -> list[str]:
    """The libraries that engines need and that are not installed.

    >>> lacking(["floats", "eager"])
    []
    """
    needed = dict.fromkeys(library for engine in engines for library in ENGINES[engine].libraries)
    return [library for library in needed if find_spec(library) is None]
