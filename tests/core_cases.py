"""Every row of the table on Values, floats and ints, at awkward and random numbers: what comes out, to the bits.

What it prints must be the same of the compiled core and of pure Python (`test_core.py` compares the two). By hand, many
more, of which each line is a digest of a thousand:

    python tests/core_cases.py 1 3000000 digests > core.txt
    MICROGRAD_LIKE_PURE=1 python tests/core_cases.py 1 3000000 digests | cmp - core.txt
"""

from __future__ import annotations

import hashlib
import itertools
import math
import operator
import struct
import sys
import warnings
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import micrograd_like as ml
from micrograd_like import Value, value_and_grad
from micrograd_like.operation import BUILT_IN, OPS

AWKWARD = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 1e-320, -1e-320, 5e-324, 2.2250738585072014e-308, 1e308, -1e308),
    *(1.7976931348623157e308, math.inf, -math.inf, math.nan, 1e-300, 1e300, 709.78, 710.0, -709.0, -745.2, 1 / 3),
    *(1 - 2**-53, 1 + 2**-52, math.pi, 1e16, 4503599627370497.5, 170.0, 20.0, -20.0, 36.0),
]
WHOLE = [0, 1, -1, 2, 3, -7, 10, 2**53, -(2**53), 2**53 + 1, 10**20, True, False]
FORMS = "value", "float", "int", "run"
ORDERS = range(6)  # of polygamma; SciPy takes as long as they are large, and as x is negative
ROWS = [name for name, op in OPS.items() if name in BUILT_IN and op.rule is not None and name != "pow_const"]
COMPARISONS = [operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge]


def function_of(name: str) -> Callable[..., Any]:
    op = OPS[name]
    if name == "pow":
        return operator.pow
    if op.dunder:
        return getattr(operator, op.dunder.strip("_"))  # type: ignore[no-any-return]
    return vars(ml.ops)[name]  # type: ignore[no-any-return]


def number(random: Random) -> float:
    k = random.random()
    if k < 0.2:
        return random.choice(AWKWARD)
    if k < 0.35:
        return float(struct.unpack("d", random.randbytes(8))[0])
    if k < 0.5:
        return float(random.randint(-10, 10))
    return random.choice([-1, 1]) * 10 ** random.uniform(-4, 3)


def bits(x: Any) -> str:
    """A number with its type, and all of its bits; a Value's own number, what made it, of what, and its derivative."""
    if isinstance(x, Value):
        row = x.op.name if x.op else ""
        parents = [bits(p._data if isinstance(p, Value) else p) for p in x.parents]
        return f"{type(x).__name__}({bits(x._data)} {row} {parents} {x.name} {bits(x.grad)})"
    if isinstance(x, float):
        return "nan" if x != x else struct.pack(">d", x).hex()
    return f"{type(x).__name__} {x!r}"


def outcome(f: Callable[..., Any], *xs: Any) -> Any:
    try:
        return f(*xs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def case(name: str, forms: tuple[str, ...], numbers: list[Any], factor: float) -> str:
    """What comes out of a row, and what its inputs receive."""
    f = function_of(name)
    if "run" in forms:
        places = tuple(k for k, form in enumerate(forms) if form == "run")
        xs = [Value(x) if form == "value" else x for x, form in zip(numbers, forms, strict=True)]
        return outcome_text(outcome(value_and_grad(lambda *xs: factor * f(*xs), argnums=places), *xs))
    names = "xyz"
    inputs = [
        Value(x, names[k]) if form == "value" else x for k, (x, form) in enumerate(zip(numbers, forms, strict=True))
    ]
    out = outcome(f, *inputs)
    text = [outcome_text(out)]
    if isinstance(out, Value):
        for end in (out, out * factor, out * out + inputs[0] * out):
            outcome(end.backward)
            text += map(outcome_text, [end, out, *inputs])
        text.append(outcome_text(outcome(out._backward, factor)))
    if len(inputs) == 2:
        text += [outcome_text(outcome(compare, *inputs)) for compare in COMPARISONS]
    return " ".join(text)


def outcome_text(x: Any) -> str:
    return str([*map(outcome_text, x)]) if isinstance(x, tuple | list) else x if isinstance(x, str) else bits(x)


def given(form: str, random: Random, awkward: float | None = None) -> Any:
    if form == "int":
        return random.choice(WHOLE)
    return number(random) if awkward is None else awkward


def cases(seed: int, count: int) -> Iterator[str]:
    """So many of them; the first are awkward numbers in all places."""
    random = Random(seed)
    plans = [(name, forms) for name in ROWS for forms in itertools.product(FORMS, repeat=OPS[name].arity or 2)]
    plans = [(name, forms) for name, forms in plans if {"value", "run"} & {*forms} or len(forms) == 1]
    for k in range(count):
        name, forms = plans[k % len(plans)]
        awkward = [random.choice(AWKWARD) if random.random() < 0.5 else None for _ in forms]
        numbers = [given(form, random, x) for form, x in zip(forms, awkward, strict=True)]
        if name == "polygamma":
            order = random.choice(ORDERS)
            numbers = [order if forms[0] == "int" else float(order), -0.7 if numbers[1] < -1e3 else numbers[1]]
        yield f"{name} {forms} {numbers}: {case(name, forms, numbers, random.choice([1.0, -2.5, 1e300, -0.0, 0.3]))}"


def main(seed: int, count: int, digests: bool) -> None:
    warnings.simplefilter("ignore")
    lines = cases(seed, count)
    while block := [*itertools.islice(lines, 1000)]:
        print(hashlib.sha256("\n".join(block).encode()).hexdigest() if digests else "\n".join(block))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), "digests" in sys.argv)
