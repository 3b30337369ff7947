"""The native engine over rows: a program compiled as a loop that computes several rows with one instruction."""

from __future__ import annotations

import ctypes
import re
from _thread import allocate_lock
from contextlib import contextmanager

from ...targets.llvm import ONE
from .machine import DATA, Callbacks, Code, row_lanes
from .module import UNRECORDED, Writer

import numpy as np  # isort: skip - after machine, which says what is missing

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from ..program import Program
    from ..rows.table import Table

    Column = np.ndarray[Any, Any] | float

MOST_AT_A_TIME = 16384  # rows of a block
PIECE = 50  # columns that one function reads or writes
LOOP = """define i64 @rows(ptr %numbers, ptr %columns, ptr %strides, ptr %outputs, ptr %work, i64 %start, i64 %stop) {
entry:
  %shared.at = getelementptr i8, ptr %numbers, i64 DATA
  %shared = load ptr, ptr %shared.at
  %work.at = getelementptr i8, ptr %work, i64 DATA
  %data = load ptr, ptr %work.at
  call void @shared.WIDTH(ptr %shared, ptr %data)
  call void @shared.1(ptr %shared, ptr %data)
  br label %next
next:
  %i = phi i64 [%start, %entry], [%after, %together], [%after1, %alone]
  %single = phi i64 [%start, %entry], [%single, %together], [%single1, %alone]
  %more = icmp slt i64 %i, %stop
  br i1 %more, label %rest, label %done
rest:
  %after = add i64 %i, WIDTH
  %fits = icmp sle i64 %after, %stop
  %may = icmp sge i64 %i, %single
  %try = and i1 %fits, %may
  br i1 %try, label %together, label %alone
together:
  %answer = call i64 @row.WIDTH(ptr %columns, ptr %strides, ptr %outputs, ptr %data, i64 %i)
  %known = icmp sge i64 %answer, 0
  br i1 %known, label %next, label %alone
alone:
  %single1 = phi i64 [%single, %rest], [%after, %together]
  %after1 = add i64 %i, 1
  %answer1 = call i64 @row.1(ptr %columns, ptr %strides, ptr %outputs, ptr %data, i64 %i)
  %known1 = icmp sge i64 %answer1, 0
  br i1 %known1, label %next, label %done
done:
  %end = phi i64 [UNRECORDED, %next], [%i, %alone]
  ret i64 %end
}"""


class Rows:
    """A program as machine code that computes row after row.

    Columns are doubles, one for each row, or one number that holds for all; they stand in the order of the program's
    inputs.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.lock = allocate_lock()
        self.compiled: dict[Any, CompiledRows] = {}

    def rows_at_a_time(self, rows: int) -> int:
        return min(rows, MOST_AT_A_TIME)

    @contextmanager
    def space(self, table: Table, closed: list[float], block: int) -> Iterator[RowsSpace]:
        """The columns of a table, from which blocks of rows are computed."""
        yield RowsSpace(self, [as_column(x) if isinstance(x, np.ndarray) else x for x in table.columns()])

    def run(self, columns: Sequence[Column], start: int, stop: int, outputs: Any, reduce: str | None = None) -> int:
        """Compute the rows from start to stop; the first that takes a way that is not recorded, or -1.

        `outputs` are contiguous columns of doubles that the answers are written to. With `reduce="sum"` it is one array
        with a number for each answer, to which those of all rows are added.
        """
        if len(columns) != len(self.program.inputs):
            raise ValueError(f"the program has {len(self.program.inputs)} inputs, not {len(columns)}")
        given = [*columns, *[v.data for v in self.program.closed]]
        code = self.code(tuple(map(type, given)), reduce == "sum")
        check_outputs(outputs, code.outputs, reduce)
        arrays = [as_column(given[k]) for k in code.columns]
        written = () if reduce else outputs
        shortest = min(map(len, (*arrays, *written)), default=stop)
        if not 0 <= start <= stop <= shortest:
            raise IndexError(f"there are {shortest} rows, so none from {start} to {stop}")
        work = np.zeros(code.size)
        unknown: int = code.function(
            np.array([given[k] for k in code.shared], dtype=float),
            (ctypes.py_object * len(arrays))(*arrays),
            (ctypes.c_int64 * len(arrays))(*[x.strides[0] // 8 for x in arrays]),
            (ctypes.py_object * len(written))(*written),
            work,
            start,
            stop,
        )
        code.function.code.callbacks.check()
        if reduce:
            for part, shape in code.sums:
                outputs += work[part].reshape(shape).sum(axis=1)
        return unknown

    def code(self, kinds: tuple[type, ...], summed: bool) -> CompiledRows:
        """The compiled loop for columns of these types."""
        key = kinds, summed, self.program.paths
        code = self.compiled.get(key)
        if code is None:
            with self.lock:
                known = [code for k, code in self.compiled.items() if k[1:] == key[1:]]
                columns = [k for k, kind in enumerate(kinds) if issubclass(kind, np.ndarray)]
                same = (code for code in known if code.columns == columns)
                code = next(same, None) or CompiledRows(self.program, columns, len(kinds), summed)
                self.compiled = {k: old for k, old in self.compiled.items() if k[2] == key[2]} | {key: code}
        return code


class RowsSpace:
    """A table's columns as machine code reads them."""

    def __init__(self, rows: Rows, columns: list[Column]) -> None:
        self.rows = rows
        self.columns = columns

    def fill(self, start: int, stop: int, out: Any, others: Any) -> int:
        return self.rows.run(self.columns, start, stop, [*out])

    def total(self, start: int, stop: int, out: Any, others: Any) -> int:
        return self.rows.run(self.columns, start, stop, out, reduce="sum")


def check_outputs(outputs: Any, count: int, reduce: str | None) -> None:
    """Refuse what the machine code would write beyond."""
    if len(outputs) != count:
        raise ValueError(f"the program has {count} outputs, not {len(outputs)}")
    if not reduce and not all(x.dtype == np.float64 and x.flags.carray for x in outputs):
        raise ValueError("rows are written to contiguous arrays of float64")


def as_column(x: Any) -> Any:
    """The array as a column of doubles whose stride is a number of doubles; itself if it is that."""
    fits = x.dtype == np.float64 and x.dtype.isnative and x.ndim == 1 and x.strides[0] % 8 == 0 and x.flags.aligned
    return x if fits else np.ascontiguousarray(x, dtype=np.float64)


class CompiledRows:
    """The machine code for a program some of whose inputs are columns, the others the same in all rows."""

    def __init__(self, program: Program, columns: list[int], count: int, summed: bool) -> None:
        self.columns = columns
        self.shared = [k for k in range(count) if k not in {*columns}]
        callbacks = Callbacks()
        loops: list[RowLoop] = []
        for lanes in (row_lanes(), ONE):
            writer = Writer(program, [(0, k) for k in range(count)], callbacks, lanes)
            loops.append(RowLoop(writer, self.shared, columns, summed, loops[-1].end if loops else 0))
        self.outputs = loops[0].outputs
        self.size = loops[-1].end  # of what it works with
        self.sums = [(slice(loop.sums, loop.scratch), (loop.outputs, loop.width)) for loop in loops]
        texts = [text for loop in loops for text in (loop.writer.text, *loop.functions)]
        known = {"WIDTH": row_lanes().count, "UNRECORDED": UNRECORDED, "DATA": DATA}
        texts.append(re.sub("WIDTH|UNRECORDED|DATA", lambda word: str(known[word[0]]), LOOP))
        uses = [*(loops[0].writer.uses | loops[1].writer.uses)]
        code = Code("\n".join(texts), uses, callbacks, sum(loop.writer.work for loop in loops))
        pointer, integer = ctypes.c_void_p, ctypes.c_int64
        types = [ctypes.py_object, pointer, pointer, pointer, ctypes.py_object, integer, integer]
        self.function = code.function("rows", *types)


class RowLoop:
    """What is done around the program for each group of rows: `work` holds inputs, answers, sums and scratch.

    It is written as functions for a few columns each, since LLVM's time grows faster than a function.
    """

    def __init__(self, writer: Writer, shared: list[int], columns: list[int], summed: bool, place: int) -> None:
        self.writer = writer
        self.lanes = writer.lanes
        self.width = writer.lanes.count
        self.summed = summed
        (self.outputs,) = {len(answer.outputs) for answer in writer.answers}
        self.x = place
        self.out = self.x + (len(shared) + len(columns)) * self.width
        self.sums = self.out + self.outputs * self.width
        self.scratch = self.sums + (self.outputs * self.width if summed else 0)
        self.end = self.scratch + len(writer.slots) * self.width
        self.lines: list[str] = []
        self.functions: list[str] = []
        self.count = 0
        self.write(shared, columns)

    def write(self, shared: list[int], columns: list[int]) -> None:
        """The functions: `shared` fills in the numbers that hold for all rows, `row` does the rest for each group."""
        self.lines += self.pieces("fill", "ptr %shared, ptr %data", shared, self.fill)
        self.function(f"void @shared.{self.width}(ptr %shared, ptr %data)", "  ret void")
        read = self.pieces("read", "ptr %columns, ptr %strides, ptr %data, i64 %i", columns, self.read)
        outputs = [*range(self.outputs)]
        add = self.pieces("add", "ptr %data", outputs if self.summed else [], self.add)
        put = self.pieces("put", "ptr %outputs, ptr %data, i64 %i", [] if self.summed else outputs, self.put)
        self.lines += read
        x, out, scratch = self.at(self.x), self.at(self.out), self.at(self.scratch)
        answer = self.new(f"call i64 @{self.writer.parts[0].name}(ptr {x}, ptr {out}, ptr {scratch})")
        known = self.new(f"icmp sge i64 {answer}, 0")
        self.lines += [f"  br i1 {known}, label %known, label %end", "known:", *add, *put, "  br label %end", "end:"]
        head = f"i64 @row.{self.width}(ptr %columns, ptr %strides, ptr %outputs, ptr %data, i64 %i)"
        self.function(head, f"  ret i64 {answer}")

    def pieces(self, name: str, signature: str, places: list[int], write: Callable[[int, int], None]) -> list[str]:
        """Functions that do this for some of the places each, and the lines that call them."""
        calls = []
        for start in range(0, len(places), PIECE):
            for k, place in enumerate(places[start : start + PIECE], start):
                write(k, place)
            called = f"@{name}.{self.width}.{start}({signature})"
            self.function(f"void {called}", "  ret void")
            calls.append(f"  call void {called}")
        return calls

    def function(self, head: str, last: str) -> None:
        """The function made of the lines so far."""
        self.functions.append("\n".join([f"define internal {head} {{", *self.lines, last, "}"]))
        self.lines = []

    def fill(self, k: int, place: int) -> None:
        x = self.new(f"load double, ptr {self.new(f'getelementptr double, ptr %shared, i64 {k}')}")
        self.store(self.together([x] * self.width), self.x + place * self.width)

    def read(self, k: int, place: int) -> None:
        """The numbers of the rows from %i on in column k."""
        array = self.new(f"load ptr, ptr {self.new(f'getelementptr ptr, ptr %columns, i64 {k}')}")
        stride = self.new(f"load i64, ptr {self.new(f'getelementptr i64, ptr %strides, i64 {k}')}")
        data, numbers = self.data(array), []
        for lane in range(self.width):
            index = self.new(f"mul i64 {self.new(f'add i64 %i, {lane}')}, {stride}")
            numbers.append(self.new(f"load double, ptr {self.new(f'getelementptr double, ptr {data}, i64 {index}')}"))
        self.store(self.together(numbers), self.x + place * self.width)

    def add(self, k: int, _: int) -> None:
        total, x = self.load(self.sums + k * self.width), self.load(self.out + k * self.width)
        self.store(self.new(f"fadd {self.lanes.number} {total}, {x}"), self.sums + k * self.width)

    def put(self, k: int, _: int) -> None:
        array = self.new(f"load ptr, ptr {self.new(f'getelementptr ptr, ptr %outputs, i64 {k}')}")
        place = self.new(f"getelementptr double, ptr {self.data(array)}, i64 %i")
        x = self.load(self.out + k * self.width)
        self.lines.append(f"  store {self.lanes.number} {x}, ptr {place}, align 8")

    def new(self, text: str) -> str:
        self.count += 1
        self.lines.append(f"  %t{self.count} = {text}")
        return f"%t{self.count}"

    def data(self, array: str) -> str:
        """Where the numbers of a NumPy array are."""
        return self.new(f"load ptr, ptr {self.new(f'getelementptr i8, ptr {array}, i64 {DATA}')}")

    def at(self, k: int) -> str:
        """The place in work."""
        return self.new(f"getelementptr double, ptr %data, i64 {k}")

    def load(self, k: int) -> str:
        return self.new(f"load {self.lanes.number}, ptr {self.at(k)}, align 8")

    def store(self, x: str, k: int) -> None:
        self.lines.append(f"  store {self.lanes.number} {x}, ptr {self.at(k)}, align 8")

    def together(self, numbers: list[str]) -> str:
        """Plain doubles as the lanes of one number."""
        out = numbers[0] if self.width == 1 else "poison"
        for k, x in enumerate(numbers if self.width > 1 else []):
            out = self.new(f"insertelement {self.lanes.number} {out}, double {x}, i32 {k}")
        return out
