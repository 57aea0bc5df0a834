"""daphne under load that would fill memory, threads or database connections, and while it stops."""

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.accounts.models import User
from apps.live.models import Ticket
from config import asgi
from config.env import load
from slipway.tests.drills import drill
from slipway.tests.site.live.client import Client
from slipway.tests.site.live.daphne import SINGLE_PROCESS, daphne
from slipway.tests.site.serving.server import Server, serving
from slipway.tests.waiting import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.redis]
HEADERS = {"Host": "www.example.com", "X-Forwarded-Proto": "https", "Content-Type": "application/json"}
MEGABYTE = 1024 * 1024


def status_of(server: Server, name: str) -> int:
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


def sign_in(server: Server, number: int = 0) -> int:
    body = json.dumps({"email": f"nobody{number}@example.com", "password": "wrong"})
    return server.ask("POST", "/api/v1/auth/login/", body, HEADERS).status


@pytest.mark.parametrize("length", ["known", "unknown"])
def test_a_body_that_is_too_large_is_rejected_and_not_stored(server: Server, length: str) -> None:
    sign_in(server)
    before = status_of(server, "VmHWM")
    chunks = (b"x" * MEGABYTE for _ in range(60))
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as client:
        headers = {**HEADERS, "Content-Length": str(60 * MEGABYTE)} if length == "known" else HEADERS
        client.request("POST", "/api/v1/auth/login/", chunks, headers, encode_chunked=length == "unknown")
        response = client.getresponse()
        error = json.loads(response.read())["error"]

    assert (response.status, error["code"]) == (413, "too_large")
    assert status_of(server, "VmHWM") - before < 30_000


def test_many_requests_at_once_use_few_threads_and_connections(server: Server) -> None:
    sign_in(server)
    idle = status_of(server, "Threads")
    threads, connections = [], []
    with ThreadPoolExecutor(60) as pool:
        answers = [pool.submit(sign_in, server, number) for number in range(60)]
        while not all(answer.done() for answer in answers):
            threads.append(status_of(server, "Threads"))
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s",
                    [connection.settings_dict["NAME"]],
                )
                connections.append(cursor.fetchone()[0])

    assert {answer.result() for answer in answers} <= {401, 429}
    # A thread of the last request may still end.
    assert max(threads) <= idle + 2 * load().web_threads
    assert max(connections) <= load().web_threads + 2


def test_a_queue_that_is_too_long_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "MAX_WAITING", 2)
    monkeypatch.setattr(asgi, "MAX_WAIT", 0.2)

    async def acquire_four() -> list[bool]:
        threads = asgi.Threads(1)
        return await asyncio.gather(*[threads.acquire() for _ in range(4)])

    assert asyncio.run(acquire_four()) == [True, False, False, False]


@pytest.fixture
def sockets(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """The process of WebSockets beside one that answers HTTP."""
    urls = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    with daphne(log=tmp_path / "log", **urls) as server:
        yield server


def test_the_websocket_process_answers_nothing_else_but_health_checks(sockets: Server, user: User) -> None:
    answers = {path: sockets.get(path).status for path in ("/health/", "/health/live/", "/", "/admin/", "/api/v1/")}
    client = Client(sockets.port, f"/ws/notifications/?ticket={Ticket.objects.issue(user=user)}")

    assert answers == {"/health/": 200, "/health/live/": 200, "/": 404, "/admin/": 404, "/api/v1/": 404}
    assert client.receive("ready")["user"] == user.pk


@pytest.mark.parametrize("process", ["web", "ws"])
def test_at_shutdown_clients_that_keep_their_connections_are_answered_and_leave(
    process: str, database_url: str, tmp_path: Path
) -> None:
    urls = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    start: Any = {"web": serving, "ws": partial(daphne, command=SINGLE_PROCESS)}[process]

    def visit(number: int) -> tuple[int, int]:
        """The number of answers, and of requests without one."""
        answered = 0
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as client:
            while True:
                try:
                    client.request("GET", "/api/v1/", headers=HEADERS)
                    response = client.getresponse()
                    response.read()
                except ConnectionError:
                    return answered, 1
                answered += 1
                if response.headers["Connection"] == "close":
                    return answered, 0

    with start(log=tmp_path / "log", **urls) as server, ThreadPoolExecutor(12) as pool:
        visits = [pool.submit(visit, number) for number in range(12)]
        time.sleep(1)
        server.process.send_signal(signal.SIGTERM)
        results = [visit.result() for visit in visits]
        began = time.monotonic()

        assert server.process.wait(timeout=10) == 0
        ended = time.monotonic() - began

    answered, lost = (sum(numbers) for numbers in zip(*results, strict=True))
    name = f"SIGTERM while clients keep their connections ({process})"
    drill(name, requests=answered + lost, answered=answered, errors=0, recovery=ended)
    assert lost == 0


@pytest.mark.slow
def test_a_request_that_does_not_end_does_not_keep_the_process(server: Server) -> None:
    sign_in(server)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE accounts_user IN ACCESS EXCLUSIVE MODE")
        stuck = pool.submit(lambda: suppress(Exception) and sign_in(server))
        with connection.cursor() as cursor:
            wait_for(lambda: cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted") or cursor.fetchone())
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(timeout=29)
        took = time.monotonic() - began
        assert stuck.exception() is not None

    assert code == 1
    assert 20 < took < 26
