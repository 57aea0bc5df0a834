"""The board in a browser: it updates itself, works without JavaScript, and fits."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import LOOKS, look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Nothing listens here.
DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture(params=LOOKS, ids=" ".join)
def appearance(request):
    return look(*request.param)


@pytest.fixture
def development(settings):
    settings.DEBUG = True


@pytest.fixture
def part():
    return lambda tab, name: tab.page.locator(".part", has=tab.page.get_by_role("heading", name=name))


def test_the_board_loads_without_a_complaint(open_tab, development, settings):
    tab = open_tab("/")

    expect(tab.page.get_by_text(re.compile("^Live, checked at"))).to_be_visible()
    expect(tab.page).to_have_title(f"All systems go · {settings.SITE_NAME}")
    assert tab.complaints == []


def test_the_board_shows_a_part_go_down_and_come_back(open_tab, development, settings, part):
    tab = open_tab("/")
    cache = part(tab, "Cache")
    settings.REDIS_URL = DEAD

    expect(cache.locator(".status")).to_have_text("down", timeout=10_000)
    expect(cache).to_contain_text("Cannot be reached.")
    expect(cache).to_have_attribute("data-status", "down")
    expect(tab.page).to_have_title(f"Cache is down · {settings.SITE_NAME}")

    settings.REDIS_URL = ""

    expect(cache.locator(".status")).to_have_text("up", timeout=10_000)
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("All systems go")
    assert tab.complaints == []


def test_the_board_says_when_the_site_does_not_answer_and_recovers(open_tab, development, settings):
    tab = open_tab("/")
    headline = tab.page.get_by_role("heading", level=1)
    tab.context.set_offline(True)

    expect(headline).to_have_text(f"{settings.SITE_NAME} does not answer", timeout=10_000)
    expect(tab.page.get_by_text(re.compile("What you see below is old. Trying again at"))).to_be_visible()

    tab.context.set_offline(False)

    expect(headline).to_have_text("All systems go", timeout=10_000)


def test_a_board_that_nobody_sees_asks_nothing(open_tab, development):
    tab = open_tab("/")
    expect(tab.page.get_by_text(re.compile("^Live"))).to_be_visible()
    asked = len(tab.referrers)
    tab.page.evaluate(HIDE)
    tab.page.wait_for_timeout(4000)

    assert len(tab.referrers) == asked


def test_the_board_of_staff_who_were_signed_out_says_so(open_tab, staff):
    tab = open_tab("/")
    tab.sign_in(staff)
    tab.page.goto("/status/")
    tab.context.clear_cookies()

    expect(tab.page.get_by_role("heading", level=1)).to_have_text("You have been signed out", timeout=10_000)


def test_the_board_can_be_read_without_javascript(open_tab, development, part):
    tab = open_tab("/", java_script_enabled=False)

    expect(part(tab, "Database").locator(".status")).to_have_text("up")
    expect(tab.page.get_by_text("Reload the page to check again.")).to_be_visible()


def test_the_board_fits_and_can_be_read_in_every_state(open_tab, development, settings, appearance):
    settings.REDIS_URL = DEAD
    tab = open_tab("/", reduced_motion="reduce", **appearance)

    assert {"up", "down", "off"} <= set(tab.page.locator(".status").all_inner_texts())
    assert tab.width() == appearance["viewport"]["width"]
    assert tab.faint() == []


# What a browser does when another tab comes to the front.
HIDE = """() => {
  Object.defineProperty(document, "hidden", {value: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
