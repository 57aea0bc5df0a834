from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.tests.site.browser import chromium as chromium
from slipway.tests.site.browser import new_tab as new_tab
from slipway.tests.site.browser import open_tab as open_tab
from slipway.tests.site.live.daphne import SINGLE_PROCESS, daphne
from slipway.tests.site.serving.collected import collected as collected
from slipway.tests.site.serving.collected import for_a_browser
from slipway.tests.site.serving.server import free_port, serving
from slipway.tests.site.tasks.conftest import queued as queued
from slipway.tests.site.tasks.processes import Process, running
from tests.commands import run


@pytest.fixture
def alone(django_db_setup: None, tmp_path: Path) -> Iterator[str]:
    """The URL of the site in development: one process with default settings."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "ALLOWED_HOSTS": "localhost",
        "REDIS_URL": "",
        "PORT": str(free_port()),
    }
    prepared = run("python", "manage.py", "dev", "--prepare", "--demo", **environment)
    assert prepared.returncode == 0, prepared.stderr
    with daphne(log=tmp_path / "log", command=SINGLE_PROCESS, **environment) as server:
        yield f"http://localhost:{server.port}"


@pytest.fixture
def launched(database_url: str, collected: Path, tmp_path: Path) -> Iterator[str]:
    """The URL of the site in production, without workers: pages on one host, WebSockets on another."""
    environment = {**for_a_browser(collected, database_url), "WEB_CONCURRENCY": "1"}
    with daphne(log=tmp_path / "ws", **environment) as sockets:
        environment["WEBSOCKET_URL"] = f"ws://localhost:{sockets.port}"
        with serving(log=tmp_path / "web", **environment) as pages:
            yield f"http://127.0.0.1:{pages.port}"


@pytest.fixture
def worker(database_url: str, tmp_path: Path) -> Iterator[Process]:
    """For one test only: others need a site without a worker."""
    with running("worker", tmp_path / "worker") as started:
        yield started
