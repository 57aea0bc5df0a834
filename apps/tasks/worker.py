"""What the worker's main process does besides Celery's own work: health stamp, task count, shutdown, killed tasks."""

import logging
import os
import signal
import time
from threading import Timer
from typing import Any
from uuid import uuid4

from celery import bootsteps
from celery.signals import task_rejected, worker_shutting_down
from celery.worker import state
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.request import Request as CeleryRequest
from django.conf import settings
from django.db import connections
from django.dispatch import receiver

from apps.tasks.context import task_context
from apps.tasks.failures import record
from apps.tasks.report import TASKS, count
from config.broker import Channel, Transport, unreadable_message
from config.health import stamp
from config.processes import STOP_DELAY

logger = logging.getLogger(__name__)

STAMP_INTERVAL = 5
COUNT_INTERVAL = 60
# Seconds that running tasks have to finish. Returning the others to the queue needs some seconds, too.
SHUTDOWN_TIMEOUT = STOP_DELAY - 8


class HeartbeatStep(bootsteps.StartStopStep):
    """Stamps a file for `python -m config.health worker` while Redis answers, or while a task runs within its limit."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.timer: Any = None
        self.counted = 0
        self.counted_at = time.monotonic()

    def start(self, consumer: Any) -> None:
        self.timer = consumer.timer.call_repeatedly(STAMP_INTERVAL, self.beat)

    def stop(self, consumer: Any) -> None:
        if self.timer:
            self.timer.cancel()

    shutdown = stop

    def beat(self) -> None:
        timeout = settings.VISIBILITY_TIMEOUT if state.reserved_requests else 3 * Transport.brpop_timeout
        if time.monotonic() - Channel.answered_at < timeout:
            stamp("worker")
        if time.monotonic() - self.counted_at >= COUNT_INTERVAL:
            self.counted_at = time.monotonic()
            total = sum(state.total_count.values())
            if total > self.counted and count(TASKS, total - self.counted):
                self.counted = total


class Consumer(CeleryConsumer):
    """Records messages that cannot be decoded: Celery only logs and deletes them."""

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        super().on_decode_error(message, exc)
        record_unreadable(str(exc))


@receiver(unreadable_message)
def on_unreadable_message(error: str, **signal: Any) -> None:
    record_unreadable(error)


@task_rejected.connect
def on_task_rejected(exc: Exception | None, **signal: Any) -> None:
    record_unreadable(str(exc or "It is not a task."))


def record_unreadable(error: str) -> None:
    """List a message as a failed task. Its content may be secret; what Celery could not read is in Redis."""
    logger.error("A message in the queue is unreadable: %s", error)
    record(task="unreadable message", task_id=uuid4().hex, args=(), kwargs={}, error=error, secret=True)
    connections.close_all()


class Request(CeleryRequest):
    """Records failures of tasks whose child process was killed, with their request id."""

    def on_timeout(self, soft: bool, timeout: float) -> None:
        with task_context(self._context.headers):
            super().on_timeout(soft, timeout)
        # Child processes that are started later must not inherit database connections.
        connections.close_all()

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> None:
        with task_context(self._context.headers):
            super().on_failure(exc_info, *args, **kwargs)
        connections.close_all()


@worker_shutting_down.connect
def limit_shutdown(how: str, **signal_: Any) -> None:
    """After SIGTERM, Celery waits for running tasks without a limit. Platforms kill the worker after STOP_DELAY."""
    if how == "Warm":
        # In threads: this runs in a signal handler, where a log handler could wait for its own lock.
        for seconds, action in ((0, log_shutdown), (SHUTDOWN_TIMEOUT, quit_now)):
            timer = Timer(seconds, action)
            timer.daemon = True
            timer.start()


def log_shutdown() -> None:
    logger.info("The worker shuts down: running tasks have %s seconds to finish", SHUTDOWN_TIMEOUT)


def quit_now() -> None:
    """Return the unfinished tasks to the queue."""
    os.kill(os.getpid(), signal.SIGQUIT)
