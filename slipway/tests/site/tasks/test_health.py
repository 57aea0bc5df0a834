"""What the health report and the health command tell of the tasks."""

import os
import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery.worker import state
from django.test import Client

from apps.health.checks import CHECKS, CheckResult, HealthCheck
from apps.tasks import queue
from apps.tasks.queue import check_health
from apps.tasks.worker import HeartbeatStep
from config import health
from config.broker import Channel
from slipway.tests.site.serving.proxy import line_to
from slipway.tests.site.tasks import jobs
from slipway.tests.site.tasks.processes import running
from slipway.tests.waiting import wait_for
from tests.commands import run


def test_without_a_queue_it_is_off() -> None:
    assert check_health().status == "off"


@pytest.mark.redis
@pytest.mark.usefixtures("queued")
class TestWithAQueue:
    def beat(self, age: float) -> None:
        with queue.client() as redis:
            redis.set(queue.HEARTBEAT, time.time() - age)

    def test_it_is_up_when_the_heart_beats(self) -> None:
        self.beat(12)

        assert check_health() == CheckResult("up", "Heartbeat 12 s ago. 0 tasks waiting.")

    def test_it_is_down_before_the_first_beat(self) -> None:
        assert check_health().status == "down"

    def test_it_is_down_after_three_minutes_without(self) -> None:
        self.beat(200)

        assert check_health() == CheckResult(
            "down", "No heartbeat for 3 minutes: check that worker and beat run. 0 tasks waiting."
        )

    def test_it_is_down_when_more_than_a_hundred_tasks_wait(self) -> None:
        self.beat(1)
        with queue.client() as redis:
            redis.rpush(queue.QUEUE, *["task"] * 100)
            assert check_health().status == "up"
            redis.rpush(queue.QUEUE, "one more")

        assert check_health() == CheckResult("down", "Heartbeat 1 s ago. 101 tasks waiting.")

    def test_it_is_down_without_redis(self, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        assert check_health().status == "down"

    def test_the_site_is_degraded_then_and_serves(self, client: Client, monkeypatch: Any) -> None:
        monkeypatch.setitem(CHECKS, "database", HealthCheck(lambda: CheckResult("up")))
        report = client.get("/api/health/")

        assert (report.status_code, report.json()["status"]) == (200, "degraded")
        assert report.json()["services"]["celery"]["detail"].startswith("No heartbeat yet")


@pytest.fixture
def stamps(tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.setattr(health.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def command(process: str, folder: Path) -> tuple[int, str]:
    done = run("python", "-m", "config.health", process, TMPDIR=str(folder))
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("process", ["worker", "beat"])
def test_the_command_tells_whether_it_was_at_work(process: str, stamps: Path) -> None:
    assert command(process, stamps) == (1, f"The {process} has not worked yet.")
    health.stamp(process)
    assert command(process, stamps) == (0, f"The {process} worked 0 s ago.")
    before = time.time() - 90
    os.utime(health.stamp_path(process), (before, before))
    assert command(process, stamps) == (1, f"The {process} worked 90 s ago.")


def test_the_command_needs_to_know_which() -> None:
    assert run("python", "-m", "config.health").returncode == 2


def test_the_command_does_not_import_django() -> None:
    show = "import sys, config.health; print('django' in sys.modules, 'celery' in sys.modules)"

    assert run("python", "-c", show).stdout == "False False\n"


def test_a_link_that_somebody_else_put_there_is_not_followed(stamps: Path) -> None:
    health.stamp_path("beat").symlink_to(stamps / "elsewhere")

    with pytest.raises(OSError, match="symbolic"):
        health.stamp("beat")


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.usefixtures("queued")
@pytest.mark.parametrize("process", ["worker", "beat"])
def test_a_process_that_hangs_gives_no_sign_of_life(process: str, stamps: Path, transactional_db: None) -> None:
    with running(process, stamps / "log") as started:
        if process == "worker":
            jobs.note.delay("work")
        wait_for(health.stamp_path(process).exists, started.log)
        alive = health.age(process)
        started.popen.send_signal(signal.SIGSTOP)
        health.stamp_path(process).unlink()
        time.sleep(1.5)

        assert alive is not None
        assert health.age(process) is None


@pytest.mark.parametrize(("silence", "busy", "stamped"), [(5, False, True), (40, False, False), (40, True, True)])
def test_a_worker_is_at_work_while_the_queue_answers_or_it_is_busy(
    silence: float, busy: bool, stamped: bool, stamps: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(Channel, "answered_at", time.monotonic() - silence)
    monkeypatch.setattr(state, "reserved_requests", {"a task"} if busy else set())
    HeartbeatStep(None).beat()

    assert health.stamp_path("worker").exists() == stamped


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
def test_a_worker_that_gets_no_answer_from_the_queue_gives_no_sign_of_life(
    stamps: Path, transactional_db: None, settings: Any
) -> None:
    address = urlsplit(settings.REDIS_URL)
    with line_to(address.port or 6379) as line:
        url = f"redis://127.0.0.1:{line.port}{address.path}"
        with running("worker", stamps / "log", REDIS_URL=url) as worker:
            wait_for(health.stamp_path("worker").exists, worker.log)
            line.set("silent")
            wait_for(lambda: (health.age("worker") or 0) > 10, worker.log, timeout=60)
            line.set("open")

            assert wait_for(lambda: (health.age("worker") or 9) < 2, worker.log, timeout=60)
