"""The mistakes that are made with the chain rule, each recognised by the number that it leads to."""

from __future__ import annotations

from math import prod

from .chain import inputs_of
from .notation import TEXT

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..value import Value
    from .chain import Chain
    from .notation import Text

    Agrees = Callable[[float, float], bool]
    Mistake = tuple[float, str]  # the number that one comes to, and what it is


class Blank:
    """A derivative that is asked for: of the whole by a Value, or of one step (`child`) by one of its inputs."""

    def __init__(self, chain: Chain, v: Value, child: Value | None = None) -> None:
        self.chain = chain
        self.v = v
        self.child = child
        self.right = chain.slope(child, v) if child else chain.derivative(v)

    def symbol(self, style: Text) -> str:
        if self.child is None:
            return self.chain.derivative_by(self.v, style)
        return self.chain.slope_by(self.child, self.v, style)

    @property
    def keys(self) -> list[str]:
        """The texts that an answer may be given under."""
        symbol = self.symbol(TEXT)
        names = [self.chain.name(self.v, TEXT)] if self.child is None else []
        return [*names, symbol, symbol.replace("∂", "d")]

    def line(self, style: Text, solved: bool) -> str:
        return f"{self.symbol(style)} = {style.number(self.right) if solved else style.blank}"


def reason(chain: Chain, blank: Blank, answer: float, known: Mapping[Blank, float | None], agrees: Agrees) -> str:
    """The likely reason of a wrong answer: the first mistake that comes to this number."""
    mistakes = of_step(chain, blank.v, blank.child) if blank.child else of_whole(chain, blank.v, known)
    for wrong, words in mistakes:
        if agrees(answer, wrong) and not agrees(wrong, blank.right):
            return words
    return in_general(chain, blank)


def in_general(chain: Chain, blank: Blank) -> str:
    """How the derivative is found, where nothing is known of the mistake."""
    if blank.child:
        moved, mover = of(chain, blank.child), of(chain, blank.v)
        return f"hold the other inputs still, and ask how much {moved} moves when {mover} does"
    children = chain.children(blank.v)
    symbols = [f"{chain.derivative_by(c, TEXT)} × {chain.slope_by(c, blank.v, TEXT)}" for c in children[:3]]
    more = " + …" if len(children) > 3 else ""
    return f"it is {' + '.join(symbols)}{more}"


def of(chain: Chain, v: Value) -> str:
    return chain.name(v, TEXT)


def others(child: Value, v: Value) -> list[Value]:
    """The inputs beside v."""
    return [x for x in inputs_of(child) if x is not v]


def of_step(chain: Chain, v: Value, child: Value) -> Iterator[Mistake]:
    """Mistakes with the derivative of one operation by one of its inputs."""
    right, name = chain.slope(child, v), of(chain, v)
    yield -right, "the sign is the other way round"
    slopes = [slope for slope in chain.slopes(child, v) if slope is not None]
    if len(slopes) > 1:
        yield slopes[0], f"{name} is an input more than once: each place adds its share"
    for other in others(child, v):
        yield chain.slope(child, other), f"that is the derivative by {of(chain, other)}, the other input"
    yield v._out, f"that is the value of {name}, not a derivative"
    yield child._out, f"that is the value of {of(chain, child)}, not a derivative"
    if right:
        yield 1 / right, "that is one divided by it: the fraction is upside down"
    whole = chain.derivative_by(v, TEXT)
    yield chain.derivative(v), f"that is {whole}, of the whole; here only this one step is asked for"
    yield 0.0, f"0 would mean that {of(chain, child)} does not move when {name} does"


def of_whole(chain: Chain, v: Value, known: Mapping[Blank, float | None]) -> Iterator[Mistake]:
    """Mistakes with the derivative of the whole by one Value."""
    right, children = chain.derivative(v), chain.children(v)
    yield from follows(chain, v, known)
    yield -right, "the sign is the other way round"
    yield from at_meeting(chain, v, children)
    for child in children:
        yield from along_arrow(chain, v, child)
    yield (
        sum(chain.slope(child, v) for child in children),
        (
            f"these are the steps' own derivatives; each is still to be multiplied by what arrives there, "
            f"{' and '.join(chain.derivative_by(child, TEXT) for child in children[:3])}"
        ),
    )
    for child in children:
        for other in others(child, v):
            yield chain.derivative(other), f"that is {chain.derivative_by(other, TEXT)}: the inputs are swapped"
    yield v._out, f"that is the value of {of(chain, v)}, not a derivative"
    yield chain.y._out, f"that is the value of {of(chain, chain.y)}, not a derivative"
    if right:
        yield 1 / right, "that is one divided by it: the fraction is upside down"
    yield 0.0, f"0 would mean that {of(chain, chain.y)} does not move when {of(chain, v)} does"


def follows(chain: Chain, v: Value, known: Mapping[Blank, float | None]) -> Iterator[Mistake]:
    """What follows from the learner's own earlier answers, of which one is wrong."""
    wholes = {blank.v: x for blank, x in known.items() if blank.child is None and x is not None}
    steps = {(blank.child, blank.v): x for blank, x in known.items() if blank.child and x is not None}
    shares, used = [], []
    for child in chain.children(v):
        arrived, slope = wholes.get(child), steps.get((child, v))
        used += [chain.derivative_by(child, TEXT)] if arrived is not None else []
        used += [chain.slope_by(child, v, TEXT)] if slope is not None else []
        arrived = chain.derivative(child) if arrived is None else arrived
        shares.append(arrived * (chain.slope(child, v) if slope is None else slope))
    if used:
        yield sum(shares), f"but it follows from your {' and '.join(used)}: set that right first"


def at_meeting(chain: Chain, v: Value, children: list[Value]) -> Iterator[Mistake]:
    """Paths forgotten, or multiplied, where several meet."""
    shares = [chain.share(child, v) for child in children]
    if len(children) < 2:
        return
    ways = [f"straight from {of(chain, c)}" if c is chain.y else f"through {of(chain, c)}" for c in children]
    for k, (share, way) in enumerate(zip(shares, ways, strict=True)):
        rest = " and ".join([*ways[:k], *ways[k + 1 :]][:3])
        yield share, f"that is only what comes {way}; what comes {rest} is to be added"
    for share, way in zip(shares, ways, strict=True):
        yield sum(shares) - share, f"what comes {way} is missing"
    yield prod(shares), "what comes along several paths is to be added, not multiplied"


def along_arrow(chain: Chain, v: Value, child: Value) -> Iterator[Mistake]:
    """Factors forgotten, or added, between a value and one that was made of it."""
    arrived, slope = chain.derivative(child), chain.slope(child, v)
    step, whole = chain.slope_by(child, v, TEXT), chain.derivative_by(child, TEXT)
    yield slope, f"that is {step} alone: multiply it by what arrives there, {whole}"
    yield arrived, f"that is what arrives, {whole}: multiply it by the step's own derivative, {step}"
    if child is not chain.y:
        yield arrived + slope, f"{whole} and {step} are to be multiplied, not added"
    if slope:
        yield arrived / slope, f"{whole} is to be multiplied by {step}, not divided by it"
