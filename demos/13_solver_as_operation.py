"""A solver as an operation: its value comes from a loop that is not differentiated, its rule from the equation.

How far along its ellipse is a planet? Kepler: E - e sin E = M, where M grows with time, e is the eccentricity and E
the angle that is wanted. Newton's method finds E. The derivatives follow from the equation, however it was solved:
dE/dM = 1 / (1 - e cos E) and dE/de = sin E / (1 - e cos E). Written with `out`, which is E, the rule can be
differentiated again. Any solver will do: `scipy.optimize.brentq`, a simulation, a program in another language.

It prints:

    E = 1.599749, dE/dM = 0.982928, dE/de = 0.982516
    20 derivatives agree with measured slopes
    the planet moves at (-0.982516, -0.022763), and accelerates by (0.597282, -0.759403)
"""

import math

from micrograd_like import check_grads, cos, function, grad, sin, sqrt


def solved(mean: float, e: float) -> float:
    angle = mean
    for _ in range(50):
        step = (angle - e * math.sin(angle) - mean) / (1 - e * math.cos(angle))
        angle -= step
        if abs(step) < 1e-15:
            break
    return angle


def rule(mean, e, out, g):
    slope = g / (1 - e * cos(out))
    return slope, slope * sin(out)


kepler = function("kepler", solved, rule, at=(1.0, 0.6))
print(f"E = {kepler(1.0, 0.6):.6f}, dE/dM = {grad(kepler)(1.0, 0.6):.6f}, dE/de = {grad(kepler, 1)(1.0, 0.6):.6f}")
print(str(check_grads(kepler, (1.0, 0.6))).partition(",")[0])


def x(mean):
    return cos(kepler(mean, 0.6)) - 0.6


def y(mean):
    return sqrt(1 - 0.6**2) * sin(kepler(mean, 0.6))


speed = [grad(f)(1.0) for f in (x, y)]
pull = [grad(grad(f))(1.0) for f in (x, y)]
print("the planet moves at ({:.6f}, {:.6f}), and accelerates by ({:.6f}, {:.6f})".format(*speed, *pull))
