"""A recorded program: the ways that it takes, as a tree, and what every engine makes its code from.

A block computes its steps one after the other. Then it answers; or it asks a question, and the answer leads to the
next block. An expression is known by a number: 0, 1, 2, … are the inputs, -1, -2, … Values that are closed over, and
each step has one of its own. A constant operand is a `Literal`.
"""

from __future__ import annotations

from ..core import core
from ..operation import Op
from ..trace.raising import raises_somewhere
from ..trace.symbol import Symbol
from ..trace.trace import Computed

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Union

    from ..trace.trace import Trace
    from .record import Recording

    Operand = Union[int, "Literal"]  # noqa: UP007 - the second is a name to come


Step = Computed  # with Literals among its operands


class Literal:
    """A constant among the operands; two are equal if they are the same number of the same type, nan and -0 too."""

    __slots__ = ("data", "key")

    def __init__(self, data: float) -> None:
        self.data = data
        self.key = type(data), repr(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"Literal({self.data!r})"


class Answer:
    """What the function answers: a tree, and the expressions that stand in the places of its numbers."""

    __slots__ = ("outputs", "place", "tree")

    def __init__(self, place: int, tree: Any, outputs: list[Operand]) -> None:
        self.place = place  # among the program's answers
        self.tree = tree
        self.outputs = outputs


class Block:
    """Steps, then an answer, or a question and the blocks that its answers lead to."""

    __slots__ = ("answer", "branches", "operands", "place", "question", "steps")

    def __init__(self, place: int = 0) -> None:
        self.place = place  # among the program's blocks
        self.steps: list[Step] = []
        self.answer: Answer | None = None
        self.question: Op | None = None
        self.operands: tuple[Operand, ...] = ()  # of the question
        self.branches: dict[Any, Block] = {}  # by its answer, the first that was recorded first


class Changed(Exception):
    """The function did something else than in an earlier call that took the same turns."""


class Program:
    """All ways of a function that have been recorded for one form of its arguments."""

    __slots__ = ("answers", "closed", "count", "fork", "inputs", "known", "literals", "paths", "root")

    def __init__(self, inputs: list[str]) -> None:
        self.root = Block()
        self.known = [self.root]  # all blocks, as they came
        self.fork = self.root  # where the latest way left those that were known
        self.answers: list[Answer] = []  # as they came
        self.inputs = inputs  # what the numbers of the arguments are called: expressions 0, 1, 2, …
        self.count = len(inputs)  # of numbers that are given away
        self.closed: list[Any] = []  # the Values that the function closes over: expressions -1, -2, …
        self.paths = 0
        self.literals: dict[Literal, Literal] = {}  # one for each constant

    def add(self, way: Recording) -> None:
        """Add the way that a run of the function took, if it is not known yet."""
        rename = self.renamed(way.trace, way.closed.values)
        steps: Any = way.trace.steps
        block, at = self.root, 0
        fresh = is_first = self.paths == 0
        while True:
            if is_first:  # then numbers are those of the trace
                at, self.count = first_steps(steps, at, rename, block.steps), way.trace.count
            elif fresh:
                at, self.count = further_steps(steps, at, rename, block.steps, self.count)
            else:
                at = known_steps(steps, at, rename, block.steps)
            if at < 0:
                raise Changed
            if at == len(steps):
                break
            op, numbers, outcome = steps[at]
            operands = tuple([rename.get(k, k) for k in numbers])
            if fresh:
                block.question, block.operands = op, operands
            elif (block.question, block.operands) != (op, operands):
                raise Changed
            if outcome not in block.branches:
                self.fork = self.fork if fresh else block
                fresh = True
                block.branches[outcome] = Block(len(self.known))
                self.known.append(block.branches[outcome])
            block, at = block.branches[outcome], at + 1
        if not fresh and block.answer is None:
            raise Changed
        self.paths += fresh
        if fresh:
            outputs = [
                rename.get(x._number, x._number) if isinstance(x, Symbol) else self.literal(x) for x in way.outputs
            ]
            block.answer = Answer(len(self.answers), way.tree, outputs)
            self.answers.append(block.answer)

    def literal(self, data: float) -> Literal:
        made = Literal(data)
        return self.literals.setdefault(made, made)

    def renamed(self, trace: Trace, values: list[Any]) -> dict[int, Operand]:
        """What stands for constants and for closed Values: these are numbered -1, -2, … in every way."""
        rename: dict[int, Operand] = {k: self.literal(x) for k, x in trace.constants.items()}
        places = {id(v): i for i, v in enumerate(self.closed)}
        for k, v in zip([*trace.inputs][len(self.inputs) :], values, strict=True):
            if id(v) not in places:
                places[id(v)] = len(self.closed)
                self.closed.append(v)
            rename[k] = -1 - places[id(v)]
        return rename

    def __getstate__(self) -> tuple[Any, ...]:
        """Blocks with the places of those they lead to: so pickle need not recurse."""
        rows = [
            (
                [tuple(step) for step in block.steps],
                block.answer,
                block.question,
                block.operands,
                [(outcome, branch.place) for outcome, branch in block.branches.items()],
            )
            for block in self.known
        ]
        return self.inputs, self.closed, self.count, self.paths, self.answers, rows

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.inputs, self.closed, self.count, self.paths, self.answers, rows = state
        self.literals = {}
        self.known = blocks = [*map(Block, range(len(rows)))]
        self.root = self.fork = blocks[0]
        for block, (steps, answer, question, operands, branches) in zip(blocks, rows, strict=True):
            block.steps = [Step(*step) for step in steps]
            block.answer, block.question, block.operands = answer, question, operands
            block.branches = {outcome: blocks[k] for outcome, k in branches}

    def blocks(self) -> Iterator[Block]:
        """Every block, those of a branch after the one that branches."""
        stack = [self.root]
        while stack:
            block = stack.pop()
            yield block
            stack.extend(block.branches.values())


# the steps of a trace, from one of them to the next question, as those of a block; they answer that question's place


def first_steps(steps: list[Any], at: int, rename: dict[int, Operand], block: list[Step]) -> int:
    """Add the steps of the first way, which keep their numbers."""
    for k in range(at, len(steps)):
        if type(steps[k]) is not Computed:
            return k
        number, op, numbers, letter = steps[k]
        operands = operands_in_program(numbers, rename)
        block.append(steps[k] if operands is numbers else Step(number, op, operands, letter))
    return len(steps)


def further_steps(
    steps: list[Any], at: int, rename: dict[int, Operand], block: list[Step], count: int
) -> tuple[int, int]:
    """Add the steps of another way, with numbers from `count` on; answer the next number, too."""
    for k in range(at, len(steps)):
        if type(steps[k]) is not Computed:
            return k, count
        number, op, numbers, letter = steps[k]
        block.append(Step(count, op, operands_in_program(numbers, rename), letter))
        rename[number] = count
        count += 1
    return len(steps), count


def known_steps(steps: list[Any], at: int, rename: dict[int, Operand], block: list[Step]) -> int:
    """Take the numbers of the steps that the block has; answer -1 if they are others."""
    for known in block:
        if at == len(steps) or type(steps[at]) is not Computed:
            return -1
        number, op, numbers, _ = steps[at]
        if known[1:3] != (op, operands_in_program(numbers, rename)):
            return -1
        rename[number] = known.number
        at += 1
    return at if at == len(steps) or type(steps[at]) is not Computed else -1


def operands_in_program(numbers: tuple[int, ...], rename: dict[int, Operand]) -> tuple[Operand, ...]:
    """By the numbers that they have there: the same tuple if none has another one."""
    return numbers if rename.keys().isdisjoint(numbers) else tuple([rename.get(k, k) for k in numbers])


if core:
    first_steps, further_steps, known_steps = core.first_steps, core.further_steps, core.known_steps


def needed(program: Program, raising: bool) -> dict[Block, list[Step]]:
    """The steps of each block that some answer or question needs; where errors count, those that may raise too."""
    kept: dict[Block, list[Step]] = {}
    wanted: dict[Block, set[int]] = {}
    for block in reversed([*program.blocks()]):
        alive = set().union(*(wanted[branch] for branch in block.branches.values()))
        alive.update(k for k in block.operands if type(k) is int)
        alive.update(k for k in (block.answer.outputs if block.answer else ()) if type(k) is int)
        kept[block] = []
        for step in reversed(block.steps):
            if step.number in alive or (raising and may_raise(step)):
                alive.discard(step.number)
                alive.update(k for k in step.operands if type(k) is int)
                kept[block].append(step)
        kept[block].reverse()
        wanted[block] = alive
    return kept


def may_raise(step: Step) -> bool:
    """Whether the operation raises for some numbers, where Python does not compute as IEEE 754 does."""
    constants = tuple([x.data if isinstance(x, Literal) else None for x in step.operands[:3]])
    return raises_somewhere(step.op, constants)
