"""The chain rule written out with the numbers put in; and as an exercise: a wrong answer is told its likely reason.

Whoever brings more oranges to the market lowers their price: what they earn answers along two paths.

It prints:

    ∂money/∂oranges by the chain rule

    Forward, the values:
      oranges = 40
      v1 = drop × oranges = 0.05 × 40 = 2
      price = highest − v1 = 5 − 2 = 3
      money = price × oranges = 3 × 40 = 120

    Each step's own derivative:
      ∂(drop × oranges)/∂oranges = drop = 0.05
      ∂(highest − v1)/∂v1 = -1
      ∂(price × oranges)/∂price = oranges = 40
      ∂(price × oranges)/∂oranges = price = 3

    2 paths lead from money back to oranges; multiply along each:
      money ← price ← v1 ← oranges: 40 × (-1) × 0.05 = -2
      money ← oranges: 3 = 3

    Add up what the paths bring:
      ∂money/∂oranges = -2 + 3 = 1

    When oranges rises a little, money rises just as much.

    4 blanks answered, 2 of them right
      ∂money/∂price = 40: right
      ∂money/∂oranges = 3: no, what comes through v1 is missing
      ∂money/∂drop = 1600: no, the sign is the other way round
      ∂money/∂highest = 40: right
"""

from micrograd_like import Value, derive, exercise

oranges, highest, drop = Value(40), Value(5), Value(0.05)
price = highest - drop * oranges
money = price * oranges

print(derive(money, oranges))
print()
print(exercise(money).check({"price": 40, "oranges": 3, "highest": "40", "drop": 1600}))
