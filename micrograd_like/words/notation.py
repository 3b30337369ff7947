"""How an operation on its inputs is written: `apple × n`, `x²`, `max(a, b)`; LaTeX and HTML are kinds of `Text`."""

from __future__ import annotations

from .numbers import has_no_point, number, visible

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..operation import Op

MOST_NAMES = 8  # inputs of a function that are written; of more, their number
SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Text:
    """Plain text: `∂(a × b)/∂a`, `x²`."""

    times, plus, arrow, dots = " × ", " + ", " ← ", "…"

    def name(self, name: str) -> str:
        return name

    def number(self, x: float) -> str:
        return number(x)

    def words(self, text: str) -> str:
        return text

    def brackets(self, text: str) -> str:
        return f"({text})"

    def partial(self, y: str, x: str) -> str:
        return f"∂{y}/∂{x}"

    def infix(self, label: str, a: str, b: str) -> str:
        return f"{a} {label} {b}"

    def prefix(self, label: str, a: str) -> str:
        return f"{label}{a}"

    def power(self, base: str, exponent: str, whole: bool) -> str:
        return base + exponent.translate(SUPERSCRIPT) if whole else self.infix("^", base, exponent)

    def call(self, name: str, inputs: Sequence[str]) -> str:
        """A function and its inputs, the first ones of many."""
        left_out = len(inputs) - MOST_NAMES
        shown = [*inputs[:MOST_NAMES], self.words(f"… {left_out} more")] if left_out > 0 else inputs
        return name + self.brackets(", ".join(shown))

    def applied(self, op: Op, inputs: Sequence[object], texts: Sequence[str]) -> str:
        """An operation on its inputs, whose texts have all the brackets that they need."""
        if not op.is_sign:
            return self.call(op.called, texts)
        if op.is_power:
            return self.power(texts[0], texts[1], has_no_point(inputs[1]))
        return self.prefix(op.label, texts[0]) if len(texts) == 1 else self.infix(op.label, texts[0], texts[1])


TEXT = Text()


def formula(op: Op, inputs: Sequence[object], names: Sequence[str]) -> str:
    """How a value was computed, as one would write it; `names` stand for the inputs.

    >>> from micrograd_like.ops import OPS
    >>> formula(OPS["mul"], ("apple", "n"), ["apple", "n"]), formula(OPS["pow_const"], ("x", 2.0), ["x", "2"])
    ('apple × n', 'x²')
    """
    if op.is_power or (op.is_sign and len(names) == 1):
        names = [signed(names[0]), *names[1:]]
    return TEXT.applied(op, inputs, names)


def mark_of(op: Op, inputs: Sequence[object]) -> str:
    """What an operation's mark shows: its label, with the constants among its inputs folded in.

    >>> from micrograd_like.ops import OPS
    >>> mark_of(OPS["mul"], ("x", "y")), mark_of(OPS["add"], ("x", 1.0)), mark_of(OPS["pow_const"], ("x", 2.0))
    ('×', '+ 1', 'x²')
    """
    constants = [number(x) if isinstance(x, float) else "" for x in inputs]
    label = visible(op.label)
    if not any(constants):
        return label
    if op.is_power:
        base, exponent = constants
        if not exponent:
            return f"{signed(base)}ˣ"
        return TEXT.power("x", exponent, whole=True) if has_no_point(inputs[1]) else f"x^{exponent}"
    if op.infix:
        return f"{constants[0]} {label} {constants[1]}".strip()
    return TEXT.call(label, [text or "·" for text in constants])


def signed(text: str) -> str:
    """The text, in brackets if it begins with a minus: (-2)²."""
    return f"({text})" if text.startswith("-") else text
