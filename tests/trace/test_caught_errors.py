"""Errors that a program catches lead it on: which one came, who catches it, and what that costs."""

from __future__ import annotations

import contextlib
import itertools
import math
import pickle
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hidden import hidden

import micrograd_like as ml
from micrograd_like import function, grad, jit, value_and_grad, vmap
from micrograd_like.errors import TracingError
from micrograd_like.operation import OPS
from micrograd_like.runs.bytecode import clauses_in
from micrograd_like.trace.raising import MOST_KNOWN, errors_of, number_of_kind, raises_somewhere, raising

NUMBERS = [2.0, 0.0, -1.0, 0.5, 1e300, -2.0, -0.0, 1.0, 4.25, -1e300, 1e-320, 3.0]
ROWS = [*itertools.product(NUMBERS, NUMBERS)]
ENGINES = pytest.mark.parametrize("engine", ["numpy", "native"])


class Own(Exception):
    pass


class Mine(ZeroDivisionError):
    pass


class Telling(ArithmeticError):
    def __init__(self, number: float) -> None:
        super().__init__("see number")
        self.number = number


def picky(x: float) -> float:
    if x < 0:
        raise Own("negative")
    if x == 0:
        raise KeyError("zero")
    if x > 1e100:
        raise Mine("large")
    return 2 * x


def telling(x: float) -> float:
    if x <= 0:
        raise Telling(3 * x)
    return x + 1


def worded(x: float) -> float:
    if x <= 0:
        raise ValueError(f"not {x}")
    return x + 1


@pytest.fixture(scope="module", autouse=True)
def _operations() -> None:
    """Operations of one's own, which come into the table after others' tests have looked at its rows."""
    global PICKY, TELLING, WORDED
    PICKY = function("picky_about_errors", picky, lambda x, out, g: 2 * g)
    TELLING = function("telling_in_errors", telling, lambda x, out, g: g)
    WORDED = function("worded_in_errors", worded, lambda x, out, g: g)


PICKY: Any = None
TELLING: Any = None
WORDED: Any = None


def own_answers(f: Callable[..., Any], rows: list[Any]) -> list[Any]:
    """What f answers to each row on plain numbers; None where it raises an error of arithmetic, or leaves the reals."""
    found = []
    for row in rows:
        try:
            answer = f(*row)
        except (ArithmeticError, ValueError, TypeError):
            answer = None
        found.append(None if isinstance(answer, complex) else answer)
    return found


def compare(f: Callable[..., Any], rows: list[Any] = ROWS) -> None:
    """In every engine, each row is answered as f itself does, in whichever order they come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there are many ways is told once
        for order in (rows, rows[::-1]):
            wanted = own_answers(f, order)
            columns = np.array(order).T
            answers = {
                "numpy": vmap(f, check=False)(*columns),
                "native": vmap(f, engine="native", check=False)(*columns),
                "one way": vmap(f, max_paths=1, check=False)(*columns),
                "jit": own_answers(jit(f, engine="native", check=False), order[:50]),
                "python": own_answers(jit(f, check=False), order[:50]),
            }
            for name, found in answers.items():
                for row, own, x in zip(order, wanted, found, strict=False):
                    if own is not None:
                        assert x == pytest.approx(own, rel=1e-12, nan_ok=True), (name, row)


# which error it is


def power(x: Any, y: Any) -> Any:
    try:
        return x**y
    except ZeroDivisionError:
        return -5.0
    except OverflowError:
        return 1e308


def power_of_math(x: Any, y: Any) -> Any:
    try:
        return ml.math.pow(x, y)
    except OverflowError:
        return -5.0
    except ZeroDivisionError:
        return -6.0
    except ValueError:
        return -7.0


def both_powers(x: Any, y: Any) -> Any:
    try:
        return ml.math.pow(x, y) * abs(x) ** y
    except ZeroDivisionError:
        return -1.0
    except ValueError:
        return -2.0
    except OverflowError:
        return -3.0


def gamma_of(x: Any, y: Any) -> Any:
    try:
        return ml.gamma(x) + ml.math.lgamma(y)
    except OverflowError:
        return -1.0
    except ValueError:
        return -2.0


def logarithm(x: Any, y: Any) -> Any:
    try:
        return ml.math.log(x, y)
    except ZeroDivisionError:
        return -1.0
    except ValueError:
        return -2.0


def exponential(x: Any, y: Any) -> Any:
    try:
        return ml.exp(x * 100) + ml.log(y) + ml.cosh(x)
    except OverflowError:
        return -1.0
    except ValueError:
        return -2.0


def named_by_type(x: Any, y: Any) -> Any:
    try:
        return abs(x) ** y + ml.sqrt(x)
    except Exception as error:
        return float(len(type(error).__name__))


def told_by_sys(x: Any, y: Any) -> Any:
    try:
        return abs(x) ** y
    except ArithmeticError:
        return 1.0 if sys.exc_info()[0] is ZeroDivisionError else 2.0


class Kind:
    """A context that swallows errors of arithmetic, and knows of which type they were."""

    kind: Any = None

    def __enter__(self) -> Kind:
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        self.kind = kind
        return kind is not None and issubclass(kind, ArithmeticError)


def in_a_context(x: Any, y: Any) -> Any:
    with Kind() as context:
        return abs(x * 1e100) ** 3 / y
    return -1.0 if context.kind is ZeroDivisionError else -2.0


def whole_of(x: Any, y: Any) -> Any:
    try:
        return int(x / y) * 1.0
    except ZeroDivisionError:
        return -1.0
    except OverflowError:
        return -2.0
    except ValueError:
        return -3.0


def picky_of(x: Any, y: Any) -> Any:
    try:
        return PICKY(x) + y
    except KeyError:
        return -1.0
    except ZeroDivisionError:
        return -2.0
    except Own:
        return -3.0


# who catches it


def through(x: Any, y: Any) -> Any:
    try:
        try:
            a = ml.log(x)
        except ZeroDivisionError:
            a = -1.0
        return a / y
    except ValueError:
        return -2.0
    except ZeroDivisionError:
        return -3.0


def finally_within(x: Any, y: Any) -> Any:
    t = 0.0
    try:
        try:
            t = 1 / x
        finally:
            t = t + y
    except ZeroDivisionError:
        return 10 * t
    return t


def finally_that_may_return(x: Any, y: Any) -> Any:
    try:
        return 1 / x
    finally:
        if y > 1:
            float(3)
        else:
            return 5.0 + y


def finally_that_may_return_called(x: Any, y: Any) -> Any:
    try:
        return finally_that_may_return(x, y)
    except ZeroDivisionError:
        return 77.0


def finally_that_goes_on(x: Any, y: Any) -> Any:
    t = 0.0
    for k in range(3):
        try:
            t += 1 / (x - k)
        finally:
            if k < 2:
                continue  # noqa: B012
            t += 2.0
            break  # noqa: B012
    return t


def otherwise(x: Any, y: Any) -> Any:
    try:
        try:
            t = ml.sqrt(x)
        except ValueError:
            t = 1.0
        else:
            t = t / y
    except ZeroDivisionError:
        t = 3.0
    return t


def raised_from(x: Any, y: Any) -> Any:
    try:
        try:
            return x / y
        except ZeroDivisionError as error:
            raise Own("no") from error
    except Own:
        return 12.0


def raised_again(x: Any, y: Any) -> Any:
    try:
        try:
            return x / y
        except ZeroDivisionError:
            raise
    except ArithmeticError:
        return 13.0


def raised_later(x: Any, y: Any) -> Any:
    kept = None
    try:
        x / y
    except ZeroDivisionError as error:
        kept = error
    try:
        if kept:
            raise kept
    except ArithmeticError:
        return 12.0
    return 13.0


def one_of_a_tuple(x: Any, y: Any) -> Any:
    try:
        return x / y + ml.sqrt(x)
    except (KeyError, ZeroDivisionError, ValueError):
        return 14.0


KINDS = ZeroDivisionError, ValueError


def one_of_a_global_tuple(x: Any, y: Any) -> Any:
    try:
        return x / y + ml.sqrt(x)
    except KINDS:
        return 15.0


def types_of_its_own(x: Any, y: Any, kinds: Any = (OverflowError, ZeroDivisionError)) -> Any:
    wanted = kinds if x < 1 else (*kinds, KeyError)
    try:
        return y / x
    except wanted:
        return 22.0


def a_subclass_and_then(x: Any, y: Any) -> Any:
    try:
        try:
            return y / x
        except (Mine, np.linalg.LinAlgError):
            return 20.0
    except ArithmeticError:
        return 21.0


def any_error(x: Any, y: Any) -> Any:
    try:
        return x / y + ml.exp(x * 500)
    except Exception:
        return 17.0


def bare(x: Any, y: Any) -> Any:
    try:
        return x / y
    except:  # noqa: E722
        return 18.0


def star(x: Any, y: Any) -> Any:
    t = 0.0
    try:
        t = x / y + ml.sqrt(x)
    except* ZeroDivisionError:
        t = 29.0
    except* ValueError:
        t = 30.0
    return t


def in_handlers(x: Any, y: Any) -> Any:
    try:
        return 1 / x
    except ZeroDivisionError:
        try:
            return 1 / y
        except ZeroDivisionError:
            return 54.0


def in_a_generator(x: Any, y: Any) -> Any:
    def terms() -> Any:
        for k in range(3):
            try:
                yield y / (x - k)
            except ZeroDivisionError:
                yield -1.0

    total = 0.0
    for term in terms():
        total = total + term
    return total


def in_two_contexts(x: Any, y: Any) -> Any:
    t = 1.0
    with contextlib.suppress(ZeroDivisionError):
        with contextlib.suppress(KeyError, ValueError):
            t = ml.log(x) / y
        t = t + 1
    return t


def nobody_catches(x: Any, y: Any) -> Any:
    try:
        a = 1 / x
    except Mine:
        a = 1.0
    try:
        b = 1 / y
    except ZeroDivisionError:
        b = 2.0
    return a + b


def tried_again(x: Any, y: Any) -> Any:
    for k in range(4):
        try:
            return ml.log(x + k) / y
        except ValueError:
            pass
        except ZeroDivisionError:
            return -1.0
    return -2.0


# what the error holds


def of_an_attribute(x: Any, y: Any) -> Any:
    try:
        return TELLING(x)
    except Telling as error:
        return error.number


def of_a_cause(x: Any, y: Any) -> Any:
    try:
        try:
            return TELLING(x)
        except Telling:
            raise Own  # noqa: B904
    except Own as error:
        return error.__context__.number  # type: ignore[union-attr]


def of_its_text(x: Any, y: Any) -> Any:
    try:
        return WORDED(x)
    except ValueError as error:
        return float(str(error).split()[1]) - 1


PROGRAMS = [power, power_of_math, both_powers, gamma_of, logarithm, exponential, named_by_type, told_by_sys]
PROGRAMS += [in_a_context, whole_of, picky_of, through, finally_within, finally_that_may_return]
PROGRAMS += [finally_that_may_return_called, finally_that_goes_on, otherwise, raised_from, raised_again, raised_later]
PROGRAMS += [one_of_a_tuple, one_of_a_global_tuple, types_of_its_own, a_subclass_and_then, any_error, bare, star]
PROGRAMS += [in_handlers, in_a_generator, in_two_contexts, nobody_catches, tried_again]
PROGRAMS += [of_an_attribute, of_a_cause, of_its_text]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_a_program_that_catches_errors_answers_each_row_as_it_is(f: Callable[..., Any]) -> None:
    compare(f)


@pytest.mark.parametrize("f", [power, through, finally_within, otherwise, picky_of, a_subclass_and_then])
def test_so_does_its_derivative(f: Callable[..., Any]) -> None:
    slope = grad(lambda x, y: f(x, y) * 1.0 + 2 * x)
    rows = [row for row in ROWS[::3] if max(map(abs, row)) < 1e100 and min(map(abs, row)) != 1e-320]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compare(slope, [row for row, own in zip(rows, own_answers(slope, rows), strict=True) if own is not None])


@ENGINES
def test_the_row_of_the_table_that_was_wrong(engine: str) -> None:
    rows = np.array([0.0, 1e300, 3.0, 0.0]), np.array([-1.0, 2.0, 2.0, 2.0])
    assert vmap(power, engine=engine)(*rows).tolist() == [-5.0, 1e308, 9.0, 0.0]
    assert vmap(power_of_math, engine=engine)(*rows).tolist() == [-7.0, -5.0, 9.0, 0.0]
    over_rows = vmap(value_and_grad(power), engine=engine)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some answers do not depend on x is told once
        values, slopes = over_rows(*rows)
    assert (values.tolist(), slopes.tolist()) == ([-5.0, 1e308, 9.0, 0.0], [0.0, 0.0, 6.0, 0.0])


@ENGINES
def test_an_error_that_the_handler_does_not_catch_is_no_question(engine: str) -> None:
    def other(x: Any) -> Any:
        try:
            return 1 / x + ml.log(x)
        except (KeyError, Mine):
            return 2.0

    over_rows = vmap(other, engine=engine)
    assert over_rows(np.array([1.0, 0.0])).tolist() == [1.0, pytest.approx(math.nan, nan_ok=True)]
    assert over_rows.paths == 1


def test_the_text_of_an_error_on_plain_numbers_is_pythons_own() -> None:
    def length(x: Any) -> Any:
        try:
            return 1 / x
        except ZeroDivisionError as error:
            return float(len(str(error)))

    assert vmap(length)(np.array([0.0, 2.0])).tolist() == [length(0.0), 0.5]


def test_questions_about_errors_of_an_own_operation_travel() -> None:
    over_rows = vmap(picky_of)
    rows = np.array([2.0, 0.0, -1.0, 1e300]), np.array([1.0] * 4)
    assert over_rows(*rows).tolist() == [5.0, -1.0, -3.0, -2.0]
    again = pickle.loads(pickle.dumps(over_rows))
    assert again.paths == over_rows.paths == 4
    assert again(*rows).tolist() == [5.0, -1.0, -3.0, -2.0]
    assert number_of_kind(Own) == number_of_kind(type("Own", (), {"__module__": __name__}))
    assert len({number_of_kind(kind) for kind in (Own, Mine, KeyError, ValueError, IndexError)}) == 5


def test_an_error_of_no_usual_class_is_the_programs_own() -> None:
    class Halt(BaseException):
        pass

    def halting(x: float) -> float:
        if x <= 0:
            raise Halt
        return x + 1

    operation = function("halting_with_errors", halting, lambda x, out, g: g)

    def f(x: Any) -> Any:
        try:
            return operation(x)
        except Halt:
            return -5.0

    for engine in ("numpy", "native"):
        for rows in ([-1.0, 2.0, 0.0], [2.0, -1.0, 0.0]):
            assert vmap(f, engine=engine)(np.array(rows)).tolist() == [f(x) for x in rows]


# the clauses in bytecode


def paths_met(f: Any) -> list[Any]:
    return [[(clause.paths, clause.keeps) for clause in clauses] for _, _, clauses in clauses_in(f.__code__)]


def test_the_clauses_that_an_error_meets_are_read_from_the_inside_out() -> None:
    assert paths_met(one_of_a_tuple) == [[((("KeyError",), ("ZeroDivisionError",), ("ValueError",)), False)]]
    zero, value = ((("ZeroDivisionError",),), False), ((("ValueError",),), False)
    assert paths_met(through)[0] == [zero, value, zero]
    assert paths_met(finally_within)[0] == [zero]
    assert paths_met(finally_that_may_return) == [[(None, False)]]
    assert paths_met(a_subclass_and_then)[0][0] == ((("Mine",), ("np", "linalg", "LinAlgError")), False)
    assert paths_met(raised_from)[0] == [((("ZeroDivisionError",),), True), ((("Own",),), False)]
    assert paths_met(bare) == [[(None, False)]]
    assert paths_met(types_of_its_own)[0] == [(None, False)]
    assert paths_met(star)[0][0] == (None, True)
    assert paths_met(lambda xs: [1 / x for x in xs]) == []


# what it costs


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of functions, each time that one is recorded."""
    from micrograd_like.compile.rows import vmap as batch

    found: list[str] = []
    real = batch.record_run

    def traced(name: str, *args: Any, **options: Any) -> Any:
        found.append(name)
        return real(name, *args, **options)

    monkeypatch.setattr(batch, "record_run", traced)
    return found


@pytest.mark.filterwarnings("ignore:.*takes more than")
@pytest.mark.parametrize("reduce", [None, "sum"])
@ENGINES
def test_beyond_max_paths_rows_run_once_on_plain_numbers(engine: str, reduce: Any, traces: list[str]) -> None:
    put = (runs := hidden()).put

    def stepped(x: Any) -> Any:
        put(1)
        try:
            return (x - 7.5) ** -1 * int(x)
        except ZeroDivisionError:
            return 5.0

    x = np.arange(500) + 0.5
    over_rows = vmap(stepped, max_paths=8, check=False, engine=engine, reduce=reduce)
    wanted = np.array([stepped(a) for a in x.tolist()])
    for call in range(2):
        before, recorded = runs(), len(traces)
        assert np.array(over_rows(x)) == pytest.approx(wanted.sum() if reduce else wanted)
        assert over_rows.paths == 8
        if call == 0:
            assert recorded == 0
            assert 8 <= len(traces) <= 12
    assert len(traces) == recorded
    assert runs() - before == 500 - 8


@ENGINES
def test_many_ways_are_compiled_a_few_times(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from micrograd_like.compile.jit import ENGINES as TABLE

    compiled: list[Any] = []
    for row in TABLE.values():
        real: Any = row.rows
        monkeypatch.setattr(row, "rows", real and (lambda *args, real=real: compiled.append(args) or real(*args)))
    over_rows = vmap(lambda x: x * int(x) if x < 40 else x, engine=engine, check=False)
    x = np.arange(48) + 0.5
    assert over_rows(x).tolist() == [a * int(a) if a < 40 else a for a in x.tolist()]
    assert over_rows.paths == 41
    assert len(compiled) < 20


def test_an_error_of_a_row_that_is_recorded_ahead_is_told_in_its_turn() -> None:
    def table(x: Any) -> Any:
        return [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0][int(x)] * x

    with pytest.raises(IndexError) as caught:
        vmap(table)(np.arange(20.0))
    assert caught.value.__notes__ == ["in row 7"]


@pytest.mark.filterwarnings("ignore:.*takes more than")
@pytest.mark.parametrize(
    "answer",
    [
        lambda a, b: [a, b],
        lambda a, b: (a, b),
        lambda a, b: {"sum": a, "is_large": a > 5},
        lambda a, b: a > b,
        lambda a, b: [a, [b, a > 3]],
        lambda a, b: a if a > 8 else a > 3,
        lambda a, b: [a if a > 8 else a > 3, b],
    ],
)
def test_rows_beyond_max_paths_answer_in_every_form(answer: Any) -> None:
    def stepped(row: Any, k: Any, *, rate: float = 2.0) -> Any:
        return answer(row[0] * int(row[0]), row[1] * k * rate)

    rows = np.array([[k + 0.5, k * 1.5] for k in range(12)])
    few, many = vmap(stepped, max_paths=2), vmap(stepped)
    for order in (rows, rows[::-1]):
        for a, b in zip(flat(few(order, 3.0, rate=1.5)), flat(many(order, 3.0, rate=1.5)), strict=True):
            assert (a.dtype, a.tolist()) == (b.dtype, b.tolist())


@pytest.mark.filterwarnings("ignore:.*takes more than")
def test_a_number_beyond_max_paths_makes_numbers_of_truths() -> None:
    over_rows = vmap(lambda x: x * int(x) if x > 3 else x * int(x) > 1, max_paths=1)
    assert over_rows(np.array([0.5, 1.5, 2.5, 3.5])).tolist() == [0.0, 1.0, 1.0, 10.5]


def flat(answer: Any) -> list[Any]:
    if isinstance(answer, dict):
        answer = [*answer.values()]
    return [x for part in answer for x in flat(part)] if isinstance(answer, list | tuple) else [answer]


@pytest.mark.filterwarnings("ignore:.*takes more than")
def test_rows_beyond_max_paths_that_raise_follow_ieee_754() -> None:
    over_rows = vmap(lambda x: ml.log(x) * int(x), max_paths=2)
    assert over_rows(np.array([1.5, 2.5, 3.5, 0.0, -4.5]))[:3].tolist() == [
        math.log(x) * int(x) for x in (1.5, 2.5, 3.5)
    ]
    assert np.isnan(over_rows(np.array([1.5, 0.0, -4.5]))).tolist() == [False, True, True]
    methods = vmap(lambda x: x.exp() * int(x), max_paths=2)  # which plain numbers do not have
    assert methods(np.array([1.5, 2.5, 3.5])).tolist() == pytest.approx([math.exp(x) * int(x) for x in (1.5, 2.5, 3.5)])


@pytest.mark.filterwarnings("ignore:.*takes more than")
def test_an_error_beyond_max_paths_says_in_which_row() -> None:
    def table(x: Any) -> Any:
        return [1.0, 2.0, 3.0][int(x)] * x

    with pytest.raises(IndexError) as caught:
        vmap(table, max_paths=2)(np.array([0.0, 1.0, 2.0, 5.0]))
    assert caught.value.__notes__ == ["in row 3"]


def test_constants_do_not_pile_up_in_the_rows_of_the_table() -> None:
    def size(name: str) -> int:
        return sum(1 + (len(x) if isinstance(x, dict) else 0) for x in OPS[name].known.values())

    jit(lambda x: x**0.3 / 0.7, engine="native")(2.0)
    for name in ("pow_const", "truediv", "log_base"):
        before = size(name)
        for k in range(10_000):
            raises_somewhere(OPS[name], (None, k + 0.5))
        assert size(name) <= before + MOST_KNOWN
    known = len(OPS["pow_const"].known)
    for k in range(5):
        assert jit(lambda x, k=k + 0.25: x**k, engine="native", check=False)(1.0) == 1.0
    assert len(OPS["pow_const"].known) == known
    assert errors_of(OPS["truediv"], (None, 2.0)) == ()
    assert errors_of(OPS["truediv"], (None, 0.0)) == (ZeroDivisionError,)
    assert {*errors_of(OPS["pow_const"], (None, -1.0))} == {ZeroDivisionError, OverflowError}
    assert errors_of(OPS["pow_const"], (None, 2.0)) == (OverflowError,)


@pytest.mark.parametrize("kind", ["counter", "memory", "list"])
def test_a_refused_vmap_has_run_the_function_twice_at_most(kind: str) -> None:
    put = (runs := hidden()).put
    kept = {"count": 0.0}
    known: list[float] = []

    def counting(x: Any) -> Any:
        put(1)
        if kind == "counter":
            kept["count"] += 1
        elif kind == "list":
            known.append(1.0)
        else:
            kept.setdefault("rate", 2.0)
        return x * kept.get("rate", 1.0) * kept["count"] + len(known)

    if kind == "memory":
        assert vmap(counting, check=False)(np.array([1.0, 2.0])).tolist() == [0.0, 0.0]
    else:
        with pytest.raises(TracingError, match="each time that it runs"):
            vmap(counting)(np.array([1.0, 2.0]))
    assert runs() == 2


def test_the_question_is_one_for_an_operation_and_its_errors() -> None:
    both = raising(OPS["pow"], (ZeroDivisionError, OverflowError))
    assert both is not raising(OPS["pow"], (ZeroDivisionError,))
    assert [both.answer(kind) for kind in (None, ZeroDivisionError, OverflowError, ValueError)] == [0, 1, 2, 0]
    assert [both.value(*x) for x in [(2.0, 3.0), (0.0, -1.0), (1e300, 2.0), (-1.0, 0.5)]] == [0, 1, 2, 0]
    assert raising(OPS["log"], (ValueError,)).value(0.0) is True
    assert raising(OPS["pow"], (OverflowError,)).answer(ZeroDivisionError) is False
