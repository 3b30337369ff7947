"""What a function closes over: Values, which every call reads anew, and plain numbers, which must not have changed."""

from __future__ import annotations

import os
import sys
from array import array
from collections import deque
from operator import attrgetter
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)

from ..graph import Node
from ..operation import OPS, QUESTIONS
from ..places import PACKAGE, Place, Watch
from ..recording import Recorder
from ..running import Running
from ..symbol import Symbol, Trace, TracingError, by_the_user, recorded, same
from ..transforms import Derivative
from ..trees import is_array
from ..value import Value, compared, explained
from .forms import Same

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

COMPARE = compared(OPS["lt"]).__code__
COMPARISONS = {op.value: op for op in OPS.values() if op.rule is None}
WHOLE = {
    Value.__int__.__code__: QUESTIONS["trunc"],
    Value.__floor__.__code__: QUESTIONS["floor"],
    Value.__ceil__.__code__: QUESTIONS["ceil"],
    Value.__round__.__code__: QUESTIONS["round"],
}
PINNING = {Value.__round__.__code__, Value.__repr__.__code__, Value.__format__.__code__}  # another number, another way
PLAIN = bool | int | float | str | bytes | None
CHANCE = ("random", "_random", "time", "secrets", "numpy.random", "datetime")
CHANCE_PARTS = tuple([f"{module}." for module in CHANCE])


class Closed(Watch):
    """Watches a run under trace for the Values that the function closes over, and for what would go stale.

    A Value that is older than the run becomes an input of every call. What is computed of Values during the run is
    computed in every call; what the program asks of them is a question. What must not happen is noted as an offence.
    """

    def __init__(self, trace: Trace, watching: bool) -> None:
        super().__init__()
        self.trace = trace
        self.watching = watching  # a run is slower under watch, so it is left out where no Value can be met
        self.missed = False  # whether a Value was met all the same
        self.running = Running(trace.name)
        self.values: list[Value] = []  # the inputs, in the order of the trace
        self.symbols = trace.lifted  # what stands for each Value
        self.offences: list[str] = []
        trace.lift = self.lift

    def __enter__(self) -> Closed:
        self.running.__enter__()
        if self.watching:
            super().__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self.watching:
            super().__exit__(*error)
        self.running.__exit__()

    def lift(self, value: Any) -> Any:
        """The Symbol that stands for a Value; nothing recurses, however long its history."""
        stack = [value]
        while stack:
            v = stack[-1]
            if v in self.symbols:
                stack.pop()
            elif v.op is None or v not in self.places:
                self.symbols[v] = self.source(v)
            elif missing := [x for x in v.parents if isinstance(x, Value) and x not in self.symbols]:
                stack += reversed(missing)
            else:
                self.symbols[v] = symbol = recorded(self.trace, v.op, tuple(self.symbols.get(x, x) for x in v.parents))
                if hasattr(v, "_scope"):
                    symbol._scope = v._scope
        return self.symbols[value]

    def source(self, v: Value) -> Symbol:
        """An input for a Value that was there before; a constant for one that the function has made of a number."""
        if v.op is None and v._x is not None and v._x.is_inside(self.running):
            return self.trace.constant(v.data, v.name, is_value=True)
        self.missed = not self.watching
        self.values.append(v)
        return self.trace.input(v.name or f"w{len(self.values)}", v.data, is_value=True)

    def lift_all(self) -> None:
        """Record also what was computed of Values to no use: in another call it may raise."""
        for v in [*self.places]:
            if isinstance(v, Value):
                self.lift(v)

    def _see(self, frame: FrameType, event: str, answer: Any) -> None:
        if event == "c_call":
            if (answer is os.urandom or is_chance(module_of(answer))) and not is_importing(frame):
                self.offend(f"{answer.__name__}() answers something else in every call", frame)
            return
        if (event[0] == "c" and event[1] == "_") or type(answer) is Symbol:
            return
        super()._see(frame, event, answer)
        code = frame.f_code
        if event == "return" and code is COMPARE and type(answer) is bool:
            op = COMPARISONS[frame.f_locals["value"]]
            self.ask(op, [frame.f_locals["a"], frame.f_locals["b"]], answer)
        elif event == "return" and code is Value.__bool__.__code__:
            self.ask(OPS["ne"], [frame.f_locals["self"], 0], answer)
        elif event == "return" and (code is explained.__code__ or (code in WHOLE and answer is None)):
            self.trace.raised = True
        elif event == "return" and code in WHOLE and frame.f_locals.get("ndigits") is None:
            self.ask(WHOLE[code], [frame.f_locals["self"]], answer)
        elif event == "return" and code in PINNING and by_the_user(frame.f_back):
            self.lift(frame.f_locals["self"]).exactly()
        elif event == "call" and code is Value.backward.__code__ and frame.f_back:
            self.offend("backward() writes grad, which is no answer of the function", frame.f_back)

    def ask(self, op: Any, operands: list[Any], answer: Any) -> None:
        numbers = [self.lift(x).number if isinstance(x, Value) else self.trace.number_of(float(x)) for x in operands]
        self.trace.ask(op, tuple(numbers), answer)

    def offend(self, what: str, frame: FrameType) -> None:
        module = frame.f_globals.get("__name__") or ""
        if is_users(frame.f_code) or is_chance(module):  # not what an import does on its way
            self.offences.append(f"{what}: {Place(frame.f_code, frame.f_lasti)}")

    def check(self) -> None:
        """Refuse what would stay as it is in this call."""
        drops = [f"of a Value {what}: {place}" for what, place in self.drops if ".data" in what]
        for offence in [*self.offences, *drops]:
            raise TracingError(
                f"{self.trace.by} cannot record {self.trace.name}, since the number would stay as it is in this call; "
                f"{offence}\nMake it an argument, or compute with the Value itself"
            )


class Surroundings:
    """The plain numbers, texts, lists and functions that a function finds outside its arguments, as they were once."""

    __slots__ = ("contents", "names", "same", "seen", "suspicious")

    def __init__(self, f: Callable[..., Any]) -> None:
        self.same: list[tuple[Callable[[Any], Any], Any, Any]] = []  # how to look, where, and what was there
        self.contents: list[tuple[Callable[[Any], Any], Any, Any]] = []  # and what may change inside: a snapshot
        self.names: list[tuple[Any, list[str]]] = []  # and the attributes of an object, which new ones may hide
        self.suspicious = False  # whether Values, or chance, may be within reach
        self.seen: dict[int, Any] = {}  # kept, so that no other object gets the same id
        self.include([f])

    def include(self, found: Iterable[Any]) -> None:
        """Take note of these functions and objects too, and of what they find outside."""
        stack = [*found]
        while stack:
            function = stack.pop()
            self.suspicious |= not isinstance(function, FunctionType | MethodType | Derivative)
            if id(function) not in self.seen:
                self.seen[id(function)] = function
                self.include_parts(function, stack)
                for look, where in outside(function):
                    self.note(look, where, stack)

    def include_parts(self, x: Any, stack: list[Any]) -> None:
        """Take note of what a function wraps, of what a class inherits, and of which attributes there are."""
        if "__wrapped__" in own(x):
            stack.append(own(x)["__wrapped__"])
        if isinstance(x, FunctionType):
            self.suspicious |= is_users(x.__code__) and "random" in names_in(x.__code__)
        elif is_open(x):
            if type(x).__dictoffset__:  # or it can get no new ones
                self.names.append((x, [*own(x)]))
            if isinstance(x, type):
                stack += filter(is_users_class, x.__mro__)

    def note(self, look: Callable[[Any], Any], where: Any, stack: list[Any]) -> None:
        try:
            x = look(where)
        except (AttributeError, ValueError):  # a cell, or an attribute, that is still empty
            self.same.append((is_absent, (look, where), True))
            return
        if isinstance(x, FunctionType) or "__wrapped__" in own(x):
            stack.append(x)
            if isinstance(x, FunctionType) and is_users(x.__code__) and not hasattr(x, "is_derivative"):
                self.same.append((look, where, x))
        elif isinstance(x, PLAIN):
            self.same.append((look, where, x))
        elif isinstance(x, CONTAINERS | DICTS) or is_array(x):
            self.contents.append((look, where, snapshot(x)))
            for y in members(x):
                self.suspicious = True
                stack.append(y)
        elif isinstance(x, ModuleType):
            self.suspicious |= is_chance(x.__name__) or is_users_file(getattr(x, "__file__", None) or PACKAGE)
        elif isinstance(x, BuiltinFunctionType | MethodWrapperType):
            self.suspicious |= is_chance(module_of(x))
            if not isinstance(x.__self__, ModuleType | type | None):
                self.same.append((look, where, x))
                stack.append(x)
        elif is_users_class(x if isinstance(x, type) else type(x)):
            self.suspicious |= not isinstance(x, type)
            self.same.append((look, where, x))
            stack.append(x)
        elif not isinstance(x, type | Recorder):
            self.suspicious = True
            self.same.append(
                (look, where, object() if hasattr(type(x), "__next__") else x)
            )  # an iterator never is as it was
            stack.append(x)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that may change."""
        return not self.same and not self.contents and not self.names

    def changed(self) -> bool:
        """Whether anything is not as it was."""
        try:
            for look, where, before in self.same:
                x = look(where)
                if x is not before and not (type(x) is type(before) is float and same(x, before)):
                    return True
            if self.names and any([*own(x)] != names for x, names in self.names):
                return True
            return any(snapshot(look(where)) != before for look, where, before in self.contents)
        except (AttributeError, ValueError):  # it is not there any more
            return True

    def values(self) -> list[str]:
        """What was there, but for functions: to compare with another process."""
        plain = [before for _, _, before in self.same if isinstance(before, bool | int | float | str | None)]
        return [repr(x) for x in [*plain, *(before for _, _, before in self.contents)]]


def is_importing(frame: FrameType | None) -> bool:
    """Whether this is the code of a module that is being imported, which runs once."""
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def module_of(function: Any) -> str:
    """The module of a function written in C; that of its object, if it is a method."""
    return getattr(function, "__module__", None) or type(getattr(function, "__self__", "")).__module__


def is_chance(module: str) -> bool:
    """Whether this is a module, or a part of one, whose functions answer something else in every call."""
    return module in CHANCE or module.startswith(CHANCE_PARTS)


def is_absent(place: tuple[Callable[[Any], Any], Any]) -> bool:
    """Whether there is nothing, given how and where to look."""
    look, where = place
    try:
        look(where)
    except (AttributeError, ValueError):
        return True
    return False


VIEWS: Any = type({}.keys()) | type({}.values()) | type({}.items())
CONTAINERS: Any = list | tuple | set | frozenset | deque | array | bytearray | VIEWS
DICTS: Any = dict | MappingProxyType


def snapshot(x: Any, around: tuple[int, ...] = ()) -> Any:
    """What a list, tuple, dict, set or array holds, to be compared: numbers by type and bits, objects by identity.

    `around` has the ids of the containers that it is in: one that is in itself is compared by identity there.
    """
    if isinstance(x, bytearray):
        return type(x), bytes(x)
    if is_array(x) and x.dtype.kind != "O":
        return x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, CONTAINERS) and {*map(type, x)} == {float}:
        return type(x), array("d", x).tobytes()
    if isinstance(x, PLAIN):
        return type(x), repr(x)
    if id(x) in around:
        return Same(x)
    if isinstance(x, CONTAINERS) or is_array(x):
        around = (*around, id(x))
        return type(x), [snapshot(y, around) for y in x]
    if isinstance(x, DICTS):
        around = (*around, id(x))
        return type(x), [snapshot(key, around) for key in x], [snapshot(y, around) for y in x.values()]
    return Same(x)


def members(x: Any, around: tuple[int, ...] = ()) -> Iterator[Any]:
    """The objects in a list, tuple, dict, set or array, which may change by themselves; itself if it has attributes."""
    if id(x) in around:
        return
    if isinstance(x, CONTAINERS | DICTS) or (is_array(x) and x.dtype.kind == "O"):
        if type(x).__dictoffset__:
            yield x
        around = (*around, id(x))
        for y in x.values() if isinstance(x, DICTS) else x:
            yield from members(y, around)
    elif not isinstance(x, PLAIN) and not is_array(x):
        yield x


def outside(f: Any) -> Iterator[tuple[Callable[[Any], Any], Any]]:
    """How and where to look for what f finds outside: in its cells, its module's names, its object's attributes."""
    if isinstance(f, MethodType):
        yield attrgetter("__func__"), f
        yield attrgetter("__self__"), f
    elif isinstance(f, FunctionType):
        if is_users(f.__code__):
            yield from outside_code(f)
    elif isinstance(f, BuiltinFunctionType | MethodWrapperType):
        yield attrgetter("__self__"), f
    elif isinstance(f, type):
        for name in attributes(f) if is_open(f) else ():
            yield own(f).get, name  # as it is there: a class binds its methods anew whenever it is asked
    elif is_open(f):
        for name in attributes(f):
            yield attrgetter(name), f
        yield type, f
        if type(f).__module__.startswith("numpy.random"):
            yield state_of_chance, f


def outside_code(f: FunctionType) -> Iterator[tuple[Callable[[Any], Any], Any]]:
    for cell in f.__closure__ or ():
        yield attrgetter("cell_contents"), cell
    for name in ("__defaults__", "__kwdefaults__"):
        if getattr(f, name):
            yield attrgetter(name), f
    names = [*dict.fromkeys(names_in(f.__code__))]
    for name in names:
        x = f.__globals__.get(name)
        if name in f.__globals__:
            yield f.__globals__.get, name
        if isinstance(x, ModuleType) and is_users_file(getattr(x, "__file__", None) or PACKAGE):
            for attribute in names:
                if attribute in vars(x):
                    yield vars(x).get, attribute
    if "random" in names and "numpy" in sys.modules:
        from numpy.random import mtrand

        yield state_of_chance, mtrand._rand


def state_of_chance(x: Any) -> Any:
    """Where a random generator of NumPy is; its calls show there alone, since no profiler is told of them."""
    if hasattr(x, "get_state"):
        return x.get_state(legacy=False)  # also the normal number that it has in store
    return getattr(x, "bit_generator", x).state


def own(x: Any) -> Any:
    """The attributes that an object, or a class, has of its own, whatever its `__getattr__` makes up."""
    try:
        return object.__getattribute__(x, "__dict__")
    except AttributeError:
        return {}


def is_open(x: Any) -> bool:
    """Whether to look into an object: not into a library, its classes, a Value or what jit has made."""
    if isinstance(x, ModuleType):
        return is_users_file(getattr(x, "__file__", None) or PACKAGE)
    if isinstance(x, type):
        return is_users_class(x)
    return not isinstance(x, Node | Recorder | Derivative) and not type(x).__module__.startswith(__package__)


def attributes(x: Any) -> list[str]:
    """The names of what an object, or a class, keeps; slots under the names that they have in the end."""
    names = [name for name in own(x) if not name.startswith("__") or name == "__call__"]
    if not isinstance(x, type):
        kinds = type(x).__mro__
        names += [name for kind in kinds for name, y in vars(kind).items() if isinstance(y, MemberDescriptorType)]
    return names


def names_in(code: CodeType) -> Iterator[str]:
    """The global names in the code, and in the functions that it makes."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def is_users_class(kind: type) -> bool:
    """Whether the class is one of the user's program."""
    module = sys.modules.get(kind.__module__)
    return kind.__module__ == "__main__" or is_users_file(getattr(module, "__file__", None) or PACKAGE)


LIBRARY = os.path.dirname(os.__file__) + os.sep


def is_users(code: CodeType | None) -> bool:
    """Whether the code is the user's own: not this package's, the standard library's or another package's."""
    return code is not None and is_users_file(code.co_filename)


def is_users_file(file: str) -> bool:
    return not file.startswith((PACKAGE, LIBRARY, "<frozen")) and "site-packages" not in file
