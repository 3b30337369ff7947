"""Instances of classes below float, as `class Angle(float)`, that are made of a number that a run follows.

No instance of such a class can hold a Value in place of its float. So each class has a twin, made when it is needed:
with its methods, and instances that hold a number and have the arithmetic of floats. To `isinstance` and to
`x.__class__` they are instances of the class itself. What is made of plain numbers stays what it is.
"""

from __future__ import annotations

from abc import ABCMeta
from functools import wraps
from types import CellType, FunctionType, MemberDescriptorType
from weakref import WeakKeyDictionary

from ..graph import Node
from ..operation import Op
from ..runs.positions import STEPS

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
PAIRED = "add sub mul truediv floordiv mod pow divmod".split()
MIRRORED |= {name: f"r{name}" for name in PAIRED} | {f"r{name}": name for name in PAIRED}
ALONE = "neg pos abs bool int float trunc floor ceil round hash repr format".split()
LEFT_OUT = {"__dict__", "__weakref__", "__slots__", "_abc_impl", "__abstractmethods__"}
TWIN_CLASSES: WeakKeyDictionary[type, Any] = WeakKeyDictionary()
THEIR_NEW: WeakKeyDictionary[type, Any] = WeakKeyDictionary()  # of classes that are lifted, what made their instances


class KindOfTwin(type):
    """The class of twins: one is equal to the class that it stands for."""

    _original: type = float

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls._original

    def __hash__(cls) -> int:
        return hash(cls._original)


class KindOfAbstractTwin(KindOfTwin, ABCMeta):
    """The class of twins of abstract classes, and of those below one."""


KINDS_OF_TWINS: dict[type, Any] = {type: KindOfTwin, ABCMeta: KindOfAbstractTwin}


class OfFloat(Node, metaclass=KindOfTwin):
    """An instance of a twin: the number that it holds computes in its place."""

    _number: Any
    _as_float: Any = float  # its twin, which `twins.py` enters

    def __new__(cls, x: Any = 0.0) -> Any:
        self: Any = object.__new__(cls)
        object.__setattr__(self, "_number", OfFloat._as_float(x))
        return self

    def __init__(self, *_: Any, **__: Any) -> None:
        """As float's, which takes what `__new__` takes."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self)._original

    @staticmethod
    def record(op: Op, *inputs: Any) -> Any:
        """The row of the table, of the number."""
        numbers = [number_held(x) for x in inputs]
        node = next((x for x in numbers if isinstance(x, Node)), None)
        return op.widened(inputs).value(*numbers) if node is None else node.record(op, *numbers)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self._number,)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return getattr(ufunc, method)(*[number_held(x) for x in inputs], **options)

    def __getattr__(self, name: str) -> Any:
        if name == "_number" or not hasattr(float, name):  # as of a float, whose class has no more
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        return getattr(self._number, name)


def number_held(x: Any) -> Any:
    """The number that an instance of a twin holds; anything else as it is."""
    return x._number if issubclass(type(x), OfFloat) else x


def by_float(name: str) -> Callable[..., Any]:
    """The method of float's of this name, which takes Values and instances of twins too."""
    theirs: Any = getattr(float, name)
    mirrored = MIRRORED.get(name.strip("_"))

    def method(x: Any, *others: Any) -> Any:
        x, others = number_held(x), tuple(map(number_held, others))
        if isinstance(x, Node):
            return getattr(type(x), name)(x, *others)
        if mirrored and others and isinstance(others[0], Node):
            y = others[0]
            return getattr(type(y), f"__{mirrored}__")(y, x, *others[1:])
        return theirs(x, *others)

    method.__name__ = method.__qualname__ = name
    return method


OF_FLOAT = {f"__{name}__": by_float(f"__{name}__") for name in (*MIRRORED, *ALONE)}
in_format = OF_FLOAT["__format__"]


def own_text(x: Any) -> str:
    """As float's, that of a class's own `__repr__`."""
    return repr(x)


def formatted(x: Any, spec: str) -> Any:
    """As float's: without a format it is the text of `str`."""
    return in_format(x, spec) if spec or not issubclass(type(x), OfFloat) else str(x)


def of_numbers_held(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers, which takes instances of twins too."""

    @wraps(f)
    def answer(*xs: Any, **options: Any) -> Any:
        return f(*map(number_held, xs), **options)

    STEPS.append(answer.__code__)  # type: ignore[attr-defined]
    return answer


OF_FLOAT |= {"__str__": own_text, "__format__": formatted}
STEPS += [f.__code__ for f in (in_format, own_text, formatted)]
for name, method in OF_FLOAT.items():
    setattr(OfFloat, name, method)
OF_FLOAT["__float__"] = lambda x: y if isinstance(y := number_held(x), Node) else float.__float__(x)  # called by name


def twin_class(kind: Any) -> Any:
    """The twin of a class below float; None if there can be none."""
    if kind not in TWIN_CLASSES:
        TWIN_CLASSES[kind] = made_twin(kind)
    return TWIN_CLASSES[kind]


def made_twin(kind: Any) -> Any:
    """A new twin of a class below float; None where its metaclass or its `__init_subclass__` would notice it."""
    above = [k for k in kind.__mro__[:-1] if k.__module__ != "typing"]  # as Generic, which takes no note of classes
    if type(kind) not in KINDS_OF_TWINS or not is_of_python(kind) or any("__init_subclass__" in vars(k) for k in above):
        return None
    bases = [
        OfFloat if base is float else twin_class(base) if issubclass(base, float) else base for base in kind.__bases__
    ]
    if None in bases:
        return None
    cell, theirs = CellType(), {**vars(kind)}
    if kind in THEIR_NEW and (new := THEIR_NEW[kind]) is not theirs.get("__new__"):
        theirs["__new__"] = new
    own = {
        name: in_cell(x, kind, cell)
        for name, x in theirs.items()
        if name not in LEFT_OUT and type(x) is not MemberDescriptorType and (x is not None or name != "__new__")
    }
    cell.cell_contents = twin = KINDS_OF_TWINS[type(kind)](kind.__name__, tuple(bases), {**own, "_original": kind})
    return twin


def is_of_python(kind: type) -> bool:
    """Whether a class was made by a `class` statement: float, and NumPy's float64, were not."""
    return bool(kind.__flags__ & 1 << 9)


def in_cell(x: Any, kind: type, cell: CellType) -> Any:
    """A method for which the twin is its class: where it says `super()`, that is what comes after the twin."""
    if isinstance(x, staticmethod | classmethod):
        return type(x)(in_cell(x.__func__, kind, cell))
    if type(x) is property:
        get, put, delete = [in_cell(f, kind, cell) for f in (x.fget, x.fset, x.fdel)]
        return property(get, put, delete, x.__doc__)
    if not isinstance(x, FunctionType) or "__class__" not in x.__code__.co_freevars:
        return x
    names = zip(x.__code__.co_freevars, x.__closure__ or (), strict=True)
    copy = FunctionType(
        x.__code__,
        x.__globals__,
        x.__name__,
        x.__defaults__,
        tuple([cell if name == "__class__" and held.cell_contents is kind else held for name, held in names]),
    )
    copy.__kwdefaults__ = x.__kwdefaults__
    copy.__dict__.update(vars(x))
    return copy


def new_of(kind: Any) -> Any:
    """What stands for the `__new__` of a class below float while it is lifted; None if it stands there already."""
    if kind in THEIR_NEW or not issubclass(kind, float) or not is_of_python(kind) or issubclass(kind, OfFloat):
        return None
    theirs = THEIR_NEW[kind] = vars(kind).get("__new__")

    def __new__(cls: Any, *args: Any, **options: Any) -> Any:
        if issubclass(type(cls), KindOfTwin):  # a method of a twin has called it by the name of the class
            return twin_class(kind).__new__(cls, *args, **options)
        first = next(each for each in cls.__mro__ if "__new__" in vars(each))
        if first is kind and any(map(holds_a_node, (*args, *options.values()))) and (twin := twin_class(cls)):
            return twin(*args, **options)
        return (super(kind, cls).__new__ if theirs is None else theirs.__func__)(cls, *args, **options)

    return staticmethod(__new__)


def holds_a_node(x: Any) -> bool:
    """Whether a run follows this, or one of a few in a tuple, a list, or the attributes of an object."""
    parts = x if isinstance(x, list | tuple) else [*getattr(x, "__dict__", {}).values()]
    return isinstance(x, Node) or any(isinstance(y, Node) for y in parts)


def without_twins(answer: Any, leaves: Callable[[Any], list[Any]], planted: Callable[[Any, list[Any]], Any]) -> Any:
    """What a function answers, with the numbers in the places of instances of twins."""
    if not TWIN_CLASSES:
        return answer
    found = leaves(answer)
    if not any(issubclass(type(x), OfFloat) for x in found):
        return answer
    return planted(answer, [number_held(x) for x in found])
