"""What an operation does next to the numbers that it met: its slopes, the nearest other branch, why a slope is 0.

All of it is found by asking the rows of the table again, at other numbers.
"""

from __future__ import annotations

from math import copysign, inf, isnan, nan, nextafter

from .. import ieee
from ..operation import Op, compiled, once_a_row

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEP = 2.0**-20
FADED = 1e-12  # a slope on its way to 0


def value(op: Op, inputs: tuple[float, ...]) -> float:
    """The operation's value; nan where it has none."""
    try:
        return float(op.value(*inputs))
    except (ArithmeticError, ValueError, TypeError):  # TypeError: of a complex number
        return nan


def slope(op: Op, inputs: tuple[float, ...], k: int) -> float | None:
    """The derivative by input k; None if that is on a branch not taken, nan outside the domain."""
    share = ieee.backward(op, inputs, value(op, inputs), 1.0)[k]
    return nan if isinstance(share, complex) else share


def answers(op: Op, inputs: tuple[float, ...], k: int) -> bool:
    """Whether the operation has a slope by input k that is not 0."""
    there = slope(op, inputs, k)
    return bool(there) and there == there


def moved(inputs: tuple[float, ...], k: int, x: float) -> tuple[float, ...]:
    """The inputs with x in the place of input k."""
    return (*inputs[:k], x, *inputs[k + 1 :])


@once_a_row
def kink(op: Op) -> Callable[..., float] | None:
    """The row's kink as a function of its inputs; None if it has none."""
    return compiled(op.kink, op.letters) if op.kink else None


def kink_distance(op: Op, inputs: tuple[float, ...]) -> float | None:
    """How far off the nearest other branch is, with a sign; 0 on it; None if there is none.

    >>> from micrograd_like.ops import OPS
    >>> kink_distance(OPS["maximum"], (3.0, 5.0)), kink_distance(OPS["relu"], (0.0,)), kink_distance(OPS["exp"], (0.0,))
    (-2.0, 0.0, None)
    """
    measure = kink(op)
    try:
        far = float(measure(*inputs)) if measure else nan
    except (ArithmeticError, ValueError):
        far = nan
    return None if isnan(far) else far


def sides(op: Op, inputs: tuple[float, ...], k: int) -> tuple[float, float, float]:
    """The slopes by input k just below the number that it met and just above, and by how much the value jumps there.

    >>> from micrograd_like.ops import OPS
    >>> sides(OPS["abs"], (0.0,), 0), sides(OPS["floordiv"], (6.0, 2.0), 0)
    ((-1.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    """
    ways = [moved((0.0,) * len(inputs), k, way) for way in (-1.0, 1.0)]
    (low, below), (high, above) = (moving(op, inputs, just_beyond(inputs, rates), rates) for rates in ways)
    return -below or 0.0, above, high - low


def on_kink(op: Op, inputs: tuple[float, ...], k: int) -> bool:
    """Whether input k met a number at which the operation turns or jumps."""
    if kink_distance(op, inputs) != 0:
        return False
    below, above, jump = sides(op, inputs, k)
    return below != above or jump != 0


def branch_begins(op: Op, inputs: tuple[float, ...]) -> bool:
    """Whether another branch begins at these inputs: on a kink, or where a condition is 0, the only false number.

    >>> from micrograd_like.ops import OPS
    >>> branch_begins(OPS["abs"], (0.0,)), branch_begins(OPS["abs"], (2.0,))
    (True, False)
    >>> branch_begins(OPS["where"], (0.0, 2.0, 3.0))
    True
    """
    conditions = [x for letter, x in zip(op.letters, inputs, strict=False) if letter == "c"]
    return kink_distance(op, inputs) == 0 or 0 in conditions


def beyond(op: Op, inputs: tuple[float, ...], rates: tuple[float, ...]) -> tuple[float, float]:
    """The value where the inputs have just begun to move at these rates, and the rate at which it moves then.

    >>> from micrograd_like.ops import OPS
    >>> beyond(OPS["abs"], (0.0,), (-2.0,)), beyond(OPS["maximum"], (3.0, 3.0), (1.0, 4.0))
    ((0.0, 2.0), (3.0, 4.0))
    >>> beyond(OPS["floordiv"], (6.0, 2.0), (-1.0, 0.0))
    (2.0, 0.0)
    """
    return moving(op, inputs, just_beyond(inputs, rates) if branch_begins(op, inputs) else inputs, rates)


def moving(op: Op, inputs: tuple[float, ...], near: tuple[float, ...], rates: tuple[float, ...]) -> tuple[float, float]:
    """The value and its rate of change at inputs nearby; if it does not jump on the way there, the value from here."""
    here, there = value(op, inputs), value(op, near)
    answers = ieee.backward(op, near, there, 1.0)  # None of a branch not taken: not even ∞ comes through it
    slopes = [nan if isinstance(own, complex) else own for own in answers]
    rate = sum((own * speed for own, speed in zip(slopes, rates, strict=True) if own and speed), start=0.0)
    moves = [end - x if end != x else 0.0 for end, x in zip(near, inputs, strict=True)]
    step = sum(own * move for own, move in zip(slopes, moves, strict=True) if own and move)
    return (there if abs(there - here) > 4 * abs(step) + 2.0**-40 * abs(here) else here), rate


def just_beyond(inputs: tuple[float, ...], rates: tuple[float, ...]) -> tuple[float, ...]:
    """The inputs a little further: the next float of one that moves alone, and more of several, in proportion."""
    moving = [k for k, speed in enumerate(rates) if speed]
    if len(moving) < 2:
        return tuple(nextafter(x, copysign(inf, speed)) if speed else x for x, speed in zip(inputs, rates, strict=True))
    fastest = max(abs(speed) for speed in rates)
    size = min((abs(x) for x in inputs if x), default=1.0)
    return tuple(x + size * 2.0**-30 * (speed / fastest) for x, speed in zip(inputs, rates, strict=True))


def way_out(op: Op, inputs: tuple[float, ...], k: int) -> float | None:
    """By how much input k has to change to meet the nearest other branch; None if no change of it alone meets one.

    >>> from micrograd_like.ops import OPS
    >>> way_out(OPS["maximum"], (3.0, 5.0), 0), way_out(OPS["maximum"], (3.0, 5.0), 1)
    (2.0, -2.0)
    """
    far = kink_distance(op, inputs)
    if not far:
        return None
    for step in (-far, far):
        left = kink_distance(op, moved(inputs, k, inputs[k] + step))
        if left is not None and abs(left) <= 1e-9 * max(abs(inputs[k]), abs(far)):
            return step
    return None


def culprit(op: Op, inputs: tuple[float, ...], k: int) -> int | None:
    """Which other input makes the slope by input k zero, as the factor 0 in a product."""
    for j, x in enumerate(inputs):
        if j != k and answers(op, moved(inputs, j, 1.1 * x + 0.1), k):
            return j
    return None


def is_stationary(op: Op, inputs: tuple[float, ...], k: int) -> bool:
    """Whether the slope by input k is 0 at this point alone, as at the top of a cosine."""
    return any(answers(op, near, k) for near in within_branch(op, inputs, k, (1 - STEP, 1 + STEP)))


def sloping(op: Op, inputs: tuple[float, ...], k: int) -> float | None:
    """A number for input k at which the slope is not 0; None if none is found."""
    nearer = within_branch(op, inputs, k, (0.5, 0.25, 2.0**-6, 2.0**-10, 2.0**-100, 2.0**-300, 2.0**300, -1.0, -1024.0))
    return next((near[k] for near in nearer if answers(op, near, k)), None)


def slope_edge(op: Op, inputs: tuple[float, ...], k: int, goal: float) -> float:
    """The first number on the way of input k to `goal` at which the slope is not 0, found by bisection.

    >>> from micrograd_like.ops import OPS
    >>> slope_edge(OPS["relu"], (-2.0,), 0, 8.0)
    5e-324
    """
    flat, steep = inputs[k], goal
    while (middle := flat / 2 + steep / 2) not in (flat, steep):
        flat, steep = (flat, middle) if answers(op, moved(inputs, k, middle), k) else (middle, steep)
    return steep


def fades(op: Op, inputs: tuple[float, ...], k: int, edge: float) -> bool:
    """Whether the slope is tiny at that edge too, as where a sigmoid saturates; if not, another branch begins there."""
    return abs(slope(op, moved(inputs, k, edge), k) or 0.0) < FADED


def within_branch(op: Op, inputs: tuple[float, ...], k: int, factors: tuple[float, ...]) -> Iterator[tuple[float, ...]]:
    """The inputs with input k multiplied, once for each factor that leads to no other branch."""
    far = kink_distance(op, inputs)
    for factor in factors:
        near = moved(inputs, k, inputs[k] * factor if inputs[k] else factor - 1)
        there = kink_distance(op, near)
        if far is None or (there and (far > 0) == (there > 0)):
            yield near
