"""The command line: an expression, its value and its derivatives, and a picture of how they flow.

micrograd-like "apple * n * tax" apple=100 n=2 tax=1.1 -o apples.svg

Results go to stdout, messages to stderr. The exit code is 2 where the command line is wrong, and 1 where the
expression, the file or the picture is.
"""

from __future__ import annotations

import argparse
import keyword
import math
import os
import re
import sys
import unicodedata
import warnings
import webbrowser
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from textwrap import fill
from types import FunctionType

from .drawing import FORMS, draw
from .errors import DrawingError, ExpressionError
from .explorer.explorer import page_of
from .files import Failure, variables_after_running
from .graph import topological_order
from .pictures.scene import names_by_value
from .trace.places import Watch
from .value import Value
from .words.expression import CALLABLE, NAMED_NUMBERS, Expression
from .words.pointing import quoted, suggestion
from .words.signs import in_python_signs
from .words.terminal import encoded, for_terminal

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .drawing import Drawing

USAGE = """micrograd-like EXPRESSION [NAME=NUMBER ...] [-o FILE] [--open] [--table]
       micrograd-like FILE.py:NAME [-o FILE] [--open] [--table]
       micrograd-like --demo NAME [-o FILE] [--open] [--table]
       micrograd-like sweep FILE.py:NAME TABLE [NAME=NUMBER ...] [-o FILE]
       micrograd-like explain|sensitivities|source|sweep --help"""

COMMANDS = "explain", "sensitivities", "source", "sweep"  # on functions, with a --help of their own
NAMES_OF_NUMBERS = ", ".join(NAMED_NUMBERS)
EXAMPLES = f"""examples:
  micrograd-like "apple * n * tax" apple=100 n=2 tax=1.1
  micrograd-like "price = apple * n; price * tax" apple=100 n=2 tax=1.1 -o apples.svg
  micrograd-like "log(x) if x > 1 else x - 1" x=0.5 --table
  micrograd-like shop.py:total -o shop.html --open
  micrograd-like sensitivities "apple * n * tax" apple=100±5 n=2 tax=1.05..1.15

An expression has names, numbers, + - * / // % **, comparisons, and or not, `a if c else b`, {NAMES_OF_NUMBERS}, and
{fill(", ".join(sorted(CALLABLE)), 78)}.
It may be written as it is printed, with × ÷ − and x², and with full-width signs.
In the tree that is printed, ↑ marks a value met before, and Σ the sum of its derivatives.
"""

DEMOS = {
    "apples": ("price = apple * n; total = price * tax", "apple=100 n=2 tax=1.1"),
    "fruit": (
        "apple_price = apple * n_apples; orange_price = orange * n_oranges; "
        "subtotal = apple_price + orange_price; total = subtotal * tax",
        "apple=100 n_apples=2 orange=150 n_oranges=3 tax=1.1",
    ),
    "colah": ("c = a + b; d = b + 1; e = c * d", "a=2 b=1"),
    "reuse": ("y = x * x + x ** 3 / 7", "x=3"),
    "neuron": ("n = x1 * w1 + x2 * w2 + b; out = tanh(n)", "x1=2 x2=0 w1=-3 w2=1 b=6.8813735870195432"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and answer the exit code: 0, 1 for an error in the user's text, 2 for a wrong command.

    >>> main(["apple * n", "apple=100", "n=2"])
                        value  ∂output/∂
    output = apple × n    200  ← 1
    ├─ apple              100  ← 2
    └─ n                    2  ← 100
    0
    """
    parser = command_line()
    words = [*(sys.argv[1:] if argv is None else argv)]
    try:
        if is_command(words) and words[0] == "sweep":
            run_sweep(words[1:])
        elif is_command(words):
            from .models.commands import run_command

            print(for_terminal(run_command(words[0], expressions_apart(words[1:]))))
        else:
            options = parser.parse_intermixed_args(expressions_apart(words))
            show(chosen_value(options, parser), options)
        sys.stdout.flush()
    except SystemExit as stop:  # from argparse: 0 after --help, 2 after an error
        return int(stop.code or 0)
    except (ExpressionError, Failure) as error:
        say(f"error: {error}")
        return 1
    except BrokenPipeError:  # whoever reads, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


# the command line


def is_command(words: Sequence[str]) -> bool:
    """Whether the first word is a command, and no expression that is a name: `source source=3` is one."""
    return bool(words) and words[0] in COMMANDS and not any(word.startswith(f"{words[0]}=") for word in words)


def command_line() -> argparse.ArgumentParser:
    """What may stand on the command line."""
    parser = argparse.ArgumentParser(
        prog="micrograd-like",
        usage=as_called(USAGE),
        description="Compute an expression, its derivatives, and a picture of how they flow.",
        epilog=encoded(as_called(EXAMPLES), getattr(sys.stdout, "encoding", None) or "utf-8"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    about = "an expression, then what its names stand for; or a file and the variable of it to show"
    add("words", nargs="*", metavar="EXPRESSION NAME=NUMBER", help=about)
    add("--demo", choices=DEMOS, help="show an example, and what to type for it")
    add("-o", "--output", metavar="FILE", type=Path, help=f"draw it too, .html to step through: {', '.join(FORMS)}")
    add("--direction", choices=["right", "down"], default="right", help="which way the arrows of the picture run")
    add("--open", action="store_true", help="open the picture when it is written")
    add("--table", action="store_true", help="print a table, one line for each value, instead of the tree")
    add("--version", action="version", version=f"%(prog)s {version()}, {twin()}")
    return parser


def as_called(text: str) -> str:
    """The text with the command as it was called: `python -m micrograd_like` where that was typed."""
    by_module = os.path.abspath(sys.argv[0]) == os.path.abspath(__file__)
    return text.replace("micrograd-like ", "python -m micrograd_like ") if by_module else text


def version() -> str:
    """That of the installed package."""
    try:
        return metadata.version("micrograd_like")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def twin() -> str:
    """Which twin runs: what is compiled, or Python alone."""
    from .core import core

    return "with the compiled core" if core else "in pure Python"


def expressions_apart(argv: Sequence[str]) -> list[str]:
    """The arguments, with a blank before an expression such as `-x * 2`, so that it is not taken for an option."""
    option = re.compile("-[oh]|--|--[a-z][a-z-]{,20}(=.*)?", re.DOTALL)
    return [f" {word}" if word.startswith("-") and not option.fullmatch(word) else word for word in argv]


def chosen_value(options: argparse.Namespace, parser: argparse.ArgumentParser) -> Value:
    """The Value that the words of the command line ask for."""
    words, options.watch = options.words, None
    if options.open and not options.output:
        parser.error("--open opens the picture that -o FILE writes: say which, as in -o picture.svg --open")
    if options.output and options.output.suffix.lower() not in FORMS:
        parser.error(
            f"a picture is written as {', '.join(FORMS)}: {quoted(str(options.output))} has none of these suffixes"
        )
    if options.demo:
        if words:
            parser.error(f"--demo {options.demo} brings its own expression: leave out {quoted(words[0])}")
        words = demo(options.demo)
    if not words:
        parser.error("there is no expression: write one, such as 'apple * n' apple=100 n=2, or see --help")
    path, _, name = words[0].rpartition(":")
    if words[0].endswith(".py") or path.endswith(".py"):
        if not name.isidentifier() or words[1:]:
            parser.error(f"one variable of a file is named as in shop.py:total, not as in {quoted(' '.join(words))}")
        with Watch() if is_page(options.output) else nullcontext() as options.watch:
            return variable_of_file(Path(path), name)
    if re.search(r"\.[a-z]+$", words[0]) and os.path.isfile(words[0]):
        parser.error(
            f"{quoted(words[0])} is a file: write the expression itself, or FILE.py:NAME for a program's variable"
        )
    return evaluated(words[0], inputs_from(words[1:], parser))


def demo(name: str) -> list[str]:
    """The words of an example, after printing what one would type."""
    expression, inputs = DEMOS[name]
    print(as_called(f'micrograd-like "{expression}" {inputs}\n'))
    return [expression, *inputs.split()]


def inputs_from(words: Sequence[str], parser: argparse.ArgumentParser) -> dict[str, float]:
    """What each name stands for: `apple=100` and so on, read."""
    inputs: dict[str, float] = {}
    for word in words:
        name, equals, text = (part.strip() for part in in_python_signs(word).partition("="))
        name = unicodedata.normalize("NFKC", name)  # as Python reads names
        if not equals:
            parser.error(f"{quoted(word)} is not NAME=NUMBER, such as apple=100")
        if not name.isidentifier() or keyword.iskeyword(name):
            parser.error(f"{quoted(name)} cannot be a name in an expression: take letters, digits and _")
        if name in inputs:
            parser.error(f"{quoted(name)} is given twice")
        try:
            inputs[name] = float(text)
        except ValueError:
            parser.error(f"{quoted(name)} needs a number, not {quoted(text)}")
        if math.isinf(inputs[name]) and "inf" not in text.lower():
            parser.error(f"{quoted(text)} is beyond the largest float, 1.8e308: infinity is written inf")
    return inputs


def evaluated(text: str, inputs: dict[str, float]) -> Value:
    """An expression at these numbers; one that is not used is told."""
    expression = Expression(text)
    output = expression.value(inputs)
    unused = [name for name in inputs if name not in expression.names]
    if unused:
        say(f"note: the expression does not use {quoted(', '.join(unused))}")
    return output


# commands that have a command line of their own


def run_sweep(words: Sequence[str]) -> None:
    """Run the command of tables; what goes wrong in it is told in one line."""
    from .models.tables.command import command

    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            command(words, function_of_file, say)
        for warning in told:
            say(f"note: {warning.message}")
    except (Failure, BrokenPipeError):
        raise
    except Exception as error:
        notes = "".join(f", {note}" for note in getattr(error, "__notes__", []))
        kind = "" if isinstance(error, TypeError | ValueError | OSError | ImportError) else f"{type(error).__name__}: "
        raise Failure(f"{kind}{error}{notes}".replace('col("…")', ":…")) from None  # as a command has it


def function_of_file(word: str) -> Any:
    """The function that FILE.py:NAME stands for."""
    path, _, name = word.rpartition(":")
    if not path.endswith(".py") or not name.isidentifier():
        raise Failure(f"a function of a file is named as in shop.py:price, not as in {quoted(word)}")
    variables = variables_after_running(Path(path))
    if callable(variables.get(name)):
        return variables[name]
    functions = [other for other, x in variables.items() if type(x) is FunctionType]
    known = f": its functions are {', '.join(functions)}" if functions else ", and no function at all"
    raise Failure(f"{path} has no function {quoted(name)}{suggestion(name, functions) or known}")


# a variable of the user's own file


def variable_of_file(path: Path, name: str) -> Value:
    """The Value that the file calls by this name; its other variables name the Values it was computed from."""
    variables = variables_after_running(path)
    found = variables.get(name)
    if isinstance(found, Value):
        for v, variable_name in names_by_value({name: found}, variables).items():
            v.name = v.name or variable_name
        return found
    if name in variables:
        hint = f": call it in the file, as in y = {name}(Value(3)), and show y" if callable(found) else ""
        raise Failure(
            f"{quoted(name)} in {path} is of type {type(found).__name__}, and only a Value can be drawn{hint}"
        )
    values = [other for other, x in variables.items() if isinstance(x, Value)]
    hint = suggestion(name, values) or (f": its Values are {', '.join(values)}" if values else ", and no Value at all")
    raise Failure(f"{path} has no variable {quoted(name)}{hint}")


# results


def show(output: Value, options: argparse.Namespace) -> None:
    """Print the value and its derivatives, and write the picture if there is to be one."""
    try:
        drawing = draw(output, direction=options.direction)
        text = drawing.table() if options.table else str(drawing)
    except ImportError as error:  # the derivative of gamma asks for SciPy
        raise Failure(str(error)) from None
    print(text)
    if options.output:
        save(drawing, output, options)
        say(f"wrote {options.output}")
    if options.open:
        webbrowser.open(options.output.resolve().as_uri())


def is_page(path: Path | None) -> bool:
    """Whether the file is to be an explorer."""
    return path is not None and path.suffix.lower() == ".html"


def save(drawing: Drawing, output: Value, options: argparse.Namespace) -> None:
    """Write the picture; of a user's file, the page has the lines in which each Value was computed."""
    path = options.output
    try:
        if options.watch:
            places = [options.watch.places.get(v) for v in topological_order(output)]
            path.write_text(page_of(drawing._scene, places), encoding="utf-8")
        else:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                drawing.save(path)
            for warning in told:
                say(f"note: {warning.message}")
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror or error}") from None
    except (DrawingError, ValueError) as error:
        raise Failure(str(error)) from None


def say(message: str) -> None:
    """A message, apart from results."""
    print(f"micrograd-like: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
