"""Two apples and three watermelons, each taxed on its own and then added: every node needs only its own inputs.

However complicated the other branch of the sum is, a + hands the derivative on unchanged. So an apple counts 2.2 and
a watermelon 3.3, whatever watermelons cost.

It prints:

    watermelon at    150: total    715, apple 2.2, watermelon 3.3
    watermelon at    300: total   1210, apple 2.2, watermelon 3.3
    watermelon at   9999: total  33217, apple 2.2, watermelon 3.3
    the + node knows 220 and 33000, hears 1, and answers 1 and 1
    the × node before it knows 200 and 1.1, hears 1, and answers 1.1 and 200
"""

from micrograd_like import Value

for price in (150, 300, 9999):
    apple, watermelon = Value(100), Value(price)
    apples = apple * 2 * Value(1.1)
    watermelons = watermelon * 3 * Value(1.1)
    total = apples + watermelons
    total.backward()
    print(f"watermelon at {price:6}: total {total:6.0f}, apple {apple.grad:.3g}, watermelon {watermelon.grad:.3g}")

left, right = total._backward(1.0)
print(f"the + node knows {apples:.3g} and {round(watermelons, -3):.5g}, hears 1, and answers {left:g} and {right:g}")

price, tax = apples.parents
left, right = apples._backward(1.0)
print(f"the × node before it knows {price:g} and {tax:g}, hears 1, and answers {left:g} and {right:g}")
