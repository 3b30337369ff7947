"""The measurements as text: aligned for a terminal, or Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from textwrap import fill

from .peers import PEERS, US
from .programs import PROGRAMS
from .rounds import Cell, Cells

Row = Sequence[str]


def report(cells: Cells, markdown: bool) -> str:
    """Four tables, programs down and libraries across: time, time of an operation, ratio to us, memory."""
    programs = list(dict.fromkeys(program for program, _ in cells))
    peers = list(dict.fromkeys(peer for _, peer in cells))
    operations = {program: PROGRAMS[program]().operations for program in programs}

    def table(title: str, across: Sequence[str], text: Callable[[str, str], str]) -> str:
        rows = [[program, *[text(program, peer) for peer in across]] for program in programs]
        rows = [row for row in rows if any(row[1:])]
        return f"{title}\n\n{aligned([['program', *across], *rows], markdown)}\n" if rows else ""

    def time(program: str, peer: str) -> str:
        cell = cells[program, peer]
        return cell.failure or in_units(cell.median)

    def time_of_operation(program: str, peer: str) -> str:
        cell, n = cells[program, peer], operations[program]
        return dash(cell) or f"{cell.median / n * 1e9:,.0f} / {cell.mean / n * 1e9:,.0f}"

    def ratio(program: str, peer: str) -> str:
        cell, ours = cells[program, peer], cells[program, US]
        return dash(cell, ours) or f"{cell.median / ours.median:.2f} / {cell.mean / ours.mean:.2f}"

    def memory(program: str, peer: str) -> str:
        measured = cells[program, peer].memory
        return f"{measured['bytes']:,.0f}" if "bytes" in measured else measured.get("failure", "")

    tables = [
        table("Value and gradient, one call: median", peers, time),
        table("Nanoseconds an operation: median / mean", peers, time_of_operation),
        table("Times as long as us: median / mean", peers[1:], ratio),
        table("Bytes an operation: the recorded program, with its inputs", peers, memory),
    ]
    return "\n".join([*filter(None, tables), legend(peers), machine(peers)])


def dash(*cells: Cell) -> str:
    return "-" if any(cell.failure for cell in cells) else ""


def in_units(seconds: float) -> str:
    """Three digits and a unit.

    >>> in_units(0.00123456)
    '1.23 ms'
    """
    factor, unit = next(u for u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if seconds * u[0] >= 1 or u[1] == "µs")
    number = seconds * factor
    return f"{number:.{max(0, 3 - len(str(int(number))))}f} {unit}"


def aligned(rows: Sequence[Row], markdown: bool) -> str:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    columns = range(1, len(widths))
    lines = [[row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in columns)] for row in rows]
    rule = ["-" * widths[0], *("-" * (w - 1) + (":" if markdown else "-") for w in widths[1:])]
    written = [lines[0], rule, *lines[1:]]
    return "\n".join(f"| {' | '.join(line)} |" if markdown else "  ".join(line) for line in written)


def legend(peers: Iterable[str]) -> str:
    """How to read the tables."""
    resident = [peer for peer in peers if not PEERS[peer].in_python]
    weighed = "tracemalloc" + (f"; growth of the resident set for {' and '.join(resident)}" if resident else "")
    text = (
        "Each library runs in a process of its own, in turn, garbage collector on; a call makes the inputs, records, "
        "runs backward, reads the gradient and frees the graph. All gradients agree with ours to 1e-9 unless a cell "
        "says otherwise. Where median and mean are equal, there was time for one or two calls only. rosenbrock counts "
        "7 operations a term; the additions that sum the terms are not counted. micrograd-deep is micrograd with "
        f"the recursion limit raised. Memory: {weighed}."
    )
    return fill(text, 110) + "\n"


def machine(peers: Iterable[str]) -> str:
    """What ran, on what: no path and no host name."""
    libraries = dict.fromkeys(PEERS[peer].library for peer in peers)
    versions = ", ".join(f"{library} {version(library)}" for library in libraries)
    return f"Python {platform.python_version()}, {cpu_model()}, {os.cpu_count()} cores; {versions}"


def cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
