"""A study of a model: one run of it on Values, draws, and what both tell, for all of its answers."""

from __future__ import annotations

from contextlib import suppress
from math import inf, isfinite, nan
from time import perf_counter

from .branches import Branch, branches_of_draws
from .derivatives import ModelRun, both_sides
from .draws import Answers, Sampler, numbers_answered, same_answer
from .inputs import Inputs
from .joint import Joint, joint_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .derivatives import Curvature


def hints(inputs: Inputs, error: str) -> Iterator[str]:
    """What may be wrong with inputs by which a model fails."""
    for k, known in inputs.uncertain.items():
        if known.value.is_integer() and ("int" in error or "index" in error):
            name, whole = inputs.names[k], f"{known.value:.0f}"
            yield f"{name} is uncertain, and so a float: what a model counts with is a whole number, as {whole}"
    for name, x in zip(inputs.arguments, inputs.tree, strict=True):
        if isinstance(x, tuple) and len(x) == 2 and all(isinstance(y, int | float) for y in x):
            yield f"{name} is the tuple {x}: a value with its standard uncertainty is written pm{x}"
        if x is None and "NoneType" in error:
            yield f"{name} is None here: give it a number"
        if isinstance(x, str) and any(c.isdigit() for c in x):
            yield f"{name} is the text {x!r:.40}: a number is written without quotes, an uncertain one as pm({x!r:.40})"


class Study:
    """What is known of a model before a report on one of its answers is written."""

    def __init__(self, inputs: Inputs, corr: Any, cov: Any, draws: int | None, seed: int, coverage: float) -> None:
        start = perf_counter()
        self.inputs = inputs
        self.joint: Joint = joint_of(inputs, corr, cov)
        self.seed = seed
        self.coverage = coverage
        self.run = self.first_run()
        held = [inputs.names[k] for k in self.joint.places if k in self.run.held]
        if held:
            raise TypeError(f"{held[0]} is uncertain, and {inputs.called} counts with it: give it as a whole number")
        self.answers: Answers | None = None
        self.branches: list[Branch] = []
        self.no_draws = ""
        if draws != 0 and any(self.joint.u):
            self.draw(draws, start)

    def first_run(self) -> ModelRun:
        """The run on Values; one on plain numbers must answer the same.

        That comes first: one that does not end fills no memory. Of its errors the run on Values tells more.
        """
        inputs = self.inputs
        answers = []
        with suppress(Exception):
            answers = [inputs.call(inputs.numbers)]
        try:
            run = ModelRun(inputs)
            plain = numbers_answered(answers[0] if answers else inputs.call(inputs.numbers))
        except TypeError as error:
            for hint in hints(inputs, str(error)):
                error.add_note(hint)
            raise
        found = [run.value(k) for k in range(len(run.outputs))]
        if all(map(isfinite, found)) and not same_answer(found, plain):
            raise ValueError(
                f"{inputs.called} answers {found[0]:.6g} and then {plain[0]:.6g} to the same inputs, and a model "
                "answers the same: if it draws random numbers, let it begin with a seed of its own"
            )
        return run

    def draw(self, count: int | None, start: float) -> None:
        """Compute the model at random numbers, where NumPy is there."""
        try:
            sampler = Sampler(self.inputs, self.joint, self.seed)
        except ImportError as missing:
            if count is not None:
                raise
            self.no_draws = f"whether the straight line holds draws would tell, and {missing}"
            return
        self.answers = Answers(sampler, len(self.run.outputs), self.run.nodes(), count, start)
        self.branches = branches_of_draws(self.answers)
        self.answers.pilot.forget()

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
