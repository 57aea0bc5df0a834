"""Takes away, each night, what has expired."""

from axes.models import AccessAttempt
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.models import SignIn
from apps.tasks.signals import flush
from config.celery import app


@app.task
def clear_sessions() -> None:
    call_command("clearsessions")


@app.task
def flush_tokens() -> None:
    """Refresh tokens that have expired, sign-ins that are over, and failed attempts that lock out nobody any more."""
    call_command("flushexpiredtokens")
    SignIn.objects.over().delete()
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME).delete()
    flush.send(sender=None)
