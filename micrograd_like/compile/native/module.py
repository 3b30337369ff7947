"""A program as LLVM IR: the text that llvmlite compiles.

A program is written as parts, functions of some hundred steps each, since LLVM's time grows faster than a function. A
part ends with an answer, or goes on with another part in a tail call, so that no stack grows. A number that another
part needs is kept in a slot of `scratch`. Every part returns the number of the answer that it came to, UNRECORDED for a
way that is not recorded, or MIXED where rows that are computed together go different ways.
"""

from __future__ import annotations

from ...targets.llvm import ONE, Lanes, called_back, instructions_of
from ...targets.terms import Untranslatable, power_of
from ..program import Literal, needed

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable

    from ...operation import Op
    from ..program import Answer, Block, Operand, Program, Step

UNRECORDED, MIXED = -1, -2
PART_STEPS = 500  # steps of a part


class ModulePart:
    """One function: its lines, and how many steps it has."""

    __slots__ = ("asks", "lines", "name", "steps")

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.steps = 0
        self.asks = False  # whether it may meet a way that is not recorded


class Writer:
    """Writes the parts of a program.

    `places` says where each input is: the number of the array that it stands in, and its index there. `callback`
    answers the address of a C function for an operation that Python computes.
    """

    def __init__(
        self, program: Program, places: list[tuple[int, int]], callback: Callable[[Op], int], lanes: Lanes = ONE
    ) -> None:
        self.program = program
        self.kept = needed(program, raising=False)
        self.places = places
        self.callback = callback
        self.lanes = lanes
        self.parts: list[ModulePart] = []
        self.answers: list[Answer] = []
        self.uses: dict[str, None] = {}  # declarations and definitions
        self.names: dict[int, tuple[str, bool]] = {}  # of expressions, and whether they are truths
        self.home: dict[int, tuple[ModulePart, int]] = {}  # the part and the line that computes it
        self.same: dict[int, Operand] = {}  # what an expression is only another name of
        self.slots: dict[int, int] = {}
        self.loaded: dict[int, str] = {}  # what the present block of LLVM has loaded
        self.count = 0
        arrays = 1 + max((array for array, _ in places), default=0)
        pointers = [*(f"%x{k}" for k in range(arrays)), "%out", "%scratch"]
        self.signature = ", ".join(f"ptr noalias {pointer}" for pointer in pointers)
        self.pass_on = ", ".join(f"ptr {pointer}" for pointer in pointers)
        self.write(program.root)

    @property
    def text(self) -> str:
        return "\n".join(map(self.function, self.parts))

    @property
    def work(self) -> int:
        """How much there is to compile, in steps: a jump takes LLVM as long as ten."""
        return sum(map(len, self.kept.values())) + 10 * (len(self.kept) - 1)

    def function(self, part: ModulePart) -> str:
        unknown = ["unknown:", f"  ret i64 {UNRECORDED if self.lanes.count == 1 else MIXED}"] if part.asks else []
        return "\n".join([f"define internal i64 @{part.name}({self.signature}) {{", *part.lines, *unknown, "}"])

    def part(self) -> ModulePart:
        part = ModulePart(f"part{len(self.parts)}.{self.lanes.count}")
        self.parts.append(part)
        return part

    def new(self) -> str:
        self.count += 1
        return f"%t{self.count}"

    def write(self, root: Block) -> None:
        """Write every block into the part that leads to it, or, when that is full, into a new one."""
        todo = [(self.part(), "entry", root, 0)]
        while todo:
            part, label, block, place = todo.pop()
            part.lines.append(f"{label}:")
            self.loaded = {}
            place = self.write_steps(part, block, place)
            if place < len(self.kept[block]) or (part.steps >= PART_STEPS and label != "entry"):
                other = self.part()
                part.lines.append(f"  %r{other.name} = musttail call i64 @{other.name}({self.pass_on})")
                part.lines.append(f"  ret i64 %r{other.name}")
                todo.append((other, "entry", block, place))
            elif block.answer:
                self.write_answer(part, block.answer)
            else:
                todo += [(part, label, branch, 0) for label, branch in self.write_question(part, block)]

    def write_steps(self, part: ModulePart, block: Block, place: int) -> int:
        """Steps from that place on, as many as the part can take; the place of the next."""
        steps = self.kept[block]
        last = min(len(steps), place + max(PART_STEPS - part.steps, 0))
        for step in steps[place:last]:
            self.write_step(part, step)
        part.steps += last - place
        return last

    def write_step(self, part: ModulePart, step: Step) -> None:
        operands = [self.operand(part, x) for x in step.operands]
        text, is_truth, line = self.computed(step.op, step.operands, operands)
        if not line and (text, is_truth) in operands:  # float(x), +x
            self.same[step.number] = step.operands[operands.index((text, is_truth))]
            return
        part.lines.append(line)
        self.names[step.number] = text, is_truth
        self.home[step.number] = part, len(part.lines) - 1

    def computed(self, op: Op, numbers: tuple[Operand, ...], operands: list[tuple[str, bool]]) -> tuple[str, bool, str]:
        """What the operation on these operands is called, whether it is a truth, and the lines that compute it."""
        texts = [text for text, _ in operands]
        truths = tuple([is_truth for _, is_truth in operands])
        last = numbers[-1] if numbers else None
        power = power_of(op, float(last.data) if isinstance(last, Literal) else None)
        self.count += 1
        t = f"t{self.count}"
        try:
            known = instructions_of(op, power, truths, self.lanes)
        except Untranslatable:
            known = called_back(self.callback(op), truths, self.lanes)
        self.uses |= dict.fromkeys(known.uses)
        return known.result.format(*texts, t=t), known.is_truth, known.fill(*texts, t=t)

    def operand(self, part: ModulePart, x: Operand) -> tuple[str, bool]:
        """What the part calls the operand; it is loaded if it comes from elsewhere."""
        while type(x) is int and x in self.same:
            x = self.same[x]
        if isinstance(x, Literal):
            return self.lanes.constant(float(x.data)), False
        if x in self.home and self.home[x][0] is part:
            return self.names[x]
        if x not in self.loaded:
            self.loaded[x] = self.load(part, x)
        text = self.loaded[x]
        if x in self.names and self.names[x][1]:
            truth = self.new()
            part.lines.append(f"  {truth} = fcmp une {self.lanes.number} {text}, {self.lanes.constant(0.0)}")
            return truth, True
        return text, False

    def load(self, part: ModulePart, x: int) -> str:
        if x in self.home:
            array, index, align = "%scratch", self.slot(x), 8
        else:
            k, index = self.places[x if x >= 0 else len(self.program.inputs) - 1 - x]
            array, align = f"%x{k}", 1  # arrays may be anywhere
        place, text = self.new(), self.new()
        part.lines.append(f"  {place} = getelementptr {self.lanes.number}, ptr {array}, i64 {index}")
        part.lines.append(f"  {text} = load {self.lanes.number}, ptr {place}, align {align}")
        return text

    def slot(self, x: int) -> int:
        """The place in scratch of an expression that another part needs."""
        if x not in self.slots:
            self.slots[x] = len(self.slots)
            part, line = self.home[x]
            part.lines[line] += self.stored(*self.names[x], "%scratch", self.slots[x])
        return self.slots[x]

    def stored(self, text: str, is_truth: bool, array: str, index: int) -> str:
        place, kind, lines = self.new(), self.lanes.number, ""
        if is_truth:
            one, zero, truth, text = self.lanes.constant(1.0), self.lanes.constant(0.0), text, self.new()
            lines = f"  {text} = select {self.lanes.truth} {truth}, {kind} {one}, {kind} {zero}\n"
        lines += f"  {place} = getelementptr {kind}, ptr {array}, i64 {index}\n"
        return f"{lines}  store {kind} {text}, ptr {place}, align 8\n"

    def write_answer(self, part: ModulePart, answer: Answer) -> None:
        for k, x in enumerate(answer.outputs):
            while type(x) is int and x in self.same:
                x = self.same[x]
            if type(x) is int and x in self.home and self.program.paths == 1:  # as soon as it is computed
                home, line = self.home[x]
                home.lines[line] += self.stored(*self.names[x], "%out", k)
            else:
                part.lines.append(self.stored(*self.operand(part, x), "%out", k))
        part.lines.append(f"  ret i64 {len(self.answers)}")
        self.answers.append(answer)

    def write_question(self, part: ModulePart, block: Block) -> list[tuple[str, Block]]:
        """The jumps to what the answers lead to: their labels and blocks."""
        assert block.question
        operands = [self.operand(part, x) for x in block.operands]
        text, is_truth, line = self.computed(block.question, block.operands, operands)
        part.lines.append(line)
        after: list[tuple[str, Block]] = []
        for outcome, branch in block.branches.items():
            label, other = self.new()[1:], self.new()[1:]
            truth = text if is_truth else self.equal(part, text, float(outcome))
            is_last = len(after) == len(block.branches) - 1
            self.jump(part, truth, is_truth and not outcome, label, "unknown" if is_last else other)
            if not is_last:
                part.lines.append(f"{other}:")
            after.append((label, branch))
        part.asks = True
        part.steps += 1
        return after

    def equal(self, part: ModulePart, text: str, number: float) -> str:
        truth = self.new()
        part.lines.append(f"  {truth} = fcmp oeq {self.lanes.number} {text}, {self.lanes.constant(number)}")
        return truth

    def jump(self, part: ModulePart, truth: str, denied: bool, label: str, other: str) -> None:
        """To the label if the truth holds, or does not hold if it is denied, in every lane; else to the other."""
        n = self.lanes.count
        if n == 1:
            yes, no = (other, label) if denied else (label, other)
            part.lines.append(f"  br i1 {truth}, label %{yes}, label %{no}")
            return
        bits, agreed = self.new(), self.new()
        part.lines.append(f"  {bits} = bitcast {self.lanes.truth} {truth} to i{n}")
        part.lines.append(f"  {agreed} = icmp eq i{n} {bits}, {0 if denied else -1}")
        part.lines.append(f"  br i1 {agreed}, label %{label}, label %{other}")
