"""Exercises on paper: a page to print for each pupil, and what is right, as HTML or PDF."""

from __future__ import annotations

import re
from html import escape

from ..pictures import fonts
from ..words.notation import TEXT, Text
from ..words.numbers import counted, number
from .notation import each_once
from .picture import picture, scene_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..pictures.scene import Scene
    from .exercise import Exercise
    from .mistakes import Blank

    Numbered = tuple[int | None, Exercise]  # the seed of its numbers; None: those of the program

DEFAULT_TITLE = "The chain rule, backward"
SHEETS_BESIDE = 8  # sheets beside each other in a key
KEY_WIDTH_MM, LETTER_MM, NUMBER_MM = 168.0, 1.8, 15.0  # mm: of a key without margins, of a letter in it, of a number
LONG_STEP = 34  # characters of a derivative, beyond which it has a line to itself
LONG_ANSWER = 60
MOST_INPUTS_OF_KEY = 12  # in a key
MOST_LONG_LINES = 4  # as long as the sheet is wide


class Paper(Text):
    """HTML: derivatives are fractions, and texts of the user's are escaped."""

    def name(self, name: str) -> str:
        return escape(name)

    def words(self, text: str) -> str:
        return escape(text)

    def partial(self, y: str, x: str) -> str:
        return f'<span class="fraction"><span>∂{y}</span><span class="over">/</span><span>∂{x}</span></span>'

    def infix(self, label: str, a: str, b: str) -> str:
        return f"{a} {escape(label)} {b}"

    def prefix(self, label: str, a: str) -> str:
        return escape(label) + a

    def call(self, name: str, inputs: Sequence[str]) -> str:
        return super().call(escape(name), inputs)


PAPER = Paper()


def page(sheets: Sequence[Numbered], title: str | None, answers: bool) -> str:
    """The sheets, or their answers, as an HTML file."""
    from importlib.resources import files

    style = files(__package__).joinpath("sheet.css").read_text(encoding="utf-8")
    heading = escape(title or DEFAULT_TITLE)
    if answers and len(sheets) > 1:
        content = key(sheets, heading)
    else:
        content = "\n".join(sheet(k, exercise, heading, answers) for k, exercise in sheets)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{heading}{': answers' if answers else ''}</title>\n<style>\n{style}{numbered_pages(sheets)}</style>\n"
        f"</head>\n<body>\n{bar(sheets, answers)}\n{content}\n</body>\n</html>\n"
    )


def numbered_pages(sheets: Sequence[Numbered]) -> str:
    """A CSS rule for each sheet, which prints its number at the foot of its pages."""
    return "".join(
        f'@page sheet-{k} {{ @bottom-right {{ content: "Sheet {k}"; font: 8pt sans-serif; color: #6b7280 }} }}\n'
        for k in dict.fromkeys(k for k, _ in sheets if k is not None and k >= 0)
    )


def bar(sheets: Sequence[Numbered], answers: bool) -> str:
    """A line for the teacher, which is on the screen and not on paper."""
    apart = len({tuple(exercise.chain.number(v) for v in exercise.chain.order) for _, exercise in sheets})
    what = "The answers to " if answers else ""
    what += counted(len(sheets), "sheet")
    if apart < len(sheets):
        what += f", of which {apart} differ, since there are no more nice numbers that lead the same way"
    return f'<p class="bar">{what}. Print on A4, with the browser’s command to print.</p>'


# one sheet


def sheet(k: int | None, exercise: Exercise, heading: str, answers: bool) -> str:
    """The pages of one pupil, or their answers."""
    chain = exercise.chain
    scene = scene_of(exercise, answers)
    drawn = picture(scene, [exercise.parts[v] for v in scene.values])
    kind = f' style="page: sheet-{k}"' if k is not None and k >= 0 else ""
    blanks = [*enumerate(exercise.blanks, 1)]
    steps, whole = blanks[: exercise.slopes], blanks[exercise.slopes :]
    y = escape(chain.name(chain.y, TEXT))
    parts = [
        head(k, heading, answers),
        "" if answers else f'<p class="task">{task(scene, y, drawn.startswith("<pre"))}</p>',
        drawn,
        section("Forward, the values", "values", forward(exercise)),
        section(
            "Each step’s own derivative", "steps", [question_line(exercise, n, blank, answers) for n, blank in steps]
        ),
        section(
            f"Backward, the derivatives of {y}",
            "whole" if len(whole) <= MOST_LONG_LINES else "steps",
            [question_line(exercise, n, blank, answers) for n, blank in whole],
        ),
    ]
    return f'<section class="sheet"{kind}>\n' + "\n".join(filter(None, parts)) + "\n</section>"


def head(k: int | None, heading: str, answers: bool) -> str:
    """The title, the number, and lines for name and date."""
    tag = f'<span class="number">Sheet {k}</span>' if k is not None else ""
    who = "" if answers else '<p class="who"><span>Name</span><i></i><span>Date</span><i class="date"></i></p>'
    return f"<header><h1>{heading}{': answers' if answers else ''}</h1>{tag}</header>{who}"


def task(scene: Scene, y: str, is_tree: bool) -> str:
    """What is to be done, in a picture or in a tree of text."""
    place, way = ("behind its arrow in the tree", "branches") if is_tree else ("into the box with its number", "arrows")
    words = (
        f"How much does {y} change when a value changes a little? Find each step’s own derivative; then go from {y} "
        f"back to the inputs, multiply along the {way}, and write each derivative on its line and {place}."
    )
    if "" in scene.asked.values():
        alone = (
            "Where a value stands more than once, write behind the arrow"
            if is_tree
            else "A box without a number is for"
        )
        words += f" {alone} what comes back there alone{', and behind Σ the sum.' if is_tree else ': add these up.'}"
    return f"{words} Three digits are enough."


def section(heading: str, kind: str, lines: Sequence[str]) -> str:
    """A heading with its list."""
    if not lines:
        return ""
    return f'<h2>{heading}</h2>\n<ul class="{kind}">\n' + "\n".join(lines) + "\n</ul>"


def forward(exercise: Exercise) -> list[str]:
    """How each value was computed, and in which scope."""
    chain = exercise.chain
    lines = []
    if left_out := len(chain.order) - len(exercise.values):
        lines.append(f"<li>… {left_out} values before these</li>")
    for v in exercise.values:
        part = " › ".join(map(str, exercise.parts[v])) if v.op else ""
        where = f' <span class="part">{escape(part)}</span>' if part else ""
        lines.append(f"<li>{' = '.join(each_once(chain.definition(v, PAPER)))}{where}</li>")
    return lines


def question_line(exercise: Exercise, n: int, blank: Blank, solved: bool) -> str:
    """A blank with its number and a line to write on, or with the way to its answer."""
    symbol = blank.symbol(PAPER)
    if solved:
        way = " = ".join(each_once([symbol, *way_to(exercise, blank)]))
        kind = "" if len(re.sub("<[^>]*>", "", way)) <= LONG_ANSWER else ' class="long"'
        return f"<li{kind}><b>{n}</b><span>{way}</span></li>"
    hint = f"<small>{escape(blank.hint())}</small>" if blank.sides else ""
    kind = ' class="long"' if hint or len(blank.symbol(TEXT)) > LONG_STEP else ""
    return f"<li{kind}><b>{n}</b>{symbol} = <i></i>{hint}</li>"


def way_to(exercise: Exercise, blank: Blank) -> list[str]:
    """What a derivative is equal to, in symbols, in numbers, and at last the answer."""
    if blank.child is not None:
        return exercise.chain.slope_steps(blank.child, blank.v, PAPER)
    return exercise.worked.arriving(blank.v, PAPER)[1:]


# the answers of many sheets


def key(sheets: Sequence[Numbered], heading: str) -> str:
    """Tables of the answers, a column for each sheet."""
    longest = max(len(blank.symbol(TEXT)) for blank in sheets[0][1].blanks)
    columns = min(SHEETS_BESIDE, max(2, int((KEY_WIDTH_MM - longest * LETTER_MM) / NUMBER_MM)))
    groups = (sheets[k : k + columns] for k in range(0, len(sheets), columns))
    tables = "\n".join(table_of(group) for group in groups)
    return f'<section class="sheet key">\n<header><h1>{heading}: answers</h1></header>\n{tables}\n</section>'


def table_of(group: Sequence[Numbered]) -> str:
    """Some sheets beside each other: their inputs, then their answers."""
    first = group[0][1]
    inputs = [k for k, v in enumerate(first.chain.order) if v.op is None]
    if len(inputs) > MOST_INPUTS_OF_KEY:
        inputs = [k for k in inputs if first.chain.order[k] in first.values]
    rows = [
        (
            f"{escape(first.chain.name(first.chain.order[k], TEXT))}",
            [e.chain.number(e.chain.order[k]) for _, e in group],
        )
        for k in inputs
    ]
    answers = [
        (f"<b>{k + 1}</b>{blank.symbol(PAPER)}", [e.blanks[k].right for _, e in group])
        for k, blank in enumerate(first.blanks)
    ]
    return (
        "<table>\n<thead><tr><th>Sheet</th>"
        + "".join(f"<th>{'' if k is None else k}</th>" for k, _ in group)
        + f'</tr></thead>\n<tbody class="inputs">\n{body(rows)}</tbody>\n<tbody>\n{body(answers)}</tbody>\n</table>'
    )


def body(rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Rows of a table, of a heading and numbers."""
    return "".join(
        f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{number(x)}</td>" for x in numbers) + "</tr>\n"
        for name, numbers in rows
    )


def pdf(html: str) -> bytes:
    """The pages as a browser prints them."""
    import warnings
    from concurrent.futures import ThreadPoolExecutor
    from html import unescape

    missing = fonts.without_a_font(unescape(re.sub("<style>.*?</style>|<[^>]*>", "", html, flags=re.DOTALL)))
    if missing:
        warnings.warn(fonts.sentence(missing, "pdf", "save the sheet as .html"), stacklevel=3)
    with ThreadPoolExecutor(1) as thread:  # in a notebook's own there runs a loop, in which Playwright refuses to work
        return thread.submit(printed, html).result()


def printed(html: str) -> bytes:
    """The same, in this thread."""
    hint = "save the sheet as .html, open it in a browser, and print it from there, to a PDF too"
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as missing:
        raise RuntimeError(f"a PDF of a sheet needs Playwright, which is not installed: {hint}") from missing
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=program())
            try:
                tab = browser.new_context(offline=True).new_page()
                tab.set_content(html)
                return bytes(tab.pdf(prefer_css_page_size=True, print_background=True))
            finally:
                browser.close()
    except Error as error:
        reason = str(error).strip().partition("\n")[0]
        raise RuntimeError(f"Playwright found no Chromium that prints ({reason}): {hint}") from error


def program() -> str | None:
    """The system's Chromium; None for Playwright's own."""
    from shutil import which

    return next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)
