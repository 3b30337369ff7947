"""Threads that run side by side, and take turns as often as they can."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any


def side_by_side(*works: Callable[[], Any]) -> None:
    """Do each work in a thread of its own, until all are done."""
    threads = [threading.Thread(target=work) for work in works]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
