"""A gradient is nan, and `why` finds the line that makes it: a root of a sum of squares, where two points coincide.

The energy of the springs itself is a fine number. Backwards, the root has an infinite derivative at 0, the squares
have 0, and infinity times 0 is nan. `hypot` takes the root and the squares as one, and takes 0 on its kink.

It prints:

    by_squares: energy 2.25, derivatives nan, nan, 0.6
    by_hypot: energy 2.25, derivatives -0.3, -0.3, 0.6

    ∂energy/∂xs[0] = nan: -∞ × 0
      dx × dx has the derivative 0 at dx = 0
      and what arrives there from energy is -∞:
      length = sqrt((dx × dx) + (dy × dy)) has an infinite derivative at (dx × dx) + (dy × dy) = 0
      12_find_the_nan.py:33  length = sqrt(dx * dx + dy * dy)

    ∂energy/∂xs[0] = -0.3: one-sided, hypot sits on a kink
      length = hypot(dx, dy) is on its kink at dx = 0
      its derivative by dx is -1 below and 1 above; 0 is used
      12_find_the_nan.py:42  length = hypot(dx, dy)
"""

from micrograd_like import Value, hypot, sqrt, why

SPRINGS = [(0, 1), (1, 2), (0, 2)]
X, Y = [0.0, 0.0, 1.5], [0.0, 0.0, 2.0]


def by_squares(xs, ys):
    energy = 0
    for i, j in SPRINGS:
        dx, dy = xs[i] - xs[j], ys[i] - ys[j]
        length = sqrt(dx * dx + dy * dy)
        energy += (length - 2) ** 2 / 2
    return energy


def by_hypot(xs, ys):
    energy = 0
    for i, j in SPRINGS:
        dx, dy = xs[i] - xs[j], ys[i] - ys[j]
        length = hypot(dx, dy)
        energy += (length - 2) ** 2 / 2
    return energy


for f in (by_squares, by_hypot):
    xs, ys = list(map(Value, X)), list(map(Value, Y))
    energy = f(xs, ys)
    energy.backward()
    print(f"{f.__name__}: energy {energy:g}, derivatives {', '.join(f'{x.grad:.2g}' for x in xs)}")
print()
print(why(by_squares, X, Y)[0])
print()
print(why(by_hypot, X, Y)[0])
