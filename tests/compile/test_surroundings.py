"""What a recording depends on: whatever f finds outside its arguments may change, and the answer is f's own."""

from __future__ import annotations

import abc
import array
import collections
import concurrent.futures
import contextlib
import contextvars
import csv
import ctypes
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import gc
import hashlib
import importlib
import io
import itertools
import linecache
import logging
import math
import numbers
import operator
import os
import pathlib
import queue
import random
import re
import sqlite3
import string
import subprocess
import sys
import threading
import time
import types
import uuid
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from xml.etree import ElementTree

import numpy as np
import pytest

import micrograd_like as ml
from micrograd_like import grad, jit, vmap
from micrograd_like.compile.closed.surroundings import Surroundings
from micrograd_like.errors import TracingError

Case = tuple[Callable[[Any], Any], Callable[[], Any]]


def by_rows(f: Any) -> Any:
    rows = vmap(f)
    return lambda x: rows([x])[0].item()


ENGINES = {
    "python": jit,
    "native": lambda f: jit(f, engine="native"),
    "vmap": by_rows,
    "slope": lambda f: jit(grad(f)),
}
X = -2.5


def answers(engine: str, f: Any) -> Any:
    return grad(f)(X) if engine == "slope" else float(f(X))


# what f finds by name

act: Any = ml.tanh
rate = 2.0
holder = types.SimpleNamespace(act=math.fabs, rate=2.0)
module = types.ModuleType("surroundings_of_tests")
module.rate = 2.0  # type: ignore[attr-defined]
sys.modules["surroundings_of_tests"] = module


def scaled(x: Any) -> Any:
    return x * rate


def set_global(name: str, value: Any) -> Callable[[], None]:
    return functools.partial(globals().__setitem__, name, value)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = dict(globals()), dict(vars(holder)), dict(vars(module))
    arguments, precision = [*sys.argv], decimal.getcontext().prec
    yield
    sys.argv[:], decimal.getcontext().prec = arguments, precision
    sys.modules["surroundings_of_tests"] = module
    vars(Level.LOW).pop("extra", None)
    for namespace, entries in zip((globals(), vars(holder), vars(module)), before, strict=True):
        namespace.clear()
        namespace.update(entries)


def a_library_function_in_a_global() -> Case:
    return lambda x: act(x) * x, set_global("act", ml.relu)


def a_builtin_in_a_cell() -> Case:
    pick = max

    def change() -> None:
        nonlocal pick
        pick = min

    return lambda x: pick(x, 2.0 * x), change


def a_function_in_an_attribute() -> Case:
    return lambda x: holder.act(3.0) * x, lambda: setattr(holder, "act", math.sqrt)


def a_type_in_a_global() -> Case:
    globals()["kind"] = float
    return lambda x: x * kind(2.75), set_global("kind", int)  # type: ignore[name-defined]  # noqa: F821


def a_module_in_a_global() -> Case:
    one, other = types.ModuleType("one"), types.ModuleType("other")
    one.rate, other.rate = 2.0, 3.0  # type: ignore[attr-defined]
    globals()["lib"] = one
    return lambda x: x * lib.rate, set_global("lib", other)  # type: ignore[name-defined]  # noqa: F821


def a_derivative_in_a_global() -> Case:
    globals()["slope"] = grad(lambda x: x**2)
    return lambda x: slope(x), set_global("slope", grad(lambda x: x**3))  # type: ignore[name-defined]  # noqa: F821


def a_jitted_function_in_a_global() -> Case:
    globals()["inner"] = jit(lambda x: x**2)
    return lambda x: inner(x), set_global("inner", jit(lambda x: x**3))  # type: ignore[name-defined]  # noqa: F821


def what_a_jitted_function_reads() -> Case:
    inner = jit(scaled)
    return lambda x: inner(x) * x, set_global("rate", 3.0)


def a_name_that_hides_a_builtin() -> Case:
    return lambda x: abs(x) * x, set_global("abs", lambda x: 7.0)


def a_function_of_a_library_module() -> Case:
    lib = types.ModuleType("lib")
    lib.act = ml.tanh  # type: ignore[attr-defined]
    return lambda x: lib.act(x), lambda: setattr(lib, "act", ml.relu)


def a_method_of_a_dict_in_a_cell() -> Case:
    table = {"rate": 2.0}
    get = table.get
    return lambda x: x * get("rate"), lambda: table.update(rate=3.0)  # type: ignore[operator]


# classes


class Doubles(type):
    def __call__(cls, *args: Any) -> Any:
        made = super().__call__(*args)
        made.factor *= rate
        return made

    def __getitem__(cls, x: Any) -> Any:
        return x * rate

    @property
    def shared(cls) -> float:
        return rate


class Made(metaclass=Doubles):
    def __init__(self) -> None:
        self.factor = 1.0


class Special:
    limit: ClassVar[float] = 2.0

    def __init__(self, x: Any = 0.0) -> None:
        self.x = x * rate

    def __getitem__(self, k: Any) -> Any:
        return k * rate

    def __mul__(self, other: Any) -> Any:
        return other * rate

    def __rmul__(self, other: Any) -> Any:
        return other * rate

    def __enter__(self) -> float:
        return rate

    def __exit__(self, *_: object) -> None:
        pass

    def __len__(self) -> int:
        return int(rate)

    def __call__(self, x: Any) -> Any:
        return x * rate

    def __getattr__(self, name: str) -> Any:
        return rate

    def __iter__(self) -> Iterator[Any]:
        yield rate

    def __contains__(self, x: Any) -> bool:
        return rate > 2.5

    def __bool__(self) -> bool:
        return rate > 2.5

    @property
    def prop(self) -> float:
        return rate

    @staticmethod
    def static() -> float:
        return rate

    @classmethod
    def of_class(cls) -> float:
        return rate

    @functools.cached_property
    def cached(self) -> float:
        return rate

    def limited(self, x: Any) -> Any:
        return x * self.limit


def with_entered(x: Any) -> Any:
    with Special() as factor:
        return x * factor


class Described:
    def __get__(self, *_: Any) -> float:
        return rate


class WithDescriptor:
    field = Described()


class WithSlots:
    __slots__ = ("rate",)

    def __init__(self) -> None:
        self.rate = 2.0


special = Special()
IN_CLASSES: dict[str, Callable[[Any], Any]] = {
    "__init__": lambda x: Special(x).x,
    "__getitem__": lambda x: special[x],
    "__mul__": lambda x: special * x,
    "__rmul__": lambda x: x * special,
    "__enter__": with_entered,
    "__len__": lambda x: x * len(special),
    "__call__": lambda x: special(x),
    "__getattr__": lambda x: x * special.missing,
    "__iter__": lambda x: x * next(iter(special)),
    "__contains__": lambda x: x if 1.0 in special else -x,
    "__bool__": lambda x: x if special else -x,
    "property": lambda x: x * special.prop,
    "staticmethod": lambda x: x * special.static(),
    "classmethod": lambda x: x * Special.of_class(),
    "a cached property of a new object": lambda x: x * Special().cached,
    "a metaclass's __call__": lambda x: x * Made().factor,
    "a metaclass's __getitem__": lambda x: Made[x],
    "a metaclass's property": lambda x: x * Made.shared,
    "a descriptor": lambda x: x * WithDescriptor().field,
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("f", IN_CLASSES.values(), ids=IN_CLASSES)
def test_methods_of_every_kind_that_read_a_global(f: Any, engine: str) -> None:
    fast = ENGINES[engine](f)
    assert fast(X) == answers(engine, f)
    set_global("rate", 3.0)()
    assert fast(X) == answers(engine, f)


def an_attribute_of_a_class() -> Case:
    class Local(Special):
        limit = 2.0

    local = Local()
    return lambda x: local.limited(x), lambda: setattr(Local, "limit", 3.0)


def an_attribute_that_hides_that_of_the_class() -> Case:
    class Local(Special):
        pass

    local = Local()
    return lambda x: local.limited(x), lambda: setattr(local, "limit", 3.0)


def a_slot() -> Case:
    slotted = WithSlots()
    return lambda x: x * slotted.rate, lambda: setattr(slotted, "rate", 3.0)


def the_class_of_an_object() -> Case:
    class One:
        def of(self, x: Any) -> Any:
            return 2 * x

    class Other:
        def of(self, x: Any) -> Any:
            return 3 * x

    thing: Any = One()
    return lambda x: thing.of(x), lambda: setattr(thing, "__class__", Other)


def the_bases_of_a_class() -> Case:
    class One:
        factor = 2.0

    class Other:
        factor = 3.0

    class Local(One):
        pass

    return lambda x: x * Local.factor, lambda: setattr(Local, "__bases__", (Other,))


def a_class_without_a_module() -> Case:
    kind = type("Nameless", (), {"of": lambda self, x: x * rate})
    kind.__module__ = None  # type: ignore[assignment]
    thing = kind()
    return lambda x: thing.of(x), set_global("rate", 3.0)


def an_object_without_a_class_of_its_own_module() -> Case:
    scope: dict[str, Any] = {"rate": 2.0}
    exec("class Rated:\n    def of(self, x):\n        return x * rate\nthing = Rated()\n", scope)
    return lambda x: scope["thing"].of(x), lambda: scope.update(rate=3.0)


def code_that_was_made_by_exec() -> Case:
    scope: dict[str, Any] = {"rate": 2.0}
    exec("def helper(x):\n    return x * rate\ndef f(x):\n    return helper(x)\n", scope)
    return scope["f"], lambda: scope.update(rate=3.0)


# functions in other clothes


def a_partial() -> Case:
    table = [2.0]
    part = functools.partial(lambda t, x: x * t[0], table)
    return lambda x: part(x), lambda: operator.setitem(table, 0, 3.0)


def the_partial_itself() -> Case:
    table = {"rate": 2.0}
    return functools.partial(lambda x, t: x * t["rate"], t=table), lambda: table.update(rate=3.0)


def a_wrapped_function() -> Case:
    @functools.wraps(scaled)
    def wrapper(x: Any) -> Any:
        return scaled(x)

    return lambda x: wrapper(x), set_global("rate", 3.0)


def a_cache_that_is_cleared() -> Case:
    @functools.lru_cache
    def factor(k: int) -> float:
        return rate

    def change() -> None:
        globals()["rate"] = 3.0
        factor.cache_clear()

    return lambda x: x * factor(1), change


def a_cache_that_is_cleared_later() -> Case:
    @functools.cache
    def factor() -> float:
        return rate

    f = jit(lambda x: x * factor())
    f(1.0)
    globals()["rate"] = 3.0
    f(1.0)
    return lambda x: x * factor(), factor.cache_clear


def a_single_dispatch() -> Case:
    @functools.singledispatch
    def of(x: Any) -> float:
        return 2.0

    return lambda x: x * of("a"), lambda: of.register(str, lambda _: 3.0)


def a_bound_method() -> Case:
    thing = types.SimpleNamespace(rate=2.0)
    method = types.MethodType(lambda self, x: x * self.rate, thing)
    return lambda x: method(x), lambda: setattr(thing, "rate", 3.0)


def a_generator_function() -> Case:
    def parts(x: Any) -> Iterator[Any]:
        yield x * rate
        yield x

    return lambda x: sum(parts(x)), set_global("rate", 3.0)


def a_comprehension_in_a_lambda_in_a_function() -> Case:
    def f(x: Any) -> Any:
        def inner(y: Any) -> Any:
            return (lambda z: sum([z * rate for _ in range(2)]))(y)

        return inner(x)

    return f, set_global("rate", 3.0)


def a_class_within_the_function() -> Case:
    def f(x: Any) -> Any:
        class Local:
            factor = rate

        return x * Local.factor

    return f, set_global("rate", 3.0)


def the_code_of_a_function() -> Case:
    def helper(x: Any) -> Any:
        return 2 * x

    def other(x: Any) -> Any:
        return 3 * x

    return lambda x: helper(x), lambda: setattr(helper, "__code__", other.__code__)


def the_code_of_the_function_itself() -> Case:
    def f(x: Any) -> Any:
        return 2 * x

    def other(x: Any) -> Any:
        return 3 * x

    return f, lambda: setattr(f, "__code__", other.__code__)


def an_attribute_of_a_function() -> Case:
    def f(x: Any) -> Any:
        return x * f.rate  # type: ignore[attr-defined]

    f.rate = 2.0  # type: ignore[attr-defined]
    return f, lambda: setattr(f, "rate", 3.0)


def a_mutable_default() -> Case:
    def f(x: Any, factors: list[float] = [2.0]) -> Any:  # noqa: B006 - that it may change is the point
        return x * factors[0]

    return f, lambda: operator.setitem(f.__defaults__[0], 0, 3.0)  # type: ignore[index]


def another_default() -> Case:
    def f(x: Any, factor: float = 2.0, *, shift: float = 1.0) -> Any:
        return x * factor * shift

    return f, lambda: setattr(f, "__kwdefaults__", {"shift": 2.0})


def an_operator_that_holds_a_name() -> Case:
    thing = types.SimpleNamespace(rate=2.0)
    get = operator.attrgetter("rate")
    return lambda x: x * get(thing), lambda: setattr(thing, "rate", 3.0)


def a_ufunc_of_a_function() -> Case:
    ufunc = np.frompyfunc(scaled, 1, 1)
    return lambda x: ufunc(x), set_global("rate", 3.0)


def a_context_manager() -> Case:
    @contextlib.contextmanager
    def factor() -> Iterator[float]:
        yield rate

    def f(x: Any) -> Any:
        with factor() as k:
            return x * k

    return f, set_global("rate", 3.0)


def a_method_with_arguments_filled_in() -> Case:
    class Local:
        def of(self, k: float) -> float:
            return k * rate

        twice = functools.partialmethod(of, 2.0)

    return lambda x: x * Local().twice(), set_global("rate", 3.0)


def a_method_by_type() -> Case:
    class Local:
        @functools.singledispatchmethod
        def of(self, k: Any) -> float:
            return rate

    return lambda x: x * Local().of(1), set_global("rate", 3.0)


def a_factory_of_a_field() -> Case:
    @dataclasses.dataclass
    class Local:
        factor: float = dataclasses.field(default_factory=lambda: rate)

    return lambda x: x * Local().factor, set_global("rate", 3.0)


def a_dict_that_makes_what_is_missing() -> Case:
    class Local(dict):  # type: ignore[type-arg]
        def __missing__(self, key: str) -> float:
            return rate

    made = Local()
    return lambda x: x * made["a"], set_global("rate", 3.0)


def a_number_of_ctypes() -> Case:
    number = ctypes.c_double(2.0)
    return lambda x: x * number.value, lambda: setattr(number, "value", 3.0)


def shared_memory() -> Case:
    numbers = array.array("d", [2.0])
    view = memoryview(numbers)
    return lambda x: x * view[0], lambda: operator.setitem(numbers, 0, 3.0)


def the_arguments_of_the_program() -> Case:
    sys.argv.append("2.0")
    return lambda x: x * float(sys.argv[-1]), lambda: operator.setitem(sys.argv, -1, "3.0")


def the_precision_of_decimal() -> Case:
    decimal.getcontext().prec = 28
    third = decimal.Decimal(3)
    return lambda x: x * float(1 / third), lambda: setattr(decimal.getcontext(), "prec", 2)


def the_precision_of_a_decimal() -> Case:
    decimal.getcontext().prec = 28
    one = decimal.Decimal(1)
    return lambda x: x * float(one / 3), lambda: setattr(decimal.getcontext(), "prec", 2)


def the_precision_by_the_class_alone() -> Case:
    decimal.getcontext().prec = 28
    Decimal = decimal.Decimal
    return lambda x: x * float(Decimal(1) / 3), lambda: setattr(decimal.getcontext(), "prec", 2)


def the_precision_by_getcontext() -> Case:
    decimal.getcontext().prec = 28
    getcontext = decimal.getcontext
    return lambda x: x * getcontext().prec, lambda: setattr(decimal.getcontext(), "prec", 2)


def the_traps_of_decimal() -> Case:
    def f(x: Any) -> Any:
        try:
            return x if (decimal.Decimal(1) / 0).is_infinite() else x * 5.0
        except ZeroDivisionError:
            return x * 3.0

    decimal.getcontext().traps[decimal.DivisionByZero] = True
    return f, lambda: operator.setitem(decimal.getcontext().traps, decimal.DivisionByZero, False)


class Shape(abc.ABC):  # noqa: B024
    pass


class Weight(ml.Value):
    scale = 2.0


def an_attribute_of_a_value() -> Case:
    w = Weight(3.0)
    w.rate = 2.0  # type: ignore[attr-defined]
    return lambda x: x * w.rate, lambda: setattr(w, "rate", 3.0)  # type: ignore[attr-defined]


def an_attribute_of_the_class_of_a_value() -> Case:
    Weight.scale = 2.0
    w = Weight(3.0)
    return lambda x: x * w.scale, lambda: setattr(Weight, "scale", 3.0)


def what_is_registered_with_an_abstract_class() -> Case:
    square = type("Square", (), {})()
    return lambda x: x * (3.0 if isinstance(square, Shape) else 2.0), lambda: Shape.register(type(square))


def what_is_registered_with_one_of_the_standard_library() -> Case:
    number = type("Number", (), {})()
    real = numbers.Real
    return lambda x: x * (3.0 if isinstance(number, real) else 2.0), lambda: real.register(type(number))


def what_is_registered_with_a_collection() -> Case:
    kind = type("Kind", (), {})
    return (
        lambda x: x * (3.0 if issubclass(kind, collections.abc.Sequence) else 2.0),
        lambda: collections.abc.Sequence.register(kind),
    )


# what is said of functions, classes and modules


def helper() -> None:
    """ab"""


def said(of: Any, name: str, change: Any) -> Case:
    """Of a new function or class, what stands in an attribute of every one."""
    return eval(f"lambda x: x * len(of.{name})", {"of": of}), lambda: setattr(of, name, change)


def another_helper() -> Any:
    return types.FunctionType(helper.__code__, globals(), "ab")


def the_name_of_a_function() -> Case:
    return said(another_helper(), "__name__", "abc")


def the_qualified_name_of_a_function() -> Case:
    return said(another_helper(), "__qualname__", "abc")


def the_text_of_a_function() -> Case:
    f = another_helper()
    f.__doc__ = "ab"
    return said(f, "__doc__", "abc")


def the_text_of_a_method() -> Case:
    f = another_helper()
    f.__doc__ = "ab"
    shop = type("Shop", (), {"go": f})()
    return lambda x: x * len(shop.go.__doc__), lambda: setattr(f, "__doc__", "abc")


def the_annotations_of_a_function() -> Case:
    f = another_helper()
    f.__annotations__ = {"a": int}
    return lambda x: x * len(f.__annotations__), lambda: f.__annotations__.update(b=int)


def the_name_of_a_function_by_getattr() -> Case:
    f, name = another_helper(), "__na" + "me__"
    return lambda x: x * len(getattr(f, name)), lambda: setattr(f, "__name__", "abc")


def the_name_of_a_class() -> Case:
    return said(type("Ab", (), {}), "__name__", "Abc")


def the_qualified_name_of_a_class() -> Case:
    return said(type("Ab", (), {}), "__qualname__", "Abc")


def the_class_of_a_module() -> Case:
    class Other(types.ModuleType):
        def __getattribute__(self, name: str) -> Any:
            return 3.0 if name == "rate" else super().__getattribute__(name)

    own = types.ModuleType("surroundings_own")
    own.rate = 2.0  # type: ignore[attr-defined]
    return lambda x: x * own.rate, lambda: setattr(own, "__class__", Other)


# look-ups by computed or hidden names


def getattr_of_a_namespace() -> Case:
    return lambda x: x * getattr(holder, "rate"), lambda: setattr(holder, "rate", 3.0)  # noqa: B009


def getattr_of_a_module() -> Case:
    return lambda x: x * getattr(module, "rate"), lambda: setattr(module, "rate", 3.0)  # noqa: B009


def getattr_by_a_computed_name() -> Case:
    return lambda x: x * getattr(module, "".join(["ra", "te"])), lambda: setattr(module, "rate", 3.0)


def getattr_by_a_name_in_a_global() -> Case:
    globals()["which"] = "rate"
    module.other = 3.0  # type: ignore[attr-defined]
    return lambda x: x * getattr(module, which), set_global("which", "other")  # type: ignore[name-defined]  # noqa: F821


def vars_of_a_module() -> Case:
    return lambda x: x * vars(module)["rate"], lambda: setattr(module, "rate", 3.0)


def the_dict_of_an_object() -> Case:
    return lambda x: x * holder.__dict__["rate"], lambda: setattr(holder, "rate", 3.0)


def an_import_in_the_function() -> Case:
    def f(x: Any) -> Any:
        from surroundings_of_tests import rate  # type: ignore[import-not-found]

        return x * rate

    return f, lambda: setattr(module, "rate", 3.0)


def a_module_imported_in_the_function() -> Case:
    def f(x: Any) -> Any:
        import surroundings_of_tests as conf

        return x * conf.rate

    return f, lambda: setattr(module, "rate", 3.0)


def a_module_by_import_module() -> Case:
    return (
        lambda x: x * importlib.import_module("surroundings_of_tests").rate,
        lambda: setattr(module, "rate", 3.0),
    )


def a_module_by_its_entry() -> Case:
    return lambda x: x * sys.modules["surroundings_of_tests"].rate, lambda: setattr(module, "rate", 3.0)


def another_module_under_the_name() -> Case:
    def f(x: Any) -> Any:
        import surroundings_of_tests as conf

        return x * conf.rate

    other = types.ModuleType("surroundings_of_tests")
    other.rate = 3.0  # type: ignore[attr-defined]
    return f, functools.partial(sys.modules.__setitem__, "surroundings_of_tests", other)


def a_default_of_getattr() -> Case:
    return lambda x: x * getattr(holder, "missing", 2.0), lambda: setattr(holder, "missing", 3.0)


def a_default_of_getattr_of_a_module() -> Case:
    return lambda x: x * getattr(module, "missing", 2.0), lambda: setattr(module, "missing", 3.0)


def an_environment_variable() -> Case:
    os.environ["SURROUNDINGS_RATE"] = "2"
    return (
        lambda x: x * float(os.environ["SURROUNDINGS_RATE"]),
        lambda: operator.setitem(os.environ, "SURROUNDINGS_RATE", "3"),
    )


def an_environment_variable_by_getenv() -> Case:
    os.environ["SURROUNDINGS_RATE"] = "2"
    return (
        lambda x: x * float(os.getenv("SURROUNDINGS_RATE", "1")),
        lambda: operator.setitem(os.environ, "SURROUNDINGS_RATE", "3"),
    )


def a_context_variable() -> Case:
    variable = contextvars.ContextVar("rate", default=2.0)
    return lambda x: x * variable.get(), lambda: variable.set(3.0)


def a_list_in_a_context_variable() -> Case:
    variable: contextvars.ContextVar[list[float]] = contextvars.ContextVar("rates")
    variable.set([2.0])
    return lambda x: x * variable.get()[0], lambda: operator.setitem(variable.get(), 0, 3.0)


def a_local_of_the_thread() -> Case:
    local = threading.local()
    local.rate = 2.0
    return lambda x: x * local.rate, lambda: setattr(local, "rate", 3.0)


# data


def held(thing: Any, change: Callable[[Any], Any], read: Callable[[Any], Any]) -> Case:
    return lambda x: x * read(thing), lambda: change(thing)


@dataclasses.dataclass
class Terms:
    rate: float
    inner: Any = None


Pair = collections.namedtuple("Pair", "rate inner")


class Level(enum.Enum):
    LOW = 2.0
    HIGH = 3.0


def running_thread() -> tuple[threading.Thread, Callable[[Any], Any]]:
    """A thread that runs, and what ends it."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait, daemon=True)
    thread.start()
    return thread, lambda _: end.set() or thread.join()


DATA: dict[str, Callable[[], Case]] = {
    "list": lambda: held([1.0, 2.0], lambda t: operator.setitem(t, 1, 3.0), lambda t: t[1]),
    "longer list": lambda: held([2.0], lambda t: t.append(3.0), lambda t: t[-1]),
    "sorted list": lambda: held([3.0, 2.0], lambda t: t.sort(), lambda t: t[0]),
    "list whose sign of zero changes": lambda: held(
        [0.0], lambda t: operator.setitem(t, 0, -0.0), lambda t: math.copysign(1.0, t[0])
    ),
    "dict": lambda: held({"a": 2.0}, lambda t: t.update(a=3.0), lambda t: t["a"]),
    "order of a dict": lambda: held({2.0: 1, 3.0: 1}, lambda t: t.update({2.0: t.pop(2.0)}), lambda t: next(iter(t))),
    "large dict": lambda: held(
        {k: float(k) for k in range(1000)}, lambda t: operator.setitem(t, 500, 3.0), lambda t: t[500]
    ),
    "key of a large dict": lambda: held(
        {k: float(k) for k in range(1000)}, lambda t: t.pop(500), lambda t: t.get(500, 3.0)
    ),
    "list in a large dict": lambda: held(
        {k: [float(k)] for k in range(1000)}, lambda t: operator.setitem(t[500], 0, 3.0), lambda t: t[500][0]
    ),
    "large list": lambda: held(
        [float(k) for k in range(1000)], lambda t: operator.setitem(t, 500, 3.0), lambda t: t[500]
    ),
    "list in a tuple": lambda: held(([2.0],), lambda t: operator.setitem(t[0], 0, 3.0), lambda t: t[0][0]),
    "set": lambda: held({2.0}, lambda t: t.add(3.0), lambda t: float(len(t))),
    "deque": lambda: held(collections.deque([2.0, 3.0]), lambda t: t.rotate(), lambda t: t[0]),
    "OrderedDict": lambda: held(
        collections.OrderedDict({2.0: 1, 3.0: 1}), lambda t: t.move_to_end(2.0), lambda t: next(iter(t))
    ),
    "defaultdict": lambda: held(collections.defaultdict(float, a=2.0), lambda t: t.update(a=3.0), lambda t: t["a"]),
    "default factory": lambda: held(
        collections.defaultdict(lambda: 2.0),
        lambda t: setattr(t, "default_factory", lambda: 3.0),
        lambda t: t.default_factory(),
    ),
    "Counter": lambda: held(collections.Counter("aa"), lambda t: t.update("a"), lambda t: float(t["a"])),
    "ChainMap": lambda: held(collections.ChainMap({}, {"a": 2.0}), lambda t: t.maps[1].update(a=3.0), lambda t: t["a"]),
    "mapping proxy": lambda: (
        lambda base: held(types.MappingProxyType(base), lambda _: base.update(a=3.0), lambda t: t["a"])
    )({"a": 2.0}),
    "view": lambda: (lambda base: held(base.values(), lambda _: base.update(a=3.0), lambda t: max(t)))({"a": 2.0}),
    "bytearray": lambda: held(bytearray(b"\2"), lambda t: operator.setitem(t, 0, 3), lambda t: float(t[0])),
    "NumPy array": lambda: held(np.array([1.0, 2.0]), lambda t: operator.setitem(t, 1, 3.0), lambda t: float(t[1])),
    "view of a NumPy array": lambda: (
        lambda base: held(base[::2], lambda _: operator.setitem(base, 2, 3.0), lambda t: float(t[1]))
    )(np.array([1.0, 1.0, 2.0])),
    "mask": lambda: held(
        np.array([True, False]), lambda t: operator.setitem(t, 1, True), lambda t: float(np.array([2.0, 3.0])[t].sum())
    ),
    "masked array": lambda: held(
        np.ma.array([1.0, 2.0], mask=[False, True]), lambda t: t.mask.__setitem__(1, False), lambda t: float(t.sum())
    ),
    "object array": lambda: held(
        np.array([[1.0], [2.0]], dtype=object), lambda t: operator.setitem(t, (1, 0), 3.0), lambda t: t[1, 0]
    ),
    "NumPy texts": lambda: held(np.array(["2", "3"]), lambda t: operator.setitem(t, 0, "3"), lambda t: float(t[0])),
    "dataclass": lambda: held(Terms(2.0), lambda t: setattr(t, "rate", 3.0), lambda t: t.rate),
    "list in a dataclass in a dict": lambda: held(
        {"a": Terms(1.0, [2.0])}, lambda t: operator.setitem(t["a"].inner, 0, 3.0), lambda t: t["a"].inner[0]
    ),
    "list in a named tuple": lambda: held(
        Pair(1.0, [2.0]), lambda t: operator.setitem(t.inner, 0, 3.0), lambda t: t.inner[0]
    ),
    "object as a key": lambda: held(
        {Level.LOW: 1.0}, lambda t: setattr(Level.LOW, "extra", 3.0), lambda t: getattr(next(iter(t)), "extra", 2.0)
    ),
    "a list that holds itself": lambda: (
        lambda loop: held(loop, lambda t: operator.setitem(t, 1, 3.0), lambda t: t[0][0][1])
    )((lambda t: t.insert(0, t) or t)([2.0])),
    "Decimal": lambda: held(
        [decimal.Decimal(2)], lambda t: operator.setitem(t, 0, decimal.Decimal(3)), lambda t: int(t[0])
    ),
    "Fraction": lambda: held(
        [fractions.Fraction(2)], lambda t: operator.setitem(t, 0, fractions.Fraction(3)), lambda t: int(t[0])
    ),
    "event": lambda: held(threading.Event(), lambda t: t.set(), lambda t: 3.0 if t.is_set() else 2.0),
    "lock": lambda: held(threading.Lock(), lambda t: t.acquire(), lambda t: 3.0 if t.locked() else 2.0),
    "lock that is tried": lambda: held(
        threading.Lock(), lambda t: t.acquire(), lambda t: 3.0 if not t.acquire(blocking=False) or t.release() else 2.0
    ),
    "condition": lambda: held(threading.Condition(), lambda t: t.acquire(), lambda t: 3.0 if t._is_owned() else 2.0),
    "semaphore": lambda: held(threading.Semaphore(2), lambda t: t.acquire(), lambda t: float(t._value)),
    "barrier": lambda: held(threading.Barrier(2), lambda t: t.abort(), lambda t: 3.0 if t.broken else 2.0),
    "attribute of a logger": lambda: held(
        logging.Logger("surroundings_a"), lambda t: setattr(t, "rate", 3.0), lambda t: getattr(t, "rate", 2.0)
    ),
    "handlers of a logger": lambda: held(
        logging.Logger("surroundings_b"),
        lambda t: t.addHandler(logging.NullHandler()),
        lambda t: float(len(t.handlers)),
    ),
    "level of a handler": lambda: held(logging.NullHandler(), lambda t: t.setLevel(3), lambda t: float(t.level)),
    "logger that is disabled": lambda: held(
        logging.Logger("surroundings_c"), lambda t: setattr(t, "disabled", True), lambda t: 3.0 if t.disabled else 2.0
    ),
    "adapter of a logger": lambda: held(
        logging.LoggerAdapter(logging.getLogger("surroundings_a"), {"rate": 2.0}),
        lambda t: t.extra.update(rate=3.0),
        lambda t: t.extra["rate"],
    ),
    "context of decimal": lambda: held(
        decimal.Context(prec=3), lambda t: setattr(t, "prec", 9), lambda t: float(t.divide(1, decimal.Decimal(3)))
    ),
    "flags of a context": lambda: held(
        decimal.Context(), lambda t: t.divide(1, 3), lambda t: 3.0 if t.flags[decimal.Inexact] else 2.0
    ),
    "template": lambda: held(string.Template("ab"), lambda t: setattr(t, "template", "abc"), lambda t: len(t.template)),
    "queue": lambda: held(queue.Queue(), lambda t: t.put(1), lambda t: float(t.qsize())),
    "cell": lambda: held(types.CellType(2.0), lambda t: setattr(t, "cell_contents", 3.0), lambda t: t.cell_contents),
    "empty cell": lambda: held(
        types.CellType(), lambda t: setattr(t, "cell_contents", 3.0), lambda t: float("empty" not in repr(t))
    ),
    "exception": lambda: held(ValueError(2.0), lambda t: setattr(t, "args", (3.0,)), lambda t: t.args[0]),
    "future": lambda: held(concurrent.futures.Future(), lambda t: t.set_result(1), lambda t: 3.0 if t.done() else 2.0),
    "timedelta": lambda: held(
        Terms(0.0, datetime.timedelta(seconds=2)),
        lambda t: setattr(t, "inner", datetime.timedelta(seconds=3)),
        lambda t: t.inner.total_seconds(),
    ),
}

HIDES: dict[str, Callable[[], Case]] = {  # what is written in C and does not show what it holds
    "thread": lambda: held(threading.Thread(), lambda t: setattr(t, "name", "abc"), lambda t: float(len(t.name))),
    "thread that runs": lambda: held(*running_thread(), lambda t: 3.0 if t.is_alive() else 2.0),
    "hash": lambda: held(hashlib.md5(b"a"), lambda t: t.update(b"b"), lambda t: float(t.digest()[0])),
    "simple queue": lambda: held(queue.SimpleQueue(), lambda t: t.put(1), lambda t: float(t.qsize())),
    "XML": lambda: held(ElementTree.Element("a"), lambda t: t.append(ElementTree.Element("b")), lambda t: len(t)),
    "attribute in XML": lambda: held(
        ElementTree.Element("a", rate="2"), lambda t: t.set("rate", "3"), lambda t: float(t.get("rate"))
    ),
    "copied context": lambda: (
        lambda variable: held(
            contextvars.copy_context(), lambda t: t.run(variable.set, 3.0), lambda t: t.run(variable.get)
        )
    )(contextvars.ContextVar("surroundings_d", default=2.0)),
    "compressor": lambda: held(
        zlib.compressobj(), lambda t: t.compress(bytes(range(256)) * 99), lambda t: float(len(t.copy().flush()))
    ),
    "StringIO": lambda: held(io.StringIO("ab"), lambda t: t.write("abc"), lambda t: float(len(t.getvalue()))),
}

NAMED = [
    a_library_function_in_a_global,
    a_builtin_in_a_cell,
    a_function_in_an_attribute,
    a_type_in_a_global,
    a_module_in_a_global,
    a_derivative_in_a_global,
    a_jitted_function_in_a_global,
    what_a_jitted_function_reads,
    a_name_that_hides_a_builtin,
    a_function_of_a_library_module,
    a_method_of_a_dict_in_a_cell,
    an_attribute_of_a_class,
    an_attribute_that_hides_that_of_the_class,
    a_slot,
    the_class_of_an_object,
    the_bases_of_a_class,
    a_class_without_a_module,
    an_object_without_a_class_of_its_own_module,
    code_that_was_made_by_exec,
    a_partial,
    the_partial_itself,
    a_wrapped_function,
    a_cache_that_is_cleared,
    a_cache_that_is_cleared_later,
    a_single_dispatch,
    a_bound_method,
    a_generator_function,
    a_comprehension_in_a_lambda_in_a_function,
    a_class_within_the_function,
    the_code_of_a_function,
    the_code_of_the_function_itself,
    an_attribute_of_a_function,
    a_mutable_default,
    another_default,
    a_context_manager,
    a_method_with_arguments_filled_in,
    a_method_by_type,
    a_factory_of_a_field,
    a_dict_that_makes_what_is_missing,
    a_number_of_ctypes,
    shared_memory,
    the_arguments_of_the_program,
    the_precision_of_decimal,
    the_precision_of_a_decimal,
    the_precision_by_the_class_alone,
    the_precision_by_getcontext,
    the_traps_of_decimal,
    an_attribute_of_a_value,
    an_attribute_of_the_class_of_a_value,
    what_is_registered_with_an_abstract_class,
    what_is_registered_with_one_of_the_standard_library,
    what_is_registered_with_a_collection,
    the_name_of_a_function,
    the_qualified_name_of_a_function,
    the_text_of_a_function,
    the_text_of_a_method,
    the_annotations_of_a_function,
    the_name_of_a_function_by_getattr,
    the_name_of_a_class,
    the_qualified_name_of_a_class,
    the_class_of_a_module,
    an_operator_that_holds_a_name,
    a_ufunc_of_a_function,
    getattr_of_a_namespace,
    getattr_of_a_module,
    getattr_by_a_computed_name,
    getattr_by_a_name_in_a_global,
    vars_of_a_module,
    the_dict_of_an_object,
    an_import_in_the_function,
    a_module_imported_in_the_function,
    a_module_by_import_module,
    a_module_by_its_entry,
    another_module_under_the_name,
    a_default_of_getattr,
    a_default_of_getattr_of_a_module,
    an_environment_variable,
    an_environment_variable_by_getenv,
    a_context_variable,
    a_list_in_a_context_variable,
    a_local_of_the_thread,
]
CASES = {**{f.__name__: f for f in NAMED}, **DATA}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CASES)
def test_what_changes_between_two_calls_is_seen(name: str, engine: str) -> None:
    f, change = CASES[name]()
    fast = ENGINES[engine](f)
    before = answers(engine, f)
    assert [fast(X) for _ in range(20)] == [before] * 20  # so that no spot check finds it by chance
    change()
    after = answers(engine, f)
    assert before != after
    assert [fast(X) for _ in range(3)] == [after] * 3


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "vmap"])
@pytest.mark.parametrize("name", HIDES)
def test_what_hides_what_it_holds_is_asked_in_every_call(name: str, engine: str) -> None:
    f, change = HIDES[name]()
    fast = ENGINES[engine](f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = [fast(X) for _ in range(20)]
        assert before == [answers(engine, f)] * 20
        change()
        after = [fast(X) for _ in range(20)]
    assert after == [answers(engine, f)] * 20
    assert before != after


@pytest.mark.parametrize("name", [name for name in HIDES if "thread" not in name])
def test_vmap_refuses_what_hides_what_it_holds(name: str) -> None:
    with pytest.raises(TracingError, match="depends on thing, which may give something else"):
        vmap(HIDES[name]()[0])([X])


def test_a_local_of_a_class_of_ones_own_is_that_of_the_calling_thread() -> None:
    class Own(threading.local):
        rate = 2.0

    local = Own()
    fast = jit(lambda x: x * local.rate)
    assert fast(1.0) == 2.0
    local.rate = 3.0
    assert fast(1.0) == 3.0
    answers: list[float] = []
    thread = threading.Thread(target=lambda: answers.append(fast(1.0)))
    thread.start()
    thread.join()
    assert answers == [2.0]
    assert fast(1.0) == 3.0


@pytest.fixture
def installed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package as pip installs it, whose functions read what others of its functions write."""
    folder = tmp_path / "site-packages" / "psychrolike"
    folder.mkdir(parents=True)
    (folder / "units.py").write_text(
        "from enum import Enum\nclass Units(Enum):\n    SI = 1\n    IP = 2\nCURRENT = None\n"
    )
    (folder / "__init__.py").write_text(
        """
import functools, itertools, weakref
from . import units
from .units import Units

def set_units(new):
    units.CURRENT = new

def is_ip():
    return units.CURRENT == Units.IP

def kelvin(t):
    return (t + 459.67) / 1.8 if is_ip() else t + 273.15

class Air:
    factor = 1.0

    def density(self, t):
        return self.factor / kelvin(t)

CONFIG = {"rate": 2.0}

def rated(x):
    return x * CONFIG["rate"]

TABLE = bytearray([2])

def of_bytes(x):
    return x * TABLE[0]

def of_attribute(x):
    return x * of_attribute.weight

of_attribute.weight = 2.0
AIR = Air()
REFERENCE = weakref.ref(AIR)

def of_reference(x):
    return x * REFERENCE().factor

@functools.singledispatch
def kind(x):
    return 2.0

def of_dispatch(x):
    return x * kind(AIR)

STEPS = itertools.count(1)

def of_steps(x):
    return x * next(STEPS)

def either(x, stepping=False):
    return of_steps(x) if stepping else of_bytes(x)
"""
    )
    monkeypatch.syspath_prepend(str(folder.parent))
    yield importlib.import_module("psychrolike")
    for name in [name for name in sys.modules if name.startswith("psychrolike")]:
        del sys.modules[name]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_installed_package_is_followed_as_the_users_own_code(installed: Any, engine: str) -> None:
    air = installed.Air()
    functions: list[tuple[Any, Callable[[], Any]]] = [
        (lambda x: installed.kelvin(x), lambda: installed.set_units(installed.Units.IP)),
        (installed.kelvin, lambda: installed.set_units(installed.Units.SI)),
        (lambda x: air.density(x), lambda: setattr(installed.Air, "factor", 2.0)),
        (lambda x: air.density(x), lambda: setattr(air, "factor", 3.0)),
        (installed.rated, lambda: installed.CONFIG.update(rate=3.0)),
        (lambda x: installed.kelvin(x), lambda: setattr(installed, "is_ip", lambda: True)),
    ]
    for f, change in functions:
        fast = ENGINES[engine](f)
        before = answers(engine, f)
        assert fast(X) == before
        change()
        assert answers(engine, f) != before or engine == "slope"
        assert fast(X) == answers(engine, f)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_ran_of_a_package_is_compared_with_all_that_it_holds(installed: Any, engine: str) -> None:
    functions: list[tuple[Any, Callable[[], Any]]] = [
        (installed.of_bytes, lambda: installed.TABLE.__setitem__(0, 3)),
        (installed.of_attribute, lambda: setattr(installed.of_attribute, "weight", 3.0)),
        (lambda x: installed.of_attribute(x), lambda: setattr(installed.of_attribute, "weight", 4.0)),
        (installed.of_dispatch, lambda: installed.kind.register(installed.Air, lambda x: 3.0)),
        (functools.partial(installed.either, stepping=False), lambda: installed.TABLE.__setitem__(0, 4)),
    ]
    for f, change in functions:
        fast = ENGINES[engine](f)
        for _ in range(3):
            assert fast(X) == answers(engine, f)
        change()
        assert fast(X) == answers(engine, f)


def test_what_a_package_hides_runs_as_it_is_and_is_refused_by_vmap(installed: Any) -> None:
    for f in (installed.of_steps, lambda x: installed.of_steps(x), installed.of_reference):
        fast = jit(f, check=False)

        def nine_calls(f: Any = f, fast: Any = fast) -> None:
            for _ in range(9):
                factor = 1.0 if f is installed.of_reference else int(re.findall(r"\d+", repr(installed.STEPS))[0])
                assert fast(2.0) == 2.0 * factor

        with pytest.warns(UserWarning, match=r"depends on .*, so it runs as it is"):
            nine_calls()
        with pytest.raises(TracingError, match=r"depends on .* each time that it runs"):
            vmap(f)([1.0, 2.0])


def test_what_did_not_run_of_a_package_costs_nothing(installed: Any) -> None:
    def f(x: Any) -> Any:
        f.runs += 1  # type: ignore[attr-defined]
        return installed.either(x)

    f.runs = 0  # type: ignore[attr-defined]
    fast = jit(f, check=False)
    assert [fast(x) for x in (1.0, 2.0, 3.0, 4.0)] == [2.0, 4.0, 6.0, 8.0]
    assert f.runs == 2  # type: ignore[attr-defined]  # the first run tells which functions of the package count


def test_to_look_at_an_object_runs_none_of_its_code() -> None:
    asked = []

    def note(name: str) -> None:
        asked.append(name)

    class Watched:
        __slots__ = ("__dict__", "factor")

        def __getattribute__(self, name: str) -> Any:
            note(name)
            return object.__getattribute__(self, name)

    watched = Watched()
    watched.factor, watched.rate = 2.0, 3.0  # type: ignore[attr-defined]
    surroundings = Surroundings(lambda x: x * watched.factor * watched.rate)  # type: ignore[attr-defined]
    assert not surroundings.changed()
    assert asked == []
    fast = jit(lambda x: x * watched.factor * watched.rate, check=False)  # type: ignore[attr-defined]
    assert [fast(1.0), fast(2.0)] == [6.0, 12.0]
    watched.factor = 5.0
    assert fast(1.0) == 15.0


def test_a_change_deep_in_a_package_on_which_many_things_hang_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    surroundings = Surroundings(lambda x: np.linalg.norm(np.array([x, 2.0 * x])))
    assert not surroundings.changed()
    monkeypatch.setitem(np.linalg.norm.__wrapped__.__globals__, "sqrt", np.abs)  # type: ignore[attr-defined]
    assert surroundings.changed()
    monkeypatch.undo()
    assert not surroundings.changed()


# what a rule reads


@pytest.mark.parametrize("engine", ["python", "native"])
def test_what_the_rule_of_ones_own_operation_reads_is_followed(engine: str) -> None:
    weights = {"slope": 2.0}
    row = ml.function("surroundings_row", lambda x: 2.0 * x, lambda x, out, g: g * weights["slope"])
    slope, by_method = jit(grad(row), engine=engine), jit(grad(lambda x: x.surroundings_row()), engine=engine)
    rows = vmap(grad(row))
    assert slope(1.0) == by_method(1.0) == rows([1.0])[0] == 2.0
    weights["slope"] = 3.0
    assert slope(1.0) == by_method(1.0) == rows([1.0])[0] == 3.0


def test_what_the_value_of_ones_own_operation_reads_is_followed_where_it_is_a_constant() -> None:
    weights = {"factor": 2.0}
    row = ml.function("surroundings_value", lambda x: weights["factor"] * x, lambda x, out, g: g * weights["factor"])
    fast = jit(lambda x: x * row(1.0) + row(x))
    assert fast(1.0) == 4.0
    weights["factor"] = 3.0
    assert fast(1.0) == 6.0


def test_an_operation_that_is_defined_anew_is_that_one() -> None:
    row = ml.function("surroundings_anew", lambda x: 2.0 * x, lambda x, out, g: g * 2.0)
    fast = jit(lambda x: x.surroundings_anew() + 0.0 * row(x))
    assert fast(1.0) == 2.0
    ml.function("surroundings_anew", lambda x: 3.0 * x, lambda x, out, g: g * 3.0)
    assert fast(1.0) == 3.0


# what is as it was costs no new recording


class Frozen:
    __slots__ = ("runs",)

    def __init__(self) -> None:
        self.runs = 0


@dataclasses.dataclass(frozen=True)
class FrozenTerms:
    rate: float = 2.0
    day: datetime.timedelta = datetime.timedelta(days=1)


LOGGER = logging.getLogger("surroundings")
DAY = datetime.timedelta(days=2)
AT_REST: dict[str, Callable[[Any], Any]] = {
    "logger": lambda x: LOGGER.debug("at %s", 3) or x * 2.0,
    "logger that is asked": lambda x: x * (3.0 if LOGGER.isEnabledFor(logging.DEBUG) else 2.0),
    "timedelta": lambda x: x * DAY.days,
    "Decimal": lambda x: x * int(decimal.Decimal("2.5")),
    "Fraction": lambda x: x * float(fractions.Fraction(4, 2)),
    "frozen dataclass": lambda x: x * FrozenTerms().rate * FrozenTerms().day.days,
    "enum": lambda x: x * Level.LOW.value * Level(2.0).value,
    "regex": lambda x: x * len(re.compile("a").findall("aa")),
    "class of a library": lambda x: x * collections.Counter("aa")["a"] * len(uuid.UUID(int=0).hex),
    "cache": functools.partial(lambda cached, x: x * cached(2.0), functools.lru_cache(lambda k: k)),
    "NumPy": lambda x: np.sum(np.array([x, x])) * np.linalg.det(np.eye(2)),
}


@pytest.mark.parametrize("engine", ["python", "native", "vmap"])
@pytest.mark.parametrize("name", AT_REST)
def test_objects_of_libraries_cost_no_new_recording(name: str, engine: str) -> None:
    runs: list[int] = []
    f = AT_REST[name]

    def counting(x: Any) -> Any:
        runs.append(1)
        return f(x)

    fast = vmap(counting) if engine == "vmap" else jit(counting, engine=engine)
    surroundings = Surroundings(f)
    f(1.0)
    f(1.0)
    assert not surroundings.changed() or name == "cache"
    fast([1.0, 2.0] if engine == "vmap" else 1.0)


def test_a_large_closed_over_dict_is_not_looked_at_while_its_version_is_the_same() -> None:
    table = {k: float(k) for k in range(100_000)}
    surroundings = Surroundings(lambda x: x * table[7])
    tags, _, looks = surroundings.versioned
    if not tags:
        pytest.skip("this Python has no versions of dicts")
    for look in looks:
        look.now = lambda: 1 / 0  # type: ignore[assignment, return-value]
    assert not surroundings.changed()
    table[99_999] = 1.0
    with pytest.raises(ZeroDivisionError):
        surroundings.changed()


def test_a_number_that_is_set_to_what_it_was_costs_no_new_recording() -> None:
    runs = itertools.count()

    class Counted:
        rate = 2.0

    counted = Counted()

    def f(x: Any) -> Any:
        f.runs += 1  # type: ignore[attr-defined]
        return x * counted.rate * rate

    f.runs = 0  # type: ignore[attr-defined]
    fast = jit(f)
    for _ in range(4):
        counted.rate = float(next(runs) * 0 + 2)
        globals()["rate"] = float(2)
        assert fast(1.0) == 4.0
    assert f.runs <= 3  # type: ignore[attr-defined]


# what f changes itself


def counter_in_a_dict() -> tuple[Any, Callable[[], Any]]:
    state = {"n": 0.0}

    def f(x: Any) -> Any:
        state["n"] += 1
        return x * state["n"]

    return f, lambda: state.update(n=0.0)


def counter_in_a_cell() -> tuple[Any, Callable[[], Any]]:
    n = 0.0

    def f(x: Any) -> Any:
        nonlocal n
        n += 1
        return x * n

    def reset() -> None:
        nonlocal n
        n = 0.0

    return f, reset


def counter_in_an_object() -> tuple[Any, Callable[[], Any]]:
    thing = types.SimpleNamespace(n=0.0)

    def f(x: Any) -> Any:
        thing.n += 1
        return x * thing.n

    return f, lambda: setattr(thing, "n", 0.0)


def counter_of_the_function() -> tuple[Any, Callable[[], Any]]:
    def f(x: Any) -> Any:
        f.n += 1  # type: ignore[attr-defined]
        return x * f.n  # type: ignore[attr-defined]

    f.n = 0.0  # type: ignore[attr-defined]
    return f, lambda: setattr(f, "n", 0.0)


def growing_list() -> tuple[Any, Callable[[], Any]]:
    seen: list[int] = []

    def f(x: Any) -> Any:
        seen.append(1)
        return x * len(seen)

    return f, lambda: seen.clear()


def an_iterator() -> tuple[Any, Callable[[], Any]]:
    numbers = itertools.count(1)

    def f(x: Any, it: Iterator[int] = numbers) -> Any:
        return x * next(it)

    return f, lambda: None


def a_generator_of_numpy() -> tuple[Any, Callable[[], Any]]:
    generator = np.random.default_rng(0)
    return lambda x: x * generator.random(), lambda: None


CHANGES = [
    counter_in_a_dict,
    counter_in_a_cell,
    counter_in_an_object,
    counter_of_the_function,
    growing_list,
    an_iterator,
    a_generator_of_numpy,
]


@pytest.mark.parametrize("engine", ["python", "native"])
@pytest.mark.parametrize("made", CHANGES)
@pytest.mark.parametrize("resets", [False, True])
def test_what_f_changes_itself_changes_in_every_call_with_one_warning(made: Any, engine: str, resets: bool) -> None:
    (f, reset), (other, other_reset) = made(), made()
    fast = jit(other, engine=engine)

    def nine_calls() -> None:
        for k in range(9):
            assert fast(2.0) == f(2.0)
            if resets and k % 3 != 1:
                reset()
                other_reset()

    with pytest.warns(UserWarning, match=r"(changes|depends on) .* in every call.*, so it runs as it is") as found:
        nine_calls()
    assert len(found) == 1


@pytest.mark.parametrize("made", CHANGES)
def test_vmap_refuses_what_f_changes_itself(made: Any) -> None:
    f, _ = made()
    with pytest.raises(TracingError, match=r"(changes|depends on) .*, .* each time that it runs.*, and vmap"):
        vmap(f)([1.0, 2.0])


def test_what_is_kept_once_is_recorded_in_the_second_call() -> None:
    kept: dict[str, float] = {}
    runs: list[int] = []

    def f(x: Any) -> Any:
        if "rate" not in kept:
            kept["rate"] = 2.0
        return x * kept["rate"]

    fast = jit(f)
    assert [fast(1.0) for _ in range(4)] == [2.0] * 4
    assert fast.paths == 1
    assert vmap(f)([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert not runs


def test_the_warning_says_what_is_changed() -> None:
    state = {"runs": 0}

    def bill(x: Any) -> Any:
        state["runs"] += 1
        return x * state["runs"]

    fast = jit(bill)
    with pytest.warns(UserWarning, match=r"bill changes state\['runs'\]"):
        _ = [fast(1.0) for _ in range(5)]


# chance, clocks, files


def imported_clock(x: Any) -> Any:
    import time

    return x * time.time()


def drawn(x: Any) -> Any:
    return x * random.random()


def first_letter(x: Any) -> Any:
    with open(__file__) as file:
        return x * ord(file.read(1))


class Noisy:
    def __mul__(self, x: Any) -> Any:
        return x * random.gauss(0, 1)


DATABASE = sqlite3.connect(":memory:", check_same_thread=False)
CHANCE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "random": (drawn, r"random\(\)"),
    "gauss": (lambda x: Noisy() * x, r"gauss\(\)"),
    "choice": (lambda x: x * random.choice([1.0, 2.0]), r"choice\(\)"),
    "a generator of one's own": (lambda x: x * random.Random().random(), r"(__init__|seed|random)\(\)"),
    "SystemRandom": (lambda x: x * random.SystemRandom().random(), r"(urandom|random|__init__|seed)\(\)"),
    "uuid": (lambda x: x * (uuid.uuid4().int % 7), r"urandom\(\)"),
    "time in f": (imported_clock, r"time\(\)"),
    "perf_counter": (lambda x: x * time.perf_counter(), r"perf_counter\(\)"),
    "now": (lambda x: x * datetime.datetime.now().second, r"now\(\)"),
    "today": (lambda x: x * datetime.date.today().day, r"today\(\)"),
    "file": (first_letter, r"open\(\)"),
    "path": (lambda x: x * len(pathlib.Path(__file__).read_text()), r"open\(\)"),
    "is a file": (lambda x: x if os.path.exists(__file__) else -x, r"stat\(\)"),
    "numpy.random": (lambda x: x * np.random.rand(), "numpy.random"),
    "normal": (lambda x: x * np.random.normal(size=3).sum(), "numpy.random"),
    "fromfile": (lambda x: x * float(np.fromfile(__file__, dtype="u1")[0]), r"fromfile\(\)"),
    "database": (lambda x: x * DATABASE.execute("select 1").fetchone()[0], r"execute\(\)"),
    "another program": (lambda x: x * len(subprocess.check_output([sys.executable, "-V"])), r"\w+\(\)"),
    "lines of a file": (lambda x: x * len(linecache.getline(__file__, 1)), r"getline\(\)"),
    "home": (lambda x: x * len(os.path.expanduser("~")), r"expanduser\(\) reads os.environ"),
    "path with a variable": (lambda x: x * len(os.path.expandvars("$HOME")), r"expandvars\(\) reads os.environ"),
    "recursion limit": (lambda x: x * sys.getrecursionlimit(), r"getrecursionlimit\(\)"),
    "count of references": (lambda x: x * sys.getrefcount(module), r"getrefcount\(\)"),
    "garbage": (lambda x: x * (2.0 if gc.isenabled() else 3.0), r"isenabled\(\)"),
    "errors of NumPy": (lambda x: x * len(np.geterr()["divide"]), r"geterr\(\)"),
    "text of an array": (lambda x: x * len(str(np.ones(2))), r"str\(\)"),
    "how arrays are printed": (lambda x: x * np.get_printoptions()["precision"], r"get_printoptions\(\)"),
    "longest field": (lambda x: x * csv.field_size_limit(), r"field_size_limit\(\)"),
    "running threads": (lambda x: x * threading.active_count(), r"active_count\(\)"),
    "current thread": (lambda x: x * len(threading.current_thread().name), r"current_thread\(\)"),
    "eval": (lambda x: eval("rate * x"), r"eval\(\)"),
    "exec": (lambda x: exec("pass") or x, r"exec\(\)"),
    "globals": (lambda x: x * globals()["rate"], r"globals\(\)"),
}


@pytest.mark.parametrize("engine", ["python", "native", "vmap"])
@pytest.mark.parametrize("name", CHANCE)
def test_chance_clocks_and_files_are_refused_with_their_line(name: str, engine: str) -> None:
    f, said = CHANCE[name]
    fast = vmap(f) if engine == "vmap" else jit(f, engine=engine)
    with pytest.raises(TracingError, match=f"({said}).*: test_surroundings.py:"):
        fast([1.0, 2.0] if engine == "vmap" else 1.0)


def test_chance_is_refused_also_in_a_derivative_and_in_a_library() -> None:
    with pytest.raises(TracingError, match=r"random\(\) answers something else"):
        jit(grad(drawn))(1.0)
    with pytest.raises(TracingError, match=r"random\(\) answers something else"):
        jit(lambda x: x * functools.reduce(lambda a, b: a + b, [random.random() for _ in range(2)]))(1.0)


def test_logging_and_what_an_import_does_is_no_chance(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imported_late.py").write_text("import random\nimport time\nSTART = time.time()\nRATE = 2.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def f(x: Any) -> Any:
        import imported_late  # type: ignore[import-not-found]

        LOGGER.warning("computing")
        return x * imported_late.RATE

    fast = jit(f)
    assert [fast(1.0) for _ in range(3)] == [2.0] * 3
    sys.modules["imported_late"].RATE = 3.0  # type: ignore[attr-defined]
    assert fast(1.0) == 3.0
    del sys.modules["imported_late"]


def test_lengths_of_time_and_dates_are_no_clocks() -> None:
    start = datetime.date(2024, 1, 1)

    def f(x: Any) -> Any:
        return x * (datetime.date(2024, 3, 1) - start).days / datetime.timedelta(days=30).days

    assert jit(f)(1.0) == vmap(f)([1.0])[0] == 2.0


# threads


def test_a_change_by_another_thread_while_it_is_recorded_is_not_lost() -> None:
    holder = types.SimpleNamespace(rate=2.0)
    recording, changed = threading.Event(), threading.Event()

    def f(x: Any) -> Any:
        y = x * holder.rate
        recording.set()
        changed.wait(5)
        return y

    def change() -> None:
        recording.wait(5)
        holder.rate = 3.0
        changed.set()

    thread = threading.Thread(target=change)
    thread.start()
    fast = jit(f)
    assert fast(1.0) == 2.0
    thread.join()
    assert fast(1.0) == fast(1.0) == 3.0


def test_a_number_that_other_threads_change_all_the_time_is_never_mixed_up() -> None:
    holder = types.SimpleNamespace(pair=(1.0, 1.0))
    fast = jit(lambda x: x * holder.pair[0] - x * holder.pair[1])
    stop = threading.Event()

    def work() -> None:
        k = 0.0
        while not stop.is_set():
            k += 1.0
            holder.pair = (k, k)

    thread = threading.Thread(target=work)
    thread.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {fast(1.0) for _ in range(200)}
    stop.set()
    thread.join()
    holder.pair = (5.0, 2.0)
    assert fast(1.0) == 3.0
    assert len(found) >= 1


def test_large_lists_are_compared_with_what_they_held_to_the_last_bit() -> None:
    for holder in (list, collections.deque, set):
        things: Any = holder(float(k) for k in range(1000))
        fast = jit(lambda x, things=things: x * sum(things))
        assert fast(1.0) == fast(1.0) == sum(things)
        things.remove(7.0)
        assert fast(1.0) == fast(1.0) == sum(things)
    zeros = [0.0] * 1000
    sign = jit(lambda x: x * math.copysign(1.0, zeros[500]))
    assert sign(1.0) == 1.0
    zeros[500] = -0.0
    assert sign(1.0) == -1.0


def test_a_weak_reference_keeps_nothing_alive() -> None:
    import weakref

    class Rated:
        rate = 2.0

    rated = Rated()
    reference = weakref.ref(rated)
    kept = [rated]

    def f(x: Any) -> Any:
        there = reference()
        return x * (there.rate if there else 1.0)

    fast = jit(f)
    with pytest.warns(UserWarning, match=r"f depends on reference, which .* does not show it, so it runs as it is"):
        assert [fast(1.0) for _ in range(5)] == [2.0] * 5
    rated.rate = 3.0
    assert fast(1.0) == 3.0
    kept.clear()
    del rated
    assert fast(1.0) == 1.0


def test_what_an_object_written_in_c_refers_to_is_compared() -> None:
    pandas = pytest.importorskip("pandas")
    interpolate = pytest.importorskip("scipy.interpolate")
    spline = interpolate.CubicSpline([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 4.0, 9.0])
    fast = jit(lambda x: x * float(spline(1.5)))
    assert fast(2.0) == fast(2.0) == 2 * float(spline(1.5))
    spline.c[:] *= 2
    assert fast(2.0) == fast(2.0) == 2 * float(spline(1.5))
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    fast = jit(lambda x: x * float(frame["a"][0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [fast(2.0) for _ in range(4)] == [2.0] * 4
        frame.loc[0, "a"] = 5.0
        assert fast(2.0) == 10.0
        frame["a"] = [7.0, 8.0]
        assert fast(2.0) == 14.0


def test_a_list_that_is_only_added_to_is_no_hindrance_for_vmap() -> None:
    history: list[Any] = []

    def f(x: Any) -> Any:
        history.append("ran")
        return 2 * x

    assert vmap(f)([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert vmap(f)([1.0, 2.0]).tolist() == [2.0, 4.0]


def test_a_pickle_knows_the_numbers_of_a_large_list() -> None:
    one, other = ([float(k + shift) for k in range(500)] for shift in (0, 1))
    texts = [Surroundings(lambda x, t=t: x * t[0]).values() for t in (one, other, [*one])]
    assert texts[0] == texts[2] != texts[1]


@pytest.mark.parametrize(("factor", "told"), [("2", "3.0"), ("numpy.random.rand()", "numpy.random answers something")])
def test_who_imports_numpy_random_is_refused_only_if_it_draws(factor: str, told: str, tmp_path: pathlib.Path) -> None:
    program = tmp_path / "draws.py"
    program.write_text(
        f"import numpy\nfrom micrograd_like import jit, TracingError\n"
        f"def f(x):\n    import numpy.random\n    return x * {factor}\n"
        f"try:\n    print(jit(f)(1.5))\nexcept TracingError as error:\n    print(error)\n"
    )
    run = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)
    assert told in run.stdout
