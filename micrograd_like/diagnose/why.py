"""Why a derivative is 0, nan, infinite or one-sided: the cause, found in the graph and told in a few lines."""

from __future__ import annotations

from math import isfinite, isnan, nan

from ..core import core
from ..pictures.scene import callers_variables
from ..trace.places import Watch
from ..transforms.call import argument_names, check_call, parameter_names
from ..transforms.variables import on_values
from ..trees.tree import Argument, leaves
from ..value import Value
from ..words.names import Names, first_of_many
from ..words.numbers import number
from ..words.terminal import for_terminal
from .causes import told
from .flow import Flow, reached_from

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, overload

    from ..runs.positions import Place
    from ..transforms.variables import Held

MOST_EXPLAINED = 8  # reasons, and ordinary derivatives
MOST_DROPS = 3  # places

if TYPE_CHECKING:

    @overload
    def why(x: Value, y: Value | None = None, /) -> Explanation: ...
    @overload
    def why(f: Callable[..., Any], /, *args: Any) -> Explanations: ...


def why(x: Any, /, *args: Any) -> Any:
    """Say why the derivative of y by x is what it is: `why(x, y)`.

    >>> from micrograd_like import Value, relu
    >>> w, b = Value(0.2), Value(-1.0)
    >>> z = w * 3 + b
    >>> loss = (relu(z) - 1) ** 2
    >>> print(why(w, loss))
    ∂loss/∂w = 0: killed by relu
      relu(z) has the derivative 0 at z = -0.4
      z would have to grow by 0.4 to reach the other branch
      every path to loss goes through relu(z)

    After a `backward()`, `why(x)` finds y among the Values that are alive. `why(f, *args)` runs f on the numbers
    among its arguments and explains the derivative by each; then it knows the lines of the program, too. A whole number
    that f counts or indexes with, as in `range(n)`, is held as it is: there is no derivative by it.

    The answer prints as these lines. Its `cause` is one of "not in the graph", "cut", "killed", "cancelled",
    "underflow", "nan", "infinite", "overflow", "kink", "tie", "whole" and "ordinary". No `grad` is written.

    What is no Value raises a TypeError. A ValueError asks which output is meant, where x went into several, or where f
    answers several numbers.
    """
    if callable(x):
        return explanations(x, args)
    variables = callers_variables()
    check_values(x, args)
    if args and args[0] is not None:
        return explanation(Flow(args[0], variables), x)
    y = output_from(x, variables)
    if y is None:
        return nothing_made_from(x, variables)
    flow = Flow(y, variables)
    e = explanation(flow, x)
    e.lines += accumulated(flow, x)
    return e


def check_values(x: Any, args: Sequence[Any]) -> None:
    """Refuse what is no pair of Values, and say what to write."""
    if len(args) > 1:
        raise TypeError(f"why explains the derivative of one Value by one other, not {len(args) + 1} Values")
    for v in (x, *args):
        if not isinstance(v, Value) and not (v is None and v is not x):
            hint = "give it two Values, or a function and its arguments"
            if isinstance(v, list | tuple | dict):
                hint = "ask about its elements one at a time"
            elif isinstance(v, int | float):
                hint = "a plain number knows no derivative; .data, round() or int() may have made it of a Value"
            raise TypeError(f"why(x, y) explains the derivative of a Value by a Value, not of {v!r:.60}: {hint}")


class Explanation:
    """Why a derivative is what it is. It prints as a few lines; `cause` is the same in a word."""

    __slots__ = ("cause", "derivative", "head", "lines", "symbol")

    def __init__(self, symbol: str, derivative: float, cause: str, head: str, lines: Sequence[str]) -> None:
        self.symbol = symbol  # "∂loss/∂w"
        self.derivative = derivative
        self.cause = cause
        self.head = head  # the cause in its own words: "killed by relu"
        self.lines = [line for line in lines if line]

    def __repr__(self) -> str:
        return for_terminal("\n  ".join([together([self]), *self.lines]))


class Explanations(tuple[Explanation, ...]):
    """One explanation for each input of a function; those that say the same are printed as one."""

    __slots__ = ()

    def __repr__(self) -> str:
        alike: dict[tuple[str, ...], list[Explanation]] = {}
        for e in self:
            if e.cause != "ordinary":
                alike.setdefault((number(e.derivative), e.head, *e.lines), []).append(e)
        strange = ["\n  ".join([together(es), *es[0].lines]) for es in alike.values()]
        ordinary = [f"{e.symbol} = {number(e.derivative)}" for e in self if e.cause == "ordinary"]
        if len(strange) > MOST_EXPLAINED:
            strange[MOST_EXPLAINED:] = [f"… and {len(strange) - MOST_EXPLAINED} more reasons for others"]
        if ordinary:
            strange.append(f"ordinary: {first_of_many(ordinary, MOST_EXPLAINED)}")
        return for_terminal("\n".join(strange) or "there are no numbers among the arguments")


def together(alike: Sequence[Explanation]) -> str:
    """The first line of explanations that say the same."""
    return f"{first_of_many([e.symbol for e in alike])} = {number(alike[0].derivative)}: {alike[0].head}"


def explanation(flow: Flow, x: Value, in_short: bool = False) -> Explanation:
    """The derivative by x, explained."""
    me = flow.names.asked(x)
    symbol = f"∂{flow.names.known(flow.y)}/∂{f'({me})' if ' ' in me else me}"
    return Explanation(symbol, flow.derivative(x), *told(flow, x, in_short))


# why(x): the output is found


def output_from(x: Value, variables: Mapping[Value, str]) -> Value | None:
    """The Value from which `backward()` came down to x; None if no living Value was computed from x."""
    children = living_children()
    _, *made = reached_from(x, lambda v: children.get(v, ()))
    called = [v for v in made if v.grad == 1.0 and not any(child.grad for child in children.get(v, ()))]
    outputs = called or [v for v in made if v not in children]
    if len(outputs) > 1:
        names = Names(x, {x: "x", **variables})
        me, words = names(x), sorted(map(names, outputs))
        raise ValueError(
            f"{me} went into {len(outputs)} outputs ({first_of_many(words)}): "
            f"say which one you mean, as in why({me}, {words[0]})"
        )
    return outputs[0] if outputs else None


def living_children() -> dict[Value, list[Value]]:
    """Of each Value, the living Values that an operation made of it."""
    import gc

    children: dict[Value, list[Value]] = {}
    living = core.living() if core else []  # the collector does not know them
    for v in [*gc.get_objects(), *living]:
        if issubclass(type(v), Value):  # isinstance would ask dead proxies
            for parent in v.parents:
                if type(parent) is not float:
                    children.setdefault(parent, []).append(v)
    return children


def nothing_made_from(x: Value, variables: Mapping[Value, str]) -> Explanation:
    """What is told where no Value that lives was computed from x."""
    me = Names(x, {x: "x", **variables}).known(x)
    lines = [f"no living Value was computed from {me}", f"if y was, keep it and ask why({me}, y)"]
    return Explanation(f"∂y/∂{me}", 0.0, "not in the graph", f"there is no y that knows {me}", lines)


def accumulated(flow: Flow, x: Value) -> list[str]:
    """A line about a `grad` that is not the derivative."""
    derivative, me, y = flow.derivative(x), flow.names.asked(x), flow.names(flow.y)
    if not flow.y.grad:
        return [f"{me}.grad is {number(x.grad)}, since {y}.backward() has not been called"]
    if abs(x.grad - derivative) <= 1e-9 * abs(derivative) or x.grad == derivative or isnan(x.grad):
        return []
    times = x.grad / derivative if derivative and isfinite(derivative) else 0.0
    if not x.grad:
        return [f"{me}.grad is 0, not this: it has been cleared since"]
    if times > 1 and times.is_integer():
        reason = f"{times:g} times this: it adds up over calls of backward()"
    else:
        reason = "not this: other calls of backward() have added to it, or somebody has written it"
    return [f"{me}.grad is {number(x.grad)}, {reason}; zero_grad() clears it"]


# why(f, *args): the function is run


def explanations(f: Callable[..., Any], args: Sequence[Any]) -> Explanations:
    """One explanation for each number among the arguments."""
    check_call("why", f, args)
    names = argument_names(parameter_names(f), args)
    words = [word for x, name in zip(args, names, strict=True) for word in Argument(x, name).names]
    inputs, y, held, watch = run_watched(f, args, words)
    free = {x: k for k, x in reversed([*enumerate(inputs)]) if k not in held}  # a Value that is given twice is one
    flow = Flow(y, {x: words[k] for x, k in free.items()}, watch.places) if isinstance(y, Value) else None
    in_short = len(free) > MOST_EXPLAINED

    def explained(k: int) -> Explanation:
        if k in held:
            return of_whole_number(flow, inputs[k], words[k], held[k])
        return with_drops(explanation(flow, inputs[k], in_short) if flow else of_plain_number(y, words[k]), watch)

    return Explanations(map(explained, sorted([*free.values(), *held])))


def run_watched(f: Callable[..., Any], args: Sequence[Any], words: Sequence[str]) -> tuple[list[Any], Any, Held, Watch]:
    """The inputs of f, the one number that it answers, the inputs that were held, and where all of it was computed."""
    watch = Watch()

    def run(*arguments: Any) -> Any:
        nonlocal watch
        with Watch() as watch:
            return f(*arguments)

    inputs, answer, held = on_values(run, args, words)
    numbers = leaves(answer)
    if len(numbers) != 1:
        called = getattr(f, "__name__", "the function")
        raise ValueError(f"{called} answered {len(numbers)} numbers: ask about one of them, or about their sum")
    return inputs, numbers[0], held, watch


def of_plain_number(answer: float, word: str) -> Explanation:
    """The explanation for an input where the function answered no Value."""
    head = f"the function answered the plain number {number(answer)}"
    return Explanation(f"∂output/∂{word}", 0.0, "not in the graph", head, [])


def of_whole_number(flow: Flow | None, x: int, word: str, place: Place | None) -> Explanation:
    """The explanation for a whole number that the function counts or indexes with."""
    y = flow.names.known(flow.y) if flow else "output"
    lines = [f"{word} was held at {x}; the function counts or indexes with it here: {place}"]
    return Explanation(f"∂{y}/∂{word}", nan, "whole", "there is no derivative by a whole number", lines)


def with_drops(e: Explanation, watch: Watch) -> Explanation:
    """The explanation; for an input without effect, with the places where Values became plain numbers."""
    if e.cause not in ("not in the graph", "cut"):
        return e
    drops = list(dict.fromkeys(f"{what} here: {place}" for what, place in watch.drops))
    if drops:
        return Explanation(e.symbol, 0.0, "cut", e.head, [*drops[:MOST_DROPS], *e.lines[:1]])
    e.lines.append("if it was compared, as in `if … > 0`: a comparison has no derivative")
    return e
