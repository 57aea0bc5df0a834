"""Redis has no memory left: it refuses commands that need memory, with an OutOfMemoryError."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis as Client

from apps.health.checks import CheckResult, check_redis
from apps.tasks.models import OutboxTask
from slipway.tests.drills import drill
from slipway.tests.site.tasks.own_redis import OwnRedis
from slipway.tests.site.tasks.processes import numbers, running, surroundings
from slipway.tests.waiting import wait_for
from tests.commands import run

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.usefixtures("tables")]

SEND = """
import sys
import django
django.setup()
from slipway.tests.site.tasks import jobs
for number in map(int, sys.argv[1:]):
    jobs.count.delay_on_commit(number)
"""


def send(redis: OwnRedis, *numbers: int) -> str:
    places = {**surroundings(), "REDIS_URL": redis.url}
    done = run("python", "-c", SEND, *map(str, numbers), **places)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def client(own_redis: OwnRedis) -> Iterator[Client]:
    with Client.from_url(own_redis.url) as client:
        yield client


@pytest.fixture
def full(client: Client) -> Callable[[bool], Any]:
    """Fill the memory of Redis, or empty it."""
    return lambda is_full: client.config_set("maxmemory", 1 if is_full else 0)


def test_a_worker_empties_the_queue_of_a_full_redis(own_redis: OwnRedis, full: Any, tmp_path: Path) -> None:
    with running("worker", tmp_path / "log", REDIS_URL=own_redis.url) as worker:
        send(own_redis, 1)
        wait_for(lambda: numbers("done") == [1], worker.log)
        worker.popen.send_signal(signal.SIGSTOP)
        send(own_redis, 2, 3)
        full(True)
        worker.popen.send_signal(signal.SIGCONT)
        wait_for(lambda: numbers("done") == [1, 2, 3], worker.log)
        wait_for(lambda: own_redis.left() == (0, 0, 0), worker.log)

        full(False)
        began = time.monotonic()
        send(own_redis, 4)
        wait_for(lambda: numbers("done") == [1, 2, 3, 4], worker.log)

    drill("The memory of Redis is full (tasks)", requests=4, answered=4, errors=0, recovery=time.monotonic() - began)


def test_a_worker_starts_with_a_full_redis(own_redis: OwnRedis, full: Any, tmp_path: Path) -> None:
    send(own_redis, 1, 2)
    full(True)

    with running("worker", tmp_path / "log", REDIS_URL=own_redis.url) as worker:
        wait_for(lambda: numbers("done") == [1, 2], worker.log)
        wait_for(lambda: own_redis.left() == (0, 0, 0), worker.log)
        # It waits a second before it asks again.
        assert len([line for line in worker.lines() if "refuses" in line["message"]]) < 10


def test_a_worker_survives_a_failover(own_redis: OwnRedis, client: Client, tmp_path: Path) -> None:
    with running("worker", tmp_path / "log", REDIS_URL=own_redis.url) as worker:
        client.replicaof("127.0.0.1", 1)
        wait_for(lambda: worker.said("Redis refuses commands of the worker"), worker.log)
        client.replicaof("NO", "ONE")
        send(own_redis, 1)
        wait_for(lambda: numbers("done") == [1], worker.log)


def test_tasks_for_a_full_redis_are_stored(own_redis: OwnRedis, full: Any) -> None:
    full(True)
    errors = send(own_redis, 1, 2)

    assert "could not be sent: Redis is unavailable" in errors
    assert [stored.arguments["args"] for stored in OutboxTask.objects.order_by("pk")] == [[1], [2]]
    assert own_redis.left() == (0, 0, 0)


def test_the_health_check_names_a_full_redis(own_redis: OwnRedis, full: Any, settings: Any) -> None:
    settings.REDIS_URL = own_redis.url
    full(True)

    assert check_redis() == CheckResult("down", "Full: it refuses to store anything.")
