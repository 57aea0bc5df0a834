"""Fixtures with a real browser, for tests with the marker `browser`."""

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
# No requests of the browser itself.
OPTIONS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1400, "height": 900}}
APPEARANCES = [(scheme, size) for scheme in ("light", "dark") for size in SIZES]


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """One browser for each module: Playwright runs an event loop meanwhile, and other tests have their own."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        pytest.skip(f"without a browser: none of {', '.join(NAMES)} is installed")
    # The sandbox does not work as root.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as environment:
        # Django would refuse database queries in a thread with an event loop.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, args=[*OPTIONS, *sandbox])
        yield browser
        browser.close()
        # Django opened further connections in the event loop. close() has no effect on SQLite in memory.
        for connection in connections.all(initialized_only=True):
            BaseDatabaseWrapper.close(connection)


class Tab:
    """A page of the browser, with its console errors and its requests to other hosts in `errors`."""

    def __init__(self, browser: Browser, site: str, **options: Any) -> None:
        self.site = site
        self.context = browser.new_context(base_url=site, **options)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.referrers: list[str] = []
        self.page.on("console", self.add_console_error)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self.add_request)

    def add_console_error(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def add_request(self, request: Any) -> None:
        self.referrers.append(request.headers.get("referer", ""))
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.errors.append(f"request to {request.url}")

    def sign_in(self, user: User) -> None:
        """With a session in the database of the test, which the server must use, too."""
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.site}])

    def low_contrast_texts(self) -> list[str]:
        return self.page.evaluate(LOW_CONTRAST)

    def width(self) -> int:
        return self.page.evaluate("document.documentElement.scrollWidth")


@pytest.fixture
def new_tab(chromium: Browser) -> Iterator[Any]:
    """Opens a tab for any site: `new_tab("http://localhost:8000", color_scheme="dark")`."""
    tabs: list[Tab] = []

    def opened(site: str, **options: Any) -> Tab:
        tabs.append(Tab(chromium, site, **options))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.context.close()


@pytest.fixture
def open_tab(new_tab: Any, live_server: Any) -> Any:
    """Opens a URL of the site in a new tab: `open_tab("/", color_scheme="dark")`."""

    def opened(address: str, **options: Any) -> Tab:
        tab = new_tab(live_server.url, **options)
        # The server of pytest-django has no WebSockets. This one opens, and nothing comes.
        tab.context.route_web_socket("**", lambda socket: None)
        tab.page.goto(address)
        return tab

    return opened


def appearance(scheme: str, size: str) -> dict[str, Any]:
    return {"color_scheme": scheme, "viewport": SIZES[size]}


# Texts whose contrast with their background is below the 4.5:1 of WCAG AA.
LOW_CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const luminance = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) =>
      part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" && element.parentElement ? background(element.parentElement) : color;
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility() && hasText(element))
    .filter((element) => {
      const [dark, bright] = [luminance(getComputedStyle(element).color), luminance(background(element))].sort((a, b) => a - b);
      return (bright + 0.05) / (dark + 0.05) < 4.5;
    })
    .map((element) => element.textContent.trim());
}"""
