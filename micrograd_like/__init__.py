"""Exact derivatives of plain Python arithmetic, and a picture of how they flow.

>>> from micrograd_like import Value
>>> apple, n, tax = Value(100), Value(2), Value(1.1)
>>> total = apple * n * tax
>>> total.backward()
>>> apple.grad, n.grad, tax.grad
(2.2, 110.00000000000001, 200.0)
"""

from __future__ import annotations

from . import layers, math, ops
from .draw import draw
from .jit import jit
from .math import dist
from .operation import function
from .scope import scope
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Value
from .why import digits, why

__all__ = ["Value", "check_grads", "digits", "dist", "draw", "function", "jit", "layers", "math", "nn", "optim", "why"]
__all__ += ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp", "vmap"]
__all__ += ["derive", "exercise", "explore", "scope"]
__all__ += ops.PUBLIC

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from . import nn, optim
    from .derivation import derive, exercise
    from .draw.explorer import explore
    from .gradcheck import check_grads
    from .jit.batch import vmap
    from .ops import *  # noqa: F403
else:
    globals().update({name: vars(ops)[name] for name in ops.PUBLIC})


def __getattr__(name: str) -> Any:
    """What few programs need is imported when it is asked for."""
    from importlib import import_module

    if name in ("nn", "optim"):
        return import_module(f".{name}", __name__)
    if name == "check_grads":
        return import_module(".gradcheck", __name__).check_grads
    if name == "vmap":
        try:
            return import_module(".jit.batch", __name__).vmap
        except ImportError as missing:  # NumPy: that is said when vmap is called, not by `from micrograd_like import *`
            reason = str(missing)

            def vmap(*_: Any, **__: Any) -> Any:
                """Needs NumPy, which is not installed."""
                raise ImportError(reason) from None

            return vmap
    if name in ("derive", "exercise"):
        return getattr(import_module(".derivation", __name__), name)
    if name == "explore":
        return import_module(".draw.explorer", __name__).explore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
