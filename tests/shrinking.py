"""Makes the text of a program shorter for as long as it shows the same: whole statements go first, then operands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

KEPT = ("DERIVED", "PARAMETERS", "LABELS")  # what an oracle is told about the program


def shortest(text: str, shows: Callable[[str], bool], tries: int = 400) -> str:
    """A shorter program that still shows what the given one does; nothing more of it can be left out, or tries end."""
    text = ast.unparse(ast.parse(text))
    if not shows(text):
        return text
    k = 0
    while tries > 0:
        tree = ast.parse(text)
        cuts = [*cuts_of(tree)]
        if k >= len(cuts):
            return text
        tries -= 1
        cuts[k]()
        shorter = ast.unparse(ast.fix_missing_locations(tree))
        if len(shorter) < len(text) and shows(shorter):
            text = shorter
        else:
            k += 1
    return text


def cuts_of(tree: ast.Module) -> Iterator[Callable[[], None]]:
    """What may be left out, largest first: each cut changes the tree."""
    kept = {id(node) for statement in tree.body if is_kept(statement) for node in ast.walk(statement)}
    nodes = [node for node in ast.walk(tree) if id(node) not in kept]
    for node in nodes:
        for name in ("body", "orelse"):
            statements = getattr(node, name, None)
            if isinstance(statements, list):
                for k, statement in reversed([*enumerate(statements)]):
                    if not is_kept(statement):
                        yield lambda body=statements, k=k, filled=name == "body": without(body, k, filled)
    for node in nodes:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield lambda field=node: without_field(tree, field)
    for node in nodes:
        if isinstance(node, ast.If | ast.For | ast.While):
            yield lambda node=node: unwrapped(tree, node)
    for node in nodes:
        for name, part in ast.iter_fields(node):
            if isinstance(part, ast.BinOp):
                for side in (part.left, part.right):
                    yield lambda node=node, name=name, side=side: setattr(node, name, side)
            elif isinstance(part, list) and name in ("elts", "decorator_list", "keywords"):
                for k in range(len(part)):
                    yield lambda part=part, k=k: part.pop(k)


def is_kept(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", None) in KEPT


def without(body: list[ast.stmt], k: int, filled: bool) -> None:
    del body[k]
    if filled and not body:
        body.append(ast.Pass())


def without_field(tree: ast.Module, field: Any) -> None:
    """A dataclass without a field, and calls without the argument for it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and field in node.body:
            without(node.body, node.body.index(field), filled=True)
        if isinstance(node, ast.Call):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != field.target.id]


def unwrapped(tree: ast.Module, statement: Any) -> None:
    """What a branch or a loop does, without it."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and statement in body:
            k = body.index(statement)
            body[k : k + 1] = statement.body
