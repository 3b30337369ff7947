"""The rules of the table as JavaScript: each recorded on Symbols, as the program that it is.

A rule may choose its way by the numbers that it meets (`if x > 0`). Each way is a function of its own, which begins
with what the rule asked; where the answer is another one, the page tries the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

from ..ieee import Ieee
from ..operation import Op
from ..targets.javascript import literal
from ..trace.symbol import Symbol
from ..trace.trace import Asked, Computed, Trace
from ..transforms import higher
from .wording import Wording

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

MOST_AROUND = 64  # points at which other ways are looked for
GAP = 0xE000  # the first of the characters that stand for inputs in a text


class NoRule(ValueError):
    """Why there is no JavaScript for a rule, in a sentence that goes on after a colon."""


class WayThrough:
    """What a rule does with these numbers: the steps that it computes, the questions that it asks between them."""

    def __init__(self, op: Op, inputs: Sequence[float], out: float) -> None:
        self.trace = Trace(op.name, ieee=True)
        letters = [*(f"x[{k}]" for k in range(len(inputs))), "o", "g"]
        *xs, o, g = (self.trace.input(*pair) for pair in zip(letters, (*inputs, out, 1.0), strict=True))
        self.answers = [x._number if isinstance(x, Symbol) else x for x in slopes_on_symbols(op, tuple(xs), o, g)]
        self.questions = [entry for entry in self.trace.steps if isinstance(entry, Asked)]

    def holds(self, inputs: Sequence[float], out: float) -> bool:
        """Whether the rule goes the same way with other numbers."""
        data = dict(enumerate((*inputs, out, 1.0))) | self.trace.constants
        for entry in self.trace.steps:
            answer = computed_by_row(entry.op, [data[k] for k in entry.operands])
            if isinstance(entry, Computed):
                data[entry.number] = answer
            elif answer != entry.answer:
                return False
        return True

    def javascript(self, asked: list[tuple[str, Any]], called: Mapping[Op, str]) -> str:
        """A function of the inputs x, the value o and the derivative g that arrives; it answers what each input gets.

        Where a question has another answer, it answers the question's place in `asked`, to which its own are added.
        """
        names = {k: self.trace.inputs.get(k) or f"v{k}" for k in range(self.trace.count)}
        names |= {k: literal(float(x)) for k, x in self.trace.constants.items()}
        wording = self.wording()
        lines = []
        for entry in self.trace.steps:
            call = f"F.{called[entry.op]}({','.join(names[k] for k in entry.operands)})"
            if isinstance(entry, Computed):
                lines.append(f"const v{entry.number}={call};")
            else:
                lines.append(f"if({call}!=={literal(entry.answer)})return {len(asked)};")
                asked.append((wording.question(entry.op, entry.operands), entry.answer))
        answers = ("null" if x is None else literal(x) if type(x) is float else names[x] for x in self.answers)
        return f"(x,o,g)=>{{{''.join(lines)}return[{','.join(answers)}]}}"

    def wording(self) -> Wording:
        """Its texts have gaps where the names of the inputs and, last, of the value are to stand."""
        return Wording(self.trace, {k: chr(GAP + k) for k in self.trace.inputs})

    @property
    def functions(self) -> set[Op]:
        """The operations that it computes with, and its questions."""
        return {entry.op for entry in self.trace.steps}


def slopes_on_symbols(op: Op, xs: tuple[Any, ...], out: Any, g: Any) -> tuple[Any, ...]:
    """What a rule answers when it runs on Symbols."""
    try:
        return higher.backward_on_nodes(op, xs, out, g)
    except Exception as error:  # a user's rule may do anything
        raise NoRule(f"the rule of {op.name} computes with plain numbers only ({error})") from None


def computed_by_row(op: Op, numbers: Sequence[Any]) -> Any:
    """What Python computes, and inf or nan where it raises."""
    return op.value(*numbers) if op.rule is None else float(Ieee.record(op, *numbers))


class Rule:
    """The rule of an operation on so many inputs: the ways that are known through it."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.ways: list[WayThrough] = []

    def learn(self, inputs: Sequence[float], out: float) -> None:
        """Make sure that the way which it goes with these numbers is known."""
        if not self.ways:
            self.ways.append(WayThrough(self.op, inputs, out))
            self.look_around(inputs)
        elif self.ways[0].questions and not any(way.holds(inputs, out) for way in self.ways):
            self.ways.append(WayThrough(self.op, inputs, out))

    def look_around(self, inputs: Sequence[float]) -> None:
        """Other numbers may lead other ways: a reader who drags an input will come to them."""
        if not self.ways[0].questions:
            return
        for near in islice(product(*((x, 0.0, 1.0, -x) for x in inputs)), MOST_AROUND):
            try:
                self.learn(near, computed_by_row(self.op, near))
            except Exception:  # a user's operation may do anything
                continue

    def javascript(self, called: Mapping[Op, str]) -> str:
        """Its ways, and what they ask with the answers that lead along them."""
        from json import dumps

        asked: list[tuple[str, Any]] = []
        ways = ",".join(way.javascript(asked, called) for way in self.ways)
        return f"b:[{ways}],q:{dumps(asked, ensure_ascii=False, separators=(',', ':'))}"

    @property
    def functions(self) -> set[Op]:
        """The operations that occur on any way."""
        return set().union(*(way.functions for way in self.ways))


def local_slope(
    op: Op, inputs: Sequence[float | str], numbers: Sequence[float], value: tuple[str, float], k: int
) -> str:
    """The operation's derivative by input k in words, up to the sign after which the page writes its number.

    An input is given as a name, or as a plain number if it is a constant.

    >>> from micrograd_like.ops import OPS
    >>> local_slope(OPS["mul"], ["apple", "n"], [100.0, 2.0], ("price", 200.0), 0)
    'the other factor, n ='
    >>> local_slope(OPS["pow_const"], ["x", 3.0], [2.0, 3.0], ("y", 8.0), 0)
    '3 × x² ='
    """
    trace = Trace(op.name, ieee=True)
    xs = tuple(x if type(x) is float else trace.input(str(x), data) for x, data in zip(inputs, numbers, strict=True))
    out = trace.input(*value)
    slope = slopes_on_symbols(op, xs, out, 1.0)[k]
    if slope is None:
        return "this branch was not taken, so nothing comes back along it:"
    if not isinstance(slope, Symbol) or slope._number in trace.constants:
        data = slope._data if isinstance(slope, Symbol) else slope
        sayings = {1.0: "it is handed on unchanged:", -1.0: "it is handed on with the sign turned:"}
        return sayings.get(float(data), "the same for any input:")
    if slope._number == out._number:
        return f"the value itself, {value[0]} ="
    if any(isinstance(x, Symbol) and x._number == slope._number for x in xs):
        return f"the other factor, {trace.inputs[slope._number]} ="
    return f"{Wording(trace, trace.inputs).text(slope._number)} ="
