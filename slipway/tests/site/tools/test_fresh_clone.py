"""The newcomer's way: clone, `bin/dev`, look at the page. Installs the locked packages, so it wants a network."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.commands import ROOT
from tools.servers import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What is committed, in an empty folder."""
    folder = tmp_path / "mysite"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


def environment(port: int) -> dict[str, str]:
    """The Python of the tests, and nothing set that a newcomer has not set."""
    ours = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    theirs = {name: value for name, value in os.environ.items() if name not in ours}
    return {**theirs, "PORT": str(port), "PYTHON": f"{sys.base_prefix}/bin/python3"}


@contextmanager
def running(clone: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with (clone.parent / "said").open("wb") as said:
        process = subprocess.Popen(
            ["bin/dev"],
            cwd=clone,
            env=environment(port),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        # As Ctrl-C in a terminal: to the command and to all that it started.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=20)


def page(process: subprocess.Popen[bytes], port: int, patience: float) -> str:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()
        except OSError:
            time.sleep(0.02)
        finally:
            connection.close()
    raise AssertionError("The site never answered.")


def test_one_command_shows_the_status_page_and_a_second_start_is_quick(clone: Path) -> None:
    port = free_port()
    with running(clone, port) as process:
        status_page = page(process, port, patience=300)

    began = time.monotonic()
    with running(clone, port) as process:
        page(process, port, patience=30)
    second = time.monotonic() - began

    said = (clone.parent / "said").read_text()
    assert "Database" in status_page
    assert "demo@example.com" in status_page
    assert f"http://localhost:{port}" in said
    assert "Installing" not in said
    assert second < 10


def test_a_busy_port_is_told_in_one_sentence(clone: Path) -> None:
    shutil.copytree(ROOT / ".venv", clone / ".venv", symlinks=True)
    port = free_port()
    with running(clone, port) as process:
        page(process, port, patience=60)

        second = subprocess.run(
            ["bin/dev"], cwd=clone, env=environment(port), capture_output=True, text=True, check=False
        )

    assert second.returncode == 1
    assert (
        second.stderr.strip()
        == f"CommandError: Port {port} is in use. Stop the other server, or use another port: PORT=8001 bin/dev"
    )
