"""Jitted functions in other processes: what is pickled of them, and what of it holds where it arrives."""

from __future__ import annotations

from ..transforms.references import portable, travels_by_value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .jitted import Jitted


def reference(f: Any) -> Any:
    """The function as it can be pickled; None if it cannot: a lambda, or a function within a function."""
    import pickle

    known = portable(f)
    if known is f and not travels_by_value():
        try:
            pickle.dumps(f)
        except Exception:
            return None
    return known


def jitted_again(
    kind: type[Jitted], options: tuple[Any, ...], name: str, f: Any, eager: bool, forms: list[Any], surroundings: Any
) -> Jitted:
    """A jitted function that came from another process; what was recorded there, as far as it holds here."""
    jitted = kind(missing(name) if f is None else f, *options)
    jitted.__name__ = name
    jitted.eager = eager
    if f is None or not jitted.checks.wanted:
        jitted.checks.stop()
    jitted.look_around()
    if f is None or surroundings == jitted.surroundings.values():  # type: ignore[union-attr]
        own = f is None  # a Value that the function closes over is another one there, if it is found there
        known = [pair for pair in forms if pair[1].arrived() and (own or not pair[1].program.closed)]
        jitted.forms.update(known)
    return jitted


def missing(name: str) -> Callable[..., Any]:
    """What stands for a function that could not travel."""

    def lost(*_: Any, **__: Any) -> Any:
        raise LookupError(
            f"this call of {name} takes a way that was not recorded before it was pickled, and the function itself "
            "could not travel: define it in a module, by name"
        )

    lost.__name__ = name
    return lost
