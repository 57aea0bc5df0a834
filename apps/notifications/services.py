"""Create notifications and mark them as read."""

from collections.abc import Collection
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.notifications.models import Notification
from apps.notifications.signals import marked_read, notified
from config.mail import send_mail


@transaction.atomic
def notify(*, user: User, kind: str, text: str, link: str = "", mail: bool = False) -> Notification:
    """Create a notification. With `mail=True`, also send it by e-mail."""
    notification = Notification(user=user, kind=kind, text=text, link=link)
    notification.full_clean(exclude=["user"])
    notification.save()
    transaction.on_commit(partial(notified.send, Notification, notification=notification))
    if mail:
        send_mail(to=user.email, template="notification", text=text, link=absolute_url(link))
    return notification


@transaction.atomic
def mark_read(*, user: User, ids: Collection[int] | None = None) -> int:
    """Mark notifications of a user as read, all without `ids`. Return how many were unread."""
    unread = user.notifications.unread()
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    marked = unread.update(read_at=timezone.now())
    if marked:
        transaction.on_commit(partial(marked_read.send, Notification, user=user, ids=ids and sorted(ids)))
    return marked


def absolute_url(link: str) -> str:
    """The URL of a path on this site."""
    if link and not link.startswith("/"):
        return link
    host = next((host for host in settings.ALLOWED_HOSTS if not host.startswith(".")), "localhost")
    return f"{settings.FRONTEND_URL or settings.SITE_URL or f'https://{host}'}{link}"
