"""The command line: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import Any

from . import libraries as of_others
from . import table
from .batches import BATCHES
from .engines import BUILT, ENGINES, ROWS, lacking
from .files import report_files
from .peers import PEERS, US, missing
from .programs import GROWING, PROGRAMS
from .rounds import grown, measured, weigh


def main() -> None:
    wanted = arguments().parse_args()
    if wanted.quick:
        wanted.rounds, wanted.seconds, wanted.limit, wanted.largest = 1, 0.05, 5.0, min(wanted.largest, 1e4)
    unknown = [b for b in wanted.programs if not any(name.startswith(b) for name in (*PROGRAMS, *BATCHES))]
    if unknown:
        sys.exit(f"no program begins with {unknown[0]!r}: choose from {', '.join((*PROGRAMS, *BATCHES))}")
    sections = [name for name in SECTIONS if getattr(wanted, name)] or [*SECTIONS]
    wanted.peers = [US, *(peer for peer in wanted.peers if peer != US)] if "tapes" in sections else [US]
    wanted.engines = wanted.engines if {*sections} - {"tapes", "libraries"} else []
    absent = {*missing(wanted.peers), *lacking(wanted.engines)}
    if absent:
        print(f'Not installed: {", ".join(sorted(absent))}. To install: pip install "micrograd_like[bench]"\n')
    wanted.peers = [peer for peer in wanted.peers if not missing([peer])]
    wanted.engines = [engine for engine in wanted.engines if not lacking([engine])]
    for name in sections:
        print(SECTIONS[name](wanted), flush=True)
    libraries = [library for engine in wanted.engines for library in ENGINES[engine].libraries]
    print(table.machine([*(PEERS[peer].library for peer in wanted.peers), *libraries]))


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The same programs on us and our peers.")
    parser.add_argument(
        "programs",
        nargs="*",
        help=f"{', '.join((*PROGRAMS, *BATCHES))}, or how such names begin; all, if none is given",
    )
    for name, section in SECTIONS.items():
        parser.add_argument(f"--{name}", action="store_true", help=f"only this: {section.__doc__}")
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=list(PEERS), metavar="PEER", help=f"of {', '.join(PEERS)}"
    )
    parser.add_argument(
        "--engines",
        nargs="*",
        choices=ENGINES,
        default=list(ENGINES),
        metavar="ENGINE",
        help=f"of {', '.join(ENGINES)}",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often it is each one's turn (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="to spend on a cell of the table (%(default)s)")
    parser.add_argument(
        "--limit",
        type=float,
        default=12.0,
        help="seconds that a process may take, ten times as many for growth (%(default)s)",
    )
    parser.add_argument("--largest", type=float, default=1e6, help="the most operations or rows (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="one short round of the programs up to 1e4 operations")
    parser.add_argument("--markdown", action="store_true", help="tables for a README")
    return parser


def tapes(wanted: argparse.Namespace) -> str:
    """Libraries that record in each call."""
    cells = measured(chosen(wanted), wanted.peers, **pace(wanted))
    weigh(cells, limit=wanted.limit, progress=progress())
    return table.report(cells, wanted.markdown) + "\n" + table.legend(wanted.peers)


def built(wanted: argparse.Namespace) -> str:
    """Engines that build first."""
    names = [name for name in chosen(wanted) if name not in GROWING]
    cells = measured(names, [e for e in BUILT if e in wanted.engines], what="built", **pace(wanted))
    return table.report_built(cells, wanted.markdown) + "\n" + table.LEGEND_OF_BUILT


def rows(wanted: argparse.Namespace) -> str:
    """Engines over many rows."""
    names = [name for name in named(wanted, BATCHES) if BATCHES[name]().rows <= wanted.largest]
    cells = measured(names, [e for e in ROWS if e in wanted.engines], what="rows", **pace(wanted))
    return table.report_rows(cells, wanted.markdown) + "\n" + table.LEGEND_OF_ROWS


def growth(wanted: argparse.Namespace) -> str:
    """Our engines on larger and larger programs."""
    names = [name for name in chosen(wanted) if name in GROWING]
    cells = grown(names, seconds=wanted.seconds, limit=10 * wanted.limit, progress=progress())
    return table.report_growth(cells, wanted.markdown) + "\n" + table.LEGEND_OF_GROWTH


def tables(wanted: argparse.Namespace) -> str:
    """A function over a table in a file, into another file."""
    return report_files(int(wanted.largest), wanted.rounds, progress(), wanted.markdown)


def libraries(_: argparse.Namespace) -> str:
    """Calls of libraries that never heard of us, those that are installed."""
    return of_others.report()


SECTIONS: dict[str, Callable[[argparse.Namespace], str]] = {
    "tapes": tapes,
    "built": built,
    "rows": rows,
    "growth": growth,
    "tables": tables,
    "libraries": libraries,
}


def chosen(wanted: argparse.Namespace) -> list[str]:
    return [name for name in named(wanted, PROGRAMS) if PROGRAMS[name]().operations <= wanted.largest]


def named(wanted: argparse.Namespace, table: Iterable[str]) -> list[str]:
    """The programs whose names begin as wanted, in the table's order."""
    return [name for name in table if not wanted.programs or name.startswith(tuple(wanted.programs))]


def pace(wanted: argparse.Namespace) -> dict[str, Any]:
    return {"rounds": wanted.rounds, "seconds": wanted.seconds, "limit": wanted.limit, "progress": progress()}


def progress() -> Callable[[str], None]:
    return show if sys.stderr.isatty() else lambda line: None


def show(line: str) -> None:
    print(f"\r\x1b[K{line}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
