"""What to say where a number of a run has come to code that cannot be lifted, since it is not written in Python."""

from __future__ import annotations

import ast
import sys
from types import ModuleType

from ..graph import Node
from ..runs.foreign import OF_FLOATS_TOO, is_foreign
from ..runs.positions import Place, by_the_user, line_of
from ..runs.users import is_installed, is_users_file

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

OF_MEMORY = " of an array leads to its memory"
AS_A_FLOAT = " would lose its derivative as a plain float"
OF_COMPILED_CODE = (  # how compiled code speaks of arrays of objects, and of what is no float
    r"pyobject|required argument is not a float|array of references|bad argument type for built-in"
    r"|Buffer dtype mismatch|Cannot convert .*Value|<class 'micrograd_like\.value\.Value'>"
)
COMPILED = {"numpy", "scipy", "pandas", "numba", "matplotlib"}  # whose Python leads to C
SENTENCE = "{number} came to {called} in {function}, at {place}\n{reason}"
COMPILED_CODE = (
    "That is compiled, or takes plain floats alone: no derivative goes through it. If you know the derivative, make an "
    "operation, {name} = micrograd_like.function({name!r}, lambda {x}: {own}, lambda {x}, out, g: g * slope), with "
    "the slope that you know, and call that; or write in Python what is computed there"
)
OF_COMPLEX = (
    "Derivatives are of real numbers, and no complex one can hold a number that is followed: compute the real and the "
    "imaginary part as two numbers, or make an operation, {name} = micrograd_like.function({name!r}, lambda {x}: "
    "{own}, lambda {x}, out, g: g * slope), with the slope that you know"
)
OF_A_SCALAR = (
    "There it is asked for what NumPy's scalars have, and floats and truths have not: give {called} arrays of one "
    "number, np.array([x]), and take the answer's [0]"
)
OF_SUPER = (
    "In a run, what is made of a number that is followed has a twin of its class, which super(...) with arguments does "
    "not know: write super() without any there, which does the same"
)
NOT_OF_ITS_CLASS = "super(type, obj): obj "


def said_of_unlifted(error: BaseException, f: Any) -> str:
    """The sentence about an error of code in which no derivative can be followed; nothing about any other."""
    if is_our_sentence(error):
        return ""
    met = next((each for each in reversed(errors_behind(error)) if is_of_a_value(each)), None)
    if met is None:
        return ""
    places, inner_places = [*places_of(error)], [*places_of(met)]
    inner = [place for place in (*places, *inner_places) if is_a_step(place)]
    is_python = "'complex'" in str(met) or OF_MEMORY in str(met) or is_of_a_scalar(met)
    if not inner or (
        is_python and len({place.code for place in inner}) == 1
    ):  # in f itself what the error says is clear
        return ""
    outer = next((place for place in reversed(places) if not is_installed(place.file)), inner[-1])
    called = called_at(outer)
    own, parameter = call_written(outer)
    if not called or "super()" in called:
        called, own, parameter = str(getattr(f, "__name__", "f")), "", "x"
    name = called.rpartition(".")[2]
    name = "mine" if not name.isidentifier() or name.startswith("__") else name if "." in called else f"my_{name}"
    reason = OF_A_SCALAR if is_of_a_scalar(met) else OF_SUPER if NOT_OF_ITS_CLASS in str(met) else COMPILED_CODE
    reason = OF_COMPLEX if "complex" in str(met) + called_at(inner[-1]) else reason
    return SENTENCE.format(
        number=called_in(str(met)),
        called=called_at(inner[-1]) or inner[-1].expression,
        function=function_at(inner[-1].code),
        place=inner[-1],
        reason=reason.format(name=name, own=own or f"{called}(x)", x=parameter, called=called),
    )


def is_our_sentence(error: BaseException) -> bool:
    """Whether this package has raised the error, and said more than that a float is asked for."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return (
        not any(part in str(error) for part in (AS_A_FLOAT, OF_MEMORY, "'complex'"))
        and trace is not None
        and not by_the_user(trace.tb_frame)
    )


def is_of_a_value(error: BaseException) -> bool:
    """Whether the error was raised since a number that is followed stands in the place of a float."""
    from re import search

    said = str(error)
    if AS_A_FLOAT in said or OF_MEMORY in said or said.startswith(NOT_OF_ITS_CLASS) or is_of_a_scalar(error):
        return True
    if isinstance(error, TypeError | AttributeError) and type(error).__module__ == "builtins" and is_foreign(error):
        return True
    return bool(search(OF_COMPILED_CODE, said) and not search(OF_FLOATS_TOO, said))


def is_of_a_scalar(error: BaseException) -> bool:
    """Whether NumPy's number would have answered in place of the error: it is indexed, and has methods of arrays."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        return False
    if isinstance(error, AttributeError):
        kind = numpy.bool_ if isinstance(error.obj, bool) else numpy.float64
        is_number = isinstance(error.obj, float | int | Node)
        return is_number and hasattr(kind, error.name or "") and not hasattr(0.0, error.name or "")
    return str(error) == "'Value' object is not subscriptable"


def places_of(error: BaseException) -> Iterator[Place]:
    """Where the error came through code in Python of the user and of libraries, from the outside."""
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        root = str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0]
        if is_users_file(code.co_filename) and root not in COMPILED:
            yield Place(code, trace.tb_lasti)
        trace = trace.tb_next


def is_a_step(place: Place) -> bool:
    """Whether there is something computed at a place: compiled code tells of its functions, or has no source."""
    if place.span[3] and place.statement.startswith("def "):  # a function on one line: C's has no columns
        return True
    return not place.statement.startswith(("def ", "@")) and (bool(place.statement) or place.file.startswith("<"))


def call_at(place: Place) -> ast.Call | None:
    """The call at a place, as the program writes it, if it is one."""
    first, last, start, end = place.span
    lines = [line_of(place.file, k).encode() for k in range(first, last + 1)]
    if not lines or end <= 0:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    try:
        tree = ast.parse(b"".join(lines).decode(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return tree if isinstance(tree, ast.Call) else None


def called_at(place: Place) -> str:
    """The function that is called at a place; "" if it is no call."""
    call = call_at(place)
    return ast.unparse(call.func) if call else ""


def call_written(place: Place) -> tuple[str, str]:
    """A call of one variable of the function, as the program writes it, and that variable; else "", and x."""
    call = call_at(place)
    names = {x.id for x in ast.walk(call) if isinstance(x, ast.Name)} if call else set()
    own = sorted(names & {*place.code.co_varnames, *place.code.co_cellvars, *place.code.co_freevars})
    return (ast.unparse(call), own[0]) if call and len(own) == 1 else ("", "x")


def function_at(code: CodeType) -> str:
    """The function that this is the code of, with its module."""
    modules = [m for m in [*sys.modules.values()] if isinstance(m, ModuleType)]
    name = next((m.__name__ for m in modules if vars(m).get("__file__") == code.co_filename), "")
    return ".".join(part for part in (name, getattr(code, "co_qualname", code.co_name)) if part)


def called_in(said: str) -> str:
    """What the error calls the number."""
    before, found, _ = said.partition(AS_A_FLOAT)
    name = before.rpartition(": ")[2] if found else ""
    return name if name.isidentifier() else "a number computed of the inputs"


def errors_behind(error: BaseException) -> list[BaseException]:
    """The error, and those that it came of."""
    found: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and all(each is not known for known in found):
        found.append(each)
        each = each.__cause__ or each.__context__
    return found
