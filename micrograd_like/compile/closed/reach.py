"""The walk from a function to all that it finds outside its arguments, and how to look there again.

Whatever is found by name is compared by identity. The walk goes on through the user's functions, classes and objects,
through lists, dicts and arrays, and stops at what nobody changes: numbers, texts, the standard library, this package.
"""

from __future__ import annotations

import builtins as standard
import sys
from abc import ABCMeta
from operator import attrgetter
from types import BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType, ModuleType, NoneType

from ...core import core
from ...graph import Node
from ...operation import BUILT_IN, OPS, Op, public
from ...runs.bytecode import asks_identity, code_key, codes_in, type_sites
from ...runs.positions import PACKAGE
from ...runs.users import NAME, is_installed, is_users_code, is_users_module
from ...transforms.call import Recorder
from ...transforms.grad import Derivative
from . import kinds, looks
from .looks import ABSENT
from .names import read_names, references
from .objects import Objects

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CellType, CodeType
    from typing import Any

REFLECTION = {"getattr", "hasattr", "vars", "__dict__", "attrgetter", "__getattribute__", "import_module", "dir"}
OF_DEFINITIONS = (
    "__name__",
    "__qualname__",
    "__doc__",
    "__module__",
    "__annotations__",
    "__closure__",
    "__type_params__",
)
LOCKING = {"locked", "acquire", "_is_owned", "_recursion_count"}  # words that ask whether a lock is held


class Reach(Objects):
    """The walk through functions, classes, modules, and what the names in their code stand for."""

    def __init__(self, ran: frozenset[Any] = frozenset()) -> None:
        super().__init__()
        self.ran = ran  # functions of installed packages that ran, which are followed as the user's own are
        self.asks_identity = False  # whether the code asks which object the answer of a comparison is
        self.modules: dict[int, ModuleType] = {}  # the user's, which may be asked for any of them
        self.classes: list[tuple[type, str]] = []  # the user's, which may be asked for their names
        self.budget = 400  # of objects of installed packages

    def walk(self, found: Iterable[Any]) -> None:
        """Go on from these."""
        self.start()
        for x in found:
            self.visit(x, (x if issubclass(type(x), kinds.DEFINITIONS) else type(x)).__name__)
        seen = -1
        while self.stack or self.far or seen < len(self.words):
            self.follow()
            seen = len(self.words)
            self.ask_modules()
        self.finish()

    def follow(self) -> None:
        """Go through what is waiting: the user's own first, then installed packages, as far as that goes."""
        while self.stack or self.far:
            far = not self.stack
            x, label = self.far.popleft() if far else self.stack.pop()
            self.is_far = far or self.is_apart(x)
            if not far or self.budget > 0:
                self.enter(x, label)
            self.budget -= far
        self.is_far = False

    def is_apart(self, x: Any) -> bool:
        """Whether this is a function of an installed package that has not run."""
        if type(x) is not FunctionType:
            return False
        return is_installed(x.__code__.co_filename) and code_key(x.__code__) not in self.ran

    def enter(self, x: Any, label: str) -> None:
        """Note what may change in an object, and go on to what it refers to."""
        kind = type(x)  # isinstance() would ask x for its __class__, which may be the user's code
        if core and kind is core.Function:  # one of ours
            return
        if issubclass(kind, FunctionType):
            self.function(x, label)
        elif issubclass(kind, MethodType):
            self.visit(x.__func__, label)
            self.visit(x.__self__, label.rpartition(".")[0] or "self")
        elif issubclass(kind, BuiltinFunctionType | MethodWrapperType):
            self.builtin(x, label)
        elif issubclass(kind, ModuleType):
            self.module(x)
        elif issubclass(kind, type):
            self.kind(x, label)
        elif issubclass(kind, Derivative):
            self.visit(x.recorder.f, label)
        elif issubclass(kind, Node | Op | Recorder):
            self.own_kind(x, label)
        else:
            self.thing(x, label)

    def function(self, x: FunctionType, label: str) -> None:
        users = is_users_code(x.__code__)
        if "registry" in x.__dict__ and x.__code__.co_filename == kinds.SINGLE:  # singledispatch, which keeps a cache
            self.copy(lambda x: dict(x.__dict__["registry"]), x, f"the registry of {label}")
            for y in [*x.__dict__["registry"].values()]:
                self.visit(y, label)
            return
        if x.__code__.co_filename.startswith(PACKAGE):
            for name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
                if name != "value" or x.__code__.co_filename != public.__code__.co_filename:  # see its row
                    self.visit(cell.cell_contents, label)
            self.visit(x.__dict__.get("__wrapped__"), label)
            return
        for name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            self.cell(name, cell, name in read_names(x.__code__))
        if users:
            self.one(looks.CODE, x, x.__code__, f"the code of {label}")
            for part in (looks.DEFAULTS, looks.KWDEFAULTS):
                if part(x) is not None:  # else a call that needs them fails
                    self.one(part, x, part(x), f"the defaults of {label}")
        self.visit(x.__dict__.get("__wrapped__"), label)
        self.with_attributes.append((x, label))
        for y in (x.__defaults__, x.__kwdefaults__):
            self.visit(y, f"the defaults of {label}")
        self.suspicious |= not users or is_installed(x.__code__.co_filename)
        if users:
            self.code(x.__code__, x.__globals__)
        else:
            if f"{x.__module__}.{x.__qualname__}" == "os.getenv":
                self.visit(x.__globals__["environ"], "os.environ")

    def cell(self, name: str, cell: CellType, is_read: bool) -> None:
        try:
            content = cell.cell_contents
        except ValueError:
            self.one(looks.content_of, cell, ABSENT, name)
            return
        if id(cell) not in self.met:
            self.met[id(cell)] = cell
            self.one(looks.CONTENT, cell, content, name)
        self.visit(content, name, is_read)

    def builtin(self, x: Any, label: str) -> None:
        """A function or method written in C: its object, and whether it may answer something else in every call."""
        around = x.__self__
        module = x.__module__ or ""
        if module in ("decimal", "_decimal"):
            self.decimals()
        if isinstance(around, ModuleType | NoneType):
            self.suspicious |= module.partition(".")[0] not in kinds.HARMLESS or x.__name__ in kinds.CHANCY
        else:
            self.suspicious = True
            self.visit(around, label.rpartition(".")[0] or label)

    def module(self, x: ModuleType) -> None:
        self.suspicious |= x.__name__.partition(".")[0] not in {*kinds.HARMLESS, NAME}
        if x.__name__ == "decimal":
            self.decimals()
        if is_users_module(x):
            self.modules[id(x)] = x
            self.one(type, x, type(x), f"the class of {x.__name__}")
            self.visit(type(x), type(x).__name__)

    def kind(self, x: type, label: str) -> None:
        if issubclass(type(x), ABCMeta):
            self.process_wide(looks.registrations, "what is registered with abstract classes")
        if kinds.module_of(x) == "decimal":
            self.decimals()
        if not kinds.is_open_class(x):
            self.suspicious |= kinds.module_of(x) not in kinds.HARMLESS_CLASSES and not kinds.module_of(x).startswith(
                NAME
            )
            return
        self.note_entries(vars(x), label, "{}.{}")
        self.one(looks.BASES, x, x.__mro__, f"the bases of {label}")
        self.classes.append((x, label))
        for name, y in [*vars(x).items()]:
            if not name.startswith("__") or hasattr(type(y), "__get__"):
                self.visit(y, f"{label}.{name}")
        for y in (*x.__mro__, type(x)):
            self.visit(y, getattr(y, "__name__", label))

    # code

    def code(self, code: CodeType, namespace: dict[str, Any]) -> None:
        """Note what the names in a function's code stand for."""
        outside, imported, words = references(code)
        read = read_names(code)
        users_own = not self.is_far
        if users_own:
            self.words.update(dict.fromkeys(words))
        if "random" in words:
            self.suspicious = True
        for each in codes_in(code):
            self.suspicious = self.suspicious or bool(type_sites(each))
            self.asks_identity = self.asks_identity or asks_identity(each)
        builtins = namespace.get("__builtins__", {})
        builtins = vars(builtins) if isinstance(builtins, ModuleType) else builtins
        if self.main is None and users_own:
            self.main, self.builtins = namespace, builtins
        modules = [*self.imported(imported, namespace)]
        for name in outside:
            x = self.name(namespace, name, is_read=name in read)
            if x is ABSENT and namespace is self.main:
                x = self.named[id(namespace)][1][name] = builtins.get(name, ABSENT)
                self.visit(x, name)
            elif x is ABSENT:
                x = self.name(builtins, name)
            if name in ("max", "min") and name not in namespace and x is getattr(standard, name):
                self.choosing[id(namespace)] = namespace
            if issubclass(type(x), ModuleType):
                modules.append(x)
        for name in words:
            if name in OPS and name not in BUILT_IN:
                self.name(OPS, name)
        own = sys.modules.get(namespace.get("__name__") or "")
        if "modules" in words and own is not None and vars(own) is namespace:  # as sys.modules[__name__]
            modules.append(own)
        for module in modules:
            self.ask(module, words, users_own)

    def imported(self, names: Iterable[str], namespace: dict[str, Any]) -> Iterable[ModuleType]:
        """The modules that code imports, as far as they are there."""
        package = namespace.get("__package__") or ""
        for name in names:
            parents = package.split(".") if package else []
            full = [name, *(".".join([*parents[: k + 1], name]).strip(".") for k in range(len(parents)))]
            known = [each for each in dict.fromkeys(full) if each in sys.modules]
            for each in known or [name]:
                self.name(sys.modules, each)
                self.suspicious = True
            for each in known:
                yield sys.modules[each]
                yield sys.modules[each.partition(".")[0]]

    def ask(self, module: ModuleType, words: Iterable[str], users_own: bool) -> None:
        """Note what the names stand for in a module, and in the modules that they stand for there."""
        namespace = vars(module)
        users = is_users_module(module)
        near = users and users_own and not is_installed(vars(module).get("__file__") or "")
        for word in (*words, "__getattr__") if near else [word for word in words if word in namespace]:
            if (id(namespace), word) not in self.met:
                self.met[id(namespace), word] = None
                x = self.name(namespace, word, f"{module.__name__}.", follow=namespace.get(word) is not sys.modules)
                if issubclass(type(x), ModuleType) and x is not module:
                    self.ask(x, words, users_own)

    def ask_modules(self) -> None:
        """The same for modules and functions that the user's code may ask for any of its names, or for others."""
        reflects = not REFLECTION.isdisjoint(self.words)
        self.ask_definitions([*OF_DEFINITIONS] if reflects else [part for part in OF_DEFINITIONS if part in self.words])
        if not LOCKING.isdisjoint(self.words):
            for lock, label in self.locks:
                self.copy(repr, lock, label)
            self.locks.clear()
        for module in [*self.modules.values()]:
            self.ask(module, [*self.words], True)
            if reflects and not is_installed(vars(module).get("__file__") or ""):
                for name, x in [*vars(module).items()]:
                    self.name(
                        vars(module), name, f"{module.__name__}.", follow=not issubclass(type(x), kinds.DEFINITIONS)
                    )
        for f, label in self.with_attributes:
            own = f.__dict__
            if reflects and not self.is_apart(f):
                self.note_entries(own, label, "{}.{}")
            for name in own if reflects else [name for name in own if name in self.words]:
                self.name(own, name, f"{label}.")

    def ask_definitions(self, parts: list[str]) -> None:
        """The same for the names, texts and annotations of functions and classes."""
        for part in parts:
            named = self.classes if part in ("__name__", "__qualname__") else []  # what else a class has is in its dict
            for x, label in [*self.with_attributes, *named]:
                if hasattr(x, part) and (id(x), part) not in self.met and not self.is_apart(x):
                    self.met[id(x), part] = None
                    self.one(attrgetter(part), x, getattr(x, part), f"{label}.{part}")
                    self.visit(getattr(x, part), f"{label}.{part}")
