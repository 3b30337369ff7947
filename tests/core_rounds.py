"""Rounds of varied use, errors too, after which nothing may be left: prints what lives after each so many of them.

python tests/core_rounds.py 3000 1000      Values, blocks of memory, and KiB in all, after 1000, 2000 and 3000 rounds
"""

from __future__ import annotations

import copy
import gc
import pickle
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import micrograd_like as ml
from micrograd_like import Value, function, grad, hypot, jvp, scope, value_and_grad, where
from micrograd_like.core import core


class Parameter(Value):
    """A class of the user's own, with an attribute."""

    def __init__(self, data: float) -> None:
        super().__init__(data)
        self.rates = [data]


twice = function("twice_in_a_round", lambda x: 2 * x, lambda x, out, g: g * 2)
fails = function("fails_in_a_round", lambda x: 2 * x, lambda x, out, g: 1 / 0 if x > 100 else [][0])


def round_of_use() -> None:
    xs = [Value(0.5 + k / 7, f"x{k}") for k in range(6)]
    y: Any = sum(x * x + ml.sin(x) * 2 - x / 3 for x in xs)
    y = hypot(y, xs[0], 2.0) + where(1, y, xs[1]) + twice(y) ** 2 + ml.math.fsum([y, xs[2]])
    y.name = "out"
    for _ in range(2):
        y.backward()
        y.grad, y.data = None, 3.0
    with scope("end"):
        z = y * 2
    parameter = Parameter(2.0)
    for copied in copy.copy(z), copy.deepcopy(z * parameter), pickle.loads(pickle.dumps(z)):
        copied.backward()
    grad(lambda xs: sum(x * x for x in xs))([1.0, 2.0, 3.0])
    value_and_grad(lambda a, b: a * b)(2.0, xs[0])
    jvp(lambda a: a * a, (2.0,), (1.0,))
    anew: Any = Value(2.0) * 3
    anew.__init__(1.0, "anew")
    for use in (*USES, *ERRORS):
        with suppress(TypeError, ValueError, ArithmeticError, LookupError):
            use(z)


USES: list[Callable[[Any], Any]] = [
    lambda z: (z.parents, z._a, z._b, z._x, z._y, z._out, z.op, hash(z), repr(z)),
    lambda z: (z < 2, z == z, 2**z, z % 3, ml.exp(1.0), ml.atan2(z, 1), ml.maximum(1.0, 2.0), ml.exp.__name__),
    lambda z: fails(z + 500).backward(),
]
ERRORS: list[Callable[[Any], Any]] = [
    lambda z: fails(z - 50).backward(),
    lambda z: Value("a"),
    lambda z: Value(1.0, nam="x"),  # type: ignore[call-arg]
    lambda z: Value(1.0, 5),  # type: ignore[arg-type]
    lambda z: ml.log(z * 0.0),
    lambda z: z / 0,
    lambda z: z + "a",
    lambda z: z < "a",
    lambda z: z ** object(),
    lambda z: setattr(z, "data", "a"),
]


def living() -> tuple[int, int, int]:
    gc.collect()
    values = len(core.living()) if core else sum(type(x) is Value for x in gc.get_objects())
    return values, sys.getallocatedblocks(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    for k in range(1, int(sys.argv[1]) + 1):
        round_of_use()
        if k % int(sys.argv[2]) == 0:
            print(*living())
