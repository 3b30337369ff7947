"""A call of a jitted function, from its arguments to the function that is compiled for their types."""

from __future__ import annotations

from ..core import core

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .checks import Checks
    from .closed.surroundings import Surroundings


class Quick:
    """What can be called with plain numbers in next to no time; the compiled core has the same in C (core/calls.h)."""

    fast: dict[tuple[type, ...], Callable[..., Any]]  # by the types of the arguments
    surroundings: Surroundings | None
    checks: Checks

    def __call__(self, /, *args: Any, **options: Any) -> Any:
        surroundings = self.surroundings
        is_same = surroundings is not None and not options and not surroundings.changed()
        function = (
            self.fast.get(tuple(map(type, args))) if is_same else None
        )  # not before: another thread may forget it
        if function is not None:
            for _ in self.checks.others:  # at most once: the fastest way to count a call
                try:
                    return function(*args)
                except Exception:  # a way that is not recorded, or an error, which is then eager's own
                    return self.call(args, options, False)
        return self.call(args, options)

    def call(self, args: tuple[Any, ...], options: dict[str, Any], due: bool | None = None) -> Any:
        """The general case: arguments of all forms, by name too; `due` if it is counted already."""
        raise NotImplementedError


if core:
    Quick = core.Quick  # type: ignore[misc]
