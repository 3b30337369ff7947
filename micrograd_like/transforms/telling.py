"""What a run tells its user: where its answer is no derivative, or another one than it seems."""

from __future__ import annotations

import warnings

from ..active import Active
from ..graph import Node, topological_order
from ..runs.positions import frames_of_the_package

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from ..runs.positions import Place
    from .run import Run


def check_answer(run: Run) -> None:
    """Refuse what is no number, and plain numbers that f has made of Values."""
    name = run.recorder.name
    if not run.outputs and (isinstance(run.answer, str) or not hasattr(run.answer, "__len__")):
        hint = ": does it lack a `return`?" if run.answer is None else ""
        raise TypeError(f"{name} answered {run.answer!r:.60}, which is no number to differentiate{hint}")
    if not run.nodes and (drop := first_drop(run)):
        answer = f"{run.answer!r:.60}"
        raise TypeError(
            f"{name} answered {answer}, which has lost its derivative: {drop}\n"
            f"Compute with the Value itself; or answer Value({answer}) if the derivative is meant to be 0"
        )


def check_searches(run: Run) -> None:
    """Refuse an answer that a search by halves has led to."""
    if not run.running.searches:
        return
    place = run.running.searches[0]
    raise TypeError(
        f"{run.recorder.name} searches by halving an interval, at {place}\n"
        "The inputs say which half is taken, but its ends do not move with them as the root does: the derivative would "
        "be wrong. Let scipy.optimize.brentq or newton find the root, whose derivative is right; or make the search an "
        "operation with function(...), by the implicit function theorem (demos/13_solver_as_operation.py)"
    )


def check_inputs(run: Run, unused: set[int]) -> None:
    """Say, once, of which inputs the answer is independent; a list or array is one input."""
    if not unused:
        return
    names = [input_of(label) for argument in run.arguments for label in argument.names]
    known = {name for k, name in enumerate(names) if k not in unused} | run.recorder.warned
    new = [name for name in dict.fromkeys(names) if name not in known]
    if new:
        run.recorder.warned.update(new)
        drop = first_drop(run) if run.nodes else ""
        reason = f"; of a Value {drop}" if drop else ""
        message = f"{run.recorder.name} does not depend on {', '.join(new)}: the derivative is 0{reason}"
        warnings.warn(message, stacklevel=1 + frames_of_the_package())


def check_ties(run: Run) -> None:
    """Say, once, where f asked whether two numbers are equal and they were: beside them it answers otherwise."""
    tell_once(run, run.running.ties, "found two numbers equal at {}: the derivative is that of this branch alone")


def check_keys(run: Run) -> None:
    """Say, once, where f made of a number what may be the key of a cache, which a plain call may have filled."""
    tell_once(
        run,
        run.running.keys,
        "rounds a number to many digits at {}: what it finds by that in a cache has the derivative that was kept "
        "there, and none if a call on plain numbers has filled it",
    )


def tell_once(run: Run, places: list[Place], what: str) -> None:
    """Warn of what f did at the first of the places, if the answer has a derivative and it is not known yet."""
    if places and run.nodes and what not in run.recorder.warned:
        run.recorder.warned.add(what)
        warnings.warn(f"{run.recorder.name} {what.format(places[0])}", stacklevel=1 + frames_of_the_package())


def first_drop(run: Run) -> str:
    """Where f has turned a Value into a plain number; "" if nowhere."""
    return "{} at {}".format(*run.running.drops[0]) if run.running.drops else ""


def input_of(label: str) -> str:
    """The input that a number belongs to: x[3] to x, p['tax'] is one of its own."""
    for place, letter in enumerate(label):
        if letter == "[" and label[place + 1 : place + 2].isdigit():
            return label[:place]
    return label


MOST_MET = 8  # numbers whose keeper is looked for, since that goes through all objects that there are


def said_of_stale(run: Run, leaf: Any) -> str:
    """What to say of a number of a finished run, and where it was kept."""
    left, place = first_kept(run) or (leaf, "a cache, an attribute or a global")
    return (
        f"{run.recorder.name} uses a number that an earlier run of {(leaf._x or leaf._y).name} has computed "
        f"({left.name or left._data!r}) and kept in {place}. Its derivative belongs to that run: keep its .data "
        "instead, or empty the cache between two calls"
    )


def first_kept(run: Run) -> tuple[Any, str] | None:
    """A number of a finished run that this one has met first, and where the user's program keeps it."""
    order = topological_order(*run.nodes)
    own: set[int] = set()  # what is made of numbers of this run
    met = []
    for v in order:
        parents = [p for p in v._parents if isinstance(p, Node)]
        if any(id(p) in own for p in parents) or (type(v) is Active and v._run and v._run.is_inside(run.running)):
            own.add(id(v))
            met += [p for p in parents if id(p) not in own]
    met += [v for v in run.nodes if id(v) not in own]
    for v in {id(v): v for v in met[:MOST_MET]}.values():
        if place := keeper_of(v, run.recorder.f):
            return v, place
    return (met[0], "a cache, an attribute or a global") if met else None


def keeper_of(x: Any, f: Any) -> str:
    """Where in the user's program a number is kept: by the name of a global, or of an object's attribute."""
    import gc

    names: dict[str, Any] = getattr(f, "__globals__", {})
    of_values = [y for y in names.values() if type(y) is dict and any(z is x for z in y.values())]  # not known to gc
    for holder in [*of_values, *gc.get_referrers(x)]:
        if isinstance(holder, dict | list | set):
            if holder is names:
                return str(next(name for name, y in names.items() if y is x))
            if name := next((name for name, y in names.items() if y is holder), ""):
                return f"{name}, a {type(holder).__name__}"
            for owner in gc.get_referrers(holder):
                if getattr(owner, "__dict__", None) is holder:
                    return f"an attribute of a {type(owner).__name__}"
    return ""
