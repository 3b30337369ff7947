"""Rows of the table as C, for programs that are saved: functions of doubles, which answer the bits of Python.

All numbers follow IEEE 754; compiled without contraction (-ffp-contract=off), each product and sum is rounded alone.
"""

from __future__ import annotations

from math import copysign, isinf, isnan

from ..operation import Op
from .terms import Language, Python, Untranslatable, is_python, is_truth, term_of

# fmt: off
OF_ONE_NUMBER = """exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh
    atanh erf erfc floor ceil trunc degrees radians""".split()
C = {
    **{f"x {sign} y": f"({{x}} {sign} {{y}})" for sign in "+ - * / < <= > >= == !=".split()},
    **{f"{name}(x)": f"{name}({{x}})" for name in OF_ONE_NUMBER},
    **{f"{name}(x, y)": f"{name}({{x}}, {{y}})" for name in "atan2 copysign nextafter fmod".split()},
    "-x": "(-{x})", "x % y": "py_mod({x}, {y})", "x // y": "py_floordiv({x}, {y})", "x ** y": "pow_({x}, {y})",
    "not c": "(!{c})", "c and d": "({c} && {d})", "c or d": "({c} || {d})", "float(c)": "((double){c})",
    "x if c else y": "({c} ? {x} : {y})", "abs(x)": "fabs({x})", "fabs(x)": "fabs({x})", "round(x)": "rint({x})",
    "hypot(x)": "fabs({x})", "log(x, y)": Python("log(x) / log(y)"),
}
# fmt: on

PRELUDE = """
/* Python's own arithmetic where it is not C's */
static double (*volatile library_pow)(double, double) = pow; /* a compiler would make pow(x, 2) x * x */
static inline double pow_(double x, double y) { return y == 1 ? x : library_pow(x, y); } /* the slope of x ** 2 */
static inline double py_mod(double x, double y) {
    double r = fmod(x, y);
    return y == 0 ? NAN : r != 0 ? ((y < 0) != (r < 0) ? r + y : r) : copysign(0.0, y);
}
static inline double py_floordiv(double x, double y) {
    double r = fmod(x, y), d = (x - r) / y;
    if (y == 0) return NAN;
    if (r != 0 && (y < 0) != (r < 0)) d -= 1.0;
    if (d == 0) return copysign(0.0, x / y);
    double f = floor(d);
    return d - f > 0.5 ? f + 1.0 : f;
}
static inline double degrees(double x) { return x * (180.0 / 3.141592653589793238462643383279502884197); }
static inline double radians(double x) { return x * (3.141592653589793238462643383279502884197 / 180.0); }
"""


class InC(Language):
    """Writes terms as C."""

    def constant(self, x: float) -> str:
        """A number as C writes it.

        >>> [InC(C).constant(x) for x in (1.5, -0.0, float("-inf"), float("nan"))]
        ['1.5', '(-0.0)', '(-INFINITY)', 'NAN']
        """
        text = "NAN" if isnan(x) else "INFINITY" if isinf(x) else repr(abs(x))
        return f"(-{text})" if copysign(1.0, x) < 0 and x == x else text


def c_function(op: Op) -> str:
    """The row's value as a function in C.

    >>> from micrograd_like.ops import OPS
    >>> c_function(OPS["mul"])
    'static inline double v_mul(double x, double y) { return (x * y); }'
    """
    if is_python(op) or not op.arity:
        raise Untranslatable(op.called)
    text = InC(C).write(term_of(op), {letter: letter for letter in op.letters})
    kind = "int" if is_truth(term_of(op), frozenset()) and not op.rule else "double"
    return f"static inline {kind} v_{op.name}({', '.join(f'double {x}' for x in op.letters)}) {{ return {text}; }}"
