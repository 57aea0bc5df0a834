"""Signs of life of a worker: for `python -m config.health worker`, and how much it does for the daily report."""

import time
from typing import Any

from celery import bootsteps
from celery.worker import state
from django.conf import settings

from apps.tasks.counts import TASKS, count
from config.broker import Channel, Transport
from config.health import stamp

EVERY = 5
MINUTE = 60


class Pulse(bootsteps.StartStopStep):
    """Stamps while the queue answers this worker; or while it is busy, which time limits bring to an end."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.timer: Any = None
        self.counted = 0
        self.counted_at = time.monotonic()

    def start(self, consumer: Any) -> None:
        self.timer = consumer.timer.call_repeatedly(EVERY, self.beat)

    def stop(self, consumer: Any) -> None:
        if self.timer:
            self.timer.cancel()

    shutdown = stop

    def beat(self) -> None:
        patience = settings.VISIBILITY_TIMEOUT if state.reserved_requests else 3 * Transport.brpop_timeout
        if time.monotonic() - Channel.answered_at < patience:
            stamp("worker")
        if time.monotonic() - self.counted_at >= MINUTE:
            self.count()

    def count(self) -> None:
        self.counted_at = time.monotonic()
        total = sum(state.total_count.values())
        if total > self.counted and count(TASKS, total - self.counted):
            self.counted = total
