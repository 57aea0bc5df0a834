"""Tasks of the site as a whole. Each may run twice: queues deliver at least once."""

import logging
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.tasks import queue, signals
from apps.tasks.backup import dump_database
from apps.tasks.letters import send_again
from apps.tasks.models import DeadLetter
from apps.tasks.report import send_report
from config import mail
from config.celery import app

logger = logging.getLogger(__name__)

# How long it can be seen what failed.
KEPT = timedelta(days=60)


@app.task(secret_arguments=True, autoretry_for=[OSError], retry_backoff=10)
def send_mail(**message: Any) -> None:
    """Mails hold links that open accounts."""
    mail.send_now(**message)


@app.task
def heartbeat() -> None:
    """Says that beat sends, the queue passes on and a worker works."""
    queue.stamp_heartbeat()


@app.task
def send_unsent() -> None:
    """What could not be sent while the queue was away."""
    for letter in DeadLetter.objects.unsent().filter(arguments__isnull=False).order_by("happened_at")[:500]:
        send_again(letter)


@app.task
def sync() -> None:
    """For what should be in step with the world outside: connect a receiver to `apps.tasks.signals.sync`."""
    for receiver, answer in signals.sync.send_robust(sender=None):
        if isinstance(answer, Exception):
            logger.error("The sync by %s failed", receiver.__qualname__, exc_info=answer)


@app.task
def forget_old_letters() -> None:
    DeadLetter.objects.filter(happened_at__lt=timezone.now() - KEPT).delete()


@app.task(autoretry_for=[OSError], retry_backoff=60)
def daily_report() -> None:
    send_report(day=timezone.now().date() - timedelta(days=1))


@app.task(soft_time_limit=780, time_limit=840)
def back_up() -> None:
    dump_database()
