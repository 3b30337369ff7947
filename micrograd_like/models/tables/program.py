"""A function over columns of certain kinds: recorded once, then computed for any number of rows."""

from __future__ import annotations

import re
from _thread import allocate_lock
from contextlib import suppress

import numpy as np

from ...compile.rows.vmap import Vmapped, vmap
from ...errors import TracingError
from ...graph import topological_order
from ...trees.objects import is_leaf
from ...value import Value
from .columns import CHOICE, WHOLE, TableColumn
from .roles import is_number, name_of_function, named_parameters_of
from .row import ANSWERED, HAS_RAISED, IN_DOUBT, OTHERWISE, TableRow, columns_of_answer, numbers_by_name
from .totals import NewColumns

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .roles import Options, Roles
    from .tally import Tally

    Array = np.ndarray[Any, Any]
    Columns = dict[str, TableColumn]

MOST_CHOICES = 64  # programs, one for each value of text
IN_ROW = re.compile(r"in row (\d+)")
MOST_RECORDED = 64  # through f
MOST_TRIED = 1000  # rows that raise before one that shows what f answers


class RowProgram:
    """What is known of a function over columns of one kind: by what it is differentiated, and what it answers."""

    def __init__(self, f: Callable[..., Any], roles: Roles, kinds: dict[str, str], options: Options) -> None:
        self.f = f
        self.name = name_of_function(f)
        self.roles = roles
        self.kinds = kinds
        self.options = options
        by = options.by
        self.is_chosen = by is not None
        several = [*by] if isinstance(by, list | tuple | set) else [by]
        self.by = self.checked_by(several) if self.is_chosen else self.all_numbers()
        self.answers: list[str] = []
        self.sample: tuple[TableRow, list[Any]] | None = None  # f in that row, and its numbers
        self.shown = ""  # the row that has shown what f answers
        self.is_guess = False  # whether that was a row of ones, since there was none yet
        self.lock = allocate_lock()
        self.ways: dict[tuple[Any, ...], Vmapped] = {}  # what vmap has made, for each choice

    # by what

    def all_numbers(self) -> list[str]:
        """All that derivatives can be taken by: columns of numbers, and constants that are no whole numbers."""
        given = {**self.kinds, **{name: x for name, x in self.roles.constants.items() if is_number(x)}}
        names = dict.fromkeys([*named_parameters_of(self.f), *given])  # as f names them, then what it does not
        return [name for name in names if given.get(name, CHOICE) != CHOICE]

    def checked_by(self, by: Any) -> list[str]:
        """The parameters that are asked for."""
        parameters = named_parameters_of(self.f)
        if not all(isinstance(name, str) for name in by):
            raise TypeError(f"by is a name or a list of names, not {by!r:.60}")
        for name in by:
            default = parameters[name].default if name in parameters else None
            if name in self.kinds:
                if self.kinds[name] == CHOICE:
                    raise TypeError(f"by={name!r}: the column chooses among values, and has no derivative")
            elif not is_leaf(self.roles.constants.get(name, default)):
                names = ", ".join(self.all_numbers())
                raise TypeError(f"by={name!r} is no number that {self.name} is given: choose of {names}")
            else:
                self.roles.constants.setdefault(name, default)
        return [name for name in dict.fromkeys([*parameters, *self.kinds, *self.roles.constants]) if name in by]

    @property
    def names(self) -> list[str]:
        """The arguments of what is recorded: columns of numbers, and constants by which it is differentiated."""
        constants = [name for name in self.by if name not in self.kinds]
        return [*(name for name, kind in self.kinds.items() if kind != CHOICE), *constants]

    @property
    def choices(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind == CHOICE]

    def columns(self, prefix: str) -> list[str]:
        """What the new columns are called."""
        return columns_of_answer(self.answers, self.by, prefix)

    # what f answers

    def learn(self, columns: Columns, rows: int, tally: Tally) -> None:
        """See by a row in which f does not raise what it answers and what it counts with."""
        some = range(min(rows, MOST_TRIED))
        for row, ieee in [*((row, False) for row in some), *((row, True) for row in some)]:
            try:
                self.answers = self.answers_at(columns, row, ieee)
            except Exception as error:
                if isinstance(error, TracingError) or (ieee and tally.errors == "raise"):
                    raise self.noted(error, columns, row, tally) from None
            else:
                self.shown, self.is_guess = tally.row_in_text(row), False
                return
        ones = {name: TableColumn(np.ones(1, int if kind == WHOLE else float)) for name, kind in self.kinds.items()}
        ones |= {name: TableColumn(np.zeros(1, int), values=columns[name].values) for name in self.choices}
        self.is_guess = True
        try:
            self.answers, self.shown = self.answers_at(ones, 0, ieee=True), "a row of ones"
        except Exception:
            self.answers = ["value"]

    def answers_at(self, columns: Columns, row: int, ieee: bool) -> list[str]:
        """What f's answers in a row are called; columns that it counts with are left out of `by`.

        With `ieee`, inf or nan may stand in the place of an error: then a loop may go on for ever that an error ends.
        """
        own, numbers = self.row_at(columns, row)
        try:
            if not ieee:
                with suppress(Exception):  # of which its run on Values tells more
                    own.call(numbers)  # if that does not end, it fills no memory
            answers = [*own.derivative(*numbers)[1]]
            self.sample = own, numbers
            return answers
        except (ArithmeticError, ValueError, TypeError) as error:
            counted = [] if self.is_chosen or not isinstance(error, TypeError) else self.counted(columns, row)
            if {*counted} & {*self.by}:
                self.by = [name for name in self.by if name not in counted]
                return self.answers_at(columns, row, ieee)
            if not ieee:
                raise
            try:
                return [*vmap(own.own_answers, threads=1)(*[np.array([x]) for x in numbers])]
            except TracingError:
                raise
            except Exception:
                raise error from None

    def counted(self, columns: Columns, row: int) -> list[str]:
        """The whole numbers that f counts or indexes with, as range(n) does."""
        whole = [name for name, kind in self.kinds.items() if kind == WHOLE]
        if not whole or self.is_refused(columns, row, []):
            return []
        return [name for name in whole if self.is_refused(columns, row, [name])]

    def is_refused(self, columns: Columns, row: int, by: list[str]) -> bool:
        """Whether f raises a TypeError when it is differentiated so."""
        own, numbers = self.row_at(columns, row, by)
        try:
            own.derivative(*numbers)
        except TypeError:
            return True
        except Exception:
            return False
        return False

    def row_at(self, columns: Columns, row: int, by: list[str] | None = None) -> tuple[TableRow, list[Any]]:
        """f in a row, and the numbers there."""
        own = self.row({name: columns[name].at(row) for name in self.choices}, self.by if by is None else by)
        return own, [columns[x].at(row) if x in self.kinds else self.roles.constants[x] for x in self.names]

    def row(self, choices: dict[str, Any], by: list[str]) -> TableRow:
        """f in rows that choose so."""
        constants = {name: x for name, x in self.roles.constants.items() if name not in self.by}
        own = TableRow(self.f, self.names, by, {**constants, **choices})
        own.answers = self.answers
        return own

    def uses(self, name: str) -> bool:
        """Whether f's answers in the row that was seen depend on a number; True where that is not known."""
        if self.sample is None or self.is_guess:
            return True
        own, numbers = self.sample
        values = [Value(x) if other in self.by else x for other, x in zip(self.names, numbers, strict=True)]
        try:
            answers = numbers_by_name(own.call(values), self.name).values()
        except Exception:
            return True
        behind = topological_order(*[x for x in answers if isinstance(x, Value)])
        return any(x is values[self.names.index(name)] for x in behind)

    # computing

    def compute(self, columns: Columns, rows: int, tally: Tally) -> NewColumns:
        """The new columns of so many rows."""
        missing = union([columns[name].missing for name in self.kinds])
        present = None if missing is None else np.flatnonzero(~missing)
        null = union([columns[name].null for name in self.kinds])
        if present is not None:
            columns = {name: columns[name].part(present) for name in self.kinds}
        count = rows if present is None else len(present)
        tally.present = present
        tally.look_for_large(columns, self)
        with self.lock:
            if not self.answers or (count and self.is_guess):
                self.learn(columns, count, tally)
        numbers = self.numbers(columns, count, tally)
        failed = self.failures(columns, numbers, tally)
        tally.count(numbers[1:], failed, rows - count, self)
        return NewColumns(numbers[1:], rows, present, null, failed)

    def numbers(self, columns: Columns, rows: int, tally: Tally) -> list[Array]:
        """How it went in each row, and the new columns."""
        size = 1 + len(self.answers) * (1 + len(self.by))
        groups = self.groups(columns, rows) if rows else []
        if len(groups) == 1:
            return self.of_one_choice(*groups[0], columns, tally)
        numbers = [np.empty(rows) for _ in range(size)]
        for values, part in groups:
            for whole, found in zip(numbers, self.of_one_choice(values, part, columns, tally), strict=True):
                whole[part] = found
        return numbers

    def of_one_choice(self, values: tuple[Any, ...], rows: Array | None, columns: Columns, tally: Tally) -> list[Array]:
        """How it went, and the new columns, in rows that choose the same; all rows where `rows` is None."""
        chosen = {name: columns[name] if rows is None else columns[name].part(rows) for name in self.kinds}
        count = len(next(iter(chosen.values())).numbers)
        own: list[Any] = [chosen[x].numbers if x in chosen else float(self.roles.constants[x]) for x in self.names]
        if all(self.kinds.get(name, CHOICE) == CHOICE for name in self.names):
            own = [np.full(count, x) for x in own or [0.0]]  # vmap wants rows
        way: Any = self.way(values)
        known = way.f.asks_in_vain, way.f.goes_on
        try:
            return way(*own)  # type: ignore[no-any-return]
        except Exception as error:
            found = way.f.asks_in_vain, way.f.goes_on
            if found != known:  # in whose place nothing can stand: now it answers that it has raised
                return self.of_one_choice(values, rows, columns, tally)
            *_, note = getattr(error, "__notes__", None) or [""]
            if told := IN_ROW.fullmatch(note):
                row = int(told[1])
                self.noted(error, columns, row if rows is None else int(rows[row]), tally)
            raise

    def groups(self, columns: Columns, rows: int) -> list[tuple[tuple[Any, ...], Array | None]]:
        """The rows that choose the same, with what they choose."""
        if not self.choices:
            return [((), None)]
        place = np.zeros(rows, np.int64)
        for name in self.choices:
            place = place * len(columns[name].values or ()) + columns[name].numbers
        places, first = np.unique(place, return_index=True)
        chosen = [tuple([columns[name].at(int(row)) for name in self.choices]) for row in first]
        new = [values for values in chosen if values not in self.ways]
        if len(self.ways) + len(new) > MOST_CHOICES:
            raise ValueError(
                f"{self.name} is recorded for each value of {' and '.join(self.choices)}, and there are more than "
                f"{MOST_CHOICES}, {', '.join(map(repr, new[0]))} for one: make numbers of them first"
            )
        return [(values, np.flatnonzero(place == one)) for values, one in zip(chosen, places, strict=True)]

    def way(self, values: tuple[Any, ...]) -> Vmapped:
        """What vmap has made for what is chosen."""
        found = self.ways.get(values)
        if found is None:
            row = self.row(dict(zip(self.choices, values, strict=True)), self.by)
            engine, threads = self.options.engine, self.options.threads or 1
            found = self.ways[values] = InBlocks(row, 0, engine, None, False, threads, MOST_RECORDED, True)
        return found

    # errors

    def failures(self, columns: Columns, numbers: list[Array], tally: Tally) -> Array | None:
        """Where f raised, if that is to be left null; else its error."""
        went = numbers[0]
        if not went.any():
            return None
        self.look_again(columns, numbers, tally)
        for how in (OTHERWISE, HAS_RAISED):
            for row in np.flatnonzero(went == how)[:1].tolist():
                error = self.error_at(columns, row, tally)
                if tally.errors == "raise" or isinstance(error, TracingError):
                    raise self.noted(error, columns, row, tally) from None
                tally.note(error, tally.row_in_text(row, self.given(columns, row)))
        return went != ANSWERED  # type: ignore[no-any-return]

    def look_again(self, columns: Columns, numbers: list[Array], tally: Tally) -> None:
        """Ask f itself in rows that are said to raise, or in doubt: what the recording left out may matter."""
        went = numbers[0]
        for row in np.flatnonzero((went == HAS_RAISED) | (went == IN_DOUBT)).tolist():
            own: Any = self.way(tuple([columns[name].at(row) for name in self.choices])).f
            given = [columns[x].at(row) if x in self.kinds else self.roles.constants[x] for x in self.names]
            if went[row] == HAS_RAISED and own.raises(given):
                continue
            found = [ANSWERED, *[np.nan] * (len(numbers) - 1)]  # as of the log of -1
            try:
                found = own(*given)
            except Exception as error:
                if isinstance(error, TypeError) and own.has_numbers(given):  # its derivative is refused
                    raise self.noted(error, columns, row, tally) from None
            for column, x in zip(numbers, found, strict=True):
                column[row] = x

    def error_at(self, columns: Columns, row: int, tally: Tally) -> Exception:
        """The error that f raises in a row, or that recording it does."""
        own, numbers = self.row_at(columns, row)
        try:
            answers = [*own.derivative(*numbers)[1]]
            if answers == self.answers:
                vmap(own.derivative, threads=1)(*[np.array([x]) for x in numbers])
        except Exception as error:
            return error
        return TracingError(
            f"{self.name} answers with {', '.join(self.answers)} in {self.shown}, and with {', '.join(answers)} in "
            f"{tally.row_in_text(row)}: columns need one form for all rows"
        )

    def noted(self, error: Exception, columns: Columns, row: int, tally: Tally) -> Exception:
        """The error with a note that tells the row."""
        notes = getattr(error, "__notes__", None)
        if notes and IN_ROW.fullmatch(notes[-1]):  # of those that vmap was given
            notes.pop()
        given = self.given(columns, row)
        error.add_note(f"in {tally.row_in_text(row, given)}")
        texts = [name for name, x in {**self.roles.constants, **given}.items() if isinstance(x, str)]
        if texts and isinstance(error, TypeError):
            error.add_note(f"{', '.join(texts)} {'is' if len(texts) == 1 else 'are'} text here: is a number meant?")
        return error

    def given(self, columns: Columns, row: int) -> dict[str, Any]:
        """What f is given in a row, column by column."""
        return {name: columns[name].at(row) for name in self.kinds}


class InBlocks(Vmapped):
    """What vmap makes of f, without the loop that few rows run on: a row has the same bits however many there are."""

    def of_rows(self, *given: Any) -> Any:
        batch = super().of_rows(*given)
        batch.loop = lambda rows: None  # type: ignore[method-assign]
        return batch

    def warn(self, message: str) -> None:
        super().warn(message.replace("; `max_paths` allows more", ""))


def union(masks: list[Array | None]) -> Array | None:
    """Where one of the masks is True, if there is any."""
    found = None
    for mask in masks:
        if mask is not None:
            found = mask if found is None else found | mask
    return found
