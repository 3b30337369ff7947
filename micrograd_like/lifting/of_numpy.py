"""Twins of what NumPy has: on plain numbers NumPy's own, and at home with Values.

A ufunc of Values answers what the table does; arrays of Values are made where floats are asked for; and what is made
to be filled while a run goes on has room for its numbers.
"""

from __future__ import annotations

from functools import wraps

import numpy as np

from ..graph import Node
from ..runs.running import THREAD
from ..trees.elementwise import holds_nodes
from ..trees.lookalike import FLOAT_KIND, OBJECT, OWN, Lookalike, applied, held, of_numbers, seen, standing
from .twins import Float, KindOfFloat, Namespace, add_twins, is_box

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Ufunc:
    """A ufunc that takes Values, and lists of them."""

    def __init__(self, ufunc: Any) -> None:
        self.ufunc = ufunc
        self.__name__ = self.__qualname__ = ufunc.__name__
        self.__doc__ = ufunc.__doc__

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if not any(type(x) is not Lookalike and holds_nodes(x) for x in inputs):
            return self.ufunc(*inputs, **options)
        if isinstance(options.get("out"), np.ndarray):
            options["out"] = (options["out"],)
        return applied(self.ufunc, "__call__", tuple([arrayed(x) for x in inputs]), options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ufunc, name)

    def __repr__(self) -> str:
        return repr(self.ufunc)

    def __reduce__(self) -> Any:
        return self.ufunc.__reduce__()


def arrayed(x: Any) -> Any:
    """A list or an array with Values as one that looks like an array of floats; anything else as it is."""
    if type(x) in (list, tuple):
        x = np.array(x, dtype=object)
    return of_numbers(x, None)


class Brackets:
    """np.r_ and np.c_, which make arrays of what stands in their brackets."""

    def __init__(self, theirs: Any, shape: tuple[int, ...]) -> None:
        self.theirs = theirs
        self.shape = shape  # of a part that is one number or a row

    def __getitem__(self, parts: Any) -> Any:
        given = parts if isinstance(parts, tuple) else (parts,)
        if not any(map(holds_nodes, given)):
            return self.theirs[parts]
        if any(isinstance(x, slice | str) or np.ndim(x) > 1 for x in given):
            return as_floats(self.theirs[parts])
        return as_floats(np.concatenate([np.array(x, object).reshape(self.shape) for x in given], -1))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.theirs, name)


class KindOfFloat64(KindOfFloat):
    """The class of the name `float64`, which makes arrays of what is more than one number."""

    def __call__(cls, *args: Any) -> Any:
        if (
            len(args) == 1
            and isinstance(args[0], list | tuple | np.ndarray)
            and holds_nodes(args[0])
            and not is_box(args[0])
        ):
            return as_floats(arrayed(args[0]))
        return super().__call__(*args)


class Float64(np.float64, metaclass=KindOfFloat64):
    """The name `float64` in code that is lifted."""

    original = np.float64


def making(make: Callable[..., Any]) -> Callable[..., Any]:
    """np.array and its kin: of Values an array of them, also where one of floats is asked for."""

    @wraps(make)
    def made(x: Any, *args: Any, **options: Any) -> Any:
        asked = args[0] if args else options.get("dtype")
        if (asked is not None and np.dtype(asked) != FLOAT_KIND) or not holds_nodes(x):
            return make(x, *args, **options)
        plain = x.view(np.ndarray) if isinstance(x, Lookalike) else x
        array = make(plain, object, *args[1:], **{key: y for key, y in options.items() if key != "dtype"})
        return of_numbers(array, x) if asked is None else as_floats(array)

    return made


def as_floats(array: Any) -> Any:
    """An array of objects that was to be one of floats."""
    if type(array) in (list, tuple):
        return type(array)(map(as_floats, array))
    like = of_numbers(array, None)
    return like.astype(float) if isinstance(like, Lookalike) else array


def arranging(arrange: Callable[..., Any]) -> Callable[..., Any]:
    """np.stack and its kin: of lists with Values arrays that look like plain ones."""

    @wraps(arrange)
    def arranged(*args: Any, **options: Any) -> Any:
        if not any(map(holds_nodes, args)):
            return arrange(*args, **options)
        return as_floats(arrange(*args, **options))

    return arranged


def with_room(make: Callable[..., Any]) -> Callable[..., Any]:
    """np.zeros and its kin: while a run goes on, what is made has room for its numbers."""

    @wraps(make)
    def made(*args: Any, **options: Any) -> Any:
        array = make(*args, **options)
        if (
            (THREAD.run is None and THREAD.trace is None)
            or type(array) not in (np.ndarray, Lookalike)
            or held(array) != FLOAT_KIND
        ):
            return array
        return standing(array.view(np.ndarray).astype(OBJECT), FLOAT_KIND)

    return made


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """np.full, of a Value too."""
    if not holds_nodes(fill_value) or (dtype is not None and np.dtype(dtype) not in (FLOAT_KIND, OBJECT)):
        return with_room(np.full)(shape, fill_value, dtype, **options)
    return of_numbers(np.full(shape, fill_value, object, **options), None)


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, **options: Any) -> Any:
    """np.linspace, from and to Values too."""
    if options or not holds_nodes([start, stop]):
        return np.linspace(start, stop, num, endpoint, **options)
    step = (stop - start) / max(num - endpoint, 1)
    points = [start + k * step for k in range(num)]
    if endpoint and num > 1:
        points[-1] = stop
    return of_numbers(np.array(points, dtype=object), None)


def of_lists(name: str, theirs: Any) -> Callable[..., Any]:
    """A function of NumPy's for which there is one in plain arithmetic, of lists with Values too."""

    @wraps(theirs)
    def answer(*args: Any, **options: Any) -> Any:
        if not any(holds_nodes(x) for x in [*args, *options.values()]):
            return theirs(*args, **options)
        return OWN[name](*map(arrayed, args), **options)

    return answer


def telling(query: Callable[..., Any]) -> Callable[..., Any]:
    """np.result_type and its kin, which are told of a Value what they would be told of its number."""

    @wraps(query)
    def asked(*args: Any, **options: Any) -> Any:
        return query(
            *[FLOAT_KIND if isinstance(x, Node) else np.zeros(1, seen(x)) if type(x) is Lookalike else x for x in args],
            **options,
        )

    return asked


def named(names: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    """These names with what is made of what NumPy has under each; a name that it has not is left out."""
    return {name: change(getattr(np, name)) for name in names.split() if hasattr(np, name)}


Float.dtype = FLOAT_KIND  # type: ignore[attr-defined]  # what an array is of that is made with dtype=float
Float64.__name__ = Float64.__qualname__ = "float64"
Float64.__module__ = "numpy"
OF_LINALG = {name: of_lists(name, getattr(np.linalg, name)) for name in ("det", "inv", "solve")}
OF_NUMPY = {
    **{name: Ufunc(f) for name, f in vars(np).items() if isinstance(f, np.ufunc)},
    **named("array asarray asanyarray ascontiguousarray asarray_chkfinite", making),
    **named("atleast_1d atleast_2d atleast_3d stack concatenate hstack vstack column_stack append", arranging),
    **named("zeros ones empty zeros_like ones_like empty_like full_like eye identity diag", with_room),
    **named("result_type min_scalar_type can_cast promote_types common_type", telling),
    "isscalar": lambda x: isinstance(x, Node) or np.isscalar(x),
    "float64": Float64,
    "double": Float64,
    "full": full,
    "r_": Brackets(np.r_, (-1,)),
    "c_": Brackets(np.c_, (-1, 1)),
    "linspace": linspace,
    **{name: of_lists(name, getattr(np, name)) for name in ("interp", "isclose", "allclose", "nan_to_num")},
}


def add_numpy(numpy: Any) -> None:
    """Enter the twins into the table."""
    add_twins({numpy.linalg: OF_LINALG, numpy: OF_NUMPY | {"linalg": Namespace(numpy.linalg, OF_LINALG)}})
