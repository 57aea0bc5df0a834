"""Tasks that do nothing worth mentioning. Both projects have the same."""

import os
import time

from celery import shared_task
from redis import Redis

REDIS_URL = os.environ["REDIS_URL"]
TIMES = "benchmark"


@shared_task(ignore_result=False)
def answer() -> int:
    return 42


@shared_task(ignore_result=True)
def nothing() -> None:
    pass


@shared_task(ignore_result=True)
def note_time() -> None:
    with Redis.from_url(REDIS_URL) as redis:
        redis.rpush(TIMES, time.time())
