"""Where in the user's program each Value was computed, and where one was turned into a plain number."""

from __future__ import annotations

import sys

from ..core import core
from ..graph import ByNode, Node
from ..runs.positions import PACKAGE, Place, caller_of, line_of, raised_at
from ..runs.running import DROPPING_CODE

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

NUMBER_TESTS = {"isclose", "isfinite", "isinf", "isnan"}
__all__ = ["PACKAGE", "Place", "Watch", "caller_of", "line_of", "raised_at"]


class Watch:
    """While it is entered, notes where in the program Values are made, and where derivatives are dropped.

    >>> from micrograd_like import Value
    >>> x = Value(3.0)
    >>> with Watch() as watch:
    ...     y = x * 2
    ...     number = y.data
    >>> watch.places[y].expression
    'x * 2'
    >>> [(what, place.expression) for what, place in watch.drops]
    [('its .data was read', 'y.data')]

    It sees the calling thread only, and costs nothing when it is not entered. Values of others are not touched.
    """

    def __init__(self) -> None:
        self.places: ByNode = ByNode()
        self.drops: list[tuple[str, Place]] = []

    def __enter__(self) -> Watch:
        self._before: Any = sys.getprofile()
        if core:
            core.watch(True)
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        if core:
            core.watch(False)
        if self._before is None or callable(self._before):
            sys.setprofile(self._before)
        else:  # cProfile, which no `setprofile` can bring back
            sys.setprofile(None)
            self._before.enable()

    def _see(self, frame: FrameType, event: str, answer: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            return
        if event == "return":
            if isinstance(answer, Node) and getattr(answer, "_row", None) is not None and answer not in self.places:
                place = caller_of(frame)
                if place:
                    self.places[answer] = place
        elif event == "call" and code in DROPPING_CODE and frame.f_back:
            if not getattr(frame.f_locals.get("self"), "_is_value", True):
                return
            name = getattr(frame.f_locals.get("function"), "__name__", "")
            by = frame.f_back
            if not by.f_code.co_filename.startswith(PACKAGE) and name not in NUMBER_TESTS:
                self.drops.append((DROPPING_CODE[code].format(name), Place(by.f_code, by.f_lasti)))
