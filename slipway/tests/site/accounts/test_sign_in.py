import time

import pytest
import time_machine
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from apps.accounts.models import SignIn, User
from apps.accounts.tokens import GRACE_PERIOD
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


def later():
    """After the grace period. The number of seconds has no time zone."""
    return time_machine.travel(time.time() + GRACE_PERIOD.total_seconds() + 1)


def test_using_a_refresh_token_twice_ends_its_whole_family_and_its_access_tokens(tokens, api):
    newest = refresh(api, tokens["refresh"]).json()["refresh"]
    newest = refresh(api, newest).json()
    with later():
        reused = refresh(api, tokens["refresh"])

        assert reused.status_code == 401
        assert refresh(api, newest["refresh"]).status_code == 401
        assert [profile(access).status_code for access in (tokens["access"], newest["access"])] == [401, 401]


def test_a_second_use_within_the_grace_period_gives_the_same_next_token(tokens, api):
    first, second = [refresh(api, tokens["refresh"]).json() for _ in range(2)]

    assert first["refresh"] == second["refresh"]
    assert profile(second["access"]).status_code == 200


@pytest.mark.parametrize("order", [["owner", "thief"], ["thief", "owner"]])
def test_a_thief_who_uses_a_token_within_the_grace_period_is_noticed_at_the_next_use(order, tokens, api):
    held = {who: refresh(api, tokens["refresh"]).json()["refresh"] for who in order}
    with later():
        newest = refresh(api, held[order[0]]).json()
    with time_machine.travel(time.time() + 60):
        assert refresh(api, held[order[1]]).status_code == 401
        assert refresh(api, newest["refresh"]).status_code == 401
        assert profile(newest["access"]).status_code == 401


def test_the_grace_period_does_not_outlive_the_sign_in(tokens, api):
    newest = refresh(api, tokens["refresh"]).json()["refresh"]
    api.post("/api/v1/auth/logout/", {"refresh": newest})

    assert refresh(api, tokens["refresh"]).status_code == 401


def test_other_sign_ins_outlive_a_stolen_token(tokens, api):
    other = sign_in(api).json()
    refresh(api, tokens["refresh"])
    with later():
        assert refresh(api, tokens["refresh"]).status_code == 401
        assert profile(other["access"]).status_code == 200
        assert refresh(api, other["refresh"]).status_code == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_simultaneous_refreshes_with_one_token_give_one_next_token(tokens, simultaneously):
    answers = []
    simultaneously(lambda number: answers.append(refresh(APIClient(), tokens["refresh"])) or number)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
    assert len({answer.json()["refresh"] for answer in answers}) == 1
    assert OutstandingToken.objects.count() == 2
    assert {profile(answer.json()["access"]).status_code for answer in answers} == {200}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_refreshes_after_the_grace_period_none_succeeds(tokens, simultaneously):
    newest = refresh(APIClient(), tokens["refresh"]).json()
    BlacklistedToken.objects.update(blacklisted_at=timezone.now() - GRACE_PERIOD)
    statuses = simultaneously(lambda number: refresh(APIClient(), tokens["refresh"]).status_code)

    assert statuses == [401, 401, 401, 401]
    assert refresh(APIClient(), newest["refresh"]).status_code == 401


def test_signing_out_with_an_old_token_of_the_family_ends_it_too(tokens, api):
    newest = refresh(api, tokens["refresh"]).json()["refresh"]
    api.post("/api/v1/auth/logout/", {"refresh": tokens["refresh"]})

    assert refresh(api, newest).status_code == 401


def test_a_deleted_sign_in_is_over(tokens, api):
    SignIn.objects.all().delete()

    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401


def test_the_tokens_of_a_deleted_user_die_at_once(tokens, user, api):
    user.delete()

    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401


def test_an_access_token_costs_one_query(tokens, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert profile(tokens["access"]).status_code == 200


def test_a_token_that_was_made_without_a_sign_in_works_until_the_user_is_deactivated(user):
    token = str(AccessToken.for_user(user))
    before = profile(token).status_code
    User.objects.update(is_active=False)

    assert (before, profile(token).status_code) == (200, 401)


def test_an_inactive_user_is_refused_however_it_became_inactive(tokens, api):
    QuerySet.update(User.objects.all(), is_active=False)

    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401


def by_saving(user, admin_client, is_active):
    user.is_active = is_active
    user.save()


def by_saving_one_field(user, admin_client, is_active):
    user.is_active = is_active
    user.save(update_fields=["is_active"])


def by_a_query(user, admin_client, is_active):
    User.objects.filter(is_active=not is_active, pk=user.pk).update(is_active=is_active)


def in_the_admin(user, admin_client, is_active):
    given = {"email": user.email, "name": user.name, **({"is_active": "on"} if is_active else {})}
    assert admin_client.post(f"/admin/accounts/user/{user.pk}/change/", given).status_code == 302


@pytest.mark.parametrize("set_active", [by_saving, by_saving_one_field, by_a_query, in_the_admin])
def test_deactivation_ends_sign_ins_and_sessions_for_good(set_active, user, tokens, api, admin_client, client):
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    before = client.get("/account/").status_code
    set_active(user, admin_client, is_active=False)
    set_active(user, admin_client, is_active=True)

    assert User.objects.get(pk=user.pk).is_active
    assert (before, client.get("/account/").status_code) == (200, 302)
    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401
    assert admin_client.get("/account/").status_code == 200
    assert sign_in(api).status_code == 200
