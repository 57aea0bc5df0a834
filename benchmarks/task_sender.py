"""Runs in a project's process and sends tasks: `python -m benchmarks.task_sender CELERY_MODULE`.

Reads commands from standard input, one per line, and prints the result of each as JSON.

fill_queue COUNT    sends that many empty tasks, between two tasks that record the time
throughput COUNT    waits until these have run and prints the tasks per second
round_trips COUNT   sends that many tasks one after another and prints the seconds until each result was read
queue_length        prints the number of tasks in the queue
purge               deletes the tasks in the queue
"""

import importlib
import json
import os
import sys
import time
from typing import Any

import django
from redis import Redis

app = importlib.import_module(sys.argv[1]).app
if "DJANGO_SETTINGS_MODULE" in os.environ:
    # The site's task class uses models.
    django.setup()

# Shared tasks belong to the Celery app that exists when they are imported.
from benchmarks import sample_tasks as tasks  # noqa: E402

# Tasks that run before the measurement starts, so that both children are warm.
WARM_UP = 50


def fill_queue(count: int) -> None:
    for task in [tasks.empty] * WARM_UP + [tasks.record_time] + [tasks.empty] * count + [tasks.record_time]:
        task.delay()


def throughput(count: int) -> float:
    with Redis.from_url(tasks.REDIS_URL, socket_timeout=None) as redis:
        times = [redis.blpop([tasks.TIMES_KEY], timeout=60) for _ in range(2)]
    if not all(times):
        sys.exit("The worker has not run its tasks.")
    started, ended = (float(value) for _, value in times)
    return count / (ended - started)


def round_trips(count: int) -> list[float]:
    return [round_trip() for _ in range(count)]


def round_trip() -> float:
    started = time.perf_counter()
    tasks.return_42.delay().get(timeout=30)
    return time.perf_counter() - started


def queue_length() -> int:
    with app.connection_for_write() as connection:
        return connection.default_channel.queue_declare(app.conf.task_default_queue).message_count


def purge() -> int:
    return app.control.purge()


for line in sys.stdin:
    command, *counts = line.split()
    result: Any = globals()[command](*map(int, counts))
    print(json.dumps(result), flush=True)
