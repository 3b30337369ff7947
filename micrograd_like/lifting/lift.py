"""lift: libraries that take Values outside of `grad` and its kin, and the switch of what these lift by themselves."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType

from .binding import Bindings, bindings_of, bound
from .meeting import SWITCH, Switch, is_liftable

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Lifted:
    """Modules that take Values until `undo()`, or until the end of a `with`."""

    def __init__(self, modules: tuple[Bindings, ...]) -> None:
        self.names = [str(bindings.namespace.get("__name__")) for bindings in modules]
        self._bound: Any = bound(modules)
        self._bound.__enter__()

    def undo(self) -> None:
        """Put back what was there."""
        if self._bound:
            self._bound.__exit__(None, None, None)
            self._bound = None

    def __enter__(self) -> Lifted:
        return self

    def __exit__(self, *_: object) -> None:
        self.undo()

    def __repr__(self) -> str:
        return f"<lifted: {', '.join(self.names)}>" if self._bound else "<lifted no more>"


class Lift:
    """Have libraries that call `math.exp`, `float(x)` and their like take Values.

    >>> import colorsys
    >>> from micrograd_like import Value, lift
    >>> with lift(colorsys):
    ...     h, s, v = colorsys.rgb_to_hsv(Value(0.2), Value(0.4), Value(0.6))
    >>> h.data, s.data, v.data
    (0.5833333333333334, 0.6666666666666666, 0.6)

    Given are modules, packages with all their modules that are loaded, and functions or classes for the modules that
    they are from. They stay lifted until the end of the `with`, or until `undo()` of what `lift` returns. On plain
    numbers they compute what they always compute, to the last bit, for all threads.

    Needed is this for Values outside of runs alone. `grad` and its kin, `jit`, `vmap`, `check_grads`, `why(f, …)` and
    `explore(f, …)` do it by themselves, while a function runs: where a Value comes to code that wants a plain float,
    that code is lifted, and the function starts again; from then on it is lifted from the start. `with lift.off():`
    leaves that out for some calls, and `lift.automatic = False` for all.
    """

    def __call__(self, *things: Any) -> Lifted:
        return Lifted(tuple(dict.fromkeys(bindings for thing in things for bindings in modules_of(thing))))

    @property
    def automatic(self) -> bool:
        """Whether functions that are differentiated or recorded lift what they meet."""
        return Switch.everywhere

    @automatic.setter
    def automatic(self, on: bool) -> None:
        Switch.everywhere = bool(on)

    @contextmanager
    def off(self) -> Iterator[None]:
        """While it is entered, nothing is lifted by itself in this thread."""
        SWITCH.off_here += 1
        try:
            yield
        finally:
            SWITCH.off_here -= 1


def modules_of(thing: Any) -> list[Bindings]:
    """A module with those below it that are loaded; of anything else, the module that it is from."""
    name = thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", None)
    if not isinstance(name, str):
        raise TypeError(f"lift takes modules, functions and classes, not {thing!r:.60}")
    loaded = [m for key, m in [*sys.modules.items()] if key == name or key.startswith(f"{name}.")]
    files = [(m, str(getattr(m, "__file__", None) or "<frozen")) for m in loaded if isinstance(m, ModuleType)]
    found = [vars(m) for m, file in files if is_liftable(vars(m), file) and not file.endswith((".so", ".pyd"))]
    if not found:
        raise ValueError(
            f"{name} cannot be lifted: it is not written in Python, or has functions for Values of its own"
        )
    answer = [bindings_of(namespace) for namespace in found]
    for bindings in answer:
        bindings.look()
    return answer


lift = Lift()
