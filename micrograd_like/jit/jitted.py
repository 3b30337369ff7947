"""jit: a function that is recorded when it is first called, and from then on runs as compiled source."""

from __future__ import annotations

import sys
import warnings
from _thread import RLock
from functools import update_wrapper
from operator import attrgetter
from types import MethodType

from ..graph import Paused
from ..recording import argument_names, frames_of_the_package, parameters_of
from ..symbol import THREAD, Singular
from ..trees import labels, leaves, planted
from ..value import Value
from .forms import fixed_parts, free_name, is_plain, plain, plain_number, read, unpacked
from .program import Changed, Program
from .surroundings import Surroundings
from .tracing import traced

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from .source import Source


def jit(f: Callable[..., Any], *, engine: str = "python", max_paths: int = 64) -> Jitted:
    """The same function, recorded when it is first called and run as compiled source from then on.

    >>> def price(apple, n, tax):
    ...     total = apple * n * tax
    ...     return total if total < 1000 else 0.9 * total
    >>> fast = jit(price)
    >>> fast(100.0, 2.0, 1.5), fast(100.0, 8.0, 1.5)
    (300.0, 1080.0)
    >>> print(fast.source, end="")
    def price(apple, n, tax):
        v1 = apple * n * tax
        if not (v1 < 1000):
            return 0.9 * v1
        return v1

    It adds as Values do: the `sum` of plain floats, which Python 3.12 and later round once, may differ in a last bit.

    `engine="native"` compiles it to machine code, which reads NumPy arrays where they are, without a copy. It computes
    in floats alone (whole numbers become floats), under IEEE 754 (inf and nan in place of errors), and needs llvmlite
    and NumPy: pip install 'micrograd_like[native]'.
    """
    return engine_of(engine)(f, max_paths)


def engine_of(name: str) -> type[Jitted]:
    """The kind of jitted function that an engine makes."""
    if name == "python":
        return Jitted
    if name == "native":
        from .native import NativeJitted

        return NativeJitted
    raise ValueError(f"the engines of jit are 'python' and 'native', not {name!r}")


MOVES = 5  # how many runs in a row may change what the function finds outside, before it runs as it is


class Jitted:
    """A function of numbers that is recorded once for each form of its arguments and for each way that it takes."""

    compiled_as: type[Compiled]

    def __init__(self, f: Callable[..., Any], max_paths: int = 64) -> None:
        if not callable(f):
            raise TypeError(f"jit takes a function, not {f!r:.60}: write jit(f)(x), without calling f yourself")
        self.f = f
        self.max_paths = max_paths
        self.forms: dict[Any, Compiled] = {}
        self.fast: dict[tuple[type, ...], Callable[..., Any]] = {}  # by the types of plain numbers
        self.surroundings: Surroundings | None = None
        self.alone = False  # whether there is nothing in them that can change
        self.eager = False  # whether it is not to be recorded any more
        self.moves = 0  # how many runs in a row have changed what it finds outside
        self.lock = RLock()  # of those who record
        update_wrapper(self, f, updated=())  # what f keeps as attributes is not for this one
        if hasattr(f, "is_derivative"):
            self.is_derivative = True
        self.__name__ = getattr(f, "__name__", type(f).__name__)

    def __call__(self, *args: Any, **options: Any) -> Any:
        function = self.fast.get(tuple(map(type, args)))
        if function is not None and not options and (self.alone or not self.surroundings.changed()):  # type: ignore[union-attr]
            try:
                return function(*args)
            except Exception:  # a way that is not recorded, or an error, which is then eager's own
                pass
        return self.call(args, options)

    def call(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The general case: arguments of all forms, by name too."""
        if THREAD.trace is not None or THREAD.derivatives:  # in a derivative or a recording it is the function itself
            return self.f(*args, **options)
        args, options = self.bound(args, options)
        recorded = self.forms or not self.eager  # or may be
        if self.surroundings is None or (recorded and self.surroundings.changed()):
            self.look_around()
        numbers: list[Any] = []
        form = read(args, numbers), read(options, numbers)
        compiled = self.forms.get(form)
        if compiled is None:
            compiled = self.compiled_as(self.__name__, self.parameters(args, options), (args, options))
            self.forms[form] = compiled
            self.surroundings.include(fixed_parts((args, options)))  # type: ignore[union-attr]
            self.alone = self.alone and self.surroundings.is_empty  # type: ignore[union-attr]
        else:
            try:
                return compiled((*args, *options.values()), numbers)
            except Exception:  # a way that is not recorded, or an error, which is then eager's own
                pass
        with self.lock:
            return self.recorded(compiled, args, options, numbers)

    def look_around(self) -> None:
        """Take note of what the function finds outside its arguments; what was recorded before holds no more."""
        self.forms.clear()
        self.fast.clear()
        self.surroundings = Surroundings(self.f)
        self.alone = self.surroundings.is_empty

    def recorded(self, compiled: Compiled, args: tuple[Any, ...], options: dict[str, Any], numbers: list[Any]) -> Any:
        """The answer from a run of the function itself, whose way is recorded."""
        if self.eager or self.paths >= self.max_paths:
            return self.answered(args, options, numbers)
        try:
            answer = compiled.record(self.f, numbers, watching=self.surroundings.suspicious)  # type: ignore[union-attr]
        except Singular:
            return plainly(self.f, *planted((args, options), numbers))
        except Changed:
            self.eager = True
            self.warn(f"{self.__name__} does something else in every call, so it runs as it is, not compiled")
            return plainly(self.f, *planted((args, options), numbers))
        if self.surroundings.changed():  # type: ignore[union-attr]
            self.moved()
            return answer
        self.moves = 0
        if compiled.is_fast and not options:
            self.fast[tuple(map(type, args))] = compiled.function
        return answer

    def moved(self) -> None:
        """Forget what was recorded: the run, or another thread, has changed what the function finds outside."""
        what = self.surroundings.difference()  # type: ignore[union-attr]
        self.look_around()
        self.moves += 1
        if self.moves == MOVES:
            self.eager = True
            self.warn(
                f"{self.__name__} changes {what}, on which it may depend, in every call, so it runs as it is, not "
                "compiled; make an argument and an answer of it"
            )

    def answered(self, args: tuple[Any, ...], options: dict[str, Any], numbers: list[Any]) -> Any:
        """The answer of the function itself, when enough ways are recorded."""
        answer = plainly(self.f, *planted((args, options), numbers))
        if not self.eager:
            self.eager = True
            self.warn(
                f"{self.__name__} takes more than {self.max_paths} ways: those that are recorded stay compiled, any "
                "other call runs as it is; `max_paths` allows more"
            )
        return answer

    @property
    def paths(self) -> int:
        """How many ways through the function are recorded."""
        return sum(compiled.program.paths for compiled in self.forms.values())

    def warn(self, message: str) -> None:
        warnings.warn(message, stacklevel=1 + frames_of_the_package())

    def bound(self, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments given by name, by place where they can be."""
        if options:
            import inspect

            call = inspect.signature(self.f).bind(*args, **options)
            return call.args, call.kwargs
        return args, options

    def parameters(self, args: tuple[Any, ...], options: dict[str, Any]) -> list[str]:
        """What the user calls the arguments of a call."""
        return argument_names(parameters_of(self.f), args, options)

    @property
    def source(self) -> str:
        """The source of the compiled program, as far as it is recorded; several if it was called with several forms."""
        if not self.forms:
            raise ValueError(f"{self.__name__} is recorded when it is first called: call it, then read its source")
        return "\n".join(compiled.text for compiled in self.forms.values() if compiled.program.paths)

    def save(self, path: Any) -> Path:
        """Write the source to a file, which runs without this package; return its path."""
        from pathlib import Path

        file = Path(path)
        file.write_text(self.source, encoding="utf-8")
        return file

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return self if owner is None else MethodType(self, owner)

    def __repr__(self) -> str:
        return f"<jit of {self.__name__}: {self.paths} ways recorded>"

    def __reduce__(self) -> Any:
        """It travels with what is recorded, and with the function itself if that can be found there."""
        surroundings = self.surroundings.values() if self.surroundings else None
        state = self.max_paths, self.eager, list(self.forms.items()), surroundings
        return restored, (type(self), self.__name__, portable(self), state)


class Compiled:
    """The program for one form of the arguments, and the function that it is compiled to."""

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        self.name = name
        self.call = call  # positional arguments and those by name, of the first call
        self.plain = is_plain((*call[0], *call[1].values()))
        taken: set[str] = set()
        self.parameters = [free_name(name.replace("[", ""), taken) for name in parameters]  # taxes[0] becomes taxes0
        self.head: list[str] = []
        arguments = [*call[0], *call[1].values()]
        pairs = zip(arguments, self.parameters, strict=True)
        inputs = [leaf for x, parameter in pairs for leaf in unpacked(x, parameter, taken, self.head)]
        self.labels = [label for x, name in zip(arguments, parameters, strict=True) for label in labels(x, name)]
        self.taken = taken
        self.program = Program(inputs)
        self._source: Source | None = None
        self._function: Callable[..., Any] | None = None

    @property
    def is_fast(self) -> bool:
        """Whether it can be called with nothing but numbers, and answers as the user's function does."""
        numbers = all(type(x) is float or type(x) is int for x in self.call[0])
        return numbers and not self.program.closed and not self.source.flat

    @property
    def source(self) -> Source:
        if self._source is None:
            from .source import Source

            closed: dict[int, str] = {}
            for i, v in enumerate(self.program.closed):
                closed[-1 - i] = free_name(v.name or f"w{i + 1}", {*self.taken, *closed.values()})
            defaults = [f"{name}={v.data!r}" for name, v in zip(closed.values(), self.program.closed, strict=True)]
            name = free_name("f" if self.name == "<lambda>" else self.name, set())
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

    @property
    def function(self) -> Callable[..., Any]:
        if self._function is None:
            with Paused():
                self._function = self.source.compiled()
        return self._function

    def __call__(self, arguments: tuple[Any, ...], numbers: list[Any]) -> Any:
        if not self.plain:
            iterator = iter(numbers)
            arguments = tuple([plain(x, iterator) for x in arguments])
        answer = self.function(*arguments, *[v.data for v in self.program.closed])
        if not self.source.flat:
            return answer
        place, outputs = answer
        return planted(self.source.trees[place], list(outputs))

    def record(self, f: Callable[..., Any], numbers: list[Any], watching: bool) -> Any:
        """f's answer to these numbers; the way that it takes to it becomes a part of the program."""
        way = traced(self.name, f, self.call, self.labels, numbers, watching=watching)
        self.program.add(way)
        self._source = self._function = None
        return planted(way.tree, way.numbers)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_source": None, "_function": None}


Jitted.compiled_as = Compiled


def plainly(f: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """f's own answer, in plain numbers also where it closes over Values."""
    answer = f(*args, **options)
    found = leaves(answer)
    return planted(answer, list(map(plain_number, found))) if any(isinstance(x, Value) for x in found) else answer


# travels to other processes


def portable(jitted: Jitted) -> Any:
    """The function as it can be pickled: itself, the name of what jit decorates, or None."""
    import pickle

    f = jitted.f
    module, name = getattr(f, "__module__", None), getattr(f, "__qualname__", "")
    try:
        if attrgetter(name)(sys.modules[module]) is jitted:  # type: ignore[index]
            return module, name
        pickle.dumps(f)
    except Exception:  # a lambda, a derivative, a function within a function
        return None
    return f


def restored(kind: type[Jitted], name: str, reference: Any, state: tuple[Any, ...]) -> Jitted:
    """A jitted function that came from another process."""
    jitted = kind(found(reference, name))
    jitted.__name__ = name
    jitted.max_paths, jitted.eager, forms, surroundings = state
    jitted.look_around()
    if reference is None or surroundings == jitted.surroundings.values():  # type: ignore[union-attr]
        own = reference is None  # a Value that the function closes over is another one there, if it is found there
        jitted.forms.update((form, compiled) for form, compiled in forms if own or not compiled.program.closed)
    return jitted


def found(reference: Any, name: str) -> Any:
    """The function itself; what stands for it if it could not travel."""
    if isinstance(reference, tuple):
        from importlib import import_module

        known = attrgetter(reference[1])(import_module(reference[0]))
        return known.f if isinstance(known, Jitted) else known
    if reference is not None:
        return reference

    def missing(*_: Any, **__: Any) -> Any:
        raise LookupError(
            f"this call of {name} takes a way that was not recorded before it was pickled, and the function itself "
            "could not travel: define it in a module, by name"
        )

    missing.__name__ = name
    return missing
