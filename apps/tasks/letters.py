"""What becomes of a task that failed for good: it is kept, so that somebody can look and send it again."""

import json
import logging
from typing import Any

from celery.signals import task_failure, task_unknown
from django.db import DatabaseError, connections
from kombu.utils import json as kombu_json

from apps.tasks.context import on_behalf_of
from config.logs import log_context, redact

logger = logging.getLogger(__name__)

LONGEST = 20_000


def connect() -> None:
    task_failure.connect(keep_failure)
    task_unknown.connect(keep_unknown)


def keep_failure(sender: Any, task_id: str, exception: Any, args: Any, kwargs: Any, einfo: Any, **signal: Any) -> None:
    from apps.tasks.models import DeadLetter

    keep_letter(
        DeadLetter.Kind.FAILED,
        task=sender.name,
        task_id=task_id,
        args=args,
        kwargs=kwargs,
        error=f"{type(exception).__name__}: {exception}\n\n{einfo.traceback if einfo else ''}",
        secret=sender.secret_arguments,
    )


def keep_unknown(message: Any, name: str, id: str, **signal: Any) -> None:
    """During a deploy, a new web process may send what an old worker has never heard of."""
    from apps.tasks.models import DeadLetter

    args, kwargs, _ = message.payload
    with on_behalf_of(message.headers):
        keep_letter(
            DeadLetter.Kind.UNKNOWN,
            task=name,
            task_id=id,
            args=args,
            kwargs=kwargs,
            error="The worker does not know this task.",
            secret=message.headers.get("secret", False),
        )
    # In the worker's main process, whose children would inherit the connection.
    connections.close_all()


def keep_letter(
    kind: Any, *, task: str, args: Any, kwargs: Any, error: str, secret: bool = False, task_id: str = ""
) -> None:
    from apps.tasks.models import DeadLetter

    context = log_context.get()
    try:
        # Of a task that is killed for its time limit, Celery says twice that it failed.
        if task_id and DeadLetter.objects.filter(kind=kind, task_id=task_id).exists():
            return
        DeadLetter.objects.create(
            kind=kind,
            task=task,
            task_id=task_id,
            arguments=None if secret else as_stored(args, kwargs),
            error=redact(error)[:LONGEST].strip(),
            request_id=context.request_id if context else "",
            user_id=context.user_id if context else None,
        )
    except DatabaseError:
        logger.exception("The dead letter of %s %s could not be kept", task, task_id)


class UnknownTaskError(Exception):
    """A task of this name is not here, or not any more."""


def as_stored(args: Any, kwargs: Any) -> dict[str, Any]:
    """As the queue would write it: dates and the like come back as they were."""
    return json.loads(kombu_json.dumps({"args": list(args or ()), "kwargs": dict(kwargs or {})}))


def send_again(letter: Any) -> bool:
    """Whether it went out. It is marked first: of two who press the button, one sends it."""
    from django.utils import timezone

    from apps.tasks.models import DeadLetter
    from config.celery import app

    app.loader.import_default_modules()
    if not (task := app.tasks.get(letter.task)):
        raise UnknownTaskError(f"There is no task {letter.task}.")
    mine = DeadLetter.objects.filter(pk=letter.pk, sent_again_at=None, arguments__isnull=False)
    if not mine.update(sent_again_at=timezone.now()):
        return False
    given = kombu_json.loads(json.dumps(letter.arguments))
    try:
        with on_behalf_of({"request_id": letter.request_id, "user_id": letter.user_id}):
            task.apply_async(given["args"], given["kwargs"])
    except Exception:
        DeadLetter.objects.filter(pk=letter.pk).update(sent_again_at=None)
        raise
    return True
