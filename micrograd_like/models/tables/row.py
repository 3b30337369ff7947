"""A function in one row of a table, as it is recorded: it answers its numbers, their derivatives, and how it went."""

from __future__ import annotations

from contextlib import suppress

from ...compile.record import record_run
from ...errors import Singular, TracingError
from ...operation import QUESTIONS
from ...runs.running import THREAD
from ...trace.condition import Condition
from ...trace.trace import Asked
from ...transforms.grad import jacobian
from ...trees.objects import is_leaf
from ...trees.parts import branches_of, suffixes
from ..doubts import Doubtful, doubts_in
from .roles import name_of_function, named_parameters_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...trace.trace import Trace

EXACTLY = QUESTIONS["exactly"]
ANSWERED, HAS_RAISED, OTHERWISE = 0.0, 1.0, 2.0  # how it went: as it should, an error, or an answer of another form,
IN_DOUBT = 3.0  # or with a comparison of inf or nan


class TableRow:
    """f in one row: a function of the numbers in `names`; everything else is the same in all rows that it is for.

    It answers first how it went. An error is an answer too, so that the rows that raise are a way among others, and the
    rest is computed; which error it is, f itself says when it is run again.
    """

    def __init__(self, f: Callable[..., Any], names: list[str], by: list[str], fixed: dict[str, Any]) -> None:
        self.f = f
        self.names = names
        self.by = by
        self.fixed = fixed
        self.answers: list[str] = []  # what its answers are called, once that is known
        self.asks_in_vain = False  # whether a question had no answer in a recording, as int(nan) has none
        self.goes_on = False  # whether a recording may go on for ever, with inf in the place of an error
        kinds = named_parameters_of(f)
        self.first = [name for name, p in kinds.items() if p.kind is p.POSITIONAL_ONLY and name in {*names, *fixed}]
        self.__name__ = name_of_function(f)
        self.derivative = jacobian(Twice(self), argnums=[names.index(name) for name in by], has_aux=True)
        self.derivative.recorder.warned.update(names)  # type: ignore[attr-defined]  # one way is not all rows

    @property
    def __signature__(self) -> Any:
        """The parameters, by which messages name the numbers."""
        return signature_of(self.names)

    def call(self, numbers: Any) -> Any:
        """f's own answer to the numbers of a row."""
        given = {**self.fixed, **dict(zip(self.names, numbers, strict=False))}
        return self.f(*[given.pop(name) for name in self.first], **given)

    def __call__(self, *numbers: Any) -> list[Any]:
        size = len(self.answers)
        try:
            with doubts_in(THREAD.trace) as doubts:
                if THREAD.trace is None and self.goes_on:
                    with suppress(Exception):
                        self.call(numbers)  # if that does not end, it fills no memory
                slopes, answer = self.derivative(*numbers)
        except Doubtful:  # the row is computed by itself
            self.goes_on = True
            raise Singular from None
        except Exception as error:
            trace = THREAD.trace
            if self.can_be_recorded(error, numbers) if trace is None else self.is_of_recording(error, numbers):
                raise
            if trace is not None:
                self.asks_in_vain = self.asks_in_vain or trace.raised
                leave_out_message(trace)
            return [HAS_RAISED, *[0.0] * (size + size * len(self.by))]
        if [*answer] != self.answers:
            return [OTHERWISE, *[0.0] * (size + size * len(self.by))]
        went = ANSWERED if THREAD.trace is None else IN_DOUBT * doubts.in_all()
        return [went, *answer.values(), *(slope[name] for name in self.answers for slope in slopes)]

    def own_answers(self, *numbers: Any) -> dict[str, Any]:
        """f's answers by their names; an error where a recording of them might go on for ever."""
        try:
            with doubts_in(THREAD.trace):
                return self.derivative(*numbers)[1]  # type: ignore[no-any-return]
        except Doubtful:
            raise ArithmeticError("inf or nan is compared too often") from None

    # how rows go together, as compile/rows/on_columns.py says

    @property
    def in_rows(self) -> tuple[Callable[..., Any], list[int]]:
        """What answers the numbers of f's answer in a list, and by which of its own they are differentiated."""
        return self.in_a_list, [self.names.index(name) for name in self.by]

    @property
    def derivatives(self) -> tuple[Any, ...]:
        """What rows that go together do not need."""
        return (self.derivative,)

    def in_a_list(self, *numbers: Any) -> list[Any]:
        answer = numbers_by_name(self.call(numbers), self.__name__)
        if [*answer] != self.answers:
            raise ValueError("an answer of another form is told in its row")
        return [*answer.values()]

    def can_be_recorded(self, error: Exception, numbers: Any) -> bool:
        """Whether inf or nan may stand in the place of an error in plain numbers."""
        if not isinstance(error, IN_PLAIN_NUMBERS) or self.goes_on:
            return False
        if not self.asks_in_vain:
            return True
        given = [*map(float, numbers)]
        try:
            record_run(self.__name__, self, (given, {}), self.names, given, watching=False, ieee=True, by="vmap")
        except Singular:
            return False
        except Exception:  # which vmap will come to, too
            return True
        return True

    def is_of_recording(self, error: Exception, numbers: Any) -> bool:
        """Whether f raises nothing by itself, but does what cannot be recorded."""
        if not isinstance(error, TracingError):
            return False
        trace, THREAD.trace = THREAD.trace, None
        try:
            return not self.raises([getattr(x, "_data", x) for x in numbers])
        finally:
            THREAD.trace = trace

    def raises(self, numbers: Any) -> bool:
        """Whether f raises in plain numbers."""
        try:
            self.call(numbers)
        except TracingError:
            return False
        except Exception:
            return True
        return False

    def has_numbers(self, given: Any) -> bool:
        """Whether f answers numbers to plain ones."""
        try:
            return bool(numbers_by_name(self.call(given), self.__name__))
        except Exception:
            return False


IN_PLAIN_NUMBERS = ArithmeticError, ValueError, TypeError  # for which inf or nan may stand in a recording


def leave_out_message(trace: Trace) -> None:
    """Forget which numbers exactly were read last: for the text of an error, or each would lead its own way."""
    steps = trace.steps
    last = max((k for k, step in enumerate(steps) if type(step) is Asked and step.op is not EXACTLY), default=-1)
    steps[last + 1 :] = [step for step in steps[last + 1 :] if type(step) is not Asked]


class Twice:
    """f's answers by their names, to be differentiated, and once more as they are."""

    def __init__(self, row: TableRow) -> None:
        self.row = row
        self.__name__ = row.__name__

    @property
    def __signature__(self) -> Any:
        return signature_of(self.row.names)

    def __call__(self, *numbers: Any) -> Any:
        answers = numbers_by_name(self.row.call(numbers), self.row.__name__)
        return answers, answers


def signature_of(names: list[str]) -> Any:
    """A signature of these parameters, by which messages name the numbers."""
    from inspect import Parameter, Signature

    return Signature([Parameter(name, Parameter.POSITIONAL_ONLY) for name in names])


def numbers_by_name(answer: Any, f: str, name: str = "") -> dict[str, Any]:
    """The numbers of an answer by the names of their columns.

    >>> numbers_by_name({"price": 2.0, "risks": [3.0, 4.0]}, "f"), numbers_by_name(2.0, "f")
    ({'price': 2.0, 'risks_0': 3.0, 'risks_1': 4.0}, {'value': 2.0})
    """
    if isinstance(answer, bool | Condition):  # a column of 1 and 0, whose slope is 0
        return numbers_by_name(as_number(answer), f, name)
    if is_leaf(answer):
        return {name or "value": answer}
    parts = branches_of(answer)
    if not parts or not parts[0]:
        what = f" as its {name}" if name else "; does it lack a `return`?" if answer is None else ""
        raise TracingError(f"sweep makes columns of numbers, and {f} answered {answer!r:.60}{what}")
    found: dict[str, Any] = {}
    for part, suffix in zip(parts[0], suffixes(answer), strict=True):
        key = suffix.strip("[].'\"")
        begins = f"{name}_" if name else "value_" if key.isdigit() else ""
        for column, x in numbers_by_name(part, f, begins + key).items():
            if column in found:
                raise TracingError(f"{f} answers two numbers that would both stand in a column {column}")
            found[column] = x
    return found


def as_number(truth: Any) -> Any:
    return truth * 1.0


def columns_of_answer(answers: list[str], by: list[str], prefix: str) -> list[str]:
    """What the new columns are called: `value` and `d_spot`, or `price` and `d_price_spot`."""
    alone = answers == ["value"]
    slopes = [f"d_{name}" if alone else f"d_{answer}_{name}" for answer in answers for name in by]
    return [prefix + name for name in [*answers, *slopes]]
