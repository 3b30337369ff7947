"""An operation of your own, in one row: its value on floats, and its rule.

`softsign` is x / (1 + |x|). The rule says what the input receives: the derivative that arrives, times the slope. It is
written in plain arithmetic, so it can be drawn and differentiated again.

It prints:

    softsign(3) = 0.75, slope 0.0625
    measured:            slope 0.0625
    slope of the slope -0.03125
                         value  ∂y/∂
    y = 2 × v1             1.5  ← 1
    └─ v1 = softsign(x)   0.75  ← 2
       └─ x                  3  ← 0.125
"""

from micrograd_like import Value, draw, function

softsign = function("softsign", lambda x: x / (1 + abs(x)), lambda x, out, g: g / (1 + abs(x)) ** 2)

x = Value(3)
y = softsign(x)
y.backward()
print(f"softsign(3) = {y:g}, slope {x.grad:g}")
print(f"measured:            slope {(softsign(3.0001) - softsign(2.9999)) / 0.0002:.4f}")

slope = y.op.rule(x, y, 1.0)
x.zero_grad()
slope.backward()
print(f"slope of the slope {x.grad:g}")

y = 2 * x.softsign()
print(draw(y))
