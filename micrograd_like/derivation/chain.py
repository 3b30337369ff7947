"""The chain rule between two Values, taken apart: what lies between them, the steps' own derivatives, the paths."""

from __future__ import annotations

from functools import cached_property
from itertools import count, pairwise

from ..draw.labels import short
from ..value import Value
from ..why.flow import Flow
from .formulas import definition, slope_formula
from .notation import TEXT, written

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .notation import Text

LONGEST_FORMULA = 60


class Chain:
    """A Value y, all that it was computed from, each under a name of its own, and the derivatives of y."""

    def __init__(self, y: Value, variables: Mapping[Value, str]) -> None:
        self.y = y
        self.flow = Flow(y, variables)
        self.order = self.flow.order
        self.names = names_of(self.order, variables)

    def derivative(self, v: Value) -> float:
        """The derivative of y by v: what `backward` finds."""
        return float(self.flow.derivative(v))

    def children(self, v: Value) -> list[Value]:
        """The Values that an operation made of v, each once."""
        return list(dict.fromkeys(child for child, _ in self.flow.uses[v]))

    def slopes(self, child: Value, v: Value) -> list[float | None]:
        """The derivatives of one operation by v, one for each place among its inputs; None: a branch not taken."""
        return [self.flow.slope((child, k)) for k, x in enumerate(child.parents) if x is v]

    def slope(self, child: Value, v: Value) -> float:
        """The derivative of one operation by v, its other inputs held."""
        return float(sum(slope for slope in self.slopes(child, v) if slope is not None))

    def share(self, child: Value, v: Value) -> float:
        """What comes back to v through one operation; 0 through a branch not taken, whatever arrives there."""
        return 0.0 if set(self.slopes(child, v)) == {None} else self.derivative(child) * self.slope(child, v)

    # in words

    def name(self, v: Value, style: Text) -> str:
        return style.name(self.names[v])

    def definition(self, v: Value, style: Text) -> list[str]:
        """`c`, `a + b`, `2 + 1`, `3`: what it is called, how it was computed, on which numbers, its value."""
        name, value = self.name(v, style), style.number(v._out)
        if v.op is None:
            return [name, value]
        return [name, self.formula(v, style), self.with_numbers(definition(v), style), value]

    def formula(self, v: Value, style: Text) -> str:
        return written(definition(v), style, lambda x: self.name(x, style))

    def with_numbers(self, term: object, style: Text) -> str:
        return written(term, style, lambda x: style.number(x._out))

    def derivative_by(self, v: Value, style: Text) -> str:
        return style.partial(self.name(self.y, style), self.name(v, style))

    def slope_by(self, child: Value, v: Value, style: Text) -> str:
        """The symbol of an operation's own derivative: `∂(a + b)/∂a`, which the derivative of a whole is not."""
        formula, name = self.formula(child, style), self.name(v, style)
        if len(self.formula(child, TEXT)) > LONGEST_FORMULA:
            return style.partial(self.name(child, style), name)
        assert child.op
        infix = child.op.infix and not child.op.label.isidentifier()
        return style.partial(style.brackets(formula) if infix else formula, name)

    def slope_steps(self, child: Value, v: Value, style: Text) -> list[str]:
        """`d`, `2`: the formula of an operation's own derivative, the numbers put in, and what they come to."""
        places = [k for k, x in enumerate(child.parents) if x is v]
        terms = [slope_formula(child, k) for k in places]
        steps = [style.number(self.slope(child, v))]
        if set(self.slopes(child, v)) == {None}:
            return [steps[0] + style.words(" (the branch not taken)")]
        if None not in terms and len(terms) <= MOST_PLACES:
            names = [written(term, style, lambda x: self.name(x, style)) for term in terms]
            numbers = [self.with_numbers(term, style) for term in terms]
            steps = [joined(names, style), joined(numbers, style), *steps]
        return [step for step in steps if len(step) <= 3 * LONGEST_FORMULA]


MOST_PLACES = 3


def inputs_of(v: Value) -> list[Value]:
    """The Values that an operation was applied to, each once."""
    return list(dict.fromkeys(x for x in v.parents if isinstance(x, Value)))


class Route:
    """The part of a chain that lies between y and one Value x that y was computed from."""

    def __init__(self, chain: Chain, x: Value) -> None:
        self.chain = chain
        self.x = x
        self.values = chain.flow.from_here(x)  # x first, y last

    @cached_property
    def count(self) -> float:
        """How many paths lead from x to y."""
        paths: dict[Value, float] = {self.chain.y: 1.0}
        for v in reversed(self.values[:-1]):
            paths[v] = sum(paths[child] for child in self.chain.children(v))
        return paths[self.x]

    def paths(self) -> Iterator[list[Value]]:
        """Each path as its Values, from y to x."""
        stack: list[tuple[Value, list[Value]]] = [(self.x, [])]
        while stack:
            v, before = stack.pop()
            path = [*before, v]
            while v is not self.chain.y:
                v, *others = self.chain.children(v)
                stack += [(other, path[:]) for other in reversed(others)]
                path.append(v)
            yield path[::-1]

    def slopes_along(self, path: Sequence[Value]) -> list[float]:
        """The local derivatives of the steps from y to x."""
        return [self.chain.slope(child, v) for child, v in pairwise(path)]


def names_of(order: Sequence[Value], variables: Mapping[Value, str]) -> dict[Value, str]:
    """A name for each Value, no two alike: its own, its variable's, or v1, v2, …"""
    wanted = [short(v.name or variables.get(v) or ("output" if v is order[-1] else "")) for v in order]
    taken = set(wanted)
    fresh = (name for name in map("v{}".format, count(1)) if name not in taken)
    again: dict[str, Iterator[str]] = {}  # of a name that is used, others for those who come next
    names: dict[Value, str] = {}
    for v, name in zip(order, wanted, strict=True):
        if not name:
            names[v] = next(fresh)
        elif name not in again:
            names[v] = name
            again[name] = map(f"{name}_{{}}".format, count(2))
        else:
            names[v] = next(other for other in again[name] if other not in taken)
            taken.add(names[v])
    return names


def joined(terms: Sequence[str], style: Text) -> str:
    return style.plus.join(style.brackets(text) if k and text.startswith("-") else text for k, text in enumerate(terms))
