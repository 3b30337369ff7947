"""Random functions that find things by name: one of these is changed between two calls of the function that jit made.

Each program is a text: places that hold contents (a global, a cell, a default, an attribute, an item, … that holds a
number, a function, a class, a list, …), what leads to them (a method, a property, a metaclass, `getattr`, `eval`, …), a
function `f` that uses them, and CHANGES, the statements of which one is run between two calls. It is run twice: in one
world f is compiled, in the other it is called as it is, on plain numbers. Right is the same answer, to the bits and the
type, or the same error; or a refusal at recording, with its line. Run as a script it compares many:

    python tests/random_closures.py 10000 1            # so many programs, from this seed
    python tests/random_closures.py 10000 1 kinds      # only the first difference of each kind
    python tests/random_closures.py 10000 1 kinds checks    # with spot checks, which are off otherwise
"""

from __future__ import annotations

import importlib.util
import inspect
import itertools
import linecache
import re
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import numpy as np
from programs import alike, plain
from shrinking import shortest

import micrograd_like as ml
from micrograd_like import jit, value_and_grad, vmap
from micrograd_like.errors import TracingError

HEAD = """\
import builtins, collections, contextvars, datetime, enum, functools, importlib, math, operator, os, random, secrets
import sys, threading, time, types, uuid, weakref
from collections import Counter, OrderedDict, namedtuple, deque
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial, singledispatch
from types import MappingProxyType, ModuleType, SimpleNamespace
import numpy as np
from micrograd_like import cos, exp, grad, jit, maximum, minimum, relu, sigmoid, sin, tanh

def twice(t):
    return 2.0 * t

def cube(t):
    return t * t * t

def times(t, *, k=1.0):
    return t * k

def scaled(k, t):
    return k * t

def summed(*ts):
    return sum(ts)

class Box:
    def __init__(self, k=2.0):
        self.k = k

    def times(self, t):
        return self.k * t

    def __call__(self, t):
        return self.k + t

class Other(Box):
    def times(self, t):
        return self.k - t

    def __call__(self, t):
        return self.k * t

class Slotted:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k

@dataclass
class Record:
    k: object

Pair = namedtuple("Pair", "k j")

class Equal:
    def __init__(self, k):
        self.k = k

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1

def bump(d):
    d["n"] = d.get("n", 0.0) + 1.0
    return d["n"]

class Hue(enum.Enum):
    RED = 2.0
    BLUE = 3.0

"""
NUMBERS = ["2.0", "3.0", "0.5", "-1.5", "4", "7", "True", "1.0", "0.0", "-0.0"]
FUNCTIONS = [
    *["tanh", "relu", "sin", "cos", "exp", "sigmoid", "abs", "twice", "cube", "operator.neg", "operator.pos"],
    *["grad(cube)", "jit(cube)", "jit(twice)", "partial(scaled, 3.0)", "partial(scaled, k=0.5, t=1.0)"],
    *["(lambda t: t * 3.0)", "(lambda t: t + 3.0)", "Box(2.5)", "Other(2.5)", "Box(3.0).times", "Other(3.0).times"],
    *["partial(maximum, 0.5)", "partial(minimum, 0.5)", "partial(max, 0.5)", "grad(grad(cube))", "ml_row"],
    *["functools.lru_cache(twice)", "functools.singledispatch(twice)", "functools.wraps(cube)(lambda t: t * 5.0)"],
    *["types.MethodType(scaled, 4.0)", "operator.methodcaller('__abs__')", "math.fabs"],
]
FUNCTIONS = [function for function in FUNCTIONS if function not in ("math.fabs", "partial(scaled, k=0.5, t=1.0)")]
OF_TWO = [
    "max",
    "min",
    "maximum",
    "minimum",
    "operator.add",
    "operator.mul",
    "operator.sub",
    "pow",
    "summed",
    "math.hypot",
]
OF_TWO = OF_TWO[:-1]
OF_MANY = ["sum", "max", "min", "len", "(lambda ts: ts[0])", "(lambda ts: ts[-1] * 2.0)"]
TYPES = ["Box", "Other", "Record", "Slotted"]
TEXTS = ["'a'", "'b'", "'c'"]


CHANCE = ["random.random", "random.Random(1).random", "time.time", "time.perf_counter", "np.random.rand"]
CHANCE += ["np.random.default_rng(1).random", "np.random.RandomState(1).rand", "(lambda: secrets.randbits(9))"]
CHANCE += ["(lambda: uuid.uuid4().int % 99)", "(lambda: datetime.datetime.now().timestamp())"]
CHANCE += ["(lambda: random.choice([1.0, 2.0, 3.0]))", "partial(random.uniform, 0, 1)", "(lambda: os.urandom(1)[0])"]


READERS = ["grad(lambda t: t * t * {r})", "jit(lambda t: t * {r})", "partial(lambda r, t: t * {r}, 1)"]
READERS += [
    "functools.wraps(cube)(lambda t: t + {r})",
    "(lambda t, r=lambda: {r}: t * r())",
    "grad(jit(lambda t: t * t * {r}))",
]
READERS += ["types.MethodType(lambda r, t: t * {r}, 1)", "type('Made', (), dict(__call__=lambda self, t: t * {r}))()"]
READERS += ["functools.partialmethod(lambda self, t: t * {r}).func.__get__(1)", "staticmethod(lambda t: t * {r})"]
READERS += [
    "functools.reduce(lambda g, h: lambda t: g(h(t)), [cube, lambda t: t * {r}])",
    "(lambda r: lambda t: t * {r})(1)",
]
UNSURE = [
    *CHANCE,
    "iter(",
    "environ",
    "getenv",
    "eval(",
    "globals()",
    "sys.modules",
    "lru_cache",
    "ContextVar",
    "local()",
]
UNSURE += ["bump(", "singledispatch"]  # what may be refused; all else is answered


class Content:
    """Something that a place holds: how it is written, how f uses it, what else could stand there."""

    def __init__(
        self,
        label: str,
        value: str,
        use: Callable[[str], str],
        others: list[str],
        inside: Callable[[str], list[str]] = lambda e: [],
        is_callable: bool = False,
    ) -> None:
        self.label = label
        self.value = value
        self.use = use  # an expression with x, given the expression for the content
        self.others = others
        self.inside = inside  # statements that change what is in it, given the expression for the content
        self.is_callable = is_callable


class Thing:
    """A content in its place: definitions, the expression that leads there, and the changes."""

    def __init__(self, labels: list[str], lines: list[str], e: str, content: Content, changes: list[str]) -> None:
        self.labels = labels
        self.lines = lines
        self.e = e
        self.content = content
        self.changes = changes
        self.fixed = False  # whether nothing else can lead there


class Writer:
    """Writes a random program."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.made = 0
        self.argument: Thing | None = None
        self.own_default = ""

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def new(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    def pair(self, pool: list[str]) -> list[str]:
        return self.random.sample(pool, 3)

    # contents

    def content(self, depth: int) -> Content:
        small = [self.number] * 3 + [self.function] * 4 + [self.of_two, self.of_many, self.kind, self.text, self.flag]
        small += [self.nothing, self.hue, self.equal]
        large = [self.listed, self.mapped, self.tupled, self.box, self.box, self.record, self.slotted, self.namespace]
        large += [self.array, self.group, self.queue, self.module, self.proxy, self.bytes, self.context, self.local]
        large += [self.part, self.bound, self.reader, self.reader, self.weak]
        large += [self.dispatch, self.iterator, self.written_to, self.chance_of, self.rule, self.row]
        return self.random.choice(small if depth <= 0 or self.chance(0.5) else large)(depth - 1)

    def number(self, _: int) -> Content:
        value, *others = self.pair(NUMBERS)
        how = self.random.choice(["({} * x)", "(x + {})", "(x if {} > 1 else -x)", "(x - {} * 0.5)"])
        return Content("number", value, how.format, others)

    def flag(self, _: int) -> Content:
        return Content("flag", "True", "(x if {} else -x)".format, ["False", "0", "''", "None"])

    def nothing(self, _: int) -> Content:
        return Content("None", "None", "(x if {} is None else 2 * x)".format, ["1.0", "False"])

    def text(self, _: int) -> Content:
        value, *others = self.pair(TEXTS)
        use = "({{'a': 2.0, 'b': 3.0, 'c': x}}[{}] * x)".format
        return Content("text", value, use, others)

    def hue(self, _: int) -> Content:
        use = self.random.choice(["({}.value * x)", "(x if {} is Hue.RED else -x)", "(x if {}.name == 'RED' else -x)"])
        return Content("enum member", "Hue.RED", use.format, ["Hue.BLUE"], lambda e: ["Hue.RED._value_ = 7.0"])

    def function(self, _: int) -> Content:
        value, *others = self.pair(FUNCTIONS)
        return Content("function", value, "{}(x)".format, others, is_callable=True)

    def of_two(self, _: int) -> Content:
        value, *others = self.pair(OF_TWO)
        return Content("function of two", value, "{}(x, 2.0)".format, others, is_callable=True)

    def of_many(self, _: int) -> Content:
        value, *others = self.pair(OF_MANY)
        return Content("function of many", value, "({}([x, 0.25, 3.0]) * x)".format, others, is_callable=True)

    def kind(self, _: int) -> Content:
        value, *others = self.pair(TYPES)
        uses = ["({}(3.0).k * x)", "(x if isinstance(Other(1.0), {}) else -x)", "(x if {} is Box else -x)"]
        uses += ["(x if issubclass(Other, {}) else 3 * x)", "(len({}.__name__) * x)"]
        return Content("type", value, self.random.choice(uses).format, others, is_callable=True)

    def within(
        self, label: str, depth: int, write: str, reach: str, put: list[str], more: list[str] | None = None
    ) -> Content:
        """A content that holds another one: how both are written together, reached, and changed."""
        c = self.content(depth)
        e = reach.format

        def inside(outer: str) -> list[str]:
            puts = [statement.format(outer, other) for statement in put for other in c.others]
            return [*puts, *c.inside(e(outer)), *(statement.format(outer) for statement in more or [])]

        others = [write.format(other) for other in c.others]
        return Content(f"{label} of {c.label}", write.format(c.value), lambda outer: c.use(e(outer)), others, inside)

    def listed(self, depth: int) -> Content:
        if self.chance(0.4):
            use = self.random.choice(["(sum({}) * x)", "(len({}) * x)", "(x if 2.0 in {} else -x)", "({}[-1] * x)"])
            use = self.random.choice([use, "sum(t * x for t in {})", "(max({}) * x)"])
            changes = ["{}.append(5.0)", "{}[0] = 2.5", "{}.reverse()", "{}.pop()", "{}[:] = [0.5]", "{}.sort()"]
            changes += ["{}.clear()", "{}.extend([1.0, 2.0])", "{}.insert(0, 9.0)", "{}[0] = 1", "del {}[0]"]
            return Content("list", "[1.0, 4.0, 2.0]", use.format, ["[3.0]"], lambda e: [c.format(e) for c in changes])
        puts = ["{}[0] = {}", "{}.insert(0, {})", "{}[:] = [{}]"]
        return self.within("list", depth, "[{}, 1.5]", "{}[0]", puts, ["{}.reverse()"])

    def mapped(self, depth: int) -> Content:
        write = self.random.choice(
            [
                "{{'k': {}}}",
                "OrderedDict(k={})",
                "collections.defaultdict(float, k={})",
                "collections.ChainMap({{'k': {}}})",
            ]
        )
        write = self.random.choice([write, "{{'k': {}}}", "collections.UserDict(k={})"])
        reach = self.random.choice(
            ["{}['k']", "{}['k']", "{}.get('k')", "[*{}.values()][0]", "operator.itemgetter('k')({})"]
        )
        return self.within("dict", depth, write, reach, ["{}['k'] = {}", "{}.update(k={})"], ["{}.pop('k')"])

    def proxy(self, depth: int) -> Content:
        name = self.new("UNDER")
        c = self.content(depth)
        self.extra.append(f"{name} = {{'k': {c.value}}}")
        puts = [f"{name}['k'] = {other}" for other in c.others]
        reach = self.random.choice(["{}['k']", "{}.get('k')"]).format
        return Content(
            f"mapping proxy of {c.label}",
            f"MappingProxyType({name})",
            lambda outer: c.use(reach(outer)),
            [],
            lambda outer: [*puts, *c.inside(reach(outer))],
        )

    def tupled(self, depth: int) -> Content:
        write, reach = self.random.choice(
            [("({}, 1.5)", "{}[0]"), ("Pair({}, 1.5)", "{}.k"), ("Pair({}, 1.5)", "{}[0]")]
        )
        return self.within("tuple", depth, write, reach, [])

    def attribute(self, label: str, depth: int, write: str, more: list[str] | None = None) -> Content:
        reach = self.random.choice(
            ["{}.k", "{}.k", "getattr({}, 'k')", "operator.attrgetter('k')({})", "vars({})['k']"]
        )
        reach = "{}.k" if label == "slot" and "vars" in reach else reach
        return self.within(label, depth, write, reach, ["{}.k = {}", "setattr({}, 'k', {})"], more)

    def box(self, depth: int) -> Content:
        if self.chance(0.3):  # its method, which reads an attribute
            changes = [
                "{}.k = 9.0",
                "{}.__dict__['k'] = 9.0",
                "Box.times = lambda self, t: t * 11.0",
                "{}.__class__ = Other",
            ]
            changes += ["{}.times = cube", "del {}.k", "Box.__call__ = lambda self, t: t - 11.0"]
            use = self.random.choice(["{}.times(x)", "{}(x)"]).format
            return Content(
                "method", "Box(2.0)", use, ["Other(2.0)", "Box(4.0)"], lambda e: [c.format(e) for c in changes]
            )
        return self.attribute("attribute", depth, self.random.choice(["Box({})", "Other({})"]), ["del {}.k"])

    def record(self, depth: int) -> Content:
        return self.attribute("dataclass", depth, "Record({})", ["{}.__class__ = Box"])

    def slotted(self, depth: int) -> Content:
        return self.attribute("slot", depth, "Slotted({})", ["del {}.k"])

    def namespace(self, depth: int) -> Content:
        return self.attribute("namespace", depth, "SimpleNamespace(k={})")

    def module(self, depth: int) -> Content:
        return self.attribute("module", depth, "module_of(k={})", ["del {}.k"])

    def array(self, _: int) -> Content:
        use = self.random.choice(["({}[0] * x)", "({}.sum() * x)", "(len({}) * x)", "(float({}.max()) * x)"])
        changes = ["{}[0] = 5.0", "{}.fill(3.0)", "{}[:] *= 2", "{}.sort()", "{}.resize(3, refcheck=False)"]
        value, other = "np.array([4.0, 2.0])", self.random.choice(["np.array([1.0])", "np.array([4, 2])"])
        return Content("array", value, use.format, [other], lambda e: [c.format(e) for c in changes[:4]])

    def group(self, _: int) -> Content:
        use = self.random.choice(["(sum({}) * x)", "(len({}) * x)", "(x if 2.0 in {} else -x)"])
        changes = ["{}.add(5.0)", "{}.discard(2.0)", "{}.clear()"]
        return Content(
            "set", "{2.0, 3.0}", use.format, ["{1.0}", "frozenset([7.0])"], lambda e: [c.format(e) for c in changes]
        )

    def queue(self, _: int) -> Content:
        use = self.random.choice(["({}[0] * x)", "(sum({}) * x)", "(len({}) * x)"])
        changes = ["{}.appendleft(5.0)", "{}.popleft()", "{}.rotate(1)", "{}[0] = 9.0"]
        return Content(
            "deque", "deque([2.0, 3.0])", use.format, ["deque([1.0])"], lambda e: [c.format(e) for c in changes]
        )

    def bytes(self, _: int) -> Content:
        return Content("bytes", "bytearray(b'ab')", "({}[0] * x)".format, ["b'c'"], lambda e: [f"{e}[0] = 5"])

    def context(self, _: int) -> Content:
        name = self.new("CONTEXT")
        self.extra += [f"{name} = contextvars.ContextVar('{name}', default=2.0)"]
        return Content("context variable", name, "({}.get() * x)".format, [], lambda e: [f"{e}.set(5.0)"])

    def local(self, _: int) -> Content:
        name = self.new("LOCAL")
        self.extra += [f"{name} = threading.local()", f"{name}.k = 2.0"]
        return Content("thread's own", name, "({}.k * x)".format, [], lambda e: [f"{e}.k = 5.0"])

    def dispatch(self, _: int) -> Content:
        name = self.new("dispatch")
        self.extra += [f"{name} = singledispatch(twice)"]
        changes = ["{}.register(float, cube)", "{}.register(str, cube)"]
        uses = self.random.choice(["{}(x)", "({}('a')[:1] + 'b' == 'ab') * x"][:1])
        return Content("singledispatch", name, uses.format, [], lambda e: [c.format(e) for c in changes])

    def iterator(self, _: int) -> Content:
        value = self.random.choice(["iter([2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])", "itertools.count(2)"])
        value = value if "itertools" not in value else "iter(range(2, 50))"
        return Content("iterator", value, "(next({}) * x)".format, [], lambda e: [f"next({e})"])

    def written_to(self, _: int) -> Content:
        """A dict that f itself writes to, and that somebody resets."""
        changes = ["{}['n'] = 1.0", "{}['n'] = 5.0", "{}.clear()"]
        return Content(
            "dict that f writes to", "{'n': 1.0}", "(bump({}) * x)".format, [], lambda e: [c.format(e) for c in changes]
        )

    def chance_of(self, _: int) -> Content:
        value, *others = self.pair(CHANCE)
        return Content("chance", value, "({}() * x)".format, others)

    def rule(self, _: int) -> Content:
        """An operation of the user's, whose rule reads a dict."""
        name = self.new("RULE")
        self.extra += [f"{name} = {{'k': 2.0}}"]
        value = f"row_of('x * x', lambda x, out, g: g * x * {name}['k'])"
        return Content("rule", value, "{}(x)".format, [], lambda e: [f"{name}['k'] = 3.0", f"{name} = {{'k': 5.0}}"])

    def row(self, _: int) -> Content:
        """An operation of the user's, whose value reads a dict."""
        name = self.new("ROW")
        self.extra += [f"{name} = {{'k': 2.0}}"]
        value = f"row_of(lambda x: x * {name}['k'], lambda x, out, g: g * {name}['k'])"
        return Content("row", value, "{}(x)".format, [], lambda e: [f"{name}['k'] = 3.0", f"{name} = {{'k': 5.0}}"])

    def part(self, _: int) -> Content:
        changes = ["{}.keywords['k'] = 5.0", "{}.keywords.clear()"]
        return Content(
            "partial", "partial(times, k=2.0)", "{}(x)".format, ["times"], lambda e: [c.format(e) for c in changes]
        )

    def bound(self, _: int) -> Content:
        changes = ["{}.__self__.k = 9.0", "{}.__self__.__class__ = Other", "Box.times.__code__ = Other.times.__code__"]
        value = "Box(2.0).times"
        return Content(
            "bound method", value, "{}(x)".format, ["Other(2.0).times"], lambda e: [c.format(e) for c in changes]
        )

    def reader(self, _: int) -> Content:
        """Something that is called, and reads a global itself."""
        name = self.new("READ")
        self.extra += [f"{name} = 2.0"]
        value = self.random.choice(READERS).format(r=name)
        changes = [f"{name} = 5.0", f"{name} = True", f"del {name}"]
        return Content("reader", value, "{}(x)".format, [], lambda e: changes)

    def weak(self, _: int) -> Content:
        name = self.new("KEPT")
        self.extra += [f"{name} = Box(2.0)"]
        value, use = self.random.choice([("weakref.ref({})", "({}().k * x)"), ("weakref.proxy({})", "({}.k * x)")])
        return Content("weak reference", value.format(name), use.format, [], lambda e: [f"{name}.k = 5.0"])

    def equal(self, _: int) -> Content:
        """Objects that say that they are equal, and differ."""
        return Content("equal object", "Equal(2.0)", "({}.k * x)".format, ["Equal(3.0)"], lambda e: [f"{e}.k = 9.0"])

    # places

    def place(self, depth: int) -> Thing:
        self.extra: list[str] = []
        c = self.content(depth)
        places = [self.in_global] * 3 + [self.in_cell, self.in_default, self.in_keyword_default, self.on_function]
        places += [
            self.on_class,
            self.on_class,
            self.on_instance,
            self.inherited,
            self.hidden,
            self.on_module,
            self.in_own_cell,
        ]
        places += [self.in_code_of_module, self.in_environment, self.in_builtins]
        places += [self.as_own_default] if not self.own_default and self.argument is None else []
        places += [self.as_argument] if self.argument is None and not self.own_default and self.is_fixed(c) else []
        thing = self.random.choice(places)(c)
        thing.lines[:0] = self.extra
        thing.changes += c.inside({"argument": "ARGUMENT", "own": "f.__defaults__[0]"}.get(thing.e, thing.e))
        return thing

    def is_fixed(self, c: Content) -> bool:
        return c.label in (
            "flag",
            "None",
            "text",
            "enum member",
            "function",
            "function of two",
            "type",
            "method",
            "equal object",
        )

    def thing(self, where: str, lines: list[str], e: str, c: Content, puts: list[str]) -> Thing:
        changes = [statement.format(other) for statement in puts for other in (c.others if "{}" in statement else [""])]
        return Thing([where, c.label], lines, e, c, changes)

    def in_global(self, c: Content) -> Thing:
        g = self.new("G")
        e = self.random.choice([g, g, g, f"globals()['{g}']", f"eval('{g}')", f"getattr(sys.modules[__name__], '{g}')"])
        e = f"eval(CODE_{g})" if self.chance(0.05) else e
        return self.thing(
            "global" if e == g else e.split("(")[0],
            [f"{g} = {c.value}", f"CODE_{g} = compile('{g}', 'made', 'eval')"],
            e,
            c,
            [f"{g} = {{}}", f"del {g}"],
        )

    def in_cell(self, c: Content) -> Thing:
        get, put = self.new("get"), self.new("put")
        lines = [f"def make_{get}():", f"    v = {c.value}", "    def get():", "        return v"]
        lines += ["    def put(new):", "        nonlocal v", "        v = new", "    return get, put"]
        return self.thing("cell", [*lines, f"{get}, {put} = make_{get}()"], f"{get}()", c, [f"{put}({{}})"])

    def in_own_cell(self, c: Content) -> Thing:
        """The cell of a nested function, which is set through the cell itself."""
        h = self.new("h")
        lines = [f"def make_{h}(v):", f"    def {h}():", "        def inner():", "            return v"]
        lines += ["        return inner()", f"    return {h}", f"{h} = make_{h}({c.value})"]
        return self.thing("nested cell", lines, f"{h}()", c, [f"{h}.__closure__[0].cell_contents = {{}}"])

    def in_default(self, c: Content) -> Thing:
        h = self.new("h")
        puts = [f"{h}.__defaults__ = ({{}},)"]
        return self.thing("default", [f"def {h}(t={c.value}):", "    return t"], f"{h}()", c, puts)

    def in_keyword_default(self, c: Content) -> Thing:
        h = self.new("h")
        puts = [f"{h}.__kwdefaults__ = {{{{'t': {{}}}}}}", f"{h}.__kwdefaults__['t'] = {{}}"]
        return self.thing("keyword default", [f"def {h}(*, t={c.value}):", "    return t"], f"{h}()", c, puts)

    def on_function(self, c: Content) -> Thing:
        h = self.new("h")
        lines = [f"def {h}():", f"    return {h}.k", f"{h}.k = {c.value}"]
        return self.thing("function attribute", lines, self.random.choice([f"{h}()", f"{h}.k"]), c, [f"{h}.k = {{}}"])

    def on_class(self, c: Content) -> Thing:
        k = self.new("K")
        puts = [f"{k}.k = {{}}", f"setattr({k}, 'k', {{}})", f"del {k}.k"]
        return self.thing("class", [f"class {k}:", f"    k = {c.value}"], f"{k}.k", c, puts)

    def inherited(self, c: Content) -> Thing:
        k = self.new("K")
        lines = [f"class {k}:", f"    k = {c.value}", f"class {k}Child({k}):", "    pass"]
        return self.thing("inherited", lines, f"{k}Child.k", c, [f"{k}.k = {{}}", f"{k}Child.k = {{}}"])

    def on_instance(self, c: Content) -> Thing:
        k = self.new("K")
        o = f"o{k}"
        e = self.random.choice([f"{o}.k", f"{o}.k", f"getattr({o}, 'k')", f"vars({o})['k']", f"{o}.__dict__['k']"])
        lines = [f"class {k}:", "    pass", f"{o} = {k}()", f"{o}.k = {c.value}"]
        puts = [f"{o}.k = {{}}", f"{o}.__dict__['k'] = {{}}", f"vars({o}).update(k={{}})"]
        return self.thing("instance", lines, e, c, puts)

    def hidden(self, c: Content) -> Thing:
        """An instance's attribute that hides the class's; or one that is not there yet, and will."""
        k = self.new("K")
        o = f"o{k}"
        other = self.random.choice(c.others) if c.others else c.value
        other = f"staticmethod({other})" if c.is_callable else other
        own = f"staticmethod({c.value})" if c.is_callable else c.value
        lines = [f"class {k}:", f"    k = {other}", f"{o} = {k}()", f"{o}.k = {c.value}"]
        if self.chance(0.5):
            lines = [f"class {k}:", f"    k = {own}", f"{o} = {k}()"]
            return self.thing("hidden", lines, f"{o}.k", c, [f"{o}.k = {{}}"])
        thing = self.thing("hidden", lines, f"{o}.k", c, [])
        thing.changes.append(f"del {o}.k")
        return thing

    def on_module(self, c: Content) -> Thing:
        m = self.new("module")
        e = self.random.choice([f"{m}.k", f"{m}.k", f"getattr({m}, 'k')", f"vars({m})['k']"])
        return self.thing(
            "module", [f"{m} = module_of(k={c.value})"], e, c, [f"{m}.k = {{}}", f"vars({m})['k'] = {{}}"]
        )

    def in_code_of_module(self, c: Content) -> Thing:
        """A function of a module that is found, or imported, by name."""
        m = self.new("module")
        lines = [f"{m} = module_of(k={c.value})", f"exec('def g():\\n    return k', vars({m}))"]
        thing = self.thing("module's function", lines, f"{m}.g()", c, [f"{m}.k = {{}}"])
        imported = self.new("imported")
        ways = {
            "imported by name": [f"    return importlib.import_module('WORLD_{m}').k"],
            "imported inside": [f"    from WORLD_{m} import k", "    return k"],
            "module imported inside": [f"    import WORLD_{m} as m", "    return m.k"],
        }
        if self.chance(0.6):
            thing.labels[0] = self.random.choice([*ways])
            thing.e = f"{imported}()"
            lines += [f"sys.modules['WORLD_{m}'] = {m}", f"def {imported}():", *ways[thing.labels[0]]]
        elif self.chance(0.3):
            thing.labels[0], thing.e = "module's __getattr__", f"{m}.rate"
            lines.append(
                f"exec('def __getattr__(name):\\n    return {{}}[name] if name[0] == \"_\" else k', vars({m}))"
            )
        return thing

    def in_environment(self, c: Content) -> Thing:
        name = self.new("RATE")
        number = Content("number", "2.0", "({} * x)".format, ["5.0", "-1.0"])
        e = self.random.choice([f"float(os.environ['{name}'])", f"float(os.getenv('{name}'))"])
        return self.thing(
            "environment", [f"os.environ['{name}'] = '2.0'"], e, number, [f"os.environ['{name}'] = '{{}}'"]
        )

    def in_builtins(self, c: Content) -> Thing:
        """A builtin that a global of the same name is going to hide."""
        name = self.random.choice(["abs", "float", "max", "sum", "len"])
        uses = {
            "abs": "abs(x)",
            "float": "(float(2) * x)",
            "max": "max(x, 0.5)",
            "sum": "sum([x, x])",
            "len": "len([2]) * x",
        }
        content = Content("builtin", name, lambda e: uses[name], ["(lambda *ts: 7.0)"])
        return self.thing("builtins", [], name, content, [f"{name} = {{}}"])

    def as_own_default(self, c: Content) -> Thing:
        """A default of f itself; of numbers, it is an argument that was not given."""
        self.own_default = c.value
        thing = self.thing("own default", [], "own", c, ["f.__defaults__ = ({},)"])
        thing.fixed = True
        return thing

    def as_argument(self, c: Content) -> Thing:
        self.argument = self.thing("argument", [f"ARGUMENT = {c.value}"], "argument", c, ["ARGUMENT = {}"])
        self.argument.fixed = True
        return self.argument

    # what leads to a place

    def wrapped(self, thing: Thing) -> None:
        if thing.fixed or thing.labels[0] == "builtins":
            return
        kinds = [self.through_function, self.through_method, self.through_special, self.through_property]
        kinds += [self.through_meta, self.through_init, self.through_class_method, self.through_decorator]
        kinds += [
            self.through_generator,
            self.through_cache,
            self.through_partial,
            self.through_descriptor,
            self.through_with,
        ]
        kinds += [self.through_getattr, self.through_class_item, self.through_equal, self.through_closure]
        self.random.choice(kinds)(thing)

    def lead(self, thing: Thing, label: str, lines: list[str], e: str, changes: list[str]) -> None:
        old = thing.e
        thing.lines += [line.format(e=old) for line in lines]
        thing.e = e
        thing.labels.insert(0, label)
        others = thing.content.others or ["2.0"]
        thing.changes += [change.format(o=self.random.choice(others)) for change in changes]

    def through_function(self, thing: Thing) -> None:
        g = self.new("g")
        changes = [f"{g} = lambda: {{o}}", f"{g}.__code__ = (lambda: {{o}}).__code__"]
        self.lead(thing, "function", [f"def {g}():", "    return {e}"], f"{g}()", changes)

    def through_closure(self, thing: Thing) -> None:
        g = self.new("g")
        lines = [f"def make_{g}():", "    def inner():", "        return {e}", "    return lambda: inner()"]
        self.lead(
            thing,
            "closure",
            [*lines, f"{g} = make_{g}()"],
            f"{g}()",
            [f"{g}.__closure__[0].cell_contents = lambda: {{o}}"],
        )

    def through_method(self, thing: Thing) -> None:
        k = self.new("K")
        lines = [f"class {k}:", "    def m(self):", "        return {e}", f"o{k} = {k}()"]
        lines += [f"{k}.__module__ = None"] if self.chance(0.1) else []
        changes = [f"{k}.m = lambda self: {{o}}", f"o{k}.m = lambda: {{o}}"]
        self.lead(thing, "method", lines, f"o{k}.m()", changes)

    def through_special(self, thing: Thing) -> None:
        k = self.new("K")
        name, arguments, e = self.random.choice(
            [
                ("__getitem__", "self, i", "o{}[0]"),
                ("__call__", "self", "o{}()"),
                ("__mul__", "self, t", "(o{} * 1.0)"),
                ("__rmul__", "self, t", "(1.0 * o{})"),
                ("__neg__", "self", "(-o{})"),
                ("__add__", "self, t", "(o{} + 1)"),
                ("__matmul__", "self, t", "(o{} @ 1)"),
                ("__abs__", "self", "abs(o{})"),
                ("__iter__", "self", "[*o{}][0]"),
                ("__lt__", "self, t", "(o{} < 1)"),
                ("__missing__", "self, t", "o{}['none']"),
            ]
        )
        base = "(dict)" if name == "__missing__" else ""
        body = "        yield {e}" if name == "__iter__" else "        return {e}"
        lines = [f"class {k}{base}:", f"    def {name}({arguments}):", body, f"o{k} = {k}()"]
        result = "iter([{o}])" if name == "__iter__" else "{o}"
        self.lead(thing, name, lines, e.format(k), [f"{k}.{name} = lambda {arguments}: {result}"])

    def through_getattr(self, thing: Thing) -> None:
        k = self.new("K")
        name = self.random.choice(["__getattr__", "__getattribute__"])
        lines = [f"class {k}:", f"    def {name}(self, name):", "        return {e}", f"o{k} = {k}()"]
        self.lead(thing, name, lines, f"o{k}.rate", [f"{k}.{name} = lambda self, name: {{o}}"])

    def through_equal(self, thing: Thing) -> None:
        """A method that decides by what the place holds."""
        k = self.new("K")
        name = self.random.choice(["__bool__", "__len__", "__contains__", "__eq__", "__hash__", "__index__", "__str__"])
        texts = {
            "__bool__": ("self", "({e}) is not None", "(o{0} if bool(o{0}) else o{0})"),
            "__len__": ("self", "3", "([o{0}] * len(o{0}))[0]"),
            "__contains__": ("self, t", "True", "(o{0} if 1 in o{0} else o{0})"),
            "__eq__": ("self, t", "True", "(o{0} if o{0} == 1 else o{0})"),
            "__hash__": ("self", "1", "{{o{0}: o{0}}}[o{0}]"),
            "__index__": ("self", "0", "[o{0}, 1][o{0}]"),
            "__str__": ("self", "'a'", "{{'a': o{0}}}[str(o{0})]"),
        }
        arguments, answer, e = texts[name]
        lines = [f"class {k}:", f"    def {name}({arguments}):", f"        return {answer}", "    @property"]
        lines += ["    def k(self):", "        return {e}", f"o{k} = {k}()"]
        self.lead(thing, name, lines, f"{e.format(k)}.k", [f"{k}.k = {{o}}"])

    def through_property(self, thing: Thing) -> None:
        k = self.new("K")
        kind = self.random.choice(["property", "property", "cached_property"])
        lines = [f"class {k}:", f"    @{kind}", "    def k(self):", "        return {e}", f"o{k} = {k}()"]
        changes = [f"{k}.k = property(lambda self: {{o}})", f"{k}.k = {{o}}"]
        changes += [f"o{k}.__dict__.pop('k', None)", f"o{k} = {k}()"] if kind == "cached_property" else []
        self.lead(thing, kind, lines, f"o{k}.k", changes)

    def through_meta(self, thing: Thing) -> None:
        k = self.new("K")
        name, arguments, e = self.random.choice(
            [
                ("__call__", "cls", "{}()"),
                ("__getitem__", "cls, i", "{}[0]"),
                ("__getattr__", "cls, name", "{}.rate"),
                ("m", "cls", "{}.m()"),
                ("__add__", "cls, t", "({} + 1)"),
            ]
        )
        lines = [f"class Meta{k}(type):", f"    def {name}({arguments}):", "        return {e}"]
        lines += [f"class {k}(metaclass=Meta{k}):", "    pass"]
        self.lead(thing, f"metaclass {name}", lines, e.format(k), [f"Meta{k}.{name} = lambda {arguments}: {{o}}"])

    def through_init(self, thing: Thing) -> None:
        k = self.new("K")
        name = self.random.choice(["__init__", "__new__", "__post_init__"])
        kept = ["        self.k = {e}", "        return self"]
        lines = {
            "__init__": [f"class {k}:", "    def __init__(self):", "        self.k = {e}"],
            "__new__": [f"class {k}:", "    def __new__(cls):", "        self = object.__new__(cls)", *kept],
            "__post_init__": ["@dataclass", f"class {k}:", "    j: int = 0", "    def __post_init__(self):", kept[0]],
        }[name]
        self.lead(thing, name, lines, f"{k}().k", [])

    def through_class_item(self, thing: Thing) -> None:
        k = self.new("K")
        lines = [f"class {k}:", "    def __class_getitem__(cls, i):", "        return {e}"]
        self.lead(thing, "__class_getitem__", lines, f"{k}[0]", [f"{k}.__class_getitem__ = lambda i: {{o}}"])

    def through_class_method(self, thing: Thing) -> None:
        k = self.new("K")
        how = self.random.choice(["classmethod", "staticmethod"])
        lines = [
            f"class {k}:",
            f"    @{how}",
            f"    def m({'cls' if how == 'classmethod' else ''}):",
            "        return {e}",
        ]
        self.lead(
            thing, how, lines, self.random.choice([f"{k}.m()", f"{k}().m()"]), [f"{k}.m = staticmethod(lambda: {{o}})"]
        )

    def through_decorator(self, thing: Thing) -> None:
        g = self.new("g")
        lines = [
            f"def around_{g}(h):",
            "    @functools.wraps(h)",
            "    def inner(*ts):",
            "        return h(*ts)",
            "    return inner",
        ]
        lines += [f"@around_{g}", f"def {g}():", "    return {e}"]
        self.lead(thing, "decorator", lines, f"{g}()", [f"{g} = around_{g}(lambda: {{o}})"])

    def through_generator(self, thing: Thing) -> None:
        g = self.new("g")
        self.lead(
            thing, "generator", [f"def {g}():", "    yield {e}"], f"next({g}())", [f"{g} = lambda: iter([{{o}}])"]
        )

    def through_cache(self, thing: Thing) -> None:
        g = self.new("g")
        lines = ["@lru_cache(maxsize=None)", f"def {g}():", "    return {e}"]
        self.lead(thing, "lru_cache", lines, f"{g}()", [f"{g}.cache_clear()", f"{g} = lambda: {{o}}"])

    def through_partial(self, thing: Thing) -> None:
        g = self.new("g")
        lines = [f"def base_{g}(a, *, b=0):", "    return {e}", f"{g} = partial(base_{g}, 1, b=2)"]
        changes = [
            f"base_{g} = lambda a, b=0: {{o}}",
            f"{g} = lambda: {{o}}",
            f"base_{g}.__code__ = (lambda a, *, b=0: {{o}}).__code__",
        ]
        self.lead(thing, "partial", lines, f"{g}()", changes)

    def through_descriptor(self, thing: Thing) -> None:
        k = self.new("K")
        lines = [f"class D{k}:", "    def __get__(self, owner, kind=None):", "        return {e}"]
        lines += [f"class {k}:", f"    k = D{k}()", f"o{k} = {k}()"]
        changes = [f"D{k}.__get__ = lambda self, owner, kind=None: {{o}}", f"{k}.k = {{o}}"]
        self.lead(thing, "descriptor", lines, self.random.choice([f"o{k}.k", f"{k}.k"]), changes)

    def through_with(self, thing: Thing) -> None:
        k, g = self.new("K"), self.new("g")
        lines = [f"class {k}:", "    def __enter__(self):", "        return {e}", "    def __exit__(self, *error):"]
        lines += ["        return False", f"def {g}():", f"    with {k}() as t:", "        return t"]
        self.lead(thing, "with", lines, f"{g}()", [f"{k}.__enter__ = lambda self: {{o}}"])

    # the whole

    def written(self, body: str) -> list[str]:
        """The function: a plain one, a method, an object that can be called, a closure, a partial."""
        if self.argument or self.own_default:
            own = f", own={self.own_default}" if self.own_default else ""
            return [f"def f(x{', argument' if self.argument else ''}{own}):", f"    return {body}"]
        forms = [
            ["def f(x):", f"    return {body}"],
            ["def f(x):", "    def inner():", f"        return {body}", "    return inner()"],
            [f"f = lambda x: {body}"],
            ["class F:", "    def __call__(self, x):", f"        return {body}", "f = F()"],
            ["class F:", "    def m(self, x):", f"        return {body}", "f = F().m"],
            ["class F:", "    @classmethod", "    def m(cls, x):", f"        return {body}", "f = F.m"],
            ["def of_two(n, x):", f"    return {body}", "f = partial(of_two, 1)"],
            ["def of_one(x):", f"    return {body}", "f = jit(of_one)"],
        ]
        return self.random.choice([*forms, *[forms[0]] * 6])

    def program(self) -> tuple[str, str]:
        """The text, and where it lives: "exec", "file", "site-packages", or "through" a function elsewhere."""
        things = []
        for _ in range(self.random.choice([1, 1, 2, 3])):
            thing = self.place(self.random.choice([0, 1, 2]))
            for _ in range(self.random.choice([0, 0, 1, 1, 2])):
                self.wrapped(thing)
            things.append(thing)
        changes = [change for thing in things for change in thing.changes] or ["pass"]
        chosen = [self.random.choice(changes) for _ in range(self.random.choice([1, 1, 2, 3]))]
        body = " + ".join(thing.content.use(thing.e) for thing in things)
        lines = [line for thing in things for line in thing.lines]
        lines += self.written(body)
        lines += [f"CHANGES = {chosen!r}", f"LABELS = {[' to '.join(thing.labels) for thing in things]!r}"]
        where = self.random.choice(["exec", "exec", "file", "site-packages", "through"])
        return "\n".join(lines) + "\n", where


# two worlds

COUNTER = itertools.count()
FOLDER = tempfile.TemporaryDirectory()
HEAD_CODE = compile(HEAD, "<head>", "exec")
ml_row = None


def row() -> Any:
    """An operation of the user's own."""
    global ml_row
    if ml_row is None:
        from micrograd_like.operation import OPS

        ml_row = (
            ml.function("squared_row", "x * x", lambda x, out, g: 2 * x * g)
            if "squared_row" not in OPS
            else ml.squared_row
        )
    return ml_row


def module_of(**attributes: Any) -> ModuleType:
    module = ModuleType("made")
    vars(module).update(attributes)
    return module


def row_of(side: str) -> Callable[[Any, Any], Any]:
    return lambda value, rule: ml.function(f"row_{side}", value, rule)


def world(text: str, where: str, side: str = "there") -> dict[str, Any]:
    """The program as a module of its own: run as text, or imported from a file."""
    name = f"program{next(COUNTER)}"
    text = text.replace("WORLD_", f"{name}_")
    if where in ("file", "site-packages", "through"):
        folder = Path(FOLDER.name) / ("lib" if where == "file" else "site-packages")
        folder.mkdir(exist_ok=True)
        file = folder / f"{name}.py"
        file.write_text(HEAD + text)
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        vars(module).update(module_of=module_of, ml_row=row(), row_of=row_of(side))
        exec(compile(HEAD + text, str(file), "exec"), vars(module))
        file.unlink()
    else:
        module = sys.modules[name] = ModuleType(name)
        vars(module).update(module_of=module_of, ml_row=row(), row_of=row_of(side))
        exec(HEAD_CODE, vars(module))
        linecache.cache[f"<{name}>"] = (len(text), None, text.splitlines(keepends=True), f"<{name}>")
        exec(compile(text, f"<{name}>", "exec"), vars(module))
    return vars(module)


THROUGH = "def f(*arguments):\n    return there.f(*arguments)\n"


def function_in(space: dict[str, Any], where: str) -> Any:
    if where != "through":
        return space["f"]
    around: dict[str, Any] = {"there": sys.modules[space["__name__"]], "__name__": "around"}
    exec(compile(THROUGH, "<around>", "exec"), around)
    return around["f"]


def forget(space: dict[str, Any]) -> None:
    for name in [name for name in sys.modules if name.startswith(space["__name__"])]:
        del sys.modules[name]
    linecache.cache.pop(f"<{space['__name__']}>", None)


def compiled(f: Any, how: str, checks: bool) -> Any:
    if how == "vmap":
        return vmap(f)
    options: dict[str, Any] = {"engine": "native"} if how == "native" else {}
    if "check" in inspect.signature(jit).parameters and not checks:
        options["check"] = False
    return jit(value_and_grad(f) if how == "gradient" else f, **options)


class Refusal:
    """A call that was refused at recording."""

    def __init__(self, error: TracingError) -> None:
        self.text = str(error)
        files = [each.filename for each in traceback.extract_tb(error.__traceback__)]
        self.has_line = bool(re.search(r":\d+", self.text)) or any(re.search(r"program\d+[.>]", file) for file in files)


def outcome(f: Any, arguments: tuple[Any, ...]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            answer = plain(f(*arguments))
            return answer.item() if isinstance(answer, np.generic) else answer
        except TracingError as error:
            return Refusal(error)
        except Exception as error:
            return error


def same(x: Any, y: Any, exact: bool) -> bool:
    if isinstance(x, Exception) or isinstance(y, Exception):
        return type(x) is type(y)
    if exact:
        return alike(x, y)
    return bool(
        np.allclose(np.asarray(x, dtype=float), np.asarray(y, dtype=float), rtol=1e-12, atol=1e-12, equal_nan=True)
    )


HOWS = ["python"] * 5 + ["gradient", "vmap", "native"]


def differences(
    text: str, where: str, seed: int, refusals: Counter[str] | None = None, checks: bool = False, how: str | None = None
) -> Iterator[tuple[str, str]]:
    """Calls after a change that are not as on plain numbers: the kind, and what was expected and found."""
    random = Random(seed)
    how = how or random.choice(HOWS)
    refusals = Counter() if refusals is None else refusals
    spaces = []
    try:
        for side in ("there", "here"):
            spaces.append(world(text, where, side))
        there, here = spaces
        here["TEXT"] = text
        changes, labels = there["CHANGES"], there["LABELS"]
        eager = function_in(here, where)
        eager = value_and_grad(eager) if how == "gradient" else eager
        fast = compiled(function_in(there, where), how, checks)
        said = "before any change"
        for step in range(len(changes) + 1):
            for repeat in range(2):  # recorded and read
                x = random.choice([0.75, 2.0, -1.25, 3.5])
                yield from one_call(fast, eager, there, here, how, x, said, labels, refusals, f"{step}.{repeat}")
            if step < len(changes):
                said = f"after {changes[step]}"
                errors = []
                for space in spaces:
                    try:
                        exec(changes[step].replace("WORLD_", space["__name__"] + "_"), space)
                    except Exception as error:
                        errors.append(error)
                if errors:
                    return
    except Stop:
        return
    finally:
        for space in spaces:
            forget(space)


class Stop(Exception):
    """There is nothing more to compare."""


def one_call(
    fast: Any, eager: Any, there: dict[str, Any], here: dict[str, Any], how: str, x: float, said: str,
    labels: list[str], refusals: Counter[str], place: str,
) -> Iterator[tuple[str, str]]:  # fmt: skip
    first = place == "0.0"
    drawn = np.random.get_state()  # both worlds draw from here
    if how == "vmap":
        if "ARGUMENT" in here:
            raise Stop
        xs = [x, x + 0.5]
        expected: Any = [outcome(eager, (y,)) for y in xs]
        errors = [y for y in expected if isinstance(y, Exception)]
        expected = errors[0] if errors else expected
        found = outcome(fast, (np.array(xs),))
        found = [float(y) for y in np.broadcast_to(found, 2)] if isinstance(found, np.ndarray | float | int) else found
    else:
        expected = outcome(eager, (x, here["ARGUMENT"]) if "ARGUMENT" in here else (x,))
        np.random.set_state(drawn)
        found = outcome(fast, (x, there["ARGUMENT"]) if "ARGUMENT" in there else (x,))
    if isinstance(expected, Refusal) or expected is None or (type(expected) is list and None in expected):
        raise Stop
    if isinstance(expected, Exception) and (first or how in ("vmap", "native", "gradient")):
        raise Stop
    if how == "native" and not isinstance(expected, float):
        expected = float(expected) if isinstance(expected, bool | int) else expected
    if isinstance(found, Refusal):
        refusals[f"{how}: {', '.join(labels)}"] += 1
        if not found.has_line and not (how == "vmap" and "on one row for all" in found.text):  # it names what changes
            yield f"{how}: refused without a line", found.text
        if not any(word in here["TEXT"] for word in [*UNSURE, *(["weakref"] if how == "vmap" else [])]):
            yield f"{how}: refused without need", found.text
        raise Stop
    if not same(expected, found, exact=how in ("python",)):
        text = f"{type(found).__name__}: {found}{lines_of(found)}" if isinstance(found, Exception) else repr(found)
        kind = "another answer at once" if said.startswith("before") else "the old answer"
        kind = f"{type(found).__name__}" if isinstance(found, Exception) else kind
        yield f"{how}: {kind}", f"f({x}) {said}: expected {expected!r:.200}, found {text}"
        raise Stop


def lines_of(error: Exception) -> str:
    return "\n" + "".join(traceback.format_tb(error.__traceback__)[-2:])


def smallest(text: str, where: str, seed: int, kind: str, checks: bool = False) -> str:
    """The smallest program with a difference of that kind."""
    how = kind.split(":")[0]

    def shows(shorter: str) -> bool:
        try:
            return any(found == kind for found, _ in differences(shorter, where, seed, checks=checks, how=how))
        except Exception:  # nothing is left to compare
            return False

    return shortest(text, shows)


def main(count: int, seed: int, kinds: bool, checks: bool) -> None:
    found: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for k in range(seed * 1_000_000, seed * 1_000_000 + count):
        text, where = Writer(Random(k)).program()
        for kind, _ in [*differences(text, where, k, refusals, checks)]:
            found[kind] += 1
            name = f"{kind} ({re.search('LABELS = (.*)', text)[1]})" if kinds else kind
            shown[name] += 1
            if shown[name] == 1 and (not kinds or len(eval(re.search("LABELS = (.*)", text)[1])) == 1):
                shorter = smallest(text, where, k, kind, checks)
                differ = differences(shorter, where, k, checks=checks, how=kind.split(":")[0])
                print(f"# seed {k}, {where}: {kind}\n{shorter}\n# {next(differ, ('', '?'))[1]}\n", flush=True)
    print(f"{count} examples, differences: {dict(found.most_common())}")
    print(f"refused: {sum(refusals.values())}")
    for label, n in refusals.most_common(60):
        print(f"    {n}  {label}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), kinds="kinds" in sys.argv, checks="checks" in sys.argv)
