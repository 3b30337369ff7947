"""What a function answers: a tree with LEAF in the place of each number, and how it is made again."""

from __future__ import annotations

from ..errors import TracingError
from ..graph import Node
from ..lifting.below_float import without_twins
from ..trace.condition import Condition
from ..trees.containers import is_array
from ..trees.planting import planted
from ..trees.tree import leaves
from ..value import Value
from .closed.watch import Closed

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


class Leaf(Node):
    """What stands in an answer's tree where a number will be."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "·"

    def __reduce__(self) -> str:
        return "LEAF"


LEAF = Leaf()


def taken_apart(answer: Any, closed: Closed) -> tuple[Any, list[Any]]:
    """The answer as a tree, and the Symbols and plain numbers in it."""
    name, by = closed.trace.name, closed.trace.by
    try:
        answer = without_twins(answer, leaves, planted)
        found = leaves(answer)
    except TypeError as error:
        raise TracingError(f"{by} takes functions that answer numbers, and {name} does not: {error}") from None
    if isinstance(answer, str) or not (found or hasattr(answer, "__len__") or isinstance(answer, bool)):
        hint = ": does it lack a `return`?" if answer is None else ""
        raise TracingError(f"{by} takes functions that answer numbers; {name} answered {answer!r:.60}{hint}")
    if closed.trace.printed and holds_text(answer):
        raise TracingError(
            f"{name} makes text of its numbers, and answers text: {by} would answer the same text in every call. "
            "Answer numbers, and format them outside"
        )
    lifted = [closed.lift(x) if issubclass(type(x), Value) else x for x in found]
    places = [bool(x) if isinstance(x, Condition) else LEAF for x in lifted]
    return planted(answer, places), [x for x in lifted if not isinstance(x, Condition)]


def holds_text(tree: Any) -> bool:
    """Whether there is text in an answer, in its lists, tuples and dicts."""
    if isinstance(tree, dict):
        return any(map(holds_text, tree.values()))
    return any(map(holds_text, tree)) if isinstance(tree, list | tuple) else isinstance(tree, str)


def in_parentheses(names: Iterable[str]) -> str:
    """A tuple, as Python writes it."""
    names = [*names]
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def is_spelled(tree: Any) -> bool:
    """Whether the tree can be written down: numbers, text, None, True, False in lists, tuples and dicts."""
    if type(tree) in (list, tuple):
        return all(map(is_spelled, tree))
    if type(tree) is dict:
        return all(map(is_spelled, tree.keys())) and all(map(is_spelled, tree.values()))
    return tree is None or tree is LEAF or type(tree) in (bool, str, int)


def spelled_tree(tree: Any, numbers: Iterator[str]) -> str:
    """The tree as Python, with these texts in the places of its numbers."""
    if tree is LEAF:
        return next(numbers)
    if type(tree) is list:
        return f"[{', '.join(spelled_tree(x, numbers) for x in tree)}]"
    if type(tree) is tuple:
        return in_parentheses(spelled_tree(x, numbers) for x in tree)
    if type(tree) is dict:
        return f"{{{', '.join(f'{key!r}: {spelled_tree(x, numbers)}' for key, x in tree.items())}}}"
    return repr(tree)


def is_of_arrays(tree: Any) -> bool:
    """Whether the tree is an array of numbers, or lists and tuples of numbers and such arrays."""
    if type(tree) in (list, tuple):
        return all(map(is_of_arrays, tree))
    return tree is LEAF or (type(tree).__name__ == "ndarray" and all(x is LEAF for x in tree.ravel().tolist()))


def answer_maker(tree: Any, place: int = 0) -> Callable[[Any], Any]:
    """How the answer is made of its numbers, which stand in the array `out` from that place on."""
    end = place + len(leaves(tree))
    if tree is LEAF:
        return lambda out: out.item(place)
    if is_array(tree) and all(x is LEAF for x in tree.ravel().tolist()):
        shape = tree.shape
        return (lambda out: out[place:end]) if len(shape) == 1 else lambda out: out[place:end].reshape(shape)
    kind = type(tree)
    if kind is not list and kind is not tuple:
        return lambda out: planted(tree, out[place:end].tolist())
    if all(x is LEAF for x in tree):
        return (lambda out: out[place:end].tolist()) if kind is list else lambda out: tuple(out[place:end].tolist())
    parts = []
    for branch in tree:
        parts.append(answer_maker(branch, place))
        place += len(leaves(branch))
    if kind is tuple and len(parts) == 2:
        first, second = parts
        return lambda out: (first(out), second(out))
    return lambda out: kind([part(out) for part in parts])
