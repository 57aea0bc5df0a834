"""What only a browser can tell: whether the pages work under their own Content-Security-Policy, and fit."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.accounts import links
from apps.accounts.models import User
from tests.browser import LOOKS, look
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Nothing listens here.
DEAD = "redis://127.0.0.1:1/0"
PAGES = ["/", "/nothing/here/", "/reset-password/", "/confirm-email/?token=x"]


@pytest.fixture
def development(settings):
    settings.DEBUG = True


@pytest.fixture(params=LOOKS, ids=" ".join)
def appearance(request):
    return look(*request.param)


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


def test_the_api_can_be_tried_with_this_sites_own_files(open_tab):
    tab = open_tab(reverse("docs"))

    expect(tab.page.locator(".opblock").first).to_be_visible(timeout=20_000)
    assert tab.page.locator(".opblock").count() > 5
    assert tab.complaints == []


def test_the_admin_works_under_the_policy(open_tab):
    User.objects.create_superuser("grace@example.com", PASSWORD)
    tab = open_tab(reverse("admin:index"))
    tab.page.fill("[name=username]", "grace@example.com")
    tab.page.fill("[name=password]", PASSWORD)
    tab.page.click("[type=submit]")
    tab.page.get_by_role("link", name="Users").first.click()

    expect(tab.page.get_by_role("heading", name="Select user to change")).to_be_visible()
    assert tab.complaints == []


def test_a_password_is_reset_from_the_link_and_the_token_stays_here(open_tab, rf):
    user = User.objects.create_user("ada@example.com", PASSWORD)
    tab = open_tab(links.reset_link(rf.get("/"), user).removeprefix("http://testserver"))
    tab.page.get_by_label("New password", exact=True).fill("another fine password")
    tab.page.get_by_label("New password confirmation").fill("another fine password")
    tab.page.get_by_role("button", name="Set the password").click()

    expect(tab.page.get_by_text("Your password is set.")).to_be_visible()
    user.refresh_from_db()
    assert user.check_password("another fine password")
    assert "token" not in "".join(tab.referrers)
    assert tab.complaints == []


@pytest.mark.parametrize("address", PAGES)
def test_a_page_fits_and_can_be_read(open_tab, address, appearance):
    tab = open_tab(address, **appearance)

    assert tab.width() == appearance["viewport"]["width"]
    assert tab.faint() == []


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
