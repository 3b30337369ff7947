"""One measurement in a process of its own: `python -m benchmarks.worker time|memory program peer [seconds]`.

Prints one line of JSON: the gradient and the seconds that each call took, or the bytes an operation, or a failure.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from .peers import PEERS, Peer
from .programs import PROGRAMS, Program


def measure(what: str, program_name: str, peer_name: str, *numbers: str) -> dict[str, Any]:
    """The answer that is printed."""
    program, peer = PROGRAMS[program_name](), PEERS[peer_name]()
    lacking = [name for name in program.needs if not hasattr(peer.functions, name)]
    if lacking:
        return {"failure": f"no {', '.join(lacking)}"}
    peer.gradient(peer.record(lambda x, f: x[0] * x[0], [2.0]))  # what a library sets up at its first use
    try:
        return MEASURES[what](program, peer, *map(float, numbers))
    except RecursionError:
        return {"failure": f"RecursionError at ~{sys.getrecursionlimit()}"}


def time(program: Program, peer: Peer, seconds: float) -> dict[str, Any]:
    """Call after call until the time is up. The first one is a warm-up, unless it takes all the time there is.

    The gradient is the last call's: a library that keeps something from call to call has to get that right too.
    """

    def timed_call() -> tuple[float, list[float]]:
        start = perf_counter()
        gradient = peer.gradient(peer.record(program.value, program.point))
        return perf_counter() - start, gradient  # here the graph is gone

    first, gradient = timed_call()
    if first >= seconds:
        return {"gradient": gradient, "seconds": [first]}
    timings: list[float] = []
    end = perf_counter() + seconds
    while not timings or perf_counter() < end:
        duration, gradient = timed_call()
        timings.append(duration)
    return {"gradient": gradient, "seconds": timings}


def memory(program: Program, peer: Peer) -> dict[str, Any]:
    """What a recorded program takes, its inputs included, for each operation."""
    gc.collect()
    occupied: Callable[[], int] = resident_set
    if peer.in_python:
        tracemalloc.start()
        occupied = traced_memory
    before = occupied()
    recorded = peer.record(program.value, program.point)
    after = occupied()
    del recorded
    return {"bytes": (after - before) / program.operations}


def traced_memory() -> int:
    return tracemalloc.get_traced_memory()[0]


def resident_set() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {"time": time, "memory": memory}

if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])), flush=True)
    # The answer is out: freeing a large graph object by object, as a regular exit does, would only hold up the others.
    os._exit(0)
