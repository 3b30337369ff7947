"""Scopes: names for parts of a program, by which a large picture is folded.

Arithmetic knows nothing of scopes. A Value that comes out of one keeps what went in: what was computed in between
belongs to the scope, and is looked for when a picture is drawn.
"""

from __future__ import annotations

import sys
from functools import wraps

from ..graph import ByNode
from ..trace.symbol import Symbol
from ..trees.containers import elements_of, is_numeric
from ..trees.objects import PLAIN, attributes
from ..value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar, overload

    F = TypeVar("F", bound=Callable[..., Any])

DEEPEST_SCOPES = 16  # that one Value is noted to come out of: a recursive function returns it through any number
RUNS_LATER = 0x20 | 0x80 | 0x200  # a generator, a coroutine, or both: `inspect` has names for these flags


class OwnScope:
    """A scope that is equal to none of the same name: two networks may both have a layer 1."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


class Scope:
    """What `scope` makes: entered by `with`, or put before a function."""

    __slots__ = ("_entered", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._entered: list[ByNode] = []

    def __repr__(self) -> str:
        return f"scope({self.name!r})"

    def __enter__(self) -> Scope:
        self._entered.append(values_in(dict(sys._getframe(1).f_locals)))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        inputs = self._entered.pop()
        if kind is None:
            leave(self.name, inputs, values_in(dict(sys._getframe(1).f_locals)))

    def __call__(self, function: F) -> F:
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & RUNS_LATER:
            raise TypeError(
                f"{function.__name__} gives its values one after the other, later: a scope is put before a function "
                "that returns them; within this one, use `with scope(...):`"
            )

        @wraps(function)
        def scoped(*args: Any, **kwargs: Any) -> Any:
            inputs = values_in((args, kwargs))
            answer = function(*args, **kwargs)
            leave(self.name, inputs, values_in((answer, args)))
            return answer

        return scoped  # type: ignore[return-value]


if TYPE_CHECKING:

    @overload
    def scope(what: str) -> Scope: ...
    @overload
    def scope(what: F) -> F: ...


def scope(what: Any) -> Any:
    """Name a part of a computation, so that a large picture can show it as one mark.

    >>> @scope
    ... def area(width, height):
    ...     return width * height
    >>> with scope("price"):
    ...     price = area(Value(3), Value(4)) * 1.1 + 2
    >>> scopes_of(price), scopes_of(price.parents[0].parents[0])
    (['price'], ['area'])

    Before a function, as `@scope` or `@scope("name")`, its inputs are the Values among the arguments, and its outputs
    those in the answer, also in lists and other containers. After `with`, the inputs are the Values that local
    variables hold at the beginning, the outputs the new ones that they hold at the end. Scopes may lie within scopes;
    those of one name in the same place are drawn as one, however often they ran. It costs about as much again as the
    arithmetic within it, and nothing elsewhere.
    """
    if isinstance(what, str):
        return Scope(what)
    if callable(what):
        return Scope(getattr(what, "__name__", type(what).__name__))(what)
    raise TypeError(f"a scope is given a name, as in scope('layer 1'), or stands before a function: not {what!r:.60}")


def leave(name: str, inputs: ByNode, outputs: Iterable[Any]) -> None:
    """Note in each new output the scope that it came out of, and from which of the inputs it was computed."""
    new = [v for v in outputs if v._row is not None and v not in inputs]
    met = reached(new, inputs)
    for v in new:
        v._scope = ((name,), met, *exits_of(v))[: 2 * DEEPEST_SCOPES]


def reached(outputs: list[Any], inputs: ByNode) -> tuple[Any, ...]:
    """The inputs that the outputs were computed from: others would only be kept alive."""
    met: list[Any] = []
    seen = {*map(id, outputs)}
    stack = list(outputs)
    while stack:
        for x in stack.pop()._parents:
            if isinstance(x, Value | Symbol) and id(x) not in seen:
                seen.add(id(x))
                if x in inputs:
                    met.append(x)
                elif x._row is not None:
                    stack.append(x)
    return tuple(met)


def exits_of(v: Value | Symbol) -> tuple[Any, ...]:
    """The scopes that a Value came out of, outermost first, and their inputs: `(("a",), (x,), ("b",), (y,))`."""
    return getattr(v, "_scope", ())


def scopes_of(v: Value) -> list[str]:
    """The names of the scopes that a Value came out of, outermost first."""
    return [str(part) for path in exits_of(v)[::2] for part in path]


def values_in(tree: Any) -> ByNode:
    """The Values in containers; in an object only computed ones, since its parameters are no inputs."""
    found = ByNode()
    seen: set[int] = set()
    stack = [(tree, False)]
    while stack:
        x, is_held = stack.pop()
        if isinstance(x, Value | Symbol):
            if x._row is not None or not is_held:
                found[x] = None
        elif id(x) not in seen:
            seen.add(id(x))
            parts = [(y, is_held) for y in (() if is_numeric(x) else elements_of(x))]
            parts += [(y, True) for y in attributes(x).values()]
            stack += [part for part in parts if type(part[0]) not in PLAIN]
    return found
