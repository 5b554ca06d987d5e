"""A real browser, where there is one. Without Chromium these tests are skipped, and say so."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def site(live_server) -> str:
    """The address of the portal under test. Passkeys want a name, so it is localhost and not 127.0.0.1."""
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def context(browser) -> Iterator[BrowserContext]:
    """A browser without history. A page that logs an error, or breaks the content policy, fails the test."""
    errors: list[str] = []
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(8000)
    made.on("weberror", lambda error: errors.append(str(error.error)))
    made.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield made
    made.close()
    assert errors == []
