"""A real browser, for tests of what people see. Their marker is `browser`."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from apps.accounts.models import User

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
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1400, "height": 900}}
LOOKS = [(scheme, size) for scheme in ("light", "dark") for size in SIZES]


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

    def sign_in(self, user: User) -> None:
        """By a session in the test's database, which the server must share."""
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.site}])

    def faint(self) -> list[str]:
        return self.page.evaluate(FAINT)

    def width(self) -> int:
        return self.page.evaluate("document.documentElement.scrollWidth")


@pytest.fixture
def new_tab(chromium: Browser) -> Iterator[Any]:
    """A tab for any site: `new_tab("http://localhost:8000", color_scheme="dark")`."""
    tabs: list[Tab] = []

    def opened(site: str, **options: Any) -> Tab:
        tabs.append(Tab(chromium, site, **options))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.context.close()


@pytest.fixture
def open_tab(new_tab: Any, live_server: Any) -> Any:
    """Opens an address of the site in a tab of its own: `open_tab("/", color_scheme="dark")`."""

    def opened(address: str, **options: Any) -> Tab:
        tab = new_tab(live_server.url, **options)
        tab.page.goto(address)
        return tab

    return opened


def look(scheme: str, size: str) -> dict[str, Any]:
    return {"color_scheme": scheme, "viewport": SIZES[size]}


# Texts whose contrast with the nearest background is below what WCAG AA wants of small print.
FAINT = """() => {
  const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].map((part) =>
      part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" && element.parentElement ? behind(element.parentElement) : color;
  };
  const speaks = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility() && speaks(element))
    .filter((element) => {
      const [dark, bright] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => a - b);
      return (bright + 0.05) / (dark + 0.05) < 4.5;
    })
    .map((element) => element.textContent.trim());
}"""
