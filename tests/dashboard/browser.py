"""A headless Chromium for tests, and one page in it that tells what went wrong on it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)


def chromium() -> str:
    """Where it is; without one the test is skipped, but not where everything has to be tested."""
    given = os.environ.get("ROUNDTRIP_TEST_BROWSER", "")
    found = given or next(filter(None, map(shutil.which, NAMES)), "")
    if not found:
        reason = "There is no Chromium here: install one, or name it in ROUNDTRIP_TEST_BROWSER."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that asks nobody for anything."""
    path = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield running
        running.close()


@dataclass
class Shown:
    """A dashboard as a reader has it on the screen."""

    page: Page
    problems: list[str] = field(default_factory=list)
    """What the console said, and errors of scripts."""
    requests: list[str] = field(default_factory=list)

    def values(self, within: str, name: str) -> list[float | None]:
        """The numbers called `name` in a section, as they are before they are formatted."""
        nodes = self.page.locator(f"{within} [data-name='{name}']")
        given = nodes.evaluate_all("nodes => nodes.map(node => node.getAttribute('data-value'))")
        return [None if value is None else float(value) for value in given]

    def value(self, within: str, name: str) -> float | None:
        """The one number called so."""
        (value,) = self.values(within, name)
        return value

    def text(self, where: str) -> str:
        """What can be read there."""
        return self.page.locator(where).inner_text()

    def choose(self, hash_: str) -> None:
        """Filter by the address."""
        self.page.evaluate("hash => { location.hash = hash }", hash_)
        # The hash's event comes after this; what was drawn for it is there two frames later.
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def embedded(self) -> Any:
        """The data that the page carries."""
        return self.page.evaluate("JSON.parse(document.getElementById('data').textContent)")


@contextmanager
def shown(running: Browser, file: Path, *, width: int = 1280, **context: Any) -> Iterator[Shown]:
    """Open a page as somebody in Britain sees it."""
    reader = running.new_context(viewport={"width": width, "height": 900}, locale="en-GB", **context)
    view = Shown(reader.new_page())
    view.page.on("console", lambda message: view.problems.append(f"{message.type}: {message.text}"))
    view.page.on("pageerror", lambda error: view.problems.append(str(error)))
    view.page.on("dialog", lambda dialog: view.problems.append(dialog.message))
    view.page.on("request", lambda request: view.requests.append(request.url))
    view.page.goto(file.as_uri())
    view.page.wait_for_function("!!document.querySelector('#content section')")
    yield view
    reader.close()
