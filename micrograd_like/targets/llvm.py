"""The rows of the table as LLVM instructions: each row is written once, with gaps, and filled in for each step.

Arithmetic is that of IEEE 754 where Python raises: 1 / 0 is inf, log(-1) is nan. What LLVM does not know is called in
the C library that Python's own `math` calls, so that the answers are the same bits. Several rows at a time are computed
by the vector functions of that library, where it has them, within 4 units in the last place of these.
"""

from __future__ import annotations

import struct
from functools import cache
from types import MappingProxyType

from ..operation import Op, once_a_row
from .terms import Language, Python, forms, is_truth, letters_of, term_in, term_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from .terms import Term

# What an instruction computes, or an intrinsic function of LLVM: {n} is the type of numbers, {t} that of truths
# fmt: off
WORDS = {
    "x + y": "fadd", "x - y": "fsub", "x * y": "fmul", "x / y": "fdiv",
    "x < y": "fcmp olt", "x <= y": "fcmp ole", "x > y": "fcmp ogt", "x >= y": "fcmp oge",
    "x == y": "fcmp oeq", "x != y": "fcmp une",
}
LLVM = {spelling: f"{word} {{n}} {{x}}, {{y}}" for spelling, word in WORDS.items()} | {
    "-x": "fneg {n} {x}",
    "not c": "xor {t} {c}, {all}", "c and d": "and {t} {c}, {d}", "c or d": "or {t} {c}, {d}",
    "float(c)": "select {t} {c}, {n} {one}, {n} {zero}",
    "x if c else y": "select {t} {c}, {n} {x}, {n} {y}",
    "copysign(x, y)": "call {n} @llvm.copysign.{s}({n} {x}, {n} {y})",
    "fma(x, y, z)": "call {n} @llvm.fma.{s}({n} {x}, {n} {y}, {n} {z})",
}
INTRINSIC = {"abs": "fabs", "round": "roundeven", **{name: name for name in "fabs sqrt floor ceil trunc".split()}}
LLVM |= {f"{name}(x)": f"call {{n}} @llvm.{word}.{{s}}({{n}} {{x}})" for name, word in INTRINSIC.items()}
# what the C library computes, one number at a time
LLVM |= {f"{name}(x)": f"@{name}" for name in "exp exp2 expm1 log log2 log10 log1p cbrt sin cos tan asin acos".split()}
LLVM |= {f"{name}(x)": f"@{name}" for name in "atan sinh cosh tanh asinh acosh atanh erf erfc".split()}
LLVM |= {f"{name}(x, y)": f"@{name}" for name in "atan2 hypot fmod remainder nextafter scaled".split()}
LLVM |= {"x ** y": "@pow"}
# and what neither of them has, in Python
LLVM |= {spelling: Python(text) for spelling, text in {
    "x % y": "(r + y if r < 0 < y or y < 0 < r else r) if (r := fmod(x, y)) != 0 else copysign(0.0, y)",
    "x // y": "x / y if y == 0"
              " else copysign(0.0, x / y) if (d := (x - (r := fmod(x, y))) / y - (r < 0 < y or y < 0 < r)) == 0"
              " else f + 1.0 if d - (f := floor(d)) > 0.5 else f",
    "degrees(x)": "x * 57.29577951308232",
    "radians(x)": "x * 0.017453292519943295",
    "log(x, y)": "log(x) / log(y)",
    "ldexp(x, y)": "nan if y != y else copysign(inf, x) if abs(y) == inf else scaled(x, y)",
    "modf(x)[0]": "x if x != x else copysign(0.0 if abs(x) == inf else x - trunc(x), x)",
    "max(x, y)": "y if y > x else x",
    "min(x, y)": "y if y < x else x",
}.items()}
# fmt: on
PURE = "nounwind willreturn memory(none)"  # of a function: its numbers are all that it depends on and computes
SCALED = [
    """define internal double @scaled(double %x, double %c) {
  %n = call i32 @llvm.fptosi.sat.i32.f64(double %c)
  %r = call double @ldexp(double %x, i32 %n)
  ret double %r
}""",
    "declare double @ldexp(double, i32)",
    "declare i32 @llvm.fptosi.sat.i32.f64(double)",
]


class Lanes:
    """How many rows one instruction computes, and what LLVM calls their numbers."""

    __slots__ = ("count", "number", "together", "truth", "words")

    def __init__(self, count: int, together: Mapping[str, str] = MappingProxyType({})) -> None:
        self.count = count
        self.together = together  # C functions, and what computes the same of all lanes at once
        self.number = "double" if count == 1 else f"<{count} x double>"
        self.truth = "i1" if count == 1 else f"<{count} x i1>"
        self.words = {  # what stands for the gaps in a form
            "n": self.number,
            "t": self.truth,
            "s": "f64" if count == 1 else f"v{count}f64",  # the suffix of intrinsic functions
            "one": self.constant(1.0),
            "zero": self.constant(0.0),
            "all": "true" if count == 1 else f"<{', '.join(['i1 true'] * count)}>",
        }

    def constant(self, x: float) -> str:
        """The number, bit for bit, in every lane."""
        bits = f"0x{struct.pack('>d', x).hex().upper()}"
        return bits if self.count == 1 else f"<{', '.join([f'double {bits}'] * self.count)}>"


ONE = Lanes(1)


class Template:
    """Instructions with gaps: {0}, {1}, … for the operands and {t} for the name of what is computed."""

    __slots__ = ("fill", "is_truth", "result", "uses")

    def __init__(self, lines: list[str], result: str, is_truth: bool, uses: Iterable[str]) -> None:
        self.fill = "".join(f"  {line}\n" for line in lines).format
        self.result = result
        self.is_truth = is_truth
        self.uses = list(uses)  # the functions that are called


class Instructions(Language):
    """Writes a term as lines of instructions, and answers the name of what they compute."""

    forms = forms(LLVM)

    def __init__(self, lanes: Lanes, branching: bool = False) -> None:
        self.lanes = lanes
        self.branching = branching  # whether a conditional jumps; else it computes both sides and selects
        self.lines: list[str] = []
        self.block = "entry"
        self.count = 0
        self.uses: dict[str, None] = {}

    def new(self, text: str) -> str:
        self.count += 1
        name = f"%{{t}}.{self.count}"
        self.lines.append(f"{name} = {text}")
        return name

    def numbers(self, operands: list[str], truths: Iterable[bool]) -> list[str]:
        """The operands, of which some are truths, as numbers."""
        pairs = zip(operands, truths, strict=True)
        return [self.write(("float", x) if is_one else x, {x: x}) for x, is_one in pairs]

    def constant(self, x: float) -> str:
        return self.lanes.constant(x)

    def named(self, name: str, value: Term, known: dict[str, Any]) -> str:
        known[name] = out = self.write(value, known)
        return str(out)

    def write(self, written: Term, known: dict[str, Any]) -> Any:
        if self.branching and type(written) is tuple and written[0] == "if":
            return self.branch(written, known)
        return super().write(written, known)

    def branch(self, written: tuple[Any, ...], known: dict[str, Any]) -> str:
        _, c, x, y = written
        test = self.write(c, known)
        self.count += 1
        yes, no, end = (f"{word}{self.count}" for word in ("yes", "no", "end"))
        self.lines.append(f"br i1 {test}, label %{yes}, label %{no}")
        sides = [self.side(yes, x, end, known), self.side(no, y, end, known)]
        self.lines.append(f"{end}:")
        self.block = end
        return self.new(f"phi {self.lanes.number} {', '.join(sides)}")

    def side(self, label: str, side: Term, end: str, known: dict[str, Any]) -> str:
        """One side of a jump: its number, and the block where it is known."""
        self.lines.append(f"{label}:")
        self.block = label
        x = self.write(side, {**known})
        self.lines.append(f"br label %{end}")
        return f"[{x}, %{self.block}]"

    def defined(self, name: str, spelling: str, parts: list[str]) -> str:
        name, letters = f"{name}.{len(parts)}", ("x", "y", "z")[: len(parts)]
        self.uses |= dict.fromkeys(llvm_function(name, term_in(spelling, letters), letters))
        return self.in_each_lane(f'@"{name}"', parts)

    def apply(self, head: str, form: str, parts: list[str]) -> str:
        if together := self.lanes.together.get(form[1:]):
            number = self.lanes.number
            self.uses[f"declare {number} @{together}({', '.join([number] * len(parts))}) {PURE}"] = None
            return self.new(f"call {number} @{together}({', '.join(f'{number} {x}' for x in parts)})")
        if form.startswith("@"):
            declaration = f"declare double {form}({', '.join(['double'] * len(parts))})"
            self.uses |= dict.fromkeys(SCALED if form == "@scaled" else [declaration])
            return self.in_each_lane(form, parts)
        if "@llvm." in form:  # its declaration is the call without operands
            self.uses[form.replace("call", "declare").format(*[""] * len(parts), **self.lanes.words)] = None
        return self.new(form.format(*parts, **self.lanes.words))

    def in_each_lane(self, function: str, operands: Sequence[str]) -> str:
        """A function of plain doubles, called once for each lane."""
        if self.lanes.count == 1:
            return self.new(f"call double {function}({', '.join(f'double {x}' for x in operands)})")
        out = "poison"
        for k in range(self.lanes.count):
            numbers = [self.new(f"extractelement {self.lanes.number} {x}, i32 {k}") for x in operands]
            x = self.new(f"call double {function}({', '.join(f'double {x}' for x in numbers)})")
            out = self.new(f"insertelement {self.lanes.number} {out}, double {x}, i32 {k}")
        return out


def jumps(written: Term, lanes: Lanes, is_arm: bool = False) -> bool:
    """Whether a conditional in it saves a call of a function, which does not compute all lanes at once."""
    if type(written) is not tuple:
        return False
    head, *terms = written
    form = Instructions.forms.get((head, len(terms)), "@")
    is_call = isinstance(form, Python) or (form.startswith("@") and form[1:] not in lanes.together)
    return (is_arm and is_call) or any(jumps(x, lanes, is_arm or (head == "if" and k > 0)) for k, x in enumerate(terms))


def called_in_c() -> list[tuple[str, int]]:
    """The functions of the C library that are called, as "@exp", and how many numbers they take."""
    return [(form, count) for (_, count), form in Instructions.forms.items() if form.startswith("@")]


@cache
def llvm_function(name: str, written: Term, letters: tuple[str, ...]) -> list[str]:
    """The text of the function of that name in LLVM, after those of all that it calls."""
    instructions = Instructions(ONE, branching=True)
    out = instructions.write(written, {letter: f"%{letter}" for letter in letters} | {"*xs": letters})
    lines = [line.replace("{t}", "t") for line in instructions.lines]
    return [*instructions.uses, defined_as(name, letters, lines, out.replace("{t}", "t"))]


@once_a_row
def instructions_of(op: Op, power: float | None, truths: tuple[bool, ...], lanes: Lanes) -> Template:
    """The row's instructions; `power` is what `power_of` found. What cannot be translated raises.

    `truths` says for each operand whether it is a truth, the answer of a comparison.
    """
    letters = letters_of(op, len(truths))
    written = term_of(op, frozenset(), power)
    if jumps(written, lanes):
        name = f"{op.spelling} of {', '.join(letters)}".replace('"', "'")
        return one_at_a_time(name, llvm_function(name, written, letters), truths, lanes)
    instructions = Instructions(lanes)
    gaps = [f"{{{k}}}" for k in range(len(truths))]
    if not op.arity:  # it takes numbers
        gaps, truths = instructions.numbers(gaps, truths), ()
    answers = frozenset(x for x, is_one in zip(letters, truths, strict=False) if is_one)
    written = term_of(op, answers, power)
    out = instructions.write(written, dict(zip(letters, gaps, strict=True)) | {"*xs": letters})
    return Template(instructions.lines, out, is_truth(written, answers), instructions.uses)


def called_back(address: int, truths: tuple[bool, ...], lanes: Lanes) -> Template:
    """Instructions that call a C function at this address, which takes an array of operands and their number."""
    count = len(truths)
    lines = [f"%array = alloca [{count} x double]"]
    for k in range(count):
        lines += [f"%at{k} = getelementptr double, ptr %array, i64 {k}", f"store double %x{k}, ptr %at{k}"]
    lines.append(f"%out = call double inttoptr (i64 {address} to ptr)(ptr %array, i64 {count})")
    name = f"{address} of {count}"
    return one_at_a_time(name, [defined_as(name, [f"x{k}" for k in range(count)], lines, "%out")], truths, lanes)


def one_at_a_time(name: str, uses: list[str], truths: tuple[bool, ...], lanes: Lanes) -> Template:
    """Instructions that call a function of plain doubles, once for each lane."""
    instructions = Instructions(lanes)
    numbers = instructions.numbers([f"{{{k}}}" for k in range(len(truths))], truths)
    return Template(instructions.lines, instructions.in_each_lane(f'@"{name}"', numbers), False, uses)


def defined_as(name: str, letters: Sequence[str], lines: list[str], out: str) -> str:
    """The text of a function of plain doubles."""
    head = f'define internal double @"{name}"({", ".join(f"double %{letter}" for letter in letters)}) {{\nentry:'
    return "\n".join([head, *lines, f"ret double {out}", "}"])
