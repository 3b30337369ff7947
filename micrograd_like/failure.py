"""An operation that has no value: the error that says on which operands, or what IEEE 754 answers in its place."""

from __future__ import annotations

from .graph import Node
from .ieee import UNDER_IEEE, answer_under_ieee
from .operation import OPS, Op, compiled

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any


def answered_or_raised(error: Exception, op: Op, *inputs: Any) -> float:
    """What IEEE 754 answers, in a rule at a singular point; elsewhere the error is raised, explained."""
    if UNDER_IEEE.depth:
        return answer_under_ieee(op, error, *(x._data if isinstance(x, Node) else x for x in inputs))
    raise explained(of_operator(error, op, *inputs) if op.infix else error, op, *inputs) from None


ARITHMETIC_ERRORS = {ArithmeticError, OverflowError, ValueError, ZeroDivisionError}


def explained(error: Exception, op: Op, *inputs: Any) -> Exception:
    """The error, saying which operation met it and on which operands.

    >>> from micrograd_like import Value
    >>> Value(0.0, name="price").log()
    Traceback (most recent call last):
    ValueError: log(price): math domain error at price = 0.0
    """
    names = operand_names(op, inputs)
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


def operand_names(op: Op, inputs: tuple[Any, ...]) -> list[str]:
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


def of_operator(error: Exception, op: Op, *inputs: Any) -> Exception:
    """The error of the operator itself, where the row's value is a faster function with errors of another type."""
    try:
        compiled(op.spelling, op.letters)(*(x._data if isinstance(x, Node) else x for x in inputs))
    except ArithmeticError as exact:
        return exact
    return error
