"""A jitted function among the arguments is a function, and no model that tells its parameters."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import warnings
from typing import Any

import numpy as np
import pytest

from micrograd_like import grad, hessian, jit, vmap
from micrograd_like.errors import TracingError


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


# arguments that the function writes into


@dataclasses.dataclass
class Stock:
    price: float
    history: list[Any] = dataclasses.field(default_factory=lambda: [1.0])

    @functools.cached_property
    def doubled(self) -> Any:
        return self.price * 2


def doubled_first(a: Any) -> Any:
    a[0] = a[0] * 2
    return a[0] * a[1]


def doubled_price(stock: Any) -> Any:
    stock.price = stock.price * 2
    return stock.price


def noted(stock: Any) -> Any:
    stock.seen = True
    return stock.price


def longer_history(stock: Any) -> Any:
    stock.history.append(stock.price)
    return stock.history[-1]


def logged(stock: Any) -> Any:
    stock.log.append(len(stock.log))
    return stock.price * len(stock.log)


def stock(**more: Any) -> Stock:
    one = Stock(3.0)
    vars(one).update(more)
    return one


WRITING: dict[str, tuple[Any, Any]] = {
    "list": (doubled_first, lambda: [3.0, 4.0]),
    "array": (doubled_first, lambda: np.array([3.0, 4.0])),
    "dict": (doubled_first, lambda: {0: 3.0, 1: 4.0}),
    "list that is rotated": (lambda a: a.append(a.pop(0)) or a[0], lambda: [4.0, 3.0, 2.0]),
    "list that grows": (lambda a: a.append(a[0] + len(a)) or a[-1], lambda: [4.0, 3.0]),
    "set of texts in a list": (lambda a: a[0].add(f"{len(a[0])}") or a[1] * len(a[0]), lambda: [{"a"}, 3.0]),
    "object": (doubled_price, stock),
    "new attribute": (noted, stock),
    "list in an object": (longer_history, stock),
    "list without numbers": (logged, lambda: stock(log=[])),
    "list in a dict in a list": (lambda a: a[0]["b"].append(a[1]) or sum(a[0]["b"]), lambda: [{"b": [1.0]}, 2.0]),
    "attribute of an object without numbers": (
        lambda s: setattr(s.log, "text", s.log.text + "a") or s.price * len(s.log.text),
        lambda: stock(log=types.SimpleNamespace(text="")),
    ),
}


@pytest.mark.parametrize("engine", ["python", "native"])
@pytest.mark.parametrize("name", WRITING)
def test_a_function_that_writes_into_its_arguments_runs_as_it_is(name: str, engine: str) -> None:
    f, made = WRITING[name]
    fast = jit(f, engine=engine)
    one, other = made(), made()
    with pytest.warns(UserWarning, match="writes into one of its arguments, of type .*, so it runs as it is"):
        assert fast(one) == f(other)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(10):
            assert fast(one) == f(other)
            assert repr(one) == repr(other)
            assert str(vars(one) if hasattr(one, "__dict__") else one) == str(
                vars(other) if hasattr(other, "__dict__") else other
            )


def test_a_way_without_writing_stays_compiled() -> None:
    def f(a: Any) -> Any:
        if a[0] > 10.0:
            a[0] = 0.0
        return a[0] * a[1]

    fast = jit(f)
    a = [3.0, 4.0]
    assert fast(a) == 12.0
    assert fast.paths == 1
    a[0] = 11.0
    with pytest.warns(UserWarning, match="writes into one of its arguments"):
        assert fast(a) == 0.0
    assert a == [0.0, 4.0]
    a[0] = 12.0
    assert fast(a) == 0.0
    assert a == [0.0, 4.0]
    assert fast.paths == 1


def test_vmap_refuses_writing_into_an_argument_of_all_rows() -> None:
    def f(x: Any, log: Any) -> Any:
        log.append(len(log))
        return x * len(log)

    def own(row: Any, log: Any) -> Any:
        row.sort()
        return row[0]

    log: list[int] = []
    with pytest.raises(TracingError, match="writes into an argument that is the same for all rows, of type list"):
        vmap(f, (0, None))(np.array([1.0, 2.0]), log)
    assert log == []
    assert vmap(own, (0, None))(np.array([[2.0, 1.0], [3.0, 4.0]]), log).tolist() == [1.0, 3.0]


def test_what_a_function_writes_into_a_copy_or_keeps_of_a_cached_property_is_its_own_affair() -> None:
    def f(a: Any, stock: Any) -> Any:
        a = [*a]
        a[0] = 1.0
        return a[1] * stock.doubled

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert jit(f)([3.0, 4.0], Stock(5.0)) == 40.0


def test_an_array_without_dimensions_is_one_in_every_call() -> None:
    fast = jit(lambda a: a[()] * 2)
    assert [fast(np.array(k)) for k in (3.0, 4.0, 5.0, 6.0)] == [6.0, 8.0, 10.0, 12.0]


def test_second_derivatives_by_an_array_in_a_dict() -> None:
    def f(p: Any) -> Any:
        return p["a"] * p["b"][0] ** 2

    (by_both,) = jit(hessian(f))({"a": 1.0, "b": np.array([3.0])})["b"]
    assert (by_both["a"], by_both["b"].tolist()) == (6.0, [2.0])
    (by_both,) = vmap(hessian(f))({"a": np.array([1.0, 4.0, 0.5]), "b": np.array([[3.0], [5.0], [0.0]])})["b"]
    assert by_both["a"].tolist() == [6.0, 10.0, 0.0]
    assert by_both["b"].tolist() == [[2.0], [8.0], [1.0]]
