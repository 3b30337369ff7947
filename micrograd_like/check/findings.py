"""What is the matter with a derivative, beside the measured slopes, in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from ..errors import GradientError, JumpError, KinkError, SingularError, UnmeasuredWarning
from .slopes import Slopes


@dataclass(slots=True)
class Finding:
    """What is the matter with a derivative: the error to raise, and its message."""

    kind: type[Exception]
    message: str


def verdict(slopes: Slopes, derivative: float) -> type[Exception] | None:
    """What is the matter with the derivative, given the measured slopes; None if they agree."""
    if slopes.jumps:
        return JumpError
    if slopes.is_steep:
        return SingularError
    if slopes.kinked:
        return KinkError
    if slopes.best is None or not (isfinite(derivative) or slopes.is_sure_beside(0.0)):
        return SingularError
    if not isfinite(derivative) or slopes.best.differs(derivative):
        return UnmeasuredWarning if slopes.is_blurred else GradientError
    return None if slopes.is_sure_beside(derivative) else UnmeasuredWarning


def said(kind: type[Exception], what: str, point: str, by: str, derivative: float, slopes: Slopes, who: str) -> str:
    """The finding in a sentence."""
    if kind is KinkError and slopes.left and slopes.right:
        sides = f"{slopes.left.number:.6g} on the left and {slopes.right.number:.6g} on the right"
        return f"{what} has a kink at {point}: its slope for {by} is {sides}; {who} gives {derivative:.10g}"
    if kind is JumpError:
        return f"{what} jumps at {point} as {by} passes it; {who} gives {derivative:.10g}"
    if kind is SingularError:
        return (
            f"{what} is singular at {point}: its slope for {by} is infinite or undefined; {who} gives {derivative:.10g}"
        )
    return f"{what} at {point}: {who} gives {derivative:.10g} for {by}; the measured slope is {slopes.best}"
