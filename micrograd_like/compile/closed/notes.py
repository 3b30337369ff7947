"""What a walk takes note of: how to look at each thing again, and what waits to be walked through."""

from __future__ import annotations

from collections import ChainMap, deque
from functools import partial
from itertools import repeat

from . import kinds, looks
from .looks import ABSENT, Copy, Look

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Notes:
    """The notes of a walk, which can go on later; it keeps what it has met, so that no id is used again."""

    def __init__(self) -> None:
        self.met: dict[Any, Any] = {}
        self.words: dict[str, None] = {}  # all names in the user's code
        self.main: dict[str, Any] | None = None  # the names of the module of the first function
        self.builtins: dict[str, Any] = {}  # which stand behind them
        self.is_far = False  # whether we are within an installed package
        self.unread: dict[int, None] = {}  # lists that are only added to, by their id
        self.sequences: dict[int, Look | Copy] = {}
        self.suspicious = False  # whether Values, chance, or calls of type() may be within reach
        self.with_attributes: list[tuple[Any, str]] = []  # functions and Values that may be asked for them too
        self.choosing: dict[int, dict[str, Any]] = {}  # modules that use the builtins max and min
        self.locks: list[tuple[Any, str]] = []  # which the code may ask whether they are held
        self.start()

    def start(self) -> None:
        self.looks: list[Look] = []
        self.copies: list[Copy] = []
        self.stack: list[tuple[Any, str]] = []
        self.far: deque[tuple[Any, str]] = deque()  # of installed packages, the nearest first
        self.named: dict[int, tuple[dict[str, Any], dict[str, Any], str]] = {}
        self.many: dict[Any, tuple[list[Any], list[Any], list[str]]] = {}  # the same look at many things
        self.slots: list[tuple[Any, Any, Any]] = []  # objects, the descriptors of their slots, and what these hold

    def finish(self) -> None:
        """Put together what is looked at in the same way."""
        for number, look in self.sequences.items():
            look.is_read = number not in self.unread
        for namespace, found, prefix in self.named.values():
            if namespace is self.main:
                absent = {key: x for key, x in found.items() if x is ABSENT}
                there = {key: x for key, x in found.items() if x is not ABSENT}
                self.add_names(namespace, ChainMap(namespace, self.builtins).get, there, "", looks.NAME_OF)
                self.add_names(None, namespace.get, absent, "", None)
            else:
                self.add_names(namespace, namespace.get, found, prefix, None)
        for look_at, (things, before, labels) in self.many.items():
            self.add(partial(map, look_at, things), (*before,), labels.__getitem__, None, look_at, things)
        if self.slots:
            objects, slots, values = zip(*self.slots, strict=True)
            labels = [f"{type(x).__name__}.{slot.__name__}" for x, slot, _ in self.slots]
            self.add(partial(map, looks.in_slot, slots, objects), values, labels.__getitem__)

    def add_names(self, namespace: Any, get: Any, found: dict[str, Any], prefix: str, how: Any) -> None:
        if found:
            now = partial(map, get, [*found], repeat(ABSENT))
            labels = [prefix + key for key in found]
            self.add(now, (*found.values(),), labels.__getitem__, namespace, how, [*found])

    def add(self, *look: Any) -> None:
        self.looks.append(Look(*look))

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
            self.one(looks.always_another, x, looks.EMPTY, label)

    def copy(self, look: Callable[[Any], Any], x: Any, label: str) -> None:
        if not self.is_far or (look is looks.bits and x.size <= 64):
            self.copies.append(Copy(look, x, label))

    def visit(self, x: Any, label: str, is_read: bool = True) -> None:
        kind = type(x)
        if is_read:
            self.unread.pop(id(x), None)
        elif kind in (list, set, deque) and id(x) not in self.met:
            self.unread[id(x)] = None
        if kind is str:
            if x.isidentifier() and not self.is_far:
                self.words.setdefault(x)
        elif kind not in kinds.LEAVES and id(x) not in self.met:
            self.met[id(x)] = x
            (self.far if self.is_far else self.stack).append((x, label))

    def process_wide(self, look: Any, label: str) -> None:
        """Note what is one for the whole process."""
        if look not in self.met:
            self.met[look] = None
            self.copies.append(Copy(look, None, label))
