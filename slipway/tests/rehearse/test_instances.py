import asyncio
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.rehearse import instances
from slipway.rehearse.build import Build
from slipway.rehearse.errors import Failure
from slipway.rehearse.health import HealthResult, check_health
from slipway.rehearse.instances import Release, RunningService, watch_memory
from slipway.rehearse.processes import MEGABYTE, Log
from slipway.rehearse.proxy import WebProxy
from slipway.rehearse.report import Report
from slipway.rehearse.supervisor import running_processes
from slipway.tests.rehearse.connections import get_once, run_async, send
from slipway.tests.rehearse.test_build import service

AT_MOST = 10
SERVER = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[2]) if self.path == "/health/" else 200)
        self.end_headers()
        self.wfile.write(os.environ["VERSION"].encode())

print("began", flush=True)
HTTPServer((sys.argv[1], int(os.environ["PORT"])), Handler).serve_forever()
"""
PYTHON = shlex.quote(sys.executable)
WORKS = "echo began; exec sleep 300"


def serves(status: int = 200) -> str:
    return f"exec {PYTHON} server.py 0.0.0.0 {status}"


@pytest.fixture
def build(tmp_path: Path) -> Build:
    made = Build(tmp_path / "build", uses_database=False)
    made.source.mkdir(parents=True)
    (made.source / "server.py").write_text(SERVER)
    return made


def release(build: Build, start: str, version: str = "one", pre_deploy: str = "") -> Release:
    return Release(build, {"VERSION": version}, start, pre_deploy)


@asynccontextmanager
async def running(
    folder: Path, *, web: bool = True, instances: int = 1, limit: int = 512
) -> AsyncIterator[RunningService]:
    proxy = WebProxy() if web else None
    kind = replace(service("shop", "true"), instances=instances, health_path="/health/", stop_delay=1)
    log = Log(folder / "logs/shop.log", [])
    one = RunningService(kind, log, folder / "run", Report(), limit * MEGABYTE, proxy, "shop.onrender.com")
    if proxy:
        await proxy.open()
    try:
        async with asyncio.timeout(AT_MOST):
            yield one
    finally:
        await one.stop(one.instances, 0)
        if proxy:
            await proxy.close()


async def version(one: RunningService) -> str:
    assert one.proxy
    return (await send(one.proxy.port, get_once())).rpartition("\r\n\r\n")[2]


@run_async
async def test_a_deploy_replaces_and_stops_the_old_version(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        await one.deploy(release(build, serves()))
        assert await version(one) == "one"
        (old,) = one.instances
        await one.deploy(release(build, serves(), "two"))

        assert await version(one) == "two"
        assert not old.process.is_running
        assert not old.folder.exists()
        assert one.report.failures == []


def give_up_on(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time to start is over when a health check has this result."""
    clock = iter([0.0])

    async def check(*arguments: Any) -> HealthResult:
        nonlocal clock
        result = await check_health(*arguments)
        if result.message == message:
            clock = iter([1e9])
        return result

    monkeypatch.setattr(instances, "check_health", check)
    monkeypatch.setattr(instances, "monotonic", lambda: next(clock, 0.0))


@run_async
@pytest.mark.parametrize(
    ("start", "words"),
    [
        (serves(500), "shop is not healthy at /health/: responds with 500."),
        (WORKS, "shop is not healthy at /health/: nothing listens on its port."),
        ("echo no; exit 9", "shop ended with code 9 instead of starting."),
    ],
    ids=["ill", "elsewhere", "ended"],
)
async def test_a_deploy_that_never_becomes_healthy_keeps_the_old_version(
    start: str, words: str, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as one:
        await one.deploy(release(build, serves()))
        before = list(one.instances)
        give_up_on(words.rpartition(": ")[2].rstrip("."), monkeypatch)
        with pytest.raises(Failure) as raised:
            await one.deploy(release(build, start, "two"))

        assert str(raised.value) == words
        assert one.instances == before
        assert await version(one) == "one"
        assert len(list(one.folder.glob("shop-*"))) == 1


@run_async
async def test_a_permanent_error_ends_the_deploy_at_once(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path) as one, asyncio.timeout(5):
        with pytest.raises(Failure) as raised:
            await one.deploy(release(build, serves(400)), timeout=60)

    assert "ALLOWED_HOSTS" in raised.value.hint
    assert "began" in raised.value.last_lines


@run_async
async def test_a_failed_start_leaves_no_process(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_up_on("responds with 500", monkeypatch)
    async with running(tmp_path) as one:
        with pytest.raises(Failure) as raised:
            await one.deploy(release(build, f"echo $$; {serves(500)}"))
        pid = int(raised.value.last_lines.split()[0])

    assert pid not in dict(running_processes())


@run_async
async def test_each_instance_has_its_own_port_and_files(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path, instances=2) as one:
        changed = release(build, f"echo mine > mine; echo $PORT > port; {serves()}")
        # As the Blueprint may send.
        changed.environment["PORT"] = "10000"
        await one.deploy(changed)
        folders = [instance.folder for instance in one.instances]
        ports = [int((folder / "port").read_text()) for folder in folders]

        assert ports == [instance.address[1] for instance in one.instances]
        assert len(set(ports)) == len(set(folders)) == 2
        assert not (build.source / "mine").exists()


@run_async
async def test_a_service_listens_on_localhost_only(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path, web=False) as one:
        await one.deploy(release(build, f"echo 0.0.0.0 10.0.0.0 > where; {WORKS}"))

        assert (one.instances[0].folder / "where").read_text() == "127.0.0.1 10.0.0.0\n"


async def found(one: RunningService, failures: int) -> str:
    while len(one.report.failures) < failures:
        await asyncio.sleep(0.01)
    return one.report.failures[-1]


@run_async
async def test_an_ended_process_is_restarted_and_reported(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        await one.deploy(release(build, serves()))
        (instance,) = one.instances
        first = instance.process
        await first.kill()
        output = await found(one, 1)
        # Until then, the proxy answers in its place.
        while await version(one) != "one":
            await asyncio.sleep(0.02)

    assert instance.process is not first
    assert output == "shop ended by itself, with code 137. It is restarted."


@run_async
async def test_a_stopped_service_is_not_restarted(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path, web=False) as one:
        await one.deploy(release(build, WORKS))
        (instance,) = one.instances
        assert await one.stop([instance], AT_MOST)
        assert instance.restarter
        assert instance.restarter.done()

    assert one.report.failures == []
    assert not instance.process.is_running


@run_async
async def test_a_service_can_be_stopped_during_a_restart(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path, web=False) as one:
        await one.deploy(release(build, WORKS))
        (instance,) = one.instances
        await instance.process.kill()
        while not one.report.failures:
            # No longer: the next is started right after.
            await asyncio.sleep(0)
        await one.stop([instance], AT_MOST)

        assert instance.restarter
        assert instance.restarter.done()
        assert not instance.process.is_running


@run_async
async def test_a_process_that_ignores_sigterm_is_a_failure(build: Build, tmp_path: Path) -> None:
    deaf = "trap '' TERM; while :; do sleep 0.05; done"
    async with running(tmp_path, web=False) as one:
        await one.deploy(release(build, deaf))
        await one.deploy(release(build, WORKS))

    assert one.report.failures == ["shop still ran 1 s after SIGTERM, and was killed."]


@run_async
async def test_a_process_over_the_memory_limit_is_killed_and_reported(build: Build, tmp_path: Path) -> None:
    hold = "import time; held = b'x' * 60_000_000; time.sleep(300)"
    async with running(tmp_path, web=False, limit=40) as one:
        await one.deploy(release(build, f"{PYTHON} -c {shlex.quote(hold)}; true"))
        first = one.instances[0].process
        watch = asyncio.create_task(watch_memory([one]))
        try:
            output = await found(one, 1)
            await first.wait()
        finally:
            watch.cancel()

    assert "but its plan has 40 MB: killed" in output
    assert 55 * MEGABYTE < one.peak_memory < 120 * MEGABYTE


@run_async
async def test_a_process_below_the_memory_limit_keeps_running(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path, web=False) as one:
        await one.deploy(release(build, WORKS))
        watch = asyncio.create_task(watch_memory([one]))
        while not one.peak_memory:
            await asyncio.sleep(0.01)
        watch.cancel()

        assert one.instances[0].process.is_running
        assert one.report.failures == []


@run_async
async def test_the_files_that_a_pre_deploy_writes_are_lost(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        await one.run_pre_deploy(release(build, WORKS, pre_deploy="echo $VERSION > made"))

        assert "pre-deploy" in one.log.path.read_text()
        assert list(tmp_path.rglob("made")) == []


@run_async
async def test_a_failed_pre_deploy_command_shows_its_last_lines(build: Build, tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        with pytest.raises(Failure, match="The pre-deploy command of shop failed with code 4") as raised:
            await one.run_pre_deploy(release(build, WORKS, pre_deploy="echo no such table; exit 4"))

    assert "no such table" in raised.value.last_lines
    assert list((tmp_path / "run").glob("shop-*")) == []
