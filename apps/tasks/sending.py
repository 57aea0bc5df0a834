"""What every task has: it is sent once the data are stored, and kept when the queue cannot take it."""

import logging
import time
from functools import partial
from typing import Any

from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore, ImproperlyConfigured
from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# Seconds for which nobody asks a queue that did not answer.
PAUSE = 5


class Task(DjangoTask):
    """Declare one with `@app.task`, and send it with `delay_on_commit`."""

    # Arguments that nobody may read: they are in no log line and in no dead letter, which cannot be sent again then.
    secret_arguments = False
    max_retries = 5
    # Celery's three minutes are long for a task that was merely killed together with its process.
    default_retry_delay = 30
    # A message that waits longer than VISIBILITY_TIMEOUT for its next try would be handed out twice.
    retry_backoff_max = 300
    Request = "apps.tasks.requests:Request"

    @classmethod
    def on_bound(cls, app: Any) -> None:
        if (cls.time_limit or 0) >= settings.VISIBILITY_TIMEOUT:
            raise ImproperlyConfigured(f"{cls.name} would run twice: its time limit must be below VISIBILITY_TIMEOUT.")

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        self.apply_async_on_commit(args, kwargs)

    def apply_async_on_commit(self, args: Any = None, kwargs: Any = None, **options: Any) -> None:
        transaction.on_commit(partial(self.send, args, kwargs, **options))

    def send(self, args: Any = None, kwargs: Any = None, **options: Any) -> None:
        """Send it now. Without a queue it waits in the database: nobody's request fails for it, or takes long."""
        if not away.is_over():
            keep(self, args, kwargs, "The queue did not answer a moment ago.")
            return
        try:
            self.apply_async(args, kwargs, **options)
        except OperationalError as error:
            away.begin()
            keep(self, args, kwargs, f"The queue does not answer: {error}")

    def apply_async(self, args: Any = None, kwargs: Any = None, *positional: Any, **options: Any) -> Any:
        """Send it now, or raise `kombu.exceptions.OperationalError` within about two seconds."""
        if self.secret_arguments:
            options["headers"] = {**(options.get("headers") or {}), "secret": True}
            options |= {"argsrepr": "***", "kwargsrepr": "***"}
        return super().apply_async(args, kwargs, *positional, **options)

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Of two beats that send what is due, only one has its task run."""
        from apps.tasks.models import PeriodicRun

        headers = self.request.headers or {}
        if slot := parse_datetime(headers.get("slot", "")):
            name = headers["schedule"]
            if not PeriodicRun.claim(name=name, slot=slot, task_id=task_id):
                logger.info("%s of %s was done already", name, slot.isoformat())
                raise Ignore


class Away:
    """For all threads of this process: they share one queue."""

    until = 0.0

    def begin(self) -> None:
        self.until = time.monotonic() + PAUSE

    def is_over(self) -> bool:
        return time.monotonic() >= self.until


away = Away()


def keep(task: Task, args: Any, kwargs: Any, why: str) -> None:
    from apps.tasks.letters import keep_letter
    from apps.tasks.models import DeadLetter

    logger.error("The task %s could not be sent. %s", task.name, why)
    keep_letter(
        DeadLetter.Kind.UNSENT, task=task.name, args=args, kwargs=kwargs, error=why, secret=task.secret_arguments
    )
