"""Pictures of graphs: what was computed from what, and how derivatives flow back."""

from __future__ import annotations

from .drawing import Drawing as Drawing
from .drawing import draw as draw
from .layout import DrawingError as DrawingError

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .explorer import explore as explore


def __getattr__(name: str) -> Any:
    """The explorer is imported when it is asked for."""
    if name != "explore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .explorer import explore

    return explore
