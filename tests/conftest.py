"""Fixtures of all tests."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.pages.mailbox import urlpatterns as mailbox_urls
from config.urls import urlpatterns as site_urls

PASSWORD = "correct horse battery"

# A background job of a script ignores SIGINT, and so would the processes that tests start and stop with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    """Throttles count requests in the cache. Each test starts with an empty one."""
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
    """A client that sends JSON by default."""
    client = APIClient()
    client.default_format = "json"
    return client


@pytest.fixture
def signed_in(api: APIClient, user: User) -> APIClient:
    """A client that has signed in with an access token."""
    response = api.post("/api/v1/auth/login/", {"email": user.email, "password": PASSWORD}, format="json")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {response.data['access']}")
    return api


@pytest.fixture
def outbox(mailoutbox: list[Any], django_capture_on_commit_callbacks: Any) -> Any:
    """Call a function, run its on_commit callbacks, and return the messages that it sent."""

    def messages_sent_by(action: Any) -> list[Any]:
        with django_capture_on_commit_callbacks(execute=True):
            action()
        return mailoutbox

    return messages_sent_by


@pytest.fixture
def mailbox(settings: Any, tmp_path: Path) -> Path:
    """The folder of the mailbox, with the URLs of development."""
    backend = {"BACKEND": "apps.pages.mailbox.MailboxBackend", "OPTIONS": {"file_path": tmp_path / "mails"}}
    settings.MAILERS = {"default": backend, "delivery": backend}
    settings.DEBUG = True
    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": [*mailbox_urls, *site_urls]})
    return tmp_path / "mails"


@pytest.fixture
def database_url() -> str:
    """The URL of the test database, for other processes."""
    if connection.vendor == "sqlite":
        pytest.skip("another process cannot share SQLite's database in memory")
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
