"""The names of a module that are bound to twins while a run goes on, and put back when it ends.

Bound are the module's own names, those that its functions hold (defaults, cells) and its classes (attributes), and what
its tables hold: lists, tuples and dicts. What other threads see meanwhile is the same on plain numbers.
"""

from __future__ import annotations

import sys
from _thread import _count as count_of_threads
from contextlib import contextmanager
from threading import RLock, get_ident
from time import monotonic, sleep
from types import FunctionType, ModuleType

from ..core import kinds_of
from ..runs.bytecode import spans_of_type_comparisons
from ..runs.users import is_users_class, is_users_file
from .below_float import is_of_python, new_of
from .by_numba import OfNumba
from .libraries import load_twins_for
from .twins import IMPORTED, IN_CLASSES, TWINS, TWINS_OF_BUILTINS, Imported, original_of, twin_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

DEEPEST, LARGEST_TABLE = 3, 2000  # tables within tables, and how many entries of one are looked at
TABLES = {dict, list, tuple}
WITHOUT_TWINS = {float, int, str, bool, complex, bytes, type(None)}
NO_NAME = object()
LONGEST_WAIT = 1.0  # seconds that other threads get to leave an expression
BINDING_LOCK = RLock()


class Entry:
    """A name of a namespace, or an entry of a list or dict."""

    def __init__(self, holder: Any, key: Any) -> None:
        self.holder = holder
        self.key = key

    def read(self) -> Any:
        try:
            return self.holder[self.key]
        except LookupError:
            return NO_NAME

    def write(self, x: Any) -> None:
        if x is NO_NAME:
            del self.holder[self.key]
        else:
            self.holder[self.key] = x


class Attribute(Entry):
    """An attribute of a function or a cell."""

    def read(self) -> Any:
        return getattr(self.holder, self.key)

    def write(self, x: Any) -> None:
        setattr(self.holder, self.key, x)


class OfClass(Entry):
    """An attribute of a class, as it stands there, whatever its metaclass says."""

    def read(self) -> Any:
        return vars(self.holder).get(self.key, NO_NAME)

    def write(self, x: Any) -> None:
        if x is NO_NAME:
            type.__delattr__(self.holder, self.key)
        else:
            type.__setattr__(self.holder, self.key, x)


class Bindings:
    """All places of one module where something has an `other` that is to stand there: its twin, or its original."""

    places_of_all = 0  # how many places were ever found

    def __init__(self, namespace: dict[str, Any], other: Callable[[Any], Any] = twin_of) -> None:
        self.namespace = namespace
        self.other = other
        self.seen: set[int] = set()
        self.places: set[tuple[int, Any, int]] = set()  # where twins are to stand, and in place of what
        self.found: list[tuple[Entry, Any, Any]] = []
        self.users: set[int] = set()  # the runs that need them

    def look(self) -> bool:
        """Look for places where twins are to stand; whether there are any that were not there before."""
        with BINDING_LOCK:
            return self.look_further()

    def look_into(self, kind: type) -> None:
        """Look also into a class that no name of the module leads to, and what is above it."""
        with BINDING_LOCK:
            for each in kind.__mro__:
                self.inside(each)

    def look_further(self) -> bool:
        load_twins_for(self.namespace)
        before, namespace = len(self.found), self.namespace
        for key, x in list(namespace.items()):
            if (twin := self.other(x)) is not None:
                self.bind(Entry(namespace, key), x, twin)
            elif getattr(x, "__module__", None) == namespace.get("__name__"):
                self.inside(x)
            elif type(x) in TABLES and key not in ("__builtins__", "__annotations__"):
                self.table(namespace, key, x)
            else:
                self.in_instance(x)
        for key, twin in TWINS_OF_BUILTINS.items() if self.other is twin_of else ():
            if key not in namespace:
                self.bind(Entry(namespace, key), NO_NAME, twin)
        return len(self.found) > before

    def bind(self, place: Entry, old: Any, new: Any) -> None:
        """Have the twin `new` stand in a place while somebody needs it, and it holds the old thing."""
        known = id(place.holder), place.key, id(old)
        if known not in self.places:
            self.places.add(known)
            self.found.append((place, old, new))
            Bindings.places_of_all += 1
            if isinstance(new, OfNumba):
                self.inside(new.python)

    def put(self) -> None:
        """Put the twins into their places, but where the program has put something else since."""
        for place, old, new in self.found:
            if place.read() is old:
                place.write(new)

    def put_back(self) -> None:
        for place, old, new in self.found:
            if place.read() is new:
                place.write(old)

    def table(self, holder: Any, key: Any, x: Any, depth: int = 0) -> None:
        """What a list, tuple or dict holds."""
        if kinds_of(x.values() if type(x) is dict else x) <= WITHOUT_TWINS:
            return
        if type(x) is dict and (module := module_named_by(x)):
            twin = self.other(module)
            if twin is not None and holder is not None:
                self.bind(Entry(holder, key), x, vars(twin))
        elif type(x) is tuple:
            if holder is not None and any(self.other(y) is not None for y in x):
                self.bind(Entry(holder, key), x, tuple([self.other(y) or y for y in x]))
            for y in x[:LARGEST_TABLE]:
                self.in_instance(y)
        elif depth < DEEPEST and len(x) < LARGEST_TABLE:
            for k, y in list(x.items() if type(x) is dict else enumerate(x)):
                if type(y) in TABLES:
                    if not kinds_of(y.values() if type(y) is dict else y) <= WITHOUT_TWINS:  # as of most, in haste
                        self.table(x, k, y, depth + 1)
                elif type(y) in WITHOUT_TWINS:
                    continue
                elif (twin := self.other(y)) is not None:
                    self.bind(Entry(x, k), y, twin)
                else:
                    self.in_instance(y)

    def in_instance(self, x: Any) -> None:
        """What an object of a class written in Python has in its attributes, and a function in its cells."""
        if is_made_elsewhere(x):
            self.inside(x)
        own = getattr(x, "__dict__", None) if type(type(x)) is type and is_users_class(type(x)) else None
        if type(own) is dict and id(x) not in self.seen and not isinstance(x, FunctionType | ModuleType):
            self.seen.add(id(x))
            for key, y in list(own.items()):
                if (twin := self.other(y)) is not None:
                    self.bind(Entry(own, key), y, twin)

    def inside(self, x: Any) -> None:
        """What a function has in its defaults and cells, and a class in its attributes."""
        if id(x) in self.seen:
            return
        self.seen.add(id(x))
        if isinstance(x, FunctionType):
            self.in_function(x)
        elif isinstance(x, type) and is_of_python(x):
            self.in_class(x)

    def in_function(self, f: FunctionType) -> None:
        """The defaults and the cells of a function."""
        defaults = f.__defaults__ or ()
        if any(self.other(y) is not None for y in defaults):
            self.bind(Attribute(f, "__defaults__"), defaults, tuple([self.other(y) or y for y in defaults]))
        if f.__kwdefaults__:
            self.table(None, None, f.__kwdefaults__)
        for cell in f.__closure__ or ():
            try:
                held = cell.cell_contents
            except ValueError:  # it is empty
                continue
            if (twin := self.other(held)) is not None:
                self.bind(Attribute(cell, "cell_contents"), held, twin)
            elif isinstance(held, FunctionType | type):
                self.inside(held)
            elif type(held) in TABLES and len(held) < LARGEST_TABLE and id(held) not in self.seen:
                self.seen.add(id(held))
                self.table(None, None, held)
        if hasattr(f, "__wrapped__"):
            self.inside(f.__wrapped__)

    def in_class(self, kind: type) -> None:
        if self.other is twin_of and (new := new_of(kind)):
            self.bind(OfClass(kind, "__new__"), vars(kind).get("__new__", NO_NAME), new)
        for name, y in list(vars(kind).items()):
            if name == "__annotations__":
                continue
            if (twin := self.other(y)) is not None:
                self.bind(OfClass(kind, name), y, staticmethod(twin))
            elif type(y) in (dict, list, tuple):
                self.in_class_table(kind, name, y)
            for f in (y.fget, y.fset) if isinstance(y, property) else (getattr(y, "__func__", y),):
                if isinstance(f, FunctionType | type):
                    self.inside(f)

    def in_class_table(self, kind: type, name: str, x: Any) -> None:
        """What a table holds that is an attribute of a class."""
        if type(x) is tuple and any(self.other(y) is not None for y in x):
            self.bind(OfClass(kind, name), x, tuple([self.other(y) or y for y in x]))
        else:
            self.table(None, None, x)


def is_made_elsewhere(x: Any) -> bool:
    """Whether a function of another module made this one: no name of that module leads to it, and to what it holds."""
    return isinstance(x, FunctionType) and bool(x.__closure__) and is_users_file(x.__code__.co_filename)


def module_named_by(names: dict[str, Any]) -> ModuleType | None:
    """The module whose own names these are, as `globals()` and `vars(math)` are: none of them changes for all others.

    >>> import math
    >>> module_named_by(vars(math)) is math, module_named_by({**vars(math)})
    (True, None)
    """
    if "__name__" not in names:
        return None
    originals = [x for x, _ in TWINS.values() if isinstance(x, ModuleType)]
    for module in (sys.modules.get(str(names["__name__"])), *originals):
        if isinstance(module, ModuleType) and vars(module) is names:
            return module
    return None


ALL_BINDINGS: dict[int, Bindings] = {}  # by the ids of the namespaces, which they keep alive


def bindings_of(namespace: dict[str, Any]) -> Bindings:
    """What is to be bound in a module."""
    with BINDING_LOCK:
        return ALL_BINDINGS.setdefault(id(namespace), Bindings(namespace))


class Imports(Bindings):
    """What an `import` finds: in a function that runs, and in a module that comes while something is lifted."""

    def __init__(self) -> None:
        super().__init__({})
        self.loaded = 0  # modules, when the first of the runs began
        self.known = 0  # how many twins stand in classes and in sys.modules

    def put(self) -> None:
        if len(self.users) == 1:
            self.loaded, Imported.taken = len(sys.modules), False
        if self.known < len(IN_CLASSES) + len(IMPORTED):
            self.known = len(IN_CLASSES) + len(IMPORTED)
            for kind, name, original, twin in IN_CLASSES:
                self.bind(OfClass(kind, name), original, twin)
            for name, (original, twin) in IMPORTED.items():
                self.bind(Entry(sys.modules, name), original, twin)
                package, _, last = name.rpartition(".")
                if package:
                    self.bind(Entry(vars(sys.modules[package]), last), original, twin)
        super().put()

    def put_back(self) -> None:
        """Where names were taken meanwhile that stay, as by `global exp; from math import exp`, put back these too."""
        super().put_back()
        if Imported.taken:
            come = [vars(m) for m in [*sys.modules.values()][self.loaded :] if isinstance(m, ModuleType)]
            for namespace in [*(known.namespace for known in ALL_BINDINGS.values()), *come]:
                left = Bindings(namespace, original_of)
                left.look()
                left.put()


IMPORTS = Imports()


def let_others_finish(changed: list[Bindings]) -> None:
    """Wait while other threads compare types in these modules: what they have read of `type(x) is float` is to last.

    Not for ever: after a while the names change nevertheless.
    """
    if not changed or not count_of_threads():
        return
    namespaces, own, end = {id(bindings.namespace) for bindings in changed}, get_ident(), monotonic() + LONGEST_WAIT
    while monotonic() < end:
        sleep(0)  # others run, and then this thread for a while, in which the names are changed
        if not any(is_comparing(x, namespaces) for thread, x in sys._current_frames().items() if thread != own):
            return


def is_comparing(frame: FrameType | None, namespaces: set[int]) -> bool:
    """Whether a thread, or what called what it runs now, is within a comparison of types in one of these modules."""
    while frame:
        spans = spans_of_type_comparisons(frame.f_code) if id(frame.f_globals) in namespaces else ()
        if any(start <= frame.f_lasti < end for start, end in spans):
            return True
        frame = frame.f_back
    return False


@contextmanager
def bound(modules: tuple[Bindings, ...]) -> Iterator[None]:
    """While it is entered, twins stand in these modules, for all threads; the last to leave puts the names back."""
    wanted, run = (*modules, IMPORTS), object()
    try:
        with BINDING_LOCK:
            let_others_finish([bindings for bindings in wanted if not bindings.users])
            for bindings in wanted:
                bindings.users.add(id(run))  # which a Ctrl-C in between does not make wrong, as it would a count
                bindings.put()  # each time: more places may have been found
        yield
    finally:
        with BINDING_LOCK:
            let_others_finish([bindings for bindings in wanted if bindings.users == {id(run)}])
            for bindings in wanted:
                bindings.users.discard(id(run))
                if not bindings.users:
                    bindings.put_back()
