"""One town and one Chromium for all end-to-end tests; a fresh browser context per person."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from hejnal_local.chromium import launch_options

from .town import ROOT, Town, running_town

PATIENCE_MS = 20_000
"""A town on a busy machine; what has a bound of its own says so where it is asked."""
PICTURES = ROOT / "test-results" / "pictures"


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    with running_town() as town:
        yield town


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield browser
        browser.close()


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`person(width=…, height=…, scheme=…)`: a page in a browser context of its own; errors of its scripts fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def come(*, width: int = 1366, height: int = 768, scheme: Any = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="pl-PL", timezone_id="Europe/Warsaw", color_scheme=scheme
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield come
    for context in contexts:
        context.close()
    assert not errors, f"errors in the pages' scripts: {errors}"


@pytest.fixture
def take_picture() -> Callable[[Page, str], Path]:
    """`take_picture(page, "operator-wall")`: a screenshot under `test-results/pictures`."""

    def take(page: Page, name: str) -> Path:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        page.screenshot(path=path)
        return path

    return take
