"""Tasks that both projects run."""

import os
import time

from celery import shared_task
from redis import Redis

REDIS_URL = os.environ["REDIS_URL"]
TIMES_KEY = "benchmark"


@shared_task(ignore_result=False)
def return_42() -> int:
    return 42


@shared_task(ignore_result=True)
def empty() -> None:
    pass


@shared_task(ignore_result=True)
def record_time() -> None:
    with Redis.from_url(REDIS_URL) as redis:
        redis.rpush(TIMES_KEY, time.time())
