"""Ways through a model's branches: which it takes at some numbers, and at which line two of them part."""

from __future__ import annotations

import sys
from _thread import get_ident
from threading import Lock

from ..graph import Paused
from ..runs.foreign import MONITORING
from ..runs.positions import Place
from ..runs.users import is_users_code

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    Way = list[tuple[CodeType, int, int]]  # turns in the user's program: where, and where it went on from there

LONGEST = 200_000  # turns that are kept
TOOL_NAME = "micrograd_like.ways"
TOOLS_OF_WAYS = 2, 1, 5, 3  # the first that nobody has taken is taken; 4 is that of transforms/asking.py


class Turns:
    """Hears of the turns in all threads by one tool, and adds those of a thread to the way that is looked at there."""

    def __init__(self) -> None:
        self.ways: dict[int, Way] = {}  # by threads
        self.tool: int | None = None
        self.lock = Lock()

    def start(self, way: Way) -> bool:
        """Add the turns of this thread to a way from now on; False if all tools are taken."""
        with self.lock:
            if self.tool is None:
                self.tool = next((tool for tool in TOOLS_OF_WAYS if MONITORING.get_tool(tool) is None), None)
                if self.tool is None:
                    return False
                MONITORING.use_tool_id(self.tool, TOOL_NAME)
                MONITORING.register_callback(self.tool, MONITORING.events.BRANCH, self.turn)
                MONITORING.set_events(self.tool, MONITORING.events.BRANCH)
            self.ways[get_ident()] = way
        return True

    def end(self, before: Way | None) -> None:
        """Go on with the way that was looked at in this thread before, if there was one."""
        with self.lock:
            if before is None:
                self.ways.pop(get_ident(), None)
            else:
                self.ways[get_ident()] = before
            if not self.ways and self.tool is not None:
                MONITORING.set_events(self.tool, 0)
                MONITORING.register_callback(self.tool, MONITORING.events.BRANCH, None)
                MONITORING.free_tool_id(self.tool)
                self.tool = None

    def turn(self, code: CodeType, offset: int, goal: int) -> Any:
        if not is_users_code(code):
            return MONITORING.DISABLE
        way = self.ways.get(get_ident())
        if way is not None and len(way) < LONGEST:
            way.append((code, offset, goal))
        return None


TURNS = Turns()


def way_of(call: Callable[[], Any]) -> tuple[Any, Way]:
    """What a call answers, an error if it raises one, and the turns that it takes."""
    way: Way = []
    if not MONITORING:
        with Paused():
            return traced(call, way), way
    before = TURNS.ways.get(get_ident())
    try:
        is_told = TURNS.start(way)
        with Paused():  # or what the garbage collector calls would have turns, too
            return caught(call) if is_told else traced(call, way), way
    finally:
        TURNS.end(before)


def traced(call: Callable[[], Any], way: Way) -> Any:
    """The same where the interpreter does not tell of turns, before Python 3.12: each instruction is one."""

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        if not is_users_code(frame.f_code) or len(way) > LONGEST:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        last = -1

        def step(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            if event == "opcode":
                way.append((frame.f_code, last, frame.f_lasti))
                last = frame.f_lasti
            return step

        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        return caught(call)
    finally:
        sys.settrace(before)


def caught(call: Callable[[], Any]) -> Any:
    """What a call answers; the error, where the model has no answer."""
    try:
        return call()
    except (ArithmeticError, ValueError) as error:
        return error


def parting(one: Way, other: Way) -> Place | None:
    """The question of the program at which two ways part; None if they are one."""
    if one == other:
        return None
    pairs = zip(one, other, strict=False)
    k = next((k for k, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)) - 1)
    return Place(*one[k][:2]) if k >= 0 else None


def question(place: Place) -> str:
    """The question as reports show it: ``if pot > 250_000`, line 71``."""
    text = place.statement
    if not (text.endswith(":") and text.startswith(("if ", "elif ", "while ", "for "))):
        text = place.expression
    text = text.removesuffix(":") or "a branch"
    return f"`{text[:60]}`, line {place.line}"
