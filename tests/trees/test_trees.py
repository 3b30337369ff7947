"""Trees: what counts as a number in an argument, what it is called, and how others are put in its place."""

from __future__ import annotations

import collections
import dataclasses
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import Value
from micrograd_like.trees.planting import planted, shaped
from micrograd_like.trees.tree import labels, leaves

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass(slots=True)
class Option:
    strike: float
    kind: str = "call"
    seen: int = dataclasses.field(default=0, init=False)


numbers = st.integers() | st.floats(allow_nan=False)
static = st.none() | st.booleans() | st.text()
trees = st.recursive(
    numbers | static,
    lambda tree: (
        st.lists(tree) | st.tuples(tree, tree) | st.dictionaries(st.text(), tree) | st.builds(Point, tree, tree)
    ),
)


@given(trees)
def test_planting_the_same_leaves_gives_an_equal_tree(tree: Any) -> None:
    twin = planted(tree, leaves(tree))
    assert twin == tree
    assert type(twin) is type(tree)


@given(trees)
def test_every_leaf_has_a_label_that_leads_to_it(tree: Any) -> None:
    for leaf, label in zip(leaves(tree), labels(tree, "tree"), strict=True):
        assert eval(label, {"tree": tree}) is leaf


def test_leaves_stand_in_the_order_of_reading() -> None:
    tree = {"b": [1, (2.0, Fraction(1, 2))], "a": Value(4.0), "text": "no", "flag": True, "f": len}
    assert leaves(tree) == [1, 2.0, Fraction(1, 2), tree["a"]]
    assert labels(tree, "p") == ["p['b'][0]", "p['b'][1][0]", "p['b'][1][1]", "p['a']"]


def test_a_value_is_called_by_its_own_name() -> None:
    assert labels([Value(1.0, "apple"), Value(2.0)], "x") == ["apple", "x[1]"]


def test_dataclasses_keep_their_other_fields_and_skip_their_constructor() -> None:
    option = Option(100.0)
    option.seen = 3
    twin = planted(option, [90.0, 4])
    assert (twin.strike, twin.kind, twin.seen) == (90.0, "call", 4)
    assert labels(option, "o") == ["o.strike", "o.seen"]
    assert option.strike == 100.0


def test_dicts_keep_their_kind() -> None:
    counts = collections.Counter(a=1, b=2)
    assert planted(counts, [3, 4]) == collections.Counter(a=3, b=4)
    assert type(planted(counts, [3, 4])) is collections.Counter


def test_arrays_keep_their_shape_and_become_floats_or_objects() -> None:
    a = np.array([[1, 2], [3, 4]], dtype=np.int8)
    assert leaves(a) == [1, 2, 3, 4]
    assert labels(a, "a") == ["a[0, 0]", "a[0, 1]", "a[1, 0]", "a[1, 1]"]
    twin = planted(a, [0.5, 1.5, 2.5, 3.5])
    assert (twin.dtype, twin.tolist()) == (np.float64, [[0.5, 1.5], [2.5, 3.5]])
    v = Value(1.0)
    assert planted(a, [v, 1.0, 2.0, 3.0])[0, 0] is v


def test_fortran_order_strides_and_read_only_arrays_are_read_as_they_print() -> None:
    a = np.asfortranarray(np.arange(6.0).reshape(2, 3))[:, ::-1]
    a.setflags(write=False)
    assert leaves(a) == [2.0, 1.0, 0.0, 5.0, 4.0, 3.0]


@pytest.mark.parametrize("scalar", [np.float32(2.5), np.int64(3), np.array(2.5)])
def test_numpys_scalars_are_numbers(scalar: Any) -> None:
    assert leaves([scalar]) == [scalar]


def test_a_models_parameters_are_replaced_in_a_copy() -> None:
    class Model:
        def __init__(self) -> None:
            self.w = [Value(1.0), Value(2.0)]

        def parameters(self) -> list[Value]:
            return self.w

    model, new = Model(), [Value(3.0), Value(4.0)]
    twin = planted(model, new)
    assert twin.w == new
    assert all(a is b for a, b in zip(twin.w, new, strict=True))
    assert [v.data for v in model.w] == [1.0, 2.0]
    assert shaped([model, 5.0], leaves([model, 5.0])) == [model.w, 5.0]
