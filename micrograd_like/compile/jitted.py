"""jit: a function that is recorded when it is first called, and from then on runs as compiled source."""

from __future__ import annotations

import warnings
from _thread import RLock
from functools import update_wrapper
from time import perf_counter
from types import MethodType

from ..errors import Singular, Written
from ..graph import Paused
from ..runs.running import THREAD
from ..transforms.asking import asks_about_arrays
from ..transforms.references import portable, travels_by_value
from ..transforms.run import argument_names, frames_of_the_package, parameters_of
from ..trees.tree import is_leaf, labels, leaves, planted
from .arguments import (
    OfValues,
    as_unpackable,
    fixed_parts,
    form_of,
    free_identifier,
    is_pythons,
    is_unpackable,
    unpacked,
    with_numbers,
)
from .checks import PATIENCE, Checks, agree, in_plain_numbers, needs_values
from .closed.fixed import Fixed
from .closed.surroundings import Surroundings
from .program import Changed, Program
from .record import record_run

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from .source import Source


MOVES = 5  # how many runs in a row may change what the function finds outside, before it runs as it is


class Jitted:
    """A function of numbers that is recorded once for each form of its arguments and for each way that it takes."""

    compiled_as: type[Compiled]
    is_batched = False  # whether it is computed for many rows at once

    def __init__(self, f: Callable[..., Any], max_paths: int = 64, check: bool = True) -> None:
        if not callable(f):
            raise TypeError(f"jit takes a function, not {f!r:.60}: write jit(f)(x), without calling f yourself")
        self.f = f
        self.max_paths = max_paths
        self.forms: dict[Any, Compiled] = {}
        self.fast: dict[tuple[type, ...], Callable[..., Any]] = {}  # by the types of plain numbers
        self.surroundings: Surroundings | None = None
        self.eager = False  # whether it is not to be recorded any more
        self.singular = 0  # how often a recording met an error that the function catches
        self.moves = 0  # how many runs in a row have changed what it finds outside
        self.ran: frozenset[Any] = frozenset()  # what has run of installed packages, and is compared too
        self.checks = Checks(check)
        self.lock = RLock()  # of those who record
        update_wrapper(self, f, updated=())  # what f keeps as attributes is not for this one
        if hasattr(f, "is_derivative"):
            self.is_derivative = True
        self.__name__ = getattr(f, "__name__", type(f).__name__)

    def __call__(self, /, *args: Any, **options: Any) -> Any:
        function = self.fast.get(tuple(map(type, args)))
        if function is not None and not options and not self.surroundings.changed():  # type: ignore[union-attr]
            for _ in self.checks.others:  # at most once: the fastest way to count a call
                try:
                    return function(*args)
                except Exception:  # a way that is not recorded, or an error, which is then eager's own
                    return self.call(args, options, due=False)
        return self.call(args, options)

    def call(self, args: tuple[Any, ...], options: dict[str, Any], due: bool | None = None) -> Any:
        """The general case: arguments of all forms, by name too; `due` if it is counted already."""
        if THREAD.trace is not None or THREAD.run:  # in a derivative or a recording it is the function itself
            return self.f(*args, **options)
        if options:
            args, options = self.bound(args, options)
        surroundings = self.surroundings
        recorded = self.forms or not self.eager  # or may be
        if surroundings is None or (recorded and surroundings.changed()):
            surroundings = self.up_to_date()
        numbers: list[Any] = []
        seen: list[int] = []
        try:
            form = form_of(args, numbers, seen), form_of(options, numbers, seen) if options else None
        except OfValues:
            return self.f(*args, **options)
        if len(seen) > 2 and len({*seen}) < len(seen):  # f may ask whether two arguments are one, or change both
            return self.f(*args, **options)
        if due is None:
            due = next(self.checks.others, self) is self and self.checks.due()
        compiled = self.forms.get(form)
        if compiled is not None and compiled.fixed is not None and compiled.fixed.changed():
            self.forms.pop(form, None)
            compiled = None
        if compiled is not None:
            start = perf_counter() if due else 0.0
            try:
                answer = compiled((*args, *options.values()), numbers)
            except (ArithmeticError, ValueError):
                if compiled.catches:
                    return plainly(self.f, *in_pythons((args, options), numbers))
            except Exception:  # a way that is not recorded, or an error, which is then eager's own
                pass
            else:
                affordable = due and self.checks.affords(perf_counter() - start)
                return self.checked(compiled, args, options, numbers, answer) if affordable else answer
        with self.lock:
            if self.surroundings is surroundings and self.forms.get(form) is compiled:
                return self.recorded(form, args, options, numbers)
        return self.call(args, options, due=False)  # another thread has seen a change, or recorded the form

    def up_to_date(self) -> Surroundings:
        """What the function finds outside its arguments, as it is now."""
        surroundings = self.surroundings
        if surroundings is None or surroundings.changed():
            with self.lock:
                if self.surroundings is surroundings:
                    self.look_around()
                surroundings = self.surroundings
        return surroundings  # type: ignore[return-value]

    def look_around(self) -> None:
        """Take note of what the function finds outside its arguments; what was recorded before holds no more."""
        with self.lock:
            self.forms.clear()
            self.fast.clear()
            self.surroundings = Surroundings(self.f, self.ran)

    def recorded(self, form: Any, args: tuple[Any, ...], options: dict[str, Any], numbers: list[Any]) -> Any:
        """The answer from a run of the function itself, whose way is recorded."""
        if self.eager or self.paths >= self.max_paths:
            return self.answered(args, options, numbers)
        compiled = self.forms.get(form)
        if compiled is None:
            compiled = self.compiled_as(self.__name__, self.argument_names(args, options), (args, options))
            self.fix(form, compiled)
        compiled.call = args, options
        start = perf_counter()
        try:
            answer = compiled.record(self.f, numbers, self.watching(compiled), self.at_once(compiled))
        except Singular:
            self.forms[form] = compiled
            return self.caught(compiled, args, options, numbers)
        except Written as written:
            self.eager = True
            self.warn(
                f"{self.__name__} writes into one of its arguments, of type {written.kind}, so it runs as it is, not "
                "compiled: let it write into a copy, and answer that"
            )
            return plainly(self.f, *in_pythons((args, options), numbers))
        except Changed:
            if self.surroundings.changed():  # type: ignore[union-attr]  # by another thread, meanwhile
                return self.call(args, options, due=False)
            self.eager = True
            self.warn(f"{self.__name__} does something else in every call, so it runs as it is, not compiled")
            return plainly(self.f, *in_pythons((args, options), numbers))
        finally:
            compiled.call = None  # so nothing is kept alive
            has_moved = self.has_moved(compiled)
        self.checks.recorded(perf_counter() - start)
        if has_moved:
            self.moved(has_moved)
            return answer
        self.moves = 0
        if self.sees_more(compiled.packages, compiled.fixed is not None):
            return answer
        self.forms[form] = compiled
        if compiled.is_fast and not options and compiled.fixed is None:
            self.fast[tuple(map(type, args))] = apart(compiled.function, args)
        return answer

    def has_moved(self, compiled: Compiled) -> str:
        """What a run, or another thread meanwhile, has done to what it depends on; "" if nothing."""
        known: list[Any] = [self.surroundings, *([compiled.fixed.surroundings] if compiled.fixed else [])]
        for surroundings in known:
            if surroundings.changed():
                surroundings.settle()
                return surroundings.difference("in every call") or "changes something in every call"
        return ""

    def sees_more(self, packages: set[Any], has_fixed: bool = False) -> bool:
        """Whether more counts from now on, since functions of installed packages ran: then the run came too early."""
        if packages <= self.ran:
            return False
        self.ran |= packages
        surroundings = Surroundings(self.f, self.ran)
        if not has_fixed and not surroundings.compares_more(self.surroundings):  # type: ignore[arg-type]
            return False
        self.forms.clear()
        self.fast.clear()
        self.surroundings = surroundings
        return True

    def moved(self, what: str) -> None:
        """Forget what was recorded: it holds no more."""
        self.look_around()
        self.moves += 1
        if self.moves == MOVES:
            self.eager = True
            self.warn(
                f"{self.__name__} {what}, so it runs as it is, not compiled; make an argument and an answer of it"
            )

    def fix(self, form: Any, compiled: Compiled) -> None:
        """Take note of what may change by itself in arguments of this form."""
        parts = [*fixed_parts(compiled.call)]
        forms = self.forms
        compiled.fixed = Fixed(parts, lambda _: forms.pop(form, None), self.ran) if parts else None

    def watching(self, compiled: Compiled) -> bool:
        """Whether Values, or chance, may be met while it is recorded."""
        fixed = compiled.fixed
        return self.surroundings.suspicious or (fixed is not None and fixed.surroundings.suspicious)  # type: ignore[union-attr]

    def at_once(self, compiled: Compiled) -> bool:
        """Whether it may be asked, while it is recorded, which object the answer of a comparison is."""
        fixed = compiled.fixed
        return self.surroundings.asks_identity or (fixed is not None and fixed.surroundings.asks_identity)  # type: ignore[union-attr]

    def caught(self, compiled: Compiled, args: tuple[Any, ...], options: dict[str, Any], numbers: list[Any]) -> Any:
        """The answer of a function that caught an error of its numbers; what did not fail this time may do so next."""
        compiled.catches = True
        self.singular += 1
        if self.singular == PATIENCE and not self.eager:
            self.eager = True
            self.warn(
                f"{self.__name__} catches errors that its numbers raise: ways that are recorded stay compiled, any "
                "other call runs as it is"
            )
        return plainly(self.f, *in_pythons((args, options), numbers))

    def answered(self, args: tuple[Any, ...], options: dict[str, Any], numbers: list[Any]) -> Any:
        """The answer of the function itself, when enough ways are recorded."""
        answer = plainly(self.f, *in_pythons((args, options), numbers))
        if not self.eager:
            self.eager = True
            self.warn(
                f"{self.__name__} takes more than {self.max_paths} ways: those that are recorded stay compiled, any "
                "other call runs as it is; `max_paths` allows more"
            )
        return answer

    # spot checks

    def checked(
        self, compiled: Compiled, args: tuple[Any, ...], options: dict[str, Any], numbers: list[Any], answer: Any
    ) -> Any:
        """The answer of the function itself, with which the compiled one is compared."""
        if not is_comparable(self.f, (args, options)):
            return answer
        surroundings = self.surroundings
        call = in_pythons((args, options), numbers)

        def again(numbers: list[Any]) -> Any:
            args, options = planted(call, numbers)
            return compiled((*args, *options.values()), numbers)

        try:
            own = in_plain_numbers(self.checks.run(lambda: self.f(*call[0], **call[1])))
        except Exception as error:
            if needs_values(error):
                self.checks.stop()
                return answer
            if not compiled.is_exact and isinstance(error, ArithmeticError | ValueError):  # it answers inf or nan there
                return answer
            self.look_around()
            raise
        if not agree(own, answer, numbers, again, compiled.is_exact):
            self.differed(surroundings, own, answer)
            return own
        return planted(answer, leaves(own))  # True, and not NumPy's

    def differed(self, surroundings: Surroundings | None, own: Any, answer: Any) -> None:
        """Forget what was recorded, and say so, unless it is known by now that it holds no more."""
        with self.lock:
            known = self.surroundings is not surroundings or self.surroundings.changed()  # type: ignore[union-attr]
            self.look_around()
            if known:
                return
            self.checks.differed += 1
            self.eager = self.eager or self.checks.differed == PATIENCE
        then = "From now on it runs as it is" if self.eager else "What was recorded is forgotten"
        self.warn(
            f"{self.__name__} answered {own!r:.60}, and what was recorded of it {answer!r:.60}: it depends on "
            f"something that cannot be seen from outside. {then}; make an argument of what it depends on"
        )

    @property
    def paths(self) -> int:
        """How many ways through the function are recorded."""
        return sum(compiled.program.paths for compiled in [*self.forms.values()])

    def warn(self, message: str) -> None:
        warnings.warn(message, stacklevel=1 + frames_of_the_package())

    def bound(self, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments given by name, by place where they can be."""
        import inspect

        call = inspect.signature(self.f).bind(*args, **options)
        return call.args, call.kwargs

    def argument_names(self, args: tuple[Any, ...], options: dict[str, Any]) -> list[str]:
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

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from copy import deepcopy

        return type(self)(deepcopy(self.f, memo), self.max_paths, self.checks.wanted)

    def __reduce__(self) -> Any:
        return unpickled, (type(self), self.__name__, reference(self.f), self.state())

    def state(self) -> tuple[Any, ...]:
        """What is recorded, and what tells whether that holds where it arrives."""
        with self.lock:
            surroundings = self.surroundings.values() if self.surroundings else None
            forms = [pair for pair in self.forms.items() if pair[1].program.paths and pair[1].is_portable]
            return self.max_paths, self.checks.wanted, self.eager, forms, surroundings


class Compiled:
    """The program for one form of the arguments, and the function that it is compiled to."""

    is_exact = True  # whether its answers are those of Python to the last bit, and so are its errors

    def __init__(self, name: str, parameters: list[str], call: tuple[Any, ...]) -> None:
        self.name = name
        self.call: Any = call  # positional arguments and those by name, while they are recorded
        self.of_numbers = all(type(x) is float or type(x) is int for x in call[0])
        self.fixed: Fixed | None = None  # what may change by itself in the arguments
        self.catches = False  # whether the function catches errors of its numbers
        self.packages: set[Any] = set()  # what ran of installed packages
        self.plain = is_unpackable((*call[0], *call[1].values()))
        taken: set[str] = set()
        self.parameters = [
            free_identifier(name.replace("[", ""), taken) for name in parameters
        ]  # taxes[0] becomes taxes0
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
        return self.of_numbers and not self.program.closed and not self.source.flat

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

    @property
    def function(self) -> Callable[..., Any]:
        if self._function is None:
            with Paused():
                self._function = self.source.compiled()
        return self._function

    def __call__(self, arguments: tuple[Any, ...], numbers: list[Any]) -> Any:
        if not self.plain:
            iterator = iter(numbers)
            arguments = tuple([as_unpackable(x, iterator) for x in arguments])
        answer = self.function(*arguments, *[v.data for v in self.program.closed])
        if not self.source.flat:
            return answer
        place, outputs = answer
        return planted(self.source.trees[place], list(outputs))

    def record(self, f: Callable[..., Any], numbers: list[Any], watching: bool, at_once: bool) -> Any:
        """f's answer to these numbers; the way that it takes to it becomes a part of the program."""
        way = record_run(self.name, f, self.call, self.labels, numbers, watching=watching, at_once=at_once)
        self.packages |= way.packages
        self.program.add(way)
        self._source = self._function = None
        return planted(way.tree, way.numbers)

    def __getstate__(self) -> dict[str, Any]:
        fixed = self.fixed and (self.fixed.parts, self.fixed.surroundings.values())
        return {**self.__dict__, "_source": None, "_function": None, "call": None, "fixed": fixed}

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


Jitted.compiled_as = Compiled


def apart(function: Callable[..., Any], args: tuple[Any, ...]) -> Callable[..., Any]:
    """The function, if it is given no list or array twice: it could tell these from two equal ones."""
    places = [k for k, x in enumerate(args) if not is_leaf(x)]
    if len(places) < 2:
        return function

    def call(*args: Any) -> Any:
        if len({id(args[k]) for k in places}) < len(places):
            raise LookupError
        return function(*args)

    return call


def is_comparable(f: Callable[..., Any], call: Any) -> bool:
    """Whether f answers to Python's numbers, in place of NumPy's, what a recorded program computes."""
    return is_pythons(call) or not asks_about_arrays(f)


def in_pythons(call: tuple[Any, ...], numbers: list[Any]) -> Any:
    """The arguments themselves, so that what f writes into them stays; others where NumPy's numbers are among them."""
    return call if is_pythons(call) else with_numbers(call, iter(numbers))


def plainly(f: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """f's own answer, in plain numbers also where it closes over Values."""
    return in_plain_numbers(f(*args, **options))


# travels to other processes


def reference(f: Any) -> Any:
    """The function as it can be pickled; None if it cannot: a lambda, or a function within a function."""
    import pickle

    known = portable(f)
    if known is f and not travels_by_value():
        try:
            pickle.dumps(f)
        except Exception:
            return None
    return known


def unpickled(kind: Callable[[Any], Jitted], name: str, f: Any, state: tuple[Any, ...]) -> Jitted:
    """A jitted function that came from another process; what was recorded there, as far as it holds here."""
    jitted = kind(missing(name) if f is None else f)
    jitted.__name__ = name
    jitted.max_paths, wanted, jitted.eager, forms, surroundings = state
    if f is None or not wanted:
        jitted.checks.stop()
    jitted.look_around()
    if f is None or surroundings == jitted.surroundings.values():  # type: ignore[union-attr]
        own = f is None  # a Value that the function closes over is another one there, if it is found there
        known = [pair for pair in forms if pair[1].arrived() and (own or not pair[1].program.closed)]
        jitted.forms.update(known)
    return jitted


def missing(name: str) -> Callable[..., Any]:
    """What stands for a function that could not travel."""

    def lost(*_: Any, **__: Any) -> Any:
        raise LookupError(
            f"this call of {name} takes a way that was not recorded before it was pickled, and the function itself "
            "could not travel: define it in a module, by name"
        )

    lost.__name__ = name
    return lost
