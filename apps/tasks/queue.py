"""Straight to Redis, for what the health report tells of the queue."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.conf import settings

HEARTBEAT = f"{settings.TASKS_PREFIX}heartbeat"
QUEUE = f"{settings.TASKS_PREFIX}{settings.CELERY_TASK_DEFAULT_QUEUE}"
DAYS = 24 * 60 * 60


@contextmanager
def client() -> Iterator:
    # It takes a while to import, and a site without Redis never needs it.
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)}
    with Redis.from_url(settings.REDIS_URL, **options) as redis:
        yield redis


def stamp_heartbeat() -> None:
    with client() as redis:
        redis.set(HEARTBEAT, time.time(), ex=7 * DAYS)


def heartbeat_age() -> float | None:
    with client() as redis:
        stamp = redis.get(HEARTBEAT)
    return None if stamp is None else max(0.0, time.time() - float(stamp))


def waiting() -> int:
    """Tasks that no worker has taken."""
    with client() as redis:
        return redis.llen(QUEUE)


def count(what: str, day: date, number: int = 1) -> None:
    """For the daily report."""
    with client() as redis:
        redis.hincrby(key := counts_of(day), what, number)
        redis.expire(key, 7 * DAYS)


def counted(day: date) -> dict[str, int]:
    with client() as redis:
        return {what.decode(): int(number) for what, number in redis.hgetall(counts_of(day)).items()}


def counts_of(day: date) -> str:
    return f"{settings.TASKS_PREFIX}counts:{day}"
