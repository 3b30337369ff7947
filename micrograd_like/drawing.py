"""Drawing: a computed Value as a picture, a tree, a table or a file."""

from __future__ import annotations

import sys

from .errors import DrawingError
from .pictures import compact, dot, fonts, mermaid, svg
from .pictures import tree as in_text
from .pictures.fold import view_of
from .pictures.layout import laid_out
from .pictures.scene import Scene, callers_variables
from .value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from pathlib import Path

    from .pictures.view import View

LARGEST = 1500
STYLES = "book", "compact"


def draw(
    v: Value,
    *,
    derivatives: bool = True,
    depth: int | None = None,
    style: str | None = None,
    direction: str = "right",
) -> Drawing:
    """Show how a Value was computed, and its derivative by each value that it was computed from.

    >>> from micrograd_like import Value
    >>> apple, n_apples, tax = Value(100), Value(2), Value(1.1)
    >>> total = apple * n_apples * tax
    >>> print(draw(total))
                              value  ∂total/∂
    total = v1 × tax            220  ← 1
    ├─ v1 = apple × n_apples    200  ← 1.1
    │  ├─ apple                 100  ← 2.2
    │  └─ n_apples                2  ← 110
    └─ tax                      1.1  ← 200

    In a notebook it is a picture, as in Saitoh Goki, Deep Learning from Scratch, chapter 5: values above each arrow,
    derivatives below it. `draw(total).save("total.svg")` writes that picture to a file, and `show()` opens it. In the
    tree `↑` marks a value met before, and `Σ` the sum of its derivatives. Values are called by their `name`, or else by
    the variable, or the place in a list, that holds them where `draw` is called. The derivatives are those of the value
    drawn; `grad` is neither read nor written. `derivatives=False` leaves them out.

    Beyond 60 values, or where it would be very wide, the picture is compact: one small mark a value, the warmer the
    larger its derivative, long sums as one Σ, numbers in the tooltips. With `direction="down"` arrows run down the
    page, which suits long chains. Beyond 250 marks, or where arrows are very long, each `scope` is folded to one, the
    innermost first, and what still does not fit is left out and counted. `depth` says how many levels of scopes are
    open, 0 for none; `style` asks for the "book" picture or for the "compact" one whatever the size.

    Each number is the one that the Value holds now; if it was written after it was used, the drawing says so below.

    A TypeError says that something is no Value, a ValueError that there is no such option. The tree needs only Python;
    a picture without Graphviz, or of more than 1500 marks, raises a DrawingError that says what to do.
    """
    check_view(depth, style, direction)
    if not isinstance(v, Value):
        hint = "make the inputs Values, as in Value(100), and draw what you compute from them"
        if isinstance(v, list | tuple):
            hint = "draw its elements one at a time"
        raise TypeError(f"draw shows one Value and what it was computed from, not {v!r:.60}: {hint}")
    return Drawing(Scene(v, callers_variables(), derivatives), depth, style, direction)


def check_view(depth: int | None, style: str | None, direction: str) -> None:
    """Refuse a depth, style or direction that there is not."""
    if direction not in dot.DIRECTIONS:
        raise ValueError(f"direction is {' or '.join(map(repr, dot.DIRECTIONS))}, not {direction!r}")
    if depth is not None and (type(depth) is not int or depth < 0):
        raise ValueError(f"depth is how many levels of scopes are open, 0, 1, 2, …, not {depth!r}")
    if style is not None and style not in STYLES:
        raise ValueError(f"style is {' or '.join(map(repr, STYLES))}, not {style!r}")
    if depth is not None and style == "book":
        raise ValueError("the book's picture folds no scopes: give depth or style='book', not both")


class Drawing:
    """A Value and what it was computed from, as they were when `draw` was called.

    A notebook shows its picture, `print` its tree. `svg()`, `tree()`, `table()` and `mermaid()` are its forms as text,
    `source` is the picture in Graphviz's language, and `save` writes a file of the form that its suffix names.
    """

    __slots__ = ("_depth", "_direction", "_scene", "_style", "_view")

    def __init__(
        self, scene: Scene, depth: int | None = None, style: str | None = None, direction: str = "right"
    ) -> None:
        self._scene = scene
        self._depth = depth
        self._style = style
        self._direction = direction
        self._view: View | None = None

    def __repr__(self) -> str:
        return self.tree()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """What a notebook shows: the picture; where there can be none, the tree, and why."""
        try:
            return {"text/html": self.svg(), "text/plain": self.tree()}
        except DrawingError as reason:
            return {"text/plain": f"{self.tree()}\n\n{reason}"}

    def _repr_html_(self) -> str:
        """The same for what asks for HTML alone."""
        from html import escape

        bundle = self._repr_mimebundle_()
        return bundle.get("text/html") or f"<pre>{escape(bundle['text/plain'])}</pre>"

    def tree(self, lines: int | None = in_text.MOST_LINES_OF_TREE) -> str:
        """The graph as a tree, output first, in as many lines as told; None for all.

        Like `print`, it suits the standard output: colours on a terminal, other signs where its encoding lacks some.
        """
        return in_text.tree_of_scene(self._scene, sys.stdout, lines)

    def table(self, lines: int | None = in_text.MOST_LINES_OF_TREE) -> str:
        """One line for each value, in the order in which they were computed; otherwise as `tree`.

        >>> from micrograd_like import Value
        >>> a, b = Value(2), Value(1)
        >>> e = (a + b) * (b + 1)
        >>> print(draw(e).table())
                       value  ∂e/∂
        a              2      2
        b              1      5
        v1  = a + b    3      2
        v2  = b + 1    2      3
        e   = v1 × v2  6      1
        """
        return in_text.table_of_scene(self._scene, sys.stdout, lines)

    def mermaid(self) -> str:
        """A Mermaid flowchart, which GitHub and Jupyter draw from a ```` ```mermaid ```` block.

        >>> from micrograd_like import Value
        >>> x = Value(3)
        >>> print(draw(x * 2).mermaid())  # doctest: +ELLIPSIS
        flowchart LR
          n0(["x"])
          n1(("× 2"))
          n0 -- "3<br>← 2" --> n1
        ...

        Mermaid draws at most 500 arrows: of more, it raises a ValueError.
        """
        return mermaid.flowchart(self._scene, dot.DIRECTIONS[self._direction])

    @property
    def source(self) -> str:
        """The picture in Graphviz's DOT language.

        >>> from micrograd_like import Value
        >>> draw(Value(3) * 2).source.splitlines()[0]
        'digraph G {'
        """
        return self._source()

    def svg(self) -> str:
        """The picture as one `<svg>` element, for a file or a page: it scales, and follows light and dark mode."""
        return svg.finished(self._picture("svg"), svg.alternative(self._scene))

    def save(self, path: str | PathLike[str]) -> Path:
        """Write a file of the form that the suffix names (.svg .png .pdf .dot .txt .mmd .html); return its path.

        >>> from micrograd_like import Value
        >>> from tempfile import mkdtemp
        >>> draw(Value(3) * 2).save(f"{mkdtemp()}/product.txt").read_text().splitlines()[0].split()
        ['value', '∂output/∂']

        Another suffix raises a ValueError. A warning says where no font here has a letter of a .png or a .pdf.
        """
        from pathlib import Path

        path = Path(path)
        form = FORMS.get(path.suffix.lower())
        if form is None:
            raise ValueError(
                f"a drawing is saved as {', '.join(FORMS)}, by the file's suffix: {str(path)!r} has none of these"
            )
        content = form(self)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def show(self) -> Path:
        """Open the picture in the web browser; return the path of the file that it shows."""
        import webbrowser
        from pathlib import Path
        from tempfile import mkdtemp

        path = self.save(Path(mkdtemp(prefix="micrograd_like_"), "drawing.svg"))
        webbrowser.open(path.as_uri())
        return path

    def _page(self) -> str:
        from .explorer.explorer import page_of

        return page_of(self._scene)

    def _printed(self, kind: str, **attributes: str) -> bytes:
        """A picture whose letters are drawn here, with a warning where there is no font for some."""
        import warnings
        from html import unescape

        picture = self._picture(kind, **attributes)
        missing = fonts.without_a_font(unescape(self.source))
        if missing:
            warnings.warn(fonts.sentence(missing, kind), stacklevel=4)
        return picture

    def _picture(self, kind: str, **attributes: str) -> bytes:
        marks = dot.size(self._scene) if self._is_the_book_s else len(self._seen.spots)
        if marks > LARGEST:
            asked = "style='compact'"
            if self._depth is not None:
                asked = "a smaller depth, or with none" if self._depth else "no depth"
            raise DrawingError(
                f"a picture of {self._scene.output.label} would have {marks} marks, more than the {LARGEST} that fit: "
                f"draw it with {asked}, or print the drawing for its tree, or its table() for one line a value"
            )
        return laid_out(self._source(**attributes), kind)

    @property
    def _is_the_book_s(self) -> bool:
        """Whether this is the book's picture: every value with its numbers."""
        if self._style or self._depth is not None or len(self._scene.marks) > dot.MOST_VALUES_OF_BOOK:
            return self._style == "book"
        return self._direction == "down" or dot.laid_out_width(self._scene) <= dot.WIDEST_OF_BOOK

    @property
    def _seen(self) -> View:
        """What the compact picture shows."""
        if self._view is None:
            self._view = view_of(self._scene, self._depth)
        return self._view

    def _source(self, **attributes: str) -> str:
        if self._is_the_book_s:
            return dot.book_in_dot(self._scene, self._direction, **attributes)
        return compact.view_in_dot(self._scene, self._seen, self._direction, **attributes)


FORMS: dict[str, Callable[[Drawing], str | bytes]] = {
    ".svg": Drawing.svg,
    ".png": lambda drawing: drawing._printed("png", dpi="192"),
    ".pdf": lambda drawing: drawing._printed("pdf", margin="0"),
    ".dot": lambda drawing: drawing.source,
    ".txt": lambda drawing: in_text.tree_of_scene(drawing._scene, lines=LARGEST) + "\n",
    ".mmd": Drawing.mermaid,
    ".html": lambda drawing: drawing._page(),
}
