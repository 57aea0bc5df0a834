import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from apps.accounts.models import SignIn, User

TICKET_LIFETIME = timedelta(seconds=30)


def ticket_expiry() -> datetime:
    return timezone.now() + TICKET_LIFETIME


class TicketQuerySet(models.QuerySet["Ticket"]):
    def expired(self) -> "TicketQuerySet":
        return self.filter(expires_at__lte=timezone.now())

    def issue(self, *, user: User, sign_in: SignIn | None = None, session_key: str = "") -> str:
        self.filter(user=user).expired().delete()
        ticket = secrets.token_urlsafe(32)
        self.create(digest=digest(ticket), user=user, sign_in=sign_in, session_key=session_key)
        return ticket

    def redeem(self, ticket: str) -> "Ticket | None":
        """The row, once. Of two transactions that delete it, one deletes nothing."""
        with transaction.atomic():
            found = self.select_related("user").filter(digest=digest(ticket)).first()
            if not found or not self.filter(digest=found.digest).delete()[0]:
                return None
        return found if found.expires_at > timezone.now() else None


class Ticket(models.Model):
    """Opens one WebSocket, once. A page uses it on another host, which does not receive the session cookie."""

    # The ticket itself is not stored.
    digest = models.CharField(primary_key=True, max_length=64, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tickets")
    # The sign-in or session that requested the ticket. When it ends, the WebSocket is closed.
    sign_in = models.ForeignKey(SignIn, null=True, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, blank=True)
    expires_at = models.DateTimeField(default=ticket_expiry, editable=False)

    objects = TicketQuerySet.as_manager()

    def __str__(self) -> str:
        return f"for {self.user}"


def digest(ticket: str) -> str:
    return sha256(ticket.encode()).hexdigest()
