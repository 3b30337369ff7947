"""Twins of SciPy's root finders: the root is SciPy's, its derivatives are those of the implicit function theorem.

Where f(x, p) = 0 defines x, x moves with p by -(df/dp) / (df/dx). The root is found in plain numbers; then Newton's
method takes a step from it with Values, whose number is 0 and whose derivative is that. Each further step makes the
derivatives of one order more exact. Griewank and Walther, Evaluating Derivatives (2nd edition, 2008), section 15.3.
"""

from __future__ import annotations

from functools import cache, wraps
from inspect import signature
from operator import attrgetter

import numpy as np

from ..graph import Node, chain_rule
from ..runs.running import THREAD
from ..trees.elementwise import holds_nodes
from ..trees.lookalike import of_numbers
from ..value import Value
from .libraries import SEARCHES_IN_PYTHON
from .plainly import Plainly, no_twin, plain_of
from .twins import add_twins

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

parameters_of_finder = cache(signature)
closure = attrgetter("_backward")
NEAR = 1e-5  # to what part of itself a root has to be one


class NoRoot(ValueError):
    """What a search has ended with that is no root, or one that does not move with the function."""


SCALAR = "bisect brentq brenth ridder toms748 newton root_scalar fixed_point".split()
UNKNOWN_OPTIMIZERS = "minimize minimize_scalar curve_fit least_squares leastsq fmin fmin_bfgs fminbound brent".split()
SPREADING = {"newton", "fixed_point"}  # which call f(x, *args), where the others take a list for one argument
HALVING = {"bisect", "brenth", "ridder"}  # which find a jump, too
CALLED = {"f", "func", "fun", "fprime", "fprime2", "jac"}  # the names of parameters that are functions


def finding_roots(name: str, theirs: Callable[..., Any]) -> Callable[..., Any]:
    """A root finder of SciPy's, of functions that answer Values, too."""

    @wraps(theirs)
    def answer(*args: Any, **options: Any) -> Any:
        call = parameters_of_finder(theirs).bind(*args, **options)
        given = call.arguments
        f = next(given[key] for key in ("f", "func", "fun") if key in given)
        more = given.get("args", ())
        more = more if isinstance(more, tuple) else (*more,) if name in SPREADING else (more,)
        fprime = given.get("fprime")
        for key, x in given.items():
            if key in CALLED and callable(x):
                given[key] = Plainly(x)
            elif key != "args" and holds_nodes(x):
                given[key] = plain_of(x)  # where the search begins: the root does not depend on it
        found = theirs(*call.args, **call.kwargs)
        if not any(isinstance(x, Plainly) and x.met for x in given.values()):
            return found

        def equation(x: Any) -> Any:
            y = f(x, *more)
            return y - x if name == "fixed_point" else y[0] if fprime is True else y  # where derivatives come with it

        try:
            return with_derivatives(equation, found)
        except NoRoot:
            if theirs.__module__.startswith("scipy") or name in HALVING:
                raise
            return theirs(*args, **options)  # the end of an interval, say: the code itself tells how it moves

    return answer


def with_derivatives(equation: Callable[[Any], Any], found: Any) -> Any:
    """What SciPy has answered, with the derivatives of the root."""
    if isinstance(found, tuple):  # the root, and a report
        return with_derivatives(equation, found[0]), *found[1:]
    for name in ("root", "x"):
        if hasattr(found, name):
            setattr(found, name, with_derivatives(equation, getattr(found, name)))
            return found
    if isinstance(found, np.ndarray) and found.ndim:
        return of_numbers(np.array(of_several(equation, found.tolist()), dtype=object), None)
    return of_one(equation, float(found))


def of_one(equation: Callable[[Any], Any], root: float) -> Any:
    """The root of one equation in one unknown."""
    return steps_from([root], lambda xs: [equation(xs[0])])[0]


def of_several(equation: Callable[[Any], Any], root: list[float]) -> list[Any]:
    """The root of as many equations as unknowns."""

    def as_several(xs: list[Any]) -> list[Any]:
        return np.ravel(equation(of_numbers(np.array(xs, dtype=object), None))).tolist()  # type: ignore[no-any-return]

    return steps_from(root, as_several)


def steps_from(root: list[float], equations: Callable[[list[Any]], list[Any]]) -> list[Any]:
    """Steps of Newton's method, with the slopes at the root, whose numbers are 0."""
    unknowns = [Value(x) for x in root]
    heights = equations([*unknowns])
    answers = [chain_rule(y, closure) if isinstance(y, Node) else {} for y in heights]
    slopes = np.array([[float(by.get(x) or 0.0) for x in unknowns] for by in answers])
    at = root if len(root) > 1 else root[0]
    try:
        inverse = np.linalg.inv(slopes)
    except np.linalg.LinAlgError:
        raise NoRoot(f"the root at {at} has no derivative: the function has slope 0 there") from None
    away = abs(inverse @ [float(plain_of(y)) for y in heights])
    if not all(away <= NEAR * (np.abs(root) + NEAR)):
        raise NoRoot(f"{at} is no root, so it has no derivative: the function is {plain_of(heights)} there")
    xs: list[Any] = root
    for _ in range(1 + max(depth(), 1)):
        moves = [y - plain_of(y) if isinstance(y, Node) else 0.0 for y in equations([*xs])]
        xs = [
            x - sum([w * m for w, m in zip(row, moves, strict=True) if w])
            for x, row in zip(xs, inverse.tolist(), strict=True)
        ]
    return xs


def depth() -> int:
    """How many runs go on within one another: as many times derivatives are taken."""
    count, run = 0, THREAD.run
    while run is not None:
        count, run = count + 1, run.outer
    return count


def add_others(module: ModuleType) -> None:
    """Enter the twins of root finders that a library has written in Python.

    They could be followed as all code is. But a search by halves answers the middle of two numbers that know nothing of
    the function, and one by secants has found the derivative some steps later than the root.
    """
    names = [name for name in SEARCHES_IN_PYTHON[module.__name__] if hasattr(module, name)]
    add_twins({module: {name: finding_roots(name, getattr(module, name)) for name in names}})


def add_solvers(optimize: ModuleType) -> None:
    """Enter the twins into the table."""
    if optimize.__name__ in SEARCHES_IN_PYTHON:
        add_others(optimize)
        return
    with_roots = {name: finding_roots(name, getattr(optimize, name)) for name in (*SCALAR, "fsolve", "root")}
    without = {name: no_twin(f"scipy.optimize.{name}", getattr(optimize, name)) for name in UNKNOWN_OPTIMIZERS}
    add_twins({optimize: with_roots | without})
