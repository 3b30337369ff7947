"""An operation of your own, in one row: its value on floats, and its rule.

`log1mexp` is log(1 - exp(-x)), the logarithm of a probability that may be close to 0 or to 1. As it stands the formula
loses all digits of a small x: 1e-20 gives log(0). In two pieces, it keeps them (Mächler 2012). The rule says what the
input receives: the derivative that arrives, times the slope. It is written in functions of the package, so it can be
drawn and differentiated again. `check_grads` compares slopes that it measures with the rule, and with the derivative
of the rule; a rule that is 0.05 % off is found and named.

It prints:

    log1mexp(1e-20) = -46.0517, slope 1e+20
    6 derivatives agree with measured slopes
                            value  ∂y/∂
    y = 2 × v1           -0.91735  ← 1
    └─ v1 = log1mexp(x)  -0.45868  ← 2
       └─ x                     1  ← 1.164
    a wrong rule: wrong(x) at x = 1: its rule gives 0.5822676952 for x
"""

import math

from micrograd_like import Value, check_grads, draw, expm1, function


def stable(x: float) -> float:
    return math.log(-math.expm1(-x)) if x < math.log(2) else math.log1p(-math.exp(-x))


log1mexp = function("log1mexp", stable, lambda x, out, g: g / expm1(x))

x = Value(1e-20)
y = log1mexp(x)
y.backward()
print(f"log1mexp(1e-20) = {y.data:g}, slope {x.grad:g}")
print(str(check_grads(log1mexp, 0.5)).partition(",")[0])

x = Value(1)
y = 2 * log1mexp(x)
print(draw(y))

wrong = function("wrong", stable, lambda x, out, g: g * 1.0005 / expm1(x))
try:
    check_grads(wrong, 1)
except AssertionError as error:
    print("a wrong rule:", str(error).partition(";")[0])
