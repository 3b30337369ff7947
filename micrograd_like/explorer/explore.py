"""explore: a page that steps through a Value's computation, or through a function's."""

from __future__ import annotations

import sys

from ..pictures.scene import Scene, callers_variables
from ..value import Value
from .exploration import Exploration
from .explorer import Explorer

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def explore(subject: Value | Callable[..., Any], /, *args: Any, **options: Any) -> Explorer:
    """A page that steps through a computation: each value as it is computed, then each derivative as it flows back.

    >>> from micrograd_like import Value
    >>> apple, n, tax = Value(100), Value(2), Value(1.1)
    >>> total = apple * n * tax
    >>> explore(total)
    <explorer of total: 5 values, 3 inputs>

    It shows itself in a notebook; `save("total.html")` writes it to a file, one that works without a network, and
    `show()` opens it in the browser. In the page the inputs can be changed: all values and derivatives follow, and
    "Step downhill" moves the inputs against their derivatives. "Ask me first" has you give each derivative before the
    page shows it. Where one is 0, nan, infinite or one-sided, the page says what `why` says of it.

    Of a function and its arguments, the page has the function's own source beside the picture, and the questions that
    it asked on its way; where another answer would lead it another way, the page says so.

    >>> explore(lambda apple, n: apple * n if n < 10 else 0.9 * apple * n, 100, 2)
    <explorer of <lambda>(100, 2): 3 values, 2 inputs>

    A large computation is folded by its scopes, as `draw` does; in the page a click on one opens a run of it. Beside
    its pictures a page has less than 80 KB: where the program would not fit, the numbers stay as they are.
    """
    if isinstance(subject, Value):
        if args or options:
            raise TypeError("explore takes one Value alone, or a function and its arguments, not a Value and arguments")
        return Explorer(Scene(subject, callers_variables(), True))
    if not callable(subject):
        raise TypeError(
            f"explore takes a Value, or a function and its arguments, not {subject!r:.60}: make the inputs Values, "
            "as in Value(100), and explore what you compute from them"
        )
    return Exploration(subject, args, options, sys._getframe(1)).explorer()
