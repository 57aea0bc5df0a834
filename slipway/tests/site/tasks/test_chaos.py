"""Workers are killed at random moments and Redis restarts, while 2,000 tasks are sent: none is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from apps.tasks.models import FailedTask, OutboxTask
from slipway.tests.site.tasks.own_redis import OwnRedis
from slipway.tests.site.tasks.processes import Process, numbers, start, surroundings
from slipway.tests.waiting import wait_for
from tests.commands import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

TASKS = 2000
SECONDS = 0.02
SEND = f"""
import time, django
from contextlib import suppress
from redis import RedisError
django.setup()
from apps.tasks import queue
from apps.tasks.models import FailedTask, OutboxTask
from apps.tasks.tasks import send_outbox
from slipway.tests.site.tasks import jobs
jobs.count.app.loader.import_default_modules()
for number in range({TASKS}):
    jobs.count.delay_on_commit(number, {SECONDS})
    time.sleep(0.008)
    # Not all before the trouble begins.
    with suppress(RedisError):
        while queue.waiting() > 200:
            time.sleep(0.05)
print("STORED", OutboxTask.objects.count(), flush=True)
# What beat has done each minute.
while OutboxTask.objects.exists():
    send_outbox()
"""


class Crew:
    """Two workers of two processes each, to whom bad things happen."""

    def __init__(self, folder: Path, redis_url: str, chance: random.Random) -> None:
        self.folder = folder
        self.redis_url = redis_url
        self.chance = chance
        self.hired = self.killed = 0
        self.workers = [self.hire() for _ in range(2)]

    def hire(self) -> Process:
        self.hired += 1
        # What a dead one had is handed out again after 3 seconds instead of 900.
        return start("worker", self.folder / f"log{self.hired}", TEST_VISIBILITY="3", REDIS_URL=self.redis_url)

    def strike(self) -> None:
        """Kill one child, or one worker as a whole, whatever it does at that moment."""
        place = self.chance.randrange(2)
        children = self.workers[place].children()
        if children and self.chance.random() < 0.5:
            self.killed += 1
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(children), signal.SIGKILL)
        else:
            self.workers[place].kill()
            self.workers[place] = self.hire()

    def go(self) -> None:
        for worker in self.workers:
            worker.kill()


@contextmanager
def sending(log: Path, redis_url: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        sender = subprocess.Popen(
            [sys.executable, "-c", SEND],
            cwd=ROOT,
            env={**surroundings(), "REDIS_URL": redis_url},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield sender
    finally:
        sender.kill()
        sender.wait()


def are_done(tasks: int) -> bool:
    return len(numbers("done")) >= tasks


def test_nothing_is_lost_when_workers_are_killed_and_redis_restarts(
    own_redis: OwnRedis, tables: None, tmp_path: Path
) -> None:
    seed = int(os.environ.get("SEED") or time.time())
    print(f"SEED={seed} repeats this choice of moments and victims.")
    chance = random.Random(seed)
    began = time.monotonic()
    crew = Crew(tmp_path, own_redis.url, chance)
    try:
        with sending(tmp_path / "sender", own_redis.url) as sender:
            done, restart_at = 0, TASKS / 3
            # The last ones are left alone, or it would never end.
            while done < TASKS * 0.9:
                done += chance.randrange(20, 140)
                wait_for(partial(are_done, done), crew.workers[0].log, timeout=60)
                crew.strike()
                if done > restart_at:
                    restart_at = TASKS
                    own_redis.stop()
                    time.sleep(chance.uniform(0.5, 1.5))
                    own_redis.come_back()
            assert sender.wait(timeout=60) == 0
        wait_for(lambda: own_redis.left() == (0, 0, 0), crew.workers[0].log, timeout=60)
    finally:
        crew.go()
    runs, effects = numbers("runs"), numbers("effects")
    kept = int((tmp_path / "sender").read_text().rpartition("STORED ")[2].split()[0])
    print(f"{crew.hired - 2} workers and {crew.killed} children killed; {len(runs) - TASKS} tasks run again;", end=" ")
    print(f"{kept} stored while Redis was unavailable; {time.monotonic() - began:.0f} s.")

    assert set(runs) == set(range(TASKS))
    assert effects == list(range(TASKS))
    assert kept > 0
    assert not FailedTask.objects.exists()
    assert not OutboxTask.objects.exists()
