"""Classes below float, as `class Angle(float)`, whose instances are made of numbers that a run follows."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from micrograd_like import grad, hessian, jit, lift, value_and_grad, vmap

LIBRARY = '''
from math import atan2, copysign, hypot, pi, sin
class Angle(float):
    def __new__(cls, n=None, deg=None):
        return super().__new__(cls, n % (2 * pi) if n is not None else deg / 360.0 * 2 * pi)
    @property
    def deg(self): return self * 360 / (2 * pi)
    def __add__(self, other): return Angle(float(self) + other)
    def sin(self): return sin(self)
class Named:
    unit = "m"
    def __new__(cls, kind, x, name):
        self = kind.__new__(cls, x)
        self.name = name
        return self
    def called(self): return f"{self.name} in {self.unit}"
class Length(float, Named):
    def __new__(cls, x=0.0, name=""): return Named.__new__(cls, float, x, name)
class Feet(Length):
    def __init__(self, x=0.0, name="", factor=0.3048): self.factor = factor
    def meters(self): return self * self.factor
    def called(self): return super().called().replace("m", "ft")
class Plain(float):
    """One without methods."""
class Radians(float):
    def __new__(cls, degrees): return float.__new__(cls, degrees * pi / 180)
def of_angle(x): return (Angle(x) + 4.0).deg
def of_method(x): return Angle(x).sin() + sin(Angle(deg=x))
def of_sum(x): return 2.0 - Plain(x) + Plain(x) * x / Plain(3.0) + abs(Plain(-x)) ** 2
def of_float(x): return float.__mul__(Plain(x), x) + float(Plain(x)) + max(Plain(x), 0.0)
def of_names(x):
    y = Feet(x, "height")
    return y.meters() * len(y.called()) if y.unit == "m" and y > 0 and not hasattr(y, "sin") else 0.0
def of_kinds(x):
    y, z = Feet(x), Plain(x)
    kinds = isinstance(y, Length) and isinstance(y, float) and not isinstance(z, Length) and type(z) is Plain
    return y * 3.0 if kinds and y.__class__ is Feet and type(float(z)) is float else 0.0
def of_two(x): return hypot(x, Plain(x)) * copysign(Plain(2 * x), x) + atan2(Plain(x), 2.0)
def itself(x): return Plain(x * x)
def in_list(x): return [Plain(x), {"half": Length(x / 2)}]
'''
NAMES = "of_angle of_method of_sum of_float of_names of_kinds of_two itself".split()


def loaded(file: Any, source: str) -> Iterator[ModuleType]:
    import importlib.util

    file.write_text(source)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[file.stem]


@pytest.fixture
def library(tmp_path: Any) -> Iterator[ModuleType]:
    yield from loaded(tmp_path / "kinds_of_floats.py", LIBRARY)


def slope(f: Any, x: float, h: float = 1e-6) -> float:
    return float(f(x + h) - f(x - h)) / (2 * h)


@pytest.mark.parametrize("name", NAMES)
def test_instances_hold_numbers_of_a_run(library: ModuleType, name: str) -> None:
    f = getattr(library, name)
    value, derivative = value_and_grad(f)(0.7)
    assert value == f(0.7)
    assert derivative == pytest.approx(slope(f, 0.7), rel=1e-6)
    assert [jit(grad(f))(x) for x in (0.7, 0.9)] == [grad(f)(x) for x in (0.7, 0.9)]
    assert [jit(f)(x) for x in (0.7, 0.9)] == [f(0.7), f(0.9)]


def test_rows_go_through_them(library: ModuleType) -> None:
    np = pytest.importorskip("numpy")
    assert [*vmap(grad(library.of_sum))(np.array([0.7, 0.9]))] == [grad(library.of_sum)(x) for x in (0.7, 0.9)]


def test_answers_are_numbers(library: ModuleType) -> None:
    assert value_and_grad(library.itself)(3.0) == (9.0, 6.0)
    assert type(jit(library.itself)(3.0)) is float
    assert hessian(library.itself)(3.0) == 2.0
    assert grad(lambda x: (x, library.in_list(x)), has_aux=True)(3.0) == (1.0, [3.0, {"half": 1.5}])


def test_the_argument_of_a_constructor_is_changed_once(library: ModuleType) -> None:
    class Half(library.Radians):  # type: ignore[misc,name-defined]
        def __new__(cls, degrees: Any) -> Any:
            return super().__new__(cls, degrees / 2)

    assert value_and_grad(lambda x: Half(x) * 1.0)(180.0) == pytest.approx((math.pi / 2, math.pi / 360))
    assert float(Half(180.0)) == math.pi / 2


def test_afterwards_the_classes_are_what_they_were(library: ModuleType) -> None:
    before = {name: {**vars(kind)} for name, kind in vars(library).items() if isinstance(kind, type)}
    for name in NAMES:
        grad(getattr(library, name))(0.7)
    assert {name: {**vars(getattr(library, name))} for name in before} == before
    assert type(library.Plain(2.0)) is library.Plain
    assert type(library.Plain("2.5")) is library.Plain
    assert library.Plain() == 0.0
    assert type(library.Feet(3.0, "h")) is library.Feet


def test_a_copy_keeps_the_number_and_the_attributes(library: ModuleType) -> None:
    assert value_and_grad(lambda x: copy.deepcopy(library.Feet(x, "h")).meters())(2.0) == (0.6096, 0.3048)


def test_what_the_class_decides_by_its_identity_with_others_is_refused_or_right(library: ModuleType) -> None:
    class Watched(float):
        def __init_subclass__(cls, **_: Any) -> None:
            raise AssertionError("no class below this one is made behind its back")

    with pytest.raises(TypeError, match="takes plain floats alone: no derivative goes through it"):
        grad(lambda x: Watched(x) * 2.0)(3.0)


def test_where_nothing_is_lifted_they_are_refused(library: ModuleType) -> None:
    with lift.off(), pytest.raises(TypeError, match="would lose its derivative as a plain float"):
        grad(library.of_sum)(0.7)


MORE = """
import abc, math
from typing import Generic, TypeVar
T = TypeVar("T")
class Named(float):
    def __new__(cls, x, name=""): return super().__new__(cls, x)
    def __init__(self, x, name=""): self.name = name
    def __repr__(self): return f"{self.name} of {float(self):.3f}"
class Angle(float):
    def __add__(self, other): return Angle(float(self) + float(other))
    __radd__ = __add__
    def __rmul__(self, other): return Angle(float(other) * float(self))
    def __lt__(self, other): return float(self) < float(other)
class Of(float, Generic[T]):
    def times(self, k): return type(self)(self * k)
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Square(float, Shape):
    def area(self): return self * self
CONST = Angle(0.3)
def of_text(x): return x * len(str(Named(x, "y"))) * len(f"{Named(x, 'long')}") * len(f"{Named(x):.9f}")
def of_operators(x): return (x / CONST - Angle(x) * CONST) ** CONST if x > CONST and CONST < x and x >= CONST else 0.0
def of_reflected(x): return 2.0 * CONST * x + (x + CONST) + max(Angle(x), 0.1, CONST)
def of_generic(x): return Of(x).times(3.0) * Of[int](x)
def of_abstract(x): return Square(x).area() * isinstance(Square(x), Shape) * issubclass(type(Square(x)), Shape)
class Of3(float):
    def __new__(cls, thing): return super().__new__(cls, thing.x * 3.0)
class Thing:
    def __init__(self, x): self.x = x
def of_thing(x): return Of3(Thing(x)) * 2.0
class Raised(float):
    def __float__(self): return float.__float__(self) + 1.0
    def __abs__(self): return Raised(abs(float.__float__(self)))
def of_own_float(x): return float(Raised(x)) * 2.0 + abs(Raised(-x)) + math.sin(Raised(x))
def of_functions(x):
    y = Named(x)
    return math.pow(y, 2) + math.modf(y)[0] * math.isclose(y, x) + math.frexp(y)[0] + y * math.ulp(y) + math.ldexp(y, 2)
def tripled(scale=3.0):
    class Tripled(float):
        def __new__(cls, x): return super().__new__(cls, x * scale)
        def up(self): return Tripled(self)
    return Tripled
def of_class_within(x):
    halved = type("Halved", (float,), {"half": lambda y: y / 2})
    return tripled()(x).up() + tripled()(2.0) * halved(x).half()
def halving(x):
    low, high = Named(x) * 0.0, Named(x) + 3.0
    for _ in range(60):
        middle = Named((low + high) / 2.0)
        if middle * middle < x: low = middle
        else: high = middle
    return low
def of_new(x): return float.__new__(Angle, x) * 2.0 if type(float.__new__(Angle, x)) is Angle else 0.0
def read_in_text(x): return float(f"{Angle(x):.17g}")
def rounded(x): return float(int(Angle(x)))
"""


@pytest.fixture
def more(tmp_path: Any) -> Iterator[ModuleType]:
    yield from loaded(tmp_path / "more_kinds.py", MORE)


MORE_NAMES = (
    "of_text of_operators of_reflected of_generic of_abstract of_new of_thing of_own_float of_functions of_class_within"
).split()


@pytest.mark.parametrize("name", MORE_NAMES)
def test_more_of_what_floats_do(more: ModuleType, name: str) -> None:
    f = getattr(more, name)
    before = {key: {**vars(kind)} for key, kind in vars(more).items() if isinstance(kind, type)}
    assert value_and_grad(f)(0.7) == (f(0.7), pytest.approx(slope(f, 0.7), rel=1e-6))
    assert [jit(value_and_grad(f))(x) for x in (0.7, 0.9)] == [value_and_grad(f)(x) for x in (0.7, 0.9)]
    assert {key: {**vars(getattr(more, key))} for key in before} == before


def test_text_and_whole_numbers_of_one_are_told_as_of_a_number(more: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"read_in_text answered 0\.7, which has lost its derivative: text was made"):
        grad(more.read_in_text)(0.7)
    with pytest.raises(TypeError, match=r"rounded answered 2\.0, which has lost its derivative: int\(\)"):
        grad(more.rounded)(2.5)


def test_a_search_by_halves_is_told_of(more: ModuleType) -> None:
    for f in (grad(more.halving), jit(grad(more.halving))):
        with pytest.raises(TypeError, match="halving searches by halving an interval"):
            f(0.7)


def test_a_class_that_is_made_in_a_run_is_one_of_plain_floats_afterwards(more: ModuleType) -> None:
    kept = []

    def f(x: Any) -> Any:
        kept.append(more.tripled())
        return kept[-1](x) * 1.0

    assert grad(f)(2.0) == 3.0
    assert [type(kind(2.0)) is kind and kind(2.0) == 6.0 for kind in kept] == [True] * len(kept)
    assert all(kind.__mro__[1:] == (float, object) for kind in kept)
