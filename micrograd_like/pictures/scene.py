"""What a drawing shows, computed once: each value, its name, and the derivative of the output by it."""

from __future__ import annotations

import sys
from itertools import count

from ..core import kinds_of
from ..graph import Node, Paused, reverse_sweep, topological_order
from ..value import Value, tupled
from ..words.notation import formula, mark_of
from ..words.numbers import fresh_names, number, numbers_apart, short, told_apart, visible

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from ..operation import Op

    Arrow = tuple[int, "Mark", float]  # its place among the inputs, where it comes from, the share that goes back

NAMED_CONTAINERS = list, tuple, dict
WORTH_A_LOOK = Node, *NAMED_CONTAINERS  # the types of elements for which a container is searched
DEEPEST_LIST = 3
MOST_STALE = 3  # sentences


class Mark:
    """One value, as it was when the drawing was asked for; nothing that happens to the Value later changes it."""

    __slots__ = ("before", "closed", "data", "derivative", "index", "inputs", "label", "name", "op", "shares", "uses")

    def __init__(self, index: int, v: Value, inputs: tuple[Mark | float, ...], name: str, label: str) -> None:
        self.index = index  # its place in the order of computation
        self.name = name  # the user's own; "" if there is none
        self.label = label  # what text calls it: the name, "v7" for an operation, the number for an input
        self.data = v._data
        self.before: tuple[float, Mark] | None = None  # if written since: its number when that mark was computed
        self.derivative = float("nan")  # of the output by this value; left so in a drawing without derivatives
        self.closed: Value | None = None  # whose local backward closure was called, if a derivative arrived there
        self.op: Op | None = v.op
        self.inputs = inputs  # other marks, and plain numbers
        self.shares = (0.0,) * len(inputs)  # what each of these receives of the derivative
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

    def hand_back(self, derivative: float) -> tuple[float | None, ...]:
        """What the local backward closure answers to the derivative that has arrived; it stays as the shares."""
        assert self.closed is not None
        shares = self.closed._backward(derivative)
        self.shares = tuple([0.0 if share is None else float(share) for share in shares])
        return shares

    @property
    def arrows(self) -> list[Arrow]:
        """The arrows that end at it: one for each input, except plain numbers."""
        triples = enumerate(zip(self.inputs, self.shares, strict=False))  # an input of a part has shares alone
        return [(k, x, share) for k, (x, share) in triples if not isinstance(x, float)]

    @property
    def stale(self) -> str:
        """If `data` was written after it was used: the number that was used, and the one that it holds now; else ""."""
        if self.before is None:
            return ""
        held, user = self.before
        once, now = numbers_apart(held, self.data)
        use = user.label if user.name else short(user.formula)
        used = f"held {once} when {use} was computed" if user is not self else f"was computed as {once}"
        return f"{self.label} {used}; it holds {now} now"


class Scene:
    """A value and all it was computed from: the marks of a drawing, in the order of computation, the output last."""

    __slots__ = ("asked", "derivatives", "marks", "values")

    def __init__(self, output: Value, variables: Mapping[Value, str], derivatives: bool) -> None:
        with Paused():
            order = topological_order(output)
            self.derivatives = derivatives
            self.asked: dict[str, str] = {}  # wires with a box to write in, and its label; "=1" for a given 1
            self.values: list[Value] = order
            self.marks = marks_of(order, variables)
            compare(order, self.marks)
            if derivatives:
                hand_back(order, self.marks)

    @property
    def output(self) -> Mark:
        return self.marks[-1]

    @property
    def answer(self) -> Mark:
        """The value whose derivatives are shown."""
        return self.output

    def derivative_by(self, mark: Mark) -> str:
        """The derivative's symbol: `∂total/∂apple`."""
        return f"∂{self.answer.label}/∂{mark.label}"

    @property
    def stale(self) -> list[str]:
        """Which numbers do not belong to the others, because `data` was written, and what to do; [] if all is well.

        >>> x = Value(3, "x")
        >>> y = x * 2
        >>> x.data = 5
        >>> Scene(y, {y: "y"}, derivatives=True).stale
        ['x held 3 when y was computed; it holds 5 now.', 'Compute y again.']
        """
        written = [mark for mark in self.marks if mark.before is not None]
        more = len(written) - MOST_STALE
        others = [f"{more} more {'values have' if more > 1 else 'value has'} been written since."] if more > 0 else []
        sentences = [f"{mark.stale}." for mark in written[:MOST_STALE]]
        return [*sentences, *others, f"Compute {self.answer.label} again."] if written else []

    def tooltip(self, mark: Mark) -> str:
        """All there is to say of a value, every digit of its numbers."""
        lines = [visible(mark.name) or mark.label, f"value: {mark.data!r}"]
        if mark.op:
            lines[0] += f" = {mark.formula}"
        if mark.before is not None:
            lines.append(mark.stale)
        if self.derivatives:
            lines.append(f"derivative {self.derivative_by(mark)}: {mark.derivative!r}")
        return "\n".join(lines)


def marks_of(order: list[Value], variables: Mapping[Value, str]) -> list[Mark]:
    """A mark for each value, in the same order; operations without a name are called v1, v2, …, a second w is w_2."""
    names = told_apart([v.name or variables.get(v, "") for v in order])
    known = told_apart([*(name and short(name) for name in names[:-1]), short(names[-1]) or "output"])
    fresh = fresh_names(known)
    marks: dict[Value, Mark] = {}
    for v, name, own in zip(order, names, known, strict=True):
        label = own or (next(fresh) if v.op else number(v.data))
        inputs = tuple([x if type(x) is float else marks[x] for x in v.parents])
        marks[v] = Mark(len(marks), v, inputs, name, label)
    return list(marks.values())


def compare(order: list[Value], marks: list[Mark]) -> None:
    """Note each Value whose `data` was written after it was computed or used, with the number that it had then."""
    for v, mark in zip(order, marks, strict=True):
        if v.op is not None:
            then = tupled(v.op, v._x, v._y)
            now = tuple([x if isinstance(x, float) else x.data for x in mark.inputs])
            if then != now or v._out != mark.data:
                for x, held in zip((mark, *mark.inputs), (v._out, *then), strict=True):
                    if not isinstance(x, float) and x.before is None and differ(held, x.data):
                        x.before = held, mark


def differ(x: float, y: float) -> bool:
    """Whether two numbers are not the same; nan is the same as nan."""
    return x != y and (x == x or y == y)


def hand_back(order: list[Value], marks: list[Mark]) -> None:
    """Compute the derivatives; `grad` has none before a `backward()`, and the sum of both after two."""
    mark_of_value = dict(zip(order, marks, strict=True))

    def closure_of(v: Value) -> Callable[[float], tuple[float | None, ...]]:
        mark = mark_of_value[v]
        mark.closed = v
        return mark.hand_back

    derivatives = reverse_sweep(order, [(order[-1], 1.0)], closure_of)
    for v, mark in mark_of_value.items():
        mark.derivative = float(derivatives.get(v, 0.0))


def callers_variables() -> dict[Value, str]:
    """The names of Values in the program that called the function which asks."""
    frame = sys._getframe(2)
    return names_by_value(frame.f_locals, frame.f_globals)


def names_by_value(*namespaces: Mapping[str, Any]) -> dict[Value, str]:
    """The Values that variables hold, also in lists and by names in dicts, each with the first name found for it.

    >>> x, w, price = Value(1), [Value(2), Value(3)], {"apple": Value(100)}
    >>> list(names_by_value({"x": x, "w": w, "price": price, "again": x}).values())
    ['x', 'w[0]', 'w[1]', "price['apple']"]
    """
    names: dict[Value, str] = {}
    for namespace in namespaces:
        public = [(name, x) for name, x in [*namespace.items()] if name.isidentifier() and not name.startswith("_")]
        for name, x in public:
            if isinstance(x, Value):
                names.setdefault(x, name)
        for name, x in public:
            if isinstance(x, NAMED_CONTAINERS):
                for element, v in values_within(name, x, DEEPEST_LIST):
                    names.setdefault(v, element)
    return names


def values_within(name: str, items: Any, depth: int) -> Iterator[tuple[str, Value]]:
    """The Values in a list or dict, also in those within it down to that depth, each with its place: `w[0][1]`."""
    if isinstance(items, dict):  # those with numbers for keys, such as IPython's `Out`, name nothing
        named = {key: x for key, x in items.items() if isinstance(key, str)}
        places: Iterable[str | int] = named
        elements = [*named.values()]
    else:
        places, elements = count(), [*items]
    if not any(issubclass(kind, WORTH_A_LOOK) for kind in kinds_of(elements)):
        return
    for place, x in zip(places, elements, strict=False):
        if isinstance(x, Value):
            yield f"{name}[{place!r}]", x
        elif depth > 1 and isinstance(x, NAMED_CONTAINERS):
            yield from values_within(f"{name}[{place!r}]", x, depth - 1)
