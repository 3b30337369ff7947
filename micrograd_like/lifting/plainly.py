"""Code in C that calls a function of the user's: it is given plain numbers, and what they stand for is noted.

While a run is recorded it is left to the function as it is: what such code answers cannot be computed anew by a record.
"""

from __future__ import annotations

from functools import wraps

import numpy as np

from ..errors import Singular
from ..graph import Node
from ..runs.running import THREAD, refused
from ..trace.symbol import Symbol
from ..trees.elementwise import holds_nodes
from ..trees.lookalike import Lookalike

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Plainly:
    """A function whose answers are plain numbers, for code in C; it notes whether they were Values."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.met = False

    def __call__(self, *args: Any) -> Any:
        answer = self.f(*args)
        if not holds_nodes(answer):
            return answer
        self.met = True
        return plain_of(answer)


class Noted(Plainly):
    """A function as it is; it notes whether its answers were Values."""

    def __call__(self, *args: Any) -> Any:
        answer = self.f(*args)
        self.met = self.met or holds_nodes(answer)
        return answer


def plain_of(x: Any) -> Any:
    """Plain numbers in the places of Values; a recording is left to the function as it is."""
    if isinstance(x, Node):
        if isinstance(x, Symbol):
            x._trace.raised = True
            raise Singular
        return x._data
    if isinstance(x, np.ndarray) and holds_nodes(x):
        return np.array([plain_of(y) for y in x.ravel().tolist()]).reshape(x.shape)
    if isinstance(x, Lookalike):
        return np.array(x.tolist(), dtype=float).reshape(x.shape)
    return type(x)(plain_of(y) for y in x) if type(x) in (list, tuple) else x


def no_twin(name: str, theirs: Callable[..., Any]) -> Callable[..., Any]:
    """A function that has no twin: where it meets Values, it is refused by its name."""

    @wraps(theirs)
    def answer(*args: Any, **options: Any) -> Any:
        given = [*args, *options.values()]
        noted = {id(x): Noted(x) for x in given if callable(x) and not isinstance(x, type)}
        try:
            watched = {key: noted.get(id(x), x) for key, x in options.items()}
            return theirs(*[noted.get(id(x), x) for x in args], **watched)
        except Exception as error:
            if not any(holds_nodes(x) for x in given) and not any(f.met for f in noted.values()):
                raise
            raise refused(THREAD.run, TypeError(no_derivative_of(name))) from error

    return answer


def no_derivative_of(name: str) -> str:
    """What to say of a function that computes with plain numbers alone."""
    own = name.rpartition(".")[2]
    return (
        f"{name} computes with plain numbers alone, and has no derivative here: write one as an operation of your own, "
        f"{own} = function({own!r}, value, rule), where value(x) calls {name} and rule(x, out, g) answers what x "
        "receives"
    )
