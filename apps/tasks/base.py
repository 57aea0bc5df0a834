"""The base class of all tasks, those made with `@shared_task` included."""

import logging
import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore, ImproperlyConfigured
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from kombu.exceptions import OperationalError

# `context` and `failures` connect their signal receivers when they are imported.
from apps.tasks import context as context
from apps.tasks import failures as failures
from apps.tasks import outbox
from apps.tasks.models import PeriodicRun

logger = logging.getLogger(__name__)

# Seconds without another attempt after Redis was unavailable: otherwise each request would wait for the timeout.
RETRY_DELAY = 5


class Task(DjangoTask):
    """`delay_on_commit` sends a task after the transaction, or stores it while Redis is unavailable.

    `delay` and `apply_async` are Celery's: they send at once, or raise `kombu.exceptions.OperationalError`.
    """

    # Secret arguments are never logged nor stored, so such a task cannot be sent again.
    secret_arguments = False
    max_retries = 5
    # Celery's default of three minutes is long for a task whose process was killed.
    default_retry_delay = 30
    # A message that waits longer than VISIBILITY_TIMEOUT for its next attempt is delivered twice.
    retry_backoff_max = 300
    Request = "apps.tasks.worker:Request"

    @classmethod
    def on_bound(cls, app: Any) -> None:
        if (cls.time_limit or 0) >= settings.VISIBILITY_TIMEOUT:
            raise ImproperlyConfigured(f"{cls.name} would run twice: its time limit must be below VISIBILITY_TIMEOUT.")

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        self.apply_async_on_commit(args, kwargs)

    def apply_async_on_commit(self, args: Any = None, kwargs: Any = None, **options: Any) -> None:
        transaction.on_commit(partial(self.send_or_store, args, kwargs, **options))

    def send_or_store(self, args: Any = None, kwargs: Any = None, **options: Any) -> None:
        if outage.is_recent():
            outbox.store(self, args, kwargs, options)
            return
        try:
            self.apply_async(args, kwargs, **options)
        except OperationalError:
            outage.begin()
            outbox.store(self, args, kwargs, options)

    def apply_async(self, args: Any = None, kwargs: Any = None, *positional: Any, **options: Any) -> Any:
        refuse_late_start(self.name, options.get("countdown"), options.get("eta"))
        if self.secret_arguments:
            options["headers"] = {**(options.get("headers") or {}), "secret": True}
            options |= {"argsrepr": "***", "kwargsrepr": "***"}
        return super().apply_async(args, kwargs, *positional, **options)

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """If two beats send a task of the schedule, only one of the two runs."""
        headers = self.request.headers or {}
        if slot := parse_datetime(headers.get("slot", "")):
            name = headers["schedule"]
            if not PeriodicRun.claim(name=name, slot=slot, task_id=task_id):
                logger.info("%s of %s has already run", name, slot.isoformat())
                raise Ignore


def refuse_late_start(name: str, countdown: float | None, eta: Any) -> None:
    """Redis delivers a message again after VISIBILITY_TIMEOUT, so a task that starts later runs several times."""
    limit = timedelta(seconds=settings.VISIBILITY_TIMEOUT)
    wait = timedelta(seconds=countdown or 0)
    if isinstance(eta, datetime):
        now = timezone.now()
        wait = (eta if timezone.is_aware(eta) else eta.replace(tzinfo=now.tzinfo)) - now
    if wait >= limit and not settings.CELERY_TASK_ALWAYS_EAGER:
        raise ValueError(f"{name} would run several times: countdown and eta must be below VISIBILITY_TIMEOUT.")


class Outage:
    """The last time that Redis was unavailable, for all threads of this process."""

    until = 0.0

    def begin(self) -> None:
        self.until = time.monotonic() + RETRY_DELAY

    def is_recent(self) -> bool:
        return time.monotonic() < self.until


outage = Outage()
