"""Code that says `from math import exp` takes Values while it is lifted, and is afterwards what it was."""

from __future__ import annotations

import colorsys
import contextlib
import importlib.util
import math
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from depth import cases
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from side_by_side import side_by_side

import micrograd_like as ml
from micrograd_like import Value, check_grads, grad, hessian, jit, jvp, lift, value_and_grad
from micrograd_like.lifting import binding
from micrograd_like.lifting.meeting import is_to_be_lifted_at_once
from micrograd_like.lifting.twins import original_of

LIBRARY = """
import math
import math as m
from math import exp, hypot, sqrt as root
TABLE = {"exp": exp, "tan": [math.tan]}
PAIR = (math.sin, math.cos)
def by_names(x): return exp(x) * root(x) + hypot(x, 3.0)
def by_module(x): return m.log(x) + math.atan2(x, 2.0)
def by_table(x): return TABLE["exp"](x) * TABLE["tan"][0](x) + PAIR[0](x)
def by_default(x, f=math.sinh): return f(x)
def by_import(x):
    import math
    from math import cosh
    return cosh(x) + math.erf(x)
def as_float(x): return float(x) ** 2
def by_type(x): return x * 2 if type(x) is float and isinstance(x, float) else 0 * x
def by_class(x): return Model(x).answer()
def swallowed(x):
    try:
        return math.exp(x)
    except TypeError:
        return -1.0 * x
def outer(f=math.expm1):
    def inner(x): return f(x)
    return inner
by_cell = outer()
class Model:
    square_root = math.sqrt
    def __init__(self, x): self.x = float(x)
    @property
    def half(self): return math.ldexp(self.x, -1)
    def answer(self): return Model.square_root(self.x) * self.half
"""
FUNCTIONS = "by_names by_module by_table by_default by_import as_float by_type by_class swallowed by_cell".split()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[ModuleType]:
    """A module that never heard of Values."""
    path = tmp_path / "library_of_others.py"
    path.write_text(LIBRARY, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[path.stem]


def slope(f: Any, x: float) -> float:
    h = 1e-4
    coarse, fine = ((f(x + k) - f(x - k)) / (2 * k) for k in (2 * h, h))
    return float(4 * fine - coarse) / 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_while_it_is_lifted_it_takes_values_and_then_is_as_it_was(name: str, library: ModuleType) -> None:
    f = getattr(library, name)
    before, of_class = dict(vars(library)), dict(vars(library.Model))
    expected, measured = f(0.7), slope(f, 0.7)
    with lift(library):
        x = Value(0.7)
        y = f(x)
        y.backward()
        assert f(0.7) == expected
        assert type(f(0.7)) is float
    assert y.data == expected
    assert x.grad == pytest.approx(measured, rel=1e-7)
    assert vars(library) == before
    assert dict(vars(library.Model)) == of_class
    assert library.TABLE["exp"] is math.exp
    assert library.by_default.__defaults__ == (math.sinh,)
    assert sys.modules["math"] is math


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_meets_is_lifted_while_it_is_differentiated(name: str, library: ModuleType) -> None:
    f = getattr(library, name)
    before, measured = dict(vars(library)), slope(f, 0.7)
    for derivative in (grad(f), jit(grad(f)), lambda x: jvp(f, (x,), (1.0,))[1]):
        assert [derivative(0.7) for _ in range(3)] == [pytest.approx(measured, rel=1e-7)] * 3
    assert value_and_grad(lambda x: f(x) * 1.0)(0.7)[0] == f(0.7)
    assert hessian(lambda x: f(x[0]))([0.7])[0][0] == pytest.approx(slope(grad(f), 0.7), rel=1e-5, abs=1e-8)
    assert vars(library) == before


def test_the_function_remembers_and_so_starts_once(library: ModuleType) -> None:
    runs = []

    def f(x: Any) -> Any:
        runs.append(1)
        return library.by_module(x) * library.by_names(x)

    derivative = grad(f)
    derivative(0.7)
    first = len(runs)
    derivative(0.8)
    assert first > 1
    assert len(runs) == first + 1


def test_rows_and_checks_and_pages_lift_too(library: ModuleType) -> None:
    np = pytest.importorskip("numpy")
    slopes = ml.vmap(grad(library.by_names))(np.array([0.7, 0.9]))
    assert slopes == pytest.approx([slope(library.by_names, x) for x in (0.7, 0.9)], rel=1e-7)
    check_grads(library.by_table, (0.7,))
    assert "0.7" in ml.explore(library.by_module, 0.7).html()


def test_an_error_of_the_function_itself_is_its_own(library: ModuleType) -> None:
    before = dict(vars(library))

    def f(x: Any) -> Any:
        return library.by_names(x) / 0.0

    with pytest.raises(ZeroDivisionError):
        grad(f)(0.7)
    with pytest.raises(ValueError, match="math domain error"):
        grad(library.by_module)(-0.7)
    assert vars(library) == before


def test_whatever_ends_a_run_puts_the_names_back(library: ModuleType) -> None:
    before = dict(vars(library))

    def interrupted(x: Any) -> Any:
        library.by_names(x)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grad(interrupted)(0.7)
    assert vars(library) == before


def test_without_the_switch_a_plain_float_is_refused(library: ModuleType) -> None:
    assert lift.automatic is True
    lift.automatic = False
    try:
        with pytest.raises(TypeError, match="would lose its derivative as a plain float"):
            grad(library.by_names)(0.7)
    finally:
        lift.automatic = True


def test_lifting_can_be_left_out_for_some_calls(library: ModuleType) -> None:
    with lift.off(), pytest.raises(TypeError, match="would lose its derivative as a plain float"):
        grad(library.by_names)(0.7)
    assert grad(library.by_names)(0.7) > 0


def test_two_lifts_of_a_module_end_one_by_one(library: ModuleType) -> None:
    first, second = lift(library), lift(library)
    first.undo()
    assert library.by_names(Value(0.7)).data == pytest.approx(library.by_names(0.7))
    second.undo()
    second.undo()
    assert library.exp is math.exp
    assert repr(first) == "<lifted no more>"


def test_other_threads_compute_what_they_always_compute(library: ModuleType) -> None:
    expected, wrong, stop = library.by_names(0.7), [], threading.Event()

    def compute() -> None:
        while not stop.is_set():
            if library.by_names(0.7) != expected or type(library.as_float(2)) is not float:
                wrong.append(1)

    thread = threading.Thread(target=compute)
    thread.start()
    for _ in range(300):
        with lift(library):
            library.by_names(Value(0.7))
    stop.set()
    thread.join()
    assert wrong == []
    assert library.exp is math.exp


def test_names_change_while_no_thread_is_within_a_comparison_of_types(
    library: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binding, "LONGEST_WAIT", 60.0)
    entered, answers = threading.Event(), []

    def held(x: Any) -> Any:
        entered.set()
        time.sleep(0.05)
        return x

    vars(library)["held"] = held
    exec("def is_float(x): return type(held(x)) is float", vars(library))
    thread = threading.Thread(target=lambda: answers.append(library.is_float(0.5)))
    thread.start()
    entered.wait()
    with lift(library):
        thread.join()
    assert answers == [True]


def test_a_function_is_looked_at_while_other_threads_lift_and_put_back(library: ModuleType) -> None:
    pytest.importorskip("scipy.optimize")  # then a module is searched for searches
    vars(library).update({f"name_{k}": k for k in range(1000)})
    stop, failures = threading.Event(), []

    def look() -> None:
        try:
            while not stop.is_set():
                is_to_be_lifted_at_once(library.by_table)
        except RuntimeError as error:
            failures.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(100):
            with lift(library):
                time.sleep(1e-4)
    finally:
        sys.setswitchinterval(before)
        stop.set()
        thread.join()
    assert failures == []


ACTIONS = "plain grad jit vmap failing interrupted lift nested refused importing".split()


def act(action: str, library: ModuleType) -> None:
    """One thing that a thread does; plain calls answer to the bit what they always do."""
    f = library.by_names
    if action == "plain":
        assert [g(0.7) for g in (f, library.by_table, library.by_class)] == library.EXPECTED
        assert type(library.as_float(2)) is float
        assert library.Model.square_root(4.0) == 2.0
    elif action in ("grad", "jit", "vmap"):
        derivative = {"grad": grad, "jit": lambda f: jit(grad(f)), "vmap": lambda f: ml.vmap(grad(f))}[action](f)
        answer = derivative([0.7])[0] if action == "vmap" else derivative(0.7)
        assert answer == pytest.approx(library.SLOPE)
    elif action in ("failing", "interrupted"):
        error = ZeroDivisionError if action == "failing" else KeyboardInterrupt
        with pytest.raises(error):
            grad(lambda x: library.raising(f(x), error))(0.7)
    elif action == "lift":
        with lift(library):
            assert f(Value(0.7)).data == library.EXPECTED[0]
    elif action == "nested":
        assert grad(lambda x: x * grad(f)(0.7) + grad(lambda y: library.by_table(y))(0.5))(1.0) > 0
    elif action == "refused":
        with lift.off(), contextlib.suppress(TypeError):  # refused, unless another thread has lifted it
            assert grad(f)(0.7) == pytest.approx(library.SLOPE)
    else:
        assert grad(library.by_import)(0.7) == pytest.approx(library.SLOPE_OF_IMPORT)


@pytest.mark.slow
@settings(
    max_examples=cases(30),
    phases=[Phase.generate, Phase.shrink],  # to explain, it would have to watch what runs, as this package does
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=6), min_size=2, max_size=4))
def test_after_any_mixture_of_threads_every_namespace_is_as_it_was(
    library: ModuleType, programs: list[list[str]]
) -> None:
    pytest.importorskip("numpy")
    exec("def raising(x, kind): raise kind(str(x))", vars(library))
    library.EXPECTED = [g(0.7) for g in (library.by_names, library.by_table, library.by_class)]
    library.SLOPE, library.SLOPE_OF_IMPORT = slope(library.by_names, 0.7), slope(library.by_import, 0.7)
    places = [vars(library), vars(library.Model), library.TABLE, sys.modules, *map(vars, (math, random, statistics))]
    before = [dict(place) for place in places]
    defaults, pair = library.by_default.__defaults__, library.PAIR
    failures: list[BaseException] = []
    together = threading.Barrier(len(programs))

    def follow(program: list[str]) -> None:
        together.wait()
        try:
            for action in program:
                act(action, library)
        except BaseException as error:
            failures.append(error)

    side_by_side(*(partial(follow, program) for program in programs))
    assert failures == []
    for place, was in zip(places, before, strict=True):
        assert [key for key, x in was.items() if place.get(key) is not x] == []
    others = [m for key, m in [*sys.modules.items()] if isinstance(m, ModuleType) and not key.startswith("micrograd")]
    assert [(m, key) for m in others for key, x in [*vars(m).items()] if original_of(x) is not None] == []
    assert (library.by_default.__defaults__, library.PAIR) == (defaults, pair)
    assert library.TABLE["tan"] == [math.tan]


def test_what_cannot_be_lifted_is_refused() -> None:
    with pytest.raises(ValueError, match="math cannot be lifted"):
        lift(math)
    with pytest.raises(TypeError, match="lift takes modules, functions and classes, not 3"):
        lift(3)


def test_colours_of_the_standard_library() -> None:
    with lift(colorsys):
        r = Value(0.2)
        h, _, _ = colorsys.rgb_to_hsv(r, 0.4, 0.6)
        h.backward()
    assert r.grad == pytest.approx(slope(lambda x: colorsys.rgb_to_hsv(x, 0.4, 0.6)[0], 0.2), rel=1e-6)


def test_what_the_program_has_put_in_a_place_meanwhile_stays(library: ModuleType) -> None:
    with lift(library):
        library.TABLE["tan"].clear()
        library.TABLE["exp"] = math.exp2
        library.Model.square_root = staticmethod(math.cbrt)
        library.by_default.__defaults__ = (math.cosh,)
        library.root = math.fabs
    assert (library.TABLE, library.root) == ({"exp": math.exp2, "tan": []}, math.fabs)
    assert library.Model.square_root is math.cbrt
    assert library.by_default.__defaults__ == (math.cosh,)
    with lift(library):
        pass
    assert library.log if hasattr(library, "log") else library.m is math


def test_a_name_that_gets_another_function_is_lifted_anew(library: ModuleType) -> None:
    before = library.root
    for now, slope in ((math.sqrt, 0.25), (math.exp, math.exp(4.0)), (math.log, 0.25), (math.sqrt, 0.25)):
        library.root = library.TABLE["exp"] = now
        assert grad(lambda x: library.root(x))(4.0) == pytest.approx(slope)
        assert grad(lambda x: library.TABLE["exp"](x))(4.0) == pytest.approx(slope)
        assert library.root is library.TABLE["exp"] is now
    assert before is math.sqrt


def test_names_that_come_later_are_lifted_while_another_lift_goes_on(library: ModuleType) -> None:
    with lift(library):
        exec("from math import tanh\ndef later(x): return tanh(x)", vars(library))
        with lift(library):
            assert library.later(Value(0.5)).data == math.tanh(0.5)
    assert library.tanh is math.tanh


def test_names_of_this_package_stay_what_they_are(library: ModuleType) -> None:
    exec("from micrograd_like import exp, sin\nTABLE_OF_OURS = [sin]", vars(library))
    assert grad(lambda x: library.by_import(x) * library.by_names(x))(0.5) > 0
    assert (library.exp, library.TABLE_OF_OURS) == (ml.exp, [ml.sin])


def test_classes_that_refuse_to_be_written_are_lifted(tmp_path: Path) -> None:
    module = ModuleType("strict_library_of_others")
    module.__file__ = str(tmp_path / "strict.py")
    sys.modules[module.__name__] = module
    text = """
import enum, math
class Kind(enum.Enum):
    A = 1
    def value_of(self, x, f=math.exp): return f(x) * self.value
class Strict(type):
    def __setattr__(cls, name, x): raise AttributeError(name)
class Model(metaclass=Strict):
    f = math.sqrt
    @classmethod
    def of(cls, x, g=math.log): return cls.f(x) + g(x)
"""
    exec(compile(text, module.__file__, "exec"), vars(module))
    try:
        with lift(module):
            assert module.Kind.A.value_of(Value(1.0)).data == math.e
            assert module.Model.of(Value(4.0)).data == 2.0 + math.log(4.0)
        assert vars(module.Model)["f"] is math.sqrt
    finally:
        del sys.modules[module.__name__]


def test_what_is_imported_while_something_is_lifted_keeps_no_twin(library: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "late_library_of_others.py").write_text(
        "import math as m\nfrom math import exp, sqrt\nTABLE = [exp]\n"
        "class Late:\n    f = sqrt\ndef late(x): return exp(x)\n"
    )
    exec(
        "lazy = None\ndef lazily(x):\n    global lazy\n    import late_library_of_others\n    if lazy is None:\n"
        "        from math import atan as lazy\n    return lazy(x) * late_library_of_others.late(x) * math.exp(x)",
        vars(library),
    )
    sys.path.insert(0, str(tmp_path))
    try:
        measured = math.exp(1.0) * (2 * math.atan(0.5) + 0.8)
        assert [grad(library.lazily)(0.5) for _ in range(2)] == [pytest.approx(measured)] * 2
        late = sys.modules["late_library_of_others"]
        assert (library.lazy, late.m, late.exp, late.TABLE, vars(late.Late)["f"]) == (
            math.atan,
            math,
            math.exp,
            [math.exp],
            math.sqrt,
        )
        assert sys.modules["math"] is math
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("late_library_of_others", None)


def test_the_refusal_of_a_plain_float_names_the_module_to_lift(library: ModuleType) -> None:
    with pytest.raises(
        TypeError, match=r"or let library_of_others take Values, with lift\(library_of_others\): \.\.\."
    ):
        library.by_default(Value(0.7))


class Celsius:
    def __init__(self, degrees: Any) -> None:
        self.degrees = degrees

    def __float__(self) -> Any:
        return self.degrees


def test_float_of_an_object_is_what_the_object_answers() -> None:
    def kelvin(x: Any) -> Any:
        return math.exp(float(Celsius(x)) / 100) + 273.15

    assert value_and_grad(kelvin)(20.0) == (kelvin(20.0), math.exp(0.2) / 100)
    with pytest.raises(TypeError, match="__float__ returned non-float"):
        grad(lambda x: math.exp(x) + float(Celsius("warm")))(1.0)
