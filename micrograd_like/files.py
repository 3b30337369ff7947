"""Files of the user's: run as an import would, and what is said of those that fail."""

from __future__ import annotations

import os
import runpy
import sys
import traceback

from .words.pointing import quoted

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


class Failure(Exception):
    """Why the file or the picture comes to nothing, in a sentence for the user."""


def variables_after_running(path: Path) -> dict[str, Any]:
    """The variables of the file once it has run, as an import would: without `if __name__ == "__main__"`."""
    if not os.path.isfile(path):  # Path's own raises for a name that is too long
        raise Failure(f"there is no file {quoted(str(path))}")
    importable = sys.path.copy()
    sys.path.insert(0, str(path.resolve().parent))  # so that it finds its neighbours
    try:
        return runpy.run_path(str(path))
    except SystemExit as stop:
        raise Failure(f"{path} ended itself, by SystemExit({stop.code!r}), before it could be drawn") from None
    except Exception as error:
        raise Failure(f"{path} raises {type(error).__name__}:\n{own_lines(error, path)}") from None
    finally:
        sys.path[:] = importable


def own_lines(error: Exception, path: Path) -> str:
    """What a traceback says of the file itself: its last lines that were running, and the error."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return "".join(traceback.format_list(frames[-3:]) + traceback.format_exception_only(error)).rstrip()
