"""Arrays of a run's numbers, which look to the user's program like the arrays of plain numbers that they stand for.

In memory they are arrays of objects, and NumPy's own code sees them as such. Whoever else asks for their `dtype`, for
their size in bytes or for their text is told what the original would say; what only the original has is refused.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from math import inf
from operator import ge, le

import numpy as np

from .. import linear
from ..active import Active
from ..graph import Node
from ..runs.arrays import advice
from ..runs.positions import by_the_user
from ..runs.running import TEXT_WAS_MADE, THREAD, note_drop, refused
from ..trace.condition import Condition
from ..trace.symbol import Symbol
from ..trace.trace import as_python
from .containers import LOOKALIKES
from .elementwise import ANSWERS, elementwise, holds_nodes, interp
from .sums import sum_in_pairs

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType
    from typing import Any

    Array = np.ndarray[Any, Any]

FLOAT_KIND = np.dtype(float)
OBJECT = np.dtype(object)


def by_a_program(frame: FrameType) -> bool:
    """Whether a frame runs the user's code, or that of a library: neither NumPy's nor this package's."""
    return by_the_user(frame) and str(frame.f_globals.get("__name__")).partition(".")[0] != "numpy"


class Lookalike(np.ndarray):
    """An array of Values or Symbols that answers as an array of the numbers that they stand for."""

    _like: Any = None  # the dtype of these

    def __array_finalize__(self, array: Any) -> None:
        self._like = getattr(array, "_like", None)

    @property
    def dtype(self) -> Any:
        return seen(self) if by_a_program(sys._getframe(1)) else held(self)

    @property
    def itemsize(self) -> int:
        return int((seen(self) if by_a_program(sys._getframe(1)) else held(self)).itemsize)

    @property
    def nbytes(self) -> int:
        return int(self.size * (seen(self) if by_a_program(sys._getframe(1)) else held(self)).itemsize)

    @property  # type: ignore[misc]
    def strides(self) -> tuple[int, ...]:
        steps: tuple[int, ...] = vars(np.ndarray)["strides"].__get__(self)
        if not by_a_program(sys._getframe(1)):
            return steps
        return tuple([step * seen(self).itemsize // held(self).itemsize for step in steps])

    # what is made of the numbers

    def __repr__(self) -> str:
        return repr(as_the_program_sees(self, sys._getframe(1)))

    def __str__(self) -> str:
        return str(as_the_program_sees(self, sys._getframe(1)))

    def __format__(self, spec: str) -> str:
        return format(as_the_program_sees(self, sys._getframe(1)), spec)

    def tobytes(self, *args: Any, **options: Any) -> bytes:
        return as_the_program_sees(self, sys._getframe(1)).tobytes(*args, **options)

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        kind, target = seen(self), np.dtype(dtype)
        if kind == OBJECT or target.kind not in "fO" or (target != kind and target not in (FLOAT_KIND, OBJECT)):
            return super().astype(dtype, *args, **options)
        if target == OBJECT:
            return self.view(np.ndarray).copy()
        plain = self.view(np.ndarray)
        return standing(plain * 1.0 if kind.kind in "iu" else plain.copy(), target)

    def view(self, *args: Any, **options: Any) -> Any:
        """As of an array of plain numbers: their own dtype, if it is named, changes nothing."""
        if by_a_program(sys._getframe(1)):
            args = tuple([x for x in args if (isinstance(x, type) and issubclass(x, np.ndarray)) or x != seen(self)])
            options = {key: x for key, x in options.items() if key != "dtype" or x not in (None, seen(self))}
        return super().view(*args, **options)

    def __reduce__(self) -> tuple[Any, ...]:
        return standing, (self.view(np.ndarray), self._like)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.ndarray if by_a_program(sys._getframe(1)) else Lookalike

    # NumPy's functions

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return applied(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        asked = by_a_program(frame := sys._getframe(1))
        if asked and function.__name__ in TEXTS:
            args = [as_the_program_sees(x, frame) if isinstance(x, Lookalike) else x for x in args]
            return function(*args, **options)
        if asked and function.__name__ in QUERIES:
            return function(*[np.zeros(1, seen(x)) if isinstance(x, Lookalike) else x for x in args], **options)
        if function.__name__ in OWN:
            return OWN[function.__name__](*args, **options)
        try:
            answer = super().__array_function__(function, types, args, options)
        except (TypeError, ValueError, AttributeError) as error:
            if not asked:
                raise
            raise by_our_words(error) from error
        return dressed(answer, first_lookalike([*args, *options.values()])) if asked else answer


def in_memory(name: str) -> Any:
    """An attribute of arrays that leads to their memory, which holds no plain numbers here."""
    theirs: Any = getattr(np.ndarray, name)

    def asked(self: Lookalike, *_: Any) -> Any:
        if by_a_program(sys._getframe(1)):
            raise refused(THREAD.run, TypeError(NO_MEMORY.format(name)))
        return theirs.__get__(self)

    return property(asked)


def in_plain_order(name: str) -> Any:
    """A method of arrays that puts the numbers in order, in which NumPy has a place of its own for nan."""
    theirs: Any = getattr(np.ndarray, name)

    def ordered(self: Lookalike, *args: Any, **options: Any) -> Any:
        if has_nan(self):
            raise refused(THREAD.run, TypeError(NO_ORDER.format(name)))
        return theirs(self, *args, **options)

    ordered.__name__ = name
    return ordered


NO_ORDER = "{} of an array that holds nan, for which a run has no place in the order: take a[~np.isnan(a)] first"
for name in ("sort", "argsort", "argmax", "argmin", "partition", "argpartition", "searchsorted"):
    setattr(Lookalike, name, in_plain_order(name))
NO_MEMORY = "{} of an array leads to its memory, where a run has no plain numbers: compute with the array itself"
for name in ("data", "ctypes", "tofile", "dump", "dumps", "__array_interface__", "__array_struct__"):
    setattr(Lookalike, name, in_memory(name))
if hasattr(np.ndarray, "__buffer__"):
    setattr(Lookalike, "__buffer__", in_memory("__buffer__").fget)  # noqa: B010 - mypy knows it as a method
Lookalike.__name__ = Lookalike.__qualname__ = "ndarray"  # as errors call it
LOOKALIKES.add(Lookalike)
held: Callable[[Any], Any] = vars(np.ndarray)["dtype"].__get__
TEXTS = {"array_repr", "array_str", "array2string"}
QUERIES = {"result_type", "min_scalar_type", "common_type", "can_cast"}


def seen(array: Any) -> Any:
    """The dtype that the user's program is told."""
    kind = held(array)
    return (array._like or FLOAT_KIND) if kind.kind == "O" and type(array) is Lookalike else kind


def standing(array: Array, like: Any) -> Any:
    """An array of objects that looks as if it were of that dtype."""
    if like == OBJECT:
        return array.view(np.ndarray)
    view: Any = array.view(Lookalike)
    view._like = like
    return view


def of_numbers(array: Any, source: Any) -> Any:
    """An array that was made of a run's numbers, so that it looks like one of plain numbers; any other as it is."""
    if type(array) is not np.ndarray or array.dtype != OBJECT:
        return array
    if isinstance(source, Lookalike):
        return standing(array, seen(source))
    kinds = {*map(kind_of, array.ravel().tolist())} if array.size else {OBJECT}
    whole = kinds <= {int, bool, np.dtype(int)}
    return array if OBJECT in kinds else standing(array, np.dtype(int) if whole else FLOAT_KIND)


def dressed(answer: Any, like: Any) -> Any:
    """What NumPy has answered, with the arrays of objects in it as arrays of this dtype."""
    if type(answer) in (np.ndarray, Lookalike):
        return standing(answer, like) if held(answer).kind == "O" else answer
    if type(answer) in (tuple, list):
        return type(answer)(dressed(x, like) for x in answer)
    return answer


def as_the_program_sees(array: Any, frame: FrameType) -> Array:
    """The plain numbers, for text: another text may lead another way."""
    note_drop(THREAD.run, TEXT_WAS_MADE, frame)
    numbers = [float(repr(x)) if isinstance(x, Node) else x for x in array.view(np.ndarray).ravel().tolist()]
    return np.array(numbers, seen(array)).reshape(array.shape)


def first_lookalike(args: Iterable[Any]) -> Any:
    """The dtype of what is made of these arguments, by the lookalikes among them and in their lists."""
    parts = [y for x in args for y in (x if isinstance(x, list | tuple) else [x])]
    return np.result_type(*[seen(x) for x in parts if isinstance(x, np.ndarray) and held(x).kind in "biufcO"])


# ufuncs


def applied(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A ufunc of lookalikes and Values: NumPy's own on objects, or the table's, where NumPy has none."""
    plain = [as_objects(x) for x in inputs]
    like = likeness(ufunc, method, tuple([kind_of(x) for x in inputs])) if method != "at" else FLOAT_KIND
    if ufunc.__name__ in WITH_NAN and any(map(has_nan, plain)):
        ufunc = WITH_NAN[ufunc.__name__]
    if like.kind in "iu" and like.itemsize < 8 and ufunc.__name__ in WRAPPING:
        raise refused(THREAD.run, TypeError(f"{ufunc.__name__} of an array of {like}, which would wrap around {WRAPS}"))
    out = options.get("out", ())
    if out:
        options = {**options, "out": tuple([as_objects(x) for x in out])}
    if like == FLOAT_KIND and options.get("dtype") is not None and np.dtype(options["dtype"]) == FLOAT_KIND:
        options = {**options, "dtype": None}  # which they are, as objects
    if (
        ufunc is np.add
        and method == "reduce"
        and like == FLOAT_KIND
        and (total := sum_in_pairs(*plain, **options)) is not None
    ):
        return dressed(total, like)
    try:
        if THREAD.trace:
            with np.errstate(all="ignore"):  # flags of the processor, which recording raises too
                answer = getattr(ufunc, method)(*plain, **options)
        else:
            answer = getattr(ufunc, method)(*plain, **options)
    except (TypeError, AttributeError) as error:
        function = ANSWERS.get(ufunc.__name__)
        if function is None or method != "__call__" or options:
            raise by_our_words(error) from error
        answer = function(*plain)
    if out:
        return out[0] if len(out) == 1 else out
    return np.float64(answer) if type(answer) is float else dressed(answer, like)


def has_nan(x: Any) -> bool:
    """Whether there is a nan in an input; within a recording that is a question for each number."""
    if not isinstance(x, np.ndarray) or held(x).kind != "O":
        return False
    found = [is_nan_itself(y) for y in x.ravel().tolist()]  # all are asked, so that the way is one
    return any(found)


def is_nan_itself(y: Any) -> bool:
    return bool(y != y) if isinstance(y, Symbol | float) else isinstance(y, Node) and y._data != y._data


def keeping_nan(first_wins: Callable[[Any, Any], Any]) -> Any:
    """The larger or smaller of two numbers, or the nan among them."""
    return np.frompyfunc(lambda x, y: x if x != x else y if y != y else x if first_wins(x, y) else y, 2, 1)


def without_nan(first_wins: Callable[[Any, Any], Any]) -> Any:
    """The larger or smaller of two numbers, or the one that is no nan."""
    return np.frompyfunc(lambda x, y: y if x != x else x if y != y else x if first_wins(x, y) else y, 2, 1)


WITH_NAN = {
    "maximum": keeping_nan(ge),
    "minimum": keeping_nan(le),
    "fmax": without_nan(ge),
    "fmin": without_nan(le),
    "clip": np.frompyfunc(lambda x, low, high: keeping_nan(le)(keeping_nan(ge)(x, low), high), 3, 1),
}
WRAPPING = {"add", "subtract", "multiply", "negative", "power", "matmul", "square", "left_shift", "absolute"}
WRAPS = "as no derivative does: take .astype(float) first"


def as_objects(x: Any) -> Any:
    """An input of a ufunc as NumPy computes with it."""
    if type(x) is Lookalike:
        return x.view(np.ndarray)
    if type(x) is Condition:
        return np.asarray(bool(x))
    if isinstance(x, Node):
        box = np.empty((), object)
        box[()] = x
        return box
    return as_python(x) if isinstance(x, np.generic) and x.dtype.kind in "biuf" else x


def kind_of(x: Any) -> Any:
    """An input of a ufunc as NumPy's rules for dtypes see it."""
    kind = type(x)
    if kind in (int, float, bool):
        return kind
    if issubclass(kind, np.ndarray):
        return seen(x)
    if isinstance(x, Node):
        if type(x) is Active or (isinstance(x, Symbol) and (not x._is_value or x._is_variable)):
            return bool if type(x) is Condition else type(x._data)
        return OBJECT
    return np.asanyarray(x).dtype  # which, other than asarray, is not dressed while a run goes on


@lru_cache(1024)
def likeness(ufunc: Any, method: str, kinds: tuple[Any, ...]) -> Any:
    """The dtype that the ufunc would answer."""
    if not kinds or OBJECT in kinds:
        return OBJECT if kinds else FLOAT_KIND
    resolve = getattr(ufunc, "resolve_dtypes", None)
    kinds = tuple([np.dtype(bool) if kind is bool else kind for kind in kinds])
    try:
        if method in ("reduce", "accumulate", "reduceat"):
            return resolve((None, kinds[0], None), reduction=True)[-1]  # type: ignore[misc]
        return resolve((*kinds[: ufunc.nin], *[None] * ufunc.nout))[-1]  # type: ignore[misc]
    except (TypeError, ValueError):
        return np.result_type(*kinds)


def by_our_words(error: BaseException) -> BaseException:
    """An error of NumPy's, which met Values, as a sentence that says what to write; any other as it is."""
    said = advice(error)
    return refused(THREAD.run, TypeError(said)) if said else error


# what NumPy has no answer to


def elements_close(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """What np.isclose answers."""

    def close(x: Any, y: Any) -> bool:
        if x != x or y != y:
            return bool(equal_nan and x != x and y != y)
        return bool(x == y or (abs(y) < inf and abs(x - y) <= atol + rtol * abs(y)))

    return elementwise(close, 1, bool)(as_objects(a), as_objects(b))


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """What np.nan_to_num answers."""
    largest = np.finfo(float).max

    def number(x: Any) -> Any:
        if x != x:
            return nan
        if abs(x) < inf:
            return x
        return (largest if posinf is None else posinf) if x > 0 else -largest if neginf is None else neginf

    answer = dressed(elementwise(number, 1)(as_objects(x)), seen(x))
    if not copy:
        x[...] = answer
    return answer if copy else x


def by_arithmetic(name: str) -> Callable[..., Any]:
    """What a function of NumPy's answers that computes in C: of Values by our own arithmetic."""
    theirs: Any = getattr(np, name, None) or getattr(np.linalg, name)
    ours = {"interp": interp}.get(name) or getattr(linear, name)

    def answer(*args: Any, **options: Any) -> Any:
        plain = [as_objects(x) for x in args]
        if any(holds_nodes(x) for x in [*plain, *options.values()]):
            return dressed(ours(*plain, **options), FLOAT_KIND if THREAD.run or THREAD.trace else OBJECT)
        return theirs(*[np.asarray(x, float) if isinstance(x, Lookalike) else x for x in args], **options)

    return answer


OWN: dict[str, Callable[..., Any]] = {
    **{name: by_arithmetic(name) for name in ("det", "interp", "inv", "solve")},
    "allclose": lambda *args, **options: bool(np.all(elements_close(*args, **options))),
    "isclose": elements_close,
    "nan_to_num": nan_to_num,
}
