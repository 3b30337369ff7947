"""The native engine: a program that begins on a loop and is soon compiled by LLVM, called through one C pointer."""

from __future__ import annotations

import ctypes
import struct
import sys
from _thread import RLock
from functools import partial
from operator import index

from ...core import core
from ...graph import Node, Paused
from ...runs.running import THREAD
from ...transforms.call import LARGEST_WHOLE
from ...trees.containers import is_array
from ...trees.objects import is_leaf
from ...trees.tree import leaves
from ..answers import LEAF, answer_maker
from ..arguments import check_floats, holds_large, is_of_own_class
from ..compiled import Compiled
from ..loop import Looping
from .machine import DATA, Callbacks, Code
from .module import UNRECORDED, Writer
from .rows import Rows as Rows

import numpy as np  # isort: skip - after machine, which says what is missing

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..program import Program
    from ..record import Recording

ON_STACK = 4096  # numbers of scratch; more are kept from call to call
DOUBLE = np.dtype(float)
TOO_LARGE = "an int is too large to convert to the floats that machine code computes with"

# a call


class UnknownWay(LookupError):
    """A way that is not recorded, or arguments of another form."""


COMPILING = RLock()  # a program stays as it is while it is compiled


class NativeCompiled(Compiled):
    """The program for one form of the arguments: at first on a loop over its steps, then compiled to machine code."""

    is_exact = False

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        super().__init__(name, parameters, call)
        self.arguments = [ArgumentLayout(x) for x in (*call[0], *call[1].values())]
        self.caller: Caller | None = None
        self.loop: Loop | None = None
        self.calls_on_loop = 0  # that are left, before the program is compiled

    @property
    def is_fast(self) -> bool:
        """Whether a call need not look at the form of its arguments first: they are numbers, flat lists or arrays."""
        return self.caller is not None and all(x.is_flat for x in self.arguments)

    @property
    def function(self) -> Callable[..., Any]:
        return self.compiled().fastest

    def compiled(self) -> Caller:
        """The code of what is recorded; one thread at a time compiles."""
        caller = self.caller
        if caller is None:
            with COMPILING:
                if self.program.paths == 0:
                    raise UnknownWay
                caller = self.caller = self.caller or Caller(self.program, self.arguments)
        return caller

    def __call__(self, arguments: tuple[Any, ...], numbers: list[Any]) -> Any:
        if int in self.kinds:
            for label, x in zip(self.labels, numbers, strict=True):
                check_floats([x], label, "machine code")
        if self.caller is None and self.calls_on_loop > 0:
            self.calls_on_loop -= 1
            answer = self.by_loop(numbers)
            if answer is not NotImplemented:
                return answer
        return self.compiled().general(numbers)

    def by_loop(self, numbers: list[Any]) -> Any:
        """The loop's answer; NotImplemented where there is none, or where Python raises what machine code does not."""
        with COMPILING:
            loop = self.loop = self.loop or Loop(self.program, len(self.kinds))
        try:
            return loop(numbers)
        except LookupError:
            raise UnknownWay from None
        except Exception:
            return NotImplemented

    def record(self, f: Callable[..., Any], numbers: list[Any], **how: Any) -> Any:
        """The machine code's answer to these numbers, once the way that f takes is a part of the program."""
        answer = super().record(f, numbers, **how)
        try:
            return self((), numbers)
        except UnknownWay:  # its numbers differ in a last bit, and with them its answer to a question
            return answer

    def add(self, way: Recording) -> None:
        with COMPILING:
            super().add(way)
            self.caller = self.loop = None
            self.calls_on_loop = calls_on_loop(self.program.count)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "caller": None, "loop": None}


def calls_on_loop(steps: int) -> int:
    """How many calls the loop answers, before a program of so many steps is compiled.

    LLVM takes about as long as 2000 calls on the loop, whatever the program: half of them lose least in the worst case.
    Small programs, which LLVM compiles in the blink of an eye, need not wait so long.
    """
    return min(steps // 8, 1000)


class Loop:
    """What runs a program on a loop over its steps, in floats alone, as machine code does, and with its answers."""

    def __init__(self, program: Program, inputs: int) -> None:
        with Paused():
            self.closed = [*program.closed]
            self.makers = [answer_maker(answer.tree) for answer in program.answers]
            self.loop = Looping(program, [float] * inputs, ieee=True, in_trees=False).loop

    def __call__(self, numbers: list[Any]) -> Any:
        if self.loop is None:
            return NotImplemented
        answer = self.loop.run([*map(float, numbers)], [float(v.data) for v in self.closed])
        if answer is NotImplemented:
            return answer
        place, outputs = answer
        return self.makers[place](np.array(outputs, dtype=float))


class ArgumentLayout:
    """What an argument is in every call of one form."""

    __slots__ = ("count", "dtype", "is_flat", "is_number", "is_whole", "kinds", "shape")

    def __init__(self, x: Any) -> None:
        self.shape = x.shape if is_array(x) else None
        self.dtype = x.dtype if is_array(x) else None  # of which the function may have asked
        self.count = x.size if is_array(x) else len(leaves(x))
        self.is_number = converts(x)
        self.is_whole = hasattr(x, "__index__")
        is_list = type(x) in (list, tuple) and all(map(converts, x))
        self.kinds = (*map(type, x),) if is_list else None  # of which it may have asked too
        self.is_flat = self.is_number or is_array(x) or is_list


def converts(x: Any) -> bool:
    """Whether x is a number that needs no attention: a Value does, whose number is not what it is converted to."""
    return is_leaf(x) and not isinstance(x, Node) and not is_of_own_class(x)


class Caller:
    """Compiled code, and how it is called: numbers are packed, arrays are read where they are."""

    def __init__(self, program: Program, arguments: list[ArgumentLayout]) -> None:
        self.arguments = arguments
        self.closed = [*program.closed]
        self.arrays = [x for x in arguments if x.shape is not None]
        places, self.packed = self.places()
        self.callbacks = Callbacks()
        writer = Writer(program, places, self.callbacks)
        self.trees = [answer.tree for answer in writer.answers]
        self.answers = [answer_maker(tree) for tree in self.trees]
        self.outputs = max(len(answer.outputs) for answer in writer.answers)
        self.slots = len(writer.slots)
        entry = entry_of_the_core if core else entry_point
        text = f"{writer.text}\n{entry(writer, len(self.arrays))}"
        code = Code(text, [*writer.uses], self.callbacks, writer.work)
        self.native: Any = self.by_the_core(code, writer.work) if core else self.by_ctypes(code)
        self.fastest = self.fastest_call()

    def places(self) -> tuple[list[tuple[int, int]], int]:
        """Where each number is, and how many are packed: those of arrays stay where they are."""
        places: list[tuple[int, int]] = []
        packed = arrays = 0
        for x in self.arguments:
            if x.shape is None:
                places += [(0, packed + k) for k in range(x.count)]
                packed += x.count
            else:
                arrays += 1
                places += [(arrays, k) for k in range(x.count)]
        places += [(0, packed + k) for k in range(len(self.closed))]
        return places, packed + len(self.closed)

    def by_the_core(self, code: Code, work: int) -> Any:
        """What the core calls, without ctypes."""
        layouts = [x.kinds or None if x.shape is None else [x.shape, x.dtype] for x in self.arguments]
        plans = [*map(plan_of, self.trees)]
        makers = [make if plan is ... else None for plan, make in zip(plans, self.answers, strict=True)]
        sizes = self.packed, len(self.arrays), self.outputs, self.slots, work
        check = self.callbacks.check if self.callbacks.by_op else None
        answers = (*plans,), (*makers,), UnknownWay
        arrays = as_doubles, partial(np.empty, self.outputs), check, np.ndarray, DOUBLE
        return core.Native(code.address("enter"), code, (*layouts,), *answers, *arrays, sizes)

    def by_ctypes(self, code: Code) -> Any:
        self.pack = struct.Struct(f"{self.packed}d").pack
        self.spare: list[Any] = []  # arrays of scratch that no call uses now
        arrays = [ctypes.py_object] * (len(self.arrays) + (2 if self.slots > ON_STACK else 1))
        return code.function("call", ctypes.c_char_p, *arrays)

    def fastest_call(self) -> Callable[..., Any]:
        """How to call it with flat arguments."""
        if core:
            return self.flat if self.closed else self.native
        if not self.closed and not self.callbacks.by_op and self.slots <= ON_STACK:
            if all(x.is_number and not x.is_whole for x in self.arguments):
                return call_of_numbers(self)
            if len(self.arrays) == len(self.arguments) == 1:
                return call_of_array(self)
        return self.flat

    def flat(self, *args: Any) -> Any:
        """The answer to numbers, lists of numbers and arrays."""
        if self.closed and (THREAD.run or THREAD.trace is not None):
            raise UnknownWay
        holding = [id(x) for argument, x in zip(self.arguments, args, strict=True) if not argument.is_number]
        if len({*holding}) < len(holding):  # the function could tell one that is given twice from two equal ones
            raise UnknownWay
        numbers: list[Any] = []
        arrays = []
        for argument, x in zip(self.arguments, args, strict=True):
            if argument.shape is not None:
                arrays.append(as_doubles(x, argument.shape, argument.dtype))
            elif argument.is_number:
                numbers.append(x)
            elif (*map(type, x),) != argument.kinds:
                raise UnknownWay
            else:
                numbers += x
        return self.run(numbers, arrays)

    def general(self, numbers: list[Any]) -> Any:
        """The answer to all numbers of all arguments, one after the other."""
        packed: list[Any] = []
        arrays = []
        place = 0
        for x in self.arguments:
            own = numbers[place : place + x.count]
            place += x.count
            if x.shape is None:
                packed += own
            else:
                arrays.append(np.array(own, dtype=float))
        return self.run(packed, arrays)

    def run(self, numbers: list[Any], arrays: list[Any]) -> Any:
        numbers = [*numbers, *[v.data for v in self.closed]]
        if not core and any(map(is_no_float, numbers)):
            raise OverflowError(TOO_LARGE)
        try:
            packed = None if core else self.pack(*numbers)
            if core:
                return self.native.run(numbers, arrays)
        except (struct.error, OverflowError):
            raise OverflowError(TOO_LARGE) from None
        out = np.empty(self.outputs)
        if self.slots > ON_STACK:
            scratch = self.spare.pop() if self.spare else np.empty(self.slots)
            answer = self.native(packed, *arrays, out, scratch)
            self.spare.append(scratch)
        else:
            answer = self.native(packed, *arrays, out)
        self.callbacks.check()
        if answer == UNRECORDED:
            raise UnknownWay
        return self.answers[answer](out)


def call_of_numbers(caller: Caller) -> Callable[..., Any]:
    """The same as `Caller.flat` of numbers alone, faster."""
    pack, empty, outputs, native, answers = caller.pack, np.empty, caller.outputs, caller.native, caller.answers

    def call(*numbers: float) -> Any:
        out = empty(outputs)
        answer = native(pack(*numbers), out)
        if answer < 0:
            raise UnknownWay
        return answers[answer](out)

    return call


def call_of_array(caller: Caller) -> Callable[..., Any]:
    """The same as `Caller.flat` of one array, faster."""
    empty, outputs, native, answers = np.empty, caller.outputs, caller.native, caller.answers
    (argument,) = caller.arguments
    shape, dtype = argument.shape, argument.dtype

    def call(x: Any) -> Any:
        if x.shape != shape or (x.dtype is not dtype and x.dtype != dtype):
            raise UnknownWay
        out = empty(outputs)
        answer = native(b"", x if x.dtype is DOUBLE and x.flags.c_contiguous else contiguous(x), out)
        if answer < 0:
            raise UnknownWay
        return answers[answer](out)

    return call


def as_doubles(x: Any, shape: Any, dtype: Any) -> Any:
    """The array as machine code reads it, if it is what the function was recorded with."""
    if x.shape != shape or x.dtype != dtype:
        raise UnknownWay
    return contiguous(x)


def contiguous(x: Any) -> Any:
    """The array as doubles one after the other; itself if it is that."""
    if x.dtype.kind not in "fiu":  # objects and complex numbers are not to be converted unseen
        raise UnknownWay
    if x.dtype.kind != "f" and holds_large(x) and any(map(is_no_float, x.ravel().tolist())):
        raise UnknownWay
    return np.ascontiguousarray(x, dtype=np.float64)


def is_no_float(x: Any) -> bool:
    """Whether this is a whole number that no float holds, but the next one does."""
    if type(x) is float or not hasattr(x, "__index__"):
        return False
    whole = index(x)
    return LARGEST_WHOLE < abs(whole) <= sys.float_info.max and int(float(whole)) != whole


def plan_of(tree: Any) -> Any:
    """How the core makes an answer: None is a number, lists and tuples hold plans, what is called makes an array.

    `...` stands for an answer that it cannot make.
    """
    if tree is LEAF:
        return None
    if is_array(tree) and type(tree) is np.ndarray and all(x is LEAF for x in tree.ravel().tolist()):
        return partial(np.empty, tree.shape)
    if type(tree) not in (list, tuple):
        return ...
    plans = [*map(plan_of, tree)]
    return ... if ... in plans else type(tree)(plans)


def entry_point(writer: Writer, arrays: int) -> str:
    """The function that Python calls: it takes packed numbers, NumPy arrays, and the array that the answer goes to."""
    names = [*(f"x{k}" for k in range(1, arrays + 1)), "out"]
    is_large = len(writer.slots) > ON_STACK
    names += ["scratch"] if is_large else []
    lines = [f"define i64 @call(ptr %x0, {', '.join(f'ptr %{name}.array' for name in names)}) {{"]
    for name in names:
        lines += loaded_data_of(name)
    if not is_large:
        lines.append(f"  %scratch = alloca [{len(writer.slots) or 1} x double]")
    return "\n".join([*lines, *last_lines(writer)])


def entry_of_the_core(writer: Writer, arrays: int) -> str:
    """The function that the core calls: it takes numbers, a C array of NumPy arrays, and room."""
    lines = ["define i64 @enter(ptr %x0, ptr %arrays, ptr %out, ptr %scratch) {"]
    for k in range(1, arrays + 1):
        lines.append(f"  %x{k}.at = getelementptr ptr, ptr %arrays, i64 {k - 1}")
        lines.append(f"  %x{k}.array = load ptr, ptr %x{k}.at")
        lines += loaded_data_of(f"x{k}")
    return "\n".join([*lines, *last_lines(writer)])


def loaded_data_of(name: str) -> list[str]:
    """Where the numbers of a NumPy array are."""
    place = f"  %{name}.place = getelementptr i8, ptr %{name}.array, i64 {DATA}"
    return [place, f"  %{name} = load ptr, ptr %{name}.place"]


def last_lines(writer: Writer) -> list[str]:
    """The lines in which an entry point calls the program and returns what it answers."""
    return [f"  %answer = call i64 @{writer.parts[0].name}({writer.pass_on})", "  ret i64 %answer", "}"]
