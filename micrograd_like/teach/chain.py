"""The chain rule between two Values, taken apart: what lies between them, the steps' own derivatives, the paths."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

from ..diagnose.flow import Flow
from ..diagnose.local import branch_begins
from ..value import Value, met
from ..words.notation import TEXT
from ..words.numbers import fresh_names, short, told_apart
from .formulas import comes_by_hand, formula_of, numbers_in, slope_formula
from .notation import bracketed, term_in_style
from .sides import sides_of_step

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..words.notation import Text
    from .sides import Sides

LONGEST_SYMBOL = 60  # characters
MOST_PLACES = 3  # of one Value among the inputs of an operation


class Chain:
    """A Value y, all that it was computed from, each under a name of its own, and the derivatives of y."""

    def __init__(self, y: Value, variables: Mapping[Value, str]) -> None:
        self.y = y
        self.flow = Flow(y, variables)
        self.order = self.flow.order
        self.names = names_in_chain(self.order, variables)

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

    def handed_down(self, path: Sequence[Value]) -> float:
        """What comes down a path from y: 0 through a branch not taken, even of ∞, where a product would be nan."""
        arriving = 1.0
        for child, v in pairwise(path):
            closure = child._backward
            answers = closure(arriving) if closure else ()
            shares = [g for g, x in zip(answers, child.parents, strict=True) if x is v and g is not None]
            if not shares:
                return 0.0
            arriving = float(sum(shares))
        return arriving

    def share(self, child: Value, v: Value) -> float:
        """What comes back to v through one operation; 0 through a branch not taken, whatever arrives there."""
        return 0.0 if set(self.slopes(child, v)) == {None} else self.derivative(child) * self.slope(child, v)

    def takes(self, child: Value, v: Value) -> bool:
        """Whether v had a part in the answer of an operation: on a branch that was taken, or as the condition."""
        return set(self.slopes(child, v)) != {None} or self.chooses(child, v)

    def chooses(self, child: Value, v: object) -> bool:
        """Whether v is the condition of an operation: it has no derivative there, but says which branch is taken."""
        return child.op is not None and child.op.letters[:1] == ("c",) and child.parents[0] is v

    def sides(self, child: Value, v: Value) -> Sides | None:
        """The slopes of one operation on both sides of v, if it has a kink or a jump there."""
        if child.op is None or not branch_begins(child.op, met(child)):
            return None
        return sides_of_step(child, v, self.slope(child, v))

    def numbers(self, v: Value) -> list[float]:
        """The number of v; if its `data` was written, also those that later operations met."""
        met_later = [met(child)[k] for child, k in self.flow.uses.get(v, ())]
        return list(dict.fromkeys([v._out, *met_later] if v.op else met_later or [v.data]))

    def number(self, v: Value) -> float:
        """The number of v that was recorded first."""
        return self.numbers(v)[0]

    # in words

    def name(self, v: Value, style: Text) -> str:
        """What v is called; no other Value of the chain is called the same."""
        return style.name(self.names.get(v) or v.name or "")

    def definition(self, v: Value, style: Text) -> list[str]:
        """`c`, `a + b`, `2 + 1`, `3`: what it is called, how it was computed, on which numbers, its value."""
        name, value = self.name(v, style), style.number(self.number(v)) + self.written_since(v, style)
        if v.op is None:
            return [name, value]
        return [name, self.formula(v, style), with_numbers(formula_of(v), v, style), value]

    def written_since(self, v: Value, style: Text) -> str:
        """What was written to the `data` of v since: ` (later set to 5)`, ` (it holds 7 now)`."""
        first, *later = self.numbers(v)
        text = ""
        if later:
            text += style.words(" (later set to ") + ", ".join(map(style.number, later)) + style.words(")")
        if TEXT.number(v.data) != TEXT.number([first, *later][-1]):
            text += style.words(" (it holds ") + style.number(v.data) + style.words(" now)")
        return text

    def formula(self, v: Value, style: Text) -> str:
        return term_in_style(formula_of(v), style, lambda x: self.name(x, style))

    def derivative_by(self, v: Value, style: Text) -> str:
        return style.partial(self.name(self.y, style), self.name(v, style))

    def slope_by(self, child: Value, v: Value, style: Text) -> str:
        """The symbol of an operation's local derivative: `∂(a + b)/∂a`, where that of the whole is `∂e/∂a`."""
        formula, name = self.formula(child, style), self.name(v, style)
        if len(self.formula(child, TEXT)) > LONGEST_SYMBOL:
            return style.partial(self.name(child, style), name)
        assert child.op
        infix = child.op.is_sign
        return style.partial(style.brackets(formula) if infix else formula, name)

    def slope_steps(self, child: Value, v: Value, style: Text) -> list[str]:
        """`d`, `2`: the formula of an operation's local derivative, then in numbers, then the result."""
        number, remark = style.number(self.slope(child, v)), self.remark(child, v, style)
        steps = [step for step in self.slope_formulas(child, v, style) if len(step) <= 3 * LONGEST_SYMBOL]
        return [*(step for step in steps if step != number), number + remark]

    def slope_formulas(self, child: Value, v: Value, style: Text) -> list[str]:
        """The formula in names, and in numbers too if five digits of these lead to the same result; none at a kink."""
        sides = self.sides(child, v)
        places = [k for k, x in enumerate(child.parents) if x is v]
        terms = [slope_formula(child, k) for k in places]
        if None in terms or len(terms) > MOST_PLACES or (sides and sides.turns):
            return []
        names = [term_in_style(term, style, lambda x: self.name(x, style)) for term in terms]
        formulas = [style.plus.join(bracketed(names, style))]
        slopes = [self.flow.slope((child, k)) or 0.0 for k in places]
        if all(comes_by_hand(term, child, slope) for term, slope in zip(terms, slopes, strict=True)):
            formulas.append(style.plus.join(bracketed([with_numbers(term, child, style) for term in terms], style)))
        return formulas

    def remark(self, child: Value, v: Value, style: Text) -> str:
        """The remark on an operation's local derivative: a kink, a jump, a branch not taken."""
        if sides := self.sides(child, v):
            return sides.remark(style)
        if set(self.slopes(child, v)) != {None}:
            return ""
        return style.words(" (it only chooses the branch)" if self.chooses(child, v) else " (the branch not taken)")


def values_in_inputs(v: Value) -> list[Value]:
    """The Values that an operation was applied to, each once."""
    return list(dict.fromkeys(x for x in v.parents if isinstance(x, Value)))


class Route:
    """The part of a chain that lies between y and one Value x that y was computed from."""

    def __init__(self, chain: Chain, x: Value) -> None:
        self.chain = chain
        self.x = x
        self.values = chain.flow.from_here(x)  # x first, y last

    @cached_property
    def kinked(self) -> list[Value]:
        """The operations that have a kink or a jump at the numbers that they met."""
        within = set(self.values)
        suspects = [v for v in self.values[1:] if v.op and branch_begins(v.op, met(v))]
        return [v for v in suspects if any(self.chain.sides(v, x) for x in values_in_inputs(v) if x in within)]

    @cached_property
    def taken(self) -> set[Value]:
        """The Values on those paths between x and y that go through no branch not taken."""
        chain, from_x, to_y = self.chain, {self.x}, {self.chain.y}
        for v in self.values[1:]:
            if any(x in from_x and chain.takes(v, x) for x in values_in_inputs(v)):
                from_x.add(v)
        for v in reversed(self.values[:-1]):
            if any(child in to_y and chain.takes(child, v) for child in chain.children(v)):
                to_y.add(v)
        return from_x & to_y

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

    @cached_property
    def shares(self) -> list[float]:
        """What comes down each path."""
        return [self.chain.handed_down(path) for path in self.paths()]

    def slopes_along(self, path: Sequence[Value]) -> list[float]:
        """The local derivatives of the steps from y to x."""
        return [self.chain.slope(child, v) for child, v in pairwise(path)]


def names_in_chain(order: Sequence[Value], variables: Mapping[Value, str]) -> dict[Value, str]:
    """A name for each Value, no two alike: its own, its variable's, or v1, v2, …"""
    known = told_apart([short(v.name or variables.get(v) or ("output" if v is order[-1] else "")) for v in order])
    fresh = fresh_names(known)
    return {v: name or next(fresh) for v, name in zip(order, known, strict=True)}


def with_numbers(term: object, child: Value, style: Text) -> str:
    """A formula with the numbers put in that the operation met."""
    numbers = numbers_in(child)
    return term_in_style(term, style, lambda x: style.number(numbers.get(x, x.data)))
