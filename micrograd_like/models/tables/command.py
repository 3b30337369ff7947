"""The command `sweep`: a function of a file's in every row of a table.

micrograd-like sweep shop.py:price sales.parquet -o priced.parquet tax=1.1
"""

from __future__ import annotations

import argparse
import sys

from .files import CSVTarget
from .roles import ColumnName, Options
from .streams import stream_of, swept_stream, total_of_stream
from .sweep import ROWS
from .sweeper import Sweeper

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

SWEEP_EXAMPLES = """examples:
  micrograd-like sweep shop.py:price sales.parquet -o priced.parquet tax=1.1
  micrograd-like sweep shop.py:price "sales/*.csv" --reduce sum tax=1.1 n=:count

The columns that the function takes are those of its parameters' names; n=:count names another one. The new ones are
`value` and `d_…`, the derivatives. Without -o the table is printed as CSV.
"""


def command(words: Sequence[str], function_of: Callable[[str], Any], say: Callable[[str], None]) -> None:
    """Sweep as the words ask; `function_of` finds the function that FILE.py:NAME stands for."""
    wanted = parser().parse_intermixed_args(words)
    f = function_of(wanted.function)
    given = dict(map(constant, wanted.constants))
    by = wanted.by.split(",") if wanted.by else None
    sweeper = Sweeper(f, **Options(by, wanted.errors, wanted.prefix, wanted.engine, wanted.threads, given)._asdict())
    stream = stream_of(wanted.table, sweeper, ROWS, wanted.reduce is not None)
    if wanted.reduce:
        for name, total in total_of_stream(stream, sweeper, wanted.reduce, None).items():
            print(f"{name} = {total!r}")
    elif wanted.output:
        say(f"wrote {swept_stream(stream, sweeper, wanted.output, None)}")
    else:
        print_csv(swept_stream(stream, sweeper, None, False))


def parser() -> argparse.ArgumentParser:
    """What may stand on the command line."""
    made = argparse.ArgumentParser(
        prog="micrograd-like sweep",
        description="Compute a function and its derivatives in every row of a table.",
        epilog=SWEEP_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("function", metavar="FILE.py:NAME", help="the function")
    add("table", metavar="TABLE", help="a file: .parquet, .csv or .arrow; several by a pattern in quotes, 'a/*.csv'")
    add("constants", nargs="*", metavar="NAME=NUMBER", help="what is the same in all rows")
    add("-o", "--output", metavar="FILE", help="where to write the table with the new columns")
    add("--by", metavar="NAMES", help="by what it is differentiated, as in --by spot,vol; else by all numbers")
    add("--reduce", choices=["sum", "mean"], help="print what the new columns add up to, and write nothing")
    add(
        "--errors",
        choices=["raise", "null"],
        default="raise",
        help="what becomes of a row in which it raises",
    )
    add("--prefix", default="", help="what the names of the new columns begin with")
    add("--engine", choices=["numpy", "native"], default="numpy", help="what computes")
    add("--threads", type=int, help="how many threads compute; else as many as there are processors")
    return made


def constant(word: str) -> tuple[str, Any]:
    """What a word such as tax=1.1 gives: a number, or text, or with a colon the name of a column.

    >>> [constant(word) for word in ("tax=1.1", "n=2", "kind=call", "n=:count")]
    [('tax', 1.1), ('n', 2), ('kind', 'call'), ('n', ColumnName(name='count'))]
    """
    name, equals, text = (part.strip() for part in word.partition("="))
    if not equals or not name.isidentifier():
        raise ValueError(f"{word!r} is not NAME=NUMBER, such as tax=1.1")
    if text.startswith(":"):
        return name, ColumnName(text[1:])
    for kind in (int, float):
        try:
            return name, kind(text)
        except ValueError:
            pass
    return name, text


def print_csv(reader: Any) -> None:
    """Print the table, as it is computed."""
    writer = CSVTarget(sys.stdout.buffer, reader.schema)
    for batch in reader:
        writer.write_batch(batch)
    writer.close()
