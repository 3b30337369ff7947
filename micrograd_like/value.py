"""Value: a float that remembers how it was computed, and can tell how the result answers to each input."""

from __future__ import annotations

import sys
from numbers import Real

from . import ieee
from .backward import backward_pass
from .checked import answers_itself, is_real
from .copies import Copyable
from .core import completed, core
from .graph import Node, topological_order
from .operation import Op
from .runs.positions import by_the_user
from .runs.running import DATA_WAS_READ, DROPPING_CODE, THREAD, drop_by_rounding, no_mask
from .runs.users import is_users_file

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, SupportsFloat

Real.register(Node)


def as_its_dtype(self: Any, dtype: Any, **_: Any) -> Any:
    """Itself as a float, as of NumPy's scalars; what is no float has no derivative."""
    if dtype is not float and getattr(dtype, "__name__", dtype) not in ("float", "float64", "f8", "d"):
        raise TypeError(
            f"{self._name or 'a Value'} would lose its derivative as {dtype!r}: it is a float, and stays one"
        )
    return self


class Value(Copyable):
    """A number that takes part in plain arithmetic and remembers it.

    >>> apple, n, tax = Value(100), Value(2), Value(1.1)
    >>> total = apple * n * tax
    >>> total.backward()
    >>> total.data, apple.grad, n.grad, tax.grad
    (220.00000000000003, 2.2, 110.00000000000001, 200.0)

    `data` is any real number and is kept as a float. `name` is what pictures and error messages call it. A Value that
    an operation made knows the operation (`op`), its parents in the order of the expression (Values and plain
    numbers), and its local backward closure: the operation's rule, closed over the numbers that it met.

    `label`, `_prev`, `_op` and `_backward()` are what they are in the lecture on micrograd.
    """

    __slots__ = ("_a", "_b", "_data", "_mark", "_out", "_scope", "_waiting", "_x", "_y", "grad", "name", "op")

    if TYPE_CHECKING:
        grad: float
        name: str | None
        op: Op | None
        _data: float
        _a: Any  # the parents: Values and floats, or, where there are not one or two of them, all in a tuple
        _b: Any
        _x: Any  # the numbers that the operation met in their place; of a leaf, the run in which it was made, if any
        _y: Any
        _out: float  # and the number that it made of them
        _mark: object  # the backward pass that has reached this Value, and has not finished with it
        _scope: Any  # the scopes that it came out of, if any: see `scope.py`; otherwise never set, which costs nothing
        _waiting: int  # in that pass: how many children have not handed down their share yet

    def __init__(self, data: SupportsFloat, name: str | None = None, *, label: str | None = None) -> None:
        self.data = data
        self.grad = 0.0
        self.name = checked_name(label if name is None else name)
        self.op = None
        self._a = self._b = self._y = None
        self._x = THREAD.run
        self._out = self._data
        self._mark = None
        self._waiting = 0

    @property
    def data(self) -> float:
        """The number. Writing it changes no derivative of what was computed before."""
        return self._data

    @data.setter
    def data(self, number: SupportsFloat) -> None:
        self._data = checked_float(number)

    @property
    def parents(self) -> tuple[Any, ...]:  # type: ignore[override]
        """What it was computed from, in the order of the expression: Values, and plain numbers as floats."""
        return tupled(self.op, self._a, self._b)

    _parents = parents

    # derivatives

    @property
    def _backward(self) -> Closure:
        """The local backward closure: the derivative that arrives here in, what each parent receives out.

        >>> x, y = Value(3), Value(4)
        >>> (x * y)._backward(1.0)
        (4.0, 3.0)
        """
        return Closure(self)

    def backward(self) -> None:
        """Fill in `grad`: the derivative of this Value by everything it was computed from.

        >>> x = Value(3)
        >>> y = x * x * x
        >>> y.backward()
        >>> x.grad
        27.0

        Leaves add up over calls, as a gradient that is summed over a minibatch; `zero_grad` clears them. Inner Values
        start afresh in every call. Where a derivative is infinite or undefined it is inf or nan; nothing is raised.
        This is `graph.chain_rule`, unrolled for speed.
        """
        if self.op is None:
            self.grad = (self.grad or 0.0) + 1.0
        else:
            backward_pass(self)

    def zero_grad(self) -> None:
        """Set `grad` to 0 here and in everything this Value was computed from."""
        for node in topological_order(self):
            node.grad = 0.0

    # the names that the lecture on micrograd uses

    @property
    def label(self) -> str:
        """The name, "" if there is none."""
        return self.name or ""

    @label.setter
    def label(self, name: str | None) -> None:
        self.name = checked_name(name)

    @property
    def _prev(self) -> set[Value]:
        """The parents that are Values."""
        return {x for x in self.parents if isinstance(x, Value)}

    @property
    def _op(self) -> str:
        """The operation's symbol, as Python writes it; of a leaf nothing."""
        return self.op.symbol if self.op else ""

    # a number among numbers

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        return f"Value(data={self._data}, grad={self.grad}{name})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    __hash__ = object.__hash__  # by identity, though == compares the numbers

    def __bool__(self) -> bool:
        return self._data != 0

    def __int__(self) -> int:
        return int(self._data)

    __trunc__ = __int__

    def __floor__(self) -> int:
        return self._data.__floor__()

    def __ceil__(self) -> int:
        return self._data.__ceil__()

    def __round__(self, ndigits: int | None = None) -> float:
        return round(self._data, ndigits)

    def __float__(self) -> float:
        raise TypeError(
            f"{self.name or 'a Value'} would lose its derivative as a plain float: take functions from micrograd_like "
            "(micrograd_like.exp, not math.exp), arrays of dtype=object (np.zeros(3, dtype=object)), or its .data if "
            f"the number alone is wanted{or_lift(sys._getframe(1))}"
        )

    def __index__(self) -> int:
        raise TypeError(no_whole_number(self))

    def is_integer(self) -> bool:
        """Whether it is a whole number."""
        return not self % 1

    def as_integer_ratio(self) -> tuple[int, int]:
        raise TypeError(
            f"{self.name or 'a Value'} would lose its derivative as a ratio of whole numbers: take its .data if the "
            "number alone is wanted"
        )

    @property
    def real(self) -> Value:
        """Itself, as of any real number."""
        return self

    @property
    def imag(self) -> float:
        """0, as of any real number."""
        return 0.0

    def conjugate(self) -> Value:
        """Itself, as of any real number: NumPy's std, var, vdot and linalg.norm ask for it."""
        return self

    def item(self) -> Value:
        """Itself, as of NumPy's scalars the number."""
        return self

    astype = as_its_dtype

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    # operations: `methods.py` gives it one method for each other row of the table, and `record`

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # the functions of the table, under their own and NumPy's names

        def __add__(self, other: Any) -> Value: ...
        def __radd__(self, other: Any) -> Value: ...
        def __sub__(self, other: Any) -> Value: ...
        def __rsub__(self, other: Any) -> Value: ...
        def __mul__(self, other: Any) -> Value: ...
        def __rmul__(self, other: Any) -> Value: ...
        def __truediv__(self, other: Any) -> Value: ...
        def __rtruediv__(self, other: Any) -> Value: ...
        def __floordiv__(self, other: Any) -> Value: ...
        def __rfloordiv__(self, other: Any) -> Value: ...
        def __mod__(self, other: Any) -> Value: ...
        def __rmod__(self, other: Any) -> Value: ...
        def __pow__(self, other: Any) -> Value: ...
        def __rpow__(self, other: Any) -> Value: ...
        def __neg__(self) -> Value: ...
        def __pos__(self) -> Value: ...
        def __abs__(self) -> Value: ...
        def __lt__(self, other: Any) -> bool: ...
        def __le__(self, other: Any) -> bool: ...
        def __gt__(self, other: Any) -> bool: ...
        def __ge__(self, other: Any) -> bool: ...


if core:
    Value = completed(Value, core.Value)  # type: ignore[misc]
else:
    for name, slot in {"_row": "op", "_name": "name"}.items():  # under these names all nodes have them
        setattr(Value, name, vars(Value)[slot])


def checked_float(number: SupportsFloat) -> float:
    """What is to be a Value's number, as a float."""
    if type(number) is not float and not is_real(number):
        raise TypeError(f"a Value holds a real number, not {described(number)}")
    return float(number)


def data_of(self: Value) -> float:
    """Its number: the core calls this for `data` while somebody watches who reads it."""
    return self._data


if not core:
    data_of = vars(Value)["data"].fget


def tupled(op: Op | None, first: Any, second: Any) -> tuple[Any, ...]:
    """Parents, or their numbers, as they are kept: one, two, or a tuple of any number."""
    if op is None:
        return ()
    return (first, second) if op.arity == 2 else (first,) if op.arity == 1 else first


def checked_name(name: Any) -> str | None:
    """The name of a Value, if it is one."""
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of a Value is a str, not {name!r}")
    return name


def is_value(x: Any) -> bool:
    """Whether x is a Value; `isinstance` is true of a number inside a trace, too, if it stands for one."""
    return issubclass(type(x), Value)


class Closure:
    """The local backward closure of a Value: its operation's rule, closed over the numbers that it met.

    Called with the derivative that arrives, it answers what each parent receives. Called with nothing it adds that to
    the `grad` of the parents, for the `grad` of the Value. A leaf hands nothing down: its closure is false, and equal
    to None.
    """

    __slots__ = ("_node",)

    def __init__(self, node: Value) -> None:
        self._node = node

    def __call__(self, g: float | None = None) -> tuple[float | None, ...]:
        node = self._node
        if node.op is None:
            return ()
        shares = ieee.backward(node.op, tupled(node.op, node._x, node._y), node._out, node.grad if g is None else g)
        if g is None:
            for x, share in zip(node.parents, shares, strict=True):
                if is_value(x) and share is not None:
                    x.grad = (x.grad or 0.0) + share
        return shares

    def __bool__(self) -> bool:
        return self._node.op is not None

    def __eq__(self, other: object) -> bool:
        return not self if other is None else isinstance(other, Closure) and self._node is other._node

    __hash__ = object.__hash__


def or_lift(frame: FrameType | None) -> str:
    """What else to say of a plain float that code of a module has asked a Value for: that the module can be lifted."""
    while frame and not by_the_user(frame):
        frame = frame.f_back
    name = frame.f_globals.get("__name__") if frame and is_users_file(frame.f_code.co_filename) else None
    if not isinstance(name, str) or name == "__main__" or name.partition(".")[0] in ("numpy", "scipy"):
        return ""
    return f"; or let {name} take Values, with lift({name}): ..."


def no_whole_number(x: Any) -> str:
    """What to say of a variable that a program counts or indexes with."""
    source = next((v._name for v in topological_order(x) if v._name), "it")
    me = x._name or ("a Value" if source == "it" else f"a Value computed from {source}")
    return (
        f"{me} is there to differentiate by, and no whole number to count or index with: write int({x._name or '…'}), "
        f"or leave {source} a plain int and differentiate by other numbers; a list times a Value is [a * x for a in …]"
    )


def described(x: Any) -> str:
    """What was given in place of a number, and what to do."""
    if not isinstance(x, Node):
        return repr(x)
    name = x._name or "it"
    if is_value(x):
        return f"{x!r}: compute with {name} as it is, or take its .data for a new Value"
    return f"{x._name or 'a number'} of a run that is recorded: compute with {name} as it is"


def compared(op: Op) -> Callable[..., Any]:
    value = op.value

    def method(a: Value, b: Any) -> Any:
        if is_value(b):
            return value(a._data, b._data)
        return value(a._data, b) if is_real(b) and not answers_itself(b, op.dunder) else NotImplemented

    return method


def met(v: Value) -> tuple[float, ...]:
    """The numbers that the operation met, whatever has become of its parents' data since.

    >>> x = Value(3.0)
    >>> y = x * 2
    >>> x.data = 5
    >>> met(y)
    (3.0, 2.0)
    """
    return tupled(v.op, v._x, v._y)


drop_by_rounding(Value)
Value._mask = property(no_mask)  # type: ignore[attr-defined]
DROPPING_CODE[data_of.__code__] = DATA_WAS_READ
