from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.accounts.models import SignIn

LIFETIME = timedelta(seconds=30)


def soon() -> datetime:
    return timezone.now() + LIFETIME


class TicketQuerySet(models.QuerySet["Ticket"]):
    def expired(self) -> "TicketQuerySet":
        return self.filter(expires_at__lte=timezone.now())


class Ticket(models.Model):
    """Opens one WebSocket, once. In the database, where deleting a row succeeds for one of two who try."""

    # Of the ticket itself only its owner knows.
    digest = models.CharField(primary_key=True, max_length=64, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tickets")
    # What the owner had signed in with: when that ends, so does the socket.
    sign_in = models.ForeignKey(SignIn, null=True, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, blank=True)
    expires_at = models.DateTimeField(default=soon, editable=False)

    objects = TicketQuerySet.as_manager()

    def __str__(self) -> str:
        return f"for {self.user}"
