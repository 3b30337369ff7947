"""A program as a loop over its steps, which the compiled core runs: nothing is to be compiled before the first call."""

from __future__ import annotations

from ..core import core
from ..failure import of_operator
from ..ieee import Ieee
from ..operation import OPS
from .answers import LEAF, is_spelled

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from ..operation import Op
    from .program import Block, Program

FIRST_CODE = core.ROWS if core else 0  # of what a loop can do beside the rows that the core has
COMPARING = [OPS[name] for name in ("lt", "le", "eq", "ne", "gt", "ge")]
CODES_OF_LOOPS = {op: FIRST_CODE + k for k, op in enumerate(COMPARING)}
CODES_OF_LOOPS |= {op: FIRST_CODE + len(COMPARING) for op in OPS.values() if op.is_choice}


class Looping:
    """What runs a program on numbers of some kinds, with Python's bits; it grows with the ways that are recorded later.

    `loop.run(numbers, closed)` takes the numbers of the arguments and of the Values that are closed over. It answers as
    the function does, or, if not all answers are lists, tuples and dicts, a pair: the place of an answer, and its
    numbers. It answers NotImplemented to numbers that are not for it, as an int beyond 2 ** 53, and raises LookupError
    where they lead a way that is not recorded. Called with arguments of the layouts (None of a number, the type and the
    length of a list or tuple of numbers), where no Values are closed over, it raises LookupError in both cases.
    """

    def __init__(
        self,
        program: Program,
        kinds: list[type],
        ieee: bool = False,
        in_trees: bool = True,
        layouts: tuple[Any, ...] = (),
    ) -> None:
        self.program = program
        self.kinds = bytes([kind is int for kind in kinds])
        self.options = under_ieee if ieee else exactly, layouts
        self.is_flat = not in_trees or not all(is_spelled(answer.tree) for answer in program.answers)
        self.closed = len(program.closed)
        self.blocks = self.answers = 0  # of the program, how many the loop has
        self.loop = self.made() if core and {*kinds} <= {float, int} else None  # None where no loop can

    def made(self) -> Any:
        loop = core.loop_of(self.kinds, self.closed, *self.parts(), CODES_OF_LOOPS, LEAF, *self.options)
        return None if loop is NotImplemented else loop

    def parts(self) -> tuple[list[Any], list[Any]]:
        """The blocks and the answers that the loop does not have yet, as the core takes them."""
        program = self.program
        blocks = [of_block(block) for block in program.known[self.blocks :]]
        answers = [(None if self.is_flat else x.tree, x.outputs) for x in program.answers[self.answers :]]
        self.blocks, self.answers = len(program.known), len(program.answers)
        return blocks, answers

    def grows(self) -> bool:
        """Take the latest way into the loop; whether that could be done: it cannot while the loop runs."""
        program, fork = self.program, self.program.fork
        if self.loop is None:
            return True  # nor can a loop run what else there is
        news = program.answers[self.answers :]
        if not self.answers or len(news) != 1 or fork.place >= self.blocks or len(program.closed) > self.closed:
            return False
        if not self.is_flat and not is_spelled(news[0].tree):
            return False
        return bool(self.loop.grow(fork.place, places_behind(fork), *self.parts()))


def layout_of(x: Any) -> Any:
    """The layout of an argument of plain ints and floats; `...` if it has none."""
    kind = type(x)
    if kind is float or kind is int:
        return None
    return (kind, len(x)) if kind in (list, tuple) and {*map(type, x)} <= {float, int} else ...


def of_block(block: Block) -> tuple[Any, ...]:
    """A block as the core takes it."""
    answer = block.answer.place if block.answer else -1
    return block.steps, block.question, block.operands, places_behind(block), answer


def places_behind(block: Block) -> dict[Any, int]:
    """The places of the blocks that the answers to its question lead to."""
    return {outcome: branch.place for outcome, branch in block.branches.items()}


def exactly(op: Op, *operands: float) -> Any:
    """The operation's value, or the error that Python raises."""
    try:
        return op.value(*operands)
    except (ArithmeticError, ValueError) as error:
        raise (of_operator(error, op, *operands) if op.infix else error) from None


def under_ieee(op: Op, *operands: float) -> float:
    """The operation's value, inf or nan where Python raises."""
    return float(Ieee.record(op, *operands))
