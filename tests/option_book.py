"""Options by the formula of Black and Scholes (1973), their Greeks in closed form, and a book of random ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr

from micrograd_like import math


def black_scholes(spot: Any, strike: Any, rate: Any, vol: Any, years: Any) -> Any:
    """The price of a call, in plain Python."""
    d1 = (math.log(spot / strike) + (rate + vol * vol / 2) * years) / (vol * math.sqrt(years))
    d2 = d1 - vol * math.sqrt(years)
    return spot * below(d1) - strike * math.exp(-rate * years) * below(d2)


def below(x: Any) -> Any:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def options(rows: int) -> dict[str, np.ndarray[Any, Any]]:
    """As many random options, a column for each parameter."""
    ranges = {"spot": (80, 120), "strike": (80, 120), "rate": (0, 0.05), "vol": (0.1, 0.4), "years": (0.1, 2)}
    rng = np.random.default_rng(0)
    return {name: rng.uniform(*ends, rows) for name, ends in ranges.items()}


def greeks(book: dict[str, Any]) -> dict[str, Any]:
    """Price, delta, dual delta, rho, vega and minus theta, by hand."""
    s, k, r, v, t = book.values()
    root = np.sqrt(t)
    d1 = (np.log(s / k) + (r + v * v / 2) * t) / (v * root)
    d2, discount = d1 - v * root, np.exp(-r * t)
    density = np.exp(-d1 * d1 / 2) / np.sqrt(2 * np.pi)
    return {
        "value": s * ndtr(d1) - k * discount * ndtr(d2),
        "d_spot": ndtr(d1),
        "d_strike": -discount * ndtr(d2),
        "d_rate": k * t * discount * ndtr(d2),
        "d_vol": s * density * root,
        "d_years": s * density * v / (2 * root) + r * k * discount * ndtr(d2),
    }
