"""Tasks that could not be sent because Redis was unavailable."""

import json
import logging
from typing import Any
from uuid import uuid4

from celery import current_app
from django.db import DatabaseError, transaction
from kombu.exceptions import OperationalError
from kombu.utils import json as kombu_json

from apps.tasks.context import task_context
from apps.tasks.models import FailedTask, OutboxTask
from config.logs import log_context

logger = logging.getLogger(__name__)

BATCH = 500


def to_json(value: Any) -> Any:
    """As Celery serializes it: dates and the like can be restored with `from_json`."""
    return json.loads(kombu_json.dumps(value))


def from_json(value: Any) -> Any:
    return kombu_json.loads(json.dumps(value))


def store(task: Any, args: Any, kwargs: Any, options: dict[str, Any]) -> None:
    """Store a task to send it later. One with secret arguments is recorded as failed, without them."""
    context = log_context.get()
    fields = {
        "task": task.name,
        "request_id": context.request_id if context else "",
        "user_id": context.user_id if context else None,
    }
    logger.error("The task %s could not be sent: Redis is unavailable", task.name)
    try:
        if task.secret_arguments:
            error = "Redis was unavailable. The arguments are secret, so they were not stored to send the task later."
            FailedTask.objects.create(task_id=uuid4().hex, error=error, **fields)
        else:
            arguments = to_json({"args": list(args or ()), "kwargs": dict(kwargs or {})})
            OutboxTask.objects.create(arguments=arguments, options=to_json(options), **fields)
    except DatabaseError:
        logger.exception("The task %s could not be stored", task.name)


def send_stored() -> None:
    """Send each stored task and delete it. A worker that is killed in between sends it once more, but loses nothing."""
    current_app.loader.import_default_modules()
    for pk in OutboxTask.objects.values_list("pk", flat=True)[:BATCH]:
        with transaction.atomic():
            stored = OutboxTask.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if not stored:
                continue
            try:
                send(stored)
            except OperationalError:
                logger.warning("Redis is unavailable: the stored tasks stay in the outbox")
                return
            stored.delete()


def send(stored: OutboxTask) -> None:
    given, options = from_json(stored.arguments), from_json(stored.options)
    if task := current_app.tasks.get(stored.task):
        with task_context({"request_id": stored.request_id, "user_id": stored.user_id}):
            task.apply_async(given["args"], given["kwargs"], **options)
        return
    # Renamed or removed since: it must not block the others.
    FailedTask.objects.create(
        task=stored.task,
        task_id=uuid4().hex,
        arguments=stored.arguments,
        error="There is no task of this name.",
        request_id=stored.request_id,
        user_id=stored.user_id,
    )
