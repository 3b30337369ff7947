"""A bar that shows how many rows are done."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

AFTER = 2.0  # seconds, unless a bar is asked for


@contextmanager
def bar_of_rows(wanted: bool | None, name: str, rows: int | None) -> Iterator[Callable[[int], Any]]:
    """What is told how many rows were done; it shows a bar if one is wanted, or by itself on a terminal."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    if wanted is False or (wanted is None and not on_terminal):
        yield lambda count: None
        return
    try:
        tqdm = import_module("tqdm")
    except ImportError:
        if wanted:
            raise ImportError("progress=True needs tqdm: pip install 'micrograd_like[tables]'") from None
        yield lambda count: None
        return
    with tqdm.tqdm(total=rows, desc=name, unit=" rows", unit_scale=True, delay=0 if wanted else AFTER) as bar:
        yield bar.update
