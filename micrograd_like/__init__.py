"""Exact derivatives of plain Python arithmetic, and a picture of how they flow.

>>> from micrograd_like import Value
>>> apple, n, tax = Value(100), Value(2), Value(1.1)
>>> total = apple * n * tax
>>> total.backward()
>>> apple.grad, n.grad, tax.grad
(2.2, 110.00000000000001, 200.0)
"""

from __future__ import annotations

from . import errors, math, ops
from . import methods as methods
from .errors import (
    DrawingError,
    ExpressionError,
    GradientError,
    JumpError,
    KinkError,
    NotDifferentiableError,
    SingularError,
    TracingError,
    UnmeasuredWarning,
)
from .math import dist
from .operation import function
from .value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from . import layers, nn, optim
    from .check.gradcheck import check_grads
    from .compile.jit import jit
    from .compile.rows.vmap import vmap
    from .diagnose.digits import digits
    from .diagnose.why import why
    from .drawing import draw
    from .explorer.explore import explore
    from .lifting.lift import lift
    from .models.tables.roles import col
    from .models.tables.sweep import sweep
    from .models.tables.sweeper import Sweeper
    from .ops import *  # noqa: F403
    from .pictures.scope import scope
    from .teach.derive import derive
    from .teach.exercise import exercise
    from .transforms.grad import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
else:
    globals().update({name: vars(ops)[name] for name in ops.PUBLIC})

_LAZY = {  # what is imported when it is asked for, and from where
    **dict.fromkeys("grad hessian hvp jacobian jvp value_and_grad vjp".split(), "transforms.grad"),
    "Sweeper": "models.tables.sweeper",
    "check_grads": "check.gradcheck",
    "col": "models.tables.roles",
    "derive": "teach.derive",
    "digits": "diagnose.digits",
    "draw": "drawing",
    "exercise": "teach.exercise",
    "explore": "explorer.explore",
    "jit": "compile.jit",
    "layers": "layers",
    "lift": "lifting.lift",
    "nn": "nn",
    "optim": "optim",
    "scope": "pictures.scope",
    "sweep": "models.tables.sweep",
    "vmap": "compile.rows.vmap",
    "why": "diagnose.why",
}
__all__ = ["Value", "check_grads", "digits", "dist", "draw", "function", "jit", "layers", "math", "nn", "optim", "why"]
__all__ += ["grad", "hessian", "hvp", "jacobian", "jvp", "lift", "value_and_grad", "vjp", "vmap"]
__all__ += ["derive", "exercise", "explore", "scope"]
__all__ += ["Sweeper", "col", "sweep"]
__all__ += ["DrawingError", "ExpressionError", "GradientError", "JumpError", "KinkError", "NotDifferentiableError"]
__all__ += ["SingularError", "TracingError", "UnmeasuredWarning", "errors"]
__all__ += ops.PUBLIC


def __getattr__(name: str) -> Any:
    from importlib import import_module, metadata

    if name == "__version__":
        try:
            return metadata.version("micrograd_like")
        except metadata.PackageNotFoundError:
            raise AttributeError("micrograd_like is not installed, and has no version") from None
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f".{_LAZY[name]}", __name__)
    except ImportError as missing:  # said when it is called, not by `from micrograd_like import *`
        return _absent(name, str(missing))
    found = globals()[name] = module if _LAZY[name] == name else vars(module)[name]
    return found


def _absent(name: str, reason: str) -> Any:
    def function(*_: Any, **__: Any) -> Any:
        """Needs a library that is not installed: which one it says when it is called."""
        raise ImportError(reason)

    function.__name__ = function.__qualname__ = name
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
