"""The compiled core, where it is there and was made of the table that is here; otherwise Python does the same."""

from __future__ import annotations

import os
from importlib import import_module

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any


def loaded() -> Any:
    """The module `_cell`; None without it, if MICROGRAD_LIKE_PURE is set, and in a second import of the package."""
    if os.environ.get("MICROGRAD_LIKE_PURE"):
        return None
    try:
        _cell: Any = import_module("._cell", __package__)
    except ImportError:
        return None
    completed_before = "__repr__" in vars(_cell.Value)  # its types and rows belong to the modules of the first import
    return None if completed_before or crc_of_the_table() != _cell.OPS_CRC else _cell


def crc_of_the_table() -> int | None:
    """What `ops.py` says now: in a checkout, it may have been changed since."""
    from zlib import crc32

    with open(os.path.join(os.path.dirname(os.path.dirname(__file__)), "ops.py"), "rb") as file:
        return crc32(file.read())


core = loaded()


def fast(op: Any, function: Any) -> Any:
    """A function of the table, compiled if the core has the row; where the core does not know, it asks `function`."""
    return core.Function(op.name, function) if core and not op.dunder else function


def completed(twin: Any, compiled: Any) -> Any:
    """The compiled type, given what its Python twin, and the classes behind that, have and it lacks."""
    known = {*vars(compiled), "__slots__", "__weakref__", *(getattr(twin, "__slots__", ()))}
    twins = [kind for kind in twin.__mro__ if kind not in compiled.__mro__]
    for kind in reversed(twins):
        for name, x in vars(kind).items():
            if name not in known or x is object.__hash__:
                setattr(compiled, name, x)
    compiled.__doc__ = twin.__doc__
    return compiled


def made(out: float, op: Any, a: Any, x: Any, b: Any, y: Any, kind: Any) -> Any:
    """The Value of that class that an operation made of its parents a and b, for which it met the numbers x and y."""
    v = object.__new__(kind)
    v._data = v._out = out
    v.grad = 0.0
    v.name = None
    v.op = op
    v._a = a
    v._b = b
    v._x = x
    v._y = y
    v._mark = None
    v._waiting = 0
    return v


def kinds_of(objects: Any) -> set[type]:
    """The types of some objects."""
    return {*map(type, objects)}


if core:
    made, kinds_of = core.made, core.kinds_of
