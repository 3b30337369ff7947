"""The kinks and jumps that the rows of the table name, against those that are found in their values.

A value is looked at along a line: one input moves, the others stay. Where the line is bent, the interval is halved
until it is too short to matter; what is smooth straightens out on the way, and what turns or jumps does not. There, on
both sides, the value and the slope come to rest; at a pole, or where the slope is infinite, they do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from awkward import OPERATIONS

from micrograd_like.diagnose.local import kink_distance, moved
from micrograd_like.operation import Op

Line = Callable[[float], float]
Point = tuple[float, ...]

GRID = [math.sinh(k / 8 + 0.03) for k in range(-60, 61)]  # to ±1800, dense around 0, and no number of it is round
OTHERS = -1.9, -0.7, 0.0, 0.7, 1.9  # where the inputs stand that do not move
CONSTANTS = 0.0, 1.0, 2.0  # where constants and conditions stand
SHORT = 2.0**-24
FAR, NEAR = 2.0**-12, 2.0**-16  # how far from a turn its two sides are looked at
STRAIGHT = 1e-3
SEEN = 0.01  # of a slope: the least difference that is a kink


def line(op: Op, inputs: Point, k: int) -> Line:
    """The operation's value as a function of input k; nan where it has none, inf where it is too large."""

    def f(x: float) -> float:
        try:
            return float(op.value(*moved(inputs, k, x)))
        except (ValueError, ZeroDivisionError, TypeError):  # TypeError: of a complex number
            return math.nan
        except OverflowError:
            return math.inf

    return f


def lines(op: Op) -> Iterator[tuple[Point, int]]:
    """Along which lines an operation is looked at: the inputs, and which of them moves; constants do not."""
    letters = op.letters if op.arity else ("x",) * len(op.at)
    usual = OTHERS if op.arity else (0.0,)
    standing = [CONSTANTS if letter == "c" else usual for letter in letters]
    places = [dict.fromkeys((at, *others)) for at, others in zip(op.at, standing, strict=True)]
    for k, letter in enumerate(letters):
        for inputs in product(*places[:k], (math.nan,), *places[k + 1 :]) if letter != "c" else ():
            yield inputs, k


def bend(f: Line, a: float, b: float) -> float:
    """How far the line between a and b is from a straight one, measured by their distance; -1 where it has no value."""
    off = abs(f(a) - 2 * f((a + b) / 2) + f(b)) / (b - a)
    return off if math.isfinite(off) else -1.0


def most_bent(f: Line, a: float, b: float) -> float | None:
    """Where in the interval a turn must be, if there is one; None if the line straightens out."""
    while b - a > SHORT:
        quarter = (b - a) / 4
        halves = [(start, start + 2 * quarter) for start in (a, a + quarter, a + 2 * quarter)]
        a, b = max(halves, key=lambda ends: bend(f, *ends))
        if bend(f, a, b) < STRAIGHT:
            return None
    return (a + b) / 2


def turns_at(f: Line, p: float) -> bool:
    """Whether the line jumps or has a kink at p: the values, or the slopes, of its two sides differ."""
    seen = []
    for h in (FAR, NEAR):
        below, above = f(p - h), f(p + h)
        slopes = (below - f(p - 2 * h)) / h, (f(p + 2 * h) - above) / h
        seen.append((*slopes, above - below - h * sum(slopes)))
    size = 1 + max(map(abs, seen[1]))
    if not all(abs(far - near) < SEEN * size for far, near in zip(*seen, strict=True)):
        return False
    left, right, jump = seen[1]
    return abs(right - left) > SEEN * size or abs(jump) > SEEN * size * FAR


def turns(f: Line) -> list[float]:
    """Where the line turns or jumps, as far as the grid shows it: between two of its numbers, one of several."""
    found = [most_bent(f, a, b) for a, b in zip(GRID, GRID[2:], strict=False)]
    return [p for p in found if p is not None and turns_at(f, p)]


def zeros(distance: Line) -> Iterator[float]:
    """Where a distance is 0: near the grid's nearest numbers, and from there on by thirds."""
    for a, x, b in zip(GRID, GRID[1:], GRID[2:], strict=False):
        if distance(x) <= min(distance(a), distance(b)):
            while b - a > SHORT / 16:
                third = (b - a) / 3
                a, b = (a, b - third) if distance(a + third) <= distance(b - third) else (a + third, b)
            p = round((a + b) / 2, 9)  # 0, where there may be no value, is told from numbers near it
            if distance(p) < SHORT:
                yield p


def named(op: Op, inputs: Point) -> float:
    """How far off the nearest turn is by the row; inf if it names none."""
    far = kink_distance(op, inputs)
    return math.inf if far is None else abs(far)


def turns_there(op: Op, inputs: Point) -> bool:
    return any(turns_at(line(op, inputs, k), x) for k, x in enumerate(inputs))


def beside(op: Op, inputs: Point) -> Iterator[Point]:
    """The inputs, and others by which the row still names a turn: at 0 of one input, that of another may be flat."""
    moves = [moved(inputs, k, x + step) for k, x in enumerate(inputs) for step in (-0.25, 0.25)]
    return (near for near in (inputs, *moves) if named(op, near) < SHORT)


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_a_row_names_every_kink_and_jump(op: Op) -> None:
    found = [moved(inputs, k, p) for inputs, k in lines(op) for p in turns(line(op, inputs, k))]
    assert [inputs for inputs in found if named(op, inputs) > STRAIGHT] == []
    assert bool(found) == bool(op.kink)


@pytest.mark.parametrize("op", [op for op in OPERATIONS if op.kink], ids=lambda op: op.name)
def test_what_a_row_names_is_a_kink_or_a_jump(op: Op) -> None:
    for inputs, k in lines(op):
        for p in zeros(lambda x, inputs=inputs, k=k: named(op, moved(inputs, k, x))):
            assert any(turns_there(op, near) for near in beside(op, moved(inputs, k, p))), moved(inputs, k, p)


@pytest.mark.parametrize(
    ("f", "where"),
    [
        (lambda x: abs(x - 0.3), [0.3]),
        (lambda x: max(-1.0, min(x, 100.0)), [-1.0, 100.0]),
        (lambda x: x + (x > 50), [50.0]),
        (lambda x: x + 0.1 * abs(x), [0.0]),
        (lambda x: math.sqrt(x * x + 1e-4), []),
        (lambda x: 1 / x, []),
        (lambda x: math.copysign(abs(x) ** 0.5, x), []),
        (math.atan, []),
    ],
)
def test_turns_are_found_where_they_are_and_nowhere_else(f: Line, where: list[float]) -> None:
    found = {round(p, 6) for p in turns(f)}
    assert found == {*where}
