"""What every graph of operations shares, whatever its nodes are: the order to visit it in, and the chain rule."""

from __future__ import annotations

import gc
from _collections_abc import MutableMapping

from .core import core

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from .operation import Op

    ClosureOf = Callable[[Any], Callable[[Any], Iterable[Any]]]  # of a node, its local backward closure


class Node:
    """What an operation made of its parents: other nodes, and plain numbers. A leaf has no operation and no parents."""

    __slots__ = ()

    if TYPE_CHECKING:
        op: Op | None
        parents: tuple[Any, ...]
        name: str | None
        _row: Op | None  # the same, also of nodes that have to look like plain numbers
        _parents: tuple[Any, ...]
        _name: str | None
        _data: Any

        @staticmethod
        def record(op: Op, *inputs: Any) -> Any: ...


if not TYPE_CHECKING and core:
    Node = core.Node


class ByNode(MutableMapping):  # type: ignore[type-arg]  # subscripts would cost the import of `typing`
    """A mapping from nodes, each for itself: nodes of a run are equal, and hash, as the numbers that they stand for.

    >>> from micrograd_like import Value
    >>> x, y = Value(2.0), Value(2.0)
    >>> names = ByNode([(x, "x"), (y, "y")])
    >>> names[x], names[y], len(names)
    ('x', 'y', 2)
    """

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[Any, Any]] = ()) -> None:
        self._pairs = {id(pair[0]): pair for pair in pairs}

    def __getitem__(self, node: Any) -> Any:
        return self._pairs[id(node)][1]

    def __setitem__(self, node: Any, x: Any) -> None:
        self._pairs[id(node)] = node, x

    def __delitem__(self, node: Any) -> None:
        del self._pairs[id(node)]

    def __contains__(self, node: Any) -> bool:
        return id(node) in self._pairs

    def get(self, node: Any, default: Any = None) -> Any:
        return self._pairs.get(id(node), (node, default))[1]

    def __iter__(self) -> Iterator[Any]:
        return (node for node, _ in self._pairs.values())

    def __len__(self) -> int:
        return len(self._pairs)


def topological_order(*roots: Any, beyond: Iterable[Any] = ()) -> list[Any]:
    """Every node the roots were made from, the roots too: parents before their children.

    >>> from micrograd_like import Value
    >>> a, b = Value(2, name="a"), Value(1, name="b")
    >>> c = a + b
    >>> topological_order(c * b) == [a, b, c, c * b]
    True

    The nodes that are named as `beyond` are left out, and so is what only they were made from.
    """
    order: list[Any] = []
    seen = {*map(id, beyond)}
    stack: list[Any] = [*reversed(roots)]
    while stack:
        node = stack.pop()
        if node is None:  # all that the node below was made from is in order now
            order.append(stack.pop())
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append(node)
            stack.append(None)
            for x in reversed(node._parents):
                if type(x) is not float and id(x) not in seen:
                    stack.append(x)
    return order


def reached_by(order: list[Any], variables: list[Any]) -> list[Any]:
    """The nodes of an order, parents first, that the variables lead to, but for themselves."""
    moving, found = {*map(id, variables)}, []
    for node in order:
        if any(id(x) in moving for x in node._parents):
            moving.add(id(node))
            found.append(node)
    return found


def made_from(order: list[Any]) -> set[int]:
    """The ids of the parents of all nodes of an order."""
    return {id(x) for node in order for x in node._parents if type(x) is not float}


def chain_rule(output: Any, closure_of: ClosureOf) -> ByNode:
    """The derivative of `output` by every node it was made from."""
    return reverse_sweep(topological_order(output), [(output, 1.0)], closure_of)


def reverse_sweep(order: list[Any], arriving: Iterable[tuple[Any, Any]], closure_of: ClosureOf) -> ByNode:
    """From the derivatives that arrive at some of the nodes, those by every node before them.

    A node is visited when all its children have handed their share to it, and hands its parents theirs: what its
    local backward closure answers to the derivative that has arrived. The order is that of `backward.py`, so that sums
    are the same to the last bit.
    """
    waiting: dict[int, int] = {}
    for node in order:
        for x in node._parents:
            if type(x) is not float:
                waiting[id(x)] = waiting.get(id(x), 0) + 1
    derivatives = ByNode(arriving)
    pairs = derivatives._pairs
    ready = [node for node in derivatives if id(node) not in waiting]
    while ready:
        node = ready.pop()
        if node._row is not None:
            parents, pair = node._parents, pairs.get(id(node))
            shares = closure_of(node)(pair[1]) if pair else (None,) * len(parents)
            for x, share in zip(parents, shares, strict=True):
                k = id(x)
                if k in waiting:
                    if share is not None:
                        pairs[k] = x, pairs[k][1] + share if k in pairs else share
                    waiting[k] -= 1
                    if not waiting[k]:
                        ready.append(x)
    return derivatives


def forward_sweep(order: list[Any], moving: Iterable[tuple[Any, Any]], closure_of: ClosureOf) -> ByNode:
    """From the rates at which some nodes move, those of every node after them.

    A node moves by the sum of its parents' moves, each times its local derivative: what the local backward closure
    answers to 1.
    """
    tangents = ByNode(moving)
    for node in order:
        if any(type(x) is not float and x in tangents for x in node._parents):
            for x, slope in zip(node._parents, closure_of(node)(1.0), strict=True):
                if isinstance(x, Node) and slope is not None and x in tangents:
                    move = slope * tangents[x]
                    tangents[node] = tangents[node] + move if node in tangents else move
    return tangents


def swept_by_the_core(order: list[Any], arriving: Iterable[tuple[Any, Any]], closure_of: ClosureOf) -> ByNode:
    """The same as `reverse_sweep`, by its compiled twin."""
    derivatives = ByNode()
    derivatives._pairs = core.reverse_sweep(order, [*arriving], closure_of)
    return derivatives


if core:
    topological_order, reached_by, made_from = core.topological_order, core.reached_by, core.made_from
    reverse_sweep = swept_by_the_core


class Paused:
    """While it is entered, the garbage collector waits: what makes a large graph keeps all that it makes, and to search
    that again and again takes half of the time."""

    def __enter__(self) -> None:
        self.was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self.was_on:
            gc.enable()
