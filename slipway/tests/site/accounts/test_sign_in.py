import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import RefreshToken

from apps.accounts.models import SignIn, User
from tests.conftest import PASSWORD
from tests.test_accounts import profile, refresh, sign_in


@pytest.mark.parametrize("name", ["email", "username"])
@pytest.mark.parametrize("address", ["ada@example.com", " ADA@Example.com "])
@pytest.mark.parametrize("path", ["/api/v1/auth/login/", "/api/v1/auth/login"])
def test_signing_in_gives_tokens(name, address, path, user, api):
    answer = api.post(path, {name: address, "password": PASSWORD})

    assert answer.status_code == 200
    assert profile(answer.json()["access"]).json()["id"] == user.pk


def test_signing_in_notes_the_time(user, api):
    sign_in(api)
    user.refresh_from_db()

    assert user.last_login


def test_signing_in_makes_no_session(user, api):
    assert not sign_in(api).cookies


def test_signing_in_forgets_sign_ins_that_are_over(tokens, api):
    api.post("/api/v1/auth/logout/", {"refresh": tokens["refresh"]})
    sign_in(api)

    assert SignIn.objects.count() == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"awaits_confirmation": True}, {"password": "!unusable"}])
def test_accounts_that_may_not_sign_in_do_not_stand_out(change, user, api, settings):
    settings.CONFIRM_EMAIL = True
    User.objects.filter(pk=user.pk).update(**change)
    answers = [sign_in(api, email=email, password=PASSWORD) for email in (user.email, "nobody@example.com")]
    bodies = [{**answer.json()["error"], "request_id": None} for answer in answers]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert bodies[0] == bodies[1]


def test_the_old_refresh_token_is_blacklisted(tokens, api):
    refresh(api, tokens["refresh"])

    assert BlacklistedToken.objects.get().token.jti == RefreshToken(tokens["refresh"], verify=False)["jti"]


def test_an_access_token_is_no_refresh_token(tokens, api):
    assert refresh(api, tokens["access"]).status_code == 401


def test_a_refresh_token_is_no_access_token(tokens):
    assert profile(tokens["refresh"]).status_code == 401


def test_using_a_refresh_token_twice_ends_its_whole_family(tokens, api):
    newest = refresh(api, tokens["refresh"]).json()["refresh"]
    newest = refresh(api, newest).json()["refresh"]
    reused = refresh(api, tokens["refresh"])

    assert reused.status_code == 401
    assert refresh(api, newest).status_code == 401


def test_other_sign_ins_outlive_a_stolen_token(tokens, api):
    other = sign_in(api).json()["refresh"]
    for _ in range(2):
        refresh(api, tokens["refresh"])

    assert refresh(api, other).status_code == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_refreshes_with_one_token_only_one_succeeds(tokens, simultaneously):
    statuses = simultaneously(lambda number: refresh(APIClient(), tokens["refresh"]).status_code)

    assert statuses == [200, 401, 401, 401]


def test_signing_out_with_an_old_token_of_the_family_ends_it_too(tokens, api):
    newest = refresh(api, tokens["refresh"]).json()["refresh"]
    api.post("/api/v1/auth/logout/", {"refresh": tokens["refresh"]})

    assert refresh(api, newest).status_code == 401


def test_a_deleted_sign_in_is_over(tokens, api):
    SignIn.objects.all().delete()

    assert refresh(api, tokens["refresh"]).status_code == 401


def test_the_tokens_of_a_deleted_user_die_at_once(tokens, user, api):
    user.delete()

    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401
