"""Cycles of arrows, whose marks become one mark, so that the other arrows all run forward."""

from __future__ import annotations

from graphlib import TopologicalSorter
from heapq import heappop, heappush

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from typing import TypeVar

    T = TypeVar("T", bound=Hashable)


def cycles(arrows: Mapping[T, Iterable[T]]) -> list[list[T]]:
    """The strongly connected components of more than one, by Tarjan's algorithm, without recursion.

    >>> cycles({"a": ["b"], "b": ["c", "d"], "c": ["b"], "d": []})
    [['c', 'b']]

    Tarjan, Depth-first search and linear graph algorithms, SIAM Journal on Computing 1 (1972), 146-160.
    """
    found: list[list[T]] = []
    number: dict[T, int] = {}  # in the order of the visit
    lowest: dict[T, int] = {}  # the first on the path that can be reached; gone, once its component is known
    path: list[T] = []
    for root in arrows:
        waiting = [] if root in number else [(root, iter(arrows[root]))]
        if waiting:
            number[root] = lowest[root] = len(number)
            path.append(root)
        while waiting:
            x, ends = waiting[-1]
            for y in ends:
                if y not in number:
                    number[y] = lowest[y] = len(number)
                    path.append(y)
                    waiting.append((y, iter(arrows.get(y, ()))))
                    break
                if y in lowest:
                    lowest[x] = min(lowest[x], lowest[y])
            else:
                waiting.pop()
                if waiting:
                    before = waiting[-1][0]
                    lowest[before] = min(lowest[before], lowest[x])
                if lowest[x] == number[x]:
                    found += closed(path, x, lowest)
    return found


def closed(path: list[T], root: T, lowest: dict[T, int]) -> list[list[T]]:
    """What lies behind the root on the path, taken off it: one component; none if that is the root alone."""
    component = [path.pop()]
    while component[-1] != root:
        component.append(path.pop())
    for x in component:
        del lowest[x]
    return [component] if len(component) > 1 else []


def sorted_by_arrows(items: Sequence[T], arrows: Iterable[tuple[T, T]]) -> list[T]:
    """The items, each behind all that lead to it, and otherwise as they stand.

    >>> sorted_by_arrows("abc", [("c", "a")])
    ['b', 'c', 'a']
    """
    place = {x: k for k, x in enumerate(items)}
    sorter = TopologicalSorter(dict.fromkeys(items, ()))
    for start, end in arrows:
        sorter.add(end, start)
    sorter.prepare()
    ready: list[int] = []
    found = []
    while sorter.is_active():
        for x in sorter.get_ready():
            heappush(ready, place[x])
        x = items[heappop(ready)]
        found.append(x)
        sorter.done(x)
    return found
