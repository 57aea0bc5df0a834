from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from rest_framework.settings import api_settings

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rates(monkeypatch):
    """Few, so that the tests are short; the clock stands still, so that no window ends in between."""
    rates = {"anon": "3/min", "user": "5/min", "login": "2/min", "mail": "1/hour"}
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    with time_machine.travel(NOON, tick=False):
        yield


def allowed(action, tries=12):
    """How many calls succeed until one is answered with 429."""
    return next((number for number in range(tries) if action().status_code == 429), None)


def ask(api, **extra):
    return lambda: api.get("/api/v1/", **extra)


def me(api, **extra):
    return lambda: api.get("/api/v1/users/me/", **extra)


def sign_in(api, **extra):
    return lambda: api.post("/api/v1/auth/login/", {"email": "nobody@example.com", "password": "x"}, **extra)


def test_a_stranger_is_counted_by_address(db, api):
    assert allowed(ask(api, REMOTE_ADDR="192.0.2.1")) == 3
    assert allowed(ask(api, REMOTE_ADDR="192.0.2.2")) == 3


def test_the_owner_of_an_ipv6_network_is_one_stranger(db, api):
    addresses = iter(range(100))

    assert allowed(lambda: ask(api, REMOTE_ADDR=f"2001:db8::{next(addresses)}")()) == 3
    assert allowed(ask(api, REMOTE_ADDR="2001:db8:0:1::1")) == 3


def test_a_user_is_counted_wherever_they_are(user, api):
    api.force_authenticate(user)
    api.get("/api/v1/users/me/", REMOTE_ADDR="192.0.2.1")

    assert allowed(me(api, REMOTE_ADDR="192.0.2.2")) == 4


def test_each_user_is_counted_alone(user, staff, api):
    api.force_authenticate(user)
    allowed(me(api))
    api.force_authenticate(staff)

    assert allowed(me(api)) == 5


def test_signing_in_is_allowed_less_often_and_counted_alone(db, api):
    assert allowed(sign_in(api)) == 2
    assert allowed(ask(api)) == 3


def test_mails_are_asked_for_least_often(db, api):
    nobody = {"email": "nobody@example.com"}

    assert allowed(lambda: api.post("/api/v1/auth/password/reset/", nobody)) == 1
    assert api.post("/api/v1/auth/register/", {**nobody, "password": "x"}).status_code == 429


def test_guessing_the_old_password_is_limited_like_signing_in(user, api):
    api.force_authenticate(user)
    guess = {"current_password": "x", "new_password": "another long phrase"}

    assert allowed(lambda: api.post("/api/v1/auth/password/change/", guess)) == 2


def test_refreshing_does_not_use_up_sign_ins(db, api):
    api.post("/api/v1/auth/refresh/", {"refresh": "x"})

    assert allowed(sign_in(api)) == 2


def test_who_must_wait_is_told_how_long(db, api):
    allowed(sign_in(api))
    with time_machine.travel(NOON + timedelta(seconds=20), tick=False):
        answer = sign_in(api)()

    assert answer.json()["error"]["code"] == "throttled"
    assert answer["Retry-After"] == "40"


def test_after_that_time_it_goes_on(db, api):
    allowed(sign_in(api))
    with time_machine.travel(NOON + timedelta(seconds=60), tick=False):
        assert allowed(sign_in(api)) == 2


def test_behind_a_proxy_the_address_that_it_saw_counts(db, api, settings):
    settings.TRUSTED_PROXIES = 1
    forged = iter(range(100))

    assert allowed(lambda: ask(api, HTTP_X_FORWARDED_FOR=f"203.0.113.{next(forged)}, 198.51.100.7")()) == 3
    assert allowed(ask(api, HTTP_X_FORWARDED_FOR="203.0.113.1, 198.51.100.8")) == 3


def test_without_a_proxy_a_forged_header_is_not_believed(db, api):
    forged = iter(range(100))

    assert allowed(lambda: ask(api, HTTP_X_FORWARDED_FOR=f"203.0.113.{next(forged)}")()) == 3


def test_counts_are_not_kept_for_ever(db, api, settings):
    # Of Redis we could not tell the time.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    key = f"throttle:anon:127.0.0.1:{NOON.timestamp() // 60:.0f}"
    ask(api)()
    counted = cache.get(key)
    with time_machine.travel(NOON + timedelta(seconds=61)):
        assert (counted, cache.get(key)) == (1, None)


def test_without_redis_each_process_counts_in_its_memory(db, api, settings):
    settings.CACHES = {
        "default": {"BACKEND": "config.cache.FallbackRedisCache", "LOCATION": "redis://127.0.0.1:1", "KEY_PREFIX": "x"}
    }

    assert allowed(ask(api)) == 3


def test_the_limits_of_the_site_are_as_documented():
    from config.settings.base import REST_FRAMEWORK

    rates = REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]

    assert rates == {
        "anon": "120/min",
        "user": "600/min",
        "login": "10/min",
        "mail": "10/hour",
        # Celery, Channels
        "preflight": "30/min",
    }
