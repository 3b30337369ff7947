"""The program for rows of one form: what each engine makes of it, and whether all rows are answered in one form."""

from __future__ import annotations

import numpy as np

from ...graph import Paused
from ...trees.parts import branches_of
from ...trees.planting import planted
from ...trees.tree import leaves
from ..answers import LEAF
from ..arguments import form_of, refilled
from ..checks import in_plain_numbers
from ..compiled import Compiled
from ..jit import ENGINES
from ..program import Program
from .on_columns import on_columns
from .one_after_another import WORTH_A_PLAN, OneAfterAnother, loop_on_rows

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from ..closed.reach import Reach
    from ..record import Recording
    from .on_columns import OnColumns


A_ROW = 1200  # steps of the loop, in the time that a row takes beside them
PLANNED = 6  # by this, times WORTH_A_PLAN, a step takes longer to be planned than on the loop
CREDIT = 0.5  # seconds for which ways are recorded in advance


class Batch(Compiled):
    """The program for one form of the arguments, and what each engine has made of it."""

    is_exact = False

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        super().__init__(name, parameters, call)
        self.is_flat = not any(self.layouts) and not call[1]  # whether a row's numbers are the arguments
        self.engines: dict[str, Any] = {}  # for the program as it is
        self.chooses = False  # whether a choice, as by max and min, is an expression of it
        self.asks_sign = False  # whether its choices are questions, since a sign of zero counts
        self.calls_without = 0  # how many calls to come go without the program, since it has few of the ways
        self.looped = 0  # how many rows the program has computed, as it is, without a plan
        self.price = 0.0  # seconds that the last way took to be recorded, and the program to be planned,
        self.spent = -CREDIT  # and those spent since on rows that take an unknown way
        self.tree: Any = None  # the answer to a row, with LEAF in the place of each number
        self.truths: list[bool] = []  # whether these are True or False in every way
        self.on_columns_known: list[OnColumns | None] = []  # what rows run together, once that is known

    def accepted(self, tree: Any, numbers: list[Any]) -> tuple[Any, list[Any]]:
        """An answer, with numbers in the place of True and False, if it has the form of those before."""
        found: list[Any] = []
        tree = without_truths(tree, iter(numbers), found)
        if self.tree is None:
            self.tree, self.truths = tree, [type(x) is bool for x in found]
        if not self.is_answer(tree, len(found)):
            one, another = form_in_text(self.tree), form_in_text(tree)
            raise TypeError(
                f"{self.name} answers one row with {one} and another with {another}: arrays need one form for all rows"
            )
        self.truths = [before and type(x) is bool for before, x in zip(self.truths, found, strict=True)]
        return tree, [float(x) if type(x) is bool else x for x in found]

    def run(self, f: Callable[..., Any], numbers: Iterable[Any]) -> Any:
        """The function's own answer to the numbers of a row."""
        if self.is_flat:
            return f(*numbers)
        args, options = refilled(self.call, iter(numbers))
        return f(*args, **options)

    def numbers_of(self, answer: Any) -> list[Any]:
        """The numbers of an answer of the function itself, if it has the form of those before."""
        if type(answer) is float and self.tree is LEAF and not self.truths[0]:
            return [answer]
        answer = in_plain_numbers(answer)
        if type(answer) in (list, tuple) and {*map(type, answer)} == {float} and self.has_form_of(answer):
            return [*answer]
        found = leaves(answer)
        return self.accepted(planted(answer, [LEAF] * len(found)), found)[1]

    def has_form_of(self, answer: Any) -> bool:
        """Whether all answers before were such a list or tuple of numbers."""
        tree = self.tree
        is_one = type(tree) is type(answer) and len(tree) == len(answer)
        return is_one and all(x is LEAF for x in tree) and not any(self.truths)

    def is_answer(self, tree: Any, count: int) -> bool:
        """Whether a tree with so many numbers has the form of the answers before."""
        trees = (tree, count), (self.tree, len(self.truths))
        one, other = (form_of(planted(tree, [0.0] * count), [], []) for tree, count in trees)
        return bool(one == other)

    def add(self, way: Recording) -> None:
        way.tree, way.outputs = self.accepted(way.tree, way.outputs)
        self.chooses = self.chooses or any(step.op.is_choice for step in way.trace.steps)
        super().add(way)
        self.engines = {}
        self.looped = 0

    def part_by_choices(self) -> None:
        """Record all ways anew, with max and min as questions: the 0 of max(x, 0) is an int, which is never -0.0."""
        self.asks_sign = True
        self.program = Program(self.program.inputs)
        self.engines = {}
        self.looped = 0
        self.chooses = False

    def on_columns(self, f: Callable[..., Any], reach: Reach) -> OnColumns | None:
        """What rows run together, if the function allows that."""
        if not self.on_columns_known:
            self.on_columns_known.append(on_columns(f, self, reach))
        found = self.on_columns_known[0]
        return None if found is None or found.refused else found

    def engine(self, name: str, varying: list[bool]) -> Any:
        """What an engine makes of the program, for inputs some of which vary from row to row."""
        if name not in self.engines:
            with Paused():
                self.engines[name] = ENGINES[name].rows(self.program, varying)  # type: ignore[misc]
        return self.engines[name]

    def loop(self, rows: int) -> OneAfterAnother | None:
        """What computes so many rows where few have been computed: then it is not worth while to plan them."""
        if self.looped + rows > self.rows_worth_a_plan or {*self.engines} - {"loop"}:
            return None
        if "loop" not in self.engines:
            with Paused():
                self.engines["loop"] = loop_on_rows(self.program, len(self.labels))
        return self.engines["loop"]  # type: ignore[no-any-return]

    @property
    def rows_worth_a_plan(self) -> float:
        """How many rows go through the loop in the time in which they are planned: more, the longer a program is."""
        count, ways = self.program.count, max(self.program.paths, 1)
        return WORTH_A_PLAN * max(1.0, PLANNED * count / (A_ROW + count / ways))

    def paid(self, seconds: float) -> None:
        """Note the time that a way took to be recorded, and the program to be planned."""
        self.price += seconds
        self.spent = min(self.spent + seconds, 0.0)

    @property
    def is_worth_recording(self) -> bool:
        """Whether so much time was spent on rows of unknown ways that another way is recorded; the first ways are."""
        return self.spent < 0 or self.spent >= self.price

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "call": self.call, "engines": {}, "on_columns_known": []}


def without_truths(tree: Any, numbers: Iterator[Any], found: list[Any]) -> Any:
    """The tree with LEAF in place of True and False too; the numbers and truths that belong there are added."""
    if tree is LEAF or isinstance(tree, bool | np.bool_):
        found.append(next(numbers) if tree is LEAF else bool(tree))
        return LEAF
    parts = branches_of(tree)
    return parts[1]([without_truths(part, numbers, found) for part in parts[0]]) if parts else tree


def form_in_text(tree: Any) -> str:
    """The form of an answer in an error: the answer with zeros for its numbers."""
    return repr(planted(tree, [0.0] * len(leaves(tree))))[:60]
