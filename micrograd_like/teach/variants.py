"""The same computation on other numbers: nice ones, of the kind of its own, that lead the same way."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

from ..diagnose.local import kink_distance, value
from ..value import Value, met
from .chain import Chain

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    Numbers = tuple[float, ...]  # of the inputs, in their order

HUNDRED = 100  # seeds that have different numbers, as far as there are enough
MOST_TRIES = 1000
MOST_WORK = 1_000_000  # operations in all tries for one seed
TIMES = 100.0  # how much larger or smaller than before a number may become
FIGURES = 3  # the most that a number has which one computes with by hand
APART = 1e-9  # how far off the next branch is at least, beside the numbers


class Variants:
    """A computation, and other numbers for its inputs."""

    def __init__(self, chain: Chain, variables: Mapping[Value, str]) -> None:
        self.chain = chain
        self.variables = variables
        self.inputs = [v for v in chain.order if v.op is None]
        self.own: Numbers = tuple(chain.number(v) for v in self.inputs)
        self.choices = [nice_numbers(x) for x in self.own]
        self.most = max(1, min(MOST_TRIES, MOST_WORK // len(chain.order)))
        self.found: dict[int, tuple[Random, list[Numbers]]] = {}

    def numbers(self, seed: int) -> Numbers:
        """The numbers of a seed: always the same ones, and within 0 to 99, 100 to 199, … no two alike if possible."""
        from random import Random

        hundred, place = divmod(seed, HUNDRED)
        random, found = self.found.setdefault(hundred, (Random(str(hundred)), []))
        while len(found) <= place:
            found.append(self.next(random, set(found)))
        return found[place]

    def next(self, random: Random, taken: set[Numbers]) -> Numbers:
        """Other numbers, if possible all of them, with which each operation takes the branch that it took."""
        again = None
        for k in range(self.most):
            share = (1.0, 0.5, 1 / max(1, len(self.own)))[3 * k // self.most]  # of the inputs that change
            numbers = self.chosen(random, share)
            if numbers == self.own or (again and numbers in taken) or not self.fit(numbers):
                continue
            if numbers not in taken:
                return numbers
            again = numbers
        if again is None:
            y, shown = self.chain.names[self.chain.y], ", ".join(self.chain.names[v] for v in self.inputs[:5])
            raise ValueError(
                f"no other nice numbers were found for {shown} with which {y} is computed the same way: compute {y} "
                "from the numbers that you want, and make an exercise of that"
            )
        return again

    def chosen(self, random: Random, share: float) -> Numbers:
        """Numbers of the same kinds, some of them the old ones."""
        return tuple(
            choices[int(random.random() * len(choices))] if choices and random.random() < share else x
            for x, choices in zip(self.own, self.choices, strict=True)
        )

    def fit(self, numbers: Numbers) -> bool:
        """Whether all is computed the same way, and no number or derivative becomes 0, infinite, huge or tiny."""
        if not self.leads_the_same_way(numbers):
            return False
        new = Chain(self.computed(numbers), {})
        pairs = zip(self.chain.order, new.order, strict=True)
        return all(is_like(self.chain.derivative(v), new.derivative(w)) for v, w in pairs)

    def leads_the_same_way(self, numbers: Numbers) -> bool:
        """Whether each operation stays on its branch, off kinks and ties, and each number keeps its sign."""
        known = dict(zip(self.inputs, numbers, strict=True))
        for v in self.chain.order:
            if v.op is None:
                continue
            inputs = tuple(x if type(x) is float else known[x] for x in v.parents)
            known[v] = out = value(v.op, inputs)
            if not (is_like(v._out, out) and (out < 0) == (v._out < 0) and stays(v, inputs)):
                return False
        return True

    def computed(self, numbers: Numbers) -> Value:
        """The output, computed again from these numbers by the recorded operations, with the names as they were."""
        known: dict[Value, Value] = {}
        given = dict(zip(self.inputs, numbers, strict=True))
        for v in self.chain.order:
            if v.op is None:
                known[v] = Value(given[v])
            else:
                known[v] = Value.record(v.op, *(x if type(x) is float else known[x] for x in v.parents))
            known[v].name = v.name or self.variables.get(v) or self.chain.names[v]
        return known[self.chain.y]


def is_like(old: float, new: float) -> bool:
    """Whether a number is as good to compute with by hand as the old one."""
    if old == 0 or not isfinite(old):
        return isfinite(new)
    return abs(old) / TIMES <= abs(new) <= abs(old) * TIMES


def stays(v: Value, inputs: tuple[float, ...]) -> bool:
    """Whether an operation on these inputs is on the branch that it was on, and clearly so."""
    assert v.op
    if any(letter == "c" and bool(x) != bool(y) for letter, x, y in zip(v.op.letters, met(v), inputs, strict=False)):
        return False
    before, now = kink_distance(v.op, met(v)), kink_distance(v.op, inputs)
    if now is None:
        return before is None
    return abs(now) > APART * max(map(abs, inputs)) and (not before or (before > 0) == (now > 0))


def nice_numbers(x: float) -> list[float]:
    """Other numbers as easy to compute with as x, of its sign and size; none for 0, which stays 0.

    >>> nice_numbers(2), nice_numbers(-0.5)[:3]
    ([3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], [-0.2, -0.3, -0.4])
    >>> nice_numbers(1.1), nice_numbers(100)[:4], nice_numbers(100)[-1]
    ([1.2, 1.3, 1.4, 1.5], [50.0, 60.0, 70.0, 80.0], 200.0)
    """
    if x == 0 or not isfinite(x):
        return []
    m, exponent = in_units(x)
    low, high = around(m, exponent)
    step = 5 if m >= 20 and m % 5 == 0 and exponent != -1 and high - low > 20 else 1
    units = [k for k in range(low, high + 1) if k % step == 0 and (k % 10 or exponent >= 0 or step > 1)]
    nice = [float(Decimal(k).scaleb(exponent)) for k in units]
    return [-k if x < 0 else k for k in nice if k != abs(x)]


def in_units(x: float) -> tuple[int, int]:
    """The size of x in units of its last digit, and the power of ten of these; of many digits, only two."""
    size = Decimal(repr(abs(x))).normalize()
    if len(size.as_tuple().digits) > FIGURES:
        size = Decimal(f"{size:.2g}").normalize()
    _, figures, exponent = size.as_tuple()
    assert isinstance(exponent, int)
    m = int("".join(map(str, figures)))
    return (10 * m, exponent - 1) if m < 10 and exponent > 0 else (m, exponent)


def around(m: int, exponent: int) -> tuple[int, int]:
    """The least and the most: half and double, further for one digit, but within 0 to 1, or 1 to 2, where x is."""
    low, high = m // 2, max(m, min(2 * m, 10**FIGURES - 1), 9)
    if exponent >= 0:
        return max(low, 1 if exponent else 2), high
    one: int = 10**-exponent
    if m < one:
        return max(low, 1), min(high, one - 1)
    if m < 2 * one:
        return one + max(1, (m - one) // 2), min(one + max(2 * (m - one), 5), 2 * one - 1)
    return max(low, one + 1), high
