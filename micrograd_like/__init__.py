"""Exact derivatives of plain Python arithmetic, and a picture of how they flow.

>>> from micrograd_like import Value
>>> apple, n, tax = Value(100), Value(2), Value(1.1)
>>> total = apple * n * tax
>>> total.backward()
>>> apple.grad, n.grad, tax.grad
(2.2, 110.00000000000001, 200.0)
"""

from . import layers, math, nn, ops, optim
from .draw import draw
from .math import dist
from .operation import function
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Value

__all__ = ["Value", "dist", "draw", "function", "layers", "math", "nn", "optim"]
__all__ += ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
__all__ += ops.PUBLIC

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from .ops import *  # noqa: F403
else:
    globals().update({name: vars(ops)[name] for name in ops.PUBLIC})
