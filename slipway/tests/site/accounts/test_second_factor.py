"""Signing in to the API with a second factor."""

import time

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from apps.accounts.tokens import SECOND_FACTOR_AGE, second_factor_token
from slipway.tests.site.accounts.authenticator import Device
from tests.conftest import PASSWORD
from tests.test_accounts import profile, sign_in


@pytest.fixture
def secret(user):
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


@pytest.fixture
def passkey(user, signed_in):
    device = Device()
    setup = signed_in.post("/api/v1/auth/mfa/passkeys/setup/").json()
    body = {"token": setup["token"], "credential": device.create(setup["options"])}
    assert signed_in.post("/api/v1/auth/mfa/passkeys/", body).status_code == 201
    signed_in.credentials()
    return device


@pytest.fixture
def token(user):
    return second_factor_token(user=user)


def code(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def send(api, token, code):
    return api.post("/api/v1/auth/login/mfa/", {"token": token, "code": code})


def test_the_password_alone_gets_no_tokens(user, secret, api):
    answer = sign_in(api, user.email)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "mfa_required"
    assert answer.json()["mfa"]["methods"] == ["totp"]
    assert not user.sign_ins.exists()


def test_a_wrong_password_does_not_reveal_the_second_factor(user, secret, api):
    answer = sign_in(api, user.email, "wrong")

    assert answer.json()["error"]["code"] == "no_active_account"
    assert "mfa" not in answer.json()


def test_a_code_of_the_app_signs_in_once(user, secret, api):
    token = sign_in(api, user.email).json()["mfa"]["token"]
    given = code(secret)
    answers = [send(api, token, given) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert profile(answers[0].json()["access"]).status_code == 200


def test_a_recovery_code_signs_in_once(user, secret, token, api):
    given = RecoveryCodes.activate(user).get_unused_codes()[0]

    assert [send(api, token, given).status_code for _ in range(2)] == [200, 401]


def test_wrong_codes_lock_out_as_wrong_passwords_do(user, secret, token, api):
    statuses = [send(api, token, "000000").status_code for _ in range(5)]

    assert statuses == [401, 401, 401, 401, 429]
    assert send(api, token, code(secret)).status_code == 429
    assert sign_in(api, user.email).status_code == 429


def test_a_passkey_accepts_no_code_of_an_app(user, passkey, api):
    mfa = sign_in(api, user.email).json()["mfa"]

    assert mfa["methods"] == ["webauthn", "recovery_codes"]
    assert send(api, mfa["token"], "000000").status_code == 401


def test_a_passkey_signs_in_once(user, passkey, api):
    mfa = sign_in(api, user.email).json()["mfa"]
    body = {"token": mfa["token"], "credential": passkey.get(mfa["options"])}
    answers = [api.post("/api/v1/auth/login/mfa/", body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert profile(answers[0].json()["access"]).status_code == 200


def test_a_passkey_answers_the_challenge_of_its_token(user, passkey, api):
    first, second = (sign_in(api, user.email).json()["mfa"] for _ in range(2))
    body = {"token": first["token"], "credential": passkey.get(second["options"])}

    assert api.post("/api/v1/auth/login/mfa/", body).status_code == 401


@pytest.mark.parametrize("stranger", [Device(), Device(id=b"other"), Device(origin="https://example.com")])
def test_other_passkeys_and_other_sites_are_refused(stranger, user, passkey, api):
    mfa = sign_in(api, user.email).json()["mfa"]
    if stranger.origin != passkey.origin:
        stranger.key = passkey.key
    body = {"token": mfa["token"], "credential": stranger.get(mfa["options"])}

    assert [api.post("/api/v1/auth/login/mfa/", body).status_code for _ in range(5)] == [401, 401, 401, 401, 429]


@pytest.mark.parametrize(
    "credential",
    [
        {"id": 5},
        {"id": "a", "rawId": "a", "type": "public-key", "response": None},
        {"id": "a", "rawId": "b", "type": "public-key", "response": {}},
        {"rawId": "YQ", "response": {"clientDataJSON": "e30", "authenticatorData": "", "signature": "a"}},
        {"rawId": "YQ", "response": {"clientDataJSON": "W10", "authenticatorData": "YQ", "signature": "YQ"}},
        {"rawId": "YQ", "response": [1]},
        {"rawId": None, "response": "x"},
    ],
)
def test_a_malformed_passkey_is_a_wrong_one(credential, user, passkey, api):
    token = sign_in(api, user.email).json()["mfa"]["token"]

    assert api.post("/api/v1/auth/login/mfa/", {"token": token, "credential": credential}).status_code == 401


def test_a_token_without_a_passkey_accepts_none(user, secret, token, api):
    options = {"publicKey": {"challenge": "YQ", "rpId": "testserver"}}

    assert api.post("/api/v1/auth/login/mfa/", {"token": token, "credential": Device().get(options)}).status_code == 401


@pytest.mark.parametrize("body", [{}, {"code": "1", "credential": {}}, {"credential": {}}, {"credential": "x"}])
def test_a_code_or_a_passkey_is_needed(body, user, token, api):
    assert api.post("/api/v1/auth/login/mfa/", {"token": token, **body}).status_code in (400, 401)


@pytest.mark.parametrize("token", ["", "forged", "a" * 600])
def test_without_the_password_a_code_is_worth_nothing(token, user, secret, api):
    assert send(api, token, code(secret)).status_code in (400, 401)


def test_the_token_expires(user, secret, token, api):
    with time_machine.travel(time.time() + SECOND_FACTOR_AGE + 1):
        assert send(api, token, code(secret)).status_code == 401


@pytest.mark.parametrize("change", [{"password": "!changed"}, {"is_active": False}])
def test_the_token_ends_with_the_password_and_the_account(change, user, secret, token, api):
    type(user).objects.filter(pk=user.pk).update(**change)

    assert send(api, token, code(secret)).status_code == 401


def test_the_password_and_a_code_are_enough_for_the_page(user, secret, client):
    asked = client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    answer = client.post("/account/2fa/authenticate/", {"code": code(secret)})

    assert asked["Location"] == "/account/2fa/authenticate/"
    assert answer["Location"] == "/account/"
