"""Recorded once, run as source: in every call `jit` asks what the program asked, and goes the way that is answered.

It prints:

    bill(100, 2) = 220.0, by the price of an apple 2.2
    def bill(apple, n):
        v1 = apple * n
        if v1 > 1000:
            raise LookupError('this way was not recorded: v1 > 1000')
        return (v1 * 1.1, 1.1 * n)

    bill(100, 20) = 1980.0, by the price of an apple 19.8
    def bill(apple, n):
        v1 = apple * n
        if v1 > 1000:
            return (v1 * 0.9 * 1.1, 0.9900000000000001 * n)
        return (v1 * 1.1, 1.1 * n)

    3 halvings bring 50 below 10: 1 ways recorded
    7 halvings bring 1000 below 10: 2 ways recorded
    3 halvings bring 60 below 10: 2 ways recorded
"""

from micrograd_like import jit, value_and_grad


def bill(apple, n):
    price = apple * n
    if price > 1000:
        price = price * 0.9
    return price * 1.1


fast = jit(value_and_grad(bill))
for n in (2.0, 20.0):
    value, slope = fast(100.0, n)
    print(f"bill(100, {n:g}) = {value:.1f}, by the price of an apple {slope:.3g}")
    print(fast.source)


def halvings(x):
    steps = 0
    while x > 10:
        x = x / 2
        steps = steps + 1
    return steps


fast = jit(halvings)
for x in (50.0, 1000.0, 60.0):
    print(f"{fast(x)} halvings bring {x:g} below 10: {fast.paths} ways recorded")
