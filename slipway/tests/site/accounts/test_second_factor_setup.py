"""Setting up and removing second factors in the API."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import signing
from rest_framework.test import APIClient

from apps.accounts.models import User
from slipway.tests.site.accounts.authenticator import Device
from tests.conftest import PASSWORD
from tests.test_accounts import sign_in

MFA = "/api/v1/auth/mfa/"


def code(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def add_app(client):
    given = client.post(f"{MFA}totp/setup/").json()
    return client.post(f"{MFA}totp/", {"token": given["token"], "code": code(given["secret"])})


def add_passkey(client, device, **setup):
    given = client.post(f"{MFA}passkeys/setup/", setup).json()
    body = {"token": given["token"], "credential": device.create(given["options"]), "name": "Phone"}
    return client.post(f"{MFA}passkeys/", body)


def types(client):
    return [factor["type"] for factor in client.get(MFA).json()]


@pytest.fixture
def eve(db):
    User.objects.create_user("eve@example.com", PASSWORD)
    client = APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(APIClient(), 'eve@example.com').json()['access']}")
    return client


def test_an_authenticator_app_is_set_up_and_removed(signed_in, user, outbox):
    given = signed_in.post(f"{MFA}totp/setup/").json()
    answers = []
    mails = outbox(lambda: answers.append(add_app(signed_in)))

    assert given["url"].startswith("otpauth://totp/ada%40example.com?secret=")
    assert answers[0].status_code == 201
    assert len(answers[0].json()["recovery_codes"]) == 10
    assert types(signed_in) == ["totp", "recovery_codes"]
    assert sign_in(APIClient()).json()["error"]["code"] == "mfa_required"
    assert mails[-1].to == [user.email]

    mails = outbox(lambda: signed_in.delete(f"{MFA}totp/"))
    assert len(mails) == 2
    assert types(signed_in) == []
    assert sign_in(APIClient()).status_code == 200


def test_a_wrong_code_may_be_corrected(signed_in):
    given = signed_in.post(f"{MFA}totp/setup/").json()
    codes = ["000000", code(given["secret"])]
    answers = [signed_in.post(f"{MFA}totp/", {"token": given["token"], "code": value}) for value in codes]

    assert [answer.status_code for answer in answers] == [400, 201]
    assert list(answers[0].json()["error"]["fields"]) == ["code"]


def test_a_setup_works_once(signed_in):
    given = signed_in.post(f"{MFA}totp/setup/").json()
    body = {"token": given["token"], "code": code(given["secret"])}
    signed_in.post(f"{MFA}totp/", body)
    signed_in.delete(f"{MFA}totp/")

    assert signed_in.post(f"{MFA}totp/", body).status_code == 400
    assert types(signed_in) == []


def test_there_is_one_authenticator_app(signed_in):
    assert [add_app(signed_in).status_code for _ in range(2)] == [201, 400]
    assert types(signed_in) == ["totp", "recovery_codes"]


@pytest.mark.parametrize("forge", [lambda pk: signing.dumps([pk, "A" * 32], salt="x"), lambda pk: "x", lambda pk: ""])
def test_a_forged_secret_is_refused(forge, user, signed_in):
    assert signed_in.post(f"{MFA}totp/", {"token": forge(user.pk), "code": code("A" * 32)}).status_code == 400


def test_a_setup_belongs_to_one_user(signed_in, eve):
    given = signed_in.post(f"{MFA}totp/setup/").json()

    assert eve.post(f"{MFA}totp/", {"token": given["token"], "code": code(given["secret"])}).status_code == 400


def test_a_setup_expires(signed_in, user):
    given = signed_in.post(f"{MFA}totp/setup/").json()
    with time_machine.travel(time.time() + 11 * 60):
        signed_in.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(APIClient()).json()['access']}")
        answer = signed_in.post(f"{MFA}totp/", {"token": given["token"], "code": code(given["secret"])})

    assert list(answer.json()["error"]["fields"]) == ["token"]


def test_new_recovery_codes_replace_the_old_ones(signed_in):
    old = add_app(signed_in).json()["recovery_codes"]
    new = signed_in.post(f"{MFA}recovery-codes/")

    assert new.status_code == 201
    assert not set(old) & set(new.json()["recovery_codes"])
    assert signed_in.get(MFA).json()[1]["unused_codes"] == 10


def test_recovery_codes_alone_are_no_second_factor(signed_in):
    assert signed_in.post(f"{MFA}recovery-codes/").status_code == 400


@pytest.mark.parametrize("passwordless", [True, False])
def test_a_passkey_is_added_and_removed(passwordless, signed_in, user, outbox):
    answers = []
    mails = outbox(lambda: answers.append(add_passkey(signed_in, Device(), passwordless=passwordless)))
    passkey = signed_in.get(MFA).json()[0]

    assert answers[0].status_code == 201
    assert len(answers[0].json()["recovery_codes"]) == 10
    assert (passkey["type"], passkey["name"]) == ("webauthn", "Phone")
    assert [mail.to for mail in mails] == [[user.email]]
    assert signed_in.delete(f"{MFA}passkeys/{passkey['id']}/").status_code == 204
    assert types(signed_in) == []


def test_a_second_passkey_leaves_the_recovery_codes(signed_in):
    answers = [add_passkey(signed_in, Device(id=id)).json()["recovery_codes"] for id in (b"one", b"two")]

    assert [len(codes) for codes in answers] == [10, 0]
    assert types(signed_in) == ["webauthn", "recovery_codes", "webauthn"]


def test_a_challenge_works_once(signed_in):
    given = signed_in.post(f"{MFA}passkeys/setup/").json()
    body = {"token": given["token"], "credential": Device().create(given["options"])}

    assert [signed_in.post(f"{MFA}passkeys/", body).status_code for _ in range(2)] == [201, 400]


def test_a_challenge_belongs_to_one_user_and_one_site(signed_in, eve):
    given = signed_in.post(f"{MFA}passkeys/setup/").json()
    body = {"token": given["token"], "credential": Device().create(given["options"])}
    elsewhere = {**body, "credential": Device(origin="https://example.com").create(given["options"])}

    assert eve.post(f"{MFA}passkeys/", body).status_code == 400
    assert signed_in.post(f"{MFA}passkeys/", elsewhere).status_code == 400


@pytest.mark.parametrize(
    "credential",
    [
        {"id": 5},
        {"id": "a", "rawId": "a", "type": "public-key", "response": None},
        {"rawId": "YQ", "response": {"clientDataJSON": "e30", "attestationObject": ""}},
        {"rawId": "YQ", "response": {"clientDataJSON": "W10", "attestationObject": "oA"}},
        {"rawId": "YQ", "response": [1]},
        {"x": "\0"},
    ],
)
def test_a_malformed_passkey_is_refused(credential, signed_in):
    given = signed_in.post(f"{MFA}passkeys/setup/").json()

    assert signed_in.post(f"{MFA}passkeys/", {"token": given["token"], "credential": credential}).status_code == 400


@pytest.mark.parametrize("results", [None, 5, {"credProps": 5}])
def test_a_passkey_that_the_pages_cannot_show_is_refused(results, signed_in):
    given = signed_in.post(f"{MFA}passkeys/setup/").json()
    credential = {**Device().create(given["options"]), "clientExtensionResults": results}

    assert signed_in.post(f"{MFA}passkeys/", {"token": given["token"], "credential": credential}).status_code == 400


def test_the_passkeys_of_others_are_not_found(signed_in, eve):
    add_passkey(signed_in, Device())
    passkey = Authenticator.objects.get(type="webauthn")

    assert eve.delete(f"{MFA}passkeys/{passkey.pk}/").status_code == 404
    assert eve.get(MFA).json() == []


def test_an_authenticator_app_is_no_passkey(signed_in):
    add_app(signed_in)

    assert signed_in.delete(f"{MFA}passkeys/{Authenticator.objects.get(type='totp').pk}/").status_code == 404


def test_a_browser_sets_up_an_app_after_its_password(user, client):
    client.force_login(user)
    client.post("/api/v1/auth/reauthenticate/", {"password": PASSWORD}, content_type="application/json")
    given = client.post(f"{MFA}totp/setup/").json()
    body = {"token": given["token"], "code": code(given["secret"])}

    assert client.post(f"{MFA}totp/", body, content_type="application/json").status_code == 201
    assert client.get("/account/2fa/").status_code == 200
