import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL
from threading import Thread
from urllib.parse import urlsplit

import pytest

from slipway.tests.site.serving.proxy import Line, line_to
from slipway.tests.site.serving.server import Answer, serving
from slipway.tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.postgres
def test_a_running_request_finishes_before_the_process_stops(database_url: str, tmp_path: Path) -> None:
    answers: list[Answer] = []
    with serving(
        application="slipway.tests.site.serving.application", log=tmp_path / "log", DATABASE_URL=database_url
    ) as server:
        asking = Thread(target=lambda: answers.append(server.get("/slow/")))
        asking.start()
        time.sleep(0.7)

        assert server.stop() == 0

    asking.join()
    assert [answer.status for answer in answers] == [200]


@pytest.mark.postgres
def test_the_site_is_imported_before_workers_fork(database_url: str, tmp_path: Path) -> None:
    with serving(
        application="slipway.tests.site.serving.application", log=tmp_path / "log", DATABASE_URL=database_url
    ) as server:
        who = json.loads(server.get("/who/").body)

    assert who["loaded_by"] == server.process.pid
    assert who["answered_by"] != server.process.pid


@pytest.mark.postgres
def test_nothing_is_written_to_the_home_folder(database_url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with serving(log=tmp_path / "log", DATABASE_URL=database_url, HOME=str(home)) as server:
        server.ask("GET", "/health/")

        assert list(home.iterdir()) == []


@pytest.mark.postgres
def test_gunicorn_cmd_args_are_compatible(database_url: str, tmp_path: Path) -> None:
    with serving(
        log=tmp_path / "log",
        DATABASE_URL=database_url,
        GUNICORN_CMD_ARGS="--preload --access-logfile - --bind=127.0.0.1:1",
    ) as server:
        assert server.ask("GET", "/health/").status == 200


# A mount namespace with a read-only root.
READ_ONLY = ["unshare", "--mount", "sh", "-c", 'mount -o remount,bind,ro / && exec "$@"', "sh"]


@pytest.mark.postgres
@pytest.mark.skipif(subprocess.call([*READ_ONLY, "true"], stderr=DEVNULL) != 0, reason="needs Linux, as root")
def test_a_read_only_file_system_is_enough(database_url: str, tmp_path: Path) -> None:
    with serving(before=READ_ONLY, log=tmp_path / "log", DATABASE_URL=database_url, HOME="/root") as server:
        assert server.ask("GET", "/health/").status == 200
        server.stop()

    assert [line for line in server.lines() if line["level"] not in ("INFO", "WARNING")] == []


@pytest.fixture
def line(database_url: str) -> Iterator[Line]:
    with line_to(urlsplit(database_url).port or 5432) as line:
        yield line


@pytest.mark.postgres
@pytest.mark.parametrize("trouble", ["cut", "silent"])
def test_the_health_check_notices_a_lost_and_a_restored_database(
    database_url: str, line: Line, trouble: str, tmp_path: Path
) -> None:
    address = urlsplit(database_url)
    url = database_url.replace(f":{address.port}/", f":{line.port}/")
    with serving(log=tmp_path / "log", DATABASE_URL=url, WEB_CONCURRENCY="1") as server:
        assert server.ask("GET", "/health/").status == 200

        line.set(trouble)
        began = time.monotonic()
        status = server.ask("GET", "/health/").status
        took = time.monotonic() - began
        line.set("open")

        assert status == 503
        assert took < 2
        wait_for(lambda: server.ask("GET", "/health/").status == 200)
