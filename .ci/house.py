"""Counts of the house: the length of files and functions, names that are defined twice, who imports whom.

python .ci/house.py                 prints every count, and what is beyond the limits; then it fails
python .ci/house.py demos/house.svg     draws the rooms and their floors
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "micrograd_like"
LONGEST_FILE, LONGEST_FUNCTION = 400, 45  # lines

Graph = dict[str, set[str]]


def modules() -> dict[str, ast.Module]:
    """The package's modules by their names within it: "value", "trace.symbol", "trace" and "", the front door."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found["" if name == "__init__" else name.removesuffix(".__init__")] = ast.parse(path.read_text("utf-8"))
    return found


def path_of(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes that run: none of those under `if TYPE_CHECKING`."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            stack += node.orelse
        else:
            yield node
            stack += ast.iter_child_nodes(node)


def imports(module: str, known: dict[str, ast.Module]) -> set[str]:
    """The modules of the package that this one imports, at its top or in its functions."""
    here = module.split(".") if path_of(module).name == "__init__.py" and module else module.split(".")[:-1]
    found = set()
    for node in statements(known[module]):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = [*here[: len(here) - node.level + 1], *(node.module or "").split(".")]
            source = ".".join(filter(None, parts))
            for alias in node.names:
                inner = f"{source}.{alias.name}".lstrip(".")
                found.add(inner if inner in known else source)
    return found - {module, ""}


def module_graph() -> Graph:
    known = modules()
    return {module: imports(module, known) for module in known if module}


def room_of(module: str) -> str:
    """The folder at the top that a module is in, or the module itself."""
    return module.partition(".")[0]


def room_graph(graph: Graph) -> Graph:
    rooms: Graph = defaultdict(set)
    for module, others in graph.items():
        rooms[room_of(module)] |= {room_of(other) for other in others} - {room_of(module)}
    return dict(rooms)


def floors(rooms: Graph) -> dict[str, int]:
    """How high each room stands: above all that it imports from; of rooms that import one another there are none."""
    found: dict[str, int] = {}
    while len(found) < len(rooms):
        ready = {room for room, below in rooms.items() if room not in found and below <= found.keys()}
        if not ready:
            break
        found |= {room: max((found[other] + 1 for other in rooms[room]), default=0) for room in ready}
    return found


def circles(graph: Graph) -> list[list[str]]:
    """Groups of modules that import one another, be it by others."""
    behind = {module: reached(graph, module) for module in graph}
    groups = {frozenset({b for b in behind[a] if a in behind.get(b, ())}) for a in graph}
    return sorted(sorted(group) for group in groups if group)


def reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    stack = [*graph[start]]
    while stack:
        module = stack.pop()
        if module not in found:
            found.add(module)
            stack += graph.get(module, ())
    return found


def defined(tree: ast.Module) -> Iterator[str]:
    """The names of the functions and classes at the top of a module, and of what is assigned there."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (x.id for target in targets for x in ast.walk(target) if is_stored(x))


def is_stored(x: ast.AST) -> bool:
    """Whether a name is given a value here: x of `x = …`, not of `x[0] = …` or `x.y = …`."""
    return isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)


def twice() -> dict[str, list[str]]:
    """Names that are defined at the top of two modules or more, and in which.

    Left out are functions that `math.py` has under the name of the standard `math`, and `ops.py` as an operation.
    """
    where: dict[str, list[str]] = defaultdict(list)
    for module, tree in modules().items():
        for name in {*defined(tree)} - {"TYPE_CHECKING"}:
            if not (name.startswith("__") and name.endswith("__")):
                where[name].append(module)
    return {name: found for name, found in sorted(where.items()) if len({*found} - {"math", "ops", "special"}) > 1}


def long_functions() -> Iterator[tuple[int, str]]:
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (length := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION:
                yield length, f"{module}.{node.name}"


def file_lengths() -> dict[str, int]:
    kinds = ("*.py", "*.js", "*.css", "*.html")
    paths = sorted(path for kind in kinds for path in PACKAGE.rglob(kind))
    return {str(path.relative_to(PACKAGE)): len(path.read_text("utf-8").splitlines()) for path in paths}


def told(what: str, found: Iterable[str]) -> int:
    """Print how many there are and which; answer how many."""
    listed = [*found]
    print(f"{len(listed):5} {what}", *listed, sep="\n        ")
    return len(listed)


def drawing() -> str:
    """The rooms as DOT text, each on its floor; an arrow to a room stands for those to what that one stands on, too."""
    rooms = room_graph(module_graph())
    level = floors(rooms)
    lines = ['digraph { rankdir=BT node [shape=box style="rounded,filled" fillcolor="#eef2f8" fontname="sans-serif"]']
    lines += ['  edge [color="#8894a8" arrowsize=0.6]']
    for floor in range(max(level.values()) + 1):
        here = " ".join(f'"{room}"' for room in sorted(level) if level[room] == floor)
        lines.append(f"  {{ rank=same {here} }}")
    for room, others in sorted(rooms.items()):
        below = {other for between in others for other in reached(rooms, between)}
        lines += [f'  "{other}" -> "{room}"' for other in sorted(others - below)]
    return "\n".join([*lines, "}"])


def main() -> int:
    lengths, graph = file_lengths(), module_graph()
    of_python = [n for path, n in lengths.items() if path.endswith(".py")]
    print(f"{sum(of_python):5} lines of Python in {len(of_python)} files; the longest has {max(of_python)}")
    print(f"{max(floors(room_graph(graph)).values()) + 1:5} floors")
    return (
        told(f"files over {LONGEST_FILE} lines", (f"{path} {n}" for path, n in lengths.items() if n > LONGEST_FILE))
        + told(f"functions over {LONGEST_FUNCTION} lines", (f"{name} {n}" for n, name in sorted(long_functions())))
        + told("circles of modules", (", ".join(group) for group in circles(graph)))
        + told("circles of rooms", (", ".join(group) for group in circles(room_graph(graph))))
        + told("names defined in several modules", (f"{name}: {', '.join(found)}" for name, found in twice().items()))
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        from micrograd_like.pictures.layout import laid_out

        Path(sys.argv[1]).write_bytes(laid_out(drawing(), "svg"))
    else:
        sys.exit(bool(main()))
