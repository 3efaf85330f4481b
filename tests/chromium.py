"""The system's Chromium for the tests: one browser for the whole session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str:
    """Its path. Skips the test where there is none; on CI that is a failure."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no Chromium on this machine")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = find()
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; the ORM must not take it for its own.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        running = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS])
        yield running
        running.close()
