"""Sign-up, sign-in, passwords and the profile, as clients of the API use them."""

import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from rest_framework.test import APIClient

from apps.accounts.models import User
from tests.conftest import PASSWORD

NEW_PASSWORD = "another long phrase"


def link_in(mail: Any) -> str:
    [link] = re.findall(r"http\S+", mail.body)
    return link


def query_of(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


def register(api: APIClient, email: str = "new@example.com", password: str = PASSWORD) -> Any:
    return api.post("/api/v1/auth/register/", {"email": email, "password": password})


def sign_in(api: APIClient, email: str = "ada@example.com", password: str = PASSWORD) -> Any:
    return api.post("/api/v1/auth/login/", {"email": email, "password": password}, format="json")


def refresh(api: APIClient, token: str) -> Any:
    return api.post("/api/v1/auth/refresh/", {"refresh": token}, format="json")


def profile(access_token: str) -> Any:
    return APIClient().get("/api/v1/users/me/", HTTP_AUTHORIZATION=f"Bearer {access_token}")


@pytest.fixture
def tokens(user: User, api: APIClient) -> dict[str, str]:
    return sign_in(api).json()


@pytest.fixture
def reset_link(user: User, api: APIClient, outbox: Any) -> str:
    [mail] = outbox(lambda: api.post("/api/v1/auth/password/reset/", {"email": user.email}))
    return link_in(mail)


def test_sign_up(db, api, outbox):
    [mail] = outbox(lambda: register(api))

    assert mail.to == ["new@example.com"]
    assert sign_in(api, "new@example.com").status_code == 200


def test_sign_up_with_a_confirmed_address(db, api, outbox, settings):
    settings.CONFIRM_EMAIL = True
    [mail] = outbox(lambda: register(api))
    before = sign_in(api, "new@example.com")
    api.post("/api/v1/auth/confirm-email/", {"token": query_of(link_in(mail))["token"]})

    assert before.status_code == 401
    assert sign_in(api, "new@example.com").status_code == 200


def test_sign_up_does_not_reveal_existing_accounts(user, api, outbox):
    responses = []
    outbox(lambda: responses.extend([register(api, "new@example.com"), register(api, user.email)]))

    assert [response.status_code for response in responses] == [202, 202]
    assert responses[0].json() == responses[1].json()


def test_sign_up_rejects_a_weak_password(db, api):
    response = register(api, password="short")

    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["password"]


@pytest.mark.parametrize("email", ["ada@example.com", " ADA@Example.com "])
def test_sign_in(email, user, api):
    response = sign_in(api, email)

    assert response.status_code == 200
    assert profile(response.json()["access"]).json()["id"] == user.pk


@pytest.mark.parametrize(("email", "password"), [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
def test_sign_in_with_wrong_credentials(email, password, user, api):
    response = sign_in(api, email, password)

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "no_active_account"


def test_a_refresh_token_returns_a_new_pair(tokens, api):
    new = refresh(api, tokens["refresh"]).json()

    assert new["refresh"] != tokens["refresh"]
    assert profile(new["access"]).status_code == 200


def test_a_reused_refresh_token_revokes_all_tokens_of_the_sign_in(tokens, api):
    newest = refresh(api, tokens["refresh"]).json()
    with time_machine.travel(time.time() + 60):
        assert refresh(api, tokens["refresh"]).status_code == 401
        assert refresh(api, newest["refresh"]).status_code == 401
        assert profile(newest["access"]).status_code == 401


def test_two_tabs_refresh_at_the_same_time(tokens, api):
    first, second = [refresh(api, tokens["refresh"]).json() for _ in range(2)]

    assert first["refresh"] == second["refresh"]
    assert profile(second["access"]).status_code == 200


def test_sign_out(tokens, api):
    assert api.post("/api/v1/auth/logout/", {"refresh": tokens["refresh"]}).status_code == 204
    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401


def test_a_deactivated_user_is_signed_out_for_good(tokens, user, api):
    user.is_active = False
    user.save()
    statuses = [profile(tokens["access"]).status_code]
    user.is_active = True
    user.save()

    assert [*statuses, profile(tokens["access"]).status_code] == [401, 401]
    assert refresh(api, tokens["refresh"]).status_code == 401


def test_a_new_password_revokes_all_tokens(tokens, user, api):
    user.set_password(NEW_PASSWORD)
    user.save()

    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401


def test_change_password(signed_in, user, api):
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    rejected = signed_in.post("/api/v1/auth/password/change/", {**change, "current_password": "wrong"})
    changed = signed_in.post("/api/v1/auth/password/change/", change)

    assert list(rejected.json()["error"]["fields"]) == ["current_password"]
    assert profile(changed.json()["access"]).status_code == 200
    assert sign_in(api, password=NEW_PASSWORD).status_code == 200


def test_reset_password(reset_link, api):
    reset = {**query_of(reset_link), "new_password": NEW_PASSWORD}
    statuses = [api.post("/api/v1/auth/password/reset/confirm/", reset).status_code for _ in range(2)]

    assert statuses == [200, 400]
    assert sign_in(api, password=NEW_PASSWORD).status_code == 200


def test_reset_password_page(reset_link, client, api):
    page = client.get(reset_link)
    passwords = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    client.post("/reset-password/", {**query_of(reset_link), **passwords})

    assert page.status_code == 200
    assert sign_in(api, password=NEW_PASSWORD).status_code == 200


def test_the_profile_has_no_password(signed_in, user):
    response = signed_in.get("/api/v1/users/me/").json()

    assert response["email"] == user.email
    assert "password" not in response


def test_users_change_their_name_and_not_their_rights(signed_in, user):
    signed_in.patch("/api/v1/users/me/", {"name": "Lovelace", "is_staff": True, "is_active": False})
    user.refresh_from_db()

    assert (user.name, user.is_staff, user.is_active) == ("Lovelace", False, True)


def test_users_delete_their_account(signed_in):
    assert signed_in.delete("/api/v1/users/me/").status_code == 204
    assert not User.objects.exists()


def test_deleting_an_account_later_requires_the_password(signed_in):
    with time_machine.travel(time.time() + 6 * 60):
        assert signed_in.delete("/api/v1/users/me/").status_code == 403
        assert signed_in.delete("/api/v1/users/me/", {"password": PASSWORD}).status_code == 204


def test_users_end_their_other_sign_ins(signed_in, tokens):
    [other] = [row for row in signed_in.get("/api/v1/auth/sign-ins/").json() if not row["is_current"]]
    signed_in.delete(f"/api/v1/auth/sign-ins/{other['id']}/")

    assert profile(tokens["access"]).status_code == 401
    assert signed_in.get("/api/v1/users/me/").status_code == 200


def test_users_change_their_address(signed_in, user, api, outbox):
    [mail] = outbox(lambda: signed_in.post("/api/v1/auth/email/change/", {"email": "lovelace@example.com"}))
    api.post("/api/v1/auth/confirm-email/", query_of(link_in(mail)))
    user.refresh_from_db()

    assert user.email == "lovelace@example.com"


def test_the_profile_requires_authentication(db, api):
    assert api.get("/api/v1/users/me/").status_code == 401


def test_only_staff_list_users(signed_in, staff):
    staff_client = APIClient()
    staff_client.force_authenticate(staff)

    assert signed_in.get("/api/v1/users/").status_code == 403
    assert staff_client.get("/api/v1/users/").json()["count"] == 2


def test_sign_in_on_the_page(user, client):
    response = client.post("/account/login/", {"login": user.email, "password": PASSWORD}, follow=True)

    assert response.redirect_chain == [("/account/", 302)]
    assert client.post("/account/", {"name": "Countess"})["Location"] == "/account/"
    user.refresh_from_db()
    assert user.name == "Countess"


def test_the_account_page_exports_all_data(user, client):
    client.force_login(user)
    page = client.get("/account/")
    download = client.get("/account/export/")

    assert 'href="/account/export/"' in page.text
    assert download["Content-Disposition"].startswith("attachment")
    assert download.json()["profile"]["email"] == user.email


@pytest.mark.parametrize(("value", "status"), [(True, 302), (False, 200)])
def test_staff_need_a_second_factor_if_the_setting_says_so(value, status, staff, client, settings):
    settings.REQUIRE_STAFF_MFA = value
    client.force_login(staff)

    assert client.get("/admin/").status_code == status


def test_deleting_the_account_on_the_page_asks_for_the_password(user, client):
    client.force_login(user)
    client.post("/account/delete/", {"password": "wrong"})

    assert User.objects.exists()
    client.post("/account/delete/", {"password": PASSWORD})
    assert not User.objects.exists()
