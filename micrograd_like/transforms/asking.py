"""Functions that ask for the type of a number or for the dtype of an array, where a Value stands for it.

`isinstance(x, float)` asks the Value, which can answer as a float would; `type(x)` and the dtype of an array do not ask
it. So the bytecode of the program is searched for such questions beforehand. Where there are some, a `type(x)` that
would answer otherwise than for a float is refused when it runs, and arrays of Values look like arrays of floats.
"""

from __future__ import annotations

import builtins
import sys
from contextlib import ExitStack, nullcontext
from functools import partial, wraps
from threading import Lock
from types import FunctionType

from ..active import Active, is_of_plain_numbers
from ..graph import Node
from ..runs.bytecode import codes_in, looked_up, once_a_code, type_sites, variable_in
from ..runs.foreign import MONITORING
from ..runs.positions import Place
from ..runs.running import THREAD, refused
from ..runs.users import is_users_class, is_users_file
from ..trace.symbol import Symbol
from ..trees.containers import LOOKALIKES
from ..trees.objects import FUNCTIONS, PACKAGE_NAME, closed_over, in_class
from ..value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

MOST_FUNCTIONS = 500  # functions that are searched
ENTER_NOTHING = nullcontext()
ABOUT_ARRAYS = {
    "dtype",
    "itemsize",
    "nbytes",
    "linalg",
    "interp",
}  # the last two answer to arrays that look like plain ones
ASKED_FOR = {"type", *ABOUT_ARRAYS}


# which functions ask


def questions_of(f: Any) -> dict[str, list[CodeType]]:
    """The questions in f, and in the user's functions that it names or closes over: for each, the codes that ask it."""
    asked: dict[str, list[CodeType]] = {}
    waiting: list[Any] = [f]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_FUNCTIONS:
        x = waiting.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if type(x) in FUNCTIONS:
            waiting += [y for y in closed_over(x) if type(y) in FUNCTIONS or isinstance(y, type)]
        elif isinstance(x, type):
            waiting += [y for y in [*vars(x).values()] if type(y) is FunctionType]
        elif not isinstance(x, Node) and callable(x):
            waiting += [y for y in (in_class(type(x), "__call__"), getattr(x, "__wrapped__", None)) if y is not None]
        if type(x) is FunctionType and is_users_file(x.__code__.co_filename):
            names = names_used_in(x.__code__)
            for name in names & ASKED_FOR:
                asked.setdefault(name, []).extend(codes_in(x.__code__))
            found = (x.__globals__.get(name) for name in names)
            waiting += [y for y in found if type(y) is FunctionType or (isinstance(y, type) and is_users_class(y))]
    return asked


def asks_about_arrays(f: Any) -> bool:
    """Whether the program asks for the dtype of an array."""
    return not ABOUT_ARRAYS.isdisjoint(questions_of(f))


@once_a_code
def names_used_in(code: CodeType) -> set[str]:
    """The globals and attributes that a function, and those within it, name."""
    return {name for each in codes_in(code) for name in each.co_names}


# the types of numbers and arrays


def refusal_of_type(x: Any, site: Any, frame: FrameType) -> str:
    """What to say of a `type(x)` that would answer otherwise for the number that x stands for; "" if it would not."""
    kinds, name = claimed_kinds(x, site, frame), getattr(x, "_name", None) or "…"
    is_lifted = frame.f_globals.get("type", type) is not type  # and knows numbers that stand for plain ones
    if not kinds or (is_lifted and kinds in ([float], [int], [bool])):
        return ""
    known = [class_named(y, frame) for y in site.names or ()]
    others = [y for y in known if y is not Value or Value in kinds]
    if site.names and not any(issubclass(kind, y) if isinstance(y, type) else True for kind in kinds for y in others):
        return ""  # the number's type is none of these either: the comparison is false for both
    kind = kinds[0]
    called = x._called if isinstance(x, Symbol) else "a number or an array" if name == "…" else name
    return (
        f"the type of {called} is not {kind.__name__}, at {Place(frame.f_code, site.offset)}\n"
        f"Ask isinstance({name}, {kind.__name__}), or for its __class__"
    )


def claimed_kinds(x: Any, site: Any, frame: FrameType) -> list[type]:
    """The types that the number or array in whose place x stands may have; none if x stands for itself."""
    module = str(frame.f_globals.get("__name__")).partition(".")[0]
    if module in ("copy", "dataclasses") or (
        module == "numpy" and type(x) in LOOKALIKES
    ):  # which do what they would do
        return []
    if type(x) in LOOKALIKES:
        numpy = sys.modules["numpy"]
        return [numpy.ndarray] if len(site.path) == 1 else [numpy.float64, numpy.ndarray]
    if isinstance(x, Symbol):
        return [float if x._is_variable else x._kind]
    return [float] if type(x) is Active and is_of_plain_numbers(x) else []


def class_named(name: str, frame: FrameType) -> Any:
    """The class that a name with dots stands for in a frame; None if there is none."""
    first, *others = name.split(".")
    found = type(None) if name == "type(None)" else getattr(builtins, first, None) or variable_in(frame, first)
    for attribute in others:
        found = getattr(found, "__dict__", {}).get(attribute)
    return found


def subjects(site: Any, frame: FrameType, all_of_them: bool = True) -> list[Any]:
    """The objects to which the `type()` at this place may be applied, as far as the frame tells."""
    if not site.path:
        return [x for x in frame.f_locals.values() if all_of_them or type(x) in LOOKALIKES]
    x, first = looked_up(site.path, partial(variable_in, frame)), variable_in(frame, site.path[0][1])
    return [first if x is None and type(first) in LOOKALIKES else x]


def check_type(code: CodeType, offset: int, frame: FrameType) -> bool:
    """Refuse a `type()` of a number of the current run at this instruction; answer whether a `type()` is there."""
    sites, run = [site for site in type_sites(code) if site.offset == offset], THREAD.run
    for x in (x for site in sites if run for x in subjects(site, frame)):
        if run and (said := refusal_of_type(x, sites[0], frame)):
            raise refused(run, TypeError(f"while {run.name} is differentiated, {said}"))
    return bool(sites)


class TypesTraced:
    """While it is entered, refuses a type() of a number of the run, at the moment when the program asks it."""

    def __init__(self, codes: list[CodeType]) -> None:
        self.codes = codes

    def __enter__(self) -> None:
        self.tracing = sys.gettrace() is None  # else a debugger is there
        if self.tracing:
            sys.settrace(self.entered)

    def __exit__(self, *_: object) -> None:
        if self.tracing:
            sys.settrace(None)

    def entered(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code not in self.codes:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self.step

    def step(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            check_type(frame.f_code, frame.f_lasti, frame)
        return self.step


class TypesMonitored:
    """The same, by `sys.monitoring`, which stops at the instructions of these functions alone."""

    TOOL = 4
    lock = Lock()
    counts: dict[CodeType, int] = {}  # noqa: RUF012 - one for all threads, as the instructions are

    def __init__(self, codes: list[CodeType]) -> None:
        self.codes = codes

    def __enter__(self) -> None:
        monitoring = MONITORING
        with self.lock:
            self.is_free = monitoring.get_tool(self.TOOL) in (None, PACKAGE_NAME)
            if not self.is_free:
                return
            if monitoring.get_tool(self.TOOL) is None:
                monitoring.use_tool_id(self.TOOL, PACKAGE_NAME)
                monitoring.register_callback(self.TOOL, monitoring.events.INSTRUCTION, self.step)
            for code in self.codes:
                self.counts[code] = self.counts.get(code, 0) + 1
                monitoring.set_local_events(self.TOOL, code, monitoring.events.INSTRUCTION)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            for code in self.codes if self.is_free else ():
                self.counts[code] -= 1
                if not self.counts[code]:
                    del self.counts[code]
                    MONITORING.set_local_events(self.TOOL, code, 0)

    @staticmethod
    def step(code: CodeType, offset: int) -> Any:
        return None if check_type(code, offset, sys._getframe(1)) else MONITORING.DISABLE


TypesWatched = TypesMonitored if sys.version_info >= (3, 12) else TypesTraced


# arrays that a program makes of numbers

MAKERS = ("array", "asarray", "ascontiguousarray")


class ArraysDressed:
    """While it is entered, arrays that the program makes of a run's numbers look as if they held plain ones."""

    lock = Lock()
    count = 0
    originals: dict[str, Any] = {}  # noqa: RUF012 - one for all threads, as NumPy is

    def __enter__(self) -> None:
        import numpy

        kind = ArraysDressed
        with kind.lock:
            if not kind.count:
                kind.originals = {name: getattr(numpy, name) for name in MAKERS}
                for name, make in kind.originals.items():
                    setattr(numpy, name, dressing(make))
            kind.count += 1

    def __exit__(self, *_: object) -> None:
        import numpy

        kind = ArraysDressed
        with kind.lock:
            kind.count -= 1
            if not kind.count:
                for name, make in kind.originals.items():
                    setattr(numpy, name, make)


def dressing(make: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes arrays, whose arrays of a run's numbers look like arrays of plain ones."""
    from ..trees.lookalike import of_numbers

    @wraps(make)
    def made(*args: Any, **options: Any) -> Any:
        answer = make(*args, **options)
        given = args[1] if len(args) > 1 else options.get("dtype")
        return answer if given is object or given == "O" else of_numbers(answer, args[0] if args else None)

    return made


def watching(asked: dict[str, list[CodeType]]) -> Any:
    """The context manager in which a run goes on, given the questions that its program asks."""
    if THREAD.trace or not asked:
        return ENTER_NOTHING
    stack = ExitStack()
    if codes := [code for code in asked.get("type", ()) if type_sites(code)]:
        stack.enter_context(TypesWatched(codes))
    if not ABOUT_ARRAYS.isdisjoint(asked) and sys.modules.get("numpy"):
        stack.enter_context(ArraysDressed())
    return stack
