"""explain: what changed an answer between two calls of a model, split over its inputs."""

from __future__ import annotations

from itertools import combinations
from math import factorial, fsum, sqrt
from random import Random

from . import explained
from .change import Change
from .path import Line, number_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from .path import Jump

FLOATS = "\0floats"  # all floats, which move together
MOST_EXACT = 4  # switches whose orders are all tried; of more, a sample
ORDERS = 200


def explain(
    f: Callable[..., Any], before: Mapping[str, Any], after: Mapping[str, Any], /, tolerance: float = 1e-9
) -> Explained:
    """The change of a model's answer between two calls, split over the inputs that changed.

    >>> def bill(apple, n):
    ...     price = apple * n
    ...     if price > 1000:
    ...         price = price - 110
    ...     return price
    >>> print(explain(bill, {"apple": 440.0, "n": 2.0}, {"apple": 540.0, "n": 2.4}))
    bill 880 → 1186: +306
    input  before  after  part        %  by ∂ before
    apple     440    540  +220   71.9 %         +200
    n           2    2.4  +196   64.1 %         +176
    jump                  -110  -35.9 %               `if price > 1000`, line 3, at 31 % of the way

    `parts` has the part of each input, and `sum(parts.values()) + jump == change`. Floats move together on the straight
    line: the part of one is the integral of its derivative there times its move (Aumann and Shapley 1974), to
    `tolerance` of the change; `error` is what SciPy says of it. Whole numbers, texts and truths are switched, before or
    after all others, and get the mean of all orders (Shapley 1953); beyond four, of 200 random ones. What no derivative
    sees is the `jump`, one of each in `jumps`. `first_order` has what the derivatives before, or a switch alone, would
    have said. An input that is given in neither dict has f's default.
    """
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 < tolerance < 1:
        raise ValueError(f"tolerance is a part of the change, such as 1e-9, not {tolerance!r:.40}")
    return Explained(Change(f, before, after), tolerance)


class Explained:
    """The change of an answer, split over inputs. `print` shows it, a notebook as HTML."""

    def __init__(self, change: Change, tolerance: float) -> None:
        self.study = change
        self.name = change.model.name
        self.tolerance = tolerance
        self._values: dict[frozenset[str], float] = {}
        self._lines: dict[frozenset[str], tuple[list[float], float, list[Jump]]] = {}
        self.players = [FLOATS] * bool(change.floats) + change.switches
        self.before, self.after = self.value(frozenset()), self.value(frozenset(self.players))
        self.change = self.after - self.before
        self.check_again()
        self.parts = {name: 0.0 for name in change.pairs if name in (*change.floats, *change.switches)}
        self.jump, self.error = 0.0, 0.0
        self.jumps: list[Jump] = []
        self.share_out()
        self.first_order = self.alone()

    def value(self, done: frozenset[str]) -> float:
        """The answer when these have changed."""
        if done not in self._values:
            numbers = self.study.ends(int(FLOATS in done))
            try:
                answer = self.study.call(done - {FLOATS}, numbers)
            except Exception as error:
                new = ", ".join(self.study.floats * (FLOATS in done) + sorted(done - {FLOATS}))
                error.add_note(f"with {new} as after, and all else as before" if new else "with the inputs before")
                raise
            self._values[done] = number_of(answer, self.study.model.called)
        return self._values[done]

    def check_again(self) -> None:
        """Refuse a model that answers something else each time."""
        again = number_of(self.study.call(frozenset(), self.study.ends(0)), self.study.model.called)
        if abs(again - self.before) > 1e-9 * abs(self.before):
            raise ValueError(
                f"{self.study.model.called} answers {self.before:.6g} and then {again:.6g} to the same inputs: if it "
                "draws random numbers, let it begin with a seed of its own"
            )

    def share_out(self) -> None:
        """Add up what each input does, when it changes after some of the others, over which of them these are."""
        sampled: dict[str, list[float]] = {player: [] for player in self.players}
        for player, done, weight in self.turns():
            move = self.value(done | {player}) - self.value(done)
            sampled[player].append(move)
            if player != FLOATS:
                self.parts[player] += weight * move
                continue
            parts, error, jumps = self.line(done)
            for name, part in zip(self.study.floats, parts, strict=True):
                self.parts[name] += weight * part
            self.jump += weight * (move - fsum(parts))
            self.error += weight * error
            self.keep(jumps, weight)
        if self.is_sampled:
            self.error += max(error_of_mean(moves) for moves in sampled.values())

    @property
    def is_sampled(self) -> bool:
        return len(self.study.switches) > MOST_EXACT

    def turns(self) -> Iterator[tuple[str, frozenset[str], float]]:
        """Who changes after whom, and with which weight that counts."""
        n = len(self.players)
        if self.is_sampled:
            random = Random(0)
            for _ in range(ORDERS):
                order = random.sample(self.players, n)
                for k, player in enumerate(order):
                    yield player, frozenset(order[:k]), 1 / ORDERS
            return
        for player in self.players:
            others = [other for other in self.players if other != player]
            for k in range(n):
                weight = factorial(k) * factorial(n - 1 - k) / factorial(n)
                for done in combinations(others, k):
                    yield player, frozenset(done), weight

    def line(self, done: frozenset[str]) -> tuple[list[float], float, list[Jump]]:
        if done not in self._lines:
            self._lines[done] = Line(self.study, done).integral(self.tolerance)
        return self._lines[done]

    def keep(self, jumps: list[Jump], weight: float) -> None:
        """Note jumps; those at one question of the program are one."""
        for jump in jumps:
            same = (other for other in self.jumps if other.place == jump.place and (jump.place or other.at == jump.at))
            known = next(same, None)
            if known is None:
                known = type(jump)(0.0, jump.at, jump.place)
                self.jumps.append(known)
            known.size += weight * jump.size

    def alone(self) -> dict[str, float]:
        """What each input would have done by itself: by the derivatives before, or by a switch alone."""
        found: dict[str, float] = {}
        if self.study.floats:
            line = Line(self.study, frozenset())
            found = dict(zip(self.study.floats, line.slopes(0.0), strict=True))
        found |= {name: self.value(frozenset({name})) - self.before for name in self.study.switches}
        return {name: found[name] for name in self.parts}

    # forms

    def __str__(self) -> str:
        return explained.explained_in_text(self)

    def __repr__(self) -> str:
        return explained.explained_in_text(self)

    def markdown(self) -> str:
        """The explanation as a Markdown table."""
        return explained.explained_in_markdown(self)

    def _repr_html_(self) -> str:
        return explained.explained_in_html(self)

    def to_dict(self) -> dict[str, Any]:
        """The explanation in plain numbers, texts, lists and dicts, as JSON has them."""
        return explained.explained_in_plain(self)

    def to_frame(self) -> Any:
        """The parts as a pandas DataFrame, with a line for each input and one for the jump."""
        return explained.explained_in_frame(self)


def error_of_mean(moves: list[float]) -> float:
    """The standard error of a mean."""
    n, mean = len(moves), fsum(moves) / max(1, len(moves))
    return sqrt(fsum((x - mean) ** 2 for x in moves) / (n - 1) / n) if n > 1 else 0.0
