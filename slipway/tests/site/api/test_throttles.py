"""Rate limits: what is counted, for whom, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from rest_framework.settings import api_settings
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from config.components.api import REST_FRAMEWORK

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rates(monkeypatch):
    """Low limits. The clock stands still, so that no window ends during a test."""
    rates = {"anon": "3/min", "user": "5/min", "login": "2/min", "mail": "1/hour"}
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    with time_machine.travel(NOON, tick=False):
        yield


def allowed(request):
    """The number of requests before the first 429."""
    return next((number for number in range(12) if request().status_code == 429), None)


def root(api, **extra):
    return lambda: api.get("/api/v1/", **extra)


def me(api, **extra):
    return lambda: api.get("/api/v1/users/me/", **extra)


def sign_in(api, **extra):
    return lambda: api.post("/api/v1/auth/login/", {"email": "nobody@example.com", "password": "x"}, **extra)


def test_an_ipv6_network_is_one_client(db, api):
    addresses = iter(range(100))

    assert allowed(lambda: root(api, REMOTE_ADDR=f"2001:db8::{next(addresses)}")()) == 3
    assert allowed(root(api, REMOTE_ADDR="2001:db8:0:1::1")) == 3


def test_a_user_has_one_limit_for_all_addresses(user, api):
    api.force_authenticate(user)
    api.get("/api/v1/users/me/", REMOTE_ADDR="192.0.2.1")

    assert allowed(me(api, REMOTE_ADDR="192.0.2.2")) == 4


def test_the_forms_of_rooms_and_the_api_have_one_limit_together(user, api, client):
    api.force_authenticate(user)
    me(api)()
    client.force_login(user)

    assert allowed(lambda: client.post("/rooms/", {"name": "Launch"})) == 4
    assert client.get("/rooms/").status_code == 200
    assert user.memberships.count() == 4


def test_e_mails_have_the_lowest_limit(db, api):
    data = {"email": "nobody@example.com"}

    assert allowed(lambda: api.post("/api/v1/auth/password/reset/", data)) == 1
    assert api.post("/api/v1/auth/register/", {**data, "password": "x"}).status_code == 429


def test_changing_the_password_has_the_limit_of_signing_in(user, api):
    api.force_authenticate(user)
    data = {"current_password": "x", "new_password": "another long phrase"}

    assert allowed(lambda: api.post("/api/v1/auth/password/change/", data)) == 2


def test_refreshing_tokens_does_not_count_as_signing_in(db, api):
    api.post("/api/v1/auth/refresh/", {"refresh": "x"})

    assert allowed(sign_in(api)) == 2


def test_a_limit_ends_with_its_window(db, api):
    assert allowed(sign_in(api)) == 2
    with time_machine.travel(NOON + timedelta(seconds=60), tick=False):
        assert allowed(sign_in(api)) == 2


def test_behind_a_proxy_the_address_is_the_last_forwarded_one(db, api, settings):
    settings.TRUSTED_PROXIES = 1
    forged = iter(range(100))

    assert allowed(lambda: root(api, HTTP_X_FORWARDED_FOR=f"203.0.113.{next(forged)}, 198.51.100.7")()) == 3
    assert allowed(root(api, HTTP_X_FORWARDED_FOR="203.0.113.1, 198.51.100.8")) == 3


def test_without_a_proxy_forwarded_addresses_are_ignored(db, api):
    forged = iter(range(100))

    assert allowed(lambda: root(api, HTTP_X_FORWARDED_FOR=f"203.0.113.{next(forged)}")()) == 3


def test_counters_expire(db, api, settings):
    # The clock of Redis cannot be changed.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    key = f"throttle:anon:127.0.0.1:{NOON.timestamp() // 60:.0f}"
    root(api)()
    count = cache.get(key)
    with time_machine.travel(NOON + timedelta(seconds=61)):
        assert (count, cache.get(key)) == (1, None)


def test_without_redis_each_process_counts_in_its_memory(db, api, settings):
    settings.CACHES = {
        "default": {"BACKEND": "config.cache.FallbackRedisCache", "LOCATION": "redis://127.0.0.1:1", "KEY_PREFIX": "x"}
    }

    assert allowed(root(api)) == 3


def test_the_throttles_of_rest_framework_have_rates():
    """A view of a user may set them as its throttle_classes."""
    assert {AnonRateThrottle.scope, UserRateThrottle.scope} <= REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].keys()
