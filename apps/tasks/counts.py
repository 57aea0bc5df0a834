"""Counts what the daily report tells, where it happens: in Redis, for without it there is no report."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.signals import got_request_exception
from django.utils import timezone

from apps.tasks import queue

logger = logging.getLogger(__name__)

TASKS = "tasks"
FAILED_LOGINS = "failed logins"
ERRORS = "errors"


def connect() -> None:
    user_login_failed.connect(count_failed_login)
    got_request_exception.connect(count_error)


def count_failed_login(**signal: Any) -> None:
    count(FAILED_LOGINS)


def count_error(**signal: Any) -> None:
    count(ERRORS)


def count(what: str, number: int = 1) -> bool:
    """Whether it is counted. What is not is no reason for anything else to fail."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return False
    from redis import RedisError

    try:
        queue.count(what, timezone.now().date(), number)
    except RedisError as error:
        logger.warning("Redis is away (%s): %s not counted", type(error).__name__, what)
        return False
    return True
