"""The verdict on the straight line: whether draws confirm what derivatives say, and if not, why."""

from __future__ import annotations

from math import isfinite
from sys import float_info

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .sensitivities import Sensitivities

OFF_IN_U, OFF_IN_MEAN, OFF_AT_ENDS = 0.05, 0.1, 0.15  # of u: so far line and draws may be apart,
STANDARD_ERRORS = 3  # and so many standard errors of the draws more
LOST = 1e-12  # of the answer: by so much may rounding move it
FEW = 100  # draws, by which nobody can tell


def line_holds(r: Sensitivities) -> bool | None:
    """Whether the straight line agrees with the draws; None if nobody knows."""
    draws, line = r.draws, r.line
    if not isfinite(r.value):
        return False
    if draws is None or draws.u != draws.u:
        return None if draws is None else False
    if draws.count < FEW:
        return None
    if not draws.is_sure:
        return False
    rounding = LOST * max(abs(line.value), abs(draws.value))
    if is_lost(r):
        return None
    if abs(draws.u - line.u) > OFF_IN_U * draws.u + STANDARD_ERRORS * draws.error + rounding:
        return False
    if abs(draws.value - line.value) > OFF_IN_MEAN * draws.u + STANDARD_ERRORS * draws.error_of_value + rounding:
        return False
    return all(
        abs(a - b) <= OFF_AT_ENDS * draws.u + STANDARD_ERRORS * draws.error_of_quantile(p) + rounding
        for a, b, p in ends(r)
    )


def is_lost(r: Sensitivities) -> bool:
    """Whether the answer is so large that what draws vary by may be its rounding."""
    assert r.draws
    size = max(abs(r.line.value), abs(r.draws.value))
    if max(r.line.u, r.draws.u) > LOST * size:
        return False
    terms = size + sum(abs(row.derivative * row.value) for row in r.inputs.values())
    return r.line.u > 0 or r.draws.u > float_info.epsilon * terms


def ends(r: Sensitivities) -> Iterator[tuple[float, float, float]]:
    """Both ends of the intervals of line and draws, and below which part of the answers they lie.

    The line's are those of a normal distribution: the draws know of no degrees of freedom either.
    """
    from .estimates import Estimate

    assert r.draws
    line = Estimate(r.line.value, r.line.u, float("inf"), r.coverage)
    parts = (1 - r.coverage) / 2, (1 + r.coverage) / 2
    yield from zip(line.interval(), r.draws.interval(), parts, strict=True)


def reasons_for(r: Sensitivities) -> list[str]:
    """What is to be known of a report, in sentences."""
    found = []
    if not r.joint.places:
        return ["no input is uncertain: give one as pm(100, 5), or as a distribution of scipy.stats"]
    if not any(r.joint.u):
        return ["all uncertainties are 0"]
    if r.holds is None:
        found.append(why_nobody_knows(r))
    elif r.holds:
        found.append("the straight line holds")
    else:
        found.append(f"the straight line does NOT hold: {what_is_off(r)}")
    found += [*why_not(r)]
    if r.draws and r.draws.failed:
        found.append(f"{r.draws.failed:,} of {r.draws.count:,} draws have no finite answer")
    found += [str(branch) for branch in r.branches]
    if r.dof != r.dof:
        found.append(
            "correlated inputs have no common degrees of freedom: the interval is that of a normal distribution"
        )
    return found


def why_nobody_knows(r: Sensitivities) -> str:
    """Why there is no verdict."""
    if not r.draws:
        return r.no_draws or "without draws nobody knows whether the straight line holds"
    if r.draws.count < FEW:
        return f"{r.draws.count} draws are too few to tell whether the straight line holds"
    return (
        "u is so small a part of the answer that rounding hides what draws tell, and nobody knows whether the straight "
        "line holds: let the model answer how far it is from a fixed number"
    )


def what_is_off(r: Sensitivities) -> str:
    """How far line and draws are apart."""
    line, draws = r.line, r.draws
    if not isfinite(r.value):
        return "there is no finite answer at these inputs"
    assert draws
    if draws.u != draws.u:
        return "no draw has a finite answer"
    if not draws.is_sure:
        return "a few draws decide on mean and u, so that median and interval are to be taken instead"
    if not line.u:
        if any(row.contribution for row in r.inputs.values()) and r.joint.matrix is None:
            return "its variance is smaller than floats can be"
        return "every derivative is 0 here, and it sees no uncertainty at all"
    if not isfinite(line.u):
        is_steep = not all(isfinite(row.derivative) for row in r.inputs.values())
        return "a derivative is infinite here, and so is its u" if is_steep else "its variance is beyond all floats"
    part = 1 - line.u / draws.u if draws.u else -1.0
    if abs(part) > OFF_IN_U:
        return (
            f"it misses {100 * part:.0f} % of u"
            if part > 0
            else f"its u is {100 * (line.u / draws.u - 1):.0f} % too large"
            if draws.u
            else "the draws do not vary"
        )
    if abs(draws.value - line.value) > OFF_IN_MEAN * draws.u:
        side = "above" if draws.value > line.value else "below"
        return f"the mean of the draws lies {abs(draws.value - line.value) / draws.u:.2g} u {side} it"
    low, high = draws.interval()
    farther = "above" if high - draws.value > draws.value - low else "below"
    return f"the draws reach farther {farther} their mean than to the other side"


def why_not(r: Sensitivities) -> Iterator[str]:
    """What bends the model."""
    for name, (below, above) in r.kinks.items():
        yield f"it is on a kink by {name}: the slope is {below:.4g} below and {above:.4g} above"
    if r.holds is not False:
        return
    if r.interactions and r.second_order.u > 1.02 * r.line.u:
        names, part = r.interactions[0]
        what = f"{names[0]}²" if names[0] == names[1] else f"{names[0]} × {names[1]}"
        yield f"{100 * part:.0f} % of the curvature is {what}"
    if not r.shares_are_of_draws and len(r.joint.places) > 1:
        yield "the shares are those of the line and not to be believed: ask sobol()"
