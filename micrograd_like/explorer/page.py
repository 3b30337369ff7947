"""The explorer's page: the user's names, formulas and source as JSON, the program, the pictures, and the frame of it.

Nothing of the user's is markup: it travels as JSON and is shown as text.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache

from ..errors import DrawingError
from ..pictures import compact, svg
from ..pictures.layout import laid_out
from ..pictures.palette import HEAT, LIGHT, OF_LARGE, PALETTE
from ..words.notation import formula
from ..words.numbers import number, short
from .listing import listing
from .live import as_json, nameless
from .parts import Picture, pictures_of
from .reasons import reasons_of
from .rules import GAP, local_slope

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

    from ..pictures.scene import Mark
    from ..pictures.view import Spot
    from .explorer import Explorer

PACKED = 30_000  # characters of JSON, beyond which it is compressed
MOST_MARKS = 2400  # in all pictures
LEAST_MARKS = 600  # of a page that is too large, before it does without a program
LONGEST_LINE = 120  # of the places of questions
LARGEST_PAGE = 80_000  # bytes of a page beside its pictures, beyond which something is left out


class Page:
    """A page in the making."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.scene = explorer._scene
        self.live = explorer._live
        self.reason = explorer._reason
        self.most = MOST_MARKS
        self.pictures = pictures_of(self.scene, explorer._title, self.most)
        self.shapes = shapes_of(self.pictures)
        self.nameless = nameless(self.scene)
        self.reasons = reasons_of(self.scene, self.nameless) if self.scene.derivatives else {}
        self.program_size = self.source_size = 0
        self.has_source = True
        self.has_script = True  # as it is; else compressed
        self.numbers: dict[int, list[Any]] = {}  # those that are seen, on a page that cannot compute them

    def text(self) -> str:
        """The page as HTML."""
        beside = self.beside()
        frame = part_of_page("explorer.html")
        while sum(len(text.encode()) for text in (frame, *beside.values())) > LARGEST_PAGE and self.made_smaller():
            beside = self.beside()
        first, *others = self.drawings()
        parts = beside | {"GRAPH": first, "DRAWINGS": packed(dumped(others))}
        return re.sub(r"__([A-Z]+)__", lambda match: parts[match[1]], frame)

    def made_smaller(self) -> bool:
        """Compress the script, or leave out a long source, parts of the pictures, the program, more of the pictures."""
        if self.has_script:
            self.has_script = False
            return True
        if self.source_size > LARGEST_PAGE // 4:
            self.has_source, self.source_size = False, 0
            return True
        least = LEAST_MARKS if self.live else 0
        if self.most > least and self.program_size < LARGEST_PAGE // 2:
            self.most = self.most // 2 if self.most > LEAST_MARKS else 0
            self.pictures = pictures_of(self.scene, self.explorer._title, self.most)
            self.shapes = shapes_of(self.pictures)
            return True
        if not self.live:
            return False
        self.reason = (
            f"a program of {len(self.scene.marks)} values does not fit into a small page; explore a part of the "
            "computation"
        )
        self.live = None
        return True

    def beside(self) -> dict[str, str]:
        """All of the page but its pictures."""
        from html import escape

        self.numbers.clear()
        program, functions = self.live.page() if self.live else ({}, "const F={},O=[];")
        self.program_size = len(packed(dumped(program)))
        data = self.data()
        self.source_size = len(packed(dumped([picture["source"] for picture in data["pictures"]])))
        return {
            "TITLE": escape(self.explorer._title),
            "STYLE": style(),
            "DATA": packed(dumped(data | program)),
            "SCRIPT": (as_it_is if self.has_script else on_arrival)(f"{functions}\n{script()}"),
        }

    def drawings(self) -> list[str]:
        """One for each shape of picture; in place of the first, if there can be none, why."""
        from html import escape

        found: list[str] = []
        try:
            for picture in self.shapes.values():
                label = f"Computational graph of {picture.title}"
                drawn = svg.finished(laid_out(picture.source(), "svg"), label)
                found.append(re.sub(r"<style>.*?</style>", "", drawn, count=1, flags=re.DOTALL))
        except DrawingError as reason:
            return [f'<p class="none">{escape(str(reason))}</p>']
        return found

    def data(self) -> dict[str, Any]:
        drawings = {shape: k for k, shape in enumerate(self.shapes)}
        return {
            "root": self.scene.output.label,
            "pictures": [self.picture(picture, drawings[picture.shape]) for picture in self.pictures],
            "values": len(self.scene.marks),
            "output": len(self.scene.marks) - 1,
            "numbers": list(self.numbers.values()),
            "why": self.reason,
            "reasons": {self.place(k): lines for k, lines in self.reasons.items()},
            "once": self.explorer._once,
            "asked": [short(str(place), LONGEST_LINE) if place else "" for place in self.explorer._questions],
            "fill": [LIGHT["value"], LIGHT["derivative"], LIGHT["inner name"]],
            "heat": [light for light, _ in HEAT],
        }

    def picture(self, picture: Picture, drawing: int) -> dict[str, Any]:
        """What the page knows of a picture; `again` if its drawing was made for another one with other names."""
        scene, spots = picture.scene, picture.spots
        nodes = [self.spot(picture, x) for x in spots] or [self.node(picture, x) for x in scene.marks]
        again = picture is not self.shapes[picture.shape]
        for node, spot in zip(nodes, spots if again else (), strict=False):
            node["text"] = compact.lines_of(spot)
        return {
            "title": picture.title,
            "above": picture.above,
            "drawing": drawing,
            "again": again,
            "folded": bool(spots),
            "out": scene.output.label,
            "nodes": columns(nodes),
            "root": picture.row(scene.output),
            "left": picture.view.left_out if picture.view else 0,
            "source": listing(self.explorer._places, picture, self.explorer._code) if self.has_source else [],
        }

    # values

    def node(self, picture: Picture, mark: Mark) -> dict[str, Any]:
        """A value: its names, how it was computed, where its numbers are, and the arrows that lead to it."""
        name = self.nameless.get(picture.places[mark.index])
        node: dict[str, Any] = {
            "i": mark.index,
            "name": name or mark.label,
            "cell": self.cell(picture, mark),
        }
        if mark.uses != 1:
            node["uses"] = mark.uses
        if mark.name or name:
            node["named"] = True
        if mark.op:
            gaps = [number(x) if isinstance(x, float) else chr(GAP + i) for i, x in enumerate(mark.inputs)]
            node |= {"op": mark.operation, "how": formula(mark.op, mark.inputs, gaps)}
            if mark.op.is_sign:
                node["sign"] = True
        node["arrows"] = [self.arrow(picture, mark, j, x, share) for j, x, share in mark.arrows]
        return node

    def cell(self, picture: Picture, mark: Mark) -> int:
        """Where the page finds the numbers of a value: in the program, or, without one, in a list."""
        k = picture.places[mark.index]
        if not self.live:
            self.numbers.setdefault(k, [k, as_json(mark.data), as_json(mark.derivative)])
        return self.place(k)

    def place(self, k: int) -> int:
        """Where the page finds the numbers of a value by its place in the whole."""
        return self.live.place(self.live.values[k]) if self.live else k

    def arrow(self, picture: Picture, mark: Mark, j: int, x: Mark, share: float) -> list[Any]:
        """From which mark it comes and as which input, the rule in words, and, without a program, slope and share."""
        start = picture.row(x)
        if self.live:
            return [start, j] if picture.view else [start, j, slope_words(mark, j)]
        backward = mark.closed._backward if mark.closed else None
        slope = (backward(1.0)[j] if backward else 0.0) or 0.0
        words = "the rule of the operation says" if mark.closed else "nothing arrives here, so nothing goes on:"
        return [start, j, words, as_json(slope), as_json(share)]

    def spot(self, picture: Picture, spot: Spot) -> dict[str, Any]:
        """A mark of a folded picture: a value, or several as one."""
        assert picture.view
        if spot.kind == "value":
            node = self.node(picture, spot.mark)
        else:
            seen = spot.marks if self.live else [spot.hottest, spot.mark]
            node = {
                "i": spot.mark.index,
                "name": compact.title(spot),
                "kind": spot.kind,
                "count": len(spot.marks),
                "cell": self.cell(picture, spot.mark),
                "cells": differences([self.cell(picture, mark) for mark in seen]),
                "arrows": [[start.index] for start, end in picture.view.arrows if end is spot],
            }
        if spot in picture.opens:
            node["opens"] = picture.opens[spot]
        return node


def shapes_of(pictures: list[Picture]) -> dict[object, Picture]:
    """The first picture of each shape: the one that is drawn."""
    shapes: dict[object, Picture] = {}
    for picture in pictures:
        shapes.setdefault(picture.shape, picture)
    return shapes


def slope_words(mark: Mark, j: int) -> str:
    """The local derivative of a value by its input j in words, with gaps for the names of the inputs and its own."""
    assert mark.op
    names = [x if isinstance(x, float) else chr(GAP + i) for i, x in enumerate(mark.inputs)]
    numbers = [x if isinstance(x, float) else x.data for x in mark.inputs]
    return local_slope(mark.op, names, numbers, (chr(GAP + len(names)), mark.data), j)


def differences(numbers: list[int]) -> list[int]:
    """Each number less the one before it: these are small and alike, and compress well."""
    return [x - before for x, before in zip(numbers, [0, *numbers], strict=False)]


def columns(nodes: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The nodes as columns, in which like stands by like; places become differences, and so do names like v7, v8."""
    table: dict[str, list[Any]] = {
        key: [node.get(key) for node in nodes] for key in dict.fromkeys(key for node in nodes for key in node)
    }
    table["cell"] = differences(table["cell"])
    before = 0
    for k, (name, named) in enumerate(zip(table["name"], table.get("named", [None] * len(nodes)), strict=True)):
        if not named and re.fullmatch(r"v[1-9]\d*", name):
            table["name"][k] = int(name[1:]) - before
            before = int(name[1:])
    return table


# what the page is made of


@cache
def part_of_page(name: str) -> str:
    """A file that is part of every page."""
    from importlib.resources import files

    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def dumped(data: Any) -> str:
    """Data as JSON that may stand in a `<script>`."""
    from json import dumps

    text = dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")


def packed(text: str) -> str:
    """JSON as it is; if it is long, compressed, as a string of letters and digits."""
    return text if len(text) <= PACKED else compressed(text)


def compressed(text: str) -> str:
    """A text as a string of letters and digits."""
    from zlib import compress

    return f'"{b64encode(compress(text.encode(), 9)).decode()}"'


SCRIPTS = ("program", "picture", "steps", "inputs", "zoom", "controls", "ask", "downhill")  # within explorer.js


@cache
def script() -> str:
    """The script without its comments and margins, which would be an eighth of a small page."""
    parts = "".join(part_of_page(f"{name}.js") for name in SCRIPTS)
    text = part_of_page("explorer.js").replace("__PARTS__\n", parts)
    return re.sub(r"(?m)^ +|^\n|^//.*\n| // [^\"'`\n]*$", "", text)


def as_it_is(text: str) -> str:
    """A script as an element."""
    return f'<script>\n"use strict";\n{text}</script>'


def on_arrival(text: str) -> str:
    """A script as elements that unpack and run it."""
    text = compressed(f"'use strict';\n{text}")
    loader = (
        "{const e=document.createElement('script'),b=Uint8Array.from(atob(JSON.parse("
        "document.getElementById('script').textContent)),c=>c.charCodeAt(0));"
        "new Response(new Blob([b]).stream().pipeThrough(new DecompressionStream('deflate'))).text()"
        ".then(text=>{e.textContent=text;document.body.append(e)})}"
    )
    return f'<script type="application/json" id="script">{text}</script>\n<script>{loader}</script>'


@cache
def style() -> str:
    """The style sheet: the picture's colours are the page's, light or dark."""
    colours = (f"--{css_name(role)}:light-dark({light},{dark})" for role, (light, dark) in COLOURS.items())
    rules = (
        f'svg [{what}="{light}"]{{{what}:var(--{css_name(role)})}}'
        for role, (light, _) in COLOURS.items()
        for what in (("fill", "stroke") if role.endswith(STROKES) else ("fill",))
    )
    parts = {"COLOURS": ";".join(colours), "ROLES": "".join(rules)}
    return re.sub(r"__([A-Z]+)__", lambda match: parts[match[1]], part_of_page("explorer.css"))


STROKES = "line", "arrow"  # roles of strokes; an arrow's head is filled too
COLOURS = PALETTE | OF_LARGE | {f"heat {k}": colours for k, colours in enumerate(HEAT)}


def css_name(role: str) -> str:
    """What the style sheet calls a colour."""
    return re.sub(r"\W+", "-", role)
