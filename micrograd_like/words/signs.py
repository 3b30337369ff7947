"""Arithmetic as a textbook or a full-width keyboard writes it, in the signs that Python reads."""

from __future__ import annotations

import re

FULL_WIDTH = {ord(c) + 0xFEE0: c for c in "!%()*+,-./0123456789:;<=>^"} | {0x3000: " "}
PLAIN = str.maketrans({"×": "*", "÷": "/", "−": "-", "∞": "inf"}) | FULL_WIDTH
DIGITS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))


def plain(text: str) -> str:
    """The text with signs of Python's for those that pictures, and full-width keyboards, have instead.

    >>> plain("（x × y²）÷ −２")
    '(x * y**2)/ -2'
    """
    if text.isascii():
        return text
    raised = re.sub(f"[{''.join(DIGITS)}]+", lambda power: "**" + "".join(map(DIGITS.__getitem__, power[0])), text)
    return raised.translate(PLAIN)
