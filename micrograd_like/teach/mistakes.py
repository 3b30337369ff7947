"""The mistakes that are made with the chain rule, each recognised by the number that it leads to."""

from __future__ import annotations

from math import nan, prod

from ..words.notation import TEXT
from .answers import agrees
from .chain import Route, values_in_inputs
from .sides import sides_of_whole

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..value import Value
    from ..words.notation import Text
    from .chain import Chain

    Known = Mapping["Blank", float | None]  # the learner's own answers; None: something that is no number
    Mistake = tuple[float, str]  # the number that one comes to, and what it is


class Blank:
    """A derivative that is asked for: of the whole by a Value, or of one step (`child`) by one of its inputs."""

    def __init__(self, chain: Chain, v: Value, child: Value | None = None) -> None:
        self.chain = chain
        self.v = v
        self.child = child
        self.right = chain.derivative(v) if child is None else chain.slope(child, v)
        self.sides = None if child is None else chain.sides(child, v)

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

    def line(self, solved: bool) -> str:
        """`∂(a × b)/∂a = ____`, and what is to be known of a kink."""
        if solved:
            return f"{self.symbol(TEXT)} = {TEXT.number(self.right)}{self.sides.remark(TEXT) if self.sides else ''}"
        return f"{self.symbol(TEXT)} = ____ {self.hint()}".rstrip()

    def hint(self) -> str:
        """What has to be known to answer at a kink."""
        return f"({self.sides.convention()})" if self.sides else ""


def reason(chain: Chain, blank: Blank, answer: float, known: Known) -> str:
    """The likely reason of a wrong answer: the first mistake that comes to this number."""
    if blank.sides and blank.sides.admit(answer):
        return blank.sides.explained()
    mistakes = of_whole(chain, blank.v, known) if blank.child is None else of_step(chain, blank.v, blank.child, known)
    for wrong, words in mistakes:
        if agrees(answer, wrong) and not agrees(wrong, blank.right):
            return words
    return in_general(chain, blank)


def in_general(chain: Chain, blank: Blank) -> str:
    """How the derivative is found, where nothing is known of the mistake."""
    if blank.child is not None:
        moved, mover = of(chain, blank.child), of(chain, blank.v)
        return f"hold the other inputs still, and ask how much {moved} moves when {mover} does"
    children = chain.children(blank.v)
    symbols = [share_by(chain, child, blank.v) for child in children[:3]]
    more = " + …" if len(children) > 3 else ""
    return f"it is {' + '.join(symbols)}{more}"


def share_by(chain: Chain, child: Value, v: Value) -> str:
    """The symbols of what comes to v through one of its children; the factor ∂y/∂y is left out."""
    step = chain.slope_by(child, v, TEXT)
    return step if child is chain.y else f"{chain.derivative_by(child, TEXT)}{TEXT.times}{step}"


def has_answer(known: Known, v: Value, child: Value | None = None) -> bool:
    """Whether a blank has an answer: a hint that named one still open would give its right answer away."""
    return any(blank.v is v and blank.child is child and x is not None for blank, x in known.items())


def of(chain: Chain, v: Value) -> str:
    """What a hint calls a Value."""
    return chain.name(v, TEXT)


def other_inputs(child: Value, v: Value) -> list[Value]:
    """The inputs beside v."""
    return [x for x in values_in_inputs(child) if x is not v]


def of_step(chain: Chain, v: Value, child: Value, known: Known) -> Iterator[Mistake]:
    """Mistakes with the derivative of one operation by one of its inputs."""
    right, name = chain.slope(child, v), of(chain, v)
    yield -right, "the sign is the other way round"
    yield from one_place(chain, v, child, 1.0)
    for other in other_inputs(child, v):
        if has_answer(known, other, child):
            yield chain.slope(child, other), f"that is the derivative by {of(chain, other)}, the other input"
    yield from no_derivatives(chain, v, child)
    yield from upside_down(right)
    if has_answer(known, v):
        whole = chain.derivative_by(v, TEXT)
        yield chain.derivative(v), f"that is {whole}, of the whole; here only this one step is asked for"
    yield 0.0, f"0 would mean that {of(chain, child)} does not move when {name} does"


def of_whole(chain: Chain, v: Value, known: Known) -> Iterator[Mistake]:
    """Mistakes with the derivative of the whole by one Value."""
    right, children = chain.derivative(v), chain.children(v)
    yield from follows(chain, v, known)
    yield from at_kink(chain, v)
    yield -right, "the sign is the other way round"
    yield from at_meeting(chain, v, children, known)
    for child in children:
        yield from one_place(chain, v, child, chain.derivative(child))
        if child is not chain.y:
            yield from along_arrow(chain, v, child, known)
    yield from not_multiplied(chain, v, children)
    for other in [other for child in children for other in other_inputs(child, v)]:
        if has_answer(known, other):
            yield chain.derivative(other), f"that is {chain.derivative_by(other, TEXT)}: the inputs are swapped"
    yield from no_derivatives(chain, v, chain.y)
    yield from upside_down(right)
    yield 0.0, f"0 would mean that {of(chain, chain.y)} does not move when {of(chain, v)} does"


def one_place(chain: Chain, v: Value, child: Value, arrived: float) -> Iterator[Mistake]:
    """The share of the first place alone, where an operation has v as an input more than once."""
    slopes = [slope for slope in chain.slopes(child, v) if slope is not None]
    if len(slopes) > 1:
        yield arrived * slopes[0], f"{of(chain, v)} is an input more than once: each place adds its share"


def no_derivatives(chain: Chain, *values: Value) -> Iterator[Mistake]:
    """A value given in the place of a derivative."""
    for v in values:
        yield chain.number(v), f"that is the value of {of(chain, v)}, not a derivative"


def upside_down(right: float) -> Iterator[Mistake]:
    """One divided by the right answer."""
    if right:
        yield 1 / right, "that is one divided by it: the fraction is upside down"


def not_multiplied(chain: Chain, v: Value, children: list[Value]) -> Iterator[Mistake]:
    """The steps' own derivatives added up as they are."""
    arriving = " and ".join(chain.derivative_by(child, TEXT) for child in children[:3] if child is not chain.y)
    words = f"these are the steps' own derivatives; each is still to be multiplied by what arrives there, {arriving}"
    yield sum(chain.slope(child, v) for child in children), words


def at_kink(chain: Chain, v: Value) -> Iterator[Mistake]:
    """A slope of one of the sides, where an operation on the way has a kink."""
    route = Route(chain, v)
    sides = sides_of_whole(route, chain.derivative(v))
    if sides is None or not (sides.turns or sides.differs or sides.jumps):
        return
    if sides.jumps:
        words = "at this point there is a jump, and no derivative; take at each step what is taken there"
    else:
        words = f"at this point the slope is {sides.words()}; take at each step what is taken at its kink"
    for slope in (sides.below, sides.above, nan):
        yield slope, words


def follows(chain: Chain, v: Value, known: Known) -> Iterator[Mistake]:
    """What follows from the learner's own earlier answers, of which some are wrong."""
    given = {(blank.child, blank.v): answer for blank, answer in known.items()}
    shares, wrong = [], []
    for child in chain.children(v):
        arriving = chain.derivative_by(child, TEXT), chain.derivative(child), given.get((None, child))
        step = chain.slope_by(child, v, TEXT), chain.slope(child, v), given.get((child, v))
        share = 1.0
        for symbol, right, answer in (arriving, step):
            wrong += [symbol] if answer is not None and not agrees(answer, right) else []
            share *= right if answer is None else answer
        shares.append(share)
    if wrong:
        these = "that" if len(wrong) == 1 else "these"
        yield sum(shares), f"but it follows from your {' and '.join(wrong)}: set {these} right first"


def at_meeting(chain: Chain, v: Value, children: list[Value], known: Known) -> Iterator[Mistake]:
    """Paths forgotten, or multiplied, where several meet."""
    shares = [chain.share(child, v) for child in children]
    if len(children) < 2:
        return
    ways = [f"straight from {of(chain, c)}" if c is chain.y else f"through {of(chain, c)}" for c in children]
    for k, (child, share, way) in enumerate(zip(children, shares, ways, strict=True)):
        rest = " and ".join([*ways[:k], *ways[k + 1 :]][:3])
        if child is chain.y and not has_answer(known, v, child):  # this share is that step's own derivative
            yield share, f"what comes {rest} is missing"
        else:
            yield share, f"that is only what comes {way}; what comes {rest} is to be added"
    for share, way in zip(shares, ways, strict=True):
        yield sum(shares) - share, f"what comes {way} is missing"
    yield prod(shares), "what comes along several paths is to be added, not multiplied"


def along_arrow(chain: Chain, v: Value, child: Value, known: Known) -> Iterator[Mistake]:
    """Factors forgotten, or added, between a value and one that was made of it."""
    arrived, slope = chain.derivative(child), chain.slope(child, v)
    step, whole = chain.slope_by(child, v, TEXT), chain.derivative_by(child, TEXT)
    if has_answer(known, v, child):
        yield slope, f"that is {step} alone: multiply it by what arrives there, {whole}"
    else:
        yield slope, "that is this step's own derivative alone: multiply it by what arrives"
    if has_answer(known, child):
        yield arrived, f"that is what arrives, {whole}: multiply it by the step's own derivative, {step}"
    else:
        yield arrived, "that is what arrives alone: multiply it by this step's own derivative"
    yield arrived + slope, f"{whole} and {step} are to be multiplied, not added"
    if slope:
        yield arrived / slope, f"{whole} is to be multiplied by {step}, not divided by it"
