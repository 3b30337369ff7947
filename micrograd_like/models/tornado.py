"""The tornado: what the answer becomes when each input moves by its standard uncertainty, as a picture."""

from __future__ import annotations

from html import escape
from math import ceil, floor, isfinite, log10

from ..pictures.palette import LIGHT, dark_mode
from ..words.numbers import short
from .draws import numbers_answered
from .figures import figure, with_u

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .sensitivities import InputReport, Sensitivities

WIDTH, NAMES, RIGHT, TOP, LINE = 760, 190, 24, 56, 30  # pixels
MOST_BARS = 20
DOWN, UP, INK, GREY, RULE = (LIGHT[role] for role in ("value", "derivative", "ink", "inner name", "arrow"))
CARD = LIGHT["card"]
CLASS = "mgl-tornado"


class Bar:
    """One input: the answers with it moved down and up, and where the straight line puts them."""

    def __init__(self, r: Sensitivities, row: InputReport, is_sure: bool) -> None:
        self.row = row
        self.step = abs(row.value) / 100 if is_sure else row.u
        self.answers = [answer_at(r, row, sign * self.step) for sign in (-1, 1)]
        slopes = row.slopes or (row.derivative, row.derivative)
        self.line = [r.value + sign * slope * self.step for sign, slope in zip((-1, 1), slopes, strict=True)]
        self.text = figure(row.value, 6) + " ± 1 %" if is_sure else " ± ".join(with_u(row.value, row.u))

    def numbers(self) -> list[float]:
        return [x for x in (*self.answers, *self.line) if isfinite(x)]

    def reach(self, middle: float) -> float:
        return max((abs(x - middle) for x in self.numbers()), default=0.0)

    def is_one_sided(self, middle: float) -> bool:
        low, high = self.answers
        return (low - middle) * (high - middle) > 0


def answer_at(r: Sensitivities, row: InputReport, move: float) -> float:
    """The model's answer with one input moved; nan if it has none there."""
    inputs = r.study.inputs
    k = inputs.names.index(row.name)
    numbers = [*inputs.numbers[:k], inputs.numbers[k] + move, *inputs.numbers[k + 1 :]]
    try:
        return numbers_answered(inputs.call(numbers))[r.k]
    except (ArithmeticError, ValueError, TypeError, IndexError):
        return float("nan")


def bars_of(r: Sensitivities) -> list[Bar]:
    """The bars, the longest first."""
    places = {r.study.inputs.names[k] for k in r.joint.places}
    rows = [row for row in r.inputs.values() if (row.u if places else row.value and not row.note)]
    rows = sorted(rows, key=lambda row: -abs(row.share) or -abs(row.elasticity))[:MOST_BARS]
    return sorted((Bar(r, row, not places) for row in rows), key=lambda bar: -bar.reach(r.value))


class Axis:
    """From answers to pixels."""

    def __init__(self, numbers: list[float]) -> None:
        low, high = min(numbers), max(numbers)
        pad = (high - low or abs(low) or 1.0) * 0.14
        self.low, self.high = low - pad, high + pad

    def __call__(self, x: float) -> float:
        return NAMES + (x - self.low) / (self.high - self.low) * (WIDTH - NAMES - RIGHT)

    def ticks(self, count: int = 5) -> Iterator[float]:
        step = 10.0 ** floor(log10((self.high - self.low) / count))
        step *= next(k for k in (1, 2, 5, 10) if (self.high - self.low) / (step * k) <= count)
        yield from (k * step for k in range(ceil(self.low / step), floor(self.high / step) + 1))


def tornado_of(r: Sensitivities) -> str:
    """The picture as one `<svg>` element, which scales, and follows light and dark mode."""
    bars = bars_of(r)
    axis = Axis([r.value, *(x for bar in bars for x in bar.numbers())]) if isfinite(r.value) else Axis([0.0])
    base = TOP + 8 + LINE * len(bars)
    parts = [*frame(r, axis, base)]
    for k, bar in enumerate(bars):
        parts += [*lines_of_bar(r, bar, axis, TOP + LINE * k)]
    if isfinite(r.value):
        x = axis(r.value)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="50" y2="{base}" stroke="{INK}" stroke-width="1.5"/>')
    label = escape(f"{r.name}: what moves it, {', '.join(bar.row.name for bar in bars[:8])}", quote=True)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="{CLASS}" viewBox="0 0 {WIDTH} {base + 30}" role="img" '
    head += f'aria-label="{label}" font-family="Helvetica,Arial,sans-serif" font-size="13">'
    return "\n".join([head, f"<style>{dark_mode('.' + CLASS)}</style>", *parts, "</svg>"])


def frame(r: Sensitivities, axis: Axis, base: int) -> Iterator[str]:
    """The ground, the title and the ticks."""
    from .report import headline

    yield f'<rect width="{WIDTH}" height="{base + 30}" fill="{CARD}"/>'
    title = headline(r)
    yield f'<text x="16" y="22" fill="{INK}" font-weight="bold">{escape(title)}</text>'
    by = "its standard uncertainty" if r.joint.places else "1 %"
    yield (
        f'<text x="16" y="40" fill="{GREY}" font-size="12">each input moved by {by}, <tspan fill="{DOWN}">down</tspan> '
        f'or <tspan fill="{UP}">up</tspan>; ◇ is where the straight line puts it</text>'
    )
    for tick in axis.ticks():
        x = axis(tick)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="50" y2="{base}" stroke="{RULE}" stroke-opacity=".25"/>'
        text = figure(tick, 5)
        yield f'<text x="{x:.1f}" y="{base + 18}" text-anchor="middle" fill="{GREY}" font-size="12">{text}</text>'


def lines_of_bar(r: Sensitivities, bar: Bar, axis: Axis, y: int) -> Iterator[str]:
    """The name of an input, and what it does down and up; halves below each other where both go to one side."""
    name, value = escape(short(bar.row.name, 14)), escape(bar.text)
    yield (
        f'<text x="{NAMES - 12}" y="{y + 15}" text-anchor="end" fill="{INK}">{name} '
        f'<tspan fill="{GREY}" font-size="12">{value}</tspan></text>'
    )
    stacked, middle = bar.is_one_sided(r.value), axis(r.value)
    edge: float
    for side, (x, line, colour) in enumerate(zip(bar.answers, bar.line, (DOWN, UP), strict=True)):
        at, top = bar.row.value + (2 * side - 1) * bar.step, y + 1 + (9 * side if stacked else 0)
        diamond = axis(line) if isfinite(line) else middle
        if not isfinite(x):
            what = f"{'no answer' if x != x else figure(x, 3)} {'above' if side else 'below'}"
            edge = WIDTH - RIGHT if side else NAMES
            anchor = "end" if side else "start"
            yield f'<text x="{edge}" y="{y + 14}" text-anchor="{anchor}" font-size="11" fill="{colour}">{what}</text>'
            continue
        end = axis(x)
        start, width, height = min(middle, end), max(abs(end - middle), 1), 9 if stacked else 18
        title = escape(f"{bar.row.name} = {figure(at, 6)}: {figure(x, 6)}")
        yield (
            f'<rect x="{start:.1f}" y="{top}" width="{width:.1f}" height="{height}" fill="{colour}" '
            f'fill-opacity=".9"><title>{title}</title></rect>'
        )
        left = x < r.value
        edge = min(end, diamond - 6) - 5 if left else max(end, diamond + 6) + 5
        baseline = y + 9 + 9 * side if stacked else y + 14
        anchor = "end" if left else "start"
        yield (
            f'<text x="{edge:.1f}" y="{baseline}" text-anchor="{anchor}" font-size="11" fill="{colour}">'
            f"{figure(x, 4)}</text>"
        )
        yield f'<path d="M{diamond:.1f} {y + 5}l5 5l-5 5l-5 -5z" fill="{CARD}" stroke="{INK}"/>'
