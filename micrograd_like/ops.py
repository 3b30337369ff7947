"""Every operation, one row each.

A row holds all there is to know about an operation: its name, its label in pictures, its value as Python spells it,
its derivative, and, where the usual one will not do, a point at which the tests probe it.

    x, y, z   the inputs                         c     a condition, or a constant
    xs        the inputs of an operation that takes any number of them
    out       the value they gave                g     the derivative of the final result by `out`, which arrives

A rule takes the inputs, `out` and `g`, and answers what each input receives: one derivative for one input, several
for several, None from a branch that was not taken. Rules are written in plain arithmetic and in other rows. So the same rule runs
on numbers (a backward pass) and on nodes of a graph (derivatives to draw, to compile, or to differentiate again).

Where a textbook has a shorter formula, the row's is the one that keeps all digits: at x = 20, 1 - tanh² is 0 in
floating point, and the derivative is 1.7e-17. That holds for the rule's own derivative as well: (1 - x) * (1 + x) keeps
all digits, but what its two factors receive nearly cancels at a small x; so it is a row, whose rule says -2x.
"""

from __future__ import annotations

import math

from . import special
from .operation import BUILT_IN, OPS, comparison, function, infix, question_to_number

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

LN2, LN10 = 0.6931471805599453, 2.302585092994046
SQRT_PI, SQRT_TAU, SQRT_2 = 1.772453850905516, 2.5066282746310002, 1.4142135623730951


def slope_of_power(x: Any, y: Any, out: Any) -> Any:
    """y * x ** (y - 1), without the 0 ** -1 of y = 0, and also where y - 1 is not a float, as for x ** 1e-6."""
    if y == 0:
        return (y + 0.0) / x if type(y) is not float and x > 0 else 0.0  # of a node y, a 0 whose derivative is 1 / x
    if (y - 1) + 1 == y:
        return y * x ** (y - 1)
    return y * out / x if x else y * abs(x) ** (y - 1)  # a rounded y - 1 may be odd: -0.0 ** -1 has the wrong sign


def direction(xs: Any, out: Any) -> list[Any]:
    """Each side over their hypot, 0 at the origin; of two nodes by a row that keeps all digits when differentiated.

    The derivative of x / out is 1 / out - x² / out³, which cancels beside a small y. It is y² / out³.
    """
    if len(xs) == 2 and not issubclass(type(out), float):
        return [over_hypot(*xs), over_hypot(*reversed(xs))]
    return [where(out == 0, 0.0, x / where(out == 0, 1.0, out)) for x in xs]


def length(x: Any, y: Any) -> Any:
    """Their hypot, but 1 at the origin."""
    return where((r := hypot(x, y)) == 0, 1.0, r)


# fmt: off

# arithmetic
#     name        label  value     what the inputs receive
infix("add",       "+",   "x + y",   lambda x, y, out, g: (g, g))
infix("sub",       "−",   "x - y",   lambda x, y, out, g: (g, -g),                   numpy="subtract")
infix("mul",       "×",   "x * y",   lambda x, y, out, g: (g * y, g * x),            numpy="multiply")
infix("truediv",   "÷",   "x / y",   lambda x, y, out, g: (g / y, -g * out / y),     numpy="divide")
infix("floordiv",  "//",  "x // y",  lambda x, y, out, g: (0.0, 0.0),                numpy="floor_divide", kink="remainder(x, y)")
infix("mod",       "%",   "x % y",   lambda x, y, out, g: (g, -g * (x // y)),             kink="remainder(x, y)")
infix("neg",       "−",   "-x",      lambda x, out, g: -g,                           numpy="negative")
infix("pos",       "+",   "+x",      lambda x, out, g: g,                            numpy="positive")
infix("abs",       "abs", "abs(x)",  lambda x, out, g: g * sign(x),                  numpy="absolute",     kink="x")
infix("pow_const", "^",   "x ** c",  lambda x, c, out, g: (g * (c * x ** (c - 1) if c >= 0.5 else slope_of_power(x, c, out)), 0.0),
                                     value=math.pow, dunder="")
infix("pow",       "^",   "x ** y",  lambda x, y, out, g: (g * slope_of_power(x, y, out), g * (out * log_of_base(x, y))),
                                     value=math.pow, numpy="power", by_constant=OPS["pow_const"])

comparison("lt",   "<",   "x < y")
comparison("le",   "≤",   "x <= y")
comparison("gt",   ">",   "x > y")
comparison("ge",   "≥",   "x >= y")
comparison("eq",   "=",   "x == y")
comparison("ne",   "≠",   "x != y")

# questions that a plain number answers
#        name       as people read it       value
question_to_number("floor",   "floor({x})",           "floor(x)")
question_to_number("ceil",    "ceil({x})",            "ceil(x)")
question_to_number("trunc",   "int({x})",             "trunc(x)")
question_to_number("round",   "round({x})",           "round(x)")
question_to_number("index",   "{x} as a whole number", "x")
question_to_number("exactly", "the very number {x}",  "x")

# exponentials, logarithms, roots
exp        = function("exp",        "exp(x)",           lambda x, out, g: g * out)
exp2       = function("exp2",       "exp2(x)",          lambda x, out, g: g * (out * LN2))
expm1      = function("expm1",      "expm1(x)",         lambda x, out, g: g * exp(x))
log        = function("log",        "log(x)",           lambda x, out, g: g / x, wider="log_base")
log2       = function("log2",       "log2(x)",          lambda x, out, g: g / (x * LN2))
log10      = function("log10",      "log10(x)",         lambda x, out, g: g / (x * LN10))
log1p      = function("log1p",      "log1p(x)",         lambda x, out, g: g / (1 + x))
sqrt       = function("sqrt",       "sqrt(x)",          lambda x, out, g: g / (2 * abs(out)))
cbrt       = function("cbrt",       "cbrt(x)",          lambda x, out, g: g / (3 * abs(x / where(out == 0, 1.0, out))))

# the circle
sin        = function("sin",        "sin(x)",           lambda x, out, g: g * cos(x))
cos        = function("cos",        "cos(x)",           lambda x, out, g: -g * sin(x))
tan        = function("tan",        "tan(x)",           lambda x, out, g: g * (1 + out * out))
asin       = function("asin",       "asin(x)",          lambda x, out, g: g / sqrt(one_minus_square(x)),         numpy="arcsin")
acos       = function("acos",       "acos(x)",          lambda x, out, g: -g / sqrt(one_minus_square(x)),        numpy="arccos")
atan       = function("atan",       "atan(x)",          lambda x, out, g: g / (r := hypot(1.0, x)) / r,          numpy="arctan")
atan2      = function("atan2",      "atan2(y, x)",      lambda y, x, out, g: (g * x / (r := hypot(x, y)) / r, -g * y / r / r), numpy="arctan2", kink="y if x < 0 else hypot(x, y)")
hypot      = function("hypot",      "hypot(*xs)",       lambda xs, out, g: [g * x for x in direction(xs, out)], kink="hypot(*xs)")
degrees    = function("degrees",    "degrees(x)",       lambda x, out, g: degrees(g),                            numpy="rad2deg")
radians    = function("radians",    "radians(x)",       lambda x, out, g: radians(g),                            numpy="deg2rad")

# the hyperbola
sinh       = function("sinh",       "sinh(x)",          lambda x, out, g: g * cosh(x))
cosh       = function("cosh",       "cosh(x)",          lambda x, out, g: g * sinh(x))
tanh       = function("tanh",       "tanh(x)",          lambda x, out, g: g * sech(x) ** 2)
asinh      = function("asinh",      "asinh(x)",         lambda x, out, g: g / hypot(1.0, x),                     numpy="arcsinh")
acosh      = function("acosh",      "acosh(x)",         lambda x, out, g: g / (sqrt(x - 1) * sqrt(x + 1)),       numpy="arccosh", at=(1.7,))
atanh      = function("atanh",      "atanh(x)",         lambda x, out, g: g / one_minus_square(x),               numpy="arctanh")

# the error function, factorials
erf        = function("erf",        "erf(x)",           lambda x, out, g: g * (2 / SQRT_PI * exp(-x * x)))
erfc       = function("erfc",       "erfc(x)",          lambda x, out, g: -g * (2 / SQRT_PI * exp(-x * x)))
gamma      = function("gamma",      "gamma(x)",         lambda x, out, g: g * (out * polygamma(0.0, x)))
lgamma     = function("lgamma",     "lgamma(x)",        lambda x, out, g: g * polygamma(0.0, x))

# parts of a number
fabs       = function("fabs",       "fabs(x)",          lambda x, out, g: g * sign(x),                           kink="x")
copysign   = function("copysign",   "copysign(x, y)",   lambda x, y, out, g: (g * (sign(x) * copysign(1.0, y)), 0.0), kink="x if abs(x) < abs(y) else y")
fmod       = function("fmod",       "fmod(x, y)",       lambda x, y, out, g: (g, -g * whole((x - out) / y)),     at=(3.1, 0.7), kink="remainder(x, y) if abs(x) >= abs(y) else abs(x) - abs(y)")
remainder  = function("remainder",  "remainder(x, y)",  lambda x, y, out, g: (g, -g * whole((x - out) / y)),     at=(3.1, 0.7), kink="remainder(x - y / 2, y)")

# choices and activations
where      = function("where",      "x if c else y",               lambda c, x, y, out, g: (None, g, None) if c else (None, None, g))
maximum    = function("maximum",    "x if x > y or x != x else y", lambda x, y, out, g: (share(g, x, y), share(g, y, x)),   kink="x - y")
minimum    = function("minimum",    "x if x < y or x != x else y", lambda x, y, out, g: (share(g, y, x), share(g, x, y)),   kink="x - y")
relu       = function("relu",       "0.0 if x <= 0 else x",        lambda x, out, g: where(x <= 0, 0.0, g),  label="ReLU",  kink="x")
leaky_relu = function("leaky_relu", "x if x > 0 else x * y",       lambda x, y, out, g: (where(x > 0, g, g * y), where(x > 0, 0.0, g * x)),
                      label="leaky ReLU", at=(-0.7, 0.01), defaults=(0.01,), kink="x")
sigmoid    = function("sigmoid",    "1 / (1 + exp(-x)) if x > -709 else exp(x)",      lambda x, out, g: g * (sech(x / 2) / 2) ** 2, label="σ")
softplus   = function("softplus",   "x + log1p(exp(-x)) if x > 0 else log1p(exp(x))", lambda x, out, g: g * sigmoid(x))
silu       = function("silu",       "x / (1 + exp(-x)) if x > -709 else x * exp(x)",  lambda x, out, g: g * sigmoid(x) * (1 + x * sigmoid(-x)),
                      label="SiLU")
gelu       = function("gelu",       "0.5 * x * erfc(-x / sqrt(2))",
                      lambda x, out, g: g * (0.5 * erfc(-x / SQRT_2) + x * exp(-0.5 * x * x) / SQRT_TAU), label="GELU")

PUBLIC = [name for name in OPS if name in globals()]  # what the package exports

# for `micrograd_like.math`, which gives them the arguments of the standard library
log_base  = function("log_base",  "log(x, y)",        lambda x, y, out, g: (g / (x * log(y)), -g * out / (y * log(y))), label="log", at=(0.7, 3.0))
ldexp     = function("ldexp",     "ldexp(x, int(c))", lambda x, c, out, g: (ldexp(g, c), 0.0), at=(0.7, 3.0))
nextafter = function("nextafter", "nextafter(x, y)",  lambda x, y, out, g: (g, 0.0))
fraction  = function("fraction",  "modf(x)[0]",       lambda x, out, g: g, kink="remainder(x, 1) if abs(x) >= 1 else abs(x) - 1")
fma       = function("fma",       "fma(x, y, z)",     lambda x, y, z, out, g: (g * y, g * x, g))
fsum      = function("fsum",      "fsum(xs)",         lambda xs, out, g: [g for _ in xs], label="Σ")
sumprod   = function("sumprod",   "sumprod(xs[: len(xs) // 2], xs[len(xs) // 2 :])",
                     lambda xs, out, g: [g * x for x in xs[len(xs) // 2 :] + xs[: len(xs) // 2]], label="Σ×", at=(0.7, 1.3, -0.4, 2.0))

# for derivatives of integers, and for the rules above
as_float    = function("as_float",    "float(x)",                                          lambda x, out, g: g)
sign        = function("sign",        "1.0 if x > 0 else -1.0 if x < 0 else 0.0 * x",      lambda x, out, g: 0.0, kink="x")
whole       = function("whole",       "float(round(x)) if abs(x) < inf else x",            lambda x, out, g: 0.0, numpy="rint", kink="remainder(x - 0.5, 1)")
share       = function("share",       "x if y > z else x / 2 if y == z else 0.0 if y < z else nan", lambda x, y, z, out, g: (share(g, y, z), 0.0, 0.0), kink="y - z")
chosen      = function("chosen",      "x if c else y", lambda c, x, y, out, g: (None, chosen(c, g, 0.0), chosen(c, 0.0, g)), label="where")
one_minus_square = function("one_minus_square", "(1 - x) * (1 + x)",                       lambda x, out, g: -2 * g * x)
over_hypot  = function("over_hypot",  "x / hypot(x, y) if x or y else 0.0",
                       lambda x, y, out, g: (g * (y / (r := length(x, y)) / r * (y / r)), -g * (y / r * out / r)), kink="hypot(x, y)")
sech        = function("sech",        "1 / cosh(x) if abs(x) < 710 else 2 * exp(-abs(x))", lambda x, out, g: -g * out * tanh(x))
log_of_base = function("log_of_base", "log(x) if x > 0 else 0.0 if x == 0 < y else nan",   lambda x, y, out, g: (g / x, 0.0))
polygamma   = function("polygamma",   special.polygamma,                                    lambda c, x, out, g: (0.0, g * polygamma(c + 1, x)), at=(1.0, 0.7))

# fmt: on

BUILT_IN.update(OPS)
