"""Tasks for tests. Their effects are visible in Redis and PostgreSQL."""

import logging
import os
import signal
import time
from typing import Any

from celery import shared_task
from django.db import connection, transaction

from apps.tasks import queue

logger = logging.getLogger(__name__)


@shared_task
def note(text: str) -> None:
    logger.info("Noting %s", text)
    with queue.client() as redis:
        redis.rpush("notes", text)


@shared_task
def note_slowly(text: str, seconds: float) -> None:
    note(f"begin {text}")
    time.sleep(seconds)
    note(text)


@shared_task(ignore_result=False)
def add(one: int, other: int) -> int:
    return one + other


@shared_task(default_retry_delay=1)
def count(number: int, seconds: float = 0) -> None:
    """Done once, however often it is run: a row that only one can make comes with what it does."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO runs VALUES (%s)", [number])
        time.sleep(seconds)
        with transaction.atomic():
            cursor.execute("INSERT INTO done VALUES (%s) ON CONFLICT DO NOTHING", [number])
            if cursor.rowcount:
                cursor.execute("INSERT INTO effects VALUES (%s)", [number])


@shared_task
def note_transaction() -> None:
    note("inside" if connection.in_atomic_block else "outside")


@shared_task
def fail(*args: Any) -> None:
    raise ValueError("No such thing, token=hush-hush")


@shared_task(secret_arguments=True)
def fail_in_secret(secret: str) -> None:
    raise ValueError("No such thing")


@shared_task(max_retries=1, default_retry_delay=0)
def die() -> None:
    note("died")
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task(time_limit=1, soft_time_limit=0.5)
def hang() -> None:
    try:
        time.sleep(30)
    except Exception:
        time.sleep(30)


@shared_task(autoretry_for=[OSError], retry_backoff=1, retry_jitter=False)
def succeed_at_second_try() -> None:
    with queue.client() as redis:
        if redis.incr("tries") == 1:
            raise OSError("not yet")
    note("second")


@shared_task(bind=True)
def retry_in_an_hour(self: Any, text: str) -> None:
    note(f"{text} {self.request.retries}")
    if not self.request.retries:
        raise self.retry(countdown=3600)
