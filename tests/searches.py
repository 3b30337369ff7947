"""Searches for where f is 0 between two ends, as people write them: those by halves, and those by the numbers of f."""

# ruff: noqa

from __future__ import annotations

import math


def bisection(f, lo, hi):
    while hi - lo > 1e-6:
        mid = (lo + hi) / 2
        if f(mid) > 0:
            hi = mid
        else:
            lo = mid
    return mid


def counted(f, a, b):
    for k in range(40):
        c = 0.5 * (a + b)
        if f(c) * f(a) < 0:
            b = c
        elif f(c) * f(b) < 0:
            a = c
        else:
            return c
    return (a + b) / 2


def from_one_end(f, lo, hi):
    fa = f(lo)
    n = 0
    while abs(hi - lo) > 1e-7 and n < 100:
        mid = lo + (hi - lo) / 2.0
        fm = f(mid)
        if fm == 0:
            break
        if math.copysign(1, fm) == math.copysign(1, fa):
            lo, fa = mid, fm
        else:
            hi = mid
        n += 1
    return 0.5 * (lo + hi)


def with_continue(f, lo, hi):
    mid = (lo + hi) / 2
    while hi - lo >= 1e-5:
        if f(mid) > 0.0:
            hi = mid
            mid = (lo + hi) / 2
            continue
        lo = mid
        mid = (lo + hi) / 2
    return mid


def in_pairs(f, lo, hi):
    while hi - lo > 1e-6:
        mid = (lo + hi) / 2
        lo, hi = (lo, mid) if f(mid) > 0 else (mid, hi)
    return lo


def with_walrus(f, lo, hi):
    while hi - lo > 1e-6:
        if f(mid := (lo + hi) * 0.5) > 0:
            hi = mid
        else:
            lo = mid
    return hi


def conditionally(f, lo, hi):
    for _ in range(30):
        mid = (lo + hi) / 2
        above = f(mid) > 0
        hi = mid if above else hi
        lo = lo if above else mid
    return lo


class Box:
    pass


def in_attributes(f, lo, hi):
    box = Box()
    box.lo, box.hi = lo, hi
    while box.hi - box.lo > 1e-6:
        mid = (box.lo + box.hi) / 2
        if f(mid) > 0:
            box.hi = mid
        else:
            box.lo = mid
    return box.lo


def in_a_list(f, lo, hi):
    ends = [lo, hi]
    while ends[1] - ends[0] > 1e-6:
        mid = (ends[0] + ends[1]) / 2
        if f(mid) > 0:
            ends[1] = mid
        else:
            ends[0] = mid
    return ends[0]


def geometric(f, lo, hi):
    while hi / lo > 1.000001:
        mid = math.sqrt(lo * hi)
        if f(mid) > 0:
            hi = mid
        else:
            lo = mid
    return mid


def of_a_truth(f, lo, hi):
    def is_above(x):
        return f(x) > 0

    while hi - lo > 1e-6:
        mid = (lo + hi) / 2
        if is_above(mid):
            hi = mid
        else:
            lo = mid
    return mid


def by_itself(f, lo, hi):
    mid = (lo + hi) / 2
    if hi - lo < 1e-6:
        return mid
    if f(mid) > 0:
        return by_itself(f, lo, mid)
    return by_itself(f, mid, hi)


def by_itself_at_once(f, lo, hi):
    mid = (lo + hi) / 2
    if hi - lo < 1e-6:
        return mid
    return by_itself_at_once(f, lo, mid) if f(mid) > 0 else by_itself_at_once(f, mid, hi)


def by_steps(f, lo, hi):
    dx = hi - lo
    x = lo
    for _ in range(40):
        dx *= 0.5
        middle = x + dx
        if f(middle) <= 0:
            x = middle
    return x


def up_and_down(f, lo, hi):
    x = (lo + hi) / 2
    step = (hi - lo) / 4
    while step > 1e-7:
        if f(x) > 0:
            x -= step
        else:
            x += step
        step /= 2
    return x


def golden_minimum(f, a, b):
    g = (math.sqrt(5) - 1) / 2
    c = b - g * (b - a)
    d = a + g * (b - a)
    while abs(b - a) > 1e-5:
        if f(c) ** 2 < f(d) ** 2:
            b = d
        else:
            a = c
        c = b - g * (b - a)
        d = a + g * (b - a)
    return (a + b) / 2


def golden_minimum_kept(f, a, b):
    invphi = (math.sqrt(5) - 1) / 2
    h = b - a
    c, d = b - invphi * h, a + invphi * h
    fc, fd = f(c) ** 2, f(d) ** 2
    while h > 1e-5:
        if fc < fd:
            b, d, fd = d, c, fc
            h = b - a
            c = b - invphi * h
            fc = f(c) ** 2
        else:
            a, c, fc = c, d, fd
            h = b - a
            d = a + invphi * h
            fd = f(d) ** 2
    return c


def ternary_minimum(f, lo, hi):
    while hi - lo > 1e-5:
        third = (hi - lo) / 3
        if f(lo + third) ** 2 < f(hi - third) ** 2:
            hi = hi - third
        else:
            lo = lo + third
    return lo


SEARCHES = [
    bisection,
    counted,
    from_one_end,
    with_continue,
    in_pairs,
    with_walrus,
    conditionally,
    in_attributes,
    in_a_list,
    geometric,
    of_a_truth,
    by_itself,
    by_itself_at_once,
    by_steps,
    up_and_down,
    golden_minimum,
    golden_minimum_kept,
    ternary_minimum,
]


def newton(f, lo, hi):
    x = hi
    while True:
        slope = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
        step = f(x) / slope
        x = x - step
        if abs(step) < 1e-9:
            return x


def secant(f, lo, hi):
    lo = 1.0
    hi = 3.0
    for _ in range(60):
        if abs(hi - lo) < 1e-12:
            break
        lo, hi = hi, hi - f(hi) * (hi - lo) / (f(hi) - f(lo))
    return hi


def regula_falsi(f, lo, hi):
    flo, fhi = f(lo), f(hi)
    side = 0
    for _ in range(100):
        mid = (lo * fhi - hi * flo) / (fhi - flo)
        fm = f(mid)
        if abs(fm) < 1e-12:
            break
        if fm > 0:
            hi, fhi = mid, fm
            flo = flo / 2 if side == 1 else flo
            side = 1
        else:
            lo, flo = mid, fm
            fhi = fhi / 2 if side == -1 else fhi
            side = -1
    return mid


def safe_newton(f, lo, hi):
    x = (lo + hi) / 2
    for _ in range(80):
        fx = f(x)
        if fx > 0:
            hi = x
        else:
            lo = x
        slope = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
        new = x - fx / slope
        if not lo < new < hi:
            new = (lo + hi) / 2
        if abs(new - x) < 1e-10:
            return new
        x = new
    return x


def polished(f, lo, hi):
    while hi - lo > 0.01:
        mid = (lo + hi) / 2
        if f(mid) > 0:
            hi = mid
        else:
            lo = mid
    x = mid
    for _ in range(4):
        x = x - f(x) / ((f(x + 1e-5) - f(x - 1e-5)) / 2e-5)
    return x


def polished_at_once(f, lo, hi):
    while hi - lo > 1e-6:
        mid = (lo + hi) / 2
        if f(mid) > 0:
            hi = mid
        else:
            lo = mid
    return mid - f(mid) / (3 * mid**2)


def ridder(f, lo, hi):
    flo, fhi = f(lo), f(hi)
    for _ in range(60):
        mid = (lo + hi) / 2
        fm = f(mid)
        new = mid + (mid - lo) * (1 if flo > fhi else -1) * fm / (fm * fm - flo * fhi) ** 0.5
        fn = f(new)
        if abs(fn) < 1e-12:
            return new
        if fm * fn < 0:
            lo, flo, hi, fhi = (mid, fm, new, fn) if mid < new else (new, fn, mid, fm)
        elif fn * flo < 0:
            hi, fhi = new, fn
        else:
            lo, flo = new, fn
    return new


def fixed_point(f, lo, hi):
    x = hi
    for _ in range(200):
        new = x - f(x) / 30.0 / (1 + x)
        if abs(new - x) < 1e-11:
            break
        x = new
    return new


def means(f, lo, hi):
    """The arithmetic-geometric mean, of which all moves with its beginning."""
    a, g = 2.0 - f(1.0), 3.0
    while abs(a - g) > 1e-9:
        a, g = (a + g) / 2, math.sqrt(a * g)
    for k in range(20):
        if a > g + k:
            a = a / 2
    return a


def euclid(f, lo, hi):
    a, b = 3.3 - f(1.0), 1.71
    for _ in range(9):
        if a > b:
            a = a - b
        else:
            b = b - a
    return a + b


def smoothed(f, lo, hi):
    s, top = 0.0, 0.0
    for k in range(30):
        s = (s + f(k / 10)) / 2
        if s > top:
            top = s
    return s


def discounted(f, lo, hi):
    d, total = 1.0, 0.0
    for k in range(30):
        d *= 0.97
        if f(k / 7.3) > 0:
            total += d * f(k / 7.3)
    return total


def halved_steps(f, lo, hi):
    t, h, y = 0.0, 0.5, 1.0
    while t < 1.0:
        new = y - h * f(1.5) * y / 10
        if abs(new - y) > 0.1:
            h = h / 2
        else:
            t, y = t + h, new
    return y


def looked_up(f, lo, hi):
    xs = [k / 10 for k in range(2000)]
    x = 50.0 - f(1.0)
    lo, hi = 0, len(xs) - 1
    while hi - lo > 1:
        mid = (lo + hi) // 2
        if x < xs[mid]:
            hi = mid
        else:
            lo = mid
    return xs[lo] ** 2 + (x - xs[lo]) * (xs[hi] ** 2 - xs[lo] ** 2) / (xs[hi] - xs[lo])


def looked_up_by_int(f, lo, hi):
    xs = [k / 10 for k in range(2000)]
    x = 50.03 - f(1.0)
    low, high = 0, len(xs) - 1
    while high - low > 1:
        mid = int((low + high) / 2)
        if x < xs[mid]:
            high = mid
        else:
            low = mid
    return xs[low] ** 2 + (x - xs[low]) * (xs[high] ** 2 - xs[low] ** 2) / (xs[high] - xs[low])


def backtracking(f, lo, hi):
    x = 5.0
    for _ in range(60):
        slope = (f(x + 1e-6) ** 2 - f(x - 1e-6) ** 2) / 2e-6
        t = 1.0
        while f(x - t * slope) ** 2 > f(x) ** 2 - 0.3 * t * slope**2:
            t *= 0.5
        x = x - f(x) * t * 0 - f(x) / (3 * x * x)
    return x


def simpson(f, lo, hi):
    mid = (lo + hi) / 2
    whole, left, right = f(lo) + 4 * f(mid) + f(hi), f((lo + mid) / 2), f((mid + hi) / 2)
    if hi - lo < 0.5 and abs(f(lo) + 4 * left + 2 * f(mid) + 4 * right + f(hi) - 2 * whole) < 1e-3:
        return whole * (hi - lo) / 6
    below = simpson(f, lo, mid)
    above = simpson(f, mid, hi)
    return below + above


def entangled(f, lo, hi):
    """Many names that are made of each other, in many ways: more than anybody can try."""
    a = b = c = d = e = g = lo + f(1.0) * 0
    for k in range(20):
        if f(a) > k:
            a, b, c = (b + c) / 2, (c + d + a) / 3, (d + e + b) / 3
        else:
            c, d, e = (e + g + a) / 3, (a + b + d + g) / 4, (a + e) / 2
        if a > b:
            b, g = (g + a + c + d) / 4, (a + b + c + d + e) / 5
        else:
            a, d, g = (d + e + b) / 3, (g + c + b) / 3, (a + g) / 2
    return a + f(1.0)


SOUND = [
    entangled,
    simpson,
    newton,
    secant,
    regula_falsi,
    safe_newton,
    polished,
    polished_at_once,
    ridder,
    fixed_point,
    means,
    euclid,
    smoothed,
    discounted,
    halved_steps,
    looked_up,
    looked_up_by_int,
    backtracking,
]
