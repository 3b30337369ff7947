"""Chance, clocks, files and computed names: what a recorded run must not ask, since it would keep the one answer.

A run is watched for the calls themselves, whoever makes them: the function, a package that it uses, the standard
library. NumPy's own generator tells no profiler of its calls, so where it stands is compared before and after a run.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from ...runs.positions import PACKAGE, Place
from ...runs.users import is_installed, is_users_code

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType, FrameType
    from typing import Any

ANOTHER = "answers something else in every call"
FILES = "reads what may be something else in another call"
UNSEEN_NAMES = "looks up names that nobody sees in the code"
OTHER_THREAD = "answers something else in another thread"
SETTING = "answers what may be set otherwise in another call"
PROCESS = "answers what another program does"
# fmt: off
WRITTEN_IN_C = {  # by module and name; "*" for all others of a module
    "random": {"*": ANOTHER},
    "_random": {"*": ANOTHER},
    "secrets": {"*": ANOTHER},
    "numpy.random": {"*": ANOTHER},
    "time": {"*": ANOTHER, "sleep": "", "mktime": "", "strptime": "", "asctime": ANOTHER},
    "datetime": dict.fromkeys(("now", "today", "utcnow"), ANOTHER),
    "_uuid": {"*": ANOTHER},
    "posix": {
        **dict.fromkeys(("urandom", "getrandom", "times", "getloadavg", "read", "cpu_count", "umask"), ANOTHER),
        **dict.fromkeys(("listdir", "scandir", "stat", "lstat", "open", "access", "getcwd", "pread"), FILES),
        **dict.fromkeys(("readlink", "statvfs", "getxattr", "listxattr", "uname"), FILES),
        **dict.fromkeys(("system", "fork", "posix_spawn", "waitpid", "getlogin"), PROCESS),
    },
    "_io": dict.fromkeys(("open", "open_code", "read", "readline", "readlines", "readinto", "read1"), FILES),
    "io": {"open": FILES},
    "builtins": {"eval": UNSEEN_NAMES, "exec": UNSEEN_NAMES, "globals": UNSEEN_NAMES, "input": FILES},
    "_socket": {"*": FILES},
    **{module: {"*": FILES} for module in ("sqlite3", "_sqlite3", "mmap", "_dbm", "_gdbm", "select")},
    "numpy": {"fromfile": FILES},
    "_posixsubprocess": {"*": PROCESS},
    "_thread": {"get_ident": OTHER_THREAD, "get_native_id": ANOTHER, "_count": ANOTHER},
    "sys": {
        **dict.fromkeys(("getrefcount", "getallocatedblocks", "_current_frames"), ANOTHER),
        **dict.fromkeys(("getrecursionlimit", "getswitchinterval", "get_int_max_str_digits"), SETTING),
    },
    "gc": {"*": ANOTHER, "collect": "", "enable": "", "disable": "", "freeze": "", "unfreeze": ""},
    "_csv": dict.fromkeys(("field_size_limit", "list_dialects", "get_dialect"), SETTING),
    "_locale": dict.fromkeys(("localeconv", "nl_langinfo", "setlocale", "strcoll", "strxfrm"), SETTING),
}
WRITTEN_IN_PYTHON = {  # functions written in Python, by the name of their module
    "random": {"*": ANOTHER},
    "secrets": {"*": ANOTHER},
    "linecache": {"*": FILES},
    "subprocess": {"*": PROCESS},
    "threading": dict.fromkeys(("active_count", "enumerate", "current_thread"), OTHER_THREAD),
    "numpy._core._ufunc_config": {"geterr": SETTING},
    "numpy._core.arrayprint": {"*": SETTING},  # also the text of an array
}
# fmt: on
WRITTEN_IN_C["nt"] = WRITTEN_IN_C["posix"]
QUIET = {  # modules that keep time, or read files, for themselves
    *("logging", "threading", "queue", "warnings", "traceback", "concurrent", "multiprocessing"),
    *("asyncio", "selectors"),
}
ENVIRONMENT = type(os.environ).__getitem__.__code__
MAPPINGS = ("os", "collections.abc", "_collections_abc")  # modules by whose functions it is read


def offence_of(function: Any, frame: FrameType) -> str:
    """What is wrong with a call of a function written in C, "" if nothing is."""
    module = module_of_callable(function)
    calls = WRITTEN_IN_C.get(module) or (WRITTEN_IN_C["numpy.random"] if module.startswith("numpy.random.") else None)
    if calls is None:
        return ""
    name = function.__name__
    what = calls.get(name, calls.get("*", ""))
    return f"{name}() {what}" if what and not is_quiet(frame, what) else ""


def offence_of_python(frame: FrameType) -> str:
    """The same of functions written in Python: gauss() of `random` has every second number in store."""
    if frame.f_code is import_module.__code__ and frame.f_back and not is_quiet(frame.f_back, UNSEEN_NAMES):
        return "" if frame.f_locals.get("name") in frame.f_back.f_code.co_consts else f"import_module() {UNSEEN_NAMES}"
    if frame.f_code is ENVIRONMENT:
        return offence_of_reader(frame)
    name = frame.f_code.co_name
    calls = WRITTEN_IN_PYTHON.get(frame.f_globals.get("__name__") or "", {})
    what = calls.get(name, calls.get("*", ""))
    if not what or is_quiet(frame.f_back, what):
        return ""
    return f"{'str' if name.startswith('_array_') else name}() {what}"


def offence_of_reader(frame: FrameType | None) -> str:
    """The same of a function of the standard library that reads `os.environ`, which the user's code does not name."""
    while frame and frame.f_globals.get("__name__") in MAPPINGS:
        frame = frame.f_back
    if frame is None or is_quiet(frame, "") or first_name(frame) not in sys.stdlib_module_names:
        return ""
    return f"{frame.f_code.co_name}() reads os.environ, where something else may stand in another call"


def is_quiet(frame: FrameType | None, what: str) -> bool:
    """Whether the call is that of an import, of what only keeps time for itself, or of this package.

    Names, threads and settings that libraries look up are their own affair.
    """
    if frame and what in (UNSEEN_NAMES, OTHER_THREAD, SETTING):
        is_package = what != UNSEEN_NAMES and is_installed(frame.f_code.co_filename)
        if is_package or first_name(frame) in sys.stdlib_module_names:
            return True
    while frame:
        first = first_name(frame)
        if frame.f_code.co_filename.startswith((PACKAGE, "<frozen importlib")) or first in QUIET:
            return True
        if first not in sys.stdlib_module_names:
            return is_importing(frame)
        frame = frame.f_back
    return False


def first_name(frame: FrameType) -> str:
    """The package whose code runs there, by its first name."""
    return (frame.f_globals.get("__name__") or "").partition(".")[0]


def is_importing(frame: FrameType | None) -> bool:
    """Whether this is the code of a module that is being imported, which runs once."""
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def module_of_callable(function: Any) -> str:
    """The module of a function written in C; that of its object or class, if it is a method."""
    module = getattr(function, "__module__", None)
    if module:
        return str(module)
    around = getattr(function, "__self__", None)
    kind = around if isinstance(around, type) else type(around)
    return str(kind.__module__)


def user_of(frame: FrameType) -> FrameType:
    """The frame of the user's program from which a call came, else that of a package, else the frame itself."""
    found = None
    step: FrameType | None = frame
    while step:
        if is_users_code(step.f_code):
            found = found or step
            if not is_installed(step.f_code.co_filename):
                return step
        step = step.f_back
    return found or frame


def state_of_chance() -> Any:
    """Where the generator stands from which `numpy.random.rand()` and its like draw; None without NumPy."""
    mtrand = sys.modules.get("numpy.random.mtrand")
    if mtrand is None:
        return None
    state = mtrand._rand.get_state(legacy=False)
    return state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"]


def draws_in(codes: Iterable[CodeType]) -> Iterator[Place]:
    """Where these functions name something of `numpy.random`."""
    from dis import get_instructions

    names = {*dir(sys.modules["numpy.random"])} - {"random"}
    for wanted in (names, {"random"}):
        for code in codes:
            for each in get_instructions(code):
                if each.opname in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL") and each.argval in wanted:
                    yield Place(code, each.offset)
