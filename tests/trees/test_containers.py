"""The table of containers: what each kind holds, that no code of the user's runs, and what is written into one."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import grad, jit, value_and_grad, vmap
from micrograd_like.trees.containers import (
    BUILTIN,
    KINDS,
    can_be_filled,
    elements_of,
    keyed_elements,
    replace_elements,
    row_of,
)
from micrograd_like.trees.objects import with_elements
from micrograd_like.trees.state import State

NUMBERS = st.lists(st.floats(-9, 9), min_size=1, max_size=5, unique=True)
Point = namedtuple("Point", "x y")


def made(kind: type, numbers: list[float]) -> Any:
    """A container of that kind which holds these numbers, as its own constructor makes it."""
    if kind is defaultdict:
        return defaultdict(list, enumerate(numbers))
    if kind is deque:
        return deque(numbers, maxlen=8)
    return kind(enumerate(numbers)) if issubclass(kind, dict) else kind(numbers)


def own_class(kind: Any) -> Any:
    """A class of the user's upon that kind, none of whose own methods may run."""

    def refuse(*_: object) -> Any:
        raise AssertionError("a method of the user's was called")

    names = ["__iter__", "__len__", "__getitem__", "__setitem__", "keys", "values", "items", "extend", "clear"]
    return type(f"Own{kind.__name__}", (kind,), dict.fromkeys(names, refuse))


def of_own_class(kind: type, plain: Any) -> Any:
    """The same container, of a class of the user's."""
    behind: Any = kind
    x = behind.__new__(own_class(kind), plain) if kind in (tuple, frozenset) else behind.__new__(own_class(kind))
    if kind is defaultdict:
        defaultdict.__init__(x, list)
    if kind is deque:
        deque.__init__(x, (), plain.maxlen)
    if row_of(x).fill:  # type: ignore[union-attr]
        row_of(x).fill(x, range(len(plain)), elements_of(plain))  # type: ignore[union-attr, misc]
    return x


@pytest.mark.parametrize("kind", BUILTIN)
@given(numbers=NUMBERS)
def test_elements_stand_in_the_order_in_which_python_goes_through_them(kind: type, numbers: list[float]) -> None:
    x = made(kind, numbers)
    if isinstance(x, dict):
        assert (elements_of(x), keyed_elements(x)) == ([*x.values()], dict(x))
    else:
        assert (elements_of(x), keyed_elements(x)) == ([*x], dict(enumerate(x)))


@pytest.mark.parametrize("kind", BUILTIN)
@given(numbers=NUMBERS)
def test_other_elements_make_another_of_the_same_class(kind: type, numbers: list[float]) -> None:
    x = made(kind, numbers)
    larger = with_elements(x, [y + 100 for y in elements_of(x)])
    assert type(larger) is kind
    assert larger == made(kind, [y + 100 for y in numbers])
    assert getattr(larger, "maxlen", None) == getattr(x, "maxlen", None)
    assert getattr(larger, "default_factory", None) is getattr(x, "default_factory", None)


@pytest.mark.parametrize("kind", BUILTIN)
def test_no_method_of_a_users_class_runs(kind: type) -> None:
    x = made(kind, [1.0, 2.0])
    own = of_own_class(kind, x)
    assert elements_of(own) == elements_of(x)
    twin = with_elements(own, elements_of(own))
    assert type(twin) is type(own)
    assert keyed_elements(twin) == keyed_elements(x)


@pytest.mark.parametrize("kind", BUILTIN)
def test_a_container_is_filled_again_if_python_can_change_it(kind: type) -> None:
    x = made(kind, [1.0, 2.0])
    assert can_be_filled(x) == hasattr(kind, "clear")
    if can_be_filled(x):
        replace_elements(x, [0], [7.0])
        assert x == made(kind, [7.0])


def test_every_row_begins_with_the_setting_that_its_class_has() -> None:
    settings = {kind.__name__: row.setting for kind, row in KINDS.items() if row.setting}
    assert settings == {"deque": "maxlen", "defaultdict": "default_factory"}
    assert row_of(Counter("abc")) is KINDS[dict]
    assert row_of(Point(1, 2)) is KINDS[tuple]
    assert row_of("abc") is row_of(3.0) is None


# the order of an OrderedDict


def moved() -> OrderedDict[str, float]:
    """One whose order is another than that in which its keys were put in."""
    prices = OrderedDict(a=2.0, b=3.0)
    prices.move_to_end("a")
    return prices


def by_order(prices: dict[str, float]) -> float:
    first, second = prices.values()
    return 10 * first + second * first


def by_name(prices: dict[str, float]) -> float:
    return prices["a"] ** 2 + 5 * prices["b"]


def test_an_ordered_dict_keeps_its_order_while_it_is_differentiated() -> None:
    value, slopes = value_and_grad(by_order)(moved())
    assert value == by_order(moved()) == 36.0
    assert [*slopes.items()] == [("b", 12.0), ("a", 3.0)]  # of 10 b + a b


@pytest.mark.parametrize("f", [by_order, by_name])
def test_an_ordered_dict_is_compiled_by_its_keys(f: Any) -> None:
    assert jit(f)(moved()) == f(moved())
    assert jit(grad(f))(moved()) == grad(f)(moved())
    assert vmap(f)(OrderedDict((key, [x, x + 1]) for key, x in moved().items())).tolist() == [
        f(moved()),
        f({key: x + 1 for key, x in moved().items()}),
    ]


def test_the_answer_of_a_compiled_function_keeps_its_order() -> None:
    def moving(x: float, y: float) -> OrderedDict[str, float]:
        prices = OrderedDict(a=x, b=y)
        prices.move_to_end("a")
        return prices

    compiled = jit(moving)
    assert [*compiled(2.0, 3.0).items()] == [*compiled(2.0, 3.0).items()] == [("b", 3.0), ("a", 2.0)]


# deques


def test_a_deque_is_compiled_and_another_length_is_another_form() -> None:
    def sized(q: deque[float]) -> Any:
        q = q.copy()
        q.append(q[0] * 10)
        return sum(q)

    compiled = jit(sized)
    for size in (2, 3, None):
        assert compiled(deque([1.0, 2.0], size)) == sized(deque([1.0, 2.0], size))


# what is written


class Prices(dict[str, Any]):
    """A dict with an attribute of the same name as one of its keys."""

    def __init__(self) -> None:
        super().__init__(tax=1.0)
        self.tax = 2.0


CHANGES = [
    lambda x: x.__setitem__("tax", 5.0),
    lambda x: setattr(x, "tax", 5.0),
    lambda x: x.clear(),
    lambda x: vars(x).clear(),
    lambda x: x.setdefault("other", 1.0),
    lambda x: setattr(x, "other", 1.0),
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_written_into_a_container_is_seen_and_put_back(change: Any) -> None:
    prices = Prices()
    before = State(prices)
    assert not before.is_written
    change(prices)
    assert before.is_written
    before.put_back()
    assert not before.is_written
    assert (dict(prices), vars(prices)) == ({"tax": 1.0}, {"tax": 2.0})


def test_another_order_of_a_dict_is_written() -> None:
    prices = {"a": 2.0, "b": 3.0}
    before = State(prices)
    prices["a"] = prices.pop("a")
    assert before.is_written
    before.put_back()
    assert [*prices] == ["a", "b"]


@pytest.mark.parametrize("dtype", [float, object])
def test_arrays_are_put_back_too(dtype: type) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.array([[1.0, 2.0], [3.0, 4.0]], dtype)
    before = State(array)
    array[0, 1] = 9.0
    assert before.is_written
    before.put_back()
    assert array.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert not before.is_written
