"""The status page, the layout and the contrast of pages in a browser."""

import re

import pytest
from playwright.sync_api import expect

from slipway.tests.site.browser import APPEARANCES, appearance

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Nothing listens here.
UNAVAILABLE = "redis://127.0.0.1:1/0"
OPERATIONAL = re.compile("^Operational; not set up: .*Mail")
PAGES = ["/", "/nothing/here/", "/reset-password/", "/confirm-email/?token=x"]


@pytest.fixture
def development(settings):
    settings.DEBUG = True


@pytest.fixture(params=APPEARANCES, ids=" ".join)
def options(request):
    return appearance(*request.param)


@pytest.fixture
def service():
    return lambda tab, name: tab.page.locator(".service", has=tab.page.get_by_role("heading", name=name))


def test_the_status_page_has_no_errors(open_tab, development):
    tab = open_tab("/")

    expect(tab.page.get_by_text(re.compile("^Last update at"))).to_be_visible()
    expect(tab.page).to_have_title(OPERATIONAL)
    assert tab.errors == []


def test_the_status_page_shows_changes(open_tab, development, settings, service):
    tab = open_tab("/")
    redis = service(tab, "Redis")
    settings.REDIS_URL = UNAVAILABLE

    expect(redis.locator(".status")).to_have_text("down", timeout=10_000)
    expect(redis).to_contain_text("Unavailable.")
    expect(redis).to_have_attribute("data-status", "down")
    expect(tab.page).to_have_title(f"Redis is down · {settings.SITE_NAME}")

    settings.REDIS_URL = ""

    expect(redis.locator(".status")).to_have_text("off", timeout=10_000)
    expect(tab.page.get_by_role("heading", level=1)).to_have_text(re.compile("^Operational; not set up: Redis, Mail"))
    assert tab.errors == []


def test_the_status_page_shows_that_the_site_does_not_answer(open_tab, development, settings):
    tab = open_tab("/")
    summary = tab.page.get_by_role("heading", level=1)
    tab.context.set_offline(True)

    expect(summary).to_have_text(f"{settings.SITE_NAME} does not answer", timeout=10_000)
    expect(tab.page.get_by_text(re.compile("The statuses below are outdated. Next update at"))).to_be_visible()

    tab.context.set_offline(False)

    expect(summary).to_have_text(OPERATIONAL, timeout=10_000)


def test_a_hidden_status_page_sends_no_requests(open_tab, development):
    tab = open_tab("/")
    expect(tab.page.get_by_text(re.compile("^Last update"))).to_be_visible()
    requests = len(tab.referrers)
    tab.page.evaluate(HIDE)
    tab.page.wait_for_timeout(4000)

    assert len(tab.referrers) == requests


def test_the_status_page_shows_that_the_user_was_signed_out(open_tab, staff):
    tab = open_tab("/")
    tab.sign_in(staff)
    tab.page.goto("/status/")
    tab.context.clear_cookies()

    expect(tab.page.get_by_role("heading", level=1)).to_have_text("You have been signed out", timeout=10_000)


def test_the_status_page_works_without_javascript(open_tab, development, service):
    tab = open_tab("/", java_script_enabled=False)

    expect(service(tab, "Database").locator(".status")).to_have_text("up")
    expect(tab.page.get_by_text("Reload the page to update it.")).to_be_visible()


@pytest.mark.parametrize("address", PAGES)
def test_pages_fit_the_screen_and_have_enough_contrast(open_tab, address, options):
    tab = open_tab(address, **options)

    assert tab.width() == options["viewport"]["width"]
    assert tab.low_contrast_texts() == []


def test_all_states_fit_the_screen_and_have_enough_contrast(open_tab, development, settings, options):
    settings.REDIS_URL = UNAVAILABLE
    tab = open_tab("/", reduced_motion="reduce", **options)

    assert {"up", "down", "off"} <= set(tab.page.locator(".status").all_inner_texts())
    assert tab.width() == options["viewport"]["width"]
    assert tab.low_contrast_texts() == []


# What a browser does when another tab comes to the front.
HIDE = """() => {
  Object.defineProperty(document, "hidden", {value: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
