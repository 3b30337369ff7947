"""What jit has recorded, as a file in C or JavaScript that needs nothing else.

A program becomes a function from the numbers of its arguments to the numbers of its answer, one function a form of the
arguments. Ways are its branches; a way that was not recorded, and an operation for which Python raises an error, are
told by a code in C, and by an exception in JavaScript.
"""

from __future__ import annotations

import math
import re

from ..operation import Op
from ..targets.c import PRELUDE, C, InC, c_function
from ..targets.javascript import function_of, helpers_for
from ..targets.terms import Untranslatable
from .program import Block, Literal, Program, Step, may_raise, needed
from .source import depths, ways_in_order

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .program import Operand

CHUNK = 400  # steps of one function in C, beyond which compilers take more than their time
ROUNDED_IN_C = {"floor": "floor({})", "ceil": "ceil({})", "trunc": "trunc({})", "round": "rint({})", "index": "{}"}
ROUNDED_IN_JAVASCRIPT = {name: f"Math.{name}({{}})" for name in ("floor", "ceil", "trunc")} | {
    "round": "$round({})",
    "index": "{}",
}
CODE_UNRECORDED, CODE_NOT_FINITE = 1, 2
NOT_FINITE = "no finite value, where Python raises an error or goes on with inf or nan"
CODES = f"""/* Each answers 0 when y is written; {CODE_UNRECORDED} if the numbers take a way that was not recorded;
   {CODE_NOT_FINITE} if an operation has {NOT_FINITE}. */
"""
OF_THREAD = """#if defined(_MSC_VER)
#define KEPT_BY_THREAD __declspec(thread)
#else
#define KEPT_BY_THREAD _Thread_local
#endif
"""
RESERVED = set(  # words of C and of JavaScript, and what programs and libraries find there beside functions of `math`
    "auto break case catch char class const continue debugger default delete do double else enum eval export extends "
    "extern false finally float for function goto if import in inline instanceof int interface let long main new null "
    "package private protected public register restrict return short signed sizeof static struct super switch this "
    "throw true try typedef typeof undefined union unsigned var void volatile while with yield arguments await "
    "implements isFinite Error RangeError Infinity Math NaN abort abs accept bind calloc clock close connect div exit "
    "free index kill labs link listen malloc open pause pipe printf puts raise rand read realloc remove rename select "
    "send signal sleep system time times truncate wait write "
    "code v x y j0 j1 jn y0 y1 yn rint round fma tgamma scalbn ilogb logb signbit".split()
)


class Exported:
    """A program as the text of functions in another language; what C and JavaScript write alike."""

    def __init__(self, program: Program, name: str) -> None:
        self.program = program
        self.name = name
        self.kept = needed(program, raising=True)
        self.depths = depths(program)
        self.functions: dict[Op, str] = {}  # the definitions of the operations that it uses
        self.names = {k: f"x[{k}]" for k in range(len(program.inputs))}
        self.lines: list[str] = []
        self.tree, self.count = self.answer()

    def answer(self) -> tuple[Any, int]:
        """The form of what it answers, and how many numbers that holds: the same in all ways."""
        answers = [block.answer for block in self.kept if block.answer]
        forms = {(len(answer.outputs), repr(answer.tree)) for answer in answers}
        if len(forms) > 1:
            (_, one), (_, other), *_ = sorted(forms)
            raise ValueError(f"{self.name} answers in several forms, {one:.60} and {other:.60}: save it as .py")
        return answers[0].tree, len(answers[0].outputs)

    def write(self, block: Block, depth: int) -> None:
        """The block and, at the same depth, those that its first answers lead to; other ways stand indented."""
        while block.question:
            self.write_steps(self.kept[block], depth)
            main, *others = ways_in_order(block, self.depths)
            for other in others:
                self.line(depth, f"if ({self.asked(block, other)}) {{")
                self.write(block.branches[other], depth + 1)
                self.line(depth, "}")
            if not (isinstance(main, bool) and others):
                self.line(depth, f"if ({self.asked(block, main, False)}) {self.unrecorded()}")
            block = block.branches[main]
        self.write_steps(self.kept[block], depth)
        assert block.answer
        self.write_answer([self.operand(x) for x in block.answer.outputs], depth)

    def asked(self, block: Block, outcome: Any, wanted: bool = True) -> str:
        """The condition under which the question of a block has this outcome, or has it not."""
        assert block.question
        operands = [self.operand(x) for x in block.operands]
        name = block.question.name
        if isinstance(outcome, bool):
            asked = self.call(block.question, operands)
            return asked if outcome == wanted else f"!{asked}"
        if name not in self.rounded:
            raise ValueError(f"{self.name} asks for {block.question.asked(['a number'])}, which only Python can answer")
        sign = self.equals if wanted else f"!{self.equals[1:]}"
        return f"{self.rounded[name].format(*operands)} {sign} {self.literal(float(outcome))}"

    def operand(self, x: Operand) -> str:
        if isinstance(x, Literal):
            try:
                return self.literal(float(x.data))
            except OverflowError:
                raise ValueError(
                    f"{self.name} computes with {x.data!r:.30}…, beyond all floats: save it as .py"
                ) from None
        if x < 0:
            raise ValueError(f"{self.name} reads Values that it closes over: give them as arguments, and save that")
        return self.names[x]

    def call(self, op: Op, operands: list[str]) -> str:
        if op not in self.functions:
            self.functions[op] = self.definition(op)
        return f"v_{op.name}({', '.join(operands)})"

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    @property
    def told(self) -> str:
        """What stands in the places of x, and what is answered, in a line."""
        names = ", ".join(f"x[{k}] {name}" for k, name in enumerate(self.program.inputs))
        return in_a_comment(f"{names or 'no numbers'}; answers {self.tree!r}, {self.count} numbers")

    # what each language writes in its own way

    rounded = ROUNDED_IN_C
    equals = "=="

    def definition(self, op: Op) -> str:
        raise NotImplementedError

    def literal(self, x: float) -> str:
        raise NotImplementedError

    def unrecorded(self) -> str:
        raise NotImplementedError

    def write_steps(self, steps: list[Step], depth: int) -> None:
        raise NotImplementedError

    def write_answer(self, outputs: list[str], depth: int) -> None:
        raise NotImplementedError


class CFunction(Exported):
    """A program as a C function, `int name(const double *x, double *y)`; a long one in chunks."""

    def __init__(self, program: Program, name: str) -> None:
        super().__init__(program, name)
        steps = [step for block in self.kept.values() for step in block]
        self.is_long = len(steps) > CHUNK
        if self.is_long:  # chunks are functions of their own, which share what they compute
            self.names |= {step.number: f"v[{k}]" for k, step in enumerate(steps)}
        self.held = len(steps)
        self.chunks: list[str] = []
        self.write(program.root, 1)

    def definition(self, op: Op) -> str:
        try:
            return c_function(op)
        except Untranslatable:
            raise ValueError(f"{self.name} computes {op.called}, which C has no word for: save it as .py") from None

    def literal(self, x: float) -> str:
        return str(InC(C).constant(x))

    def unrecorded(self) -> str:
        return f"return {CODE_UNRECORDED};"

    def write_steps(self, steps: list[Step], depth: int) -> None:
        if not self.is_long:
            for line in self.computed(steps):
                self.line(depth, line)
            return
        for start in range(0, len(steps), CHUNK):
            chunk = f"{self.name}_{len(self.chunks) + 1}"
            body = "\n".join(f"    {line}" for line in self.computed(steps[start : start + CHUNK]))
            self.chunks.append(
                f"static int {chunk}(const double *x, double *v) {{\n    (void)x;\n{body}\n    return 0;\n}}\n"
            )
            self.line(depth, f"if ((code = {chunk}(x, v))) return code;")

    def computed(self, steps: Iterable[Step]) -> Iterator[str]:
        for step in steps:
            text = self.call(step.op, [self.operand(x) for x in step.operands])
            if not self.is_long:
                self.names[step.number] = f"{step.letter}{step.number}"
            name = self.names[step.number]
            yield f"{'' if self.is_long else 'double '}{name} = {text};"
            if may_raise(step):
                yield f"if (!isfinite({name})) return {CODE_NOT_FINITE};"

    def write_answer(self, outputs: list[str], depth: int) -> None:
        for k, x in enumerate(outputs):
            self.line(depth, f"y[{k}] = {x};")
        self.line(depth, "return 0;")

    def text(self) -> str:
        held = [f"    static KEPT_BY_THREAD double v[{self.held}];", "    int code;"] if self.is_long else []
        head = f"/* {self.told} */\nint {self.name}(const double *x, double *y) {{\n    (void)x, (void)y;"
        return "\n".join([*self.chunks, head, *held, *self.lines, "}", ""])

    @property
    def declaration(self) -> str:
        return f"/* {self.told} */\nint {self.name}(const double *x, double *y);\n"


class JavaScriptFunction(Exported):
    """A program as a JavaScript function from an array of numbers to one."""

    rounded = ROUNDED_IN_JAVASCRIPT
    equals = "==="

    def __init__(self, program: Program, name: str) -> None:
        super().__init__(program, name)
        self.write(program.root, 1)

    def definition(self, op: Op) -> str:
        try:
            return f"const v_{op.name}={function_of(op)};"
        except Untranslatable as reason:
            raise ValueError(f"{self.name}: {reason}") from None

    def literal(self, x: float) -> str:
        return "NaN" if math.isnan(x) else ("-" if x < 0 else "") + "Infinity" if math.isinf(x) else f"({x!r})"

    def unrecorded(self) -> str:
        return 'throw new Error("this way was not recorded");'

    def write_steps(self, steps: list[Step], depth: int) -> None:
        for step in steps:
            text = self.call(step.op, [self.operand(x) for x in step.operands])
            name = self.names[step.number] = f"{step.letter}{step.number}"
            self.line(depth, f"const {name} = {text};")
            if may_raise(step):
                self.line(depth, f'if (!isFinite({name})) throw new RangeError("{step.op.called}: {NOT_FINITE}");')

    def write_answer(self, outputs: list[str], depth: int) -> None:
        self.line(depth, f"return [{', '.join(outputs)}];")

    def text(self) -> str:
        return "\n".join([f"// {self.told}\nfunction {self.name}(x) {{", *self.lines, "}", ""])


def in_a_comment(text: str) -> str:
    """The text in one line that does not end a comment."""
    return " ".join(text.replace("*/", "* /").split())


def function_names(name: str, count: int) -> list[str]:
    """What the functions of the forms are called, in letters that every language has."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_") or "function"
    if plain[0].isdigit() or plain in RESERVED or hasattr(math, plain) or plain.startswith(("v_", "py_")):
        plain = f"f_{plain}"
    return [plain, *(f"{plain}_form_{k}" for k in range(2, count + 1))]


def in_c(programs: list[Program], name: str, header: str) -> tuple[str, str]:
    """The text of a C file and of its header."""
    found = [CFunction(p, n) for p, n in zip(programs, function_names(name, len(programs)), strict=True)]
    functions = {op: text for one in found for op, text in one.functions.items()}
    of_thread = OF_THREAD if any(one.is_long for one in found) else ""
    text = [
        f"/* {in_a_comment(name)} as it was recorded. The bits are Python's with: cc -O2 -ffp-contract=off … -lm */",
        f'#include <math.h>\n#include "{header}"\n{of_thread}',
        PRELUDE.strip("\n"),
        *functions.values(),
        "",
        *(one.text() for one in found),
    ]
    guard = "SAVED_" + re.sub(r"\W", "_", header, flags=re.ASCII).upper()
    declared = "\n".join(one.declaration for one in found)
    return "\n".join(text), f"#ifndef {guard}\n#define {guard}\n{CODES}{declared}#endif\n"


def in_javascript(programs: list[Program], name: str) -> str:
    """The text of an ECMAScript module."""
    found = [JavaScriptFunction(p, n) for p, n in zip(programs, function_names(name, len(programs)), strict=True)]
    functions = {op: text for one in found for op, text in one.functions.items()}
    helpers = helpers_for([*functions.values(), *(line for one in found for line in one.lines)])
    names = ", ".join(one.name for one in found)
    return "\n".join(
        [
            f"// {in_a_comment(name)} as it was recorded.",
            helpers,
            *functions.values(),
            *(one.text() for one in found),
            f"export {{ {names} }};",
            "",
        ]
    )
