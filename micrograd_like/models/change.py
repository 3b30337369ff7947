"""Two calls of a model side by side: what is another in the second, number by number and word by word."""

from __future__ import annotations

from ..trees.objects import is_leaf
from .inputs import Inputs, merged, parts_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any


class Change:
    """What has changed between two calls: `floats` that move together, and `switches` which are one or the other.

    Both are names of atoms: numbers, texts, truths, or whole arguments where their forms differ. `pairs` has what each
    was and is.
    """

    def __init__(self, f: Callable[..., Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        calls = [Inputs(f, merged(given, {})) for given in (before, after)]
        self.model, other = calls
        if self.model.arguments != other.arguments or self.model.keywords != other.keywords:
            odd = sorted({*self.model.arguments} ^ {*other.arguments})
            raise TypeError(
                f"both calls of {self.model.called} give the same inputs, and only one gives {', '.join(odd)}"
            )
        self.pairs: dict[str, tuple[Any, Any]] = {}
        self.whole: set[str] = set()  # arguments that are taken as one
        for name, x, y in zip(self.model.arguments, self.model.tree, other.tree, strict=True):
            one, two = (dict(atoms(tree, name)) for tree in (x, y))
            if one.keys() != two.keys():
                one, two = {name: x}, {name: y}
                self.whole.add(name)
            self.pairs |= {key: (one[key], two[key]) for key in one}
        changed = [name for name, (x, y) in self.pairs.items() if not same_atom(x, y)]
        self.floats = [name for name in changed if moves(*self.pairs[name])]
        self.switches = [name for name in changed if name not in self.floats]

    def call(self, switched: frozenset[str], numbers: list[Any]) -> Any:
        """The model's answer with some atoms switched, and these in the places of the floats that move."""
        state = {name: y if name in switched else x for name, (x, y) in self.pairs.items()}
        state.update(zip(self.floats, numbers, strict=True))
        arguments = zip(self.model.arguments, self.model.tree, strict=True)
        new = [state[name] if name in self.whole else rebuilt(tree, name, state) for name, tree in arguments]
        return self.model.of_arguments(*new)

    def ends(self, k: int) -> list[float]:
        """The floats that move, as they were (0) or are (1)."""
        return [float(self.pairs[name][k]) for name in self.floats]


def moves(x: Any, y: Any) -> bool:
    """Whether a change is one of a float: whole numbers, texts and truths are switched."""
    return is_leaf(x) and is_leaf(y) and not (isinstance(x, int) and isinstance(y, int))


def same_atom(x: Any, y: Any) -> bool:
    if x is y:
        return True
    try:
        return type(x) is type(y) and bool(x == y)
    except (TypeError, ValueError):  # of arrays, whose == answers arrays
        return False


def atoms(x: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The numbers, texts, truths and other objects that hold no more of them, by their names."""
    parts = None if is_leaf(x) else parts_of(x)
    if parts is None:
        yield name, x
    else:
        for y, end in zip(parts[0], parts[1], strict=True):
            yield from atoms(y, f"{name}{end}")


def rebuilt(x: Any, name: str, state: dict[str, Any]) -> Any:
    """The tree with other atoms."""
    parts = None if is_leaf(x) else parts_of(x)
    if parts is None:
        return state[name]
    return parts[2]([rebuilt(y, f"{name}{end}", state) for y, end in zip(parts[0], parts[1], strict=True)])
