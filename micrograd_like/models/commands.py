"""The commands of the command line for models: `sensitivities`, `explain` and `source`."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from ..errors import ExpressionError
from ..files import Failure, variables_after_running
from ..words.pointing import quoted, suggestion
from .formula import model_of_text
from .pm import pm

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

USAGES = {
    "sensitivities": """micrograd-like sensitivities EXPRESSION|FILE.py:NAME [NAME=INPUT ...] [--corr A,B=R ...]
       [--draws N] [--seed N] [--coverage P] [--markdown | --json] [-o FILE]""",
    "explain": "micrograd-like explain FILE.py:NAME BEFORE.json AFTER.json [--markdown | --json] [-o FILE]",
    "source": "micrograd-like source EXPRESSION|FILE.py:NAME [NAME=NUMBER ...] [--grad] [-o FILE.py]",
}
ABOUT = {
    "sensitivities": "What moves the answer of a function, by how much, and whether the straight line holds.",
    "explain": "What changed the answer of a function between two sets of inputs.",
    "source": "What a function does with numbers, recorded as plain Python; with its derivatives, if asked.",
}
ABOUT_INPUTS = """An input is a number, or one with its standard uncertainty, as apple=100±5, apple=100+-5,
"apple=100(5)" or apple=100±5%; tax=1.05..1.15 is anything between, equally likely. Words and lists are given as JSON
has them.
"""
RANGE = re.compile(r"(.+?)\.\.\.?(.+)")
MARKS = "±", "+-", "+/-", "("
SAID = ArithmeticError, ImportError, OSError, TypeError, ValueError  # errors whose words say what is wrong
SUFFIXES = ".html", ".svg", ".md", ".json", ".txt"


def run_command(command: str, words: Sequence[str]) -> str:
    """What a command prints."""
    parser = PARSERS[command]()
    options = parser.parse_intermixed_args([*words])
    try:
        return RUNNERS[command](options, parser)
    except (ExpressionError, Failure):
        raise
    except Exception as error:  # of the user's function too
        kind = "" if isinstance(error, SAID) else f"{type(error).__name__}: "
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        raise Failure(f"{kind}{error}{notes}") from None


def parser_of(command: str, inputs: str) -> argparse.ArgumentParser:
    """What may stand behind a command; what is the same for all of them."""
    parser = argparse.ArgumentParser(
        prog=f"micrograd-like {command}",
        usage=USAGES[command],
        description=ABOUT[command],
        epilog=ABOUT_INPUTS if command != "explain" else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("model", help="a function of a file, as shop.py:price; or an expression")
    parser.add_argument("inputs", nargs="*", metavar=inputs)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="write it to a file")
    return parser


def with_forms(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The same with the forms of a report."""
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--markdown", action="store_true", help="print it as Markdown")
    forms.add_argument("--json", action="store_true", help="print it as JSON")
    return parser


def sensitivities_parser() -> argparse.ArgumentParser:
    parser = with_forms(parser_of("sensitivities", "NAME=INPUT"))
    parser.add_argument("--corr", action="append", default=[], metavar="A,B=R", help="how two inputs are correlated")
    parser.add_argument("--draws", type=int, help="how many random inputs; 0 for none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--coverage", type=float, default=0.95, metavar="P", help="of intervals; 0.95")
    return parser


def source_parser() -> argparse.ArgumentParser:
    parser = parser_of("source", "NAME=NUMBER")
    parser.add_argument("--grad", action="store_true", help="with its derivatives by all floats")
    return parser


def sensitivities_command(options: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """A report, as it is asked for."""
    from .sensitivities import sensitivities

    f, given = model_and_inputs(options, parser)
    corr = dict(given_correlation(text, parser) for text in options.corr) or None
    asked = {"draws": options.draws, "seed": options.seed, "coverage": options.coverage}
    return in_form(sensitivities(f, given, corr=corr, **asked), options, parser)


def explain_command(options: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """An explanation, as it is asked for."""
    from .explain import explain

    if len(options.inputs) != 2:
        parser.error("explain takes a function and two files with inputs: explain shop.py:price before.json after.json")
    f = function_named_in_file(options.model, parser)
    before, after = map(inputs_in_file, options.inputs)
    return in_form(explain(f, before, after), options, parser)


def source_command(options: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """The source of what is recorded."""
    from ..compile.jit import jit
    from ..transforms.grad import value_and_grad
    from .inputs import Inputs

    f, given = model_and_inputs(options, parser)
    model = Inputs(f, given)
    floats = [k for k, x in enumerate(model.tree) if isinstance(x, float)]
    args, keywords = (
        model.tree[: model.positional],
        dict(zip(model.keywords, model.tree[model.positional :], strict=True)),
    )
    if options.grad and not floats:
        parser.error("--grad asks for derivatives by floats, and none is given: write a point, as in apple=100.0")
    names = [k if k < model.positional else model.arguments[k] for k in floats]
    fast = jit(value_and_grad(f, names) if options.grad else f, check=False)
    fast(*args, **keywords)
    text: str = fast.source
    if options.output:
        options.output.write_text(text, encoding="utf-8")
        return f"wrote {options.output}"
    return text.rstrip("\n")


PARSERS = {
    "sensitivities": sensitivities_parser,
    "explain": lambda: with_forms(parser_of("explain", "BEFORE.json AFTER.json")),
    "source": source_parser,
}
RUNNERS = {"sensitivities": sensitivities_command, "explain": explain_command, "source": source_command}


# what is asked of, and with what


def model_and_inputs(options: argparse.Namespace, parser: argparse.ArgumentParser) -> tuple[Callable[..., Any], Any]:
    """The function, and its inputs by name."""
    is_file = ".py:" in options.model or options.model.endswith(".py")
    given: dict[str, Any] = {}
    for word in options.inputs:
        name, equals, text = (part.strip() for part in word.partition("="))
        if not equals or not name.isidentifier():
            parser.error(f"{quoted(word)} is not NAME=INPUT, such as apple=100±5")
        if name in given:
            parser.error(f"{quoted(name)} is given twice")
        given[name] = uncertain_input(name, text, is_file, parser)
    return (function_named_in_file(options.model, parser) if is_file else model_of_text(options.model, given)), given


def uncertain_input(name: str, text: str, is_file: bool, parser: argparse.ArgumentParser) -> Any:
    """An input from its text."""
    try:
        if match := RANGE.fullmatch(text):
            low, high = (float(part) for part in match.groups())
            if not low < high:
                raise ValueError(f"a range goes from the smaller number to the larger one, not {quoted(text)}")
            return uniform(low, high)
        if any(mark in text for mark in MARKS):
            return pm(text)
        return (int if is_file and re.fullmatch("[+-]?[0-9]+", text) else float)(text)
    except ValueError as error:
        if not is_file or any(mark in text for mark in ("±", "..")):
            why = "" if str(error).startswith("could not") else f": {error}"
            parser.error(f"{quoted(name)} needs a number, as 100 or 100±5, not {quoted(text)}{why}")
    try:
        return json.loads(text)
    except ValueError:
        return {"True": True, "False": False, "None": None}.get(text, text)


def uniform(low: float, high: float) -> Any:
    """Anything between, equally likely."""
    try:
        from scipy.stats import uniform as distribution
    except ImportError:
        raise Failure(f"a range such as {low:g}..{high:g} needs SciPy: pip install 'micrograd_like[fit]'") from None
    return distribution(low, high - low)


def given_correlation(text: str, parser: argparse.ArgumentParser) -> tuple[tuple[str, str], float]:
    """A pair of names and its coefficient: `apple,tax=0.3`."""
    match = re.fullmatch(r"\s*(.+?)\s*,\s*(.+?)\s*=\s*(\S+)\s*", text)
    try:
        if match:
            return (match[1], match[2]), float(match[3])
    except ValueError:
        pass
    return parser.error(f"--corr takes two names and a number, as in apple,tax=0.3, not {quoted(text)}")


def function_named_in_file(text: str, parser: argparse.ArgumentParser) -> Callable[..., Any]:
    """The function that a file calls so: `shop.py:price`."""
    path, _, name = text.rpartition(":")
    if not path.endswith(".py") or not name.isidentifier():
        parser.error(f"a function of a file is named as in shop.py:price, not as in {quoted(text)}")
    variables = variables_after_running(Path(path))
    if name not in variables:
        functions = [other for other, x in variables.items() if callable(x) and not other.startswith("_")]
        hint = suggestion(name, functions) or (f": it has {', '.join(functions[:8])}" if functions else "")
        raise Failure(f"{path} has no function {quoted(name)}{hint}")
    found = variables[name]
    if not callable(found):
        raise Failure(f"{quoted(name)} in {path} is of type {type(found).__name__}, and no function")
    return found  # type: ignore[no-any-return]


def inputs_in_file(path: str) -> dict[str, Any]:
    """The inputs in a JSON file."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise Failure(f"{path} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Failure(f'{path} holds inputs by their names, as {{"apple": 100}}, not {found!r:.60}')
    return found


# how it is shown


def in_form(report: Any, options: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """The report as it is asked for; where it is written to a file, a word about that."""
    if options.output:
        suffix = options.output.suffix.lower()
        forms = [form for form in SUFFIXES if form != ".svg" or hasattr(report, "tornado")]
        if suffix not in forms:
            parser.error(f"a report is written as {', '.join(forms)}: {quoted(str(options.output))} has none of these")
        options.output.write_text(in_suffix(report, suffix), encoding="utf-8")
        return f"{report}\n\nwrote {options.output}"
    if options.json:
        return in_suffix(report, ".json")
    return report.markdown() if options.markdown else str(report)


def in_suffix(report: Any, suffix: str) -> str:
    """The report as a file of this kind holds it."""
    if suffix == ".html":
        body = f'<body style="font-family:Helvetica,Arial,sans-serif;margin:2em">{report._repr_html_()}</body>'
        style = "<style>:root{color-scheme:light dark}</style>"
        head = f'<head><meta charset="utf-8"><title>{report.name}</title>{style}</head>'
        return f'<!DOCTYPE html>\n<html lang="en">{head}{body}</html>\n'
    forms: dict[str, Callable[[], str]] = {
        ".svg": lambda: report.tornado() + "\n",
        ".md": lambda: report.markdown() + "\n",
        ".json": lambda: json.dumps(in_json(report.to_dict()), indent=2, ensure_ascii=False),
        ".txt": lambda: f"{report}\n",
    }
    return forms[suffix]()


def in_json(x: Any) -> Any:
    """Plain data with null in the place of inf and nan, which JSON lacks."""
    if isinstance(x, dict):
        return {key: in_json(y) for key, y in x.items()}
    if isinstance(x, list | tuple):
        return [in_json(y) for y in x]
    return None if isinstance(x, float) and (x != x or abs(x) == float("inf")) else x
