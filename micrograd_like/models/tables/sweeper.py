"""A function that goes through tables, one batch of rows after another; it travels to other processes."""

from __future__ import annotations

import os
import pickle
from functools import lru_cache

from ...transforms.references import portable
from .passes import Pass
from .program import RowProgram
from .roles import Options, name_of_function, named_parameters_of

import numpy as np  # isort: skip - after passes, which says what is missing

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    import pyarrow as pa

    from .columns import Array
    from .roles import Roles


class Sweeper:
    """A function of the columns of a table, for batches of Arrow's and for those who send it to other machines.

    >>> import pyarrow as pa
    >>> bill = Sweeper(lambda apple, n, tax: apple * n * tax, tax=1.5)
    >>> batch = pa.RecordBatch.from_pydict({"apple": [100.0, 200.0], "n": [2.0, 3.0]})
    >>> [*bill.batches([batch])][0].to_pydict()["d_apple"]
    [3.0, 4.5]
    >>> bill.schema(batch.schema).names
    ['apple', 'n', 'value', 'd_apple', 'd_n', 'd_tax']

    Its arguments are those of `sweep`. `batches` takes record batches, one after another, and answers them with the new
    columns; `schema` says what these are; `table` takes a table. Pickled, it is the function and the options: each
    process records f anew, once, and computes in one thread unless `threads` says otherwise. A function that cannot be
    found by its name there, such as a lambda, travels by cloudpickle. With Spark and Ray these are two lines:

        bill = Sweeper(price)
        frame.mapInArrow(bill.batches, schema)                      # Spark; its schema with the new columns of double
        dataset.map_batches(bill.table, batch_format="pyarrow")     # Ray
    """

    def __init__(
        self,
        f: Callable[..., Any],
        *,
        by: str | Sequence[str] | None = None,
        errors: str = "raise",
        prefix: str = "",
        engine: str = "numpy",
        threads: int | None = None,
        constants: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        named_parameters_of(f)
        for option, given, known in (("errors", errors, ("raise", "null")), ("engine", engine, ("numpy", "native"))):
            if given not in known:
                raise ValueError(f"{option} is {' or '.join(map(repr, known))}, not {given!r}")
        if not (threads is None or (isinstance(threads, int) and not isinstance(threads, bool) and threads > 0)):
            raise ValueError(f"threads is how many compute, 1 or more, not {threads!r:.60}")
        if not isinstance(prefix, str):
            raise TypeError(f"prefix is what the new columns' names begin with, as 'new_', not {prefix!r:.60}")
        self.f = f
        self.name = name_of_function(f)
        self.options = Options(by, errors, prefix, engine, threads, {**(constants or {}), **more})
        self.threads = threads or processors()
        self.programs: dict[Any, RowProgram] = {}

    def batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The record batches with the new columns, one for each that is given."""
        going: Pass | None = None
        for batch in batches:
            going = going or Pass(self, batch.schema.names)
            answer = going.answer(batch.column, batch.num_rows)
            yield with_columns(batch, going.new, *answer.spread())
        if going:
            going.end()

    def table(self, table: pa.Table) -> pa.Table:
        """The table with the new columns."""
        going = Pass(self, table.schema.names)
        columns = going.whole(table.column, table.num_rows)
        going.end()
        return with_columns(table, going.new, *columns)

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """What the schema of a table becomes, found by a row of ones where no row was seen yet."""
        return self.table(schema.empty_table()).schema

    def program(self, roles: Roles, kinds: dict[str, str]) -> RowProgram:
        """What is known of f for columns of these kinds."""
        key = tuple(kinds.items())
        if key not in self.programs:
            self.programs[key] = RowProgram(self.f, roles, kinds, self.options._replace(threads=self.threads))
        return self.programs[key]

    def __reduce__(self) -> Any:
        return arrived, (in_bytes(portable(self.f), self.options),)

    def __repr__(self) -> str:
        return f"<sweeper of {self.name}>"


def with_columns(table: Any, names: list[str], columns: list[Array], null: Array | None) -> Any:
    """The Arrow table or record batch with new columns, and what its schema knows beside them."""
    import pyarrow as pa

    schema = table.schema  # by buffers, since pa.array would import pandas
    for name in names:
        schema = schema.append(pa.field(name, pa.float64()))
    valid = None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
    new = [pa.Array.from_buffers(pa.float64(), len(x), [valid, pa.py_buffer(x)]) for x in columns]
    return type(table).from_arrays([*table.columns, *new], schema=schema)


# to other processes


def in_bytes(f: Any, options: Options) -> bytes:
    """A function and its options in bytes: by its name, or by what it consists of, if cloudpickle is there."""
    try:
        found = pickle.dumps((f, options))
        if b"__main__" not in found:
            return found
    except Exception as error:  # of a lambda, say
        try:
            from cloudpickle import dumps
        except ImportError:
            raise type(error)(
                f"{error}: define it in a module, or let it travel by cloudpickle: pip install cloudpickle"
            ) from None
        return dumps((f, options))  # type: ignore[no-any-return]
    try:
        from cloudpickle import dumps
    except ImportError:
        return found
    return dumps((f, options))  # type: ignore[no-any-return]


@lru_cache(maxsize=16)
def arrived(content: bytes) -> Sweeper:
    """The sweeper that was in_bytes, one in each process: what it has recorded serves all batches there."""
    f, options = pickle.loads(content)
    sweeper = Sweeper(f, **{**options._asdict(), "threads": options.threads or 1})
    sweeper.options = options
    return sweeper


def processors() -> int:
    """How many processors this process may use."""
    known = getattr(os, "sched_getaffinity", None)
    return len(known(0)) if known else os.cpu_count() or 1
