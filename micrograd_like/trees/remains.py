"""What a run has left in a tree: its Values, and the tree with numbers in their places."""

from __future__ import annotations

from types import GeneratorType

from ..graph import Node
from .models import ModelTwin, OfRun
from .twins import Twins, leading

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .twins import Place


def nodes_in(tree: Any) -> list[Any]:
    """The Values in the tree and in all that can be followed, without a look at plain numbers."""
    if tree is None:
        return []
    found = Nodes({})
    leading([tree], found)
    return found.nodes


class Nodes(OfRun):
    def __init__(self, variables: dict[int, Any]) -> None:
        super().__init__(variables)
        self.nodes: list[Any] = []

    def leaf(self, x: Any, place: Place) -> bool:
        if isinstance(x, Node):
            self.nodes.append(x)
        return False


def without_nodes(tree: Any, number: Callable[[Any], Any], variables: list[Any], models: list[ModelTwin]) -> Any:
    """The tree with numbers in place of what a run has made; what holds nothing of that is the very same object."""
    wanted = OfRun({id(v): v for v in variables})
    twins = Twins(lambda x, place: number(x) if wanted.leaf(x, place) else x, leading([tree], wanted))
    for model, twin in (pair for each in models for pair in each.pairs):
        twins.memo[id(twin)] = twin, model
        twins.begun.add(id(twin))
    if isinstance(tree, GeneratorType):
        return (without_nodes(x, number, variables, models) for x in tree)
    return twins.of(tree, (0, None))
