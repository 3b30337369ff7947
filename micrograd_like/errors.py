"""Every error that this package raises under a name of its own; beside them it raises Python's.

TypeError
    TracingError                a function does what cannot be recorded
        Unrecorded              it takes an attribute of a Value that a recording does not follow
ValueError
    ExpressionError             a formula given as text is wrong
    NotDifferentiableError      there is no derivative at this point
        KinkError               the slopes on its two sides differ
        JumpError               the value jumps
        SingularError           the slope is infinite, or there are no numbers around
AssertionError
    GradientError               a derivative is not the slope
RuntimeError
    DrawingError                a picture cannot be made
UserWarning
    UnmeasuredWarning           rounding hides the slope

`Singular` and `Written` never reach a user: by them a recorded run says that this call is left to the function itself.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .operation import Op


class TracingError(TypeError):
    """What a function does that cannot be recorded: it would stay for ever as it was in the first call."""


class Unrecorded(TracingError, AttributeError):
    """An attribute that a Value has, and that a recording does not follow."""


class ExpressionError(ValueError):
    """What is wrong with an expression: one sentence, then its line, with carets under the place."""


class NotDifferentiableError(ValueError):
    """There is no derivative at this point, whatever a rule answers there."""


class KinkError(NotDifferentiableError):
    """The slopes on the left and on the right differ, as those of abs at 0."""


class JumpError(NotDifferentiableError):
    """The value jumps at this point, as that of floor at 1."""


class SingularError(NotDifferentiableError):
    """The slope has no finite limit, as that of a square root at 0, or there are no numbers around the point."""


class GradientError(AssertionError):
    """A derivative is not the slope: a rule is wrong, or the function loses track of a derivative."""


class DrawingError(RuntimeError):
    """A picture cannot be made: the message says why, and what to do."""


class UnmeasuredWarning(UserWarning):
    """Rounding hides the slope: it neither confirms nor refutes the derivative."""


class Singular(BaseException):
    """A run met a singular point, or an error that it caught: this call is left to eager evaluation."""


class Written(BaseException):
    """A run wrote into an argument of this type: this call is left to the function as it is."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


def note_several(op: Op, x: Any, is_ours: bool) -> None:
    """Add to Python's error in an operation of ours what to write for a list or an array."""
    error, by_one = sys.exc_info()[1], f"[{op.name}(x) for x in …]"
    if error is None or op.arity != 1 or not is_ours:
        return
    if hasattr(x, "ndim"):
        by_numpy = hasattr(sys.modules.get("numpy"), op.numpy)
        hint = f"np.{op.numpy}(…)" if by_numpy else f"np.array({by_one})"
        error.add_note(f"{op.name} takes one number: for an array write {hint}")
    elif isinstance(x, list | tuple):
        error.add_note(f"{op.name} takes one number: for a {type(x).__name__} write {by_one}")
