"""`bin/smoke`, on the real site and on sites that are broken."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from pkgutil import resolve_name
from threading import Thread
from typing import Any

import pytest

from apps.accounts.models import User
from config.settings import base
from tests.commands import ROOT, run
from tests.serving.server import Server

WEB = "http://www.example.com"
# What serves all there is in one process.
WHOLE = "tests.serving.server:serving"
# Channels
WHOLE = "tests.live.daphne:daphne"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """The whole site, with its static files."""
    static = {"DJANGO_SETTINGS_MODULE": "config.settings.build"}
    assert run("python", "manage.py", "collectstatic", "--noinput", **static).returncode == 0
    serve: Callable[..., AbstractContextManager[Server]] = resolve_name(WHOLE)
    environment = {"DATABASE_URL": database_url, "SECURE_SSL_REDIRECT": "false"}
    # Celery, Channels
    environment["PREFLIGHT_OPEN"] = "true"

    with serve(log=tmp_path / "log", **environment) as server:
        yield server


def smoke(port: int, *arguments: str, **environment: str) -> tuple[int, dict[str, str]]:
    """The exit code, and a line for each check."""
    command = [sys.executable, "-m", "tools.smoke", WEB, f"--via=www.example.com=127.0.0.1:{port}", "--patience=1"]
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, {line[9:21].strip(): line for line in done.stdout.splitlines()}


@pytest.mark.slow
@pytest.mark.postgres
def test_a_site_that_works_passes_and_nothing_is_left_behind(site: Server) -> None:
    code, said = smoke(site.port, "--sign-up")

    assert code == 0, said
    assert [line for line in said.values() if line.startswith(("FAILED", "not run"))] == []
    assert not User.objects.exists()


@pytest.mark.slow
@pytest.mark.postgres
def test_what_needs_an_account_is_not_said_to_be_fine_without_one(site: Server) -> None:
    code, said = smoke(site.port)

    assert code == 0
    assert said["account"].startswith("not run")
    # Channels
    assert said["live updates"].startswith("not run")
    # Celery, Channels
    assert said["task"].startswith("not run")


@pytest.mark.slow
@pytest.mark.postgres
def test_a_password_is_used_and_not_shown(site: Server, settings: Any) -> None:
    # As the site itself would keep it.
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    User.objects.create_user("ada@example.com", "right-and-long-9")

    wrong, complaint = smoke(site.port, SMOKE_EMAIL="ada@example.com", SMOKE_PASSWORD="wrong-and-long-9")
    right, _ = smoke(site.port, SMOKE_EMAIL="ada@example.com", SMOKE_PASSWORD="right-and-long-9")

    assert (wrong, right) == (1, 0)
    assert "401" in complaint["account"]
    assert "wrong-and-long-9" not in str(complaint)
    assert User.objects.exists()


class Broken(BaseHTTPRequestHandler):
    """Sends everybody elsewhere, as a site does that is asked under a wrong name."""

    def do_GET(self) -> None:
        self.send_response(301)
        self.send_header("Location", "https://elsewhere.example.com/")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def test_a_broken_site_fails_with_what_it_did_instead() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        code, said = smoke(server.server_port, "--sign-up")
        server.shutdown()

    assert code == 1
    assert "GET / answers 301 instead of 200: is this the address" in said["page"]
    assert said["readiness"].startswith("FAILED")
    assert said["account"].startswith("FAILED")


def test_a_site_that_is_not_there_fails() -> None:
    code, said = smoke(1)

    assert code == 1
    assert "refused" in said["page"]


def test_an_address_without_a_scheme_is_explained() -> None:
    done = run("python", "-m", "tools.smoke", "www.example.com")

    assert done.returncode == 2
    assert "www.example.com is not like https://www.example.com" in done.stderr
