"""Random arguments and functions of them: dataclasses, models, objects; nested, cached, changed after they were made.

Each program is a text that defines classes, an argument `p` and a function `f` of it. It is run twice, in two worlds:
in one the package differentiates `f` by `p`; in the other `f` runs on a copy of `p`, made attribute by attribute, with
dual numbers in the places of its numbers (`duals.py`). What a class computes of its own attributes stands in DERIVED as
well; in the copy it follows the numbers wherever running `__post_init__` again reproduces the object exactly.

Run as a script it compares many:

    python tests/random_models.py 10000 1            # so many programs, from this seed
    python tests/random_models.py 10000 1 kinds      # only the first difference of each kind
"""

from __future__ import annotations

import copy
import enum
import linecache
import math
import struct
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from types import CellType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import duals
import numpy as np
from shrinking import shortest

import micrograd_like as ml
from micrograd_like import Value, grad, hessian, jvp, value_and_grad

Path = tuple[tuple[str, Any], ...]
HEAD = """\
import collections, copy, dataclasses, datetime, enum, math, numbers, pickle, statistics, threading
from collections import namedtuple
from dataclasses import dataclass, field, InitVar
from functools import cached_property, lru_cache
from types import SimpleNamespace
from typing import ClassVar
import numpy as np

STATE = {"runs": 0, "made": 0, "last": 0, "all": []}
Point = namedtuple("Point", "x y")

class Numbers(list):
    @cached_property
    def total(self):
        return sum(self)

class Table(dict):
    @cached_property
    def total(self):
        return sum(self.values())

class Attributes(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__

class Itself(dict):
    def __init__(self, **items):
        super().__init__(**items)
        self.__dict__ = self

class Hue(enum.Enum):
    RED = 2.0
    BLUE = 3.0

class Slots:
    __slots__ = ("v",)
    def __init__(self, v):
        self.v = v
    def parameters(self):
        return [self.v]

class Layer:
    def __init__(self, v):
        self.v = v
    def parameters(self):
        return [self.v]

@dataclass
class Held:
    v: object

@lru_cache(maxsize=None)
def memo(x):
    return x * x + 1

TABLE = {}

def tabled(x):
    return TABLE.setdefault(round(x, 3), x * 2)

def rows(*lists):
    a = np.empty(len(lists), dtype=object)
    for k, x in enumerate(lists):
        a[k] = x
    return a

def next_id():
    STATE["last"] += 1
    return STATE["last"]

"""
OF_HEAD = ("Numbers", "Table", "Attributes", "Itself")
HOLDERS = [("{{'v': {}}}", "['v']"), ("collections.deque([{}])", "[0]"), ("Held({})", ".v"), ("Layer({})", ".v")]
HOLDERS += [("Slots({})", ".v"), ("({},)", "[0]"), ("[{{'v': [{}]}}]", "[0]['v'][0]")]
STATIC = ["Hue.RED", "len", "datetime.date(2020, 1, 2)", "b'x'", "range(3)", "frozenset('a')", "int", "...", "True"]
ODDITIES = [  # methods that a copy made attribute by attribute does not meet, and that asking for an object's kind may
    ["def __eq__(self, other):", "    return True", "__hash__ = None"],
    ["def __copy__(self):", "    raise TypeError('no copies')"],
    ["def __deepcopy__(self, memo):", "    raise TypeError('no copies')"],
    ["def __reduce_ex__(self, protocol):", "    raise TypeError('no copies')"],
    ["def __getstate__(self):", "    return {}"],
    ["def __setstate__(self, state):", "    STATE['made'] += 1"],
    ["def __iter__(self):", "    return iter(())"],
    ["def __len__(self):", "    return 0"],
    ["def __bool__(self):", "    return False"],
    ["def __call__(self):", "    return 1.5"],
    ["def __float__(self):", "    return 1.5"],
    ["def __getitem__(self, k):", "    return 1.5"],
    ["def __new__(cls, *_, **__):", "    STATE['made'] += 1", "    return object.__new__(cls)"],
    ["def __init_subclass__(cls):", "    STATE['made'] += 1"],
    [
        "def __getattr__(self, name):",
        "    if name.startswith('_'):",
        "        raise AttributeError(name)",
        "    return 1.5",
    ],
    ["def __setattr__(self, name, x):", "    STATE['made'] += 1", "    object.__setattr__(self, name, x)"],
    ["def __repr__(self):", "    return ''"],
    ["def __hash__(self):", "    return 1"],
    ["def keys(self):", "    return ['x0']"],
    ["def copy(self):", "    return 1.5"],
    ["def data(self):", "    return 1.5"],
    ["shape = ()"],
    ["dtype = 'f'"],
    ["name = 'p'"],
]
FLOATS = [0.0, 1.0, 2.0, 2.0, 3.0, -1.0, 0.5, 0.05, -2.5, 5.0, 100.0]


class Access:
    """What can be reached from the argument: the text that does it behind the argument's name, and what is there."""

    def __init__(self, suffix: str, what: str, size: int = 0, about: Any = None) -> None:
        self.suffix = suffix
        self.what = what  # "number", "numbers", "text", "flag", "none", "object" or "model"
        self.size = size
        self.about = about  # a Class

    def behind(self, prefix: str) -> Access:
        return Access(prefix + self.suffix, self.what, self.size, self.about)


class Shape:
    """How an argument, or a part of it, is written, and what can be reached in it."""

    def __init__(self, make: Callable[[], str], accesses: list[Access]) -> None:
        self.make = make
        self.accesses = accesses


class Class:
    def __init__(self, name: str) -> None:
        self.name = name
        self.frozen = False
        self.numbers: list[str] = []  # names of fields that are numbers
        self.lists: list[str] = []
        self.replaceable = True  # whether dataclasses.replace works
        self.open = True  # whether it takes new attributes
        self.accesses: list[Access] = []


class Writer:
    """Writes a random program."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.classes: list[str] = []
        self.derived: dict[str, list[tuple[str, str]]] = {}
        self.parameters: dict[str, list[str]] = {}
        self.changes: list[str] = []
        self.made = 0
        self.budget = 3  # of classes

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def float(self) -> str:
        if self.chance(0.5):
            return repr(self.random.choice(FLOATS))
        if self.chance(0.06):
            return self.random.choice(["np.float64(2.0)", "np.int64(3)"])
        return repr(self.random.choice([round(self.random.uniform(-3, 3), 2), self.random.choice([2, 3, -1])]))

    # shapes

    def shape(self, depth: int) -> Shape:
        small = [self.number, self.number, self.number, self.text, self.flag, self.nothing, self.static]
        if depth <= 0:
            return self.random.choice(small)(0)
        large = [
            self.listed,
            self.listed,
            self.tupled,
            self.mapped,
            self.point,
            self.array,
            self.special,
            self.nested,
            self.matrix,
        ]
        large += [self.instance] * 4 if self.budget > 0 else []
        return self.random.choice([*small, *large])(depth - 1)

    def number(self, _: int) -> Shape:
        return Shape(self.float, [Access("", "number")])

    def text(self, _: int) -> Shape:
        word = self.random.choice(["'call'", "'put'"])
        return Shape(lambda: word, [Access("", "text")])

    def static(self, _: int) -> Shape:
        text = self.random.choice(STATIC)
        return Shape(lambda: text, [Access("", "static", about=text)])

    def odd(self, lines: list[str]) -> None:
        if self.chance(0.15):
            lines += [f"    {line}" for line in self.random.choice(ODDITIES)]

    def flag(self, _: int) -> Shape:
        return Shape(lambda: "True", [Access("", "flag")])

    def nothing(self, _: int) -> Shape:
        return Shape(lambda: "None", [Access("", "none")])

    def numbers(self, left: str, right: str, accesses: Callable[[int], list[Access]], sizes: list[int]) -> Shape:
        n = self.random.choice(sizes)
        equal = self.chance(0.15)

        def make() -> str:
            return f"{left}[{self.float()}] * {n}{right}" if equal else f"{left}[{self.several(n)}]{right}"

        return Shape(make, [Access("", "numbers", n), *accesses(n)])

    def several(self, n: int) -> str:
        return ", ".join(self.float() for _ in range(n))

    def listed(self, _: int) -> Shape:
        return self.numbers("", "", elements, [0, 1, 2, 3, 3])

    def array(self, _: int) -> Shape:
        return self.numbers("np.array(", ", dtype=float)", elements, [1, 2, 3])

    def matrix(self, _: int) -> Shape:
        """An array of two dimensions, or one of lists."""
        ragged = self.chance(0.5)
        sizes = [self.random.choice([1, 2, 3]) for _ in range(2)] if ragged else [2, 2]
        left, right = ("rows(", ")") if ragged else ("np.array([", "], dtype=float)")
        accesses = [Access(f"[{k}][{j}]", "number") for k in range(2) for j in range(sizes[k])]
        accesses += [Access(f"[{k}]", "numbers", sizes[k]) for k in range(2)]
        return Shape(lambda: left + ", ".join(f"[{self.several(n)}]" for n in sizes) + right, accesses)

    def tupled(self, _: int) -> Shape:
        return self.numbers("tuple(", ")", elements, [1, 2, 3])

    def mapped(self, _: int) -> Shape:
        n = self.random.choice([1, 2, 3])
        keys = "abc"[:n]
        accesses = [Access(f"['{key}']", "number") for key in keys]

        def make() -> str:
            return "{" + ", ".join(f"'{key}': {self.float()}" for key in keys) + "}"

        return Shape(make, [Access(".values()", "numbers", n), *accesses])

    def point(self, _: int) -> Shape:
        return Shape(lambda: f"Point({self.several(2)})", [Access(".x", "number"), Access(".y", "number")])

    def special(self, _: int) -> Shape:
        """A list or dict of a class of its own, or an object of a library."""
        kind = self.random.choice(["Numbers", "Table", "Attributes", "Itself", "SimpleNamespace"])
        if kind == "Numbers":
            return self.numbers("Numbers(", ")", lambda n: [*elements(n), Access(".total", "number")], [1, 2, 3])
        attributes = [Access(".a", "number"), Access(".b", "number")]
        items = [Access("['a']", "number"), Access("['b']", "number"), Access(".values()", "numbers", 2)]
        accesses = {
            "Table": [*items, Access(".total", "number")],
            "Attributes": [*items, *attributes],
            "Itself": [*items, *attributes],
            "SimpleNamespace": attributes,
        }
        return Shape(lambda: f"{kind}(a={self.float()}, b={self.float()})", accesses[kind])

    def nested(self, depth: int) -> Shape:
        """Shapes in a list, tuple or dict."""
        shapes = [self.shape(depth) for _ in range(self.random.choice([1, 2]))]
        if self.chance(0.4):
            accesses = [a.behind(f"['k{k}']") for k, shape in enumerate(shapes) for a in shape.accesses]
            made = lambda: "{" + ", ".join(f"'k{k}': {shape.make()}" for k, shape in enumerate(shapes)) + "}"  # noqa: E731
            return Shape(made, accesses)
        accesses = [a.behind(f"[{k}]") for k, shape in enumerate(shapes) for a in shape.accesses]
        left, right = self.random.choice(["[]", "()"])
        return Shape(lambda: left + "".join(f"{shape.make()}, " for shape in shapes) + right, accesses)

    def instance(self, depth: int) -> Shape:
        self.budget -= 1
        kind = self.random.choice([self.dataclass] * 5 + [self.plain_class, self.model, self.model])
        shape = kind(depth)
        if self.chance(0.15):  # two of them
            accesses = [a.behind(f"[{k}]") for k in range(2) for a in shape.accesses]
            return Shape(lambda: f"[{shape.make()}, {shape.make()}]", accesses)
        return shape

    # classes

    def new_name(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    def dataclass(self, depth: int) -> Shape:
        about = Class(self.new_name("C"))
        options = [o for o in ("frozen=True", "slots=True", "kw_only=True", "eq=False") if self.chance(0.15)]
        about.frozen, slots = "frozen=True" in options, "slots=True" in options
        about.open = not slots and not about.frozen
        fields = {f"x{k}": self.shape(depth) for k in range(self.random.choice([1, 2, 2, 3]))}
        lines: list[str] = []
        post: list[str] = []
        about.numbers = [name for name, shape in fields.items() if shape.accesses[:1] and is_number(shape)]
        about.lists = [name for name, shape in fields.items() if shape.accesses[:1] and is_list(shape)]
        about.accesses = [a.behind(f".{name}") for name, shape in fields.items() for a in shape.accesses]
        derived = self.derived.setdefault(about.name, [])
        arguments = ""
        parent = ""
        names = [*fields]
        if len(names) > 1 and self.chance(0.2) and not slots:  # some fields are inherited
            parent = f"{about.name}Base"
            base = [f"@dataclass({', '.join(options)})", f"class {parent}:", f"    {names[0]}: object"]
            self.classes.append("\n".join(base))
            names = names[1:]
        rest = ["", "", "", " = field(compare=False)", " = field(repr=False)", " = field(hash=False)"]
        lines += [f"    {name}: object{self.random.choice(rest)}" for name in names]
        self.odd(lines)
        if self.chance(0.15):
            lines.append("    K: ClassVar[float] = 1.5")
            about.accesses.append(Access(".K", "number"))
        if self.chance(0.15) and not slots:
            lines.append("    gain = 1.25")
            about.accesses.append(Access(".gain", "number"))
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            extra = self.feature(about, lines, post, derived, slots)
            arguments = arguments or extra
        if parent and self.chance(0.5):
            # the parent's own __post_init__, which the child's calls
            self.classes[-1] += '\n    def __post_init__(self):\n        STATE["made"] += 1'
            post.insert(0, "super().__post_init__()" if not slots else "pass")
            about.replaceable = about.replaceable and True
        if post:
            lines.append(f"    def __post_init__(self{arguments}):")
            lines += [f"        {line}" for line in post]
        self.methods(about, lines, derived, slots)
        self.classes.append(
            "\n".join(
                [f"@dataclass({', '.join(options)})", f"class {about.name}{f'({parent})' if parent else ''}:", *lines]
            )
        )

        def make() -> str:
            given = ", ".join(f"{name}={shape.make()}" for name, shape in fields.items())
            return f"{about.name}({given}{', scale=4.0' if arguments else ''})"

        return Shape(make, [Access("", "object", about=about), *about.accesses])

    def feature(
        self, about: Class, lines: list[str], post: list[str], derived: list[tuple[str, str]], slots: bool
    ) -> str:
        """Something that `__post_init__` does; what it takes besides."""

        def put(name: str, text: str) -> None:
            post.append(f'object.__setattr__(self, "{name}", {text})' if about.frozen else f"self.{name} = {text}")

        numbers, lists = about.numbers, about.lists
        kinds = ["count", "tally", "register"]
        kinds += ["convert", "clamp", "round", "validate", "derive", "derive", "derive"] if numbers else []
        kinds += ["normalise"] if len(numbers) > 1 else []
        kinds += ["sort", "extend", "tuple"] if lists else []
        kinds += ["derive", "derive"] if about.accesses else []
        kinds += ["given"] if numbers and not slots else []
        kinds += ["fill"] if numbers else []
        kind = self.random.choice(kinds)
        x = self.random.choice(numbers) if numbers else ""
        xs = self.random.choice(lists) if lists else ""
        if kind == "count":
            lines.append("    ident: int = 0")
            put("ident", "next_id()")
        elif kind == "tally":
            post.append('STATE["made"] += 1')
        elif kind == "register":
            post.append('STATE["all"].append(self)')
        elif kind == "convert":
            put(x, self.random.choice([f"self.{x} / 100", f"-self.{x}", f"self.{x} + 1", f"self.{x} * 0.01"]))
        elif kind == "clamp":
            put(x, self.random.choice([f"max(0.0, self.{x})", f"min(self.{x}, 2.0)", f"abs(self.{x})"]))
        elif kind == "round":
            put(x, self.random.choice([f"round(self.{x}, 1)", f"float(self.{x})", f"self.{x} % 360"]))
            about.replaceable = about.replaceable and "%" in post[-1]
        elif kind == "validate":
            post += [f"if not (isinstance(self.{x}, numbers.Real) and self.{x} > -1000):", "    raise ValueError('no')"]
        elif kind == "normalise":
            a, b = numbers[:2]
            post.append(f"norm = (self.{a} ** 2 + self.{b} ** 2 + 0.25) ** 0.5")
            put(a, f"self.{a} / norm")
            put(b, f"self.{b} / norm")
            about.replaceable = False  # of dual numbers ** 0.5 is as good, but not to the last bit
        elif kind == "sort":
            put(xs, f"sorted(self.{xs})")
        elif kind == "extend":
            put(xs, f"[1.0, *self.{xs}]")
            about.replaceable = about.replaceable and True
        elif kind == "tuple":
            put(xs, f"list(tuple(self.{xs}))")
        elif kind == "fill":
            lines.append("    opt: object = None")
            post.append("if self.opt is None:")
            post.append("    pass")
            post[-1] = "    " + (
                f'object.__setattr__(self, "opt", self.{x} * 2)' if about.frozen else f"self.opt = self.{x} * 2"
            )
            about.accesses.append(Access(".opt", "number"))
        elif kind == "given":
            lines.append("    scale: InitVar[float] = 2.0")
            put("k", f"self.{x} * scale")
            about.accesses.append(Access(".k", "number"))
            derived.append(("k", ""))
            about.replaceable = False  # it asks for scale
            return ", scale"
        elif kind == "derive":
            self.derive(about, lines, put, derived, slots)
        return ""

    def derive(
        self,
        about: Class,
        lines: list[str],
        put: Callable[[str, str], None],
        derived: list[tuple[str, str]],
        slots: bool,
    ) -> None:
        name = f"d{len(derived)}"
        formula = self.formula("self", about.accesses)
        how = self.random.choice(["field", "default"] if slots or about.frozen else ["field", "default", "attribute"])
        lines += {
            "field": [f"    {name}: float = field(init=False)"],
            "default": [f"    {name}: float = 0.0"],
            "attribute": [],
        }[how]
        put(name, formula)
        derived.append((name, formula))
        about.accesses.append(Access(f".{name}", "number"))

    def methods(self, about: Class, lines: list[str], derived: list[tuple[str, str]], slots: bool) -> None:
        """Properties, caches, and attributes that are computed when something asks for them."""
        if self.chance(0.25):
            lines += [
                "    @property",
                "    def half(self):",
                f"        return {self.formula('self', about.accesses)} / 2",
            ]
            about.accesses.append(Access(".half", "number"))
        if self.chance(0.3) and not slots:
            formula = self.formula("self", about.accesses)
            lines += ["    @cached_property", "    def cached(self):", f"        return {formula}"]
            about.accesses.append(Access(".cached", "number"))
            derived.append(("cached", formula))
        if self.chance(0.1) and about.open and about.numbers:
            x = self.random.choice(about.numbers)
            lines += ["    def __setattr__(self, name, x):", "        object.__setattr__(self, name, x)"]
            lines += [f"        if name == '{x}':", "            object.__setattr__(self, 'twice', x * 2)"]
            about.accesses.append(Access(".twice", "number"))
            derived.append(("twice", f"self.{x} * 2"))
        if self.chance(0.1) and about.open:
            formula = self.formula("self", about.accesses)
            lines += ["    _kept = None", "    def lazy(self):", "        if self._kept is None:"]
            lines += [f"            self._kept = {formula}", "        return self._kept"]
            about.accesses.append(Access(".lazy()", "number"))
            derived.append(("_kept", ""))

    def formula(self, prefix: str, accesses: list[Access]) -> str:
        numbers = [prefix + a.suffix for a in accesses if a.what == "number"] or ["1.5"]
        lists = [prefix + a.suffix for a in accesses if a.what == "numbers"]
        if lists and self.chance(0.5):
            return f"(sum({self.random.choice(lists)}) * {self.random.choice(numbers)})"
        x, y = self.random.choice(numbers), self.random.choice(numbers)
        return f"({x} * {y} {self.random.choice(['+ 0.5', f'+ {x}', f'- {y}'])})"

    def plain_class(self, depth: int) -> Shape:
        about = Class(self.new_name("P"))
        fields = {f"x{k}": self.shape(depth) for k in range(self.random.choice([1, 2]))}
        about.accesses = [a.behind(f".{name}") for name, shape in fields.items() for a in shape.accesses]
        slots = self.chance(0.2)
        about.open = not slots
        body = [f"    __slots__ = {(*fields,)!r}"] if slots else []
        body += [f"    def __init__(self, {', '.join(fields)}):", *(f"        self.{name} = {name}" for name in fields)]
        if self.chance(0.2):
            body.append('        STATE["made"] += 1')
        self.odd(body)
        self.methods(about, body, self.derived.setdefault(about.name, []), slots)
        self.classes.append("\n".join([f"class {about.name}:", *body]))

        def make() -> str:
            return f"{about.name}({', '.join(shape.make() for shape in fields.values())})"

        return Shape(make, [Access("", "plain", about=about), *about.accesses])

    def model(self, _: int) -> Shape:
        """A class with parameters: floats, Values, equal floats, an array, tied ones."""
        about = Class(self.new_name("M"))
        about.replaceable = False
        kind = self.random.choice(["floats", "floats", "Values", "Values", "module", "array"])
        write = "Value({})".format if kind in ("Values", "module") else str
        body = ["        self.rate = 0.5", "        self.w = []"]
        n = self.random.choice([1, 2, 3])
        places = [f"w[{k}]" for k in range(n)]
        about.accesses = [Access(f".w[{k}]", "number") for k in range(n)] + [Access(".rate", "number")]
        if kind == "array":
            body[1] = f"        self.w = np.array([{self.several(n)}], dtype=float)"
        elif kind == "floats" and self.chance(0.3):
            body[1] = f"        self.w = [{self.float()}] * {n}"
        else:
            body[1] = f"        self.w = [{', '.join(write(self.float()) for _ in range(n))}]"
        answer = "list(self.w)"
        if self.chance(0.6) and kind != "array":
            body.append(f"        self.b = {write(self.float() if self.chance(0.6) else '0.5')}")
            places.append("b")
            answer = "[*self.w, self.b]"
            about.accesses.append(Access(".b", "number"))
            if self.chance(0.25) and "Value" in body[-1]:
                body.append("        self.tied = self.b")
                about.accesses.append(Access(".tied", "number"))
                self.parameters[f"{about.name} tied"] = [("tied=b")]
        about.accesses.append(Access(".w", "numbers", n))
        if kind == "module" and self.chance(0.5):
            holder, place = self.random.choice(HOLDERS)
            body.append(f"        self.more = {holder.format(write(self.float()))}")
            places.append(f"more{place}")
            about.accesses.append(Access(f".more{place}", "number"))
        if self.chance(0.2):
            body.append(f"        self.loss = lambda x: {self.formula('self', about.accesses)} * x")
            about.accesses.append(Access(".loss(2.0)", "number"))
        if self.chance(0.2):
            body.append("        self.act = self.__call__")
            about.accesses.append(Access(".act(2.0)", "number"))
        if self.chance(0.25):
            body.append(
                self.random.choice(
                    ["        self.lock = threading.Lock()", "        self.rows = (k for k in range(3))"]
                )
            )
        counts = self.chance(0.25)
        body += ["        self.count = 0", "        self.mean = 0.0", "        self.history = []"] if counts else []
        lines = [f"class {about.name}{'(Module)' if kind == 'module' else ''}:", "    def __init__(self):", *body]
        if kind != "module":
            lines += ["    def parameters(self):", f"        return {answer}"]
        self.methods_of_model(about, lines, counts)
        self.classes.append("\n".join(lines))
        self.parameters[about.name] = places
        return Shape(lambda: f"{about.name}()", [Access("", "model", about=about), *about.accesses])

    def methods_of_model(self, about: Class, lines: list[str], counts: bool) -> None:
        formula = self.formula("self", about.accesses)
        update = [
            "        self.count += 1",
            "        self.mean = 0.9 * self.mean + 0.1 * x",
            "        self.history.append(x)",
        ]
        lines += ["    def __call__(self, x):", *(update if counts else []), f"        return {formula} * x"]
        about.accesses.append(Access("(1.5)", "number"))

    # the argument

    def change(self, accesses: list[Access]) -> None:
        """Something that happens to the argument after it was made."""
        kinds = [self.touch, self.touch, self.assign, self.assign, self.put_item, self.grow, self.add, self.override]
        self.random.choice(kinds)(accesses)

    def objects(self, accesses: list[Access]) -> list[Access]:
        return [a for a in accesses if a.what in ("object", "plain") and not a.about.frozen]

    def touch(self, accesses: list[Access]) -> None:
        caches = [a for a in accesses if a.suffix.endswith((".cached", ".total", ".lazy()"))]
        if caches:
            self.changes.append(f"p{self.random.choice(caches).suffix}")

    def assign(self, accesses: list[Access]) -> None:
        objects = [(a.suffix, x) for a in self.objects(accesses) for x in a.about.numbers]
        if objects:
            suffix, x = self.random.choice(objects)
            self.changes.append(f"p{suffix}.{x} = {self.float()}")

    def put_item(self, accesses: list[Access]) -> None:
        objects = [(a.suffix, x) for a in self.objects(accesses) for x in a.about.lists]
        if objects:
            suffix, x = self.random.choice(objects)
            self.changes.append(f"if p{suffix}.{x}: p{suffix}.{x}[0] = {self.float()}")

    def grow(self, accesses: list[Access]) -> None:
        objects = [(a.suffix, x) for a in self.objects(accesses) for x in a.about.lists]
        if objects:
            suffix, x = self.random.choice(objects)
            self.changes.append(f"p{suffix}.{x}.append({self.float()})")

    def add(self, accesses: list[Access]) -> None:
        objects = [a for a in self.objects(accesses) if a.what == "object" and a.about.open]
        if objects:
            suffix = self.random.choice(objects).suffix
            self.changes.append(f"p{suffix}.extra = {self.float()}")
            accesses.append(Access(f"{suffix}.extra", "number"))

    def override(self, accesses: list[Access]) -> None:
        gains = [a.suffix for a in accesses if a.suffix.endswith(".gain")]
        opens = {a.suffix for a in self.objects(accesses) if a.about.open}
        gains = [suffix for suffix in gains if suffix.removesuffix(".gain") in opens]
        if gains:
            self.changes.append(f"p{self.random.choice(gains)} = {self.float()}")

    def program(self) -> str:
        shape = self.shape(3)
        while not any(a.what == "number" for a in shape.accesses) or shape.accesses[0].what == "number":
            shape = self.shape(3)
        p = shape.make()
        if self.chance(0.07):  # the same object twice
            shape.accesses = [a.behind(f"[{k}]") for k in range(2) for a in shape.accesses]
            p = f"[{p}] * 2"
        accesses = [*shape.accesses]
        for _ in range(self.random.choice([0, 0, 1, 2, 3])):
            self.change(accesses)
        body = Body(self.random, accesses).lines
        text = "\n\n".join(self.classes) + f"\n\np = {p}\n" + "".join(f"{change}\n" for change in self.changes)
        formulas = ", ".join(
            f"{name!r}: [" + ", ".join(f"({x!r}, {formula!r})" for x, formula in pairs) + "]"
            for name, pairs in self.derived.items()
            if pairs
        )
        text += f"DERIVED = {{{formulas}}}\nPARAMETERS = {self.parameters!r}\n\ndef f(p):\n"
        return text + "".join(f"    {line}\n" for line in body)


def elements(n: int) -> list[Access]:
    return [Access(f"[{k}]", "number") for k in range(n)]


def is_number(shape: Shape) -> bool:
    return [(a.suffix, a.what) for a in shape.accesses] == [("", "number")]


def is_list(shape: Shape) -> bool:
    return shape.accesses[0].suffix == "" and shape.accesses[0].what == "numbers" and shape.make().startswith("[")


class Body:
    """Writes a function of what can be reached from its argument."""

    def __init__(self, random: Random, accesses: list[Access]) -> None:
        self.random = random
        self.accesses = accesses
        self.lines = ['STATE["runs"] += 1', f"t = 0.5 * {self.number()}"]
        self.copies = 0
        for _ in range(random.choice([1, 2, 3, 4, 5])):
            self.statement()
        self.lines.append("return t")

    def number(self, accesses: list[Access] | None = None, name: str = "p") -> str:
        numbers = [a.suffix for a in accesses or self.accesses if a.what == "number"]
        return name + self.random.choice(numbers) if numbers else "1.5"

    def any(self, *whats: str) -> Access | None:
        found = [a for a in self.accesses if a.what in whats]
        return self.random.choice(found) if found else None

    def statement(self) -> None:
        kinds = [self.arithmetic, self.arithmetic, self.called, self.summed, self.branched, self.looped, self.keyed]
        kinds += [self.remembered, self.caught] if self.random.random() < 0.15 else []
        kinds += [self.keyed, self.copied, self.copied, self.copied, self.parted, self.described]
        self.random.choice(kinds)()

    def write(self, *lines: str) -> None:
        self.lines += lines

    def arithmetic(self) -> None:
        x, y = self.number(), self.number()
        texts = [
            f"{x} * {y}",
            f"{x} / (1 + {y} * {y})",
            f"{x} ** 2",
            f"({x} - {y}) ** 3 / 10",
            f"abs({x})",
            f"{x} + {y}",
        ]
        self.write(f"t = t {self.random.choice('+-')} {self.random.choice(texts)}")

    def called(self) -> None:
        x, y = self.number(), self.number()
        texts = [f"sin({x})", f"tanh({x} * {y})", f"exp(-{x} * {x})", f"cos({x} + {y})"]
        self.write(f"t = t + {self.random.choice(texts)} * {self.number()}")

    def summed(self) -> None:
        if xs := self.any("numbers"):
            name = f"p{xs.suffix}"
            self.write(
                self.random.choice(
                    [
                        f"t = t + sum(x * x for x in {name})",
                        f"t = t + sum((k + 1) * x for k, x in enumerate({name}))",
                        f"t = t + max([*{name}, -50.0]) * 2",
                        f"t = t + sum(sorted({name})[:2]) * {self.number()}",
                        f"t = t * len({name}) + sum({name})",
                    ]
                )
            )

    def branched(self) -> None:
        x, y = self.number(), self.number()
        condition = self.random.choice([f"{x} > {y}", f"{x} <= 1", f"{x} < {y} < 3", f"isinstance({x}, numbers.Real)"])
        self.write(f"if {condition}:", f"    t = t + {x} * 3", "else:", f"    t = t - {y} * {self.number()}")

    def looped(self) -> None:
        self.write("for k in range(3):", f"    t = t * 0.5 + k * {self.number()}")

    def keyed(self) -> None:
        """Numbers as keys."""
        x, y = self.number(), self.number()
        texts = [
            f"{{2.0: 0.3, 1.0: 0.7}}.get({x}, 0.05) * {x}",
            f"{{{x}: 2.0, {y}: 3.0}}[{x}] * {y}",
            f"len({{{x}, {y}, 2.0}}) * {x}",
            f"statistics.mode([{x}, {y}, {x}]) * {y}",
            f"collections.Counter([{x}, {y}])[{x}] * {y}",
            f"({x} in {{{y}, 2.0}}) * {x}",
            f"sum({{{x}: {y}, {y}: {x}}}.values())",
            f"sum({{x: x * x for x in ({x}, {y})}}.values())",
        ]
        self.write(f"t = t + {self.random.choice(texts)}")

    def remembered(self) -> None:
        """Caches that outlive the run."""
        self.write(f"t = t + {self.random.choice(['memo', 'tabled'])}({self.number()}) * {self.number()}")

    def caught(self) -> None:
        """What refuses a number of a run, and is caught."""
        x = self.number()
        self.write("try:", f"    t = t + math.exp(-{x} * {x})", "except Exception:", "    t = t - 1.0")

    def copied(self) -> None:
        o = self.any("object")
        if o is None:
            x = self.number()
            how = self.random.choice(["copy.copy({})", "copy.deepcopy({})", "pickle.loads(pickle.dumps({}))"])
            self.write(f"t = t + {how.format(x)} * {x}")
            return
        name, about = f"p{o.suffix}", o.about
        self.copies += 1
        q = f"q{self.copies}"
        ways = [f"copy.copy({name})", f"copy.deepcopy({name})", f"copy.deepcopy([{name}])[0]"]
        ways += [f"dataclasses.replace({name})"] if about.replaceable else []
        if about.replaceable and about.numbers:
            ways += [f"dataclasses.replace({name}, {self.random.choice(about.numbers)}={self.number()} * 2)"]
        if about.numbers and self.random.random() < 0.25:
            x = self.random.choice(about.numbers)
            self.write(f"t = t + dataclasses.asdict({name})['{x}'] * {self.number()}")
            return
        self.write(f"{q} = {self.random.choice(ways)}")
        if about.numbers and not about.frozen and self.random.random() < 0.3:
            self.write(f"{q}.{self.random.choice(about.numbers)} = {self.number()} * 1.5")
        self.write(f"t = t + {self.number(about.accesses, q)} * {self.number(about.accesses, q)}")

    def parted(self) -> None:
        """What is no number decides."""
        if (a := self.any("static")) and self.random.random() < 0.5:
            self.write(f"t = t + ({self.number()} if p{a.suffix} == {a.about} else 7.0)")
        if a := self.any("text", "flag", "none"):
            condition = {
                "text": f"p{a.suffix} == 'call'",
                "flag": f"p{a.suffix} is True",
                "none": f"p{a.suffix} is None",
            }
            self.write(f"t = t + ({self.number()} if {condition[a.what]} else 7.0)")

    def described(self) -> None:
        """Objects compared, looked through or asked for their class."""
        if o := self.any("object", "plain"):
            name = f"p{o.suffix}"
            self.write(
                self.random.choice(
                    [
                        f"t = t + ({self.number()} if {name} == {name} else 7.0)",
                        f"t = t + ({self.number()} if type({name}).__name__ == '{o.about.name}' else 7.0)",
                        f"t = t + sum(x for x in vars({name}).values() if isinstance(x, numbers.Real))",
                    ]
                )
            )


# two worlds


def world(text: str, dual: bool) -> dict[str, Any]:
    """The program's names, for the package or for dual numbers."""
    file = f"<program {hash(text) & 0xFFFFFF}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    source: Any = duals if dual else ml
    module = sys.modules["program"] = ModuleType("program")  # dataclasses look for their module
    space = vars(module)
    space |= {name: getattr(source, name) for name in ("sin", "cos", "tanh", "exp")}
    space |= {"Value": float if dual else Value, "Module": Modular if dual else ml.nn.Module}
    exec(HEAD_CODE, space)
    space |= {"math": duals} if dual else {}
    exec(compile(text, file, "exec"), space)
    return space


class Modular:
    """Stands for nn.Module in the world of dual numbers."""

    def parameters(self) -> None: ...


HEAD_CODE = compile(HEAD, "<head>", "exec")


def raw(o: Any) -> dict[str, Any]:
    """The attributes that an object has, in its dict and in slots, without asking it."""
    found = dict(getattr(o, "__dict__", {}))
    for kind in type(o).__mro__:
        for name, member in vars(kind).items():
            if type(member).__name__ == "member_descriptor" and not name.startswith("__"):
                try:
                    found[name] = member.__get__(o)
                except AttributeError:
                    continue
    return found


def number_like(x: Any) -> bool:
    return (isinstance(x, int | float | np.number) and not isinstance(x, bool)) or isinstance(x, Value)


def plain(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


def is_special(o: Any) -> bool:
    return isinstance(o, SimpleNamespace) or (type(o).__module__ == "program" and not isinstance(o, enum.Enum))


STALE = "an attribute that cannot follow"
CACHED = "a cache that outlives the run"
CAUGHT = "a refusal that f catches"
EFFECTS = "an attribute that is computed beside side effects"
OF_ARRAY = "parameters that are the numbers of an array"


class Oracle:
    """What the argument's numbers are, and a copy of it with others in their places."""

    def __init__(self, space: dict[str, Any], loose: bool = False) -> None:
        self.space = space
        self.loose = loose  # what a class computes follows wherever its formula holds, whether or not it can be rerun
        self.derived: dict[str, list[tuple[str, str]]] = space["DERIVED"]
        self.parameters: dict[str, list[str]] = space["PARAMETERS"]
        self.reasons: set[str] = set()  # why a refusal would be allowed
        self.reasons |= {CACHED} if uses(space["f"], "memo", "tabled") else set()
        self.reasons |= {CAUGHT} if "math" in space["f"].__code__.co_names else set()
        self.hides = False  # whether such an attribute is no field, so that no derivative tells of it
        self.unfound = ""  # a module that does not find all its parameters
        self.paths: list[Path] = []
        self.owners: list[tuple[int, Path]] = []  # of each number: the object that holds it, and the way from there
        self.around: list[tuple[int, int]] = []  # what is being looked at, and how long the ways to it are
        self.numbers: list[float] = []
        self.look(space["p"], ())

    def followers(self, o: Any) -> dict[str, str]:
        """The attributes that follow the others, with their formulas; what stays as it is may be refused."""
        name = type(o).__name__
        pairs = self.derived.get(name, [])
        if isinstance(o, list | dict) and "total" in raw(o):
            pairs = [("total", f"sum(self{'' if isinstance(o, list) else '.values()'})")]
        attributes, same = raw(o), None
        if has_effects(type(o)):  # any attribute may have been computed beside these
            self.reasons.add(EFFECTS)
        if not pairs:
            return {}
        found: dict[str, str] = {}
        for x, formula in pairs:
            if x not in attributes:
                continue
            cached = x in ("cached", "total")
            self.reasons |= {EFFECTS} if not cached and has_effects(type(o)) else set()
            holds = bool(formula) and alike(self.evaluated(formula, self.twin(o, {})), attributes[x])
            if not cached and same is None:
                same = self.reproduced(o)
            if not cached and same and not holds and formula:
                raise ValueError(f"{formula} is not what {name} computes")
            if holds and (cached or same or self.loose):
                found[x] = formula
            if attributes[x] is not None and not (holds and (cached or (same and not coerces(o)))):
                self.reasons.add(STALE)
                self.hides |= x not in getattr(type(o), "__dataclass_fields__", {})
        return found

    def evaluated(self, formula: str, o: Any) -> Any:
        """What the formula says of the object now; of a copy, since asking may fill a cache."""
        return eval(formula, self.space, {"self": o})

    def reproduced(self, o: Any) -> bool:
        """Whether running `__post_init__` again leaves the object as it is."""
        if not hasattr(o, "__post_init__"):
            return False
        state = self.space["STATE"]
        kept = {**state, "all": [*state["all"]]}
        twin = self.twin(o, {})
        try:
            type(o).__post_init__(twin)
            return alike(twin, o)
        except Exception:
            return False
        finally:
            state.update(kept)

    def look(self, x: Any, path: Path) -> None:
        if number_like(x):
            self.note(path)
            self.numbers.append(plain(x))
        elif isinstance(x, dict):
            self.reasons |= {"a dict of a class of its own"} if type(x) is not dict else set()
            self.followers(x)
            self.around += [(id(x), len(path))] if type(x) is not dict else []
            for key, y in x.items():
                self.look(y, (*path, ("item", key)))
            self.around = self.around[:-1] if type(x) is not dict else self.around
        elif isinstance(x, list | tuple | np.ndarray):
            self.reasons |= {"a list of a class of its own"} if type(x).__name__ == "Numbers" else set()
            self.followers(x)
            self.around += [(id(x), len(path))] if type(x).__name__ == "Numbers" else []
            for k, y in enumerate(x):
                self.look(y, (*path, ("item", k)))
            self.around = self.around[:-1] if type(x).__name__ == "Numbers" else self.around
        elif type(x).__name__ in self.parameters and hasattr(x, "parameters"):
            places = self.parameters[type(x).__name__]
            self.reasons |= {OF_ARRAY} if isinstance(x.w, np.ndarray) else set()
            if isinstance(x, ml.nn.Module) and len(x.parameters()) != len(places):
                self.unfound = f"{type(x).__name__} has {places}, parameters() {x.parameters()}"
            elif not isinstance(x, Modular) and len(x.parameters()) != len(places):
                raise ValueError(f"{places} are not the parameters of {type(x).__name__}")
            self.around.append((id(x), len(path)))
            for k, place in enumerate(places):
                self.note((*path, ("parameter", k)))
                self.numbers.append(plain(eval(f"self.{place}", {"self": x})))
            self.around.pop()
        elif is_special(x):
            fields = getattr(type(x), "__dataclass_fields__", None)
            self.reasons |= {"an object that is no dataclass"} if fields is None else set()
            names = [*raw(x)]
            if fields is not None:
                names = list(dict.fromkeys([n for n, f in fields.items() if f._field_type.name == "_FIELD"] + names))
            followers = self.followers(x)
            self.around.append((id(x), len(path)))
            for name in names:
                if name not in followers and name in raw(x):
                    self.look(raw(x)[name], (*path, ("attribute", name)))
            self.around.pop()

    def note(self, path: Path) -> None:
        """A number has been found."""
        owner, length = self.around[-1] if self.around else (0, 0)
        self.paths.append(path)
        self.owners.append((owner, path[length:]))

    def together(self, slopes: list[float]) -> list[float]:
        """The derivatives by numbers of an object that stands in several places: it is one, and gets their sum."""
        return [sum(y for y, other in zip(slopes, self.owners, strict=True) if other == owner) for owner in self.owners]

    def twin(self, x: Any, new: dict[Path, Any], path: Path = ()) -> Any:
        """A copy, attribute by attribute, that no code of the program takes part in."""
        if number_like(x):
            return new.get(path, x)
        if isinstance(x, np.ndarray):
            parts = [self.twin(y, new, (*path, ("item", k))) for k, y in enumerate(x)]
            if x.dtype != object:
                return np.array(parts, dtype=object if new else x.dtype)
            twin = np.empty(len(x), dtype=object)
            for k, part in enumerate(parts):
                twin[k] = part
            return twin
        if type(x) in (list, tuple):
            return type(x)(self.twin(y, new, (*path, ("item", k))) for k, y in enumerate(x))
        if isinstance(x, tuple):
            return tuple.__new__(type(x), [self.twin(y, new, (*path, ("item", k))) for k, y in enumerate(x)])
        if isinstance(x, list | dict):
            q = type(x).__new__(type(x))
            if isinstance(x, list):
                list.extend(q, [self.twin(y, new, (*path, ("item", k))) for k, y in enumerate(x)])
            else:
                for key, y in x.items():
                    dict.__setitem__(q, key, self.twin(y, new, (*path, ("item", key))))
            if getattr(x, "__dict__", None) is x:
                q.__dict__ = q
                return q
            return self.with_attributes(q, x, new, path)
        if type(x).__name__ in self.parameters and hasattr(x, "parameters"):
            return self.twin_of_model(x, new, path)
        if is_special(x):
            return self.with_attributes(blank(x), x, new, path)
        return x

    def with_attributes(self, q: Any, x: Any, new: dict[Path, Any], path: Path) -> Any:
        for name, y in raw(x).items():
            put(q, name, self.twin(y, new, (*path, ("attribute", name))))
        if new:
            for name, formula in self.followers(x).items():
                put(q, name, self.evaluated(formula, q))
        return q

    def twin_of_model(self, x: Any, new: dict[Path, Any], path: Path) -> Any:
        q = object.__new__(type(x))
        vars(q).update(vars(x))
        q.w = [*x.w] if isinstance(x.w, list) else np.array([*x.w], dtype=object)
        if hasattr(x, "more"):
            q.more = copy.deepcopy(x.more) if isinstance(x.more, list) else copy.copy(x.more)
            q.more = (q.more,)[0] if not isinstance(x.more, tuple) else [*x.more]
        for k, place in enumerate(self.parameters[type(x).__name__]):
            exec(f"self.{place} = new", {"self": q, "new": new.get((*path, ("parameter", k)), eval(f"x.{place}"))})
        if hasattr(x, "history"):
            q.history = [*x.history]
        if hasattr(x, "tied"):
            q.tied = q.b
        if hasattr(x, "loss"):
            q.loss = FunctionType(x.loss.__code__, x.loss.__globals__, "loss", None, (CellType(q),))
        if hasattr(x, "act"):
            q.act = MethodType(x.act.__func__, q)
        return q

    def g(self, numbers: list[Any]) -> Any:
        """f of the flat list; with dual numbers nothing is remembered from another run."""
        if self.space["sin"] is duals.sin:
            self.space["memo"].cache_clear()
            self.space["TABLE"].clear()
        return self.space["f"](self.twin(self.space["p"], dict(zip(self.paths, numbers, strict=True))))


def blank(x: Any) -> Any:
    return SimpleNamespace() if isinstance(x, SimpleNamespace) else object.__new__(type(x))


def put(q: Any, name: str, x: Any) -> None:
    if isinstance(getattr(q, "__dict__", None), dict) and name not in slots_of(q):
        q.__dict__[name] = x
    else:
        object.__setattr__(q, name, x)


def slots_of(q: Any) -> set[str]:
    return {n for kind in type(q).__mro__ for n, m in vars(kind).items() if type(m).__name__ == "member_descriptor"}


def has_effects(kind: type) -> bool:
    """Whether making such an object counts, or registers it."""
    rules = "__post_init__", "__setattr__"
    inits = [
        vars(base)[rule] for base in kind.__mro__ for rule in rules if isinstance(vars(base).get(rule), FunctionType)
    ]
    return any(uses(init, "STATE", "next_id") for init in inits)


def uses(f: Any, *names: str) -> bool:
    return not {*f.__code__.co_names}.isdisjoint(names)


def coerces(o: Any) -> bool:
    """Whether `__post_init__` makes plain numbers, which cannot be followed."""
    return not {*type(o).__post_init__.__code__.co_names}.isdisjoint({"float", "round", "max", "min", "abs"})


def alike(x: Any, y: Any) -> bool:
    """Whether two things are the same: types, bits, attributes."""
    if x is y:
        return True
    if type(x) is not type(y):
        return False
    if isinstance(x, list | tuple | np.ndarray):
        return len(x) == len(y) and all(map(alike, x, y)) and (getattr(x, "__dict__", 0) == getattr(y, "__dict__", 0))
    if isinstance(x, dict):
        return [*x] == [*y] and all(map(alike, x.values(), y.values()))
    if isinstance(x, float):
        return struct.pack("d", x) == struct.pack("d", y)
    return alike(raw(x), raw(y)) if is_special(x) or raw(x) else bool(x == y)


# comparing

MISSING = "nothing"


def close(x: Any, y: float) -> bool:
    if not isinstance(x, int | float | np.number):
        return False
    return bool(abs(x - y) <= 1e-9 * max(1.0, abs(x), abs(y))) or (math.isnan(x) and math.isnan(y))


def snapshot(x: Any, around: tuple[int, ...] = ()) -> Any:
    """All of an object as text and identities."""
    if id(x) in around:
        return "itself"
    around = (*around, id(x))
    if isinstance(x, Value):
        return id(x), x.data, x.grad
    if isinstance(x, np.ndarray) and x.dtype != object:
        return id(x), x.dtype, x.shape, x.tobytes()
    if isinstance(x, list | tuple | np.ndarray):
        return type(x), id(x), [snapshot(y, around) for y in x], snapshot(getattr(x, "__dict__", None), around)
    if isinstance(x, dict):
        return type(x), id(x), [(key, snapshot(y, around)) for key, y in x.items()]
    if is_special(x):
        return type(x), id(x), [(key, snapshot(y, around)) for key, y in raw(x).items()]
    return repr(x)


def updates(x: Any, around: tuple[int, ...] = ()) -> list[Any]:
    """What models have counted."""
    found = [(x.count, x.mean, [*x.history])] if type(raw(x).get("history")) is list else []
    if id(x) not in around and (isinstance(x, list | tuple | dict) or is_special(x)):
        parts = [*x.values()] if isinstance(x, dict) else [*x] if isinstance(x, list | tuple) else []
        for part in [*parts, *raw(x).values()]:
            found += updates(part, (*around, id(x)))
    return found


def values_in(x: Any, around: tuple[int, ...] = ()) -> Iterator[int]:
    if isinstance(x, Value):
        yield id(x)
    elif id(x) not in around and (isinstance(x, list | tuple | dict | np.ndarray) or is_special(x)):
        parts = [*x.values()] if isinstance(x, dict) else [*x] if isinstance(x, list | tuple | np.ndarray) else []
        for part in [*parts, *raw(x).values()]:
            yield from values_in(part, (*around, id(x)))


class Trial:
    """One program in both worlds: what is expected, and how the package is asked."""

    def __init__(self, text: str, random: Random) -> None:
        self.random = random
        alone = world(text, dual=True)
        before = snapshot(alone["p"])
        self.value = float(alone["f"](alone["p"]))
        self.fills_caches = snapshot(alone["p"]) != before
        self.oracle = Oracle(world(text, dual=True))
        made = counted(self.oracle.space)
        self.copys_value = plain(self.oracle.g(self.oracle.numbers))
        self.runs = grown(self.oracle.space, made)
        self.slopes = duals.derivatives(self.oracle.g, self.oracle.numbers)
        self.looser = Oracle(self.oracle.space, loose=True)
        self.loose_slopes = duals.derivatives(self.looser.g, self.looser.numbers)
        self.beside, self.space = world(text, dual=True), world(text, dual=False)
        self.f, self.p = self.space["f"], self.space["p"]
        self.flat = Oracle(self.space)
        self.plain = not {*values_in(self.p)}

    @property
    def is_telling(self) -> bool:
        return any(self.slopes) and all(map(math.isfinite, [self.value, *self.slopes]))

    @property
    def holds_constant(self) -> bool:
        """Whether something that a class has computed of its attributes is taken as it is, not followed."""
        followed = dict(zip(self.looser.paths, self.loose_slopes, strict=True))
        return [followed.get(path, 0.0) for path in self.oracle.paths] != self.slopes

    def ask(self, how: str) -> Iterator[tuple[str, str]]:
        """What a transform answers otherwise."""
        if how == "flat":
            found = value_and_grad(self.flat.g)(self.oracle.numbers)
            paths: list[Path] = [(("item", k),) for k, _ in enumerate(self.slopes)]
            yield from self.compared(found, paths, self.slopes)
        elif how == "grad":
            found = value_and_grad(self.f)(self.p)
            wrong = [*self.compared(found, self.oracle.paths, self.slopes)]
            if not wrong and self.oracle.hides and self.holds_constant:
                yield "held constant silently", f"expected {self.loose_slopes}, or a refusal; found {found[1]!r:.80}"
            if wrong and STALE in self.oracle.reasons:
                wrong = [*self.compared(found, self.looser.paths, self.loose_slopes)]
            yield from wrong
        else:
            expected, found, where = getattr(self, f"ask_{how}")()
            found = [plain(x) if number_like(x) else x for x in found]
            if not all(map(close, found, expected)):
                yield "derivative", f"expected {expected}{where}, found {found!r:.80}"

    def ask_jvp(self) -> Any:
        rates = [self.random.choice([0.0, 1.0, -2.0]) for _ in self.slopes]
        here = Oracle(self.space).paths  # f may have kept a number in an object, which is at rest
        tangent = self.flat.twin(self.p, {**dict.fromkeys(here, 0.0), **dict(zip(self.flat.paths, rates, strict=True))})
        expected = self.value, sum(x * y for x, y in zip(rates, self.slopes, strict=True))
        return expected, jvp(self.f, (self.p,), (tangent,)), f" at the rates {rates}"

    def ask_hessian(self) -> Any:
        i, j = (self.random.randrange(len(self.slopes)) for _ in range(2))
        paths = self.oracle.paths[i], self.oracle.paths[j]
        expected = duals.second(self.oracle.g, self.oracle.numbers, i, j)
        return [expected], [at(at(hessian(self.f)(self.p), paths[0]), paths[1])], f" at {written(*paths)}"

    def ask_nested(self) -> Any:
        """The derivative of a derivative by something outside."""
        i = self.random.randrange(len(self.slopes))
        path = self.oracle.paths[i]
        found = grad(lambda s: value_at(grad(lambda p: s * self.f(p))(self.p), path))(1.5)
        return [self.slopes[i]], [found], f" at {written(path)}"

    def together(self, paths: list[Path], slopes: list[float]) -> list[float]:
        oracle = next((oracle for oracle in (self.oracle, self.looser) if oracle.paths is paths), None)
        return oracle.together(slopes) if oracle else slopes

    def compared(self, found: tuple[Any, Any], paths: list[Path], slopes: list[float]) -> Iterator[tuple[str, str]]:
        if not close(plain(found[0]), self.value):
            yield "value", f"expected {self.value}, found {found[0]}"
            return
        slopes = self.together(paths, slopes)
        for path, slope in zip(paths, slopes, strict=True):
            there = value_at(found[1], path)
            if not close(plain(there) if number_like(there) else there, slope):
                what = "missing" if there is MISSING else "derivative"
                yield what, f"expected {slope} at {written(path)}, found {there!r:.60}"
                return
            if self.plain and isinstance(there, Value):
                yield "a Value among numbers", f"expected {slope} at {written(path)}, found {there!r:.60}"
                return

    def differences(self, how: str, refusals: Counter[str]) -> Iterator[tuple[str, str]]:
        """What is not as on plain numbers when the package is asked once."""
        before, made, kept = snapshot(self.p), counted(self.space), {*values_in(self.p)}
        if how not in ("flat", "grad") and len({*self.oracle.owners}) < len(self.oracle.owners):
            return  # an object stands in two places
        reasons = self.oracle.reasons & {CACHED, CAUGHT} if how == "flat" else self.oracle.reasons
        try:
            yield from self.ask(how)
        except (TypeError, ValueError) as error:
            if not reasons:
                yield "refused", f"{type(error).__name__}: {error!s:.300}{last_lines()}"
            elif reasons == {STALE} and "p" not in str(error):
                yield "refused without a name", str(error)
            else:
                refusals[", ".join(sorted(reasons))] += 1
            return
        except Exception as error:
            yield type(error).__name__, f"{error!s:.300}{last_lines()}"
            return
        if snapshot(self.p) != before and not self.fills_caches:
            yield "the argument has changed", f"{before}\n{snapshot(self.p)}"
        if not {*values_in(self.p)} <= kept:
            yield "a Value of the run stays in the argument", ""
        if how != "flat":
            yield from self.effects(grown(self.space, made))

    def effects(self, found: dict[str, int]) -> Iterator[tuple[str, str]]:
        """What the run has left behind, beside the answer."""
        self.beside["f"](self.beside["p"])
        expected, there = updates(self.beside["p"]), updates(self.p)
        if there != expected and not self.fills_caches:  # which f does not fill again
            yield "an update is lost", f"expected {expected}, found {there}"
        if found["runs"] != self.runs["runs"]:
            yield f"f ran {found['runs']} times", ""
        elif found != self.runs:
            yield "side effects", f"expected {self.runs}, found {found}"


def differences(text: str, random: Random, refusals: Counter[str] | None = None) -> Iterator[tuple[str, str]]:
    """What is not as on the flat list: its kind, and what was expected and found."""
    refusals = Counter() if refusals is None else refusals
    try:
        trial = Trial(text, random)
    except Exception:  # it does not work on plain numbers
        refusals["(no program)"] += 1
        return
    if trial.fills_caches and "] * 2" in text:  # in an object that stands in two places
        return
    if not close(trial.copys_value, trial.value):
        yield "the oracle's copy differs", f"expected {trial.value}, found {trial.copys_value}"
    if trial.flat.unfound:
        yield "module: parameters are not found", trial.flat.unfound
    if trial.flat.unfound or not trial.is_telling:
        return
    other = random.choice(["jvp", "hessian", "nested"])
    hows = ["flat", "grad"] if STALE in trial.oracle.reasons or (other == "jvp" and trial.flat.parameters) else []
    for how in hows or ["flat", "grad", other]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for kind, what in trial.differences(how, refusals):
                yield f"{how}: {kind}", what


def counted(space: dict[str, Any]) -> dict[str, int]:
    return {**space["STATE"], "all": len(space["STATE"]["all"])}


def grown(space: dict[str, Any], before: dict[str, int]) -> dict[str, int]:
    """By how much the program's counters have grown."""
    return {key: n - before[key] for key, n in counted(space).items()}


def value_at(x: Any, path: Path) -> Any:
    """What a derivative says there; MISSING if nothing."""
    for how, key in path:
        try:
            x = raw(x)[key] if how == "attribute" else x[key]
        except (KeyError, IndexError, TypeError, AttributeError):
            return MISSING
    return x


def at(x: Any, path: Path) -> Any:
    x = value_at(x, path)
    return plain(x) if number_like(x) else x


def written(*paths: Path) -> str:
    forms = {"attribute": ".{}", "item": "[{!r}]", "parameter": ".parameters()[{}]"}
    return " and ".join("p" + "".join(forms[how].format(key) for how, key in path) for path in paths)


def last_lines() -> str:
    return "\n" + "".join(traceback.format_exc().splitlines(keepends=True)[-7:])


def smallest(text: str, seed: int, kind: str) -> str:
    """The smallest program with a difference of that kind."""

    def shows(shorter: str) -> bool:
        try:
            return any(found == kind for found, _ in differences(shorter, Random(seed)))
        except Exception:  # nothing is left to compare
            return False

    return shortest(text, shows)


def main(count: int, seed: int, kinds: bool) -> None:
    found: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for k in range(seed * 1_000_000, seed * 1_000_000 + count):
        text = Writer(Random(k)).program()
        for kind, _ in [*differences(text, Random(k), refusals)]:
            found[kind] += 1
            if not kinds or found[kind] == 1:
                shorter = smallest(text, k, kind)
                what = next((what for found, what in differences(shorter, Random(k)) if found == kind), "?")
                print(f"# seed {k}: {kind}\n{shorter}\n# {what}\n", flush=True)
    print(f"{count} examples, differences: {dict(found.most_common())}")
    print(f"refusals of what may be refused: {dict(refusals.most_common())}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), kinds="kinds" in sys.argv)
