"""One recorded run of a function: the way that it took, and the answer that it came to."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from operator import attrgetter

from ..errors import Singular, Written
from ..graph import Paused
from ..lifting.meeting import starts_again
from ..runs.bytecode import code_key
from ..runs.running import THREAD
from ..runs.users import is_installed
from ..trace.symbol import Symbol
from ..trace.trace import Trace
from ..transforms.asking import ArraysDressed
from ..transforms.call import check_call
from ..trees.planting import Planting, Tree
from ..trees.tree import leaves
from ..trees.writing import Held
from ..value import Value
from .answers import taken_apart
from .arguments import is_of_own_class
from .closed.watch import Closed

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@starts_again(1)
def record_run(
    name: str,
    f: Callable[..., Any],
    call: tuple[Any, ...],
    labels: list[str],
    numbers: list[Any],
    *,
    watching: bool,
    at_once: bool = False,
    ieee: bool = False,
    by: str = "jit",
    shared: Callable[[Any], Any] = lambda call: call,
) -> Recording:
    """Run f on Symbols in place of the numbers in its call, a pair of positional arguments and those by name.

    `by` is the function of this package that people have called, for messages. `at_once` says that the function may ask
    which object the answer of a comparison is. What is written into the `shared` arguments must not be lost.
    """
    passing: frozenset[int] = frozenset()
    while True:
        trace = Trace(name, ieee, by)
        trace.at_once = at_once
        trace.passing = passing
        recording = Recording(trace, call, labels, numbers, shared, watching)
        recording.run(f)
        if recording.closed.missed:  # a Value, and what was asked of it may have been missed too
            watching = True
        elif recording.uncaught:
            passing |= {recording.uncaught}
        elif not recording.closed.chance_came:
            recording.check()
            return recording


class Recording:
    """A run of a function on Symbols: its steps and questions, the Values that it closed over, and its answer.

    Errors of operations that nobody has caught, under IEEE 754, are `passing` in the next run: by their place among
    those that somebody may have caught.
    """

    def __init__(
        self, trace: Trace, call: Any, labels: list[str], numbers: list[Any], shared: Any, watching: bool
    ) -> None:
        self.trace = trace
        self.call = call
        given = zip(labels, numbers, leaves(call), strict=True)
        inputs = [(x, trace.input(label, x, isinstance(leaf, Value))) for label, x, leaf in given]
        self.planting = Planting(Tree(), [x if is_of_own_class(x) else symbol for x, symbol in inputs], seen=True)
        self.arguments = self.planting.of(call, (0, None))
        models = [twin for model in self.planting.models for _, twin in model.pairs]
        self.held = Held(shared(self.arguments), models)
        self.closed = Closed(trace, watching)
        self.uncaught = 0  # the place of an error that nobody has caught
        self.written = ""

    def run(self, f: Callable[..., Any]) -> None:
        trace, closed, (args, options) = self.trace, self.closed, self.arguments
        trace.root = sys._getframe()
        THREAD.trace = trace
        try:
            with Paused(), closed, ArraysDressed() if sys.modules.get("numpy") else nullcontext():
                answer = f(*args, **options)
            if answer is None or isinstance(answer, str):
                check_call(trace.by, f, *self.call)
            self.tree, self.outputs = taken_apart(answer, closed)  # LEAF where a number was, and what stood there
            closed.lift_all()
        except Exception as error:
            closed.check_types()
            self.uncaught = trace.place_of(error)
            is_new = self.uncaught and self.uncaught not in trace.passing
            if not is_new or not isinstance(error, ArithmeticError | ValueError):
                if trace.raised and error is not trace.failed and not isinstance(error, TypeError):
                    raise Singular from None  # it comes of what the function has caught
                raise
        finally:
            self.end()

    def end(self) -> None:
        """Write into the arguments what they held before, and into models what was written into their twins."""
        THREAD.trace = None
        self.trace.root = self.trace.lift = None  # so what was recorded is freed at once, without the garbage collector
        self.trace.finished = True
        self.written = self.held.written()
        if self.written:
            self.held.undo({*map(id, self.planting.twins())})
        for model in self.planting.models:
            model.give_back(attrgetter("_data"))

    def check(self) -> None:
        """Refuse a run that must not be compiled."""
        self.closed.check()
        if self.written:
            raise Written(self.written)
        if self.trace.raised:  # and the program went on: what it caught may not come next time
            raise Singular

    @property
    def packages(self) -> set[Any]:
        """What ran of installed packages."""
        return {code_key(code) for code in self.closed.codes if is_installed(code.co_filename)}

    @property
    def numbers(self) -> list[Any]:
        """The numbers of the answer, in this run."""
        return [x._data if isinstance(x, Symbol) else x for x in self.outputs]
