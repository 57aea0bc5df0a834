"""What only a browser can tell: whether the pages work under their own Content-Security-Policy, and fit."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.accounts import links
from apps.accounts.models import User
from tests.browser import LOOKS, look
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ["/nothing/here/", "/reset-password/", "/confirm-email/?token=x"]


@pytest.fixture(params=LOOKS, ids=" ".join)
def appearance(request):
    return look(*request.param)


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
