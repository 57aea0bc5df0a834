"""Delete expired rows each night."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.models import SignIn
from apps.tasks.signals import flush


@shared_task
def clear_sessions() -> None:
    call_command("clearsessions")
    expired = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    UserSession.objects.filter(last_seen_at__lt=expired).delete()


@shared_task
def flush_tokens() -> None:
    """Delete expired refresh tokens, ended sign-ins, and failed sign-in attempts that no longer lock an account."""
    call_command("flushexpiredtokens")
    SignIn.objects.ended().delete()
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME).delete()
    flush.send(sender=None)
