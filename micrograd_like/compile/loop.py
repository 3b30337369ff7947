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


def loop_of(
    program: Program, kinds: list[type], ieee: bool = False, in_trees: bool = True, layouts: tuple[Any, ...] = ()
) -> Any:
    """What runs the program on numbers of these kinds, with Python's bits; None where no loop can.

    `run(numbers, closed)` takes the numbers of the arguments and of the Values that are closed over. It answers as the
    function does, or, if not all answers are lists, tuples and dicts, a pair: the place of a tree, and its numbers.
    It answers NotImplemented to numbers that are not for it, as an int beyond 2 ** 53, and raises LookupError where
    they lead a way that is not recorded. Called with arguments of these layouts (None of a number, the type and the
    length of a list or tuple of numbers), where no Values are closed over, it raises LookupError in both cases.
    """
    if not core or not {*kinds} <= {float, int}:
        return None
    blocks = [*program.blocks()]
    places = {block: k for k, block in enumerate(blocks)}
    answers = [block.answer for block in blocks if block.answer]
    is_flat = not in_trees or not all(is_spelled(answer.tree) for answer in answers)
    loop = core.loop_of(
        bytes([kind is int for kind in kinds]),
        len(program.closed),
        program.count,
        [of_block(block, places, answers) for block in blocks],
        [(None if is_flat else answer.tree, answer.outputs) for answer in answers],
        CODES_OF_LOOPS,
        LEAF,
        under_ieee if ieee else exactly,
        layouts,
    )
    return None if loop is NotImplemented else loop


def layout_of(x: Any) -> Any:
    """The layout of an argument of plain ints and floats; `...` if it has none."""
    kind = type(x)
    if kind is float or kind is int:
        return None
    return (kind, len(x)) if kind in (list, tuple) and {*map(type, x)} <= {float, int} else ...


def of_block(block: Block, places: dict[Block, int], answers: list[Any]) -> tuple[Any, ...]:
    """A block as the core takes it."""
    outcomes = {outcome: places[branch] for outcome, branch in block.branches.items()}
    answer = next((k for k, answer in enumerate(answers) if answer is block.answer), -1)
    return block.steps, block.question, block.operands, outcomes, answer


def exactly(op: Op, *operands: float) -> Any:
    """The operation's value, or the error that Python raises."""
    try:
        return op.value(*operands)
    except (ArithmeticError, ValueError) as error:
        raise (of_operator(error, op, *operands) if op.infix else error) from None


def under_ieee(op: Op, *operands: float) -> float:
    """The operation's value, inf or nan where Python raises."""
    return float(Ieee.record(op, *operands))
