"""`bin/smoke --hold`: what a deploy costs those who are there meanwhile."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import User
from apps.notifications.models import Notification
from tests.commands import ROOT
from tests.live.daphne import daphne
from tests.waiting import wait_for

WEB = "http://www.example.com"


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_held_survives_a_restart_and_counts_what_it_cost(
    database_url: str, tmp_path: Path, settings: Any
) -> None:
    places = {"DATABASE_URL": database_url, "SECURE_SSL_REDIRECT": "false", "SECRET_KEY": settings.SECRET_KEY}
    places["PREFLIGHT_OPEN"] = "true"
    with daphne(log=tmp_path / "one", **places) as first, holding(first.port, 3) as held:
        assert told(held) == {"open": 3}
        wait_for(Notification.objects.exists, timeout=20)
        first.stop()
        with daphne(log=tmp_path / "two", PORT=str(first.port), **places):
            before = Notification.objects.count()
            wait_for(lambda: Notification.objects.count() > before, timeout=20)
            assert held.stdin
            held.stdin.close()
            cost = told(held)
            assert held.wait(timeout=20) == 0

    assert cost["closed"] == 3
    assert (cost["lost_sockets"], cost["lost_messages"]) == (0, 0)
    # What could not be sent while nobody was there counts, too.
    assert cost["tasks"] - cost["lost_tasks"] >= 2
    assert not User.objects.exists()


@contextmanager
def holding(port: int, number: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tools.smoke", WEB, f"--via=www.example.com=127.0.0.1:{port}", "--sign-up"]
    with subprocess.Popen(
        [*command, f"--hold={number}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as held:
        try:
            yield held
        finally:
            held.kill()


def told(held: subprocess.Popen[str]) -> dict[str, int]:
    assert held.stdout
    return json.loads(held.stdout.readline())
