"""Which scopes lie around each value, and which run of each: found from the output backwards.

An arrow leads into a scope at a Value that came out of it, and out of it again at what went in.
"""

from __future__ import annotations

from collections import Counter
from itertools import takewhile

from .scope import DEEPEST_SCOPES, exits_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from ..value import Value
    from .scene import Scene

    Path = tuple[Any, ...]  # the scopes around a value, outermost first


class ScopeRun:
    """One run of a scope, within the run of another."""

    __slots__ = ("above", "depth", "inputs", "part", "path")

    def __init__(self, above: ScopeRun | None, part: Any, inputs: frozenset[Value]) -> None:
        self.above = above
        self.part = part
        self.inputs = inputs
        self.path: Path = (*above.path, part) if above else ()
        self.depth = len(self.path)

    def up_to(self, depth: int) -> ScopeRun:
        """The run at that depth around it, or itself."""
        call = self
        while call.depth > depth and call.above:
            call = call.above
        return call

    def around(self, x: Value) -> ScopeRun:
        """The run in which x was computed, seen from one that uses x: outside of all runs that x goes into."""
        call = outside = self
        while call.above:
            if x in call.inputs:
                outside = call.above
            call = call.above
        return outside


class Calls:
    """All the runs of scopes that have been found."""

    def __init__(self) -> None:
        self.top = ScopeRun(None, "", frozenset())
        self.known: dict[tuple[ScopeRun, Any, int], ScopeRun] = {}
        self.inputs: dict[int, frozenset[Value]] = {}

    def entered(self, call: ScopeRun, exits: tuple[Any, ...]) -> ScopeRun:
        """The run in which a Value was computed that came out of these scopes and was used in `call`."""
        for path, given in zip(exits[::2], exits[1::2], strict=True):
            inputs = self.inputs.get(id(given))
            if inputs is None:
                inputs = self.inputs[id(given)] = frozenset(x for x in given if type(x) is not float)
            for part in path:
                if not is_within(call, part, inputs) and call.depth < DEEPEST_SCOPES:
                    key = call, part, id(given)
                    call = self.known.get(key) or self.known.setdefault(key, ScopeRun(call, part, inputs))
        return call


def is_within(call: ScopeRun | None, part: Any, inputs: frozenset[Value]) -> bool:
    """Whether a run is, or lies in, that run of that scope."""
    while call:
        if call.inputs is inputs and call.part == part:
            return True
        call = call.above
    return False


def innermost_around(a: ScopeRun, b: ScopeRun) -> ScopeRun:
    """The innermost run around both."""
    while a is not b:
        if a.depth >= b.depth and a.above:
            a = a.above
        elif b.above:
            b = b.above
    return a


def scope_paths(scene: Scene) -> tuple[list[Path], list[ScopeRun | None], Counter[Path]]:
    """The scopes around each value, outermost first, the run in which it was computed, and how often each scope ran."""
    values = scene.values
    found: list[ScopeRun | None] = [None] * len(values)
    if not any(map(exits_of, values)):
        return [()] * len(values), found, Counter()
    calls = Calls()
    homes: list[Path | None] = [None] * len(values)  # of an input: the scope of all that use it, in whichever run
    for mark, v in zip(reversed(scene.marks), reversed(values), strict=True):
        call, exits = found[mark.index] or calls.top, exits_of(v)
        if exits:
            call = found[mark.index] = calls.entered(call, exits)
        for x in mark.inputs:
            if not isinstance(x, float):
                i = x.index
                place = call.around(values[i]) if call.above else call
                if x.op is None:
                    homes[i] = prefix(homes[i], place.path)
                else:
                    before = found[i]
                    found[i] = place if before is None else innermost_around(before, place)
    paths = [home if home is not None else call.path if call else () for call, home in zip(found, homes, strict=True)]
    return paths, found, Counter(call.path for call in calls.known.values())


def prefix(one: Path | None, other: Path) -> Path:
    """The longest path with which both begin; the other one if one is None."""
    if one is None or one == other:
        return other
    return tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
