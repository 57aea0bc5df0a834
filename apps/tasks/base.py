"""The base class of all tasks, those made with `@shared_task` included."""

import logging
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore, ImproperlyConfigured
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from kombu.exceptions import OperationalError

# `context` and `failures` connect their signal receivers when they are imported.
from apps.tasks import context as context
from apps.tasks import outbox
from apps.tasks.checks import MARGIN
from apps.tasks.failures import record
from apps.tasks.models import OutboxTask, PeriodicRun

logger = logging.getLogger(__name__)

# Seconds without another attempt after Redis was unavailable: otherwise each request would wait for the timeout.
RETRY_DELAY = 5


class Task(DjangoTask):
    """`delay_on_commit` stores a task in the caller's transaction and sends it afterwards: it is never lost.

    `delay` and `apply_async` are Celery's: they send at once, or raise `kombu.exceptions.OperationalError`. A task
    that starts much later is stored, and sent when it is due.
    """

    # Secret arguments are never logged nor stored, so such a task cannot be sent again.
    secret_arguments = False
    max_retries = 5
    # Celery's default of three minutes is long for a task whose process was killed.
    default_retry_delay = 30
    retry_backoff_max = 300
    Request = "apps.tasks.worker:Request"

    @classmethod
    def on_bound(cls, app: Any) -> None:
        if (cls.time_limit or 0) >= settings.VISIBILITY_TIMEOUT:
            raise ImproperlyConfigured(f"{cls.name} would run twice: its time limit must be below VISIBILITY_TIMEOUT.")

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        self.apply_async_on_commit(args, kwargs)

    def apply_async_on_commit(self, args: Any = None, kwargs: Any = None, **options: Any) -> None:
        stored = None
        if self.starts_late(options):
            self.apply_async(args, kwargs, **options)
            return
        if connection.in_atomic_block and not self.secret_arguments and not self.app.conf.task_always_eager:
            stored = self.store(args, kwargs, options, grace=outbox.GRACE_PERIOD)
        transaction.on_commit(partial(self.send_or_store, args, kwargs, options, stored))

    def send_or_store(self, args: Any, kwargs: Any, options: dict[str, Any], stored: OutboxTask | None) -> None:
        if not outage.is_recent():
            try:
                self.apply_async(args, kwargs, **options)
            except OperationalError:
                outage.begin()
            else:
                if stored:
                    stored.delete()
                return
        logger.error("The task %s could not be sent: Redis is unavailable", self.name)
        if self.secret_arguments:
            error = "Redis was unavailable. The arguments are secret, so they were not stored to send the task later."
            record(task=self.name, task_id=uuid4().hex, args=(), kwargs={}, error=error, secret=True)
        elif not stored:
            self.store(args, kwargs, options)

    def store(self, args: Any, kwargs: Any, options: dict[str, Any], *, grace: timedelta = timedelta(0)) -> OutboxTask:
        if outage.is_recent() and outbox.is_full():
            raise OperationalError(f"Redis is unavailable, and {outbox.LIMIT} tasks wait in the outbox.")
        now = timezone.now()
        times = {"countdown", "eta", "connection", "producer"}
        kept = {name: value for name, value in options.items() if name not in times and value is not None}
        if isinstance(expires := kept.get("expires"), int | float):
            kept["expires"] = now + timedelta(seconds=expires)
        return outbox.store(self, args, kwargs, kept, due_at=start_of(options, now) + grace)

    def starts_late(self, options: dict[str, Any]) -> bool:
        """Redis delivers a message again after VISIBILITY_TIMEOUT, waiting and running included."""
        now = timezone.now()
        limit = settings.VISIBILITY_TIMEOUT - (self.time_limit or settings.CELERY_TASK_TIME_LIMIT) - MARGIN
        return not self.app.conf.task_always_eager and start_of(options, now) - now > timedelta(seconds=max(0, limit))

    def apply_async(
        self,
        args: Any = None,
        kwargs: Any = None,
        task_id: str | None = None,
        producer: Any = None,
        link: Any = None,
        link_error: Any = None,
        shadow: str | None = None,
        **options: Any,
    ) -> Any:
        options |= {"task_id": task_id, "link": link, "link_error": link_error, "shadow": shadow}
        if self.starts_late(options):
            if self.secret_arguments:
                raise ValueError(f"{self.name} cannot start that late: its arguments are secret and cannot be stored.")
            options["task_id"] = task_id or uuid4().hex
            self.store(args, kwargs, options)
            return self.AsyncResult(options["task_id"])
        if self.secret_arguments:
            options["headers"] = {**(options.get("headers") or {}), "secret": True}
            options |= {"argsrepr": "***", "kwargsrepr": "***"}
        return super().apply_async(args, kwargs, producer=producer, **options)

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """If two beats send a task of the schedule, only one of the two runs."""
        headers = self.request.headers or {}
        if slot := parse_datetime(headers.get("slot", "")):
            name = headers["schedule"]
            if not PeriodicRun.claim(name=name, slot=slot, task_id=task_id):
                logger.info("%s of %s has already run", name, slot.isoformat())
                raise Ignore


def start_of(options: dict[str, Any], now: datetime) -> datetime:
    """When a task with these options starts. As in Celery, a naive `eta` is in UTC."""
    if isinstance(eta := options.get("eta"), datetime):
        return eta if timezone.is_aware(eta) else eta.replace(tzinfo=UTC)
    return now + timedelta(seconds=options.get("countdown") or 0)


class Outage:
    """The last time that Redis was unavailable, for all threads of this process."""

    until = 0.0

    def begin(self) -> None:
        self.until = time.monotonic() + RETRY_DELAY

    def is_recent(self) -> bool:
        return time.monotonic() < self.until


outage = Outage()
