"""Which process imports what, and one process without Redis."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD
from slipway.tests.site.live.client import Client
from slipway.tests.site.serving.server import Server, free_port, wait_until_listening
from tests.commands import ROOT, run


def test_the_web_process_does_not_import_channels() -> None:
    code = (
        "import sys, config.wsgi; from django.urls import get_resolver; get_resolver().url_patterns;"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'channels', 'channels_redis', 'daphne', 'twisted'})"
    )

    done = run("python", "-c", code, DJANGO_SETTINGS_MODULE="config.settings.test")

    assert (done.returncode, done.stdout.strip()) == (0, "")


DEMO = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[int]:
    """The port of `manage.py dev` with default settings."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "PYTHONUNBUFFERED": "1",
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "dev", "--demo"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_listening(Server(process, port, tmp_path / "log"))
        yield port
    finally:
        # The reloader has a child process.
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=20)


def test_without_redis_one_process_serves_pages_and_sockets(site: int) -> None:
    access = post(site, "/api/v1/auth/login/", DEMO)["access"]
    ticket = post(site, "/api/v1/auth/ws-ticket/", {}, access)["ticket"]
    room = post(site, "/api/v1/rooms/", {"name": "Launch"}, access)["id"]
    client = Client(site, f"/ws/chat/{room}/?ticket={ticket}", origin=f"http://localhost:{site}")
    client.receive("ready")

    post(site, f"/api/v1/rooms/{room}/messages/", {"text": "Hello"}, access)

    assert client.receive("message")["text"] == "Hello"


def post(port: int, path: str, body: dict[str, str], access: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {access}"} if access else {})}
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("POST", path, json.dumps(body), headers)
        return json.load(connection.getresponse())
