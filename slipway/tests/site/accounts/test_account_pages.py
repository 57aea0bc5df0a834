import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import RequestFactory

from apps.accounts import links
from apps.pages.templatetags.site import sentence_case
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


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("login/", "Sign in"),
        ("password/reset/", "Password reset"),
        ("password/change/", "Change password"),
        ("2fa/", "Two-factor authentication"),
        ("reauthenticate/", "Confirm that it is you"),
    ],
)
def test_titles_of_allauth_are_in_sentence_case(address, title, user, client):
    if address not in ("login/", "password/reset/"):
        client.force_login(user)
    page = client.get(f"/account/{address}").text

    assert f"<h1>{title}</h1>" in page
    assert f"<title>{title} · " in page


@pytest.mark.parametrize("button", ["Sign in", "Sign up", "Reset my password", "Change password"])
def test_buttons_of_allauth_are_in_sentence_case(button, user, client):
    pages = [client.get(f"/account/{address}").text for address in ("login/", "signup/", "password/reset/")]
    client.force_login(user)
    pages.append(client.get("/account/password/change/").text)

    assert f">{button}</button>" in "".join(pages)


@pytest.mark.parametrize(
    ("title", "shown"),
    [(" Two-Factor Authentication\n", "Two-factor authentication"), ("Scan QR Code", "Scan QR code"), ("", "")],
)
def test_sentence_case(title, shown):
    assert sentence_case(title) == shown


def test_ways_to_confirm_access_are_links(user, client):
    TOTP.activate(user, generate_totp_secret())
    client.force_login(user)

    assert "/account/2fa/reauthenticate/" in Page(client.get("/account/reauthenticate/").text).links
