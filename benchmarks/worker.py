"""One measurement in a process of its own: `python -m benchmarks.worker MEASURE program peer [seconds]`.

Prints one line of JSON: the numbers that came out and the seconds that each call took, or the bytes an operation, or a
failure. `time`, `memory` and `halves` are of a tape, `built` and `rows` of what builds first and then runs fast.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import Any

from .batches import BATCHES, Batch
from .engines import ENGINES, Call, lines_of
from .peers import PEERS, Peer
from .programs import PROGRAMS, Program


def measure(what: str, program_name: str, peer_name: str, *numbers: str) -> dict[str, Any]:
    """The answer that is printed."""
    program: Any = BATCHES[program_name]() if what == "rows" else PROGRAMS[program_name]()
    peer = (ENGINES if what in ("built", "rows") else PEERS)[peer_name]()
    lacking = [name for name in program.needs if not hasattr(peer.functions, name)]
    if lacking:
        return {"failure": f"no {', '.join(lacking)}"}
    try:
        return MEASURES[what](program, peer, *map(float, numbers))
    except RecursionError:
        return {"failure": f"RecursionError at ~{sys.getrecursionlimit()}"}


def time(program: Program, peer: Peer, seconds: float) -> dict[str, Any]:
    """Call after call until the time is up. The first one is a warm-up, unless it takes all the time there is.

    The gradient is the last call's: a library that keeps something from call to call has to get that right too.
    """
    warm_up(peer)

    def timed_call() -> tuple[float, list[float]]:
        start = perf_counter()
        gradient = peer.gradient(peer.record(program.value, program.point))
        return perf_counter() - start, gradient  # here the graph is gone

    first, gradient = timed_call()
    if first >= seconds:
        return {"numbers": gradient, "seconds": [first]}
    timings: list[float] = []
    end = perf_counter() + seconds
    while not timings or perf_counter() < end:
        duration, gradient = timed_call()
        timings.append(duration)
    return {"numbers": gradient, "seconds": timings}


def warm_up(peer: Peer) -> None:
    """What a library sets up at its first use is not counted."""
    peer.gradient(peer.record(lambda x, f: x[0] * x[0], [2.0]))


LARGE = 10**6  # operations, beside whose memory that of a page or slab is little


def memory(program: Program, peer: Peer) -> dict[str, Any]:
    """What a recorded program takes, its inputs included, for each operation: of several, where one is small."""
    warm_up(peer)
    gc.collect()
    occupied: Callable[[], int] = resident_set
    if peer.in_python:
        tracemalloc.start()
        occupied = traced_memory
    copies = 1 if hasattr(peer, "tape") else ceil(LARGE / program.operations)
    before = occupied()
    recorded = [peer.record(program.value, program.point) for _ in range(copies)]
    after = occupied()
    del recorded
    return {"bytes": (after - before) / (copies * program.operations)}


def traced_memory() -> int:
    return tracemalloc.get_traced_memory()[0]


def resident_set() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def halves(program: Program, peer: Peer, seconds: float) -> dict[str, Any]:
    """The time to record and the time to run backward, apart."""
    warm_up(peer)
    both: list[tuple[float, float]] = []
    end = perf_counter() + seconds
    while not both or perf_counter() < end:
        start = perf_counter()
        recorded = peer.record(program.value, program.point)
        middle = perf_counter()
        peer.gradient(recorded)
        both.append((middle - start, perf_counter() - middle))
    return {"record": [a for a, _ in both], "backward": [b for _, b in both]}


def built(program: Program, engine: Any, seconds: float) -> dict[str, Any]:
    engine.build(Program(lambda x, f: x[0] * x[0], [2.0], 1))()
    return timed_calls(lambda: engine.build(program), 1, seconds, getattr(engine, "is_settled", None))


def rows(batch: Batch, engine: Any, seconds: float) -> dict[str, Any]:
    settled = getattr(engine, "is_settled", None)
    return timed_calls(lambda: engine.build_rows(batch), 1 if batch.reduce else batch.rows, seconds, settled)


SHORT = 2e-4  # seconds: shorter calls are timed several together


def timed_calls(build: Callable[[], Call], lines: int, seconds: float, is_settled: Any = None) -> dict[str, Any]:
    """How long building and the first two calls took, and then, call after call until the time is up, each.

    The first call may record and the second compile. Another tier may take over later: the pause is the longest of the
    calls until all is settled. The numbers are the last answer's, of a few rows.
    """
    moments = [perf_counter()]
    call = build()
    for _ in range(2):
        answer = call()
        moments.append(perf_counter())
    first, second = (after - before for before, after in pairwise(moments))
    pauses = []
    end = perf_counter() + 5 * seconds
    while is_settled and not is_settled() and perf_counter() < end:
        pauses.append(timed(call))
    timings: list[float] = []
    repeated, end = 1, perf_counter() + seconds
    while not timings or perf_counter() < end:
        start = perf_counter()
        for _ in range(repeated):
            answer = call()
        duration = (perf_counter() - start) / repeated
        if duration * repeated < SHORT:
            repeated = ceil(SHORT / duration)
        else:
            timings.append(duration)
    numbers = lines_of(answer, lines)[:: max(1, lines // 5)].ravel().tolist()
    pause = [max(pauses)] if pauses and is_settled() else []
    return {"numbers": numbers, "first": [first], "second": [second], "pause": pause, "seconds": timings}


def timed(call: Call) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    "time": time,
    "memory": memory,
    "halves": halves,
    "built": built,
    "rows": rows,
}

if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])), flush=True)
    # The answer is out: freeing a large graph object by object, as a regular exit does, would only hold up the others.
    os._exit(0)
