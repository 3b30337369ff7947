"""Draws: the model at random numbers, which are distributed as its inputs are."""

from __future__ import annotations

import warnings
from math import isfinite, nan, sqrt
from time import perf_counter

from ..errors import Singular
from ..graph import Node
from ..runs.running import THREAD
from ..trees.tree import leaves
from .doubts import Doubtful, doubts_in
from .joint import numpy_for
from .ways import way_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from .inputs import Inputs
    from .joint import Joint
    from .ways import Way

SECONDS_OF_DRAWS = 1.0  # for draws and all before them, if their number is not given,
FEWEST_DRAWS, MOST_DRAWS = 1_000, 1_000_000  # of which there are so many at least and at most;
LONGEST_SECONDS = 10.0  # seconds after which fewer will do
LEAST_DRAWS = 20
DRAWS_AT_A_TIME = 65_536  # draws at a time,
NUMBERS_AT_A_TIME = 1_000_000  # of so many numbers at most
PILOTS, PILOT_SECONDS = 25, 0.3  # draws whose ways are looked at
MOST_WAYS = 4  # among these, with which all are computed at once
RECORDING_SECONDS = 0.5  # for the ways of all draws
MOST_AT_ONCE = 1_000  # uncertain inputs with which they are,
MOST_NODES = 8_000  # and steps of the model: to record more takes longer than a second
LONGER, LEAST_RECORDED = 10, 2_000  # times these steps at the most, or so many, a draw is recorded


class Sampler:
    """Random numbers for the uncertain inputs: of a normal copula, with the distribution of each.

    The first draws are the same, however many there are.
    """

    def __init__(self, inputs: Inputs, joint: Joint, seed: int) -> None:
        self.np = numpy_for("draws")
        self.inputs = inputs
        self.joint = joint
        self.seed = seed
        self.moving = [k for k, u in zip(joint.places, joint.u, strict=True) if u]
        self.u = [u for u in joint.u if u]
        self.factor = None if joint.matrix is None else self.factorized()

    def factorized(self) -> Any:
        """L of the correlation matrix L Lᵀ; where inputs follow from others, its column is 0."""
        np = self.np
        varying = [i for i, u in enumerate(self.joint.u) if u]
        matrix = self.joint.matrix[np.ix_(varying, varying)]
        found = np.zeros_like(matrix)
        for k in range(len(matrix)):
            left = matrix[k, k] - found[k, :k] @ found[k, :k]
            if left > 1e-10:
                found[k, k] = sqrt(left)
                found[k + 1 :, k] = (matrix[k + 1 :, k] - found[k + 1 :, :k] @ found[k, :k]) / found[k, k]
        return found

    def chunks(self, count: int) -> Iterator[tuple[Any, Any]]:
        """Standard normal numbers, and the inputs made of them: a row for each draw, a column for each input."""
        random = self.np.random.default_rng(self.seed)
        size = max(1, min(DRAWS_AT_A_TIME, NUMBERS_AT_A_TIME // max(1, len(self.moving))))
        for start in range(0, count, size):
            z = random.standard_normal((min(size, count - start), len(self.moving)))
            yield z, self.inputs_of(z)

    def inputs_of(self, z: Any) -> Any:
        """The inputs of standard normal numbers."""
        np = self.np
        x = np.empty(z.shape, order="F" if len(self.moving) <= MOST_AT_ONCE else "C")
        np.multiply(z if self.factor is None else z @ self.factor.T, self.u, out=x)
        for i, k in enumerate(self.moving):
            known = self.inputs.uncertain.get(k)
            if known is not None and known.quantile is not None:
                from scipy.special import ndtr

                x[:, i] = known.quantile(ndtr(x[:, i] / self.u[i])) - self.inputs.numbers[k]
        x += np.array([float(self.inputs.numbers[k]) for k in self.moving])
        return x

    def numbers(self, row: Sequence[Any]) -> list[Any]:
        """All numbers of the model, with those of one draw among them."""
        if len(row) == len(self.inputs.numbers):
            return row if isinstance(row, list) else [*row]
        numbers = self.inputs.numbers.copy()
        for k, x in zip(self.moving, row, strict=True):
            numbers[k] = x
        return numbers


class Pilot:
    """A first few draws, one by one: their answers, and their ways through the model."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.home: Way = way_of(lambda: sampler.inputs.call(sampler.inputs.numbers))[1]
        self.answers: list[Any] = []
        self.ways: list[Way] = []
        self.rows = next(sampler.chunks(PILOTS))[1].tolist()
        start = perf_counter()
        for k, row in enumerate(self.rows):
            found, way = way_of(lambda row=row: answer(sampler, row))  # type: ignore[misc]
            self.answers.append(found)
            self.ways.append(way)
            if perf_counter() - start > PILOT_SECONDS and k > 3:
                break

    @property
    def kinds(self) -> int:
        """How many ways there are among them."""
        distinct: list[Way] = []
        for way in [self.home, *self.ways]:
            if way not in distinct:
                distinct.append(way)
        return len(distinct)

    def forget(self) -> None:
        """Let go of the ways, which may be long."""
        self.home, self.ways = [], []


def answer(sampler: Sampler, row: Sequence[float]) -> list[float]:
    """The numbers that the model answers to one draw; none if it has no answer there."""
    try:
        found = sampler.inputs.call(sampler.numbers(row))
    except (ArithmeticError, ValueError):
        return []
    except Exception as error:
        names = (f"{sampler.inputs.names[k]} = {x:.6g}" for k, x in zip(sampler.moving, row, strict=True))
        error.add_note(f"in a draw, with {', '.join(list(names)[:8])}; draws=0 leaves draws out")
        raise
    try:
        return numbers_answered(found)
    except TypeError:  # a complex number, as of (-1) ** 0.5
        return []


def numbers_answered(answer: Any) -> list[float]:
    """The numbers that a model answers; of Values, which it may have found outside, those that they hold."""
    return [float(x._data if isinstance(x, Node) else x) for x in leaves(answer)]


def drawn_one_by_one(sampler: Sampler, rows: Any, outputs: int) -> Any:
    """The answers to draws, a line for each number that the model answers."""
    np = sampler.np
    out = np.full((outputs, len(rows)), np.nan)
    for r, row in enumerate(rows):
        found = answer(sampler, row.tolist())
        if found:
            if len(found) != outputs:
                raise TypeError(f"{sampler.inputs.called} answers {outputs} numbers, and in a draw {len(found)}")
            out[:, r] = found
    return out


class Draw:
    """The model in one draw, as it is recorded: it answers whether that is in doubt, and the model's numbers."""

    def __init__(self, sampler: Sampler, outputs: int, nodes: int) -> None:
        self.sampler, self.outputs = sampler, outputs
        self.most = max(LONGER * nodes, LEAST_RECORDED)  # steps of a recording
        self.__name__ = sampler.inputs.name

    def numbers(self, *columns: Any) -> list[Any]:
        """The numbers that the model answers."""
        return leaves(self.sampler.inputs.call(self.sampler.numbers(columns)))

    def __call__(self, *columns: Any) -> list[Any]:
        run = THREAD.trace
        if run is None:
            return [0.0, *(answer(self.sampler, columns) or [nan] * self.outputs)]
        try:
            with doubts_in(run, self.most) as doubts:
                found = self.numbers(*columns)
        except Doubtful:  # the draw is computed by itself
            raise Singular from None
        return [doubts.in_all(), *found]

    @property
    def in_rows(self) -> tuple[Any, list[int]]:
        """How draws go together, as compile/rows/on_columns.py says."""
        return self.numbers, []


class AtOnce:
    """The same for all draws at once, by vmap."""

    def __init__(self, sampler: Sampler, outputs: int, nodes: int) -> None:
        from ..compile.rows.vmap import vmap

        self.vmapped = vmap(Draw(sampler, outputs, nodes), max_paths=2 * MOST_WAYS, check=False)
        self.sampler = sampler

    @property
    def ways(self) -> int:
        """How many ways are recorded; 0 if there are more than can be, so that rows are computed one by one."""
        return 0 if self.vmapped.eager else self.vmapped.paths

    @property
    def asks(self) -> bool:
        """Whether what is recorded asks a question, so that there may be other ways."""
        programs = [form.program for form in self.vmapped.forms.values()]
        return any(block.question for program in programs for block in program.known)

    def __call__(self, rows: Any) -> Any:
        np = self.sampler.np
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that rows are computed one by one
            doubts, *found = self.vmapped(*rows.T)
        out, doubtful = np.array(found), np.flatnonzero(doubts)  # nan counts as true
        if len(doubtful):
            out[:, doubtful] = drawn_one_by_one(self.sampler, rows[doubtful], len(out))
        return out

    def agrees(self, pilot: Pilot) -> bool:
        """Whether it answers what the model itself does, and does not record one way after the other."""
        rows = self.sampler.np.array(pilot.rows[: len(pilot.answers)])
        start = perf_counter()
        self(rows[:1])
        self.vmapped.max_paths = max(2, min(2 * MOST_WAYS, int(RECORDING_SECONDS / (perf_counter() - start))))
        found = self(rows).T.tolist()
        return bool(self.ways) and all(same_answer(a, b) for a, b in zip(found, pilot.answers, strict=True))


def same_answer(one: list[float], other: Any) -> bool:
    """Whether two answers are the same but for rounding; without a finite number they are alike."""
    if not isinstance(other, list) or not all(map(isfinite, other)) or not other:
        return not all(map(isfinite, one))
    sizes = max(map(abs, other))
    return len(one) == len(other) and all(
        abs(a - b) <= 1e-9 * (abs(b) + 1e-3 * sizes) for a, b in zip(one, other, strict=True)
    )


class Answers:
    """The answers of a model to draws: `numbers` has a line for each number that it answers."""

    def __init__(self, sampler: Sampler, outputs: int, nodes: int, count: int | None, start: float) -> None:
        np = sampler.np
        self.sampler = sampler
        self.pilot = Pilot(sampler)
        self.at_once: AtOnce | None = None
        if len(sampler.moving) <= MOST_AT_ONCE and nodes <= MOST_NODES and self.pilot.kinds <= MOST_WAYS:
            self.at_once = self.checked(AtOnce(sampler, outputs, nodes))
        spent = perf_counter() - start  # since the report was begun
        self.count = self.fitting(spent, outputs) if count is None else count
        parts = [self.of(x, outputs) for _, x in sampler.chunks(self.count)]
        self.numbers = np.concatenate(parts, axis=1)

    def checked(self, at_once: AtOnce) -> AtOnce | None:
        """vmap, if it can compute this model."""
        try:
            return at_once if at_once.agrees(self.pilot) else None
        except Exception:  # whatever it cannot record, the model itself can do
            return None

    def of(self, rows: Any, outputs: int) -> Any:
        if self.at_once:
            try:
                return self.at_once(rows)
            except Exception:  # a way on which it cannot be recorded
                self.at_once = None
        return drawn_one_by_one(self.sampler, rows, outputs)

    def fitting(self, spent: float, outputs: int) -> int:
        """How many draws fit into the time, in round numbers."""
        each = 0.0
        many = 8 * FEWEST_DRAWS  # twice, since the first time is planned how
        for size in (FEWEST_DRAWS, many, many) if self.at_once else (len(self.pilot.answers),):
            if size * each > SECONDS_OF_DRAWS:
                break
            start = perf_counter()
            _, rows = next(self.sampler.chunks(size))
            self.of(rows, outputs)
            each = (perf_counter() - start) / len(rows)
        fits = max(
            max(SECONDS_OF_DRAWS - spent, SECONDS_OF_DRAWS / 4) / max(each, 1e-9),
            min(FEWEST_DRAWS, LONGEST_SECONDS / max(each, 1e-9)),
            LEAST_DRAWS,
        )
        return round_number(min(MOST_DRAWS, fits))


def round_number(x: float) -> int:
    """The largest of 1, 2, 5, 10, 20, 50, … that is not larger.

    >>> [round_number(x) for x in (130, 999, 1000, 700_000)]
    [100, 500, 1000, 500000]
    """
    power: int = 10 ** (len(str(int(x))) - 1)
    return max(k * power for k in (1, 2, 5) if k * power <= x)
