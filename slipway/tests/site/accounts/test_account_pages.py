import pytest
from django.test import RequestFactory

from apps.accounts import links
from slipway.tests.site.pages.reading import Page


@pytest.fixture
def reset_link(user):
    return links.reset_link(RequestFactory().get("/"), user)


@pytest.fixture
def reset_page(client, reset_link):
    return client.get(reset_link)


def test_the_reset_page_asks_for_a_new_password_for_the_right_account(reset_page, user):
    assert f"Set a new password For {user.email}." in Page(reset_page.text).text
    assert reset_page.text.count('autocomplete="new-password"') == 2


def test_a_password_that_is_too_easy_is_told_why(client, user, reset_link):
    given = dict(item.split("=") for item in reset_link.rpartition("?")[2].split("&"))
    answer = client.post(reset_link, {**given, "new_password1": "12345678", "new_password2": "12345678"})

    assert "This password is too common." in Page(answer.text).text
    assert 'aria-invalid="true"' in answer.text


def test_an_expired_reset_link_says_what_to_do(client, db):
    answer = client.get("/reset-password/?uid=MQ&token=old")

    assert answer.status_code == 400
    assert "This link has expired" in Page(answer.text).text
    assert "/account/password/reset/" in Page(answer.text).links


def test_an_expired_confirmation_says_what_to_do(client, db):
    answer = client.post("/confirm-email/", {"token": "old"})

    assert answer.status_code == 400
    assert "sign up again with the same address" in Page(answer.text).text


@pytest.mark.parametrize("address", ["/reset-password/?uid=MQ&token=x", "/confirm-email/?token=x"])
def test_a_page_whose_address_holds_a_token_tells_nobody_the_address(client, db, address):
    head = client.get(address).text.partition("<link")[0]

    assert '<meta name="referrer" content="strict-origin">' in head
