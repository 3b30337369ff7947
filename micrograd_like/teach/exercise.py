"""An exercise: the derivatives of a Value as blanks, and a check of the answers that says what went wrong."""

from __future__ import annotations

from functools import cached_property
from operator import index

from ..pictures.scene import Scene, callers_variables
from ..pictures.scopes import scope_paths
from ..value import Value
from ..words.notation import TEXT
from ..words.numbers import number
from ..words.terminal import for_terminal
from .answers import Checked, agrees, is_left_open, not_understood, number_meant
from .chain import Chain, values_in_inputs
from .derive import Derivation
from .mistakes import Blank, reason
from .notation import LATEX, each_once, in_markdown
from .variants import Variants

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike
    from pathlib import Path
    from typing import Any

MOST_VALUES = 12  # with blanks


def exercise(y: Value) -> Exercise:
    """Make an exercise of a Value: its derivatives by all that it was computed from, to be found by hand.

    >>> from micrograd_like import Value
    >>> a, b = Value(2), Value(1)
    >>> c, d = a + b, b + 1
    >>> e = c * d
    >>> sheet = exercise(e)
    >>> sheet
    Forward, the values:
      a = 2
      b = 1
      c = a + b = 2 + 1 = 3
      d = b + 1 = 1 + 1 = 2
      e = c × d = 3 × 2 = 6
    <BLANKLINE>
    Each step's own derivative:
       1  ∂(c × d)/∂c = ____
       2  ∂(c × d)/∂d = ____
       3  ∂(b + 1)/∂b = ____
       4  ∂(a + b)/∂a = ____
       5  ∂(a + b)/∂b = ____
    <BLANKLINE>
    Backward, the derivatives of e:
       6  ∂e/∂d = ____
       7  ∂e/∂c = ____
       8  ∂e/∂b = ____
       9  ∂e/∂a = ____

    `check` takes the answers by the name of the value, by the number of the blank, or in order.

    >>> sheet.check({"d": 3, "b": 2, "a": 2})
    3 blanks answered, 2 of them right
      ∂e/∂d = 3: right
      ∂e/∂b = 2: no, that is only what comes through c; what comes through d is to be added
      ∂e/∂a = 2: right

    Numbers may be rounded to three digits, or be arithmetic as text, such as "1/3" or "c × 2". A wrong answer is told
    its likely reason and not the right number: `solution` has that. Of a long computation the last twelve values have
    blanks. `save` writes a sheet to print, and `variant` is the exercise on other numbers, for another pupil.
    """
    variables = callers_variables()
    check_output(y, variables)
    return Exercise(y, variables)


def check_output(y: object, variables: Mapping[Value, str]) -> None:
    """Refuse what has no derivatives to ask for."""
    if not isinstance(y, Value):
        raise TypeError(
            f"exercise takes the Value whose derivatives are asked for, not {y!r:.60}: make the inputs Values, as in "
            "Value(100), and give it what you compute from them"
        )
    if y.op is None:
        raise ValueError(
            f"{y.name or variables.get(y) or number(y.data)} is an input, and its derivative by itself is 1: compute "
            "something from it, and make an exercise of that"
        )


class Exercise:
    """Blanks for the derivatives of a Value. It prints as a sheet to fill in, and shows itself in notebooks.

    >>> x = Value(3, "x")
    >>> sheet = exercise(x * 5)
    >>> len(sheet.blanks)
    2
    >>> print(sheet.solution.splitlines()[-1])
       2  ∂output/∂x = 5
    """

    def __init__(self, y: Value, variables: Mapping[Value, str], like: Exercise | None = None) -> None:
        self.like = like  # of which it is a variant
        self.chain = Chain(y, variables)
        self.names = {v: variables.get(v) or name for v, name in self.chain.names.items()}
        asked = self.chain.order[-MOST_VALUES:]
        known = set(asked)
        steps = [(child, v) for child in reversed(asked) for v in values_in_inputs(child) if v in known]
        self.blanks = [Blank(self.chain, v, child) for child, v in steps]
        self.slopes = len(self.blanks)
        self.blanks += [Blank(self.chain, v) for v in reversed(asked[:-1])]
        self.values = asked

    def check(self, answers: Mapping[Any, Any] | Sequence[Any]) -> Checked:
        """Say of each answer whether it is right, and of a wrong one what its likely reason is.

        >>> x = Value(3, "x")
        >>> exercise(x * 5).check({"x": "5 * 1", 1: 3})
        2 blanks answered, 1 of them right
          ∂(x × 5)/∂x = 3: no, that is the value of x, not a derivative
          ∂output/∂x = 5: right

        The keys are names of values, for the derivative by that value, or the Values themselves, or numbers or symbols
        of blanks, as in `{"b": 5, 1: 2, "∂(c × d)/∂d": 3}`. A list answers the blanks in order; None leaves one open.
        """
        given = self.by_blank(answers)
        known = {self.chain.name(v, TEXT): self.chain.number(v) for v in self.chain.order}
        numbers = {k: number_meant(answer, known) for k, answer in given.items()}
        answered = {blank: numbers[k] for k, blank in enumerate(self.blanks) if k in numbers}
        return Checked([self.judged(k, given[k], numbers[k], answered) for k in sorted(given)])

    def by_blank(self, answers: Mapping[Any, Any] | Sequence[Any]) -> dict[int, Any]:
        """The answers by the places of their blanks."""
        if isinstance(answers, str) or not hasattr(answers, "__len__"):
            raise TypeError(
                f"check takes answers by name, as in {{'x': 2.5}}, or a list of them in order, not {answers!r:.60}"
            )
        if not hasattr(answers, "keys"):
            if len(answers) > len(self.blanks):
                raise ValueError(f"there are {len(answers)} answers for {len(self.blanks)} blanks")
            return {k: answer for k, answer in enumerate(answers) if not is_left_open(answer)}
        given: dict[int, Any] = {}
        for key in answers:
            place = self.place(key)
            if place in given:
                raise ValueError(f"there are two answers for blank {place + 1}, {self.blanks[place].symbol(TEXT)}")
            if not is_left_open(answers[key]):
                given[place] = answers[key]
        return given

    def place(self, key: Any) -> int:
        """The place of the blank that a key means."""
        if type(key) is int and 1 <= key <= len(self.blanks):
            return key - 1
        for meant in (key, self.called(key)):
            for k, blank in reversed([*enumerate(self.blanks)]):  # derivatives of the whole before those of steps
                if meant in blank.keys if isinstance(meant, str) else meant is blank.v and blank.child is None:
                    return k
        names = ", ".join(blank.keys[0] for blank in self.blanks[self.slopes :])
        raise ValueError(
            f"there is no blank {key!r}: blanks go by their numbers, 1 to {len(self.blanks)}, or by the names of the "
            f"values, {names or 'of which there are none'}"
        )

    def called(self, key: Any) -> Value | None:
        """The one Value of a name that the sheet shows otherwise, cut or with escapes; None if there is none."""
        values = [v for v in self.chain.order if v.name == key] if isinstance(key, str) else []
        return values[0] if len(values) == 1 else None

    def judged(self, k: int, given: Any, answer: float | None, known: Mapping[Blank, float | None]) -> tuple[bool, str]:
        """Whether an answer is right, and what is said of it."""
        blank = self.blanks[k]
        shown = f"{given!r:.60}" if answer is None else number(answer)
        start = f"{blank.symbol(TEXT)} = {shown}"
        if answer is None:
            return False, f"{start}: {not_understood(given)}"
        if agrees(answer, blank.right):
            return True, f"{start}: right"
        return False, f"{start}: no, {reason(self.chain, blank, answer, known)}"

    def variant(self, seed: int) -> Exercise:
        """The same exercise on other numbers, which a seed chooses and which are easy to compute with.

        >>> price, n = Value(100, "price"), Value(2, "n")
        >>> sheet = exercise(price * n).variant(7)
        >>> sheet.inputs
        {'price': 160.0, 'n': 8.0}
        >>> sheet.check({"price": 8, "n": 8})
        2 blanks answered, 1 of them right
          ∂output/∂n = 8: no, that is ∂output/∂price: the inputs are swapped
          ∂output/∂price = 8: right

        Whole numbers stay whole, decimals keep their places, 1.1 stays between 1 and 2, signs stay, and 0 stays 0. The
        recorded operations are done again on the new numbers, each on the branch that it was on and off its kinks; the
        program is not run again, and where it chose by `if`, its choice stays: to have it chosen anew, give your
        function the `inputs`, and make an exercise of what it returns. Seeds from 0 to 99 have different numbers, as
        far as there are enough, and so do those of each further hundred.
        """
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise TypeError(f"a seed is a whole number, such as the number of a pupil, not {seed!r:.60}")
        return Exercise(self.variants.computed(self.variants.numbers(index(seed))), {}, self)

    @property
    def inputs(self) -> dict[str, float]:
        """The numbers that it starts from, by their names."""
        return {name: self.chain.number(v) for v, name in self.chain.names.items() if v.op is None}

    @cached_property
    def variants(self) -> Variants:
        return Variants(self.chain, self.names)

    def save(
        self,
        path: str | PathLike[str],
        *,
        seed: int | None = None,
        seeds: Iterable[int] | None = None,
        answers: bool = False,
        title: str | None = None,
    ) -> Path:
        """Write a sheet to print, .html or .pdf, with lines and boxes to fill in; return its path.

        >>> import tempfile
        >>> x = Value(3, "x")
        >>> folder = tempfile.mkdtemp()
        >>> exercise(x * 5).save(f"{folder}/class.html", seeds=range(30)).name
        'class.html'
        >>> exercise(x * 5).save(f"{folder}/answers.html", seeds=range(30), answers=True).name
        'answers.html'

        `seed` gives the sheet other numbers, those of `variant(seed)`, and prints the seed on it; with `seeds` the file
        has one sheet for each. `answers=True` writes the answers instead: the whole way to each for one sheet, and for
        several a table with one column a sheet. `title` is the heading. An .html file is complete in itself; a .pdf is
        printed by Chromium, through Playwright. Without Graphviz there is a tree of text in place of the picture.
        """
        from pathlib import Path

        from . import sheets

        path = Path(path)
        if path.suffix.lower() not in (".html", ".pdf"):
            raise ValueError(f"a sheet is saved as .html or .pdf, by the file's suffix: {str(path)!r} has neither")
        if seed is not None and seeds is not None:
            raise ValueError("give seed, for one sheet, or seeds, for one sheet each, not both")
        page = sheets.page(self.numbered(seed, seeds), title, answers)
        path.write_bytes(page.encode() if path.suffix.lower() == ".html" else sheets.pdf(page))
        return path

    def numbered(self, seed: int | None, seeds: Iterable[int] | None) -> list[tuple[int | None, Exercise]]:
        """The exercises to print, each with its seed: one for each of `seeds`, or one."""
        if isinstance(seeds, int):
            raise TypeError(f"seeds are several whole numbers, as range({seeds}); one alone is seed={seeds}")
        if seeds is None:
            return [(seed, self if seed is None else self.variant(seed))]
        asked = list(seeds)
        if not asked:
            raise ValueError("seeds is empty: give at least one, as in seeds=range(30)")
        return [(index(k), self.variant(k)) for k in asked]

    @cached_property
    def parts(self) -> dict[Value, tuple[Any, ...]]:
        """The scopes around each value, outermost first: those of the program, which a variant does not run."""
        paths = self.like.parts.values() if self.like else scope_paths(Scene(self.chain.y, self.names, False))[0]
        return dict(zip(self.chain.order, paths, strict=True))

    @cached_property
    def worked(self) -> Derivation:
        """The derivation that writes its answers out."""
        return Derivation(self.chain.y, self.chain.y, self.names)

    @property
    def solution(self) -> str:
        """The right answers."""
        return for_terminal(self.sheet(solved=True))

    @cached_property
    def text(self) -> str:
        """The sheet as plain text."""
        return self.sheet()

    def sheet(self, solved: bool = False) -> str:
        """The values, then the blanks."""
        y = self.chain.name(self.chain.y, TEXT)
        lines = [f"{k:>4}  {blank.line(solved)}" for k, blank in enumerate(self.blanks, 1)]
        parts = [
            ("Forward, the values:", self.forward()),
            ("Each step's own derivative:", lines[: self.slopes]),
            (f"Backward, the derivatives of {y}:", lines[self.slopes :]),
        ]
        return "\n\n".join("\n".join([heading, *lines]) for heading, lines in parts if lines)

    def forward(self) -> list[str]:
        """How the values were computed, one a line."""
        lines = ["  " + " = ".join(each_once(self.chain.definition(v, TEXT))) for v in self.values]
        left_out = len(self.chain.order) - len(lines)
        return [f"  … {left_out} values before these", *lines] if left_out else lines

    @cached_property
    def markdown(self) -> str:
        """The sheet as Markdown tables."""
        y = in_markdown(self.chain.name(self.chain.y, TEXT))
        steps = [each_once(self.chain.definition(v, LATEX)) for v in self.values]
        left_out = len(self.chain.order) - len(self.values)
        parts = [
            "**Forward, the values**" + (f" (the last {len(self.values)})" if left_out else ""),
            markdown_table(("value", "="), [f"| ${name}$ | ${' = '.join(rest)}$ |" for name, *rest in steps]),
            "**Each step's own derivative**",
            self.blank_table(0, self.slopes),
            f"**Backward, the derivatives of {y}**",
            self.blank_table(self.slopes, len(self.blanks)),
        ]
        return "\n\n".join(parts)

    def blank_table(self, start: int, end: int) -> str:
        """Some of the blanks as a table of Markdown."""
        blanks = enumerate(self.blanks[start:end], start + 1)
        rows = [f"| {k} | $\\displaystyle {blank.symbol(LATEX)}$ | {blank.hint()} |" for k, blank in blanks]
        return markdown_table(("", "derivative", "="), rows)

    def __repr__(self) -> str:
        return for_terminal(self.text)

    def _repr_markdown_(self) -> str:
        return self.markdown


def markdown_table(heads: Sequence[str], rows: Sequence[str]) -> str:
    """A table of Markdown, its rows written already."""
    return "\n".join([f"| {' | '.join(heads)} |", "|" + " :-- |" * len(heads), *rows])
