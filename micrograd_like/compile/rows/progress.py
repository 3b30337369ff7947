"""The bar that shows how many rows are computed."""

from __future__ import annotations

from _thread import allocate_lock
from importlib import import_module

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .vmap import Vmapped


class Bar:
    """The progress of the rows, shown if that is wanted."""

    def __init__(self, rows: int, vmapped: Vmapped) -> None:
        self.bar: Any = None
        if vmapped.progress:
            try:
                tqdm = import_module("tqdm")
            except ImportError:
                raise ImportError("progress=True needs tqdm: pip install 'micrograd_like[batch]'") from None
            self.bar = tqdm.tqdm(total=rows, desc=vmapped.__name__, unit=" rows", unit_scale=True)
        self.lock = allocate_lock()

    def update(self, rows: int) -> None:
        if self.bar is not None:
            with self.lock:
                self.bar.update(rows)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()
