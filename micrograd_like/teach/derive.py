"""A worked derivation: the chain rule written out, with the numbers put in."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from math import fsum, isfinite, isnan, prod

from ..checked import is_real
from ..graph import topological_order
from ..pictures.scene import callers_variables
from ..value import Value
from ..words.names import first_of_many
from ..words.notation import TEXT
from ..words.numbers import counted, number, short
from ..words.terminal import for_terminal
from .chain import Chain, Route, values_in_inputs
from .notation import LATEX, each_once, in_markdown, product, total
from .sides import sides_of_whole

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeVar

    from ..words.notation import Text
    from .sides import Sides

    T = TypeVar("T")

    Line = list[str]  # what is equal: `c`, `a + b`, `3`

MOST_PATHS = 6  # that are written out one by one
MOST_VALUES_SHOWN = 24
MOST_FACTORS = 8  # in a line


def derive(y: Value, x: Value) -> Derivation:
    """Write out the chain rule: the derivative of y by x, with the numbers put in.

    >>> from micrograd_like import Value
    >>> a, b = Value(2), Value(1)
    >>> c, d = a + b, b + 1
    >>> e = c * d
    >>> derive(e, b)
    ∂e/∂b by the chain rule
    <BLANKLINE>
    Forward, the values:
      b = 1
      c = a + b = 2 + 1 = 3
      d = b + 1 = 1 + 1 = 2
      e = c × d = 3 × 2 = 6
    <BLANKLINE>
    Each step's own derivative:
      ∂(a + b)/∂b = 1
      ∂(b + 1)/∂b = 1
      ∂(c × d)/∂c = d = 2
      ∂(c × d)/∂d = c = 3
    <BLANKLINE>
    2 paths lead from e back to b; multiply along each:
      e ← c ← b: 2 × 1 = 2
      e ← d ← b: 3 × 1 = 3
    <BLANKLINE>
    Add up what the paths bring:
      ∂e/∂b = 2 + 3 = 5
    <BLANKLINE>
    When b rises a little, e rises 5 times as much.

    A notebook shows it in mathematical notation; `text`, `markdown` and `latex` are its forms, and `derivative` is the
    number, what `backward` finds. Where more than six paths lead to x, it goes from y back to x, value by value.
    Values are called by their `name`, or else by the variable that holds them, or else v1, v2, … No `grad` is written.
    Where an operation has a kink or a jump, its slopes on both sides are named, and the one that is taken.
    """
    for name, v in {"y": y, "x": x}.items():
        if not isinstance(v, Value):
            raise TypeError(not_a_value(name, v))
    return Derivation(y, x, callers_variables())


def not_a_value(name: str, given: object) -> str:
    """The error message about an argument of `derive` that is no Value."""
    hint = "make the inputs Values, as in Value(100), before you compute anything from them"
    if isinstance(given, list | tuple | dict):
        hint = "ask about one of its elements at a time"
    elif not is_real(given):
        hint = "give it what you compute from Values, and the Value by which to differentiate"
    elif name == "x":
        hint = f"make it Value({given}) before you compute y from it, since a plain number leaves no trace in y"
    return f"derive(y, x) is about two Values, the derivative of y by x, and {name} is {given!r:.60}: {hint}"


class Derivation:
    """The derivative of y by x, written out. It prints as text, and shows itself in notebooks.

    >>> x = Value(-3, "x")
    >>> worked = derive(abs(x), x)
    >>> worked.derivative, worked.meaning()
    (-1.0, 'When x rises a little, output falls just as much.')
    """

    def __init__(self, y: Value, x: Value, variables: Mapping[Value, str]) -> None:
        self.chain = Chain(y, variables)
        self.x = x
        self.derivative = self.chain.derivative(x)
        self.connected = x in self.chain.names
        if not self.connected:
            self.chain.names[x] = short(x.name or variables.get(x) or "x")

    @cached_property
    def text(self) -> str:
        """The derivation as plain text."""
        blocks = [f"{self.title(TEXT)} by the chain rule"]
        for heading, lines in self.sections(TEXT):
            blocks.append("\n  ".join([heading, *(" = ".join(each_once(line)) for line in lines)]))
        return "\n\n".join([*blocks, self.meaning()])

    @cached_property
    def latex(self) -> str:
        """Its lines as one `aligned` block of LaTeX, to stand between `$$` or in an equation.

        For names in Chinese, LaTeX needs `xelatex` and the package xeCJK, and in Markdown nothing is needed.
        """
        return aligned_in_latex([line for _, lines in self.sections(LATEX) for line in lines])

    @cached_property
    def markdown(self) -> str:
        """The derivation as Markdown, with formulas between dollar signs."""
        blocks = [f"**$\\displaystyle {self.title(LATEX)}$ by the chain rule**"]
        for heading, lines in self.sections(LATEX):
            blocks.append(f"{in_markdown(heading)}\n\n$$\n{aligned_in_latex(lines)}\n$$")
        return "\n\n".join([*blocks, in_markdown(self.meaning())])

    def __repr__(self) -> str:
        return for_terminal(self.text)

    def _repr_markdown_(self) -> str:
        return self.markdown

    @cached_property
    def route(self) -> Route:
        return Route(self.chain, self.x)

    def title(self, style: Text) -> str:
        return self.chain.derivative_by(self.x, style)

    def sections(self, style: Text) -> Iterator[tuple[str, list[Line]]]:
        """The sections, each a heading and its lines; a line is a list of equal expressions."""
        if not self.connected or self.x is self.chain.y:
            yield self.at_once(), [[self.title(style), style.number(self.derivative)]]
            return
        route = self.route
        lines = [self.chain.definition(v, style) for v in first_and_last(route.values, MOST_VALUES_SHOWN)]
        yield "Forward, the values:", with_gap(lines, len(route.values), style)
        yield "Each step's own derivative:", slope_lines(route, style)
        if route.count == 1:
            yield "Multiply along the path:", [self.along_the_path(next(route.paths()), style)]
        elif route.count <= MOST_PATHS:
            yield from self.over_paths(route, style)
        else:
            yield from self.value_by_value(route, style)

    def at_once(self) -> str:
        """The heading where there is no path to walk."""
        y, x = self.chain.name(self.chain.y, TEXT), self.chain.name(self.x, TEXT)
        if self.connected:
            return "A value answers to itself one to one:"
        if any(v is self.chain.y for v in topological_order(self.x)):
            return f"{y} was not computed from {x}, but {x} from {y}: did you mean derive({x}, {y})?"
        return f"{y} was not computed from {x}; why({x}, {y}) looks for the reason:"

    def along_the_path(self, path: Sequence[Value], style: Text) -> Line:
        """`∂y/∂x`, `∂y/∂v × ∂v/∂x`, `2 × 3`, `6`."""
        symbols = [style.partial(*names) for names in pairwise(self.chain.name(v, style) for v in path)]
        line = [self.title(style), style.times.join(with_dots(symbols, style))]
        if len(symbols) <= MOST_FACTORS:
            line.append(self.factors(path, self.derivative, style))
        return [*line, style.number(self.derivative)]

    def factors(self, path: Sequence[Value], share: float, style: Text) -> str:
        """The numbers that are multiplied along a path."""
        slopes = self.route.slopes_along(path)
        return product(style, slopes) if comes_to(prod(slopes), share) else style.words("nothing goes through")

    def over_paths(self, route: Route, style: Text) -> Iterator[tuple[str, list[Line]]]:
        """Each path as a product, and their sum."""
        y, x = self.chain.name(self.chain.y, TEXT), self.chain.name(self.x, TEXT)
        shares = route.shares
        lines = [self.path_line(path, share, style) for path, share in zip(route.paths(), shares, strict=True)]
        yield f"{len(shares)} paths lead from {y} back to {x}; multiply along each:", lines
        yield (
            "Add up what the paths bring:",
            [[self.title(style), total(style, shares), style.number(self.derivative)], *self.rounding(shares, style)],
        )

    def path_line(self, path: Sequence[Value], share: float, style: Text) -> Line:
        """`y ← v ← x: 2 × 3`, `6`."""
        names = [self.chain.name(v, style) for v in path]
        line = style.arrow.join(with_dots(names, style)) + ":"
        if len(names) > MOST_FACTORS:
            return [f"{line} {style.number(share)}"]
        return [f"{line} {self.factors(path, share, style)}", style.number(share)]

    def rounding(self, shares: Sequence[float], style: Text) -> list[Line]:
        """A line with the sum rounded only once, where the sum of floats is another number."""
        exact = unrounded(shares, self.derivative)
        known = exact == self.derivative or not isfinite(exact)
        return [] if known else [[style.words("without rounding"), style.number(exact)]]

    def value_by_value(self, route: Route, style: Text) -> Iterator[tuple[str, list[Line]]]:
        """The derivatives of y by all on the way, from y back to x."""
        y, x = self.chain.name(self.chain.y, TEXT), self.chain.name(self.x, TEXT)
        many = f"{route.count:.0f}" if route.count < 1e6 else "more than a million"
        back = route.values[-2::-1]
        lines = with_gap([self.arriving(v, style) for v in first_and_last(back, MOST_VALUES_SHOWN)], len(back), style)
        yield (
            f"{many} paths lead from {y} back to {x}; add up at every value on the way what its children hand back:",
            [[self.chain.derivative_by(self.chain.y, style), "1"], *lines],
        )

    def arriving(self, v: Value, style: Text) -> Line:
        """The derivative of y by v as the sum over v's children: `∂y/∂c × ∂(a + b)/∂a + …`."""
        chain, children = self.chain, self.chain.children(v)
        if len(children) > MOST_FACTORS:
            what = style.words(f"the sum of {len(children)} shares")
            return [chain.derivative_by(v, style), what, style.number(chain.derivative(v))]
        symbols = [chain.derivative_by(c, style) + style.times + chain.slope_by(c, v, style) for c in children]
        factors = [(chain.derivative(c), chain.slope(c, v)) for c in children]
        terms = [style.plus.join(symbols), style.plus.join(product(style, pair) for pair in factors)]
        if not comes_to(sum(map(prod, factors)), chain.derivative(v)):
            terms.pop()
        return [chain.derivative_by(v, style), *terms, style.number(chain.derivative(v))]

    # what the number says, in words

    def meaning(self) -> str:
        """The last sentence: how y moves when x does."""
        y, x = self.chain.name(self.chain.y, TEXT), self.chain.name(self.x, TEXT)
        if not self.connected:
            return f"As far as was recorded, no change of {x} moves {y}."
        if not isfinite(self.derivative):
            return f"why({x}, {y}) says where the {number(self.derivative)} comes from."
        for name, v in {x: self.x, y: self.chain.y}.items():
            if not isfinite(here := self.chain.number(v)):
                taken = number(self.derivative)
                return f"{name} is {number(here)}, where nothing rises or falls; {taken} is what the rules answer."
        if self.sides and (self.sides.turns or self.sides.jumps or self.sides.differs):
            return self.at_kink(self.sides) + self.proviso()
        return self.when_x_rises() + self.proviso()

    def when_x_rises(self) -> str:
        """`When x rises a little, y rises 2 times as much`, without the point."""
        y, x = self.chain.name(self.chain.y, TEXT), self.chain.name(self.x, TEXT)
        d = self.unrounded
        start = "" if d == self.derivative else "Without rounding: "
        if d == 0:
            return f"To first order, a small change of {x} does not move {y}"
        way = "rises" if d > 0 else "falls"
        much = "just as much" if number(abs(d)) == "1" else f"{number(abs(d))} times as much"
        return f"{start}When {x} rises a little, {y} {way} {much}"

    def at_kink(self, sides: Sides) -> str:
        """The same where there is a kink or a jump, and so no derivative in the strict sense."""
        y, x = self.chain.name(self.chain.y, TEXT), self.chain.name(self.x, TEXT)
        place = f"{x} = {number(self.chain.number(self.x))}"
        taken = f"{number(self.derivative)} is taken here, by the {self.rules()}"
        if sides.jumps:
            return f"At {place}, {y} jumps and has no derivative; {taken}"
        if isnan(sides.below) or isnan(sides.above):
            return f"At {place}, {y} may have a kink; {taken}"
        if sides.turns:
            slopes = f"its slope is {number(sides.below)} below and {number(sides.above)} above"
            return f"At {place}, {y} has a kink: {slopes}; {taken}"
        return f"At {place}, the slope of {y} is {number(sides.below)} on both sides, where kinks cancel; {taken}"

    def proviso(self) -> str:
        """The end of the sentence: a point, or the proviso that a condition which is a plain number stays as it is."""
        ops = [v.op for v in self.route.values if v.op and type(v.parents[0]) is float and v.op.letters[:1] == ("c",)]
        return f", as long as the condition of {ops[0].called} stays as it is." if ops else "."

    def rules(self) -> str:
        """The operations whose rules choose, since they have a kink or a jump: `rules of abs and relu`."""
        kinked = self.route.kinked
        ops = [v.op for v in [v for v in kinked if v in self.route.taken] or kinked if v.op]
        names = list(dict.fromkeys(op.label if op.infix else op.called for op in ops))
        if len(names) == 1:
            return f"rule of {names[0]}"
        return f"rules of {first_of_many(names) if len(names) > 3 else ', '.join(names[:-1]) + f' and {names[-1]}'}"

    @cached_property
    def sides(self) -> Sides | None:
        """The slopes of y on both sides of x, if some operation on the way has a kink or a jump."""
        return sides_of_whole(self.route, self.derivative)

    @cached_property
    def unrounded(self) -> float:
        """The derivative as the sum over its paths, rounded only once, if these are few."""
        if self.x is self.chain.y or not 1 < self.route.count <= MOST_PATHS:
            return self.derivative
        return unrounded(self.route.shares, self.derivative)


def unrounded(shares: Sequence[float], rounded: float) -> float:
    """The sum of the shares, rounded only once, if that differs by more than a last digit from the sum of floats."""
    try:
        exact = fsum(shares)
    except (OverflowError, ValueError):  # ValueError: of ∞ − ∞
        return rounded
    return rounded if not isfinite(exact) or abs(exact - rounded) <= 1e-6 * abs(exact) else exact


def slope_lines(route: Route, style: Text) -> list[Line]:
    """Lines about the local derivatives of the first steps."""
    chain = route.chain
    known = set(route.values[: MOST_VALUES_SHOWN + 1])
    pairs = [
        (child, v) for child in route.values[1 : MOST_VALUES_SHOWN + 1] for v in values_in_inputs(child) if v in known
    ]
    lines = [[chain.slope_by(c, v, style), *chain.slope_steps(c, v, style)] for c, v in pairs[:MOST_VALUES_SHOWN]]
    more = len(route.values) - 1 > MOST_VALUES_SHOWN or len(pairs) > MOST_VALUES_SHOWN
    return [*lines, [style.words("… and so on")]] if more else lines


def first_and_last(items: Sequence[T], most: int) -> list[T]:
    """The first of many and the last."""
    return list(items) if len(items) <= most else [*items[: most - 1], items[-1]]


def with_dots(texts: Sequence[str], style: Text) -> list[str]:
    """The texts; of too many for a line, the first ones, dots, and the last."""
    return list(texts) if len(texts) <= MOST_FACTORS else [*texts[: MOST_FACTORS - 1], style.dots, texts[-1]]


def comes_to(written: float, handed_down: float) -> bool:
    """Whether the product of the factors is the share: it is nan where ∞ meets a branch not taken, whose share is 0."""
    return isnan(handed_down) or not isnan(written)


def with_gap(lines: list[Line], of: int, style: Text) -> list[Line]:
    """The lines; if there are fewer than `of`, the number of those left out stands before the last."""
    left_out = of - len(lines)
    told = style.words(f"… {counted(left_out, 'more value')}")
    return [*lines[:-1], [told], lines[-1]] if left_out else lines


# the forms


def aligned_in_latex(lines: Sequence[Line]) -> str:
    """Lines of LaTeX below each other, aligned at the first `=`."""
    rows = [" &= ".join([line[0], " = ".join(each_once(line)[1:])]) if len(line) > 1 else line[0] for line in lines]
    return "\\begin{aligned}\n" + " \\\\[6pt]\n".join(rows) + "\n\\end{aligned}"
