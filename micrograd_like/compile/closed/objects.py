"""The walk through objects: their attributes, what they contain, and the state of those that are written in C."""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict
from functools import partial, singledispatchmethod
from itertools import chain
from operator import attrgetter, methodcaller
from types import CellType, MappingProxyType, MemberDescriptorType
from weakref import ProxyType, ref

from ...graph import Node
from ...operation import BUILT_IN
from ...runs.users import is_librarys
from ...transforms.call import Recorder
from . import kinds, looks
from .looks import ABSENT, Copy
from .notes import Notes
from .versions import addresses_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

COMPILE = __name__.rpartition(".closed.")[0]  # whose objects are no one's state
MODELS = f"{COMPILE.rpartition('.')[0]}.models."  # whose objects do nothing but hold the user's
OF_LOGGING = {"_cache", "manager"}  # what every logger keeps for the module, which is all loggers
HANDLERS = {"formatter", "filters"}  # what counts of a handler, beside which objects it has


class Objects(Notes):
    """A walk that knows what to look at in an object, and where to go on from it."""

    def own_kind(self, x: Any, label: str) -> None:
        """An object of this package: what stands behind it is the user's again."""
        if isinstance(x, Recorder):
            self.visit(x.f, label)
        elif isinstance(x, Node):
            self.suspicious = True
            if looks.own_names(x) is not None:  # of a subclass of the user's
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
        if (
            kinds.module_of(kind) in kinds.LEAF_MODULES
            or kinds.module_of(kind).startswith(COMPILE)
            or kinds.is_local(x)
        ):
            self.special(x, label)
            return
        if issubclass(kind, tuple | frozenset):
            for k, y in enumerate(x):
                self.visit(y, f"{label}[{k}]")
        elif issubclass(kind, kinds.SEQUENCES):
            self.sequence(x, label)
        elif issubclass(kind, kinds.DICTS):
            self.whole_dict(x, label)
        elif issubclass(kind, kinds.BUFFERS):
            self.copy(bytes, x, label)
        elif kinds.is_ndarray(x):
            self.array(x, label)
        elif not self.is_special(x, label):
            self.suspicious |= not kinds.module_of(kind).startswith(MODELS)
        self.attributes(x, label)

    def special(self, x: Any, label: str) -> None:
        """Objects that nobody changes, or whose state is asked of them; and what jit has made."""
        kind = type(x)
        self.suspicious |= kind.__module__ != "operator"
        if kind.__module__ == "decimal":
            self.decimals()
            if hasattr(x, "traps"):
                self.copy(looks.state_of_context, x, label)
                self.copy(looks.signals, x, f"{label}.flags")
        elif kinds.is_local(x):
            self.one(looks.OWN_NAMES, x, x.__dict__, label)
            self.whole_dict(x.__dict__, label, "{}.{}")
        elif kinds.module_of(kind).startswith(COMPILE):
            self.visit((looks.own_names(x) or {}).get("f"), label)

    def is_special(self, x: Any, label: str) -> bool:
        """Whether this is an object with a state of its own kind, which is noted here."""
        kind = type(x)
        where = f"{kinds.module_of(kind)}.{kind.__qualname__}"
        if where in ("random.Random", "_random.Random"):
            self.copy(looks.STATE, x, label)
        elif kinds.has_buffer(x):
            self.copy(bytes, x, label)
        elif where == "functools._lru_cache_wrapper":
            for y in gc.get_referents(x) if not self.is_far else ():
                if type(y) is dict and y is not looks.own_names(x):  # what it remembers, which may be forgotten
                    self.whole_dict(y, f"the cache of {label}")
        elif where in ("_contextvars.ContextVar", "contextvars.ContextVar"):
            self.one(looks.CONTEXT, x, looks.CONTEXT(x), label)
            self.visit(looks.CONTEXT(x), label)
        elif kinds.module_of(kind).startswith("numpy.random") and (
            hasattr(kind, "random") or hasattr(kind, "random_raw")
        ):
            self.copy(looks.state_of_numpy, x, label)
        elif where in ("_thread.lock", "_thread.RLock"):
            self.locks.append((x, label))
        elif where == "_thread._ThreadHandle":
            self.copy(methodcaller("is_done"), x, label)
        elif issubclass(kind, CellType):
            self.one(looks.content_of, x, looks.content_of(x), f"{label}.cell_contents")
            self.visit(looks.content_of(x), f"{label}.cell_contents")
        elif issubclass(kind, BaseException):
            self.one(looks.ARGS, x, looks.ARGS(x), f"{label}.args")
            self.visit(looks.ARGS(x), f"{label}.args")
        elif issubclass(kind, ref) and (x() is None or id(x()) in self.met):  # else we would keep it alive
            self.copy(lambda x: x() is None, x, label)
        elif (
            issubclass(kind, ref | ProxyType) or kinds.is_c_iterator(x) or kinds.is_opaque(kind)
        ):  # such as a queue, a hash
            self.never(x, label)
        else:
            return False
        return True

    def attributes(self, x: Any, label: str) -> None:
        """What any object may have: attributes, slots, a class; what one written in C refers to."""
        kind = type(x)
        own = looks.own_names(x)
        if own is not None:
            plain = kind.__getattribute__ is looks.GETATTRIBUTE and looks.OWN_NAMES(x) is own
            self.one(looks.OWN_NAMES if plain else looks.own_names, x, own, label)
            note = self.logger if kinds.is_logger(kind) else self.whole_dict
            note(own, label, "{}.{}", has_version=sys.version_info < (3, 13))
            if hasattr(kind, "getEffectiveLevel"):
                self.copy(looks.LEVEL, x, f"the level of {label}")
        held = []
        for slot in [y for each in kind.__mro__ for y in [*vars(each).values()] if type(y) is MemberDescriptorType]:
            y = looks.in_slot(slot, x)
            self.slots.append((x, slot, y))
            if y is not ABSENT:
                held.append(id(y))
                self.visit(y, f"{label}.{slot.__name__}")
        if not kind.__flags__ & kinds.IMMUTABLE:
            self.one(type, x, kind, f"the class of {label}")
        self.visit(kind, kind.__name__)
        if not issubclass(kind, kinds.HOLDING) and (not is_librarys(kinds.module_of(kind)) or kind.__name__ == "ufunc"):
            self.hidden(x, label, {id(kind), id(own), *map(id, (own or {}).values()), *held})

    def hidden(self, x: Any, label: str, known: set[int]) -> None:
        """What an object that is written in C refers to, beside what is known of it."""
        found = gc.get_referents(x)
        if not {*map(id, found)} <= known:
            self.add(
                lambda: chain(gc.get_referents(x), looks.NOTHING_MORE), (*found, *looks.NOTHING_MORE), lambda _: label
            )
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
        if len(values) >= looks.LONG_LIST and (addresses := addresses_of()):
            self.copies.append(Copy(addresses, x, label, values))
            self.sequences[id(x)] = self.copies[-1]
        else:
            self.add(partial(chain, x, looks.NOTHING_MORE), (*values, *looks.NOTHING_MORE), lambda k: f"{label}[{k}]")
            self.sequences[id(x)] = self.looks[-1]
        if not {*map(type, values)} <= kinds.PLAIN_DATA:
            for k, y in enumerate(values):
                self.visit(y, f"{label}[{k}]")

    def whole_dict(self, x: Any, label: str, form: str = "{}[{!r}]", has_version: bool = True) -> None:
        """Note what a dict holds, and go on to it; attributes are written past the version of their dict since 3.13."""
        self.note_entries(x, label, form, has_version)
        if not {*map(type, [*x, *x.values()])} <= kinds.PLAIN_DATA:
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
        values = (*keys, *x.values(), *looks.NOTHING_MORE)
        self.add(partial(chain, x, x.values(), looks.NOTHING_MORE), values, called, behind)

    def array(self, x: Any, label: str) -> None:
        if x.dtype.kind == "O":
            self.copy(attrgetter("shape"), x, label)
            values = x.ravel().tolist()
            self.add(lambda: x.ravel().tolist(), (*values,), lambda _: label)
            for y in values:
                self.visit(y, label)
        else:
            self.copy(looks.bits, x, label)

    def decimals(self) -> None:
        """Note the context of decimal, on which all of its arithmetic depends."""
        self.process_wide(looks.context_in_force, "the context of decimal")
        if "flags" in self.words:
            self.process_wide(looks.signals_in_force, "the flags of decimal's context")
