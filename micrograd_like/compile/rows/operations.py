"""The rows of the table on arrays: their values, and the shares of a slope that their rules hand on.

Values are those of the numpy engine, to the last bit: the same terms, the same ufuncs. A rule is run once for all rows
where it asks them nothing that they answer differently, and else once for each.
"""

from __future__ import annotations

from functools import partial, reduce

from ...graph import Node
from ...ieee import backward
from ...operation import BUILT_IN, Op, every_row_a_method, once_a_row
from ...runs.bytecode import instructions
from ...targets.numpy import ufuncs
from ...targets.terms import TRUTHS, Language, Untranslatable, letters_of, power_of, term_of
from .kernels import ieee_value

import numpy as np  # isort: skip - after targets.numpy, which says what is missing

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...targets.terms import Term

    Array = np.ndarray[Any, Any]


class OnArrays(Language):
    """Computes terms on arrays, which hold a number for each row, and on plain numbers."""

    def __init__(self) -> None:
        self.forms = ufuncs()

    def constant(self, x: float) -> Any:
        return x

    def named(self, name: str, value: Term, known: dict[str, Any]) -> Any:
        known[name] = x = self.write(value, known)
        return x

    def apply(self, head: str, form: Any, parts: list[Any]) -> Any:
        if isinstance(form, np.ufunc):
            return reduce(form, parts) if len(parts) > form.nin else form(*parts)  # such as a hypot of three
        out = np.empty(np.broadcast_shapes(*map(np.shape, parts)), bool if head in TRUTHS else float)
        form(*parts, out)
        return out


def values_of(op: Op, inputs: list[Any]) -> Any:
    """What the operation answers to arrays, of which there is one at least, and plain floats."""
    if op.is_choice:
        return np.where(*inputs)
    last = inputs[-1]
    power = power_of(op, last) if type(last) is float else None
    return on_arrays(op, power, len(inputs))(*inputs)


def ufunc_of(op: Op) -> Any:
    """The ufunc that is all of the operation, None if it is more than one, or another one for some constants."""
    if not op.arity or op.by_constant or op.is_power:
        return None
    found = on_arrays(op, None, op.arity)
    return found if isinstance(found, np.ufunc) else None


@once_a_row
def on_arrays(op: Op, power: float | None, count: int) -> Callable[..., Any]:
    """The operation as a function of so many arrays; `power` is what `power_of` found."""
    by_rows = np.frompyfunc(partial(ieee_value, op), count, 1)
    try:
        written: Any = term_of(op, frozenset(), power)
        letters = letters_of(op, count)
        language = OnArrays()
        if type(written) is tuple and written[1:] == letters:
            form = language.forms.get((written[0], count))
            if isinstance(form, np.ufunc):
                return form
        language.write(written, dict.fromkeys(letters, np.ones(1)) | {"*xs": letters})
    except Untranslatable:
        return lambda *arrays: by_rows(*arrays).astype(float)
    return lambda *arrays: language.write(written, dict(zip(letters, arrays, strict=True)) | {"*xs": letters})


class Mixed(Exception):
    """A rule asked something that rows answer differently."""


class Cells(Node):
    """An array of a rule's numbers, one for each row."""

    __slots__ = ("_data",)

    def __init__(self, data: Any) -> None:
        self._data = data

    @staticmethod
    def record(op: Op, *inputs: Any) -> Any:
        op = op.widened(inputs)
        inputs = op.completed(inputs)
        if op.by_constant and not isinstance(inputs[1], Cells):
            op = op.by_constant
        return Cells(values_of(op, [x._data if isinstance(x, Cells) else float(x) for x in inputs]))

    def __bool__(self) -> bool:
        found = np.unique(self._data != 0)
        if len(found) > 1:
            raise Mixed
        return bool(found[0])


def make_cells_methods(op: Op) -> None:
    """Make the row a method of Cells."""

    def method(*inputs: Any) -> Any:
        return Cells.record(op, *inputs)

    setattr(Cells, op.dunder or op.name, method)
    if op.dunder and op.arity == 2 and op.rule is not None:
        setattr(Cells, op.dunder.replace("__", "__r", 1), lambda x, y: method(y, x))


every_row_a_method(Cells, make_cells_methods)


@once_a_row
def arithmetic_of(op: Op) -> Any:
    """The rule, if it is plain arithmetic, which arrays compute as they are; else None."""
    code = getattr(op.rule, "__code__", None)
    if op.name not in BUILT_IN or not op.arity or code is None or code.co_freevars or not {*code.co_names} <= {"abs"}:
        return None
    return None if any("JUMP" in x.opname for x in instructions(code)) else op.rule


def column_shares(op: Op, inputs: list[Any], out: Any, g: Any) -> Any:
    """What each input receives: arrays, plain numbers, or None where nothing arrives."""
    rule = arithmetic_of(op)
    if rule:
        return rule(*inputs, out, g) if len(inputs) > 1 else (rule(inputs[0], out, g),)
    try:
        shares = op.backward(
            tuple([Cells(x) if isinstance(x, np.ndarray) else x for x in inputs]), Cells(out), Cells(g)
        )
    except Exception:  # a question to which rows have different answers, or a rule that wants plain floats
        return shares_by_rows(op, inputs, out, g)
    return tuple([x._data if isinstance(x, Cells) else x for x in shares])


def shares_by_rows(op: Op, inputs: list[Any], out: Any, g: Any) -> tuple[Any, ...]:
    """The same, from the rule on the numbers of one row after the other."""
    columns = np.broadcast_arrays(*inputs, out, g)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    shares = [backward(op, tuple(inputs), y, slope) for *inputs, y, slope in rows]
    return tuple([np.array([0.0 if x is None else x for x in column]) for column in zip(*shares, strict=True)])
