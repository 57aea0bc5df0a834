import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path
from subprocess import DEVNULL
from threading import Thread
from urllib.parse import urlsplit

import pytest

from config.gunicorn_worker import ARRIVAL_TIMEOUT
from slipway.tests.drills import drill
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


@contextmanager
def slow_clients(port: int, start: bytes, number: int = 40) -> Iterator[list[socket.socket]]:
    """Clients that have sent the start of a request."""
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(number)]
        for client in clients:
            client.sendall(start)
        yield clients


HEALTH = b"GET /health/ HTTP/1.1\r\nHost: x\r\n"
LOGIN = b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: www.example.com\r\nX-Forwarded-Proto: https\r\n"
STARTS = {
    "request line": b"GET ",
    "headers of a page": b"GET / HTTP/1.1\r\nHost: www.example.com\r\n",
    "headers of a health check": HEALTH,
    "body": LOGIN + b"Content-Length: 1000\r\nContent-Type: application/json\r\n\r\n{",
}


@pytest.mark.postgres
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_slow_clients_delay_nobody(database_url: str, start: bytes, tmp_path: Path) -> None:
    with serving(log=tmp_path / "log", DATABASE_URL=database_url, WEB_CONCURRENCY="1") as server:
        server.get("/")
        with slow_clients(server.port, start):
            began = time.monotonic()
            statuses = [server.get(path).status for path in ("/health/live/", "/health/", "/api/v1/", "/") * 5]
            took = time.monotonic() - began

    assert set(statuses) == {200}
    assert took < 5
    number, errors = len(statuses), sum(status >= 500 for status in statuses)
    drill("40 slow clients without a proxy (web)", requests=number, answered=number, errors=errors)


@pytest.mark.postgres
def test_a_request_in_many_parts_is_answered_and_the_next_one_too(database_url: str, tmp_path: Path) -> None:
    body = json.dumps({"email": "ada@example.com", "password": "x" * 40_000}).encode()
    headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    request = LOGIN + headers + body
    with (
        serving(log=tmp_path / "log", DATABASE_URL=database_url, WEB_CONCURRENCY="1") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as client,
    ):
        statuses = []
        for _ in range(2):
            for part in range(0, len(request), 5000):
                client.sendall(request[part : part + 5000])
                time.sleep(0.02)
            response = HTTPResponse(client)
            response.begin()
            response.read()
            statuses.append(response.status)

    assert statuses == [400, 400]


@pytest.mark.postgres
def test_a_client_that_expects_100_continue_gets_it(database_url: str, tmp_path: Path) -> None:
    with (
        serving(log=tmp_path / "log", DATABASE_URL=database_url, WEB_CONCURRENCY="1") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as client,
    ):
        client.sendall(LOGIN + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")

        assert client.recv(100).startswith(b"HTTP/1.1 100 ")


@pytest.mark.slow
@pytest.mark.postgres
def test_a_client_that_sends_no_whole_request_is_disconnected(database_url: str, tmp_path: Path) -> None:
    with (
        serving(log=tmp_path / "log", DATABASE_URL=database_url, WEB_CONCURRENCY="1") as server,
        slow_clients(server.port, b"GET / HTTP/1.1\r\n", number=1) as (client,),
    ):
        client.settimeout(ARRIVAL_TIMEOUT + 5)
        began = time.monotonic()
        # A byte every now and then does not help.
        while time.monotonic() - began < ARRIVAL_TIMEOUT - 5:
            client.sendall(b"x")
            time.sleep(1)
        # The server has not read what came.
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""

    assert time.monotonic() - began < ARRIVAL_TIMEOUT + 5
