"""Branches of a model that draws take and the best estimates do not: where, how many, how far away."""

from __future__ import annotations

from collections import defaultdict
from math import sqrt
from time import perf_counter

from .draws import PILOTS, answer
from .ways import parting, question, way_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from .draws import Answers

MOST_LOOKED_AT, SECONDS_TO_LOOK = 1_000, 0.1  # for the first 25, and for the first 100
HALVINGS = 12
NEAREST = 5  # draws from which the way back is halved


class Branch:
    """A question that some draws answer otherwise: its text, how many do, and how far away, in u, that begins."""

    __slots__ = ("distance", "looked", "question", "share")

    def __init__(self, question: str, share: float, looked: int, distance: float | None) -> None:
        self.question = question
        self.share = share
        self.looked = looked  # at so many draws
        self.distance = distance

    def __str__(self) -> str:
        away = "" if self.distance is None else f", {max(self.distance, 0.1):.1f} u away"
        away = away.replace(", 0.1 u", ", less than 0.1 u") if (self.distance or 1.0) < 0.1 else away
        part = f"{100 * self.share:.2g} %" if self.share < 0.995 else "nearly all"
        return f"{part} of {self.looked:,} draws take another way: {self.question}{away}"


def branches_of_draws(answers: Answers) -> list[Branch]:
    """The branches that draws take, the most frequent one first."""
    pilot, sampler = answers.pilot, answers.sampler
    if not pilot.home or (answers.at_once and not answers.at_once.asks):  # it has come to no question
        return []
    start, looked = perf_counter(), 0
    found: dict[object, list[tuple[float, list[float]]]] = defaultdict(list)
    texts = {}
    z, x = next(sampler.chunks(MOST_LOOKED_AT))
    for normal, row in zip(z, x.tolist(), strict=True):
        numbers, way = way_of(lambda row=row: answer(sampler, row))  # type: ignore[misc]
        looked += 1
        place = parting(pilot.home, way) if numbers else None
        if place is not None and place.statement:  # of generated code there is none
            key = place.code, place.offset
            texts[key] = question(place)
            found[key].append((sqrt(normal @ normal), normal))
        if looked in (PILOTS, MOST_LOOKED_AT // 10) and perf_counter() - start > SECONDS_TO_LOOK:
            break
    most = sorted(found.items(), key=lambda item: -len(item[1]))[:3]
    return [Branch(texts[key], len(met) / looked, looked, distance(answers, met)) for key, met in most]  # type: ignore[index]


def distance(answers: Answers, met: list[tuple[float, list[float]]]) -> float | None:
    """How far from the best estimates the other way begins, in standard uncertainties, going to the nearest draws."""
    pilot, sampler = answers.pilot, answers.sampler
    np = sampler.np

    def is_home(normal: object) -> bool:
        row = sampler.inputs_of(np.array([normal]))[0].tolist()
        return way_of(lambda: answer(sampler, row))[1] == pilot.home

    nearest = sorted(met, key=lambda pair: pair[0])[:NEAREST]
    if not is_home(0 * np.array(nearest[0][1])):
        return None
    found = []
    for size, normal in nearest:
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if is_home(middle * np.array(normal)) else (low, middle)
        found.append(high * size)
    return float(min(found))
