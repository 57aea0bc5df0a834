"""The transactional outbox: tasks in the database that are sent later.

A task is stored in the caller's transaction until it has been sent, while Redis is unavailable, or if its start is
further away than Redis can keep it.
"""

import json
import logging
import re
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from kombu.utils import json as kombu_json

from apps.tasks.context import task_context
from apps.tasks.models import FailedTask, OutboxTask
from config.logs import log_context

logger = logging.getLogger(__name__)

# Tasks that the outbox keeps during an outage of Redis, so that it cannot fill the disk.
LIMIT = 100_000
# A process sends the tasks of its transaction itself. If it was killed, they are sent after this time.
GRACE_PERIOD = timedelta(seconds=60)
# Seconds in which one `send_outbox` task sends stored tasks. The next one starts after a minute.
SENDING_TIME = 45
# PostgreSQL's jsonb cannot contain NUL and lone surrogates.
NOT_IN_JSONB = re.compile(r"\\u(0000|d[89a-f])")


def to_json(value: Any) -> Any:
    """As Celery serializes it: dates and the like can be restored with `from_json`."""
    text = kombu_json.dumps(value)
    return text if NOT_IN_JSONB.search(text) else json.loads(text)


def from_json(value: Any) -> Any:
    return kombu_json.loads(value if isinstance(value, str) else json.dumps(value))


def store(task: Any, args: Any, kwargs: Any, options: dict[str, Any], *, due_at: datetime) -> OutboxTask:
    """Store a task until it is due. Its options must not contain `countdown` and `eta`."""
    context = log_context.get()
    return OutboxTask.objects.create(
        task=task.name,
        arguments=to_json({"args": list(args or ()), "kwargs": dict(kwargs or {})}),
        options=to_json(options),
        due_at=due_at,
        request_id=context.request_id if context else "",
        user_id=context.user_id if context else None,
    )


def is_full() -> bool:
    return OutboxTask.objects.all()[:LIMIT].count() >= LIMIT


def send_due() -> None:
    """Send the tasks that are due, in order of time. Several processes may do this at once."""
    current_app.loader.import_default_modules()
    stop, sent = time.monotonic() + SENDING_TIME, 0
    try:
        while time.monotonic() < stop and send_next():
            sent += 1
    except OperationalError:
        logger.warning("Redis is unavailable: the stored tasks stay in the outbox")
    if sent:
        logger.info("%s stored tasks were sent", sent)


@transaction.atomic
def send_next() -> bool:
    """Send the first task that is due, then delete it. If this process is killed in between, it is sent again."""
    due = OutboxTask.objects.filter(due_at__lte=timezone.now())
    stored = due.select_for_update(skip_locked=True).first()
    if not stored:
        return False
    try:
        send(stored)
    except OperationalError:
        raise
    except Exception as error:
        # It was renamed, or takes other arguments now: it must not block the others.
        logger.exception("The stored task %s could not be sent", stored.task)
        FailedTask.objects.create(
            task=stored.task,
            task_id=uuid4().hex,
            arguments=stored.arguments,
            error=f"{type(error).__name__}: {error}",
            request_id=stored.request_id,
            user_id=stored.user_id,
        )
    stored.delete()
    return True


def send(stored: OutboxTask) -> None:
    given, options = from_json(stored.arguments), from_json(stored.options)
    task = find_task(stored.task)
    with task_context({"request_id": stored.request_id, "user_id": stored.user_id}):
        task.apply_async(given["args"], given["kwargs"], **options)


class UnknownTaskError(Exception):
    """There is no task of this name."""


def find_task(name: str) -> Any:
    """The task of this name. `import_default_modules` must have been called before."""
    if task := current_app.tasks.get(name):
        return task
    raise UnknownTaskError(f"There is no task {name}.")
