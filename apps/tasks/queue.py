"""The queue in Redis: heartbeat, number of waiting tasks, health check. Importing this does not import Celery."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from apps.health.checks import CheckResult

HEARTBEAT = f"{settings.TASKS_PREFIX}heartbeat"
QUEUE = f"{settings.TASKS_PREFIX}{settings.CELERY_TASK_DEFAULT_QUEUE}"
DAY = 24 * 60 * 60
# Seconds without a heartbeat, and waiting tasks, above which the health check fails.
HEARTBEAT_LIMIT = 3 * 60
WAITING_LIMIT = 100


@contextmanager
def client() -> Iterator:
    # redis takes a while to import, and a site without Redis does not need it.
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)}
    with Redis.from_url(settings.REDIS_URL, **options) as redis:
        yield redis


def stamp_heartbeat() -> None:
    with client() as redis:
        redis.set(HEARTBEAT, time.time(), ex=7 * DAY)


def heartbeat_age() -> float | None:
    with client() as redis:
        stamp = redis.get(HEARTBEAT)
    return None if stamp is None else max(0.0, time.time() - float(stamp))


def waiting() -> int:
    """The number of tasks that no worker has taken yet."""
    with client() as redis:
        return redis.llen(QUEUE)


def check_health() -> CheckResult:
    """Checks the whole chain: beat sends a heartbeat task each minute, and a worker records its time."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return CheckResult("off", "REDIS_URL is not set: tasks run in the process that sends them.")
    from redis import RedisError

    try:
        age, number = heartbeat_age(), waiting()
    except RedisError:
        return CheckResult("down", "Redis is unavailable: tasks are stored in the database and sent later.")
    tasks = f"{number} {'task' if number == 1 else 'tasks'} waiting."
    if age is None:
        return CheckResult("down", f"No heartbeat yet: check that worker and beat run. {tasks}")
    if age > HEARTBEAT_LIMIT:
        return CheckResult("down", f"No heartbeat for {age / 60:.0f} minutes: check that worker and beat run. {tasks}")
    return CheckResult("down" if number > WAITING_LIMIT else "up", f"Heartbeat {age:.0f} s ago. {tasks}")


def worker_is_running() -> bool:
    """Redis may be used as a cache only. A task sent to a queue without a worker never runs."""
    from redis import RedisError

    try:
        age = heartbeat_age()
    except RedisError:
        return False
    return age is not None and age <= HEARTBEAT_LIMIT
