"""The list of sign-ins in the API: with tokens, and in browsers."""

import time

import pytest
import time_machine
from django.conf import settings
from rest_framework.test import APIClient

from apps.accounts.models import User
from tests.conftest import PASSWORD
from tests.test_accounts import profile, refresh, sign_in

PATH = "/api/v1/auth/sign-ins/"


@pytest.fixture
def phone(user):
    answer = APIClient().post(
        "/api/v1/auth/login/", {"email": user.email, "password": PASSWORD}, format="json", HTTP_USER_AGENT="Phone/1"
    )
    return answer.json()


@pytest.fixture
def browser(user, client):
    client.post("/account/login/", {"login": user.email, "password": PASSWORD}, HTTP_USER_AGENT="Firefox/1")
    return client


def listed(client):
    return {row["user_agent"]: row for row in client.get(PATH).json()}


def test_tokens_and_browsers_are_listed(signed_in, phone, browser):
    rows = listed(signed_in)

    assert [rows[name]["client"] for name in ("", "Phone/1", "Firefox/1")] == ["token", "token", "browser"]
    assert [row["is_current"] for row in (rows[""], rows["Phone/1"], rows["Firefox/1"])] == [True, False, False]
    assert (rows["Phone/1"]["ip"], rows["Firefox/1"]["ip"]) == (None, "127.0.0.1")
    assert listed(browser)["Firefox/1"]["is_current"]


def test_a_refresh_is_the_last_use(signed_in, phone, api):
    with time_machine.travel(time.time() + 3600, tick=False):
        refresh(APIClient(), phone["refresh"])
    row = listed(signed_in)["Phone/1"]

    assert row["used_at"] > row["started_at"]


@pytest.mark.parametrize("name", ["Phone/1", "Firefox/1"])
def test_an_ended_sign_in_is_refused_at_once(name, signed_in, phone, browser):
    answer = signed_in.delete(f"{PATH}{listed(signed_in)[name]['id']}/")

    assert answer.status_code == 204
    assert set(listed(signed_in)) == {"", "Phone/1", "Firefox/1"} - {name}
    assert profile(phone["access"]).status_code == (401 if name == "Phone/1" else 200)
    assert browser.get("/api/v1/users/me/").status_code == (200 if name == "Phone/1" else 401)


def test_the_others_end_together(signed_in, phone, browser):
    assert signed_in.delete(PATH).status_code == 204
    assert profile(phone["access"]).status_code == 401
    assert refresh(APIClient(), phone["refresh"]).status_code == 401
    assert browser.get("/api/v1/users/me/").status_code == 401
    assert list(listed(signed_in)) == [""]


def test_a_browser_ends_the_others(phone, browser):
    assert browser.delete(PATH).status_code == 204
    assert profile(phone["access"]).status_code == 401
    assert list(listed(browser)) == ["Firefox/1"]


def test_a_browser_ends_itself(browser):
    browser.delete(f"{PATH}{listed(browser)['Firefox/1']['id']}/")

    assert browser.get("/api/v1/users/me/").status_code == 401


def test_the_sign_ins_of_others_are_not_found(signed_in, db):
    User.objects.create_user("eve@example.com", PASSWORD)
    eve = APIClient()
    eve.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(APIClient(), 'eve@example.com').json()['access']}")
    of_ada, of_eve = (client.get(PATH).json() for client in (signed_in, eve))

    assert eve.delete(f"{PATH}{of_ada[0]['id']}/").status_code == 404
    eve.delete(PATH)
    assert signed_in.get(PATH).json() == of_ada
    assert len(of_eve) == 1


@pytest.mark.parametrize("id", ["0", "x", "5c3f1d0e-8a55-4c58-9d0a-0f3f8c3f7f11"])
def test_unknown_sign_ins_are_not_found(id, signed_in):
    assert signed_in.delete(f"{PATH}{id}/").status_code == 404


def test_ended_and_expired_sign_ins_are_not_listed(user, signed_in, phone):
    user.sign_ins.filter(user_agent="Phone/1").end()
    user.sign_ins.create(used_at=user.joined_at - settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"])

    assert len(signed_in.get(PATH).json()) == 1


def test_the_password_change_keeps_the_name_of_the_device(signed_in, user):
    body = {"current_password": PASSWORD, "new_password": "another long phrase"}
    signed_in.post("/api/v1/auth/password/change/", body, HTTP_USER_AGENT="Phone/2")

    assert user.sign_ins.active().get().user_agent == "Phone/2"
