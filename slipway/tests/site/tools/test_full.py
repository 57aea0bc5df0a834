"""`bin/dev --full`: the real processes of production on real servers, in one terminal."""

import json
import os
import signal
import socket
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from config.processes import PROCESSES
from slipway.tests.site.serving.server import free_port
from slipway.tests.waiting import wait_for
from tests.commands import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Data of its own, and the code and the packages that are here."""
    folder = tmp_path / "mysite"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    # Servers that do not run as root must be able to come here.
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.getuid() and parent.is_relative_to(gettempdir()):
            parent.chmod(parent.stat().st_mode | 0o055)
    return folder


def test_all_processes_work_together_and_end_together(checkout: Path) -> None:
    port = first_free_port()
    ours = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    said = checkout.parent / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            ["bin/dev", "--full"],
            cwd=checkout,
            env={**environment, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(lambda: answer(port, "/health/")[0] == 200, said, timeout=60)
        # Channels
        wait_for(lambda: answer(port + 1, "/health/")[0] == 200, said, timeout=60)

        # A queue shows once a minute that it works.
        wait_for(lambda: json.loads(answer(port, "/api/health/")[1])["status"] == "healthy", said, timeout=90)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        code = process.wait(timeout=60)

    text = said.read_text()
    assert code == 0, text
    assert [name for name in PROCESSES if f"{name:6} |" not in text] == []
    assert not (checkout / "db.sqlite3").exists()


def first_free_port() -> int:
    """The first of as many free ports as there are processes."""
    while True:
        port = free_port()
        try:
            for number in range(1, len(PROCESSES)):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + number))
        except OSError:
            continue
        return port


def answer(port: int, path: str) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return 0, b'{"status": "silent"}'
    finally:
        connection.close()
