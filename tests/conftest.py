"""What every test can count on."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import User

PASSWORD = "correct horse battery"

# A script's background is deaf to Ctrl-C, and so would be each server that tests start and end with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    """Throttles count in the cache: no test may use up another's tries."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada@example.com", PASSWORD, name="Ada")


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("grace@example.com", PASSWORD, name="Grace", is_staff=True)


@pytest.fixture
def api() -> APIClient:
    """Sends JSON, unless told otherwise."""
    client = APIClient()
    client.default_format = "json"
    return client


@pytest.fixture
def signed_in(api: APIClient, user: User) -> APIClient:
    """A client with tokens of its own, made by signing in."""
    answer = api.post("/api/v1/auth/login/", {"email": user.email, "password": PASSWORD}, format="json")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.data['access']}")
    return api


@pytest.fixture
def outbox(mailoutbox: list[Any], django_capture_on_commit_callbacks: Any) -> Any:
    """Calls a function, runs what it does after the transaction, and returns the mails it sent.

    Tests use Django's backend in memory, which sends at once.
    """

    def sent_by(action: Any) -> list[Any]:
        with django_capture_on_commit_callbacks(execute=True):
            action()
        return mailoutbox

    return sent_by


@pytest.fixture
def database_url() -> str:
    """The test database's address, for another process."""
    if connection.vendor == "sqlite":
        pytest.skip("another process cannot share SQLite's database in memory")
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
