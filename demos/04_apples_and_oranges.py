"""Two apples and three oranges, with the picture of how the derivative flows back. Give a file name to save it:

    python demos/04_apples_and_oranges.py fruit.svg

It prints:

                                              value  ∂total/∂
    total = subtotal × tax                      715  ← 1
    ├─ subtotal = apple_price + orange_price    650  ← 1.1
    │  ├─ apple_price = apple × n_apples        200  ← 1.1
    │  │  ├─ apple                              100  ← 2.2
    │  │  └─ n_apples                             2  ← 110
    │  └─ orange_price = orange × n_oranges     450  ← 1.1
    │     ├─ orange                             150  ← 3.3
    │     └─ n_oranges                            3  ← 165
    └─ tax                                      1.1  ← 650
"""

import sys

from micrograd_like import Value, draw

apple, n_apples = Value(100), Value(2)
orange, n_oranges = Value(150), Value(3)
tax = Value(1.1)

apple_price = apple * n_apples
orange_price = orange * n_oranges
subtotal = apple_price + orange_price
total = subtotal * tax

picture = draw(total)
print(picture)
for path in sys.argv[1:]:
    picture.save(path)
