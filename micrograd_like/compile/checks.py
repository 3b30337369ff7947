"""Spot checks: now and then a function itself runs beside what was recorded of it, and has the last word."""

from __future__ import annotations

from _thread import allocate_lock
from itertools import repeat
from math import inf
from time import perf_counter

from ..trees.objects import is_array, is_leaf
from ..trees.parts import branches_of, is_dataclass, suffixes
from ..trees.planting import planted
from ..trees.tree import leaves
from ..value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

BUDGET = 0.05  # seconds, which all checks of a function may take; and of the time that is spent in it,
SHARE = 0.05
PATIENCE = 3  # how often what was recorded may turn out wrong, before the function runs as it is
TOLERANCE = 1e-12  # relative, between the libraries of floating-point numbers that engines compute with
TRIALS = 8  # of a program on numbers that are a rounding error off,
MARGIN = 16  # and how much further than in these two orders of rounding may be apart


class Checks:
    """When the next check is due, and what the checks of one function have cost.

    They are due in calls 2, 4, 8, 16, … One that would cost too much waits for a later one of these.
    """

    __slots__ = ("calls", "checking", "cost", "differed", "lock", "measured", "others", "spent", "wanted")

    def __init__(self, wanted: bool = True) -> None:
        self.wanted = wanted
        self.calls = 2  # the number of the call that is to be checked
        self.differed = 0
        self.spent = 0.0  # seconds in the function, as far as we know; of a stretch of calls one is timed
        self.checking = 0.0  # seconds of that in checks
        self.cost = 0.0  # of the next check: at most that of a recording, until one was timed
        self.measured = False
        self.lock = allocate_lock()
        self.others: Iterator[None] = repeat(None, 1) if wanted else repeat(None)  # calls that are not to be checked

    def due(self) -> bool:
        """Whether the call is to be checked, now that those before are counted."""
        with self.lock:
            if next(self.others, self) is None:  # another thread's call is checked
                return False
            self.others = repeat(None, self.calls - 1)
            self.calls *= 2
            return self.wanted

    def stop(self) -> None:
        self.wanted = False
        self.others = repeat(None)

    def recorded(self, seconds: float) -> None:
        """Take note of the seconds that a recording has taken."""
        self.spent += seconds
        if not self.measured:
            self.cost = seconds

    def affords(self, seconds: float) -> bool:
        """Whether there is time for a check; one of the calls since the last check has taken so many seconds."""
        self.spent += seconds * self.calls / 4
        total = self.checking + self.cost
        return self.wanted and (total <= BUDGET or total <= SHARE * self.spent)

    def run(self, f: Callable[[], Any]) -> Any:
        """f's answer, on the account of the checks."""
        start = perf_counter()
        try:
            return f()
        finally:
            self.cost = perf_counter() - start
            self.measured = True
            self.checking += self.cost
            self.spent += self.cost


def agree(own: Any, compiled: Any, numbers: list[Any], again: Callable[[list[Any]], Any], exact: bool) -> bool:
    """Whether two answers to these numbers are one.

    Numbers are that if they are equal (nan is equal to nan; `exact` also tells 1 from 1.0), if they differ by no more
    than `TOLERANCE`, or by about as much as the compiled answer moves when its inputs do so: rounded in another order,
    a sum that cancels may keep no digit.
    """
    pairs: list[tuple[Any, Any]] = []
    if not paired(own, compiled, pairs, exact):
        return False
    off = [k for k, (a, b) in enumerate(pairs) if not close(a, b)]
    if not off:
        return True
    spread = spreads(leaves(compiled), numbers, again)
    return spread is not None and all(distance_between(*pairs[k]) <= MARGIN * spread[k] for k in off)


def paired(a: Any, b: Any, pairs: list[tuple[Any, Any]], exact: bool) -> bool:
    """Whether two answers have one form; their numbers are added, side by side."""
    if is_leaf(b):
        pairs.append((a, b))
        return is_leaf(a) and not (exact and {type(a), type(b)} == {int, float})
    if is_array(b):
        pairs += zip(leaves(a), leaves(b), strict=False)
        return is_array(a) and a.shape == b.shape
    if hasattr(type(a), "dtype") and hasattr(type(a), "tolist"):  # NumPy's truths, alone and in arrays
        return bool(a.tolist() == (b.tolist() if hasattr(type(b), "tolist") else b))
    if isinstance(b, bool | str | bytes | None):
        return type(a) is type(b) and bool(a == b)
    parts, others = branches_of(a), branches_of(b)
    if type(a) is not type(b) or parts is None or others is None:
        return type(a) is type(b)
    if isinstance(b, list | tuple | dict) or is_dataclass(b):
        if (list(a) != list(b)) if isinstance(b, dict) else len(parts[0]) != len(others[0]):
            return False
    elif suffixes(a) != suffixes(b):
        return False
    return all(paired(x, y, pairs, exact) for x, y in zip(parts[0], others[0], strict=True))


def close(a: float, b: float) -> bool:
    """Whether two numbers are equal, or no further apart than two libraries are."""
    return a == b or (a != a and b != b) or distance_between(a, b) <= TOLERANCE * max(abs(a), abs(b)) < inf


def distance_between(a: float, b: float) -> float:
    """How far apart two numbers are."""
    try:
        return abs(a - b)
    except OverflowError:  # an int that no float can hold
        return inf


def spreads(outputs: list[Any], numbers: list[Any], again: Callable[[list[Any]], Any]) -> list[float] | None:
    """How far each output moves when the numbers are a rounding error off; None if that cannot be seen."""
    from random import Random

    random = Random(0)  # of our own: that of the user stays where it is
    found: list[list[float]] = []
    for _ in range(TRIALS):
        moved = [x * (1 + TOLERANCE * random.uniform(-1, 1)) if type(x) is float else x for x in numbers]
        try:
            others = leaves(again(moved))
        except Exception:  # it leads another way, which is not recorded
            continue
        if len(others) == len(outputs):
            found.append([*map(distance_between, others, outputs)])
    return [max(column) for column in zip(*found, strict=True)] if found else None


def in_plain_numbers(answer: Any) -> Any:
    """The answer of a function itself as a compiled one gives it: no Values, and Python's own numbers for NumPy's."""
    found = leaves(answer)
    if all(type(x) is float or type(x) is int for x in found):
        return answer
    return planted(answer, [without_numpy(x) for x in found])


def without_numpy(x: Any) -> Any:
    """A number of NumPy's, or of a Value, as Python's own."""
    return x.data if isinstance(x, Value) else x.item() if hasattr(x, "item") else x


def needs_values(error: BaseException) -> bool:
    """Whether plain numbers are all that the function lacks: it asks for methods that Values have, as x.exp()."""
    return isinstance(error, AttributeError) and is_leaf(error.obj) and hasattr(Value, error.name or "")
