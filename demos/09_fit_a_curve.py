"""Fitting a curve with SciPy: it asks for derivatives, and gets exact ones.

How fast an enzyme works depends on how much of its substrate there is: top speed times c / (half + c), where `half` is
the concentration at which it works at half its top speed. There are two unknowns, and twelve
measurements: Treloar's, in Bates and Watts, Nonlinear Regression Analysis (1988), which has the same answers.

It needs SciPy (pip install 'micrograd_like[fit]').

It prints:

    minimize       top 212.7, half 0.06412, sum of squares 1195.4
    least_squares  top 212.7, half 0.06412, sum of squares 1195.4
    standard errors: top 6.9, half 0.00828
    speed at 0.5: 188.5 ± 4.4
"""

import numpy as np
from scipy.optimize import least_squares, minimize

from micrograd_like import jacobian, value_and_grad

concentrations = [0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.10, 1.10]
speeds = [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200]


def speed(unknowns, c):
    top, half = unknowns
    return top * c / (half + c)


def residuals(unknowns):
    return [speed(unknowns, c) - measured for c, measured in zip(concentrations, speeds, strict=True)]


def sum_of_squares(unknowns):
    return sum(r * r for r in residuals(unknowns))


start = [100.0, 1.0]
by_gradient = minimize(value_and_grad(sum_of_squares), start, jac=True)
by_jacobian = least_squares(residuals, start, jac=jacobian(residuals), x_scale="jac")
for name, fit in (("minimize", by_gradient), ("least_squares", by_jacobian)):
    print(f"{name:14} top {fit.x[0]:.1f}, half {fit.x[1]:.5f}, sum of squares {sum_of_squares(fit.x):.1f}")

J = by_jacobian.jac
variance = sum_of_squares(by_jacobian.x) / (len(speeds) - 2)
covariance = variance * np.linalg.inv(J.T @ J)
print("standard errors: top {:.1f}, half {:.5f}".format(*np.sqrt(np.diag(covariance))))

value, slope = value_and_grad(speed)(by_jacobian.x, 0.5)
print(f"speed at 0.5: {value:.1f} ± {np.sqrt(slope @ covariance @ slope):.1f}")
