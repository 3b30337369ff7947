"""Graphviz at work: the `dot` program of the system, or else the library inside pygraphviz."""

from __future__ import annotations


class DrawingError(RuntimeError):
    """A picture cannot be made, and why."""


def laid_out(source: str, kind: str) -> bytes:
    """The picture of DOT text as the bytes of an "svg", "png" or "pdf" file."""
    picture = by_program(source, kind)
    if picture is None:
        picture = by_library(source, kind)
    if picture is None:
        raise DrawingError(
            "a picture needs Graphviz: there is no `dot` program and no pygraphviz here; "
            'apt install graphviz, or pip install "micrograd_like[draw]"'
        )
    return picture


def by_program(source: str, kind: str) -> bytes | None:
    """None where there is no `dot`."""
    from subprocess import CalledProcessError

    import graphviz

    try:
        return bytes(graphviz.Source(source).pipe(format=kind, quiet=True))
    except graphviz.ExecutableNotFound:
        return None
    except CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip()
        raise DrawingError(f"Graphviz's dot failed on this picture: {said or error}") from error


def by_library(source: str, kind: str) -> bytes | None:
    """None where there is no pygraphviz."""
    try:
        import pygraphviz
    except ImportError:
        return None
    try:
        return bytes(pygraphviz.AGraph(string=source).draw(format=kind, prog="dot"))
    except ValueError as error:
        raise DrawingError(f"Graphviz, inside pygraphviz, failed on this picture: {error}") from error
