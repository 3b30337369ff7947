"""The explorer: one page that steps through a computation, forward and backward, and computes it anew.

The page is a file of its own: it needs no network, and nothing in it comes from anywhere else. All that is the user's,
names and lines of source, travels as JSON and is shown as text.
"""

from __future__ import annotations

import os

from ..graph import Paused
from ..pictures.scene import Scene
from .live import Live, NotLive, live_of_scene
from .page import Page

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import CodeType

    from ..runs.positions import Place

MOST_LIVE = 100_000  # values; of more, the page shows the numbers as they are


class Explorer:
    """A computation as a page to step through, as it was when `explore` was called."""

    __slots__ = ("_code", "_live", "_once", "_places", "_questions", "_reason", "_scene", "_title")

    def __init__(
        self,
        scene: Scene,
        live: Live | None = None,
        places: Sequence[Place | None] = (),
        questions: Sequence[Place | None] = (),
        title: str = "",
        reason: str = "",
        code: CodeType | None = None,
    ) -> None:
        self._scene = scene
        self._places = places  # of each value in the user's source
        self._questions = questions  # of each question
        self._title = title or scene.output.label
        self._reason = reason  # why nothing can be dragged
        self._code = code  # of the function that is explored
        self._live = live
        self._once = live is None and not reason  # what the program would choose with other numbers is not known
        if len(scene.marks) > MOST_LIVE:
            self._live = None
            self._reason = f"they come from {len(scene.marks)} values, too many for a page to compute"
        elif self._once:
            try:
                with Paused():
                    self._live = live_of_scene(scene)
            except NotLive as error:
                self._reason = str(error)

    def __repr__(self) -> str:
        inputs = len(self._live.inputs) if self._live else sum(mark.op is None for mark in self._scene.marks)
        values = len(self._scene.marks)
        return f"<explorer of {self._title}: {values} value{'s' * (values > 1)}, {inputs} input{'s' * (inputs != 1)}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """What a notebook shows: the page in a frame of its own."""
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def _repr_html_(self) -> str:
        """The frame, which tells the page the colour of the text around it; where none may be, what is missing."""
        from html import escape

        title = escape(self._title)
        return (
            f'<iframe title="Explorer of {title}" sandbox="allow-scripts" width="100%" height="760" style="border:0" '
            "onload=\"this.contentWindow.postMessage({micrograd_like:getComputedStyle(this).color},'*')\" "
            f'srcdoc="{escape(self.html())}">'
            f"Explorer of {title}: trust this notebook, or run its cells, to see the page.</iframe>"
        )

    def html(self) -> str:
        """The page as text."""
        with Paused():
            return Page(self).text()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, and return its path."""
        from pathlib import Path

        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"an explorer is saved as .html: {str(path)!r} has another suffix; draw(v).save writes pictures"
            )
        path.write_text(self.html(), encoding="utf-8")
        return path

    def show(self) -> Path:
        """Open the page in the web browser; return the path of the file that it shows."""
        import webbrowser
        from pathlib import Path
        from tempfile import mkdtemp

        path = self.save(Path(mkdtemp(prefix="micrograd_like_"), "explorer.html"))
        webbrowser.open(path.as_uri())
        return path


def page_of(scene: Scene, places: Sequence[Place | None] = ()) -> str:
    """The page of a drawing."""
    if not scene.derivatives:
        raise ValueError("an .html page steps through the derivatives too: save a drawing that has them")
    return Explorer(scene, places=places).html()
