"""Random programs: functions written as text, the calls to make of them, and what may be compared.

Every program ends: loops have a counter, recursion a depth. Run as a script it compares many programs:

    python tests/programs.py 10000 1            # so many programs, from this seed, compiled to Python
    python tests/programs.py 10000 1 engines    # to machine code, and for rows of arguments
"""

from __future__ import annotations

import ast
import linecache
import math
import struct
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np

import micrograd_like as ml
from micrograd_like import Value, jit, value_and_grad
from micrograd_like.operation import OPS

UNARY = [name for name in ml.ops.PUBLIC if OPS[name].arity == 1 and not OPS[name].infix and OPS[name].rule]
BINARY = [name for name in ml.ops.PUBLIC if OPS[name].arity == 2 and not OPS[name].infix and OPS[name].rule]
IEEE_EXACT = ["maximum", "minimum", "relu", "leaky_relu", "copysign", "fabs"]  # every engine gives the same bits
LITERALS = ["0", "1", "2", "3", "-1", "0.0", "-0.0", "1.0", "0.5", "2.0", "-1.5", "0.1", "1e308", "inf", "nan"]
NICE = [0.5, 1.0, 2.0, -1.0, 3.0, 0.7, -2.5, 0.25]
AWKWARD = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 1e-300]
WHOLE = [0, 1, 2, 3, -1, 10]
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]


def added(xs: Any, start: Any = 0) -> Any:
    """`sum` as it is on Values: of plain floats Python's own is rounded once, from 3.12 on."""
    for x in xs:
        start = start + x
    return start


class Program:
    """The text of a function `f`, and what its namespace and its arguments look like."""

    def __init__(self, text: str, kinds: list[str], whole_arguments: bool) -> None:
        self.text = text
        self.kinds = kinds  # of the arguments: "number", "numbers", "fruit", "count" or "word"
        self.whole_arguments = whole_arguments

    def function(self) -> Any:
        """The function, freshly compiled, with a Value and a plain number in its namespace.

        Its ** raises where floats turn complex, as that of Values does.
        """
        file = f"<program {id(self)}>"
        linecache.cache[file] = (len(self.text), None, self.text.splitlines(keepends=True), file)
        names = {name: getattr(ml, name) for name in [*UNARY, *BINARY, "where", "hypot"]}
        space: dict[str, Any] = {**names, "grad": ml.grad, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc}
        space |= {
            "inf": math.inf,
            "nan": math.nan,
            "real_power": real_power,
            "VALUE": Value(1.5),
            "FACTOR": 2.0,
            "sum": added,
        }
        exec(compile(RealPowers().visit(ast.parse(self.text)), file, "exec"), space)
        return space["f"]

    def arguments(self, random: Random) -> tuple[Any, ...]:
        """Arguments for a call: most are nice, some awkward, some tied."""
        pool = NICE if random.random() < 0.6 else NICE + AWKWARD
        seen: list[float] = []

        def number() -> float:
            if seen and random.random() < 0.15:
                return random.choice(seen)
            whole = self.whole_arguments and random.random() < 0.5
            x = random.choice(WHOLE) if whole else random.choice([*pool, random.uniform(-3, 3)])
            seen.append(x)
            return x

        made: dict[str, Callable[[], Any]] = {
            "number": number,
            "numbers": lambda: [number() for _ in range(random.choice([0, 1, 2, 3, 3, 3]))],
            "fruit": lambda: {"price": number(), "weight": number()},
            "count": lambda: random.choice([0, 1, 2, 3]),
            "word": lambda: random.choice(["left", "right"]),
        }
        return tuple(made[kind]() for kind in self.kinds)


class RealPowers(ast.NodeTransformer):
    """Calls `real_power` in place of each **."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Pow):
            return node
        call = ast.Call(ast.Name("real_power", ast.Load()), [node.left, node.right], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


def real_power(x: Any, y: Any) -> Any:
    power = x**y
    if isinstance(power, complex):
        raise ValueError(f"{x} ** {y} is complex")
    return power


class Writer:
    """Writes a random function. `exact` leaves out what engines may round otherwise, and what only Python has."""

    def __init__(self, random: Random, exact: bool = False, answers_number: bool = False, closes: bool = True) -> None:
        self.random = random
        self.exact = exact
        self.answers_number = answers_number
        self.closes = closes
        self.lines: list[str] = []
        self.numbers: list[str] = []  # names of numbers that are in scope
        self.counts: list[str] = []  # of small ints
        self.lists: list[str] = []
        self.functions: list[str] = []
        self.loops = 0  # how many are open
        self.fresh = 0

    # choices

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one_of(self, *makers: Callable[[], str]) -> str:
        return self.random.choice(makers)()

    def new(self, stem: str) -> str:
        self.fresh += 1
        return f"{stem}{self.fresh}"

    # expressions

    def name(self) -> str:
        names = self.numbers + (["VALUE", "FACTOR"] if self.closes and self.chance(0.15) else [])
        return self.random.choice(names) if names else self.literal()

    def literal(self) -> str:
        return self.random.choice(LITERALS)

    def number(self, depth: int) -> str:
        """An expression for a number."""
        if depth <= 0:
            return self.one_of(self.name, self.name, self.name, self.literal)
        makers = [self.name_or, self.arithmetic, self.arithmetic, self.called, self.choice, self.extreme]
        makers += [] if self.exact else [self.quotient, self.power, self.derivative]
        makers += [self.element, self.summed] if self.lists else []
        makers += [self.own_function] if self.functions else []
        makers += [lambda _: self.random.choice(self.counts)] if self.counts else []
        return self.random.choice(makers)(depth - 1) if self.chance(0.8) else self.name()

    def name_or(self, _: int) -> str:
        return self.name()

    def arithmetic(self, depth: int) -> str:
        symbol = self.random.choice(["+", "-", "*"] if self.exact else ["+", "-", "*", "*", "/"])
        text = f"({self.number(depth)} {symbol} {self.number(depth)})"
        return f"(-{text})" if self.chance(0.1) else text

    def quotient(self, depth: int) -> str:
        x, y = self.number(depth), self.number(depth)
        return self.random.choice([f"({x} // {y})", f"({x} % {y})", f"divmod({x}, {y})[{self.random.choice([0, 1])}]"])

    def power(self, depth: int) -> str:
        exponent = self.random.choice(["2", "3", "0.5", "-1", "0", "1", "-2.0", "1.0", "1.5", "2.0", self.name()])
        base = self.random.choice([self.name(), self.number(depth), "2", "0.5"])
        return f"({base} ** {exponent})"

    def called(self, depth: int) -> str:
        if self.chance(0.5):
            names = ["abs", "relu", "fabs"] if self.exact else ["abs", *UNARY]
            return f"{self.random.choice(names)}({self.number(depth)})"
        if self.chance(0.3):
            return f"where({self.condition(depth)}, {self.number(depth)}, {self.number(depth)})"
        if self.chance(0.1) and not self.exact:
            return f"hypot({self.number(depth)}, {self.number(depth)}, {self.number(depth)})"
        names = [name for name in IEEE_EXACT if name in BINARY] if self.exact else BINARY
        return f"{self.random.choice(names)}({self.number(depth)}, {self.number(depth)})"

    def choice(self, depth: int) -> str:
        x, y, c = self.number(depth), self.number(depth), self.condition(depth)
        return self.random.choice([f"({x} if {c} else {y})", f"[{x}, {y}][{c}]", f"{{True: {x}, False: {y}}}[{c}]"])

    def extreme(self, depth: int) -> str:
        items = ", ".join(self.number(depth) for _ in range(self.random.choice([2, 2, 3])))
        place = self.random.choice([0, 1, -1])
        return self.random.choice([f"max({items})", f"min({items})", f"sorted([{items}])[{place}]"])

    def element(self, depth: int) -> str:
        items = self.random.choice(self.lists)
        return f"({items}[{self.whole(depth)} % len({items})] if {items} else {self.number(0)})"

    def summed(self, depth: int) -> str:
        items, t = self.random.choice(self.lists), self.new("t")
        self.numbers.append(t)
        inner, condition = self.number(depth), self.condition(0)
        self.numbers.remove(t)
        texts = [f"sum({inner} for {t} in {items})", f"sum({items}, {self.number(0)})"]
        return self.random.choice([*texts, f"sum([{t} for {t} in {items} if {condition}])"])

    def derivative(self, depth: int) -> str:
        t = self.new("t")
        self.numbers.append(t)
        inner = f"{t} * {self.number(depth)}"
        self.numbers.remove(t)
        if self.chance(0.2):
            return f"grad(grad(lambda {t}: {t} * {inner}))({self.number(0)})"
        return f"grad(lambda {t}: {inner})({self.number(0)})"

    def own_function(self, depth: int) -> str:
        return f"{self.random.choice(self.functions)}({self.number(depth)})"

    def whole(self, depth: int) -> str:
        """An expression for an int."""
        names = ["int", "floor", "ceil", "round", "trunc"]
        makers = [
            lambda: str(self.random.choice([0, 1, 2, 3])),
            lambda: f"{self.random.choice(names)}({self.number(depth)})",
        ]
        makers += [lambda: self.random.choice(self.counts)] * 3 if self.counts else []
        makers += [lambda: f"len({self.random.choice(self.lists)})"] if self.lists else []
        return self.one_of(*makers, lambda: f"({self.condition(0)} + {self.condition(0)})")

    def condition(self, depth: int) -> str:
        compare = self.random.choice(COMPARISONS)
        x, y = self.number(depth), self.number(depth)
        if depth > 0 and self.chance(0.3):
            a, b = self.condition(depth - 1), self.condition(depth - 1)
            return self.random.choice(
                [f"({a} and {b})", f"({a} or {b})", f"(not {a})", f"({a} == {b})", f"({a} & {b})"]
            )
        if self.chance(0.15):
            bound = self.number(0)
            other = self.random.choice(
                [f"{y} < {x} <= {bound}", f"({x} * 1.0) in [{y}, {bound}]", f"bool({x})", f"({x} + 1) not in ({y},)"]
            )
            return f"({other})"
        return f"({x} {compare} {y})"

    # statements

    def write(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def block(self, depth: int, budget: int) -> None:
        """Some statements; what they define is gone at their end, since another way may not define it."""
        before = len(self.numbers), len(self.counts), len(self.lists), len(self.functions)
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth, budget - 1)
        for names, n in zip((self.numbers, self.counts, self.lists, self.functions), before, strict=True):
            del names[n:]

    def statement(self, depth: int, budget: int) -> None:
        makers = [self.assign, self.assign, self.change, self.unpack, self.make_list]
        makers += [self.branch, self.branch, self.repeat, self.walk, self.define, self.give_up] if budget > 0 else []
        makers += [] if self.exact or budget <= 0 else [self.attempt]
        makers += [self.leave] if self.loops else []
        makers += [self.append] if self.lists else []
        self.random.choice(makers)(depth, budget)

    def assign(self, depth: int, _: int) -> None:
        name = self.new("v") if self.chance(0.7) or not self.numbers else self.random.choice(self.numbers)
        self.write(depth, f"{name} = {self.number(2)}")
        self.numbers += [name] if name not in self.numbers else []

    def change(self, depth: int, _: int) -> None:
        if self.numbers:
            self.write(depth, f"{self.random.choice(self.numbers)} {self.random.choice('+-*')}= {self.number(1)}")

    def unpack(self, depth: int, _: int) -> None:
        a, b = self.new("v"), self.new("v")
        self.write(depth, f"{a}, {b} = {self.number(1)}, {self.number(1)}")
        self.numbers += [a, b]

    def make_list(self, depth: int, _: int) -> None:
        name = self.new("items")
        self.write(depth, f"{name} = [{', '.join(self.number(1) for _ in range(self.random.randint(0, 3)))}]")
        self.lists.append(name)

    def append(self, depth: int, _: int) -> None:
        items = self.random.choice(self.lists)
        change = self.random.choice([f"{items} = [*{items}, {self.number(1)}]", f"{items} = {items}[::-1]"])
        self.write(depth, self.random.choice([change, f"{items} = sorted({items})"]))

    def branch(self, depth: int, budget: int) -> None:
        self.write(depth, f"if {self.condition(1)}:")
        self.block(depth + 1, budget)
        if self.chance(0.3):
            self.write(depth, f"elif {self.condition(1)}:")
            self.block(depth + 1, budget)
        if self.chance(0.5):
            self.write(depth, "else:")
            self.block(depth + 1, budget)

    def repeat(self, depth: int, budget: int) -> None:
        n = self.new("n")
        self.write(depth, f"{n} = 0")
        self.write(depth, f"while {n} < {self.random.choice([2, 3, 4])} and {self.condition(1)}:")
        self.write(depth + 1, f"{n} += 1")
        self.counts.append(n)
        self.inside_loop(depth + 1, budget)

    def walk(self, depth: int, budget: int) -> None:
        name = self.new("i")
        if self.lists and self.chance(0.4):
            items, item = self.random.choice(self.lists), self.new("v")
            self.write(depth, f"for {name}, {item} in enumerate({items}):")
            self.numbers.append(item)
            self.inside_loop(depth + 1, budget)
            self.numbers.remove(item)
            return
        self.write(depth, f"for {name} in range(min(3, {self.whole(1)})):")
        self.counts.append(name)
        self.inside_loop(depth + 1, budget)
        self.counts.remove(name)

    def inside_loop(self, depth: int, budget: int) -> None:
        self.loops += 1
        self.block(depth, budget - 1)
        self.loops -= 1

    def leave(self, depth: int, _: int) -> None:
        self.write(depth, f"if {self.condition(1)}:")
        self.write(depth + 1, self.random.choice(["break", "continue"]))

    def give_up(self, depth: int, _: int) -> None:
        self.write(depth, f"if {self.condition(1)}:")
        self.write(depth + 1, f"return {self.answer()}")

    def attempt(self, depth: int, budget: int) -> None:
        self.write(depth, "try:")
        self.block(depth + 1, budget)
        self.write(depth, "except (ArithmeticError, ValueError):")
        self.block(depth + 1, budget)

    def define(self, depth: int, _: int) -> None:
        name, t = self.new("g"), self.new("t")
        self.numbers.append(t)
        if self.chance(0.4):
            self.write(depth, f"def {name}({t}, depth=3):")
            self.write(depth + 1, f"if depth == 0 or {self.condition(1)}:")
            self.write(depth + 2, f"return {self.number(1)}")
            self.write(depth + 1, f"return {name}({self.number(1)}, depth - 1) {self.random.choice('+*-')} {t}")
        else:
            self.write(depth, f"{name} = lambda {t}: {self.number(2)}")
        self.numbers.remove(t)
        self.functions.append(name)

    # the whole

    def answer(self) -> str:
        x = self.number(1)
        if self.answers_number or self.chance(0.5):
            return x
        items = self.random.choice(self.lists) if self.lists else "[]"
        texts = [f"[{x}, {self.number(1)}]", f"({x}, {self.condition(1)}, 'word')", f"{self.condition(1)}"]
        return self.random.choice([*texts, f"{{'a': {x}, 'b': [{self.number(0)}, None]}}", f"({x}, {items})"])

    def program(self) -> Program:
        kinds = ["number"] * self.random.randint(1, 3)
        if not self.exact:
            kinds += [kind for kind in ("numbers", "fruit", "count", "word") if self.chance(0.2)]
        names = ["x", "y", "z"][: kinds.count("number")] + [kind for kind in kinds if kind != "number"]
        self.numbers += ["x", "y", "z"][: kinds.count("number")]
        self.lists += ["numbers"] if "numbers" in kinds else []
        self.counts += ["count"] if "count" in kinds else []
        self.lines.append(f"def f({', '.join(names)}):")
        if "fruit" in kinds:
            self.write(1, "price, weight = fruit['price'], fruit['weight']")
            self.numbers += ["price", "weight"]
        if "word" in kinds:
            self.write(1, f"side = {self.number(1)} if word == 'left' else {self.number(1)}")
            self.numbers.append("side")
        for _ in range(self.random.randint(1, 4)):
            self.statement(1, 3)
        self.write(1, f"return {self.answer()}")
        whole = not self.exact and self.chance(0.3)
        return Program("\n".join(self.lines) + "\n", kinds, whole)


# comparing


LOST = "an answer that has lost its derivative"  # how an older constant came about is not always known in a trace


def outcome(f: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What a call gives, in plain numbers; or the type of its error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(f(*arguments))
        except Exception as error:
            return LOST if "lost its derivative" in str(error) else type(error)


def plain(x: Any) -> Any:
    """An answer with numbers in place of its Values."""
    if isinstance(x, list | tuple):
        return type(x)(map(plain, x))
    if isinstance(x, dict):
        return {key: plain(y) for key, y in x.items()}
    return x.data if isinstance(x, Value) else x


def alike(x: Any, y: Any) -> bool:
    """Whether two answers are the same: types too, and bits; one nan is like another."""
    if type(x) is not type(y):
        return False
    if isinstance(x, list | tuple):
        return len(x) == len(y) and all(map(alike, x, y))
    if isinstance(x, dict):
        return [*x] == [*y] and all(map(alike, x.values(), y.values()))
    return struct.pack("d", x) == struct.pack("d", y) or (x != x and y != y) if type(x) is float else x == y


def nearly_alike(x: Any, y: Any) -> bool:
    """Whether two answers are the same but for the signs of zeros and last digits."""
    if isinstance(x, list | tuple) and type(x) is type(y):
        return len(x) == len(y) and all(map(nearly_alike, x, y))
    is_float = type(x) is float and type(y) is float
    return alike(x, y) or (is_float and (x == y or math.isclose(x, y, rel_tol=4e-16)))


def differences(program: Program, random: Random, transform: Callable[..., Any], calls: int = 6) -> Iterator[str]:
    """Calls of a program that the python engine answers otherwise than the function itself."""
    f = program.function()
    eager = transform(f, program)
    fast = jit(eager)
    past: list[tuple[Any, ...]] = []
    for _ in range(calls):
        disturb(f.__globals__, random)
        arguments = random.choice(past) if past and random.random() < 0.3 else program.arguments(random)
        past.append(arguments)
        expected, found = outcome(eager, arguments), outcome(fast, arguments)
        if not alike(expected, found) and LOST not in (expected, found):
            said = explanation(fast, arguments)
            closed = f"VALUE = {f.__globals__['VALUE'].data}, FACTOR = {f.__globals__['FACTOR']}"
            yield f"f{arguments} is {expected}, compiled {found} with {closed}{said}"


def engine_differences(program: Program, random: Random, transform: Callable[..., Any]) -> Iterator[str]:
    """Calls that another engine answers otherwise than the function itself: machine code, and rows of calls at once.

    The program's operations are exact, so that engines go the same ways and have the same bits; they know floats alone.
    Rows choose by max and min with both slopes, of which one is 0: the sign of a 0 and a last digit may differ there.
    """
    chooses = "max(" in program.text or "min(" in program.text
    f = program.function()
    eager = transform(f, program)
    native = jit(eager, engine="native")
    by_rows = ml.vmap(eager)
    for _ in range(3):
        disturb(f.__globals__, random)
        rows = [program.arguments(random) for _ in range(6)]
        expected = [in_floats(outcome(eager, row)) for row in rows]
        kept = [k for k, answer in enumerate(expected) if not isinstance(answer, type) and answer != LOST]
        columns = zip(*(rows[k] for k in kept), strict=True)
        together = in_floats(outcome(by_rows, tuple(map(np.array, columns)))) if kept else None
        for i, k in enumerate(kept):
            row, answer = rows[k], expected[k]
            for engine, x in {"native": in_floats(outcome(native, row)), "a row of many": row_of(together, i)}.items():
                if not alike(answer, x) and not (chooses and engine == "a row of many" and nearly_alike(answer, x)):
                    closed = f"VALUE = {f.__globals__['VALUE'].data}, FACTOR = {f.__globals__['FACTOR']}"
                    yield f"f{row} is {answer}, {engine} {x} with {closed}{explanation(native, row)}"


def in_floats(x: Any) -> Any:
    """An answer with floats in place of its ints."""
    if isinstance(x, list | tuple):
        return type(x)(map(in_floats, x))
    return float(x) if type(x) is int else x


def row_of(x: Any, k: int) -> Any:
    """What the answer for many rows says of one."""
    if isinstance(x, tuple):
        return tuple(row_of(y, k) for y in x)
    return x.tolist()[k] if isinstance(x, np.ndarray) else x


def explanation(f: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    try:
        f(*arguments)
    except Exception:
        return "\n" + "".join(traceback.format_exc().splitlines(keepends=True)[-5:])
    return ""


def disturb(space: dict[str, Any], random: Random) -> None:
    """Change what the function closes over."""
    if random.random() < 0.3:
        space["VALUE"].data = random.choice(NICE + AWKWARD)
    if random.random() < 0.1:
        space["VALUE"] = Value(random.choice(NICE))
    if random.random() < 0.1:
        space["FACTOR"] = random.choice(NICE)


def itself(f: Callable[..., Any], program: Program) -> Callable[..., Any]:
    return f


def with_gradient(f: Callable[..., Any], program: Program) -> Callable[..., Any]:
    return value_and_grad(f, [k for k, kind in enumerate(program.kinds) if kind in ("number", "numbers", "fruit")])


def main(count: int, seed: int, engines: bool) -> None:
    found: Counter[str] = Counter()
    for k in range(seed * 1_000_000, seed * 1_000_000 + count):
        for transform in (itself, with_gradient):
            number = engines or transform is with_gradient
            program = Writer(Random(k), exact=engines, answers_number=number).program()
            compare = engine_differences if engines else differences
            for difference in compare(program, Random(k + 1), transform):
                found[transform.__name__] += 1
                print(f"# seed {k}, {transform.__name__}\n{program.text}{difference}\n", flush=True)
                break
    print(f"{count} programs, different: {dict(found)}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), engines="engines" in sys.argv)
