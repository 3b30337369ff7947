"""Facts about how sweep and vmap record and compute programs, whatever time that takes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from micrograd_like import Value, grad, vmap

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
from micrograd_like import Sweeper  # noqa: E402 - it needs NumPy


def test_a_function_is_recorded_under_watch_only_where_it_may_meet_what_calls_for_that() -> None:
    weight = Value(2.0)

    def plain(x: Any) -> Any:
        return x * math.sqrt(x)

    def with_a_value(x: Any) -> Any:
        return x * weight

    for f, watching in ((plain, False), (with_a_value, True)):
        sweeper = Sweeper(f)
        sweeper.table(pa.table({"x": [1.0, 2.0]}))
        [program] = sweeper.programs.values()
        [way] = program.ways.values()
        [batch] = way.forms.values()
        assert way.precautions(batch)["watching"] is watching


def test_a_long_program_goes_through_a_thousand_rows_in_few_blocks_with_the_bits_of_any() -> None:
    def f(x: Any) -> Any:
        y = x
        for k in range(1500):
            y = y + math.sin(y) * (x - k)
        return y

    x = np.linspace(0.1, 0.2, 1000)
    way = vmap(grad(f))
    way(x[:1])
    [batch] = way.forms.values()
    assert all(plan.rows(1000) >= 500 for plan in batch.engine("numpy", [True]).plans)
    whole = way(x)
    parts = [way(part) for part in np.split(x, [130, 200, 600])]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


@pytest.mark.filterwarnings("ignore:.*inf or nan in a new column")
def test_slopes_at_singular_points_leave_no_doubt_of_a_recording() -> None:
    def f(x: Any) -> Any:
        return sum(math.sqrt(x * k) for k in range(1, 1500))

    sweeper = Sweeper(f)
    table = sweeper.table(pa.table({"x": [0.0, 0.0, 1.0]}))
    [program] = sweeper.programs.values()
    [way] = program.ways.values()
    assert not way.f.goes_on
    assert table["value"].to_pylist()[:2] == [0.0, 0.0]
    assert table["d_x"].to_pylist()[:2] == [math.inf, math.inf]
