"""How terms, numbers and derivatives are written: as plain text, and as LaTeX."""

from __future__ import annotations

import re

from ..operation import OPS
from ..targets.python import ATOM, binding_of
from ..value import Value
from ..words.notation import Text
from ..words.numbers import has_no_point, number
from .formulas import Term

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ..operation import Op

    Namer = Callable[[Value], str]

MINUS = 4  # how strongly a minus in front binds: see `targets/python.py`


class Latex(Text):
    r"""LaTeX: `\\frac{\\partial e}{\\partial c}`, for MathJax, KaTeX and LaTeX itself."""

    times, plus, arrow, dots = r" \times ", " + ", r" \leftarrow ", r"\ldots"

    def name(self, name: str) -> str:
        r"""A name, with all that LaTeX or HTML would read otherwise escaped.

        >>> [Latex().name(name) for name in ("x", "v12", "apple_price", "苹果")]
        ['x', 'v_{12}', '\\mathrm{apple\\_price}', '\\text{苹果}']
        """
        if name == "pi":
            return r"\pi"
        if re.fullmatch(r"[A-Za-z]", name):
            return name
        if re.fullmatch(r"[A-Za-z]\d+", name):
            return f"{name[0]}_{{{name[1:]}}}"
        return rf"\text{{{name}}}" if FOREIGN.fullmatch(name) else rf"\mathrm{{{escaped_for_latex(name)}}}"

    def number(self, x: float) -> str:
        mantissa, e, exponent = number(x).partition("e")
        text = mantissa.replace("∞", r"\infty").replace("nan", r"\mathrm{nan}")
        return rf"{text} \times 10^{{{exponent}}}" if e else text

    def words(self, text: str) -> str:
        return rf"\text{{{text}}}"

    def brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

    def partial(self, y: str, x: str) -> str:
        return rf"\frac{{\partial {y}}}{{\partial {x}}}"

    def infix(self, label: str, a: str, b: str) -> str:
        return f"{a} {LATEX_SIGNS.get(label) or escaped_for_latex(label)} {b}"

    def prefix(self, label: str, a: str) -> str:
        return f"{LATEX_SIGNS.get(label) or escaped_for_latex(label)}{a}"

    def power(self, base: str, exponent: str, whole: bool) -> str:
        return f"{base}^{{{exponent}}}"

    def call(self, name: str, inputs: Sequence[str]) -> str:
        return super().call(rf"\operatorname{{{escaped_for_latex(name)}}}", inputs)


LATEX_SIGNS = {"×": r"\times", "−": "-", "+": "+"}
ESCAPES = {c: rf"\{c}" for c in "_%$&{}"} | {
    "#": r"\# ",
    " ": r"\ ",
    "\\": r"\backslash ",
    "^": r"\wedge ",
    "~": r"\sim ",
}
ESCAPES |= {"<": "{<}", ">": "{>}", "[": "{[}", "]": "{]}"}
ESCAPES |= {"|": r"\vert ", "`": r"\prime ", "*": r"\ast ", "…": r"\ldots "}
LETTER = r"[^\W\d_]"
FOREIGN = re.compile(rf"(?![A-Za-zͰ-Ͽ]+(?!{LETTER})){LETTER}+")  # a word of which fonts of formulas lack a letter


def escaped_for_latex(text: str) -> str:
    """The text with the special characters of LaTeX escaped, and words such as Chinese ones in the font of the text."""
    plain = "".join(ESCAPES.get(c, c) for c in text)
    return FOREIGN.sub(lambda word: rf"\text{{{word[0]}}}", plain)


def in_markdown(text: str) -> str:
    """The text with the special characters of Markdown, its formulas and HTML as entities, which every dialect knows.

    >>> in_markdown("a*b")
    'a&#42;b'
    """
    return re.sub(r"[\\`*_{}\[\]<>#$|~&]", lambda sign: f"&#{ord(sign[0])};", text)


LATEX = Latex()


def term_in_style(term: Any, style: Text, name: Namer) -> str:
    """A term in a style; `name` says what stands for a Value, its name or its number."""
    return text_and_strength(term, style, name)[0]


def text_and_strength(term: Any, style: Text, name: Namer) -> tuple[str, int]:
    """A term in a style, and how strongly it binds."""
    if not isinstance(term, Term):
        text = style.number(term) if isinstance(term, float) else name(term)
        return text, MINUS if text.startswith("-") or r"\times" in text else ATOM
    op = term.op
    parts = [text_and_strength(x, style, name) for x in term.inputs]
    texts, own = in_place(op, term.inputs, parts, style)
    if op is OPS["truediv"] and style is LATEX:
        return rf"\frac{{{parts[0][0]}}}{{{parts[1][0]}}}", ATOM - 1
    return style.applied(op, term.inputs, texts), own


def in_place(op: Op, inputs: Sequence[Any], parts: Sequence[tuple[str, int]], style: Text) -> tuple[list[str], int]:
    """The texts of an operation's inputs, in brackets where they would be misread, and how strongly it binds."""
    if not op.is_sign:
        return [text for text, _ in parts], ATOM
    if len(parts) == 1:
        return [in_brackets(parts[0], MINUS, style)], MINUS
    first, (text, binding) = parts
    if op.is_power:
        raised = text if has_no_point(inputs[1]) or style is LATEX else in_brackets(parts[1], MINUS, style)
        return [in_brackets(first, ATOM - 1, style), raised], ATOM - 1
    own = binding_of(op)
    least = own - 1 if op in (OPS["add"], OPS["mul"]) else own
    has_sign = binding == MINUS or text.startswith(("-", "−"))
    second = style.brackets(text) if has_sign else in_brackets(parts[1], least, style)
    return [in_brackets(first, own - 1, style), second], own


def in_brackets(part: tuple[str, int], least: int, style: Text) -> str:
    """The text, in brackets unless it binds more strongly than that."""
    text, strength = part
    return text if strength > least else style.brackets(text)


def product(style: Text, factors: Sequence[float]) -> str:
    """Factors with their signs kept apart: `-2 × (-3)`."""
    return style.times.join(bracketed(map(style.number, factors), style))


def total(style: Text, shares: Sequence[float]) -> str:
    """A sum of numbers with their signs kept apart: `2 + (-3)`."""
    return style.plus.join(bracketed(map(style.number, shares), style))


def bracketed(texts: Iterable[str], style: Text) -> list[str]:
    """Terms or factors, those with a minus in brackets where they follow a sign: `(-3)`."""
    return [style.brackets(text) if k and text.startswith("-") else text for k, text in enumerate(texts)]


def each_once(line: Sequence[str]) -> list[str]:
    """The texts without those that are equal to the one before."""
    return [text for k, text in enumerate(line) if k == 0 or text != line[k - 1]]
