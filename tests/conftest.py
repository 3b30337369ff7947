"""Settings of hypothesis: no wall-clock limits, since machines are shared; the same examples every time, unless
RANDOM_EXAMPLES is set in the environment, and fewer with FEW_EXAMPLES. The native engine compiles at once, and spot
checks have time enough, but where a test is of that. And for the tests that ask for them: a browser, and a table of
operations that is put in order afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from depth import FEW, cases
from hypothesis import HealthCheck, settings

from micrograd_like.compile import checks

settings.register_profile(
    "project",
    max_examples=cases(100),
    deadline=None,
    derandomize="RANDOM_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")

checks.BUDGET = 60.0
try:
    from micrograd_like.compile.native import call as native
except ImportError:  # the tests that need it say so
    pass
else:
    native.calls_on_loop = lambda steps: 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is the same on each Python and with both twins is tried once, in the run that tries all cases."""
    for item in items:
        in_a_browser = "browser" in getattr(item, "fixturenames", ())
        if FEW and (in_a_browser or item.get_closest_marker("once")):
            item.add_marker(pytest.mark.skip(reason="tried in the run with all cases"))


@pytest.fixture
def table_as_it_was() -> Iterator[None]:
    """Takes out of the table, and off the nodes, what a test has put there."""
    from micrograd_like.operation import NODE_TYPES, OPS

    rows = dict(OPS)
    attributes = {kind: dict(vars(kind)) for kind in NODE_TYPES}
    yield
    OPS.clear()
    OPS.update(rows)
    for kind, before in attributes.items():
        for name, attribute in dict(vars(kind)).items():
            if name not in before:
                delattr(kind, name)
            elif attribute is not before[name]:
                setattr(kind, name, before[name])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from browser import chromium

    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens an explorer's page; in the end, no page has complained or asked for anything but itself."""
    from browser import Window

    windows: list[Window] = []

    def open_page(explorer: Any, **options: Any) -> Any:
        path = explorer.save(tmp_path / f"{len(windows)}.html")
        window = Window(browser, **options)
        windows.append(window)
        window.tab.goto(path.as_uri())
        return window.tab

    yield open_page
    for window in windows:
        window.tab.context.close()
        assert window.complaints == []
        assert [url for url in window.requests if not url.startswith(("file:", "data:", "about:srcdoc"))] == []
