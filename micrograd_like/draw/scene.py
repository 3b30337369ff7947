"""What a drawing shows, worked out once: each value, its name, and how much the output answers to it."""

from __future__ import annotations

from itertools import count
from operator import attrgetter

from ..graph import reverse_sweep, topological_order
from ..value import Value
from .labels import formula, mark_of, number, short, visible

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from ..operation import Op

    Arrow = tuple[int, "Mark", float]  # its place among the inputs, where it comes from, the share that goes back

DEEPEST_LIST = 3


class Mark:
    """One value, as it was when the drawing was asked for; nothing that happens to the Value later changes it."""

    __slots__ = ("closed", "data", "derivative", "index", "inputs", "label", "name", "op", "uses")

    def __init__(self, index: int, v: Value, inputs: tuple[Mark | float, ...], name: str, label: str) -> None:
        self.index = index  # its place in the order of computation
        self.name = name  # the user's own; "" if there is none
        self.label = label  # what text calls it: the name, "v7" for an operation, the number for an input
        self.data = float(v.data)
        self.derivative = float("nan")  # of the output by this value; left so in a drawing without derivatives
        self.closed: Value | None = None  # where to find the local backward closure, if a derivative arrives there
        self.op: Op | None = v.op
        self.inputs = inputs  # other marks, and plain numbers
        self.uses = 0  # how many arrows leave it
        for x in inputs:
            if not isinstance(x, float):
                x.uses += 1

    @property
    def operation(self) -> str:
        """What the mark of the operation shows: `×`, `+ 1`, `x²`."""
        return mark_of(self.op, self.inputs) if self.op else ""

    @property
    def formula(self) -> str:
        """How it was computed, in the names of its inputs: `apple × n`."""
        names = [number(x) if isinstance(x, float) else x.label for x in self.inputs]
        return formula(self.op, self.inputs, names) if self.op else ""

    @property
    def arrows(self) -> list[Arrow]:
        """Those from its inputs: plain numbers have none."""
        backward = None if self.closed is None else self.closed._backward
        back = backward(self.derivative) if backward else (None,) * len(self.inputs)
        shares = [0.0 if share is None else float(share) for share in back]
        triples = enumerate(zip(self.inputs, shares, strict=True))
        return [(k, x, share) for k, (x, share) in triples if not isinstance(x, float)]


class Scene:
    """A value and all it was computed from: the marks of a drawing, in the order of computation, the output last."""

    __slots__ = ("derivatives", "marks", "values")

    def __init__(self, output: Value, variables: Mapping[Value, str], derivatives: bool) -> None:
        order = topological_order(output)
        self.derivatives = derivatives
        self.values: list[Value] = order
        self.marks = marks_of(order, variables)
        if derivatives:
            hand_back(order, self.marks)

    @property
    def output(self) -> Mark:
        return self.marks[-1]

    def derivative_by(self, mark: Mark) -> str:
        """The derivative's symbol: `∂total/∂apple`."""
        return f"∂{self.output.label}/∂{mark.label}"

    def tooltip(self, mark: Mark) -> str:
        """All there is to say of a value, every digit of its numbers."""
        lines = [visible(mark.name) or mark.label, f"value: {mark.data!r}"]
        if mark.op:
            lines[0] += f" = {mark.formula}"
        if self.derivatives:
            lines.append(f"derivative {self.derivative_by(mark)}: {mark.derivative!r}")
        return "\n".join(lines)


def marks_of(order: list[Value], variables: Mapping[Value, str]) -> list[Mark]:
    names = [v.name or variables.get(v, "") for v in order]
    taken = set(names)
    fresh = (name for name in map("v{}".format, count(1)) if name not in taken)
    marks: dict[Value, Mark] = {}
    for v, name in zip(order, names, strict=True):
        label = short(name) if name else "output" if v is order[-1] else next(fresh) if v.op else number(v.data)
        inputs = tuple(marks[x] if isinstance(x, Value) else x for x in v.parents)
        marks[v] = Mark(len(marks), v, inputs, name, label)
    return list(marks.values())


def hand_back(order: list[Value], marks: list[Mark]) -> None:
    """A backward pass of the drawing's own: `grad` is 0 before `backward()`, and a sum after two."""
    derivatives = reverse_sweep(order, {order[-1]: 1.0}, attrgetter("_backward"))
    for v, mark in zip(order, marks, strict=True):
        mark.derivative = float(derivatives.get(v, 0.0))
        mark.closed = v if v in derivatives else None


def variables_in(*namespaces: Mapping[str, Any]) -> dict[Value, str]:
    """The Values that variables hold, also in lists, each with the first name found for it.

    >>> x, w = Value(1), [Value(2), Value(3)]
    >>> list(variables_in({"x": x, "w": w, "again": x}).values())
    ['x', 'w[0]', 'w[1]']
    """
    names: dict[Value, str] = {}
    for namespace in namespaces:
        public = [(name, x) for name, x in namespace.items() if name.isidentifier() and not name.startswith("_")]
        for name, x in public:
            if isinstance(x, Value):
                names.setdefault(x, name)
        for name, x in public:
            if isinstance(x, list | tuple):
                for element, v in values_within(name, x, DEEPEST_LIST):
                    names.setdefault(v, element)
    return names


def values_within(name: str, items: Iterable[Any], depth: int) -> Iterator[tuple[str, Value]]:
    for i, x in enumerate(items):
        if isinstance(x, Value):
            yield f"{name}[{i}]", x
        elif depth > 1 and isinstance(x, list | tuple):
            yield from values_within(f"{name}[{i}]", x, depth - 1)
