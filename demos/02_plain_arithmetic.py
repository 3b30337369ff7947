"""The same purchase as plain arithmetic: Values record the layers while the expression is computed.

It prints:

    total 220, by the layers 220
    apple 2.2, number of apples 110, tax 200
    by the layers 2.2, 110, 200
"""

from micrograd_like import Value
from micrograd_like.layers import MulLayer

apple, n, tax = Value(100), Value(2), Value(1.1)
total = apple * n * tax
total.backward()

apple_layer, tax_layer = MulLayer(), MulLayer()
by_layers = tax_layer.forward(apple_layer.forward(100, 2), 1.1)
dprice, dtax = tax_layer.backward(1.0)
dapple, dn = apple_layer.backward(dprice)

print(f"total {total:g}, by the layers {by_layers:g}")
print(f"apple {apple.grad:g}, number of apples {n.grad:g}, tax {tax.grad:g}")
print(f"by the layers {dapple:g}, {dn:g}, {dtax:g}")
