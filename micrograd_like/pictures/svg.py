"""Graphviz's SVG made fit for a page: scales, has tooltips, follows light and dark, reads as one image."""

from __future__ import annotations

from ..words.numbers import number
from .palette import dark_mode

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from .scene import Scene

MOST_INPUTS_NAMED = 8  # of inputs
SVG_NAMESPACE = "http://www.w3.org/2000/svg"
LINK_TITLE = "{http://www.w3.org/1999/xlink}title"


def alternative(scene: Scene) -> str:
    """The alternative text of a picture, for those who do not see it."""
    inputs = [mark.label for mark in scene.marks[:-1] if not mark.op]
    of = f"Computational graph of {scene.output.label}, {number(scene.output.data)}"
    return f"{of}, computed from {in_a_sentence(inputs)}" if inputs else of


def in_a_sentence(names: list[str]) -> str:
    """The first of the names, and how many more there are."""
    more = [f"{len(names) - MOST_INPUTS_NAMED} more"] if len(names) > MOST_INPUTS_NAMED else []
    *first, last = [*names[:MOST_INPUTS_NAMED], *more]
    return f"{', '.join(first)} and {last}" if first else last


def finished(svg: bytes, label: str) -> str:
    """The picture that Graphviz made, as one `<svg>` element for a file or a page; `label` says what it shows.

    It takes the size that Graphviz gave it, or less where there is less room.
    """
    from xml.etree import ElementTree as ET
    from zlib import crc32

    root = ET.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG_NAMESPACE}}}")
    for group in root.iter("g"):
        take_in_tooltips(group)
    make_ids_unique(root, f"mgl{crc32(svg):08x}-")
    root.attrib = root_attributes(root, label)
    style = ET.Element("style")
    style.text = dark_mode(".mgl")
    root.insert(0, style)
    return ET.tostring(root, encoding="unicode")


def root_attributes(root: Element, label: str) -> dict[str, str]:
    """The attributes of the `<svg>` element."""
    return {
        "xmlns": SVG_NAMESPACE,
        "class": "mgl",
        "viewBox": root.get("viewBox", ""),
        "role": "img",
        "aria-label": label,
        "style": f"width:{root.get('width')};height:auto;max-width:100%",
    }


def take_in_tooltips(group: Element) -> None:
    """Graphviz wraps what has a tooltip in `<g><a>` and titles the mark with its id: unwrap, and title it properly."""
    titles = [x for x in group if x.tag == "title"]
    tip = ""
    for child in list(group):
        link = child.find("a")
        if link is not None:
            tip = tip or link.get(LINK_TITLE, "")
            place = list(group).index(child)
            group[place : place + 1] = list(link)
    for title in titles:
        title.text = tip
        if not tip:
            group.remove(title)


def make_ids_unique(root: Element, prefix: str) -> None:
    """Put a prefix before each id, so that several pictures on one page share none."""
    for group in root.iter("g"):
        if group.get("class") == "graph":
            del group.attrib["id"]
        elif "id" in group.attrib:
            group.set("id", prefix + group.get("id", ""))
