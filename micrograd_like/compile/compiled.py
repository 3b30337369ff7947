"""The program for one form of the arguments, as what computes it in any engine; and the python engine."""

from __future__ import annotations

import sys

from ..graph import Paused
from ..trees.planting import planted
from ..trees.tree import labels
from .answers import answer_maker, is_of_arrays, is_spelled
from .arguments import as_unpackable, free_identifier, is_unpackable, unpacked
from .closed.fixed import Fixed
from .loop import Looping, layout_of
from .program import Program
from .record import record_run

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .record import Recording
    from .source import Source


class Compiled:
    """The program for one form of the arguments, which grows with each way that is recorded."""

    is_exact = True  # whether its answers are those of Python to the last bit, and so are its errors

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        self.name = name
        self.call: Any = call  # positional arguments and those by name, while they are recorded
        self.layouts = tuple(map(layout_of, call[0]))  # of the arguments by place
        self.fixed: Fixed | None = None  # what may change by itself in the arguments
        self.catches = False  # whether the function catches errors of its numbers
        self.packages: set[Any] = set()  # what ran of installed packages
        self.kinds: list[type] = []  # of the numbers
        taken: set[str] = set()
        self.parameters = [free_identifier(name.replace("[", ""), taken) for name in parameters]  # taxes[0]: taxes0
        self.head: list[str] = []
        arguments = [*call[0], *call[1].values()]
        pairs = zip(arguments, self.parameters, strict=True)
        inputs = [leaf for x, parameter in pairs for leaf in unpacked(x, parameter, taken, self.head)]
        self.labels = [label for x, name in zip(arguments, parameters, strict=True) for label in labels(x, name)]
        self.taken = taken
        self.program = Program(inputs)
        self._source: Source | None = None

    @property
    def source(self) -> Source:
        if self._source is None:
            from .source import Source

            closed: dict[int, str] = {}
            for i, v in enumerate(self.program.closed):
                closed[-1 - i] = free_identifier(v.name or f"w{i + 1}", {*self.taken, *closed.values()})
            defaults = [f"{name}={v.data!r}" for name, v in zip(closed.values(), self.program.closed, strict=True)]
            name = free_identifier("f" if self.name == "<lambda>" else self.name, set())
            define = f"def {name}({', '.join([*self.parameters, *defaults])}):"
            names = {**dict(enumerate(self.program.inputs)), **closed}
            self._source = Source(self.program, name, [define, *(f"    {line}" for line in self.head)], names)
        return self._source

    @property
    def text(self) -> str:
        """The source, with the numbers that closed-over Values have now."""
        if self.program.closed:
            self._source = None
        return self.source.text

    def record(self, f: Callable[..., Any], numbers: list[Any], **how: Any) -> Any:
        """f's answer to these numbers; the way that it takes to it becomes a part of the program."""
        self.kinds = [*map(type, numbers)]
        with Paused():
            way = record_run(self.name, f, self.call, self.labels, numbers, ieee=not self.is_exact, **how)
            self.packages |= way.packages
            self.add(way)
            answer = planted(way.tree, way.numbers)
            del way
        return answer

    def add(self, way: Recording) -> None:
        """Make the way a part of the program; what was made of the program before is forgotten."""
        self.program.add(way)
        self._source = None

    def __getstate__(self) -> dict[str, Any]:
        fixed = self.fixed and (self.fixed.parts, self.fixed.surroundings.values())
        return {**self.__dict__, "_source": None, "call": None, "fixed": fixed}

    @property
    def is_portable(self) -> bool:
        return self.fixed is None or self.fixed.is_named

    def arrived(self) -> bool:
        """Whether what is fixed in the arguments is here as it was where this was pickled."""
        if self.fixed is None:
            return True
        sent: Any = self.fixed
        parts, values = sent
        self.fixed = Fixed(parts, lambda _: None)
        return bool(self.fixed.surroundings.values() == values)


class PythonCompiled(Compiled):
    """The program, and what runs it: a loop over its steps, if the core is there; else a Python function."""

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        super().__init__(name, parameters, call)
        self.is_unpackable = is_unpackable((*call[0], *call[1].values()))
        self._function: Callable[..., Any] | None = None
        self._looping: Looping | None = None
        self.is_spelled = True  # whether all answers are of numbers, lists, tuples and dicts
        self._makers: dict[int, Any] = {}  # by place, how the answers are made that are of arrays

    @property
    def is_fast(self) -> bool:
        """Whether it can be called with numbers, or flat lists of them, and answers as the user's function does."""
        if self.program.closed or not self.is_spelled or ... in self.layouts:
            return False
        return not any(self.layouts) or self.loop is not None

    @property
    def loop(self) -> Any:
        return self.looping.loop

    @property
    def looping(self) -> Looping:
        looping = self._looping
        if looping is None:
            with Paused():
                layouts = () if ... in self.layouts else self.layouts
                looping = self._looping = Looping(self.program, self.kinds, layouts=layouts)
        return looping

    @property
    def function(self) -> Callable[..., Any]:
        return self.loop or self.python_function

    @property
    def python_function(self) -> Callable[..., Any]:
        if self._function is None:
            with Paused():
                self._function = self.source.compiled()
        return self._function

    def __call__(self, arguments: tuple[Any, ...], numbers: list[Any]) -> Any:
        looping = self.looping
        answer = looping.loop.run(numbers, [v.data for v in self.program.closed]) if looping.loop else NotImplemented
        if answer is NotImplemented:
            return self.answer_of_python(arguments, numbers)
        return self.planted(*answer) if looping.is_flat else answer

    def answer_of_python(self, arguments: tuple[Any, ...], numbers: list[Any]) -> Any:
        """The same, by the source."""
        if not self.is_unpackable:
            iterator = iter(numbers)
            arguments = tuple([as_unpackable(x, iterator) for x in arguments])
        answer = self.python_function(*arguments, *[v.data for v in self.program.closed])
        if self.is_spelled:
            return answer
        place, outputs = answer
        return self.planted(place, list(outputs))

    def planted(self, place: int, numbers: list[Any]) -> Any:
        """The answer with that tree."""
        tree = self.program.answers[place].tree
        if place not in self._makers:
            self._makers[place] = answer_maker(tree) if is_of_arrays(tree) else None
        make = self._makers[place]
        if make and {*map(type, numbers)} == {float}:
            return make(sys.modules["numpy"].array(numbers))
        return planted(tree, numbers)

    def add(self, way: Recording) -> None:
        super().add(way)
        self._function = None
        self.is_spelled = self.is_spelled and is_spelled(self.program.answers[-1].tree)
        if self._looping and not self._looping.grows():
            self._looping = None

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_function": None, "_looping": None, "_makers": {}}
