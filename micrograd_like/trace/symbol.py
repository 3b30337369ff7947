"""Symbol: a number inside a trace. It knows its number in this call, and how every other call is to compute it."""

from __future__ import annotations

import sys

from ..core import core
from ..errors import TracingError, Unrecorded
from ..graph import Node
from ..operation import OPS, QUESTIONS, Op
from ..runs.bytecode import asks_for
from ..runs.positions import by_the_user
from ..runs.running import THREAD, drop_by_rounding, no_mask, note_drop, refused
from ..value import Value, as_its_dtype, no_whole_number

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .trace import Trace


def refusal(message: str) -> TracingError:
    """An error that is raised at the end of the run too, if the function catches it."""
    return refused(THREAD.run, TracingError(message))  # type: ignore[return-value]


class Number(Node):
    """What a Symbol holds."""

    __slots__ = ("_data", "_is_value", "_name", "_number", "_parents", "_row", "_scope", "_trace")

    if TYPE_CHECKING:
        _scope: Any  # the scopes that it came out of, as of a Value

    def __init__(
        self,
        trace: Trace,
        row: Op | None,
        parents: tuple[Any, ...],
        data: Any,
        number: int,
        name: str | None = None,
        is_value: bool = False,
    ) -> None:
        self._trace = trace
        self._row = row
        self._parents = parents
        self._data = data  # the number in this call: an int where the program's own numbers are ints
        self._number = number  # of its expression in the trace
        self._name = name
        self._is_value = is_value  # whether the function, when nothing is traced, has a Value here, or a plain number


if not TYPE_CHECKING and core:
    Number = core.Number


class Symbol(Number):
    """A number inside a trace: whatever is done to it is recorded, and done.

    The function sees the number itself: an int or a float, or a Value where it has Values when nothing is traced. Only
    the methods of the table are there in any case, since NumPy asks for them.
    """

    __slots__ = ()

    # what the function sees

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` asks for: where the function itself has floats and ints, they are these.

        A variable of a derivative is a Value and a float at once: it is a Value to those who ask for one by name.
        """
        if self._is_value and by_the_user(frame := sys._getframe(1)) and self._is_variable:
            return Value if asks_for(frame, Value) else float
        return self._kind

    @property
    def _kind(self) -> type:
        return Value if self._is_value else type(self._data)

    @property
    def _is_variable(self) -> bool:
        """Whether it is a Value since a run within the trace takes derivatives, in place of a plain number."""
        return self._is_value and THREAD.run is not self._trace.running

    def __dir__(self) -> list[str]:
        return dir(self._kind)

    def __getattr__(self, name: str) -> Any:
        """What else a plain number knows, as `n.bit_length()`: the very number answers."""
        kind = self._kind
        if name == "data" and not self._is_value:
            self._trace.refuse(self)
            raise Unrecorded(
                f"'{kind.__name__}' object has no attribute 'data': {self._called} is a plain number; compute with the "
                "number itself"
            )
        if self._is_variable and name[0] != "_" and hasattr(0.0, name) and not hasattr(Value, name):
            self._trace.printed = True
            return getattr(self._exactly(), name)  # hex
        if name[0] == "_" or not hasattr(kind, name):
            if self._is_value and name[0] != "_" and hasattr(0.0, name):
                refused(THREAD.run, TypeError(f"{self._called} is no plain number, and has no {name}()"))
            raise AttributeError(f"'{kind.__name__}' object has no attribute {name!r}", name=name, obj=self._data)
        self._trace.refuse(self)
        if self._is_value:
            lost = "for ever as it is" if name == "data" else "as it is"
            hint = "" if name == "data" else ", and take its derivatives with grad"
            error = Unrecorded(
                f"the .{name} of {self._called} would stay {lost} in this call, in which {self._trace.name} is "
                f"recorded: compute with the number itself{hint}"
            )
            raise refused(THREAD.run, error)
        return getattr(self._exactly(), name)

    @property
    def op(self) -> Op | None:  # type: ignore[override]
        self._must_be_value()
        return self._row

    @property
    def parents(self) -> tuple[Any, ...]:  # type: ignore[override]
        self._must_be_value()
        return self._parents

    @property
    def name(self) -> str | None:
        self._must_be_value()
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._must_be_value()
        self._name = name

    def _must_be_value(self) -> None:
        """A plain number has no name, no operation and no parents: then Python asks __getattr__, which says so."""
        if not self._is_value:
            raise AttributeError(f"'{type(self._data).__name__}' object has no such attribute")

    @property
    def real(self) -> Any:
        return self

    @property
    def imag(self) -> float:
        return 0 if type(self._data) is int and not self._is_value else 0.0

    def conjugate(self) -> Symbol:
        return self

    item = conjugate
    astype = as_its_dtype

    def is_integer(self) -> bool:
        return not self % 1  # type: ignore[operator]

    # what it is asked, on which the program's way may depend

    @property
    def _called(self) -> str:
        """What messages call it."""
        return self._name or f"a number of {self._trace.name}"

    def _exactly(self) -> Any:
        """The very number: another one leads another way."""
        if type(self._data) is float and self != self:
            return self._data
        self._trace.ask(QUESTIONS["exactly"], (self._number,), self._data)
        if self._data == 0 and type(self._data) is float:
            sign: Any = self.record(OPS["copysign"], 1.0, self)
            bool(sign > 0)  # is asked, too: -0.0 is equal to 0.0
        return self._data

    def _plain_int(self, op: Op) -> int:
        """The answer to int() and its like."""
        self._trace.refuse(self)
        if self._is_value:
            said = "int() or trunc()" if op is QUESTIONS["trunc"] else f"{op.name}()"
            note_drop(THREAD.run, f"{said} answered a plain number", sys._getframe(2))
        try:
            answer: int = op.value(self._data)
        except (ArithmeticError, ValueError) as error:
            self._trace.raised, self._trace.failed = True, error
            raise
        return self._trace.ask(op, (self._number,), answer)  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return self._plain_int(QUESTIONS["trunc"])

    __trunc__ = __int__

    def __floor__(self) -> int:
        return self._plain_int(QUESTIONS["floor"])

    def __ceil__(self) -> int:
        return self._plain_int(QUESTIONS["ceil"])

    def __round__(self, ndigits: int | None = None) -> float:
        return self._plain_int(QUESTIONS["round"]) if ndigits is None else round(self._exactly(), ndigits)

    def __index__(self) -> int:
        self._trace.refuse(self)
        if type(self._data) is int:
            return self._trace.ask(QUESTIONS["index"], (self._number,), self._data)  # type: ignore[no-any-return]
        if self._is_value:
            raise refused(THREAD.run, TypeError(no_whole_number(self)))
        raise TypeError(f"'float' object cannot be interpreted as an integer: {self._called} is {self._data!r}")

    def __bool__(self) -> bool:
        return bool(self.record(OPS["ne"], self, 0))

    def __float__(self) -> float:
        self._trace.refuse(self)
        if type(self._data) is int and not self._is_value:
            return float(self._exactly())
        lost = "lose its derivative" if self._is_value else "stay for ever as it is in this call,"
        raise refusal(
            f"{self._called} would {lost} as a plain float: take functions from micrograd_like (micrograd_like.exp, "
            "not math.exp)"
        )

    def __complex__(self) -> complex:
        return complex(self.__float__())

    def _printed(self) -> Any:
        """The very number, to be made text of: another text may lead another way."""
        self._trace.printed = True
        return self._data if self._trace.finished else self._exactly()

    def __repr__(self) -> str:
        number = self._printed()
        if not self._is_value or self._is_variable:
            return repr(number)
        name = "" if self._name is None else f", name={self._name!r}"
        return f"Value(data={number}, grad=0.0{name})"

    def __format__(self, spec: str) -> str:
        plain = spec or not self._is_value or self._is_variable
        return format(self._printed(), spec) if plain else repr(self)

    def __hash__(self) -> int:
        self._trace.refuse(self)
        raise refusal(
            f"{self._called}, which {self._trace.by} records, cannot be looked up in a set or a dict: that goes by "
            "the number as it is in this call. Compare it with ==, or with the numbers in a list"
        )

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def __copy__(self) -> Symbol:
        return self

    def __deepcopy__(self, memo: object) -> Symbol:
        return self

    def __reduce__(self) -> Any:
        self._trace.refuse(self)
        raise refusal(f"{self._called} cannot be pickled in the run that {self._trace.by} records")


Symbol.__name__ = "number"  # as Python's own errors call it
drop_by_rounding(Symbol)
Symbol._mask = property(no_mask)  # type: ignore[attr-defined]
