"""One run of a function on Values in place of its numbers, and the sweeps over the graph that it leaves."""

from __future__ import annotations

from operator import attrgetter

from ..active import Active
from ..backward import idle, leaves_of, slopes_by
from ..core import core, kinds_of
from ..graph import ByNode, Node, forward_sweep, made_from, reached_by, reverse_sweep, topological_order
from ..lifting.meeting import run_lifted
from ..runs.running import THREAD, Running
from ..trace.recording import floated
from ..trace.symbol import Symbol
from ..trees.containers import is_array
from ..trees.objects import NUMBERS, is_leaf
from ..trees.planting import planted
from ..trees.remains import nodes_in, without_nodes
from ..trees.state import State
from ..trees.tree import Argument, leaves, said_of_no_number
from ..trees.writing import in_several
from ..value import Value
from .asking import watching
from .call import Recorder, check_kinds, check_several, check_whole
from .higher import closure_on_nodes
from .telling import check_answer, check_inputs, check_keys, check_searches, check_ties, said_of_stale
from .variables import Lettered, active, actives, lifted, settle, stands_for_value, variable_for, with_plain_bools

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

closure_on_numbers = attrgetter("_backward")


def run_of(recorder: Recorder, args: Sequence[Any], options: dict[str, Any]) -> Run:
    """A run of the recorder's function, which starts again where it has met code that had to be lifted."""
    return run_lifted(recorder.f, lambda: Run(recorder, args, options))  # type: ignore[no-any-return]


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
        held = [*map(State, (*several.values(), *twins))]
        try:
            self.answer, self.aux = map(with_plain_bools, self.answer_to(inputs))
        except BaseException:
            self.give_back()
            raise
        self.outputs = [lifted(y) for y in leaves(self.answer)]
        self.nodes = [y for y in self.outputs if stands_for_value(y)]
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
            check_searches(self)
            check_answer(self)
            check_inputs(self, unused)
            check_ties(self)
            check_keys(self)

    def plant(self, label: str, argument: Any) -> Any:
        """The argument with variables in place of its numbers."""
        tree = Argument(argument, label)
        if type(argument) is float and THREAD.trace is None:
            self.keep(tree, [argument], [active(argument, label, self.running)])
            return self.variables[-1]
        numbers, names = tree.leaves if THREAD.trace is None else [*map(lifted, tree.leaves)], tree.names
        if not numbers and (isinstance(argument, str) or not hasattr(argument, "__len__") or len(argument)):
            raise TypeError(f"{self.recorder.name} is differentiated by {said_of_no_number(argument, label)}")
        if kinds := kinds_of(numbers) - {float}:
            check_kinds(kinds, label, self.recorder.name)
            if THREAD.trace is None and int in kinds:
                check_whole(numbers, label, self.recorder.name)
        variables = actives(numbers, names, self.running) if THREAD.trace is None else None
        if variables is None:
            variables = [variable_for(x, name, self.running) for x, name in zip(numbers, names, strict=True)]
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
        with self.running, watching(self.recorder.asked):
            answer = self.recorder.f(*args, **{key: x for key, x in inputs.items() if isinstance(key, str)})
        self.running.check()
        if not self.recorder.has_aux:
            return answer, None
        if isinstance(answer, tuple) and len(answer) == 2:
            return answer
        raise TypeError(f"with has_aux {self.recorder.name} answers two things, the second for you: not {answer!r:.60}")

    # how the answers hang together with the variables

    def connect(self) -> set[int]:
        """Find out whether Values older than this run take part, and which variables the answers do not depend on.

        It answers the places of the latter among the variables.
        """
        if THREAD.trace or self.of_values:
            self.symbolic = True
            self.plain = bool(THREAD.trace) and not any(map(stands_for_value, self.given)) and self.stands_alone()
            with Lettered("g"):
                reached = self.reached()
        else:
            beside = leaves_of([x for x in nodes_in(self.aux) if stands_for_value(x)]) if self.aux is not None else []
            unused = None if beside else idle(self.nodes, self.variables)
            if unused is not None:  # they are all of this run
                self.symbolic = False
                return {*unused}
            roots = leaves_of(self.nodes)
            reached = {*map(id, roots)}
            self.symbolic = not all([*map(self.is_own, roots), *map(self.is_own, beside)])
            self.made_inside = [leaf for leaf in roots if type(leaf) is not Active]
        if self.symbolic and not THREAD.trace:
            beside = [x for x in nodes_in(self.aux) if stands_for_value(x)]
            settle([*self.nodes, *self.variables, *beside], self.running)
        return {k for k, v in enumerate(self.variables) if id(v) not in reached}

    def is_own(self, leaf: Any) -> bool:
        """Whether a leaf came to be in this run. A number that another run has left behind is refused."""
        run = leaf._x if leaf.op is None else leaf._y
        if run is not None and run.is_inside(self.running):
            return True
        if type(leaf) is Active and run is not None and run.finished:
            raise TypeError(said_of_stale(self, leaf))
        return False

    def stands_alone(self) -> bool:
        """Whether the answers are made of the variables and of plain numbers, inside a trace."""
        order = topological_order(*self.nodes, beyond=self.variables)
        known = core.stands_alone(order) if core else None
        if known is not None:
            return bool(known)
        return all(any(map(stands_for_value, x._parents)) or not stands_for_value(x) for x in order)

    def reached(self) -> set[int]:
        """The ids of the nodes that the answers were computed from.

        If f uses a Value that it was given, but by another name than its argument, as a global, the derivative by the
        argument is that by the Value itself: so it takes the place of its variable.
        """
        order = topological_order(*self.nodes, beyond=self.variables)
        reached = made_from(order) | {*map(id, self.nodes)}
        for node in order if Active in kinds_of(order) else ():
            if type(node) is Active and node._run:
                self.is_own(node)
        for k, (v, x) in enumerate(zip(self.variables, self.given, strict=True)):
            if id(v) not in reached and self.is_users_leaf(x) and id(x) in reached:
                self.variables[k] = x
        return reached

    def is_users_leaf(self, x: Any) -> bool:
        """Whether this is a Value that the user has made, outside of all functions that are being differentiated."""
        if isinstance(x, Symbol):
            return x._row is None and stands_for_value(x) and x._number in x._trace.inputs
        if type(x) is Active or not isinstance(x, Value) or x.op is not None:
            return False
        return x._x is None or not x._x.is_inside(self.running.outermost)

    def between(self, nodes: list[Any]) -> list[Any]:
        """The nodes through which the variables reach these ones, parents first."""
        return reached_by(topological_order(*nodes, beyond=self.variables), self.variables)

    # sweeps

    def slopes(self, y: Any) -> list[Any]:
        """The derivatives of y by the variables, from one reverse sweep."""
        if self.symbolic:
            return [self.finished(slope) for slope in self.slopes_as_nodes(y)]
        were = [leaf.grad for leaf in self.made_inside]
        found = slopes_by(y, self.variables)
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
            if x._is_value is not self.plain:  # then it stays one node, at which slopes meet before they go on
                return x
            return Symbol(x._trace, x._row, x._parents, x._data, x._number, x._name, is_value=not self.plain)
        if self.plain or not self.symbolic or isinstance(x, Node):
            return x
        return THREAD.trace.constant(x, is_value=True) if THREAD.trace else Value(x)

    def value(self) -> Any:
        """What f answered, in numbers; in Values if Values take part."""
        numbers = [floated(y) if isinstance(y, Node) else float(y) for y in self.outputs]
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
