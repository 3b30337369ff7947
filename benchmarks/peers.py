"""The libraries: how each makes its inputs, records a program and hands back the gradient.

A new peer is one class: `record` runs the program and returns whatever keeps its graph alive, `gradient` takes that
and returns the derivatives. `functions` are the ones it has; a program that needs others is skipped on it, and the
table says which. A peer imports its library when it is made, so that the others need not be installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, Protocol

from .programs import functions_of

Value = Callable[[Sequence[Any], Any], Any]


class Peer(Protocol):
    """What the worker needs of a library."""

    library: str  # the name to import and to install it by
    in_python: bool  # whether tracemalloc sees its graph; otherwise the growth of the resident set is measured
    functions: Any

    def record(self, value: Value, point: list[float]) -> Any: ...
    def gradient(self, recorded: Any) -> list[float]: ...


class MicrogradLike:
    """Us: with the compiled core, where it is there."""

    library = "micrograd_like"
    in_python = False  # with the core

    def __init__(self) -> None:
        import micrograd_like as ml
        from micrograd_like.core import core

        self.in_python = core is None
        self.number = ml.Value
        self.functions: Any = ml

    def record(self, value: Value, point: list[float]) -> Any:
        x = [self.number(p) for p in point]
        return x, value(x, self.functions)

    def gradient(self, recorded: Any) -> list[float]:
        x, y = recorded
        y.backward()
        return [a.grad for a in x]


class Pure(MicrogradLike):
    """Us in Python alone. The environment says so before the package is imported, in the process of this peer alone."""

    in_python = True

    def __init__(self) -> None:
        os.environ["MICROGRAD_LIKE_PURE"] = "1"
        super().__init__()
        if not self.in_python:
            raise RuntimeError("the compiled core is there already")


class OnFloats(MicrogradLike):
    """Us, from plain numbers to plain numbers: `grad(f)(x)`."""

    def record(self, value: Value, point: list[float]) -> Any:
        return self.functions.grad(lambda x: value(x, self.functions))(point)

    def gradient(self, recorded: Any) -> list[float]:
        return recorded  # type: ignore[no-any-return]


class Floats(MicrogradLike):
    """The program alone, on plain floats, without derivatives."""

    def record(self, value: Value, point: list[float]) -> Any:
        return value(point, self.functions)

    def gradient(self, recorded: Any) -> list[float]:
        return []


class Micrograd(MicrogradLike):
    """As it comes: it has powers and relu, no other functions, and its `backward` recurses."""

    library = "micrograd"
    in_python = True

    def __init__(self) -> None:
        from micrograd.engine import Value

        self.number = Value
        self.functions = SimpleNamespace(sqrt=lambda x: x**0.5, relu=lambda x: x.relu())


class MicrogradDeep(Micrograd):
    """What its users do about the RecursionError."""

    def __init__(self) -> None:
        super().__init__()
        sys.setrecursionlimit(10**8)


class Xad:
    """One tape, cleared for each call: a new one each time costs `black-scholes` more than twice as much.

    Without `clearAll` the tape would keep what earlier calls recorded, and slow down from call to call.
    """

    library = "xad"
    in_python = False

    def __init__(self) -> None:
        import xad.adj_1st as adjoint
        import xad.math as math

        self.number, self.tape = adjoint.Real, adjoint.Tape()
        self.functions = functions_of(math, math.max)

    def record(self, value: Value, point: list[float]) -> Any:
        self.tape.clearAll()
        with self.tape as tape:
            x = [self.number(p) for p in point]
            tape.registerInputs(x)
            tape.newRecording()
            y = value(x, self.functions)
            tape.registerOutput(y)
            return x, y

    def gradient(self, recorded: Any) -> list[float]:
        x, y = recorded
        with self.tape as tape:
            y.derivative = 1.0
            tape.computeAdjoints()
            return [a.derivative for a in x]


class Autograd:
    """The halves of its `value_and_grad`, on a list of floats: the same scalar program as everywhere."""

    library = "autograd"
    in_python = True

    def __init__(self) -> None:
        import autograd
        import autograd.numpy as np

        self.make_vjp = autograd.make_vjp
        self.functions = functions_of(np, np.maximum)
        if find_spec("scipy"):
            from autograd.scipy.special import erf

            self.functions.erf = erf

    def record(self, value: Value, point: list[float]) -> Any:
        vjp, _ = self.make_vjp(value)(point, self.functions)
        return vjp

    def gradient(self, recorded: Any) -> list[float]:
        return [float(a) for a in recorded(1.0)]


class Torch:
    """Tensors without dimensions, in float64."""

    library = "torch"
    in_python = False

    def __init__(self) -> None:
        import torch

        self.torch = torch
        self.functions = torch

    def record(self, value: Value, point: list[float]) -> Any:
        x = [self.torch.tensor(p, dtype=self.torch.float64, requires_grad=True) for p in point]
        return x, value(x, self.functions)

    def gradient(self, recorded: Any) -> list[float]:
        x, y = recorded
        y.backward()
        return [a.grad.item() for a in x]


US = "micrograd_like"
PURE = "pure"
PEERS: dict[str, type[Peer]] = {
    US: MicrogradLike,
    PURE: Pure,
    "grad(f)": OnFloats,
    "floats": Floats,
    "micrograd": Micrograd,
    "micrograd-deep": MicrogradDeep,
    "xad": Xad,
    "autograd": Autograd,
    "torch": Torch,
}


def missing(names: Iterable[str]) -> list[str]:
    """Those of the peers whose library is not installed.

    >>> missing(["micrograd_like"])
    []
    """
    return [name for name in names if find_spec(PEERS[name].library) is None]
