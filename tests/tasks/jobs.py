"""Tasks that only tests need. What they do is seen in Redis."""

import logging
import os
import signal
import time
from typing import Any

from django.db import connection, transaction

from apps.tasks import queue
from config.celery import app

logger = logging.getLogger(__name__)


@app.task
def note(text: str) -> None:
    logger.info("Noting %s", text)
    with queue.client() as redis:
        redis.rpush("notes", text)


@app.task
def note_slowly(text: str, seconds: float) -> None:
    note(f"begin {text}")
    time.sleep(seconds)
    note(text)


@app.task(ignore_result=False)
def add(one: int, other: int) -> int:
    return one + other


@app.task(default_retry_delay=1)
def count(number: int, seconds: float = 0) -> None:
    """Done once, however often it is run: a row that only one can make comes with what it does."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO runs VALUES (%s)", [number])
        time.sleep(seconds)
        with transaction.atomic():
            cursor.execute("INSERT INTO done VALUES (%s) ON CONFLICT DO NOTHING", [number])
            if cursor.rowcount:
                cursor.execute("INSERT INTO effects VALUES (%s)", [number])


@app.task
def note_transaction() -> None:
    note("inside" if connection.in_atomic_block else "outside")


@app.task
def fail(*args: Any) -> None:
    raise ValueError("No such thing, token=hush-hush")


@app.task(secret_arguments=True)
def fail_in_secret(secret: str) -> None:
    raise ValueError("No such thing")


@app.task(max_retries=1, default_retry_delay=0)
def die() -> None:
    note("died")
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(time_limit=1, soft_time_limit=0.5)
def hang() -> None:
    try:
        time.sleep(30)
    except Exception:
        time.sleep(30)


@app.task(autoretry_for=[OSError], retry_backoff=1, retry_jitter=False)
def succeed_at_second_try() -> None:
    with queue.client() as redis:
        if redis.incr("tries") == 1:
            raise OSError("not yet")
    note("second")
