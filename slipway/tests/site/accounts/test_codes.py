"""Signing in with a mailed code."""

import re

import pytest
from allauth.account import views
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.urls import path

from apps.accounts.models import User
from config.urls import urlpatterns
from slipway.tests.site.accounts.test_second_factor import code as totp_code
from tests.commands import run
from tests.conftest import PASSWORD

SECRET = "JBSWY3DPEHPK3PXP"
REQUEST, CONFIRM = "/account/login/code/", "/account/login/code/confirm/"


def turn_on_sign_in_by_code(settings):
    """As SIGN_IN_BY_CODE=true does when the process starts."""
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    page = path("account/login/code/", views.request_login_code, name="account_request_login_code")
    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": [page, *urlpatterns]})


@pytest.fixture(autouse=True)
def enabled(settings):
    turn_on_sign_in_by_code(settings)


@pytest.fixture
def request_code(client, outbox, mailoutbox):
    """Returns the response and the code, if one was sent."""

    def requested(email, **data):
        mailoutbox.clear()
        answers = []
        mails = outbox(lambda: answers.append(client.post(REQUEST, {"email": email, **data}, follow=True)))
        [code] = [re.search(r"code is (\S+)\.", mail.body)[1] for mail in mails] or [""]
        return answers[0], code

    return requested


def signed_in_as(client):
    return client.session.get("_auth_user_id")


def test_a_code_signs_in(user, client, request_code, mailoutbox):
    page, code = request_code(" ADA@Example.com", next="/status/")
    answer = client.post(CONFIRM, {"code": code, "next": "/status/"})

    assert page.redirect_chain == [(f"{CONFIRM}?next=%2Fstatus%2F", 302)]
    assert mailoutbox[0].to == [user.email]
    assert answer["Location"] == "/status/"
    assert signed_in_as(client) == str(user.pk)


def test_a_code_works_in_the_browser_that_requested_it_only(user, client, request_code):
    _, code = request_code(user.email)
    other = type(client)()
    answer = other.post(CONFIRM, {"code": code})

    assert answer["Location"].startswith("/account/login/")
    assert signed_in_as(other) is None


def test_a_code_works_once(user, client, request_code):
    _, code = request_code(user.email)
    client.post(CONFIRM, {"code": code})
    client.post("/account/logout/")
    client.post(CONFIRM, {"code": code})

    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"awaits_confirmation": True}, {"email": "other@example.com"}]
)
def test_the_page_does_not_reveal_who_has_an_account(change, user, client, request_code):
    known, code = request_code("ada@example.com")
    wrong = client.post(CONFIRM, {"code": "wrong"})
    client.cookies.clear()
    User.objects.update(**change)
    unknown, no_code = request_code("ada@example.com")
    refused = client.post(CONFIRM, {"code": "wrong"})

    assert code
    assert not no_code
    assert known.redirect_chain == unknown.redirect_chain
    assert without_token(known) == without_token(unknown)
    assert without_token(wrong) == without_token(refused)


def without_token(page):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.text)


def test_an_account_that_awaits_its_confirmation_is_not_confirmed(user, client, request_code):
    """A stranger may have chosen its password."""
    User.objects.update(awaits_confirmation=True)
    request_code(user.email)
    client.post(CONFIRM, {"code": ""})
    user.refresh_from_db()

    assert user.awaits_confirmation
    assert signed_in_as(client) is None


def test_the_new_address_of_another_account_gets_no_code(user, request_code):
    """It is not confirmed yet, and its owner may have no account."""
    EmailAddress.objects.create(user=user, email="grace@example.com")

    assert request_code("grace@example.com")[1] == ""


def test_the_second_factor_is_required(user, client, request_code):
    TOTP.activate(user, SECRET)
    _, code = request_code(user.email)
    asked = client.post(CONFIRM, {"code": code})
    before = signed_in_as(client)
    client.post("/account/2fa/authenticate/", {"code": totp_code(SECRET)})

    assert asked["Location"] == "/account/2fa/authenticate/"
    assert (before, signed_in_as(client)) == (None, str(user.pk))


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_wrong_codes_lock_out_as_wrong_passwords_do(email, user, client, request_code):
    statuses = []
    for _ in range(2):
        request_code(email)
        statuses += [client.post(CONFIRM, {"code": "wrong"}).status_code for _ in range(3)]
    refused, code = request_code(email)
    client.post("/account/login/", {"login": email, "password": PASSWORD})

    # The third wrong code ends the attempt.
    assert statuses[:5] == [200, 200, 302, 200, 429]
    assert "Too many failed login attempts" in refused.text
    assert code == ""
    assert signed_in_as(client) is None


def test_a_lockout_refuses_even_the_right_code(user, client, request_code):
    _, code = request_code(user.email)
    for _ in range(5):
        type(client)().post("/account/login/", {"login": user.email, "password": "wrong"})
    client.post(CONFIRM, {"code": code})

    assert signed_in_as(client) is None


def test_signing_in_removes_the_failures(user, client, request_code):
    for _ in range(4):
        client.post("/account/login/", {"login": user.email, "password": "wrong"})
    _, code = request_code(user.email)
    client.post(CONFIRM, {"code": code})
    client.post("/account/logout/")

    assert client.post("/account/login/", {"login": user.email, "password": "wrong"}).status_code == 200


def test_codes_count_as_mails(user, api, request_code):
    for number in range(10):
        api.post("/api/v1/auth/password/reset/", {"email": f"user{number}@example.com"})
    refused, code = request_code(user.email)

    assert "too many requests" in refused.text
    assert code == ""


def test_the_sign_in_page_has_the_link_only_where_it_works(db, client, settings):
    shown = client.get("/account/login/").text
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = False

    assert REQUEST in shown
    assert REQUEST not in client.get("/account/login/").text


@pytest.mark.parametrize(("value", "exists"), [("", False), ("true", True)])
def test_the_variable_turns_it_on(value, exists):
    script = f"import django; django.setup(); from django.urls import resolve; print(resolve({REQUEST!r}).url_name)"
    result = run("python", "-c", script, DJANGO_SETTINGS_MODULE="config.settings.test", SIGN_IN_BY_CODE=value)

    assert (result.returncode == 0) is exists
