"""Tasks of the site as a whole. Each may run twice, because the queue delivers at least once."""

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.tasks import mail, outbox, queue, signals
from apps.tasks.backup import dump_database
from apps.tasks.models import FailedTask
from apps.tasks.report import send_report

logger = logging.getLogger(__name__)

FAILED_TASKS_KEPT = timedelta(days=60)


# Mails contain links that give access to accounts.
@shared_task(secret_arguments=True, autoretry_for=[OSError], retry_backoff=10)
def deliver_mail(**message: Any) -> None:
    mail.deliver(**message)


@shared_task
def heartbeat() -> None:
    queue.stamp_heartbeat()


@shared_task
def send_outbox() -> None:
    outbox.send_due()


@shared_task
def sync() -> None:
    """For synchronization with other systems: connect a receiver to `apps.tasks.signals.sync`."""
    for receiver, answer in signals.sync.send_robust(sender=None):
        if isinstance(answer, Exception):
            logger.error("The receiver %s of sync failed", receiver.__qualname__, exc_info=answer)


@shared_task
def delete_old_failed_tasks() -> None:
    FailedTask.objects.filter(failed_at__lt=timezone.now() - FAILED_TASKS_KEPT).delete()


@shared_task(autoretry_for=[OSError], retry_backoff=60)
def daily_report() -> None:
    send_report(day=timezone.localdate() - timedelta(days=1))


@shared_task(soft_time_limit=780, time_limit=840)
def back_up() -> None:
    dump_database()
