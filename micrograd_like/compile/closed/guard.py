"""The question if a few names, functions and cells are what they were, in no more time than it takes to look at them.

A loop over them would take several times as long, and the question stands before every call of a compiled function. So
it is code of its own: `rate is v0 and helper.__code__ is c0`, which Python looks up where the user's function does.
The compiled core asks the same questions in C (core/calls.h).
"""

from __future__ import annotations

from functools import lru_cache
from types import FunctionType

from ...core import core
from .versions import version_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType
    from typing import Any

    Pairs = Sequence[tuple[Any, Any]]  # of a thing that is looked at, and what was found there

MOST_QUESTIONS = 40  # questions of a kind, which is more than functions have as a rule

TEMPLATE = """\
def made({parameters}):
    def changed():
        try:
            if {questions}:
                return {then}
        except Error:
            pass
        return otherwise()
    return changed
"""


def guard(
    namespace: dict[str, Any],
    names: Pairs,
    others: Sequence[tuple[str, Pairs]],
    then: Callable[[], bool] | None,
    otherwise: Callable[[], bool],
) -> Callable[[], bool]:
    """A function that answers `then()` if all is what it was, False without it, else `otherwise()`.

    `others` are further questions, as "{}.__code__ is {}" of a thing and what was found there.

    >>> apples = {"n": 2}
    >>> changed = guard(apples, [("n", 2)], [], None, lambda: True)
    >>> changed()
    False
    >>> apples["n"] = 3
    >>> changed()
    True
    """
    if core:
        asked = [(form, pair) for form, pairs in others for pair in pairs]
        builtins = FunctionType(guard.__code__, namespace).__builtins__
        compiled: Callable[[], bool] = core.Guard(namespace, builtins, [*names], asked, then, otherwise, version_of())
        return compiled
    found = [*(x for _, x in names), *(x for _, pairs in others for pair in pairs for x in pair)]
    made = guard_template(len(names), tuple([(form, len(pairs)) for form, pairs in others]), then is not None)
    function = made(Exception, type, otherwise, then, *found)
    known = iter([name for name, _ in names])
    code: CodeType = function.__code__
    renamed = tuple([next(known) if name.startswith("name_") else name for name in code.co_names])
    return FunctionType(code.replace(co_names=renamed), namespace, "changed", None, function.__closure__)


@lru_cache(256)
def guard_template(names: int, others: tuple[tuple[str, int], ...], then: bool) -> Callable[..., Any]:
    """What makes the function; the compiler is needed once for many of them."""
    parameters = ["Error", "kind_of", "otherwise", "then", *[f"v{k}" for k in range(names)]]
    questions = [f"name_{k} is v{k}" for k in range(names)]
    for n, (form, count) in enumerate(others):
        pairs = [(f"x{n}_{k}", f"w{n}_{k}") for k in range(count)]
        parameters += [part for pair in pairs for part in pair]
        questions += [form.format(*pair) for pair in pairs]
    source = TEMPLATE.format(
        parameters=", ".join(parameters),
        questions=" and ".join(questions) or "True",
        then="then()" if then else "False",
    )
    scope: dict[str, Any] = {}
    exec(source, scope)
    return scope["made"]  # type: ignore[no-any-return]
