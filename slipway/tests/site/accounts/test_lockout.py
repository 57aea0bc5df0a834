from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.test_accounts import link_in, query_of

HERE, THERE = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}


def sign_in(api, password=PASSWORD, email="ada@example.com", **extra):
    return api.post("/api/v1/auth/login/", {"email": email, "password": password}, **{**HERE, **extra})


def fail(api, times=5, **given):
    return [sign_in(api, password="wrong", **given).status_code for _ in range(times)]


def page_sign_in(client, password=PASSWORD, email="grace@example.com", **extra):
    given = {"login": email, "password": password, "next": "/admin/"}
    return client.post("/account/login/", given, **{**HERE, **extra})


def test_the_fifth_failure_locks_out(user, api):
    assert fail(api) == [401, 401, 401, 401, 429]


def test_the_lockout_is_answered_in_the_one_shape(user, api):
    fail(api)
    answer = sign_in(api)

    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "throttled"


def test_an_unknown_address_is_locked_out_alike(db, api):
    assert fail(api, email="nobody@example.com") == [401, 401, 401, 401, 429]


@pytest.mark.parametrize("spelling", ["ADA@example.com", " ada@example.com ", "\tAda@Example.com"])
def test_another_spelling_of_the_address_helps_nobody(spelling, user, api):
    fail(api, times=4)

    assert fail(api, times=1, email=spelling) == [429]
    assert sign_in(api, email=spelling).status_code == 429


def test_failures_count_together_whatever_the_browser(user, api):
    statuses = [fail(api, times=1, HTTP_USER_AGENT=str(number))[0] for number in range(5)]

    assert statuses[-1] == 429


def test_another_address_may_still_sign_in(user, api):
    fail(api)

    assert sign_in(api, **THERE).status_code == 200


def test_another_account_may_still_sign_in(user, staff, api):
    fail(api)

    assert sign_in(api, email=staff.email).status_code == 200


def test_signing_in_forgets_failures(user, api):
    fail(api, times=4)
    sign_in(api)

    assert fail(api, times=4) == [401] * 4


def test_the_lockout_ends(user, api, settings):
    fail(api)
    with time_machine.travel(timezone.now() + settings.AXES_COOLOFF_TIME + timedelta(seconds=1)):
        assert sign_in(api).status_code == 200


def test_trying_again_too_early_does_not_prolong_it(user, api, settings):
    fail(api)
    with time_machine.travel(timezone.now() + settings.AXES_COOLOFF_TIME / 2):
        assert sign_in(api).status_code == 429
    with time_machine.travel(timezone.now() + settings.AXES_COOLOFF_TIME + timedelta(seconds=1)):
        assert sign_in(api).status_code == 200


def test_a_password_reset_ends_the_lockout(user, api, outbox):
    fail(api)
    (mail,) = outbox(lambda: api.post("/api/v1/auth/password/reset/", {"email": user.email}))
    link = query_of(link_in(mail))
    api.post("/api/v1/auth/password/reset/confirm/", {**link, "new_password": "another long phrase"})

    assert sign_in(api, password="another long phrase").status_code == 200


def test_the_sign_in_page_says_who_is_locked_out(staff, client):
    answers = [page_sign_in(client, password="wrong") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert "text/html" in answers[-1]["Content-Type"]
    assert page_sign_in(client).status_code == 429
    assert page_sign_in(client, **THERE).status_code == 302


def test_failures_in_the_api_and_on_the_page_count_together(staff, api, client):
    fail(api, times=4, email=staff.email)

    assert page_sign_in(client, password="wrong").status_code == 429


def test_behind_a_proxy_failures_count_for_the_address_that_it_saw(user, api, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(5):
        fail(api, times=1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.7")

    assert {attempt.ip_address for attempt in AccessAttempt.objects.all()} == {"198.51.100.7"}
    assert sign_in(api, HTTP_X_FORWARDED_FOR="203.0.113.99, 198.51.100.7").status_code == 429
    assert sign_in(api, HTTP_X_FORWARDED_FOR="198.51.100.8").status_code == 200


def test_the_owner_of_an_ipv6_network_is_one_client(user, api):
    statuses = [fail(api, times=1, REMOTE_ADDR=f"2001:db8::{number}")[0] for number in range(5)]

    assert statuses[-1] == 429
    assert fail(api, times=1, REMOTE_ADDR="2001:db8:0:1::1") == [401]


@pytest.mark.parametrize("header", ["nonsense", "192.0.2.9:5678", "x" * 300, ","])
def test_a_proxy_that_writes_nonsense_does_not_break_signing_in(header, user, api, settings):
    settings.TRUSTED_PROXIES = 1

    assert fail(api, HTTP_X_FORWARDED_FOR=header) == [401, 401, 401, 401, 429]


def test_without_a_proxy_a_forged_header_is_not_believed(user, api):
    for number in range(5):
        fail(api, times=1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")

    assert {attempt.ip_address for attempt in AccessAttempt.objects.all()} == {"192.0.2.1"}


def test_no_password_is_kept_with_a_failure(user, staff, api, client):
    sign_in(api, password="a secret slip")
    page_sign_in(client, password="a secret slip")
    client.post("/account/login/?password=a+secret+slip", {"login": "grace@example.com", "password": "a secret slip"})

    assert AccessAttempt.objects.filter(post_data__contains="password=***").exists()
    assert "grace" not in str(list(AccessAttempt.objects.values_list("post_data")))
    assert "secret" not in str(list(AccessAttempt.objects.values()))


def test_one_ip_address_may_try_ten_times_a_minute_on_the_page(db, client):
    answers = [page_sign_in(client, "x", f"user{number}@example.com") for number in range(11)]

    assert "Too many failed login attempts" not in answers[9].text
    assert "Too many failed login attempts" in answers[10].text
