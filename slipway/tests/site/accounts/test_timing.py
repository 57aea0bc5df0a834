"""Whether an address is taken must not be told by how long an answer takes."""

import statistics
import time

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import override_settings

from apps.accounts.models import User
from config.settings import base
from tests.conftest import PASSWORD

TRIES = 5


@pytest.fixture(autouse=True)
def slow_hashing():
    """Hashing as in production, which takes longer than all the rest of a request."""
    with override_settings(PASSWORD_HASHERS=base.PASSWORD_HASHERS):
        yield


def seconds(action):
    cache.clear()
    # Of the processor, whose work it is: the clock would also count what other processes do.
    begun = time.process_time()
    action()
    return time.process_time() - begun


def ratio(one, other):
    """Of the medians of two actions that take turns."""
    times = [(seconds(one), seconds(other)) for _ in range(TRIES + 1)][1:]
    return statistics.median(time for time, _ in times) / statistics.median(time for _, time in times)


def sign_in(api, email):
    def action():
        AccessAttempt.objects.all().delete()
        assert api.post("/api/v1/auth/login/", {"email": email, "password": "wrong"}).status_code == 401

    return action


def register(api, email):
    def action():
        User.objects.exclude(email="ada@example.com").delete()
        assert api.post("/api/v1/auth/register/", {"email": email, "password": PASSWORD}).status_code == 202

    return action


@pytest.mark.parametrize("change", [{}, {"is_active": False}, {"password": "!unusable"}, {"awaits_confirmation": True}])
def test_signing_in_takes_as_long_for_an_unknown_address(change, user, api, settings):
    settings.CONFIRM_EMAIL = "awaits_confirmation" in change
    User.objects.update(**change)

    assert 0.5 < ratio(sign_in(api, user.email), sign_in(api, "nobody@example.com")) < 2


def test_registering_takes_as_long_for_a_taken_address(user, api):
    assert 0.5 < ratio(register(api, user.email), register(api, "new@example.com")) < 2
