"""How uncertain inputs go together: their standard uncertainties and correlations, checked."""

from __future__ import annotations

from math import fsum, inf, isfinite, nan, sqrt

from .measured import correlation_of_means
from .pm import pm

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .inputs import Inputs

    Pairs = dict[tuple[int, int], float]  # coefficients, by the places of two numbers, the smaller one first

TINY_SUM = 1e-15  # of a sum of products, in parts of their sizes: less is 0
CLIPPED = 1e-8  # so far below 0 an eigenvalue may be, by rounding


class Joint:
    """The standard uncertainties of some numbers, by their `places`, and the correlations between them.

    `matrix` holds the coefficients as a NumPy array, and is None where all are independent.
    """

    def __init__(
        self, places: list[int], u: list[float], pairs: Pairs, names: list[str], measured: Pairs | None = None
    ) -> None:
        self.places = places
        self.measured = measured or {}
        self.u = u
        self.pairs = {pair: r for pair, r in pairs.items() if r and {*pair} <= {*places}}
        self.matrix: Any = None
        if self.pairs:
            self.matrix = self.checked([names[k] for k in places])

    def checked(self, names: list[str]) -> Any:
        """The matrix of coefficients; one that no numbers have is refused."""
        np = numpy_for("correlations")
        matrix, line = np.eye(len(self.places)), {k: i for i, k in enumerate(self.places)}
        for (a, b), r in self.pairs.items():
            matrix[line[a], line[b]] = matrix[line[b], line[a]] = r
        sizes, vectors = np.linalg.eigh(matrix)
        if sizes[0] < -CLIPPED:
            most = sorted(np.argsort(-abs(vectors[:, 0]), kind="stable")[:3].tolist())
            raise ValueError(
                f"no numbers are correlated like this: the smallest eigenvalue of their matrix is {sizes[0]:.3g}, and "
                f"below 0 there is none. Look at {', '.join(names[i] for i in most)}"
            )
        return matrix

    def total(self, moves: list[float]) -> float:
        """The variance of a sum of these moves, each by one standard uncertainty of an input: the whole of `parts`."""
        terms = [c * c for c in moves]
        line = {k: i for i, k in enumerate(self.places)}
        terms += [2 * r * moves[line[a]] * moves[line[b]] for (a, b), r in self.pairs.items()]
        if not all(map(isfinite, terms)):
            return sum(terms)
        found = fsum(terms)
        return found if found > TINY_SUM * len(terms) * fsum(map(abs, terms)) else 0.0

    def total_of(self, group: list[int], moves: list[float]) -> float:
        """The same of some of the inputs, by their places in `u`."""
        if len(group) == 1:
            return moves[group[0]] ** 2
        return self.total([c if i in group else 0.0 for i, c in enumerate(moves)])

    def is_measured(self, group: list[int]) -> bool:
        """Whether all that is known of the correlations of a group is that its inputs were measured together."""
        places = {self.places[i] for i in group}
        return all(pair in self.measured for pair in self.pairs if pair[0] in places)

    def parts(self, moves: list[float]) -> list[float]:
        """The part of each input in that variance."""
        return [c * x for c, x in zip(moves, self.mixed(moves), strict=True)]

    def mixed(self, moves: list[float]) -> list[float]:
        """The correlation matrix times the moves."""
        return [*moves] if self.matrix is None else (self.matrix @ moves).tolist()

    def groups(self) -> Iterator[list[int]]:
        """The inputs that are correlated with one another, be it by others, by their places in `u`."""
        line = {k: i for i, k in enumerate(self.places)}
        neighbours: dict[int, set[int]] = {i: set() for i in line.values()}
        for a, b in self.pairs:
            neighbours[line[a]].add(line[b])
            neighbours[line[b]].add(line[a])
        seen: set[int] = set()
        for i in neighbours:
            if i not in seen:
                group, waiting = [], [i]
                while waiting:
                    j = waiting.pop()
                    if j not in seen:
                        seen.add(j)
                        group.append(j)
                        waiting += neighbours[j]
                yield sorted(group)


def joint_of(inputs: Inputs, corr: Any, cov: Any) -> Joint:
    """How the uncertain inputs go together, by what they know themselves and by what is given."""
    if corr is not None and cov is not None:
        raise TypeError("corr and cov say the same twice: give one of them")
    known = inputs.uncertain
    u = {k: x.u for k, x in known.items()}
    measured = measured_pairs(inputs)
    pairs = measured | shared_pairs(inputs)
    if cov is not None:
        given = coefficients(inputs, cov, "cov")
        for k in {a for pair in given for a in pair}:
            size = given.get((k, k), 0.0)
            if size < 0 or not isfinite(size):
                raise ValueError(f"cov of {inputs.names[k]} with itself is its variance, and not {size:g}")
            if k in u and abs(sqrt(size) - u[k]) > 1e-9 * u[k]:
                raise ValueError(
                    f"{inputs.names[k]} has u = {u[k]:g} by itself and {sqrt(size):g} by cov: "
                    "give its value as a plain number"
                )
            u.setdefault(k, sqrt(size))
        given = {pair: correlation_in_cov(inputs, u, pair, x) for pair, x in given.items() if pair[0] != pair[1]}
    else:
        given = {} if corr is None else coefficients(inputs, corr, "corr")
        for (a, b), r in given.items():
            if r and a != b and not {a, b} <= {*u}:
                one, other, sure = (inputs.names[k] for k in (a, b, b if a in u else a))
                raise ValueError(f"corr of {one} and {other} is given, and {sure} is certain: give it as pm(value, u)")
    for (a, b), r in given.items():
        check_coefficient(inputs, a, b, r)
        if a != b and pairs.get((a, b), r) != r:
            raise ValueError(
                f"{inputs.names[a]} and {inputs.names[b]} are correlated by themselves, with {pairs[a, b]:.3g}, and "
                f"{r:.3g} is given: leave that out"
            )
    pairs |= {pair: r for pair, r in given.items() if pair[0] != pair[1]}
    places = sorted(u)
    return Joint(places, [u[k] for k in places], pairs, inputs.names, measured)


def check_coefficient(inputs: Inputs, a: int, b: int, r: float) -> None:
    """Refuse what is no correlation coefficient of these two."""
    one, other = inputs.names[a], inputs.names[b]
    if a == b and r != 1:
        raise ValueError(f"a number is correlated with itself by 1, and {one} by {r:g} here: is this cov?")
    if not abs(r) <= 1 + 1e-9:
        raise ValueError(f"a correlation is between -1 and 1: that of {one} and {other} is {r:g}")


def correlation_in_cov(inputs: Inputs, u: dict[int, float], pair: tuple[int, int], covariance: float) -> float:
    """The coefficient of a covariance."""
    a, b = pair
    size = u.get(a, 0.0) * u.get(b, 0.0)
    if covariance and not size:
        zero = inputs.names[b if u.get(a) else a]
        raise ValueError(f"cov says that {zero} does not vary, and that it varies with another: {covariance:g}")
    return covariance / size if size else 0.0


def measured_pairs(inputs: Inputs) -> Pairs:
    """The correlations of means that were measured together."""
    means = [(k, x.given) for k, x in inputs.uncertain.items() if isinstance(x.given, pm) and x.given.series]
    pairs = {(a, b): correlation_of_means(x, y) for i, (a, x) in enumerate(means) for b, y in means[i + 1 :]}
    return {pair: r for pair, r in pairs.items() if r}


def shared_pairs(inputs: Inputs) -> Pairs:
    """The correlations of numbers of `uncertainties` that were computed of the same ones."""
    known = [(k, x.given) for k, x in inputs.uncertain.items() if hasattr(x.given, "derivatives") and x.u]
    pairs: Pairs = {}
    for i, (a, x) in enumerate(known):
        slopes = x.derivatives
        for b, y in known[i + 1 :]:
            shared = [(v, slope) for v, slope in y.derivatives.items() if v in slopes]
            covariance = fsum(slopes[v] * slope * v.std_dev**2 for v, slope in shared)
            if covariance:
                pairs[a, b] = max(-1.0, min(1.0, covariance / (x.std_dev * y.std_dev)))
    return pairs


def coefficients(inputs: Inputs, given: Any, what: str) -> Pairs:
    """The entries of a dict of pairs, of a frame with names, or of a matrix in the order of the inputs."""
    if hasattr(given, "keys") and not hasattr(given, "columns"):
        entries = [(pair, x) for pair, x in given.items()]
        for pair, _ in entries:
            if not (isinstance(pair, tuple) and len(pair) == 2):
                raise TypeError(f"{what} is a dict of pairs, as {{('apple', 'tax'): 0.3}}, and {pair!r:.40} is no pair")
        named = [((inputs.place(a, what), inputs.place(b, what)), x) for (a, b), x in entries]
    else:
        named = in_matrix(inputs, given, what)
    found: Pairs = {}
    for (a, b), x in named:
        if isinstance(x, bool) or not hasattr(x, "__float__"):
            raise TypeError(f"{what} of {inputs.names[a]} and {inputs.names[b]} is a number, not {x!r:.40}")
        if not isfinite(x):
            raise ValueError(f"{what} of {inputs.names[a]} and {inputs.names[b]} is a finite number, not {float(x)}")
        a, b = min(a, b), max(a, b)
        pair, number = (a, b), float(x)
        before = found.setdefault(pair, number)
        if not abs(before - number) <= 1e-9 * max(abs(before), abs(number)):
            raise ValueError(
                f"{what} of {inputs.names[a]} and {inputs.names[b]} is given as {before:g} and as "
                f"{number:g}: it is one number"
            )
    return found


def in_matrix(inputs: Inputs, given: Any, what: str) -> list[tuple[tuple[int, int], Any]]:
    """The entries of a matrix, with or without names."""
    if hasattr(given, "columns") and hasattr(given, "index"):
        places = [inputs.place(str(name), what) for name in given.columns]
        if [*map(str, given.index)] != [*map(str, given.columns)]:
            raise ValueError(f"{what} has the same names in rows and columns, in the same order")
        rows = given.to_numpy().tolist()
    elif isinstance(given, str) or not hasattr(given, "__iter__"):
        raise TypeError(f"{what} is a matrix, or a dict of pairs, as {{('apple', 'tax'): 0.3}}, not {given!r:.40}")
    else:
        rows = [[*row] if hasattr(row, "__iter__") else [row] for row in given]
        order = inputs.given_places()
        varying = [k for k in order if k in inputs.uncertain]
        places = next((found for found in (varying, order) if len(found) == len(rows) > 0), [])
        if not places:
            known = ", ".join(inputs.names[k] for k in order)
            raise ValueError(
                f"{what} has {len(rows)} rows, and these numbers are given: {known}. "
                "Give one row and one column for each, or a dict of pairs, as {('apple', 'tax'): 0.3}"
            )
    if any(len(row) != len(places) for row in rows):
        raise ValueError(f"{what} is a square matrix, with as many columns as rows")
    return [((a, b), rows[i][j]) for i, a in enumerate(places) for j, b in enumerate(places)]


def degrees_of_freedom(joint: Joint, moves: list[float], dof: list[float]) -> float:
    """Those of the combined uncertainty, by Welch and Satterthwaite (JCGM 100, G.4.1).

    Means that were measured together count as one. With other correlations there is no such formula: nan.
    """
    total = joint.total(moves)
    if not total or all(x == inf for x, c in zip(dof, moves, strict=True) if c):
        return inf
    found = 0.0
    for group in joint.groups() if joint.pairs else ([i] for i in range(len(moves))):
        own, known = joint.total_of(group, moves), {dof[i] for i in group}
        if len(known) > 1 or (len(group) > 1 and known != {inf} and not joint.is_measured(group)):
            return nan
        found += own**2 / known.pop()
    return total**2 / found if found else inf


def numpy_for(what: str) -> Any:
    """NumPy, or a sentence that says how to install it."""
    try:
        import numpy
    except ImportError:
        raise ImportError(f"{what} need NumPy: pip install 'micrograd_like[batch]'") from None
    return numpy
