"""sensitivities: what moves an answer, by how much, how sure it is, and whether the straight line holds."""

from __future__ import annotations

from math import inf, isfinite, nan, sqrt
from numbers import Integral

from . import report
from .estimates import Drawn, Estimate, Validation, checked_coverage
from .inputs import Inputs, merged
from .joint import degrees_of_freedom
from .study import Study
from .tornado import tornado_of
from .verdict import line_holds, reasons_for

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

NO_INPUTS: Mapping[str, Any] = {}


def sensitivities(
    f: Callable[..., Any],
    inputs: Mapping[str, Any] = NO_INPUTS,
    /,
    *,
    corr: Any = None,
    cov: Any = None,
    draws: int | None = None,
    seed: int = 0,
    coverage: float = 0.95,
    **more: Any,
) -> Sensitivities | SeveralSensitivities:
    """A report on what moves the answer of a model, and how sure it is.

    >>> from micrograd_like import pm
    >>> def bill(apple, n, tax):
    ...     return apple * n * tax
    >>> r = sensitivities(bill, apple=pm(100, 5), n=2, tax=pm(1.1, 0.01), draws=0)
    >>> print(r)
    bill = 220 ± 11
    input  value      u  ∂/∂input  %/%  moves it by  share
    apple  100.0    5.0       2.2   +1          +11  96.8%  ████████████
    tax    1.100  0.010       200   +1           +2   3.2%
    n          2      –       110   +1            –      –
    <BLANKLINE>
    straight line   220.0 ± 11.2   95 % in [198.1, 241.9]
    second order    220.0 ± 11.2
    Without draws nobody knows whether the straight line holds.

    An input is a number, `pm(value, u)`, a frozen distribution of `scipy.stats`, a number of `uncertainties`, or a
    structure with such. They are given by name, or in a dict before: an input that is called `seed` stands there. For
    what is not given there are f's defaults. `corr` are correlation coefficients, `cov` covariances: a dict of pairs, a
    DataFrame, or a matrix in the order of the inputs as they are given. `draws` are random inputs, by which the
    straight line is tried: if it is None as many as fit in a second, from 1,000 to 1,000,000. They need NumPy.

    u is in the unit of f's answer: by the law of propagation (JCGM 100, 5.1.2 and 5.2.2), or that of the draws
    (JCGM 101) if the straight line does not hold. `r.inputs["apple"]` has `derivative`, `elasticity` (% of the answer
    for 1 % of the input), `contribution` and `share`; `r.line`, `r.second_order` and `r.draws` have `value`, `u` and
    `interval()`; `r.holds` and `r.reasons` are the verdict. Each of several answers has its report in `r.outputs`.
    """
    check_options(draws, seed)
    model = Inputs(f, merged(inputs, more))
    many = None if draws is None else int(draws)  # NumPy's whole numbers too
    return reported(Study(model, corr, cov, many, int(seed), checked_coverage(coverage)))


def reported(study: Study) -> Sensitivities | SeveralSensitivities:
    """The report on the one answer of a model, or those on several."""
    reports = [Sensitivities(study, k) for k in range(len(study.run.outputs))]
    return reports[0] if study.run.is_single else SeveralSensitivities(study, reports)


def check_options(draws: Any, seed: Any) -> None:
    """Refuse what is no number of draws, and no seed."""
    if draws is not None and (isinstance(draws, bool) or not isinstance(draws, Integral) or draws < 0 or draws == 1):
        raise ValueError(f"draws is how many there are, 0 for none or 2 and more, not {draws!r:.40}")
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise ValueError(
            f"seed is a whole number from 0 on, not {seed!r:.40}: an input of that name goes into the dict"
        )


class InputReport:
    """What is reported of one input: `derivative`, `elasticity`, `contribution`, `share`, and what it was."""

    __slots__ = ("contribution", "derivative", "dof", "elasticity", "name", "note", "share", "slopes", "u", "value")

    def __init__(self, name: str, value: float) -> None:
        self.name = name
        self.value = value  # its best estimate
        self.u = 0.0  # its standard uncertainty
        self.dof = inf
        self.derivative = nan  # of the answer by it
        self.slopes: tuple[float, float] | None = None  # below and above, on a kink
        self.elasticity = nan  # % of the answer for 1 % of it
        self.contribution = 0.0  # derivative × u
        self.share = 0.0  # of the variance of the answer
        self.note = ""

    def __repr__(self) -> str:
        parts = "value u derivative elasticity contribution share".split()
        return f"<{self.name}: {', '.join(f'{part} {getattr(self, part):.5g}' for part in parts)}>"


class Sensitivities:
    """A report on one answer of a model. `print` shows it, a notebook as HTML; `tornado()` draws it."""

    def __init__(self, study: Study, k: int) -> None:
        self.study, self.k = study, k
        self.joint = study.joint
        self.coverage = study.coverage
        self.name = study.name_of_output(k)
        self.value = study.run.value(k)
        self.branches, self.no_draws = study.branches, study.no_draws
        slopes = study.slopes(k)
        self.kinks = study.kinks(k, slopes)
        moves = [slopes[i] * u for i, u in zip(self.joint.places, self.joint.u, strict=True)]
        curved = study.curvature(k)
        variance = self.joint.total(moves)
        dof = degrees_of_freedom(self.joint, moves, study.dof())
        self.line = Estimate(self.value, sqrt(variance), dof, self.coverage)
        second = sqrt(max(variance + curved.variance, 0.0))
        self.second_order = Estimate(self.value + curved.shift, second, inf, self.coverage)
        self.draws = Drawn(study.answers.numbers[k], self.coverage) if study.answers else None
        self.interactions = interactions_of(study, curved.pairs)
        self.shares_are_of_draws = True
        parts = self.joint.parts(moves) if variance else [0.0] * len(moves)
        if self.takes_second_order():
            parts = [a + b for a, b in zip(parts, curved.parts, strict=True)]
        self.inputs = self.rows(slopes, moves, parts)
        self.holds = line_holds(self)
        if self.holds is False and self.draws and abs(self.nearest().u - self.draws.u) > 0.1 * self.draws.u:
            self.shares_are_of_draws = False
        self.reasons = reasons_for(self)

    def takes_second_order(self) -> bool:
        """Whether the second order is nearer to the draws than the straight line, or the line sees nothing."""
        line, second, draws = self.line.u, self.second_order.u, self.draws
        if draws is None or draws.u != draws.u:
            return not line
        return abs(second - draws.u) < abs(line - draws.u)

    def nearest(self) -> Estimate:
        return self.second_order if self.takes_second_order() else self.line

    def rows(self, slopes: list[float], moves: list[float], parts: list[float]) -> dict[str, InputReport]:
        """A row for each number of the model."""
        inputs, places, whole = self.study.inputs, {k: i for i, k in enumerate(self.joint.places)}, sum(parts)
        found = {}
        for k, (name, x) in enumerate(zip(inputs.names, inputs.numbers, strict=True)):
            row = found[name] = InputReport(name, x)
            row.derivative = slopes[k]
            row.elasticity = slopes[k] * x / self.value if self.value else nan
            row.slopes = self.kinks.get(name)
            if k in self.study.run.held:
                place = self.study.run.held[k]
                row.note = "counted with: no derivative" + (f", line {place.line}" if place else "")
            if k in places:
                i = places[k]
                row.u, row.contribution = self.joint.u[i], moves[i]
                row.dof = inputs.uncertain[k].dof if k in inputs.uncertain else inf
                row.share = 0.0 if whole <= 0 else parts[i] / whole if isfinite(whole) else nan
        return found

    # what is believed

    @property
    def u(self) -> float:
        """The standard uncertainty: that of the draws where the straight line does not hold, nan if they have none."""
        if self.holds is False and self.draws:
            return self.draws.u if self.draws.is_sure else nan
        return self.line.u

    @property
    def dof(self) -> float:
        """The degrees of freedom of u by Welch and Satterthwaite; nan where inputs are correlated otherwise."""
        return self.line.dof

    def interval(self, coverage: float | None = None) -> tuple[float, float]:
        """The interval that covers the answer: that of the draws where the straight line does not hold."""
        return (self.draws if self.holds is False and self.draws else self.line).interval(coverage)

    @property
    def elasticity(self) -> dict[str, float]:
        """By how many % the answer moves for 1 % of each input; nan if the answer is 0."""
        return {name: row.elasticity for name, row in self.inputs.items()}

    @property
    def outputs(self) -> dict[str, Sensitivities]:
        return {self.name: self}

    @property
    def cov(self) -> list[list[float]]:
        return [[self.u**2]]

    @property
    def corr(self) -> list[list[float]]:
        return [[1.0]]

    def validated(self, digits: int = 1) -> Validation:
        """Whether the draws confirm the interval of the straight line in so many digits of u (JCGM 101, 8.1)."""
        if not self.draws:
            raise ValueError(f"{self.name} was reported without draws, which would validate it")
        if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
            raise ValueError(f"digits are those of u that count, 1 or 2, not {digits!r:.40}")
        return Validation(self.line, self.draws, digits)

    def sobol(self, n: int = 4096) -> dict[str, tuple[float, float]]:
        """Of each input, the share of the variance by itself, and that with all in which it takes part.

        They are Sobol' indices of first and of total order, from `scipy.stats.sobol_indices` with n points, a power of
        2. They ask for no derivative, and for inputs that are independent.
        """
        from .indices import sobol_of

        return sobol_of(self, n)

    # forms

    def tornado(self) -> str:
        """The answers at both ends of each input, one standard uncertainty away, as one `<svg>` element.

        Bars show what the model answers, ◇ where the straight line puts it. Without uncertainties inputs move by 1 %.
        """
        return tornado_of(self)

    def __str__(self) -> str:
        return report.report_in_text(self)

    def __repr__(self) -> str:
        return report.report_in_text(self)

    def markdown(self) -> str:
        """The report as a Markdown table, with its sentences below."""
        return report.report_in_markdown(self)

    def _repr_html_(self) -> str:
        return report.report_in_html(self)

    def to_dict(self) -> dict[str, Any]:
        """The report in plain numbers, texts, lists and dicts, as JSON has them."""
        return report.report_in_plain(self)

    def to_frame(self) -> Any:
        """The table of inputs as a pandas DataFrame, with a line for each."""
        return report.report_in_frame(self)


class SeveralSensitivities:
    """Reports on several answers of one model, by name in `outputs`, and how they are correlated.

    `cov` and `corr` are the matrices of the straight line (JCGM 100, 5.2.2 and H.2.3), in the order of `outputs`.
    """

    def __init__(self, study: Study, reports: list[Sensitivities]) -> None:
        self.study = study
        self.name = study.inputs.name
        self.outputs = {r.name: r for r in reports}
        uncertain = {study.inputs.names[k] for k in study.joint.places}
        moves = [[x.contribution for x in r.inputs.values() if x.name in uncertain] for r in reports]
        mixed = [study.joint.mixed(row) for row in moves]
        self.cov = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in mixed] for one in moves]
        sizes = [sqrt(max(0.0, row[k])) for k, row in enumerate(self.cov)]
        self.corr = [
            [1.0 if i == j else x / (sizes[i] * sizes[j]) if sizes[i] * sizes[j] else 0.0 for j, x in enumerate(row)]
            for i, row in enumerate(self.cov)
        ]

    def __getitem__(self, name: str) -> Sensitivities:
        return self.outputs[name]

    @property
    def value(self) -> dict[str, float]:
        return {name: r.value for name, r in self.outputs.items()}

    @property
    def u(self) -> dict[str, float]:
        return {name: r.u for name, r in self.outputs.items()}

    @property
    def holds(self) -> bool | None:
        """Whether the straight line holds for all answers."""
        found = {r.holds for r in self.outputs.values()}
        return False if False in found else None if None in found else True

    def tornado(self, name: str | None = None) -> str:
        """The tornado of one answer, of the first if none is named."""
        return next(iter(self.outputs.values())).tornado() if name is None else self.outputs[name].tornado()

    def __str__(self) -> str:
        return report.several_in_text(self)

    def __repr__(self) -> str:
        return report.several_in_text(self)

    def markdown(self) -> str:
        """The reports as Markdown, one after the other."""
        return "\n\n".join(r.markdown() for r in self.outputs.values())

    def _repr_html_(self) -> str:
        return "".join(r._repr_html_() for r in self.outputs.values())

    def to_dict(self) -> dict[str, Any]:
        """The reports by the names of the answers, with `cov` and `corr`, as JSON has them."""
        reports = {name: r.to_dict() for name, r in self.outputs.items()}
        return {"outputs": reports, "cov": self.cov, "corr": self.corr}

    def to_frame(self) -> Any:
        """The tables of inputs as one pandas DataFrame, with the answer's name in the first level of the index."""
        return report.several_in_frame(self)


def interactions_of(study: Study, pairs: list[tuple[float, int, int]]) -> list[tuple[tuple[str, str], float]]:
    """Pairs of inputs by which the model bends, and their parts of its curvature, the largest first."""
    whole = sum(size for size, _, _ in pairs)
    names = [study.inputs.names[k] for k in study.joint.places]
    return [((names[i], names[j]), size / whole) for size, i, j in pairs if whole]
