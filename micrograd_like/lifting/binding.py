"""The names of a module that are bound to twins while a run goes on, and put back when it ends.

Bound are the module's own names, those that its functions hold (defaults, cells) and its classes (attributes), and what
its tables hold: lists, tuples and dicts. What other threads see meanwhile is the same on plain numbers.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from threading import RLock
from types import FunctionType

from .twins import TWINS_OF_BUILTINS, twin_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

DEEPEST, LARGEST_TABLE = 3, 2000  # tables within tables, and how many entries of one are looked at
NO_NAME = object()
BINDING_LOCK = RLock()


class Binding:
    """One place where a twin stands while somebody needs it: how it is put there, and how it is put back."""

    __slots__ = ("put", "put_back")

    def __init__(self, put: Callable[[], Any], put_back: Callable[[], Any]) -> None:
        self.put = put
        self.put_back = put_back


class Bindings:
    """All places of one module."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.seen: set[int] = set()
        self.places: set[tuple[int, Any]] = set()  # where twins are to stand
        self.found: list[Binding] = []
        self.count = 0  # of the runs that need them

    def look(self) -> bool:
        """Look for places where twins are to stand; whether there are any that were not there before."""
        before, namespace = len(self.found), self.namespace
        for key, x in list(namespace.items()):
            if (twin := twin_of(x)) is not None:
                self.entry(namespace, key, x, twin)
            elif getattr(x, "__module__", None) == namespace.get("__name__"):
                self.inside(x)
            elif type(x) in (dict, list, tuple) and key != "__builtins__":
                self.table(namespace, key, x)
        for key, twin in TWINS_OF_BUILTINS.items():
            if key not in namespace:
                self.entry(namespace, key, NO_NAME, twin)
        return len(self.found) > before

    def entry(self, holder: Any, key: Any, old: Any, new: Any) -> None:
        """A name of a namespace, or an entry of a table."""
        if (id(holder), key) in self.places:
            return
        self.places.add((id(holder), key))

        def put() -> None:
            if (holder.get(key, NO_NAME) if isinstance(holder, dict) else holder[key]) is old:
                holder[key] = new

        def put_back() -> None:
            if (holder.get(key, NO_NAME) if isinstance(holder, dict) else holder[key]) is new:
                if old is NO_NAME:
                    del holder[key]
                else:
                    holder[key] = old

        self.found.append(Binding(put, put_back))

    def attribute(self, x: Any, name: str, old: Any, new: Any) -> None:
        """An attribute of a function, a cell or a class."""
        self.found.append(Binding(lambda: setattr(x, name, new), lambda: setattr(x, name, old)))

    def table(self, holder: Any, key: Any, x: Any, depth: int = 0) -> None:
        """What a list, tuple or dict holds."""
        if type(x) is tuple:
            if any(twin_of(y) is not None for y in x):
                self.entry(holder, key, x, tuple([twin_of(y) or y for y in x]))
        elif depth < DEEPEST and len(x) < LARGEST_TABLE:
            for k, y in list(x.items() if type(x) is dict else enumerate(x)):
                if (twin := twin_of(y)) is not None:
                    self.entry(x, k, y, twin)
                elif type(y) in (dict, list, tuple):
                    self.table(x, k, y, depth + 1)

    def inside(self, x: Any) -> None:
        """What a function has in its defaults and cells, and a class in its attributes."""
        if id(x) in self.seen:
            return
        self.seen.add(id(x))
        if isinstance(x, FunctionType):
            self.in_function(x)
        elif isinstance(x, type):
            self.in_class(x)

    def in_function(self, f: FunctionType) -> None:
        defaults = f.__defaults__ or ()
        if any(twin_of(y) is not None for y in defaults):
            self.attribute(f, "__defaults__", defaults, tuple([twin_of(y) or y for y in defaults]))
        if f.__kwdefaults__:
            self.table(None, None, f.__kwdefaults__)
        for cell in f.__closure__ or ():
            try:
                held = cell.cell_contents
            except ValueError:  # it is empty
                continue
            if (twin := twin_of(held)) is not None:
                self.attribute(cell, "cell_contents", held, twin)
            elif isinstance(held, FunctionType | type):
                self.inside(held)
        if hasattr(f, "__wrapped__"):
            self.inside(f.__wrapped__)

    def in_class(self, kind: type) -> None:
        for name, y in list(vars(kind).items()):
            if (twin := twin_of(y)) is not None:
                self.attribute(kind, name, y, staticmethod(twin))
            for f in (y.fget, y.fset) if isinstance(y, property) else (getattr(y, "__func__", y),):
                if isinstance(f, FunctionType | type):
                    self.inside(f)


ALL_BINDINGS: dict[int, Bindings] = {}  # by the ids of the namespaces, which they keep alive


def bindings_of(namespace: dict[str, Any]) -> Bindings:
    """What is to be bound in a module."""
    with BINDING_LOCK:
        return ALL_BINDINGS.setdefault(id(namespace), Bindings(namespace))


class Imports(Bindings):
    """What an `import` within a function finds."""

    def __init__(self) -> None:
        super().__init__({})
        for name in ("math",):
            if name in sys.modules:
                self.entry(sys.modules, name, sys.modules[name], twin_of(sys.modules[name]))


IMPORTS = Imports()


@contextmanager
def bound(modules: tuple[Bindings, ...]) -> Iterator[None]:
    """While it is entered, twins stand in these modules, for all threads; the last to leave puts the names back."""
    wanted = (*modules, IMPORTS)
    with BINDING_LOCK:
        for bindings in wanted:
            bindings.count += 1
            if bindings.count == 1:
                for binding in bindings.found:
                    binding.put()
    try:
        yield
    finally:
        with BINDING_LOCK:
            for bindings in wanted:
                bindings.count -= 1
                if not bindings.count:
                    for binding in reversed(bindings.found):
                        binding.put_back()
