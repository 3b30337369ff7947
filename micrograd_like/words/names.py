"""What explanations call Values: their names, their variables, or their formulas."""

from __future__ import annotations

from functools import lru_cache

from ..runs.positions import line_of
from ..value import Value, met
from .notation import MOST_NAMES, formula
from .numbers import number, short

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ..runs.positions import Place

    Edge = tuple[Value, int]  # an operation, and which of its inputs

DEEPEST_FORMULA = 3  # formulas within formulas
LONGEST_NAMED, SHORT = 60, 24  # characters: of a formula, and of one that stands in a sentence for a name


class Names:
    """What the user calls a Value: by its name, by the variable that holds it, or by its formula.

    >>> x = Value(0.5)
    >>> names = Names(x, {x: "x"})
    >>> names(2 * x + 1), names.defined(x), names.input((2 * x, 1))
    ('(2 × x) + 1', 'x', 'x = 0.5')
    """

    def __init__(self, y: Value, variables: Mapping[Value, str], places: Mapping[Any, Place] | None = None) -> None:
        self.y = y
        self.variables = variables
        self.places = places or {}
        self.results = results_of(self.places)

    def known(self, v: Value) -> str:
        """The name by which the user knows v; "" if there is none."""
        return short(v.name or self.variables.get(v) or self.assigned(v) or ("output" if v is self.y else ""))

    def assigned(self, v: Value) -> str:
        """The variable to which the expression is assigned in its line of the program."""
        place = self.places.get(v) if v in self.results else None
        return target_of(place) if place else ""

    def __call__(self, v: Any, depth: int = DEEPEST_FORMULA) -> str:
        if isinstance(v, float):
            return number(v)
        return self.known(v) or (number(v.data) if v.op is None else self.formula(v, depth) if depth else "…")

    def formula(self, v: Value, depth: int = DEEPEST_FORMULA) -> str:
        """How v was computed: `relu(z1)`."""
        assert v.op
        names = [self.within(v, x, depth - 1) for x in v.parents[:MOST_NAMES]]
        text = formula(v.op, v.parents, names + [""] * (len(v.parents) - MOST_NAMES))
        return text if len(text) <= LONGEST_NAMED or depth == 1 else self.formula(v, depth - 1)

    def within(self, v: Value, x: Any, depth: int) -> str:
        """An input as part of v's formula, in brackets where operators would be misread."""
        text = self(x, depth)
        operators = [isinstance(u, Value) and u.op and u.op.is_sign for u in (v, x)]
        return f"({text})" if all(operators) and depth and not self.known(x) else text

    def defined(self, v: Value) -> str:
        """The name, and the formula: `h1 = relu(z1)`."""
        known = self.known(v)
        return f"{known} = {self.formula(v)}" if known and v.op else self(v)

    def operation(self, v: Value) -> str:
        """What the operation is called: a function by its name, an operator with its inputs."""
        assert v.op
        text = self.formula(v) if v.op.infix else v.op.called
        return text if len(text) <= SHORT else v.op.label

    def input(self, edge: Edge) -> str:
        """An input of an operation, and its number when the operation was computed: `z1 = -0.3`."""
        child, k = edge
        parent, x = child.parents[k], number(met(child)[k])
        if isinstance(parent, float):
            return f"the plain number {x}"
        name = self.brief(parent)
        return f"{name} = {x}" if name else f"its input {x}"

    def brief(self, v: Value) -> str:
        """The name, or the formula if that is short; "" if there is neither."""
        text = self.known(v) or (self.formula(v) if v.op else "")
        return text if self.known(v) or len(text) <= SHORT else ""

    def at(self, edge: Edge) -> str:
        """The inputs of an operation, `at z1 = -0.3`; of several also the one that is meant, `by a at a = 3, b = 5`."""
        child, k = edge
        places = {id(x): j for j, x in enumerate(child.parents) if isinstance(x, Value)}
        shown = [self.input((child, j)) for j in [*places.values()][:MOST_NAMES]]
        by = f"by {self.brief(child.parents[k]) or f'input {k + 1}'} " if len(places) > 1 else ""
        return f"{by}at {first_of_many(shown)}{', …' if len(places) > MOST_NAMES else ''}"

    def asked(self, x: Value) -> str:
        """What the Value that is asked about is called: never the same as y."""
        name = self.known(x) or self.brief(x) or "x"
        return f"another {name}" if x is not self.y and name == self(self.y) else name

    def leaf(self, v: Value) -> str:
        return self.known(v) or f"an input of {number(v.data)}"

    def place(self, v: Value) -> str:
        """Where in the program it was computed, "" if that is not known."""
        return str(self.places.get(v, ""))


def results_of(places: Mapping[Any, Place]) -> set[Any]:
    """Of the Values that one instruction made, the last: a call of a model makes many, and returns the last."""
    instructions = [(place.code, place.offset) for place in places.values()]
    last = [here != after for here, after in zip(instructions, [*instructions[1:], None], strict=False)]
    return {v for v, is_last in zip(places, last, strict=True) if is_last}


def target_of(place: Place) -> str:
    """The variable that a statement assigns this very value to, "" if there is none."""
    first, last, start, end = place.span
    line = line_of(place.file, first)
    margin = len(line[: len(line) - len(line.lstrip())].encode())
    found = assignments(place.statement) if first == last else ()
    return next((name for a, b, name in found if start <= a + margin and b + margin <= end), "")


@lru_cache(64)
def assignments(statement: str) -> list[tuple[int, int, str]]:
    """For each value that a statement assigns: the columns where it begins and ends, and the variable.

    >>> assignments("dx, dy = x - u, y - v"), assignments("total += price * n")
    ([(9, 14, 'dx'), (16, 21, 'dy')], [(0, 18, 'total')])
    """
    import ast

    try:
        tree = ast.parse(statement)
    except (SyntaxError, ValueError):  # a line of a longer statement
        return []
    found = []
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = node if isinstance(node, ast.AugAssign) else getattr(node, "value", None)
        several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
        for name, part in zip(target.elts, value.elts, strict=False) if several else [(target, value)]:  # type: ignore[union-attr]
            if isinstance(name, ast.Name) and isinstance(part, ast.stmt | ast.expr):
                found.append((part.col_offset, part.end_col_offset or 0, name.id))
    return found


def first_of_many(words: Sequence[str], most: int = 3) -> str:
    """The first words, and how many more there are.

    >>> first_of_many(["a", "b", "c", "d", "e"])
    'a, b, c, … 2 more'
    """
    more = len(words) - most
    return ", ".join([*words[:most], f"… {more} more"] if more > 0 else words)
