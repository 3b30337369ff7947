"""A library that keeps a module's own names, as `globals()` or `vars(math)`, is lifted, and nothing beside it is."""

from __future__ import annotations

import builtins
import math
import sys
from types import ModuleType
from typing import Any

import pytest

from micrograd_like import grad, jit

LIBRARY = """
import builtins, math
from math import exp
own_names = globals()
names_of_all = {"builtins": [vars(builtins)]}
names = math.__dict__
copied = {**vars(math)}
def by_own_names(x): return own_names["exp"](x) * float(x)
def by_names(x): return names["exp"](x) * names["sqrt"](x)
def by_copied_names(x): return copied["exp"](x) * copied["sqrt"](x)
"""
SLOPES = {
    "by_own_names": lambda x: math.exp(x) * (1 + x),
    "by_names": lambda x: math.exp(x) * (x**0.5 + 0.5 / x**0.5),
    "by_copied_names": lambda x: math.exp(x) * (x**0.5 + 0.5 / x**0.5),
}


@pytest.fixture
def library() -> Any:
    """A module that keeps the names of others."""
    module = ModuleType("library_with_names_of_others")
    module.__file__ = "/somewhere/library_with_names_of_others.py"
    sys.modules[module.__name__] = module
    exec(compile(LIBRARY, module.__file__, "exec"), vars(module))
    yield module
    del sys.modules[module.__name__]


@pytest.mark.parametrize("name", [*SLOPES])
def test_a_library_that_keeps_names_leaves_those_of_all_others_alone(name: str, library: ModuleType) -> None:
    f, shared = getattr(library, name), (vars(builtins), vars(math))
    known, seen = [{**names} for names in shared], []

    def watched(x: Any) -> Any:
        y = f(x)
        seen.extend(key for now, then in zip(shared, known, strict=True) for key in then if now[key] is not then[key])
        return y

    expected = [pytest.approx(SLOPES[name](x)) for x in (0.7, 0.9, 1.1)]
    for derivative in (grad(f), jit(grad(f)), grad(watched)):
        assert [derivative(x) for x in (0.7, 0.9, 1.1)] == expected
    assert seen == []
    assert library.names is vars(math)
    assert library.own_names is vars(library)
