"""What happened on a day, for the people in ADMINS."""

import logging
from datetime import date

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage

from apps.tasks import queue
from apps.tasks.counts import ERRORS, FAILED_LOGINS, TASKS
from apps.tasks.models import DeadLetter

logger = logging.getLogger(__name__)


def send_report(*, day: date) -> None:
    if not settings.ADMINS:
        logger.info("Nobody wants the daily report: ADMINS is not set")
        return
    lines = [f"{name}: {number}" for name, number in figures(day).items()]
    EmailMessage(
        subject=f"{settings.SITE_NAME} on {day:%d %B %Y}",
        body="\n".join([*lines, "", "Failed tasks are in the admin, under dead letters.", ""]),
        to=[address for _, address in settings.ADMINS],
        from_email=settings.SERVER_EMAIL,
    ).send()


def figures(day: date) -> dict[str, int]:
    counts = queue.counted(day)
    return {
        "New accounts": get_user_model().objects.filter(joined_at__date=day).count(),
        "Failed logins": counts.get(FAILED_LOGINS, 0),
        "Pages that failed": counts.get(ERRORS, 0),
        "Tasks": counts.get(TASKS, 0),
        "Failed tasks": DeadLetter.objects.filter(happened_at__date=day).count(),
    }
