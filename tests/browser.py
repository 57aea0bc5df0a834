"""A real browser, for tests of what people see. Their marker is `browser`."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sound of its own: a browser likes to ask its maker for news.
QUIET = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """One for a module: while it runs, so does Playwright's loop, and other tests have loops of their own."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        pytest.skip(f"without a browser: none of {', '.join(NAMES)} is installed")
    # Its sandbox refuses root, as whom containers like to run.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as environment:
        # Django takes the loop in this thread for a mistake.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, args=[*QUIET, *sandbox])
        yield browser
        browser.close()
        # Under a loop, Django had connections besides the thread's own; those to SQLite's memory ignore a mere close().
        for connection in connections.all(initialized_only=True):
            BaseDatabaseWrapper.close(connection)


class Tab:
    """A page of the browser, and what went wrong in it."""

    def __init__(self, browser: Browser, site: str, **options: Any) -> None:
        self.site = site
        self.context = browser.new_context(base_url=site, **options)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.referrers: list[str] = []
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self.follow)

    def hear(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def follow(self, request: Any) -> None:
        self.referrers.append(request.headers.get("referer", ""))
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.complaints.append(f"asks {request.url}")


@pytest.fixture
def open_tab(chromium: Browser, live_server: Any) -> Iterator[Any]:
    """Opens an address of the site in a tab of its own: `open_tab("/", color_scheme="dark")`."""
    tabs: list[Tab] = []

    def opened(address: str, **options: Any) -> Tab:
        tab = Tab(chromium, live_server.url, **options)
        tabs.append(tab)
        tab.page.goto(address)
        return tab

    yield opened
    for tab in tabs:
        tab.context.close()
