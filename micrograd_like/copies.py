"""Copies and pickles of whole graphs: shared Values shared once, at any depth, each of the class that it was.

A copy of a Value has a graph of its own, in which whatever differentiates the original differentiates the copy. Pickle
saves a Value by saving what it was made from first, each parent within the call for its child: it would run out of
stack on a long graph. So a Value puts its ancestors before itself, parents before their children, and leaves out those
that this pickle has already: a list of the states of one chain takes no longer than the chain.
"""

from __future__ import annotations

from _thread import _local
from copy import deepcopy
from weakref import ref

from .core import core, made
from .graph import Node
from .runs import running

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from typing import Any

SLOTS = {"_a", "_b", "_data", "_mark", "_out", "_scope", "_waiting", "_x", "_y", "grad", "name", "op"}
SIZE = core.Value.__basicsize__ if core else object.__basicsize__ + len(SLOTS) * tuple.__itemsize__  # of a plain Value


class Copyable(Node):
    """What `copy` and `pickle` ask of a Value."""

    __slots__ = ()

    def __copy__(self) -> Any:
        return with_own_attributes(value_restored(None, *state(self)), own_attributes(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        for node in unvisited(self, memo):
            if id(node) in memo:  # by now, as an attribute of one before it
                continue
            if type(node).__deepcopy__ is not Copyable.__deepcopy__:
                memo[id(node)] = node.__deepcopy__(memo)
                continue
            kind, data, grad, name, out, op, a, b, x, y, *scope = state(node)
            a, b = copied(a, memo), copied(b, memo)
            twin = value_restored(
                None, kind, data, grad, name, out, op, a, b, x, y, *[copied(part, memo) for part in scope]
            )
            memo[id(node)] = twin
            if (found := own_attributes(node)) is not None:
                with_own_attributes(twin, deepcopy(found, memo))
        return memo[id(self)]

    def __reduce__(self) -> tuple[Any, ...]:
        return value_restored, (before(self), *state(self)), own_attributes(self)


def state(node: Any) -> tuple[Any, ...]:
    """All that a Value has by itself, in the order in which `value_restored` takes it."""
    scope = (node._scope,) if hasattr(node, "_scope") else ()
    met = (node._x, node._y) if node.op else (None, None)
    return type(node), node._data, node.grad, node.name, node._out, node.op, node._a, node._b, *met, *scope


def value_restored(
    _: Any, kind: Any, data: float, grad: float, name: str | None, out: float, op: Any, a: Any, b: Any, x: Any, y: Any,
    *scope: Any
) -> Any:  # fmt: skip
    """A Value from its state; the first argument, which makes pickle save its ancestors before it, is not used."""
    v = made(out, op, a, x if op else running.THREAD.run, b, y, kind)
    v._data = data
    v.grad = grad
    v.name = name
    if scope:
        (v._scope,) = scope
    return v


# what a class of the user's own adds


def own_attributes(node: Any) -> Any:
    """What a user's subclass adds to a Value, as pickle has it: attributes in a dict, or that and a dict of slots."""
    kind: Any = type(node)
    if kind.__getstate__ is not object.__getstate__:
        return node.__getstate__()
    if kind.__basicsize__ == SIZE and not hasattr(node, "__dict__"):
        return None
    state: Any = object.__getstate__(node)
    named, slots = state if isinstance(state, tuple) else (state, {})
    slots = {name: x for name, x in slots.items() if name not in SLOTS}
    return (named, slots) if slots else named or None


def with_own_attributes(twin: Any, found: Any) -> Any:
    """The copy, with what `own_attributes` found, put back as pickle does it."""
    if found is not None and hasattr(twin, "__setstate__"):
        twin.__setstate__(found)
    elif found is not None:
        named, slots = found if isinstance(found, tuple) else (found, None)
        if named:
            vars(twin).update(named)
        for name, x in (slots or {}).items():
            setattr(twin, name, x)
    return twin


# graphs


def unvisited(root: Any, visited: Container[int]) -> list[Any]:
    """The nodes that the root was made from, and the root: parents first, but for those whose id was visited."""
    order: list[Any] = []
    seen: set[int] = set()
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node is None:  # all that the node below was made from is in order now
            order.append(stack.pop())
        elif id(node) not in seen and id(node) not in visited:
            seen.add(id(node))
            if node.op is None:
                order.append(node)
            else:
                stack += (node, None)
                stack += [x for x in reversed(node.parents) if type(x) is not float]
    return order


def copied(part: Any, memo: dict[int, Any]) -> Any:
    """A parent, a scope's input, or a tuple of them, among the copies."""
    if isinstance(part, tuple):
        return tuple(copied(x, memo) for x in part)
    if not isinstance(part, Node):
        return part
    return memo[id(part)] if id(part) in memo else deepcopy(part, memo)


# pickles


def before(node: Any) -> Any:
    """What a pickle has before a Value: nothing, if it has all that the Value was computed from."""
    if node.op is None:
        return None
    current = pickling()
    if id(node) in current.handed_out:
        current.handed_out.remove(id(node))
        current.written.add(id(node))
        return None
    return current, Ancestors(node)


class Ancestors:
    """Puts into a pickle all that a Value was computed from, but for what the pickle has already."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of

    def __reduce__(self) -> tuple[Any, ...]:
        current = pickling()
        missing = [node for node in unvisited(self.of, current.written)[:-1] if node.op]
        current.written.add(id(self.of))
        return (list, (), None, current.hand_out(missing)) if missing else (list, ())


class Pickling:
    """What one pickle has already: the ids of computed Values.

    It is written before each Value, and only the pickler's memo keeps it alive. A pickler calls its `__reduce__` if it
    does not know it yet: so it learns that another pickle has begun within this one, as in a user's own `__reduce__`.
    """

    __slots__ = ("__weakref__", "begun", "handed_out", "written")

    def __init__(self) -> None:
        self.begun = False
        self.written: set[int] = set()
        self.handed_out: set[int] = set()  # those that are written next, after all that they were computed from

    def hand_out(self, nodes: list[Any]) -> Iterator[Any]:
        for node in nodes:
            self.handed_out.add(id(node))
            yield node

    def __reduce__(self) -> tuple[Any, ...]:
        if self.begun:  # by another pickler than the one that asks
            other = Pickling()
            PICKLED.pickling = ref(other)
            return tuple, ((other,),)
        self.begun = True
        return tuple, ()


class LastPickle(_local):
    """The pickle to which the running thread wrote a Value last."""

    pickling: Callable[[], Pickling | None] = staticmethod(lambda: None)


PICKLED = LastPickle()


def pickling() -> Pickling:
    """The pickle that is going on; what it has already is nothing, if it has just begun."""
    current = PICKLED.pickling()
    if current is None:
        current = Pickling()
        PICKLED.pickling = ref(current)
    return current
