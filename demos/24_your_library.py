"""A library that never heard of Values: how the pressure that a pipe costs answers to each of its numbers.

`fluids` says `from math import log`, and knows nothing of derivatives. While `grad` runs a function of it, the names in
it stand for functions that take Values; afterwards they are what they were. There is nothing to write, and the library
is the one from PyPI.

It needs `fluids` (pip install fluids).

It prints:

    pressure drop: 59683.3 Pa
      per metre of length        596.8
      per millimetre wider     -3024.6
      per litre a second        5731.5
      per micrometre rougher     175.7
    compiled, of four widths: 258660.0 59683.3 19368.9 7786.4
    cheapest width: 0.199 m
"""

from math import pi

import fluids
from fluids.core import K_from_f, dP_from_K

from micrograd_like import grad, jit, value_and_grad


def pressure_drop(length, width, flow, roughness):
    """In Pa, of water at 20 °C; the lengths are in m, the flow is in m³/s."""
    speed = flow / (pi / 4 * width**2)
    reynolds = fluids.Reynolds(V=speed, D=width, rho=998.2, mu=1.002e-3)
    friction = fluids.friction_factor(Re=reynolds, eD=roughness / width)
    return dP_from_K(K=K_from_f(fd=friction, L=length, D=width), rho=998.2, V=speed)


PIPE = (100.0, 0.1, 0.02, 5e-5)
SAID = "metre of length", "millimetre wider", "litre a second", "micrometre rougher"
UNITS = 1.0, 1e-3, 1e-3, 1e-6

drop, slopes = value_and_grad(pressure_drop, argnums=(0, 1, 2, 3))(*PIPE)
print(f"pressure drop: {drop:.1f} Pa")
for said, unit, slope in zip(SAID, UNITS, slopes, strict=True):
    print(f"  per {said:20}{slope * unit:8.1f}")

fast = jit(pressure_drop)
print("compiled, of four widths:", *(f"{fast(100.0, width, 0.02, 5e-5):.1f}" for width in (0.075, 0.1, 0.125, 0.15)))


def cost(width):
    """In euros a year: the pump, and the pipe over ten years."""
    return pressure_drop(100.0, width, 0.02, 5e-5) * 0.02 / 0.7 * 8.0 * 0.25 + 100.0 * 400.0 * width**1.5 / 10


slope, width = grad(cost), 0.12
for _ in range(8):
    width -= slope(width) / grad(slope)(width)
print(f"cheapest width: {width:.3f} m")
