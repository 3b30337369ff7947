"""Calls of functions that are differentiated: what their arguments are called, and which of them are meant."""

from __future__ import annotations

import sys

from ..trees.tree import leaves, said_of_no_number
from .asking import questions_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ..trees.state import State

    Argnums = int | str | Sequence[int | str]


class Recorder:
    """A function, the arguments that it is differentiated by, and what its user has been told of already."""

    __slots__ = ("argnums", "asked", "f", "has_aux", "name", "parameters", "rest", "single", "warned")

    def __init__(self, f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> None:
        if not callable(f):
            raise TypeError(
                f"a function is differentiated, not {f!r:.60}: write grad(f)(x), without calling f yourself"
            )
        self.f = f
        self.name = getattr(f, "__name__", None) or type(f).__name__
        self.parameters, self.rest = parameter_names(f)
        self.single = isinstance(argnums, int | str)
        several = argnums if isinstance(argnums, list | tuple | range) else [argnums]
        self.argnums = [self.position(k) for k in several]
        self.has_aux = has_aux
        self.asked = {} if hasattr(f, "is_derivative") else questions_of(f)
        self.warned: set[str] = set()

    def position(self, k: Any) -> int | str:
        if isinstance(k, bool) or not isinstance(k, int | str):
            raise TypeError(f"argnums are positions or names of the arguments of {self.name}, not {k!r}")
        return self.parameters.index(k) if k in self.parameters else k

    def key(self, k: int | str, args: Sequence[Any], options: dict[str, Any]) -> int | str:
        """Where this call has the argument: its place in `args`, or its name in `options`."""
        place = k + len(args) if isinstance(k, int) and k < 0 else k
        if isinstance(place, int) and 0 <= place < len(args):
            return place
        name = self.label(place)
        if name not in options:
            self.check_that_f_takes(k, place)
            raise TypeError(f"{self.name} is differentiated by {name}, which this call does not give: pass it")
        return name

    def check_that_f_takes(self, k: int | str, place: int | str) -> None:
        """Refuse an argument that no call of f could have."""
        from inspect import Parameter

        parameters = parameters_of(self.f)
        if parameters is None:
            return
        kinds = {p.kind for p in parameters}
        named = [p.name for p in parameters if p.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)]
        if isinstance(place, str):
            takes = place in named or Parameter.VAR_KEYWORD in kinds
        else:
            takes = place >= 0 and (place < len(self.parameters) or Parameter.VAR_POSITIONAL in kinds)
        if not takes:
            counted = ", counted from 0," if isinstance(k, int) else ""
            known = f"its arguments{counted} are {', '.join(named)}" if named else "it takes none"
            raise TypeError(f"{self.name} has no argument {k!r} to differentiate by: {known}")

    def label(self, key: int | str) -> str:
        if isinstance(key, str):
            return key
        if 0 <= key < len(self.parameters):
            return self.parameters[key]
        return f"{self.rest}[{key - len(self.parameters)}]"


def parameters_of(f: Callable[..., Any]) -> list[Any] | None:
    """The parameters in the signature of f; None of some functions written in C, which have none."""
    from inspect import signature

    try:
        return [*signature(f).parameters.values()]
    except (TypeError, ValueError):
        return None


def parameter_names(f: Callable[..., Any]) -> tuple[list[str], str]:
    """The names of the arguments that f takes by position, and the name for the rest of them."""
    from inspect import Parameter

    parameters = parameters_of(f) or []
    named = [p.name for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    return named, next((p.name for p in parameters if p.kind is Parameter.VAR_POSITIONAL), "args")


def argument_names(parameters: tuple[list[str], str], args: Sequence[Any], options: Iterable[str] = ()) -> list[str]:
    """What the user calls the arguments of a call.

    >>> argument_names(parameter_names(lambda price, *taxes: 0), (100, 0.1, 0.2))
    ['price', 'taxes[0]', 'taxes[1]']
    """
    named, rest = parameters
    return [*named[: len(args)], *(f"{rest}[{i}]" for i in range(len(args) - len(named))), *options]


def check_call(by: str, f: Callable[..., Any], args: Sequence[Any], options: dict[str, Any] | None = None) -> None:
    """Refuse a call whose arguments hold no number; `by` is the public function that follows numbers through f."""
    arguments = [*args, *(options or {}).values()]
    if arguments and not leaves(arguments):
        name = getattr(f, "__name__", None) or type(f).__name__
        what = said_of_no_number(arguments[0], argument_names(parameter_names(f), args, options or ())[0])
        raise TypeError(f"{by} takes functions of numbers, and {name} was called with {what}")


LARGEST_WHOLE = 2**53  # up to which all whole numbers are floats


def check_kinds(kinds: set[type], label: str, name: str) -> None:
    """Refuse numbers of the user's own classes, whose methods the variables in their places would lack."""
    for kind in kinds - {int}:
        if issubclass(kind, int | float) and not hasattr(kind, "dtype"):
            raise TypeError(
                f"{name} is differentiated by {label}, a {kind.__name__}, whose own methods would be lost: take "
                f"float({label})"
            )


def check_whole(numbers: list[Any], label: str, name: str) -> None:
    """Refuse whole numbers that no float holds, in whose place another one would be computed with."""
    for x in numbers:
        if type(x) is int and abs(x) > LARGEST_WHOLE and abs(x) <= sys.float_info.max and int(float(x)) != x:
            raise ValueError(
                f"{name} is differentiated by {label}, and no float is {x}: write {float(x)!r}, or leave it out of "
                "argnums"
            )


def check_several(name: str, held: list[State]) -> None:
    """Refuse what was written into something that stands in several arguments, each of which has got its own."""
    for state in held:
        if state.is_written:
            raise ValueError(
                f"one {type(state.it).__name__} stands in several arguments of {name}, which writes into it; while it "
                "is differentiated that is seen in one of them alone: give each its own copy"
            )
