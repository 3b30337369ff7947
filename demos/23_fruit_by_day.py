"""The fruit shop over a table of daily prices: each day's bill, and what it moves by with a price and with the tax.

The table is a dict of lists. A data frame of pandas or Polars, or a file, is swept by the same line.

It needs NumPy (pip install 'micrograd_like[tables]').

It prints:

    day  apple  orange   bill  apple dearer by 1  tax a point higher
    mon    100     150    715                2.2                 6.5
    tue    120     150    759                2.2                 6.9
    wed      –     150      –                  –                   –
    thu    200     220   1049               1.98                9.54
    The derivative by the apple is the slope between two more sweeps: True
    Of these days with prices, the mean bill is 841.13
"""

import math
import warnings

from micrograd_like import sweep


def bill(apple, orange, tax, n_apples=2, n_oranges=3):
    total = apple * n_apples + orange * n_oranges
    return total * tax if total < 1000 else 0.9 * total * tax  # a large purchase is cheaper


days = ["mon", "tue", "wed", "thu"]
prices = {"apple": [100.0, 120.0, math.nan, 200.0], "orange": [150.0, 150.0, 150.0, 220.0]}
table = sweep(bill, prices, tax=1.1, by=["apple", "tax"])

print("day  apple  orange   bill  apple dearer by 1  tax a point higher")
for k, day in enumerate(days):
    row = {name: column[k] for name, column in table.items()}
    numbers = (row["apple"], row["orange"], row["value"], row["d_apple"], row["d_tax"] / 100)
    shown = [f"{x:.4g}".replace("nan", "–") for x in numbers]
    print("{}  {:>5}  {:>6}  {:>5}  {:>17}  {:>18}".format(day, *shown))

h = 1e-5
dearer, cheaper = ({**prices, "apple": [apple + x for apple in prices["apple"]]} for x in (h, -h))
higher, lower = (sweep(bill, moved, tax=1.1)["value"] for moved in (dearer, cheaper))
assert all(
    abs(x - slope) < 1e-6 or day == "wed"
    for x, slope, day in zip((higher - lower) / (2 * h), table["d_apple"], days, strict=True)
)
print("The derivative by the apple is the slope between two more sweeps: True")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that one row of four has no number
    print(f"Of these days with prices, the mean bill is {sweep(bill, prices, tax=1.1, reduce='mean')['value']:.2f}")
