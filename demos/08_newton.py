"""Newton's method: to the bottom of a valley in a few steps, with second derivatives.

A parabola with gradient g and second derivatives H has its bottom at x - H⁻¹ g. Rosenbrock's valley is bent, and a step
may lead up its side; but near its bottom every valley is a parabola, and each step doubles the number of digits. The
gradient alone tells which way is down, not how far.

It needs NumPy (pip install 'micrograd_like[batch]').

It prints:

    second derivatives at the start: [[1330.0, 480.0], [480.0, 200.0]]
    start                      2.4e+01 at -1.200000000, 1.000000000
    Newton, step 1             4.7e+00 at -1.175280899, 1.380674157
    Newton, step 2             1.4e+03 at 0.763114871, -3.175033855
    Newton, step 3             5.6e-02 at 0.763429679, 0.582824775
    Newton, step 4             3.1e-01 at 0.999995311, 0.944027324
    Newton, step 5             1.9e-11 at 0.999995696, 0.999991391
    Newton, step 6             3.4e-20 at 1.000000000, 1.000000000
    1000 steps down the slope  4.5e-01 at 0.327262775, 0.104012800
"""

import numpy as np

from micrograd_like import grad, hessian


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def report(name, x):
    print(f"{name:25} {rosenbrock(x):8.1e} at {x[0]:.9f}, {x[1]:.9f}")


x = np.array([-1.2, 1.0])
print("second derivatives at the start:", hessian(rosenbrock)(x).tolist())
report("start", x)
for i in range(1, 7):
    x = x - np.linalg.solve(hessian(rosenbrock)(x), grad(rosenbrock)(x))
    report(f"Newton, step {i}", x)

x = np.array([-1.2, 1.0])
for _ in range(1000):
    x = x - 0.001 * grad(rosenbrock)(x)
report("1000 steps down the slope", x)
