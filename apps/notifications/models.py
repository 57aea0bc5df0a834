from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.dispatch import receiver
from django.utils import timezone

from apps.accounts.export import exporting
from apps.accounts.models import User

# A transaction may commit later than one with a higher id, at most by this time.
OVERLAP = timedelta(minutes=1)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)

    def missed_since(self, last: int) -> "NotificationQuerySet":
        """Notifications after this id, oldest first. May repeat some from just before it."""
        known = self.filter(pk=last).first()
        newer = models.Q(pk__gt=last)
        if known:
            newer |= models.Q(created_at__gt=known.created_at - OVERLAP)
        return self.filter(newer).exclude(pk=last).order_by("pk")


class Notification(models.Model):
    """A message for one user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=50, help_text="The type, for programs, such as comment or invoice.")
    text = models.CharField(max_length=500)
    link = models.CharField(max_length=500, blank=True, help_text="A URL, or a path on this site.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notifications_of_user"),
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notifications_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


@receiver(exporting)
def export_notifications(user: User, **kwargs: Any) -> dict[str, Any]:
    return {"notifications": list(user.notifications.values("kind", "text", "link", "created_at", "read_at"))}
