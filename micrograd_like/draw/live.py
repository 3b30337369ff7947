"""A graph as a small program: from the numbers of its inputs, every value, derivative, local derivative and share.

The computation is recorded on Symbols, forward and backward: backward is each operation's own rule. So all numbers are
expressions of the table's rows, and equal ones are one. What a rule or the user's function asked on the way (`x > 0`)
is in the program too: where another answer would come, it ends.
"""

from __future__ import annotations

from math import isfinite

from ..graph import reverse_sweep, topological_order
from ..higher import closure_on_nodes
from ..ieee import Ieee
from ..symbol import Symbol, Trace, recorded, same
from .labels import formula, number

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..operation import Op
    from .scene import Scene

DEEPEST = 5  # levels of a formula that is written out


class NotLive(Exception):
    """Why a graph cannot be computed anew, in a sentence that goes on after a colon."""


class Live:
    """The program of a graph. What it computes is known by numbers, those of the trace's expressions."""

    def __init__(self, trace: Trace, inputs: dict[int, float], symbols: list[Symbol], shown: set[int]) -> None:
        self.trace = trace
        self.inputs = inputs  # as they are at the start
        self.values = [x.number for x in symbols]
        self.own = len(trace.steps)  # so many steps belong to the values; what follows, to the derivatives
        self.shares: list[list[int | None]] = []  # one for each parent; of values that are not shown, none
        self.slopes: list[list[int | None]] = []
        self.derivatives = self.sweep(symbols, shown)
        self.constants = {k: float(x) for k, x in trace.constants.items()}  # the trace may go on
        self.entries = [*trace.steps]
        self.steps = {entry[0]: entry for entry in self.entries if len(entry) == 4}
        self.data = self.evaluated()

    def sweep(self, symbols: list[Symbol], shown: set[int]) -> list[int]:
        """Record the derivatives: of the output by every value, and, where shown, of each value by its parents."""
        shares: dict[Symbol, tuple[Any, ...]] = {}

        def closure_of(node: Symbol) -> Callable[[Any], tuple[Any, ...]]:
            def backward(g: Any) -> tuple[Any, ...]:
                shares[node] = answered(node, g)
                return shares[node]

            return backward

        self.trace.ieee, self.trace.letter = True, "g"
        derivatives = reverse_sweep(topological_order(symbols[-1]), {symbols[-1]: 1.0}, closure_of)
        for i, x in enumerate(symbols):
            arrived = i in shown and x in shares
            self.shares.append(self.numbers_of(shares[x]) if arrived else [])
            self.slopes.append(self.numbers_of(answered(x, 1.0)) if arrived else [])
        return [self.number_of(derivatives.get(x, 0.0)) for x in symbols]

    def number_of(self, x: Any) -> int:
        return x.number if isinstance(x, Symbol) else self.trace.number_of(float(x))

    def numbers_of(self, answers: tuple[Any, ...]) -> list[int | None]:
        return [None if x is None else self.number_of(x) for x in answers]

    def evaluated(self) -> list[Any]:
        """All numbers, as they are at the start."""
        data: list[Any] = [None] * self.trace.count
        for k, x in [*self.constants.items(), *self.inputs.items()]:
            data[k] = float(x)
        for k, op, operands, _ in self.steps.values():
            data[k] = computed(op, [data[i] for i in operands])
        return data

    # for the page

    def page(self, names: dict[int, str]) -> tuple[dict[str, Any], str]:
        """The program as JSON, and as JavaScript the functions that it calls, `F[0]`, `F[1]`, …"""
        from .javascript import helpers_for

        functions, refused = self.functions()
        places = {op: k for k, op in enumerate(functions)}
        steps: list[list[int]] = []
        frozen: set[int] = set()
        guards: list[list[Any]] = []  # the answer, the question in words, and whether the program itself asked it
        for place, entry in enumerate(self.entries):
            if len(entry) == 4:
                k, op, operands, _ = entry
                if op in refused:
                    frozen.add(k)
                else:
                    steps.append([places[op], k, *operands])
            else:
                op, operands, answer = entry
                if op not in refused:
                    steps.append([places[op], -1 - len(guards), *operands])
                guards.append([answer, self.asked(op, operands, names), place < self.own])
        locked = self.leading_to(frozen)
        program = {
            "size": len(self.data),
            "constants": [[k, written(self.data[k])] for k in [*self.constants, *sorted(frozen)]],
            "inputs": [[k, written(x), k in locked] for k, x in self.inputs.items()],
            "steps": steps,
            "guards": guards,
            "locked": sorted(set(refused.values())) if locked else [],
        }
        texts = list(functions.values())
        return program, f"{helpers_for(texts)}const F=[{','.join(texts)}];"

    def functions(self) -> tuple[dict[Op, str], dict[Op, str]]:
        """The JavaScript of each operation that occurs; and those that have none, with the reason."""
        from .javascript import Untranslatable, function_of

        known: dict[Op, str] = {}
        refused: dict[Op, str] = {}
        for op in {entry[1] if len(entry) == 4 else entry[0]: None for entry in self.entries}:
            try:
                known[op] = function_of(op)
            except Untranslatable as reason:
                refused[op] = str(reason)
        return known, refused

    def leading_to(self, numbers: set[int]) -> set[int]:
        """The inputs that these numbers are computed from."""
        wanted = set(numbers)
        for k, _, operands, _ in reversed(self.steps.values()):
            if k in wanted:
                wanted.update(operands)
        return wanted & set(self.inputs)

    # in words

    def asked(self, op: Op, operands: tuple[int, ...], names: dict[int, str]) -> str:
        texts = [self.text(k, names) for k in operands]
        return f" {op.label} ".join(texts) if op.arity == 2 else f"{op.name}({texts[0]})"

    def text(self, k: int, names: dict[int, str], depth: int = DEEPEST, inside: Op | None = None) -> str:
        """The expression in terms of those that have names, in brackets where an operation stands inside another."""
        if k in names:
            return names[k]
        if k not in self.steps:
            return number(self.data[k])
        if not depth:
            return "…"
        _, op, operands, _ = self.steps[k]
        texts = [self.text(i, names, depth - 1, op) for i in operands]
        constants = [self.data[i] if i in self.constants else "" for i in operands]
        text = self.asked(op, operands, names) if op.rule is None else formula(op, constants, texts)
        return f"({text})" if inside and inside.infix and op.infix else text

    def rule(self, i: int, k: int, parents: list[int | None], names: dict[int, str]) -> str:
        """The local derivative of value i by its parent k in words, or as a formula, ready for its number."""
        slope = self.slopes[i][k]
        if slope is None:
            return "this branch was not taken, so nothing comes back along it:"
        if slope in self.constants:
            sayings = {1.0: "it is handed on unchanged:", -1.0: "it is handed on with the sign turned:"}
            return sayings.get(self.constants[slope], "the same for any input:")
        others = {p for j, p in enumerate(parents) if j != k and p is not None}
        if slope == self.values[i]:
            return f"the value itself, {names[slope]} ="
        if slope in others:
            return f"the other factor, {names[slope]} ="
        return f"{self.text(slope, names)} ="


def answered(node: Symbol, g: Any) -> tuple[Any, ...]:
    """What the node's rule answers, recorded."""
    try:
        return closure_on_nodes(node)(g)
    except Exception as error:  # a user's rule may do anything
        name = node.op.name if node.op else ""
        raise NotLive(f"the rule of {name} computes with plain numbers only ({error})") from None


def computed(op: Op, numbers: list[Any]) -> Any:
    return op.value(*numbers) if op.rule is None else float(Ieee.record(op, *numbers))


def written(x: float) -> float | str:
    """A number as JSON has it, which knows no nan and no inf: JavaScript reads these as Number("Infinity")."""
    return float(x) if isfinite(x) else "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"


def replayed(scene: Scene, shown: set[int]) -> Live:
    """The program of a graph that is there already, from its operations."""
    trace = Trace("explore", ieee=True)
    inputs: dict[int, float] = {}
    symbols: list[Symbol] = []
    for mark in scene.marks:
        if mark.op is None:
            symbols.append(trace.input(mark.label, mark.data))
            inputs[symbols[-1].number] = mark.data
        else:
            operands = tuple(x if isinstance(x, float) else symbols[x.index] for x in mark.inputs)
            symbols.append(recorded(trace, mark.op, operands))
        if not same(symbols[-1]._data, mark.data):
            raise NotLive(
                f"{mark.label} was computed from other numbers than those that its inputs hold now, because .data was "
                "written"
            )
    return Live(trace, inputs, symbols, shown)
