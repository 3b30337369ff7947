"""The python engine: a program as readable source, which runs without this package."""

from __future__ import annotations

import builtins
import linecache
import re
from itertools import count
from weakref import finalize

from ..operation import BUILT_IN, SPELLED_WITH, Op, once_a_row
from ..targets.python import ATOM, WEAKEST, binding_of, is_builtin, is_conditional, stands_alone, strength_of
from .answers import in_parentheses, is_spelled, spelled_tree
from .program import Block, Literal, Program, may_raise, needed

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from .program import Operand

DEEPEST_WAYS = 20  # ways within ways, before they are put in another order
LONGEST_INLINE = 40  # characters of an expression that is written where it is used
NOT_RECORDED = "this way was not recorded"
files = count(1)


class Source:
    """The source of a program, and the function that it defines.

    `head` is the `def` line with what takes the arguments apart, `names` what the inputs are called.
    """

    def __init__(self, program: Program, name: str, head: list[str], names: dict[int, str]) -> None:
        self.name = name
        self.kept = needed(program, raising=True)
        self.uses = uses_of(self.kept)
        self.names = {**names}  # what stands for an expression
        self.binding: dict[int, int] = {}  # how strongly, if that is more than a name
        self.taken = {*names.values(), name}
        self.counter = count(1)
        self.needs: dict[str, Any] = {}  # the functions that it calls,
        self.own: dict[Op, str] = {}  # and the names of those which are values of operations
        self.depths = depths(program)
        # flat: it answers the place of an answer, and its numbers
        self.flat = not all(is_spelled(answer.tree) for answer in program.answers)
        self.lines = [*head]
        self.write(program.root, 1)
        self.text = "\n".join([*self.preamble(), *self.lines, ""])

    # writing

    def write(self, block: Block, depth: int) -> None:
        """The block and, at the same depth, those that its first answers lead to; other ways stand indented."""
        while block.question:
            self.write_steps(block, depth)
            main, *others = ways_in_order(block, self.depths)
            asked = self.spelled(block.question, block.operands)
            if isinstance(main, bool):
                self.line(depth, f"if not ({asked}):" if main else f"if {asked}:")
                for other in others:
                    self.write(block.branches[other], depth + 1)
            else:
                self.write_numbered_ways(block, asked, depth)
            if not (isinstance(main, bool) and others):
                other = f"{asked} is not {main}" if not isinstance(main, bool) else f"not {asked}" if main else asked
                self.line(depth + 1, f"raise LookupError({f'{NOT_RECORDED}: {other}'!r})")
            block = block.branches[main]
        self.write_steps(block, depth)
        assert block.answer
        numbers = map(self.operand, block.answer.outputs)
        place, tree = block.answer.place, block.answer.tree
        answer = f"{place}, {in_parentheses(numbers)}" if self.flat else spelled_tree(tree, numbers)
        self.line(depth, f"return {answer}")

    def write_numbered_ways(self, block: Block, asked: str, depth: int) -> None:
        """Where other whole numbers than the first lead."""
        main, *others = ways_in_order(block, self.depths)
        name = self.new_name("n")
        self.line(depth, f"{name} = {asked}")
        self.line(depth, f"if {name} != {main!r}:")
        for other in others:
            self.line(depth + 1, f"if {name} == {other!r}:")
            self.write(block.branches[other], depth + 2)

    def write_steps(self, block: Block, depth: int) -> None:
        """An assignment for each step, but those that are written where they are used."""
        for step in self.kept[block]:
            text = self.spelled(step.op, step.operands)
            if self.uses.get(step.number) == (block, 1) and len(text) <= LONGEST_INLINE:
                self.names[step.number] = text
                self.binding[step.number] = binding_of(step.op)
            else:
                self.names[step.number] = self.new_name(step.letter)
                self.line(depth, f"{self.names[step.number]} = {text}")

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def new_name(self, letter: str) -> str:
        return next(name for name in map(f"{letter}{{}}".format, self.counter) if name not in self.taken)

    def operand(self, x: Operand) -> str:
        return repr(x.data) if isinstance(x, Literal) else self.names[x]

    def in_brackets(self, x: Operand, op: Op, k: int) -> str:
        """The operand, in brackets where it would be misread without: a * (b + c), but a * b * c."""
        text = self.operand(x)
        inner = self.binding.get(x, ATOM) if type(x) is int else WEAKEST if text[0] == "-" else ATOM
        outer = strength_of(op)
        if outer == WEAKEST:
            return (
                f"({text})" if inner < (WEAKEST + 1 if op.arity and stands_alone(op, op.letters[k]) else ATOM) else text
            )
        right = 0 if op.is_power else 1  # only ** groups from the right
        weak = inner < outer or (inner == outer and (k == right or op.is_power))
        return f"({text})" if weak and outer != ATOM else text

    def spelled(self, op: Op, operands: Iterable[Operand]) -> str:
        """The operation on these operands, as Python."""
        names = [self.in_brackets(x, op, k) for k, x in enumerate(operands)]
        template, called, _ = template_of(op, exponent_is_whole(op, operands))
        self.needs.update(called)
        own = "" if op.is_text else self.own_name(op)
        gaps = [", ".join(names), in_parentheses(names)] if op.arity == 0 else names
        return template.format(*gaps, own=own)

    def own_name(self, op: Op) -> str:
        """What to call the value of an operation that is a function of Python: by its own name, if that is free."""
        if op not in self.own:
            others = [op.name, *(f"{op.name}_{k}" for k in range(2, len(self.own) + 3))]
            free = (name for name in others if name not in self.taken and not hasattr(builtins, name))
            name = op.name if op.name in BUILT_IN else next(name for name in free if name not in SPELLED_WITH)
            self.taken.add(name)
            self.own[op] = name
            self.needs[name] = op.value
        return self.own[op]

    def preamble(self) -> Iterator[str]:
        """The imports, and what is said of operations that are not written out."""
        text = "\n".join(self.lines)
        found = {name: SPELLED_WITH[name] for name in ("inf", "nan") if re.search(rf"\b{name}\b", text)} | self.needs
        of_math = (name for name, f in found.items() if getattr(f, "__module__", "math") == "math")
        standard = sorted(name for name in of_math if name in SPELLED_WITH)
        if standard:
            yield f"from math import {', '.join(standard)}"
        for name in sorted(set(found) - set(standard)):
            module = found[name].__module__
            yield f"from {module} import {name}" if name in BUILT_IN else f"# {name} is an operation of your own"
        if found:
            yield ""

    def compiled(self) -> Callable[..., Any]:
        """The function; tracebacks, pdb and `inspect` show its source."""
        file = f"<jit {self.name} {next(files)}>"
        namespace = dict(self.needs)
        exec(compile(self.text, file, "exec"), namespace)
        function: Any = namespace.pop(self.name)  # or each would keep the other alive
        linecache.cache[file] = (len(self.text), None, self.text.splitlines(keepends=True), file)
        finalize(function.__code__, linecache.cache.pop, file, None).atexit = False
        return function  # type: ignore[no-any-return]


def ways_in_order(block: Block, depths: dict[Block, int]) -> list[Any]:
    """The answers to a block's question: first the one whose way goes on at the same depth."""
    ways, others = block.branches, [*block.branches]
    if any(depths[way] >= DEEPEST_WAYS for way in ways.values()):
        others.sort(key=lambda answer: -depths[ways[answer]])
    return others


def depths(program: Program) -> dict[Block, int]:
    """How deep the ways behind each block are indented.

    The answer that came first goes on at the same depth, until the others are `DEEPEST`; from there on the one that
    needs most. So doubling the ways adds one, and Python, which takes 100 indentations, is never given too many.
    """
    found: dict[Block, int] = {}
    for block in reversed([*program.blocks()]):
        first, *others = [found[way] for way in block.branches.values()] or [0]
        if max(others, default=0) >= DEEPEST_WAYS:
            first, *others = sorted([first, *others], reverse=True)
        found[block] = max(first, 1 + max(others, default=-1))
    return found


def uses_of(kept: dict[Block, list[Any]]) -> dict[int, tuple[Block, int]]:
    """Where each expression is used, and how often; twice at least if in several blocks, or repeated in a spelling.

    What may raise counts twice in a conditional spelling, too: written there, it would be computed in one case only.
    """
    uses: dict[int, tuple[Block, int]] = {}
    raising: set[Operand] = set()

    def use(block: Block, operand: Operand, times: int) -> None:
        if type(operand) is int:
            where, before = uses.get(operand, (block, 0))
            uses[operand] = block, before + times + (where is not block)

    for block, steps in kept.items():
        for step in steps:
            repeated = template_of(step.op, exponent_is_whole(step.op, step.operands))[2]
            if may_raise(step) or not raising.isdisjoint(step.operands):
                raising.add(step.number)
            for k, x in enumerate(step.operands):
                conditional = x in raising and is_conditional(step.op)
                use(block, x, 2 if conditional else repeated[k] if step.op.arity else repeated[0])
        for x in block.operands:
            use(block, x, 2 if block.question and not block.question.infix else 1)
        for x in block.answer.outputs if block.answer else ():
            use(block, x, 1)
    return uses


@once_a_row
def template_of(op: Op, whole: bool) -> tuple[str, dict[str, Any], list[int]]:
    """The spelling with gaps for the operands, the functions that it calls, and how often each operand stands there."""
    spelling = op.spelling
    if op.is_power and not whole:  # ** of floats is pow, with its errors
        spelling = f"{op.value.__name__}({', '.join(op.letters)})"
    elif op.is_text and not is_builtin(op):  # whose value is a float
        spelling = f"float({spelling})"
    called: dict[str, Any] = {}
    gaps = {letter: f"{{{k}}}" for k, letter in enumerate(op.letters)} | (
        {} if op.arity else {"*xs": "{0}", "xs": "{1}"}
    )
    counts = dict.fromkeys(gaps.values(), 0)

    def fill(match: re.Match[str]) -> str:
        word = match[0]
        if word in gaps:
            counts[gaps[word]] += 1
            return gaps[word]
        if word in SPELLED_WITH:
            called[word] = SPELLED_WITH[word]
        return word

    if not op.is_text:
        gap = "{own}({0})" if op.arity == 0 else f"{{own}}({', '.join(gaps.values())})"
        return gap, {}, [1] * max(op.arity, 1)
    text = re.sub(r"\*xs|[A-Za-z_]\w*", fill, spelling.replace("{", "{{").replace("}", "}}"))
    return text, called, [max(n, 1) for n in counts.values()] if op.arity else [sum(counts.values())]


def exponent_is_whole(op: Op, operands: Iterable[Operand]) -> bool:
    """Whether this is a power with a constant whole exponent, which `**` computes as pow does."""
    last = [*operands][-1]
    if not op.infix or not isinstance(last, Literal):
        return False
    return abs(last.data) < 2**53 and last.data == int(last.data)
