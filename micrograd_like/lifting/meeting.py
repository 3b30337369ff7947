"""Where a number of a run meets code that wants a plain float: that code is lifted, and the run starts again.

The function remembers what it has met, so that later runs are lifted from the start.
"""

from __future__ import annotations

import sys
from _thread import _local
from functools import partial, wraps
from inspect import unwrap
from threading import Lock
from weakref import WeakKeyDictionary

from ..runs.running import THREAD
from ..runs.users import is_users_file
from .binding import Bindings, bindings_of, bound
from .libraries import load_twins

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

MOST = 40  # modules that one function may meet, one after the other
LEFT = {"micrograd_like", "numpy", "scipy", "pandas", "matplotlib", "llvmlite"}  # not in Python, or ours
COMPUTING_MODULES = {"statistics", "random", "colorsys", "fractions"}  # of the standard library, what computes


class Lifting:
    """What a function has met, and is lifted while it runs."""

    def __init__(self) -> None:
        self.modules: tuple[Bindings, ...] = ()

    def learn(self, error: BaseException) -> bool:
        """Take note of the modules that an error came through; whether any of them can be lifted, and is not yet."""
        learned = bool([name for name in modules_in(error) if load_twins(".".join(name.split(".")[:2]))])
        for namespace in namespaces_of(error):
            bindings = bindings_of(namespace)
            more = bindings.look()  # names may have been added since
            if bindings not in self.modules:
                more = bool(bindings.found) and len(self.modules) < MOST
                self.modules = (*self.modules, bindings) if more else self.modules
            learned = learned or more
        return learned


def namespaces_of(error: BaseException) -> Iterator[dict[str, Any]]:
    """Those of the modules in which the error was raised, and of those where errors were caught that led to it."""
    for each in errors_behind(error):
        for file in getattr(each, "met_in", ()):
            for module in [*sys.modules.values()]:
                if getattr(module, "__file__", None) == file and is_liftable(vars(module), file):
                    yield vars(module)
        trace: TracebackType | None = each.__traceback__
        while trace:
            frame, trace = trace.tb_frame, trace.tb_next
            if is_liftable(frame.f_globals, frame.f_code.co_filename):
                yield frame.f_globals


def modules_in(error: BaseException) -> set[str]:
    """The names of all modules that the error came through: SciPy's splines are asked by who has not made them."""
    found: set[str] = set()
    for each in errors_behind(error):
        trace = each.__traceback__
        while trace:
            found.add(str(trace.tb_frame.f_globals.get("__name__")))
            trace = trace.tb_next
    return found


def errors_behind(error: BaseException) -> list[BaseException]:
    """The error, and those that it came of."""
    found: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and all(each is not known for known in found):
        found.append(each)
        each = each.__cause__ or each.__context__
    return found


def may_be_of_values(error: BaseException) -> bool:
    """Whether the error may come of Values that stand in the places of floats; any other is the function's own.

    That is an error of types, one in a run in which something was refused, one of NumPy's or SciPy's, and one of code
    that asks for a type().
    """
    if isinstance(error, TypeError | AttributeError) or hasattr(error, "met_in"):
        return True
    trace, root = error.__traceback__, ""
    while trace:
        frame, trace = trace.tb_frame, trace.tb_next
        root = str(frame.f_globals.get("__name__")).partition(".")[0]
        if "type" in frame.f_code.co_names and is_users_file(frame.f_code.co_filename):
            return True
    return root in ("numpy", "scipy")


def is_liftable(namespace: dict[str, Any], file: str) -> bool:
    """Whether code of this file is Python's, of the user, of a library, or of what computes in the standard library."""
    root = str(namespace.get("__name__", "")).partition(".")[0]
    return root not in LEFT and (root in COMPUTING_MODULES or is_users_file(file))


class Switch(_local):
    """Whether code is lifted: in all threads, and how many times the running one has said that here it is not."""

    everywhere = True
    off_here = 0

    @property
    def on(self) -> bool:
        return Switch.everywhere and not self.off_here


SWITCH = Switch()
MET: WeakKeyDictionary[Any, Lifting] = WeakKeyDictionary()
MEETING_LOCK = Lock()


def lifting_of(f: Any) -> Lifting:
    """What this function has met in earlier runs."""
    f = unwrap(f)
    f = getattr(f, "__func__", f)
    with MEETING_LOCK:
        try:
            return MET.setdefault(f, Lifting())
        except TypeError:  # it cannot be a key
            return Lifting()


def run_lifted(f: Any, attempt: Callable[[], Any]) -> Any:
    """What the attempt to run f answers, with all lifted that f meets; within another run that one starts again."""
    if THREAD.run is not None or THREAD.trace is not None or not SWITCH.on:
        return attempt()
    lifting = lifting_of(f)
    while True:
        try:
            if not lifting.modules:
                return attempt()
            with bound(lifting.modules):
                return attempt()
        except Exception as error:
            if not (may_be_of_values(error) and lifting.learn(error)):
                raise


def starts_again(place: int) -> Callable[[F], F]:
    """A decorator: what is called runs the function at this place of its arguments, and lifts what that meets."""

    def decorated(function: F) -> F:
        @wraps(function)
        def answer(*args: Any, **options: Any) -> Any:
            return run_lifted(args[place], partial(function, *args, **options))

        return answer  # type: ignore[return-value]

    return decorated
