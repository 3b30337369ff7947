"""The explorer: one page that steps through a computation, forward and backward, and computes it anew.

The page is a file of its own: it needs no network, and nothing in it comes from anywhere else. All that is the user's,
names and lines of source, travels as JSON and is shown as text.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from copy import copy

from ..graph import topological_order
from ..places import Place, Watch, caller_of, line_of
from ..symbol import THREAD, Condition, Singular, Symbol, Trace, TracingError
from ..trees import is_leaf, labels, leaves, planted
from ..value import Value
from . import dot, svg
from .labels import formula, number, short, visible
from .layout import DrawingError, laid_out
from .live import Live, NotLive, replayed, written
from .palette import LIGHT, PALETTE
from .scene import Mark, Scene, variables_in

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import CodeType, FrameType
    from typing import Any

LARGE = 250  # marks of Graphviz's; a picture of more is cut
MOST = 60  # values in a picture that is cut
MOST_LINES = 200
LONGEST_TITLE = 70
GAP = 0xE000  # the first of the characters that stand for numbers in a formula
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def explore(subject: Value | Callable[..., Any], /, *args: Any, **options: Any) -> Explorer:
    """A page that steps through a computation: each value as it is computed, then each derivative as it flows back.

    >>> from micrograd_like import Value
    >>> apple, n, tax = Value(100), Value(2), Value(1.1)
    >>> total = apple * n * tax
    >>> explore(total)
    <explorer of total: 5 values, 3 inputs to drag>

    It shows itself in a notebook; `save("total.html")` writes it to a file, one that works without a network, and
    `show()` opens it in the browser. In the page the inputs can be changed: all values and derivatives follow.

    Of a function and its arguments, the page has the function's own source beside the picture, and the questions that
    it asked on its way; where another answer would lead it another way, the page says so.

    >>> explore(lambda apple, n: apple * n if n < 10 else 0.9 * apple * n, 100, 2)
    <explorer of <lambda>(100, 2): 3 values, 2 inputs to drag>
    """
    caller = sys._getframe(1)
    if isinstance(subject, Value):
        if args or options:
            raise TypeError("explore takes one Value alone, or a function and its arguments, not a Value and arguments")
        return Explorer(Scene(subject, variables_in(caller.f_locals, caller.f_globals), True))
    if not callable(subject):
        raise TypeError(
            f"explore takes a Value, or a function and its arguments, not {subject!r:.60}: make the inputs Values, "
            "as in Value(100), and explore what you compute from them"
        )
    return Exploration(subject, args, options).explorer()


class Explorer:
    """A computation as a page to step through, as it was when `explore` was called."""

    __slots__ = ("_code", "_live", "_once", "_places", "_questions", "_reason", "_scene", "_shown", "_title")

    def __init__(
        self,
        scene: Scene,
        live: Live | None = None,
        places: Sequence[Place | None] = (),
        questions: Sequence[Place | None] = (),
        title: str = "",
        reason: str = "",
        code: CodeType | None = None,
    ) -> None:
        self._scene = scene
        self._places = places  # of each value in the user's source
        self._questions = questions  # of each question
        self._title = title or scene.output.label
        self._reason = reason  # why nothing can be dragged
        self._code = code  # of the function that is explored
        self._shown = marks_shown(scene)
        self._live = live
        self._once = live is None and not reason  # what the program would choose with other numbers is not known
        if self._once:
            try:
                self._live = replayed(scene, set(self._shown))
            except NotLive as error:
                self._reason = str(error)

    def __repr__(self) -> str:
        inputs = len(self._live.inputs) if self._live else 0
        return f"<explorer of {self._title}: {len(self._scene.marks)} values, {inputs} inputs to drag>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """What a notebook shows: the page in a frame of its own."""
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def _repr_html_(self) -> str:
        from html import escape

        return (
            f'<iframe title="Explorer of {escape(self._title)}" sandbox="allow-scripts" width="100%" height="760" '
            f'style="border:0" srcdoc="{escape(self.html())}"></iframe>'
        )

    def html(self) -> str:
        """The page as text."""
        return Page(self).text()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, and return its path."""
        from pathlib import Path

        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"an explorer is saved as .html: {str(path)!r} has another suffix; draw(v).save writes pictures"
            )
        path.write_text(self.html(), encoding="utf-8")
        return path

    def show(self) -> Path:
        """Open the page in the web browser; return the path of the file that it shows."""
        import webbrowser
        from pathlib import Path
        from tempfile import mkdtemp

        path = self.save(Path(mkdtemp(prefix="micrograd_like_"), "explorer.html"))
        webbrowser.open(path.as_uri())
        return path


def page_of(scene: Scene, places: Sequence[Place | None] = ()) -> str:
    """The page of a drawing."""
    if not scene.derivatives:
        raise ValueError("an .html page steps through the derivatives too: save a drawing that has them")
    return Explorer(scene, places=places).html()


# what is shown


def marks_shown(scene: Scene) -> dict[int, bool]:
    """The places of the marks in the picture, and whether what each was computed from is there too."""
    if dot.size(scene) <= LARGE:
        return {mark.index: True for mark in scene.marks}
    near: dict[int, bool] = {}
    layer = [scene.output]
    while layer and len(near) < MOST:
        for mark in layer[: MOST - len(near)]:
            near[mark.index] = False
        below = {x.index: x for mark in layer for x in mark.inputs if not isinstance(x, float)}
        layer = [x for k, x in below.items() if k not in near]
    for k in near:
        near[k] = all(isinstance(x, float) or x.index in near for x in scene.marks[k].inputs)
    return dict(sorted(near.items()))


def part_of(scene: Scene, shown: dict[int, bool]) -> Scene:
    """The scene with only these marks; one whose inputs are left out looks like an input."""
    part = copy(scene)
    twins: dict[int, Mark] = {}
    for k, whole in shown.items():
        twin = twins[k] = copy(scene.marks[k])
        if whole:
            twin.inputs = tuple(x if isinstance(x, float) else twins[x.index] for x in twin.inputs)
        else:
            twin.name, twin.op, twin.inputs, twin.closed = twin.label, None, (), None
    part.marks = list(twins.values())
    return part


# a function that is explored


class Exploration(Watch):
    """One run of a function on Symbols, with the places of what it computes and asks."""

    def __init__(self, subject: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        from ..jit.jitted import Jitted

        super().__init__()
        self.f = subject.f if isinstance(subject, Jitted) else subject
        self.name = getattr(subject, "__name__", None) or type(subject).__name__
        self.code: CodeType | None = getattr(self.f, "__code__", None)
        self.call = args, options
        self.inputs: dict[int, float] = {}
        self.known = 0  # steps of the trace, before a question
        self.asked: list[Place | None] = []
        self.variables: dict[str, Any] = {}

    def explorer(self) -> Explorer:
        names, parts = self.argument_names(), [*self.call[0], *self.call[1].values()]
        inputs = [label for x, name in zip(parts, names, strict=True) for label in labels(x, name)]
        numbers = [x.data if isinstance(x, Value) else (x if type(x) is int else float(x)) for x in leaves(parts)]
        title = f"{self.name}({', '.join(map(written_out, parts))})" if parts else self.name
        title = title if len(title) <= LONGEST_TITLE else f"{self.name}(…)"
        try:
            return self.on_symbols(inputs, numbers, title)
        except (TracingError, Singular, NotLive) as reason:
            return self.on_values(inputs, numbers, title, str(reason) or "the function caught an error on its way")

    def argument_names(self) -> list[str]:
        from ..recording import parameters_of

        args, options = self.call
        named, rest = parameters_of(self.f)
        return [*named[: len(args)], *(f"{rest}[{i}]" for i in range(len(args) - len(named))), *options]

    def on_symbols(self, inputs: list[str], numbers: list[float], title: str) -> Explorer:
        """The run as a program: numbers can be changed, and questions are known."""
        from ..jit.tracing import traced

        made: list[Explorer] = []

        def run(*args: Any, **options: Any) -> Any:
            trace: Any = THREAD.trace
            for x in leaves((args, options)):
                x.is_value = True
                self.inputs[x.number] = x._data
            with self:
                answer = self.f(*args, **options)
                output = self.number(trace.lift(answer) if isinstance(answer, Value) else answer)
            values = as_values(output)
            self.name_values(values)
            scene = Scene(values[output], {}, True)
            symbols = {v: x for x, v in values.items()}
            order = [symbols[v] for v in topological_order(values[output])]
            live = Live(trace, self.inputs, order, set(marks_shown(scene)))
            made.append(Explorer(scene, live, [self.places.get(x) for x in order], self.asked, title, code=self.code))
            return answer

        traced(self.name, run, self.call, inputs, numbers, watching=True)
        return made[-1]

    def on_values(self, inputs: list[str], numbers: list[float], title: str, reason: str) -> Explorer:
        """The run as it is, for what cannot be recorded."""
        args, options = planted(self.call, [Value(x, name) for x, name in zip(numbers, inputs, strict=True)])
        self.places.clear()
        with self:
            output = self.number(self.f(*args, **options))
        order = topological_order(output)
        self.name_values({v: v for v in order})
        places = [self.places.get(v) for v in order]
        return Explorer(Scene(output, {}, True), places=places, title=title, reason=reason, code=self.code)

    def number(self, answer: Any) -> Any:
        """What the function answered, if that is a number which depends on something."""
        if isinstance(answer, Symbol | Value) and not isinstance(answer, Condition):
            return answer
        if is_leaf(answer) or isinstance(answer, bool | Condition):
            raise TypeError(
                f"explore follows how a number depends on others; {self.name} answered {answer!r:.60}, which depends "
                "on none of its arguments"
            )
        raise TypeError(
            f"explore takes functions that answer one number; {self.name} answered a {type(answer).__name__}: explore "
            f"one of its numbers, as in explore(lambda *args: {self.name}(*args)[0], …)"
        )

    def _see(self, frame: FrameType, event: str, answer: Any) -> None:
        code = frame.f_code
        if event == "return" and code is self.code:
            self.variables = dict(frame.f_locals)
        elif code is Trace.ask.__code__:
            self.note_question(frame, event)
        elif event == "return" and code is Trace.input.__code__:
            self.inputs[answer.number] = answer._data
        super()._see(frame, event, answer)
        if self._before:
            before: Any = self._before
            before(frame, event, answer)

    def note_question(self, frame: FrameType, event: str) -> None:
        """Keep the place of a question that is new to the trace."""
        trace = frame.f_locals["self"]
        if event == "call":
            self.known = len(trace.steps)
        elif event == "return" and len(trace.steps) > self.known:
            self.asked.append(caller_of(frame))

    def name_values(self, values: Mapping[Any, Value]) -> None:
        """Call each value by the variable that it was assigned to; the second of a name gets a small 2."""
        held = variables_in({name: translated(x, values) for name, x in self.variables.items()})
        taken: Counter[str] = Counter(v.name for v in values.values() if v.name)
        targets: dict[tuple[CodeType, int], str] = {}
        for x, v in values.items():
            place = self.places.get(x)
            target = ""
            if place:
                where = place.code, place.offset
                if where not in targets:
                    targets[where] = target_of(place)
                target = targets[where]
            name = v.name or target or held.get(v)
            if name and not v.name:
                taken[name] += 1
                v.name = name if taken[name] == 1 else f"{name}{str(taken[name]).translate(SUBSCRIPT)}"
        if not v.name and self.name.isidentifier():  # the last is the output
            v.name = self.name


def as_values(output: Any) -> dict[Any, Value]:
    """The Values that do what Symbols did, by these; a condition is the plain number that it was."""
    values: dict[Any, Value] = {}
    for x in topological_order(output):
        if x.op is None:
            values[x] = Value(x._data, x.name)
        elif x.op.rule is not None:
            parents = (values.get(p, float(p._data)) if isinstance(p, Symbol) else p for p in x.parents)
            values[x] = Value.record(x.op, *parents)
    return values


def translated(x: Any, values: Mapping[Any, Value]) -> Any:
    """A variable's content with Values in the place of Symbols."""
    if isinstance(x, list | tuple):
        return [translated(y, values) for y in x]
    return values.get(x) if isinstance(x, Symbol | Value) else None


def target_of(place: Place) -> str:
    """The variable that a statement assigns this very value to, "" if there is none."""
    import ast

    try:
        (statement,) = ast.parse(place.statement).body
    except (SyntaxError, ValueError):
        return ""
    first, last, start, end = place.span
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    value = statement if isinstance(statement, ast.AugAssign) else getattr(statement, "value", None)
    if first != last or not isinstance(target, ast.Name) or not isinstance(value, ast.stmt | ast.expr):
        return ""
    line = line_of(place.file, first)
    margin = len((line[: len(line) - len(line.lstrip())]).encode())
    inside = start <= value.col_offset + margin and (value.end_col_offset or 0) + margin <= end
    return target.id if inside else ""


def written_out(x: Any) -> str:
    return number(x.data if isinstance(x, Value) else float(x)) if is_leaf(x) else short(repr(x))


# the page


class Page:
    """The data of the page: what each value is called, how it was computed, and where."""

    def __init__(self, explorer: Explorer) -> None:
        self.scene = explorer._scene
        self.shown = explorer._shown
        self.explorer = explorer
        self.live = explorer._live
        self.names: dict[int, str] = {}
        if self.live:
            for mark, k in sorted(zip(self.scene.marks, self.live.values, strict=True), key=lambda m: not m[0].name):
                self.names.setdefault(k, mark.label)
            for k in self.live.inputs:
                self.names.setdefault(k, short(self.live.trace.inputs[k]))

    def text(self) -> str:
        from html import escape
        from importlib.resources import files
        from json import dumps

        program, functions = self.live.page(self.names) if self.live else self.fixed()
        data = dumps(self.data() | program, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        parts = {
            "TITLE": escape(self.explorer._title),
            "LIGHT": variables(0),
            "DARK": variables(1),
            "ROLES": "".join(map(role_rules, PALETTE)),
            "GRAPH": self.graph(),
            "DATA": data.replace("<!--", "<\\u0021--"),
            "FUNCTIONS": functions,
        }
        page = files(__package__).joinpath("explorer.html").read_text(encoding="utf-8")
        return re.sub(r"__([A-Z]+)__", lambda match: parts[match[1]], page)

    def graph(self) -> str:
        """The picture, or why there is none."""
        from html import escape

        scene = part_of(self.scene, self.shown)
        try:
            picture = svg.finished(laid_out(dot.source(scene), "svg"), f"Computational graph of {scene.output.label}")
        except DrawingError as reason:
            return f'<p class="none">{escape(str(reason))}</p>'
        return re.sub(r"<style>.*?</style>", "", picture, count=1, flags=re.DOTALL)

    def fixed(self) -> tuple[dict[str, Any], str]:
        """A program that computes nothing: all its numbers are constants."""
        return {"size": 0, "constants": [], "inputs": [], "steps": [], "guards": [], "locked": []}, "const F=[];"

    def data(self) -> dict[str, Any]:
        places = {k: row for row, k in enumerate(self.shown)}
        return {
            "nodes": [self.node(k, places) for k in self.shown],
            "names": [self.names[k] for k in self.live.inputs] if self.live else [],
            "root": self.scene.output.label,
            "left": len(self.scene.marks) - len(self.shown),
            "why": self.explorer._reason,
            "once": self.explorer._once,
            "source": self.source(),
            "asked": [str(place) if place else "" for place in self.explorer._questions],
            "fill": [LIGHT["value"], LIGHT["derivative"]],
        }

    def node(self, k: int, places: dict[int, int]) -> dict[str, Any]:
        """A value: its names, how it was computed, and the numbers of its value, derivative, and arrows."""
        mark, whole = self.scene.marks[k], self.shown[k]
        pattern = [number(x) if isinstance(x, float) else chr(GAP + i) for i, x in enumerate(mark.inputs)]
        row: dict[str, Any] = {"i": k, "name": mark.label, "named": bool(mark.name), "uses": mark.uses}
        if mark.op:
            op = mark.op
            row |= {"op": mark.operation, "how": mark.formula, "cut": not whole}
            if len(pattern) < 100:
                row |= {"gaps": formula(op, mark.inputs, pattern), "infix": op.infix}
        row["numbers"] = [self.number(k, mark.data, "values"), self.number(k, mark.derivative, "derivatives")]
        row["arrows"] = [self.arrow(k, j, x, share, places) for j, x, share in mark.arrows if whole]
        return row

    def number(self, k: int, x: float, what: str) -> Any:
        """Where the page finds a number: its place in the program, or, if that is fixed, the number in a list."""
        return getattr(self.live, what)[k] if self.live else [written(x)]

    def arrow(self, k: int, j: int, x: Mark, share: float, places: dict[int, int]) -> list[Any]:
        """From which value it comes and as which input; where local derivative and share are found; the rule."""
        mark = self.scene.marks[k]
        if self.live is None:
            backward = mark.closed._backward if mark.closed else None
            slope = (backward(1.0)[j] if backward else 0.0) or 0.0
            return [places[x.index], j, [written(slope)], [written(share)], "the rule of the operation says"]
        if not self.live.slopes[k]:
            return [places[x.index], j, [0], [0], "nothing arrives here, so nothing goes on:"]
        parents = [None if isinstance(p, float) else self.live.values[p.index] for p in mark.inputs]
        own = {p: y.label for p, y in zip(parents, mark.inputs, strict=True) if p is not None and isinstance(y, Mark)}
        names = self.names | {self.live.values[k]: mark.label} | own
        words = self.live.rule(k, j, parents, names)
        slope_at, share_at = self.live.slopes[k][j], self.live.shares[k][j]
        return [
            places[x.index],
            j,
            [0] if slope_at is None else slope_at,
            [0] if share_at is None else share_at,
            words,
        ]

    # source

    def source(self) -> list[list[Any]]:
        """Lines as [number, text, marks]; a mark is a first and a last column, and the values computed there."""
        found = dict(zip(range(len(self.scene.marks)), self.explorer._places, strict=False))
        marks: dict[str, dict[int, dict[tuple[int, int], list[int]]]] = {}
        for row, k in enumerate(self.shown):
            if place := found.get(k):
                for line, span in pieces(place):
                    marks.setdefault(place.file, {}).setdefault(line, {}).setdefault(span, []).append(row)
        for place in found.values():  # a function is shown from its first line on
            if place and place.file in marks and place.code is self.explorer._code:
                for line in (place.code.co_firstlineno, *(line for _, _, line in place.code.co_lines() if line)):
                    marks[place.file].setdefault(line, {})
        return [line for file, lines in marks.items() for line in listing(file, lines)] or self.formulas()

    def formulas(self) -> list[list[Any]]:
        """In place of a source that is not known: each value in the order of computation."""
        lines = []
        for row, k in enumerate(self.shown):
            mark = self.scene.marks[k]
            if mark.op:
                start, text = len(mark.label) + 3, f"{mark.label} = {mark.formula}"
                lines.append(["", text, [[start, len(text), [row]]]])
            elif mark.name:
                lines.append(["", f"{mark.label} = {number(mark.data)}", [[0, len(mark.label), [row]]]])
        return lines


def pieces(place: Place) -> Iterator[tuple[int, tuple[int, int]]]:
    """The lines that an expression stands on, and from where to where on each, in characters."""
    first, last, start, end = place.span
    for line in range(first, last + 1):
        text = line_of(place.file, line).rstrip("\n").encode()
        left = start if line == first else len(text) - len(text.lstrip())
        right = end if line == last and end else len(text)
        if right > left:
            yield line, (len(text[:left].decode()), len(text[:right].decode()))


def listing(file: str, marked: dict[int, dict[tuple[int, int], list[int]]]) -> Iterator[list[Any]]:
    """The lines of a file from the first that is marked to the last; only marked ones, where that would be many."""
    first, last = min(marked), max(marked)
    lines = range(first, last + 1) if last - first < MOST_LINES else sorted(marked)
    texts = {line: visible(line_of(file, line).rstrip("\n").expandtabs(1)) for line in lines}
    margin = min((len(t) - len(t.lstrip()) for t in texts.values() if t.strip()), default=0)
    for line in lines:
        spans = [[a - margin, b - margin, rows] for (a, b), rows in marked.get(line, {}).items()]
        yield [line, texts[line][margin:], spans]


# colours


def variables(mode: int) -> str:
    return ";".join(f"--{name_of(role)}:{colours[mode]}" for role, colours in PALETTE.items())


def role_rules(role: str) -> str:
    """A picture's colour follows the page's theme."""
    name, colour = name_of(role), LIGHT[role]
    return "".join(f'svg [{what}="{colour}"]{{{what}:var(--{name})}}' for what in ("fill", "stroke"))


def name_of(role: str) -> str:
    return re.sub(r"\W+", "-", role)
