"""The measurements, in turn: every round runs all libraries on a program, each in a fresh process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from statistics import fmean, median
from textwrap import shorten
from typing import Any

from .peers import PURE, US
from .programs import WEIGHED

CHECKOUT = Path(__file__).parents[1]


@dataclass
class Cell:
    """What one library has shown on one program so far."""

    seconds: list[float] = field(default_factory=list)  # that each call took, of all rounds
    first: list[float] = field(default_factory=list)  # that it took to build and to make the first call
    second: list[float] = field(default_factory=list)  # that the second call took, which may still be building
    pause: list[float] = field(default_factory=list)  # the longest of the calls before the last tier took over
    failure: str = ""  # why there are none
    memory: dict[str, Any] = field(default_factory=dict)  # {"bytes": an operation} or {"failure": why not}

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def mean(self) -> float:
        return fmean(self.seconds)

    @property
    def build(self) -> float:
        """Until the second answer was there."""
        return median(map(sum, zip(self.first, self.second, strict=True)))

    def add(self, answer: dict[str, Any]) -> None:
        self.seconds += answer.get("seconds", [])
        self.first += answer.get("first", [])
        self.second += answer.get("second", [])
        self.pause += answer.get("pause", [])

    def has_had(self, seconds: float) -> bool:
        """Whether its calls, or building what is called, took so long that it need not have another turn."""
        return bool(self.failure) or sum(self.seconds) >= seconds or sum(self.first + self.second) >= 5 * seconds


Cells = dict[tuple[str, str], Cell]  # by the names of program and library


def measured(
    programs: Sequence[str],
    peers: Sequence[str],
    *,
    what: str = "time",
    rounds: int,
    seconds: float,
    limit: float,
    progress: Callable[[str], None],
) -> Cells:
    """A cell for every program on every library; `seconds` are for one cell, `limit` is for one process.

    What comes out is compared with the first library's that answers, one of ours; where it differs the cell says so
    instead of a time.
    """
    cells = {(program, peer): Cell() for program in programs for peer in peers}
    ours: dict[str, list[float]] = {}
    for turn in range(1, rounds + 1):
        for program in programs:
            for peer in peers:
                cell = cells[program, peer]
                if turn == 1 and failed_on_less(cells, program, peer):
                    cell.failure = "not tried"
                if cell.has_had(seconds):
                    continue
                progress(f"round {turn} of {rounds}: {program} on {peer}")
                answer = worker_answer(what, program, peer, seconds / rounds, limit=limit)
                cell.failure = answer.get("failure", "")
                if not cell.failure and peer != "floats":
                    cell.failure = disagreement(answer["numbers"], ours.setdefault(program, answer["numbers"]))
                cell.add(answer)
    return cells


def weigh(cells: Cells, *, limit: float, progress: Callable[[str], None]) -> None:
    """Note in the cells what the programs take in memory."""
    for program, peer in cells:
        if program in WEIGHED:
            progress(f"memory: {program} on {peer}")
            cells[program, peer].memory = worker_answer("memory", program, peer, limit=limit)


def grown(programs: Sequence[str], *, seconds: float, limit: float, progress: Callable[[str], None]) -> Cells:
    """How our engines grow with the program: a cell for each stage of each of them."""
    cells: Cells = {}
    for program in programs:
        for name, peer in (("eager", US), ("pure", PURE)):
            progress(f"growth: {program}, {name}")
            halves = worker_answer("halves", program, peer, seconds, limit=limit)
            for stage in ("record", "backward"):
                cells[program, f"{name}: {stage}"] = Cell(halves.get(stage, []), failure=halves.get("failure", ""))
        for engine in ("jit", "jit-native"):
            progress(f"growth: {program}, {engine}")
            answer = worker_answer("built", program, engine, seconds, limit=limit)
            for stage, key in (("first call", "first"), ("second", "second"), ("later", "seconds")):
                cells[program, f"{engine}: {stage}"] = Cell(answer.get(key, []), failure=answer.get("failure", ""))
    return cells


def failed_on_less(cells: Cells, program: str, peer: str) -> bool:
    """Whether the same program with fewer operations was too much already.

    >>> cells = {("chain-1e3", "xad"): Cell(failure="over 10 s"), ("chain-1e4", "xad"): Cell()}
    >>> failed_on_less(cells, "chain-1e4", "xad"), failed_on_less(cells, "chain-1e3", "xad")
    (True, False)
    """
    family = program.rpartition("-")[0]
    smaller = (name for name, at in cells if at == peer and name.rpartition("-")[0] == family and name != program)
    return any(cells[name, peer].failure for name in smaller)


def worker_answer(what: str, program: str, peer: str, *numbers: float, limit: float) -> dict[str, Any]:
    """What a worker process prints, or how it failed."""
    command = [sys.executable, "-m", "benchmarks.worker", what, program, peer, *map(str, numbers)]
    try:
        ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return {"failure": f"over {limit:g} s"}
    if ran.returncode < 0:
        return {"failure": signal.Signals(-ran.returncode).name}
    if ran.returncode > 0:
        return {"failure": shorten(ran.stderr.strip().rpartition("\n")[2], 60)}
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def disagreement(gradient: Sequence[float], ours: Sequence[float]) -> str:
    """How the first derivative that is not ours differs; nothing where all agree.

    >>> disagreement([1.0, 2.0], [1.0, 2.0])
    ''
    >>> disagreement([1.0, 2.5], [1.0, 2.0])
    'differs: 2.5, not 2.0'
    """
    if len(gradient) != len(ours):
        return f"{len(gradient)} derivatives, not {len(ours)}"
    for theirs, our in zip(gradient, ours, strict=True):
        if not isclose(theirs, our, rel_tol=1e-9):
            return f"differs: {theirs!r}, not {our!r}"
    return ""
