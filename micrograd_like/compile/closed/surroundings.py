"""What a function finds outside its arguments: numbers, lists, functions, objects; and whether they have changed."""

from __future__ import annotations

from collections import Counter, deque
from itertools import chain
from operator import attrgetter, call, is_
from types import CellType, FunctionType

from ...lifting.twins import are_twins
from ...runs.bytecode import fingerprint
from ...runs.users import is_users_code
from ...trace.symbol import Symbol
from ...trace.trace import same_float
from ...trees.objects import is_empty
from .guard import MOST_QUESTIONS, guard
from .looks import BASES, CODE, CONTENT, EMPTY, LONG_LIST, NAME_OF, NOTHING_MORE, OWN_NAMES, Copy, Look, own_names
from .reach import Reach
from .versions import version_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

COMPARED_BY_VALUE: Any = {float, int, bool, complex, str, bytes, type(None)}
VALUE = attrgetter("value")
INLINED = {  # ways to look, and the question that they stand for
    NAME_OF: "",
    CODE: "{}.__code__ is {}",
    CONTENT: "{}.cell_contents is {}",
    OWN_NAMES: "{}.__dict__ is {}",
    BASES: "{}.__mro__ is {}",
    type: "kind_of({}) is {}",
    "versions": "{}.value == {}",
}
GONE = (AttributeError, ValueError, LookupError, RuntimeError, TypeError)  # where to look is not there any more


class Surroundings:
    """What a function finds outside its arguments, as it was once, and in each call the question if it still is.

    Everything is compared by identity, numbers and texts by what they are, and what holds others entry by entry. A dict
    of many entries is not even looked at as long as its version is the same.

    `changed` may be asked in any thread. `include` is for one thread at a time.
    """

    __slots__ = ("changed", "copies", "few", "looks", "reach", "taken", "versioned")

    def __init__(self, f: Any, ran: frozenset[Any] = frozenset()) -> None:
        self.reach = Reach(ran)
        self.looks: list[Look] = []  # all there are, of which
        self.few: dict[Any, Look] = {}  # these have code of their own,
        self.taken: tuple[list[Callable[[], Any]], tuple[Any, ...]] = [], ()  # these are looked at in one loop,
        self.versioned: tuple[list[Any], list[int], list[Look]] = [], [], []  # and these where a dict has changed
        self.copies: list[Copy] = []
        self.changed: Callable[[], bool]  # whether anything is not as it was
        self.include([f])

    def include(self, found: Iterable[Any]) -> None:
        """Take note of these functions and objects too, and of what they find outside."""
        self.reach.walk(found)
        others: list[Look] = []
        few: dict[Any, Look] = {}
        dicts: list[Look] = []
        version = version_of() if any(isinstance(look.namespace, dict) for look in self.reach.looks) else None
        for look in self.reach.looks:
            if look.how in INLINED and look.how not in self.few and len(look.before) <= MOST_QUESTIONS:
                few[look.how] = look
            elif version and isinstance(look.namespace, dict):
                dicts.append(look)
            else:
                others.append(look)
        if version:
            tags = [version(look.namespace) for look in dicts]
            now, then, before = self.versioned
            self.versioned = [*now, *tags], [*then, *map(VALUE, tags)], [*before, *dicts]
        found_now, found_before = self.taken
        self.taken = (
            [*found_now, *(look.now for look in others)],
            (*found_before, *chain.from_iterable(look.before for look in others)),
        )
        self.copies = self.copies + self.reach.copies
        self.looks = self.looks + self.reach.looks
        self.few = {**self.few, **few}
        self.changed = self.guarded({how: look.before for how, look in self.few.items()})
        self.reach.start()

    def guarded(self, found: dict[Any, tuple[Any, ...]]) -> Callable[[], bool]:
        """The question if anything has changed, which begins with the few looks that have code of their own."""
        pairs = {how: [*zip(look.wheres, found[how], strict=True)] for how, look in self.few.items()}
        names = pairs.pop(NAME_OF, [])
        tags, versions, _ = self.versioned
        inline = len(tags) <= MOST_QUESTIONS
        if inline:
            pairs["versions"] = [*zip(tags, versions, strict=True)]
        others = [(INLINED[how], found) for how, found in pairs.items()]
        more = self.more_changed if self.taken[0] or self.copies or not inline else None
        return guard(self.reach.main or {}, names, others, more, self.few_changed)

    def few_changed(self) -> bool:
        """Whether one of the few looks finds something unequal; what is equal is compared by identity from now on."""
        try:
            found = {how: (*look.now(),) for how, look in self.few.items()}
            if self.dicts_differ() or not all(are_one(found[how], look.before) for how, look in self.few.items()):
                return True
        except GONE:
            return True
        self.changed = self.guarded(found)
        return self.more_changed()

    def compares_more(self, other: Surroundings) -> bool:
        """Whether this compares anything that the other does not."""
        return bool(self.compared() - other.compared())

    def compared(self) -> Counter[str]:
        """What is compared, in the user's words, and how much of it."""
        found = Counter(each.label for each in self.copies)
        for look in self.looks:
            few = len(look.before) <= LONG_LIST
            found.update(map(look.label, range(len(look.before))) if few else {look.label(0): len(look.before)})
        return found

    def more_changed(self) -> bool:
        """Whether anything else is not as it was."""
        now, before = self.taken
        tags, versions, _ = self.versioned
        try:
            found = now[0]() if len(now) == 1 else chain.from_iterable(map(call, now))
            return (
                (not all(map(is_, found, before)) and self.differ(now, before))
                or (bool(tags) and [*map(VALUE, tags)] != versions and self.dicts_differ())
                or (bool(self.copies) and any(each.look(each.x) != each.before for each in self.copies))
            )
        except GONE:
            return True

    def differ(self, now: list[Callable[[], Any]], before: tuple[Any, ...]) -> bool:
        """Whether the looks find something unequal; what is equal is compared by identity from now on."""
        found = (*chain.from_iterable(map(call, now)),)
        if not are_one(found, before):
            return True
        self.taken = now, found
        return False

    def dicts_differ(self) -> bool:
        """Whether dicts of another version hold something unequal; if not, they are compared by that version."""
        tags, versions, looks = self.versioned
        new = [*map(VALUE, tags)]
        if any(
            x != y and not are_one((*look.now(),), look.before) for x, y, look in zip(new, versions, looks, strict=True)
        ):
            return True
        self.versioned = tags, new, looks
        return False

    def difference(self, when: str, is_read: bool = False) -> str:
        """What f does to what has changed, "" if nothing has; `is_read` leaves out lists that f only adds to."""
        changes = f"changes {{}}, on which it may depend, {when}"
        try:
            for look in [look for look in self.looks if look.is_read or not is_read]:
                found = (*look.now(),)
                for k, (x, before) in enumerate(zip(found, look.before, strict=False)):
                    if not is_one(x, before):
                        hides = f"depends on {{}}, which may give something else {when} and does not show it"
                        return (hides if before is EMPTY else changes).format(look.label(k))
            copies = [each for each in self.copies if each.is_read or not is_read]
            return next(iter([changes.format(each.label) for each in copies if each.look(each.x) != each.before]), "")
        except GONE:
            return changes.format("something")

    def values(self) -> list[str]:
        """The numbers and texts that were there, and a digest of the code, to compare with another process."""
        plain = [repr(x) for look in self.looks for x in without_line(look.before) if type(x) in COMPARED_BY_VALUE]
        held = [repr([x for x in each.held if type(x) in COMPARED_BY_VALUE]) for each in self.copies if each.held]
        return [self.digest(), *plain, *held, *(repr(each.before) for each in self.copies if not each.held)]

    def settle(self) -> None:
        """Leave plain numbers where a run has left numbers of its trace: what the function itself would have left.

        A list that is only added to keeps them: nothing depends on it, and who reads it is told what they are.
        """
        namespaces = [look.namespace for look in self.looks if type(look.namespace) is dict]
        for x in [*self.reach.met.values(), *namespaces]:
            if id(x) in self.reach.unread:
                continue
            if type(x) is CellType:
                if not is_empty(x) and (y := without_symbols(x.cell_contents)) is not x.cell_contents:
                    x.cell_contents = y
                continue
            for holder in (x, own_names(x)):
                if issubclass(type(holder), dict | list | deque):
                    for key, y in [*holder.items()] if issubclass(type(holder), dict) else enumerate(holder):
                        if (z := without_symbols(y)) is not y:
                            holder[key] = z

    def digest(self) -> str:
        """Of the code that the function leads to, wherever that stands."""
        from hashlib import sha256

        functions = [x for x in self.reach.met.values() if type(x) is FunctionType and is_users_code(x.__code__)]
        return sha256(repr(sorted(repr(fingerprint(x.__code__)) for x in functions)).encode()).hexdigest()


def without_symbols(x: Any) -> Any:
    """The plain number of a Symbol, in tuples too; anything else as it is."""
    if issubclass(type(x), Symbol):
        return x._data
    if type(x) is tuple:
        new = tuple(map(without_symbols, x))
        return x if all(map(is_, x, new)) else new
    return x


def without_line(before: tuple[Any, ...]) -> tuple[Any, ...]:
    """The names and values of a class, but for the line of its definition, which Python keeps there since 3.13."""
    place = next((k for k, x in enumerate(before) if type(x) is str and x == "__firstlineno__"), None)
    if place is None:
        return before
    line = place + (len(before) - len(NOTHING_MORE)) // 2  # names come first, then as many values
    return before[:line] + before[line + 1 :]


def are_one(found: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    """Whether what is found now is what was there before."""
    return len(found) == len(before) and all(map(is_one, found, before))


def is_one(x: Any, before: Any) -> bool:
    """Whether this is the same object, or the same number or text; or its twin, while another thread lifts it."""
    if x is before:
        return True
    kind = type(x)
    if kind is not type(before) or kind not in COMPARED_BY_VALUE:
        if kind is tuple and type(before) is tuple:
            return are_one(x, before)
        return are_twins(x, before)
    return same_float(x, before) if kind is float else repr(x) == repr(before) if kind is complex else bool(x == before)
