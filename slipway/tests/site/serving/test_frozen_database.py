"""PostgreSQL stops responding without closing a connection: it hangs, or a proxy in front of it does."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from slipway.tests.drills import drill
from slipway.tests.site.live.daphne import SINGLE_PROCESS, daphne
from slipway.tests.site.serving.collected import collected as collected
from slipway.tests.site.serving.collected import for_a_browser
from slipway.tests.site.serving.proxy import Line, line_to
from slipway.tests.site.serving.server import Server, serving
from slipway.tests.site.tasks.processes import children_of
from slipway.tests.waiting import wait_for
from tests.commands import run
from tools.places import place_for
from tools.servers import PostgreSQL

# A session makes the site read the database. There is none with this key, so the answer is 401.
HEADERS = {"Host": "127.0.0.1", "Cookie": "sessionid=00000000000000000000000000000000"}


class OwnPostgreSQL(PostgreSQL):
    url = ""

    def command(self, port: int) -> list[Any]:
        return [*super().command(port), "--max_connections=20"]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all processes of the server."""
        assert self.process
        for pid in [self.process.pid, *children_of(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


@pytest.fixture
def postgresql() -> Iterator[OwnPostgreSQL]:
    with place_for(None) as place:
        server = OwnPostgreSQL(place)
        assert server.find()
        server.url = server.start()
        yield server
        server.send(signal.SIGCONT)
        server.stop()


@pytest.fixture
def line(postgresql: OwnPostgreSQL) -> Iterator[Line]:
    with line_to(int(postgresql.url.rpartition(":")[2].partition("/")[0])) as line:
        yield line


@pytest.fixture
def environment(postgresql: OwnPostgreSQL, line: Line, collected: Path) -> dict[str, str]:
    url = postgresql.url.replace(f":{line.target}/", f":{line.port}/")
    return for_a_browser(collected, url) | {"REDIS_URL": ""}


@pytest.fixture(params=[serving, partial(daphne, command=SINGLE_PROCESS)], ids=["web", "ws"])
def site(request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    done = run("python", "manage.py", "migrate", **environment)
    assert done.returncode == 0, done.stderr
    with request.param(log=tmp_path / "log", **environment) as server:
        wait_for(lambda: server.ask("GET", "/health/").status == 200)
        yield server


@pytest.fixture
def process(request: pytest.FixtureRequest) -> str:
    return request.node.callspec.id


def ask(site: Server) -> int:
    """A request that needs the database."""
    return site.ask("GET", "/api/v1/users/me/", headers=HEADERS).status


def seconds(site: Server, path: str) -> float:
    began = time.monotonic()
    assert site.ask("GET", path, headers=HEADERS).status in (200, 503)
    return time.monotonic() - began


def occupy_all_threads(site: Server, pool: ThreadPoolExecutor) -> list:
    return [pool.submit(ask, site) for _ in range(24)]


@pytest.mark.slow
def test_a_frozen_database_stops_neither_probes_nor_static_files(
    site: Server, process: str, postgresql: OwnPostgreSQL, collected: Path
) -> None:
    asset = next(path for path in collected.rglob("*.css") if path.stat().st_size)
    static = f"/static/{asset.relative_to(collected)}"
    assert ask(site) == 401
    with ThreadPoolExecutor(24) as pool:
        postgresql.send(signal.SIGSTOP)
        requests = occupy_all_threads(site, pool)
        slowest = dict.fromkeys(("/health/live/", static, "/health/"), 0.0)
        frozen_until = time.monotonic() + 15
        while time.monotonic() < frozen_until:
            for path in slowest:
                slowest[path] = max(slowest[path], seconds(site, path))
        began = time.monotonic()
        assert {request.result() for request in requests} == {503}
        answered_at_once = time.monotonic() - began
        later = ask(site)

        postgresql.send(signal.SIGCONT)
        began = time.monotonic()
        wait_for(lambda: ask(site) == 401, site.log, timeout=5)
        recovery = time.monotonic() - began

    assert slowest["/health/live/"] < 1
    assert slowest[static] < 1
    assert slowest["/health/"] < 2.5
    assert answered_at_once < 1
    assert later == 503
    drill(f"PostgreSQL freezes ({process})", requests=25, answered=25, errors=25, recovery=recovery)


@pytest.mark.slow
def test_silent_connections_are_replaced(site: Server, process: str, line: Line) -> None:
    """As after a failover whose old server sends no reset: new connections work."""
    with ThreadPoolExecutor(24) as pool:
        assert {request.result() for request in occupy_all_threads(site, pool)} == {401}
        line.forget()
        began = time.monotonic()
        requests = occupy_all_threads(site, pool)
        statuses = [request.result() for request in requests]

        assert set(statuses) <= {401, 503}
        assert time.monotonic() - began < 10
        wait_for(lambda: ask(site) == 401, site.log, timeout=5)
        recovery = time.monotonic() - began

    errors = statuses.count(503)
    name = f"Connections to PostgreSQL become silent ({process})"
    drill(name, requests=24, answered=len(statuses), errors=errors, recovery=recovery)


@pytest.mark.slow
def test_a_database_that_refuses_connections_is_an_error_at_once(site: Server, process: str, line: Line) -> None:
    with ThreadPoolExecutor(24) as pool:
        line.set("cut")
        began = time.monotonic()
        statuses = [request.result() for request in occupy_all_threads(site, pool)]
        assert time.monotonic() - began < 10
        line.set("open")
        began = time.monotonic()
        wait_for(lambda: ask(site) == 401, site.log, timeout=5)
        recovery = time.monotonic() - began

    assert set(statuses) == {503}
    name = f"PostgreSQL refuses connections ({process})"
    drill(name, requests=24, answered=len(statuses), errors=24, recovery=recovery)


@pytest.mark.slow
def test_twenty_connections_are_enough_for_sixty_requests(site: Server, process: str) -> None:
    with ThreadPoolExecutor(60) as pool:
        statuses = [request.result() for request in [pool.submit(ask, site) for _ in range(60)]]

    errors = sum(status >= 500 for status in statuses)
    name = f"60 requests at once, for 20 connections to PostgreSQL ({process})"
    drill(name, requests=60, answered=len(statuses), errors=errors)


@pytest.mark.parametrize("pooled", [False, True])
def test_a_slow_query_is_not_interrupted(environment: dict[str, str], pooled: bool) -> None:
    show = f"""
import django
django.setup()
from django.db import connection
connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = {pooled}
with connection.cursor() as cursor:
    cursor.execute("SELECT 'done', pg_sleep(5)")
    print(cursor.fetchone()[0])
"""
    done = run("python", "-c", show, **environment)

    assert done.stdout == "done\n", done.stderr


def test_a_client_that_listens_is_not_interrupted(environment: dict[str, str]) -> None:
    show = """
from threading import Timer
import django
django.setup()
from django.db import connection
def notify():
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY news, 'done'")
with connection.cursor() as cursor:
    cursor.execute("LISTEN news")
Timer(5, notify).start()
[news] = connection.connection.notifies(stop_after=1)
print(news.payload)
"""
    done = run("python", "-c", show, **environment)

    assert done.stdout == "done\n", done.stderr
