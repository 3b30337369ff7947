"""A page to step through: `explore` runs a function once and writes what it saw, to be played with in the browser.

Open bill.html: step forward and backward, then drag an input and watch all values and derivatives follow. Take more
than 10 apples, and the page says that another way of the program begins there.

It prints:

    <explorer of bill(100, 2, 1.1): 5 values, 3 inputs>
    bill.html works without a network: True
    as it was run, apple + 1 adds 2.2 to the bill
"""

from pathlib import Path
from tempfile import mkdtemp

from micrograd_like import explore, grad


def bill(apple, n, tax):
    price = apple * n
    if price > 1000:
        price = 0.9 * price
    return price * tax


page = explore(bill, 100, 2, 1.1)
print(page)
path = page.save(Path(mkdtemp()) / "bill.html")
print(path.name, "works without a network:", "default-src 'none'" in path.read_text(encoding="utf-8"))
print(f"as it was run, apple + 1 adds {grad(bill)(100, 2, 1.1)} to the bill")
