"""What is fixed in the arguments of one form, and may change by itself: objects, functions, classes."""

from __future__ import annotations

from types import FunctionType, MemberDescriptorType, ModuleType
from weakref import ref

from ...transforms.references import is_named
from .looks import own_names
from .surroundings import Surroundings

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BY_NAME = type | FunctionType | ModuleType  # these live as long as the program, and can be pickled


class Fixed:
    """These objects as they were once. They are not kept alive for that; `forget` is called when one is gone."""

    __slots__ = ("objects", "parts", "surroundings")

    def __init__(self, parts: list[Any], forget: Callable[[Any], Any], ran: frozenset[Any] = frozenset()) -> None:
        self.parts = [part for part in parts if isinstance(part, BY_NAME)]
        self.objects: list[tuple[Any, Any]] = []
        first, *others = [self.seen(part, forget) for part in parts]
        self.surroundings = Surroundings(first, ran)
        self.surroundings.include(others)

    def seen(self, x: Any, forget: Callable[[Any], Any]) -> Any:
        """What is looked at in its place: a stand-in that shares its attributes, where that can be."""
        if isinstance(x, BY_NAME):
            return x
        try:
            if has_slots(type(x)) or hasattr(type(x), "__del__"):  # what nobody can share, or would be told twice
                raise TypeError
            watched: Any = ref(x, forget)
            stand_in = object.__new__(type(x))
            own = own_names(x)
            object.__setattr__(stand_in, "__dict__", own)
        except (AttributeError, TypeError):  # an object without attributes, or one that is built upon something in C
            self.objects.append((lambda: x, None))
            return x
        self.objects.append((watched, own))
        return stand_in

    @property
    def is_named(self) -> bool:
        """Whether all of it can be found by name in another process."""
        return not self.objects and all(isinstance(part, ModuleType) or is_named(part) for part in self.parts)

    def changed(self) -> bool:
        """Whether anything is not as it was, an object has got other attributes altogether, or is gone."""
        for look, own in self.objects:
            if own is not None and own_names(look()) is not own:
                return True
        return self.surroundings.changed()


def has_slots(kind: type) -> bool:
    """Whether instances hold some attributes in slots."""
    return any(isinstance(x, MemberDescriptorType) for base in kind.__mro__ for x in [*vars(base).values()])
