"""Twins of what code calls that wants plain floats: the same on plain numbers, and at home with Values.

`math` has the functions of this package's own `math`; `float` leaves a Value what it is, and counts it as a float;
`type` answers `float` of one. Who asks `isinstance(x, float)`, or compares types, hears of a Value what it would hear
of the float that the Value stands for.
"""

from __future__ import annotations

import builtins
import math as standard
import types

from .. import math as ours
from ..graph import Node
from ..trace.condition import Condition
from ..trace.recording import floated
from ..trace.symbol import Symbol

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any


class KindOfFloat(type):
    """The class of the name `float` in code that is lifted."""

    def __call__(cls, x: Any = 0.0, /) -> Any:
        if not isinstance(x, Node):
            return float(x)
        if isinstance(x, Condition):
            return float(bool(x))
        return floated(x) if isinstance(x, Symbol) else x

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, float | Node) and not isinstance(x, Condition)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, float | Node)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is float

    def __hash__(cls) -> int:
        return hash(float)

    def __repr__(cls) -> str:
        return repr(float)


class Float(float, metaclass=KindOfFloat):
    __doc__ = float.__doc__


Float.__name__ = Float.__qualname__ = "float"
Float.__module__ = "builtins"


class KindOfType(type):
    """The class of the name `type` in code that is lifted."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        if len(args) != 1 or options:
            return builtins.type(*args, **options)
        kind = builtins.type(args[0])
        return Float if kind is float or (issubclass(kind, Node) and kind is not Condition) else kind

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, type)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, type)


class Type(type, metaclass=KindOfType):
    __doc__ = type.__doc__


class Namespace(types.ModuleType):
    """A module some of whose names have twins."""

    def __init__(self, module: types.ModuleType, twins: dict[str, Any]) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update(vars(module), **twins)


OF_MATH = {name: getattr(ours, name) for name, f in vars(standard).items() if callable(f) and name in ours.__all__}


class Imported(types.ModuleType):
    """What an `import math` finds while something is lifted; it notes that names were taken from it: twins."""

    taken = False

    def __getattr__(self, name: str) -> Any:
        Imported.taken = True
        return getattr(LIFTED_MATH, name)


LIFTED_MATH = Namespace(standard, OF_MATH)
IMPORTED_MATH = Imported("math")
TWINS_OF_BUILTINS = {"float": Float, "type": Type}
TWINS: dict[int, tuple[Any, Any]] = {id(standard): (standard, LIFTED_MATH)}  # by the id of what it is, kept beside
TWINS |= {id(f): (f, twin) for name, twin in OF_MATH.items() if (f := getattr(standard, name)) is not twin}
ORIGINALS = {id(twin): (twin, original) for original, twin in TWINS.values()}
ORIGINALS |= {id(twin): (twin, vars(builtins)[name]) for name, twin in TWINS_OF_BUILTINS.items()}
ORIGINALS[id(IMPORTED_MATH)] = IMPORTED_MATH, standard


def twin_of(x: Any) -> Any:
    """What stands in the place of this; None if it has no twin.

    >>> import math
    >>> twin_of(math.exp)(0.0), twin_of(len)
    (1.0, None)
    """
    known = TWINS.get(id(x))
    return known[1] if known else None


def original_of(x: Any) -> Any:
    """What this is the twin of; None if it is none."""
    known = ORIGINALS.get(id(x))
    return known[1] if known else None
