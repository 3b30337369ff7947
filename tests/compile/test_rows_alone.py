"""An operation is its row: no label, spelling or text of it decides what is computed, anywhere."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

import micrograd_like
from micrograd_like import Value, function, grad, jit, value_and_grad, vmap

PACKAGE = pathlib.Path(micrograd_like.__file__).parent
TEXTS = {"label", "spelling", "called"}


def decided_by_text(tree: ast.AST) -> Iterator[int]:
    """The lines on which the label or the spelling of an operation is compared, or looked for in something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if isinstance(side, ast.Attribute) and side.attr in TEXTS and named_op(side.value):
                    yield node.lineno
        key = node.slice if isinstance(node, ast.Subscript) else None
        if isinstance(key, ast.Attribute) and key.attr in TEXTS and named_op(key.value):
            yield node.lineno


def named_op(x: ast.AST) -> bool:
    """Whether this is what the package calls an operation."""
    return (isinstance(x, ast.Name) and x.id in ("op", "row", "question", "inside", "other")) or (
        isinstance(x, ast.Attribute) and x.attr in ("op", "_row", "question", "by_constant")
    )


def test_no_module_compares_the_text_of_an_operation() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in PACKAGE.rglob("*.py")
        for line in decided_by_text(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_a_comparison_of_texts_would_be_found() -> None:
    for text in ('op.label == "^"', '" if " in op.spelling', "table[node.op.label]", 'x.op.spelling != "x + y"'):
        assert [*decided_by_text(ast.parse(text))] == [1]


def share(x: Any, y: Any, out: Any, g: Any) -> Any:
    return g, g


@pytest.mark.parametrize("label", ["^", "×", "+", "abs", "Σ", "if", "int({x})"])
def test_a_label_decides_nothing_in_any_engine(label: str) -> None:
    raised = function("raised_by_label", "x + y", share, label=label)
    assert raised(Value(3.0), 4.0).data == 7.0
    for record in (jit, lambda f: jit(f, engine="native")):
        assert record(lambda x, y: raised(x, y))(3.0, 4.0) == 7.0
        assert record(value_and_grad(lambda x, y: raised(x, y) * x))(3.0, 4.0) == (21.0, 10.0)
    assert vmap(lambda x, y: raised(x, y))([3.0], [4.0]).tolist() == [7.0]
    assert vmap(grad(lambda x, y: raised(x, y) * x), engine="native")([3.0], [4.0]).tolist() == [10.0]


@pytest.mark.parametrize("spelling", ["x ** y", "x if x > y else y", "maximum(x, y)", "x * y"])
def test_a_function_behind_a_text_is_the_function(spelling: str) -> None:
    first = function("behind_a_text", lambda x, y: x - y, lambda x, y, out, g: (g, -g), label=spelling)
    for record in (jit, lambda f: jit(f, engine="native")):
        assert record(lambda x, y: first(x, y))(3.0, 4.0) == -1.0
        assert record(grad(lambda x, y: first(x, y) * y, 1))(3.0, 4.0) == -5.0
    assert vmap(lambda x, y: first(x, y))([3.0], [4.0]).tolist() == [-1.0]


@pytest.mark.parametrize("k", [2.0, 5.0])
def test_an_operation_defined_anew_is_the_new_one_in_every_engine(k: float) -> None:
    scaled = function("scaled_anew", f"x * {k}", lambda x, out, g: g * out / x)
    for record in (jit, lambda f: jit(f, engine="native")):
        assert record(lambda x: scaled(x))(3.0) == 3.0 * k
        assert record(grad(lambda x: scaled(x)))(3.0) == k
    assert vmap(lambda x: scaled(x))([3.0]).tolist() == [3.0 * k]
