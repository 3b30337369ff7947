"""Errors that other libraries raise for a Value where they want a float, and that the user's function catches.

On plain numbers these errors would not come, and the function would go another way: so its derivative would be wrong.
From Python 3.12 on, the interpreter reports every error that is handled. We listen only while a run goes on.
"""

from __future__ import annotations

import os
import sys

from .positions import PACKAGE

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

OUR_WORDS = (  # how messages speak of our numbers, and of arrays of them
    r"\b(Value|Active|Condition)\b|'number'|\b(from|not|received a|component:) number\b"
    r"|dtype\('O'\)|\bobject arrays?\b|for the input types|has no callable|float is not JSON"
)
FRACTION = "argument should be a string or a Rational instance"  # what Fraction(x) says, whatever x is
OF_FLOATS_TOO = (  # errors that come where a float stands too
    r"object (is not|does not support|cannot be interpreted as)|is not (iterable|a container)|be an iterable"
    r"|has no len\(\)|indices must be|cannot unpack|multiply sequence|operand type for unary ~"
    r"|not supported between instances"
    r"|operand type\(s\) for .*: (?!.*'complex')|expected str|can only concatenate|must be str|bytes-like|a string"
)
MONITORING: Any = getattr(sys, "monitoring", None)
TOOLS = (5, 3, 1)  # of those that the interpreter tells of its events: the first that nobody has taken


class Listener:
    """Hears from the interpreter of the errors that are handled during a run, and hands those of interest to `tell`."""

    def __init__(self) -> None:
        self.runs: dict[int, Any] = {}  # those that go on, in all threads
        self.listens = False
        self.tool: int | None = None
        self.tell: Callable[[BaseException], None] = lambda _: None

    def start(self) -> None:
        """Listen, if the interpreter can tell."""
        self.listens = True
        if MONITORING is None:
            return
        if self.tool is None:
            self.tool = next((tool for tool in TOOLS if MONITORING.get_tool(tool) is None), None)
            if self.tool is None:
                return
            MONITORING.use_tool_id(self.tool, __name__.partition(".")[0])
            MONITORING.register_callback(self.tool, MONITORING.events.EXCEPTION_HANDLED, self.heard)
        MONITORING.set_events(self.tool, MONITORING.events.EXCEPTION_HANDLED)

    def heard(self, code: Any, _offset: int, error: BaseException) -> None:
        if not self.runs:
            self.listens = False
            MONITORING.set_events(self.tool, 0)
        elif isinstance(error, TypeError | AttributeError):
            its_own = [PACKAGE, *of_numpy()] if isinstance(error, AttributeError) else [PACKAGE]
            if not code.co_filename.startswith(tuple(its_own)):
                self.tell(error)


def of_numpy() -> list[str]:
    """The folder of NumPy, which tries methods on what it is given and goes on without: such errors mean nothing."""
    numpy = sys.modules.get("numpy")
    return [os.path.dirname(numpy.__file__) + os.sep] if numpy and numpy.__file__ else []


LISTENER = Listener()


def is_foreign(error: BaseException) -> bool:
    """Whether the error comes of a Value: with a float in its place it would not have been raised.

    >>> is_foreign(TypeError("must be real number, not Value")), is_foreign(TypeError("'Value' object is not iterable"))
    (True, False)
    """
    from re import search

    if isinstance(error, AttributeError):
        if hasattr(type(error.obj), "_data") and hasattr(0.0, error.name or ""):
            return True
        return (type(error.obj) in (float, int) or hasattr(type(error.obj), "_data")) and is_numpys(error)
    text = str(error)
    return text == FRACTION or bool(search(OUR_WORDS, text) and not search(OF_FLOATS_TOO, text))


def is_numpys(error: BaseException) -> bool:
    """Whether the error was raised in code of NumPy, which asks the elements of an array of objects for attributes."""
    trace, module = error.__traceback__, ""
    while trace:
        if not trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
            module = str(trace.tb_frame.f_globals.get("__name__"))
        trace = trace.tb_next
    return module.startswith("numpy.")
