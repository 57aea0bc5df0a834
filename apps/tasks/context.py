"""Which request a task belongs to, and whose: both travel with it, and stand on every log line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from celery.signals import before_task_publish, task_postrun, task_prerun

from config.logs import LogContext, log_context


def connect() -> None:
    before_task_publish.connect(send_along)
    task_prerun.connect(begin)
    task_postrun.connect(end)


def send_along(headers: dict[str, Any], **signal: Any) -> None:
    context = log_context.get()
    # What beat sends belongs to no request: its lines have an id of their own.
    headers.setdefault("request_id", context.request_id if context else uuid4().hex)
    headers.setdefault("user_id", context.user_id if context else None)


def context_of(headers: Mapping[str, Any] | None) -> LogContext | None:
    if headers and headers.get("request_id"):
        return LogContext(headers["request_id"], user_id=headers.get("user_id"))
    return None


@contextmanager
def on_behalf_of(headers: Mapping[str, Any] | None) -> Iterator[None]:
    token = log_context.set(context_of(headers) or log_context.get())
    try:
        yield
    finally:
        log_context.reset(token)


def begin(task: Any, **signal: Any) -> None:
    # In the process of the caller, the caller's own goes on.
    if not task.request.is_eager:
        task.request.outer_context = log_context.set(context_of(task.request.headers))


def end(task: Any, **signal: Any) -> None:
    if not task.request.is_eager:
        log_context.reset(task.request.outer_context)
