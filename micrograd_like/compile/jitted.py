"""jit: a function that is recorded when it is first called, and from then on runs as compiled source."""

from __future__ import annotations

import warnings
from _thread import RLock
from functools import cached_property, update_wrapper
from time import perf_counter
from types import MethodType

from ..errors import Singular, Written
from ..runs.positions import frames_of_the_package
from ..runs.running import THREAD
from ..transforms.asking import asks_about_arrays
from ..transforms.call import argument_names, parameter_names
from ..trees.planting import planted
from ..trees.tree import leaves
from .arguments import OfValues, fixed_parts, form_of, is_pythons, refilled
from .checks import PATIENCE, Checks, agree, in_plain_numbers, needs_values
from .closed.fixed import Fixed
from .closed.surroundings import Surroundings
from .compiled import Compiled
from .pickles import jitted_again, reference
from .program import Changed
from .quick import Quick

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

MOVES = 5  # how many runs in a row may change what the function finds outside, before it runs as it is


class Jitted(Quick):
    """A function of numbers that is recorded once for each form of its arguments and for each way that it takes."""

    by = "jit"  # what has made it
    is_batched = False  # whether it is computed for many rows at once

    def __init__(self, f: Callable[..., Any], compiled_as: type[Any], max_paths: int, check: bool) -> None:
        if not callable(f):
            by = self.by
            raise TypeError(f"{by} takes a function, not {f!r:.60}: write {by}(f)(x), without calling f yourself")
        self.f = f
        self.compiled_as = compiled_as
        self.max_paths = checked_count("max_paths", max_paths, 0)
        self.forms: dict[Any, Any] = {}
        self.fast = {}
        self.surroundings = None
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
                    return self.own_answer(args, options, numbers)
            except Exception:  # a way that is not recorded, or an error, which is then eager's own
                pass
            else:
                if compiled.is_fast and not options:
                    self.quicken(form, compiled, args)
                affordable = due and self.checks.affords(perf_counter() - start)
                return self.checked(compiled, args, options, numbers, answer, surroundings) if affordable else answer
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
            answer = self.own_answer(args, options, numbers)
            self.give_up(
                f"takes more than {self.max_paths} ways: those that are recorded stay compiled, any other call runs as "
                "it is; `max_paths` allows more"
            )
            return answer
        compiled = self.forms.get(form)
        if compiled is None:
            compiled = self.compiled_as(self.__name__, self.argument_names(args, options), (args, options))
            self.fix(form, compiled)
        compiled.call = args, options
        start = perf_counter()
        try:
            answer = compiled.record(self.f, numbers, **self.precautions(compiled))
        except Singular:
            self.forms[form] = compiled
            self.caught(compiled)
            return self.own_answer(args, options, numbers)
        except Written as written:
            self.give_up(
                f"writes into one of its arguments, of type {written.kind}, so it runs as it is, not compiled: let it "
                "write into a copy, and answer that"
            )
            return self.own_answer(args, options, numbers)
        except Changed:
            if self.surroundings.changed():  # type: ignore[union-attr]  # by another thread, meanwhile
                return self.call(args, options, due=False)
            self.give_up("does something else in every call, so it runs as it is, not compiled")
            return self.own_answer(args, options, numbers)
        finally:
            compiled.call = None  # so nothing is kept alive
            has_moved = self.has_moved(compiled)
        self.checks.recorded(perf_counter() - start)
        if has_moved:
            self.moved(has_moved)
        else:
            self.keep(form, compiled, args, options)
        return answer

    def keep(self, form: Any, compiled: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Call from now on what is compiled, unless more is to be compared than was known when the function ran."""
        self.moves = 0
        if not self.sees_more(compiled.packages, compiled.fixed is not None):
            self.forms[form] = compiled
            if compiled.is_fast and not options:
                self.quicken(form, compiled, args)

    def quicken(self, form: Any, compiled: Any, args: tuple[Any, ...]) -> None:
        """Call what is compiled directly, from now on, with arguments of these types."""
        with self.lock:
            forgotten = self.forms.get(form) is not compiled  # by another thread
            if compiled.fixed is None and not forgotten:
                self.fast[tuple(map(type, args))] = compiled.function

    def has_moved(self, compiled: Compiled) -> str:
        """What a run, or another thread meanwhile, has done to what it depends on; "" if nothing."""
        for surroundings in self.surroundings_of(compiled):
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
            self.give_up(f"{what}, so it runs as it is, not compiled; make an argument and an answer of it")

    def give_up(self, reason: str) -> None:
        """Record nothing from now on, and warn of it, once."""
        if not self.eager:
            self.eager = True
            self.warn(f"{self.__name__} {reason}")

    def fix(self, form: Any, compiled: Compiled) -> None:
        """Take note of what may change by itself in arguments of this form."""
        parts = [*fixed_parts(compiled.call)]
        forms = self.forms
        compiled.fixed = Fixed(parts, lambda _: forms.pop(form, None), self.ran) if parts else None

    def surroundings_of(self, compiled: Compiled) -> list[Surroundings]:
        """What the function finds outside its arguments, and what is fixed in these."""
        return [self.surroundings, *([compiled.fixed.surroundings] if compiled.fixed else [])]  # type: ignore[list-item]

    def precautions(self, compiled: Compiled) -> dict[str, bool]:
        """Whether, in a recording, Values or chance may be met, and asked which object a comparison's answer is."""
        known = [surroundings.reach for surroundings in self.surroundings_of(compiled)]
        return {"watching": any(x.suspicious for x in known), "at_once": any(x.asks_identity for x in known)}

    def caught(self, compiled: Compiled) -> None:
        """Note that the function has caught an error of its numbers: what did not fail this time may do so next."""
        compiled.catches = True
        self.singular += 1
        if self.singular == PATIENCE:
            self.give_up(
                "catches errors that its numbers raise: ways that are recorded stay compiled, any other call runs as "
                "it is"
            )

    def own_answer(self, args: tuple[Any, ...], options: dict[str, Any], numbers: list[Any]) -> Any:
        """The answer of the function itself, in plain numbers also where it closes over Values."""
        args, options = in_pythons((args, options), numbers)
        return in_plain_numbers(self.f(*args, **options))

    # spot checks

    def checked(
        self,
        compiled: Any,
        args: tuple[Any, ...],
        options: dict[str, Any],
        numbers: list[Any],
        answer: Any,
        surroundings: Surroundings | None,
    ) -> Any:
        """The answer of the function itself, with which the compiled one is compared, of what was found outside."""
        if not is_comparable(self.f, (args, options)):
            return answer
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

    @cached_property
    def named_parameters(self) -> tuple[list[str], str]:
        return parameter_names(self.f)

    def argument_names(self, args: tuple[Any, ...], options: dict[str, Any]) -> list[str]:
        """What the user calls the arguments of a call."""
        return argument_names(self.named_parameters, args, options)

    @property
    def source(self) -> str:
        """The source of the compiled program, as far as it is recorded; several if it was called with several forms."""
        if not self.forms:
            raise ValueError(f"{self.__name__} is recorded when it is first called: call it, then read its source")
        return "\n".join(compiled.text for compiled in self.forms.values() if compiled.program.paths)

    def save(self, path: Any) -> Path:
        """Write what is recorded to a file that runs without this package; return its path.

        `.py` is `source`. `.c` is C, with a header beside it: for each form of the arguments a function from their
        numbers to those of the answer, in order; where the numbers take a way that was not recorded it returns a code.
        `.mjs` is a JavaScript module, whose functions take and answer arrays, and throw an Error instead. Compiled
        without contraction, C has Python's bits; in JavaScript the last digits of exp and its like may differ. Whole
        numbers are floats there.
        """
        from pathlib import Path

        file = Path(path)
        if file.suffix not in (".py", ".c", ".js", ".mjs"):
            raise ValueError(f"{self.by} is saved as .py, .c or .mjs: {str(path)!r} has another suffix")
        text = self.source
        programs = [compiled.program for compiled in self.forms.values() if compiled.program.paths]
        if file.suffix == ".c":
            from .export import in_c

            text, header = in_c(programs, self.__name__, f"{file.stem}.h")
            file.with_suffix(".h").write_text(header, encoding="utf-8")
        elif file.suffix in (".js", ".mjs"):
            from .export import in_javascript

            text = in_javascript(programs, self.__name__)
        file.write_text(text, encoding="utf-8")
        return file

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return self if owner is None else MethodType(self, owner)

    def __repr__(self) -> str:
        return f"<{self.by} of {self.__name__}: {self.paths} ways recorded>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from copy import deepcopy

        return type(self)(deepcopy(self.f, memo), *self.options)

    @property
    def options(self) -> tuple[Any, ...]:
        """What it was made with, beside the function."""
        return self.compiled_as, self.max_paths, self.checks.wanted

    def __reduce__(self) -> Any:
        """What is recorded, and what tells whether that holds where it arrives."""
        with self.lock:
            surroundings = self.surroundings.values() if self.surroundings else None
            forms = [pair for pair in self.forms.items() if pair[1].program.paths and pair[1].is_portable]
            state = self.eager, forms, surroundings
        return jitted_again, (type(self), self.options, self.__name__, reference(self.f), *state)


def checked_count(name: str, given: Any, least: int) -> int:
    """An option that counts something, if it is a whole number that is large enough."""
    if not isinstance(given, int) or given < least:
        raise ValueError(f"{name} is a whole number from {least} on, not {given!r:.60}")
    return given


def is_comparable(f: Callable[..., Any], call: Any) -> bool:
    """Whether f answers to Python's numbers, in place of NumPy's, what a recorded program computes."""
    return is_pythons(call) or not asks_about_arrays(f)


def in_pythons(call: tuple[Any, ...], numbers: list[Any]) -> Any:
    """The arguments themselves, so that what f writes into them stays; others where NumPy's numbers are among them."""
    return call if is_pythons(call) else refilled(call, iter(numbers))
