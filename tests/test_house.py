"""What holds for the house: who imports whom, and that CONTRIBUTING.md tells it as it is."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent


def counts() -> Any:
    """The script that counts, `.ci/house.py`."""
    spec = importlib.util.spec_from_file_location("house", ROOT / ".ci" / "house.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


house = counts()
GRAPH = house.module_graph()
FLOORS = house.floors(house.room_graph(GRAPH))
FOLDERS = sorted({module.rpartition(".")[0] for module in GRAPH} - {""})


def test_no_modules_and_no_rooms_import_one_another() -> None:
    assert house.circles(GRAPH) == house.circles(house.room_graph(GRAPH)) == []


def test_a_room_stands_above_all_that_it_imports_from() -> None:
    assert FLOORS.keys() == {house.room_of(module) for module in GRAPH}
    for room, others in house.room_graph(GRAPH).items():
        assert all(FLOORS[other] < FLOORS[room] for other in others)


def test_imports_are_found_wherever_they_are_written() -> None:
    assert "trace.symbol" in GRAPH["transforms.run"]  # at the top, from the neighbour's folder
    assert "compile.native.call" in GRAPH["compile.jit"]  # in a function
    assert "special" in GRAPH["ops"]  # a module that is imported by its name


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}}
    assert house.circles(graph) == [["a", "b", "c"]]
    assert house.floors(graph) == {"d": 0}


@pytest.mark.once
def test_files_and_functions_are_short_and_each_name_is_defined_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert house.main() == 0, capsys.readouterr().out


def test_the_table_knows_nothing_of_what_stands_on_it() -> None:
    assert GRAPH["ops"] == {"operation", "special"}


def test_contributing_tells_each_room_and_its_floor() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `([\w/.]+)` \|", page, flags=re.M)
    assert {room.removesuffix("/").removesuffix(".py"): int(floor) for floor, room in rows} == FLOORS


def test_the_drawing_of_the_house_shows_each_room_below_those_that_stand_on_it() -> None:
    drawing = ElementTree.parse(ROOT / "demos" / "house.svg").getroot()
    heights = {}
    for node in drawing.iter("{http://www.w3.org/2000/svg}g"):
        if node.get("class") == "node":
            title, text = node.find("{*}title"), node.find("{*}text")
            assert title is not None
            assert text is not None
            heights[title.text] = float(str(text.get("y")))
    assert heights.keys() == FLOORS.keys()
    for room, others in house.room_graph(GRAPH).items():
        assert all(heights[other] > heights[room] for other in others)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_says_what_it_is_and_what_goes_in_and_what_comes_out(folder: str) -> None:
    text = house.path_of(folder).read_text(encoding="utf-8")
    assert folder == "core" or re.fullmatch(r'"""[A-Z][^\n]+\. [A-Z][^\n]+\."""\n', text)
