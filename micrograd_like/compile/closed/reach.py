"""The walk from a function to all that it finds outside its arguments, and how to look there again.

Whatever is found by name is compared by identity. The walk goes on through the user's functions, classes and objects,
through lists, dicts and arrays, and stops at what nobody changes: numbers, texts, the standard library, this package.
"""

from __future__ import annotations

import gc
import sys
from abc import ABCMeta
from collections import ChainMap, OrderedDict, deque
from functools import partial, singledispatchmethod
from itertools import chain, repeat
from operator import attrgetter, methodcaller
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    NoneType,
)
from weakref import ProxyType, ref

from ...core import core
from ...graph import Node
from ...operation import BUILT_IN, OPS, Op, public
from ...runs.bytecode import asks_identity, type_sites
from ...trace.places import PACKAGE
from ...transforms.grad import Derivative
from ...transforms.run import Recorder
from .kinds import (
    BUFFERS,
    CHANCY,
    DEFINITIONS,
    DICTS,
    HARMLESS,
    HARMLESS_CLASSES,
    HOLDING,
    LEAF_MODULES,
    LEAVES,
    PLAIN_DATA,
    SEQUENCES,
    SINGLE,
    has_buffer,
    is_c_iterator,
    is_local,
    is_logger,
    is_ndarray,
    is_opaque,
    module_of,
)
from .looks import (
    ABSENT,
    ARGS,
    BASES,
    CODE,
    CONTENT,
    CONTEXT,
    DEFAULTS,
    EMPTY,
    END,
    GETATTRIBUTE,
    KWDEFAULTS,
    LEVEL,
    LONG,
    NAME_OF,
    OWN_NAMES,
    STATES,
    Copy,
    Look,
    always_another,
    bits,
    content_of,
    context_in_force,
    flat,
    in_slot,
    is_dead,
    labelled,
    own_names,
    referents,
    registered,
    registrations,
    signals,
    signals_in_force,
    state_of_context,
    state_of_numpy,
)
from .origins import (
    IMMUTABLE,
    NAME,
    code_key,
    codes_in,
    is_installed,
    is_librarys,
    is_users_class,
    is_users_code,
    is_users_module,
    read_names,
    references,
)
from .versions import addresses_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

REFLECTION = {"getattr", "hasattr", "vars", "__dict__", "attrgetter", "__getattribute__", "import_module", "dir"}
COMPILE = __name__.rpartition(".closed.")[0]  # whose objects are no one's state
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
OF_LOGGING = {"_cache", "manager"}  # what every logger keeps for the module, which is all loggers
HANDLERS = {"formatter", "filters"}  # what counts of a handler, beside which objects it has


class Reach:
    """The walk, which can go on from further objects later; it keeps what it has met, so that no id is used again."""

    def __init__(self, ran: frozenset[Any] = frozenset()) -> None:
        self.ran = ran  # functions of installed packages that ran, which are followed as the user's own are
        self.met: dict[Any, Any] = {}
        self.suspicious = False  # whether Values, chance, or calls of type() may be within reach
        self.asks_identity = False  # whether the code asks which object the answer of a comparison is
        self.words: dict[str, None] = {}  # all names in the user's code
        self.modules: dict[int, ModuleType] = {}  # the user's, which may be asked for any of them
        self.with_attributes: list[tuple[Any, str]] = []  # functions and Values that may be asked for them too
        self.classes: list[tuple[type, str]] = []  # the user's, which may be asked for their names
        self.locks: list[tuple[Any, str]] = []  # which the code may ask whether they are held
        self.main: dict[str, Any] | None = None  # the names of the module of the first function
        self.builtins: dict[str, Any] = {}  # which stand behind them
        self.is_far = False  # whether we are within an installed package
        self.budget = 400  # of objects there
        self.unread: dict[int, None] = {}  # lists that are only added to, by their id
        self.sequences: dict[int, Look | Copy] = {}
        self.start()

    def start(self) -> None:
        self.looks: list[Look] = []
        self.copies: list[Copy] = []
        self.stack: list[tuple[Any, str]] = []
        self.far: deque[tuple[Any, str]] = deque()  # of installed packages, the nearest first
        self.named: dict[int, tuple[dict[str, Any], dict[str, Any], str]] = {}
        self.many: dict[Any, tuple[list[Any], list[Any], list[str]]] = {}  # the same look at many things
        self.slots: list[tuple[Any, Any, Any]] = []  # objects, the descriptors of their slots, and what these hold

    def walk(self, found: Iterable[Any]) -> None:
        """Go on from these."""
        self.start()
        for x in found:
            self.visit(x, (x if issubclass(type(x), DEFINITIONS) else type(x)).__name__)
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

    def finish(self) -> None:
        """Put together what is looked at in the same way."""
        for number, look in self.sequences.items():
            look.is_read = number not in self.unread
        for namespace, found, prefix in self.named.values():
            if namespace is self.main:
                absent = {key: x for key, x in found.items() if x is ABSENT}
                there = {key: x for key, x in found.items() if x is not ABSENT}
                self.add_names(namespace, ChainMap(namespace, self.builtins).get, there, "", NAME_OF)
                self.add_names(None, namespace.get, absent, "", None)
            else:
                self.add_names(namespace, namespace.get, found, prefix, None)
        for look_at, (things, before, labels) in self.many.items():
            self.add(None, partial(map, look_at, things), (*before,), partial(labelled, labels), look_at, things)
        if self.slots:
            objects, slots, values = zip(*self.slots, strict=True)
            labels = [f"{type(x).__name__}.{slot.__name__}" for x, slot, _ in self.slots]
            self.add(None, partial(map, in_slot, slots, objects), values, partial(labelled, labels))

    def add_names(self, namespace: Any, get: Any, found: dict[str, Any], prefix: str, how: Any) -> None:
        if found:
            now = partial(map, get, [*found], repeat(ABSENT))
            labels = [prefix + key for key in found]
            self.add(namespace, now, (*found.values(),), partial(labelled, labels), how, [*found])

    def add(
        self, namespace: Any, now: Any, before: tuple[Any, ...], label: Any, how: Any = None, wheres: Any = ()
    ) -> None:
        self.looks.append(Look(now, before, label, namespace, how, wheres))

    # notes

    def visit(self, x: Any, label: str, is_read: bool = True) -> None:
        kind = type(x)
        if is_read:
            self.unread.pop(id(x), None)
        elif kind in (list, set, deque) and id(x) not in self.met:
            self.unread[id(x)] = None
        if kind is str:
            if x.isidentifier() and not self.is_far:
                self.words.setdefault(x)
        elif kind not in LEAVES and id(x) not in self.met:
            self.met[id(x)] = x
            (self.far if self.is_far else self.stack).append((x, label))

    def one(self, look: Any, where: Any, before: Any, label: str) -> None:
        """Note what a look at one thing finds."""
        wheres, befores, labels = self.many.setdefault(look, ([], [], []))
        wheres.append(where)
        befores.append(before)
        labels.append(label)

    def name(
        self, namespace: dict[str, Any], key: str, prefix: str = "", follow: bool = True, is_read: bool = True
    ) -> Any:
        """Note a name in the names of a module, and go on to what it stands for."""
        _, names, _ = self.named.setdefault(id(namespace), (namespace, {}, prefix))
        if key not in names:
            names[key] = namespace.get(key, ABSENT)
        if follow and names[key] is not ABSENT:
            self.visit(names[key], prefix + key, is_read)
        return names[key]

    def never(self, x: Any, label: str) -> None:
        """Note something that cannot be compared: it counts as changed in every call."""
        if not self.is_far:
            self.one(always_another, x, EMPTY, label)

    def copy(self, look: Callable[[Any], Any], x: Any, label: str) -> None:
        if not self.is_far or (look is bits and x.size <= 64):
            self.copies.append(Copy(look, x, label))

    # steps

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
        if "registry" in x.__dict__ and x.__code__.co_filename == SINGLE:  # singledispatch, which keeps a cache
            self.copy(registered, x, f"the registry of {label}")
            for y in x.__dict__["registry"].values():
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
            self.one(CODE, x, x.__code__, f"the code of {label}")
            for part in (DEFAULTS, KWDEFAULTS):
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
            self.one(content_of, cell, ABSENT, name)
            return
        if id(cell) not in self.met:
            self.met[id(cell)] = cell
            self.one(CONTENT, cell, content, name)
        self.visit(content, name, is_read)

    def builtin(self, x: Any, label: str) -> None:
        """A function or method written in C: its object, and whether it may answer something else in every call."""
        around = x.__self__
        module = x.__module__ or ""
        if module in ("decimal", "_decimal"):
            self.decimals()
        if isinstance(around, ModuleType | NoneType):
            self.suspicious |= module.partition(".")[0] not in HARMLESS or x.__name__ in CHANCY
        else:
            self.suspicious = True
            self.visit(around, label.rpartition(".")[0] or label)

    def module(self, x: ModuleType) -> None:
        self.suspicious |= x.__name__.partition(".")[0] not in {*HARMLESS, NAME}
        if x.__name__ == "decimal":
            self.decimals()
        if is_users_module(x):
            self.modules[id(x)] = x
            self.one(type, x, type(x), f"the class of {x.__name__}")
            self.visit(type(x), type(x).__name__)

    def decimals(self) -> None:
        """Note the context of decimal, on which all of its arithmetic depends."""
        self.process_wide(context_in_force, "the context of decimal")
        if "flags" in self.words:
            self.process_wide(signals_in_force, "the flags of decimal's context")

    def process_wide(self, look: Any, label: str) -> None:
        """Note what is one for the whole process."""
        if look not in self.met:
            self.met[look] = None
            self.copies.append(Copy(look, None, label))

    def kind(self, x: type, label: str) -> None:
        if issubclass(type(x), ABCMeta):
            self.process_wide(registrations, "what is registered with abstract classes")
        if module_of(x) == "decimal":
            self.decimals()
        if not is_users_class(x):
            self.suspicious |= module_of(x) not in HARMLESS_CLASSES and not module_of(x).startswith(NAME)
            return
        self.note_entries(vars(x), label, "{}.{}")
        self.one(BASES, x, x.__mro__, f"the bases of {label}")
        self.classes.append((x, label))
        for name, y in vars(x).items():
            if not name.startswith("__") or hasattr(type(y), "__get__"):
                self.visit(y, f"{label}.{name}")
        for y in (*x.__mro__, type(x)):
            self.visit(y, getattr(y, "__name__", label))

    def own_kind(self, x: Any, label: str) -> None:
        """An object of this package: what stands behind it is the user's again."""
        if isinstance(x, Recorder):
            self.visit(x.f, label)
        elif isinstance(x, Node):
            self.suspicious = True
            if own_names(x) is not None:  # of a subclass of the user's
                self.with_attributes.append((x, label))
                self.visit(type(x), type(x).__name__)
        elif x.name not in BUILT_IN:
            self.visit(x.rule, f"the rule of {x.name}")  # its value is computed anew in each call

    def thing(self, x: Any, label: str) -> None:
        """A container, an array or another object."""
        kind = type(x)
        if kind is singledispatchmethod:  # it remembers, by weak references, what it has been asked for
            self.visit(x.func, label)
            self.visit(x.dispatcher, label)
            return
        if module_of(kind) in LEAF_MODULES or module_of(kind).startswith(COMPILE) or is_local(x):
            self.special(x, label)
            return
        if issubclass(kind, tuple | frozenset):
            for k, y in enumerate(x):
                self.visit(y, f"{label}[{k}]")
        elif issubclass(kind, SEQUENCES):
            self.sequence(x, label)
        elif issubclass(kind, DICTS):
            self.whole_dict(x, label)
        elif issubclass(kind, BUFFERS):
            self.copy(bytes, x, label)
        elif is_ndarray(x):
            self.array(x, label)
        elif not self.is_special(x, label):
            self.suspicious = True
        self.attributes(x, label)

    def special(self, x: Any, label: str) -> None:
        """Objects that nobody changes, or whose state is asked of them; and what jit has made."""
        kind = type(x)
        self.suspicious |= kind.__module__ != "operator"
        if kind.__module__ == "decimal":
            self.decimals()
            if hasattr(x, "traps"):
                self.copy(state_of_context, x, label)
                self.copy(signals, x, f"{label}.flags")
        elif is_local(x):
            self.one(OWN_NAMES, x, x.__dict__, label)
            self.whole_dict(x.__dict__, label, "{}.{}")
        elif module_of(kind).startswith(COMPILE):
            self.visit((own_names(x) or {}).get("f"), label)

    def is_special(self, x: Any, label: str) -> bool:
        """Whether this is an object with a state of its own kind, which is noted here."""
        kind = type(x)
        where = f"{module_of(kind)}.{kind.__qualname__}"
        if state := STATES.get(where):
            self.copy(state, x, label)
        elif has_buffer(x):
            self.copy(bytes, x, label)
        elif where == "functools._lru_cache_wrapper":
            for y in gc.get_referents(x) if not self.is_far else ():
                if type(y) is dict and y is not own_names(x):  # what it remembers, which may be forgotten
                    self.whole_dict(y, f"the cache of {label}")
        elif where in ("_contextvars.ContextVar", "contextvars.ContextVar"):
            self.one(CONTEXT, x, CONTEXT(x), label)
            self.visit(CONTEXT(x), label)
        elif module_of(kind).startswith("numpy.random") and (hasattr(kind, "random") or hasattr(kind, "random_raw")):
            self.copy(state_of_numpy, x, label)
        elif where in ("_thread.lock", "_thread.RLock"):
            self.locks.append((x, label))
        elif where == "_thread._ThreadHandle":
            self.copy(methodcaller("is_done"), x, label)
        elif issubclass(kind, CellType):
            self.one(content_of, x, content_of(x), f"{label}.cell_contents")
            self.visit(content_of(x), f"{label}.cell_contents")
        elif issubclass(kind, BaseException):
            self.one(ARGS, x, ARGS(x), f"{label}.args")
            self.visit(ARGS(x), f"{label}.args")
        elif issubclass(kind, ref) and (x() is None or id(x()) in self.met):  # else we would keep it alive
            self.copy(is_dead, x, label)
        elif issubclass(kind, ref | ProxyType) or is_c_iterator(x) or is_opaque(kind):  # such as a queue, a hash
            self.never(x, label)
        else:
            return False
        return True

    def attributes(self, x: Any, label: str) -> None:
        """What any object may have: attributes, slots, a class; what one written in C refers to."""
        kind = type(x)
        own = own_names(x)
        if own is not None:
            plain = kind.__getattribute__ is GETATTRIBUTE and OWN_NAMES(x) is own
            self.one(OWN_NAMES if plain else own_names, x, own, label)
            note = self.logger if is_logger(kind) else self.whole_dict
            note(own, label, "{}.{}", has_version=sys.version_info < (3, 13))
            if hasattr(kind, "getEffectiveLevel"):
                self.copy(LEVEL, x, f"the level of {label}")
        held = []
        for slot in [y for each in kind.__mro__ for y in vars(each).values() if type(y) is MemberDescriptorType]:
            y = in_slot(slot, x)
            self.slots.append((x, slot, y))
            if y is not ABSENT:
                held.append(id(y))
                self.visit(y, f"{label}.{slot.__name__}")
        if not kind.__flags__ & IMMUTABLE:
            self.one(type, x, kind, f"the class of {label}")
        self.visit(kind, kind.__name__)
        if not issubclass(kind, HOLDING) and (not is_librarys(module_of(kind)) or kind.__name__ == "ufunc"):
            self.hidden(x, label, {id(kind), id(own), *map(id, (own or {}).values()), *held})

    def hidden(self, x: Any, label: str, known: set[int]) -> None:
        """What an object that is written in C refers to, beside what is known of it."""
        found = gc.get_referents(x)
        if not {*map(id, found)} <= known:
            self.add(None, partial(referents, x), (*found, *END), lambda _: label)
            for y in found:
                self.visit(y, label)

    def logger(self, own: dict[str, Any], label: str, form: str, has_version: bool) -> None:
        """The attributes of a logger or handler; not what they keep for themselves, which each message changes."""
        self.note_entries(own, label, form, has_version)
        for name in HANDLERS & own.keys() if "formatter" in own else own.keys() - OF_LOGGING:
            self.visit(own[name], form.format(label, name))

    # containers

    def sequence(self, x: Any, label: str) -> None:
        values = (*x,)
        if len(values) >= LONG and (addresses := addresses_of()):
            self.copies.append(Copy(addresses, x, label, values))
            self.sequences[id(x)] = self.copies[-1]
        else:
            self.add(None, partial(chain, x, END), (*values, *END), lambda k: f"{label}[{k}]")
            self.sequences[id(x)] = self.looks[-1]
        if not {*map(type, values)} <= PLAIN_DATA:
            for k, y in enumerate(values):
                self.visit(y, f"{label}[{k}]")

    def whole_dict(self, x: Any, label: str, form: str = "{}[{!r}]", has_version: bool = True) -> None:
        """Note what a dict holds, and go on to it; attributes are written past the version of their dict since 3.13."""
        self.note_entries(x, label, form, has_version)
        if not {*map(type, x), *map(type, x.values())} <= PLAIN_DATA:
            for key, y in [*x.items()]:
                if type(key) is not str:
                    self.visit(key, label)
                self.visit(y, form.format(label, key))

    def note_entries(self, x: Any, label: str, form: str, has_version: bool = True) -> None:
        """Note all the entries of a dict, or of the names of a class, in their order."""
        keys = (*x,)

        def called(k: int) -> str:
            return form.format(label, keys[k % len(keys)]) if k < 2 * len(keys) else label

        behind = gc.get_referents(x)[0] if isinstance(x, MappingProxyType) else x
        if isinstance(behind, OrderedDict) or not has_version:  # the order of an OrderedDict has no version
            behind = None
        self.add(behind, partial(chain, x, x.values(), END), (*keys, *x.values(), *END), called)

    def array(self, x: Any, label: str) -> None:
        if x.dtype.kind == "O":
            self.copy(attrgetter("shape"), x, label)
            values = x.ravel().tolist()
            self.add(None, partial(flat, x), (*values,), lambda _: label)
            for y in values:
                self.visit(y, label)
        else:
            self.copy(bits, x, label)

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
                    self.name(vars(module), name, f"{module.__name__}.", follow=not issubclass(type(x), DEFINITIONS))
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
