"""Request id and user id travel with each task, so that its log lines have them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from celery.signals import before_task_publish, task_postrun, task_prerun

from config.logs import LogContext, log_context


@before_task_publish.connect
def add_headers(headers: dict[str, Any], **signal: Any) -> None:
    context = log_context.get()
    # Tasks sent by beat belong to no request: they get an id of their own.
    headers.setdefault("request_id", context.request_id if context else uuid4().hex)
    headers.setdefault("user_id", context.user_id if context else None)


def context_from(headers: Mapping[str, Any] | None) -> LogContext | None:
    """The context of a message. Messages of other programs may have anything in these headers."""
    request_id, user_id = (headers or {}).get("request_id"), (headers or {}).get("user_id")
    if isinstance(request_id, str) and request_id:
        return LogContext(request_id[:64], user_id=user_id if isinstance(user_id, int) else None)
    return None


@contextmanager
def task_context(headers: Mapping[str, Any] | None) -> Iterator[None]:
    token = log_context.set(context_from(headers) or log_context.get())
    try:
        yield
    finally:
        log_context.reset(token)


@task_prerun.connect
def set_context(task: Any, **signal: Any) -> None:
    # A task that runs in the caller's process keeps the caller's context.
    if not task.request.is_eager:
        task.request.outer_context = log_context.set(context_from(task.request.headers))


@task_postrun.connect
def reset_context(task: Any, **signal: Any) -> None:
    if not task.request.is_eager:
        log_context.reset(task.request.outer_context)
