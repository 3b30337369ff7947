"""Twins of what code calls that wants plain floats: the same on plain numbers, and at home with Values.

`math` has the functions of this package's own `math`; `float` leaves a Value what it is, and counts it as a float;
`type` answers `float` of one. Who asks `isinstance(x, float)`, or compares types, hears of a Value what it would hear
of the float that the Value stands for.
"""

from __future__ import annotations

import builtins
import math as standard
import types
from functools import partial

from .. import math as ours
from ..graph import Node
from ..trace.condition import Condition
from ..trace.recording import floated
from ..trace.symbol import Symbol

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any


class KindOfFloat(type):
    """The class of the name `float` in code that is lifted, and of NumPy's."""

    original: type = float

    def __call__(cls, *args: Any) -> Any:
        x = args[0] if len(args) == 1 else None
        if not isinstance(x, Node):
            return value_within(x) if is_box(x) else cls.original(*args)
        if isinstance(x, Condition):
            return float(bool(x))
        return floated(x) if isinstance(x, Symbol) else x

    def __instancecheck__(cls, x: Any) -> bool:
        if cls.original is not float:
            return isinstance(x, cls.original)
        return isinstance(x, float | Node) and not isinstance(x, Condition)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, cls.original) or (cls.original is float and issubclass(kind, Node))

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.original

    def __hash__(cls) -> int:
        return hash(cls.original)

    def __repr__(cls) -> str:
        return repr(cls.original)


def is_box(x: Any) -> bool:
    """Whether this is an array with one number in it, that may be a Value."""
    return getattr(x, "size", 0) == 1 and getattr(x, "dtype", None) == "O"


def value_within(x: Any) -> Any:
    """What float() answers of an array with one number; a Value as it is."""
    number = x.item()
    return number if isinstance(number, Node) else float(number)


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
        self.__dict__["__getattr__"] = partial(getattr, module)  # names that come later, as of submodules


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
IN_CLASSES: list[tuple[type, str, Any, Any]] = []  # of libraries: the class, the attribute, what it is, its twin


def add_twins(modules: dict[types.ModuleType, dict[str, Any]]) -> None:
    """Enter into the table the twins that these modules have for their names, and twins of the modules themselves."""
    for module, twins in modules.items():
        pairs = [(vars(module)[name], twin) for name, twin in twins.items() if name in vars(module)]
        for original, twin in [*pairs, (module, Namespace(module, twins))]:
            if original is not twin and id(original) not in TWINS:
                TWINS[id(original)] = original, twin
                ORIGINALS[id(twin)] = twin, original


def bind_in_class(kind: type, name: str, twin: Any) -> None:
    """Have the twin stand in a class while anything is lifted: libraries keep instances of it."""
    IN_CLASSES.append((kind, name, vars(kind)[name], twin))


def twin_of(x: Any) -> Any:
    """What stands in the place of this; None if it has no twin.

    >>> import math
    >>> twin_of(math.exp)(0.0), twin_of(len)
    (1.0, None)
    """
    known = TWINS.get(id(x))
    if known is None and type(x) is types.MethodType and (owner := TWINS.get(id(x.__self__))):
        return getattr(owner[1], x.__name__, None)  # as scipy.stats.norm.cdf
    return known[1] if known else None


def original_of(x: Any) -> Any:
    """What this is the twin of; None if it is none."""
    known = ORIGINALS.get(id(x))
    if known is None and type(x) is types.MethodType and (owner := ORIGINALS.get(id(x.__self__))):
        return getattr(owner[1], x.__name__, None)
    return known[1] if known else None
