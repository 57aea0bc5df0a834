"""Runs inside a project's process, `python -m benchmarks.sender MODULE_OF_ITS_QUEUE`, and does what each line says.

queue COUNT         leaves so many empty tasks in the queue, between two that note when they ran
rate COUNT          waits until these have run, and answers with the tasks per second
round_trips COUNT   answers with the seconds that each of so many took until its result was read, one at a time
waiting             answers how many tasks are in the queue
empty               throws them away
"""

import importlib
import json
import sys
import time
from typing import Any

from redis import Redis

app = importlib.import_module(sys.argv[1]).app

# Declared with the queue that was set up last.
from benchmarks import jobs  # noqa: E402

# So that both children have done something before it counts.
WARM = 50


def queue(count: int) -> None:
    for task in [jobs.nothing] * WARM + [jobs.note_time] + [jobs.nothing] * count + [jobs.note_time]:
        task.delay()


def rate(count: int) -> float:
    with Redis.from_url(jobs.REDIS_URL, socket_timeout=None) as redis:
        noted = [redis.blpop([jobs.TIMES], timeout=60) for _ in range(2)]
    if not all(noted):
        sys.exit("The worker has not done its tasks.")
    began, ended = (float(moment) for _, moment in noted)
    return count / (ended - began)


def round_trips(count: int) -> list[float]:
    return [round_trip() for _ in range(count)]


def round_trip() -> float:
    began = time.perf_counter()
    jobs.answer.delay().get(timeout=30)
    return time.perf_counter() - began


def waiting() -> int:
    with app.connection_for_write() as connection:
        return connection.default_channel.queue_declare(app.conf.task_default_queue).message_count


def empty() -> int:
    return app.control.purge()


for line in sys.stdin:
    word, *counts = line.split()
    answer: Any = globals()[word](*map(int, counts))
    print(json.dumps(answer), flush=True)
