"""What libraries do with NumPy's arrays, of numbers that a run follows."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from micrograd_like import grad, jit, value_and_grad

np = pytest.importorskip("numpy")
LIBRARY = '''
import math
import numpy as np
def in_brackets(x): return np.r_[x, 2.0].astype(float).view(type=Vector)[0] * np.c_[x, x][0, 1]
class Vector(np.ndarray):
    """An array of a class of its own."""
class Length(np.ndarray):
    def __new__(cls, x): return np.array(x).view(cls)
    def scaled(self, k): return Length(np.array(k * self, dtype=np.result_type(self.dtype, np.float64)))
    def viewed(self): return np.asarray(self).view(type=Vector, dtype=float)
def in_units(x): return Length([x, 2.0]).scaled(3.0).sum().item()
def as_double(x): return np.double(np.atleast_2d([x, 2.0]))[0, 0] * x
def in_pieces(x):
    t = np.atleast_1d(x)
    out = np.full_like(t, -1.0, dtype=float)
    out[t > 0] = t[t > 0] ** 2
    return out[0]
def out_of(x):
    out = np.empty(())
    np.multiply(x, 3.0, out=out)
    return out.item()
def asked(x): return x if not np.isclose(x, 1.0).any() and np.isfinite(x).all() else 0.0 * x
def largest(x): return np.fmax(x, 0.0).astype(float) * 2 + np.fmax(-x, 1.0).astype(float)
class Filter:
    def __init__(self): self.gain = np.eye(2)
def wrapped(f):
    return lambda x: f(x)
def table_of(fs):
    return lambda x: fs[0](x)
'''
SLOPES = {"in_brackets": 6.0, "in_units": 3.0, "as_double": 6.0, "in_pieces": 6.0, "out_of": 3.0, "asked": 1.0}
SLOPES |= {"largest": 2.0}


@pytest.fixture
def library(tmp_path: Any) -> Iterator[ModuleType]:
    file = tmp_path / "with_arrays.py"
    file.write_text(LIBRARY)
    spec = importlib.util.spec_from_file_location("with_arrays", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["with_arrays"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["with_arrays"]


@pytest.mark.parametrize("name", SLOPES)
def test_their_arrays_take_numbers_of_a_run(library: ModuleType, name: str) -> None:
    f = getattr(library, name)
    assert value_and_grad(lambda x: f(x))(3.0) == (f(3.0), pytest.approx(SLOPES[name]))
    assert jit(grad(lambda x: f(x)))(3.0) == pytest.approx(SLOPES[name])


def test_what_an_object_has_made_before_has_room_for_numbers(library: ModuleType) -> None:
    kind = library.Filter

    def f(x: Any) -> Any:
        k = kind()
        k.gain *= x
        return k.gain[0, 0] ** 2

    assert value_and_grad(f)(3.0) == (9.0, 6.0)


def test_functions_in_the_cells_of_others_are_lifted(library: ModuleType) -> None:
    import math

    through, of_table = library.wrapped(library.wrapped(math.exp)), library.table_of([library.wrapped(math.sin)])
    library.through, library.of_table = through, of_table
    assert value_and_grad(lambda x: library.through(x))(0.5) == (math.exp(0.5), math.exp(0.5))
    assert value_and_grad(lambda x: library.of_table(x))(0.5) == (math.sin(0.5), math.cos(0.5))
    assert through.__closure__[0].cell_contents.__closure__[0].cell_contents is math.exp
