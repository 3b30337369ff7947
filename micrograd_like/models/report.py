"""Reports as text, Markdown, HTML, plain dicts and DataFrames."""

from __future__ import annotations

from html import escape
from math import isfinite

from ..words.numbers import short
from ..words.terminal import for_terminal, left, right
from .figures import figure, with_sign, with_u

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .estimates import Estimate
    from .sensitivities import InputReport, Sensitivities, SeveralSensitivities

MOST_INPUTS_SHOWN = 20
LONGEST_BAR = 12
NONE = "–"
COLUMNS = {
    "input": left,
    "value": right,
    "u": right,
    "dof": right,
    "∂/∂input": right,
    "%/%": right,
    "moves it by": right,
    "share": right,
    "": left,
    "note": left,
}
STYLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums",
    "padding:2px 10px;text-align:right;white-space:nowrap",
)


# parts of a report


def headline(r: Sensitivities) -> str:
    """The answer with its uncertainty; what a report begins with."""
    if not (r.joint.places and isfinite(r.value)):
        return f"{r.name} = {'nan' if r.value != r.value else figure(r.value, 8)}"
    if r.u != r.u and r.draws:
        low, high = r.interval()
        median = figure(r.draws.median, 4)
        return (
            f"{r.name} = {figure(r.value, 6)}; draws have the median {median}, {within_brackets(r.coverage, low, high)}"
        )
    value, u = with_u(r.value, r.u)
    return f"{r.name} = {value} ± {u}"


def within_brackets(coverage: float, low: float, high: float) -> str:
    ends = with_u(low, abs(high - low), 3)[0], with_u(high, abs(high - low), 3)[0]
    return f"{100 * coverage:.6g} % in [{ends[0]}, {ends[1]}]"


def rows_in_order(r: Sensitivities) -> list[InputReport]:
    """The inputs, those that move the answer most first."""

    def size(row: InputReport) -> tuple[float, float, float]:
        elasticity = abs(row.elasticity) if isfinite(row.elasticity) else 0.0
        share = abs(row.share) if isfinite(row.share) else 0.0
        return -share, -abs(row.contribution), -elasticity

    return sorted(r.inputs.values(), key=size)


def heads_of(r: Sensitivities) -> list[str]:
    """The heads of the columns that this report has."""
    without = set() if r.joint.places else {"u", "moves it by", "share", ""}
    if all(row.dof == float("inf") for row in r.inputs.values()):
        without.add("dof")
    rows = rows_in_order(r)[:MOST_INPUTS_SHOWN]
    if not any(note_of(r, row) for row in rows):
        without.add("note")
    return [head for head in COLUMNS if head not in without]


def cells(r: Sensitivities, row: InputReport) -> dict[str, str]:
    """What stands in the columns for one input."""
    is_sure = row.name not in uncertain_names(r)
    value, u = (figure(row.value, 8), NONE) if is_sure or not row.u else with_u(row.value, row.u)
    slope = figure(row.derivative, 4)
    if row.slopes:
        slope = " / ".join(with_sign(x, 4) for x in row.slopes)
    return {
        "input": short(row.name),
        "value": value,
        "u": u if is_sure or row.u else "0",
        "dof": figure(row.dof, 3) if row.dof != float("inf") else NONE if is_sure else "∞",
        "∂/∂input": slope,
        "%/%": with_sign(row.elasticity, 3),
        "moves it by": NONE if is_sure else with_sign(row.contribution, 3),
        "share": NONE if is_sure or row.share != row.share else f"{100 * row.share:.1f}%",
        "": "" if is_sure else bar_of(row.share),
        "note": note_of(r, row),
    }


def bar_of(share: float) -> str:
    return "█" * round(LONGEST_BAR * min(1.0, share)) if share > 0 else ""


def uncertain_names(r: Sensitivities) -> set[str]:
    return {r.study.inputs.names[k] for k in r.joint.places}


def note_of(r: Sensitivities, row: InputReport) -> str:
    """What is remarkable of an input."""
    if row.note:
        return row.note
    if row.slopes:
        return "on a kink: slopes below / above"
    return "the line sees 0" if row.share > 1e-3 and row.contribution**2 < 1e-6 * r.second_order.u**2 else ""


def others(r: Sensitivities) -> str:
    """What is to be said of the inputs that are not shown."""
    rest = rows_in_order(r)[MOST_INPUTS_SHOWN:]
    if not rest:
        return ""
    share = f": {100 * sum(row.share for row in rest):.1f} %" if r.joint.places else ""
    return f"{len(rest):,} others{share}"


def estimate_lines(r: Sensitivities) -> list[list[str]]:
    """Straight line, second order and draws: what each is called, value and u, and the interval."""
    if not r.joint.places:
        return []
    lines = [["straight line", in_three(r.line), interval_in_text(r.line, r.coverage)]]
    lines.append(["second order", in_three(r.second_order), ""])
    if r.draws:
        error = f" (± {figure(r.draws.error, 1)})" if r.draws.error > 0 else ""
        lines.append([f"{r.draws.count:,} draws", in_three(r.draws) + error, interval_in_text(r.draws, r.coverage)])
    return lines


def in_three(estimate: Estimate) -> str:
    if estimate.value != estimate.value:
        return "no finite answer"
    return " ± ".join(with_u(estimate.value, estimate.u, 3))


def interval_in_text(estimate: Estimate, coverage: float) -> str:
    if not (estimate.u and isfinite(estimate.u)):
        return ""
    dof = f", dof {figure(estimate.dof, 3)}" if isfinite(estimate.dof) else ""
    try:
        return within_brackets(coverage, *estimate.interval()) + dof
    except ImportError as missing:
        return str(missing)


def sentences(r: Sensitivities) -> str:
    """The reasons, each with a capital and a point."""
    return " ".join(f"{x[0].upper()}{x[1:]}." for x in r.reasons)


# forms


def report_in_text(r: Sensitivities) -> str:
    """The report as `print` shows it."""
    heads = heads_of(r)
    body = [cells(r, row) for row in rows_in_order(r)[:MOST_INPUTS_SHOWN]]
    columns = [COLUMNS[head]([head if head != "note" else "", *(row[head] for row in body)]) for head in heads]
    lines = ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]
    lines += [others(r)] if others(r) else []
    estimates = [left(list(column)) for column in zip(*estimate_lines(r), strict=True)]
    below = ["   ".join(line).rstrip() for line in zip(*estimates, strict=True)]
    return for_terminal("\n".join([headline(r), *lines, *([""] if below else []), *below, *wrapped(sentences(r))]))


def wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, 110, break_long_words=False, break_on_hyphens=False)


def report_in_markdown(r: Sensitivities) -> str:
    """The report as a Markdown table, with its sentences below."""
    heads = [head for head in heads_of(r) if head]
    marks = ["---:" if COLUMNS[head] is right else "---" for head in heads]
    lines = [["" if head == "note" else head for head in heads], marks]
    lines += [[cell[head].replace("|", "\\|") for head in heads] for cell in shown_cells(r)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = [others(r)] if others(r) else []
    estimates = [f"- {name}: {' — '.join(filter(None, rest))}" for name, *rest in estimate_lines(r)]
    return "\n\n".join(filter(None, [f"**{headline(r)}**", table, *notes, "\n".join(estimates), sentences(r)]))


def shown_cells(r: Sensitivities) -> list[dict[str, str]]:
    return [cells(r, row) for row in rows_in_order(r)[:MOST_INPUTS_SHOWN]]


def report_in_html(r: Sensitivities) -> str:
    """The report as a part of a page: a table, sentences, and the tornado."""
    heads = [head for head in heads_of(r) if head]
    first = "".join(f'<th style="{style_of(head)}">{"" if head == "note" else escape(head)}</th>' for head in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="{style_of(head)}">{cell_in_html(head, row)}</td>' for head in heads) + "</tr>"
        for row in shown_cells(r)
    )
    below = "".join(
        "<tr>" + "".join(f'<td style="{style_of("note")}">{escape(cell)}</td>' for cell in line) + "</tr>"
        for line in estimate_lines(r)
    )
    below = below and f'<table style="{STYLE[0]};margin-top:8px">{below}</table>'
    note = f"<div>{escape(others(r))}</div>" if others(r) else ""
    told = f"<p>{escape(sentences(r))}</p>"
    table = f'<table style="{STYLE[0]}"><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table>'
    picture = f'<div style="max-width:760px">{r.tornado()}</div>' if any(row.value for row in r.inputs.values()) else ""
    return f"<div><p><b>{escape(headline(r))}</b></p>{table}{note}{below}{told}{picture}</div>"


def style_of(head: str) -> str:
    return STYLE[1] if COLUMNS[head] is right else STYLE[1].replace("right", "left")


def cell_in_html(head: str, row: dict[str, str]) -> str:
    if head != "share" or not row[""]:
        return escape(row[head])
    width = 6 * len(row[""])
    bar = f'<span style="display:inline-block;width:{width}px;height:9px;background:#0067a5"></span>'
    return f"{bar} {escape(row[head])}"


def report_in_plain(r: Sensitivities) -> dict[str, Any]:
    """The report in numbers, texts, lists and dicts."""
    inputs = {row.name: row_in_plain(row) for row in r.inputs.values()}
    found: dict[str, Any] = {"name": r.name, "value": r.value, "u": r.u, "dof": r.dof, "holds": r.holds}
    found |= {"reasons": [*r.reasons], "coverage": r.coverage, "interval": interval_or_none(r), "inputs": inputs}
    for name, estimate in (("line", r.line), ("second_order", r.second_order), ("draws", r.draws)):
        found[name] = None if estimate is None else {"value": estimate.value, "u": estimate.u}
    if r.draws:
        more = {"count": r.draws.count, "failed": r.draws.failed, "error": r.draws.error, "median": r.draws.median}
        found["draws"] |= more | {"interval": [*r.draws.interval()]}
    found["interactions"] = [{"inputs": [*names], "part": part} for names, part in r.interactions[:MOST_INPUTS_SHOWN]]
    found["branches"] = [str(branch) for branch in r.branches]
    return found


def interval_or_none(r: Sensitivities) -> list[float] | None:
    try:
        return [*r.interval()]
    except ImportError:
        return None


def row_in_plain(row: InputReport) -> dict[str, Any]:
    parts = "value u dof derivative elasticity contribution share note".split()
    found = {part: getattr(row, part) for part in parts}
    return {**found, "value": getattr(row.value, "item", lambda: row.value)(), "slopes": row.slopes and [*row.slopes]}


def report_in_frame(r: Sensitivities) -> Any:
    """The table of inputs as a DataFrame."""
    rows = [row_in_plain(row) for row in rows_in_order(r)]
    names = [row.name for row in rows_in_order(r)]
    columns = "value u dof derivative elasticity contribution share".split()
    return pandas().DataFrame(rows, index=pandas().Index(names, name="input"))[columns]


def pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise ImportError("to_frame() needs pandas: pip install pandas; to_dict() needs nothing") from None
    return pandas


def several_in_text(several: SeveralSensitivities) -> str:
    """The reports of several answers, and how these are correlated."""
    names = [*several.outputs]
    texts = [report_in_text(r) for r in several.outputs.values()]
    if len(names) > 1 and any(x for i, row in enumerate(several.corr) for x in row[:i]):
        first = left(["correlations", *map(short, names)])
        columns = [right([short(name), *(f"{row[k]:+.3f}" for row in several.corr)]) for k, name in enumerate(names)]
        texts.append(for_terminal("\n".join("  ".join(line) for line in zip(first, *columns, strict=True))))
    return "\n\n".join(texts)


def several_in_frame(several: SeveralSensitivities) -> Any:
    """The tables of inputs of several answers as one DataFrame."""
    return pandas().concat({name: report_in_frame(r) for name, r in several.outputs.items()}, names=["output", "input"])
