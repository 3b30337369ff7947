"""The layers of the book: a forward pass that keeps its inputs, a backward pass that needs nothing else.

Source: Saitoh Goki, *Deep Learning from Scratch*, chapter 5.4.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any


class MulLayer:
    """A layer that multiplies two numbers: backward hands each input the derivative times the *other* input.

    >>> apples = MulLayer()
    >>> apples.forward(100, 2)
    200
    >>> apples.backward(1.1)
    (2.2, 110.00000000000001)
    """

    def __init__(self) -> None:
        self.x: Any = None
        self.y: Any = None

    def forward(self, x: Any, y: Any) -> Any:
        """The product of x and y, both of which the layer keeps."""
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout: Any) -> tuple[Any, Any]:
        """From the derivative of the result by this layer's output, its derivatives by x and by y."""
        if self.x is None:
            raise RuntimeError("this MulLayer has no inputs yet: call forward(x, y) before backward(dout)")
        return dout * self.y, dout * self.x


class AddLayer:
    """A layer that adds two numbers: backward hands the derivative on unchanged to both, and so has nothing to keep.

    >>> fruit = AddLayer()
    >>> fruit.forward(200, 450)
    650
    >>> fruit.backward(1.1)
    (1.1, 1.1)
    """

    def forward(self, x: Any, y: Any) -> Any:
        """The sum of x and y."""
        return x + y

    def backward(self, dout: Any) -> tuple[Any, Any]:
        """From the derivative of the result by this layer's output, its derivatives by x and by y."""
        return dout, dout
