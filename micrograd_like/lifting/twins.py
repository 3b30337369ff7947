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
from ..active import Active, is_of_plain_numbers
from ..graph import Node
from ..runs.running import THREAD
from ..trace.condition import Condition
from ..trace.recording import floated
from ..trace.symbol import Symbol
from .below_float import OF_FLOAT, OfFloat, new_of, number_held, of_numbers_held, twin_class
from .by_numba import of_numba

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any


class KindOfFloat(type):
    """The class of the name `float` in code that is lifted, and of NumPy's."""

    original: type = float

    def __new__(mcs, name: str, bases: tuple[type, ...], names: dict[str, Any], **options: Any) -> Any:
        if not any(issubclass(builtins.type(base), KindOfFloat) for base in bases):
            return super().__new__(mcs, name, bases, names, **options)
        plain: Any = tuple([getattr(base, "original", base) for base in bases])  # a class made in a function, lifted
        kind: Any = builtins.type(name, plain, names, **options)
        if new := new_of(kind):
            builtins.type.__setattr__(kind, "__new__", new)
        return kind

    def __call__(cls, *args: Any) -> Any:
        x = number_held(args[0]) if len(args) == 1 else None
        if issubclass(builtins.type(args[0] if args else x), OfFloat) and has_float_of_its_own(args[0]):
            return float_answered(number_held(args[0].__float__()), cls.original)
        if not isinstance(x, Node):
            if is_box(x):
                return value_within(x)
            answers = getattr(builtins.type(x), "__float__", None)
            return (
                float_answered(answers(x), cls.original)
                if isinstance(answers, types.FunctionType)
                else cls.original(*args)
            )
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


def has_float_of_its_own(x: Any) -> bool:
    """Whether the class of an instance of a twin says itself, by `__float__`, what its number is."""
    return getattr(builtins.type(x), "__float__", None) is not vars(OfFloat)["__float__"]


def float_answered(answer: Any, kind: type) -> Any:
    """What float() answers of an object whose class, written in Python, answers this to `__float__`."""
    if isinstance(answer, Node):
        return answer
    if isinstance(answer, float):
        return kind(answer)
    raise TypeError(f"__float__ returned non-float (type {builtins.type(answer).__name__})")


def is_box(x: Any) -> bool:
    """Whether this is an array with one number in it, that may be a Value."""
    return getattr(x, "size", 0) == 1 and getattr(x, "dtype", None) == "O"


def value_within(x: Any) -> Any:
    """What float() answers of an array with one number; a Value as it is."""
    number = x.item()
    return number if isinstance(number, Node) else float(number)


class Float(float, metaclass=KindOfFloat):
    __doc__ = float.__doc__

    def __new__(cls, *args: Any) -> Any:  # as in float.__new__(kind, x)
        kind = cls
        if len(args) == 1 and isinstance(args[0], Node) and cls.__init__ is float.__init__:
            kind = twin_class(cls) or cls  # named where no number of a run is given to the class itself
        make: Any = OfFloat.__new__ if issubclass(kind, OfFloat) else float.__new__
        return make(kind, *args)


for name, method in OF_FLOAT.items():
    setattr(Float, name, method)  # as in float.__add__(x, y)
Float.__name__ = Float.__qualname__ = "float"
Float.__module__ = "builtins"
OfFloat._as_float = Float


def kind_told(x: Any) -> type:
    """What the program is told of the type of a number: that of what it stands for. Outside of runs that is a float."""
    kind = builtins.type(x)
    if not issubclass(kind, Node):
        return kind
    if issubclass(kind, OfFloat):
        return x.__class__  # type: ignore[no-any-return]
    if isinstance(x, Symbol):
        return float if x._is_variable else x._kind
    return float if THREAD.run is None or (kind is Active and is_of_plain_numbers(x)) else kind


class KindOfType(type):
    """The class of the name `type` in code that is lifted."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        if len(args) != 1 or options:
            return builtins.type(*args, **options)
        kind = kind_told(args[0])
        return Float if kind is float else kind

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
for name in "pow isclose modf frexp ldexp ulp nextafter isfinite isinf isnan isqrt gcd lcm factorial perm comb".split():
    OF_MATH[name] = of_numbers_held(OF_MATH[name])


class Imported(types.ModuleType):
    """What an `import math` finds while something is lifted; it notes that names were taken from it: twins."""

    taken = False

    def __init__(self, original: types.ModuleType, lifted: Namespace) -> None:
        vars(self).update(__name__=original.__name__, __spec__=original.__spec__, _original=original, _lifted=lifted)

    def __getattr__(self, name: str) -> Any:
        x = getattr(self._lifted, name)
        if (original := vars(self._original).get(name)) is x:
            return x
        Imported.taken = True
        if id(x) not in ORIGINALS:  # our own `exp` is also what a program imports from this package
            x = vars(self).setdefault(name, partial(x))
            ORIGINALS[id(x)] = x, original
        return x

    def __setattr__(self, name: str, x: Any) -> None:
        setattr(self._original, name, x)  # a submodule that is imported meanwhile
        vars(self._lifted).setdefault(name, x)


LIFTED_MATH = Namespace(standard, OF_MATH)
IMPORTED = {"math": (standard, Imported(standard, LIFTED_MATH))}  # what stands in sys.modules, by name
IN_FUNCTIONS = {"cmath", "statistics"} | {  # modules with twins also where functions import them; our code uses NumPy
    f"scipy.{name}" for name in ("integrate", "interpolate", "optimize", "special", "stats")
}
TWINS_OF_BUILTINS = {"float": Float, "type": Type}
TWINS: dict[int, tuple[Any, Any]] = {id(standard): (standard, LIFTED_MATH)}  # by the id of what it is, kept beside
TWINS |= {id(f): (f, twin) for name, twin in OF_MATH.items() if (f := getattr(standard, name)) is not twin}
TWINS[id(float)] = float, Float  # where it stands under another name, or in a table
TWINS |= {id(f): (f, OF_FLOAT[name]) for name, f in vars(float).items() if name in OF_FLOAT}
ORIGINALS: dict[int, tuple[Any, Any]] = {id(LIFTED_MATH): (LIFTED_MATH, standard)}  # of twins that nobody has else
ORIGINALS |= {id(twin): (twin, vars(builtins)[name]) for name, twin in TWINS_OF_BUILTINS.items()}
ORIGINALS[id(IMPORTED["math"][1])] = IMPORTED["math"][1], standard
IN_CLASSES: list[tuple[type, str, Any, Any]] = []  # of libraries: the class, the attribute, what it is, its twin


def add_twins(modules: dict[types.ModuleType, dict[str, Any]]) -> None:
    """Enter into the table the twins that these modules have for their names, and twins of the modules themselves."""
    for module, twins in modules.items():
        pairs = [(vars(module)[name], twin) for name, twin in twins.items() if name in vars(module)]
        lifted = Namespace(module, twins)
        if module.__name__ in IN_FUNCTIONS:
            imported = Imported(module, lifted)
            IMPORTED[module.__name__] = module, imported
            ORIGINALS[id(imported)] = imported, module
        for original, twin in [*pairs, (module, lifted)]:
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
    if known is None and (twin := of_numba(x)):
        known = TWINS[id(x)] = x, twin
        ORIGINALS[id(twin)] = twin, x
    return known[1] if known else None


def are_twins(x: Any, y: Any) -> bool:
    """Whether one of them stands in the place of the other while something is lifted.

    >>> import math
    >>> are_twins(math.exp, twin_of(math.exp)), are_twins(math.exp, math.sin)
    (True, False)
    """
    x, y = (z.__func__ if type(z) is staticmethod else z for z in (x, y))
    return any(twin_of(a) is b or original_of(a) is b for a, b in ((x, y), (y, x)) if b is not None)


def original_of(x: Any) -> Any:
    """What this is the twin of; None if it is none."""
    known = ORIGINALS.get(id(x))
    if known is None and type(x) is types.MethodType and (owner := ORIGINALS.get(id(x.__self__))):
        return getattr(owner[1], x.__name__, None)
    return known[1] if known else None
