"""NIST's 27 problems of nonlinear regression, fitted with SciPy through `jacobian` to all the digits there are.

NIST certifies each parameter, rounded to 11 digits, and gives two points to start from, the first a wild one.
`least_squares` finds the valley. It stops when the sum of squares falls no more, which is at half the digits, since the
bottom of a valley is flat. Gauss-Newton steps go on to where the derivatives are zero: as well as these are known.
SciPy's differences are fitted alike. They get lost in problems with parameters of 1e-7, from which they step by 1e-8.

It needs SciPy (pip install 'micrograd_like[fit]').

It prints:

    digits of the worst parameter, from start 1 and from start 2
    Misra1a   10 10   Chwirut2  10 10   Chwirut1  10 10   Lanczos3  10 10   Gauss1    10 10
    Gauss2    10 10   DanWood   10 10   Misra1b   10 10   Kirby2    10 10   Hahn1     10 10
    Nelson    10 10   MGH17     10 10   Lanczos1  10 10   Lanczos2  10 10   Gauss3    10 10
    Misra1c   10 10   Misra1d   10 10   Roszman1  10 10   ENSO      10 10   MGH09     10 10
    Thurber   10 10   BoxBOD    10 10   Rat42     10 10   MGH10     10 10   Eckerle4  10 10
    Rat43     10 10   Bennett5  10 10
    exact: 10 or more in half of the fits; lost: none
    2-point differences: 7 or more in half of the fits; lost: Hahn1
    3-point differences: 8 or more in half of the fits; lost: Kirby2, Hahn1
"""

from itertools import chain
from statistics import median_low

import numpy as np
from nist_strd.problems import MODELS, read
from scipy.optimize import least_squares

from micrograd_like import jacobian


@np.errstate(all="ignore")  # the residuals of a wild step are inf or nan
def fitted(residuals, start, derivatives):
    """The parameters at which the derivatives of the sum of squares are zero."""
    fit = least_squares(residuals, start, derivatives, max_nfev=5000)
    moves = [np.inf] * 3  # the largest relative change of a parameter; Gauss-Newton steps go on while it falls
    while min(moves[-2:]) < min(moves[:-2]) or len(moves) < 6:
        q, r = np.linalg.qr(fit.jac)
        step = np.linalg.solve(r, q.T @ fit.fun)
        moves.append(np.max(np.abs(step / fit.x)))
        fit = least_squares(residuals, fit.x - step, derivatives, max_nfev=1)  # only evaluates them there
    return fit.x


kinds = {"exact": jacobian, "2-point differences": lambda _: "2-point", "3-point differences": lambda _: "3-point"}
problems = [read(name) for name in MODELS]
print("digits of the worst parameter, from start 1 and from start 2")
for kind, derivatives_of in kinds.items():
    fits = {p: [fitted(p.guarded, start, derivatives_of(p.residuals)) for start in p.starts] for p in problems}
    digits = {p.name: [p.digits(b) for b in both] for p, both in fits.items()}
    if kind == "exact":
        cells = [f"{name:9} {start1} {start2}" for name, (start1, start2) in digits.items()]
        for i in range(0, len(cells), 5):
            print("   ".join(cells[i : i + 5]))
    lost = ", ".join(name for name, both in digits.items() if min(both) < 3)
    print(f"{kind}: {median_low(chain(*digits.values()))} or more in half of the fits; lost: {lost or 'none'}")
