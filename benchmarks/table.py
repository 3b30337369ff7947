"""The measurements as text: aligned for a terminal, or Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from textwrap import fill

from .batches import BATCHES
from .engines import IMMEDIATE
from .peers import PEERS, US
from .programs import PROGRAMS
from .rounds import Cell, Cells

Row = Sequence[str]
Text = Callable[[str, str], str]  # of a cell, by the names of program and library


def report(cells: Cells, markdown: bool) -> str:
    """Tapes: time, time of an operation, ratio to us, memory."""
    return tables(
        cells,
        markdown,
        ("Value and gradient, one call: median", time(cells)),
        ("Nanoseconds an operation: median / mean", nanoseconds(cells, operations(cells))),
        ("Times as long as us: median / mean", ratio(cells, US)),
        ("Bytes an operation: the recorded program, with its inputs", memory(cells)),
    )


def report_built(cells: Cells, markdown: bool) -> str:
    """What builds first: the time to build, and then the time to run, that of an operation, ratio to plain floats."""
    return tables(
        cells,
        markdown,
        ("Build time, until the second answer is there: median", build(cells)),
        ("The later call in which LLVM takes over: median", pause(cells)),
        ("Run time of value and gradient, one call: median", time(cells)),
        ("Run time, nanoseconds an operation: median / mean", nanoseconds(cells, operations(cells))),
        ("Run time, times as long as the function alone on floats: median / mean", ratio(cells, "floats")),
    )


def report_rows(cells: Cells, markdown: bool) -> str:
    """Functions over rows: the time to build, and then the time to run, and that of a row."""
    rows = {program: BATCHES[program]().rows for program, _ in cells}
    return tables(
        cells,
        markdown,
        ("Over rows, build time, until the second answer is there: median", build(cells)),
        ("Over rows, run time of all rows: median", time(cells)),
        ("Over rows, run time, nanoseconds a row: median / mean", nanoseconds(cells, rows)),
    )


def report_growth(cells: Cells, markdown: bool) -> str:
    """The same program with more and more operations: the time of an operation, stage by stage."""
    time_of_operation = nanoseconds(cells, operations(cells))

    def text(program: str, stage: str) -> str:
        return cells[program, stage].failure or time_of_operation(program, stage)

    return tables(cells, markdown, ("Growth, nanoseconds an operation: median / mean", text))


def tables(cells: Cells, markdown: bool, *titled: tuple[str, Text]) -> str:
    """Tables of the same cells, programs down and libraries across."""
    programs = list(dict.fromkeys(program for program, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    written = []
    for title, text in titled:
        filled = [column for column in columns if any(text(program, column) for program in programs)]
        rows = [[program, *[text(program, column) for column in filled]] for program in programs]
        rows = [row for row in rows if any(row[1:])]
        if rows:
            written.append(f"{title}\n\n{aligned([['program', *filled], *rows], markdown)}\n")
    return "\n".join(written)


def time(cells: Cells) -> Text:
    return lambda program, peer: cells[program, peer].failure or in_units(cells[program, peer].median)


def build(cells: Cells) -> Text:
    def text(program: str, engine: str) -> str:
        cell = cells[program, engine]
        return "" if engine in IMMEDIATE else cell.failure or in_units(cell.build)

    return text


def pause(cells: Cells) -> Text:
    def text(program: str, engine: str) -> str:
        cell = cells[program, engine]
        return in_units(median(cell.pause)) if cell.pause else ""

    return text


def nanoseconds(cells: Cells, counts: Mapping[str, int]) -> Text:
    """Of an operation, or of a row: of whatever there are so many of."""

    def text(program: str, peer: str) -> str:
        cell, n = cells[program, peer], counts[program]
        return dash(cell) or " / ".join(digits(seconds / n * 1e9) for seconds in (cell.median, cell.mean))

    return text


def operations(cells: Cells) -> dict[str, int]:
    return {program: PROGRAMS[program]().operations for program, _ in cells}


def ratio(cells: Cells, base: str) -> Text:
    """To the library `base`."""

    def text(program: str, peer: str) -> str:
        cell, other = cells[program, peer], cells.get((program, base))
        if peer == base or other is None:
            return ""
        return dash(cell, other) or f"{cell.median / other.median:.2f} / {cell.mean / other.mean:.2f}"

    return text


def memory(cells: Cells) -> Text:
    def text(program: str, peer: str) -> str:
        measured = cells[program, peer].memory
        return f"{measured['bytes']:,.0f}" if "bytes" in measured else measured.get("failure", "")

    return text


def digits(number: float) -> str:
    """Whole, or two digits behind the point if it is small.

    >>> digits(1234.5), digits(0.4449)
    ('1,234', '0.44')
    """
    return f"{number:,.0f}" if number >= 10 else f"{number:.2f}"


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
    """How to read the tables of tapes."""
    resident = [peer for peer in peers if not PEERS[peer].in_python]
    weighed = "tracemalloc" + (f"; growth of the resident set for {', '.join(resident)}" if resident else "")
    return wrapped(
        "Each library runs in a process of its own, in turn, garbage collector on; a call makes the inputs, records, "
        "runs backward, reads the gradient and frees the graph. All gradients agree with ours to 1e-9 unless a cell "
        "says otherwise. Where median and mean are equal, there was time for one or two calls only. rosenbrock counts "
        "7 operations a term; the additions that sum the terms are not counted. pure is ours in Python alone, grad(f) "
        "ours from plain numbers to plain numbers, floats the program alone, without derivatives; micrograd-deep is "
        f"micrograd with the recursion limit raised. Memory: {weighed}."
    )


def wrapped(text: str) -> str:
    return fill(text, 110) + "\n"


LEGEND_OF_BUILT = wrapped(
    "floats is the function alone, without derivatives, on plain floats; eager is value_and_grad; jit is it recorded "
    "and run by a loop over its steps, jit-native compiled to machine code, and timed once LLVM has taken over from "
    "the loop; casadi is called through its buffer API; jax is jax.jit in float64; sympy is lambdify with cse. "
    "Operations are those of the function, without its derivatives. Numbers agree with ours to 1e-9 unless a cell "
    "says otherwise. A failed cell is a dash in the tables that compare."
)
LEGEND_OF_ROWS = wrapped(
    "floats, eager and jit are called row by row, but for two-moons and gmm, which are reduced over the rows and are "
    "one program of all rows there. Two-moons is in matrices under jax and torch. torch is eager. ba1 is a Jacobian "
    "of 2 by 15 a row, the others are value and gradient."
)
LEGEND_OF_GROWTH = wrapped(
    "eager: record the program, run backward. jit and jit-native: the first call of value and gradient, which records, "
    "the second, which may still compile, and later ones: of jit-native, once LLVM has taken over. Flat is what these "
    "should be."
)


def machine(libraries: Iterable[str]) -> str:
    """What ran, on what: no path and no host name."""
    versions = ", ".join(f"{library} {version_of(library)}" for library in dict.fromkeys(libraries))
    return f"Python {platform.python_version()}, {cpu_model()}, {os.cpu_count()} cores; {versions}"


def version_of(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # ours, run in a checkout
        return "not installed"


def cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
