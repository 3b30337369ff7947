"""Arithmetic as a textbook or a full-width keyboard writes it, in the signs that Python reads."""

from __future__ import annotations

import re

FULL_WIDTH = {ord(c) + 0xFEE0: c for c in "!%()*+,-./0123456789:;<=>^"} | {0x3000: " "}
IN_PYTHON = str.maketrans({"×": "*", "÷": "/", "−": "-", "∞": "inf"}) | FULL_WIDTH
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
RAISED_PARTS = re.compile(f"[{''.join(RAISED)}]+")


def in_python_signs(text: str) -> str:
    """The text with Python's signs in place of those of pictures and of full-width keyboards.

    >>> in_python_signs("（x × y²）÷ −２")
    '(x * y**2)/ -2'
    """
    if text.isascii():
        return text
    return RAISED_PARTS.sub(lambda power: f"**{lowered(power[0])}", text).translate(IN_PYTHON)


def lowered(power: str) -> str:
    """The digits of a raised power on the line: ¹² as 12."""
    return "".join(map(RAISED.__getitem__, power))
