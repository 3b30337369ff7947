"""The inputs of a model: bound to its parameters, with the uncertain numbers among them found and named."""

from __future__ import annotations

from inspect import Parameter, signature
from math import inf, isfinite

from ..trees.containers import is_array
from ..trees.objects import array_of, attributes, is_followed, is_leaf, is_module
from ..trees.parts import branches_of, suffixes, with_attributes
from ..trees.planting import planted
from ..trees.tree import Argument
from ..words.pointing import quoted, suggestion
from .pm import finite_number, pm

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

OPTIONS = "corr", "cov", "draws", "seed", "coverage"  # of sensitivities: an input of such a name is given in a dict


class Uncertain:
    """An uncertain number: its best estimate, standard uncertainty and degrees of freedom, and where it came from."""

    __slots__ = ("dof", "given", "u", "value")

    def __init__(self, value: float, u: float, dof: float, given: Any) -> None:
        self.value = value
        self.u = u
        self.dof = dof
        self.given = given

    @property
    def quantile(self) -> Callable[[Any], Any] | None:
        """From probabilities to numbers; None if it is normal."""
        if isinstance(self.given, pm) or hasattr(self.given, "nominal_value") or is_normal(self.given):
            return None
        return getattr(self.given, "ppf", None) or self.given.icdf  # type: ignore[no-any-return]


def is_normal(distribution: Any) -> bool:
    """Whether a distribution of SciPy is the normal one."""
    return getattr(getattr(distribution, "dist", None), "name", "") == "norm" or type(distribution).__name__ == "Normal"


def uncertain(x: Any, name: str) -> Uncertain | None:
    """What is known of an uncertain input; None if it is none."""
    if isinstance(x, pm):
        return Uncertain(x.value, x.u, x.dof, x)
    if hasattr(x, "nominal_value") and hasattr(x, "std_dev"):
        same = pm(x.nominal_value, x.std_dev)
        return Uncertain(same.value, same.u, inf, x)
    if hasattr(x, "rvs") and hasattr(x, "freeze"):
        raise TypeError(f"{name} is a distribution without its numbers: give them, as in scipy.stats.norm(100, 5)")
    if callable(getattr(x, "mean", None)) and (hasattr(x, "ppf") or hasattr(x, "icdf")):
        deviation = x.std if hasattr(x, "std") else x.standard_deviation
        try:
            mean, u = float(x.mean()), float(deviation())
        except TypeError:
            raise TypeError(
                f"{name} is a distribution without its numbers: give them, as in scipy.stats.norm(100, 5)"
            ) from None
        if not (isfinite(mean) and isfinite(u)):
            raise ValueError(
                f"{name} has a distribution with mean {mean} and standard deviation {u}: a sensitivity needs finite "
                "ones; give pm(value, u, dof) for a t distribution"
            )
        return Uncertain(mean, u, inf, x)
    if type(x).__module__.startswith("scipy.stats"):
        raise TypeError(f"{name} is a {type(x).__name__}, and an input is one number: give one of its distributions")
    return None


class Inputs:
    """A call of a model: its arguments, with numbers in the places of uncertain ones, and what each number is called.

    `numbers` are all numbers among the arguments, `names` what they are called, and `uncertain` what is known of those
    that are uncertain, by their places among the numbers.
    """

    def __init__(self, f: Callable[..., Any], given: Mapping[str, Any]) -> None:
        self.f = f
        self.name = name_of(f)
        self.called = called(f)
        self.given = [*given]
        self.by_name: dict[str, Uncertain] = {}
        bound, self.keywords = bound_to(f, dict(given))
        bound = [(name, self.plain(x, name)) for name, x in bound]
        self.arguments = [name for name, _ in bound]
        self.tree = tuple(x for _, x in bound)
        self.positional = len(bound) - len(self.keywords)
        arguments = [Argument(x, name) for name, x in bound]
        self.numbers: list[Any] = [x for argument in arguments for x in argument.leaves]
        self.names = [str(name) for argument in arguments for name in argument.names]
        self.owners = [name for argument, (name, _) in zip(arguments, bound, strict=True) for _ in argument.leaves]
        places = {name: k for k, name in enumerate(self.names)}
        if lost := next((name for name in self.by_name if name not in places), None):
            raise TypeError(f"{lost} is uncertain, and stands where {self.called} finds no number: in a set, or twice")
        found = ((places[name], known) for name, known in self.by_name.items())
        self.uncertain = dict(sorted(found, key=lambda pair: pair[0]))
        self.is_flat = len(self.numbers) == len(self.tree) and all(map(is_leaf, self.tree))
        self.has_derived = any(argument.derived for argument in arguments)
        if not self.numbers:
            raise TypeError(f"{self.called} is given no number: give one at least, as price=pm(100, 5)")

    def plain(self, x: Any, name: str) -> Any:
        """The input with their best estimates in the places of uncertain numbers, which are noted by their names."""
        known = uncertain(x, name)
        if known is not None:
            self.by_name[name] = known
            return known.value
        if is_leaf(x):
            if hasattr(x, "backward"):
                raise TypeError(f"{name} is a Value, and a model is given plain numbers: give its .data")
            if isinstance(x, int) or hasattr(x, "dtype"):
                return x
            number = finite_number(x, f"input {name}")
            return x if isinstance(x, float) else number
        if hasattr(x, "to_numpy"):
            raise TypeError(f"{name} is a {type(x).__name__}: give {name}.to_numpy(), or let the model find it outside")
        parts = parts_of(x)
        if parts is None:
            return x
        new = [self.plain(y, f"{name}{end}") for y, end in zip(parts[0], parts[1], strict=True)]
        return x if all(a is b for a, b in zip(new, parts[0], strict=True)) else parts[2](new)

    def call(self, numbers: list[Any]) -> Any:
        """What the model answers to these in the places of its numbers."""
        if self.is_flat:
            args: Any = numbers
        elif self.has_derived:
            args = Argument(self.tree).planted(numbers)
        else:
            args = planted(self.tree, numbers)
        return self.of_arguments(*args)

    def of_arguments(self, *args: Any) -> Any:
        count = self.positional
        return self.f(*args[:count], **dict(zip(self.keywords, args[count:], strict=True)))

    def place(self, name: str, what: str) -> int:
        """The place of a number by its name."""
        if name not in self.names:
            raise ValueError(
                f"{what} names {quoted(name)}, and {self.called} has no such number"
                + (suggestion(name, self.names) or f": its numbers are {', '.join(self.names[:8])}")
            )
        return self.names.index(name)

    def given_places(self) -> list[int]:
        """The places of the numbers that were given, in the order in which they were."""
        owners = [*enumerate(self.owners)]
        return [k for name in self.given for k, owner in owners if owner == name or owner.startswith(f"{name}[")]


def parts_of(x: Any) -> tuple[list[Any], list[str], Callable[[list[Any]], Any]] | None:
    """What an argument branches into, how that is written behind its name, and how it is put together again."""
    if isinstance(x, str | bytes | range | type):
        return None
    if is_array(x) and x.dtype.kind == "O":
        return x.ravel().tolist(), suffixes(x), lambda new: array_of(new, x.shape)
    if is_followed(x) and not is_module(x):
        names = [*attributes(x)]
        branches = [attributes(x)[name] for name in names]
        return branches, [f".{name}" for name in names], lambda new: with_attributes(x, new)
    parts = branches_of(x)
    return (parts[0], suffixes(x), parts[1]) if parts else None


def name_of(f: Callable[..., Any]) -> str:
    """What a function is called in reports."""
    name = getattr(f, "__name__", None) or getattr(getattr(f, "func", None), "__name__", None) or type(f).__name__
    return "answer" if name == "<lambda>" else str(name)


def called(f: Callable[..., Any]) -> str:
    """What a function is called in sentences."""
    return "the model" if getattr(f, "__name__", "") == "<lambda>" else name_of(f)


def merged(inputs: Any, more: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a mapping, and those that were given by their names."""
    if not hasattr(inputs, "keys"):
        hint = ": a value with its uncertainty is pm(100, 5), by name" if isinstance(inputs, int | float | pm) else ""
        raise TypeError(f"inputs are given by name, as in price=pm(100, 5), or in a dict, not {inputs!r:.60}{hint}")
    found = {name: inputs[name] for name in inputs.keys()}  # noqa: SIM118 - not all mappings iterate over their keys
    if wrong := next((name for name in found if not isinstance(name, str)), None):
        raise TypeError(f"inputs are called by names, which are texts, not {wrong!r:.60}")
    if twice := next((name for name in more if name in found), None):
        raise TypeError(f"{twice} is given twice, in the mapping and by name: once is enough")
    return found | more


def bound_to(f: Callable[..., Any], given: dict[str, Any]) -> tuple[list[tuple[str, Any]], list[str]]:
    """The arguments of the call by their names, and which of them are given by keyword; the defaults fill in."""
    if not callable(f):
        raise TypeError(f"a model is a function, not {f!r:.60}: give it without calling it")
    name = called(f)
    try:
        parameters = [*signature(f).parameters.values()]
    except (TypeError, ValueError):  # some functions written in C
        return [*given.items()], []
    positional: list[tuple[str, Any]] = []
    keywords: dict[str, Any] = {}
    missing = []
    rest = dict(given)
    takes_more = any(p.kind is Parameter.VAR_KEYWORD for p in parameters)
    for p in parameters:
        if p.kind is Parameter.VAR_POSITIONAL:
            positional += [(f"{p.name}[{k}]", x) for k, x in enumerate(rest.pop(p.name, ()))]
        elif p.kind is not Parameter.VAR_KEYWORD:
            if p.name not in rest and p.default is Parameter.empty:
                missing.append(p.name)
                continue
            x = rest.pop(p.name, p.default)
            if p.kind is Parameter.KEYWORD_ONLY:
                keywords[p.name] = x
            else:
                positional.append((p.name, x))
    known = [p.name for p in parameters if p.kind is not Parameter.VAR_KEYWORD]
    if rest and not takes_more:
        wrong = next(iter(rest))
        hint = suggestion(wrong, missing or known) or f": its inputs are {', '.join(known) or 'none'}"
        raise TypeError(f"{name} has no input {quoted(wrong)}{hint}")
    if missing:
        hint = f"; {missing[0]} stands in a dict before the options" if missing[0] in OPTIONS else ""
        raise TypeError(
            f"{name} needs {', '.join(missing)}: give {'it' if len(missing) == 1 else 'them'} by name{hint}"
        )
    keywords |= rest
    return [*positional, *keywords.items()], [*keywords]
