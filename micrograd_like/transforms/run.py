"""One run of a function on Values in place of its numbers, and the sweeps over the graph that it leaves."""

from __future__ import annotations

import sys
import warnings
from operator import attrgetter

from ..backward import idle, leaves_of, slopes
from ..core import core, kinds_of, made
from ..graph import ByNode, Node, forward_sweep, reverse_sweep, topological_order
from ..operation import OPS
from ..runs.positions import PACKAGE, raised_at
from ..runs.running import THREAD, Running
from ..trace.symbol import Condition, Symbol, as_float
from ..trees.objects import NUMBERS
from ..trees.tree import (
    Argument,
    array_of,
    is_array,
    is_leaf,
    is_whole,
    leaves,
    no_number,
    nodes_in,
    planted,
    shaped,
    without_nodes,
)
from ..trees.writing import contents, in_several, is_written
from ..value import Active, Value
from .asking import questions_of, watched
from .higher import Limiting, closure_on_nodes

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ..runs.positions import Place

    Argnums = int | str | Sequence[int | str]
    Held = dict[int, Place | None]

closure_on_numbers = attrgetter("_backward")
become = vars(object)["__class__"].__set__  # writes the class, whatever the number says that it is


class Recorder:
    """A function, the arguments that it is differentiated by, and what its user has been told of already."""

    __slots__ = ("argnums", "asked", "f", "has_aux", "name", "parameters", "rest", "single", "warned")

    def __init__(self, f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> None:
        if not callable(f):
            raise TypeError(
                f"a function is differentiated, not {f!r:.60}: write grad(f)(x), without calling f yourself"
            )
        self.f = f
        self.name = getattr(f, "__name__", None) or type(f).__name__
        self.parameters, self.rest = parameter_names(f)
        self.single = isinstance(argnums, int | str)
        several = argnums if isinstance(argnums, list | tuple | range) else [argnums]
        self.argnums = [self.position(k) for k in several]
        self.has_aux = has_aux
        self.asked = {} if hasattr(f, "is_derivative") else questions_of(f)
        self.warned: set[str] = set()

    def position(self, k: Any) -> int | str:
        if isinstance(k, bool) or not isinstance(k, int | str):
            raise TypeError(f"argnums are positions or names of the arguments of {self.name}, not {k!r}")
        return self.parameters.index(k) if k in self.parameters else k

    def key(self, k: int | str, args: Sequence[Any], options: dict[str, Any]) -> int | str:
        """Where this call has the argument: its place in `args`, or its name in `options`."""
        place = k + len(args) if isinstance(k, int) and k < 0 else k
        if isinstance(place, int) and 0 <= place < len(args):
            return place
        name = self.label(place)
        if name not in options:
            self.check_that_f_takes(k, place)
            raise TypeError(f"{self.name} is differentiated by {name}, which this call does not give: pass it")
        return name

    def check_that_f_takes(self, k: int | str, place: int | str) -> None:
        """Refuse an argument that no call of f could have."""
        from inspect import Parameter, signature

        try:
            parameters = signature(self.f).parameters.values()
        except (TypeError, ValueError):  # some functions written in C
            return
        kinds = {p.kind for p in parameters}
        named = [p.name for p in parameters if p.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)]
        if isinstance(place, str):
            takes = place in named or Parameter.VAR_KEYWORD in kinds
        else:
            takes = place >= 0 and (place < len(self.parameters) or Parameter.VAR_POSITIONAL in kinds)
        if not takes:
            counted = ", counted from 0," if isinstance(k, int) else ""
            known = f"its arguments{counted} are {', '.join(named)}" if named else "it takes none"
            raise TypeError(f"{self.name} has no argument {k!r} to differentiate by: {known}")

    def label(self, key: int | str) -> str:
        if isinstance(key, str):
            return key
        if 0 <= key < len(self.parameters):
            return self.parameters[key]
        return f"{self.rest}[{key - len(self.parameters)}]"

    def run(self, args: Sequence[Any], options: dict[str, Any]) -> Run:
        return Run(self, args, options)


def input_of(label: str) -> str:
    """The input that a number belongs to: x[3] to x, p['tax'] is one of its own."""
    for place, letter in enumerate(label):
        if letter == "[" and label[place + 1 : place + 2].isdigit():
            return label[:place]
    return label


def frames_of_the_package() -> int:
    """How many calls within this package lead to the caller."""
    depth, frame = 0, sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGE):
        depth, frame = depth + 1, frame.f_back
    return depth


def parameter_names(f: Callable[..., Any]) -> tuple[list[str], str]:
    """The names of the arguments that f takes by position, and the name for the rest of them."""
    from inspect import Parameter, signature

    try:
        parameters = signature(f).parameters.values()
    except (TypeError, ValueError):  # some functions written in C
        return [], "args"
    named = [p.name for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    return named, next((p.name for p in parameters if p.kind is Parameter.VAR_POSITIONAL), "args")


def argument_names(parameters: tuple[list[str], str], args: Sequence[Any], options: Iterable[str] = ()) -> list[str]:
    """What the user calls the arguments of a call.

    >>> argument_names(parameter_names(lambda price, *taxes: 0), (100, 0.1, 0.2))
    ['price', 'taxes[0]', 'taxes[1]']
    """
    named, rest = parameters
    return [*named[: len(args)], *(f"{rest}[{i}]" for i in range(len(args) - len(named))), *options]


def check_call(by: str, f: Callable[..., Any], args: Sequence[Any], options: dict[str, Any] | None = None) -> None:
    """Refuse a call without a number among its arguments, if it has any; `by` is what follows the numbers."""
    arguments = [*args, *(options or {}).values()]
    if arguments and not leaves(arguments):
        name = getattr(f, "__name__", None) or type(f).__name__
        what = no_number(arguments[0], argument_names(parameter_names(f), args, options or ())[0])
        raise TypeError(f"{by} takes functions of numbers, and {name} was called with {what}")


def on_values(f: Callable[..., Any], args: Any, names: Sequence[str]) -> tuple[list[Any], Any, Held]:
    """f's answer to Values of these names in the places of its numbers: what stood there, the answer, what was held.

    A whole number that f counts or indexes with is no variable but is held as it is; by its place among the numbers it
    is told where f does so.
    """
    tree = Argument(args)
    given = tree.leaves
    held: Held = {}
    name = getattr(f, "__name__", None) or type(f).__name__
    while True:
        with Running(name) as running:
            inputs = [
                x if k in held or isinstance(x, Value) else active(x, name, running)
                for k, (x, name) in enumerate(zip(given, names, strict=True))
            ]
            try:
                answer = f(*tree.planted(inputs))
                tree.give_back(attrgetter("_data"))
            except (IndexError, TypeError) as error:
                counts = [k for k, x in enumerate(given) if is_whole(x) and id(inputs[k]) in running.counted]
                if not counts:
                    raise
                held.update(dict.fromkeys(counts, raised_at(error)))
                continue
        if counts := [k for k, x in enumerate(given) if is_whole(x) and id(inputs[k]) in running.counted]:
            held.update(dict.fromkeys(counts, running.refusals[0][1]))
            continue
        running.check()
        settle([x for x in [*leaves_if_any(answer), *inputs] if isinstance(x, Active)], running)
        return inputs, answer, held


FEW = 8  # numbers whose keeper is looked for, since that goes through all objects that there are
LARGEST_WHOLE = 2**53  # up to which all whole numbers are floats


def check_kinds(kinds: set[type], label: str, name: str) -> None:
    """Refuse numbers of the user's own classes, whose methods the variables in their places would lack."""
    for kind in kinds - {int}:
        if issubclass(kind, int | float) and not hasattr(kind, "dtype"):
            raise TypeError(
                f"{name} is differentiated by {label}, a {kind.__name__}, whose own methods would be lost: take "
                f"float({label})"
            )


def check_whole(numbers: list[Any], label: str, name: str) -> None:
    """Refuse whole numbers that no float holds, in whose place another one would be computed with."""
    for x in numbers:
        if type(x) is int and abs(x) > LARGEST_WHOLE and abs(x) <= sys.float_info.max and int(float(x)) != x:
            raise ValueError(
                f"{name} is differentiated by {label}, and no float is {x}: write {float(x)!r}, or leave it out of "
                "argnums"
            )


def check_several(name: str, held: list[tuple[Any, Any]]) -> None:
    """Refuse what was written into something that stands in several arguments, each of which has got its own."""
    for x, before in held:
        if is_written(x, before):
            raise ValueError(
                f"one {type(x).__name__} stands in several arguments of {name}, which writes into it; while it is "
                "differentiated that is seen in one of them alone: give each its own copy"
            )


def active(x: Any, name: str | None, running: Running) -> Active:
    """A variable of the run that stands for a plain number."""
    v: Active = made(float(x), None, None, running, None, None, Active)
    v.name = name
    return v


def actives(numbers: list[Any], names: Iterable[str], running: Running) -> list[Any] | None:
    """Variables of the run that stand for these numbers; None if there are others than plain ones."""
    if not kinds_of(numbers) <= NUMBERS:
        return None
    return [active(x, name, running) for x, name in zip(numbers, names, strict=True)]


if core:
    actives = core.variables


def settle(nodes: Iterable[Any], running: Running) -> None:
    """Let what a run has answered belong to whom the answer goes to: a run around it, or the user."""
    order = [v for v in topological_order(*nodes) if type(v) is Active]
    others = [v._run for v in order if v._run and not v._run.is_inside(running)]
    around = others[-1] if others else running.outer
    for v in order:
        if v._run and v._run.is_inside(running):
            if v.op is None:
                v._x = around
            else:
                v._y = around
        if around is None:
            become(v, Value)


class Run:
    """One run of f in which variables, which are Values, stand in place of the numbers of some of its arguments."""

    __slots__ = (  # noqa: RUF023 - in the order in which they come to be
        "recorder",
        "arguments",  # those that f is differentiated by
        "given",  # their numbers and Values
        "of_values",  # whether Values are among these
        "variables",  # what stands in their places
        "parts",  # which of the variables belong to each argument
        "answer",  # of f, as it came
        "outputs",  # its numbers and Values
        "aux",
        "nodes",  # those of the outputs that are Values
        "running",  # which run it is, and what was lost in it
        "made_inside",  # leaves of the answers that are no variables: Values that f has made
        "symbolic",  # whether older Values take part, so that the answers are Values too
        "plain",  # whether the answers are plain numbers all the same, when nothing is traced
    )

    def __init__(self, recorder: Recorder, args: Sequence[Any], options: dict[str, Any]) -> None:
        self.recorder = recorder
        self.arguments: list[Any] = []
        self.given: list[Any] = []
        self.of_values = False
        self.variables: list[Any] = []
        self.parts: list[slice] = []
        self.plain, self.symbolic = False, True
        self.made_inside: list[Any] = []
        self.running = Running(recorder.name)
        inputs: dict[Any, Any] = {**dict(enumerate(args)), **options}
        keys = [recorder.key(k, args, options) for k in recorder.argnums]
        if len({*keys}) < len(keys):
            twice = recorder.label(next(key for key in keys if keys.count(key) > 1))
            raise ValueError(f"argnums of {recorder.name} name the argument {twice} twice: once is enough")
        branches = {key: x for key, x in inputs.items() if type(x) not in NUMBERS}
        several = in_several(branches, keys) if len(branches) > 1 else {}
        for key in keys:
            inputs[key] = self.plant(recorder.label(key), inputs[key])
        twins = [twin for argument in self.arguments for twin in argument.twins_of(several)] if several else []
        held = [(x, contents(x)) for x in (*several.values(), *twins)]
        try:
            self.answer, self.aux = map(with_plain_bools, self.answer_to(inputs))
        except BaseException:
            self.give_back()
            raise
        self.outputs = [lifted(y) for y in leaves(self.answer)]
        self.nodes = [y for y in self.outputs if is_value(y)]
        try:
            unused = self.connect()
        finally:
            self.give_back()
        check_several(recorder.name, held)
        for argument, part in zip(self.arguments, self.parts, strict=True):
            argument.check_shared()
            if argument.doubts:
                argument.check_used([k not in unused for k in range(part.start, part.stop)])
        if not hasattr(recorder.f, "is_derivative"):
            self.check_answer()
            self.check_inputs(unused)
            self.check_ties()
            self.check_keys()

    def plant(self, label: str, argument: Any) -> Any:
        """The argument with variables in place of its numbers."""
        tree = Argument(argument, label)
        if type(argument) is float and THREAD.trace is None:
            self.keep(tree, [argument], [active(argument, label, self.running)])
            return self.variables[-1]
        numbers, names = tree.leaves if THREAD.trace is None else [*map(lifted, tree.leaves)], tree.names
        if not numbers and (isinstance(argument, str) or not hasattr(argument, "__len__") or len(argument)):
            raise TypeError(f"{self.recorder.name} is differentiated by {no_number(argument, label)}")
        if kinds := kinds_of(numbers) - {float}:
            check_kinds(kinds, label, self.recorder.name)
            if THREAD.trace is None and int in kinds:
                check_whole(numbers, label, self.recorder.name)
        variables = actives(numbers, names, self.running) if THREAD.trace is None else None
        if variables is None:
            variables = [variable(x, name, self.running) for x, name in zip(numbers, names, strict=True)]
            self.of_values = self.of_values or any(isinstance(x, Node) for x in numbers)
        self.keep(tree, numbers, variables)
        noted = len(self.running.refusals)
        self.running.begin()  # what it computes anew may lose a derivative too
        try:
            twin = tree.planted(variables)
        finally:
            self.running.end()
        del self.running.refusals[noted:]  # of caches that cannot be filled, of which f hears if it asks
        return twin

    def keep(self, tree: Argument, numbers: list[Any], variables: list[Any]) -> None:
        self.arguments.append(tree)
        self.parts.append(slice(len(self.given), len(self.given) + len(numbers)))
        self.given += numbers
        self.variables += variables

    def give_back(self) -> None:
        """Write into the user's models what f wrote into their twins: plain numbers, if no other run goes on."""
        with_models = [argument for argument in self.arguments if argument.models]
        if not with_models:
            return
        within = THREAD.trace or self.running.outer
        left: list[Any] = []

        def number(x: Any) -> Any:
            left.append(x)
            return x if within else x._data

        for argument in with_models:
            argument.give_back(number)
        if within and not THREAD.trace:
            settle(left, self.running)

    def answer_to(self, inputs: dict[int | str, Any]) -> tuple[Any, Any]:
        args = [x for key, x in inputs.items() if isinstance(key, int)]
        with self.running, watched(self.recorder.asked):
            answer = self.recorder.f(*args, **{key: x for key, x in inputs.items() if isinstance(key, str)})
        self.running.check()
        if not self.recorder.has_aux:
            return answer, None
        if isinstance(answer, tuple) and len(answer) == 2:
            return answer
        raise TypeError(f"with has_aux {self.recorder.name} answers two things, the second for you: not {answer!r:.60}")

    def check_answer(self) -> None:
        """Refuse what is no number, and plain numbers that f has made of Values."""
        name = self.recorder.name
        if not self.outputs and (isinstance(self.answer, str) or not hasattr(self.answer, "__len__")):
            hint = ": does it lack a `return`?" if self.answer is None else ""
            raise TypeError(f"{name} answered {self.answer!r:.60}, which is no number to differentiate{hint}")
        if not self.nodes and (drop := self.first_drop):
            answer = f"{self.answer!r:.60}"
            raise TypeError(
                f"{name} answered {answer}, which has lost its derivative: {drop}\n"
                f"Compute with the Value itself; or answer Value({answer}) if the derivative is meant to be 0"
            )

    def check_inputs(self, unused: set[int]) -> None:
        """Say, once, of which inputs the answer is independent; a list or array is one input."""
        if not unused:
            return
        names = [input_of(label) for argument in self.arguments for label in argument.names]
        known = {name for k, name in enumerate(names) if k not in unused} | self.recorder.warned
        new = [name for name in dict.fromkeys(names) if name not in known]
        if new:
            self.recorder.warned.update(new)
            drop = self.first_drop if self.nodes else ""
            reason = f"; of a Value {drop}" if drop else ""
            message = f"{self.recorder.name} does not depend on {', '.join(new)}: the derivative is 0{reason}"
            warnings.warn(message, stacklevel=1 + frames_of_the_package())

    def check_ties(self) -> None:
        """Say, once, where f asked whether two numbers are equal and they were: beside them it answers otherwise."""
        self.tell_once(self.running.ties, "found two numbers equal at {}: the derivative is that of this branch alone")

    def check_keys(self) -> None:
        """Say, once, where f made of a number what may be the key of a cache, which a plain call may have filled."""
        self.tell_once(
            self.running.keys,
            "rounds a number to many digits at {}: what it finds by that in a cache has the derivative that was kept "
            "there, and none if a call on plain numbers has filled it",
        )

    def tell_once(self, places: list[Place], what: str) -> None:
        """Warn of what f did at the first of the places, if the answer has a derivative and it is not known yet."""
        if places and self.nodes and what not in self.recorder.warned:
            self.recorder.warned.add(what)
            warnings.warn(f"{self.recorder.name} {what.format(places[0])}", stacklevel=1 + frames_of_the_package())

    @property
    def first_drop(self) -> str:
        """Where f has turned a Value into a plain number; "" if nowhere."""
        return "{} at {}".format(*self.running.drops[0]) if self.running.drops else ""

    # how the answers hang together with the variables

    def connect(self) -> set[int]:
        """Find out whether Values older than this run take part; answer which variables do not, by their places."""
        if THREAD.trace or self.of_values:
            self.symbolic = True
            self.plain = bool(THREAD.trace) and not any(map(is_value, self.given)) and self.stands_alone()
            with Lettered("g"):
                reached = self.reached()
        else:
            beside = leaves_of([x for x in nodes_in(self.aux) if is_value(x)]) if self.aux is not None else []
            unused = None if beside else idle(self.nodes, self.variables)
            if unused is not None:  # they are all of this run
                self.symbolic = False
                return {*unused}
            roots = leaves_of(self.nodes)
            reached = {*map(id, roots)}
            self.symbolic = not all([*map(self.is_own, roots), *map(self.is_own, beside)])
            self.made_inside = [leaf for leaf in roots if type(leaf) is not Active]
        if self.symbolic and not THREAD.trace:
            beside = [x for x in nodes_in(self.aux) if is_value(x)]
            settle([*self.nodes, *self.variables, *beside], self.running)
        return {k for k, v in enumerate(self.variables) if id(v) not in reached}

    def is_own(self, leaf: Any) -> bool:
        """Whether a leaf came to be in this run. A number that another run has left behind is refused."""
        run = leaf._x if leaf.op is None else leaf._y
        if run is not None and run.is_inside(self.running):
            return True
        if type(leaf) is Active and run is not None and run.finished:
            raise TypeError(self.stale(leaf))
        return False

    def stale(self, leaf: Any) -> str:
        """What to say of a number of a finished run, and where it was kept."""
        left, place = self.kept() or (leaf, "a cache, an attribute or a global")
        return (
            f"{self.recorder.name} uses a number that an earlier run of {(leaf._x or leaf._y).name} has computed "
            f"({left.name or left._data!r}) and kept in {place}. Its derivative belongs to that run: keep its .data "
            "instead, or empty the cache between two calls"
        )

    def kept(self) -> tuple[Any, str] | None:
        """A number of a finished run that this one has met first, and where the user's program keeps it."""
        order = topological_order(*self.nodes)
        own: set[int] = set()  # what is made of numbers of this run
        met = []
        for v in order:
            parents = [p for p in v._parents if isinstance(p, Node)]
            if any(id(p) in own for p in parents) or (type(v) is Active and v._run and v._run.is_inside(self.running)):
                own.add(id(v))
                met += [p for p in parents if id(p) not in own]
        met += [v for v in self.nodes if id(v) not in own]
        for v in {id(v): v for v in met[:FEW]}.values():
            if place := keeper_of(v, self.recorder.f):
                return v, place
        return (met[0], "a cache, an attribute or a global") if met else None

    def stands_alone(self) -> bool:
        """Whether the answers are made of the variables and of plain numbers, inside a trace."""
        return all(
            any(map(is_value, x._parents)) or not is_value(x)
            for x in topological_order(*self.nodes, beyond=self.variables)
        )

    def reached(self) -> set[int]:
        """The nodes behind the answers. Where f uses a Value that was given, but not as its argument, that is meant."""
        order = topological_order(*self.nodes, beyond=self.variables)
        reached = {id(x) for node in order for x in node._parents if type(x) is not float} | {*map(id, self.nodes)}
        for node in order:
            if type(node) is Active and node._run:
                self.is_own(node)
        for k, (v, x) in enumerate(zip(self.variables, self.given, strict=True)):
            if id(v) not in reached and self.is_users_leaf(x) and id(x) in reached:
                self.variables[k] = x
        return reached

    def is_users_leaf(self, x: Any) -> bool:
        """Whether this is a Value that the user has made, outside of all functions that are being differentiated."""
        if isinstance(x, Symbol):
            return x._row is None and is_value(x) and x._number in x._trace.inputs
        if type(x) is Active or not isinstance(x, Value) or x.op is not None:
            return False
        return x._x is None or not x._x.is_inside(self.running.outermost)

    def between(self, nodes: list[Any]) -> list[Any]:
        """The nodes through which the variables reach these ones, parents first."""
        moving, order = {*map(id, self.variables)}, []
        for node in topological_order(*nodes, beyond=self.variables):
            if any(id(x) in moving for x in node._parents):
                moving.add(id(node))
                order.append(node)
        return order

    # sweeps

    def slopes(self, y: Any) -> list[Any]:
        """The derivatives of y by the variables, from one reverse sweep."""
        if self.symbolic:
            return [self.finished(slope) for slope in self.slopes_as_nodes(y)]
        were = [leaf.grad for leaf in self.made_inside]
        found = slopes(y, self.variables)
        for leaf, grad in zip(self.made_inside, were, strict=True):
            leaf.grad = grad
        return found

    def slopes_as_nodes(self, y: Any) -> list[Any]:
        """The same, as Values that can be differentiated again."""
        with Lettered("g"):
            arriving = [(y, 1.0)] if isinstance(y, Node) else []
            derivatives = reverse_sweep(self.between([y for y, _ in arriving]), arriving, closure_on_nodes)
        return [derivatives.get(v, 0.0) for v in self.variables]

    def reverse(self, weights: list[Any]) -> list[Any]:
        """The derivatives of the weighted sum of the answers by the variables, from one reverse sweep."""
        arriving = ByNode()
        for y, weight in zip(self.outputs, weights, strict=True):
            if isinstance(y, Node):
                arriving[y] = arriving[y] + weight if y in arriving else weight
        with Lettered("g"):
            derivatives = reverse_sweep(self.between(self.nodes), arriving.items(), self.closure_for(weights))
        return [self.finished(derivatives.get(v, 0.0)) for v in self.variables]

    def forward(self, rates: list[Any]) -> list[Any]:
        """The rates at which the answers move when the variables move at these, from one forward sweep."""
        moving = zip(self.variables, rates, strict=True)
        with Lettered("g"):
            tangents = forward_sweep(self.between(self.nodes), moving, self.closure_for(rates))
        return [self.finished(tangents.get(y, 0.0) if isinstance(y, Node) else 0.0) for y in self.outputs]

    def rows(self) -> list[list[Any]]:
        """The derivatives of each answer by the variables, from sweeps for the answers or for the variables."""
        if self.reverse_is_cheaper():
            return [self.slopes(y) for y in self.outputs]
        order = self.between(self.nodes)
        closure_of = self.closure_for([])
        with Lettered("g"):
            local = {id(node): closure_of(node)(1.0) for node in order}
            sweeps = [forward_sweep(order, [(v, 1.0)], lambda node: lambda _: local[id(node)]) for v in self.variables]
        by_node = [[rates.get(y, 0.0) if isinstance(y, Node) else 0.0 for rates in sweeps] for y in self.outputs]
        return [[self.finished(x) for x in row] for row in by_node]

    def reverse_is_cheaper(self) -> bool:
        """Whether the graphs of all answers have fewer nodes than as many whole graphs as there are variables."""
        if len(self.variables) >= len(self.outputs) or not self.nodes:
            return True
        sample = self.nodes[:: 1 + len(self.nodes) // 4]  # a few answers tell how much they share
        own = sum(len(topological_order(y, beyond=self.variables)) for y in sample) / len(sample)
        whole = len(topological_order(*self.nodes, beyond=self.variables))
        return own * len(self.nodes) < whole * len(self.variables)

    def closure_for(self, numbers: list[Any]) -> Callable[[Any], Any]:
        nodes = self.symbolic or any(isinstance(x, Node) for x in numbers)
        return closure_on_nodes if nodes else closure_on_numbers

    # answers, in the user's forms

    def finished(self, x: Any) -> Any:
        """What a sweep gave, as a Value if Values take part in the run."""
        if isinstance(x, Symbol):
            return Symbol(x._trace, x._row, x._parents, x._data, x._number, x._name, is_value=not self.plain)
        if isinstance(x, Limiting):
            return Value.record(OPS["as_float"], x)
        if self.plain or not self.symbolic or isinstance(x, Node):
            return x
        return THREAD.trace.constant(x, is_value=True) if THREAD.trace else Value(x)

    def value(self) -> Any:
        """What f answered, in numbers; in Values if Values take part."""
        numbers = [as_float(y) if isinstance(y, Node) else float(y) for y in self.outputs]
        return planted(self.answer, [*map(self.number, numbers)])

    def number(self, x: Any) -> Any:
        return x._data if isinstance(x, Value) and not self.symbolic else self.finished(x)

    def with_aux(self, derivative: Any) -> Any:
        """The derivative, or a pair of it and what f answered beside."""
        return (derivative, self.plain_aux()) if self.recorder.has_aux else derivative

    def plain_aux(self) -> Any:
        """What f answered beside, with numbers in place of the run's, and the user's models in place of twins."""
        models = [model for argument in self.arguments for model in argument.models]
        return without_nodes(self.aux, self.number, self.variables, models)

    def single_output(self) -> Any:
        """f's answer, which must be one number."""
        if is_leaf(self.answer) or (is_array(self.answer) and self.answer.shape == ()):
            return self.outputs[0]
        raise TypeError(
            f"this derivative is of functions that answer one number; {self.recorder.name} answered a "
            f"{type(self.answer).__name__} of {len(self.outputs)}: take its jacobian, or differentiate their sum"
        )

    def matched(self, trees: Sequence[Any], what: str) -> list[Any]:
        """The numbers of trees that go with the arguments, in the order of the variables."""
        if len(trees) != len(self.arguments):
            raise ValueError(
                f"{what} holds {len(trees)} elements, and {self.recorder.name} has {len(self.arguments)} arguments here"
            )
        pairs = zip(trees, self.arguments, strict=True)
        return [lifted(x) for tree, argument in pairs for x in argument.matched(tree, what)]

    def shaped(self, numbers: list[Any]) -> Any:
        """One number for each variable, in the form of the arguments."""
        return self.each_argument(lambda argument, part: argument.shaped(numbers[part]))

    def each_argument(self, make: Callable[[Any, slice], Any]) -> Any:
        """What is made for the only argument, or a tuple of what is made for each."""
        made = tuple(map(make, self.arguments, self.parts))
        return made[0] if self.recorder.single else made


def variable(x: Any, name: str, running: Running) -> Any:
    """What a function sees in place of a number. Of a Value it is a copy: f may use the Value itself beside it."""
    if isinstance(x, Symbol):
        twin: Any = x.record(OPS["as_float"], x)
        twin._is_value = True
    elif THREAD.trace:
        return THREAD.trace.constant(float(x), name, is_value=True)
    elif isinstance(x, Value):
        twin = made(x._data, OPS["as_float"], x, x._data, None, running, Active)
    else:
        return active(x, name, running)
    twin._name = name
    return twin


def is_value(x: Any) -> bool:
    """Whether this is a Value, or stands for one inside a trace."""
    return x._is_value if isinstance(x, Symbol) else isinstance(x, Node)


def with_plain_bools(answer: Any) -> Any:
    """Inside a trace, the answer with True and False in place of its conditions."""
    if not THREAD.trace:
        return answer
    found = leaves_if_any(answer)
    if not any(isinstance(x, Condition) for x in found):
        return answer
    return planted(answer, [bool(x) if isinstance(x, Condition) else x for x in found])


def lifted(x: Any) -> Any:
    """Inside a trace, the Symbol that stands for a Value."""
    trace = THREAD.trace
    return trace.lift(x) if trace and trace.lift and not isinstance(x, Symbol) and isinstance(x, Value) else x


def keeper_of(x: Any, f: Any) -> str:
    """Where in the user's program a number is kept: by the name of a global, or of an object's attribute."""
    import gc

    names: dict[str, Any] = getattr(f, "__globals__", {})
    of_values = [y for y in names.values() if type(y) is dict and any(z is x for z in y.values())]  # not known to gc
    for holder in [*of_values, *gc.get_referrers(x)]:
        if isinstance(holder, dict | list | set):
            if holder is names:
                return str(next(name for name, y in names.items() if y is x))
            if name := next((name for name, y in names.items() if y is holder), ""):
                return f"{name}, a {type(holder).__name__}"
            for owner in gc.get_referrers(holder):
                if getattr(owner, "__dict__", None) is holder:
                    return f"an attribute of a {type(owner).__name__}"
    return ""


class Lettered:
    """While it is entered, a trace, if there is one, calls what it records by this letter."""

    __slots__ = ("before", "name", "trace")

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        self.trace = THREAD.trace
        if self.trace:
            self.before, self.trace.letter = self.trace.letter, self.name

    def __exit__(self, *_: object) -> None:
        if self.trace:
            self.trace.letter = self.before


def leaves_if_any(aux: Any) -> list[Any]:
    try:
        return leaves(aux)
    except TypeError:
        return []


def matrix(rows: Any, columns: Argument, numbers: list[list[Any]]) -> Any:
    """Rows of numbers in the form of two trees: an array where the columns are one, lists where they are a list."""
    answer = rows.tree if isinstance(rows, Argument) else rows
    if is_array(answer) and isinstance(columns.tree, list | tuple):
        rows = answer = answer.tolist()
    blocks = [columns.shaped(row) for row in numbers]
    if is_array(columns.tree) and isinstance(answer, list | tuple) and (shape := shape_of(answer)):
        return array_of(blocks, shape)
    return rows.shaped(blocks) if isinstance(rows, Argument) else shaped(rows, blocks)


def shape_of(tree: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of numbers, None if they are not regular."""
    if is_leaf(tree):
        return ()
    if not isinstance(tree, list | tuple):
        return None
    shapes = {shape_of(branch) for branch in tree}
    inner = shapes.pop() if len(shapes) == 1 else None
    return None if inner is None else (len(tree), *inner)
