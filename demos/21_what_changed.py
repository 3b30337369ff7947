"""What changed since yesterday: the price of an option, and a bill that jumps, split over their inputs.

The parts add up to the change: each is the integral of a derivative along the way from yesterday to today. What no
derivative sees is a jump, with its line.

It needs SciPy (pip install 'micrograd_like[fit]').

It prints:

    option 6.70477 → 9.22469: +2.51992
    input  before  after      part        %  by ∂ before
    spot      100    103    +1.554   61.7 %      +1.4474
    vol       0.2   0.23   +1.1874   47.1 %      +1.1957
    years       1   0.92  -0.43553  -17.3 %     -0.38531
    rate     0.02  0.025  +0.21406    8.5 %     +0.20771

    the parts add up: 2.519919068846 = 2.519919068846

    bill 968 → 1304.6: +336.6
    input  before  after    part        %  by ∂ before
    apple     440    540    +242   71.9 %         +220
    n           2    2.4  +215.6   64.1 %       +193.6
    jump                    -121  -35.9 %               `if price > 1000`, line 41, at 31 % of the way

    the parts and the jump add up: 336.600000000 = 336.600000000
"""

from math import erfc, exp, log, sqrt

from micrograd_like import explain


def option(spot, strike, rate, vol, years):
    d1 = (log(spot / strike) + (rate + vol * vol / 2) * years) / (vol * sqrt(years))
    d2 = d1 - vol * sqrt(years)
    return spot * erfc(-d1 / sqrt(2)) / 2 - strike * exp(-rate * years) * erfc(-d2 / sqrt(2)) / 2


def bill(apple, n, tax):
    price = apple * n
    if price > 1000:
        price = price - 110
    return price * tax


yesterday = {"spot": 100.0, "strike": 105.0, "rate": 0.02, "vol": 0.2, "years": 1.0}
today = {"spot": 103.0, "strike": 105.0, "rate": 0.025, "vol": 0.23, "years": 0.92}
e = explain(option, yesterday, today)
print(e, end="\n\n")
print(f"the parts add up: {sum(e.parts.values()) + e.jump:.12f} = {e.change:.12f}\n")
e = explain(bill, {"apple": 440.0, "n": 2.0, "tax": 1.1}, {"apple": 540.0, "n": 2.4, "tax": 1.1})
print(e, end="\n\n")
print(f"the parts and the jump add up: {sum(e.parts.values()) + e.jump:.9f} = {e.change:.9f}")
