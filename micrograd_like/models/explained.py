"""Explanations as text, Markdown, HTML, plain dicts and DataFrames."""

from __future__ import annotations

from html import escape

from ..words.numbers import short
from ..words.terminal import for_terminal, left, right
from .figures import figure, with_sign
from .report import MOST_INPUTS_SHOWN, STYLE, pandas

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .explain import Explained

HEADS_OF_PARTS = ("input", "before", "after", "part", "%", "by ∂ before", "")
DOUBTFUL = 0.1  # of the largest part: with a larger error the parts say nothing
TINY_JUMP = 1e-12  # of the answers: a smaller jump is rounding


def headline_of(e: Explained) -> str:
    places = 6
    return f"{e.name} {figure(e.before, places)} → {figure(e.after, places)}: {with_sign(e.change, places)}"


def parts_in_lines(e: Explained) -> list[tuple[str, ...]]:
    """What stands in the columns, for each input and for the jumps, the largest part first."""
    found: list[tuple[str, ...]] = []
    for name, part in sorted(e.parts.items(), key=lambda item: -abs(item[1]))[:MOST_INPUTS_SHOWN]:
        before, after = (shown(x) for x in e.study.pairs[name])
        found.append(
            (short(name), before, after, with_sign(part, 5), percent(e, part), with_sign(e.first_order[name], 5), "")
        )
    if has_jump(e):
        where = "; ".join(
            ", ".join(filter(None, [jump.place, f"at {part_of_way(jump.at)} of the way"])) for jump in e.jumps[:3]
        )
        found.append(("jump", "", "", with_sign(e.jump, 5), percent(e, e.jump), "", where))
    return found


def has_jump(e: Explained) -> bool:
    """Whether the answer jumps: more than what rounding and the error of the integral leave."""
    least = 2 * e.error + e.tolerance * abs(e.change) + TINY_JUMP * max(abs(e.before), abs(e.after))
    return bool(e.jumps) or abs(e.jump) > least


def part_of_way(at: float) -> str:
    """How far on the way that is, in % and two digits."""
    return f"{round(100 * at, 6):.{2 if at < 0.99 else 3}g} %"


def percent(e: Explained, part: float) -> str:
    return f"{100 * part / e.change:.1f} %" if e.change else "–"


def shown(x: Any) -> str:
    try:
        return figure(float(x), 6) if not isinstance(x, str | bool) else short(repr(x), 16)
    except (TypeError, ValueError, OverflowError):
        return short(repr(x), 16)


def explained_in_text(e: Explained) -> str:
    """The explanation as `print` shows it."""
    lines = parts_in_lines(e)
    if not lines:
        return for_terminal(f"{headline_of(e)}\nNo input has changed.")
    adjust = [left, right, right, right, right, right, left]
    columns = zip(HEADS_OF_PARTS, *lines, strict=True)
    cells = [side([*column]) for side, column in zip(adjust, columns, strict=True)]
    text = ["  ".join(line).rstrip() for line in zip(*cells, strict=True)]
    return for_terminal("\n".join([headline_of(e), *text, *errors(e)]))


def errors(e: Explained) -> list[str]:
    """What is not shown, and what is not exact."""
    found = []
    if len(e.parts) > MOST_INPUTS_SHOWN:
        rest = sorted(map(abs, e.parts.values()), reverse=True)[MOST_INPUTS_SHOWN:]
        found.append(f"{len(rest):,} others, of {figure(rest[0], 3)} at most")
    if e.is_sampled:
        found.append(
            f"{len(e.study.switches)} switches: the mean of random orders, with an error of {figure(e.error, 2)}"
        )
        return found
    largest = max(map(abs, e.parts.values()), default=0.0)
    rounding = TINY_JUMP * max(abs(e.before), abs(e.after))
    if e.error > 1e-6 * (abs(e.change) or largest) and e.error > rounding:
        doubt = ": the parts are not to be believed" if e.error > DOUBTFUL * largest else ""
        found.append(f"the integral has an error of {figure(e.error, 2)}{doubt}")
    return found


def explained_in_markdown(e: Explained) -> str:
    """The explanation as a Markdown table."""
    rows = [HEADS_OF_PARTS, ("---", *["---:"] * 5, "---"), *parts_in_lines(e)]
    table = "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    return "\n\n".join([f"**{headline_of(e)}**", table, *errors(e)])


def explained_in_html(e: Explained) -> str:
    """The explanation as a part of a page."""
    rows = [HEADS_OF_PARTS, *parts_in_lines(e)]
    sides = [STYLE[1].replace("right", "left"), *[STYLE[1]] * 5, STYLE[1].replace("right", "left")]
    body = ""
    for k, row in enumerate(rows):
        tag = "td" if k else "th"
        cells = (f'<{tag} style="{side}">{escape(cell)}</{tag}>' for side, cell in zip(sides, row, strict=True))
        body += f"<tr>{''.join(cells)}</tr>"
    told = "".join(f"<p>{escape(text)}</p>" for text in errors(e))
    return f'<div><p><b>{escape(headline_of(e))}</b></p><table style="{STYLE[0]}">{body}</table>{told}</div>'


def explained_in_plain(e: Explained) -> dict[str, Any]:
    """The explanation in numbers, texts, lists and dicts."""
    found: dict[str, Any] = {name: getattr(e, name) for name in "name before after change jump error".split()}
    jumps = [{"size": jump.size, "at": jump.at, "place": jump.place} for jump in e.jumps]
    return found | {"parts": {**e.parts}, "first_order": {**e.first_order}, "jumps": jumps}


def explained_in_frame(e: Explained) -> Any:
    """The parts as a DataFrame."""
    rows = [
        {"before": x, "after": y, "part": e.parts[name], "first_order": e.first_order[name]}
        for name, (x, y) in e.study.pairs.items()
        if name in e.parts
    ]
    rows.append({"before": None, "after": None, "part": e.jump, "first_order": 0.0})
    return pandas().DataFrame(rows, index=pandas().Index([*e.parts, "jump"], name="input"))
