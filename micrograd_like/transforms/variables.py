"""Variables of a run: Values that stand in the places of numbers, and what becomes of them when the run is over."""

from __future__ import annotations

from operator import attrgetter

from ..active import Active
from ..core import core, kinds_of, made
from ..graph import Node, topological_order
from ..lifting.below_float import without_twins
from ..lifting.meeting import starts_again
from ..operation import OPS
from ..runs.positions import raised_at
from ..runs.running import THREAD, Running
from ..trace.condition import Condition
from ..trace.symbol import Symbol
from ..trees.objects import NUMBERS
from ..trees.planting import planted
from ..trees.tree import Argument, is_whole_number, leaves
from ..value import Value

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ..runs.positions import Place

    Held = dict[int, Place | None]

become = vars(object)["__class__"].__set__  # writes the class, whatever the number says that it is


def active(x: Any, name: str | None, running: Running) -> Active:
    """A variable of the run that stands for a plain number."""
    v: Active = made(float(x), None, None, running, None, None, Active)
    v.name = name
    return v


def actives(numbers: list[Any], names: Iterable[str], running: Running) -> list[Any] | None:
    """Variables of the run that stand for these numbers; None if there are others than plain ones."""
    if not kinds_of(numbers) <= NUMBERS:
        return None
    return [active(x, name, running) for x, name in zip(numbers, names, strict=True)]


if core:
    actives = core.variables


def variable_for(x: Any, name: str, running: Running) -> Any:
    """What a function sees in place of a number. Of a Value it is a copy: f may use the Value itself beside it."""
    if isinstance(x, Symbol):
        twin: Any = x.record(OPS["as_float"], x)
        twin._is_value = True
    elif THREAD.trace:
        return THREAD.trace.constant(float(x), name, is_value=True)
    elif isinstance(x, Value):
        twin = made(x._data, OPS["as_float"], x, x._data, None, running, Active)
    else:
        return active(x, name, running)
    twin._name = name
    return twin


def settle(nodes: Iterable[Any], running: Running) -> None:
    """Hand what a run has answered on: to the run around it, as variables of that, or to the user, as plain Values."""
    order = [v for v in topological_order(*nodes) if type(v) is Active]
    others = [v._run for v in order if v._run and not v._run.is_inside(running)]
    around = others[-1] if others else running.outer
    for v in order:
        if v._run and v._run.is_inside(running):
            if v.op is None:
                v._x = around
            else:
                v._y = around
        if around is None:
            become(v, Value)


def lifted(x: Any) -> Any:
    """Inside a trace, the Symbol that stands for a Value."""
    trace = THREAD.trace
    return trace.lift(x) if trace and trace.lift and not isinstance(x, Symbol) and isinstance(x, Value) else x


def stands_for_value(x: Any) -> bool:
    """Whether this is a Value, or stands for one inside a trace."""
    return x._is_value if isinstance(x, Symbol) else isinstance(x, Node)


@starts_again(0)
def on_values(f: Callable[..., Any], args: Any, names: Sequence[str]) -> tuple[list[Any], Any, Held]:
    """Run f on Values of these names in the places of its numbers; answer these Values, f's answer, and what was held.

    A whole number that f counts or indexes with is held: f sees the int itself. It is told by its place among the
    numbers, with the place in the program where f counts with it.
    """
    tree = Argument(args)
    given = tree.leaves
    held: Held = {}
    name = getattr(f, "__name__", None) or type(f).__name__
    while True:
        with Running(name) as running:
            inputs = [
                x if k in held or isinstance(x, Value) else active(x, name, running)
                for k, (x, name) in enumerate(zip(given, names, strict=True))
            ]
            try:
                answer = f(*tree.planted(inputs))
                tree.give_back(attrgetter("_data"))
            except (IndexError, TypeError) as error:
                counts = [k for k, x in enumerate(given) if is_whole_number(x) and id(inputs[k]) in running.counted]
                if not counts:
                    raise
                held.update(dict.fromkeys(counts, raised_at(error)))
                continue
        if counts := [k for k, x in enumerate(given) if is_whole_number(x) and id(inputs[k]) in running.counted]:
            held.update(dict.fromkeys(counts, running.refusals[0][1]))
            continue
        running.check()
        settle([x for x in [*leaves_if_any(answer), *inputs] if isinstance(x, Active)], running)
        return inputs, answer, held


def with_plain_bools(answer: Any) -> Any:
    """Inside a trace, the answer with True and False in place of its conditions; all are numbers, and nothing below."""
    answer = without_twins(answer, leaves_if_any, planted)
    if not THREAD.trace:
        return answer
    found = leaves_if_any(answer)
    if not any(isinstance(x, Condition) for x in found):
        return answer
    return planted(answer, [bool(x) if isinstance(x, Condition) else x for x in found])


def leaves_if_any(aux: Any) -> list[Any]:
    try:
        return leaves(aux)
    except TypeError:
        return []


class Lettered:
    """While it is entered, a trace, if there is one, calls what it records by this letter."""

    __slots__ = ("before", "name", "trace")

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        self.trace = THREAD.trace
        if self.trace:
            self.before, self.trace.letter = self.trace.letter, self.name

    def __exit__(self, *_: object) -> None:
        if self.trace:
            self.trace.letter = self.before
