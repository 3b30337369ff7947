"""The program for one form of the arguments, as what computes it in any engine; and the python engine."""

from __future__ import annotations

from ..graph import Paused
from ..trees.planting import planted
from ..trees.tree import labels
from .arguments import as_unpackable, free_identifier, is_unpackable, unpacked
from .closed.fixed import Fixed
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
        self.of_numbers = all(type(x) is float or type(x) is int for x in call[0])
        self.fixed: Fixed | None = None  # what may change by itself in the arguments
        self.catches = False  # whether the function catches errors of its numbers
        self.packages: set[Any] = set()  # what ran of installed packages
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
        way = record_run(self.name, f, self.call, self.labels, numbers, ieee=not self.is_exact, **how)
        self.packages |= way.packages
        self.add(way)
        return planted(way.tree, way.numbers)

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
    """The program, and the Python function that it is compiled to."""

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        super().__init__(name, parameters, call)
        self.is_unpackable = is_unpackable((*call[0], *call[1].values()))
        self._function: Callable[..., Any] | None = None

    @property
    def is_fast(self) -> bool:
        """Whether it can be called with nothing but numbers, and answers as the user's function does."""
        return self.of_numbers and not self.program.closed and not self.source.flat

    @property
    def function(self) -> Callable[..., Any]:
        if self._function is None:
            with Paused():
                self._function = self.source.compiled()
        return self._function

    def __call__(self, arguments: tuple[Any, ...], numbers: list[Any]) -> Any:
        if not self.is_unpackable:
            iterator = iter(numbers)
            arguments = tuple([as_unpackable(x, iterator) for x in arguments])
        answer = self.function(*arguments, *[v.data for v in self.program.closed])
        if not self.source.flat:
            return answer
        place, outputs = answer
        return planted(self.source.trees[place], list(outputs))

    def add(self, way: Recording) -> None:
        super().add(way)
        self._function = None

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_function": None}
