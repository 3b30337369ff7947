"""Value: a float that remembers how it was computed, and can tell how the result answers to each input."""

from __future__ import annotations

import os
import sys
from numbers import Real

from . import ieee
from .backward import NOTHING, refuse, sweep
from .copies import Copyable
from .core import completed, core, fast, kinds_of, made
from .graph import Node, topological_order
from .operation import OPS, Op, compiled, every_row_a_method, is_real, once_a_row
from .runs.foreign import LISTENER
from .runs.positions import by_the_user
from .runs.running import DROPS, THREAD, Running, drop_by_rounding, note_drop, note_key, note_tie, refused

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, SupportsFloat

new = object.__new__
Real.register(Node)


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
        self.name = named(label if name is None else name)
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
        self._data = as_number(number)

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
            sweep(self)

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
        self.name = named(name)

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
            "the number alone is wanted"
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

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    # operations; `take` adds one method for each other row of the table

    @staticmethod
    def record(op: Op, *inputs: Any) -> Any:
        """The operation applied to inputs of which one at least is a Value."""
        if len(inputs) != op.arity:
            op = op.widened(inputs)
            inputs = op.completed(inputs)
        kind = Active if Active in kinds_of(inputs) else Value
        if op.arity == 2 and not is_value(inputs[0]):
            answer = reflected(op, kind)(inputs[1], inputs[0])
        else:
            answer = method(op, kind)(*inputs)
        if answer is NotImplemented:
            wrong = next(x for x in inputs if not is_value(x) and not is_real(x))
            if isinstance(wrong, Node):  # a number inside a trace, which knows what to do with Values
                return wrong.record(op, *inputs)
            raise TypeError(f"{op.called} takes numbers and Values, not {wrong!r}")
        return answer

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


def as_number(number: SupportsFloat) -> float:
    """What is to be a Value's number, as a float."""
    if type(number) is not float and not is_real(number):
        raise TypeError(f"a Value holds a real number, not {described(number)}")
    return float(number)


def read(self: Value) -> float:
    """Its number: the core calls this for `data` while somebody watches who reads it."""
    return self._data


if not core:
    read = vars(Value)["data"].fget


def tupled(op: Op | None, first: Any, second: Any) -> tuple[Any, ...]:
    """Parents, or their numbers, as they are kept: one, two, or a tuple of any number."""
    if op is None:
        return ()
    return (first, second) if op.arity == 2 else (first,) if op.arity == 1 else first


def named(name: Any) -> str | None:
    """The name of a Value, if it is one."""
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of a Value is a str, not {name!r}")
    return name


def is_value(x: Any) -> bool:
    """Whether x is a Value itself; a number inside a trace may only stand for one, and `isinstance` answers as if."""
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


def plain(x: Any) -> float | None:
    """A real number as a float; None for anything else."""
    return float(x) if is_real(x) else None


# recording


def unary(op: Op, kind: type[Value]) -> Callable[..., Any]:
    value = op.value

    def method(a: Value) -> Any:
        x = a._data
        try:
            out = value(x)
        except (ArithmeticError, ValueError) as error:
            raise explained(error, op, a) from None
        return made(out, op, a, x, None, None, kind)

    return method


def binary(op: Op, kind: type[Value]) -> Callable[..., Any]:
    """The method of a Value and what stands after it. It spells out `made`: this is where a program's time goes."""
    value = op.value
    constant = op.by_constant or op

    def method(a: Value, b: Any) -> Any:
        row = constant
        if type(b) is kind:
            row = op
            y = b._data
        elif type(b) is float:
            y = b
        elif type(b) is int:
            b = y = float(b)
        elif is_value(b):
            if type(b) is Active:
                return binary_of(op, Active)(a, b)
            row = op
            y = b._data
        elif is_real(b):
            b = y = float(b)
        else:
            return NotImplemented
        x = a._data
        try:
            out = value(x, y)
        except (ArithmeticError, ValueError) as error:
            raise explained(of_operator(error, op, a, b) if op.infix else error, op, a, b) from None
        if core:
            return made(out, row, a, x, b, y, kind)
        v = new(kind)
        v._data = v._out = out
        v.grad = 0.0
        v.name = None
        v.op = row
        v._a = a
        v._b = b
        v._x = x
        v._y = y
        v._mark = None
        return v

    return method


binary_of = once_a_row(binary)


@once_a_row
def reflected(op: Op, kind: type[Value]) -> Callable[..., Any]:
    """The method of a Value and the number, or the Value of another class, that stands before it."""
    value = op.value

    def method(b: Value, a: Any) -> Any:
        if type(a) is int:
            a = float(a)
        elif type(a) is not float:
            if is_value(a):
                return binary_of(op, kind)(a, b)
            if not is_real(a):
                return NotImplemented
            a = float(a)
        y = b._data
        try:
            out = value(a, y)
        except (ArithmeticError, ValueError) as error:
            raise explained(of_operator(error, op, a, b) if op.infix else error, op, a, b) from None
        return made(out, op, a, a, b, y, kind)

    return method


def as_operands(inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[float, ...]] | None:
    """The inputs, plain numbers as floats, and the numbers of all of them; None if anything else is among them."""
    parents: tuple[Any, ...] = tuple([x if type(x) is float or is_value(x) else plain(x) for x in inputs])
    if type(None) in kinds_of(parents):
        return None
    return parents, tuple([x if type(x) is float else x._data for x in parents])


operands_in_python = as_operands
if core:
    as_operands = core.as_operands


def nary(op: Op, kind: type[Value]) -> Callable[..., Any]:
    value = op.value

    def method(*inputs: Any) -> Any:
        found = as_operands(inputs)
        if found is None:
            return NotImplemented
        parents, xs = found
        try:
            out = value(*xs)
        except (ArithmeticError, ValueError) as error:
            raise explained(error, op, *parents) from None
        return made(out, op, parents, xs, None, None, kind)

    return method


def compared(op: Op) -> Callable[..., Any]:
    value = op.value

    def method(a: Value, b: Any) -> Any:
        if is_value(b):
            return value(a._data, b._data)
        return value(a._data, b) if is_real(b) else NotImplemented

    return method


@once_a_row
def method(op: Op, kind: type[Value]) -> Callable[..., Any]:
    """A Value's method for the row."""
    if op.rule is None:
        return compared(op)
    return unary(op, kind) if op.arity == 1 else binary_of(op, kind) if op.arity == 2 else nary(op, kind)


def explained(error: Exception, op: Op, *inputs: Any) -> Exception:
    """The error, saying which operation met it and on which operands.

    >>> Value(0.0, name="price").log()
    Traceback (most recent call last):
    ValueError: log(price): math domain error at price = 0.0
    """
    names = names_of(op, inputs)
    at = ", ".join(
        dict.fromkeys(
            f"{name} = {x._data}"
            for x, name in zip(inputs, names, strict=True)
            if isinstance(x, Node) and name != repr(x._data)
        )
    )
    if type(error) not in ARITHMETIC_ERRORS:  # somebody's own exception stays what it is
        error.add_note(f"{op.spelled(names)} at {at}")
        return error
    return type(error)(f"{op.spelled(names)}: {error.args[-1] if error.args else 'no value'} at {at}")


def names_of(op: Op, inputs: tuple[Any, ...]) -> list[str]:
    """What an error calls the inputs: by their names, else by the row's letters, if none has that name, or numbers."""
    taken = {x._name for x in inputs if isinstance(x, Node)}
    letters = op.letters if op.arity else [f"x{i}" for i in range(1, len(inputs) + 1)]
    names = []
    for x, letter in zip(inputs, letters, strict=True):
        if isinstance(x, Node):
            names.append(x._name or (letter if letter not in taken else repr(x._data)))
        else:
            names.append(f"({x!r})" if op is OPS["pow"] and not names and x < 0 else repr(x))
    return names


ARITHMETIC_ERRORS = {ArithmeticError, OverflowError, ValueError, ZeroDivisionError}


def of_operator(error: Exception, op: Op, *inputs: Any) -> Exception:
    """The error of the operator itself, where the row's value is a faster function with errors of another type."""
    try:
        compiled(op.spelling, op.letters)(*(x._data if is_value(x) else x for x in inputs))
    except ArithmeticError as exact:
        return exact
    return error


def taken_by(kind: type[Value]) -> Callable[[Op], None]:
    """How a class of Values takes a row: as the operator behind it, under its own name and under NumPy's."""

    own = {*vars(kind)}  # the __eq__ of a run

    def take(op: Op) -> None:
        apply = method(op, kind)
        behind = after_zero(kind) if op.name == "add" else reflected(op, kind) if op.rule and op.arity == 2 else None
        methods = {op.dunder: apply, op.dunder.replace("__", "__r", 1): behind} if op.dunder else {}
        asked = noted.get(op.name, apply) if kind is Active else apply
        if core and core.register(op, asked, behind, kind is Active):  # the core asks these where it does not know
            methods = {}
        named = apply if op.arity == 1 and not op.wider else lambda *inputs: Value.record(op, *inputs)
        for name, function in {op.name: fast(op, named), op.numpy: fast(op, named), **methods}.items():
            if name not in own and function:
                setattr(kind, name, function)

    return take


def after_zero(kind: type[Value]) -> Callable[[Any, Any], Any]:
    """The method of what stands after a plain number and +."""

    def method(self: Value, other: Any) -> Any:
        """`sum` starts from the int 0, and 0 + x is x (-0.0 too, which a float's 0 + x would make 0.0)."""
        return self if type(other) is int and other == 0 else add_reflected(self, other)

    add_reflected = reflected(OPS["add"], kind)
    return method


# in a run


def class_of(x: Active) -> type:
    """What `isinstance` asks for beside the type: a float where the function itself has one."""
    return float if by_the_user(sys._getframe(1)) and is_plain(x) else type(x)


class Active(Value):
    """A Value inside a run: it stands for a number of the function that a transform looks at.

    The function sees what it would see on plain numbers: an Active hashes as its number does, and is its own copy. It
    knows its run, and tells it what loses a derivative.
    """

    __slots__ = ()

    @property
    def _run(self) -> Running | None:
        """Of a variable the run that it belongs to: it stands for a plain number, or for a Value in its place."""
        return self._x if self.op is None else self._y if self.op.arity == 1 else None

    __class__ = property(class_of)

    def __hash__(self) -> int:
        return hash(self._data)

    def __eq__(self, other: object) -> Any:
        answer = equal(self, other)
        if answer is True and self is not other:
            note_tie(run_of(self), sys._getframe(1))
        return answer

    def __ne__(self, other: object) -> Any:
        answer = unequal(self, other)
        if answer is False and self is not other:
            note_tie(run_of(self), sys._getframe(1))
        return answer

    @property
    def data(self) -> float:
        """The number, without its derivative."""
        note_drop(run_of(self), "its .data was read", sys._getframe(1))
        return self._data

    @data.setter
    def data(self, number: SupportsFloat) -> None:
        vars(Value)["data"].__set__(self, number)

    def __int__(self) -> int:
        note_drop(run_of(self), "int() or trunc() answered a plain number", sys._getframe(1))
        return int(self._data)

    __trunc__ = __int__

    def __floor__(self) -> int:
        note_drop(run_of(self), "floor() answered a plain number", sys._getframe(1))
        return self._data.__floor__()

    def __ceil__(self) -> int:
        note_drop(run_of(self), "ceil() answered a plain number", sys._getframe(1))
        return self._data.__ceil__()

    def __round__(self, ndigits: int | None = None) -> float:
        note_drop(run_of(self), "round() answered a plain number", sys._getframe(1))
        note_key(run_of(self), ndigits, sys._getframe(1))
        return round(self._data, ndigits)

    def __format__(self, spec: str) -> str:
        note_drop(run_of(self), "text was made of it", sys._getframe(1))
        return format(self._data, spec)

    def __repr__(self) -> str:
        note_drop(run_of(self), "text was made of it", sys._getframe(1))
        return repr(self._data)

    def __str__(self) -> str:
        note_drop(run_of(self), "text was made of it", sys._getframe(1))
        return repr(self._data)

    def hex(self) -> str:
        note_drop(run_of(self), "text was made of it", sys._getframe(1))
        return self._data.hex()

    def backward(self) -> None:
        """Refused when the run returns: the derivatives would be plain numbers, which have none themselves."""
        note_drop(run_of(self), "backward() gave plain derivatives", sys._getframe(1))
        refused(
            run_of(self),
            TypeError(
                "backward() within a function that is differentiated gives plain derivatives, "
                "which have no derivative themselves: take grad(...) of a function in its place"
            ),
        )
        Value.backward(self)

    def __float__(self) -> float:
        try:
            return Value.__float__(self)
        except TypeError as error:
            raise refused(run_of(self), error) from None

    def __index__(self) -> int:
        if run := run_of(self):
            run.counted.update(map(id, topological_order(self)))
        raise refused(run_of(self), TypeError(no_whole_number(self)))

    def as_integer_ratio(self) -> tuple[int, int]:
        try:
            return Value.as_integer_ratio(self)
        except TypeError as error:
            raise refused(run_of(self), error) from None

    def __copy__(self) -> Active:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Active:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        run = run_of(self)
        if run is None:
            raise TypeError(kept(self))
        if all(x is not self for x in run.pickled):
            run.pickled.append(self)
        place = next(k for k, x in enumerate(run.pickled) if x is self)
        return unpickled, (os.getpid(), id(run), place)

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return self.__reduce__()


noted = {"eq": Active.__eq__, "ne": Active.__ne__}  # what the core asks, since it is noted
if core:
    Active = completed(Active, core.Active)  # type: ignore[misc]
else:
    Active.__name__ = Active.__qualname__ = "Value"  # as Python's own errors call it


def run_of(x: Active) -> Running | None:
    """The run that the thread is in; in a thread that a function has started, the run whose number x is."""
    if THREAD.run is not None:
        return THREAD.run
    runs = (v._run for v in topological_order(x) if type(v) is Active)
    return next((run for run in runs if run is not None and not run.finished), None)


def is_plain(x: Active) -> bool:
    """Whether it was computed of the variables of a run that stand for plain numbers, and of plain numbers alone."""
    run = run_of(x)
    if run is None:  # it was kept beyond its run
        return False
    known, stack = run.plain, [x]
    while stack:
        v = stack[-1]
        parents = [y for y in v.parents if is_value(y)] if type(v) is Active else []
        if unknown := [y for y in parents if id(y) not in known]:
            stack += unknown
        else:
            known[id(v)] = v, type(v) is Active and all(known[id(y)][1] for y in parents)
            stack.pop()
    return known[id(x)][1]


def unpickled(process: int, run: int, place: int) -> Any:
    """The number that was pickled within the run that is going on."""
    running = THREAD.run
    if running is None or (process, run) != (os.getpid(), id(running)) or place >= len(running.pickled):
        raise TypeError(
            "a number of a run, by which a derivative is taken, was pickled and cannot be loaded in another process or "
            "after the run: take the derivative in the other process, as in pool.map(grad(f), xs)"
        )
    return running.pickled[place]


def kept(x: Value) -> str:
    """What to say of a number that belongs to a run that is finished."""
    return (
        f"{x.name or 'a number'} = {x._data} belongs to a run that is finished, and was kept: answer it, or keep its "
        ".data"
    )


def met(v: Value) -> tuple[float, ...]:
    """The numbers that the operation met, whatever has become of its parents' data since.

    >>> x = Value(3.0)
    >>> y = x * 2
    >>> x.data = 5
    >>> met(y)
    (3.0, 2.0)
    """
    return tupled(v.op, v._x, v._y)


def shares_of(v: Value, g: float) -> tuple[float | None, ...]:
    """What the local backward closure answers: the core asks this where it does not know."""
    return v._backward(g)


if core:
    core.setup(
        as_number, read, shares_of, refuse, ieee.limits, operands_in_python, class_of, NOTHING, THREAD, LISTENER.runs
    )
every_row_a_method(Value, taken_by(Value))
every_row_a_method(Active, taken_by(Active))
equal, unequal = method(OPS["eq"], Active), method(OPS["ne"], Active)
drop_by_rounding(Value)
drop_by_rounding(Active)
DROPS[read.__code__] = DROPS[vars(Active)["data"].fget.__code__] = "its .data was read"
