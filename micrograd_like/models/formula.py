"""An expression given as text, as a function of its names in plain Python."""

from __future__ import annotations

import ast
from copy import deepcopy
from linecache import cache

from ..words.expression import CALLABLE, NAMED_NUMBERS, Expression, name_nodes, position

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any


def model_of_text(text: str, given: Collection[str]) -> Callable[..., Any]:
    """The function that an expression is, of its names in their order; those that it needs are `given`.

    >>> model_of_text("price = apple * n; price * tax", ["apple", "n", "tax"])(100.0, 2.0, 1.5)
    300.0
    """
    expression = Expression(text)
    known = NAMED_NUMBERS | dict.fromkeys(given, 0.0)
    body: list[ast.stmt] = []
    for target, root in expression.statements:
        expression.check_names(root, known)
        known |= {target.id: 0.0} if target else {}
        answer = InFloats(known).visit(deepcopy(root))
        body.append(ast.Assign([target], answer, lineno=0) if target else ast.Return(answer))
    if isinstance(body[-1], ast.Assign):
        body[-1] = ast.Return(body[-1].value)
    taken = expression.names
    read = [node.id for _, root in expression.statements for node in sorted(name_nodes(root), key=position)]
    order = [name for name in dict.fromkeys(read) if name in taken and (name in given or name not in NAMED_NUMBERS)]
    source = f"def answer({', '.join(order)}):\n" + "".join(f"    {ast.unparse(line)}\n" for line in body)
    file = f"<{text[:60]}>"
    cache[file] = len(source), None, source.splitlines(keepends=True), file
    functions = {f"{name}_" if name in known else name: row[0] for name, row in CALLABLE.items()}
    variables: dict[str, Any] = {**NAMED_NUMBERS, **functions, "__name__": "formula"}
    exec(compile(source, file, "exec"), variables)
    return variables["answer"]  # type: ignore[no-any-return]


class InFloats(ast.NodeTransformer):
    """Whole numbers become floats, as expressions have them; functions that are called like a name get another one."""

    def __init__(self, known: dict[str, float]) -> None:
        self.known = known

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.copy_location(ast.Constant(float(node.value)), node)  # type: ignore[arg-type]

    def visit_Call(self, node: ast.Call) -> ast.Call:
        assert isinstance(node.func, ast.Name)
        name = f"{node.func.id}_" if node.func.id in self.known else node.func.id
        args = [self.visit(x) for x in node.args]
        return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), args, []), node)
