"""A study of a model: one run of it on Values, draws, and what both tell, for all of its answers."""

from __future__ import annotations

from math import inf, nan

from .branches import Branch, branches_of_draws
from .derivatives import ModelRun, both_sides
from .draws import Answers, Sampler
from .inputs import Inputs
from .joint import Joint, joint_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from .derivatives import Curvature


class Study:
    """What is known of a model before a report on one of its answers is written."""

    def __init__(self, inputs: Inputs, corr: Any, cov: Any, draws: int | None, seed: int, coverage: float) -> None:
        self.inputs = inputs
        self.joint: Joint = joint_of(inputs, corr, cov)
        self.seed = seed
        self.coverage = coverage
        self.run = ModelRun(inputs)
        held = [inputs.names[k] for k in self.joint.places if k in self.run.held]
        if held:
            raise TypeError(f"{held[0]} is uncertain, and {inputs.name} counts with it: give it as a whole number")
        self.answers: Answers | None = None
        self.branches: list[Branch] = []
        self.no_draws = ""
        if draws != 0 and any(self.joint.u):
            self.draw(draws)

    def draw(self, count: int | None) -> None:
        """Compute the model at random numbers, where NumPy is there."""
        try:
            sampler = Sampler(self.inputs, self.joint, self.seed)
        except ImportError as missing:
            if count is not None:
                raise
            self.no_draws = f"whether the straight line holds draws would tell, and {missing}"
            return
        self.answers = Answers(sampler, len(self.run.outputs), count)
        self.branches = branches_of_draws(self.answers)

    def slopes(self, k: int) -> list[float]:
        """The derivatives of an answer by all numbers; nan by those that the model counts with."""
        return [nan if i in self.run.held else x for i, x in enumerate(self.run.slopes(k))]

    def kinks(self, k: int, slopes: list[float]) -> dict[str, tuple[float, float]]:
        """The slopes on both sides, by the names of the numbers in which answer k turns."""
        found = both_sides(self.inputs, self.joint, slopes, k)
        return {self.inputs.names[i]: pair for i, pair in found.items()}

    def curvature(self, k: int) -> Curvature:
        return self.run.curvature(k, self.joint, self.seed)

    def dof(self) -> list[float]:
        """The degrees of freedom of the uncertain numbers."""
        known = self.inputs.uncertain
        return [known[k].dof if k in known else inf for k in self.joint.places]

    def name_of_output(self, k: int) -> str:
        """What an answer is called."""
        label = self.run.labels[k]
        return f"{self.inputs.name}{label}" if not label or label.startswith("[") else label
