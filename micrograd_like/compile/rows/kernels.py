"""The rows of the table as NumPy ufuncs: a program as kernels, each of which computes one array from others.

Every kernel writes into the array that comes last among its arguments, and follows IEEE 754: inf and nan in place of
errors.
"""

from __future__ import annotations

from functools import partial, reduce

from ...ieee import Ieee
from ...operation import Op, once_a_row
from ...targets.numpy import ones_and_zeros, ufuncs
from ...targets.terms import TRUTHS, Language, Untranslatable, letters_of, power_of, term_of
from ..program import Literal, Program, needed

import numpy as np  # isort: skip - after targets.numpy, which says what is missing

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ...targets.terms import Term
    from ..program import Block, Operand


class Kernel:
    """An array that a function computes from others, known by their numbers; without a function it is an input."""

    __slots__ = ("function", "operands", "truth", "varies")

    def __init__(
        self,
        function: Callable[..., Any] | None,
        operands: tuple[int, ...] = (),
        truth: bool = False,
        varies: bool = False,
    ) -> None:
        self.function = function
        self.operands = operands
        self.truth = truth  # whether it holds True and False
        self.varies = varies  # from row to row


class Segment:
    """A program's block in kernels: those whose rows differ, then an answer or a question."""

    __slots__ = ("asked", "branches", "kernels", "outputs")

    def __init__(self) -> None:
        self.kernels: list[int] = []
        self.asked = -1  # the kernel that answers the question
        self.outputs: list[int] = []
        self.branches: dict[Any, Segment] = {}


class Kernels(Language):
    """A program in kernels. What is the same in all rows is computed once, whichever way it stands on."""

    def __init__(self, program: Program, varying: Sequence[bool]) -> None:
        self.forms = ufuncs()
        self.all: list[Kernel] = []
        self.constants: dict[int, float] = {}
        self.uniform: list[int] = []  # those that are the same in all rows, in the order of computation
        self.known: dict[Any, int] = {}
        self.here: dict[Any, int] = {}  # those of this block
        self.numbers: dict[Operand, int] = {}  # the kernel of each of the program's expressions
        self.inputs = [self.new(Kernel(None, varies=v)) for v in varying]
        self.closed = [self.new(Kernel(None)) for _ in program.closed]
        self.numbers.update(
            zip([*range(len(varying)), *(-1 - i for i in range(len(self.closed)))], range(len(self.all)), strict=True)
        )
        self.segments: dict[Block, Segment] = {}
        self.kept = needed(program, raising=False)
        for block in program.blocks():
            self.segments[block] = self.segment(block)
        for block, segment in self.segments.items():
            segment.branches = {answer: self.segments[branch] for answer, branch in block.branches.items()}
        self.root = self.segments[program.root]

    def new(self, kernel: Kernel) -> int:
        self.all.append(kernel)
        return len(self.all) - 1

    def segment(self, block: Block) -> Segment:
        self.here = {}
        self.into = Segment()
        for step in self.kept[block]:
            self.numbers[step.number] = self.translated(step.op, step.operands)
        if block.question:
            self.into.asked = self.translated(block.question, block.operands)
        for x in block.answer.outputs if block.answer else ():
            self.into.outputs.append(self.operand(x))
        return self.into

    def operand(self, x: Operand) -> int:
        return self.constant(x.data) if isinstance(x, Literal) else self.numbers[x]

    def constant(self, x: float) -> int:
        key = None, repr(float(x))
        if key not in self.known:
            self.known[key] = self.new(Kernel(None))
            self.constants[self.known[key]] = float(x)
        return self.known[key]

    def kernel(self, function: Callable[..., Any], *operands: int, truth: bool = False) -> int:
        """The number of a kernel, of an equal one if there is one."""
        key = function, operands
        varies = any(self.all[k].varies for k in operands)
        place = self.here if varies else self.known
        if key not in place:
            place[key] = self.new(Kernel(function, operands, truth, varies))
            (self.into.kernels if varies else self.uniform).append(place[key])
        return place[key]

    def apply(self, head: str, form: Callable[..., Any], parts: list[int]) -> int:
        if head == "hypot":  # of two at a time
            return reduce(partial(self.kernel, form), parts)
        return self.kernel(form, *parts, truth=head in TRUTHS)

    def named(self, name: str, value: Term, known: dict[str, Any]) -> int:
        known[name] = k = int(self.write(value, known))
        return k

    def as_number(self, k: int) -> int:
        return self.kernel(ones_and_zeros, k) if self.all[k].truth else k

    def translated(self, op: Op, operands: tuple[Operand, ...]) -> int:
        """The kernel of an operation: its spelling on ufuncs, or its value, called once a row."""
        numbers = [self.operand(x) for x in operands]
        if not op.arity:
            numbers = [*map(self.as_number, numbers)]
        letters = letters_of(op, len(numbers))
        truths = frozenset(x for x, k in zip(letters, numbers, strict=True) if self.all[k].truth)
        try:
            written = term_of(op, truths, power_of(op, self.constants.get(numbers[-1])))
            return int(self.write(written, dict(zip(letters, numbers, strict=True)) | {"*xs": letters}))
        except Untranslatable:
            return self.kernel(one_by_one(op, len(numbers)), *map(self.as_number, numbers))


@once_a_row
def one_by_one(op: Op, count: int) -> Callable[..., Any]:
    """A function of arrays that calls the operation's value with each of their numbers."""
    function = np.frompyfunc(partial(ieee_value, op), count, 1)

    def kernel(*arrays: Any) -> None:
        arrays[-1][...] = function(*arrays[:-1])

    return kernel


def ieee_value(op: Op, *inputs: float) -> float:
    """The operation's value, inf or nan where Python would raise."""
    return float(Ieee.record(op, *inputs))
