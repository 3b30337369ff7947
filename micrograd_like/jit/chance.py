"""Chance, clocks and files: what answers something else in every call."""

from __future__ import annotations

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

CHANCE = ("random", "_random", "time", "secrets", "numpy.random", "datetime")
CHANCE_PARTS = tuple([f"{module}." for module in CHANCE])


def is_importing(frame: FrameType | None) -> bool:
    """Whether this is the code of a module that is being imported, which runs once."""
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def module_of(function: Any) -> str:
    """The module of a function written in C; that of its object, if it is a method."""
    return getattr(function, "__module__", None) or type(getattr(function, "__self__", "")).__module__


def is_chance(module: str) -> bool:
    """Whether this is a module, or a part of one, whose functions answer something else in every call."""
    return module in CHANCE or module.startswith(CHANCE_PARTS)
