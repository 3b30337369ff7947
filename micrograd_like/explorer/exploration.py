"""One run of a function that is explored, with the places of what it computes and asks, and its variables' names."""

from __future__ import annotations

from collections import Counter

from ..errors import Singular, TracingError
from ..graph import ByNode, Paused, topological_order
from ..pictures.scene import Scene, names_by_value
from ..pictures.scope import exits_of
from ..runs.positions import Place, caller_of
from ..runs.running import THREAD
from ..trace.condition import Condition
from ..trace.places import Watch
from ..trace.symbol import Symbol
from ..trace.trace import Trace
from ..transforms.call import argument_names, check_call, parameter_names
from ..transforms.variables import on_values
from ..trees.objects import is_leaf
from ..trees.tree import labels, leaves
from ..value import Value
from ..words.names import target_of
from ..words.numbers import number, short
from .explorer import Explorer
from .live import NotLive, live_of_trace

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType, FrameType
    from typing import Any

LONGEST_TITLE = 70
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Exploration(Watch):
    """One run of a function on Symbols, with the places of what it computes and asks."""

    def __init__(self, subject: Any, args: tuple[Any, ...], options: dict[str, Any], caller: FrameType) -> None:
        from ..compile.jitted import Jitted

        super().__init__()
        if isinstance(subject, Jitted) and subject.is_batched:
            raise TypeError(
                "explore follows one number, and vmap computes one for each row: explore the function itself"
            )
        self.f = subject.f if isinstance(subject, Jitted) else subject
        name = getattr(subject, "__name__", None) or type(subject).__name__
        self.name = f"derivative of {name}" if getattr(subject, "is_derivative", False) else name
        self.here = caller.f_code, caller.f_lasti  # where explore was called: of no value's own
        self.code: CodeType | None = getattr(self.f, "__code__", None)
        self.call = args, options
        self.inputs: dict[int, float] = {}
        self.known = 0  # steps of the trace, before a question
        self.asked: list[Place | None] = []
        self.variables: dict[str, Any] = {}

    def explorer(self) -> Explorer:
        from ..compile.arguments import as_int_or_float

        args, options = self.call
        names, parts = argument_names(parameter_names(self.f), args, options), [*args, *options.values()]
        inputs = [label for x, name in zip(parts, names, strict=True) for label in labels(x, name)]
        numbers = [*map(as_int_or_float, leaves(parts))]
        title = f"{self.name}({', '.join(map(argument_text, parts))})" if parts else self.name
        title = title if len(title) <= LONGEST_TITLE else f"{self.name}(…)"
        try:
            return self.on_symbols(inputs, numbers, title)
        except (TracingError, Singular, NotLive) as reason:
            return self.on_values(inputs, title, str(reason) or "the function caught an error on its way")

    def on_symbols(self, inputs: list[str], numbers: list[float], title: str) -> Explorer:
        """The run as a program: numbers can be changed, and questions are known."""
        from ..compile.closed.surroundings import Surroundings
        from ..compile.record import record_run

        outputs: list[Symbol] = []

        def run(*args: Any, **options: Any) -> Any:
            trace: Any = THREAD.trace
            trace.counts_truths = False  # else the picture would have steps that no derivative goes through
            for x in leaves((args, options)):
                if isinstance(x, Symbol):
                    x._is_value = True
                    self.inputs[x._number] = x._data
            with self:
                answer = self.f(*args, **options)
                outputs.append(self.number(trace.lift(answer) if issubclass(type(answer), Value) else answer))
            return answer

        at_once = Surroundings(self.f).reach.asks_identity
        record_run(self.name, run, self.call, inputs, numbers, watching=True, at_once=at_once, by="explore")
        return self.of_symbols(outputs[-1], title)

    def of_symbols(self, output: Symbol, title: str) -> Explorer:
        """What was recorded, as a picture and as a program."""
        with Paused():
            values = as_values(output)
            self.name_values(values)
            scene = Scene(values[output], {}, True)
            symbols = ByNode((v, x) for x, v in values.items())
            order = [symbols[v] for v in scene.values]
            names = names_by_number(output._trace, order, scene)
            live = live_of_trace(output._trace, self.inputs, output, order, names, self.catches)
        return Explorer(scene, live, [self.place(x) for x in order], self.asked, title, code=self.code)

    def on_values(self, inputs: list[str], title: str, reason: str) -> Explorer:
        """The run as it is, for what cannot be recorded."""
        self.places.clear()
        with self:
            _, answer, held = on_values(lambda args, options: self.f(*args, **options), self.call, inputs)
        output = self.number(answer)
        reason += "".join(f"; {inputs[k]} is held, since the function counts or indexes with it" for k in held)
        order = topological_order(output)
        self.name_values(ByNode((v, v) for v in order))
        places = [self.place(v) for v in order]
        return Explorer(Scene(output, {}, True), places=places, title=title, reason=reason, code=self.code)

    def number(self, answer: Any) -> Any:
        """What the function answered, if that is a number which depends on something."""
        if isinstance(answer, Symbol) and answer._row is None and answer._number in answer._trace.constants:
            answer = answer._data
        if isinstance(answer, Symbol | Value) and not isinstance(answer, Condition):
            return answer
        if hasattr(answer, "close") and hasattr(answer, "send"):  # a coroutine or a generator: it has not run
            answer.close()
        check_call("explore", self.f, *self.call)
        if is_leaf(answer) or isinstance(answer, bool | Condition):
            raise TypeError(
                f"explore follows how a number depends on others; {self.name} answered {answer!r:.60}, which depends "
                "on none of its arguments"
            )
        if answer is None:
            raise TypeError(
                f"explore takes functions that answer one number; {self.name} answered None: does it lack a `return`?"
            )
        raise TypeError(
            f"explore takes functions that answer one number; {self.name} answered a {type(answer).__name__}: explore "
            "one of its numbers, as in explore(lambda *args: f(*args)[0], …)"
        )

    def _see(self, frame: FrameType, event: str, answer: Any) -> None:
        if event == "call" or event == "return":  # and not one of a function that is written in C
            code = frame.f_code
            if event == "return" and code is self.code:
                self.variables = dict(frame.f_locals)
            elif code is Trace.ask.__code__:
                self.note_question(frame, event)
            elif event == "return" and code is Trace.input.__code__:
                self.inputs[answer._number] = answer._data
            super()._see(frame, event, answer)
        if self._before:
            before: Any = self._before
            before(frame, event, answer)

    def place(self, x: Any) -> Place | None:
        """Where x was computed, if that is known better than that it was in a call of explore."""
        place = self.places.get(x)
        return place if place and (place.code, place.offset) != self.here else None

    @property
    def catches(self) -> bool:
        """Whether a function in which something was computed may catch errors."""
        codes = {place.code for place in self.places.values()}
        return any(code.co_exceptiontable for code in codes)

    def note_question(self, frame: FrameType, event: str) -> None:
        """Keep the place of a question that is new to the trace."""
        trace = frame.f_locals["self"]
        if event == "call":
            self.known = len(trace.steps)
        elif event == "return" and len(trace.steps) > self.known:
            self.asked.append(caller_of(frame))

    def name_values(self, values: Mapping[Any, Value]) -> None:
        """Call each value by the variable that it was assigned to; the second of a name gets a small 2."""
        held = names_by_value({name: translated(x, values) for name, x in self.variables.items()})
        taken: Counter[str] = Counter(v.name for v in values.values() if v.name)
        targets: dict[tuple[CodeType, int], str] = {}
        for x, v in values.items():
            place = self.place(x)
            target = ""
            if place:
                where = place.code, place.offset
                if where not in targets:
                    targets[where] = target_of(place)
                target = targets[where]
            name = v.name or target or held.get(v)
            if name and not v.name:
                taken[name] += 1
                v.name = name if taken[name] == 1 else f"{name}{str(taken[name]).translate(SUBSCRIPT)}"
        if not v.name and self.name.isidentifier():  # the last is the output
            v.name = self.name


def names_by_number(trace: Trace, order: Sequence[Symbol], scene: Scene) -> dict[int, str]:
    """What to call the expressions of a trace: by the user's names before all others."""
    names: dict[int, str] = {}
    for x, mark in sorted(zip(order, scene.marks, strict=True), key=lambda pair: not pair[1].name):
        names.setdefault(x._number, mark.label)
    return {k: short(name) for k, name in trace.inputs.items()} | names


def as_values(output: Any) -> ByNode:
    """The Values that do what Symbols did, by these; a condition is the plain number that it was."""
    values = ByNode()
    inputs: dict[int, tuple[Value, ...]] = {}
    for x in topological_order(output):
        parents = [values.get(p, float(p._data)) if isinstance(p, Symbol) else p for p in x._parents]
        if x._row is None:
            values[x] = Value(x._data, x._name)
        elif x._row.rule is not None and any(isinstance(p, Value) for p in parents):
            values[x] = Value.record(x._row, *parents)
            if hasattr(x, "_scope"):
                values[x]._scope = exits_on_values(x, values, inputs)
    return values


def exits_on_values(x: Symbol, values: Mapping[Any, Value], inputs: dict[int, tuple[Value, ...]]) -> tuple[Any, ...]:
    """The scopes that a Symbol came out of, with Values in the place of the Symbols that went in.

    All outputs of one run of a scope share one tuple of inputs, by which the run is known; so it is in `inputs`.
    """
    exits = exits_of(x)
    for given in exits[1::2]:
        if id(given) not in inputs:
            found = (values.get(x._trace.lifted.get(y, y)) for y in given if isinstance(y, Value | Symbol))
            inputs[id(given)] = tuple(ByNode((v, v) for v in found if v is not None))
    return tuple([inputs[id(part)] if k % 2 else part for k, part in enumerate(exits)])


def translated(x: Any, values: Mapping[Any, Value]) -> Any:
    """A variable's content with Values in the place of Symbols."""
    if isinstance(x, list | tuple):
        return [translated(y, values) for y in x]
    return values.get(x) if isinstance(x, Symbol | Value) else None


def argument_text(x: Any) -> str:
    """An argument as it stands in the title."""
    return number(x.data if isinstance(x, Value) else float(x)) if is_leaf(x) else short(repr(x))
