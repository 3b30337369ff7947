"""A graph as a small program for a page, which computes values and derivatives as Python did, from any inputs.

The program is the graph itself: cells that hold inputs, plain numbers, and what operations compute from other cells.
Derivatives are not in it. The page has the rules of the operations, and goes backwards through the cells with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from ..graph import ByNode, topological_order
from ..targets.javascript import function_of, helpers_for
from ..targets.terms import Untranslatable
from ..trace.symbol import Symbol
from ..trace.trace import Asked, Computed, Trace, same_float
from .rules import NoRule, Rule, computed_by_row
from .wording import Wording

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from ..operation import Op
    from ..pictures.scene import Scene


class NotLive(Exception):
    """Why a graph cannot be computed anew, in a sentence that goes on after a colon."""


class Cell:
    """A number of the program: an input with its name, or what an operation computes from cells and plain numbers."""

    __slots__ = ("data", "is_whole", "name", "op", "parents", "place")

    def __init__(self, op: Op | None, parents: tuple[Cell | float, ...], data: float, name: str = "") -> None:
        self.op = op
        self.parents = parents
        self.data = float(data)  # at the start
        self.is_whole = type(data) is int
        self.name = name
        self.place = 0  # in the program

    @property
    def numbers(self) -> list[float]:
        """What the operation is applied to at the start."""
        return numbers_of(self.parents)


def numbers_of(parents: Iterable[Cell | float]) -> list[float]:
    """The numbers of cells at the start, and plain numbers."""
    return [x.data if isinstance(x, Cell) else x for x in parents]


@dataclass(frozen=True, slots=True)
class Question:
    """What the user's function asked on its way (`x > 0`), and the answer: with another one it would go elsewhere."""

    op: Op
    parents: tuple[Cell | float, ...]
    answer: Any
    text: str


class Live:
    """The program of a graph: inputs, then plain numbers, then what is computed from them, each at its place."""

    def __init__(
        self, cells: Sequence[Cell], values: Sequence[Cell | float], questions: Sequence[Question] = ()
    ) -> None:
        self.values = values  # where each value of the graph is found, the output last
        self.questions = questions
        self.inputs = [cell for cell in cells if cell.op is None]
        self.steps = [cell for cell in cells if cell.op is not None]
        self.constants: dict[str, int] = {}
        for x in [x for cell in self.steps for x in cell.parents] + [x for q in questions for x in q.parents]:
            if not isinstance(x, Cell):
                self.constants.setdefault(repr(float(x)), len(self.inputs) + len(self.constants))
        for place, cell in enumerate([*self.inputs, *([None] * len(self.constants)), *self.steps]):
            if cell:
                cell.place = place
        self.kinds = self.learned()
        self.functions, self.frozen = self.in_javascript()

    def learned(self) -> dict[tuple[Op, int], Rule | None]:
        """The operations that occur, on how many inputs, and the ways through their rules that the numbers take."""
        kinds: dict[tuple[Op, int], Rule | None] = {}
        handed_back = set(self.values)
        for cell in self.steps:
            op: Any = cell.op
            kind = op, len(cell.parents)
            rule = kinds.setdefault(kind, None if op.rule is None else Rule(op))
            if rule and cell in handed_back:
                try:
                    rule.learn(cell.numbers, cell.data)
                except NoRule as reason:
                    raise NotLive(str(reason)) from None
        for question in self.questions:
            kinds.setdefault((question.op, len(question.parents)), None)
        return kinds

    def place(self, x: Cell | float) -> int:
        """Where the program has a cell, or a plain number."""
        return x.place if isinstance(x, Cell) else self.constants[repr(float(x))]

    # for the page

    def page(self) -> tuple[dict[str, Any], str]:
        """The program as JSON, and as JavaScript the operations: `O[0]`, `O[1]`, … with value `f` and rule `b`."""
        places = {kind: k for k, kind in enumerate(self.kinds)}
        names = javascript_names(self.functions)
        locked = self.leading_to(self.frozen)
        program = {
            "inputs": [[cell.name, as_json(cell.data), cell in locked] for cell in self.inputs],
            "whole": [k for k, cell in enumerate(self.inputs) if cell.is_whole],
            "constants": [as_json(float(x)) for x in self.constants],
            "steps": self.packed(places),
            "frozen": [[cell.place, as_json(cell.data)] for cell in self.steps if cell.op in self.frozen],
            "questions": [
                [places[q.op, len(q.parents)], [*map(self.place, q.parents)], q.answer, q.text] for q in self.questions
            ],
            "locked": sorted(set(self.frozen.values())) if locked else [],
            "output": self.place(self.values[-1]),
        }
        rules = [
            f"n:{n},{rule.javascript(names) if rule and rule.ways else 'b:[],q:[]'}"
            for (_, n), rule in self.kinds.items()
        ]
        values = [f"f:F.{names[op]}" if op not in self.frozen else "f:null" for op, _ in self.kinds]
        table = ",\n".join(f"{{{value},{rule}}}" for value, rule in zip(values, rules, strict=True))
        named = ",\n".join(f"{names[op]}:{text}" for op, text in self.functions.items())
        return program, f"{helpers_for(self.functions.values())}const F={{{named}}};\nconst O=[{table}];"

    def in_javascript(self) -> tuple[dict[Op, str], dict[Op, str]]:
        """The functions of operations; and for those that have none the reason: their results stay as they are.

        What a rule or a question calls has to have one: else derivatives would be lost, and ways not be noticed.
        """
        known: dict[Op, str] = {}
        frozen: dict[Op, str] = {}
        needed = {question.op for question in self.questions}.union(
            *(rule.functions for rule in self.kinds.values() if rule)
        )
        for op in dict.fromkeys([*(op for op, _ in self.kinds), *needed]):
            try:
                known[op] = function_of(op)
            except Untranslatable as reason:
                if op in needed:
                    raise NotLive(str(reason)) from None
                frozen[op] = str(reason)
        return known, frozen

    def packed(self, places: dict[tuple[Op, int], int]) -> list[int]:
        """The steps one after the other: the place of the operation, then its inputs, counted from those of the last
        step of this operation. Programs repeat themselves, and so do these numbers: they compress well."""
        steps: list[int] = []
        before = {kind: [0] * kind[1] for kind in self.kinds}
        for cell in self.steps:
            kind: Any = cell.op, len(cell.parents)
            now = [self.place(x) for x in cell.parents]
            steps += [places[kind], *(x - last for x, last in zip(now, before[kind], strict=True))]
            before[kind] = now
        return steps

    def leading_to(self, operations: Iterable[Any]) -> set[Cell]:
        """The inputs that results of these operations are computed from."""
        wanted: set[Any] = {cell for cell in self.steps if cell.op in operations}
        for cell in reversed(self.steps):
            if cell in wanted:
                wanted.update(cell.parents)
        return wanted.intersection(self.inputs)


def javascript_names(operations: Iterable[Op]) -> dict[Op, str]:
    """What to call the operations: each by its own name, the second of a name, which is another one, with a number."""
    found: dict[Op, str] = {}
    for k, op in enumerate(operations):
        found[op] = op.name if op.name not in found.values() else f"{op.name}${k}"
    return found


def as_json(x: float) -> float | str:
    """A number as JSON has it, which knows no nan and no inf: JavaScript reads these as Number("Infinity")."""
    return float(x) if isfinite(x) else "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"


def nameless(scene: Scene) -> dict[int, str]:
    """What to call the inputs that have no name, by their places: pictures have their numbers, but these change."""
    places = [mark.index for mark in scene.marks if not mark.op and not mark.name]
    return {place: f"input {k}" for k, place in enumerate(places, 1)}


def live_of_scene(scene: Scene) -> Live:
    """The program of a graph that is there already."""
    names = nameless(scene)
    cells: list[Cell] = []
    for mark in scene.marks:
        parents = tuple([x if isinstance(x, float) else cells[x.index] for x in mark.inputs])
        name = "" if mark.op else names.get(mark.index, mark.label)
        cells.append(Cell(mark.op, parents, mark.data, name))
        if mark.op and not same_float(computed_by_row(mark.op, numbers_of(parents)), mark.data):
            raise NotLive(" ".join(scene.stale).rstrip(".") or f"{mark.label} was computed from other numbers")
    return Live(cells, cells)


def live_of_trace(
    trace: Trace,
    inputs: dict[int, float],
    output: Symbol,
    shown: Sequence[Symbol],
    names: dict[int, str],
    catches: bool,
) -> Live:
    """The program of a function that ran on Symbols and answered `output`; those that are shown are its values.

    `inputs` are the numbers at the start, `names` what to call the trace's expressions in questions. Of a function that
    catches errors, what it computed to no use is in the program too: with other numbers it may raise.
    """
    known: dict[int, Cell | float] = {k: float(x) for k, x in trace.constants.items()}
    known |= {k: Cell(None, (), x, trace.inputs[k]) for k, x in inputs.items()}
    cells = [x for x in known.values() if isinstance(x, Cell)]
    places = ByNode()
    for x in topological_order(output):
        if x._row is None:
            places[x] = known[x._number]
        else:
            parents = tuple(places[p] if isinstance(p, Symbol) else float(p) for p in x._parents)
            places[x] = cell = Cell(x._row, parents, float(x._data))
            cells.append(cell)
            known.setdefault(x._number, cell)
    beside, questions = asked_on_the_way(trace, known, names, catches)
    return Live([*cells, *beside], [places[x] for x in shown], questions)


def asked_on_the_way(
    trace: Trace, known: dict[int, Cell | float], names: dict[int, str], every: bool
) -> tuple[list[Cell], list[Question]]:
    """The questions of a trace, and new cells for what the questions need and `known` lacks; for all steps, if `every`.

    `known` has the cells by the numbers of the trace's expressions, to which the new ones are added.
    """
    wording = Wording(trace, names)
    wanted = {entry.number for entry in trace.steps if isinstance(entry, Computed)} if every else set()
    for entry in reversed(trace.steps):
        if isinstance(entry, Asked) or entry.number in wanted:
            wanted.update(entry.operands)
    cells: list[Cell] = []
    questions: list[Question] = []
    for entry in trace.steps:
        if isinstance(entry, Computed) and entry.number not in wanted:
            continue
        parents = tuple(known[k] for k in entry.operands)
        if isinstance(entry, Asked):
            questions.append(Question(entry.op, parents, entry.answer, wording.question(entry.op, entry.operands)))
        elif entry.number not in known:
            known[entry.number] = cell = Cell(entry.op, parents, computed_by_row(entry.op, numbers_of(parents)))
            cells.append(cell)
    return cells, questions
