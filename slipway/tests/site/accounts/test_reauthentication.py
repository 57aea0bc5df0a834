"""Endpoints that need the password once more, unless the sign-in is recent."""

import time

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from apps.accounts.models import User
from tests.conftest import PASSWORD
from tests.test_accounts import link_in, profile, query_of, sign_in

REAUTHENTICATE = "/api/v1/auth/reauthenticate/"
EMAIL = "/api/v1/auth/email/change/"
LATER = 6 * 60


@pytest.fixture
def later(signed_in):
    with time_machine.travel(time.time() + LATER):
        yield signed_in


@pytest.fixture
def browser(user, client):
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", EMAIL),
        ("delete", "/api/v1/users/me/"),
        ("post", "/api/v1/auth/mfa/totp/setup/"),
        ("post", "/api/v1/auth/mfa/totp/"),
        ("delete", "/api/v1/auth/mfa/totp/"),
        ("post", "/api/v1/auth/mfa/recovery-codes/"),
        ("post", "/api/v1/auth/mfa/passkeys/setup/"),
        ("post", "/api/v1/auth/mfa/passkeys/"),
        ("delete", "/api/v1/auth/mfa/passkeys/1/"),
    ],
)
def test_a_stolen_access_token_is_not_enough(method, path, user, later, browser):
    for client in (later, browser):
        answer = getattr(client, method)(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "reauthentication_required")

    assert getattr(APIClient(), method)(path).status_code == 401
    later.post(REAUTHENTICATE, {"password": PASSWORD})
    assert getattr(later, method)(path).status_code != 403


def test_the_password_counts_for_five_minutes_and_one_sign_in(later, user):
    other = APIClient()
    with time_machine.travel(time.time() - LATER):
        other.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(APIClient()).json()['access']}")

    assert later.post(REAUTHENTICATE, {"password": PASSWORD}).status_code == 204
    assert later.post("/api/v1/auth/mfa/totp/setup/").status_code == 200
    assert other.post("/api/v1/auth/mfa/totp/setup/").status_code == 403
    with time_machine.travel(time.time() + LATER):
        assert later.post("/api/v1/auth/mfa/totp/setup/").status_code in (401, 403)


def test_a_session_of_a_browser_counts_for_itself(browser):
    browser.post(REAUTHENTICATE, {"password": PASSWORD}, content_type="application/json")

    assert browser.post("/api/v1/auth/mfa/totp/setup/").status_code == 200


def test_requests_with_a_token_set_no_cookie(later, user):
    later.post(REAUTHENTICATE, {"password": PASSWORD})

    assert not later.post("/api/v1/auth/mfa/totp/setup/").cookies


def test_a_token_without_a_sign_in_is_never_recent(user, api):
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    answer = api.post(REAUTHENTICATE, {"password": PASSWORD})

    assert not answer.cookies
    assert api.post("/api/v1/auth/mfa/totp/setup/").status_code == 403


def test_the_session_of_somebody_else_does_not_count(later, client, db):
    eve = User.objects.create_user("eve@example.com", PASSWORD)
    client.force_login(eve)
    client.post(REAUTHENTICATE, {"password": PASSWORD}, content_type="application/json")
    headers = {"HTTP_AUTHORIZATION": later._credentials["HTTP_AUTHORIZATION"]}

    assert client.post("/api/v1/auth/mfa/totp/setup/", **headers).status_code == 403


def test_a_recovery_code_counts_once(later, user):
    code = RecoveryCodes.activate(user).get_unused_codes()[0]

    assert [later.post(REAUTHENTICATE, {"code": code}).status_code for _ in range(2)] == [204, 400]
    assert later.post("/api/v1/auth/mfa/totp/setup/").status_code == 200


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"code": "000000"}])
def test_wrong_answers_lock_out_as_at_a_sign_in(wrong, later, user):
    answers = [later.post(REAUTHENTICATE, wrong) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 429]
    assert later.post(REAUTHENTICATE, {"password": PASSWORD}).status_code == 429
    assert later.post("/api/v1/auth/mfa/totp/setup/").status_code == 403


@pytest.mark.parametrize("body", [{}, {"password": PASSWORD, "code": "1"}, {"password": ""}, {"code": None}])
def test_exactly_one_proof_is_needed(body, later):
    assert later.post(REAUTHENTICATE, body).status_code == 400


def test_the_new_address_counts_when_it_is_confirmed(signed_in, user, outbox, api):
    [mail] = outbox(lambda: signed_in.post(EMAIL, {"email": "New@example.com"}))
    user.refresh_from_db()
    assert (mail.to, user.email) == (["new@example.com"], "ada@example.com")

    token = query_of(link_in(mail))["token"]
    mails = outbox(lambda: APIClient().post("/api/v1/auth/confirm-email/", {"token": token}, format="json"))
    user.refresh_from_db()
    assert user.email == "new@example.com"
    assert mails[-1].to == ["ada@example.com"]
    assert sign_in(APIClient(), "new@example.com").status_code == 200
    assert EmailAddress.objects.get().verified


def test_asking_again_sends_another_link(signed_in, outbox):
    for minutes in (0, 4):
        with time_machine.travel(time.time() + minutes * 60):
            mails = outbox(lambda: signed_in.post(EMAIL, {"email": "new@example.com"}))

    assert [mail.to for mail in mails] == [["new@example.com"]] * 2


def test_the_own_address_is_refused(signed_in, user):
    answer = signed_in.post(EMAIL, {"email": user.email.upper()})

    assert list(answer.json()["error"]["fields"]) == ["email"]


@pytest.mark.parametrize("known", [False, True])
def test_the_address_of_somebody_else_is_not_revealed_and_not_taken(known, signed_in, user, staff, outbox):
    if known:
        EmailAddress.objects.create(user=staff, email=staff.email, primary=True, verified=True)
    free = signed_in.post(EMAIL, {"email": "free@example.com"})
    answers = []
    mails = outbox(lambda: answers.append(signed_in.post(EMAIL, {"email": staff.email})))
    confirmed = APIClient().post("/api/v1/auth/confirm-email/", query_of(link_in(mails[-1])), format="json")
    user.refresh_from_db()

    assert (answers[0].status_code, answers[0].content) == (free.status_code, free.content)
    assert confirmed.status_code == 400
    assert user.email == "ada@example.com"


def test_deleting_the_account_takes_the_password(later, user):
    assert later.delete("/api/v1/users/me/", {"password": "wrong"}).status_code == 400
    assert User.objects.exists()
    assert later.delete("/api/v1/users/me/", {"password": PASSWORD}).status_code == 204
    assert not User.objects.exists()


def test_passwords_for_the_deletion_are_limited_for_all_addresses(later, settings):
    settings.TRUSTED_PROXIES = 1
    statuses = [
        later.delete("/api/v1/users/me/", {"password": "wrong"}, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}").status_code
        for number in range(11)
    ]

    assert statuses == [400] * 10 + [429]


def test_an_ended_sign_in_is_not_recent(signed_in, user):
    token = signed_in._credentials["HTTP_AUTHORIZATION"].split()[1]
    user.sign_ins.end()

    assert signed_in.post("/api/v1/auth/mfa/totp/setup/").status_code in (401, 403)
    assert profile(token).status_code == 401
