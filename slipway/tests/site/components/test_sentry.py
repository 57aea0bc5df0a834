import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.commands import PRODUCTION, ROOT, run
from tests.sentry_server import Sentry, listening

PASSWORD = "a password that nobody may read"
EMAIL = "ada.lovelace@example.com"
SESSION = "the0session0that0nobody0may0take"
SETUP = f"""
import django
django.setup()
from django.core.management import call_command
from apps.accounts.models import User
from rest_framework_simplejwt.tokens import AccessToken
call_command("migrate", verbosity=0)
user = User.objects.create_user("{EMAIL}", "{PASSWORD}")
print(AccessToken.for_user(user), user.pk)
"""


@contextmanager
def gunicorn(**environment: str) -> Iterator[str]:
    """The site in gunicorn with preloading, on a socket that listens already."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        options = ["--preload", "--workers=2", "--no-control-socket", f"--bind=fd://{listener.fileno()}"]
        # gunicorn waits for a worker that misses a signal while it starts.
        options.append("--graceful-timeout=3")
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "slipway.tests.site.components.crashing:application"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **environment},
            pass_fds=[listener.fileno()],
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("site")
    environment = PRODUCTION | {
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "SECURE_SSL_REDIRECT": "false",
        "GIT_COMMIT": "c0ffee",
        "ENVIRONMENT": "staging",
    }
    ready = run("python", "-c", SETUP, **environment)
    assert ready.returncode == 0, ready.stderr
    token, user_id = ready.stdout.split()
    return {"environment": environment, "token": token, "user_id": user_id}


def crash(address: str, token: str) -> None:
    request = Request(
        f"{address}/crash/7/?page=2&uid=MTIz&token=one-time-token",
        data=json.dumps({"password": PASSWORD}).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Cookie": f"sessionid={SESSION}; csrftoken=csrf-cookie",
            "X-CSRFToken": "csrf-header",
            "X-Forwarded-For": "203.0.113.9",
            "X-Request-ID": "request-of-this-test",
        },
    )
    with pytest.raises(HTTPError, match="500"):
        urlopen(request, timeout=20)


@pytest.fixture(scope="module")
def sentry(site: dict[str, Any]) -> Iterator[Sentry]:
    with listening() as sentry:
        yield sentry


@pytest.fixture(scope="module")
def event(sentry: Sentry, site: dict[str, Any]) -> dict[str, Any]:
    with gunicorn(**site["environment"], SENTRY_DSN=sentry.dsn) as address:
        crash(address, site["token"])
        return sentry.wait_for("event")


def test_a_crash_in_a_forked_worker_is_reported(event: dict[str, Any]) -> None:
    error = event["exception"]["values"][-1]

    assert error["type"] == "RuntimeError"
    assert error["stacktrace"]["frames"][-1]["function"] == "post"
    assert event["transaction"] == "/crash/{number}/"


def test_the_report_has_release_environment_request_and_user(event: dict[str, Any], site: dict[str, Any]) -> None:
    assert event["release"] == "c0ffee"
    assert event["environment"] == "staging"
    assert event["tags"]["request_id"] == "request-of-this-test"
    assert event["user"] == {"id": site["user_id"]}
    assert event["request"]["query_string"] == "page=2&uid=***&token=***"


def test_the_report_has_no_personal_data_and_no_secrets(
    event: dict[str, Any], sentry: Sentry, site: dict[str, Any]
) -> None:
    private = [PASSWORD, EMAIL, SESSION, site["token"], "one-time-token", "MTIz", "203.0.113.9"]
    private += ["csrf-cookie", "csrf-header", PRODUCTION["SECRET_KEY"]]

    assert "Mail for ***, token=***" in json.dumps(event["breadcrumbs"])
    assert [text for text in private if text in json.dumps(event)] == []


def test_only_the_listed_integrations_are_active(event: dict[str, Any]) -> None:
    assert event["sdk"]["integrations"] == ["atexit", "dedupe", "django", "excepthook", "logging", "threading"]


def test_traces_leave_out_health_checks_and_personal_data(site: dict[str, Any]) -> None:
    with listening() as sentry:
        with gunicorn(**site["environment"], SENTRY_DSN=sentry.dsn, SENTRY_TRACES_SAMPLE_RATE="1") as address:
            for probe in ("health/", "health/live/"):
                assert urlopen(f"{address}/{probe}", timeout=20).status == 200
            crash(address, site["token"])
        traces = sentry.all_that_is_left("transaction")

        assert [trace["transaction"] for trace in traces] == ["/crash/{number}/"]
        assert [text for text in (PASSWORD, EMAIL, SESSION, site["token"], "one-time") if text in sentry.text] == []


def test_the_sdk_is_not_imported_without_a_dsn() -> None:
    show = "import django, sys; django.setup(); import config.urls; print('sentry_sdk' in sys.modules)"

    assert run("python", "-c", show, **PRODUCTION).stdout == "False\n"
    assert run("python", "-c", show, **PRODUCTION, SENTRY_DSN="http://key@127.0.0.1:9/1").stdout == "True\n"
