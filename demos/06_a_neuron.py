"""A neuron, and one step downhill: every weight moves against its derivative, and the output falls.

It prints:

    tanh(x1 w1 + x2 w2 + b) = 0.7071
    x1 -1.5, w1 1, x2 0.5, w2 0, b 0.5
    after a step of 0.1 against the derivatives: 0.5590
"""

from micrograd_like import Value, tanh

x1, x2 = Value(2.0, "x1"), Value(0.0, "x2")
w1, w2 = Value(-3.0, "w1"), Value(1.0, "w2")
b = Value(6.8813735870195432, "b")


def neuron():
    return tanh(x1 * w1 + x2 * w2 + b)


out = neuron()
out.backward()
print(f"tanh(x1 w1 + x2 w2 + b) = {out:.4f}")
print(", ".join(f"{v.name} {v.grad:.3g}" for v in (x1, w1, x2, w2, b)))

for weight in (w1, w2, b):
    weight.data -= 0.1 * weight.grad
print(f"after a step of 0.1 against the derivatives: {neuron():.4f}")
