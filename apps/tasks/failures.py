"""Records tasks that failed for good in the database, and sends them again on request."""

import logging
from typing import Any

from celery import current_app
from celery.signals import task_failure, task_unknown
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from apps.tasks.context import task_context
from apps.tasks.models import FailedTask
from apps.tasks.outbox import find_task, from_json, to_json
from config.logs import log_context, redact

logger = logging.getLogger(__name__)

ERROR_LENGTH = 20_000


@task_failure.connect
def record_failure(
    sender: Any, task_id: str, exception: Any, args: Any, kwargs: Any, einfo: Any, **signal: Any
) -> None:
    record(
        task=sender.name,
        task_id=task_id,
        args=args,
        kwargs=kwargs,
        error=f"{type(exception).__name__}: {exception}\n\n{einfo.traceback if einfo else ''}",
        # A task with a base class of its own does not have it.
        secret=getattr(sender, "secret_arguments", False),
    )


@task_unknown.connect
def record_unknown(message: Any, name: str, id: str, **signal: Any) -> None:
    """During a deploy, a new web process may send a task that an old worker does not know."""
    args, kwargs, _ = message.payload
    with task_context(message.headers):
        record(
            task=name,
            task_id=id,
            args=args,
            kwargs=kwargs,
            error="The worker does not know this task.",
            secret=message.headers.get("secret", False),
        )
    # This is the worker's main process: its child processes must not inherit the connection.
    connections.close_all()


def record(*, task: str, task_id: str, args: Any, kwargs: Any, error: str, secret: bool) -> None:
    context = log_context.get()
    # PostgreSQL's text cannot contain NUL and lone surrogates.
    error = redact(error)[:ERROR_LENGTH].strip().replace("\0", "\\0").encode(errors="backslashreplace").decode()
    fields = {
        "task": task[:200],
        "arguments": None if secret else to_json({"args": list(args or ()), "kwargs": dict(kwargs or {})}),
        "error": error,
        "request_id": context.request_id if context else "",
        "user_id": context.user_id if context else None,
    }
    try:
        # Celery sends two failure signals for a task that exceeds its time limit.
        FailedTask.objects.get_or_create(task_id=task_id[:64], defaults=fields)
    except DatabaseError:
        logger.exception("The failure of the task %s %s could not be recorded", task, task_id)


def send_again(failed: FailedTask) -> bool:
    """Returns whether it was sent. The row is marked in the same transaction, so that of two clicks only one sends it."""
    current_app.loader.import_default_modules()
    task = find_task(failed.task)
    unsent = FailedTask.objects.filter(pk=failed.pk, sent_again_at=None, arguments__isnull=False)
    with task_context({"request_id": failed.request_id, "user_id": failed.user_id}), transaction.atomic():
        if not unsent.update(sent_again_at=timezone.now()):
            return False
        given = from_json(failed.arguments)
        task.apply_async_on_commit(given["args"], given["kwargs"])
    return True
