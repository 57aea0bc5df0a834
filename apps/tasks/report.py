"""The daily report to ADMINS, and the counters for it in Redis."""

import logging
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.core.mail import mail_admins
from django.core.signals import got_request_exception
from django.utils import timezone

from apps.tasks.models import FailedTask, OutboxTask
from apps.tasks.queue import DAY, client

logger = logging.getLogger(__name__)

TASKS = "tasks"
FAILED_LOGINS = "failed logins"
ERRORS = "errors"


def connect_counters() -> None:
    user_login_failed.connect(count_failed_login)
    got_request_exception.connect(count_error)


def count_failed_login(**signal: Any) -> None:
    count(FAILED_LOGINS)


def count_error(**signal: Any) -> None:
    count(ERRORS)


def count(name: str, number: int = 1) -> bool:
    """Add to today's counter. Returns False, and raises nothing, when Redis is unavailable."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return False
    from redis import RedisError

    key = counters_key(timezone.localdate())
    try:
        with client() as redis:
            redis.hincrby(key, name, number)
            redis.expire(key, 7 * DAY)
    except RedisError as error:
        logger.warning("Redis is unavailable (%s): %s not counted", type(error).__name__, name)
        return False
    return True


def counters_key(day: date) -> str:
    return f"{settings.TASKS_PREFIX}counts:{day}"


def figures(day: date) -> dict[str, int]:
    with client() as redis:
        counts = {name.decode(): int(number) for name, number in redis.hgetall(counters_key(day)).items()}
    return {
        "New accounts": get_user_model().objects.filter(joined_at__date=day).count(),
        "Failed logins": counts.get(FAILED_LOGINS, 0),
        "Requests with a server error": counts.get(ERRORS, 0),
        "Tasks": counts.get(TASKS, 0),
        "Failed tasks": FailedTask.objects.filter(failed_at__date=day).count(),
        "Tasks in the outbox": OutboxTask.objects.count(),
    }


def send_report(*, day: date) -> None:
    if not settings.ADMINS:
        logger.info("The daily report is not sent: ADMINS is not set")
        return
    lines = [f"{name}: {number}" for name, number in figures(day).items()]
    mail_admins(f"Report of {day:%d %B %Y}", "\n".join([*lines, "", "The admin lists failed tasks.", ""]))
