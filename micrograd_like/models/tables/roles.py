"""Which parameter of a function is which column of a table, and which are constants."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import NamedTuple

from ...runs.positions import frames_of_the_package
from ...words.pointing import suggestion

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from inspect import Parameter
    from typing import Any


class ColumnName(NamedTuple):
    """The name of a column, in place of a constant."""

    name: str


def col(name: str) -> ColumnName:
    """The column of this name, for a parameter that is called otherwise.

    >>> from micrograd_like import sweep
    >>> sweep(lambda n: 1.1 * n, {"count": [2.0, 3.0]}, n=col("count"))["d_n"]
    array([1.1, 1.1])
    """
    if not isinstance(name, str):
        raise TypeError(f'col("count") is the column that is called count; {name!r:.60} is no name')
    return ColumnName(name)


class Options(NamedTuple):
    """What is wanted, beside the function and the table."""

    by: Any
    errors: str
    prefix: str
    engine: str
    threads: int | None
    constants: dict[str, Any]


class Roles(NamedTuple):
    """What stands for each parameter of a function that is given."""

    columns: dict[str, str]  # the column, by the name of the parameter
    constants: dict[str, Any]


def name_of_function(f: Any) -> str:
    """What the user calls it."""
    return str(getattr(f, "__name__", None) or type(f).__name__)


def named_parameters_of(f: Callable[..., Any]) -> dict[str, Parameter]:
    """The parameters of a function, by their names."""
    from inspect import signature

    if not callable(f):
        raise TypeError(f"sweep takes a function of the numbers in a row, not {f!r:.60}: write sweep(price, table)")
    name = name_of_function(f)
    if getattr(f, "is_batched", False):
        raise TypeError(f"{name} takes many rows already: give sweep the function of one row that vmap was given")
    try:
        found = signature(f).parameters
    except (TypeError, ValueError):  # some functions written in C
        raise TypeError(
            f"{name} does not tell its parameters: write lambda x: {name}(x), with the columns' names"
        ) from None
    named = {key: p for key, p in found.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    if not named:
        raise TypeError(f"{name} names no parameters, and columns are found by these: write def {name}(price, tax)")
    return named


def takes_more(f: Callable[..., Any]) -> bool:
    """Whether a function takes keywords that it does not name."""
    from inspect import signature

    return any(p.kind is p.VAR_KEYWORD for p in signature(f).parameters.values())


def roles_of(f: Callable[..., Any], given: dict[str, Any], columns: Sequence[Any]) -> Roles:
    """What stands for the parameters of f: what is given, else columns by their names, else its defaults."""
    from inspect import Parameter

    parameters, name = named_parameters_of(f), name_of_function(f)
    for key in given:
        if key not in parameters and not takes_more(f):
            said = suggestion(key, parameters) or f": its parameters are {', '.join(parameters)}"
            raise TypeError(f"{name} has no parameter {key!r}{said}")
        if type(given[key]).__module__.partition(".")[0] in ("polars", "narwhals"):
            raise TypeError(f'{key} is given an expression: a column is named {key}=micrograd_like.col("…")')
    roles = Roles({}, {})
    for key in dict.fromkeys([*parameters, *given]):
        if key in given and not isinstance(given[key], ColumnName):
            roles.constants[key] = given[key]
        elif key in given or key in columns:
            roles.columns[key] = given[key].name if key in given else key
        elif parameters[key].default is Parameter.empty:
            raise TypeError(f"{name} takes {key}, and the table has no such column{said_of_columns(key, columns)}")
    for column in roles.columns.values():
        if column not in columns:
            said = suggestion(column, [c for c in columns if isinstance(c, str)]) or f": it has {listed(columns)}"
            raise TypeError(f"the table has no column {column!r}{said}")
        if list(columns).count(column) > 1:
            raise ValueError(f"the table has {list(columns).count(column)} columns {column!r}: give each its own name")
    if not roles.columns:
        raise TypeError(f"no parameter of {name} is a column of the table: its columns are {listed(columns)}")
    return roles


def said_of_columns(name: str, columns: Sequence[Any]) -> str:
    """What to write for a parameter that no column is named for."""
    like = suggestion(name, [c for c in columns if isinstance(c, str)])
    if like:
        return f'{like} That is {name}=col("…"); a constant is {name}=…'
    return f': its columns are {listed(columns)}. Name one, {name}=col("…"), or give a constant, {name}=…'


def listed(columns: Iterable[Any], most: int = 12) -> str:
    """The names, or the first of them."""
    names = [*map(str, columns)]
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} others" if len(names) > most else "") or "none"


def tell_of_both(roles: Roles, columns: Sequence[Any]) -> None:
    """Say which constants stand in the place of a column of the same name."""
    both = [key for key in roles.constants if key in columns]
    if both:
        warn(f"the table has a column {both[0]}, and {both[0]}={roles.constants[both[0]]!r:.40} is taken instead")


def warn(message: str) -> None:
    """A warning, at the line of the user's that called us."""
    warnings.warn(message, stacklevel=1 + frames_of_the_package())


def is_number(x: Any) -> bool:
    """Whether a constant is a number that is no whole one: 0.02, not 2 and not True."""
    return isinstance(x, Real) and not isinstance(x, Integral)
