"""A jitted function among the arguments is a function, and no model that tells its parameters."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from micrograd_like import grad, jit, vmap


def applied(h: Any, x: Any) -> Any:
    return h(x) + x


@pytest.mark.parametrize("engine", ["python", "native"])
def test_a_jitted_function_is_an_argument_like_any_function(engine: str) -> None:
    square = jit(lambda x: x * x, engine=engine)
    assert jit(applied, engine=engine)(square, 3.0) == 12.0
    assert grad(applied, 1)(square, 3.0) == 7.0
    assert jit(grad(applied, 1), engine=engine)(square, 3.0) == 7.0
    assert vmap(applied, (None, 0))(square, np.array([1.0, 2.0])).tolist() == [2.0, 6.0]


def test_its_own_module_by_name_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    fast = jit(lambda x: getattr(sys.modules[__name__], "FACTOR") * x, check=False)  # noqa: B009
    assert fast(3.0) == 6.0
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    assert fast(3.0) == 15.0
