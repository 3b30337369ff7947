"""Rows of unknown ways go together through Python itself: answers, slopes and errors are those of each row."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_like as ml
from micrograd_like import TracingError, Value, grad, value_and_grad, vmap
from micrograd_like.compile.rows import on_columns, together
from micrograd_like.compile.rows.on_columns import OnColumns

RUNS: list[Any] = []  # the blocks of rows that went together


@pytest.fixture(autouse=True)
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Nothing is recorded but the first way; blocks that go together are noted."""
    original = OnColumns.block

    def block(self: Any, *args: Any) -> Any:
        RUNS.append(original(self, *args))
        return RUNS[-1]

    monkeypatch.setattr(OnColumns, "block", block)
    monkeypatch.setattr("micrograd_like.compile.rows.batch.Batch.is_worth_recording", False)
    RUNS.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".* does not depend on ")  # which eager runs tell of, too
        yield RUNS


def by_row(f: Callable[..., Any], *columns: Any) -> list[list[float]]:
    """What f answers to each row by itself: a list for each of its numbers; nan where it raises."""
    rows = []
    for numbers in zip(*columns, strict=True):
        try:
            rows.append(flat(f(*map(float, numbers))))
        except ArithmeticError:
            rows.append([])
    width = max(map(len, rows), default=0)
    return [[row[k] if row else nan for row in rows] for k in range(width)]


def flat(answer: Any) -> list[Any]:
    """The numbers, or arrays, of an answer in their order."""
    return [x for part in answer for x in flat(part)] if isinstance(answer, tuple | list) else [answer]


def ulps(x: float, y: float) -> float:
    """How many units in the last place two floats are apart; 0 for two nans."""
    return 0.0 if x == y or (x != x and y != y) else abs(x - y) / max(math.ulp(x), math.ulp(y))


# ways


def collatz(x: Any, y: Any) -> Any:
    """Some steps up or down: nearly each row goes its own way."""
    n = 0
    while x > 1.0 and n < 60:
        x = x / 2 if x * y % 2 < 1 else x * 0.75 + y
        n += 1
    return x * y + n


def test_rows_of_many_ways_have_the_bits_of_each_row(runs: list[Any]) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(1, 9, 300), rng.uniform(0.1, 0.3, 300)
    f = value_and_grad(collatz, argnums=(0, 1))
    value, slopes = vmap(f)(x, y)
    assert [value.tolist(), *map(list, slopes)] == by_row(f, x, y)
    assert len(runs) == 1
    assert len(runs[0].ways) > 8


def test_no_step_is_computed_twice(runs: list[Any]) -> None:
    """Rows that leave a loop one after the other share all of its steps."""

    def f(x: Any) -> Any:
        y, n = x, 0
        while y > 1.0:
            y, n = y * 0.9, n + 1
        return y * n

    x = np.linspace(1.5, 50.0, 200)
    value, slope = vmap(value_and_grad(f))(x)
    assert [value.tolist(), slope.tolist()] == by_row(value_and_grad(f), x)
    longest = max(len(way.path()) for way in runs[0].ways)
    assert len(runs[0].ways) > 25
    assert runs[0].count < 4 * longest + 4 * len(runs[0].ways)


def test_a_way_costs_one_run_of_the_function() -> None:
    calls = 0

    class Counted:
        def __add__(self, x: Any) -> Any:
            nonlocal calls
            calls += 1
            return x

    counted = Counted()

    def f(x: Any) -> Any:
        for k in range(20):
            if x < k:
                return x * k
        return counted + x

    x = np.linspace(0.5, 40, 2000)
    assert vmap(f, check=False)(x).tolist() == by_row(f, x)[0]


def test_a_truth_counts_as_an_int(runs: list[Any]) -> None:
    def f(x: Any, y: Any) -> Any:
        return ((x > 1) + True) * x + ml.where(y > x, x, y * 2) * ml.exp(x > 2) if y > 0 else x

    x, y = np.array([0.5, 2.0, 1.0, 3.0, 2.5]), np.array([-1.0, 4.0, 2.0, 2.5, 3.0])
    assert vmap(f)(x, y).tolist() == by_row(f, x, y)[0]
    assert len(runs) == 1


def test_sum_keeps_the_sign_of_zero() -> None:
    f = value_and_grad(lambda x, y: sum([x]) if y > 0 else x * 2)
    value, _ = vmap(f)(np.array([1.0, -0.0, -0.0]), np.array([-1.0, 1.0, 2.0]))
    assert repr(value.tolist()) == repr([2.0, f(-0.0, 1.0)[0], f(-0.0, 2.0)[0]]) == "[2.0, -0.0, -0.0]"


def test_whole_numbers_part_rows(runs: list[Any]) -> None:
    def f(x: Any) -> Any:
        total = x * 0
        for k in range(int(x)):
            total = total + x * k
        return total + round(x) * math.floor(x) * math.ceil(x)

    x = np.array([0.5, 3.25, 3.75, -1.5, 2.0, 3.5, -1.25] * 3)
    assert vmap(f)(x).tolist() == by_row(f, x)[0]
    assert len(runs) == 1


def test_questions_of_the_differentiable_math_part_rows(runs: list[Any]) -> None:
    def f(x: Any) -> Any:
        if ml.math.isnan(x) or ml.math.isinf(x) or not ml.math.isfinite(x):
            return 0 * ml.math.pi
        return ml.math.floor(x) * x + ml.math.ceil(x) - ml.math.trunc(x)

    x = np.array([0.5, nan, 3.75, inf, -1.5, 2.0, -inf, 3.5, nan, -1.25] * 3)
    assert vmap(f)(x).tolist() == by_row(f, x)[0]
    assert len(runs) == 1


def test_a_run_that_starts_again_with_more_lifted_answers_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that an error had left half done was taken for an answer: its rows held what lay in memory."""
    monkeypatch.setattr(together.np, "empty", lambda *args, **options: np.full(*args, 777.0, **options))

    def f(x: Any) -> Any:
        return ml.math.ulp(x) * x

    x = np.array([-1.0, 1.5, 0.0, 3.0, 1.25, 12.0, 5.5])
    assert vmap(f, max_paths=1)(x).tolist() == by_row(f, x)[0]


def test_rows_with_the_same_whole_numbers_count_together(runs: list[Any]) -> None:
    def f(x: Any, n: Any) -> Any:
        return sum(x**k for k in range(n)) if x > 0 else x * n

    x, n = np.array([0.5, -1.5, 2.0, 0.25, -3.0, 1.5]), np.array([3, 2, 1, 3, 2, 1])
    value, slope = vmap(value_and_grad(f))(x, n)
    expected = [value_and_grad(f)(float(a), int(k)) for a, k in zip(x, n, strict=True)]
    assert [*zip(value.tolist(), slope.tolist(), strict=True)] == expected
    assert len(runs) == 2


def test_sums_over_rows_are_those_of_the_rows(runs: list[Any]) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(1, 9, 100), rng.uniform(0.1, 0.3, 100)
    for reduce, by in (("sum", 1), ("mean", 100)):
        total = vmap(collatz, reduce=reduce)(x, y)
        assert total == pytest.approx(math.fsum(by_row(collatz, x, y)[0]) / by, rel=1e-14)
    assert len(runs) == 2


@pytest.mark.parametrize("rows", [5000, 40])
def test_many_rows_and_few_go_together_in_every_engine(rows: int, runs: list[Any]) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(1, 9, rows), rng.uniform(0.1, 0.3, rows)
    expected = by_row(collatz, x, y)[0]
    for engine in ("numpy", "native"):
        for reduce in (None, "sum"):
            answer = vmap(collatz, engine=engine, reduce=reduce)(x, y)
            assert answer == pytest.approx(math.fsum(expected) if reduce else expected, rel=1e-13)
    assert len(runs) >= 4


def test_structures_go_in_and_out(runs: list[Any]) -> None:
    def f(model: dict[str, Any], steps: list[int]) -> dict[str, Any]:
        x = model["x"]
        for k in steps:
            x = x - model["rate"] * k if x > 1 else x + 1
        return {"end": x, "above": x > 1, "pair": (x, 2.0)}

    x = np.linspace(-2, 8, 50)
    answer = vmap(f, in_axes=(0, None))({"x": x, "rate": 0.5}, [1, 2, 3])
    rows = [f({"x": float(a), "rate": 0.5}, [1, 2, 3]) for a in x]
    assert answer["end"].tolist() == [row["end"] for row in rows]
    assert answer["above"].tolist() == [row["above"] for row in rows]
    assert answer["above"].dtype == bool
    assert answer["pair"][1].tolist() == [2.0] * 50
    slopes = vmap(grad(lambda model, steps: f(model, steps)["end"]), in_axes=(0, None))(
        {"x": x, "rate": 0.5}, [1, 2, 3]
    )
    expected = [grad(lambda model: f(model, [1, 2, 3])["end"])({"x": float(a), "rate": 0.5}) for a in x]
    assert slopes["rate"].tolist() == [row["rate"] for row in expected]
    assert len(runs) == 2


@dataclass
class Drift:
    rate: float
    limit: float = 2.0


def test_dataclasses_hold_rows(runs: list[Any]) -> None:
    def f(drift: Drift, x: Any) -> Any:
        drift = Drift(drift.rate, drift.limit)
        for _ in range(9):
            x = x * drift.rate if x < drift.limit else x - 1
        return x

    rate, x = np.linspace(0.5, 1.5, 30), np.linspace(4.0, 0.1, 30)
    slope = vmap(grad(f))(Drift(rate, 2.0), x)
    expected = [grad(f)(Drift(float(a)), float(b)) for a, b in zip(rate, x, strict=True)]
    assert [*zip(slope.rate, slope.limit, strict=True)] == [(one.rate, one.limit) for one in expected]
    assert len(runs) == 1


@pytest.mark.parametrize("seed", range(8))
def test_ways_that_are_recorded_in_between_count_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(
        "micrograd_like.compile.rows.batch.Batch.is_worth_recording", property(lambda self: rng.random() < 0.3)
    )
    rows = 40_000 if seed % 2 else 300
    columns = np.random.default_rng(seed)
    x, y = columns.uniform(1, 9, rows), columns.uniform(0.1, 0.3, rows)
    total = math.fsum(by_row(collatz, x, y)[0])
    assert vmap(collatz, reduce="sum")(x, y) == pytest.approx(total, rel=1e-13)
    assert math.fsum(vmap(collatz)(x, y)) == pytest.approx(total, rel=1e-13)


def test_a_long_program_of_few_of_the_ways_is_not_run_for_nothing(
    runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("micrograd_like.compile.rows.blocks.LONG_PROGRAM", 1)
    columns = np.random.default_rng(6)
    x, y = columns.uniform(1, 9, 200), columns.uniform(0.1, 0.3, 200)
    f, total = vmap(collatz), vmap(collatz, reduce="sum")
    for call in range(10):
        assert f(x, y).tolist() == by_row(collatz, x, y)[0]
        assert total(x, y) == pytest.approx(math.fsum(by_row(collatz, x, y)[0]), rel=1e-13)
        assert len(runs) == 2 * call + 2
    assert sum(len(run.root.rows) < 200 for run in runs) <= 4  # which is seen by and by, where there is no loop
    assert f([2.0] * 200, [0.25] * 200).tolist() == [collatz(2.0, 0.25)] * 200


def test_a_long_program_is_planned_for_more_rows() -> None:
    def steps(count: int) -> Any:
        def f(x: Any) -> Any:
            for _ in range(count):
                x = ml.sin(x)
            return x

        g = vmap(f)
        g(np.ones(3))
        return next(iter(g.forms.values())).rows_worth_a_plan

    assert steps(3) == 2000 < steps(600) < steps(5000)


# max and min


def clamp(x: Any, low: Any, high: Any) -> Any:
    return max(low, min(x, high)) * x + max(x, 0) + min(1, x)


AWKWARD = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, inf, -inf, nan, 0.3])


@given(st.lists(st.tuples(AWKWARD, AWKWARD, AWKWARD), min_size=2, max_size=12))
def test_ties_nan_and_signs_of_zero_are_pythons(rows: list[tuple[float, float, float]]) -> None:
    def f(x: Any, y: Any, z: Any) -> Any:
        if z > 0:
            return max(x, y) * z
        return min(x, y, z) + max([x, z]) * min(x, z)

    columns = [np.array(column) for column in zip(*rows, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for g in (f, value_and_grad(f, argnums=(0, 1, 2))):
            for mine, theirs in zip(flat(vmap(g)(*columns)), by_row(g, *columns), strict=True):
                assert repr(mine.tolist()).replace("-0.0", "0.0") == repr(theirs).replace("-0.0", "0.0")


def test_a_choice_does_not_part_rows(runs: list[Any]) -> None:
    def f(x: Any, y: Any) -> Any:
        best = x
        for k in range(30):
            best = max(best, y * math.sin(k))
        return best * x if y > 0 else best

    rng = np.random.default_rng(3)
    x, y = rng.normal(size=80), rng.normal(size=80)
    g = value_and_grad(f, argnums=(0, 1))
    value, slopes = vmap(g)(x, y)
    assert [value.tolist(), *map(list, slopes)] == by_row(g, x, y)
    assert [len(run.ways) for run in runs] == [1]  # the other one is recorded


def test_what_is_not_chosen_has_no_slope_even_if_it_is_infinite(runs: list[Any]) -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y if y > 2 else max(y, ml.sqrt(x)) * y

    x, y = np.array([0.0, 0.0, 4.0, 0.0, 9.0]), np.array([3.0, 2.5, 1.0, 0.5, 2.5])
    g = value_and_grad(f, argnums=(0, 1))
    value, slopes = vmap(g)(x, y)
    assert [value.tolist(), *map(list, slopes)] == by_row(g, x, y)
    assert len(runs) == 1


def test_what_a_way_has_computed_and_not_used_has_no_slope(runs: list[Any]) -> None:
    """An infinite slope of what another way uses makes no nan of a row's own, and no 0.0 of its -0.0."""

    def f(x: Any, y: Any) -> Any:
        root, product = ml.sqrt(x), y * 1e308 * 1e308
        if y > 5:
            return x * y
        if y > 2:
            return root + product
        return x * 3 if y > 1 else x * -0.0

    x, y = np.array([1.0, 0.0, 4.0, 0.0, 9.0, 0.0, 0.0]), np.array([6.0, 1.5, 3.0, 0.5, 4.0, 1.75, 0.25])
    g = value_and_grad(f, argnums=(0, 1))
    value, slopes = vmap(g)(x, y)
    assert repr([value.tolist(), *[slope.tolist() for slope in slopes]]) == repr(by_row(g, x, y))
    assert [len(run.ways) for run in runs] == [3]


def test_rows_whose_slope_is_nan_stay_with_the_others(runs: list[Any]) -> None:
    def f(x: Any) -> Any:
        y = max(x, 0.0) * inf
        return y * 2 if x > 1 else y - y if x > 0 else x * 3

    x = np.array([-1.0, 0.5, 2.0, 3.0, 0.25, 4.0])
    value, slope = vmap(value_and_grad(f))(x)
    assert repr([value.tolist(), slope.tolist()]) == repr(by_row(value_and_grad(f), x))
    assert [run.left for run in runs] == [[]]


def test_floats_are_compared_with_ints_that_are_no_floats() -> None:
    def f(x: Any) -> Any:
        return x if x < 0 else x * 2 if x < 2**53 + 1 else x * 3 / (2**53 + 1)

    x = np.array([-1.0, 2.0**53, 0.5, 2.0**53 + 2])
    assert vmap(f)(x).tolist() == by_row(f, x)[0]


def test_the_zero_of_a_choice_with_an_int_keeps_its_sign() -> None:
    def f(x: Any, y: Any) -> Any:
        return ml.math.atan2(-max(0, x), -1.0) + x if y > 0 else x

    x, y = np.array([-1.0, -2.0, 3.0, -1.0]), np.array([-1.0, 1.0, 1.0, 1.0])
    assert vmap(f)(x, y).tolist() == by_row(f, x, y)[0]


# random programs

EXPRESSIONS = (
    "{a} + {b}|{a} - {b}|{a} * {b}|{a} / {b}|-{a}|abs({a})|max({a}, {b})|min({a}, {b})|max({a}, {c})|max(0, {a})|"
    "min({a}, 1)|{a} * {c}|{c} - {a}|{a} * {a}|sum([{a}, {b}])|{a} if {b} > {c} else {c}|max({a}, {b}, {c})|"
    "ml.where({a} > {b}, {a}, {c})|({a} > {b}) * {a}|ml.sqrt({a} * {a})|ml.relu({a})|ml.maximum({a}, {b})|{a} % 1.5"
).split("|")
CONDITIONS = "{a} > {b}|{a} < {c}|{a} == {b}|not {a}|{a} != {a}|{a} > 0 and {b} < 1|{a} < {b} < {c}|max({a}, {b}) > {c}"


def program(rng: random.Random) -> str:
    """The source of a function of x, y and z with branches and loops."""
    lines = ["def f(x, y, z):", "    v = x"]

    def filled(templates: list[str]) -> str:
        a, b = rng.choice("xyzv"), rng.choice("xyzv")
        return rng.choice(templates).format(a=a, b=b, c=rng.choice(["0.0", "1.0", "-1.0", "2", "-0.0", "1.5", "0"]))

    def block(indent: str) -> None:
        for k in range(rng.randint(2, 4)):
            kind = rng.random() if len(indent) < 16 else 0.0
            if kind < 0.6:
                lines.append(f"{indent}{rng.choice('xyzv')} = {filled(EXPRESSIONS)}")
                continue
            name = f"n{len(indent)}{k}"
            if kind < 0.8:
                lines.append(f"{indent}if {filled(CONDITIONS.split('|'))}:")
            elif kind < 0.9:
                lines.append(f"{indent}for {name} in range({rng.randint(1, 4)}):")
            else:
                lines.extend([f"{indent}{name} = 0", f"{indent}while abs({rng.choice('xyzv')}) > 0.3 and {name} < 5:"])
                lines.extend([f"{indent}    {name} += 1", f"{indent}    {rng.choice('xyzv')} *= 0.6"])
            block(indent + "    ")

    block("    ")
    return "\n".join([*lines, "    return x + y * 2 + z * 3 + v * 4"])


def own_answer(f: Callable[..., Any], given: tuple[float, ...]) -> list[float] | None:
    """The numbers of f's answer; None where it raises."""
    try:
        return flat(f(*given))
    except ArithmeticError:
        return None


@given(st.integers(0, 10**9))
def test_random_programs_answer_what_each_row_answers(seed: int) -> None:
    rng = random.Random(seed)
    names: dict[str, Any] = {"ml": ml}
    exec(source := program(rng), names)
    numbers = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.0, -2.0, 0.3, 3.0, nan, inf]
    count = rng.choice([4, 15, 40])
    columns = [[rng.choice(numbers) if rng.random() < 0.5 else rng.uniform(-3, 3) for _ in range(count)] for _ in "xyz"]
    f = rng.choice([names["f"], value_and_grad(names["f"], argnums=(0, 1, 2)), grad(names["f"], argnums=(1,))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        g = vmap(f)
        rows = [own_answer(f, given) for given in zip(*columns, strict=True)]
        answers, raised = [], None
        try:
            answers = [flat(g(*map(np.array, columns))) for _ in (1, 2)]
        except ZeroDivisionError as error:  # of plain numbers of the program itself, which do not wait for rows
            raised = rows[int(error.__notes__[-1].removeprefix("in row "))]
        assert raised is None
        for row, (given, own) in enumerate(zip(zip(*columns, strict=True), rows, strict=True)):
            if own is None:  # inf or nan stands there
                continue
            for answer in answers:
                assert [ulps(x, float(y[row])) <= 4 for x, y in zip(own, answer, strict=True)] == [True] * len(own), (
                    source,
                    given,
                )


# what goes by itself


def looks_at_the_class(x: Any) -> Any:
    return x * 2 if isinstance(x, float | Value) and x > 0 else x


def catches(x: Any) -> Any:
    try:
        return 1 / x if x > -1 else x
    except ZeroDivisionError:
        return x * 5


def keys(x: Any) -> Any:
    return x * 2 if str(x > 0) == "True" else x


def asks_identity(x: Any) -> Any:
    return x * 2 if (x > 0) is True else x


def nested(x: Any) -> Any:
    return grad(lambda z: z**3 if z > 0 else z)(x)


def prints(x: Any) -> Any:
    return x * 2 if f"{x}"[0] == "-" else x


def loses_a_slope(x: Any) -> Any:
    return x * int(x) if x > 0 else x


W = Value(3.0)


def of_a_value(x: Any) -> Any:
    return (W * x + W if x > 1 else W * x) if x > 0 else x * W


@pytest.mark.parametrize(
    "f", [looks_at_the_class, catches, keys, asks_identity, nested, prints, loses_a_slope, of_a_value]
)
def test_what_sees_more_than_arithmetic_is_as_right(f: Any) -> None:
    x = np.array([-2.0, 0.5, 0.0, -1.5, 2.25, 1.0])
    for g in (f, value_and_grad(f)):
        h = vmap(g)
        for _ in range(2):
            mine = flat(h(x))
            assert [y.tolist() for y in mine] == by_row(g, x)


def test_a_number_that_is_kept_says_so() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        if x > 0:
            kept.append(x * 2)
            return x * 3
        return x

    x = np.array([-1.0, 2.0, 3.0, 4.0])
    assert vmap(f)(x).tolist() == by_row(f, x)[0]
    for number in kept:
        if type(number) is not float:
            with pytest.raises(TracingError, match="was kept from"):
                number + 1


def test_an_error_says_in_which_row() -> None:
    def f(x: Any) -> Any:
        if x > 3:
            raise ValueError("too far")
        return x if x > 0 else -x

    g = vmap(f)
    with pytest.raises(ValueError, match="too far") as caught:
        g([-1.0, 1.0, 2.0, 5.0])
    assert "in row 3" in caught.value.__notes__
    assert g([-1.0, 1.0, 2.0, 2.5]).tolist() == [1.0, 1.0, 2.0, 2.5]


def test_answers_of_another_form_are_refused() -> None:
    with pytest.raises(TypeError, match="answers one row with"):
        vmap(lambda x: [x] if x > 0 else x)([1.0, 2.0, -1.0, -2.0])


def test_beyond_max_paths_no_warning_frightens() -> None:
    f = vmap(lambda x: x * int(x), max_paths=2)
    x = np.array([1.5, 2.5, 3.5, 4.5, 1.25])
    assert f(x).tolist() == [1.5, 5.0, 10.5, 18.0, 1.25]
    assert f(x).tolist() == [1.5, 5.0, 10.5, 18.0, 1.25]


# memory


def test_rows_that_do_not_fit_into_memory_go_in_smaller_blocks(
    runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST_BYTES", 40_000)
    rng = np.random.default_rng(4)
    x, y = rng.uniform(1, 9, 200), rng.uniform(0.1, 0.3, 200)
    f = value_and_grad(collatz, argnums=(0, 1))
    value, slopes = vmap(f)(x, y)
    assert [value.tolist(), *map(list, slopes)] == by_row(f, x, y)
    assert len(runs) > 3
    assert all(run.bytes <= 40_000 for run in runs)


def test_few_rows_of_a_long_loop_take_the_memory_of_its_columns(
    runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST_BYTES", 30_000)

    def grown(x: Any) -> Any:
        while x < 1000:
            x = x * 1.2
        return x

    x = np.linspace(1.0, 9.0, 20)
    assert vmap(grown)(x).tolist() == [grown(float(a)) for a in x]
    assert runs
    assert all(run.count <= 30_000 / 500 for run in runs)  # at so many bytes a column, beside its numbers


def test_nothing_is_kept_of_a_call() -> None:
    import gc
    import weakref

    rng = np.random.default_rng(5)
    x, y = rng.uniform(1, 9, 100), rng.uniform(0.1, 0.3, 100)
    f = vmap(value_and_grad(collatz))
    f(x, y)
    left = [weakref.ref(run) for run in RUNS]
    RUNS.clear()
    gc.collect()
    assert [ref() for ref in left] == [None]


def test_a_rule_that_asks_rows_a_question_is_run_for_each() -> None:
    bent = ml.function(
        "bent_by_rows", lambda x: x * 2 if x > 1 else x, lambda x, out, g: g * 2 if x > 1 else g * math.cos(0.0)
    )
    f = value_and_grad(lambda x, y: bent(x) * y if y > 0 else x)
    x, y = np.array([0.5, 1.5, 2.0, 0.1]), np.array([-1.0, 1.0, 2.0, 3.0])
    value, slope = vmap(f)(x, y)
    assert [value.tolist(), slope.tolist()] == by_row(f, x, y)
    assert on_columns.MOST_TOGETHER > 4
