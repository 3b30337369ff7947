"""The command line: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import sys

from .peers import PEERS, US, missing
from .programs import PROGRAMS
from .rounds import measured
from .table import report


def main() -> None:
    wanted = arguments().parse_args()
    if wanted.quick:
        wanted.rounds, wanted.seconds, wanted.limit, wanted.largest = 1, 0.05, 5.0, min(wanted.largest, 1e4)
    absent = missing(wanted.peers)
    if absent:
        print(f'Not installed: {", ".join(absent)}. To install: pip install "micrograd_like[bench]"\n')
    cells = measured(
        [name for name in chosen(wanted.programs) if PROGRAMS[name]().operations <= wanted.largest],
        [US, *(peer for peer in wanted.peers if peer != US and peer not in absent)],
        rounds=wanted.rounds,
        seconds=wanted.seconds,
        limit=wanted.limit,
        progress=show if sys.stderr.isatty() else lambda line: None,
    )
    print(report(cells, wanted.markdown))


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The same programs on us and our peers.")
    parser.add_argument(
        "programs", nargs="*", help=f"{', '.join(PROGRAMS)}, or how such names begin; all, if none is given"
    )
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=list(PEERS), metavar="PEER", help=f"of {', '.join(PEERS)}"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often it is each one's turn (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="to spend on a cell of the table (%(default)s)")
    parser.add_argument("--limit", type=float, default=12.0, help="seconds that a process may take (%(default)s)")
    parser.add_argument("--largest", type=float, default=1e6, help="the most operations in a program (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="one short round of the programs up to 1e4 operations")
    parser.add_argument("--markdown", action="store_true", help="tables for a README")
    return parser


def chosen(beginnings: list[str]) -> list[str]:
    """The programs whose names begin so, in the table's order."""
    unknown = [b for b in beginnings if not any(name.startswith(b) for name in PROGRAMS)]
    if unknown:
        sys.exit(f"no program begins with {unknown[0]!r}: choose from {', '.join(PROGRAMS)}")
    return [name for name in PROGRAMS if not beginnings or name.startswith(tuple(beginnings))]


def show(line: str) -> None:
    print(f"\r\x1b[K{line}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
