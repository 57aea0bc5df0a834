"""Pages in a real browser, under the Content-Security-Policy of the site."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.accounts import links
from apps.accounts.models import User
from slipway.tests.site.browser import chromium as chromium
from slipway.tests.site.browser import new_tab as new_tab
from slipway.tests.site.browser import open_tab as open_tab
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_docs_page_of_the_api_works(open_tab):
    tab = open_tab(reverse("docs"))

    expect(tab.page.locator(".opblock").first).to_be_visible(timeout=20_000)
    assert tab.errors == []


def test_the_admin_works(open_tab):
    User.objects.create_superuser("grace@example.com", PASSWORD)
    tab = open_tab(reverse("admin:index"))
    tab.page.fill("[name=login]", "grace@example.com")
    tab.page.fill("[name=password]", PASSWORD)
    tab.page.click("[type=submit]")
    tab.page.get_by_role("link", name="Users").first.click()

    expect(tab.page.get_by_role("heading", name="Select user to change")).to_be_visible()
    assert tab.errors == []


def test_a_password_reset_keeps_its_token_secret(open_tab, rf):
    user = User.objects.create_user("ada@example.com", PASSWORD)
    tab = open_tab(links.reset_link(rf.get("/"), user).removeprefix("http://testserver"))
    for name in ("new_password1", "new_password2"):
        tab.page.fill(f"[name={name}]", "another fine password")
    with tab.page.expect_navigation():
        tab.page.press("[name=new_password2]", "Enter")

    user.refresh_from_db()
    assert user.check_password("another fine password")
    assert "token" not in "".join(tab.referrers)
    assert tab.errors == []
