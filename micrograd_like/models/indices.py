"""Sobol' indices of a report, by SciPy."""

from __future__ import annotations

from .draws import Sampler, drawn_one_by_one

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .sensitivities import Sensitivities


def sobol_of(r: Sensitivities, n: int) -> dict[str, tuple[float, float]]:
    """The indices of first and of total order, by the names of the uncertain inputs."""
    if r.joint.matrix is not None:
        raise ValueError(
            f"Sobol' indices are of independent inputs, and those of {r.name} are correlated: shares go by the line"
        )
    if isinstance(n, bool) or not isinstance(n, int) or n < 2 or n & (n - 1):
        raise ValueError(f"n is a power of 2, as 4096, not {n!r:.40}")
    try:
        from scipy.stats import norm, sobol_indices
    except ImportError:
        raise ImportError("sobol() needs SciPy: pip install 'micrograd_like[fit]'") from None
    study = r.study
    sampler = Sampler(study.inputs, study.joint, study.seed)
    if not sampler.moving:
        raise ValueError(f"no input of {r.name} is uncertain")
    answers, outputs = study.answers, len(study.run.outputs)

    def model(x: Any) -> Any:
        rows = x.T
        found = answers.of(rows, outputs) if answers else drawn_one_by_one(sampler, rows, outputs)
        lost = int((~sampler.np.isfinite(found[r.k])).sum())
        if lost:  # SciPy would answer 0
            raise ValueError(f"{lost:,} of {found.shape[1]:,} points have no finite answer, and so {r.name} no indices")
        return found[[r.k, r.k]]  # twice, since SciPy cannot do with one answer to one input

    dists = [Marginal(study.inputs.uncertain.get(k), study.inputs.numbers[k], u, norm) for k, u in moving_of(r)]
    found = sobol_indices(func=model, n=n, dists=dists, rng=sampler.np.random.default_rng(study.seed))
    names = [study.inputs.names[k] for k in sampler.moving]
    first, total = (x.reshape(2, -1)[0].tolist() for x in (found.first_order, found.total_order))
    return dict(zip(names, zip(first, total, strict=True), strict=True))


def moving_of(r: Sensitivities) -> list[tuple[int, float]]:
    """The places of inputs with an uncertainty, and that."""
    return [(k, u) for k, u in zip(r.joint.places, r.joint.u, strict=True) if u]


class Marginal:
    """The distribution of one input, as SciPy asks for it."""

    def __init__(self, known: Any, value: float, u: float, norm: Any) -> None:
        quantile = known.quantile if known else None
        self.ppf = quantile or norm(value, u).ppf
