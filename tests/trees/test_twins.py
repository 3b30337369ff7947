"""Facts about arguments that are objects: a twin is what the original is, and derivatives come in the same form."""

from __future__ import annotations

import array
import collections
import copy
import dataclasses
import enum
import functools
import ipaddress
import itertools
import logging
import math
import random
import threading
import types
import typing
import warnings
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from depth import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import (
    Value,
    check_grads,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    lift,
    sin,
    value_and_grad,
    vjp,
    vmap,
    why,
)
from micrograd_like.trees.tree import leaves


@pytest.fixture(autouse=True)
def _inputs_that_do_not_count_are_meant() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* does not depend on ")
        yield


# __post_init__ that leaves nothing but its fields: never run again


@dataclasses.dataclass
class Loan:
    amount: float
    rate: float  # in percent when it is made, a fraction from then on

    def __post_init__(self) -> None:
        self.rate = self.rate / 100


def interest(loan: Loan) -> Any:
    return loan.amount * loan.rate


def plain(x: Any) -> Any:
    """The attributes of an object without its class, which would convert them."""
    return {name: plain(y) if hasattr(y, "__dict__") else y for name, y in vars(x).items()}


def test_a_dataclass_that_converts_when_it_is_made_is_not_converted_again() -> None:
    value, slope = value_and_grad(interest)(Loan(1000.0, 5.0))
    assert (value, plain(slope)) == (50.0, {"amount": 0.05, "rate": 1000.0})


def test_conversion_happens_once_under_every_transform() -> None:
    loan = Loan(1000.0, 5.0)
    assert plain(jacobian(interest)(loan)) == {"amount": 0.05, "rate": 1000.0}
    assert plain(hessian(interest)(loan)) == {
        "amount": {"amount": 0.0, "rate": 1.0},
        "rate": {"amount": 1.0, "rate": 0.0},
    }
    assert jvp(interest, (loan,), (Loan(1.0, 0.0),)) == (50.0, 0.05)
    assert plain(vjp(interest, loan)[1](2.0)[0]) == {"amount": 0.1, "rate": 2000.0}
    assert plain(hvp(interest)(loan, Loan(1.0, 0.0))) == {"amount": 0.0, "rate": 1.0}
    check_grads(interest, loan)
    assert [e.derivative for e in why(interest, loan)] == [0.05, 1000.0]


def test_conversion_happens_once_with_values_and_within_another_derivative() -> None:
    slope = grad(interest)(Loan(Value(1000.0), Value(5.0) / 1))
    assert slope.rate.data == 1000.0
    assert grad(lambda x: grad(interest)(Loan(x, 5.0)).rate)(1000.0) == 1.0


def test_an_object_that_was_changed_after_it_was_made_is_taken_as_it_is() -> None:
    @dataclasses.dataclass
    class Unit:
        x: float
        y: float

        def __post_init__(self) -> None:
            length = math.sqrt(self.x**2 + self.y**2)
            self.x, self.y = self.x / length, self.y / length

    v = Unit(3.0, 4.0)
    v.x = 30.0
    value, slope = value_and_grad(lambda v: v.x + 2 * v.y)(v)
    assert (value, plain(slope)) == (31.6, {"x": 1.0, "y": 2.0})


def test_what_sorts_clamps_extends_or_checks_its_fields_is_left_alone() -> None:
    @dataclasses.dataclass
    class Box:
        a: float
        b: float

        def __post_init__(self) -> None:
            if self.a > self.b:
                self.a, self.b = self.b, self.a

    @dataclasses.dataclass
    class Trimmed:
        xs: list[float]

        def __post_init__(self) -> None:
            self.xs = [1.0, *sorted(self.xs)[1:-1]]

    @dataclasses.dataclass
    class Checked:
        x: float

        def __post_init__(self) -> None:
            if not isinstance(self.x, int | float) or self.x <= 0:
                raise TypeError("x must be a positive number")
            self.x = float(self.x)

    assert plain(grad(lambda b: b.a**2 * b.b)(Box(2.0, 1.0))) == {"a": 4.0, "b": 1.0}
    value, slope = value_and_grad(lambda t: sum(t.xs))(Trimmed([5.0, 1.0, 2.0, 9.0, 4.0]))
    assert (value, slope.xs) == (12.0, [1.0, 1.0, 1.0, 1.0])
    assert grad(lambda c: -3.0 * c.x)(Checked(3)).x == -3.0
    assert grad(lambda c: -3.0 * c.x)(Checked(3)).x == -3.0


def test_counters_and_registries_are_not_moved() -> None:
    ids, registry = itertools.count(), []

    @dataclasses.dataclass
    class Counted:
        x: float
        ident: int = dataclasses.field(init=False)

        def __post_init__(self) -> None:
            self.ident = next(ids)
            registry.append(self)

    counted = Counted(2.0)
    assert grad(lambda c: c.x**2)(counted).x == 4.0
    assert (next(ids), len(registry)) == (1, 1)


def test_what_a_class_counts_or_prints_when_it_makes_an_object_is_not_counted_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @dataclasses.dataclass
    class Counted:
        x: float
        made: typing.ClassVar[int] = 0

        def __post_init__(self) -> None:
            type(self).made += 1
            self.square = self.x**2

    @dataclasses.dataclass
    class Loud:
        x: float

        def __post_init__(self) -> None:
            print("made")
            self.square = self.x**2

    for cls in (Counted, Loud):
        x: Any = cls(3.0)
        assert plain(grad(lambda c: c.x**2)(x)) == {"x": 6.0, "square": 0.0}
        with pytest.raises(
            TypeError, match=f"{cls.__name__}.square was computed when the object was made, and cannot follow"
        ):
            grad(lambda c: c.square * c.x)(x)
    assert Counted.made == 1
    assert capsys.readouterr().out == "made\n"


# attributes that are computed of others


@dataclasses.dataclass
class Rectangle:
    sides: list[float]
    area: float = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.area = self.sides[0] * self.sides[1]
        self.scaled = [10 * x for x in self.sides]


def test_attributes_that_post_init_computes_follow_the_fields() -> None:
    r = Rectangle([2.0, 3.0])
    assert grad(lambda r: r.area)(r).sides == [3.0, 2.0]
    assert grad(lambda r: r.scaled[0] * r.sides[1] + r.area)(r).sides == [33.0, 22.0]
    assert hessian(lambda r: r.area)(r).sides[0].sides == [0.0, 1.0]
    assert jvp(lambda r: r.area, (r,), (Rectangle([1.0, 0.0]),)) == (6.0, 3.0)
    check_grads(lambda r: r.area * r.scaled[1], r)


def test_a_clamp_beside_what_is_computed_leaves_the_variable_in_its_place() -> None:
    @dataclasses.dataclass
    class Clamped:
        x: float

        def __post_init__(self) -> None:
            self.x = max(0.0, self.x)
            self.double = 2 * self.x

    assert grad(lambda c: 5 * c.x)(Clamped(0.0)).x == 5.0
    assert grad(lambda c: c.double)(Clamped(1.0)).x == 2.0


def test_a_sum_that_python_rounds_once_follows_as_one_that_is_rounded_term_by_term() -> None:
    @dataclasses.dataclass
    class Summed:
        xs: list[float]

        def __post_init__(self) -> None:
            self.total = sum(self.xs)

        @functools.cached_property
        def twice(self) -> float:
            return 2 * sum(self.xs)

    for xs in ([-2.83, 0.05, 0.05], [0.1] * 10):
        s = Summed(xs)
        assert s.twice == 2 * s.total
        assert grad(lambda s: s.total + s.twice)(s).xs == [3.0] * len(xs)


def clamped(x: float) -> float:
    return max(0.0, x)


def rounded(x: float) -> float:
    return round(x, 1)


@pytest.mark.parametrize(("made", "x", "at_rest"), [(clamped, -1.0, 1.0), (rounded, 2.0, 3.0)])
def test_what_is_computed_of_a_number_that_a_class_has_made_plain_is_refused_where_it_is_used(
    made: Any, x: float, at_rest: float
) -> None:
    @dataclasses.dataclass
    class Made:
        x: float
        y: float = 3.0
        double: float = 0.0

        def __post_init__(self) -> None:
            self.x = made(self.x)
            self.double = 2 * self.x
            self.triple = [3 * self.y]

    @dataclasses.dataclass
    class Several:
        xs: list[float]

        def __post_init__(self) -> None:
            self.xs = [made(x) for x in self.xs]
            self.total = sum(self.xs)

    assert grad(lambda m: m.x * m.y)(Made(x)).x == at_rest or made is clamped
    assert grad(lambda m: m.x * m.triple[0])(Made(x)).x == 9.0
    for how in (grad, lambda f: jit(grad(f)), lambda f: lambda m: jvp(f, (m,), (m,)), hessian):
        for f in (lambda m: m.double, lambda m: m.double * m.y, lambda m: m.y + sin(m.double)):
            with pytest.raises(TypeError, match=r"Made\.double was computed .* cannot follow|has lost its derivative"):
                how(f)(Made(x))
    with pytest.raises(TypeError, match=r"Several\.total was computed when the object was made, and cannot follow"):
        grad(lambda s: s.total * s.xs[1])(Several([x, 2.0]))


def test_an_attribute_that_alone_is_as_it_was_made_is_refused_where_it_is_used() -> None:
    @dataclasses.dataclass
    class Pair:
        xs: list[float]
        y: float

        def __post_init__(self) -> None:
            self.first = self.xs[0]
            self.product = self.xs[1] * self.y
            self.count = 0

    def changed() -> Pair:
        pair = Pair([3.0, 4.0], 2.0)
        pair.xs[0] = 0.05
        return pair

    assert grad(lambda p: p.product)(Pair([3.0, 4.0], 2.0)).xs == [0.0, 2.0]
    assert grad(lambda p: p.first * p.y + p.count)(changed()).y == 3.0
    for f in (lambda p: p.product, lambda p: p.product * p.xs[0], lambda p: dataclasses.replace(p, y=p.product).y):
        with pytest.raises(TypeError, match=r"Pair\.product was computed when the object was made, and cannot follow"):
            grad(f)(changed())


def test_what_an_argument_that_is_not_kept_has_multiplied_by_0_is_refused_where_it_is_used() -> None:
    @dataclasses.dataclass
    class Scaled:
        x: float
        scale: dataclasses.InitVar[float] = 2.0

        def __post_init__(self, scale: float) -> None:
            self.scaled = self.x * scale

    assert grad(lambda s: s.scaled)(Scaled(1.0)).x == 2.0
    for x in (0.0, 1.0):
        with pytest.raises(TypeError, match=r"Scaled\.scaled was computed when the object was made, and cannot follow"):
            grad(lambda s: s.scaled * s.x + s.scaled)(Scaled(x, 4.0))


def test_what_a_model_notes_while_an_attribute_is_computed_of_it_is_not_noted_again() -> None:
    class Scorer:
        def __init__(self) -> None:
            self.w, self.calls, self.history = [2.0], 0, []  # type: ignore[var-annotated]

        def parameters(self) -> list[float]:
            return self.w

        def __call__(self, x: float) -> float:
            self.calls += 1
            self.history.append(1.0)
            return self.w[0] * x

    @dataclasses.dataclass
    class Scored:
        model: Scorer

        @functools.cached_property
        def score(self) -> float:
            return self.model(3.0)

    for emptied in (False, True):
        scored = Scored(Scorer())
        assert scored.score == 6.0
        if emptied:
            scored.model.history.clear()
        assert grad(lambda s: s.score)(scored).model == [3.0]
        assert (scored.model.calls, scored.model.history) == (1, [] if emptied else [1.0])
        assert grad(lambda s: s.model(1.0))(scored).model == [1.0]
        assert (scored.model.calls, len(scored.model.history)) == (2, 1 + (not emptied))


def test_small_whole_numbers_that_were_computed_follow_too() -> None:
    @dataclasses.dataclass
    class Whole:
        x: int

        def __post_init__(self) -> None:
            self.square = self.x * self.x

    assert grad(lambda w: w.square)(Whole(3)).x == 6.0


def test_a_derivative_has_0_where_the_argument_has_what_it_computed() -> None:
    slope = grad(lambda r: r.area)(Rectangle([2.0, 3.0]))
    assert (slope.area, slope.scaled) == (0.0, [0.0, 0.0])


def test_a_computed_attribute_that_was_written_is_a_number_of_its_own() -> None:
    r = Rectangle([2.0, 3.0])
    r.area = 10.0
    value, slope = value_and_grad(lambda r: r.area * r.sides[0])(r)
    assert (value, slope.area, slope.sides) == (20.0, 2.0, [10.0, 0.0])


def test_nested_dataclasses_compute_of_each_other() -> None:
    @dataclasses.dataclass
    class Point:
        x: float
        y: float

        def __post_init__(self) -> None:
            self.r2 = self.x**2 + self.y**2

    @dataclasses.dataclass(frozen=True, slots=True)
    class Segment:
        a: Point
        b: Point
        r2: float = dataclasses.field(init=False, default=0.0)

        def __post_init__(self) -> None:
            object.__setattr__(self, "r2", self.a.r2 + 10 * self.b.r2)

    slope = grad(lambda s: s.r2 + s.a.x)(Segment(Point(1.0, 2.0), Point(3.0, 4.0)))
    assert (slope.a.x, slope.a.y, slope.b.x, slope.b.y) == (3.0, 4.0, 60.0, 80.0)


def test_inheritance_keyword_fields_and_defaults_of_init_only_arguments() -> None:
    @dataclasses.dataclass
    class Base:
        x: float
        scale: dataclasses.InitVar[float] = 2.0
        _: dataclasses.KW_ONLY
        k: float = 5.0

        def __post_init__(self, scale: float) -> None:
            self.y = self.x * scale

    @dataclasses.dataclass
    class Child(Base):
        z: float = 3.0

        def __post_init__(self, scale: float) -> None:
            super().__post_init__(scale)
            self.q = self.y * self.z

    slope = grad(lambda c: c.q * c.k)(Child(3.0))
    assert (slope.x, slope.z, slope.k) == (30.0, 30.0, 18.0)
    with pytest.raises(TypeError, match=r"Child\.q was computed when the object was made"):
        grad(lambda c: c.q * c.x)(Child(3.0, 7.0))  # which nobody knows any more


def test_a_field_that_post_init_writes_over_follows_only_if_its_own_number_does_not_matter() -> None:
    @dataclasses.dataclass
    class Area:
        w: float
        area: float = 0.0

        def __post_init__(self) -> None:
            self.area = self.w**2

    @dataclasses.dataclass
    class Default:
        w: float
        area: Any = None

        def __post_init__(self) -> None:
            if self.area is None:
                self.area = self.w**2

    @dataclasses.dataclass
    class Clamped:
        x: float

        def __post_init__(self) -> None:
            self.x = min(max(0.0, self.x), 1.0)

    assert plain(grad(lambda a: a.area * a.w)(Area(3.0))) == {"w": 27.0, "area": 0.0}
    assert plain(grad(lambda a: a.area * a.w)(Default(3.0))) == {"w": 9.0, "area": 3.0}
    assert [grad(lambda c: -3.0 * c.x)(Clamped(x)).x for x in (-1.0, 0.5, 2.0)] == [-3.0, -3.0, -3.0]


def test_a_sorted_list_and_what_follows_from_it() -> None:
    @dataclasses.dataclass
    class Sample:
        xs: list[float]

        def __post_init__(self) -> None:
            self.xs.sort()
            self.median = self.xs[len(self.xs) // 2]

    s = Sample([3.0, 1.0, 2.0])
    assert grad(lambda s: s.median * s.xs[0])(s).xs == [2.0, 1.0, 0.0]
    s.xs[:] = [5.0, 1.0, 3.0]  # not what it was made of
    slope = grad(lambda s: s.median * s.xs[0])(s)
    assert (slope.xs, slope.median, s.xs) == ([2.0, 0.0, 0.0], 5.0, [5.0, 1.0, 3.0])


def test_a_setattr_of_its_own_computes_too() -> None:
    @dataclasses.dataclass
    class Squared:
        x: float

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value)
            object.__setattr__(self, "x2", self.x**2)

    assert grad(lambda s: s.x2)(Squared(3.0)).x == 6.0


def test_what_cannot_be_computed_of_variables_is_refused_by_name() -> None:
    @dataclasses.dataclass
    class Angle:
        degrees: float

        def __post_init__(self) -> None:
            self.radians = math.radians(self.degrees)

    @dataclasses.dataclass
    class Kind:
        x: float

        def __post_init__(self) -> None:
            self.factor = 2.0 * self.x if type(self.x) is float else 3.0 * self.x

    with (
        lift.off(),
        pytest.raises(TypeError, match="Angle computes radians of its numbers when it is made, and cannot do so of"),
    ):
        grad(lambda a: a.radians)(Angle(90.0))
    with pytest.raises(TypeError, match="Kind computes factor of its numbers, and something else of variables"):
        grad(lambda a: a.factor)(Kind(1.0))


class Polynomial:
    def __init__(self, c: Any) -> None:
        self.c = c

    @functools.cached_property
    def total(self) -> Any:
        return sum(self.c)


def test_a_cached_property_is_computed_anew_from_variables() -> None:
    for c in ([2.0, 3.0], (2.0, 3.0), np.array([2.0, 3.0])):
        p = Polynomial(c)
        assert p.total == 5.0
        slope = grad(lambda p: p.total * p.c[0])(p)
        assert [*slope.c] == [7.0, 2.0]
        assert p.total == 5.0


def test_cached_properties_of_dataclasses_lists_and_dicts() -> None:
    @dataclasses.dataclass(frozen=True)
    class Frozen:
        c: tuple[float, ...]

        @functools.cached_property
        def norm2(self) -> Any:
            return sum(x * x for x in self.c)

    class Numbers(list[float]):
        @functools.cached_property
        def total(self) -> Any:
            return sum(self)

    class Named(dict[str, float]):
        @functools.cached_property
        def total(self) -> Any:
            return sum(self.values())

    q, xs, d = Frozen((3.0, 4.0)), Numbers([2.0, 3.0]), Named(a=2.0, b=3.0)
    assert (q.norm2, xs.total, d.total) == (25.0, 5.0, 5.0)
    assert grad(lambda q: q.c[0] / q.norm2)(q).c == pytest.approx((1 / 25 - 18 / 625, -24 / 625), rel=1e-14)
    assert grad(lambda p: p.total * p[0])(xs) == [7.0, 2.0]
    assert grad(lambda p: p.total * p["a"])(d) == {"a": 7.0, "b": 2.0}


def test_a_filled_cache_is_filled_in_the_twin_too() -> None:
    p = Polynomial([2.0, 3.0])
    assert p.total == 5.0

    def f(p: Any) -> Any:
        assert [*vars(p)] == ["c", "total"]
        p.c[0] = 100.0 * p.c[0]
        return vars(p)["total"] * p.total

    value, slope = value_and_grad(f)(p)
    assert (value, slope.c) == (25.0, [10.0, 10.0])


def test_a_cache_that_variables_cannot_fill_is_no_matter_unless_it_is_asked() -> None:
    class Rooted:
        def __init__(self, x: float) -> None:
            self.x = x

        @functools.cached_property
        def root(self) -> float:
            return math.sqrt(self.x)

    rooted = Rooted(4.0)
    assert rooted.root == 2.0
    assert grad(lambda r: r.x**2)(rooted).x == 8.0
    with lift.off(), pytest.raises(TypeError, match="would lose its derivative as a plain float"):
        grad(lambda r: r.x * r.root)(rooted)
    assert grad(lambda r: r.x * r.root)(rooted).x == 3.0


def test_a_cache_that_was_written_by_hand_is_a_number_of_its_own() -> None:
    p = Polynomial([2.0, 3.0])
    p.__dict__["total"] = 9.0
    value, slope = value_and_grad(lambda p: p.total * p.c[0])(p)
    assert (value, slope.c, slope.total) == (18.0, [9.0, 0.0], 2.0)


# any attribute


def test_attributes_beyond_the_fields_and_over_those_of_the_class_are_numbers_too() -> None:
    @dataclasses.dataclass
    class Amplifier:
        w: float
        gain = 1.0

    amplifier = Amplifier(2.0)
    amplifier.gain, vars(amplifier)["scale"] = 3.0, 5.0
    value, slope = value_and_grad(lambda a: a.w * a.gain * a.scale)(amplifier)
    assert (value, slope.w, slope.gain, slope.scale) == (30.0, 15.0, 10.0, 6.0)
    assert jvp(lambda a: a.w * a.scale, (amplifier,), (Amplifier(1.0),)) == (10.0, 5.0)


class Layer:
    def __init__(self, w: float) -> None:
        self.w = w


@pytest.mark.parametrize("layer", [Layer(2.0), SimpleNamespace(w=2.0)])
def test_objects_in_containers_are_followed(layer: Any) -> None:
    p = {"b": 3.0, "layer": layer}
    slope = grad(lambda p: p["b"] * p["layer"].w)(p)
    assert (slope["b"], slope["layer"].w, layer.w) == (2.0, 3.0, 2.0)
    assert type(slope["layer"]) is type(layer)
    assert grad(lambda x: x[0][0].w ** 2)([(layer,)])[0][0].w == 4.0
    assert grad(lambda x: x.w**2)(layer).w == 4.0
    assert grad(lambda a: a[0].w * a[1])(np.array([layer, 5.0], object))[0].w == 5.0


class Private:
    __slots__ = ("__b", "a")

    def __init__(self) -> None:
        self.a, self.__b = 2.0, 3.0

    def product(self) -> float:
        return self.a * self.__b


class More(Private):
    def __init__(self) -> None:
        super().__init__()
        self.c = [4.0]


def test_slots_are_followed() -> None:
    slope = grad(lambda x: x.product() * x.c[0])(More())
    assert (slope.a, slope._Private__b, slope.c) == (12.0, 8.0, [6.0])


class Hostile:
    """All that copies, compares, sets or asks for an attribute raises."""

    def __init__(self, x: float) -> None:
        self.x = x

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self):
            raise AttributeError("immutable")
        vars(self)[name] = value

    def __getattr__(self, name: str) -> Any:
        raise KeyError(name)

    def refuse(self, *_: Any) -> Any:
        raise RuntimeError("not to be called")

    __copy__ = __deepcopy__ = __eq__ = __len__ = __reduce__ = refuse  # type: ignore[assignment]
    __hash__ = __bool__ = __iter__ = refuse  # type: ignore[assignment]


def test_no_code_of_the_users_class_runs() -> None:
    x = Hostile(3.0)
    assert grad(lambda o: o.x**2)(x).x == 6.0
    assert grad(lambda o: o["a"].x ** 2)({"a": x})["a"].x == 6.0
    assert hessian(lambda o: o.x**3)(x).x.x == 18.0
    assert jvp(lambda o: o.x**3, (x,), (Hostile(1.0),)) == (27.0, 27.0)


class HostileList(list[float]):
    def __init__(self, *xs: float) -> None:
        super().__init__(xs)
        self.k = 2.0

    def append(self, x: float) -> None:
        raise RuntimeError

    def __iter__(self) -> Iterator[float]:
        return iter([0.0])


class HostileOrder(collections.OrderedDict[str, float]):
    def __setitem__(self, key: str, x: float) -> None:
        raise RuntimeError


class Made(tuple[float, ...]):
    def __new__(cls, x: float, y: float) -> Made:
        twin = super().__new__(cls, (x, y))
        twin.k = 2.0
        return twin

    k: float


class AttrDict(dict[str, float]):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__  # type: ignore[assignment]


class SelfDict(dict[str, float]):
    def __init__(self, **parts: float) -> None:
        super().__init__(parts)
        self.__dict__ = self


def test_subclasses_of_lists_dicts_and_tuples_are_made_without_their_constructors() -> None:
    slope: Any = grad(lambda xs: xs[0] * xs[1] * xs.k)(HostileList(1.0, 2.0))
    assert (type(slope), list.__repr__(slope), slope.k) == (HostileList, "[4.0, 2.0]", 2.0)
    ordered = HostileOrder()
    collections.OrderedDict.__setitem__(ordered, "b", 2.0)
    collections.OrderedDict.__setitem__(ordered, "a", 3.0)
    assert [*grad(lambda p: p["a"] * p["b"])(ordered).items()] == [("b", 3.0), ("a", 2.0)]
    made = grad(lambda p: p[0] * p[1] * p.k)(Made(3.0, 4.0))
    assert (made, made.k) == ((8.0, 6.0), 12.0)


@pytest.mark.parametrize("kind", [AttrDict, SelfDict])
def test_dicts_with_attribute_access(kind: Any) -> None:
    value, slope = value_and_grad(lambda p: p.a**2 * p.b)(kind(a=2.0, b=3.0))
    assert (value, slope, type(slope)) == (12.0, {"a": 12.0, "b": 4.0}, kind)
    assert slope.a == 12.0


def test_deques_and_defaultdicts_keep_what_they_are() -> None:
    slope = grad(lambda q: q[0] * q[1])(collections.deque([2.0, 3.0], maxlen=7))
    assert (slope, slope.maxlen) == (collections.deque([3.0, 2.0]), 7)

    class Lists(collections.defaultdict[str, Any]):
        pass

    lists = Lists(list, a=2.0)
    assert grad(lambda p: p["a"] ** 2 + len(p["new"]))(lists)["a"] == 4.0
    assert "new" not in lists


def test_classes_of_attrs_are_followed() -> None:
    attr = pytest.importorskip("attr")

    @attr.define
    class Weighted:
        x: float
        ys: list[float]
        z: float = attr.field(init=False)

        def __attrs_post_init__(self) -> None:
            self.z = self.x * sum(self.ys)

    slope = grad(lambda w: w.z)(Weighted(2.0, [2.0, 3.0]))
    assert (slope.x, slope.ys, slope.z) == (5.0, [2.0, 2.0], 0.0)


# shared and cyclic


class Family:
    def __init__(self, x: float, parent: Any = None) -> None:
        self.x, self.parent, self.children = x, parent, []
        if parent:
            parent.children.append(self)


def test_cycles_are_cycles_in_the_twin_and_in_the_derivative() -> None:
    root = Family(2.0)
    child = Family(3.0, root)
    slope = grad(lambda n: n.children[0].parent.x ** 2 * n.children[0].x)(root)
    assert (slope.x, slope.children[0].x) == (12.0, 4.0)
    assert slope.children[0].parent is slope
    assert child.parent is root


def test_an_object_that_is_held_twice_is_one_and_has_one_derivative() -> None:
    shared = SimpleNamespace(w=2.0, xs=[5.0])
    p = SimpleNamespace(a=shared, b=shared, xs=shared.xs)
    slope = grad(lambda p: p.a.w * p.b.w * p.xs[0] + p.b.xs[0])(p)
    assert (slope.a.w, slope.a.xs, slope.b is slope.a, slope.xs is slope.a.xs) == (20.0, [5.0], True, True)


def test_what_the_function_writes_into_one_is_seen_in_the_other() -> None:
    body = SimpleNamespace(position=[1.0], speed=3.0)

    def simulated(world: Any) -> Any:
        for _ in range(2):
            world["body"].position[0] += world["body"].speed / 2
        return world["camera"].target.position[0]

    value, slope = value_and_grad(simulated)({"body": body, "camera": SimpleNamespace(target=body)})
    assert (value, slope["body"].speed, slope["body"].position) == (4.0, 1.0, [1.0])
    assert body.position == [1.0]


def test_each_place_of_a_list_counts_and_writing_into_a_shared_one_is_refused() -> None:
    row = [2.0, 3.0]
    assert grad(lambda m: m[0][0] * m[1][1])([row, row]) == [[3.0, 0.0], [0.0, 2.0]]

    def writes(m: Any) -> Any:
        m[0][0] = 5.0
        return m[1][0] * m[0][1]

    with pytest.raises(ValueError, match="one list stands in several places of m, and the function writes into it"):
        grad(writes)([row, row])
    assert grad(writes)([row, [*row]]) == [[0.0, 2.0], [3.0, 0.0]]


def test_methods_closures_partials_and_weak_references_lead_to_the_twin() -> None:
    class Acting:
        def __init__(self) -> None:
            self.w = 2.0
            self.method = self.times
            self.closure = lambda y: self.w * y
            self.partial = functools.partial(Acting.times, self)
            self.default = lambda y, me=self: me.w * y
            self.list = [self.times, {"a": lambda y: self.closure(y)}]
            self.ref = weakref.ref(self)

        def times(self, y: float) -> float:
            return self.w * y

    acting = Acting()
    ways: list[Any] = [
        lambda a: a.method(3.0),
        lambda a: a.closure(3.0),
        lambda a: a.partial(3.0),
        lambda a: a.default(3.0),
        lambda a: a.list[0](3.0),
        lambda a: a.list[1]["a"](3.0),
        lambda a: a.ref().w * 3.0,
    ]
    assert [grad(way)(acting).w for way in ways] == [3.0] * 7


def test_a_function_that_post_init_makes_of_its_numbers_follows_them() -> None:
    @dataclasses.dataclass
    class Line:
        x: float

        def __post_init__(self) -> None:
            double = self.x * 2
            self.at = lambda y: double * y

    assert grad(lambda line: line.at(3.0))(Line(2.0)).x == 6.0


# what stays, and what is refused


class Mode(enum.Enum):
    FAST = 1.0


class Sentinel:
    pass


def test_what_holds_no_numbers_stays_the_very_same() -> None:
    things: dict[str, Any] = {
        "logger": logging.getLogger("x"),
        "lock": threading.Lock(),
        "random": random.Random(0),
        "numpy": np.random.default_rng(0),
        "module": math,
        "class": Layer,
        "function": math.sin,
        "mode": Mode.FAST,
        "sentinel": Sentinel(),
        "text": "a",
        "file": open(__file__, encoding="utf-8"),  # noqa: SIM115
    }
    inside: Any = {**things, "x": 2.0}
    object_with_them = SimpleNamespace(**inside)

    def f(p: Any) -> Any:
        assert all(p[key] is x for key, x in things.items())
        return p["x"] ** 2

    def g(p: Any) -> Any:
        assert all(getattr(p, key) is x for key, x in things.items())
        return p.x**2

    slope = grad(f)(inside)
    assert slope["x"] == 4.0
    assert all(slope[key] is x for key, x in things.items())
    assert grad(g)(object_with_them).x == 4.0
    things["file"].close()


@pytest.mark.parametrize(
    "held",
    [{1.0, 2.0}, array.array("d", [1.0]), 1j, iter([1.0]), types.MappingProxyType({"a": 1.0})],
    ids=lambda x: type(x).__name__,
)
def test_numbers_that_cannot_be_followed_are_refused_by_name(held: Any) -> None:
    with pytest.raises(TypeError, match=r"p\['layer'\]\.held: numbers are real and stand in lists, tuples, "):
        grad(lambda p: p["x"])({"x": 1.0, "layer": SimpleNamespace(held=held)})


# tangents, weights and other things of the argument's form


@dataclasses.dataclass
class Parts:
    d: dict[str, float]


def test_tangents_go_by_keys_wherever_a_dict_stands() -> None:
    def f(p: Any) -> Any:
        return p["a"] * 10 + p["b"]

    x, v = {"a": 1.0, "b": 2.0}, {"b": 0.0, "a": 1.0}
    assert jvp(lambda p: f(p.d), (Parts(x),), (Parts(v),)) == (12.0, 10.0)
    assert jvp(lambda p: f(p[0]), ([x],), ([v],)) == (12.0, 10.0)
    assert jvp(lambda p: f(p[0]), (np.array([x], object),), (np.array([v], object),)) == (12.0, 10.0)
    assert jvp(lambda p: f(p.d), (SimpleNamespace(d=x),), (SimpleNamespace(d=v),)) == (12.0, 10.0)
    assert hvp(lambda p: p.d["a"] ** 2 + 5 * p.d["b"] ** 2)(Parts(x), Parts(v)) == Parts({"a": 2.0, "b": 0.0})
    _, pull = vjp(lambda x: {"a": x, "b": 5 * x}, 2.0)
    assert pull({"b": 0.0, "a": 1.0}) == (1.0,)


def test_tangents_of_an_object_in_two_places_are_the_same_in_both() -> None:
    shared = SimpleNamespace(w=3.0)
    one, other = SimpleNamespace(w=1.0), SimpleNamespace(w=0.0)
    assert jvp(lambda xs: xs[0].w * xs[1].w, ([shared, shared],), ([one, SimpleNamespace(w=1.0)],)) == (9.0, 6.0)
    with pytest.raises(ValueError, match="and what goes with it is not the same in both"):
        jvp(lambda xs: xs[0].w * xs[1].w, ([shared, shared],), ([one, other],))


def test_tangents_of_objects_go_by_attributes() -> None:
    reordered = SimpleNamespace(b=0.0, a=1.0)
    assert jvp(lambda o: o.a * 10 + o.b, (SimpleNamespace(a=1.0, b=2.0),), (reordered,)) == (12.0, 10.0)
    with pytest.raises(ValueError, match="has not the form of"):
        jvp(lambda o: o.a, (SimpleNamespace(a=1.0, b=2.0),), (SimpleNamespace(a=1.0, c=2.0),))


@pytest.mark.parametrize(
    ("x", "v"),
    [
        (np.ones((2, 3)), np.ones((3, 2))),
        (np.ones((2, 3)), np.ones(6)),
        (np.ones((2, 3)), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        ([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.0, 0.0, 0.0]),
        ({"a": 1.0}, [1.0]),
        ({"a": 1.0, "b": 2.0}, {"a": 1.0}),
        ([1.0, None], [1.0, 2.0]),
        (SimpleNamespace(a=1.0), 1.0),
        ([1.0], 1.0),
    ],
)
def test_tangents_of_another_form_are_refused(x: Any, v: Any) -> None:
    with pytest.raises(ValueError, match="has not the form of"):
        jvp(lambda x: 1.0, (x,), (v,))
    with pytest.raises(ValueError, match="has not the form of"):
        vjp(lambda x: x, x)[1](v)


def test_object_arrays_hold_lists_and_objects_as_they_are() -> None:
    ragged, regular = np.empty(2, object), np.empty(2, object)
    ragged[0], ragged[1] = [1.0, 2.0], [3.0]
    regular[0], regular[1] = [1.0, 2.0], [3.0, 4.0]
    Pair = collections.namedtuple("Pair", "x y")
    pairs = np.empty(1, object)
    pairs[0] = Pair(2.0, 3.0)
    value, slope = value_and_grad(lambda p: sum(x * x for row in p for x in row))(ragged)
    assert (value, [*slope]) == (14.0, [[2.0, 4.0], [6.0]])
    value, slope = value_and_grad(lambda p: sum((k + 1) * x for k, x in enumerate(p[0] + p[1])))(regular)
    assert (value, [*slope]) == (30.0, [[1.0, 2.0], [3.0, 4.0]])
    assert grad(lambda p: p[0].x * p[0].y)(pairs)[0] == Pair(3.0, 2.0)


# what f answers beside


def test_aux_keeps_kinds_and_identity_of_what_the_run_has_not_made() -> None:
    image, single, xs, state = np.zeros((2, 2), np.uint8), np.float32(1.0), [1.0], SimpleNamespace(n=0)
    _, aux = grad(lambda x: (x * x, (image, single, xs, state)), has_aux=True)(3.0)
    assert all(a is b for a, b in zip(aux, (image, single, xs, state), strict=True))


def test_aux_has_numbers_in_place_of_what_the_run_has_made() -> None:
    def f(x: Any) -> Any:
        return x * x, {"o": SimpleNamespace(y=x * 2), "t": (x,), "s": {x}, "a": np.array([x, 1]), "f": lambda: x * 3}

    aux = grad(f, has_aux=True)(3.0)[1]
    assert (aux["o"], aux["t"], aux["s"], aux["a"].tolist(), aux["f"]()) == (
        SimpleNamespace(y=6.0),
        (3.0,),
        {3.0},
        [3.0, 1],
        9.0,
    )
    assert {*map(type, [aux["o"].y, *aux["t"], *aux["s"]])} == {float}
    assert list(grad(lambda x: (x, (x * k for k in range(3))), has_aux=True)(3.0)[1]) == [0.0, 3.0, 6.0]


def test_a_dataclass_beside_is_not_made_again() -> None:
    assert plain(grad(lambda x: (x * x, Loan(x, 100 * x)), has_aux=True)(3.0)[1]) == {"amount": 3.0, "rate": 3.0}
    assert plain(jvp(lambda x: (x * x, Loan(x, x)), (3.0,), (1.0,), has_aux=True)[2]) == {"amount": 3.0, "rate": 0.03}


def test_what_stands_beside_within_another_derivative_keeps_its_own() -> None:
    assert grad(lambda y: grad(lambda x: (x * x * y, [x * y]), has_aux=True)(y)[1][0])(3.0) == 6.0


def test_an_answer_is_not_made_again() -> None:
    value, rate = jvp(lambda x: Loan(x, 100 * x), (3.0,), (1.0,))
    assert (plain(value), plain(rate)) == ({"amount": 3.0, "rate": 3.0}, {"amount": 1.0, "rate": 1.0})
    assert plain(jacobian(lambda x: Rectangle([x, 2.0]))(3.0)) == {
        "sides": [1.0, 0.0],
        "area": 2.0,
        "scaled": [10.0, 0.0],
    }


def test_compiled_functions_follow_objects_too() -> None:
    r = SimpleNamespace(w=2.0, inner=SimpleNamespace(xs=[3.0]))
    assert jit(lambda r: r.w * r.inner.xs[0])(r) == 6.0
    slope = jit(grad(lambda r: r.w * r.inner.xs[0]))(r)
    assert (slope.w, slope.inner.xs) == (3.0, [2.0])
    assert jit(grad(lambda r: r.area))(Rectangle([2.0, 3.0])).sides == [3.0, 2.0]


# any of these, in one another


@dataclasses.dataclass
class Derived:
    held: Any

    def __post_init__(self) -> None:
        self.total = sum(numbers_in(self.held))


@dataclasses.dataclass(frozen=True)
class Cached:
    held: Any

    @functools.cached_property
    def total(self) -> Any:
        return sum(numbers_in(self.held))


class Plain:
    __slots__ = ("held", "total")

    def __init__(self, held: Any) -> None:
        self.held = held


def numbers_in(x: Any) -> list[Any]:
    """All numbers, in the order of reading, found without the package's help; what is computed of others left out."""
    if isinstance(x, dict):
        return [y for part in x.values() for y in numbers_in(part)]
    if isinstance(x, list | tuple | np.ndarray):
        return [y for part in x for y in numbers_in(part)]
    if isinstance(x, Derived | Cached | Plain | SimpleNamespace):
        return numbers_in(x.held)
    return [] if isinstance(x, str | None) else [x]


def computed_in(x: Any) -> list[Any]:
    """What the objects in x have computed."""
    if isinstance(x, dict):
        return [y for part in x.values() for y in computed_in(part)]
    if isinstance(x, list | tuple):
        return [y for part in x for y in computed_in(part)]
    own = [x.total] if isinstance(x, Derived | Cached) else []
    return own + (computed_in(x.held) if isinstance(x, Derived | Cached | Plain | SimpleNamespace) else [])


numbers = st.floats(-2, 2).map(lambda x: round(x, 3))
objects = st.recursive(
    numbers | st.text(max_size=2) | st.none(),
    lambda held: (
        st.lists(held, max_size=3)
        | st.tuples(held, held)
        | st.dictionaries(st.sampled_from("abc"), held)
        | st.builds(Derived, held)
        | st.builds(Cached, held)
        | st.builds(Plain, held)
        | st.builds(lambda x: SimpleNamespace(held=x), held)
        | st.lists(numbers, min_size=1, max_size=3).map(np.array)
    ),
    max_leaves=8,
)


def polynomial(xs: list[Any]) -> Any:
    return sum(((k + 2) * x * xs[k - 1] + x**2 for k, x in enumerate(xs)), 0.0)


@settings(deadline=None, max_examples=cases(200))
@given(st.lists(objects, min_size=1, max_size=3), st.booleans())
def test_a_function_of_objects_has_the_derivatives_of_the_function_of_a_flat_list(tree: Any, touched: bool) -> None:
    flat = [float(x) for x in numbers_in(tree)]
    if not flat:
        return
    if touched:
        computed_in(tree)
    places = [[k for k, x in enumerate(found) if x is y] for found in [numbers_in(tree)] for y in found]

    def f(tree: Any) -> Any:
        return polynomial(numbers_in(tree) + computed_in(tree))

    def g(xs: list[Any]) -> Any:
        return polynomial(numbers_in(rebuilt(tree, iter(xs))) + computed_in(rebuilt(tree, iter(xs))))

    value, slope = value_and_grad(f)(tree)
    expected, flat_slope = value_and_grad(g)(flat)
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert numbers_in(slope) == pytest.approx(flat_slope, rel=1e-9, abs=1e-9)
    assert places


def rebuilt(x: Any, new: Iterator[Any]) -> Any:
    """The tree made anew, by its own constructors, with other numbers."""
    if isinstance(x, dict):
        return {key: rebuilt(y, new) for key, y in x.items()}
    if isinstance(x, list | tuple):
        return type(x)([rebuilt(y, new) for y in x])
    if isinstance(x, np.ndarray):
        return np.array([next(new) for _ in x], object)
    if isinstance(x, SimpleNamespace):
        return SimpleNamespace(held=rebuilt(x.held, new))
    if isinstance(x, Derived | Cached | Plain):
        return type(x)(rebuilt(x.held, new))
    return x if isinstance(x, str | None) else next(new)


# what could not be told from a twin


class Node:
    def __init__(self, w: Any) -> None:
        self.w = w


def test_an_argument_that_is_changed_by_another_name_is_refused() -> None:
    rates = [1.0, 2.0]

    def shrinks(p: Any) -> Any:
        rates.pop()
        return p["x"] * p["rates"][0]

    def grows(p: Any, y: Any = 1.0) -> Any:
        rates.append(5.0)
        return p["x"] * p["rates"][0] * y

    for call in (
        lambda p: grad(shrinks)(p),
        lambda p: grad(grows)(p),
        lambda p: grad(grows, (0, 1))(p, 2.0),
        lambda p: grad(lambda y, p: grows(p, y), (0, 1))(2.0, p),
        lambda p: vjp(grows, p)[1](1.0),
        lambda p: hessian(shrinks)(p),
    ):
        rates[:] = [1.0, 2.0]
        with pytest.raises(ValueError, match="p holds other numbers than before the function ran"):
            call({"rates": rates, "x": 3.0})


def test_arrays_that_share_numbers_are_refused_and_others_are_not() -> None:
    class Flat:
        def __init__(self, shared: bool) -> None:
            self.theta = np.array([1.0, 2.0, 3.0])
            self.w = self.theta[:2] if shared else self.theta[:2].copy()
            self.beside = np.array([1.0, 2.0])[:1]

        def parameters(self) -> list[Any]:
            return [self.theta]

    def f(m: Any) -> Any:
        return m.w[0] ** 2 + m.theta[0]

    with pytest.raises(TypeError, match="an array of Flat and an array of Flat share their numbers"):
        grad(f)(Flat(True))
    assert grad(f)(Flat(False))[0].tolist() == [1.0, 0.0, 0.0]
    table = np.arange(6.0).reshape(2, 3)
    for shared in ([table, table[0]], [table[:, 0], table.T], SimpleNamespace(a=table, b=table.reshape(-1))):
        with pytest.raises(TypeError, match="share their numbers, as one is a view of the other"):
            grad(lambda p: 0.0 * np.sum(np.array(leaves(p))))(shared)
    apart: Any = [table[:, 0], table[:, 1], table[0, 2:]]
    assert grad(lambda p: np.sum(p[0]) * p[2][0])(apart)[0].tolist() == [2.0, 2.0]
    assert grad(lambda p: np.sum(p[0]) * np.sum(p[1]))([table[0], table[0].copy()])[0].tolist() == [3.0, 3.0, 3.0]


def test_objects_that_are_keys_of_a_dict_are_refused_and_values_as_keys_are_constants() -> None:
    class Graph:
        def __init__(self) -> None:
            self.nodes = [Node(1.0), Node(2.0)]
            self.cost = dict.fromkeys(self.nodes, 10.0)

    @dataclasses.dataclass(frozen=True)
    class Place:
        x: float

    for f in (lambda g: sum(n.w * c for n, c in g.cost.items()), lambda g: sum(n.w * g.cost[n] for n in g.nodes)):
        with pytest.raises(TypeError, match=r"g\.cost: an object that holds numbers is a key of a dict"):
            grad(lambda g, f=f: f(g))(Graph())
    assert grad(lambda p: p["at"][Place(1.0)] * p["x"])({"at": {Place(1.0): 2.0}, "x": 3.0})["x"] == 2.0


class Speed(enum.IntEnum):
    FAST = 2


class Rate(float, enum.Enum):
    LOW = 0.5


@pytest.mark.parametrize("member", [Speed.FAST, Rate.LOW])
def test_members_of_enumerations_are_no_numbers_to_differentiate_by(member: Any) -> None:
    @dataclasses.dataclass
    class Car:
        mode: Any
        x: float

    def f(p: Any) -> Any:
        return 10 * p.x if p.mode is member and isinstance(p.mode, type(member)) else p.x * p.mode.value

    for how in (grad, lambda f: jit(grad(f)), lambda f: lambda p: grad(lambda q: grad(f)(q).x * q.x)(p)):
        assert how(f)(Car(member, 3.0)).x == 10.0
    assert value_and_grad(lambda p: p["m"] * p["x"])({"m": member, "x": 3.0}) == (
        3.0 * member.value,
        {"m": member, "x": member.value},
    )


def test_methods_and_caches_that_would_keep_the_original_numbers_are_refused() -> None:
    class Table:
        def __init__(self, w: float) -> None:
            self.t = {"a": w}
            self.look = self.t.get
            self.power = functools.lru_cache(lambda k: self.t["a"] ** k)

    class Speedl(Table):
        def parameters(self) -> list[float]:
            return list(self.t.values())

    for made in (Table, Speedl):
        for f in (lambda m: m.look("a") ** 2, lambda m: m.power(2) * m.t["a"], lambda m: m.t["a"]):
            with pytest.raises(TypeError, match="is kept beside it, and would go on with the numbers that it has now"):
                grad(f)(made(2.0))
    assert grad(lambda p: p.act(p.x) * p.x)(SimpleNamespace(act=abs, x=3.0)).x == 6.0


def test_a_cached_property_that_does_more_than_compute_is_not_asked_again() -> None:
    class Registered:
        known: typing.ClassVar[list[Any]] = []

        def __init__(self, x: float) -> None:
            self.x = x

        @functools.cached_property
        def double(self) -> float:
            Registered.known.append(self)
            return self.x * 2

    r = Registered(2.0)
    assert r.double == 4.0
    assert grad(lambda r: r.x * 3)(r).x == 3.0
    assert len(Registered.known) == 1
    with pytest.raises(TypeError, match=r"Registered\.double was computed .* cannot follow"):
        grad(lambda r: r.x * r.double)(r)


def test_attributes_may_be_called_as_what_has_side_effects_is() -> None:
    @dataclasses.dataclass
    class Candle:
        open: float
        close: float

        def __post_init__(self) -> None:
            self.input = self.close - self.open
            self.next = self.input * 2

    c = grad(lambda c: c.next**2)(Candle(5.0, 3.0))
    assert (c.open, c.close) == (16.0, -16.0)


NET = ipaddress.ip_network("10.0.0.0/8")


def test_generic_classes_and_types_among_the_attributes_hold_no_numbers() -> None:
    X = typing.TypeVar("X")

    @dataclasses.dataclass
    class Box(typing.Generic[X]):
        v: X
        kind: Any = list[int]
        other: Any = typing.Union[int, str]  # noqa: UP007
        net: Any = NET

    assert grad(lambda b: b.v**2)(Box[float](3.0)).v == 6.0
    assert jit(grad(lambda b: b.v**2))(Box[float](3.0)).v == 6.0


def test_rows_of_a_matrix_are_compared_with_their_neighbours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("micrograd_like.trees.reading.share_memory", lambda x, y: asked.append(0) or False)
    rows = [*np.arange(6000.0).reshape(2000, 3)]
    assert grad(lambda p: p[0][1] * p[1][2])(rows)[0].tolist() == [0.0, 5.0, 0.0]
    assert asked == []


def test_a_class_that_deletes_an_attribute_when_it_makes_an_object_is_followed() -> None:
    @dataclasses.dataclass
    class Made:
        x: float
        raw: float = 1.0

        def __post_init__(self) -> None:
            self.double = self.x * 2
            vars(self).pop("raw", None)

    assert grad(lambda m: m.double)(Made(2.0)).x == 2.0


# one object in several arguments


@dataclasses.dataclass
class Tank:
    level: float
    log: list[Any] = dataclasses.field(default_factory=list)


def poured(a: Any, b: Any) -> Any:
    a.level = a.level * 5
    return a.level * b.level


def overwritten(a: Any, b: Any) -> Any:
    a[0] = 5 * b[0]
    return b[0] * a[0]


TANK = Tank(3.0)
SEVERAL: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "list": (overwritten, ([3.0],) * 2),
    "dict": (overwritten, ({0: 3.0},) * 2),
    "array": (overwritten, (np.array([3.0]),) * 2),
    "object": (poured, (TANK, TANK)),
    "list in objects": (
        lambda a, b: a.log.append(2.0) or a.level * b.level * len(b.log),
        (lambda log: (Tank(3.0, log), Tank(4.0, log)))([1.0]),
    ),
    "list in a list": (lambda a, b: overwritten(a[0], b), (lambda inner: ([inner], inner))([3.0])),
}


@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
@pytest.mark.parametrize("name", SEVERAL)
def test_writing_into_what_stands_in_several_arguments_is_refused(name: str, argnums: Any) -> None:
    f, arguments = SEVERAL[name]
    if name == "array" and argnums == 1:
        arguments = tuple(x.astype(object) for x in arguments[:1]) * 2  # in which Values can be put
    with pytest.raises(ValueError, match=r"one \w+ stands in several arguments of .*, which writes into it"):
        grad(f, argnums)(*copy.deepcopy(arguments))


def test_what_stands_in_several_arguments_can_be_read() -> None:
    a = [3.0, 4.0]
    assert grad(lambda a, b: a[0] * b[1], (0, 1))(a, a) == ([4.0, 0.0], [0.0, 3.0])
    assert grad(lambda a, b: a[0] * b[0])(a, a) == [3.0, 0.0]
    assert grad(lambda s, t: s.level * t.level)(TANK, TANK) == Tank(3.0, [])
    assert grad(poured)(Tank(3.0), Tank(4.0)) == Tank(20.0, [])


# whole numbers that no float holds


@pytest.mark.parametrize("n", [2**53 + 1, -(2**53) - 1, 10**23, 3**40])
@pytest.mark.parametrize("within", [lambda n: n, lambda n: [1.0, n], lambda n: {"n": n}])
def test_a_whole_number_that_no_float_holds_is_refused(n: int, within: Any) -> None:
    with pytest.raises(ValueError, match=f"and no float is {n}: write "):
        grad(lambda x: x if isinstance(x, Value) else 0.0)(within(n))


@pytest.mark.parametrize("n", [2**53, 2**60, 10**22, -(2**70), 0])
def test_a_whole_number_that_a_float_holds_is_differentiated_by(n: int) -> None:
    assert value_and_grad(lambda x: x * 3)(n) == (3.0 * n, 3.0)
    assert value_and_grad(lambda x, n: x * (n % 2))(3.0, 2**53 + 1) == (3.0, 1.0)


class Degrees(float):
    def __add__(self, other: Any) -> Any:
        return Degrees((float(self) + other) % 360)


class Half(int):
    pass


@pytest.mark.parametrize("argument", [Degrees(350), [Degrees(350)], {"angle": Degrees(350)}, Half(2)])
@pytest.mark.parametrize("transform", [grad, jacobian, lambda f: jit(grad(f)), hessian])
def test_a_number_of_a_class_of_ones_own_is_refused(transform: Any, argument: Any) -> None:
    with pytest.raises(TypeError, match=r"differentiated by x, a (Degrees|Half), whose own methods would"):
        transform(lambda x: 1.0)(argument)


def test_it_is_no_obstacle_beside_what_is_differentiated() -> None:
    assert grad(lambda x, angle: x * float(angle + 20.0))(2.0, Degrees(350)) == 10.0


class AnyName:
    """Answers a function for every name."""

    def __init__(self) -> None:
        self.__dict__["rate"] = 2.0

    def __getattr__(self, name: str) -> Any:
        return lambda *_: 1.0


class KeysAsNames(dict):  # type: ignore[type-arg]
    __getattr__ = dict.__getitem__


@pytest.mark.parametrize("transform", [lambda f: f, jit])
def test_an_object_that_answers_for_any_name_is_no_model(transform: Any) -> None:
    slope = transform(grad(lambda x: x.rate * 2))
    assert [slope(AnyName()).__dict__ for _ in range(4)] == [{"rate": 2.0}] * 4
    by_keys = transform(grad(lambda x: x.a * x.b))
    assert [by_keys(KeysAsNames(a=2.0, b=3.0)) for _ in range(4)] == [{"a": 3.0, "b": 2.0}] * 4


def test_a_dataclass_as_a_dict_and_as_a_tuple() -> None:
    @dataclasses.dataclass
    class Terms:
        rate: float
        years: float

    def f(p: Any) -> Any:
        return dataclasses.asdict(p)["rate"] * dataclasses.astuple(p)[1]

    assert jit(f)(Terms(2.0, 3.0)) == 6.0
    slopes = grad(f)(Terms(2.0, 3.0))
    assert (slopes.rate, slopes.years) == (3.0, 2.0)
    assert vmap(lambda x: dataclasses.astuple(Terms(x, 2.0))[0] * 2)([3.0, 4.0]).tolist() == [6.0, 8.0]


def test_a_kept_number_is_named_however_long_its_history() -> None:
    def f(x: Any) -> Any:
        y = KEPT["y"]
        for _ in range(2000):
            y = y * 0.5 + x
        KEPT.setdefault("last", y)
        return y * KEPT["last"]

    assert grad(f)(1.0) == pytest.approx(8.0)
    with pytest.raises(TypeError, match=r"an earlier run of f has computed .* and kept in KEPT, a dict"):
        grad(f)(1.0)


KEPT: dict[str, Any] = {"y": 1.0}
