"""Why derivatives are added where paths meet, and why the order is topological: the wrong answers, and the right one.

b reaches e by two paths, through c and through d. Whoever overwrites keeps one of them. And whoever walks back along
arrows as they come, as recursion does, hands c's derivative on before all of it has arrived.

It prints:

    e = (a + b) × (b + 1) at a = 2, b = 1: e = 6
    measured:     b + 0.001 gives e + 0.005, so the derivative by b is 5
    overwritten:  3 (only the path that came last)
    added:        5
    y = x² × x² × x² at x = 1: measured 6
    as they come: 12 (the square has three children, and did not wait for them)
    in topological order: 6
"""

from micrograd_like import Value


def e(a, b):
    return (a + b) * (b + 1)


def back_along_each_arrow(value, derivative, grads, combine):
    """Wrong on purpose: keep or combine what arrives, then go on at once with all that is there by now."""
    grads[value] = combine(grads.get(value, 0.0), derivative)
    if value.parents:
        for parent, share in zip(value.parents, value._backward(grads[value]), strict=True):
            if isinstance(parent, Value):
                back_along_each_arrow(parent, share, grads, combine)
    return grads


a, b = Value(2), Value(1)
out = e(a, b)
out.backward()
print(f"e = (a + b) × (b + 1) at a = 2, b = 1: e = {out:g}")
print(
    f"measured:     b + 0.001 gives e + {e(2, 1.001) - 6:.3f}, "
    f"so the derivative by b is {(e(2, 1.001) - 6) / 0.001:.0f}"
)
overwritten = back_along_each_arrow(e(a, b), 1.0, {}, lambda old, new: new)[b]
print(f"overwritten:  {overwritten:g} (only the path that came last)")
print(f"added:        {b.grad:g}")

x = Value(1)
square = x * x
y = square * square * square
wrong = back_along_each_arrow(y, 1.0, {}, lambda old, new: old + new)[x]
y.backward()
print(f"y = x² × x² × x² at x = 1: measured {(1.000001**6 - 1) / 0.000001:.0f}")
print(f"as they come: {wrong:g} (the square has three children, and did not wait for them)")
print(f"in topological order: {x.grad:g}")
