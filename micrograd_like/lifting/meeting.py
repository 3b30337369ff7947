"""Where a number of a run meets code that wants a plain float: that code is lifted, and the run starts again.

The function remembers what it has met, so that later runs are lifted from the start.
"""

from __future__ import annotations

import sys
from _thread import _local
from functools import partial, wraps
from inspect import unwrap
from threading import Lock
from types import ModuleType
from weakref import WeakKeyDictionary

from ..runs.bytecode import codes_in
from ..runs.running import THREAD
from ..runs.users import is_users_file
from .beyond import errors_behind, is_of_a_value, said_of_unlifted
from .binding import Bindings, bindings_of, bound
from .libraries import SEARCHES_IN_PYTHON, load_twins

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType, TracebackType
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

MOST, MOST_OF_PACKAGES = 40, 400  # modules that one function may meet, one after the other, and with all beside them
SILENT = {"scipy.optimize": ["fsolve", "leastsq", "root"], **SEARCHES_IN_PYTHON}
LEFT = {"micrograd_like", "numpy", "scipy", "pandas", "matplotlib", "llvmlite"}  # not in Python, or ours
COMPUTING_MODULES = {"statistics", "random", "colorsys", "fractions"}  # of the standard library, what computes


class Lifting:
    """What a function has met, and is lifted while it runs."""

    def __init__(self) -> None:
        self.modules: tuple[Bindings, ...] = ()

    def learn(self, error: BaseException) -> bool:
        """Take note of the modules that an error came through; whether any of them can be lifted, and is not yet."""
        learned = bool([name for name in modules_in(error) if load_twins(".".join(name.split(".")[:2]))])
        met = [*namespaces_of(error)]
        for kind, namespace in kinds_made_in(error):  # also such as no name of a module leads to
            bindings_of(namespace).look_into(kind)
        if self.include(met, MOST) or learned:
            return True
        named = [*modules_named_in(error)]
        return self.include(named, MOST) or self.include(in_packages_of([*met, *named]), MOST_OF_PACKAGES)

    def include(self, namespaces: Iterable[dict[str, Any]], most: int) -> bool:
        """Lift these modules from now on; whether that is more than before."""
        included = False
        for namespace in namespaces:
            bindings = bindings_of(namespace)
            more = bindings.look()  # names may have been added since
            if bindings not in self.modules:
                more = bool(bindings.found) and len(self.modules) < most
                self.modules = (*self.modules, bindings) if more else self.modules
            included = included or more
        return included


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


def kinds_made_in(error: BaseException) -> Iterator[tuple[type, dict[str, Any]]]:
    """The classes below float whose instances were to be made where the error was raised, and the modules of that."""
    for each in errors_behind(error):
        trace = each.__traceback__
        while trace:
            frame, trace = trace.tb_frame, trace.tb_next
            kind = next(iter(frame.f_locals.values()), None) if frame.f_code.co_name == "__new__" else None
            if isinstance(kind, type) and issubclass(kind, float) and is_users_file(frame.f_code.co_filename):
                yield kind, frame.f_globals


def modules_named_in(error: BaseException) -> Iterator[dict[str, Any]]:
    """The modules that the code which has met the error knows by a name, or things of them.

    What it has called may be C's, out of them; and an object of a class may have made arrays before.
    """
    frame: FrameType | None = None
    for each in errors_behind(error):
        trace = each.__traceback__
        while trace:
            frame = trace.tb_frame if is_users_file(trace.tb_frame.f_code.co_filename) else frame
            trace = trace.tb_next
    if frame is None:
        return
    code = frame.f_code
    for name in (*code.co_names, *code.co_freevars, *code.co_varnames, *code.co_cellvars):
        x = frame.f_locals.get(name, frame.f_globals.get(name))
        home = getattr(x, "__module__", None) or type(x).__module__
        module = x if isinstance(x, ModuleType) else sys.modules.get(home) if isinstance(home, str) else None
        file = str(getattr(module, "__file__", None))
        if module is not None and file.endswith(".py") and is_liftable(vars(module), file):
            yield vars(module)


def in_packages_of(met: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The other modules of the packages that were met: one may have given another what it holds, as a table does."""
    roots = {str(namespace.get("__package__")).partition(".")[0] for namespace in met} - {"", "None"}
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] in roots and isinstance(module, ModuleType):
            file = str(getattr(module, "__file__", None) or "<frozen")
            if is_liftable(vars(module), file) and file.endswith(".py"):
                yield vars(module)


def modules_in(error: BaseException) -> set[str]:
    """The names of all modules that the error came through: SciPy's splines are asked by who has not made them."""
    found: set[str] = set()
    for each in errors_behind(error):
        trace = each.__traceback__
        while trace:
            found.add(str(trace.tb_frame.f_globals.get("__name__")))
            trace = trace.tb_next
    return found


def may_be_of_values(error: BaseException) -> bool:
    """Whether the error may come of Values that stand in the places of floats; any other is the function's own.

    That is an error of types, one in a run in which something was refused, one of NumPy's or SciPy's, and one of code
    that asks for a type().
    """
    if isinstance(error, TypeError | AttributeError) or hasattr(error, "met_in") or is_of_a_value(error):
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
            known = MET.get(f)
        except TypeError:  # it cannot be a key
            return Lifting()
        if known is None:
            known = MET[f] = Lifting()
            if is_to_be_lifted_at_once(f):
                known.include([f.__globals__], MOST)
        return known


def is_to_be_lifted_at_once(f: Any) -> bool:
    """Whether it, or its module, calls what meets Values and does not refuse them: searches that are silent of it.

    MINPACK, behind `fsolve`, prints the error of a function that it calls; a search that is written in Python takes
    Values, and its answer has the derivative of the search in place of that of the root.
    """
    namespace = getattr(f, "__globals__", None)
    if not isinstance(namespace, dict) or not is_users_file(f.__code__.co_filename):
        return False
    searches = [(sys.modules[name], names) for name, names in SILENT.items() if name in sys.modules]
    if not searches:
        return False
    named = {name for code in codes_in(f.__code__) for name in code.co_names}
    ids = {id(getattr(module, name, None)) for module, names in searches for name in names} - {id(None)}
    held = [*namespace.values()]  # at once: other threads lift and put back
    return any(not named.isdisjoint(names) for _, names in searches) or not ids.isdisjoint(map(id, held))


def run_lifted(f: Any, attempt: Callable[[], Any]) -> Any:
    """What the attempt to run f answers, with all lifted that f meets; within another run that one starts again."""
    if THREAD.run is not None or THREAD.trace is not None or not SWITCH.on:
        return attempt()
    lifting = lifting_of(f)
    while True:
        modules, places = lifting.modules, Bindings.places_of_all
        try:
            if not modules:
                return attempt()
            with bound(modules):
                return attempt()
        except Exception as error:
            if not may_be_of_values(error):
                raise
            if not lifting.learn(error) and (modules, places) == (lifting.modules, Bindings.places_of_all):
                if said := said_of_unlifted(error, f):  # nor has another thread learned anything meanwhile
                    raise TypeError(said) from error
                raise


def starts_again(place: int) -> Callable[[F], F]:
    """A decorator: what is called runs the function at this place of its arguments, and lifts what that meets."""

    def decorated(function: F) -> F:
        @wraps(function)
        def answer(*args: Any, **options: Any) -> Any:
            return run_lifted(args[place], partial(function, *args, **options))

        return answer  # type: ignore[return-value]

    return decorated
