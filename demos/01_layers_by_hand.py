"""Two apples at 100 with 10 % tax, layer by layer: forward keeps its inputs, backward needs nothing else.

It prints:

    forward:  100 × 2 = 200, 200 × 1.1 = 220
    backward: the tax layer hears 1.0, kept 200 and 1.1, answers 1.1 and 200
    backward: the apple layer hears 1.1, kept 100 and 2, answers 2.2 and 110
    an apple that costs 1 more makes the total 2.2 more
"""

from micrograd_like.layers import MulLayer

apple_layer, tax_layer = MulLayer(), MulLayer()

price = apple_layer.forward(100, 2)
total = tax_layer.forward(price, 1.1)
print(f"forward:  100 × 2 = {price}, {price} × 1.1 = {total:g}")

dprice, dtax = tax_layer.backward(1.0)
print(f"backward: the tax layer hears 1.0, kept {tax_layer.x} and {tax_layer.y}, answers {dprice:g} and {dtax:g}")

dapple, dn = apple_layer.backward(dprice)
print(
    f"backward: the apple layer hears {dprice:g}, kept {apple_layer.x} and {apple_layer.y}, answers "
    f"{dapple:g} and {dn:g}"
)

print(f"an apple that costs 1 more makes the total {dapple:g} more")
