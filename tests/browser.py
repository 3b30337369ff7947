"""A browser for the tests: Chromium, driven by Playwright, with no network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from micrograd_like.teach.sheets import program

playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives a browser, is not here")

Opened = Callable[..., Any]  # what the fixture `opened` is

CHROMIUM = program()
OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
AXE = Path(os.environ.get("AXE_CORE") or Path(__file__).parents[1] / "node_modules" / "axe-core", "axe.min.js")


@contextmanager
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium is not here")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS.split())
        yield browser
        browser.close()


class Window:
    """A tab without a network that notes what its page complains of and what it asks for."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.tab = browser.new_context(offline=True, viewport={"width": 1280, "height": 900} | options).new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.tab.set_default_timeout(10_000)
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", self.refuse)
        self.tab.on("request", lambda request: self.requests.append(request.url))

    def refuse(self, dialog: Any) -> None:
        self.complaints.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()
