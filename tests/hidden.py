"""A number in memory that is found by its address alone: what goes on there is seen by no scan of a function."""

from __future__ import annotations

import ctypes
import threading

KEPT: list[ctypes.c_double] = []  # the memory, which no function under test leads to
LOCK = threading.Lock()


class Hidden:
    """A number that functions may read and write without being seen to."""

    def __init__(self, address: int) -> None:
        self.address = address

    def read(self) -> float:
        return ctypes.c_double.from_address(self.address).value

    def write(self, x: float) -> None:
        ctypes.c_double.from_address(self.address).value = x

    def put(self, _: object = None) -> None:
        """Count one more."""
        with LOCK:
            self.write(self.read() + 1)

    def __call__(self) -> int:
        return int(self.read())


def hidden(x: float = 0.0) -> Hidden:
    """A new one, which is this number."""
    KEPT.append(ctypes.c_double(x))
    return Hidden(ctypes.addressof(KEPT[-1]))
