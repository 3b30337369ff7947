"""Derivatives compared with measured slopes; where they part, the operation, its operands and the line."""

from __future__ import annotations

import random
import warnings
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from math import ceil, copysign, isfinite, log
from operator import attrgetter

from ..diagnose.local import distance
from ..errors import GradientError, JumpError, KinkError, NotDifferentiableError, SingularError, UnmeasuredWarning
from ..graph import Node, chain_rule, topological_order
from ..trace.places import PACKAGE, Watch
from ..transforms.higher import closure_on_nodes
from ..transforms.run import Recorder, check_call, on_values
from ..trees.tree import Argument, labels, leaves
from ..value import Value, met
from .slopes import RATIO, ROUNDING, Slopes, measured

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from ..operation import Op
    from ..trace.places import Place

    Look = Callable[[Any], Iterator["Finding"]]
    Mixtures = list[tuple[str, list[float]]]

MOST = 8  # inputs, or answers, that are looked at one by one; of more, as many random mixtures
NEAR = 1e-6  # so far off, a kink can be in the way of measuring
FEW = 2  # mixtures for the derivatives' own derivatives
PLACES = 3  # of each operation, that are looked at by themselves
QUICK, THOROUGH, AT_ZERO = 12, 24, 50  # steps, each a quarter of the one before: down to 6e-8, 4e-15, 8e-31


@dataclass(slots=True)
class Report:
    """What `check_grads` has compared."""

    checked: int = 0
    largest: float = 0.0  # disagreement, relative to the slope
    unmeasured: tuple[str, ...] = ()

    def count(self, slopes: Slopes, derivative: float) -> None:
        self.checked += 1
        if slopes.best and slopes.best.is_sure:
            apart = abs(derivative - slopes.best.number) / abs(slopes.best.number) if slopes.best.number else 0.0
            self.largest = max(self.largest, apart)

    def __str__(self) -> str:
        text = f"{self.checked} derivatives agree with measured slopes, to {self.largest:.0e} or better"
        return text + (f"; {len(self.unmeasured)} could not be measured" if self.unmeasured else "")


def check_grads(f: Callable[..., Any], args: Any, order: int = 2) -> Report:
    """Compare the derivatives of f with measured slopes, forward and reverse; the derivatives' own too, up to an order.

    >>> from micrograd_like import function, log
    >>> print(check_grads(lambda x, y: x * log(y), (2.0, 3.0), order=1))  # doctest: +ELLIPSIS
    4 derivatives agree with measured slopes, to ...

    >>> cube = function("cube", lambda x: x**3, lambda x, out, g: g * 2.9985 * x**2)
    >>> check_grads(lambda x: cube(x) + 1, 2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    micrograd_like.errors.GradientError: cube(x) at x = 2: its rule gives 11.994 for x; the measured slope is 12 ...

    `args` is the tuple of f's arguments, or its one argument: numbers, or lists, dicts, arrays and models of numbers.
    f may answer such a thing too. Slopes are central differences with many steps, extrapolated to 0, with an error
    bound; a derivative is wrong if it lies outside, and differs by more than a millionth. A rule that is wrong by
    0.05 % is found, however little it adds to f's derivative: each operation is looked at by itself too, in up to
    three places. Kinks, jumps and singular points raise errors of their own: see this module. Slopes that rounding
    hides are told in a warning. A whole number that f counts or indexes with stays as it is. Up to eight inputs and
    answers are taken one by one; of more, eight random mixtures, and two for the derivatives' own derivatives.
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(
            f"order says how often to differentiate, 1 or more times, not {order!r}; several arguments of the function "
            "stand in one tuple, as in check_grads(f, (2.0, 3.0))"
        )
    root = subject_of(f, args if type(args) is tuple else (args,))
    report = Report()
    check(root, order, report, root)
    for cause in hidden(root, order):
        raise cause.kind(cause.message)
    if report.unmeasured:
        names = "; ".join(report.unmeasured[:3]) + ("; …" if len(report.unmeasured) > 3 else "")
        warnings.warn(f"{len(report.unmeasured)} derivatives could not be measured: {names}", UnmeasuredWarning, 2)
    return report


# what is checked


@dataclass(slots=True)
class Subject:
    """A function from a list of numbers, or of Values, to a list of them, and the point at which it is checked."""

    name: str
    f: Callable[[list[Any]], list[Any]]
    at: list[float]
    inputs: list[str]
    answers: list[str]
    level: int = 0  # how often it is a derivative already
    is_users: bool = True  # whether its lines are in the user's files

    def values(self) -> list[Any]:
        """The answers on Values, as the leaves of which the inputs have their names."""
        return on_values(self.f, (self.at,), self.inputs)[1]  # type: ignore[no-any-return]

    def numbers(self, inputs: list[float]) -> list[float]:
        """The answers as numbers. Of plain numbers, the sweeps of a derivative make no graph, which is faster."""
        return [*map(number, self.f(inputs) if self.level else on_values(self.f, (inputs,), self.inputs)[1])]

    def directions(self) -> list[tuple[str, list[float], float]]:
        """In which the inputs are moved: name, rates, and the size of what is moved. Mixtures move each by its size."""
        sizes, moves = [*map(abs, self.at)], mixtures(self.inputs, self.level)
        if len(sizes) <= MOST:
            return [(name, unit, size) for (name, unit), size in zip(moves, sizes, strict=True)]
        return [(name, [rate * (x or 1.0) for rate, x in zip(rates, sizes, strict=True)], 1.0) for name, rates in moves]

    def weights(self) -> Mixtures:
        """The sums of answers that are looked at."""
        return mixtures(self.answers, self.level)

    @property
    def point(self) -> str:
        if len(self.at) > MOST:
            return "the given point"
        return ", ".join(f"{name} = {exact(x)}" for name, x in zip(self.inputs, self.at, strict=True))


def subject_of(f: Callable[..., Any], args: tuple[Any, ...]) -> Subject:
    """The user's function, on the leaves of its arguments."""
    recorder = Recorder(f, ())
    name = recorder.name if recorder.name.isidentifier() else "f"
    check_call("check_grads", f, args)
    tree = Argument(args)
    given = tree.leaves
    inputs = [label for k, arg in enumerate(args) for label in Argument(arg, recorder.label(k)).names]
    _, first, held = on_values(f, args, inputs)
    free = [k for k, _ in enumerate(given) if k not in held]
    if not free or not leaves(first):
        what = f"{name} counts or indexes with all its numbers" if not free else f"{name} answers {first!r:.60}"
        raise TypeError(f"check_grads takes a function from numbers to numbers; {what}")

    def answers(xs: list[Any]) -> list[Any]:
        numbers = [*given]
        for k, x in zip(free, xs, strict=True):
            numbers[k] = x
        return leaves(f(*tree.planted(numbers)))

    at = [number(given[k]) for k in free]
    second = on_values(answers, (at,), [inputs[k] for k in free])[1]
    if repr([*map(number, leaves(first))]) != repr([*map(number, second)]):
        raise ValueError(f"{name} answers something else in each call: let it start from the same seed")
    return Subject(name, silent(answers), at, [inputs[k] for k in free], labels(first, name))


def silent(f: Callable[[list[Any]], list[Any]]) -> Callable[[list[Any]], list[Any]]:
    """The same function; a run of it does not tell that it does not depend on an input, which may be meant."""
    f.is_derivative = True  # type: ignore[attr-defined]
    return f


def number(x: Any) -> float:
    return float(x.data if isinstance(x, Value) else x)


def exact(x: float) -> str:
    """The number, in as many digits as it takes to write it down again: `1`, but `1.00000000000001`."""
    text = f"{x:.10g}"
    return text if float(text) == x else repr(x)


def derivatives_of(subject: Subject) -> Iterator[Subject]:
    """The function's own derivatives as functions to check: by forward sweeps, and by reverse ones."""
    recorder = Recorder(subject.f)
    above = replace(subject, level=subject.level + 1)
    directions, weights = above.directions(), above.weights()

    def forward(xs: list[Any]) -> list[Any]:
        run = recorder.run([xs], {})
        return [rate for _, direction, _ in directions for rate in run.forward(direction)]

    def reverse(xs: list[Any]) -> list[Any]:
        run = recorder.run([xs], {})
        return [slope for _, weight in weights for slope in run.reverse(weight)]

    by_input = [slope_name(answer, name) for name, _, _ in directions for answer in subject.answers]
    by_answer = [slope_name(answer, name) for answer, _ in weights for name in subject.inputs]
    yield replace(above, f=silent(forward), answers=by_input)
    yield replace(above, f=silent(reverse), answers=by_answer)


def slope_name(answer: str, name: str) -> str:
    """What to call a derivative: `∂f/∂x`, `∂(the rule of cube(x))/∂x`."""
    answer, name = (f"({text})" if " " in text else text for text in (answer, name))
    return f"∂{answer}/∂{name}"


def mixtures(names: list[str], level: int) -> Mixtures:
    """Each of a few alone, or random mixtures of many, so that every one counts."""
    if len(names) <= MOST:
        return [(name, [1.0 if other == k else 0.0 for other in range(len(names))]) for k, name in enumerate(names)]
    chance = random.Random(len(names))
    return [
        (f"mixture {k + 1} of all {len(names)}", [chance.choice((-1, 1)) * chance.uniform(0.5, 1.5) for _ in names])
        for k in range(FEW if level else MOST)
    ]


# comparing


@dataclass(slots=True)
class Finding:
    """What is the matter with a derivative: the error to raise, and its message."""

    kind: type[Exception]
    message: str


def check(subject: Subject, order: int, report: Report, root: Subject) -> None:
    """Compare the subject's derivatives, then those derivatives' own; raise what is found."""
    for finding in findings(subject, report, root):
        if finding.kind is UnmeasuredWarning:
            report.unmeasured += (finding.message,)
        else:
            cause = blamed(root, subject.level + 1, finding)
            raise cause.kind(cause.message)
    if order > 1:
        try:
            for derivative in derivatives_of(subject):
                check(derivative, order - 1, report, root)
        except TypeError as error:
            if subject is root:
                error.add_note("A rule is differentiated too: write it in functions of this package, or pass order=1.")
            raise


def findings(subject: Subject, report: Report, root: Subject) -> Iterator[Finding]:
    """What is the matter with the derivatives of each answer by each input."""
    weights = subject.weights()
    noises = rounding(subject, weights)
    run = Recorder(subject.f).run([subject.at], {})
    gradients = [run.reverse(weight) for _, weight in weights]
    for name, direction, size in subject.directions():
        rates = run.forward(direction)
        measure = cache(partial(slopes_along, subject, direction, weights, noises))
        reach = cache(partial(reach_of_branch, root, direction, size))
        for k, (answer, weight) in enumerate(weights):
            modes = {"forward": dot(weight, rates), "reverse": dot(direction, gradients[k])}
            for mode, derivative in modes.items():
                kind, slopes = judged(lambda *steps: measure(*steps)[k], size, derivative, reach)  # noqa: B023
                if kind:
                    what = answer if subject.level or len(subject.answers) > 1 else subject.name
                    yield Finding(kind, told(kind, what, subject.point, name, derivative, slopes, f"the {mode} sweep"))
                else:
                    report.count(slopes, derivative)


def judged(
    measure: Callable[[float, int], Slopes], size: float, derivative: float, reach: Callable[[], float | None]
) -> tuple[type[Exception] | None, Slopes]:
    """The verdict and the slopes that it rests on: a quick look, a thorough one, one on this side of kinks nearby."""
    slopes = measure(size or 1.0, QUICK)
    if verdict(slopes, derivative):
        slopes = measure(*widest_and_count(size))
    kind = verdict(slopes, derivative)
    if kind and issubclass(kind, NotDifferentiableError) and (widest := reach()):
        closer = measure(widest, QUICK)
        best, closer_kind = closer.best, verdict(closer, derivative)
        if closer_kind is GradientError or (not closer_kind and best and (best.is_sure or best.number == derivative)):
            return closer_kind, closer
    return kind, slopes


def reach_of_branch(program: Subject, direction: list[float], size: float) -> float | None:
    """A step that leads to no other branch, to either side; None if all steps do not, or none that rounding spares."""
    here, (widest, _) = branches(program, program.at), widest_and_count(size)

    def stays(h: float) -> bool:
        ends = [[x + step * rate for x, rate in zip(program.at, direction, strict=True)] for step in (-h, h)]
        return all(branches(program, end) == here for end in ends)

    if here is None or any(side == 0 for _, side in here):
        return None
    reach = next((h for k in range(THOROUGH - 2) if stays(h := widest * RATIO**-k)), None)
    return None if reach == widest else reach


def branches(program: Subject, inputs: list[float]) -> list[tuple[Op, float | None]] | None:
    """The operations that the program takes, and on which side of its kink each is; None outside its domain."""
    try:
        answers = program.f([*map(Value, inputs)])
    except (ArithmeticError, ValueError):
        return None
    nodes = topological_order(*(y for y in answers if isinstance(y, Node)))
    return [(v.op, far and copysign(1.0, far)) for v in nodes if v.op for far in [distance(v.op, met(v))]]


def slopes_along(
    subject: Subject, direction: list[float], weights: Mixtures, noises: list[float], widest: float, count: int
) -> list[Slopes]:
    """The slopes of each answer, or mixture of answers, in a direction."""

    def sample(h: float) -> list[float]:
        answers = subject.numbers([x + h * rate for x, rate in zip(subject.at, direction, strict=True)])
        return [dot(weight, answers) for _, weight in weights]

    return measured(sample, widest, noises, count)


def widest_and_count(size: float) -> tuple[float, int]:
    """The steps for a thorough look at an input of that size: from 1 or more, if that is in sight, down to nothing."""
    if size == 0:
        return 1.0, AT_ZERO
    widest = max(size, 1.0) if size > 1e-15 else size
    return widest, THOROUGH + ceil(log(widest / size, RATIO))


def rounding(subject: Subject, weights: Mixtures) -> list[float]:
    """How far rounding may carry each answer: what one unit in the last place of each number on the way adds up to."""
    answers = subject.values()
    noises = []
    for _, weight in weights:
        y: Any = sum(y * w for y, w in zip(answers, weight, strict=True) if w)
        derivatives = chain_rule(y, attrgetter("_backward")) if isinstance(y, Node) else {}
        shares = [abs(number(node) * number(slope)) for node, slope in derivatives.items()]
        noises.append(ROUNDING * sum(filter(isfinite, shares)))
    return noises


def dot(weights: Sequence[float], numbers: Sequence[Any]) -> float:
    return sum(w * number(x) for w, x in zip(weights, numbers, strict=True) if w)


def verdict(slopes: Slopes, derivative: float) -> type[Exception] | None:
    """What is the matter with the derivative, given the measured slopes; None if they agree."""
    if slopes.jumps:
        return JumpError
    if slopes.is_steep:
        return SingularError
    if slopes.kinked:
        return KinkError
    if slopes.best is None or not (isfinite(derivative) or slopes.is_sure_beside(0.0)):
        return SingularError
    if not isfinite(derivative) or slopes.best.differs(derivative):
        return UnmeasuredWarning if slopes.is_blurred else GradientError
    return None if slopes.is_sure_beside(derivative) else UnmeasuredWarning


def told(kind: type[Exception], what: str, point: str, by: str, derivative: float, slopes: Slopes, who: str) -> str:
    """The finding in a sentence."""
    if kind is KinkError and slopes.left and slopes.right:
        sides = f"{slopes.left.number:.6g} on the left and {slopes.right.number:.6g} on the right"
        return f"{what} has a kink at {point}: its slope for {by} is {sides}; {who} gives {derivative:.10g}"
    if kind is JumpError:
        return f"{what} jumps at {point} as {by} passes it; {who} gives {derivative:.10g}"
    if kind is SingularError:
        return (
            f"{what} is singular at {point}: its slope for {by} is infinite or undefined; {who} gives {derivative:.10g}"
        )
    return f"{what} at {point}: {who} gives {derivative:.10g} for {by}; the measured slope is {slopes.best}"


# finding the operation


def blamed(root: Subject, level: int, finding: Finding) -> Finding:
    """The finding traced to an operation and a line; if to none, with what else could be the reason."""
    with Watch() as watch:
        answers = root.values()
    places = watch.places if root.is_users else {}
    nodes = [node for node in topological_order(*(y for y in answers if isinstance(y, Node))) if node.op]
    looks: list[Look] = [local_findings, *[partial(findings_in_rule, level=level - 1)] * (level > 1)]
    causes: list[Finding] = []
    for node, look in ((node, look) for look in looks for node in nodes):
        for cause in look(node):
            causes.append(located(cause, places.get(node)))
            if cause.kind in (GradientError, finding.kind):
                return traced(finding, causes[-1])
    return (
        traced(finding, causes[0]) if causes else Finding(finding.kind, finding.message + hint(finding, watch, nodes))
    )


def hidden(root: Subject, order: int) -> Iterator[Finding]:
    """Wrong rules that make so little of the answers' derivatives that these pass."""
    with Watch() as watch:
        answers = root.values()
    for node in some_of_each_operation(answers):
        rules = [findings_in_rule(node, order - 1)] if order > 1 and is_users(node.op) else []
        for cause in chain(local_findings(node), *rules):
            if cause.kind is GradientError:
                part = f"\nIn {root.name} at {root.point} it is too small a part to show."
                yield replace(cause := located(cause, watch.places.get(node)), message=cause.message + part)


def some_of_each_operation(answers: list[Any]) -> list[Any]:
    """Of each operation, the first few nodes."""
    nodes: dict[Op, list[Any]] = {}
    for node in topological_order(*(y for y in answers if isinstance(y, Node))):
        if node.op and len(alike := nodes.setdefault(node.op, [])) < PLACES:
            alike.append(node)
    return [*chain.from_iterable(nodes.values())]


def traced(finding: Finding, cause: Finding) -> Finding:
    """The cause first, then what it led to. Where no rule is wrong, neither is the function."""
    kind = cause.kind if GradientError in (finding.kind, cause.kind) else finding.kind
    return Finding(kind, f"{cause.message}\nSo {finding.message}")


def located(finding: Finding, place: Place | None) -> Finding:
    return Finding(finding.kind, f"{finding.message}\n    {place}") if place else finding


def hint(finding: Finding, watch: Watch, nodes: list[Value]) -> str:
    if finding.kind is not GradientError:
        for node in nodes:
            far = distance(node.op, met(node)) if node.op else None
            if node.op and far and abs(far) < NEAR:
                names, point = operands(node)
                return (
                    f"\n{node.op.spelled(names)} at {point} is only {abs(far):.3g} off its kink: choose another point."
                )
        return "\nNo operation on the way is the reason: does the program take another branch there?"
    drops = "".join(f"\n    {what}: {place}" for what, place in watch.drops[:3])
    if drops:
        return f"\nEvery rule on the way is right, but a Value was turned into a plain number:{drops}"
    return "\nEvery rule on the way is right: does the answer depend on the inputs in a way that Values do not see?"


def local_findings(node: Value) -> Iterator[Finding]:
    """What is the matter with the operation's rule on the numbers it met there."""
    op: Any = node.op
    xs = [number(x) for x in node.parents]
    shares = node._backward(1.0)
    for k, (parent, share) in enumerate(zip(node.parents, shares, strict=True)):
        if isinstance(parent, Node) and not is_constant(op, k):
            derivative = share or 0.0
            noise = ROUNDING * abs(xs[k] * derivative) if isfinite(derivative) else 0.0
            sample = partial(value_near, op, xs, k)
            widest, count = widest_and_count(abs(xs[k]))
            (slopes,) = measured(sample, widest, [noise], count)
            kind = verdict(slopes, derivative)
            if kind and kind is not UnmeasuredWarning:
                names, point = operands(node)
                yield Finding(kind, told(kind, op.spelled(names), point, names[k], derivative, slopes, "its rule"))


def is_constant(op: Op, k: int) -> bool:
    """Whether the table calls this input a condition or a constant."""
    return bool(op.arity) and op.letters[k] == "c"


def value_near(op: Op, xs: list[float], k: int, h: float) -> list[float]:
    return [op.value(*xs[:k], xs[k] + h, *xs[k + 1 :])]


def operands(node: Any) -> tuple[list[str], str]:
    """What to call the operation's inputs, and what they are: `x = 2, y = 3`."""
    letters = node.op.letters if node.op.arity else [f"x{k + 1}" for k, _ in enumerate(node.parents)]
    names = [
        (x.name or letter) if isinstance(x, Value) else f"{x:g}"
        for x, letter in zip(node.parents, letters, strict=True)
    ]
    known = {name: x for x, name in zip(node.parents, names, strict=True) if isinstance(x, Node)}
    return names, ", ".join(f"{name} = {exact(number(x))}" for name, x in known.items())


def findings_in_rule(node: Value, level: int) -> Iterator[Finding]:
    """What is the matter with the derivatives of the operation's rule, which is written in operations itself."""
    try:
        check(rule_of(node), level, Report(), rule_of(node))
    except (GradientError, NotDifferentiableError) as error:
        yield Finding(type(error), str(error))


def rule_of(node: Value) -> Subject:
    """The operation's rule as a function of those inputs that are Values."""
    op: Any = node.op
    parents = node.parents
    free = [k for k, x in enumerate(parents) if isinstance(x, Node) and not is_constant(op, k)]
    names, _ = operands(node)

    def shares(xs: list[Any]) -> list[Any]:
        inputs = [*map(number, parents)]
        for k, x in zip(free, xs, strict=True):
            inputs[k] = x
        received = closure_on_nodes(Value.record(op, *inputs))(1.0)
        return [0.0 if received[k] is None else received[k] for k in free]

    title = f"the rule of {op.spelled(names)}"
    answers = [f"{title} for {names[k]}" for k in free] if len(free) > 1 else [title]
    return Subject(
        title,
        silent(shares),
        [number(parents[k]) for k in free],
        [names[k] for k in free],
        answers,
        is_users=is_users(op),
    )


def is_users(op: Op) -> bool:
    """Whether the rule is written in a file of the user's."""
    from inspect import unwrap

    rule: Any = op.rule
    return not unwrap(rule).__code__.co_filename.startswith(PACKAGE)
