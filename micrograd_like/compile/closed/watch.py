"""The watch of one recorded run: closed-over Values become inputs, and what would go stale is noted."""

from __future__ import annotations

from ...errors import TracingError
from ...failure import explained
from ...operation import OPS, QUESTIONS
from ...runs.bytecode import type_sites
from ...runs.positions import Place, by_the_user
from ...runs.running import Running
from ...runs.users import is_users_code
from ...trace.places import Watch
from ...trace.recording import recorded
from ...trace.symbol import Symbol
from ...trace.trace import Trace
from ...transforms.asking import refusal_of_type, subjects
from ...trees.containers import LOOKALIKES
from ...value import Value, compared
from .chance import draws_in, offence_of, offence_of_python, state_of_chance, user_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

COMPARE = compared(OPS["lt"]).__code__
COMPARISONS = {op.value: op for op in OPS.values() if op.rule is None}
TO_WHOLE = {
    Value.__int__.__code__: QUESTIONS["trunc"],
    Value.__floor__.__code__: QUESTIONS["floor"],
    Value.__ceil__.__code__: QUESTIONS["ceil"],
    Value.__round__.__code__: QUESTIONS["round"],
}
PINNING = {Value.__round__.__code__, Value.__repr__.__code__, Value.__format__.__code__}  # another number, another way


class Closed(Watch):
    """Watches a run under trace for the Values that the function closes over, and for what would go stale.

    A Value that is older than the run becomes an input of every call. What is computed of Values during the run is
    computed in every call; what the program asks of them is a question. What must not happen is noted as an offence.
    """

    def __init__(self, trace: Trace, watching: bool) -> None:
        super().__init__()
        self.trace = trace
        self.watching = watching  # a run is slower under watch, so it is left out where no Value can be met
        self.missed = False  # whether a Value was met all the same
        self.running = Running(trace.name)
        self.values: list[Value] = []  # the inputs, in the order of the trace
        self.symbols = trace.lifted  # what stands for each Value
        self.offences: list[str] = []
        self.types: list[str] = []  # where the program asks type() of a number of the trace
        self.codes: dict[CodeType, None] = {}  # functions that ran
        self.chance = state_of_chance()
        trace.lift = self.lift
        trace.running = self.running

    def __enter__(self) -> Closed:
        self.running.__enter__()
        if self.watching:
            super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        if self.watching:
            super().__exit__(*error)
        self.running.__exit__(*error)

    def lift(self, value: Any) -> Any:
        """The Symbol that stands for a Value; nothing recurses, however long its history."""
        stack = [value]
        while stack:
            v = stack[-1]
            if v in self.symbols:
                stack.pop()
            elif v.op is None or v not in self.places:
                self.symbols[v] = self.source(v)
            elif missing := [x for x in v.parents if issubclass(type(x), Value) and x not in self.symbols]:
                stack += reversed(missing)
            else:
                self.symbols[v] = symbol = recorded(
                    self.trace, v.op, tuple([self.symbols.get(x, x) for x in v.parents])
                )
                if hasattr(v, "_scope"):
                    symbol._scope = v._scope
        return self.symbols[value]

    def source(self, v: Value) -> Symbol:
        """An input for a Value that was there before; a constant for one that the function has made of a number."""
        if v.op is None and v._x is not None and v._x.is_inside(self.running):
            return self.trace.constant(v.data, v.name, is_value=True)
        self.missed = not self.watching
        self.values.append(v)
        return self.trace.input(v.name or f"w{len(self.values)}", v.data, is_value=True)

    def lift_all(self) -> None:
        """Record also what was computed of Values to no use: in another call it may raise."""
        for v in [*self.places]:
            if issubclass(type(v), Value):
                self.lift(v)

    def _see(self, frame: FrameType, event: str, answer: Any) -> None:
        if event == "c_call":
            if what := offence_of(answer, frame):
                self.offend(what, user_of(frame))
            return
        if event == "call" and by_the_user(frame):
            self.codes[frame.f_code] = None
            if what := offence_of_python(frame):
                self.offend(what, user_of(frame))
        if event == "call" or event == "return":
            self.note_types(frame, event, answer)
        if (event[0] == "c" and event[1] == "_") or type(answer) is Symbol:
            return
        super()._see(frame, event, answer)
        code = frame.f_code
        if event == "return" and code is COMPARE and type(answer) is bool:
            op = COMPARISONS[frame.f_locals["value"]]
            self.ask(op, [frame.f_locals["a"], frame.f_locals["b"]], answer)
        elif event == "return" and code is Value.__bool__.__code__:
            self.ask(OPS["ne"], [frame.f_locals["self"], 0], answer)
        elif event == "return" and (code is explained.__code__ or (code in TO_WHOLE and answer is None)):
            self.trace.raised = True
        elif event == "return" and code in TO_WHOLE and frame.f_locals.get("ndigits") is None:
            self.ask(TO_WHOLE[code], [frame.f_locals["self"]], answer)
        elif event == "return" and code in PINNING and by_the_user(frame.f_back):
            self.lift(frame.f_locals["self"])._exactly()
        elif event == "call" and code is Value.backward.__code__ and frame.f_back:
            self.offend("backward() writes grad, which is no answer of the function", frame.f_back)

    def note_types(self, frame: FrameType, event: str, answer: Any) -> None:
        """Note that type() is asked of a number of the trace, whose class is none of Python's."""
        if by_the_user(frame):
            for site in type_sites(frame.f_code):
                for x in subjects(site, frame, site.made_at < 0):
                    self.note_type(x, site, frame)
        is_ours = isinstance(answer, Symbol) or type(answer) in LOOKALIKES
        if event == "return" and is_ours and (by := frame.f_back) and by_the_user(by):
            for site in type_sites(by.f_code):
                if site.made_at == by.f_lasti:
                    self.note_type(answer, site, by)

    def note_type(self, x: Any, site: Any, frame: FrameType) -> None:
        if said := refusal_of_type(x, site, frame):
            self.types.append(f"{self.trace.by} cannot record {self.trace.name}, in whose run {said}")

    def check_types(self) -> None:
        if self.types:
            error = TracingError(self.types[0])
            error.met_in = {code.co_filename for code in self.codes}  # type: ignore[attr-defined]
            raise error

    def ask(self, op: Any, operands: list[Any], answer: Any) -> None:
        numbers = [
            self.lift(x)._number if issubclass(type(x), Value) else self.trace.number_of(float(x)) for x in operands
        ]
        self.trace.ask(op, tuple(numbers), answer)

    def offend(self, what: str, frame: FrameType) -> None:
        if is_users_code(frame.f_code):  # not what an import does on its way
            self.offences.append(f"{what}: {Place(frame.f_code, frame.f_lasti)}")

    @property
    def chance_came(self) -> bool:
        """Whether numpy.random was imported while it ran: then only another run shows if it draws from it."""
        return self.chance is None and state_of_chance() is not None

    def check(self) -> None:
        """Refuse what would stay as it is in this call, and what the function has caught of what was refused."""
        self.check_types()
        self.running.check()
        if state_of_chance() != self.chance and (place := next(draws_in(self.codes), None)):  # else another thread's
            self.offences.append(f"numpy.random answers something else in every call: {place}")
        drops = [f"of a Value {what}: {place}" for what, place in self.drops if ".data" in what]
        for offence in [*self.offences, *drops]:
            raise TracingError(
                f"{self.trace.by} cannot record {self.trace.name}, since the number would stay as it is in this call; "
                f"{offence}\nMake it an argument, or compute with the Value itself"
            )
