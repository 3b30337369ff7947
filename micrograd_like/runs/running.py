"""The current run: one call of a user's function on Values, by which a transform such as `grad` follows its numbers.

What loses a derivative, as `int(x)` does, is noted here when it happens: the function need not run a second time to
find out.
"""

from __future__ import annotations

import sys
from _thread import _local

from .foreign import LISTENER, is_foreign
from .positions import Place, asking_frame, by_the_user
from .searches import count_anew, search_around
from .users import is_users_file

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any


class OfThread(_local):
    """What the current thread is in the middle of: a trace that it records, and the innermost run, if there are any."""

    trace: Any = None  # a Trace
    run: Running | None = None


THREAD = OfThread()
DROPPING_CODE: dict[
    CodeType, str
] = {}  # code that makes a plain number of a Value, and what `trace/places.py` says of it
DATA_WAS_READ = "its .data was read"
TEXT_WAS_MADE = "text was made of it"
ROUNDINGS = {
    "__int__": "int() or trunc() answered a plain number",
    "__floor__": "floor() answered a plain number",
    "__ceil__": "ceil() answered a plain number",
    "__round__": "round() answered a plain number",
}
DIGITS_OF_KEYS = 6  # numbers that people are to read are rounded to fewer


def drop_by_rounding(kind: type) -> None:
    """Note that the methods of this class which round a number answer plain ones."""
    for name, said in ROUNDINGS.items():
        DROPPING_CODE[vars(kind)[name].__code__] = said


class Running:
    """A run of a function, while it is entered and afterwards: which one it is, and what was lost in it.

    >>> with Running("price") as outer:
    ...     with Running("rate") as inner:
    ...         pass
    >>> inner.is_inside(outer), outer.is_inside(inner), THREAD.run
    (True, False, None)
    """

    __slots__ = (
        "__weakref__",
        "counted",
        "drops",
        "finished",
        "keys",
        "name",
        "outer",
        "pickled",
        "plain",
        "refusals",
        "searches",
        "ties",
    )

    def __init__(self, name: str) -> None:
        self.name = name  # of the function
        self.outer: Running | None = None
        self.finished = False
        self.drops: list[tuple[str, Place]] = []  # where a number became a plain one
        self.refusals: list[tuple[TypeError, Place | None]] = []  # errors of this package, which the function may catch
        self.ties: list[Place] = []  # where == said that two numbers are equal
        self.searches: list[Place] = []  # where an interval was halved, again and again
        self.keys: list[Place] = []  # where a number was rounded to so many digits as a key of a cache is
        self.counted: set[int] = set()  # the ids of numbers that the function counts or indexes with
        self.pickled: list[Any] = []  # numbers that were pickled within the run, to come back as themselves
        self.plain: dict[int, tuple[Any, bool]] = {}  # numbers by their ids, and whether no Value took part in them

    def begin(self) -> None:
        """From here on, until the `end`, this is the run that goes on in this thread."""
        self.outer = THREAD.run
        if self.outer is None:
            count_anew()
        THREAD.run = self
        LISTENER.runs[id(self)] = self

    def end(self) -> None:
        THREAD.run = self.outer
        LISTENER.runs.pop(id(self), None)

    def __enter__(self) -> Running:
        self.begin()
        if not LISTENER.listens:
            LISTENER.start()
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.end()
        self.finished = True
        self.pickled, self.plain = [], {}
        if self.outer:
            self.outer.drops += self.drops
            self.outer.refusals += self.refusals
            self.outer.searches += self.searches
        if error:
            self.say_where(error)
            from .arrays import advice

            if said := advice(error):
                raise TypeError(said) from error

    def is_inside(self, run: Running) -> bool:
        """Whether this is that run, or one within it."""
        inner: Running | None = self
        while inner is not None and inner is not run:
            inner = inner.outer
        return inner is not None

    @property
    def outermost(self) -> Running:
        """The run within which all others go on."""
        run = self
        while run.outer:
            run = run.outer
        return run

    def check(self) -> None:
        """Raise what was refused, if the function has caught it and gone on."""
        if self.refusals:
            error, place = self.refusals[0]
            where = f"\n{self.name} caught this error and went on, at {place}" if place else ""
            raised = type(error)(f"{error}{where}")
            self.say_where(raised)
            raise raised from None

    def say_where(self, error: BaseException) -> None:
        """Tell, by an attribute of the error, the files in which something was refused in this run."""
        if self.refusals and hasattr(error, "__dict__"):
            known = vars(error).get("met_in", set())
            vars(error)["met_in"] = known | {place.code.co_filename for _, place in self.refusals if place}


def note_drop(run: Running | None, what: str, frame: FrameType) -> None:
    """Note that a number became a plain one, if it is the user's program that did it."""
    if run and by_the_user(frame := asking_frame(frame)):
        run.drops.append((what, place_of_user(frame) or Place(frame.f_code, frame.f_lasti)))


def note_tie(run: Running | None, frame: FrameType) -> None:
    """Note that == said that two numbers are equal, if it is the user's program that asked."""
    if run and by_the_user(frame := asking_frame(frame)) and (place := place_of_user(frame)):
        run.ties.append(place)


def note_search(frame: FrameType) -> None:
    """Note that what was asked here is asked by a search that halves an interval."""
    run = THREAD.run
    if run and not run.searches and (place := search_around(frame)):
        run.searches.append(place)


def note_key(run: Running | None, ndigits: int | None, frame: FrameType) -> None:
    """Note that a number was rounded as the key of a cache is: to many digits."""
    if run and ndigits is not None and ndigits >= DIGITS_OF_KEYS and by_the_user(frame := asking_frame(frame)):
        run.keys.append(Place(frame.f_code, frame.f_lasti))


def refused(run: Running | None, error: TypeError) -> TypeError:
    """The error, noted: if the function catches it, it is raised when the run returns."""
    if run:
        run.refusals.append((error, place_of_user(sys._getframe(2))))
    return error


def no_mask(_: Any) -> Any:
    """What is said of `_mask`: numpy.ma asks for it, which takes a number's `_data` for an array of plain numbers."""
    raise refused(
        THREAD.run,
        TypeError(
            "numpy.ma computes with plain numbers alone: compute with the numbers that the mask leaves, as in "
            "m.compressed() * x, or give x.data if the number alone is wanted"
        ),
    )


def note_foreign(error: BaseException) -> None:
    """Note an error of another library that the function catches, if it comes of a number that is followed."""
    run = THREAD.run
    if run and is_foreign(error) and all(error is not known for known, _ in run.refusals):
        run.refusals.append((TypeError(f"{error}"), place_of_user(sys._getframe(2))))


LISTENER.tell = note_foreign


def place_of_user(frame: FrameType | None) -> Place | None:
    """The place in the user's program that led here: not within this package or the standard library."""
    while frame and not is_users_file(frame.f_code.co_filename):
        frame = frame.f_back
    return Place(frame.f_code, frame.f_lasti) if frame else None
