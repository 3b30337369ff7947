"""Derivatives compared with measured slopes; where they part, the operation, its operands and the line."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cache, partial
from math import copysign, isfinite
from operator import attrgetter

from ..diagnose.local import kink_distance
from ..errors import GradientError, NotDifferentiableError, UnmeasuredWarning
from ..graph import Node, chain_rule, topological_order
from ..transforms.call import Recorder
from ..transforms.run import run_of
from ..value import Value, met
from .blame import blamed, hidden, rule_subject
from .findings import Finding, said, verdict
from .slopes import QUICK, RATIO, ROUNDING, THOROUGH, Slopes, measured_slope, widest_and_count
from .subject import Subject, dot, plain_float, silent, slope_name, subject_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..operation import Op
    from .blame import Look
    from .subject import Mixtures


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
    """Compare the derivatives of f up to an order, by forward and by reverse sweeps, with measured slopes.

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
    three places. A whole number that f counts or indexes with stays as it is. Up to eight inputs and answers are taken
    one by one; of more, eight random mixtures, and two for the derivatives' own derivatives.

    A wrong derivative raises a GradientError; a kink, a jump and a singular point a KinkError, a JumpError and a
    SingularError. Slopes that rounding hides are told in an UnmeasuredWarning.
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(
            f"order says how often to differentiate, 1 or more times, not {order!r}; several arguments of the function "
            "stand in one tuple, as in check_grads(f, (2.0, 3.0))"
        )
    root = subject_of(f, args if type(args) is tuple else (args,))
    report = Report()
    compare_derivatives(root, order, report, root)
    for cause in hidden(root, into_rules(order)):
        raise cause.kind(cause.message)
    if report.unmeasured:
        names = "; ".join(report.unmeasured[:3]) + ("; …" if len(report.unmeasured) > 3 else "")
        warnings.warn(f"{len(report.unmeasured)} derivatives could not be measured: {names}", UnmeasuredWarning, 2)
    return report


def derivatives_of(subject: Subject) -> Iterator[Subject]:
    """The function's own derivatives as functions to check: by forward sweeps, and by reverse ones."""
    recorder = Recorder(subject.f)
    above = replace(subject, level=subject.level + 1)
    directions, weights = above.directions(), above.weights()

    def forward(xs: list[Any]) -> list[Any]:
        run = run_of(recorder, [xs], {})
        return [rate for _, direction, _ in directions for rate in run.forward(direction)]

    def reverse(xs: list[Any]) -> list[Any]:
        run = run_of(recorder, [xs], {})
        return [slope for _, weight in weights for slope in run.reverse(weight)]

    by_input = [slope_name(answer, name) for name, _, _ in directions for answer in subject.answers]
    by_answer = [slope_name(answer, name) for answer, _ in weights for name in subject.inputs]
    yield replace(above, f=silent(forward), answers=by_input)
    yield replace(above, f=silent(reverse), answers=by_answer)


# comparing


def compare_derivatives(subject: Subject, order: int, report: Report, root: Subject) -> None:
    """Compare the subject's derivatives, then those derivatives' own; raise what is found."""
    for finding in findings(subject, report, root):
        if finding.kind is UnmeasuredWarning:
            report.unmeasured += (finding.message,)
        else:
            cause = blamed(root, finding, into_rules(subject.level + 1))
            raise cause.kind(cause.message)
    if order > 1:
        try:
            for derivative in derivatives_of(subject):
                compare_derivatives(derivative, order - 1, report, root)
        except TypeError as error:
            if subject is root:
                error.add_note("A rule is differentiated too: write it in functions of this package, or pass order=1.")
            raise


def findings(subject: Subject, report: Report, root: Subject) -> Iterator[Finding]:
    """What is the matter with the derivatives of each answer by each input."""
    weights = subject.weights()
    noises = noise_of(subject, weights)
    run = run_of(Recorder(subject.f), [subject.at], {})
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
                    yield Finding(kind, said(kind, what, subject.point, name, derivative, slopes, f"the {mode} sweep"))
                else:
                    report.count(slopes, derivative)


def judged(
    measure: Callable[[float, int], Slopes], size: float, derivative: float, reach: Callable[[], float | None]
) -> tuple[type[Exception] | None, Slopes]:
    """The verdict and its slopes: of few steps, or else of many, or else of steps too small to reach a kink nearby."""
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
    """The widest step that leads to no other branch; None if every step is one, or only steps lost in rounding."""
    here, (widest, _) = branches_taken(program, program.at), widest_and_count(size)

    def stays(h: float) -> bool:
        ends = [[x + step * rate for x, rate in zip(program.at, direction, strict=True)] for step in (-h, h)]
        return all(branches_taken(program, end) == here for end in ends)

    if here is None or any(side == 0 for _, side in here):
        return None
    reach = next((h for k in range(THOROUGH - 2) if stays(h := widest * RATIO**-k)), None)
    return None if reach == widest else reach


def branches_taken(program: Subject, inputs: list[float]) -> list[tuple[Op, float | None]] | None:
    """The operations that the program takes, and on which side of its kink each is; None outside its domain."""
    try:
        answers = program.f([*map(Value, inputs)])
    except (ArithmeticError, ValueError):
        return None
    nodes = topological_order(*(y for y in answers if isinstance(y, Node)))
    return [(v.op, far and copysign(1.0, far)) for v in nodes if v.op for far in [kink_distance(v.op, met(v))]]


def slopes_along(
    subject: Subject, direction: list[float], weights: Mixtures, noises: list[float], widest: float, count: int
) -> list[Slopes]:
    """The slopes of each answer, or mixture of answers, in a direction."""

    def sample(h: float) -> list[float]:
        answers = subject.numbers([x + h * rate for x, rate in zip(subject.at, direction, strict=True)])
        return [dot(weight, answers) for _, weight in weights]

    return measured_slope(sample, widest, noises, count)


def noise_of(subject: Subject, weights: Mixtures) -> list[float]:
    """How far rounding may carry each answer: what one unit in the last place of each number on the way adds up to."""
    answers = subject.values()
    noises = []
    for _, weight in weights:
        y: Any = sum(y * w for y, w in zip(answers, weight, strict=True) if w)
        derivatives = chain_rule(y, attrgetter("_backward")) if isinstance(y, Node) else {}
        shares = [abs(plain_float(node) * plain_float(slope)) for node, slope in derivatives.items()]
        noises.append(ROUNDING * sum(filter(isfinite, shares)))
    return noises


def into_rules(order: int) -> Look | None:
    """A check of an operation's rule to one order less; None if only the function's own derivatives are checked."""
    return partial(findings_in_rule, level=order - 1) if order > 1 else None


def findings_in_rule(node: Value, level: int) -> Iterator[Finding]:
    """What is the matter with the derivatives of the operation's rule, which is written in operations itself."""
    try:
        compare_derivatives(rule_subject(node), level, Report(), rule_subject(node))
    except (GradientError, NotDifferentiableError) as error:
        yield Finding(type(error), str(error))
