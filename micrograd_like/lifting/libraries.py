"""Which libraries have twins beside `math`. Their twins are made when code that names these libraries is lifted."""

from __future__ import annotations

import sys
from importlib import import_module
from types import FunctionType, MethodType

from ..runs.bytecode import codes_in

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

PARTS = {  # of what, and the function that adds them, in a module of this folder
    "cmath": "standard.add_standard",
    "fluids.numerics": "solvers.add_solvers",
    "numpy": "of_numpy.add_numpy",
    "scipy.integrate": "quadrature.add_quadrature",
    "scipy.interpolate": "splines.add_splines",
    "scipy.optimize": "solvers.add_solvers",
    "scipy.special": "of_scipy.add_special",
    "scipy.stats": "normal.add_normal",
    "statistics": "standard.add_standard",
}
SEARCHES_IN_PYTHON = {"fluids.numerics": "bisect brenth halley newton one_sided_secant ridder secant".split()}
HAVE_TWINS: set[str] = set()
IDS: dict[str, set[int]] = {}  # of the module and of what it has


def load_twins(name: str) -> bool:
    """Enter the twins of a library into the table of twins; whether that is new."""
    if name in HAVE_TWINS or name not in PARTS or name not in sys.modules:
        return False
    HAVE_TWINS.add(name)
    module, _, function = PARTS[name].partition(".")
    getattr(import_module(f".{module}", __package__), function)(sys.modules[name])
    return True


def load_twins_for(namespace: dict[str, Any]) -> None:
    """Enter those of the libraries that the code of a module names."""
    missing = [name for name in PARTS if name in sys.modules and name not in HAVE_TWINS]
    if not missing:
        return
    held = [*namespace.values()]
    found = {id(x.__self__ if isinstance(x, MethodType) else x) for x in held}
    kinds = {str(getattr(type(x), "__module__", "")) for x in held}
    named = {name for code in functions_in(namespace) for each in codes_in(code) for name in each.co_names}
    for name in missing:
        library = sys.modules[name]
        ids = IDS.setdefault(name, {id(library), *map(id, [*vars(library).values()])})
        package, _, last = name.rpartition(".")
        is_imported = name in named or (last in named and bool(package) and package in (*named, *namespace))
        if is_imported or not found.isdisjoint(ids) or any(kind.startswith(name) for kind in kinds):
            load_twins(name)


def functions_in(namespace: dict[str, Any]) -> Iterator[Any]:
    """The code of the functions of a module, and of the methods of its classes."""
    own = namespace.get("__name__")
    for x in [*namespace.values()]:
        if getattr(x, "__module__", None) == own:
            for f in [*vars(x).values()] if isinstance(x, type) else [x]:
                f = getattr(f, "__func__", f)
                if isinstance(f, FunctionType):
                    yield f.__code__
