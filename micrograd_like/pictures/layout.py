"""Graphviz at work: the `dot` program of the system, or else the library inside pygraphviz."""

from __future__ import annotations

import os
from contextlib import contextmanager

from ..errors import DrawingError

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_ERROR = 2
SIGNATURES = {  # what a whole picture begins with, or has near its beginning, and what it has near its end
    "svg": (b"<svg", b"</svg>"),
    "png": (b"\x89PNG", b"IEND"),
    "pdf": (b"%PDF", b"%%EOF"),
}
NEAR_AN_END = 1000  # bytes


def laid_out(source: str, kind: str) -> bytes:
    """The picture of DOT text as the bytes of an "svg", "png" or "pdf" file."""
    failure: DrawingError | None = None
    for lay_out in (by_program, by_library):
        try:
            picture = lay_out(source, kind)
        except DrawingError as error:
            failure = failure or error
        else:
            if picture is not None:
                return picture
    raise failure or DrawingError(
        "a picture needs Graphviz: there is no `dot` program and no pygraphviz here; "
        'apt install graphviz, or pip install "micrograd_like[draw]"'
    )


def by_program(source: str, kind: str) -> bytes | None:
    """The picture that the system's `dot` makes; None where there is none."""
    from subprocess import CalledProcessError

    import graphviz

    try:
        picture = bytes(graphviz.pipe("dot", kind, source.encode(), quiet=True))
    except graphviz.ExecutableNotFound:
        return None
    except OSError as error:  # a `dot` that does not run, or a system that runs no programs
        raise DrawingError(f"Graphviz's dot cannot be run: {error.strerror or error}") from error
    except CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip()
        raise DrawingError(f"Graphviz's dot failed on this picture: {said or error}") from error
    if not is_complete(picture, kind):
        raise DrawingError(f"what is called dot here made no {kind} of this picture: is it Graphviz's?")
    return picture


def by_library(source: str, kind: str) -> bytes | None:
    """The picture that pygraphviz makes; None where there is none."""
    try:
        import pygraphviz
    except (ImportError, OSError):  # an OSError, where a library that it needs is not there
        return None
    try:
        with silent_stderr():
            picture = bytes(pygraphviz.AGraph(string=source).draw(format=kind, prog="dot"))
    except (ValueError, TypeError, OSError) as error:
        raise DrawingError(f"Graphviz, inside pygraphviz, failed on this picture: {error}") from error
    if not is_complete(picture, kind):
        raise DrawingError(f"Graphviz, inside pygraphviz, made no {kind} of this picture")
    return picture


def is_complete(picture: bytes, kind: str) -> bool:
    """Whether this is a file of that kind, from its beginning to its end."""
    start, end = SIGNATURES[kind]
    return start in picture[:NEAR_AN_END] and end in picture[-NEAR_AN_END:]


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Keep a library from writing past Python: fontconfig warns of its own files on each picture."""
    try:
        kept, nowhere = os.dup(STANDARD_ERROR), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # there is no standard error
        yield
        return
    try:
        os.dup2(nowhere, STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)
