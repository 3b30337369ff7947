"""Linear algebra of small matrices whose entries are Values: elimination in plain arithmetic, on arrays of objects.

NumPy's own computes with floats alone, in LAPACK. Here each step is plain arithmetic, and has a derivative.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LARGEST_MATRIX = 60  # rows: of more, LAPACK and a rule of one's own are better


def solve(a: Any, b: Any) -> Any:
    """The x for which a @ x is b, as `numpy.linalg.solve` answers it.

    >>> solve([[2.0, 1.0], [1.0, 3.0]], [3.0, 4.0]).tolist()
    [1.0, 1.0]

    The matrix is square and of full rank, and b a vector or a matrix of as many rows; of stacks of matrices each is
    solved by itself. Gaussian elimination with partial pivoting: Golub and Van Loan, Matrix Computations, section 3.4.
    """
    a, b = objects(a), objects(b)
    if b.ndim == 1:
        return solve(a, b[:, None])[..., 0]
    if a.ndim > 2 or b.ndim > 2:
        return of_each(solve, a, b)
    count = rows_of(a, "solve")
    if len(b) != count:
        raise ValueError(f"solve: the matrix has {count} rows, and the right side has {len(b)}")
    rows = objects([[*left, *right] for left, right in zip(a, b, strict=True)])
    for k in range(count):
        if bring_pivot(rows, k) is None:
            raise singular()
        eliminate(rows, k)
    for k in reversed(range(count)):
        rows[k, count:] = rows[k, count:] / rows[k, k]
        for i in range(k):
            rows[i, count:] = rows[i, count:] - rows[i, k] * rows[k, count:]
    return rows[:, count:]


def inv(a: Any) -> Any:
    """The inverse matrix, as `numpy.linalg.inv` answers it.

    >>> inv([[2.0, 0.0], [1.0, 4.0]]).tolist()
    [[0.5, 0.0], [-0.125, 0.25]]
    """
    a = objects(a)
    return of_each(inv, a) if a.ndim > 2 else solve(a, unit_matrix(rows_of(a, "inv")))


def det(a: Any) -> Any:
    """The determinant, as `numpy.linalg.det` answers it; of a singular matrix, too, it has its derivatives.

    >>> det([[1.0, 2.0], [3.0, 4.0]])
    -2.0
    """
    a = objects(a)
    if a.ndim > 2:
        return of_each(det, a)
    count, answer = rows_of(a, "det"), 1.0
    rows = a.copy()
    for k in range(count):
        swapped = bring_pivot(rows, k)
        if swapped is None:  # the column is 0, and by each of its entries the rest has a slope
            return answer * along_column(rows[k:, k:])
        answer = -answer * rows[k, k] if swapped else answer * rows[k, k]
        eliminate(rows, k)
    return answer


def along_column(rows: Any) -> Any:
    """The determinant, expanded along the first column."""
    if len(rows) == 1:
        return rows[0, 0]
    others = [[i for i in range(len(rows)) if i != k] for k in range(len(rows))]
    return sum(rows[k, 0] * det(rows[rest, 1:]) * (-1.0) ** k for k, rest in enumerate(others))


def bring_pivot(rows: Any, k: int) -> bool | None:
    """Swap the row with the largest entry of column k into place; whether it was another one, None if all are 0."""
    best = max(range(k, len(rows)), key=lambda i: abs(rows[i, k]))
    if not rows[best, k]:
        return None
    rows[[k, best]] = rows[[best, k]]
    return best != k


def eliminate(rows: Any, k: int) -> None:
    """Make the column below entry k of the diagonal 0."""
    for i in range(k + 1, len(rows)):
        rows[i, k + 1 :] = rows[i, k + 1 :] - rows[i, k] / rows[k, k] * rows[k, k + 1 :]


def of_each(function: Callable[..., Any], *stacks: Any) -> Any:
    """The function of each matrix in stacks of them, whose leading axes are broadcast."""
    import numpy as np

    leading = np.broadcast_shapes(*[x.shape[:-2] for x in stacks])
    whole = [np.broadcast_to(x, (*leading, *x.shape[-2:])) for x in stacks]
    answers = [objects(function(*[x[place] for x in whole])) for place in np.ndindex(leading)]
    shape = answers[0].shape if answers else ()
    return objects([y for answer in answers for y in answer.ravel()]).reshape(*leading, *shape)


def rows_of(a: Any, name: str) -> int:
    """How many rows a square matrix has."""
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ValueError(f"{name} takes a square matrix, not an array of shape {a.shape}")
    if len(a) > LARGEST_MATRIX:
        raise ValueError(
            f"{name} of Values takes matrices of up to {LARGEST_MATRIX} rows, not {len(a)}: write it as an operation "
            "of your own, function(name, value, rule), whose value NumPy computes"
        )
    return len(a)


def unit_matrix(count: int) -> list[list[float]]:
    return [[float(i == k) for k in range(count)] for i in range(count)]


def singular() -> Exception:
    from numpy.linalg import LinAlgError

    return LinAlgError("Singular matrix")


def objects(x: Any) -> Any:
    """The numbers as an array of objects."""
    import numpy as np

    return np.array(x, dtype=object).view(np.ndarray)
