"""What explanations call Values, and how their text suits the terminal."""

from __future__ import annotations

from functools import cache

from ..value import Value, met
from .notation import MOST_NAMES, formula
from .numbers import number, short

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ..trace.places import Place

    Edge = tuple[Value, int]  # an operation, and which of its inputs

DEEPEST = 3  # formulas within formulas
LONGEST, SHORT = 60, 24


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
        return short(v.name or self.variables.get(v) or self.assigned(v) or ("output" if v is self.y else ""))

    def assigned(self, v: Value) -> str:
        """The variable to which the expression is assigned in its line of the program."""
        place = self.places.get(v) if v in self.results else None
        return assignments(place.statement).get(place.expression, "") if place else ""

    def __call__(self, v: Any, depth: int = DEEPEST) -> str:
        if isinstance(v, float):
            return number(v)
        return self.known(v) or (number(v.data) if v.op is None else self.formula(v, depth) if depth else "…")

    def formula(self, v: Value, depth: int = DEEPEST) -> str:
        """How v was computed: `relu(z1)`."""
        assert v.op
        names = [self.within(v, x, depth - 1) for x in v.parents[:MOST_NAMES]]
        text = formula(v.op, v.parents, names + [""] * (len(v.parents) - MOST_NAMES))
        return text if len(text) <= LONGEST or depth == 1 else self.formula(v, depth - 1)

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
        """An operation's input, and the number that it met there: `z1 = -0.3`."""
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
        """By which input, and where: `at z1 = -0.3`, or `by a at a = 3, b = 5`."""
        child, k = edge
        places = {id(x): j for j, x in enumerate(child.parents) if isinstance(x, Value)}
        shown = [self.input((child, j)) for j in [*places.values()][:MOST_NAMES]]
        by = f"by {self.brief(child.parents[k]) or f'input {k + 1}'} " if len(places) > 1 else ""
        return f"{by}at {listed(shown)}{', …' if len(places) > MOST_NAMES else ''}"

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
    """The Values that were made last at their place: a call of a model makes many before the one that it answers."""
    instructions = [(place.code, place.offset) for place in places.values()]
    last = [here != after for here, after in zip(instructions, [*instructions[1:], None], strict=False)]
    return {v for v, is_last in zip(places, last, strict=True) if is_last}


@cache
def assignments(statement: str) -> dict[str, str]:
    """The expressions that a statement assigns to variables, with the names of these.

    >>> assignments("dx, dy = x - u, y - v"), assignments("total += price * n")
    ({'x - u': 'dx', 'y - v': 'dy'}, {'total += price * n': 'total'})
    """
    import ast

    try:
        body = ast.parse(statement).body
    except SyntaxError:  # a line of a longer statement
        return {}
    pairs: list[tuple[ast.AST, ast.AST]] = []
    for s in body:
        if isinstance(s, ast.Assign):
            target, value = s.targets[0], s.value
            several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs += zip(target.elts, value.elts, strict=False) if several else [(target, value)]  # type: ignore[attr-defined]
        elif isinstance(s, ast.AugAssign):
            pairs.append((s.target, s))
    return {
        ast.get_source_segment(statement, value) or "": target.id
        for target, value in pairs
        if isinstance(target, ast.Name)
    }


def listed(words: Sequence[str], most: int = 3) -> str:
    """The first words, and how many more there are.

    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c, … 2 more'
    """
    more = len(words) - most
    return ", ".join([*words[:most], f"… {more} more"] if more > 0 else words)
