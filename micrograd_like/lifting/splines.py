"""Twins of SciPy's splines: between their points they are polynomials, whose derivatives SciPy knows.

A spline is made of plain numbers, and asked at Values. Bound is the `__call__` of their class, since libraries keep the
splines that they have made.
"""

from __future__ import annotations

from functools import partial, wraps
from inspect import signature

from ..operation import Op, public
from ..trees.elementwise import elementwise, holds_nodes
from .of_numpy import arrayed
from .plainly import no_derivative_of, no_twin
from .twins import add_twins, bind_in_class

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

OF_ONE = "PPoly BPoly BSpline UnivariateSpline".split()  # and the classes made of them, as CubicSpline
UNKNOWN_SPLINES = ["RegularGridInterpolator", "RBFInterpolator"]


def curve(at: Callable[[float, int], Any], order: int = 0) -> Any:
    """The operation that a curve is, of which `at` knows the derivatives of each order."""

    def rule(x: Any, out: Any, g: Any) -> Any:
        return g * curve(at, order + 1)(x)

    return public(Op("spline", "spline", lambda x: spline_number(at(x, order)), rule))


def surface(at: Callable[..., Any], knots: Any, dx: int = 0, dy: int = 0) -> Any:
    """The same of a surface, which goes on level beyond its ends."""

    def rule(x: Any, y: Any, out: Any, g: Any) -> Any:
        return g * surface(at, knots, dx + 1, dy)(x, y), g * surface(at, knots, dx, dy + 1)(x, y)

    def value(x: float, y: float) -> float:
        across, along, _, k, m = knots
        u, v = min(max(x, across[k]), across[-k - 1]), min(max(y, along[m]), along[-m - 1])
        return 0.0 if (dx and u != x) or (dy and v != y) else slope_of_surface(at, knots, u, v, dx, dy)

    return public(Op("spline", "spline", value, rule))


def slope_of_surface(at: Callable[..., Any], knots: Any, x: float, y: float, dx: int, dy: int) -> float:
    """A derivative of the surface. SciPy knows those of a lower order than its degree; the next is level by pieces."""
    across, along, _, k, m = knots
    if dx > k or dy > m:
        return 0.0
    if dx and dx == k:
        ends = piece_of(across, k, x)
        low, high = (slope_of_surface(at, knots, u, y, dx - 1, dy) for u in ends)
    elif dy and dy == m:
        ends = piece_of(along, m, y)
        low, high = (slope_of_surface(at, knots, x, v, dx, dy - 1) for v in ends)
    else:
        return spline_number(at(x, y, dx, dy))
    return (high - low) / (ends[1] - ends[0])


def piece_of(knots: Any, degree: int, x: float) -> tuple[float, float]:
    """The two knots that x is between."""
    last = len(knots) - degree - 2
    k = min(max(int(knots.searchsorted(x, "right")) - 1, degree), last)
    return float(knots[k]), float(knots[k + 1])


def spline_number(answer: Any) -> float:
    """A spline's answer as a float."""
    if getattr(answer, "size", 1) != 1:
        raise TypeError(no_derivative_of("a spline of scipy.interpolate between vectors"))
    return float(answer.item()) if hasattr(answer, "item") else float(answer)


def spline_call(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """The `__call__` of a class of splines, of Values too: spline(x, nu)."""

    @wraps(theirs)
    def answer(self: Any, x: Any, nu: int = 0, *args: Any, **options: Any) -> Any:
        if not holds_nodes(x):
            return theirs(self, x, nu, *args, **options)
        return elementwise(curve(lambda t, order: theirs(self, t, order, *args, **options), nu), 1)(arrayed(x))

    return answer


def surface_call(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """The `__call__` and `ev` of splines over a plane, of Values too."""
    has_grid = "grid" in signature(theirs).parameters

    @wraps(theirs)
    def answer(self: Any, x: Any, y: Any, dx: int = 0, dy: int = 0, *args: Any, **options: Any) -> Any:
        if not holds_nodes([x, y]):
            return theirs(self, x, y, dx, dy, *args, **options)
        how = {**options, "grid": False} if has_grid else options
        knots = *self.get_knots(), None, *self.degrees
        apply = elementwise(surface(lambda u, v, i, k: theirs(self, u, v, i, k, **how), knots, dx, dy), 1)
        if has_grid and options.get("grid", args[0] if args else True):
            import numpy as np

            return apply(*np.meshgrid(np.atleast_1d(arrayed(x)), np.atleast_1d(arrayed(y)), indexing="ij"))
        return apply(arrayed(x), arrayed(y))

    return answer


def interp1d_call(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """The `__call__` of interp1d, of Values too, if it is linear or a spline."""

    @wraps(theirs)
    def answer(self: Any, x: Any) -> Any:
        if not holds_nodes(x):
            return theirs(self, x)
        kind = getattr(self, "_kind", "")
        slope = self._spline if hasattr(self, "_spline") else getattr(self, "derivative", None)
        if kind == "linear":
            slope = partial(slope_of_line, self)
        if slope is None:
            raise TypeError(no_derivative_of(f"scipy.interpolate.{type(self).__name__} {kind}".strip()))
        at = curve(lambda t, order: slope(t, order) if order else theirs(self, t))
        return elementwise(at, 1)(arrayed(x))

    return answer


def slope_of_line(self: Any, x: float, order: int) -> Any:
    """The slope of the line through the points of an interp1d, and its derivatives."""
    if order > 1:
        return 0.0
    if not self.x[0] <= x <= self.x[-1] and not self._extrapolate:
        return 0.0
    k = min(max(int(self.x.searchsorted(x, "right")) - 1, 0), len(self.x) - 2)
    return (self.y[k + 1] - self.y[k]) / (self.x[k + 1] - self.x[k])


def splev(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """SciPy's splev(x, tck, der), of Values too."""

    @wraps(theirs)
    def answer(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
        if not holds_nodes(x):
            return theirs(x, tck, der, ext)
        return elementwise(curve(lambda t, order: theirs(t, tck, order, ext), der), 1)(arrayed(x))

    return answer


def bisplev(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """SciPy's bisplev(x, y, tck, dx, dy), of Values too."""

    @wraps(theirs)
    def answer(x: Any, y: Any, tck: Any, dx: int = 0, dy: int = 0) -> Any:
        if not holds_nodes([x, y]):
            return theirs(x, y, tck, dx, dy)
        apply = surface(lambda u, v, i, k: theirs(u, v, tck, i, k), tck, dx, dy)
        return elementwise(apply, 1)(arrayed(x), arrayed(y))

    return answer


def add_splines(interpolate: ModuleType) -> None:
    """Enter the twins into the table, and the calls of splines among what is bound in classes."""
    base = interpolate.SmoothBivariateSpline.__mro__[1]
    of_one = [getattr(interpolate, name) for name in OF_ONE]
    kinds = dict.fromkeys(each for kind in of_one for each in (*kind.__mro__[:-1], *descendants(kind)))
    for kind in kinds:
        if "__call__" in vars(kind):
            bind_in_class(kind, "__call__", spline_call(vars(kind)["__call__"]))
    for kind in [base, *base.__mro__[1:-1], *descendants(base)]:
        for name in ("__call__", "ev"):
            if name in vars(kind) and "dx" in signature(vars(kind)[name]).parameters:
                bind_in_class(kind, name, surface_call(vars(kind)[name]))
    line = interpolate.interp1d
    owner = next(kind for kind in line.__mro__ if "__call__" in vars(kind))
    bind_in_class(owner, "__call__", interp1d_call(vars(owner)["__call__"]))
    for name in UNKNOWN_SPLINES:
        kind = getattr(interpolate, name)
        bind_in_class(kind, "__call__", no_twin(f"scipy.interpolate.{name}", vars(kind)["__call__"]))
    add_twins({interpolate: {"splev": splev(interpolate.splev), "bisplev": bisplev(interpolate.bisplev)}})


def descendants(kind: type) -> list[type]:
    """The classes that are made of this one, at whatever depth."""
    below: list[type] = kind.__subclasses__()
    return [x for each in below for x in (each, *descendants(each))]
